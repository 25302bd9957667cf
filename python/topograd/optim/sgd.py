"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import (
    NativeOptimizer,
    expect_nonnegative,
    given,
)


class SGD(NativeOptimizer):
    """g ← ∇ + weight_decay w;  v ← momentum v + (1 - dampening) g;  w ← w - lr v.

    Without momentum w ← w - lr g.  nesterov: w ← w - lr (g + momentum v).  maximize: uphill.  The
    first v is g itself.  `foreach` and `fused` are accepted: a step is always one C++ call. Raises
    ValueError for a negative setting, or nesterov without momentum or with dampening.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.SGD([w], lr=0.25)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> w.tolist()
    [0.5]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "sgd"
    _essential = ("lr", "momentum", "dampening", "weight_decay")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(
            group,
            ("lr", "learning rate"),
            ("momentum", "momentum value"),
            ("weight_decay", "weight_decay value"),
        )
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
