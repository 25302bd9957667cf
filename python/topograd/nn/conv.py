"""Convolutions and transposed convolutions over one to three axes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn import init
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


def tuple_of(value: Any, length: int) -> tuple[int, ...]:
    """`value` for each of `length` axes: a number is repeated, a sequence is taken as it is."""
    if isinstance(value, (list, tuple)):
        if len(value) != length:
            raise ValueError(f"expected a number or {length} numbers, got {value!r}")
        return tuple(value)
    return (value,) * length


class _ConvNd(Module):
    """What all convolutions have in common: their settings and their parameters."""

    axes: int
    transposed: bool
    weight: Parameter
    bias: Parameter | None

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        output_padding: Any,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: Any,
        dtype: Any,
    ) -> None:
        super().__init__()
        if groups <= 0:
            raise ValueError(f"groups must be a positive integer, got {groups}")
        if in_channels % groups != 0:
            raise ValueError(
                f"in_channels must be divisible by groups, got {in_channels} and {groups}"
            )
        if out_channels % groups != 0:
            raise ValueError(
                f"out_channels must be divisible by groups, got {out_channels} and {groups}"
            )
        if padding_mode not in PADDING_MODES:
            raise ValueError(
                f"padding_mode must be one of {PADDING_MODES}, "
                f"but got padding_mode='{padding_mode}'"
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = tuple_of(kernel_size, self.axes)
        self.stride = tuple_of(stride, self.axes)
        self.padding = padding if isinstance(padding, str) else tuple_of(padding, self.axes)
        self.dilation = tuple_of(dilation, self.axes)
        self.output_padding = tuple_of(output_padding, self.axes)
        self.groups = groups
        self.padding_mode = padding_mode
        self._check_padding()
        channels = (
            (in_channels, out_channels // groups)
            if self.transposed
            else (out_channels, in_channels // groups)
        )
        self.weight = Parameter(tg.empty(*channels, *self.kernel_size, device=device, dtype=dtype))
        self.register_parameter(
            "bias", Parameter(tg.empty(out_channels, device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def _check_padding(self) -> None:
        """Raises ValueError for padding by name that this layer can not do."""
        if not isinstance(self.padding, str):
            return
        if self.padding not in ("valid", "same"):
            raise ValueError(
                f"Invalid padding string {self.padding!r}, should be one of 'valid', 'same'"
            )
        if self.padding == "same" and any(step != 1 for step in self.stride):
            raise ValueError(
                "padding='same' is not supported for strided convolutions, "
                f"got stride={self.stride}"
            )

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # = uniform on ±1/√fan_in
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        if self.padding != (0,) * self.axes:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.axes:
            text += f", dilation={self.dilation}"
        if self.output_padding != (0,) * self.axes:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class _Conv(_ConvNd):
    """The constructor and the forward pass of the convolutions."""

    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            0,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )

    def _sides(self) -> list[int]:
        """What is padded at both sides of each axis, the last axis first, as `F.pad` takes it."""
        if isinstance(self.padding, str):
            if self.padding == "valid":
                return [0] * (2 * self.axes)
            pairs = zip(self.dilation, self.kernel_size, strict=True)
            totals = [spread * (size - 1) for spread, size in pairs]
            return [side for all in reversed(totals) for side in (all // 2, all - all // 2)]
        return [size for size in reversed(self.padding) for _ in range(2)]

    def _convolve(self, function: Callable[..., Tensor], input: Tensor) -> Tensor:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._sides(), self.padding_mode)
            padding = 0
        return function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv1d(_Conv):
    """Cross-correlation over one axis.

    y[n, o, i] = b[o] + Σ w[o, c, k] x[n, c, i stride + k dilation]

    x: (N, in_channels, L) or (in_channels, L).  Returns (N, out_channels, L') with
    L' = ⌊(L + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1.  weight: (out_channels,
    in_channels / groups, kernel_size), bias: (out_channels), uniform on ±1/√fan_in.  padding: a
    number, "valid" or "same".  Raises ValueError if groups does not divide the channels.

    >>> import topograd as tg
    >>> tuple(tg.nn.Conv1d(3, 8, 3, padding=1)(tg.ones(2, 3, 10)).shape)
    (2, 8, 10)
    """

    axes = 1

    def forward(self, input: Tensor) -> Tensor:
        return self._convolve(F.conv1d, input)


class Conv2d(_Conv):
    """Cross-correlation over two axes.

    y[n, o, i, j] = b[o] + Σ w[o, c, k, l] x[n, c, i stride + k dilation, j stride + l dilation]

    x: (N, in_channels, H, W) or without N.  Returns (N, out_channels, H', W') with
    H' = ⌊(H + 2 padding - dilation (kernel_size - 1) - 1) / stride⌋ + 1.  weight: (out_channels,
    in_channels / groups, *kernel_size), bias: (out_channels), uniform on ±1/√fan_in.  padding: a
    number for each axis or both, "valid" or "same".  padding_mode: zeros, reflect, replicate or
    circular. Raises ValueError if groups does not divide the channels.

    >>> import topograd as tg
    >>> tuple(tg.nn.Conv2d(1, 6, 3, padding="same")(tg.ones(2, 1, 8, 8)).shape)
    (2, 6, 8, 8)
    """

    axes = 2

    def forward(self, input: Tensor) -> Tensor:
        return self._convolve(F.conv2d, input)


class Conv3d(_Conv):
    """Cross-correlation over three axes; all as in `Conv2d`, with one more axis.

    x: (N, in_channels, D, H, W) or without N.  Returns (N, out_channels, D', H', W').  weight:
    (out_channels, in_channels / groups, *kernel_size), bias: (out_channels), uniform on ±1/√fan_in.

    >>> import topograd as tg
    >>> tuple(tg.nn.Conv3d(2, 4, 3, padding=1)(tg.ones(1, 2, 5, 6, 7)).shape)
    (1, 4, 5, 6, 7)
    """

    axes = 3

    def forward(self, input: Tensor) -> Tensor:
        return self._convolve(F.conv3d, input)


class _ConvTranspose(_ConvNd):
    """The constructor and the forward pass of the transposed convolutions."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            output_padding,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
        )
        if padding_mode != "zeros":
            raise ValueError(
                f'Only "zeros" padding mode is supported for {type(self).__name__}, '
                f"got {padding_mode!r}"
            )

    def _check_padding(self) -> None:
        if isinstance(self.padding, str):
            raise ValueError(f"padding must be numbers, got {self.padding!r}")

    def _output_padding(self, input: Tensor, output_size: Sequence[int] | None) -> tuple[int, ...]:
        """What must be added at the end so that the result has the wanted size."""
        if output_size is None:
            return self.output_padding
        wanted = tuple(output_size)
        if input.ndim not in (self.axes + 1, self.axes + 2):
            raise ValueError(
                f"{type(self).__name__}: expects an input with {self.axes + 1} or {self.axes + 2} "
                f"dims, got {tuple(input.shape)}"
            )
        if len(wanted) == input.ndim:
            wanted = wanted[-self.axes :]
        if len(wanted) != self.axes:
            raise ValueError(
                f"{type(self).__name__}: output_size must have {self.axes} or {input.ndim} "
                f"numbers, got {tuple(output_size)}"
            )
        edges = tuple_of(self.padding, self.axes)
        least = [
            (size - 1) * step - 2 * edge + spread * (kernel - 1) + 1
            for size, step, edge, spread, kernel in zip(
                input.shape[-self.axes :],
                self.stride,
                edges,
                self.dilation,
                self.kernel_size,
                strict=True,
            )
        ]
        added = tuple(size - low for size, low in zip(wanted, least, strict=True))
        if any(not 0 <= more < step for more, step in zip(added, self.stride, strict=True)):
            most = [low + step - 1 for low, step in zip(least, self.stride, strict=True)]
            raise ValueError(
                f"{type(self).__name__}: output_size must be from {least} to {most}, got {wanted} "
                f"for an input of shape {tuple(input.shape)}"
            )
        return added

    def _spread(
        self, function: Callable[..., Tensor], input: Tensor, output_size: Sequence[int] | None
    ) -> Tensor:
        return function(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self._output_padding(input, output_size),
            self.groups,
            self.dilation,
        )


