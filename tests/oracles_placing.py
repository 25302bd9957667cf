"""Stacking, splitting, turning, writing at indices, and search, by plain NumPy."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from oracles_pointwise import by_name

Array = Any


# --- Contributions at indices: one loop over all of them, in order -----------------------------

REDUCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "sum": np.sum,
    "prod": np.prod,
    "amax": np.max,
    "amin": np.min,
}


def _mean(values: list[Any]) -> Any:
    total = np.sum(values)
    whole = np.asarray(values[0]).dtype.kind in "iu"
    return total // len(values) if whole else total / len(values)


def scatter_reduce(
    input: Array, dim: int, index: Array, src: Array, reduce: str, *, include_self: bool = True
) -> Array:
    out = np.array(input)
    axis = dim % max(out.ndim, 1)
    landed: dict[tuple[int, ...], list[Any]] = {}
    for place in np.ndindex(np.shape(index)):
        target = list(place)
        if out.ndim:
            target[axis] = int(np.asarray(index)[place])
        value = np.asarray(src)[place] if np.ndim(src) else np.asarray(src)[()]
        landed.setdefault(tuple(target) if out.ndim else (), []).append(value)
    combine = REDUCTIONS.get(reduce, _mean)
    for target_place, values in landed.items():
        own = [out[target_place]] if include_self else []
        out[target_place] = combine(own + values)
    return out


def scatter_reducing(
    input: Array, dim: int, index: Array, src: Array = None, *, reduce: str, value: Any = None
) -> Array:
    given = src if value is None else value
    return scatter_reduce(input, dim, index, given, {"add": "sum", "multiply": "prod"}[reduce])


def index_reduce(
    input: Array, dim: int, index: Array, source: Array, reduce: str, *, include_self: bool = True
) -> Array:
    moved = np.moveaxis(np.array(input), dim, 0)
    contributions = np.moveaxis(np.asarray(source), dim, 0)
    wide = np.broadcast_to(np.reshape(index, (-1, *[1] * (moved.ndim - 1))), contributions.shape)
    out = scatter_reduce(moved, 0, wide, contributions, reduce, include_self=include_self)
    return np.moveaxis(out, 0, dim)


def index_copy(input: Array, dim: int, index: Array, source: Array) -> Array:
    out = np.moveaxis(np.array(input), dim, 0)
    out[index] = np.moveaxis(np.asarray(source), dim, 0)
    return np.moveaxis(out, 0, dim)


def index_fill(input: Array, dim: int, index: Array, value: Any) -> Array:
    out = np.moveaxis(np.array(input), dim, 0) if np.ndim(input) else np.array(input).reshape(1)
    out[np.asarray(index)] = value
    return np.moveaxis(out, 0, dim) if np.ndim(input) else out.reshape(())


def masked_scatter(input: Array, mask: Array, source: Array) -> Array:
    shape = np.broadcast_shapes(np.shape(input), np.shape(mask))
    out, wide = np.array(np.broadcast_to(input, shape)), np.broadcast_to(mask, shape)
    out[wide] = np.ravel(source)[: int(wide.sum())]
    return out


def take(input: Array, index: Array) -> Array:
    return np.take(np.ravel(input), index)


def put(input: Array, index: Array, source: Array, accumulate: bool = False) -> Array:
    out = np.array(input).reshape(-1)
    for place, value in zip(np.ravel(index), np.ravel(source), strict=True):
        out[place] = out[place] + value if accumulate else value
    return out.reshape(np.shape(input))


# --- Copies in which a part is written over ----------------------------------------------------


def select_scatter(input: Array, src: Array, dim: int, index: int) -> Array:
    out = np.array(input)
    np.moveaxis(out, dim, 0)[index] = src
    return out


def slice_scatter(
    input: Array, src: Array, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Array:
    out = np.array(input)
    np.moveaxis(out, dim, 0)[start:end:step] = np.moveaxis(np.asarray(src), dim, 0)
    return out


def diagonal_scatter(
    input: Array, src: Array, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Array:
    out = np.array(input)
    moved = np.moveaxis(out, (dim1, dim2), (-2, -1))
    for i in range(np.shape(src)[-1]):
        moved[..., i + max(-offset, 0), i + max(offset, 0)] = np.asarray(src)[..., i]
    return out


def _positions(size: Any, stride: Any, storage_offset: int) -> Array:
    grid = np.indices(tuple(size))
    return storage_offset + sum(
        (axis * step for axis, step in zip(grid, stride, strict=True)), np.zeros(size, np.int64)
    )


def as_strided(input: Array, size: Any, stride: Any, storage_offset: int | None = None) -> Array:
    return np.ravel(input)[_positions(size, stride, storage_offset or 0)]


def fill_diagonal(input: Array, fill_value: Any, wrap: bool = False) -> Array:
    result = np.array(input)
    np.fill_diagonal(result, fill_value, wrap)
    return result


def as_strided_scatter(
    input: Array, src: Array, size: Any, stride: Any, storage_offset: int | None = None
) -> Array:
    out = np.array(input)
    out.reshape(-1)[_positions(size, stride, storage_offset or 0)] = src
    return out


# --- Joining and splitting ---------------------------------------------------------------------


def block_diag(*tensors: Array) -> Array:
    list_of = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], list) else tensors
    blocks = [np.atleast_2d(one) for one in list_of]
    rows, columns = (sum(one.shape[axis] for one in blocks) for axis in (0, 1))
    out = np.zeros((rows, columns), np.result_type(*blocks))
    row = column = 0
    for one in blocks:
        out[row : row + one.shape[0], column : column + one.shape[1]] = one
        row, column = row + one.shape[0], column + one.shape[1]
    return out


def _listed(tensors: tuple[Any, ...]) -> list[Any]:
    single = len(tensors) == 1 and isinstance(tensors[0], (list, tuple))
    return list(tensors[0]) if single else list(tensors)


def _each(function: Callable[..., Any]) -> Callable[..., Any]:
    def oracle(*tensors: Any) -> Any:
        single = len(tensors) == 1 and not isinstance(tensors[0], (list, tuple))
        return function(tensors[0]) if single else tuple(map(function, _listed(tensors)))

    return oracle


def broadcast_tensors(*tensors: Any) -> tuple[Array, ...]:
    return tuple(np.broadcast_arrays(*_listed(tensors)))


def meshgrid(*tensors: Any, indexing: str | None = None) -> tuple[Array, ...]:
    return tuple(np.meshgrid(*_listed(tensors), indexing=indexing or "ij"))


def cartesian_prod(*tensors: Any) -> Array:
    vectors = _listed(tensors)
    rows = np.array(list(itertools.product(*vectors)), np.asarray(vectors[0]).dtype)
    return rows.reshape(-1) if len(vectors) == 1 else rows.reshape(-1, len(vectors))


def combinations(input: Array, r: int = 2, with_replacement: bool = False) -> Array:
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    return np.array(list(choose(input, r)), np.asarray(input).dtype).reshape(-1, *[r] * (r > 0))


def tensor_split(input: Array, indices_or_sections: Any, dim: int = 0) -> tuple[Array, ...]:
    places = np.asarray(indices_or_sections)
    if places.ndim == 0:
        return tuple(np.array_split(input, int(places), axis=dim))
    moved = np.moveaxis(np.asarray(input), dim, 0)
    bounds = [None, *places.tolist(), None]
    return tuple(np.moveaxis(moved[a:b], 0, dim) for a, b in itertools.pairwise(bounds))


def _splits(axis: int) -> Callable[..., Any]:
    def oracle(input: Array, indices_or_sections: Any) -> tuple[Array, ...]:
        chosen = 0 if np.ndim(input) == 1 else axis
        if np.ndim(indices_or_sections):
            return tensor_split(input, indices_or_sections, chosen)
        return tuple(np.split(np.asarray(input), indices_or_sections, axis=chosen))

    return oracle


def unsafe_split(tensor: Array, split_size: Any, dim: int = 0) -> tuple[Array, ...]:
    ends = (
        np.cumsum(split_size)[:-1]
        if np.ndim(split_size)
        else np.arange(split_size, np.shape(tensor)[dim], split_size)
    )
    return tuple(np.split(np.asarray(tensor), ends, axis=dim))


def unsafe_chunk(input: Array, chunks: int, dim: int = 0) -> tuple[Array, ...]:
    size = np.shape(input)[dim]
    return unsafe_split(input, -(-size // chunks), dim) if size else (input,) * chunks


# --- Turning, diagonals ------------------------------------------------------------------------


def rot90(input: Array, k: int = 1, dims: Any = (0, 1)) -> Array:
    return np.rot90(np.asarray(input), k, tuple(dims))


def diag_embed(input: Array, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Array:
    x = np.asarray(input)
    n = x.shape[-1] + abs(offset)
    out = np.zeros((*x.shape[:-1], n, n), x.dtype)
    for i in range(x.shape[-1]):
        out[..., i + max(-offset, 0), i + max(offset, 0)] = x[..., i]
    return np.moveaxis(out, (-2, -1), (dim1, dim2))


def diagflat(input: Array, offset: int = 0) -> Array:
    return np.diagflat(input, offset)


def sum_to_size(input: Array, *size: Any, **named: Any) -> Array:
    given = tuple(named.values()) or size
    shape = tuple(given[0]) if len(given) == 1 and np.ndim(given[0]) else given
    x = np.asarray(input)
    x = x.sum(tuple(range(x.ndim - len(shape))))
    kept = tuple(d for d, n in enumerate(shape) if n == 1 and x.shape[d] != 1)
    return x.sum(kept, keepdims=True) if kept else x


# --- Search ------------------------------------------------------------------------------------


def nonzero_static(input: Array, *, size: int, fill_value: int = -1) -> Array:
    out = np.full((size, np.ndim(input)), fill_value)
    found = np.argwhere(input)[:size]
    out[: len(found)] = found
    return out


def unravel_index(indices: Array, shape: Any) -> tuple[Array, ...]:
    return tuple(np.unravel_index(indices, shape))


def searchsorted(
    sorted_sequence: Array,
    input: Array,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Array = None,
) -> Array:
    sequence, values = np.asarray(sorted_sequence), np.asarray(input)
    if sorter is not None:
        sequence = np.take_along_axis(sequence, np.asarray(sorter), -1)
    wide = sequence if sequence.ndim == 1 else sequence[..., None, :]
    before = np.less_equal if right or side == "right" else np.less
    count = before(wide, values[..., None]).sum(-1)
    return count.astype(np.int32 if out_int32 else np.int64)


def bucketize(
    input: Array, boundaries: Array, *, out_int32: bool = False, right: bool = False
) -> Array:
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def isin(
    elements: Array, test_elements: Array, *, assume_unique: bool = False, invert: bool = False
) -> Array:
    found = (np.asarray(elements)[..., None] == np.ravel(test_elements)).any(-1)
    return ~found if invert else found


PLACING: dict[str, Callable[..., Any]] = by_name(
    scatter_reduce, index_reduce, index_copy, index_fill, masked_scatter, take, put,
    select_scatter, slice_scatter, diagonal_scatter, as_strided, as_strided_scatter, block_diag,
    fill_diagonal,
    broadcast_tensors, meshgrid, cartesian_prod, combinations, tensor_split, unsafe_split,
    unsafe_chunk, rot90, diag_embed, diagflat, sum_to_size, nonzero_static, unravel_index,
    searchsorted, bucketize, isin
)  # fmt: skip
PLACING |= {
    "scatter.reduce": scatter_reducing,
    "scatter.value_reduce": scatter_reducing,
    "concatenate": lambda tensors, dim=0: np.concatenate(tensors, dim),
    "hstack": lambda tensors: np.hstack(tensors),
    "vstack": lambda tensors: np.vstack(tensors),
    "row_stack": lambda tensors: np.vstack(tensors),
    "dstack": lambda tensors: np.dstack(tensors),
    "column_stack": lambda tensors: np.column_stack(list(map(np.atleast_1d, tensors))),
    "atleast_1d": _each(np.atleast_1d),
    "atleast_2d": _each(np.atleast_2d),
    "atleast_3d": _each(np.atleast_3d),
    "hsplit": _splits(1),
    "vsplit": _splits(0),
    "dsplit": _splits(2),
    "unsafe_split_with_sizes": unsafe_split,
    "fliplr": lambda input: np.fliplr(input),
    "flipud": lambda input: np.flipud(input),
    "ravel": lambda input: np.ravel(input),
    "adjoint": lambda input: np.swapaxes(input, -1, -2),
    "swapaxes": lambda input, axis0, axis1: np.swapaxes(input, axis0, axis1),
    "swapdims": lambda input, dim0, dim1: np.swapaxes(input, dim0, dim1),
    "fill": lambda input, value: np.full_like(input, value),
}
