"""Random shapes, layouts, dims and dtypes for the ops of the registry, against NumPy and PyTorch.

Values are drawn from those of an op's sample, so that they lie where the op is defined.
"""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import topograd as tg
from helpers import (
    FLOATING,
    LAYOUTS,
    Array,
    Call,
    assert_close,
    assert_names_op,
    base_name,
    calls_of,
    expected_of,
    has_floating_input,
    is_floating,
    kind_of,
    outputs,
    precision_of,
    tensor_of,
)
from oracles import ORACLES, WITHOUT_ORACLE
from parity import ORDER_IS_FREE, PLACE_IS_FREE, attempt, describe, to_torch, torch_function

SEEDS = st.integers(0, 2**32 - 1)
CASES = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
# Their parameters have to agree in more than broadcasting.
NOT_BROADCAST = {"strong_mul", "heaviside"}


def has_oracle(op: Any) -> bool:
    known = {str(op), base_name(op)} & ORACLES.keys()
    return bool(known) and not op.hidden and base_name(op) not in WITHOUT_ORACLE


def oracle_of(op: Any) -> Any:
    return ORACLES[str(op)] if str(op) in ORACLES else ORACLES[base_name(op)]


def only_float_tensors(call: Call) -> bool:
    return bool(call.tensors) and all(is_floating(one) for one in call.tensors)


ELEMENTWISE = [
    op
    for op in tg.ops()
    if op.derivative == "elementwise"
    and has_oracle(op)
    and str(op) not in NOT_BROADCAST
    and only_float_tensors(calls_of(op)[0])
]
ALONG_DIMS = [
    op
    for op in tg.ops()
    if has_oracle(op)
    and not op.view
    and len(calls_of(op)[0].tensors) == 1
    and has_floating_input(op, calls_of(op)[0])
    and op.parameters[0]["name"] == "input"
    and any(p["name"] == "dim" and p["type"] in ("int", "int?", "int[]?") for p in op.parameters)
]


def random_shape(rng: np.random.Generator, least_rank: int = 0) -> tuple[int, ...]:
    rank = int(rng.integers(least_rank, 5))
    return tuple(int(n) for n in rng.choice([0, 1, 1, 2, 3, 4, 5, 17], rank))


def broadcast_shapes(rng: np.random.Generator, count: int) -> list[tuple[int, ...]]:
    """Return shapes that broadcast: cut from one shape, with sizes of 1 strewn in."""
    whole = random_shape(rng)
    shapes = []
    for _ in range(count):
        cut = whole[int(rng.integers(0, len(whole) + 1)) :]
        shapes.append(tuple(1 if rng.random() < 0.25 else size for size in cut))
    shapes[int(rng.integers(count))] = whole
    return shapes


def drawn(rng: np.random.Generator, values: Array, shape: tuple[int, ...]) -> Array:
    """Return an array of values from another one."""
    return np.asarray(rng.choice(values.reshape(-1), shape), values.dtype)


def laid_out(rng: np.random.Generator, array: Array, kind: str) -> Any:
    """Return a tensor of the array's values in some layout: steps, gaps, offsets, any order."""
    chosen = rng.choice(["contiguous", "permuted", *LAYOUTS])
    if chosen == "contiguous":
        return tensor_of(array, kind)
    if chosen == "permuted":
        order = rng.permutation(array.ndim)
        back = np.argsort(order)
        return tensor_of(array.transpose(order), kind).permute(*(int(d) for d in back))
    if kind == "bfloat16":
        return LAYOUTS[chosen](array.astype("float32")).to(tg.bfloat16)
    return LAYOUTS[chosen](array.astype(kind))


def check(op: Any, call: Call, kind: str) -> None:
    """Compare a call with the oracle; where it is refused, PyTorch must refuse it as well."""
    wide = [one.astype(np.float64) if one.dtype.kind == "f" else one for one in call.arrays]
    result, error = attempt(call)
    if error is not None:
        assert_names_op(error, op)
        function = torch_function(call.name) if importlib.util.find_spec("torch") else None
        if function is not None:
            theirs, refused = attempt(function, *to_torch(call.args), **to_torch(call.kwargs))
            assert refused is not None or not describe(theirs), f"{error}: PyTorch gives {theirs}"
        return
    expected, refused = attempt(expected_of, call, oracle_of(op), wide)
    if refused is not None:
        return
    results = outputs(result)
    values = list(expected) if isinstance(expected, (tuple, list)) else [expected]
    if base_name(op) in ORDER_IS_FREE or base_name(op) in PLACE_IS_FREE:
        results, values = results[:-1] or results, values[:-1] or values
    for own, value in zip(results, values, strict=True):
        precision = kind if kind_of(own) in FLOATING else precision_of(own)
        assert_close(own, value, precision, factor=16)


@pytest.mark.parametrize("op", ELEMENTWISE, ids=str)
@CASES
@given(seed=SEEDS)
def test_elementwise_ops_take_any_shapes_and_layouts(op: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    calls = [c for c in calls_of(op) if only_float_tensors(c) and all(a.size for a in c.arrays)]
    call = calls[int(rng.integers(len(calls)))]
    kind = str(rng.choice(["float64", "float32"]))
    shapes = broadcast_shapes(rng, len(call.tensors))
    arrays = [
        drawn(rng, values, shape).astype(kind)
        for values, shape in zip(call.arrays, shapes, strict=True)
    ]
    check(op, call.with_tensors([laid_out(rng, one, kind) for one in arrays]), kind)


@pytest.mark.parametrize("op", ALONG_DIMS, ids=str)
@CASES
@given(seed=SEEDS)
def test_ops_along_dims_take_any_shapes_dims_and_layouts(op: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    calls = [call for call in calls_of(op) if only_float_tensors(call) and len(call.tensors) == 1]
    call = calls[int(rng.integers(len(calls)))]
    kind = str(rng.choice(["float64", "float32"]))
    shape = random_shape(rng, least_rank=1)
    several = next(p["type"] for p in op.parameters if p["name"] == "dim") == "int[]?"
    dim: Any = int(rng.integers(-len(shape), len(shape)))
    if several and rng.random() < 0.5:
        count = int(rng.integers(1, len(shape) + 1))
        dim = [int(d) - len(shape) * int(rng.integers(2)) for d in rng.permutation(len(shape))]
        dim = dim[:count]
    # Values without ties: which of two equal ones is picked is not always defined.
    array = rng.permutation(np.linspace(0.1, 3.0, max(1, int(np.prod(shape)))))
    array = array[: int(np.prod(shape))].reshape(shape).astype(kind)
    check(op, call.with_tensors([laid_out(rng, array, kind)]).with_argument("dim", dim), kind)


def test_enough_ops_are_covered() -> None:
    assert len(ELEMENTWISE) > 70
    assert len(ALONG_DIMS) > 30
