"""The multivariate normal distribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import _matrices, constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.normal import HALF_LOG_TWO_PI
from topograd.distributions.utils import expect_dims, lazy_property

__all__ = ["MultivariateNormal"]


class MultivariateNormal(Distribution):
    """Normal vectors of mean loc (…, n) with a covariance.

    log p(x) = -|L⁻¹ (x - loc)|² / 2 - log det L - n log(2 π) / 2 with L = scale_tril.  Give one of
    covariance_matrix, precision_matrix (its inverse), both positive-definite, and scale_tril, the
    lower triangular factor with a positive diagonal and covariance = L Lᵀ: (…, n, n).  Batch dims
    broadcast.  Raises ValueError when none or several are given.

    >>> import topograd as tg
    >>> d = tg.distributions.MultivariateNormal(tg.zeros(2), tg.tensor([[4.0, 0.0], [0.0, 1.0]]))
    >>> d.scale_tril
    tensor([[2., 0.],
            [0., 1.]])
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real_vector,
        "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite,
        "scale_tril": constraints.lower_cholesky,
    }
    support: Any = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        covariance_matrix: Tensor | None = None,
        precision_matrix: Tensor | None = None,
        scale_tril: Tensor | None = None,
        validate_args: bool | None = None,
    ) -> None:
        expect_dims("MultivariateNormal", "loc", loc, 1)
        named = {
            "covariance_matrix": covariance_matrix,
            "precision_matrix": precision_matrix,
            "scale_tril": scale_tril,
        }
        given = {name: matrix for name, matrix in named.items() if matrix is not None}
        if len(given) != 1:
            raise ValueError(
                "MultivariateNormal: exactly one of covariance_matrix or precision_matrix or "
                f"scale_tril must be specified, got {list(given) or 'none'}"
            )
        ((name, matrix),) = given.items()
        n = loc.shape[-1]
        if matrix.dim() < 2 or tuple(matrix.shape[-2:]) != (n, n):
            raise ValueError(
                f"MultivariateNormal: {name} must be (…, {n}, {n}) for loc of shape "
                f"{tuple(loc.shape)}, got {tuple(matrix.shape)}"
            )
        batch = tg.broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        self.loc = loc.expand((*batch, n))
        vars(self)[name] = matrix.expand((*batch, n, n))
        super().__init__(batch, (n,), validate_args=validate_args)
        # The factor of what is not expanded is computed once for the whole batch.
        factor = matrix
        if name == "covariance_matrix":
            factor = _matrices.cholesky(matrix)
        elif name == "precision_matrix":
            factor = _matrices.factor_of_inverse(matrix)
        self._factor = factor
        vars(self)["scale_tril"] = factor.expand((*batch, n, n))

    _not_expanded = ("_factor",)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular factor of the covariance."""
        raise NotImplementedError("MultivariateNormal: set by the constructor")

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """L Lᵀ."""
        return (self._factor @ self._factor.mT).expand(self.scale_tril.shape)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        inverse = _matrices.inverse_of_factor(self._factor)
        return (inverse.mT @ inverse).expand(self.scale_tril.shape)

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self._factor.square().sum(-1).expand(self.loc.shape)

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        noise = tg.randn(self._extended_shape(sample_shape), dtype=self.loc.dtype)
        return self.loc + (self._factor @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        distance = _matrices.mahalanobis_squared(self._factor, value - self.loc)
        volume = _matrices.log_det_of_factor(self._factor)
        return -0.5 * distance - volume - HALF_LOG_TWO_PI * self._event_shape[0]

    def entropy(self) -> Tensor:
        volume = _matrices.log_det_of_factor(self._factor)
        return (volume + (0.5 + HALF_LOG_TWO_PI) * self._event_shape[0]).expand(self._batch_shape)
