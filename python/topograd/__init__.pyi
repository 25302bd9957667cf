# Generated: python -m topograd._stubs, from the names in the running module.
# ruff: noqa: D205, D402, D403, I001, RUF022, RUF100
"""What `topograd` offers."""

from collections.abc import Sequence
from typing import overload

from topograd import (
    autograd,
    data,
    datasets,
    demo,
    examples,
    func,
    nn,
    optim,
    serialization,
    testing,
    utils,
)
from topograd._C import (
    Generator,
    ShapeError,
    Size,
    Tensor,
    _Number,
    _Operand,
    _ValuesIndices,
    _VarMean,
    _bool,
    _dtype,
    _float,
    _int,
    _str,
    arange,
    bfloat16,
    bool,
    default_generator,
    device,
    double,
    dtype,
    empty,
    empty_like,
    eye,
    float,
    float16,
    float32,
    float64,
    full,
    full_like,
    get_default_dtype,
    get_num_threads,
    half,
    int,
    int16,
    int32,
    int64,
    int8,
    is_grad_enabled,
    is_inference_mode_enabled,
    linspace,
    long,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randint_like,
    randn,
    randn_like,
    randperm,
    set_default_dtype,
    set_num_threads,
    short,
    tensor,
    uint8,
    zeros,
    zeros_like,
)
from topograd._format import (
    set_printoptions,
)
from topograd._functions import (
    allclose,
    as_tensor,
    asarray,
    equal,
    fork_rng,
    from_dlpack,
    from_numpy,
    get_cmake_dir,
    get_include,
    get_rng_state,
    initial_seed,
    is_floating_point,
    is_tensor,
    manual_seed,
    nonzero,
    norm,
    normal,
    numel,
    result_type,
    seed,
    set_rng_state,
    std,
    tensordot,
    var,
    where,
)
from topograd._modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)
from topograd._registry import (
    ops,
)
from topograd.graph import (
    graph,
)
from topograd.serialization import (
    load,
    save,
)

__all__ = [
    "abs",
    "acos",
    "acosh",
    "add",
    "addcdiv",
    "addcmul",
    "addmm",
    "all",
    "allclose",
    "amax",
    "amin",
    "any",
    "arange",
    "argmax",
    "argmin",
    "argsort",
    "as_tensor",
    "asarray",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "autograd",
    "baddbmm",
    "batch_norm",
    "bernoulli",
    "bfloat16",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "bmm",
    "bool",
    "broadcast_to",
    "cat",
    "ceil",
    "chunk",
    "clamp",
    "clamp_max",
    "clamp_min",
    "clone",
    "conv1d",
    "conv2d",
    "conv3d",
    "copysign",
    "cos",
    "cosh",
    "count_nonzero",
    "cumprod",
    "cumsum",
    "data",
    "datasets",
    "default_generator",
    "demo",
    "device",
    "diag",
    "diagonal",
    "div",
    "dot",
    "double",
    "dropout",
    "dtype",
    "einsum",
    "embedding",
    "empty",
    "empty_like",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "erfc",
    "examples",
    "exp",
    "exp2",
    "expm1",
    "eye",
    "flatten",
    "flip",
    "float",
    "float16",
    "float32",
    "float64",
    "floor",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "fork_rng",
    "frac",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "func",
    "gather",
    "ge",
    "Generator",
    "get_cmake_dir",
    "get_default_dtype",
    "get_include",
    "get_num_threads",
    "get_rng_state",
    "graph",
    "gt",
    "half",
    "hypot",
    "index_add",
    "index_put",
    "index_select",
    "inference_mode",
    "initial_seed",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "is_floating_point",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "is_tensor",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "layer_norm",
    "le",
    "lerp",
    "linspace",
    "load",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax",
    "logaddexp",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logsumexp",
    "long",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_select",
    "matmul",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mm",
    "movedim",
    "mul",
    "multinomial",
    "mv",
    "narrow",
    "ne",
    "neg",
    "nn",
    "no_grad",
    "nonzero",
    "norm",
    "normal",
    "numel",
    "ones",
    "ones_like",
    "ops",
    "optim",
    "outer",
    "permute",
    "positive",
    "pow",
    "prod",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "randperm",
    "reciprocal",
    "relu",
    "remainder",
    "repeat_interleave",
    "reshape",
    "result_type",
    "roll",
    "round",
    "rsqrt",
    "rsub",
    "save",
    "scatter",
    "scatter_add",
    "seed",
    "select",
    "serialization",
    "set_default_dtype",
    "set_grad_enabled",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "ShapeError",
    "short",
    "sigmoid",
    "sign",
    "signbit",
    "sin",
    "sinh",
    "Size",
    "softmax",
    "sort",
    "split",
    "split_with_sizes",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "sub",
    "sum",
    "t",
    "take_along_dim",
    "tan",
    "tanh",
    "Tensor",
    "tensor",
    "tensordot",
    "testing",
    "tile",
    "topk",
    "transpose",
    "tril",
    "triu",
    "true_divide",
    "trunc",
    "uint8",
    "unbind",
    "unflatten",
    "unsqueeze",
    "utils",
    "var",
    "var_mean",
    "where",
    "xlogy",
    "zeros",
    "zeros_like",
]

e: _float
inf: _float
nan: _float
pi: _float
__version__: _str

def abs(input: _Operand) -> Tensor:
    """Absolute value of every element: |x|.

    input: (*). Returns the same shape and dtype. NaN stays NaN; the least signed integer,
    which has no positive counterpart, stays as it is. The gradient at 0 is 0.
    """

def acos(input: _Operand) -> Tensor:
    """Inverse cosine of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [0, pi].
    Numbers outside [-1, 1] give NaN. The gradient is -inf at -1 and 1.
    """

def acosh(input: _Operand) -> Tensor:
    """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)).

    input: (*); integers give float32. Returns the same shape. Numbers below 1 give NaN.
    The gradient is inf at 1.
    """

def add(input: _Operand, other: _Operand, *, alpha: _Number = 1) -> Tensor:
    """Sum, element by element: input + alpha * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype (for bools, or). alpha: factor of other (default 1). Raises TypeError for a
    fractional alpha when both are integers.
    """

