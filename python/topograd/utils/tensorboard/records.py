"""Event files: records with their length and checksums, and the encoding of messages.

The messages are those of TensorBoard (Event, Summary, GraphDef, …), in the wire format of protocol
buffers; the records are framed as TensorFlow frames them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "crc32c",
    "double",
    "doubles",
    "integer",
    "message",
    "real",
    "record",
    "text",
]

# ---------------------------------------------------------------- checksums

# Castagnoli's polynomial, lowest bit first.
_POLYNOMIAL = 0x82F63B78


@cache
def _table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
        table.append(value)
    return table


def _advanced(remainder: int, data: bytes) -> int:
    table = _table()
    for byte in data:
        remainder = remainder >> 8 ^ table[(remainder ^ byte) & 0xFF]
    return remainder


@cache
def _shifts(count: int) -> list[list[int]]:
    """What `count` zero bytes make of a remainder: a table for each of its bytes."""
    # One zero byte is a linear map of 32 bits, given by its columns; it is squared and multiplied.
    power = [_advanced(1 << bit, b"\0") for bit in range(32)]
    columns = [1 << bit for bit in range(32)]
    while count:
        if count & 1:
            columns = [_applied(power, one) for one in columns]
        power = [_applied(power, one) for one in power]
        count >>= 1
    return [[_applied(columns, byte << 8 * k) for byte in range(256)] for k in range(4)]


def _applied(columns: list[int], value: int) -> int:
    result = 0
    for bit in range(32):
        if value >> bit & 1:
            result ^= columns[bit]
    return result


def _advanced_in_lanes(remainder: int, data: bytes) -> int:
    """The same for long data: a thousand pieces at once, put together by shifting."""
    import numpy as np

    lanes = 1024
    length = len(data) // lanes
    bytes_of: np.ndarray[Any, np.dtype[np.uint8]] = np.frombuffer(data, np.uint8, lanes * length)
    columns = np.ascontiguousarray(bytes_of.reshape(lanes, length).T)
    table = np.array(_table(), np.uint32)
    each = np.zeros(lanes, np.uint32)
    for column in columns:
        each = each >> np.uint32(8) ^ table[(each ^ column) & np.uint32(0xFF)]
    t0, t1, t2, t3 = _shifts(length)
    for one in each.tolist():
        r = remainder
        remainder = t0[r & 255] ^ t1[r >> 8 & 255] ^ t2[r >> 16 & 255] ^ t3[r >> 24] ^ one
    return _advanced(remainder, data[lanes * length :])


def crc32c(data: bytes) -> int:
    """The checksum CRC-32C.

    >>> from topograd.utils.tensorboard.records import crc32c
    >>> hex(crc32c(b"123456789"))
    '0xe3069283'
    """
    advance = _advanced_in_lanes if len(data) >= 1 << 15 else _advanced
    return advance(0xFFFFFFFF, data) ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    value = crc32c(data)
    return struct.pack("<I", ((value >> 15 | value << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def record(data: bytes) -> bytes:
    """A record of a file: length, its checksum, the data, its checksum."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, _masked(length), data, _masked(data)))


# ---------------------------------------------------------------- fields of messages


def _varint(value: int) -> bytes:
    value &= 0xFFFFFFFFFFFFFFFF
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def integer(number: int, value: int) -> bytes:
    """Field `number` with an integer, a truth value or a member of an enumeration."""
    return _varint(number << 3) + _varint(int(value))


def double(number: int, value: float) -> bytes:
    """Field `number` with a number of 64 bits."""
    return _varint(number << 3 | 1) + struct.pack("<d", value)


def real(number: int, value: float) -> bytes:
    """Field `number` with a number of 32 bits; what is too large for those is infinite."""
    try:
        packed = struct.pack("<f", value)
    except OverflowError:
        packed = struct.pack("<f", float("inf") if value > 0 else float("-inf"))
    return _varint(number << 3 | 5) + packed


def message(number: int, *fields: bytes) -> bytes:
    """Field `number` with a message of these fields, or with bytes."""
    content = b"".join(fields)
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def text(number: int, value: str) -> bytes:
    """Field `number` with a string."""
    return message(number, value.encode("utf-8", "replace"))


def doubles(number: int, values: Iterable[float]) -> bytes:
    """Field `number` with numbers of 64 bits, packed."""
    return message(number, b"".join(struct.pack("<d", value) for value in values))
