"""The recorded computation of a model as TensorBoard's graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import topograd as tg
from topograd._leaving import leavers_noted
from topograd.graph import GraphNode, everything_recorded
from topograd.utils.tensorboard.records import integer, message, text

__all__ = ["graph_def"]


def _names(nodes: list[GraphNode], known: Mapping[int, str]) -> list[str]:
    """A name for each node that is a path: of the module, then the op; all different."""
    taken: dict[str, int] = {}
    names = []
    for node in nodes:
        # A step of a path may hold no spaces, and a name must not begin with other signs.
        path = known.get(node.index, "")
        if not path:
            path = "/".join([*node.module.split("."), node.op] if node.module else [node.op])
        count = taken.get(path, 0)
        taken[path] = count + 1
        names.append(f"{path}_{count}" if count else path)
    return names


def _node(name: str, op: str, inputs: list[str], shape: tuple[int, ...], said: str) -> bytes:
    sizes = [message(2, integer(1, size)) for size in shape]
    shapes = message(2, message(1, message(7, *sizes)))
    attributes = [message(5, text(1, "_output_shapes"), shapes)]
    if said:
        attributes.append(message(5, text(1, "attr"), message(2, text(2, said))))
    return message(1, text(1, name), text(2, op), *[text(3, one) for one in inputs], *attributes)


def graph_def(model: Callable[..., Any], args: tuple[Any, ...], verbose: bool) -> bytes:
    """Runs the model on the arguments and encodes what was recorded as a GraphDef."""
    from topograd.onnx.structure import flattened, replaced

    given = [one.detach() for _, one in flattened(args, "input")]
    kept: dict[str, tg.Tensor] = {}
    followed = list(given)
    if isinstance(model, tg.nn.Module):
        kept = {**dict(model.named_parameters()), **dict(model.named_buffers())}
        # In training a module may change its buffers, which leaves of the graph must not be.
        followed += model.parameters() if model.training else kept.values()
    title = type(model).__name__
    # What NumPy computes within the model is a constant of the picture.
    with everything_recorded(followed), leavers_noted():
        result = model(*replaced(args, iter([one.clone() for one in given])))
        outputs = [one for _, one in flattened(result, "output") if one.requires_grad]
        if not outputs:
            raise ValueError("add_graph: nothing that the model returns follows from its inputs")
        graph = tg.graph(*outputs)
        known = {graph._core.find(one): f"input/{k}" for k, one in enumerate(given)}
        for name, tensor in kept.items():
            known.setdefault(graph._core.find(tensor), f"{title}/" + name.replace(".", "/"))
        nodes = list(graph.nodes)
        names = _names(nodes, known)
        parts = [_encoded(node, names, verbose) for node in nodes]
        for k, one in enumerate(outputs):
            at = graph._core.find(one)
            parts.append(_node(f"output/{k}", "Output", [names[at]], tuple(one.shape), ""))
    return b"".join(parts) + message(4, integer(1, 22))


def _encoded(node: GraphNode, names: list[str], verbose: bool) -> bytes:
    said = node.arguments
    if verbose and node.where:
        said = f"{said} at {node.where}" if said else f"at {node.where}"
    inputs = [names[one.index] for one in node.inputs]
    return _node(names[node.index], node.op, inputs, tuple(node.shape), said)
