"""Linear algebra under the names of `torch.linalg`: LAPACK of NumPy, with all derivatives."""

from __future__ import annotations

from topograd.linalg._arrays import LinAlgError
from topograd.linalg.norms import cross, matrix_norm, norm, vecdot, vector_norm
from topograd.linalg.solving import (
    cholesky,
    cholesky_solve,
    det,
    inv,
    logdet,
    matrix_power,
    multi_dot,
    slogdet,
    solve,
    solve_triangular,
)
from topograd.linalg.spectral import eigh, eigvalsh, matrix_rank, pinv, qr, svd, svdvals

__all__ = [
    "LinAlgError",
    "cholesky",
    "cholesky_solve",
    "cross",
    "det",
    "eigh",
    "eigvalsh",
    "inv",
    "logdet",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "multi_dot",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "svd",
    "svdvals",
    "vecdot",
    "vector_norm",
]
