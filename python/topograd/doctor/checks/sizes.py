"""Sizes of gradients, updates and losses."""

from __future__ import annotations

import math
from collections.abc import Iterator

from topograd.doctor.checks.registry import AFTERWARDS, code
from topograd.doctor.events import Backward, Change, Step, Trace
from topograd.doctor.report import Finding

vanishing = code(
    "vanishing-gradients",
    "warning",
    "the gradients of the first layers are next to nothing beside those of the last",
    "each layer multiplies the gradient by a factor below 1; the first layers do not learn.",
    "use ReLU or GELU with He initialisation, normalisation layers, or residual connections",
)
exploding = code(
    "exploding-gradients",
    "error",
    "gradients are very much larger than the weights",
    "each layer multiplies the gradient by a factor above 1; one step throws the weights anywhere.",
    "initialise with smaller weights, normalise inputs and layers, or clip_grad_norm_",
    "update-too-large loss-grows",
)
not_finite = code(
    "not-finite",
    "error",
    "the loss or a gradient is NaN or infinite",
    "from then on every parameter is NaN.",
    "tg.nan_guard() names the op that made it; a smaller learning rate, an eps in log or sqrt and "
    "clipping are the usual cures",
    "loss-grows update-too-large exploding-gradients vanishing-gradients",
)
too_large = code(
    "update-too-large",
    "error",
    "a step changes the weights by more than their own size, and the loss does not fall",
    "about a thousandth of a weight per step is usual; with more than all of it nothing that was "
    "learnt stays.",
    "lower the learning rate by a factor of 10 to 1000",
    "loss-grows",
)
too_small = code(
    "update-too-small",
    "warning",
    "a step changes the weights by less than they can show",
    "about a thousandth of a weight per step is usual.",
    "raise the learning rate",
)
no_update = code(
    "no-update",
    "error",
    "the optimizer's steps change nothing although there are gradients",
    "the learning rate is 0, or a scheduler made it 0.",
    "give the optimizer a learning rate above 0",
)
grows = code(
    "loss-grows",
    "error",
    "the loss grows from step to step",
    "the steps lead uphill: the learning rate is too large, or a sign is wrong.",
    "lower the learning rate; check that the loss is minimised",
)
symmetric = code(
    "symmetric-weights",
    "error",
    "all units of a layer start with the same weights and get the same gradients",
    "units that start alike stay alike: the layer has one unit in effect.",
    "initialise with random weights (the layers' own initialisation does)",
    "vanishing-gradients gradient-zero",
)
zero = code(
    "gradient-zero",
    "warning",
    "parameters get gradients that are exactly 0 in every step",
    "they do not learn; something after them stops every change (a dead ReLU, a clamp, a product "
    "with 0).",
    "look at what stands between the layer and the loss",
)
GROWTH, TINY_UPDATE, LARGE_UPDATE, STEEP = 10.0, 1e-8, 1.0, 1e6


def _by_parameter(trace: Trace) -> dict[int, list[Change]]:
    found: dict[int, list[Change]] = {}
    for step in trace.of(Step):
        for change in step.changes:
            if change.parameter.requires_grad and change.gradient is not None:
                found.setdefault(id(change.parameter), []).append(change)
    return found


def _weights(trace: Trace) -> list[list[Change]]:
    """The changes of matrices and kernels, in the order in which the model has them."""
    changes = _by_parameter(trace)
    order = [key for key in trace.parameters() if key in changes]
    order += [key for key in changes if key not in set(order)]
    return [changes[key] for key in order if changes[key][0].parameter.ndim >= 2]


def finite(trace: Trace) -> Iterator[Finding]:
    """Looks for NaN and infinity in losses, gradients and weights."""
    for event in trace.of(Backward):
        if event.scalar and not math.isfinite(event.loss):
            yield not_finite(event.where, f"the loss of call {event.call + 1} is {event.loss}")
            return
    for step in trace.of(Step):
        for one in step.changes:
            if one.gradient is not None and not math.isfinite(one.gradient + one.change):
                name = trace.name(one.parameter)
                yield not_finite(step.where, f"call {step.call + 1}: gradient or change of {name}")
                return


