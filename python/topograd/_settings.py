"""Switches of PyTorch for speed, determinism, devices and default types, and what they mean here.

All results are deterministic, products of float32 are computed in float32, and all tensors are on
the CPU: what asks for less than that is accepted, what asks for something else is refused.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from topograd import _C
from topograd._C import Tensor
from topograd._legacy import dtype_of, type_name

PRECISIONS = ("highest", "high", "medium")
_DEBUG_MODES = ("default", "warn", "error")


class _Settings:
    precision = "highest"
    deterministic = "default"
    warn_always = False
    interop_threads = 1


# ---------------------------------------------------------------- precision and determinism


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted: products of float32 keep the precision of float32, which every setting allows.

    precision: 'highest', 'high' or 'medium'; raises ValueError for another.

    >>> import topograd as tg
    >>> tg.set_float32_matmul_precision("high")
    >>> tg.get_float32_matmul_precision()
    'high'
    >>> tg.set_float32_matmul_precision("highest")
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"set_float32_matmul_precision: expects one of {PRECISIONS}, got {precision!r}"
        )
    _Settings.precision = precision


def get_float32_matmul_precision() -> str:
    """The last setting of `set_float32_matmul_precision`; 'highest' at the start."""
    return _Settings.precision


def use_deterministic_algorithms(mode: builtins.bool, *, warn_only: builtins.bool = False) -> None:
    """Accepted: every result here has the same bits in every run and for every number of threads.

    >>> import topograd as tg
    >>> tg.use_deterministic_algorithms(True)
    >>> tg.are_deterministic_algorithms_enabled()
    True
    >>> tg.use_deterministic_algorithms(False)
    """
    if not isinstance(mode, builtins.bool):
        kind = type(mode).__name__
        raise TypeError(f"use_deterministic_algorithms: expects True or False, got {kind}")
    _Settings.deterministic = "default" if not mode else "warn" if warn_only else "error"


def are_deterministic_algorithms_enabled() -> builtins.bool:
    """Whether `use_deterministic_algorithms` was switched on; results are deterministic anyway."""
    return _Settings.deterministic != "default"


def is_deterministic_algorithms_warn_only_enabled() -> builtins.bool:
    """Whether it was switched on with warn_only."""
    return _Settings.deterministic == "warn"


def set_deterministic_debug_mode(debug_mode: builtins.int | str) -> None:
    """The same setting as a number or a word: 0 'default', 1 'warn', 2 'error'."""
    words = dict(enumerate(_DEBUG_MODES))
    word = words.get(debug_mode) if isinstance(debug_mode, builtins.int) else debug_mode
    if word not in _DEBUG_MODES:
        raise RuntimeError(
            f"set_deterministic_debug_mode: expects 0, 1, 2 or one of {_DEBUG_MODES}, "
            f"got {debug_mode!r}"
        )
    _Settings.deterministic = word


def get_deterministic_debug_mode() -> builtins.int:
    """The number that stands for the setting."""
    return _DEBUG_MODES.index(_Settings.deterministic)


def set_flush_denormal(mode: builtins.bool) -> builtins.bool:
    """False: subnormal numbers are always computed with, whatever mode asks for."""
    return False


def get_num_interop_threads() -> builtins.int:
    """The number that was set, at first 1: there is one pool of threads for everything."""
    return _Settings.interop_threads


def set_num_interop_threads(num: builtins.int) -> None:
    """Accepted: ops do not run beside each other.  Raises RuntimeError unless num is positive."""
    if num < 1:
        raise RuntimeError(f"set_num_interop_threads: expects a positive integer, got {num!r}")
    _Settings.interop_threads = num


def set_warn_always(b: builtins.bool, /) -> None:
    """Accepted: which warnings are shown how often is for Python's `warnings` to say."""
    _Settings.warn_always = builtins.bool(b)


def is_warn_always_enabled() -> builtins.bool:
    """The last setting of `set_warn_always`."""
    return _Settings.warn_always


# ---------------------------------------------------------------- defaults of new tensors


def set_default_device(device: _C.device | str | None) -> None:
    """Accepts the CPU, where all tensors are.

    Raises DeviceError for another device at once, where PyTorch waits for the first tensor.

    >>> import topograd as tg
    >>> tg.set_default_device("cpu")
    >>> tg.get_default_device()
    device(type='cpu')
    """
    if device is not None:
        _C.empty(0, device=device)


def get_default_device() -> _C.device:
    """The device of new tensors: the CPU."""
    return _C.device("cpu")


def set_default_tensor_type(t: Any, /) -> None:
    """The dtype of a floating tensor type becomes the default: `set_default_dtype` by another name.

    t: a tensor type or its name.  Raises TypeError for an integer type, DeviceError for CUDA's.

    >>> import topograd as tg
    >>> tg.set_default_tensor_type("torch.DoubleTensor")
    >>> tg.ones(1).dtype
    topograd.float64
    >>> tg.set_default_tensor_type(tg.FloatTensor)
    """
    dtype = dtype_of("set_default_tensor_type", t)
    if not dtype.is_floating_point:
        raise TypeError(f"set_default_tensor_type: expects a floating point type, got {t}")
    _C.set_default_dtype(dtype)


# ---------------------------------------------------------------- names of types


def typename(obj: Any) -> str:
    """The type of a tensor as PyTorch writes it, of another object the name of its class.

    >>> import topograd as tg
    >>> tg.typename(tg.ones(1)), tg.typename(1)
    ('torch.FloatTensor', 'int')
    """
    if isinstance(obj, Tensor):
        return type_name(obj.dtype)
    kind = obj if isinstance(obj, type) else type(obj)
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def is_storage(obj: object) -> builtins.bool:
    """False: the memory behind a tensor is no object of its own here."""
    return False


# ---------------------------------------------------------------- compile


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: builtins.bool = False,
    dynamic: builtins.bool | None = None,
    backend: str | Callable[..., Any] = "inductor",
    mode: str | None = None,
    options: dict[str, Any] | None = None,
    disable: builtins.bool = False,
    recompile_limit: builtins.int | None = None,
) -> Any:
    """The function itself, or a module around the module; they run op by op.  Also a decorator.

    The arguments are PyTorch's; none of them changes a result.  For a module the result is a
    `_dynamo.OptimizedModule`, whose `state_dict` has PyTorch's names, "_orig_mod." before those of
    the module.  Raises TypeError for what can not be called, RuntimeError for mode and options
    together.

    >>> import topograd as tg
    >>> @tg.compile(mode="reduce-overhead")
    ... def square(x):
    ...     return x * x
    >>> square(tg.tensor(3.0)), tg.compile(square) is square
    (tensor(9.), True)
    >>> list(tg.compile(tg.nn.Linear(2, 1, bias=False)).state_dict())
    ['_orig_mod.weight']
    """
    if mode is not None and options is not None:
        raise RuntimeError("compile: expects mode or options, got both")
    if model is None:
        return lambda function: compile(function, mode=mode, options=options)
    if not callable(model):
        raise TypeError(f"compile: expects a function or a module, got {type(model).__name__}")
    if isinstance(model, _C.Module):
        from topograd.nn.compiled import OptimizedModule

        return model if isinstance(model, OptimizedModule) else OptimizedModule(model)  # type: ignore[arg-type]
    return model
