"""`topograd.data` under the name that it has in PyTorch: `tg.utils.data`."""

from __future__ import annotations

from topograd.data import *  # noqa: F403
from topograd.data import __all__ as __all__
