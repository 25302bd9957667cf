"""Training a model in one call: `tg.fit`, and what it returns."""

from __future__ import annotations

from topograd.training.history import History
from topograd.training.loop import fit

__all__ = ["History", "fit"]
