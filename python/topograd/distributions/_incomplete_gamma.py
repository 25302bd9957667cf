"""The regularised lower incomplete gamma function P(a, x), with both derivatives.

Private: the cdf of gamma numbers needs it. Source: DLMF, chapter 8.
"""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd.autograd import custom_op

_MANY = 1e5  # above, the series would need thousands of terms


def _factor(a: Any, x: Any) -> Any:
    """x**a exp(-x) / gamma(a)."""
    import numpy as np

    log_gamma = tg.from_numpy(np.ascontiguousarray(a)).lgamma().numpy()
    return np.exp(a * np.log(x) - x - log_gamma)


def _series(a: Any, x: Any) -> Any:
    """P(a, x) for x < a + 1: factor · Σ xⁿ / (a (a + 1) … (a + n)), DLMF 8.11.4."""
    import numpy as np

    term = 1 / a
    total = term.copy()
    n = 0
    while np.any(term > 1e-17 * total):
        n += 1
        term = term * x / (a + n)
        total += term
    return _factor(a, x) * total


def _fraction(a: Any, x: Any) -> Any:
    """1 - P(a, x) for x ≥ a + 1 by a continued fraction, DLMF 8.9.2, as Lentz evaluates it."""
    import numpy as np

    b = x + 1 - a
    c = np.full_like(x, 1e300)
    d = 1 / b
    value = d.copy()
    for n in range(1, 20_000):
        step = n * (a - n)
        b = b + 2
        d = 1 / (step * d + b)
        c = b + step / c
        change = c * d
        value = value * change
        if np.all(np.abs(change - 1) < 1e-16):
            break
    return _factor(a, x) * value


def _of_large_shapes(a: Any, x: Any) -> Any:
    """P(a, x) for large a, DLMF 8.12.3 with the first term of its series."""
    import numpy as np

    off = x / a - 1
    eta = np.sign(off) * np.sqrt(np.maximum(2 * (off - np.log1p(off)), 0))
    near = np.abs(eta) < 1e-3
    apart = np.where(near, 1.0, off), np.where(near, 1.0, eta)
    first = np.where(near, -1 / 3 + eta / 12 - 2 * eta**2 / 135, 1 / apart[0] - 1 / apart[1])
    rest = np.exp(-a * eta**2 / 2) / np.sqrt(2 * np.pi * a) * first
    half = tg.from_numpy(np.ascontiguousarray(-eta * np.sqrt(a / 2))).erfc().numpy() / 2
    return np.clip(half - rest, 0, 1)


def _forward(a: Tensor, x: Tensor) -> Tensor:
    import numpy as np

    shape = tg.broadcast_shapes(a.shape, x.shape)
    shapes, values = (t.detach().expand(shape).double().numpy().reshape(-1) for t in (a, x))
    found = np.full(shapes.shape, np.nan)
    found[(values == 0) & (shapes > 0)] = 0.0
    found[np.isposinf(values) & (shapes > 0)] = 1.0
    usual = (shapes > 0) & (values > 0) & np.isfinite(shapes) & np.isfinite(values)
    large = usual & (shapes > _MANY)
    below = usual & ~large & (values < shapes + 1)
    above = usual & ~large & ~below
    with np.errstate(all="ignore"):
        found[below] = _series(shapes[below], values[below])
        found[above] = 1 - _fraction(shapes[above], values[above])
        found[large] = _of_large_shapes(shapes[large], values[large])
    return tg.from_numpy(found.reshape(tuple(shape))).to(x.dtype)


def _slopes(a: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    """∂P/∂a and ∂P/∂x: the density, and how it moves with a at the same probability."""
    density = ((a - 1) * x.log() - x - a.lgamma()).exp()
    moved: Tensor = _C.call("standard_gamma_slope", a, x)
    return -density * moved, density


def _vjp(g: Tensor, y: Tensor, a: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
    by_a, by_x = _slopes(a, x)
    return (g * by_a).sum_to_size(*a.shape), (g * by_x).sum_to_size(*x.shape)


def _jvp(tangents: Any, y: Tensor, a: Tensor, x: Tensor) -> Tensor:
    parts = [t * s for t, s in zip(tangents, _slopes(a, x), strict=True) if t is not None]
    total: Tensor = sum(parts[1:], start=parts[0])
    return total


gammainc = custom_op(_forward, vjp=_vjp, jvp=_jvp, name="gammainc")
