"""The geometric distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.bernoulli import BinaryParameters
from topograd.distributions.utils import tiny_of

__all__ = ["Geometric"]


class Geometric(BinaryParameters):
    """Failures before the first success: 0, 1, 2 and so on.

    log p(k) = k log(1 - probs) + log(probs).  Give probs in (0, 1] or logits, a number or a tensor.

    >>> import topograd as tg
    >>> tg.distributions.Geometric(tg.tensor(0.25)).mean
    tensor(3.)
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support: Any = constraints.nonnegative_integer

    def __init__(
        self,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        super().__init__(self._take(probs, logits).shape, validate_args=validate_args)
        if self._validate_args and probs is not None and not bool((self.probs > 0).all()):
            raise ValueError(
                f"Geometric: Expected parameter probs (Tensor of shape {tuple(self.probs.shape)}) "
                f"to be positive, but found invalid values:\n{self.probs}"
            )

    @property
    def mean(self) -> Tensor:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Tensor:
        return tg.zeros_like(self.probs)

    @property
    def variance(self) -> Tensor:
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with tg.no_grad():
            u = tg.rand(shape, dtype=self.probs.dtype).clamp(min=tiny_of(self.probs.dtype))
            return (u.log() / (-self.probs.expand(shape)).log1p()).floor()

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        # probs = 1 leaves k = 0 alone: 0 · log(0) is 0 there.
        return value.xlogy(1 - self.probs) + self.probs.log()

    def entropy(self) -> Tensor:
        softplus = tg.nn.functional.softplus
        failing = (1 - self.probs) * softplus(self.logits) + self.probs * softplus(-self.logits)
        return failing / self.probs
