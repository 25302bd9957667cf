"""NumPy oracles of the operations on images, and of bags of rows."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

Array = Any


def _pair(value: Any) -> tuple[int, int]:
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    return (int(values[0]), int(values[-1]))


# --- Windows as columns --------------------------------------------------------------------------


def unfold_image(
    input: Array, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Array:
    """Return the windows of a padded image, seen through a sliding window."""
    if np.ndim(input) == 3:
        return unfold_image(input[None], kernel_size, dilation, padding, stride)[0]
    kernel, holes, edges, steps = map(_pair, (kernel_size, dilation, padding, stride))
    padded = np.pad(input, [(0, 0), (0, 0), *[(edge, edge) for edge in edges]])
    reach = [hole * (size - 1) + 1 for hole, size in zip(holes, kernel, strict=True)]
    windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(2, 3))
    chosen = windows[:, :, :: steps[0], :: steps[1], :: holes[0], :: holes[1]]
    columns = np.moveaxis(chosen, (4, 5), (2, 3))
    return columns.reshape(len(input), -1, chosen.shape[2] * chosen.shape[3])


def fold(
    input: Array,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Array:
    """Add each column's elements where unfolding an image of numbers finds them."""
    if np.ndim(input) == 2:
        return fold(input[None], output_size, kernel_size, dilation, padding, stride)[0]
    height, width = _pair(output_size)
    window = math.prod(_pair(kernel_size))
    numbers = np.arange(1, height * width + 1).reshape(1, 1, height, width)
    places = unfold_image(numbers, kernel_size, dilation, padding, stride)[0]
    columns = input.reshape(len(input), -1, window, input.shape[-1])
    image = np.zeros((*columns.shape[:2], height * width + 1), input.dtype)
    np.add.at(image, (slice(None), slice(None), places), columns)
    return image[..., 1:].reshape(*columns.shape[:2], height, width)


# --- Resampling ----------------------------------------------------------------------------------


def _cubic(x: Array, a: float) -> Array:
    x = np.abs(x)
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1
    far = a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def _matrix(n: int, m: int, mode: str, align: bool, antialias: bool, factor: float | None) -> Array:
    """Return the (m, n) matrix that resamples one axis."""
    out, pixels = np.arange(m)[:, None], np.arange(n)
    step = 1 / factor if factor else n / m
    if mode == "nearest":
        return (np.clip(np.floor(out * step), 0, n - 1) == pixels).astype(float)
    if mode == "nearest-exact":
        return (np.clip(np.floor((out + 0.5) * step), 0, n - 1) == pixels).astype(float)
    if mode == "area":
        covered = (pixels >= np.floor(out * n / m)) & (pixels < np.ceil((out + 1) * n / m))
        return covered / covered.sum(1, keepdims=True)
    if align:
        step = (n - 1) / (m - 1) if m > 1 else 0.0
    cubic = mode == "bicubic"
    if antialias:
        wide = max(step, 1.0)
        distance = (pixels + 0.5 - (out + 0.5) * step) / wide
        weights = _cubic(distance, -0.5) if cubic else np.maximum(0, 1 - np.abs(distance))
        return weights / weights.sum(1, keepdims=True)
    position = out * step if align else (out + 0.5) * step - 0.5
    if not cubic:
        position = np.clip(position, 0, n - 1)
        return np.maximum(0, 1 - np.abs(position - pixels))
    matrix = np.zeros((m, n))
    for offset in range(-3, n + 4):  # pixels outside are the one at the edge
        weights = _cubic(position - offset, -0.75)
        matrix[:, [min(max(offset, 0), n - 1)]] += weights
    return matrix


