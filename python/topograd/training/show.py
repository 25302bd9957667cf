"""What a training shows: a bar with the time that is left, and a chart of its losses."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any, TextIO

from topograd.display.live import Lines, Notebook, in_notebook, picture
from topograd.training.history import History

BAR_WIDTH = 24
MOST_POINTS = 400
SECONDS_BETWEEN = {"terminal": 0.1, "notebook": 1.0}


def duration(seconds: float) -> str:
    """Seconds as text.

    >>> duration(3.2), duration(75), duration(7300)
    ('3.2 s', '1:15', '2:01:40')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Show:
    """Shows a training in a terminal, in a notebook, as lines of a log, or ("none") nowhere."""

    def __init__(
        self,
        kind: str,
        stream: TextIO | None,
        epochs: int,
        html: Callable[[Any], Any] | None = None,
    ) -> None:
        kinds = ("auto", "terminal", "notebook", "none")
        if kind not in kinds:
            raise ValueError(f"fit: show: expected one of {kinds}, got {kind!r}")
        if kind == "auto":
            kind = "notebook" if in_notebook() and stream is None else "terminal"
        self._kind = kind
        self._lines = Lines(sys.stdout if stream is None else stream)
        self._notebook = Notebook(html)
        self._epochs = epochs
        self._points: list[float] = []  # losses of single batches, thinned out
        self._stride, self._skipped = 1, 0
        self._begun = self._epoch_begun = time.perf_counter()
        self._painted_at = 0.0
        self._steps_done = 0
        self._bar = ""

    def epoch_starts(self) -> None:
        """An epoch begins."""
        self._epoch_begun = time.perf_counter()

    def step(self, epoch: int, step: int, steps: int | None, loss: float, history: History) -> None:
        """A batch is done."""
        if self._kind == "none":
            return
        self._steps_done += 1
        self._keep(loss)
        now = time.perf_counter()
        if now - self._painted_at < SECONDS_BETWEEN[self._kind]:
            return
        self._painted_at = now
        where = f"epoch {epoch}/{self._epochs}"
        if steps:
            done = BAR_WIDTH * min(step, steps) // steps
            left = (steps - step) + (self._epochs - epoch) * steps
            rate = (now - self._begun) / self._steps_done
            where += f" [{'=' * done}{' ' * (BAR_WIDTH - done)}] {step}/{steps}"
            where += f"   {duration(rate * max(0, left))} left"
        else:
            where += f"   batch {step}   {duration(now - self._epoch_begun)}"
        self._bar = f"{where}   loss {loss:.4g}"
        self._paint(history)

    def epoch_ends(self, history: History) -> None:
        """The figures of an epoch are there, in the last row."""
        if self._kind == "none":
            return
        row = history.rows[-1]
        figures = "   ".join(
            f"{name} {value:.4g}" for name, value in row.items() if name != "epoch"
        )
        seconds = duration(time.perf_counter() - self._epoch_begun)
        line = (
            f"epoch {row['epoch']:{len(str(self._epochs))}}/{self._epochs}   {figures}   {seconds}"
        )
        if self._kind == "terminal":
            self._lines.finish(line)
        else:
            self._bar = line
            self._paint(history)

    def ends(self, history: History) -> None:
        """The training is over; what was painted over goes, and the figures stay."""
        if self._kind == "terminal":
            self._lines.clear()
            if history.stopped:
                self._lines.finish(history.stopped)
            if self._lines.live and len(history) > 1:
                self._lines.finish("\n".join(self._lines.chart(history.losses())))
        elif self._kind == "notebook":
            self._notebook.paint(picture(history.losses()) + history._repr_html_())

    def _keep(self, loss: float) -> None:
        self._skipped += 1
        if self._skipped >= self._stride:
            self._skipped = 0
            self._points.append(loss)
        if len(self._points) >= MOST_POINTS:
            del self._points[::2]
            self._stride *= 2

    def _paint(self, history: History) -> None:
        # One epoch makes no line: until the second is done, the batches do.
        series = history.losses() if len(history) > 1 else {"loss": self._points}
        if self._kind == "terminal":
            chart = self._lines.chart(series) if self._lines.live else []
            self._lines.paint([*chart, self._bar])
        else:
            self._notebook.paint(f"{picture(series)}<pre>{escape(self._bar)}</pre>")
