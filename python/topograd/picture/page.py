"""A picture as one self-contained page: it folds, steps through both passes, searches, zooms.

The page begins with the picture that Python drew; when a group is opened or folded, `layout.js`
and `draw.js` lay out and draw what is seen then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from topograd.graph.tree import count_told
from topograd.picture.boxes import Box, boxes_of
from topograd.picture.resources import resource
from topograd.picture.svg import LEGEND, came_back, svg
from topograd.picture.values import Cell, cell, short

if TYPE_CHECKING:
    from topograd.picture.scene import Scene

__all__ = ["html"]

# In the order in which they build on each other.
SCRIPTS = ("layered", "layout", "draw", "page", "steps")
# The forward and backward pass of a larger graph are not played.
MOST_STEPS = 20_000
# Of a larger graph the table of the recursion for trees has the wrong rows alone, so many.
MOST_ROWS = 200


def html(scene: Scene) -> str:
    """The picture as a page that needs nothing from outside."""
    boxes = boxes_of(scene)
    parts = {
        "title": escape(scene.title),
        "style": resource("page.css"),
        "picture": svg(scene, boxes=boxes),
        "tree": _tree(scene),
        "data": _data(scene, boxes),
        "script": "".join(resource(f"{one}.js") for one in SCRIPTS),
    }
    # In one go: what is put in may itself hold such marks.
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], resource("page.html"))


def _data(scene: Scene, boxes: Sequence[Box]) -> str:
    """All that the page draws from, as JSON that cannot end the element it stands in."""
    kinds = [(node.kind, node.is_output) for node in scene.nodes]
    kinds += [("group", False)] * len(scene.groups)
    data = {
        "heads": [scene.title, *scene.notes],
        "legend": LEGEND,
        "nodes": _nodes(scene),
        "parents": [node.group for node in scene.nodes],
        "boxes": [
            {
                "order": box.order,
                "back": box.back,
                "lines": box.lines,
                "width": box.width,
                "height": box.height,
                "kind": kind,
                "output": output,
            }
            for box, (kind, output) in zip(boxes, kinds, strict=True)
        ],
        "groups": [
            {"parent": group.parent, "label": group.label, "members": group.members}
            for group in scene.groups
        ],
        "open": sorted(scene.open),
        "edges": [[one.source, one.target, one.slot, came_back(one)] for one in scene.edges],
    }
    return json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")


def _nodes(scene: Scene) -> list[dict[str, Any]]:
    """What is told of each node, and what came back along its edges."""
    nodes = scene.nodes if len(scene.nodes) <= MOST_STEPS else []
    arrived: list[list[dict[str, Any]]] = [[] for _ in nodes]
    for edge in scene.edges if nodes else []:
        if edge.arrival >= 0:
            arrived[edge.target].append(
                {
                    "to": edge.source,
                    "rule": edge.rule,
                    "local": edge.local,
                    "sent": _told(edge.contribution),
                    "sum": _told(edge.running),
                    "nth": edge.arrival + 1,
                }
            )
    wrong = {row.node.index: row.remark() for row in scene.tree.wrong} if scene.tree else {}
    return [
        {
            "label": node.name or f"%{node.index + 1}",
            "text": node.text,
            "op": node.op,
            "kind": node.kind,
            "shape": str(node.shape),
            "dtype": node.dtype,
            "where": node.where,
            "module": node.module,
            "value": _told(node.value),
            "grad": _told(node.grad),
            "back": node.back,
            "sends": arrived[node.index],
            "tree": wrong.get(node.index, ""),
        }
        for node in nodes
    ]


def _tree(scene: Scene) -> str:
    """The table of right gradients beside those that a recursion for trees finds."""
    tree = scene.tree
    if tree is None:
        return ""
    wrong = len(tree.wrong)
    parts = [
        "<details open><summary>As a tree: ",
        f"{wrong or 'no'} gradient{'s' * (wrong != 1)} would be wrong</summary><table><tr>",
        *(f"<th>{head}" for head in ("node", "right", "overwritten", "passed on early", "visits")),
    ]
    for row in tree.rows if len(tree.rows) <= MOST_ROWS else tree.wrong[:MOST_ROWS]:
        node = scene.nodes[row.node.index]
        right = short(cell(row.right))
        parts.append(f"<tr><td>{escape(node.name or node.text)}<td>{escape(right)}")
        for other in (row.overwritten, row.early):
            found = short(cell(other))
            parts.append(
                f"<td>{escape(found)}" if found == right else f"<td><b>{escape(found)} ✗</b>"
            )
        parts.append(f"<td>{count_told(row.visits)}")
    parts.append(
        f"</table>In the order of the graph {len(tree.rows):,} visits do; along every path by "
        f"itself it takes {count_told(tree.total_visits)}.</details>"
    )
    return "".join(parts)


def _told(shown: Cell) -> str:
    if shown is None or isinstance(shown, str):
        return shown or ""
    return f"mean {shown[0]}, std {shown[1]}, min {shown[2]}, max {shown[3]}"
