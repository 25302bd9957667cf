"""The engine: backward and grad with their options, modes, gradients at inner nodes, errors."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd.nn import functional as F


def leaf(*values: float) -> Any:
    """Return a float64 leaf that requires its gradient."""
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def test_backward_fills_grad_of_leaves_only() -> None:
    x = leaf(2.0, 3.0)
    y = x * x
    y.sum().backward()
    assert x.grad.tolist() == [4.0, 6.0]
    assert y.grad is None


def test_gradients_accumulate_over_backward_calls() -> None:
    x = leaf(2.0)
    for _ in range(3):
        (x * 5).sum().backward()
    assert x.grad.tolist() == [15.0]
    x.grad = None
    (x * 5).sum().backward()
    assert x.grad.tolist() == [5.0]


def test_grad_is_the_same_object_every_time() -> None:
    x = leaf(2.0)
    (x * 5).sum().backward()
    assert x.grad is x.grad


def test_backward_takes_a_cotangent_of_the_results_shape() -> None:
    x = leaf(1.0, 2.0)
    (x * x).backward(tg.tensor([1.0, 10.0], dtype=tg.float64))
    assert x.grad.tolist() == [2.0, 40.0]
    with pytest.raises((ValueError, RuntimeError), match=r"shape|size"):
        (x * x).backward(tg.ones(3, dtype=tg.float64))


def test_backward_of_a_tensor_with_many_elements_needs_a_cotangent() -> None:
    with pytest.raises(RuntimeError, match=r"scalar|one element|gradient"):
        (leaf(1.0, 2.0) * 2).backward()


def test_backward_of_an_unrecorded_tensor_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="require"):
        tg.ones(1).sum().backward()


def test_backward_of_a_leaf_adds_the_cotangent() -> None:
    x = leaf(1.0)
    x.sum().backward()
    x.backward(tg.tensor([5.0], dtype=tg.float64))
    assert x.grad.tolist() == [6.0]


def test_inputs_restricts_where_gradients_go() -> None:
    x, y = leaf(2.0), leaf(3.0)
    inner = x * y
    (inner * y).sum().backward(inputs=[y, inner])
    assert x.grad is None
    assert y.grad.tolist() == [12.0]
    assert inner.grad.tolist() == [3.0]


def test_grad_returns_gradients_and_leaves_grad_alone() -> None:
    x, y = leaf(2.0), leaf(3.0)
    inner = x * y
    result = inner * inner
    gradients = tg.autograd.grad(result.sum(), [x, y, inner])
    assert [g.tolist() for g in gradients] == [[36.0], [24.0], [12.0]]
    assert x.grad is None
    assert y.grad is None
    assert not gradients[0].requires_grad


def test_grad_of_several_outputs_adds_them_up() -> None:
    x = leaf(2.0)
    (gradient,) = tg.autograd.grad(
        [x * 3, x * x], [x], [tg.ones(1, dtype=tg.float64), tg.full((1,), 10.0, dtype=tg.float64)]
    )
    assert gradient.tolist() == [43.0]


def test_unused_inputs_are_an_error_unless_allowed() -> None:
    x, unused = leaf(2.0), leaf(3.0)
    with pytest.raises(RuntimeError, match=r"unused|allow_unused"):
        tg.autograd.grad((x * 2).sum(), [x, unused])
    gradients = tg.autograd.grad((x * 2).sum(), [x, unused], allow_unused=True)
    assert gradients[1] is None
    materialized = tg.autograd.grad((x * 2).sum(), [x, unused], materialize_grads=True)
    assert materialized[1].tolist() == [0.0]


def test_second_backward_is_an_error_that_says_how_to_cure_it() -> None:
    x = leaf(2.0)
    result = (x.exp() * x).sum()
    result.backward()
    with pytest.raises(RuntimeError, match="retain_graph") as caught:
        result.backward()
    assert "second" in str(caught.value) or "again" in str(caught.value)


def test_retain_graph_allows_a_second_backward() -> None:
    x = leaf(2.0)
    result = (x * x * x).sum()
    result.backward(retain_graph=True)
    result.backward()
    assert x.grad.tolist() == [24.0]


def test_backward_then_more_nodes_then_backward_again() -> None:
    x = leaf(2.0)
    first = (x * x).sum()
    first.backward(retain_graph=True)
    (first * 3).backward()
    assert x.grad.tolist() == [16.0]


def test_create_graph_makes_gradients_differentiable_to_any_order() -> None:
    x = leaf(1.5)
    value = (x**5).sum()
    expected = [5 * 1.5**4, 20 * 1.5**3, 60 * 1.5**2, 120 * 1.5, 120.0]
    for order in range(5):
        (value,) = tg.autograd.grad(value.sum(), [x], create_graph=True)
        assert value.item() == pytest.approx(expected[order])


def test_backward_with_create_graph_leaves_differentiable_grads() -> None:
    x = leaf(3.0)
    (x**3).sum().backward(create_graph=True)
    assert x.grad.requires_grad
    (second,) = tg.autograd.grad(x.grad.sum(), [x])
    assert second.tolist() == [18.0]


def test_gradient_penalty_reaches_the_weights() -> None:
    weight, x = leaf(0.5), leaf(2.0)
    (slope,) = tg.autograd.grad((weight * x**2).sum(), [x], create_graph=True)
    (slope**2).sum().backward()
    assert weight.grad.item() == pytest.approx(2 * (2 * 0.5 * 2) * (2 * 2))


def test_retain_grad_keeps_gradients_at_inner_nodes() -> None:
    x = leaf(2.0)
    inner = x * x
    inner.retain_grad()
    assert inner.retains_grad
    (inner * 3).sum().backward()
    assert inner.grad.tolist() == [3.0]
    with pytest.raises(RuntimeError, match="require"):
        tg.ones(1).retain_grad()


def test_a_fan_out_sums_its_contributions() -> None:
    a, b = leaf(7.0), leaf(3.0)
    ((a + b) * b**3).sum().backward()
    assert (a.grad.item(), b.grad.item()) == (27.0, 297.0)


def test_the_same_tensor_twice_in_one_op_counts_twice() -> None:
    x = leaf(3.0)
    (x * x + x - x).sum().backward()
    assert x.grad.tolist() == [6.0]


def test_broadcast_inputs_get_gradients_of_their_own_shape() -> None:
    row, column = tg.ones(1, 3, requires_grad=True), tg.ones(2, 1, requires_grad=True)
    scalar = tg.tensor(2.0, requires_grad=True)
    (row * column * scalar).sum().backward()
    assert row.grad.tolist() == [[4.0, 4.0, 4.0]]
    assert column.grad.tolist() == [[6.0], [6.0]]
    assert scalar.grad.item() == 6.0


def test_integers_cannot_require_gradients() -> None:
    with pytest.raises(RuntimeError, match="float"):
        tg.ones(2, dtype=tg.int64).requires_grad_()
    assert not (tg.ones(2, requires_grad=True) > 0).requires_grad
    assert not tg.ones(2, requires_grad=True).argmax().requires_grad


MODES = {
    "no_grad": (tg.no_grad, False),
    "inference_mode": (tg.inference_mode, False),
    "enable_grad": (tg.enable_grad, True),
    "set_grad_enabled": (lambda: tg.set_grad_enabled(False), False),
}


@pytest.mark.parametrize(("mode", "inside"), MODES.values(), ids=MODES)
def test_a_decorated_generator_is_switched_whenever_it_is_resumed(mode: Any, inside: bool) -> None:
    closed = []

    def generator() -> Any:
        seen = []
        try:
            while len(seen) < 3:
                with contextlib.suppress(ValueError):
                    yield tg.is_grad_enabled()
                seen.append(tg.is_grad_enabled())
            return seen
        finally:
            closed.append(tg.is_grad_enabled())

    decorated = mode()(generator)
    assert tg.is_grad_enabled()
    with tg.set_grad_enabled(not inside):
        running = decorated()
        for resume in (
            lambda: next(running),
            lambda: running.send(1),
            lambda: running.throw(ValueError()),
        ):
            assert resume() is inside
            assert tg.is_grad_enabled() is not inside
        with pytest.raises(StopIteration) as end:
            next(running)
        assert end.value.value == [inside] * 3
        stopped = decorated()
        next(stopped)
        stopped.close()
        assert closed == [inside, inside]
        assert tg.is_grad_enabled() is not inside


def test_set_grad_enabled_as_a_decorator_gives_back_the_mode_of_each_call() -> None:
    decorated = tg.set_grad_enabled(False)(tg.is_grad_enabled)
    assert tg.is_grad_enabled()
    with tg.no_grad():
        assert not decorated()
        assert not tg.is_grad_enabled()


def test_no_grad_and_enable_grad_nest_as_contexts_and_decorators() -> None:
    x = leaf(1.0)
    with tg.no_grad():
        assert not tg.is_grad_enabled()
        assert not (x * 2).requires_grad
        with tg.enable_grad():
            assert (x * 2).requires_grad
        with tg.set_grad_enabled(True):
            assert tg.is_grad_enabled()
        assert not tg.is_grad_enabled()
    assert tg.is_grad_enabled()

    @tg.no_grad()
    def doubled(value: Any) -> Any:
        return value * 2

    assert not doubled(x).requires_grad
    assert tg.is_grad_enabled()


def test_modes_are_restored_after_an_exception() -> None:
    with pytest.raises(KeyError), tg.no_grad():
        raise KeyError
    assert tg.is_grad_enabled()


def test_inference_mode_records_nothing() -> None:
    x = leaf(1.0)
    with tg.inference_mode():
        y = x * 2
        assert not y.requires_grad
        assert tg.is_inference_mode_enabled()
    assert not tg.is_inference_mode_enabled()
    assert (x * 2).requires_grad


def test_detach_cuts_the_graph() -> None:
    x = leaf(3.0)
    ((x * x).detach() * x).sum().backward()
    assert x.grad.tolist() == [9.0]


def test_detach_in_place_makes_a_leaf() -> None:
    inner = leaf(3.0) * 2
    assert inner.detach_() is inner
    assert inner.is_leaf
    assert not inner.requires_grad


def test_requires_grad_can_be_set_on_leaves_only() -> None:
    x = tg.ones(2)
    x.requires_grad = True
    assert x.requires_grad_(False) is x
    assert not x.requires_grad
    inner = tg.ones(2, requires_grad=True) * 2
    with pytest.raises(RuntimeError, match="leaf"):
        inner.requires_grad = False


def test_grad_can_be_assigned_if_it_fits() -> None:
    x = leaf(1.0, 2.0)
    x.grad = tg.ones(2, dtype=tg.float64)
    assert x.grad.tolist() == [1.0, 1.0]
    for wrong in (tg.ones(3, dtype=tg.float64), tg.ones(2), "gradient"):
        with pytest.raises((ValueError, TypeError, RuntimeError)):
            x.grad = wrong
    assert x.grad.tolist() == [1.0, 1.0]


def test_data_gives_the_values_without_history_or_version() -> None:
    x = leaf(1.0)
    x.data.mul_(3.0)
    assert x.tolist() == [3.0]
    x.data = tg.tensor([7.0], dtype=tg.float64)
    assert x.tolist() == [7.0]
    assert x.requires_grad


def test_control_flow_of_the_program_is_what_is_recorded() -> None:
    x = leaf(3.0)
    result = x * 1.0
    while result.sum() < 100:
        result = result * 2 if result.sum() < 20 else result * x
    result.sum().backward()
    assert x.grad.item() == pytest.approx(8 * 3 * 3**2)


def save_and_change() -> tuple[Any, int]:
    """Return a result whose saved value was changed, and the line of this function's `def`."""
    x = leaf(1.0)
    saved = x.exp()
    result = saved.sin()
    saved.add_(1.0)
    return result, save_and_change.__code__.co_firstlineno


