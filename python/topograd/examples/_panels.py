"""Pictures of the examples: panels that are drawn as SVG and, more coarsely, as plain text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Protocol

from topograd.display.charts import loss_axis

Floats = Sequence[float]
Place = tuple[float, float]
Link = tuple[Place, Place]
Grid = Sequence[Floats]  # rows of grey values, 0 (paper) to 1 (ink)

WIDTH, HEIGHT = 440, 340  # of a panel, in the units of the picture
LEFT, RIGHT, TOP, BOTTOM = 70, 16, 58, 46
INNER_WIDTH, INNER_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
COLUMNS, ROWS = 64, 14  # of a panel as text
MARKS = "*o+x#@%&=~"
SHADES = " .:-=+*#%@"
COLOURS = """#2563c9 #c2570c #2f8f4e #8a4fbf #c2321c #8c6d31 #d36ba6 #1f9aa8 #6b7280
    #a3a500""".split()
STYLE = """text { font: 12px system-ui, "DejaVu Sans", sans-serif; fill: #333a44; }
.title { font-size: 15px; font-weight: 600; } .middle { text-anchor: middle; }
.end { text-anchor: end; } .rule { stroke: #e1e5ea; } .frame { stroke: #8b95a3; fill: none; }
.ink { fill: #1a1e24; shape-rendering: crispEdges; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; } .link { stroke: #b6bec9; }"""


class Panel(Protocol):
    """A part of a picture."""

    def svg(self) -> str:
        """Return SVG elements for a rectangle of WIDTH by HEIGHT units."""

    def text(self) -> str:
        """Return lines of text, at most COLUMNS wide."""


def picture(panels: Sequence[Panel], caption: str = "") -> str:
    """Return a whole SVG document: the panels side by side, at most three in a row."""
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    width, height = columns * WIDTH, rows * HEIGHT + (28 if caption else 0)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for index, panel in enumerate(panels):
        x, y = index % columns * WIDTH, index // columns * HEIGHT
        parts.append(f'<g transform="translate({x} {y})">{panel.svg()}</g>')
    if caption:
        parts.append(f'<text class="middle" x="{width / 2}" y="{height - 12}">')
        parts.append(f"{escape(caption)}</text>")
    return "\n".join([*parts, "</svg>\n"])


def _text(x: float, y: float, words: str, style: str = "", more: str = "") -> str:
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}"{more}>{escape(words)}</text>'


def _heading(title: str) -> str:
    return _text(LEFT, 24, title, "title")


