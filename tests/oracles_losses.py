"""NumPy oracles of losses, distances and activations: each a plain definition, often a loop."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from oracles_nn import cross_entropy, reduce
from oracles_pointwise import by_name, sigmoid

Array = Any


def _weighed(losses: Array, weight: Array, reduction: str) -> Array:
    """Reduce losses times weights; their mean is that of a distribution with these weights."""
    if weight is None:
        return reduce(losses, reduction)
    if reduction == "mean":
        return np.average(losses, weights=np.broadcast_to(weight, losses.shape))
    return reduce(losses * weight, reduction)


def mse_loss(
    input: Array,
    target: Array,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
    weight: Array = None,
) -> Array:
    return _weighed((input - target) ** 2, weight, reduction)


def l1_loss(
    input: Array,
    target: Array,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
    weight: Array = None,
) -> Array:
    return _weighed(np.abs(input - target), weight, reduction)


def huber_loss(
    input: Array, target: Array, reduction: str = "mean", delta: float = 1.0, weight: Array = None
) -> Array:
    error = np.abs(input - target)
    losses = np.where(error < delta, 0.5 * error**2, delta * (error - 0.5 * delta))
    return reduce(losses if weight is None else losses * weight, reduction)


def smooth_l1_loss(
    input: Array,
    target: Array,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Array:
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    return huber_loss(input, target, reduction, beta) / beta


def kl_div(
    input: Array,
    target: Array,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Array:
    if log_target:
        losses = np.exp(target) * (target - input)
    else:
        safe = np.where(target > 0, target, 1)
        losses = np.where(target > 0, target * (np.log(safe) - input), 0)
    if reduction == "batchmean":
        return np.sum(losses) / len(input)
    return reduce(losses, reduction)


def poisson_nll_loss(
    input: Array,
    target: Array,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    rate, logarithm = (np.exp(input), input) if log_input else (input, np.log(input + eps))
    losses = rate - target * logarithm
    if full:
        stirling = [n * math.log(n / math.e) + math.log(math.tau * n) / 2 if n > 1 else 0
                    for n in np.ravel(target)]  # fmt: skip
        losses = losses + np.reshape(stirling, np.shape(target))
    return reduce(losses, reduction)


def gaussian_nll_loss(
    input: Array,
    target: Array,
    var: Array,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Array:
    """Minus the logarithm of the density, but for its constant."""
    var = np.asarray(var)
    if np.ndim(var) and np.ndim(var) < np.ndim(input):
        var = var[..., None]
    deviation = np.sqrt(np.maximum(var, eps))
    standard = (input - target) / deviation
    losses = np.log(deviation) + standard**2 / 2 + (math.log(math.tau) / 2 if full else 0)
    return reduce(losses, reduction)


def soft_margin_loss(
    input: Array,
    target: Array,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    return reduce(np.logaddexp(0, -target * input), reduction)


def hinge_embedding_loss(
    input: Array,
    target: Array,
    margin: float = 1.0,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    losses = np.select([target == 1, target == -1], [input, np.maximum(0, margin - input)])
    return reduce(losses, reduction)


def margin_ranking_loss(
    input1: Array,
    input2: Array,
    target: Array,
    margin: float = 0.0,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    return reduce(np.maximum(0, margin - target * (input1 - input2)), reduction)


def _row_by_row(
    function: Callable[[Array, Any], float], input: Array, target: Array, reduction: str
) -> Array:
    if np.ndim(input) == 1:
        return reduce(np.asarray(function(input, target)), reduction)
    losses = [function(row, wanted) for row, wanted in zip(input, target, strict=True)]
    return reduce(np.asarray(losses, input.dtype), reduction)


def multi_margin_loss(
    input: Array,
    target: Array,
    p: int = 1,
    margin: float = 1.0,
    weight: Array = None,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    def loss(row: Array, right: Any) -> float:
        right = int(right)
        factor = 1 if weight is None else weight[right]
        wrong = [i for i in range(len(row)) if i != right]
        return sum(factor * max(0, margin - row[right] + row[i]) ** p for i in wrong) / len(row)

    return _row_by_row(loss, input, target, reduction)


def multilabel_margin_loss(
    input: Array,
    target: Array,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    def loss(row: Array, labels: Any) -> float:
        right = list(itertools.takewhile(lambda label: label >= 0, labels))
        wrong = [i for i in range(len(row)) if i not in right]
        return sum(max(0, 1 - row[y] + row[i]) for y in right for i in wrong) / len(row)

    return _row_by_row(loss, input, target, reduction)


def multilabel_soft_margin_loss(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    losses = target * np.logaddexp(0, -input) + (1 - target) * np.logaddexp(0, input)
    return reduce(np.mean(losses * (1 if weight is None else weight), axis=-1), reduction)


def cosine_similarity(x1: Array, x2: Array, dim: int = 1, eps: float = 1e-8) -> Array:
    x1, x2 = np.broadcast_arrays(x1, x2)
    lengths = [np.maximum(np.sqrt(np.sum(x * x, axis=dim)), eps) for x in (x1, x2)]
    return np.sum(x1 * x2, axis=dim) / (lengths[0] * lengths[1])


def cosine_embedding_loss(
    input1: Array,
    input2: Array,
    target: Array,
    margin: float = 0.0,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    cosine = cosine_similarity(input1, input2, dim=-1)
    return reduce(
        np.select([target == 1, target == -1], [1 - cosine, np.maximum(0, cosine - margin)]),
        reduction,
    )


def pairwise_distance(
    x1: Array, x2: Array, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Array:
    return np.linalg.norm(x1 - x2 + eps, p, axis=-1, keepdims=keepdim)


def triplet_margin_loss(
    anchor: Array,
    positive: Array,
    negative: Array,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    far = pairwise_distance(anchor, negative, p, eps)
    if swap:
        far = np.minimum(far, pairwise_distance(positive, negative, p, eps))
    return reduce(
        np.maximum(0, pairwise_distance(anchor, positive, p, eps) - far + margin), reduction
    )


def pdist(input: Array, p: float = 2.0) -> Array:
    pairs = itertools.combinations(input, 2)
    return np.asarray([np.linalg.norm(a - b, p) for a, b in pairs], input.dtype)


def normalize(
    input: Array, p: float = 2.0, dim: Any = 1, eps: float = 1e-12, out: Any = None
) -> Array:
    axis = tuple(dim) if isinstance(dim, (tuple, list)) else dim
    if isinstance(axis, tuple) and len(axis) == 1:
        axis = axis[0]
    return input / np.maximum(np.linalg.norm(input, p, axis=axis, keepdims=True), eps)


def _collapsed(path: tuple[int, ...], blank: int) -> tuple[int, ...]:
    """Return the labels that a path of classes stands for."""
    return tuple(label for label, _ in itertools.groupby(path) if label != blank)


def ctc_loss(
    log_probs: Array,
    targets: Array,
    input_lengths: Array,
    target_lengths: Array,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Array:
    """Add up the probabilities of all paths, one by one."""
    if np.ndim(log_probs) == 2:
        return np.squeeze(
            ctc_loss(
                log_probs[:, None],
                np.asarray(targets)[None],
                np.reshape(input_lengths, 1),
                np.reshape(target_lengths, 1),
                blank,
                reduction,
                zero_infinity,
            )
        )
    losses, start = [], 0
    lengths = list(zip(input_lengths, target_lengths, strict=True))
    for n, (steps, size) in enumerate(lengths):
        row = targets[start : start + size] if np.ndim(targets) == 1 else targets[n][:size]
        start += size
        wanted = tuple(int(label) for label in row)
        total = sum(
            math.exp(sum(log_probs[t, n, c] for t, c in enumerate(path)))
            for path in itertools.product(range(log_probs.shape[2]), repeat=int(steps))
            if _collapsed(path, blank) == wanted
        )
        loss = -math.log(total) if total else (0.0 if zero_infinity else math.inf)
        losses.append(loss / max(size, 1) if reduction == "mean" else loss)
    return reduce(np.asarray(losses, log_probs.dtype), reduction)


def linear_cross_entropy(
    input: Array,
    linear_weight: Array,
    target: Array,
    linear_bias: Array = None,
    weight: Array = None,
    reduction: str = "mean",
    ignore_index: int | None = None,
    label_smoothing: float = 0.0,
    batch_chunk_size: int | None = None,
    options: Any = None,
) -> Array:
    logits = np.tensordot(input, linear_weight, axes=(-1, -1))
    if linear_bias is not None:
        logits = logits + linear_bias
    return cross_entropy(
        logits,
        target,
        weight,
        ignore_index=-100 if ignore_index is None else ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


def hardshrink(input: Array, lambd: float = 0.5) -> Array:
    return np.where(np.abs(input) > lambd, input, 0)


def softshrink(input: Array, lambd: float = 0.5) -> Array:
    return np.sign(input) * np.maximum(np.abs(input) - lambd, 0)


def threshold(input: Array, threshold: float, value: float, inplace: bool = False) -> Array:
    return np.where(input > threshold, input, np.asarray(value).astype(np.asarray(input).dtype))


def prelu(input: Array, weight: Array) -> Array:
    shape = [1] * np.ndim(input)
    if np.size(weight) > 1:
        shape[1] = np.size(weight)
    return np.maximum(input, 0) + np.reshape(weight, shape) * np.minimum(input, 0)


def glu(input: Array, dim: int = -1) -> Array:
    first, second = np.split(input, 2, axis=dim)
    return first * sigmoid(second)


LOSSES: dict[str, Callable[..., Any]] = by_name(
    mse_loss, l1_loss, huber_loss, smooth_l1_loss, kl_div, poisson_nll_loss, gaussian_nll_loss,
    soft_margin_loss, hinge_embedding_loss, margin_ranking_loss, multi_margin_loss,
    multilabel_margin_loss, multilabel_soft_margin_loss, cosine_similarity, cosine_embedding_loss,
    pairwise_distance, triplet_margin_loss, pdist, normalize, ctc_loss, linear_cross_entropy,
    hardshrink, softshrink, threshold, prelu, glu,
)  # fmt: skip
