"""The documented traps: the page on strong zeros says what is true, of topograd and of PyTorch."""

from __future__ import annotations

import dataclasses
import doctest
import math
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import topograd as tg

PAGE = Path(__file__).resolve().parent.parent / "docs" / "strong_zeros.md"
NUMBERS = {**vars(math), "inf": math.inf, "nan": math.nan}


class Library(dict[str, Any]):
    """The names of a library and its nn.functional, as an expression of the page sees them."""

    def __init__(self, module: ModuleType, x: Any) -> None:
        super().__init__(x=x, inf=math.inf)
        self.owners = (module, module.nn.functional)

    def __missing__(self, name: str) -> Any:
        for owner in self.owners:
            if hasattr(owner, name):
                return getattr(owner, name)
        raise KeyError(name)


@dataclasses.dataclass(frozen=True)
class Trap:
    """A row of the table: the function, a point, its derivatives there, and PyTorch's."""

    function: str
    point: list[float]
    gradient: list[float]
    second: list[float]
    pytorch: list[float]

    def total(self, library: ModuleType, x: Any) -> Any:
        """Return the sum of the function's values."""
        # The names come from the mapping of locals, which has those of builtins (abs, sum) too.
        result = eval(self.function, {}, Library(library, x))
        return result.sum()

    def inputs(self, library: ModuleType) -> Any:
        """Return the point as a tensor."""
        return library.tensor(self.point, dtype=library.float64)


def numbers(text: str) -> list[float]:
    """Return the numbers of a cell such as `nan, -1/pi`."""
    return [float(value) for value in eval(f"({text.strip()},)", dict(NUMBERS))]


def rows() -> list[Trap]:
    """Return the table of the page."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = re.findall(r"`([^`]*)`", line) if line.startswith("| `") else []
        if len(cells) == 5:
            found.append(Trap(cells[0], *(numbers(cell) for cell in cells[1:])))
    return found


TRAPS = rows()
EVERY_TRAP = pytest.mark.parametrize(
    "trap", TRAPS, ids=lambda trap: f"{trap.function} at {trap.point}"
)


def open_traps(reasons: dict[str, str]) -> Any:
    """Return the parametrization over all traps, those named expected to fail."""
    return pytest.mark.parametrize(
        "trap",
        [
            pytest.param(
                trap,
                id=f"{trap.function} at {trap.point}",
                marks=[pytest.mark.xfail(reason=reasons[trap.function])]
                if trap.function in reasons
                else [],
            )
            for trap in TRAPS
        ],
    )


def assert_equal(result: Sequence[float], expected: Sequence[float]) -> None:
    """Compare numbers, NaN equal to NaN."""
    np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-12)


def reverse(trap: Trap, library: ModuleType, *, create_graph: bool = False) -> list[float]:
    """Return the gradient, from a backward pass that is recorded itself if that is wanted."""
    x = trap.inputs(library).requires_grad_()
    (result,) = library.autograd.grad(trap.total(library, x), [x], create_graph=create_graph)
    return list(result.tolist())


def forward(trap: Trap, library: ModuleType) -> list[float]:
    """Return the gradient from forward mode, one element after the other."""
    slopes = []
    for place in range(len(trap.point)):
        tangent = library.tensor(np.eye(len(trap.point))[place].tolist(), dtype=library.float64)
        slope = library.func.jvp(
            lambda x: trap.total(library, x), (trap.inputs(library),), (tangent,)
        )[1]
        slopes.append(float(slope))
    return slopes


def second_order(trap: Trap, library: ModuleType) -> list[float]:
    """Return the gradient of the sum of the gradient, zeros where that is constant."""
    x = trap.inputs(library).requires_grad_()
    (first,) = library.autograd.grad(trap.total(library, x), [x], create_graph=True)
    result = None
    if first.requires_grad:
        (result,) = library.autograd.grad(first.sum(), [x], allow_unused=True)
    return [0.0] * len(trap.point) if result is None else list(result.tolist())


def test_the_page_has_the_classic_traps() -> None:
    assert len(TRAPS) >= 20
    functions = " ".join(trap.function for trap in TRAPS)
    for name in "sqrt log / ** exp atan2 norm std clamp softmax hypot xlogy prod relu".split():
        assert name in functions


@EVERY_TRAP
def test_reverse_mode_gives_the_analytic_gradient(trap: Trap) -> None:
    assert_equal(reverse(trap, tg), trap.gradient)
    assert_equal(reverse(trap, tg, create_graph=True), trap.gradient)


@EVERY_TRAP
def test_forward_mode_gives_the_analytic_gradient(trap: Trap) -> None:
    assert_equal(forward(trap, tg), trap.gradient)


@EVERY_TRAP
def test_second_order_is_analytic_too(trap: Trap) -> None:
    assert_equal(second_order(trap, tg), trap.second)


# What strict_ieee() does not bring to PyTorch's values yet, with the reason.
OTHER_WHEN_STRICT = {
    "where(x > 0, cumprod(1 / x, 0), 0.0)": "a running value of 0 wins in the recurrence's kernel",
}
OTHER_FORWARD_WHEN_STRICT: dict[str, str] = {}
OTHER_SECOND_WHEN_STRICT: dict[str, str] = {}


@EVERY_TRAP
def test_the_page_gives_pytorchs_gradient(trap: Trap) -> None:
    torch = pytest.importorskip("torch")
    assert_equal(reverse(trap, torch), trap.pytorch)


@open_traps(OTHER_WHEN_STRICT)
def test_strict_ieee_gives_pytorchs_gradient(trap: Trap) -> None:
    with tg.autograd.strict_ieee():
        assert_equal(reverse(trap, tg), trap.pytorch)


@open_traps(OTHER_FORWARD_WHEN_STRICT)
def test_strict_ieee_gives_pytorchs_forward_mode(trap: Trap) -> None:
    torch = pytest.importorskip("torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = forward(trap, torch)
    with tg.autograd.strict_ieee():
        assert_equal(forward(trap, tg), expected)


@open_traps(OTHER_SECOND_WHEN_STRICT)
def test_strict_ieee_gives_pytorchs_second_order(trap: Trap) -> None:
    torch = pytest.importorskip("torch")
    with tg.autograd.strict_ieee():
        assert_equal(second_order(trap, tg), second_order(trap, torch))


# What the page says the rule does not reach: sums of products over several elements.
OUT_OF_REACH = [
    Trap("where(x > 0, log(x).diag() @ x, 0.0)", [0.0] * 2, [0.0] * 2, [0.0] * 2, []),
    Trap("where(x > 0, log(x).diag() @ x.diag(), 0.0)", [0.0] * 2, [0.0] * 2, [0.0] * 2, []),
]


@pytest.mark.xfail(reason="a product of matrices adds up; mended, the row moves into the page")
@pytest.mark.parametrize("trap", OUT_OF_REACH, ids=lambda trap: trap.function)
def test_what_no_rule_about_elements_reaches_gives_the_analytic_gradient(trap: Trap) -> None:
    assert_equal(reverse(trap, tg), trap.gradient)


def test_the_examples_of_the_page_are_true() -> None:
    failed, run = doctest.testfile(
        str(PAGE),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE,
    )
    assert run > 10
    assert not failed
