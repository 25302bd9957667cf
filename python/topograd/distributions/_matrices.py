"""Factors of small matrices, on NumPy's LAPACK, with derivative rules of both modes.

Private, and to be replaced by `topograd.linalg` once that exists: nothing outside of this file
knows how a factor is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.autograd import custom_op


def _on_arrays(function: Callable[..., Any], *inputs: Tensor) -> Tensor:
    """A function of NumPy's on tensors, unrecorded, computed in at least float32."""
    import numpy

    arrays = [
        (x if x.dtype in (tg.float32, tg.float64) else x.float()).detach().numpy() for x in inputs
    ]
    result = numpy.array(function(*arrays), order="C")
    return tg.from_numpy(result).to(inputs[0].dtype)


def _lower_half(x: Tensor) -> Tensor:
    """The lower triangle with half of the diagonal: the derivative of a factor, seen from it."""
    return x.tril() - tg.diag_embed(x.diagonal(dim1=-2, dim2=-1) / 2)


def _cholesky(a: Tensor) -> Tensor:
    from numpy.linalg import LinAlgError, cholesky

    try:
        return _on_arrays(cholesky, a)
    except LinAlgError:
        raise ValueError(
            f"cholesky: the matrix is not positive-definite, got shape {tuple(a.shape)}"
        ) from None


def _cholesky_vjp(g: Tensor, factor: Tensor, a: Tensor) -> Tensor:
    inner = _lower_half(factor.mT @ g.tril())  # what is above the diagonal is constant
    right = solve(factor.mT, inner)  # L⁻ᵀ inner
    whole = solve(factor.mT, right.mT)  # (L⁻ᵀ inner L⁻¹)ᵀ
    return (whole + whole.mT) / 2


def _cholesky_jvp(tangents: Any, factor: Tensor, a: Tensor) -> Tensor:
    change = (tangents[0] + tangents[0].mT) / 2
    left = solve(factor, change)
    return factor @ _lower_half(solve(factor, left.mT))


_cholesky_op = custom_op(_cholesky, vjp=_cholesky_vjp, jvp=_cholesky_jvp, name="cholesky")


def cholesky(a: Tensor) -> Tensor:
    """The lower triangular L with a positive diagonal and L Lᵀ = a, for symmetric (…, n, n).

    Raises ValueError when a matrix is not positive-definite.
    """
    return _cholesky_op(a)


def _solve(a: Tensor, b: Tensor) -> Tensor:
    from numpy.linalg import LinAlgError, solve

    try:
        return _on_arrays(solve, a, b)
    except LinAlgError:
        raise ValueError(f"solve: the matrix is singular, got shape {tuple(a.shape)}") from None


def _solve_vjp(g: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    to_b = solve(a.mT, g)
    return -(to_b @ x.mT), to_b


def _solve_jvp(tangents: Any, x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    of_a, of_b = tangents
    change = tg.zeros_like(x) if of_b is None else of_b
    return solve(a, change if of_a is None else change - of_a @ x)


_solve_op = custom_op(_solve, vjp=_solve_vjp, jvp=_solve_jvp, name="solve")


def solve(a: Tensor, b: Tensor) -> Tensor:
    """X with a x = b, for (…, n, n) and (…, n, k) whose batch dims broadcast.

    Raises ValueError when a matrix is singular.
    """
    batch = tg.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return _solve_op(a.expand((*batch, *a.shape[-2:])), b.expand((*batch, *b.shape[-2:])))


def factor_of_inverse(precision: Tensor) -> Tensor:
    """The Cholesky factor of the inverse of (…, n, n), from the factor of the matrix reversed."""
    reversed_factor = cholesky(precision.flip(-2, -1))
    return inverse_of_factor(reversed_factor.flip(-2, -1).mT)


def has_cholesky(a: Tensor) -> Tensor:
    """For each symmetric matrix (…, n, n), whether it is positive-definite: bool (…)."""
    return least_eigenvalue(a) > 0


def least_eigenvalue(a: Tensor) -> Tensor:
    """The least eigenvalue of each symmetric matrix (…, n, n), unrecorded: (…)."""
    from numpy.linalg import eigvalsh

    if a.numel() == 0:
        return tg.ones(tuple(a.shape[:-2]), dtype=a.dtype)
    return _on_arrays(lambda x: eigvalsh(x)[..., 0], a)


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
