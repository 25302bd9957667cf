"""Distances as modules."""

from __future__ import annotations

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.module import Module


class CosineSimilarity(Module):
    """x1·x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) along `dim`.

    x1, x2: broadcast against each other.  The result lacks `dim`.

    >>> import topograd as tg
    >>> tg.nn.CosineSimilarity()(tg.ones(1, 4), -tg.ones(1, 4)).tolist()
    [-1.0]
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim = dim
        self.eps = eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps along the last axis.

    x1, x2: (N, D) or (D), or what broadcasts.  Returns (N), or (N, 1) if keepdim.

    >>> import topograd as tg
    >>> tg.nn.PairwiseDistance(eps=0.0)(tg.zeros(1, 2), tg.tensor([[3.0, 4.0]])).tolist()
    [5.0]
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm = p
        self.eps = eps
        self.keepdim = keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
