"""Methods of Tensor that step through its graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from topograd._C import Tensor

if TYPE_CHECKING:
    from topograd.graph.stepping import BackwardSteps


def backward_steps(
    self: Tensor, gradient: Tensor | None = None, *, until: Any = None, tree: bool = False
) -> BackwardSteps:
    """The backward pass from this tensor one node at a time: see `Graph.backward_steps`.

    gradient: as in `backward` (default: 1, for a tensor of one element).

    >>> import topograd as tg
    >>> a = tg.tensor(7.0, requires_grad=True)
    >>> b = tg.tensor(3.0, requires_grad=True)
    >>> a.name, b.name = "a", "b"
    >>> e = a * b
    >>> e.name = "e"
    >>> for step in e.backward_steps():
    ...     print(step.node.name, step.gradient.item(), step.rules)
    e 1.0 ['de/da = b', 'de/db = a']
    b 7.0 []
    a 3.0 []
    """
    from topograd.graph.recorded import Graph

    seed: Sequence[Tensor | None] | None = None if gradient is None else [gradient]
    return Graph(self).backward_steps(seed, until=until, tree=tree)


setattr(Tensor, "backward_steps", backward_steps)  # noqa: B010
