"""Sums, means, extremes, positions and orders along dims."""

from __future__ import annotations

import math

import topograd as tg
from topograd.onnx.builder import Unsupported
from topograd.onnx.call import Call, Rule
from topograd.onnx.dimensions import Dim

__all__ = ["TABLE", "count_along"]


def axes_of(c: Call, name: str = "dim") -> list[int]:
    """The dims of a reduction, all where none are given."""
    given = c[name]
    rank = c.rank
    if given is None or given == ():
        return list(range(rank))
    dims = [given] if isinstance(given, int) else list(given)
    return [dim % rank if rank else 0 for dim in dims]


def reduce(c: Call, op: str, name: str) -> str:
    """A reduction by an operator of ONNX with the arguments of the call."""
    if c.rank == 0:
        return name
    return c.reduced(op, name, axes_of(c), bool(c["keepdim"]))


def named(op: str) -> Rule:
    """A rule for what is one operator of ONNX."""

    def rule(c: Call) -> str:
        return reduce(c, op, c.x("input", c.dtype()))

    return rule


def question(op: str) -> Rule:
    """Of any and all: of 0 and 1."""

    def rule(c: Call) -> str:
        number = c.cast(c.x("input", tg.bool), tg.bool, tg.int32)
        return c.cast(reduce(c, op, number), tg.int32, tg.bool)

    return rule


def count_nonzero(c: Call) -> str:
    return reduce(c, "ReduceSum", c.cast(c.x("input", tg.bool), tg.bool, tg.int64))


def count_along(c: Call, axes: list[int], of: str = "input") -> str:
    """The number of elements along axes, in the dtype of the result."""
    shape = c.operand(of).shape
    count = c.number(float(math.prod(n for a in axes if isinstance(n := shape[a], int))))
    for axis in axes:
        size = shape[axis]
        if isinstance(size, Dim):
            count = c.emit("Mul", count, c.as_dtype(size, c.dtype()))
    return count


def variance(c: Call) -> str:
    x = c.x("input", c.dtype())
    axes = axes_of(c)
    centered = c.emit("Sub", x, c.reduced("ReduceMean", x, axes)) if c.rank else x
    total = reduce(c, "ReduceSumSquare", centered)
    freedom = count_along(c, axes)
    if c["correction"]:
        freedom = c.emit("Sub", freedom, c.as_dtype(c["correction"], c.dtype()))
    return c.emit("Div", total, c.emit("Max", freedom, c.number(0.0)))


def deviation(c: Call) -> str:
    return c.emit("Sqrt", variance(c))


def logsumexp(c: Call) -> str:
    x = c.x("input", c.dtype())
    axes = axes_of(c)
    top = c.reduced("ReduceMax", x, axes)
    total = reduce(c, "ReduceSum", c.emit("Exp", c.emit("Sub", x, top)))
    return c.emit("Add", c.emit("Log", total), reduce(c, "ReduceMax", x))


def vector_norm(c: Call) -> str:
    x, order = c.x("input", c.dtype()), float(c["ord"])
    size = c.emit("Abs", x)
    if order == 2.0:
        return reduce(c, "ReduceL2", x)
    if order == 1.0:
        return reduce(c, "ReduceL1", x)
    if math.isinf(order):
        return reduce(c, "ReduceMax" if order > 0 else "ReduceMin", size)
    if order == 0.0:
        nonzero = c.cast(c.emit("Greater", size, c.number(0.0)), tg.bool, c.dtype())
        return reduce(c, "ReduceSum", nonzero)
    total = reduce(c, "ReduceSum", c.emit("Pow", size, c.number(order)))
    return c.emit("Pow", total, c.number(1 / order))


def both_extremes(c: Call) -> list[str]:
    if c["dim"] is None:
        axes = list(range(c.rank))
        keep = bool(c["keepdim"])
        return [c.reduced(op, c.x(), axes, keep) for op in ("ReduceMin", "ReduceMax")]
    return [reduce(c, op, c.x()) for op in ("ReduceMin", "ReduceMax")]


