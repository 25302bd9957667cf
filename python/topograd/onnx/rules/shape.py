"""Views, joins and pieces."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

import topograd as tg
from topograd.onnx.builder import Unsupported
from topograd.onnx.call import Call, Rule
from topograd.onnx.dimensions import Dim, Size

__all__ = ["LAST", "TABLE"]

# The end of a slice that goes to the end, and of one that goes backwards to the start.
LAST = 2**62


def view(c: Call) -> str:
    if c.operand("input").shape == c.shape():
        return c.x()
    return c.reshape(c.x(), c.shape())


def permute(c: Call) -> str:
    return c.transpose(c.x(), [dim % c.rank for dim in c.integers("dims")])


def transpose(c: Call) -> str:
    order = list(range(c.rank))
    if not order:
        return c.x()
    a, b = c.axis("dim0"), c.axis("dim1")
    order[a], order[b] = order[b], order[a]
    return c.transpose(c.x(), order)


def expand(c: Call) -> str:
    if c.operand("input").shape == c.shape():
        return c.x()
    return c.expand(c.x(), c.shape())


def select(c: Call) -> str:
    index = c["index"]
    if isinstance(index, Dim):
        at = c.emit("Squeeze", c.builder.size(index), c.ints([0]))
    else:
        at = c.builder.constant(index, tg.int64)
    return c.emit("Gather", c.x(), at, axis=c.axis())


def part(c: Call) -> str:
    """x[start:end:step] along a dim."""
    axis = c.axis()
    start = 0 if c["start"] is None else c["start"]
    end = LAST if c["end"] is None else c["end"]
    step = c.integer("step")
    if (start, step) == (0, 1) and end in (LAST, c.operand("input").shape[axis]):
        return c.x()
    return c.slice(c.x(), axis, start, end, step)


def basic_index(c: Call) -> str:
    """x[…] with integers, slices, None and Ellipsis."""
    items = list(c["indices"])
    used = sum(one is not None and one is not Ellipsis for one in items)
    if Ellipsis in items:
        at = items.index(Ellipsis)
        items[at : at + 1] = [slice(None)] * (c.rank - used)
    x, axis = c.x(), 0
    dropped: list[int] = []
    for item in items:
        if item is None:
            continue
        if isinstance(item, slice):
            start: Size = 0 if item.start is None else item.start
            end: Size = LAST if item.stop is None else item.stop
            step = 1 if item.step is None else item.step
            if (start, end, step) != (0, LAST, 1):
                x = c.slice(x, axis, start, end, step)
        else:
            # One past -1 is 0, which would be the start.
            after: Size = LAST if item == -1 else _next(item)
            x = c.slice(x, axis, item, after)
            dropped.append(axis)
        axis += 1
    return c.reshape(x, c.shape()) if dropped or None in items else x


def _next(item: Size) -> Size:
    return Dim(tuple(one + 1 for one in item.values)) if isinstance(item, Dim) else item + 1


def squeeze(c: Call) -> str:
    return view(c)


def unsqueeze(c: Call) -> str:
    dim = c.integer("dim")
    return c.emit("Unsqueeze", c.x(), c.ints([dim + c.rank + 1 if dim < 0 else dim]))


def diagonal(c: Call) -> str:
    """The elements (i, i + offset) of two dims."""
    rank = c.rank
    first, second = c.axis("dim1"), c.axis("dim2")
    rest = [axis for axis in range(rank) if axis not in (first, second)]
    shape = c.operand("input").shape
    rows, columns = c.static([shape[first], shape[second]], "a diagonal")
    grid = np.arange(rows * columns).reshape(rows, columns)
    flat = c.transpose(c.x(), [*rest, first, second])
    flat = c.reshape(flat, [*(shape[axis] for axis in rest), rows * columns])
    wanted = np.diagonal(grid, c.integer("offset")).tolist()
    return c.emit("Gather", flat, c.ints(wanted), axis=len(rest))


def unfold(c: Call) -> str:
    """All windows along a dim."""
    axis = c.axis("dimension")
    size, step = c.integer("size"), c.integer("step")
    (windows,) = c.static([c.shape()[axis]], "a count of windows")
    grid = np.arange(windows)[:, None] * step + np.arange(size)
    found = c.emit("Gather", c.x(), c.builder.constant(grid.tolist(), tg.int64), axis=axis)
    order = [one for one in range(c.rank + 1) if one != axis + 1]
    return c.transpose(found, [*order, axis + 1])


def cat(c: Call) -> str:
    parts = [c.of(one) for one in c["tensors"]]
    # A vector without elements fits everything.
    rank = max(len(one.shape) for one in parts)
    names = [c.cast(one.name, one.dtype, c.dtype()) for one in parts if len(one.shape) == rank]
    return c.emit("Concat", *names, axis=c.integer("dim") % rank)


def stack(c: Call) -> str:
    parts = [c.of(one) for one in c["tensors"]]
    axis = c.integer("dim") % (len(parts[0].shape) + 1)
    names = [
        c.emit("Unsqueeze", c.cast(one.name, one.dtype, c.dtype()), c.ints([axis])) for one in parts
    ]
    return c.emit("Concat", *names, axis=axis)


def split(c: Call) -> list[str]:
    axis = c.axis()
    sizes = [c.shape(k)[axis] for k in range(len(c.step.results))]
    if len(sizes) == 1:
        return [c.x()]
    return c.emits("Split", [c.x(), c.builder.shape(sizes)], len(sizes), axis=axis)


def unbind(c: Call) -> list[str]:
    axis, count = c.axis(), len(c.step.results)
    at = [c.builder.constant(k, tg.int64) for k in range(count)]
    return [
        c.emit("Gather", c.x(), at[k], axis=axis) if k in c.needed else "" for k in range(count)
    ]


def flip(c: Call) -> str:
    x = c.x()
    for dim in c.integers("dims"):
        x = c.slice(x, dim % c.rank, -1, -LAST, -1)
    return x


def block_diag(c: Call) -> str:
    parts = [c.of(one) for one in c["tensors"]]
    shapes = [c.static(one.shape, "a block") for one in parts]
    shapes = [[1] * (2 - len(shape)) + shape for shape in shapes]
    columns = sum(shape[1] for shape in shapes)
    rows, left = [], 0
    for one, shape in zip(parts, shapes, strict=True):
        block = c.reshape(c.cast(one.name, one.dtype, c.dtype()), shape)
        pads = c.ints([0, left, 0, columns - left - shape[1]])
        rows.append(c.emit("Pad", block, pads))
        left += shape[1]
    return c.emit("Concat", *rows, axis=0)


# ------------------------------------------------------------ memory at another layout


def region_slices(c: Call) -> list[tuple[int, Size, Size, int]] | None:
    """A region of memory as slices of the dims of its base: (axis, start, end, step).

    None where it is none. Dims of the base that the region does not have are single positions.
    """
    found: list[list[tuple[int, int, int]]] = []
    for run in range(c.runs):
        base = c.in_run(c.operand("input").shape, run)
        strides = c.in_run(c["base_stride"], run)
        sizes, steps = c.in_run(c["size"], run), c.in_run(c["stride"], run)
        one = _slices_of(base, strides, sizes, steps, c.in_run([c["offset"]], run)[0])
        if one is None:
            return None
        found.append(one)
    slices: list[tuple[int, Size, Size, int]] = []
    for axis, each in enumerate(zip(*found, strict=True)):
        start, count = (_merged(tuple(one[k] for one in each)) for k in (0, 1))
        step = each[0][2]
        if any(one[2] != step for one in each):
            return None
        end = _merged(tuple(one[0] + (one[1] - 1) * step + 1 for one in each))
        if (start, step, count) != (0, 1, c.operand("input").shape[axis]):
            slices.append((axis, start, end, step))
    return slices


def _merged(values: tuple[int, ...]) -> Size:
    return values[0] if len(set(values)) == 1 else Dim(values)


def _slices_of(
    base: list[int], strides: list[int], sizes: list[int], steps: list[int], offset: int
) -> list[tuple[int, int, int]] | None:
    """(start, count, step) per dim of the base, where the region's dims keep the base's order."""
    order = sorted((a for a in range(len(base)) if base[a] > 1), key=lambda a: -strides[a])
    starts = [0] * len(base)
    for axis in order:
        starts[axis], offset = divmod(offset, strides[axis])
    if offset or any(a < b for a, b in pairwise([strides[axis] for axis in order])):
        return None
    wanted = [(size, step) for size, step in zip(sizes, steps, strict=True) if size != 1]
    result = [(starts[axis], 1, 1) for axis in range(len(base))]
    axis = 0
    for size, step in wanted:
        while axis < len(base):
            stride = strides[axis]
            fits = base[axis] > 1 and step % stride == 0
            fits = fits and starts[axis] + (size - 1) * (step // stride) < base[axis]
            if fits and step // stride > 0:
                break
            axis += 1
        if axis == len(base):
            return None
        result[axis] = (starts[axis], size, step // strides[axis])
        axis += 1
    return result


def _positions(c: Call) -> str:
    """The flat positions in the input of the elements of a region, in the region's shape."""
    shape = c.operand("input").shape
    slices = region_slices(c)
    if slices is not None:
        zero, one = c.builder.constant(0, tg.int64), c.builder.constant(1, tg.int64)
        count = c.emit("Size", c.x())
        grid = c.reshape(c.emit("Range", zero, count, one), shape)
        for axis, start, end, step in slices:
            grid = c.slice(grid, axis, start, end, step)
        return c.reshape(grid, c["size"])
    base = c.static(shape, "memory seen in another layout")
    strides = c.static(c["base_stride"], "memory seen in another layout")
    sizes = c.static(c["size"], "memory seen in another layout")
    steps = c.static(c["stride"], "memory seen in another layout")
    (offset,) = c.static([c["offset"]], "memory seen in another layout")
    at = {}
    for number, index in enumerate(np.ndindex(*base)):
        at[int(np.dot(index, strides)) if base else 0] = number
    region = [at[offset + (int(np.dot(i, steps)) if sizes else 0)] for i in np.ndindex(*sizes)]
    return c.builder.constant(np.array(region).reshape(sizes).tolist(), tg.int64)


