"""Pooling functions with the arguments of PyTorch that choose: `return_indices`, sizes, None."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import topograd as tg
from topograd import _C
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.nn.native import native

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
]

_adaptive_avg_pool1d = native("adaptive_avg_pool1d")
_adaptive_avg_pool2d = native("adaptive_avg_pool2d")
_adaptive_avg_pool3d = native("adaptive_avg_pool3d")
_adaptive_max_pool1d = native("adaptive_max_pool1d")
_adaptive_max_pool2d = native("adaptive_max_pool2d")
_adaptive_max_pool3d = native("adaptive_max_pool3d")
_adaptive_max_pool1d_with_indices = native("adaptive_max_pool1d_with_indices")
_adaptive_max_pool2d_with_indices = native("adaptive_max_pool2d_with_indices")
_adaptive_max_pool3d_with_indices = native("adaptive_max_pool3d_with_indices")
_max_pool1d = native("max_pool1d")
_max_pool2d = native("max_pool2d")
_max_pool3d = native("max_pool3d")
_max_pool1d_with_indices = native("max_pool1d_with_indices")
_max_pool2d_with_indices = native("max_pool2d_with_indices")
_max_pool3d_with_indices = native("max_pool3d_with_indices")


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window along the last axis; `stride` is `kernel_size` by default.

    input: (N, C, L) or (C, L).  With `return_indices` also the position of each within its row.

    >>> import topograd as tg
    >>> tg.nn.functional.max_pool1d(tg.tensor([[[1.0, 3.0, 2.0, 0.0]]]), 2).tolist()
    [[[3.0, 2.0]]]
    """
    pool = _max_pool1d_with_indices if return_indices else _max_pool1d
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window over the last two axes.

    input: (N, C, H, W) or (C, H, W).  stride: default kernel_size.  return_indices: give the
    position of each within its plane too.

    >>> import topograd as tg
    >>> tg.nn.functional.max_pool2d(tg.tensor([[[1.0, 3.0], [2.0, 0.0]]]), 2).tolist()
    [[[3.0]]]
    """
    pool = _max_pool2d_with_indices if return_indices else _max_pool2d
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest value of each window over the last three axes.

    input: (N, C, D, H, W) or (C, D, H, W).  stride: default kernel_size.  return_indices: give
    the position of each within its volume too.

    >>> import topograd as tg
    >>> tg.nn.functional.max_pool3d(tg.ones(1, 2, 2, 2), 2).tolist()
    [[[[1.0]]]]
    """
    pool = _max_pool3d_with_indices if return_indices else _max_pool3d
    return pool(input, kernel_size, stride, padding, dilation, ceil_mode)


def _sizes(op: str, input: Tensor, output_size: Any, axes: int) -> Any:
    """`output_size` with the input's size where it is None."""
    if output_size is not None and not isinstance(output_size, (list, tuple)):
        return output_size
    given = (None,) * axes if output_size is None else tuple(output_size)
    if None not in given:
        return given
    if len(given) not in (1, axes) or input.ndim < axes:
        raise ValueError(
            f"{op}: output_size must have {axes} numbers, got {output_size!r} for an input of "
            f"shape {tuple(input.shape)}"
        )
    own = input.shape[input.ndim - axes :]
    wanted = given * axes if len(given) < axes else given
    return tuple(own[axis] if size is None else size for axis, size in enumerate(wanted))


@takes_tensors
def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means of `output_size` nearly equal pieces of the last axis.

    Piece i of n covers [⌊i L / n⌋, ⌈(i + 1) L / n⌉).  input: (N, C, L) or (C, L).

    >>> import topograd as tg
    >>> tg.nn.functional.adaptive_avg_pool1d(tg.tensor([[[1.0, 3.0, 2.0, 0.0]]]), 2).tolist()
    [[[2.0, 1.0]]]
    """
    size = _sizes("adaptive_avg_pool1d", input, output_size, 1)
    result: Tensor = _adaptive_avg_pool1d(input, size)
    return result


@takes_tensors
def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of output_size nearly equal rectangles of the last two axes.

    output_size: one number for both axes, or a pair, in which None keeps the axis.

    >>> import topograd as tg
    >>> tg.nn.functional.adaptive_avg_pool2d(tg.ones(1, 2, 5, 7), 1).tolist()
    [[[[1.0]], [[1.0]]]]
    """
    size = _sizes("adaptive_avg_pool2d", input, output_size, 2)
    result: Tensor = _adaptive_avg_pool2d(input, size)
    return result


