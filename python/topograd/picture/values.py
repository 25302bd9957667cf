"""Tensors as they stand in a picture: small ones written out, large ones by their statistics."""

from __future__ import annotations

import re
from typing import Any

from topograd._C import Tensor

__all__ = ["LARGEST_WRITTEN", "Cell", "cell", "number", "short"]

LARGEST_WRITTEN = 8
_NUMBER = re.compile(r"-?\d+\.\d+(e[-+]\d+)?")

# None where there is no value; the text of a small tensor; mean, std, min and max of a large one.
Cell = str | tuple[str, str, str, str] | None


def number(value: Any) -> str:
    """A number in six digits, integers and truth values whole.

    >>> from topograd.picture.values import number
    >>> number(1 / 3), number(270.0), number(True)
    ('0.333333', '270', 'True')
    """
    if isinstance(value, float):
        return f"{value + 0.0:.6g}"
    if isinstance(value, complex):
        return f"{value.real + 0.0:.4g}{value.imag + 0.0:+.4g}i"
    return str(value)


def _written(values: Any) -> str:
    """Nested lists as text; at most four levels hold eight numbers that are not all in one list."""
    if isinstance(values, list):
        return "[" + ", ".join(_written(one) for one in values) + "]"
    return number(values)


def cell(value: Tensor | None) -> Cell:
    """What a picture shows of a tensor.

    >>> import topograd as tg
    >>> from topograd.picture.values import cell
    >>> cell(tg.tensor([[1.0, 2.5]]))
    '[[1, 2.5]]'
    >>> cell(tg.arange(101.0))
    ('50', '29.3002', '0', '100')
    """
    if value is None:
        return None
    count = value.numel()
    if count == 1:
        return number(value.item())
    if count == 0:
        return "empty"
    if count <= LARGEST_WRITTEN:
        plain = value.detach()
        return _written((plain.flatten() if plain.dim() > 4 else plain).tolist())
    plain = value.detach()
    plain = plain.abs() if plain.is_complex() else plain
    if not plain.is_floating_point() or plain.dtype.itemsize < 4:
        plain = plain.double()
    return (
        number(plain.mean().item()),
        number(plain.std().item()),
        number(plain.min().item()),
        number(plain.max().item()),
    )


def short(shown: Cell) -> str:
    """A cell on one line: the text itself, in fewer digits if it is long, or 'mean ± std'."""
    if shown is None:
        return ""
    if isinstance(shown, str):
        return _NUMBER.sub(_rounded, shown) if len(shown) > 20 else shown
    return f"{float(shown[0]):.3g} ± {float(shown[1]):.3g}"


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found[0]):.3g}"
