"""The warning that losses are kept with their graphs from step to step."""

from __future__ import annotations

import gc
import sys
import warnings
from collections import deque
from types import FrameType
from typing import Any

from topograd import _C
from topograd._C import Tensor
from topograd._holders import variable_of

_CONTAINERS = (list, tuple, set, dict, deque)


class GraphLeakWarning(UserWarning):
    """A training loop keeps its losses, and with each the graph that it was computed by.

    Issued once for a line that calls backward(), when the losses of its last 20 calls are all
    still there.  `total += loss.item()` and `losses.append(loss.detach())` keep the values alone.
    """


def in_bytes(count: int) -> str:
    """A number of bytes in words.

    >>> from topograd._leaks import in_bytes
    >>> in_bytes(900), in_bytes(150_000)
    ('900 bytes', '150 KB')
    """
    size, unit = float(count), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if size < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.3g} {unit}" if unit != "bytes" else f"{count} bytes"


def warn(where: str, losses: list[Any], size: int) -> None:
    """Called by backward() at `where` when the nodes of its past `losses` are all alive."""
    tensors = [thing for thing in gc.get_objects() if issubclass(type(thing), Tensor)]
    own, op, (place, text) = _C.holders(losses[0], tensors)
    count = len(losses)
    if op:
        keeper = f"{text or op} at {place} keeps them"
        cure = "add numbers instead: loss.item(), or loss.detach()"
    else:
        name = _name_of_container([tensors[i] for i in own], sys._getframe(1))
        keeper = f"{name} keeps them" if name else "something keeps them"
        cure = "keep the values alone: loss.item(), or loss.detach()"
    warnings.warn_explicit(
        f"backward: the losses of the last {count} calls from {where} are all still there, each "
        f"with its graph ({in_bytes(size)}, and {in_bytes(size // count)} more with each step): "
        f"{keeper}; {cure}",
        GraphLeakWarning,
        *_file_and_line(place or where),
    )


def _file_and_line(where: str) -> tuple[str, int]:
    """'a.py:12 in f' taken apart."""
    file, _, line = where.rpartition(" in ")[0].rpartition(":")
    return (file, int(line)) if line.isdigit() else ("<unknown>", 1)


def _name_of_container(tensors: list[Tensor], frame: FrameType | None) -> str:
    """What holds one of the tensors: the name under which a running function knows it."""
    holders = [
        holder
        for tensor in tensors
        for holder in gc.get_referrers(tensor)
        if isinstance(holder, _CONTAINERS) and holder is not tensors
    ]
    name, holder = variable_of(holders, frame)
    return f"the {type(holder).__name__} '{name}'" if name else ""
