"""What the namespaces of GPUs that are never there share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd import _C


def is_available() -> bool:
    """False."""
    return False


def device_count() -> int:
    """0."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no generator to start."""


def refusing(kind: str, name: str) -> Callable[[], Any]:
    """A function of the namespace `kind` that needs the device: it raises DeviceError."""

    def function() -> Any:
        raise _C.DeviceError(f"{kind}.{name}: there is no {kind} device, only the CPU")

    function.__name__ = name
    function.__doc__ = "Raises DeviceError."
    return function
