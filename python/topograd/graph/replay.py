"""Nodes of a recorded graph computed again from Python, with other values or gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from topograd import _C
from topograd._C import Tensor
from topograd._modes import enable_grad, no_grad
from topograd.autograd.function import FunctionCall

if TYPE_CHECKING:
    from topograd.graph.recorded import Graph

__all__ = ["Replay", "derivative_kind", "known_values"]

Values = list[list[Tensor | None]]
"""Per node, the value of every output."""


@cache
def _records() -> dict[str, dict[str, Any]]:
    return {fields["name"]: fields for fields in _C.ops()}


def derivative_kind(op: str) -> str:
    """'elementwise', 'linear' … of an op of the registry; 'function' for a user's Function."""
    record = _records().get(op)
    return "function" if record is None else str(record["derivative"])


@cache
def _tensor_parameters(op: str) -> frozenset[str]:
    parameters = _records()[op]["parameters"]
    return frozenset(one["name"] for one in parameters if one["type"].startswith("Tensor"))


class Replay:
    """The calls of a graph, each of which can be made again with other arguments.

    calls: the calls of users' Functions that were noted while the graph was recorded; without them
    such a node cannot be computed again, and is told so by `can`.

    >>> import topograd as tg
    >>> from topograd.graph.replay import Replay
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> replay = Replay(tg.graph(x**2))
    >>> replay.outputs(1, [[tg.tensor(5.0)], [None]])
    [tensor(25.)]
    """

    def __init__(self, graph: Graph, calls: Sequence[FunctionCall] = ()) -> None:
        core = graph._core
        self.graph = graph
        self._calls: list[dict[str, Any]] = [core.call(i) for i in range(len(core))]
        self._functions: dict[int, FunctionCall] = {}
        for call in calls:
            for output in call.outputs:
                at = core.find(output) if output.requires_grad else -1
                if at >= 0:
                    self._functions[at] = call
        #: per node, (node, output) of every argument that is one, in order
        self.sources: list[list[tuple[int, int]]] = [
            self._sources(i) for i in range(len(self._calls))
        ]

    def _sources(self, at: int) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for name, value in self._calls[at].items():
            if not self.is_tensor(at, name):
                continue
            found += [one for one in (value if isinstance(value, list) else [value]) if _place(one)]
        return found

    def is_tensor(self, at: int, name: str) -> bool:
        op = self.graph.nodes[at].op
        return name in _tensor_parameters(op) if op in _records() else name == "inputs"

    def can(self, at: int) -> bool:
        """Whether the node can be computed again: not what would draw other random numbers."""
        record = _records().get(self.graph.nodes[at].op)
        if record is None:
            return at in self._functions
        return not record["random"] or "seed" in self._calls[at]

    def arguments(self, at: int) -> dict[str, Any]:
        """The arguments of the call by name; a tensor as (node, output)."""
        return self._calls[at]

    def with_tensors(self, at: int, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The outputs of the node for these tensor arguments, in the order of `sources`."""
        following = iter(tensors)
        if at in self._functions:
            call = self._functions[at]
            args = [next(following) if isinstance(one, Tensor) else one for one in call.args]
            result = call.function.apply(*args, **call.kwargs)
            listed = list(result) if isinstance(result, (tuple, list)) else [result]
            return [listed[i] for i in call.tracked]
        filled: dict[str, Any] = {}
        for name, value in self._calls[at].items():
            if not self.is_tensor(at, name):
                filled[name] = value
            elif isinstance(value, list):
                filled[name] = [next(following) if _place(one) else one for one in value]
            else:
                filled[name] = next(following) if _place(value) else value
        result = _C.call(self.graph.nodes[at].op, **filled)
        return list(result) if isinstance(result, (tuple, list)) else [result]

    def outputs(self, at: int, values: Values) -> list[Tensor]:
        """The outputs of the node for the values of its inputs. KeyError for unknown ones."""
        tensors = []
        for source, output in self.sources[at]:
            value = values[source][output]
            if value is None:
                raise KeyError(f"the value of {self.graph.nodes[source].label} is not known")
            tensors.append(value)
        return self.with_tensors(at, tensors)

    def run(self, values: Values, given: Mapping[int, Tensor]) -> Values:
        """All values once more, where the first outputs of some nodes are given others."""
        fresh = list(values)
        for at, value in given.items():
            fresh[at] = [value, *values[at][1:]]
        changed = set(given)
        for at in range(min(given), len(values)):
            if at in given or not any(source in changed for source, _ in self.sources[at]):
                continue
            fresh[at] = list(self.outputs(at, fresh))
            changed.add(at)
        return fresh

    def pull(
        self, at: int, values: Values, gradients: Sequence[Tensor | None]
    ) -> list[Tensor | None]:
        """What the node's derivative rule sends to each of `sources`, for these gradients."""
        tensors = []
        for source, output in self.sources[at]:
            value = values[source][output]
            if value is None:
                raise KeyError(f"the value of {self.graph.nodes[source].label} is not known")
            tensors.append(value)
        return self.pull_from(at, tensors, gradients)

    def pull_from(
        self, at: int, tensors: Sequence[Tensor], gradients: Sequence[Tensor | None]
    ) -> list[Tensor | None]:
        """The same for other arguments than the recorded ones, in the order of `sources`."""
        leaves = [one.detach() for one in tensors]
        for one in leaves:
            if one.dtype.is_floating_point or one.dtype.is_complex:
                one.requires_grad_()
        with enable_grad():
            results = self.with_tensors(at, leaves)
        pairs = [
            (result, gradient)
            for result, gradient in zip(results, gradients, strict=False)
            if gradient is not None and result.requires_grad
        ]
        followed = [leaf for leaf in leaves if leaf.requires_grad]
        if not pairs or not followed:
            return [None] * len(leaves)
        found = iter(
            _C.grad(
                [result for result, _ in pairs],
                followed,
                [gradient for _, gradient in pairs],
                allow_unused=True,
            )
        )
        return [next(found) if leaf.requires_grad else None for leaf in leaves]


def _place(value: Any) -> bool:
    """Whether an argument is (node, output); a number written in the program is not."""
    return isinstance(value, tuple)


def known_values(replay: Replay) -> Values:
    """The values of all nodes: those that are still kept, and those that follow from them."""
    core = replay.graph._core
    values: Values = []
    with no_grad():
        for node in replay.graph.nodes:
            kept: list[Tensor | None] = list(core.vertex(node.index)["values"])
            if any(one is None for one in kept) and node.op not in ("leaf", "constant"):
                sources = replay.sources[node.index]
                known = all(values[source][output] is not None for source, output in sources)
                if known and replay.can(node.index):
                    again = replay.outputs(node.index, values)
                    kept = [new if old is None else old for old, new in zip(kept, again)]  # noqa: B905
            values.append(kept)
    return values
