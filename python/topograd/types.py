"""Types for annotations, under the names of `torch.types`."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any, TypeAlias

from topograd import _C

__all__ = ["Device", "Number", "Tensor", "device", "dtype"]

Tensor = _C.Tensor
device = _C.device
dtype = _C.dtype
Number: TypeAlias = builtins.int | builtins.float | builtins.bool
Device: TypeAlias = _C.device | str | builtins.int | None
_size: TypeAlias = _C.Size | list[builtins.int] | tuple[builtins.int, ...]
_int = builtins.int
_float = builtins.float
_bool = builtins.bool
_dtype = _C.dtype
_device = _C.device
_TensorOrTensors: TypeAlias = _C.Tensor | Sequence[_C.Tensor]
Storage: TypeAlias = Any
