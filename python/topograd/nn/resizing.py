"""Images in other sizes: resampling, windows as columns, pixels from channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.module import Module


class Upsample(Module):
    """A signal, an image or a volume in another size, as `nn.functional.interpolate` makes it.

    x: (N, C, L), (N, C, H, W) or (N, C, D, H, W).  size: the new sizes, or scale_factor: what they
    are multiplied with, one number or one for each axis.  mode: "nearest", "linear" (3D x),
    "bilinear" or "bicubic" (4D), "trilinear" (5D).  align_corners: whether the centers of the
    corner pixels keep their place.  recompute_scale_factor: see `interpolate`.

    >>> import topograd as tg
    >>> tg.nn.Upsample(scale_factor=2)(tg.tensor([[[1.0, 3.0]]])).tolist()
    [[[1.0, 1.0, 3.0, 3.0]]]
    """

    scale_factor: float | tuple[float, ...] | None

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if scale_factor is None or isinstance(scale_factor, (int, float)):
            self.scale_factor = None if scale_factor is None else float(scale_factor)
        else:
            self.scale_factor = tuple(float(factor) for factor in scale_factor)
        self.mode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(
            input,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            recompute_scale_factor=self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        if self.scale_factor is not None:
            return f"scale_factor={self.scale_factor!r}, mode={self.mode!r}"
        return f"size={self.size!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images by their nearest pixels.

    >>> import topograd as tg
    >>> tg.nn.UpsamplingNearest2d(size=(1, 4))(tg.tensor([[[[1.0, 3.0]]]])).tolist()
    [[[[1.0, 1.0, 3.0, 3.0]]]]
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
    ) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images between their pixels, with the corners aligned.

    >>> import topograd as tg
    >>> tg.nn.UpsamplingBilinear2d(size=(1, 3))(tg.tensor([[[[1.0, 3.0]]]])).tolist()
    [[[[1.0, 2.0, 3.0]]]]
    """

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
    ) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class Unfold(Module):
    """All windows of images as the columns of a matrix.

    x: (N, C, H, W) or (C, H, W).  Returns (N, C kh kw, L): column l is the l-th window, by channel
    and then row by row; L = Π (⌊(size + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1).
    Every setting is a number for both axes or a pair.

    >>> import topograd as tg
    >>> tuple(tg.nn.Unfold((2, 3))(tg.ones(2, 5, 3, 4)).shape)
    (2, 30, 4)
    """

    def __init__(
        self, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Module):
    """Images from the columns of all their windows; overlapping ones add up.

    x: (N, C kh kw, L) or (C kh kw, L), as `Unfold` gives them.  Returns (N, C, *output_size).  The
    transpose of `Unfold`.  Every setting is a number for both axes or a pair.

    >>> import topograd as tg
    >>> tg.nn.Fold((1, 3), (1, 2))(tg.ones(1, 2, 2)).tolist()
    [[[[1.0, 2.0, 1.0]]]]
    """

    def __init__(
        self,
        output_size: Any,
        kernel_size: Any,
        dilation: Any = 1,
        padding: Any = 0,
        stride: Any = 1,
    ) -> None:
        super().__init__()
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(
            input,
            self.output_size,
            self.kernel_size,
            self.dilation,
            self.padding,
            self.stride,
        )

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )


class PixelShuffle(Module):
    """Channels turned into pixels: (…, C r², H, W) to (…, C, H r, W r), r = upscale_factor.

    y[c, h r + i, w r + j] = x[c r² + i r + j, h, w].  Raises ValueError if r² does not divide the
    channels.  Source: Shi et al., 2016.

    >>> import topograd as tg
    >>> tg.nn.PixelShuffle(2)(tg.arange(4.0).view(4, 1, 1)).tolist()
    [[[0.0, 1.0], [2.0, 3.0]]]
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Pixels turned into channels: the inverse of `PixelShuffle`, r = downscale_factor.

    >>> import topograd as tg
    >>> tg.nn.PixelUnshuffle(2)(tg.arange(4.0).view(1, 2, 2)).flatten().tolist()
    [0.0, 1.0, 2.0, 3.0]
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Channels dealt out anew, one from every group in turn: y[i groups + g] = x[g C / groups + i].

    x: (N, C, …).  Raises ValueError if `groups` does not divide C.  Source: Zhang et al., 2018.

    >>> import topograd as tg
    >>> tg.nn.ChannelShuffle(2)(tg.arange(4.0).view(1, 4, 1, 1)).flatten().tolist()
    [0.0, 2.0, 1.0, 3.0]
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
