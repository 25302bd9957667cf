"""Distributions made of others: independent dims and mixtures, beside PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg

rng = np.random.default_rng(8)
LOC, SCALE = rng.standard_normal((2, 3, 4)), rng.uniform(0.5, 2, (2, 3, 4))
WEIGHTS = rng.uniform(0.2, 1, (2, 3))


def array(x: Any) -> np.ndarray:
    return np.asarray(x.detach().numpy())


def made(library: Any) -> dict[str, Any]:
    d = library.distributions
    loc, scale, weights = (library.from_numpy(x.copy()) for x in (LOC, SCALE, WEIGHTS))
    normal = d.Normal(loc, scale)
    return {
        "independent-1": d.Independent(normal, 1),
        "independent-3": d.Independent(normal, 3),
        "independent-0": d.Independent(normal, 0),
        "independent-twice": d.Independent(d.Independent(normal, 1), 1),
        "independent-categorical": d.Independent(d.Categorical(weights), 1),
        "mixture": d.MixtureSameFamily(d.Categorical(weights), d.Normal(loc[..., 0], 1.0)),
        "mixture-of-vectors": d.MixtureSameFamily(
            d.Categorical(logits=weights), d.Independent(normal, 1)
        ),
        "mixture-shared": d.MixtureSameFamily(
            d.Categorical(weights[0]), d.Normal(loc[..., 1], scale[..., 1])
        ),
        "mixture-of-counts": d.MixtureSameFamily(d.Categorical(weights), d.Poisson(scale[..., 0])),
    }


NAMES = list(made(tg))


@pytest.mark.parametrize("name", NAMES)
def test_composed_distributions_agree_with_pytorch(name):
    torch = pytest.importorskip("torch")
    own, their = made(tg)[name], made(torch)[name]
    assert tuple(own.batch_shape) == tuple(their.batch_shape)
    assert tuple(own.event_shape) == tuple(their.event_shape)
    assert own.has_rsample == their.has_rsample
    assert own.has_enumerate_support == their.has_enumerate_support
    mine = own.sample((5,))
    x = torch.from_numpy(array(mine).copy())
    assert bool(own.support.check(mine).all())
    assert own.support.event_dim == their.support.event_dim
    np.testing.assert_allclose(array(own.log_prob(mine)), array(their.log_prob(x)), rtol=1e-9)
    if "categorical" not in name:
        np.testing.assert_allclose(array(own.mean), array(their.mean), rtol=1e-9)
        np.testing.assert_allclose(array(own.variance), array(their.variance), rtol=1e-9)
    if name == "mixture":
        np.testing.assert_allclose(array(own.cdf(mine)), array(their.cdf(x)), rtol=1e-6)
    if "independent" in name:
        np.testing.assert_allclose(array(own.entropy()), array(their.entropy()), rtol=1e-9)
    wide = own.expand((3, *own.batch_shape))
    assert tuple(wide.sample((2,)).shape) == (2, 3, *own.batch_shape, *own.event_shape)
    assert tuple(wide.log_prob(wide.sample()).shape) == tuple(wide.batch_shape)
    assert type(own).__name__ in repr(own)


@pytest.mark.parametrize("name", [n for n in NAMES if "categorical" not in n])
def test_draws_of_composed_distributions_have_their_moments(name):
    distribution = made(tg)[name]
    drawn = array(distribution.sample((20_000,)))
    mean, variance = array(distribution.mean), array(distribution.variance)
    assert (np.abs(drawn.mean(0) - mean) < 5 * np.sqrt(variance / 20_000)).all()
    np.testing.assert_allclose(drawn.var(0), variance, rtol=0.12)


def test_gradients_reach_the_weights_and_the_components_of_a_mixture():
    logits = tg.zeros(2, requires_grad=True)
    loc = tg.tensor([-1.0, 1.0], requires_grad=True)
    D = tg.distributions
    optimizer = tg.optim.Adam([logits, loc], lr=0.1)
    data = tg.cat([tg.randn(300) * 0.3 - 2, tg.randn(100) * 0.3 + 3])
    for _ in range(150):
        mixture = D.MixtureSameFamily(D.Categorical(logits=logits), D.Normal(loc, 0.5))
        loss = -mixture.log_prob(data).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(array(loc), [-2, 3], atol=0.1)
    np.testing.assert_allclose(array(logits.softmax(0)), [0.75, 0.25], atol=0.05)
