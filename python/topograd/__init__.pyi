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

__version__: _str

def abs(input: _Operand) -> Tensor:
    """Absolute value: |x|. The gradient at 0 is 0."""

def acos(input: _Operand) -> Tensor:
    """Inverse cosine, in radians. NaN outside [-1, 1]."""

def acosh(input: _Operand) -> Tensor:
    """Inverse hyperbolic cosine. NaN below 1."""

def add(input: _Operand, other: _Operand, *, alpha: _Number = 1) -> Tensor:
    """Sum, element by element: input + alpha * other."""

def addcdiv(
    input: _Operand,
    tensor1: _Operand,
    tensor2: _Operand,
    *,
    value: _Number = 1,
) -> Tensor:
    """input + value * tensor1 / tensor2."""

def addcmul(
    input: _Operand,
    tensor1: _Operand,
    tensor2: _Operand,
    *,
    value: _Number = 1,
) -> Tensor:
    """input + value * tensor1 * tensor2."""

def addmm(
    input: _Operand,
    mat1: _Operand,
    mat2: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2); input broadcasts to (m, n)."""

def all(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Whether every element is not zero, over the given dims or over all."""

def amax(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Greatest element over the given dims, or over all; NaN wins. Equal ones share the
    gradient.
    """

def amin(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Least element over the given dims, or over all; NaN wins. Equal ones share the
    gradient.
    """

def any(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Whether some element is not zero, over the given dims or over all."""

def argmax(input: _Operand, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
    """Index of the greatest element along dim, or in the flattened input; the first of equal
    ones.
    """

def argmin(input: _Operand, dim: _int | None = None, keepdim: _bool = False) -> Tensor:
    """Index of the least element along dim, or in the flattened input; the first of equal
    ones.
    """

def argsort(
    input: _Operand,
    dim: _int = -1,
    descending: _bool = False,
    stable: _bool = True,
) -> Tensor:
    """The positions that sort the input along dim. Stable; NaN is greatest."""

def asin(input: _Operand) -> Tensor:
    """Inverse sine, in radians. NaN outside [-1, 1]."""

def asinh(input: _Operand) -> Tensor:
    """Inverse hyperbolic sine."""

def atan(input: _Operand) -> Tensor:
    """Inverse tangent, in radians."""

def atan2(input: _Operand, other: _Operand) -> Tensor:
    """Angle of the point (other, input), in radians in [-pi, pi]."""

def atanh(input: _Operand) -> Tensor:
    """Inverse hyperbolic tangent. NaN outside [-1, 1]."""

def baddbmm(
    input: _Operand,
    batch1: _Operand,
    batch2: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
) -> Tensor:
    """beta * input + alpha * bmm(batch1, batch2); input broadcasts to (b, m, n)."""

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
    """(x - mean) / sqrt(var + eps) * weight + bias per channel of input (N, C, …).

    training: statistics of the batch (biased variance), and the running ones move towards
    them by momentum (with the unbiased
    variance); otherwise the running statistics. Source: Ioffe and Szegedy, 2015.
    """

def bernoulli(input: _Operand, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that each element gives, else 0. Raises ValueError outside [0,
    1].
    """

def bitwise_and(input: _Operand, other: _Operand) -> Tensor:
    """Bits set in both. Raises TypeError for floating point tensors."""

def bitwise_left_shift(input: _Operand, other: _Operand) -> Tensor:
    """input * 2 ** other, on the bits. Raises TypeError for floating point and bool tensors."""

def bitwise_not(input: _Operand) -> Tensor:
    """All bits turned over; for bool, logical not. Raises TypeError for floating point
    tensors.
    """

def bitwise_or(input: _Operand, other: _Operand) -> Tensor:
    """Bits set in at least one. Raises TypeError for floating point tensors."""

def bitwise_right_shift(input: _Operand, other: _Operand) -> Tensor:
    """floor(input / 2 ** other), on the bits. Raises TypeError for floating point and bool
    tensors.
    """

def bitwise_xor(input: _Operand, other: _Operand) -> Tensor:
    """Bits set in exactly one. Raises TypeError for floating point tensors."""

def bmm(input: _Operand, mat2: _Operand) -> Tensor:
    """Products of a batch of matrices: (b, m, k) and (b, k, n) give (b, m, n). Does not
    broadcast.
    """

def broadcast_to(input: _Operand, *size: _int | Sequence[_int]) -> Tensor:
    """The same as input.expand(size)."""

def cat(tensors: Sequence[Tensor], dim: _int = 0) -> Tensor:
    """The tensors one behind the other along an existing dim. All other sizes must agree."""

def ceil(input: _Operand) -> Tensor:
    """Least integer not below x. The gradient is 0."""

def chunk(input: _Operand, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of at most `chunks` pieces of equal length along dim; the last one may be
    shorter.
    """

def clamp(input: _Operand, min: _Operand | None = None, max: _Operand | None = None) -> Tensor:
    """input limited to [min, max]; either limit may be None. NaN stays NaN; max wins where
    min > max.

    The gradient is 1 where min <= input <= max, else 0. Raises ValueError when both
    limits are None.
    """

def clamp_max(input: _Operand, max: _Operand) -> Tensor:
    """input, but at most max."""

def clamp_min(input: _Operand, min: _Operand) -> Tensor:
    """input, but at least min."""

def clone(input: _Operand) -> Tensor:
    """A copy with memory of its own. The gradient flows through."""

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
    """Convolution (cross-correlation) over 1 spatial dim(s).

    Shapes: input (N, C, …) or (C, …), weight (out, C / groups, …), bias (out,). Each size
    of the result is
    (in + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1. padding may also be
    'valid' or 'same'.
    Raises ShapeError when channels or sizes do not fit.
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
    """Convolution over 1 spatial dim(s) with padding 'valid' (none) or 'same' (keeps the
    size).
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
    """Convolution (cross-correlation) over 2 spatial dim(s).

    Shapes: input (N, C, …) or (C, …), weight (out, C / groups, …), bias (out,). Each size
    of the result is
    (in + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1. padding may also be
    'valid' or 'same'.
    Raises ShapeError when channels or sizes do not fit.
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
    """Convolution over 2 spatial dim(s) with padding 'valid' (none) or 'same' (keeps the
    size).
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
    """Convolution (cross-correlation) over 3 spatial dim(s).

    Shapes: input (N, C, …) or (C, …), weight (out, C / groups, …), bias (out,). Each size
    of the result is
    (in + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1. padding may also be
    'valid' or 'same'.
    Raises ShapeError when channels or sizes do not fit.
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
    """Convolution over 3 spatial dim(s) with padding 'valid' (none) or 'same' (keeps the
    size).
    """

def copysign(input: _Operand, other: _Operand) -> Tensor:
    """Magnitude of input with the sign of other."""

def cos(input: _Operand) -> Tensor:
    """Cosine of x in radians."""

def cosh(input: _Operand) -> Tensor:
    """Hyperbolic cosine."""

def count_nonzero(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """Number of elements that are not zero, over the given dims or over all."""

def cumprod(input: _Operand, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
    """Running product along dim: y[i] = x[0] * … * x[i]. The gradient is right where
    elements are 0.
    """

def cumsum(input: _Operand, dim: _int, *, dtype: _dtype | None = None) -> Tensor:
    """Running sum along dim: y[i] = x[0] + … + x[i]. Integers are summed in int64."""

def diag(input: _Operand, diagonal: _int = 0) -> Tensor:
    """A vector as the diagonal of a square matrix, or the diagonal of a matrix as a vector."""

def diagonal(input: _Operand, offset: _int = 0, dim1: _int = 0, dim2: _int = 1) -> Tensor:
    """The diagonal over two dims, as the last dim; offset > 0 is above the main one."""

def div(input: _Operand, other: _Operand, *, rounding_mode: _str | None = None) -> Tensor:
    """Quotient, element by element: input / other.

    rounding_mode: None (true division), 'floor' or 'trunc'. Raises ValueError for another
    rounding_mode, and for
    integers divided by 0 with rounding.
    """

def dot(input: _Operand, tensor: _Operand) -> Tensor:
    """Inner product of two vectors of the same size: sum of a[i] * b[i]."""

def dropout(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = True,
    inplace: _bool = False,
) -> Tensor:
    """Each element set to 0 with probability p, the others divided by 1 - p; the input
    itself without training.

    The mask is made again from the random state in the backward pass and in a replay:
    nothing is stored.
    Raises ValueError unless 0 <= p <= 1. Source: Hinton and others, 2012.
    """

def einsum(equation: _str, *operands: Tensor | Sequence[Tensor]) -> Tensor:
    """Sum of products named by letters: einsum('ij,jk->ik', a, b) is the matrix product.

    A letter in several operands is multiplied along, one that is not in the output is
    summed over, one twice in an
    operand takes the diagonal, '...' stands for leading dims that broadcast. Without '->'
    the output has the letters that appear
    once, in alphabetical order. Raises ValueError for a malformed equation, ShapeError
    for sizes that differ.
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
    """Rows of weight at the integer indices input.

    Shapes: input (…), weight (rows, width); returns (…, width). padding_idx gets no
    gradient. max_norm: rows that are
    looked up are scaled in place to at most this norm. scale_grad_by_freq divides the
    gradient by how often a row occurs in input.
    Raises IndexError for an index out of range. Gradients are dense; sparse=True is
    accepted and has no effect.
    """

def eq(input: _Operand, other: _Operand) -> Tensor:
    """Whether input == other, element by element. Returns a bool tensor."""

def erf(input: _Operand) -> Tensor:
    """Error function: 2 / sqrt(pi) * integral of exp(-t**2) from 0 to x."""

def erfc(input: _Operand) -> Tensor:
    """Complementary error function: 1 - erf(x), accurate for large x."""

def exp(input: _Operand) -> Tensor:
    """Exponential of every element: e ** x."""

def exp2(input: _Operand) -> Tensor:
    """Power of two: 2 ** x."""

def expm1(input: _Operand) -> Tensor:
    """exp(x) - 1, accurate near 0."""

def flatten(input: _Operand, start_dim: _int = 0, end_dim: _int = -1) -> Tensor:
    """The dims from start_dim to end_dim joined into one; a 0-d tensor becomes (1,)."""

def flip(input: _Operand, *dims: _int | Sequence[_int]) -> Tensor:
    """A copy with the order along the given dims reversed."""

def floor(input: _Operand) -> Tensor:
    """Greatest integer not above x. The gradient is 0."""

def floor_divide(input: _Operand, other: _Operand) -> Tensor:
    """Quotient rounded down: floor(input / other). The gradient is 0. Raises ValueError for
    integers divided by 0.
    """

def fmax(input: _Operand, other: _Operand) -> Tensor:
    """The greater of two, element by element; a NaN loses against a number."""

def fmin(input: _Operand, other: _Operand) -> Tensor:
    """The lesser of two, element by element; a NaN loses against a number."""

def fmod(input: _Operand, other: _Operand) -> Tensor:
    """Remainder with the sign of the dividend: input - trunc(input / other) * other.

    Raises ValueError for integers divided by 0; floats give NaN there.
    """

def frac(input: _Operand) -> Tensor:
    """Fractional part: x - trunc(x)."""

def gather(input: _Operand, dim: _int, index: _Operand) -> Tensor:
    """Elements picked along dim: out[i, j] = input[index[i, j], j] for dim 0, and so on.

    index: int64 with as many dims as input; returns its shape. Raises IndexError for an
    index out of range.
    """

def ge(input: _Operand, other: _Operand) -> Tensor:
    """Whether input >= other, element by element. Returns a bool tensor."""

def gt(input: _Operand, other: _Operand) -> Tensor:
    """Whether input > other, element by element. Returns a bool tensor."""

def hypot(input: _Operand, other: _Operand) -> Tensor:
    """Length of the hypotenuse: sqrt(input**2 + other**2), without overflow."""

def index_add(
    input: _Operand,
    dim: _int,
    index: _Operand,
    source: _Operand,
    *,
    alpha: _Number = 1,
) -> Tensor:
    """input with alpha * source added at the positions index along dim, in the order of the
    indices.
    """

def index_put(
    input: _Operand,
    indices: Sequence[Tensor],
    values: _Operand,
    accumulate: _bool = False,
) -> Tensor:
    """input with values written (or added, accumulate=True) at the positions that the
    integer or bool tensors give.

    At repeated positions the last value wins; with accumulate all are added, in the order
    of the indices.
    """

def index_select(input: _Operand, dim: _int, index: _Operand) -> Tensor:
    """The positions index (int64, 1-d) along dim, one behind the other."""

def isclose(
    input: _Operand,
    other: _Operand,
    rtol: _float = 1e-05,
    atol: _float = 1e-08,
    equal_nan: _bool = False,
) -> Tensor:
    """Whether |input - other| <= atol + rtol * |other|, element by element."""

def isfinite(input: _Operand) -> Tensor:
    """Whether each element is neither infinite nor NaN. Returns a bool tensor."""

def isinf(input: _Operand) -> Tensor:
    """Whether each element is +inf or -inf. Returns a bool tensor."""

def isnan(input: _Operand) -> Tensor:
    """Whether each element is NaN. Returns a bool tensor."""

def layer_norm(
    input: _Operand,
    normalized_shape: _int | Sequence[_int],
    weight: _Operand | None = None,
    bias: _Operand | None = None,
    eps: _float = 1e-05,
) -> Tensor:
    """(x - mean) / sqrt(var + eps) * weight + bias over the last dims, which must have
    normalized_shape.

    var is the biased variance. weight and bias have normalized_shape. Source: Ba and
    others, 2016.
    """

def le(input: _Operand, other: _Operand) -> Tensor:
    """Whether input <= other, element by element. Returns a bool tensor."""

def lerp(input: _Operand, end: _Operand, weight: _Operand) -> Tensor:
    """Linear interpolation: input + weight * (end - input)."""

def log(input: _Operand) -> Tensor:
    """Natural logarithm. -inf at 0, NaN below."""

def log10(input: _Operand) -> Tensor:
    """Logarithm to base 10."""

def log1p(input: _Operand) -> Tensor:
    """log(1 + x), accurate near 0."""

def log2(input: _Operand) -> Tensor:
    """Logarithm to base 2."""

def log_softmax(input: _Operand, dim: _int, dtype: _dtype | None = None) -> Tensor:
    """x - log(sum(exp(x))) along dim, without overflow. dtype: convert to it first."""

def logaddexp(input: _Operand, other: _Operand) -> Tensor:
    """log(exp(input) + exp(other)), without overflow."""

def logical_and(input: _Operand, other: _Operand) -> Tensor:
    """Whether both are not zero, element by element. Returns a bool tensor."""

def logical_not(input: _Operand) -> Tensor:
    """Whether each element is zero. Returns a bool tensor."""

def logical_or(input: _Operand, other: _Operand) -> Tensor:
    """Whether at least one is not zero, element by element. Returns a bool tensor."""

def logical_xor(input: _Operand, other: _Operand) -> Tensor:
    """Whether exactly one is not zero, element by element. Returns a bool tensor."""

def logsumexp(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
) -> Tensor:
    """log(sum(exp(input))) over the given dims, without overflow. All -inf give -inf."""

def lt(input: _Operand, other: _Operand) -> Tensor:
    """Whether input < other, element by element. Returns a bool tensor."""

def masked_fill(input: _Operand, mask: _Operand, value: _Operand) -> Tensor:
    """value (0-d tensor or number) where mask holds, else input. mask must be bool and
    broadcasts.
    """

def masked_select(input: _Operand, mask: _Operand) -> Tensor:
    """The elements where mask holds, as a vector. Both broadcast."""

def matmul(input: _Operand, other: _Operand) -> Tensor:
    """Matrix product: c[…, i, j] = sum over k of a[…, i, k] * b[…, k, j].

    Shapes: (…, m, k) and (…, k, n) give (…, m, n), leading dims broadcast. A 1-d a is a
    row, a 1-d b a column, and that dim
    is dropped from the result; two vectors give their inner product.
    Raises ShapeError when the inner sizes differ, RuntimeError when the dtypes differ.
    """

@overload
def max(input: _Operand) -> Tensor:
    """Greatest element of all; NaN wins."""

@overload
def max(input: _Operand, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
    """Greatest element along dim and where it is (the first of equal ones). The gradient
    goes to that one.
    """

@overload
def max(input: _Operand, other: Tensor) -> Tensor:
    """The greater of two, element by element: maximum."""

def maximum(input: _Operand, other: _Operand) -> Tensor:
    """The greater of two, element by element; NaN wins. At ties each gets half of the
    gradient.
    """

def mean(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    dtype: _dtype | None = None,
) -> Tensor:
    """Mean over the given dims, or over all: sum / count. Expects a floating point dtype. No
    elements give NaN.
    """

@overload
def min(input: _Operand) -> Tensor:
    """Least element of all; NaN wins."""

@overload
def min(input: _Operand, dim: _int, keepdim: _bool = False) -> _ValuesIndices:
    """Least element along dim and where it is (the first of equal ones). The gradient goes
    to that one.
    """

@overload
def min(input: _Operand, other: Tensor) -> Tensor:
    """The lesser of two, element by element: minimum."""

def minimum(input: _Operand, other: _Operand) -> Tensor:
    """The lesser of two, element by element; NaN wins. At ties each gets half of the
    gradient.
    """

def mm(input: _Operand, mat2: _Operand) -> Tensor:
    """Product of two matrices: (m, k) and (k, n) give (m, n). Does not broadcast."""

def movedim(
    input: _Operand,
    source: _int | Sequence[_int],
    destination: _int | Sequence[_int],
) -> Tensor:
    """Dims moved to other places; the others keep their order."""

def mul(input: _Operand, other: _Operand) -> Tensor:
    """Product, element by element: input * other."""

def multinomial(
    input: _Operand,
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

def mv(input: _Operand, vec: _Operand) -> Tensor:
    """Product of a matrix and a vector: (m, k) and (k,) give (m,)."""

def narrow(input: _Operand, dim: _int, start: _int, length: _int) -> Tensor:
    """The positions start … start + length - 1 along dim."""

def ne(input: _Operand, other: _Operand) -> Tensor:
    """Whether input != other, element by element. Returns a bool tensor."""

def neg(input: _Operand) -> Tensor:
    """Negation: -x."""

def outer(input: _Operand, vec2: _Operand) -> Tensor:
    """Outer product of two vectors: (m,) and (n,) give (m, n) with c[i, j] = a[i] * b[j]."""

def permute(input: _Operand, *dims: _int | Sequence[_int]) -> Tensor:
    """Dims in another order: dim i of the result is dim dims[i] of the input."""

def positive(input: _Operand) -> Tensor:
    """The input itself: +x."""

def pow(input: _Operand, exponent: _Operand) -> Tensor:
    """Power: input ** exponent. Either may be a number.

    Negative bases with fractional exponents give NaN. Raises ValueError for integers to
    negative powers.
    """

def prod(
    input: _Operand,
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

def reciprocal(input: _Operand) -> Tensor:
    """Reciprocal: 1 / x."""

def relu(input: _Operand) -> Tensor:
    """Rectified linear unit: max(x, 0). The gradient at 0 is 0."""

def remainder(input: _Operand, other: _Operand) -> Tensor:
    """Remainder with the sign of the divisor: input - floor(input / other) * other.

    Raises ValueError for integers divided by 0; floats give NaN there.
    """

def repeat_interleave(input: _Operand, repeats: _Operand, dim: _int | None = None) -> Tensor:
    """Every position along dim (or of the flattened input) repeated, one behind the other.

    repeats: a number, or int64 (n,) with one count per position.
    """

def reshape(input: _Operand, *shape: _int | Sequence[_int]) -> Tensor:
    """The same elements in another shape: a view where possible, else a copy. One size may
    be -1.
    """

def roll(
    input: _Operand,
    shifts: _int | Sequence[_int],
    dims: _int | Sequence[_int] | None = None,
) -> Tensor:
    """Positions shifted along dims, those that fall off the end come in at the front; no
    dims: flattened.
    """

@overload
def round(input: _Operand) -> Tensor:
    """Nearest integer, halves to the even one. The gradient is 0."""

@overload
def round(input: _Operand, *, decimals: _int) -> Tensor:
    """Rounded to a number of decimals (negative: to tens, hundreds, …), halves to the even
    digit.
    """

def rsqrt(input: _Operand) -> Tensor:
    """Reciprocal of the square root: 1 / sqrt(x)."""

def rsub(input: _Operand, other: _Operand, *, alpha: _Number = 1) -> Tensor:
    """Difference the other way round: other - alpha * input."""

@overload
def scatter(input: _Operand, dim: _int, index: _Operand, src: _Operand) -> Tensor:
    """input with src written at positions along dim: out[index[i, j], j] = src[i, j] for dim
    0, and so on.

    src may be a number. At repeated positions the last one wins.
    """

@overload
def scatter(input: _Operand, dim: _int, index: _Operand, value: _Operand) -> Tensor:
    """input with one value written at positions along dim."""

def scatter_add(input: _Operand, dim: _int, index: _Operand, src: _Operand) -> Tensor:
    """input with src added at positions along dim, in the order of the indices: the same
    bits on every run.
    """

def select(input: _Operand, dim: _int, index: _int) -> Tensor:
    """One position along dim; the dim disappears. A negative index counts from the end."""

def sigmoid(input: _Operand) -> Tensor:
    """Logistic function: 1 / (1 + exp(-x))."""

def sign(input: _Operand) -> Tensor:
    """Sign: -1, 0 or 1. The gradient is 0 everywhere."""

def signbit(input: _Operand) -> Tensor:
    """Whether the sign bit of each element is set. Returns a bool tensor."""

def sin(input: _Operand) -> Tensor:
    """Sine of x in radians."""

def sinh(input: _Operand) -> Tensor:
    """Hyperbolic sine."""

def softmax(input: _Operand, dim: _int, dtype: _dtype | None = None) -> Tensor:
    """exp(x) / sum(exp(x)) along dim, without overflow. dtype: convert to it first."""

def sort(
    input: _Operand,
    dim: _int = -1,
    descending: _bool = False,
    stable: _bool = True,
) -> _ValuesIndices:
    """Sorted along dim, with the position each element came from. Stable; NaN is greatest."""

@overload
def split(tensor: _Operand, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of consecutive pieces of split_size along dim; the last one may be shorter."""

@overload
def split(
    tensor: _Operand,
    split_size: _int | Sequence[_int],
    dim: _int = 0,
) -> tuple[Tensor, ...]:
    """Views of consecutive pieces with the given lengths along dim; they must add up to its
    size.
    """

def split_with_sizes(
    input: _Operand,
    split_sizes: _int | Sequence[_int],
    dim: _int = 0,
) -> tuple[Tensor, ...]:
    """Views of consecutive pieces with the given lengths along dim; they must add up to its
    size.
    """

def sqrt(input: _Operand) -> Tensor:
    """Square root. NaN for negative x."""

def square(input: _Operand) -> Tensor:
    """Square: x * x."""

def squeeze(input: _Operand, dim: _int | Sequence[_int] | None = None) -> Tensor:
    """Dims of size 1 removed: all of them, or those among the given ones."""

def stack(tensors: Sequence[Tensor], dim: _int = 0) -> Tensor:
    """The tensors one behind the other along a new dim. All shapes must be equal."""

def sub(input: _Operand, other: _Operand, *, alpha: _Number = 1) -> Tensor:
    """Difference, element by element: input - alpha * other. Raises TypeError for bool
    tensors.
    """

def sum(
    input: _Operand,
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

def t(input: _Operand) -> Tensor:
    """The transpose of a matrix; 0-d and 1-d tensors as they are. Raises ShapeError for more
    than two dims.
    """

def take_along_dim(input: _Operand, indices: _Operand, dim: _int | None = None) -> Tensor:
    """gather whose other dims broadcast; without dim, from the flattened input."""

def tan(input: _Operand) -> Tensor:
    """Tangent of x in radians."""

def tanh(input: _Operand) -> Tensor:
    """Hyperbolic tangent."""

def tile(input: _Operand, *dims: _int | Sequence[_int]) -> Tensor:
    """repeat, where missing repeats in front count as 1."""

def topk(
    input: _Operand,
    k: _int,
    dim: _int = -1,
    largest: _bool = True,
    sorted: _bool = True,
) -> _ValuesIndices:
    """The k greatest (or least) elements along dim and their positions. Raises ValueError
    for k out of range.
    """

def transpose(input: _Operand, dim0: _int, dim1: _int) -> Tensor:
    """Two dims swapped."""

def tril(input: _Operand, diagonal: _int = 0) -> Tensor:
    """The lower triangle of the last two dims, zeros above the given diagonal."""

def triu(input: _Operand, diagonal: _int = 0) -> Tensor:
    """The upper triangle of the last two dims, zeros below the given diagonal."""

def true_divide(input: _Operand, other: _Operand) -> Tensor:
    """Quotient, element by element: input / other. Integers give float32; x / 0 is inf or
    NaN.
    """

def trunc(input: _Operand) -> Tensor:
    """Integer part, towards zero. The gradient is 0."""

def unbind(input: _Operand, dim: _int = 0) -> tuple[Tensor, ...]:
    """A view of every position along dim."""

def unflatten(input: _Operand, dim: _int, sizes: _int | Sequence[_int]) -> Tensor:
    """One dim seen as several; one of the sizes may be -1."""

def unsqueeze(input: _Operand, dim: _int) -> Tensor:
    """A dim of size 1 put in at position dim."""

def var_mean(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    *,
    correction: _Number = 1,
    keepdim: _bool = False,
) -> _VarMean:
    """Variance and mean over the given dims, or over all."""

def xlogy(input: _Operand, other: _Operand) -> Tensor:
    """input * log(other), 0 where input is 0."""
