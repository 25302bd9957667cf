"""Dropout: random zeros while training."""

from __future__ import annotations

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.module import Module


class _Dropout(Module):
    """The settings that all dropouts have."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Sets each element to zero with probability p and divides the others by 1 - p, in training.

    Raises ValueError unless 0 <= p <= 1.  Source: Hinton et al., 2012.

    >>> import topograd as tg
    >>> tg.nn.Dropout(0.9).eval()(tg.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training, self.inplace)


class Dropout1d(_Dropout):
    """Dropout of whole channels of (N, C, L) or (C, L).

    >>> import topograd as tg
    >>> tg.nn.Dropout1d().eval()(tg.ones(1, 1, 2)).tolist()
    [[[1.0, 1.0]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training, self.inplace)


class Dropout2d(_Dropout):
    """Dropout of whole channels of (N, C, H, W); (N, C, L) is a batch too, as in PyTorch.

    >>> import topograd as tg
    >>> tg.nn.Dropout2d().eval()(tg.ones(1, 1, 1, 2)).tolist()
    [[[[1.0, 1.0]]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training, self.inplace)


class Dropout3d(_Dropout):
    """Dropout of whole channels of (N, C, D, H, W) or (C, D, H, W).

    >>> import topograd as tg
    >>> tg.nn.Dropout3d().eval()(tg.ones(1, 1, 1, 1, 2)).tolist()
    [[[[[1.0, 1.0]]]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training, self.inplace)


class AlphaDropout(_Dropout):
    """Dropout that keeps mean 0 and variance 1: elements become the limit of SELU, in training.

    Everything is then scaled and shifted.  Raises ValueError unless 0 <= p <= 1.  Source:
    Klambauer et al., 2017.

    >>> import topograd as tg
    >>> tg.nn.AlphaDropout(0.9).eval()(tg.ones(3)).tolist()
    [1.0, 1.0, 1.0]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training, self.inplace)


class FeatureAlphaDropout(_Dropout):
    """`AlphaDropout` of whole channels of (N, C, …).

    >>> import topograd as tg
    >>> tg.nn.FeatureAlphaDropout(0.9).eval()(tg.ones(1, 2, 1)).tolist()
    [[[1.0], [1.0]]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.feature_alpha_dropout(input, self.p, self.training, self.inplace)
