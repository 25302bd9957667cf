"""Draws against densities: the oracle is the numerical integral of log_prob, no other library."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import topograd as tg
from cases_distributions import CASES, CONTINUOUS, DISCRETE, WITHOUT_MEAN, Case

MANY = 20_000


def array(x: Any) -> np.ndarray:
    return np.asarray(x.detach().numpy())


def single(case: Case) -> Any:
    """One distribution of the batch, of those whose draws are numbers."""
    classes = case.parameters.get("probs", case.parameters.get("logits"))
    keep = (np.shape(classes)[-1],) if case.name == "Categorical" else ()
    picked = {
        name: np.asarray(value.reshape(-1, *keep)[0]) if isinstance(value, np.ndarray) else value
        for name, value in case.parameters.items()
    }
    return Case(case.name, picked, case.values).made(tg)[0]


SCALARS = [c for c in CONTINUOUS if not c.made(tg)[0].event_shape]
COUNTS = [c for c in DISCRETE if not c.made(tg)[0].event_shape]


def grid_of(distribution: Any, drawn: np.ndarray) -> np.ndarray:
    """Points from below all draws to above, closer together where the density may be steep."""
    low, high = drawn.min(), drawn.max()
    inner = np.quantile(drawn, np.linspace(0, 1, 2001))
    edges = np.geomspace(1e-9, 1, 1000) * (high - low)
    points = np.unique(
        np.concatenate([inner, np.linspace(low, high, 20001), low + edges, high - edges])
    )
    inside = array(distribution.support.check(tg.from_numpy(points)))
    return points[inside]


@pytest.mark.parametrize("case", SCALARS, ids=str)
def test_draws_follow_the_integral_of_the_density(case):
    distribution = single(case)
    drawn = np.sort(array(distribution.sample((MANY,))).astype(np.float64))
    points = grid_of(distribution, drawn)
    density = np.exp(array(distribution.log_prob(tg.from_numpy(points))))
    density = np.where(np.isfinite(density), density, 0.0)
    steps = np.diff(points) * (density[1:] + density[:-1]) / 2
    inside = np.concatenate([[0.0], np.cumsum(steps)])
    assert inside[-1] < 1 + 2e-3
    # What lies below the least draw is unknown to the grid, and less than a few draws' worth.
    below = (1 - inside[-1]) / 2
    expected = below + np.interp(drawn, points, inside)
    found = (np.arange(MANY) + 0.5) / MANY
    assert np.abs(found - expected).max() < 2.0 / math.sqrt(MANY) + abs(below)


@pytest.mark.parametrize("case", COUNTS, ids=str)
def test_counts_follow_their_probabilities(case):
    distribution = single(case)
    drawn = array(distribution.sample((MANY,))).astype(np.int64)
    values = np.arange(drawn.max() + 1)
    given = tg.from_numpy(values.astype(np.float64))
    chances = np.exp(array(distribution.log_prob(given)))
    assert chances.sum() < 1 + 1e-9
    expected = chances * MANY
    counted = np.bincount(drawn, minlength=len(values))
    enough = expected > 5
    chi_square = (((counted - expected) ** 2) / expected)[enough].sum()
    free = max(int(enough.sum()) - 1, 1)
    assert chi_square < free + 5 * math.sqrt(2 * free) + 5


def has_moments(case: Case) -> bool:
    return "Cauchy" not in case.name and case.name not in ("Categorical", "VonMises", *WITHOUT_MEAN)


@pytest.mark.parametrize("case", [c for c in CASES if has_moments(c)], ids=str)
def test_mean_and_variance_are_those_of_many_draws(case):
    distribution = case.made(tg)[0]
    drawn = array(distribution.sample((MANY,))).astype(np.float64)
    mean, variance = array(distribution.mean), array(distribution.variance)
    error = np.sqrt(variance / MANY)
    assert (np.abs(drawn.mean(0) - mean) < 5.5 * error + 1e-12).all()
    squares = (drawn - mean) ** 2
    # Heavy tails: the variance of the squares is taken from the draws themselves.
    error = squares.std(0) / math.sqrt(MANY)
    assert (np.abs(squares.mean(0) - variance) < 6 * error + 0.02 * variance).all()


@pytest.mark.parametrize(
    "case",
    [c for c in CONTINUOUS if has_moments(c) and c.made(tg)[0].has_rsample],
    ids=str,
)
def test_gradients_of_draws_are_on_average_those_of_the_mean(case):
    tracked, leaves = case.made(tg, requires_grad=True)
    inputs = list(leaves.values())
    if not tracked.mean.requires_grad:
        return
    weights = tg.from_numpy(np.random.default_rng(1).uniform(0.5, 1.5, tracked.mean.shape))
    expected = tg.autograd.grad((tracked.mean * weights).sum(), inputs, allow_unused=True)
    parts = []
    for _ in range(20):
        drawn = case.made(tg, requires_grad=True)
        total = (drawn[0].rsample((1000,)).mean(0) * weights).sum()
        parts.append(tg.autograd.grad(total, list(drawn[1].values()), allow_unused=True))
    for place, wanted in enumerate(expected):
        found = np.array([array(part[place]) for part in parts])
        wanted = np.zeros(found.shape[1:]) if wanted is None else array(wanted)
        if "covariance_matrix" in case.parameters and found.ndim > 2:
            # The matrix is symmetric, so that only the symmetric part means something.
            found = (found + np.swapaxes(found, -1, -2)) / 2
            wanted = (wanted + np.swapaxes(wanted, -1, -2)) / 2
        error = found.std(0) / math.sqrt(len(parts))
        assert (np.abs(found.mean(0) - wanted) < 7 * error + 1e-6).all()


def test_draws_are_the_same_after_the_same_seed():
    for case in CASES:
        distribution = case.made(tg)[0]
        tg.manual_seed(3)
        first = array(distribution.sample((4,)))
        tg.manual_seed(3)
        np.testing.assert_array_equal(first, array(distribution.sample((4,))))


@pytest.mark.parametrize("concentration", [1e-4, 0.01, 0.09, 0.3])
def test_beta_numbers_of_small_shapes_are_near_both_ends(concentration):
    drawn = tg.distributions.Beta(tg.full((MANY,), concentration), concentration).sample()
    assert not bool(drawn.isnan().any())
    assert abs(float(drawn.mean()) - 0.5) < 0.02
    assert abs(float(drawn.var()) - 0.25 / (2 * concentration + 1)) < 0.01


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_draws_have_the_dtype_of_the_parameters(dtype):
    one = tg.ones(5, dtype=getattr(tg, dtype))
    D = tg.distributions
    for made in (
        D.Normal(one, one), D.Uniform(0 * one, one), D.Exponential(one), D.Gamma(one, one),
        D.Beta(one, one), D.Dirichlet(one), D.Laplace(one, one), D.Bernoulli(one / 2),
        D.StudentT(3 * one), D.Poisson(one), D.Gumbel(one, one), D.Geometric(one / 2),
    ):  # fmt: skip
        drawn = made.sample((3,))
        assert drawn.dtype == one.dtype
        assert bool(drawn.isfinite().all())
        assert made.log_prob(drawn).dtype == one.dtype


@pytest.mark.parametrize("case", [c for c in SCALARS if "Relaxed" not in c.name], ids=str)
def test_modes_are_where_the_density_is_largest(case):
    distribution = single(case)
    mode = float(distribution.mode)
    if not math.isfinite(mode):
        assert case.name == "Uniform"
        return
    drawn = array(distribution.sample((1000,)))
    points = tg.from_numpy(grid_of(distribution, drawn))
    density = distribution.log_prob(points)
    inside = tg.tensor([mode + 1e-9, mode - 1e-9], dtype=tg.float64)
    inside = inside[distribution.support.check(inside)]
    at_mode = distribution.log_prob(inside).max()
    assert float(at_mode) >= float(density[density.isfinite()].max()) - 1e-3


@pytest.mark.parametrize(("dim", "concentration"), [(2, 0.5), (3, 1.0), (4, 3.0)])
def test_correlations_have_the_spread_that_is_known(dim, concentration):
    factors = tg.distributions.LKJCholesky(dim, concentration).sample((MANY,))
    correlations = array(factors @ factors.mT)
    np.testing.assert_allclose(np.diagonal(correlations, 0, -2, -1), 1, atol=1e-5)
    off = correlations[:, np.arange(dim)[:, None] > np.arange(dim)[None, :]]
    expected = 1 / (2 * concentration + dim - 1)
    np.testing.assert_allclose(off.var(0), expected, rtol=0.06)
    assert np.abs(off.mean(0)).max() < 5 * math.sqrt(expected / MANY)


@pytest.mark.parametrize("p", [0.4, 0.4989, 0.4991, 0.5, 0.5005, 0.5011])
def test_continuous_bernoulli_numbers_are_smooth_around_one_half(p):
    distribution = tg.distributions.ContinuousBernoulli(tg.tensor(p, dtype=tg.float64))
    x = tg.linspace(0, 1, 2001, dtype=tg.float64)
    density = array(distribution.log_prob(x).exp())
    below = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)]) / 2000
    np.testing.assert_allclose(below[-1], 1, atol=1e-6)
    np.testing.assert_allclose(array(distribution.cdf(x)), below, atol=2e-6)
    np.testing.assert_allclose(array(distribution.icdf(distribution.cdf(x))), array(x), atol=2e-6)
    weighted = density * array(x)
    mean = (weighted.sum() - weighted[-1] / 2) / 2000
    np.testing.assert_allclose(float(distribution.mean), mean, atol=1e-6)


@pytest.mark.parametrize("concentration", [1e-7, 0.3, 5.0, 29.0, 31.0, 500.0])
def test_angles_have_the_resultant_of_the_density(concentration):
    angles = tg.distributions.VonMises(3.0, tg.tensor(concentration, dtype=tg.float64))
    x = tg.linspace(-math.pi, math.pi, 100_001, dtype=tg.float64)
    density = array(angles.log_prob(x).exp())[1:] * (2 * math.pi / 100_000)
    np.testing.assert_allclose(density.sum(), 1, rtol=1e-8)
    resultant = (density * np.cos(array(x)[1:] - 3.0)).sum()
    np.testing.assert_allclose(1 - float(angles.variance), resultant, atol=1e-7)
    drawn = array(angles.sample((MANY,)))
    assert (np.abs(drawn) <= math.pi).all()
    cosines = np.cos(drawn - 3.0)
    assert abs(cosines.mean() - resultant) < 5 * cosines.std() / math.sqrt(MANY) + 1e-12
    sines = np.sin(drawn - 3.0)
    assert abs(sines.mean()) < 5 * sines.std() / math.sqrt(MANY)
