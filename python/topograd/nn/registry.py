"""The dictionaries of a module, for parameters, buffers and submodules, seen as its attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ref

from topograd.nn.hooks import EVERYWHERE

if TYPE_CHECKING:
    from topograd._C import Module as ModuleBase

T = TypeVar("T")
_ABSENT = object()


class Registry(dict[str, T]):
    """A dictionary whose entries are attributes of the module that owns it.

    Invariant: `registry[name] is module.__dict__[name]` for every name. Reading `module.weight` is
    therefore a plain attribute lookup (a class with `__getattr__` would pay for it at every call),
    and code that writes `module._parameters["weight"] = p` still changes the module. The owner is
    held weakly, so that a module is freed by its reference count alone.

    >>> import topograd as tg
    >>> layer = tg.nn.Linear(2, 3)
    >>> layer._parameters["bias"] = None
    >>> layer.bias is None
    True
    """

    __slots__ = ("_owner", "kind")

    def __init__(self, owner: ModuleBase, kind: str = "") -> None:
        super().__init__()
        self._owner = ref(owner)
        self.kind = kind

    def _attributes(self) -> dict[str, Any]:
        owner = self._owner()
        return {} if owner is None else owner.__dict__

    def __setitem__(self, name: str, value: T) -> None:
        super().__setitem__(name, value)
        self._attributes()[name] = value

    def __delitem__(self, name: str) -> None:
        super().__delitem__(name)
        self._attributes().pop(name, None)

    def __ior__(self, other: Any) -> Registry[T]:  # type: ignore[override, misc]
        self.update(other)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        # A copy has no owner; Module.__setstate__ builds the registries of a copied module.
        return dict, (dict(self),)

    def update(self, *args: Any, **kwargs: Any) -> None:
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def setdefault(self, name: str, default: Any = None) -> Any:
        if name not in self:
            self[name] = default
        return self[name]

    def pop(self, name: str, default: Any = _ABSENT) -> Any:
        if name not in self and default is not _ABSENT:
            return default
        value = self[name]
        del self[name]
        return value

    def popitem(self) -> tuple[str, T]:
        name, value = super().popitem()
        self._attributes().pop(name, None)
        return name, value

    def clear(self) -> None:
        for name in list(self):
            del self[name]


def expect_none(name: str, value: Any, kind: str, expected: str) -> None:
    """Raises TypeError unless `value` is None, the one plain value a registered name may take."""
    if value is not None:
        raise TypeError(
            f"cannot assign '{type(value).__name__}' as {kind} '{name}' "
            f"({expected} or None expected)"
        )


def expect_name(name: Any) -> None:
    """Raises TypeError or KeyError unless `name` can be one part of a dotted path."""
    if not isinstance(name, str):
        raise TypeError(f"name should be a string, got {type(name).__name__}")
    if "." in name:
        raise KeyError(f"name can't contain \".\", got '{name}'")
    if name == "":
        raise KeyError('name can\'t be empty string ""')


def expect_new(module: ModuleBase, registry: str, name: Any, value: Any, kind: type) -> None:
    """Raises unless `value` may be registered under `name`, which must not hide an attribute."""
    if registry not in module.__dict__:
        raise AttributeError("cannot register anything before Module.__init__() call")
    expect_name(name)
    if hasattr(module, name) and name not in module.__dict__[registry]:
        raise KeyError(f"attribute '{name}' already exists")
    if value is not None and not isinstance(value, kind):
        raise TypeError(
            f"cannot register '{type(value).__name__}' as '{name}' "
            f"(topograd {kind.__name__} or None expected)"
        )


def told(module: ModuleBase, registry: str, name: str, value: Any) -> Any:
    """What is registered under `name`: `value`, or what a registration hook gives instead."""
    kind = registry[:-1].lstrip("_")  # "_parameters" -> "parameter"
    for hook in list(EVERYWHERE.__dict__.get(f"_{kind}_registration_hooks", {}).values()):
        replaced = hook.function(module, name, value)
        if replaced is not None:
            value = replaced
    return value
