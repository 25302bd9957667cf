"""Every op of the registry, on its samples: its values against the NumPy oracles.

Derivatives are in test_ops_derivatives.py, error messages and saved values in test_ops_errors.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import (
    FLOATING,
    INTEGRAL,
    LAYOUTS,
    REAL_KINDS,
    Array,
    Call,
    array_of,
    assert_close,
    assert_names_op,
    assert_same_bits,
    base_name,
    expanded,
    expected_of,
    has_floating_input,
    in_real_parts,
    is_floating,
    kind_of,
    outputs,
    precision_of,
    sample,
    samples,
    tensor_of,
)
from oracles import ORACLES, UNINITIALISED, WITHOUT_ORACLE
from parity import attempt

EVERY_SAMPLE = pytest.mark.parametrize(("op", "number"), samples())


def has_oracle(op: Any, call: Call | None = None) -> bool:
    """Tell whether there is an expected value for an op."""
    return not op.hidden and base_name(op) not in WITHOUT_ORACLE


SAMPLES_WITH_ORACLE = pytest.mark.parametrize(("op", "number"), samples(has_oracle))
# They show layouts or refuse those that need a copy (test_views.py), or look at nothing.
LAYOUT_BOUND = (
    "view", "view_as", "view_as_complex", "as_strided", "as_strided_scatter", "empty_like"
)  # fmt: skip
SAMPLES_WITH_LAYOUT = pytest.mark.parametrize(
    ("op", "number"),
    samples(lambda op, call: bool(call.tensors) and base_name(op) not in LAYOUT_BOUND),
)
FLOATING_SAMPLES = pytest.mark.parametrize(
    ("op", "number"),
    samples(lambda op, call: has_floating_input(op, call) and has_oracle(op)),
)
IN_PLACE_SAMPLES = pytest.mark.parametrize(
    ("op", "number"), samples(lambda op, call: op.inplace and has_floating_input(op, call))
)
EVERY_OP = pytest.mark.parametrize("op", tg.ops(), ids=str)


def oracle_of(op: Any) -> Callable[..., Any]:
    """Return the oracle of an op."""
    return ORACLES[str(op)] if str(op) in ORACLES else ORACLES[base_name(op)]


@EVERY_OP
def test_every_op_has_samples_documentation_and_an_oracle(op: Any) -> None:
    """Ops that only derivative rules use have no PyTorch counterpart to compare with."""
    assert op.samples(), f"{op} has no samples"
    if op.hidden:
        return
    known = {str(op), base_name(op)} & (ORACLES.keys() | WITHOUT_ORACLE.keys())
    assert known, f"{op} has neither an oracle nor a reason to have none in tests/oracles.py"
    assert op.doc.strip(), f"{op} has no documentation"


@SAMPLES_WITH_ORACLE
def test_value_agrees_with_the_oracle(op: Any, number: int) -> None:
    call = sample(op, number)
    expected = expected_of(call, oracle_of(op), call.arrays)
    result = call()
    assert_close(outputs(result), expected, precision_of(result))


@EVERY_SAMPLE
def test_the_same_call_gives_the_same_bits(op: Any, number: int) -> None:
    if WITHOUT_ORACLE.get(base_name(op)) == UNINITIALISED:
        pytest.skip(UNINITIALISED)
    assert_same_bits(outputs(sample(op, number)()), outputs(sample(op, number)()))


@EVERY_SAMPLE
def test_arguments_are_left_as_they_were(op: Any, number: int) -> None:
    call = sample(op, number)
    before = call.arrays
    call()
    if base_name(op) == "batch_norm":
        before, after = before[:1], call.arrays[:1]
    else:
        after = call.arrays
    assert_same_bits(before, after)


@SAMPLES_WITH_LAYOUT
def test_memory_layout_does_not_change_the_result(op: Any, number: int) -> None:
    call = sample(op, number)
    expected = outputs(call.copied()())
    for layout in LAYOUTS.values():
        laid_out = call.with_tensors([layout(array) for array in call.arrays])
        assert_close(outputs(laid_out()), expected, precision_of(expected))


@FLOATING_SAMPLES
def test_expanded_inputs_give_what_their_copies_give(op: Any, number: int) -> None:
    if base_name(op) in (*LAYOUT_BOUND, "batch_norm"):
        pytest.skip("views show or refuse the layout, batch_norm writes to the running mean")
    call = sample(op, number)
    views = [expanded(a) if a.dtype.kind == "f" else tensor_of(a) for a in call.arrays]
    copies = [tensor_of(array_of(view)) for view in views]
    result, error = attempt(call.with_tensors(copies))
    if error is not None:
        assert_names_op(error, op)
    else:
        assert_close(outputs(call.with_tensors(views)()), outputs(result), precision_of(result))


def with_size_zero(call: Call, size: int) -> Call:
    """Return the call with every axis of length `size` emptied, in all tensors at once."""

    def emptied(array: Array) -> Any:
        return tensor_of(np.zeros([0 if own == size else own for own in array.shape], array.dtype))

    return call.with_tensors([emptied(array) for array in call.arrays])


@SAMPLES_WITH_LAYOUT
def test_zero_size_inputs_give_the_oracles_shape_or_a_named_error(op: Any, number: int) -> None:
    for size in sorted({size for array in sample(op, number).arrays for size in array.shape}):
        call = with_size_zero(sample(op, number), size)
        assert_oracles_value_or_named_error(op, call)


@FLOATING_SAMPLES
def test_zero_dimensional_inputs_give_the_oracles_value_or_a_named_error(
    op: Any, number: int
) -> None:
    call = sample(op, number)
    if all(array.size for array in call.arrays):
        scalars = [tensor_of(array.reshape(-1)[0]) for array in call.arrays]
        assert_oracles_value_or_named_error(op, call.with_tensors(scalars))


def assert_oracles_value_or_named_error(op: Any, call: Call) -> None:
    """Check a call that an op may refuse: by name if it does, else with the oracle's value."""
    values = call.arrays
    result, error = attempt(call)
    if error is not None:
        assert_names_op(error, op)
    elif has_oracle(op):
        expected, refused = attempt(expected_of, call, oracle_of(op), values)
        if refused is None:
            assert_close(outputs(result), expected, precision_of(result))


