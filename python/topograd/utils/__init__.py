"""Namespaces that PyTorch has under `torch.utils`."""

from __future__ import annotations

from topograd.utils import _pytree, checkpoint, data, dlpack, hooks

__all__ = ["_pytree", "checkpoint", "data", "dlpack", "hooks"]
