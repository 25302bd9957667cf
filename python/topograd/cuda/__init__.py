"""What `torch.cuda` answers on a machine without a GPU: that there is none.

Questions are answered, seeds and caches are nothing to do, and what needs a GPU raises DeviceError:
a RuntimeError, and an AssertionError, which PyTorch built without CUDA raises.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from topograd import _C
from topograd._legacy import tensor_types
from topograd.cuda import amp

globals().update(tensor_types(is_cuda=True))

__all__ = [
    "Event",
    "OutOfMemoryError",
    "Stream",
    "amp",
    "current_device",
    "current_stream",
    "device",
    "device_count",
    "device_of",
    "empty_cache",
    "get_arch_list",
    "get_device_capability",
    "get_device_name",
    "get_device_properties",
    "get_rng_state",
    "get_rng_state_all",
    "init",
    "initial_seed",
    "ipc_collect",
    "is_available",
    "is_bf16_supported",
    "is_current_stream_capturing",
    "is_initialized",
    "manual_seed",
    "manual_seed_all",
    "max_memory_allocated",
    "max_memory_cached",
    "max_memory_reserved",
    "mem_get_info",
    "memory_allocated",
    "memory_cached",
    "memory_reserved",
    "memory_stats",
    "memory_summary",
    "reset_max_memory_allocated",
    "reset_max_memory_cached",
    "reset_peak_memory_stats",
    "seed",
    "seed_all",
    "set_device",
    "set_per_process_memory_fraction",
    "set_rng_state",
    "set_rng_state_all",
    "set_stream",
    "stream",
    "synchronize",
]


class OutOfMemoryError(RuntimeError):
    """Never raised: there is no GPU whose memory could run out.  On the CPU it is MemoryError."""


def _refuse(name: str) -> Any:
    raise _C.DeviceError(
        f"cuda.{name}: there is no CUDA device: this topograd was built without CUDA"
    )


# ---------------------------------------------------------------- what there is


def is_available() -> bool:
    """False.

    >>> import topograd as tg
    >>> "cuda" if tg.cuda.is_available() else "cpu"
    'cpu'
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def is_initialized() -> bool:
    """False."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False."""
    return False


def get_arch_list() -> list[str]:
    """[]: nothing was compiled for a GPU."""
    return []


def is_current_stream_capturing() -> bool:
    """False."""
    return False


def init() -> None:
    """Raises DeviceError."""
    _refuse("init")


def current_device() -> int:
    """Raises DeviceError."""
    return int(_refuse("current_device"))


def get_device_name(device: Any = None) -> str:
    """Raises DeviceError."""
    return str(_refuse("get_device_name"))


def get_device_properties(device: Any = None) -> Any:
    """Raises DeviceError."""
    return _refuse("get_device_properties")


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Raises DeviceError."""
    _refuse("get_device_capability")
    return (0, 0)


def set_device(device: Any) -> None:
    """Raises DeviceError, but for a negative number, which stands for no device."""
    if not (isinstance(device, int) and device < 0):
        _refuse("set_device")


def synchronize(device: Any = None) -> None:
    """Raises DeviceError."""
    _refuse("synchronize")


# ---------------------------------------------------------------- random numbers


def manual_seed(seed: int) -> None:
    """Nothing: there is no GPU whose generator it could start."""


def manual_seed_all(seed: int) -> None:
    """Nothing: there is no GPU whose generator it could start."""


def seed() -> None:
    """Nothing."""


def seed_all() -> None:
    """Nothing."""


def initial_seed() -> int:
    """Raises DeviceError."""
    return int(_refuse("initial_seed"))


def get_rng_state(device: Any = "cuda") -> Any:
    """Raises DeviceError."""
    return _refuse("get_rng_state")


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Raises DeviceError."""
    _refuse("set_rng_state")


def get_rng_state_all() -> list[Any]:
    """[]: the state of each GPU."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Nothing for an empty list; raises DeviceError for the state of a GPU."""
    if len(new_states) > 0:
        _refuse("set_rng_state_all")


# ---------------------------------------------------------------- memory


def empty_cache() -> None:
    """Nothing: `topograd._C.empty_cache` gives the CPU's unused memory back."""


def ipc_collect() -> None:
    """Nothing."""


def memory_allocated(device: Any = None) -> int:
    """0, as all amounts of GPU memory."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated
memory_cached = max_memory_cached = memory_allocated


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """Empty."""
    return OrderedDict()


def memory_summary(device: Any = None, abbreviated: bool = False) -> str:
    """''."""
    return ""


def reset_peak_memory_stats(device: Any = None) -> None:
    """Nothing."""


reset_max_memory_allocated = reset_max_memory_cached = reset_peak_memory_stats


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Raises DeviceError."""
    _refuse("mem_get_info")
    return (0, 0)


def set_per_process_memory_fraction(fraction: float, device: Any = None) -> None:
    """Raises DeviceError."""
    _refuse("set_per_process_memory_fraction")


# ---------------------------------------------------------------- streams


class Stream:
    """Raises DeviceError when one is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse("Stream")


class Event:
    """Raises DeviceError when one is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse("Event")


def current_stream(device: Any = None) -> Stream:
    """Raises DeviceError."""
    _refuse("current_stream")
    return Stream()


def set_stream(stream: Any) -> None:
    """Nothing for None; raises DeviceError otherwise."""
    if stream is not None:
        _refuse("set_stream")


@contextlib.contextmanager
def stream(stream: Any) -> Iterator[None]:
    """A context that does nothing; with stream=None, as PyTorch's without a GPU."""
    set_stream(stream)
    yield


@contextlib.contextmanager
def device(device: Any) -> Iterator[None]:
    """A context that does nothing, as PyTorch's without a GPU."""
    yield


device_of = device
