"""The binomial distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.bernoulli import BinaryParameters
from topograd.distributions.utils import broadcast_all

__all__ = ["Binomial"]


class Binomial(BinaryParameters):
    """Successes among total_count trials.

    log p(k) = log C(n, k) + k log(probs) + (n - k) log(1 - probs).  total_count: an int or a
    tensor, ≥ 0, default 1; probs in [0, 1] or logits, which broadcast with it.

    >>> import topograd as tg
    >>> tg.distributions.Binomial(10, tg.tensor([0.2, 0.5])).mean
    tensor([2., 5.])
    """

    arg_constraints: ClassVar[Any] = {
        "total_count": constraints.nonnegative_integer,
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    has_enumerate_support = True

    def __init__(
        self,
        total_count: Tensor | int = 1,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        given = self._take(probs, logits)
        count = tg.as_tensor(total_count).to(given.dtype)
        self.total_count, self._parameter = broadcast_all(count, given)
        vars(self)["probs" if logits is None else "logits"] = self._parameter
        super().__init__(self._parameter.shape, validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """The whole numbers up to total_count."""
        return constraints.integer_interval(0, self.total_count)

    @property
    def mean(self) -> Tensor:
        return self.total_count * self.probs

    @property
    def mode(self) -> Tensor:
        return ((self.total_count + 1) * self.probs).floor().minimum(self.total_count)

    @property
    def variance(self) -> Tensor:
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with tg.no_grad():
            return tg.binomial(self.total_count.expand(shape), self.probs.expand(shape))

    def _log_choices(self, value: Tensor) -> Tensor:
        n = self.total_count
        return (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        # k log p + (n - k) log(1 - p) in terms of the logit
        softplus = tg.nn.functional.softplus(self.logits)
        return self._log_choices(value) + value * self.logits - self.total_count * softplus

    def entropy(self) -> Tensor:
        """Raises NotImplementedError unless total_count is the same for all."""
        values = self.enumerate_support(False)
        log_prob = self._log_choices(values) + values * self.logits
        log_prob = log_prob - self.total_count * tg.nn.functional.softplus(self.logits)
        return -(log_prob.exp() * log_prob).sum(0)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        most = int(self.total_count.max())
        if int(self.total_count.min()) != most:
            raise NotImplementedError(
                "Binomial: the support is enumerated for one total_count alone, got "
                f"{self.total_count}"
            )
        shape = self._batch_shape if expand else (1,) * len(self._batch_shape)
        values = tg.arange(1 + most, dtype=self._parameter.dtype)
        return values.reshape(-1, *(1,) * len(shape)).expand((1 + most, *shape))