def cast(array: Array, kind: str) -> Array:
    """Return a sample's array with values that the dtype can hold, in NumPy's nearest dtype."""
    if kind in FLOATING:
        return array.astype("float32" if kind == "bfloat16" else kind)
    whole = np.rint(np.nan_to_num(array, posinf=1, neginf=-1).clip(-5, 5))
    return np.abs(whole).astype(kind) if kind == "uint8" else whole.astype(kind)


@FLOATING_SAMPLES
def test_every_accepted_dtype_gives_the_oracles_value(op: Any, number: int) -> None:
    for kind in (*FLOATING, *INTEGRAL):
        try:
            check_dtype(op, number, kind)
        except AssertionError as error:
            raise AssertionError(f"{op} on {kind}: {error}") from error


def check_dtype(op: Any, number: int, kind: str) -> None:
    """The oracle computes in float64 from the rounded inputs; the tolerance is the dtype's."""
    call = sample(op, number)
    inputs = [
        tensor_of(cast(a, kind), kind) if a.dtype.kind == "f" else tensor_of(a) for a in call.arrays
    ]
    call = call.with_tensors(inputs)
    wide = [a.astype(np.float64) if a.dtype.kind == "f" else a for a in call.arrays]
    result, error = attempt(call)
    if error is not None:
        assert kind != "float32", f"float32 is refused: {error}"
        assert_names_op(error, op)
        return
    expected, refused = attempt(expected_of, call, oracle_of(op), wide)
    if refused is not None or not comparable(op, call, expected, wide):
        return
    results, values = outputs(result), listed(expected)
    if base_name(op) in ORDER_AT_TIES:
        results, values = results[:-1], values[:-1]
    for tensor, value in zip(results, values, strict=True):
        own = REAL_KINDS.get(kind_of(tensor), kind_of(tensor))
        loss = kind if kind in FLOATING and own in FLOATING else own
        assert_close(tensor, value, loss if loss in FLOATING else "float32", factor=4)


# Rounding makes ties, and where they lie in a sorted order is not defined.
ORDER_AT_TIES = ("sort", "argsort", "topk")


