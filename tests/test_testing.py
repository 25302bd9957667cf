"""The gradient checker itself: it accepts what is right and says what is wrong, and where."""

from __future__ import annotations

import math
from typing import Any

import pytest

import topograd as tg

gradcheck = tg.testing.gradcheck


def inputs(*values: float) -> Any:
    """Return a float64 tensor that requires its gradient."""
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


class SineWithWrongReverse(tg.autograd.Function):
    """sin(x) whose gradient is wrong at the element 2 only."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        error = tg.tensor([0.0, 0.0, 0.01, 0.0], dtype=tg.float64)
        return g * (x.cos() + error)


def test_right_derivatives_pass() -> None:
    x, y = inputs(0.3, -1.2, 2.0), inputs(1.0, 0.5, -0.7)
    assert gradcheck(lambda a: a.sin(), (x,))
    assert gradcheck(lambda a, b: (a * b).tanh(), (x, y))
    assert gradcheck(lambda a, b: (a * b, a.exp()), (x, y))
    assert gradcheck(lambda a, b: a @ b, (x, y))


def test_a_planted_wrong_reverse_rule_is_caught_with_mode_and_place() -> None:
    x = inputs(0.3, -1.2, 2.0, 0.7)
    with pytest.raises((AssertionError, ValueError, RuntimeError)) as caught:
        gradcheck(SineWithWrongReverse.apply, (x,))
    message = str(caught.value)
    assert "reverse" in message
    assert "2" in message
    wrong, right = math.cos(2.0) + 0.01, math.cos(2.0)
    assert f"{wrong:.3f}"[:5] in message
    assert f"{right:.3f}"[:5] in message


def test_gradcheck_can_answer_instead_of_raising() -> None:
    x = inputs(0.3, -1.2, 2.0, 0.7)
    assert gradcheck(SineWithWrongReverse.apply, (x,), raise_exception=False) is False
    assert gradcheck(lambda a: a.cos(), (x,), raise_exception=False) is True


def test_a_gradient_of_zero_where_there_is_a_slope_is_caught() -> None:
    x = inputs(0.5, 1.5)
    with pytest.raises((AssertionError, ValueError, RuntimeError), match="reverse"):
        gradcheck(lambda a: a * a.detach(), (x,))


@pytest.mark.parametrize("dtype", [tg.float32, tg.float16, tg.bfloat16])
def test_inputs_in_single_precision_are_checked_in_double(dtype: Any) -> None:
    seen = set()

    def function(a: Any) -> Any:
        seen.add(a.dtype)
        return a.sin() * 1e-3 + a

    assert gradcheck(function, (tg.ones(2, dtype=dtype, requires_grad=True),))
    assert seen == {tg.float64}


def test_what_can_not_compute_in_double_is_warned_about() -> None:
    own = tg.ones(2, 2)
    x = tg.ones(2, requires_grad=True)
    with pytest.raises((ValueError, TypeError, RuntimeError, UserWarning), match=r"float64|double"):
        gradcheck(lambda a: own @ a, (x,))


def test_at_least_one_input_must_require_a_gradient() -> None:
    with pytest.raises((ValueError, RuntimeError), match="require"):
        gradcheck(lambda a: a.sin(), (tg.ones(2, dtype=tg.float64),))


def test_inputs_that_are_no_tensors_are_passed_on() -> None:
    assert gradcheck(lambda a, power, label: a**power, (inputs(0.5, 1.5), 3, "label"))


def test_inputs_are_left_as_they_were() -> None:
    x = inputs(0.5, 1.5)
    gradcheck(lambda a: a.exp(), (x,))
    assert x.tolist() == [0.5, 1.5]
    assert x.grad is None


def test_empty_inputs_pass() -> None:
    assert gradcheck(lambda a: a.exp(), (tg.zeros(0, dtype=tg.float64, requires_grad=True),))


def test_gradgradcheck_catches_a_wrong_second_derivative() -> None:
    class WrongSecond(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * 3 * x.detach() * x

    x = inputs(0.5, 1.5)
    assert gradcheck(WrongSecond.apply, (x,))
    with pytest.raises((AssertionError, ValueError, RuntimeError)):
        tg.testing.gradgradcheck(WrongSecond.apply, (x,))
    assert tg.testing.gradgradcheck(lambda a: a**3, (x,))


def test_assert_close_says_how_far_and_where() -> None:
    tg.testing.assert_close(tg.ones(3), tg.ones(3) + 1e-7)
    with pytest.raises(AssertionError, match="2"):
        tg.testing.assert_close(tg.ones(3), tg.tensor([1.0, 1.0, 1.5]))
    for other in (tg.ones(4), tg.ones(3, dtype=tg.float64)):
        with pytest.raises(AssertionError):
            tg.testing.assert_close(tg.ones(3), other)
