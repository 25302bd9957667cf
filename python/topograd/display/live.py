"""A display that is repainted while work goes on: lines in a terminal, a picture in a notebook."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

from topograd.display.charts import Axis, Series, line_chart, loss_axis
from topograd.display.text import text_chart

STYLE = """<style>.tg svg{max-width:36rem;font-family:sans-serif}.tg .rule{stroke:#8884;fill:none}
.tg .tick{fill:currentColor;font-size:12px}.tg .end{text-anchor:end}.tg .middle{text-anchor:middle}
.tg .line{fill:none;stroke-width:2}.tg .line.first{stroke:#2563c9}.tg .line.second{stroke:#c2570c}
.tg circle.first{fill:#2563c9}.tg circle.second{fill:#c2570c}.tg .probe rect{fill:transparent}
.tg .probe path{stroke:none}.tg .first{color:#2563c9}.tg .second{color:#c2570c}</style>"""


class Lines:
    """Lines of a terminal that are painted over together; a log file gets only finished ones."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.live = stream.isatty() and os.environ.get("TERM") != "dumb"
        self._painted = 0

    def paint(self, lines: Sequence[str]) -> None:
        """Show lines in place of those that were painted before."""
        if self.live:
            # A line as wide as the terminal would wrap, and could not be painted over.
            columns = shutil.get_terminal_size().columns - 1
            self._stream.write(self._erasure() + "\n".join(line[:columns] for line in lines))
            self._painted = len(lines)
            self._stream.flush()

    def finish(self, line: str) -> None:
        """Leave a line for good, in place of those that are painted."""
        self._stream.write(f"{self._erasure()}{line}\n")
        self._painted = 0
        self._stream.flush()

    def clear(self) -> None:
        """Take away what is painted."""
        if self._painted:
            self._stream.write(self._erasure())
            self._painted = 0
            self._stream.flush()

    def _erasure(self) -> str:
        if not self._painted:
            return ""
        up = f"\x1b[{self._painted - 1}A" if self._painted > 1 else ""
        return f"\r{up}\x1b[J"

    def chart(self, series: Mapping[str, Sequence[float]]) -> list[str]:
        """The lines of a chart that fits the terminal."""
        width = min(72, shutil.get_terminal_size().columns - 14)
        encoding = (getattr(self._stream, "encoding", None) or "ascii").lower()
        return text_chart(series, max(20, width), 8, dots=encoding.startswith("utf"))


def in_notebook() -> bool:
    """Whether the program runs in a notebook's kernel."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"


class Notebook:
    """A piece of a notebook's output that is replaced; shown by IPython, or what stands for it."""

    def __init__(self, show: Callable[[Any], Any] | None = None) -> None:
        self._show = show
        self._handle: Any = None

    def paint(self, html: str) -> None:
        """Show HTML in place of what was shown before."""
        if self._show is not None:
            self._show(html)
            return
        from IPython.display import HTML, display  # type: ignore[import-not-found,unused-ignore]

        if self._handle is None:
            self._handle = display(HTML(html), display_id=True)
        else:
            self._handle.update(HTML(html))


def picture(series: Mapping[str, Sequence[float]]) -> str:
    """An HTML piece with the chart of at most two series over the epochs."""
    values = [value for line in series.values() for value in line]
    lines = [
        Series(name, style, line)
        for (name, line), style in zip(series.items(), ("first", "second"), strict=False)
    ]
    if not lines or not values:
        return ""
    axis = loss_axis(values) if min(values) > 0 else _linear_axis(values)
    names = " ".join(f'<b class="{line.style}">{line.name}</b>' for line in lines)
    chart = line_chart("loss", axis, lines, "{:.4g}".format)
    return f'{STYLE}<div class="tg">{names}{chart}</div>'


def _linear_axis(values: Sequence[float]) -> Axis:
    finite = [value for value in values if abs(value) < float("inf")] or [0.0]
    low, high = min(finite), max(finite)
    if low == high:
        low, high = low - 1, high + 1
    ticks = [low + (high - low) * step / 4 for step in range(5)]
    return Axis(low, high, ticks, "{:.3g}".format, logarithmic=False)
