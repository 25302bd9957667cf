"""`tg.profile()`: where the time of a program goes, by op, module and line."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ContextDecorator, contextmanager
from pathlib import Path

from topograd import _C
from topograd.profiler.events import Event, events_of
from topograd.profiler.held import Held, held_by
from topograd.profiler.tables import Row, rows_by, table
from topograd.profiler.trace import write_trace

__all__ = ["Profile", "profile"]


class Profile(ContextDecorator):
    """What ran while it was on: tables by op, by module and by line, and a trace. See `profile`."""

    def __init__(
        self, *, memory: bool = False, shapes: bool = False, limit: int = 1_000_000
    ) -> None:
        if isinstance(limit, bool) or not isinstance(limit, int):
            raise TypeError(f"profile: limit must be an integer, got {type(limit).__name__}")
        self._options = (bool(shapes), bool(memory), limit)
        self._cores: list[tuple[str, _C.Profile]] = []
        self._main: _C.Profile | None = None
        self._events: list[Event] | None = None
        self._held: list[Held] | None = None
        self._lock = threading.Lock()

    # Running --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begins; what an earlier run has noted is forgotten."""
        if self._main is not None and self._main.running:
            raise RuntimeError("profile: it is running already")
        core = _C.Profile(*self._options)
        core.start()
        self._main = core
        self._cores = [(threading.current_thread().name, core)]
        self._events = self._held = None

    def stop(self) -> None:
        """Ends; nothing happens where it does not run."""
        if self._main is not None:
            self._main.stop()

    def __enter__(self) -> Profile:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @contextmanager
    def thread(self) -> Iterator[None]:
        """For another thread of the program: its ops are noted too, within the block.

        The thread that opened the profile is noted by itself; others are not seen without this.
        """
        if self._main is None or not self._main.running:
            raise RuntimeError("profile: thread() is for a profile that is running")
        shapes, _, limit = self._options
        core = _C.Profile(shapes, False, limit)
        core.start()
        try:
            yield
        finally:
            core.stop()
            with self._lock:
                self._cores.append((threading.current_thread().name, core))
                self._events = None

    # Looking --------------------------------------------------------------------------------------

    def _ended(self) -> _C.Profile:
        if self._main is None:
            raise RuntimeError("profile: it has not run yet")
        if self._main.running:
            raise RuntimeError("profile: it is still running; stop it, or leave the block, first")
        return self._main

    @property
    def events(self) -> list[Event]:
        """Everything that was noted, in the order in which it began, one thread after the other."""
        main = self._ended()
        if self._events is None:
            self._events = [
                event
                for number, (_, core) in enumerate(self._cores)
                for event in events_of(core, number, (core.started_at - main.started_at) / 1000)
            ]
        return self._events

    @property
    def threads(self) -> list[str]:
        """Names of the threads, by the number that events have."""
        return [name for name, _ in self._cores]

    @property
    def dropped(self) -> int:
        """How many events came after `limit` and are missing; `memory_table` tells of memory."""
        self._ended()
        return sum(core.dropped for _, core in self._cores)

    @property
    def duration(self) -> float:
        """Time between start and stop, in µs."""
        return float(self._ended().duration) / 1000

    @property
    def held(self) -> list[Held]:
        """What memory was allocated and when it was given back, with `memory=True`."""
        main = self._ended()
        if not self._options[1]:
            raise RuntimeError("profile: memory was not followed; say profile(memory=True)")
        if self._held is None:
            own = [event for event in self.events if event.thread == 0]
            self._held = held_by(main.memory(), own)
        return self._held

    def rows(self, by: str = "op") -> list[Row]:
        """The rows of the table. by: 'op', 'module', 'line' or 'block'."""
        return rows_by(self.events, by)

    def table(self, by: str = "op", sort: str = "self", limit: int = 25) -> str:
        """A table of where the time went.

        by: 'op', 'module', 'line', or 'block' (`record_function`, backward, optimizer steps).
        sort: a column: 'self' (default), 'total', 'calls', 'mean', 'bytes', 'forward', 'backward',
        'name'.  limit: greatest number of rows.  Times of a row: total is with and self without
        what lies in it; forward, backward and optimizer split self; share is that of self in the
        time that the profile ran.  Raises ValueError for another name.

        >>> import topograd as tg
        >>> with tg.profile() as p:
        ...     y = tg.ones(3, 4) @ tg.ones(4, 2)
        >>> print(p.table("op").splitlines()[0].split()[:6])
        ['op', 'calls', 'total', 'self', 'mean', 'share']
        """
        return table(self.rows(by), by, sort, limit, self.duration, self.dropped)

    def memory_table(self, by: str = "line", at: str = "peak", limit: int = 25) -> str:
        """What the memory consisted of, for a profile with `memory=True`.

        by: 'op', 'module' or 'line' that allocated.  at: 'peak' (default), when most was in use, or
        'end', what is still held.  Only memory allocated while the profile ran is seen.
        """
        from topograd.profiler.held import memory_table

        text = memory_table(self.held, by, at, limit)
        missing = self._ended().memory_dropped
        return (
            f"{text}\n{missing} changes came after the limit and are missing" if missing else text
        )

    def trace(self, path: str | Path) -> None:
        """Writes a trace for Perfetto (ui.perfetto.dev) or Chrome's chrome://tracing.

        path: ends in '.json', or in '.gz' to be compressed.
        """
        held = self.held if self._options[1] else []
        write_trace(path, self.events, self.threads, held)

    def __str__(self) -> str:
        return self.table()

    def __repr__(self) -> str:
        if self._main is None or self._main.running:
            return "<profile, running>" if self._main else "<profile, not run>"
        return f"<profile: {len(self.events)} events in {self.duration / 1000:.3f} ms>"


def profile(*, memory: bool = False, shapes: bool = False, limit: int = 1_000_000) -> Profile:
    """Notes when every op, rule of a backward pass, module and optimizer step began and ended.

    A context manager or decorator; `start()` and `stop()` do the same.  memory: follow every
    allocation to its end (default: only the bytes of results).  shapes: note the shapes of
    arguments and results.  limit: events that are kept; later ones are counted only.

    Of the result: `print(p)` or `p.table(by)` with by 'op', 'module', 'line' or 'block';
    `p.trace("trace.json")` for Perfetto; `p.events`; with memory=True `p.memory_table()`.  Only the
    thread that started it is seen, and others within `p.thread()`; ops inside of an op are part of
    it.  `topograd.profiler` has the same under PyTorch's names.

    >>> import topograd as tg
    >>> w = tg.ones(3, requires_grad=True)
    >>> with tg.profile() as p:
    ...     (w * 2).sum().backward()
    >>> [event.name for event in p.events if event.kind == "op" and event.phase == "forward"]
    ['mul', 'sum']
    >>> [event.name for event in p.events if event.kind == "backward"]
    ['sum', 'mul']
    """
    return Profile(memory=memory, shapes=shapes, limit=limit)
