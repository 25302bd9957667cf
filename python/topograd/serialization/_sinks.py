"""Where bytes go: a path, whose file appears whole or not at all, or a program's file object."""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import time
from collections.abc import Iterable
from os import PathLike
from typing import Any

from topograd import _C
from topograd._C import Tensor
from topograd.serialization._sources import checked_path, raw_bytes

Piece = bytes | Tensor


def check_target(f: Any) -> None:
    """Refuses what nothing can be written to, before any work is done."""
    if isinstance(f, (str, PathLike)):
        checked_path("save", f)
    elif isinstance(f, io.TextIOBase):
        raise TypeError("save: expected a file opened for writing bytes ('wb'), got a text file")
    elif not hasattr(f, "write"):
        raise TypeError(f"save: expected a path or a file object, got {type(f).__name__}")


def write_pieces(f: Any, pieces: Iterable[Piece]) -> None:
    """Writes bytes and the elements of tensors, row by row, one after the other.

    A path is written atomically: to a file beside it, which takes its name when it is on the disk.
    """
    if not isinstance(f, (str, PathLike)):
        for piece in pieces:
            _write_all(f, _view(piece))
        return
    path = checked_path("save", f)
    file = _C.FileWriter(path)
    remove_stale(os.path.dirname(os.path.realpath(path)))
    try:
        for piece in pieces:
            file.write(_view(piece))
        file.finish()
    finally:
        file.abandon()


# What a writer that was killed leaves behind: the number in the name is that of its process.
_PART = re.compile(r"\.topograd-(\d+)-\d+\.part")
STALE_SECONDS = 600
_looked_at: set[tuple[str, int]] = set()


def remove_stale(folder: str) -> None:
    """Removes what saves that were killed left in a folder; a process looks into each once.

    Only files of processes that are gone and that nobody has written to for ten minutes: on a
    network's disk the process may be one of another machine.
    """
    key = (folder, os.getpid())
    if key in _looked_at:
        return
    _looked_at.add(key)
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            match = _PART.fullmatch(entry.name)
            if match is None or _is_running(int(match[1])):
                continue
            with contextlib.suppress(OSError):  # another process was quicker, or may and we not
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > STALE_SECONDS:
                    os.unlink(entry.path)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _view(piece: Piece) -> memoryview:
    if not isinstance(piece, Tensor):
        return memoryview(piece)
    # Of a view only what it shows; the copy lives no longer than its turn.
    return raw_bytes(piece.detach().contiguous()) if piece.numel() else memoryview(b"")


def _write_all(f: Any, view: memoryview) -> None:
    while len(view):
        written = f.write(view)
        # Only unbuffered files write less than they are given; others need not say how much.
        if not isinstance(written, int) or written >= len(view):
            return
        view = view[written:]
