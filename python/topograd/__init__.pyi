# Generated: python -m topograd._stubs, from the names in the running module.
# ruff: noqa: D205, D402, D403, I001, RUF022, RUF100
"""What `topograd` offers."""

from collections.abc import Sequence
from typing import overload

from topograd import (
    accelerator,
    amp,
    autograd,
    backends,
    compiler,
    cuda,
    data,
    datasets,
    demo,
    display,
    distributed,
    distributions,
    examples,
    fft,
    func,
    hub,
    jit,
    linalg,
    mps,
    multiprocessing,
    nn,
    onnx,
    optim,
    picture,
    porting,
    profiler,
    random,
    return_types,
    serialization,
    special,
    testing,
    training,
    types,
    utils,
    version,
    viz,
    xpu,
)
from topograd._alias import (
    as_torch,
)
from topograd._C import (
    ArgumentError,
    DTypeError,
    DeviceError,
    Generator,
    ShapeError,
    Size,
    Tensor,
    _HistBin_edges,
    _MinMax,
    _Number,
    _Operand,
    _ValuesIndices,
    _bool,
    _dtype,
    _float,
    _int,
    _str,
    arange,
    bfloat16,
    bool,
    cdouble,
    cfloat,
    complex128,
    complex64,
    default_generator,
    device,
    double,
    dtype,
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
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
    logspace,
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
    scalar_tensor,
    set_default_dtype,
    set_num_threads,
    short,
    tensor,
    tril_indices,
    triu_indices,
    uint8,
    zeros,
    zeros_like,
)
from topograd._coverage import (
    coverage,
)
from topograd._einsum import (
    einsum,
)
from topograd._finite import (
    nan_guard,
    set_nan_guard,
)
from topograd._format import (
    set_printoptions,
)
from topograd._functions import (
    allclose,
    as_tensor,
    asarray,
    can_cast,
    equal,
    fork_rng,
    from_dlpack,
    from_numpy,
    get_cmake_dir,
    get_include,
    get_rng_state,
    initial_seed,
    is_complex,
    is_floating_point,
    is_tensor,
    manual_seed,
    nonzero,
    norm,
    normal,
    numel,
    promote_types,
    result_type,
    seed,
    set_rng_state,
    tensordot,
    where,
)
from topograd._interop import (
    frombuffer,
)
from topograd._layout import (
    layout,
    memory_format,
)
from topograd._leaks import (
    GraphLeakWarning,
)
from topograd._limits import (
    finfo,
    iinfo,
)
from topograd._modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)
from topograd._placing import (
    as_strided_,
    broadcast_shapes,
    unique,
    unique_consecutive,
    zero_,
)
from topograd._registry import (
    ops,
)
from topograd._settings import (
    are_deterministic_algorithms_enabled,
    compile,
    get_default_device,
    get_deterministic_debug_mode,
    get_float32_matmul_precision,
    get_num_interop_threads,
    is_deterministic_algorithms_warn_only_enabled,
    is_storage,
    is_warn_always_enabled,
    set_default_device,
    set_default_tensor_type,
    set_deterministic_debug_mode,
    set_float32_matmul_precision,
    set_flush_denormal,
    set_num_interop_threads,
    set_warn_always,
    typename,
    use_deterministic_algorithms,
)
from topograd._statistics import (
    gradient,
    std,
    std_mean,
    var,
    var_mean,
)
from topograd._why import (
    why,
)
from topograd._windows import (
    blackman_window,
    detach,
    hamming_window,
    hann_window,
    is_inference,
    is_nonzero,
    is_same_size,
    is_signed,
    range,
    vander,
)
from topograd.amp.autocast_mode import (
    autocast,
    clear_autocast_cache,
    get_autocast_cpu_dtype,
    get_autocast_dtype,
    get_autocast_gpu_dtype,
    is_autocast_cache_enabled,
    is_autocast_cpu_enabled,
    is_autocast_enabled,
    set_autocast_cache_enabled,
    set_autocast_cpu_enabled,
    set_autocast_dtype,
    set_autocast_enabled,
)
from topograd.amp.grad_scaler import (
    GradScaler,
)
from topograd.autograd.anomaly_mode import (
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_anomaly_enabled,
)
from topograd.cuda import (
    OutOfMemoryError,
)
from topograd.doctor import (
    doctor,
)
from topograd.graph import (
    graph,
)
from topograd.graph.counting import (
    modes,
)
from topograd.linalg.classic import (
    chain_matmul,
    cholesky,
    cholesky_inverse,
    inverse,
    pinverse,
    qr,
    svd,
)
from topograd.linalg.solving import (
    cholesky_solve,
    det,
    logdet,
    matrix_power,
    slogdet,
)
from topograd.profiler.memory import (
    memory,
    memory_summary,
    reset_peak_memory,
)
from topograd.profiler.native import (
    Profile,
    profile,
)
from topograd.profiler.summary import (
    summary,
)
from topograd.serialization import (
    load,
    save,
)
from topograd.serialization._training import (
    latest_checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from topograd.training.loop import (
    fit,
)

__all__ = [
    "abs",
    "abs_",
    "absolute",
    "accelerator",
    "acos",
    "acos_",
    "acosh",
    "acosh_",
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "add",
    "addbmm",
    "addcdiv",
    "addcmul",
    "addmm",
    "addmv",
    "addmv_",
    "addr",
    "adjoint",
    "all",
    "allclose",
    "alpha_dropout",
    "amax",
    "amin",
    "aminmax",
    "amp",
    "angle",
    "any",
    "arange",
    "arccos",
    "arccos_",
    "arccosh",
    "arccosh_",
    "arcsin",
    "arcsin_",
    "arcsinh",
    "arcsinh_",
    "arctan",
    "arctan2",
    "arctan_",
    "arctanh",
    "arctanh_",
    "are_deterministic_algorithms_enabled",
    "argmax",
    "argmin",
    "argsort",
    "ArgumentError",
    "argwhere",
    "as_strided",
    "as_strided_",
    "as_strided_scatter",
    "as_tensor",
    "as_torch",
    "asarray",
    "asin",
    "asin_",
    "asinh",
    "asinh_",
    "atan",
    "atan2",
    "atan_",
    "atanh",
    "atanh_",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "autocast",
    "autograd",
    "avg_pool1d",
    "backends",
    "baddbmm",
    "batch_norm",
    "bernoulli",
    "bfloat16",
    "bincount",
    "binomial",
    "bitwise_and",
    "bitwise_left_shift",
    "bitwise_not",
    "bitwise_or",
    "bitwise_right_shift",
    "bitwise_xor",
    "blackman_window",
    "block_diag",
    "bmm",
    "bool",
    "broadcast_shapes",
    "broadcast_tensors",
    "broadcast_to",
    "bucketize",
    "can_cast",
    "cartesian_prod",
    "cat",
    "cdist",
    "cdouble",
    "ceil",
    "ceil_",
    "celu",
    "celu_",
    "cfloat",
    "chain_matmul",
    "channel_shuffle",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "chunk",
    "clamp",
    "clamp_",
    "clamp_max",
    "clamp_max_",
    "clamp_min",
    "clamp_min_",
    "clear_autocast_cache",
    "clip",
    "clip_",
    "clone",
    "column_stack",
    "combinations",
    "compile",
    "compiler",
    "complex",
    "complex128",
    "complex64",
    "concat",
    "concatenate",
    "conj",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_tbc",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "copysign",
    "corrcoef",
    "cos",
    "cos_",
    "cosh",
    "cosh_",
    "cosine_similarity",
    "count_nonzero",
    "cov",
    "coverage",
    "cross",
    "cuda",
    "cummax",
    "cummin",
    "cumprod",
    "cumsum",
    "cumulative_trapezoid",
    "data",
    "datasets",
    "default_generator",
    "deg2rad",
    "deg2rad_",
    "demo",
    "det",
    "detach",
    "device",
    "DeviceError",
    "diag",
    "diag_embed",
    "diagflat",
    "diagonal",
    "diagonal_scatter",
    "diff",
    "digamma",
    "display",
    "dist",
    "distributed",
    "distributions",
    "div",
    "divide",
    "doctor",
    "dot",
    "double",
    "dropout",
    "dsplit",
    "dstack",
    "dtype",
    "DTypeError",
    "einsum",
    "embedding",
    "empty",
    "empty_like",
    "empty_permuted",
    "empty_strided",
    "enable_grad",
    "eq",
    "equal",
    "erf",
    "erf_",
    "erfc",
    "erfc_",
    "erfinv",
    "examples",
    "exp",
    "exp2",
    "exp2_",
    "exp_",
    "expm1",
    "expm1_",
    "eye",
    "feature_alpha_dropout",
    "fft",
    "fill",
    "fill_",
    "finfo",
    "fit",
    "fix",
    "fix_",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "float",
    "float16",
    "float32",
    "float64",
    "float_power",
    "floor",
    "floor_",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "fork_rng",
    "frac",
    "frac_",
    "from_dlpack",
    "from_numpy",
    "frombuffer",
    "full",
    "full_like",
    "func",
    "gather",
    "gcd",
    "gcd_",
    "ge",
    "Generator",
    "ger",
    "get_autocast_cpu_dtype",
    "get_autocast_dtype",
    "get_autocast_gpu_dtype",
    "get_cmake_dir",
    "get_default_device",
    "get_default_dtype",
    "get_deterministic_debug_mode",
    "get_float32_matmul_precision",
    "get_include",
    "get_num_interop_threads",
    "get_num_threads",
    "get_rng_state",
    "gradient",
    "GradScaler",
    "graph",
    "GraphLeakWarning",
    "greater",
    "greater_equal",
    "gru",
    "gru_cell",
    "gt",
    "half",
    "hamming_window",
    "hann_window",
    "hardshrink",
    "heaviside",
    "histc",
    "histogram",
    "hsplit",
    "hstack",
    "hub",
    "hypot",
    "i0",
    "i0_",
    "iinfo",
    "imag",
    "index_add",
    "index_copy",
    "index_fill",
    "index_put",
    "index_put_",
    "index_reduce",
    "index_select",
    "inference_mode",
    "initial_seed",
    "inner",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "inverse",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled",
    "is_autocast_enabled",
    "is_complex",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_floating_point",
    "is_grad_enabled",
    "is_inference",
    "is_inference_mode_enabled",
    "is_nonzero",
    "is_same_size",
    "is_signed",
    "is_storage",
    "is_tensor",
    "is_warn_always_enabled",
    "isclose",
    "isfinite",
    "isin",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "isreal",
    "jit",
    "kron",
    "kthvalue",
    "latest_checkpoint",
    "layer_norm",
    "layout",
    "lcm",
    "lcm_",
    "ldexp",
    "ldexp_",
    "le",
    "lerp",
    "less",
    "less_equal",
    "lgamma",
    "linalg",
    "linspace",
    "load",
    "load_checkpoint",
    "log",
    "log10",
    "log10_",
    "log1p",
    "log1p_",
    "log2",
    "log2_",
    "log_",
    "log_softmax",
    "logaddexp",
    "logaddexp2",
    "logcumsumexp",
    "logdet",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "logit_",
    "logspace",
    "logsumexp",
    "long",
    "lstm",
    "lstm_cell",
    "lt",
    "manual_seed",
    "masked_fill",
    "masked_scatter",
    "masked_select",
    "matmul",
    "matrix_power",
    "max",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool3d",
    "maximum",
    "mean",
    "median",
    "memory",
    "memory_format",
    "memory_summary",
    "meshgrid",
    "min",
    "minimum",
    "mm",
    "mode",
    "modes",
    "moveaxis",
    "movedim",
    "mps",
    "msort",
    "mul",
    "multinomial",
    "multiply",
    "multiprocessing",
    "mv",
    "mvlgamma",
    "nan_guard",
    "nan_to_num",
    "nan_to_num_",
    "nanmean",
    "nanmedian",
    "nanquantile",
    "nansum",
    "narrow",
    "native_channel_shuffle",
    "ne",
    "neg",
    "neg_",
    "negative",
    "negative_",
    "nextafter",
    "nn",
    "no_grad",
    "nonzero",
    "nonzero_static",
    "norm",
    "normal",
    "not_equal",
    "numel",
    "ones",
    "ones_like",
    "onnx",
    "ops",
    "optim",
    "outer",
    "OutOfMemoryError",
    "pairwise_distance",
    "pdist",
    "permute",
    "picture",
    "pinverse",
    "pixel_shuffle",
    "pixel_unshuffle",
    "placeholder",
    "poisson",
    "polar",
    "polygamma",
    "porting",
    "positive",
    "pow",
    "prelu",
    "prod",
    "Profile",
    "profile",
    "profiler",
    "promote_types",
    "put",
    "qr",
    "quantile",
    "rad2deg",
    "rad2deg_",
    "rand",
    "rand_like",
    "randint",
    "randint_like",
    "randn",
    "randn_like",
    "random",
    "randperm",
    "range",
    "ravel",
    "real",
    "reciprocal",
    "reciprocal_",
    "relu",
    "relu_",
    "remainder",
    "renorm",
    "repeat_interleave",
    "reset_peak_memory",
    "reshape",
    "resolve_conj",
    "result_type",
    "return_types",
    "rnn_relu",
    "rnn_relu_cell",
    "rnn_tanh",
    "rnn_tanh_cell",
    "roll",
    "rot90",
    "round",
    "round_",
    "row_stack",
    "rrelu",
    "rsqrt",
    "rsqrt_",
    "rsub",
    "save",
    "save_checkpoint",
    "scalar_tensor",
    "scatter",
    "scatter_add",
    "scatter_reduce",
    "searchsorted",
    "seed",
    "select",
    "select_scatter",
    "selu",
    "selu_",
    "serialization",
    "set_anomaly_enabled",
    "set_autocast_cache_enabled",
    "set_autocast_cpu_enabled",
    "set_autocast_dtype",
    "set_autocast_enabled",
    "set_default_device",
    "set_default_dtype",
    "set_default_tensor_type",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_grad_enabled",
    "set_nan_guard",
    "set_num_interop_threads",
    "set_num_threads",
    "set_printoptions",
    "set_rng_state",
    "set_warn_always",
    "sgn",
    "ShapeError",
    "short",
    "sigmoid",
    "sigmoid_",
    "sign",
    "signbit",
    "sin",
    "sin_",
    "sinc",
    "sinc_",
    "sinh",
    "sinh_",
    "Size",
    "slice_scatter",
    "slogdet",
    "softmax",
    "sort",
    "special",
    "split",
    "split_with_sizes",
    "sqrt",
    "sqrt_",
    "square",
    "square_",
    "squeeze",
    "stack",
    "std",
    "std_mean",
    "sub",
    "subtract",
    "sum",
    "summary",
    "svd",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tan",
    "tan_",
    "tanh",
    "tanh_",
    "Tensor",
    "tensor",
    "tensor_split",
    "tensordot",
    "testing",
    "threshold",
    "threshold_",
    "tile",
    "topk",
    "trace",
    "training",
    "transpose",
    "trapezoid",
    "trapz",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "true_divide",
    "trunc",
    "trunc_",
    "typename",
    "types",
    "uint8",
    "unbind",
    "unflatten",
    "unique",
    "unique_consecutive",
    "unravel_index",
    "unsafe_chunk",
    "unsafe_split",
    "unsafe_split_with_sizes",
    "unsqueeze",
    "use_deterministic_algorithms",
    "utils",
    "vander",
    "var",
    "var_mean",
    "vdot",
    "version",
    "view_as_complex",
    "view_as_real",
    "viz",
    "vsplit",
    "vstack",
    "where",
    "why",
    "xlogy",
    "xlogy_",
    "xpu",
    "zero_",
    "zeros",
    "zeros_like",
]

e: _float
inf: _float
nan: _float
pi: _float
__version__: _str

def abs(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Absolute value of every element: |x|.

    input: (*), any dtype but bool. Returns the same shape and dtype; complex numbers give
    their real sizes sqrt(re**2 + im**2). NaN stays NaN; the least signed integer, which
    has no positive counterpart, stays as it is. The gradient at 0 is 0. Raises DTypeError
    for bool tensors.
    """

def abs_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Absolute value of every element: |x|. In place."""

def absolute(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Absolute value of every element: |x|.

    input: (*), any dtype but bool. Returns the same shape and dtype; complex numbers give
    their real sizes sqrt(re**2 + im**2). NaN stays NaN; the least signed integer, which
    has no positive counterpart, stays as it is. The gradient at 0 is 0. Raises DTypeError
    for bool tensors.
    """

def acos(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse cosine of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [0, pi].
    Numbers outside [-1, 1] give NaN. The gradient is -inf at -1 and 1.
    """

def acos_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse cosine of every element. In place."""

def acosh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)).

    input: (*); integers give float32. Returns the same shape. Numbers below 1 give NaN.
    The gradient is inf at 1.
    """

def acosh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)). In place."""

def adaptive_avg_pool1d(input: _Operand, output_size: _int | Sequence[_int]) -> Tensor:
    """Mean of each of output_size nearly equal windows over one spatial dim.

    Window i of n covers [floor(i * size / n), ceil((i + 1) * size / n)).
    input: (N, C, L) or (C, L), any dtype but bool. output_size: a
    number or one per dim. Only the sizes change, to output_size. Raises ShapeError
    for an input with empty dims, ValueError for a negative size.
    """

def adaptive_max_pool1d(input: _Operand, output_size: _int | Sequence[_int]) -> _ValuesIndices:
    """adaptive_max_pool1d and the position of every greatest element.

    Returns (values, indices): indices, int64, count through the L
    of one channel of input in row-major order. output_size is that of
    adaptive_max_pool1d.
    """

def add(
    input: _Operand,
    other: _Operand,
    *,
    alpha: _Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Sum, element by element: input + alpha * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype (for bools, or). alpha: factor of other (default 1). Raises DTypeError for a
    fractional alpha when both are integers.
    """

def addbmm(
    input: _Operand,
    batch1: _Operand,
    batch2: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
    out: Tensor | None = None,
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

def addcdiv(
    input: _Operand,
    tensor1: _Operand,
    tensor2: _Operand,
    *,
    value: _Number = 1,
    out: Tensor | None = None,
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
    out: Tensor | None = None,
) -> Tensor:
    """Sum of a tensor and a scaled product: input + value * tensor1 * tensor2.

    input, tensor1, tensor2: tensors or numbers that broadcast; the result has their
    common shape and dtype. value: a number (default 1). Raises DTypeError for bool
    tensors.
    """

def addmm(
    input: _Operand,
    mat1: _Operand,
    mat2: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Sum of a tensor and a matrix product: beta * input + alpha * (mat1 @ mat2).

    input: broadcasts to (m, n). mat1: (m, k), mat2: (k, n). Returns (m, n). beta, alpha:
    factors (default 1), their fractions cut off for integers; beta = 0 ignores input, NaN
    included. Raises ShapeError when the shapes do not fit, RuntimeError when dtypes
    differ
    or are bool.
    """

def addmv(
    input: _Operand,
    mat: _Operand,
    vec: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Sum of a tensor and a matrix-vector product: beta * input + alpha * (mat @ vec).

    input: broadcasts to (m,). mat: (m, k), vec: (k,). Returns (m,). beta, alpha: factors
    (default 1),
    their fractions cut off for integers; beta = 0 ignores input, NaN included. Raises
    ShapeError when
    the shapes do not fit, DTypeError when the dtypes differ or are bool.
    """

def addmv_(
    input: _Operand,
    mat: _Operand,
    vec: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Sum of a tensor and a matrix-vector product: beta * input + alpha * (mat @ vec). In
    place.
    """

def addr(
    input: _Operand,
    vec1: _Operand,
    vec2: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
    out: Tensor | None = None,
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

def adjoint(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The last two dims swapped and the numbers conjugated, as x.mH.

    input: at least 2-d, else ShapeError. A view of a real input; complex numbers are
    conjugated into
    memory of their own.
    """

def all(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Whether every element is not zero, over the given dims or over all.

    input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
    for
    all, () for none: each element alone. keepdim: keep them with size 1 (default False).
    Returns bool, uint8 for uint8. No elements give True.
    """

def alpha_dropout(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = False,
    inplace: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Dropout that keeps mean 0 and variance 1: elements become -1.7581, the limit of selu.

    input: (*), floating point. p: the probability of each (default 0.5); 0 gives input
    itself, 1 zeros.
    Everything is then scaled and shifted. training=False (default) gives input itself.
    inplace=True
    writes over input. The mask takes no memory: the backward pass draws it again.
    Raises ValueError unless 0 <= p <= 1, DTypeError for integers. Source: Klambauer and
    others, 2017.
    """

def amax(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Greatest element over the given dims, or over all; NaN wins.

    input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
    with size 1 (default False). Returns the dtype of input. Equal greatest elements share
    the gradient equally. Raises ShapeError for no elements, IndexError for none
    along dim.
    """

def amin(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Least element over the given dims, or over all; NaN wins.

    input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
    with size 1 (default False). Returns the dtype of input. Equal least elements share
    the gradient equally. Raises ShapeError for no elements, IndexError for none
    along dim.
    """

def aminmax(
    input: _Operand,
    *,
    dim: _int | None = None,
    keepdim: _bool = False,
    out: Sequence[Tensor] | None = None,
) -> _MinMax:
    """Least and greatest elements along a dim, or of all; NaN wins.

    input: (*). dim: None (default) for all. keepdim: keep the dim with size 1 (default
    False). Returns (min, max) of the dtype of input. Equal extreme elements share the
    gradient equally. Raises ShapeError for no elements, IndexError for none
    along dim.
    """

def angle(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Angle of every element in the complex plane, in radians: atan2(im, re).

    input: (*). Returns the same shape, real; of a real tensor 0, pi for negative numbers,
    and NaN for NaN; float32 for integers. The gradient at 0 is 0.
    """

def any(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Whether some element is not zero, over the given dims or over all.

    input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
    for
    all, () for none: each element alone. keepdim: keep them with size 1 (default False).
    Returns bool, uint8 for uint8. No elements give False.
    """

def arccos(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse cosine of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [0, pi].
    Numbers outside [-1, 1] give NaN. The gradient is -inf at -1 and 1.
    """

def arccos_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse cosine of every element. In place."""

def arccosh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)).

    input: (*); integers give float32. Returns the same shape. Numbers below 1 give NaN.
    The gradient is inf at 1.
    """

def arccosh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)). In place."""

def arcsin(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse sine of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
    / 2]. Numbers outside [-1, 1] give NaN. The gradient is inf at -1 and 1.
    """

def arcsin_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse sine of every element. In place."""

def arcsinh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)).

    input: (*); integers give float32. Returns the same shape. Infinities stay as they
    are.
    """

def arcsinh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)). In place."""

def arctan(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse tangent of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
    / 2]. atan2 gives the angle in all four quadrants.
    """

def arctan2(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Angle of the point (x, y) = (other, input) in all four quadrants.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers, in radians in [-pi, pi]. The signs of zeros count: y =
    -0. with x < 0 gives -pi. The gradient at the origin is 0.
    """

def arctan_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse tangent of every element. In place."""

def arctanh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2.

    input: (*); integers give float32. Returns the same shape. -1 and 1 give -inf and inf,
    numbers beyond them NaN.
    """

def arctanh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2. In place."""

def argmax(
    input: _Operand,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Index of the greatest element along a dim, or in the flattened input; NaN wins.

    input: (*). dim: None (default) for the flattened input. keepdim: keep the dim with
    size 1 (default False). Returns int64; of equal elements the first one's. Raises
    IndexError for no elements.
    """

def argmin(
    input: _Operand,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Index of the least element along a dim, or in the flattened input; NaN wins.

    input: (*). dim: None (default) for the flattened input. keepdim: keep the dim with
    size 1 (default False). Returns int64; of equal elements the first one's. Raises
    IndexError for no elements.
    """

def argsort(
    input: _Operand,
    dim: _int = -1,
    descending: _bool = False,
    stable: _bool = True,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The positions that sort the input along a dim.

    input: (*). dim: by default the last. descending: greatest first (default False).
    stable: equal elements keep their order, whatever is passed. NaN counts as greatest.
    Returns int64 of the shape of input.
    """

def argwhere(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The positions of the elements of input that are not zero, as nonzero gives them.

    input: any shape and dtype; NaN counts as not zero. Returns int64 (count, input.ndim),
    one row per
    element in row-major order.
    """

def as_strided(
    input: _Operand,
    size: _int | Sequence[_int],
    stride: _int | Sequence[_int],
    storage_offset: _int | None = None,
    *,
    out: Tensor | None = None,
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
    input: _Operand,
    src: _Operand,
    size: _int | Sequence[_int],
    stride: _int | Sequence[_int],
    storage_offset: _int | None = None,
    *,
    out: Tensor | None = None,
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

def asin(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse sine of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
    / 2]. Numbers outside [-1, 1] give NaN. The gradient is inf at -1 and 1.
    """

def asin_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse sine of every element. In place."""

def asinh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)).

    input: (*); integers give float32. Returns the same shape. Infinities stay as they
    are.
    """

def asinh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)). In place."""

def atan(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse tangent of every element.

    input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
    / 2]. atan2 gives the angle in all four quadrants.
    """

def atan2(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Angle of the point (x, y) = (other, input) in all four quadrants.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers, in radians in [-pi, pi]. The signs of zeros count: y =
    -0. with x < 0 gives -pi. The gradient at the origin is 0.
    """

def atan_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse tangent of every element. In place."""

def atanh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2.

    input: (*); integers give float32. Returns the same shape. -1 and 1 give -inf and inf,
    numbers beyond them NaN.
    """

def atanh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2. In place."""

@overload
def atleast_1d(input: _Operand, *, out: Tensor | None = None) -> Tensor:  # type: ignore[overload-overlap]
    """input with at least one dim: a number becomes a vector of one element.

    input: a tensor; several, or a list of them, give a tuple.
    """

@overload
def atleast_1d(*tensors: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """atleast_1d of each of the tensors, as a tuple."""

@overload
def atleast_2d(input: _Operand, *, out: Tensor | None = None) -> Tensor:  # type: ignore[overload-overlap]
    """input with at least two dims: a vector becomes a row, a number (1, 1).

    input: a tensor; several, or a list of them, give a tuple.
    """

@overload
def atleast_2d(*tensors: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """atleast_2d of each of the tensors, as a tuple."""

@overload
def atleast_3d(input: _Operand, *, out: Tensor | None = None) -> Tensor:  # type: ignore[overload-overlap]
    """input with at least three dims: (n,) becomes (1, n, 1) and (n, m) becomes (n, m, 1).

    input: a tensor; several, or a list of them, give a tuple.
    """

@overload
def atleast_3d(*tensors: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """atleast_3d of each of the tensors, as a tuple."""

def avg_pool1d(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    ceil_mode: _bool = False,
    count_include_pad: _bool = True,
    divisor_override: _int | None = None,
) -> Tensor:
    """Mean of every window over one spatial dim.

    input: (N, C, L) or (C, L), any dtype but bool.
    Only the sizes change, to
    floor((size + 2 * padding - kernel_size) / stride) + 1.
    kernel_size, stride (default kernel_size) and padding (zeros at both ends, 0; at
    most half of kernel_size): a number or one per dim. ceil_mode=True rounds up
    instead, where a window begins before the padding at the end.
    count_include_pad=False leaves the padding out of the number of elements to
    divide by; divisor_override (not 0) replaces that number.
    Raises ShapeError when a window is larger than the input, ValueError for a
    number out of range, DTypeError for bools.
    """

def baddbmm(
    input: _Operand,
    batch1: _Operand,
    batch2: _Operand,
    *,
    beta: _Number = 1,
    alpha: _Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Sum of a tensor and matrix products: beta * input + alpha * bmm(batch1, batch2).

    input: broadcasts to (b, m, n). batch1: (b, m, k), batch2: (b, k, n). Returns (b, m,
    n). beta, alpha: factors (default 1), their fractions cut off for integers; beta = 0
    ignores input, NaN included. Raises ShapeError when the shapes do not fit,
    RuntimeError
    when dtypes differ or are bool.
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
    Raises ShapeError when a shape does not fit, and in training for a single value per
    channel;
    ValueError without running statistics outside of training. Source: Ioffe and Szegedy,
    2015.
    """

@overload
def bernoulli(
    input: _Operand,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """1 with the probability that each element of input gives, else 0.

    input: probabilities (*), floating point. Returns its shape and dtype; not
    differentiable.
    generator: a Generator, default the global one that manual_seed sets.
    Raises ValueError for an element outside of [0, 1] or NaN, TypeError for integers.
    """

@overload
def bernoulli(
    input: _Operand,
    p: _float,
    *,
    generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """1 with probability p, else 0, in the shape and dtype of input, whose values do not
    count.

    p: in [0, 1], else ValueError. generator: a Generator, default the global one.
    """

def bincount(
    input: _Operand,
    weights: _Operand | None = None,
    minlength: _int = 0,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """How often each number from 0 to the greatest occurs, or the sum of its weights.

    input: (n,), integers from 0 on. weights: (n,); they are added up in float64, and give
    float32 if they are that. minlength: the result has at least so many elements (default
    0). Returns int64 without weights. The gradient goes to the weights. Raises ValueError
    for negative numbers.
    """

def binomial(
    count: _Operand,
    prob: _Operand,
    generator: Generator | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Numbers of successes in `count` trials of probability `prob` each.

    count: not negative; a fraction is dropped. prob: in [0, 1]. Both floating point of
    one dtype; they
    broadcast. Returns whole numbers in their dtype; the gradient is 0. generator: a
    Generator, default
    the global one. Raises ValueError for other values (PyTorch counts them as the nearest
    ones) and for
    integers, DTypeError for two dtypes. Source: Hörmann, 1993.
    """

def bitwise_and(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The bits that are set in both elements.

    input, other: integer or bool tensors or numbers that broadcast; the result has their
    common shape and dtype. Raises DTypeError for floating point tensors.
    """

def bitwise_left_shift(
    input: _Operand,
    other: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The bits of input shifted to the left: input * 2**other.

    input, other: integer tensors or numbers that broadcast; the result has their common
    shape and dtype. Bits shifted out are lost; a shift by less than 0, or by the number
    of bits or more, gives 0. Raises DTypeError for floating point and bool tensors.
    """

def bitwise_not(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """All bits of every element turned over: -x - 1; logical not for bool.

    input: (*), integer or bool. Returns the same shape and dtype. Raises DTypeError for
    floating point tensors.
    """

def bitwise_or(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The bits that are set in at least one of both elements.

    input, other: integer or bool tensors or numbers that broadcast; the result has their
    common shape and dtype. Raises DTypeError for floating point tensors.
    """

def bitwise_right_shift(
    input: _Operand,
    other: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The bits of input shifted to the right: floor(input / 2**other).

    input, other: integer tensors or numbers that broadcast; the result has their common
    shape and dtype. A shift by less than 0, or by the number of bits or more, gives 0, or
    -1 for negative input. Raises DTypeError for floating point and bool tensors.
    """

def bitwise_xor(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The bits that are set in exactly one of both elements.

    input, other: integer or bool tensors or numbers that broadcast; the result has their
    common shape and dtype. Raises DTypeError for floating point tensors.
    """

def block_diag(*tensors: Tensor | Sequence[Tensor], out: Tensor | None = None) -> Tensor:
    """A matrix with the tensors as blocks along its diagonal, zeros elsewhere.

    tensors: matrices; vectors count as rows, numbers as (1, 1). Returns the sum of their
    rows by the
    sum of their columns, in their common dtype. Raises ShapeError for more dims.
    """

def bmm(input: _Operand, mat2: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Products of a batch of matrices.

    input: (b, m, k), mat2: (b, k, n). Returns (b, m, n). Does not broadcast: matmul does.
    Raises ShapeError for other shapes, RuntimeError when the dtypes differ or are bool.
    """

def broadcast_tensors(*tensors: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Views of the tensors in the one shape that all of them broadcast to.

    tensors: any number. Elements of a view can be the same memory: clone it before it is
    changed in
    place. Raises ShapeError when they do not broadcast.
    """

def broadcast_to(
    input: _Operand,
    *size: _int | Sequence[_int],
    out: Tensor | None = None,
) -> Tensor:
    """input.expand(size): a view of shape size by the rules of broadcasting."""

def bucketize(
    input: _Operand,
    boundaries: _Operand,
    *,
    out_int32: _bool = False,
    right: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """The bucket that each element of input falls into, between sorted boundaries.

    input: a number or (*). boundaries: (n,), sorted. Returns i with boundaries[i - 1] < x
    <=
    boundaries[i], from 0 to n; right: with boundaries[i - 1] <= x < boundaries[i].
    out_int32: int32
    instead of int64. NaN falls into the last bucket. Raises ShapeError for boundaries
    that are not 1-d.
    """

def cartesian_prod(*tensors: Tensor | Sequence[Tensor], out: Tensor | None = None) -> Tensor:
    """All ways to take one element of each vector, one row each.

    tensors: vectors of one dtype; k of them with sizes n, m, … give (n * m * …, k), the
    last vector
    running fastest. One vector alone is returned as it is. Raises ShapeError for other
    dims, TypeError
    for different dtypes.
    """

def cat(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The tensors one behind the other along an existing dim.

    tensors: a list; all sizes must agree except in dim (default 0). Returns that shape
    with the sizes
    along dim added up, in the common dtype of the tensors. An empty 1-d tensor fits to
    any shape and is
    skipped. Raises ShapeError for other sizes or 0-d tensors, ValueError for an empty
    list.
    """

def cdist(
    x1: _Operand,
    x2: _Operand,
    p: _float = 2.0,
    compute_mode: _str | None = "use_mm_for_euclid_dist_if_necessary",
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Distances between all pairs of rows: out[i, j] = |x1[i] - x2[j]| in the norm of order
    p.

    x1: (…, n, width), x2: (…, m, width) of one floating point dtype; leading dims
    broadcast. Returns
    (…, n, m). p: 0 or more, default 2; 0 counts differences, inf is the greatest one.
    compute_mode: whether p = 2 goes through a matrix product:
    'use_mm_for_euclid_dist_if_necessary'
    (default, for large ones), 'use_mm_for_euclid_dist', 'donot_use_mm_for_euclid_dist';
    None is the
    default. Pairs so near that the product would cancel are computed directly.
    The gradient at distance 0 is 0. Raises ShapeError when the widths differ, ValueError
    for negative
    p and unknown modes.
    """

def ceil(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Least integer not below every element.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0. Raises DTypeError for bool tensors.
    """

def ceil_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Least integer not below every element. In place."""

def celu(input: _Operand, alpha: _float = 1.0, *, out: Tensor | None = None) -> Tensor:
    """Continuously differentiable ELU: max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)).

    input: (*), floating point. Returns the same shape and dtype. alpha: default 1. The
    gradient is 1 at
    0. Raises ValueError if alpha is 0, DTypeError for integers. Source: Barron, 2017.
    """

def celu_(input: _Operand, alpha: _float = 1.0, *, out: Tensor | None = None) -> Tensor:
    """Continuously differentiable ELU: max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)). In
    place.
    """

def channel_shuffle(input: _Operand, groups: _int, *, out: Tensor | None = None) -> Tensor:
    """Channels dealt out anew: those of each group in turn, one from every group.

    out[:, i * groups + g] = input[:, g * (C / groups) + i]. input: (N, C, *), at least
    three dims, any
    dtype; channels_last stays. Raises ValueError if groups does not divide C, ShapeError
    for fewer
    dims. Source: Zhang and others, 2018.
    """

def chunk(input: _Operand, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of at most `chunks` pieces of equal length along dim; the last one may be
    shorter.

    The length is ceil(n / chunks) for n = input.size(dim), so there can be fewer pieces
    than asked for.
    A dim of size 0 gives `chunks` empty pieces. Raises ValueError unless chunks is
    positive.
    """

def clamp(
    input: _Operand,
    min: _Operand | None = None,
    max: _Operand | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
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

def clamp_(
    input: _Operand,
    min: _Operand | None = None,
    max: _Operand | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Every element limited to [min, max]. In place."""

def clamp_max(input: _Operand, max: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Every element, but at most max: min(input, max).

    input: (*). max: a number, or a tensor that broadcasts with input. The result has the
    common shape and dtype. NaN stays NaN. The gradient at input = max goes to input.
    """

def clamp_max_(input: _Operand, max: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Every element, but at most max: min(input, max). In place."""

def clamp_min(input: _Operand, min: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Every element, but at least min: max(input, min).

    input: (*). min: a number, or a tensor that broadcasts with input. The result has the
    common shape and dtype. NaN stays NaN. The gradient at input = min goes to input.
    """

def clamp_min_(input: _Operand, min: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Every element, but at least min: max(input, min). In place."""

def clip(
    input: _Operand,
    min: _Operand | None = None,
    max: _Operand | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
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

def clip_(
    input: _Operand,
    min: _Operand | None = None,
    max: _Operand | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Every element limited to [min, max]. In place."""

def clone(
    input: _Operand,
    *,
    memory_format: _str = "preserve_format",
    out: Tensor | None = None,
) -> Tensor:
    """A copy with memory of its own.

    input: (*). Returns the same shape and dtype. memory_format: preserve_format (default)
    for the order of dims that input has in memory, contiguous_format for row-major,
    channels_last (4 dims), channels_last_3d (5 dims). The gradient flows through to
    input;
    detach().clone() gives a copy without history.
    """

def column_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors as columns side by side: along dim 1.

    tensors: a list; numbers and vectors count as one column each. All sizes but the
    second must agree,
    else ShapeError.
    """

def combinations(
    input: _Operand,
    r: _int = 2,
    with_replacement: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """All choices of r elements of a vector, in its order, one row each.

    input: (n,). r: default 2. with_replacement: whether an element may be chosen
    repeatedly (default
    False). Returns (count, r). The gradient adds up over the rows. Raises ShapeError for
    other dims,
    ValueError for a negative r.
    """

def complex(real: _Operand, imag: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Complex numbers from their real and imaginary parts: real + i imag.

    real, imag: tensors that broadcast, both float32 or both float64. Returns complex64 or
    complex128. Raises TypeError for other dtypes.
    """

def concat(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """cat under another name: the tensors one behind the other along dim."""

def concatenate(
    tensors: Sequence[Tensor],
    dim: _int = 0,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """cat under NumPy's name: the tensors one behind the other along dim."""

def conj(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Complex conjugate of every element: re - i im.

    input: (*). Returns the same shape and dtype, in memory of its own; a real tensor
    itself.
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

    input: (N, C, L) or (C, L), any dtype but bool. weight:
    (K, C / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
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

    input: (N, C, H, W) or (C, H, W), any dtype but bool. weight:
    (K, C / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
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

    input: (N, C, D, H, W) or (C, D, H, W), any dtype but bool. weight:
    (K, C / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.
    stride (default 1), padding (zeros at both ends, 0) and dilation (distance of
    the kernel's elements, 1): a number or one per dim; padding also by name, see
    below. groups (1): the channels are divided into so many groups, each with
    K / groups kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
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

def conv_tbc(input: _Operand, weight: _Operand, bias: _Operand, pad: _int = 0) -> Tensor:
    """Convolution of sequences whose first dim is time.

    input: (T, B, C), any dtype but bool. weight: (kernel, C, K), bias: (K,), of the same
    dtype. pad: zeros at both ends, default 0. Returns (T + 2 * pad - kernel + 1, B, K).
    Raises ShapeError when channels or sizes do not fit.
    """

def conv_transpose1d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over one spatial dim: the gradient of conv1d.

    Every element of input is multiplied with the kernel, and the products are
    added where the kernel lies, stride apart.
    input: (N, C, L) or (C, L), any dtype but bool. weight:
    (C, K / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1.
    stride (default 1), padding (what is cut off at both ends, 0), output_padding
    (what is added at one end; smaller than stride or dilation, 0) and dilation (1):
    a number or one per dim. groups (1): the channels are divided into so many
    groups, each with kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
    """

def conv_transpose2d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over two spatial dims: the gradient of conv2d.

    Every element of input is multiplied with the kernel, and the products are
    added where the kernel lies, stride apart.
    input: (N, C, H, W) or (C, H, W), any dtype but bool. weight:
    (C, K / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1.
    stride (default 1), padding (what is cut off at both ends, 0), output_padding
    (what is added at one end; smaller than stride or dilation, 0) and dilation (1):
    a number or one per dim. groups (1): the channels are divided into so many
    groups, each with kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
    """

def conv_transpose3d(
    input: _Operand,
    weight: _Operand,
    bias: _Operand | None = None,
    stride: _int | Sequence[_int] = 1,
    padding: _int | Sequence[_int] = 0,
    output_padding: _int | Sequence[_int] = 0,
    groups: _int = 1,
    dilation: _int | Sequence[_int] = 1,
) -> Tensor:
    """Transposed convolution over three spatial dims: the gradient of conv3d.

    Every element of input is multiplied with the kernel, and the products are
    added where the kernel lies, stride apart.
    input: (N, C, D, H, W) or (C, D, H, W), any dtype but bool. weight:
    (C, K / groups, *kernel), bias: (K,), default None; of the same dtype.
    Returns (N, K, *) or (K, *) with the sizes
    (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1.
    stride (default 1), padding (what is cut off at both ends, 0), output_padding
    (what is added at one end; smaller than stride or dilation, 0) and dilation (1):
    a number or one per dim. groups (1): the channels are divided into so many
    groups, each with kernels of its own.
    Raises ShapeError when channels or sizes do not fit, ValueError for a number out
    of range, RuntimeError for different or bool dtypes. Sums of integers are exact
    up to 2 ** 53.
    """

def copysign(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Magnitude of input with the sign of other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. -0. counts as negative. The gradient for input is 1 or
    -1, 0 where input is 0; for other it is 0.
    """

def corrcoef(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Pearson's correlation of the rows of a matrix, whose columns are observations.

    input: (variables, n), or (n,) for one variable; integers are taken as float32.
    Returns
    (variables, variables) in [-1, 1], 0-d for one variable; NaN for a variable that does
    not vary. Of complex numbers both parts lie in [-1, 1]. Raises ShapeError for other
    shapes.
    """

def cos(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Cosine of every element.

    input: (*), in radians; integers give float32. Returns the same shape. Infinities give
    NaN.
    """

def cos_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Cosine of every element. In place."""

def cosh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic cosine of every element: (exp(x) + exp(-x)) / 2.

    input: (*); integers give float32. Returns the same shape. Overflow gives inf.
    """

def cosh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic cosine of every element: (exp(x) + exp(-x)) / 2. In place."""

def cosine_similarity(
    x1: _Operand,
    x2: _Operand,
    dim: _int = 1,
    eps: _float = 1e-08,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Cosine of the angle between vectors: x1 · x2 / (max(|x1|, eps) max(|x2|, eps)).

    x1, x2: floating point, broadcast against each other. dim: along which the vectors lie
    in their
    common shape (default 1); the result lacks it. eps: default 1e-8, so that a vector of
    zeros gives 0.
    Neither overflows nor vanishes at extreme lengths. Raises IndexError for a dim that is
    not there,
    DTypeError for integers.
    """

def count_nonzero(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Number of elements that are not zero, over the given dims or over all.

    input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
    or () for all. keepdim: keep them with size 1 (default False). Returns int64.
    """

def cov(
    input: _Operand,
    *,
    correction: _int = 1,
    fweights: _Operand | None = None,
    aweights: _Operand | None = None,
    out: Tensor | None = None,
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

def cross(
    input: _Operand,
    other: _Operand,
    dim: _int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Cross product of vectors in space: perpendicular to both, along a dim of size 3.

    input, other: as many dims each, which broadcast; one dtype. Returns their common
    shape. dim: the
    dim of the vectors; None (default) for the first one of size 3 in input. Raises
    ShapeError where
    that dim is not 3.
    """

def cummax(
    input: _Operand,
    dim: _int,
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """Running maximum along a dim and where it is: y[i] = max(x[0], …, x[i]).

    input: (*). dim: the dim to run along. Returns (values, indices) of the shape of
    input,
    indices int64: of equal elements the last, to which the gradient goes alone. From the
    first NaN on all are NaN.
    """

def cummin(
    input: _Operand,
    dim: _int,
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """Running minimum along a dim and where it is: y[i] = min(x[0], …, x[i]).

    input: (*). dim: the dim to run along. Returns (values, indices) of the shape of
    input,
    indices int64: of equal elements the last, to which the gradient goes alone. From the
    first NaN on all are NaN.
    """

def cumprod(
    input: _Operand,
    dim: _int,
    *,
    dtype: _dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Running product along a dim: y[i] = x[0] * … * x[i].

    input: (*). dim: the dim to run along. dtype: converted to first, by default that of
    input, int64 for integers and bools. Returns the same shape. The gradient is right for
    any number of zeros.
    """

def cumsum(
    input: _Operand,
    dim: _int,
    *,
    dtype: _dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Running sum along a dim: y[i] = x[0] + … + x[i].

    input: (*). dim: the dim to run along. dtype: converted to first, by default that of
    input, int64 for integers and bools. Returns the same shape.
    """

def cumulative_trapezoid(
    y: _Operand,
    x: _Operand | None = None,
    *,
    dx: _Number | None = None,
    dim: _int = -1,
    out: Tensor | None = None,
) -> Tensor:
    """The running integral of samples along a dim by the trapezoidal rule.

    y: (..., n, ...), the samples; integers give float32. x: where they are, (n,) or of a
    shape that broadcasts with y. dx: their distance, where there is no x (default 1).
    dim:
    by default the last; it gets size n - 1. Raises ShapeError where x does not fit,
    TypeError for bools and for both x and dx.
    """

def deg2rad(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Angles in degrees as radians: x * pi / 180.

    input: (*); integers give float32. Returns the same shape.
    """

def deg2rad_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Angles in degrees as radians: x * pi / 180. In place."""

def diag(input: _Operand, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """A vector as the diagonal of a square matrix, or the diagonal of a matrix as a vector.

    input: (n,) gives (n + |diagonal|, n + |diagonal|) with zeros elsewhere; (n, m) gives
    a copy of its
    diagonal. diagonal: 0 (default) is the main one, k > 0 lies k columns to the right, k
    < 0 lies -k
    rows below; one outside of the matrix is empty. Raises ShapeError for other numbers of
    dims.
    """

def diag_embed(
    input: _Operand,
    offset: _int = 0,
    dim1: _int = -2,
    dim2: _int = -1,
    *,
    out: Tensor | None = None,
) -> Tensor:
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

def diagflat(input: _Operand, offset: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """A square matrix with the elements of input on a diagonal, zeros elsewhere.

    input: any shape; it is flattened. offset: 0 (default) is the main diagonal, k > 0
    lies k columns to
    the right, k < 0 lies -k rows below.
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

def diagonal_scatter(
    input: _Operand,
    src: _Operand,
    offset: _int = 0,
    dim1: _int = 0,
    dim2: _int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of input in which src is written over a diagonal.

    src: the shape of diagonal(input, offset, dim1, dim2), converted to the dtype of
    input; further as
    diagonal. Raises ShapeError when src does not fit.
    """

def diff(
    input: _Operand,
    n: _int = 1,
    dim: _int = -1,
    prepend: _Operand | None = None,
    append: _Operand | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Differences of neighbours along a dim: y[i] = x[i + 1] - x[i], n times.

    input: one dim or more. n: how often (default 1); 0 gives a copy. dim: by default the
    last; it gets shorter by n. prepend, append: what to join to input first, of as many
    dims. Of bools: whether neighbours differ. Raises ShapeError for a 0-d input,
    ValueError for a negative n.
    """

def digamma(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Derivative of the logarithm of the gamma function.

    input: (*); integers give float32. Returns the same shape. 0 gives -inf, -0. gives
    inf, the other
    poles, at the negative integers, give NaN: the limits from both sides differ.
    """

def dist(
    input: _Operand,
    other: _Operand,
    p: _float = 2,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The p-norm of a difference: (sum |input - other|**p)**(1 / p).

    input, other: floating point or complex, broadcast. p: any order, inf for the greatest
    difference,
    0 for the count of different elements (default 2). Returns a 0-d tensor. The gradient
    is
    0 where nothing differs. Raises TypeError for integers.
    """

def div(
    input: _Operand,
    other: _Operand,
    *,
    rounding_mode: _str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Quotient, element by element: input / other, rounded on demand.

    input, other: tensors or numbers that broadcast. rounding_mode: None (default) for
    true_divide, where integers give float32; 'floor' to round down, as floor_divide,
    'trunc' to round towards zero: both keep integers and have gradient 0. Raises
    ValueError for another rounding_mode and for rounded integers divided by 0.
    """

def divide(
    input: _Operand,
    other: _Operand,
    *,
    rounding_mode: _str | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Quotient, element by element: input / other, rounded on demand.

    input, other: tensors or numbers that broadcast. rounding_mode: None (default) for
    true_divide, where integers give float32; 'floor' to round down, as floor_divide,
    'trunc' to round towards zero: both keep integers and have gradient 0. Raises
    ValueError for another rounding_mode and for rounded integers divided by 0.
    """

def dot(input: _Operand, tensor: _Operand, *, out: Tensor | None = None) -> Tensor:
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
    Raises ValueError unless 0 <= p <= 1, DTypeError for integers. Source: Srivastava and
    others, 2014.
    """

@overload
def dsplit(input: _Operand, sections: _int) -> tuple[Tensor, ...]:
    """Views of equal parts of input, cut depth-wise: along dim 2.

    sections: how many. Raises ValueError when they do not divide the size, ShapeError for
    fewer than
    three dims.
    """

@overload
def dsplit(input: _Operand, indices: _int | Sequence[_int]) -> tuple[Tensor, ...]:
    """Views of parts of input, cut depth-wise at the given indices, as tensor_split does.

    indices: where to cut along dim 2.
    """

def dstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors one behind the other: along dim 2.

    tensors: a list; a vector (n,) counts as (1, n, 1), a matrix (n, m) as (n, m, 1). All
    sizes but the
    third must agree, else ShapeError.
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
    the sum over its places in input; it is dense: sparse=True is refused.
    padding_idx: a row, negative from the end, that gets no gradient. max_norm: before the
    look-up, the
    rows in input whose norm_type-norm (default 2) is larger are scaled down to it, in
    weight itself.
    scale_grad_by_freq=True divides the gradient of a row by the number of its places in
    input.
    Raises IndexError for an index outside of [0, rows), ValueError for such a padding_idx
    and for
    sparse=True.
    """

def eq(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input == other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. NaN equals nothing, itself included.
    equal compares whole tensors.
    """

def erf(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x.

    input: (*); integers give float32. Returns the same shape, in [-1, 1].
    """

def erf_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x. In place."""

def erfc(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Complementary error function of every element: 1 - erf(x), accurate for large x.

    input: (*); integers give float32. Returns the same shape, in [0, 2].
    """

def erfc_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Complementary error function of every element: 1 - erf(x), accurate for large x. In
    place.
    """

def erfinv(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inverse of the error function: the y with erf(y) = x.

    input: (*) in [-1, 1]; integers give float32. Returns the same shape. -1 and 1 give
    -inf and inf,
    numbers beyond give NaN.
    """

def exp(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Exponential of every element: e ** x.

    input: (*); integers give float32. Returns the same shape. Overflow gives inf: above
    about 88.7 in float32, 709.8 in float64.
    """

def exp2(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Power of two of every element: 2 ** x.

    input: (*); integers give float32. Returns the same shape. Overflow gives inf.
    """

def exp2_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Power of two of every element: 2 ** x. In place."""

def exp_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Exponential of every element: e ** x. In place."""

def expm1(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Exponential of every element, less one: exp(x) - 1, accurate near 0.

    input: (*); integers give float32. Returns the same shape.
    """

def expm1_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Exponential of every element, less one: exp(x) - 1, accurate near 0. In place."""

def feature_alpha_dropout(
    input: _Operand,
    p: _float = 0.5,
    training: _bool = False,
    inplace: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """alpha_dropout of whole channels: those of (N, C, …).

    input: floating point with at least 2 dims. p: the probability of each channel
    (default 0.5); 0
    gives input itself, 1 zeros. training=False (default) gives input itself. inplace=True
    writes over
    input. Raises ValueError unless 0 <= p <= 1, ShapeError for fewer dims, DTypeError for
    integers.
    """

def fill(input: _Operand, value: _Operand, *, out: Tensor | None = None) -> Tensor:
    """A tensor of the shape and dtype of input with value everywhere; fill_ writes it over
    input.

    input: (*). value: a number or a 0-d tensor, converted to the dtype of input:
    fractions are cut off
    for integers. The old elements get no gradient, that of value is the sum. Raises
    ShapeError for a
    value of more dims, ValueError for one that the dtype can not hold.
    """

def fill_(input: _Operand, value: _Operand, *, out: Tensor | None = None) -> Tensor:
    """A tensor of the shape and dtype of input with value everywhere; fill_ writes it over
    input. In place.
    """

def fix(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Integer part of every element: rounded towards zero.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0. Raises DTypeError for bool tensors.
    """

def fix_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Integer part of every element: rounded towards zero. In place."""

def flatten(
    input: _Operand,
    start_dim: _int = 0,
    end_dim: _int = -1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The dims of input from start_dim to end_dim joined into one.

    start_dim: default 0. end_dim: included, default -1, the last. A view where the
    strides allow it,
    else a copy. A 0-d input gives (1,). Raises ValueError when start_dim comes after
    end_dim.
    """

def flip(input: _Operand, *dims: _int | Sequence[_int], out: Tensor | None = None) -> Tensor:
    """A copy of input with the order along the given dims reversed.

    dims: any number of different dims, negative ones count from the end; none gives a
    plain copy.
    Raises ValueError for a dim given twice, IndexError for one out of range.
    """

def fliplr(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """A copy of input with the order of its columns (dim 1) reversed.

    input: at least 2-d, else ShapeError.
    """

def flipud(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """A copy of input with the order of its rows (dim 0) reversed.

    input: at least 1-d, else ShapeError.
    """

def float_power(input: _Operand, exponent: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Power in float64, of complex numbers in complex128: input ** exponent.

    input, exponent: tensors or numbers that broadcast, converted first; so is the result.
    A negative
    base with a fractional exponent gives NaN. The in-place form needs a tensor of the
    result's dtype.
    """

def floor(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Greatest integer not above every element.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0. Raises DTypeError for bool tensors.
    """

def floor_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Greatest integer not above every element. In place."""

def floor_divide(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Quotient rounded down, element by element: floor(input / other).

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype: integers stay integers. The gradient is 0. Floats divided by 0 give inf or NaN.
    Raises ValueError for integers divided by 0.
    """

def fmax(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The greater of two, element by element; a NaN loses against a number.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Two NaN give NaN. At ties input gets the gradient.
    """

def fmin(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The lesser of two, element by element; a NaN loses against a number.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Two NaN give NaN. At ties input gets the gradient.
    """

def fmod(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Remainder with the sign of the dividend: input - trunc(input / other) * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. C's fmod; remainder takes the sign of the divisor. Gradients: 1 for input,
    -trunc(input / other) for other. Floats divided by 0 give NaN. Raises ValueError for
    integers divided by 0.
    """

def frac(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Fractional part of every element, with its sign: x - trunc(x).

    input: (*), of a floating point dtype. Returns the same shape and dtype. Infinities
    give NaN. The gradient is 1. Raises DTypeError for integer and bool tensors.
    """

def frac_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Fractional part of every element, with its sign: x - trunc(x). In place."""

def gather(input: _Operand, dim: _int, index: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Elements picked along dim: out[i, j] = input[index[i, j], j] for dim 0 of two, and so
    on.

    index: integers with as many dims as input, not larger than it except along dim.
    Returns the shape
    of index and the dtype of input. The gradient adds up where a position is picked
    repeatedly.
    Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when index
    does not fit.
    """

def gcd(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Greatest common divisor of two integers, element by element.

    input, other: integer tensors or numbers that broadcast; the result has their common
    shape and
    dtype and is not negative; gcd(0, 0) is 0. The least number of a dtype, which has no
    positive
    counterpart, may come out as itself. Raises TypeError for floating point and bool.
    """

def gcd_(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Greatest common divisor of two integers, element by element. In place."""

def ge(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input >= other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def ger(input: _Operand, vec2: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Outer product of two vectors: c[i, j] = input[i] * vec2[j].

    input: (m,), vec2: (n,). Returns (m, n) in the common dtype. Raises ShapeError for
    other shapes.
    """

def greater(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input > other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def greater_equal(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input >= other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

@overload
def gru(
    input: _Operand,
    hx: _Operand,
    params: Sequence[Tensor],
    has_biases: _bool,
    num_layers: _int,
    dropout: _float,
    train: _bool,
    bidirectional: _bool,
    batch_first: _bool,
) -> tuple[Tensor, ...]:
    """A network of gated recurrent units.

    Gates in the order r, z, n: r and z are sigmoid(w_ih x + b_ih + w_hh h + b_hh), n is
    tanh(w_ih x + b_ih + r (w_hh h + b_hh)), and h becomes (1 - z) n + z h.

    input: (L, N, features), or (N, L, features) with batch_first. hx: h_0 (D *
    num_layers, N, H), D =
    2 where bidirectional, else 1. params: for every layer and direction w_ih (3 H,
    features), w_hh (3
    H, H), with has_biases b_ih and b_hh (3 H); a layer's features are the outputs of all
    directions
    of the one before. dropout: probability, between layers, where train. Returns (output,
    h_n):
    output (L, N, D * H), the last layer's states at every step, and the states after the
    last step,
    shaped as hx.
    Raises ShapeError or ValueError for what does not fit. Source: Cho and others, 2014.
    """

@overload
def gru(
    data: _Operand,
    batch_sizes: _Operand,
    hx: _Operand,
    params: Sequence[Tensor],
    has_biases: _bool,
    num_layers: _int,
    dropout: _float,
    train: _bool,
    bidirectional: _bool,
) -> tuple[Tensor, ...]:
    """gru of packed sequences (see nn.utils.rnn): data (rows, features), step by step.

    data: (sum of batch_sizes, features). batch_sizes: int64, how many sequences have each
    step, not
    increasing. hx, params, has_biases, num_layers, dropout, train, bidirectional and what
    is
    returned: as for gru; output has the rows of data.
    """

def gru_cell(
    input: _Operand,
    hx: _Operand,
    w_ih: _Operand,
    w_hh: _Operand,
    b_ih: _Operand | None = None,
    b_hh: _Operand | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """One step of gru.

    input: (N, features). hx: (N, H). w_ih: (3 H, features), w_hh: (3 H, H), b_ih and
    b_hh: (3 H) or both None (default). Returns h after the step. Raises ShapeError or
    ValueError
    for what does not fit.
    """

def gt(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input > other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def hardshrink(input: _Operand, lambd: _float = 0.5, *, out: Tensor | None = None) -> Tensor:
    """Small values set to 0: x where |x| > lambd, else 0.

    input: (*), floating point. Returns the same shape and dtype. lambd: default 0.5. NaN
    stays NaN. The
    gradient is 1 where x is kept, else 0. Raises DTypeError for integers.
    """

def heaviside(input: _Operand, values: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Step function: 0 below 0, `values` at 0, 1 above.

    input: (*). values: a tensor of the same dtype that broadcasts with input. NaN gives
    0. The
    gradient of input is 0, that of values 1 where input is 0. Raises RuntimeError when
    the dtypes
    differ.
    """

def histc(
    input: _Operand,
    bins: _int = 100,
    min: _float = 0,
    max: _float = 0,
    *,
    out: Tensor | None = None,
) -> Tensor:
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
    input: _Operand,
    bins: _int = 100,
    *,
    range: _float | Sequence[_float] | None = None,
    weight: _Operand | None = None,
    density: _bool = False,
    out: Sequence[Tensor] | None = None,
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
    input: _Operand,
    bins: Tensor,
    *,
    weight: _Operand | None = None,
    density: _bool = False,
    out: Sequence[Tensor] | None = None,
) -> _HistBin_edges:
    """How many elements are between each two neighbours of the given edges.

    input: (*), floating point. bins: the edges in ascending order, (n + 1,), of the same
    dtype. weight: of the shape of input, added up instead of ones. density: divided by
    the
    total and the width of the bin (default False). The last bin includes its right edge.
    Returns (hist, bin_edges), hist (n,). Raises ShapeError for fewer than two edges.
    """

@overload
def hsplit(input: _Operand, sections: _int) -> tuple[Tensor, ...]:
    """Views of equal parts of input, cut column-wise: along dim 1, or 0 for a vector.

    sections: how many. Raises ValueError when they do not divide the size, ShapeError for
    a 0-d input.
    """

@overload
def hsplit(input: _Operand, indices: _int | Sequence[_int]) -> tuple[Tensor, ...]:
    """Views of parts of input, cut column-wise at the given indices, as tensor_split does.

    indices: where to cut along dim 1, or 0 for a vector.
    """

def hstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors side by side: along dim 1, vectors along dim 0.

    tensors: a list; numbers count as vectors of one element. All sizes but that one must
    agree, else
    ShapeError.
    """

def hypot(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Length of the hypotenuse: sqrt(input**2 + other**2), without overflow.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. The gradient at the origin is NaN.
    """

def i0(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Modified Bessel function of the first kind of order 0.

    input: (*); integers give float32. Returns the same shape, at least 1; infinities give
    inf.
    """

def i0_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Modified Bessel function of the first kind of order 0. In place."""

def imag(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The imaginary parts of a complex tensor, a view.

    input: (*), complex. Returns the same shape. Raises TypeError for a tensor that is not
    complex. The attribute x.imag is the same.
    """

def index_add(
    input: _Operand,
    dim: _int,
    index: _Operand,
    source: _Operand,
    *,
    alpha: _Number = 1,
    out: Tensor | None = None,
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

def index_copy(
    input: _Operand,
    dim: _int,
    index: _Operand,
    source: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """input with the slices of source written at the positions index along dim.

    index: integers (k,). source: the shape of input with size k along dim, and its dtype.
    At repeated
    positions the last one wins, but the gradients of all of them are those of the
    position.
    Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when source
    does not fit,
    RuntimeError for another dtype.
    """

def index_fill(
    input: _Operand,
    dim: _int,
    index: _Operand,
    value: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """input with value at the positions index along dim.

    index: integers (k,), negative ones count from the end. value: a number or a 0-d
    tensor, converted
    to the dtype of input. The gradient is 0 at the positions; that of value is the sum
    there.
    Raises IndexError for an entry out of range and an index of no integers, ShapeError
    for an index or
    a value of more dims.
    """

def index_put(
    input: _Operand,
    indices: Sequence[Tensor | None],
    values: _Operand,
    accumulate: _bool = False,
    *,
    out: Tensor | None = None,
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
    input: _Operand,
    indices: Sequence[Tensor | None],
    values: _Operand,
    accumulate: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """input with values written, or added, at positions: input[indices] = values. In place."""

def index_reduce(
    input: _Operand,
    dim: _int,
    index: _Operand,
    source: _Operand,
    reduce: _str,
    *,
    include_self: _bool = True,
    out: Tensor | None = None,
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

def index_select(
    input: _Operand,
    dim: _int,
    index: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of the positions index along dim of input, one behind the other.

    index: integers (k,), or one integer. Returns the shape of input with size k along
    dim. Repeated
    positions are fine; their gradients add up. Raises IndexError for an entry outside of
    [0, input.size(dim)), ShapeError for an index of more than one dim.
    """

def inner(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inner products along the last dims: out[…, …] = sum over k of input[…, k] * other[…,
    k].

    input: (…, k), other: (…, k) of one dtype. Returns the leading dims of input, then
    those of other.
    A 0-d tensor multiplies the other one. Raises ShapeError when the last sizes differ.
    """

def isclose(
    input: _Operand,
    other: _Operand,
    rtol: _float = 1e-05,
    atol: _float = 1e-08,
    equal_nan: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Whether |input - other| <= atol + rtol * |other|, element by element.

    input, other: tensors or numbers that broadcast. Returns a bool tensor of their common
    shape. rtol, atol: relative and absolute tolerance (default 1e-5 and 1e-8). Equal
    infinities are close. equal_nan: whether two NaN are (default False).
    """

def isfinite(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is neither infinite nor NaN.

    input: (*), any dtype; integers always are. Returns a bool tensor of the same shape.
    """

def isin(
    elements: _Operand,
    test_elements: _Operand,
    *,
    assume_unique: _bool = False,
    invert: _bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """Whether each of the elements is one of the test elements.

    elements, test_elements: tensors or numbers, compared in their common dtype. Returns
    bool of the
    shape of elements. invert: whether it is none of them (default False). assume_unique:
    accepted,
    without effect. NaN is equal to nothing.
    """

def isinf(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is inf or -inf.

    input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
    """

def isnan(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is NaN.

    input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
    """

def isneginf(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is -inf.

    input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
    """

def isposinf(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is inf.

    input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.
    """

def isreal(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is a real number: always, there are no complex dtypes.

    input: (*), any dtype; NaN and infinities count. Returns a bool tensor of the same
    shape.
    """

def kron(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Kronecker product: every element of input replaced by its product with all of other.

    input, other: any shapes; the one with fewer dims gets sizes 1 in front. Returns the
    products of
    the sizes, in the common dtype.
    """

def kthvalue(
    input: _Operand,
    k: _int,
    dim: _int = -1,
    keepdim: _bool = False,
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """The k-th least elements along a dim, from k=1 for the least, and where they are.

    input: (*). dim: the dim that goes (default the last). keepdim: keep it with size 1
    (default False). Returns (values, indices), indices int64: of equal elements the
    first.
    NaN counts as greatest. Takes time linear in the size of dim. Raises ValueError for k
    below 1 or above that size.
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
    Raises ShapeError when normalized_shape does not fit, DTypeError for integers.
    Source: Ba, Kiros and Hinton, 2016.
    """

def lcm(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Least common multiple of two integers, element by element.

    input, other: integer tensors or numbers that broadcast; the result has their common
    shape and
    dtype and is not negative; 0 where one of them is 0. Results that overflow wrap
    around. Raises
    TypeError for floating point and bool.
    """

def lcm_(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Least common multiple of two integers, element by element. In place."""

def ldexp(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Product with a power of two: input * 2**other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype,
    where integers count as float32. other may be fractional. The power itself may
    overflow or vanish
    as long as the result does not.
    """

def ldexp_(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Product with a power of two: input * 2**other. In place."""

def le(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input <= other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def lerp(
    input: _Operand,
    end: _Operand,
    weight: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Linear interpolation: input + weight * (end - input).

    input, end, weight: tensors or numbers that broadcast; the result has their common
    shape and the common dtype of input and end. weight 0 gives input, 1 gives end; others
    extrapolate. A complex weight gives a complex result. Raises DTypeError for integers.
    """

def less(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input < other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def less_equal(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input <= other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def lgamma(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of the absolute value of the gamma function.

    input: (*); integers give float32. Returns the same shape. 0, the negative integers,
    inf and -inf
    give inf. The gradient is digamma(input).
    """

def log(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Natural logarithm of every element.

    input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
    numbers give NaN.
    """

def log10(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of every element to base 10.

    input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
    numbers give NaN.
    """

def log10_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of every element to base 10. In place."""

def log1p(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of one plus every element: log(1 + x), accurate near 0.

    input: (*); integers give float32. Returns the same shape. -1 gives -inf, less gives
    NaN.
    """

def log1p_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of one plus every element: log(1 + x), accurate near 0. In place."""

def log2(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of every element to base 2.

    input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
    numbers give NaN.
    """

def log2_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of every element to base 2. In place."""

def log_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Natural logarithm of every element. In place."""

def log_softmax(
    input: _Operand,
    dim: _int,
    dtype: _dtype | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Logarithm of softmax along a dim: x - log(sum(exp(x))).

    input: (*), floating point. dim: the dim whose exponentials sum to 1. dtype: converted
    to first (default: that of input). Returns the same shape. More accurate than the log
    of softmax, and finite where that underflows. A row of -inf, or one with inf or NaN,
    gives NaN. Raises DTypeError for integers without a dtype.
    """

def logaddexp(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of a sum of exponentials, log(exp(input) + exp(other)), without overflow.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. Two -inf give -inf. logsumexp does the same along dims.
    """

def logaddexp2(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Binary logarithm of a sum of powers of two, log2(2**input + 2**other), without
    overflow.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype,
    float32 for integers. Two -inf give -inf.
    """

def logcumsumexp(input: _Operand, dim: _int, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of the running sum of exponentials: y[i] = log(exp(x[0]) + … + exp(x[i])).

    input: (*); integers give float32. dim: the dim to run along. Returns the same shape.
    Neither overflows nor vanishes: sums are kept relative to the running maximum. The
    gradient at -inf is 0. Imaginary parts of complex results may leave (-pi, pi], as in
    PyTorch.
    """

def logical_and(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether both elements are not zero.

    input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
    Returns a bool tensor of their common shape.
    """

def logical_not(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether each element is zero.

    input: (*), any dtype; NaN counts as not zero. Returns a bool tensor of the same
    shape.
    """

def logical_or(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether at least one of both elements is not zero.

    input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
    Returns a bool tensor of their common shape.
    """

def logical_xor(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether exactly one of both elements is not zero.

    input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
    Returns a bool tensor of their common shape.
    """

def logit(input: _Operand, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """Inverse of sigmoid: log(x / (1 - x)).

    input: (*) in [0, 1]; integers give float32. Returns the same shape. 0 and 1 give -inf
    and inf,
    numbers outside NaN. eps: limits input to [eps, 1 - eps] first; None (default) for no
    limit. The
    gradient is 0 where the limits hold, without them NaN outside of [0, 1].
    """

def logit_(input: _Operand, eps: _float | None = None, *, out: Tensor | None = None) -> Tensor:
    """Inverse of sigmoid: log(x / (1 - x)). In place."""

def logsumexp(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Logarithm of the sum of exponentials over the given dims: log(sum(exp(x))).

    input: (*); integers give float32. dim: a dim or several; None (default) or () for
    all. keepdim: keep them with size 1 (default False). The greatest element (of complex
    numbers the greatest real part) is taken out first: no overflow. All -inf, or no
    elements, give -inf. The gradient is softmax(x);
    NaN where the result is infinite. Raises IndexError for a dim out of range, ValueError
    for one that is named twice. Source: Blanchard, Higham and Higham, 2021.
    """

@overload
def lstm(
    input: _Operand,
    hx: Sequence[Tensor],
    params: Sequence[Tensor],
    has_biases: _bool,
    num_layers: _int,
    dropout: _float,
    train: _bool,
    bidirectional: _bool,
    batch_first: _bool,
) -> tuple[Tensor, ...]:
    """A network of long short-term memory.

    Gates in the order i, f, g, o of w_ih x + b_ih + w_hh h + b_hh, sigmoids but for g, a
    tanh; c
    becomes f c + i g, and h becomes o tanh(c), times w_hr.T if there is one.

    input: (L, N, features), or (N, L, features) with batch_first. hx: h_0 (D *
    num_layers, N, P) and
    c_0 (D * num_layers, N, H), D = 2 where bidirectional, else 1. params: for every layer
    and
    direction w_ih (4 H, features), w_hh (4 H, P), with has_biases b_ih and b_hh (4 H)
    and, where P is
    not H, w_hr (P, H); a layer's features are the outputs of all directions of the one
    before.
    dropout: probability, between layers, where train. Returns (output, h_n, c_n): output
    (L, N, D *
    P), the last layer's states at every step, and the states after the last step, shaped
    as hx.
    Raises ShapeError or ValueError for what does not fit. Source: Hochreiter and
    Schmidhuber, 1997.
    """

@overload
def lstm(
    data: _Operand,
    batch_sizes: _Operand,
    hx: Sequence[Tensor],
    params: Sequence[Tensor],
    has_biases: _bool,
    num_layers: _int,
    dropout: _float,
    train: _bool,
    bidirectional: _bool,
) -> tuple[Tensor, ...]:
    """lstm of packed sequences (see nn.utils.rnn): data (rows, features), step by step.

    data: (sum of batch_sizes, features). batch_sizes: int64, how many sequences have each
    step, not
    increasing. hx, params, has_biases, num_layers, dropout, train, bidirectional and what
    is
    returned: as for lstm; output has the rows of data.
    """

def lstm_cell(
    input: _Operand,
    hx: Sequence[Tensor],
    w_ih: _Operand,
    w_hh: _Operand,
    b_ih: _Operand | None = None,
    b_hh: _Operand | None = None,
) -> tuple[Tensor, ...]:
    """One step of lstm.

    input: (N, features). hx: [h, c], each (N, H). w_ih: (4 H, features), w_hh: (4 H, H),
    b_ih and
    b_hh: (4 H) or both None (default). Returns (h, c) after the step. Raises ShapeError
    or ValueError
    for what does not fit.
    """

def lt(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input < other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. False where either is NaN.
    """

def masked_fill(
    input: _Operand,
    mask: _Operand,
    value: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """input with value wherever mask holds.

    input, mask: tensors that broadcast, mask bool. value: a number or a 0-d tensor,
    converted to the dtype of input. Returns the common shape and the dtype of input. The
    gradient is 0 under the mask; that of value is the sum there. Raises DTypeError for a
    mask that is not bool, ShapeError for a value that is not 0-d, ValueError for one that
    the dtype can not hold.
    """

def masked_scatter(
    input: _Operand,
    mask: _Operand,
    source: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """input with the elements of source, in row-major order, wherever mask holds.

    mask: bool; input and mask broadcast together. source: the dtype of input and at least
    as many
    elements as the mask has True; the rest is not read. The gradient of input is 0 under
    the mask.
    Raises TypeError for a mask that is not bool, ShapeError for too small a source,
    RuntimeError for
    another dtype.
    """

def masked_select(input: _Operand, mask: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The elements of input where mask is True, as a new vector in row-major order.

    mask: bool; input and mask broadcast together. The gradient is 0 at the other
    elements.
    Raises DTypeError for another dtype, ShapeError when the shapes do not broadcast.
    """

def matmul(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Matrix product: c[…, i, j] = sum over k of input[…, i, k] * other[…, k, j].

    input: (…, m, k), other: (…, k, n); leading dims broadcast. Returns (…, m, n). A
    vector takes part as a row on the left, as a column on the right, and that dim is
    dropped: two vectors give their inner product, a 0-d tensor. k = 0 gives zeros. Raises
    ShapeError when the sizes of k differ or a tensor is 0-d, RuntimeError when the dtypes
    differ or are bool.
    """

@overload
def max(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Greatest element of all; NaN wins.

    input: (*). Returns a 0-d tensor of the same dtype. Equal greatest elements share the
    gradient equally. Raises ShapeError for no elements.
    """

@overload
def max(
    input: _Operand,
    dim: _int,
    keepdim: _bool = False,
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """Greatest elements along a dim and where they are; NaN wins.

    input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
    Returns (values, indices), indices int64. Of equal elements the first is taken, and
    the gradient goes to it alone. Raises IndexError for no elements.
    """

@overload
def max(input: _Operand, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The greater of two, element by element: maximum(input, other).

    input, other: tensors or numbers that broadcast. NaN wins; at ties each gets half of
    the gradient.
    """

def max_pool1d(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> Tensor:
    """Greatest element of every window over one spatial dim.

    input: (N, C, L) or (C, L), any dtype but bool.
    Only the sizes change, to
    floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1.
    kernel_size, stride (default kernel_size), padding (0; counts as -inf, at most
    half of kernel_size) and dilation (distance of a window's elements, 1): a number
    or one per dim. ceil_mode=True rounds up instead, where a window begins before
    the padding at the end. NaN counts as the greatest. The gradient goes to the
    first of equal elements. Raises ShapeError when a window is larger than the
    input, ValueError for a number out of range, DTypeError for bools.
    """

def max_pool1d_with_indices(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> _ValuesIndices:
    """max_pool1d and the position of every greatest element.

    Returns (values, indices): indices, int64, count through the L
    of one channel of input in row-major order, without the padding. kernel_size,
    stride, padding, dilation and ceil_mode are those of max_pool1d.
    """

def max_pool2d(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> Tensor:
    """Greatest element of every window over two spatial dims.

    input: (N, C, H, W) or (C, H, W), any dtype but bool.
    Only the sizes change, to
    floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1.
    kernel_size, stride (default kernel_size), padding (0; counts as -inf, at most
    half of kernel_size) and dilation (distance of a window's elements, 1): a number
    or one per dim. ceil_mode=True rounds up instead, where a window begins before
    the padding at the end. NaN counts as the greatest. The gradient goes to the
    first of equal elements. Raises ShapeError when a window is larger than the
    input, ValueError for a number out of range, DTypeError for bools.
    """

def max_pool3d(
    input: _Operand,
    kernel_size: _int | Sequence[_int],
    stride: _int | Sequence[_int] | None = None,
    padding: _int | Sequence[_int] = 0,
    dilation: _int | Sequence[_int] = 1,
    ceil_mode: _bool = False,
) -> Tensor:
    """Greatest element of every window over three spatial dims.

    input: (N, C, D, H, W) or (C, D, H, W), any dtype but bool.
    Only the sizes change, to
    floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1.
    kernel_size, stride (default kernel_size), padding (0; counts as -inf, at most
    half of kernel_size) and dilation (distance of a window's elements, 1): a number
    or one per dim. ceil_mode=True rounds up instead, where a window begins before
    the padding at the end. NaN counts as the greatest. The gradient goes to the
    first of equal elements. Raises ShapeError when a window is larger than the
    input, ValueError for a number out of range, DTypeError for bools.
    """

def maximum(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
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
    out: Tensor | None = None,
) -> Tensor:
    """Mean over the given dims, or over all: sum / count.

    input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
    with size 1 (default False). dtype: floating point, converted to first (default: that
    of input). No elements give NaN. Raises DTypeError for integers without a dtype.
    """

@overload
def median(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The median of all elements; of two middle ones the lower.

    input: (*). Returns a 0-d tensor of the same dtype. NaN wins; no elements give NaN.
    The
    elements that have the picked value share the gradient equally. Takes time linear in
    their number. No integers give what PyTorch makes of NaN: 0, the least of int32 and
    int64.
    For the mean of two middle elements use quantile(input, 0.5).
    """

@overload
def median(
    input: _Operand,
    dim: _int,
    keepdim: _bool = False,
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """Medians along a dim and where they are; of two middle elements the lower.

    input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
    Returns (values, indices), indices int64: of equal elements the first, to which the
    gradient goes alone. NaN wins: the first of the row. Raises IndexError for
    no elements.
    """

def meshgrid(
    *tensors: Tensor | Sequence[Tensor],
    indexing: _str | None = None,
) -> tuple[Tensor, ...]:
    """The coordinates of a grid: each vector spread over the dims of all others, as views.

    tensors: vectors or numbers, of one dtype; sizes n, m, … give results of shape (n, m,
    …). indexing:
    'ij' (default, rows first), or 'xy', which swaps the first two dims as in pictures.
    Raises
    ShapeError for more dims, TypeError for different dtypes, ValueError for another
    indexing.
    """

@overload
def min(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Least element of all; NaN wins.

    input: (*). Returns a 0-d tensor of the same dtype. Equal least elements share the
    gradient equally. Raises ShapeError for no elements.
    """

@overload
def min(
    input: _Operand,
    dim: _int,
    keepdim: _bool = False,
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """Least elements along a dim and where they are; NaN wins.

    input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
    Returns (values, indices), indices int64. Of equal elements the first is taken, and
    the gradient goes to it alone. Raises IndexError for no elements.
    """

@overload
def min(input: _Operand, other: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The lesser of two, element by element: minimum(input, other).

    input, other: tensors or numbers that broadcast. NaN wins; at ties each gets half of
    the gradient.
    """

def minimum(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The lesser of two, element by element; NaN wins.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. At ties each gets half of the gradient. fmin ignores NaN.
    """

def mm(input: _Operand, mat2: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Product of two matrices.

    input: (m, k), mat2: (k, n). Returns (m, n). Does not broadcast: matmul does. Raises
    ShapeError for other shapes, RuntimeError when the dtypes differ or are bool.
    """

def mode(
    input: _Operand,
    dim: _int = -1,
    keepdim: _bool = False,
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """The most frequent elements along a dim and where they are.

    input: (*). dim: the dim that goes (default the last). keepdim: keep it with size 1
    (default False). Of equally frequent elements the least is taken; all NaN count as one
    element, the greatest. Returns (values, indices), indices int64: the last place of the
    element, to which the gradient goes. Raises IndexError for no elements.
    """

def moveaxis(
    input: _Operand,
    source: _int | Sequence[_int],
    destination: _int | Sequence[_int],
    *,
    out: Tensor | None = None,
) -> Tensor:
    """movedim under NumPy's name: input with the dims source at the places destination."""

def movedim(
    input: _Operand,
    source: _int | Sequence[_int],
    destination: _int | Sequence[_int],
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A view with some dims of input at other places; the others keep their order.

    source, destination: dims of input and, in the same order, where they stand in the
    result; numbers
    or tuples. Raises ValueError when they differ in number or name a dim twice.
    """

def msort(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The elements sorted along the first dim: sort(input, dim=0)[0].

    input: (*). NaN counts as greatest. The gradient goes back to where the elements came
    from.
    """

def mul(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
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
    out: Tensor | None = None,
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

def multiply(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Product, element by element: input * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype (for bools, and). Integers that overflow wrap around.
    """

def mv(input: _Operand, vec: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Product of a matrix and a vector.

    input: (m, k), vec: (k,). Returns (m,). Raises ShapeError for other shapes,
    RuntimeError when the dtypes differ or are bool.
    """

def mvlgamma(input: _Operand, p: _int, *, out: Tensor | None = None) -> Tensor:
    """Logarithm of the multivariate gamma function of dimension p.

    The sum of lgamma(input - j / 2) for j = 0 … p - 1, and p (p - 1) / 4 * log(pi).
    input: (*);
    integers give float32; the density of a Wishart distribution needs elements above (p -
    1) / 2.
    Returns the same shape. p: from 1, which is lgamma, to 10000, else ValueError.
    """

def nan_to_num(
    input: _Operand,
    nan: _float | None = 0.0,
    posinf: _float | None = None,
    neginf: _float | None = None,
    *,
    out: Tensor | None = None,
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
    input: _Operand,
    nan: _float | None = 0.0,
    posinf: _float | None = None,
    neginf: _float | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """NaN and infinities replaced by finite numbers. In place."""

def nanmean(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    dtype: _dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Mean over the given dims, or over all, of the elements that are not NaN.

    input: (*), floating point. dim: a dim or several; None (default) or () for all.
    keepdim: keep them with size 1 (default False). dtype: of the result, by default that
    of
    input. NaN alone, or no elements, give NaN. Raises TypeError for integers.
    """

@overload
def nanmedian(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The median of all elements that are not NaN; of two middle ones the lower.

    input: (*). Returns a 0-d tensor of the same dtype; only NaN, or nothing, gives NaN.
    The
    elements that have the picked value share the gradient equally. No integers give what
    PyTorch makes of NaN: 0, the least of int32 and int64.
    """

@overload
def nanmedian(
    input: _Operand,
    dim: _int,
    keepdim: _bool = False,
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """Medians along a dim of the elements that are not NaN, and where they are.

    input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
    Returns (values, indices), indices int64: of equal elements the first, to which the
    gradient goes alone. A row of NaN gives NaN. Raises IndexError for no
    elements.
    """

def nanquantile(
    input: _Operand,
    q: _Operand,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    interpolation: _str = "linear",
    out: Tensor | None = None,
) -> Tensor:
    """Quantiles of the elements that are not NaN; arguments as in quantile.

    input: (*), floating point. q: a number in [0, 1], or a vector of them, which becomes
    the first dim of the result. dim: None (default) for all elements. keepdim: keep the
    dim with size 1 (default False). interpolation: 'linear' (default), 'lower', 'higher',
    'midpoint' or 'nearest'. A row of NaN alone gives NaN. Raises ShapeError for no
    elements, ValueError for another q or interpolation.
    """

def nansum(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    dtype: _dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Sum over the given dims, or over all, in which NaN counts as 0.

    input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
    with size 1 (default False). dtype: of the result, by default that of input, int64 for
    integers and bools. No elements give 0. NaN elements get the gradient 0.
    """

def narrow(
    input: _Operand,
    dim: _int,
    start: _int,
    length: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A view of the positions start to start + length - 1 along dim.

    start: a negative one counts from the end. length may be 0. Raises IndexError when the
    positions do
    not lie in input, ShapeError for a 0-d input.
    """

def native_channel_shuffle(
    input: _Operand,
    groups: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """channel_shuffle(input, groups), under another name of PyTorch's."""

def ne(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input != other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. NaN differs from everything, itself
    included.
    """

def neg(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Negation of every element: -x.

    input: (*), any dtype but bool. Returns the same shape and dtype. Unsigned integers
    wrap around, and the least signed integer is its own negation. Raises DTypeError for
    bool tensors: use logical_not.
    """

def neg_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Negation of every element: -x. In place."""

def negative(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Negation of every element: -x.

    input: (*), any dtype but bool. Returns the same shape and dtype. Unsigned integers
    wrap around, and the least signed integer is its own negation. Raises DTypeError for
    bool tensors: use logical_not.
    """

def negative_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Negation of every element: -x. In place."""

def nextafter(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The next number that the dtype holds after input, towards other.

    input, other: floating point tensors that broadcast; the result has their common shape
    and dtype,
    half types included. Where both are equal the result is other; NaN gives NaN. The
    gradient of input is 1, 0 where both are equal; that of other is 0. Raises TypeError
    for integers.
    """

def nonzero_static(
    input: _Operand,
    *,
    size: _int,
    fill_value: _int = -1,
    out: Tensor | None = None,
) -> Tensor:
    """The positions of the first elements of input that are not zero, always `size` rows.

    input: any shape and dtype. size: how many rows the result has: further positions are
    left out, and
    missing ones are filled with fill_value (default -1). Returns int64 (size,
    input.ndim). Raises
    ValueError for a negative size.
    """

def not_equal(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether input != other, element by element.

    input, other: tensors or numbers that broadcast; compared in their common dtype.
    Returns a bool tensor of their common shape. NaN differs from everything, itself
    included.
    """

def outer(input: _Operand, vec2: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Outer product of two vectors: c[i, j] = input[i] * vec2[j].

    input: (m,), vec2: (n,). Returns (m, n) in the common dtype. Raises ShapeError for
    other shapes.
    """

def pairwise_distance(
    x1: _Operand,
    x2: _Operand,
    p: _float = 2.0,
    eps: _float = 1e-06,
    keepdim: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Distance of vectors along the last dim: |x1 - x2 + eps| in the norm of order p.

    x1, x2: (*, D), broadcast against each other; integers give float32. p: default 2.
    eps: added to
    each difference (default 1e-6), which keeps the gradient of equal vectors finite;
    PyTorch's does so
    too. Returns (*), or (*, 1) if keepdim.
    """

def pdist(input: _Operand, p: _float = 2.0, *, out: Tensor | None = None) -> Tensor:
    """Distances between all pairs of rows i < j, in the norm of order p.

    input: (n, width), floating point. p: 0 or more, default 2; 0 counts differences, inf
    is the
    greatest one. Returns (n (n - 1) / 2): the pairs (0, 1), (0, 2), …, (n - 2, n - 1).
    The gradient at
    distance 0 is 0. Raises ShapeError for another number of dims, ValueError for a
    negative p,
    DTypeError for integers. cdist gives the whole matrix.
    """

def permute(input: _Operand, *dims: _int | Sequence[_int]) -> Tensor:
    """A view with the dims in another order: dim i of the result is dim dims[i] of input.

    dims: each dim of input once; negative ones count from the end. Raises ShapeError for
    another number
    of dims, ValueError for a dim given twice, IndexError for one out of range.
    """

def pixel_shuffle(
    input: _Operand,
    upscale_factor: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Channels turned into pixels: (*, C * r * r, H, W) to (*, C, H * r, W * r).

    out[..., c, h * r + i, w * r + j] = input[..., c * r * r + i * r + j, h, w] with
    r = upscale_factor. Any dtype; channels_last stays. Raises ShapeError for fewer than
    three dims or
    channels that r * r does not divide, ValueError for r < 1. Source: Shi and others,
    2016.
    """

def pixel_unshuffle(
    input: _Operand,
    downscale_factor: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Pixels turned into channels: (*, C, H * r, W * r) to (*, C * r * r, H, W).

    The inverse of pixel_shuffle, with r = downscale_factor. input: any dtype;
    channels_last stays.
    Raises ShapeError for fewer than three dims or sizes that r does not divide,
    ValueError for r < 1.
    """

def poisson(
    input: _Operand,
    generator: Generator | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Poisson numbers with the rates that input gives.

    input: rates (*), floating point. Returns whole numbers in its shape and dtype; the
    gradient is 0.
    generator: a Generator, default the global one. Raises ValueError for rates that are
    negative, NaN
    or infinite, TypeError for integers. Source: Hörmann, 1993.
    """

def polar(abs: _Operand, angle: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Complex numbers from their sizes and angles: abs * (cos(angle) + i sin(angle)).

    abs, angle: tensors that broadcast, both float32 or both float64; angle in radians.
    Returns complex64 or complex128. Raises TypeError for other dtypes.
    """

def polygamma(n: _int, input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The n-th derivative of digamma, which is the (n + 1)-th of the logarithm of gamma.

    n: the order, any integer from 0 on; 0 is digamma. input: (*); integers give float32.
    Returns the
    same shape. From order 1 on the poles, at 0 and the negative integers, give inf for
    odd n and -inf
    for even n. Raises ValueError for negative n. Also as the method input.polygamma(n).
    """

def positive(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The elements unchanged: +x.

    input: (*), any dtype but bool. Returns input itself, no copy. Raises DTypeError for
    bool tensors.
    """

def pow(input: _Operand, exponent: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Power, element by element: input ** exponent.

    input, exponent: tensors or numbers that broadcast; the result has their common shape
    and dtype. x ** 0 is 1, also for 0 and NaN. Negative bases with fractional exponents
    give NaN. Integers to negative powers give the integer part: 1 and -1 keep their
    magnitude, all others (0 too) give 0. Where input is 0 and exponent at least 0, the
    gradient for exponent is 0. Raises ValueError for integers to the power of a negative
    number that is written out (a tensor of exponents is not looked through), DTypeError
    for two bools.
    """

def prelu(input: _Operand, weight: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Parametric ReLU: max(x, 0) + weight * min(x, 0).

    input: (*), floating point. weight: one number for all, () or (1), or (C) for each
    channel: dim 1 of
    input. Returns the shape of input. Raises ShapeError for another weight, DTypeError
    for integers.
    Source: He and others, 2015.
    """

def prod(
    input: _Operand,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    dtype: _dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Product over one dim, or over all.

    input: (*). dim: None (default) for all. keepdim: keep the dim with size 1 (default
    False). dtype: converted to first, by default that of input, int64 for integers and
    bools. No elements give 1. The gradient of an element is the product of the others,
    also
    where there are zeros.
    """

def put(
    input: _Operand,
    index: _Operand,
    source: _Operand,
    accumulate: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """input with values written, or added, at positions of the flattened input.

    index: integers, negative ones count from the end. source: as many elements, in the
    dtype of input.
    accumulate=True adds instead of writing. At repeated positions the last value wins;
    with accumulate
    all are added, in the order of the index. Raises IndexError for an entry out of range,
    ShapeError
    for another number of elements, RuntimeError for another dtype.
    """

def quantile(
    input: _Operand,
    q: _Operand,
    dim: _int | None = None,
    keepdim: _bool = False,
    *,
    interpolation: _str = "linear",
    out: Tensor | None = None,
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

def rad2deg(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Angles in radians as degrees: x * 180 / pi.

    input: (*); integers give float32. Returns the same shape.
    """

def rad2deg_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Angles in radians as degrees: x * 180 / pi. In place."""

def ravel(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The elements of input as a vector, in row-major order.

    input: any shape. A view where the strides allow it, else a copy.
    """

def real(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The real parts of a complex tensor, a view; a real tensor itself.

    input: (*). Returns the same shape. The attribute x.real is the same.
    """

def reciprocal(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Reciprocal of every element: 1 / x.

    input: (*); integers give float32. Returns the same shape. 0 gives inf, -0. gives
    -inf.
    """

def reciprocal_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Reciprocal of every element: 1 / x. In place."""

def relu(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Rectified linear unit: max(x, 0).

    input: (*), any dtype but bool. Returns the same shape and dtype. NaN stays NaN. The
    gradient at 0 is 0. Raises DTypeError for bool tensors.
    """

def relu_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Rectified linear unit: max(x, 0). In place."""

def remainder(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Remainder with the sign of the divisor: input - floor(input / other) * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Python's %; fmod takes the sign of the dividend. Gradients: 1 for input,
    -floor(input / other) for other. Floats divided by 0 give NaN. Raises ValueError for
    integers divided by 0.
    """

def renorm(
    input: _Operand,
    p: _float,
    dim: _int,
    maxnorm: _float,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Scales each slice along dim whose p-norm is above maxnorm down to that norm.

    input: two or more dims, floating point or complex. p: the order of the norm over all
    other dims,
    above 0. dim: along which the slices lie. maxnorm: from 0 on. Returns the shape and
    dtype of input. A slice is multiplied by maxnorm / (norm + 1e-7). Raises ShapeError
    for
    fewer dims, ValueError for another p or maxnorm.
    """

def repeat_interleave(
    input: _Operand,
    repeats: _Operand,
    dim: _int | None = None,
    *,
    output_size: _int | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Every position of input along dim repeated, the copies next to each other.

    repeats: a number, or integers (n,) with one count per position, n = input.size(dim).
    Without dim
    (default None) the input is flattened first. The gradient adds up over the copies.
    output_size: how long the result is along dim, checked when given. Raises ShapeError
    when repeats or
    output_size do not fit, ValueError when a count is negative, TypeError for fractions.
    """

def reshape(
    input: _Operand,
    *shape: _int | Sequence[_int],
    out: Tensor | None = None,
) -> Tensor:
    """The same elements, in row-major order, in another shape.

    shape: the new shape; one entry may be -1 and is worked out. The result is a view of
    input where the
    strides allow it, else a copy. Raises ShapeError when the number of elements differs.
    """

def resolve_conj(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The input itself: conjugates are computed at once, never put off.

    input: (*). Returns the same shape and dtype.
    """

@overload
def rnn_relu(
    input: _Operand,
    hx: _Operand,
    params: Sequence[Tensor],
    has_biases: _bool,
    num_layers: _int,
    dropout: _float,
    train: _bool,
    bidirectional: _bool,
    batch_first: _bool,
) -> tuple[Tensor, ...]:
    """A recurrent network of units relu(w_ih x + b_ih + w_hh h + b_hh).

    input: (L, N, features), or (N, L, features) with batch_first. hx: h_0 (D *
    num_layers, N, H), D =
    2 where bidirectional, else 1. params: for every layer and direction w_ih (H,
    features), w_hh (H,
    H), with has_biases b_ih and b_hh (H); a layer's features are the outputs of all
    directions of the
    one before. dropout: probability, between layers, where train. Returns (output, h_n):
    output (L,
    N, D * H), the last layer's states at every step, and the states after the last step,
    shaped as
    hx.
    Raises ShapeError or ValueError for what does not fit.
    """

@overload
def rnn_relu(
    data: _Operand,
    batch_sizes: _Operand,
    hx: _Operand,
    params: Sequence[Tensor],
    has_biases: _bool,
    num_layers: _int,
    dropout: _float,
    train: _bool,
    bidirectional: _bool,
) -> tuple[Tensor, ...]:
    """rnn_relu of packed sequences (see nn.utils.rnn): data (rows, features), step by step.

    data: (sum of batch_sizes, features). batch_sizes: int64, how many sequences have each
    step, not
    increasing. hx, params, has_biases, num_layers, dropout, train, bidirectional and what
    is
    returned: as for rnn_relu; output has the rows of data.
    """

def rnn_relu_cell(
    input: _Operand,
    hx: _Operand,
    w_ih: _Operand,
    w_hh: _Operand,
    b_ih: _Operand | None = None,
    b_hh: _Operand | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """One step of rnn_relu.

    input: (N, features). hx: (N, H). w_ih: (H, features), w_hh: (H, H), b_ih and
    b_hh: (H) or both None (default). Returns h after the step. Raises ShapeError or
    ValueError
    for what does not fit.
    """

@overload
def rnn_tanh(
    input: _Operand,
    hx: _Operand,
    params: Sequence[Tensor],
    has_biases: _bool,
    num_layers: _int,
    dropout: _float,
    train: _bool,
    bidirectional: _bool,
    batch_first: _bool,
) -> tuple[Tensor, ...]:
    """A recurrent network of units tanh(w_ih x + b_ih + w_hh h + b_hh).

    input: (L, N, features), or (N, L, features) with batch_first. hx: h_0 (D *
    num_layers, N, H), D =
    2 where bidirectional, else 1. params: for every layer and direction w_ih (H,
    features), w_hh (H,
    H), with has_biases b_ih and b_hh (H); a layer's features are the outputs of all
    directions of the
    one before. dropout: probability, between layers, where train. Returns (output, h_n):
    output (L,
    N, D * H), the last layer's states at every step, and the states after the last step,
    shaped as
    hx.
    Raises ShapeError or ValueError for what does not fit.
    """

@overload
def rnn_tanh(
    data: _Operand,
    batch_sizes: _Operand,
    hx: _Operand,
    params: Sequence[Tensor],
    has_biases: _bool,
    num_layers: _int,
    dropout: _float,
    train: _bool,
    bidirectional: _bool,
) -> tuple[Tensor, ...]:
    """rnn_tanh of packed sequences (see nn.utils.rnn): data (rows, features), step by step.

    data: (sum of batch_sizes, features). batch_sizes: int64, how many sequences have each
    step, not
    increasing. hx, params, has_biases, num_layers, dropout, train, bidirectional and what
    is
    returned: as for rnn_tanh; output has the rows of data.
    """

def rnn_tanh_cell(
    input: _Operand,
    hx: _Operand,
    w_ih: _Operand,
    w_hh: _Operand,
    b_ih: _Operand | None = None,
    b_hh: _Operand | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """One step of rnn_tanh.

    input: (N, features). hx: (N, H). w_ih: (H, features), w_hh: (H, H), b_ih and
    b_hh: (H) or both None (default). Returns h after the step. Raises ShapeError or
    ValueError
    for what does not fit.
    """

def roll(
    input: _Operand,
    shifts: _int | Sequence[_int],
    dims: _int | Sequence[_int] | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The positions of input shifted along dims; what falls off one end comes in at the
    other.

    shifts: one number, or one per entry of dims; positive ones move towards higher
    positions. Without
    dims (default None) the flattened input is shifted and gets its shape back. Returns
    the shape and
    dtype of input. Raises ValueError when shifts and dims differ in number.
    """

def rot90(
    input: _Operand,
    k: _int = 1,
    dims: _int | Sequence[_int] = (0, 1),
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of input turned by k quarters in the plane of two dims.

    k: how often (default 1), from the first of dims towards the second; negative ones
    turn back.
    dims: two different dims, by default the first two. Raises ShapeError for fewer than
    two dims of
    input, ValueError for dims that are not two different ones, IndexError for one out of
    range.
    """

@overload
def round(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Nearest integer to every element; halves go to the even one.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0. Raises DTypeError for bool tensors.
    """

@overload
def round(input: _Operand, *, decimals: _int, out: Tensor | None = None) -> Tensor:
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
def round_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Nearest integer to every element; halves go to the even one. In place."""

@overload
def round_(input: _Operand, *, decimals: _int, out: Tensor | None = None) -> Tensor:
    """Nearest multiple of 10 ** -decimals to every element; halves go to the even digit. In
    place.
    """

def row_stack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """vstack under another name: the tensors one below the other."""

def rrelu(
    input: _Operand,
    lower: _float = 0.125,
    upper: _float = 0.3333333333333333,
    training: _bool = False,
    inplace: _bool = False,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Randomized leaky ReLU: x where x > 0, else a * x.

    input: (*), floating point. training: a is drawn for each element, uniform in [lower,
    upper);
    otherwise (default) it is (lower + upper) / 2. inplace=True writes over input.
    Defaults: 1 / 8 and
    1 / 3. Raises ValueError unless lower <= upper, DTypeError for integers. Source: Xu
    and others, 2015.
    """

def rsqrt(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Reciprocal of the square root of every element: 1 / sqrt(x).

    input: (*); integers give float32. Returns the same shape. 0 gives inf, negative
    numbers give NaN.
    """

def rsqrt_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Reciprocal of the square root of every element: 1 / sqrt(x). In place."""

def rsub(
    input: _Operand,
    other: _Operand,
    *,
    alpha: _Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Difference the other way round: other - alpha * input.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. alpha: factor of input (default 1). Raises DTypeError where sub does.
    """

@overload
def scatter(
    input: _Operand,
    dim: _int,
    index: _Operand,
    src: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
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
def scatter(
    input: _Operand,
    dim: _int,
    index: _Operand,
    value: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """input with one value written at positions along dim.

    out[index[i, j], j] = value for dim 0 of two, and so on. index: integers with as many
    dims as input.
    value: a number, converted to the dtype of input.
    """

@overload
def scatter(
    input: _Operand,
    dim: _int,
    index: _Operand,
    src: _Operand,
    *,
    reduce: _str,
    out: Tensor | None = None,
) -> Tensor:
    """input with src added, or multiplied, at positions along dim.

    reduce: 'add' or 'multiply'; input, dim, index and src as in scatter_reduce, which has
    more of these
    and is to be preferred. Raises ValueError for another reduce.
    """

@overload
def scatter(
    input: _Operand,
    dim: _int,
    index: _Operand,
    value: _Operand,
    *,
    reduce: _str,
    out: Tensor | None = None,
) -> Tensor:
    """input with one number added, or multiplied, at positions along dim.

    value: a number; reduce: 'add' or 'multiply'; input, dim and index as in
    scatter_reduce.
    """

def scatter_add(
    input: _Operand,
    dim: _int,
    index: _Operand,
    src: _Operand,
    *,
    out: Tensor | None = None,
) -> Tensor:
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

def scatter_reduce(
    input: _Operand,
    dim: _int,
    index: _Operand,
    src: _Operand,
    reduce: _str,
    *,
    include_self: _bool = True,
    out: Tensor | None = None,
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

def searchsorted(
    sorted_sequence: _Operand,
    input: _Operand,
    *,
    out_int32: _bool = False,
    right: _bool = False,
    side: _str | None = None,
    sorter: _Operand | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Where the elements of input would stand in a sorted sequence.

    sorted_sequence: (n,), or (*, n) with the dims of input but the last. input: a number
    or (*, m);
    both are compared in their common dtype. Returns for each element of input how many of
    its sequence
    are less: sequence[i - 1] < value <= sequence[i]. right: how many are not greater:
    sequence[i - 1] <= value < sequence[i]; side: 'left' or 'right', another way to say
    it. sorter:
    int64, the order that sorts sorted_sequence, as argsort gives it. out_int32: int32
    instead of int64.
    NaN stands behind everything, and counts as greatest in the sequence. Raises
    ShapeError when shapes
    do not fit, ValueError when right and side contradict each other, IndexError for a
    sorter out of
    range.
    """

def select(input: _Operand, dim: _int, index: _int) -> Tensor:
    """A view of one position along dim, without that dim: input[index] for dim 0.

    index: a negative one counts from the end. Raises IndexError for an index or a dim out
    of range and
    for a 0-d input.
    """

def select_scatter(
    input: _Operand,
    src: _Operand,
    dim: _int,
    index: _int,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of input in which src is written at one position along dim.

    src: the shape of input without dim, converted to its dtype. index: a negative one
    counts from the
    end. Raises IndexError for an index or a dim out of range, ShapeError when src does
    not fit.
    """

def selu(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Scaled ELU: scale * elu(x, alpha), with constants that keep mean 0 and variance 1.

    input: (*), floating point. Returns the same shape and dtype. alpha is 1.6733, scale
    1.0507. Raises
    DTypeError for integers. Source: Klambauer and others, 2017.
    """

def selu_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Scaled ELU: scale * elu(x, alpha), with constants that keep mean 0 and variance 1. In
    place.
    """

def sgn(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Direction of every element: z / |z|, and 0 at 0; sign of a real one.

    input: (*). Returns the same shape and dtype.
    """

def sigmoid(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logistic function of every element: 1 / (1 + exp(-x)).

    input: (*); integers give float32. Returns the same shape, in [0, 1]. It does not
    overflow for any x.
    """

def sigmoid_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Logistic function of every element: 1 / (1 + exp(-x)). In place."""

def sign(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Sign of every element: -1 below 0, 0 at 0, 1 above.

    input: (*). Returns the same shape and dtype. The sign of NaN is 0. The gradient is 0
    everywhere.
    """

def signbit(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Whether the sign bit of each element is set.

    input: (*), any dtype. Returns a bool tensor of the same shape: True for negative
    numbers, for -0., and for a NaN whose sign bit is set.
    """

def sin(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Sine of every element.

    input: (*), in radians; integers give float32. Returns the same shape. Infinities give
    NaN.
    """

def sin_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Sine of every element. In place."""

def sinc(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Normalised cardinal sine: sin(pi * x) / (pi * x), 1 at 0.

    input: (*); integers give float32. Returns the same shape. Exactly 0 at the other
    integers. Right
    near 0 also in its derivatives of every order.
    """

def sinc_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Normalised cardinal sine: sin(pi * x) / (pi * x), 1 at 0. In place."""

def sinh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic sine of every element: (exp(x) - exp(-x)) / 2.

    input: (*); integers give float32. Returns the same shape. Overflow gives inf or -inf.
    """

def sinh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic sine of every element: (exp(x) - exp(-x)) / 2. In place."""

def slice_scatter(
    input: _Operand,
    src: _Operand,
    dim: _int = 0,
    start: _int | None = None,
    end: _int | None = None,
    step: _int = 1,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """A copy of input in which src is written over the slice start:end:step along dim.

    src: the shape of that slice, converted to the dtype of input. start, end: by default
    the whole dim;
    negative ones count from the end. step: positive. Raises ShapeError when src does not
    fit,
    ValueError for another step, IndexError for a dim out of range.
    """

def softmax(
    input: _Operand,
    dim: _int,
    dtype: _dtype | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Exponentials along a dim, normalized to the sum 1: exp(x) / sum(exp(x)).

    input: (*), floating point. dim: the dim that sums to 1. dtype: converted to first
    (default: that of input). Returns the same shape. The greatest element is taken out
    first: no overflow. A row of -inf, or one with inf or NaN, gives NaN. Raises
    DTypeError
    for integers without a dtype.
    """

def sort(
    input: _Operand,
    dim: _int = -1,
    descending: _bool = False,
    stable: _bool = True,
    *,
    out: Sequence[Tensor] | None = None,
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

def sqrt(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Square root of every element.

    input: (*); integers give float32. Returns the same shape. Negative numbers give NaN.
    The gradient, 0.5 / sqrt(x), is inf at 0.
    """

def sqrt_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Square root of every element. In place."""

def square(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Square of every element: x * x.

    input: (*). Returns the same shape and dtype, int64 for bools; integers that overflow
    wrap around.
    """

def square_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Square of every element: x * x. In place."""

def squeeze(input: _Operand, dim: _int | Sequence[_int] | None = None) -> Tensor:
    """A view of input without dims of size 1.

    dim: a number or a tuple; those of them that have size 1 are removed, others stay.
    Without dim
    (default None) all dims of size 1 go, which also drops a batch of one. Raises
    IndexError for a dim
    out of range.
    """

def stack(tensors: Sequence[Tensor], dim: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The tensors one behind the other along a new dim.

    tensors: a list, all of one shape (*). dim: where the new dim stands in the result,
    whose size there
    is the number of tensors; dim -1 makes it the last one. The dtype is the common one.
    Raises ShapeError for different shapes, ValueError for an empty list.
    """

def sub(
    input: _Operand,
    other: _Operand,
    *,
    alpha: _Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Difference, element by element: input - alpha * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Unsigned integers wrap around. alpha: factor of other (default 1). Raises
    DTypeError when one of them is bool (use logical_xor or logical_not), and for a
    fractional alpha when both
    are integers.
    """

def subtract(
    input: _Operand,
    other: _Operand,
    *,
    alpha: _Number = 1,
    out: Tensor | None = None,
) -> Tensor:
    """Difference, element by element: input - alpha * other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype. Unsigned integers wrap around. alpha: factor of other (default 1). Raises
    DTypeError when one of them is bool (use logical_xor or logical_not), and for a
    fractional alpha when both
    are integers.
    """

def sum(
    input: _Operand,
    dim: _int | Sequence[_int] | None = None,
    keepdim: _bool = False,
    *,
    dtype: _dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Sum over the given dims, or over all.

    input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
    with size 1 (default False). dtype: of the result, by default that of input, int64 for
    integers and bools. No elements give 0. Blocked pairwise summation: the error grows
    with the logarithm of the count, and the result does not depend on the number of
    threads. Raises IndexError for a dim out of range, ValueError for one that is named
    twice. Source: Higham, 1993.
    """

def swapaxes(input: _Operand, axis0: _int, axis1: _int, *, out: Tensor | None = None) -> Tensor:
    """transpose under NumPy's name: a view with the dims axis0 and axis1 of input swapped."""

def swapdims(input: _Operand, dim0: _int, dim1: _int, *, out: Tensor | None = None) -> Tensor:
    """transpose under another name: a view with the dims dim0 and dim1 of input swapped."""

def t(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The transpose of a matrix, as a view.

    input: (n, m) gives (m, n); 0-d and 1-d tensors are returned as they are. Raises
    ShapeError for more
    than two dims: there x.mT or transpose says which dims are meant.
    """

def take(input: _Operand, index: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The elements of the flattened input at positions.

    index: integers of any shape, which the result has; negative ones count from the end.
    The gradient
    adds up where a position is taken repeatedly. Raises IndexError for an entry out of
    range, TypeError
    for an index that is not of integers.
    """

def take_along_dim(
    input: _Operand,
    indices: _Operand,
    dim: _int | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Elements of input picked along dim by indices, as NumPy's take_along_axis.

    indices: integers with as many dims as input; all dims but dim broadcast. Without dim
    (default None)
    both are flattened. It takes what argsort returns along the same dim. Negative entries
    count from
    the end. Raises IndexError for an entry outside of [-n, n), n = input.size(dim);
    ShapeError for different numbers of
    dims.
    """

def tan(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Tangent of every element.

    input: (*), in radians; integers give float32. Returns the same shape. Infinities give
    NaN.
    """

def tan_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Tangent of every element. In place."""

def tanh(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic tangent of every element: (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

    input: (*); integers give float32. Returns the same shape, in [-1, 1].
    """

def tanh_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Hyperbolic tangent of every element: (exp(x) - exp(-x)) / (exp(x) + exp(-x)). In
    place.
    """

@overload
def tensor_split(
    input: _Operand,
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
def tensor_split(
    input: _Operand,
    indices: _int | Sequence[_int],
    dim: _int = 0,
) -> tuple[Tensor, ...]:
    """Views of the parts of input between the given places along dim.

    indices: where to cut: (a, b) gives input[:a], input[a:b], input[b:], cut as slices
    are.
    """

@overload
def tensor_split(input: _Operand, sections: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """Views of almost equal parts of input along dim.

    sections: their number; the first n % sections are one longer, n = input.size(dim).
    """

def threshold(
    input: _Operand,
    threshold: _float,
    value: _float,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Small values replaced: x where x > threshold, else value.

    input: (*), any dtype but bool. Returns the same shape and dtype; fractions of value
    are cut off for
    integers. NaN stays NaN. The gradient is 1 where x is kept, else 0. Raises DTypeError
    for bool
    tensors.
    """

def threshold_(
    input: _Operand,
    threshold: _float,
    value: _float,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Small values replaced: x where x > threshold, else value. In place."""

def tile(input: _Operand, *dims: _int | Sequence[_int], out: Tensor | None = None) -> Tensor:
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
    *,
    out: Sequence[Tensor] | None = None,
) -> _ValuesIndices:
    """The k greatest or least elements along a dim and their positions.

    input: (*). dim: by default the last; it gets size k. largest: True (default) for the
    greatest, False for the least. sorted: they come in order, whatever is passed. NaN
    counts as greatest. Returns (values, indices), indices int64; of equal elements the
    first are taken. Raises ValueError for k below 0 or above the size of dim.
    """

def trace(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """The sum of the diagonal of a matrix.

    input: (m, n). Returns a 0-d tensor of the same dtype, int64 for integers. Raises
    ShapeError for another number of dims.
    """

def transpose(input: _Operand, dim0: _int, dim1: _int) -> Tensor:
    """A view with the two dims dim0 and dim1 of input swapped.

    A 0-d input is returned as it is. Raises IndexError for a dim out of range.
    """

def trapezoid(
    y: _Operand,
    x: _Operand | None = None,
    *,
    dx: _Number | None = None,
    dim: _int = -1,
    out: Tensor | None = None,
) -> Tensor:
    """The integral of samples along a dim by the trapezoidal rule.

    y: (..., n, ...), the samples; integers give float32. x: where they are, (n,) or of a
    shape that broadcasts with y. dx: their distance, where there is no x (default 1).
    dim:
    by default the last; it goes. Fewer than two samples give 0. Raises ShapeError where x
    does not fit, TypeError for bools and for both x and dx.
    """

def trapz(
    y: _Operand,
    x: _Operand | None = None,
    *,
    dx: _Number | None = None,
    dim: _int = -1,
    out: Tensor | None = None,
) -> Tensor:
    """The integral of samples along a dim by the trapezoidal rule: trapezoid.

    y: (..., n, ...), the samples. x: where they are. dx: their distance, where there is
    no x
    (default 1). dim: by default the last; it goes.
    """

def tril(input: _Operand, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The lower triangle of the last two dims of input, zeros elsewhere.

    out[..., i, j] = input[..., i, j] if j - i <= diagonal else 0. input: (..., n, m); its
    shape and
    dtype stay. diagonal: the last one kept; 0 (default) is the main one, 1 the one above
    it.
    What is left out may be NaN. Raises ShapeError for fewer than two dims.
    """

def triu(input: _Operand, diagonal: _int = 0, *, out: Tensor | None = None) -> Tensor:
    """The upper triangle of the last two dims of input, zeros elsewhere.

    out[..., i, j] = input[..., i, j] if j - i >= diagonal else 0. input: (..., n, m); its
    shape and
    dtype stay. diagonal: the first one kept; 0 (default) is the main one, 1 the one above
    it.
    What is left out may be NaN. Raises ShapeError for fewer than two dims.
    """

def true_divide(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Quotient, element by element: input / other.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. x / 0 is inf or -inf, 0 / 0 is NaN.
    """

def trunc(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Integer part of every element: rounded towards zero.

    input: (*). Returns the same shape and dtype: floats stay floats, integers are
    unchanged. The gradient is 0. Raises DTypeError for bool tensors.
    """

def trunc_(input: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Integer part of every element: rounded towards zero. In place."""

def unbind(input: _Operand, dim: _int = 0) -> tuple[Tensor, ...]:
    """A view of input at every position along dim, which the views do not have any more.

    input: at least 1-d, else ShapeError. Returns input.size(dim) tensors that share its
    memory.
    """

def unflatten(
    input: _Operand,
    dim: _int,
    sizes: _int | Sequence[_int],
    *,
    out: Tensor | None = None,
) -> Tensor:
    """One dim of input seen as several.

    sizes: what dim becomes; one entry may be -1 and is worked out. Raises ShapeError when
    their product
    is not input.size(dim).
    """

def unravel_index(indices: _Operand, shape: _int | Sequence[_int]) -> tuple[Tensor, ...]:
    """Positions of the flattened form of a shape as one index per dim.

    indices: integers in [0, n), n = the number of elements of shape. shape: sizes, or
    one. Returns as
    many int64 tensors as dims, each of the shape of indices. Raises IndexError for an
    entry out of
    range (PyTorch starts over from 0 there), ShapeError for a negative size, TypeError
    for indices that
    are not integers.
    """

def unsafe_chunk(input: _Operand, chunks: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """chunk under another name.

    input, chunks, dim: as in chunk; see unsafe_split.
    """

def unsafe_split(tensor: _Operand, split_size: _int, dim: _int = 0) -> tuple[Tensor, ...]:
    """split under another name.

    tensor, split_size, dim: as in split. PyTorch's pieces do not count as views, whence
    its name; here
    they do, so that changes in place have the right gradients.
    """

def unsafe_split_with_sizes(
    input: _Operand,
    split_sizes: _int | Sequence[_int],
    dim: _int = 0,
) -> tuple[Tensor, ...]:
    """split_with_sizes under another name.

    input, split_sizes, dim: as in split_with_sizes; see unsafe_split.
    """

def unsqueeze(input: _Operand, dim: _int) -> Tensor:
    """A view of input with a dim of size 1 put in at position dim.

    dim: in [-input.ndim - 1, input.ndim], else IndexError; -1 puts it at the end.
    """

def vdot(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Inner product of two vectors, conjugating the first: for real numbers, dot.

    input, other: (n,) of one dtype. Returns a 0-d tensor; no elements give 0. Raises
    ShapeError for
    other shapes.
    """

def view_as_complex(input: _Operand) -> Tensor:
    """The memory of pairs (real part, imaginary part) seen as complex numbers.

    input: (*, 2), float32 or float64, each pair side by side in memory. Returns (*),
    complex64 or complex128; a view. Raises ShapeError for another last size, ValueError
    for strides that do not fit.
    """

def view_as_real(input: _Operand) -> Tensor:
    """The memory of a complex tensor seen as pairs (real part, imaginary part).

    input: (*), complex. Returns (*, 2), float32 for complex64, float64 for complex128; a
    view. Raises TypeError for a tensor that is not complex.
    """

@overload
def vsplit(input: _Operand, sections: _int) -> tuple[Tensor, ...]:
    """Views of equal parts of input, cut row-wise: along dim 0.

    sections: how many. Raises ValueError when they do not divide the size, ShapeError for
    fewer than
    two dims.
    """

@overload
def vsplit(input: _Operand, indices: _int | Sequence[_int]) -> tuple[Tensor, ...]:
    """Views of parts of input, cut row-wise at the given indices, as tensor_split does.

    indices: where to cut along dim 0.
    """

def vstack(tensors: Sequence[Tensor], *, out: Tensor | None = None) -> Tensor:
    """The tensors one below the other: along dim 0, vectors as rows.

    tensors: a list; all sizes but the first must agree, else ShapeError.
    """

def xlogy(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Product with a logarithm: input * log(other), 0 where input is 0.

    input, other: tensors or numbers that broadcast; the result has their common shape and
    dtype, float32 for integers. 0 wins over the infinite or undefined log of other <= 0,
    but not over NaN. The gradient for input is log(other), 0 where input is 0 and other
    <= 0; that for other is input / other, 0 where both are 0.
    """

def xlogy_(input: _Operand, other: _Operand, *, out: Tensor | None = None) -> Tensor:
    """Product with a logarithm: input * log(other), 0 where input is 0. In place."""
