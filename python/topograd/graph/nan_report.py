"""After the fact: the node of a recorded graph that made the first value that is not finite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isinf, isnan
from typing import Any

from topograd import _C
from topograd._C import Tensor
from topograd._finite import TensorFacts, facts
from topograd.graph.recorded import Graph, GraphNode

__all__ = ["NanReport", "nan_report"]


class NanReport:
    """Where the first value was made that is not finite; true if there is one.

    phase: 'forward', 'backward', or '' where all is finite.  node: the `GraphNode` that made it
    while its inputs were finite, or the leaf or constant that was not finite itself; in the
    backward pass the node whose rule made it.  inputs, results: a `TensorFacts` for each; in the
    backward pass the gradients that came in and those that went out.  complete: whether every value
    was looked at.  note: what the report rests on.
    """

    def __init__(self) -> None:
        self.phase = ""
        self.node: GraphNode | None = None
        self.inputs: list[TensorFacts] = []
        self.results: list[TensorFacts] = []
        self.note = ""
        self.complete = True

    def __bool__(self) -> bool:
        return self.node is not None

    def __str__(self) -> str:
        node = self.node
        if node is None:
            found = "all values and gradients are finite" if self.complete else "nothing was found"
            return f"{found}; {self.note}"
        if node.op in ("leaf", "constant"):
            made = f"{node.label}: a {node.op} was not finite before anything was computed"
        elif self.phase == "forward":
            made = f"{node.label}: {node.op} made the first value that is not finite"
        else:
            made = f"{node.label}: the backward rule of {node.op} made the first gradient "
            made += "that is not finite"
        place = ", in ".join(text for text in (node.where, node.module) if text)
        lines = [made + (f", at {place}" if place else "")]
        lines += [f"  {one}" for one in (*self.inputs, *self.results)]
        if node.arguments:
            lines.append(f"  arguments: {node.arguments}")
        if self.note:
            lines.append(f"  {self.note}")
        return "\n".join(lines)

    __repr__ = __str__


def _kinds(values: Iterable[Tensor | None]) -> tuple[bool, bool]:
    """Whether there is a NaN, and whether there is an infinity."""
    counts = [_C.not_finite(x) for x in values if x is not None]
    return any(c[0] for c in counts), any(c[1] + c[2] for c in counts)


def _numbers(given: Any) -> list[float]:
    """The numbers in the arguments of a call; a pair that stands for a node has none that count."""
    if isinstance(given, float):
        return [given]
    if isinstance(given, dict):
        given = list(given.values())
    if not isinstance(given, (list, tuple)):
        return []
    return [number for one in given for number in _numbers(one)]


def _values(graph: Graph, index: int) -> list[Tensor | None]:
    values: list[Tensor | None] = graph._core.vertex(index)["values"]
    return values


def _made_here(graph: Graph, node: GraphNode) -> bool:
    """Whether a value that is not finite, and not meant to be, first appears at this node."""
    nan, inf = _kinds(_values(graph, node.index))
    if not (nan or inf):
        return False
    if node.op == "constant":
        return nan
    if node.op == "leaf":
        return True
    numbers = _numbers(graph._core.call(node.index))
    inputs = [_kinds(_values(graph, one.index)) for one in node.inputs]
    nan_before = any(one[0] for one in inputs) or any(map(isnan, numbers))
    inf_before = any(one[1] for one in inputs) or any(map(isinf, numbers))
    return not nan_before if nan else not (inf_before or nan_before)


def _label(node: GraphNode) -> str:
    return node.name or (
        node.op if node.op in ("leaf", "constant") else f"{node.label} ({node.op})"
    )


def _facts(
    prefix: str, nodes: Sequence[GraphNode], values: Sequence[Tensor | None]
) -> list[TensorFacts]:
    return [
        facts(f"{prefix}{_label(node)}", value, node.shape)
        for node, value in zip(nodes, values, strict=True)
    ]  # fmt: skip


def _look_forward(graph: Graph, report: NanReport) -> None:
    for node in graph.nodes:
        if not _made_here(graph, node):
            continue
        report.phase, report.node = "forward", node
        inputs = node.inputs
        report.inputs = _facts("input ", inputs, [_values(graph, i.index)[0] for i in inputs])
        report.results = _facts("", [node], _values(graph, node.index)[:1])
        return


def _look_backward(graph: Graph, report: NanReport) -> None:
    """Finds the first node, in the backward order, that sent such a gradient and got none."""
    guilty: GraphNode | None = None
    for node in graph.nodes:
        for consumer, gradient in node.contributions:
            if not any(_kinds([gradient])):
                continue
            own: list[Tensor | None] = graph._core.vertex(consumer.index)["gradients"]
            if any(_kinds(own)):
                continue
            position = consumer.backward_index
            best = guilty.backward_index if guilty is not None else None
            if position is not None and (best is None or position < best):
                guilty = consumer
    if guilty is None:
        return
    report.phase, report.node = "backward", guilty
    own = graph._core.vertex(guilty.index)["gradients"]
    report.inputs = [facts("incoming gradient", g, guilty.shape) for g in own if g is not None]
    report.inputs += _facts(
        "value of ", guilty.inputs, [_values(graph, i.index)[0] for i in guilty.inputs]
    )
    report.results = [
        facts(f"gradient of {_label(node)}", gradient)
        for node in dict.fromkeys(guilty.inputs)
        for consumer, gradient in node.contributions
        if consumer is guilty
    ]  # fmt: skip


def nan_report(output: Tensor) -> NanReport:
    """Where the first value was made that is not finite, of what was recorded for a tensor.

    Every value is computed again from the leaves and data that the graph holds, in the order of the
    program, and then the gradients.  A value counts as made by a node whose inputs are finite;
    infinities that are meant, such as the -inf of a mask, may travel, as with `nan_guard`.  Ask
    before an optimizer changes the parameters, and before backward() or with retain_graph=True,
    since what was saved is released then.  Raises RuntimeError where nothing was recorded.

    >>> import topograd as tg
    >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
    >>> x.name = "x"
    >>> loss = (x.log() * 0).sum()
    >>> print(loss.nan_report())
    %1: log made the first value that is not finite, at ...
      input x: (2,) float32, min 0, max 1, 100 % finite
      %1 (log): (2,) float32, min 0, max 0, 50 % finite (1 inf)
      computed again from the recorded graph
    """
    graph, report = Graph(output), NanReport()
    try:
        graph._core.forward({})
        report.note = "computed again from the recorded graph"
    except RuntimeError as error:
        report.complete = False
        report.note = f"only values that are still known were looked at: {error}"
    _look_forward(graph, report)
    if report or not report.complete:
        return report
    one = None if output.numel() == 1 and not output.is_complex() else _C.ones(
        output.shape, dtype=output.dtype
    )  # fmt: skip
    graph.backward(one)
    _look_backward(graph, report)
    return report
