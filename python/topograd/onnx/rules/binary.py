"""Elementwise functions of two and three tensors, comparisons and selections."""

from __future__ import annotations

import math
from collections.abc import Callable

import topograd as tg
from topograd.onnx.call import Call, Rule
from topograd.onnx.rules.unary import truncated

__all__ = ["TABLE", "added", "two"]


def two(c: Call, dtype: tg.dtype | None = None) -> tuple[str, str]:
    """Both arguments in the dtype of the result, or another."""
    dtype = dtype or c.dtype()
    return c.x("input", dtype), c.x("other", dtype)


def named(op: str, **attributes: object) -> Rule:
    """A rule for what is one operator of ONNX."""

    def rule(c: Call) -> str:
        return c.emit(op, *two(c), **attributes)

    return rule


def sum_of(op: str) -> Rule:
    def rule(c: Call) -> str:
        a, b = two(c)
        if c.dtype() == tg.bool:
            return c.emit("Or", a, b)
        alpha = c["alpha"]
        return c.emit(op, a, b if alpha == 1 else c.emit("Mul", b, c.as_dtype(alpha, c.dtype())))

    return rule


def mul(c: Call) -> str:
    return c.emit("And" if c.dtype() == tg.bool else "Mul", *two(c))


def floor_divide(c: Call) -> str:
    a, b = two(c)
    if c.dtype().is_floating_point:
        return c.emit("Floor", c.emit("Div", a, b))
    return c.emit("Div", c.emit("Sub", a, c.emit("Mod", a, b)), b)


def trunc_divide(c: Call) -> str:
    quotient = c.emit("Div", *two(c))
    return truncated(c, quotient) if c.dtype().is_floating_point else quotient


def remainder(c: Call) -> str:
    a, b = two(c)
    if not c.dtype().is_floating_point:
        return c.emit("Mod", a, b)
    return c.emit("Sub", a, c.emit("Mul", c.emit("Floor", c.emit("Div", a, b)), b))


def power(c: Call) -> str:
    return c.emit("Pow", c.x("input", c.dtype()), c.x("exponent", c.dtype()))


def extreme_but_nan(op: str) -> Rule:
    """Of fmax and fmin: NaN only where both are."""

    def rule(c: Call) -> str:
        a, b = two(c)
        if not c.dtype().is_floating_point:
            return c.emit(op, a, b)
        with_b = c.emit("Where", c.emit("IsNaN", b), a, c.emit(op, a, b))
        return c.emit("Where", c.emit("IsNaN", a), b, with_b)

    return rule


def atan2(c: Call) -> str:
    y, x = two(c)
    zero, pi = c.number(0.0), c.number(math.pi)
    right = c.emit("Atan", c.emit("Div", y, x))
    half_turn = c.emit("Where", c.emit("Less", y, zero), c.emit("Neg", pi), pi)
    turned = c.emit("Where", c.emit("Less", x, zero), c.emit("Add", right, half_turn), right)
    on_axis = c.emit("And", c.emit("Equal", x, zero), c.emit("Equal", y, zero))
    return c.emit("Where", on_axis, zero, turned)


def hypot(c: Call) -> str:
    a, b = two(c)
    return c.emit("Sqrt", c.emit("Add", c.emit("Mul", a, a), c.emit("Mul", b, b)))


def logaddexp(c: Call) -> str:
    a, b = two(c)
    top, difference = c.emit("Max", a, b), c.emit("Abs", c.emit("Sub", a, b))
    return c.emit("Add", top, c.emit("Softplus", c.emit("Neg", difference)))


def xlogy(c: Call) -> str:
    a, b = two(c)
    zero = c.number(0.0)
    return c.emit("Where", c.emit("Equal", a, zero), zero, c.emit("Mul", a, c.emit("Log", b)))


def comparison(op: str, negated: bool = False) -> Rule:
    """A comparison in the dtype that both are promoted to."""

    def rule(c: Call) -> str:
        dtype = c.common("input", "other")
        if dtype in (tg.int8, tg.uint8, tg.int16, tg.bool):
            dtype = tg.int32
        result = c.emit(op, *two(c, dtype))
        return c.emit("Not", result) if negated else result

    return rule


