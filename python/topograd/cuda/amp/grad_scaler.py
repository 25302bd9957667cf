"""`torch.cuda.amp.GradScaler`: without a GPU it says so once and passes everything through."""

from __future__ import annotations

from typing import Any

from topograd.amp import grad_scaler

__all__ = ["GradScaler"]


class GradScaler(grad_scaler.GradScaler):
    """`amp.GradScaler("cuda")`: warns that there is no GPU and passes everything through.

    >>> import topograd as tg
    >>> tg.cuda.amp.GradScaler(enabled=False).is_enabled()
    False
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("cuda", *args, **kwargs)
