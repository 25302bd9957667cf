"""Normalization of each channel of each example."""

from __future__ import annotations

from typing import Any

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.batchnorm import _BatchNorm


class _InstanceNorm(_BatchNorm):
    """What the instance norms for 1, 2 and 3 axes have in common; allowed_axes: (one, a batch)."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in self.allowed_axes:
            allowed = " or ".join(f"{axes}D" for axes in self.allowed_axes)
            raise ValueError(f"expected {allowed} input (got {input.ndim}D input)")
        single = input.ndim == self.allowed_axes[0]
        channels = input.size(0 if single else 1)
        if channels != self.num_features and (self.affine or self.track_running_stats):
            raise ValueError(
                f"expected {self.num_features} channels (num_features), x is {tuple(input.shape)}"
            )
        result = F.instance_norm(
            input.unsqueeze(0) if single else input,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum,
            self.eps,
        )
        return result.squeeze(0) if single else result


class InstanceNorm1d(_InstanceNorm):
    """Mean 0 and variance 1 of each channel of each example.

    y = (x - mean) / √(var + eps) weight[c] + bias[c]

    x: (N, num_features, L) or (num_features, L).  mean and var (biased) are taken over the last
    axis.  With `affine` weight (ones at first) and bias (zeros) are parameters of shape
    (num_features), else None.  With `track_running_stats` the buffers running_mean and running_var
    move towards the mean over the batch (var unbiased) by `momentum` in training mode, and are used
    in evaluation mode.  Raises ValueError for another number of axes.  Source: Ulyanov et al.,
    2016.

    >>> import topograd as tg
    >>> y = tg.nn.InstanceNorm1d(1)(tg.tensor([[1.0, 3.0]]))
    >>> [round(value, 3) for value in y.flatten().tolist()]
    [-1.0, 1.0]
    """

    allowed_axes = (2, 3)


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` for images: x is (N, num_features, H, W) or (num_features, H, W).

    >>> import topograd as tg
    >>> tuple(tg.nn.InstanceNorm2d(3, affine=True)(tg.ones(2, 3, 4, 4)).shape)
    (2, 3, 4, 4)
    """

    allowed_axes = (3, 4)


class InstanceNorm3d(_InstanceNorm):
    """`InstanceNorm1d` for volumes: x is (N, num_features, D, H, W), or without N.

    >>> import topograd as tg
    >>> tuple(tg.nn.InstanceNorm3d(3)(tg.ones(2, 3, 2, 2, 2)).shape)
    (2, 3, 2, 2, 2)
    """

    allowed_axes = (4, 5)
