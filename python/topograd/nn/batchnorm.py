"""Normalization over the batch."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn import init
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter


class _BatchNorm(Module):
    """What the batch norms for 1, 2 and 3 axes have in common: all but the check of the axes."""

    _version = 2  # 1 was without num_batches_tracked
    allowed_axes: tuple[int, ...]
    weight: Parameter | None
    bias: Parameter | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.num_features = num_features
        self.eps = eps
        self.momentum = momentum
        self.affine = affine
        self.track_running_stats = track_running_stats
        for name, wanted in (("weight", True), ("bias", bias)):
            parameter = None
            if affine and wanted:
                parameter = Parameter(tg.empty(num_features, device=device, dtype=dtype))
            self.register_parameter(name, parameter)
        for name in ("running_mean", "running_var"):
            buffer = None
            if track_running_stats:
                buffer = tg.empty(num_features, device=device, dtype=dtype)
            self.register_buffer(name, buffer)
        counter = tg.zeros((), dtype=tg.int64, device=device) if track_running_stats else None
        self.register_buffer("num_batches_tracked", counter)
        self.reset_parameters()

    def reset_running_stats(self) -> None:
        """Forgets what was seen: mean 0, variance 1, no batches."""
        if self.running_mean is not None:
            self.running_mean.zero_()
        if self.running_var is not None:
            self.running_var.fill_(1)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Sets weight to ones, bias to zeros, and forgets what was seen."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        *rest: Any,
    ) -> None:
        counter, key = self.num_batches_tracked, prefix + "num_batches_tracked"
        if (local_metadata.get("version") or 1) < 2 and counter is not None:
            state_dict.setdefault(key, counter.detach().clone())
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *rest)

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in self.allowed_axes:
            allowed = " or ".join(f"{axes}D" for axes in self.allowed_axes)
            raise ValueError(f"expected {allowed} input (got {input.ndim}D input)")
        momentum = 0.0 if self.momentum is None else self.momentum
        training = self.training
        counter = self.num_batches_tracked
        if training and self.track_running_stats and counter is not None:
            counter.add_(1)
            if self.momentum is None:  # the plain average of all batches
                momentum = 1.0 / float(counter.item())
        use_running = not training or self.track_running_stats
        return F.batch_norm(
            input,
            self.running_mean if use_running else None,
            self.running_var if use_running else None,
            self.weight,
            self.bias,
            training or (self.running_mean is None and self.running_var is None),
            momentum,
            self.eps,
        )

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.affine and self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Mean 0 and variance 1 of each channel over the batch.

    y = (x - mean) / √(var + eps) weight[c] + bias[c]

    x: (N, num_features) or (N, num_features, L).  In training mode mean and var are those of the
    batch (var biased), and running_mean and running_var move towards them by `momentum` (None: they
    are plain averages; var unbiased); in evaluation mode they are used instead.  Without
    `track_running_stats` the batch is used always.  Raises ValueError for another number of axes.
    Source: Ioffe, 2015.

    >>> import topograd as tg
    >>> y = tg.nn.BatchNorm1d(1)(tg.tensor([[1.0], [3.0]]))
    >>> [round(value, 3) for value in y.flatten().tolist()]
    [-1.0, 1.0]
    """

    allowed_axes = (2, 3)


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for images: x is (N, num_features, H, W).

    >>> import topograd as tg
    >>> tuple(tg.nn.BatchNorm2d(3)(tg.ones(2, 3, 4, 4)).shape)
    (2, 3, 4, 4)
    """

    allowed_axes = (4,)


class BatchNorm3d(_BatchNorm):
    """`BatchNorm1d` for volumes: x is (N, num_features, D, H, W).

    >>> import topograd as tg
    >>> tuple(tg.nn.BatchNorm3d(3)(tg.ones(2, 3, 2, 2, 2)).shape)
    (2, 3, 2, 2, 2)
    """

    allowed_axes = (5,)


class SyncBatchNorm(_BatchNorm):
    """`BatchNorm1d` for x (N, num_features, …) of any number of axes, in one process.

    PyTorch's takes the statistics over the batches of all processes; here there is one, so that it
    is what BatchNorm1d to 3d are, and models written with it run.  process_group: not used.

    >>> import topograd as tg
    >>> tuple(tg.nn.SyncBatchNorm(3)(tg.ones(2, 3, 4, 4)).shape)
    (2, 3, 4, 4)
    """

    allowed_axes = (2, 3, 4, 5)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        process_group: Any = None,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(
            num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias
        )
        self.process_group = process_group

    @classmethod
    def convert_sync_batchnorm(cls, module: Module, process_group: Any = None) -> Module:
        """`module` with every BatchNorm in it replaced by a SyncBatchNorm with the same tensors.

        >>> import topograd as tg
        >>> net = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.BatchNorm1d(3))
        >>> type(tg.nn.SyncBatchNorm.convert_sync_batchnorm(net)[1]).__name__
        'SyncBatchNorm'
        """
        result = module
        if isinstance(module, _BatchNorm) and not isinstance(module, cls):
            made = cls(
                module.num_features,
                module.eps,
                module.momentum,
                module.affine,
                module.track_running_stats,
                process_group,
            )
            made.weight, made.bias = module.weight, module.bias
            made.running_mean, made.running_var = module.running_mean, module.running_var
            made.num_batches_tracked = module.num_batches_tracked
            made.training = module.training
            result = made
        for name, child in module.named_children():
            result.add_module(name, cls.convert_sync_batchnorm(child, process_group))
        return result
