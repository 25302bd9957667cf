"""GradScaler: losses are scaled up so that small gradients survive in half precision."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from math import inf, isfinite
from typing import Any

from topograd import _C
from topograd._C import Tensor

_READY, _UNSCALED, _STEPPED = "ready", "unscaled", "stepped"


class GradScaler:
    """Scales losses, takes the scale out of gradients, and skips steps whose gradients overflow.

    device: 'cpu'; another one warns and disables, as PyTorch does without a GPU.  init_scale: the
    first scale.  After growth_interval steps in a row without an overflow the scale is multiplied
    by growth_factor, after an overflow by backoff_factor.  enabled=False: all is passed through.
    In half precision with bfloat16 no scaling is needed; with float16 it is.

    >>> import topograd as tg
    >>> model = tg.nn.Linear(2, 1)
    >>> optimizer = tg.optim.SGD(model.parameters(), lr=0.1)
    >>> scaler = tg.amp.GradScaler("cpu", init_scale=8.0, growth_interval=1)
    >>> loss = model(tg.ones(1, 2)).sum()
    >>> scaler.scale(loss).backward()
    >>> model.bias.grad
    tensor([8.])
    >>> scaler.step(optimizer)
    >>> model.bias.grad
    tensor([1.])
    >>> scaler.update()
    >>> scaler.get_scale()
    16.0
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = str(device)
        self._enabled = bool(enabled)
        if self._enabled and _C.device(self._device).type != "cpu":
            warnings.warn(
                f"GradScaler is disabled: there is no {device} device", UserWarning, stacklevel=2
            )
            self._enabled = False
        if self._enabled and not growth_factor > 1.0:
            raise AssertionError("GradScaler: the growth factor must be > 1.0")
        if self._enabled and not backoff_factor < 1.0:
            raise AssertionError("GradScaler: the backoff factor must be < 1.0")
        self._scale = float(init_scale)
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._growth_tracker = 0
        # Per optimizer, since the last update: what was done, and whether a gradient overflowed.
        self._stages: dict[int, str] = {}
        self._overflows: dict[int, bool] = {}

    def scale(self, outputs: Any) -> Any:
        """A tensor, or all tensors of lists and tuples, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, Iterable) and not isinstance(outputs, (str, bytes, dict)):
            scaled = [self.scale(one) for one in outputs]
            if isinstance(outputs, tuple) and hasattr(outputs, "_fields"):
                return type(outputs)(*scaled)
            return type(outputs)(scaled) if isinstance(outputs, (list, tuple)) else scaled
        kind = type(outputs).__name__
        raise ValueError(f"scale: outputs must be a tensor or an iterable of tensors, got {kind}")

    def unscale_(self, optimizer: Any) -> None:
        """Divides the gradients of an optimizer's parameters by the scale, in place.

        Raises RuntimeError the second time since the last update, and after `step`; ValueError for
        gradients in float16.
        """
        if not self._enabled:
            return
        stage = self._stages.get(id(optimizer), _READY)
        if stage == _UNSCALED:
            raise RuntimeError(
                "unscale_() has already been called on this optimizer since the last update()."
            )
        if stage == _STEPPED:
            raise RuntimeError("unscale_() is being called after step().")
        gradients = [
            parameter.grad
            for group in optimizer.param_groups
            for parameter in group["params"]
            if parameter.grad is not None
        ]
        if any(gradient.dtype == _C.float16 for gradient in gradients):
            raise ValueError("Attempting to unscale FP16 gradients.")
        # The factor in double precision, rounded once.
        factor = 1.0 / self._scale if self._scale else inf
        overflow = not all(bool(_C.functions["isfinite"](g).all()) for g in gradients)
        if gradients:
            with_factor = [gradient.detach() for gradient in gradients]
            _C.scale_(with_factor, factor)
            self._overflows[id(optimizer)] = overflow
        self._stages[id(optimizer)] = _UNSCALED

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> float | None:
        """optimizer.step(*args) unless a gradient is infinite or NaN; calls `unscale_` if need be.

        Returns what the optimizer returned, None for a step that was left out.  Raises RuntimeError
        for a closure and for a second step before `update`, AssertionError without gradients.
        """
        if not self._enabled:
            result: float | None = optimizer.step(*args, **kwargs)
            return result
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        stage = self._stages.get(id(optimizer), _READY)
        if stage == _STEPPED:
            raise RuntimeError("step() has already been called since the last update().")
        if stage == _READY:
            self.unscale_(optimizer)
        if id(optimizer) not in self._overflows:
            raise AssertionError(
                "GradScaler.step: No inf checks were recorded for this optimizer. It expects that "
                "some of the optimizer's parameters have a gradient: was scaler.scale(loss)"
                ".backward() called?"
            )
        self._stages[id(optimizer)] = _STEPPED
        if self._overflows[id(optimizer)]:
            return None
        returned: float | None = optimizer.step(*args, **kwargs)
        return returned

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Lets the scale grow or shrink by what the steps met, or sets it to new_scale.

        Raises AssertionError when no step was made since the last update.
        """
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not self._overflows:
            raise AssertionError(
                "GradScaler.update: No inf checks were recorded prior to update. It expects that "
                "scaler.step(optimizer), or unscale_, was called since the last update"
            )
        elif any(self._overflows.values()):
            self._scale *= self._backoff_factor
            self._growth_tracker = 0
        else:
            self._growth_tracker += 1
            if self._growth_tracker == self._growth_interval:
                grown = self._scale * self._growth_factor
                # Kept where it would leave the range of float32.
                self._scale = grown if isfinite(grown) and grown < 3.4e38 else self._scale
                self._growth_tracker = 0
        self._stages.clear()
        self._overflows.clear()

    def get_scale(self) -> float:
        """The scale; 1.0 when disabled."""
        return self._scale if self._enabled else 1.0

    def get_growth_factor(self) -> float:
        """What the scale is multiplied by when it grows."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Sets what the scale is multiplied by when it grows."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What the scale is multiplied by after an overflow."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Sets what the scale is multiplied by after an overflow."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """After how many steps without an overflow the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Sets after how many steps without an overflow the scale grows."""
        self._growth_interval = new_interval

    def is_enabled(self) -> bool:
        """Whether it does anything."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """Scale, factors, interval and the steps since the scale changed; {} when disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale,
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a state; nothing when disabled.  Raises RuntimeError for an empty one."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled "
                "instance of GradScaler."
            )
        self._scale = float(state_dict["scale"])
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = state_dict["_growth_tracker"]
