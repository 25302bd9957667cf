"""Which parameters the loss reaches and the optimizer holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from topograd._C import Tensor
from topograd.doctor.checks.registry import AFTERWARDS, AT_BACKWARD, EACH_CALL, code
from topograd.doctor.events import Backward, Cut, Forward, Step, Trace
from topograd.doctor.graphs import contains
from topograd.doctor.report import Finding
from topograd.graph import Graph
from topograd.nn.parameter import Parameter

not_optimized = code(
    "parameter-not-in-optimizer",
    "error",
    "parameters get gradients, and no optimizer holds them",
    "they stay as they were initialised.",
    "give the optimizer all of model.parameters(), or freeze them with requires_grad_(False)",
)
stale = code(
    "optimizer-outdated",
    "error",
    "the optimizer holds parameters that the model no longer has",
    "a layer was replaced after the optimizer was built; the optimizer still moves the old one.",
    "build the optimizer after the model has its final layers",
    "parameter-not-in-optimizer unused-parameter no-gradient",
)
hidden = code(
    "hidden-module",
    "error",
    "layers with parameters are called that the model does not know as its parts",
    "what is kept in a plain list or dictionary is missing from parameters(), state_dict(), "
    "train() and to().",
    "keep them in nn.ModuleList or nn.ModuleDict",
)
unregistered = code(
    "unregistered-parameter",
    "error",
    "a tensor that requires a gradient is an attribute of a module, but no parameter of it",
    "parameters() and state_dict() do not know it, and so no optimizer trains it.",
    "wrap it: self.name = nn.Parameter(tensor)",
)
cut = code(
    "gradient-cut",
    "error",
    "parameters get no gradient: the way from the loss to them is cut",
    "after detach, no_grad, .data, item or a cast to integers nothing is known of where a value "
    "came from.",
    "take the cut away, or freeze the parameters if they are not to be trained",
)
unused = code(
    "unused-parameter",
    "warning",
    "parameters of the optimizer get no gradient: the loss does not depend on them",
    "they are never changed (and with weight decay they only shrink).",
    "use them, remove them, or freeze them with requires_grad_(False)",
)
twice = code(
    "layer-repeated",
    "warning",
    "the same layer stands at several places of a container",
    "[layer] * n is n times one layer, with one set of weights.",
    "make a layer for each place: [nn.Linear(...) for _ in range(n)]",
)
MOST_NAMES = 4


def _names(names: list[str]) -> str:
    rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + rest


def leaves(graph: Graph, event: Backward, trace: Trace) -> Iterator[Finding]:
    """Notes which parameters the graph has, and finds tensors that should be parameters."""
    reached = trace.store.setdefault("reached", {})
    known = trace.parameters()
    for key, (_, parameter) in known.items():
        index = graph._core.find(parameter)
        if index >= 0:
            node = graph.nodes[index]
            reached.setdefault(key, event)
            trace.origins.setdefault(key, node.where)
    others = {**known, **trace.optimized()}
    modules = {id(one.module): one.module for one in trace.of(Forward) if one.call == event.call}
    for module in modules.values():
        for name, tensor in vars(module).items():
            if not isinstance(tensor, Tensor) or isinstance(tensor, Parameter):
                continue
            if not (tensor.requires_grad and tensor.is_leaf) or id(tensor) in others:
                continue
            index = graph._core.find(tensor)
            if index >= 0:
                kind = type(module).__name__
                yield unregistered(
                    graph.nodes[index].where, f"self.{name} of {kind}, shape {tuple(tensor.shape)}"
                )


def strangers(trace: Trace) -> Iterator[Finding]:
    """Looks for modules called within another one that it does not list."""
    parts = {id(part) for module in trace.modules for part in module.modules()}
    optimized = trace.optimized()
    missing: dict[str, dict[int, Any]] = {}
    for event in trace.of(Forward):
        own = list(event.module.parameters(recurse=False))
        trained = event.recording and any(one.requires_grad for one in own)
        strange = event.depth > 0 and id(event.module) not in parts and trained
        if strange and not all(id(one) in optimized for one in own):
            missing.setdefault(event.where, {})[id(event.module)] = event.module
    for where, modules in missing.items():
        kinds = [type(one).__name__ for one in modules.values()]
        count = sum(one.numel() for module in modules.values() for one in module.parameters())
        yield hidden(where, f"{_names(kinds)}: {count} numbers that parameters() does not list")


def not_held(trace: Trace) -> Iterator[Finding]:
    """Looks for parameters with a gradient in no optimizer, and for the old ones of a new layer."""
    if not any(trace.of(Step)):
        return
    optimized, known = trace.optimized(), trace.parameters()
    reached = trace.store.get("reached", {})
    left = [key for key in reached if key not in optimized and known[key][1].requires_grad]
    if not left:
        return
    names = _names([known[key][0] for key in left])
    shapes = {tuple(known[key][1].shape) for key in left}
    idle = [
        one
        for key, one in optimized.items()
        if key not in known and one.requires_grad and one.grad is None
    ]
    where = trace.origins.get(left[0], "")
    if idle and (shapes & {tuple(one.shape) for one in idle} or len(idle) >= len(left)):
        shown = _names([str(tuple(one.shape)) for one in idle])
        yield stale(where, f"it holds {shown} from elsewhere; it does not hold {names}")
    else:
        held = len(known) - len(left)
        yield not_optimized(where, f"{names}; {held} of {len(known)} parameters are held")


def cuts(trace: Trace) -> Iterator[Finding]:
    """Notes for the parameters that a step found without gradient where they were cut off."""
    found = trace.store.setdefault("cuts", {})
    for event in trace.of(Step):
        if event.call != trace.call:
            continue
        for change in event.changes:
            if change.gradient is None and change.parameter.requires_grad:
                found.setdefault(id(change.parameter), _cut_of(trace, change.parameter))
    return iter(())


def _cut_of(trace: Trace, parameter: Tensor) -> tuple[str, str]:
    """The line and the kind of the last cut between a parameter and the loss, or two ''."""
    found = [
        one for one in trace.events if isinstance(one, Cut) and contains(one.tensor, parameter)
    ]
    # A number is mostly taken for a log.
    found.sort(key=lambda one: one.how not in (".item()", ".tolist()", "float()"))
    if found:
        return found[-1].where, found[-1].how
    for event in trace.of(Forward):
        mine = any(one is parameter for one in event.module.parameters(recurse=False))
        if mine and event.call == trace.call and not event.recording:
            return event.where, "no_grad (the layer was called while nothing is recorded)"
    return "", ""


def no_gradient(trace: Trace) -> Iterator[Finding]:
    """Looks for parameters that no step of their optimizer found with a gradient."""
    if not any(trace.of(Backward)):
        return
    seen: dict[int, tuple[Tensor, bool]] = {}
    for event in trace.of(Step):
        for change in event.changes:
            before = seen.get(id(change.parameter), (change.parameter, False))[1]
            seen[id(change.parameter)] = change.parameter, before or change.gradient is not None
    reached = trace.store.get("reached", {})
    known = trace.store.get("cuts", {})
    groups: dict[tuple[str, str], list[Tensor]] = {}
    for key, (parameter, has) in seen.items():
        if parameter.requires_grad and not has and key not in reached:
            groups.setdefault(known.get(key, ("", "")), []).append(parameter)
    for (where, how), parameters in groups.items():
        names = _names([trace.name(one) for one in parameters])
        if how:
            yield cut(where, f"cut by {how}: no gradient for {names}")
        else:
            yield unused(_called_at(trace, parameters), f"no gradient for {names}")


def _called_at(trace: Trace, parameters: list[Tensor]) -> str:
    """The line where the layer of one of the parameters was called, if it was."""
    ids = {id(one) for one in parameters}
    for event in trace.of(Forward):
        if ids & {id(one) for one in event.module.parameters(recurse=False)}:
            return event.where
    return next((trace.origins[key] for key in ids if key in trace.origins), "")


def repeated(trace: Trace) -> Iterator[Finding]:
    """Looks for a layer with parameters at several places of one container."""
    for module in {id(one): one for root in trace.modules for one in root.modules()}.values():
        if type(module).__name__ not in ("Sequential", "ModuleList", "ModuleDict"):
            continue
        places: dict[int, list[str]] = {}
        for name, part in module._modules.items():
            if part is not None and any(True for _ in part.parameters()):
                places.setdefault(id(part), []).append(name)
        for key, names in places.items():
            if len(names) > 1:
                part = module._modules[names[0]]
                event = next((one for one in trace.of(Forward) if id(one.module) == key), None)
                first = next(iter(part.parameters()))
                where = trace.origins.get(id(first), event.where if event else "")
                kind = type(part).__name__
                yield twice(where, f"one {kind} at {_names(names)} of a {type(module).__name__}")


AT_BACKWARD.append(leaves)
EACH_CALL.append(cuts)
AFTERWARDS += [strangers, not_held, no_gradient, repeated]
