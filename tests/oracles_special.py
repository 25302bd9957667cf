"""Special functions, whole numbers and products, by plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

SPECIAL: dict[str, Callable[..., Any]] = {}
