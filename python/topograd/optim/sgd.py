"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from topograd.optim.optimizer import (
    NativeOptimizer,
    evaluate,
    expect_nonnegative,
    refuse_differentiable,
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
        refuse_differentiable(differentiable)
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "dampening": dampening,
            "weight_decay": weight_decay,
            "nesterov": nesterov,
            "maximize": maximize,
            "foreach": foreach,
            "differentiable": differentiable,
            "fused": fused,
        }
        super().__init__(params, defaults)

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

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Changes every parameter that has a gradient; returns what `closure` returns, if given."""
        loss = None if closure is None else evaluate(closure)
        groups = self.param_groups
        for group, native in zip(groups, self.state.follow(groups), strict=True):
            native.sgd(
                group["lr"],
                group["momentum"],
                group["dampening"],
                group["weight_decay"],
                group["nesterov"],
                group["maximize"],
            )
        return loss
