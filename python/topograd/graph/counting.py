"""The work of forward and reverse mode for a function: counted on what was recorded, and run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd._modes import enable_grad
from topograd.graph.recorded import Graph, GraphNode
from topograd.graph.replay import Replay

__all__ = ["Modes", "Work", "modes"]

_PRODUCTS = {"addmm", "baddbmm", "bmm", "dot", "linear", "linear_bias", "matmul", "mm", "mv"}
MOST_PASSES = 256


@dataclass
class Work:
    """What one mode does for the full Jacobian.

    passes.  operations, multiply_adds: of one pass.  total_operations, total_multiply_adds: of all
    passes and the function itself.  memory: bytes that have to be kept.
    """

    passes: int
    operations: int
    multiply_adds: int
    total_operations: int
    total_multiply_adds: int
    memory: int


@dataclass
class Modes:
    """What `tg.modes` gives; prints as a table.

    inputs, outputs: numbers of elements.  operations, multiply_adds: of the function.  forward,
    reverse: a Work each.  recommended: 'forward' or 'reverse', by the multiply-adds.  complete:
    whether both full Jacobians were computed (else one pass of each).  difference: the largest
    disagreement of the two modes, relative to the largest number.
    """

    inputs: int
    outputs: int
    operations: int
    multiply_adds: int
    forward: Work
    reverse: Work
    recommended: str
    complete: bool
    difference: float

    def __repr__(self) -> str:
        rows = [["", "forward mode", "reverse mode"]]
        rows.append(
            [
                "passes",
                f"{self.forward.passes:,} (inputs)",
                f"{self.reverse.passes:,} (outputs)",
            ]
        )
        for title, name in (
            ("operations a pass", "operations"),
            ("multiply-adds a pass", "multiply_adds"),
            ("operations in all", "total_operations"),
            ("multiply-adds in all", "total_multiply_adds"),
            ("bytes to keep", "memory"),
        ):
            pair = [f"{getattr(one, name):,}" for one in (self.forward, self.reverse)]
            rows.append([title, *pair])
        widths = [max(len(row[i]) for row in rows) for i in range(3)]
        head = (
            f"{self.inputs:,} inputs, {self.outputs:,} outputs; the function itself: "
            f"{self.operations:,} operations, {self.multiply_adds:,} multiply-adds"
        )
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        run = "both Jacobians were computed" if self.complete else "one pass of each was run"
        verdict = (
            f"For the full Jacobian take {self.recommended} mode. ({run}; "
            f"they differ by {self.difference:.1e})"
        )
        return "\n".join([head, *lines, verdict])


def modes(func: Callable[..., Any], *inputs: Tensor) -> Modes:
    """Counts the work of forward and of reverse mode for the full Jacobian of func at inputs.

    Forward mode takes a pass per element of the inputs and keeps one tangent beside each value in
    use; reverse mode takes a pass per element of the outputs and keeps what the rules read.
    Operations are the calls that one pass really records; multiply-adds follow from their shapes.
    (topograd's forward mode walks the recorded graph, so it holds that as well.)

    inputs: floating-point tensors.  func returns a tensor, or a tuple or list of them.  Where
    inputs and outputs have at most 256 elements together both Jacobians are computed and compared;
    else one pass of each, by u·(Jv) = (Jᵀu)·v.  Raises TypeError for other inputs, ValueError when
    no output depends on them.  Source: Griewank and Walther, Evaluating Derivatives, 2008.

    >>> import topograd as tg
    >>> found = tg.modes(lambda x: (x * x).sum(), tg.ones(100))
    >>> found.forward.passes, found.reverse.passes, found.recommended
    (100, 1, 'reverse')
    """
    leaves = _leaves(inputs)
    with enable_grad():
        result = func(*leaves)
    listed = list(result) if isinstance(result, (tuple, list)) else [result]
    outputs = [one for one in listed if isinstance(one, Tensor) and one.requires_grad]
    if not outputs:
        raise ValueError("modes: no output depends on the inputs")
    own = Graph(*outputs)
    operations, multiply_adds = _counted(own)
    kept, tangents = _kept(own), _tangents_in_use(own)
    n, m = sum(one.numel() for one in leaves), sum(one.numel() for one in outputs)
    pushed = _of_pass(own, [*_push(outputs, leaves, _tracked(leaves), True), *outputs])
    pulled = _of_pass(own, [*_pull(outputs, leaves, _tracked(outputs), True), *outputs])
    works = []
    for passes, (calls, products), memory in ((n, pushed, tangents), (m, pulled, kept)):
        totals = operations + passes * calls, multiply_adds + passes * products
        works.append(Work(passes, calls, products, *totals, memory))
    forward, reverse = works
    complete = n + m <= MOST_PASSES
    difference = (_jacobians if complete else _one_pass)(outputs, leaves)
    better = "forward" if forward.total_multiply_adds < reverse.total_multiply_adds else "reverse"
    return Modes(n, m, operations, multiply_adds, forward, reverse, better, complete, difference)


def _leaves(inputs: Sequence[Any]) -> list[Tensor]:
    leaves = []
    for one in inputs:
        if not isinstance(one, Tensor) or not one.is_floating_point():
            kind = one.dtype if isinstance(one, Tensor) else type(one).__name__
            raise TypeError(f"modes: inputs must be floating-point tensors, got {kind}")
        leaves.append(one.detach().clone().requires_grad_())
    if not leaves:
        raise TypeError("modes: expects at least one input")
    return leaves


def _tracked(like: Sequence[Tensor]) -> list[Tensor]:
    """Directions that are followed, so that a pass is recorded call by call."""
    return [tg.ones(one.shape, dtype=one.dtype).requires_grad_() for one in like]


def _push(
    outputs: Sequence[Tensor], leaves: Sequence[Tensor], directions: Sequence[Tensor], record: bool
) -> list[Tensor]:
    """One pass of forward mode: the tangents of the outputs."""
    with enable_grad():
        found = _C.tangents(list(outputs), list(leaves), list(directions), record)
    return [
        tg.zeros_like(output) if one is None else one
        for output, one in zip(outputs, found, strict=True)
    ]


def _pull(
    outputs: Sequence[Tensor], leaves: Sequence[Tensor], seeds: Sequence[Tensor], record: bool
) -> list[Tensor]:
    """One pass of reverse mode: the gradients of the inputs."""
    found = _C.grad(list(outputs), list(leaves), list(seeds), True, record, True)
    return [
        tg.zeros_like(leaf) if one is None else one for leaf, one in zip(leaves, found, strict=True)
    ]


def _cost(node: GraphNode, view: bool) -> int:
    """Multiply-adds of a call, from the shapes."""
    if view:
        return 0
    inputs = node.inputs
    size = node.shape.numel()
    if node.op in _PRODUCTS and inputs:
        return int(size * inputs[-2 if node.op in ("addmm", "baddbmm") else 0].shape[-1])
    if node.op.startswith("conv") and len(inputs) > 1:
        return int(size * inputs[1].shape[1:].numel())
    return int(max([size, *(one.shape.numel() for one in inputs)]))


def _counted(graph: Graph) -> tuple[int, int]:
    """Calls and multiply-adds of a recorded graph."""
    views = {fields["name"] for fields in _C.ops() if fields["view"]}
    calls = [node for node in graph.nodes if node.op not in ("leaf", "constant")]
    return len(calls), sum(_cost(node, node.op in views) for node in calls)


def _of_pass(own: Graph, results: list[Tensor]) -> tuple[int, int]:
    """The same of what a pass recorded on top of the function."""
    before = _counted(own)
    after = _counted(Graph(*(one for one in results if one.requires_grad)))
    return after[0] - before[0], after[1] - before[1]


def _kept(graph: Graph) -> int:
    """Bytes of inner values that the ops' records list as read by their rules, each once."""
    saves = {fields["name"]: int(fields["saves"]) for fields in _C.ops()}
    replay = Replay(graph)
    read: set[int] = set()
    for node in graph.nodes:
        mask = saves.get(node.op, 0)
        sources = replay.sources[node.index]
        if node.op == "mul" and len(sources) < 2:
            continue  # by a number: only that is read
        if mask & 1:
            read.add(node.index)
        read.update(at for slot, (at, _) in enumerate(sources) if mask & (2 << min(slot, 6)))
    inner = [graph.nodes[at] for at in read]
    return sum(_bytes(node) for node in inner if node.op not in ("leaf", "constant"))


def _tangents_in_use(graph: Graph) -> int:
    """The most bytes of tangents that are needed at once when they are dropped after their use."""
    last = list(range(len(graph)))
    for node in graph.nodes:
        for one in node.inputs:
            last[one.index] = node.index
    ends: dict[int, list[GraphNode]] = {}
    for node in graph.nodes:
        if not node.is_output:
            ends.setdefault(last[node.index], []).append(node)
    most = now = 0
    for node in graph.nodes:
        now += _bytes(node)
        most = max(most, now)
        now -= sum(map(_bytes, ends.get(node.index, [])))
    return most


def _bytes(node: GraphNode) -> int:
    return 0 if node.op == "constant" else int(node.shape.numel() * node.dtype.itemsize)


def _units(like: Sequence[Tensor]) -> list[list[Tensor]]:
    found = []
    for place, one in enumerate(like):
        for element in range(one.numel()):
            directions = [tg.zeros(other.shape, dtype=other.dtype) for other in like]
            directions[place].view(-1)[element] = 1
            found.append(directions)
    return found


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return tg.cat([one.detach().double().flatten() for one in tensors])


def _jacobians(outputs: Sequence[Tensor], leaves: Sequence[Tensor]) -> float:
    """How far both full Jacobians differ."""
    columns = [_flat(_push(outputs, leaves, unit, False)) for unit in _units(leaves)]
    rows = [_flat(_pull(outputs, leaves, unit, False)) for unit in _units(outputs)]
    if not columns or not rows:
        return 0.0
    return _relative(tg.stack(columns, 1), tg.stack(rows))


def _one_pass(outputs: Sequence[Tensor], leaves: Sequence[Tensor]) -> float:
    """How far u·(Jv) and (Jᵀu)·v differ, for one u and v."""
    u, v = ([_spread(one) for one in tensors] for tensors in (outputs, leaves))
    pushed = _flat(_push(outputs, leaves, v, False)) * _flat(u)
    pulled = _flat(_pull(outputs, leaves, u, False)) * _flat(v)
    scale = max(float(pushed.abs().sum()), float(pulled.abs().sum()))
    return abs(float(pushed.sum() - pulled.sum())) / scale if scale else 0.0


def _spread(like: Tensor) -> Tensor:
    counted = tg.arange(like.numel(), dtype=_C.float64)
    return ((counted * 0.754877666 % 1) - 0.5).to(like.dtype).view(like.shape)


def _relative(a: Tensor, b: Tensor) -> float:
    scale = float(tg.maximum(a.abs(), b.abs()).max())
    return float((a - b).abs().max()) / scale if scale else 0.0
