"""What measuring costs: `python benchmarks/measuring.py`: the NaN guard and the profiler.

Training steps and tiny ops run in alternating blocks, plain and measured; shown are medians of the
ratios of neighbouring blocks. PyTorch's anomaly mode and profiler stand beside them where it is
installed.
"""

from __future__ import annotations

import statistics
import sys
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import cases_training
from measure import Library, Timed, readable

ROWS = [
    "MLP 64-32-10, batch 16, SGD",
    "MLP 784-128-10, batch 32, SGD",
    "MLP 784-1024-1024-10, batch 128, Adam",
    "LeNet 28×28, batch 64, SGD",
]
TINY = {"a + b, 4×4": "a + b", "relu, 4×4, recorded": "w.relu()"}
BLOCKS, SECONDS = 9, 0.03

Measure = Callable[[], AbstractContextManager[Any]]


def measures(library: Library) -> dict[str, Measure]:
    """Return the ways of measuring that a library has."""
    if library.__name__ == "topograd":
        return {"nan_guard": library.nan_guard, "profile": library.profile}
    activities = [library.profiler.ProfilerActivity.CPU]
    return {
        "torch anomaly mode": library.autograd.detect_anomaly,
        "torch profiler": lambda: library.profiler.profile(activities=activities),
    }


def ratio(timed: Timed, measure: Measure) -> tuple[float, float]:
    """Return seconds of the plain work, and the measured work's time as a multiple of it."""
    plain, ratios = [], []
    for _ in range(BLOCKS):
        plain.append(timed.block())
        with measure():
            ratios.append(timed.block() / plain[-1])
    return statistics.median(plain), statistics.median(ratios)


def tiny(library: Library, statement: str) -> Timed:
    """Return the timer of a statement on tensors of 16 elements."""
    names = {"a": library.ones(4, 4), "b": library.ones(4, 4)}
    names["w"] = library.ones(4, 4, requires_grad=True)
    case = cases_training.Case(statement, "tiny", lambda _: (statement, names))
    return Timed(case, library)


def main() -> int:
    """Print one line for each row, library and way of measuring."""
    import topograd

    loaded: list[Any] = [topograd]
    try:
        import torch
    except ImportError:
        pass
    else:
        loaded.append(torch)
    warnings.simplefilter("ignore")
    cases = {case.name: case for case in cases_training.CASES}
    for library in loaded:
        library.set_num_threads(1)
        works = {name: Timed(cases[name], library) for name in ROWS}
        works |= {name: tiny(library, statement) for name, statement in TINY.items()}
        for name, timed in works.items():
            timed.calibrate(SECONDS)
            for kind, measure in measures(library).items():
                plain, factor = ratio(timed, measure)
                print(f"{name:40} {kind:20} {readable(plain):>9}  × {factor:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
