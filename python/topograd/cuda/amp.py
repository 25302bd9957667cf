"""`torch.cuda.amp`: without a GPU, autocast and GradScaler say so once and pass through."""

from __future__ import annotations

import sys
from typing import Any

from topograd import _C
from topograd.amp import autocast_mode, grad_scaler
from topograd.amp.autocast_mode import custom_bwd, custom_fwd

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]

for _module in (autocast_mode, grad_scaler):
    sys.modules[f"{__name__}.{_module.__name__.rpartition('.')[2]}"] = _module


class autocast(autocast_mode.autocast):
    """`amp.autocast("cuda")`: warns that there is no GPU and does nothing.

    >>> import topograd as tg
    >>> with tg.cuda.amp.autocast(enabled=False):
    ...     (tg.ones(1, 1) @ tg.ones(1, 1)).dtype
    topograd.float32
    """

    __slots__ = ()

    def __init__(
        self,
        enabled: bool = True,
        dtype: _C.dtype | None = None,
        cache_enabled: bool = True,
    ) -> None:
        super().__init__("cuda", dtype, enabled, cache_enabled)


class GradScaler(grad_scaler.GradScaler):
    """`amp.GradScaler("cuda")`: warns that there is no GPU and passes everything through.

    >>> import topograd as tg
    >>> tg.cuda.amp.GradScaler(enabled=False).is_enabled()
    False
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("cuda", *args, **kwargs)
