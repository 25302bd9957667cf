"""The Weibull distribution."""

from __future__ import annotations

from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.exponential import Exponential
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import AffineTransform, PowerTransform
from topograd.distributions.utils import broadcast_all, euler_constant

__all__ = ["Weibull"]


class Weibull(TransformedDistribution):
    """Times until a failure whose rate changes with age: scale · e ** (1 / concentration).

    e is an exponential number of rate 1.  log p(x) = log(k / λ) + (k - 1) log(x / λ) - (x / λ) ** k
    with λ = scale and k = concentration: numbers or tensors that broadcast, > 0.

    >>> import topograd as tg
    >>> tg.distributions.Weibull(2.0, 1.0).mean
    tensor(2.)
    """

    arg_constraints: ClassVar[Any] = {
        "scale": constraints.positive,
        "concentration": constraints.positive,
    }
    support: Any = constraints.positive

    def __init__(
        self,
        scale: Tensor | float,
        concentration: Tensor | float,
        validate_args: bool | None = None,
    ) -> None:
        self.scale, self.concentration = broadcast_all(scale, concentration)
        base = Exponential(tg.ones_like(self.scale), validate_args=False)
        transforms = [
            PowerTransform(self.concentration.reciprocal()),
            AffineTransform(0.0, self.scale),
        ]
        super().__init__(base, transforms, validate_args=validate_args)

    def _moment(self, order: int) -> Tensor:
        """The logarithm of the mean of the power of that order, of scale 1."""
        return (1 + order * self.concentration.reciprocal()).lgamma()

    @property
    def mean(self) -> Tensor:
        return self.scale * self._moment(1).exp()

    @property
    def mode(self) -> Tensor:
        k = self.concentration
        return self.scale * ((k - 1) / k).clamp(min=0).pow(k.reciprocal())

    @property
    def variance(self) -> Tensor:
        return self.scale.square() * (self._moment(2).exp() - (2 * self._moment(1)).exp())

    def entropy(self) -> Tensor:
        slow = 1 - self.concentration.reciprocal()
        return euler_constant * slow + (self.scale / self.concentration).log() + 1
