"""`torch.xpu`: there is no GPU of Intel."""

from __future__ import annotations

from topograd._no_gpu import device_count, is_available, manual_seed, refusing

__all__ = [
    "current_allocated_memory",
    "device_count",
    "empty_cache",
    "is_available",
    "manual_seed",
    "manual_seed_all",
    "synchronize",
]

manual_seed_all = manual_seed
current_allocated_memory = refusing("xpu", "current_allocated_memory")
empty_cache = refusing("xpu", "empty_cache")
synchronize = refusing("xpu", "synchronize")
