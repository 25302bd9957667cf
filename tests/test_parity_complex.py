"""Every op on complex numbers: PyTorch's value, or an exception that names the op.

Each sample is called with each of its tensors, and all floating ones, made complex. What PyTorch
does with complex numbers and topograd does not is refused, never done on the real parts alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import (
    CATALOGUED,
    Array,
    Call,
    base_name,
    calls_of,
    kind_of,
    outputs,
    quiet,
    tensor_of,
)
from oracles import WITHOUT_ORACLE
from parity import assert_same_values, attempt, describe, torch_call, torch_function
from test_parity_dtypes import OTHER_RESULT, WIDER, is_about_arguments

pytest.importorskip("torch")

OPS = [op for op in tg.ops() if not op.hidden and not op.inplace_only]
KINDS = ("complex64", "complex128")


def turned(array: Array, kind: str) -> tg.Tensor:
    """Return the values, floating ones with imaginary parts between -1 and 1."""
    imaginary = np.cos(np.arange(array.size)).reshape(array.shape)
    return tensor_of(array + 1j * imaginary * (array.dtype.kind == "f"), kind)


def variants(call: Call) -> Iterator[tuple[str, Call]]:
    """Yield the call with each tensor alone, and with all floating ones, made complex."""
    arrays = call.arrays
    places = [[place] for place in range(len(arrays))]
    floats = [place for place, array in enumerate(arrays) if array.dtype.kind == "f"]
    if len(floats) > 1:
        places.append(floats)
    for chosen, kind in itertools.product(places, KINDS):
        tensors = [
            turned(array, kind) if place in chosen else tensor_of(array)
            for place, array in enumerate(arrays)
        ]
        yield f"{kind} at {chosen}", call.with_tensors(tensors)


def assert_parity(op: tg._registry.Op, call: Call) -> None:
    """Compare dtype, shape and values, or look for the op's name in the error."""
    name = base_name(op)
    result, error = attempt(call.copied())
    if error is not None:
        assert isinstance(error, CATALOGUED), repr(error)
        assert str(error).startswith((str(op), name)), f"does not begin with the name: {error}"
        return
    if torch_function(name) is None:
        return
    with quiet():
        expected, refused = attempt(torch_call(call).copied())
    if refused is not None:
        assert is_about_arguments(refused) or name in WIDER, f"is accepted; PyTorch: {refused}"
        return
    if name in OTHER_RESULT:
        return
    assert describe(result) == describe(expected)
    if name not in WITHOUT_ORACLE:
        single = any(kind_of(tensor) == "complex64" for tensor in call.tensors)
        assert_same_values(name, result, expected, 16, "float32" if single else None)


@pytest.mark.parametrize("op", OPS, ids=str)
def test_complex_numbers_give_torchs_result_or_an_error_that_names_the_op(
    op: tg._registry.Op,
) -> None:
    for call in calls_of(op):
        for what, changed in variants(call):
            try:
                assert_parity(op, changed)
            except AssertionError as failure:
                raise AssertionError(f"{op} with {what}: {failure}") from failure


@pytest.mark.parametrize("op", [op for op in OPS if op.derivative != "none"], ids=str)
def test_complex_gradients_agree_with_central_differences(op: tg._registry.Op) -> None:
    if op.random:
        pytest.skip("draws other numbers")
    for call in calls_of(op):
        leaves = [
            turned(array, "complex128").requires_grad_() if array.dtype.kind == "f" else None
            for array in call.arrays
        ]
        inputs = [leaf for leaf in leaves if leaf is not None]

        def of_inputs(
            *values: tg.Tensor, call: Call = call, leaves: list[Any] = leaves
        ) -> tuple[Any, ...]:
            remaining = iter(values)
            tensors = [
                tensor if leaf is None else next(remaining)
                for tensor, leaf in zip(call.tensors, leaves, strict=True)
            ]
            results = outputs(call.with_tensors(tensors)())
            return tuple(one for one in results if one.is_complex() or one.is_floating_point())

        result, error = attempt(of_inputs, *inputs)
        if error is None and inputs and result:
            assert tg.testing.gradcheck(of_inputs, inputs)
            assert tg.testing.gradgradcheck(of_inputs, inputs)


def test_complex_factors_are_torchs_and_refused_for_real_tensors() -> None:
    import torch

    z = np.array([1 + 2j, 3 - 1j])
    calls = [
        lambda T, a: T.add(a, a, alpha=1 + 2j),
        lambda T, a: T.addcmul(a, a, a, value=1 + 2j),
        lambda T, a: T.addcdiv(a, a, a, value=1 + 2j),
        lambda T, a: T.index_add(a, 0, T.tensor([0, 0]), a, alpha=0.5 + 0.25j),
        lambda T, a: (a * 1).addcmul_(a, a, value=2j),
    ]
    for call in calls:
        own = tensor_of(z).requires_grad_()
        assert_same_values("factor", call(tg, own), call(torch, tensor_of(z, library=torch)), 1)
        assert tg.testing.gradcheck(lambda a, call=call: call(tg, a), own)
        with pytest.raises((RuntimeError, TypeError), match="complex"):
            call(tg, tensor_of(z.real))
    own, places = tensor_of(z).requires_grad_(), tensor_of(z * 2 + 1).requires_grad_()
    for integral in (tg.trapezoid, tg.cumulative_trapezoid):
        assert tg.testing.gradcheck(integral, [own, places])
    assert tg.testing.gradcheck(
        lambda x, w, b: tg.nn.functional.linear(x, w, b),
        [tensor_of(one).requires_grad_() for one in (z[:1], z.reshape(2, 1), z * 1j)],
    )


@pytest.mark.parametrize("kind", ["complex64", "complex128"])
def test_complex_vectors_have_torchs_products(kind: str) -> None:
    import torch

    rng = np.random.default_rng(3)
    values = rng.standard_normal((2, 4, 3)) + 1j * rng.standard_normal((2, 4, 3))
    for name in ("cross", "vdot"):
        pair = []
        for library in (tg, torch):
            a, b = (tensor_of(one, kind, library) for one in values)
            call = getattr(library, name)
            pair.append(call(a, b, dim=-1) if name == "cross" else call(a[0], b[0]))
        assert_same_values(name, *pair, factor=4)
    own, their = (tensor_of(values[0], kind, library) for library in (tg, torch))
    for name in ("mH", "H", "mT"):
        assert_same_values(name, getattr(own, name), getattr(their, name), factor=1)
    a, b = (tensor_of(one, "complex128").requires_grad_() for one in values)
    assert tg.testing.gradcheck(lambda x, y: tg.cross(x, y, dim=-1), [a, b])
    assert tg.testing.gradcheck(lambda x, y: tg.vdot(x[0], y[0]), [a, b])
