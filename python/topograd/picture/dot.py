"""A graph in Graphviz's language, for who has it; no picture here needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topograd.picture.boxes import boxes_of
from topograd.picture.values import short

if TYPE_CHECKING:
    from topograd.picture.scene import Scene

__all__ = ["dot"]

_SHAPES = {"op": "box", "input": "oval", "parameter": "octagon", "constant": "box"}


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def dot(scene: Scene) -> str:
    """The graph as DOT: modules are clusters, edges are labelled with what came back."""
    boxes = boxes_of(scene)
    lines = ["digraph graph_ {", "  rankdir=LR;", "  node [fontname=Helvetica];"]
    # Clusters are written around their members, without recursion.
    waiting: list[int | str] = [0]
    while waiting:
        at = waiting.pop()
        if isinstance(at, str):
            lines.append(at)
            continue
        group = scene.groups[at]
        if at:
            lines.append(f"  subgraph cluster_{at} {{ label={_quoted(group.label)};")
            waiting.append("  }")
        waiting += [-member for member in group.members if member < 0]
        for member in group.members:
            if member >= 0:
                node, box = scene.nodes[member], boxes[member]
                text = _quoted("\n".join([f"{box.order} / {box.back or '-'}", *box.lines]))
                style = ", style=dashed" * (node.kind == "constant")
                double = ", peripheries=2" * node.is_output
                lines.append(
                    f"  n{member} [label={text}, shape={_SHAPES[node.kind]}{style}{double}];"
                )
    for edge in scene.edges:
        label = f" [label={_quoted(short(edge.contribution))}]" if edge.arrival >= 0 else ""
        lines.append(f"  n{edge.source} -> n{edge.target}{label};")
    return "\n".join([*lines, "}"]) + "\n"
