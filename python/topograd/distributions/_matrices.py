"""Factors of matrices as distributions use them, made of `topograd.linalg`."""

from __future__ import annotations

import topograd as tg
from topograd import linalg
from topograd._C import Tensor


def _wide(x: Tensor) -> Tensor:
    """In float32 at least, which LAPACK knows."""
    return x if x.dtype in (tg.float32, tg.float64) else x.float()


def cholesky(a: Tensor) -> Tensor:
    """The lower triangular L with a positive diagonal and L Lᵀ = a, for symmetric (…, n, n).

    Raises ValueError when a matrix is not positive-definite.
    """
    try:
        return linalg.cholesky(_wide(a)).to(a.dtype)
    except linalg.LinAlgError:
        raise ValueError(
            f"cholesky: the matrix is not positive-definite, got shape {tuple(a.shape)}"
        ) from None


def solve(a: Tensor, b: Tensor) -> Tensor:
    """X with a x = b, for (…, n, n) and (…, n, k) whose batch dims broadcast.

    Raises ValueError when a matrix is singular.
    """
    # With the dims of a, b is never taken for a batch of vectors.
    batch = tg.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    right = _wide(b).expand((*batch, *b.shape[-2:]))
    try:
        return linalg.solve(_wide(a).expand((*batch, *a.shape[-2:])), right).to(a.dtype)
    except linalg.LinAlgError:
        raise ValueError(f"solve: the matrix is singular, got shape {tuple(a.shape)}") from None


def factor_of_inverse(precision: Tensor) -> Tensor:
    """The Cholesky factor of the inverse of (…, n, n), from the factor of the matrix reversed."""
    reversed_factor = cholesky(precision.flip(-2, -1))
    return inverse_of_factor(reversed_factor.flip(-2, -1).mT)


def has_cholesky(a: Tensor) -> Tensor:
    """For each symmetric matrix (…, n, n), whether it is positive-definite: bool (…)."""
    return least_eigenvalue(a) > 0


def least_eigenvalue(a: Tensor) -> Tensor:
    """The least eigenvalue of each symmetric matrix (…, n, n), unrecorded: (…)."""
    if a.numel() == 0:
        return tg.ones(tuple(a.shape[:-2]), dtype=a.dtype)
    return linalg.eigvalsh(_wide(a.detach()))[..., 0].to(a.dtype)


def inverse_of_factor(factor: Tensor) -> Tensor:
    """The inverse of lower triangular (…, n, n), lower triangular too."""
    return solve(factor.tril(), tg.eye(factor.shape[-1], dtype=factor.dtype)).tril()


def mahalanobis_squared(factor: Tensor, difference: Tensor) -> Tensor:
    """|L⁻¹ d|² for factors (…, n, n) and vectors (…, n) whose batch dims broadcast."""
    whitened = inverse_of_factor(factor) @ difference.unsqueeze(-1)
    return whitened.squeeze(-1).square().sum(-1)


def log_det_of_factor(factor: Tensor) -> Tensor:
    """The logarithm of the product of the diagonal of (…, n, n)."""
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)
