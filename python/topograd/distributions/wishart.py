"""The Wishart distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import _matrices, constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.gamma import standard_gamma
from topograd.distributions.multivariate_normal import MultivariateNormal
from topograd.distributions.utils import lazy_property, where

__all__ = ["Wishart"]


class Wishart(Distribution):
    """Sums of x xᵀ over df normal vectors x of mean 0: positive-definite n × n matrices.

    df: a number or a tensor, > n - 1, need not be whole.  Give one of covariance_matrix,
    precision_matrix and scale_tril of x, (…, n, n), as for MultivariateNormal.  Draws by Bartlett's
    decomposition are differentiable in df too.  Raises ValueError for a df that is too small.

    >>> import topograd as tg
    >>> tg.distributions.Wishart(3.0, covariance_matrix=tg.eye(2)).mean
    tensor([[3., 0.],
            [0., 3.]])
    """

    arg_constraints: ClassVar[Any] = {
        "df": constraints.greater_than(0),
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support: Any = constraints.positive_definite
    has_rsample = True
    _not_expanded = ("_factor",)

    def __init__(
        self,
        df: Tensor | float,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        named = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = {name: matrix for name, matrix in named.items() if matrix is not None}
        if len(given) != 1:
            raise ValueError(
                "Wishart: exactly one of covariance_matrix or precision_matrix or scale_tril must "
                f"be specified, got {list(given) or 'none'}"
            )
        ((name, matrix),) = given.items()
        n = matrix.shape[-1] if matrix.dim() else 0
        degrees = tg.as_tensor(df).to(matrix.dtype)
        # The normal vectors: they check the matrix and know its factor.
        zero = tg.zeros(n or 1, dtype=matrix.dtype)
        normal = MultivariateNormal(zero, **given, validate_args=validate_args)
        batch = tg.broadcast_shapes(degrees.shape, normal.batch_shape)
        self.df = degrees.expand(batch)
        self._factor = normal._factor
        vars(self)[name] = matrix.expand((*batch, n, n))
        vars(self)["scale_tril"] = self._factor.expand((*batch, n, n))
        super().__init__(batch, (n, n), validate_args=validate_args)
        if self._validate_args and not bool((self.df > n - 1).all()):
            raise ValueError(
                f"Wishart: Expected parameter df to be greater than n - 1 = {n - 1}, but found "
                f"invalid values:\n{self.df}"
            )

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular factor of the covariance of the vectors."""
        raise NotImplementedError("Wishart: set by the constructor")

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """The covariance of the vectors."""
        return self.scale_tril @ self.scale_tril.mT

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """Its inverse."""
        inverse = _matrices.inverse_of_factor(self.scale_tril)
        return inverse.mT @ inverse

    @property
    def _n(self) -> int:
        return self._event_shape[-1]

    def _wide_df(self) -> Tensor:
        return self.df.reshape(*self.df.shape, 1, 1)

    @property
    def mean(self) -> Tensor:
        return self._wide_df() * self.covariance_matrix

    @property
    def mode(self) -> Tensor:
        more = self._wide_df() - self._n - 1
        return where(more > 0, more * self.covariance_matrix, math.nan)

    @property
    def variance(self) -> Tensor:
        spread = self.covariance_matrix
        diagonal = spread.diagonal(dim1=-2, dim2=-1)
        products = diagonal.unsqueeze(-1) * diagonal.unsqueeze(-2)
        return self._wide_df() * (spread.square() + products)

    def _halves(self) -> Tensor:
        """(df - i) / 2 for i = 0 … n - 1."""
        return (self.df.unsqueeze(-1) - tg.arange(self._n, dtype=self.df.dtype)) / 2

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        chi_squared = 2 * standard_gamma(self._halves().expand(shape[:-1]))
        below = tg.randn(shape, dtype=self.df.dtype).tril(-1)
        root = self._factor @ (below + tg.diag_embed(chi_squared.sqrt()))
        return root @ root.mT

    def _log_det(self) -> Tensor:
        return 2 * _matrices.log_det_of_factor(self._factor)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        n, df = self._n, self.df
        root = _matrices.cholesky(value)
        whitened = _matrices.inverse_of_factor(self._factor) @ root
        trace = whitened.square().sum((-2, -1))
        normalizer = 0.5 * df * (n * math.log(2) + self._log_det()) + (df / 2).mvlgamma(n)
        log_det = 2 * _matrices.log_det_of_factor(root)
        return 0.5 * (df - n - 1) * log_det - 0.5 * trace - normalizer

    def entropy(self) -> Tensor:
        n, df = self._n, self.df
        digammas = self._halves().digamma().sum(-1)
        volume = 0.5 * (n + 1) * (self._log_det() + n * math.log(2))
        return volume + (df / 2).mvlgamma(n) - 0.5 * (df - n - 1) * digammas + 0.5 * n * df
