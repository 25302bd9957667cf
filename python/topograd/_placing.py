"""Functions of searching and placing whose result or arguments depend on flags."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Iterable, Sequence
from typing import Any

from topograd import _C
from topograd._arguments import takes_tensors
from topograd._C import Tensor


def _chosen(
    found: tuple[Tensor, ...], return_inverse: builtins.bool, return_counts: builtins.bool
) -> Any:
    values, inverse, counts = found
    if not (return_inverse or return_counts):
        return values
    return (values, *((inverse,) * return_inverse), *((counts,) * return_counts))


@takes_tensors
def unique(
    input: Tensor,
    sorted: builtins.bool = True,
    return_inverse: builtins.bool = False,
    return_counts: builtins.bool = False,
    dim: builtins.int | None = None,
) -> Any:
    """The distinct elements of input in ascending order, or its distinct slices along dim.

    Returns a vector; with dim the slices, in the order of their elements.  return_inverse: also
    where in the result each element (each slice) is, int64.  return_counts: also how often each is
    there, int64.  sorted: they come in order, whatever is passed.  Every NaN is distinct.  Raises
    IndexError for a dim out of range, ShapeError for empty slices.

    >>> import topograd as tg
    >>> tg.unique(tg.tensor([3, 1, 3]), return_inverse=True, return_counts=True)
    (tensor([1, 3]), tensor([1, 0, 1]), tensor([1, 2]))
    """
    found = _C.call("distinct", input, dim, False, return_inverse, return_counts)
    return _chosen(found, bool(return_inverse), bool(return_counts))


@takes_tensors
def unique_consecutive(
    input: Tensor,
    return_inverse: builtins.bool = False,
    return_counts: builtins.bool = False,
    dim: builtins.int | None = None,
) -> Any:
    """The first element of every run of equal ones, or the first of equal slices along dim.

    return_inverse: also the number of the run that each element (each slice) is in, int64.
    return_counts: also the lengths of the runs, int64.  Further as `unique`.

    >>> import topograd as tg
    >>> tg.unique_consecutive(tg.tensor([1, 1, 2, 1]), return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    found = _C.call("distinct", input, dim, True, return_inverse, return_counts)
    return _chosen(found, bool(return_inverse), bool(return_counts))


@takes_tensors
def broadcast_shapes(*shapes: builtins.int | Iterable[builtins.int]) -> _C.Size:
    """The one shape that tensors of the given shapes broadcast to; a number is a shape of one dim.

    Raises ShapeError when they do not broadcast, ValueError for a negative size.

    >>> import topograd as tg
    >>> tg.broadcast_shapes((2, 1), (3,), 1)
    topograd.Size([2, 3])
    """
    result: list[builtins.int] = []
    for shape in shapes:
        sizes = [*shape] if isinstance(shape, Iterable) else [shape]
        own = [operator.index(size) for size in sizes]
        if any(size < 0 for size in own):
            raise ValueError(f"broadcast_shapes: sizes must not be negative, got {tuple(own)}")
        wide = [1] * (len(own) - len(result)) + result
        own = [1] * (len(wide) - len(own)) + own
        if any(1 not in pair and pair[0] != pair[1] for pair in zip(wide, own, strict=True)):
            raise _C.ShapeError(
                f"broadcast_shapes: {tuple(result)} and {tuple(own)} do not broadcast"
            )
        result = [b if a == 1 else a for a, b in zip(wide, own, strict=True)]
    return _C.Size(result)


@takes_tensors
def zero_(input: Tensor) -> Tensor:
    """Fills input with 0, in place.

    >>> import topograd as tg
    >>> tg.zero_(tg.ones(2))
    tensor([0., 0.])
    """
    return input.zero_()


@takes_tensors
def as_strided_(
    input: Tensor,
    size: builtins.int | Sequence[builtins.int],
    stride: builtins.int | Sequence[builtins.int],
    storage_offset: builtins.int | None = None,
) -> Tensor:
    """Gives the tensor itself other sizes and strides over its memory; see `as_strided`.

    >>> import topograd as tg
    >>> tg.as_strided_(tg.arange(4), (2, 2), (1, 2))
    tensor([[0, 2],
            [1, 3]])
    """
    return input.as_strided_(size, stride, storage_offset)
