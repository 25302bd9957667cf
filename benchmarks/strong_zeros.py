"""What strong zeros cost: `python benchmarks/strong_zeros.py [--sizes 1e5] [--threads 1 2]`.

The same work with the rule and without, in alternating blocks; the target is a ratio of at most
1.03. Three parts:

- product: the chain rule's product g * partial itself, `strong_mul` beside `mul`;
- recorded: backward passes that are recorded (create_graph), where the rule is that product;
- fused: backward passes with a fused kernel, which holds the rule. strict_ieee() does not use these
  kernels, so the pass is compared with the plain product of the same numbers, which moves as many
  bytes and multiplies as often: exp (g * out) beside mul(g, out).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import topograd as tg
from cases_ops import normal
from measure import Case, Row, Work, measure, readable

TARGET = 1.03
RECORDED = ("exp", "sqrt", "log", "tanh", "sigmoid", "sin", "gelu", "square", "div", "pow")
FUSED = ("exp", "square")


@dataclasses.dataclass(frozen=True)
class Variant:
    """One of the two sides of a row, in the place of a library."""

    strong: bool

    def set_num_threads(self, count: int) -> None:
        """Hand the number of threads on to topograd."""
        tg.set_num_threads(count)


SIDES = (Variant(strong=True), Variant(strong=False))


def positive(size: int, seed: int = 0) -> Any:
    """Return float32 numbers at which every op of the lists has a finite slope."""
    return normal(tg, size, seed=seed).abs() + 0.5


def product(size: int) -> Callable[[Variant], Work]:
    """Return the builder of the chain rule's product."""
    (strong_mul,) = (op.function for op in tg.ops() if str(op) == "strong_mul")

    def build(variant: Variant) -> Work:
        g, partial = positive(size), positive(size, 1)
        function = strong_mul if variant.strong else hidden_mul
        return lambda: function(g, partial)

    return build


def hidden_mul(g: Any, partial: Any) -> Any:
    """Return the product, called in the way that hidden ops are called."""
    return tg._C.call("mul", g, partial)


def recorded(name: str, size: int) -> Callable[[Variant], Work]:
    """Return the builder of a backward pass that is recorded, by the rule or strictly."""

    def build(variant: Variant) -> Work:
        x = positive(size).requires_grad_()
        others = [positive(size, 1)] if name in ("div", "pow") else []
        function = getattr(tg, name, None) or getattr(tg.nn.functional, name)
        result, ones = function(x, *others), tg.ones(size)

        def run() -> Any:
            before = tg._C.set_strict_ieee(not variant.strong)
            found = tg.autograd.grad(result, [x], [ones], create_graph=True)
            tg._C.set_strict_ieee(before)
            return found

        return run

    return build


def fused(name: str, size: int) -> Callable[[Variant], Work]:
    """Return the builder of a fused backward pass, and of the plain product it stands for."""

    def build(variant: Variant) -> Work:
        x = positive(size).requires_grad_()
        result, ones = getattr(tg, name)(x), tg.ones(size)
        partial = result.detach() if name == "exp" else (2 * x).detach()
        if not variant.strong:
            return lambda: (tg.mul(ones, partial),)
        return lambda: tg.autograd.grad(result, [x], [ones], retain_graph=True)

    return build


def cases(sizes: list[int]) -> list[Case]:
    """Return all rows."""
    found = []
    for size in sizes:
        label = f"{size:.0e}".replace("e+0", "e")
        found.append(Case(f"mul, {label}", "product", product(size), TARGET))
        found += [Case(f"{n}, {label}", "recorded", recorded(n, size), TARGET) for n in RECORDED]
        # An engine's pass costs more than a call, which only many elements hide.
        if size >= 1e6:
            found += [Case(f"{n}, {label}", "fused", fused(n, size), TARGET) for n in FUSED]
    return found


def table(rows: list[Row]) -> str:
    """Return rows as text, with the number of those within the target."""
    lines = [f"{'':10}{'':18}  thr      strong      strict   ratio"]
    for row in rows:
        assert row.ratio is not None
        lines.append(
            f"{row.group:10}{row.name:18}  {row.threads:3}  {readable(row.topograd):>10}"
            f"  {readable(row.pytorch):>10}  {row.ratio:6.3f}  {row.verdict}"
        )
    hits = sum(row.verdict == "hit" for row in rows)
    lines.append(f"{hits} of {len(rows)} rows cost at most {TARGET - 1:.0%}")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=__doc__, prog="benchmarks/strong_zeros.py")
    parser.add_argument("--sizes", type=float, nargs="+", default=[1e3, 1e5, 1e7])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--seconds", type=float, default=0.05, help="of one timed block")
    parser.add_argument("--blocks", type=int, default=9, help="timed blocks of each side")
    parser.add_argument("--only", default="", help="rows or groups whose name contains this")
    parser.add_argument("--json", metavar="FILE", help="write all numbers there")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    rows = [
        measure(case, SIDES, threads, options.seconds, options.blocks)
        for threads in options.threads
        for case in cases([int(size) for size in options.sizes])
        if options.only in case.name or options.only in case.group
    ]
    print(table(rows))
    if options.json:
        numbers = [dataclasses.asdict(row) for row in rows]
        Path(options.json).write_text(json.dumps(numbers, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
