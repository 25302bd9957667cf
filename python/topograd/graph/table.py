"""A graph as text: a line per node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topograd._C import Tensor

if TYPE_CHECKING:
    from topograd.graph.recorded import Graph

__all__ = ["short", "table"]


def short(value: Tensor | None) -> str:
    """A tensor in a table cell: the number, or shape and range."""
    if value is None:
        return ""
    if value.numel() == 1:
        number = value.item()
        return f"{number:.6g}" if isinstance(number, float) else str(number)
    if value.numel() <= 4:
        return str(
            [round(one, 4) if isinstance(one, float) else one for one in value.flatten().tolist()]
        )
    return f"{value.min().item():.4g} … {value.max().item():.4g}"


def table(owner: Graph) -> str:
    """The graph as text: a line per node."""
    backward = any(node.backward_index is not None for node in owner.nodes)
    head = (
        ["#", "node", "op", "inputs", "shape", "value"]
        + (["grad", "back"] if backward else [])
        + ["where"]
    )
    rows = [head]
    for node in owner.nodes:
        inputs = ", ".join(one.label for one in node.inputs)
        if node.arguments:
            inputs = f"{inputs}; {node.arguments}" if inputs else node.arguments
        try:
            value = short(node.value)
        except RuntimeError:
            value = "?"
        label = node.label + (" *" if node.is_output else "")
        row = [str(node.index), label, node.op, inputs, str(tuple(node.shape)), value]
        if backward:
            row += [
                short(node.grad),
                "" if node.backward_index is None else str(node.backward_index),
            ]
        rows.append([*row, node.where.rpartition("/")[2]])
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)
