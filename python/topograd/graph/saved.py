"""What a recorded graph keeps for its backward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topograd import _C

if TYPE_CHECKING:
    from topograd.graph.recorded import Graph, GraphNode

__all__ = ["SavedValue", "SavedValues", "saved_values"]


class SavedValue:
    """A value that a node keeps.

    node: the node that keeps it.  what: name of the argument, or 'result'.  shape, dtype.  bytes:
    of its storage; 0 where an entry before has the same storage.  source: the node whose value it
    is, or None.  kind: 'activation'; 'parameter' for the memory of a leaf and 'constant' for that
    of data, which the program mostly holds anyway.
    """

    __slots__ = ("bytes", "dtype", "kind", "node", "shape", "source", "what")

    def __init__(self, node: GraphNode, what: str, shape: _C.Size, dtype: _C.dtype) -> None:
        self.node = node
        self.what = what
        self.shape = shape
        self.dtype = dtype
        self.bytes = 0
        self.source: GraphNode | None = None
        self.kind = "activation"

    @property
    def where(self) -> str:
        """The line that the node was made in: 'file.py:12 in f'."""
        return self.node.where

    def __repr__(self) -> str:
        return f"<{self.node.op} keeps {self.what} {tuple(self.shape)}: {self.bytes} bytes>"


class SavedValues(list[SavedValue]):
    """The entries in forward order. `print` shows them as a table."""

    @property
    def total(self) -> int:
        """Bytes of all storages, each counted once."""
        return sum(one.bytes for one in self)

    @property
    def activations(self) -> int:
        """The same without parameters and constants: what the graph alone keeps alive."""
        return sum(one.bytes for one in self if one.kind == "activation")

    def __str__(self) -> str:
        if not self:
            return "nothing is kept: a backward pass has released it, or nothing was needed"
        rows = [["bytes", "kind", "node", "keeps", "shape", "dtype", "module", "where"]]
        for one in self:
            size = f"{one.bytes:,}" if one.bytes or 0 in one.shape else "shared"
            name = f"{one.node.op} {one.node.label}"
            shape, dtype = str(tuple(one.shape)), str(one.dtype).rpartition(".")[2]
            where = one.where.rpartition("/")[2]
            rows.append([size, one.kind, name, one.what, shape, dtype, one.node.module, where])
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.rjust(width) if i == 0 else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        lines.insert(1, "  ".join("-" * width for width in widths))
        lines.append(f"{self.total:,} bytes, {self.activations:,} of them activations")
        return "\n".join(lines)

    __repr__ = __str__


def saved_values(owner: Graph) -> SavedValues:
    """What the nodes of a graph keep; see `Graph.saved`."""
    core, found = owner._core, SavedValues()
    storages: set[int] = set()
    # The memory of a leaf counts as that, in whatever view of it a node keeps.
    entries = [
        (node, entry)
        for node in owner.nodes
        if node.op not in ("leaf", "constant")
        for entry in core.saved(node.index)
    ]
    kinds = {"leaf": "parameter", "constant": "constant"}
    held = {
        entry[3]: kinds[owner.nodes[entry[5]].op]
        for _, entry in entries
        if entry[5] >= 0 and owner.nodes[entry[5]].op in kinds
    }
    for node, (what, shape, dtype, storage, count, source) in entries:
        one = SavedValue(node, what, shape, dtype)
        one.source = owner.nodes[source] if source >= 0 else None
        one.kind = held.get(storage, "activation")
        if storage not in storages:
            storages.add(storage)
            one.bytes = count
        found.append(one)
    return found
