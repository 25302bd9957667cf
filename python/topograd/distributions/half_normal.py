"""The half-normal distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from topograd._C import Tensor
from topograd.distributions._half import Half
from topograd.distributions.normal import Normal

__all__ = ["HalfNormal"]


class HalfNormal(Half):
    """Absolute values of normal numbers around 0.

    log p(x) = log 2 + log p of Normal(0, scale), for x ≥ 0.  scale: a number or a tensor, > 0.

    >>> import topograd as tg
    >>> tg.distributions.HalfNormal(1.0).mode
    tensor(0.)
    """

    whole: ClassVar[Any] = Normal

    @property
    def mean(self) -> Tensor:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * (1 - 2 / math.pi)
