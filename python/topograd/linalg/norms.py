"""Norms of vectors and matrices, and products along a dim."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from topograd import _C
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.linalg._arrays import written

Dims = int | Sequence[int] | None


@takes_tensors
def vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    dtype: _C.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """(sum |x|**ord)**(1 / ord) over the given dims, or over all.

    ord: any number; inf and -inf give the greatest and the least |x|, 0 counts what is not 0.

    >>> import topograd as tg
    >>> tg.linalg.vector_norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    source = x if dtype is None else x.to(dtype)
    if not (source.dtype.is_floating_point or source.dtype.is_complex):
        raise _C.DTypeError(f"linalg.vector_norm: expects floating point, got {source.dtype}")
    sizes = source.abs() if source.dtype.is_complex else source
    result: Tensor = _C.call("vector_norm", sizes, float(ord), dim, keepdim)
    return written(result, out)


@takes_tensors
def matrix_norm(
    A: Tensor,
    ord: float | str = "fro",
    dim: Sequence[int] = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: _C.dtype | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """A norm of the matrices in two dims.

    ord: 'fro' the root of the sum of squares, 'nuc' the sum of singular values, inf and -inf the
    greatest and least sum of a row's |x|, 1 and -1 of a column's, 2 and -2 the greatest and least
    singular value.  Raises ValueError for another.

    >>> import topograd as tg
    >>> tg.linalg.matrix_norm(tg.ones(2, 3), inf), tg.linalg.matrix_norm(tg.ones(2, 2), "nuc")
    (tensor(3.), tensor(2.))
    """
    from topograd.linalg.spectral import svdvals

    first, second = (one % A.dim() for one in dim)
    if first == second:
        raise ValueError(f"linalg.matrix_norm: expects two different dims, got {tuple(dim)}")
    x = (A if dtype is None else A.to(dtype)).movedim((first, second), (-2, -1))
    if ord == "fro":
        result = vector_norm(x, 2, (-2, -1))
    elif ord in ("nuc", 2, -2):
        values = svdvals(x)
        result = (
            values.sum(-1) if ord == "nuc" else values.amax(-1) if ord == 2 else values.amin(-1)
        )
    elif ord in (1, -1, inf, -inf):
        sums = x.abs().sum(-2 if abs(float(ord)) == 1 else -1)
        result = sums.amax(-1) if float(ord) > 0 else sums.amin(-1)
    else:
        raise ValueError(f"linalg.matrix_norm: there is no norm of ord={ord!r}")
    if keepdim:
        for one in sorted((first, second)):
            result = result.unsqueeze(one)
    return written(result, out)


@takes_tensors
def norm(
    A: Tensor,
    ord: Any = None,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    out: Tensor | None = None,
    dtype: _C.dtype | None = None,
) -> Tensor:
    """The norm of a vector, of a matrix, or of all elements.

    Without ord: the root of the sum of squares, over dim or over all.  With it: `vector_norm` where
    dim is one dim (or A has one), `matrix_norm` where it is two.

    >>> import topograd as tg
    >>> tg.linalg.norm(tg.ones(2, 2)), tg.linalg.norm(tg.ones(2, 2), 1, dim=0)
    (tensor(2.), tensor([2., 2.]))
    """
    dims = (dim,) if isinstance(dim, int) else dim
    if ord is None:
        return vector_norm(A, 2, dims, keepdim, dtype=dtype, out=out)
    count = A.dim() if dims is None else len(dims)
    if count not in (1, 2):
        raise RuntimeError(f"linalg.norm: with ord expects one or two dims, got {count}; give dim")
    if count == 1:
        if isinstance(ord, str):
            raise ValueError(f"linalg.norm: ord={ord!r} is a norm of matrices, got one dim")
        return vector_norm(A, ord, dims, keepdim, dtype=dtype, out=out)
    return matrix_norm(A, ord, dims or (-2, -1), keepdim, dtype=dtype, out=out)


@takes_tensors
def vecdot(x: Tensor, y: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The dot products along a dim; of complex numbers, x is conjugated.

    >>> import topograd as tg
    >>> tg.linalg.vecdot(tg.ones(2, 3), tg.ones(2, 3))
    tensor([3., 3.])
    """
    return written(((x.conj() if x.dtype.is_complex else x) * y).sum(dim), out)


@takes_tensors
def cross(input: Tensor, other: Tensor, *, dim: int = -1, out: Tensor | None = None) -> Tensor:
    """The vectors that stand upright on two vectors of size 3 along a dim.

    >>> import topograd as tg
    >>> tg.linalg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    result: Tensor = _C.functions["cross"](input, other, dim=dim)
    return written(result, out)
