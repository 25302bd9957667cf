"""Transforms and transformed distributions: inverses, Jacobians, caches, shapes, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg

T = tg.distributions.transforms
D = tg.distributions
rng = np.random.default_rng(0)


def array(x: Any) -> np.ndarray:
    return np.asarray(x.detach().numpy())


def real(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape)


def made(library: Any) -> dict[str, tuple[Any, np.ndarray]]:
    """Transforms with values of their domain."""
    t = library.distributions.transforms
    tensor = library.tensor
    half = tensor([0.5, 2.0, -1.5], dtype=library.float64)
    return {
        "exp": (t.ExpTransform(), X["plain"]),
        "power": (t.PowerTransform(tensor(1.7, dtype=library.float64)), np.abs(X["plain"]) + 0.2),
        "sigmoid": (t.SigmoidTransform(), X["plain"]),
        "softplus": (t.SoftplusTransform(), X["plain"]),
        "tanh": (t.TanhTransform(), X["plain"]),
        "affine": (t.AffineTransform(half, -half), X["plain"]),
        "affine-event": (t.AffineTransform(0.5, 2.0, event_dim=1), X["plain"]),
        "stick": (t.StickBreakingTransform(), X["plain"]),
        "corr": (t.CorrCholeskyTransform(), X["plain"]),
        "compose": (
            t.ComposeTransform([t.AffineTransform(0.5, 2.0), t.StickBreakingTransform()]),
            X["plain"],
        ),
        "compose-mixed": (
            t.ComposeTransform([t.TanhTransform(), t.AffineTransform(0.0, half, event_dim=1)]),
            X["plain"],
        ),
        "inverse": (t.ExpTransform().inv, np.abs(X["plain"]) + 0.2),
        "independent": (t.IndependentTransform(t.ExpTransform(), 1), X["plain"]),
        "reshape": (t.ReshapeTransform((3,), (3, 1)), X["plain"]),
        "stack": (t.StackTransform([t.ExpTransform(), t.TanhTransform()], dim=0), X["pair"]),
        "cat": (
            t.CatTransform([t.ExpTransform(), t.TanhTransform()], dim=-1, lengths=[1, 2]),
            X["plain"],
        ),
        "cdf": (
            t.CumulativeDistributionTransform(library.distributions.Normal(0.0, 2.0)),
            X["plain"],
        ),
        "abs": (t.AbsTransform(), np.abs(X["plain"])),
        "softmax": (t.SoftmaxTransform(), X["plain"]),
        "cholesky": (t.LowerCholeskyTransform(), X["matrix"]),
        "positive-definite": (t.PositiveDefiniteTransform(), X["matrix"]),
    }


X = {"plain": real(4, 3), "pair": real(2, 3), "matrix": real(2, 3, 3)}
NAMES = list(made(tg))
NOT_BIJECTIVE = ("abs", "softmax", "cholesky", "positive-definite")
NOT_SQUARE = (*NOT_BIJECTIVE, "corr", "stick", "compose")


@pytest.mark.parametrize("name", NAMES)
def test_the_inverse_takes_back(name):
    transform, x = made(tg)[name]
    x = tg.from_numpy(x.copy())
    y = transform(x)
    assert transform.inv.inv is transform
    assert tuple(transform.forward_shape(x.shape)) == tuple(y.shape)
    assert tuple(transform.inverse_shape(y.shape)) == tuple(x.shape)
    assert bool(transform.codomain.check(y).all())
    if name == "softmax":
        x = x - x.logsumexp(-1, keepdim=True)
    if name == "cholesky":
        x = x.tril()
    if name == "positive-definite":
        x = x.tril()
    np.testing.assert_allclose(array(transform.inv(y)), array(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in NOT_SQUARE])
def test_the_jacobian_is_that_of_the_function(name):
    transform, x = made(tg)[name]
    rows = [tg.from_numpy(x.copy())] if name == "stack" else tg.from_numpy(x.copy()).unbind()
    for row in rows:
        row = row.clone().requires_grad_()
        y = transform(row)
        columns = [
            array(tg.autograd.grad(one, row, retain_graph=True)[0]).reshape(-1)
            for one in y.reshape(-1).unbind()
        ]
        expected = np.linalg.slogdet(np.stack(columns))[1]
        found = array(transform.log_abs_det_jacobian(row, y)).sum()
        np.testing.assert_allclose(found, expected, rtol=1e-8)


@pytest.mark.parametrize("name", NAMES)
def test_everything_agrees_with_pytorch(name):
    torch = pytest.importorskip("torch")
    results = []
    for library in (tg, torch):
        transform, x = made(library)[name]
        x = library.from_numpy(x.copy()).requires_grad_()
        y = transform(x)
        parts = [y, transform.inv(y)]
        if name not in NOT_BIJECTIVE:
            parts.append(transform.log_abs_det_jacobian(x, y))
        total = sum((part * part).sum() for part in parts)
        parts.append(library.autograd.grad(total, x)[0])
        events = transform.domain.event_dim, transform.codomain.event_dim, transform.bijective
        results.append((parts, events))
    (own, told), (their, expected) = results
    assert told == expected
    for a, b in zip(own, their, strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        np.testing.assert_allclose(array(a), array(b), rtol=1e-7, atol=1e-9)


def transformed(library: Any) -> dict[str, Any]:
    d, t = library.distributions, library.distributions.transforms
    zero = library.zeros(3, dtype=library.float64)
    normal = d.Normal(zero, 1 + zero)
    covariance = library.eye(3, dtype=library.float64)
    return {
        "tanh": d.TransformedDistribution(normal, [t.TanhTransform(), t.AffineTransform(1.0, 2.0)]),
        "one": d.TransformedDistribution(normal, t.ExpTransform()),
        "stick": d.TransformedDistribution(normal, [t.StickBreakingTransform()]),
        "vector": d.TransformedDistribution(
            d.MultivariateNormal(zero, covariance), [t.SigmoidTransform()]
        ),
        "independent": d.TransformedDistribution(
            d.Independent(normal, 1), [t.AffineTransform(0.5, 2.0), t.ExpTransform()]
        ),
        "wider": d.TransformedDistribution(
            d.Normal(0.0, 1.0), [t.AffineTransform(zero, 1 + library.arange(3).double())]
        ),
        "falling": d.TransformedDistribution(
            d.Exponential(1 + zero), [t.AffineTransform(1.0, -2.0)]
        ),
        "none": d.TransformedDistribution(normal, []),
    }


@pytest.mark.parametrize("name", list(transformed(tg)))
def test_transformed_distributions_agree_with_pytorch(name):
    torch = pytest.importorskip("torch")
    own, their = transformed(tg)[name], transformed(torch)[name]
    assert tuple(own.batch_shape) == tuple(their.batch_shape)
    assert tuple(own.event_shape) == tuple(their.event_shape)
    assert own.has_rsample == their.has_rsample
    x = their.sample((5,)).double()
    mine = tg.from_numpy(x.numpy().copy())
    assert bool(own.support.check(mine).all())
    np.testing.assert_allclose(array(own.log_prob(mine)), array(their.log_prob(x)), rtol=1e-6)
    if name not in ("stick", "vector", "independent"):
        np.testing.assert_allclose(array(own.cdf(mine)), array(their.cdf(x)), rtol=1e-6)
        p = np.linspace(0.1, 0.9, 3)
        found, expected = own.icdf(tg.from_numpy(p)), their.icdf(torch.from_numpy(p))
        np.testing.assert_allclose(array(found), array(expected), rtol=1e-5)
    wide = own.expand((2, *own.batch_shape))
    assert tuple(wide.sample((4,)).shape) == (4, 2, *own.batch_shape, *own.event_shape)
    assert tuple(wide.log_prob(wide.sample()).shape) == (2, *own.batch_shape)


def test_a_cache_gives_back_the_very_input():
    squash = T.TanhTransform(cache_size=1)
    policy = D.TransformedDistribution(D.Normal(tg.zeros(2), 1e-3), [squash])
    x = tg.tensor([12.0, -0.5])
    assert squash.inv(squash(x)) is x
    assert not bool(T.TanhTransform().inv(T.TanhTransform()(x)).isfinite().all())
    action = policy.rsample()
    assert bool(policy.log_prob(action).isfinite().all())
    cached = T.ComposeTransform([T.ExpTransform(), T.TanhTransform()]).with_cache(1)
    assert cached.inv(cached(x[1:])).shape == (1,)
    with pytest.raises(ValueError, match="cache_size must be 0 or 1"):
        T.ExpTransform(cache_size=2)


def test_transforms_are_equal_when_their_parameters_are():
    assert T.ExpTransform() == T.ExpTransform()
    assert T.ExpTransform() != T.TanhTransform()
    assert T.AffineTransform(1.0, 2.0) == T.AffineTransform(1.0, 2.0)
    assert T.AffineTransform(1.0, tg.ones(2)) != T.AffineTransform(1.0, 2 * tg.ones(2))
    assert T.ExpTransform().inv == T.ExpTransform().inv
    assert T.ExpTransform().inv != T.ExpTransform()
    p = D.TransformedDistribution(D.Normal(0.0, 1.0), [T.AffineTransform(1.0, 2.0)])
    q = D.TransformedDistribution(D.Normal(1.0, 1.0), [T.AffineTransform(1.0, 2.0)])
    assert float(D.kl_divergence(p, q)) == 0.5
    r = D.TransformedDistribution(D.Normal(1.0, 1.0), [T.AffineTransform(1.0, 3.0)])
    with pytest.raises(NotImplementedError, match="transforms differ"):
        D.kl_divergence(p, r)


def test_what_does_not_fit_is_refused():
    with pytest.raises(TypeError, match="transforms must be a Transform"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), [len])
    with pytest.raises(ValueError, match="at least 1 dims"):
        D.TransformedDistribution(D.Normal(0.0, 1.0), [T.StickBreakingTransform()])
    with pytest.raises(ValueError, match="differ in size"):
        T.ReshapeTransform((2, 3), (5,))
    with pytest.raises(ValueError, match="end in"):
        T.ReshapeTransform((2, 3), (6,))(tg.zeros(3, 2))
    with pytest.raises(ValueError, match="strict lower triangle"):
        T.CorrCholeskyTransform().forward_shape((4,))
    with pytest.raises(ValueError, match="2 parts in dim 0"):
        T.StackTransform([T.ExpTransform(), T.TanhTransform()])(tg.zeros(3))
    with pytest.raises(ValueError, match="length 2 in dim 0"):
        T.CatTransform([T.ExpTransform(), T.TanhTransform()])(tg.zeros(3))
    with pytest.raises(NotImplementedError, match="log_abs_det_jacobian"):
        T.SoftmaxTransform().log_abs_det_jacobian(tg.zeros(2), tg.zeros(2))


def test_unconstrained_numbers_are_led_to_what_is_allowed():
    C, x = D.constraints, tg.from_numpy(real(2, 3, 3))
    for constraint in (
        C.real, C.positive, C.nonnegative, C.greater_than(2.0), C.greater_than_eq(-1.0),
        C.less_than(-1.0), C.unit_interval, C.interval(-2.0, 3.0), C.half_open_interval(0, 2),
        C.simplex, C.real_vector, C.corr_cholesky, C.independent(C.positive, 1),
        C.stack([C.real, C.positive], 0), C.cat([C.positive, C.unit_interval], 0, [1, 1]),
    ):  # fmt: skip
        for registry in (D.biject_to, D.transform_to):
            transform = registry(constraint)
            y = transform(x)
            assert bool(constraint.check(y).all()), constraint
            if registry is D.biject_to:
                assert transform.bijective
                np.testing.assert_allclose(array(transform.inv(y)), array(x), atol=1e-6)
    for constraint in (C.lower_cholesky, C.positive_definite, C.positive_semidefinite):
        assert bool(constraint.check(D.transform_to(constraint)(x)).all())
        with pytest.raises(NotImplementedError, match="no transform to"):
            D.biject_to(constraint)
    with pytest.raises(NotImplementedError, match="no transform to Boolean"):
        D.transform_to(C.boolean)
    with pytest.raises(TypeError, match="expects a constraint"):
        D.transform_to.register(int, lambda _: T.ExpTransform())
