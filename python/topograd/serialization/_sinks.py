"""Where bytes go: a path, whose file appears whole or not at all, or a program's file object."""

from __future__ import annotations

import io
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
    file = _C.FileWriter(checked_path("save", f))
    try:
        for piece in pieces:
            file.write(_view(piece))
        file.finish()
    finally:
        file.abandon()


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
