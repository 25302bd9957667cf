"""Inverses, linear systems, determinants, and the Cholesky factor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from topograd import _C
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.autograd.function import custom_op
from topograd.linalg._arrays import expect_matrix, on_arrays, written


def _numpy(name: str) -> Any:
    import numpy as np

    return getattr(np.linalg, name)


# ---------------------------------------------------------------- the inverse


def _inverse_vjp(g: Tensor, y: Tensor, a: Tensor) -> Tensor:
    return -(y.mH @ g @ y.mH)


def _inverse_jvp(tangents: Sequence[Tensor], y: Tensor, a: Tensor) -> Tensor:
    return -(y @ tangents[0] @ y)


_inverse = custom_op(
    lambda a: on_arrays("inv", _numpy("inv"), a), _inverse_vjp, _inverse_jvp, "inv"
)


@takes_tensors
def inv(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The inverse of square matrices (…, n, n).

    Raises LinAlgError for a singular one, ShapeError for one that is not square.

    >>> import topograd as tg
    >>> tg.linalg.inv(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    expect_matrix("inv", A, square=True)
    return written(_inverse(A), out)


# ---------------------------------------------------------------- systems


def _solution_vjp(g: Tensor, x: Tensor, a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    of_b = _solution(a.mH, g)
    return -(of_b @ x.mH), of_b


def _solution_jvp(tangents: Sequence[Tensor | None], x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    of_a, of_b = tangents
    right = _C.zeros_like(x) if of_b is None else of_b
    return _solution(a, right if of_a is None else right - of_a @ x)


_solution = custom_op(
    lambda a, b: on_arrays("solve", _numpy("solve"), a, b), _solution_vjp, _solution_jvp, "solve"
)


@takes_tensors
def solve(A: Tensor, B: Tensor, *, left: bool = True, out: Tensor | None = None) -> Tensor:
    """The X with A X = B; with left=False, X A = B.

    A: (…, n, n).  B: (…, n, k), or a vector (n), or vectors (…, n) where A has one dim more.
    Raises LinAlgError for a singular A, ShapeError where the sizes do not fit.

    >>> import topograd as tg
    >>> tg.linalg.solve(tg.tensor([[2.0, 0.0], [0.0, 4.0]]), tg.tensor([2.0, 2.0]))
    tensor([1.0000, 0.5000])
    """
    expect_matrix("solve", A, square=True)
    vector = B.dim() == 1 or (B.dim() == A.dim() - 1 and B.shape == A.shape[:-1])
    right = B.unsqueeze(-1) if vector else B
    if vector and not left:
        raise _C.ShapeError("linalg.solve: expects matrices with left=False, got a vector")
    a = A if left else A.mT
    right = right if left else right.mT
    if right.dim() < 2 or right.shape[-2] != a.shape[-1]:
        raise _C.ShapeError(
            f"linalg.solve: sizes do not fit: A is {tuple(A.shape)}, B is {tuple(B.shape)}"
        )
    batch = _batch(a, right)
    x = _solution(a.expand(*batch, *a.shape[-2:]), right.expand(*batch, *right.shape[-2:]))
    result = x.squeeze(-1) if vector else x if left else x.mT
    return written(result, out)


def _batch(a: Tensor, b: Tensor) -> tuple[int, ...]:
    from topograd._placing import broadcast_shapes

    return tuple(broadcast_shapes(a.shape[:-2], b.shape[:-2]))


@takes_tensors
def solve_triangular(
    A: Tensor,
    B: Tensor,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
    out: Tensor | None = None,
) -> Tensor:
    """`solve` with the upper or the lower triangle of A; unitriangular: with ones on its diagonal.

    >>> import topograd as tg
    >>> A = tg.tensor([[2.0, 9.0], [0.0, 4.0]])
    >>> tg.linalg.solve_triangular(A.mT, tg.tensor([[2.0], [13.0]]), upper=False)
    tensor([[1.],
            [1.]])
    """
    expect_matrix("solve_triangular", A, square=True)
    triangle = A.triu(int(unitriangular)) if upper else A.tril(-int(unitriangular))
    if unitriangular:
        triangle = triangle + _C.eye(A.shape[-1], dtype=A.dtype)
    return solve(triangle, B, left=left, out=out)


# ---------------------------------------------------------------- determinants


def _log_abs_vjp(g: Tensor, y: Tensor, a: Tensor) -> Tensor:
    return g[..., None, None] * inv(a).mH


def _log_abs_jvp(tangents: Sequence[Tensor], y: Tensor, a: Tensor) -> Tensor:
    products = (inv(a) @ tangents[0]).diagonal(dim1=-2, dim2=-1).sum(-1)
    return products.real if a.dtype.is_complex else products


_log_abs = custom_op(
    lambda a: on_arrays("slogdet", lambda x: tuple(_numpy("slogdet")(x)), a)[1],
    _log_abs_vjp,
    _log_abs_jvp,
    "slogdet",
)


class SlogdetResult(NamedTuple):
    """Sign and logarithm of a determinant."""

    sign: Tensor
    logabsdet: Tensor


@takes_tensors
def slogdet(A: Tensor) -> SlogdetResult:
    """The sign of the determinant, and the logarithm of its absolute value; -inf where it is 0.

    >>> import topograd as tg
    >>> tg.linalg.slogdet(tg.tensor([[0.0, 1.0], [1.0, 0.0]])).sign
    tensor(-1.)
    """
    expect_matrix("slogdet", A, square=True)
    sign = on_arrays("slogdet", lambda x: tuple(_numpy("slogdet")(x)), A)[0]
    return SlogdetResult(sign, _log_abs(A))


def _det_vjp(g: Tensor, y: Tensor, a: Tensor) -> Tensor:
    return (g * (y.conj() if y.dtype.is_complex else y))[..., None, None] * inv(a).mH


def _det_jvp(tangents: Sequence[Tensor], y: Tensor, a: Tensor) -> Tensor:
    return y * (inv(a) @ tangents[0]).diagonal(dim1=-2, dim2=-1).sum(-1)


_determinant = custom_op(lambda a: on_arrays("det", _numpy("det"), a), _det_vjp, _det_jvp, "det")


@takes_tensors
def det(A: Tensor, *, out: Tensor | None = None) -> Tensor:
    """The determinant of square matrices (…, n, n).  Its gradient needs an invertible matrix.

    >>> import topograd as tg
    >>> tg.linalg.det(tg.tensor([[2.0, 0.0], [0.0, 4.0]]))
    tensor(8.)
    """
    expect_matrix("det", A, square=True)
    return written(_determinant(A), out)


@takes_tensors
def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant; NaN where it is negative, -inf where it is 0.

    >>> import topograd as tg
    >>> tg.logdet(tg.eye(2))
    tensor(0.)
    """
    sign, value = slogdet(input)
    if input.dtype.is_complex:
        return value + sign.log()
    result: Tensor = _C.functions["where"](sign < 0, float("nan"), value)
    return result


