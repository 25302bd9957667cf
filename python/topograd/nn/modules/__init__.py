"""The layers under the names of PyTorch's folder `torch.nn.modules`."""

from __future__ import annotations

from topograd.nn import batchnorm, conv, lazy, linear
from topograd.nn.modules import module
from topograd.nn.modules.module import Module

__all__ = ["Module", "batchnorm", "conv", "lazy", "linear", "module"]
