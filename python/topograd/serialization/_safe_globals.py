"""Classes that a program allows files of PyTorch to hold, besides those on the list."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

_allowed: dict[str, Any] = {}


def add_safe_globals(safe_globals: Iterable[Any]) -> None:
    """Allows `load` to rebuild objects of these classes from files of PyTorch.

    safe_globals: classes, or pairs of a class and the full name that files call it by.  Of what is
    allowed only data is taken: an object is made without calling its `__init__`, and its attributes
    are set; a named tuple and a member of an Enum are made from their values. No function is ever
    called, so that one in the list changes nothing; what files of PyTorch need of NumPy is read
    without being allowed.

    >>> import collections
    >>> import topograd as tg
    >>> Point = collections.namedtuple("Point", "x y")
    >>> with tg.serialization.safe_globals([(Point, "geometry.Point")]):
    ...     [name for _, name in tg.serialization.get_safe_globals()]
    ['geometry.Point']
    """
    for entry in safe_globals:
        kind, name = entry if isinstance(entry, tuple) else (entry, "")
        _allowed[name or f"{kind.__module__}.{kind.__qualname__}"] = kind


def get_safe_globals() -> list[tuple[Any, str]]:
    """What is allowed, with the names that files call it by."""
    return [(kind, name) for name, kind in _allowed.items()]


def clear_safe_globals() -> None:
    """Takes all allowances back."""
    _allowed.clear()


@contextmanager
def safe_globals(safe_globals: Iterable[Any]) -> Iterator[None]:
    """Allows these classes for the duration of a `with` block; see `add_safe_globals`."""
    before = dict(_allowed)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _allowed.clear()
        _allowed.update(before)


def allowed_class(name: str) -> type | None:
    """The class that the program allows under a name."""
    kind = _allowed.get(name)
    return kind if isinstance(kind, type) else None


def allowed_value(value: Any) -> bool:
    """Whether it is an object of an allowed class, whose attributes a file may set."""
    return any(kind is type(value) for kind in _allowed.values())


def make_object(kind: type, *arguments: Any) -> Any:
    """An object without attributes; of a tuple and an Enum the value itself."""
    if issubclass(kind, enum.Enum):
        return kind(*arguments)
    if issubclass(kind, tuple):
        if not hasattr(kind, "_fields") or len(arguments) != len(kind._fields):
            raise TypeError(f"a {kind.__name__} of {len(arguments)} parts")
        return tuple.__new__(kind, arguments)
    if arguments:
        raise TypeError(f"an object of {kind.__name__} from {len(arguments)} arguments")
    return object.__new__(kind)
