"""Statistics whose arguments the registry's parser does not take, and slopes of samples."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import Any

from topograd import _C
from topograd._arguments import takes_tensors
from topograd._C import Tensor

Number = builtins.float | builtins.int | builtins.bool


def _moments(
    name: str,
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | builtins.bool | None,
    unbiased: builtins.bool | None,
    keepdim: builtins.bool,
    correction: Number | None,
    out: Any,
) -> Any:
    """The op of that name, with PyTorch's older `unbiased` in place of `correction` or of `dim`."""
    if isinstance(dim, builtins.bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None or unbiased else 0
    return _C.functions[name](input, dim, correction=correction, keepdim=keepdim, out=out)


@takes_tensors
def var(
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | builtins.bool | None = None,
    unbiased: builtins.bool | None = None,
    keepdim: builtins.bool = False,
    *,
    correction: Number | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Variance over the given dims, or over all: sum((x - mean)**2) / (n - correction).

    correction defaults to 1; unbiased=False is correction=0.  Expects a floating point input.
    out: a tensor to write the result into.

    >>> import topograd as tg
    >>> tg.var(tg.tensor([1.0, 3.0]))
    tensor(2.)
    """
    result: Tensor = _moments("var", input, dim, unbiased, keepdim, correction, out)
    return result


@takes_tensors
def std(
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | builtins.bool | None = None,
    unbiased: builtins.bool | None = None,
    keepdim: builtins.bool = False,
    *,
    correction: Number | None = None,
    out: Tensor | None = None,
) -> Tensor:
    """Standard deviation: sqrt(var(input)). Arguments as in `var`.

    >>> import topograd as tg
    >>> tg.std(tg.tensor([1.0, 3.0]), unbiased=False)
    tensor(1.)
    """
    result: Tensor = _moments("std", input, dim, unbiased, keepdim, correction, out)
    return result


@takes_tensors
def var_mean(
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | builtins.bool | None = None,
    unbiased: builtins.bool | None = None,
    keepdim: builtins.bool = False,
    *,
    correction: Number | None = None,
    out: tuple[Tensor, Tensor] | None = None,
) -> Any:
    """Variance and mean over the given dims, or over all, as (var, mean). Arguments as in `var`.

    >>> import topograd as tg
    >>> tg.var_mean(tg.tensor([1.0, 3.0]), unbiased=False)[0]
    tensor(1.)
    """
    return _moments("var_mean", input, dim, unbiased, keepdim, correction, out)


@takes_tensors
def std_mean(
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | builtins.bool | None = None,
    unbiased: builtins.bool | None = None,
    keepdim: builtins.bool = False,
    *,
    correction: Number | None = None,
    out: tuple[Tensor, Tensor] | None = None,
) -> Any:
    """Standard deviation and mean, as (std, mean). Arguments as in `var`.

    >>> import topograd as tg
    >>> tg.std_mean(tg.tensor([1.0, 3.0]), 0, False)[0]
    tensor(1.)
    """
    return _moments("std_mean", input, dim, unbiased, keepdim, correction, out)


def _dims_of_slopes(
    input: Tensor, dim: builtins.int | Sequence[builtins.int] | None
) -> list[builtins.int]:
    if dim is None:
        return list(range(input.dim()))
    dims = [dim] if isinstance(dim, builtins.int) else list(dim)
    if len({one % input.dim() if input.dim() else one for one in dims}) < len(dims):
        raise ValueError(f"gradient: a dim appears twice in {dims}")
    return dims


@takes_tensors
def gradient(
    input: Tensor,
    *,
    spacing: Number | Sequence[Number | Tensor] = 1,
    dim: builtins.int | Sequence[builtins.int] | None = None,
    edge_order: builtins.int = 1,
) -> tuple[Tensor, ...]:
    """Slopes of samples along each dim, by central differences; one tensor for each dim.

    spacing: the distance of the samples, a list with one for each dim, or a list of the coordinates
    of the samples, vectors.  dim: those dims only.  edge_order: 1 for differences of two samples at
    the ends, 2 for the parabola through three.  Integers give float32.  Raises ShapeError for dims
    with too few elements, ValueError for lists of another length.

    >>> import topograd as tg
    >>> tg.gradient(tg.tensor([1.0, 4.0, 9.0, 16.0]))
    (tensor([3., 4., 6., 7.]),)
    >>> tg.gradient(tg.tensor([1.0, 4.0, 9.0]), spacing=2.0, edge_order=2)
    (tensor([1., 2., 3.]),)
    """
    dims = _dims_of_slopes(input, dim)
    if isinstance(spacing, Tensor):
        raise TypeError("gradient: spacing must be a number or a list, got Tensor")
    single = isinstance(spacing, (builtins.int, builtins.float))
    distances: list[Any] = [spacing] * len(dims) if single else list(spacing)  # type: ignore[arg-type]
    if len(distances) != len(dims):
        raise ValueError(f"gradient: expects {len(dims)} spacings, got {len(distances)}")
    slopes = []
    for along, distance in zip(dims, distances, strict=True):
        places = distance if isinstance(distance, Tensor) else None
        step = 1.0 if places is not None else builtins.float(distance)
        slopes.append(_C.call("gradient_along", input, places, step, along, edge_order))
    return tuple(slopes)
