"""Special functions, whole numbers and products, by plain NumPy.

Log-gamma and the error function are the C library's; the others follow from these, from
recurrences into the range of an asymptotic series, or from quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from oracles_pointwise import by_name

Array = Any
# B2, B4, …
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510)


def elementwise(function: Callable[[float], float]) -> Callable[[Array], Array]:
    """Return a function of floats as a function of arrays, of size zero too."""
    vectorized = np.vectorize(function, otypes=[np.float64])

    def apply(input: Array) -> Array:
        values = np.asarray(input, np.float64)
        return vectorized(values) if values.size else values

    return apply


def _log_gamma(x: float) -> float:
    if x <= 0 and x == math.floor(x):
        return math.inf
    return math.lgamma(x)


def _polygamma(n: int, x: float) -> float:
    """Step up by psi_n(x) = psi_n(x + 1) - (-1)^n n! / x^(n + 1), then the asymptotic series."""
    if x <= 0 and x == math.floor(x):
        pole = math.copysign(math.inf, -x) if x == 0 else math.nan
        return pole if n == 0 else (-1.0) ** (n + 1) * math.inf
    total, sign = 0.0, (-1.0) ** (n + 1)
    while x < 40:
        total += sign * math.factorial(n) / x ** (n + 1)
        x += 1
    if n == 0:
        return (
            total
            + math.log(x)
            - 0.5 / x
            - sum(b / (2 * k * x ** (2 * k)) for k, b in enumerate(_BERNOULLI, 1))
        )
    tail = math.factorial(n - 1) / x**n + math.factorial(n) / (2 * x ** (n + 1))
    for k, b in enumerate(_BERNOULLI, 1):
        tail += b * math.factorial(2 * k + n - 1) / (math.factorial(2 * k) * x ** (2 * k + n))
    return total + sign * tail


def _inverse_erf(x: float) -> float:
    """By bisection, on erfc where erf is near 1."""
    if not -1 < x < 1:
        return math.copysign(math.inf, x) if abs(x) == 1 else math.nan
    low, high = 0.0, 6.0
    for _ in range(200):
        middle = (low + high) / 2
        above = math.erf(middle) > abs(x) if abs(x) < 0.5 else math.erfc(middle) < 1 - abs(x)
        low, high = (low, middle) if above else (middle, high)
    return math.copysign(low, x)


def lgamma(input: Array) -> Array:
    return elementwise(_log_gamma)(input)


def digamma(input: Array) -> Array:
    return polygamma(0, input)


def polygamma(n: int, input: Array) -> Array:
    return elementwise(lambda x: _polygamma(n, x))(input)


def mvlgamma(input: Array, p: int) -> Array:
    parts = [lgamma(np.asarray(input, np.float64) - j / 2) for j in range(p)]
    return np.sum(parts, axis=0) + p * (p - 1) / 4 * math.log(math.pi)


def erfinv(input: Array) -> Array:
    return elementwise(_inverse_erf)(input)


def i0(input: Array) -> Array:
    """Return the mean of exp(x cos t) over a period, where equal steps are exact to all digits."""
    angles = 2 * np.pi * np.arange(400) / 400
    return np.exp(np.asarray(input, np.float64)[..., None] * np.cos(angles)).mean(-1)


def sinc(input: Array) -> Array:
    return np.sinc(np.asarray(input, np.float64))


def logit(input: Array, eps: float | None = None) -> Array:
    values = np.asarray(input, np.float64)
    if eps is not None:
        values = np.minimum(np.maximum(values, eps), 1 - eps)
    return np.log(values) - np.log1p(-values)


def heaviside(input: Array, values: Array) -> Array:
    return np.where(input == 0, values, np.where(input > 0, 1, 0))


def ldexp(input: Array, other: Array) -> Array:
    return input * np.exp2(np.asarray(other, np.float64))


def logaddexp2(input: Array, other: Array) -> Array:
    return np.log2(np.exp2(input, dtype=np.float64) + np.exp2(other, dtype=np.float64))


def isreal(input: Array) -> Array:
    return np.full(np.shape(input), True)


def addbmm(
    input: Array, batch1: Array, batch2: Array, *, beta: float = 1, alpha: float = 1
) -> Array:
    product = alpha * np.einsum("bik,bkj->ij", batch1, batch2)
    return product if beta == 0 else beta * input + product


def addmv(input: Array, mat: Array, vec: Array, *, beta: float = 1, alpha: float = 1) -> Array:
    product = alpha * np.einsum("ik,k->i", mat, vec)
    return product if beta == 0 else beta * input + product


def addr(input: Array, vec1: Array, vec2: Array, *, beta: float = 1, alpha: float = 1) -> Array:
    product = alpha * np.outer(vec1, vec2)
    return product if beta == 0 else beta * input + product


def cdist(x1: Array, x2: Array, p: float = 2.0, compute_mode: str | None = None) -> Array:
    differences = np.abs(x1[..., :, None, :] - x2[..., None, :, :])
    if differences.shape[-1] == 0:
        return differences.sum(-1)
    return np.linalg.norm(differences, p, axis=-1)


def cross(input: Array, other: Array, dim: int | None = None) -> Array:
    axis = np.shape(input).index(3) if dim is None else dim
    return np.cross(input, other, axis=axis)


def vdot(input: Array, other: Array) -> Array:
    return np.asarray(np.sum(input * other))


SPECIAL: dict[str, Callable[..., Any]] = by_name(
    lgamma, digamma, polygamma, mvlgamma, erfinv, i0, sinc, logit, heaviside, ldexp, logaddexp2,
    isreal, addbmm, addmv, addr, cdist, cross, vdot
)  # fmt: skip
SPECIAL |= {
    "polygamma.of": lambda input, n: polygamma(n, input),
    "deg2rad": lambda input: np.asarray(input, np.float64) * (math.pi / 180),
    "rad2deg": lambda input: np.asarray(input, np.float64) * (180 / math.pi),
    "isposinf": np.isposinf,
    "isneginf": np.isneginf,
    "gcd": np.gcd,
    "lcm": np.lcm,
    "nextafter": np.nextafter,
    "float_power": lambda input, exponent: np.float_power(input, exponent),
    "inner": lambda input, other: np.asarray(np.inner(input, other)),
    "kron": np.kron,
}
