"""Discrete Fourier transforms under the names of `torch.fft`, with gradients of every order.

The arithmetic is NumPy's, in the precision of the input.  n or s: sizes to which the input is cut
or filled up with zeros before (of the output where it is real).  norm: "backward" (default: the
inverse is divided by n), "forward" (the transform is), or "ortho" (both, by the root).  Raises
RuntimeError for another norm, for n < 1 and for other dtypes than float32, float64, their complex
ones and integers; IndexError for a dim that there is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import topograd as tg
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd._fourier import (
    axes_of,
    axis_of,
    half_of_sums,
    prepared,
    resized,
    scaled,
    sums_of_half,
    transformed,
    valid_count,
    written,
)

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

# ---------------------------------------------------------------- one dim


@takes_tensors
def fft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The transform along a dim: y_j = sum over k of x_k exp(-2 pi i j k / n).

    >>> import topograd as tg
    >>> tg.fft.fft(tg.tensor([1.0, 0.0, 0.0, 0.0])).real
    tensor([1., 1., 1., 1.])
    """
    axis = axis_of("fft", input, dim)
    x = prepared("fft", input)
    return written(transformed("fft", x, [axis], [n], norm, False), out)


@takes_tensors
def ifft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse of `fft`.

    >>> import topograd as tg
    >>> tg.fft.ifft(tg.fft.fft(tg.tensor([1.0, 2.0]))).real
    tensor([1., 2.])
    """
    axis = axis_of("ifft", input, dim)
    x = prepared("ifft", input)
    return written(transformed("ifft", x, [axis], [n], norm, True), out)


@takes_tensors
def rfft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The first n // 2 + 1 elements of the transform of real numbers; the rest follows from them.

    >>> import topograd as tg
    >>> tg.fft.rfft(tg.ones(4)).real
    tensor([4., 0., 0.])
    """
    axis = axis_of("rfft", input, dim)
    x = prepared("rfft", input, real=True)
    size = valid_count("rfft", x.shape[axis] if n is None else n)
    result = half_of_sums(resized(x, axis, size), axis)
    return written(scaled("rfft", result, size, norm, False), out)


