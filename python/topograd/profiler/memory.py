"""What memory tensors take now, and at most."""

from __future__ import annotations

from typing import NamedTuple

from topograd import _C
from topograd.profiler.tables import aligned, bytes_text

__all__ = ["Memory", "memory", "memory_summary", "reset_peak_memory"]


class Memory(NamedTuple):
    """The state of the allocator, in bytes.

    in_use: of blocks that tensors hold.  peak: the greatest in_use since the start or the last
    `reset_peak_memory()`.  cached: of free blocks that are kept for reuse.  tensors, nodes: how
    many there are.
    """

    in_use: int
    peak: int
    cached: int
    tensors: int
    nodes: int


def memory() -> Memory:
    """What memory tensors take.

    Blocks above 64 KiB are counted; smaller ones lie in lists of each thread.  What a part of a
    program takes, by line, op and module, is told by `profile(memory=True)`; what a graph keeps,
    by `graph(loss).saved()`.

    >>> import topograd as tg
    >>> before = tg.memory().in_use
    >>> x = tg.zeros(1024, 1024)
    >>> tg.memory().in_use - before >= 4 * 1024 * 1024
    True
    """
    now = _C.memory_statistics()
    return Memory(now["in_use"], now["peak"], now["cached"], _C.live_tensors(), _C.live_nodes())


def memory_summary() -> str:
    """The same as a table to print.

    >>> import topograd as tg
    >>> print(tg.memory_summary().splitlines()[0].split())
    ['memory', 'now']
    """
    now = memory()
    rows = [
        ("in use", bytes_text(now.in_use)),
        ("peak", bytes_text(now.peak)),
        ("kept for reuse", bytes_text(now.cached)),
        ("tensors", f"{now.tensors:,}"),
        ("nodes of graphs", f"{now.nodes:,}"),
    ]
    return "\n".join(aligned(["memory", "now"], rows))


def reset_peak_memory() -> None:
    """The peak that `memory()` tells begins again at what is in use now."""
    _C.reset_peak_memory()
