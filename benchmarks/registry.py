"""Every public op beside PyTorch: `python benchmarks/registry.py [--sizes 1e5] [--only softmax]`.

Goes over the registry: each op is timed forward, and forward with backward, at 1e3, 1e5 and 1e7
elements and with 1 and 2 threads; both libraries in the same process, in alternating blocks, the
best block of each. Results are compared before they are timed. What PyTorch lacks, refuses, or
computes differently is listed with the reason. A new op needs nothing here; registry_inputs.py
tells where its inputs come from.
"""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import topograd as tg
from measure import Case, Library, Timed, Work, readable, require_equal
from registry_inputs import Inputs, inputs_of
from run import libraries, machine

DIRECTIONS = ("forward", "with backward")
LONGEST = 20.0  # seconds that one call may be expected to take
TOLERANCE = 2e-3
NO_GRADIENT = "no gradient"


@dataclasses.dataclass(frozen=True)
class Result:
    """The best times of one call, in seconds, and their ratio."""

    name: str
    direction: str
    size: int
    threads: int
    topograd: float
    pytorch: float

    @property
    def ratio(self) -> float:
        """Topograd's time divided by PyTorch's."""
        return self.topograd / self.pytorch


class Skipped(Exception):
    """An op that is not timed, with the reason."""


# --- Calls -------------------------------------------------------------------------------------


def function_of(library: Library, op: Any) -> Callable[..., Any] | None:
    """Return what a user of the library calls by the op's name; None where there is nothing."""
    name = str(op).partition(".")[0]
    owners = [library, library.Tensor, library.nn.functional]
    if op.module == "nn.functional":
        owners = [library.nn.functional, library, library.Tensor]
    if op.inplace_only:
        name += "_"
    if op.inplace_only or not op.function_exists:
        owners = [library.Tensor]
    for owner in owners:
        found = getattr(owner, name, None)
        if callable(found):
            return found
    return None


def tensors(library: Library, inputs: Inputs, *, grad: bool) -> tuple[Inputs, list[Any]]:
    """Return the inputs as tensors of a library, and those among them that require gradients."""
    tracked: list[Any] = []

    def convert(array: Any) -> Any:
        tensor = library.from_numpy(np.array(array, order="C"))
        if grad and array.dtype.kind == "f":
            tensor = tensor.requires_grad_()
            tracked.append(tensor)
        return tensor

    return inputs.with_arrays(convert), tracked


def floating(result: Any) -> list[Any]:
    """Return the tensors of a result that have a gradient."""
    parts = result if isinstance(result, (tuple, list)) else [result]
    return [part for part in parts if getattr(part, "requires_grad", False)]


def forms_of(op: Any, inputs: Inputs) -> list[Inputs]:
    """Return the ways to pass arguments: by place, by name, and by name without the defaults.

    PyTorch's losses and activations keep legacy parameters between the others: names come first.
    """
    names = [parameter["name"] for parameter in op.parameters]
    if any(parameter["variadic"] for parameter in op.parameters):
        return [inputs]
    leading = 1
    while leading < len(inputs.args) and isinstance(inputs.args[leading], np.ndarray):
        leading += 1
    named = dict(zip(names[leading:], inputs.args[leading:], strict=False)) | inputs.kwargs
    defaults = {parameter["name"]: parameter["default"] for parameter in op.parameters}
    given = {name: value for name, value in named.items() if repr(value) != defaults[name]}
    by_name, bare = (Inputs(inputs.args[:leading], kwargs) for kwargs in (named, given))
    functional = op.module == "nn.functional"
    return [by_name, bare, inputs] if functional else [inputs, by_name, bare]


def work_of(library: Library, op: Any, inputs: Inputs, direction: str) -> Work:
    """Return the call of an op, with the gradients of all its inputs if those are wanted."""
    function = function_of(library, op)
    assert function is not None
    grad = direction != "forward"
    given, tracked = tensors(library, inputs, grad=grad)

    def call() -> Any:
        return function(*given.args, **given.kwargs)

    if not grad:
        return call
    numbers = np.random.default_rng(5)
    weights = [
        library.from_numpy(numbers.standard_normal(tuple(part.shape), dtype=np.float32))
        for part in floating(call())
    ]
    if not weights:
        raise Skipped(NO_GRADIENT)

    def run() -> Any:
        return library.autograd.grad(floating(call()), tracked, weights, allow_unused=True)

    return run


