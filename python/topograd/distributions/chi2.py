"""The chi-squared distribution."""

from __future__ import annotations

from typing import Any, ClassVar

from topograd._C import Tensor
from topograd.distributions import constraints
from topograd.distributions.gamma import Gamma
from topograd.distributions.utils import broadcast_all

__all__ = ["Chi2"]


class Chi2(Gamma):
    """Sums of squares of df standard normal numbers: Gamma(df / 2, 1 / 2).

    df: a number or a tensor, > 0.

    >>> import topograd as tg
    >>> tg.distributions.Chi2(3.0).variance
    tensor(6.)
    """

    arg_constraints: ClassVar[Any] = {"df": constraints.positive}

    def __init__(self, df: Tensor | float, validate_args: bool | None = None) -> None:
        (degrees,) = broadcast_all(df)
        super().__init__(0.5 * degrees, 0.5, validate_args=validate_args)

    @property
    def df(self) -> Tensor:
        """The degrees of freedom."""
        return self.concentration * 2
