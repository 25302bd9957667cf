"""The confusion matrix of a classifier."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from topograd.viz.style import Array, Page, array, check_path, shown_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Path = str | os.PathLike[str] | None
MOST_WRITTEN = 25  # classes up to which the numbers are written into the cells


def confusion_matrix(
    targets: Any,
    predictions: Any,
    *,
    names: Sequence[str] | None = None,
    title: str = "",
    dark: bool = False,
    path: Path = None,
) -> Figure:
    r"""Draws how often each class was taken for each other: counts, and percentages of the row.

    targets: (N) classes.  predictions: (N) classes, or (N, C) scores, of which the greatest counts.
    names: of the classes (default: their numbers).  The shade is the share of the row.  The title
    is the accuracy unless another is given.  Raises ValueError for shapes that do not fit and for
    negative classes.

    >>> import topograd as tg
    >>> figure = tg.viz.confusion_matrix(tg.tensor([0, 1, 1]), tg.tensor([0, 1, 0]))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['1\n100%', '0', '1\n50%', '1\n50%']
    """
    check_path("confusion_matrix", path)
    counts = _counts(targets, predictions, len(names) if names is not None else 0)
    classes = len(counts)
    labels = [str(n) for n in range(classes)] if names is None else [shown_name(n) for n in names]
    if len(labels) != classes:
        raise ValueError(f"confusion_matrix: {classes} classes, but {len(labels)} names")
    right, total = int(counts.trace()), int(counts.sum())
    written = classes <= MOST_WRITTEN
    size = min(12.0, max(3.6, 1.6 + 0.62 * classes if written else 8.0))
    headline = title or f"{right} of {total} right ({right / total:.1%})"
    page = Page(size + 1.0, size, dark, headline)
    (axes,) = page.panels(1, 1)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    shown = axes.imshow(shares, cmap=page.heat, vmin=0, vmax=1)
    page.scale_bar(shown, axes, "share of the row")
    step = 1 if written else max(1, classes // 20)
    turned = max(map(len, labels)) > 3
    axes.set_xticks(range(0, classes, step), labels[::step], rotation=60 if turned else 0)
    if turned:
        for label in axes.get_xticklabels():
            label.set_ha("right")
            label.set_rotation_mode("anchor")
    axes.set_yticks(range(0, classes, step), labels[::step])
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.tick_params(length=0)
    if written:
        _write(page, axes, counts, shares, shown)
    return page.done(path)


def _write(page: Page, axes: Any, counts: Array, shares: Array, shown: Any) -> None:
    """The count and the percentage of each cell, in black or white, whichever is read better."""
    small = 9 if len(counts) <= 12 else 6
    for (row, column), count in np.ndenumerate(counts):
        red, green, blue, _ = shown.to_rgba(shares[row, column])
        light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
        words = f"{count}\n{shares[row, column]:.0%}" if count else "0"
        axes.text(
            column, row, words, ha="center", va="center", fontsize=small,
            color="#111111" if light else "#ffffff", fontweight="bold" if row == column else None,
        )  # fmt: skip


def _counts(targets: Any, predictions: Any, least: int) -> Array:
    true = array("confusion_matrix", "targets", targets)
    found = array("confusion_matrix", "predictions", predictions)
    if found.ndim == 2 and true.ndim == 1 and found.shape[1] > 1:
        least = max(least, found.shape[1])
        found = found.argmax(1)
    true, found = true.ravel(), found.ravel()
    if true.shape != found.shape:
        raise ValueError(f"confusion_matrix: {len(true)} targets, but {len(found)} predictions")
    whole = np.concatenate([true, found]).astype(float)
    if not np.isfinite(whole).all() or (whole != np.floor(whole)).any() or whole.min() < 0:
        raise ValueError("confusion_matrix: classes must be the numbers 0, 1, 2, …")
    classes = max(least, int(whole.max()) + 1)
    if classes > 2000:
        raise ValueError(f"confusion_matrix: at most 2000 classes can be drawn, got {classes}")
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (true.astype(np.int64), found.astype(np.int64)), 1)
    return counts
