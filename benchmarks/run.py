"""Print topograd beside PyTorch: `python benchmarks/run.py [--threads 1 2] [--only NAME]`.

--smoke runs every row once and briefly (at most a minute): it checks that all of them run and agree
with PyTorch, and that no instruction count grew by more than a tenth over the baseline. README.md
beside this file explains the method.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
import warnings
from pathlib import Path
from typing import Any

import cases_ops
import cases_training
import footprint
import instructions
from measure import Case, Row, measure, table

ALL_CASES = [*cases_ops.CASES, *cases_training.CASES]


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__, prog="benchmarks/run.py")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--only", metavar="NAME", help="rows or groups whose name contains NAME")
    parser.add_argument("--seconds", type=float, default=0.05, help="of one timed block")
    parser.add_argument("--blocks", type=int, default=9, help="timed blocks of each library")
    parser.add_argument("--smoke", action="store_true", help="check that everything runs")
    parser.add_argument("--json", metavar="FILE", help="write all numbers there")
    parser.add_argument(
        "--update-baseline", action="store_true", help="record today's instruction counts"
    )
    return parser.parse_args(arguments)


def libraries() -> list[Any]:
    """Return topograd, and PyTorch where it is installed."""
    import topograd

    try:
        import torch
    except ImportError:
        return [topograd]
    return [topograd, torch]


def machine(loaded: list[Any]) -> str:
    """Return one line that says what the numbers were taken on."""
    model = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        names = [line for line in information.read_text().splitlines() if "model name" in line]
        model = names[0].partition(":")[2].strip() if names else model
    versions = ", ".join(f"{library.__name__} {library.__version__}" for library in loaded)
    isa = loaded[0]._C.isa()
    return f"{model}, {os.cpu_count()} cores, instruction set {isa}; {versions}"


def chosen_cases(only: str | None) -> list[Case]:
    """Return the cases whose name or group contains `only`."""
    return [case for case in ALL_CASES if only is None or only in case.name or only in case.group]


def run_rows(options: argparse.Namespace, loaded: list[Any]) -> list[Row]:
    """Measure the chosen cases, for each number of threads; a terminal shows which one runs."""
    rows = []
    seconds, blocks = (0.0, 1) if options.smoke else (options.seconds, options.blocks)
    for threads in options.threads[:1] if options.smoke else options.threads:
        for case in chosen_cases(options.only):
            if sys.stderr.isatty():
                print(f"\r{case.name}, {threads} threads\x1b[K", end="", file=sys.stderr)
            rows.append(measure(case, loaded, threads, seconds, blocks))
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    return rows


def main(arguments: list[str]) -> int:
    """Run the benchmarks; return 1 where the smoke mode found growth, else 0."""
    options = parse(arguments)
    warnings.simplefilter("ignore")
    if options.update_baseline:
        print("\n".join(instructions.check(update=True)[0]))
        return 0
    loaded = libraries()
    print(machine(loaded))
    rows = run_rows(options, loaded)
    if options.smoke:
        print(f"{len(rows)} rows run" + (" and agree with PyTorch" if len(loaded) == 2 else ""))
        lines, kept = instructions.check()
        print("\n".join(lines))
        return 0 if kept else 1
    print(table(rows))
    package: dict[str, dict[str, float]] = {}
    if options.only is None:
        lines, package = footprint.report()
        print("\n".join(["", *lines]))
    if options.json:
        numbers = {
            "machine": machine(loaded),
            "rows": [dataclasses.asdict(row) for row in rows],
            "package": package,
        }
        Path(options.json).write_text(json.dumps(numbers, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
