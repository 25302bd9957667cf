"""tg.modes counts the work of both modes; what it counts is compared with really running them."""

from __future__ import annotations

from typing import Any

import pytest

import topograd as tg


def passes_of(function: Any, x: Any) -> tuple[int, int]:
    """Full Jacobians by both modes, written out: how many passes each took."""
    value = function(x)
    forward = [
        tg.func.jvp(function, (x,), (row.view(x.shape),))[1].flatten()
        for row in tg.eye(x.numel(), dtype=x.dtype)
    ]
    _, pull = tg.func.vjp(function, x)
    reverse = [
        pull(row.view(value.shape))[0].flatten() for row in tg.eye(value.numel(), dtype=x.dtype)
    ]
    tg.testing.assert_close(tg.stack(forward, 1), tg.stack(reverse))
    return len(forward), len(reverse)


@pytest.mark.parametrize(
    ("function", "shape", "recommended"),
    [
        (lambda x: (x.sin() * x).sum(), (12,), "reverse"),
        (lambda x: tg.outer(x, x.exp()), (4,), "forward"),
        (lambda x: tg.ones(30, 3, dtype=tg.float64) @ x.tanh(), (3,), "forward"),
        (lambda x: x.softmax(-1)[:, 0], (3, 4), "reverse"),
    ],
)
def test_the_passes_are_those_that_a_full_jacobian_takes(
    function: Any, shape: tuple[int, ...], recommended: str
) -> None:
    tg.manual_seed(0)
    x = tg.rand(shape, dtype=tg.float64)
    found = tg.modes(function, x)
    assert (found.forward.passes, found.reverse.passes) == passes_of(function, x)
    assert found.recommended == recommended
    assert found.complete
    assert found.difference < 1e-12
    for work in (found.forward, found.reverse):
        assert work.total_operations == found.operations + work.passes * work.operations
        assert work.operations > 0
    assert x.grad is None


def test_the_numbers_of_a_small_function_by_hand() -> None:
    # f = x1*x2 + sin(x2): product, sine, sum. Forward: two products and their sum, cosine and
    # product, sum. Reverse: two products, cosine and product, sum of the two paths into x2.
    x1, x2 = tg.tensor(2.0), tg.tensor(3.0)
    found = tg.modes(lambda x1, x2: x1 * x2 + x2.sin(), x1, x2)
    assert (found.inputs, found.outputs, found.operations) == (2, 1, 3)
    assert (found.forward.operations, found.reverse.operations) == (6, 5)
    assert found.forward.total_operations == 3 + 2 * 6
    assert found.reverse.total_operations == 3 + 1 * 5


def test_multiply_adds_of_a_matrix_product_follow_from_the_shapes() -> None:
    weight = tg.rand(50, 7)
    found = tg.modes(lambda x: weight @ x, tg.rand(7))
    assert found.multiply_adds == 350
    assert found.forward.multiply_adds == 350
    assert found.reverse.multiply_adds == pytest.approx(350, rel=0.2)


def test_reverse_mode_keeps_every_layer_and_forward_mode_two_at_a_time() -> None:
    def chain(x: Any) -> Any:
        for _ in range(20):
            x = x.tanh()
        return x

    found = tg.modes(chain, tg.rand(10, dtype=tg.float64))
    assert found.reverse.memory == 20 * 80
    assert found.forward.memory == 2 * 80


def test_large_functions_run_one_pass_of_each() -> None:
    found = tg.modes(lambda x: (x * 2).exp().sum(), tg.rand(5000, dtype=tg.float64))
    assert not found.complete
    assert found.difference < 1e-12
    text = str(found)
    assert "5,000 (inputs)" in text
    assert "take reverse mode" in text
    assert "one pass of each" in text


def test_a_wrong_rule_shows_as_a_difference() -> None:
    class Wrong(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 3

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            return t * 2

    assert tg.modes(Wrong.apply, tg.rand(4)).difference == pytest.approx(1 / 3)
    assert tg.modes(Wrong.apply, tg.rand(400)).difference > 0.01


def test_what_has_no_derivative_is_an_error() -> None:
    with pytest.raises(TypeError, match="floating-point"):
        tg.modes(lambda x: x, tg.tensor([1]))
    with pytest.raises(TypeError, match="float"):
        tg.modes(lambda x: x, 3.0)
    with pytest.raises(TypeError, match="at least one"):
        tg.modes(lambda: tg.ones(1))
    with pytest.raises(ValueError, match="no output depends"):
        tg.modes(lambda x: x.detach(), tg.ones(2))
