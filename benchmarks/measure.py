"""How a row is measured: values first, then alternating timed blocks, medians and their ratio."""

from __future__ import annotations

import dataclasses
import statistics
import timeit
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Library = Any
Work = Callable[[], Any]


@dataclasses.dataclass(frozen=True)
class Case:
    """One row of the table: the same work written once for both libraries.

    `build(library)` prepares inputs from fixed NumPy numbers and returns the work: a function, or a
    pair (statement, names) where the call of a function would cost more than the work itself.
    `target` is the largest ratio of topograd's time to PyTorch's that the project accepts; `units`
    is how many pieces of work one call does (nodes, batches), to show the time of one. Results are
    compared to `tolerance`; None compares only shapes, for work that draws random numbers.
    """

    name: str
    group: str
    build: Callable[[Library], Work | tuple[str, dict[str, Any]]]
    target: float | None = None
    units: int = 1
    tolerance: float | None = 1e-4


@dataclasses.dataclass(frozen=True)
class Row:
    """The result of a case: seconds per unit of work, by library, and their ratio."""

    name: str
    group: str
    threads: int
    topograd: float
    pytorch: float | None
    ratio: float | None
    target: float | None

    @property
    def verdict(self) -> str:
        """Return "hit" or "miss" against the target, "" where there is nothing to compare."""
        if self.ratio is None or self.target is None:
            return ""
        return "hit" if self.ratio <= self.target else "miss"


def flattened(result: Any) -> list[Any]:
    """Return the tensors of a nested result as NumPy arrays."""
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in flattened(part)]
    if result is None:
        return []
    if hasattr(result, "detach"):
        return [np.asarray(result.detach().numpy())]
    return [np.asarray(result)]


def require_equal(case: Case, results: Sequence[Any]) -> None:
    """Raise AssertionError unless both libraries computed the same."""
    own, other = (flattened(result) for result in results)
    assert len(own) == len(other), f"{case.name}: {len(own)} and {len(other)} results"
    for first, second in zip(own, other, strict=True):
        assert first.shape == second.shape, f"{case.name}: {first.shape}, {second.shape}"
        if case.tolerance is not None:
            scale = float(np.abs(second).max(initial=1e-30))
            np.testing.assert_allclose(
                first, second, case.tolerance, case.tolerance * scale, err_msg=case.name
            )


class Timed:
    """The work of one library, timed in blocks of as many calls as fill a given time."""

    def __init__(self, case: Case, library: Library) -> None:
        built = case.build(library)
        statement, names = built if isinstance(built, tuple) else ("work()", {"work": built})
        self.result = eval(statement, dict(names))
        self.timer = timeit.Timer(statement, globals=dict(names))
        self.calls = 1

    def calibrate(self, seconds: float) -> None:
        """Choose the number of calls that takes about `seconds`."""
        while True:
            taken = self.timer.timeit(self.calls)
            if taken >= seconds / 4 or self.calls >= 10**8:
                break
            self.calls *= 4
        self.calls = max(1, round(self.calls * seconds / max(taken, 1e-9)))

    def block(self) -> float:
        """Return the seconds of one call, averaged over one block."""
        return self.timer.timeit(self.calls) / self.calls


def measure(
    case: Case, libraries: Sequence[Library], threads: int, seconds: float, blocks: int
) -> Row:
    """Run a case with each library (topograd first) in alternating blocks of `seconds`.

    The ratio is the median of the ratios of neighbouring blocks, so that a machine that slows down
    half-way slows both sides of each ratio.
    """
    for library in libraries:
        library.set_num_threads(threads)
    timed = [Timed(case, library) for library in libraries]
    if len(timed) == 2:
        require_equal(case, [side.result for side in timed])
    for side in timed:
        side.calibrate(seconds)
    times: list[list[float]] = [[] for _ in timed]
    for _ in range(blocks):
        for side, taken in zip(timed, times, strict=True):
            taken.append(side.block())
    own = statistics.median(times[0]) / case.units
    if len(timed) == 1:
        return Row(case.name, case.group, threads, own, None, None, case.target)
    ratio = statistics.median(first / second for first, second in zip(*times, strict=True))
    other = statistics.median(times[1]) / case.units
    return Row(case.name, case.group, threads, own, other, ratio, case.target)


def readable(seconds: float | None) -> str:
    """Return a time with three digits and its unit.

    >>> readable(0.00123)
    '1.23 ms'
    """
    if seconds is None:
        return "–"
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:#.3g} {unit}".replace(". ", " ")
    return f"{seconds / 1e-9:#.3g} ns".replace(". ", " ")


def table(rows: Sequence[Row]) -> str:
    """Return rows as an aligned text table, a heading above each group."""
    width = max((len(row.name) for row in rows), default=4)
    lines = [f"{'':{width}}  thr    topograd     PyTorch   ratio  target"]
    group = ""
    for row in rows:
        if row.group != group:
            group = row.group
            lines.append(f"-- {group}")
        ratio = "–" if row.ratio is None else f"{row.ratio:.2f}"
        target = "–" if row.target is None else f"{row.target:.2f}"
        lines.append(
            f"{row.name:{width}}  {row.threads:3}  {readable(row.topograd):>10}"
            f"  {readable(row.pytorch):>10}  {ratio:>6}  {target:>6}  {row.verdict}".rstrip()
        )
    judged = [row.verdict for row in rows if row.verdict]
    lines.append(f"{judged.count('hit')} of {len(judged)} targets reached")
    return "\n".join(lines)
