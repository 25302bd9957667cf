"""Runs that took another way than the exported one: whether the file gives their values too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

import topograd as tg
from topograd.onnx.recording import Run, another_way

__all__ = ["Doubt", "settle"]


class Doubt(NamedTuple):
    """A run of other calls: its inputs, and where it parted from the first one."""

    given: list[tg.Tensor]
    difference: str


def settle(
    model: Any,
    function: Callable[[list[tg.Tensor]], list[tg.Tensor]],
    doubts: Sequence[Doubt],
    first: Run,
) -> None:
    """Runs the file by the package onnx on the inputs in doubt.

    Another way may lead to the same: a single row is viewed where several are copied.  Raises
    Differs with all the places where it does not.
    """
    found = [one.difference for one in doubts if not _agrees(model, function, one.given)]
    if found:
        raise another_way(first, list(dict.fromkeys(found)))


def _array(tensor: tg.Tensor) -> np.ndarray:
    plain = tensor.detach()
    array: np.ndarray = (plain.float() if plain.dtype == tg.bfloat16 else plain).numpy()
    return array


def _agrees(
    model: Any,
    function: Callable[[list[tg.Tensor]], list[tg.Tensor]],
    given: list[tg.Tensor],
) -> bool:
    from onnx.reference import ReferenceEvaluator

    if any(one.dtype == tg.bfloat16 for one in given):
        return False  # of which NumPy has no arrays
    names = [one.name for one in model.graph.input]
    inputs = {name: _array(one) for name, one in zip(names, given, strict=True)}
    wanted = [_array(one) for one in function(given)]
    try:
        got = ReferenceEvaluator(model).run(None, inputs)
    except Exception:  # what the evaluator lacks, or a shape that does not fit: not seen to agree
        return False
    return all(
        one.shape == two.shape and np.allclose(one, two, 1e-3, _near_zero(two), equal_nan=True)
        for one, two in zip(got, wanted, strict=True)
    )


def _near_zero(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)].astype(np.float64)) if values.size else values
    return 1e-4 * float(finite.max(initial=0.0))
