"""A recorded computation as an object: its nodes, its values, its gradients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike

from topograd import _C
from topograd._C import Tensor
from topograd.graph.table import table
from topograd.picture.methods import drawn, notebook, shown

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
            self._graph._core.forward({})
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
        self._parameters: set[int] = set()  # nodes known to be parameters of a module
        self._consumers: list[list[int]] | None = None
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
        return self._core.forward(given)

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

    def html(self, path: str | PathLike[str] | None = None, *, gradients: bool = True) -> str:
        """The graph as one page without anything from outside: steps, searches, tells details.

        path and gradients: as for `svg`.
        """
        return drawn(self, "html", path, gradients=gradients)

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

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[GraphNode]:
        return iter(self.nodes)

    def __repr__(self) -> str:
        return table(self)
