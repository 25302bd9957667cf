"""Adam and AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import (
    NativeOptimizer,
    expect_fractions,
    expect_nonnegative,
    given,
)


class Adam(NativeOptimizer):
    """m ← β₁ m + (1 - β₁) g;  v ← β₂ v + (1 - β₂) g²;  w ← w - lr m̂ / (√v̂ + eps).

    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) undo the bias of starting at zero.  weight_decay:
    added to the gradient as weight_decay w, or, with decoupled_weight_decay, w ← w - lr
    weight_decay w before the step. amsgrad: v̂ is the largest so far.  maximize: uphill.
    `foreach`, `fused` and `capturable` are accepted: a step is always one C++ call.  Raises
    ValueError for a setting out of range. Source: Kingma and Ba, 2014.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.Adam([w], lr=0.5)
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
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "adam"
    _essential = ("lr", "betas", "eps", "weight_decay")

    def _check_settings(self, group: dict[str, Any]) -> None:
        expect_nonnegative(group, ("lr", "learning rate"), ("eps", "epsilon value"))
        expect_fractions(group, "betas", "beta parameter")
        expect_nonnegative(group, ("weight_decay", "weight_decay value"))


class AdamW(Adam):
    """Adam with decoupled weight decay: w ← w - lr weight_decay w before each step.

    weight_decay: 0.01 by default; all else as for `Adam`.
    Source: Loshchilov and Hutter, 2017.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = tg.optim.AdamW([w], lr=0.5)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> round(w.item(), 4)
    0.495
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params,
            lr,
            betas,
            eps,
            weight_decay,
            amsgrad,
            foreach=foreach,
            maximize=maximize,
            capturable=capturable,
            differentiable=differentiable,
            fused=fused,
            decoupled_weight_decay=True,
        )
