"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.bernoulli import BinaryParameters, cross_entropy
from topograd.distributions.utils import broadcast_all, clamp_probs, where

__all__ = ["ContinuousBernoulli"]


class ContinuousBernoulli(BinaryParameters):
    """Numbers in [0, 1] of density ~ probs ** x (1 - probs) ** (1 - x).

    Give probs in (0, 1) or logits.  lims: where around 1/2 the normalizer, 0/0 there, is taken from
    its series; so are cdf and draws, which are uniform in PyTorch there.  Source: Loaiza-Ganem and
    Cunningham, 2019.

    >>> import topograd as tg
    >>> tg.distributions.ContinuousBernoulli(tg.tensor(0.5)).mean
    tensor(0.5000)
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support: Any = constraints.unit_interval
    has_rsample = True

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        lims: tuple[float, float] = (0.499, 0.501),
        validate_args: bool | None = None,
    ) -> None:
        given = self._take(probs, logits)
        self._lims = lims
        super().__init__(given.shape, validate_args=validate_args)
        if probs is not None:  # checked before it is moved away from the ends
            self._parameter = self.probs = clamp_probs(given)

    def _apart(self) -> tuple[Tensor, Tensor, Tensor]:
        """Where probs is away from 1/2, the probs with another one elsewhere, and x = p - 1/2."""
        p = self.probs
        far = (p <= self._lims[0]) | (p > self._lims[1])
        return far, where(far, p, self._lims[0]), p - 0.5

    def _log_normalizer(self) -> Tensor:
        """Log C(p): C = 2 atanh(1 - 2 p) / (1 - 2 p), 2 at p = 1/2."""
        far, p, x = self._apart()
        exact = ((-p).log1p() - p.log()).abs().log() - (1 - 2 * p).abs().log()
        series = math.log(2) + (4 / 3 + 104 / 45 * x.square()) * x.square()
        return where(far, exact, series)

    @property
    def mean(self) -> Tensor:
        far, p, x = self._apart()
        exact = p / (2 * p - 1) + 1 / ((-p).log1p() - p.log())
        return where(far, exact, 0.5 + (1 / 3 + 16 / 45 * x.square()) * x)

    @property
    def mode(self) -> Tensor:
        return (self.probs > 0.5).to(self.probs.dtype).masked_fill(self.probs == 0.5, math.nan)

    @property
    def variance(self) -> Tensor:
        far, p, x = self._apart()
        exact = p * (p - 1) / (1 - 2 * p).square() + 1 / ((-p).log1p() - p.log()).square()
        series = 1 / 12 - (1 / 15 - 128 / 945 * x.square()) * x.square()
        return where(far, exact, series)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        u = tg.rand(self._extended_shape(sample_shape), dtype=self.probs.dtype)
        return self.icdf(u)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -cross_entropy(logits, value) + self._log_normalizer()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        far, p, x = self._apart()
        exact = (p.pow(value) * (1 - p).pow(1 - value) + p - 1) / (2 * p - 1)
        inside = where(far, exact, value - 2 * x * value * (1 - value))
        return where(value <= 0, 0.0, where(value >= 1, 1.0, inside))

    def icdf(self, value: Tensor) -> Tensor:
        far, p, x = self._apart()
        exact = ((-p + value * (2 * p - 1)).log1p() - (-p).log1p()) / (p.log() - (-p).log1p())
        return where(far, exact, value + 2 * x * value * (1 - value))

    def entropy(self) -> Tensor:
        lowest = (-self.probs).log1p()
        return self.mean * (lowest - self.probs.log()) - self._log_normalizer() - lowest
