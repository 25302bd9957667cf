"""Convolutions, pooling, padding, and resampling of images."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

import topograd as tg
from topograd.onnx.builder import Unsupported
from topograd.onnx.call import Call, Rule
from topograd.onnx.dimensions import Dim, of_run

__all__ = ["TABLE"]


def _both_ends(padding: list[int], dims: int) -> list[int]:
    """Padding before all dims and then after them; a single number is that of all ends."""
    if len(padding) == 1:
        return padding * (2 * dims)
    return padding if len(padding) == 2 * dims else [*padding, *padding]


def convolution(c: Call) -> str:
    kernel = c.static(c.operand("weight").shape[2:], "a kernel")
    inputs = [c.x("input", c.dtype()), c.x("weight", c.dtype())]
    if c.has("bias"):
        inputs.append(c.x("bias", c.dtype()))
    return c.emit(
        "Conv",
        *inputs,
        kernel_shape=kernel,
        strides=c.per_dim("stride", len(kernel)),
        pads=_both_ends(c.integers("padding"), len(kernel)),
        dilations=c.per_dim("dilation", len(kernel)),
        group=c.integer("groups"),
    )


def _added_at_end(
    sizes: list[int],
    out: list[int],
    kernel: list[int],
    settings: tuple[list[int], list[int], list[int]],
) -> list[int]:
    """output_padding of a transposed convolution that gives the sizes `out`."""
    stride, pads, dilation = settings
    dims = len(kernel)
    return [
        out[d]
        - (stride[d] * (sizes[d] - 1) + dilation[d] * (kernel[d] - 1) + 1)
        + pads[d]
        + pads[d + dims]
        for d in range(dims)
    ]


def transposed_convolution(c: Call) -> str:
    kernel = c.static(c.operand("weight").shape[2:], "a kernel")
    pads = _both_ends(c.integers("padding"), len(kernel))
    settings = c.per_dim("stride", len(kernel)), pads, c.per_dim("dilation", len(kernel))
    added = {
        tuple(
            _added_at_end(
                c.in_run(c.operand("input").shape[2:], run),
                c.in_run(c.shape()[2:], run),
                kernel,
                settings,
            )
        )
        for run in range(c.runs)
    }
    if len(added) > 1:
        raise Unsupported("a transposed convolution whose output_padding follows the inputs")
    inputs = [c.x("input", c.dtype()), c.x("weight", c.dtype())]
    if c.has("bias"):
        inputs.append(c.x("bias", c.dtype()))
    return c.emit(
        "ConvTranspose",
        *inputs,
        kernel_shape=kernel,
        strides=settings[0],
        pads=pads,
        dilations=settings[2],
        output_padding=list(added.pop()),
        group=c.integer("groups"),
    )


def _pool_settings(c: Call, kernel: list[int], dilation: list[int]) -> dict[str, Any]:
    """Attributes that pooling has.

    Where ceil_mode adds windows, PyTorch leaves out those that begin behind the input, and ONNX
    does not: the padding is then made such that the windows are these.
    """
    dims = len(kernel)
    stride = c.per_dim("stride", dims) or kernel
    pads = _both_ends(c.integers("padding"), dims)
    settings = {"kernel_shape": kernel, "strides": stride, "pads": pads, "ceil_mode": 0}
    if not c["ceil_mode"]:
        return settings
    sizes, out = c.operand("input").shape[2:], c.shape()[2:]
    if any(isinstance(size, Dim) for size in (*sizes, *out)):
        return {**settings, "ceil_mode": 1}
    for d, (size, count) in enumerate(zip(sizes, out, strict=True)):
        reach = (of_run(count, 0) - 1) * stride[d] + dilation[d] * (kernel[d] - 1) + 1
        pads[d + dims] = max(pads[d + dims], reach - of_run(size, 0) - pads[d])
    return settings


def max_pool(c: Call) -> list[str]:
    kernel = c.per_dim("kernel_size", c.rank - 2)
    dilation = c.per_dim("dilation", len(kernel))
    settings = {**_pool_settings(c, kernel, dilation), "dilations": dilation}
    if 1 not in c.needed:
        return [c.emit("MaxPool", c.x(), **settings), ""]
    values, at = c.emits("MaxPool", [c.x()], 2, **settings)
    return [values, _in_plane(c, at)]


def _in_plane(c: Call, at: str) -> str:
    """Positions within a plane of those in the whole tensor."""
    plane = c.ints([1])
    for size in c.operand("input").shape[2:]:
        plane = c.emit("Mul", plane, c.builder.size(size))
    return c.emit("Mod", at, plane)


def average_pool(c: Call) -> str:
    kernel = c.per_dim("kernel_size", c.rank - 2)
    divisor, x = c.integer("divisor"), c.x()
    settings = _pool_settings(c, kernel, [1] * len(kernel))
    counted = bool(c["count_include_pad"]) or divisor != 0
    if counted and divisor == 0 and c["ceil_mode"] and not settings["ceil_mode"]:
        # Padding counts, what the last windows reach beyond it does not.
        given = _both_ends(c.integers("padding"), len(kernel))
        if any(given):
            before, after = given[: len(kernel)], given[len(kernel) :]
            x = c.emit("Pad", x, c.ints([0, 0, *before, 0, 0, *after]))
        settings["pads"] = [a - b for a, b in zip(settings["pads"], given, strict=True)]
        counted = False
    result = c.emit("AveragePool", x, count_include_pad=int(counted), **settings)
    if divisor == 0:
        return result
    return c.emit("Mul", result, c.number(math.prod(kernel) / divisor))


def _bounds(size: int, count: int) -> list[tuple[int, int]]:
    """Where the nearly equal windows of an adaptive pooling begin and end."""
    return [(k * size // count, -(-(k + 1) * size // count)) for k in range(count)]


def adaptive_average_pool(c: Call) -> str:
    return averaged(c, c.per_dim("output_size", c.rank - 2))


def averaged(c: Call, wanted: list[int]) -> str:
    """Means of nearly equal windows, `wanted` of them along each dim."""
    if all(size == 1 for size in wanted):
        return c.emit("GlobalAveragePool", c.x())
    sizes = c.static(c.operand("input").shape[2:], "an adaptive pooling to several windows")
    x, first = c.x(), c.rank - len(sizes)
    for d, (size, count) in enumerate(zip(sizes, wanted, strict=True)):
        shares = np.zeros((size, count))
        for k, (start, end) in enumerate(_bounds(size, count)):
            shares[start:end, k] = 1 / (end - start)
        order = list(range(c.rank))
        order[first + d], order[-1] = order[-1], order[first + d]
        turned = c.transpose(x, order)
        x = c.transpose(c.emit("MatMul", turned, c.number(shares.tolist())), order)
    return x


def adaptive_max_pool(c: Call) -> list[str]:
    if 1 in c.needed:
        raise Unsupported("the indices of an adaptive maximum pooling")
    wanted = c.per_dim("output_size", c.rank - 2)
    if all(size == 1 for size in wanted):
        return [c.emit("GlobalMaxPool", c.x()), ""]
    sizes = c.static(c.operand("input").shape[2:], "an adaptive pooling to several windows")
    first = c.rank - len(sizes)
    axes = list(range(first, c.rank))
    windows = []
    for window in product(*(_bounds(n, k) for n, k in zip(sizes, wanted, strict=True))):
        starts, ends = zip(*window, strict=True)
        part = c.emit("Slice", c.x(), c.ints(starts), c.ints(ends), c.ints(axes))
        windows.append(c.reduced("ReduceMax", part, axes))
    joined = c.emit("Concat", *windows, axis=c.rank - 1)
    return [c.reshape(joined, c.shape()), ""]


def _pads(c: Call) -> list[int]:
    """Padding of the last dims, innermost first, as ONNX wants it: before all dims, then after."""
    pad = c.integers("pad")
    before, after = [0] * c.rank, [0] * c.rank
    for k in range(len(pad) // 2):
        before[c.rank - 1 - k], after[c.rank - 1 - k] = pad[2 * k], pad[2 * k + 1]
    return [*before, *after]


def constant_pad(c: Call) -> str:
    return c.emit("Pad", c.x(), c.ints(_pads(c)), c.number(c["value"]), mode="constant")


_PAD_MODES = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad_from_inside(c: Call) -> str:
    return c.emit("Pad", c.x(), c.ints(_pads(c)), mode=_PAD_MODES[c["mode"]])


_RESIZE_MODES = {"linear": "linear", "bilinear": "linear", "trilinear": "linear"}
_RESIZE_MODES |= {"bicubic": "cubic", "nearest": "nearest", "nearest-exact": "nearest"}


def resample(c: Call) -> str:
    mode, scales = c["mode"], list(c["scales"])
    if mode == "area" and not c["transposed"]:
        return averaged(c, c.static(c.shape()[2:], "an image averaged to a size"))
    if c["transposed"] or mode not in _RESIZE_MODES:
        raise Unsupported(f"interpolation with mode {mode!r}")
    nearest = mode.startswith("nearest")
    if nearest:
        coordinates = "asymmetric" if mode == "nearest" else "half_pixel"
    else:
        coordinates = "align_corners" if c["align_corners"] else "half_pixel"
    factors, sizes = "", ""
    if all(scales):
        factors = c.builder.constant([1.0, 1.0, *scales], tg.float32)
    else:
        sizes = c.builder.shape(c.shape())
    return c.emit(
        "Resize",
        c.x(),
        "",
        factors,
        *([sizes] if sizes else []),
        mode=_RESIZE_MODES[mode],
        coordinate_transformation_mode=coordinates,
        nearest_mode=("floor" if mode == "nearest" else "round_prefer_ceil") if nearest else None,
        cubic_coeff_a=(-0.5 if c["antialias"] else -0.75) if mode == "bicubic" else None,
        antialias=1 if c["antialias"] else None,
        exclude_outside=1 if c["antialias"] else None,
    )


_GRID_MODES = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}


def sample_points(c: Call) -> str:
    grid = c.operand("grid")
    batch, points, dims = grid.shape
    ones = [1] * (c.rank - 3)
    placed = c.reshape(c.x("grid", c.dtype()), [batch, points, *ones, dims])
    found = c.emit(
        "GridSample",
        c.x(),
        placed,
        mode=_GRID_MODES[c["mode"]],
        padding_mode=c["padding_mode"],
        align_corners=int(c["align_corners"]),
    )
    return c.reshape(found, c.shape())


def _one_hot_kernels(c: Call, channels: int, kernel: list[int]) -> str:
    """A kernel for each element of a window, of each channel."""
    size = math.prod(kernel)
    one = np.eye(size).reshape(size, 1, *kernel)
    return c.number(np.tile(one, (channels, *[1] * (one.ndim - 1))).tolist())


def windows_as_columns(c: Call) -> str:
    (channels,) = c.static([c.operand("input").shape[1]], "a number of channels")
    kernel = c.per_dim("kernel_size", c.rank - 2)
    columns = c.emit(
        "Conv",
        c.x(),
        _one_hot_kernels(c, channels, kernel),
        strides=c.per_dim("stride", len(kernel)),
        pads=_both_ends(c.integers("padding"), len(kernel)),
        dilations=c.per_dim("dilation", len(kernel)),
        group=channels,
    )
    return c.reshape(columns, c.shape())


def columns_as_windows(c: Call) -> str:
    kernel, stride = c.per_dim("kernel_size", 2), c.per_dim("stride", 2)
    dilation, pads = c.per_dim("dilation", 2), _both_ends(c.integers("padding"), 2)
    size = c.shape()
    (channels, *out) = c.static(size[1:], "a folded image")
    counts = [
        (n + pads[d] + pads[d + len(kernel)] - dilation[d] * (kernel[d] - 1) - 1) // stride[d] + 1
        for d, n in enumerate(out)
    ]
    placed = c.reshape(c.x(), [size[0], channels * math.prod(kernel), *counts])
    return c.emit(
        "ConvTranspose",
        placed,
        _one_hot_kernels(c, channels, kernel),
        strides=stride,
        pads=pads,
        dilations=dilation,
        output_padding=_added_at_end(counts, out, kernel, (stride, pads, dilation)),
        group=channels,
    )


TABLE: dict[str, Rule] = {
    "convolution": convolution,
    "convolution_input": transposed_convolution,
    "max_pool": max_pool,
    "average_pool": average_pool,
    "adaptive_average_pool": adaptive_average_pool,
    "adaptive_max_pool": adaptive_max_pool,
    "constant_pad": constant_pad,
    "pad_from_inside": pad_from_inside,
    "resample": resample,
    "sample_points": sample_points,
    "windows_as_columns": windows_as_columns,
    "columns_as_windows": columns_as_windows,
}
