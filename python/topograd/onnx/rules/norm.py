"""Norms."""

from __future__ import annotations

from topograd.onnx.call import Call, Rule
from topograd.onnx.dimensions import Size

__all__ = ["TABLE"]


def _normalized(c: Call, axes: list[int]) -> str:
    """The input with mean 0 and variance 1 along axes."""
    x = c.x("input", c.dtype())
    centered = c.emit("Sub", x, c.reduced("ReduceMean", x, axes))
    variance = c.reduced("ReduceMean", c.emit("Mul", centered, centered), axes)
    root = c.emit("Sqrt", c.emit("Add", variance, c.number(c["eps"])))
    return c.emit("Div", centered, root)


def _scaled(c: Call, x: str, shape: list[Size]) -> str:
    """Values times the weight plus the bias, which are seen in a shape."""
    if c.has("weight"):
        x = c.emit("Mul", x, c.reshape(c.x("weight", c.dtype()), shape))
    if c.has("bias"):
        x = c.emit("Add", x, c.reshape(c.x("bias", c.dtype()), shape))
    return x


def _result_alone(c: Call, result: str) -> list[str]:
    return [result, *[""] * (len(c.step.results) - 1)]


def layer_norm(c: Call) -> list[str]:
    dtype = c.dtype()
    weight = c.x("weight", dtype) if c.has("weight") else c.number([1.0] * c.integer("n"))
    inputs = [c.x("input", dtype), weight]
    if c.has("bias"):
        inputs.append(c.x("bias", dtype))
    result = c.emit("LayerNormalization", *inputs, axis=-1, epsilon=float(c["eps"]))
    return _result_alone(c, result)


def rms_norm(c: Call) -> list[str]:
    x = c.x("input", c.dtype())
    mean = c.reduced("ReduceMean", c.emit("Mul", x, x), [-1])
    result = c.emit("Div", x, c.emit("Sqrt", c.emit("Add", mean, c.number(c["eps"]))))
    if c.has("weight"):
        result = c.emit("Mul", result, c.x("weight", c.dtype()))
    return _result_alone(c, result)


def group_norm(c: Call) -> list[str]:
    """Of (N, G, C / G, inner), with a weight per channel."""
    groups, channels = c.operand("input").shape[1:3]
    result = _normalized(c, [2, 3])
    return _result_alone(c, _scaled(c, result, [1, groups, channels, 1]))


def batch_norm(c: Call) -> list[str]:
    """Of (N, C, inner), by its own mean and variance."""
    channels = c.operand("input").shape[1]
    return _result_alone(c, _scaled(c, _normalized(c, [0, 2]), [1, channels, 1]))


TABLE: dict[str, Rule] = {
    "layer_norm_rows": layer_norm,
    "rms_norm_rows": rms_norm,
    "group_norm_groups": group_norm,
    "batch_norm_train": batch_norm,
}
