"""Zip archives: reading with every claim checked, writing with equal bytes for equal content.

Format: PKWARE's APPNOTE.TXT 6.3.10, the parts that PyTorch and NumPy use: stored and deflated
members, and 64-bit sizes.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import topograd as tg
from topograd._C import Tensor
from topograd.serialization._sinks import Piece
from topograd.serialization._sources import PartSource, Source, raw_bytes

LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END64, LOCATOR64 = b"PK\x06\x06", b"PK\x06\x07"
STORED, DEFLATED = 0, 8
# 1980-01-01, the first day that the format knows.
DATE = 0x21
UNKNOWN_16, UNKNOWN_32 = 0xFFFF, 0xFFFFFFFF
# Of a compressed member; what expands further is taken for an attack beyond FREE_EXPANSION bytes.
MOST_EXPANSION = 200
FREE_EXPANSION = 1 << 24


@dataclass(frozen=True)
class Member:
    """A file in the archive: where its bytes are, and how many it has, packed and unpacked."""

    name: str
    begin: int
    packed: int
    size: int
    crc: int
    method: int


class Archive:
    """The members of a zip file. Raises ValueError for a file that is damaged or lies."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.members: dict[str, Member] = {}
        self._directory_at = 0
        for member in self._read_directory():
            if member.name in self.members:
                raise ValueError(f"the member '{member.name}' occurs twice")
            self.members[member.name] = member
        self._check_places()

    def read(self, name: str) -> bytes:
        """The unpacked bytes of a member, whose checksum is right."""
        member = self.members[name]
        data = self.source.read(member.begin, member.packed)
        if member.method == DEFLATED:
            data = _inflated(member, data)
        _check(member, zlib.crc32(data))
        return data

    def tensor(self, name: str, dtype: tg.dtype, verify: bool = True) -> Tensor:
        """The elements of a member as a 1-D tensor; of a mapped file a view, unless compressed."""
        member = self.members[name]
        count = member.size // dtype.itemsize
        if member.method == STORED:
            tensor = self.source.tensor(member.begin, (count,), dtype)
            if verify:
                _check(member, zlib.crc32(raw_bytes(tensor)) if count else 0)
            return tensor
        data = self.read(name)
        tensor = tg.empty(count, dtype=dtype)
        if count:
            raw_bytes(tensor)[:] = data
        return tensor

    def _read_directory(self) -> Iterator[Member]:
        count, size, begin = self._find_directory()
        text = self.source.read(begin, size)
        at = 0
        for _ in range(count):
            fields = struct.unpack_from("<4s6H3I5H2I", text, at) if at + 46 <= size else None
            if fields is None or fields[0] != CENTRAL:
                raise ValueError(f"its directory is damaged at byte {begin + at}")
            flags, method, crc, packed, full = fields[3], fields[4], *fields[7:10]
            name_length, extra_length, comment_length, disk = fields[10:14]
            place = fields[16]
            end = at + 46 + name_length + extra_length + comment_length
            name = text[at + 46 : at + 46 + name_length]
            extra = text[at + 46 + name_length : at + 46 + name_length + extra_length]
            if end > size or disk != 0 or flags & 0x41:
                raise ValueError(f"{name!r:.80} is damaged, encrypted or in another file")
            full, packed, place = _wide(extra, full, packed, place)
            yield self._member(name, method, crc, packed, full, place)
            at = end
        if at != size:
            raise ValueError(f"its directory has {size} bytes, {at} of them are used")

    def _find_directory(self) -> tuple[int, int, int]:
        """Number of members, bytes of the directory, and where it begins."""
        window = min(self.source.size, 22 + UNKNOWN_16)
        start = self.source.size - window
        tail = self.source.read(start, window)
        at = tail.rfind(END)
        if at < 0 or at + 22 > len(tail):
            raise ValueError("not a whole zip file: its end is missing")
        disk, first, here, count, size, begin, comment = struct.unpack_from("<4H2IH", tail, at + 4)
        end = start + at
        if at + 22 + comment != len(tail):
            raise ValueError("something follows its end")
        locator = self.source.read(max(end - 20, 0), 20)
        if locator[:4] == LOCATOR64:
            wide = self._find_directory64(locator, end)
            for short, long in zip((here, count, size, begin), wide, strict=False):
                if short not in (UNKNOWN_16, UNKNOWN_32, long):
                    raise ValueError("it has two ends that differ")
            here, count, size, begin, end = wide
        if disk != first or here != count or begin + size != end or count * 46 > size:
            raise ValueError("its directory is not where its end says")
        self._directory_at = begin
        return count, size, begin

    def _find_directory64(self, locator: bytes, end: int) -> tuple[int, int, int, int, int]:
        (at,) = struct.unpack_from("<Q", locator, 8)
        record = self.source.read(at, 56) if at + 56 + 20 <= end else b""
        if record[:4] != END64:
            raise ValueError("its 64-bit end is missing")
        here, count, size, begin = struct.unpack_from("<4Q", record, 24)
        return here, count, size, begin, at

    def _member(
        self, name: bytes, method: int, crc: int, packed: int, size: int, place: int
    ) -> Member:
        header = self.source.read(place, 30)
        if len(header) < 30 or header[:4] != LOCAL:
            raise ValueError(f"{name!r:.80} is not where the directory says")
        local_method, name_length, extra_length = (
            *struct.unpack_from("<H", header, 8),
            *(struct.unpack_from("<2H", header, 26)),
        )
        begin = place + 30 + name_length + extra_length
        if local_method != method or self.source.read(place + 30, name_length) != name:
            raise ValueError(f"{name!r:.80} has two descriptions that differ")
        if begin + packed > self._directory_at:
            raise ValueError(f"{name!r:.80} reaches beyond the data")
        if method not in (STORED, DEFLATED):
            raise ValueError(f"{name!r:.80} is compressed by method {method}, which is not read")
        if method == STORED and packed != size:
            raise ValueError(f"{name!r:.80} is stored, but has two sizes")
        if size > max(FREE_EXPANSION, MOST_EXPANSION * packed):
            raise ValueError(
                f"{name!r:.80} would expand from {packed} to {size} bytes, more than "
                f"{MOST_EXPANSION} times"
            )
        try:
            text = name.decode()
        except UnicodeDecodeError:
            raise ValueError(f"the name {name!r:.80} is no UTF-8") from None
        return Member(text, begin, packed, size, crc, method)

    def _check_places(self) -> None:
        """No two members may use the same bytes: a small file could unfold to a large one."""
        end = 0
        for member in sorted(self.members.values(), key=lambda m: (m.begin, m.packed)):
            if member.begin < end:
                raise ValueError(f"'{member.name}' overlaps another member")
            end = member.begin + member.packed