def flow(trace: Trace) -> Iterator[Finding]:
    """Compares the gradients of the first and the last weights, and all with their weights."""
    weights = _weights(trace)
    means = [sum(o.gradient or 0.0 for o in changes) / len(changes) for changes in weights]
    if not weights or not all(map(math.isfinite, means)):
        return
    where = next((step.where for step in trace.of(Step)), "")
    steep = (
        (gradient / changes[0].weight, changes[0])
        for changes in weights
        if changes[0].weight > 0 and (gradient := changes[0].gradient)
    )
    first = next((pair for pair in steep if pair[0] > STEEP), None)
    if first is not None:
        yield exploding(
            trace.origins.get(id(first[1].parameter), where),
            f"the gradient of {trace.name(first[1].parameter)} is {first[0]:.3g} times its weights "
            "(root mean squares)",
        )
    elif len(means) >= 4 and 0 < means[0] < 1e-5 * max(means):
        yield vanishing(
            trace.origins.get(id(weights[0][0].parameter), where),
            f"{trace.name(weights[0][0].parameter)}: {means[0]:.2g}, "
            f"{trace.name(weights[-1][0].parameter)}: {means[-1]:.2g} (root mean squares)",
        )


def updates(trace: Trace) -> Iterator[Finding]:
    """Compares what steps change with what was there."""
    changes = _by_parameter(trace)
    steps = list(trace.of(Step))
    if not changes or not any(one.gradient for listed in changes.values() for one in listed):
        return
    where = steps[0].where
    rates = sorted({float(g["lr"]) for s in steps for g in s.optimizer.param_groups if "lr" in g})
    rate = f"the learning rate is {', '.join(f'{one:g}' for one in rates)}"
    if all(one.change == 0 for listed in changes.values() for one in listed):
        yield no_update(where, rate)
        return
    ratios = sorted(
        sum(one.change / one.weight for one in listed) / len(listed)
        for listed in _weights(trace)
        if all(one.weight > 0 and one.gradient for one in listed)
    )
    if not ratios or not all(map(math.isfinite, ratios)):
        return
    values = [event.loss for event in trace.of(Backward)]
    middle = ratios[len(ratios) // 2]
    shown = f"{rate}; changes are {middle:.3g} times the weights (median of {len(ratios)} matrices)"
    falls = values[-1] < values[0] if values else False
    if middle > LARGE_UPDATE and not falls and not any(step.closure for step in steps):
        yield too_large(where, shown)
    elif ratios[-1] < TINY_UPDATE:
        yield too_small(where, shown)


def losses(trace: Trace) -> Iterator[Finding]:
    """Looks for a loss that grows tenfold."""
    by_line: dict[str, list[Backward]] = {}
    for event in trace.of(Backward):
        by_line.setdefault(event.where, []).append(event)
    for where, events in by_line.items():
        values = [event.loss for event in events]
        if len(values) < 3 or not all(map(math.isfinite, values)) or values[0] <= 0:
            continue
        rising = all(values[n] < values[n + 1] for n in range(len(values) - 1))
        if rising and values[-1] > GROWTH * values[0]:
            yield grows(where, "loss " + ", ".join(f"{one:.4g}" for one in values))


def alike(trace: Trace) -> Iterator[Finding]:
    """Looks for matrices whose rows are the same before and after the steps."""
    steps = list(trace.of(Step))
    if not steps:
        return
    seen: set[int] = set()
    for change in [one for step in steps for one in step.changes]:
        parameter = change.parameter
        if id(parameter) in seen or parameter.ndim < 2 or change.gradient is None:
            continue
        seen.add(id(parameter))
        rows = parameter.detach().flatten(1)
        if rows.shape[0] < 2 or rows.numel() < 4 or not parameter.requires_grad:
            continue
        gradient = parameter.grad
        same = bool((rows == rows[:1]).all())
        slopes = None if gradient is None else gradient.detach().flatten(1)
        if same and (slopes is None or bool((slopes == slopes[:1]).all())):
            yield symmetric(
                trace.origins.get(id(parameter), steps[0].where),
                f"{trace.name(parameter)}: {len(rows)} rows are equal after {trace.calls} calls",
            )


def zeros(trace: Trace) -> Iterator[Finding]:
    """Looks for weights whose gradient was 0 in every step."""
    listed = _weights(trace)
    idle = [changes[0].parameter for changes in listed if not any(o.gradient for o in changes)]
    if idle and len(idle) < len(listed) + 1:
        names = ", ".join(trace.name(one) for one in idle[:4])
        yield zero(trace.origins.get(id(idle[0]), ""), f"{names}: 0 in all steps")


AFTERWARDS += [finite, flow, updates, losses, alike, zeros]
