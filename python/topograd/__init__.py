"""topograd: tensors, a computation graph that you can see, gradients, and neural networks.

The names, arguments and semantics are PyTorch's wherever PyTorch has the thing.

>>> import topograd as tg
>>> w = tg.tensor(3.0, requires_grad=True)
>>> (w**2).backward()
>>> w.grad
tensor(6.)
"""

from __future__ import annotations

from math import e, inf, nan, pi

from topograd import _C, _aliases
from topograd._C import (
    ArgumentError,
    DeviceError,
    DTypeError,
    Generator,
    ShapeError,
    Size,
    Tensor,
    arange,
    default_generator,
    device,
    dtype,
    empty,
    empty_like,
    empty_permuted,
    empty_strided,
    eye,
    full,
    full_like,
    get_default_dtype,
    get_num_threads,
    is_grad_enabled,
    is_inference_mode_enabled,
    linspace,
    logspace,
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
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)

float32 = _C.float32
float64 = _C.float64
float16 = _C.float16
bfloat16 = _C.bfloat16
int8 = _C.int8
uint8 = _C.uint8
int16 = _C.int16
int32 = _C.int32
int64 = _C.int64
complex64 = _C.complex64
complex128 = _C.complex128
cfloat = _C.cfloat
cdouble = _C.cdouble
bool = _C.bool
float = _C.float
double = _C.double
half = _C.half
short = _C.short
int = _C.int
long = _C.long

# Every public op of the registry is a function of this namespace.
globals().update(_C.functions)
globals().update(_aliases.functions())
for _name in ("dropout", "embedding", "conv1d", "conv2d", "conv3d", "layer_norm", "batch_norm"):
    globals()[_name] = _C.nn_functions[_name]
# Convolution and pooling; the maximum with positions under PyTorch's name for it.
for _name in """conv_tbc conv_transpose1d conv_transpose2d conv_transpose3d adaptive_avg_pool1d
    avg_pool1d max_pool1d max_pool1d_with_indices max_pool2d max_pool3d""".split():
    globals()[_name] = _C.nn_functions[_name]
adaptive_max_pool1d = _C.nn_functions["adaptive_max_pool1d_with_indices"]
del _name

from topograd import _reports as _reports  # noqa: E402
from topograd import _tensor as _tensor  # noqa: E402
from topograd import autograd as autograd  # noqa: E402
from topograd._alias import as_torch  # noqa: E402
from topograd._einsum import einsum  # noqa: E402
from topograd._format import set_printoptions  # noqa: E402
from topograd._functions import (  # noqa: E402
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
from topograd._interop import frombuffer  # noqa: E402
from topograd._layout import (  # noqa: E402
    channels_last,
    channels_last_3d,
    contiguous_format,
    jagged,
    layout,
    memory_format,
    preserve_format,
    sparse_coo,
    sparse_csc,
    sparse_csr,
    strided,
)
from topograd._legacy import CPU_TYPES as _CPU_TYPES  # noqa: E402
from topograd._modes import (  # noqa: E402
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)
from topograd._placing import (  # noqa: E402
    as_strided_,
    broadcast_shapes,
    unique,
    unique_consecutive,
    zero_,
)
from topograd._registry import ops  # noqa: E402
from topograd._statistics import gradient, std, std_mean, var, var_mean  # noqa: E402
from topograd.doctor import doctor  # noqa: E402
from topograd.graph import graph  # noqa: E402
from topograd.graph import methods as _graph_methods  # noqa: E402

globals().update(_CPU_TYPES)

__version__: str = _C.__version__

# Imported when they are first named, so that `import topograd` is quick.
_lazy = (
    "nn",
    "optim",
    "data",
    "distributions",
    "utils",
    "func",
    "random",
    "serialization",
    "testing",
    "datasets",
    "examples",
    "demo",
    "onnx",
    "profiler",
    "display",
    "training",
    "viz",
    # Namespaces of PyTorch: what is seldom used, and what is not here: GPUs, compilers, clusters.
    "_dynamo",
    "accelerator",
    "amp",
    "backends",
    "compiler",
    "cuda",
    "distributed",
    "fft",
    "hub",
    "jit",
    "linalg",
    "mps",
    "multiprocessing",
    "return_types",
    "special",
    "types",
    "version",
    "xpu",
)


# Functions and classes, by the module that has them: imported when they are first named, too.
_lazy_names = {
    name: module
    for module, names in {
        "_coverage": "coverage",
        "_leaks": "GraphLeakWarning",
        "_finite": "NonFiniteError nan_guard set_nan_guard",
        "_limits": "finfo iinfo",
        "_settings": """
        are_deterministic_algorithms_enabled compile get_default_device
        get_deterministic_debug_mode get_float32_matmul_precision get_num_interop_threads
        is_deterministic_algorithms_warn_only_enabled is_storage is_warn_always_enabled
        set_default_device set_default_tensor_type set_deterministic_debug_mode
        set_float32_matmul_precision set_flush_denormal set_num_interop_threads
        set_warn_always typename use_deterministic_algorithms""",
        "_why": "why",
        "_windows": """
        blackman_window detach hamming_window hann_window is_inference is_nonzero is_same_size
        is_signed range vander""",
        "amp.grad_scaler": "GradScaler",
        "autograd.anomaly_mode": """
        is_anomaly_check_nan_enabled is_anomaly_enabled set_anomaly_enabled""",
        "cuda": "OutOfMemoryError",
        "graph.counting": "modes",
        "amp.autocast_mode": """
        autocast clear_autocast_cache get_autocast_cpu_dtype get_autocast_dtype
        get_autocast_gpu_dtype is_autocast_cache_enabled is_autocast_cpu_enabled
        is_autocast_enabled set_autocast_cache_enabled set_autocast_cpu_enabled
        set_autocast_dtype set_autocast_enabled""",
        "graph.program": "placeholder",
        "profiler.memory": "memory memory_summary reset_peak_memory",
        "profiler.native": "Profile profile",
        "profiler.summary": "summary",
        "serialization": "latest_checkpoint load load_checkpoint save save_checkpoint",
        "training": "fit",
        "linalg.classic": """
        chain_matmul cholesky cholesky_inverse cholesky_solve det inverse logdet
        matrix_power pinverse qr slogdet svd""",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> object:
    if name in _lazy:
        import importlib

        return importlib.import_module(f"topograd.{name}")
    if name in _lazy_names:
        import importlib

        found = getattr(importlib.import_module(f"topograd.{_lazy_names[name]}"), name)
        globals()[name] = found
        return found
    if name.startswith("_foreach_"):
        from topograd._foreach import function

        return function(name)
    from topograd._absent import message

    raise AttributeError(message(name))


def __dir__() -> list[str]:
    return sorted({*globals(), *_lazy, *_lazy_names})
