"""`torch.cuda.amp.autocast`: without a GPU it says so once and does nothing."""

from __future__ import annotations

from topograd import _C
from topograd.amp import autocast_mode
from topograd.amp.autocast_mode import custom_bwd, custom_fwd

__all__ = ["autocast", "custom_bwd", "custom_fwd"]


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
