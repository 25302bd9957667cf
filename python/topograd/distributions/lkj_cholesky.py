"""The distribution of Lewandowski, Kurowicka and Joe over correlation matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Size, Tensor
from topograd.distributions import constraints
from topograd.distributions.beta import Beta
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import broadcast_all, eps_of

__all__ = ["LKJCholesky"]


class LKJCholesky(Distribution):
    """Lower triangular factors L of n × n correlation matrices of density ~ det(L Lᵀ) ** (η - 1).

    dim: n, at least 2.  concentration η: a number or a tensor, > 0, default 1: uniform over
    correlation matrices; larger ones favour the identity.  Drawn row by row: a direction on the
    sphere with a length whose square is a beta number.  Source: Lewandowski, Kurowicka and Joe,
    2009.

    >>> import topograd as tg
    >>> factor = tg.distributions.LKJCholesky(3, 0.5).sample()
    >>> bool(((factor @ factor.T).diagonal() - 1).abs().max() < 1e-5)
    True
    """

    arg_constraints: ClassVar[Any] = {"concentration": constraints.positive}
    support: Any = constraints.corr_cholesky
    _not_expanded = ("_beta",)

    def __init__(
        self,
        dim: int,
        concentration: Tensor | float = 1.0,
        validate_args: bool | None = None,
    ) -> None:
        if dim < 2:
            raise ValueError(f"LKJCholesky: dim must be at least 2, got {dim}")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        shape = self.concentration.shape
        super().__init__(shape, (dim, dim), validate_args=validate_args)

    def _rows(self) -> Tensor:
        """0, 1, … n - 2: what comes before the diagonal in each row after the first."""
        return tg.arange(self.dim - 1, dtype=self.concentration.dtype)

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = Size((*sample_shape, *self._batch_shape))
        n, rows = self.dim, self._rows()
        with tg.no_grad():
            free = self.concentration.unsqueeze(-1) + 0.5 * (n - 2 - rows)
            squared = Beta(rows / 2 + 0.5, free, validate_args=False).sample(sample_shape)
            normal = tg.randn((*shape, n - 1, n - 1), dtype=rows.dtype).tril()
            sphere = normal / normal.square().sum(-1, keepdim=True).sqrt()
            below = squared.sqrt().unsqueeze(-1) * sphere
            factor = tg.nn.functional.pad(below, [0, 1, 1, 0])
            left = (1 - factor.square().sum(-1)).clamp(min=eps_of(rows.dtype) ** 2)
            return factor + tg.diag_embed(left.sqrt())

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n, eta = self.dim, self.concentration
        diagonal = value.diagonal(dim1=-2, dim2=-1)[..., 1:]
        orders = tg.arange(2, n + 1, dtype=eta.dtype)
        powers = 2 * (eta - 1).unsqueeze(-1) + n - orders
        half = eta + 0.5 * (n - 1)
        ways = 0.5 * (n - 1) * math.log(math.pi)
        constant = ways + (half - 0.5).mvlgamma(n - 1) - (n - 1) * half.lgamma()
        return (powers * diagonal.log()).sum(-1) - constant
