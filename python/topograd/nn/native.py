"""Ops of the registry, by name, wherever PyTorch's namespaces put them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd import _C


def native(name: str) -> Callable[..., Any]:
    """The registry's op of that name; raises KeyError if there is none.

    >>> import topograd as tg
    >>> from topograd.nn.native import native
    >>> native("relu")(tg.tensor(-1.0)).item()
    0.0
    """
    return _C.nn_functions[name] if name in _C.nn_functions else _C.functions[name]
