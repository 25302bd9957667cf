"""The tables of a profile: its events, added up by op, module, line or block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from topograd.profiler.events import Event

__all__ = ["Row", "bytes_text", "rows_by", "table", "time_text"]

COLUMNS = (
    "name", "calls", "total", "self", "mean", "share", "forward", "backward", "optimizer", "bytes"
)  # fmt: skip
OUTSIDE = "(outside of modules)"
PYTHON = "(no line)"


class Row:
    """A row of a table. Times in µs.

    name.  calls.  total: with what lies in it; of a module, of its submodules too.  self: without.
    forward, backward, optimizer: parts of self, for a module of total.  bytes: of new results.
    """

    __slots__ = ("backward", "bytes", "calls", "forward", "name", "optimizer", "self", "total")

    def __init__(self, name: str) -> None:
        self.name = name
        self.calls = 0
        self.bytes = 0
        self.total = self.self = self.forward = self.backward = self.optimizer = 0.0

    @property
    def mean(self) -> float:
        """The total time of one call."""
        return self.total / self.calls if self.calls else 0.0

    def add(self, event: Event, *, into_self: bool = True) -> None:
        """Takes the self time and bytes of an event."""
        if into_self:
            self.self += event.self_time
        setattr(self, event.phase, getattr(self, event.phase) + event.self_time)
        self.bytes += event.bytes

    def __repr__(self) -> str:
        return f"<{self.name}: {self.calls} calls, {self.self:.1f} µs>"


def _short(where: str) -> str:
    return where.rpartition("/")[2] or PYTHON


def _within_same(event: Event, key: Callable[[Event], str]) -> bool:
    """Whether an event around this one counts for the same row already."""
    outer, name = event.parent, key(event)
    while outer is not None:
        if outer.kind in ("op", "backward") and key(outer) == name:
            return True
        outer = outer.parent
    return False


def _by_key(events: Iterable[Event], key: Callable[[Event], str]) -> list[Row]:
    rows: dict[str, Row] = {}
    rules: dict[str, int] = {}
    for event in events:
        name = key(event)
        row = rows.setdefault(name, Row(name))
        if event.kind == "backward":
            rules[name] = rules.get(name, 0) + 1
        else:
            row.calls += 1
        row.add(event)
        if not _within_same(event, key):
            row.total += event.duration
    for row in rows.values():
        row.calls = row.calls or rules[row.name]  # its forward pass was not seen
    return list(rows.values())


def _by_module(events: Iterable[Event]) -> list[Row]:
    """Every module with what ran in it and in its submodules, in the order of the first calls."""
    rows: dict[str, Row] = {}
    for event in events:
        path = event.module or OUTSIDE
        own = rows.setdefault(path, Row(path))
        own.calls += event.kind == "module"
        own.self += event.self_time
        while path:
            row = rows.setdefault(path, Row(path))
            row.total += event.self_time
            row.add(event, into_self=False)
            path = path.rpartition(".")[0] if path != OUTSIDE else ""
    return list(rows.values())


def _by_block(events: Iterable[Event]) -> list[Row]:
    rows: dict[str, Row] = {}
    for event in events:
        if event.kind == "block":
            row = rows.setdefault(event.name, Row(event.name))
            row.calls += 1
            row.total += event.duration
            row.add(event)
    return list(rows.values())


def rows_by(events: Sequence[Event], by: str) -> list[Row]:
    """The events added up; see `Profile.table`."""
    computing = [event for event in events if event.kind in ("op", "backward")]
    if by == "op":
        return _by_key(computing, lambda event: event.name)
    if by == "line":
        return _by_key(computing, lambda event: _short(event.where))
    if by == "module":
        return _by_module(events)
    if by == "block":
        return _by_block(events)
    raise ValueError(f"profile: by must be 'op', 'module', 'line' or 'block', got {by!r}")


def time_text(microseconds: float) -> str:
    """A time with three digits and its unit.

    >>> time_text(1234.5)
    '1.23 ms'
    """
    for unit, scale in (("s", 1e6), ("ms", 1e3)):
        if abs(microseconds) >= scale:
            return f"{microseconds / scale:#.3g}".rstrip(".") + f" {unit}"
    return f"{microseconds:#.3g}".rstrip(".") + " µs" if microseconds else "0"


def bytes_text(count: float) -> str:
    """A number of bytes with its unit.

    >>> bytes_text(1536)
    '1.5 KiB'
    """
    for unit, scale in (("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if abs(count) >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count:.0f} B" if count else "0"


def aligned(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table whose first column is aligned left and the others right."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    text = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    text.insert(1, "  ".join("-" * width for width in widths))
    return text


def _cells(row: Row, duration: float) -> list[str]:
    share = 100 * row.self / duration if duration > 0 else 0.0
    times = [row.total, row.self, row.mean]
    parts = [row.forward, row.backward, row.optimizer]
    return [
        row.name, str(row.calls), *map(time_text, times), f"{share:.1f} %", *map(time_text, parts),
        bytes_text(row.bytes),
    ]  # fmt: skip


def table(
    rows: list[Row], by: str, sort: str, limit: int, duration: float, dropped: int = 0
) -> str:
    """Rows as text, the greatest first, with a line that tells what they add up to."""
    if sort not in COLUMNS:
        raise ValueError(f"profile: sort must be one of {', '.join(COLUMNS)}; got {sort!r}")
    column = "self" if sort == "share" else sort
    ordered = sorted(rows, key=lambda row: getattr(row, column), reverse=sort != "name")
    lines = aligned([by, *COLUMNS[1:]], [_cells(row, duration) for row in ordered[:limit]])
    if len(ordered) > limit:
        lines.append(f"… and {len(ordered) - limit} more")
    known = sum(row.self for row in rows)
    outside = max(0.0, duration - known)
    share = 100 * known / duration if duration > 0 else 0.0
    whole = f"{time_text(known)} of {time_text(duration)} ({share:.1f} %)"
    lines.append(f"{whole}; {time_text(outside)} elsewhere")
    if dropped:
        lines.append(f"{dropped} events came after the limit and are missing")
    return "\n".join(lines)
