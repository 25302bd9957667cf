"""Every op of the registry: its derivatives of first and second order, by independent ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from derivatives import STEP, Differentiated, inner_product, random_like, unit_directions
from helpers import (
    Array,
    array_of,
    assert_names_op,
    is_differentiable,
    sample,
    samples,
    tensor_of,
)
from parity import attempt

EVERY_SAMPLE = pytest.mark.parametrize(("op", "number"), samples(is_differentiable))
MOST_ELEMENTS_ONE_BY_ONE = 24


def differentiated(
    op: Any, number: int, rng: np.random.Generator, kind: str = "float64"
) -> Differentiated:
    """Return a sample as a function of its differentiable tensors, or skip the test."""
    function = Differentiated(sample(op, number), rng, kind)
    if not function.weights:
        pytest.skip("no floating-point result")
    if not function.smooth:
        pytest.skip("the sample's values are for the value test: not finite")
    return function


def directions_for(points: list[Array], rng: np.random.Generator) -> list[tuple[str, list[Array]]]:
    """Return three random directions and, for small inputs, one direction per element."""
    chosen = [(f"random direction {i}", random_like(points, rng)) for i in range(3)]
    if sum(point.size for point in points) <= MOST_ELEMENTS_ONE_BY_ONE:
        chosen += unit_directions(points)
    return chosen


def assert_agree(actual: float, expected: float, what: str, relative: float = 1e-5) -> None:
    """Compare two numbers; `what` says which derivative they are."""
    assert abs(actual - expected) <= relative * max(1.0, abs(expected)), (
        f"{what}: {actual} where {expected} is expected"
    )


def is_step_function(op: Any) -> bool:
    """Tell whether an op passes no gradient by its own declaration."""
    return bool(op.derivative == "none")


@EVERY_SAMPLE
def test_reverse_mode_agrees_with_central_differences(
    op: Any, number: int, rng: np.random.Generator
) -> None:
    function = differentiated(op, number, rng)
    gradients = function.gradient_arrays()
    if is_step_function(op):
        assert all(not gradient.any() for gradient in gradients)
        return
    for name, direction in directions_for(function.points, rng):
        assert_agree(
            inner_product(gradients, direction),
            function.numeric(direction),
            f"{op}: reverse mode against central differences, {name}",
        )


@EVERY_SAMPLE
def test_gradients_have_the_inputs_shape_and_dtype(
    op: Any, number: int, rng: np.random.Generator
) -> None:
    function = differentiated(op, number, rng, "float32")
    inputs = function.leaf_inputs()
    for tensor, gradient in zip(inputs, function.gradients(inputs), strict=True):
        if gradient is not None:
            assert gradient.shape == tensor.shape
            assert gradient.dtype == tensor.dtype


@EVERY_SAMPLE
def test_forward_mode_is_the_transpose_of_reverse_mode(
    op: Any, number: int, rng: np.random.Generator
) -> None:
    function = differentiated(op, number, rng)
    gradients = function.gradient_arrays()
    for _ in range(2):
        direction = random_like(function.points, rng)
        tangents = function.tangents(direction)
        assert [t.shape for t in tangents] == [w.shape for w in function.weights]
        assert_agree(
            inner_product(function.weights, tangents),
            inner_product(gradients, direction),
            f"{op}: <u, J v> against <J^T u, v>",
            relative=1e-9,
        )


def gradient_of_gradient(function: Differentiated, cotangents: list[Array]) -> list[Array] | None:
    """Return the gradient of <cotangents, gradient>; None where the gradient is constant."""
    inputs = function.leaf_inputs()
    first = function.gradients(inputs, create_graph=True)
    tracked = [
        (gradient, tensor_of(cotangent))
        for gradient, cotangent in zip(first, cotangents, strict=True)
        if gradient is not None and gradient.requires_grad
    ]
    if not tracked:
        return None
    second = tg.autograd.grad(
        [gradient for gradient, _ in tracked],
        inputs,
        [cotangent for _, cotangent in tracked],
        allow_unused=True,
    )
    return [
        np.zeros(tensor.shape) if gradient is None else array_of(gradient)
        for tensor, gradient in zip(inputs, second, strict=True)
    ]


@EVERY_SAMPLE
def test_second_order_agrees_with_central_differences_of_the_gradient(
    op: Any, number: int, rng: np.random.Generator
) -> None:
    function = differentiated(op, number, rng)
    if is_step_function(op):
        pytest.skip("passes no gradient")
    cotangents = random_like(function.points, rng)
    second = gradient_of_gradient(function, cotangents)
    for i in range(2):
        direction = random_like(function.points, rng)
        ahead, behind = (
            function.gradient_arrays(
                [p + sign * STEP * d for p, d in zip(function.points, direction, strict=True)]
            )
            for sign in (1, -1)
        )
        slopes = [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]
        assert_agree(
            0.0 if second is None else inner_product(second, direction),
            inner_product(cotangents, slopes),
            f"{op}: gradient of gradient against central differences, random direction {i}",
            relative=1e-4,
        )


@EVERY_SAMPLE
def test_forward_over_reverse_agrees_with_reverse_over_reverse(
    op: Any, number: int, rng: np.random.Generator
) -> None:
    function = differentiated(op, number, rng)
    if is_step_function(op):
        pytest.skip("passes no gradient")
    cotangents, direction = (random_like(function.points, rng) for _ in range(2))
    second = gradient_of_gradient(function, cotangents)

    def scalar(*inputs: Any) -> Any:
        results = function.chosen(function.bound(inputs).floating_outputs())
        pairs = zip(results, function.weights, strict=True)
        return sum((result * tensor_of(weight)).sum() for result, weight in pairs)

    gradient = tg.func.grad(scalar, argnums=tuple(range(len(function.points))))
    primals = tuple(tensor_of(point) for point in function.points)
    _, tangents = tg.func.jvp(gradient, primals, tuple(tensor_of(d) for d in direction))
    assert_agree(
        inner_product(cotangents, [array_of(tangent) for tangent in tangents]),
        0.0 if second is None else inner_product(second, direction),
        f"{op}: forward over reverse",
        relative=1e-8,
    )


@EVERY_SAMPLE
def test_fused_backward_agrees_with_the_rule(
    op: Any, number: int, rng: np.random.Generator
) -> None:
    """Without a graph of the backward pass an op may run its fused kernel; with one, its rule."""
    function = differentiated(op, number, rng, "float32")
    inputs = function.leaf_inputs()
    pairs = zip(
        function.gradients(inputs), function.gradients(inputs, create_graph=True), strict=True
    )
    for fused, rule in pairs:
        assert (fused is None) == (rule is None)
        if fused is not None:
            expected = array_of(rule)
            scale = max(1.0, float(np.abs(expected).max(initial=0)))
            np.testing.assert_allclose(array_of(fused), expected, 1e-4, 1e-5 * scale)


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
@EVERY_SAMPLE
def test_half_precision_gradients_are_the_rounded_ones(
    op: Any, number: int, kind: str, rng: np.random.Generator
) -> None:
    """The reference runs in float32 on the same rounded inputs."""
    function = differentiated(op, number, rng, "float32")
    points = [array_of(tensor_of(point, kind)).astype("float32") for point in function.points]
    inputs = [tensor_of(point, kind).requires_grad_() for point in points]
    results, error = attempt(function.bound(inputs).floating_outputs)
    if error is not None:
        assert_names_op(error, op)
        pytest.skip(f"refuses {kind} (test_parity_torch.py says whether it may)")
    chosen = function.chosen(results)
    pairs = [(r, w) for r, w in zip(chosen, function.weights, strict=True) if r.requires_grad]
    if not pairs:
        return
    weights = [tensor_of(weight).to(result.dtype) for result, weight in pairs]
    own = tg.autograd.grad([r for r, _ in pairs], inputs, weights, allow_unused=True)
    tolerance = {"float16": 2e-2, "bfloat16": 1.5e-1}[kind]
    reference = function.gradient_arrays(points)
    for tensor, gradient, expected in zip(inputs, own, reference, strict=True):
        if gradient is not None and np.isfinite(expected).all():
            assert gradient.dtype == tensor.dtype
            scale = max(1.0, float(np.abs(expected).max(initial=0)))
            np.testing.assert_allclose(
                array_of(gradient).astype("float64"), expected, tolerance, tolerance * scale
            )
