"""NumPy oracles of the reductions, scans, sorts and matrix products."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from oracles_pointwise import by_name

Array = Any


def axes(dim: Any) -> Any:
    """Return PyTorch's `dim` as NumPy's `axis`: an empty list means every axis."""
    if dim is None or (isinstance(dim, (tuple, list)) and len(dim) == 0):
        return None
    return tuple(dim) if isinstance(dim, (tuple, list)) else int(dim)


def _at_least_1d(input: Array, dim: int) -> tuple[Array, bool]:
    """Return a 0-d array as one element, as PyTorch lets dim be 0 or -1 there."""
    array = np.asarray(input)
    if array.ndim == 0 and dim in (0, -1):
        return array.reshape(1), True
    return array, False


def sum(input: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    array = np.asarray(input) if dtype is None else np.asarray(input).astype(dtype)
    return np.sum(array, axis=_valid(array, dim), keepdims=keepdim)


def _valid(array: Array, dim: Any) -> Any:
    return None if np.ndim(array) == 0 and dim in (0, -1, (0,), (-1,), [0], [-1]) else axes(dim)


def mean(input: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    array = np.asarray(input) if dtype is None else np.asarray(input).astype(dtype)
    return np.mean(array, axis=_valid(array, dim), keepdims=keepdim)


def prod(input: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    array = np.asarray(input) if dtype is None else np.asarray(input).astype(dtype)
    return np.prod(array, axis=_valid(array, dim), keepdims=keepdim)


def _extreme(
    input: Array, dim: Any, keepdim: bool, pairwise: Any, values: Any, positions: Any
) -> Any:
    """Return max or min in its three forms: of two arrays, of everything, along one axis."""
    if isinstance(dim, np.ndarray):
        return pairwise(input, dim)
    if dim is None:
        return values(input)
    array, scalar = _at_least_1d(input, dim)
    result = values(array, axis=dim, keepdims=keepdim), positions(array, dim, keepdims=keepdim)
    return tuple(part.reshape(()) for part in result) if scalar else result


def max(input: Array, dim: Any = None, keepdim: bool = False, *, other: Array = None) -> Any:
    second = other if other is not None else dim
    return _extreme(input, second, keepdim, np.maximum, np.max, np.argmax)


def min(input: Array, dim: Any = None, keepdim: bool = False, *, other: Array = None) -> Any:
    second = other if other is not None else dim
    return _extreme(input, second, keepdim, np.minimum, np.min, np.argmin)


def amax(input: Array, dim: Any = (), keepdim: bool = False) -> Array:
    return np.max(input, axis=_valid(input, dim), keepdims=keepdim)


def amin(input: Array, dim: Any = (), keepdim: bool = False) -> Array:
    return np.min(input, axis=_valid(input, dim), keepdims=keepdim)


def argmax(input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return np.argmax(input, axis=_valid(input, dim), keepdims=keepdim)


def argmin(input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return np.argmin(input, axis=_valid(input, dim), keepdims=keepdim)


def _valid_or_none(array: Array, dim: Any) -> Any:
    """Return the axes where an empty list means none of them."""
    return () if isinstance(dim, (tuple, list)) and len(dim) == 0 else _valid(array, dim)


def any(input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return np.any(input, axis=_valid_or_none(input, dim), keepdims=keepdim)


def all(input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return np.all(input, axis=_valid_or_none(input, dim), keepdims=keepdim)


def count_nonzero(input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return np.count_nonzero(input, axis=axes(dim), keepdims=keepdim)


def var(
    input: Array,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Array:
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    lost = correction if correction is not None else float(unbiased)
    array = np.asarray(input)
    total = np.mean(array, axis=_valid(array, dim), keepdims=True)
    square = np.sum((array - total) ** 2, axis=_valid(array, dim), keepdims=keepdim)
    count = array.size / np.maximum(total.size, 1)
    return square / np.maximum(count - lost, 0)


def std(
    input: Array,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Array:
    return np.sqrt(var(input, dim, unbiased, keepdim, correction=correction))


def var_mean(
    input: Array,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Array, Array]:
    return var(input, dim, unbiased, keepdim, correction=correction), mean(input, dim, keepdim)


def logsumexp(input: Array, dim: Any = None, keepdim: bool = False) -> Array:
    array = np.asarray(input)
    array = array if array.dtype.kind == "f" else array.astype(np.float64)
    if array.size == 0:
        return np.log(np.sum(np.exp(array), axis=_valid(array, dim), keepdims=keepdim))
    peak = np.max(array, axis=_valid(array, dim), keepdims=True)
    peak = np.where(np.isfinite(peak), peak, 0)
    total = np.sum(np.exp(array - peak), axis=_valid(array, dim), keepdims=True)
    result = np.log(total) + peak
    return result if keepdim else np.squeeze(result, axis=_valid(array, dim))


def _scan(function: Any, input: Array, dim: int, dtype: Any) -> Array:
    array = np.asarray(input) if dtype is None else np.asarray(input).astype(dtype)
    flat, scalar = _at_least_1d(array, dim)
    result = function(flat, axis=dim)
    return result.reshape(()) if scalar else result


def cumsum(input: Array, dim: int, *, dtype: Any = None) -> Array:
    return _scan(np.cumsum, input, dim, dtype)


def cumprod(input: Array, dim: int, *, dtype: Any = None) -> Array:
    return _scan(np.cumprod, input, dim, dtype)


def norm(
    input: Array, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Array:
    """Return the vector norm of order p over the given axes (None: the whole array)."""
    x = np.abs(np.asarray(input) if dtype is None else np.asarray(input).astype(dtype))
    order = 2.0 if p in ("fro", None) else float(p)
    axis = _valid(x, dim)
    if order == math.inf:
        return np.max(x, axis=axis, keepdims=keepdim)
    if order == -math.inf:
        return np.min(x, axis=axis, keepdims=keepdim)
    if order == 0:
        return np.sum(x != 0, axis=axis, keepdims=keepdim).astype(x.dtype)
    return np.sum(x**order, axis=axis, keepdims=keepdim) ** (1 / order)


def vector_norm(
    input: Array, ord: float = 2.0, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Array:
    return norm(input, ord, dim, keepdim, dtype)


def normalize(input: Array, p: float = 2.0, dim: Any = 1, eps: float = 1e-12) -> Array:
    return input / np.maximum(norm(input, p, dim, keepdim=True), eps)


def argsort(input: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Array:
    array, scalar = _at_least_1d(input, dim)
    keys = _reversed_keys(array) if descending else array
    order = np.argsort(keys, axis=dim, kind="stable")
    return order.reshape(()) if scalar else order


def _reversed_keys(array: Array) -> Array:
    """Return keys whose stable ascending order is the stable descending order of `array`."""
    return -array.astype(np.float64 if array.dtype.kind == "f" else np.int64)


def sort(input: Array, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    order = argsort(input, dim, descending, stable)
    array = np.asarray(input)
    return (array if array.ndim == 0 else np.take_along_axis(array, order, dim)), order


def topk(input: Array, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    values, order = sort(input, dim, descending=largest)
    if np.ndim(values) == 0:
        return values, order
    kept = [slice(None)] * values.ndim
    kept[dim] = slice(0, k)
    return values[tuple(kept)], order[tuple(kept)]


def matmul(input: Array, other: Array) -> Array:
    return np.matmul(input, other)


def mm(input: Array, mat2: Array) -> Array:
    return np.matmul(input, mat2)


def bmm(input: Array, mat2: Array) -> Array:
    return np.matmul(input, mat2)


def mv(input: Array, vec: Array) -> Array:
    return np.matmul(input, vec)


def dot(input: Array, tensor: Array) -> Array:
    return np.dot(input, tensor)


def outer(input: Array, vec2: Array) -> Array:
    return np.outer(input, vec2)


def addmm(input: Array, mat1: Array, mat2: Array, *, beta: float = 1, alpha: float = 1) -> Array:
    return beta * input + alpha * np.matmul(mat1, mat2)


def baddbmm(
    input: Array, batch1: Array, batch2: Array, *, beta: float = 1, alpha: float = 1
) -> Array:
    return beta * input + alpha * np.matmul(batch1, batch2)


def addmv(input: Array, mat: Array, vec: Array, *, beta: float = 1, alpha: float = 1) -> Array:
    return beta * input + alpha * np.matmul(mat, vec)


def linear(input: Array, weight: Array, bias: Array = None) -> Array:
    product = np.matmul(input, np.asarray(weight).T)
    return product if bias is None else product + bias


def einsum(equation: str, *operands: Any) -> Array:
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    return np.einsum(equation.replace(" ", ""), *operands)


def tensordot(a: Array, b: Array, dims: Any = 2) -> Array:
    return np.tensordot(a, b, axes=dims)


REDUCTIONS: dict[str, Callable[..., Any]] = by_name(
    sum, mean, prod, max, min, amax, amin, argmax, argmin, any, all, count_nonzero, var, std,
    var_mean, vector_norm, logsumexp, cumsum, cumprod, norm, normalize, argsort, sort, topk, matmul,
    mm, bmm, mv, dot, outer, addmm, baddbmm, addmv, linear, einsum, tensordot
)  # fmt: skip
