"""What the functions of `topograd.fft` consist of: sums with gradients, and their arguments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd._leaving import leaving
from topograd.autograd.function import Function

_COMPLEX = {tg.float32: tg.complex64, tg.float64: tg.complex128}
_REAL = {tg.complex64: tg.float32, tg.complex128: tg.float64}


# ---------------------------------------------------------------- sums, without a factor


def _on_array(name: str, x: Tensor, dtype: tg.dtype, **options: Any) -> Tensor:
    import numpy as np

    array = leaving(x, f"fft.{name}").detach().numpy()
    result = _C.tensor(getattr(np.fft, name)(array, **options))
    return result if result.dtype == dtype else result.to(dtype)


class _Sums(Function):
    """Sums over a dim of x_k times the powers of a root of unity: complex to complex."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, dim: int, inverse: bool) -> Tensor:
        ctx.rest = dim, inverse
        if inverse:
            return _on_array("ifft", x, x.dtype, axis=dim, norm="forward")
        return _on_array("fft", x, x.dtype, axis=dim)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        dim, inverse = ctx.rest
        return sums(g, dim, not inverse), None, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *rest: Any) -> Tensor:
        return sums(tangent, *ctx.rest)


class _HalfOfSums(Function):
    """The first half of the sums of real numbers; the other half is conjugate to it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, dim: int) -> Tensor:
        ctx.rest = dim, x.shape[dim]
        return _on_array("rfft", x, _COMPLEX[x.dtype], axis=dim)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        dim, n = ctx.rest
        return sums(resized(g, dim, n), dim, True).real, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *rest: Any) -> Tensor:
        return half_of_sums(tangent, ctx.rest[0])


class _SumsOfHalf(Function):
    """The n real numbers whose inverse sums have this first half."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, dim: int, n: int) -> Tensor:
        ctx.rest = dim, n
        return _on_array("irfft", x, _REAL[x.dtype], n=n, axis=dim, norm="forward")

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        dim, n = ctx.rest
        half = n // 2 + 1
        # All but the first, and the middle of an even count, stand for their conjugates too.
        weights = tg.full((half,), 2.0, dtype=g.dtype)
        weights[0] = 1.0
        if n % 2 == 0:
            weights[-1] = 1.0
        shape = [half if axis == dim else 1 for axis in range(g.dim())]
        return half_of_sums(g, dim) * weights.view(shape), None, None

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *rest: Any) -> Tensor:
        return sums_of_half(tangent, *ctx.rest)


def sums(x: Tensor, dim: int, inverse: bool) -> Tensor:
    """The sums over a dim, to which the sums with the conjugate powers are inverse but for n."""
    result: Tensor = _Sums.apply(x, dim, inverse)
    return result


def half_of_sums(x: Tensor, dim: int) -> Tensor:
    """The first half of the sums of real numbers."""
    result: Tensor = _HalfOfSums.apply(x, dim)
    return result


def sums_of_half(x: Tensor, dim: int, n: int) -> Tensor:
    """The real numbers, n of them, whose sums have a first half."""
    result: Tensor = _SumsOfHalf.apply(x, dim, n)
    return result


# ---------------------------------------------------------------- arguments


def prepared(name: str, x: Tensor, *, real: bool = False) -> Tensor:
    """The input as a complex tensor, or as a real one."""
    if real and x.is_complex():
        raise RuntimeError(f"fft.{name}: expects a real input, got {x.dtype}")
    if not x.is_floating_point() and not x.is_complex():
        x = x.to(tg.get_default_dtype())
    if x.dtype not in _COMPLEX and x.dtype not in _REAL:
        raise RuntimeError(f"fft.{name}: expects float32, float64 or their complex, got {x.dtype}")
    return x if real or x.is_complex() else x.to(_COMPLEX[x.dtype])


def axis_of(name: str, x: Tensor, dim: int) -> int:
    """A dim, counted from the first."""
    if not -x.dim() <= dim < x.dim():
        raise IndexError(
            f"fft.{name}: Dimension out of range, dim {dim} of a tensor of shape {tuple(x.shape)}"
        )
    return dim % x.dim()


def resized(x: Tensor, dim: int, n: int) -> Tensor:
    """The first n elements along a dim; zeros where there are fewer."""
    size = x.shape[dim]
    if size == n:
        return x
    if size > n:
        return x.narrow(dim, 0, n)
    shape = [n - size if axis == dim else one for axis, one in enumerate(x.shape)]
    return tg.cat([x, tg.zeros(shape, dtype=x.dtype)], dim)


def valid_count(name: str, n: int) -> int:
    """n, which must be positive."""
    if n < 1:
        raise RuntimeError(f"fft.{name}: Invalid number of data points ({n}) specified")
    return n


def scaled(name: str, x: Tensor, count: int, norm: str | None, inverse: bool) -> Tensor:
    """The sums times the factor of a norm."""
    norm = "backward" if norm is None else norm
    if norm not in ("backward", "forward", "ortho"):
        raise RuntimeError(
            f"fft.{name}: Invalid normalization mode: norm must be 'backward', 'forward' or "
            f"'ortho', got {norm!r}"
        )
    if norm == "ortho":
        return x * (1 / math.sqrt(count))
    return x * (1 / count) if (norm == "backward") == inverse else x


def axes_of(
    name: str, x: Tensor, s: Sequence[int] | None, dim: Sequence[int] | int | None
) -> tuple[list[int], list[int | None]]:
    """The dims of a transform of several, and the size that is wanted of each."""
    if isinstance(s, int):
        s = (s,)
    if dim is None:
        count = x.dim() if s is None else len(s)
        if count > x.dim():
            raise RuntimeError(
                f"fft.{name}: Got shape with {count} values but input tensor only has {x.dim()} "
                "dimensions"
            )
        dim = range(x.dim() - count, x.dim())
    elif isinstance(dim, int):
        dim = (dim,)
    axes = [axis_of(name, x, one) for one in dim]
    if len(set(axes)) < len(axes):
        raise RuntimeError(f"fft.{name}: FFT dims must be unique, got {tuple(dim)}")
    if s is None:
        return axes, [None] * len(axes)
    if len(s) != len(axes):
        raise RuntimeError(
            f"fft.{name}: When given, dim and shape arguments must have the same length, got "
            f"{tuple(dim)} and {tuple(s)}"
        )
    return axes, [None if one == -1 else valid_count(name, one) for one in s]


def transformed(
    name: str,
    x: Tensor,
    axes: Sequence[int],
    sizes: Sequence[int | None],
    norm: str | None,
    inverse: bool,
) -> Tensor:
    """Complex to complex, over several dims."""
    for axis, size in zip(axes, sizes, strict=True):
        n = valid_count(name, x.shape[axis] if size is None else size)
        x = sums(resized(x, axis, n), axis, inverse)
        x = scaled(name, x, n, norm, inverse)
    return x


def written(result: Tensor, out: Tensor | None) -> Tensor:
    """The result, or `out`, resized, with it written there."""
    return result if out is None else out.resize_(result.shape).copy_(result)
