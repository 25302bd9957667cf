"""The Gumbel distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import AffineTransform, ExpTransform
from topograd.distributions.uniform import Uniform
from topograd.distributions.utils import broadcast_all, eps_of, euler_constant, tiny_of

__all__ = ["Gumbel"]


class Gumbel(TransformedDistribution):
    """Greatest ones of many numbers: loc - scale · log(-log(u)) for uniform u.

    log p(x) = -(y + exp(-y)) - log(scale) with y = (x - loc) / scale.  loc, scale: numbers or
    tensors that broadcast; scale > 0.

    >>> import topograd as tg
    >>> tg.distributions.Gumbel(0.0, 1.0).mean
    tensor(0.5772)
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support: Any = constraints.real

    def __init__(
        self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        low = tg.full_like(self.loc, tiny_of(self.loc.dtype))
        base = Uniform(low, 1 - eps_of(self.loc.dtype), validate_args=False)
        unit = AffineTransform(0.0, -tg.ones_like(self.scale))
        transforms = [
            ExpTransform().inv,
            unit,
            ExpTransform().inv,
            AffineTransform(self.loc, -self.scale),
        ]
        super().__init__(base, transforms, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc + self.scale * euler_constant

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def stddev(self) -> Tensor:
        return math.pi / math.sqrt(6) * self.scale

    @property
    def variance(self) -> Tensor:
        return self.stddev.square()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        exponential = tg.empty(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        rare = exponential.exponential_().clamp(min=tiny_of(self.loc.dtype))
        return self.loc - self.scale * rare.log()

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        with tg.no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        y = (self.loc - value) / self.scale
        return y - y.exp() - self.scale.log()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return (-((self.loc - value) / self.scale).exp()).exp()

    def icdf(self, value: Tensor) -> Tensor:
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self) -> Tensor:
        return self.scale.log() + (1 + euler_constant)