@dataclass(frozen=True)
class Scale:
    """One axis: its ends and the values that are labelled."""

    low: float
    high: float
    ticks: Floats
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where `value` stands, from 0 (low) to 1 (high)."""
        low, high = self.low, self.high
        if self.logarithmic:
            value = max(value, low)
            low, high, value = math.log(low), math.log(high), math.log(value)
        return (value - low) / (high - low)


def scale(values: Floats, logarithmic: bool = False, tight: bool = False) -> Scale:
    """Return an axis around the finite `values` with round ticks; tight: ends where they end."""
    usable = [value for value in values if math.isfinite(value)] or [0.0]
    if logarithmic and max(usable) > 0:
        axis = loss_axis(usable)
        return Scale(axis.low, axis.high, axis.ticks, logarithmic=True)
    low, high = min(usable), max(usable)
    if low == high:
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough * 0.999)
    first, last = math.floor(low / step), math.ceil(high / step)
    ticks = [step * index for index in range(first, last + 1)]
    if tight:
        return Scale(low, high, [tick for tick in ticks if low <= tick <= high])
    return Scale(ticks[0], ticks[-1], ticks)


def _axes(x: Scale, y: Scale, x_label: str, y_label: str) -> list[str]:
    """Return the rules, the tick labels and the names of both axes."""
    bottom, middle = HEIGHT - BOTTOM, TOP + INNER_HEIGHT / 2
    parts = []
    for tick in y.ticks:
        height = bottom - INNER_HEIGHT * y.place(tick)
        parts.append(f'<path class="rule" d="M{LEFT} {height:.1f}h{INNER_WIDTH}"/>')
        parts.append(_text(LEFT - 7, height + 4, f"{tick:.4g}", "end"))
    for tick in x.ticks:
        across = LEFT + INNER_WIDTH * x.place(tick)
        parts.append(f'<path class="frame" d="M{across:.1f} {bottom}v4"/>')
        parts.append(_text(across, bottom + 18, f"{tick:.4g}", "middle"))
    parts.append(f'<path class="frame" d="M{LEFT} {TOP}V{bottom}h{INNER_WIDTH}"/>')
    parts.append(_text(LEFT + INNER_WIDTH / 2, HEIGHT - 8, x_label, "middle"))
    turned = f' transform="rotate(-90 16 {middle})"'
    parts.append(_text(16, middle, y_label, "middle", turned))
    return parts


def _legend(names: Sequence[str]) -> list[str]:
    """Return the names with their colours in a row under the title."""
    parts, x = [], float(LEFT)
    for name, colour in zip(names, COLOURS, strict=False):
        parts.append(f'<circle cx="{x + 4:.1f}" cy="42" r="4" fill="{colour}"/>')
        parts.append(_text(x + 12, 46, name))
        x += 24 + 7 * len(name)
    return parts


def _plot_text(
    x: Scale, y: Scale, names: str, layers: Sequence[tuple[str, Sequence[Place]]]
) -> str:
    """Return a chart in characters: each layer is a mark and its points."""
    width = COLUMNS - 11
    cells = [[" "] * width for _ in range(ROWS)]
    for mark, points in layers:
        for across, up in points:
            if math.isfinite(across) and math.isfinite(up):
                row = round((ROWS - 1) * (1 - min(1.0, max(0.0, y.place(up)))))
                cells[row][round((width - 1) * min(1.0, max(0.0, x.place(across))))] = mark
    labels = {0: f"{y.high:.4g}", ROWS - 1: f"{y.low:.4g}"}
    lines = [names]
    lines += [f"{labels.get(i, ''):>9} |{''.join(row)}".rstrip() for i, row in enumerate(cells)]
    low, high = f"{x.low:.4g}", f"{x.high:.4g}"
    lines.append(" " * 10 + "+" + "-" * width)
    lines.append(" " * 11 + low + high.rjust(width - len(low)))
    return "\n".join(lines)


def _title_and_marks(title: str, names: Sequence[str]) -> str:
    marks = ", ".join(f"{mark} {name}" for mark, name in zip(MARKS, names, strict=False))
    return f"{title}: {marks}"


@dataclass(frozen=True)
class Lines:
    """Values over steps: `series` has the steps and the values by name."""

    title: str
    x_label: str
    y_label: str
    series: Mapping[str, tuple[Sequence[float], Floats]]
    logarithmic: bool = False

    def _scales(self) -> tuple[Scale, Scale]:
        steps = [step for line in self.series.values() for step in line[0]]
        values = [value for line in self.series.values() for value in line[1]]
        x = scale(steps, tight=True)
        if all(isinstance(step, int) for step in steps):  # there is no half step
            x = Scale(x.low, x.high, [tick for tick in x.ticks if float(tick).is_integer()])
        return x, scale(values, self.logarithmic)

    def svg(self) -> str:
        """Draw the axes, then each line in its colour."""
        x, y = self._scales()
        parts = [_heading(self.title), *_axes(x, y, self.x_label, self.y_label)]
        parts += _legend(list(self.series))
        for (steps, values), colour in zip(self.series.values(), COLOURS, strict=False):
            points = [
                f"{LEFT + INNER_WIDTH * x.place(step):.1f} "
                f"{HEIGHT - BOTTOM - INNER_HEIGHT * y.place(value):.1f}"
                for step, value in zip(steps, values, strict=True)
                if math.isfinite(value)
            ]
            if len(points) == 1:  # which makes no line
                across, height = points[0].split()
                parts.append(f'<circle cx="{across}" cy="{height}" r="4" fill="{colour}"/>')
            elif points:
                parts.append(f'<path class="line" stroke="{colour}" d="M{"L".join(points)}"/>')
        return "".join(parts)

    def text(self) -> str:
        """Draw each value as a character."""
        x, y = self._scales()
        layers = [
            (mark, list(zip(*line, strict=True)))
            for mark, line in zip(MARKS, self.series.values(), strict=False)
        ]
        return _plot_text(x, y, _title_and_marks(self.title, list(self.series)), layers)


@dataclass(frozen=True)
class Points:
    """Points of the plane by the name of their kind; `links` are lines that lie under them.

    Without labels there are no axes; `names` is what is written into points.
    """

    title: str
    x_label: str
    y_label: str
    groups: Mapping[str, Sequence[Place]]
    links: Sequence[Link] = ()
    names: Mapping[Place, str] = field(default_factory=dict)
    radius: float = 2.5

    def _scales(self) -> tuple[Scale, Scale]:
        points = [point for group in self.groups.values() for point in group]
        return scale([point[0] for point in points]), scale([point[1] for point in points])

    def svg(self) -> str:
        """Draw the links, then the points, then what is written into them."""
        x, y = self._scales()

        def at(point: Place) -> Place:
            across = LEFT + INNER_WIDTH * x.place(point[0])
            return across, HEIGHT - BOTTOM - INNER_HEIGHT * y.place(point[1])

        parts = [_heading(self.title), *_legend(list(self.groups))]
        if self.x_label:
            parts += _axes(x, y, self.x_label, self.y_label)
        for start, end in self.links:
            (x1, y1), (x2, y2) = at(start), at(end)
            parts.append(f'<path class="link" d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>')
        for group, colour in zip(self.groups.values(), COLOURS, strict=False):
            for point in group:
                cx, cy = at(point)
                circle = f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{self.radius}"'
                parts.append(f'{circle} fill="{colour}" fill-opacity="0.8"/>')
        for point, name in self.names.items():
            cx, cy = at(point)
            parts.append(_text(cx, cy + 3.5, name, "middle", ' style="font-size:9px;fill:#fff"'))
        return "".join(parts)

    def text(self) -> str:
        """Draw each point as the mark of its kind."""
        x, y = self._scales()
        layers = list(zip(MARKS, self.groups.values(), strict=False))
        return _plot_text(x, y, _title_and_marks(self.title, list(self.groups)), layers)


def line_in(groups: Mapping[str, Sequence[Place]], a: float, b: float, c: float) -> Link:
    """Return the part of the line a x + b y + c = 0 in the box around the points of `groups`.

    >>> line_in({"corners": [(0.0, 0.0), (2.0, 1.0)]}, 1.0, -1.0, 0.0)
    ((0.0, 0.0), (1.0, 1.0))
    """
    points = [point for group in groups.values() for point in group]
    ends = [(min(axis), max(axis)) for axis in zip(*points, strict=True)]
    crossings = [(x, -(a * x + c) / b) for x in ends[0] if b != 0]
    crossings += [(-(b * y + c) / a, y) for y in ends[1] if a != 0]
    inside = [
        (x, y)
        for x, y in crossings
        if ends[0][0] <= x <= ends[0][1] and ends[1][0] <= y <= ends[1][1]
    ]
    # Through a corner, two crossings are the same place. Outside of the box: nothing to be seen.
    return (min(inside), max(inside)) if inside else (points[0], points[0])


@dataclass(frozen=True)
class Images:
    """Small grey pictures in rows of `columns`, each with a caption if there are any."""

    title: str
    images: Sequence[Grid]
    columns: int
    captions: Sequence[str] = ()

    def svg(self) -> str:
        """Draw every pixel as a square."""
        rows = math.ceil(len(self.images) / self.columns)
        below = 16 if self.captions else 2
        side = min((WIDTH - 48) / self.columns - 4, (HEIGHT - 52) / rows - below - 2)
        parts = [_text(24, 24, self.title, "title")]
        for index, image in enumerate(self.images):
            x = 24 + index % self.columns * (side + 4)
            y = 40 + index // self.columns * (side + below + 2)
            parts.append(f'<g transform="translate({x:.1f} {y:.1f})">{_pixels(image, side)}</g>')
            if self.captions:
                caption = self.captions[index]
                parts.append(_text(x + side / 2, y + side + 12, caption, "middle"))
        return "".join(parts)

    def text(self) -> str:
        """Draw the first images beside each other, a pixel as two characters."""
        shown = self.images[: COLUMNS // (2 * len(self.images[0][0]) + 2)]
        rows = zip(*[[_shaded(row, 2) for row in image] for image in shown], strict=True)
        lines = [self.title, *["  ".join(row).rstrip() for row in rows]]
        if self.captions:
            width = 2 * len(self.images[0][0]) + 2
            lines.append("".join(f"{caption:<{width}}" for caption in self.captions[: len(shown)]))
        return "\n".join(lines)


def _shaded(row: Floats, width: int) -> str:
    return "".join(SHADES[round(min(1.0, max(0.0, v)) * (len(SHADES) - 1))] * width for v in row)


def _pixels(image: Grid, side: float) -> str:
    """Return the squares of an image, one path for each of 17 greys, and a frame around them."""
    size = side / max(len(image), len(image[0]))
    paths: dict[int, list[str]] = {}
    for row, line in enumerate(image):
        for column, value in enumerate(line):
            grey = round(16 * min(1.0, max(0.0, value)))
            square = f"M{column * size:.2f} {row * size:.2f}h{size:.2f}v{size:.2f}h-{size:.2f}z"
            paths.setdefault(grey, []).append(square)
    paths.pop(0, None)
    inked = "".join(
        f'<path class="ink" fill-opacity="{grey / 16:.3f}" d="{"".join(squares)}"/>'
        for grey, squares in sorted(paths.items())
    )
    width, height = size * len(image[0]), size * len(image)
    return f'{inked}<rect class="frame" width="{width:.2f}" height="{height:.2f}"/>'


@dataclass(frozen=True)
class Heat:
    """A matrix of values from 0 to 1, each row and each column with a name."""

    title: str
    x_label: str
    y_label: str
    values: Grid
    rows: Sequence[str]
    columns: Sequence[str]

    def svg(self) -> str:
        """Draw the matrix as an image with its names along the edges."""
        cell = min(INNER_WIDTH / len(self.columns), INNER_HEIGHT / len(self.rows))
        side = cell * max(len(self.columns), len(self.rows))
        left = LEFT + (INNER_WIDTH - cell * len(self.columns)) / 2
        parts = [_heading(self.title)]
        parts.append(f'<g transform="translate({left:.1f} {TOP})">{_pixels(self.values, side)}</g>')
        for index, name in enumerate(self.columns):
            parts.append(_text(left + cell * (index + 0.5), TOP - 6, name, "middle"))
        for index, name in enumerate(self.rows):
            parts.append(_text(left - 6, TOP + cell * (index + 0.5) + 4, name, "end"))
        below, middle = TOP + cell * len(self.rows) + 20, TOP + cell * len(self.rows) / 2
        parts.append(_text(LEFT + INNER_WIDTH / 2, below, self.x_label, "middle"))
        turned = f' transform="rotate(-90 {left - 30:.1f} {middle:.1f})"'
        parts.append(_text(left - 30, middle, self.y_label, "middle", turned))
        return "".join(parts)

    def text(self) -> str:
        """Draw the matrix in shades; the columns' names must be single characters."""
        head = f"{self.title} (rows: {self.y_label}, columns: {self.x_label})"
        lines = [head, "   " + " ".join(self.columns)]
        for name, row in zip(self.rows, self.values, strict=True):
            lines.append(f"{name} |" + " ".join(_shaded([value], 1) for value in row).rstrip())
        return "\n".join(lines)
