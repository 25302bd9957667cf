"""Training and evaluation mode."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from topograd.doctor.checks.registry import AFTERWARDS, EACH_CALL, code
from topograd.doctor.events import Backward, Forward, Step, Trace
from topograd.doctor.report import Finding
from topograd.nn.batchnorm import _BatchNorm
from topograd.nn.dropout import _Dropout

eval_while_training = code(
    "eval-while-training",
    "error",
    "the model is trained in evaluation mode",
    "dropout does nothing, and batch norm uses statistics that it does not update.",
    "call model.train() before the training steps (and after each evaluation)",
)
train_while_evaluating = code(
    "train-while-evaluating",
    "error",
    "the model is evaluated in training mode",
    "dropout makes the result random, and batch norm mixes the examples of a batch and takes the "
    "validation data into its statistics.",
    "call model.eval() before the evaluation and model.train() after it",
)
recorded_evaluation = code(
    "evaluation-recorded",
    "note",
    "an evaluation records a graph that nobody uses",
    "the graph takes time and memory.",
    "put the evaluation under tg.no_grad() or tg.inference_mode()",
)


def _moody(module: Any) -> list[str]:
    """The kinds of layers within a module that behave differently in the two modes."""
    found = []
    for part in module.modules():
        drops = isinstance(part, _Dropout) and part.p > 0
        if drops or (isinstance(part, _BatchNorm) and part.track_running_stats):
            found.append(type(part).__name__)
    return sorted(set(found))


def trained_in_eval(trace: Trace) -> Iterator[Finding]:
    """Looks for a whole model in evaluation mode below a loss whose optimizer trains it."""
    if not any(trace.of(Step)):
        return
    optimized = trace.optimized()
    reached = trace.store.get("reached", {})
    for event in trace.of(Forward):
        if event.depth or event.training or not event.recording:
            continue
        own = {id(one) for one in event.module.parameters() if one.requires_grad}
        kinds = _moody(event.module)
        if kinds and own & set(optimized) & set(reached) and _only_in(trace, event.module, False):
            yield eval_while_training(
                event.where, f"{type(event.module).__name__}.training is False; it has {kinds}"
            )


def _only_in(trace: Trace, module: Any, training: bool) -> bool:
    """Whether all recorded calls of a module were in one mode."""
    calls = [one for one in trace.of(Forward) if one.module is module and one.recording]
    return all(one.training is training for one in calls)


def evaluated_in_train(trace: Trace) -> Iterator[Finding]:
    """Looks for calls in training mode whose result goes into no other module and no loss."""
    events = [one for one in trace.of(Forward) if one.call == trace.call and one.depth == 0]
    used = trace.store.pop("data of graphs", set())
    inputs = {one.data_ptr() for event in events for one in event.inputs}
    trained = {id(one.module) for one in events if one.recording}
    last = max((n for n, one in enumerate(trace.events) if isinstance(one, Backward)), default=-1)
    # What is computed before the backward pass may be a target.
    late = {id(one) for one in trace.events[last + 1 :]}
    for event in events:
        kinds = _moody(event.module)
        if not kinds or not event.training or not event.outputs:
            continue
        goes_on = any(one.data_ptr() in inputs | used for one in event.outputs)
        alone = not trace.trains
        evaluation = id(event) in late and id(event.module) in trained
        if alone or (not event.recording and evaluation and not goes_on):
            yield train_while_evaluating(
                event.where, f"{type(event.module).__name__}.training is True; it has {kinds}"
            )


def recorded(trace: Trace) -> Iterator[Finding]:
    """Looks for a step without backward pass and optimizer that records its graph."""
    if trace.trains or trace.error is not None or trace.store.get("grad calls"):
        return
    for event in trace.of(Forward):
        trainable = any(one.requires_grad for one in event.module.parameters())
        if event.depth == 0 and event.recording and trainable:
            yield recorded_evaluation(event.where, "no backward pass, and no_grad is not active")
            return


EACH_CALL.append(evaluated_in_train)
AFTERWARDS += [trained_in_eval, recorded]
