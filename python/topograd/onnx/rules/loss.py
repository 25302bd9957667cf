"""Terms of losses, element by element and row by row."""

from __future__ import annotations

import topograd as tg
from topograd.onnx.builder import Unsupported
from topograd.onnx.call import Call, Rule

__all__ = ["TABLE"]


def both(c: Call) -> tuple[str, str]:
    """Input and target in the dtype of the result."""
    return c.x("input", c.dtype()), c.x("target", c.dtype())


def squared_error(c: Call) -> str:
    difference = c.emit("Sub", *both(c))
    return c.emit("Mul", difference, difference)


def absolute_error(c: Call) -> str:
    return c.emit("Abs", c.emit("Sub", *both(c)))


def huber_terms(c: Call) -> str:
    delta, scale = float(c["delta"]), float(c["scale"])
    size = absolute_error(c)
    inner = c.emit("Mul", c.emit("Mul", size, size), c.number(0.5 * scale))
    outer = c.emit("Mul", c.emit("Sub", size, c.number(delta / 2)), c.number(delta * scale))
    return c.emit("Where", c.emit("Less", size, c.number(delta)), inner, outer)


def kl_div_terms(c: Call) -> str:
    x, target = both(c)
    if c["log_target"]:
        return c.emit("Mul", c.emit("Exp", target), c.emit("Sub", target, x))
    zero = c.number(0.0)
    entropy = c.emit("Mul", target, c.emit("Log", target))
    entropy = c.emit("Where", c.emit("Equal", target, zero), zero, entropy)
    return c.emit("Sub", entropy, c.emit("Mul", target, x))


def poisson_nll_terms(c: Call) -> str:
    x, target = both(c)
    if c["log_input"]:
        return c.emit("Sub", c.emit("Exp", x), c.emit("Mul", target, x))
    logs = c.emit("Log", c.emit("Add", x, c.number(float(c["eps"]))))
    return c.emit("Sub", x, c.emit("Mul", target, logs))


def gaussian_nll_terms(c: Call) -> str:
    difference = c.emit("Sub", *both(c))
    var = c.emit("Max", c.x("var", c.dtype()), c.number(float(c["eps"])))
    part = c.emit("Div", c.emit("Mul", difference, difference), var)
    return c.emit("Mul", c.emit("Add", c.emit("Log", var), part), c.number(0.5))


def binary_cross_entropy_terms(c: Call) -> str:
    x, target = both(c)
    floor = c.number(-100.0)
    yes = c.emit("Max", c.emit("Log", x), floor)
    no = c.emit("Max", c.emit("Log", c.emit("Sub", c.number(1.0), x)), floor)
    other = c.emit("Sub", c.number(1.0), target)
    return c.emit("Neg", c.emit("Add", c.emit("Mul", target, yes), c.emit("Mul", other, no)))


def logit_terms(c: Call) -> str:
    x, target = both(c)
    smooth = c.emit("Softplus", c.emit("Neg", c.emit("Abs", x)))
    positive = c.emit("Sub", c.emit("Relu", x), c.emit("Mul", x, target))
    return c.emit("Add", positive, smooth)


def soft_margin_terms(c: Call) -> str:
    x, target = both(c)
    return c.emit("Softplus", c.emit("Neg", c.emit("Mul", x, target)))


def hinge_embedding_terms(c: Call) -> str:
    x, target = both(c)
    zero = c.number(0.0)
    apart = c.emit("Relu", c.emit("Sub", c.number(float(c["margin"])), x))
    is_similar = c.emit("Equal", target, c.number(1.0))
    return c.emit(
        "Where",
        is_similar,
        x,
        c.emit("Where", c.emit("Equal", target, c.number(-1.0)), apart, zero),
    )


def margin_ranking_terms(c: Call) -> str:
    dtype = c.dtype()
    difference = c.emit("Sub", c.x("input1", dtype), c.x("input2", dtype))
    signed = c.emit("Neg", c.emit("Mul", c.x("target", dtype), difference))
    return c.emit("Relu", c.emit("Add", signed, c.number(float(c["margin"]))))


