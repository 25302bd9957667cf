"""map_location: where loaded tensors go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import topograd as tg
from topograd._C import Tensor

# Takes the elements of a stored block, and where it was when it was saved; gives them elsewhere.
Locate = Callable[[Tensor, str], Tensor]


def locator(map_location: Any) -> Locate:
    """What `load` does with each stored block, by its argument map_location."""
    if map_location is None:
        return _stay
    if isinstance(map_location, (str, tg.device)):
        device = tg.device(map_location)
        return lambda block, _: block.to(device)
    if isinstance(map_location, dict):
        return lambda block, origin: _by_table(block, origin, map_location)
    if callable(map_location):
        return lambda block, origin: _by_function(block, origin, map_location)
    raise TypeError(
        "load: map_location must be None, a device or its name, a dict or a function, got "
        f"{type(map_location).__name__}"
    )


def _stay(block: Tensor, _: str) -> Tensor:
    return block


def _by_table(block: Tensor, origin: str, table: dict[Any, Any]) -> Tensor:
    for key, target in table.items():
        if str(key) == origin:
            return block.to(tg.device(target) if isinstance(target, str) else target)
    return block


def _by_function(block: Tensor, origin: str, function: Callable[[Tensor, str], Any]) -> Tensor:
    moved = function(block, origin)
    if moved is None:
        return block
    if not isinstance(moved, Tensor) or moved.shape != block.shape or moved.dtype != block.dtype:
        raise TypeError(
            "load: map_location must give back the elements it is called with, on some device, or "
            f"None; got {type(moved).__name__}"
        )
    return moved