class ConvTranspose1d(_ConvTranspose):
    """Transposed convolution over one axis: the gradient of `Conv1d` with respect to its input.

    y[n, o, i stride + k dilation - padding] = b[o] + Σ w[c, o, k] x[n, c, i]

    x: (N, in_channels, L) or (in_channels, L).  Returns (N, out_channels, L') with
    L' = (L - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1.  weight:
    (in_channels, out_channels / groups, kernel_size), bias: (out_channels), uniform on ±1/√fan_in
    with fan_in = out_channels / groups · kernel_size, as in PyTorch.  output_padding: what is added
    at the end, smaller than stride or dilation; `forward` takes an `output_size` in its place.
    Raises ValueError if groups does not divide the channels, or an output_size can not be.

    >>> import topograd as tg
    >>> layer = tg.nn.ConvTranspose1d(3, 8, 3, stride=2)
    >>> tuple(layer(tg.ones(2, 3, 10)).shape), tuple(layer(tg.ones(2, 3, 10), [22]).shape)
    ((2, 8, 21), (2, 8, 22))
    """

    axes = 1

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return self._spread(F.conv_transpose1d, input, output_size)


class ConvTranspose2d(_ConvTranspose):
    """Transposed convolution over two axes; all as in `ConvTranspose1d`, a number or a pair each.

    x: (N, in_channels, H, W) or without N.  Returns (N, out_channels, H', W').  weight:
    (in_channels, out_channels / groups, *kernel_size), bias: (out_channels).

    >>> import topograd as tg
    >>> layer = tg.nn.ConvTranspose2d(16, 3, 4, stride=2, padding=1)
    >>> tuple(layer(tg.ones(1, 16, 4, 5)).shape)
    (1, 3, 8, 10)
    """

    axes = 2

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return self._spread(F.conv_transpose2d, input, output_size)


class ConvTranspose3d(_ConvTranspose):
    """Transposed convolution over three axes; all as in `ConvTranspose1d`, a number or three each.

    x: (N, in_channels, D, H, W) or without N.  Returns (N, out_channels, D', H', W').  weight:
    (in_channels, out_channels / groups, *kernel_size), bias: (out_channels).

    >>> import topograd as tg
    >>> tuple(tg.nn.ConvTranspose3d(4, 2, 2, stride=2)(tg.ones(1, 4, 2, 3, 4)).shape)
    (1, 2, 4, 6, 8)
    """

    axes = 3

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        return self._spread(F.conv_transpose3d, input, output_size)
