"""How plots look, and how they begin and end."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from topograd._C import Tensor

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]
# Okabe and Ito's colours, the dark ones first on white, the light ones first on black.
ON_LIGHT = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8c6d00", "#56b4e9", "#000000", "#e69f00")
ON_DARK = ("#56b4e9", "#e69f00", "#00c795", "#f0a3cb", "#f0e442", "#ff8a3d", "#ffffff", "#4d9de0")
LINES = ("-", "--", "-.", ":")
MARKERS = "os^DvP*X"
DPI = 144
SUFFIXES = (".png", ".svg", ".pdf")


@cache
def _figure_type() -> type[Figure]:
    """Figures that show themselves in a notebook, also where pyplot was never imported."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "tg.viz: needs matplotlib, which is not installed: pip install topograd[viz]"
        ) from error
    return type("Picture", (Figure,), {"_repr_png_": _png})


def _png(figure: Figure) -> bytes:
    """A figure as a PNG file."""
    from io import BytesIO

    data = BytesIO()
    figure.savefig(data, format="png", dpi=DPI)
    return data.getvalue()


class Page:
    """A figure to draw on, in the colours of a light or a dark page."""

    def __init__(self, width: float, height: float, dark: bool, title: str) -> None:
        self.dark = dark
        self.paper, self.ink, self.rule = (
            ("#15181d", "#e4e7eb", "#3a4048") if dark else ("#ffffff", "#1f242b", "#d9dde3")
        )
        self.colours = ON_DARK if dark else ON_LIGHT
        self.heat = "cividis" if dark else "Blues"
        self.figure: Any = _figure_type()(
            figsize=(width, height), layout="constrained", facecolor=self.paper
        )
        if title:
            self.figure.suptitle(title, color=self.ink, fontsize=12, fontweight="bold")

    def panels(self, rows: int, columns: int) -> list[Any]:
        """Axes in rows and columns, in reading order."""
        grid = self.figure.subplots(rows, columns, squeeze=False)
        return [self.clean(axes) for axes in grid.flat]

    def clean(self, axes: Any) -> Any:
        """Axes in the page's colours, with a frame on two sides."""
        axes.set_facecolor(self.paper)
        axes.tick_params(colors=self.ink, labelsize=8)
        for side, spine in axes.spines.items():
            spine.set_color(self.ink)
            spine.set_visible(side in ("left", "bottom"))
        for label in (axes.title, axes.xaxis.label, axes.yaxis.label):
            label.set_color(self.ink)
            label.set_fontsize(9)
        return axes

    def ruled(self, axes: Any, axis: str = "both") -> None:
        """Fine lines behind the data."""
        axes.grid(True, axis=axis, color=self.rule, linewidth=0.7)
        axes.set_axisbelow(True)

    def legend(self, axes: Any, **options: Any) -> None:
        """A legend without a frame."""
        axes.legend(frameon=False, labelcolor=self.ink, fontsize=8, **options)

    def colour(self, number: int) -> str:
        """The colour of a series."""
        return self.colours[number % len(self.colours)]

    def scale_bar(self, shown: Any, axes: Any, label: str) -> None:
        """What the colours of a heat map mean."""
        bar = self.figure.colorbar(shown, ax=axes, shrink=0.85)
        bar.set_label(label, color=self.ink, fontsize=9)
        bar.ax.tick_params(colors=self.ink, labelsize=8)
        bar.outline.set_visible(False)

    def done(self, path: str | os.PathLike[str] | None) -> Figure:
        """The figure, written to a file if there is a path."""
        if path is not None:
            self.figure.savefig(path, dpi=DPI, facecolor=self.paper)
        figure: Figure = self.figure
        return figure


def check_path(function: str, path: str | os.PathLike[str] | None) -> None:
    """Raises ValueError for a file of another kind, before anything is drawn."""
    if path is not None and Path(path).suffix.lower() not in SUFFIXES:
        kinds = ", ".join(SUFFIXES)
        raise ValueError(f"{function}: path must end in {kinds}, got {os.fspath(path)!r}")


def array(function: str, name: str, values: Any) -> Array:
    """Numbers as a NumPy array: a tensor (without its history), a list, an array.

    Raises TypeError for what is no numbers, ValueError for none at all.
    """
    if isinstance(values, Tensor):
        plain = values.detach()
        if str(plain.dtype).endswith("bfloat16"):
            plain = plain.float()
        found: Array = plain.numpy()
    else:
        if isinstance(values, (list, tuple)):
            values = [one.detach().tolist() if isinstance(one, Tensor) else one for one in values]
        found = np.asarray(values)
    if found.dtype.kind not in "biuf":
        raise TypeError(f"{function}: {name} must be numbers, got {type(values).__name__}")
    if found.size == 0:
        raise ValueError(f"{function}: {name} is empty, of shape {found.shape}")
    return found


def shown_name(name: str, most: int = 28) -> str:
    """A name, with its middle left out if it is long."""
    if len(name) <= most:
        return name
    half = (most - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
