"""Adamax: Adam with the largest gradient so far in place of the mean square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, expect_fractions, expect_nonnegative, given


class Adamax(NativeOptimizer):
    """m ← β₁ m + (1 - β₁) g;  u ← max(β₂ u, |g| + eps);  w ← w - lr / (1 - β₁ᵗ) m / u.

    Adam with the infinity norm: steps are at most about lr long.  weight_decay: added to the
    gradient as weight_decay w.  maximize: uphill.
    `foreach` and `capturable` are accepted: a step is always one C++ call.
    Raises ValueError for a setting out of range.  Source: Kingma and Ba, 2014, section 7.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.Adamax([w], lr=0.5)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "adamax"
    _essential = ("lr", "betas", "eps", "weight_decay")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(
            group,
            ("lr", "learning rate"),
            ("eps", "epsilon value"),
        )
        expect_fractions(group, "betas", "beta parameter")
        expect_nonnegative(group, ("weight_decay", "weight_decay value"))
