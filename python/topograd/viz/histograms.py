"""Histograms of weights and activations, a panel for each layer."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import topograd as tg
from topograd._C import Tensor
from topograd.viz.style import Array, Page, array, check_path, shown_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Path = str | os.PathLike[str] | None
COLUMNS = 4


def weight_histograms(
    model: Any,
    *,
    bins: int = 40,
    most: int = 24,
    title: str = "",
    dark: bool = False,
    path: Path = None,
) -> Figure:
    """Draws a histogram of each parameter, with mean and standard deviation.

    model: a Module, or a dictionary of tensors by name.  bins: bars of a histogram (fewer
    where there are few values).  most: panels
    (default 24, the first ones; the title says how many there are).  NaN and infinity are counted
    in the panel's title and left out.

    >>> import topograd as tg
    >>> figure = tg.viz.weight_histograms(tg.nn.Linear(3, 2))
    >>> [axes.get_title().splitlines()[0] for axes in figure.axes]
    ['weight (2, 3)', 'bias (2,)']
    """
    check_path("weight_histograms", path)
    named = dict(model.items() if isinstance(model, Mapping) else model.named_parameters())
    values = {
        f"{shown_name(name)} {tuple(one.shape)}": array("weight_histograms", name, one)
        for name, one in named.items()
        if not isinstance(one, Tensor) or one.numel()
    }
    return _panels("weight_histograms", values, bins, most, (title, dark, path))


def activation_histograms(
    model: Any,
    *inputs: Any,
    bins: int = 40,
    most: int = 24,
    title: str = "",
    dark: bool = False,
    path: Path = None,
) -> Figure:
    """Runs a model once and draws a histogram of what each of its innermost layers gives.

    Mean, deviation and the share of exact zeros stand over each panel.  The model runs in the mode
    it is in, without recording; its buffers and the random state are put back.  A layer that is
    called several times has one panel for all its calls.  bins, most: as in `weight_histograms`.

    >>> import topograd as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(3, 8), tg.nn.ReLU())
    >>> figure = tg.viz.activation_histograms(model, tg.randn(16, 3))
    >>> [axes.get_title().splitlines()[0] for axes in figure.axes]
    ['0 Linear (16, 8)', '1 ReLU (16, 8)']
    """
    check_path("activation_histograms", path)
    seen: dict[str, list[Array]] = {}
    labels: dict[str, str] = {}

    def keep(name: str, output: Any) -> None:
        parts = output if isinstance(output, (list, tuple)) else [output]
        for one in parts[:1]:
            if isinstance(one, Tensor) and one.numel() and not one.is_complex():
                labels.setdefault(name, f"{name} {tuple(one.shape)}")
                seen.setdefault(name, []).append(
                    array("activation_histograms", name, one).astype(float).ravel()
                )

    handles = []
    buffers = [(one, one.clone()) for one in model.buffers()]
    try:
        for name, part in model.named_modules():
            if not any(True for _ in part.children()):
                kind = f"{shown_name(name)} {type(part).__name__}".strip()
                hook = _Keeping(keep, kind)
                handles.append(part.register_forward_hook(hook))
        with tg.no_grad(), tg.fork_rng():
            model(*inputs)
    finally:
        for handle in handles:
            handle.remove()
        with tg.no_grad():
            for one, before in buffers:
                one.copy_(before)
    values = {labels[name]: np.concatenate(parts) for name, parts in seen.items()}
    return _panels("activation_histograms", values, bins, most, (title, dark, path))


class _Keeping:
    """A forward hook that hands the output on under a name."""

    def __init__(self, keep: Any, name: str) -> None:
        self._keep = keep
        self._name = name

    def __call__(self, module: Any, args: Any, output: Any) -> None:
        self._keep(self._name, output)


def _panels(
    function: str,
    values: Mapping[str, Array],
    bins: int,
    most: int,
    look: tuple[str, bool, Path],
) -> Figure:
    """A grid of histograms."""
    title, dark, path = look
    if not values:
        raise ValueError(f"{function}: there is nothing to show")
    shown = list(values.items())[:most]
    if len(shown) < len(values):
        title = f"{title} ({len(shown)} of {len(values)})".strip()
    columns = min(COLUMNS, len(shown))
    rows = math.ceil(len(shown) / columns)
    page = Page(max(4.2, 2.9 * columns), 0.4 + 2.1 * rows, dark, title)
    panels = page.panels(rows, columns)
    for axes in panels[len(shown) :]:
        axes.remove()
    for axes, (name, given) in zip(panels, shown, strict=False):
        numbers = given.astype(float).ravel()
        finite = numbers[np.isfinite(numbers)]
        facts = [f"mean {finite.mean():.3g}, std {finite.std():.3g}"] if finite.size else []
        zeros = float((finite == 0).mean()) if finite.size else 0.0
        if zeros > 0.005:
            facts.append(f"{zeros:.0%} zeros")
        if finite.size < numbers.size:
            facts.append(f"{numbers.size - finite.size} not finite")
        axes.set_title(f"{name}\n{', '.join(facts)}", fontsize=8, color=page.ink)
        if finite.size:
            fewer = min(bins, max(6, int(2 * math.sqrt(finite.size))))
            axes.hist(finite, _edges(finite, fewer), color=page.colour(0), alpha=0.85)
            axes.axvline(finite.mean(), color=page.ink, linewidth=1, linestyle="--")
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=5)
    return page.done(path)


def _edges(values: Array, bins: int) -> Array:
    """The edges of bins, also for values that are all the same or as wide as floats go."""
    low, high = float(values.min()), float(values.max())
    if not high - low > 1e-9 * max(abs(low), abs(high)):
        room = max(abs(low) * 0.5, 0.5)
        low, high, bins = low - room, high + room, bins | 1  # the value in the middle of a bin
    return np.linspace(low, high, bins + 1)