def _wide(extra: bytes, size: int, packed: int, place: int) -> tuple[int, int, int]:
    """The 64-bit numbers for those that stand as unknown."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        field = extra[at + 4 : at + 4 + length]
        if kind == 1:
            numbers = [n for (n,) in struct.iter_unpack("<Q", field[: len(field) // 8 * 8])]
            values = [size, packed, place]
            for i, value in enumerate(values):
                if value == UNKNOWN_32:
                    if not numbers:
                        raise ValueError("a 64-bit size is missing")
                    values[i] = numbers.pop(0)
            return values[0], values[1], values[2]
        at += 4 + length
    return size, packed, place


def _inflated(member: Member, data: bytes) -> bytes:
    unpacker = zlib.decompressobj(-15)
    try:
        result = unpacker.decompress(data, member.size + 1)
    except zlib.error as error:
        raise ValueError(f"'{member.name}' can not be unpacked: {error}") from None
    if len(result) != member.size:
        raise ValueError(f"'{member.name}' has another size than the {member.size} bytes it claims")
    return result


def _check(member: Member, crc: int) -> None:
    if crc != member.crc:
        raise ValueError(f"the checksum of '{member.name}' is wrong: the file is damaged")


def pieces(members: Iterable[tuple[str, Piece]], alignment: int = 64) -> Iterator[Piece]:
    """An archive of stored members, whose data begin at multiples of the alignment."""
    at = 0
    directory: list[bytes] = []
    for name, content in members:
        data = _contiguous(content)
        size = len(data)
        crc = zlib.crc32(data)
        text = name.encode()
        large = size >= UNKNOWN_32 or at >= UNKNOWN_32
        wide = struct.pack("<2H2Q", 1, 16, size, size) if large else b""
        extra = wide + _padding(at + 30 + len(text) + len(wide), alignment)
        short = UNKNOWN_32 if large else size
        common = struct.pack("<4H3I", 0x800, STORED, 0, DATE, crc, short, short)
        header = LOCAL + struct.pack("<H", 45) + common
        header += struct.pack("<2H", len(text), len(extra)) + text + extra
        yield header
        yield content
        place = struct.pack("<I", UNKNOWN_32 if large else at)
        wide = struct.pack("<2H3Q", 1, 24, size, size, at) if large else b""
        directory.append(
            CENTRAL
            + struct.pack("<2H", 45, 45)
            + common
            + struct.pack("<5HI", len(text), len(wide), 0, 0, 0, 0)
            + place
            + text
            + wide
        )
        at += len(header) + size
    yield _end(at, directory)


def _contiguous(content: Piece) -> memoryview | bytes:
    if not isinstance(content, Tensor):
        return content
    return raw_bytes(content.detach().contiguous()) if content.numel() else b""


def _padding(at: int, alignment: int) -> bytes:
    """An extra field, of the kind that PyTorch uses, that moves the data to the alignment."""
    if alignment == 1:
        return b""
    length = -(at + 4) % alignment
    return struct.pack("<2s1H", b"FB", length) + b"Z" * length


def _end(at: int, directory: list[bytes]) -> bytes:
    text = b"".join(directory)
    count, size = len(directory), len(text)
    large = at >= UNKNOWN_32 or size >= UNKNOWN_32 or count >= UNKNOWN_16
    end = b""
    if large:
        end = END64 + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, count, count, size, at)
        end += LOCATOR64 + struct.pack("<IQI", 0, at + size, 1)
    short = min(count, UNKNOWN_16)
    numbers = (0, 0, short, short, min(size, UNKNOWN_32), min(at, UNKNOWN_32), 0)
    return text + end + END + struct.pack("<4H2IH", *numbers)


def first_archive(source: Source) -> Archive | None:
    """The first of several zip files one after the other, where the source may have such."""
    step, at = 2**20, 0
    while source.continues and at < source.size:
        # An end that lies across the border of two pieces is whole in the second.
        piece = source.read(at, step + len(END) - 1)
        place = piece.find(END)
        while place >= 0:
            comment = int.from_bytes(source.read(at + place + 20, 2), "little")
            end = at + place + 22 + comment
            if end < source.size and source.ends_at(end):
                try:
                    return Archive(PartSource(source, end))
                except ValueError:
                    pass  # these bytes stood in the data
            place = piece.find(END, place + 1)
        at += step
    return None