@takes_tensors
def irfft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse of `rfft`: n real numbers, by default 2 * (size - 1).

    >>> import topograd as tg
    >>> tg.fft.irfft(tg.fft.rfft(tg.tensor([1.0, 2.0, 3.0])), n=3)
    tensor([1., 2., 3.])
    """
    axis = axis_of("irfft", input, dim)
    x = prepared("irfft", input)
    size = valid_count("irfft", 2 * (x.shape[axis] - 1) if n is None else n)
    result = sums_of_half(resized(x, axis, size // 2 + 1), axis, size)
    return written(scaled("irfft", result, size, norm, True), out)


@takes_tensors
def hfft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The transform, n real numbers, of a signal whose second half is conjugate to the first.

    >>> import topograd as tg
    >>> tg.fft.hfft(tg.tensor([1.0, 0.0, 0.0]))
    tensor([1., 1., 1., 1.])
    """
    axis = axis_of("hfft", input, dim)
    x = prepared("hfft", input).conj()
    size = valid_count("hfft", 2 * (x.shape[axis] - 1) if n is None else n)
    result = sums_of_half(resized(x, axis, size // 2 + 1), axis, size)
    return written(scaled("hfft", result, size, norm, False), out)


@takes_tensors
def ihfft(
    input: Tensor,
    n: int | None = None,
    dim: int = -1,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse of `hfft`: the first half of the signal.

    >>> import topograd as tg
    >>> tg.fft.ihfft(tg.ones(4)).real
    tensor([1., 0., 0.])
    """
    axis = axis_of("ihfft", input, dim)
    x = prepared("ihfft", input, real=True)
    size = valid_count("ihfft", x.shape[axis] if n is None else n)
    result = half_of_sums(resized(x, axis, size), axis).conj()
    return written(scaled("ihfft", result, size, norm, True), out)


# ---------------------------------------------------------------- several dims


@takes_tensors
def fftn(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] | int | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """`fft` along several dims: all, or the last ones where s is given.

    >>> import topograd as tg
    >>> tg.fft.fftn(tg.ones(2, 2)).real
    tensor([[4., 0.],
            [0., 0.]])
    """
    axes, sizes = axes_of("fftn", input, s, dim)
    x = prepared("fftn", input)
    return written(transformed("fftn", x, axes, sizes, norm, False), out)


@takes_tensors
def ifftn(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] | int | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse of `fftn`."""
    axes, sizes = axes_of("ifftn", input, s, dim)
    x = prepared("ifftn", input)
    return written(transformed("ifftn", x, axes, sizes, norm, True), out)


@takes_tensors
def rfftn(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] | int | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """`rfft` along the last of the dims, then `fft` along the others."""
    axes, sizes = axes_of("rfftn", input, s, dim)
    if not axes:
        raise RuntimeError("fft.rfftn: must transform at least one axis")
    half = rfft(prepared("rfftn", input, real=True), sizes[-1], axes[-1], norm)
    return written(transformed("rfftn", half, axes[:-1], sizes[:-1], norm, False), out)


@takes_tensors
def irfftn(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] | int | None = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """The inverse of `rfftn`, whose last size s tells, by default 2 * (size - 1)."""
    axes, sizes = axes_of("irfftn", input, s, dim)
    if not axes:
        raise RuntimeError("fft.irfftn: must transform at least one axis")
    x = transformed("irfftn", prepared("irfftn", input), axes[:-1], sizes[:-1], norm, True)
    return written(irfft(x, sizes[-1], axes[-1], norm), out)


def fft2(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] = (-2, -1),
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """`fftn` of the last two dims."""
    return fftn(input, s, dim, norm, out=out)


def ifft2(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] = (-2, -1),
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """`ifftn` of the last two dims."""
    return ifftn(input, s, dim, norm, out=out)


def rfft2(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] = (-2, -1),
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """`rfftn` of the last two dims."""
    return rfftn(input, s, dim, norm, out=out)


def irfft2(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Sequence[int] = (-2, -1),
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """`irfftn` of the last two dims."""
    return irfftn(input, s, dim, norm, out=out)


# ---------------------------------------------------------------- frequencies


def fftfreq(n: int, d: float = 1.0, **options: Any) -> Tensor:
    """The frequencies of the elements of `fft`, at a distance of d between samples.

    options: dtype, device and requires_grad.

    >>> import topograd as tg
    >>> tg.fft.fftfreq(4)
    tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    positions = tg.arange(valid_count("fftfreq", n))
    signed = tg.where(positions < (n + 1) // 2, positions, positions - n)
    return tg.tensor((signed.double() / (n * d)).tolist(), **options)


def rfftfreq(n: int, d: float = 1.0, **options: Any) -> Tensor:
    """The frequencies of the elements of `rfft`.

    >>> import topograd as tg
    >>> tg.fft.rfftfreq(4)
    tensor([0.0000, 0.2500, 0.5000])
    """
    half = tg.arange(valid_count("rfftfreq", n) // 2 + 1).double()
    return tg.tensor((half / (n * d)).tolist(), **options)


def _shifted(name: str, x: Tensor, dim: Sequence[int] | int | None, back: bool) -> Tensor:
    axes, _ = axes_of(name, x, None, dim)
    if not axes:
        return x.clone()
    halves = [x.shape[axis] // 2 for axis in axes]
    return x.roll([-half if back else half for half in halves], axes)


@takes_tensors
def fftshift(input: Tensor, dim: Sequence[int] | int | None = None) -> Tensor:
    """The elements with frequency 0 in the middle.

    >>> import topograd as tg
    >>> tg.fft.fftshift(tg.fft.fftfreq(4))
    tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    return _shifted("fftshift", input, dim, False)


@takes_tensors
def ifftshift(input: Tensor, dim: Sequence[int] | int | None = None) -> Tensor:
    """The inverse of `fftshift`."""
    return _shifted("ifftshift", input, dim, True)
