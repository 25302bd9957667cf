"""The order of forward, backward, clipping, step and zero_grad."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from topograd.doctor.checks.registry import AFTERWARDS, code
from topograd.doctor.events import Backward, Clip, Event, Step, Trace, ZeroGrad
from topograd.doctor.report import Finding

no_zero_grad = code(
    "no-zero-grad",
    "error",
    "the gradients are never set back, so each step adds to those of all steps before",
    "backward adds to .grad; without zero_grad the sum of all gradients so far is followed.",
    "call optimizer.zero_grad() once before the backward pass (or after the step)",
    "update-too-large",
)
zeroed_before_step = code(
    "zero-grad-before-step",
    "error",
    "zero_grad between backward and step throws the gradients away",
    "the step finds no gradients and does nothing.",
    "move zero_grad before the backward pass or behind the step",
    "no-gradient unused-parameter gradient-cut no-update",
)
step_first = code(
    "step-before-backward",
    "error",
    "the optimizer steps before the backward pass",
    "the step uses no gradients, or those of the batch before.",
    "call loss.backward() first, then optimizer.step()",
    "zero-grad-before-step no-gradient unused-parameter gradient-cut no-update no-zero-grad "
    "clip-before-backward",
)
no_backward = code(
    "no-backward",
    "error",
    "the optimizer steps, and nothing calls backward",
    "without a backward pass there are no gradients.",
    "call loss.backward() before optimizer.step()",
    "no-gradient unused-parameter gradient-cut no-update",
)
no_step = code(
    "no-step",
    "warning",
    "there is a backward pass, and no optimizer steps",
    "without optimizer.step() no parameter changes.",
    "call optimizer.step() after loss.backward()",
)
clipped_first = code(
    "clip-before-backward",
    "error",
    "gradients are clipped before the backward pass makes them",
    "clipping changes what is in .grad at that moment; what backward adds later is not limited.",
    "clip between loss.backward() and optimizer.step()",
)
kept = code(
    "graph-kept",
    "error",
    "the graph of a loss is kept after its step",
    "total += loss, or a list of losses, keeps the graph of every step; the memory grows until "
    "there is none.",
    "add up loss.item() or loss.detach()",
)


def _ids(optimizer: Any) -> set[int]:
    return {id(one) for group in optimizer.param_groups for one in group["params"]}


def _between_steps(trace: Trace, optimizer: Any) -> Iterator[tuple[list[Event], Step]]:
    """The events before each step of an optimizer, since its last one."""
    events: list[Event] = []
    for event in trace.events:
        if isinstance(event, Step) and event.optimizer is optimizer:
            yield events, event
            events = []
        else:
            events.append(event)


def accumulated(trace: Trace) -> Iterator[Finding]:
    """Looks for an optimizer whose gradients are clean at no backward pass between two steps."""
    for optimizer in trace.optimizers:
        ids = _ids(optimizer)
        for number, (events, step) in enumerate(_between_steps(trace, optimizer)):
            passes = [event for event in events if isinstance(event, Backward)]
            cleaned = any(isinstance(one, ZeroGrad) and one.parameters & ids for one in events)
            if number == 0 or step.closure or cleaned or not passes:
                continue
            # Someone may also set .grad to None or 0 by hand.
            before = [[held for key, held in one.held.items() if key in ids] for one in passes]
            if all(any(sizes) for sizes in before):
                old = max(before[0])
                new = max((one.gradient or 0.0 for one in step.changes), default=0.0)
                yield no_zero_grad(
                    passes[0].where,
                    f"before the backward pass of call {passes[0].call + 1} there were gradients "
                    f"up to {old:.3g} (root mean square), after it up to {new:.3g}",
                )
                break


def thrown_away(trace: Trace) -> Iterator[Finding]:
    """Looks for a zero_grad after the last backward pass before a step."""
    for optimizer in trace.optimizers:
        ids = _ids(optimizer)
        for events, step in _between_steps(trace, optimizer):
            made = False
            lost: ZeroGrad | None = None
            for event in events:
                if isinstance(event, Backward):
                    made, lost = True, None
                elif isinstance(event, ZeroGrad) and made and event.parameters >= ids:
                    lost = event
            if lost is not None and not step.closure and not any(o.gradient for o in step.changes):
                where = step.where.rpartition("/")[2]
                yield zeroed_before_step(lost.where, f"the step at {where} found no gradients")
                break


def stepped_first(trace: Trace) -> Iterator[Finding]:
    """Looks for a first step before the first backward pass, and for steps without any."""
    steps, passes = list(trace.of(Step)), list(trace.of(Backward))
    if not steps:
        # Someone may also change the parameters by hand.
        known = [one for _, one in trace.parameters().values()] + [*trace.optimized().values()]
        moved = any(trace.versions.get(id(one)) != one._version for one in known)
        if passes and known and trace.error is None and not moved:
            yield no_step(passes[-1].where, f"{len(passes)} backward passes and no step")
        return
    if not passes:
        if trace.error is None and not trace.store.get("grad calls"):
            yield no_backward(steps[0].where, f"{len(steps)} steps and no backward pass")
        return
    first = trace.events.index(steps[0])
    if steps[0].closure or trace.events.index(passes[0]) < first:
        return
    if all(one.gradient is None for one in steps[0].changes):
        where = passes[0].where.rpartition("/")[2]
        yield step_first(steps[0].where, f"the backward pass comes later, at {where}")


def clipping(trace: Trace) -> Iterator[Finding]:
    """Looks for a clip before the backward pass, with none between it and the step."""
    for optimizer in trace.optimizers:
        ids = _ids(optimizer)
        for events, _ in _between_steps(trace, optimizer):
            early: Clip | None = None
            passed = False
            for event in events:
                if isinstance(event, Clip) and event.parameters & ids:
                    early = None if passed else event
                    if passed:
                        break
                elif isinstance(event, Backward):
                    passed = True
            if early is not None and passed:
                where = next(e.where for e in reversed(events) if isinstance(e, Backward))
                yield clipped_first(
                    early.where,
                    f"{early.gradients} of {len(early.parameters)} parameters had a gradient; "
                    f"the backward pass comes later, at {where.rpartition('/')[2]}",
                )
                break


def still_alive(trace: Trace) -> Iterator[Finding]:
    """Looks for losses of earlier calls whose nodes are still alive."""
    alive = sorted(set(trace.store.get("kept", [])))
    old = [call for call in alive if call < trace.calls - 1]
    if len(old) == trace.calls - 1 >= 2:
        where = next(one.where for one in trace.of(Backward) if one.call == old[0])
        yield kept(where, f"after {trace.calls} steps the graphs of {len(alive)} are alive")


AFTERWARDS += [accumulated, thrown_away, stepped_first, clipping, still_alive]
