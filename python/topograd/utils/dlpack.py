"""DLPack under the names of `torch.utils.dlpack`.

>>> import topograd as tg
>>> from topograd.utils.dlpack import from_dlpack, to_dlpack
>>> from_dlpack(to_dlpack(tg.ones(2)))
tensor([1., 1.])
"""

from __future__ import annotations

from typing import Any

from topograd._C import Tensor
from topograd._functions import from_dlpack

__all__ = ["from_dlpack", "to_dlpack"]


def to_dlpack(tensor: Tensor) -> Any:
    """The memory of a tensor as a capsule for another library."""
    return tensor.__dlpack__()
