"""A model as a table, from a recorded graph: parameters, shapes, arithmetic, memory, times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from topograd import _C
from topograd._C import Tensor
from topograd._modes import enable_grad
from topograd.graph.recorded import Graph
from topograd.nn.module import Module
from topograd.profiler.flops import flops
from topograd.profiler.replay import times_of
from topograd.profiler.tables import aligned, bytes_text, time_text

__all__ = ["Summary", "SummaryRow", "summarize", "summary"]

OUTSIDE = "(outside)"


class SummaryRow:
    """A module of a summary; all numbers with its submodules.

    name: path in the model, '' for the model itself.  type: class.  depth.  output_shapes: of what
    left it and was used.  parameters, trainable: elements, each parameter once.  flops: forward,
    see `profiler.flops`.  activations: bytes of what it computed.  kept: bytes of that which the
    graph keeps for the backward pass.  forward, backward: times in µs, None where not known.
    """

    __slots__ = (
        "activations",
        "backward",
        "depth",
        "flops",
        "forward",
        "kept",
        "name",
        "output_shapes",
        "parameters",
        "trainable",
        "type",
    )

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.type = name, kind
        self.depth = name.count(".") + 1 if name else 0
        self.output_shapes: list[tuple[int, ...]] = []
        self.parameters = self.trainable = self.flops = self.activations = self.kept = 0
        self.forward: float | None = None
        self.backward: float | None = None

    def __repr__(self) -> str:
        return f"<{self.name or self.type}: {self.parameters:,} parameters, {self.flops:,} FLOPs>"


class Summary:
    """The rows of a model, and what ran outside of it, such as the loss. `print` shows a table.

    rows: a `SummaryRow` per module, parents first; the first is the whole model.  outside: a row
    for nodes of the graph that belong to no module of the model.
    """

    def __init__(self, rows: list[SummaryRow], outside: SummaryRow) -> None:
        self.rows = rows
        self.outside = outside

    def __getitem__(self, name: str) -> SummaryRow:
        """The row of the module with that path; '' is the model. Raises KeyError."""
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"summary: no module is named {name!r}")

    def __iter__(self) -> Iterator[SummaryRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def total(self) -> SummaryRow:
        """The row of the whole model."""
        return self.rows[0]

    def text(self, depth: int | None = None) -> str:
        """The table; depth: levels of submodules that are shown (default: all)."""
        shown = [row for row in self.rows if depth is None or row.depth <= depth]
        total = self.total
        outside = self.outside
        timed = any(row.forward is not None for row in self.rows)
        head = ["module", "type", "output", "parameters", "FLOPs", "activations", "kept"]
        lines = [_cells(row) for row in shown]
        if outside.flops or outside.activations or outside.kept:
            lines.append(_cells(outside))
        if timed:
            head += ["forward", "backward"]
            rows = [*shown, outside]
            for line, row in zip(lines, rows, strict=False):
                line += [_time(row.forward), _time(row.backward)]
        text = aligned(head, lines)
        frozen = total.parameters - total.trainable
        text.append(
            f"{total.parameters:,} parameters"
            + (f", {frozen:,} of them frozen" if frozen else "")
            + f"; {total.flops + outside.flops:,} FLOPs; "
            f"{bytes_text(total.activations + outside.activations)} of activations, "
            f"{bytes_text(total.kept + outside.kept)} kept for the backward pass"
        )
        return "\n".join(text)

    __str__ = text

    def __repr__(self) -> str:
        return self.text()


def _time(value: float | None) -> str:
    return "" if value is None else time_text(value)


def _cells(row: SummaryRow) -> list[str]:
    name = "  " * row.depth + (row.name.rpartition(".")[2] or row.type)
    shapes = ", ".join(str(shape) for shape in row.output_shapes)
    return [
        name, row.type if row.name else "", shapes, f"{row.parameters:,}", f"{row.flops:,}",
        bytes_text(row.activations), bytes_text(row.kept),
    ]  # fmt: skip


def _counted(row: SummaryRow, module: Module) -> None:
    for parameter in module.parameters():
        row.parameters += parameter.numel()
        row.trainable += parameter.numel() if parameter.requires_grad else 0


def _owner(core: _C.Graph, index: int, names: Mapping[int, str]) -> str | None:
    """The path of the innermost module of the model that was running, or None."""
    for module in reversed(core.modules(index)):
        if id(module) in names:
            return names[id(module)]
    return None


def _chain(rows: Mapping[str, SummaryRow], name: str) -> list[SummaryRow]:
    """The row of a module and those of all modules around it."""
    chain = [rows[name]]
    while name:
        name = name.rpartition(".")[0]
        if name in rows:
            chain.append(rows[name])
    return chain


def _bytes(results: Sequence[Any]) -> int:
    total = 0
    for one in results:
        if one is not None:
            shape, dtype = one
            count = 1
            for size in shape:
                count *= size
            total += count * dtype.itemsize
    return total


@cache
def _views() -> frozenset[str]:
    return frozenset(record["name"] for record in _C.ops() if record["view"])


def _kept_by_source(graph: Graph) -> dict[int, int]:
    """Bytes of activations that are kept, by the index of the node whose value they are."""
    kept: dict[int, int] = {}
    for entry in graph.saved():
        if entry.kind == "activation":
            source = entry.source or entry.node
            kept[source.index] = kept.get(source.index, 0) + entry.bytes
    return kept


def _tell_outputs(graph: Graph, chains: Mapping[int, Sequence[SummaryRow]]) -> None:
    """The shapes of what leaves each module: read by nodes outside of it, or asked for."""
    leaving = [(node.index, ()) for node in graph.outputs]
    edges = [
        (source.index, chains.get(node.index, ())) for node in graph.nodes for source in node.inputs
    ]
    for index, inside in [*edges, *leaving]:
        for row in chains.get(index, ()):
            shape = tuple(graph.nodes[index].shape)
            if row not in inside and shape not in row.output_shapes:
                row.output_shapes.append(shape)


def summarize(model: Module, *outputs: Tensor, times: bool = True) -> Summary:
    """The summary of a model from what was recorded for some outputs; see `Module.summary`."""
    graph = Graph(*outputs)
    core = graph._core
    modules = dict(model.named_modules())
    rows = {name: SummaryRow(name, type(module).__name__) for name, module in modules.items()}
    names = {id(module): name for name, module in modules.items()}
    for name, module in modules.items():
        _counted(rows[name], module)
    outside = SummaryRow("", OUTSIDE)
    kept = _kept_by_source(graph)
    spent = times_of(outputs) if times else {}
    chains: dict[int, list[SummaryRow]] = {}
    for node in graph.nodes:
        if node.op in ("leaf", "constant"):
            continue
        owner = _owner(core, node.index, names)
        if owner is not None:
            chains[node.index] = _chain(rows, owner)
        results = core.results(node.index)
        shapes = [tuple(one[0]) for one in results if one is not None]
        work = flops(node.op, [tuple(one.shape) for one in node.inputs], shapes)
        size = 0 if node.op in _views() else _bytes(results)
        for row in chains.get(node.index, [outside]):
            row.flops += work
            row.activations += size
            row.kept += kept.get(node.index, 0)
            if node.index in spent:
                forward, backward = spent[node.index]
                row.forward = (row.forward or 0.0) + forward
                row.backward = (row.backward or 0.0) + backward
    if not chains:
        raise RuntimeError(
            "summary: nothing that was recorded for the tensor was computed by "
            f"{type(model).__name__}"
        )
    _tell_outputs(graph, chains)
    return Summary(list(rows.values()), outside)


def _tensors(given: Any) -> Iterator[Tensor]:
    """The tensors in nested lists, tuples and dictionaries."""
    waiting = [given]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, Tensor):
            yield one
        elif isinstance(one, Mapping):
            waiting[:0] = list(one.values())
        elif isinstance(one, (list, tuple)):
            waiting[:0] = list(one)


def summary(model: Module, *args: Any, times: bool = True, **kwargs: Any) -> Summary:
    """Runs model(*args, **kwargs) once and summarizes what it did, module by module.

    times: also measure the forward and backward pass of each module (default), by running the
    recorded graph again.  The run counts for batch statistics and random numbers, as any other.
    `model.summary(loss)` is the same for a run that was made already.  Raises TypeError when the
    model gives no tensor.

    >>> import topograd as tg
    >>> print(tg.summary(tg.nn.Linear(3, 2), tg.ones(5, 3), times=False))
    module  type  output  parameters  FLOPs  activations  kept
    ------  ----  ------  ----------  -----  -----------  ----
    Linear        (5, 2)           8     70         40 B     0
    8 parameters; 70 FLOPs; 40 B of activations, 0 kept for the backward pass
    """
    if not isinstance(model, Module):
        raise TypeError(f"summary: expects an nn.Module, got {type(model).__name__}")
    with enable_grad():
        result = model(*args, **kwargs)
    outputs = [one for one in _tensors(result) if one.requires_grad]
    if not outputs:
        raise TypeError(
            "summary: the model gave no tensor that gradients could be computed for; it needs a "
            "parameter or an argument that requires grad"
        )
    return summarize(model, *outputs, times=times)
