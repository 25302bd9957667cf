"""The local rule of a node in words: what stands on the blackboard beside an edge."""

from __future__ import annotations

from topograd.graph.recorded import GraphNode
from topograd.graph.replay import Replay, derivative_kind

__all__ = ["FORMULAS", "rule"]

# d(output)/d(argument), element by element, by op and argument. {y} is the output, the other fields
# are arguments. The tests evaluate every one of them and compare it with the op's own derivative.
FORMULAS: dict[str, dict[str, str]] = {
    "abs": {"input": "sign({input})"},
    "acos": {"input": "-1 / sqrt(1 - {input}**2)"},
    "add": {"input": "1", "other": "{alpha}"},
    "asin": {"input": "1 / sqrt(1 - {input}**2)"},
    "atan": {"input": "1 / (1 + {input}**2)"},
    "clone": {"input": "1"},
    "cos": {"input": "-sin({input})"},
    "cosh": {"input": "sinh({input})"},
    "exp": {"input": "{y}"},
    "expm1": {"input": "{y} + 1"},
    "log": {"input": "1 / {input}"},
    "log10": {"input": "1 / ({input} * log(10))"},
    "log1p": {"input": "1 / (1 + {input})"},
    "log2": {"input": "1 / ({input} * log(2))"},
    "maximum": {
        "input": "1 if {input} > {other} else 0",
        "other": "1 if {other} > {input} else 0",
    },
    "minimum": {
        "input": "1 if {input} < {other} else 0",
        "other": "1 if {other} < {input} else 0",
    },
    "mul": {"input": "{other}", "other": "{input}"},
    "neg": {"input": "-1"},
    "pow": {
        "input": "{exponent} * {input}**{one_less}",
        "exponent": "{y} * log({input})",
    },
    "reciprocal": {"input": "-{y}**2"},
    "relu": {"input": "1 if {input} > 0 else 0"},
    "rsqrt": {"input": "-{y}**3 / 2"},
    "sigmoid": {"input": "{y} * (1 - {y})"},
    "sin": {"input": "cos({input})"},
    "sinh": {"input": "cosh({input})"},
    "sqrt": {"input": "1 / (2 * {y})"},
    "square": {"input": "2 * {input}"},
    "sub": {"input": "1", "other": "-{alpha}"},
    "tan": {"input": "1 + {y}**2"},
    "tanh": {"input": "1 - {y}**2"},
    "true_divide": {"input": "1 / {other}", "other": "-{input} / {other}**2"},
}

# What is sent to an argument where it is no product element by element; {g}: the gradient of {y}.
SENT: dict[str, dict[str, str]] = {
    "linear": {"input": "{g} @ {weight}", "weight": "{g}.T @ {input}"},
    "linear_bias": {
        "input": "{g} @ {weight}",
        "weight": "{g}.T @ {input}",
        "bias": "{g} summed over the rows",
    },
    "matmul": {"input": "{g} @ {other}.T", "other": "{input}.T @ {g}"},
    "mean": {"input": "{g} / n to each of the n elements averaged"},
    "sum": {"input": "{g} to every element summed"},
    "softmax": {"input": "{y} * ({g} - ({g} * {y}).sum())"},
    "log_softmax": {"input": "{g} - exp({y}) * {g}.sum()"},
}

KINDS = {
    "elementwise": "{g} times d{y}/d{x}, element by element",
    "linear": "the transpose of {op} (a linear map) on {g}",
    "multilinear": "{g} through {op}, linear in {x} with its other arguments held",
    "general": "the rule of {op} on {g}",
    "function": "backward() of the user's Function {op} on {g}",
}


def rule(replay: Replay, node: GraphNode, edge: int, gradient: str) -> str:
    """The rule for the edge-th tensor argument: 'de/dc = d', or 'x <- g @ w.T'.

    gradient: the text for the gradient of the node's output.
    """
    names = argument_labels(replay, node)
    argument, label = argument_of(replay, node, edge)
    fields = dict(names, y=node.label, g=gradient, x=label, op=node.op)
    formula = FORMULAS.get(node.op, {}).get(argument)
    if formula is not None:
        return f"d{node.label}/d{label} = {formula.format(**fields)}"
    sent = SENT.get(node.op, {}).get(argument)
    if sent is None:
        kind = derivative_kind(node.op)
        sent = KINDS.get(kind, KINDS["general"])
    return f"{label} <- {sent.format(**fields)}"


def argument_labels(replay: Replay, node: GraphNode) -> dict[str, str]:
    """The arguments of a call by name, as one writes them: names of nodes, numbers."""
    nodes = replay.graph.nodes
    labels: dict[str, str] = {}
    for name, value in replay.arguments(node.index).items():
        if isinstance(value, tuple) and name in _tensor_names(replay, node):
            labels[name] = nodes[value[0]].label
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            labels[name] = _number(value)
        elif value is None:
            labels[name] = ""
        else:
            labels[name] = str(value)
    exponent = replay.arguments(node.index).get("exponent")
    named = labels.get("exponent", "")
    labels["one_less"] = (
        _number(exponent - 1) if isinstance(exponent, (int, float)) else f"({named} - 1)"
    )
    return labels


def _number(value: float) -> str:
    return f"{value:g}" if value >= 0 else f"({value:g})"


def argument_of(replay: Replay, node: GraphNode, edge: int) -> tuple[str, str]:
    """The argument's name in the signature, and the label of the node that stands there."""
    count = 0
    for name in _tensor_names(replay, node):
        value = replay.arguments(node.index)[name]
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, tuple):
                if count == edge:
                    return name, replay.graph.nodes[one[0]].label
                count += 1
    raise IndexError(f"{node.op}: it has {count} tensor arguments, none of number {edge}")


def _tensor_names(replay: Replay, node: GraphNode) -> list[str]:
    return [name for name in replay.arguments(node.index) if replay.is_tensor(node.index, name)]
