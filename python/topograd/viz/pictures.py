"""Grids of images."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from topograd.viz.style import Array, Page, array, check_path, shown_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Path = str | os.PathLike[str] | None


def images(
    tensor: Any,
    *,
    titles: Sequence[Any] | None = None,
    columns: int | None = None,
    normalise: str | tuple[float, float] = "all",
    most: int = 64,
    title: str = "",
    dark: bool = False,
    path: Path = None,
) -> Figure:
    """Draws a batch of images in rows, grey or in colour.

    tensor: (N, C, H, W), (N, H, W), (C, H, W) with 3 or 4 channels, or (H, W); C is 1 (grey), 3
    (red, green, blue) or 4 (with opacity).  normalise: what is black and what is white: "all" (the
    least and the greatest of all images; 0 and 1 where they lie within; 0 and 255 for uint8),
    "each" (of each image by itself), or a pair (low, high).  titles: what stands above each image.
    columns: images in a row (default: about a square).  most: how many are drawn (default 64).
    NaN is drawn black.  Raises ValueError for other shapes.

    >>> import topograd as tg
    >>> figure = tg.viz.images(tg.rand(5, 1, 8, 8), titles=[3, 1, 4, 1, 5])
    >>> [axes.get_title() for axes in figure.axes]
    ['3', '1', '4', '1', '5']
    """
    check_path("images", path)
    batch = _batch(array("images", "tensor", tensor))
    if titles is not None and len(titles) != len(batch):
        raise ValueError(f"images: {len(batch)} images, but {len(titles)} titles")
    if columns is not None and columns < 1:
        raise ValueError(f"images: columns must be positive, got {columns}")
    shown = _scaled(batch[:most], normalise, batch.dtype == np.uint8)
    if len(shown) < len(batch):
        title = f"{title} ({len(shown)} of {len(batch)})".strip()
    height, width = shown.shape[1:3]
    across = columns or min(len(shown), max(1, round(math.sqrt(len(shown) * height / width) * 1.2)))
    rows = math.ceil(len(shown) / across)
    side = min(4.0, max(0.9, 9.0 / across))
    room = 0.25 if titles is not None else 0.05
    tall = rows * (side * height / width + room) + (0.4 if title else 0)
    page = Page(max(2.0, side * across), min(max(tall, 1.0), 40.0), dark, title)
    panels = page.panels(rows, across)
    for number, axes in enumerate(panels):
        if number >= len(shown):
            axes.remove()
            continue
        grey = shown.shape[3] == 1
        image = shown[number, :, :, 0] if grey else shown[number]
        axes.imshow(image, cmap="gray" if grey else None, vmin=0, vmax=1, interpolation="nearest")
        axes.set_axis_off()
        if titles is not None:
            axes.set_title(shown_name(str(titles[number]), 20), fontsize=8, color=page.ink, pad=2)
    return page.done(path)


def _batch(values: Array) -> Array:
    """Images as (N, H, W, C)."""
    shape = values.shape
    if values.ndim == 2:
        values = values[None, None]
    elif values.ndim == 3:
        values = values[None] if shape[0] in (3, 4) and min(shape[1:]) > 4 else values[:, None]
    if values.ndim != 4 or values.shape[1] not in (1, 3, 4):
        raise ValueError(
            "images: expected (N, C, H, W) with 1, 3 or 4 channels, (N, H, W) or (H, W), got "
            f"{shape}"
        )
    found: Array = values.transpose(0, 2, 3, 1)
    return found


def _scaled(batch: Array, normalise: Any, bytes_: bool) -> Array:
    """The images from 0 to 1."""
    values = batch.astype(float)
    finite = np.where(np.isfinite(values), values, np.nan)
    low: Any
    high: Any
    if normalise == "each":
        low = np.nanmin(finite, (1, 2, 3), keepdims=True)
        high = np.nanmax(finite, (1, 2, 3), keepdims=True)
    elif normalise == "all":
        least, most = (
            (0.0, 0.0) if np.isnan(finite).all() else (np.nanmin(finite), np.nanmax(finite))
        )
        inside = least >= 0 and most <= 1
        low, high = (0.0, 255.0) if bytes_ else (0.0, 1.0) if inside else (least, most)
    elif isinstance(normalise, tuple) and len(normalise) == 2:
        low, high = normalise
    else:
        raise ValueError(f"images: normalise must be 'all', 'each' or a pair, got {normalise!r}")
    span = np.where(np.asarray(high) > low, np.asarray(high) - low, 1.0)
    found: Array = np.clip(np.nan_to_num((finite - low) / span, nan=0.0), 0.0, 1.0)
    return found
