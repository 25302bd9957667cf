"""The generalized Pareto distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import broadcast_all, tiny_of, where

__all__ = ["GeneralizedPareto"]


class GeneralizedPareto(Distribution):
    """Excesses over a threshold: a tail that is a power (c > 0), exponential (0) or ends (c < 0).

    log p(x) = -log(scale) - (1 + 1 / c) log(1 + c y) with y = (x - loc) / scale and c =
    concentration; -log(scale) - y for c = 0.  loc, scale, concentration: numbers or tensors that
    broadcast; scale > 0.

    >>> import topograd as tg
    >>> tg.distributions.GeneralizedPareto(0.0, 1.0, 0.5).mean
    tensor(2.)
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real,
        "scale": constraints.positive,
        "concentration": constraints.real,
    }
    has_rsample = True

    def __init__(
        self,
        loc: Tensor | float,
        scale: Tensor | float,
        concentration: Tensor | float,
        validate_args: bool | None = None,
    ) -> None:
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self) -> Any:
        """From loc on; up to loc - scale / concentration where that is negative."""
        end = self.loc - self.scale / self._nonzero()
        upper = where(self.concentration < 0, end, math.inf)
        return constraints.interval(self.loc, upper)

    def _near_zero(self) -> Tensor:
        """Where the limit of an exponential tail is taken."""
        return self.concentration.abs() < 1e-6

    def _nonzero(self) -> Tensor:
        return self.concentration.masked_fill(self._near_zero(), 1.0)

    def _log_survival(self, y: Tensor) -> Tensor:
        """Log P(more than y scales above loc)."""
        c = self._nonzero()
        near = -y + 0.5 * self.concentration * y.square()
        return where(self._near_zero(), near, -(c * y).log1p() / c)

    @property
    def mean(self) -> Tensor:
        mean = self.loc + self.scale / (1 - self.concentration)
        return where(self.concentration < 1, mean, math.inf)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        c = self.concentration
        variance = self.scale.square() / ((1 - c).square() * (1 - 2 * c))
        return where(c < 0.5, variance, math.inf)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        u = tg.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self._at_survival(u.clamp(min=tiny_of(u.dtype)))

    def _at_survival(self, probability: Tensor) -> Tensor:
        c = self._nonzero()
        tail = -probability.log()
        near = tail + 0.5 * self.concentration * tail.square()
        y = where(self._near_zero(), near, (c * tail).expm1() / c)
        return self.loc + self.scale * y

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        y = (value - self.loc) / self.scale
        return -self.scale.log() + (1 + self.concentration) * self._log_survival(y)

    def log_survival_function(self, value: Tensor) -> Tensor:
        """Log P(x > value)."""
        if self._validate_args:
            self._validate_sample(value)
        return self._log_survival((value - self.loc) / self.scale)

    def log_cdf(self, value: Tensor) -> Tensor:
        """Log P(x ≤ value)."""
        return self.cdf(value).log()

    def cdf(self, value: Tensor) -> Tensor:
        return -self.log_survival_function(value).expm1()

    def icdf(self, value: Tensor) -> Tensor:
        return self._at_survival(1 - value)

    def entropy(self) -> Tensor:
        return (self.scale.log() + self.concentration + 1).expand(self._batch_shape)
