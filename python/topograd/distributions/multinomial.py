"""The multinomial distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Size, Tensor
from topograd.distributions import constraints
from topograd.distributions.categorical import Categorical
from topograd.distributions.distribution import Distribution

__all__ = ["Multinomial"]


class Multinomial(Distribution):
    """How often each of C classes comes among total_count draws.

    log p(x) = lgamma(n + 1) - Σ lgamma(xₖ + 1) + Σ xₖ log(probsₖ).  total_count: an int, default 1.
    probs (…, C), divided by their sum, or logits.  validate_args does not check the sum of the
    counts of a value beyond that it is at most total_count.

    >>> import topograd as tg
    >>> d = tg.distributions.Multinomial(4, tg.tensor([1.0, 3.0]))
    >>> d.mean, d.sample().sum()
    (tensor([1., 3.]), tensor(4.))
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.simplex,
        "logits": constraints.real_vector,
    }

    def __init__(
        self,
        total_count: int = 1,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given: object = total_count
        if isinstance(given, bool) or not isinstance(given, int) or given < 0:
            raise NotImplementedError(
                f"Multinomial: total_count must be one int, not negative, got {total_count!r}"
            )
        self.total_count = total_count
        self._categorical = Categorical(probs=probs, logits=logits, validate_args=validate_args)
        batch = self._categorical.batch_shape
        super().__init__(batch, self.logits.shape[-1:], validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        """Counts that add up to at most total_count."""
        return constraints.multinomial(self.total_count)

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self._categorical.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities of the classes."""
        return self._categorical.probs

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter."""
        return self._categorical.param_shape

    @property
    def mean(self) -> Tensor:
        return self.probs * self.total_count

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        drawn = self._categorical.sample((self.total_count, *sample_shape)).movedim(0, -1)
        counts = tg.zeros(self._extended_shape(sample_shape), dtype=self.probs.dtype)
        return counts.scatter_add(-1, drawn, tg.ones(drawn.shape, dtype=counts.dtype))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        # 0 · log(0) is 0
        chances = (value * self.logits).masked_fill((value == 0) & (self.logits == -math.inf), 0)
        return ways + chances.sum(-1)

    def entropy(self) -> Tensor:
        from topograd.distributions.binomial import Binomial

        single = self._categorical.entropy()
        counts = Binomial(self.total_count, probs=self.probs, validate_args=False)
        values = counts.enumerate_support(expand=False)[1:]
        weights = counts._log_choices(values) + values * counts.logits
        weights = weights - self.total_count * tg.nn.functional.softplus(counts.logits)
        ways = (weights.exp() * (values + 1).lgamma()).sum((0, -1))
        return self.total_count * single - math.lgamma(self.total_count + 1) + ways
