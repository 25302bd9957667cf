"""Activations that are written in other operations; `nn.functional` shows them as its own."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.nn.adapted import write_over
from topograd.nn.native import native

__all__ = [
    "celu",
    "glu",
    "prelu",
    "selu",
    "softmin",
    "tanhshrink",
    "threshold",
]

# Self-normalizing networks (Klambauer et al., 2017): the fixed point has mean 0 and variance 1.
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

_elu = native("elu")
_softmax = native("softmax")


@takes_tensors
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Scaled ELU: y = s elu(x, a), with s and a such that mean 0 and variance 1 are kept.

    Source: Klambauer et al., 2017.

    >>> import topograd as tg
    >>> tg.nn.functional.selu(tg.tensor(0.0)).item()
    0.0
    """
    result: Tensor = SELU_SCALE * _elu(input.clone() if inplace else input, SELU_ALPHA)
    return write_over(input, result, "selu") if inplace else result


@takes_tensors
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Continuously differentiable ELU: y = max(x, 0) + min(0, alpha (exp(x / alpha) - 1)).

    Raises ValueError if alpha is 0.  Source: Barron, 2017.

    >>> import topograd as tg
    >>> tg.nn.functional.celu(tg.tensor([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    if alpha == 0:
        raise ValueError(f"celu: alpha must not be 0, got {alpha}")
    x = input.clone() if inplace else input
    result: Tensor = tg.where(x > 0.0, x, (x.clamp(max=0.0) / alpha).expm1() * alpha)
    return write_over(input, result, "celu") if inplace else result


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


@takes_tensors
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The gated linear unit: y = a sigmoid(b), where a and b are the halves of x along `dim`.

    Raises ValueError if the size along `dim` is odd.  Source: Dauphin et al., 2016.

    >>> import topograd as tg
    >>> tg.nn.functional.glu(tg.tensor([2.0, 0.0])).tolist()
    [1.0]
    """
    size = input.size(dim)
    if size % 2:
        raise ValueError(f"glu: the size along dim {dim} must be even, x is {tuple(input.shape)}")
    half = size // 2
    return input.narrow(dim, 0, half) * input.narrow(dim, half, half).sigmoid()


@takes_tensors
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Parametric ReLU: y = max(x, 0) + weight min(x, 0).

    weight: one for all, or one for each channel (axis 1).

    Raises ValueError if there are several weights and not one for each channel.

    >>> import topograd as tg
    >>> tg.nn.functional.prelu(tg.tensor([-2.0, 2.0]), tg.tensor([0.25])).tolist()
    [-0.5, 2.0]
    """
    if weight.numel() != 1:
        channels = input.size(1) if input.ndim > 1 else 1
        if weight.ndim != 1 or weight.size(0) != channels:
            raise ValueError(
                f"prelu: expected 1 or {channels} weights, weight is {tuple(weight.shape)}, "
                f"x is {tuple(input.shape)}"
            )
        weight = weight.reshape([1, channels] + [1] * (input.ndim - 2))
    elif weight.ndim:
        weight = weight.reshape([])
    return input.clamp(min=0.0) + weight * input.clamp(max=0.0)


@takes_tensors
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Small values replaced: y = x where x > threshold, value elsewhere.

    >>> import topograd as tg
    >>> tg.nn.functional.threshold(tg.tensor([0.5, 2.0]), 1.0, -1.0).tolist()
    [-1.0, 2.0]
    """
    result = tg.where(input > threshold, input, value)
    return write_over(input, result, "threshold") if inplace else result
