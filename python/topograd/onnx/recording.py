"""Programs as recorded graphs: the same program run with different sizes, call beside call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import topograd as tg
from topograd import _C
from topograd.graph import Graph, everything_recorded
from topograd.onnx.dimensions import Dim, Size, merged

__all__ = ["Differs", "Program", "Recorded", "Ref", "Run", "Step", "record", "together"]


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


class Run(NamedTuple):
    """One run: its graph, and where in it the inputs, outputs and kept tensors are.

    inputs: a step each, None for one that nothing came from.  outputs: the tensor itself where it
    does not depend on the inputs.
    """

    graph: Graph | None
    inputs: list[int | None]
    outputs: list[Ref | tg.Tensor]
    named: dict[int, str]


class Program(NamedTuple):
    """What the runs have in common. outputs: a Ref, or the tensor itself where it is constant."""

    steps: list[Step]
    inputs: list[int | None]
    outputs: list[Ref | tg.Tensor]
    named: dict[int, str]


Recorded = Callable[[list[tg.Tensor]], list[tg.Tensor]]


def record(function: Recorded, given: Sequence[tg.Tensor], kept: dict[str, tg.Tensor]) -> Run:
    """Runs the function on tensors and records all that it does.

    kept: parameters and buffers by name, which are leaves.  Also recorded are integers,
    comparisons, and what happens under no_grad().
    """
    inputs = [one.detach() for one in given]
    with everything_recorded([*inputs, *kept.values()]):
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
    return Run(graph, [None if one is None else one.step for one in places], outputs, named)


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


def _arguments(graphs: Sequence[Graph], index: int, kinds: dict[str, str]) -> dict[str, Any]:
    calls = [graph._core.call(index) for graph in graphs]
    arguments: dict[str, Any] = {}
    for name, first in calls[0].items():
        is_tensor = kinds.get(name, "").startswith("Tensor")
        if is_tensor and isinstance(first, (tuple, list)):
            arguments[name] = _refs(first)
        else:
            arguments[name] = _merge(tuple(call[name] for call in calls), f"argument '{name}'")
    return arguments


def _results(graphs: Sequence[Graph], index: int) -> list[tuple[tuple[Size, ...], tg.dtype] | None]:
    found: list[tuple[tuple[Size, ...], tg.dtype] | None] = []
    for each in zip(*(graph._core.results(index) for graph in graphs), strict=True):
        if each[0] is None:
            found.append(None)
        else:
            shapes = [tuple(shape) for shape, _ in each]
            sizes = tuple(merged(sizes) for sizes in zip(*shapes, strict=True))
            found.append((sizes, each[0][1]))
    return found


def _place(node: Any) -> str:
    return f"{node.op} at {node.where or 'an unknown place'}"


def _check_alike(graphs: Sequence[Graph]) -> None:
    """The runs must have made the same calls."""
    for nodes in zip(*graphs, strict=False):
        # A leaf stands where the call before it did.
        ops = {(node.op, node.op == "leaf" or node.where, len(node.shape)) for node in nodes}
        inputs = {tuple(one.index for one in node.inputs) for node in nodes}
        if len(ops) > 1 or len(inputs) > 1:
            raise Differs(
                "the program takes another way for inputs of another size or value: "
                + " against ".join(dict.fromkeys(map(_place, nodes)))
            )
    if len({len(graph) for graph in graphs}) > 1:
        raise Differs("the program makes more calls for inputs of another size or value")


def together(runs: Sequence[Run]) -> Program:
    """The runs as one program. Raises Differs where they did not do the same."""
    kinds = {op["name"]: {one["name"]: one["type"] for one in op["parameters"]} for op in _C.ops()}
    graphs = [run.graph for run in runs if run.graph is not None]
    if len(graphs) not in (0, len(runs)):
        raise Differs("the outputs follow from the inputs in some runs only")
    _check_alike(graphs)
    steps = []
    for index, node in enumerate(graphs[0] if graphs else ()):
        try:
            is_call = node.op not in ("leaf", "constant")
            arguments = _arguments(graphs, index, kinds.get(node.op, {})) if is_call else {}
            results = _results(graphs, index)
        except Differs as error:
            raise Differs(f"{_place(node)}: {error}") from None
        values = () if is_call else tuple(graph.nodes[index].value for graph in graphs)
        steps.append(Step(node.op, arguments, results, node.where, node.module, values))
    outputs = [_output(runs, number) for number in range(len(runs[0].outputs))]
    return Program(steps, runs[0].inputs, outputs, runs[0].named)


def _output(runs: Sequence[Run], number: int) -> Ref | tg.Tensor:
    places = [run.outputs[number] for run in runs]
    for one in places[1:]:
        if isinstance(one, Ref) and one != places[0]:
            raise Differs(f"output {number} comes from another call in another run")
        first = places[0]
        if not isinstance(one, Ref) and not isinstance(first, Ref) and not tg.equal(one, first):
            raise Differs(
                f"output {number} does not follow from the inputs by recorded calls, but was "
                "another one in another run"
            )
    return places[0]
