"""Activations that do nothing any more."""

from __future__ import annotations

from collections.abc import Iterator

from topograd.doctor.checks.registry import AFTERWARDS, AT_BACKWARD, code
from topograd.doctor.events import Backward, Trace
from topograd.doctor.graphs import before_a_layer, value
from topograd.doctor.report import Finding
from topograd.graph import Graph

dead = code(
    "dead-relu",
    "error",
    "most units of a ReLU are 0 for every example",
    "a unit that is 0 everywhere gets no gradient and never comes back.",
    "lower the learning rate, initialise the layer before it anew (He, bias 0), or use leaky_relu",
    "vanishing-gradients symmetric-weights gradient-zero",
)
saturated = code(
    "saturated-activation",
    "warning",
    "nearly all values of a sigmoid or tanh are at its ends",
    "the slope there is nearly 0, and so is what the layers before get.",
    "scale the inputs, and initialise the layer before it with smaller weights (Xavier)",
    "vanishing-gradients",
)
DEAD, SATURATED, EXAMPLES = 0.8, 0.95, 16


def units(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Counts for each ReLU the units that were never above 0, and looks at sigmoid and tanh."""
    alive = trace.store.setdefault("alive", {})
    for node in graph.nodes:
        if node.op not in ("relu", "sigmoid", "tanh") or len(node.shape) < 2:
            continue
        numbers = value(node)
        if numbers is None or numbers.numel() == 0:
            continue
        key = (node.where, node.module, tuple(node.shape)[1:])
        if node.op == "relu":
            rows = len(node.shape) == 3 and node.inputs[0].op.startswith(("linear", "matmul"))
            unit = 2 if rows else 1
            above = (numbers > 0).transpose(0, unit).flatten(1).any(1)
            old, examples = alive.get(key, (above, 0))
            count = numbers.numel() // numbers.shape[unit]
            alive[key] = (old | above, examples + count)
        elif numbers.numel() >= 64 and before_a_layer(graph)[node.index]:
            low, span = (0.0, 1.0) if node.op == "sigmoid" else (-1.0, 2.0)
            share = (numbers - low) / span
            ends = ((share < 1e-3) | (share > 1 - 1e-3)).double().mean().item()
            if ends > SATURATED:
                where = f" in {node.module}" if node.module else ""
                yield saturated(
                    node.where, f"{ends:.0%} of the values of {node.op}{where} are at its ends"
                )


def dead_units(trace: Trace) -> Iterator[Finding]:
    """Tells of the ReLUs with too many units that never were above 0."""
    for (where, module, _), (above, examples) in trace.store.get("alive", {}).items():
        share = 1 - above.double().mean().item()
        if share >= DEAD and examples >= EXAMPLES:
            count = round(share * len(above))
            name = f" in {module}" if module else ""
            yield dead(
                where, f"{count} of {len(above)} units{name} are 0 for all {examples} values"
            )


AT_BACKWARD.append(units)
AFTERWARDS.append(dead_units)
