"""A recorded computation as an object: its nodes, its values, its gradients."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from topograd import _C
from topograd._C import Tensor
from topograd.graph.table import table
from topograd.picture.methods import drawn, notebook, shown

if TYPE_CHECKING:
    from topograd.graph.diff import GraphDiff
    from topograd.graph.saved import SavedValues
    from topograd.graph.stepping import BackwardSteps, ForwardSteps, Place

__all__ = ["Graph", "GraphNode"]


class GraphNode:
    """One node of a graph: a value, the op that made it, and where it goes.

    op: 'leaf', 'constant' or the op's name.  name: given by the user, or ''.  arguments: what is
    not a node, as text.  shape, dtype.  index: position in the forward order.  backward_index:
    position in the backward order, None before backward().  where: 'file.py:12 in f'.  module: path
    of the module.
    """

    __slots__ = (
        "_graph",
        "arguments",
        "dtype",
        "index",
        "is_output",
        "module",
        "name",
        "op",
        "shape",
        "where",
    )

    def __init__(self, owner: Graph, index: int) -> None:
        fields = owner._core.vertex(index)
        self._graph = owner
        self.index = index
        self.op: str = fields["op"]
        self.name: str = fields["name"]
        self.arguments: str = fields["arguments"]
        self.where: str = fields["where"]
        self.module: str = fields["module"]
        self.shape: _C.Size = fields["shape"]
        self.dtype: _C.dtype = fields["dtype"]
        self.is_output: bool = fields["is_output"]

    def _fields(self) -> dict[str, object]:
        return self._graph._core.vertex(self.index)

    @property
    def inputs(self) -> list[GraphNode]:
        """The nodes whose values are the arguments, in order."""
        return [self._graph.nodes[i] for i in self._graph._core.vertex(self.index)["inputs"]]

    @property
    def consumers(self) -> list[GraphNode]:
        """The nodes that this one is an argument of, once per argument."""
        nodes = self._graph.nodes
        return [nodes[i] for i in self._graph._readers()[self.index]]

    @property
    def values(self) -> list[Tensor | None]:
        """The value of every output; computed when it was not kept."""
        values: list[Tensor | None] = self._graph._core.vertex(self.index)["values"]
        if any(value is None for value in values) and self.op not in ("leaf", "constant"):
            self._graph.forward()
            values = self._graph._core.vertex(self.index)["values"]
        return values

    @property
    def value(self) -> Tensor | None:
        """The value (of the first output); None for a leaf whose tensor is gone."""
        return self.values[0]

    @property
    def grad(self) -> Tensor | None:
        """The gradient of the outputs' sum with respect to this node, after backward()."""
        gradients: list[Tensor | None] = self._graph._core.vertex(self.index)["gradients"]
        return gradients[0]

    @property
    def contributions(self) -> list[tuple[GraphNode, Tensor]]:
        """(consumer, gradient) that came back along each outgoing edge, in the order of arrival."""
        return [
            (self._graph.nodes[i], g)
            for i, g in self._graph._core.vertex(self.index)["contributions"]
        ]

    @property
    def backward_index(self) -> int | None:
        """Position in the backward order, after backward()."""
        position: int = self._graph._core.vertex(self.index)["backward_index"]
        return None if position < 0 else position

    @property
    def label(self) -> str:
        """The name if there is one, else '%' and the index."""
        return self.name or f"%{self.index}"

    def __repr__(self) -> str:
        shown = ", ".join(node.label for node in self.inputs)
        extra = f", {self.arguments}" if self.arguments and shown else self.arguments
        return f"{self.label} = {self.op}({shown}{extra})"