@takes_tensors
def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """The means of output_size nearly equal boxes of the last three axes.

    output_size: one number for all axes, or three, of which None keeps the axis.

    >>> import topograd as tg
    >>> tuple(tg.nn.functional.adaptive_avg_pool3d(tg.ones(1, 2, 5, 7, 3), (2, None, 1)).shape)
    (1, 2, 2, 7, 1)
    """
    size = _sizes("adaptive_avg_pool3d", input, output_size, 3)
    result: Tensor = _adaptive_avg_pool3d(input, size)
    return result


@takes_tensors
def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest values of `output_size` nearly equal pieces of the last axis.

    Piece i of n covers [⌊i L / n⌋, ⌈(i + 1) L / n⌉).  input: (N, C, L) or (C, L).
    return_indices: give the position of each too.

    >>> import topograd as tg
    >>> tg.nn.functional.adaptive_max_pool1d(tg.tensor([[[1.0, 3.0, 2.0, 0.0]]]), 2).tolist()
    [[[3.0, 2.0]]]
    """
    pool = _adaptive_max_pool1d_with_indices if return_indices else _adaptive_max_pool1d
    return pool(input, _sizes("adaptive_max_pool1d", input, output_size, 1))


@takes_tensors
def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest values of output_size nearly equal rectangles of the last two axes.

    output_size: one number for both axes, or a pair, in which None keeps the axis.
    return_indices: give the position of each within its plane too.

    >>> import topograd as tg
    >>> tg.nn.functional.adaptive_max_pool2d(tg.tensor([[[1.0, 3.0], [2.0, 0.0]]]), 1).tolist()
    [[[3.0]]]
    """
    pool = _adaptive_max_pool2d_with_indices if return_indices else _adaptive_max_pool2d
    return pool(input, _sizes("adaptive_max_pool2d", input, output_size, 2))


