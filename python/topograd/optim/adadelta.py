"""Adadelta: steps scaled by the steps before."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, expect_nonnegative, given


class Adadelta(NativeOptimizer):
    """w ← w - lr d with d = √(u + eps) / √(v + eps) g: steps scaled by the steps before.

    v ← rho v + (1 - rho) g² before, u ← rho u + (1 - rho) d² after d is computed.  The units of a
    step are those of w, so that lr is about 1.  weight_decay: added to the gradient
    as weight_decay w.  maximize: uphill.
    `foreach` and `capturable` are accepted: a step is always one C++ call.
    Raises ValueError for a setting out of range.  Source: Zeiler, 2012.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.Adadelta([w], lr=100.0)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.6838
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "adadelta"
    _essential = ("lr", "rho", "eps", "weight_decay")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(group, ("lr", "learning rate"))
        if not 0.0 <= group["rho"] <= 1.0:
            raise ValueError(f"Invalid rho value: {group['rho']}")
        expect_nonnegative(group, ("eps", "epsilon value"), ("weight_decay", "weight_decay value"))
