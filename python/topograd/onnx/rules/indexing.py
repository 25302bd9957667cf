"""Reading and writing at positions that are tensors themselves."""

from __future__ import annotations

import math
from itertools import pairwise

import topograd as tg
from topograd.onnx.builder import Unsupported
from topograd.onnx.call import Call, Rule, Shape
from topograd.onnx.dimensions import Dim, Size

__all__ = ["TABLE"]


def _broadcast(shapes: list[Shape]) -> Shape:
    """The common shape of indices."""
    rank = max(len(shape) for shape in shapes)
    padded = [(1,) * (rank - len(shape)) + shape for shape in shapes]
    return tuple(
        next((size for size in sizes if size != 1), 1) for sizes in zip(*padded, strict=True)
    )


def _stacked(c: Call, axes: list[int]) -> tuple[str, Shape]:
    """The indices of the given dims, broadcast and side by side in a new last dim."""
    operands = [c.of(c["indices"][axis]) for axis in axes]
    common = _broadcast([one.shape for one in operands])
    columns = []
    for one in operands:
        name = c.cast(one.name, one.dtype, tg.int64)
        if one.shape != common:
            name = c.expand(name, common)
        columns.append(c.emit("Unsqueeze", name, c.ints([len(common)])))
    if len(columns) == 1:
        return columns[0], common
    return c.emit("Concat", *columns, axis=len(common)), common


def _nonnegative(c: Call, at: str, axes: list[int]) -> str:
    """Positions counted from the first; ScatterND need not know negative ones."""
    shape = c.operand("input").shape
    sizes = c.builder.shape([shape[axis] for axis in axes])
    return c.emit("Where", c.emit("Less", at, c.ints([0])), c.emit("Add", at, sizes), at)


def index(c: Call) -> str:
    axes = [axis for axis, one in enumerate(c["indices"]) if one is not None]
    if len(axes) == 1:
        one = c.of(c["indices"][axes[0]])
        return c.emit("Gather", c.x(), c.cast(one.name, one.dtype, tg.int64), axis=axes[0])
    rest = [axis for axis in range(c.rank) if axis not in axes]
    at, common = _stacked(c, axes)
    found = c.emit("GatherND", c.transpose(c.x(), [*axes, *rest]), at)
    # Indices side by side leave their dims where they were, others put them in front.
    first = axes[0] if axes == list(range(axes[0], axes[-1] + 1)) else 0
    n = len(common)
    order = [*range(n, n + first), *range(n), *range(n + first, n + len(rest))]
    return c.transpose(found, order)


def index_put(c: Call) -> str:
    dtype = c.dtype()
    axes = [axis for axis, one in enumerate(c["indices"]) if one is not None]
    rest = [axis for axis in range(c.rank) if axis not in axes]
    if axes != list(range(len(axes))):
        raise Unsupported("positions that leave out one of the first dims")
    at, common = _stacked(c, axes)
    shape = c.operand("input").shape
    values = c.x("values", dtype)
    wanted = (*common, *(shape[axis] for axis in rest))
    if c.of(c["values"]).shape != wanted:
        values = c.expand(values, wanted)
    reduction = "add" if c["accumulate"] else None
    at = _nonnegative(c, at, axes)
    return c.emit("ScatterND", c.x("input", dtype), at, values, reduction=reduction)


def gather(c: Call) -> str:
    if c.rank == 0:
        return c.x()
    return c.emit("GatherElements", c.x(), c.x("index", tg.int64), axis=c.axis())


def scatter_by(reduction: str | None, source: str = "src") -> Rule:
    """A rule for scatter and its relatives."""

    def rule(c: Call) -> str:
        src = c.x(source, c.dtype())
        wanted, given = c.operand("index").shape, c.of(c[source]).shape
        for axis, (size, full) in enumerate(zip(wanted, given, strict=False)):
            if size != full:
                src = c.slice(src, axis, 0, size)
        if given == () and wanted != ():
            src = c.expand(src, wanted)
        at = c.x("index", tg.int64)
        return c.emit("ScatterElements", c.x(), at, src, axis=c.axis(), reduction=reduction)

    return rule


_REDUCTIONS = {"sum": "add", "prod": "mul", "amax": "max", "amin": "min"}


def scatter_combine(c: Call) -> str:
    if c["reduce"] not in _REDUCTIONS or not c["include_self"]:
        raise Unsupported(f"reduce={c['reduce']!r} with include_self={c['include_self']}")
    result = scatter_by(_REDUCTIONS[c["reduce"]])(c)
    return str(result)


def index_select(c: Call) -> str:
    return c.emit("Gather", c.x(), c.x("index", tg.int64), axis=c.axis() if c.rank else 0)


