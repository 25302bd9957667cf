"""Losses and distances with arguments that the registry does not know: callables, options, out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import topograd as tg
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.nn.native import native

__all__ = [
    "ctc_loss",
    "linear_cross_entropy",
    "normalize",
    "triplet_margin_with_distance_loss",
]

_ctc_loss = native("ctc_loss")
_linear_cross_entropy = native("linear_cross_entropy")
_normalize = native("normalize")
_pairwise_distance = native("pairwise_distance")


def _lengths(given: Any) -> Any:
    """Lengths as a tensor; PyTorch takes a tuple of numbers too."""
    return given if isinstance(given, Tensor) else tg.tensor(given, dtype=tg.int64)


@takes_tensors
def ctc_loss(
    log_probs: Tensor,
    targets: Tensor,
    input_lengths: Tensor | Sequence[int],
    target_lengths: Tensor | Sequence[int],
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Tensor:
    """-log of the probability of a target, over all its alignments with an input.

    log_probs: logarithms of probabilities (T, N, C) or (T, C), usually from log_softmax.  targets:
    integers, (N, S) of which each row counts up to its length, the rows one behind the other in a
    single dim, or (S) without a batch.  input_lengths, target_lengths: (N), or a number without a
    batch.  blank: the class between labels.  reduction: "mean" divides each loss by the length of
    its target, then averages over the batch; "sum"; "none" (N).  A target that does not fit gives
    an infinite loss, or 0 with zero_infinity, and no gradient; PyTorch's is NaN without
    zero_infinity.

    The gradient is that of the formula, for any log_probs: minus how probable each class is at each
    step.  PyTorch adds exp(log_probs), which changes nothing behind log_softmax.  Unlike PyTorch's
    it is differentiable again.  Source: Graves et al., 2006.

    >>> import topograd as tg
    >>> log_probs = tg.tensor([[[0.4, 0.6]], [[0.4, 0.6]]]).log()
    >>> loss = tg.nn.functional.ctc_loss(log_probs, tg.tensor([[1]]), (2,), (1,))
    >>> round(loss.exp().item(), 4)  # 1 / 0.84
    1.1905
    """
    result: Tensor = _ctc_loss(
        log_probs,
        targets,
        _lengths(input_lengths),
        _lengths(target_lengths),
        blank,
        reduction,
        zero_infinity,
    )
    return result


@takes_tensors
def normalize(
    input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Tensor | None = None
) -> Tensor:
    """Vectors of length 1: y = x / max(‖x‖, eps) along `dim`, or several of them.

    p: the order of the norm.  eps: keeps a vector of zeros one.  out: where the result is written.

    >>> import topograd as tg
    >>> tg.nn.functional.normalize(tg.tensor([[3.0, 4.0]]), p=1.0).sum().item()
    1.0
    """
    result: Tensor = _normalize(input, p, dim, eps)
    return result if out is None else out.copy_(result)


@takes_tensors
def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin) for any distance d.

    anchor, positive, negative: (N, …), of one shape.  distance_function: default
    `pairwise_distance`.  swap: takes the lesser of d(anchor, negative) and d(positive, negative).
    Raises ValueError for other shapes, for a margin that is not positive, and for another
    reduction.  Source: Balntas et al., 2016.

    >>> import topograd as tg
    >>> a, p, n = tg.zeros(1, 2), tg.ones(1, 2), 3 * tg.ones(1, 2)
    >>> def city_block(x, y):
    ...     return (x - y).abs().sum(-1)
    >>> tg.nn.functional.triplet_margin_with_distance_loss(
    ...     a, p, n, distance_function=city_block, margin=5.0
    ... ).item()
    1.0
    """
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}")
    if margin <= 0:
        raise ValueError(f"margin must be positive, got {margin}")
    if not anchor.shape == positive.shape == negative.shape:
        shapes = ", ".join(str(tuple(x.shape)) for x in (anchor, positive, negative))
        raise tg.ShapeError(f"anchor, positive and negative differ in shape: {shapes}")
    distance = _pairwise_distance if distance_function is None else distance_function
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = tg.minimum(far, distance(positive, negative))
    loss: Tensor = (near - far + margin).clamp(min=0.0)
    if reduction == "none":
        return loss
    return loss.mean() if reduction == "mean" else loss.sum()


@dataclass
class LinearCrossEntropyOptions:
    """How `linear_cross_entropy` goes through its rows, with PyTorch's fields.

    batch_chunk_size: so many rows have logits at a time (default None: as many as make four
    million logits).  The other fields say how PyTorch keeps gradients between its passes; here the
    logits are made again, so that they have no effect.

    >>> import topograd as tg
    >>> tg.nn.LinearCrossEntropyOptions(batch_chunk_size=16).batch_chunk_size
    16
    """

    allow_retain_graph: bool = False
    batch_chunk_size: int | None = None
    chunking_method: str | None = "auto"
    acc_policy: str = "auto"
    acc_dtype: Any = None


@takes_tensors
def linear_cross_entropy(
    input: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    *,
    linear_bias: Tensor | None = None,
    weight: Tensor | None = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    options: LinearCrossEntropyOptions | None = None,
) -> Tensor:
    """cross_entropy(linear(input, linear_weight, linear_bias), target), without all logits at once.

    input: (N, in) or (in).  linear_weight: (C, in), or (C, d1, …, in) for logits (N, C, d1, …).
    linear_bias: (C) or (C, d1, …).  target, weight, reduction, ignore_index (default -100) and
    label_smoothing: those of cross_entropy.  Above four million logits, or with a
    `batch_chunk_size` in the options, they are made for some rows at a time, and again for the
    gradient: the memory is that of one part.  Unlike PyTorch's chunks these can be differentiated
    again, in either mode, and any number of times.  Probabilities as targets and logits of more
    dims are held at once.

    >>> import topograd as tg
    >>> w = tg.tensor([[2.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    >>> loss = tg.nn.functional.linear_cross_entropy(tg.eye(2), w, tg.tensor([0, 1]))
    >>> round(loss.item(), 4)
    0.2395
    """
    result: Tensor = _linear_cross_entropy(
        input,
        linear_weight,
        target,
        linear_bias=linear_bias,
        weight=weight,
        reduction=reduction,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        batch_chunk_size=None if options is None else options.batch_chunk_size,
    )
    return result
