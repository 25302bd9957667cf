"""The categorical distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Size, Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import (
    expect_dims,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
    tiny_of,
)

__all__ = ["Categorical"]


class Categorical(Distribution):
    """Class indices 0 … C - 1.

    log p(k) = log(probs[…, k]).  Give probs (…, C), not negative and not all 0, which are divided
    by their sum, or logits (…, C), from which logsumexp is subtracted.  Draws are int64.

    >>> import topograd as tg
    >>> d = tg.distributions.Categorical(tg.tensor([1.0, 1.0, 2.0]))
    >>> d.probs, d.log_prob(tg.tensor(2))
    (tensor([0.2500, 0.2500, 0.5000]), tensor(-0.6931))
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.simplex,
        "logits": constraints.real_vector,
    }
    has_enumerate_support = True

    def __init__(
        self,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        if (probs is None) == (logits is None):
            raise ValueError(
                f"Categorical: expects one of probs and logits, got "
                f"{'neither' if probs is None else 'both'}"
            )
        name, given = ("probs", probs) if logits is None else ("logits", logits)
        expect_dims("Categorical", name, given, 1)
        assert given is not None
        if logits is None:
            self._parameter = given / given.sum(-1, keepdim=True)
        else:
            self._parameter = given - given.logsumexp(-1, keepdim=True)
        vars(self)[name] = self._parameter
        super().__init__(given.shape[:-1], validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        """The class indices."""
        return constraints.integer_interval(0, self._num_events - 1)

    @property
    def _num_events(self) -> int:
        return self._parameter.shape[-1]

    @lazy_property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities, which are moved away from 0."""
        return probs_to_logits(self.probs)

    @lazy_property
    def probs(self) -> Tensor:
        """The probabilities."""
        return logits_to_probs(self.logits)

    @property
    def param_shape(self) -> Size:
        """The shape of the parameter, batch_shape + (C,)."""
        return self._parameter.shape

    @property
    def mean(self) -> Tensor:
        return self._nowhere()

    @property
    def variance(self) -> Tensor:
        return self._nowhere()

    def _nowhere(self) -> Tensor:
        return tg.full(self._batch_shape, float("nan"), dtype=self._parameter.dtype)

    @property
    def mode(self) -> Tensor:
        return self.probs.argmax(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        count = Size(tuple(sample_shape)).numel()
        with tg.no_grad():
            rows = self.probs.reshape(-1, self._num_events)
            if count == 0 or rows.shape[0] == 0:
                return tg.zeros(shape, dtype=tg.int64)
            return tg.multinomial(rows, count, True).t().reshape(shape)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        places = value.long().unsqueeze(-1)
        shape = tg.broadcast_shapes(places.shape[:-1], self.logits.shape[:-1])
        rows = self.logits.expand((*shape, self._num_events))
        return rows.gather(-1, places.expand((*shape, 1))).squeeze(-1)

    def entropy(self) -> Tensor:
        # A logit of -inf would make 0 · -inf.
        lowest = -1 / tiny_of(self.logits.dtype)
        return -(self.logits.clamp(min=lowest) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        shape = self._batch_shape if expand else (1,) * len(self._batch_shape)
        values = tg.arange(self._num_events)
        return values.reshape(-1, *(1,) * len(shape)).expand((self._num_events, *shape))