def _picked(c: Call, logs: str, dtype: tg.dtype, axis: int) -> str:
    """The losses -weight * log of the targets, mixed with all classes' where smoothed.

    logs: with the classes along `axis`, the last or second one.  0 where a target is ignore_index.
    """
    target = c.x("target", tg.int64)
    ignored = c.emit("Equal", target, c.ints([c.integer("ignore_index")]))
    at = c.emit("Where", ignored, c.ints([0]), target)
    costs = c.emit("Neg", logs)
    if c.has("weight"):
        rank = len(c.of(c["input"]).shape)
        shape = [-1 if one == axis else 1 for one in range(rank)]
        weight = c.emit("Reshape", c.x("weight", dtype), c.ints(shape))
        costs = c.emit("Mul", costs, weight)
    along = c.ints([axis])
    found = c.emit("GatherElements", costs, c.emit("Unsqueeze", at, along), axis=axis)
    loss = c.emit("Squeeze", found, along)
    smoothing = float(c["label_smoothing"]) if "label_smoothing" in c.step.arguments else 0.0
    if smoothing:
        mean = c.reduced("ReduceSum", costs, [axis], keep=False)
        mean = c.emit("Div", mean, c.as_dtype(c.of(c["input"]).shape[axis], dtype))
        both = c.number(1 - smoothing, dtype), c.number(smoothing, dtype)
        loss = c.emit("Add", c.emit("Mul", loss, both[0]), c.emit("Mul", mean, both[1]))
    return c.emit("Where", ignored, c.number(0.0, dtype), loss)


def cross_entropy_rows(c: Call) -> list[str]:
    """-log softmax at the target class of each row; 0 where it is ignore_index."""
    if 1 in c.needed:
        raise Unsupported("the logarithms of sums that are kept for gradients")
    logs = c.emit("LogSoftmax", c.x("input", c.dtype()), axis=1)
    return [_picked(c, logs, c.dtype(), 1), ""]


def nll_rows(c: Call) -> str:
    """-x at the target class, of (N, C, inner)."""
    return _at_targets(c, c.x("input", c.dtype()))


def cross_entropy_images(c: Call) -> list[str]:
    """-log softmax at the target classes, of (N, C, inner)."""
    logs = c.emit("LogSoftmax", c.x("input", c.dtype()), axis=1)
    return [_at_targets(c, logs), logs]


def _at_targets(c: Call, logs: str) -> str:
    rows, _, inner = c.operand("input").shape
    dtype = c.dtype()
    target = c.reshape(c.x("target", tg.int64), [rows, inner])
    ignored = c.emit("Equal", target, c.ints([c.integer("ignore_index")]))
    at = c.emit("Unsqueeze", c.emit("Where", ignored, c.ints([0]), target), c.ints([1]))
    costs = c.emit("Neg", logs)
    if c.has("weight"):
        costs = c.emit("Mul", costs, c.reshape(c.x("weight", dtype), [1, -1, 1]))
    loss = c.emit("Squeeze", c.emit("GatherElements", costs, at, axis=1), c.ints([1]))
    return c.reshape(c.emit("Where", ignored, c.number(0.0), loss), c.shape())


TABLE: dict[str, Rule] = {
    "squared_error": squared_error,
    "absolute_error": absolute_error,
    "huber_terms": huber_terms,
    "kl_div_terms": kl_div_terms,
    "poisson_nll_terms": poisson_nll_terms,
    "gaussian_nll_terms": gaussian_nll_terms,
    "binary_cross_entropy_terms": binary_cross_entropy_terms,
    "binary_cross_entropy_logit_terms": logit_terms,
    "soft_margin_terms": soft_margin_terms,
    "hinge_embedding_terms": hinge_embedding_terms,
    "margin_ranking_terms": margin_ranking_terms,
    "cross_entropy_rows": cross_entropy_rows,
    "cross_entropy_images": cross_entropy_images,
    "nll_rows": nll_rows,
}
