"""NAdam: Adam with Nesterov momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, expect_fractions, expect_nonnegative, given


class NAdam(NativeOptimizer):
    """Adam whose step looks ahead, as Nesterov's momentum does.

    μₜ = β₁ (1 - 0.96^(t momentum_decay) / 2);  m and v as in `Adam`;
    w ← w - lr ((1 - μₜ) g / (1 - Πμ) + μₜ₊₁ m / (1 - Πμ μₜ₊₁)) / (√v̂ + eps), with Πμ the product of
    all μ up to t.  weight_decay: added to the gradient as weight_decay w, or, with
    decoupled_weight_decay, w ← w - lr weight_decay w before the step.  maximize: uphill.
    `foreach` and `capturable` are accepted: a step is always one C++ call.
    Raises ValueError for a setting out of range.  Source: Dozat, 2016.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.NAdam([w], lr=0.5)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.4718
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "nadam"
    _essential = ("lr", "betas", "eps", "weight_decay", "momentum_decay")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(
            group,
            ("lr", "learning rate"),
            ("eps", "epsilon value"),
        )
        expect_fractions(group, "betas", "beta parameter")
        expect_nonnegative(
            group,
            ("weight_decay", "weight_decay value"),
            ("momentum_decay", "momentum_decay value"),
        )
