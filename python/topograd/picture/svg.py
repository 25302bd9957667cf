"""A picture as SVG: one file, readable in light, dark, print and without colour.

`draw.js` writes the same text in a page, for the groups that are open there.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import floor
from typing import TYPE_CHECKING

from topograd.picture.boxes import LINE, PADDING, Box, boxes_of
from topograd.picture.layout import Layout, Link, laid_out
from topograd.picture.resources import resource
from topograd.picture.values import short

if TYPE_CHECKING:
    from topograd.picture.scene import Edge, Node, Scene

__all__ = ["LEGEND", "came_back", "svg"]

LEGEND = (
    "→ n: order of the forward pass   n ←: order of the backward pass   "
    "at an arrowhead: what came back along the edge"
)


def svg(
    scene: Scene,
    opened: set[int] | None = None,
    right: bool | None = None,
    boxes: Sequence[Box] | None = None,
) -> str:
    """The picture with the groups in `opened` unfolded (default: those that there is room for).

    boxes: those of `boxes_of`, where they are known.
    """
    boxes = boxes_of(scene) if boxes is None else boxes
    shown = scene.open if opened is None else opened
    layout = laid_out(scene, shown, [(box.width, box.height) for box in boxes], right)
    width = max(layout.width, 640.0)
    notes = [scene.title, *scene.notes]
    top = 10.0 + 18.0 * len(notes)
    height = layout.height + top + 26.0
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(width)} {_n(height)}" '
            f'width="{_n(width)}" height="{_n(height)}" role="img" class="graph">'
        ),
        f"<title>{_safe(scene.title)}</title>",
        f"<style>{resource('picture.css')}</style>",
        (
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" class="tip"/></marker></defs>'
        ),
        f'<rect width="{_n(width)}" height="{_n(height)}" class="paper"/>',
    ]
    for i, note in enumerate(notes):
        kind = "heading" if i == 0 else "note"
        parts.append(f'<text x="14" y="{_n(20 + 18 * i)}" class="{kind}">{_safe(note)}</text>')
    parts.append(f'<g transform="translate(0 {_n(top)})">')
    parts += [_frame(scene, layout, item) for item in layout.frames]
    parts += [_line(scene, layout, link) for link in layout.links]
    count = len(scene.nodes)
    for item in sorted(layout.boxes):
        if item not in layout.frames:
            node = scene.nodes[item] if item < count else None
            parts.append(_drawn(layout.boxes[item], boxes[item], node, item - count))
    parts.append("</g>")
    parts.append(f'<text x="14" y="{_n(height - 10)}" class="legend">{LEGEND}</text></svg>')
    return "\n".join(parts) + "\n"


def _safe(text: str) -> str:
    """Text for XML: escaped, without the characters that XML does not have."""
    return escape("".join(c if c >= " " and c not in "\ufffe\uffff" else "·" for c in text))


def _n(value: float) -> str:
    # Halves go up, as in draw.js.
    return str(floor(value * 10 + 0.5) / 10).removesuffix(".0")


def _frame(scene: Scene, layout: Layout, item: int) -> str:
    x, y, wide, high = layout.boxes[item]
    group = item - len(scene.nodes)
    label = _safe(f"⊟ {scene.groups[group].label}")
    return (
        f'<g data-group="{group}" class="unfolded">'
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}" rx="8" '
        f'class="frame"/><text x="{_n(x + 10)}" y="{_n(y + 17)}" class="label">{label}</text></g>'
    )


def _line(scene: Scene, layout: Layout, link: Link) -> str:
    points = link.points
    x, y = points[-1]
    edges = [scene.edges[i] for i in link.edges]
    text = came_back(edges[0]) if len(edges) == 1 else f"×{len(edges)}"
    drawn = f'<path d="{path_of(points, layout.right)}" class="edge" marker-end="url(#tip)"/>'
    if not text or len(text) > 16:
        return drawn
    if layout.right:
        place = f'x="{_n(x - 9)}" y="{_n(y - 5)}" text-anchor="end"'
    else:
        # Neighbouring lines come in close by each other, so their texts stand at several heights.
        place = f'x="{_n(x + 5)}" y="{_n(y - 9 - 12 * (link.entry % 3))}"'
    data = f' data-from="{edges[0].target}"' if len(edges) == 1 else ""
    return f'{drawn}<text {place} class="back"{data}>{_safe(text)}</text>'


def came_back(edge: Edge) -> str:
    """What is written at the end of an edge: the contribution, or its mean."""
    text = short(edge.contribution)
    if edge.contribution is None or isinstance(edge.contribution, str):
        return text
    return f"mean {text.partition(' ')[0]}"


def path_of(points: Sequence[tuple[float, float]], right: bool) -> str:
    """A smooth line: straight where it stays in place, else a curve that starts and ends along."""
    (x, y), *rest = points
    said = [f"M{_n(x)} {_n(y)}"]
    for x1, y1 in rest:
        if (y1 == y) if right else (x1 == x):
            said.append(f"L{_n(x1)} {_n(y1)}")
        elif right:
            middle = (x + x1) / 2
            said.append(f"C{_n(middle)} {_n(y)} {_n(middle)} {_n(y1)} {_n(x1)} {_n(y1)}")
        else:
            middle = (y + y1) / 2
            said.append(f"C{_n(x)} {_n(middle)} {_n(x1)} {_n(middle)} {_n(x1)} {_n(y1)}")
        x, y = x1, y1
    return "".join(said)


def outline(kind: str, x: float, y: float, wide: float, high: float) -> str:
    """The shape that tells the kind: inputs have round ends, parameters cut corners."""
    if kind == "input":
        r = min(high / 2, 22.0)
    elif kind == "parameter":
        c = 10.0
        r0, b0 = x + wide, y + high
        corners = (
            (x + c, y), (r0 - c, y), (r0, y + c), (r0, b0 - c),
            (r0 - c, b0), (x + c, b0), (x, b0 - c), (x, y + c),
        )  # fmt: skip
        return (
            '<path d="M' + " ".join(f"{_n(a)} {_n(b)}" for a, b in corners) + 'z" class="shape"/>'
        )
    else:
        r = 5.0 if kind == "op" else 0.0
    return (
        f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(wide)}" height="{_n(high)}" rx="{_n(r)}" '
        'class="shape"/>'
    )


def _drawn(
    place: tuple[float, float, float, float], box: Box, node: Node | None, group: int
) -> str:
    x, y, wide, high = place
    kind = node.kind if node is not None else "group"
    classes = f"box {kind}" + (" output" if node is not None and node.is_output else "")
    data = f' data-node="{node.index}"' if node is not None else f' data-group="{group}"'
    parts = [f'<g class="{classes}"{data}>']
    if node is None:
        parts.append(outline("group", x + 4, y + 4, wide, high))
    parts.append(outline(kind, x, y, wide, high))
    if node is not None and node.is_output:
        parts.append(outline(kind, x + 3, y + 3, wide - 6, high - 6).replace('"shape"', '"inner"'))
    middle = x + wide / 2
    if box.order:
        parts.append(f'<text x="{_n(x + PADDING)}" y="{_n(y + 13)}" class="n">→ {box.order}</text>')
    if box.back:
        parts.append(
            f'<text x="{_n(x + wide - PADDING)}" y="{_n(y + 13)}" class="n" text-anchor="end">'
            f"{box.back} ←</text>"
        )
    for i, line in enumerate(box.lines):
        kind = (
            ("title", "shape-text", "value", "grad")[i] if node is not None else "title" * (i == 0)
        )
        parts.append(
            f'<text x="{_n(middle)}" y="{_n(y + 29 + LINE * i)}" class="{kind}" '
            f'text-anchor="middle">{_safe(line)}</text>'
        )
    if node is not None:
        parts.append(f"<title>{_safe(_hover(node))}</title>")
    return "".join(parts) + "</g>"


def _hover(node: Node) -> str:
    found = [node.op, node.text, node.module, node.where.rpartition("/")[2]]
    for what, shown in (("value", node.value), ("gradient", node.grad)):
        if isinstance(shown, str):
            found.append(f"{what} {shown}")
        elif shown is not None:
            found.append(f"{what}: mean {shown[0]}, std {shown[1]}, min {shown[2]}, max {shown[3]}")
    return "\n".join(one for one in found if one)
