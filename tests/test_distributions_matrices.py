"""Factors of small matrices and the incomplete gamma function: both modes, two orders, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd.distributions import _matrices
from topograd.distributions._incomplete_gamma import gammainc

rng = np.random.default_rng(4)


def positive_definite(*shape: int) -> Any:
    root = rng.standard_normal(shape)
    return tg.from_numpy(root @ np.swapaxes(root, -1, -2) + np.eye(shape[-1]))


def lower(*shape: int) -> Any:
    return _matrices.cholesky(positive_definite(*shape))


def real(*shape: int) -> Any:
    return tg.from_numpy(rng.standard_normal(shape))


def symmetric(x: Any) -> Any:
    return (x + x.mT) / 2


FUNCTIONS = {
    "cholesky": (lambda a: _matrices.cholesky(symmetric(a)), [positive_definite(2, 3, 3)]),
    "solve": (_matrices.solve, [positive_definite(3, 3), real(2, 3, 4)]),
    "inverse_of_factor": (_matrices.inverse_of_factor, [lower(2, 3, 3)]),
    "factor_of_inverse": (lambda a: _matrices.factor_of_inverse(symmetric(a)), [lower(3, 3)]),
    "mahalanobis": (_matrices.mahalanobis_squared, [lower(3, 3), real(5, 3)]),
    "gammainc": (
        gammainc,
        [tg.from_numpy(rng.uniform(0.3, 5, 6)), tg.from_numpy(rng.uniform(0.3, 5, 6))],
    ),
}
FUNCTIONS["factor_of_inverse"][1][0] = positive_definite(3, 3)


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_both_modes_and_differences_agree(name):
    function, inputs = FUNCTIONS[name]
    tangents = [real(*x.shape) for x in inputs]
    value, pushed = tg.func.jvp(function, tuple(inputs), tuple(tangents))
    cotangent = real(*value.shape)
    tracked = [x.clone().requires_grad_() for x in inputs]
    pulled = tg.autograd.grad((function(*tracked) * cotangent).sum(), tracked, create_graph=True)
    forward = float((pushed * cotangent).sum())
    backward = sum(float((p * t).detach().sum()) for p, t in zip(pulled, tangents, strict=True))
    np.testing.assert_allclose(forward, backward, rtol=1e-8)
    step = 1e-5
    high, low = (
        function(*(x + side * step * t for x, t in zip(inputs, tangents, strict=True)))
        for side in (1, -1)
    )
    difference = float(((high - low) * cotangent).sum()) / (2 * step)
    np.testing.assert_allclose(forward, difference, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_second_derivatives_agree_with_differences(name):
    function, inputs = FUNCTIONS[name]
    direction = [real(*x.shape) for x in inputs]

    def slope(*values: Any) -> Any:
        tracked = [x.detach().clone().requires_grad_() for x in values]
        total = function(*tracked).square().sum()
        found = tg.autograd.grad(total, tracked, create_graph=True)
        return tracked, sum((g * d).sum() for g, d in zip(found, direction, strict=True))

    tracked, along = slope(*inputs)
    second = tg.autograd.grad(along, tracked)
    moved = [real(*x.shape) for x in inputs]
    found = sum(float((s * m).sum()) for s, m in zip(second, moved, strict=True))
    step = 1e-5
    high, low = (
        float(slope(*(x + side * step * m for x, m in zip(inputs, moved, strict=True)))[1].detach())
        for side in (1, -1)
    )
    np.testing.assert_allclose(found, (high - low) / (2 * step), rtol=2e-5, atol=1e-5)


def test_matrices_without_a_factor_are_refused():
    with pytest.raises(ValueError, match="cholesky: the matrix is not positive-definite"):
        _matrices.cholesky(-tg.eye(2))
    with pytest.raises(ValueError, match="solve: the matrix is singular"):
        _matrices.solve(tg.zeros(2, 2), tg.ones(2, 1))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_factors_have_the_dtype_of_the_matrix(dtype):
    kind = getattr(tg, dtype)
    factor = _matrices.cholesky((4 * tg.eye(2)).to(kind))
    assert factor.dtype == kind
    assert factor.tolist() == [[2, 0], [0, 2]]
    assert _matrices.cholesky(tg.zeros(0, 2, 2)).shape == (0, 2, 2)


def test_the_incomplete_gamma_function_at_its_ends():
    inf, nan = float("inf"), float("nan")
    shapes = tg.tensor([1.0, 1.0, 0.0, -1.0, nan, 2e5, 2e5])
    values = tg.tensor([0.0, inf, 1.0, 1.0, 1.0, 2e5, 0.0])
    found = gammainc(shapes, values).tolist()
    assert found[:2] == [0.0, 1.0]
    assert all(np.isnan(found[2:5]))
    assert 0.5 < found[5] < 0.501
    assert found[6] == 0.0
