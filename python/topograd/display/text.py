"""Line charts of characters, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

MARKS = "*o+x#@"
# The dots of a braille character, by row and column.
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def text_chart(
    series: Mapping[str, Sequence[float]], width: int = 60, height: int = 8, dots: bool = True
) -> list[str]:
    """The lines of a chart of series over their positions; NaN and infinity are left out.

    The axis is logarithmic where all values are positive and span more than a factor of 20.  dots:
    draw with braille characters; otherwise each series has a mark of its own.

    >>> for line in text_chart({"loss": [4.0, 2.0, 1.0, 1.0]}, width=12, height=3, dots=False):
    ...     print(line)
      4 |*
        |   *
      1 |       *   *
         loss *
    """
    values = [v for line in series.values() for v in line if math.isfinite(v)]
    if not values:
        return []
    low, high = min(values), max(values)
    logarithmic = low > 0 and high / low > 20
    scale = math.log if logarithmic else float
    bottom, top = scale(low), scale(high)
    across, down = (2 * width, 4 * height) if dots else (width, height)
    count = max(len(line) for line in series.values())
    grid: dict[tuple[int, int], int] = {}
    for number, line in enumerate(series.values()):
        last: tuple[int, int] | None = None
        for position, value in enumerate(line):
            if not math.isfinite(value):
                last = None
                continue
            share = (scale(value) - bottom) / (top - bottom) if top > bottom else 0.0
            place = round((1 - share) * (down - 1)), position * (across - 1) // max(1, count - 1)
            for between in _line(last, place) if dots and last is not None else [place]:
                grid[between] = number
            last = place
    rows = _braille(grid, width, height) if dots else _marked(grid, width, height)
    labels = {0: f"{high:.4g}", height - 1: f"{low:.4g}"}
    margin = max(3, *map(len, labels.values()))
    lines = [f"{labels.get(y, ''):>{margin}} |{row}".rstrip() for y, row in enumerate(rows)]
    names = "  ".join(
        name if dots else f"{name} {MARKS[number % len(MARKS)]}"
        for number, name in enumerate(series)
    )
    kind = " (logarithmic)" if logarithmic else ""
    return [*lines, f"{'':>{margin}}  {names}{kind}"]


def _line(start: tuple[int, int], end: tuple[int, int]) -> list[tuple[int, int]]:
    """The dots from one place to another."""
    (y, x), (down, across) = start, (end[0] - start[0], end[1] - start[1])
    steps = max(abs(down), abs(across), 1)
    return [(y + round(down * k / steps), x + round(across * k / steps)) for k in range(steps + 1)]


def _marked(grid: Mapping[tuple[int, int], int], width: int, height: int) -> list[str]:
    marks = {place: MARKS[number % len(MARKS)] for place, number in grid.items()}
    return ["".join(marks.get((y, x), " ") for x in range(width)) for y in range(height)]


def _braille(grid: Mapping[tuple[int, int], int], width: int, height: int) -> list[str]:
    cells = [[0] * width for _ in range(height)]
    for y, x in grid:
        cells[y // 4][x // 2] |= DOTS[y % 4][x % 2]
    return ["".join(chr(0x2800 + cell) if cell else " " for cell in row) for row in cells]
