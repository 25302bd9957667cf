"""The gamma distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from topograd import _C
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import broadcast_all, tiny_of

__all__ = ["Gamma"]


def standard_gamma(concentration: Tensor) -> Tensor:
    """Gamma numbers of rate 1, differentiable by implicit reparametrisation."""
    draws: Tensor = _C.call("standard_gamma", concentration, None)
    return draws


class Gamma(Distribution):
    """Sums of waiting times: shape `concentration`, and `rate` = 1 / scale.

    log p(x) = c log(rate) + (c - 1) log(x) - rate x - lgamma(c).  concentration, rate: numbers or
    tensors that broadcast, > 0.  Draws are differentiable in both: Figurnov, Mohamed and Mnih,
    2018. The cdf is differentiable in all its arguments; PyTorch's is not in the concentration.

    >>> import topograd as tg
    >>> d = tg.distributions.Gamma(2.0, 4.0)
    >>> d.mean, d.variance
    (tensor(0.5000), tensor(0.1250))
    """

    arg_constraints: ClassVar[Any] = {
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }
    support: Any = constraints.nonnegative
    has_rsample = True

    def __init__(
        self,
        concentration: Tensor | float,
        rate: Tensor | float,
        validate_args: bool | None = None,
    ) -> None:
        self.concentration, self.rate = broadcast_all(concentration, rate)
        super().__init__(self.concentration.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.rate

    @property
    def mode(self) -> Tensor:
        return ((self.concentration - 1) / self.rate).clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.concentration / self.rate.square()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        draws = standard_gamma(self.concentration.expand(shape)) / self.rate
        return draws.clamp(min=tiny_of(draws.dtype))  # 0 would have no logarithm

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        value, c, rate = broadcast_all(value, self.concentration, self.rate)
        return c.xlogy(rate) + (c - 1).xlogy(value) - rate * value - c.lgamma()

    def cdf(self, value: Tensor) -> Tensor:
        from topograd.distributions._incomplete_gamma import gammainc

        if self._validate_args:
            self._validate_sample(value)
        return gammainc(self.concentration, self.rate * value)

    def entropy(self) -> Tensor:
        c = self.concentration
        return c - self.rate.log() + c.lgamma() + (1 - c) * c.digamma()
