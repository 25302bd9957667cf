"""Dropouts and other functions that draw numbers: distributions, reproducibility, derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import topograd as tg
from topograd import nn
from topograd.nn import functional as F

DRAWING = {
    "alpha_dropout": lambda x: F.alpha_dropout(x, 0.3, True),
    "feature_alpha_dropout": lambda x: F.feature_alpha_dropout(x, 0.3, True),
    "dropout1d": lambda x: F.dropout1d(x.reshape(300, 20, 10), 0.3).reshape(x.shape),
    "dropout2d": lambda x: F.dropout2d(x.reshape(300, 20, 5, 2), 0.3).reshape(x.shape),
    "dropout3d": lambda x: F.dropout3d(x.reshape(300, 20, 5, 2, 1), 0.3).reshape(x.shape),
    "rrelu": lambda x: F.rrelu(x, 0.1, 0.4, True),
    "gumbel_softmax": F.gumbel_softmax,
}


@pytest.mark.parametrize("name", DRAWING)
def test_the_same_seed_gives_the_same_numbers_with_any_number_of_threads(name):
    x, threads = tg.randn(6000, 10), tg.get_num_threads()
    results = []
    try:
        for count in (1, 2, 3, 3):
            tg.set_num_threads(count)
            tg.manual_seed(5)
            results.append(DRAWING[name](x).numpy())
    finally:
        tg.set_num_threads(threads)
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
    assert not np.array_equal(results[0], DRAWING[name](x).numpy())


@pytest.mark.parametrize("name", DRAWING)
def test_gradient_is_that_of_the_numbers_drawn(name):
    tg.manual_seed(3)
    x = tg.randn(6000, 10, dtype=tg.float64).requires_grad_()
    weights = tg.randn(6000, 10, dtype=tg.float64)

    def loss(point):
        tg.manual_seed(11)
        return (DRAWING[name](point) * weights).sum()

    (gradient,) = tg.autograd.grad(loss(x), x)
    direction = tg.randn(6000, 10, dtype=tg.float64)
    with tg.no_grad():
        slope = (loss(x + 1e-7 * direction) - loss(x - 1e-7 * direction)).item() / 2e-7
    assert abs(slope - (gradient * direction).sum().item()) < 1e-3


@pytest.mark.parametrize("name", ["alpha_dropout", "feature_alpha_dropout"])
def test_alpha_dropout_keeps_mean_and_variance(name):
    tg.manual_seed(0)
    x = tg.randn(20000, 10)
    y = getattr(F, name)(x, 0.25, True)
    assert abs(y.mean().item()) < 0.03
    assert abs(y.var().item() - 1) < 0.03
    limit = -1.0507009873554805 * 1.6732632423543772
    scale = (0.75 * (1 + 0.25 * limit**2)) ** -0.5
    dropped = scale * limit - scale * limit * 0.25
    share = ((y - dropped).abs() < 1e-5).float().mean().item()
    assert abs(share - 0.25) < 0.02
    if name == "feature_alpha_dropout":
        whole = F.feature_alpha_dropout(tg.randn(50, 20, 30), 0.5, True)
        # Where a channel has been dropped its elements are the same.
        constant = whole.amax(2) == whole.amin(2)
        assert abs(constant.float().mean().item() - 0.5) < 0.06


@pytest.mark.parametrize(
    ("name", "shape", "channels"),
    [
        ("dropout1d", (40, 50, 3), 2),
        ("dropout1d", (900, 3), 1),
        ("dropout2d", (40, 50, 3, 2), 2),
        ("dropout2d", (40, 50, 6), 2),
        ("dropout3d", (40, 50, 3, 2, 1), 2),
        ("dropout3d", (900, 3, 2, 1), 1),
    ],
)
def test_channels_are_dropped_as_a_whole(name, shape, channels):
    tg.manual_seed(1)
    y = getattr(F, name)(tg.ones(*shape), 0.25)
    means = y.flatten(channels).mean(channels).numpy()
    np.testing.assert_allclose(np.unique(means), [0, 1 / 0.75], rtol=1e-6)
    assert abs((means == 0).mean() - 0.25) < 0.06


def test_modes_and_probabilities_of_dropouts():
    x = tg.randn(3, 4, 5)
    for layer in (nn.AlphaDropout, nn.FeatureAlphaDropout, nn.Dropout1d):
        assert layer(0.5).eval()(x).equal(x)
        assert layer(0.0)(x).equal(x)
        assert not layer(1.0)(x).any()
        own = x.clone()
        assert layer(0.5, inplace=True)(own) is own
        assert not own.equal(x)


def test_rrelu_draws_slopes_between_its_bounds():
    tg.manual_seed(2)
    y = nn.RReLU(0.25, 0.5)(-tg.ones(5000))
    assert -0.5 <= y.min().item() < -0.49
    assert -0.26 < y.max().item() <= -0.25
    assert abs(y.mean().item() + 0.375) < 0.01
    assert nn.RReLU(0.25, 0.5)(tg.ones(3)).tolist() == [1.0] * 3
    assert nn.RReLU(0.25, 0.75).eval()(-tg.ones(1)).item() == -0.5


def test_gumbel_softmax_samples_classes_with_their_probabilities():
    tg.manual_seed(4)
    p = tg.tensor([0.1, 0.2, 0.7])
    logits = p.log().expand(20000, 3)
    hard = F.gumbel_softmax(logits, hard=True)
    assert set(np.unique(hard.numpy())) == {0.0, 1.0}
    np.testing.assert_allclose(hard.mean(0).numpy(), p.numpy(), atol=0.015)
    soft = F.gumbel_softmax(logits, tau=0.5)
    np.testing.assert_allclose(soft.sum(1).numpy(), 1, rtol=1e-5)
    leaf = tg.zeros(4, 3).requires_grad_()
    (F.gumbel_softmax(leaf, hard=True, dim=0) * tg.randn(4, 3)).sum().backward()
    assert leaf.grad.abs().sum().item() > 0
    np.testing.assert_allclose(leaf.grad.sum(0).numpy(), 0, atol=1e-6)