def listed(expected: Any) -> list[Any]:
    """Return an oracle's result as a list."""
    return list(expected) if isinstance(expected, (tuple, list)) else [expected]


def comparable(op: Any, call: Call, expected: Any, wide: list[Array]) -> bool:
    """Tell whether rounding cannot turn the result into quite another one.

    The step functions jump where a rounded operand crosses a whole number, and integers wrap.
    """
    if base_name(op) in ("floor_divide", "remainder", "div", "fmod") and wide[0].dtype.kind == "f":
        quotient = wide[0] / wide[-1] if len(wide) > 1 else wide[0]
        return bool(np.all(np.abs(quotient - np.rint(quotient)) > 1e-2))
    if kind_of(call.tensors[0]) in INTEGRAL and call.kwargs.keys() & {
        "alpha",
        "beta",
        "value",
        "min_val",
    }:
        return False
    bound = 100 if any(kind_of(t) in ("int8", "uint8") for t in call.tensors) else 2e9
    if all(kind_of(t) in FLOATING for t in call.tensors):
        bound = 6e4
    values = [
        np.nan_to_num(np.asarray(in_real_parts(v), np.float64), posinf=0, neginf=0)
        for v in listed(expected)
    ]
    negative = any(kind_of(t) == "uint8" for t in call.tensors) and any(
        (v < 0).any() for v in values
    )
    return not negative and all(float(np.abs(v).max(initial=0)) < bound for v in values)


def in_place_call(op: Any, number: int) -> tuple[Call, Any] | None:
    """Return a sample and its in-place method if the result fits into the first argument."""
    call = sample(op, number)
    if not call.args or not call.tensors or call.tensors[0] is not call.args[0]:
        return None
    method = getattr(call.tensors[0], base_name(op) + "_", None)
    result = call.copied()()
    fits = len(outputs(result)) == 1 and outputs(result)[0].shape == call.tensors[0].shape
    if method is None or not fits or kind_of(outputs(result)[0]) != kind_of(call.tensors[0]):
        return None
    return call, method


@IN_PLACE_SAMPLES
def test_in_place_form_equals_the_op_and_bumps_the_version(op: Any, number: int) -> None:
    found = in_place_call(op, number)
    if found is None:
        pytest.skip("no in-place form fits this sample")
    call, method = found
    expected = array_of(call.copied()())
    version = call.tensors[0]._version
    tg.manual_seed(call.seed)
    returned = method(*call.args[1:], **call.kwargs)
    assert returned is call.tensors[0]
    assert returned._version == version + 1
    assert_same_bits(array_of(returned), expected)


@IN_PLACE_SAMPLES
def test_in_place_form_has_the_gradient_of_the_op(op: Any, number: int) -> None:
    found = in_place_call(op, number)
    if found is None or op.random or not is_floating(found[0].tensors[0]):
        pytest.skip("no differentiable in-place form fits this sample")
    call, _ = found
    gradients = []
    for in_place in (False, True):
        leaf = call.tensors[0].detach().clone().requires_grad_()
        inner = leaf * 1.0
        arguments = call.with_tensors([inner, *call.copied().tensors[1:]])
        tg.manual_seed(call.seed)
        if in_place:
            result = getattr(inner, base_name(op) + "_")(*arguments.args[1:], **arguments.kwargs)
            assert result.grad_fn is inner.grad_fn or result is inner
        else:
            result = arguments()
        if result.requires_grad:
            result.sum().backward()
        gradients.append(np.zeros(leaf.shape) if leaf.grad is None else array_of(leaf.grad))
    assert_close(gradients[1], gradients[0])


@EVERY_OP
def test_method_equals_function(op: Any) -> None:
    if not op.method or op.hidden or op.inplace_only or base_name(op) == "where":
        pytest.skip("no method, or one with another order of arguments")
    for number in range(len(op.samples())):
        call = sample(op, number)
        if call.args and call.tensors and call.args[0] is call.tensors[0]:
            tg.manual_seed(call.seed)
            result = getattr(call.args[0], base_name(op))(*call.args[1:], **call.kwargs)
            assert_same_bits(outputs(result), outputs(call.copied()()))
