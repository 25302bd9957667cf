"""Functions that ONNX has no operator for, put together from those that it has."""

from __future__ import annotations

import math

import topograd as tg
from topograd.onnx.builder import Unsupported
from topograd.onnx.call import Call, Rule
from topograd.onnx.dimensions import Dim
from topograd.onnx.rules.binary import two

__all__ = ["TABLE"]


def is_negative(c: Call, x: str, dtype: tg.dtype) -> str:
    """Whether the sign is minus, of -0 too."""
    zero = c.number(0, dtype)
    below = c.emit("Less", x, zero)
    if not dtype.is_floating_point:
        return below
    inverse = c.emit("Less", c.emit("Reciprocal", x), zero)
    return c.emit("Or", below, c.emit("And", c.emit("Equal", x, zero), inverse))


def signbit(c: Call) -> str:
    return is_negative(c, c.x(), c.operand("input").dtype)


def copysign(c: Call) -> str:
    a, b = two(c)
    size = c.emit("Abs", a)
    return c.emit("Where", is_negative(c, b, c.dtype()), c.emit("Neg", size), size)


def heaviside(c: Call) -> str:
    x, dtype = c.x("input", c.dtype()), c.dtype()
    zero, one = c.number(0), c.number(1)
    step = c.emit("Where", c.emit("Less", x, zero), zero, one)
    return c.emit("Where", c.emit("Equal", x, zero), c.x("values", dtype), step)


def ldexp(c: Call) -> str:
    a, b = two(c)
    return c.emit("Mul", a, c.emit("Pow", c.number(2.0), b))


def logaddexp2(c: Call) -> str:
    a, b = two(c)
    scale = c.number(math.log(2))
    gap = c.emit("Mul", c.emit("Neg", c.emit("Abs", c.emit("Sub", a, b))), scale)
    return c.emit("Add", c.emit("Max", a, b), c.emit("Div", c.emit("Softplus", gap), scale))


def infinite(positive: bool) -> Rule:
    """A rule for isposinf and isneginf."""

    def rule(c: Call) -> str:
        dtype = c.operand("input").dtype
        x = c.x("input", dtype if dtype.is_floating_point else tg.float32)
        return c.emit("IsInf", x, detect_positive=int(positive), detect_negative=int(not positive))

    return rule


def sinc(c: Call) -> str:
    x = c.x("input", c.dtype())
    zero, one = c.number(0.0), c.number(1.0)
    angle = c.emit("Mul", x, c.number(math.pi))
    is_zero = c.emit("Equal", x, zero)
    safe = c.emit("Where", is_zero, one, angle)
    return c.emit("Where", is_zero, one, c.emit("Div", c.emit("Sin", safe), safe))


def shift(left: bool) -> Rule:
    """Products and quotients with powers of two."""

    def rule(c: Call) -> str:
        a, b = two(c, tg.int64)
        power = c.emit("Pow", c.number(2, tg.int64), b)
        if left:
            shifted = c.emit("Mul", a, power)
        else:
            shifted = c.emit("Div", c.emit("Sub", a, c.emit("Mod", a, power)), power)
        return c.cast(shifted, tg.int64, c.dtype())

    return rule


def real_already(c: Call) -> str:
    if c.operand("input").dtype.is_complex:
        raise Unsupported("complex numbers")
    return c.x()


def cross_along(c: Call) -> str:
    axis = c.axis()
    a, b = two(c)
    turns = c.ints([1, 2, 0]), c.ints([2, 0, 1])
    a1, a2 = (c.emit("Gather", a, turn, axis=axis) for turn in turns)
    b1, b2 = (c.emit("Gather", b, turn, axis=axis) for turn in turns)
    return c.emit("Sub", c.emit("Mul", a1, b2), c.emit("Mul", a2, b1))


def vdot(c: Call) -> str:
    return c.emit("MatMul", *two(c))


def nansum(c: Call) -> str:
    x = c.x("input", c.dtype())
    given = c["dim"]
    axes = list(range(c.rank)) if given in (None, ()) else [given] if type(given) is int else given
    if c.dtype().is_floating_point:
        x = c.emit("Where", c.emit("IsNaN", x), c.number(0.0), x)
    if c.rank == 0:
        return x
    return c.reduced("ReduceSum", x, [axis % c.rank for axis in axes], bool(c["keepdim"]))


def logcumsumexp(c: Call) -> str:
    if c.rank == 0:
        return c.x()
    top = c.reduced("ReduceMax", c.x(), [c.axis()])
    sums = c.emit("CumSum", c.emit("Exp", c.emit("Sub", c.x(), top)), c.number(c.axis(), tg.int64))
    return c.emit("Add", c.emit("Log", sums), top)


def bucketize(c: Call) -> str:
    """The number of boundaries below each element."""
    dtype = c.common("input", "boundaries")
    x = c.emit("Unsqueeze", c.x("input", dtype), c.ints([len(c.of(c["input"]).shape)]))
    op = "LessOrEqual" if c["right"] else "Less"
    below = c.emit(op, c.x("boundaries", dtype), x)
    return c.reduced("ReduceSum", c.cast(below, tg.bool, c.dtype()), [-1], keep=False)


def isin(c: Call) -> str:
    dtype = c.common("elements", "test_elements")
    rank = len(c.of(c["elements"]).shape)
    x = c.emit("Unsqueeze", c.x("elements", dtype), c.ints([rank]))
    tests = c.emit("Reshape", c.x("test_elements", dtype), c.ints([-1]))
    equal = c.cast(c.emit("Equal", x, tests), tg.bool, tg.int32)
    found = c.cast(c.reduced("ReduceMax", equal, [-1], keep=False), tg.int32, tg.bool)
    return c.emit("Not", found) if c["invert"] else found


def diag_embed(c: Call) -> str:
    rank = c.rank + 1
    dims = [c.integer(name) % rank for name in ("dim1", "dim2")]
    size = c.operand("input").shape[-1]
    if c.integer("offset") or dims != [rank - 2, rank - 1] or isinstance(size, Dim):
        raise Unsupported("other than the main diagonal of the last two dims")
    eye = c.builder.constant(
        [[row == column for column in range(size)] for row in range(size)], tg.bool
    )
    wide = c.emit("Unsqueeze", c.x(), c.ints([c.rank]))
    return c.emit("Where", eye, wide, c.number(0))


TABLE: dict[str, Rule] = {
    "signbit": signbit,
    "copysign": copysign,
    "heaviside": heaviside,
    "ldexp": ldexp,
    "logaddexp2": logaddexp2,
    "isposinf": infinite(True),
    "isneginf": infinite(False),
    "sinc": sinc,
    "bitwise_left_shift": shift(left=True),
    "bitwise_right_shift": shift(left=False),
    "conj": real_already,
    "cross_along": cross_along,
    "vdot": vdot,
    "nansum": nansum,
    "logcumsumexp": logcumsumexp,
    "bucketize": bucketize,
    "isin": isin,
    "diag_embed": diag_embed,
}
