"""OpenMP: absent, there is one pool of threads."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False
