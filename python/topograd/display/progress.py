"""A progress line for a terminal that stays quiet in a log file."""

from __future__ import annotations

import os
import shutil
from typing import TextIO

BAR_WIDTH = 30


class Progress:
    """One line that is painted over while work goes on, and finished lines that stay.

    A stream that is no terminal gets the finished lines only, so that a log holds no half lines.

    >>> import io
    >>> log = io.StringIO()
    >>> progress = Progress(log)
    >>> progress.show(1, 2, "half way")
    >>> progress.finish("done")
    >>> log.getvalue().splitlines()
    ['done']
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._painted = 0

    def show(self, done: int, total: int, text: str) -> None:
        """Paint a bar that is `done / total` full, and `text` behind it."""
        if not self._live:
            return
        # A line as wide as the terminal would wrap, and a wrapped line cannot be painted over.
        room = shutil.get_terminal_size().columns - len(text) - 5
        width = max(0, min(BAR_WIDTH, room))
        filled = width * done // total
        self._paint(f"[{'=' * filled}{' ' * (width - filled)}]  {text}" if width else text)

    def finish(self, text: str) -> None:
        """Replace the line that is being painted by `text` and go to the next line."""
        self._paint(text)
        self._stream.write("\n")
        self._stream.flush()
        self._painted = 0

    def _paint(self, line: str) -> None:
        rest = " " * (self._painted - len(line))
        self._stream.write(f"\r{line}{rest}" if self._live else line)
        self._stream.flush()
        self._painted = len(line)
