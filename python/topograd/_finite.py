"""The hunter of values that are not finite: stops where the first one is made."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import ContextDecorator
from typing import Any, NamedTuple

from topograd import _C
from topograd._C import Tensor

__all__ = ["NonFiniteError", "TensorFacts", "facts", "nan_guard", "set_nan_guard"]


class TensorFacts(NamedTuple):
    """What a report tells of a tensor.

    name: of the argument.  shape.  dtype: as text, '' where the value is gone.  low, high: range of
    the finite elements, None where there is none.  finite: share of the elements, None where the
    value is gone.  nan, inf: how many elements.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    low: float | None
    high: float | None
    finite: float | None
    nan: int
    inf: int

    def __str__(self) -> str:
        text = f"{self.name}: {self.shape}"
        if self.finite is None:
            return f"{text}, value not kept"
        text += f" {self.dtype}"
        if self.low is not None and self.high is not None:
            text += f", min {self.low:.4g}, max {self.high:.4g}"
        share = 100 * self.finite
        text += f", {share:.4g} % finite" if share == 100 or share < 99.99 else ", >99.99 % finite"
        found = [
            f"{count} {kind}" for count, kind in ((self.nan, "nan"), (self.inf, "inf")) if count
        ]
        return text + (f" ({', '.join(found)})" if found else "")


def facts(name: str, x: Tensor | None, shape: Iterable[int] = ()) -> TensorFacts:
    """Range and finite share of a tensor; of the absolute values, if it is complex.

    >>> import topograd as tg
    >>> from topograd._finite import facts
    >>> print(facts("x", tg.tensor([1.0, tg.nan, 3.0, tg.inf])))
    x: (4,) float32, min 1, max 3, 50 % finite (1 nan, 1 inf)
    """
    if x is None:
        return TensorFacts(name, tuple(shape), "", None, None, None, 0, 0)
    x = x.detach()
    nan, positive, negative = _C.not_finite(x)
    inf, dtype = positive + negative, str(x.dtype).rpartition(".")[2]
    share = 1.0 if x.numel() == 0 else 1 - (nan + inf) / x.numel()
    low = high = None
    if share > 0 and x.numel() > 0:
        values = x.abs() if x.is_complex() else x
        values = values if nan + inf == 0 else values[values.isfinite()]
        low, high = float(values.min().item()), float(values.max().item())
    return TensorFacts(name, tuple(x.shape), dtype, low, high, share, nan, inf)


class NonFiniteError(RuntimeError):
    """A value that is not finite, where it was made. The message tells everything of it.

    op: name.  phase: 'forward' or 'backward'.  where: 'file.py:12 in f'.  module: path of the
    module, or ''.  inputs: a `TensorFacts` for each tensor argument.  incoming: the same for the
    gradients that came in, in the backward pass.  results: the same for what was made.  path: the
    names or ops from the nearest parameter to here.
    """

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.op: str = details.get("op", "")
        self.phase: str = details.get("phase", "")
        self.where: str = details.get("where", "")
        self.module: str = details.get("module", "")
        self.inputs: list[TensorFacts] = details.get("inputs", [])
        self.incoming: list[TensorFacts] = details.get("incoming", [])
        self.results: list[TensorFacts] = details.get("results", [])
        self.path: list[str] = details.get("path", [])


NonFiniteError.__module__ = "topograd"


def _parameter_name(step: dict[str, Any], roots: list[Any]) -> str:
    """The name of a leaf: the user's, or that in a module that was running."""
    tensor = step["tensor"]
    if step["name"]:
        return str(step["name"])
    for root in roots:
        for name, one in root.named_parameters():
            if one is tensor:
                return f"{type(root).__name__}.{name}"
    return f"a leaf of shape {tuple(step['shape'] or ())}"


def _short(where: str) -> str:
    return where.rpartition("/")[2]


def _path(details: dict[str, Any]) -> list[str]:
    """The nearest parameter, then each op on the way from it, with its line and module."""
    steps = details["path"]
    if not steps:
        return []
    known = [step for step in steps if not isinstance(step, int)]  # a number is left out
    found = [details["modules"], *(step["modules"] for step in known)]
    roots = {id(chain[0]): chain[0] for chain in found if chain and chain[0] is not None}
    names = [_parameter_name(steps[0], list(roots.values()))]
    for step in steps[1:]:
        if isinstance(step, int):
            names.append(f"… {step:,} ops …")
            continue
        places = [text for text in (_short(step["where"]), step["module"]) if text]
        name = f"{step['name']} = {step['op']}" if step["name"] else step["op"]
        names.append(f"{name} ({', '.join(places)})" if places else name)
    return [*names, details["op"]]


def _headline(details: dict[str, Any], bad: TensorFacts) -> str:
    kind = "nan" if bad.nan else "inf"
    op, number = details["op"] + ("_" if details["in_place"] else ""), details["result"]
    if details["phase"] == "backward":
        return f"{op}: the backward rule returned {kind} values in its {number}th output"
    return f"{op}: the result is not finite: {bad.nan + bad.inf} {kind}"


