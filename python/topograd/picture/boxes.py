"""What is written in each box of a picture, and how large the boxes are therefore."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topograd.picture.rules import plain_name
from topograd.picture.values import short

if TYPE_CHECKING:
    from topograd.picture.scene import Scene

__all__ = ["LINE", "PADDING", "Box", "boxes_of", "cut"]

LINE = 15.0
PADDING = 9.0
WIDTH_OF_A_LETTER = 6.7
NARROWEST, WIDEST = 92.0, 236.0
MOST_LETTERS = int((WIDEST - 2 * PADDING) / WIDTH_OF_A_LETTER)


@dataclass(slots=True)
class Box:
    """order and back: places in the two passes, from 1, or ''. lines: from the title down."""

    order: str
    back: str
    lines: list[str]
    width: float
    height: float


def cut(text: str, letters: int = MOST_LETTERS) -> str:
    """The text, or its beginning and '…'."""
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _box(order: str, back: str, lines: list[str]) -> Box:
    lines = [cut(lines[0], int(MOST_LETTERS / 1.1)), *(cut(one) for one in lines[1:])]
    # The title is bold, and bold letters are wider.
    longest = max(len(lines[0]) * 1.1, *(len(one) for one in lines[1:]), 0)
    width = min(WIDEST, max(NARROWEST, round(longest * WIDTH_OF_A_LETTER + 2 * PADDING)))
    return Box(order, back, lines, width, LINE * len(lines) + 22.0)


def boxes_of(scene: Scene) -> list[Box]:
    """The boxes of all nodes, then those of all groups when they are folded."""
    sums = _sums(scene)
    found = []
    for node in scene.nodes:
        name, text = node.name, node.text
        title = f"{name} = {text}" if name and text else name or text or plain_name(node.op)
        if node.kind == "constant" and not name:
            title = "constant"
        tag = node.kind if node.kind != "op" and title != node.kind else ""
        tags = [tag] * bool(tag) + ["output"] * node.is_output
        shape = f"{node.shape if node.shape else 'scalar'} {node.dtype}".replace(",)", ")")
        lines = [title, " · ".join([shape, *tags]), f"value {short(node.value) or '?'}"]
        if node.grad is not None:
            lines.append(f"grad {short(node.grad)}{sums.get(node.index, '')}")
        back = str(node.back + 1) if node.back >= 0 else ""
        found.append(_box(str(node.index + 1), back, lines))
    return found + [_folded(scene, number, inside) for number, inside in enumerate(_inside(scene))]


def _sums(scene: Scene) -> dict[int, str]:
    """' = 27 + 270' for nodes to which several contributions came back."""
    arrived: dict[int, list[tuple[int, str]]] = {}
    for edge in scene.edges:
        if edge.arrival >= 0:
            arrived.setdefault(edge.source, []).append((edge.arrival, short(edge.contribution)))
    sums = {}
    for index, parts in arrived.items():
        if len(parts) > 1:
            written = " + ".join(text for _, text in sorted(parts))
            whole = len(written) <= 18 and isinstance(scene.nodes[index].grad, str)
            sums[index] = f" = {written}" if whole else f", sum of {len(parts)}"
    return sums


def _inside(scene: Scene) -> list[list[int]]:
    """All nodes of each group, also those deeper in it."""
    inside: list[list[int]] = [[] for _ in scene.groups]
    for node in scene.nodes:
        group = node.group
        while group > 0:
            inside[group].append(node.index)
            group = scene.groups[group].parent
    return inside


def _folded(scene: Scene, number: int, inside: Sequence[int]) -> Box:
    group = scene.groups[number]
    nodes = [scene.nodes[i] for i in inside]
    calls = [node for node in nodes if node.kind == "op"]
    ops = Counter(plain_name(node.op) for node in calls).most_common(3)
    told = ", ".join(name + (f" ×{count}" if count > 1 else "") for name, count in ops)
    parameters = sum(node.kind in ("parameter", "input") for node in nodes)
    lines = [
        f"⊞ {group.label}",
        f"{len(nodes)} nodes" + f", {parameters} inputs" * (parameters > 0),
    ]
    if told:
        lines.append(told)
    if calls:
        shape = str(calls[-1].shape if calls[-1].shape else "scalar").replace(",)", ")")
        lines.append(f"gives {shape}")
    numbers = [node.index + 1 for node in calls or nodes]
    first = " – ".join(str(one) for one in dict.fromkeys(numbers[:1] + numbers[-1:]))
    return _box(first, "", lines)
