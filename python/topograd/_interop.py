"""Arrays of other libraries as tensors."""

from __future__ import annotations

from typing import Any

from topograd import _C
from topograd._C import Tensor


def from_array(source: Any) -> Tensor:
    """A tensor on the values of an array-like object: its memory where possible, else a copy.

    >>> import numpy as np
    >>> from topograd._interop import from_array
    >>> from_array(np.arange(3)[::-1])
    tensor([2, 1, 0])
    """
    import numpy as np

    array = np.asarray(source)
    if array.dtype.byteorder == (">" if np.little_endian else "<"):
        array = array.astype(array.dtype.newbyteorder("="))
    if array.dtype == np.dtype(object):
        raise TypeError(
            f"tensor: can not make numbers of an array of objects (from {type(source).__name__})"
        )
    if array.dtype in (np.uint16, np.uint32, np.uint64):
        raise TypeError(
            f"tensor: there is no dtype for {array.dtype}; convert the array to int64 first"
        )
    if array.dtype.kind not in "biufc":
        raise TypeError(f"tensor: there is no dtype for arrays of {array.dtype}")
    if any(stride < 0 for stride in array.strides) or not array.flags.aligned:
        array = array.copy()
    return _C.from_buffer(array)
