"""A graph one node at a time: the backward pass and the forward pass as one writes them down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from topograd import _C
from topograd._C import Tensor
from topograd._modes import no_grad
from topograd.graph.recorded import Graph, GraphNode
from topograd.graph.replay import Replay, Values, known_values
from topograd.graph.steps import BackwardStep, ForwardStep, Sent, local_derivatives
from topograd.graph.tree import TreeComparison

if TYPE_CHECKING:
    from typing import TypeAlias

__all__ = ["BackwardSteps", "ForwardSteps", "Steps"]

Step = TypeVar("Step", ForwardStep, BackwardStep)
Place: TypeAlias = "str | Tensor | GraphNode | Callable[[Any], bool]"
"""A node's name or op, its tensor, the node, or a question that is asked at every step."""


class Steps(Generic[Step]):
    """A pass that is played: iterate, step back, jump, or stop at a node.

    It is its own iterator, as a file is: a `for` that was left goes on where it stopped.  Any step
    can be had by its number (`steps[-1]`), without moving.
    """

    def __init__(self, graph: Graph, order: list[GraphNode], until: Place | Sequence[Place] | None):
        self.graph = graph
        self.order = order
        #: how many steps have been taken
        self.position = 0
        self._until = () if until is None else self._places(until)
        self._stopped = False

    def _make(self, number: int) -> Step:
        raise NotImplementedError

    def _places(self, places: Place | Sequence[Place]) -> tuple[Place, ...]:
        listed = tuple(places) if isinstance(places, (list, tuple)) else (places,)
        for one in listed:
            if isinstance(one, str):
                if not any(one in (node.name, node.op, node.label) for node in self.order):
                    names = sorted({node.name for node in self.order if node.name})
                    ops = sorted({node.op for node in self.order})
                    raise LookupError(
                        f"steps: no node has the name or the op '{one}'; names: "
                        f"{', '.join(names[:20])}; ops: {', '.join(ops[:20])}"
                    )
            elif isinstance(one, Tensor):
                self.graph.node(one)
            elif not (isinstance(one, GraphNode) or callable(one)):
                raise TypeError(
                    f"steps: a place is a name, an op, a tensor, a node or a function of a step, "
                    f"got {type(one).__name__}"
                )
        return listed

    def _is_at(self, step: Step, places: Sequence[Place]) -> bool:
        node = step.node
        for one in places:
            if isinstance(one, str):
                found = one in (node.name, node.op, node.label)
            elif isinstance(one, Tensor):
                found = self.graph.node(one) is node
            elif isinstance(one, GraphNode):
                found = one is node
            else:
                found = bool(one(step))
            if found:
                return True
        return False

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Steps[Step]:
        self._stopped = False
        return self

    def __next__(self) -> Step:
        if self._stopped or self.position >= len(self.order):
            self._stopped = False
            raise StopIteration
        self.position += 1
        step = self._make(self.position - 1)
        self._stopped = bool(self._until) and self._is_at(step, self._until)
        return step

    def __getitem__(self, number: int) -> Step:
        if not isinstance(number, int):
            raise TypeError(f"steps: a number is expected, got {type(number).__name__}")
        place = number + len(self) if number < 0 else number
        if not 0 <= place < len(self):
            raise IndexError(f"steps: there are {len(self)}, none of number {number}")
        return self._make(place)

    @property
    def current(self) -> Step | None:
        """The step taken last, None at the start."""
        return self._make(self.position - 1) if self.position else None

    def back(self, count: int = 1) -> Step | None:
        """Takes steps back and gives the step that is current then, None at the start."""
        if count < 0:
            raise ValueError(f"back: expects how many steps, got {count}")
        self.position = max(0, self.position - count)
        self._stopped = False
        return self.current

    def restart(self) -> None:
        """Goes to before the first step."""
        self.position = 0
        self._stopped = False

    def run_to(self, *places: Place) -> Step:
        """Goes on to the next step at one of the places and gives it.

        places: names, ops, tensors, nodes, or functions of a step that give a bool.  Raises
        LookupError when no step ahead is there (`restart()` goes back to the beginning); the
        position is kept then.
        """
        wanted = self._places(list(places))
        for number in range(self.position, len(self.order)):
            step = self._make(number)
            if self._is_at(step, wanted):
                self.position = number + 1
                return step
        raise LookupError(f"run_to: no step after number {self.position} is at {places}")

    def __repr__(self) -> str:
        """All steps, an arrow at the current one."""
        if len(self) > 50:
            return f"{type(self).__name__}: {self.position} of {len(self)} steps taken"
        lines = []
        for number in range(len(self)):
            mark = "->" if number + 1 == self.position else "  "
            first, *rest = str(self._make(number)).splitlines()
            lines += [f"{mark} {first}", *("   " + line for line in rest)]
        return "\n".join(lines)


