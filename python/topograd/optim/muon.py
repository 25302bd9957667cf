"""Muon: momentum made orthogonal, for weight matrices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, given

_ADJUSTMENTS = {None: 0, "original": 0, "match_rms_adamw": 1}


class Muon(NativeOptimizer):
    """m ← momentum m + (1 - momentum) g;  w ← w (1 - lr weight_decay) - a lr O(m).

    O(m) is roughly the orthogonal matrix nearest to m (with nesterov, to momentum m + (1 -
    momentum) g): m divided by its norm (at least eps), then ns_steps steps
    x ← a x + (b x xᵀ + c (x xᵀ)²) x with (a, b, c) = ns_coefficients.  The factor a is
    √max(1, rows / columns) for adjust_lr_fn None or "original", 0.2 √max(rows, columns) for
    "match_rms_adamw", which suits learning rates of `AdamW`.

    All is computed in float32, or float64 for such parameters, where PyTorch rounds the matrices to
    bfloat16: the same method, without noise.  Other parameters than matrices of hidden layers are
    for another optimizer.  Raises ValueError for parameters that are no matrices and for settings
    out of range.  Source: Jordan et al., 2024.

    >>> import topograd as tg
    >>> w = tg.zeros(2, 2, requires_grad=True)
    >>> optimizer = tg.optim.Muon([w], lr=0.1, ns_coefficients=(1.5, -0.5, 0.0), ns_steps=20)
    >>> (tg.tensor([[3.0, 0.0], [0.0, 0.5]]) * w).sum().backward()
    >>> optimizer.step()
    >>> [[round(x, 4) + 0.0 for x in row] for row in w.tolist()]
    [[-0.1, 0.0], [0.0, -0.1]]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "muon"
    _essential = ("lr", "weight_decay", "momentum", "ns_coefficients", "eps", "ns_steps")

    def _settings(self, group: dict[str, Any]) -> dict[str, Any]:
        return {**group, "adjust_lr_fn": _ADJUSTMENTS[group["adjust_lr_fn"]]}

    def _check_settings(self, group: dict[str, Any]) -> None:
        for key, name in (
            ("lr", "Learning rate"),
            ("momentum", "momentum"),
            ("weight_decay", "weight decay"),
        ):
            if not group[key] >= 0.0:
                raise ValueError(f"{name} should be >= 0 but is: {group[key]}")
        if group["adjust_lr_fn"] not in _ADJUSTMENTS:
            raise ValueError(
                f"Adjust learning rate function {group['adjust_lr_fn']} is not supported"
            )
        if len(group["ns_coefficients"]) != 3:
            raise ValueError("Coefficients must be a tuple of exactly 3 values")
        if not group["ns_steps"] < 100:
            raise ValueError(f"ns_steps should be < 100 but is: {group['ns_steps']}")
        for parameter in group["params"]:
            if parameter.ndim != 2:
                raise ValueError(
                    "Muon only supports 2D parameters whereas we found a parameter with size: "
                    f"{tuple(parameter.shape)}"
                )
