"""The negative binomial distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.bernoulli import BinaryParameters
from topograd.distributions.gamma import standard_gamma
from topograd.distributions.utils import broadcast_all

__all__ = ["NegativeBinomial"]


class NegativeBinomial(BinaryParameters):
    """Successes before total_count failures.

    log p(k) = lgamma(n + k) - lgamma(k + 1) - lgamma(n) + n log(1 - probs) + k log(probs).
    total_count: a number or a tensor, ≥ 0, need not be whole; probs in [0, 1) or logits.

    >>> import topograd as tg
    >>> tg.distributions.NegativeBinomial(3.0, tg.tensor(0.5)).mean
    tensor(3.)
    """

    arg_constraints: ClassVar[Any] = {
        "total_count": constraints.greater_than_eq(0),
        "probs": constraints.half_open_interval(0.0, 1.0),
        "logits": constraints.real,
    }
    support: Any = constraints.nonnegative_integer

    def __init__(
        self,
        total_count: Tensor | float,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given = self._take(probs, logits)
        count = tg.as_tensor(total_count).to(given.dtype)
        self.total_count, self._parameter = broadcast_all(count, given)
        vars(self)["probs" if logits is None else "logits"] = self._parameter
        super().__init__(self._parameter.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.logits.exp()

    @property
    def mode(self) -> Tensor:
        return ((self.total_count - 1) * self.logits.exp()).floor().clamp(min=0)

    @property
    def variance(self) -> Tensor:
        return self.mean / (-self.logits).sigmoid()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with tg.no_grad():
            rate = standard_gamma(self.total_count.expand(shape)) * self.logits.exp()
            return tg.poisson(rate)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n = self.total_count
        logsigmoid = tg.nn.functional.logsigmoid
        chances = n * logsigmoid(-self.logits) + value * logsigmoid(self.logits)
        ways = (n + value).lgamma() - (1 + value).lgamma() - n.lgamma()
        return chances + ways.masked_fill(n + value == 0, 0.0)
