"""The Bernoulli distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import (
    broadcast_all,
    lazy_property,
    logits_to_probs,
    probs_to_logits,
)

__all__ = ["Bernoulli"]


class BinaryParameters(Distribution):
    """A base for distributions that take a probability or its logit, the other one being derived.

    Probabilities are moved away from 0 and 1 by the epsilon of their dtype to give logits.
    """

    def _take(self, probs: Any, logits: Any) -> Tensor:
        """Keeps the parameter that is given, and returns it."""
        if (probs is None) == (logits is None):
            raise ValueError(
                f"{type(self).__name__}: expects one of probs and logits, got "
                f"{'neither' if probs is None else 'both'}"
            )
        (self._parameter,) = broadcast_all(probs if logits is None else logits)
        vars(self)["probs" if logits is None else "logits"] = self._parameter
        return self._parameter

    @lazy_property
    def logits(self) -> Tensor:
        """log(probs) - log(1 - probs)."""
        return probs_to_logits(self.probs, is_binary=True)

    @lazy_property
    def probs(self) -> Tensor:
        """Sigmoid of the logits."""
        return logits_to_probs(self.logits, is_binary=True)

    @property
    def param_shape(self) -> tg.Size:
        """The shape of the parameter."""
        return self._parameter.shape


class Bernoulli(BinaryParameters):
    """1 with probability probs, else 0.

    log p(1) = log(probs).  Give probs in [0, 1] or logits = log(probs / (1 - probs)), a number or a
    tensor.

    >>> import topograd as tg
    >>> tg.distributions.Bernoulli(tg.tensor([0.25])).log_prob(tg.tensor([1.0]))
    tensor([-1.3863])
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support: Any = constraints.boolean
    has_enumerate_support = True

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(self._take(probs, logits).shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.probs

    @property
    def mode(self) -> Tensor:
        found = (self.probs > 0.5).to(self.probs.dtype)
        return found.masked_fill(self.probs == 0.5, float("nan"))

    @property
    def variance(self) -> Tensor:
        return self.probs * (1 - self.probs)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with tg.no_grad():
            return tg.bernoulli(self.probs.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        return -cross_entropy(logits, value)

    def entropy(self) -> Tensor:
        return cross_entropy(self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Tensor:
        shape = self._batch_shape if expand else (1,) * len(self._batch_shape)
        values = tg.arange(2, dtype=self._parameter.dtype)
        return values.reshape(2, *(1,) * len(shape)).expand((2, *shape))


def cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """-(t log p + (1 - t) log(1 - p)) for the logits of p, element by element."""
    return tg.nn.functional.binary_cross_entropy_with_logits(
        logits, target.to(logits.dtype), reduction="none"
    )
