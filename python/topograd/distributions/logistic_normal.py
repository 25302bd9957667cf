"""The logistic-normal distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.normal import Normal
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import StickBreakingTransform

__all__ = ["LogisticNormal"]


class LogisticNormal(TransformedDistribution):
    """Vectors in the simplex of K + 1 parts: stick breaking of K normal numbers.

    loc, scale: (…, K), which broadcast; scale > 0.

    >>> import topograd as tg
    >>> tg.distributions.LogisticNormal(tg.zeros(2), tg.ones(2)).sample().shape
    topograd.Size([3])
    """

    arg_constraints: ClassVar[Any] = {"loc": constraints.real, "scale": constraints.positive}
    support: Any = constraints.simplex

    def __init__(
        self, loc: Tensor | float, scale: Tensor | float, validate_args: bool | None = None
    ) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand((1,))
        super().__init__(base, StickBreakingTransform(), validate_args=validate_args)

    def _normal(self) -> Normal:
        wrapped: Any = self.base_dist
        normal: Normal = wrapped.base_dist
        return normal

    @property
    def loc(self) -> Tensor:
        """The means of the normal numbers."""
        return self._normal().loc

    @property
    def scale(self) -> Tensor:
        """The standard deviations of the normal numbers."""
        return self._normal().scale
