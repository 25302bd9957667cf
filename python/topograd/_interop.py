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


def frombuffer(
    buffer: Any,
    *,
    dtype: _C.dtype,
    count: int = -1,
    offset: int = 0,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor with one dim over the memory of an object with a buffer, read as a dtype.

    count: how many elements (default -1: all that fit whole).  offset: the bytes to leave out in
    front.  Memory that can not be written gives a tensor that refuses to be changed.  Raises
    ValueError where the buffer is too short, or its length no multiple of an element.

    >>> import topograd as tg
    >>> tg.frombuffer(bytearray([1, 0, 2, 0]), dtype=tg.int16)
    tensor([1, 2], dtype=topograd.int16)
    """
    import numpy as np

    if not isinstance(dtype, _C.dtype):
        raise TypeError(f"frombuffer: expects a dtype, got {type(dtype).__name__}")
    length = memoryview(buffer).nbytes
    size = dtype.itemsize
    if not 0 <= offset <= length or count < -1:
        raise ValueError(
            f"frombuffer: expects an offset in 0...{length} and a count of -1 or more, "
            f"got {offset} and {count}"
        )
    if count == -1 and (length - offset) % size:
        raise ValueError(
            f"frombuffer: {length - offset} bytes are no multiple of the {size} of an element"
        )
    if count != -1 and offset + count * size > length:
        raise ValueError(
            f"frombuffer: {count} elements of {size} bytes from {offset} on need more than the "
            f"{length} bytes of the buffer"
        )
    name = repr(dtype).rpartition(".")[2]
    read_as = "int16" if dtype == _C.bfloat16 else name
    array = np.frombuffer(buffer, dtype=read_as, count=count, offset=offset)
    result = _C.from_buffer(array if array.flags.aligned else array.copy())
    result = result.view(dtype) if dtype == _C.bfloat16 else result
    return result.requires_grad_() if requires_grad else result
