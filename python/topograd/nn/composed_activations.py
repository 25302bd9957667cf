"""Activations that are written in other operations; `nn.functional` shows them as its own."""

from __future__ import annotations

from typing import Any

from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.nn.native import native

__all__ = [
    "softmin",
    "tanhshrink",
]

_softmax = native("softmax")


@takes_tensors
def tanhshrink(input: Tensor) -> Tensor:
    """What tanh takes away: y = x - tanh(x).

    >>> import topograd as tg
    >>> tg.nn.functional.tanhshrink(tg.tensor(0.0)).item()
    0.0
    """
    return input - input.tanh()


@takes_tensors
def softmin(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """softmax(-x) along `dim`: weights that are largest for the smallest values.

    >>> import topograd as tg
    >>> tg.nn.functional.softmin(tg.tensor([1.0, 1.0]), dim=0).tolist()
    [0.5, 0.5]
    """
    result: Tensor = _softmax(-input, dim, dtype=dtype)
    return result
