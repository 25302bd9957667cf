"""Selection by order, statistics, differences and integrals, by plain NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from oracles_pointwise import by_name

Array = Any


def _row_wise(
    function: Callable[[Array], tuple[Any, int]], input: Array, dim: int, keepdim: bool
) -> Any:
    """Return (values, positions) of a function of one row, applied along dim."""
    array = np.asarray(input)
    wide = array.reshape(1) if array.ndim == 0 else array
    values = np.apply_along_axis(lambda row: function(row)[0], dim, wide)
    places = np.apply_along_axis(lambda row: function(row)[1], dim, wide)
    results = [np.asarray(part) for part in (values, places.astype(np.int64))]
    if keepdim and array.ndim:
        results = [np.expand_dims(part, dim) for part in results]
    return tuple(results)


def _kth(row: Array, k: int) -> tuple[Any, int]:
    value = np.sort(row)[k]
    same = row == value if value == value else row != row
    return value, int(np.flatnonzero(same)[0])


def _median(row: Array) -> tuple[Any, int]:
    if np.isnan(row.astype(np.float64)).any():
        return row[row != row][0], int(np.flatnonzero(row != row)[0])
    return _kth(row, (len(row) - 1) // 2)


def _nanmedian(row: Array) -> tuple[Any, int]:
    numbers = int(np.sum(row == row))
    return _kth(row, max(0, (numbers - 1) // 2))


def median(input: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    if dim is None:
        flat = np.asarray(input).reshape(-1)
        return _median(flat)[0] if flat.size else np.array(np.nan)
    return _row_wise(_median, input, dim, keepdim)


def nanmedian(input: Array, dim: int | None = None, keepdim: bool = False) -> Any:
    if dim is None:
        flat = np.asarray(input).reshape(-1)
        return _nanmedian(flat)[0] if flat.size else np.array(np.nan)
    return _row_wise(_nanmedian, input, dim, keepdim)


def kthvalue(input: Array, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    return _row_wise(lambda row: _kth(row, k - 1), input, dim, keepdim)


def _mode(row: Array) -> tuple[Any, int]:
    found, counts = np.unique(row, return_counts=True)
    value = found[np.argmax(counts)]
    same = row == value if value == value else row != row
    return value, int(np.flatnonzero(same)[-1])


def mode(input: Array, dim: int = -1, keepdim: bool = False) -> Any:
    return _row_wise(_mode, input, dim, keepdim)


def msort(input: Array) -> Array:
    return np.sort(input, axis=0) if np.ndim(input) else np.asarray(input)


def aminmax(input: Array, *, dim: int | None = None, keepdim: bool = False) -> Any:
    axis = None if np.ndim(input) == 0 else dim
    kept = keepdim and np.ndim(input) > 0
    return np.min(input, axis=axis, keepdims=kept), np.max(input, axis=axis, keepdims=kept)


def _running(input: Array, dim: int, better: Callable[[Any, Any], Any]) -> Any:
    array = np.asarray(input)
    rows = np.moveaxis(array.reshape(1) if array.ndim == 0 else array, dim, -1)
    values, places = rows.copy(), np.zeros(rows.shape, np.int64)
    for at in np.ndindex(rows.shape[:-1]):
        best = 0
        for i, value in enumerate(rows[at]):
            if value != value or better(value, rows[at][best]):
                best = i
            values[(*at, i)], places[(*at, i)] = rows[at][best], best
    if array.ndim == 0:
        return values.reshape(()), places.reshape(())
    return np.moveaxis(values, -1, dim), np.moveaxis(places, -1, dim)


def cummax(input: Array, dim: int) -> Any:
    return _running(input, dim, lambda new, best: new >= best)


def cummin(input: Array, dim: int) -> Any:
    return _running(input, dim, lambda new, best: new <= best)


def quantile(
    input: Array,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Array:
    axis = None if np.ndim(input) == 0 else dim
    result = np.quantile(input, q, axis=axis, method=interpolation, keepdims=keepdim)
    return np.asarray(result)


def nanquantile(
    input: Array,
    q: Any,
    dim: int | None = None,
    keepdim: bool = False,
    *,
    interpolation: str = "linear",
) -> Array:
    axis = None if np.ndim(input) == 0 else dim
    return np.asarray(np.nanquantile(input, q, axis=axis, method=interpolation, keepdims=keepdim))


# --- Statistics --------------------------------------------------------------------------------


def _axes(input: Array, dim: Any) -> Any:
    if dim is None or np.ndim(input) == 0 or (isinstance(dim, (tuple, list)) and not dim):
        return None
    return tuple(dim) if isinstance(dim, (tuple, list)) else int(dim)


def nansum(input: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    array = np.asarray(input) if dtype is None else np.asarray(input).astype(dtype)
    return np.nansum(array, axis=_axes(array, dim), keepdims=keepdim)


def nanmean(input: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    array = np.asarray(input) if dtype is None else np.asarray(input).astype(dtype)
    return np.asarray(np.nanmean(array, axis=_axes(array, dim), keepdims=keepdim))


def std_mean(
    input: Array,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Any:
    lost = float(unbiased) if correction is None else correction
    axis = _axes(input, dim)
    average = np.mean(input, axis=axis, keepdims=True)
    squares = np.sum((np.asarray(input) - average) ** 2, axis=axis, keepdims=keepdim)
    count = np.size(input) / max(np.size(average), 1)
    deviation = np.sqrt(squares / max(count - lost, 0))
    return deviation, np.mean(input, axis=axis, keepdims=keepdim)


def bincount(input: Array, weights: Array = None, minlength: int = 0) -> Array:
    return np.bincount(np.asarray(input), weights, minlength)


def histc(input: Array, bins: int = 100, min: float = 0, max: float = 0) -> Array:
    x = np.asarray(input).reshape(-1)
    low, high = (min, max) if min != max or not x.size else (x.min(), x.max())
    if low == high:
        low, high = low - 1, high + 1
    return np.histogram(x, bins, (low, high))[0].astype(x.dtype)


def histogram(
    input: Array, bins: Any = 100, *, range: Any = None, weight: Array = None, density: bool = False
) -> Any:
    x = np.asarray(input).reshape(-1)
    loads = None if weight is None else np.asarray(weight).reshape(-1)
    edges = np.histogram_bin_edges(x, bins, range)
    totals = np.histogram(x, edges, weights=loads)[0].astype(np.float64)
    if density:
        totals = totals / totals.sum() / np.diff(edges)
    return totals.astype(x.dtype), edges.astype(x.dtype)


def cov(
    input: Array, *, correction: int = 1, fweights: Array = None, aweights: Array = None
) -> Array:
    return np.asarray(
        np.cov(np.atleast_1d(input), ddof=correction, fweights=fweights, aweights=aweights)
    )


def corrcoef(input: Array) -> Array:
    return np.asarray(np.corrcoef(np.atleast_1d(input)))


def dist(input: Array, other: Array, p: float = 2) -> Array:
    difference = np.abs(np.asarray(input) - other).reshape(-1)
    if p == 0:
        return np.sum(difference != 0).astype(difference.dtype)
    if math.isinf(p):
        return np.max(difference) if p > 0 else np.min(difference)
    return np.sum(difference**p) ** (1 / p)


def renorm(input: Array, p: float, dim: int, maxnorm: float) -> Array:
    result = np.array(input)
    for piece in np.moveaxis(result, dim, 0):
        length = dist(piece, 0.0, p)
        if length > maxnorm:
            piece *= maxnorm / (length + 1e-7)
    return result


# --- Running sums, differences, integrals ------------------------------------------------------


def logcumsumexp(input: Array, dim: int) -> Array:
    array = np.asarray(input)
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    return array if array.ndim == 0 else np.logaddexp.accumulate(array, axis=dim)


def diff(
    input: Array, n: int = 1, dim: int = -1, prepend: Array = None, append: Array = None
) -> Array:
    joined = {"prepend": prepend, "append": append}
    given = {name: part for name, part in joined.items() if part is not None}
    return np.diff(input, n, dim, **given)


def trapezoid(y: Array, x: Array = None, *, dx: float | None = None, dim: int = -1) -> Array:
    places = np.broadcast_to(x, np.shape(y)) if np.ndim(x) > 1 else x
    return np.asarray(np.trapezoid(y, places, 1.0 if dx is None else dx, dim))


def cumulative_trapezoid(
    y: Array, x: Array = None, *, dx: float | None = None, dim: int = -1
) -> Array:
    y = np.asarray(y)
    x = np.broadcast_to(x, y.shape) if np.ndim(x) > 1 else x
    size = y.shape[dim]
    pieces = [
        trapezoid(
            y.take(range(i + 1), dim),
            x if x is None else np.take(x, range(i + 1), dim if np.ndim(x) > 1 else 0),
            dx=dx,
            dim=dim,
        )
        for i in range(1, size)
    ]
    return np.stack(pieces, dim) if pieces else y.take([], dim)


def trace(input: Array) -> Array:
    return np.asarray(np.trace(input))


ORDER: dict[str, Callable[..., Any]] = by_name(
    median, nanmedian, kthvalue, mode, msort, aminmax, cummax, cummin, quantile, nanquantile,
    nansum, nanmean, std_mean, bincount, histc, histogram, cov, corrcoef, dist, renorm,
    logcumsumexp, diff, trapezoid, cumulative_trapezoid, trace
) | {"trapz": trapezoid}  # fmt: skip
