"""The functions of linear algebra that PyTorch has at its top, some with arguments of their own."""

from __future__ import annotations

from typing import NamedTuple

from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.linalg import solving, spectral
from topograd.linalg._arrays import written
from topograd.linalg.solving import cholesky_solve, det, logdet, matrix_power, multi_dot, slogdet
from topograd.linalg.spectral import QrResult, pinv

__all__ = [
    "chain_matmul",
    "cholesky",
    "cholesky_inverse",
    "cholesky_solve",
    "det",
    "inverse",
    "logdet",
    "matrix_power",
    "pinverse",
    "qr",
    "slogdet",
    "svd",
]


@takes_tensors
def inverse(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    """`linalg.inv`.

    >>> import topograd as tg
    >>> tg.inverse(2 * tg.eye(1))
    tensor([[0.5000]])
    """
    return solving.inv(input, out=out)


@takes_tensors
def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """`linalg.pinv`."""
    return pinv(input, rcond)


@takes_tensors
def cholesky(input: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """`linalg.cholesky`."""
    return solving.cholesky(input, upper=upper, out=out)


@takes_tensors
def cholesky_inverse(L: Tensor, upper: bool = False, *, out: Tensor | None = None) -> Tensor:
    """The inverse of A, from its Cholesky factor L."""
    lower = solving.inv(L.mH if upper else L)
    return written(lower.mH @ lower, out)


@takes_tensors
def qr(input: Tensor, some: bool = True) -> QrResult:
    """`linalg.qr`; some=False: with a square Q."""
    return spectral.qr(input, "reduced" if some else "complete")


class SvdResult(NamedTuple):
    """A = U diag(S) V^H."""

    U: Tensor
    S: Tensor
    V: Tensor


@takes_tensors
def svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> SvdResult:
    """(U, S, V) with A = U diag(S) Vᴴ; `linalg.svd` gives Vᴴ.

    some=False: U and V are square.  compute_uv: with False they are zeros.

    >>> import topograd as tg
    >>> tg.svd(tg.eye(2)).S
    tensor([1., 1.])
    """
    u, s, vh = spectral.svd(input, full_matrices=not some)
    if not compute_uv:
        u, vh = u.detach() * 0, vh.detach() * 0
    return SvdResult(u, s, vh.mH)


def chain_matmul(*matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """`linalg.multi_dot`, or the only matrix."""
    return matrices[0] if len(matrices) == 1 else multi_dot(matrices, out=out)
