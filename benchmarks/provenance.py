"""What it costs that every recorded call notes its line, and every cut its place.

    python benchmarks/provenance.py

Times are those of one-element tensors, the least of several runs, taken in turns with and without.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import topograd as tg
from topograd import _C

CALLS = 20_000
RUNS = 15


def _nanoseconds(loop: Callable[[int], None]) -> float:
    start = time.perf_counter_ns()
    loop(CALLS)
    return (time.perf_counter_ns() - start) / CALLS


def _loops() -> dict[str, Callable[[int], None]]:
    w = tg.ones(1, requires_grad=True)
    x, y = tg.ones(1), tg.ones(1)

    def empty(count: int) -> None:
        for _ in range(count):
            pass

    def recorded(count: int) -> None:
        for _ in range(count):
            w + x

    def plain(count: int) -> None:
        for _ in range(count):
            x + y

    def without_recording(count: int) -> None:
        with tg.no_grad():
            for _ in range(count):
                w + x

    def in_place(count: int) -> None:
        for _ in range(count):
            x.add_(y)

    def detached(count: int) -> None:
        for _ in range(count):
            w.detach()

    def compared(count: int) -> None:
        for _ in range(count):
            w > x  # noqa: B015

    return {
        "for loop": empty,
        "add, recorded": recorded,
        "add, nothing tracked": plain,
        "add in no_grad": without_recording,
        "add_ in place": in_place,
        "detach": detached,
        "comparison of a tracked one": compared,
    }


def measure() -> dict[str, tuple[float, float]]:
    """Nanoseconds a call by name, with and without the notes; the loop itself is taken off."""
    loops = _loops()
    best: dict[Any, float] = {}
    has_switch = hasattr(_C, "set_provenance")
    for _ in range(RUNS):
        for wanted in (True, False):
            if has_switch:
                _C.set_provenance(wanted)
            for name, loop in loops.items():
                key = name, wanted
                best[key] = min(best.get(key, 1e9), _nanoseconds(loop))
    if has_switch:
        _C.set_provenance(True)
    loop = min(best.pop(("for loop", wanted)) for wanted in (True, False))
    return {
        name: (best[name, True] - loop, best[name, False] - loop) for name, wanted in best if wanted
    }


def main() -> None:
    """Print the table."""
    tg.set_num_threads(1)
    print(f"{'':30}{'with':>8}{'without':>9}{'ratio':>8}   (ns a call)")
    for name, (noted, bare) in measure().items():
        print(f"{name:30}{noted:8.1f}{bare:9.1f}{noted / bare:8.3f}")
    if hasattr(_C, "NODE_BYTES"):
        node, notes = _C.NODE_BYTES
        print(f"a node: {node} bytes without its arguments, {notes} of them for the notes")


if __name__ == "__main__":
    main()
