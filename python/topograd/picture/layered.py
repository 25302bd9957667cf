"""One group's boxes in layers (Sugiyama's scheme); `layered.js` does the same in a page.

Four passes, none of them recursive: layers by the longest path; one chain of bends per source
through the layers that its edges cross, shared by all of them; sweeps that order each layer by the
mean place of its neighbours; and places as near to the neighbours' as the boxes allow, by isotonic
regression.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Local", "arranged"]

GAP_BETWEEN_LAYERS = 62.0
GAP_AT_BORDER = 12.0
GAP_IN_LAYER = 18.0
GAP_AT_BEND = 9.0
SWEEPS = 10
# How much more a bend resists being moved out of line than a box.
BEND_WEIGHT = 4.0

Key = tuple[str, int]


@dataclass
class Local:
    """The boxes and lines of one group. A vertex is a box, a port on the border, or a bend."""

    keys: list[int] = field(default_factory=list)  # item of each box, -1 for ports and bends
    lengths: list[float] = field(default_factory=list)
    breadths: list[float] = field(default_factory=list)
    vertex_of: dict[int, int] = field(default_factory=dict)
    nested: set[int] = field(default_factory=set)
    ports: dict[Key, int] = field(default_factory=dict)
    sides: dict[int, str] = field(default_factory=dict)
    # Where on a nested group's border, from its middle, its port `port` is.
    offsets: dict[tuple[int, int], float] = field(default_factory=dict)
    pieces: list[tuple[int, int, int | None, int | None]] = field(default_factory=list)
    known: dict[tuple[int, int, int | None, int | None], int] = field(default_factory=dict)
    layer: list[int] = field(default_factory=list)
    layers: list[list[int]] = field(default_factory=list)
    cross: list[float] = field(default_factory=list)
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    chains: dict[tuple[int, int | None], list[int]] = field(default_factory=dict)
    # Of each piece: where it enters its last box, and as which of the lines that do.
    entries: dict[int, float] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    length: float = 0.0
    breadth: float = 0.0
    # From the layers to the border of the frame, at the beginning and at the end.
    lead: float = 0.0
    trail: float = 0.0

    def add(self, item: int, length: float, breadth: float) -> int:
        """A new box; -1 for a port or bend."""
        self.keys.append(item)
        self.lengths.append(length)
        self.breadths.append(breadth)
        if item >= 0:
            self.vertex_of[item] = len(self.keys) - 1
        return len(self.keys) - 1

    def resize(self, item: int, length: float, breadth: float) -> None:
        """Gives a nested group the size of what is in it."""
        self.lengths[self.vertex_of[item]] = length
        self.breadths[self.vertex_of[item]] = breadth

    def port(self, key: Key) -> int:
        """The port of that direction and source, as -2 - vertex."""
        if key not in self.ports:
            vertex = self.add(-1, 0.0, 0.0)
            self.ports[key] = vertex
            self.sides[vertex] = key[0]
        return -2 - self.ports[key]

    def connect(self, a: int, b: int, leaving: int | None, entering: int | None) -> int:
        """A line from box or port a to b, through ports of nested groups; the piece's number."""
        first = self.vertex_of[a] if a >= 0 else -2 - a
        last = self.vertex_of[b] if b >= 0 else -2 - b
        piece = (first, last, leaving, entering)
        # Into a port the lines of one source are one; into a box each call's argument is its own.
        if (b < 0 or entering is not None) and piece in self.known:
            return self.known[piece]
        self.known[piece] = len(self.pieces)
        self.pieces.append(piece)
        return len(self.pieces) - 1

    def items(self) -> list[int]:
        """The boxes, without ports and bends."""
        return list(self.vertex_of)

    def port_offsets(self) -> dict[int, float]:
        """Of each port: how far from the middle of the border it is."""
        return {-2 - v: self.cross[v] - self.breadth / 2 for v in self.ports.values()}

    def box(self, item: int) -> tuple[float, float, float, float]:
        """Main and cross start, length and breadth."""
        v = self.vertex_of[item]
        return (
            self.starts[self.layer[v]],
            self.cross[v] - self.breadths[v] / 2,
            self.lengths[v],
            self.breadths[v],
        )

    def shift(self, vertex: int, port: int | None) -> float:
        """How far from a vertex's middle its port is."""
        return 0.0 if port is None else self.offsets.get((self.keys[vertex], port), 0.0)

    def points(self, piece: int) -> list[tuple[float, float]]:
        """The line: along layers straight, between them in a curve."""
        a, b, leaving, _ = self.pieces[piece]
        where = self.cross[a] + self.shift(a, leaving)
        found = [(self.starts[self.layer[a]] + self.lengths[a], where)]
        if a in self.sides:
            found = [(-self.lead, where)]
        if self.ends[self.layer[a]] > found[0][0]:
            found.append((self.ends[self.layer[a]], where))
        for bend in self.chains[a, leaving]:
            if self.layer[bend] >= self.layer[b]:
                break
            at = self.layer[bend]
            found.append((self.starts[at], self.cross[bend]))
            found.append((self.ends[at], self.cross[bend]))
        if self.sides.get(b) == "out":
            found.append((self.length, self.cross[b]))
            found.append((self.length + self.trail, self.cross[b]))
        else:
            found.append((self.starts[self.layer[b]], self.entries[piece]))
        return found


