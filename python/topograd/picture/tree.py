"""What a backward pass written for trees does on a graph whose nodes are shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topograd.picture.values import number

if TYPE_CHECKING:
    from topograd.picture.scene import Edge, Node

__all__ = ["Tree", "tree_of"]

# The recursion is followed for so many visits; it may need as many as there are paths.
MOST_VISITS = 100_000


@dataclass
class Tree:
    """What the recursive algorithm would do, for each node.

    The algorithm visits a node, stores the gradient there, and goes on to the arguments.  visits:
    how often it comes by, once per path from the output.  overwritten: the gradient when each visit
    stores its own; only that of the last path is left.  early: when each visit adds to what is
    there and hands on the sum so far; what came before is counted again.  The two are '' where the
    local derivatives are no single numbers or where the visits are too many to follow.  wrong: for
    which nodes either is not the gradient.
    """

    visits: list[str]
    total_visits: str
    overwritten: list[str]
    early: list[str]
    wrong: list[bool]


def tree_of(nodes: Sequence[Node], edges: Sequence[Edge], locals_: dict[int, float]) -> Tree | None:
    """The tree algorithm on this graph; None where no node is shared, so that it would be right."""
    paths = [0] * len(nodes)
    used = [0] * len(nodes)
    incoming: list[list[int]] = [[] for _ in nodes]
    for i, edge in enumerate(edges):
        if edge.arrival >= 0:
            incoming[edge.target].append(i)
            used[edge.source] += 1
    if max(used, default=0) < 2:
        return None
    for node in reversed(nodes):
        if node.is_output:
            paths[node.index] += 1
        for i in incoming[node.index]:
            paths[edges[i].source] += paths[node.index]
    total = sum(paths)
    overwritten, early = [""] * len(nodes), [""] * len(nodes)
    followed = all(i in locals_ for row in incoming for i in row) and total <= MOST_VISITS
    roots = [node for node in nodes if node.is_output]
    if followed and len(roots) == 1 and isinstance(roots[0].grad, str):
        overwritten = _recursion(roots[0], edges, incoming, locals_, adds=False)
        early = _recursion(roots[0], edges, incoming, locals_, adds=True)
    wrong = [
        bool(now) and (now != node.grad or soon != node.grad)
        for now, soon, node in zip(overwritten, early, nodes, strict=True)
    ]
    return Tree([_count(one) for one in paths], _count(total), overwritten, early, wrong)


def _count(paths: int) -> str:
    digits = (paths.bit_length() * 30103) // 100000
    return str(paths) if digits <= 15 else f"about 10^{digits}"


def _recursion(
    root: Node,
    edges: Sequence[Edge],
    incoming: list[list[int]],
    locals_: dict[int, float],
    adds: bool,
) -> list[str]:
    """Runs the recursion, depth first, arguments in order, on a stack of its own."""
    stored: list[float | None] = [None] * len(incoming)
    waiting: list[tuple[int, int, float | None]] = [(root.index, -1, float(str(root.grad)))]
    while waiting:
        at, along, upstream = waiting.pop()
        if along >= 0:
            # Computed when its turn comes: what the caller has stored may have grown by then.
            upstream = (upstream or 0.0) * locals_[along]
        handed = float(upstream or 0.0)
        if adds:
            handed += stored[at] or 0.0
        stored[at] = handed
        waiting.extend((edges[i].source, i, handed) for i in reversed(incoming[at]))
    return ["" if one is None else number(one) for one in stored]
