"""Inputs of a wanted size for every op of the registry: its samples made larger, or a table's row.

A sample becomes larger by giving each of its dims a new length; what two tensors of the sample have
in common they have in common afterwards. Numbers are drawn from those of the sample, so that they
stay where the op is defined. Where that makes no useful work (products, images, indices, lists of
sizes) WRITTEN has inputs that were thought about.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

Array = Any


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The arguments of a call, NumPy arrays where tensors stand."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)

    def with_arrays(self, convert: Callable[[Array], Any]) -> Inputs:
        """Return the arguments with every array converted."""
        return Inputs(
            mapped(convert, self.args), {k: mapped(convert, v) for k, v in self.kwargs.items()}
        )

    @property
    def arrays(self) -> list[Array]:
        """The arrays among the arguments, from left to right."""
        found: list[Array] = []
        self.with_arrays(found.append)
        return found


def mapped(convert: Callable[[Array], Any], value: Any) -> Any:
    """Return nested tuples and lists with their arrays converted."""
    if isinstance(value, (tuple, list)):
        return type(value)(mapped(convert, part) for part in value)
    return convert(value) if isinstance(value, np.ndarray) else value


def inputs_of(op: Any, size: int) -> Iterator[Inputs]:
    """Yield arguments of about `size` elements, the most sensible ones first."""
    name = str(op)
    if name in WRITTEN:
        yield WRITTEN[name](size)
        return
    for args, kwargs in op.samples():
        sample = Inputs(tuple(plain(value) for value in args), dict(kwargs))
        arrays = sample.arrays
        if any(array.size > 1 for array in arrays):
            for renamed in (by_place, by_length, first_only):
                yield renamed(sample, size)


def plain(value: Any) -> Any:
    """Return an argument of a sample with arrays in the place of tensors, float32 for float64."""
    if type(value) in (tuple, list):
        return type(value)(plain(part) for part in value)
    if not hasattr(value, "detach"):
        return value
    array = np.asarray(value.detach().numpy())
    return array.astype(np.float32) if array.dtype == np.float64 else array


# --- Larger samples ----------------------------------------------------------------------------


def lengths(rank: int, size: int) -> tuple[int, ...]:
    """Return the shape that `size` elements have in `rank` dims: long rows, fewer of them.

    >>> lengths(2, 100_000)
    (100, 1000)
    """
    if rank <= 1:
        return (size,) * rank
    last = max(2, min(1000, size // 8, round(size ** (1 / rank) * 4 ** (rank > 2))))
    if rank == 2:
        last = max(2, min(1000, size // 8))
    return (*lengths(rank - 1, max(1, round(size / last))), last)


def enlarged(array: Array, shape: tuple[int, ...], numbers: np.random.Generator) -> Array:
    """Return an array of a new shape whose numbers come from the old one, floats a little apart."""
    if array.size == 0:
        return np.zeros(shape, array.dtype)
    flat = array.reshape(-1)
    drawn = flat[numbers.integers(0, flat.size, math.prod(shape))].reshape(shape)
    if array.dtype.kind != "f":
        return drawn
    return drawn * numbers.uniform(0.99, 1, shape).astype(array.dtype)


def largest(sample: Inputs) -> Array:
    """Return the array of a sample that has most elements, a floating one if there is one."""
    floats = [array for array in sample.arrays if array.dtype.kind == "f" and array.size > 1]
    return max(floats or sample.arrays, key=lambda array: array.size)


def by_place(sample: Inputs, size: int) -> Inputs:
    """Enlarge dims by their place from the right, as in broadcasting; those of length 1 stay."""
    main = largest(sample)
    wanted = lengths(main.ndim, size)
    numbers = np.random.default_rng(0)

    def convert(array: Array) -> Array:
        if array.ndim > main.ndim:
            return array
        shape = tuple(
            wanted[place] if length == main.shape[place] and length > 1 else length
            for place, length in zip(range(-array.ndim, 0), array.shape, strict=True)
        )
        return enlarged(array, shape, numbers)

    return sample.with_arrays(convert)


def by_length(sample: Inputs, size: int) -> Inputs:
    """Enlarge dims of the same length alike, wherever they stand; also where sizes are given."""
    main = largest(sample)
    wanted = dict(zip(main.shape, lengths(main.ndim, size), strict=True))
    wanted.pop(1, None)
    factor = max(1, size // max(1, main.size))
    numbers = np.random.default_rng(0)

    def convert(array: Array) -> Array:
        shape = [wanted.get(length, length) for length in array.shape]
        if array.ndim and math.prod(shape) > 16 * size:
            shape = [factor, *array.shape[1:]]
        return enlarged(array, tuple(shape), numbers)

    return sample.with_arrays(convert)


def first_only(sample: Inputs, size: int) -> Inputs:
    """Enlarge only the first dim, in all arrays that have its length there."""
    main = largest(sample)
    length = max(1, size * main.shape[0] // max(1, main.size)) if main.ndim else 1
    numbers = np.random.default_rng(0)

    def convert(array: Array) -> Array:
        if array.ndim == 0 or array.shape[0] != main.shape[0]:
            return array
        return enlarged(array, (length, *array.shape[1:]), numbers)

    return sample.with_arrays(convert)


# --- Inputs that were thought about ------------------------------------------------------------


def normal(*shape: int, seed: int = 0) -> Array:
    """Return float32 standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def integers(high: int, *shape: int, seed: int = 1) -> Array:
    """Return int64 numbers below `high`."""
    return np.random.default_rng(seed).integers(0, high, shape)


