"""Automatic mixed precision: autocast, and the scaling of losses."""

from __future__ import annotations

from topograd.amp import autocast_mode, grad_scaler
from topograd.amp.autocast_mode import (
    autocast,
    custom_bwd,
    custom_fwd,
    is_autocast_available,
)
from topograd.amp.grad_scaler import GradScaler

__all__ = [
    "GradScaler",
    "autocast",
    "autocast_mode",
    "custom_bwd",
    "custom_fwd",
    "grad_scaler",
    "is_autocast_available",
]
