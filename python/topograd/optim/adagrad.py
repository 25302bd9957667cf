"""Adagrad: steps scaled by all gradients so far."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import topograd as tg
from topograd.optim.optimizer import NativeOptimizer, expect_nonnegative, given


class Adagrad(NativeOptimizer):
    """s ← s + g²;  w ← w - lr / (1 + (t - 1) lr_decay) g / (√s + eps).

    s begins with initial_accumulator_value, and is there from the beginning.  weight_decay: added
    to the gradient as weight_decay w.  maximize: uphill.
    `foreach` and `fused` are accepted: a step is always one C++ call.
    Raises ValueError for a setting out of range.  Source: Duchi, Hazan and Singer, 2011.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.Adagrad([w], lr=0.5)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "adagrad"
    _essential = ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(
            group,
            ("lr", "learning rate"),
            ("lr_decay", "lr_decay value"),
            ("weight_decay", "weight_decay value"),
            ("initial_accumulator_value", "initial_accumulator_value value"),
            ("eps", "epsilon value"),
        )

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group, with the state that its parameters begin with."""
        super().add_param_group(param_group)
        group = self.param_groups[-1]
        start = float(group["initial_accumulator_value"])
        for parameter in group["params"]:
            total = tg.full_like(parameter.detach().abs(), start)
            if parameter.is_complex():  # which counts as two numbers
                total = tg.complex(total, total)
            self.state[parameter] = {"step": tg.tensor(0.0), "sum": total}