def along_dim(reduction: str | None, source: str) -> Rule:
    """index_add, index_copy and index_fill: whole slices at positions of one dim."""

    def rule(c: Call) -> str:
        axis, dtype = c.axis(), c.dtype()
        order = [axis, *(one for one in range(c.rank) if one != axis)]
        shape = c.operand("input").shape
        at = c.x("index", tg.int64)
        count: Size = (c.operand("index").shape or (1,))[0]
        at = c.reshape(at, [count, 1])
        values = c.x(source, dtype)
        if c.of(c[source]).shape == ():
            values = c.expand(values, [count, *(shape[one] for one in order[1:])])
        else:
            values = c.transpose(values, order)
        if "alpha" in c.step.arguments and c["alpha"] != 1:
            values = c.emit("Mul", values, c.number(c["alpha"]))
        moved = c.transpose(c.x(), order)
        at = _nonnegative(c, at, [axis])
        written = c.emit("ScatterND", moved, at, values, reduction=reduction)
        back = [order.index(one) for one in range(c.rank)]
        return c.transpose(written, back)

    return rule


def take(c: Call) -> str:
    flat = c.emit("Reshape", c.x(), c.ints([-1]))
    return c.emit("Gather", flat, c.x("index", tg.int64), axis=0)


def nonzero(c: Call) -> str:
    dtype = c.operand("input").dtype
    return c.transpose(c.emit("NonZero", c.cast(c.x(), dtype, tg.bool)), [1, 0])


def one_hot(c: Call) -> str:
    classes = c.shape()[-1]
    if isinstance(classes, Dim):
        raise Unsupported("a number of classes that follows the inputs")
    values = c.ints([0, 1])
    return c.emit("OneHot", c.x("input", tg.int64), c.ints([classes]), values, axis=-1)


def embedding_rows(c: Call) -> str:
    return c.emit("Gather", c.x("weight"), c.x("input", tg.int64), axis=0)


def _bag_rows(c: Call) -> tuple[str, str, Size]:
    """The rows of all bags, (bags, length, width), whether they count, and their length.

    Expects bags of one length. '' for whether they count where all do.
    """
    offsets = c.known("offsets")
    if offsets is None:
        raise Unsupported("bags of lengths that are known at run time only")
    lengths = {b - a for each in offsets for a, b in pairwise(each.tolist())}
    if len(lengths) != 1:
        raise Unsupported("bags of different lengths")
    length, bags = lengths.pop(), c.shape()[0]
    at = c.x("indices", tg.int64)
    rows = c.emit("Gather", c.x("weight"), at, axis=0)
    padding = c.integer("padding_idx")
    counted = ""
    if padding >= 0:
        counted = c.emit("Not", c.emit("Equal", at, c.ints([padding])))
        counted = c.reshape(counted, [bags, length, 1])
    return c.reshape(rows, [bags, length, c.operand("weight").shape[1]]), counted, length


def bag_sum(c: Call) -> str:
    rows, counted, length = _bag_rows(c)
    if c.has("factors"):
        factors = c.reshape(c.x("factors", c.dtype()), [c.shape()[0], length, 1])
        rows = c.emit("Mul", rows, factors)
    if not counted:
        return c.reduced("ReduceMean" if c["mean"] else "ReduceSum", rows, [1], keep=False)
    rows = c.emit("Where", counted, rows, c.number(0.0))
    total = c.reduced("ReduceSum", rows, [1], keep=False)
    if not c["mean"]:
        return total
    count = c.reduced("ReduceSum", c.cast(counted, tg.bool, c.dtype()), [1], keep=False)
    return c.emit("Div", total, c.emit("Max", count, c.number(1.0)))


def bag_greatest(c: Call) -> list[str]:
    rows, counted, _ = _bag_rows(c)
    if not counted:
        return [c.reduced("ReduceMax", rows, [1], keep=False), ""]
    lowest = c.number(-math.inf)
    top = c.reduced("ReduceMax", c.emit("Where", counted, rows, lowest), [1], keep=False)
    # A bag of padding alone is 0.
    return [c.emit("Where", c.emit("Equal", top, lowest), c.number(0.0), top), ""]


TABLE: dict[str, Rule] = {
    "index": index,
    "index_put": index_put,
    "gather": gather,
    "scatter": scatter_by(None),
    "scatter_add": scatter_by("add"),
    "scatter_combine": scatter_combine,
    "index_select": index_select,
    "index_add": along_dim("add", "source"),
    "index_copy": along_dim(None, "source"),
    "index_fill": along_dim(None, "value"),
    "take": take,
    "nonzero": nonzero,
    "argwhere": nonzero,
    "one_hot": one_hot,
    "embedding_rows": embedding_rows,
    "bag_sum": bag_sum,
    "bag_greatest": bag_greatest,
}
