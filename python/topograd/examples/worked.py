"""Computation graphs worked by hand: each node's value, gradient, orders and contributions.

    python -m topograd.examples.worked              all graphs
    python -m topograd.examples.worked tree dag     these two

The graphs are built in `_graphs.py`. `forward` is a node's place in the forward pass, `backward`
its place on the way back. `arrived` lists what came back along each outgoing edge: the gradient is
the sum. A result that is no scalar is seeded with ones.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import topograd as tg
from topograd import _options
from topograd._C import Tensor
from topograd.examples._graphs import GRAPHS
from topograd.graph.replay import Replay, known_values


def written(value: Tensor | None) -> str:
    """Write a small tensor as its numbers, a larger one as its shape."""
    if value is None:
        return "-"
    if value.numel() > 6:
        return f"{tuple(value.shape)}"

    def write(part: Any) -> str:
        return f"[{', '.join(map(write, part))}]" if isinstance(part, list) else f"{part:.4g}"

    return write(value.tolist())


def table(result: Tensor) -> list[list[str]]:
    """Return the rows of the table of a graph that ends in `result`, the heading first."""
    graph = tg.graph(result)
    known = known_values(Replay(graph))
    graph.backward(tg.ones_like(result))
    rows = [["forward", "node", "made by", "value", "gradient", "backward", "arrived"]]
    for node in graph.nodes:
        arrived = [f"{written(part)} from {user.label}" for user, part in node.contributions]
        made = f"{node.op}({', '.join(part.label for part in node.inputs)})" if node.inputs else "-"
        orders = str(node.index), str(node.backward_index)
        values = written(known[node.index][0]), written(node.grad)
        rows.append([orders[0], node.label, made, *values, orders[1], " + ".join(arrived) or "-"])
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables of the graphs that are asked for."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    known = ", ".join(GRAPHS)
    parser.add_argument("graphs", nargs="*", metavar="GRAPH", help=f"one of: {known}")
    chosen = parser.parse_args(argv).graphs
    if argv is None:
        _options.end_quietly()
    for name in chosen:
        if name not in GRAPHS:
            parser.error(f"there is no graph {name!r}; there are: {known}")
    for name in chosen or GRAPHS:
        example = GRAPHS[name]
        inputs = example.inputs()
        rows = table(example.build(*inputs))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        print(f"{name}: {example.formula}\n")
        for row in rows:
            print("  " + "  ".join(map(str.ljust, row, widths)).rstrip())
        print()


if __name__ == "__main__":
    main()
