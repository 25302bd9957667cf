"""The half-Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.cauchy import Cauchy
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import AbsTransform
from topograd.distributions.utils import where

__all__ = ["HalfCauchy"]


class HalfCauchy(TransformedDistribution):
    """Absolute values of Cauchy numbers around 0.

    log p(x) = log 2 + log p of Cauchy(0, scale), for x ≥ 0.  scale: a number or a tensor, > 0.

    >>> import topograd as tg
    >>> tg.distributions.HalfCauchy(1.0).mode
    tensor(0.)
    """

    arg_constraints: ClassVar[Any] = {"scale": constraints.positive}
    support: Any = constraints.nonnegative

    def __init__(self, scale: Tensor | float, validate_args: bool | None = None) -> None:
        base = Cauchy(0.0 if not isinstance(scale, Tensor) else tg.zeros_like(scale), scale, False)
        super().__init__(base, AbsTransform(), validate_args=validate_args)

    @property
    def scale(self) -> Tensor:
        """The scale of the whole distribution."""
        whole: Any = self.base_dist
        scale: Tensor = whole.scale
        return scale

    @property
    def mean(self) -> Tensor:
        return tg.full(self._extended_shape(), math.inf, dtype=self.scale.dtype)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance

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
