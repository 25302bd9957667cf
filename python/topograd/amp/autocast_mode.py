"""autocast: products in half the bits, what needs precision in float32."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from topograd import _C
from topograd._modes import _Mode

# Devices that PyTorch casts on, and the dtype that it starts from there.
_DEVICES = {
    "cpu": _C.bfloat16,
    "cuda": _C.float16,
    "xpu": _C.float16,
    "mps": _C.float16,
    "hpu": _C.bfloat16,
    "mtia": _C.float16,
    "maia": _C.float16,
    "xla": _C.bfloat16,
}
_CPU_DTYPES = (_C.bfloat16, _C.float16)

_dtypes: dict[str, _C.dtype] = dict(_DEVICES)
_caching = [True]


class autocast(_Mode):
    """Inside, products take their inputs in bfloat16, and what needs precision takes float32.

    Products: linear, matmul and its relatives, einsum, convolutions, attention, LSTM and RNN,
    PReLU.  In float32: losses, prod, quantiles, distances, 3-d pooling, grid_sample, and GRU and
    recurrent cells, which in PyTorch follow their input.  Every other op computes with what it is
    given; mixed inputs promote.  Double precision is left alone.  The conversions are recorded:
    gradients arrive at float32 parameters in float32.  Contexts nest, with enabled=False as well;
    one also decorates functions.  Backward passes run outside.

    device_type: 'cpu'.  Another device that PyTorch knows warns and does nothing, as there; an
    unknown one raises RuntimeError.  dtype: bfloat16 (default) or float16; another one warns and
    disables.  cache_enabled: accepted; a parameter that is used twice is converted twice, so that
    its gradient is summed in float32.  What is gained on the CPU is half the memory of activations,
    not time: products of bfloat16 are summed in float32, and the conversions cost.

    >>> import topograd as tg
    >>> layer = tg.nn.Linear(3, 2)
    >>> with tg.autocast("cpu", dtype=tg.bfloat16):
    ...     y = layer(tg.ones(1, 3))
    ...     loss = tg.nn.functional.mse_loss(y, tg.zeros(1, 2))
    >>> y.dtype, loss.dtype
    (topograd.bfloat16, topograd.float32)
    >>> loss.backward()
    >>> layer.weight.grad.dtype
    topograd.float32
    """

    __slots__ = ("_enabled", "_entered", "cache_enabled", "device", "fast_dtype")

    def __init__(
        self,
        device_type: str,
        dtype: _C.dtype | None = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):
            kind = type(device_type).__name__
            raise ValueError(f"autocast: expects device_type as a string such as 'cpu', got {kind}")
        if device_type not in _DEVICES:
            raise RuntimeError(f"autocast: there is no device_type {device_type!r}")
        if dtype is not None and not isinstance(dtype, _C.dtype):
            raise TypeError(f"autocast: expects a dtype, got {type(dtype).__name__}")
        self.device = device_type
        self.fast_dtype = dtype or get_autocast_dtype(device_type)
        self.cache_enabled = _caching[0] if cache_enabled is None else cache_enabled
        self._entered: list[Any] = []
        self._enabled = bool(enabled)
        if self._enabled and device_type != "cpu":
            self._disable(f"there is no {device_type} device")
        elif self._enabled and self.fast_dtype not in _CPU_DTYPES:
            self._disable(f"on the CPU it takes {_CPU_DTYPES}, not {self.fast_dtype}")

    def _disable(self, why: str) -> None:
        warnings.warn(f"autocast is disabled: {why}", UserWarning, stacklevel=3)
        self._enabled = False

    def __enter__(self) -> autocast:  # type: ignore[override]
        self._entered.append(self._switch())
        return self

    def __exit__(self, *error: Any) -> None:
        self._restore(self._entered.pop())

    def _switch(self) -> _C.dtype | None:
        before = _C.get_autocast()
        if self.device == "cpu":
            _C.set_autocast(self.fast_dtype if self._enabled else None)
        return before

    def _restore(self, before: Any) -> None:
        _C.set_autocast(before)


def is_autocast_available(device_type: str) -> bool:
    """Whether autocast can do something on a device: on the CPU, and nowhere else.

    PyTorch says True for a device that its build knows, present or not.

    >>> import topograd as tg
    >>> tg.amp.is_autocast_available("cpu"), tg.amp.is_autocast_available("cuda")
    (True, False)
    """
    return device_type == "cpu"


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether the calling thread is inside an enabled autocast for a device, CUDA by default.

    >>> import topograd as tg
    >>> with tg.autocast("cpu"):
    ...     tg.is_autocast_enabled("cpu"), tg.is_autocast_enabled()
    (True, False)
    """
    return device_type == "cpu" and _C.get_autocast() is not None