def extreme_at(kind: str) -> Rule:
    """Of max and min along a dim: value and position."""

    def rule(c: Call) -> list[str]:
        if c.rank == 0:
            return [c.x(), c.number(0, tg.int64)]
        axis, keep = c.axis(), int(bool(c["keepdim"]))
        value = c.reduced(f"Reduce{kind}", c.x(), [axis], bool(keep))
        return [value, c.emit(f"Arg{kind}", c.x(), axis=axis, keepdims=keep)]

    return rule


def position(kind: str) -> Rule:
    """Of argmax and argmin."""

    def rule(c: Call) -> str:
        keep = int(bool(c["keepdim"]))
        if c["dim"] is None:
            flat = c.emit("Reshape", c.x(), c.ints([-1]))
            at = c.emit(f"Arg{kind}", flat, axis=0, keepdims=0)
            return c.reshape(at, c.shape())
        if c.rank == 0:
            return c.number(0, tg.int64)
        return c.emit(f"Arg{kind}", c.x(), axis=c.axis(), keepdims=keep)

    return rule


def cumsum(c: Call) -> str:
    if c.rank == 0:
        return c.x("input", c.dtype())
    return c.emit("CumSum", c.x("input", c.dtype()), c.number(c.axis(), tg.int64))


def ordered(c: Call) -> list[str]:
    """The elements in order and where they were."""
    if c.rank == 0:
        return [c.x(), c.number(0, tg.int64)]
    axis = c.axis()
    count = c.builder.size(c.operand("input").shape[axis])
    descending = int(bool(c["descending"]))
    return c.emits("TopK", [c.x(), count], 2, axis=axis, largest=descending, sorted=1)


def argsort(c: Call) -> str:
    return ordered(c)[1]


def first_of_order(c: Call) -> str:
    count = c.builder.size(c["k"])
    largest = int(bool(c["descending"]))
    return c.emits("TopK", [c.x(), count], 2, axis=c.rank - 1, largest=largest, sorted=1)[1]


# How rank_positions is told to look at the numbers of a row alone (see NanRule).
_NAN_IS_SKIPPED = 2


def rank_positions(c: Call) -> str:
    """Where the elements of given ranks of each row are; rows without NaN."""
    if c.integer("nan") == _NAN_IS_SKIPPED:
        raise Unsupported("ranks that leave out NaN")
    count = c.builder.size(c.operand("input").shape[-1])
    _, at = c.emits("TopK", [c.x(), count], 2, axis=c.rank - 1, largest=0, sorted=1)
    ranks = c.expand(c.x("ranks", tg.int64), c.shape())
    return c.emit("GatherElements", at, ranks, axis=c.rank - 1)


def median(c: Call) -> str:
    """The lower middle of all elements, without NaN."""
    flat = c.emit("Reshape", c.x(), c.ints([-1]))
    count = c.emit("Shape", flat)
    values, _ = c.emits("TopK", [flat, count], 2, axis=0, largest=0, sorted=1)
    middle = c.emit("Div", c.emit("Sub", count, c.ints([1])), c.ints([2]))
    return c.reshape(c.emit("Gather", values, middle, axis=0), [])


def cumprod(c: Call) -> str:
    raise Unsupported("ONNX has no cumulative product")


TABLE: dict[str, Rule] = {
    "sum": named("ReduceSum"),
    "mean": named("ReduceMean"),
    "prod": named("ReduceProd"),
    "any": question("ReduceMax"),
    "all": question("ReduceMin"),
    "count_nonzero": count_nonzero,
    "logsumexp": logsumexp,
    "amax": named("ReduceMax"),
    "amin": named("ReduceMin"),
    "aminmax": both_extremes,
    "max.dim": extreme_at("Max"),
    "min.dim": extreme_at("Min"),
    "argmax": position("Max"),
    "argmin": position("Min"),
    "cumsum": cumsum,
    "cumprod": cumprod,
    "var": variance,
    "std": deviation,
    "vector_norm": vector_norm,
    "sort": ordered,
    "argsort": argsort,
    "first_of_order": first_of_order,
    "rank_positions": rank_positions,
    "median": median,
}
