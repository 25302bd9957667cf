"""The recorded computation behind tensors: to look at, to run again, to see every gradient in."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from topograd import _C
from topograd._C import Tensor
from topograd.graph.recorded import Graph, GraphNode
from topograd.picture.methods import named_graph

__all__ = ["Graph", "GraphNode", "everything_recorded", "graph"]


@contextmanager
def everything_recorded(tensors: Iterable[Tensor] = ()) -> Iterator[None]:
    """Also records integers, comparisons and what happens under no_grad(), for who follows values.

    tensors: are leaves of the graph within the block, whether they require gradients or not.  What
    was recorded can be looked at but has no gradients.

    >>> import topograd as tg
    >>> from topograd.graph import everything_recorded
    >>> ids = tg.tensor([3, 4])
    >>> with everything_recorded([ids]):
    ...     print([node.op for node in tg.graph(ids % 2 == 0)])
    ['leaf', 'remainder', 'eq']
    """
    fresh = [one for one in tensors if not one.requires_grad]
    before = None
    try:
        for one in fresh:
            _C.follow(one)
        before = _C.set_everything(True), _C.set_recording(True)
        yield
    finally:
        if before is not None:
            _C.set_everything(before[0])
            _C.set_recording(before[1])
        for one in fresh:
            one.requires_grad_(False)


def graph(*outputs: Tensor) -> Graph:
    """The recorded computation behind one or more tensors.

    Raises RuntimeError when nothing was recorded for a tensor.

    >>> import topograd as tg
    >>> a = tg.tensor(7.0, requires_grad=True)
    >>> b = tg.tensor(3.0, requires_grad=True)
    >>> a.name, b.name = "a", "b"
    >>> [node.op for node in tg.graph((a + b) * b)]
    ['leaf', 'leaf', 'add', 'mul']
    """
    return named_graph(outputs, sys._getframe(1))


def _graph_of_tensor(self: Tensor) -> Graph:
    """The recorded computation behind this tensor, with the names of the caller's variables.

    Raises RuntimeError when nothing was recorded for it.

    >>> import topograd as tg
    >>> a = tg.tensor(2.0, requires_grad=True)
    >>> len((a * a).graph())
    2
    """
    return named_graph((self,), sys._getframe(1))


_graph_of_tensor.__name__ = "graph"
Tensor.graph = _graph_of_tensor  # type: ignore[method-assign]
