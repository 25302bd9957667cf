"""Which line of the user's program is running."""

from __future__ import annotations

import os
import sys
from types import FrameType

import topograd as tg

PACKAGE = os.path.dirname(os.path.abspath(tg.__file__)) + os.sep
# Programs of the package are the user's, as far as the doctor is concerned.
PROGRAMS = tuple(PACKAGE + name + os.sep for name in ("examples", "demo"))


def is_ours(frame: FrameType) -> bool:
    """Whether a frame is the library's."""
    name = frame.f_code.co_filename
    return name.startswith(PACKAGE) and not name.startswith(PROGRAMS)


def line_of(frame: FrameType) -> str:
    """A frame as text: 'file.py:12 in f'."""
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"


def here() -> str:
    """The innermost line that is not the library's: 'file.py:12 in f'."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame):
        frame = frame.f_back
    return "" if frame is None else line_of(frame)


def called_by_user() -> bool:
    """Whether the function that asks, which stands for a method, was called by the user's code."""
    frame = sys._getframe(2)
    return not is_ours(frame)