class ForwardSteps(Steps[ForwardStep]):
    """The forward pass node by node: `Graph.forward_steps`."""

    def __init__(
        self,
        graph: Graph,
        replacements: Mapping[str | Tensor, Tensor | float] | None = None,
        until: Place | Sequence[Place] | None = None,
    ) -> None:
        super().__init__(graph, list(graph.nodes), until)
        if replacements:
            graph.forward(replacements)
        self._replay = Replay(graph)
        self._values = known_values(self._replay)

    def _make(self, number: int) -> ForwardStep:
        node = self.order[number]
        inputs = [
            (self.graph.nodes[source], self._values[source][output])
            for source, output in self._replay.sources[node.index]
        ]
        return ForwardStep(number + 1, len(self), node, inputs, self._values[node.index])


class BackwardSteps(Steps[BackwardStep]):
    """The backward pass node by node: `Graph.backward_steps`, `Tensor.backward_steps`."""

    def __init__(
        self,
        graph: Graph,
        seed: Tensor | Sequence[Tensor | None] | None = None,
        until: Place | Sequence[Place] | None = None,
        tree: bool = False,
    ) -> None:
        graph.backward(seed)
        self._seed = seed
        self._replay = Replay(graph)
        vertices = [graph._core.vertex(node.index) for node in graph.nodes]
        self._gradients: Values = [vertex["gradients"] for vertex in vertices]
        self._arrived: list[list[tuple[int, Tensor]]] = [one["contributions"] for one in vertices]
        places = [vertex["backward_index"] for vertex in vertices]
        reached = [node for node in graph.nodes if places[node.index] >= 0]
        super().__init__(graph, sorted(reached, key=lambda node: places[node.index]), until)
        self._values = known_values(self._replay)
        # Per (consumer, producer), the numbers of its contributions among those of the producer.
        self._sent: dict[tuple[int, int], list[int]] = {}
        for producer, arrived in enumerate(self._arrived):
            for number, (consumer, _) in enumerate(arrived):
                self._sent.setdefault((consumer, producer), []).append(number)
        self._sums: dict[int, tuple[int, Tensor]] = {}
        #: what the recursive algorithm for trees gives beside the right gradients; with tree=True
        self.tree: TreeComparison | None = None
        if tree:
            self.tree = TreeComparison(graph, self._replay, self._values, seed)

    def _sum(self, producer: int, count: int) -> Tensor:
        """The sum of the first `count` contributions; each is added once when played in order."""
        done, total = self._sums.get(producer, (0, None))
        if total is None or done > count:
            done, total = 1, self._arrived[producer][0][1]
        while done < count:
            total = total + self._arrived[producer][done][1]
            done += 1
        self._sums[producer] = (done, total)
        return total

    def _make(self, number: int) -> BackwardStep:
        node = self.order[number]
        gradients = self._gradients[node.index]
        local = local_derivatives(self._replay, node, self._values, gradients)
        used: dict[int, int] = {}
        sent = []
        for edge, (source, _) in enumerate(self._replay.sources[node.index]):
            turn = used.get(source, 0)
            numbers = self._sent.get((node.index, source), [])
            if turn >= len(numbers):
                continue
            used[source] = turn + 1
            place = numbers[turn]
            _, contribution = self._arrived[source][place]
            with no_grad():
                total = self._sum(source, place + 1)
            sent.append(
                Sent(self.graph.nodes[source], edge, local[edge], contribution, total, place + 1)
            )
        arrived = [
            (self.graph.nodes[consumer], gradient)
            for consumer, gradient in self._arrived[node.index]
        ]
        values = self._values[node.index]
        row = self.tree.row(node) if self.tree is not None else None
        return BackwardStep(
            number + 1, len(self), node, values, gradients, arrived, sent, self._replay, row
        )

    def accumulate(self) -> None:
        """Adds the gradients to `.grad` of the leaves, as `backward()` does; stepping does not.

        The pass is that of the recorded values, whatever `Graph.forward` has replaced since.
        """
        seeds = [self._seed] if isinstance(self._seed, Tensor) else self._seed
        _C.backward(list(self.graph._tensors), seeds, True)
