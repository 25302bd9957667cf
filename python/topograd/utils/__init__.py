"""Namespaces that PyTorch has under `torch.utils`."""

from __future__ import annotations

from topograd.utils import checkpoint, data, tensorboard

__all__ = ["checkpoint", "data", "tensorboard"]
