"""The Laplace distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import broadcast_all, tiny_of, where

__all__ = ["Laplace"]


class Laplace(Distribution):
    """Two exponential tails around loc.

    log p(x) = -|x - loc| / scale - log(2 scale).  loc, scale: numbers or tensors that broadcast;
    scale > 0.

    >>> import topograd as tg
    >>> tg.distributions.Laplace(0.0, 1.0).log_prob(tg.tensor([0.0, -1.0]))
    tensor([-0.6931, -1.6931])
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support: Any = constraints.real
    has_rsample = True

    def __init__(
        self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None
    ) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return 2 * self.scale.square()

    @property
    def stddev(self) -> Tensor:
        return 2**0.5 * self.scale

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        u = 2 * tg.rand(self._extended_shape(sample_shape), dtype=self.loc.dtype) - 1
        tail = (1 - u.abs()).clamp(min=tiny_of(u.dtype)).log()
        return self.loc - self.scale * u.sign() * tail

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        return -(value - self.loc).abs() / self.scale - (2 * self.scale).log()

    def cdf(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        distance = (value - self.loc) / self.scale
        tail = 0.5 * (-distance.abs()).exp()
        return where(distance < 0, tail, 1 - tail)

    def icdf(self, value: Tensor) -> Tensor:
        side = value - 0.5
        return self.loc - self.scale * side.sign() * (-2 * side.abs()).log1p()

    def entropy(self) -> Tensor:
        return 1 + (2 * self.scale).log()
