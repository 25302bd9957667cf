"""The functional transforms: jvp, vjp, grad, and their combinations."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, tensor_of


def test_gradients_reach_tensors_that_a_function_closed_over():
    p = tg.ones(2, requires_grad=True)
    x = tg.tensor([3.0, 4.0])
    gradient = tg.func.grad(lambda x: (x * x * p).sum())(x)
    assert gradient.requires_grad
    gradient.sum().backward()
    assert p.grad.tolist() == [6, 8]
    value, pull = tg.func.vjp(lambda x: x * p, x)
    assert value.requires_grad
    assert pull(tg.ones(2))[0].requires_grad
    value, tangent = tg.func.jvp(lambda x: x * p, (x,), (tg.ones(2),))
    assert value.requires_grad
    assert tangent.requires_grad
    assert not tg.func.grad(lambda x: (x * p.detach()).sum())(x).requires_grad
    with tg.no_grad():
        assert not tg.func.grad(lambda x: (x * p).sum())(x).requires_grad


def vector(*values: float) -> Any:
    """Return a float64 tensor."""
    return tg.tensor(list(values), dtype=tg.float64)


def test_jvp_pushes_tangents_forward() -> None:
    output, tangent = tg.func.jvp(
        lambda x, y: x * y.sin(), (vector(2.0), vector(0.0)), (vector(1.0), vector(10.0))
    )
    assert output.tolist() == [0.0]
    assert tangent.tolist() == [20.0]


def test_jvp_gives_the_worked_example_one_direction_at_a_time() -> None:
    def function(x1: Any, x2: Any) -> Any:
        return x1 * x2 + x2.sin()

    x = (vector(2.0), vector(0.5))
    _, first = tg.func.jvp(function, x, (vector(1.0), vector(0.0)))
    _, second = tg.func.jvp(function, x, (vector(0.0), vector(1.0)))
    assert first.item() == 0.5
    assert second.item() == pytest.approx(2.0 + np.cos(0.5))


def test_jvp_of_several_outputs_and_structures() -> None:
    output, tangent = tg.func.jvp(lambda x: (x * 2, x**2), (vector(3.0),), (vector(1.0),))
    assert [part.item() for part in output] == [6.0, 9.0]
    assert [part.item() for part in tangent] == [2.0, 6.0]


def test_jvp_of_a_constant_is_zero() -> None:
    _, tangent = tg.func.jvp(lambda x: vector(5.0), (vector(3.0),), (vector(1.0),))
    assert tangent.tolist() == [0.0]


def test_jvp_goes_through_in_place_ops_and_views() -> None:
    def function(x: Any) -> Any:
        y = x * 1.0
        y[0] = x[1] * 3
        y[1:].mul_(x[0])
        return y

    _, tangent = tg.func.jvp(function, (vector(2.0, 5.0),), (vector(1.0, 10.0),))
    assert tangent.tolist() == [30.0, 1.0 * 5.0 + 2.0 * 10.0]


def test_vjp_returns_the_output_and_a_pullback_that_can_be_used_again() -> None:
    output, pullback = tg.func.vjp(lambda x, y: x * y, vector(2.0, 3.0), vector(5.0, 7.0))
    assert output.tolist() == [10.0, 21.0]
    for scale in (1.0, 10.0):
        gradients = pullback(vector(scale, 0.0))
        assert [g.tolist() for g in gradients] == [[5.0 * scale, 0.0], [2.0 * scale, 0.0]]


def test_grad_of_a_scalar_function_with_argnums_and_aux() -> None:
    def function(x: Any, y: Any) -> Any:
        return (x**2 * y).sum()

    assert tg.func.grad(function)(vector(3.0), vector(5.0)).tolist() == [30.0]
    assert tg.func.grad(function, argnums=1)(vector(3.0), vector(5.0)).tolist() == [9.0]
    both = tg.func.grad(function, argnums=(0, 1))(vector(3.0), vector(5.0))
    assert [g.item() for g in both] == [30.0, 9.0]
    gradient, extra = tg.func.grad(lambda x: ((x**2).sum(), x * 5), has_aux=True)(vector(3.0))
    assert (gradient.item(), extra.item()) == (6.0, 15.0)


def test_grad_and_value_gives_both() -> None:
    gradient, value = tg.func.grad_and_value(lambda x: (x**3).sum())(vector(2.0))
    assert (gradient.item(), value.item()) == (12.0, 8.0)


def test_grad_needs_a_scalar() -> None:
    with pytest.raises((ValueError, RuntimeError), match=r"scalar|one element"):
        tg.func.grad(lambda x: x * 2)(vector(1.0, 2.0))


def test_grad_leaves_the_inputs_alone() -> None:
    x = vector(3.0).requires_grad_()
    gradient = tg.func.grad(lambda value: (value**2).sum())(x)
    assert x.grad is None
    assert gradient.tolist() == [6.0]


def sum_of_fifth_powers(x: Any) -> Any:
    """Return the sum of x to the fifth."""
    return (x**5).sum()


def test_grad_nests_to_higher_orders() -> None:
    function: Any = sum_of_fifth_powers
    for expected in (5 * 1.5**4, 20 * 1.5**3, 60 * 1.5**2, 120 * 1.5):
        function = tg.func.grad(function)
        assert function(tg.tensor(1.5, dtype=tg.float64)).item() == pytest.approx(expected)


def test_forward_over_reverse_reverse_over_forward_and_forward_over_forward_agree() -> None:
    weight = tensor_of(np.random.default_rng(1).standard_normal((4, 4)))
    x, v = (tensor_of(np.random.default_rng(s).standard_normal(4)) for s in (2, 3))

    def function(value: Any) -> Any:
        return ((weight @ value).tanh() * value).sum()

    gradient = tg.func.grad(function)
    _, forward_over_reverse = tg.func.jvp(gradient, (x,), (v,))
    reverse_over_forward = tg.func.grad(lambda value: tg.func.jvp(function, (value,), (v,))[1])(x)
    np.testing.assert_allclose(
        array_of(forward_over_reverse), array_of(reverse_over_forward), rtol=1e-10
    )
    _, second = tg.func.jvp(lambda value: tg.func.jvp(function, (value,), (v,))[1], (x,), (v,))
    assert second.item() == pytest.approx(float(array_of(v) @ array_of(forward_over_reverse)))


def test_forward_and_reverse_agree_on_a_network() -> None:
    rng = np.random.default_rng(5)
    shapes = [(6, 5), (5, 7), (7,), (7, 3)]
    values = tuple(tensor_of(rng.standard_normal(shape)) for shape in shapes)
    tangents = tuple(tensor_of(rng.standard_normal(shape)) for shape in shapes)

    def network(x: Any, w1: Any, b: Any, w2: Any) -> Any:
        return tg.softmax((x @ w1 + b).relu() @ w2, dim=-1)

    output, pushed = tg.func.jvp(network, values, tangents)
    weight = tensor_of(rng.standard_normal(tuple(output.shape)))
    _, pullback = tg.func.vjp(network, *values)
    pulled = sum((g * t).sum().item() for g, t in zip(pullback(weight), tangents, strict=True))
    assert (weight * pushed).sum().item() == pytest.approx(pulled, rel=1e-10)


def test_mismatched_tangents_are_errors_that_name_jvp() -> None:
    for tangents in ((), (vector(1.0), vector(1.0)), (vector(1.0, 2.0),), (3,)):
        with pytest.raises((ValueError, TypeError, RuntimeError), match="jvp"):
            tg.func.jvp(sum_of_fifth_powers, (vector(1.0),), tangents)


def test_functions_that_raise_keep_their_exception() -> None:
    def failing(x: Any) -> Any:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        tg.func.grad(failing)(vector(1.0))
    with pytest.raises(LookupError, match="mine"):
        tg.func.vjp(failing, vector(1.0))
    with pytest.raises(LookupError, match="mine"):
        tg.func.jvp(failing, (vector(1.0),), (vector(1.0),))
    assert tg.is_grad_enabled()


def test_transforms_work_inside_no_grad() -> None:
    with tg.no_grad():
        assert tg.func.grad(lambda x: (x**2).sum())(vector(3.0)).tolist() == [6.0]
        _, tangent = tg.func.jvp(lambda x: x**2, (vector(3.0),), (vector(1.0),))
        assert tangent.tolist() == [6.0]
        assert not tg.is_grad_enabled()


def test_integers_among_what_is_differentiated_are_errors_that_name_the_transform() -> None:
    whole = tg.tensor([1, 2])
    calls: dict[str, Any] = {
        "grad": lambda: tg.func.grad(lambda t: (t * 1.0).sum())(whole),
        "vjp": lambda: tg.func.vjp(lambda t: t * 1.0, {"a": vector(1.0), "b": whole}),
        "jvp": lambda: tg.func.jvp(lambda t: t * 1.0, (whole,), (whole,)),
    }
    for name, call in calls.items():
        with pytest.raises(RuntimeError, match=rf"^{name}: only Tensors of floating .*int64"):
            call()
    gradient = tg.func.grad(lambda x, n: (x * n).sum())(vector(1.0, 1.0), whole)
    assert gradient.tolist() == [1.0, 2.0]
