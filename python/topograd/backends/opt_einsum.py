"""opt_einsum: absent, einsum orders its products by itself; its switches can be set and read."""

from __future__ import annotations

enabled = True
strategy: str | None = "auto"


def is_available() -> bool:
    """False."""
    return False


def get_opt_einsum() -> None:
    """None."""
