"""A profile as a trace file in the format of Chrome, which Perfetto reads too."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from topograd.profiler.events import Event

if TYPE_CHECKING:
    from topograd.profiler.held import Held

__all__ = ["trace_events", "write_trace"]

_CATEGORIES = {"op": "cpu_op", "module": "module", "block": "user_annotation"}


def _arguments(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {"phase": event.phase}
    for key, value in (("where", event.where), ("module", event.module), ("bytes", event.bytes)):
        if value:
            found[key] = value
    if event.input_shapes or event.output_shapes:
        found["Input Dims"] = [list(shape) for shape in event.input_shapes]
        found["Output Dims"] = [list(shape) for shape in event.output_shapes]
    if event.failed:
        found["failed"] = True
    return found


def trace_events(
    events: Sequence[Event], threads: Sequence[str], held: Sequence[Held] = ()
) -> Iterator[dict[str, Any]]:
    """The entries of a trace: complete events, names of threads, and a counter of memory in use."""
    process = os.getpid()
    head = {"ph": "M", "pid": process, "ts": 0}
    yield {**head, "name": "process_name", "tid": 0, "args": {"name": "topograd"}}
    for number, name in enumerate(threads):
        yield {**head, "name": "thread_name", "tid": number, "args": {"name": name}}
    for event in events:
        name = event.name + (".backward" if event.kind == "backward" else "")
        yield {
            "ph": "X",
            "cat": _CATEGORIES.get(event.kind, event.kind),
            "name": name,
            "pid": process,
            "tid": event.thread,
            "ts": round(event.start, 3),
            "dur": round(event.duration, 3),
            "args": _arguments(event),
        }
    changes = [(one.born, one.bytes) for one in held]
    changes += [(one.died, -one.bytes) for one in held if one.died is not None]
    total = 0
    for when, change in sorted(changes):
        total += change
        counter = {"ph": "C", "name": "memory", "pid": process, "tid": 0, "ts": round(when, 3)}
        yield {**counter, "args": {"bytes": total}}


def write_trace(
    path: str | Path,
    events: Sequence[Event],
    threads: Sequence[str],
    held: Sequence[Held] = (),
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Writes the trace; compressed where the path ends in '.gz'."""
    whole = {
        **(metadata or {}),
        "schemaVersion": 1,
        "displayTimeUnit": "ns",
        "traceEvents": list(trace_events(events, threads, held)),
    }
    text = json.dumps(whole, separators=(",", ":"), ensure_ascii=False)
    path = Path(path)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
