"""Normalization over the features of each example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn import init
from topograd.nn.composed_images import windowed_squares
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter


def _shape(normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    return (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)


class LayerNorm(Module):
    """Mean 0 and variance 1 over the last axes: y = (x - mean) / √(var + eps) weight + bias.

    normalized_shape: the sizes of the last axes (a number: of the last one); weight (ones at first)
    and bias (zeros) have this shape, and are None without `elementwise_affine`.  var is the biased
    one. Raises ValueError if the last axes of x are not normalized_shape.  Source: Ba et al., 2016.

    >>> import topograd as tg
    >>> tg.nn.LayerNorm(2, eps=0.0)(tg.tensor([[1.0, 3.0]])).tolist()
    [[-1.0, 1.0]]
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        for name, wanted in (("weight", True), ("bias", bias)):
            parameter = None
            if elementwise_affine and wanted:
                values = tg.empty(*self.normalized_shape, device=device, dtype=dtype)
                parameter = Parameter(values)
            self.register_parameter(name, parameter)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets weight to ones and bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        bias = self.elementwise_affine and self.bias is not None
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={bias}"
        )


class RMSNorm(Module):
    """Root mean square of the last axes, then scaled: y = x / √(mean(x²) + eps) weight.

    normalized_shape: the sizes of the last axes; weight (ones at first) has this shape, and is None
    without `elementwise_affine`.  eps: default the machine epsilon of float64 for float64, else
    that of float32.  A row of zeros gives zeros.  Raises ValueError if the last axes of x are not
    normalized_shape.  Source: Zhang and Sennrich, 2019.

    >>> import topograd as tg
    >>> tg.nn.RMSNorm(2, eps=0.0)(tg.tensor([[2.0, 2.0]])).tolist()
    [[1.0, 1.0]]
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.normalized_shape = _shape(normalized_shape)
        self.eps = eps
        self.elementwise_affine = elementwise_affine
        parameter = None
        if elementwise_affine:
            parameter = Parameter(tg.empty(*self.normalized_shape, device=device, dtype=dtype))
        self.register_parameter("weight", parameter)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets weight to ones."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, input: Tensor) -> Tensor:
        return F.rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Mean 0 and variance 1 over each group of channels.

    y = (x - mean) / √(var + eps) weight[c] + bias[c]

    x: (N, num_channels, …).  weight (ones at first) and bias (zeros): (num_channels), None without
    `affine`.  Raises ValueError if num_groups does not divide num_channels.  Source: Wu and He,
    2018.

    >>> import topograd as tg
    >>> tg.nn.GroupNorm(1, 2, eps=0.0)(tg.tensor([[1.0, 3.0]])).tolist()
    [[-1.0, 1.0]]
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels ({num_channels}) must be divisible by num_groups ({num_groups})"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = eps
        self.affine = affine
        for name, wanted in (("weight", True), ("bias", bias)):
            parameter = None
            if affine and wanted:
                parameter = Parameter(tg.empty(num_channels, device=device, dtype=dtype))
            self.register_parameter(name, parameter)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets weight to ones and bias to zeros."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.affine and self.bias is not None}"
        )


class LocalResponseNorm(Module):
    """Each value divided by the strength of the channels around it.

    y = x / (k + alpha · mean of x² over `size` channels around)^beta

    x: (N, C, …), at least 3 axes.  The window reaches size // 2 channels to the front and
    (size - 1) // 2 behind; what is outside counts as 0.  Source: Krizhevsky et al., 2012.

    >>> import topograd as tg
    >>> layer = tg.nn.LocalResponseNorm(1, alpha=1.0, beta=1.0, k=0.0)
    >>> layer(tg.tensor([[[2.0], [4.0]]])).tolist()
    [[[0.5], [0.25]]]
    """

    def __init__(
        self, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"


class CrossMapLRN2d(Module):
    """`LocalResponseNorm` of images with a window of (size - 1) // 2 channels on both sides.

    y = x / (k + alpha / size · Σ x² over the window)^beta

    x: (N, C, H, W).  The same as `LocalResponseNorm` for odd sizes.  PyTorch's sums keep channel 0
    in the windows of all later channels, and its gradient is another function's; here each window
    is what it should be.

    >>> import topograd as tg
    >>> layer = tg.nn.CrossMapLRN2d(1, alpha=1.0, beta=1.0, k=0)
    >>> layer(tg.tensor([[[[2.0]], [[4.0]]]])).flatten().tolist()
    [0.5, 0.25]
    """

    def __init__(self, size: int, alpha: float = 0.0001, beta: float = 0.75, k: float = 1) -> None:
        super().__init__()
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim != 4:
            raise ValueError(f"CrossMapLRN2d: expected 4D input, got {input.ndim}D input instead.")
        reach = (self.size - 1) // 2
        around = windowed_squares(input, reach, reach, self.size)
        return input / (around * self.alpha + self.k) ** self.beta

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
