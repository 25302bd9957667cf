"""Divergences between two distributions of one family."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import _matrices
from topograd.distributions.bernoulli import Bernoulli
from topograd.distributions.beta import Beta
from topograd.distributions.binomial import Binomial
from topograd.distributions.categorical import Categorical
from topograd.distributions.cauchy import Cauchy
from topograd.distributions.dirichlet import Dirichlet
from topograd.distributions.exponential import Exponential
from topograd.distributions.gamma import Gamma
from topograd.distributions.geometric import Geometric
from topograd.distributions.gumbel import Gumbel
from topograd.distributions.independent import Independent
from topograd.distributions.kl import kl_divergence, masked, register_kl
from topograd.distributions.laplace import Laplace
from topograd.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from topograd.distributions.multinomial import Multinomial
from topograd.distributions.multivariate_normal import MultivariateNormal
from topograd.distributions.normal import Normal
from topograd.distributions.one_hot_categorical import OneHotCategorical
from topograd.distributions.pareto import Pareto
from topograd.distributions.poisson import Poisson
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.uniform import Uniform
from topograd.distributions.utils import euler_constant, sum_rightmost
from topograd.distributions.wishart import Wishart


def binary_divergence(p: Any, q: Any) -> Tensor:
    """Of one trial with the probabilities of p and q."""
    softplus = tg.nn.functional.softplus
    one = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    zero = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    one = masked(one, q.probs == 0).masked_fill(p.probs == 0, 0)
    zero = masked(zero, q.probs == 1).masked_fill(p.probs == 1, 0)
    return one + zero


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


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p: Any, q: Any) -> Tensor:
    dense = [
        MultivariateNormal(d.loc, scale_tril=d.scale_tril, validate_args=False) for d in (p, q)
    ]
    return _multivariate_normal(*dense)


@register_kl(Wishart, Wishart)
def _wishart(p: Wishart, q: Wishart) -> Tensor:
    n = p.event_shape[-1]
    whitened = _matrices.inverse_of_factor(q._factor) @ p._factor
    trace = whitened.square().sum((-2, -1))
    volumes = 0.5 * q.df * (q._log_det() - p._log_det())
    constants = (q.df / 2).mvlgamma(n) - (p.df / 2).mvlgamma(n)
    digammas = p._halves().digamma().sum(-1)
    return volumes + constants + 0.5 * (p.df - q.df) * digammas + 0.5 * p.df * (trace - n)


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


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot(p: OneHotCategorical, q: OneHotCategorical) -> Tensor:
    return categorical_divergence(p, q)


@register_kl(Multinomial, Multinomial)
def _multinomial(p: Multinomial, q: Multinomial) -> Tensor:
    if p.total_count != q.total_count:
        raise NotImplementedError(
            f"kl_divergence: total_count differs: {p.total_count}, {q.total_count}"
        )
    return p.total_count * categorical_divergence(p, q)


@register_kl(Binomial, Binomial)
def _binomial(p: Binomial, q: Binomial) -> Tensor:
    if bool((p.total_count < q.total_count).any()):
        raise NotImplementedError(
            "kl_divergence: there is no closed form where q has the larger total_count: "
            f"{p.total_count}, {q.total_count}"
        )
    return masked(p.total_count * binary_divergence(p, q), p.total_count > q.total_count)


@register_kl(Poisson, Poisson)
def _poisson(p: Poisson, q: Poisson) -> Tensor:
    return p.rate.xlogy(p.rate / q.rate) - (p.rate - q.rate)


@register_kl(Geometric, Geometric)
def _geometric(p: Geometric, q: Geometric) -> Tensor:
    return binary_divergence(p, q) / p.probs


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Cauchy, q: Cauchy) -> Tensor:
    apart = (p.scale + q.scale).square() + (p.loc - q.loc).square()
    return apart.log() - (4 * p.scale * q.scale).log()


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Gumbel, q: Gumbel) -> Tensor:
    ratio = p.scale / q.scale
    moved = (p.loc - q.loc) / q.scale
    tail = ((1 + ratio).lgamma() - moved).exp()
    return -ratio.log() + moved + euler_constant * (ratio - 1) + tail - 1


@register_kl(Pareto, Pareto)
def _pareto(p: Pareto, q: Pareto) -> Tensor:
    ratio = q.alpha / p.alpha
    value = q.alpha * (p.scale / q.scale).log() - ratio.log() + ratio - 1
    return masked(value, p.scale < q.scale)


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
