"""Mixtures of distributions of one family."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.categorical import Categorical
from topograd.distributions.distribution import Distribution

__all__ = ["MixtureSameFamily"]


class MixtureSameFamily(Distribution):
    """Draws from a component that is drawn first.

    log p(x) = logsumexp over k of log(weightₖ) + log pₖ(x).  mixture_distribution: a Categorical of
    batch shape (…) over K components.  component_distribution: its last batch dim is K, the ones
    before it broadcast with those of the mixture.

    >>> import topograd as tg
    >>> D = tg.distributions
    >>> two = D.Normal(tg.tensor([-1.0, 1.0]), tg.tensor([0.1, 0.1]))
    >>> D.MixtureSameFamily(D.Categorical(tg.ones(2)), two).variance
    tensor(1.0100)
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(
        self,
        mixture_distribution: Categorical,
        component_distribution: Distribution,
        validate_args: bool | None = None,
    ) -> None:
        parts: tuple[object, object] = (mixture_distribution, component_distribution)
        if not isinstance(parts[0], Categorical) or not isinstance(parts[1], Distribution):
            raise ValueError(
                "MixtureSameFamily: expects a Categorical and a Distribution, got "
                f"{type(parts[0]).__name__} and {type(parts[1]).__name__}"
            )
        batch = component_distribution.batch_shape
        count = mixture_distribution.param_shape[-1]
        if len(batch) < 1 or batch[-1] != count:
            raise ValueError(
                f"MixtureSameFamily: the last batch dim of the components must be {count}, got "
                f"batch shape {tuple(batch)}"
            )
        tg.broadcast_shapes(mixture_distribution.batch_shape, batch[:-1])
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        self._num_component = count
        event = component_distribution.event_shape
        super().__init__(batch[:-1], event, validate_args=validate_args)

    @property
    def mixture_distribution(self) -> Categorical:
        """The distribution of the component."""
        return self._mixture_distribution

    @property
    def component_distribution(self) -> Distribution:
        """The components, along the last batch dim."""
        return self._component_distribution

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """False: the component that is drawn has no gradient."""
        return False

    @constraints.dependent_property
    def support(self) -> Any:
        """That of the components."""
        return constraints.MixtureSameFamilyConstraint(self._component_distribution.support)

    def _weights(self) -> Tensor:
        weights = self._mixture_distribution.probs
        return weights.reshape(*weights.shape, *(1,) * len(self._event_shape))

    @property
    def _along(self) -> int:
        return -1 - len(self._event_shape)

    @property
    def mean(self) -> Tensor:
        return (self._weights() * self._component_distribution.mean).sum(self._along)

    @property
    def variance(self) -> Tensor:
        weights = self._weights()
        within = (weights * self._component_distribution.variance).sum(self._along)
        apart = self._component_distribution.mean - self.mean.unsqueeze(self._along)
        return within + (weights * apart.square()).sum(self._along)

    def _with_components(self, value: Tensor) -> Tensor:
        return value.unsqueeze(self._along)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        each = self._component_distribution.log_prob(self._with_components(value))
        return (each + self._mixture_distribution.logits.log_softmax(-1)).logsumexp(-1)

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        each = self._component_distribution.cdf(self._with_components(value))
        return (each * self._mixture_distribution.probs).sum(-1)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with tg.no_grad():
            chosen = self._mixture_distribution.expand(self._batch_shape).sample(sample_shape)
            drawn = self._component_distribution.sample(sample_shape)
            places = chosen.reshape(*chosen.shape, 1, *(1,) * len(self._event_shape))
            places = places.expand((*chosen.shape, 1, *self._event_shape))
            return drawn.gather(self._along, places).squeeze(self._along)

    def expand(self, batch_shape: Sequence[int], _instance: Any = None) -> MixtureSameFamily:
        expanded: Any = super().expand(batch_shape, _instance)
        components = (*batch_shape, self._num_component)
        expanded._component_distribution = self._component_distribution.expand(components)
        expanded._mixture_distribution = self._mixture_distribution.expand(batch_shape)
        mixture: MixtureSameFamily = expanded
        return mixture

    _not_expanded = ("_component_distribution", "_mixture_distribution")

    def __repr__(self) -> str:
        return f"MixtureSameFamily({self._mixture_distribution}, {self._component_distribution})"
