"""Maps of attention weights."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from topograd.viz.style import Page, array, check_path, shown_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Path = str | os.PathLike[str] | None
MOST_LABELS = 48


def attention_maps(
    weights: Any,
    tokens: Sequence[str] | None = None,
    *,
    keys: Sequence[str] | None = None,
    title: str = "",
    dark: bool = False,
    path: Path = None,
) -> Figure:
    """Draws how much each query (row) attends to each key (column), a panel for each head.

    weights: (L, S), (heads, L, S) or (N, heads, L, S), of which the first of the batch is drawn; as
    `nn.MultiheadAttention` returns them with `average_attn_weights=False`.  tokens: names of the
    queries, and of the keys unless `keys` names those.  One scale of shades, from 0 to the greatest
    weight, serves all heads.  Raises ValueError for other shapes.

    >>> import topograd as tg
    >>> figure = tg.viz.attention_maps(tg.eye(2).expand(3, 2, 2), ["a", "b"])
    >>> [axes.get_title() for axes in figure.axes[:3]]
    ['head 0', 'head 1', 'head 2']
    """
    check_path("attention_maps", path)
    maps = array("attention_maps", "weights", weights).astype(float)
    if not 2 <= maps.ndim <= 4:
        raise ValueError(
            "attention_maps: weights must be (L, S), (heads, L, S) or (N, heads, L, S), got "
            f"{maps.shape}"
        )
    maps = maps[0] if maps.ndim == 4 else maps[None] if maps.ndim == 2 else maps
    heads, queries, sources = maps.shape
    keys = tokens if keys is None and tokens is not None and queries == sources else keys
    for kind, names, count in (("tokens", tokens, queries), ("keys", keys, sources)):
        if names is not None and len(names) != count:
            raise ValueError(f"attention_maps: {count} {kind} are needed, got {len(names)}")
    columns = min(4, heads)
    rows = math.ceil(heads / columns)
    side = min(5.0, max(2.4, 0.18 * max(queries, sources) + 0.8))
    page = Page(side * columns + 1.0, side * rows + (0.7 if title else 0.4), dark, title)
    panels = page.panels(rows, columns)
    for axes in panels[heads:]:
        axes.remove()
    panels = panels[:heads]
    for head, axes in enumerate(panels):
        shown = axes.imshow(maps[head], cmap=page.heat, vmin=0, vmax=max(maps.max(), 1e-12))
        if heads > 1:
            axes.set_title(f"head {head}", fontsize=9, color=page.ink)
        _names(axes, keys, tokens)
    panels[0].set_ylabel("query")
    panels[(rows - 1) * columns].set_xlabel("key")
    page.scale_bar(shown, panels, "weight")
    return page.done(path)


def _names(axes: Any, keys: Sequence[str] | None, tokens: Sequence[str] | None) -> None:
    small = {"fontsize": 7}
    if keys is not None:
        step = math.ceil(len(keys) / MOST_LABELS)
        short = [shown_name(str(one), 14) for one in keys[::step]]
        axes.set_xticks(range(0, len(keys), step), short, rotation=90, **small)
    if tokens is not None:
        step = math.ceil(len(tokens) / MOST_LABELS)
        short = [shown_name(str(one), 14) for one in tokens[::step]]
        axes.set_yticks(range(0, len(tokens), step), short, **small)
    axes.tick_params(length=0)