def _hint(details: dict[str, Any], inputs: list[TensorFacts], incoming: list[TensorFacts]) -> str:
    """What is known of the cause beyond the numbers."""
    if any(one.nan for one in incoming) or any(one.inf for one in incoming):
        return "the gradient that came in was not finite already: a seed, a hook, or a sum"
    spoiled = [one.name for one in inputs if one.nan]
    if spoiled:
        return (
            f"{' and '.join(spoiled)} held nan already: data or a parameter, not this op, made it"
        )
    infinite = [one.name for one in inputs if one.inf]
    if infinite:
        return f"the infinities of {' and '.join(infinite)} met here"
    if details["op"] in ("log", "log2", "log10", "div", "rsqrt", "reciprocal", "pow", "sqrt"):
        return "all inputs are finite: look for a zero (or a negative number) in them"
    return "all inputs that are known are finite: the op itself made it"


def _stop(details: dict[str, Any]) -> None:
    """Raises the error of what the guard found; called by it."""
    inputs = [facts(*one) for one in details["inputs"]]
    incoming = [
        facts(f"gradient {i}", x) for i, x in enumerate(details["incoming"]) if x is not None
    ]
    backward = details["phase"] == "backward"
    label = "gradient of input" if backward else "result"
    several = len(details["results"]) > 1 or backward
    results = [
        facts(f"{label} {i}" if several else label, x)
        for i, x in enumerate(details["results"])
        if x is not None
    ]
    bad = facts(label, details["results"][details["result"]])
    place = ", in ".join(text for text in (details["where"], details["module"]) if text)
    path = _path(details)
    lines = [_headline(details, bad) + (f", at {place}" if place else "")]
    lines += [f"  input {one}" for one in inputs]
    if details["in_place"]:
        lines.append("  the input that was written over is not known any more")
    lines += [f"  incoming {one}" for one in incoming]
    lines += [f"  {one}" for one in results]
    if path:
        lines.append(f"  from the nearest parameter: {' -> '.join(path)}")
    lines.append(f"  {_hint(details, inputs, incoming)}")
    raise NonFiniteError(
        "\n".join(lines), inputs=inputs, incoming=incoming, results=results, path=path,
        **{key: details[key] for key in ("op", "phase", "where", "module")},
    )  # fmt: skip


class nan_guard(ContextDecorator):  # a lower-case name, as of `no_grad`
    """Stops at the first value of this thread that is not finite, forward or backward.

    Raises NonFiniteError, a RuntimeError, with the op, its line and module, range and finite share
    of every input, and the path from the nearest parameter.  A context manager, a decorator, or,
    with `start()` and `stop()`, a switch.

    forward, backward: what is looked at (default: both).  inf: also stop at an infinity (default);
    with False only at NaN.  What is meant is let through:

    - an infinity that was among the arguments may travel: the -inf of `masked_fill`, `where` or a
      mask that is added.  Only one that an op makes from finite arguments stops (an overflow, log
      of 0, a division by 0), or one in a parameter.  Where such a value is selected away later,
      say `inf=False`: gradients of what is selected away are 0 here, not NaN.
    - a NaN that was written in the call, as in `masked_fill(mask, nan)`, or that is only moved, by
      a copy, an index, `cat` or `where`.  What computes with it stops.
    - the overflow of a scaled loss: with a `GradScaler` say `backward=False`.

    Every result is read once more, nothing is kept: a step of a small network takes about 1.1 times
    as long.  `loss.nan_report()` looks after the fact.  Unlike PyTorch's `detect_anomaly`, which is
    here too, it looks at forward values.

    >>> import topograd as tg
    >>> x = tg.tensor([0.0, 1.0], requires_grad=True)
    >>> with tg.nan_guard():
    ...     y = x.log()
    Traceback (most recent call last):
    ...
    topograd.NonFiniteError: log: the result is not finite: 1 inf, at ...
    >>> with tg.nan_guard():
    ...     p = tg.softmax(tg.zeros(3).masked_fill(tg.tensor([True, False, False]), -tg.inf), 0)
    >>> p
    tensor([0.0000, 0.5000, 0.5000])
    """

    def __init__(self, *, forward: bool = True, backward: bool = True, inf: bool = True) -> None:
        self._options = (bool(forward), bool(backward), bool(inf))
        self._running: list[_C.FiniteGuard] = []

    def start(self) -> None:
        """Switches it on in this thread."""
        guard = _C.FiniteGuard(_stop, *self._options)
        guard.start()
        self._running.append(guard)

    def stop(self) -> None:
        """Switches it off again; nothing happens when it is off."""
        if self._running:
            self._running[-1].stop()
            self._running.pop()

    def __enter__(self) -> nan_guard:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Switch(threading.local):
    guard: nan_guard | None = None


_switch = _Switch()


def set_nan_guard(
    mode: bool, *, forward: bool = True, backward: bool = True, inf: bool = True
) -> None:
    """Switches a `nan_guard` on (True) or off (False) for the rest of this thread.

    The keywords are those of `nan_guard`; they replace those of an earlier call.

    >>> import topograd as tg
    >>> tg.set_nan_guard(True, inf=False)
    >>> tg.set_nan_guard(False)
    """
    if _switch.guard is not None:
        _switch.guard.stop()
        _switch.guard = None
    if mode:
        guard = nan_guard(forward=forward, backward=backward, inf=inf)
        guard.start()
        _switch.guard = guard
