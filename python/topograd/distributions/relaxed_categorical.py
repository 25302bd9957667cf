"""One-hot vectors softened so that they have gradients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Size, Tensor
from topograd.distributions import constraints
from topograd.distributions.categorical import Categorical
from topograd.distributions.distribution import Distribution
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import ExpTransform
from topograd.distributions.utils import tiny_of

__all__ = ["ExpRelaxedCategorical", "RelaxedOneHotCategorical"]


class ExpRelaxedCategorical(Distribution):
    """Logarithms of relaxed one-hot vectors: log_softmax((logits + g) / temperature), g Gumbel.

    log p(x) = lgamma(C) + (C - 1) log(t) + Σ yₖ - C logsumexp(y) with y = logits - t x.
    temperature t: a number or a tensor, > 0.  Give probs (…, C) or logits (…, C).

    >>> import topograd as tg
    >>> D = tg.distributions.relaxed_categorical
    >>> D.ExpRelaxedCategorical(1.0, logits=tg.zeros(3)).rsample().shape
    topograd.Size([3])
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.simplex,
        "logits": constraints.real_vector,
    }
    support: Any = constraints.real_vector
    has_rsample = True
    _not_expanded = ("temperature",)

    def __init__(
        self,
        temperature: Tensor | float,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args=False)
        self.temperature = temperature
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    def _is_derived(self, name: str) -> bool:
        return self._categorical._is_derived(name)

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

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        rare = tg.empty(shape, dtype=self.logits.dtype).exponential_()
        gumbel = -rare.clamp(min=tiny_of(rare.dtype)).log()
        return ((self.logits + gumbel) / self.temperature).log_softmax(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        classes = self._event_shape[0]
        log_temperature = tg.as_tensor(self.temperature, dtype=value.dtype).log()
        y = (self.logits - value * self.temperature).log_softmax(-1).sum(-1)
        return y + (classes - 1) * log_temperature + math.lgamma(classes)


class RelaxedOneHotCategorical(TransformedDistribution):
    """Vectors in the simplex that come near to one-hot vectors at a low temperature.

    temperature: a number or a tensor, > 0.  Give probs (…, C) or logits (…, C).  Sources: Maddison,
    Mnih and Teh, 2017; Jang, Gu and Poole, 2017.

    >>> import topograd as tg
    >>> x = tg.distributions.RelaxedOneHotCategorical(0.5, logits=tg.zeros(3)).rsample((100,))
    >>> bool(((x.sum(-1) - 1).abs() < 1e-5).all())
    True
    """

    arg_constraints: ClassVar[Any] = {
        "probs": constraints.simplex,
        "logits": constraints.real_vector,
    }
    support: Any = constraints.simplex

    def __init__(
        self,
        temperature: Tensor | float,
        probs: Tensor | None = None,
        logits: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        base = ExpRelaxedCategorical(temperature, probs, logits, validate_args=False)
        self._base: ExpRelaxedCategorical = base
        super().__init__(base, ExpTransform(), validate_args=validate_args)

    def _is_derived(self, name: str) -> bool:
        return self._base._is_derived(name)

    @property
    def temperature(self) -> Tensor | float:
        """The temperature."""
        return self._base.temperature

    @property
    def logits(self) -> Tensor:
        """The logarithms of the probabilities."""
        return self._base.logits

    @property
    def probs(self) -> Tensor:
        """The probabilities of the classes."""
        return self._base.probs
