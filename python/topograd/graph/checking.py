"""Derivatives checked node by node: analytic beside numeric beside forward mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd._modes import enable_grad, no_grad
from topograd.autograd.function import FunctionCall, function_calls
from topograd.graph.comparing import Comparison, Tolerance, compared
from topograd.graph.recorded import Graph, GraphNode
from topograd.graph.replay import Replay, Values, known_values
from topograd.graph.stepping import BackwardSteps

__all__ = ["GradientRow", "GradientTable", "WrongRule", "in_double", "recorded_table"]

MAX_NODES = 100
BUDGET = 300_000


@dataclass
class GradientRow:
    """One node: the derivative of the result with respect to it, three ways, at its worst element.

    node: None for an input that the result does not depend on.  name, op, where, shape: its own.
    comparison: None where nothing could be compared; remark says why.
    """

    name: str
    op: str
    where: str
    shape: tuple[int, ...]
    node: GraphNode | None = None
    is_input: bool = False
    comparison: Comparison | None = None
    remark: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything that was compared agrees."""
        return self.comparison is None or self.comparison.ok

    def cells(self) -> list[str]:
        """The row as text."""
        one = self.comparison
        shown = [self.name, self.op, str(self.shape)]
        if one is None:
            return [*shown, "", "", "", "", self.remark]
        forward = one.remark if one.forward is None else f"{one.forward:.8g}"
        position = str(list(one.position)) if one.position else ""
        numbers = [f"{one.analytic:.8g}", f"{one.numeric:.8g}", forward, position]
        verdict = "ok" if one.ok else "WRONG: " + ", ".join(one.wrong)
        return [*shown, *numbers, verdict]


@dataclass
class WrongRule:
    """A node whose own derivative rule is wrong.

    mode: 'backward' or 'jvp'.  argument: the node with respect to which.  comparison: of what the
    node sends to it, with central differences of this one call.
    """

    node: GraphNode
    argument: GraphNode
    mode: str
    comparison: Comparison

    def __str__(self) -> str:
        one = self.comparison
        got = one.analytic if self.mode == "backward" else one.forward
        at = f" at {list(one.position)}" if one.position else ""
        module = f" in {self.node.module}" if self.node.module else ""
        return (
            f"the {self.mode} rule of {self.node.op} ({self.node.label}, {self.node.where}"
            f"{module}) is wrong for {self.argument.label}{at}: {got:.8g}, expected "
            f"{one.numeric:.8g}"
        )