def addcdiv(
    input: _Operand,
    tensor1: _Operand,
    tensor2: _Operand,
    *,
    value: _Number = 1,
) -> Tensor:
    """Sum of a tensor and a scaled quotient: input + value * tensor1 / tensor2.

    input, tensor1, tensor2: tensors or numbers that broadcast; the result has their
    common shape and dtype, float32 for integers. value: a number (default 1).
    """

def addcmul(
    input: _Operand,
    tensor1: _Operand,
    tensor2: _Operand,
    *,
    value: _Number = 1,
) -> Tensor:
    """Sum of a tensor and a scaled product: input + value * tensor1 * tensor2.

    input, tensor1, tensor2: tensors or numbers that broadcast; the result has their
    common shape and dtype. value: a number (default 1).
    """

def addmm(
    input: _Operand,
    mat1: _Operand,
    mat2: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
) -> Tensor:
    """Sum of a tensor and a matrix product: beta * input + alpha * (mat1 @ mat2).

    input: broadcasts to (m, n). mat1: (m, k), mat2: (k, n). Returns (m, n). beta, alpha:
    factors (default 1); beta = 0 ignores input, NaN included. Raises ShapeError when the
    shapes do not fit, RuntimeError when the dtypes of mat1 and mat2 differ or are bool.
    """