def test_version_error_names_op_both_lines_both_versions_and_the_cure() -> None:
    result, line = save_and_change()
    with pytest.raises(RuntimeError) as caught:
        result.sum().backward()
    message = str(caught.value)
    assert "sin" in message or "exp" in message
    lines = {int(number) for number in re.findall(r"test_autograd\.py:(\d+)", message)}
    assert line + 5 in lines, f"the line that changed the value is missing: {message}"
    assert lines & {line + 3, line + 4}, f"the line that saved the value is missing: {message}"
    assert re.search(r"version", message)
    assert {"0", "1"} <= set(re.findall(r"\b\d+\b", message))
    assert "clone" in message or "out of place" in message


def test_provenance_names_file_line_and_function() -> None:
    result = leaf(1.0) * 2
    line = test_provenance_names_file_line_and_function.__code__.co_firstlineno + 1
    assert result.grad_fn.where.endswith(
        f"test_autograd.py:{line} in test_provenance_names_file_line_and_function"
    )


def test_names_are_kept_and_shown() -> None:
    x = leaf(1.0)
    assert x.name is None
    x.name = "x"
    y = x * 2
    y.name = "doubled"
    assert (x.name, y.name) == ("x", "doubled")
    assert "doubled" in repr(y)
    with pytest.raises(TypeError):
        x.name = 3


