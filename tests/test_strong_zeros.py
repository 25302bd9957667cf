"""A branch that was not taken never poisons a gradient: the classic traps and their true values.

`tg.autograd.strict_ieee()` switches the rule off and gives PyTorch's NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, tensor_of

INF = math.inf
Trap = tuple[Callable[[Any], Any], list[float], list[float]]


def safe(condition: Any, value: Any, other: float = 0.0) -> Any:
    """Return `value` where the condition holds and a constant elsewhere."""
    return tg.where(condition, value, tg.full_like(value, other))


# name: (function of x, the point x, the analytic gradient of its sum)
TRAPS: dict[str, Trap] = {
    "where sqrt at 0": (lambda x: safe(x > 0, x.sqrt()), [0.0, 4.0], [0.0, 0.25]),
    "where sqrt below 0": (lambda x: safe(x > 0, x.sqrt()), [-1.0, 4.0], [0.0, 0.25]),
    "where log at 0": (lambda x: safe(x > 0, x.log()), [0.0, 2.0], [0.0, 0.5]),
    "where log below 0": (lambda x: safe(x > 0, x.log()), [-1.0, 2.0], [0.0, 0.5]),
    "where log2": (lambda x: safe(x > 0, x.log2()), [0.0, 1.0], [0.0, 1 / math.log(2)]),
    "where log1p at -1": (lambda x: safe(x > -1, x.log1p()), [-1.0, 1.0], [0.0, 0.5]),
    "where 1 / x": (lambda x: safe(x != 0, 1 / x), [0.0, 2.0], [0.0, -0.25]),
    "where x / x": (lambda x: safe(x != 0, x / x), [0.0, 2.0], [0.0, 0.0]),
    "where rsqrt": (lambda x: safe(x > 0, x.rsqrt()), [0.0, 4.0], [0.0, -0.0625]),
    "where reciprocal": (lambda x: safe(x != 0, x.reciprocal()), [0.0, 2.0], [0.0, -0.25]),
    "where x ** 0.5": (lambda x: safe(x > 0, x**0.5), [0.0, 4.0], [0.0, 0.25]),
    "where x ** -1": (lambda x: safe(x != 0, x**-1.0), [0.0, 2.0], [0.0, -0.25]),
    "where x ** x": (lambda x: safe(x > 0, x**x), [0.0, 1.0], [0.0, 1.0]),
    "where exp overflows": (
        lambda x: safe(x < 100, x.exp()),
        [1000.0, 0.0],
        [0.0, 1.0],
    ),
    "where expm1 overflows": (lambda x: safe(x < 100, x.expm1()), [1000.0, 0.0], [0.0, 1.0]),
    "where exp of square": (
        lambda x: safe(x < 10, (x * x).exp()),
        [1000.0, 1.0],
        [0.0, 2 * math.e],
    ),
    "where norm of zeros": (
        lambda x: safe(x.sum() > 0, (x * x).sum().sqrt()),
        [0.0, 0.0],
        [0.0, 0.0],
    ),
    "where std of equal values": (
        lambda x: safe(x.sum() < 0, x.var().sqrt()),
        [1.0, 1.0],
        [0.0, 0.0],
    ),
    "clamp of an overflow": (lambda x: x.exp().clamp(max=10.0), [1000.0, 0.0], [0.0, 1.0]),
    "clamp of a logarithm": (lambda x: x.log().clamp(min=-5.0), [0.0, 2.0], [0.0, 0.5]),
    "minimum with an overflow": (
        lambda x: tg.minimum(x.exp(), tg.full_like(x, 10.0)),
        [1000.0, 0.0],
        [0.0, 1.0],
    ),
    "masked fill of a logarithm": (
        lambda x: x.log().masked_fill(x <= 0, 0.0),
        [0.0, 2.0],
        [0.0, 0.5],
    ),
    "selected element": (lambda x: x.sqrt()[1:], [0.0, 4.0], [0.0, 0.25]),
    "zero times infinite slope": (
        lambda x: x.sqrt() * tg.tensor([0.0, 1.0], dtype=tg.float64),
        [0.0, 4.0],
        [0.0, 0.25],
    ),
    "relu of an infinite slope": (lambda x: (x.sqrt() - 1).relu(), [0.0, 4.0], [0.0, 0.25]),
    "dropped softmax row": (
        lambda x: safe(x > -INF, (x - x.logsumexp(0)).exp()),
        [-INF, 0.0],
        [0.0, 0.0],
    ),
}
EVERY_TRAP = pytest.mark.parametrize("name", TRAPS)


def gradient(function: Callable[[Any], Any], x: Any) -> Any:
    """Return the gradient of the sum of the function's values."""
    (result,) = tg.autograd.grad(function(x).sum(), [x])
    return result


