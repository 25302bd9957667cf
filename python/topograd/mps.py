"""`torch.mps`: there is no GPU of Apple."""

from __future__ import annotations

from topograd import _C

__all__ = [
    "current_allocated_memory",
    "device_count",
    "empty_cache",
    "is_available",
    "manual_seed",
    "synchronize",
]


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no generator to start."""


def _refuse(name: str) -> None:
    raise _C.DeviceError(f"mps.{name}: there is no mps device, only the CPU")


def empty_cache() -> None:
    """Raises DeviceError."""
    _refuse("empty_cache")


def synchronize() -> None:
    """Raises DeviceError."""
    _refuse("synchronize")


def current_allocated_memory() -> int:
    """Raises DeviceError."""
    _refuse("current_allocated_memory")
    return 0