def arranged(local: Local) -> None:
    """Finds layer and place of everything in a group whose nested groups have their sizes."""
    _find_layers(local)
    segments = _bend(local)
    _order(local, segments)
    _place(local, segments)
    _enter(local)


def _find_layers(local: Local) -> None:
    count = len(local.keys)
    followers: list[list[int]] = [[] for _ in range(count)]
    open_inputs = [0] * count
    for a, b, _, _ in local.pieces:
        followers[a].append(b)
        open_inputs[b] += 1
    entered = any(side == "in" for side in local.sides.values())
    local.layer = [0 if local.sides.get(v) == "in" else int(entered) for v in range(count)]
    fed = [n > 0 for n in open_inputs]
    ready = [v for v in range(count) if open_inputs[v] == 0]
    at = 0
    while at < len(ready):
        v = ready[at]
        at += 1
        for b in followers[v]:
            local.layer[b] = max(local.layer[b], local.layer[v] + 1)
            open_inputs[b] -= 1
            if open_inputs[b] == 0:
                ready.append(b)
    for v in range(count):  # what has only readers stands just before the first of them
        if not fed[v] and followers[v] and v not in local.sides:
            local.layer[v] = min(local.layer[b] for b in followers[v]) - 1
    inner = max((local.layer[v] for v in range(count) if v not in local.sides), default=0)
    for v, side in local.sides.items():
        if side == "out":
            local.layer[v] = inner + 1


def _bend(local: Local) -> list[tuple[int, int, float, float]]:
    """Adds the bends. The lines from layer to layer: (from, to, shift at from, shift at to)."""
    furthest: dict[tuple[int, int | None], int] = {}
    for a, b, leaving, _ in local.pieces:
        furthest[a, leaving] = max(furthest.get((a, leaving), 0), local.layer[b])
    segments: list[tuple[int, int, float, float]] = []
    for (a, leaving), last in furthest.items():
        chain: list[int] = []
        before, shift = a, local.shift(a, leaving)
        for layer in range(local.layer[a] + 1, last):
            bend = local.add(-1, 0.0, 0.0)
            local.layer.append(layer)
            segments.append((before, bend, shift, 0.0))
            chain.append(bend)
            before, shift = bend, 0.0
        local.chains[a, leaving] = chain
    for a, b, leaving, entering in local.pieces:
        steps = local.layer[b] - local.layer[a] - 1
        chain = local.chains[a, leaving]
        before = chain[steps - 1] if 0 < steps <= len(chain) else a
        shift = local.shift(a, leaving) if before == a else 0.0
        segments.append((before, b, shift, local.shift(b, entering)))
    local.layers = [[] for _ in range(max(local.layer, default=-1) + 1)]
    for v, layer in enumerate(local.layer):
        local.layers[layer].append(v)
    return segments


def _order(local: Local, segments: list[tuple[int, int, float, float]]) -> None:
    """Orders each layer: sweeps by the mean place of the neighbours; the best sweep is kept."""
    above: list[list[int]] = [[] for _ in local.keys]
    below: list[list[int]] = [[] for _ in local.keys]
    for a, b, _, _ in segments:
        above[b].append(a)
        below[a].append(b)
    place = [0.0] * len(local.keys)
    for row in local.layers:
        for i, v in enumerate(row):
            place[v] = float(i)
    best = [list(row) for row in local.layers]
    fewest = _crossings(local.layers, below, place)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        down = sweep % 2 == 0
        rows = local.layers if down else local.layers[::-1]
        for row in rows:
            mean = {}
            for v in row:
                near = above[v] if down else below[v]
                mean[v] = sum(place[u] for u in near) / len(near) if near else place[v]
            row.sort(key=lambda v: mean[v])
            for i, v in enumerate(row):
                place[v] = float(i)
        crossings = _crossings(local.layers, below, place)
        if crossings < fewest:
            fewest = crossings
            best = [list(row) for row in local.layers]
    local.layers = best


