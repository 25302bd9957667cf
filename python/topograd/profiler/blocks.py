"""Named parts of a program, for profiles."""

from __future__ import annotations

from contextlib import ContextDecorator

from topograd import _C

__all__ = ["record_function"]


class record_function(ContextDecorator):  # PyTorch's name
    """Gives a part of the program a name in the profile that runs; nothing happens without one.

    A context manager or decorator.  name: any text.  args: PyTorch's, not shown.

    >>> import topograd as tg
    >>> with tg.profile() as p:
    ...     with tg.profiler.record_function("prepare"):
    ...         x = tg.ones(2) * 2
    >>> [(row.name, row.calls) for row in p.rows("block")]
    [('prepare', 1)]
    """

    def __init__(self, name: str, args: str | None = None) -> None:
        if not isinstance(name, str):
            raise TypeError(f"record_function: name must be a string, got {type(name).__name__}")
        self.name = name
        self.args = args
        self._open: list[_C.ProfileBlock] = []

    def __enter__(self) -> record_function:
        self._open.append(_C.ProfileBlock(self.name))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.pop().end()
