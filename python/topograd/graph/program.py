"""Static graphs: built from placeholders without values, then run, differentiated and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor

if TYPE_CHECKING:
    from topograd.graph.recorded import Graph

__all__ = ["gradients", "load_graph", "placeholder", "run"]


def placeholder(
    name: str, shape: Sequence[int | None] = (), dtype: _C.dtype | None = None
) -> Tensor:
    """An input of a static graph: a tensor with a name, a shape and a dtype, but without values.

    What is computed from it has none either: calls are recorded, whatever their dtype, and
    ``tg.graph(...)`` of the results is a program.  shape: None leaves a size open; the first None
    of a shape is the same size in all placeholders (the batch), the second another, up to four.
    dtype: default that of tg.tensor(0.0).

    To find the shape of a result, the op is run once on ones (integers: zeros), and what came out
    is let go of.  An open size then is 509 (521, 523, 541), which is what ``x.shape`` shows and
    what later runs replace wherever it is a factor of a size or of a number: count on nothing else
    in Python, and write no such numbers of your own.  Such a graph has no gradients: their rules
    depend on sizes, so give numbers where you differentiate.

    Python can't look at a value: ``if``, ``item()``, ``numpy()`` raise RuntimeError (use tg.where).
    In-place calls, ``detach()`` and ``no_grad()`` raise RuntimeError, too, as do random or other
    calls that change tensors, such as batch_norm in training mode.

    Raises TypeError for a name that is no text, ValueError for an empty one or a bad shape.

    >>> import topograd as tg
    >>> x, w = tg.placeholder("x", (None, 3)), tg.placeholder("w", (3,))
    >>> g = tg.graph((x @ w).exp())
    >>> g.run({"x": tg.zeros(2, 3), "w": tg.ones(3)})
    tensor([1., 1.])
    >>> g.run({"x": tg.zeros(1, 3), "w": [1, 2, 3]})
    tensor([1.])
    """
    if not isinstance(name, str):
        raise TypeError(f"placeholder: a name is a str, got {type(name).__name__}")
    if not name:
        raise ValueError("placeholder: the name is empty")
    sizes: list[int] = []
    free = list(_C.open_sizes)
    for size in (shape,) if isinstance(shape, int) else shape:
        if size is None and not free:
            raise ValueError(f"placeholder: '{name}' has more than 4 open sizes: {tuple(shape)}")
        if size is not None and (isinstance(size, bool) or not hasattr(size, "__index__")):
            raise TypeError(
                f"placeholder: a size is an int or None, got {type(size).__name__} for '{name}'"
            )
        if size is not None and size < 0:
            raise ValueError(f"placeholder: '{name}' has a negative size: {tuple(shape)}")
        sizes.append(free.pop(0) if size is None else int(size))
    kind = tg.get_default_dtype() if dtype is None else dtype
    if not isinstance(kind, _C.dtype):
        raise TypeError(f"placeholder: dtype is a tg.dtype, got {type(kind).__name__}")
    return _C.placeholder(name, sizes, kind)


def _category(dtype: _C.dtype) -> int:
    if dtype == tg.bool:
        return 0
    return 3 if dtype.is_complex else 2 if dtype.is_floating_point else 1


def _value(label: str, dtype: _C.dtype, value: Any) -> Tensor:
    """A tensor of that dtype from what was given for a node; tensors keep theirs."""
    if isinstance(value, Tensor):
        return value
    try:
        made = tg.as_tensor(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise TypeError(
            f"run: '{label}' takes a tensor, an array or numbers, got {type(value).__name__}: "
            f"{error}"
        ) from None
    if _category(made.dtype) > _category(dtype):
        raise TypeError(f"run: '{label}' has dtype {dtype}, its value {made.dtype}")
    return made.to(dtype)


def run(graph: Graph, given: Mapping[str | Tensor, Any] | None) -> Tensor | list[Tensor]:
    """The body of Graph.run."""
    values: dict[int, Tensor] = {}
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"run: expects names and values, got {type(given).__name__}")
    for which, value in (given or {}).items():
        if isinstance(which, str) and which in graph._unused:
            continue
        index = graph._core.input(which) if isinstance(which, str) else graph.node(which).index
        if isinstance(value, Tensor):
            values[index] = value
        else:
            node = graph.nodes[index]
            values[index] = _value(node.label, node.dtype, value)
    results: list[Tensor] = graph._core.run(values)
    return results[0] if len(results) == 1 else results


def gradients(
    graph: Graph,
    output: str | Tensor | None,
    inputs: str | Tensor | Sequence[str | Tensor],
    value: bool,
) -> Graph:
    """The body of Graph.gradients."""
    from topograd.graph import graph as graph_of

    def tensor_of(which: str | Tensor) -> Tensor:
        return which if isinstance(which, Tensor) else _named(graph, which)

    if output is None and len(graph._tensors) != 1:
        raise ValueError(f"gradients: name one of the {len(graph._tensors)} outputs")
    y = graph._tensors[0] if output is None else tensor_of(output)
    several = [inputs] if isinstance(inputs, (str, Tensor)) else inputs
    wanted = [tensor_of(which) for which in several]
    if not wanted:
        raise ValueError("gradients: expects at least one input")
    # A leaf, so that what follows from it alone is recorded and not computed here.
    seed = tg.ones(tuple(y.shape), dtype=y.dtype, requires_grad=True)
    found: Sequence[Tensor | None] = tg.autograd.grad(
        y, wanted, seed, create_graph=True, allow_unused=True
    )
    results = [
        tg.zeros(tuple(x.shape), dtype=x.dtype) * seed.sum() if gradient is None else gradient
        for x, gradient in zip(wanted, found, strict=True)
    ]
    derived = graph_of(*([y] if value else []), *results)
    # The derivative of a linear function does not read its input, which may be given all the same.
    names = {node.name for node in graph.inputs} | {x.name for x in wanted} | graph._unused
    derived._unused = frozenset(
        str(name) for name in names - {node.name for node in derived.inputs} if name
    )
    return derived


def _named(graph: Graph, name: str) -> Tensor:
    found: Tensor = graph._core.tensor(graph.node(name).index)
    return found


def load_graph(path: str) -> Graph:
    """A graph that ``Graph.save`` wrote, also ``Graph.load``.

    Nothing in the file is executed: calls are rebuilt from the ops of topograd, and checked.
    Raises ValueError for a damaged file or one of another kind, OSError where it can't be read.
    """
    from topograd.graph.recorded import Graph

    with open(path, "rb"):  # with the system's own error where it can't be read
        pass
    return Graph(*_C.Graph.load(path).tensors())
