"""The half-Cauchy distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions._half import Half
from topograd.distributions.cauchy import Cauchy

__all__ = ["HalfCauchy"]


class HalfCauchy(Half):
    """Absolute values of Cauchy numbers around 0.

    log p(x) = log 2 + log p of Cauchy(0, scale), for x ≥ 0.  scale: a number or a tensor, > 0.

    >>> import topograd as tg
    >>> tg.distributions.HalfCauchy(1.0).mode
    tensor(0.)
    """

    whole: ClassVar[Any] = Cauchy

    @property
    def mean(self) -> Tensor:
        return tg.full(self._extended_shape(), math.inf, dtype=self.scale.dtype)

    @property
    def variance(self) -> Tensor:
        return self.base_dist.variance
