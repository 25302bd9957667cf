"""Derivatives of a call in three ways: central differences, reverse mode, forward mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import topograd as tg
from helpers import Array, Call, array_of, tensor_of

STEP = 1e-6


def away_from_kinks(array: Array, rng: np.random.Generator) -> Array:
    """Move values by up to 0.1 % towards zero and tiny ones by up to 0.01, so that ties are broken.

    Values never grow, so inputs that must lie in [0, 1] or [-1, 1] stay there.
    """
    noise = rng.uniform(0.1, 1, array.shape)
    return np.where(np.abs(array) < 1e-3, 1e-2 * noise, array * (1 - 1e-3 * noise))


class Differentiated:
    """A call seen as a function of its differentiable tensors, at a point away from kinks.

    `points` are NumPy arrays, one per differentiable tensor; `weights` one random cotangent per
    floating-point output; `smooth` is false where the function is not finite at the point.
    """

    def __init__(self, call: Call, rng: np.random.Generator, kind: str = "float64") -> None:
        self.positions = call.differentiable()
        self.kind = kind
        values = call.arrays
        for position in self.positions:
            values[position] = away_from_kinks(values[position], rng).astype(kind)
        kinds = [kind if array.dtype.kind == "f" else None for array in values]
        self.call = call.with_tensors([tensor_of(a, k) for a, k in zip(values, kinds, strict=True)])
        self.points = [values[position] for position in self.positions]
        tracked = self.bound(self.leaf_inputs()).floating_outputs()
        # Outputs that only carry along what the backward pass reads have no derivative.
        self.tracked = [tensor.requires_grad for tensor in tracked] if self.points else []
        results = [array_of(tensor) for tensor in self.run(self.points)]
        self.weights = [np.asarray(rng.standard_normal(r.shape), kind) for r in results]
        self.smooth = all(bool(np.isfinite(result).all()) for result in results)

    def bound(self, inputs: Sequence[Any]) -> Call:
        """Return the call on these differentiable tensors and on copies of the others."""
        replaced = [tensor.clone() for tensor in self.call.tensors]
        for position, tensor in zip(self.positions, inputs, strict=True):
            replaced[position] = tensor
        return self.call.with_tensors(replaced)

    def run(self, points: Sequence[Array]) -> list[Any]:
        """Return the floating-point outputs at NumPy points, unrecorded."""
        with tg.no_grad():
            return self.chosen(
                self.bound([tensor_of(point) for point in points]).floating_outputs()
            )

    def chosen(self, results: Sequence[Any]) -> list[Any]:
        """Return the outputs that have a derivative; all of them where none has."""
        if not any(self.tracked):
            return list(results)
        return [one for one, wanted in zip(results, self.tracked, strict=True) if wanted]

    def value(self, points: Sequence[Array]) -> float:
        """Return the sum of all outputs times `weights`."""
        results = [array_of(tensor) for tensor in self.run(points)]
        return float(sum(np.sum(w * r) for w, r in zip(self.weights, results, strict=True)))

    def numeric(self, directions: Sequence[Array]) -> float:
        """Return the derivative of `value` along `directions` by central differences."""
        ahead = [p + STEP * d for p, d in zip(self.points, directions, strict=True)]
        behind = [p - STEP * d for p, d in zip(self.points, directions, strict=True)]
        return (self.value(ahead) - self.value(behind)) / (2 * STEP)

    def leaf_inputs(self, points: Sequence[Array] | None = None) -> list[Any]:
        """Return the points as tensors that require their gradient."""
        chosen = self.points if points is None else points
        return [tensor_of(point, self.kind).requires_grad_() for point in chosen]

    def gradients(self, inputs: Sequence[Any], create_graph: bool = False) -> list[Any]:
        """Return d value / d input by reverse mode; None where the op has no gradient."""
        pairs = [
            (result, weight)
            for result, weight in zip(
                self.chosen(self.bound(inputs).floating_outputs()), self.weights, strict=True
            )
            if result.requires_grad
        ]
        if not pairs:
            return [None] * len(inputs)
        return list(
            tg.autograd.grad(
                [result for result, _ in pairs],
                list(inputs),
                [tensor_of(weight) for _, weight in pairs],
                create_graph=create_graph,
                allow_unused=True,
            )
        )

    def gradient_arrays(self, points: Sequence[Array] | None = None) -> list[Array]:
        """Return the gradients as arrays, zeros where there is none."""
        inputs = self.leaf_inputs(points)
        return [
            np.zeros(tensor.shape) if gradient is None else array_of(gradient)
            for tensor, gradient in zip(inputs, self.gradients(inputs), strict=True)
        ]

    def tangents(self, directions: Sequence[Array]) -> list[Array]:
        """Return the derivative of each floating-point output along `directions`, forward mode."""
        primals = tuple(tensor_of(point) for point in self.points)

        def function(*inputs: Any) -> Any:
            return tuple(self.chosen(self.bound(inputs).floating_outputs()))

        _, tangents = tg.func.jvp(function, primals, tuple(tensor_of(d) for d in directions))
        return [array_of(tangent) for tangent in tangents]


def inner_product(first: Sequence[Array], second: Sequence[Array]) -> float:
    """Return the sum of products over lists of arrays."""
    return float(sum(np.sum(a * b) for a, b in zip(first, second, strict=True)))


def random_like(arrays: Sequence[Array], rng: np.random.Generator) -> list[Array]:
    """Return a random direction for each array."""
    return [np.asarray(rng.standard_normal(array.shape)) for array in arrays]


def unit_directions(arrays: Sequence[Array]) -> list[tuple[str, list[Array]]]:
    """Return one direction per element, with a name that says which element it is."""
    directions = []
    for number, array in enumerate(arrays):
        for place in np.ndindex(array.shape):
            direction = [np.zeros(other.shape) for other in arrays]
            direction[number][place] = 1.0
            directions.append((f"input {number} at {list(place)}", direction))
    return directions
