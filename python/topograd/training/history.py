"""What a training gave, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import Any


class History:
    """The figures of each epoch: `history["loss"]` is a list; printed, it is a table.

    rows: a dictionary for each epoch.  best: the number of the best epoch, from 1, by `monitor`.
    stopped: why the training ended before its last epoch, or "".

    >>> history = History([{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}])
    >>> history["loss"], history.best
    ([0.5, 0.25], 2)
    >>> print(history)
    epoch    loss
        1     0.5
        2  0.25 *
    """

    def __init__(
        self, rows: list[dict[str, Any]], monitor: str = "loss", greater: bool = False
    ) -> None:
        self.rows = rows
        self.monitor = monitor
        self.greater = greater
        self.stopped = ""

    def __getitem__(self, name: str) -> list[float]:
        if not any(name in row for row in self.rows):
            raise KeyError(f"History: there is no {name!r}, only {', '.join(self.names)}")
        return [row.get(name, math.nan) for row in self.rows]

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.rows)

    @property
    def names(self) -> list[str]:
        """The names of the figures, in the order in which they came."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    @property
    def best(self) -> int:
        """The number of the epoch with the best `monitor`, from 1; 0 if there is none."""
        best, number = None, 0
        for position, row in enumerate(self.rows, 1):
            if better(row.get(self.monitor, math.nan), best, self.greater):
                best, number = row[self.monitor], position
        return number

    def cells(self) -> list[list[str]]:
        """The table: its head, and a row of text for each epoch; a star marks the best."""
        rows = [self.names]
        for position, row in enumerate(self.rows, 1):
            cells = [_text(row.get(name)) for name in self.names]
            if position == self.best and self.monitor in self.names:
                cells[self.names.index(self.monitor)] += " *"
            rows.append(cells)
        return rows

    def table(self) -> str:
        """The figures as lines of text."""
        rows = self.cells()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
            for row in rows
        ]
        return "\n".join([*lines, self.stopped] if self.stopped else lines)

    def chart(self) -> str:
        """The losses as a chart of characters."""
        from topograd.display.text import text_chart

        return "\n".join(text_chart(self.losses()))

    def losses(self) -> dict[str, list[float]]:
        """The series that a chart shows: the training loss, and that of the validation data."""
        return {name: self[name] for name in ("loss", "val_loss") if name in self}

    __str__ = table

    def __repr__(self) -> str:
        return f"History({len(self)} epochs: {', '.join(self.names)})"

    def _repr_html_(self) -> str:
        head, *rows = self.cells()
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        lines = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
        )
        return f"<table><tr>{cells}</tr>{lines}</table>{escape(self.stopped)}"


def better(value: float, than: float | None, greater: bool) -> bool:
    """Whether a figure is better; NaN never is."""
    if math.isnan(value):
        return False
    return than is None or (value > than if greater else value < than)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
