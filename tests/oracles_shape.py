"""NumPy oracles of the shape, indexing and creation operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from oracles_pointwise import by_name

Array = Any


def _sizes(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """Return sizes that came either as one sequence or as separate integers."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        return tuple(sizes[0])
    return tuple(sizes)


def reshape(input: Array, *shape: Any, **named: Any) -> Array:
    return np.reshape(input, _sizes(tuple(named.values()) or shape))


def permute(input: Array, *dims: Any, **named: Any) -> Array:
    return np.transpose(input, _sizes(tuple(named.values()) or dims))


def transpose(input: Array, dim0: int, dim1: int) -> Array:
    return np.swapaxes(input, dim0, dim1) if np.ndim(input) else np.asarray(input)


def t(input: Array) -> Array:
    return np.asarray(input).T


def movedim(input: Array, source: Any, destination: Any) -> Array:
    return np.moveaxis(input, source, destination)


def broadcast_to(input: Array, *size: Any, **named: Any) -> Array:
    wanted = _sizes(tuple(named.values()) or size)
    shape = np.shape(input)
    lead = len(wanted) - len(shape)
    full = [own if new == -1 else new for new, own in zip(wanted[lead:], shape, strict=True)]
    return np.broadcast_to(input, wanted[:lead] + tuple(full))


def expand_as(input: Array, other: Array) -> Array:
    return np.broadcast_to(input, np.shape(other))


def squeeze(input: Array, dim: Any = None) -> Array:
    array = np.asarray(input)
    if dim is None or array.ndim == 0:
        return np.squeeze(array)
    chosen = dim if isinstance(dim, (tuple, list)) else (dim,)
    return np.squeeze(array, axis=tuple(axis for axis in chosen if array.shape[axis] == 1))


def unsqueeze(input: Array, dim: int) -> Array:
    return np.expand_dims(input, dim)


def flatten(input: Array, start_dim: int = 0, end_dim: int = -1) -> Array:
    array = np.atleast_1d(np.asarray(input))
    first, last = start_dim % array.ndim, end_dim % array.ndim
    middle = int(np.prod(array.shape[first : last + 1], dtype=np.int64))
    return array.reshape(*array.shape[:first], middle, *array.shape[last + 1 :])


