"""The multivariate normal distribution with a covariance of low rank and a diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import topograd as tg
from topograd._C import Tensor
from topograd.distributions import _matrices, constraints
from topograd.distributions.distribution import Distribution
from topograd.distributions.normal import HALF_LOG_TWO_PI
from topograd.distributions.utils import expect_dims, lazy_property

__all__ = ["LowRankMultivariateNormal"]


class LowRankMultivariateNormal(Distribution):
    """Normal vectors of covariance W Wᵀ + diag(d), without n × n matrices.

    loc (…, n), cov_factor W (…, n, k), cov_diag d (…, n) > 0, which broadcast.  Only matrices of
    k × k are factored: the Woodbury identity and the matrix determinant lemma do the rest.

    >>> import topograd as tg
    >>> D = tg.distributions
    >>> d = D.LowRankMultivariateNormal(tg.zeros(2), tg.tensor([[1.0], [0.0]]), tg.ones(2))
    >>> d.variance
    tensor([2., 1.])
    """

    arg_constraints: ClassVar[Any] = {
        "loc": constraints.real_vector,
        "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }
    support: Any = constraints.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Tensor,
        cov_factor: Tensor,
        cov_diag: Tensor,
        validate_args: bool | None = None,
    ) -> None:
        kind = "LowRankMultivariateNormal"
        expect_dims(kind, "loc", loc, 1)
        expect_dims(kind, "cov_factor", cov_factor, 2)
        expect_dims(kind, "cov_diag", cov_diag, 1)
        n = loc.shape[-1]
        if cov_factor.shape[-2] != n or cov_diag.shape[-1] != n:
            raise ValueError(
                f"{kind}: cov_factor must be (…, {n}, k) and cov_diag (…, {n}) for loc of shape "
                f"{tuple(loc.shape)}, got {tuple(cov_factor.shape)}, {tuple(cov_diag.shape)}"
            )
        batch = tg.broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        self.loc = loc.expand((*batch, n))
        self.cov_factor = cov_factor.expand((*batch, *cov_factor.shape[-2:]))
        self.cov_diag = cov_diag.expand((*batch, n))
        super().__init__(batch, (n,), validate_args=validate_args)

    def _capacitance(self) -> Tensor:
        """The factor of I + Wᵀ D⁻¹ W."""
        scaled = self.cov_factor.mT / self.cov_diag.unsqueeze(-2)
        small = scaled @ self.cov_factor
        return _matrices.cholesky(small + tg.eye(small.shape[-1], dtype=small.dtype))

    @property
    def mean(self) -> Tensor:
        return self.loc

    @property
    def mode(self) -> Tensor:
        return self.loc

    @property
    def variance(self) -> Tensor:
        return self.cov_factor.square().sum(-1) + self.cov_diag

    @lazy_property
    def covariance_matrix(self) -> Tensor:
        """W Wᵀ + diag(d)."""
        return self.cov_factor @ self.cov_factor.mT + tg.diag_embed(self.cov_diag)

    @lazy_property
    def scale_tril(self) -> Tensor:
        """The lower triangular factor of the covariance."""
        return _matrices.cholesky(self.covariance_matrix)

    @lazy_property
    def precision_matrix(self) -> Tensor:
        """The inverse of the covariance."""
        scaled = self.cov_factor.mT / self.cov_diag.unsqueeze(-2)
        inner = _matrices.inverse_of_factor(self._capacitance()) @ scaled
        return tg.diag_embed(self.cov_diag.reciprocal()) - inner.mT @ inner

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        shape = self._extended_shape(sample_shape)
        rank = self.cov_factor.shape[-1]
        common = tg.randn((*shape[:-1], rank, 1), dtype=self.loc.dtype)
        own = tg.randn(shape, dtype=self.loc.dtype)
        return self.loc + (self.cov_factor @ common).squeeze(-1) + self.cov_diag.sqrt() * own

    def _log_det(self, capacitance: Tensor) -> Tensor:
        return 2 * _matrices.log_det_of_factor(capacitance) + self.cov_diag.log().sum(-1)

    def log_prob(self, value: Tensor) -> Tensor:
        if self._validate_args:
            self._validate_sample(value)
        difference = value - self.loc
        capacitance = self._capacitance()
        scaled = difference / self.cov_diag
        common = (self.cov_factor.mT @ scaled.unsqueeze(-1)).squeeze(-1)
        distance = (difference * scaled).sum(-1)
        distance = distance - _matrices.mahalanobis_squared(capacitance, common)
        n = self._event_shape[0]
        return -0.5 * (distance + self._log_det(capacitance)) - HALF_LOG_TWO_PI * n

    def entropy(self) -> Tensor:
        constant = (0.5 + HALF_LOG_TWO_PI) * self._event_shape[0]
        return constant + 0.5 * self._log_det(self._capacitance())