def test_grad_fn_walks_down_to_the_leaves() -> None:
    x = leaf(1.0)
    y = (x * 2).exp()
    assert "exp" in y.grad_fn.name().lower()
    multiply = y.grad_fn.next_functions[0][0]
    assert "mul" in multiply.name().lower()
    assert x.grad_fn is None
    assert x.is_leaf
    assert not y.is_leaf


def test_autograd_backward_takes_several_roots() -> None:
    x = leaf(2.0)
    tg.autograd.backward([(x * 2).sum(), (x * x).sum()])
    assert x.grad.tolist() == [6.0]


def test_gradient_dtype_follows_the_input_through_casts() -> None:
    x = tg.ones(2, requires_grad=True)
    (x.double() * 3).sum().backward()
    assert x.grad.dtype == tg.float32
    assert x.grad.tolist() == [3.0, 3.0]


def test_mixed_precision_inputs_get_gradients_of_their_own_dtype() -> None:
    half = tg.ones(2, dtype=tg.float16, requires_grad=True)
    single = tg.ones(2, requires_grad=True)
    (half * single).sum().backward()
    assert half.grad.dtype == tg.float16
    assert single.grad.dtype == tg.float32


def test_an_index_that_changed_before_backward_is_an_error() -> None:
    x, places = tg.ones(3, requires_grad=True), tg.tensor([0, 1])
    y = x[places]
    places.add_(1)
    with pytest.raises(RuntimeError, match="index"):
        y.sum().backward()
    z, place = x * 1, tg.tensor([0])
    z[place] = 0.0
    place.add_(1)
    with pytest.raises(RuntimeError, match="index_put"):
        z.sum().backward()


