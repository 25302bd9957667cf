"""ASGD: gradient descent that averages where it has been."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, expect_nonnegative, given


class ASGD(NativeOptimizer):
    """w ← w (1 - lambd η) - η g;  ax ← ax + μ (w - ax), with η = lr / (1 + lambd lr t)^alpha.

    μ = 1 / max(1, t - t0): "ax" in the state is w until step t0, and then the mean of all w since.
    weight_decay: added to the gradient as weight_decay w.  maximize: uphill.
    `foreach` and `capturable` are accepted: a step is always one C++ call.
    Raises ValueError for a setting out of range.  Source: Polyak and Juditsky, 1992.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.ASGD([w], lr=0.25)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "asgd"
    _essential = ("lr", "lambd", "alpha", "t0", "weight_decay")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(
            group,
            ("lr", "learning rate"),
            ("weight_decay", "weight_decay value"),
        )
