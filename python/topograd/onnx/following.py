"""Tensors that no recorded call made and that follow the sizes of the inputs: what makes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

import topograd as tg
from topograd.onnx.builder import Builder, Unsupported, element_type
from topograd.onnx.dimensions import Dim, Size, merged

__all__ = ["Varying", "following"]

Arrays = Sequence[np.ndarray]
Sizes = tuple[Size, ...]


class Varying(Unsupported):
    """A tensor of other elements in each run, of which it is not seen how they follow the sizes."""


def following(builder: Builder, values: Sequence[tg.Tensor], shape: Sizes, dtype: tg.dtype) -> str:
    """Adds what makes a tensor that was `values` in the runs, as the likes of arange, eye, full do.

    Raises Varying where that is not seen.
    """
    arrays = [one.detach().double().numpy() for one in values]
    uniform = all((one == one.flat[0]).all() for one in arrays if one.size)
    firsts = [float(one.flat[0]) for one in arrays if one.size]
    if uniform and firsts and len(set(firsts)) == 1:
        value = next(one for one in values if one.numel()).flatten()[0].item()
        return builder.emit("Expand", builder.constant(value, dtype), builder.shape(shape))
    if uniform and len(firsts) == len(arrays):
        number = _sizes_in(builder, firsts)
        if number is not None:
            number = builder.emit("Squeeze", number, builder.ints([0]))
            cast = builder.emit("Cast", number, to=element_type(dtype))
            return builder.emit("Expand", cast, builder.shape(shape))
    is_free = any(isinstance(size, Dim) for size in shape)
    patterns = (_counted, _triangle, _diagonal) if is_free else (_listed,)
    for pattern in patterns:
        made = pattern(builder, arrays, shape)
        if made is not None:
            return builder.emit("Cast", made, to=element_type(dtype))
    raise Varying(
        "a tensor that was other elements in each run and was not made by recorded calls "
        "(random numbers, numpy(), item(), or a mask of another kind)"
    )


def _sizes_in(builder: Builder, values: Sequence[float]) -> str | None:
    """One number that is a size at run time, as a list of one; None where it is none."""
    if not all(value.is_integer() and abs(value) < 2**53 for value in values):
        return None
    size = merged(tuple(map(int, values)))
    return builder.size(size) if builder.can_say(size) else None


def _listed(builder: Builder, arrays: Arrays, shape: Sizes) -> str | None:
    """Few numbers each of which is a size, as tensor([x.shape[0], 3]) has them."""
    if not 0 < arrays[0].size <= 64:
        return None
    parts = [
        _sizes_in(builder, [float(one.flat[k]) for one in arrays]) for k in range(arrays[0].size)
    ]
    known = [one for one in parts if one is not None]
    if len(known) < len(parts):
        return None
    return builder.reshape(builder.emit("Concat", *known, axis=0), shape)


def _counted(builder: Builder, arrays: Arrays, shape: Sizes) -> str | None:
    """What counts along an axis, start + step * position, as arange gives it."""
    for axis, size in enumerate(shape):
        if not isinstance(size, Dim):
            continue
        lines = [np.moveaxis(one, axis, -1).reshape(-1, one.shape[axis]) for one in arrays]
        longest = max(lines, key=lambda line: line.shape[1])
        if longest.shape[1] < 2:
            continue
        start, step = float(longest[0, 0]), float(longest[0, 1] - longest[0, 0])
        if all(
            np.allclose(line, start + step * np.arange(line.shape[1]), 1e-6, 1e-7 * abs(step))
            for line in lines
        ):
            return _range(builder, start, step, axis, shape)
    return None


def _range(builder: Builder, start: float, step: float, axis: int, shape: Sizes) -> str:
    count = builder.emit("Squeeze", builder.size(shape[axis]), builder.ints([0]))
    numbers = builder.emit(
        "Range", builder.constant(0, tg.int64), count, builder.constant(1, tg.int64)
    )
    real = builder.emit("Cast", numbers, to=element_type(tg.float64))
    scaled = builder.emit("Mul", real, builder.constant(step, tg.float64))
    line = builder.emit("Add", scaled, builder.constant(start, tg.float64))
    line = builder.reshape(line, [shape[axis] if k == axis else 1 for k in range(len(shape))])
    return builder.emit("Expand", line, builder.shape(shape))


def _triangle(builder: Builder, arrays: Arrays, shape: Sizes) -> str | None:
    """One number on and below a diagonal and another above, or the other way round."""
    if len(shape) < 2:
        return None
    largest = max(arrays, key=lambda one: one.shape[-2] * one.shape[-1])
    below, above = float(largest[..., -1, 0].flat[0]), float(largest[..., 0, -1].flat[0])
    for diagonal in (0, -1, 1):
        alike = [
            np.where(np.tri(one.shape[-2], one.shape[-1], diagonal) > 0, below, above)
            for one in arrays
        ]
        if all((one == two).all() for one, two in zip(arrays, alike, strict=True)):
            yes = builder.constant(True, tg.bool)
            square = builder.emit("Expand", yes, builder.shape(shape[-2:]))
            k = builder.constant(diagonal, tg.int64)
            lower = builder.emit("Trilu", square, k, upper=0)
            numbers = [builder.constant(one, tg.float64) for one in (below, above)]
            plane = builder.emit("Where", lower, *numbers)
            return builder.emit("Expand", plane, builder.shape(shape))
    return None


def _diagonal(builder: Builder, arrays: Arrays, shape: Sizes) -> str | None:
    """One number on the diagonal and another beside it, as eye gives it."""
    if len(shape) < 2:
        return None
    largest = max(arrays, key=lambda one: one.shape[-2] * one.shape[-1])
    on, beside = float(largest[..., 0, 0].flat[0]), float(largest[..., 0, -1].flat[0])
    for one in arrays:
        if not (one == np.where(np.eye(*one.shape[-2:]) > 0, on, beside)).all():
            return None
    rows, columns = (_range(builder, 0.0, 1.0, axis, shape[-2:]) for axis in (0, 1))
    values = [builder.constant(value, tg.float64) for value in (on, beside)]
    plane = builder.emit("Where", builder.emit("Equal", rows, columns), *values)
    return builder.emit("Expand", plane, builder.shape(shape))
