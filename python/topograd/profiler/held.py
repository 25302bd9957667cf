"""The memory of a profile: what was allocated where, until when, and what the peak consisted of."""

from __future__ import annotations

from collections.abc import Sequence

from topograd.profiler.events import Event
from topograd.profiler.tables import OUTSIDE, PYTHON, aligned, bytes_text

__all__ = ["Held", "held_by", "memory_table", "peak"]


class Held:
    """A piece of memory that was allocated while a profile ran.

    bytes.  born, died: in µs since the profile began; died is None for what is still held.  event:
    the op, rule, module or block that allocated it, or None.
    """

    __slots__ = ("born", "bytes", "died", "event")

    def __init__(self, count: int, born: float, event: Event | None) -> None:
        self.bytes = count
        self.born = born
        self.died: float | None = None
        self.event = event

    def __repr__(self) -> str:
        return f"<{self.bytes} bytes of {self.event.name if self.event else 'no op'}>"


def held_by(log: Sequence[tuple[float, int, int]], events: Sequence[Event]) -> list[Held]:
    """Pairs of births and deaths of the core's log (when, change, number of the event).

    Two pieces of the same size and event are alike, so that which of them died does not matter.
    """
    found: list[Held] = []
    alive: dict[tuple[int, int], list[Held]] = {}
    for when, change, number in log:
        key = abs(change), number
        if change >= 0:
            one = Held(change, when / 1000, events[number] if number >= 0 else None)
            found.append(one)
            alive.setdefault(key, []).append(one)
        elif alive.get(key):
            alive[key].pop(0).died = when / 1000
    return found


def peak(held: Sequence[Held]) -> tuple[float, int]:
    """When most of it was in use, in µs, and how many bytes."""
    changes = [(one.born, 1, one.bytes) for one in held]
    changes += [(one.died, 0, -one.bytes) for one in held if one.died is not None]
    total = most = 0
    when = 0.0
    for time, _, change in sorted(changes):
        total += change
        if total > most:
            most, when = total, time
    return when, most


def _name(one: Held, by: str) -> str:
    event = one.event
    if by == "op":
        kinds = {"backward": ".backward"}
        return event.name + kinds.get(event.kind, "") if event else PYTHON
    if by == "module":
        return event.module or OUTSIDE if event else OUTSIDE
    # A module or block has no line of its own; what it made without an op has none either.
    while event is not None and not event.where:
        event = event.parent
    return event.where.rpartition("/")[2] if event else PYTHON


def memory_table(held: Sequence[Held], by: str, at: str, limit: int) -> str:
    """What the memory consisted of; see `Profile.memory_table`."""
    if by not in ("op", "module", "line"):
        raise ValueError(f"profile: by must be 'op', 'module' or 'line', got {by!r}")
    if at not in ("peak", "end"):
        raise ValueError(f"profile: at must be 'peak' or 'end', got {at!r}")
    when, most = peak(held)
    rows: dict[str, list[int]] = {}
    for one in held:
        row = rows.setdefault(_name(one, by), [0, 0, 0, 0])
        row[0] += 1
        row[1] += one.bytes
        if one.born <= when and (one.died is None or one.died > when):
            row[2] += one.bytes
        if one.died is None:
            row[3] += one.bytes
    column = 2 if at == "peak" else 3
    ordered = sorted(rows.items(), key=lambda row: (-row[1][column], -row[1][1]))
    lines = aligned(
        [by, "pieces", "allocated", "at the peak", "at the end"],
        [[name, str(row[0]), *map(bytes_text, row[1:])] for name, row in ordered[:limit]],
    )
    if len(ordered) > limit:
        lines.append(f"… and {len(ordered) - limit} more")
    end = sum(one.bytes for one in held if one.died is None)
    lines.append(f"peak {bytes_text(most)} at {when / 1000:.3f} ms; {bytes_text(end)} at the end")
    return "\n".join(lines)