def interpolate(
    input: Array,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Array:
    """Multiply every spatial axis by the matrix that resamples it."""
    spatial = input.ndim - 2
    given = size if size is not None else scale_factor
    values = list(given) if isinstance(given, (list, tuple)) else [given]
    values = values * spatial if len(values) == 1 else values
    result = np.asarray(input)
    for axis, value in enumerate(values):
        n = input.shape[axis + 2]
        m = value if size is not None else math.floor(n * value)
        given_step = size is None and not recompute_scale_factor and mode != "area"
        matrix = _matrix(n, m, mode, bool(align_corners), antialias, value if given_step else None)
        result = np.moveaxis(np.tensordot(result, matrix, (axis + 2, 1)), -1, axis + 2)
    return np.floor(result + 0.5).clip(0, 255) if input.dtype == np.uint8 else result


# --- Sampling along a grid -----------------------------------------------------------------------


def _reflected(x: float, low: float, high: float) -> float:
    while high > low and not low <= x <= high:
        x = 2 * low - x if x < low else 2 * high - x
    return x if high > low else 0.0


def _inside(x: float, n: int, padding_mode: str, align: bool) -> float:
    if padding_mode == "reflection":
        x = _reflected(x, 0, n - 1) if align else _reflected(x, -0.5, n - 0.5)
    return x if padding_mode == "zeros" else min(max(x, 0), n - 1)


def _weights(v: float, n: int, mode: str, padding_mode: str, align: bool) -> Array:
    """Return the weight of each of n pixels for a coordinate from -1 to 1."""
    x = (v + 1) / 2 * (n - 1) if align else ((v + 1) * n - 1) / 2
    pixels = np.arange(n)
    if mode == "bicubic":
        weights = np.zeros(n)
        for offset in range(math.floor(x) - 1, math.floor(x) + 3):
            pixel = round(_inside(offset, n, padding_mode, align))
            if 0 <= pixel < n:
                weights[pixel] += _cubic(np.asarray(x - offset), -0.75)
        return weights
    x = _inside(x, n, padding_mode, align)
    if mode == "nearest":
        return (pixels == np.rint(x)).astype(float)
    return np.maximum(0, 1 - np.abs(x - pixels))


def grid_sample(
    input: Array,
    grid: Array,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Array:
    """For each point, the outer product of the axes' weights times the image."""
    result = np.zeros((*input.shape[:2], *grid.shape[1:-1]))
    for place in itertools.product(*map(range, (len(grid), *grid.shape[1:-1]))):
        value = input[place[0]]
        for v, n in zip(grid[place], input.shape[:1:-1], strict=True):
            weights = _weights(float(v), n, mode, padding_mode, bool(align_corners))
            value = value @ weights  # the last axis is x
        result[(place[0], slice(None), *place[1:])] = value
    return result.astype(input.dtype)


def affine_grid(theta: Array, size: Sequence[int], align_corners: bool | None = None) -> Array:
    axes = [
        np.linspace(-1, 1, n) * (1.0 if align_corners else (n - 1) / n) if n > 1 else np.zeros(1)
        for n in size[2:]
    ]
    points = np.meshgrid(*axes, indexing="ij")[::-1]
    homogeneous = np.stack([*points, np.ones_like(points[0])], -1)
    return np.einsum("...j,nij->n...i", homogeneous, theta).astype(theta.dtype)


# --- Channels and pixels -------------------------------------------------------------------------


def pixel_shuffle(input: Array, upscale_factor: int) -> Array:
    r = upscale_factor
    *lead, channels, height, width = input.shape
    result = np.zeros((*lead, channels // r**2, height * r, width * r), input.dtype)
    for i, j in itertools.product(range(r), repeat=2):
        result[..., i::r, j::r] = input[..., i * r + j :: r * r, :, :]
    return result


def pixel_unshuffle(input: Array, downscale_factor: int) -> Array:
    r = downscale_factor
    *lead, channels, height, width = input.shape
    result = np.zeros((*lead, channels * r**2, height // r, width // r), input.dtype)
    for i, j in itertools.product(range(r), repeat=2):
        result[..., i * r + j :: r * r, :, :] = input[..., i::r, j::r]
    return result


def channel_shuffle(input: Array, groups: int) -> Array:
    order = [c for start in range(input.shape[1] // groups)
             for c in range(start, input.shape[1], input.shape[1] // groups)]  # fmt: skip
    return input[:, order]


# --- Norms and bags ------------------------------------------------------------------------------


def instance_norm(
    input: Array,
    running_mean: Array = None,
    running_var: Array = None,
    weight: Array = None,
    bias: Array = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    axes = tuple(range(2, input.ndim))
    shape = [1, -1] + [1] * len(axes)
    if use_input_stats:
        average = np.mean(input, axis=axes, keepdims=True)
        variance = np.var(input, axis=axes, keepdims=True)
    else:
        average, variance = np.reshape(running_mean, shape), np.reshape(running_var, shape)
    result = (input - average) / np.sqrt(variance + eps)
    result = result if weight is None else result * np.reshape(weight, shape)
    return result if bias is None else result + np.reshape(bias, shape)


def _bags(input: Array, offsets: Array, include_last_offset: bool) -> Iterator[range]:
    if np.ndim(input) == 2:
        rows, length = np.shape(input)
        return iter([range(row * length, (row + 1) * length) for row in range(rows)])
    ends = [*map(int, offsets)] + ([] if include_last_offset else [np.size(input)])
    return iter([range(begin, end) for begin, end in itertools.pairwise(ends)])


def embedding_bag(
    input: Array,
    weight: Array,
    offsets: Array = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Array = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Array:
    combine = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
    flat = np.ravel(input)
    factors = np.ones(flat.size) if per_sample_weights is None else np.ravel(per_sample_weights)
    result = []
    for bag in _bags(input, offsets, include_last_offset):
        rows = [factors[i] * weight[flat[i]] for i in bag if flat[i] != padding_idx]
        empty = np.zeros(weight.shape[1])
        result.append(combine(rows, axis=0) if rows else empty)
    return np.array(result, weight.dtype).reshape(-1, weight.shape[1])


IMAGES: dict[str, Callable[..., Any]] = {
    "unfold.image": unfold_image,
    "native_channel_shuffle": channel_shuffle,
} | {
    function.__name__: function
    for function in (
        fold, interpolate, grid_sample, affine_grid, pixel_shuffle, pixel_unshuffle,
        channel_shuffle, instance_norm, embedding_bag,
    )
}  # fmt: skip
