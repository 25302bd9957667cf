"""`topograd.data` under the name that it has in PyTorch: `tg.utils.data`.

>>> from topograd.utils.data.dataset import Dataset
>>> from topograd.utils.data.dataloader import DataLoader
"""

from __future__ import annotations

import sys

from topograd.data import *  # noqa: F403
from topograd.data import __all__ as __all__
from topograd.data import collate, dataset, loader, sampler

# A package in the eyes of Python, whose modules have PyTorch's names.
__path__: list[str] = []
dataloader = loader
_utils = collate

for _name, _module in (
    ("dataset", dataset),
    ("dataloader", dataloader),
    ("sampler", sampler),
    ("_utils", _utils),
):
    sys.modules[f"{__name__}.{_name}"] = _module
del _name, _module
