"""What the recursive backward pass for trees gives on a graph, beside what is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from topograd import _C
from topograd._C import Tensor
from topograd._modes import no_grad
from topograd.graph.recorded import Graph, GraphNode
from topograd.graph.replay import Replay, Values
from topograd.graph.table import short

__all__ = ["TreeComparison", "TreeRow", "count_told"]

Gradients = list[list["Tensor | None"]]


@dataclass
class TreeRow:
    """One node: the right gradient, and what three recursive algorithms make of it.

    overwritten: `node.grad = g` at every arrival; only the last path counts.  early: `node.grad +=
    g`, but a node is passed on at its first visit, before all contributions have arrived.  visits:
    how often a recursion comes here that walks every path by itself (it gets the sums right, and
    takes exponential time).
    """

    node: GraphNode
    right: Tensor | None
    overwritten: Tensor | None
    early: Tensor | None
    visits: int

    @property
    def differs(self) -> bool:
        """Whether one of the two wrong algorithms is wrong here."""
        return not (_equal(self.overwritten, self.right) and _equal(self.early, self.right))

    def remark(self) -> str:
        """A line that says what is wrong."""
        parts = []
        if not _equal(self.overwritten, self.right):
            parts.append(f"overwriting gives {short(self.overwritten)}")
        if not _equal(self.early, self.right):
            parts.append(f"passing on at the first visit gives {short(self.early)}")
        return f"as a tree: {', '.join(parts)}; right is {short(self.right)}"


class TreeComparison:
    """Every node's gradient by the order of the graph and by recursion over it as if over a tree.

    rows: one TreeRow per node that a gradient reaches, in the backward order.  total_visits: of the
    recursion along every path, counted without walking them.  wrong: the rows that differ.

    >>> import topograd as tg
    >>> a = tg.tensor(7.0, requires_grad=True)
    >>> b = tg.tensor(3.0, requires_grad=True)
    >>> a.name, b.name = "a", "b"
    >>> steps = ((a + b) * b**3).backward_steps(tree=True)
    >>> [(row.node.name, row.right, row.overwritten) for row in steps.tree.wrong]
    [('b', tensor(297.), tensor(270.))]
    """

    def __init__(
        self,
        graph: Graph,
        replay: Replay,
        values: Values,
        seed: Tensor | Sequence[Tensor | None] | None = None,
    ) -> None:
        self._graph, self._replay, self._values = graph, replay, values
        vertices = [graph._core.vertex(node.index) for node in graph.nodes]
        self._right: Gradients = [vertex["gradients"] for vertex in vertices]
        self._arrived = [vertex["contributions"] for vertex in vertices]
        self._reached = [vertex["backward_index"] >= 0 for vertex in vertices]
        places = [vertex["backward_index"] for vertex in vertices]
        order = sorted(
            (n for n in graph.nodes if self._reached[n.index]), key=lambda n: places[n.index]
        )
        roots = self._roots(seed)
        with no_grad():
            overwritten, _ = self._recursion(roots, last=True)
            _, early = self._recursion(roots, last=False)
        visits = self._visits(roots)
        self.rows = [
            TreeRow(
                node,
                self._right[node.index][0],
                _first(overwritten.get(node.index)),
                _first(early.get(node.index)),
                visits[node.index],
            )
            for node in order
        ]
        self._by_index = {row.node.index: row for row in self.rows}
        self.total_visits = sum(row.visits for row in self.rows)
        self.wrong = [row for row in self.rows if row.differs]

    def row(self, node: GraphNode) -> TreeRow:
        """The row of a node."""
        return self._by_index[node.index]

    def _roots(
        self, seed: Tensor | Sequence[Tensor | None] | None
    ) -> list[tuple[int, int, Tensor]]:
        """(node, output, gradient) that the recursion starts from."""
        tensors = self._graph._tensors
        seeds = [seed] if isinstance(seed, Tensor) else list(seed or [None] * len(tensors))
        roots = []
        for one, tensor in zip(seeds, tensors, strict=True):
            at, output = self._graph._core.place(tensor)
            start = _C.ones(tensor.shape, dtype=tensor.dtype) if one is None else one
            roots.append((at, output, start))
        return roots

    def _recursion(
        self, roots: list[tuple[int, int, Tensor]], last: bool
    ) -> tuple[dict[int, dict[int, Tensor]], dict[int, dict[int, Tensor]]]:
        """A depth-first walk that passes each node on once: (what was passed on, what arrived).

        last: in the reverse order of the arguments. The first path to a node is then the last of
        the plain walk, the one whose gradient an overwriting recursion leaves behind.
        """
        passed: dict[int, dict[int, Tensor]] = {}
        arrived: dict[int, dict[int, Tensor]] = {}
        waiting = [iter(reversed(roots) if last else roots)]
        while waiting:
            arrival = next(waiting[-1], None)
            if arrival is None:
                waiting.pop()
                continue
            at, output, gradient = arrival
            sums = arrived.setdefault(at, {})
            sums[output] = sums[output] + gradient if output in sums else gradient
            if at in passed:
                continue
            passed[at] = {output: gradient}
            sent = self._sent(at, output, gradient)
            waiting.append(iter(reversed(sent) if last else sent))
        return passed, arrived

    def _sent(self, at: int, output: int, gradient: Tensor) -> list[tuple[int, int, Tensor]]:
        """What the node sends on for this gradient: (node, output, gradient) per argument."""
        sources = self._replay.sources[at]
        if not sources:
            return []
        gradients: list[Tensor | None] = [None] * len(self._right[at])
        gradients[output] = gradient
        known = all(self._values[i][k] is not None for i, k in sources)
        if known and self._replay.can(at):
            found = self._replay.pull(at, self._values, gradients)
        else:
            found = self._scaled(at, gradient)
        return [
            (*place, one)
            for place, one in zip(sources, found, strict=True)
            if one is not None and self._reached[place[0]]
        ]

    def _scaled(self, at: int, gradient: Tensor) -> list[Tensor | None]:
        """The same from what the right pass sent, where the gradient is one number."""
        right = self._right[at][0]
        node = self._graph.nodes[at]
        if right is None or right.numel() != 1 or right.item() == 0 or len(self._right[at]) != 1:
            raise RuntimeError(
                f"tree=True: {node} can not be computed again, and its gradient of shape "
                f"{tuple(node.shape)} is no single number other than 0"
            )
        used: dict[int, int] = {}
        found: list[Tensor | None] = []
        for source, _ in self._replay.sources[at]:
            own = [g for consumer, g in self._arrived[source] if consumer == at]
            turn = used.get(source, 0)
            used[source] = turn + 1
            scale = gradient.item() / right.item()
            found.append(own[turn] * scale if turn < len(own) else None)
        return found

    def _visits(self, roots: list[tuple[int, int, Tensor]]) -> list[int]:
        """How many paths lead from an output to each node: the sum over those that use it."""
        counts = [0] * len(self._graph.nodes)
        for at, _, _ in roots:
            counts[at] += 1
        for at in range(len(counts) - 1, -1, -1):
            for source, _ in self._replay.sources[at]:
                if self._reached[source]:
                    counts[source] += counts[at]
        return counts

    def __repr__(self) -> str:
        head = ["node", "right", "overwritten", "passed on early", "visits"]
        table = [head]
        for row in self.rows if len(self.rows) <= 50 else self.wrong[:50]:
            table.append(
                [
                    f"{row.node.label} = {row.node.op}",
                    short(row.right),
                    short(row.overwritten) + _mark(row.overwritten, row.right),
                    short(row.early) + _mark(row.early, row.right),
                    count_told(row.visits),
                ]
            )
        widths = [max(len(row[i]) for row in table) for i in range(len(head))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        lines.append(
            f"! is wrong. In the order of the graph {len(self.rows):,} visits do; along every path "
            f"by itself it takes {count_told(self.total_visits)}."
        )
        return "\n".join(lines)


def count_told(visits: int) -> str:
    """The number; its order of magnitude where it has more digits than one would read."""
    digits = (visits.bit_length() * 30103) // 100000
    return f"{visits:,}" if digits <= 21 else f"about 10^{digits}"


def _first(gradients: dict[int, Tensor] | None) -> Tensor | None:
    return None if gradients is None else gradients.get(0)


def _equal(a: Tensor | None, b: Tensor | None) -> bool:
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and bool(_C.functions["isclose"](a, b, 1e-5, 1e-8, True).all())


def _mark(value: Tensor | None, right: Tensor | None) -> str:
    return "" if _equal(value, right) else " !"
