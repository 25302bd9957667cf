"""The check-up: run the step, watch it, ask every check."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from topograd.doctor.checks import AFTERWARDS, AT_BACKWARD, CHECKS, EACH_CALL
from topograd.doctor.events import Backward, Cut, Forward, Step, Trace
from topograd.doctor.graphs import forget
from topograd.doctor.report import Finding, Report
from topograd.doctor.snapshot import Snapshot
from topograd.doctor.watch import Watch
from topograd.graph import Graph
from topograd.nn.module import Module
from topograd.optim.optimizer import Optimizer

MORE_CALLS = 8  # at most, until an optimizer steps


def examine(
    step: Callable[..., Any],
    model: Any,
    optimizer: Any,
    data: Iterable[Any] | None,
    steps: int,
    restore: bool,
) -> Report:
    """What `tg.doctor` does."""
    if not callable(step):
        raise TypeError(f"doctor: step must be a function, got {type(step).__name__}")
    if type(steps) is not int or steps < 1:
        raise ValueError(f"doctor: steps must be a positive number, got {steps!r}")
    if data is not None and not isinstance(data, Iterable):
        raise TypeError(f"doctor: data must be an iterable of batches, got {type(data).__name__}")
    models, optimizers = _listed(model, Module, "model"), _listed(optimizer, Optimizer, "optimizer")
    trace, snapshot = Trace(), Snapshot()
    calls = _calls(step, data)

    def look_at(graph: Graph, event: Backward) -> None:
        for check in AT_BACKWARD:
            _add(trace, check(graph, event, trace))

    watch = Watch(trace, snapshot, look_at)
    for one in models:
        watch.module(one)
    for one in optimizers:
        watch.optimizer(one)
    try:
        with watch:
            _run(calls, steps, trace)
        if trace.calls == 0:
            raise ValueError("doctor: data gave no batch")
        for check in AFTERWARDS:
            _add(trace, check(trace))
    finally:
        if restore:
            snapshot.restore()
    return Report(_without_consequences(trace), trace.calls, trace.error)


def _listed(given: Any, kind: type, name: str) -> list[Any]:
    listed = [] if given is None else list(given) if isinstance(given, (list, tuple)) else [given]
    for one in listed:
        if not isinstance(one, kind):
            wanted = f"{kind.__module__.split('.')[1]}.{kind.__name__}"
            raise TypeError(f"doctor: {name} must be an {wanted}, got {type(one).__name__}")
    return listed


def _calls(step: Callable[..., Any], data: Iterable[Any] | None) -> Iterator[Callable[[], Any]]:
    """The calls to make, one for each batch, or without an end where there are no data."""
    if data is None:
        while True:
            yield step
    for batch in data:
        several = isinstance(batch, (tuple, list)) and _takes(step, len(batch))
        yield partial(step, *batch) if several else partial(step, batch)


def _takes(step: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    try:
        inspect.signature(step).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _run(calls: Iterator[Callable[[], Any]], steps: int, trace: Trace) -> None:
    """Makes the calls; an error of the step ends them and is kept."""
    while trace.call < steps or (
        trace.call < steps + MORE_CALLS and any(trace.of(Backward)) and not any(trace.of(Step))
    ):
        call = next(calls, None)
        if call is None:
            return
        try:
            call()
        except Exception as error:
            trace.error = error
        trace.calls += 1
        for check in EACH_CALL:
            _add(trace, check(trace))
        _forget(trace)
        trace.call += 1
        if trace.error is not None:
            return


def _forget(trace: Trace) -> None:
    """Lets go of the tensors of a call, so that only the user's program keeps its graph."""
    for event in trace.events:
        if isinstance(event, Forward):
            event.inputs, event.outputs = [], []
    trace.events = [event for event in trace.events if not isinstance(event, Cut)]
    forget()
    gc.collect()
    alive = [call for call, kept in trace.kept if call < trace.call and kept() is not None]
    trace.store["kept"] = alive


def _add(trace: Trace, found: Iterable[Finding]) -> None:
    for one in found:
        listed = trace.found.setdefault(one.code, [])
        if all((one.where, one.what) != (other.where, other.what) for other in listed):
            listed.append(one)


def _without_consequences(trace: Trace) -> list[Finding]:
    """The findings without those that only follow from another one."""
    codes = set(trace.found)
    hidden = {code for cause in codes for code in CHECKS[cause].explains}
    return [one for code, listed in trace.found.items() if code not in hidden for one in listed]
