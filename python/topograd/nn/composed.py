"""Functions that are written in other operations; `nn.functional` shows them as its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import topograd as tg
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd._layout import channels_last
from topograd.nn.native import native

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "bilinear",
    "group_norm",
    "rms_norm",
]

_layer_norm = native("layer_norm")


def _adaptive_mean(input: Tensor, dim: int, pieces: int | None) -> Tensor:
    size = input.size(dim)
    if pieces is None or pieces == size:
        return input
    if pieces < 1:
        raise ValueError(f"adaptive_avg_pool: the output size must be positive, got {pieces}")
    if size % pieces == 0:
        return input.unflatten(dim, [pieces, size // pieces]).mean(dim)
    # Piece i covers [floor(i size / pieces), ceil((i + 1) size / pieces)), as in PyTorch.
    bounds = [(i * size // pieces, -(-(i + 1) * size // pieces)) for i in range(pieces)]
    means = [input.narrow(dim, start, end - start).mean(dim) for start, end in bounds]
    return tg.stack(means, dim)


@takes_tensors
def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` nearly equal pieces of the last axis.

    >>> import topograd as tg
    >>> tg.nn.functional.adaptive_avg_pool1d(tg.tensor([[[1.0, 3.0, 2.0, 0.0]]]), 2).tolist()
    [[[2.0, 1.0]]]
    """
    pieces = output_size[0] if isinstance(output_size, (list, tuple)) else output_size
    return _adaptive_mean(input, -1, pieces)


@takes_tensors
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of output_size nearly equal rectangles of the last two axes.

    output_size: one number for both axes, or a pair, in which None keeps the axis.

    >>> import topograd as tg
    >>> tg.nn.functional.adaptive_avg_pool2d(tg.ones(1, 2, 5, 7), 1).tolist()
    [[[[1.0]], [[1.0]]]]
    """
    pair = output_size if isinstance(output_size, (list, tuple)) else (output_size, output_size)
    means = _adaptive_mean(_adaptive_mean(input, -2, pair[0]), -1, pair[1])
    if input.is_contiguous() or not input.is_contiguous(memory_format=channels_last):
        return means
    return means.contiguous(memory_format=channels_last)


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


def _expect_floating(op: str, input: Tensor) -> None:
    if not input.is_floating_point():
        kind = repr(input.dtype).rpartition(".")[2]
        raise TypeError(f"{op}: expects a floating point input, got {kind}")


_FRACTION_BITS = {tg.float64: 52, tg.float32: 23, tg.float16: 10, tg.bfloat16: 7}


@takes_tensors
def rms_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Root mean square of the last axes, then scaled: y = x / sqrt(mean(x²) + eps) weight.

    normalized_shape: the sizes of the last axes; weight has this shape.  eps: default the machine
    epsilon of the dtype.  A row of zeros gives zeros.  Raises ValueError if the last axes of x are
    not normalized_shape, TypeError if x is not floating point.  Source: Zhang and Sennrich, 2019.

    >>> import topograd as tg
    >>> tg.nn.functional.rms_norm(tg.tensor([2.0, 2.0]), [2], eps=0.0).tolist()
    [1.0, 1.0]
    """
    shape = tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape) :]) != shape:
        raise ValueError(f"rms_norm: the last axes must be {shape}, x is {tuple(input.shape)}")
    _expect_floating("rms_norm", input)
    axes = list(range(-len(shape), 0))
    eps = 2.0 ** -_FRACTION_BITS[input.dtype] if eps is None else eps
    result = input * (input.square().mean(axes, keepdim=True) + eps).rsqrt()
    return result if weight is None else result * weight


@takes_tensors
def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Mean 0 and variance 1 over each group of channels.

    y = (x - mean) / √(var + eps) weight[c] + bias[c]

    input: (N, C, …).  weight and bias: (C).  Raises ValueError if num_groups does not divide C.
    Source: Wu and He, 2018.

    >>> import topograd as tg
    >>> tg.nn.functional.group_norm(tg.tensor([[1.0, 3.0]]), 1, eps=0.0).tolist()
    [[-1.0, 1.0]]
    """
    if input.ndim < 2 or num_groups < 1 or input.size(1) % num_groups:
        raise ValueError(
            f"group_norm: {num_groups} groups must divide the channels, x is {tuple(input.shape)}"
        )
    _expect_floating("group_norm", input)
    groups = input.reshape([input.size(0), num_groups, -1])
    result: Tensor = _layer_norm(groups, [groups.size(2)], eps=eps).reshape(input.shape)
    per_channel = [1, input.size(1)] + [1] * (input.ndim - 2)
    if weight is not None:
        result = result * weight.reshape(per_channel)
    return result if bias is None else result + bias.reshape(per_channel)
