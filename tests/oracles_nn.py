"""NumPy oracles of the operations of torch.nn.functional: slow loops, each a plain definition."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from oracles_pointwise import by_name

Array = Any


def softmax(input: Array, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Array:
    x = np.asarray(input, dtype)
    if x.size == 0:
        return x
    axis = -1 if dim is None else dim if x.ndim else None
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def log_softmax(
    input: Array, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Array:
    x = np.asarray(input, dtype)
    if x.size == 0:
        return x
    axis = -1 if dim is None else dim if x.ndim else None
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def reduce(losses: Array, reduction: str) -> Array:
    """Apply PyTorch's `reduction`: "none", "mean" or "sum"."""
    return {"none": np.asarray, "mean": np.mean, "sum": np.sum}[reduction](losses)  # type: ignore[operator]


def binary_cross_entropy(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    """Each logarithm is held at -100 or above, as in PyTorch."""
    input, target = np.asarray(input, np.float64), np.asarray(target, np.float64)
    with np.errstate(divide="ignore"):
        positive = np.maximum(np.log(input), -100)
        negative = np.maximum(np.log1p(-input), -100)
    losses = -(target * positive + (1 - target) * negative)
    return reduce(losses if weight is None else losses * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: Any = None,
    reduce_: Any = None,
    reduction: str = "mean",
    pos_weight: Array = None,
) -> Array:
    logits = np.asarray(input, np.float64)
    positive, negative = np.logaddexp(0, -logits), np.logaddexp(0, logits)
    scale = 1 if pos_weight is None else pos_weight
    losses = target * positive * scale + (1 - target) * negative
    return reduce(losses if weight is None else losses * weight, reduction)


def _weighted(losses: Array, weights: Array, reduction: str) -> Array:
    """Reduce class losses; the mean is taken over the weights and not over the count."""
    if reduction == "none":
        return losses * weights
    total = np.sum(losses * weights)
    return total if reduction == "sum" else total / np.sum(weights)


def _class_weights(target: Array, weight: Array, classes: int, ignore_index: int) -> Array:
    """Return for each target its class's weight, 0 where it is ignored; and usable targets."""
    kept = target != ignore_index
    usable = np.where(kept, target, 0)
    table = np.ones(classes) if weight is None else np.asarray(weight)
    return np.where(kept, table[usable], 0.0), usable


def nll_loss(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce_: Any = None,
    reduction: str = "mean",
) -> Array:
    axis = 0 if input.ndim == 1 else 1
    weights, usable = _class_weights(target, weight, input.shape[axis], ignore_index)
    picked = np.take_along_axis(input, np.expand_dims(usable, axis), axis)
    return _weighted(-np.squeeze(picked, axis), weights, reduction)


def cross_entropy(
    input: Array,
    target: Array,
    weight: Array = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce_: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Array:
    axis = 0 if input.ndim == 1 else 1
    classes = input.shape[axis]
    logarithms = log_softmax(input, axis)
    shape = [1] * input.ndim
    shape[axis] = classes
    table = (np.ones(classes) if weight is None else np.asarray(weight)).reshape(shape)
    if np.shape(target) == np.shape(input) and np.asarray(target).dtype.kind == "f":
        smooth = target * (1 - label_smoothing) + label_smoothing / classes
        losses = -np.sum(smooth * logarithms * table, axis=axis)
        count = losses.size
        return np.sum(losses) / count if reduction == "mean" else reduce(losses, reduction)
    kept = np.asarray(target) != ignore_index
    hot = nll_loss(logarithms, target, weight, ignore_index=ignore_index, reduction="none")
    flat = np.where(kept, -np.sum(logarithms * table, axis=axis), 0) / classes
    losses = (1 - label_smoothing) * hot + label_smoothing * flat
    if reduction == "mean":
        return np.sum(losses) / np.sum(_class_weights(target, weight, classes, ignore_index)[0])
    return reduce(losses, reduction)


def layer_norm(
    input: Array,
    normalized_shape: Any,
    weight: Array = None,
    bias: Array = None,
    eps: float = 1e-5,
) -> Array:
    axes = tuple(range(-len(normalized_shape), 0))
    centred = input - np.mean(input, axis=axes, keepdims=True)
    result = centred / np.sqrt(np.mean(centred**2, axis=axes, keepdims=True) + eps)
    result = result if weight is None else result * weight
    return result if bias is None else result + bias


def rms_norm(
    input: Array, normalized_shape: Any, weight: Array = None, eps: float | None = None
) -> Array:
    axes = tuple(range(-len(normalized_shape), 0))
    small = np.finfo(input.dtype).eps if eps is None else eps
    result = input / np.sqrt(np.mean(input**2, axis=axes, keepdims=True) + small)
    return result if weight is None else result * weight


def batch_norm(
    input: Array,
    running_mean: Array,
    running_var: Array,
    weight: Array = None,
    bias: Array = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Array:
    shape = [1, -1] + [1] * (input.ndim - 2)
    if training or running_mean is None:
        axes = (0, *range(2, input.ndim))
        average, variance = np.mean(input, axis=axes), np.var(input, axis=axes)
    else:
        average, variance = running_mean, running_var
    result = (input - average.reshape(shape)) / np.sqrt(variance.reshape(shape) + eps)
    result = result if weight is None else result * np.reshape(weight, shape)
    return result if bias is None else result + np.reshape(bias, shape)


def group_norm(
    input: Array, num_groups: int, weight: Array = None, bias: Array = None, eps: float = 1e-5
) -> Array:
    groups = input.reshape(input.shape[0], num_groups, -1)
    centred = groups - groups.mean(-1, keepdims=True)
    result = (centred / np.sqrt((centred**2).mean(-1, keepdims=True) + eps)).reshape(input.shape)
    shape = [1, -1] + [1] * (input.ndim - 2)
    result = result if weight is None else result * np.reshape(weight, shape)
    return result if bias is None else result + np.reshape(bias, shape)


def _per_axis(value: Any, axes: int) -> tuple[int, ...]:
    """Return an option as one integer per spatial axis."""
    if isinstance(value, (tuple, list)):
        return tuple(value) if len(value) == axes else (int(value[0]),) * axes
    return (int(value),) * axes


def _edges(padding: Any, kernel: Sequence[int], holes: Sequence[int]) -> list[tuple[int, int]]:
    """Return what is padded before and after each spatial axis."""
    if padding == "same":
        totals = [d * (k - 1) for k, d in zip(kernel, holes, strict=True)]
        return [(total // 2, total - total // 2) for total in totals]
    widths = _per_axis(0 if padding == "valid" else padding, len(kernel))
    return [(width, width) for width in widths]


def _convolution(axes: int) -> Callable[..., Array]:
    """Return the convolution over that many spatial axes."""

    def oracle(
        input: Array,
        weight: Array,
        bias: Array = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Array:
        """Sum over the kernel's offsets of shifted images times the offset's channel matrix."""
        batched = input if input.ndim == axes + 2 else input[None]
        steps, holes = _per_axis(stride, axes), _per_axis(dilation, axes)
        kernel = weight.shape[2:]
        padded = np.pad(batched, [(0, 0), (0, 0), *_edges(padding, kernel, holes)])
        sizes = [
            (padded.shape[2 + i] - holes[i] * (kernel[i] - 1) - 1) // steps[i] + 1
            for i in range(axes)
        ]
        inner, outer = weight.shape[1], weight.shape[0] // groups
        shape = (batched.shape[0], weight.shape[0], *sizes)
        result = np.zeros(shape, np.result_type(input, weight))
        for offset in itertools.product(*map(range, kernel)):
            cut = tuple(
                slice(o * d, o * d + step * (size - 1) + 1, step)
                for o, d, step, size in zip(offset, holes, steps, sizes, strict=True)
            )
            for group in range(groups):
                rows = slice(group * outer, (group + 1) * outer)
                image = padded[(slice(None), slice(group * inner, (group + 1) * inner), *cut)]
                matrix = weight[(rows, slice(None), *offset)]
                result[:, rows] += np.moveaxis(np.tensordot(matrix, image, (1, 1)), 0, 1)
        result = result if bias is None else result + np.reshape(bias, (1, -1, *[1] * axes))
        return result if input.ndim == axes + 2 else result[0]

    return oracle


def _pooled_size(size: int, kernel: int, step: int, edge: int, hole: int, ceil: bool) -> int:
    room = size + 2 * edge - hole * (kernel - 1) - 1
    count = (-(-room // step) if ceil else room // step) + 1
    return count - 1 if ceil and (count - 1) * step >= size + edge else count


class _Windows:
    """The windows of a pooling: for each place of the result, the positions along each axis."""

    def __init__(
        self, input: Array, axes: int, kernel: Any, stride: Any, padding: Any, hole: Any, ceil: bool
    ) -> None:
        self.spatial = input.shape[-axes:]
        self.kernel, self.edges = _per_axis(kernel, axes), _per_axis(padding, axes)
        self.holes = _per_axis(hole, axes)
        self.steps = self.kernel if stride in (None, [], ()) else _per_axis(stride, axes)
        options = zip(self.spatial, self.kernel, self.steps, self.edges, self.holes, strict=True)
        self.sizes = tuple(_pooled_size(*option, ceil) for option in options)

    def __iter__(self) -> Iterator[tuple[tuple[int, ...], list[Array]]]:
        for place in itertools.product(*map(range, self.sizes)):
            yield (
                place,
                [
                    np.arange(at * step - edge, at * step - edge + hole * kernel, hole)
                    for at, step, edge, hole, kernel in zip(
                        place, self.steps, self.edges, self.holes, self.kernel, strict=True
                    )
                ],
            )

    def inside(self, spans: list[Array]) -> list[Array]:
        """Return the positions that lie in the image."""
        pairs = zip(spans, self.spatial, strict=True)
        return [span[(span >= 0) & (span < size)] for span, size in pairs]


def _max_pool(axes: int) -> Callable[..., Any]:
    """Return the maximum over windows of that many spatial axes."""

    def oracle(
        input: Array,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        windows = _Windows(input, axes, kernel_size, stride, padding, dilation, ceil_mode)
        lead = input.shape[:-axes]
        values = np.zeros((*lead, *windows.sizes), input.dtype)
        positions = np.zeros(values.shape, np.int64)
        for place, spans in windows:
            grid = np.ix_(*windows.inside(spans))
            window = input[(..., *grid)].reshape(*lead, -1)
            values[(..., *place)] = np.max(window, axis=-1)
            numbers = np.arange(np.prod(windows.spatial)).reshape(windows.spatial)[grid]
            positions[(..., *place)] = numbers.reshape(-1)[np.argmax(window, axis=-1)]
        return (values, positions) if return_indices else values

    return oracle


def _avg_pool(axes: int) -> Callable[..., Array]:
    """Return the mean over windows of that many spatial axes."""

    def oracle(
        input: Array,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> Array:
        windows = _Windows(input, axes, kernel_size, stride, padding, 1, ceil_mode)
        result = np.zeros((*input.shape[:-axes], *windows.sizes), input.dtype)
        for place, spans in windows:
            inside = windows.inside(spans)
            total = input[(..., *np.ix_(*inside))].sum(axis=tuple(range(-axes, 0)))
            counted = math.prod(span.size for span in inside)
            if count_include_pad:
                limits = zip(spans, windows.spatial, windows.edges, strict=True)
                counted = math.prod(int((s < size + edge).sum()) for s, size, edge in limits)
            result[(..., *place)] = total / (divisor_override or counted)
        return result

    return oracle


def scaled_dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Array = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Array:
    """softmax(query @ key^T * scale + mask) @ value; a fully masked row gives zeros."""
    if enable_gqa:
        repeats = query.shape[-3] // key.shape[-3]
        key, value = np.repeat(key, repeats, axis=-3), np.repeat(value, repeats, axis=-3)
    factor = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * factor
    mask = np.tril(np.ones(scores.shape[-2:], bool)) if is_causal else attn_mask
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    peak = np.max(scores, axis=-1, keepdims=True, initial=-np.inf)
    powers = np.exp(scores - np.where(np.isfinite(peak), peak, 0))
    total = np.sum(powers, axis=-1, keepdims=True)
    return np.matmul(powers / np.where(total == 0, 1, total), value)


def embedding(
    input: Array,
    weight: Array,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Array:
    return np.asarray(weight)[input]


NN: dict[str, Callable[..., Any]] = by_name(
    softmax, log_softmax, nll_loss, binary_cross_entropy, binary_cross_entropy_with_logits,
    cross_entropy, layer_norm, rms_norm, batch_norm, group_norm, embedding,
    scaled_dot_product_attention,
)  # fmt: skip
for _axes in (1, 2, 3):
    NN[f"conv{_axes}d"] = _convolution(_axes)
    NN[f"max_pool{_axes}d"] = _max_pool(_axes)
    NN[f"max_pool{_axes}d_with_indices"] = functools.partial(_max_pool(_axes), return_indices=True)
    NN[f"avg_pool{_axes}d"] = _avg_pool(_axes)
