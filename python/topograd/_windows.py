"""Windows of signals, Vandermonde matrices, and other small makers of tensors."""

from __future__ import annotations

import builtins
from math import floor, pi
from typing import Any

from topograd import _C
from topograd._C import Tensor

Number = builtins.int | builtins.float


def _cosines(
    name: str, window_length: builtins.int, periodic: builtins.bool, terms: tuple[float, ...],
    options: dict[str, Any],
) -> Tensor:  # fmt: skip
    """The sum of terms[k] * cos(2 pi k n / N) for n in 0...window_length - 1."""
    if window_length < 0:
        raise RuntimeError(f"{name}: expects a length from 0 on, got {window_length}")
    dtype = options.get("dtype") or _C.get_default_dtype()
    if not dtype.is_floating_point:
        raise RuntimeError(f"{name}: expects a floating point dtype, got {dtype}")
    if window_length == 1:
        return _C.ones(1, **options)
    size = window_length if periodic else window_length - 1
    angle = _C.arange(window_length, dtype=_C.float64) * (2 * pi / max(size, 1))
    total = _C.full((window_length,), terms[0], dtype=_C.float64)
    for k, term in enumerate(terms[1:], start=1):
        total = total + term * (k * angle).cos()
    return (
        _C.empty(window_length, **options)
        .detach()
        .copy_(total)
        .requires_grad_(bool(options.get("requires_grad")))
    )


def hann_window(
    window_length: builtins.int, periodic: builtins.bool = True, **options: Any
) -> Tensor:
    """(1 - cos(2 pi n / N)) / 2, with N = window_length, or one less with periodic=False.

    options: dtype, device, requires_grad, layout.

    >>> import topograd as tg
    >>> tg.hann_window(4)
    tensor([0.0000, 0.5000, 1.0000, 0.5000])
    """
    return _cosines("hann_window", window_length, periodic, (0.5, -0.5), options)


def hamming_window(
    window_length: builtins.int,
    periodic: builtins.bool = True,
    alpha: builtins.float = 0.54,
    beta: builtins.float = 0.46,
    **options: Any,
) -> Tensor:
    """The window alpha - beta cos(2 pi n / N); other arguments as in `hann_window`."""
    return _cosines("hamming_window", window_length, periodic, (alpha, -beta), options)


def blackman_window(
    window_length: builtins.int, periodic: builtins.bool = True, **options: Any
) -> Tensor:
    """0.42 - 0.5 cos(2 pi n / N) + 0.08 cos(4 pi n / N); arguments as in `hann_window`."""
    return _cosines("blackman_window", window_length, periodic, (0.42, -0.5, 0.08), options)


def vander(x: Tensor, N: builtins.int | None = None, increasing: builtins.bool = False) -> Tensor:
    """Columns of powers of a vector: x**(N - 1), …, x, 1; the other way round with increasing.

    N: how many (default: the length of x).

    >>> import topograd as tg
    >>> tg.vander(tg.tensor([2, 3]), 3)
    tensor([[4, 2, 1],
            [9, 3, 1]])
    """
    if x.dim() != 1:
        raise _C.ShapeError(f"vander: expects a vector, got shape {tuple(x.shape)}")
    count = x.numel() if N is None else N
    if count < 0:
        raise RuntimeError(f"vander: N must not be negative, got {count}")
    powers = _C.arange(count)
    return x.unsqueeze(-1) ** (powers if increasing else powers.flip(0))


def range(start: Number = 0, end: Number | None = None, step: Number = 1, **options: Any) -> Tensor:
    """Numbers from start to end, end included, as float32; PyTorch deprecates it for `arange`.

    >>> import topograd as tg
    >>> tg.range(1, 3)
    tensor([1., 2., 3.])
    """
    first, last = (0, start) if end is None else (start, end)
    if step == 0 or (last - first) * step < 0:
        raise RuntimeError(f"range: can not go from {first} to {last} in steps of {step}")
    count = floor((last - first) / step) + 1
    options.setdefault("dtype", _C.get_default_dtype())
    values = first + step * _C.arange(count, dtype=_C.float64)
    return _C.empty(count, **options).detach().copy_(values)


def is_nonzero(input: Tensor) -> builtins.bool:
    """Whether the only element is not 0.  Raises RuntimeError for another number of elements.

    >>> import topograd as tg
    >>> tg.is_nonzero(tg.tensor([0.5]))
    True
    """
    return builtins.bool(input)


def is_same_size(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether the shapes are equal."""
    return input.shape == other.shape


def is_signed(input: Tensor) -> builtins.bool:
    """Whether the dtype has negative numbers."""
    return input.dtype.is_signed


def is_inference(input: Tensor) -> builtins.bool:
    """Whether it was made in inference_mode."""
    return input.is_inference()


def detach(input: Tensor) -> Tensor:
    """The same elements outside the graph."""
    return input.detach()