def unflatten(input: Array, dim: int, sizes: Any) -> Array:
    shape = np.shape(input)
    axis = dim % len(shape)
    if -1 in sizes:
        known = -int(np.prod(sizes))
        sizes = [shape[axis] // known if size == -1 else size for size in sizes]
    return np.reshape(input, (*shape[:axis], *sizes, *shape[axis + 1 :]))


def cat(tensors: Any, dim: int = 0) -> Array:
    kept = [part for part in tensors if np.shape(part) != (0,)]
    return np.concatenate(kept, axis=dim) if kept else np.asarray(tensors[0])


def stack(tensors: Any, dim: int = 0) -> Array:
    return np.stack(tensors, axis=dim)


def split(tensor: Array, split_size_or_sections: Any, dim: int = 0) -> tuple[Array, ...]:
    size = np.shape(tensor)[dim]
    if isinstance(split_size_or_sections, (tuple, list)):
        ends = np.cumsum(split_size_or_sections)[:-1]
    else:
        ends = np.arange(split_size_or_sections, size, split_size_or_sections)
    return tuple(np.split(np.asarray(tensor), ends, axis=dim))


def chunk(input: Array, chunks: int, dim: int = 0) -> tuple[Array, ...]:
    size = np.shape(input)[dim]
    if size == 0:
        return (np.asarray(input),) * chunks
    return split(input, -(-size // chunks), dim)


def unbind(input: Array, dim: int = 0) -> tuple[Array, ...]:
    return tuple(np.moveaxis(np.asarray(input), dim, 0))


def narrow(input: Array, dim: int, start: int, length: int) -> Array:
    begin = start + np.shape(input)[dim] if start < 0 else start
    return np.take(input, np.arange(begin, begin + length), axis=dim)


def select(input: Array, dim: int, index: int) -> Array:
    return np.take(input, index, axis=dim)


def slice_(input: Array, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Array:
    return np.moveaxis(np.moveaxis(np.asarray(input), dim, 0)[start:end:step], 0, dim)


def unfold(input: Array, dimension: int, size: int, step: int) -> Array:
    """Return windows along one axis; the place in the window becomes the last axis."""
    windows = np.lib.stride_tricks.sliding_window_view(input, size, axis=dimension)
    return np.moveaxis(np.moveaxis(windows, dimension, 0)[::step], 0, dimension)


def flip(input: Array, *dims: Any, **named: Any) -> Array:
    return np.flip(input, _sizes(tuple(named.values()) or dims))


def roll(input: Array, shifts: Any, dims: Any = None) -> Array:
    return np.roll(input, shifts, axis=tuple(dims) if isinstance(dims, list) else dims)


def pad(input: Array, pad: Any, mode: str = "constant", value: float | None = None) -> Array:
    """Return `input` with pairs (before, after) added, the last axis first, as PyTorch counts."""
    array = np.asarray(input)
    widths = [(0, 0)] * array.ndim
    for axis, (before, after) in enumerate(zip(pad[::2], pad[1::2], strict=True)):
        widths[array.ndim - 1 - axis] = (before, after)
    for axis, (before, after) in enumerate(widths):
        lost = slice(max(-before, 0), array.shape[axis] - max(-after, 0))
        array = array[(slice(None),) * axis + (lost,)]
    grown = [(max(before, 0), max(after, 0)) for before, after in widths]
    names = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    options = {"constant_values": value or 0} if mode == "constant" else {}
    return np.pad(array, grown, mode=names[mode], **options)  # type: ignore[call-overload]


def repeat(input: Array, *repeats: Any, **named: Any) -> Array:
    return np.tile(input, _sizes(tuple(named.values()) or repeats))


def repeat_interleave(
    input: Array, repeats: Any = None, dim: int | None = None, *, output_size: Any = None
) -> Array:
    if repeats is None:
        return np.repeat(np.arange(len(input)), input)
    return np.repeat(input, repeats, axis=dim)


def tril(input: Array, diagonal: int = 0) -> Array:
    return np.tril(input, diagonal)


def triu(input: Array, diagonal: int = 0) -> Array:
    return np.triu(input, diagonal)


def diag(input: Array, diagonal: int = 0) -> Array:
    return np.diag(input, diagonal)


def diagonal(input: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    return np.diagonal(input, offset, dim1, dim2)


def gather(input: Array, dim: int, index: Array, *, sparse_grad: bool = False) -> Array:
    """Take along one axis; along the others `index` may be smaller than `input`."""
    if np.ndim(index) == 0:
        return np.asarray(input).reshape(-1)[int(index)]
    grid = list(np.indices(index.shape, sparse=True))
    grid[dim] = index
    return np.atleast_1d(input)[tuple(grid)]


def _scatter(input: Array, dim: int, index: Array, src: Any, write: Any) -> Array:
    result = np.array(input)
    grid = list(np.indices(index.shape, sparse=True))
    grid[dim] = index
    source = src[tuple(slice(0, size) for size in index.shape)] if np.ndim(src) else src
    write(result, tuple(grid), source)
    return result


def scatter(input: Array, dim: int, index: Array, src: Any = None, *, value: Any = None) -> Array:
    written = value if src is None else src
    return _scatter(input, dim, index, written, lambda out, at, what: out.__setitem__(at, what))


def scatter_add(input: Array, dim: int, index: Array, src: Array) -> Array:
    return _scatter(input, dim, index, src, np.add.at)


def index_select(input: Array, dim: int, index: Array) -> Array:
    if np.ndim(input) == 0:
        return np.asarray(input)
    return np.take(input, np.atleast_1d(index), axis=dim)


def index_add(input: Array, dim: int, index: Array, source: Array, *, alpha: float = 1) -> Array:
    result = np.array(input)
    np.add.at(np.moveaxis(result, dim, 0), index, np.moveaxis(alpha * source, dim, 0))
    return result


def masked_fill(input: Array, mask: Array, value: Any) -> Array:
    return np.where(mask, value, input).astype(np.asarray(input).dtype)


def masked_select(input: Array, mask: Array) -> Array:
    both = np.broadcast_arrays(input, mask)
    return both[0][both[1]]


def nonzero(input: Array, *, as_tuple: bool = False) -> Any:
    return np.nonzero(np.atleast_1d(input)) if as_tuple else np.argwhere(input)


def take_along_dim(input: Array, indices: Array, dim: int | None = None) -> Array:
    if dim is None:
        return np.asarray(input).reshape(-1)[np.asarray(indices).reshape(-1)]
    shape, wanted = list(np.shape(input)), list(np.shape(indices))
    common = np.broadcast_shapes(
        *(tuple(s[: dim % len(s)] + [1] + s[dim % len(s) + 1 :]) for s in (shape, wanted))
    )
    axis = dim % len(shape)

    def stretched(array: Array) -> Array:
        sizes = list(common)
        sizes[axis] = np.shape(array)[axis]
        return np.broadcast_to(array, sizes)

    return np.take_along_axis(stretched(input), stretched(indices), axis)


def one_hot(tensor: Array, num_classes: int = -1) -> Array:
    count = int(np.max(tensor)) + 1 if num_classes == -1 else num_classes
    return (np.asarray(tensor)[..., None] == np.arange(count)).astype(np.int64)


def getitem(input: Array, index: Any) -> Array:
    return np.asarray(input)[tuple(index) if isinstance(index, list) else index]


def setitem(input: Array, index: Any, value: Any) -> Array:
    result = np.array(input)
    result[tuple(index) if isinstance(index, list) else index] = value
    return result


def index_put(input: Array, indices: Any, values: Any, accumulate: bool = False) -> Array:
    result = np.array(input)
    if accumulate:
        np.add.at(result, tuple(indices), values)
    else:
        result[tuple(indices)] = values
    return result


def full(size: Any, fill_value: Any, *, dtype: Any = None, **_options: Any) -> Array:
    return np.full(size, fill_value, dtype)


def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: Any = None, **_: Any) -> Array:
    first: Any = 0 if end is None else start
    return np.arange(first, start if end is None else end, step, dtype)


def linspace(start: Any, end: Any, steps: int, *, dtype: Any = None, **_options: Any) -> Array:
    return np.linspace(start, end, steps, dtype=dtype)


def eye(n: int, m: int | None = None, *, dtype: Any = None, **_options: Any) -> Array:
    return np.eye(n, m, dtype=dtype or np.float64)


def _filled(value: float) -> Callable[..., Array]:
    def oracle(*size: Any, dtype: Any = None, **_options: Any) -> Array:
        return np.full(_sizes(size), value, dtype)

    return oracle


def _filled_like(value: float) -> Callable[..., Array]:
    def oracle(input: Array, *, dtype: Any = None, **_options: Any) -> Array:
        return np.full_like(input, value, dtype=dtype)

    return oracle


def full_like(input: Array, fill_value: Any, *, dtype: Any = None, **_options: Any) -> Array:
    return np.full_like(input, fill_value, dtype=dtype)


def tensor(data: Any, *, dtype: Any = None, **_options: Any) -> Array:
    return np.array(data, dtype)


def _new(maker: Callable[..., Array]) -> Callable[..., Array]:
    """Return the `new_` form: the first argument gives only the dtype."""

    def oracle(input: Array, *size: Any, dtype: Any = None, **_options: Any) -> Array:
        return maker(*size, dtype=dtype or np.asarray(input).dtype)

    return oracle


SHAPE: dict[str, Callable[..., Any]] = by_name(
    reshape, permute, transpose, t, movedim, broadcast_to, expand_as, squeeze, unsqueeze,
    flatten, unflatten, cat, stack, split, chunk, unbind, narrow, select, flip, roll, pad,
    repeat, repeat_interleave, tril, triu, diag, diagonal, gather, scatter, scatter_add,
    index_select, index_add, masked_fill, masked_select, nonzero, take_along_dim, one_hot,
    getitem, setitem, index_put, full, arange, linspace, eye, full_like, tensor
)  # fmt: skip
SHAPE |= {
    "view": reshape,
    "view.dtype": lambda input, dtype: np.array(input).view(dtype),
    "expand": broadcast_to,
    "tile": repeat,
    "view_as": lambda input, other: np.reshape(input, other.shape),
    "reshape_as": lambda input, other: np.reshape(input, other.shape),
    "split_with_sizes": split,
    "slice": slice_,
    "unfold": unfold,
    "moveaxis": movedim,
    "swapaxes": transpose,
    "swapdims": transpose,
    "concat": cat,
    "index": getitem,
    "argwhere": lambda input: np.argwhere(input),
    "mT": lambda input: np.swapaxes(input, -1, -2),
    "T": t,
    "zeros": _filled(0.0),
    "ones": _filled(1.0),
    "zeros_like": _filled_like(0),
    "ones_like": _filled_like(1),
    "new_zeros": _new(_filled(0.0)),
    "new_ones": _new(_filled(1.0)),
    "new_full": _new(full),
    "as_tensor": tensor,
}
