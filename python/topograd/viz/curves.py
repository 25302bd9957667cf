"""Curves of a training, and how gradients flow through the layers."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from topograd._C import Tensor
from topograd.viz.style import LINES, Array, Page, array, check_path, shown_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Path = str | os.PathLike[str] | None


def loss_curves(
    history: Any,
    *,
    smooth: float = 0.0,
    logarithmic: bool | None = None,
    title: str = "",
    dark: bool = False,
    path: Path = None,
) -> Figure:
    """Draws losses over steps or epochs, and beside them what else was measured.

    history: a list of numbers, a dictionary of lists by name, a list of dictionaries, or what
    `tg.fit` returns.  What is called "val_…" is drawn dashed in the colour of its partner, its
    best loss marked; names without "loss" get a panel of their own.  NaN and infinity leave gaps,
    which are marked below.  smooth: 0 (none) to below 1, the weight of the past in a running mean;
    the raw values stay behind it in pale.  logarithmic: the losses' axis (default: if they are
    positive and span more than a factor of 20).  Raises ValueError for an empty history.

    >>> import topograd as tg
    >>> figure = tg.viz.loss_curves({"loss": [3.0, 2.0, 1.5], "val_loss": [3.1, 2.4, 2.2]})
    >>> [line.get_label() for line in figure.axes[0].lines[:2]]
    ['loss', 'val_loss']
    """
    check_path("loss_curves", path)
    if not 0 <= smooth < 1:
        raise ValueError(f"loss_curves: smooth must be from 0 to below 1, got {smooth}")
    series = {name: array("loss_curves", name, line) for name, line in _series(history).items()}
    if not series:
        raise ValueError("loss_curves: history is empty")
    for name, line in series.items():
        if line.ndim != 1:
            raise ValueError(f"loss_curves: {name} must be a list of numbers, got {line.shape}")
    losses = [name for name in series if "loss" in name.lower()] or list(series)
    groups = [losses, [name for name in series if name not in losses]]
    groups = [names for names in groups if names]
    page = Page(6.4 * len(groups), 4.0, dark, title)
    for axes, names in zip(page.panels(1, len(groups)), groups, strict=True):
        lines = {name: series[name].astype(float) for name in names}
        _draw_lines(page, axes, lines, smooth)
        wanted = _spans(lines) if logarithmic is None else logarithmic
        if names is losses and wanted:
            axes.set_yscale("log")
        axes.set_ylabel(names[0] if len(names) == 1 else ("loss" if names is losses else ""))
        axes.set_xlabel("step" if max(map(len, lines.values())) > 200 else "epoch or step")
        axes.locator_params(axis="x", integer=True)
        page.legend(axes)
    return page.done(path)


def _series(history: Any) -> dict[str, Any]:
    if hasattr(history, "rows") and hasattr(history, "names"):  # a History of fit
        figures = [name for name in history.names if _numbers(history[name])]
        return {name: history[name] for name in figures if name != "epoch"}
    if isinstance(history, Mapping):
        return {str(name): line for name, line in history.items() if name != "epoch"}
    if isinstance(history, Sequence) and history and isinstance(history[0], Mapping):
        names = dict.fromkeys(name for row in history for name in row)
        return {n: [row.get(n, np.nan) for row in history] for n in names if n != "epoch"}
    return {"loss": history}


def _numbers(line: Sequence[Any]) -> bool:
    return all(isinstance(one, (int, float)) for one in line)


def _spans(lines: Mapping[str, Array]) -> bool:
    values = np.concatenate([line[np.isfinite(line)] for line in lines.values()])
    return bool(values.size and values.min() > 0 and values.max() > 20 * values.min())


def _draw_lines(page: Page, axes: Any, lines: Mapping[str, Array], smooth: float) -> None:
    colours: dict[str, int] = {}
    for name, line in lines.items():
        partner = name.removeprefix("val_")
        number = colours.setdefault(partner, len(colours))
        style = "--" if name != partner else LINES[0] if partner in lines else LINES[number % 4]
        steps = np.arange(1, len(line) + 1)
        shown = _smoothed(line, smooth)
        if smooth:
            axes.plot(steps, line, color=page.colour(number), alpha=0.25, linewidth=1)
        mark = None if len(line) > 40 else "o" if name == partner else "D"
        inside = page.paper if name != partner else page.colour(number)
        axes.plot(
            steps, shown, style, color=page.colour(number), label=name, marker=mark, markersize=3.5,
            markerfacecolor=inside,            linewidth=1.8,
        )  # fmt: skip
        broken = ~np.isfinite(line)
        if broken.any():
            place = axes.get_xaxis_transform()
            label = f"{name}: not finite"
            axes.plot(
                steps[broken], np.full(broken.sum(), 0.02), "x", transform=place,
                color=page.colour(number), label=label,
            )  # fmt: skip
        if name != partner and "loss" in name and np.isfinite(line).any():
            best = int(np.nanargmin(np.where(np.isfinite(line), line, np.nan)))
            axes.annotate(
                f"best {line[best]:.4g}", (steps[best], line[best]), (0, 12),
                textcoords="offset points", ha="center", fontsize=8, color=page.ink,
                arrowprops={"arrowstyle": "-", "color": page.ink, "linewidth": 0.8},
            )  # fmt: skip
    page.ruled(axes)


def _smoothed(line: Array, weight: float) -> Array:
    """The running mean that counts from the start, without a bias; gaps are passed over."""
    if weight == 0:
        return line
    mean, total, shown = 0.0, 0.0, np.full(len(line), np.nan)
    for place, value in enumerate(line):
        if np.isfinite(value):
            mean = weight * mean + (1 - weight) * float(value)
            total = weight * total + (1 - weight)
            shown[place] = mean / total
    return shown


def gradient_flow(
    model: Any, *, title: str = "", dark: bool = False, most: int = 60, path: Path = None
) -> Figure:
    """Draws the sizes of the gradients of all parameters, first layer on top, after `backward`.

    For each parameter a bar up to the mean of |gradient|, a dot at the root mean square and a
    triangle at the greatest; the axis is logarithmic.  Where a layer's gradient is missing or 0 it
    says so.  model: a Module, or a dictionary of tensors by name, whose `.grad` is taken.  most:
    parameters to show (default 60: the first and last ones).  Raises ValueError if there is no
    gradient at all.

    >>> import topograd as tg
    >>> model = tg.nn.Linear(3, 2)
    >>> model(tg.ones(4, 3)).sum().backward()
    >>> [text.get_text() for text in tg.viz.gradient_flow(model).axes[0].get_yticklabels()]
    ['weight', 'bias']
    """
    check_path("gradient_flow", path)
    named: dict[str, Tensor] = dict(
        model.items() if isinstance(model, Mapping) else model.named_parameters()
    )
    named = {name: one for name, one in named.items() if one.requires_grad}
    if not any(one.grad is not None for one in named.values()):
        raise ValueError("gradient_flow: no parameter has a gradient; call backward() before")
    names = list(named)
    if len(names) > most:
        names = [*names[: (most + 1) // 2], *names[len(names) - most // 2 :]]
        title = title or f"gradients ({len(names)} of {len(named)} parameters)"
    page = Page(7.0, 1.4 + 0.24 * len(names), dark, title)
    (axes,) = page.panels(1, 1)
    axes.set_xscale("log")
    sizes = [_sizes(named[name]) for name in names]
    finite = [one for row in sizes if row for one in row if one > 0 and np.isfinite(one)]
    low = min(finite, default=1e-8) / 3
    for place, row in enumerate(sizes):
        if row is None or not max(row) > 0 or not np.isfinite(max(row)):
            words = "no gradient" if row is None else "0" if max(row) == 0 else "not finite"
            axes.text(low * 1.2, place, words, va="center", fontsize=8, color=page.ink)
            continue
        axes.barh(place, row[0] - low, left=low, color=page.colour(0), height=0.62, alpha=0.75)
        axes.plot(row[1], place, "o", color=page.ink, markersize=4)
        axes.plot(row[2], place, ">", color=page.colour(1), markersize=5)
    axes.set_xlim(low, max(finite, default=1.0) * 3)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_yticks(range(len(names)), [shown_name(name) for name in names])
    axes.set_xlabel("|gradient|")
    _explain(page, axes)
    page.ruled(axes, "x")
    return page.done(path)


def _explain(page: Page, axes: Any) -> None:
    axes.barh(np.nan, 1, color=page.colour(0), alpha=0.75, label="mean")
    axes.plot([], [], "o", color=page.ink, markersize=4, label="root mean square")
    axes.plot([], [], ">", color=page.colour(1), markersize=5, label="greatest")
    page.legend(axes, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)


def _sizes(parameter: Tensor) -> tuple[float, float, float] | None:
    """Mean, root mean square and greatest of |gradient|."""
    if parameter.grad is None:
        return None
    values = np.abs(array("gradient_flow", "a gradient", parameter.grad).astype(float))
    return float(values.mean()), float(np.sqrt((values**2).mean())), float(values.max())
