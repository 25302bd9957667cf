"""Questions to a recorded graph."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from topograd._C import Tensor
from topograd.graph import Graph, GraphNode

# Ops that only show the same numbers in another shape or order.
VIEWS = {
    "view", "reshape", "transpose", "permute", "squeeze", "unsqueeze", "flatten", "contiguous",
    "clone", "expand", "alias", "movedim", "unflatten", "t",
}  # fmt: skip
SOFTMAX = {"softmax_along", "softmax"}
LOG_SOFTMAX = {"log_softmax_along", "log_softmax"}
CROSS_ENTROPY = {"cross_entropy_rows", "cross_entropy"}
NLL = {"nll_rows", "nll_loss"}
WITH_LOGITS = {"binary_cross_entropy_logit_terms", "binary_cross_entropy_with_logits"}
LAYERS = ("linear", "convolution", "matmul", "addmm", "mm", "recurrent")
SQUARES = {"squared_error", "mse_loss"}


def source(node: GraphNode) -> GraphNode:
    """The node whose numbers a node shows, behind changes of the shape."""
    while node.op in VIEWS and node.inputs:
        node = node.inputs[0]
    return node


def value(node: GraphNode) -> Tensor | None:
    """The value of a node without its history; None where it is gone or cannot be computed."""
    try:
        found = node.value
    except RuntimeError:  # what it was computed from has been changed or released
        return None
    return None if found is None else found.detach()


def argument(node: GraphNode, name: str) -> int | None:
    """An integer argument of an op, from the text of its arguments."""
    found = re.search(rf"\b{name}=(-?\d+)", node.arguments)
    return int(found[1]) if found else None


@lru_cache(maxsize=1)
def depends_on_parameters(graph: Graph) -> list[bool]:
    """For each node, whether a leaf that requires a gradient is below it."""
    below: list[bool] = []
    for node in graph.nodes:
        below.append(node.op == "leaf" or any(below[one.index] for one in node.inputs))
    return below


@lru_cache(maxsize=1)
def consumers(graph: Graph) -> list[list[GraphNode]]:
    """For each node, the nodes that use it."""
    found: list[list[GraphNode]] = [[] for _ in graph.nodes]
    for node in graph.nodes:
        for one in node.inputs:
            found[one.index].append(node)
    return found


@lru_cache(maxsize=1)
def before_a_layer(graph: Graph) -> list[bool]:
    """For each node, whether a layer with weights comes after it."""
    users = consumers(graph)
    after = [False] * len(graph.nodes)
    for node in reversed(graph.nodes):
        after[node.index] = any(
            after[user.index] or user.op.startswith(LAYERS) for user in users[node.index]
        )
    return after


def forget() -> None:
    """Lets go of the last graph."""
    for function in (depends_on_parameters, consumers, before_a_layer):
        function.cache_clear()


def contains(tensor: Tensor, parameter: Tensor) -> bool:
    """Whether a parameter is below a tensor."""
    if tensor.grad_fn is None:
        return tensor is parameter
    core: Any = Graph(tensor)._core
    return bool(core.find(parameter) >= 0)


def rms(tensor: Tensor) -> float:
    """The root mean square of the elements, in float64; 0 for none."""
    if tensor.numel() == 0:
        return 0.0
    wide = tensor.detach()
    wide = wide.abs() if wide.is_complex() else wide
    return float(wide.double().square().mean().sqrt().item())
