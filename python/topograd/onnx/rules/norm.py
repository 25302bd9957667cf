"""Norms."""

from __future__ import annotations

from typing import Any, NamedTuple

from topograd.onnx.call import Call, Rule
from topograd.onnx.dimensions import Dim, Size
from topograd.onnx.recording import Ref
from topograd.onnx.rules.binary import added

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


class _Statistics(NamedTuple):
    """What batch_norm in evaluation is made of; None for a weight or bias that is not there."""

    mean: Any
    var: Any
    eps: float
    weight: Any
    bias: Any


def _statistics(c: Call) -> _Statistics | None:
    """Those of addcmul(shift, x, scale), if that is what it is.

    scale = rsqrt(var + eps) * weight and shift = bias - mean * scale, seen as (1, C, 1, …).
    """
    seen = [c.maker_of(c[name], "view") for name in ("input", "tensor2")]
    if seen[0] is None or seen[1] is None or c["value"] != 1:
        return None
    shift_at, scale_at = (one.arguments["input"] for one in seen if one is not None)
    shift, scale, bias, weight = c.maker_of(shift_at), c.maker_of(scale_at), None, None
    if shift is not None and shift.op == "add" and shift.arguments["alpha"] == 1:
        bias, shift = shift.arguments["other"], c.maker_of(shift.arguments["input"])
    product = c.maker_of(shift.arguments["input"], "mul") if shift and shift.op == "neg" else None
    if product is None or product.arguments["other"] != scale_at:
        return None
    if scale is not None and scale.op == "mul":
        weight, scale = scale.arguments["other"], c.maker_of(scale.arguments["input"])
    raised = c.maker_of(scale.arguments["input"], "add") if scale and scale.op == "rsqrt" else None
    if raised is None or raised.arguments["alpha"] != 1:
        return None
    if not isinstance(raised.arguments["other"], float):
        return None
    var, eps = raised.arguments["input"], raised.arguments["other"]
    return _Statistics(product.arguments["input"], var, eps, weight, bias)


def batch_norm_in_evaluation(c: Call) -> str | None:
    """One operator for what batch_norm in evaluation is recorded as; None for other calls."""
    found = _statistics(c)
    x = c.of(c["tensor1"])
    if found is None or len(x.shape) < 2:
        return None
    parts = [one for one in (found.mean, found.var, found.weight, found.bias) if one is not None]
    if any(not isinstance(one, Ref) or c.of(one).shape != x.shape[1:2] for one in parts):
        return None
    dtype = c.dtype()
    if x.dtype != dtype or isinstance(x.shape[1], Dim):
        return None
    ones, zeros = c.number([1.0] * x.shape[1]), c.number([0.0] * x.shape[1])
    return c.emit(
        "BatchNormalization",
        x.name,
        ones if found.weight is None else c.as_dtype(found.weight, dtype),
        zeros if found.bias is None else c.as_dtype(found.bias, dtype),
        c.as_dtype(found.mean, dtype),
        c.as_dtype(found.var, dtype),
        epsilon=found.eps,
    )


def addcmul(c: Call) -> str:
    return batch_norm_in_evaluation(c) or added("Mul")(c)


TABLE: dict[str, Rule] = {
    "addcmul": addcmul,
    "layer_norm_rows": layer_norm,
    "rms_norm_rows": rms_norm,
    "group_norm_groups": group_norm,
    "batch_norm_train": batch_norm,
}
