"""RAdam: Adam whose first steps do not trust the variance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, expect_fractions, expect_nonnegative, given


class RAdam(NativeOptimizer):
    """Adam with the variance of its scale rectified: w ← w - lr r m̂ / (√v̂ + eps).

    r = √((ρₜ - 4)(ρₜ - 2) ρ / ((ρ - 4)(ρ - 2) ρₜ)) with ρ = 2 / (1 - β₂) - 1 and
    ρₜ = ρ - 2 t β₂ᵗ / (1 - β₂ᵗ), the length of the average.  While ρₜ ≤ 5 the step is w ← w - lr m̂.
    In √v̂ + eps, eps is added to √v before the bias is undone, as in PyTorch.  weight_decay: added
    to the gradient as weight_decay w, or, with decoupled_weight_decay, w ← w - lr weight_decay w
    before the step.  maximize: uphill.
    `foreach` and `capturable` are accepted: a step is always one C++ call.
    Raises ValueError for a setting out of range.  Source: Liu et al., 2019.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.RAdam([w], lr=0.25)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.5
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "radam"
    _essential = ("lr", "betas", "eps", "weight_decay")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(
            group,
            ("lr", "learning rate"),
            ("eps", "epsilon value"),
        )
        expect_fractions(group, "betas", "beta parameter")
        expect_nonnegative(group, ("weight_decay", "weight_decay value"))
