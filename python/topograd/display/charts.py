"""Inline SVG and HTML pictures of plain numbers: line charts, digits, a confusion matrix.

Colours come from the style sheet of the page (`report.py`), so that one picture serves a light and
a dark page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

# The chart's own units. At the width of a phone they are about as large as CSS pixels.
WIDTH, HEIGHT = 360, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 14, 10, 32
FULL_INK = 16
MOST_TICKS = 6


@dataclass(frozen=True)
class Series:
    """A line of a chart: its name, its class in the style sheet, one value per epoch."""

    name: str
    style: str
    values: Sequence[float]


@dataclass(frozen=True)
class Axis:
    """The vertical axis: its ends, which values between them are labelled, and how."""

    low: float
    high: float
    ticks: Sequence[float]
    label: Callable[[float], str]
    logarithmic: bool

    def height(self, value: float) -> float:
        """Return the vertical position of `value`; values beyond the axis stand at its ends."""
        low, high = self.low, self.high
        value = min(max(value, low), high)
        if self.logarithmic:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)


def loss_axis(values: Sequence[float]) -> Axis:
    """Return a logarithmic axis that ends at 1-2-5 steps around the positive finite `values`."""
    usable = [value for value in values if math.isfinite(value) and value > 0] or [0.1, 1.0]
    least, most = min(usable), max(usable)
    decades = range(math.floor(math.log10(least)) - 1, math.ceil(math.log10(most)) + 2)
    marks = [float(f"{step}e{decade}") for decade in decades for step in (1, 2, 5)]
    low = max(mark for mark in marks if mark <= least)
    high = min(mark for mark in marks if mark > most)
    inside = [mark for mark in marks if low <= mark <= high]
    powers = [mark for mark in inside if f"{mark:e}".startswith("1.")]
    ticks = powers[:: math.ceil(len(powers) / MOST_TICKS)] if len(powers) > 2 else inside
    return Axis(low, high, ticks, "{:g}".format, logarithmic=True)


def accuracy_axis(values: Sequence[float]) -> Axis:
    """Return a linear axis that ends at 100 % and starts below the least of `values`."""
    room = 100 * (1 - min(values))
    step = next(step for step in (0.5, 1, 2, 5, 10, 20, 25) if 5 * step >= room or step == 25)
    count = max(2, math.ceil(room / step))
    ticks = [(100 - step * index) / 100 for index in range(count, -1, -1)]
    return Axis(ticks[0], 1.0, ticks, lambda value: f"{100 * value:g} %", logarithmic=False)


def line_chart(
    title: str, axis: Axis, series: Sequence[Series], show: Callable[[float], str]
) -> str:
    """Return an SVG chart of `series` over the epochs; `show` writes a value in a tooltip."""
    count = len(series[0].values)
    column = (WIDTH - LEFT - RIGHT) / max(1, count - 1)

    def across(index: int) -> float:
        return LEFT + column * index if count > 1 else (LEFT + WIDTH - RIGHT) / 2

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">']
    for tick in axis.ticks:
        y = axis.height(tick)
        parts.append(f'<path class="rule" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(f'<text class="tick end" x="{LEFT - 6}" y="{y + 4:.1f}">')
        parts.append(f"{axis.label(tick)}</text>")
    for index in _labelled_epochs(count):
        parts.append(f'<text class="tick middle" x="{across(index):.1f}" y="{HEIGHT - 16}">')
        parts.append(f"{index + 1}</text>")
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text class="tick middle" x="{middle}" y="{HEIGHT - 2}">epoch</text>')
    for line in series:
        points = [
            (across(index), axis.height(value))
            for index, value in enumerate(line.values)
            if math.isfinite(value)
        ]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        if points:
            parts.append(f'<path class="line {line.style}" d="M{path}"/>')
            x, y = points[-1]
            parts.append(f'<circle class="{line.style}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
    for index in range(count):
        values = ", ".join(f"{line.name} {show(line.values[index])}" for line in series)
        parts.append(_probe(across(index), column, f"epoch {index + 1}: {values}"))
    parts.append("</svg>")
    return "".join(parts)


def _probe(x: float, column: float, text: str) -> str:
    """Return a strip of the chart that shows a guide line and a tooltip under the pointer."""
    height = HEIGHT - TOP - BOTTOM
    return (
        f'<g class="probe"><title>{escape(text)}</title>'
        f'<rect x="{x - column / 2:.1f}" y="{TOP}" width="{column:.1f}" height="{height}"/>'
        f'<path d="M{x:.1f} {TOP}v{height}"/></g>'
    )


def _labelled_epochs(count: int) -> list[int]:
    """Return which epochs (from 0) are labelled: the first, the last, round ones between."""
    step = next(
        step * scale
        for scale in (1, 10, 100, 1000, 10**6)
        for step in (1, 2, 5)
        if count <= 8 * step * scale or scale == 10**6
    )
    # A round number that stands too close to the last epoch would run into its label.
    rounds = [index for index in range(step - 1, count - 1) if (index + 1) % step == 0]
    return sorted({0, count - 1, *[index for index in rounds if count - 1 - index > step // 2]})


def digit(image: Sequence[Sequence[int]], label: str) -> str:
    """Return an SVG picture of grey values from 0 (paper) to 16 (ink), in the text's colour."""
    side = len(image)
    squares: dict[int, list[str]] = {}
    for row, line in enumerate(image):
        for column, ink in enumerate(line):
            squares.setdefault(ink, []).append(f"M{column} {row}h1v1h-1z")
    squares.pop(0, None)
    shades = "".join(
        f'<path fill-opacity="{ink / FULL_INK:.2f}" d="{"".join(paths)}"/>'
        for ink, paths in sorted(squares.items())
    )
    return (
        f'<svg class="digit" viewBox="0 0 {side} {side}" role="img" '
        f'aria-label="{escape(label)}">{shades}</svg>'
    )


def confusion_matrix(counts: Sequence[Sequence[int]]) -> str:
    """Return an HTML table of `counts[digit shown][digit read]`, tinted by each row's share."""
    size = len(counts)
    head = "".join(f'<th scope="col">{read}</th>' for read in range(size))
    rows = []
    for shown, row in enumerate(counts):
        total = max(1, sum(row))
        cells = []
        for read, count in enumerate(row):
            if count == 0:
                cells.append('<td class="none">·</td>')
                continue
            right = read == shown
            # A single mistake has to be seen among hundreds of right answers.
            tint = 0.15 + 0.35 * count / total if right else min(0.85, 0.3 + 2 * count / total)
            cells.append(
                f'<td class="{"right" if right else "wrong"}" style="--tint:{100 * tint:.0f}%" '
                f'title="{shown} read as {read}: {count} of {sum(row)}">{count}</td>'
            )
        rows.append(f'<tr><th scope="row">{shown}</th>{"".join(cells)}</tr>')
    return (
        '<table class="confusion"><caption>Rows: the digit shown. Columns: the digit read.'
        f"</caption><thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )
