"""Pooling: one value for each window."""

from __future__ import annotations

from typing import Any

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.conv import tuple_of
from topograd.nn.module import Module


class _MaxPool(Module):
    """The settings that all max poolings have."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest value of each window along the last axis.

    x: (N, C, L) or (C, L).  Returns (N, C, L'), L' = ⌊(L + 2 padding - dilation (kernel_size - 1) -
    1) / stride⌋ + 1, rounded up with `ceil_mode`.  stride: default kernel_size.  Padding never
    wins. return_indices: give the positions too.

    >>> import topograd as tg
    >>> tg.nn.MaxPool1d(2)(tg.tensor([[1.0, 3.0, 2.0, 0.0]])).tolist()
    [[3.0, 2.0]]
    """

    def forward(self, input: Tensor) -> Any:
        return F.max_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class MaxPool2d(_MaxPool):
    """The largest value of each window over the last two axes.

    x: (N, C, H, W) or (C, H, W).  Every setting is a number for both axes or a pair; sizes as in
    `MaxPool1d`.  stride: default kernel_size.

    >>> import topograd as tg
    >>> tg.nn.MaxPool2d(2)(tg.tensor([[[1.0, 3.0], [2.0, 0.0]]])).tolist()
    [[[3.0]]]
    """

    def forward(self, input: Tensor) -> Any:
        return F.max_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class AvgPool1d(Module):
    """The mean of each window along the last axis.

    x: (N, C, L) or (C, L).  stride: default kernel_size.  count_include_pad: whether zeros of the
    padding count.

    >>> import topograd as tg
    >>> tg.nn.AvgPool1d(2)(tg.tensor([[1.0, 3.0, 2.0, 0.0]])).tolist()
    [[2.0, 1.0]]
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        super().__init__()
        self.kernel_size = tuple_of(kernel_size, 1)
        self.stride = self.kernel_size if stride is None else tuple_of(stride, 1)
        self.padding = tuple_of(padding, 1)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(Module):
    """The mean of each window over the last two axes.

    x: (N, C, H, W) or (C, H, W).  stride: default kernel_size.  count_include_pad: whether zeros of
    the padding count.  divisor_override: what to divide the sum by instead.

    >>> import topograd as tg
    >>> tg.nn.AvgPool2d(2)(tg.tensor([[[1.0, 3.0], [2.0, 2.0]]])).tolist()
    [[[2.0]]]
    """

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class _AdaptiveAvgPool(Module):
    """The setting that both adaptive poolings have."""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """The means of output_size nearly equal pieces of the last axis.

    >>> import topograd as tg
    >>> tg.nn.AdaptiveAvgPool1d(1)(tg.tensor([[1.0, 3.0]])).tolist()
    [[2.0]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """The means of output_size (a number or a pair) nearly equal rectangles of the last two axes.

    >>> import topograd as tg
    >>> tuple(tg.nn.AdaptiveAvgPool2d(1)(tg.ones(2, 3, 5, 7)).shape)
    (2, 3, 1, 1)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(input, self.output_size)
