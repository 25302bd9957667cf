"""The matrix of ops and derivatives that `tg.coverage()` prints has no red cell."""

from __future__ import annotations

from typing import Any

import pytest

import topograd as tg
from helpers import is_floating, outputs
from test_testing import SineWithWrongReverse
from topograd._coverage import WITHOUT_SLOPE

MATRIX = tg.coverage(show=False)


@pytest.mark.parametrize("op", tg.ops(), ids=str)
def test_every_cell_of_an_op_is_right(op: Any) -> None:
    row = MATRIX.cells[str(op)]
    problems = {column: why for (name, column), why in MATRIX.problems.items() if name == str(op)}
    assert "RED" not in row.values(), problems


@pytest.mark.parametrize("op", tg.ops(), ids=str)
def test_only_ops_without_a_derivative_have_empty_cells(op: Any) -> None:
    """An empty cell means that no sample takes a floating input to a finite floating result."""
    if MATRIX.cells[str(op)]["reverse"] != "-" or str(op) in WITHOUT_SLOPE:
        return
    for args, kwargs in op.samples():
        tensors = [one for one in (*args, *kwargs.values()) if isinstance(one, tg.Tensor)]
        if not any(is_floating(one) for one in tensors) or kwargs.get("padding_idx") is not None:
            continue
        results = outputs(op.function(*args, **kwargs))[: op.differentiable_outputs]
        floating = [one for one in results if is_floating(one)]
        finite = all(bool(tg.isfinite(one).all()) for one in floating)
        assert not (floating and finite), f"{op} was not checked"


class _Liar:
    """An op of the registry in all but its derivative."""

    name, parameters, derivative, view = "liar", (), "elementwise", False
    differentiable_outputs = 9

    def __str__(self) -> str:
        return self.name

    def samples(self) -> list[Any]:
        return [((tg.tensor([0.3, 0.7, 1.1, -0.4], dtype=tg.float64),), {})]

    def function(self, x: Any) -> Any:
        return SineWithWrongReverse.apply(x)


def test_a_wrong_gradient_is_a_red_cell() -> None:
    liar: Any = _Liar()
    matrix = tg.coverage([liar], show=False)
    assert matrix.cells["liar"]["reverse"] == "RED"
    assert ("liar", "reverse") in matrix.red
    assert "central differences" in str(matrix)


def test_coverage_prints_the_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    matrix = tg.coverage([op for op in tg.ops() if str(op) == "exp"])
    printed = capsys.readouterr().out
    assert printed == f"{matrix}\n"
    assert "forward over reverse" in printed
