"""`torch.accelerator`: there is none."""

from __future__ import annotations

from typing import Any

from topograd import _C

__all__ = [
    "current_accelerator",
    "current_device_index",
    "current_stream",
    "device_count",
    "is_available",
    "set_device_index",
    "synchronize",
]


def is_available() -> bool:
    """False.

    >>> import topograd as tg
    >>> tg.accelerator.current_accelerator() if tg.accelerator.is_available() else "cpu"
    'cpu'
    """
    return False


def device_count() -> int:
    """0."""
    return 0


def current_accelerator(check_available: bool = False) -> _C.device | None:
    """None."""
    return None


def _refuse(name: str) -> Any:
    raise _C.DeviceError(f"accelerator.{name}: there is no accelerator, only the CPU")


def set_device_index(device: Any, /) -> None:
    """Raises DeviceError."""
    _refuse("set_device_index")


def current_device_index() -> int:
    """Raises DeviceError."""
    return int(_refuse("current_device_index"))


def current_stream(device: Any = None, /) -> Any:
    """Raises DeviceError."""
    return _refuse("current_stream")


def synchronize(device: Any = None, /) -> None:
    """Raises DeviceError."""
    _refuse("synchronize")
