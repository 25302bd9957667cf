"""Functions of one tensor."""

from __future__ import annotations

import math

import topograd as tg
from topograd.onnx.call import Call, Rule

__all__ = ["TABLE"]


def named(op: str, **attributes: object) -> Rule:
    """A rule for what is one operator of ONNX; the dtype is that of the result."""

    def rule(c: Call) -> str:
        return c.emit(op, c.x("input", c.dtype()), **attributes)

    return rule


def whole_numbers_stay(op: str) -> Rule:
    """A rounding, which integers have behind them."""

    def rule(c: Call) -> str:
        return c.emit(op, c.x()) if c.dtype().is_floating_point else c.x()

    return rule


def square(c: Call) -> str:
    x = c.x("input", c.dtype())
    return c.emit("Mul", x, x)


def rsqrt(c: Call) -> str:
    return c.emit("Reciprocal", c.emit("Sqrt", c.x("input", c.dtype())))


def exp2(c: Call) -> str:
    return c.emit("Pow", c.number(2.0), c.x("input", c.dtype()))


def expm1(c: Call) -> str:
    return c.emit("Sub", c.emit("Exp", c.x("input", c.dtype())), c.number(1.0))


def log1p(c: Call) -> str:
    return c.emit("Log", c.emit("Add", c.x("input", c.dtype()), c.number(1.0)))


def logarithm(base: float) -> Rule:
    def rule(c: Call) -> str:
        return c.emit("Mul", c.emit("Log", c.x("input", c.dtype())), c.number(1 / math.log(base)))

    return rule


def erfc(c: Call) -> str:
    return c.emit("Sub", c.number(1.0), c.emit("Erf", c.x("input", c.dtype())))


def truncated(c: Call, x: str) -> str:
    """The whole part of x."""
    return c.emit("Mul", c.emit("Sign", x), c.emit("Floor", c.emit("Abs", x)))


def trunc(c: Call) -> str:
    return truncated(c, c.x()) if c.dtype().is_floating_point else c.x()


def frac(c: Call) -> str:
    return c.emit("Sub", c.x(), truncated(c, c.x()))


def round_decimals(c: Call) -> str:
    scale = c.number(10.0 ** c.integer("decimals"))
    return c.emit("Div", c.emit("Round", c.emit("Mul", c.x(), scale)), scale)


def floating_only(op: str) -> Rule:
    """A question that is false for all integers."""

    def rule(c: Call) -> str:
        dtype = c.operand("input").dtype
        return c.emit(op, c.x("input", dtype if dtype.is_floating_point else tg.float32))

    return rule


def isfinite(c: Call) -> str:
    dtype = c.operand("input").dtype
    x = c.x("input", dtype if dtype.is_floating_point else tg.float32)
    return c.emit("Not", c.emit("Or", c.emit("IsNaN", x), c.emit("IsInf", x)))


def logical_not(c: Call) -> str:
    return c.emit("Not", c.x("input", tg.bool))


def bitwise_not(c: Call) -> str:
    return c.emit("Not" if c.dtype() == tg.bool else "BitwiseNot", c.x())


def nan_to_num(c: Call) -> str:
    dtype = c.dtype()
    x = c.x()
    if not dtype.is_floating_point:
        return x
    limits = tg.finfo(dtype) if hasattr(tg, "finfo") else None
    top = 3.4028234663852886e38 if limits is None else limits.max
    high = c["posinf"] if c.has("posinf") else top
    low = c["neginf"] if c.has("neginf") else -top
    zero = c.number(0.0)
    infinite = c.emit("IsInf", x)
    above = c.emit("And", infinite, c.emit("Greater", x, zero))
    below = c.emit("And", infinite, c.emit("Less", x, zero))
    x = c.emit("Where", c.emit("IsNaN", x), c.number(c["nan"] or 0.0), x)
    return c.emit("Where", below, c.number(low), c.emit("Where", above, c.number(high), x))


def clone(c: Call) -> str:
    return c.x()


def cast(c: Call) -> str:
    return c.x("input", c.dtype())


def logit(c: Call) -> str:
    x = c.x("input", c.dtype())
    if c.has("eps"):
        x = c.emit("Clip", x, c.number(c["eps"]), c.number(1.0 - c["eps"]))
    return c.emit("Log", c.emit("Div", x, c.emit("Sub", c.number(1.0), x)))


TABLE: dict[str, Rule] = {
    "neg": named("Neg"),
    "abs": named("Abs"),
    "sign": named("Sign"),
    "sgn": named("Sign"),
    "square": square,
    "reciprocal": named("Reciprocal"),
    "sqrt": named("Sqrt"),
    "rsqrt": rsqrt,
    "exp": named("Exp"),
    "exp2": exp2,
    "expm1": expm1,
    "log": named("Log"),
    "log2": logarithm(2.0),
    "log10": logarithm(10.0),
    "log1p": log1p,
    "sigmoid": named("Sigmoid"),
    "erf": named("Erf"),
    "erfc": erfc,
    "sin": named("Sin"),
    "cos": named("Cos"),
    "tan": named("Tan"),
    "asin": named("Asin"),
    "acos": named("Acos"),
    "atan": named("Atan"),
    "sinh": named("Sinh"),
    "cosh": named("Cosh"),
    "tanh": named("Tanh"),
    "asinh": named("Asinh"),
    "acosh": named("Acosh"),
    "atanh": named("Atanh"),
    "floor": whole_numbers_stay("Floor"),
    "ceil": whole_numbers_stay("Ceil"),
    "round": whole_numbers_stay("Round"),
    "round.decimals": round_decimals,
    "trunc": trunc,
    "frac": frac,
    "isnan": floating_only("IsNaN"),
    "isinf": floating_only("IsInf"),
    "isfinite": isfinite,
    "logical_not": logical_not,
    "bitwise_not": bitwise_not,
    "nan_to_num": nan_to_num,
    "clone": clone,
    "cast": cast,
    "logit": logit,
}
