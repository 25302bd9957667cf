"""Points of a plane: what a classifier makes of it, and embeddings brought into it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

import topograd as tg
from topograd.viz.style import MARKERS, Array, Page, array, check_path, shown_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Path = str | os.PathLike[str] | None


def decision_boundary(
    model: Any,
    x: Any,
    y: Any,
    *,
    names: Sequence[str] | None = None,
    resolution: int = 200,
    title: str = "",
    dark: bool = False,
    path: Path = None,
) -> Figure:
    """Draws which class a model gives every point of the plane, and the data on it.

    model: a function of points (M, 2) to scores (M, C), of which the greatest counts, or (M, 1) or
    (M), a logit whose sign counts.  A Module runs in evaluation mode and without recording, and is
    put back into its mode.  x: (N, 2).  y: (N) classes.  names: of the classes.  resolution: points
    along each side.  Points that the model gets wrong have a ring.

    >>> import topograd as tg
    >>> x = tg.tensor([[0.0, 1.0], [1.0, 0.0]])
    >>> figure = tg.viz.decision_boundary(lambda p: p, x, tg.tensor([1, 0]), resolution=8)
    >>> [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    ['class 0', 'class 1']
    """
    check_path("decision_boundary", path)
    points = array("decision_boundary", "x", x).astype(float)
    classes = array("decision_boundary", "y", y).astype(int).ravel()
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(classes):
        raise ValueError(
            f"decision_boundary: x must be (N, 2) and y (N), got {points.shape} and {classes.shape}"
        )
    dtype = x.dtype if isinstance(x, tg.Tensor) else tg.get_default_dtype()
    low, high = points.min(0), points.max(0)
    room = 0.08 * np.maximum(high - low, 1e-6)
    axis = [np.linspace(low[k] - room[k], high[k] + room[k], resolution) for k in (0, 1)]
    plane = np.stack(np.meshgrid(*axis), -1).reshape(-1, 2)
    found = _classes(model, np.concatenate([plane, points]), dtype)
    zones, given = found[: len(plane)].reshape(resolution, resolution), found[len(plane) :]
    count = int(max(found.max(), classes.max())) + 1
    labels = [f"class {n}" for n in range(count)] if names is None else list(names)
    if len(labels) < count:
        raise ValueError(f"decision_boundary: {count} classes, but {len(labels)} names")
    page = Page(5.4, 4.6, dark, title)
    (axes,) = page.panels(1, 1)
    for number in range(count):
        colours = [page.paper, page.colour(number)]
        inside = (zones == number).astype(float)
        if inside.any():
            axes.contourf(*axis, inside, [0.5, 1.5], colors=colours[1:], alpha=0.22)
    for number in range(1, count):
        if 0 < (zones >= number).mean() < 1:
            axes.contour(*axis, (zones >= number).astype(float), [0.5], colors=page.ink)
    wrong = given != classes
    axes.scatter(
        *points[wrong].T, s=95, facecolors="none", edgecolors=page.ink, linewidths=1.2, zorder=4
    )
    _scatter(page, axes, points, classes, labels)
    axes.set_xlabel(f"{1 - wrong.mean():.1%} of {len(points)} points right; a ring is a wrong one")
    return page.done(path)


def _classes(model: Any, points: Array, dtype: Any) -> Array:
    mode = getattr(model, "training", None)
    try:
        if isinstance(model, tg.nn.Module):
            model.eval()
        with tg.no_grad():
            output = model(tg.tensor(points, dtype=dtype))
    finally:
        if isinstance(model, tg.nn.Module) and mode:
            model.train(mode)
    scores = array("decision_boundary", "the model's output", output)
    if scores.ndim == 2 and scores.shape[1] > 1:
        return np.asarray(scores.argmax(1))
    if scores.size != len(points):
        raise ValueError(
            f"decision_boundary: the model gave {scores.shape} for {len(points)} points"
        )
    return np.asarray(scores.ravel() > 0).astype(int)


def embeddings(
    vectors: Any,
    labels: Any = None,
    *,
    names: Sequence[str] | None = None,
    texts: Sequence[str] | None = None,
    title: str = "",
    dark: bool = False,
    path: Path = None,
) -> Figure:
    """Draws vectors as points of the plane in which they differ most.

    vectors: (N, D); for D above 2 their first two principal components, whose shares of the
    variance stand at the axes.  labels: (N) classes, for colour and marker.  names: of the classes.
    texts: (N) words beside the points.  Raises ValueError for shapes that do not fit.

    >>> import topograd as tg
    >>> figure = tg.viz.embeddings(tg.randn(20, 5), tg.arange(20) % 2)
    >>> figure.axes[0].get_xlabel().startswith("first principal component (")
    True
    """
    check_path("embeddings", path)
    points = array("embeddings", "vectors", vectors).astype(float)
    if points.ndim != 2 or points.shape[1] < 2:
        raise ValueError(
            f"embeddings: vectors must be (N, D) with D of at least 2, got {points.shape}"
        )
    count = len(points)
    kinds = np.zeros(count, int) if labels is None else array("embeddings", "labels", labels)
    for what, given in (("labels", kinds), ("texts", texts)):
        if given is not None and len(given) != count:
            raise ValueError(f"embeddings: {count} vectors, but {len(given)} {what}")
    if not np.isfinite(points).all():
        raise ValueError("embeddings: vectors have values that are not finite")
    axes_names = ["first coordinate", "second coordinate"]
    if points.shape[1] > 2:
        points, shares = _principal(points)
        axes_names = [
            f"{which} principal component ({share:.0%} of the variance)"
            for which, share in zip(("first", "second"), shares, strict=True)
        ]
    classes = np.unique(kinds)
    shown = [str(one) for one in classes] if names is None else list(names)
    page = Page(5.8, 4.8, dark, title)
    (axes,) = page.panels(1, 1)
    numbers = np.searchsorted(classes, kinds)
    if len(shown) < len(classes):
        raise ValueError(f"embeddings: {len(classes)} classes, but {len(shown)} names")
    _scatter(page, axes, points, numbers, shown if labels is not None else None)
    for text, place in zip(texts or (), points, strict=False):
        axes.annotate(
            shown_name(text, 18), place, (4, 3), textcoords="offset points", fontsize=7,
            color=page.ink,
        )  # fmt: skip
    axes.set_xlabel(axes_names[0])
    axes.set_ylabel(axes_names[1])
    page.ruled(axes)
    return page.done(path)


def _principal(points: Array) -> tuple[Array, list[float]]:
    """The coordinates along the two directions of most variance, and its shares."""
    centred = points - points.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    # The sign of a direction is anybody's; that of its greatest coordinate is taken to be +.
    flat = left[:, :2] * sizes[:2]
    if flat.shape[1] < 2:
        flat = np.pad(flat, ((0, 0), (0, 1)))
    signs = np.sign(flat[np.abs(flat).argmax(0), [0, 1]])
    total = max(float((sizes**2).sum()), 1e-300)
    shares = [float(one**2) / total for one in [*sizes[:2], 0.0][:2]]
    return flat * np.where(signs == 0, 1, signs), shares


def _scatter(
    page: Page, axes: Any, points: Array, classes: Array, labels: Sequence[str] | None
) -> None:
    """Points in the colour and with the marker of their class."""
    size = 26 if len(points) <= 500 else 10
    present = np.unique(classes)
    for number in present:
        mine = points[classes == number]
        axes.scatter(
            *mine.T, s=size, color=page.colour(number), marker=MARKERS[number % len(MARKERS)],
            edgecolors=page.paper, linewidths=0.5, zorder=3,
            label=None if labels is None else shown_name(labels[number]),
        )  # fmt: skip
    if labels is not None and len(present) <= 20:
        page.legend(axes, loc="center left", bbox_to_anchor=(1.0, 0.5))
