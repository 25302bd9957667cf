"""Namespaces that PyTorch has under `torch.utils`."""

from __future__ import annotations

from topograd.utils import checkpoint, data

__all__ = ["checkpoint", "data"]

from topograd.utils import _pytree, dlpack, hooks

__all__ += ["_pytree", "dlpack", "hooks"]
