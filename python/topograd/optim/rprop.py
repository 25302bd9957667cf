"""Rprop: steps whose length depends on signs alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, expect_nonnegative, given


class Rprop(NativeOptimizer):
    """Each element has a step length, which grows while its gradient keeps its sign.

    s ← min(max(s f, step_sizes[0]), step_sizes[1]), where f is etas[1] if g has the sign of the
    gradient before, etas[0] if it has the other, else 1;  w ← w - s sign(g), but an element whose
    sign changed rests for one step.  s begins with lr.  For whole batches: the signs should not be
    those of noise.  maximize: uphill.
    `foreach` and `capturable` are accepted: a step is always one C++ call.
    Raises ValueError for a setting out of range.  Source: Riedmiller and Braun, 1993.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.Rprop([w], lr=0.25)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.75
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "rprop"
    _essential = ("lr", "etas", "step_sizes")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(group, ("lr", "learning rate"))
        low, high = group["etas"]
        if not 0.0 < low < 1.0 < high:
            raise ValueError(f"Invalid eta values: {low}, {high}")