@takes_tensors
def adaptive_max_pool3d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest values of output_size nearly equal boxes of the last three axes.

    output_size: one number for all axes, or three, of which None keeps the axis.
    return_indices: give the position of each within its volume too.

    >>> import topograd as tg
    >>> tg.nn.functional.adaptive_max_pool3d(tg.ones(1, 2, 3, 4), (1, None, 2)).tolist()
    [[[[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]]]
    """
    pool = _adaptive_max_pool3d_with_indices if return_indices else _adaptive_max_pool3d
    return pool(input, _sizes("adaptive_max_pool3d", input, output_size, 3))


@takes_tensors
def adaptive_max_pool1d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """`adaptive_max_pool1d` and the position of each value; return_indices changes nothing.

    >>> import topograd as tg
    >>> x = tg.tensor([[[1.0, 3.0, 2.0, 0.0]]])
    >>> tg.nn.functional.adaptive_max_pool1d_with_indices(x, 2).indices.tolist()
    [[[1, 2]]]
    """
    size = _sizes("adaptive_max_pool1d_with_indices", input, output_size, 1)
    return _adaptive_max_pool1d_with_indices(input, size)


@takes_tensors
def adaptive_max_pool2d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """`adaptive_max_pool2d` and the position of each value; return_indices changes nothing.

    >>> import topograd as tg
    >>> x = tg.tensor([[[1.0, 3.0], [2.0, 0.0]]])
    >>> tg.nn.functional.adaptive_max_pool2d_with_indices(x, 1).indices.tolist()
    [[[1]]]
    """
    size = _sizes("adaptive_max_pool2d_with_indices", input, output_size, 2)
    return _adaptive_max_pool2d_with_indices(input, size)


@takes_tensors
def adaptive_max_pool3d_with_indices(
    input: Tensor, output_size: Any, return_indices: bool = False
) -> Any:
    """`adaptive_max_pool3d` and the position of each value; return_indices changes nothing.

    >>> import topograd as tg
    >>> x = tg.arange(8.0).view(1, 2, 2, 2)
    >>> tg.nn.functional.adaptive_max_pool3d_with_indices(x, 1).indices.tolist()
    [[[[7]]]]
    """
    size = _sizes("adaptive_max_pool3d_with_indices", input, output_size, 3)
    return _adaptive_max_pool3d_with_indices(input, size)


def _fractional(
    op: str,
    input: Tensor,
    kernel_size: Any,
    output_size: Any,
    output_ratio: Any,
    samples: Tensor | None,
    axes: int,
) -> Any:
    """(values, indices) of a fractional pooling over that many axes."""

    def each(value: Any) -> tuple[Any, ...]:
        return tuple(value) if isinstance(value, (list, tuple)) else (value,) * axes

    if input.ndim not in (axes + 1, axes + 2):
        raise ValueError(
            f"{op}: expects an input with {axes + 1} or {axes + 2} dims, "
            f"got shape {tuple(input.shape)}"
        )
    if (output_size is None) == (output_ratio is None):
        raise ValueError(f"{op}: expects either output_size or output_ratio")
    if output_size is None:
        ratios = each(output_ratio)
        if len(ratios) != axes or not all(0 < ratio < 1 for ratio in ratios):
            raise ValueError(f"{op}: output_ratio must be between 0 and 1, got {output_ratio!r}")
        own = input.shape[input.ndim - axes :]
        output_size = tuple(int(size * ratio) for size, ratio in zip(own, ratios, strict=True))
    batch = input if input.ndim == axes + 2 else input.unsqueeze(0)
    if samples is None:
        dtype = input.dtype if input.is_floating_point() else tg.float32
        samples = tg.rand(batch.size(0), batch.size(1), axes, dtype=dtype)
    result = _C.call("fractional_max_pool", batch, samples, each(kernel_size), each(output_size))
    if batch is input:
        return result
    return type(result)(part.squeeze(0) for part in result)


@takes_tensors
def fractional_max_pool2d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """`fractional_max_pool2d` and the position of each value; return_indices changes nothing.

    >>> import topograd as tg
    >>> x = tg.arange(16.0).view(1, 1, 4, 4)
    >>> tg.nn.functional.fractional_max_pool2d_with_indices(x, 4, 1)[1].tolist()
    [[[[15]]]]
    """
    return _fractional(
        "fractional_max_pool2d", input, kernel_size, output_size, output_ratio, _random_samples, 2
    )


@takes_tensors
def fractional_max_pool3d_with_indices(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """`fractional_max_pool3d` and the position of each value; return_indices changes nothing.

    >>> import topograd as tg
    >>> x = tg.arange(8.0).view(1, 1, 2, 2, 2)
    >>> tg.nn.functional.fractional_max_pool3d_with_indices(x, 2, 1)[1].tolist()
    [[[[[7]]]]]
    """
    return _fractional(
        "fractional_max_pool3d", input, kernel_size, output_size, output_ratio, _random_samples, 3
    )


def _values_of(pool: Callable[..., Any], *args: Any) -> Any:
    *rest, return_indices, samples = args
    result = pool(*rest, _random_samples=samples)
    return result if return_indices else result[0]


@takes_tensors
def fractional_max_pool2d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest values of windows at pseudo-random places, about size / output_size apart.

    input: (N, C, H, W) or (C, H, W).  kernel_size, and either output_size or output_ratio (of the
    input's size, between 0 and 1): a number for both axes or a pair.  return_indices: give the
    position of each within its plane too.  _random_samples: (N, C, 2), numbers in [0, 1) that
    decide the places, drawn by default.  Raises ValueError where windows do not fit.  Source:
    Graham, 2015.

    >>> import topograd as tg
    >>> x = tg.rand(1, 2, 9, 9)
    >>> tuple(tg.nn.functional.fractional_max_pool2d(x, 2, output_ratio=0.7).shape)
    (1, 2, 6, 6)
    """
    return _values_of(
        fractional_max_pool2d_with_indices,
        input,
        kernel_size,
        output_size,
        output_ratio,
        return_indices,
        _random_samples,
    )


@takes_tensors
def fractional_max_pool3d(
    input: Tensor,
    kernel_size: Any,
    output_size: Any = None,
    output_ratio: Any = None,
    return_indices: bool = False,
    _random_samples: Tensor | None = None,
) -> Any:
    """The largest values of boxes at pseudo-random places; all as in `fractional_max_pool2d`.

    input: (N, C, D, H, W) or (C, D, H, W).  _random_samples: (N, C, 3).

    >>> import topograd as tg
    >>> tuple(tg.nn.functional.fractional_max_pool3d(tg.rand(1, 2, 5, 6, 7), 2, (3, 3, 4)).shape)
    (1, 2, 3, 3, 4)
    """
    return _values_of(
        fractional_max_pool3d_with_indices,
        input,
        kernel_size,
        output_size,
        output_ratio,
        return_indices,
        _random_samples,
    )