@dataclass
class GradientTable:
    """What `tg.testing.gradient_table` gives: rows, the rules that are wrong, the verdict.

    rows: inputs first, then the other nodes in the forward order.  wrong_rules: the nodes where
    analytic and numeric part.  bool() of it is `ok`.
    """

    rows: list[GradientRow]
    wrong_rules: list[WrongRule]
    brief: bool = False

    @property
    def ok(self) -> bool:
        """Whether everything agrees."""
        return not self.wrong_rules and all(row.ok for row in self.rows)

    @property
    def inputs(self) -> list[GradientRow]:
        """The rows of the inputs (of a module: the parameters)."""
        return [row for row in self.rows if row.is_input]

    @property
    def worst(self) -> GradientRow | None:
        """The row that disagrees most."""
        compared_rows = [row for row in self.rows if row.comparison is not None]
        return max(compared_rows, key=lambda row: _error(row), default=None)

    def __bool__(self) -> bool:
        return self.ok

    def __getitem__(self, name: str) -> GradientRow:
        for row in self.rows:
            if row.name == name:
                return row
        raise LookupError(f"gradient_table: no row '{name}'")

    def __str__(self) -> str:
        head = ["node", "op", "shape", "analytic", "numeric", "forward mode", "worst at", "verdict"]
        shown = self.inputs if self.brief else self.rows
        if self.brief:
            head[0] = "parameter"
        table = [head, *(row.cells() for row in shown)]
        if not self.brief:
            table[0] = [*head, "where"]
            for cells, row in zip(table[1:], shown, strict=True):
                cells.append(row.where.rpartition("/")[2])
        widths = [max(len(row[i]) for row in table) for i in range(len(table[0]))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        lines += [str(one) for one in self.wrong_rules[:10]]
        lines.append("all derivatives agree" if self.ok else "derivatives DISAGREE")
        return "\n".join(lines)

    __repr__ = __str__


def _error(row: GradientRow) -> float:
    return -1.0 if row.comparison is None else row.comparison.error


@contextmanager
def in_double() -> Iterator[None]:
    """New tensors are float64 within the block."""
    before = _C.get_default_dtype()
    _C.set_default_dtype(_C.float64)
    try:
        yield
    finally:
        _C.set_default_dtype(before)


def recorded_table(
    function: Callable[[], Sequence[Tensor]],
    inputs: dict[str, Tensor],
    tolerance: Tolerance,
    elements: int,
) -> GradientTable:
    """The table of a function without arguments that uses the inputs, by their names.

    Runs the function once; everything else is done on what was recorded.
    """
    for name, one in inputs.items():
        one.name = name
    with enable_grad(), function_calls() as calls:
        outputs = [one for one in function() if one.requires_grad]
    if not outputs:
        raise ValueError("gradient_table: the result depends on no input that requires grad")
    check = _Check(outputs, calls, tolerance, elements)
    # A row computes the graph twice per element: long graphs have fewer of them.
    work = len(check.graph) * (len(inputs) + min(len(check.graph), MAX_NODES))
    check.elements = max(1, min(elements, BUDGET // work))
    rows = [check.input_row(name, one) for name, one in inputs.items()]
    known = {row.node.index for row in rows if row.node is not None}
    rows += [check.row(node) for node in check.others(known)]
    return GradientTable(rows, check.wrong_rules())


class _Check:
    """Comparisons on one recorded graph. The result is the sum of seeds times outputs."""

    def __init__(
        self,
        outputs: list[Tensor],
        calls: list[FunctionCall],
        tolerance: Tolerance,
        elements: int,
    ) -> None:
        self.graph = Graph(*outputs)
        self.tolerance, self.elements = tolerance, elements
        self.seeds = [_seed(one) for one in outputs]
        self.places: list[tuple[int, int]] = [self.graph._core.place(one) for one in outputs]
        self.steps = BackwardSteps(self.graph, self.seeds)
        self.replay = Replay(self.graph, calls)
        values = known_values(self.replay)
        self.values: Values = [
            [None if one is None else one.detach() for one in row] for row in values
        ]
        self._blocked = self._depending_on_what_can_not_be_replayed()

    def _depending_on_what_can_not_be_replayed(self) -> list[bool]:
        """Per node, whether a call downstream of it cannot be made again."""
        blocked = [False] * len(self.graph)
        for at in range(len(blocked) - 1, -1, -1):
            node = self.graph.nodes[at]
            stuck = node.op not in ("leaf", "constant") and not self.replay.can(at)
            for source, _ in self.replay.sources[at]:
                blocked[source] = blocked[source] or blocked[at] or stuck
        return blocked

    def others(self, known: set[int]) -> list[GraphNode]:
        """The nodes that are no inputs and have a gradient; evenly chosen where there are many."""
        nodes = [
            node
            for node in self.graph.nodes
            if node.index not in known and node.backward_index is not None
        ]
        stride = max(1, -(-len(nodes) // MAX_NODES))
        return nodes[::stride]

    def input_row(self, name: str, value: Tensor) -> GradientRow:
        """The row of an input."""
        at = self.graph._core.find(value) if value.requires_grad else -1
        if at < 0:
            remark = "the result does not depend on it" if value.requires_grad else "frozen"
            return GradientRow(name, "leaf", "", tuple(value.shape), is_input=True, remark=remark)
        row = self.row(self.graph.nodes[at])
        row.name, row.is_input = name, True
        return row

    def row(self, node: GraphNode) -> GradientRow:
        """The row of a node: the derivative of the whole result."""
        row = GradientRow(node.label, node.op, node.where, tuple(node.shape), node)
        value, gradient = self.values[node.index][0], node.grad
        if not node.dtype.is_floating_point:
            row.remark = f"{node.dtype}: not compared"
        elif gradient is None or value is None:
            row.remark = "no gradient" if gradient is None else "its value is not known"
        elif self._blocked[node.index]:
            row.remark = "a call after it can not be made again"
        elif value.numel() == 0:
            row.remark = "empty"
        else:
            self._compare(row, node.index, value, gradient)
        return row

    def _compare(self, row: GradientRow, at: int, value: Tensor, gradient: Tensor) -> None:
        def result(offset: Tensor) -> float:
            with no_grad():
                values = self.replay.run(self.values, {at: value + offset})
            return _weighted([values[i][k] for i, k in self.places], self.seeds)

        start = value.detach().clone().requires_grad_()
        with enable_grad():
            recorded = self.replay.run(self.values, {at: start})
        outputs = [recorded[i][k] for i, k in self.places]
        row.comparison = compared(
            result,
            gradient,
            _forward_mode(start, outputs, self.seeds),
            self.elements,
            self.tolerance,
        )

    def wrong_rules(self) -> list[WrongRule]:
        """The nodes whose rule, called alone, disagrees with central differences of the call."""
        found = []
        for step in self.steps:
            at = step.node.index
            sources = self.replay.sources[at]
            if not sources or not self.replay.can(at):
                continue
            known = [self.values[source][output] for source, output in sources]
            tensors = [one for one in known if one is not None]
            if len(tensors) < len(sources):
                continue
            for sent in step.sent:
                if not tensors[sent.edge].dtype.is_floating_point or not tensors[sent.edge].numel():
                    continue
                one = self._rule(at, sent.edge, tensors, step.gradients, sent.contribution)
                for mode in one.wrong:
                    found.append(WrongRule(step.node, sent.to, mode, one))
        return found

    def _rule(
        self,
        at: int,
        edge: int,
        tensors: list[Tensor],
        gradients: list[Tensor | None],
        contribution: Tensor,
    ) -> Comparison:
        def call(value: Tensor) -> list[Tensor | None]:
            changed = [value if i == edge else one for i, one in enumerate(tensors)]
            return list(self.replay.with_tensors(at, changed))

        def result(offset: Tensor) -> float:
            with no_grad():
                return _weighted(call(tensors[edge] + offset), gradients)

        start = tensors[edge].detach().clone().requires_grad_()
        with enable_grad():
            outputs = call(start)
        forward = _forward_mode(start, outputs, gradients)
        return compared(result, contribution, forward, self.elements, self.tolerance)


def _forward_mode(
    start: Tensor, outputs: Sequence[Tensor | None], weights: Sequence[Tensor | None]
) -> Callable[[Tensor], float]:
    """The derivative of the weighted sum of outputs in a direction at start, by forward mode."""
    pairs = [
        (one, weight)
        for one, weight in zip(outputs, weights, strict=False)
        if one is not None and weight is not None and one.requires_grad
    ]

    def along(direction: Tensor) -> float:
        tangents = _C.tangents([one for one, _ in pairs], [start], [direction], False)
        return _weighted(tangents, [weight for _, weight in pairs])

    return along


def _weighted(values: Sequence[Tensor | None], weights: Sequence[Tensor | None]) -> float:
    total = 0.0
    for value, weight in zip(values, weights, strict=False):
        if value is not None and weight is not None:
            product = value * weight.conj() if weight.is_complex() else value * weight
            total += float((product.real if product.is_complex() else product).sum().item())
    return total


def _seed(output: Tensor) -> Tensor:
    """1 for one number, else fixed numbers between 0.5 and 1.5, so that no two errors cancel."""
    if output.numel() == 1:
        return tg.ones(output.shape, dtype=output.dtype)
    counted = tg.arange(output.numel(), dtype=_C.float64)
    return ((counted * 0.754877666 % 1) + 0.5).to(output.dtype).view(output.shape)
