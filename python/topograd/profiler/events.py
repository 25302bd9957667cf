"""What a profile has seen: events with their times, and how they lie in each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd import _C

__all__ = ["KINDS", "Event", "events_of"]

# By number, as the core counts them.
KINDS = ("op", "in_place", "backward", "module", "block", "creation")
# Blocks of the core itself, and the phase of what runs in them.
_PHASES = {"backward": "backward", "gradients": "backward"}


class Event:
    """One event of a profile.

    kind: 'op', 'backward' (the rule of an op), 'module' or 'block' (a named part of the program).
    name: of the op, module or block.  phase: 'forward', 'backward' or 'optimizer'.  where: line of
    the call, for a rule that of its op.  module: path of the module, or ''.  start, end: in µs
    since the profile began.  self_time: without what lies in it.  bytes: of new results.  parent:
    the event around it, or None.  input_shapes, output_shapes: with `shapes=True`.  thread: number
    of the thread, 0 for the first.  failed: ended by an exception.
    """

    __slots__ = (
        "bytes",
        "end",
        "failed",
        "input_shapes",
        "kind",
        "module",
        "name",
        "output_shapes",
        "parent",
        "phase",
        "self_time",
        "start",
        "thread",
        "where",
    )

    def __init__(self, kind: str, name: str, start: float, end: float) -> None:
        self.kind = kind
        self.name = name
        self.start = start
        self.end = end
        self.self_time = end - start
        self.phase = "forward"
        self.where = ""
        self.module = ""
        self.bytes = 0
        self.parent: Event | None = None
        self.input_shapes: list[tuple[int, ...]] = []
        self.output_shapes: list[tuple[int, ...]] = []
        self.thread = 0
        self.failed = False

    @property
    def duration(self) -> float:
        """The time from start to end, in µs."""
        return self.end - self.start

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name}: {self.duration:.1f} µs>"


def _phase(event: Event) -> str:
    if event.parent is not None and event.parent.phase != "forward":
        return event.parent.phase
    if event.kind == "block":
        if event.name.startswith("optimizer.step"):
            return "optimizer"
        return _PHASES.get(event.name, "forward")
    return "backward" if event.kind == "backward" else "forward"


def _shapes(core: _C.Profile, number: int, event: Event) -> None:
    inputs, outputs = core.shapes(number)
    event.input_shapes = [tuple(shape) for shape in inputs]
    event.output_shapes = [tuple(shape) for shape in outputs]


def events_of(core: _C.Profile, thread: int = 0, offset: float = 0.0) -> list[Event]:
    """The events that the core has noted in one thread, in the order in which they began.

    offset: µs that this thread began after the first.
    """
    noted = core.events()
    names, places, scopes = noted["names"], noted["places"], noted["scopes"]
    found: list[Event] = []
    rows: Iterable[tuple[Any, ...]] = noted["rows"]
    for kind, name, place, scope, begin, end, count, parent, shapes, failed in rows:
        module = scopes[scope]
        label = names[name] if KINDS[kind] != "module" else module
        started = begin / 1000 + offset
        shown = "op" if KINDS[kind] in ("in_place", "creation") else KINDS[kind]
        event = Event(shown, label, started, end / 1000 + offset)
        event.where, event.module = places[place], module
        event.bytes, event.thread, event.failed = count, thread, failed
        if parent >= 0:
            event.parent = found[parent]
            event.parent.self_time -= event.duration
        event.phase = _phase(event)
        if shapes >= 0:
            _shapes(core, shapes, event)
        found.append(event)
    return found
