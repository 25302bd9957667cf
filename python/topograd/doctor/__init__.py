"""A check-up of a training step: what is wrong with it, on which line, and how to cure it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from topograd.doctor.report import Report

__all__ = ["doctor"]


def doctor(
    step: Callable[..., Any],
    *,
    model: Any = None,
    optimizer: Any = None,
    data: Iterable[Any] | None = None,
    steps: int = 3,
    restore: bool = True,
) -> Report:
    """Runs a training step a few times and reports what is wrong with it, with lines and cures.

    step: the function that does one step: forward, backward, `optimizer.step()`.  Without data it
    is called without arguments; with data (an iterable, such as a DataLoader) once for each of the
    first batches: `step(x, y)` for a tuple or list that `step` has room for, else `step(batch)`.
    model (a Module or several), optimizer (one or several): found by watching what the step calls;
    give them for what it does not call.  steps: how many calls (default 3, at least 2 to compare);
    up to eight more until an optimizer steps.  restore: put parameters, buffers, gradients, modes,
    optimizers and topograd's random state back as they were at first sight (default); otherwise
    they stay as they are after the steps.  What nobody shows to the doctor, such as a scheduler or
    an iterator of the caller's, moves on.

    Returns a report that prints as a list; `.findings` have `.code`, `.severity`, `.where`,
    `.what`, `.evidence` and `.cure`; `.ok` says that there is neither an error nor a warning.  The
    codes are those of docs/doctor.md.  A step without any backward is looked at as an evaluation.
    An error that the step raises is a finding and is kept as `.error`.  Raises TypeError or
    ValueError for wrong arguments.  Not for several threads at once.

    >>> import topograd as tg
    >>> model = tg.nn.Linear(3, 1)
    >>> optimizer = tg.optim.SGD(model.parameters(), lr=0.01)
    >>> x, y = tg.randn(8, 3), tg.randn(8)
    >>> def step():
    ...     optimizer.zero_grad()
    ...     loss = ((model(x) - y) ** 2).mean()
    ...     loss.backward()
    ...     optimizer.step()
    >>> report = tg.doctor(step)
    >>> report.ok, [(finding.code, finding.severity) for finding in report.findings]
    (False, [('loss-broadcast', 'error')])
    """
    from topograd.doctor.examination import examine

    return examine(step, model, optimizer, data, steps, restore)
