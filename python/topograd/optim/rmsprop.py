"""RMSprop: steps scaled by a mean of squares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, expect_nonnegative, given


class RMSprop(NativeOptimizer):
    """v ← alpha v + (1 - alpha) g²;  w ← w - lr g / (√v + eps).

    centered: v - m² in place of v, with the mean m ← alpha m + (1 - alpha) g.  momentum: what is
    subtracted is lr b with b ← momentum b + g / (√v + eps).  weight_decay: added to the gradient as
    weight_decay w.  maximize: uphill.
    `foreach` and `capturable` are accepted: a step is always one C++ call.
    Raises ValueError for a setting out of range.  Source: Tieleman and Hinton, 2012; centered:
    Graves, 2013.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.RMSprop([w], lr=0.05)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "rmsprop"
    _essential = ("lr", "alpha", "eps", "weight_decay", "momentum")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(
            group,
            ("lr", "learning rate"),
            ("eps", "epsilon value"),
            ("momentum", "momentum value"),
            ("weight_decay", "weight_decay value"),
            ("alpha", "alpha value"),
        )
