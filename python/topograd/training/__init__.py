"""Training a model in one call: `tg.fit`, and what it returns."""

from __future__ import annotations

from topograd.training.fit import fit
from topograd.training.history import History

__all__ = ["History", "fit"]
