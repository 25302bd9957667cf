"""The Dirichlet distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.gamma import standard_gamma
from topograd.distributions.utils import expect_dims, tiny_of, where

__all__ = ["Dirichlet"]

_SMALL = 0.1  # gamma numbers of a smaller shape fall below what the dtype holds


def log_gamma_draws(concentration: Tensor) -> Tensor:
    """Logarithms of gamma numbers of rate 1, differentiable; also those of tiny numbers."""
    usual = standard_gamma(concentration).log()
    small = concentration < _SMALL
    if not bool(small.any()):
        return usual
    # A gamma number of shape c is one of shape c + 1 times u ** (1 / c).
    u = tg.rand(concentration.shape, dtype=concentration.dtype)
    lifted = standard_gamma(concentration + 1).log()
    return where(small, lifted + u.clamp(min=tiny_of(u.dtype)).log() / concentration, usual)


class Dirichlet(Distribution):
    """Vectors of K positive numbers that add up to 1.

    log p(x) = Σ (cᵢ - 1) log xᵢ + lgamma(Σ cᵢ) - Σ lgamma(cᵢ).  concentration: (…, K), > 0.  Draws
    are normalised gamma numbers and differentiable as those are.

    >>> import topograd as tg
    >>> tg.distributions.Dirichlet(tg.tensor([1.0, 3.0])).mean
    tensor([0.2500, 0.7500])
    """

    arg_constraints: ClassVar[Any] = {
        "concentration": constraints.independent(constraints.positive, 1),
    }
    support: Any = constraints.simplex
    has_rsample = True

    def __init__(self, concentration: Tensor, validate_args: bool | None = None) -> None:
        expect_dims("Dirichlet", "concentration", concentration, 1)
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        return self.concentration / self.concentration.sum(-1, keepdim=True)

    @property
    def mode(self) -> Tensor:
        above = (self.concentration - 1).clamp(min=0)
        mode = above / above.sum(-1, keepdim=True)
        # All below 1: the density is largest in a corner.
        corner = tg.nn.functional.one_hot(self.concentration.argmax(-1), above.shape[-1])
        flat = (self.concentration < 1).all(-1, keepdim=True)
        return where(flat, corner.to(mode.dtype), mode)

    @property
    def variance(self) -> Tensor:
        total = self.concentration.sum(-1, keepdim=True)
        return self.concentration * (total - self.concentration) / (total.square() * (total + 1))

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        return log_gamma_draws(self.concentration.expand(shape)).softmax(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        c = self.concentration
        return (c - 1).xlogy(value).sum(-1) + c.sum(-1).lgamma() - c.lgamma().sum(-1)

    def entropy(self) -> Tensor:
        c = self.concentration
        total = c.sum(-1)
        pull = (total - c.shape[-1]) * total.digamma()
        return c.lgamma().sum(-1) - total.lgamma() + pull - ((c - 1) * c.digamma()).sum(-1)
