# Generated: python -m topograd._stubs. By hand: _stub_base.pyi.txt and the registry in cpp/ops.
# ruff: noqa: D205, D402, D403, I001, RUF022, RUF100
"""The core of topograd."""

import builtins
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType, EllipsisType, TracebackType
from typing import Any, NamedTuple, SupportsIndex, TypeAlias, TypedDict, TypeVar, final, overload

from topograd.graph.recorded import Graph as RecordedGraph
from typing_extensions import Self, Unpack, disjoint_base

from topograd.graph.nan_report import NanReport

# Some of these names are dtypes here, or members of Tensor.
_bool: TypeAlias = builtins.bool
_float: TypeAlias = builtins.float
_int: TypeAlias = builtins.int
_str: TypeAlias = builtins.str
_dtype: TypeAlias = dtype
_device: TypeAlias = device
_Number: TypeAlias = _float | _int | _bool
_Operand: TypeAlias = Tensor | _Number
_Device: TypeAlias = device | _str | None
_Index: TypeAlias = SupportsIndex | slice | _bool | Tensor | EllipsisType | Sequence[Any] | None
_T = TypeVar("_T", bound=Tensor)

__version__: _str

class _Bound(type):
    """The metaclass of the classes that pybind11 makes."""

class ArgumentError(ValueError, RuntimeError):
    """A value that an argument may not have."""

class DTypeError(TypeError, NotImplementedError):
    """A dtype that an op is not defined for, or dtypes that do not go together."""

class DeviceError(RuntimeError, AssertionError):
    """A device that is not there."""

class ShapeError(ValueError, RuntimeError):
    """Sizes or shapes that do not fit together."""

# ---------------------------------------------------------------- dtype, Size, device

@final
class dtype:
    """The type of a tensor's elements."""

    @property
    def is_floating_point(self) -> _bool: ...
    @property
    def is_complex(self) -> _bool: ...
    @property
    def is_signed(self) -> _bool: ...
    @property
    def itemsize(self) -> _int: ...

float32: dtype
float64: dtype
float16: dtype
bfloat16: dtype
int8: dtype
uint8: dtype
int16: dtype
int32: dtype
int64: dtype
complex64: dtype
complex128: dtype
cfloat: dtype
cdouble: dtype
bool: dtype
float: dtype
double: dtype
half: dtype
short: dtype
int: dtype
long: dtype

def get_default_dtype() -> dtype: ...
def set_default_dtype(d: _dtype) -> None: ...

@final
class Size(tuple[_int, ...]):
    """The shape of a tensor: a tuple of its sizes."""

    @overload
    def __getitem__(self, key: SupportsIndex, /) -> _int: ...
    @overload
    def __getitem__(self, key: slice, /) -> Size: ...
    def numel(self) -> _int: ...

class device(metaclass=_Bound):
    """Where a tensor's elements are: device('cpu')."""

    def __init__(self, type: device | _str, index: _int | None = None) -> None: ...
    @property
    def type(self) -> _str: ...
    @property
    def index(self) -> _int | None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exception: object) -> None: ...

# ---------------------------------------------------------------- tensors

class _HistBin_edges(NamedTuple):
    hist: Tensor
    bin_edges: Tensor

class _MinMax(NamedTuple):
    min: Tensor
    max: Tensor

class _StdMean(NamedTuple):
    std: Tensor
    mean: Tensor

class _ValuesIndices(NamedTuple):
    values: Tensor
    indices: Tensor

class _VarMean(NamedTuple):
    var: Tensor
    mean: Tensor

