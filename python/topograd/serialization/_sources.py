"""Where bytes come from: a path, a path that is mapped, or a file object that a program holds.

A source knows its size before anything is read, so that what a file claims of itself can be
checked against it, and it gives memory only for bytes that it has.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Sequence
from os import PathLike, fspath
from typing import Any, Protocol

import topograd as tg
from topograd import _C
from topograd._C import Tensor


class Source(Protocol):
    """A file that is read at any place."""

    name: str
    size: int
    continues: bool  # whether there may be records one after the other: in a file object

    def read(self, begin: int, count: int) -> bytes:
        """These bytes; fewer only at the end of the file."""
        ...

    def tensor(self, begin: int, shape: Sequence[int], dtype: tg.dtype) -> Tensor:
        """The elements that begin at a byte; what they need has been checked against the size."""
        ...

    def ends_at(self, at: int) -> bool:
        """Whether what is read may end at this byte: the file does, or another record begins.

        A file object is left there.
        """
        ...

    def close(self) -> None: ...


def begins_record(source: Source, at: int) -> bool:
    """Whether something that `load` reads seems to begin at a byte."""
    start = source.read(at, 9)
    if start.startswith(b"PK\x03\x04") or start[:1] == b"\x80":
        return True
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") <= source.size - at - 8


def raw_bytes(tensor: Tensor) -> memoryview:
    """The memory of a contiguous tensor."""
    return memoryview(tensor.reshape(-1).view(tg.uint8))  # type: ignore[arg-type]


def checked_path(name: str, f: Any) -> str:
    """The path as text; TypeError or ValueError for what is none."""
    path = fspath(f)
    if not isinstance(path, str):
        raise TypeError(f"{name}: expected a path of str, got one of {type(path).__name__}")
    try:
        path.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}: expected a path of valid Unicode, got {path!r}") from None
    if "\0" in path:
        raise ValueError(f"{name}: expected a path, got one with a zero byte: {path!r}")
    return path


def open_source(f: Any, mmap: bool) -> Source:
    """The source behind the first argument of `load`."""
    if isinstance(f, (str, PathLike)):
        path = checked_path("load", f)
        descriptor = _open_regular(path)
        if not mmap:
            return DescriptorSource(path, descriptor, 0, owned=True)
        os.close(descriptor)
        return MappedSource(path)
    if isinstance(f, io.TextIOBase):
        raise TypeError("load: expected a file opened for reading bytes ('rb'), got a text file")
    if not hasattr(f, "read"):
        raise TypeError(f"load: expected a path or a file object, got {type(f).__name__}")
    if mmap:
        raise RuntimeError("load: mmap=True needs a path, got a file object")
    name = str(getattr(f, "name", "") or f"<{type(f).__name__}>")
    if isinstance(f, io.BufferedReader) and isinstance(f.raw, io.FileIO):
        start = f.tell() if f.seekable() else 0
        if stat.S_ISREG(os.fstat(f.fileno()).st_mode):
            return DescriptorSource(name, f.fileno(), start, owned=False, handle=f)
    place = f.tell() if _is_seekable(f) else None
    return BufferSource(name, f.read(), f, place)


def _is_seekable(f: Any) -> bool:
    seekable = getattr(f, "seekable", None)
    return bool(seekable is not None and hasattr(f, "tell") and seekable())


def _open_regular(path: str) -> int:
    try:
        # Without O_NONBLOCK a pipe would wait here for somebody who writes.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise OSError(error.errno, f"load: {error.strerror}", path) from None
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        reason = os.strerror(errno.EISDIR)
        raise OSError(errno.EISDIR, f"load: expected a file: {reason}", path)
    raise RuntimeError(f"load: can not read '{path}': expected a regular file")


class DescriptorSource:
    """An open file of the system, from a position on."""

    def __init__(
        self, name: str, descriptor: int, start: int, *, owned: bool, handle: Any = None
    ) -> None:
        self.name = name
        self.size = max(os.fstat(descriptor).st_size - start, 0)
        self._descriptor, self._start, self._owned, self._handle = descriptor, start, owned, handle
        self.continues, self._end = not owned, self.size

    def read(self, begin: int, count: int) -> bytes:
        buffer = bytearray(max(min(count, self.size - begin), 0))
        self._fill(begin, memoryview(buffer))
        return bytes(buffer)

    def tensor(self, begin: int, shape: Sequence[int], dtype: tg.dtype) -> Tensor:
        result = tg.empty(tuple(shape), dtype=dtype)
        if result.numel():
            self._fill(begin, raw_bytes(result))
        return result

    def _fill(self, begin: int, view: memoryview) -> None:
        at = self._start + begin
        while len(view):
            count = os.preadv(self._descriptor, [view[: 1 << 30]], at)
            if count == 0:
                raise RuntimeError(f"load: can not read '{self.name}': it became shorter meanwhile")
            view, at = view[count:], at + count

    def ends_at(self, at: int) -> bool:
        if at != self.size and not (self.continues and begins_record(self, at)):
            return False
        self._end = at
        return True

    def close(self) -> None:
        if self._owned:
            os.close(self._descriptor)
        elif self._handle is not None:
            self._handle.seek(self._start + self._end)


class MappedSource:
    """A file in memory: the tensors look at it and are read when they are first touched."""

    continues = False

    def __init__(self, path: str) -> None:
        self.name = path
        self._file = _C.MappedFile(path)
        self.size = self._file.size

    def read(self, begin: int, count: int) -> bytes:
        return self._file.read(begin, count)

    def tensor(self, begin: int, shape: Sequence[int], dtype: tg.dtype) -> Tensor:
        return self._file.tensor(begin, tuple(shape), dtype)

    def ends_at(self, at: int) -> bool:
        return at == self.size

    def close(self) -> None:
        # Tensors may look at it: the last of them closes it.
        pass


class BufferSource:
    """Bytes that are in memory already: all that a file object had.

    handle, start: the file object and where it was, so that it can be left at the end of a record.
    """

    def __init__(self, name: str, data: Any, handle: Any = None, start: int | None = None) -> None:
        try:
            self._data = memoryview(data).cast("B")
        except TypeError:
            raise TypeError(
                f"load: expected a file object whose read() gives bytes, it gave {type(data)}"
            ) from None
        self.name = name
        self.size = len(self._data)
        self.continues = start is not None
        self._handle, self._start, self._end = handle, start, self.size

    def read(self, begin: int, count: int) -> bytes:
        return bytes(self._data[begin : begin + max(count, 0)])

    def tensor(self, begin: int, shape: Sequence[int], dtype: tg.dtype) -> Tensor:
        result = tg.empty(tuple(shape), dtype=dtype)
        if result.numel():
            target = raw_bytes(result)
            target[:] = self._data[begin : begin + len(target)]
        return result

    def ends_at(self, at: int) -> bool:
        if at != self.size and not (self.continues and begins_record(self, at)):
            return False
        self._end = at
        return True

    def close(self) -> None:
        if self._start is not None and self._end != self.size:
            self._handle.seek(self._start + self._end)


class PartSource:
    """The beginning of a source, up to the end of a record."""

    continues = False

    def __init__(self, source: Source, size: int) -> None:
        self.name, self.size, self._source = source.name, size, source

    def read(self, begin: int, count: int) -> bytes:
        return self._source.read(begin, max(min(count, self.size - begin), 0))

    def tensor(self, begin: int, shape: Sequence[int], dtype: tg.dtype) -> Tensor:
        return self._source.tensor(begin, shape, dtype)

    def ends_at(self, at: int) -> bool:
        return at == self.size

    def close(self) -> None:
        pass