class Graph:
    """The graph below some tensors, in the order in which it was made. Made by `graph`.

    nodes: in topological order (the forward order).  inputs: leaves and constants.  outputs: the
    nodes of the tensors asked for.
    """

    def __init__(self, *outputs: Tensor) -> None:
        for one in outputs:
            if not isinstance(one, Tensor):
                raise TypeError(f"graph: expects tensors, got {type(one).__name__}")
        self._core = _C.Graph(list(outputs))
        self._tensors = outputs
        self._variables: dict[int, str] = {}  # by node: what the program calls it
        self._seeds: list[Tensor | None] = []  # of the last backward pass
        self._parameters: set[int] = set()  # nodes known to be parameters of a module
        self._consumers: list[list[int]] | None = None
        self._unused: frozenset[str] = frozenset()  # names that run takes but does not need
        self.nodes = [GraphNode(self, i) for i in range(len(self._core))]
        self.inputs = [self.nodes[i] for i in self._core.inputs()]
        self.outputs = [self.nodes[i] for i in self._core.outputs()]

    def _readers(self) -> list[list[int]]:
        """Of each node, those that it is an argument of; found once for all."""
        if self._consumers is None:
            self._consumers = [[] for _ in self.nodes]
            for i in range(len(self.nodes)):
                for source in self._core.vertex(i)["inputs"]:
                    self._consumers[source].append(i)
        return self._consumers

    def node(self, which: str | Tensor) -> GraphNode:
        """The node of that name, or of that tensor. Raises an error when it is not in the graph."""
        if not isinstance(which, (str, Tensor)):
            raise TypeError(
                f"graph: a node is found by its name or its tensor, got {type(which).__name__}"
            )
        index = self._core.find(which)
        if index < 0:
            raise IndexError("graph: the tensor is not part of it")
        return self.nodes[index]

    __getitem__ = node

    def forward(
        self, replacements: Mapping[str | Tensor, Tensor | float] | None = None
    ) -> list[Tensor]:
        """Computes every node again in topological order, without the program that built the graph.

        replacements: new values of some nodes, by name or tensor; they keep their shape.  Returns
        the values of the outputs.  Random ops give the same numbers again.  Raises IndexError for
        an unknown name, ShapeError for a value of another shape.

        >>> import topograd as tg
        >>> a = tg.tensor(2.0, requires_grad=True)
        >>> a.name = "a"
        >>> tg.graph(a**3 + 1).forward({"a": 3.0})
        [tensor(28.)]
        """
        given = {}
        for which, value in (replacements or {}).items():
            node = self.node(which)
            given[node.index] = (
                value if isinstance(value, Tensor) else _C.full(node.shape, value, dtype=node.dtype)
            )
        try:
            return self._core.forward(given)
        except BaseException:
            # What was computed up to the error is no recording that a backward pass could run on.
            self._core = _C.Graph(list(self._tensors))
            raise

    def backward(self, seed: Tensor | Sequence[Tensor | None] | None = None) -> None:
        """Runs the backward pass and fills grad, contributions and backward_index of every node.

        seed: one gradient per output (default: 1 for single elements).  `.grad` of the leaves is
        not touched, and the pass can be run again.

        >>> import topograd as tg
        >>> a = tg.tensor(2.0, requires_grad=True)
        >>> g = tg.graph(a * a)
        >>> g.backward()
        >>> g.node(a).grad
        tensor(4.)
        """
        seeds = [seed] if isinstance(seed, Tensor) else list(seed or [None] * len(self._tensors))
        for one in seeds:
            if not (one is None or isinstance(one, Tensor)):
                raise TypeError(f"graph: a seed must be a tensor or None, got {type(one).__name__}")
        self._core.backward(seeds)
        self._seeds = list(seeds)

    def backward_steps(
        self,
        seed: Tensor | Sequence[Tensor | None] | None = None,
        *,
        until: Place | Sequence[Place] | None = None,
        tree: bool = False,
    ) -> BackwardSteps:
        """The backward pass one node at a time: the gradient, the local rule, what is sent where.

        seed: as in `backward`.  until: stops the iteration after a step at this name, op, tensor
        or node, or where a function of the step is true; the next `for` goes on from there.  tree:
        also compares with the recursive algorithm for trees.  `.grad` is left alone until
        `steps.accumulate()`; hooks run once, at the call.  Raises LookupError for an unknown
        place, RuntimeError after a backward() that released the graph.

        >>> import topograd as tg
        >>> a = tg.tensor(2.0, requires_grad=True)
        >>> b = tg.tensor(5.0, requires_grad=True)
        >>> a.name, b.name = "a", "b"
        >>> [step.contributions for step in tg.graph(a * b).backward_steps(until="mul")]
        [[(a = leaf(), tensor(5.)), (b = leaf(), tensor(2.))]]
        """
        from topograd.graph.stepping import BackwardSteps

        return BackwardSteps(self, seed, until, tree)

    def forward_steps(
        self,
        replacements: Mapping[str | Tensor, Tensor | float] | None = None,
        *,
        until: Place | Sequence[Place] | None = None,
    ) -> ForwardSteps:
        """The forward pass one node at a time: the values that go in and the value that comes out.

        replacements: as in `forward`.  until: as in `backward_steps`.

        >>> import topograd as tg
        >>> a = tg.tensor(2.0, requires_grad=True)
        >>> a.name = "a"
        >>> [step.value for step in tg.graph(a**3 + 1).forward_steps({"a": 3.0})]
        [tensor(3.), tensor(27.), tensor(28.)]
        """
        from topograd.graph.stepping import ForwardSteps

        return ForwardSteps(self, replacements, until)

    def saved(self) -> SavedValues:
        """What is kept for the backward pass: an entry for each value that a node keeps.

        A list in forward order with bytes, node, line and shape; `total` counts a storage once, and
        `activations` leaves out the memory of parameters and data.  Empty after a backward pass
        that released it.

        >>> import topograd as tg
        >>> w = tg.ones(2, 3, requires_grad=True)
        >>> kept = tg.graph((tg.ones(4, 2) @ w).exp().sum()).saved()
        >>> [(one.node.op, one.what, one.bytes, one.kind) for one in kept]
        [('matmul', 'input', 32, 'constant'), ('exp', 'result', 48, 'activation')]
        """
        from topograd.graph.saved import saved_values

        return saved_values(self)

    # Pictures ------------------------------------------------------------------------------------

    def svg(self, path: str | PathLike[str] | None = None, *, gradients: bool = True) -> str:
        """The graph as an SVG picture; also written to a file if a path is given.

        gradients: runs `backward()` first if that was not done (hooks run, `.grad` is not touched).

        >>> import topograd as tg
        >>> a = tg.tensor(2.0, requires_grad=True)
        >>> (a * a).graph().svg().startswith("<svg")
        True
        """
        return drawn(self, "svg", path, gradients=gradients)

    def html(
        self,
        path: str | PathLike[str] | None = None,
        *,
        gradients: bool = True,
        tree: bool = False,
    ) -> str:
        """The graph as one page without anything from outside: steps, searches, tells details.

        path and gradients: as for `svg`.  tree: also shows, beside the right gradients, what a
        backward pass gives that treats the graph as a tree (see `backward_steps`).
        """
        return drawn(self, "html", path, gradients=gradients, tree=tree)

    def dot(self, path: str | PathLike[str] | None = None, *, gradients: bool = True) -> str:
        """The graph in Graphviz's language. path and gradients: as for `svg`."""
        return drawn(self, "dot", path, gradients=gradients)

    def text(self) -> str:
        """The graph as text: a line per node."""
        return table(self)

    def show(self) -> str:
        """Opens the page in a browser, or shows it in a notebook; returns the file's path or ''."""
        return shown(self)

    def _repr_html_(self) -> str:
        return notebook(self)

    # Static graphs: the graph as a program. The work is done in program.py and diff.py.

    def diff(self, other: Graph) -> GraphDiff:
        """What is not the same in another graph: nodes added, removed, changed; empty if nothing.

        Nodes are matched in order by op and name.  Compared are arguments, inputs, shape, dtype,
        and the values of leaves and constants.

        >>> import topograd as tg
        >>> x = tg.placeholder("x", (3,))
        >>> [(one.kind, one.detail) for one in tg.graph(x * 2).diff(tg.graph(x * 3))]
        [('changed', 'arguments other=2 -> other=3')]
        >>> tg.graph(x * 2).diff(tg.graph(x * 2))
        no difference
        """
        from topograd.graph.diff import diff

        if not isinstance(other, Graph):
            raise TypeError(f"diff: expects a graph, got {type(other).__name__}")
        return diff(self, other)

    def gradients(
        self,
        output: str | Tensor | None = None,
        inputs: str | Tensor | Sequence[str | Tensor] = (),
        *,
        value: bool = False,
    ) -> Graph:
        """The graph of the derivatives of the sum of an output with respect to some nodes.

        output: a tensor or a name; None for the only one.  inputs: placeholders, parameters or
        results, as tensors or names.  value: also gives the output itself, first.  Where there is
        no path, the derivative is zeros.  The result can be drawn, run, saved and differentiated.

        >>> import topograd as tg
        >>> x = tg.placeholder("x")
        >>> slope = tg.graph(x**3).gradients(None, "x")
        >>> slope.run({"x": 2.0}), slope.gradients(None, "x").run({"x": 2.0})
        (tensor(12.), tensor(12.))
        """
        from topograd.graph.program import gradients

        return gradients(self, output, inputs, value)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> Graph:
        """The graph that save wrote; nothing in the file is executed.

        Raises ValueError for a damaged file, OSError where it can't be read.
        """
        from topograd.graph.program import load_graph

        return load_graph(os.fspath(path))

    def run(self, given: Mapping[str | Tensor, Any] | None = None) -> Tensor | list[Tensor]:
        """Runs the graph as a program and gives its output, or the list of its outputs.

        given: values of placeholders, and of other named inputs if they shall differ from their
        present ones, by name or tensor: tensors of the dtype, arrays, numbers.  Nothing is recorded
        and the graph stays as it is; random ops draw new numbers.  Parameters have the values they
        have now.  Raises ValueError for a name that is missing or unknown, ShapeError or TypeError
        for a value of another shape or dtype.

        >>> import topograd as tg
        >>> a, b = tg.placeholder("a"), tg.placeholder("b")
        >>> g = tg.graph(a * b + b)
        >>> g.run({"a": 3, "b": 4}), g.run({"a": -1, "b": 4})
        (tensor(16.), tensor(0.))
        """
        from topograd.graph.program import run

        return run(self, given)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the graph and the values of its constants and parameters to a safetensors file.

        The nodes stand in its metadata as JSON.  C++ reads it, too: topograd::Graph::load.  Atomic:
        a crash leaves the old file or the new one.  Raises RuntimeError for a graph with a
        Function of the user's.
        """
        self._core.save(os.fspath(path))

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[GraphNode]:
        return iter(self.nodes)

    def __repr__(self) -> str:
        return table(self)
