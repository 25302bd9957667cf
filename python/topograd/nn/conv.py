"""Convolutions."""

from __future__ import annotations

import math
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


class _Conv(Module):
    """What the convolutions over 1 and 2 axes have in common."""

    axes: int
    weight: Parameter
    bias: Parameter | None

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
        super().__init__()
        if groups <= 0:
            raise ValueError("groups must be a positive integer")
        if in_channels % groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        if out_channels % groups != 0:
            raise ValueError("out_channels must be divisible by groups")
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
        self.groups = groups
        self.padding_mode = padding_mode
        self._set_padding()
        self.weight = Parameter(
            tg.empty(
                out_channels, in_channels // groups, *self.kernel_size, device=device, dtype=dtype
            )
        )
        self.register_parameter(
            "bias", Parameter(tg.empty(out_channels, device=device, dtype=dtype)) if bias else None
        )
        self.reset_parameters()

    def _set_padding(self) -> None:
        """Splits the padding into what the kernel does itself and what is padded before it.

        The kernel pads the same number of zeros on both sides; "same" with an even kernel, and the
        other modes, need `pad` first.
        """
        if isinstance(self.padding, tuple):
            sides = [(size, size) for size in self.padding]
        elif self.padding == "valid":
            sides = [(0, 0)] * self.axes
        elif self.padding != "same":
            raise ValueError(
                f"Invalid padding string {self.padding!r}, should be one of 'valid', 'same'"
            )
        elif any(step != 1 for step in self.stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
        else:
            totals = [
                spread * (size - 1)
                for spread, size in zip(self.dilation, self.kernel_size, strict=True)
            ]
            sides = [(total // 2, total - total // 2) for total in totals]
        in_kernel = self.padding_mode == "zeros" and all(before == after for before, after in sides)
        self._kernel_padding = tuple(before if in_kernel else 0 for before, _ in sides)
        self._pad_first: list[int] = []
        if not in_kernel and any(before + after for before, after in sides):
            self._pad_first = [size for pair in reversed(sides) for size in pair]
        self._pad_mode = "constant" if self.padding_mode == "zeros" else self.padding_mode

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # = uniform on ±1/√fan_in
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in:
                bound = 1 / math.sqrt(fan_in)
                init.uniform_(self.bias, -bound, bound)

    def _pad(self, input: Tensor) -> Tensor:
        return F.pad(input, self._pad_first, self._pad_mode)

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        if self.padding != (0,) * self.axes:
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self.axes:
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


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
        if self._pad_first:
            input = self._pad(input)
        return F.conv1d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self._kernel_padding,
            self.dilation,
            self.groups,
        )


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
        if self._pad_first:
            input = self._pad(input)
        return F.conv2d(
            input,
            self.weight,
            self.bias,
            self.stride,
            self._kernel_padding,
            self.dilation,
            self.groups,
        )