def is_autocast_cpu_enabled() -> bool:
    """Whether the calling thread is inside an enabled autocast("cpu")."""
    return is_autocast_enabled("cpu")


def set_autocast_enabled(device_type: str | bool, enabled: bool | None = None) -> None:
    """Switches autocast for the calling thread; without a device, for CUDA, which is absent."""
    if device_type == "cpu":
        _C.set_autocast(_dtypes["cpu"] if enabled else None)
    elif enabled or (enabled is None and device_type is True):
        raise _C.DeviceError("set_autocast_enabled: there is only the CPU")


def set_autocast_cpu_enabled(enabled: bool) -> None:
    """Switches autocast on the CPU for the calling thread."""
    set_autocast_enabled("cpu", enabled)


def get_autocast_dtype(device_type: str) -> _C.dtype:
    """The dtype of products inside autocast, of the innermost context or by default.

    >>> import topograd as tg
    >>> tg.get_autocast_dtype("cpu")
    topograd.bfloat16
    """
    if device_type not in _dtypes:
        raise RuntimeError(f"get_autocast_dtype: there is no device_type {device_type!r}")
    active = _C.get_autocast() if device_type == "cpu" else None
    return active or _dtypes[device_type]


def get_autocast_cpu_dtype() -> _C.dtype:
    """`get_autocast_dtype("cpu")`."""
    return get_autocast_dtype("cpu")


def get_autocast_gpu_dtype() -> _C.dtype:
    """`get_autocast_dtype("cuda")`."""
    return get_autocast_dtype("cuda")


def set_autocast_dtype(device_type: str, dtype: _C.dtype) -> None:
    """The dtype that `autocast(device_type)` takes by default."""
    if device_type not in _dtypes:
        raise RuntimeError(f"set_autocast_dtype: there is no device_type {device_type!r}")
    if not isinstance(dtype, _C.dtype):
        raise TypeError(f"set_autocast_dtype: expects a dtype, got {type(dtype).__name__}")
    _dtypes[device_type] = dtype


def is_autocast_cache_enabled() -> bool:
    """The last setting of `set_autocast_cache_enabled`; nothing is kept either way."""
    return _caching[0]


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Accepted: no converted parameters are kept."""
    _caching[0] = bool(enabled)


def clear_autocast_cache() -> None:
    """Nothing: no converted parameters are kept."""


def custom_fwd(
    fwd: Callable[..., Any] | None = None,
    *,
    device_type: str = "cuda",
    cast_inputs: _C.dtype | None = None,
) -> Any:
    """Decorates the forward of an `autograd.Function` for use inside autocast.

    cast_inputs: its floating tensors get this dtype, and autocast is off inside it; without, it
    runs as the caller does.  `custom_bwd` decorates its backward.

    >>> import topograd as tg
    >>> class Square(tg.autograd.Function):
    ...     @staticmethod
    ...     @tg.amp.custom_fwd(device_type="cpu", cast_inputs=tg.float32)
    ...     def forward(ctx, x):
    ...         return x * x
    >>> with tg.autocast("cpu"):
    ...     Square.apply(tg.ones(1, dtype=tg.bfloat16)).dtype
    topograd.float32
    """
    if fwd is None:
        return partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)

    @wraps(fwd)
    def forward(*args: Any, **kwargs: Any) -> Any:
        ctx = args[0]
        ctx._dtype = get_autocast_dtype(device_type)
        if cast_inputs is None or not is_autocast_enabled(device_type):
            ctx._fwd_used_autocast = is_autocast_enabled(device_type)
            return fwd(*args, **kwargs)
        ctx._fwd_used_autocast = False
        with autocast(device_type, enabled=False):
            return fwd(*_cast(args, cast_inputs), **_cast(kwargs, cast_inputs))

    return forward


def custom_bwd(bwd: Callable[..., Any] | None = None, *, device_type: str = "cuda") -> Any:
    """Decorates the backward of an `autograd.Function`: autocast is as it was in its forward."""
    if bwd is None:
        return partial(custom_bwd, device_type=device_type)

    @wraps(bwd)
    def backward(*args: Any, **kwargs: Any) -> Any:
        ctx = args[0]
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._dtype):
            return bwd(*args, **kwargs)

    return backward


def _cast(value: Any, dtype: _C.dtype) -> Any:
    if isinstance(value, _C.Tensor):
        eligible = value.is_floating_point() and value.dtype != _C.float64
        return value.to(dtype) if eligible else value
    if isinstance(value, dict):
        return {key: _cast(item, dtype) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_cast(item, dtype) for item in value)
    return value