def _crossings(layers: list[list[int]], below: list[list[int]], place: list[float]) -> int:
    """How many pairs of lines between neighbouring layers cross, by a tree of counts."""
    total = 0
    for row, following in pairwise(layers):
        ends = [int(e) for v in row for e in sorted(place[u] for u in below[v])]
        counts = [0] * (len(following) + 1)
        for seen, end in enumerate(ends):
            total += seen
            at = end + 1
            while at > 0:  # those that end at or before this one do not cross it
                total -= counts[at]
                at -= at & -at
            at = end + 1
            while at <= len(following):
                counts[at] += 1
                at += at & -at
    return total


def _place(local: Local, segments: list[tuple[int, int, float, float]]) -> None:
    """Finds the cross place of everything and the extent of every layer."""
    local.cross = [0.0] * len(local.keys)
    near: list[list[tuple[int, float]]] = [[] for _ in local.keys]
    far: list[list[tuple[int, float]]] = [[] for _ in local.keys]
    for a, b, from_, to in segments:
        near[b].append((a, from_ - to))
        far[a].append((b, to - from_))
    for row in local.layers:
        _fit(local, row, [0.0] * len(row))
    for sweep in range(8):
        down = sweep % 2 == 0
        for row in local.layers if down else local.layers[::-1]:
            wanted = []
            for v in row:
                pulls = near[v] if down else far[v]
                if not pulls and sweep:
                    pulls = far[v] if down else near[v]
                places = [local.cross[u] + shift for u, shift in pulls]
                wanted.append(_mean(places) if places else local.cross[v])
            _fit(local, row, wanted)
    low = min((local.cross[v] - local.breadths[v] / 2 for v in range(len(local.keys))), default=0.0)
    high = max(
        (local.cross[v] + local.breadths[v] / 2 for v in range(len(local.keys))), default=0.0
    )
    local.cross = [one - low for one in local.cross]
    local.breadth = high - low
    at = 0.0
    local.starts, local.ends = [], []
    for row in local.layers:
        if any(local.sides.get(v) == "out" for v in row):
            at += GAP_AT_BORDER - GAP_BETWEEN_LAYERS
        local.starts.append(at)
        at += max((local.lengths[v] for v in row), default=0.0)
        local.ends.append(at)
        at += GAP_BETWEEN_LAYERS
    local.length = local.ends[-1] if local.ends else 0.0


def _mean(places: list[float]) -> float:
    """The mean, summed from left to right: `sum` does not in each version of Python."""
    total = 0.0
    for one in places:
        total += one
    return total / len(places)


def _fit(local: Local, row: list[int], wanted: list[float]) -> None:
    """Places a layer as near as its boxes allow to where they want to be, in their order."""
    blocks: list[list[float]] = []  # sum of weight · place, weight, count
    offsets = []
    offset = 0.0
    for i, v in enumerate(row):
        if i:
            u = row[i - 1]
            bend = local.keys[u] < 0 or local.keys[v] < 0
            gap = GAP_AT_BEND if bend else GAP_IN_LAYER
            offset += (local.breadths[u] + local.breadths[v]) / 2 + gap
        offsets.append(offset)
        weight = BEND_WEIGHT if local.keys[v] < 0 else 1.0
        blocks.append([(wanted[i] - offset) * weight, weight, 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] > blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            for k in range(3):
                blocks[-1][k] += last[k]
    i = 0
    for total, weight, count in blocks:
        for _ in range(int(count)):
            local.cross[row[i]] = total / weight + offsets[i]
            i += 1


def _enter(local: Local) -> None:
    """Spreads the lines that enter a box over its side, in the order in which they come."""
    arriving: dict[int, list[tuple[float, int]]] = {}
    for piece, (a, b, leaving, entering) in enumerate(local.pieces):
        if entering is not None or b in local.sides:
            local.entries[piece] = local.cross[b] + local.shift(b, entering)
            continue
        chain = [v for v in local.chains[a, leaving] if local.layer[v] < local.layer[b]]
        comes = local.cross[chain[-1]] if chain else local.cross[a] + local.shift(a, leaving)
        arriving.setdefault(b, []).append((comes, piece))
    for b, lines in arriving.items():
        lines.sort()
        for i, (_, piece) in enumerate(lines):
            share = (i + 1) / (len(lines) + 1) - 0.5
            local.entries[piece] = local.cross[b] + share * local.breadths[b]
            local.places[piece] = i
