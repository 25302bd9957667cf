"""Maps from matrices (…, n, k), k ≤ n, to matrices with orthonormal columns, and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.autograd import custom_op


def _on_array(function: Callable[[Any], Any], x: Tensor) -> Tensor:
    """A function of NumPy's on a tensor, unrecorded."""
    import numpy

    result = numpy.ascontiguousarray(function(x.detach().numpy()))
    return tg.from_numpy(result).to(x.dtype)


def _inverse(a: Tensor) -> Tensor:
    from numpy.linalg import inv

    return _on_array(inv, a)


inverse = custom_op(
    _inverse,
    vjp=lambda g, y, a: -(y.mT @ g @ y.mT),
    jvp=lambda t, y, a: -(y @ t[0] @ y),
    name="inverse",
)


def _skew(x: Tensor) -> Tensor:
    """A square matrix A with Aᵀ = -A from the lower triangle of x; missing columns are zeros."""
    lower = x.tril()
    missing = x.shape[-2] - x.shape[-1]
    if missing:
        lower = tg.cat([lower, lower.new_zeros((*x.shape[:-1], missing))], dim=-1)
    return lower - lower.mT


def _identity_like(a: Tensor) -> Tensor:
    return tg.eye(a.shape[-1], dtype=a.dtype)


_TERMS = 14  # of the series, for matrices of norm at most 1/2: the rest is below 2⁻⁵³


def matrix_exp(a: Tensor) -> Tensor:
    """exp(A) by its series, of A divided by a power of 2, squared as often as it was halved.

    Source: Moler and Van Loan, 2003.
    """
    norm = float(a.detach().abs().sum(-1).max()) if a.numel() else 0.0
    halvings = 0
    while norm > 0.5 and halvings < 64:
        norm /= 2
        halvings += 1
    scaled = a * 0.5**halvings
    identity = _identity_like(a)
    result = identity + scaled / _TERMS
    for term in range(_TERMS - 1, 0, -1):
        result = identity + scaled @ result / term
    for _ in range(halvings):
        result = result @ result
    return result


def by_exponential(x: Tensor) -> Tensor:
    """The first columns of exp(A)."""
    return matrix_exp(_skew(x)).narrow(-1, 0, x.shape[-1])


def by_cayley(x: Tensor) -> Tensor:
    """The first columns of (I - A/2)⁻¹ (I + A/2)."""
    a = _skew(x)
    identity = _identity_like(a)
    q: Tensor = inverse(identity - a / 2) @ (identity + a / 2)
    return q.narrow(-1, 0, x.shape[-1])


def by_reflections(x: Tensor) -> Tensor:
    """The product of the reflections along the columns below the diagonal, times its signs."""
    a = x.tril(-1)
    rows, columns = x.shape[-2], x.shape[-1]
    tau = 2.0 / (1.0 + (a * a).sum(-2))
    vectors = a + tg.eye(rows, columns, dtype=x.dtype)
    q = tg.eye(rows, columns, dtype=x.dtype)
    for column in reversed(range(columns)):
        v = vectors.narrow(-1, column, 1)
        factor = tau.narrow(-1, column, 1).unsqueeze(-1)
        q = q - factor * v @ (v.mT @ q)
    signs = x.detach().diagonal(dim1=-2, dim2=-1).trunc()
    return q * signs.unsqueeze(-2)


def _factored(q: Any) -> Any:
    """Reflections below the diagonal and ±1 on it, from one or a batch of orthogonal matrices."""
    import numpy

    if q.ndim > 2:
        return numpy.stack([_factored(one) for one in q])
    packed, tau = numpy.linalg.qr(q, mode="raw")
    reflections = packed.T.copy()
    diagonal = numpy.sign(numpy.diagonal(reflections))
    places = numpy.arange(len(tau))
    reflections[places, places] = diagonal
    # A factor of 0 stands for no reflection, and the formula for a vector of zeros for one.
    reflections[places[tau == 0], places[tau == 0]] *= -1
    return reflections


def householder_inverse(q: Tensor) -> Tensor:
    """The x with `by_reflections(x)` = q, for a q with orthonormal columns."""
    return _on_array(_factored, q)


def _completed(q: Any) -> Any:
    import numpy

    rows, columns = q.shape[-2:]
    deviation = numpy.abs(numpy.swapaxes(q, -1, -2) @ q - numpy.eye(columns)).max(initial=0.0)
    is_orthogonal = deviation <= 10.0 * rows * numpy.finfo(q.dtype).eps
    full, triangle = numpy.linalg.qr(q, mode="complete")
    signs = numpy.sign(numpy.diagonal(triangle, axis1=-2, axis2=-1))
    full[..., :columns] *= numpy.where(signs == 0, 1, signs)[..., None, :]
    if is_orthogonal:
        full[..., :columns] = q
    return full.astype(q.dtype)


def completed(q: Tensor) -> Tensor:
    """A square orthogonal matrix whose first columns are q, or its Q factor if they can't be."""
    return _on_array(_completed, q)


MAPS: dict[str, Callable[[Tensor], Tensor]] = {
    "matrix_exp": by_exponential,
    "cayley": by_cayley,
    "householder": by_reflections,
}
