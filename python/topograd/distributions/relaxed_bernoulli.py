"""Bernoulli numbers softened so that they have gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.bernoulli import BinaryParameters
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import SigmoidTransform
from topograd.distributions.utils import broadcast_all, clamp_probs

__all__ = ["LogitRelaxedBernoulli", "RelaxedBernoulli"]


class LogitRelaxedBernoulli(BinaryParameters):
    """Logits of relaxed Bernoulli numbers: (logit(probs) + logit(u)) / temperature, u uniform.

    log p(x) = log(t) + y - 2 log(1 + exp(y)) with y = logit(probs) - t x.  temperature t: a number
    or a tensor, > 0.  Give probs in [0, 1] or logits.

    >>> import topograd as tg
    >>> d = tg.distributions.relaxed_bernoulli.LogitRelaxedBernoulli(1.0, logits=tg.tensor(0.0))
    >>> d.log_prob(tg.tensor(0.0))
    tensor(-1.3863)
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support: Any = constraints.real
    has_rsample = True
    _not_expanded = ("temperature",)

    def __init__(
        self,
        temperature: Tensor | float,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self.temperature = temperature
        super().__init__(self._take(probs, logits).shape, validate_args=validate_args)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        p = clamp_probs(self.probs.expand(shape))
        u = clamp_probs(tg.rand(shape, dtype=p.dtype))
        noise = u.log() - (-u).log1p()
        return (noise + p.log() - (-p).log1p()) / self.temperature

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        logits, value = broadcast_all(self.logits, value)
        y = logits - value * self.temperature
        log_temperature = tg.as_tensor(self.temperature, dtype=y.dtype).log()
        return log_temperature + y - 2 * tg.nn.functional.softplus(y)


class RelaxedBernoulli(TransformedDistribution):
    """Numbers in (0, 1) that come near to Bernoulli numbers at a low temperature.

    temperature: a number or a tensor, > 0.  Give probs in [0, 1] or logits.  Sources: Maddison,
    Mnih and Teh, 2017; Jang, Gu and Poole, 2017.

    >>> import topograd as tg
    >>> x = tg.distributions.RelaxedBernoulli(0.5, probs=tg.tensor([0.1, 0.9])).rsample((100,))
    >>> bool(((x > 0) & (x < 1)).all())
    True
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.unit_interval,
        "logits": constraints.real,
    }
    support: Any = constraints.unit_interval

    def __init__(
        self,
        temperature: Tensor | float,
        probs: Tensor | float | None = None,
        logits: Tensor | float | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = LogitRelaxedBernoulli(temperature, probs, logits, validate_args=False)
        self._base: LogitRelaxedBernoulli = base
        super().__init__(base, SigmoidTransform(), validate_args=validate_args)

    def _is_derived(self, name: str) -> bool:
        return self._base._is_derived(name)

    @property
    def temperature(self) -> Tensor | float:
        """The temperature."""
        return self._base.temperature

    @property
    def logits(self) -> Tensor:
        """log(probs) - log(1 - probs)."""
        return self._base.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities of 1."""
        return self._base.probs
