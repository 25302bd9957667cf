"""Namespaces that PyTorch has under `torch.utils`."""

from __future__ import annotations

from topograd.utils import data

__all__ = ["data"]
