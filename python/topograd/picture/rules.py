"""Ops in words: how a call reads, and what the derivative of its result by each argument is."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import Any

from topograd import _C

__all__ = ["expression", "plain_name", "rule", "tensor_parameters"]

INFIX = {
    "add": "{} + {}",
    "sub": "{} − {}",
    "mul": "{} · {}",
    "div": "{} / {}",
    "true_divide": "{} / {}",
    "matmul": "{} @ {}",
    "pow": "{} ^ {}",
    "neg": "−{}",
}
# What the registry calls the parts of ops with many forms, under the name that programs use.
_PLAIN = {
    "amax": "max",
    "amin": "min",
    "clamp_between": "clamp",
    "dropout_seeded": "dropout",
    "layer_norm_rows": "layer_norm",
    "linear_bias": "linear",
    "softmax_along": "softmax",
    "log_softmax_along": "log_softmax",
}

# d result / d argument, by the argument's name. x, y: the arguments, out: the result; g, where it
# is needed to say how the rule acts on whole tensors, is the gradient that comes from above.
RULES: dict[str, dict[str, str]] = {
    "add": {"input": "1", "other": "1 (times alpha)"},
    "sub": {"input": "1", "other": "−1 (times alpha)"},
    "mul": {"input": "the other factor", "other": "the other factor"},
    "true_divide": {"input": "1 / y", "other": "−x / y²"},
    "pow": {"input": "n · xⁿ⁻¹", "exponent": "out · ln x"},
    "neg": {"input": "−1"},
    "reciprocal": {"input": "−1 / x²"},
    "square": {"input": "2x"},
    "sqrt": {"input": "1 / (2 · out)"},
    "rsqrt": {"input": "−out³ / 2"},
    "exp": {"input": "out"},
    "log": {"input": "1 / x"},
    "log1p": {"input": "1 / (1 + x)"},
    "sin": {"input": "cos x"},
    "cos": {"input": "−sin x"},
    "tanh": {"input": "1 − out²"},
    "sigmoid": {"input": "out · (1 − out)"},
    "relu": {"input": "1 where x > 0, else 0"},
    "abs": {"input": "the sign of x"},
    "clamp_between": {"input": "1 inside the limits, else 0"},
    "maximum": {"input": "1 where x is the larger", "other": "1 where y is the larger"},
    "minimum": {"input": "1 where x is the smaller", "other": "1 where y is the smaller"},
    "amax": {"input": "1 at the chosen element, else 0"},
    "amin": {"input": "1 at the chosen element, else 0"},
    "sum": {"input": "g goes to every element"},
    "mean": {"input": "g / n goes to every element"},
    "matmul": {"input": "g @ yᵀ", "other": "xᵀ @ g"},
    "mm": {"input": "g @ yᵀ", "mat2": "xᵀ @ g"},
    "dot": {"input": "g · y", "tensor": "g · x", "other": "g · x"},
    "linear": {"input": "g @ W", "weight": "gᵀ @ x"},
    "linear_bias": {"input": "g @ W", "weight": "gᵀ @ x", "bias": "g, summed over the rows"},
    "softmax_along": {"input": "out · (g − Σ g · out)"},
    "log_softmax_along": {"input": "g − softmax · Σ g"},
    "logsumexp": {"input": "g · softmax(x)"},
    "where": {"input": "1 where chosen, else 0", "other": "1 where chosen, else 0"},
    "basic_index": {"input": "g at the chosen places, else 0"},
    "index": {"input": "g at the chosen places, else 0"},
}
# Only the arrangement changes: the gradient is arranged back.
_ARRANGING = """view reshape transpose t permute expand squeeze unsqueeze flatten clone contiguous
unflatten movedim swapaxes to cast cat stack split split_with_sizes chunk narrow unbind""".split()
RULES |= {op: {"": "g, arranged as the argument"} for op in _ARRANGING}


def rule(op: str, argument: str) -> str:
    """The derivative of an op's result by one argument, in words.

    >>> from topograd.picture.rules import rule
    >>> rule("tanh", "input")
    '1 − out²'
    """
    known = RULES.get(op, {})
    return known.get(argument) or known.get("") or f"the rule of {op}"


@lru_cache(maxsize=1)
def tensor_parameters() -> dict[str, frozenset[str]]:
    """Of every op of the registry, which parameters are tensors or lists of them."""
    return {
        op["name"]: frozenset(
            one["name"] for one in op["parameters"] if one["type"].startswith("Tensor")
        )
        for op in _C.ops()
    }


def plain_name(op: str) -> str:
    """The op's name as programs write it.

    >>> from topograd.picture.rules import plain_name
    >>> plain_name("linear_bias")
    'linear'
    """
    return _PLAIN.get(op, op)


def expression(op: str, call: dict[str, Any], names: list[str]) -> str:
    """A call as it reads: 'a + b', 'relu(h)'.

    call: the arguments by name, a tensor as (node, output).  names: what each node is called.

    >>> from topograd.picture.rules import expression
    >>> expression("pow", {"input": (0, 0), "exponent": 3}, ["b"])
    'b ^ 3'
    """
    tensors = tensor_parameters().get(op, frozenset(call))
    said: list[str] = []
    for parameter, value in call.items():
        told = _told(value, names) if parameter in tensors else None
        if told is not None:
            said.append(told)
        elif op == "basic_index":
            return f"{said[0]}[{', '.join(_index(one) for one in value)}]"
        elif not _usual(parameter, value):
            plain = f"{value:g}" if isinstance(value, float) else str(value)
            plain = plain.removeprefix("topograd.Size(").rstrip(")") if "Size(" in plain else plain
            said.append(plain if op in INFIX and parameter in tensors else f"{parameter}={plain}")
    form = INFIX.get(op)
    if form is not None and form.count("{}") == len(said):
        return form.format(*said)
    return f"{plain_name(op)}({', '.join(said)})"


def _usual(parameter: str, value: Any) -> bool:
    """Whether an argument tells nothing: left out, or as in every call."""
    if value is None or value is False or (isinstance(value, float) and abs(value) == inf):
        return True
    return parameter == "alpha" and value == 1


def _index(one: Any) -> str:
    if isinstance(one, slice):
        step = "" if one.step in (None, 1) else f":{one.step}"
        ends = ("" if end is None else str(end) for end in (one.start, one.stop))
        return ":".join(ends) + step
    return "…" if one is Ellipsis else str(one)


def _told(value: Any, names: list[str]) -> str | None:
    """The name of the node that a tensor argument is, of a list of them; None for anything else."""
    if type(value) is tuple and len(value) == 2 and all(type(i) is int for i in value):
        return names[value[0]] + (f".{value[1]}" if value[1] else "")
    if isinstance(value, list) and value and all(_told(one, names) for one in value):
        told = [str(_told(one, names)) for one in value[:4]]
        return "[" + ", ".join(told + ["…"] * (len(value) > 4)) + "]"
    return None
