"""What goes into the model: size, dtype and order of the data."""

from __future__ import annotations

from collections.abc import Iterator

import topograd as tg
from topograd._C import Tensor
from topograd.doctor.checks.registry import AFTERWARDS, AT_BACKWARD, code
from topograd.doctor.events import Backward, Trace
from topograd.doctor.graphs import (
    CROSS_ENTROPY,
    LAYERS,
    NLL,
    SQUARES,
    depends_on_parameters,
    rms,
    source,
    value,
)
from topograd.doctor.report import Finding
from topograd.graph import Graph, GraphNode

not_normalised = code(
    "inputs-not-normalised",
    "warning",
    "the inputs of the first layer are far from mean 0 and deviation 1",
    "layers are initialised for inputs of about that size; with others the activations saturate "
    "and a learning rate that fits one feature fits no other.",
    "scale them: (x - mean) / std with numbers of the training set, or pixels / 255",
    "gradients-explode",
)
constant = code(
    "constant-input",
    "error",
    "all inputs of the first layer are the same number",
    "the model learns nothing from data that say nothing; an integer division (x // 255) or a cast "
    "to integers does this.",
    "divide before casting: x.float() / 255",
    "gradient-zero symmetric-weights",
)
wide = code(
    "hidden-float64",
    "warning",
    "a float32 model computes in float64 from here on",
    "one float64 tensor, often from NumPy, makes everything after it float64: slower, and more "
    "memory.",
    "convert the data once: .float(), or dtype=tg.float32 where the tensor is made",
)
sorted_data = code(
    "data-not-shuffled",
    "warning",
    "the batches come in the order of their targets",
    "each step then pulls the model towards the class that it sees, and away from the others.",
    "shuffle: DataLoader(..., shuffle=True), or index with tg.randperm(n)",
)
LARGE, SMALL, SPREAD = 30.0, 1e-3, 1e4


def _data(graph: Graph, trained: list[bool]) -> Iterator[tuple[GraphNode, GraphNode]]:
    """(layer, constant) for each first layer and what it gets."""
    for node in graph.nodes:
        if node.op.startswith(LAYERS) and trained[node.index] and node.inputs:
            given = source(node.inputs[0])
            if given.op == "constant" and node.inputs[1:] and trained[node.inputs[1].index]:
                yield node, given


def scale(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Looks at the inputs of first layers: size, and whether they say anything."""
    for node, given in _data(graph, depends_on_parameters(graph)):
        numbers = value(given)
        if numbers is None or not numbers.is_floating_point() or numbers.numel() < 2:
            continue
        trace.store.setdefault("batch", given.shape[0] if len(given.shape) else None)
        size = rms(numbers)
        low, high = numbers.min().item(), numbers.max().item()
        shown = f"{low:.4g} … {high:.4g}, root mean square {size:.3g}"
        if low == high == 1:
            continue  # ones are what the backward pass inside a gradient penalty starts with
        if low == high and numbers.numel() >= 16 and len(given.shape) > 1 and given.shape[0] > 1:
            seen = trace.store.setdefault("constant inputs", {})
            seen.setdefault(node.where, set()).add(event.call)
            # Zeros once may be the first state of something.
            if len(seen[node.where]) >= 2:
                yield constant(node.where, f"all {numbers.numel()} numbers are {low:g}")
        elif size > LARGE or 0 < size < SMALL:
            yield not_normalised(node.where, shown)
        elif numbers.ndim == 2 and numbers.shape[0] >= 8:
            columns = numbers.double().std(0)
            columns = columns[columns > 0]
            if len(columns) > 1:
                least, most = columns.min().item(), columns.max().item()
                if most > SPREAD * least:
                    yield not_normalised(
                        node.where, f"deviations of the features from {least:.3g} to {most:.3g}"
                    )


def precision(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Looks for the first float64 that comes of a float32 parameter and a float64 constant."""
    trained = depends_on_parameters(graph)
    if any(node.op == "leaf" and node.dtype == tg.float64 for node in graph.nodes):
        return
    for node in graph.nodes:
        if node.dtype != tg.float64 or not trained[node.index] or len(node.inputs) < 2:
            continue
        mixed = {one.dtype for one in node.inputs if one.dtype.is_floating_point}
        strange = [one for one in node.inputs if one.op == "constant" and one.dtype == tg.float64]
        if len(mixed) > 1 and strange:
            yield wide(
                node.where,
                f"{node.op} of a float32 tensor and a float64 constant of shape "
                f"{tuple(strange[0].shape)}",
            )
            return


def targets(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Keeps the targets of each batch."""
    for node in graph.nodes:
        if node.op in CROSS_ENTROPY | NLL | SQUARES and len(node.inputs) >= 2:
            given = source(node.inputs[1])
            numbers = value(given)
            if given.op == "constant" and numbers is not None and numbers.numel() >= 4:
                shown = trace.store.setdefault("targets", {}).setdefault(node.where, [])
                if numbers.ndim == 1 or numbers.numel() == numbers.shape[0]:
                    shown.append(numbers.flatten().double().clone())
    trace.store.setdefault("data of graphs", set()).update(
        one.data_ptr()
        for node in graph.nodes
        if node.op == "constant" and (one := value(node)) is not None
    )
    return iter(())


def unshuffled(trace: Trace) -> Iterator[Finding]:
    """Looks for batches whose targets, put behind each other, are in order."""
    for where, batches in trace.store.get("targets", {}).items():
        if len(batches) < 2 or all(_same(one, batches[0]) for one in batches):
            continue
        together = tg.cat(batches)
        steps = together[1:] - together[:-1]
        ordered = bool((steps >= 0).all()) or bool((steps <= 0).all())
        lengths = min(len(one) for one in batches)
        single = lengths >= 8 and all(_same(one, one[:1].expand(len(one))) for one in batches)
        if single and bool((steps == 0).all()):
            yield sorted_data(where, f"all targets of {len(batches)} batches are {together[0]:g}")
        elif len(together) >= 16 and (ordered or single) and bool((steps != 0).any()):
            ends = ", ".join(f"{one[0].item():g} … {one[-1].item():g}" for one in batches[:4])
            yield sorted_data(where, f"the targets of the batches are {ends}")


def _same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool((one == other).all())


AT_BACKWARD += [scale, precision, targets]
AFTERWARDS.append(unshuffled)
