"""The layers under the names of PyTorch's folder `torch.nn.modules`, for programs that use those.

>>> import topograd as tg
>>> isinstance(tg.nn.BatchNorm2d(3), tg.nn.modules.batchnorm._BatchNorm)
True
"""

from __future__ import annotations

import sys

from topograd.nn import (
    activation,
    batchnorm,
    containers,
    conv,
    dropout,
    embedding,
    lazy,
    linear,
    loss,
    normalization,
    pooling,
)
from topograd.nn.modules import module, utils
from topograd.nn.modules.module import Module

container = containers
sparse = embedding

__all__ = [
    "Module",
    "activation",
    "batchnorm",
    "container",
    "conv",
    "dropout",
    "lazy",
    "linear",
    "loss",
    "module",
    "normalization",
    "pooling",
    "sparse",
    "utils",
]

for _name in __all__:
    if _name not in ("Module", "module", "utils"):
        sys.modules[f"{__name__}.{_name}"] = globals()[_name]
del _name
