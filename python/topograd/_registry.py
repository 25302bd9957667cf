"""The registry as Python sees it: one object per op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd import _C


class Op:
    """An op of the registry: name, family, signature, documentation, derivative and samples.

    The family is the name of the file in cpp/ops that the op stands in.

    >>> import topograd as tg
    >>> exp = next(op for op in tg.ops() if str(op) == "exp")
    >>> exp.family, exp.derivative, exp.method
    ('unary', 'elementwise', True)
    """

    def __init__(self, fields: dict[str, Any]) -> None:
        self.__dict__.update(fields)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"Op: no field '{name}'")

    def __str__(self) -> str:
        return str(self.name)

    __repr__ = __str__

    def samples(self) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
        """Calls that the op is tested with: (args, kwargs)."""
        return _C.samples(self.name)

    @property
    def function(self) -> Callable[..., Any]:
        """The callable, hidden ops and variants included."""
        name = self.name

        def call(*args: Any, **kwargs: Any) -> Any:
            return _C.call(name, *args, **kwargs)

        call.__name__ = name
        return call


def ops() -> list[Op]:
    """Every op of the library.

    >>> import topograd as tg
    >>> len(tg.ops()) > 100
    True
    """
    return [Op(fields) for fields in _C.ops()]
