"""Programs as recorded graphs: the same program run with different sizes, call beside call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import topograd as tg
from topograd import _C
from topograd._leaving import leavers_noted
from topograd.graph import Graph, everything_recorded
from topograd.onnx.dimensions import Dim, Real, Size, merged

__all__ = [
    "Differs",
    "Node",
    "Program",
    "Recorded",
    "Ref",
    "Run",
    "Step",
    "another_way",
    "difference",
    "record",
    "together",
]


MOST_TOLD = 4  # of the places where runs part


class Differs(Exception):
    """The program did not do the same in all runs."""


class Ref(NamedTuple):
    """Output `output` of step `step`."""

    step: int
    output: int


class Step(NamedTuple):
    """One call of a program, as all runs made it.

    op: 'leaf', 'constant' or an op.  arguments: by name; tensors are Ref, integers that follow the
    sizes of the inputs are Dim.  results: (shape, dtype) of every output.  values: of a leaf or
    constant, in each run.
    """

    op: str
    arguments: dict[str, Any]
    results: list[tuple[tuple[Size, ...], tg.dtype] | None]
    where: str
    module: str
    values: tuple[tg.Tensor | None, ...]


class Node(NamedTuple):
    """One node of the graph of one run. value: of a leaf or constant."""

    op: str
    where: str
    module: str
    rank: int
    inputs: tuple[int, ...]
    arguments: dict[str, Any]
    results: list[Any]
    value: tg.Tensor | None

    def __str__(self) -> str:
        return f"{self.op} at {self.where or 'an unknown place'}"


class Run(NamedTuple):
    """One run: its nodes, and where among them the inputs, outputs and kept tensors are.

    inputs: a step each, None for one that nothing came from.  outputs: the tensor itself where it
    does not depend on the inputs.  left: where values left the graph.  label: says which run.
    """

    nodes: list[Node]
    inputs: list[int | None]
    outputs: list[Ref | tg.Tensor]
    named: dict[int, str]
    left: list[str]
    label: str


class Program(NamedTuple):
    """What the runs have in common.

    outputs: a Ref, or the tensors themselves, of each run, where no recorded call made them.  left:
    where values left the graph.
    """

    steps: list[Step]
    inputs: list[int | None]
    outputs: list[Ref | tuple[tg.Tensor, ...]]
    named: dict[int, str]
    left: list[str]


Recorded = Callable[[list[tg.Tensor]], list[tg.Tensor]]


def record(
    function: Recorded, given: Sequence[tg.Tensor], kept: dict[str, tg.Tensor], label: str = ""
) -> Run:
    """Runs the function on tensors and records all that it does.

    kept: parameters and buffers by name, which are leaves.  Also recorded are integers,
    comparisons, and what happens under no_grad().
    """
    inputs = [one.detach() for one in given]
    with everything_recorded([*inputs, *kept.values()]), leavers_noted() as left:
        # A leaf must not be changed in place, which a copy of it may be.
        results = function([one.clone() for one in inputs])
        tracked = [one for one in results if one.requires_grad]
        graph = tg.graph(*tracked) if tracked else None
        places = [_place_of(graph, one) for one in inputs]
        outputs = [_place_of(graph, one) or one for one in results]
        named: dict[int, str] = {}
        for name, tensor in kept.items():
            place = _place_of(graph, tensor)
            if place is not None:
                named.setdefault(place.step, name)
    steps = [None if one is None else one.step for one in places]
    return Run(_nodes(graph), steps, outputs, named, left, label)


def _nodes(graph: Graph | None) -> list[Node]:
    """What has to be known of a graph, without the values of its calls, which may be large."""
    nodes = []
    for index, one in enumerate(graph or ()):
        is_call = one.op not in ("leaf", "constant")
        nodes.append(
            Node(
                one.op,
                one.where,
                one.module,
                len(one.shape),
                tuple(each.index for each in one.inputs),
                graph._core.call(index) if graph and is_call else {},
                graph._core.results(index) if graph else [],
                None if is_call else one.value,
            )
        )
    return nodes


def _place_of(graph: Graph | None, tensor: tg.Tensor) -> Ref | None:
    if graph is None:
        return None
    step, output = graph._core.place(tensor)
    return None if step < 0 else Ref(step, output)


def _merge(values: tuple[Any, ...], of: str) -> Any:
    """One argument of a call from those of all runs."""
    first = values[0]
    if all(type(one) is type(first) and one == first for one in values):
        return first
    if all(type(one) is int for one in values):
        return merged(values)
    if all(type(one) is float and one.is_integer() for one in values):
        return Dim(tuple(map(int, values)), real=True)
    if all(isinstance(one, (tuple, list)) for one in values):
        if len({len(one) for one in values}) == 1:
            return tuple(_merge(each, of) for each in zip(*values, strict=True))
        return tuple(values)
    if all(isinstance(one, slice) for one in values):
        bounds = [(one.start, one.stop, one.step) for one in values]
        return slice(*(_merge(each, of) for each in zip(*bounds, strict=True)))
    raise Differs(f"{of} was {' and '.join(map(str, values))} in runs on different inputs")


def _refs(value: Any) -> Any:
    """Tensor arguments, which the graph gives as pairs, as Ref."""
    if isinstance(value, list):
        return [None if one is None else Ref(*one) for one in value]
    return Ref(*value)


def _arguments(nodes: Sequence[Node], kinds: dict[str, str]) -> dict[str, Any]:
    calls = [node.arguments for node in nodes]
    arguments: dict[str, Any] = {}
    for name, first in calls[0].items():
        is_tensor = kinds.get(name, "").startswith("Tensor")
        if is_tensor and isinstance(first, (tuple, list)):
            arguments[name] = _refs(first)
        else:
            arguments[name] = _merge_number(tuple(call[name] for call in calls), name)
    return arguments


def _merge_number(values: tuple[Any, ...], name: str) -> Any:
    """An argument, of which a rule may say that it can not be a number that follows sizes."""
    try:
        return _merge(values, f"argument '{name}'")
    except Differs:
        if all(type(one) in (int, float) for one in values):
            return Real(tuple(map(float, values)))
        raise


def _results(nodes: Sequence[Node]) -> list[tuple[tuple[Size, ...], tg.dtype] | None]:
    found: list[tuple[tuple[Size, ...], tg.dtype] | None] = []
    for each in zip(*(node.results for node in nodes), strict=True):
        if each[0] is None:
            found.append(None)
        else:
            shapes = [tuple(shape) for shape, _ in each]
            sizes = tuple(merged(sizes) for sizes in zip(*shapes, strict=True))
            found.append((sizes, each[0][1]))
    return found


def _alike(one: Node, other: Node) -> bool:
    # A leaf stands where the call before it did.
    same_place = one.op == "leaf" or one.where == other.where
    return same_place and (one.op, one.rank, one.inputs) == (other.op, other.rank, other.inputs)


def difference(first: Run, other: Run) -> str:
    """Where another run took another way than the first, '' if nowhere."""
    told = f"({other.label})" if other.label else ""
    for one, two in zip(first.nodes, other.nodes, strict=False):
        if not _alike(one, two):
            rank = f" of {two.rank} axes" if two.rank != one.rank else ""
            return f"{one} against {two}{rank} {told}".rstrip()
    if len(first.nodes) != len(other.nodes):
        longer = max(first.nodes, other.nodes, key=len)
        after = longer[min(len(first.nodes), len(other.nodes))]
        where = first.label if longer is first.nodes else other.label
        return f"more calls, from {after}, in the run {where or 'on other values'}"
    return ""


def _check_alike(runs: Sequence[Run]) -> None:
    """The runs must have made the same calls. Tells all the places where they part."""
    found = [difference(runs[0], other) for other in runs[1:]]
    differences = list(dict.fromkeys(one for one in found if one))
    if differences:
        raise another_way(runs[0], differences)


def another_way(first: Run, differences: Sequence[str]) -> Differs:
    """The error that tells where runs parted from the first one."""
    left = f" (that on the left with {first.label})" if first.label else ""
    rest = f"; and {len(differences) - MOST_TOLD} more" if len(differences) > MOST_TOLD else ""
    return Differs(
        f"the program takes another way for inputs of another size or value{left}: "
        + "; ".join(differences[:MOST_TOLD])
        + rest
    )


def together(runs: Sequence[Run]) -> Program:
    """The runs as one program. Raises Differs where they did not do the same."""
    kinds = {op["name"]: {one["name"]: one["type"] for one in op["parameters"]} for op in _C.ops()}
    _check_alike(runs)
    steps = []
    for nodes in zip(*(run.nodes for run in runs), strict=True):
        node = nodes[0]
        try:
            is_call = node.op not in ("leaf", "constant")
            arguments = _arguments(nodes, kinds.get(node.op, {})) if is_call else {}
            results = _results(nodes)
        except Differs as error:
            raise Differs(f"{node}: {error}") from None
        values = () if is_call else tuple(one.value for one in nodes)
        steps.append(Step(node.op, arguments, results, node.where, node.module, values))
    outputs = [_output(runs, number) for number in range(len(runs[0].outputs))]
    return Program(steps, runs[0].inputs, outputs, runs[0].named, runs[0].left)


def _output(runs: Sequence[Run], number: int) -> Ref | tuple[tg.Tensor, ...]:
    places = [run.outputs[number] for run in runs]
    tensors = tuple(one for one in places if not isinstance(one, Ref))
    if tensors and len(tensors) < len(places):
        raise Differs(f"output {number} follows from the inputs in some runs only")
    first = places[0]
    if isinstance(first, Ref):
        if any(one != first for one in places):
            raise Differs(f"output {number} comes from another call in another run")
        return first
    if len({(len(one.shape), one.dtype) for one in tensors}) > 1:
        raise Differs(f"output {number} has another dtype or count of axes in another run")
    return tensors
