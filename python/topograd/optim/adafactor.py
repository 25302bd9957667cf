"""Adafactor: adaptive steps with a state that is smaller than the parameters."""

from __future__ import annotations

from collections.abc import Iterable
from math import nan
from typing import Any

from topograd.optim.optimizer import NativeOptimizer, given


class Adafactor(NativeOptimizer):
    """w ← w - a u / max(1, rms(u) / d) with u = g / √v, where v has a row and a column of state.

    a = max(eps[1], rms(w)) min(lr, 1 / √t).  For parameters of two or more dims, v = r c / mean(r)
    is made from means of g² along the last dim (r) and the one before (c); for others v is kept.
    Means are averaged over the steps: r ← r + t^beta2_decay (mean(g²) - r).  eps[0]: the least √v
    and mean(r); None: the precision of the dtype.  weight_decay: w ← w - lr weight_decay w before
    the step.  maximize: uphill.  `foreach` is accepted: a step is always one C++ call.

    Raises ValueError for a setting out of range, TypeError for complex parameters.  Source: Shazeer
    and Stern, 2018.

    >>> import topograd as tg
    >>> w = tg.ones(2, 3, requires_grad=True)
    >>> optimizer = tg.optim.Adafactor([w], lr=0.5)
    >>> (2 * w).sum().backward()
    >>> optimizer.step()
    >>> w[0].tolist()
    [0.5, 0.5, 0.5]
    >>> {name: tuple(x.shape) for name, x in optimizer.state[w].items()}
    {'col_var': (1, 3), 'row_var': (2, 1), 'step': ()}
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, given(locals()))

    _rule = "adafactor"
    _essential = ("lr", "beta2_decay", "d", "weight_decay")

    def _settings(self, group: dict[str, Any]) -> dict[str, Any]:
        least, least_scale = group["eps"]
        return {**group, "eps": (nan if least is None else least, least_scale)}

    def _check_settings(self, group: dict[str, Any]) -> None:
        least, least_scale = group["eps"]
        for name, value, fits, relation in (
            ("Learning rate", group["lr"], group["lr"] >= 0.0, ">= 0"),
            ("beta2_decay", group["beta2_decay"], group["beta2_decay"] <= 0.0, "<= 0"),
            ("epsilon1", least, least is None or least >= 0.0, ">= 0"),
            ("epsilon2", least_scale, least_scale >= 0.0, ">= 0"),
            ("Clipping threshold d", group["d"], group["d"] >= 1.0, ">= 1"),
            ("weight_decay", group["weight_decay"], group["weight_decay"] >= 0.0, ">= 0"),
        ):
            if not fits:
                raise ValueError(f"{name} should be {relation} but is: {value}")
