"""Errors that the step raises, told as findings."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from topograd.doctor.checks.registry import EACH_CALL, code
from topograd.doctor.events import Cut, Forward, Trace
from topograd.doctor.graphs import contains
from topograd.doctor.lines import PACKAGE
from topograd.doctor.report import Finding

not_connected = code(
    "loss-not-connected",
    "error",
    "the loss has no history: no parameter can get a gradient",
    "a loss that is made anew from a number (item, tensor, NumPy) or of a step function (argmax, a "
    "comparison) depends on nothing.",
    "compute the loss with differentiable ops on the model's output, without item, detach or "
    "no_grad in between",
)
second_backward = code(
    "backward-twice",
    "error",
    "a backward pass goes through the graph of an earlier one",
    "something is carried from step to step with its history, such as the hidden state of a "
    "recurrent net or an embedding computed once outside of the loop.",
    "detach what is carried over: hidden = hidden.detach(), or compute it anew in each step",
)
failed = code(
    "step-failed",
    "error",
    "the step raised an error",
    "the checks end there.",
    "see the message",
)


def raised(trace: Trace) -> Iterator[Finding]:
    """Tells of the error of this call."""
    error = trace.error
    if error is None:
        return
    where, message = _line(error), f"{type(error).__name__}: {error}"
    if "does not require grad" in message and "backward" in message:
        place, how = _last_cut(trace)
        yield not_connected(place or where, f"cut by {how}" if how else message)
    elif "second time" in message:
        yield second_backward(where, message)
    else:
        yield failed(where, message)


def _line(error: BaseException) -> str:
    """The innermost line of the user's in a traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    mine = [one for one in frames if not one.filename.startswith(PACKAGE)] or list(frames)
    return f"{mine[-1].filename}:{mine[-1].lineno} in {mine[-1].name}" if mine else ""


def _last_cut(trace: Trace) -> tuple[str, str]:
    known = [one for _, one in trace.parameters().values()]
    for event in reversed(trace.events):
        if isinstance(event, Cut) and any(contains(event.tensor, one) for one in known):
            return event.where, event.how
    for event in trace.of(Forward):
        if event.call == trace.call and event.depth == 0 and not event.recording:
            return event.where, "no_grad (the model was called while nothing is recorded)"
    return "", ""


EACH_CALL.append(raised)
