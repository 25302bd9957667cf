"""A picture as one self-contained page: it steps through both passes, searches, tells details."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from topograd.graph.tree import count_told
from topograd.picture.resources import resource
from topograd.picture.rules import plain_name
from topograd.picture.svg import svg
from topograd.picture.values import Cell, cell, short

if TYPE_CHECKING:
    from topograd.picture.scene import Scene

__all__ = ["html"]

# The forward and backward pass of a larger graph are not played.
MOST_STEPS = 20_000
# Of a larger graph the table of the recursion for trees has the wrong rows alone, so many.
MOST_ROWS = 200


def html(scene: Scene) -> str:
    """The picture as a page that needs nothing from outside."""
    return (
        resource("page.html")
        .replace("{title}", escape(scene.title))
        .replace("{style}", resource("page.css"))
        .replace("{picture}", svg(scene))
        .replace("{tree}", _tree(scene))
        .replace("{data}", _data(scene))
        .replace("{script}", resource("page.js"))
    )


def _data(scene: Scene) -> str:
    """Nodes and what came back along edges, as JSON that cannot end the element it stands in."""
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
    told = [
        {
            "label": node.name or f"%{node.index + 1}",
            "text": node.text or plain_name(node.op),
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
    return json.dumps({"nodes": told}, ensure_ascii=True).replace("<", "\\u003c")


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
