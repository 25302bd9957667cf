"""tg.why: the reason that a tensor has no gradient, read from the graph and from what was noted."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from topograd import _C
from topograd._C import Tensor
from topograd._holders import parameter_path, variable_of
from topograd._why_zero import why_zero

Place = tuple[str, str]  # "file.py:12 in f", and the text of that line


class Reason(str):
    """What `why` tells: a text that prints as it is, with its parts.

    kind: has_gradient, zero, cleared, untracked, inner, no_backward, left_out, cut, unused, lost
    or not_run.  where: the line in question, as 'model.py:41 in forward', or "".  ops: how many ops
    lie between it and the loss, or None.
    """

    kind: str
    where: str
    ops: int | None

    def __new__(cls, kind: str, text: str, where: str = "", ops: int | None = None) -> Reason:
        self = super().__new__(cls, text)
        self.kind, self.where, self.ops = kind, where, ops
        return self

    def __repr__(self) -> str:
        return str(self)


def why(p: Any, loss: Tensor | None = None) -> Reason:
    """Why a parameter or another tensor got no gradient, or one of zeros, and in which line.

    p: the tensor; of a module, all parameters are looked at, a line for each.  loss: what
    backward() was called on, or is about to be (default: that of the last call, as long as it is
    there).  Known are: requires_grad is False; an inner tensor without retain_grad(); backward()
    was not called; a path cut by detach(), .data, no_grad(), an integer dtype, an op without a
    derivative or a way through numbers and arrays; not used, or not in this loss; left out by
    backward(inputs=...); the gradient taken away by zero_grad(); multiplied by zero, as by a relu
    whose inputs are all negative.  Notes of many thousand cuts ago are forgotten; which one of
    several cuts it was is told by their order in time.  Raises TypeError for other objects.

    >>> import topograd as tg
    >>> w, v = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    >>> loss = ((w * 3).detach() * v).sum()
    >>> loss.backward()
    >>> tg.why(w, loss).kind, tg.why(w, loss).ops, tg.why(v, loss).kind
    ('cut', 2, 'has_gradient')
    """
    if loss is not None and not isinstance(loss, Tensor):
        raise TypeError(f"why: argument 'loss' must be Tensor, got {type(loss).__name__}")
    if not isinstance(p, Tensor):
        if hasattr(p, "named_parameters"):
            return _why_all(p, loss)
        raise TypeError(f"why: argument 'p' must be Tensor, got {type(p).__name__}")
    return _reason(p, loss, _name(p, sys._getframe(1)))


def _reason(p: Tensor, loss: Tensor | None, told: str) -> Reason:
    if not p.requires_grad:
        return _untracked(p, told)
    if p.grad is not None:
        return _with_gradient(p, loss, told)
    if not p.is_leaf and not p.retains_grad:
        made = p.grad_fn
        assert made is not None
        return Reason(
            "inner",
            f"{told} is the result of {made.name()}{_at(made.where)}, and backward() keeps the "
            "gradients of leaves only; call retain_grad() on it before backward()",
            made.where,
        )
    return _without_gradient(p, loss, told)


def _why_all(module: Any, loss: Tensor | None) -> Reason:
    reasons = [(name, _reason(one, loss, name)) for name, one in module.named_parameters()]
    missing = [(name, one) for name, one in reasons if one.kind != "has_gradient"]
    if not missing:
        return Reason("has_gradient", "all parameters have gradients")
    text = "\n".join(one for _, one in missing)
    return Reason(missing[0][1].kind, text, missing[0][1].where, missing[0][1].ops)


def _name(p: Tensor, frame: FrameType | None) -> str:
    """How the program calls it, or its shape."""
    name = p.name or parameter_path(p) or variable_of([p], frame)[0]
    return name or f"the tensor of shape {tuple(p.shape)}"


def _at(where: str) -> str:
    return f" at {where}" if where else ""


def _line(place: Place) -> str:
    """' at model.py:41 in forward', with the text of the line."""
    where, text = place
    return _at(where) + (f" (`{text}`)" if text else "")


def _untracked(p: Tensor, told: str) -> Reason:
    cut = _C.cut_of(p)
    if cut is None:
        text = f"{told} does not require grad; call requires_grad_() before computing with it"
        return Reason("untracked", text)
    if cut["kind"] == "frozen":
        text = f"{told} does not require grad since requires_grad_(False){_line(cut['place'])}"
        return Reason("untracked", text, cut["place"][0])
    text = f"{told} does not require grad: its history was cut{_line(cut['place'])} by {cut['by']}"
    return Reason("untracked", text, cut["place"][0])


def _with_gradient(p: Tensor, loss: Tensor | None, told: str) -> Reason:
    facts = _C.uses_of(p)
    made = facts.get("received_from")
    source = f" by the backward(){_at(made['place'][0])}" if made else ""
    gradient = p.grad
    assert gradient is not None
    if bool((gradient != 0).any()):
        size = float((gradient.detach().abs() ** 2).sum() ** 0.5)
        return Reason("has_gradient", f"{told} has a gradient, of norm {size:.4g}{source}")
    by, place = facts.get("changed", ("", ("", "")))
    if by in ("zero", "fill"):
        return Reason("cleared", f"the gradient of {told} was set to zero{_line(place)}", place[0])
    if facts.get("was_cleared"):
        where = facts["cleared"]
        return Reason("cleared", f"the gradient of {told} was set to zero{_line(where)}", where[0])
    text, where = why_zero(p, loss)
    return Reason("zero", f"the gradient of {told} is exactly zero{source}: {text}", where)


def _without_gradient(p: Tensor, loss: Tensor | None, told: str) -> Reason:
    facts, last = _C.uses_of(p), _C.newest_pass()
    if facts.get("was_cleared") and last is not None and facts["received"] == last["number"]:
        made, place = facts["received_from"], facts["cleared"]
        return Reason(
            "cleared",
            f"{told} got a gradient from the backward(){_at(made['place'][0])}, which was taken "
            f"away{_line(place)}",
            place[0],
        )
    if loss is not None and not loss.requires_grad:
        cut = _C.cut_of(loss)
        if cut is None:
            return Reason("cut", "the loss does not require grad: nothing was recorded for it")
        text = f"no gradient: the loss was cut{_line(cut['place'])} by {cut['by']}"
        return Reason("cut", text, cut["place"][0])
    if loss is not None:
        distance, cuts = _C.look_below([loss], p)
    elif last is None:
        return Reason("no_backward", f"{told} has no gradient: backward() was not called yet")
    elif last["root"] is None:
        return _from_notes(facts, last, told)
    else:
        distance, cuts = _C.look_below(last["root"], p)
    if distance >= 0:
        return _in_the_loss(loss, last, told, distance)
    return _outside(facts, cuts, last, loss, told)


def _in_the_loss(loss: Tensor | None, last: Any, told: str, distance: int) -> Reason:
    part = f"{told} is part of the loss, {distance} ops away, but"
    called = last is not None and (loss is None or loss.grad_fn == last["root"])
    if not called:
        text = f"{part} backward() was not called on this loss yet"
        return Reason("no_backward", text, ops=distance)
    where = last["place"][0]
    if last["chosen"]:
        text = (
            f"{part} the last pass{_at(where)} was for other inputs: backward(inputs=...), grad()"
        )
        return Reason("left_out", text, where, distance)
    text = f"{part} no gradient came back to it in the backward(){_at(where)}: a rule returned none"
    return Reason("not_run", text, where, distance)


def _ordered(cuts: list[dict[str, Any]], since: int) -> list[dict[str, Any]]:
    """Cuts after the node `since`, the likeliest first.

    That is the first one in time that takes a value out as it is, and then those that make
    something else of it (a comparison).
    """
    later = [cut for cut in cuts if cut["sequence"] > since and cut["kind"] != "frozen"]
    return sorted(later, key=lambda cut: (cut["kind"] == "no_derivative", cut["sequence"]))


def _outside(
    facts: dict[str, Any], cuts: list[dict[str, Any]], last: Any, loss: Tensor | None, told: str
) -> Reason:
    """The loss does not depend on p."""
    used, place = facts.get("sequence", 0), facts.get("used", ("", ""))
    end = loss.grad_fn.sequence if loss is not None and loss.grad_fn is not None else None
    fresh = used > 0 and used >= _start_of_step(last, end)
    if fresh:
        ordered = _ordered(cuts, used)
        if ordered:
            return _cut(ordered, told)
        text = f"{told} was used last{_line(place)}, but the loss does not depend on its result"
        return Reason("unused", text, place[0])
    how = (
        f"was not used since{_line(place)}" if used else "was never used in a recorded computation"
    )
    text = f"{told} {how}, so the loss does not depend on it"
    for cut in cuts:
        if cut["kind"] == "no_grad":
            ops, where = cut["distance"] + 1, cut["place"]
            text += (
                f"; if it was used under the no_grad(){_line(where)}, that is where it was cut, "
                f"{_ops(ops)} from the loss"
            )
            return Reason("cut", text, where[0], ops)
    return Reason("unused", text, place[0])


def _start_of_step(last: Any, end: int | None) -> int:
    """The number of the first node after the pass before the one that is asked about."""
    if last is None:
        return 0
    if end is not None and end >= last["before"]:
        return int(last["before"])
    before = _C.pass_by_number(last["number"] - 1)
    return 0 if before is None else int(before["before"])


def _ops(count: int) -> str:
    return "1 op" if count == 1 else f"{count} ops"


def _cut(ordered: list[dict[str, Any]], told: str) -> Reason:
    cut = ordered[0]
    ops, place = cut["distance"] + 1, cut["place"]
    text = f"{told}: cut at {place[0]} by {cut['by']}, {_ops(ops)} from the loss"
    text += f" (`{place[1]}`)" if place[1] else ""
    others = [f"{one['place'][0]} by {one['by']}" for one in ordered[1:3]]
    text += f"; also cut: {'; '.join(others)}" if others else ""
    return Reason("cut", text, place[0], ops)


def _notes(since: int, until: int) -> Iterator[dict[str, Any]]:
    """The cuts that were noted between two nodes, the youngest first."""
    newest = _C.newest_cut()
    for number in range(newest, max(0, newest - _C.MOST_CUTS), -1):
        cut = _C.cut_by_number(number)
        if cut is not None and since < cut["sequence"] <= until:
            yield cut


def _from_notes(facts: dict[str, Any], last: Any, told: str) -> Reason:
    """The loss is gone: what was noted before the last pass is left."""
    used, place = facts.get("sequence", 0), facts.get("used", ("", ""))
    where = last["place"][0]
    if used == 0:
        return Reason("unused", f"{told} was never used in a recorded computation", place[0])
    if used >= last["before"]:
        text = f"{told} was used last{_line(place)}, after the last backward(){_at(where)}"
        return Reason("no_backward", text, place[0])
    hint = "the loss is gone: tg.why(p, loss) tells more"
    if last["chosen"]:
        text = f"{told}: the last pass{_at(where)} was for other inputs; {hint}"
        return Reason("left_out", text, where)
    if used >= _start_of_step(last, None):
        for cut in _ordered(list(_notes(used, last["before"])), used):
            text = (
                f"{told} was used last{_line(place)}; its path to the loss was probably cut"
                f"{_line(cut['place'])} by {cut['by']} ({hint})"
            )
            return Reason("cut", text, cut["place"][0])
        text = (
            f"{told} was used last{_line(place)}, but the backward(){_at(where)} did not reach it"
        )
        return Reason("lost", f"{text} ({hint})", place[0])
    return Reason("unused", f"{told} was not used since{_line(place)}", place[0])