def works_of(op: Any, inputs: Inputs, direction: str) -> list[Work]:
    """Return the work of topograd and of PyTorch, both run once.

    The arguments are passed in the first form that both take.
    """
    import torch

    refusal = ""
    for form in forms_of(op, inputs):
        works = []
        for library in (tg, torch):
            try:
                work = work_of(library, op, form, direction)
                work()
            except Skipped:
                raise
            except Exception as error:
                text = (str(error).splitlines() or [""])[0][:90]
                refusal = refusal or f"{library.__name__}: {type(error).__name__}: {text}"
                break
            works.append(work)
        if len(works) == 2:
            return works
    raise Skipped(refusal)


# --- Sizes -------------------------------------------------------------------------------------


def chosen_inputs(op: Any, size: int) -> Inputs:
    """Return the first inputs of an op that both libraries take and that have about that size.

    Where a thousand elements in give many more out (outer products), inputs are smaller.
    """
    probe = min(size, 1000)
    refusal = "no sample has a tensor of several elements"
    for number, inputs in enumerate(inputs_of(op, probe)):
        try:
            own, _ = works_of(op, inputs, "forward")
        except Skipped as reason:
            refusal = str(reason)
            continue
        result = own()
        parts = result if isinstance(result, (tuple, list)) else [result]
        produced = sum(part.numel() for part in parts if isinstance(part, tg.Tensor))
        if max(produced, *(array.size for array in inputs.arrays)) < probe // 8:
            refusal = "what runs is too small"
            continue
        wanted = size if produced <= 20 * probe else max(10, round(size**0.5))
        chosen = next(itertools.islice(inputs_of(op, wanted), number, None))
        try:
            works_of(op, chosen, "forward")
        except Skipped as reason:
            refusal = str(reason)
            continue
        return chosen
    raise Skipped(refusal)


def expected_seconds(earlier: dict[int, float], size: int) -> float:
    """Return how long a call will take, from smaller ones of it: like size to the power 1.5."""
    if not earlier:
        return 0.0
    last = max(earlier)
    return earlier[last] * (size / last) ** 1.5


# --- Timing ------------------------------------------------------------------------------------


def compare(op: Any, works: Sequence[Work], label: str) -> None:
    """Raise Skipped where both libraries compute something else; random ops compare shapes."""
    case = Case(label, "", lambda library: works[0], tolerance=None if op.random else TOLERANCE)
    try:
        require_equal(case, [work() for work in works])
    except AssertionError as error:
        text = " ".join(str(error).split())
        raise Skipped(f"results differ: {text[:160]}") from None


def time_both(works: Sequence[Work], seconds: float, blocks: int) -> list[float]:
    """Return the best time of each work over alternating blocks, few where a call takes long."""
    timed = []
    for work in works:
        side = Timed(Case("", "", lambda library, work=work: work), None)
        side.calibrate(seconds)
        timed.append(side)
    best = [float("inf")] * len(timed)
    started = time.perf_counter()
    for block in range(blocks):
        for place, side in enumerate(timed):
            if tg.get_num_threads() > 1:
                # The other library's threads watch for work a while, at the cost of this one's.
                time.sleep(0.02)
                works[place]()
            best[place] = min(best[place], side.block())
        if block and time.perf_counter() - started > 40 * seconds * blocks:
            break
    return best


def measure_op(op: Any, options: argparse.Namespace) -> tuple[list[Result], list[str]]:
    """Return the results of an op, and why any of them are missing."""
    results: list[Result] = []
    missing: list[str] = []
    earlier: dict[str, dict[int, float]] = {direction: {} for direction in DIRECTIONS}
    directions = list(DIRECTIONS[:1] if op.inplace_only else DIRECTIONS)
    for size in options.sizes:
        try:
            inputs = chosen_inputs(op, size)
        except Skipped as reason:
            missing.append(f"{op}, {text_of(size)}: {reason}")
            continue
        for direction in list(directions):
            try:
                results += measure_one(op, inputs, direction, size, earlier[direction], options)
            except Skipped as reason:
                if str(reason) == NO_GRADIENT:
                    directions.remove(direction)
                missing.append(f"{op}, {direction}, {text_of(size)}: {reason}")
            except Exception as error:  # one op must not end the run
                text = f"{type(error).__name__}: {str(error)[:120]}"
                missing.append(f"{op}, {direction}, {text_of(size)}: {text}")
    return results, missing


