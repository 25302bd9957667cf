"""What distributions of absolute values share."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import AbsTransform
from topograd.distributions.utils import where

__all__ = ["Half"]


class Half(TransformedDistribution):
    """Absolute values of numbers of a distribution that is symmetric around 0."""

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive}
    support: Any = constraints.nonnegative
    whole: ClassVar[Any]  # the class of the symmetric distribution

    def __init__(self, scale: Tensor | float, validate_args: bool | None = None) -> None:
        center = 0.0 if not isinstance(scale, Tensor) else tg.zeros_like(scale)
        base: Distribution = self.whole(center, scale, False)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Tensor:
        """The scale of the whole distribution."""
        whole: Any = self.base_dist
        scale: Tensor = whole.scale
        return scale

    @property
    def mode(self) -> Tensor:
        return tg.zeros_like(self.scale)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        doubled = self.base_dist.log_prob(value) + math.log(2)
        return where(value >= 0, doubled, -math.inf)

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return 2 * self.base_dist.cdf(value) - 1

    def icdf(self, value: Tensor) -> Tensor:
        return self.base_dist.icdf((value + 1) / 2)

    def entropy(self) -> Tensor:
        return self.base_dist.entropy() - math.log(2)
