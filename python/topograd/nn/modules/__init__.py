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
    class_heads,
    containers,
    conv,
    distance,
    dropout,
    embedding,
    instancenorm,
    lazy,
    linear,
    loss,
    normalization,
    padding,
    pooling,
    resizing,
    rnn,
    transformer,
)
from topograd.nn.modules import module, utils
from topograd.nn.modules.module import Module

adaptive = class_heads
container = containers
flatten = linear
sparse = embedding
# The images that change their size are in one module here.
channelshuffle = fold = pixelshuffle = upsampling = resizing

__all__ = [
    "Module",
    "activation",
    "adaptive",
    "batchnorm",
    "channelshuffle",
    "container",
    "conv",
    "distance",
    "dropout",
    "flatten",
    "fold",
    "instancenorm",
    "lazy",
    "linear",
    "loss",
    "module",
    "normalization",
    "padding",
    "pixelshuffle",
    "pooling",
    "rnn",
    "sparse",
    "transformer",
    "upsampling",
    "utils",
]

for _name in __all__:
    if _name not in ("Module", "module", "utils"):
        sys.modules[f"{__name__}.{_name}"] = globals()[_name]
del _name
