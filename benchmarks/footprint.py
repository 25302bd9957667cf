"""What the package itself costs: time and memory of the import, bytes on disk."""

from __future__ import annotations

import importlib.util
import statistics
import subprocess
import sys
from pathlib import Path

IMPORT_LIMIT_SECONDS = 0.040
MEMORY_LIMIT_BYTES = 20 * 2**20
SIZE_LIMIT_BYTES = 15 * 2**20

_PROGRAM = """
import time

def resident():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) * 1024

before, start = resident(), time.perf_counter()
import {package}
print(time.perf_counter() - start, resident() - before)
"""


def import_cost(package: str, runs: int = 7) -> tuple[float, int] | None:
    """Return seconds and bytes that a warm import adds, medians; None where it cannot be run."""
    if importlib.util.find_spec(package) is None or not Path("/proc/self/status").exists():
        return None
    samples: list[tuple[float, int]] = []
    for _ in range(runs + 1):
        finished = subprocess.run(
            [sys.executable, "-c", _PROGRAM.format(package=package)],
            capture_output=True,
            text=True,
            check=True,
        )
        seconds, added = finished.stdout.split()
        samples.append((float(seconds), int(added)))
    warm = samples[1:]
    return statistics.median(s for s, _ in warm), int(statistics.median(b for _, b in warm))


def installed_size(package: str) -> int | None:
    """Return the bytes of an installed package's files; None where it is not installed."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        return None
    return sum(
        path.stat().st_size
        for place in found.submodule_search_locations
        for path in Path(place).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    )


def report(runs: int = 7) -> tuple[list[str], dict[str, dict[str, float]]]:
    """Return lines to print, and the numbers by package."""
    lines = [f"{'':10}  {'import':>9}  {'memory':>9}  {'installed':>10}"]
    numbers: dict[str, dict[str, float]] = {}
    for package in ("topograd", "numpy", "torch"):
        cost, size = import_cost(package, runs), installed_size(package)
        if cost is None or size is None:
            continue
        numbers[package] = {"seconds": cost[0], "resident_bytes": cost[1], "installed_bytes": size}
        milliseconds, memory, disk = cost[0] * 1e3, cost[1] / 2**20, size / 2**20
        lines.append(f"{package:10}  {milliseconds:6.1f} ms  {memory:6.1f} MB  {disk:7.1f} MB")
    own = numbers.get("topograd")
    if own:
        kept = (
            own["seconds"] <= IMPORT_LIMIT_SECONDS,
            own["resident_bytes"] <= MEMORY_LIMIT_BYTES,
            own["installed_bytes"] <= SIZE_LIMIT_BYTES,
        )
        words = ["hit" if fact else "miss" for fact in kept]
        lines.append(f"{'target':10}  {'≤ 40 ms':>9}  {'≤ 20 MB':>9}  {'≤ 15 MB':>10}")
        lines.append(f"{'':10}  {words[0]:>9}  {words[1]:>9}  {words[2]:>10}")
    return lines, numbers
