"""Which op made a gradient exactly zero."""

from __future__ import annotations

from typing import Any

from topograd import _C
from topograd._C import Tensor

_REASONS = {
    "relu": "all inputs it could pass on are negative (a dead relu)",
    "relu6": "all inputs are outside of (0, 6)",
    "clamp": "all values are outside of its bounds",
    "where": "its condition chose the other values everywhere",
    "masked_fill": "all values are masked",
    "mul": "it is multiplied by zero",
    "div": "it is divided into zero",
    "dropout": "all of it was dropped",
}
_OTHER = "its derivative is zero here"


def why_zero(p: Tensor, loss: Tensor | None) -> tuple[str, str]:
    """In words, and the line of the op.  loss: what the gradient is of, if it is known.

    >>> import topograd as tg
    >>> from topograd._why_zero import why_zero
    >>> w = tg.tensor([-1.0, -2.0], requires_grad=True)
    >>> loss = w.relu().sum()
    >>> why_zero(w, loss)[0].split(" at ")[0]
    'relu'
    """
    if loss is None or not loss.requires_grad:
        return "tg.why(p, loss) tells which op made it so", ""
    graph = _C.Graph([loss])
    start, _ = graph.place(p)
    if start < 0:
        return "this loss does not depend on it", ""
    try:
        if not _has_gradients(graph):
            graph.forward({})
            graph.backward([None])
    except RuntimeError:
        return (
            "which op made it so is not known any more, for the graph was released; call "
            "tg.why(p, loss) before backward(), or backward(retain_graph=True)"
        ), ""
    return _first_zero(graph, start)


def _has_gradients(graph: Any) -> bool:
    """Runs the pass on what was recorded; False where that has been let go of."""
    try:
        graph.backward([None])
    except RuntimeError:
        return False
    return True


def _is_zero(gradient: Tensor | None) -> bool:
    return gradient is None or not bool((gradient != 0).any())


def _first_zero(graph: Any, start: int) -> tuple[str, str]:
    """From p towards the loss: the first op that gets a gradient and sends zeros."""
    seen, level = {start}, [start]
    for at in level:
        for consumer, gradient in graph.vertex(at)["contributions"]:
            if not _is_zero(gradient):
                return "its parts cancel each other", ""
            vertex = graph.vertex(consumer)
            if any(not _is_zero(one) for one in vertex["gradients"]):
                op, where = vertex["op"], vertex["where"]
                module = f", in {vertex['module']}" if vertex["module"] else ""
                reason = _REASONS.get(op) or _REASONS.get(op.split("_")[0], _OTHER)
                return f"{op}{f' at {where}' if where else ''}{module} makes it so: {reason}", where
            if consumer not in seen:
                seen.add(consumer)
                level.append(consumer)
    return "the loss itself has a gradient of zero", ""