@EVERY_TRAP
def test_reverse_mode_gives_the_analytic_gradient(name: str) -> None:
    function, point, expected = TRAPS[name]
    result = gradient(function, tensor_of(np.array(point)).requires_grad_())
    np.testing.assert_allclose(array_of(result), expected, rtol=1e-12, atol=1e-12)


@EVERY_TRAP
def test_reverse_mode_gives_it_with_a_graph_too(name: str) -> None:
    function, point, expected = TRAPS[name]
    x = tensor_of(np.array(point)).requires_grad_()
    (result,) = tg.autograd.grad(function(x).sum(), [x], create_graph=True)
    np.testing.assert_allclose(array_of(result), expected, rtol=1e-12, atol=1e-12)


@EVERY_TRAP
def test_float32_and_large_tensors_take_the_same_path(name: str) -> None:
    """More elements than one vector register, so that fused and tail code are both used."""
    function, point, expected = TRAPS[name]
    if "norm" in name or "std" in name or "softmax" in name or "selected" in name:
        pytest.skip("not a function of each element alone")
    if "zero times" in name:
        pytest.skip("its constant has two elements")
    x = tensor_of(np.tile(np.array(point, np.float32), 37)).requires_grad_()
    np.testing.assert_allclose(array_of(gradient(function, x)), np.tile(expected, 37), rtol=1e-5)


@EVERY_TRAP
def test_forward_mode_gives_the_analytic_derivative(name: str) -> None:
    function, point, expected = TRAPS[name]
    for place, slope in enumerate(expected):
        tangent = np.zeros(2)
        tangent[place] = 1.0
        _, derivative = tg.func.jvp(
            lambda x: function(x).sum(), (tensor_of(np.array(point)),), (tensor_of(tangent),)
        )
        assert derivative.item() == pytest.approx(slope, abs=1e-12)


@EVERY_TRAP
def test_second_order_is_finite_where_the_branch_is_not_taken(name: str) -> None:
    function, point, _ = TRAPS[name]
    x = tensor_of(np.array(point)).requires_grad_()
    (first,) = tg.autograd.grad(function(x).sum(), [x], create_graph=True)
    if first.requires_grad:
        (second,) = tg.autograd.grad(first.sum(), [x], allow_unused=True)
        assert second is None or np.isfinite(array_of(second)).all()


@pytest.mark.parametrize(
    "name", ["where sqrt at 0", "where log at 0", "where 1 / x", "where exp overflows"]
)
def test_strict_ieee_gives_torchs_nan(name: str) -> None:
    function, point, expected = TRAPS[name]
    with tg.autograd.strict_ieee():
        result = gradient(function, tensor_of(np.array(point)).requires_grad_())
    assert np.isnan(array_of(result)[0])
    assert array_of(result)[1] == pytest.approx(expected[1])
    again = gradient(function, tensor_of(np.array(point)).requires_grad_())
    assert not np.isnan(array_of(again)).any()


def test_infinite_gradients_that_are_true_stay_infinite() -> None:
    x = tg.zeros(1, requires_grad=True)
    assert gradient(lambda value: value.sqrt(), x).tolist() == [INF]


def test_nan_values_still_show_in_the_gradient_of_the_branch_that_was_taken() -> None:
    x = tg.tensor([math.nan], requires_grad=True)
    assert math.isnan(gradient(lambda value: value * value, x).item())
