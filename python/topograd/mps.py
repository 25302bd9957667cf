"""`torch.mps`: there is no GPU of Apple."""

from __future__ import annotations

from topograd._no_gpu import device_count, is_available, manual_seed, refusing

__all__ = [
    "current_allocated_memory",
    "device_count",
    "empty_cache",
    "is_available",
    "manual_seed",
    "synchronize",
]

current_allocated_memory = refusing("mps", "current_allocated_memory")
empty_cache = refusing("mps", "empty_cache")
synchronize = refusing("mps", "synchronize")
