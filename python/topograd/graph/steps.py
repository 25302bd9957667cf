"""One step of a pass over a graph, and how it is written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from topograd._C import Tensor
from topograd.graph.recorded import GraphNode
from topograd.graph.replay import Replay, Values, derivative_kind
from topograd.graph.rules import rule
from topograd.graph.table import short

if TYPE_CHECKING:
    from topograd.graph.tree import TreeRow

__all__ = ["BackwardStep", "ForwardStep", "Sent", "local_derivatives"]

_SIGNS = {"add": "+", "true_divide": "/", "matmul": "@", "mul": "*", "pow": "**", "sub": "-"}


def written(node: GraphNode, parts: list[str]) -> str:
    """The call as one writes it: 'a + b' for the arithmetic, else 'op(a, b)'."""
    sign = _SIGNS.get(node.op)
    extra = [one.split("=", 1) for one in node.arguments.split(", ") if "=" in one]
    given = dict(one for one in extra if len(one) == 2)
    if sign and len(parts) == 1:
        parts = parts + [given.pop(name) for name in ("other", "exponent") if name in given]
    plain = given.get("alpha", "1") == "1" and "rounding_mode" not in given
    if sign and len(parts) == 2 and plain:
        return f"{parts[0]} {sign} {parts[1]}"
    if node.op in ("leaf", "constant"):
        return node.op
    shown = [*parts, node.arguments] if node.arguments else parts
    return f"{node.op}({', '.join(shown)})"


def works_by_element(node: GraphNode) -> bool:
    """Whether an element of the output comes from one element of each (broadcast) argument."""
    return derivative_kind(node.op) == "elementwise" or node.op in ("add", "sub")


def local_derivatives(
    replay: Replay, node: GraphNode, values: Values, gradients: list[Tensor | None]
) -> list[Tensor | None]:
    """Per tensor argument, d(output)/d(argument) where it is a number or works element by element.

    None elsewhere, and where a value that it needs is not known any more.
    """
    sources = replay.sources[node.index]
    inputs = [values[source][output] for source, output in sources]
    if not inputs or node.dtype.is_complex or len(gradients) != 1:
        return [None] * len(inputs)
    if any(one is None for one in inputs) or not replay.can(node.index):
        return [None] * len(inputs)
    from topograd import ones

    seed = ones(node.shape, dtype=node.dtype)
    known = [one for one in inputs if one is not None]
    if any(one.is_complex() for one in known):
        return [None] * len(inputs)
    if works_by_element(node):
        # Broadcast first, so that the derivative has an element for each of the output's.
        spread: Values = [[one.expand(node.shape)] for one in known]
        leaves = [one[0].detach() for one in spread if one[0] is not None]
        return replay.pull_from(node.index, leaves, [seed])
    if node.shape.numel() != 1:
        return [None] * len(inputs)
    found = replay.pull(node.index, values, [seed])
    return [one if one is not None and one.numel() == 1 else None for one in found]


@dataclass
class ForwardStep:
    """A node of the forward pass: number (of `count`), node, inputs as (node, value), values.

    value: that of the first output, None when it is not known any more.
    """

    number: int
    count: int
    node: GraphNode
    inputs: list[tuple[GraphNode, Tensor | None]]
    values: list[Tensor | None]

    @property
    def value(self) -> Tensor | None:
        """The value (of the first output)."""
        return self.values[0]

    def __repr__(self) -> str:
        node = self.node
        text = f"{self.number}/{self.count}  {node.label} = "
        call = written(node, [one.label for one, _ in self.inputs])
        numbers = written(node, [_brief(value) for _, value in self.inputs])
        parts = [call, numbers] if self.inputs else []
        parts.append(_brief(self.value))
        return text + " = ".join(dict.fromkeys(parts)) + _place(node)


@dataclass
class Sent:
    """What a step sends along one edge.

    to: the node that gets it.  edge: the number of the tensor argument.  local: the local
    derivative where it is a number or element by element, else None.  contribution: what is sent.
    sum: what has arrived at `to` up to now.  arrival: 1 for the first contribution there, 2 …
    """

    to: GraphNode
    edge: int
    local: Tensor | None
    contribution: Tensor
    sum: Tensor
    arrival: int


@dataclass
class BackwardStep:
    """A node of the backward pass.

    number (of `count`).  node.  values: of its outputs.  gradients: the finished sum, per output.
    arrived: (consumer, contribution) that the gradient is the sum of.  sent: what goes to each
    argument, with the local derivative and the running sum there.  tree: with tree=True, what the
    recursive algorithm for trees gives at this node.
    """

    number: int
    count: int
    node: GraphNode
    values: list[Tensor | None]
    gradients: list[Tensor | None]
    arrived: list[tuple[GraphNode, Tensor]]
    sent: list[Sent]
    _replay: Replay
    tree: TreeRow | None = None

    @property
    def gradient(self) -> Tensor | None:
        """The gradient of the first output: every contribution is in it."""
        return self.gradients[0]

    @property
    def contributions(self) -> list[tuple[GraphNode, Tensor]]:
        """(input, what is sent to it) for each argument that gets something."""
        return [(one.to, one.contribution) for one in self.sent]

    @property
    def sums(self) -> list[tuple[GraphNode, Tensor]]:
        """(input, what has arrived there up to now), in the same order."""
        return [(one.to, one.sum) for one in self.sent]

    @property
    def rules(self) -> list[str]:
        """The local rule for each argument that gets something: 'de/dc = d'."""
        return [rule(self._replay, self.node, one.edge, self._wanted()) for one in self.sent]

    @property
    def rule(self) -> str:
        """The local rules in one line."""
        return "; ".join(self.rules)

    def _wanted(self, node: GraphNode | None = None) -> str:
        """'de/dc': the gradient's name."""
        outputs = self._replay.graph.outputs
        top = outputs[0].label if len(outputs) == 1 else "outputs"
        return f"d{top}/d{(node or self.node).label}"

    def __repr__(self) -> str:
        node = self.node
        sources = self._replay.sources[node.index]
        call = written(node, [self._replay.graph.nodes[source].label for source, _ in sources])
        value = _brief(self.values[0])
        lines = [f"{self.number}/{self.count}  {node.label} = {call} = {value}{_place(node)}"]
        total = " + ".join(_brief(one) for _, one in self.arrived)
        if len(self.arrived) > 8:
            total = f"sum of {len(self.arrived)} contributions"
        finished = _brief(self.gradient)
        shown = f"{total} = {finished}" if len(self.arrived) > 1 else finished
        lines.append(f"     {self._wanted()} = {shown}")
        for one, text in zip(self.sent, self.rules, strict=True):
            lines.append(f"     {text}{self._product(one, text)}")
        if self.tree is not None and self.tree.differs:
            lines.append(f"     {self.tree.remark()}")
        return "\n".join(lines)

    def _product(self, one: Sent, text: str) -> str:
        local = _brief(one.local) if one.local is not None and one.local.numel() else ""
        equals = f" = {local}" if local and not text.endswith(f"= {local}") else ""
        sent = _brief(one.contribution)
        if one.local is not None and self.gradient is not None and 0 < one.local.numel() <= 4:
            sent = f"{_brief(self.gradient)} * {local} = {sent}"
        summed = ""
        by_element = works_by_element(self.node)
        if by_element and one.local is not None and one.contribution.shape != self.node.shape:
            summed = ", summed over what was broadcast"
        running = f"; sum there {_brief(one.sum)}" if one.arrival > 1 else ""
        return f"{equals}    to {one.to.label}: {sent}{summed}{running}"


def _brief(value: Tensor | None) -> str:
    if value is None:
        return "?"
    if value.numel() == 0:
        return f"empty {tuple(value.shape)}"
    if value.numel() > 1 and bool((value == value.flatten()[0]).all()):
        return f"{short(value.flatten()[0])} everywhere"
    return short(value)


def _place(node: GraphNode) -> str:
    return f"    ({node.where.rpartition('/')[2]})" if node.where else ""
