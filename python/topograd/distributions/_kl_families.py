"""Divergences between two distributions of one family."""

from __future__ import annotations

from typing import Any

from topograd._C import Tensor
from topograd.distributions import _matrices
from topograd.distributions.bernoulli import Bernoulli
from topograd.distributions.beta import Beta
from topograd.distributions.categorical import Categorical
from topograd.distributions.dirichlet import Dirichlet
from topograd.distributions.exponential import Exponential
from topograd.distributions.gamma import Gamma
from topograd.distributions.independent import Independent
from topograd.distributions.kl import kl_divergence, masked, register_kl
from topograd.distributions.laplace import Laplace
from topograd.distributions.multivariate_normal import MultivariateNormal
from topograd.distributions.normal import Normal
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.uniform import Uniform
from topograd.distributions.utils import sum_rightmost


def binary_divergence(p: Any, q: Any) -> Tensor:
    """Of one trial with the probabilities of p and q."""
    softplus = _softplus
    one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    one = masked(one, q.probs == 0).masked_fill(p.probs == 0, 0)
    zero = masked(zero, q.probs == 1).masked_fill(p.probs == 1, 0)
    return one + zero


def _softplus(x: Tensor) -> Tensor:
    import topograd as tg

    return tg.nn.functional.softplus(x)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    return binary_divergence(p, q)


@register_kl(Categorical, Categorical)
def categorical_divergence(p: Any, q: Any) -> Tensor:
    """Of one draw of a class."""
    parts = p.probs * (p.logits - q.logits)
    parts = masked(parts, (q.probs == 0).expand_as(parts))
    return parts.masked_fill((p.probs == 0).expand_as(parts), 0).sum(-1)


@register_kl(Normal, Normal)
def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = (p.scale / q.scale).square()
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).square() - 1 - ratio.log())


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate_normal(p: MultivariateNormal, q: MultivariateNormal) -> Tensor:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"kl_divergence: event shapes differ: {tuple(p.event_shape)}, {tuple(q.event_shape)}"
        )
    volumes = _matrices.log_det_of_factor(q._factor) - _matrices.log_det_of_factor(p._factor)
    whitened = _matrices.inverse_of_factor(q._factor) @ p._factor
    trace = whitened.square().sum((-2, -1))
    distance = _matrices.mahalanobis_squared(q._factor, q.loc - p.loc)
    return volumes + 0.5 * (trace + distance - p.event_shape[0])


@register_kl(Uniform, Uniform)
def _uniform(p: Uniform, q: Uniform) -> Tensor:
    widths = ((q.high - q.low) / (p.high - p.low)).log()
    return masked(widths, (q.low > p.low) | (q.high < p.high))


@register_kl(Exponential, Exponential)
def _exponential(p: Exponential, q: Exponential) -> Tensor:
    ratio = q.rate / p.rate
    return ratio - 1 - ratio.log()


@register_kl(Laplace, Laplace)
def _laplace(p: Laplace, q: Laplace) -> Tensor:
    distance = (p.loc - q.loc).abs()
    near = p.scale / q.scale * (-distance / p.scale).exp()
    return (q.scale / p.scale).log() + distance / q.scale + near - 1


@register_kl(Gamma, Gamma)
def _gamma(p: Gamma, q: Gamma) -> Tensor:
    a, b = p.concentration, q.concentration
    return (
        b * (p.rate / q.rate).log()
        + b.lgamma()
        - a.lgamma()
        + (a - b) * a.digamma()
        + (q.rate - p.rate) * (a / p.rate)
    )


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Dirichlet, q: Dirichlet) -> Tensor:
    a, b = p.concentration, q.concentration
    total = a.sum(-1)
    normalizers = total.lgamma() - b.sum(-1).lgamma() + (b.lgamma() - a.lgamma()).sum(-1)
    return normalizers + ((a - b) * (a.digamma() - total.digamma().unsqueeze(-1))).sum(-1)


@register_kl(Beta, Beta)
def _beta(p: Beta, q: Beta) -> Tensor:
    return _dirichlet(p._dirichlet, q._dirichlet)


@register_kl(Independent, Independent)
def _independent(p: Independent, q: Independent) -> Tensor:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError(
            "kl_divergence: the numbers of reinterpreted dims differ: "
            f"{p.reinterpreted_batch_ndims}, {q.reinterpreted_batch_ndims}"
        )
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: TransformedDistribution, q: TransformedDistribution) -> Tensor:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError(
            f"kl_divergence: the transforms differ: {p.transforms}, {q.transforms}"
        )
    extra = len(p.event_shape) - len(p.base_dist.event_shape)
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), extra)
