"""The von Mises distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import broadcast_all, where

__all__ = ["VonMises"]

_LARGE = 30.0  # from here on four terms of the asymptotic series are exact to eight digits


def log_bessel(x: Tensor) -> Tensor:
    """Log I₀(x) for x ≥ 0, also where I₀ overflows. Source: DLMF 10.40.1."""
    small = where(x < _LARGE, x, 1.0).i0().log()
    y = where(x < _LARGE, _LARGE, x)
    r = 1 / (8 * y)
    series = r * (1 + r * (4.5 + r * (37.5 + r * 459.375)))
    return where(x < _LARGE, small, y - 0.5 * (2 * math.pi * y).log() + series.log1p())


class VonMises(Distribution):
    """Angles in [-π, π): the normal distribution of the circle.

    log p(x) = concentration · cos(x - loc) - log(2 π I₀(concentration)).  loc (an angle),
    concentration: numbers or tensors that broadcast; concentration > 0.  Draws are float64 inside
    and not differentiable.  Source: Best and Fisher, 1979.

    >>> import topograd as tg
    >>> tg.distributions.VonMises(0.0, 1.0).log_prob(tg.tensor(0.0))
    tensor(-1.0738)
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real,
        "concentration": constraints.positive,
    }
    support: Any = constraints.real

    def __init__(
        self,
        loc: Tensor | float,
        concentration: Tensor | float,
        validate_args: bool | None = None,
    ) -> None:
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, validate_args=validate_args)

    @property
    def mean(self) -> Tensor:
        """The mean direction."""
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        """The circular variance: 1 - I₁(concentration) / I₀(concentration)."""
        with tg.enable_grad():
            k = self.concentration
            k = k if k.requires_grad else k.detach().requires_grad_()
            (ratio,) = tg.autograd.grad(log_bessel(k).sum(), k, create_graph=True)
        return 1 - (ratio if self.concentration.requires_grad else ratio.detach())

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        pull = self.concentration * (value - self.loc).cos()
        return pull - math.log(2 * math.pi) - log_bessel(self.concentration)

    def _proposal(self) -> Tensor:
        """The parameter of the wrapped Cauchy numbers that are tried: Best and Fisher's r."""
        k = self.concentration.double()
        tau = 1 + (1 + 4 * k.square()).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * k)
        exact = (1 + rho.square()) / (2 * rho)
        return where(k < 1e-5, 1 / k.clamp(min=1e-300) + k, exact)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        with tg.no_grad():
            k = self.concentration.double().expand(shape)
            r = self._proposal().expand(shape)
            angle = tg.zeros(shape, dtype=tg.float64)
            missing = tg.ones(shape, dtype=tg.bool)
            while bool(missing.any()):
                u1, u2, u3 = tg.rand((3, *shape), dtype=tg.float64).unbind()
                z = (math.pi * u1).cos()
                f = (1 + r * z) / (r + z)
                c = k * (r - f)
                accepted = (c * (2 - c) - u2 > 0) | ((c / u2).log() + 1 - c >= 0)
                tried = (u3 - 0.5).sign() * f.clamp(-1, 1).acos()
                angle = where(missing & accepted, tried, angle)
                missing = missing & ~accepted
            turned = (angle + math.pi + self.loc.double()) % (2 * math.pi) - math.pi
            return turned.to(self.loc.dtype)
