# Generated: python -m topograd._stubs. By hand: _stub_base.pyi.txt and the registry in cpp/ops.
# ruff: noqa: D205, D402, D403, I001, RUF022, RUF100
"""The core of topograd."""

import builtins
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import EllipsisType, TracebackType
from typing import Any, NamedTuple, SupportsIndex, TypeAlias, TypedDict, TypeVar, final, overload

from typing_extensions import Self, Unpack, disjoint_base

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
bool: dtype
float: dtype
double: dtype
half: dtype
short: dtype
int: dtype
long: dtype

def get_default_dtype() -> dtype: ...
def set_default_dtype(dtype: _dtype, /) -> None: ...

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

# ---------------------------------------------------------------- tensors

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

    def __new__(cls, *data: Any) -> Self: ...
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
    def T(self) -> Tensor: ...
    @property
    def mT(self) -> Tensor: ...
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
    def data_ptr(self) -> _int: ...
    def is_contiguous(self) -> _bool: ...
    def is_floating_point(self) -> _bool: ...
    def is_same_size(self, other: Tensor) -> _bool: ...
    def share_memory_(self) -> Tensor: ...

    # The values, for Python and for other libraries.
    def item(self) -> Any: ...
    def tolist(self) -> Any: ...
    def numpy(self, *, force: _bool = False) -> Any: ...
    def __array__(self, dtype: Any = None, copy: _bool | None = None) -> Any: ...
    def __dlpack__(self, *, stream: Any = None, **_: Any) -> Any: ...
    def __dlpack_device__(self) -> tuple[_int, _int]: ...
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: _int, /) -> memoryview: ...
        def __release_buffer__(self, buffer: memoryview, /) -> None: ...

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
    def requires_grad_(self, requires_grad: _bool = True) -> Self: ...
    def retain_grad(self) -> None: ...
    def register_hook(self, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle: ...
    def register_post_accumulate_grad_hook(
        self, hook: Callable[[Tensor], object]
    ) -> RemovableHandle: ...
    def ravel(self) -> Tensor: ...
    def where(self, condition: Tensor, other: Tensor | _float) -> Tensor: ...
    def nonzero(self, *, as_tuple: _bool = False) -> Any: ...
    def squeeze_(self, dim: _int | Sequence[_int] | None = None) -> Self: ...
    def unsqueeze_(self, dim: _int) -> Self: ...
    def transpose_(self, dim0: _int, dim1: _int) -> Self: ...
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
    def zero_(self) -> Tensor: ...

    # Ops whose arguments take a form of their own; functions of the package as well, hence `input`.
    def var(
        input,
        dim: _int | Sequence[_int] | _bool | None = None,
        unbiased: _bool | None = None,
        keepdim: _bool = False,
        *,
        correction: _Number | None = None,
    ) -> Tensor: ...
    def std(
        input,
        dim: _int | Sequence[_int] | _bool | None = None,
        unbiased: _bool | None = None,
        keepdim: _bool = False,
        *,
        correction: _Number | None = None,
    ) -> Tensor: ...
    def norm(
        input,
        p: _float | _str | None = "fro",
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        dtype: _dtype | None = None,
    ) -> Tensor: ...
    def equal(input, other: Tensor) -> _bool: ...
    def allclose(
        input, other: Tensor, rtol: _float = 1e-05, atol: _float = 1e-08, equal_nan: _bool = False
    ) -> _bool: ...

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
        """Absolute value: |x|. The gradient at 0 is 0."""

    def abs_(self) -> Tensor:
        """Absolute value: |x|. The gradient at 0 is 0. In place."""

    def acos(self) -> Tensor:
        """Inverse cosine, in radians. NaN outside [-1, 1]."""

    def acos_(self) -> Tensor:
        """Inverse cosine, in radians. NaN outside [-1, 1]. In place."""

    def acosh(self) -> Tensor:
        """Inverse hyperbolic cosine. NaN below 1."""

    def acosh_(self) -> Tensor:
        """Inverse hyperbolic cosine. NaN below 1. In place."""

    def add(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Sum, element by element: input + alpha * other."""

    def add_(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Sum, element by element: input + alpha * other. In place."""

    def addcdiv(self, tensor1: _Operand, tensor2: _Operand, *, value: _Number = 1) -> Tensor:
        """input + value * tensor1 / tensor2."""

    def addcdiv_(self, tensor1: _Operand, tensor2: _Operand, *, value: _Number = 1) -> Tensor:
        """input + value * tensor1 / tensor2. In place."""

    def addcmul(self, tensor1: _Operand, tensor2: _Operand, *, value: _Number = 1) -> Tensor:
        """input + value * tensor1 * tensor2."""

    def addcmul_(self, tensor1: _Operand, tensor2: _Operand, *, value: _Number = 1) -> Tensor:
        """input + value * tensor1 * tensor2. In place."""

    def addmm(
        self,
        mat1: _Operand,
        mat2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """beta * input + alpha * (mat1 @ mat2); input broadcasts to (m, n)."""

    def addmm_(
        self,
        mat1: _Operand,
        mat2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """beta * input + alpha * (mat1 @ mat2); input broadcasts to (m, n). In place."""

    def all(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Whether every element is not zero, over the given dims or over all."""

    def amax(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Greatest element over the given dims, or over all; NaN wins. Equal ones share the
        gradient.
        """

    def amin(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Least element over the given dims, or over all; NaN wins. Equal ones share the
        gradient.
        """

    def any(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """Whether some element is not zero, over the given dims or over all."""

    def argmax(self, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
        """Index of the greatest element along dim, or in the flattened input; the first of equal
        ones.
        """

    def argmin(self, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
        """Index of the least element along dim, or in the flattened input; the first of equal
        ones.
        """

    def argsort(self, dim: _int = -1, descending: _bool = False, stable: _bool = True) -> Tensor:
        """The positions that sort the input along dim. Stable; NaN is greatest."""

    def asin(self) -> Tensor:
        """Inverse sine, in radians. NaN outside [-1, 1]."""

    def asin_(self) -> Tensor:
        """Inverse sine, in radians. NaN outside [-1, 1]. In place."""

    def asinh(self) -> Tensor:
        """Inverse hyperbolic sine."""

    def asinh_(self) -> Tensor:
        """Inverse hyperbolic sine. In place."""

    def atan(self) -> Tensor:
        """Inverse tangent, in radians."""

    def atan2(self, other: _Operand) -> Tensor:
        """Angle of the point (other, input), in radians in [-pi, pi]."""

    def atan2_(self, other: _Operand) -> Tensor:
        """Angle of the point (other, input), in radians in [-pi, pi]. In place."""

    def atan_(self) -> Tensor:
        """Inverse tangent, in radians. In place."""

    def atanh(self) -> Tensor:
        """Inverse hyperbolic tangent. NaN outside [-1, 1]."""

    def atanh_(self) -> Tensor:
        """Inverse hyperbolic tangent. NaN outside [-1, 1]. In place."""

    def baddbmm(
        self,
        batch1: _Operand,
        batch2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """beta * input + alpha * bmm(batch1, batch2); input broadcasts to (b, m, n)."""

    def baddbmm_(
        self,
        batch1: _Operand,
        batch2: _Operand,
        *,
        beta: _Number = 1,
        alpha: _Number = 1,
    ) -> Tensor:
        """beta * input + alpha * bmm(batch1, batch2); input broadcasts to (b, m, n). In place."""

    def bernoulli(self, *, generator: Generator | None = None) -> Tensor:
        """1 with the probability that each element gives, else 0. Raises ValueError outside [0,
        1].
        """

    def bernoulli_(self, p: _float = 0.5, *, generator: Generator | None = None) -> Tensor:
        """1 with probability p, else 0. Public as input.bernoulli_(). In place."""

    def bitwise_and(self, other: _Operand) -> Tensor:
        """Bits set in both. Raises TypeError for floating point tensors."""

    def bitwise_and_(self, other: _Operand) -> Tensor:
        """Bits set in both. Raises TypeError for floating point tensors. In place."""

    def bitwise_left_shift(self, other: _Operand) -> Tensor:
        """input * 2 ** other, on the bits. Raises TypeError for floating point and bool tensors."""

    def bitwise_left_shift_(self, other: _Operand) -> Tensor:
        """input * 2 ** other, on the bits. Raises TypeError for floating point and bool tensors.
        In place.
        """

    def bitwise_not(self) -> Tensor:
        """All bits turned over; for bool, logical not. Raises TypeError for floating point
        tensors.
        """

    def bitwise_not_(self) -> Tensor:
        """All bits turned over; for bool, logical not. Raises TypeError for floating point
        tensors. In place.
        """

    def bitwise_or(self, other: _Operand) -> Tensor:
        """Bits set in at least one. Raises TypeError for floating point tensors."""

    def bitwise_or_(self, other: _Operand) -> Tensor:
        """Bits set in at least one. Raises TypeError for floating point tensors. In place."""

    def bitwise_right_shift(self, other: _Operand) -> Tensor:
        """floor(input / 2 ** other), on the bits. Raises TypeError for floating point and bool
        tensors.
        """

    def bitwise_right_shift_(self, other: _Operand) -> Tensor:
        """floor(input / 2 ** other), on the bits. Raises TypeError for floating point and bool
        tensors. In place.
        """

    def bitwise_xor(self, other: _Operand) -> Tensor:
        """Bits set in exactly one. Raises TypeError for floating point tensors."""

    def bitwise_xor_(self, other: _Operand) -> Tensor:
        """Bits set in exactly one. Raises TypeError for floating point tensors. In place."""

    def bmm(self, mat2: _Operand) -> Tensor:
        """Products of a batch of matrices: (b, m, k) and (b, k, n) give (b, m, n). Does not
        broadcast.
        """

    def broadcast_to(self, *size: _int | Sequence[_int]) -> Tensor:
        """The same as input.expand(size)."""

    def ceil(self) -> Tensor:
        """Least integer not below x. The gradient is 0."""

    def ceil_(self) -> Tensor:
        """Least integer not below x. The gradient is 0. In place."""

    def chunk(self, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of at most `chunks` pieces of equal length along dim; the last one may be
        shorter.
        """

    def clamp(self, min: _Operand | None = None, max: _Operand | None = None) -> Tensor:
        """input limited to [min, max]; either limit may be None. NaN stays NaN; max wins where
        min > max.

        The gradient is 1 where min <= input <= max, else 0. Raises ValueError when both
        limits are None.
        """

    def clamp_(self, min: _Operand | None = None, max: _Operand | None = None) -> Tensor:
        """input limited to [min, max]; either limit may be None. NaN stays NaN; max wins where
        min > max. In place.
        """

    def clamp_max(self, max: _Operand) -> Tensor:
        """input, but at most max."""

    def clamp_max_(self, max: _Operand) -> Tensor:
        """input, but at most max. In place."""

    def clamp_min(self, min: _Operand) -> Tensor:
        """input, but at least min."""

    def clamp_min_(self, min: _Operand) -> Tensor:
        """input, but at least min. In place."""

    def clone(self) -> Tensor:
        """A copy with memory of its own. The gradient flows through."""

    def contiguous(self) -> Tensor:
        """The input itself when its memory is row-major without gaps, else a copy that is."""

    def copy_(self, src: _Operand, non_blocking: _bool = False) -> Tensor:
        """The elements of src, broadcast to the shape and converted to the dtype of input. In
        place.
        """

    def copysign(self, other: _Operand) -> Tensor:
        """Magnitude of input with the sign of other."""

    def copysign_(self, other: _Operand) -> Tensor:
        """Magnitude of input with the sign of other. In place."""

    def cos(self) -> Tensor:
        """Cosine of x in radians."""

    def cos_(self) -> Tensor:
        """Cosine of x in radians. In place."""

    def cosh(self) -> Tensor:
        """Hyperbolic cosine."""

    def cosh_(self) -> Tensor:
        """Hyperbolic cosine. In place."""

    def count_nonzero(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
    ) -> Tensor:
        """Number of elements that are not zero, over the given dims or over all."""

    def cumprod(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running product along dim: y[i] = x[0] * … * x[i]. The gradient is right where
        elements are 0.
        """

    def cumprod_(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running product along dim: y[i] = x[0] * … * x[i]. The gradient is right where
        elements are 0. In place.
        """

    def cumsum(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running sum along dim: y[i] = x[0] + … + x[i]. Integers are summed in int64."""

    def cumsum_(self, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
        """Running sum along dim: y[i] = x[0] + … + x[i]. Integers are summed in int64. In place."""

    def diag(self, diagonal: _int = 0) -> Tensor:
        """A vector as the diagonal of a square matrix, or the diagonal of a matrix as a vector."""

    def diagonal(self, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
        """The diagonal over two dims, as the last dim; offset > 0 is above the main one."""

    def div(self, other: _Operand, *, rounding_mode: _str | None = None) -> Tensor:
        """Quotient, element by element: input / other.

        rounding_mode: None (true division), 'floor' or 'trunc'. Raises ValueError for another
        rounding_mode, and for
        integers divided by 0 with rounding.
        """

    def div_(self, other: _Operand, *, rounding_mode: _str | None = None) -> Tensor:
        """Quotient, element by element: input / other. In place."""

    def dot(self, tensor: _Operand) -> Tensor:
        """Inner product of two vectors of the same size: sum of a[i] * b[i]."""

    def eq(self, other: _Operand) -> Tensor:
        """Whether input == other, element by element. Returns a bool tensor."""

    def eq_(self, other: _Operand) -> Tensor:
        """Whether input == other, element by element. Returns a bool tensor. In place."""

    def erf(self) -> Tensor:
        """Error function: 2 / sqrt(pi) * integral of exp(-t**2) from 0 to x."""

    def erf_(self) -> Tensor:
        """Error function: 2 / sqrt(pi) * integral of exp(-t**2) from 0 to x. In place."""

    def erfc(self) -> Tensor:
        """Complementary error function: 1 - erf(x), accurate for large x."""

    def erfc_(self) -> Tensor:
        """Complementary error function: 1 - erf(x), accurate for large x. In place."""

    def exp(self) -> Tensor:
        """Exponential of every element: e ** x."""

    def exp2(self) -> Tensor:
        """Power of two: 2 ** x."""

    def exp2_(self) -> Tensor:
        """Power of two: 2 ** x. In place."""

    def exp_(self) -> Tensor:
        """Exponential of every element: e ** x. In place."""

    def expand(self, *size: _int | Sequence[_int]) -> Tensor:
        """Dims of size 1 repeated without a copy; new dims may be added in front. -1 keeps a
        size.
        """

    def expand_as(self, other: _Operand) -> Tensor:
        """expand(other.shape)."""

    def expm1(self) -> Tensor:
        """exp(x) - 1, accurate near 0."""

    def expm1_(self) -> Tensor:
        """exp(x) - 1, accurate near 0. In place."""

    def exponential_(self, lambd: _float = 1.0, *, generator: Generator | None = None) -> Tensor:
        """Exponential numbers of rate lambd. Public as input.exponential_(). In place."""

    def fill_(self, value: _Number) -> Tensor:
        """value everywhere, in the shape and dtype of input. Public as input.fill_(value). In
        place.
        """

    def flatten(self, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
        """The dims from start_dim to end_dim joined into one; a 0-d tensor becomes (1,)."""

    def flip(self, *dims: _int | Sequence[_int]) -> Tensor:
        """A copy with the order along the given dims reversed."""

    def floor(self) -> Tensor:
        """Greatest integer not above x. The gradient is 0."""

    def floor_(self) -> Tensor:
        """Greatest integer not above x. The gradient is 0. In place."""

    def floor_divide(self, other: _Operand) -> Tensor:
        """Quotient rounded down: floor(input / other). The gradient is 0. Raises ValueError for
        integers divided by 0.
        """

    def floor_divide_(self, other: _Operand) -> Tensor:
        """Quotient rounded down: floor(input / other). The gradient is 0. Raises ValueError for
        integers divided by 0. In place.
        """

    def fmax(self, other: _Operand) -> Tensor:
        """The greater of two, element by element; a NaN loses against a number."""

    def fmin(self, other: _Operand) -> Tensor:
        """The lesser of two, element by element; a NaN loses against a number."""

    def fmod(self, other: _Operand) -> Tensor:
        """Remainder with the sign of the dividend: input - trunc(input / other) * other.

        Raises ValueError for integers divided by 0; floats give NaN there.
        """

    def fmod_(self, other: _Operand) -> Tensor:
        """Remainder with the sign of the dividend: input - trunc(input / other) * other. In
        place.
        """

    def frac(self) -> Tensor:
        """Fractional part: x - trunc(x)."""

    def frac_(self) -> Tensor:
        """Fractional part: x - trunc(x). In place."""

    def gather(self, dim: _int, index: _Operand) -> Tensor:
        """Elements picked along dim: out[i, j] = input[index[i, j], j] for dim 0, and so on.

        index: int64 with as many dims as input; returns its shape. Raises IndexError for an
        index out of range.
        """

    def ge(self, other: _Operand) -> Tensor:
        """Whether input >= other, element by element. Returns a bool tensor."""

    def ge_(self, other: _Operand) -> Tensor:
        """Whether input >= other, element by element. Returns a bool tensor. In place."""

    def gt(self, other: _Operand) -> Tensor:
        """Whether input > other, element by element. Returns a bool tensor."""

    def gt_(self, other: _Operand) -> Tensor:
        """Whether input > other, element by element. Returns a bool tensor. In place."""

    def hypot(self, other: _Operand) -> Tensor:
        """Length of the hypotenuse: sqrt(input**2 + other**2), without overflow."""

    def hypot_(self, other: _Operand) -> Tensor:
        """Length of the hypotenuse: sqrt(input**2 + other**2), without overflow. In place."""

    def index_add(
        self,
        dim: _int,
        index: _Operand,
        source: _Operand,
        *,
        alpha: _Number = 1,
    ) -> Tensor:
        """input with alpha * source added at the positions index along dim, in the order of the
        indices.
        """

    def index_add_(
        self,
        dim: _int,
        index: _Operand,
        source: _Operand,
        *,
        alpha: _Number = 1,
    ) -> Tensor:
        """input with alpha * source added at the positions index along dim, in the order of the
        indices. In place.
        """

    def index_put(
        self,
        indices: Sequence[Tensor],
        values: _Operand,
        accumulate: _bool = False,
    ) -> Tensor:
        """input with values written (or added, accumulate=True) at the positions that the
        integer or bool tensors give.

        At repeated positions the last value wins; with accumulate all are added, in the order
        of the indices.
        """

    def index_put_(
        self,
        indices: Sequence[Tensor],
        values: _Operand,
        accumulate: _bool = False,
    ) -> Tensor:
        """input with values written (or added, accumulate=True) at the positions that the
        integer or bool tensors give. In place.
        """

    def index_select(self, dim: _int, index: _Operand) -> Tensor:
        """The positions index (int64, 1-d) along dim, one behind the other."""

    def isclose(
        self,
        other: _Operand,
        rtol: _float = 1e-05,
        atol: _float = 1e-08,
        equal_nan: _bool = False,
    ) -> Tensor:
        """Whether |input - other| <= atol + rtol * |other|, element by element."""

    def isfinite(self) -> Tensor:
        """Whether each element is neither infinite nor NaN. Returns a bool tensor."""

    def isinf(self) -> Tensor:
        """Whether each element is +inf or -inf. Returns a bool tensor."""

    def isnan(self) -> Tensor:
        """Whether each element is NaN. Returns a bool tensor."""

    def le(self, other: _Operand) -> Tensor:
        """Whether input <= other, element by element. Returns a bool tensor."""

    def le_(self, other: _Operand) -> Tensor:
        """Whether input <= other, element by element. Returns a bool tensor. In place."""

    def lerp(self, end: _Operand, weight: _Operand) -> Tensor:
        """Linear interpolation: input + weight * (end - input)."""

    def lerp_(self, end: _Operand, weight: _Operand) -> Tensor:
        """Linear interpolation: input + weight * (end - input). In place."""

    def log(self) -> Tensor:
        """Natural logarithm. -inf at 0, NaN below."""

    def log10(self) -> Tensor:
        """Logarithm to base 10."""

    def log10_(self) -> Tensor:
        """Logarithm to base 10. In place."""

    def log1p(self) -> Tensor:
        """log(1 + x), accurate near 0."""

    def log1p_(self) -> Tensor:
        """log(1 + x), accurate near 0. In place."""

    def log2(self) -> Tensor:
        """Logarithm to base 2."""

    def log2_(self) -> Tensor:
        """Logarithm to base 2. In place."""

    def log_(self) -> Tensor:
        """Natural logarithm. -inf at 0, NaN below. In place."""

    def log_softmax(self, dim: _int, dtype: _dtype | None = None) -> Tensor:
        """x - log(sum(exp(x))) along dim, without overflow. dtype: convert to it first."""

    def logaddexp(self, other: _Operand) -> Tensor:
        """log(exp(input) + exp(other)), without overflow."""

    def logical_and(self, other: _Operand) -> Tensor:
        """Whether both are not zero, element by element. Returns a bool tensor."""

    def logical_and_(self, other: _Operand) -> Tensor:
        """Whether both are not zero, element by element. Returns a bool tensor. In place."""

    def logical_not(self) -> Tensor:
        """Whether each element is zero. Returns a bool tensor."""

    def logical_not_(self) -> Tensor:
        """Whether each element is zero. Returns a bool tensor. In place."""

    def logical_or(self, other: _Operand) -> Tensor:
        """Whether at least one is not zero, element by element. Returns a bool tensor."""

    def logical_or_(self, other: _Operand) -> Tensor:
        """Whether at least one is not zero, element by element. Returns a bool tensor. In place."""

    def logical_xor(self, other: _Operand) -> Tensor:
        """Whether exactly one is not zero, element by element. Returns a bool tensor."""

    def logical_xor_(self, other: _Operand) -> Tensor:
        """Whether exactly one is not zero, element by element. Returns a bool tensor. In place."""

    def logsumexp(self, dim: _int | Sequence[_int] | None = None, keepdim: _bool = False) -> Tensor:
        """log(sum(exp(input))) over the given dims, without overflow. All -inf give -inf."""

    def lt(self, other: _Operand) -> Tensor:
        """Whether input < other, element by element. Returns a bool tensor."""

    def lt_(self, other: _Operand) -> Tensor:
        """Whether input < other, element by element. Returns a bool tensor. In place."""

    def masked_fill(self, mask: _Operand, value: _Operand) -> Tensor:
        """value (0-d tensor or number) where mask holds, else input. mask must be bool and
        broadcasts.
        """

    def masked_fill_(self, mask: _Operand, value: _Operand) -> Tensor:
        """value (0-d tensor or number) where mask holds, else input. mask must be bool and
        broadcasts. In place.
        """

    def masked_select(self, mask: _Operand) -> Tensor:
        """The elements where mask holds, as a vector. Both broadcast."""

    def matmul(self, other: _Operand) -> Tensor:
        """Matrix product: c[…, i, j] = sum over k of a[…, i, k] * b[…, k, j].

        Shapes: (…, m, k) and (…, k, n) give (…, m, n), leading dims broadcast. A 1-d a is a
        row, a 1-d b a column, and that dim
        is dropped from the result; two vectors give their inner product.
        Raises ShapeError when the inner sizes differ, RuntimeError when the dtypes differ.
        """

    @overload
    def max(self) -> Tensor:
        """Greatest element of all; NaN wins."""

    @overload
    def max(self, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
        """Greatest element along dim and where it is (the first of equal ones). The gradient
        goes to that one.
        """

    @overload
    def max(self, other: Tensor) -> Tensor:
        """The greater of two, element by element: maximum."""

    def maximum(self, other: _Operand) -> Tensor:
        """The greater of two, element by element; NaN wins. At ties each gets half of the
        gradient.
        """

    def mean(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _dtype | None = None,
    ) -> Tensor:
        """Mean over the given dims, or over all: sum / count. Expects a floating point dtype. No
        elements give NaN.
        """

    @overload
    def min(self) -> Tensor:
        """Least element of all; NaN wins."""

    @overload
    def min(self, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
        """Least element along dim and where it is (the first of equal ones). The gradient goes
        to that one.
        """

    @overload
    def min(self, other: Tensor) -> Tensor:
        """The lesser of two, element by element: minimum."""

    def minimum(self, other: _Operand) -> Tensor:
        """The lesser of two, element by element; NaN wins. At ties each gets half of the
        gradient.
        """

    def mm(self, mat2: _Operand) -> Tensor:
        """Product of two matrices: (m, k) and (k, n) give (m, n). Does not broadcast."""

    def movedim(self, source: _int | Sequence[_int], destination: _int | Sequence[_int]) -> Tensor:
        """Dims moved to other places; the others keep their order."""

    def mul(self, other: _Operand) -> Tensor:
        """Product, element by element: input * other."""

    def mul_(self, other: _Operand) -> Tensor:
        """Product, element by element: input * other. In place."""

    def multinomial(
        self,
        num_samples: _int,
        replacement: _bool = False,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Class indices drawn with probabilities proportional to the weights in the last dim of
        input.

        Shapes: input (C,) or (rows, C); returns (num_samples,) or (rows, num_samples), int64.
        Raises ValueError for negative, infinite
        or all-zero weights, and for more samples than possible classes without replacement.
        """

    def mv(self, vec: _Operand) -> Tensor:
        """Product of a matrix and a vector: (m, k) and (k,) give (m,)."""

    def narrow(self, dim: _int, start: _int, length: _int) -> Tensor:
        """The positions start … start + length - 1 along dim."""

    def ne(self, other: _Operand) -> Tensor:
        """Whether input != other, element by element. Returns a bool tensor."""

    def ne_(self, other: _Operand) -> Tensor:
        """Whether input != other, element by element. Returns a bool tensor. In place."""

    def neg(self) -> Tensor:
        """Negation: -x."""

    def neg_(self) -> Tensor:
        """Negation: -x. In place."""

    def normal_(
        self,
        mean: _float = 0.0,
        std: _float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Normal numbers. Public as input.normal_(). In place."""

    def outer(self, vec2: _Operand) -> Tensor:
        """Outer product of two vectors: (m,) and (n,) give (m, n) with c[i, j] = a[i] * b[j]."""

    def permute(self, *dims: _int | Sequence[_int]) -> Tensor:
        """Dims in another order: dim i of the result is dim dims[i] of the input."""

    def positive(self) -> Tensor:
        """The input itself: +x."""

    def pow(self, exponent: _Operand) -> Tensor:
        """Power: input ** exponent. Either may be a number.

        Negative bases with fractional exponents give NaN. Raises ValueError for integers to
        negative powers.
        """

    def pow_(self, exponent: _Operand) -> Tensor:
        """Power: input ** exponent. Either may be a number. In place."""

    def prod(
        self,
        dim: _int | None = None,
        keepdim: _bool = False,
        *,
        dtype: _dtype | None = None,
    ) -> Tensor:
        """Product over one dim, or over all. Integers are multiplied in int64. No elements give
        1.

        The gradient is right where elements are 0: each element's is the product of the
        others.
        """

    def random_(
        self,
        from_: _int | None = None,
        /,
        to: _int | None = None,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Integers in [from, to); random_(n) draws from [0, n), random_() from what the dtype
        holds exactly. In place.
        """

    def reciprocal(self) -> Tensor:
        """Reciprocal: 1 / x."""

    def reciprocal_(self) -> Tensor:
        """Reciprocal: 1 / x. In place."""

    def relu(self) -> Tensor:
        """Rectified linear unit: max(x, 0). The gradient at 0 is 0."""

    def relu_(self) -> Tensor:
        """Rectified linear unit: max(x, 0). The gradient at 0 is 0. In place."""

    def remainder(self, other: _Operand) -> Tensor:
        """Remainder with the sign of the divisor: input - floor(input / other) * other.

        Raises ValueError for integers divided by 0; floats give NaN there.
        """

    def remainder_(self, other: _Operand) -> Tensor:
        """Remainder with the sign of the divisor: input - floor(input / other) * other. In
        place.
        """

    def repeat(self, *repeats: _int | Sequence[_int]) -> Tensor:
        """The tensor repeated along every dim; more repeats than dims add dims in front."""

    def repeat_interleave(self, repeats: _Operand, dim: _int | None = None) -> Tensor:
        """Every position along dim (or of the flattened input) repeated, one behind the other.

        repeats: a number, or int64 (n,) with one count per position.
        """

    def reshape(self, *shape: _int | Sequence[_int]) -> Tensor:
        """The same elements in another shape: a view where possible, else a copy. One size may
        be -1.
        """

    def reshape_as(self, other: _Operand) -> Tensor:
        """reshape(other.shape)."""

    def roll(
        self,
        shifts: _int | Sequence[_int],
        dims: _int | Sequence[_int] | None = None,
    ) -> Tensor:
        """Positions shifted along dims, those that fall off the end come in at the front; no
        dims: flattened.
        """

    @overload
    def round(self) -> Tensor:
        """Nearest integer, halves to the even one. The gradient is 0."""

    @overload
    def round(self, *, decimals: _int) -> Tensor:
        """Rounded to a number of decimals (negative: to tens, hundreds, …), halves to the even
        digit.
        """

    def round_(self) -> Tensor:
        """Nearest integer, halves to the even one. The gradient is 0. In place."""

    def rsqrt(self) -> Tensor:
        """Reciprocal of the square root: 1 / sqrt(x)."""

    def rsqrt_(self) -> Tensor:
        """Reciprocal of the square root: 1 / sqrt(x). In place."""

    @overload
    def scatter(self, dim: _int, index: _Operand, src: _Operand) -> Tensor:
        """input with src written at positions along dim: out[index[i, j], j] = src[i, j] for dim
        0, and so on.

        src may be a number. At repeated positions the last one wins.
        """

    @overload
    def scatter(self, dim: _int, index: _Operand, value: _Operand) -> Tensor:
        """input with one value written at positions along dim."""

    @overload
    def scatter_(self, dim: _int, index: _Operand, src: _Operand) -> Tensor:
        """input with src written at positions along dim: out[index[i, j], j] = src[i, j] for dim
        0, and so on. In place.
        """

    @overload
    def scatter_(self, dim: _int, index: _Operand, value: _Operand) -> Tensor:
        """input with one value written at positions along dim. In place."""

    def scatter_add(self, dim: _int, index: _Operand, src: _Operand) -> Tensor:
        """input with src added at positions along dim, in the order of the indices: the same
        bits on every run.
        """

    def scatter_add_(self, dim: _int, index: _Operand, src: _Operand) -> Tensor:
        """input with src added at positions along dim, in the order of the indices: the same
        bits on every run. In place.
        """

    def select(self, dim: _int, index: _int) -> Tensor:
        """One position along dim; the dim disappears. A negative index counts from the end."""

    def sigmoid(self) -> Tensor:
        """Logistic function: 1 / (1 + exp(-x))."""

    def sigmoid_(self) -> Tensor:
        """Logistic function: 1 / (1 + exp(-x)). In place."""

    def sign(self) -> Tensor:
        """Sign: -1, 0 or 1. The gradient is 0 everywhere."""

    def sign_(self) -> Tensor:
        """Sign: -1, 0 or 1. The gradient is 0 everywhere. In place."""

    def signbit(self) -> Tensor:
        """Whether the sign bit of each element is set. Returns a bool tensor."""

    def sin(self) -> Tensor:
        """Sine of x in radians."""

    def sin_(self) -> Tensor:
        """Sine of x in radians. In place."""

    def sinh(self) -> Tensor:
        """Hyperbolic sine."""

    def sinh_(self) -> Tensor:
        """Hyperbolic sine. In place."""

    def softmax(self, dim: _int, dtype: _dtype | None = None) -> Tensor:
        """exp(x) / sum(exp(x)) along dim, without overflow. dtype: convert to it first."""

    def sort(
        self,
        dim: _int = -1,
        descending: _bool = False,
        stable: _bool = True,
    ) -> _ValuesIndices:
        """Sorted along dim, with the position each element came from. Stable; NaN is greatest."""

    @overload
    def split(self, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of consecutive pieces of split_size along dim; the last one may be shorter."""

    @overload
    def split(self, split_size: _int | Sequence[_int], dim: _int = 0) -> tuple[Tensor, ...]:
        """Views of consecutive pieces with the given lengths along dim; they must add up to its
        size.
        """

    def split_with_sizes(
        self,
        split_sizes: _int | Sequence[_int],
        dim: _int = 0,
    ) -> tuple[Tensor, ...]:
        """Views of consecutive pieces with the given lengths along dim; they must add up to its
        size.
        """

    def sqrt(self) -> Tensor:
        """Square root. NaN for negative x."""

    def sqrt_(self) -> Tensor:
        """Square root. NaN for negative x. In place."""

    def square(self) -> Tensor:
        """Square: x * x."""

    def square_(self) -> Tensor:
        """Square: x * x. In place."""

    def squeeze(self, dim: _int | Sequence[_int] | None = None) -> Tensor:
        """Dims of size 1 removed: all of them, or those among the given ones."""

    def sub(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Difference, element by element: input - alpha * other. Raises TypeError for bool
        tensors.
        """

    def sub_(self, other: _Operand, *, alpha: _Number = 1) -> Tensor:
        """Difference, element by element: input - alpha * other. Raises TypeError for bool
        tensors. In place.
        """

    def sum(
        self,
        dim: _int | Sequence[_int] | None = None,
        keepdim: _bool = False,
        *,
        dtype: _dtype | None = None,
    ) -> Tensor:
        """Sum over the given dims, or over all. Integers and bools are summed in int64.

        Blocked pairwise summation: the error grows with the logarithm of the count, and the
        result does not depend on
        the number of threads. No elements give 0.
        """

    def t(self) -> Tensor:
        """The transpose of a matrix; 0-d and 1-d tensors as they are. Raises ShapeError for more
        than two dims.
        """

    def take_along_dim(self, indices: _Operand, dim: _int | None = None) -> Tensor:
        """gather whose other dims broadcast; without dim, from the flattened input."""

    def tan(self) -> Tensor:
        """Tangent of x in radians."""

    def tan_(self) -> Tensor:
        """Tangent of x in radians. In place."""

    def tanh(self) -> Tensor:
        """Hyperbolic tangent."""

    def tanh_(self) -> Tensor:
        """Hyperbolic tangent. In place."""

    def tile(self, *dims: _int | Sequence[_int]) -> Tensor:
        """repeat, where missing repeats in front count as 1."""

    def topk(
        self,
        k: _int,
        dim: _int = -1,
        largest: _bool = True,
        sorted: _bool = True,
    ) -> _ValuesIndices:
        """The k greatest (or least) elements along dim and their positions. Raises ValueError
        for k out of range.
        """

    def transpose(self, dim0: _int, dim1: _int) -> Tensor:
        """Two dims swapped."""

    def tril(self, diagonal: _int = 0) -> Tensor:
        """The lower triangle of the last two dims, zeros above the given diagonal."""

    def tril_(self, diagonal: _int = 0) -> Tensor:
        """The lower triangle of the last two dims, zeros above the given diagonal. In place."""

    def triu(self, diagonal: _int = 0) -> Tensor:
        """The upper triangle of the last two dims, zeros below the given diagonal."""

    def triu_(self, diagonal: _int = 0) -> Tensor:
        """The upper triangle of the last two dims, zeros below the given diagonal. In place."""

    def true_divide(self, other: _Operand) -> Tensor:
        """Quotient, element by element: input / other. Integers give float32; x / 0 is inf or
        NaN.
        """

    def true_divide_(self, other: _Operand) -> Tensor:
        """Quotient, element by element: input / other. Integers give float32; x / 0 is inf or
        NaN. In place.
        """

    def trunc(self) -> Tensor:
        """Integer part, towards zero. The gradient is 0."""

    def trunc_(self) -> Tensor:
        """Integer part, towards zero. The gradient is 0. In place."""

    def unbind(self, dim: _int = 0) -> tuple[Tensor, ...]:
        """A view of every position along dim."""

    def unflatten(self, dim: _int, sizes: _int | Sequence[_int]) -> Tensor:
        """One dim seen as several; one of the sizes may be -1."""

    def unfold(self, dimension: _int, size: _int, step: _int) -> Tensor:
        """Windows of `size` along a dim, every `step` positions; the window is the last dim."""

    def uniform_(
        self,
        from_: _float = 0.0,
        /,
        to: _float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Uniform numbers in [from, to). Public as input.uniform_(). In place."""

    def unsqueeze(self, dim: _int) -> Tensor:
        """A dim of size 1 put in at position dim."""

    def view(self, *size: _int | Sequence[_int]) -> Tensor:
        """The same elements in another shape; one size may be -1 and is worked out.

        Raises ShapeError when the number of elements differs, or when the memory can not be
        seen that way (use reshape).
        """

    def view_as(self, other: _Operand) -> Tensor:
        """view(other.shape)."""

    def xlogy(self, other: _Operand) -> Tensor:
        """input * log(other), 0 where input is 0."""

    def xlogy_(self, other: _Operand) -> Tensor:
        """input * log(other), 0 where input is 0. In place."""

# ---------------------------------------------------------------- creation

class _Options(TypedDict, total=False):
    dtype: _dtype | None
    device: _Device
    requires_grad: _bool
    layout: Any
    pin_memory: _bool
    memory_format: Any

class _Sized(_Options, total=False):
    size: _int | Sequence[_int]

class _Random(_Options, total=False):
    generator: Generator | None

class _SizedRandom(_Sized, total=False):
    generator: Generator | None

class _Range(_Options, total=False):
    start: _Operand
    end: _Operand
    step: _Operand

class _Integers(_SizedRandom, total=False):
    low: _int
    high: _int

def tensor(data: Any, **options: Unpack[_Options]) -> Tensor: ...
def zeros(*sizes: _int | Sequence[_int], **options: Unpack[_Sized]) -> Tensor: ...
def ones(*sizes: _int | Sequence[_int], **options: Unpack[_Sized]) -> Tensor: ...
def empty(*sizes: _int | Sequence[_int], **options: Unpack[_Sized]) -> Tensor: ...
def rand(*sizes: _int | Sequence[_int], **options: Unpack[_SizedRandom]) -> Tensor: ...
def randn(*sizes: _int | Sequence[_int], **options: Unpack[_SizedRandom]) -> Tensor: ...
def full(
    size: _int | Sequence[_int], fill_value: _Operand, **options: Unpack[_Options]
) -> Tensor: ...
def zeros_like(input: Tensor, **options: Unpack[_Options]) -> Tensor: ...
def ones_like(input: Tensor, **options: Unpack[_Options]) -> Tensor: ...
def empty_like(input: Tensor, **options: Unpack[_Options]) -> Tensor: ...
def rand_like(input: Tensor, **options: Unpack[_Options]) -> Tensor: ...
def randn_like(input: Tensor, **options: Unpack[_Options]) -> Tensor: ...
def full_like(input: Tensor, fill_value: _Operand, **options: Unpack[_Options]) -> Tensor: ...
def arange(*bounds: _Operand, **options: Unpack[_Range]) -> Tensor: ...
def linspace(
    start: _Operand, end: _Operand, steps: _int, **options: Unpack[_Options]
) -> Tensor: ...
def eye(n: _int, m: _int | None = None, **options: Unpack[_Options]) -> Tensor: ...
def randint(*bounds: _int | Sequence[_int], **options: Unpack[_Integers]) -> Tensor: ...
def randint_like(
    input: Tensor, low: _int, high: _int | None = None, **options: Unpack[_Options]
) -> Tensor: ...
def randperm(
    n: _int, *, generator: Generator | None = None, **options: Unpack[_Options]
) -> Tensor: ...
def from_buffer(source: Any, /) -> Tensor: ...
def to_dlpack(x: Tensor, /) -> Any: ...
def from_dlpack_capsule(capsule: Any, /) -> Tensor: ...

class Generator(metaclass=_Bound):
    """A stream of random numbers of its own."""

    def __init__(self, device: _Device = "cpu") -> None: ...
    def manual_seed(self, seed: _int) -> Self: ...
    def initial_seed(self) -> _int: ...
    def get_state(self) -> Tensor: ...
    def set_state(self, new_state: Tensor) -> Self: ...

default_generator: Generator

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
        /,
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
    def vertex(self, number: _int, /) -> dict[_str, Any]: ...
    def forward(self, replacements: Mapping[_int, Tensor], /) -> list[Tensor]: ...
    def backward(self, seeds: Sequence[Tensor | None], /) -> None: ...

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
    input_tangents: Sequence[Tensor | None],
    create_graph: _bool,
) -> tuple[Any, ...]: ...
def record_function(
    name: _str,
    inputs: Sequence[Tensor | None],
    outputs: Sequence[Tensor | None],
    context: Any,
    /,
) -> tuple[Any, ...]: ...
def is_grad_enabled() -> _bool: ...
def set_recording(wanted: _bool, /) -> _bool: ...
def is_inference_mode_enabled() -> _bool: ...
def set_inference(wanted: _bool, /) -> _bool: ...
def set_strict_ieee(wanted: _bool, /) -> _bool: ...
def live_tensors() -> _int: ...
def live_nodes() -> _int: ...

# ---------------------------------------------------------------- modules, optimizers, files

@disjoint_base
class Module:
    """The base of nn.Module."""

    _hooked: _bool
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

class OptimizerState(metaclass=_Bound):
    """The state of an optimizer over a list of parameters; a step is one call."""

    def __init__(self, parameters: Sequence[Tensor]) -> None: ...
    def sgd(
        self,
        lr: _float,
        momentum: _float,
        dampening: _float,
        weight_decay: _float,
        nesterov: _bool,
        maximize: _bool,
    ) -> None: ...
    def adam(
        self,
        lr: _float,
        beta1: _float,
        beta2: _float,
        eps: _float,
        weight_decay: _float,
        amsgrad: _bool,
        maximize: _bool,
        decoupled: _bool,
    ) -> None: ...
    def zero_grad(self, set_to_none: _bool = True) -> None: ...
    def get(self, i: _int, /) -> dict[_str, Tensor]: ...
    def set(self, i: _int, entries: Mapping[_str, Tensor], /) -> None: ...
    def clear(self) -> None: ...

def total_norm(tensors: Sequence[Tensor], norm_type: _float) -> Tensor: ...
def scale_(tensors: Sequence[Tensor], factor: _Operand) -> None: ...
def save_safetensors(
    path: _str, tensors: Mapping[_str, Tensor], metadata: Mapping[_str, _str] = {}
) -> None: ...
def load_safetensors(path: _str) -> tuple[dict[_str, Tensor], dict[_str, _str]]: ...

# ---------------------------------------------------------------- the machine

def isa() -> _str: ...
def get_num_threads() -> _int: ...
def set_num_threads(count: _int, /) -> None: ...
def memory_statistics() -> dict[_str, _int]: ...
def reset_peak_memory() -> None: ...
def empty_cache() -> None: ...
