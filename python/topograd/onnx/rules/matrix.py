"""Matrix products and attention."""

from __future__ import annotations

import math

import topograd as tg
from topograd.onnx.call import Call, Rule

__all__ = ["TABLE"]


def matmul(c: Call) -> str:
    return c.emit("MatMul", c.x("input", c.dtype()), c.x("other", c.dtype()))


def linear_bias(c: Call) -> str:
    x, weight, bias = (c.x(name, c.dtype()) for name in ("input", "weight", "bias"))
    weight_rank = len(c.operand("weight").shape)
    if c.rank == 2 and weight_rank == 2 and c.dtype() in (tg.float32, tg.float64, tg.float16):
        return c.emit("Gemm", x, weight, bias, transB=1)
    turned = c.transpose(weight, [1, 0]) if weight_rank == 2 else weight
    return c.emit("Add", c.emit("MatMul", x, turned), bias)


def attention(c: Call) -> list[str]:
    """softmax(q k' * scale + bias) v, with what comes later masked where causal."""
    query, key = c.operand("query"), c.operand("key")
    dtype = c.dtype()
    scale = c.number(float(c["scale"]))
    turned = c.transpose(key.name, [0, 1, 3, 2])
    scores = c.emit("MatMul", c.emit("Mul", query.name, scale), turned)
    if c.has("bias"):
        bias = c.operand("bias")
        if bias.dtype == tg.bool:
            scores = c.emit("Where", bias.name, scores, c.number(-math.inf))
        else:
            scores = c.emit("Add", scores, c.cast(bias.name, bias.dtype, dtype))
    if c["causal"]:
        square = c.builder.shape([query.shape[2], key.shape[2]])
        ones = c.expand_to(c.builder.constant(True, tg.bool), square)
        lower = c.emit("Trilu", ones, upper=0)
        scores = c.emit("Where", lower, scores, c.number(-math.inf))
    weights = c.emit("Softmax", scores, axis=-1)
    if c.has("bias"):
        # A row in which everything is masked attends to nothing.
        hidden = c.emit("IsNaN", weights)
        weights = c.emit("Where", hidden, c.number(0.0), weights)
    return [c.emit("MatMul", weights, c.x("value")), ""]


def distances(c: Call) -> str:
    """|a - b| for all pairs of rows."""
    p = float(c["p"])
    ranks = [len(c.operand(name).shape) for name in ("x1", "x2")]
    a = c.emit("Unsqueeze", c.x("x1", c.dtype()), c.ints([ranks[0] - 1]))
    b = c.emit("Unsqueeze", c.x("x2", c.dtype()), c.ints([ranks[1] - 2]))
    difference = c.emit("Sub", a, b)
    if p in (1.0, 2.0):
        return c.reduced("ReduceL2" if p == 2.0 else "ReduceL1", difference, [-1], keep=False)
    size = c.emit("Abs", difference)
    if p == 0.0:
        apart = c.cast(c.emit("Greater", size, c.number(0.0)), tg.bool, c.dtype())
        return c.reduced("ReduceSum", apart, [-1], keep=False)
    if math.isinf(p):
        return c.reduced("ReduceMax", size, [-1], keep=False)
    total = c.reduced("ReduceSum", c.emit("Pow", size, c.number(p)), [-1], keep=False)
    return c.emit("Pow", total, c.number(1 / p))


TABLE: dict[str, Rule] = {
    "matmul": matmul,
    "linear_bias": linear_bias,
    "attention": attention,
    "distances": distances,
}