def measure_one(
    op: Any,
    inputs: Inputs,
    direction: str,
    size: int,
    earlier: dict[int, float],
    options: argparse.Namespace,
) -> list[Result]:
    """Return the results of one op at one size in one direction, for each number of threads."""
    import torch

    expected = expected_seconds(earlier, size)
    if expected > LONGEST:
        raise Skipped(f"would take {expected:.0f} s")
    works = works_of(op, inputs, direction)
    if size <= 1e6:
        compare(op, works, str(op))
    results = []
    for threads in options.threads:
        tg.set_num_threads(threads)
        torch.set_num_threads(threads)
        own, other = time_both(works, options.seconds, options.blocks)
        results.append(Result(str(op), direction, size, threads, own, other))
        earlier[size] = max(own, other)
    return results


# --- The report --------------------------------------------------------------------------------


def table(results: Sequence[Result]) -> str:
    """Return all results as aligned text."""
    width = max((len(result.name) for result in results), default=4)
    lines = [f"{'':{width}}  {'':13}    size  thr    topograd     PyTorch   ratio"]
    lines += [row(result, width) for result in results]
    return "\n".join(lines)


def text_of(size: int) -> str:
    """Return a size as the command line takes it.

    >>> text_of(100_000)
    '1e5'
    """
    text = f"{size:.0e}".replace("e+0", "e")
    return text if float(text) == size else str(size)


def row(result: Result, width: int) -> str:
    """Return one line of the table."""
    size = text_of(result.size)
    return (
        f"{result.name:{width}}  {result.direction:13}  {size:>6}  {result.threads:3}"
        f"  {readable(result.topograd):>10}  {readable(result.pytorch):>10}  {result.ratio:6.2f}"
    )


def worst(results: Sequence[Result], count: int = 10) -> str:
    """Return the results with the largest ratios, and how many are slower than PyTorch."""
    ordered = sorted(results, key=lambda result: -result.ratio)
    slower = sum(result.ratio > 1 for result in results)
    return "\n".join(
        [
            f"{slower} of {len(results)} are slower than PyTorch; the {count} worst ratios:",
            table(ordered[:count]),
        ]
    )


def chosen_ops(only: Sequence[str], skip: Sequence[str]) -> tuple[list[Any], list[str]]:
    """Return the ops to measure, and why others are left out."""
    import torch

    chosen, left_out = [], []
    for op in tg.ops():
        if op.hidden or (only and not any(part in str(op) for part in only)):
            continue
        if str(op) in skip:
            left_out.append(f"{op}: left out by --skip")
        elif function_of(torch, op) is None:
            left_out.append(f"{op}: PyTorch has none")
        else:
            chosen.append(op)
    return chosen, left_out


def parse(arguments: list[str]) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(description=__doc__, prog="benchmarks/registry.py")
    parser.add_argument("--sizes", type=float, nargs="+", default=[1e3, 1e5, 1e7])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument(
        "--only", nargs="+", default=[], help="ops whose names contain one of these"
    )
    parser.add_argument("--skip", nargs="+", default=[], metavar="NAME", help="ops to leave out")
    parser.add_argument("--seconds", type=float, default=0.02, help="of one timed block")
    parser.add_argument("--blocks", type=int, default=5, help="timed blocks of each library")
    parser.add_argument("--json", metavar="FILE", help="write all numbers there")
    options = parser.parse_args(arguments)
    options.sizes = sorted(int(size) for size in options.sizes)
    return options


def write_numbers(
    file: Path, machine_text: str, results: Sequence[Result], missing: Sequence[str]
) -> None:
    """Write all results, and why others are missing, as JSON."""
    rows = [{**dataclasses.asdict(result), "ratio": result.ratio} for result in results]
    numbers = {"machine": machine_text, "results": rows, "missing": list(missing)}
    file.write_text(json.dumps(numbers, indent=2) + "\n")


def main(arguments: list[str]) -> int:
    """Measure the ops; return 1 where PyTorch is not installed."""
    options = parse(arguments)
    warnings.simplefilter("ignore")
    loaded = libraries()
    if len(loaded) < 2:
        print("PyTorch is not installed: there is nothing to compare with")
        return 1
    print(machine(loaded))
    ops, missing = chosen_ops(options.only, options.skip)
    results: list[Result] = []
    for op in ops:
        if sys.stderr.isatty():
            print(f"\r{op}\x1b[K", end="", file=sys.stderr)
        found, absent = measure_op(op, options)
        results += found
        missing += absent
        if options.json:  # after every op: a long run that is cut off leaves what it has
            write_numbers(Path(options.json), machine(loaded), results, missing)
    print("\n".join([table(results), "", "Not measured:", *missing, "", worst(results)]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
