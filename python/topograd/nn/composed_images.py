"""Functions of images that are written in other operations."""

from __future__ import annotations

from typing import Any

from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd.nn.native import native

__all__ = ["local_response_norm", "upsample", "upsample_bilinear", "upsample_nearest"]

_avg_pool2d = native("avg_pool2d")
_interpolate = native("interpolate")
_pad = native("pad")


def windowed_squares(input: Tensor, before: int, after: int, divisor: int) -> Tensor:
    """Σ x² / divisor over `before` channels in front, the channel and `after` channels behind."""
    rows = input.square().flatten(2).unsqueeze(1)
    width = before + 1 + after
    padded = _pad(rows, [0, 0, before, after])
    sums: Tensor = _avg_pool2d(padded, [width, 1], stride=1, divisor_override=divisor)
    return sums.squeeze(1).reshape(input.shape)


@takes_tensors
def local_response_norm(
    input: Tensor, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Y = x / (k + alpha · mean of x² over `size` channels around)^beta.

    input: (N, C, …), at least 3 axes, floating point.  The window reaches size // 2 channels to the
    front and (size - 1) // 2 behind; what is outside counts as 0.  Raises ValueError for fewer axes
    or a size below 1.  Source: Krizhevsky et al., 2012.

    >>> import topograd as tg
    >>> x = tg.tensor([[[1.0], [2.0]]])
    >>> tg.nn.functional.local_response_norm(x, 2, alpha=2.0, beta=1.0, k=0.0).tolist()
    [[[1.0], [0.4000000059604645]]]
    """
    if input.ndim < 3:
        raise ValueError(
            f"local_response_norm: expected 3D or higher dimensional input (got {input.ndim}D)"
        )
    if size < 1:
        raise ValueError(f"local_response_norm: size must be positive, got {size}")
    if input.numel() == 0:
        return input
    around = windowed_squares(input, size // 2, (size - 1) // 2, size)
    return input / (around * alpha + k) ** beta


def upsample(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate` under its old name.

    >>> import topograd as tg
    >>> tg.nn.functional.upsample(tg.tensor([[[1.0, 3.0]]]), scale_factor=2).tolist()
    [[[1.0, 1.0, 3.0, 3.0]]]
    """
    result: Tensor = _interpolate(input, size, scale_factor, mode, align_corners)
    return result


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode "nearest".

    >>> import topograd as tg
    >>> tg.nn.functional.upsample_nearest(tg.tensor([[[1.0, 3.0]]]), size=4).tolist()
    [[[1.0, 1.0, 3.0, 3.0]]]
    """
    result: Tensor = _interpolate(input, size, scale_factor, "nearest")
    return result


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode "bilinear" and the corners aligned.

    >>> import topograd as tg
    >>> tg.nn.functional.upsample_bilinear(tg.tensor([[[[1.0, 3.0]]]]), size=(1, 3)).tolist()
    [[[[1.0, 2.0, 3.0]]]]
    """
    result: Tensor = _interpolate(input, size, scale_factor, "bilinear", True)
    return result