# ---------------------------------------------------------------- the Cholesky factor


def _lower_half(x: Tensor) -> Tensor:
    """The lower triangle, its diagonal halved."""
    return x.tril() - 0.5 * x.diagonal(dim1=-2, dim2=-1).diag_embed()


def _factor_vjp(g: Tensor, factor: Tensor, a: Tensor) -> Tensor:
    inverse = inv(factor)
    one_sided = inverse.mH @ _lower_half(factor.mH @ g) @ inverse
    return 0.5 * (one_sided + one_sided.mH)


def _factor_jvp(tangents: Sequence[Tensor], factor: Tensor, a: Tensor) -> Tensor:
    inverse = inv(factor)
    symmetric = 0.5 * (tangents[0] + tangents[0].mH)
    return factor @ _lower_half(inverse @ symmetric @ inverse.mH)


_factor = custom_op(
    lambda a: on_arrays("cholesky", _numpy("cholesky"), a), _factor_vjp, _factor_jvp, "cholesky"
)


@takes_tensors
def cholesky(A: Tensor, *, upper: bool = False, out: Tensor | None = None) -> Tensor:
    """The lower triangular L with L Lᴴ = A, of positive definite matrices (…, n, n).

    upper: Lᴴ instead.  Only the lower triangle of A is read.  Raises LinAlgError for a matrix that
    is not positive definite.

    >>> import topograd as tg
    >>> tg.linalg.cholesky(tg.tensor([[4.0, 2.0], [2.0, 2.0]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    expect_matrix("cholesky", A, square=True)
    factor = _factor(A)
    return written(factor.mH if upper else factor, out)


@takes_tensors
def cholesky_solve(
    B: Tensor, L: Tensor, upper: bool = False, *, out: Tensor | None = None
) -> Tensor:
    """The X with A X = B, from the Cholesky factor L of A.

    >>> import topograd as tg
    >>> A = tg.tensor([[4.0, 2.0], [2.0, 2.0]])
    >>> tg.cholesky_solve(tg.tensor([[6.0], [4.0]]), tg.linalg.cholesky(A))
    tensor([[1.],
            [1.]])
    """
    lower = L.mH if upper else L
    half = solve_triangular(lower, B, upper=False)
    return written(solve_triangular(lower.mH, half, upper=True), out)


# ---------------------------------------------------------------- products


@takes_tensors
def matrix_power(A: Tensor, n: int, *, out: Tensor | None = None) -> Tensor:
    """A @ A @ … n times; the inverse that many times for a negative n, the identity for 0.

    >>> import topograd as tg
    >>> tg.linalg.matrix_power(2 * tg.eye(2), 3).diag()
    tensor([8., 8.])
    """
    expect_matrix("matrix_power", A, square=True)
    base = inv(A) if n < 0 else A
    result, left = None, abs(n)
    while left > 0:
        if left & 1:
            result = base if result is None else result @ base
        left >>= 1
        base = base @ base if left else base
    if result is None:
        result = _C.eye(A.shape[-1], dtype=A.dtype).expand(A.shape).clone()
    return written(result, out)


def multi_dot(tensors: Any, *, out: Tensor | None = None) -> Tensor:
    """The product of two or more matrices; the first and the last may be vectors.

    The pair with the greatest inner size is multiplied first.

    >>> import topograd as tg
    >>> tg.linalg.multi_dot([tg.ones(2), tg.ones(2, 3), tg.ones(3)])
    tensor(6.)
    """
    chain = list(tensors)
    if len(chain) < 2:
        raise RuntimeError(f"linalg.multi_dot: expects two matrices or more, got {len(chain)}")
    while len(chain) > 1:
        # The pair whose inner size is greatest first: what it leaves out is used no more.
        sizes = [chain[k].shape[-1] for k in range(len(chain) - 1)]
        at = max(range(len(sizes)), key=sizes.__getitem__)
        chain[at : at + 2] = [chain[at] @ chain[at + 1]]
    return written(chain[0], out)
