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


class MaxPool3d(_MaxPool):
    """The largest value of each window over the last three axes.

    x: (N, C, D, H, W) or (C, D, H, W).  Every setting is a number for all axes or three; sizes as
    in `MaxPool1d`.  stride: default kernel_size.

    >>> import topograd as tg
    >>> tuple(tg.nn.MaxPool3d(2)(tg.ones(1, 3, 4, 5, 6)).shape)
    (1, 3, 2, 2, 3)
    """

    def forward(self, input: Tensor) -> Any:
        return F.max_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )


class _MaxUnpool(Module):
    """The settings that all unpoolings have."""

    axes: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = tuple_of(kernel_size, self.axes)
        self.stride = self.kernel_size if stride is None else tuple_of(stride, self.axes)
        self.padding = tuple_of(padding, self.axes)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Partial inverse of `MaxPool1d`: puts the maxima back at their positions, zeros elsewhere.

    x, indices: (N, C, L) or (C, L), the results of a max pooling with `return_indices`.  Returns
    (N, C, L'), L' = (L - 1) stride - 2 padding + kernel_size; `forward` takes an `output_size`, as
    several sizes are pooled to the same.  stride: default kernel_size.  Of equal indices the last
    wins.  Raises IndexError for an index outside of the result.

    >>> import topograd as tg
    >>> pool, unpool = tg.nn.MaxPool1d(2, return_indices=True), tg.nn.MaxUnpool1d(2)
    >>> unpool(*pool(tg.tensor([[1.0, 3.0, 2.0, 0.0]]))).tolist()
    [[0.0, 3.0, 2.0, 0.0]]
    """

    axes = 1

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return F.max_unpool1d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool2d(_MaxUnpool):
    """Partial inverse of `MaxPool2d`; all as in `MaxUnpool1d`, a number or a pair each.

    >>> import topograd as tg
    >>> x, at = tg.tensor([[[7.0]]]), tg.tensor([[[2]]])
    >>> tg.nn.MaxUnpool2d(2)(x, at).tolist()
    [[[0.0, 0.0], [7.0, 0.0]]]
    """

    axes = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return F.max_unpool2d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )


class MaxUnpool3d(_MaxUnpool):
    """Partial inverse of `MaxPool3d`; all as in `MaxUnpool1d`, a number or three each.

    >>> import topograd as tg
    >>> x, at = tg.ones(1, 1, 1, 1), tg.tensor([[[[7]]]])
    >>> tg.nn.MaxUnpool3d(2)(x, at).flatten().tolist()
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    """

    axes = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Any = None) -> Tensor:
        return F.max_unpool3d(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
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


class _AvgPool(Module):
    """The settings that the mean poolings over several axes have."""

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

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean of each window over the last two axes.

    x: (N, C, H, W) or (C, H, W).  stride: default kernel_size.  count_include_pad: whether zeros of
    the padding count.  divisor_override: what to divide the sum by instead.

    >>> import topograd as tg
    >>> tg.nn.AvgPool2d(2)(tg.tensor([[[1.0, 3.0], [2.0, 2.0]]])).tolist()
    [[[2.0]]]
    """

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


class AvgPool3d(_AvgPool):
    """The mean of each window over the last three axes; all as in `AvgPool2d`.

    x: (N, C, D, H, W) or (C, D, H, W).

    >>> import topograd as tg
    >>> tuple(tg.nn.AvgPool3d(2, ceil_mode=True)(tg.ones(1, 3, 4, 5, 6)).shape)
    (1, 3, 2, 3, 3)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool3d(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            self.divisor_override,
        )


class _LPPool(Module):
    """The settings that all power-average poolings have."""

    def __init__(
        self, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
    ) -> None:
        super().__init__()
        self.norm_type = norm_type
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """(Σ x^p)^(1 / p) over each window along the last axis, p being `norm_type`.

    x: (N, C, L) or (C, L).  stride: default kernel_size.  norm_type: not 0; 1 gives sums, infinity
    the largest magnitude.  The powers are those of the elements, not of their magnitudes.  The
    gradient is 0 where a sum is 0.

    >>> import topograd as tg
    >>> tg.nn.LPPool1d(2, 2)(tg.tensor([[3.0, 4.0, 0.0, 2.0]])).tolist()
    [[5.0, 2.0]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool1d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPool):
    """(Σ x^p)^(1 / p) over each window of the last two axes; all as in `LPPool1d`.

    >>> import topograd as tg
    >>> tg.nn.LPPool2d(2, 2)(tg.ones(1, 2, 2)).tolist()
    [[[2.0]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool2d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPool):
    """(Σ x^p)^(1 / p) over each window of the last three axes; all as in `LPPool1d`.

    >>> import topograd as tg
    >>> tg.nn.LPPool3d(3, 2)(tg.ones(1, 2, 2, 2)).tolist()
    [[[[2.0]]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool3d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class _AdaptiveAvgPool(Module):
    """The setting that all adaptive mean poolings have."""

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


class AdaptiveAvgPool3d(_AdaptiveAvgPool):
    """The means of output_size (a number or three) nearly equal boxes of the last three axes.

    >>> import topograd as tg
    >>> tuple(tg.nn.AdaptiveAvgPool3d((2, None, 1))(tg.ones(1, 2, 5, 7, 3)).shape)
    (1, 2, 2, 7, 1)
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool3d(input, self.output_size)


class _AdaptiveMaxPool(Module):
    """The settings that all adaptive max poolings have."""

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest values of output_size nearly equal pieces of the last axis.

    x: (N, C, L) or (C, L).  return_indices: give the position of each too.

    >>> import topograd as tg
    >>> tg.nn.AdaptiveMaxPool1d(2)(tg.tensor([[1.0, 3.0, 2.0, 0.0]])).tolist()
    [[3.0, 2.0]]
    """

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool1d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest values of output_size nearly equal rectangles of the last two axes.

    x: (N, C, H, W) or (C, H, W).  output_size: a number or a pair, in which None keeps the axis.
    return_indices: give the position of each within its plane too.

    >>> import topograd as tg
    >>> tg.nn.AdaptiveMaxPool2d(1)(tg.tensor([[[1.0, 3.0], [2.0, 0.0]]])).tolist()
    [[[3.0]]]
    """

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool2d(input, self.output_size, self.return_indices)


class AdaptiveMaxPool3d(_AdaptiveMaxPool):
    """The largest values of output_size nearly equal boxes of the last three axes.

    x: (N, C, D, H, W) or (C, D, H, W).  output_size: a number or three, of which None keeps the
    axis.  return_indices: give the position of each within its volume too.

    >>> import topograd as tg
    >>> tuple(tg.nn.AdaptiveMaxPool3d((2, None, 1))(tg.ones(1, 2, 5, 7, 3)).shape)
    (1, 2, 2, 7, 1)
    """

    def forward(self, input: Tensor) -> Any:
        return F.adaptive_max_pool3d(input, self.output_size, self.return_indices)