def logical(op: str) -> Rule:
    def rule(c: Call) -> str:
        return c.emit(op, *two(c, tg.bool))

    return rule


def bitwise(op: str) -> Rule:
    def rule(c: Call) -> str:
        return c.emit(op if c.dtype() == tg.bool else f"Bitwise{op}", *two(c))

    return rule


def isclose(c: Call) -> str:
    dtype = c.common("input", "other")
    a, b = two(c, dtype)
    slack = c.emit("Mul", c.emit("Abs", b), c.number(c["rtol"], dtype))
    allowed = c.emit("Add", slack, c.number(c["atol"], dtype))
    near = c.emit("LessOrEqual", c.emit("Abs", c.emit("Sub", a, b)), allowed)
    return c.emit("Or", near, c.emit("Equal", a, b))


def where(c: Call) -> str:
    return c.emit("Where", c.x("condition", tg.bool), *two(c))


def masked_fill(c: Call) -> str:
    dtype = c.dtype()
    return c.emit("Where", c.x("mask", tg.bool), c.x("value", dtype), c.x("input", dtype))


def lerp(c: Call) -> str:
    start, end = c.x("input", c.dtype()), c.x("end", c.dtype())
    moved = c.emit("Mul", c.x("weight", c.dtype()), c.emit("Sub", end, start))
    return c.emit("Add", start, moved)


def added(op: str) -> Callable[[Call], str]:
    """Of addcmul and addcdiv."""

    def rule(c: Call) -> str:
        dtype = c.dtype()
        term = c.emit(op, c.x("tensor1", dtype), c.x("tensor2", dtype))
        if c["value"] != 1:
            term = c.emit("Mul", term, c.as_dtype(c["value"], dtype))
        return c.emit("Add", c.x("input", dtype), term)

    return rule


def clamp_between(c: Call) -> str:
    dtype = c.dtype()
    return c.emit("Min", c.emit("Max", c.x("input", dtype), c.x("min", dtype)), c.x("max", dtype))


def shifted_difference(c: Call) -> str:
    difference = c.emit("Sub", c.x("x1", c.dtype()), c.x("x2", c.dtype()))
    return c.emit("Add", difference, c.number(c["eps"]))


def copy(c: Call) -> str:
    return c.expand(c.x("src", c.dtype()), c.shape())


def fill(c: Call) -> str:
    return c.expand(c.x("value", c.dtype()), c.shape())


TABLE: dict[str, Rule] = {
    "add": sum_of("Add"),
    "sub": sum_of("Sub"),
    "mul": mul,
    "strong_mul": mul,
    "true_divide": named("Div"),
    "floor_divide": floor_divide,
    "trunc_divide": trunc_divide,
    "remainder": remainder,
    "fmod": named("Mod", fmod=1),
    "pow": power,
    "maximum": named("Max"),
    "minimum": named("Min"),
    "fmax": extreme_but_nan("Max"),
    "fmin": extreme_but_nan("Min"),
    "atan2": atan2,
    "hypot": hypot,
    "logaddexp": logaddexp,
    "xlogy": xlogy,
    "eq": comparison("Equal"),
    "ne": comparison("Equal", negated=True),
    "lt": comparison("Less"),
    "le": comparison("LessOrEqual"),
    "gt": comparison("Greater"),
    "ge": comparison("GreaterOrEqual"),
    "logical_and": logical("And"),
    "logical_or": logical("Or"),
    "logical_xor": logical("Xor"),
    "bitwise_and": bitwise("And"),
    "bitwise_or": bitwise("Or"),
    "bitwise_xor": bitwise("Xor"),
    "isclose": isclose,
    "where": where,
    "masked_fill": masked_fill,
    "lerp": lerp,
    "addcdiv": added("Div"),
    "clamp_between": clamp_between,
    "shifted_difference": shifted_difference,
    "copy": copy,
    "fill": fill,
}
