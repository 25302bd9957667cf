"""The inverse gamma distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.gamma import Gamma
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import PowerTransform
from topograd.distributions.utils import where

__all__ = ["InverseGamma"]


class InverseGamma(TransformedDistribution):
    """Reciprocals of gamma numbers of the given concentration and rate.

    concentration, rate: numbers or tensors that broadcast, > 0.

    >>> import topograd as tg
    >>> tg.distributions.InverseGamma(3.0, 4.0).mean
    tensor(2.)
    """

    arg_constraints: ClassVar[Any] = {
        "concentration": constraints.positive,
        "rate": constraints.positive,
    }
    support: Any = constraints.positive

    def __init__(
        self,
        concentration: Tensor | float,
        rate: Tensor | float,
        validate_args: bool | None = None,
    ) -> None:
        base = Gamma(concentration, rate, validate_args=validate_args)
        self._gamma = base
        minus = -tg.ones((), dtype=base.rate.dtype)
        super().__init__(base, PowerTransform(minus), validate_args=validate_args)

    @property
    def concentration(self) -> Tensor:
        """The shape of the gamma numbers."""
        return self._gamma.concentration

    @property
    def rate(self) -> Tensor:
        """The rate of the gamma numbers."""
        return self._gamma.rate

    @property
    def mean(self) -> Tensor:
        mean = self.rate / (self.concentration - 1)
        return where(self.concentration > 1, mean, math.inf)

    @property
    def mode(self) -> Tensor:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Tensor:
        c = self.concentration
        variance = self.rate.square() / ((c - 1).square() * (c - 2))
        return where(c > 2, variance, math.inf)

    def entropy(self) -> Tensor:
        c = self.concentration
        return c + self.rate.log() + c.lgamma() - (1 + c) * c.digamma()
