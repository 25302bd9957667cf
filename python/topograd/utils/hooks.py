"""The handle that removes a hook, under the name of `torch.utils.hooks`."""

from __future__ import annotations

from topograd.nn.hooks import RemovableHandle

__all__ = ["RemovableHandle"]
