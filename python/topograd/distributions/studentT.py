"""Student's t distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.chi2 import Chi2
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import broadcast_all, where

__all__ = ["StudentT"]


class StudentT(Distribution):
    """Normal numbers divided by the root of a chi-squared number over df: heavier tails.

    log p(x) = lgamma((df + 1) / 2) - lgamma(df / 2) - log(df π) / 2 - log(scale)
    - (df + 1) / 2 · log(1 + y² / df) with y = (x - loc) / scale.  df, loc (default 0), scale
    (default 1): numbers or tensors that broadcast; df and scale > 0.

    >>> import topograd as tg
    >>> tg.distributions.StudentT(3.0).variance
    tensor(3.)
    """

    arg_constraints: ClassVar[Any] = {
        "df": constraints.positive,
        "loc": constraints.real,
        "scale": constraints.positive,
    }
    support: Any = constraints.real
    has_rsample = True

    def __init__(
        self,
        df: Tensor | float,
        loc: Tensor | float = 0.0,
        scale: Tensor | float = 1.0,
        validate_args: bool | None = None,
    ) -> None:
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df, validate_args=validate_args)
        super().__init__(self.df.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc.masked_fill(self.df <= 1, math.nan)

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        safe = self.df.clamp(min=2 + 1e-6)
        finite = self.scale.square() * safe / (safe - 2)
        known = where(self.df > 2, finite, tg.full_like(finite, math.inf))
        return known.masked_fill(self.df <= 1, math.nan)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        normal = tg.randn(self._extended_shape(sample_shape), dtype=self.df.dtype)
        spread = self._chi2.rsample(sample_shape)
        return self.loc + self.scale * normal * (spread / self.df).rsqrt()

    def _log_normalizer(self) -> Tensor:
        half = self.df / 2
        return (
            self.scale.log()
            + 0.5 * (self.df * math.pi).log()
            + half.lgamma()
            - (half + 0.5).lgamma()
        )

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        y = (value - self.loc) / self.scale
        return -0.5 * (self.df + 1) * (y.square() / self.df).log1p() - self._log_normalizer()

    def entropy(self) -> Tensor:
        upper = (self.df + 1) / 2
        half = self.df / 2
        # log of the beta function of (df / 2, 1 / 2)
        log_beta = half.lgamma() + math.lgamma(0.5) - upper.lgamma()
        tail = upper * (upper.digamma() - half.digamma())
        return self.scale.log() + tail + 0.5 * self.df.log() + log_beta
