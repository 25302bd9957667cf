"""NumPy's .npy and .npz files, and the few parts of arrays that other formats contain.

Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import topograd as tg
from topograd._C import Tensor
from topograd.serialization._sinks import Piece
from topograd.serialization._sources import Source
from topograd.serialization._zip import Archive
from topograd.serialization._zip import pieces as zip_pieces

if TYPE_CHECKING:
    import numpy as np

MAGIC = b"\x93NUMPY"
MOST_HEADER_BYTES = 10_000  # NumPy's own limit
_HEADER = re.compile(
    r"\{'descr': *'(?P<descr>[^'\\]{1,32})', *'fortran_order': *(?P<fortran>True|False), *"
    r"'shape': *\((?P<shape>[0-9, ]*)\),? *\} *\n?",
)
_KINDS = re.compile(r"[<>|=]?(?:[?]|b1|[iu][1248]|f[248]|c(?:8|16)|[SU][0-9]{1,9}|[mM]8(\[\w+\])?)")


def plain_dtype(descr: Any) -> np.dtype[Any]:
    """The NumPy dtype of a text such as "<f4"; of numbers and texts, without objects and fields."""
    import numpy as np

    if not isinstance(descr, str) or not _KINDS.fullmatch(descr):
        raise ValueError(f"elements of type {descr!r:.40} are not read")
    return np.dtype(descr)


def array_from(data: bytes, dtype: np.dtype[Any], shape: Any, fortran: bool = False) -> Any:
    """An array of its own memory. Raises ValueError unless the bytes are those of the shape."""
    import numpy as np

    if not all(type(n) is int and 0 <= n < 2**62 for n in shape) or len(shape) > 32:
        raise ValueError("a size that no array can have")
    count = 1
    for n in shape:
        count *= n
    if count * dtype.itemsize != len(data) or (dtype.itemsize == 0 and count > 0):
        raise ValueError(f"{dtype} of shape {shape} does not have {len(data)} bytes")
    array: Any = np.ndarray(tuple(shape), dtype, bytearray(data), order="F" if fortran else "C")
    if dtype.kind == "b" and array.size and array.view(np.uint8).max() > 1:
        raise ValueError("expected bools that are 0 or 1, got other bytes")
    return array


def read_npz(source: Source, archive: Archive) -> dict[str, Any]:
    """The arrays of an .npz file as tensors, by name."""
    result = {}
    for name in archive.members:
        try:
            result[name.removesuffix(".npy")] = _parsed(archive.read(name))
        except ValueError as error:
            raise ValueError(f"load: '{source.name}': '{name}': {error}") from None
    return result


def read_npy(source: Source) -> Any:
    """The array of an .npy file as a tensor."""
    try:
        return _parsed(source.read(0, source.size))
    except ValueError as error:
        raise ValueError(f"load: '{source.name}': {error}") from None


def _parsed(data: bytes) -> Any:
    """The tensor of an .npy file; an array where tensors have no such dtype."""
    if data[:6] != MAGIC or len(data) < 12 or data[6] not in (1, 2, 3):
        raise ValueError("not a .npy file")
    width = 2 if data[6] == 1 else 4
    length = int.from_bytes(data[8 : 8 + width], "little")
    begin = 8 + width + length
    if length > MOST_HEADER_BYTES or begin > len(data):
        raise ValueError(f"its header of {length} bytes is damaged")
    text = data[8 + width : begin].decode("latin1")
    header = _HEADER.fullmatch(text)
    if header is None:
        raise ValueError(f"its header {text.strip()!r:.80} is not that of an array of numbers")
    shape = [int(n[:20]) for n in header["shape"].split(",") if n.strip()]
    dtype = plain_dtype(header["descr"])
    array = array_from(data[begin:], dtype, shape, header["fortran"] == "True")
    return as_tensor_or_array(array)


def as_tensor_or_array(array: Any) -> Any:
    """The array's memory as a tensor; the array itself where tensors have no such dtype."""
    kind, size = array.dtype.kind, array.dtype.itemsize
    known = kind in "bif" or (kind == "u" and size == 1) or (kind == "c" and size in (8, 16))
    if not known:
        return array
    return tg.from_numpy(array.astype(array.dtype.newbyteorder("="), copy=False))


def npz_pieces(obj: Any) -> Iterator[Piece]:
    """What an .npz file of a dictionary of tensors and arrays consists of."""
    import numpy as np

    if not isinstance(obj, dict) or not all(isinstance(key, str) for key in obj):
        raise TypeError(
            f"save: an .npz file holds a dictionary from names to tensors, got {type(obj).__name__}"
        )
    members: list[tuple[str, Piece]] = []
    for name, value in obj.items():
        array = value.detach().numpy() if isinstance(value, Tensor) else np.asarray(value)
        if array.dtype.hasobject:
            raise TypeError(f"save: '{name}' is no array of numbers but {type(value).__name__}")
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, np.asanyarray(array), allow_pickle=False)
        members.append((f"{name}.npy", buffer.getvalue()))
    return zip_pieces(members)
