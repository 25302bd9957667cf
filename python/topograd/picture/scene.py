"""What there is to draw of a graph: its nodes, edges and groups, in plain texts and numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from topograd import _C
from topograd._C import Tensor
from topograd.graph.replay import Replay, known_values
from topograd.graph.tree import TreeComparison
from topograd.picture.groups import Group, grouped, initially_open
from topograd.picture.names import assigned
from topograd.picture.rules import expression, plain_name, rule, tensor_parameters
from topograd.picture.values import LARGEST_WRITTEN, Cell, cell

if TYPE_CHECKING:
    from topograd.graph.recorded import Graph

__all__ = ["Edge", "Node", "Scene", "scene"]

# In larger graphs calls are told by the op alone.
MOST_EXPRESSIONS = 20_000
# Of this many contributions to one node the sums on the way are shown.
MOST_PARTIAL_SUMS = 64

UNKNOWN = "Not all values are known"


@dataclass(slots=True)
class Node:
    """One box. kind: 'op', 'input', 'parameter' or 'constant'. back: place in the backward pass."""

    index: int
    op: str
    name: str
    text: str
    shape: tuple[int, ...]
    dtype: str
    kind: str
    is_output: bool
    where: str
    module: str
    inputs: list[int]
    value: Cell
    grad: Cell
    back: int
    group: int = 0


@dataclass(slots=True)
class Edge:
    """From an argument to the call. What came back: contribution = local derivative of upstream.

    arrival: its number among the contributions to `source`, from 0; -1 where none came.  running:
    the sum of the contributions up to this one.
    """

    source: int
    target: int
    slot: int
    rule: str
    contribution: Cell = None
    local: str = ""
    arrival: int = -1
    running: Cell = None


@dataclass
class Scene:
    """All that a picture needs."""

    title: str
    nodes: list[Node]
    edges: list[Edge]
    groups: list[Group]
    open: set[int]
    notes: list[str] = field(default_factory=list)
    tree: TreeComparison | None = None


def scene(graph: Graph, *, gradients: bool = True, tree: bool = False, title: str = "") -> Scene:
    """Reads a graph.

    gradients: when no backward pass has been run on the graph yet, it is: `.grad` of the tensors is
    not touched, hooks run.  tree: also what a recursion for trees makes of it.  What could not be
    had is told in `notes`.

    >>> import topograd as tg
    >>> from topograd.picture.scene import scene
    >>> a = tg.tensor(3.0, requires_grad=True)
    >>> [(node.name, node.text, node.grad) for node in scene(tg.graph(a * a)).nodes]
    [('a', '', '6'), ('', 'a · a', '1')]
    """
    notes = _computed(graph, gradients)
    # Read after the values were computed: when that fails the graph is taken apart anew.
    core = graph._core
    vertices = [core.vertex(i) for i in range(len(graph))]
    if any(v["values"][0] is None for v in vertices):
        # Past a user's Function, which the graph alone can not call again.
        for v, values in zip(vertices, known_values(Replay(graph)), strict=True):
            v["values"] = values
    if all(v["values"][0] is not None for v in vertices):
        notes = [note for note in notes if not note.startswith(UNKNOWN)]
    nodes = _nodes(graph, vertices)
    edges = _edges(core, vertices, nodes)
    groups = grouped(nodes)
    if any(len(v["gradients"]) > 1 for v in vertices):
        notes.append("A node with several outputs shows the first.")
    beside = _beside(graph, notes) if tree else None
    shown = title or f"Graph of {', '.join(_called(nodes[i.index]) for i in graph.outputs[:3])}"
    return Scene(shown, nodes, edges, groups, initially_open(nodes, groups), notes, beside)


def _beside(graph: Graph, notes: list[str]) -> TreeComparison | None:
    """What the recursion for trees gives; None, and a note, where it can not be told."""
    replay = Replay(graph)
    try:
        return TreeComparison(graph, replay, known_values(replay), graph._seeds or None)
    except RuntimeError as error:
        notes.append(str(error))
        return None


def _called(node: Node) -> str:
    return node.name or node.text or plain_name(node.op)


def _computed(graph: Graph, gradients: bool) -> list[str]:
    """Makes values and gradients known where they can be; the notes tell what can't, and why."""
    notes: list[str] = []
    core = graph._core
    count = len(graph)
    done = any(core.vertex(i)["backward_index"] >= 0 for i in range(count))
    try:
        if any(v is None for i in range(count) for v in core.vertex(i)["values"][:1]):
            graph.forward()
    except RuntimeError as error:
        notes.append(f"{UNKNOWN}: {error}")
    if not done and gradients:
        notes += _gradients_computed(graph)
    if any(seed is not None and seed.numel() > 1 and (seed == 1).all() for seed in graph._seeds):
        notes.append("The gradients are those of the sum of the output's elements.")
    return notes


