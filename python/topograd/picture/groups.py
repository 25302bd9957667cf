"""Which nodes fold together: those of one run of a module, and stretches of long lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from topograd.picture.scene import Node

__all__ = ["Group", "grouped", "initially_open"]

# A list of more nodes than this is shown in stretches of this many.
LONGEST_LIST = 40
# So many boxes are seen when a picture opens.
MOST_AT_FIRST = 60


@dataclass(slots=True)
class Group:
    """Boxes that can be folded into one. parent: its group; 0 is the whole picture.

    members: nodes, as their index, and groups, as -number.  kind: 'module', 'step' (one
    of what a module repeats), 'list' or 'whole'.
    """

    parent: int
    label: str
    kind: str
    members: list[int] = field(default_factory=list)
    path: str = ""


def grouped(nodes: Sequence[Node]) -> list[Group]:
    """The groups of a picture, and `group` of every node set.

    A group holds the nodes of one run of a module without a break, so that what is folded can never
    be before and after another node.  Inputs lie where all that read them lie.
    """
    groups = [Group(-1, "", "whole")]
    _by_modules(nodes, groups)
    _by_repetition(nodes, groups)
    _place_inputs(nodes, groups)
    _dissolve_single(nodes, groups)
    for number in range(len(groups)):
        _in_stretches(groups, number, nodes)
    for number, group in enumerate(groups):
        for member in group.members:
            if member >= 0:
                nodes[member].group = number
            else:
                groups[-member].parent = number
    return groups


def _by_modules(nodes: Sequence[Node], groups: list[Group]) -> None:
    running: list[int] = [0]
    before: list[str] = []
    runs: dict[tuple[int, str], int] = {}
    for node in nodes:
        if node.kind != "op":
            continue
        path = node.module.split(".") if node.module else []
        shared = 0
        while shared < min(len(path), len(before)) and path[shared] == before[shared]:
            shared += 1
        del running[shared + 1 :]
        for at in range(shared, len(path)):
            parent = running[-1]
            count = runs[parent, path[at]] = runs.get((parent, path[at]), 0) + 1
            label = path[at] + (f" (run {count})" if count > 1 else "")
            groups[parent].members.append(-len(groups))
            running.append(len(groups))
            groups.append(Group(parent, label, "module", path=".".join(path[: at + 1])))
        before = path
        node.group = running[-1]
        groups[running[-1]].members.append(node.index)


def _by_repetition(nodes: Sequence[Node], groups: list[Group]) -> None:
    """What a module does again and again, as a recurrent net each step, is a group each time."""
    for number in range(1, len(groups)):
        members = groups[number].members
        marks = [
            (nodes[m].op, nodes[m].where) if m >= 0 else ("", groups[-m].path) for m in members
        ]
        period = _period(marks)
        if period < 2 or period == len(marks):
            continue
        groups[number].members = []
        times = len(members) // period
        for k in range(times):
            label = f"{groups[number].label} {k + 1} of {times}"
            part = members[k * period : (k + 1) * period]
            for member in part:
                if member >= 0:
                    nodes[member].group = len(groups)
                else:
                    groups[-member].parent = len(groups)
            groups[number].members.append(-len(groups))
            groups.append(Group(number, label, "step", part, groups[number].path))


def _period(marks: Sequence[object]) -> int:
    """After how many marks the list repeats itself, to its end; its length if it does not.

    >>> from topograd.picture.groups import _period
    >>> _period("abab"), _period("ababa")
    (2, 5)
    """
    # Of each beginning: how much of its start is also its end.
    border = [0] * len(marks)
    for i in range(1, len(marks)):
        k = border[i - 1]
        while k and marks[i] != marks[k]:
            k = border[k - 1]
        border[i] = k + (marks[i] == marks[k])
    period = len(marks) - border[-1] if marks else 0
    return period if period and len(marks) % period == 0 else len(marks)


def _depths(groups: Sequence[Group]) -> list[int]:
    """How many groups each is in."""
    depths = [-1] * len(groups)
    depths[0] = 0
    for number in range(len(groups)):
        inner = []
        at = number
        while depths[at] < 0:
            inner.append(at)
            at = groups[at].parent
        for k, one in enumerate(reversed(inner)):
            depths[one] = depths[at] + 1 + k
    return depths


def _place_inputs(nodes: Sequence[Node], groups: list[Group]) -> None:
    """Inputs and constants go into the innermost group that holds all their readers.

    What the user's program has in a variable of its own stays outside of all groups.
    """
    depths = _depths(groups)
    home: dict[int, int] = {}
    for node in nodes:
        for source in node.inputs:
            if nodes[source].kind == "op" or not _belongs_inside(nodes[source]):
                continue
            a, b = node.group, home.get(source, node.group)
            while a != b:
                if depths[a] < depths[b]:
                    a, b = b, a
                a = groups[a].parent
            home[source] = a
    first: dict[int, list[int]] = {}
    for node in nodes:
        if node.kind != "op":
            node.group = home.get(node.index, 0)
            first.setdefault(node.group, []).append(node.index)
    for number, found in first.items():
        groups[number].members[:0] = found


def _belongs_inside(node: Node) -> bool:
    return node.kind == "parameter" or not node.name or "." in node.name


def _dissolve_single(nodes: Sequence[Node], groups: list[Group]) -> None:
    """A group of one member tells nothing: the member stands in its place."""
    for number in range(len(groups) - 1, 0, -1):
        group = groups[number]
        if len(group.members) == 1 and group.kind == "module":
            (member,) = group.members
            siblings = groups[group.parent].members
            siblings[siblings.index(-number)] = member
            if member < 0:
                groups[-member].parent = group.parent
                groups[-member].label = f"{group.label}.{groups[-member].label}"
            group.members = []
            group.parent = -1
    renumbered = {0: 0}
    kept = [groups[0]]
    for number, group in enumerate(groups):
        if number and group.members:
            renumbered[number] = len(kept)
            kept.append(group)
    for group in kept:
        group.members = [m if m >= 0 else -renumbered[-m] for m in group.members]
        group.parent = renumbered.get(group.parent, -1) if group.parent > 0 else group.parent
    groups[:] = kept


def _in_stretches(groups: list[Group], number: int, nodes: Sequence[Node]) -> None:
    """Breaks a long list into stretches, and those into stretches of stretches."""
    inputs = [m for m in groups[number].members if m >= 0 and nodes[m].kind != "op"]
    calls = [m for m in groups[number].members if m < 0 or nodes[m].kind == "op"]
    if len(inputs) + len(calls) <= LONGEST_LIST:
        return
    groups[number].members = _shortened(groups, number, inputs, "inputs", nodes)
    groups[number].members += _shortened(groups, number, calls, "nodes", nodes)


def _shortened(
    groups: list[Group], number: int, members: list[int], what: str, nodes: Sequence[Node]
) -> list[int]:
    while len(members) > LONGEST_LIST:
        shorter = []
        for start in range(0, len(members), LONGEST_LIST):
            part = members[start : start + LONGEST_LIST]
            if len(part) == 1:
                shorter += part
                continue
            ends = _first(groups, part[0]) + 1, _last(groups, part[-1]) + 1
            shorter.append(-len(groups))
            groups.append(Group(number, f"{what} {ends[0]} – {ends[1]}", "list", part))
        members = shorter
    return members


def _first(groups: list[Group], member: int) -> int:
    while member < 0:
        inside = groups[-member].members
        # The first call, not an input that was placed before it.
        member = next((m for m in inside if m < 0), inside[-1]) if inside[0] >= 0 else inside[0]
    return member


def _last(groups: list[Group], member: int) -> int:
    while member < 0:
        member = groups[-member].members[-1]
    return member


def initially_open(nodes: Sequence[Node], groups: list[Group]) -> set[int]:
    """The groups that are unfolded at first: the outer ones, while there is room for their members.

    >>> from topograd.picture.groups import initially_open, Group
    >>> initially_open([], [Group(-1, "", "whole", [0, 1, -1]), Group(0, "fc", "module", [2, 3])])
    {0, 1}
    """
    opened = {0}
    seen = len(groups[0].members)
    level = [-m for m in groups[0].members if m < 0]
    while level:
        inner: list[int] = []
        for number in level:
            if groups[number].kind == "step":  # all or none: they are alike
                alike = groups[groups[number].parent].members
                room = MOST_AT_FIRST - sum(len(groups[-m].members) for m in alike if m < 0)
                if room < len(groups[0].members):
                    continue
            if seen + len(groups[number].members) - 1 <= MOST_AT_FIRST:
                seen += len(groups[number].members) - 1
                opened.add(number)
                inner += [-m for m in groups[number].members if m < 0]
        level = inner
    return opened
