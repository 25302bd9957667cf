"""Distributions beside PyTorch: densities, moments, entropies, divergences and their gradients."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import topograd as tg

torch = pytest.importorskip("torch")

from cases_distributions import CASES, CONTINUOUS, NO_DERIVATIVE, Case  # noqa: E402

CLOSE = {"rtol": 1e-7, "atol": 1e-9}


def array(x: Any) -> np.ndarray:
    return np.asarray(x.detach().numpy())


def outcome(case: Case, library: Any, name: str) -> tuple[Any, dict[str, Any], Any]:
    """One quantity of a distribution, its parameters, and the value that was given."""
    distribution, leaves = case.made(library, requires_grad=True)
    value = library.from_numpy(case.values.copy())
    if value.is_floating_point():
        value.requires_grad_()
    if name in ("log_prob", "cdf"):
        return getattr(distribution, name)(value), leaves, value
    if name == "icdf":
        probability = library.linspace(0.05, 0.9, 7, dtype=library.float64)
        probability = probability.reshape(-1, *(1,) * len(distribution.batch_shape))
        return distribution.icdf(probability), leaves, value
    found = getattr(distribution, name)
    return (found() if callable(found) else found), leaves, value


def compare_gradients(own: Any, their: Any) -> None:
    """First and second derivatives of a weighted sum by everything."""
    results = []
    for library, (result, leaves, value) in ((tg, own), (torch, their)):
        if not result.requires_grad:
            results.append(None)
            continue
        weights = library.arange(result.numel(), dtype=library.float64).reshape(result.shape)
        inputs = [*leaves.values(), *([value] if value.requires_grad else [])]
        total = (result * (0.3 * weights).cos()).sum()
        first = library.autograd.grad(total, inputs, create_graph=True, allow_unused=True)
        square = sum((g * g).sum() for g in first if g is not None)
        second: Any = [None] * len(inputs)
        if getattr(square, "requires_grad", False):
            second = library.autograd.grad(square, inputs, allow_unused=True)
        results.append([*first, *second])
    ours, theirs = results
    assert (ours is None) == (theirs is None)
    for a, b in zip(ours or [], theirs or [], strict=True):
        a, b = (np.zeros(()) if g is None else array(g) for g in (a, b))
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize(
    "name",
    ["log_prob", "cdf", "icdf", "entropy", "mean", "variance", "stddev", "mode", "perplexity"],
)
def test_quantities_and_two_derivatives_agree_with_pytorch(case, name):
    try:
        their = outcome(case, torch, name)
    except (NotImplementedError, AttributeError):
        pytest.skip("PyTorch does not have it")
    own = outcome(case, tg, name)
    assert tuple(own[0].shape) == tuple(their[0].shape)
    assert str(own[0].dtype).rpartition(".")[2] == str(their[0].dtype).rpartition(".")[2]
    np.testing.assert_allclose(array(own[0]), array(their[0]), **CLOSE)
    if (case.name, name) not in NO_DERIVATIVE:
        compare_gradients(own, their)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_shapes_of_draws_agree_with_pytorch(case):
    own, their = case.made(tg)[0], case.made(torch)[0]
    assert tuple(own.batch_shape) == tuple(their.batch_shape)
    assert tuple(own.event_shape) == tuple(their.event_shape)
    assert own.has_rsample == their.has_rsample
    assert own.has_enumerate_support == their.has_enumerate_support
    for shape in ((), (5,), (2, 3), (0,)):
        drawn = own.sample(shape)
        assert tuple(drawn.shape) == (*shape, *own.batch_shape, *own.event_shape)
        assert str(drawn.dtype).rpartition(".")[2] == str(their.sample().dtype)[6:]
        assert not drawn.requires_grad
    assert own.sample_n(4).shape[0] == 4
    assert bool(own.support.check(own.sample((50,))).all())
    if own.has_rsample:
        tracked, leaves = case.made(tg, requires_grad=True)
        drawn = tracked.rsample((3,))
        gradients = tg.autograd.grad(drawn.square().sum(), list(leaves.values()))
        assert all(bool(g.isfinite().all()) for g in gradients)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_expanded_distributions_have_the_same_densities(case):
    own, their = case.made(tg)[0], case.made(torch)[0]
    assert own.support.event_dim == their.support.event_dim
    shape = (2, *own.batch_shape)
    wide = own.expand(shape)
    assert tuple(wide.batch_shape) == tuple(shape)
    assert tuple(wide.event_shape) == tuple(own.event_shape)
    assert type(wide) is type(own)
    value = own.sample()
    np.testing.assert_array_equal(
        array(wide.log_prob(value)), np.broadcast_to(array(own.log_prob(value)), shape)
    )
    assert tuple(wide.sample((3,)).shape) == (3, *shape, *own.event_shape)
    assert tuple(wide.mean.shape) == (*shape, *own.event_shape)
    assert tuple(own.batch_shape) == tuple(their.batch_shape)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_supports_are_enumerated_as_in_pytorch(case):
    own, their = case.made(tg)[0], case.made(torch)[0]
    if not their.has_enumerate_support:
        with pytest.raises(NotImplementedError, match="enumerate_support"):
            own.enumerate_support()
        return
    for expand in (True, False):
        np.testing.assert_array_equal(
            array(own.enumerate_support(expand)), array(their.enumerate_support(expand))
        )


def divergence(library: Any, first: Case, second: Case) -> tuple[Any, list[Any]]:
    p, own = first.made(library, requires_grad=True)
    q, other = second.made(library, requires_grad=True)
    return library.distributions.kl_divergence(p, q), [*own.values(), *other.values()]


def same_family() -> list[tuple[Case, Case]]:
    pairs = []
    for case in CASES:
        moved = {
            name: value * (1.0 if "matrix" in name or name == "low" else 1.3)
            if isinstance(value, np.ndarray) and name not in ("probs", "total_count")
            else value
            for name, value in case.parameters.items()
        }
        pairs.append((case, Case(case.name, moved, case.values)))
    return pairs


@pytest.mark.parametrize(("first", "second"), same_family(), ids=str)
def test_divergences_within_a_family_agree_with_pytorch(first, second):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            their, their_leaves = divergence(torch, first, second)
    except NotImplementedError:
        pytest.skip("PyTorch has no rule")
    own, leaves = divergence(tg, first, second)
    assert tuple(own.shape) == tuple(their.shape)
    np.testing.assert_allclose(array(own), array(their), **CLOSE)
    if their.requires_grad:
        ours = tg.autograd.grad(own.sum(), leaves, allow_unused=True)
        theirs = torch.autograd.grad(their.sum(), their_leaves, allow_unused=True)
        for a, b in zip(ours, theirs, strict=True):
            a, b = (np.zeros(()) if g is None else array(g) for g in (a, b))
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)


def test_the_cdf_of_gamma_numbers_has_both_derivatives():
    c = tg.tensor([0.05, 0.7, 3.0, 40.0, 900.0], dtype=tg.float64, requires_grad=True)
    x = tg.tensor([0.02, 1.1, 2.0, 45.0, 880.0], dtype=tg.float64, requires_grad=True)

    def cdf(c: Any, x: Any) -> Any:
        return tg.distributions.Gamma(c, tg.ones_like(c)).cdf(x)

    tg.autograd.grad(cdf(c, x).sum(), [c, x])
    for which in (0, 1):
        step = 1e-5 * array((c, x)[which])
        pairs = [array(c), array(x)], [array(c), array(x)]
        pairs[0][which] = pairs[0][which] + step
        pairs[1][which] = pairs[1][which] - step
        high, low = (array(cdf(*map(tg.from_numpy, pair))) for pair in pairs)
        found = array(tg.autograd.grad(cdf(c, x).sum(), (c, x)[which])[0])
        np.testing.assert_allclose(found, (high - low) / (2 * step), rtol=1e-5)


@pytest.mark.parametrize("case", [c for c in CONTINUOUS if c.name in ("Gamma", "Chi2")], ids=str)
def test_the_incomplete_gamma_function_agrees_with_pytorch(case):
    shapes = np.geomspace(1e-3, 1e7, 41)
    for factor in (1e-3, 0.3, 0.9, 0.999, 1.0, 1.001, 1.2, 5.0, 100.0):
        own = tg.distributions.Gamma(tg.from_numpy(shapes), 1.0)
        found = array(own.cdf(tg.from_numpy(shapes * factor)))
        expected = torch.special.gammainc(
            torch.from_numpy(shapes), torch.from_numpy(shapes * factor)
        )
        np.testing.assert_allclose(found, array(expected), rtol=1e-8, atol=1e-12)
