"""Images as PNG files, and several images as one."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

__all__ = ["as_image", "encoded"]

# The kind of a PNG by its channels: grey, grey and opacity, colour, colour and opacity.
_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)


def encoded(image: Array) -> bytes:
    """The PNG file of bytes (height, width, channels), with 1 to 4 channels.

    >>> import numpy as np
    >>> from topograd.utils.tensorboard.png import encoded
    >>> encoded(np.zeros((2, 3, 1), np.uint8))[1:4]
    b'PNG'
    """
    import numpy as np

    height, width, channels = image.shape
    header = struct.pack(">IIBBBBB", width, height, 8, _KINDS[channels], 0, 0, 0)
    # Every line begins with the number of its filter: 0, none.
    lines = np.zeros((height, 1 + width * channels), np.uint8)
    lines[:, 1:] = image.reshape(height, width * channels)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"IDAT", zlib.compress(lines.tobytes(), 6)),
            _chunk(b"IEND", b""),
        )
    )


def _grid(images: Array, per_row: int = 8) -> Array:
    """Images (N, H, W, C) side by side, up to 8 in a row, black where none is left."""
    import numpy as np

    count, height, width, channels = images.shape
    columns = min(count, per_row)
    rows = -(-count // columns)
    whole = np.zeros((rows * columns, height, width, channels), images.dtype)
    whole[:count] = images
    whole = whole.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    joined: Array = whole.reshape(rows * height, columns * width, channels)
    return joined


def as_image(function: str, values: Array, dataformats: str) -> Array:
    """Bytes (height, width, channels) of an image, or of several as a grid.

    values: bytes, or numbers in [0, 1].  dataformats: what each dim is, of N, C, H and W.
    """
    import numpy as np

    letters = dataformats.upper()
    if len(letters) != values.ndim or len(set(letters)) != len(letters):
        raise ValueError(
            f"{function}: dataformats {dataformats!r} does not fit an image of shape {values.shape}"
        )
    if not {"H", "W"} <= set(letters) <= set("NCHW"):
        raise ValueError(
            f"{function}: dataformats holds H and W, and may hold N and C, got {dataformats!r}"
        )
    for missing, axis in (("N", 0), ("C", -1)):
        if missing not in letters:
            values = np.expand_dims(values, axis)
            letters = missing + letters if axis == 0 else letters + missing
    values = values.transpose([letters.index(one) for one in "NHWC"])
    if 0 in values.shape or values.shape[-1] not in _KINDS:
        raise ValueError(
            f"{function}: expects images that are not empty, with 1 to 4 channels, got shape "
            f"{values.shape} as (N, H, W, C)"
        )
    if values.dtype != np.uint8:
        scaled = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=1.0, neginf=0.0) * 255
        values = np.clip(scaled, 0, 255).astype(np.uint8)
    return _grid(values)
