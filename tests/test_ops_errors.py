"""Every op of the registry: what it saves for backward, and what it says about bad arguments."""

from __future__ import annotations

from typing import Any

import pytest

import topograd as tg
from helpers import (
    Call,
    assert_names_op,
    base_name,
    is_differentiable,
    is_floating,
    is_tensor,
    outputs,
    sample,
    samples,
)
from parity import attempt

EVERY_SAMPLE = pytest.mark.parametrize(("op", "number"), samples())
DIFFERENTIABLE_SAMPLES = pytest.mark.parametrize(("op", "number"), samples(is_differentiable))


def has_in_place_form(op: Any, call: Call) -> bool:
    """Tell whether the first argument is a floating tensor with a method of the op's name and _."""
    first = call.args[0] if call.args else None
    tracked = op.inplace and op.derivative != "none"
    return tracked and is_tensor(first) and is_floating(first)


IN_PLACE_SAMPLES = pytest.mark.parametrize(("op", "number"), samples(has_in_place_form))
# As in PyTorch, no tensors at all are something too.
TAKES_NOTHING = {"block_diag", "atleast_1d", "atleast_2d", "atleast_3d"}
EVERY_OP = pytest.mark.parametrize("op", tg.ops(), ids=str)


def recorded(call: Call) -> tuple[Call, list[Any]]:
    """Return the call on inner nodes (one per floating tensor) and those nodes.

    They are inner nodes and not leaves because leaves must not be changed in place.
    """
    positions = set(call.differentiable())
    inner = [
        tensor.detach().clone().requires_grad_() * 1.0 if place in positions else tensor.clone()
        for place, tensor in enumerate(call.tensors)
    ]
    return call.with_tensors(inner), [inner[place] for place in sorted(positions)]


def backward(result: Any) -> None:
    """Run backward from the sum of all tracked outputs."""
    tracked = [t for t in outputs(result) if t.requires_grad]
    tg.autograd.backward(tracked, [tg.ones_like(t) for t in tracked])


@DIFFERENTIABLE_SAMPLES
def test_changing_a_tensor_after_the_call_is_an_error_or_harmless(op: Any, number: int) -> None:
    """Backward gives the right gradient or names the op: it never uses a changed value."""
    for place in range(len(sample(op, number).differentiable())):
        gradients = []
        for change in (False, True):
            call, inner = recorded(sample(op, number))
            for tensor in inner:
                tensor.retain_grad()
            result = call()
            if not any(tensor.requires_grad for tensor in outputs(result)):
                return
            shared = any(t.data_ptr() == inner[place].data_ptr() for t in outputs(result))
            if change and not shared:
                with tg.no_grad():
                    inner[place].add_(1000.0)
            _, error = attempt(backward, result)
            if error is not None:
                assert change, f"backward fails without a change: {error}"
                assert isinstance(error, RuntimeError)
                assert base_name(op) in str(error) or op.derivative == "composite"
                assert "version" in str(error)
                break
            gradients.append([None if t.grad is None else t.grad.tolist() for t in inner])
        else:
            assert gradients[0] == gradients[1], "backward used a value that was changed"


@EVERY_OP
def test_wrong_types_are_type_errors_that_name_the_op(op: Any) -> None:
    for number in range(len(op.samples())):
        call = sample(op, number)
        for place, value in enumerate(call.args):
            if is_tensor(value):
                args = (*call.args[:place], object(), *call.args[place + 1 :])
                _, error = attempt(op.function, *args, **call.kwargs)
                assert error is not None, f"object() was accepted as argument {place}"
                assert_names_op(error, op)
                assert isinstance(error, TypeError)


@EVERY_OP
def test_unknown_keywords_and_missing_arguments_are_type_errors_that_name_the_op(op: Any) -> None:
    for number in range(len(op.samples())):
        call = sample(op, number)
        _, error = attempt(op.function, *call.args, **call.kwargs, no_such_argument=1)
        assert_names_op(error or AssertionError("no error"), op)
        assert isinstance(error, TypeError)
        assert "no_such_argument" in str(error)
    if call.args and is_tensor(call.args[0]) and base_name(op) not in TAKES_NOTHING:
        _, error = attempt(op.function)
        assert_names_op(error or AssertionError("no error"), op)
        assert isinstance(error, TypeError)


@EVERY_SAMPLE
def test_shapes_that_do_not_fit_are_named_errors(op: Any, number: int) -> None:
    """Each tensor in turn gets a shape of five prime sizes: an op that refuses says its name."""
    call = sample(op, number)
    for place, tensor in enumerate(call.tensors):
        strange = tg.zeros((7, 11, 2, 13, 3)).to(tensor.dtype)
        changed = [strange if i == place else t for i, t in enumerate(call.tensors)]
        _, error = attempt(call.with_tensors(changed))
        if error is not None:
            assert_names_op(error, op)


@EVERY_SAMPLE
def test_dimensions_out_of_range_are_index_errors_that_name_the_op(op: Any, number: int) -> None:
    call = sample(op, number)
    for name in ("dim", "dim0", "dim1", "start_dim", "dimension"):
        value = call.argument(name)
        if isinstance(value, int) and not isinstance(value, bool) and not op.hidden:
            for wrong in (99, -99):
                _, error = attempt(call.with_argument(name, wrong))
                assert_names_op(error or AssertionError(f"{name}={wrong} was accepted"), op)
                assert isinstance(error, IndexError)


@EVERY_SAMPLE
def test_huge_and_negative_integers_never_crash(op: Any, number: int) -> None:
    """Each integer argument in turn becomes hostile: a result or an exception, nothing else."""
    call = sample(op, number)
    for place, value in enumerate(call.args):
        if isinstance(value, int) and not isinstance(value, bool):
            for hostile in (-1, -(2**31), 2**62, -(2**63), 2**64):
                args = (*call.args[:place], hostile, *call.args[place + 1 :])
                _, error = attempt(op.function, *args, **call.kwargs)
                if error is not None and not isinstance(error, (OverflowError, MemoryError)):
                    assert_names_op(error, op)


@IN_PLACE_SAMPLES
def test_a_failed_in_place_call_leaves_its_target_unchanged(op: Any, number: int) -> None:
    call = sample(op, number)
    target = call.tensors[0]
    before, version = target.tolist(), target._version
    method = getattr(target, base_name(op) + "_")
    _, error = attempt(method, *call.args[1:-1], object(), object(), **call.kwargs)
    assert_names_op(error or AssertionError("no error"), op)
    assert repr(target.tolist()) == repr(before)
    assert target._version == version


@IN_PLACE_SAMPLES
def test_in_place_on_a_leaf_that_requires_grad_is_an_error(op: Any, number: int) -> None:
    call = sample(op, number)
    leaf = call.tensors[0].requires_grad_()
    _, error = attempt(getattr(leaf, base_name(op) + "_"), *call.args[1:], **call.kwargs)
    assert isinstance(error, RuntimeError)
    assert "leaf" in str(error)
    assert base_name(op) in str(error)
