"""Hooks on tensors, and functions with a derivative written by the user."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

import topograd as tg


def leaf(*values: float) -> Any:
    """Return a float64 leaf that requires its gradient."""
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def test_hook_sees_the_gradient() -> None:
    x, seen = leaf(2.0), []
    inner = x * 3
    inner.register_hook(lambda gradient: seen.append(gradient.tolist()))
    (inner * 5).sum().backward()
    assert seen == [[5.0]]
    assert x.grad.tolist() == [15.0]


def test_hook_sees_the_sum_of_all_contributions_once() -> None:
    x, seen = leaf(2.0), []
    inner = x * 3
    inner.register_hook(lambda gradient: seen.append(gradient.tolist()))
    (inner * 5 + inner * 7).sum().backward()
    assert seen == [[12.0]]


def test_hooks_replace_the_gradient_in_the_order_of_registration() -> None:
    x = leaf(2.0)
    x.register_hook(lambda gradient: gradient * 10)
    x.register_hook(lambda gradient: gradient + 1)
    (x * 3).sum().backward()
    assert x.grad.tolist() == [31.0]


def test_removed_hooks_do_not_run() -> None:
    x = leaf(2.0)
    handle = x.register_hook(lambda gradient: gradient * 10)
    handle.remove()
    handle.remove()
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3.0]


def test_hook_that_raises_stops_backward_with_its_own_exception() -> None:
    x = leaf(2.0)
    inner = x * 3

    def refuse(gradient: Any) -> None:
        raise ZeroDivisionError("the hook's own words")

    inner.register_hook(refuse)
    with pytest.raises(ZeroDivisionError, match="the hook's own words"):
        (inner * 5).sum().backward()
    assert x.grad is None
    (x * 3).sum().backward()
    assert x.grad.tolist() == [3.0]


def test_hook_that_returns_a_wrong_shape_or_type_is_an_error() -> None:
    for wrong in (tg.ones(3, dtype=tg.float64), "gradient"):
        x = leaf(2.0)
        x.register_hook(lambda gradient, wrong=wrong: wrong)
        with pytest.raises((TypeError, ValueError, RuntimeError), match="hook"):
            (x * 3).sum().backward()


def test_hook_may_run_another_backward() -> None:
    x, other = leaf(2.0), leaf(3.0)

    def inner_backward(gradient: Any) -> None:
        with tg.enable_grad():
            (other * gradient.detach()).sum().backward()

    x.register_hook(inner_backward)
    (x * 4).sum().backward()
    assert (x.grad.tolist(), other.grad.tolist()) == ([4.0], [4.0])


def test_hook_may_register_hooks() -> None:
    x, seen = leaf(2.0), []

    def adding(gradient: Any) -> None:
        seen.append("first")
        x.register_hook(lambda later: seen.append("second"))

    handle = x.register_hook(adding)
    (x * 4).sum().backward()
    handle.remove()
    (x * 4).sum().backward()
    assert seen[0] == "first"
    assert seen[-1] == "second"


def test_post_accumulate_hook_sees_the_finished_gradient() -> None:
    x = leaf(2.0)
    seen: list[Any] = []
    x.register_post_accumulate_grad_hook(lambda tensor: seen.append(tensor.grad.tolist()))
    (x * 4 + x).sum().backward()
    assert seen == [[5.0]]


def test_hooks_on_tensors_without_gradient_are_refused() -> None:
    with pytest.raises(RuntimeError, match="require"):
        tg.ones(1).register_hook(print)


def test_cycles_through_hooks_are_collected() -> None:
    for inner_node in (False, True):
        x = leaf(2.0)
        tensor = x * 2 if inner_node else x
        tensor.register_hook(lambda gradient, kept=tensor: kept)
        reference = weakref.ref(tensor)
        del x, tensor
        gc.collect()
        assert reference() is None


class Product(tg.autograd.Function):
    """The product of two tensors, as in the worked examples."""

    @staticmethod
    def forward(ctx: Any, x: Any, y: Any) -> Any:
        ctx.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y, g * x


def test_function_with_saved_tensors() -> None:
    x, y = leaf(2.0), leaf(3.0)
    result = Product.apply(x, y)
    assert result.tolist() == [6.0]
    assert "Product" in result.grad_fn.name()
    result.sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([3.0], [2.0])


def test_function_is_differentiable_twice() -> None:
    x = leaf(3.0)
    (first,) = tg.autograd.grad(Product.apply(x, x * x).sum(), [x], create_graph=True)
    (second,) = tg.autograd.grad(first.sum(), [x])
    assert (first.item(), second.item()) == (27.0, 18.0)


class Scaled(tg.autograd.Function):
    """A tensor times a number, with what backward may look at noted down."""

    needed: tuple[bool, ...] = ()

    @staticmethod
    def forward(ctx: Any, x: Any, factor: float, label: str, other: Any) -> Any:
        ctx.factor = factor
        assert label == "label"
        return x * factor + other

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        Scaled.needed = tuple(ctx.needs_input_grad)
        return g * ctx.factor, None, None, g


def test_function_takes_arguments_that_are_no_tensors_and_knows_what_is_needed() -> None:
    x = leaf(2.0)
    Scaled.apply(x, 4.0, "label", tg.ones(1, dtype=tg.float64)).sum().backward()
    assert x.grad.tolist() == [4.0]
    assert Scaled.needed == (True, False, False, False)


def test_function_without_tracked_input_is_not_recorded() -> None:
    assert not Product.apply(tg.ones(1), tg.ones(1)).requires_grad
    with tg.no_grad():
        assert not Product.apply(leaf(1.0), leaf(1.0)).requires_grad


def test_function_backward_with_a_wrong_count_or_shape_names_the_function() -> None:
    class TooFew(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g

    class WrongShape(TooFew):
        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return tg.ones(5, dtype=tg.float64), g

    for function in (TooFew, WrongShape):
        with pytest.raises((RuntimeError, ValueError), match=function.__name__):
            function.apply(leaf(1.0, 1.0), leaf(2.0, 2.0)).sum().backward()


def test_function_saved_tensors_are_gone_after_backward() -> None:
    x = leaf(2.0)
    result = Product.apply(x, x).sum()
    result.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        result.backward()


def test_function_saved_tensors_have_versions() -> None:
    x = leaf(2.0)
    inner = x * 1.0
    result = Product.apply(inner, inner).sum()
    inner.add_(1.0)
    with pytest.raises(RuntimeError, match="version"):
        result.backward()


def test_function_with_several_outputs() -> None:
    class SumAndDifference(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            return x + y, x - y

        @staticmethod
        def backward(ctx: Any, g_sum: Any, g_difference: Any) -> Any:
            return g_sum + g_difference, g_sum - g_difference

    x, y = leaf(5.0), leaf(2.0)
    total, difference = SumAndDifference.apply(x, y)
    (total * 10 + difference).sum().backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([11.0], [9.0])


def test_function_that_raises_keeps_its_exception() -> None:
    class Raising(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            raise LookupError("from the user's backward")

    with pytest.raises(LookupError, match="from the user's backward"):
        Raising.apply(leaf(1.0)).sum().backward()


def test_once_differentiable_refuses_a_second_order() -> None:
    class Once(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @tg.autograd.function.once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * x * g

    x = leaf(3.0)
    (first,) = tg.autograd.grad(Once.apply(x).sum(), [x], create_graph=True)
    assert first.item() == 6.0
    with pytest.raises(RuntimeError, match=r"once_differentiable|differentiat|require"):
        tg.autograd.grad(first.sum(), [x])


def test_once_differentiable_raises_where_a_second_derivative_would_be_lost() -> None:
    class Once(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @tg.autograd.function.once_differentiable
        def backward(ctx: Any, g: Any) -> Any:
            """What backward computes."""
            (x,) = ctx.saved_tensors
            return 2 * x * g

    assert Once.backward.__doc__ == "What backward computes."
    x = leaf(3.0)
    (first,) = tg.autograd.grad((Once.apply(x) ** 2).sum(), [x], create_graph=True)
    assert first.item() == 108.0
    with pytest.raises(RuntimeError, match=r"differentiate twice .* once_differentiable"):
        (first * x).sum().backward()
    (Once.apply(x) ** 2).sum().backward()
    assert x.grad.tolist() == [108.0]


def test_a_second_derivative_through_a_saved_output_is_right_or_refused() -> None:
    class Exp(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x.exp()
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return g * y

    x = leaf(0.0)
    (first,) = tg.autograd.grad((Exp.apply(x) ** 2).sum(), [x], create_graph=True)
    assert first.item() == 2.0
    try:
        (x * 0 + first).sum().backward()
    except RuntimeError as error:
        assert "Exp: backward reads an output that forward saved" in str(error)  # noqa: PT017
    else:
        assert x.grad.tolist() == [4.0]


def test_a_function_keeps_only_the_inputs_that_it_saves() -> None:
    class SecondTimes(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, y: Any) -> Any:
            ctx.save_for_backward(y)
            return x * y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (y,) = ctx.saved_tensors
            return g * y, None

    x, y = leaf(2.0) * 1, leaf(3.0) * 1
    unsaved, saved = weakref.ref(x), weakref.ref(y)
    result = SecondTimes.apply(x, y)
    del x, y
    assert unsaved() is None
    assert saved() is not None
    del result
    assert saved() is None


def test_an_input_that_is_saved_and_returned_keeps_its_history() -> None:
    class Same(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x

    x = leaf(3.0)
    (first,) = tg.autograd.grad((Same.apply(x) ** 2).sum(), [x], create_graph=True)
    assert first.item() == 18.0
    assert tg.autograd.grad(first.sum(), [x])[0].item() == 24.0  # 2 x² + 2 y
