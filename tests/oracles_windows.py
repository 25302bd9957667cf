"""Expected values of transposed convolution, of adaptive and power-average pooling, of unpooling.

Transposed convolution and unpooling place what they add element by element; adaptive windows are
cut out one after the other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import Array
from oracles_nn import _per_axis, _Windows


def _conv_transpose(axes: int) -> Callable[..., Array]:
    """Return the transposed convolution over that many spatial axes."""

    def oracle(
        input: Array,
        weight: Array,
        bias: Array = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Array:
        """Put every product where the kernel lies, in a large array, and cut the padding off."""
        batch = input if input.ndim == axes + 2 else input[None]
        steps, cut, more, holes = (
            _per_axis(option, axes) for option in (stride, padding, output_padding, dilation)
        )
        sizes, kernel = batch.shape[2:], weight.shape[2:]
        whole = [
            (size - 1) * step + hole * (width - 1) + 1 + extra
            for size, step, hole, width, extra in zip(
                sizes, steps, holes, kernel, more, strict=True
            )
        ]
        inner, outer = batch.shape[1] // groups, weight.shape[1]
        dtype = np.result_type(input, weight)
        result = np.zeros((batch.shape[0], groups * outer, *whole), dtype)
        for place in itertools.product(*map(range, sizes)):
            for offset in itertools.product(*map(range, kernel)):
                at = tuple(
                    i * step + o * hole
                    for i, step, o, hole in zip(place, steps, offset, holes, strict=True)
                )
                for group in range(groups):
                    channels = slice(group * inner, (group + 1) * inner)
                    values = batch[(slice(None), channels, *place)]
                    matrix = weight[(channels, slice(None), *offset)]
                    result[(slice(None), slice(group * outer, (group + 1) * outer), *at)] += (
                        values @ matrix
                    )
        kept = tuple(slice(edge, size - edge) for edge, size in zip(cut, whole, strict=True))
        result = result[(slice(None), slice(None), *kept)]
        result = result if bias is None else result + np.reshape(bias, (1, -1, *[1] * axes))
        return result if input.ndim == axes + 2 else result[0]

    return oracle


def conv_tbc(input: Array, weight: Array, bias: Array, pad: int = 0) -> Array:
    """Sum over the kernel's steps of shifted sequences times the step's matrix."""
    padded = np.pad(input, [(pad, pad), (0, 0), (0, 0)])
    length = padded.shape[0] - weight.shape[0] + 1
    return bias + sum(padded[k : k + length] @ matrix for k, matrix in enumerate(weight))


def _adaptive(axes: int, choose: Callable[..., Any], both: bool = False) -> Callable[..., Any]:
    """Return a pooling of nearly equal windows; `choose` gets a window as the last axis."""

    def oracle(input: Array, output_size: Any) -> Any:
        spatial, lead = input.shape[-axes:], input.shape[:-axes]
        out = _per_axis(output_size, axes)
        numbers = np.arange(math.prod(spatial)).reshape(spatial)
        values = np.zeros((*lead, *out), input.dtype)
        positions = np.zeros(values.shape, np.int64)
        for place in itertools.product(*map(range, out)):
            window = tuple(
                slice(math.floor(i * size / n), math.ceil((i + 1) * size / n))
                for i, size, n in zip(place, spatial, out, strict=True)
            )
            elements = input[(..., *window)].reshape(*lead, -1)
            values[(..., *place)] = choose(elements, axis=-1)
            at = numbers[window].reshape(-1)
            positions[(..., *place)] = at[np.argmax(elements, axis=-1)]
        return (values, positions) if both else values

    return oracle


def _lp_pool(axes: int) -> Callable[..., Array]:
    """Return the power average over windows of that many spatial axes."""

    def oracle(
        input: Array,
        norm_type: float,
        kernel_size: Any,
        stride: Any = None,
        ceil_mode: bool = False,
    ) -> Array:
        windows = _Windows(input, axes, kernel_size, stride, 0, 1, ceil_mode)
        input = input if input.dtype.kind == "f" else input.astype(np.float32)
        result = np.zeros((*input.shape[:-axes], *windows.sizes), input.dtype)
        for place, spans in windows:
            inside = windows.inside(spans)
            powers = input[(..., *np.ix_(*inside))] ** norm_type
            share = math.prod(windows.kernel) / math.prod(span.size for span in inside)
            total = powers.sum(axis=tuple(range(-axes, 0))) * share
            result[(..., *place)] = total ** (1 / norm_type)
        return result

    return oracle


def _max_unpool(axes: int) -> Callable[..., Array]:
    """Return the unpooling over that many spatial axes."""

    def oracle(
        input: Array,
        indices: Array,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
    ) -> Array:
        kernel = _per_axis(kernel_size, axes)
        steps = kernel if stride in (None, [], ()) else _per_axis(stride, axes)
        edges = _per_axis(padding, axes)
        sizes = [
            (size - 1) * step - 2 * edge + width
            for size, step, edge, width in zip(
                input.shape[-axes:], steps, edges, kernel, strict=True
            )
        ]
        if output_size is not None:
            sizes = list(output_size)[-axes:]
        result = np.zeros((*input.shape[:-axes], *sizes), input.dtype)
        for place in np.ndindex(*input.shape):
            at = np.unravel_index(indices[place], sizes)
            result[(*place[:-axes], *at)] = input[place]
        return result

    return oracle


WINDOWS: dict[str, Callable[..., Any]] = {"conv_tbc": conv_tbc}
for _axes in (1, 2, 3):
    WINDOWS[f"conv_transpose{_axes}d"] = _conv_transpose(_axes)
    WINDOWS[f"adaptive_avg_pool{_axes}d"] = _adaptive(_axes, np.mean)
    WINDOWS[f"adaptive_max_pool{_axes}d"] = _adaptive(_axes, np.max)
    WINDOWS[f"adaptive_max_pool{_axes}d_with_indices"] = _adaptive(_axes, np.max, both=True)
    WINDOWS[f"lp_pool{_axes}d"] = _lp_pool(_axes)
    WINDOWS[f"max_unpool{_axes}d"] = _max_unpool(_axes)