def _gradients_computed(graph: Graph) -> list[str]:
    """Runs the backward pass; a note if that can not be."""
    seeds = [
        None if one.numel() == 1 else _C.ones(one.shape, dtype=one.dtype) for one in graph._tensors
    ]
    try:
        graph.backward(seeds)
    except RuntimeError:
        # What an earlier pass has let go of is computed again from the inputs.
        try:
            graph.forward()
            graph.backward(seeds)
        except RuntimeError as error:
            return [f"There are no gradients: {error}"]
    return []


def _nodes(graph: Graph, vertices: list[dict[str, Any]]) -> list[Node]:
    core = graph._core
    count = len(vertices)
    given, parameters = graph._variables, graph._parameters
    names = [
        v["name"] or given.get(i) or _result_name(core, vertices, i) for i, v in enumerate(vertices)
    ]
    called = [name or f"%{i + 1}" for i, name in enumerate(names)]
    nodes = []
    for i, v in enumerate(vertices):
        op = v["op"]
        kind = {"leaf": "input", "constant": "constant"}.get(op, "op")
        text = ""
        if kind == "input" and i in parameters:
            kind = "parameter"
        if kind == "op":
            known = count <= MOST_EXPRESSIONS
            text = expression(op, core.call(i), called) if known else plain_name(op)
        nodes.append(
            Node(
                index=i,
                op=op,
                name=names[i],
                text=text,
                shape=tuple(v["shape"]),
                dtype=str(v["dtype"]).rpartition(".")[2],
                kind=kind,
                is_output=v["is_output"],
                where=v["where"],
                module=v["module"],
                inputs=v["inputs"],
                value=cell(v["values"][0]),
                grad=cell(next((g for g in v["gradients"] if g is not None), None)),
                back=v["backward_index"],
            )
        )
    return nodes


def _result_name(core: Any, vertices: list[dict[str, Any]], i: int) -> str:
    """The variable that the program put the node's value into at once, or ''."""
    site = core.site(i)
    found = assigned(*site) if site is not None else None
    if found is None:
        return ""
    name, single = found
    after = i + 1
    while after < len(vertices) and vertices[after]["op"] == "constant":
        after += 1
    # Of a call that is several nodes the last is the result.
    several = not single and after < len(vertices) and core.site(after) == site
    return "" if several else name


def _edges(core: Any, vertices: list[dict[str, Any]], nodes: list[Node]) -> list[Edge]:
    """An edge for each argument of each call, with what came back along it."""
    edges: list[Edge] = []
    outgoing: dict[tuple[int, int], list[int]] = {}
    for v, node in zip(vertices, nodes, strict=True):
        if node.kind != "op":
            continue
        parameters = _argument_names(core, node) if node.inputs else []
        for slot, source in enumerate(v["inputs"]):
            outgoing.setdefault((source, node.index), []).append(len(edges))
            argument = parameters[slot] if slot < len(parameters) else ""
            edges.append(Edge(source, node.index, slot, rule(node.op, argument)))
    for source in range(len(vertices)):
        _add_contributions(source, vertices, edges, outgoing)
    return edges


def _argument_names(core: Any, node: Node) -> list[str]:
    """The parameter that each input is given for."""
    tensors = tensor_parameters().get(node.op, frozenset(("input",)))
    if len(node.inputs) == 1 and "input" in tensors:
        return ["input"]
    names: list[str] = []
    for parameter, value in core.call(node.index).items():
        if parameter in tensors and isinstance(value, list):
            names += [parameter] * len(value)
        elif parameter in tensors and isinstance(value, tuple):
            names.append(parameter)
    return names


def _add_contributions(
    source: int,
    vertices: list[dict[str, Any]],
    edges: list[Edge],
    outgoing: dict[tuple[int, int], list[int]],
) -> None:
    """Puts what came back to a node onto its outgoing edges, with the sums on the way."""
    v = vertices[source]
    arrived: list[tuple[int, Tensor]] = v["contributions"]
    taken: dict[int, int] = {}
    alike = len(v["gradients"]) == 1 and len(arrived) <= MOST_PARTIAL_SUMS
    total: Tensor | None = None
    for arrival, (consumer, gradient) in enumerate(arrived):
        along = outgoing.get((source, consumer), [])
        place = taken.get(consumer, 0)
        taken[consumer] = place + 1
        if place >= len(along):
            continue
        edge = edges[along[place]]
        edge.contribution = cell(gradient)
        edge.arrival = arrival
        if alike and gradient.shape == v["shape"]:
            total = gradient if total is None else total + gradient
            edge.running = cell(total)
        upstream = vertices[consumer]["gradients"]
        if len(upstream) == 1 and upstream[0] is not None:
            edge.local = _local(upstream[0], gradient)


def _local(upstream: Tensor, gradient: Tensor) -> str:
    """The local derivative in numbers where it acts on single elements: gradient / upstream."""
    if upstream.numel() > LARGEST_WRITTEN or upstream.shape != gradient.shape:
        return ""
    above = upstream.flatten().tolist()
    if any(one == 0 for one in above) or isinstance(above[0], complex):
        return ""
    return str(cell(gradient / upstream))
