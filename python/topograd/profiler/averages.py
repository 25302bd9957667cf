"""`key_averages()`: events added up, with the names that PyTorch has for the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from topograd.profiler.events import Event
from topograd.profiler.flops import flops
from topograd.profiler.tables import aligned, bytes_text, time_text

__all__ = ["EventList", "FunctionEventAvg", "averages"]

Shape = tuple[int, ...]


class FunctionEventAvg:
    """The events of one name added up. Times in µs.

    key: the name; the rule of an op in the backward pass is 'name.backward'.  count.
    cpu_time_total, self_cpu_time_total: with and without what lies in it.  cpu_time: the mean.
    cpu_memory_usage, self_cpu_memory_usage: bytes of new results.  input_shapes, stack: where they
    were asked for.  flops: of ops, with `with_flops=True`.  device_time_total and its kin are 0.
    """

    device_time = device_time_total = self_device_time_total = 0.0
    device_memory_usage = self_device_memory_usage = 0
    cuda_time = cuda_time_total = self_cuda_time_total = 0.0
    cuda_memory_usage = self_cuda_memory_usage = 0

    def __init__(self, key: str) -> None:
        self.key = key
        self.count = 0
        self.cpu_time_total = self.self_cpu_time_total = 0.0
        self.cpu_memory_usage = self.self_cpu_memory_usage = 0
        self.input_shapes: list[Shape] = []
        self.stack: list[str] = []
        self.flops = 0

    @property
    def cpu_time(self) -> float:
        """The mean of one call."""
        return self.cpu_time_total / self.count if self.count else 0.0

    @property
    def name(self) -> str:
        """The key."""
        return self.key

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} count={self.count} "
            f"cpu_time={self.cpu_time:.3f}us self_cpu_time={self.self_cpu_time_total:.3f}us>"
        )


class EventList(list[FunctionEventAvg]):
    """What `key_averages()` gives: a list with a table and a total."""

    def __init__(self, events: Iterable[FunctionEventAvg] = (), duration: float = 0.0) -> None:
        super().__init__(events)
        self._duration = duration

    @property
    def self_cpu_time_total(self) -> float:
        """The self times of all rows together."""
        return sum(one.self_cpu_time_total for one in self)

    def total_average(self) -> FunctionEventAvg:
        """All rows as one."""
        total = FunctionEventAvg("Total")
        for one in self:
            total.count += one.count
            total.cpu_time_total += one.cpu_time_total
            total.self_cpu_time_total += one.self_cpu_time_total
            total.cpu_memory_usage += one.cpu_memory_usage
            total.self_cpu_memory_usage += one.self_cpu_memory_usage
            total.flops += one.flops
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_src_column_width: int = 75,
        max_name_column_width: int = 55,
        max_shapes_column_width: int = 80,
        header: str | None = None,
        top_level_events_only: bool = False,
    ) -> str:
        """The rows as text. sort_by: an attribute of the rows, greatest first.

        row_limit: -1 for all.  Widths: of columns that are cut; -1 for no limit.  Raises
        AttributeError for a sort_by that there is not.
        """
        rows = list(self)
        if sort_by is not None:
            rows.sort(key=lambda row: float(getattr(row, sort_by)), reverse=True)
        whole = self.self_cpu_time_total or 1.0
        head = ["Name", "Self CPU %", "Self CPU", "CPU total", "CPU time avg", "# of Calls"]
        widths = (max_shapes_column_width, max_src_column_width)
        extra = [one for one in _extra_columns(*widths) if any(one.text(row) for row in rows)]
        lines = [
            [
                _cut(row.key, max_name_column_width),
                f"{100 * row.self_cpu_time_total / whole:.2f}%",
                *map(time_text, (row.self_cpu_time_total, row.cpu_time_total, row.cpu_time)),
                str(row.count),
                *(one.text(row) or "--" for one in extra),
            ]
            for row in (rows if row_limit < 0 else rows[:row_limit])
        ]
        head += [one.name for one in extra]
        text = ([header] if header else []) + aligned(head, lines)
        text.append(f"Self CPU time total: {time_text(self.self_cpu_time_total)}")
        return "\n".join(text)

    def __str__(self) -> str:
        return self.table()


class _Column(NamedTuple):
    name: str
    text: Callable[[FunctionEventAvg], str]


def _memory_text(row: FunctionEventAvg) -> str:
    return bytes_text(row.cpu_memory_usage) if row.cpu_memory_usage else ""


def _extra_columns(shapes: int, source: int) -> list[_Column]:
    """Columns that are shown where any row has something in them, with two greatest widths."""

    def shapes_of(row: FunctionEventAvg) -> str:
        given = [list(shape) for shape in row.input_shapes]
        return _cut(str(given), shapes) if given else ""

    return [
        _Column("CPU Mem", _memory_text),
        _Column("Total FLOPs", lambda row: f"{row.flops:,}" if row.flops else ""),
        _Column("Input Shapes", shapes_of),
        _Column("Source Location", lambda row: _cut("; ".join(row.stack), source)),
    ]


def _cut(text: str, width: int) -> str:
    return text if width < 0 or len(text) <= width else text[: max(0, width - 3)] + "..."


def key_of(event: Event) -> str:
    """The name of an event in the list."""
    return f"{event.name}.backward" if event.kind == "backward" else event.name


def _inside_same(event: Event, key: str) -> bool:
    outer = event.parent
    while outer is not None:
        if key_of(outer) == key:
            return True
        outer = outer.parent
    return False


def averages(
    events: Sequence[Event], by_shape: bool, frames: int, with_flops: bool, duration: float
) -> EventList:
    """The events added up by name, and by the shapes of their arguments and their line if asked."""
    rows: dict[tuple[str, str, str], FunctionEventAvg] = {}
    inside = [0] * len(events)
    place = {id(event): number for number, event in enumerate(events)}
    for number in reversed(range(len(events))):
        inside[number] += events[number].bytes
        parent = events[number].parent
        if parent is not None:
            inside[place[id(parent)]] += inside[number]
    for number, event in enumerate(events):
        key = key_of(event)
        shapes = str(event.input_shapes) if by_shape else ""
        where = event.where if frames else ""
        row = rows.setdefault((key, shapes, where), FunctionEventAvg(key))
        row.count += 1
        row.self_cpu_time_total += event.self_time
        row.self_cpu_memory_usage += event.bytes
        if not _inside_same(event, key):
            row.cpu_time_total += event.duration
            row.cpu_memory_usage += inside[number]
        if by_shape:
            row.input_shapes = event.input_shapes
        if where:
            row.stack = [where]
        if with_flops and event.kind == "op":
            row.flops += flops(event.name, event.input_shapes, event.output_shapes or [()])
    return EventList(rows.values(), duration)
