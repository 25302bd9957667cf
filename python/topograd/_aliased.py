"""What a forkserver loads before programs, so that its processes have the alias of `as_torch`.

Imported anywhere else, it does nothing.
"""

from __future__ import annotations

import sys
from types import FrameType

from topograd._alias import as_torch


def _in_forkserver() -> bool:
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        code = frame.f_code
        if frame.f_globals.get("__name__") == "multiprocessing.forkserver":
            return code.co_name == "main"
        frame = frame.f_back
    return False


if _in_forkserver():
    as_torch()
