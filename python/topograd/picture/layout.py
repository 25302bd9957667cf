"""Where everything goes: layers, few crossings, short edges. `layout.js` does the same in a page.

The picture is a tree of unfolded groups. Each group is laid out by itself, the inner ones first;
then it is one box of the group around it. An edge over the border of a group goes through a port on
the border, which takes part in the layout inside like a box without size.

Along the main axis stand the layers; the cross axis runs through a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from topograd.picture.layered import Local, arranged

if TYPE_CHECKING:
    from topograd.picture.scene import Scene

__all__ = ["Layout", "Link", "laid_out"]

# Around what is in a group; the label stands in the larger space at the top.
MARGIN = 14.0
HEADER = 26.0
# The widest drawing that runs from left to right of itself.
WIDEST = 1900.0

Point = tuple[float, float]


@dataclass
class Link:
    """One line between two boxes. edges: those of the graph that it stands for."""

    source: int
    target: int
    edges: list[int]
    points: list[Point] = field(default_factory=list)
    entry: int = 0  # its place among the lines that enter the target


@dataclass
class Layout:
    """boxes: left, top, width and height of every box and frame seen. A group is count + number."""

    right: bool
    boxes: dict[int, tuple[float, float, float, float]]
    frames: list[int]
    links: list[Link]
    width: float
    height: float


@dataclass
class _Open:
    """An unfolded group while it is laid out."""

    number: int
    local: Local
    # Of every line that crosses the border: where, along the cross axis, by direction and source.
    ports: dict[tuple[str, int], int] = field(default_factory=dict)


def laid_out(
    scene: Scene,
    opened: set[int],
    sizes: Sequence[tuple[float, float]],
    right: bool | None = None,
) -> Layout:
    """Lays out what is seen when the groups in `opened` are unfolded.

    sizes: width and height of each node's box, then of each folded group's.  right: layers run from
    left to right rather than down; by default where there are few.
    """
    if right is None:
        columns = _laid_out(scene, opened, sizes, True)
        if columns.width <= WIDEST:
            return columns
        right = False
    return _laid_out(scene, opened, sizes, right)


def _laid_out(
    scene: Scene, opened: set[int], sizes: Sequence[tuple[float, float]], right: bool
) -> Layout:
    count = len(scene.nodes)
    parent = [node.group for node in scene.nodes] + [group.parent for group in scene.groups]
    parent = [count + p if p >= 0 else -1 for p in parent]
    depth = _depths(scene, opened)
    groups = {count + n: _Open(n, Local()) for n in sorted(depth)}
    for group in groups.values():
        for member in scene.groups[group.number].members:
            inner = member if member >= 0 else count - member
            size = sizes[inner]
            group.local.add(inner, *(size if right else (size[1], size[0])))
            if inner in groups:
                group.local.nested.add(inner)
    links = _links(scene, parent, groups)
    routes = [_route(link, parent, groups, depth, count) for link in links]
    for item in sorted(groups, key=lambda one: (-depth[one - count], one)):
        _arrange(item, groups, right)
    return _absolute(count, groups, links, routes, parent, depth, right)


def _depths(scene: Scene, opened: set[int]) -> dict[int, int]:
    """How deep each group lies that is seen unfolded: it is open, and so are those around it."""
    depths = {0: 0}
    waiting = [0]
    while waiting:
        number = waiting.pop()
        for member in scene.groups[number].members:
            if member < 0 and -member in opened:
                depths[-member] = depths[number] + 1
                waiting.append(-member)
    return depths


def _links(scene: Scene, parent: list[int], groups: dict[int, _Open]) -> list[Link]:
    """The edges as seen: between boxes, those between the same two folded groups as one."""
    count = len(scene.nodes)
    seen: list[int] = []
    for i in range(count):
        at = i
        chain = [i]
        while parent[at] >= 0:
            at = parent[at]
            chain.append(at)
        # The outermost folded group, if any, stands for the node.
        folded = [one for one in chain[1:] if one not in groups]
        seen.append(folded[-1] if folded else i)
    merged: dict[tuple[int, int, int], Link] = {}
    for number, edge in enumerate(scene.edges):
        a, b = seen[edge.source], seen[edge.target]
        if a == b:
            continue
        key = (a, b, edge.slot if a < count and b < count else -1)
        if key not in merged:
            merged[key] = Link(a, b, [])
        merged[key].edges.append(number)
    return list(merged.values())


def _route(
    link: Link, parent: list[int], groups: dict[int, _Open], depth: dict[int, int], count: int
) -> list[tuple[int, int]]:
    """Adds the pieces of a line to the groups that it runs through: (group, piece) in order."""
    out, into = link.source, link.target
    before: list[tuple[int, int]] = []
    after: list[tuple[int, int]] = []
    # Ports of boxes: None for a node or a folded group.
    leaving: int | None = None
    entering: int | None = None
    while parent[out] != parent[into]:
        if depth[parent[out] - count] >= depth[parent[into] - count]:
            group = groups[parent[out]]
            port = group.local.port(("out", link.source))
            before.append((parent[out], group.local.connect(out, port, leaving, None)))
            leaving, out = port, parent[out]
        else:
            group = groups[parent[into]]
            port = group.local.port(("in", link.source))
            after.append((parent[into], group.local.connect(port, into, None, entering)))
            entering, into = port, parent[into]
    common = groups[parent[out]]
    middle = (parent[out], common.local.connect(out, into, leaving, entering))
    return [*before, middle, *reversed(after)]


def _arrange(item: int, groups: dict[int, _Open], right: bool) -> None:
    """Lays out one group, whose inner groups are done, and tells the group around it its size."""
    local = groups[item].local
    if groups[item].number:
        local.lead, local.trail = MARGIN if right else HEADER, MARGIN
    for inner in sorted(local.nested):
        done = groups[inner].local
        extra = (2 * MARGIN, HEADER + MARGIN) if right else (HEADER + MARGIN, 2 * MARGIN)
        local.resize(inner, done.length + extra[0], done.breadth + extra[1])
        # From the middle of the frame to the middle of what is in it.
        shift = (HEADER - MARGIN) / 2 if right else 0.0
        for port, cross in done.port_offsets().items():
            local.offsets[inner, port] = cross + shift
    arranged(local)


def _absolute(
    count: int,
    groups: dict[int, _Open],
    links: list[Link],
    routes: list[list[tuple[int, int]]],
    parent: list[int],
    depth: dict[int, int],
    right: bool,
) -> Layout:
    """From places within groups to places in the picture."""
    origin: dict[int, Point] = {}
    boxes: dict[int, tuple[float, float, float, float]] = {}
    frames = []
    for item in sorted(groups, key=lambda one: (depth[one - count], one)):
        local = groups[item].local
        if depth[item - count] == 0:
            start = (MARGIN, MARGIN)
        else:
            frames.append(item)
            left, top, _, _ = boxes[item]
            start = (left + MARGIN, top + HEADER)
        origin[item] = start
        for inner in local.items():
            main, cross, length, breadth = local.box(inner)
            x, y = (main, cross) if right else (cross, main)
            wide, high = (length, breadth) if right else (breadth, length)
            boxes[inner] = (start[0] + x, start[1] + y, wide, high)
    for link, route in zip(links, routes, strict=True):
        for group, piece in route:
            x0, y0 = origin[group]
            for main, cross in groups[group].local.points(piece):
                x, y = (main, cross) if right else (cross, main)
                link.points.append((x0 + x, y0 + y))
        last = groups[route[-1][0]].local
        link.entry = last.places.get(route[-1][1], 0)
    root = groups[count].local
    wide, high = (root.length, root.breadth) if right else (root.breadth, root.length)
    return Layout(right, boxes, frames, links, wide + 2 * MARGIN, high + 2 * MARGIN)