def region(c: Call) -> str:
    slices = region_slices(c)
    if slices is not None:
        x = c.x()
        for axis, start, end, step in slices:
            x = c.slice(x, axis, start, end, step)
        return c.reshape(x, c["size"])
    flat = c.emit("Reshape", c.x(), c.ints([-1]))
    return c.emit("Gather", flat, _positions(c), axis=0)


def region_write(c: Call) -> str:
    if region_slices(c) == []:
        return c.reshape(c.x("src", c.dtype()), c.shape())
    whole = c.ints([-1])
    flat = c.emit("Reshape", c.x(), whole)
    at = c.emit("Reshape", _positions(c), whole)
    written = c.emit("Reshape", c.x("src", c.dtype()), whole)
    return c.reshape(c.emit("ScatterElements", flat, at, written, axis=0), c.shape())


def strided_view(c: Call) -> str:
    what = "memory seen in another layout"
    base = c.static(c.operand("input").shape, what)
    strides = c.static(c["base_stride"], what)
    sizes, steps = c.static(c["size"], what), c.static(c["stride"], what)
    shift, start = c.static([c["storage_offset"], c["base_offset"]], what)
    at = {start + int(np.dot(i, strides)): n for n, i in enumerate(np.ndindex(*base))}
    wanted = [shift + int(np.dot(i, steps)) for i in np.ndindex(*sizes)]
    if any(one not in at for one in wanted):
        raise Unsupported("memory beyond the elements of a view")
    positions = np.array([at[one] for one in wanted]).reshape(sizes).tolist()
    flat = c.emit("Reshape", c.x(), c.ints([-1]))
    return c.emit("Gather", flat, c.builder.constant(positions, tg.int64), axis=0)


TABLE: dict[str, Rule] = {
    "view": view,
    "permute": permute,
    "transpose": transpose,
    "expand": expand,
    "select": select,
    "slice": part,
    "basic_index": basic_index,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "diagonal": diagonal,
    "unfold": unfold,
    "cat": cat,
    "stack": stack,
    "split_with_sizes": split,
    "unbind": unbind,
    "flip": flip,
    "block_diag": block_diag,
    "region": region,
    "region_write": region_write,
    "strided_view": strided_view,
}
