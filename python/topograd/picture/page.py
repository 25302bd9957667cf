"""A picture as one self-contained page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from topograd.picture.svg import svg

if TYPE_CHECKING:
    from topograd.picture.scene import Scene

__all__ = ["html"]


def html(scene: Scene) -> str:
    """The picture as a page that needs nothing from outside."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(scene.title)}</title></head>\n<body>{svg(scene)}</body></html>\n"
    )
