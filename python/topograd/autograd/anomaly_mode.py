"""PyTorch's anomaly mode, on the guard that looks at every gradient."""

from __future__ import annotations

import threading
from contextlib import ContextDecorator

from topograd._finite import nan_guard

__all__ = [
    "detect_anomaly",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "set_anomaly_enabled",
    "set_detect_anomaly",
]


class _State(threading.local):
    enabled = False
    check_nan = True
    guard: nan_guard | None = None


_state = _State()


def _set(enabled: bool, check_nan: bool) -> None:
    if _state.guard is not None:
        _state.guard.stop()
        _state.guard = None
    if enabled and check_nan:
        guard = nan_guard(forward=False, inf=False)
        guard.start()
        _state.guard = guard
    _state.enabled, _state.check_nan = enabled, check_nan


def is_anomaly_enabled() -> bool:
    """Whether `detect_anomaly` or `set_detect_anomaly` is on in this thread."""
    return _state.enabled


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode looks for NaN."""
    return _state.check_nan


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Switches anomaly mode on or off for the rest of this thread."""
    _set(bool(enabled), bool(check_nan))


class set_detect_anomaly(ContextDecorator):  # PyTorch's name
    """Switches anomaly mode on or off, as a function or a context manager.

    mode: on or off.  check_nan: raise RuntimeError when the rule of an op gives NaN in a backward
    pass (default).  Errors name the line of the op in any case, and other than in PyTorch the mode
    is that of the thread, costs little, and `topograd.nan_guard` looks at forward values too.

    >>> import topograd as tg
    >>> x = tg.tensor(0.0, requires_grad=True) * 1
    >>> with tg.autograd.set_detect_anomaly(True):
    ...     (x.sqrt() - x.sqrt()).backward()
    Traceback (most recent call last):
    ...
    topograd.NonFiniteError: mul: the backward rule returned nan values in its 0th output, at ...
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        self._before = (_state.enabled, _state.check_nan)
        self._wanted = (bool(mode), bool(check_nan))
        _set(*self._wanted)

    def __enter__(self) -> None:
        _set(*self._wanted)

    def __exit__(self, *_: object) -> None:
        _set(*self._before)


class detect_anomaly(ContextDecorator):  # PyTorch's name
    """Anomaly mode for a block: NaN in a backward pass raises RuntimeError with the op's line.

    check_nan: look for NaN (default); without it nothing is left to do, since errors name the line
    of the op in any case.

    >>> import topograd as tg
    >>> with tg.autograd.detect_anomaly():
    ...     tg.is_anomaly_enabled()
    True
    """

    def __init__(self, check_nan: bool = True) -> None:
        self._check_nan = bool(check_nan)
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((_state.enabled, _state.check_nan))
        _set(True, self._check_nan)

    def __exit__(self, *_: object) -> None:
        _set(*self._before.pop())