def all(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Whether every element is not zero, over the given dims or over all.

    input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
    or () for all. keepdim: keep them with size 1 (default False). Returns bool, uint8 for
    uint8. No elements give True.
    """

def amax(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Greatest element over the given dims, or over all; NaN wins.

    input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
    with size 1 (default False). Returns the dtype of input. Equal greatest elements share
    the gradient equally. Raises ShapeError for no elements.
    """

def amin(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Least element over the given dims, or over all; NaN wins.

    input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
    with size 1 (default False). Returns the dtype of input. Equal least elements share
    the gradient equally. Raises ShapeError for no elements.
    """

def any(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Whether some element is not zero, over the given dims or over all.

    input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
    or () for all. keepdim: keep them with size 1 (default False). Returns bool, uint8 for
    uint8. No elements give False.
    """

def argmax(input: _Operand, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
    """Index of the greatest element along a dim, or in the flattened input; NaN wins.

    input: (*). dim: None (default) for the flattened input. keepdim: keep the dim with
    size 1 (default False). Returns int64; of equal elements the first one's. Raises
    ShapeError for no elements.
    """

def argmin(input: _Operand, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
    """Index of the least element along a dim, or in the flattened input; NaN wins.

    input: (*). dim: None (default) for the flattened input. keepdim: keep the dim with
    size 1 (default False). Returns int64; of equal elements the first one's. Raises
    ShapeError for no elements.
    """

def argsort(
    input: _Operand,
    dim: _int = -1,
    descending: _bool = False,
    stable: _bool = True,
) -> Tensor:
    """The positions that sort the input along a dim.

    input: (*). dim: by default the last. descending: greatest first (default False).
    stable: equal elements keep their order, whatever is passed. NaN counts as greatest.
    Returns int64 of the shape of input.
    """

def asin(input: _Operand) -> Tensor:
    """Inverse sine of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
    / 2]. Numbers outside [-1, 1] give NaN. The gradient is inf at -1 and 1.
    """

def asinh(input: _Operand) -> Tensor:
    """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)).

    input: (*); integers give float32. Returns the same shape. Infinities stay as they
    are.
    """

def atan(input: _Operand) -> Tensor:
    """Inverse tangent of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
    / 2]. atan2 gives the angle in all four quadrants.
    """

def atan2(input: _Operand, other: _Operand) -> Tensor:
    """Angle of the point (x, y) = (other, input) in all four quadrants.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers, in radians in [-pi, pi]. The signs of zeros count: y =
    -0. with x < 0 gives -pi. The gradient at the origin is 0.
    """

def atanh(input: _Operand) -> Tensor:
    """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2.

    input: (*); integers give float32. Returns the same shape. -1 and 1 give -inf and inf,
    numbers beyond them NaN.
    """

def baddbmm(
    input: _Operand,
    batch1: _Operand,
    batch2: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
) -> Tensor:
    """Sum of a tensor and matrix products: beta * input + alpha * bmm(batch1, batch2).

    input: broadcasts to (b, m, n). batch1: (b, m, k), batch2: (b, k, n). Returns (b, m,
    n). beta, alpha: factors (default 1); beta = 0 ignores input, NaN included. Raises
    ShapeError when the shapes do not fit, RuntimeError when the dtypes of the batches
    differ or are bool.
    """

def batch_norm(
    input: _Operand,
    running_mean: _Operand | None,
    running_var: _Operand | None,
    weight: _Operand | None = None,
    bias: _Operand | None = None,
    training: _bool = False,
    momentum: _float = 0.1,
    eps: _float = 1e-05,
) -> Tensor:
    """Standardization per channel: (x - mean) / sqrt(var + eps) * weight + bias.

    input: (N, C, *), floating point. running_mean, running_var, weight and bias: (C,),
    each or None.
    training=True takes the mean and the biased var of the batch over all dims but C, and
    changes
    running = (1 - momentum) * running + momentum * batch in place, the running_var with
    the unbiased
    variance. training=False (default) takes running_mean and running_var, which must be
    there.
    momentum: default 0.1. eps: added to var, default 1e-5.
    Raises ShapeError when a shape does not fit, and in training for less than two values
    per channel;
    ValueError without running statistics outside of training. Source: Ioffe and Szegedy,
    2015.
    """

@overload
def bernoulli(input: _Operand, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element of input gives, else 0.

    input: probabilities (*), floating point. Returns its shape and dtype; not
    differentiable.
    generator: a Generator, default the global one that manual_seed sets.
    Raises ValueError for an element outside of [0, 1] or NaN, TypeError for integers.
    """

@overload
def bernoulli(input: _Operand, p: _float, *, generator: Generator | None = None) -> Tensor:
    """1 with probability p, else 0, in the shape and dtype of input, whose values do not
    count.

    p: in [0, 1], else ValueError. generator: a Generator, default the global one.
    """

def bitwise_and(input: _Operand, other: _Operand) -> Tensor:
    """The bits that are set in both elements.

    input, other: integer or bool tensors or numbers that broadcast; the result has their
    common shape and dtype. Raises TypeError for floating point tensors.
    """

def bitwise_left_shift(input: _Operand, other: _Operand) -> Tensor:
    """The bits of input shifted to the left: input * 2**other.

    input, other: integer tensors or numbers that broadcast; the result has their common
    shape and dtype. Bits shifted out are lost; a shift by less than 0, or by the number
    of bits or more, gives 0. Raises TypeError for floating point and bool tensors.
    """

def bitwise_not(input: _Operand) -> Tensor:
    """All bits of every element turned over: -x - 1; logical not for bool.

    input: (*), integer or bool. Returns the same shape and dtype. Raises TypeError for
    floating point tensors.
    """

def bitwise_or(input: _Operand, other: _Operand) -> Tensor:
    """The bits that are set in at least one of both elements.

    input, other: integer or bool tensors or numbers that broadcast; the result has their
    common shape and dtype. Raises TypeError for floating point tensors.
    """

def bitwise_right_shift(input: _Operand, other: _Operand) -> Tensor:
    """The bits of input shifted to the right: floor(input / 2**other).

    input, other: integer tensors or numbers that broadcast; the result has their common
    shape and dtype. A shift by less than 0, or by the number of bits or more, gives 0, or
    -1 for negative input. Raises TypeError for floating point and bool tensors.
    """

def bitwise_xor(input: _Operand, other: _Operand) -> Tensor:
    """The bits that are set in exactly one of both elements.

    input, other: integer or bool tensors or numbers that broadcast; the result has their
    common shape and dtype. Raises TypeError for floating point tensors.
    """

def bmm(input: _Operand, mat2: _Operand) -> Tensor:
    """Products of a batch of matrices.

    input: (b, m, k), mat2: (b, k, n). Returns (b, m, n). Does not broadcast: matmul does.
    Raises ShapeError for other shapes, RuntimeError when the dtypes differ or are bool.
    """

def broadcast_to(input: _Operand, *size: _int | Sequence[_int]) -> Tensor:
    """input.expand(size): a view of shape size by the rules of broadcasting."""

def cat(tensors: Sequence[Tensor], dim: _int = 0) -> Tensor:
    """The tensors one behind the other along an existing dim.

    tensors: a list; all sizes must agree except in dim (default 0). Returns that shape
    with the sizes
    along dim added up, in the common dtype of the tensors. An empty 1-d tensor fits to
    any shape and is
    skipped. Raises ShapeError for other sizes or 0-d tensors, ValueError for an empty
    list.
    """

def ceil(input: _Operand) -> Tensor:
    """Least integer not below every element.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0.
    """

def chunk(input: _Operand, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of at most `chunks` pieces of equal length along dim; the last one may be
    shorter.

    The length is ceil(n / chunks) for n = input.size(dim), so there can be fewer pieces
    than asked for.
    A dim of size 0 gives `chunks` empty pieces. Raises ValueError unless chunks is
    positive.
    """

def clamp(input: _Operand, min: _Operand | None = None, max: _Operand | None = None) -> Tensor:
    """Every element limited to [min, max].

    input: (*). min, max: numbers, or tensors that broadcast with input; None (default)
    for no limit. The result has the common shape and dtype. NaN stays NaN; max wins where
    min > max. The gradient is 1 where min <= input <= max; elsewhere it is 0 and goes to
    the limit. Raises ValueError when both limits are None.
    """

def clamp_max(input: _Operand, max: _Operand) -> Tensor:
    """Every element, but at most max: min(input, max).

    input: (*). max: a number, or a tensor that broadcasts with input. The result has the
    common shape and dtype. NaN stays NaN. The gradient at input = max goes to input.
    """

def clamp_min(input: _Operand, min: _Operand) -> Tensor:
    """Every element, but at least min: max(input, min).

    input: (*). min: a number, or a tensor that broadcasts with input. The result has the
    common shape and dtype. NaN stays NaN. The gradient at input = min goes to input.
    """

def clone(input: _Operand) -> Tensor:
    """A copy with memory of its own.

    input: (*). Returns the same shape and dtype, row-major without gaps. The gradient
    flows through to input; detach().clone() gives a copy without history.
    """

@overload
def conv1d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution (cross-correlation) over one spatial dim.

    input: (N, C, L) or (C, L), floating point. weight:
    (K, C / groups, *kernel), of the same dtype. bias: (K,), default None.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, TypeError for integers, RuntimeError for different dtypes.
    """

@overload
def conv1d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _str = "valid",
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution over one spatial dim with padding by name.

    padding: 'valid' (default here) adds nothing; 'same' adds zeros so that the
    sizes stay, of an odd number one more at the end, and needs stride 1, else
    ValueError. input, weight, bias, stride, dilation and groups are those of
    conv1d with numbers.
    """

@overload
def conv2d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution (cross-correlation) over two spatial dims.

    input: (N, C, H, W) or (C, H, W), floating point. weight:
    (K, C / groups, *kernel), of the same dtype. bias: (K,), default None.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, TypeError for integers, RuntimeError for different dtypes.
    """

@overload
def conv2d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _str = "valid",
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution over two spatial dims with padding by name.

    padding: 'valid' (default here) adds nothing; 'same' adds zeros so that the
    sizes stay, of an odd number one more at the end, and needs stride 1, else
    ValueError. input, weight, bias, stride, dilation and groups are those of
    conv2d with numbers.
    """

@overload
def conv3d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution (cross-correlation) over three spatial dims.

    input: (N, C, D, H, W) or (C, D, H, W), floating point. weight:
    (K, C / groups, *kernel), of the same dtype. bias: (K,), default None.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, TypeError for integers, RuntimeError for different dtypes.
    """

@overload
def conv3d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _str = "valid",
    dilation: _int | Sequence[_int] = 1,
    groups: _int = 1,
) -> Tensor:
    """Convolution over three spatial dims with padding by name.

    padding: 'valid' (default here) adds nothing; 'same' adds zeros so that the
    sizes stay, of an odd number one more at the end, and needs stride 1, else
    ValueError. input, weight, bias, stride, dilation and groups are those of
    conv3d with numbers.
    """

def copysign(input: _Operand, other: _Operand) -> Tensor:
    """Magnitude of input with the sign of other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. -0. counts as negative. The gradient for input is 1 or
    -1, 0 where input is 0; for other it is 0.
    """

def cos(input: _Operand) -> Tensor:
    """Cosine of every element.

    input: (*), in radians; integers give float32. Returns the same shape. Infinities give
    NaN.
    """

def cosh(input: _Operand) -> Tensor:
    """Hyperbolic cosine of every element: (exp(x) + exp(-x)) / 2.

    input: (*); integers give float32. Returns the same shape. Overflow gives inf.
    """

def count_nonzero(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Number of elements that are not zero, over the given dims or over all.

    input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
    or () for all. keepdim: keep them with size 1 (default False). Returns int64.
    """

def cumprod(input: _Operand, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
    """Running product along a dim: y[i] = x[0] * … * x[i].

    input: (*). dim: the dim to run along. dtype: converted to first, by default that of
    input, int64 for integers and bools. Returns the same shape. The gradient is right for
    any number of zeros; it takes memory quadratic in the length.
    """

def cumsum(input: _Operand, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
    """Running sum along a dim: y[i] = x[0] + … + x[i].

    input: (*). dim: the dim to run along. dtype: converted to first, by default that of
    input, int64 for integers and bools. Returns the same shape.
    """

def diag(input: _Operand, diagonal: _int = 0) -> Tensor:
    """A vector as the diagonal of a square matrix, or the diagonal of a matrix as a vector.

    input: (n,) gives (n + |diagonal|, n + |diagonal|) with zeros elsewhere; (n, m) gives
    a copy of its
    diagonal. diagonal: 0 (default) is the main one, k > 0 lies k columns to the right, k
    < 0 lies -k
    rows below; one outside of the matrix is empty. Raises ShapeError for other numbers of
    dims.
    """

def diagonal(input: _Operand, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """A view of the diagonal over two dims of input, as the last dim of the result.

    out[..., i] = input[..., i, i + offset] if these dims are the last two. dim1, dim2:
    default 0 and 1;
    the other dims stay in front. offset: 0 (default) is the main diagonal, k > 0 lies k
    columns to the
    right, k < 0 lies -k rows below; outside of the matrix the result is empty.
    Raises ValueError when dim1 and dim2 are the same, IndexError for a dim out of range.
    """

def div(input: _Operand, other: _Operand, *, rounding_mode: _str | None = None) -> Tensor:
    """Quotient, element by element: input / other, rounded on demand.

    input, other: tensors or numbers that broadcast. rounding_mode: None (default) for
    true_divide, where integers give float32; 'floor' to round down, as floor_divide,
    'trunc' to round towards zero: both keep integers and have gradient 0. Raises
    ValueError for another rounding_mode and for rounded integers divided by 0.
    """

def dot(input: _Operand, tensor: _Operand) -> Tensor:
    """Inner product of two vectors: sum of input[i] * tensor[i].

    input, tensor: (n,). Returns a 0-d tensor; no elements give 0. Raises ShapeError for
    other shapes, RuntimeError when the dtypes differ or are bool.
    """

def dropout(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = True,
    inplace: _bool = False,
) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p.

    input: any shape, floating point. p: default 0.5; 0 gives input itself, 1 gives zeros.
    On average the result is input. training=False gives input itself. inplace=True writes
    over input.
    Where an element is dropped its gradient is 0, elsewhere 1 / (1 - p). The mask is
    drawn again from
    the random state in the backward pass and in a replay: it takes no memory.
    Raises ValueError unless 0 <= p <= 1, TypeError for integers. Source: Srivastava and
    others, 2014.
    """

def einsum(equation: _str, *operands: Tensor | Sequence[Tensor]) -> Tensor:
    """Sum of products named by letters: einsum('ij,jk->ik', a, b) is the matrix product.

    equation: letters for the dims of each operand, separated by commas, '->', the letters
    of the output; blanks are ignored. operands: the tensors, one by one or in a list. A
    letter in several operands is multiplied along, one not in the output summed over, one
    twice in an operand takes the diagonal. '...' stands for any further dims, which
    broadcast. Without '->' the output has the letters that appear once, in alphabetical
    order. Contracted from left to right by matrix products. Raises ValueError for a
    malformed equation, ShapeError for operands that do not fit it, RuntimeError when
    dtypes differ in a matrix product.
    """

def embedding(
    input: _Operand,
    weight: _Operand,
    padding_idx: _int | None = None,
    max_norm: _float | None = None,
    norm_type: _float = 2.0,
    scale_grad_by_freq: _bool = False,
    sparse: _bool = False,
) -> Tensor:
    """Rows of a table by number: out[..., :] = weight[input[...]].

    input: integers (*). weight: (rows, width). Returns (*, width). The gradient of a row
    of weight is
    the sum over its places in input; it is dense: sparse=True is accepted and has no
    effect.
    padding_idx: a row, negative from the end, that gets no gradient. max_norm: before the
    look-up, the
    rows in input whose norm_type-norm (default 2) is larger are scaled down to it, in
    weight itself.
    scale_grad_by_freq=True divides the gradient of a row by the number of its places in
    input.
    Raises IndexError for an index outside of [0, rows), ValueError for such a
    padding_idx.
    """

def eq(input: _Operand, other: _Operand) -> Tensor:
    """Whether input == other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. NaN equals nothing, itself included.
    equal compares whole tensors.
    """

def erf(input: _Operand) -> Tensor:
    """Error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x.

    input: (*); integers give float32. Returns the same shape, in [-1, 1].
    """

def erfc(input: _Operand) -> Tensor:
    """Complementary error function of every element: 1 - erf(x), accurate for large x.

    input: (*); integers give float32. Returns the same shape, in [0, 2].
    """

def exp(input: _Operand) -> Tensor:
    """Exponential of every element: e ** x.

    input: (*); integers give float32. Returns the same shape. Overflow gives inf: above
    about 88.7 in float32, 709.8 in float64.
    """

def exp2(input: _Operand) -> Tensor:
    """Power of two of every element: 2 ** x.

    input: (*); integers give float32. Returns the same shape. Overflow gives inf.
    """

def expm1(input: _Operand) -> Tensor:
    """Exponential of every element, less one: exp(x) - 1, accurate near 0.

    input: (*); integers give float32. Returns the same shape.
    """

def flatten(input: _Operand, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
    """The dims of input from start_dim to end_dim joined into one.

    start_dim: default 0. end_dim: included, default -1, the last. A view where the
    strides allow it,
    else a copy. A 0-d input gives (1,). Raises ValueError when start_dim comes after
    end_dim.
    """

def flip(input: _Operand, *dims: _int | Sequence[_int]) -> Tensor:
    """A copy of input with the order along the given dims reversed.

    dims: any number of different dims, negative ones count from the end; none gives a
    plain copy.
    Raises ValueError for a dim given twice, IndexError for one out of range.
    """

def floor(input: _Operand) -> Tensor:
    """Greatest integer not above every element.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0.
    """

def floor_divide(input: _Operand, other: _Operand) -> Tensor:
    """Quotient rounded down, element by element: floor(input / other).

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype: integers stay integers. The gradient is 0. Floats divided by 0 give inf or NaN.
    Raises ValueError for integers divided by 0.
    """

def fmax(input: _Operand, other: _Operand) -> Tensor:
    """The greater of two, element by element; a NaN loses against a number.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Two NaN give NaN. At ties input gets the gradient.
    """

def fmin(input: _Operand, other: _Operand) -> Tensor:
    """The lesser of two, element by element; a NaN loses against a number.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Two NaN give NaN. At ties input gets the gradient.
    """

def fmod(input: _Operand, other: _Operand) -> Tensor:
    """Remainder with the sign of the dividend: input - trunc(input / other) * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. C's fmod; remainder takes the sign of the divisor. Gradients: 1 for input,
    -trunc(input / other) for other. Floats divided by 0 give NaN. Raises ValueError for
    integers divided by 0.
    """

def frac(input: _Operand) -> Tensor:
    """Fractional part of every element, with its sign: x - trunc(x).

    input: (*), of a floating point dtype. Returns the same shape and dtype. Infinities
    give NaN. The gradient is 1. Raises RuntimeError for integer and bool tensors.
    """

def gather(input: _Operand, dim: _int, index: _Operand) -> Tensor:
    """Elements picked along dim: out[i, j] = input[index[i, j], j] for dim 0 of two, and so
    on.

    index: integers with as many dims as input, not larger than it except along dim.
    Returns the shape
    of index and the dtype of input. The gradient adds up where a position is picked
    repeatedly.
    Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when index
    does not fit.
    """

def ge(input: _Operand, other: _Operand) -> Tensor:
    """Whether input >= other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def gt(input: _Operand, other: _Operand) -> Tensor:
    """Whether input > other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def hypot(input: _Operand, other: _Operand) -> Tensor:
    """Length of the hypotenuse: sqrt(input**2 + other**2), without overflow.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. The gradient at the origin is NaN.
    """

def index_add(
    input: _Operand,
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

def index_put(
    input: _Operand,
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

def index_select(input: _Operand, dim: _int, index: _Operand) -> Tensor:
    """A copy of the positions index along dim of input, one behind the other.

    index: integers (k,), or one integer. Returns the shape of input with size k along
    dim. Repeated
    positions are fine; their gradients add up. Raises IndexError for an entry outside of
    [0, input.size(dim)), ShapeError for an index of more than one dim.
    """

def isclose(
    input: _Operand,
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

def isfinite(input: _Operand) -> Tensor:
    """Whether each element is neither infinite nor NaN.

    input: (*), any dtype; integers always are. Returns a bool tensor of the same shape.
    """

def isinf(input: _Operand) -> Tensor:
    """Whether each element is inf or -inf.

    input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
    """

def isnan(input: _Operand) -> Tensor:
    """Whether each element is NaN.

    input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
    """

def layer_norm(
    input: _Operand,
    normalized_shape: _int | Sequence[_int],
    weight: _Operand | None = None,
    bias: _Operand | None = None,
    eps: _float = 1e-05,
) -> Tensor:
    """Standardization over the last dims: (x - mean) / sqrt(var + eps) * weight + bias.

    input: (*, normalized_shape), floating point; its shape and dtype stay. mean and the
    biased var are
    taken over the dims of normalized_shape, which is a number or a tuple. weight and bias
    have
    normalized_shape; None (default) leaves them out. eps: added to var, default 1e-5;
    equal elements
    give 0 + bias. NaN spreads over its row.
    Raises ShapeError when normalized_shape does not fit, TypeError for integers.
    Source: Ba, Kiros and Hinton, 2016.
    """

def le(input: _Operand, other: _Operand) -> Tensor:
    """Whether input <= other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def lerp(input: _Operand, end: _Operand, weight: _Operand) -> Tensor:
    """Linear interpolation: input + weight * (end - input).

    input, end, weight: tensors or numbers that broadcast; the result has their common
    shape and dtype, float32 for integers. weight 0 gives input, 1 gives end; others
    extrapolate.
    """

def log(input: _Operand) -> Tensor:
    """Natural logarithm of every element.

    input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
    numbers give NaN.
    """

def log10(input: _Operand) -> Tensor:
    """Logarithm of every element to base 10.

    input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
    numbers give NaN.
    """

def log1p(input: _Operand) -> Tensor:
    """Logarithm of one plus every element: log(1 + x), accurate near 0.

    input: (*); integers give float32. Returns the same shape. -1 gives -inf, less gives
    NaN.
    """

def log2(input: _Operand) -> Tensor:
    """Logarithm of every element to base 2.

    input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
    numbers give NaN.
    """

def log_softmax(input: _Operand, dim: _int, dtype: _dtype | None = None) -> Tensor:
    """Logarithm of softmax along a dim: x - log(sum(exp(x))).

    input: (*), floating point. dim: the dim whose exponentials sum to 1. dtype: converted
    to first (default: that of input). Returns the same shape. More accurate than the log
    of softmax, and finite where that underflows. A row of -inf, or one with inf or NaN,
    gives NaN. Raises TypeError for integers without a dtype.
    """

def logaddexp(input: _Operand, other: _Operand) -> Tensor:
    """Logarithm of a sum of exponentials, log(exp(input) + exp(other)), without overflow.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. Two -inf give -inf. logsumexp does the same along dims.
    """

def logical_and(input: _Operand, other: _Operand) -> Tensor:
    """Whether both elements are not zero.

    input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
    Returns a bool tensor of their common shape.
    """

def logical_not(input: _Operand) -> Tensor:
    """Whether each element is zero.

    input: (*), any dtype; NaN counts as not zero. Returns a bool tensor of the same
    shape.
    """

def logical_or(input: _Operand, other: _Operand) -> Tensor:
    """Whether at least one of both elements is not zero.

    input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
    Returns a bool tensor of their common shape.
    """

def logical_xor(input: _Operand, other: _Operand) -> Tensor:
    """Whether exactly one of both elements is not zero.

    input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
    Returns a bool tensor of their common shape.
    """

def logsumexp(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Logarithm of the sum of exponentials over the given dims: log(sum(exp(x))).

    input: (*); integers give float32. dim: a dim or several; None (default) or () for
    all. keepdim: keep them with size 1 (default False). The greatest element is taken out
    first: no overflow. All -inf, or no elements, give -inf. The gradient is softmax(x);
    NaN where the result is infinite.
    """

def lt(input: _Operand, other: _Operand) -> Tensor:
    """Whether input < other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def masked_fill(input: _Operand, mask: _Operand, value: _Operand) -> Tensor:
    """input with value wherever mask holds.

    input, mask: tensors that broadcast, mask bool. value: a number or a 0-d tensor,
    converted to the dtype of input. Returns the common shape and the dtype of input. The
    gradient is 0 under the mask; that of value is the sum there. Raises TypeError for a
    mask that is not bool, ShapeError for a value that is not 0-d, ValueError for one that
    the dtype can not hold.
    """

def masked_select(input: _Operand, mask: _Operand) -> Tensor:
    """The elements of input where mask is True, as a new vector in row-major order.

    mask: bool; input and mask broadcast together. The gradient is 0 at the other
    elements.
    Raises TypeError for another dtype, ShapeError when the shapes do not broadcast.
    """

def matmul(input: _Operand, other: _Operand) -> Tensor:
    """Matrix product: c[…, i, j] = sum over k of input[…, i, k] * other[…, k, j].

    input: (…, m, k), other: (…, k, n); leading dims broadcast. Returns (…, m, n). A
    vector takes part as a row on the left, as a column on the right, and that dim is
    dropped: two vectors give their inner product, a 0-d tensor. k = 0 gives zeros. Raises
    ShapeError when the sizes of k differ or a tensor is 0-d, RuntimeError when the dtypes
    differ or are bool.
    """

@overload
def max(input: _Operand) -> Tensor:
    """Greatest element of all; NaN wins.

    input: (*). Returns a 0-d tensor of the same dtype. Equal greatest elements share the
    gradient equally. Raises ShapeError for no elements.
    """

@overload
def max(input: _Operand, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
    """Greatest elements along a dim and where they are; NaN wins.

    input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
    Returns (values, indices), indices int64. Of equal elements the first is taken, and
    the gradient goes to it alone. Raises ShapeError for no elements.
    """

@overload
def max(input: _Operand, other: Tensor) -> Tensor:
    """The greater of two, element by element: maximum(input, other).

    input, other: tensors or numbers that broadcast. NaN wins; at ties each gets half of
    the gradient.
    """

def maximum(input: _Operand, other: _Operand) -> Tensor:
    """The greater of two, element by element; NaN wins.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. At ties each gets half of the gradient. fmax ignores NaN.
    """

def mean(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    dtype: _dtype | None = None,
) -> Tensor:
    """Mean over the given dims, or over all: sum / count.

    input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
    with size 1 (default False). dtype: floating point, converted to first (default: that
    of input). No elements give NaN. Raises TypeError for integers without a dtype.
    """

@overload
def min(input: _Operand) -> Tensor:
    """Least element of all; NaN wins.

    input: (*). Returns a 0-d tensor of the same dtype. Equal least elements share the
    gradient equally. Raises ShapeError for no elements.
    """

@overload
def min(input: _Operand, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
    """Least elements along a dim and where they are; NaN wins.

    input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
    Returns (values, indices), indices int64. Of equal elements the first is taken, and
    the gradient goes to it alone. Raises ShapeError for no elements.
    """

@overload
def min(input: _Operand, other: Tensor) -> Tensor:
    """The lesser of two, element by element: minimum(input, other).

    input, other: tensors or numbers that broadcast. NaN wins; at ties each gets half of
    the gradient.
    """

def minimum(input: _Operand, other: _Operand) -> Tensor:
    """The lesser of two, element by element; NaN wins.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. At ties each gets half of the gradient. fmin ignores NaN.
    """

def mm(input: _Operand, mat2: _Operand) -> Tensor:
    """Product of two matrices.

    input: (m, k), mat2: (k, n). Returns (m, n). Does not broadcast: matmul does. Raises
    ShapeError for other shapes, RuntimeError when the dtypes differ or are bool.
    """

def movedim(
    input: _Operand,
    source: _int | Sequence[_int],
    destination: _int | Sequence[_int],
) -> Tensor:
    """A view with some dims of input at other places; the others keep their order.

    source, destination: dims of input and, in the same order, where they stand in the
    result; numbers
    or tuples. Raises ValueError when they differ in number or name a dim twice.
    """

def mul(input: _Operand, other: _Operand) -> Tensor:
    """Product, element by element: input * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype (for bools, and). Integers that overflow wrap around.
    """

def multinomial(
    input: _Operand,
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

def mv(input: _Operand, vec: _Operand) -> Tensor:
    """Product of a matrix and a vector.

    input: (m, k), vec: (k,). Returns (m,). Raises ShapeError for other shapes,
    RuntimeError when the dtypes differ or are bool.
    """

def narrow(input: _Operand, dim: _int, start: _int, length: _int) -> Tensor:
    """A view of the positions start to start + length - 1 along dim.

    start: a negative one counts from the end. length may be 0. Raises IndexError when the
    positions do
    not lie in input, ShapeError for a 0-d input.
    """

def ne(input: _Operand, other: _Operand) -> Tensor:
    """Whether input != other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. NaN differs from everything, itself
    included.
    """

def neg(input: _Operand) -> Tensor:
    """Negation of every element: -x.

    input: (*), any dtype but bool. Returns the same shape and dtype. Unsigned integers
    wrap around, and the least signed integer is its own negation. Raises TypeError for
    bool tensors: use logical_not.
    """

def outer(input: _Operand, vec2: _Operand) -> Tensor:
    """Outer product of two vectors: c[i, j] = input[i] * vec2[j].

    input: (m,), vec2: (n,). Returns (m, n) in the common dtype. Raises ShapeError for
    other shapes.
    """

def permute(input: _Operand, *dims: _int | Sequence[_int]) -> Tensor:
    """A view with the dims in another order: dim i of the result is dim dims[i] of input.

    dims: each dim of input once; negative ones count from the end. Raises ShapeError for
    another number
    of dims, ValueError for a dim given twice, IndexError for one out of range.
    """

def positive(input: _Operand) -> Tensor:
    """The elements unchanged: +x.

    input: (*), any dtype. Returns a new tensor of the same shape and dtype.
    """

def pow(input: _Operand, exponent: _Operand) -> Tensor:
    """Power, element by element: input ** exponent.

    input, exponent: tensors or numbers that broadcast; the result has their common shape
    and dtype. x ** 0 is 1, also for 0 and NaN. Negative bases with fractional exponents
    give NaN. Where input is 0 and exponent at least 0, the gradient for exponent is 0.
    Raises ValueError for integers to negative integer powers.
    """

def prod(
    input: _Operand,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    dtype: _dtype | None = None,
) -> Tensor:
    """Product over one dim, or over all.

    input: (*). dim: None (default) for all. keepdim: keep the dim with size 1 (default
    False). dtype: converted to first, by default that of input, int64 for integers and
    bools. No elements give 1. The gradient of an element is the product of the others,
    found without a division: zeros do it no harm.
    """

def reciprocal(input: _Operand) -> Tensor:
    """Reciprocal of every element: 1 / x.

    input: (*); integers give float32. Returns the same shape. 0 gives inf, -0. gives
    -inf.
    """

def relu(input: _Operand) -> Tensor:
    """Rectified linear unit: max(x, 0).

    input: (*), any dtype. Returns the same shape and dtype. NaN stays NaN. The gradient
    at 0 is 0.
    """

def remainder(input: _Operand, other: _Operand) -> Tensor:
    """Remainder with the sign of the divisor: input - floor(input / other) * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Python's %; fmod takes the sign of the dividend. Gradients: 1 for input,
    -floor(input / other) for other. Floats divided by 0 give NaN. Raises ValueError for
    integers divided by 0.
    """

def repeat_interleave(
    input: _Operand,
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

def reshape(input: _Operand, *shape: _int | Sequence[_int]) -> Tensor:
    """The same elements, in row-major order, in another shape.

    shape: the new shape; one entry may be -1 and is worked out. The result is a view of
    input where the
    strides allow it, else a copy. Raises ShapeError when the number of elements differs.
    """

def roll(
    input: _Operand,
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

@overload
def round(input: _Operand) -> Tensor:
    """Nearest integer to every element; halves go to the even one.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0.
    """

@overload
def round(input: _Operand, *, decimals: _int) -> Tensor:
    """Nearest multiple of 10 ** -decimals to every element; halves go to the even digit.

    input: (*); integers give float32. Returns the same shape. decimals: digits after the
    decimal point, in [-300, 300]; -1 rounds to tens, -2 to hundreds. Computed as round(x
    * 10**decimals) / 10**decimals: where the product overflows the result is inf. The
    gradient is 0. Raises ValueError for decimals out of range.
    """

def rsqrt(input: _Operand) -> Tensor:
    """Reciprocal of the square root of every element: 1 / sqrt(x).

    input: (*); integers give float32. Returns the same shape. 0 gives inf, negative
    numbers give NaN.
    """

def rsub(input: _Operand, other: _Operand, *, alpha: _Number = 1) -> Tensor:
    """Difference the other way round: other - alpha * input.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. alpha: factor of input (default 1). Raises TypeError where sub does.
    """

@overload
def scatter(input: _Operand, dim: _int, index: _Operand, src: _Operand) -> Tensor:
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
def scatter(input: _Operand, dim: _int, index: _Operand, value: _Operand) -> Tensor:
    """input with one value written at positions along dim.

    out[index[i, j], j] = value for dim 0 of two, and so on. index: integers with as many
    dims as input.
    value: a number, converted to the dtype of input.
    """

def scatter_add(input: _Operand, dim: _int, index: _Operand, src: _Operand) -> Tensor:
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

def select(input: _Operand, dim: _int, index: _int) -> Tensor:
    """A view of one position along dim, without that dim: input[index] for dim 0.

    index: a negative one counts from the end. Raises IndexError for an index or a dim out
    of range and
    for a 0-d input.
    """

def sigmoid(input: _Operand) -> Tensor:
    """Logistic function of every element: 1 / (1 + exp(-x)).

    input: (*); integers give float32. Returns the same shape, in [0, 1]. It does not
    overflow for any x.
    """

def sign(input: _Operand) -> Tensor:
    """Sign of every element: -1 below 0, 0 at 0, 1 above.

    input: (*). Returns the same shape and dtype. The sign of NaN is 0. The gradient is 0
    everywhere.
    """

def signbit(input: _Operand) -> Tensor:
    """Whether the sign bit of each element is set.

    input: (*), any dtype. Returns a bool tensor of the same shape: True for negative
    numbers, for -0., and for a NaN whose sign bit is set.
    """

def sin(input: _Operand) -> Tensor:
    """Sine of every element.

    input: (*), in radians; integers give float32. Returns the same shape. Infinities give
    NaN.
    """

def sinh(input: _Operand) -> Tensor:
    """Hyperbolic sine of every element: (exp(x) - exp(-x)) / 2.

    input: (*); integers give float32. Returns the same shape. Overflow gives inf or -inf.
    """

def softmax(input: _Operand, dim: _int, dtype: _dtype | None = None) -> Tensor:
    """Exponentials along a dim, normalized to the sum 1: exp(x) / sum(exp(x)).

    input: (*), floating point. dim: the dim that sums to 1. dtype: converted to first
    (default: that of input). Returns the same shape. The greatest element is taken out
    first: no overflow. A row of -inf, or one with inf or NaN, gives NaN. Raises TypeError
    for integers without a dtype.
    """

def sort(
    input: _Operand,
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
def split(tensor: _Operand, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of pieces of split_size elements along dim; the last one may be shorter.

    tensor: at least 1-d; the pieces share its memory. A dim of size 0 gives one empty
    piece.
    Raises ValueError unless split_size is positive.
    """

@overload
def split(
    tensor: _Operand,
    split_size: _int | Sequence[_int],
    dim: _int = 0,
) -> tuple[Tensor, ...]:
    """Views of consecutive pieces of tensor with the lengths split_size along dim.

    The lengths must add up to tensor.size(dim), else ShapeError. The same as
    split_with_sizes.
    """

def split_with_sizes(
    input: _Operand,
    split_sizes: _int | Sequence[_int],
    dim: _int = 0,
) -> tuple[Tensor, ...]:
    """Views of consecutive pieces of input with the given lengths along dim.

    split_sizes: one length per piece, in elements; 0 is allowed. They must add up to
    input.size(dim),
    else ShapeError. The pieces share the memory of input.
    """

def sqrt(input: _Operand) -> Tensor:
    """Square root of every element.

    input: (*); integers give float32. Returns the same shape. Negative numbers give NaN.
    The gradient, 0.5 / sqrt(x), is inf at 0.
    """

def square(input: _Operand) -> Tensor:
    """Square of every element: x * x.

    input: (*). Returns the same shape and dtype, int64 for bools; integers that overflow
    wrap around.
    """

def squeeze(input: _Operand, dim: _int | Sequence[_int] | None = None) -> Tensor:
    """A view of input without dims of size 1.

    dim: a number or a tuple; those of them that have size 1 are removed, others stay.
    Without dim
    (default None) all dims of size 1 go, which also drops a batch of one. Raises
    IndexError for a dim
    out of range.
    """

def stack(tensors: Sequence[Tensor], dim: _int = 0) -> Tensor:
    """The tensors one behind the other along a new dim.

    tensors: a list, all of one shape (*). dim: where the new dim stands in the result,
    whose size there
    is the number of tensors; dim -1 makes it the last one. The dtype is the common one.
    Raises ShapeError for different shapes, ValueError for an empty list.
    """

def sub(input: _Operand, other: _Operand, *, alpha: _Number = 1) -> Tensor:
    """Difference, element by element: input - alpha * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Unsigned integers wrap around. alpha: factor of other (default 1). Raises
    TypeError when both are bool (use logical_xor), and for a fractional alpha when both
    are integers.
    """

def sum(
    input: _Operand,
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
    threads.
    """

def t(input: _Operand) -> Tensor:
    """The transpose of a matrix, as a view.

    input: (n, m) gives (m, n); 0-d and 1-d tensors are returned as they are. Raises
    ShapeError for more
    than two dims: there x.mT or transpose says which dims are meant.
    """

def take_along_dim(input: _Operand, indices: _Operand, dim: _int | None = None) -> Tensor:
    """Elements of input picked along dim by indices, as NumPy's take_along_axis.

    indices: integers with as many dims as input; all dims but dim broadcast. Without dim
    (default None)
    both are flattened. It takes what argsort returns along the same dim. Negative entries
    count from
    the end. Raises IndexError for an entry outside of [-n, n), n = input.size(dim);
    ShapeError for different numbers of
    dims.
    """

def tan(input: _Operand) -> Tensor:
    """Tangent of every element.

    input: (*), in radians; integers give float32. Returns the same shape. Infinities give
    NaN.
    """

def tanh(input: _Operand) -> Tensor:
    """Hyperbolic tangent of every element: (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    input: (*); integers give float32. Returns the same shape, in [-1, 1].
    """

def tile(input: _Operand, *dims: _int | Sequence[_int]) -> Tensor:
    """The whole tensor repeated along every dim, as NumPy's tile.

    dims: how often, aligned with the last dims of input; missing entries in front count
    as 1. Further
    as repeat.
    """

def topk(
    input: _Operand,
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

def transpose(input: _Operand, dim0: _int, dim1: _int) -> Tensor:
    """A view with the two dims dim0 and dim1 of input swapped.

    A 0-d input is returned as it is. Raises IndexError for a dim out of range.
    """

def tril(input: _Operand, diagonal: _int = 0) -> Tensor:
    """The lower triangle of the last two dims of input, zeros elsewhere.

    out[..., i, j] = input[..., i, j] if j - i <= diagonal else 0. input: (..., n, m); its
    shape and
    dtype stay. diagonal: the last one kept; 0 (default) is the main one, 1 the one above
    it.
    What is left out may be NaN. Raises ShapeError for fewer than two dims.
    """

def triu(input: _Operand, diagonal: _int = 0) -> Tensor:
    """The upper triangle of the last two dims of input, zeros elsewhere.

    out[..., i, j] = input[..., i, j] if j - i >= diagonal else 0. input: (..., n, m); its
    shape and
    dtype stay. diagonal: the first one kept; 0 (default) is the main one, 1 the one above
    it.
    What is left out may be NaN. Raises ShapeError for fewer than two dims.
    """

def true_divide(input: _Operand, other: _Operand) -> Tensor:
    """Quotient, element by element: input / other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. x / 0 is inf or -inf, 0 / 0 is NaN.
    """

def trunc(input: _Operand) -> Tensor:
    """Integer part of every element: rounded towards zero.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0.
    """

def unbind(input: _Operand, dim: _int = 0) -> tuple[Tensor, ...]:
    """A view of input at every position along dim, which the views do not have any more.

    input: at least 1-d, else ShapeError. Returns input.size(dim) tensors that share its
    memory.
    """

def unflatten(input: _Operand, dim: _int, sizes: _int | Sequence[_int]) -> Tensor:
    """One dim of input seen as several.

    sizes: what dim becomes; one entry may be -1 and is worked out. Raises ShapeError when
    their product
    is not input.size(dim).
    """

def unsqueeze(input: _Operand, dim: _int) -> Tensor:
    """A view of input with a dim of size 1 put in at position dim.

    dim: in [-input.ndim - 1, input.ndim], else IndexError; -1 puts it at the end.
    """

def var_mean(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    *,
    correction: _Number = 1,
    keepdim: _bool = False,
) -> _VarMean:
    """Variance and mean over the given dims, or over all.

    input: (*), floating point. dim: a dim or several; None (default) or () for all.
    correction: n - correction is the divisor of the variance (default 1). keepdim: keep
    the dims with size 1 (default False). Returns (var, mean). Raises TypeError for
    integers.
    """

def xlogy(input: _Operand, other: _Operand) -> Tensor:
    """Product with a logarithm: input * log(other), 0 where input is 0.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. 0 wins over the infinite or undefined log of other <= 0,
    but not over NaN. The gradient for input is log(other), 0 where input is 0 and other
    <= 0.
    """
