"""Selection by order, statistics, differences and integrals, by plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

ORDER: dict[str, Callable[..., Any]] = {}
