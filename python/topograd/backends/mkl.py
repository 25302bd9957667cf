"""Intel's MKL: absent, products are topograd's own."""

from __future__ import annotations


def is_available() -> bool:
    """False."""
    return False
