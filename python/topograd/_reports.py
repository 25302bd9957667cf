"""Reports as methods of Tensor; set on the type when the package is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from topograd._C import Tensor

if TYPE_CHECKING:
    from topograd.graph.nan_report import NanReport

__all__: list[str] = []


def nan_report(self: Tensor) -> NanReport:
    """The node that made the first value, or gradient, that is not finite, after the fact.

    Everything is computed again from the recorded graph: ask before the parameters are changed, and
    before backward() or with retain_graph=True.  Raises RuntimeError where nothing was recorded.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0, 4.0], requires_grad=True)
    >>> w.sqrt().sum().nan_report()
    all values and gradients are finite; computed again from the recorded graph
    """
    from topograd.graph import nan_report as reports

    return reports.nan_report(self)


setattr(Tensor, "nan_report", nan_report)  # noqa: B010