def test_norms_of_infinities_are_infinite() -> None:
    infinity = float("inf")
    assert tg.norm(tg.tensor([infinity, 1.0]), 3).item() == infinity
    assert tg.norm(tg.tensor([infinity, 1.0, 1.0]), -1).item() == 0.5


IN_PLACE_AFTER = {
    "batch_norm": lambda x: F.batch_norm(x, None, None, training=True),
    "layer_norm": lambda x: F.layer_norm(x, (4, 4)),
    "group_norm": lambda x: F.group_norm(x, 2),
    "instance_norm": lambda x: F.instance_norm(x),
    "rms_norm": lambda x: F.rms_norm(x, (4,)),
    "max_pool2d": lambda x: F.max_pool2d(x, 2),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, 2),
    "max": lambda x: x.max(1).values,
    "sort": lambda x: x.sort(-1).values,
    "topk": lambda x: x.topk(2).values,
    "cummax": lambda x: x.cummax(1).values,
    "kthvalue": lambda x: x.kthvalue(2).values,
}


@pytest.mark.parametrize("name", list(IN_PLACE_AFTER))
def test_what_a_norm_or_a_choice_gives_may_be_changed_in_place(name):
    start = tg.from_numpy(np.random.default_rng(0).standard_normal((2, 4, 4, 4)))
    gradients = []
    for relu in (lambda y: F.relu(y, inplace=True), F.relu):
        x = start.clone().requires_grad_()
        y = relu(IN_PLACE_AFTER[name](x))
        (first,) = tg.autograd.grad(y.square().sum(), x, create_graph=True)
        (second,) = tg.autograd.grad(first.square().sum(), x)
        gradients.append((first, second))
    for own, expected in zip(*gradients, strict=True):
        np.testing.assert_array_equal(own.detach().numpy(), expected.detach().numpy())


@pytest.mark.parametrize(
    "f", [lambda x: x / 2, lambda x: x / (x.detach() + 1), lambda x: x**2, lambda x: x**0.5]
)
def test_a_quotient_or_power_may_be_changed_in_place(f):
    x = tg.tensor([0.5, 2.0], requires_grad=True)
    f(x).sum().backward()
    expected, x.grad = x.grad.tolist(), None
    y = f(x)
    y += 1
    y.masked_fill_(tg.tensor([True, False]), -1e9)
    y.sum().backward()
    assert x.grad.tolist() == [0.0, expected[1]]
    e = tg.tensor(2.0, requires_grad=True)
    z = x.detach() ** e
    z += 1
    with pytest.raises(RuntimeError, match="pow: backward needs its result"):
        z.sum().backward()
