"""Two graphs compared: what was added, removed, changed."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

import topograd as tg
from topograd._C import Tensor

if TYPE_CHECKING:
    from topograd.graph.recorded import Graph, GraphNode

__all__ = ["Difference", "GraphDiff", "diff"]


class Difference(NamedTuple):
    """One difference: 'added', 'removed' or 'changed'; the nodes; what is not the same."""

    kind: str
    before: GraphNode | None
    after: GraphNode | None
    detail: str

    def __str__(self) -> str:
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.kind]
        node = self.after if self.before is None else self.before
        where = f"  ({node.where.rpartition('/')[2]})" if node is not None and node.where else ""
        return f"{sign} {node!r}{': ' if self.detail else ''}{self.detail}{where}"


class GraphDiff(list[Difference]):
    """The differences of two graphs, in the order of the nodes; empty for equal graphs."""

    def __repr__(self) -> str:
        return "\n".join(map(str, self)) if self else "no difference"


def _key(node: GraphNode) -> tuple[str, str]:
    return node.op, node.name


def _constant(value: Tensor | None) -> str:
    from topograd.graph.table import short

    return "no value" if value is None else short(value)


def _changes(a: GraphNode, b: GraphNode, partner: dict[int, int]) -> str:
    """What differs between two nodes that stand for each other."""
    found = []
    if a.name != b.name:
        found.append(f"name '{a.name}' -> '{b.name}'")
    if a.arguments != b.arguments:
        found.append(f"arguments {a.arguments or 'none'} -> {b.arguments or 'none'}")
    if tuple(a.shape) != tuple(b.shape):
        found.append(f"shape {tuple(a.shape)} -> {tuple(b.shape)}")
    if a.dtype != b.dtype:
        found.append(f"dtype {a.dtype} -> {b.dtype}")
    if a.is_output != b.is_output:
        found.append(f"{'no longer' if a.is_output else 'now'} an output")
    if [partner.get(one.index) for one in a.inputs] != [one.index for one in b.inputs]:
        ours, theirs = ([one.label for one in node.inputs] for node in (a, b))
        found.append(f"inputs {', '.join(ours)} -> {', '.join(theirs)}")
    if a.op in ("leaf", "constant") and not found and not _same(a.value, b.value):
        found.append(f"value {_constant(a.value)} -> {_constant(b.value)}")
    return "; ".join(found)


def _same(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return a is b or bool(tg.equal(a, b) or (_nan_equal(a, b)))


def _nan_equal(a: Tensor, b: Tensor) -> bool:
    return a.dtype.is_floating_point and bool(tg.isclose(a, b, 0.0, 0.0, True).all())


def diff(before: Graph, after: Graph) -> GraphDiff:
    """The body of Graph.diff: nodes are matched in order by op and name."""
    ours, theirs = [_key(node) for node in before], [_key(node) for node in after]
    matcher = SequenceMatcher(None, ours, theirs, autojunk=len(ours) > 2000)
    pairs: list[tuple[int | None, int | None]] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            pairs += zip(range(i1, i2), range(j1, j2), strict=True)
        else:
            pairs += [(i, None) for i in range(i1, i2)] + [(None, j) for j in range(j1, j2)]
    partner = {i: j for i, j in pairs if i is not None and j is not None}
    found = GraphDiff()
    for i, j in pairs:
        a = None if i is None else before.nodes[i]
        b = None if j is None else after.nodes[j]
        if a is None or b is None:
            node = a or b
            shape = f"{node.dtype} {tuple(node.shape)}" if node is not None else ""
            found.append(Difference("added" if a is None else "removed", a, b, shape))
        elif detail := _changes(a, b, partner):
            found.append(Difference("changed", a, b, detail))
    return found
