"""Values that leave a computation of which everything is recorded: who took them, and where."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from topograd import _C
from topograd._C import Tensor

__all__ = ["leavers_noted", "leaving"]

# Where notes are taken; every thread has its own.
_notes: ContextVar[list[str] | None] = ContextVar("notes", default=None)
_PACKAGE = os.path.dirname(__file__)


@contextmanager
def leavers_noted() -> Iterator[list[str]]:
    """Tensors of a recorded computation can be seen as arrays in this thread; the list says where.

    >>> import topograd as tg
    >>> from topograd._leaving import leavers_noted
    >>> from topograd.graph import everything_recorded
    >>> x = tg.ones(2)
    >>> with everything_recorded([x]), leavers_noted() as notes:
    ...     total = float(x.numpy().sum())
    >>> total, len(notes), notes[0].split(" ")[0]
    (2.0, 1, 'numpy')
    """
    notes: list[str] = []
    before = _notes.set(notes)
    try:
        yield notes
    finally:
        _notes.reset(before)


def leaving(tensor: Tensor, by: str) -> Tensor:
    """The tensor, or where leavers are noted a copy that is not followed. by: what takes it."""
    notes = _notes.get()
    if notes is None or not tensor.requires_grad:
        return tensor
    note = f"{by} at {_line_of_user()}"
    if note not in notes:
        notes.append(note)
    everything, recording = _C.set_everything(False), _C.set_recording(False)
    try:
        return tensor.detach().clone()
    finally:
        _C.set_everything(everything)
        _C.set_recording(recording)


def _line_of_user() -> str:
    frame = sys._getframe(2)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
