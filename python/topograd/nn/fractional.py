"""Pooling of windows at pseudo-random places."""

from __future__ import annotations

from typing import Any

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.conv import tuple_of
from topograd.nn.module import Module


class _FractionalMaxPool(Module):
    """The settings that both fractional poolings have."""

    axes: int
    _random_samples: Tensor | None

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        if (output_size is None) == (output_ratio is None):
            raise ValueError(f"{name} requires either output_size or output_ratio, and not both")
        self.kernel_size = tuple_of(kernel_size, self.axes)
        self.return_indices = return_indices
        self.output_size = None if output_size is None else tuple_of(output_size, self.axes)
        self.output_ratio: Any = None
        if output_ratio is not None:
            given = isinstance(output_ratio, (list, tuple))
            self.output_ratio = tuple(output_ratio) if given else (output_ratio,) * self.axes
            fits = len(self.output_ratio) == self.axes
            if not fits or not all(0 < ratio < 1 for ratio in self.output_ratio):
                raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")
        self.register_buffer("_random_samples", _random_samples)


class FractionalMaxPool2d(_FractionalMaxPool):
    """The largest values of windows at pseudo-random places, about size / output_size apart.

    x: (N, C, H, W) or (C, H, W).  kernel_size, and either output_size or output_ratio (of the
    size of x, between 0 and 1): a number for both axes or a pair.  return_indices: give the
    positions too.  _random_samples: (N, C, 2), numbers in [0, 1) that decide the places, drawn for
    each call by default.  Source: Graham, 2015.

    >>> import topograd as tg
    >>> tuple(tg.nn.FractionalMaxPool2d(2, output_ratio=0.7)(tg.rand(1, 2, 9, 9)).shape)
    (1, 2, 6, 6)
    """

    axes = 2

    def forward(self, input: Tensor) -> Any:
        return F.fractional_max_pool2d(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            self._random_samples,
        )


class FractionalMaxPool3d(_FractionalMaxPool):
    """The largest values of boxes at pseudo-random places; all as in `FractionalMaxPool2d`.

    x: (N, C, D, H, W) or (C, D, H, W).  _random_samples: (N, C, 3).

    >>> import topograd as tg
    >>> tuple(tg.nn.FractionalMaxPool3d(2, output_size=3)(tg.rand(1, 2, 5, 6, 7)).shape)
    (1, 2, 3, 3, 3)
    """

    axes = 3

    def forward(self, input: Tensor) -> Any:
        return F.fractional_max_pool3d(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            self._random_samples,
        )
