"""Activations."""

from __future__ import annotations

from topograd.onnx.builder import Unsupported
from topograd.onnx.call import Call, Rule
from topograd.onnx.dimensions import Dim
from topograd.onnx.rules.unary import named

__all__ = ["TABLE"]


def gelu(c: Call) -> str:
    return c.emit("Gelu", c.x(), approximate=c["approximate"])


def silu(c: Call) -> str:
    return c.emit("Mul", c.x(), c.emit("Sigmoid", c.x()))


def mish(c: Call) -> str:
    return c.emit("Mul", c.x(), c.emit("Tanh", c.emit("Softplus", c.x())))


def logsigmoid(c: Call) -> str:
    return c.emit("Neg", c.emit("Softplus", c.emit("Neg", c.x())))


def hardsigmoid(c: Call) -> str:
    return c.emit("HardSigmoid", c.x(), alpha=1 / 6, beta=0.5)


def hardswish(c: Call) -> str:
    return c.emit("Mul", c.x(), hardsigmoid(c))


def softplus(c: Call) -> str:
    x = c.x()
    scaled = c.emit("Mul", x, c.number(c["beta"]))
    smooth = c.emit("Div", c.emit("Softplus", scaled), c.number(c["beta"]))
    return c.emit("Where", c.emit("Greater", scaled, c.number(c["threshold"])), x, smooth)


def hardtanh(c: Call) -> str:
    return c.emit("Clip", c.x(), c.number(c["min_val"]), c.number(c["max_val"]))


def leaky_relu(c: Call) -> str:
    return c.emit("LeakyRelu", c.x(), alpha=float(c["negative_slope"]))


def elu(c: Call) -> str:
    return c.emit("Elu", c.x(), alpha=float(c["alpha"]))


def celu(c: Call) -> str:
    alpha = float(c["alpha"])
    x = c.x()
    bent = c.emit("Sub", c.emit("Exp", c.emit("Div", x, c.number(alpha))), c.number(1.0))
    low = c.emit("Min", c.number(0.0), c.emit("Mul", bent, c.number(alpha)))
    return c.emit("Add", c.emit("Relu", x), low)


def selu(c: Call) -> str:
    return c.emit("Selu", c.x())


def hardshrink(c: Call) -> str:
    inside = c.emit("LessOrEqual", c.emit("Abs", c.x()), c.number(float(c["lambd"])))
    return c.emit("Where", inside, c.number(0.0), c.x())


def softshrink(c: Call) -> str:
    limit = float(c["lambd"])
    return c.emit("Sub", c.x(), c.emit("Clip", c.x(), c.number(-limit), c.number(limit)))


def threshold(c: Call) -> str:
    above = c.emit("Greater", c.x(), c.number(c["threshold"]))
    return c.emit("Where", above, c.x(), c.number(c["value"]))


def leaky(c: Call) -> str:
    x = c.x("input", c.dtype())
    sloped = c.emit("Mul", x, c.x("slope", c.dtype()))
    return c.emit("Where", c.emit("Greater", x, c.number(0.0)), x, sloped)


def glu(c: Call) -> str:
    axis = c.axis()
    size = c.operand("input").shape[axis]
    if isinstance(size, Dim):
        raise Unsupported("a dim to be halved that follows the sizes of the inputs")
    a, b = c.emits("Split", [c.x(), c.ints([size // 2, size // 2])], 2, axis=axis)
    return c.emit("Mul", a, c.emit("Sigmoid", b))


def along_dim(op: str) -> Rule:
    """A rule for softmax and log_softmax; that of a single number is that of a list of one."""

    def rule(c: Call) -> str:
        if c.rank:
            return c.emit(op, c.x(), axis=c.axis())
        return c.reshape(c.emit(op, c.reshape(c.x(), [1]), axis=0), [])

    return rule


TABLE: dict[str, Rule] = {
    "relu": named("Relu"),
    "gelu": gelu,
    "silu": silu,
    "mish": mish,
    "logsigmoid": logsigmoid,
    "hardsigmoid": hardsigmoid,
    "hardswish": hardswish,
    "softsign": named("Softsign"),
    "softplus": softplus,
    "hardtanh": hardtanh,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "celu": celu,
    "selu": selu,
    "hardshrink": hardshrink,
    "softshrink": softshrink,
    "threshold": threshold,
    "leaky": leaky,
    "glu": glu,
    "softmax_along": along_dim("Softmax"),
    "log_softmax_along": along_dim("LogSoftmax"),
}
