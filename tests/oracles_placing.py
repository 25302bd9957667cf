"""Stacking, splitting, turning, writing at indices, and search, by plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

PLACING: dict[str, Callable[..., Any]] = {}
