"""Losses with a margin, as modules."""

from __future__ import annotations

from collections.abc import Callable

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.distance import PairwiseDistance
from topograd.nn.loss import _Loss, _WeightedLoss


class _MarginLoss(_Loss):
    """A loss whose only setting besides the reduction is the margin."""

    def __init__(
        self,
        margin: float,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.margin = margin


class HingeEmbeddingLoss(_MarginLoss):
    """x where target is 1, max(0, margin - x) where it is -1: for distances x.

    Source: Hadsell et al., 2006.

    >>> import topograd as tg
    >>> tg.nn.HingeEmbeddingLoss()(tg.tensor([0.25, 0.25]), tg.tensor([1, -1])).item()
    0.5
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(_MarginLoss):
    """max(0, margin - target (x1 - x2)): whether pairs of scores are ranked rightly.

    target: 1 where x1 should be greater, else -1.

    >>> import topograd as tg
    >>> tg.nn.MarginRankingLoss()(tg.ones(1), tg.zeros(1), tg.tensor([-1])).item()
    1.0
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, size_average, reduce, reduction)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.margin_ranking_loss(
            input1, input2, target, margin=self.margin, reduction=self.reduction
        )


class CosineEmbeddingLoss(_MarginLoss):
    """1 - cos where target is 1, max(0, cos - margin) where it is -1.

    cos: the cosine of the angle between the rows of x1 and x2, (N, D) or (D).  target: (N) or ().

    >>> import topograd as tg
    >>> x = tg.ones(1, 2)
    >>> round(tg.nn.CosineEmbeddingLoss()(x, x, tg.tensor([-1])).item(), 4)
    1.0
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, size_average, reduce, reduction)

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(
            input1, input2, target, margin=self.margin, reduction=self.reduction
        )


class SoftMarginLoss(_Loss):
    """log(1 + exp(-target x)), for targets 1 and -1.

    >>> import topograd as tg
    >>> round(tg.nn.SoftMarginLoss()(tg.zeros(1), tg.ones(1)).item(), 4)
    0.6931
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(_WeightedLoss):
    """Σ max(0, margin - x[y] + x[i])ᵖ / C over all classes i but the right one y.

    x: (N, C) or (C).  target: (N) or ().  p: 1 or 2.  weight: (C), a factor for each right class.
    Raises ValueError for another p, and for a weight of other than one dim.

    >>> import topograd as tg
    >>> tg.nn.MultiMarginLoss()(tg.zeros(1, 4), tg.tensor([3])).item()
    0.75
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        if p not in (1, 2):
            raise ValueError(f"MultiMarginLoss: p must be 1 or 2, got {p}")
        if weight is not None and weight.ndim != 1:
            raise ValueError(f"MultiMarginLoss: weight must have 1 dim, got {tuple(weight.shape)}")
        self.p = p
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(
            input,
            target,
            p=self.p,
            margin=self.margin,
            weight=self.weight,
            reduction=self.reduction,
        )


class MultiLabelMarginLoss(_Loss):
    """Σ max(0, 1 - x[y] + x[i]) / C over all pairs of a right class y and a wrong class i.

    x: (N, C) or (C).  target: integers of the same shape; the right classes of a row stand in front
    of its first -1.

    >>> import topograd as tg
    >>> tg.nn.MultiLabelMarginLoss()(tg.zeros(1, 4), tg.tensor([[3, 0, -1, 1]])).item()
    1.0
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(_WeightedLoss):
    """Binary cross-entropy of the logits of each class, averaged over the classes.

    x: (N, C).  target: 0 or 1, of the same shape.  weight: a factor for each class.

    >>> import topograd as tg
    >>> round(tg.nn.MultiLabelSoftMarginLoss()(tg.zeros(1, 2), tg.ones(1, 2)).item(), 4)
    0.6931
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_soft_margin_loss(
            input, target, weight=self.weight, reduction=self.reduction
        )


class TripletMarginLoss(_MarginLoss):
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), with d = `pairwise_distance`.

    anchor, positive, negative: (N, D) or (D).  p: the order of the norm.  swap: takes the lesser of
    d(anchor, negative) and d(positive, negative).  Raises ValueError unless margin > 0.  Source:
    Balntas et al., 2016.

    >>> import topograd as tg
    >>> a = tg.zeros(1, 2)
    >>> tg.nn.TripletMarginLoss(margin=2.0)(a, a, a).item()
    2.0
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, size_average, reduce, reduction)
        if margin <= 0:
            raise ValueError(f"TripletMarginLoss: margin must be positive, got {margin}")
        self.p = p
        self.eps = eps
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(
            anchor,
            positive,
            negative,
            margin=self.margin,
            p=self.p,
            eps=self.eps,
            swap=self.swap,
            reduction=self.reduction,
        )


class TripletMarginWithDistanceLoss(_MarginLoss):
    """`TripletMarginLoss` for any distance.

    distance_function: takes two tensors; default `PairwiseDistance()`.  A module is registered.
    Raises ValueError unless margin > 0.

    >>> import topograd as tg
    >>> a = tg.zeros(1, 2)
    >>> tg.nn.TripletMarginWithDistanceLoss(margin=2.0)(a, a, a).item()
    2.0
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(margin, reduction=reduction)
        if margin <= 0:
            raise ValueError(
                f"TripletMarginWithDistanceLoss: margin must be positive, got {margin}"
            )
        self.distance_function = (
            PairwiseDistance() if distance_function is None else distance_function
        )
        self.swap = swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor,
            positive,
            negative,
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )
