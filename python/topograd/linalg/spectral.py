"""Eigenvalues, singular values, and the QR decomposition."""

from __future__ import annotations

from typing import Any, NamedTuple

from topograd import _C
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.autograd.function import Function
from topograd.linalg._arrays import expect_matrix, on_arrays, written
from topograd.linalg.solving import inv


def _numpy(name: str) -> Any:
    import numpy as np

    return getattr(np.linalg, name)


def _differences(values: Tensor) -> Tensor:
    """values_k - values_j, with 1 on the diagonal."""
    gaps = values.unsqueeze(-2) - values.unsqueeze(-1)
    return gaps + _C.eye(values.shape[-1], dtype=values.dtype)


def _zeros_for(given: Tensor | None, like: Tensor) -> Tensor:
    return _C.zeros_like(like) if given is None else given


# ---------------------------------------------------------------- symmetric matrices


class _Eigh(Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, uplo: str) -> Any:
        values, vectors = on_arrays("eigh", lambda x: tuple(_numpy("eigh")(x, uplo)), a)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(values, vectors)
        return values, vectors

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        values, vectors = ctx.saved_tensors
        of_values, of_vectors = gradients
        inner = _zeros_for(of_values, values).to(vectors.dtype).diag_embed()
        if of_vectors is not None:
            turned = vectors.mH @ of_vectors
            turned = turned - turned.diagonal(dim1=-2, dim2=-1).diag_embed()
            inner = inner + turned / _differences(values)
        return vectors @ inner @ vectors.mH, None

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor | None) -> Any:
        values, vectors = ctx.saved_tensors
        assert tangents[0] is not None
        inner = vectors.mH @ tangents[0] @ vectors
        diagonal = inner.diagonal(dim1=-2, dim2=-1)
        turned = (inner - diagonal.diag_embed()) / _differences(values)
        return diagonal.real if diagonal.dtype.is_complex else diagonal, vectors @ turned


class EighResult(NamedTuple):
    """Eigenvalues, ascending, and eigenvectors as columns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


@takes_tensors
def eigh(A: Tensor, UPLO: str = "L", *, out: Any = None) -> EighResult:
    """Eigenvalues, ascending, and orthonormal eigenvectors of symmetric matrices (…, n, n).

    UPLO: which triangle is read, 'L' or 'U'.  Gradients of the vectors need distinct eigenvalues.

    >>> import topograd as tg
    >>> tg.linalg.eigh(tg.tensor([[2.0, 0.0], [0.0, 1.0]])).eigenvalues
    tensor([1., 2.])
    """
    expect_matrix("eigh", A, square=True)
    if UPLO not in ("L", "U"):
        raise ValueError(f"linalg.eigh: expects UPLO 'L' or 'U', got {UPLO!r}")
    values, vectors = _Eigh.apply(A, UPLO)
    if out is not None:
        return EighResult(written(values, out[0]), written(vectors, out[1]))
    return EighResult(values, vectors)


@takes_tensors
def eigvalsh(A: Tensor, UPLO: str = "L", *, out: Tensor | None = None) -> Tensor:
    """The eigenvalues of `eigh`."""
    return written(eigh(A, UPLO).eigenvalues, out)


# ---------------------------------------------------------------- singular values


class _Svd(Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor) -> Any:
        u, s, vh = on_arrays("svd", lambda x: tuple(_numpy("svd")(x, full_matrices=False)), a)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(u, s, vh)
        return u, s, vh

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        u, s, vh = ctx.saved_tensors
        of_u, of_s, of_vh = gradients
        v, gaps = vh.mH, _differences(s * s)
        scale = s.to(u.dtype)
        inner = _zeros_for(of_s, s).to(u.dtype).diag_embed()
        if of_u is not None:
            turned = u.mH @ of_u
            inner = inner + (turned - turned.mH) / gaps * scale.unsqueeze(-2)
        if of_vh is not None:
            turned = v.mH @ of_vh.mH
            inner = inner + scale.unsqueeze(-1) * ((turned - turned.mH) / gaps)
        result = u @ inner @ vh
        if of_u is not None and u.shape[-2] > s.shape[-1]:
            outside = of_u / scale.unsqueeze(-2)
            result = result + (outside - u @ (u.mH @ outside)) @ vh
        if of_vh is not None and vh.shape[-1] > s.shape[-1]:
            outside = of_vh / scale.unsqueeze(-1)
            result = result + u @ (outside - (outside @ v) @ vh)
        return result

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor | None) -> Any:
        u, s, vh = ctx.saved_tensors
        (change,) = tangents
        assert change is not None
        v, gaps, scale = vh.mH, _differences(s * s), s.to(u.dtype)
        inner = u.mH @ change @ v
        diagonal = inner.diagonal(dim1=-2, dim2=-1)
        free = inner - diagonal.diag_embed()
        right, left = scale.unsqueeze(-2), scale.unsqueeze(-1)
        of_u = u @ ((free * right + left * free.mH) / gaps)
        of_vh = -((left * free + free.mH * right) / gaps) @ vh
        if u.shape[-2] > s.shape[-1]:
            outside = change @ v / right
            of_u = of_u + outside - u @ (u.mH @ outside)
        if vh.shape[-1] > s.shape[-1]:
            outside = u.mH @ change / left
            of_vh = of_vh + outside - (outside @ v) @ vh
        return of_u, diagonal.real if diagonal.dtype.is_complex else diagonal, of_vh


class SvdResult(NamedTuple):
    """A = U diag(S) Vh."""

    U: Tensor
    S: Tensor
    Vh: Tensor


@takes_tensors
def svd(
    A: Tensor, full_matrices: bool = True, *, driver: str | None = None, out: Any = None
) -> SvdResult:
    """The singular value decomposition A = U diag(S) Vh of matrices (…, m, n), S descending.

    full_matrices: U is (m, m) and Vh (n, n), without gradients unless A is square; with False they
    have min(m, n) columns and rows.  driver: accepted.  Gradients need distinct singular values.

    >>> import topograd as tg
    >>> tg.linalg.svd(tg.tensor([[0.0, 2.0], [1.0, 0.0]])).S
    tensor([2., 1.])
    """
    expect_matrix("svd", A)
    if full_matrices and A.shape[-1] != A.shape[-2]:
        if A.requires_grad and _C.is_grad_enabled():
            raise RuntimeError(
                "linalg.svd: has no gradient with full_matrices=True for a matrix of shape "
                f"{tuple(A.shape)}, as the added columns are arbitrary; use full_matrices=False"
            )
        result = on_arrays("svd", lambda x: tuple(_numpy("svd")(x)), A)
    else:
        result = _Svd.apply(A)
    if out is not None:
        result = tuple(written(one, place) for one, place in zip(result, out, strict=True))
    return SvdResult(*result)


@takes_tensors
def svdvals(A: Tensor, *, driver: str | None = None, out: Tensor | None = None) -> Tensor:
    """The singular values, descending."""
    return written(svd(A, full_matrices=False).S, out)


@takes_tensors
def pinv(
    A: Tensor, rcond: float | None = None, hermitian: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The pseudo-inverse of matrices (…, m, n); singular values ≤ rcond times the greatest are 0.

    rcond: default max(m, n) times the dtype's eps.  hermitian: accepted.

    >>> import topograd as tg
    >>> tg.linalg.pinv(tg.tensor([[2.0], [0.0]]))
    tensor([[0.5000, 0.0000]])
    """
    from topograd._limits import finfo

    u, s, vh = svd(A, full_matrices=False)
    limit = rcond if rcond is not None else max(A.shape[-2:]) * finfo(A.dtype).eps
    kept = s > limit * s.amax(-1, keepdim=True)
    inverse = _C.functions["where"](kept, 1 / _C.functions["where"](kept, s, 1.0), 0.0)
    return written((vh.mH * inverse.to(A.dtype).unsqueeze(-2)) @ u.mH, out)


@takes_tensors
def matrix_rank(
    A: Tensor, tol: float | None = None, hermitian: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """How many singular values are greater than tol.

    tol: default max(m, n) times eps times the greatest singular value.

    >>> import topograd as tg
    >>> tg.linalg.matrix_rank(tg.ones(3, 3))
    tensor(1)
    """
    from topograd._limits import finfo

    s = svdvals(A.detach())
    default = max(A.shape[-2:]) * finfo(A.dtype).eps * s.amax(-1, keepdim=True)
    return written((s > (default if tol is None else tol)).sum(-1), out)


# ---------------------------------------------------------------- QR


class _Qr(Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor) -> Any:
        q, r = on_arrays("qr", lambda x: tuple(_numpy("qr")(x)), a)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(q, r)
        return q, r

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        q, r = ctx.saved_tensors
        of_q, of_r = gradients
        _expect_tall(q, r)
        sides = _C.zeros_like(r)
        if of_r is not None:
            sides = sides + r @ of_r.mH
        if of_q is not None:
            sides = sides - of_q.mH @ q
        below = sides.tril(-1)
        symmetric = below + below.mH + sides.diagonal(dim1=-2, dim2=-1).diag_embed()
        return (_zeros_for(of_q, q) + q @ symmetric) @ inv(r).mH

    @staticmethod
    def jvp(ctx: Any, *tangents: Tensor | None) -> Any:
        q, r = ctx.saved_tensors
        _expect_tall(q, r)
        assert tangents[0] is not None
        scaled = tangents[0] @ inv(r)
        inner = q.mH @ scaled
        below = inner.tril(-1)
        turn = below - below.mH
        return scaled - q @ inner + q @ turn, (inner - turn) @ r


def _expect_tall(q: Tensor, r: Tensor) -> None:
    if r.shape[-1] > r.shape[-2]:
        raise RuntimeError(
            "linalg.qr: derivatives need at least as many rows as columns, got shape "
            f"{(q.shape[-2], r.shape[-1])}"
        )


class QrResult(NamedTuple):
    """A = Q R."""

    Q: Tensor
    R: Tensor


@takes_tensors
def qr(A: Tensor, mode: str = "reduced", *, out: Any = None) -> QrResult:
    """A = Q R with orthonormal columns in Q and an upper triangular R, of matrices (…, m, n).

    mode: 'reduced' (Q is (m, min(m, n))), 'complete' (Q is (m, m)) or 'r' (Q is empty); only the
    first has derivatives, for m ≥ n.

    >>> import topograd as tg
    >>> q, r = tg.linalg.qr(tg.tensor([[3.0], [4.0]]))
    >>> (q @ r).flatten()
    tensor([3., 4.])
    """
    expect_matrix("qr", A)
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"linalg.qr: expects mode 'reduced', 'complete' or 'r', got {mode!r}")
    if mode == "reduced":
        q, r = _Qr.apply(A)
    elif A.requires_grad and _C.is_grad_enabled():
        raise RuntimeError(f"linalg.qr: has no gradient with mode={mode!r}; use 'reduced'")
    elif mode == "complete":
        q, r = on_arrays("qr", lambda x: tuple(_numpy("qr")(x, mode="complete")), A)
    else:
        r = on_arrays("qr", lambda x: _numpy("qr")(x, mode="r"), A)
        q = _C.empty(0, dtype=A.dtype)
    if out is not None:
        return QrResult(written(q, out[0]), written(r, out[1]))
    return QrResult(q, r)