def side(size: int) -> int:
    """Return the side of a square of `size` elements."""
    return max(1, math.isqrt(size))


def rows(size: int) -> tuple[int, int]:
    """Return the shape of a matrix of `size` elements with rows of up to 1000."""
    high, wide = lengths(2, size)
    return high, wide


def batch(size: int) -> tuple[int, int, int]:
    """Return the shape of a batch of square matrices of up to 64 × 64."""
    edge = min(64, side(size))
    return max(1, size // edge**2), edge, edge


def images(size: int, dims: int) -> tuple[int, ...]:
    """Return a batch of images in `dims` dims with 16 channels, fewer where size is small."""
    edge = {1: 256, 2: 32, 3: 12}[dims]
    channels = 16 if size >= 16 * edge**dims else 1
    while channels * edge**dims > size and edge > 6:
        edge //= 2
    return max(1, size // (channels * edge**dims)), channels, *(edge,) * dims


def convolution(dims: int, *rest: Any) -> Callable[[int], Inputs]:
    """Return inputs of a convolution with as many channels out as in, windows of 3."""

    def build(size: int) -> Inputs:
        shape = images(size, dims)
        channels = shape[1]
        weight = normal(channels, channels, *(3,) * dims, seed=1) * np.float32(0.1)
        return Inputs((normal(*shape), weight, normal(channels, seed=2), *rest))

    return build


def pooling(dims: int, *rest: Any) -> Callable[[int], Inputs]:
    """Return inputs of a pooling, in windows of 2 if nothing else is given."""
    return lambda size: Inputs((normal(*images(size, dims)), *(rest or (2,))))


def square(name_of_shape: Callable[[int], tuple[int, ...]], count: int) -> Callable[[int], Inputs]:
    """Return inputs that are `count` arrays of one shape."""
    return lambda size: Inputs(tuple(normal(*name_of_shape(size), seed=i) for i in range(count)))


def matrix(size: int) -> tuple[int, int]:
    """Return the shape of a square matrix."""
    return side(size), side(size)


def with_arguments(*rest: Any) -> Callable[[int], Inputs]:
    """Return inputs that are one matrix, and the arguments that follow it."""
    return lambda size: Inputs((normal(*rows(size)), *rest))


def picked(size: int) -> tuple[Array, Array]:
    """Return a matrix and positions in its rows, as many as it has elements."""
    shape = rows(size)
    return normal(*shape), integers(shape[1], *shape)


def rows_picked(size: int) -> tuple[Array, Array]:
    """Return a matrix with rows of 64, and as many numbers of rows as it has rows."""
    count = max(2, size // 64)
    return normal(count, 64), integers(count, count)


def classes(size: int) -> tuple[Array, Array]:
    """Return logits of 100 classes and the classes that are right."""
    count = max(1, size // 100)
    return normal(count, 100), integers(100, count)


def alignments(size: int) -> Inputs:
    """Return 50 steps of logits of 20 classes, and targets of 10 labels."""
    count = max(1, size // 1000)
    scores = normal(50, count, 20)
    scores -= np.log(np.exp(scores).sum(2, keepdims=True))
    targets = 1 + integers(19, count, 10)
    return Inputs((scores, targets, np.full(count, 50), np.full(count, 10)))


def attention(size: int) -> Inputs:
    """Return queries, keys and values of heads of 64 features over up to 256 steps."""
    steps = 16 if size < 1e4 else (128 if size < 1e6 else 256)
    shape = (max(1, size // (4 * steps * 64)), 4 if size >= 1e4 else 1, steps, 64)
    return Inputs(tuple(normal(*shape, seed=i) for i in range(3)))


def normalized(size: int) -> Inputs:
    """Return a batch of images with weights and biases for their channels."""
    shape = images(size, 2)
    ones = np.ones(shape[1], np.float32)
    return Inputs((normal(*shape), None, None, ones, ones, True))


def repeated(size: int) -> Inputs:
    """Return a column that is expanded to `size` elements."""
    high, wide = rows(size)
    return Inputs((normal(high, 1), (high, wide)))


def channels_of(*rest: Any) -> Callable[[int], Inputs]:
    """Return inputs that are images of 16 channels, and the arguments that follow them."""
    return lambda size: Inputs((normal(max(1, size // 1024), 16, 8, 8), *rest))


def along_a_grid(size: int) -> Inputs:
    """Return images and as many points on them as they have pixels."""
    count, channels, *edges = images(size, 2)
    points = np.random.default_rng(1).uniform(-1, 1, (count, *edges, 2)).astype(np.float32)
    return Inputs((normal(count, channels, *edges), points, "bilinear", "zeros", False))


def columns(size: int) -> Inputs:
    """Return the windows of 3 x 3 pixels of images."""
    edge = 4 if size < 1e4 else 16
    channels = 1 if size < 1e4 else 4
    count = max(1, size // (channels * 9 * edge**2))
    return Inputs((normal(count, channels * 9, edge**2), (edge + 2, edge + 2), (3, 3)))


WRITTEN: dict[str, Callable[[int], Inputs]] = {
    "matmul": square(matrix, 2),
    "mm": square(matrix, 2),
    "bmm": square(batch, 2),
    "baddbmm": square(batch, 3),
    "addmm": square(matrix, 3),
    "addbmm": lambda n: Inputs(
        (normal(*batch(n)[1:]), normal(*batch(n), seed=1), normal(*batch(n), seed=2))
    ),
    "addmv": lambda n: Inputs((normal(side(n)), normal(*matrix(n), seed=1), normal(side(n)))),
    "addr": lambda n: Inputs((normal(*matrix(n)), normal(side(n), seed=1), normal(side(n)))),
    "mv": lambda n: Inputs((normal(*matrix(n)), normal(side(n), seed=1))),
    "dot": square(lambda n: (n,), 2),
    "outer": square(lambda n: (side(n),), 2),
    "linear": lambda n: Inputs((normal(max(1, n // 256), 256), normal(256, 256, seed=1))),
    "einsum": lambda n: Inputs(("bij,bjk->bik", normal(*batch(n)), normal(*batch(n), seed=1))),
    **{f"conv{dims}d": convolution(dims) for dims in (1, 2, 3)},
    **{f"conv{dims}d.padding": convolution(dims, 1, "same") for dims in (1, 2, 3)},
    **{f"conv_transpose{dims}d": convolution(dims, 2, 1, 1) for dims in (1, 2, 3)},
    **{
        f"{kind}_pool{dims}d{more}": pooling(dims)
        for dims in (1, 2, 3)
        for kind, more in (("max", ""), ("max", "_with_indices"), ("avg", ""))
    },
    **{
        f"adaptive_{kind}_pool{dims}d{more}": pooling(dims, (5,) * dims)
        for dims in (1, 2, 3)
        for kind, more in (("max", ""), ("max", "_with_indices"), ("avg", ""))
    },
    **{f"lp_pool{dims}d": pooling(dims, 2.0, 2) for dims in (1, 2, 3)},
    "scaled_dot_product_attention": attention,
    "batch_norm": normalized,
    "instance_norm": lambda n: Inputs((*normalized(n).args[:5],)),
    "group_norm": channels_of(4),
    "rms_norm": lambda n: Inputs((normal(*rows(n)), (rows(n)[1],))),
    "interpolate": lambda n: Inputs((normal(*images(n, 2)), None, 2.0, "bilinear")),
    "grid_sample": along_a_grid,
    "unfold.image": lambda n: Inputs((normal(*images(n, 2)), (3, 3))),
    "fold": columns,
    "pixel_shuffle": channels_of(2),
    "pixel_unshuffle": channels_of(2),
    "channel_shuffle": channels_of(4),
    "native_channel_shuffle": channels_of(4),
    "layer_norm": lambda n: Inputs((normal(*rows(n)), (rows(n)[1],))),
    "cross_entropy": lambda n: Inputs(classes(n)),
    "nll_loss": lambda n: Inputs(classes(n)),
    "embedding_bag": lambda n: Inputs((integers(1000, max(1, n // 640), 10), normal(1000, 64))),
    "multi_margin_loss": lambda n: Inputs(classes(n)),
    "linear_cross_entropy": lambda n: Inputs(
        (normal(max(1, n // 256), 256), normal(1000, 256, seed=1), integers(1000, max(1, n // 256)))
    ),
    "ctc_loss": alignments,
    "embedding": lambda n: Inputs((integers(1000, max(1, n // 64)), normal(1000, 64))),
    "gather": lambda n: Inputs((picked(n)[0], 1, picked(n)[1])),
    "take_along_dim": lambda n: Inputs((*picked(n), 1)),
    "scatter": lambda n: Inputs((picked(n)[0], 1, picked(n)[1], normal(*rows(n), seed=2))),
    "scatter.value": lambda n: Inputs((picked(n)[0], 1, picked(n)[1], 2.5)),
    "scatter_add": lambda n: Inputs((picked(n)[0], 1, picked(n)[1], normal(*rows(n), seed=2))),
    "index_select": lambda n: Inputs((rows_picked(n)[0], 0, rows_picked(n)[1])),
    "index_add": lambda n: Inputs(
        (rows_picked(n)[0], 0, rows_picked(n)[1], normal(*rows_picked(n)[0].shape, seed=2))
    ),
    "index_put": lambda n: Inputs(
        (rows_picked(n)[0], (rows_picked(n)[1],), normal(*rows_picked(n)[0].shape, seed=2), True)
    ),
    "masked_select": lambda n: Inputs((normal(n), normal(n, seed=1) > 0)),
    "topk": with_arguments(10),
    "tril": lambda n: Inputs((normal(*matrix(n)),)),
    "triu": lambda n: Inputs((normal(*matrix(n)),)),
    "diag": lambda n: Inputs((normal(side(n)),)),
    "view": lambda n: Inputs((normal(n), (-1, 8))),
    "reshape": lambda n: Inputs((normal(n), (-1, 8))),
    "view_as": lambda n: Inputs((normal(8, n // 8), normal(n // 8, 8))),
    "reshape_as": lambda n: Inputs((normal(8, n // 8), normal(n // 8, 8))),
    "expand": repeated,
    "broadcast_to": repeated,
    "expand_as": lambda n: Inputs((normal(rows(n)[0], 1), normal(*rows(n)))),
    "unflatten": lambda n: Inputs((normal(n), 0, (8, -1))),
    "narrow": lambda n: Inputs((normal(*rows(n)), 1, 0, rows(n)[1] // 2)),
    "split": lambda n: Inputs((normal(*rows(n)), rows(n)[1] // 4, 1)),
    "split.sizes": lambda n: Inputs((normal(8, n // 8), (2, 6), 0)),
    "split_with_sizes": lambda n: Inputs((normal(8, n // 8), (2, 6), 0)),
    "unbind": lambda n: Inputs((normal(8, n // 8),)),
    "repeat": lambda n: Inputs((normal(*rows(max(8, n // 4))), (2, 2))),
    "tile": lambda n: Inputs((normal(*rows(max(8, n // 4))), (2, 2))),
    "pad": with_arguments((1, 2)),
    "roll": with_arguments((3,), (1,)),
}
