"""Divergences between distributions of two families.

∫ p log(p / q) is -entropy(p) - E log q, and E log q needs a few moments of p alone: so there is one
function for each q, and one for each moment that q asks for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.distributions.bernoulli import Bernoulli
from topograd.distributions.beta import Beta
from topograd.distributions.binomial import Binomial
from topograd.distributions.continuous_bernoulli import ContinuousBernoulli
from topograd.distributions.distribution import Distribution
from topograd.distributions.exponential import Exponential
from topograd.distributions.gamma import Gamma
from topograd.distributions.gumbel import Gumbel
from topograd.distributions.kl import infinite_like, masked, register_kl
from topograd.distributions.laplace import Laplace
from topograd.distributions.normal import HALF_LOG_TWO_PI, Normal
from topograd.distributions.pareto import Pareto
from topograd.distributions.poisson import Poisson
from topograd.distributions.uniform import Uniform
from topograd.distributions.utils import euler_constant


def _mean_log(p: Any) -> Tensor:
    """E log x of positive numbers."""
    found: Tensor
    if isinstance(p, Beta):
        found = p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    elif isinstance(p, Exponential):
        found = -euler_constant - p.rate.log()
    elif isinstance(p, Gamma):
        found = p.concentration.digamma() - p.rate.log()
    elif isinstance(p, Pareto):
        found = p.scale.log() + p.alpha.reciprocal()
    else:
        found = (p.high.xlogy(p.high) - p.low.xlogy(p.low)) / (p.high - p.low) - 1
    return found


def _mean_exp(p: Any, slope: Tensor) -> Tensor:
    """E exp(-slope · x)."""
    found: Tensor
    if isinstance(p, Exponential):
        found = p.rate / (p.rate + slope)
    elif isinstance(p, Gamma):
        found = (1 + slope / p.rate).pow(-p.concentration)
    elif isinstance(p, Normal):
        found = (-slope * p.loc + 0.5 * (slope * p.scale).square()).exp()
    else:
        width = slope * (p.high - p.low)
        found = ((-slope * p.low).exp() - (-slope * p.high).exp()) / width
    return found


def _to_normal(p: Distribution, q: Normal) -> Tensor:
    distance = p.variance + (p.mean - q.loc).square()
    return -p.entropy() + q.scale.log() + HALF_LOG_TWO_PI + 0.5 * distance / q.scale.square()


def _to_exponential(p: Distribution, q: Exponential) -> Tensor:
    return _where_positive(p, -p.entropy() - q.rate.log() + q.rate * p.mean)


def _to_gamma(p: Distribution, q: Gamma) -> Tensor:
    a, b = q.concentration, q.rate
    constant = a.lgamma() - a * b.log()
    return _where_positive(p, -p.entropy() + constant - (a - 1) * _mean_log(p) + b * p.mean)


def _to_gumbel(p: Distribution, q: Gumbel) -> Tensor:
    slope = q.scale.reciprocal()
    tail = (q.loc * slope).exp() * _mean_exp(p, slope)
    return -p.entropy() + q.scale.log() + (p.mean - q.loc) * slope + tail


def _where_positive(p: Distribution, value: Tensor) -> Tensor:
    """The value; infinity where a uniform p reaches below 0."""
    return masked(value, p.low < 0) if isinstance(p, Uniform) else value


_p: type[Distribution]
for _p in (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Pareto, Uniform):
    register_kl(_p, Normal)(_to_normal)
for _p in (Beta, ContinuousBernoulli, Gamma, Pareto, Uniform):
    register_kl(_p, Exponential)(_to_exponential)
for _p in (Beta, Exponential, Pareto, Uniform):
    register_kl(_p, Gamma)(_to_gamma)
for _p in (Exponential, Gamma, Normal, Uniform):
    register_kl(_p, Gumbel)(_to_gumbel)


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p: Bernoulli, q: Poisson) -> Tensor:
    return -p.entropy() - p.probs.xlogy(q.rate) + q.rate


def _to_continuous_bernoulli(p: Distribution, q: ContinuousBernoulli) -> Tensor:
    value = -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._log_normalizer()
    return masked(value, (p.low < 0) | (p.high > 1)) if isinstance(p, Uniform) else value


for _p in (Beta, ContinuousBernoulli, Uniform):
    register_kl(_p, ContinuousBernoulli)(_to_continuous_bernoulli)


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _unit_to_uniform(p: Distribution, q: Uniform) -> Tensor:
    return masked(-p.entropy() + (q.high - q.low).log(), (q.low > 0) | (q.high < 1))


@register_kl(Normal, Laplace)
def _normal_laplace(p: Normal, q: Laplace) -> Tensor:
    y = (p.loc - q.loc) / p.scale
    far = p.scale * math.sqrt(2 / math.pi) * (-0.5 * y.square()).exp()
    distance = far + (p.loc - q.loc) * (y * math.sqrt(0.5)).erf()  # E |x - q.loc|
    return -p.entropy() + (2 * q.scale).log() + distance / q.scale


@register_kl(Uniform, Beta)
def _uniform_beta(p: Uniform, q: Beta) -> Tensor:
    a, b = q.concentration1, q.concentration0
    mirrored = Uniform(1 - p.high, 1 - p.low, validate_args=False)
    log_density = (a - 1) * _mean_log(p) + (b - 1) * _mean_log(mirrored)
    value = -p.entropy() - log_density + a.lgamma() + b.lgamma() - (a + b).lgamma()
    return masked(value, (p.low < 0) | (p.high > 1))


@register_kl(Uniform, Pareto)
def _uniform_pareto(p: Uniform, q: Pareto) -> Tensor:
    constant = q.alpha.log() + q.alpha * q.scale.log()
    value = -p.entropy() - constant + (q.alpha + 1) * _mean_log(p)
    return masked(value, p.low < q.scale)


def _never(like: Callable[[Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    """Infinite, in the shape of both: p has values that q never gives."""

    def rule(p: Any, q: Any) -> Tensor:
        shape = tg.broadcast_shapes(p.batch_shape, q.batch_shape)
        return infinite_like(like(p)).expand(shape)

    return rule


_BOUNDED = (Beta, ContinuousBernoulli, Uniform)
_REACHES_FURTHER: tuple[tuple[type[Distribution], tuple[type[Distribution], ...], Any], ...] = (
    (Beta, (Pareto,), lambda p: p.concentration1),
    (ContinuousBernoulli, (Pareto,), lambda p: p.probs),
    (Exponential, (*_BOUNDED, Pareto), lambda p: p.rate),
    (Gamma, (*_BOUNDED, Pareto), lambda p: p.concentration),
    (Gumbel, (*_BOUNDED, Exponential, Gamma, Pareto), lambda p: p.loc),
    (Laplace, (*_BOUNDED, Exponential, Gamma, Pareto), lambda p: p.loc),
    (Normal, (*_BOUNDED, Exponential, Gamma, Pareto), lambda p: p.loc),
    (Pareto, _BOUNDED, lambda p: p.scale),
    (Poisson, (Bernoulli, Binomial), lambda p: p.rate),
)
for _p, _narrower, _like in _REACHES_FURTHER:
    for _q in _narrower:
        register_kl(_p, _q)(_never(_like))
