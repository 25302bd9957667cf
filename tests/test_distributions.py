"""Distributions beside PyTorch: densities, moments, entropies, divergences and their gradients."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import pkgutil
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import kind_of, quiet

torch = pytest.importorskip("torch")

from cases_distributions import (  # noqa: E402
    CASES,
    CONTINUOUS,
    NO_DERIVATIVE,
    NO_VALUE,
    SINGLE_PRECISION,
    WITHOUT_MEAN,
    WRONG_DIVERGENCE,
    Case,
)

CLOSE = {"rtol": 1e-7, "atol": 1e-9}


def array(x: Any) -> np.ndarray:
    return np.asarray(x.detach().numpy())


def outcome(case: Case, library: Any, name: str) -> tuple[Any, dict[str, Any], Any]:
    """One quantity of a distribution, its parameters, and the value that was given."""
    distribution, leaves = case.made(library, requires_grad=True)
    value = library.from_numpy(case.values.copy())
    if value.is_floating_point():
        value.requires_grad_()
    if name in ("log_prob", "cdf", "log_cdf"):
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


QUANTITIES = "log_prob cdf icdf entropy mean variance stddev mode perplexity".split()


def what_pytorch_has() -> list[Any]:
    found = []
    for case in CASES:
        for name in QUANTITIES:
            with contextlib.suppress(NotImplementedError):
                if (case.name, name) in NO_VALUE or case.name in SINGLE_PRECISION:
                    continue
                outcome(case, torch, name)
                found.append(pytest.param(case, name, id=f"{name}-{case}"))
    return found


@pytest.mark.parametrize(("case", "name"), what_pytorch_has())
def test_quantities_and_two_derivatives_agree_with_pytorch(case, name):
    their = outcome(case, torch, name)
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
        with quiet():  # some warn of singular draws
            dtype = kind_of(their.sample())
        assert kind_of(drawn) == dtype
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
    expected = np.broadcast_to(array(own.log_prob(value)), shape)
    np.testing.assert_allclose(array(wide.log_prob(value)), expected, rtol=1e-12)
    assert tuple(wide.sample((3,)).shape) == (3, *shape, *own.event_shape)
    if case.name not in WITHOUT_MEAN:
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


COMPARED = [case for case in CASES if case.name not in WRONG_DIVERGENCE]


def same_family() -> list[tuple[Case, Case]]:
    pairs = []
    for case in COMPARED:
        moved = {
            name: value * (1.0 if "matrix" in name or name == "low" else 1.3)
            if isinstance(value, np.ndarray) and name not in ("probs", "total_count")
            else value
            for name, value in case.parameters.items()
        }
        pairs.append((case, Case(case.name, moved, case.values, str(case))))
    return pairs


@pytest.mark.parametrize(("first", "second"), same_family(), ids=[str(c) for c in COMPARED])
def test_divergences_within_a_family_agree_with_pytorch(first, second):
    try:
        their, their_leaves = divergence(torch, first, second)
    except NotImplementedError:
        if first.name != "Multinomial":
            with pytest.raises(NotImplementedError, match="kl_divergence"):
                divergence(tg, first, second)
        return
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


def registered_pairs() -> list[tuple[str, str]]:
    """The names of the types that PyTorch has a rule for, of those that there are cases for."""
    names = {case.name for case in CASES}
    pairs = {(p.__name__, q.__name__) for p, q in torch.distributions.kl._KL_REGISTRY}
    return sorted((p, q) for p, q in pairs if p != q and {p, q} <= names)


SIMPLE: dict[str, dict[str, Any]] = {
    "Bernoulli": {"probs": np.array([0.3, 0.6])},
    "Beta": {"concentration1": np.array([0.7, 2.0]), "concentration0": np.array([1.5, 3.0])},
    "Binomial": {"total_count": 4, "probs": np.array([0.3, 0.6])},
    "ContinuousBernoulli": {"probs": np.array([0.3, 0.9])},
    "LowRankMultivariateNormal": {
        "loc": np.array([0.4, -0.5]),
        "cov_factor": np.array([[0.8], [0.3]]),
        "cov_diag": np.array([0.5, 1.5]),
    },
    "MultivariateNormal": {
        "loc": np.array([0.0, 0.6]),
        "scale_tril": np.array([[0.8, 0.0], [0.3, 1.4]]),
    },
    "Exponential": {"rate": np.array([0.7, 1.6])},
    "Gamma": {"concentration": np.array([0.8, 2.5]), "rate": np.array([1.3, 0.6])},
    "Gumbel": {"loc": np.array([0.4, -0.5]), "scale": np.array([0.8, 1.7])},
    "Laplace": {"loc": np.array([0.4, -0.5]), "scale": np.array([0.8, 1.7])},
    "Normal": {"loc": np.array([0.4, -0.5]), "scale": np.array([0.8, 1.7])},
    "Pareto": {"scale": np.array([0.1, 0.4]), "alpha": np.array([2.6, 3.5])},
    "Poisson": {"rate": np.array([0.7, 2.0])},
    "Uniform": {"low": np.array([0.2, 0.5]), "high": np.array([0.9, 1.5])},
}


@pytest.mark.parametrize(("first", "second"), registered_pairs())
def test_divergences_between_families_agree_with_pytorch(first, second):
    pair = [Case(name, SIMPLE[name], np.zeros(())) for name in (first, second)]
    own, leaves = divergence(tg, *pair)
    their, their_leaves = divergence(torch, *pair)
    np.testing.assert_allclose(array(own), array(their), rtol=1e-6)
    if np.isfinite(array(their)).all():
        ours = tg.autograd.grad(own.sum(), leaves)
        theirs = torch.autograd.grad(their.sum(), their_leaves)
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(array(a), array(b), rtol=1e-5, atol=1e-8)


def test_divergences_agree_with_means_of_many_draws():
    D, values = tg.distributions, {}
    p, q = D.Gamma(2.5, 1.5), D.Gamma(1.5, 0.8)
    values["Gamma"] = (p, q)
    values["Weibull-like"] = (D.Gumbel(0.0, 1.0), D.Gumbel(0.5, 1.4))
    values["MultivariateNormal"] = (
        D.MultivariateNormal(tg.zeros(2), tg.tensor([[1.0, 0.3], [0.3, 2.0]])),
        D.MultivariateNormal(tg.ones(2), tg.tensor([[2.0, -0.3], [-0.3, 1.0]])),
    )
    values["Dirichlet"] = (
        D.Dirichlet(tg.tensor([1.0, 2.0, 3.0])),
        D.Dirichlet(tg.tensor([2.0, 2.0, 2.0])),
    )
    values["Geometric"] = (D.Geometric(0.3), D.Geometric(0.5))
    spread = tg.tensor([[1.0, 0.4], [0.4, 2.0]])
    values["Wishart"] = (D.Wishart(5.0, spread), D.Wishart(4.0, 0.8 * spread + tg.eye(2)))
    for p, q in values.values():
        x = p.sample((40_000,))
        ratio = p.log_prob(x) - q.log_prob(x)
        error = 5 * float(ratio.std()) / 200
        assert abs(float(ratio.mean()) - float(D.kl_divergence(p, q))) < error


@pytest.mark.parametrize(
    "name", ["log_prob", "cdf", "log_cdf", "icdf", "entropy", "mean", "variance"]
)
@pytest.mark.parametrize("case", [c for c in CASES if c.name in SINGLE_PRECISION], ids=str)
def test_quantities_agree_with_pytorch_in_single_precision(case, name):
    single = Case(
        case.name,
        {key: np.float32(value) for key, value in case.parameters.items()},
        np.float32(case.values),
    )
    own, their = (outcome(single, library, name)[0] for library in (tg, torch))
    np.testing.assert_allclose(array(own), array(their), rtol=2e-5)


PARTS = ("constraints", "transforms", "utils", "kl", "constraint_registry")


@pytest.mark.parametrize("part", ["", *PARTS])
def test_every_name_of_pytorch_is_there_with_its_arguments(part):
    own, their = (
        getattr(library.distributions, part) if part else library.distributions
        for library in (tg, torch)
    )
    names = set(getattr(their, "__all__", ()))
    assert not names - set(dir(own))
    for name in sorted(names - {"lazy_property"}):
        mine, other = getattr(own, name), getattr(their, name)
        if not callable(other):
            continue
        arguments = [list(inspect.signature(one).parameters) for one in (mine, other)]
        assert arguments[0] == arguments[1], name
        if inspect.isclass(other):
            public = {member for member in dir(other) if not member.startswith("_")}
            assert not public - set(dir(mine)), name


def test_every_module_of_pytorch_is_there():
    modules = {m.name for m in pkgutil.iter_modules(torch.distributions.__path__)}
    for name in sorted(modules):
        own = importlib.import_module(f"topograd.distributions.{name}")
        their = importlib.import_module(f"torch.distributions.{name}")
        assert not set(getattr(their, "__all__", ())) - set(dir(own)), name
