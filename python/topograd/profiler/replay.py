"""The time of every node of a recorded graph, by running it again."""

from __future__ import annotations

from collections.abc import Sequence

from topograd import _C
from topograd._C import Tensor
from topograd.graph.recorded import Graph
from topograd.profiler.events import Event, events_of

__all__ = ["times_of"]

RUNS = 2  # the first warms caches


def _profiled(run: Graph, seeds: Sequence[Tensor | None]) -> list[Event]:
    core = _C.Profile(False, False, 10_000_000)
    core.start()
    try:
        run._core.forward({})
        run._core.backward(list(seeds))
    finally:
        core.stop()
    return events_of(core)


def _seed(output: Tensor) -> Tensor | None:
    if output.numel() == 1 and not output.is_complex():
        return None
    return _C.ones(output.shape, dtype=output.dtype)


def times_of(outputs: Sequence[Tensor]) -> dict[int, tuple[float, float]]:
    """µs of the forward and the backward pass, by the index of a node.

    Empty where the graph can not be run again: a user's Function in it, data that is gone, or
    a profile that runs already.
    """
    seeds = [_seed(output) for output in outputs]
    best: dict[int, tuple[float, float]] = {}
    for _ in range(RUNS):
        run = Graph(*outputs)
        try:
            events = _profiled(run, seeds)
        except RuntimeError:
            return {}
        computed = [node.index for node in run.nodes if node.op not in ("leaf", "constant")]
        order = {node.index: node.backward_index for node in run.nodes}
        passed = sorted((i for i in computed if order[i] is not None), key=lambda i: order[i] or 0)
        calls = [e.duration for e in events if e.kind == "op" and e.parent is None]
        rules = [e.duration for e in events if e.kind == "backward"]
        if len(calls) != len(computed) or len(rules) != len(passed):
            return {}
        backward = dict(zip(passed, rules, strict=True))
        for index, forward in zip(computed, calls, strict=True):
            known = best.get(index, (forward, backward.get(index, 0.0)))
            best[index] = min(forward, known[0]), min(backward.get(index, 0.0), known[1])
    return best
