"""Functions that are written in other operations; `nn.functional` shows them as its own."""

from __future__ import annotations

import topograd as tg
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.nn.native import native

__all__ = [
    "bilinear",
    "cosine_similarity",
    "dropout1d",
    "dropout2d",
    "huber_loss",
    "kl_div",
    "pairwise_distance",
    "smooth_l1_loss",
]

_dropout = native("dropout")


@takes_tensors
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """y[o] = x1ᵀ W[o] x2 + b[o] over the last axes.

    input1: (…, I).  input2: (…, J).  weight: (O, I, J).  bias: (O).  Returns (…, O).

    >>> import topograd as tg
    >>> tg.nn.functional.bilinear(tg.ones(1, 2), tg.ones(1, 3), tg.ones(1, 2, 3)).tolist()
    [[6.0]]
    """
    if input1.size(-1) != weight.size(1) or input2.size(-1) != weight.size(2):
        raise ValueError(
            f"bilinear: the last axes must be those of weight, input1 is {tuple(input1.shape)}, "
            f"input2 is {tuple(input2.shape)}, weight is {tuple(weight.shape)}"
        )
    left = tg.tensordot(input1, weight, dims=([input1.ndim - 1], [1]))
    result = (left @ input2.unsqueeze(-1)).squeeze(-1)
    return result if bias is None else result + bias


def _channel_dropout(input: Tensor, p: float, training: bool, inplace: bool, axes: int) -> Tensor:
    channels = input.ndim - axes
    mask = _dropout(input.new_ones([*input.shape[:channels]] + [1] * axes), p, training)
    return input.mul_(mask) if inplace else input * mask


@takes_tensors
def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Sets whole channels of (N, C, L) or (C, L) to zero with probability p, scales the rest.

    >>> import topograd as tg
    >>> tg.nn.functional.dropout1d(tg.ones(1, 2, 3), training=False).sum().item()
    6.0
    """
    return _channel_dropout(input, p, training, inplace, axes=1)


@takes_tensors
def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Sets whole channels of (N, C, H, W) or (C, H, W) to zero with probability p, scales the rest.

    >>> import topograd as tg
    >>> tg.nn.functional.dropout2d(tg.ones(1, 2, 3, 3), training=False).sum().item()
    18.0
    """
    return _channel_dropout(input, p, training, inplace, axes=2)


def _reduce(values: Tensor, reduction: str) -> Tensor:
    if reduction == "mean":
        return values.mean()
    if reduction == "sum":
        return values.sum()
    if reduction == "none":
        return values
    raise ValueError(f"{reduction} is not a valid value for reduction")


@takes_tensors
def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """½ d² / beta where d = |input - target| is below beta, d - ½ beta elsewhere.

    beta: where the parabola ends (0: the absolute error).  Source: Girshick, 2015.

    >>> import topograd as tg
    >>> tg.nn.functional.smooth_l1_loss(tg.tensor([0.0, 3.0]), tg.zeros(2), reduction="sum").item()
    2.5
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss: beta must not be negative, got {beta}")
    distance = (input - target).abs()
    if beta == 0:
        return _reduce(distance, reduction)
    parabola = distance * distance * (0.5 / beta)
    return _reduce(tg.where(distance < beta, parabola, distance - 0.5 * beta), reduction)


@takes_tensors
def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """½ d² where d = |input - target| is below delta, delta (d - ½ delta) elsewhere.

    weight: a factor for each element.  Its "mean" is then divided by the sum of the weights.

    >>> import topograd as tg
    >>> tg.nn.functional.huber_loss(tg.tensor([0.0, 3.0]), tg.zeros(2), reduction="sum").item()
    2.5
    """
    if delta <= 0:
        raise ValueError(f"huber_loss: delta must be positive, got {delta}")
    distance = (input - target).abs()
    linear = delta * (distance - 0.5 * delta)
    values = tg.where(distance < delta, 0.5 * distance * distance, linear)
    if weight is None:
        return _reduce(values, reduction)
    values = values * weight
    if reduction == "mean":
        mean: Tensor = values.sum() / weight.expand_as(values).sum()
        return mean
    return _reduce(values, reduction)


@takes_tensors
def kl_div(
    input: Tensor, target: Tensor, reduction: str = "mean", log_target: bool = False
) -> Tensor:
    """Σ target (log target - input): how far a distribution is from `input`, its logarithms.

    target: probabilities, or their logarithms with `log_target`; a probability of 0 contributes 0.
    reduction: "batchmean" (the sum over the batch size: the divergence), "mean", "sum" or "none".

    >>> import topograd as tg
    >>> p = tg.tensor([[0.5, 0.5]])
    >>> tg.nn.functional.kl_div(p.log(), p, reduction="batchmean").item()
    0.0
    """
    if log_target:
        values = target.exp() * (target - input)
    else:
        values = (target * target.log()).masked_fill(target == 0, 0.0) - target * input
    if reduction == "batchmean":
        return values.sum() / input.size(0)
    return _reduce(values, reduction)


@takes_tensors
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-08) -> Tensor:
    """x1·x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) along `dim`.

    >>> import topograd as tg
    >>> tg.nn.functional.cosine_similarity(tg.ones(1, 4), -tg.ones(1, 4)).tolist()
    [-1.0]
    """
    unit1 = x1 / x1.norm(2, dim, keepdim=True).clamp(min=eps)
    unit2 = x2 / x2.norm(2, dim, keepdim=True).clamp(min=eps)
    return (unit1 * unit2).sum(dim)


@takes_tensors
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-06, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last axis; eps keeps the gradient finite at 0.

    >>> import topograd as tg
    >>> tg.nn.functional.pairwise_distance(
    ...     tg.zeros(1, 2), tg.tensor([[3.0, 4.0]]), eps=0.0
    ... ).tolist()
    [5.0]
    """
    return (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)
