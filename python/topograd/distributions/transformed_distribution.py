"""Distributions of functions of random variables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution, expect_distribution
from topograd.distributions.independent import Independent
from topograd.distributions.transforms import ComposeTransform, Transform
from topograd.distributions.utils import sum_rightmost

__all__ = ["TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of y = f(x) for x of a base distribution.

    log p(y) = log p(x) - log |det ∂y/∂x|.  transforms: one, or a list whose first is applied first.
    Raises ValueError when the base has fewer dims than the transforms work on, TypeError for what
    is no transform.

    >>> import topograd as tg
    >>> D = tg.distributions
    >>> d = D.TransformedDistribution(D.Normal(0.0, 1.0), D.ExpTransform())
    >>> bool(d.log_prob(tg.tensor(2.0)) == D.LogNormal(0.0, 1.0).log_prob(tg.tensor(2.0)))
    True
    """

    arg_constraints: ClassVar[Any] = {}

    def __init__(
        self,
        base_distribution: Distribution,
        transforms: Transform | Sequence[Transform],
        validate_args: bool | None = None,
    ) -> None:
        listed = [transforms] if isinstance(transforms, Transform) else list(transforms)
        if not all(isinstance(one, Transform) for one in listed):
            raise TypeError(
                f"TransformedDistribution: transforms must be a Transform or a list of them, got "
                f"{transforms}"
            )
        expect_distribution("TransformedDistribution", base_distribution)
        self.transforms = listed
        whole = ComposeTransform(listed)
        inner = int(whole.domain.event_dim)
        base_shape = (*base_distribution.batch_shape, *base_distribution.event_shape)
        if len(base_shape) < inner:
            raise ValueError(
                f"TransformedDistribution: the base distribution needs at least {inner} dims for "
                f"{whole}, got shape {base_shape}"
            )
        shape = whole.forward_shape(base_shape)
        needed = whole.inverse_shape(shape)
        own = len(base_distribution.event_shape)
        if tuple(needed) != base_shape:
            base_distribution = base_distribution.expand(needed[: len(needed) - own])
        if inner > own:
            base_distribution = Independent(base_distribution, inner - own)
        self.base_dist = base_distribution
        events = int(whole.codomain.event_dim) + max(own - inner, 0)
        cut = len(shape) - events
        super().__init__(shape[:cut], shape[cut:], validate_args=validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base distribution has it."""
        return self.base_dist.has_rsample

    @constraints.dependent_property
    def support(self) -> Any:
        """The codomain of the last transform."""
        if not self.transforms:
            return self.base_dist.support
        codomain = self.transforms[-1].codomain
        missing = len(self._event_shape) - int(codomain.event_dim)
        return constraints.independent(codomain, missing) if missing > 0 else codomain

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with tg.no_grad():
            return self._transformed(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        return self._transformed(self.base_dist.rsample(sample_shape))

    def _transformed(self, x: Tensor) -> Tensor:
        for transform in self.transforms:
            x = transform(x)
        return x

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        events = len(self._event_shape)
        total = tg.zeros((), dtype=value.dtype)
        y = value
        for transform in reversed(self.transforms):
            x = transform._inv_call(y)
            inner = int(transform.domain.event_dim)
            events += inner - int(transform.codomain.event_dim)
            total = total - sum_rightmost(transform.log_abs_det_jacobian(x, y), events - inner)
            y = x
        base = self.base_dist.log_prob(y)
        return total + sum_rightmost(base, events - len(self.base_dist.event_shape))

    def _oriented(self, probability: Tensor) -> Tensor:
        """A probability of the base as one of the result: falling functions turn it around."""
        sign: Any = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        if isinstance(sign, int) and sign == 1:
            return probability
        turned: Tensor = sign * (probability - 0.5) + 0.5
        return turned

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        for transform in reversed(self.transforms):
            value = transform._inv_call(value)
        return self._oriented(self.base_dist.cdf(value))

    def icdf(self, value: Tensor) -> Tensor:
        return self._transformed(self.base_dist.icdf(self._oriented(value)))