@disjoint_base
class Tensor:
    """An n-dimensional array of one dtype, and a place in the computation graph."""

    __array_priority__: _int
    requires_grad: _bool
    grad: Tensor | None
    name: _str | None
    data: Tensor

    def __new__(cls, *data: Any, device: _Device = None) -> Self: ...
    @staticmethod
    def _make_subclass(
        cls: builtins.type[_T], data: Tensor, requires_grad: _bool = False, /
    ) -> _T: ...
    def _copy(self) -> Self: ...
    @property
    def shape(self) -> Size: ...
    @property
    def dtype(self) -> _dtype: ...
    @property
    def device(self) -> _device: ...
    @property
    def ndim(self) -> _int: ...
    @property
    def itemsize(self) -> _int: ...
    @property
    def nbytes(self) -> _int: ...
    @property
    def is_leaf(self) -> _bool: ...
    @property
    def grad_fn(self) -> Node | None: ...
    @property
    def retains_grad(self) -> _bool: ...
    @property
    def real(self) -> Tensor: ...
    @property
    def imag(self) -> Tensor: ...
    @property
    def T(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
    @property
    def mH(self) -> Tensor: ...
    @property
    def H(self) -> Tensor: ...
    @property
    def is_cuda(self) -> _bool: ...
    @property
    def is_sparse(self) -> _bool: ...
    @property
    def is_quantized(self) -> _bool: ...
    @property
    def output_nr(self) -> _int: ...
    @property
    def _version(self) -> _int: ...

    # The shape and the memory.
    @overload
    def size(self, dim: None = None) -> Size: ...
    @overload
    def size(self, dim: _int) -> _int: ...
    @overload
    def stride(self) -> tuple[_int, ...]: ...
    @overload
    def stride(self, dim: _int, /) -> _int: ...
    def dim(self) -> _int: ...
    def ndimension(self) -> _int: ...
    def numel(self) -> _int: ...
    def nelement(self) -> _int: ...
    def storage_offset(self) -> _int: ...
    def element_size(self) -> _int: ...
    def is_inference(self) -> _bool: ...
    def data_ptr(self) -> _int: ...
    def is_contiguous(self, memory_format: str | None = None) -> _bool: ...
    def is_floating_point(self) -> _bool: ...
    def is_complex(self) -> _bool: ...
    def is_conj(self) -> _bool: ...
    def is_same_size(self, other: Tensor) -> _bool: ...
    def share_memory_(self) -> Tensor: ...

    # The values, for Python and for other libraries.
    def item(self) -> Any: ...
    def nan_report(self) -> NanReport: ...
    def tolist(self) -> Any: ...
    def numpy(self, *, force: _bool = False) -> Any: ...
    def __array__(self, dtype: Any = None, copy: _bool | None = None) -> Any: ...
    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[_int, _int] | None = None,
        dl_device: tuple[_int, _int] | None = None,
        copy: _bool | None = None,
    ) -> Any: ...
    def __dlpack_device__(self) -> tuple[_int, _int]: ...
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: _int, /) -> memoryview: ...
        def __release_buffer__(self, buffer: memoryview, /) -> None: ...

    def __copy__(self) -> Self: ...
    def __deepcopy__(self, memo: dict[_int, Any]) -> Tensor: ...
    def _repr_html_(self) -> _str: ...

    # Gradients.
    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: _bool | None = None,
        create_graph: _bool = False,
        inputs: Tensor | Sequence[Tensor] | None = None,
    ) -> None: ...
    def backward_steps(
        self, gradient: Tensor | None = None, *, until: Any = None, tree: _bool = False
    ) -> Any: ...
    def graph(self) -> RecordedGraph: ...
    def requires_grad_(self, requires_grad: _bool = True) -> Self: ...
    def retain_grad(self) -> None: ...
    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle: ...
    def register_post_accumulate_grad_hook(
        self, hook: Callable[[Tensor], object]
    ) -> RemovableHandle: ...
    def where(self, condition: Tensor, other: Tensor | _float) -> Tensor: ...
    def nonzero(self, *, as_tuple: _bool = False) -> Any: ...
    def squeeze_(self, dim: _int | Sequence[_int] | None = None) -> Self: ...
    def unsqueeze_(self, dim: _int) -> Self: ...
    def transpose_(self, dim0: _int, dim1: _int) -> Self: ...
    def swapaxes_(self, axis0: _int, axis1: _int) -> Self: ...
    def swapdims_(self, dim0: _int, dim1: _int) -> Self: ...
    def as_strided_(
        self,
        size: _int | Sequence[_int],
        stride: _int | Sequence[_int],
        storage_offset: _int | None = None,
    ) -> Self: ...
    def t_(self, *args: Any, **kwargs: Any) -> Self: ...
    @property
    def __array_interface__(self) -> dict[_str, Any]: ...
    def __array_ufunc__(self, ufunc: Any, method: _str, *inputs: Any, **kwargs: Any) -> Any: ...
    def detach(self) -> Tensor: ...
    def detach_(self) -> Self: ...

    # The same values in another dtype or place.
    def to(self, *args: Any, **kwargs: Any) -> Tensor: ...
    @overload
    def type(self, dtype: None = None) -> _str: ...
    @overload
    def type(self, dtype: _dtype | _str) -> Tensor: ...
    def type_as(self, other: Tensor) -> Tensor: ...
    def float(self) -> Tensor: ...
    def double(self) -> Tensor: ...
    def cfloat(self) -> Tensor: ...
    def cdouble(self) -> Tensor: ...
    def half(self) -> Tensor: ...
    def bfloat16(self) -> Tensor: ...
    def char(self) -> Tensor: ...
    def byte(self) -> Tensor: ...
    def short(self) -> Tensor: ...
    def int(self) -> Tensor: ...
    def long(self) -> Tensor: ...
    def bool(self) -> Tensor: ...
    def cpu(self) -> Self: ...
    def pin_memory(self) -> Self: ...

    # New tensors with the dtype of this one.
    def new_tensor(self, data: Any, **options: Unpack[_Options]) -> Tensor: ...
    def new_zeros(self, *sizes: _int | Sequence[_int], **options: Unpack[_Sized]) -> Tensor: ...
    def new_ones(self, *sizes: _int | Sequence[_int], **options: Unpack[_Sized]) -> Tensor: ...
    def new_empty(self, *sizes: _int | Sequence[_int], **options: Unpack[_Sized]) -> Tensor: ...
    def new_full(
        self, size: _int | Sequence[_int], fill_value: _Number, **options: Unpack[_Options]
    ) -> Tensor: ...
    def new_empty_strided(
        self,
        size: _int | Sequence[_int],
        stride: _int | Sequence[_int],
        **options: Unpack[_Options],
    ) -> Tensor: ...
    def zero_(self) -> Tensor: ...
    def unique(
        input,
        sorted: _bool = True,
        return_inverse: _bool = False,
        return_counts: _bool = False,
        dim: _int | None = None,
    ) -> Any: ...
    def unique_consecutive(
        input,
        return_inverse: _bool = False,
        return_counts: _bool = False,
        dim: _int | None = None,
    ) -> Any: ...

    # Ops whose arguments take a form of their own; functions of the package as well, hence `input`.
    def var(
        input,
        dim: _int | Sequence[_int] | _bool | None = None,
        unbiased: _bool | None = None,
        keepdim: _bool = False,
        *,
        correction: _Number | None = None,
        out: Tensor | None = None,
    ) -> Tensor: ...
    def std(
        input,
        dim: _int | Sequence[_int] | _bool | None = None,
        unbiased: _bool | None = None,
        keepdim: _bool = False,
        *,
        correction: _Number | None = None,
        out: Tensor | None = None,
    ) -> Tensor: ...
    def norm(
        input,
        p: _float | _str | None = "fro",
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        dtype: _dtype | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor: ...
    def equal(input, other: Tensor) -> _bool: ...
    def allclose(
        input, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False
    ) -> _bool: ...

    # Devices, layouts, memory, as programs of PyTorch ask for them.
    @property
    def is_cpu(self) -> _bool: ...
    @property
    def is_meta(self) -> _bool: ...
    @property
    def is_mps(self) -> _bool: ...
    @property
    def is_xpu(self) -> _bool: ...
    @property
    def is_nested(self) -> _bool: ...
    @property
    def is_mkldnn(self) -> _bool: ...
    @property
    def is_sparse_csr(self) -> _bool: ...
    @property
    def is_ipu(self) -> _bool: ...
    @property
    def is_hpu(self) -> _bool: ...
    @property
    def is_vulkan(self) -> _bool: ...
    @property
    def is_maia(self) -> _bool: ...
    @property
    def is_mtia(self) -> _bool: ...
    @property
    def is_xla(self) -> _bool: ...
    @property
    def volatile(self) -> _bool: ...
    def is_nonzero(self) -> _bool: ...
    def is_signed(self) -> _bool: ...
    def is_neg(self) -> _bool: ...
    def resolve_neg(self) -> Tensor: ...
    @property
    def layout(self) -> Any: ...
    def cuda(
        self, device: Any = None, non_blocking: _bool = False, memory_format: Any = None
    ) -> Self: ...
    def get_device(self) -> _int: ...
    def is_shared(self) -> _bool: ...
    def is_pinned(self, device: Any = None) -> _bool: ...
    def record_stream(self, stream: Any) -> None: ...
    def to_dense(self, dtype: _dtype | None = None, *, masked_grad: _bool = True) -> Tensor: ...
    def new(self, *args: Any, device: _Device = None) -> Tensor: ...
    def resize(self, *sizes: _int | Sequence[_int]) -> Tensor: ...
    def resize_(self, *sizes: _int | Sequence[_int], memory_format: Any = None) -> Self: ...
    def resize_as_(self, the_template: Tensor, *, memory_format: Any = None) -> Self: ...
    def apply_(self, callable: Callable[[Any], Any]) -> Self: ...
    def map_(self, tensor: Tensor, callable: Callable[[Any, Any], Any]) -> Self: ...

    # Of sparse tensors; all are dense, and these raise RuntimeError.
    def coalesce(self) -> Tensor: ...
    def is_coalesced(self) -> _bool: ...
    def indices(self) -> Tensor: ...
    def values(self) -> Tensor: ...
    def crow_indices(self) -> Tensor: ...
    def col_indices(self) -> Tensor: ...
    def ccol_indices(self) -> Tensor: ...
    def row_indices(self) -> Tensor: ...
    def sparse_dim(self) -> _int: ...
    def dense_dim(self) -> _int: ...
    def sparse_mask(self, mask: Tensor) -> Tensor: ...
    def sparse_resize_(self, size: Sequence[_int], sparse_dim: _int, dense_dim: _int) -> Tensor: ...

    # Linear algebra: the functions of the package.
    def cholesky(self, upper: _bool = False) -> Tensor: ...
    def cholesky_inverse(self, upper: _bool = False) -> Tensor: ...
    def cholesky_solve(self, L: Tensor, upper: _bool = False) -> Tensor: ...
    def det(self) -> Tensor: ...
    def inverse(self) -> Tensor: ...
    def logdet(self) -> Tensor: ...
    def matrix_power(self, n: _int) -> Tensor: ...
    def pinverse(self, rcond: _float = 1e-15) -> Tensor: ...
    def qr(self, some: _bool = True) -> Any: ...
    def slogdet(self) -> Any: ...
    def svd(self, some: _bool = True, compute_uv: _bool = True) -> Any: ...

    # Operators.
    def __add__(self, other: _Operand, /) -> Tensor: ...
    def __radd__(self, other: _Operand, /) -> Tensor: ...
    def __iadd__(self, other: _Operand, /) -> Self: ...
    def __sub__(self, other: _Operand, /) -> Tensor: ...
    def __rsub__(self, other: _Operand, /) -> Tensor: ...
    def __isub__(self, other: _Operand, /) -> Self: ...
    def __mul__(self, other: _Operand, /) -> Tensor: ...
    def __rmul__(self, other: _Operand, /) -> Tensor: ...
    def __imul__(self, other: _Operand, /) -> Self: ...
    def __truediv__(self, other: _Operand, /) -> Tensor: ...
    def __rtruediv__(self, other: _Operand, /) -> Tensor: ...
    def __itruediv__(self, other: _Operand, /) -> Self: ...
    def __floordiv__(self, other: _Operand, /) -> Tensor: ...
    def __rfloordiv__(self, other: _Operand, /) -> Tensor: ...
    def __ifloordiv__(self, other: _Operand, /) -> Self: ...
    def __mod__(self, other: _Operand, /) -> Tensor: ...
    def __rmod__(self, other: _Operand, /) -> Tensor: ...
    def __imod__(self, other: _Operand, /) -> Self: ...
    def __pow__(self, other: _Operand, mod: None = None, /) -> Tensor: ...
    def __rpow__(self, other: _Operand, mod: None = None, /) -> Tensor: ...
    def __ipow__(self, other: _Operand, /) -> Self: ...  # type: ignore[misc]
    def __matmul__(self, other: Tensor, /) -> Tensor: ...
    def __rmatmul__(self, other: Tensor, /) -> Tensor: ...
    def __and__(self, other: _Operand, /) -> Tensor: ...
    def __rand__(self, other: _Operand, /) -> Tensor: ...
    def __iand__(self, other: _Operand, /) -> Self: ...
    def __or__(self, other: _Operand, /) -> Tensor: ...
    def __ror__(self, other: _Operand, /) -> Tensor: ...
    def __ior__(self, other: _Operand, /) -> Self: ...
    def __xor__(self, other: _Operand, /) -> Tensor: ...
    def __rxor__(self, other: _Operand, /) -> Tensor: ...
    def __ixor__(self, other: _Operand, /) -> Self: ...
    def __lshift__(self, other: _Operand, /) -> Tensor: ...
    def __rlshift__(self, other: _Operand, /) -> Tensor: ...
    def __rshift__(self, other: _Operand, /) -> Tensor: ...
    def __rrshift__(self, other: _Operand, /) -> Tensor: ...
    def __eq__(self, other: _Operand, /) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: _Operand, /) -> Tensor: ...  # type: ignore[override]
    def __lt__(self, other: _Operand, /) -> Tensor: ...
    def __le__(self, other: _Operand, /) -> Tensor: ...
    def __gt__(self, other: _Operand, /) -> Tensor: ...
    def __ge__(self, other: _Operand, /) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __bool__(self) -> _bool: ...
    def __float__(self) -> _float: ...
    def __complex__(self) -> complex: ...
    def __int__(self) -> _int: ...
    def __index__(self) -> _int: ...
    def __len__(self) -> _int: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __contains__(self, element: _Operand, /) -> _bool: ...
    def __getitem__(self, index: _Index | tuple[_Index, ...], /) -> Tensor: ...
    def __setitem__(self, index: _Index | tuple[_Index, ...], value: Any, /) -> None: ...
    def __delitem__(self, index: _Index | tuple[_Index, ...], /) -> None: ...
    def __hash__(self) -> _int: ...

    # The ops of the registry.
    def abs(self) -> Tensor:
        """Absolute value of every element: |x|.

        input: (*), any dtype but bool. Returns the same shape and dtype; complex numbers give
        their real sizes sqrt(re**2 + im**2). NaN stays NaN; the least signed integer, which
        has no positive counterpart, stays as it is. The gradient at 0 is 0. Raises DTypeError
        for bool tensors.
        """

    def abs_(self) -> Tensor:
        """Absolute value of every element: |x|. In place."""

    def absolute(self) -> Tensor:
        """Absolute value of every element: |x|.

        input: (*), any dtype but bool. Returns the same shape and dtype; complex numbers give
        their real sizes sqrt(re**2 + im**2). NaN stays NaN; the least signed integer, which
        has no positive counterpart, stays as it is. The gradient at 0 is 0. Raises DTypeError
        for bool tensors.
        """

    def absolute_(self) -> Tensor:
        """Absolute value of every element: |x|. In place."""

    def acos(self) -> Tensor:
        """Inverse cosine of every element.

        input: (*); integers give float32. Returns the same shape, in radians in [0, pi].
        Numbers outside [-1, 1] give NaN. The gradient is -inf at -1 and 1.
        """

    def acos_(self) -> Tensor:
        """Inverse cosine of every element. In place."""

    def acosh(self) -> Tensor:
        """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)).

        input: (*); integers give float32. Returns the same shape. Numbers below 1 give NaN.
        The gradient is inf at 1.
        """

    def acosh_(self) -> Tensor:
        """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)). In place."""

    def add(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Sum, element by element: input + alpha * other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype (for bools, or). alpha: factor of other (default 1). Raises DTypeError for a
        fractional alpha when both are integers.
        """

    def add_(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Sum, element by element: input + alpha * other. In place."""

    def addbmm(
        self,
        batch1: _Operand,
        batch2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and a batch of matrix products: beta * input + alpha * sum of
        batch1[i] @ batch2[i].

        input: broadcasts to (m, n). batch1: (b, m, k), batch2: (b, k, n). Returns (m, n).
        beta, alpha:
        factors (default 1), their fractions cut off for integers; beta = 0 ignores input, NaN
        included.
        Raises ShapeError when the shapes do not fit, DTypeError when the dtypes differ or are
        bool.
        """

    def addbmm_(
        self,
        batch1: _Operand,
        batch2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and a batch of matrix products: beta * input + alpha * sum of
        batch1[i] @ batch2[i]. In place.
        """

    def addcdiv(self, tensor1: _Operand, tensor2: _Operand, *, value: _Number = 1) -> Tensor:
        """Sum of a tensor and a scaled quotient: input + value * tensor1 / tensor2.

        input, tensor1, tensor2: tensors or numbers that broadcast; the result has their
        common shape and dtype, float32 for integers. value: a number (default 1).
        """

    def addcdiv_(self, tensor1: _Operand, tensor2: _Operand, *, value: _Number = 1) -> Tensor:
        """Sum of a tensor and a scaled quotient: input + value * tensor1 / tensor2. In place."""

    def addcmul(self, tensor1: _Operand, tensor2: _Operand, *, value: _Number = 1) -> Tensor:
        """Sum of a tensor and a scaled product: input + value * tensor1 * tensor2.

        input, tensor1, tensor2: tensors or numbers that broadcast; the result has their
        common shape and dtype. value: a number (default 1). Raises DTypeError for bool
        tensors.
        """

    def addcmul_(self, tensor1: _Operand, tensor2: _Operand, *, value: _Number = 1) -> Tensor:
        """Sum of a tensor and a scaled product: input + value * tensor1 * tensor2. In place."""

    def addmm(
        self,
        mat1: _Operand,
        mat2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and a matrix product: beta * input + alpha * (mat1 @ mat2).

        input: broadcasts to (m, n). mat1: (m, k), mat2: (k, n). Returns (m, n). beta, alpha:
        factors (default 1), their fractions cut off for integers; beta = 0 ignores input, NaN
        included. Raises ShapeError when the shapes do not fit, RuntimeError when dtypes
        differ
        or are bool.
        """

    def addmm_(
        self,
        mat1: _Operand,
        mat2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and a matrix product: beta * input + alpha * (mat1 @ mat2). In place."""

    def addmv(
        self,
        mat: _Operand,
        vec: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and a matrix-vector product: beta * input + alpha * (mat @ vec).

        input: broadcasts to (m,). mat: (m, k), vec: (k,). Returns (m,). beta, alpha: factors
        (default 1),
        their fractions cut off for integers; beta = 0 ignores input, NaN included. Raises
        ShapeError when
        the shapes do not fit, DTypeError when the dtypes differ or are bool.
        """

    def addmv_(
        self,
        mat: _Operand,
        vec: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and a matrix-vector product: beta * input + alpha * (mat @ vec). In
        place.
        """

    def addr(
        self,
        vec1: _Operand,
        vec2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and an outer product: beta * input + alpha * outer(vec1, vec2).

        input: broadcasts to (m, n). vec1: (m,), vec2: (n,). Returns (m, n) in the common
        dtype. beta,
        alpha: factors (default 1); beta = 0 ignores input, NaN included. Raises ShapeError
        when the shapes
        do not fit, DTypeError for a floating point factor of integers or bools. (PyTorch
        drops alpha where
        vec1 is bool.)
        """

    def addr_(
        self,
        vec1: _Operand,
        vec2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and an outer product: beta * input + alpha * outer(vec1, vec2). In
        place.
        """

    def adjoint(self) -> Tensor:
        """The last two dims swapped and the numbers conjugated, as x.mH.

        input: at least 2-d, else ShapeError. A view of a real input; complex numbers are
        conjugated into
        memory of their own.
        """

    def all(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Whether every element is not zero, over the given dims or over all.

        input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
        for
        all, () for none: each element alone. keepdim: keep them with size 1 (default False).
        Returns bool, uint8 for uint8. No elements give True.
        """

    def amax(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Greatest element over the given dims, or over all; NaN wins.

        input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
        with size 1 (default False). Returns the dtype of input. Equal greatest elements share
        the gradient equally. Raises ShapeError for no elements, IndexError for none
        along dim.
        """

    def amin(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Least element over the given dims, or over all; NaN wins.

        input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
        with size 1 (default False). Returns the dtype of input. Equal least elements share
        the gradient equally. Raises ShapeError for no elements, IndexError for none
        along dim.
        """

    def aminmax(self, *, dim: _int | None = None, keepdim: _bool = False) -> _MinMax:
        """Least and greatest elements along a dim, or of all; NaN wins.

        input: (*). dim: None (default) for all. keepdim: keep the dim with size 1 (default
        False). Returns (min, max) of the dtype of input. Equal extreme elements share the
        gradient equally. Raises ShapeError for no elements, IndexError for none
        along dim.
        """

    def angle(self) -> Tensor:
        """Angle of every element in the complex plane, in radians: atan2(im, re).

        input: (*). Returns the same shape, real; of a real tensor 0, pi for negative numbers,
        and NaN for NaN; float32 for integers. The gradient at 0 is 0.
        """

    def any(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Whether some element is not zero, over the given dims or over all.

        input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
        for
        all, () for none: each element alone. keepdim: keep them with size 1 (default False).
        Returns bool, uint8 for uint8. No elements give False.
        """

    def arccos(self) -> Tensor:
        """Inverse cosine of every element.

        input: (*); integers give float32. Returns the same shape, in radians in [0, pi].
        Numbers outside [-1, 1] give NaN. The gradient is -inf at -1 and 1.
        """

    def arccos_(self) -> Tensor:
        """Inverse cosine of every element. In place."""

    def arccosh(self) -> Tensor:
        """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)).

        input: (*); integers give float32. Returns the same shape. Numbers below 1 give NaN.
        The gradient is inf at 1.
        """

    def arccosh_(self) -> Tensor:
        """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)). In place."""

    def arcsin(self) -> Tensor:
        """Inverse sine of every element.

        input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
        / 2]. Numbers outside [-1, 1] give NaN. The gradient is inf at -1 and 1.
        """

    def arcsin_(self) -> Tensor:
        """Inverse sine of every element. In place."""

    def arcsinh(self) -> Tensor:
        """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)).

        input: (*); integers give float32. Returns the same shape. Infinities stay as they
        are.
        """

    def arcsinh_(self) -> Tensor:
        """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)). In place."""

    def arctan(self) -> Tensor:
        """Inverse tangent of every element.

        input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
        / 2]. atan2 gives the angle in all four quadrants.
        """

    def arctan2(self, other: _Operand) -> Tensor:
        """Angle of the point (x, y) = (other, input) in all four quadrants.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype, float32 for integers, in radians in [-pi, pi]. The signs of zeros count: y =
        -0. with x < 0 gives -pi. The gradient at the origin is 0.
        """

    def arctan2_(self, other: _Operand) -> Tensor:
        """Angle of the point (x, y) = (other, input) in all four quadrants. In place."""

    def arctan_(self) -> Tensor:
        """Inverse tangent of every element. In place."""

    def arctanh(self) -> Tensor:
        """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2.

        input: (*); integers give float32. Returns the same shape. -1 and 1 give -inf and inf,
        numbers beyond them NaN.
        """

    def arctanh_(self) -> Tensor:
        """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2. In place."""

    def argmax(self, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
        """Index of the greatest element along a dim, or in the flattened input; NaN wins.

        input: (*). dim: None (default) for the flattened input. keepdim: keep the dim with
        size 1 (default False). Returns int64; of equal elements the first one's. Raises
        IndexError for no elements.
        """

    def argmin(self, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
        """Index of the least element along a dim, or in the flattened input; NaN wins.

        input: (*). dim: None (default) for the flattened input. keepdim: keep the dim with
        size 1 (default False). Returns int64; of equal elements the first one's. Raises
        IndexError for no elements.
        """

    def argsort(self, dim: _int = -1, descending: _bool = False, stable: _bool = True) -> Tensor:
        """The positions that sort the input along a dim.

        input: (*). dim: by default the last. descending: greatest first (default False).
        stable: equal elements keep their order, whatever is passed. NaN counts as greatest.
        Returns int64 of the shape of input.
        """

    def argwhere(self) -> Tensor:
        """The positions of the elements of input that are not zero, as nonzero gives them.

        input: any shape and dtype; NaN counts as not zero. Returns int64 (count, input.ndim),
        one row per
        element in row-major order.
        """

    def as_strided(
        self,
        size: _int | Sequence[_int],
        stride: _int | Sequence[_int],
        storage_offset: _int | None = None,
    ) -> Tensor:
        """A view of the memory of input with any sizes and strides.

        size, stride: one entry per dim of the result; the strides count elements and must not
        be negative.
        storage_offset: where in the memory its first element lies, by default that of input.
        Elements may
        be the same memory: their gradients add up there, and an element of memory that input
        reaches
        several times, as in an expanded tensor, shares its gradient equally. What lies
        outside of input
        gets no gradient. Raises ShapeError when the result does not lie in the memory of
        input, ValueError
        for a negative stride.
        """

    def as_strided_scatter(
        self,
        src: _Operand,
        size: _int | Sequence[_int],
        stride: _int | Sequence[_int],
        storage_offset: _int | None = None,
    ) -> Tensor:
        """A copy of input in which src is written over its as_strided view.

        src: of shape size, converted to the dtype of input. size, stride, storage_offset: as
        in as_strided,
        which counts in the memory of input: what of src lies outside of input is left out.
        Where elements
        of input are the same memory, they count in a contiguous copy. Raises ShapeError when
        the view does
        not lie in the memory of input or src does not fit, ValueError for a negative stride
        or elements of
        the view that are the same memory.
        """

    def asin(self) -> Tensor:
        """Inverse sine of every element.

        input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
        / 2]. Numbers outside [-1, 1] give NaN. The gradient is inf at -1 and 1.
        """

    def asin_(self) -> Tensor:
        """Inverse sine of every element. In place."""

    def asinh(self) -> Tensor:
        """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)).

        input: (*); integers give float32. Returns the same shape. Infinities stay as they
        are.
        """

    def asinh_(self) -> Tensor:
        """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)). In place."""

    def atan(self) -> Tensor:
        """Inverse tangent of every element.

        input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
        / 2]. atan2 gives the angle in all four quadrants.
        """

    def atan2(self, other: _Operand) -> Tensor:
        """Angle of the point (x, y) = (other, input) in all four quadrants.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype, float32 for integers, in radians in [-pi, pi]. The signs of zeros count: y =
        -0. with x < 0 gives -pi. The gradient at the origin is 0.
        """

    def atan2_(self, other: _Operand) -> Tensor:
        """Angle of the point (x, y) = (other, input) in all four quadrants. In place."""

    def atan_(self) -> Tensor:
        """Inverse tangent of every element. In place."""

    def atanh(self) -> Tensor:
        """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2.

        input: (*); integers give float32. Returns the same shape. -1 and 1 give -inf and inf,
        numbers beyond them NaN.
        """

    def atanh_(self) -> Tensor:
        """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2. In place."""

    def baddbmm(
        self,
        batch1: _Operand,
        batch2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and matrix products: beta * input + alpha * bmm(batch1, batch2).

        input: broadcasts to (b, m, n). batch1: (b, m, k), batch2: (b, k, n). Returns (b, m,
        n). beta, alpha: factors (default 1), their fractions cut off for integers; beta = 0
        ignores input, NaN included. Raises ShapeError when the shapes do not fit,
        RuntimeError
        when dtypes differ or are bool.
        """

    def baddbmm_(
        self,
        batch1: _Operand,
        batch2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """Sum of a tensor and matrix products: beta * input + alpha * bmm(batch1, batch2). In
        place.
        """

    @overload
    def bernoulli(self, *, generator: Generator | None = None) -> Tensor:
        """1 with the probability that each element of input gives, else 0.

        input: probabilities (*), floating point. Returns its shape and dtype; not
        differentiable.
        generator: a Generator, default the global one that manual_seed sets.
        Raises ValueError for an element outside of [0, 1] or NaN, TypeError for integers.
        """

    @overload
    def bernoulli(self, p: _float, *, generator: Generator | None = None) -> Tensor:
        """1 with probability p, else 0, in the shape and dtype of input, whose values do not
        count.

        p: in [0, 1], else ValueError. generator: a Generator, default the global one.
        """

    @overload
    def bernoulli_(self, p: _float = 0.5, *, generator: Generator | None = None) -> Tensor:
        """1 with probability p, else 0, written over input; public as bernoulli_. In place."""

    @overload
    def bernoulli_(self, p: _Operand, *, generator: Generator | None = None) -> Tensor:
        """1 with the probabilities p, else 0, written over input; public as bernoulli_. In
        place.
        """

    def bincount(self, weights: _Operand | None = None, minlength: _int = 0) -> Tensor:
        """How often each number from 0 to the greatest occurs, or the sum of its weights.

        input: (n,), integers from 0 on. weights: (n,); they are added up in float64, and give
        float32 if they are that. minlength: the result has at least so many elements (default
        0). Returns int64 without weights. The gradient goes to the weights. Raises ValueError
        for negative numbers.
        """

    def bitwise_and(self, other: _Operand) -> Tensor:
        """The bits that are set in both elements.

        input, other: integer or bool tensors or numbers that broadcast; the result has their
        common shape and dtype. Raises DTypeError for floating point tensors.
        """

    def bitwise_and_(self, other: _Operand) -> Tensor:
        """The bits that are set in both elements. In place."""

    def bitwise_left_shift(self, other: _Operand) -> Tensor:
        """The bits of input shifted to the left: input * 2**other.

        input, other: integer tensors or numbers that broadcast; the result has their common
        shape and dtype. Bits shifted out are lost; a shift by less than 0, or by the number
        of bits or more, gives 0. Raises DTypeError for floating point and bool tensors.
        """

    def bitwise_left_shift_(self, other: _Operand) -> Tensor:
        """The bits of input shifted to the left: input * 2**other. In place."""

    def bitwise_not(self) -> Tensor:
        """All bits of every element turned over: -x - 1; logical not for bool.

        input: (*), integer or bool. Returns the same shape and dtype. Raises DTypeError for
        floating point tensors.
        """

    def bitwise_not_(self) -> Tensor:
        """All bits of every element turned over: -x - 1; logical not for bool. In place."""

    def bitwise_or(self, other: _Operand) -> Tensor:
        """The bits that are set in at least one of both elements.

        input, other: integer or bool tensors or numbers that broadcast; the result has their
        common shape and dtype. Raises DTypeError for floating point tensors.
        """

    def bitwise_or_(self, other: _Operand) -> Tensor:
        """The bits that are set in at least one of both elements. In place."""

    def bitwise_right_shift(self, other: _Operand) -> Tensor:
        """The bits of input shifted to the right: floor(input / 2**other).

        input, other: integer tensors or numbers that broadcast; the result has their common
        shape and dtype. A shift by less than 0, or by the number of bits or more, gives 0, or
        -1 for negative input. Raises DTypeError for floating point and bool tensors.
        """

    def bitwise_right_shift_(self, other: _Operand) -> Tensor:
        """The bits of input shifted to the right: floor(input / 2**other). In place."""

    def bitwise_xor(self, other: _Operand) -> Tensor:
        """The bits that are set in exactly one of both elements.

        input, other: integer or bool tensors or numbers that broadcast; the result has their
        common shape and dtype. Raises DTypeError for floating point tensors.
        """

    def bitwise_xor_(self, other: _Operand) -> Tensor:
        """The bits that are set in exactly one of both elements. In place."""

    def bmm(self, mat2: _Operand) -> Tensor:
        """Products of a batch of matrices.

        input: (b, m, k), mat2: (b, k, n). Returns (b, m, n). Does not broadcast: matmul does.
        Raises ShapeError for other shapes, RuntimeError when the dtypes differ or are bool.
        """

    def broadcast_to(self, *size: _int | Sequence[_int]) -> Tensor:
        """input.expand(size): a view of shape size by the rules of broadcasting."""

    def cauchy_(
        self,
        median: _float = 0.0,
        sigma: _float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Cauchy numbers written over input; public as cauchy_. In place."""

    def ceil(self) -> Tensor:
        """Least integer not below every element.

        input: (*). Returns the same shape and dtype: floats stay floats, integers are
        unchanged. The gradient is 0. Raises DTypeError for bool tensors.
        """

    def ceil_(self) -> Tensor:
        """Least integer not below every element. In place."""

    def celu_(self, alpha: _float = 1.0) -> Tensor:
        """Continuously differentiable ELU: max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)). In
        place.
        """

    def chunk(self, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of at most `chunks` pieces of equal length along dim; the last one may be
        shorter.

        The length is ceil(n / chunks) for n = input.size(dim), so there can be fewer pieces
        than asked for.
        A dim of size 0 gives `chunks` empty pieces. Raises ValueError unless chunks is
        positive.
        """

    def clamp(self, min: _Operand | None = None, max: _Operand | None = None) -> Tensor:
        """Every element limited to [min, max].

        input: (*). min, max: numbers, or tensors that broadcast with input; None (default)
        for no limit. The result has the common shape and dtype. NaN stays NaN; max wins where
        min > max. The gradient is 1 where min <= input <= max; elsewhere it is 0 and goes to
        the limit. Raises ValueError when both limits are None, and for a number that would
        become
        an element but does not fit into the dtype (max=-1 of uint8; PyTorch wraps it around).
        One
        that limits nothing may lie outside of the dtype.
        """

    def clamp_(self, min: _Operand | None = None, max: _Operand | None = None) -> Tensor:
        """Every element limited to [min, max]. In place."""

    def clamp_max(self, max: _Operand) -> Tensor:
        """Every element, but at most max: min(input, max).

        input: (*). max: a number, or a tensor that broadcasts with input. The result has the
        common shape and dtype. NaN stays NaN. The gradient at input = max goes to input.
        """

    def clamp_max_(self, max: _Operand) -> Tensor:
        """Every element, but at most max: min(input, max). In place."""

    def clamp_min(self, min: _Operand) -> Tensor:
        """Every element, but at least min: max(input, min).

        input: (*). min: a number, or a tensor that broadcasts with input. The result has the
        common shape and dtype. NaN stays NaN. The gradient at input = min goes to input.
        """

    def clamp_min_(self, min: _Operand) -> Tensor:
        """Every element, but at least min: max(input, min). In place."""

    def clip(self, min: _Operand | None = None, max: _Operand | None = None) -> Tensor:
        """Every element limited to [min, max].

        input: (*). min, max: numbers, or tensors that broadcast with input; None (default)
        for no limit. The result has the common shape and dtype. NaN stays NaN; max wins where
        min > max. The gradient is 1 where min <= input <= max; elsewhere it is 0 and goes to
        the limit. Raises ValueError when both limits are None, and for a number that would
        become
        an element but does not fit into the dtype (max=-1 of uint8; PyTorch wraps it around).
        One
        that limits nothing may lie outside of the dtype.
        """

    def clip_(self, min: _Operand | None = None, max: _Operand | None = None) -> Tensor:
        """Every element limited to [min, max]. In place."""

    def clone(self, *, memory_format: _str = "preserve_format") -> Tensor:
        """A copy with memory of its own.

        input: (*). Returns the same shape and dtype. memory_format: preserve_format (default)
        for the order of dims that input has in memory, contiguous_format for row-major,
        channels_last (4 dims), channels_last_3d (5 dims). The gradient flows through to
        input;
        detach().clone() gives a copy without history.
        """

    def conj(self) -> Tensor:
        """Complex conjugate of every element: re - i im.

        input: (*). Returns the same shape and dtype, in memory of its own; a real tensor
        itself.
        """

    def contiguous(self, *, memory_format: _str = "contiguous_format") -> Tensor:
        """The input itself when its memory is row-major without gaps, else a copy that is.

        input: (*). Returns the same shape and dtype. memory_format: contiguous_format
        (default),
        or channels_last (4 dims) or channels_last_3d (5 dims) for the order of dims asked
        for.
        """

    def copy_(self, src: _Operand, non_blocking: _bool = False) -> Tensor:
        """The elements of src written over input, as input.copy_(src). In place."""

    def copysign(self, other: _Operand) -> Tensor:
        """Magnitude of input with the sign of other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype, float32 for integers. -0. counts as negative. The gradient for input is 1 or
        -1, 0 where input is 0; for other it is 0.
        """

    def copysign_(self, other: _Operand) -> Tensor:
        """Magnitude of input with the sign of other. In place."""

    def corrcoef(self) -> Tensor:
        """Pearson's correlation of the rows of a matrix, whose columns are observations.

        input: (variables, n), or (n,) for one variable; integers are taken as float32.
        Returns
        (variables, variables) in [-1, 1], 0-d for one variable; NaN for a variable that does
        not vary. Of complex numbers both parts lie in [-1, 1]. Raises ShapeError for other
        shapes.
        """

    def cos(self) -> Tensor:
        """Cosine of every element.

        input: (*), in radians; integers give float32. Returns the same shape. Infinities give
        NaN.
        """

    def cos_(self) -> Tensor:
        """Cosine of every element. In place."""

    def cosh(self) -> Tensor:
        """Hyperbolic cosine of every element: (exp(x) + exp(-x)) / 2.

        input: (*); integers give float32. Returns the same shape. Overflow gives inf.
        """

    def cosh_(self) -> Tensor:
        """Hyperbolic cosine of every element: (exp(x) + exp(-x)) / 2. In place."""

    def count_nonzero(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
    ) -> Tensor:
        """Number of elements that are not zero, over the given dims or over all.

        input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
        or () for all. keepdim: keep them with size 1 (default False). Returns int64.
        """

    def cov(
        self,
        *,
        correction: _int = 1,
        fweights: _Operand | None = None,
        aweights: _Operand | None = None,
    ) -> Tensor:
        """Covariance of the rows of a matrix, whose columns are observations.

        input: (variables, n), or (n,) for one variable; integers are taken as float32. The
        rows of complex numbers meet the conjugate ones.
        correction: n - correction is the divisor (default 1). fweights: (n,), integers: how
        often each observation was made. aweights: (n,), floating point: how much each one
        counts; they take part in the dtype. Returns (variables, variables), 0-d for one
        variable; inf or NaN where there are
        not more observations than correction. Raises ShapeError for other shapes, ValueError
        for negative weights.
        """

    def cross(self, other: _Operand, dim: _int | None = None) -> Tensor:
        """Cross product of vectors in space: perpendicular to both, along a dim of size 3.

        input, other: as many dims each, which broadcast; one dtype. Returns their common
        shape. dim: the
        dim of the vectors; None (default) for the first one of size 3 in input. Raises
        ShapeError where
        that dim is not 3.
        """

    def cummax(self, dim: _int) -> _ValuesIndices:
        """Running maximum along a dim and where it is: y[i] = max(x[0], …, x[i]).

        input: (*). dim: the dim to run along. Returns (values, indices) of the shape of
        input,
        indices int64: of equal elements the last, to which the gradient goes alone. From the
        first NaN on all are NaN.
        """

    def cummin(self, dim: _int) -> _ValuesIndices:
        """Running minimum along a dim and where it is: y[i] = min(x[0], …, x[i]).

        input: (*). dim: the dim to run along. Returns (values, indices) of the shape of
        input,
        indices int64: of equal elements the last, to which the gradient goes alone. From the
        first NaN on all are NaN.
        """

    def cumprod(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running product along a dim: y[i] = x[0] * … * x[i].

        input: (*). dim: the dim to run along. dtype: converted to first, by default that of
        input, int64 for integers and bools. Returns the same shape. The gradient is right for
        any number of zeros.
        """

    def cumprod_(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running product along a dim: y[i] = x[0] * … * x[i]. In place."""

    def cumsum(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running sum along a dim: y[i] = x[0] + … + x[i].

        input: (*). dim: the dim to run along. dtype: converted to first, by default that of
        input, int64 for integers and bools. Returns the same shape.
        """

    def cumsum_(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running sum along a dim: y[i] = x[0] + … + x[i]. In place."""

    def deg2rad(self) -> Tensor:
        """Angles in degrees as radians: x * pi / 180.

        input: (*); integers give float32. Returns the same shape.
        """

    def deg2rad_(self) -> Tensor:
        """Angles in degrees as radians: x * pi / 180. In place."""

    def diag(self, diagonal: _int = 0) -> Tensor:
        """A vector as the diagonal of a square matrix, or the diagonal of a matrix as a vector.

        input: (n,) gives (n + |diagonal|, n + |diagonal|) with zeros elsewhere; (n, m) gives
        a copy of its
        diagonal. diagonal: 0 (default) is the main one, k > 0 lies k columns to the right, k
        < 0 lies -k
        rows below; one outside of the matrix is empty. Raises ShapeError for other numbers of
        dims.
        """

    def diag_embed(self, offset: _int = 0, dim1: _int = -2, dim2: _int = -1) -> Tensor:
        """Matrices with the vectors of the last dim of input on their diagonal, zeros elsewhere.

        input: (*, n) gives (*, n + |offset|, n + |offset|) if the matrices stand in the last
        two dims.
        offset: 0 (default) is the main diagonal, k > 0 lies k columns to the right, k < 0
        lies -k rows
        below. dim1, dim2: where the dims of the matrices stand in the result, default -2 and
        -1.
        diagonal(diag_embed(x)) is x. Raises ShapeError for a 0-d input, ValueError when dim1
        and dim2 are
        the same, IndexError for a dim out of range.
        """

    def diagflat(self, offset: _int = 0) -> Tensor:
        """A square matrix with the elements of input on a diagonal, zeros elsewhere.

        input: any shape; it is flattened. offset: 0 (default) is the main diagonal, k > 0
        lies k columns to
        the right, k < 0 lies -k rows below.
        """

    def diagonal(self, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """A view of the diagonal over two dims of input, as the last dim of the result.

        out[..., i] = input[..., i, i + offset] if these dims are the last two. dim1, dim2:
        default 0 and 1;
        the other dims stay in front. offset: 0 (default) is the main diagonal, k > 0 lies k
        columns to the
        right, k < 0 lies -k rows below; outside of the matrix the result is empty.
        Raises ValueError when dim1 and dim2 are the same, IndexError for a dim out of range.
        """

    def diagonal_scatter(
        self,
        src: _Operand,
        offset: _int = 0,
        dim1: _int = 0,
        dim2: _int = 1,
    ) -> Tensor:
        """A copy of input in which src is written over a diagonal.

        src: the shape of diagonal(input, offset, dim1, dim2), converted to the dtype of
        input; further as
        diagonal. Raises ShapeError when src does not fit.
        """

    def diff(
        self,
        n: _int = 1,
        dim: _int = -1,
        prepend: _Operand | None = None,
        append: _Operand | None = None,
    ) -> Tensor:
        """Differences of neighbours along a dim: y[i] = x[i + 1] - x[i], n times.

        input: one dim or more. n: how often (default 1); 0 gives a copy. dim: by default the
        last; it gets shorter by n. prepend, append: what to join to input first, of as many
        dims. Of bools: whether neighbours differ. Raises ShapeError for a 0-d input,
        ValueError for a negative n.
        """

    def digamma(self) -> Tensor:
        """Derivative of the logarithm of the gamma function.

        input: (*); integers give float32. Returns the same shape. 0 gives -inf, -0. gives
        inf, the other
        poles, at the negative integers, give NaN: the limits from both sides differ.
        """

    def digamma_(self) -> Tensor:
        """Derivative of the logarithm of the gamma function. In place."""

    def dist(self, other: _Operand, p: _float = 2) -> Tensor:
        """The p-norm of a difference: (sum |input - other|**p)**(1 / p).

        input, other: floating point or complex, broadcast. p: any order, inf for the greatest
        difference,
        0 for the count of different elements (default 2). Returns a 0-d tensor. The gradient
        is
        0 where nothing differs. Raises TypeError for integers.
        """

    def div(self, other: _Operand, *, rounding_mode: _str | None = None) -> Tensor:
        """Quotient, element by element: input / other, rounded on demand.

        input, other: tensors or numbers that broadcast. rounding_mode: None (default) for
        true_divide, where integers give float32; 'floor' to round down, as floor_divide,
        'trunc' to round towards zero: both keep integers and have gradient 0. Raises
        ValueError for another rounding_mode and for rounded integers divided by 0.
        """

    def div_(self, other: _Operand, *, rounding_mode: _str | None = None) -> Tensor:
        """Quotient, element by element: input / other, rounded on demand. In place."""

    def divide(self, other: _Operand, *, rounding_mode: _str | None = None) -> Tensor:
        """Quotient, element by element: input / other, rounded on demand.

        input, other: tensors or numbers that broadcast. rounding_mode: None (default) for
        true_divide, where integers give float32; 'floor' to round down, as floor_divide,
        'trunc' to round towards zero: both keep integers and have gradient 0. Raises
        ValueError for another rounding_mode and for rounded integers divided by 0.
        """

    def divide_(self, other: _Operand, *, rounding_mode: _str | None = None) -> Tensor:
        """Quotient, element by element: input / other, rounded on demand. In place."""

    def dot(self, tensor: _Operand) -> Tensor:
        """Inner product of two vectors: sum of input[i] * tensor[i].

        input, tensor: (n,). Returns a 0-d tensor; no elements give 0. Raises ShapeError for
        other shapes, RuntimeError when the dtypes differ or are bool.
        """

    @overload
    def dsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Views of equal parts of input, cut depth-wise: along dim 2.

        sections: how many. Raises ValueError when they do not divide the size, ShapeError for
        fewer than
        three dims.
        """

    @overload
    def dsplit(self, indices: _int | Sequence[_int]) -> tuple[Tensor, ...]:
        """Views of parts of input, cut depth-wise at the given indices, as tensor_split does.

        indices: where to cut along dim 2.
        """

    def elu_(self, alpha: _float = 1.0) -> Tensor:
        """Exponential linear unit: x where x > 0, else alpha * (exp(x) - 1). In place."""

    def eq(self, other: _Operand) -> Tensor:
        """Whether input == other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. NaN equals nothing, itself included.
        equal compares whole tensors.
        """

    def eq_(self, other: _Operand) -> Tensor:
        """Whether input == other, element by element. In place."""

    def erf(self) -> Tensor:
        """Error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x.

        input: (*); integers give float32. Returns the same shape, in [-1, 1].
        """

    def erf_(self) -> Tensor:
        """Error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x. In place."""

    def erfc(self) -> Tensor:
        """Complementary error function of every element: 1 - erf(x), accurate for large x.

        input: (*); integers give float32. Returns the same shape, in [0, 2].
        """

    def erfc_(self) -> Tensor:
        """Complementary error function of every element: 1 - erf(x), accurate for large x. In
        place.
        """

    def erfinv(self) -> Tensor:
        """Inverse of the error function: the y with erf(y) = x.

        input: (*) in [-1, 1]; integers give float32. Returns the same shape. -1 and 1 give
        -inf and inf,
        numbers beyond give NaN.
        """

    def erfinv_(self) -> Tensor:
        """Inverse of the error function: the y with erf(y) = x. In place."""

    def exp(self) -> Tensor:
        """Exponential of every element: e ** x.

        input: (*); integers give float32. Returns the same shape. Overflow gives inf: above
        about 88.7 in float32, 709.8 in float64.
        """

    def exp2(self) -> Tensor:
        """Power of two of every element: 2 ** x.

        input: (*); integers give float32. Returns the same shape. Overflow gives inf.
        """

    def exp2_(self) -> Tensor:
        """Power of two of every element: 2 ** x. In place."""

    def exp_(self) -> Tensor:
        """Exponential of every element: e ** x. In place."""

    def expand(self, *size: _int | Sequence[_int]) -> Tensor:
        """A view that repeats dims of size 1 without a copy.

        size: the new shape, aligned with the last dims of input; -1 keeps a size, further
        entries in front
        are new dims. All elements along a repeated dim are the same memory (stride 0). The
        gradient adds up
        over them. Raises ShapeError for a size that is neither kept nor repeated from 1.
        """

    def expand_as(self, other: _Operand) -> Tensor:
        """input.expand(other.shape): a view in the shape of other by the rules of broadcasting."""

    def expm1(self) -> Tensor:
        """Exponential of every element, less one: exp(x) - 1, accurate near 0.

        input: (*); integers give float32. Returns the same shape.
        """

    def expm1_(self) -> Tensor:
        """Exponential of every element, less one: exp(x) - 1, accurate near 0. In place."""

    def exponential_(self, lambd: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Exponential numbers written over input; public as exponential_. In place."""

    def fill_(self, value: _Operand) -> Tensor:
        """A tensor of the shape and dtype of input with value everywhere; fill_ writes it over
        input. In place.
        """

    def fill_diagonal_(self, fill_value: _Operand, wrap: _bool = False) -> Tensor:
        """A number written over the main diagonal, as input.fill_diagonal_(fill_value). In
        place.
        """

    def fix(self) -> Tensor:
        """Integer part of every element: rounded towards zero.

        input: (*). Returns the same shape and dtype: floats stay floats, integers are
        unchanged. The gradient is 0. Raises DTypeError for bool tensors.
        """

    def fix_(self) -> Tensor:
        """Integer part of every element: rounded towards zero. In place."""

    def flatten(self, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
        """The dims of input from start_dim to end_dim joined into one.

        start_dim: default 0. end_dim: included, default -1, the last. A view where the
        strides allow it,
        else a copy. A 0-d input gives (1,). Raises ValueError when start_dim comes after
        end_dim.
        """

    def flip(self, *dims: _int | Sequence[_int]) -> Tensor:
        """A copy of input with the order along the given dims reversed.

        dims: any number of different dims, negative ones count from the end; none gives a
        plain copy.
        Raises ValueError for a dim given twice, IndexError for one out of range.
        """

    def fliplr(self) -> Tensor:
        """A copy of input with the order of its columns (dim 1) reversed.

        input: at least 2-d, else ShapeError.
        """

    def flipud(self) -> Tensor:
        """A copy of input with the order of its rows (dim 0) reversed.

        input: at least 1-d, else ShapeError.
        """

    def float_power(self, exponent: _Operand) -> Tensor:
        """Power in float64, of complex numbers in complex128: input ** exponent.

        input, exponent: tensors or numbers that broadcast, converted first; so is the result.
        A negative
        base with a fractional exponent gives NaN. The in-place form needs a tensor of the
        result's dtype.
        """

    def float_power_(self, exponent: _Operand) -> Tensor:
        """Power in float64, of complex numbers in complex128: input ** exponent. In place."""

    def floor(self) -> Tensor:
        """Greatest integer not above every element.

        input: (*). Returns the same shape and dtype: floats stay floats, integers are
        unchanged. The gradient is 0. Raises DTypeError for bool tensors.
        """

    def floor_(self) -> Tensor:
        """Greatest integer not above every element. In place."""

    def floor_divide(self, other: _Operand) -> Tensor:
        """Quotient rounded down, element by element: floor(input / other).

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype: integers stay integers. The gradient is 0. Floats divided by 0 give inf or NaN.
        Raises ValueError for integers divided by 0.
        """

    def floor_divide_(self, other: _Operand) -> Tensor:
        """Quotient rounded down, element by element: floor(input / other). In place."""

    def fmax(self, other: _Operand) -> Tensor:
        """The greater of two, element by element; a NaN loses against a number.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype. Two NaN give NaN. At ties input gets the gradient.
        """

    def fmin(self, other: _Operand) -> Tensor:
        """The lesser of two, element by element; a NaN loses against a number.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype. Two NaN give NaN. At ties input gets the gradient.
        """

    def fmod(self, other: _Operand) -> Tensor:
        """Remainder with the sign of the dividend: input - trunc(input / other) * other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype. C's fmod; remainder takes the sign of the divisor. Gradients: 1 for input,
        -trunc(input / other) for other. Floats divided by 0 give NaN. Raises ValueError for
        integers divided by 0.
        """

    def fmod_(self, other: _Operand) -> Tensor:
        """Remainder with the sign of the dividend: input - trunc(input / other) * other. In
        place.
        """

    def frac(self) -> Tensor:
        """Fractional part of every element, with its sign: x - trunc(x).

        input: (*), of a floating point dtype. Returns the same shape and dtype. Infinities
        give NaN. The gradient is 1. Raises DTypeError for integer and bool tensors.
        """

    def frac_(self) -> Tensor:
        """Fractional part of every element, with its sign: x - trunc(x). In place."""

    def gather(self, dim: _int, index: _Operand) -> Tensor:
        """Elements picked along dim: out[i, j] = input[index[i, j], j] for dim 0 of two, and so
        on.

        index: integers with as many dims as input, not larger than it except along dim.
        Returns the shape
        of index and the dtype of input. The gradient adds up where a position is picked
        repeatedly.
        Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when index
        does not fit.
        """

    def gcd(self, other: _Operand) -> Tensor:
        """Greatest common divisor of two integers, element by element.

        input, other: integer tensors or numbers that broadcast; the result has their common
        shape and
        dtype and is not negative; gcd(0, 0) is 0. The least number of a dtype, which has no
        positive
        counterpart, may come out as itself. Raises TypeError for floating point and bool.
        """

    def gcd_(self, other: _Operand) -> Tensor:
        """Greatest common divisor of two integers, element by element. In place."""

    def ge(self, other: _Operand) -> Tensor:
        """Whether input >= other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. False where either is NaN.
        """

    def ge_(self, other: _Operand) -> Tensor:
        """Whether input >= other, element by element. In place."""

    def geometric_(self, p: _float, *, generator: Generator | None = None) -> Tensor:
        """The number of trials until the first success, written over input; public as
        geometric_. In place.
        """

    def ger(self, vec2: _Operand) -> Tensor:
        """Outer product of two vectors: c[i, j] = input[i] * vec2[j].

        input: (m,), vec2: (n,). Returns (m, n) in the common dtype. Raises ShapeError for
        other shapes.
        """

    def greater(self, other: _Operand) -> Tensor:
        """Whether input > other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. False where either is NaN.
        """

    def greater_(self, other: _Operand) -> Tensor:
        """Whether input > other, element by element. In place."""

    def greater_equal(self, other: _Operand) -> Tensor:
        """Whether input >= other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. False where either is NaN.
        """

    def greater_equal_(self, other: _Operand) -> Tensor:
        """Whether input >= other, element by element. In place."""

    def gt(self, other: _Operand) -> Tensor:
        """Whether input > other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. False where either is NaN.
        """

    def gt_(self, other: _Operand) -> Tensor:
        """Whether input > other, element by element. In place."""

    def hardshrink(self, lambd: _float = 0.5) -> Tensor:
        """Small values set to 0: x where |x| > lambd, else 0.

        input: (*), floating point. Returns the same shape and dtype. lambd: default 0.5. NaN
        stays NaN. The
        gradient is 1 where x is kept, else 0. Raises DTypeError for integers.
        """

    def hardtanh_(self, min_val: _float = -1.0, max_val: _float = 1.0) -> Tensor:
        """Every element limited to [min_val, max_val]: min(max(x, min_val), max_val). In place."""

    def heaviside(self, values: _Operand) -> Tensor:
        """Step function: 0 below 0, `values` at 0, 1 above.

        input: (*). values: a tensor of the same dtype that broadcasts with input. NaN gives
        0. The
        gradient of input is 0, that of values 1 where input is 0. Raises RuntimeError when
        the dtypes
        differ.
        """

    def heaviside_(self, values: _Operand) -> Tensor:
        """Step function: 0 below 0, `values` at 0, 1 above. In place."""

    def histc(self, bins: _int = 100, min: _float = 0, max: _float = 0) -> Tensor:
        """How many elements are in each of equal bins between min and max.

        input: (*), floating point. bins: their number (default 100). min, max: the range;
        where
        they are equal (default 0), that of the elements, and from 1 below to 1 above where
        those are equal too. The last bin includes max; elements outside, and NaN, are not
        counted. Returns (bins,) in the dtype of input; the counts are exact before they are
        rounded to it. Raises ValueError for bins below 1, max below min, and infinities.
        """

    @overload
    def histogram(
        self,
        bins: _int = 100,
        *,
        range: _float | Sequence[_float] | None = None,
        weight: _Operand | None = None,
        density: _bool = False,
    ) -> _HistBin_edges:
        """How many elements are in each of equal bins, and the edges of the bins.

        input: (*), floating point. bins: their number (default 100). range: (min, max), by
        default that of the elements. weight: of the shape of input, added up instead of ones.
        density: divided by the total and the width of the bin, so that the integral is 1
        (default False). The last bin includes its right edge; elements outside, and NaN, are
        not counted. Returns (hist, bin_edges) of bins and bins + 1 elements in the dtype of
        input, without gradients. Raises ValueError for bins below 1 and a bad range.
        """

    @overload
    def histogram(
        self,
        bins: Tensor,
        *,
        weight: _Operand | None = None,
        density: _bool = False,
    ) -> _HistBin_edges:
        """How many elements are between each two neighbours of the given edges.

        input: (*), floating point. bins: the edges in ascending order, (n + 1,), of the same
        dtype. weight: of the shape of input, added up instead of ones. density: divided by
        the
        total and the width of the bin (default False). The last bin includes its right edge.
        Returns (hist, bin_edges), hist (n,). Raises ShapeError for fewer than two edges.
        """

    @overload
    def hsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Views of equal parts of input, cut column-wise: along dim 1, or 0 for a vector.

        sections: how many. Raises ValueError when they do not divide the size, ShapeError for
        a 0-d input.
        """

    @overload
    def hsplit(self, indices: _int | Sequence[_int]) -> tuple[Tensor, ...]:
        """Views of parts of input, cut column-wise at the given indices, as tensor_split does.

        indices: where to cut along dim 1, or 0 for a vector.
        """

    def hypot(self, other: _Operand) -> Tensor:
        """Length of the hypotenuse: sqrt(input**2 + other**2), without overflow.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype, float32 for integers. The gradient at the origin is NaN.
        """

    def hypot_(self, other: _Operand) -> Tensor:
        """Length of the hypotenuse: sqrt(input**2 + other**2), without overflow. In place."""

    def i0(self) -> Tensor:
        """Modified Bessel function of the first kind of order 0.

        input: (*); integers give float32. Returns the same shape, at least 1; infinities give
        inf.
        """

    def i0_(self) -> Tensor:
        """Modified Bessel function of the first kind of order 0. In place."""

    def index_add(
        self,
        dim: _int,
        index: _Operand,
        source: _Operand,
        *,
        alpha: _Number = 1,
    ) -> Tensor:
        """input with alpha * source added at the positions index along dim.

        index: integers (k,). source: the shape of input with size k along dim, and its dtype.
        alpha: a
        number, default 1. Repeated positions add up in the order of index: the same bits on
        every run.
        Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when source
        does not fit,
        RuntimeError for another dtype.
        """

    def index_add_(
        self,
        dim: _int,
        index: _Operand,
        source: _Operand,
        *,
        alpha: _Number = 1,
    ) -> Tensor:
        """input with alpha * source added at the positions index along dim. In place."""

    def index_copy(self, dim: _int, index: _Operand, source: _Operand) -> Tensor:
        """input with the slices of source written at the positions index along dim.

        index: integers (k,). source: the shape of input with size k along dim, and its dtype.
        At repeated
        positions the last one wins, but the gradients of all of them are those of the
        position.
        Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when source
        does not fit,
        RuntimeError for another dtype.
        """

    def index_copy_(self, dim: _int, index: _Operand, source: _Operand) -> Tensor:
        """input with the slices of source written at the positions index along dim. In place."""

    def index_fill(self, dim: _int, index: _Operand, value: _Operand) -> Tensor:
        """input with value at the positions index along dim.

        index: integers (k,), negative ones count from the end. value: a number or a 0-d
        tensor, converted
        to the dtype of input. The gradient is 0 at the positions; that of value is the sum
        there.
        Raises IndexError for an entry out of range and an index of no integers, ShapeError
        for an index or
        a value of more dims.
        """

    def index_fill_(self, dim: _int, index: _Operand, value: _Operand) -> Tensor:
        """input with value at the positions index along dim. In place."""

    def index_put(
        self,
        indices: Sequence[Tensor | None],
        values: _Operand,
        accumulate: _bool = False,
    ) -> Tensor:
        """input with values written, or added, at positions: input[indices] = values.

        indices: a tuple of integer tensors, one per dim from the first, that broadcast
        together, or bool
        masks of the dims they stand for; negative integers count from the end. values: the
        dtype of input,
        broadcast to the shape of input[indices]. accumulate=True adds instead of writing.
        At repeated positions the last value wins; with accumulate all are added, in the order
        of the
        indices. Raises IndexError out of range, ShapeError when values do not broadcast,
        RuntimeError for
        another dtype.
        """

    def index_put_(
        self,
        indices: Sequence[Tensor | None],
        values: _Operand,
        accumulate: _bool = False,
    ) -> Tensor:
        """input with values written, or added, at positions: input[indices] = values. In place."""

    def index_reduce(
        self,
        dim: _int,
        index: _Operand,
        source: _Operand,
        reduce: _str,
        *,
        include_self: _bool = True,
    ) -> Tensor:
        """Slices of source along dim, gathered at the positions index of input and reduced.

        index: integers (k,). source: the shape of input with size k along dim, and its dtype.
        reduce:
        'prod', 'mean', 'amax' or 'amin' (index_add is the sum); NaN wins in the last two.
        include_self:
        whether the slice of input counts where something lands (default True). Order,
        gradients and the
        mean of integers are those of scatter_reduce.
        Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when source
        does not fit,
        ValueError for another reduce, RuntimeError for another dtype.
        """

    def index_reduce_(
        self,
        dim: _int,
        index: _Operand,
        source: _Operand,
        reduce: _str,
        *,
        include_self: _bool = True,
    ) -> Tensor:
        """Slices of source along dim, gathered at the positions index of input and reduced. In
        place.
        """

    def index_select(self, dim: _int, index: _Operand) -> Tensor:
        """A copy of the positions index along dim of input, one behind the other.

        index: integers (k,), or one integer. Returns the shape of input with size k along
        dim. Repeated
        positions are fine; their gradients add up. Raises IndexError for an entry outside of
        [0, input.size(dim)), ShapeError for an index of more than one dim.
        """

    def inner(self, other: _Operand) -> Tensor:
        """Inner products along the last dims: out[…, …] = sum over k of input[…, k] * other[…,
        k].

        input: (…, k), other: (…, k) of one dtype. Returns the leading dims of input, then
        those of other.
        A 0-d tensor multiplies the other one. Raises ShapeError when the last sizes differ.
        """

    def isclose(
        self,
        other: _Operand,
        rtol: _float = 1e-05,
        atol: _float = 1e-08,
        equal_nan: _bool = False,
    ) -> Tensor:
        """Whether |input - other| <= atol + rtol * |other|, element by element.

        input, other: tensors or numbers that broadcast. Returns a bool tensor of their common
        shape. rtol, atol: relative and absolute tolerance (default 1e-5 and 1e-8). Equal
        infinities are close. equal_nan: whether two NaN are (default False).
        """

    def isfinite(self) -> Tensor:
        """Whether each element is neither infinite nor NaN.

        input: (*), any dtype; integers always are. Returns a bool tensor of the same shape.
        """

    def isinf(self) -> Tensor:
        """Whether each element is inf or -inf.

        input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
        """

    def isnan(self) -> Tensor:
        """Whether each element is NaN.

        input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
        """

    def isneginf(self) -> Tensor:
        """Whether each element is -inf.

        input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
        """

    def isposinf(self) -> Tensor:
        """Whether each element is inf.

        input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
        """

    def isreal(self) -> Tensor:
        """Whether each element is a real number: always, there are no complex dtypes.

        input: (*), any dtype; NaN and infinities count. Returns a bool tensor of the same
        shape.
        """

    def kron(self, other: _Operand) -> Tensor:
        """Kronecker product: every element of input replaced by its product with all of other.

        input, other: any shapes; the one with fewer dims gets sizes 1 in front. Returns the
        products of
        the sizes, in the common dtype.
        """

    def kthvalue(self, k: _int, dim: _int = -1, keepdim: _bool = False) -> _ValuesIndices:
        """The k-th least elements along a dim, from k=1 for the least, and where they are.

        input: (*). dim: the dim that goes (default the last). keepdim: keep it with size 1
        (default False). Returns (values, indices), indices int64: of equal elements the
        first.
        NaN counts as greatest. Takes time linear in the size of dim. Raises ValueError for k
        below 1 or above that size.
        """

    def lcm(self, other: _Operand) -> Tensor:
        """Least common multiple of two integers, element by element.

        input, other: integer tensors or numbers that broadcast; the result has their common
        shape and
        dtype and is not negative; 0 where one of them is 0. Results that overflow wrap
        around. Raises
        TypeError for floating point and bool.
        """

    def lcm_(self, other: _Operand) -> Tensor:
        """Least common multiple of two integers, element by element. In place."""

    def ldexp(self, other: _Operand) -> Tensor:
        """Product with a power of two: input * 2**other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype,
        where integers count as float32. other may be fractional. The power itself may
        overflow or vanish
        as long as the result does not.
        """

    def ldexp_(self, other: _Operand) -> Tensor:
        """Product with a power of two: input * 2**other. In place."""

    def le(self, other: _Operand) -> Tensor:
        """Whether input <= other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. False where either is NaN.
        """

    def le_(self, other: _Operand) -> Tensor:
        """Whether input <= other, element by element. In place."""

    def leaky_relu_(self, negative_slope: _float = 0.01) -> Tensor:
        """Leaky rectified linear unit: x where x > 0, else negative_slope * x. In place."""

    def lerp(self, end: _Operand, weight: _Operand) -> Tensor:
        """Linear interpolation: input + weight * (end - input).

        input, end, weight: tensors or numbers that broadcast; the result has their common
        shape and the common dtype of input and end. weight 0 gives input, 1 gives end; others
        extrapolate. A complex weight gives a complex result. Raises DTypeError for integers.
        """

    def lerp_(self, end: _Operand, weight: _Operand) -> Tensor:
        """Linear interpolation: input + weight * (end - input). In place."""

    def less(self, other: _Operand) -> Tensor:
        """Whether input < other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. False where either is NaN.
        """

    def less_(self, other: _Operand) -> Tensor:
        """Whether input < other, element by element. In place."""

    def less_equal(self, other: _Operand) -> Tensor:
        """Whether input <= other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. False where either is NaN.
        """

    def less_equal_(self, other: _Operand) -> Tensor:
        """Whether input <= other, element by element. In place."""

    def lgamma(self) -> Tensor:
        """Logarithm of the absolute value of the gamma function.

        input: (*); integers give float32. Returns the same shape. 0, the negative integers,
        inf and -inf
        give inf. The gradient is digamma(input).
        """

    def lgamma_(self) -> Tensor:
        """Logarithm of the absolute value of the gamma function. In place."""

    def log(self) -> Tensor:
        """Natural logarithm of every element.

        input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
        numbers give NaN.
        """

    def log10(self) -> Tensor:
        """Logarithm of every element to base 10.

        input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
        numbers give NaN.
        """

    def log10_(self) -> Tensor:
        """Logarithm of every element to base 10. In place."""

    def log1p(self) -> Tensor:
        """Logarithm of one plus every element: log(1 + x), accurate near 0.

        input: (*); integers give float32. Returns the same shape. -1 gives -inf, less gives
        NaN.
        """

    def log1p_(self) -> Tensor:
        """Logarithm of one plus every element: log(1 + x), accurate near 0. In place."""

    def log2(self) -> Tensor:
        """Logarithm of every element to base 2.

        input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
        numbers give NaN.
        """

    def log2_(self) -> Tensor:
        """Logarithm of every element to base 2. In place."""

    def log_(self) -> Tensor:
        """Natural logarithm of every element. In place."""

    def log_normal_(
        self,
        mean: _float = 1.0,
        std: _float = 2.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Numbers whose logarithm is normal, written over input; public as log_normal_. In
        place.
        """

    def log_softmax(self, dim: _int, dtype: _dtype | None = None) -> Tensor:
        """Logarithm of softmax along a dim: x - log(sum(exp(x))).

        input: (*), floating point. dim: the dim whose exponentials sum to 1. dtype: converted
        to first (default: that of input). Returns the same shape. More accurate than the log
        of softmax, and finite where that underflows. A row of -inf, or one with inf or NaN,
        gives NaN. Raises DTypeError for integers without a dtype.
        """

    def logaddexp(self, other: _Operand) -> Tensor:
        """Logarithm of a sum of exponentials, log(exp(input) + exp(other)), without overflow.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype, float32 for integers. Two -inf give -inf. logsumexp does the same along dims.
        """

    def logaddexp2(self, other: _Operand) -> Tensor:
        """Binary logarithm of a sum of powers of two, log2(2**input + 2**other), without
        overflow.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype,
        float32 for integers. Two -inf give -inf.
        """

    def logcumsumexp(self, dim: _int) -> Tensor:
        """Logarithm of the running sum of exponentials: y[i] = log(exp(x[0]) + … + exp(x[i])).

        input: (*); integers give float32. dim: the dim to run along. Returns the same shape.
        Neither overflows nor vanishes: sums are kept relative to the running maximum. The
        gradient at -inf is 0. Imaginary parts of complex results may leave (-pi, pi], as in
        PyTorch.
        """

    def logical_and(self, other: _Operand) -> Tensor:
        """Whether both elements are not zero.

        input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
        Returns a bool tensor of their common shape.
        """

    def logical_and_(self, other: _Operand) -> Tensor:
        """Whether both elements are not zero. In place."""

    def logical_not(self) -> Tensor:
        """Whether each element is zero.

        input: (*), any dtype; NaN counts as not zero. Returns a bool tensor of the same
        shape.
        """

    def logical_not_(self) -> Tensor:
        """Whether each element is zero. In place."""

    def logical_or(self, other: _Operand) -> Tensor:
        """Whether at least one of both elements is not zero.

        input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
        Returns a bool tensor of their common shape.
        """

    def logical_or_(self, other: _Operand) -> Tensor:
        """Whether at least one of both elements is not zero. In place."""

    def logical_xor(self, other: _Operand) -> Tensor:
        """Whether exactly one of both elements is not zero.

        input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
        Returns a bool tensor of their common shape.
        """

    def logical_xor_(self, other: _Operand) -> Tensor:
        """Whether exactly one of both elements is not zero. In place."""

    def logit(self, eps: _float | None = None) -> Tensor:
        """Inverse of sigmoid: log(x / (1 - x)).

        input: (*) in [0, 1]; integers give float32. Returns the same shape. 0 and 1 give -inf
        and inf,
        numbers outside NaN. eps: limits input to [eps, 1 - eps] first; None (default) for no
        limit. The
        gradient is 0 where the limits hold, without them NaN outside of [0, 1].
        """

    def logit_(self, eps: _float | None = None) -> Tensor:
        """Inverse of sigmoid: log(x / (1 - x)). In place."""

    def logsumexp(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Logarithm of the sum of exponentials over the given dims: log(sum(exp(x))).

        input: (*); integers give float32. dim: a dim or several; None (default) or () for
        all. keepdim: keep them with size 1 (default False). The greatest element (of complex
        numbers the greatest real part) is taken out first: no overflow. All -inf, or no
        elements, give -inf. The gradient is softmax(x);
        NaN where the result is infinite. Raises IndexError for a dim out of range, ValueError
        for one that is named twice. Source: Blanchard, Higham and Higham, 2021.
        """

    def lt(self, other: _Operand) -> Tensor:
        """Whether input < other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. False where either is NaN.
        """

    def lt_(self, other: _Operand) -> Tensor:
        """Whether input < other, element by element. In place."""

    def masked_fill(self, mask: _Operand, value: _Operand) -> Tensor:
        """input with value wherever mask holds.

        input, mask: tensors that broadcast, mask bool. value: a number or a 0-d tensor,
        converted to the dtype of input. Returns the common shape and the dtype of input. The
        gradient is 0 under the mask; that of value is the sum there. Raises DTypeError for a
        mask that is not bool, ShapeError for a value that is not 0-d, ValueError for one that
        the dtype can not hold.
        """

    def masked_fill_(self, mask: _Operand, value: _Operand) -> Tensor:
        """input with value wherever mask holds. In place."""

    def masked_scatter(self, mask: _Operand, source: _Operand) -> Tensor:
        """input with the elements of source, in row-major order, wherever mask holds.

        mask: bool; input and mask broadcast together. source: the dtype of input and at least
        as many
        elements as the mask has True; the rest is not read. The gradient of input is 0 under
        the mask.
        Raises TypeError for a mask that is not bool, ShapeError for too small a source,
        RuntimeError for
        another dtype.
        """

    def masked_scatter_(self, mask: _Operand, source: _Operand) -> Tensor:
        """input with the elements of source, in row-major order, wherever mask holds. In place."""

    def masked_select(self, mask: _Operand) -> Tensor:
        """The elements of input where mask is True, as a new vector in row-major order.

        mask: bool; input and mask broadcast together. The gradient is 0 at the other
        elements.
        Raises DTypeError for another dtype, ShapeError when the shapes do not broadcast.
        """

    def matmul(self, other: _Operand) -> Tensor:
        """Matrix product: c[…, i, j] = sum over k of input[…, i, k] * other[…, k, j].

        input: (…, m, k), other: (…, k, n); leading dims broadcast. Returns (…, m, n). A
        vector takes part as a row on the left, as a column on the right, and that dim is
        dropped: two vectors give their inner product, a 0-d tensor. k = 0 gives zeros. Raises
        ShapeError when the sizes of k differ or a tensor is 0-d, RuntimeError when the dtypes
        differ or are bool.
        """

    @overload
    def max(self) -> Tensor:
        """Greatest element of all; NaN wins.

        input: (*). Returns a 0-d tensor of the same dtype. Equal greatest elements share the
        gradient equally. Raises ShapeError for no elements.
        """

    @overload
    def max(self, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
        """Greatest elements along a dim and where they are; NaN wins.

        input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
        Returns (values, indices), indices int64. Of equal elements the first is taken, and
        the gradient goes to it alone. Raises IndexError for no elements.
        """

    @overload
    def max(self, other: Tensor) -> Tensor:
        """The greater of two, element by element: maximum(input, other).

        input, other: tensors or numbers that broadcast. NaN wins; at ties each gets half of
        the gradient.
        """

    def maximum(self, other: _Operand) -> Tensor:
        """The greater of two, element by element; NaN wins.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype. At ties each gets half of the gradient. fmax ignores NaN.
        """

    def mean(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _dtype | None = None,
    ) -> Tensor:
        """Mean over the given dims, or over all: sum / count.

        input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
        with size 1 (default False). dtype: floating point, converted to first (default: that
        of input). No elements give NaN. Raises DTypeError for integers without a dtype.
        """

    @overload
    def median(self) -> Tensor:
        """The median of all elements; of two middle ones the lower.

        input: (*). Returns a 0-d tensor of the same dtype. NaN wins; no elements give NaN.
        The
        elements that have the picked value share the gradient equally. Takes time linear in
        their number. No integers give what PyTorch makes of NaN: 0, the least of int32 and
        int64.
        For the mean of two middle elements use quantile(input, 0.5).
        """

    @overload
    def median(self, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
        """Medians along a dim and where they are; of two middle elements the lower.

        input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
        Returns (values, indices), indices int64: of equal elements the first, to which the
        gradient goes alone. NaN wins: the first of the row. Raises IndexError for
        no elements.
        """

    @overload
    def min(self) -> Tensor:
        """Least element of all; NaN wins.

        input: (*). Returns a 0-d tensor of the same dtype. Equal least elements share the
        gradient equally. Raises ShapeError for no elements.
        """

    @overload
    def min(self, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
        """Least elements along a dim and where they are; NaN wins.

        input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
        Returns (values, indices), indices int64. Of equal elements the first is taken, and
        the gradient goes to it alone. Raises IndexError for no elements.
        """

    @overload
    def min(self, other: Tensor) -> Tensor:
        """The lesser of two, element by element: minimum(input, other).

        input, other: tensors or numbers that broadcast. NaN wins; at ties each gets half of
        the gradient.
        """

    def minimum(self, other: _Operand) -> Tensor:
        """The lesser of two, element by element; NaN wins.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype. At ties each gets half of the gradient. fmin ignores NaN.
        """

    def mm(self, mat2: _Operand) -> Tensor:
        """Product of two matrices.

        input: (m, k), mat2: (k, n). Returns (m, n). Does not broadcast: matmul does. Raises
        ShapeError for other shapes, RuntimeError when the dtypes differ or are bool.
        """

    def mode(self, dim: _int = -1, keepdim: _bool = False) -> _ValuesIndices:
        """The most frequent elements along a dim and where they are.

        input: (*). dim: the dim that goes (default the last). keepdim: keep it with size 1
        (default False). Of equally frequent elements the least is taken; all NaN count as one
        element, the greatest. Returns (values, indices), indices int64: the last place of the
        element, to which the gradient goes. Raises IndexError for no elements.
        """

    def moveaxis(self, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
        """movedim under NumPy's name: input with the dims source at the places destination."""

    def movedim(self, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
        """A view with some dims of input at other places; the others keep their order.

        source, destination: dims of input and, in the same order, where they stand in the
        result; numbers
        or tuples. Raises ValueError when they differ in number or name a dim twice.
        """

    def msort(self) -> Tensor:
        """The elements sorted along the first dim: sort(input, dim=0)[0].

        input: (*). NaN counts as greatest. The gradient goes back to where the elements came
        from.
        """

    def mul(self, other: _Operand) -> Tensor:
        """Product, element by element: input * other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype (for bools, and). Integers that overflow wrap around.
        """

    def mul_(self, other: _Operand) -> Tensor:
        """Product, element by element: input * other. In place."""

    def multinomial(
        self,
        num_samples: _int,
        replacement: _bool = False,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Class indices drawn in proportion to the weights in the last dim of input.

        input: weights (C,) or (rows, C) that need not add up to 1. Returns int64
        (num_samples,) or
        (rows, num_samples). replacement=False (default) draws every class at most once: the
        largest of
        log(u) / w for uniform u. generator: a Generator, default the global one.
        Raises ValueError for weights that are negative, not finite or all 0, and without
        replacement for
        more samples than a row has classes of positive weight. Source: Efraimidis and
        Spirakis, 2006.
        """

    def multiply(self, other: _Operand) -> Tensor:
        """Product, element by element: input * other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype (for bools, and). Integers that overflow wrap around.
        """

    def multiply_(self, other: _Operand) -> Tensor:
        """Product, element by element: input * other. In place."""

    def mv(self, vec: _Operand) -> Tensor:
        """Product of a matrix and a vector.

        input: (m, k), vec: (k,). Returns (m,). Raises ShapeError for other shapes,
        RuntimeError when the dtypes differ or are bool.
        """

    def mvlgamma(self, p: _int) -> Tensor:
        """Logarithm of the multivariate gamma function of dimension p.

        The sum of lgamma(input - j / 2) for j = 0 … p - 1, and p (p - 1) / 4 * log(pi).
        input: (*);
        integers give float32; the density of a Wishart distribution needs elements above (p -
        1) / 2.
        Returns the same shape. p: from 1, which is lgamma, to 10000, else ValueError.
        """

    def mvlgamma_(self, p: _int) -> Tensor:
        """Logarithm of the multivariate gamma function of dimension p. In place."""

    def nan_to_num(
        self,
        nan: _float | None = 0.0,
        posinf: _float | None = None,
        neginf: _float | None = None,
    ) -> Tensor:
        """NaN and infinities replaced by finite numbers.

        input: (*), any dtype. Returns a new tensor of the same shape and dtype; integers stay
        as they are,
        both parts of complex numbers are replaced alike.
        nan: for NaN, default 0. posinf, neginf: for inf and -inf; None (default) for the
        greatest and
        least finite number of the dtype. The gradient is 0 where something was replaced.
        """

    def nan_to_num_(
        self,
        nan: _float | None = 0.0,
        posinf: _float | None = None,
        neginf: _float | None = None,
    ) -> Tensor:
        """NaN and infinities replaced by finite numbers. In place."""

    def nanmean(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _dtype | None = None,
    ) -> Tensor:
        """Mean over the given dims, or over all, of the elements that are not NaN.

        input: (*), floating point. dim: a dim or several; None (default) or () for all.
        keepdim: keep them with size 1 (default False). dtype: of the result, by default that
        of
        input. NaN alone, or no elements, give NaN. Raises TypeError for integers.
        """

    @overload
    def nanmedian(self) -> Tensor:
        """The median of all elements that are not NaN; of two middle ones the lower.

        input: (*). Returns a 0-d tensor of the same dtype; only NaN, or nothing, gives NaN.
        The
        elements that have the picked value share the gradient equally. No integers give what
        PyTorch makes of NaN: 0, the least of int32 and int64.
        """

    @overload
    def nanmedian(self, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
        """Medians along a dim of the elements that are not NaN, and where they are.

        input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
        Returns (values, indices), indices int64: of equal elements the first, to which the
        gradient goes alone. A row of NaN gives NaN. Raises IndexError for no
        elements.
        """

    def nanquantile(
        self,
        q: _Operand,
        dim: _int | None = None,
        keepdim: _bool = False,
        *,
        interpolation: _str = "linear",
    ) -> Tensor:
        """Quantiles of the elements that are not NaN; arguments as in quantile.

        input: (*), floating point. q: a number in [0, 1], or a vector of them, which becomes
        the first dim of the result. dim: None (default) for all elements. keepdim: keep the
        dim with size 1 (default False). interpolation: 'linear' (default), 'lower', 'higher',
        'midpoint' or 'nearest'. A row of NaN alone gives NaN. Raises ShapeError for no
        elements, ValueError for another q or interpolation.
        """

    def nansum(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _dtype | None = None,
    ) -> Tensor:
        """Sum over the given dims, or over all, in which NaN counts as 0.

        input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
        with size 1 (default False). dtype: of the result, by default that of input, int64 for
        integers and bools. No elements give 0. NaN elements get the gradient 0.
        """

    def narrow(self, dim: _int, start: _int, length: _int) -> Tensor:
        """A view of the positions start to start + length - 1 along dim.

        start: a negative one counts from the end. length may be 0. Raises IndexError when the
        positions do
        not lie in input, ShapeError for a 0-d input.
        """

    def ne(self, other: _Operand) -> Tensor:
        """Whether input != other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. NaN differs from everything, itself
        included.
        """

    def ne_(self, other: _Operand) -> Tensor:
        """Whether input != other, element by element. In place."""

    def neg(self) -> Tensor:
        """Negation of every element: -x.

        input: (*), any dtype but bool. Returns the same shape and dtype. Unsigned integers
        wrap around, and the least signed integer is its own negation. Raises DTypeError for
        bool tensors: use logical_not.
        """

    def neg_(self) -> Tensor:
        """Negation of every element: -x. In place."""

    def negative(self) -> Tensor:
        """Negation of every element: -x.

        input: (*), any dtype but bool. Returns the same shape and dtype. Unsigned integers
        wrap around, and the least signed integer is its own negation. Raises DTypeError for
        bool tensors: use logical_not.
        """

    def negative_(self) -> Tensor:
        """Negation of every element: -x. In place."""

    def nextafter(self, other: _Operand) -> Tensor:
        """The next number that the dtype holds after input, towards other.

        input, other: floating point tensors that broadcast; the result has their common shape
        and dtype,
        half types included. Where both are equal the result is other; NaN gives NaN. The
        gradient of input is 1, 0 where both are equal; that of other is 0. Raises TypeError
        for integers.
        """

    def nextafter_(self, other: _Operand) -> Tensor:
        """The next number that the dtype holds after input, towards other. In place."""

    def nonzero_static(self, *, size: _int, fill_value: _int = -1) -> Tensor:
        """The positions of the first elements of input that are not zero, always `size` rows.

        input: any shape and dtype. size: how many rows the result has: further positions are
        left out, and
        missing ones are filled with fill_value (default -1). Returns int64 (size,
        input.ndim). Raises
        ValueError for a negative size.
        """

    def normal_(
        self,
        mean: _float = 0.0,
        std: _float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Normal numbers of the given mean and std, written over input; public as normal_. In
        place.
        """

    def not_equal(self, other: _Operand) -> Tensor:
        """Whether input != other, element by element.

        input, other: tensors or numbers that broadcast; compared in their common dtype.
        Returns a bool tensor of their common shape. NaN differs from everything, itself
        included.
        """

    def not_equal_(self, other: _Operand) -> Tensor:
        """Whether input != other, element by element. In place."""

    def outer(self, vec2: _Operand) -> Tensor:
        """Outer product of two vectors: c[i, j] = input[i] * vec2[j].

        input: (m,), vec2: (n,). Returns (m, n) in the common dtype. Raises ShapeError for
        other shapes.
        """

    def permute(self, *dims: _int | Sequence[_int]) -> Tensor:
        """A view with the dims in another order: dim i of the result is dim dims[i] of input.

        dims: each dim of input once; negative ones count from the end. Raises ShapeError for
        another number
        of dims, ValueError for a dim given twice, IndexError for one out of range.
        """

    def polygamma(self, n: _int) -> Tensor:
        """The n-th derivative of digamma, as a method: input.polygamma(n).

        input: (*); integers give float32. n: the order, any integer from 0 on, else
        ValueError.
        """

    def polygamma_(self, n: _int) -> Tensor:
        """The n-th derivative of digamma, as a method: input.polygamma(n). In place."""

    def positive(self) -> Tensor:
        """The elements unchanged: +x.

        input: (*), any dtype but bool. Returns input itself, no copy. Raises DTypeError for
        bool tensors.
        """

    def pow(self, exponent: _Operand) -> Tensor:
        """Power, element by element: input ** exponent.

        input, exponent: tensors or numbers that broadcast; the result has their common shape
        and dtype. x ** 0 is 1, also for 0 and NaN. Negative bases with fractional exponents
        give NaN. Integers to negative powers give the integer part: 1 and -1 keep their
        magnitude, all others (0 too) give 0. Where input is 0 and exponent at least 0, the
        gradient for exponent is 0. Raises ValueError for integers to the power of a negative
        number that is written out (a tensor of exponents is not looked through), DTypeError
        for two bools.
        """

    def pow_(self, exponent: _Operand) -> Tensor:
        """Power, element by element: input ** exponent. In place."""

    def prelu(self, weight: _Operand) -> Tensor:
        """Parametric ReLU: max(x, 0) + weight * min(x, 0).

        input: (*), floating point. weight: one number for all, () or (1), or (C) for each
        channel: dim 1 of
        input. Returns the shape of input. Raises ShapeError for another weight, DTypeError
        for integers.
        Source: He and others, 2015.
        """

    def prod(
        self,
        dim: _int | None = None,
        keepdim: _bool = False,
        *,
        dtype: _dtype | None = None,
    ) -> Tensor:
        """Product over one dim, or over all.

        input: (*). dim: None (default) for all. keepdim: keep the dim with size 1 (default
        False). dtype: converted to first, by default that of input, int64 for integers and
        bools. No elements give 1. The gradient of an element is the product of the others,
        also
        where there are zeros.
        """

    def put(self, index: _Operand, source: _Operand, accumulate: _bool = False) -> Tensor:
        """input with values written, or added, at positions of the flattened input.

        index: integers, negative ones count from the end. source: as many elements, in the
        dtype of input.
        accumulate=True adds instead of writing. At repeated positions the last value wins;
        with accumulate
        all are added, in the order of the index. Raises IndexError for an entry out of range,
        ShapeError
        for another number of elements, RuntimeError for another dtype.
        """

    def put_(self, index: _Operand, source: _Operand, accumulate: _bool = False) -> Tensor:
        """input with values written, or added, at positions of the flattened input. In place."""

    def quantile(
        self,
        q: _Operand,
        dim: _int | None = None,
        keepdim: _bool = False,
        *,
        interpolation: _str = "linear",
    ) -> Tensor:
        """The elements below which the fractions q of a dim, or of all elements, lie.

        input: (*), floating point, of any size. q: a number in [0, 1], or a vector of them,
        which becomes the first dim of the result. dim: None (default) for all elements.
        keepdim: keep the dim with size 1 (default False). interpolation: what to take where
        the rank q * (n - 1) lies between two elements: 'linear' (default), 'lower', 'higher',
        'midpoint' or 'nearest' (of halves the even one). A row with NaN gives NaN. Gradients
        go
        to the picked elements and to q. Up to four levels take time linear in n. Raises
        ShapeError for no elements, ValueError for another q or interpolation.
        """

    def rad2deg(self) -> Tensor:
        """Angles in radians as degrees: x * 180 / pi.

        input: (*); integers give float32. Returns the same shape.
        """

    def rad2deg_(self) -> Tensor:
        """Angles in radians as degrees: x * 180 / pi. In place."""

    def random_(
        self,
        from_: _int | None = None,
        /,
        to: _int | None = None,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Uniform integers in [from, to), written over input of any dtype; public as random_. In
        place.
        """

    def ravel(self) -> Tensor:
        """The elements of input as a vector, in row-major order.

        input: any shape. A view where the strides allow it, else a copy.
        """

    def reciprocal(self) -> Tensor:
        """Reciprocal of every element: 1 / x.

        input: (*); integers give float32. Returns the same shape. 0 gives inf, -0. gives
        -inf.
        """

    def reciprocal_(self) -> Tensor:
        """Reciprocal of every element: 1 / x. In place."""

    def relu(self) -> Tensor:
        """Rectified linear unit: max(x, 0).

        input: (*), any dtype but bool. Returns the same shape and dtype. NaN stays NaN. The
        gradient at 0 is 0. Raises DTypeError for bool tensors.
        """

    def relu_(self) -> Tensor:
        """Rectified linear unit: max(x, 0). In place."""

    def remainder(self, other: _Operand) -> Tensor:
        """Remainder with the sign of the divisor: input - floor(input / other) * other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype. Python's %; fmod takes the sign of the dividend. Gradients: 1 for input,
        -floor(input / other) for other. Floats divided by 0 give NaN. Raises ValueError for
        integers divided by 0.
        """

    def remainder_(self, other: _Operand) -> Tensor:
        """Remainder with the sign of the divisor: input - floor(input / other) * other. In
        place.
        """

    def renorm(self, p: _float, dim: _int, maxnorm: _float) -> Tensor:
        """Scales each slice along dim whose p-norm is above maxnorm down to that norm.

        input: two or more dims, floating point or complex. p: the order of the norm over all
        other dims,
        above 0. dim: along which the slices lie. maxnorm: from 0 on. Returns the shape and
        dtype of input. A slice is multiplied by maxnorm / (norm + 1e-7). Raises ShapeError
        for
        fewer dims, ValueError for another p or maxnorm.
        """

    def renorm_(self, p: _float, dim: _int, maxnorm: _float) -> Tensor:
        """Scales each slice along dim whose p-norm is above maxnorm down to that norm. In place."""

    def repeat(self, *repeats: _int | Sequence[_int]) -> Tensor:
        """The whole tensor repeated along every dim.

        repeats: how often, for each dim of input; entries beyond those count for new dims in
        front. Each
        size of the result is the repeat times the size. The gradient adds up over the copies.
        Raises ShapeError for fewer entries than dims and for negative ones. expand repeats
        without a copy.
        """

    def repeat_interleave(
        self,
        repeats: _Operand,
        dim: _int | None = None,
        *,
        output_size: _int | None = None,
    ) -> Tensor:
        """Every position of input along dim repeated, the copies next to each other.

        repeats: a number, or integers (n,) with one count per position, n = input.size(dim).
        Without dim
        (default None) the input is flattened first. The gradient adds up over the copies.
        output_size: how long the result is along dim, checked when given. Raises ShapeError
        when repeats or
        output_size do not fit, ValueError when a count is negative, TypeError for fractions.
        """

    def reshape(self, *shape: _int | Sequence[_int]) -> Tensor:
        """The same elements, in row-major order, in another shape.

        shape: the new shape; one entry may be -1 and is worked out. The result is a view of
        input where the
        strides allow it, else a copy. Raises ShapeError when the number of elements differs.
        """

    def reshape_as(self, other: _Operand) -> Tensor:
        """input.reshape(other.shape): the same elements in the shape of other."""

    def resolve_conj(self) -> Tensor:
        """The input itself: conjugates are computed at once, never put off.

        input: (*). Returns the same shape and dtype.
        """

    def roll(
        self,
        shifts: _int | Sequence[_int],
        dims: _int | Sequence[_int] | None = None,
    ) -> Tensor:
        """The positions of input shifted along dims; what falls off one end comes in at the
        other.

        shifts: one number, or one per entry of dims; positive ones move towards higher
        positions. Without
        dims (default None) the flattened input is shifted and gets its shape back. Returns
        the shape and
        dtype of input. Raises ValueError when shifts and dims differ in number.
        """

    def rot90(self, k: _int = 1, dims: _int | Sequence[_int] = (0, 1)) -> Tensor:
        """A copy of input turned by k quarters in the plane of two dims.

        k: how often (default 1), from the first of dims towards the second; negative ones
        turn back.
        dims: two different dims, by default the first two. Raises ShapeError for fewer than
        two dims of
        input, ValueError for dims that are not two different ones, IndexError for one out of
        range.
        """

    @overload
    def round(self) -> Tensor:
        """Nearest integer to every element; halves go to the even one.

        input: (*). Returns the same shape and dtype: floats stay floats, integers are
        unchanged. The gradient is 0. Raises DTypeError for bool tensors.
        """

    @overload
    def round(self, *, decimals: _int) -> Tensor:
        """Nearest multiple of 10 ** -decimals to every element; halves go to the even digit.

        input: (*), of a floating point dtype. Returns the same shape and dtype. decimals:
        digits after the decimal point, in [-300, 300]; -1 rounds to tens, -2 to hundreds.
        Computed as round(x * 10**decimals) / 10**decimals, in float32 for the half
        precisions:
        where the product overflows the result is inf. The gradient is 0. Raises ValueError
        for
        decimals out of range, DTypeError for integer and bool tensors.
        """

    @overload
    def round_(self) -> Tensor:
        """Nearest integer to every element; halves go to the even one. In place."""

    @overload
    def round_(self, *, decimals: _int) -> Tensor:
        """Nearest multiple of 10 ** -decimals to every element; halves go to the even digit. In
        place.
        """

    def rsqrt(self) -> Tensor:
        """Reciprocal of the square root of every element: 1 / sqrt(x).

        input: (*); integers give float32. Returns the same shape. 0 gives inf, negative
        numbers give NaN.
        """

    def rsqrt_(self) -> Tensor:
        """Reciprocal of the square root of every element: 1 / sqrt(x). In place."""

    @overload
    def scatter(self, dim: _int, index: _Operand, src: _Operand) -> Tensor:
        """input with src written at positions along dim.

        out[index[i, j], j] = src[i, j] for dim 0 of two, and so on. index: integers with as
        many dims as
        input. src: the dtype of input and at least the shape of index; only that part is
        read. At repeated
        positions the last one wins, but the gradients of all of them are those of the
        position.
        Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when shapes
        do not fit,
        RuntimeError for another dtype.
        """

    @overload
    def scatter(self, dim: _int, index: _Operand, value: _Operand) -> Tensor:
        """input with one value written at positions along dim.

        out[index[i, j], j] = value for dim 0 of two, and so on. index: integers with as many
        dims as input.
        value: a number, converted to the dtype of input.
        """

    @overload
    def scatter(self, dim: _int, index: _Operand, src: _Operand, *, reduce: _str) -> Tensor:
        """input with src added, or multiplied, at positions along dim.

        reduce: 'add' or 'multiply'; input, dim, index and src as in scatter_reduce, which has
        more of these
        and is to be preferred. Raises ValueError for another reduce.
        """

    @overload
    def scatter(self, dim: _int, index: _Operand, value: _Operand, *, reduce: _str) -> Tensor:
        """input with one number added, or multiplied, at positions along dim.

        value: a number; reduce: 'add' or 'multiply'; input, dim and index as in
        scatter_reduce.
        """

    @overload
    def scatter_(self, dim: _int, index: _Operand, src: _Operand) -> Tensor:
        """input with src written at positions along dim. In place."""

    @overload
    def scatter_(self, dim: _int, index: _Operand, value: _Operand) -> Tensor:
        """input with one value written at positions along dim. In place."""

    @overload
    def scatter_(self, dim: _int, index: _Operand, src: _Operand, *, reduce: _str) -> Tensor:
        """input with src added, or multiplied, at positions along dim. In place."""

    @overload
    def scatter_(self, dim: _int, index: _Operand, value: _Operand, *, reduce: _str) -> Tensor:
        """input with one number added, or multiplied, at positions along dim. In place."""

    def scatter_add(self, dim: _int, index: _Operand, src: _Operand) -> Tensor:
        """input with src added at positions along dim.

        out[index[i, j], j] += src[i, j] for dim 0 of two, and so on. index: integers with as
        many dims as
        input. src: the dtype of input and at least the shape of index; only that part is
        read. Repeated
        positions add up in the order of index: the same bits on every run. The gradient of
        src is that of
        the result, gathered at index.
        Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when shapes
        do not fit,
        RuntimeError for another dtype.
        """

    def scatter_add_(self, dim: _int, index: _Operand, src: _Operand) -> Tensor:
        """input with src added at positions along dim. In place."""

    def scatter_reduce(
        self,
        dim: _int,
        index: _Operand,
        src: _Operand,
        reduce: _str,
        *,
        include_self: _bool = True,
    ) -> Tensor:
        """Contributions of src, gathered at positions of input along dim, reduced to one value
        each.

        out[index[i, j], j] = reduce(input[index[i, j], j], src[i, j], …) for dim 0 of two,
        and so on.
        index: integers with as many dims as input. src: the dtype of input and at least the
        shape of
        index; only that part is read. reduce: 'sum', 'prod', 'mean', 'amax' or 'amin'; NaN
        wins in the
        last two. include_self: whether the element of input counts where something lands
        (default True);
        elsewhere it stays. Contributions are taken in the order of index: the same bits on
        every run and
        number of threads. The mean of integers is rounded down. The gradient of an extremum
        is shared
        equally among what reaches it; that of a product is right, also of second order, with
        any number
        of zeros.
        Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when shapes
        do not fit,
        ValueError for another reduce, RuntimeError for another dtype.
        """

    def scatter_reduce_(
        self,
        dim: _int,
        index: _Operand,
        src: _Operand,
        reduce: _str,
        *,
        include_self: _bool = True,
    ) -> Tensor:
        """Contributions of src, gathered at positions of input along dim, reduced to one value
        each. In place.
        """

    def select(self, dim: _int, index: _int) -> Tensor:
        """A view of one position along dim, without that dim: input[index] for dim 0.

        index: a negative one counts from the end. Raises IndexError for an index or a dim out
        of range and
        for a 0-d input.
        """

    def select_scatter(self, src: _Operand, dim: _int, index: _int) -> Tensor:
        """A copy of input in which src is written at one position along dim.

        src: the shape of input without dim, converted to its dtype. index: a negative one
        counts from the
        end. Raises IndexError for an index or a dim out of range, ShapeError when src does
        not fit.
        """

    def selu_(self) -> Tensor:
        """Scaled ELU: scale * elu(x, alpha), with constants that keep mean 0 and variance 1. In
        place.
        """

    def sgn(self) -> Tensor:
        """Direction of every element: z / |z|, and 0 at 0; sign of a real one.

        input: (*). Returns the same shape and dtype.
        """

    def sgn_(self) -> Tensor:
        """Direction of every element: z / |z|, and 0 at 0; sign of a real one. In place."""

    def sigmoid(self) -> Tensor:
        """Logistic function of every element: 1 / (1 + exp(-x)).

        input: (*); integers give float32. Returns the same shape, in [0, 1]. It does not
        overflow for any x.
        """

    def sigmoid_(self) -> Tensor:
        """Logistic function of every element: 1 / (1 + exp(-x)). In place."""

    def sign(self) -> Tensor:
        """Sign of every element: -1 below 0, 0 at 0, 1 above.

        input: (*). Returns the same shape and dtype. The sign of NaN is 0. The gradient is 0
        everywhere.
        """

    def sign_(self) -> Tensor:
        """Sign of every element: -1 below 0, 0 at 0, 1 above. In place."""

    def signbit(self) -> Tensor:
        """Whether the sign bit of each element is set.

        input: (*), any dtype. Returns a bool tensor of the same shape: True for negative
        numbers, for -0., and for a NaN whose sign bit is set.
        """

    def sin(self) -> Tensor:
        """Sine of every element.

        input: (*), in radians; integers give float32. Returns the same shape. Infinities give
        NaN.
        """

    def sin_(self) -> Tensor:
        """Sine of every element. In place."""

    def sinc(self) -> Tensor:
        """Normalised cardinal sine: sin(pi * x) / (pi * x), 1 at 0.

        input: (*); integers give float32. Returns the same shape. Exactly 0 at the other
        integers. Right
        near 0 also in its derivatives of every order.
        """

    def sinc_(self) -> Tensor:
        """Normalised cardinal sine: sin(pi * x) / (pi * x), 1 at 0. In place."""

    def sinh(self) -> Tensor:
        """Hyperbolic sine of every element: (exp(x) - exp(-x)) / 2.

        input: (*); integers give float32. Returns the same shape. Overflow gives inf or -inf.
        """

    def sinh_(self) -> Tensor:
        """Hyperbolic sine of every element: (exp(x) - exp(-x)) / 2. In place."""

    def slice_scatter(
        self,
        src: _Operand,
        dim: _int = 0,
        start: _int | None = None,
        end: _int | None = None,
        step: _int = 1,
    ) -> Tensor:
        """A copy of input in which src is written over the slice start:end:step along dim.

        src: the shape of that slice, converted to the dtype of input. start, end: by default
        the whole dim;
        negative ones count from the end. step: positive. Raises ShapeError when src does not
        fit,
        ValueError for another step, IndexError for a dim out of range.
        """

    def softmax(self, dim: _int, dtype: _dtype | None = None) -> Tensor:
        """Exponentials along a dim, normalized to the sum 1: exp(x) / sum(exp(x)).

        input: (*), floating point. dim: the dim that sums to 1. dtype: converted to first
        (default: that of input). Returns the same shape. The greatest element is taken out
        first: no overflow. A row of -inf, or one with inf or NaN, gives NaN. Raises
        DTypeError
        for integers without a dtype.
        """

    def sort(
        self,
        dim: _int = -1,
        descending: _bool = False,
        stable: _bool = True,
    ) -> _ValuesIndices:
        """The elements sorted along a dim, with the positions they came from.

        input: (*). dim: by default the last. descending: greatest first (default False).
        stable: equal elements keep their order, whatever is passed. NaN counts as greatest.
        Returns (values, indices) of the shape of input, indices int64. The gradient goes back
        to where the elements came from.
        """

    @overload
    def split(self, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of pieces of split_size elements along dim; the last one may be shorter.

        tensor: at least 1-d; the pieces share its memory. A dim of size 0 gives one empty
        piece.
        Raises ValueError unless split_size is positive.
        """

    @overload
    def split(self, split_size: _int | Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of consecutive pieces of tensor with the lengths split_size along dim.

        The lengths must add up to tensor.size(dim), else ShapeError. The same as
        split_with_sizes.
        """

    def split_with_sizes(
        self,
        split_sizes: _int | Sequence[_int],
        dim: _int = 0,
    ) -> tuple[Tensor, ...]:
        """Views of consecutive pieces of input with the given lengths along dim.

        split_sizes: one length per piece, in elements; 0 is allowed. They must add up to
        input.size(dim),
        else ShapeError. The pieces share the memory of input.
        """

    def sqrt(self) -> Tensor:
        """Square root of every element.

        input: (*); integers give float32. Returns the same shape. Negative numbers give NaN.
        The gradient, 0.5 / sqrt(x), is inf at 0.
        """

    def sqrt_(self) -> Tensor:
        """Square root of every element. In place."""

    def square(self) -> Tensor:
        """Square of every element: x * x.

        input: (*). Returns the same shape and dtype, int64 for bools; integers that overflow
        wrap around.
        """

    def square_(self) -> Tensor:
        """Square of every element: x * x. In place."""

    def squeeze(self, dim: _int | Sequence[_int] | None = None) -> Tensor:
        """A view of input without dims of size 1.

        dim: a number or a tuple; those of them that have size 1 are removed, others stay.
        Without dim
        (default None) all dims of size 1 go, which also drops a batch of one. Raises
        IndexError for a dim
        out of range.
        """

    def sub(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Difference, element by element: input - alpha * other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype. Unsigned integers wrap around. alpha: factor of other (default 1). Raises
        DTypeError when one of them is bool (use logical_xor or logical_not), and for a
        fractional alpha when both
        are integers.
        """

    def sub_(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Difference, element by element: input - alpha * other. In place."""

    def subtract(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Difference, element by element: input - alpha * other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype. Unsigned integers wrap around. alpha: factor of other (default 1). Raises
        DTypeError when one of them is bool (use logical_xor or logical_not), and for a
        fractional alpha when both
        are integers.
        """

    def subtract_(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Difference, element by element: input - alpha * other. In place."""

    def sum(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _dtype | None = None,
    ) -> Tensor:
        """Sum over the given dims, or over all.

        input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
        with size 1 (default False). dtype: of the result, by default that of input, int64 for
        integers and bools. No elements give 0. Blocked pairwise summation: the error grows
        with the logarithm of the count, and the result does not depend on the number of
        threads. Raises IndexError for a dim out of range, ValueError for one that is named
        twice. Source: Higham, 1993.
        """

    def sum_to_size(self, *size: _int | Sequence[_int]) -> Tensor:
        """The sum over dims that makes the shape size, from which broadcasting makes that of
        input.

        size: each entry is 1 or the size of input there; further dims in front are summed
        away. The input
        itself where nothing has to be done; sums of integers and bools are int64. Raises
        ShapeError for
        another size.
        """

    def swapaxes(self, axis0: _int, axis1: _int) -> Tensor:
        """transpose under NumPy's name: a view with the dims axis0 and axis1 of input swapped."""

    def swapdims(self, dim0: _int, dim1: _int) -> Tensor:
        """transpose under another name: a view with the dims dim0 and dim1 of input swapped."""

    def t(self) -> Tensor:
        """The transpose of a matrix, as a view.

        input: (n, m) gives (m, n); 0-d and 1-d tensors are returned as they are. Raises
        ShapeError for more
        than two dims: there x.mT or transpose says which dims are meant.
        """

    def take(self, index: _Operand) -> Tensor:
        """The elements of the flattened input at positions.

        index: integers of any shape, which the result has; negative ones count from the end.
        The gradient
        adds up where a position is taken repeatedly. Raises IndexError for an entry out of
        range, TypeError
        for an index that is not of integers.
        """

    def take_along_dim(self, indices: _Operand, dim: _int | None = None) -> Tensor:
        """Elements of input picked along dim by indices, as NumPy's take_along_axis.

        indices: integers with as many dims as input; all dims but dim broadcast. Without dim
        (default None)
        both are flattened. It takes what argsort returns along the same dim. Negative entries
        count from
        the end. Raises IndexError for an entry outside of [-n, n), n = input.size(dim);
        ShapeError for different numbers of
        dims.
        """

    def tan(self) -> Tensor:
        """Tangent of every element.

        input: (*), in radians; integers give float32. Returns the same shape. Infinities give
        NaN.
        """

    def tan_(self) -> Tensor:
        """Tangent of every element. In place."""

    def tanh(self) -> Tensor:
        """Hyperbolic tangent of every element: (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

        input: (*); integers give float32. Returns the same shape, in [-1, 1].
        """

    def tanh_(self) -> Tensor:
        """Hyperbolic tangent of every element: (exp(x) - exp(-x)) / (exp(x) + exp(-x)). In
        place.
        """

    @overload
    def tensor_split(
        self,
        tensor_indices_or_sections: _Operand,
        dim: _int = 0,
    ) -> tuple[Tensor, ...]:
        """Views of parts of input along dim: so many of almost equal length, or cut at given
        places.

        tensor_indices_or_sections: a number of sections, as an int or a 0-d tensor: the first
        n % sections
        parts are one longer than the others, n = input.size(dim). Or a vector of integers,
        where to cut:
        [a, b] gives input[:a], input[a:b], input[b:], cut as slices are. Raises ShapeError
        for a 0-d
        input, ValueError for a number of sections below 1.
        """

    @overload
    def tensor_split(self, indices: _int | Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of the parts of input between the given places along dim.

        indices: where to cut: (a, b) gives input[:a], input[a:b], input[b:], cut as slices
        are.
        """

    @overload
    def tensor_split(self, sections: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of almost equal parts of input along dim.

        sections: their number; the first n % sections are one longer, n = input.size(dim).
        """

    def threshold_(self, threshold: _float, value: _float) -> Tensor:
        """Small values replaced: x where x > threshold, else value. In place."""

    def tile(self, *dims: _int | Sequence[_int]) -> Tensor:
        """The whole tensor repeated along every dim, as NumPy's tile.

        dims: how often, aligned with the last dims of input; missing entries in front count
        as 1. Further
        as repeat.
        """

    def topk(
        self,
        k: _int,
        dim: _int = -1,
        largest: _bool = True,
        sorted: _bool = True,
    ) -> _ValuesIndices:
        """The k greatest or least elements along a dim and their positions.

        input: (*). dim: by default the last; it gets size k. largest: True (default) for the
        greatest, False for the least. sorted: they come in order, whatever is passed. NaN
        counts as greatest. Returns (values, indices), indices int64; of equal elements the
        first are taken. Raises ValueError for k below 0 or above the size of dim.
        """

    def trace(self) -> Tensor:
        """The sum of the diagonal of a matrix.

        input: (m, n). Returns a 0-d tensor of the same dtype, int64 for integers. Raises
        ShapeError for another number of dims.
        """

    def transpose(self, dim0: _int, dim1: _int) -> Tensor:
        """A view with the two dims dim0 and dim1 of input swapped.

        A 0-d input is returned as it is. Raises IndexError for a dim out of range.
        """

    def tril(self, diagonal: _int = 0) -> Tensor:
        """The lower triangle of the last two dims of input, zeros elsewhere.

        out[..., i, j] = input[..., i, j] if j - i <= diagonal else 0. input: (..., n, m); its
        shape and
        dtype stay. diagonal: the last one kept; 0 (default) is the main one, 1 the one above
        it.
        What is left out may be NaN. Raises ShapeError for fewer than two dims.
        """

    def tril_(self, diagonal: _int = 0) -> Tensor:
        """The lower triangle of the last two dims of input, zeros elsewhere. In place."""

    def triu(self, diagonal: _int = 0) -> Tensor:
        """The upper triangle of the last two dims of input, zeros elsewhere.

        out[..., i, j] = input[..., i, j] if j - i >= diagonal else 0. input: (..., n, m); its
        shape and
        dtype stay. diagonal: the first one kept; 0 (default) is the main one, 1 the one above
        it.
        What is left out may be NaN. Raises ShapeError for fewer than two dims.
        """

    def triu_(self, diagonal: _int = 0) -> Tensor:
        """The upper triangle of the last two dims of input, zeros elsewhere. In place."""

    def true_divide(self, other: _Operand) -> Tensor:
        """Quotient, element by element: input / other.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype, float32 for integers. x / 0 is inf or -inf, 0 / 0 is NaN.
        """

    def true_divide_(self, other: _Operand) -> Tensor:
        """Quotient, element by element: input / other. In place."""

    def trunc(self) -> Tensor:
        """Integer part of every element: rounded towards zero.

        input: (*). Returns the same shape and dtype: floats stay floats, integers are
        unchanged. The gradient is 0. Raises DTypeError for bool tensors.
        """

    def trunc_(self) -> Tensor:
        """Integer part of every element: rounded towards zero. In place."""

    def unbind(self, dim: _int = 0) -> tuple[Tensor, ...]:
        """A view of input at every position along dim, which the views do not have any more.

        input: at least 1-d, else ShapeError. Returns input.size(dim) tensors that share its
        memory.
        """

    def unflatten(self, dim: _int, sizes: _int | Sequence[_int]) -> Tensor:
        """One dim of input seen as several.

        sizes: what dim becomes; one entry may be -1 and is worked out. Raises ShapeError when
        their product
        is not input.size(dim).
        """

    def unfold(self, dimension: _int, size: _int, step: _int) -> Tensor:
        """A view of all windows of `size` elements along a dim, one every `step` positions.

        Along dimension the result has (n - size) // step + 1 windows, n =
        input.size(dimension), and a new
        last dim of length size holds their elements. Windows may overlap; they share the
        memory of input,
        and the gradient adds up there. Raises ShapeError unless 0 <= size <= n and step > 0.
        """

    def uniform_(
        self,
        from_: _float = 0.0,
        /,
        to: _float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Uniform numbers in [from, to), written over input; public as uniform_. In place."""

    def unsafe_chunk(self, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """chunk under another name.

        input, chunks, dim: as in chunk; see unsafe_split.
        """

    def unsafe_split(self, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """split under another name.

        tensor, split_size, dim: as in split. PyTorch's pieces do not count as views, whence
        its name; here
        they do, so that changes in place have the right gradients.
        """

    def unsafe_split_with_sizes(
        self,
        split_sizes: _int | Sequence[_int],
        dim: _int = 0,
    ) -> tuple[Tensor, ...]:
        """split_with_sizes under another name.

        input, split_sizes, dim: as in split_with_sizes; see unsafe_split.
        """

    def unsqueeze(self, dim: _int) -> Tensor:
        """A view of input with a dim of size 1 put in at position dim.

        dim: in [-input.ndim - 1, input.ndim], else IndexError; -1 puts it at the end.
        """

    def vdot(self, other: _Operand) -> Tensor:
        """Inner product of two vectors, conjugating the first: for real numbers, dot.

        input, other: (n,) of one dtype. Returns a 0-d tensor; no elements give 0. Raises
        ShapeError for
        other shapes.
        """

    @overload
    def view(self, *size: _int | Sequence[_int]) -> Tensor:
        """The same memory seen in another shape.

        size: the new shape; one entry may be -1 and is worked out. Changes of the result
        change input.
        Raises ShapeError when the number of elements differs, or when the strides of input do
        not allow it
        without a copy (reshape copies then).
        """

    @overload
    def view(self, dtype: _dtype) -> Tensor:
        """The same memory read as elements of another dtype.

        input: (*). dtype: of the same size, then only the dtype changes; a smaller or larger
        one makes the
        last dim longer or shorter. Changes of the result change input. The result does not
        take part in
        differentiation. Raises ShapeError, where the sizes differ, unless the last dim has
        stride 1 and the
        bytes along it and between its rows fill whole elements; ValueError for bools from
        bytes other than
        0 and 1, which PyTorch lets through.
        """

    def view_as(self, other: _Operand) -> Tensor:
        """input.view(other.shape): the same memory seen in the shape of other."""

    @overload
    def vsplit(self, sections: _int) -> tuple[Tensor, ...]:
        """Views of equal parts of input, cut row-wise: along dim 0.

        sections: how many. Raises ValueError when they do not divide the size, ShapeError for
        fewer than
        two dims.
        """

    @overload
    def vsplit(self, indices: _int | Sequence[_int]) -> tuple[Tensor, ...]:
        """Views of parts of input, cut row-wise at the given indices, as tensor_split does.

        indices: where to cut along dim 0.
        """

    def xlogy(self, other: _Operand) -> Tensor:
        """Product with a logarithm: input * log(other), 0 where input is 0.

        input, other: tensors or numbers that broadcast; the result has their common shape and
        dtype, float32 for integers. 0 wins over the infinite or undefined log of other <= 0,
        but not over NaN. The gradient for input is log(other), 0 where input is 0 and other
        <= 0; that for other is input / other, 0 where both are 0.
        """

    def xlogy_(self, other: _Operand) -> Tensor:
        """Product with a logarithm: input * log(other), 0 where input is 0. In place."""

# ---------------------------------------------------------------- creation

class _Options(TypedDict, total=False):
    dtype: _dtype | None
    device: _Device
    requires_grad: _bool
    layout: Any
    pin_memory: _bool
    memory_format: Any

class _Made(_Options, total=False):
    out: Tensor | None

class _Sized(_Made, total=False):
    size: _int | Sequence[_int]

class _Random(_Options, total=False):
    generator: Generator | None

def tensor(data: Any, **options: Unpack[_Options]) -> Tensor: ...
@overload
def zeros(*size: _int | Sequence[_int], **options: Unpack[_Made]) -> Tensor: ...
@overload
def zeros(*, size: Sequence[_int], **options: Unpack[_Made]) -> Tensor: ...
@overload
def ones(*size: _int | Sequence[_int], **options: Unpack[_Made]) -> Tensor: ...
@overload
def ones(*, size: Sequence[_int], **options: Unpack[_Made]) -> Tensor: ...
@overload
def empty(*size: _int | Sequence[_int], **options: Unpack[_Made]) -> Tensor: ...
@overload
def empty(*, size: Sequence[_int], **options: Unpack[_Made]) -> Tensor: ...
@overload
def rand(*size: _int | Sequence[_int], **options: Unpack[_Random]) -> Tensor: ...
@overload
def rand(*, size: Sequence[_int], **options: Unpack[_Random]) -> Tensor: ...
@overload
def randn(*size: _int | Sequence[_int], **options: Unpack[_Random]) -> Tensor: ...
@overload
def randn(*, size: Sequence[_int], **options: Unpack[_Random]) -> Tensor: ...
def full(size: _int | Sequence[_int], fill_value: _Operand, **options: Unpack[_Made]) -> Tensor: ...
def zeros_like(input: Tensor, **options: Unpack[_Options]) -> Tensor: ...
def ones_like(input: Tensor, **options: Unpack[_Options]) -> Tensor: ...
def empty_like(input: Tensor, **options: Unpack[_Options]) -> Tensor: ...
def rand_like(input: Tensor, **options: Unpack[_Random]) -> Tensor: ...
def randn_like(input: Tensor, **options: Unpack[_Random]) -> Tensor: ...
def full_like(input: Tensor, fill_value: _Operand, **options: Unpack[_Options]) -> Tensor: ...
@overload
def arange(end: _Operand, **options: Unpack[_Made]) -> Tensor: ...
@overload
def arange(
    start: _Operand, end: _Operand, step: _Operand = 1, **options: Unpack[_Made]
) -> Tensor: ...
def linspace(start: _Operand, end: _Operand, steps: _int, **options: Unpack[_Made]) -> Tensor: ...
def logspace(
    start: _Operand,
    end: _Operand,
    steps: _int,
    base: _float = 10.0,
    **options: Unpack[_Made],
) -> Tensor: ...
def scalar_tensor(s: _Operand, **options: Unpack[_Made]) -> Tensor: ...
def tril_indices(row: _int, col: _int, offset: _int = 0, **options: Unpack[_Made]) -> Tensor: ...
def triu_indices(row: _int, col: _int, offset: _int = 0, **options: Unpack[_Made]) -> Tensor: ...
def empty_strided(
    size: _int | Sequence[_int], stride: _int | Sequence[_int], **options: Unpack[_Made]
) -> Tensor: ...
def empty_permuted(
    size: _int | Sequence[_int], physical_layout: _int | Sequence[_int], **options: Unpack[_Made]
) -> Tensor: ...
def eye(n: _int, m: _int | None = None, **options: Unpack[_Made]) -> Tensor: ...
@overload
def randint(high: _int, size: _int | Sequence[_int], **options: Unpack[_Random]) -> Tensor: ...
@overload
def randint(
    low: _int, high: _int, size: _int | Sequence[_int], **options: Unpack[_Random]
) -> Tensor: ...
@overload
def randint_like(input: Tensor, high: _int, **options: Unpack[_Options]) -> Tensor: ...
@overload
def randint_like(input: Tensor, low: _int, high: _int, **options: Unpack[_Options]) -> Tensor: ...
def randperm(
    n: _int, *, generator: Generator | None = None, **options: Unpack[_Made]
) -> Tensor: ...
def from_buffer(source: Any, /) -> Tensor: ...
def to_dlpack(x: Tensor, with_version: _bool, copied: _bool) -> Any: ...
def from_dlpack_capsule(capsule: Any, /) -> Tensor: ...
def joined_rows(parts: Sequence[Tensor], rows: Tensor) -> Tensor: ...

class Generator(metaclass=_Bound):
    """A stream of random numbers of its own."""

    def __init__(self, device: _Device = "cpu") -> None: ...
    def manual_seed(self, seed: _int) -> Self: ...
    def initial_seed(self) -> _int: ...
    def get_state(self) -> Tensor: ...
    def set_state(self, new_state: Tensor) -> Self: ...

default_generator: Generator

def current_generator() -> Generator: ...
def set_thread_generator(own: Generator | None) -> None: ...

# ---------------------------------------------------------------- the registry

functions: dict[_str, Callable[..., Any]]
nn_functions: dict[_str, Callable[..., Any]]

def ops() -> list[dict[_str, Any]]: ...
def samples(name: _str, /) -> list[tuple[tuple[Any, ...], dict[_str, Any]]]: ...
def call(name: _str, /, *args: Any, **keywords: Any) -> Any: ...

# ---------------------------------------------------------------- the graph and gradients

class Node(metaclass=_Bound):
    """A recorded call: the op, and the nodes that made its arguments."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def name(self) -> _str: ...
    @property
    def where(self) -> _str: ...
    @property
    def module(self) -> _str: ...
    @property
    def next_functions(self) -> tuple[tuple[Node | None, _int], ...]: ...
    @property
    def sequence(self) -> _int: ...
    def register_hook(
        self,
        hook: Callable[
            [tuple[Tensor | None, ...], tuple[Tensor | None, ...]],
            tuple[Tensor | None, ...] | Tensor | None,
        ],
    ) -> RemovableHandle: ...

class RemovableHandle(metaclass=_Bound):
    """Removes a hook."""

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def remove(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: builtins.type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...

class Graph(metaclass=_Bound):
    """The recorded computation behind some tensors."""

    def __init__(self, outputs: Sequence[Tensor]) -> None: ...
    def __len__(self) -> _int: ...
    def inputs(self) -> list[_int]: ...
    def outputs(self) -> list[_int]: ...
    def find(self, what: Tensor | _str, /) -> _int: ...
    def place(self, what: Tensor, /) -> tuple[_int, _int]: ...
    def call(self, number: _int, /) -> dict[_str, Any]: ...
    def site(self, i: _int) -> tuple[CodeType, _int] | None: ...
    def results(self, number: _int, /) -> list[tuple[Size, dtype] | None]: ...
    def modules(self, number: _int, /) -> list[Any]: ...
    def saved(self, number: _int, /) -> list[tuple[_str, Size, dtype, _int, _int, _int]]: ...
    def vertex(self, number: _int, /) -> dict[_str, Any]: ...
    def forward(self, replacements: Mapping[_int, Tensor], /) -> list[Tensor]: ...
    def backward(self, seeds: Sequence[Tensor | None], /) -> None: ...
    def run(self, given: Mapping[_int, Tensor], /) -> list[Tensor]: ...
    def input(self, name: _str, /) -> _int: ...
    def tensor(self, at: _int, output: _int = 0) -> Tensor: ...
    def tensors(self) -> list[Tensor]: ...
    def save(self, path: _str, /) -> None: ...
    @staticmethod
    def load(path: _str, /) -> Graph: ...

open_sizes: tuple[_int, _int, _int, _int]

def placeholder(name: _str, shape: Sequence[_int], dtype: dtype, /) -> Tensor: ...
def is_symbolic(x: Tensor, /) -> _bool: ...
def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: _bool | None = None,
    create_graph: _bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None: ...
def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: _bool | None = None,
    create_graph: _bool = False,
    allow_unused: _bool = False,
    materialize_grads: _bool = False,
) -> tuple[Any, ...]: ...
def tangents(
    outputs: Sequence[Tensor],
    inputs: Sequence[Tensor],
    input_tangents: Sequence[Tensor],
    create_graph: _bool,
) -> tuple[Any, ...]: ...
def depends_on_others(outputs: Sequence[Tensor], inputs: Sequence[Tensor]) -> _bool: ...
def with_history(value: Tensor, output: Tensor) -> Tensor: ...
def record_function(
    name: _str,
    inputs: Sequence[Tensor],
    outputs: Sequence[Tensor],
    dirty: Sequence[Tensor],
    context: Any,
    /,
) -> tuple[Any, ...]: ...
def is_grad_enabled() -> _bool: ...
def set_recording(wanted: _bool, noted: _bool = False) -> _bool: ...
def set_everything(wanted: _bool, /) -> _bool: ...
def is_everything_recorded() -> _bool: ...
def follow(x: Tensor) -> None: ...
def is_inference_mode_enabled() -> _bool: ...
def set_inference(wanted: _bool, /) -> _bool: ...
def set_strict_ieee(wanted: _bool, /) -> _bool: ...
def get_autocast() -> _dtype | None: ...
def set_autocast(wanted: _dtype | None, /) -> None: ...
def live_tensors() -> _int: ...
def live_nodes() -> _int: ...

MOST_CUTS: _int
NODE_BYTES: tuple[_int, _int]

def describe_change(x: Tensor, /) -> _str: ...
def cut_of(x: Tensor, /) -> dict[_str, Any] | None: ...
def cut_by_number(number: _int, /) -> dict[_str, Any] | None: ...
def newest_cut() -> _int: ...
def pass_by_number(number: _int, /) -> dict[_str, Any] | None: ...
def newest_pass() -> dict[_str, Any] | None: ...
def uses_of(x: Tensor, /) -> dict[_str, Any]: ...
def look_below(roots: Node | list[Tensor], x: Tensor, /) -> tuple[_int, list[dict[_str, Any]]]: ...
def holders(
    loss: Node, tensors: Sequence[Tensor], /
) -> tuple[list[_int], _str, tuple[_str, _str]]: ...
def set_provenance(wanted: _bool, /) -> None: ...

# ---------------------------------------------------------------- modules, optimizers, files

@disjoint_base
class Module:
    """The base of nn.Module."""

    _hooked: _bool
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

def set_all_hooked(wanted: _bool, /) -> None: ...
def module_path() -> _str: ...

class Segment(metaclass=_Bound):
    """A part of a program whose nodes keep nothing: it is run again where their values are read."""

    def __init__(self, again: Callable[[Segment], None]) -> None: ...
    def start(self, again: _bool) -> None: ...
    def finish(self) -> _str: ...
    def end(self) -> None: ...

def in_second_run() -> _bool: ...

class OptimizerState(metaclass=_Bound):
    """The state of an optimizer over a list of parameters; a step is one call."""

    def __init__(self, parameters: Sequence[Tensor], rule: _str) -> None: ...
    def step(self, settings: dict[_str, Any]) -> None: ...
    def settings(self) -> dict[_str, _float]: ...
    def entries(self) -> dict[_str, _str]: ...
    def zero_grad(self, set_to_none: _bool = True) -> None: ...
    def get(self, i: _int, /) -> dict[_str, Tensor]: ...
    def set(self, i: _int, entries: Mapping[_str, Tensor], /) -> None: ...
    def shape_of(self, i: _int, name: _str, /) -> Size | None: ...
    def clear(self) -> None: ...

def update_rules() -> list[_str]: ...
def total_norm(tensors: Sequence[Tensor], norm_type: _float) -> Tensor: ...
def scale_(tensors: Sequence[Tensor], factor: _Operand) -> None: ...
def clip_(tensors: Sequence[Tensor], limit: _float) -> None: ...
def lerp_(averages: Sequence[Tensor], values: Sequence[Tensor], weight: _float) -> None: ...
def lbfgs_direction(
    gradient: Tensor,
    steps: Sequence[Tensor],
    changes: Sequence[Tensor],
    inverse_curvatures: Sequence[_float],
    scale: _float,
) -> Tensor: ...
def plan_safetensors(
    tensors: Mapping[_str, Tensor], metadata: Mapping[_str, _str]
) -> tuple[bytes, list[_str]]: ...
def read_safetensors_header(
    text: bytes, data_bytes: _int
) -> tuple[list[tuple[_str, dtype, Size, _int]], dict[_str, _str]]: ...
def check_booleans(name: _str, tensor: Tensor) -> None: ...

class FileWriter(metaclass=_Bound):
    """A file that appears whole under its name with finish(), or not at all."""

    def __init__(self, path: _str) -> None: ...
    def write(self, data: Any) -> None: ...
    def finish(self) -> None: ...
    def abandon(self) -> None: ...

class MappedFile(metaclass=_Bound):
    """A file in memory."""

    def __init__(self, path: _str) -> None: ...
    @property
    def size(self) -> _int: ...
    @property
    def lost(self) -> _bool: ...
    def read(self, begin: _int, count: _int) -> bytes: ...
    def tensor(self, begin: _int, shape: Sequence[_int], dtype: dtype) -> Tensor: ...

# ---------------------------------------------------------------- the machine

def isa() -> _str: ...
def get_num_threads() -> _int: ...
def set_num_threads(count: _int) -> None: ...

class FiniteGuard(metaclass=_Bound):
    """Calls handler(details), which raises, at the first value that is not finite."""

    running: _bool
    def __init__(
        self,
        handler: Callable[[dict[_str, Any]], None],
        forward: _bool,
        backward: _bool,
        infinities: _bool,
    ) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...

class Profile(metaclass=_Bound):
    """When everything in this thread began and ended."""

    running: _bool
    duration: _int
    dropped: _int
    memory_dropped: _int
    started_at: _int
    def __init__(self, shapes: _bool, memory: _bool, limit: _int) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def events(self) -> dict[_str, Any]: ...
    def shapes(self, number: _int) -> tuple[list[Size], list[Size]]: ...
    def memory(self) -> list[tuple[_float, _int, _int]]: ...

class ProfileBlock(metaclass=_Bound):
    """A named part of the program, where a profile runs."""

    def __init__(self, name: _str) -> None: ...
    def end(self) -> None: ...

def not_finite(x: Tensor) -> tuple[_int, _int, _int]: ...
def all_finite(x: Tensor) -> _bool: ...
def memory_statistics() -> dict[_str, _int]: ...
def reset_peak_memory() -> None: ...
def empty_cache() -> None: ...
