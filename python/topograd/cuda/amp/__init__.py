"""`torch.cuda.amp`: without a GPU, autocast and GradScaler say so once and pass through."""

from __future__ import annotations

from topograd.cuda.amp.autocast_mode import autocast, custom_bwd, custom_fwd
from topograd.cuda.amp.grad_scaler import GradScaler

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd"]
