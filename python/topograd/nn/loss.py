"""Losses as modules."""

from __future__ import annotations

import warnings

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.module import Module


def reduction_of_flags(
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
) -> str:
    """The reduction that PyTorch's two deprecated flags stand for, if they are given."""
    if size_average is None and reduce is None:
        return reduction
    meant = "none" if reduce is False else "sum" if size_average is False else "mean"
    warnings.warn(
        f"size_average and reduce are deprecated, please use reduction='{meant}' instead",
        stacklevel=2,
    )
    return meant


class _Loss(Module):
    """What all losses have: reduction "mean" (default), "sum" or "none"."""

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__()
        self.reduction = reduction_of_flags(size_average, reduce, reduction)


class _WeightedLoss(_Loss):
    """A loss with a weight for each class or element, which is a buffer."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """-log softmax(x)[target], from logits.

    x: (N, C, …) or (C).  target: class indices (N, …) or (), or class probabilities of x's shape.
    weight: one for each class; "mean" is divided by the weights of the targets.  ignore_index: a
    target that does not count.  label_smoothing: how much of the target is spread over all classes.

    >>> import topograd as tg
    >>> round(tg.nn.CrossEntropyLoss()(tg.zeros(3, 2), tg.tensor([0, 1, 0])).item(), 4)
    0.6931
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_WeightedLoss):
    """-x[target], from logarithms of probabilities: what `CrossEntropyLoss` does after log_softmax.

    >>> import topograd as tg
    >>> tg.nn.NLLLoss()(tg.tensor([[-1.0, -3.0]]), tg.tensor([1])).item()
    3.0
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        ignore_index: int = -100,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(
            input,
            target,
            weight=self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
        )


class NLLLoss2d(NLLLoss):
    """The name that `NLLLoss` had for images; it takes them itself.

    >>> import topograd as tg
    >>> tg.nn.NLLLoss2d()(-tg.ones(1, 2, 1, 1), tg.zeros(1, 1, 1, dtype=tg.int64)).item()
    1.0
    """


class MSELoss(_Loss):
    """(x - target)².

    >>> import topograd as tg
    >>> tg.nn.MSELoss()(tg.tensor([1.0, 3.0]), tg.zeros(2)).item()
    5.0
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|x - target|.

    >>> import topograd as tg
    >>> tg.nn.L1Loss()(tg.tensor([1.0, -3.0]), tg.zeros(2)).item()
    2.0
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class BCELoss(_WeightedLoss):
    """-(target log x + (1 - target) log(1 - x)), from probabilities; a logarithm is at least -100.

    >>> import topograd as tg
    >>> round(tg.nn.BCELoss()(tg.tensor([0.5]), tg.tensor([1.0])).item(), 4)
    0.6931
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, weight=self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_WeightedLoss):
    """`BCELoss` of the sigmoid, from logits, accurate for large ones.

    weight: a factor for each element.  pos_weight: a factor for the term of the positive targets.

    >>> import topograd as tg
    >>> round(tg.nn.BCEWithLogitsLoss()(tg.tensor([0.0]), tg.tensor([1.0])).item(), 4)
    0.6931
    """

    pos_weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input,
            target,
            weight=self.weight,
            pos_weight=self.pos_weight,
            reduction=self.reduction,
        )


class SmoothL1Loss(_Loss):
    """½ d² / beta where d = |x - target| is below beta, d - ½ beta elsewhere.

    >>> import topograd as tg
    >>> tg.nn.SmoothL1Loss()(tg.tensor([3.0]), tg.zeros(1)).item()
    2.5
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """½ d² where d = |x - target| is below delta, delta (d - ½ delta) elsewhere.

    >>> import topograd as tg
    >>> tg.nn.HuberLoss()(tg.tensor([3.0]), tg.zeros(1)).item()
    2.5
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)


class KLDivLoss(_Loss):
    """target (log target - x), from logarithms of probabilities; "batchmean" gives the divergence.

    log_target: the targets are logarithms too.

    >>> import topograd as tg
    >>> p = tg.tensor([[0.5, 0.5]])
    >>> tg.nn.KLDivLoss(reduction="batchmean")(p.log(), p).item()
    0.0
    """

    def __init__(
        self,
        size_average: bool | None = None,
        reduce: bool | None = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class PoissonNLLLoss(_Loss):
    """exp(x) - target x, from logarithms of rates; with log_input=False x - target log(x + eps).

    full: adds Stirling's approximation of log(target!) where target > 1.

    >>> import topograd as tg
    >>> tg.nn.PoissonNLLLoss()(tg.zeros(2), tg.ones(2)).item()
    1.0
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: bool | None = None,
        eps: float = 1e-8,
        reduce: bool | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return F.poisson_nll_loss(
            log_input,
            target,
            log_input=self.log_input,
            full=self.full,
            eps=self.eps,
            reduction=self.reduction,
        )


class GaussianNLLLoss(_Loss):
    """½ (log(var) + (x - target)² / var), with var at least eps: for normal distributions.

    var: of the shape of x, or one for each row: (…, 1) or (…), or a number.  full: adds ½ log(2π).
    Source: Nix and Weigend, 1994.

    >>> import topograd as tg
    >>> tg.nn.GaussianNLLLoss()(tg.zeros(2), tg.ones(2), tg.ones(2)).item()
    0.5
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full = full
        self.eps = eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return F.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )


class CTCLoss(_Loss):
    """-log of the probability of a target, over all its alignments with an input.

    log_probs: (T, N, C) or (T, C), from log_softmax.  targets: (N, S), the rows one behind the
    other, or (S).  Lengths: (N) or ().  blank: the class between labels.  zero_infinity: a target
    that does not fit counts 0.  The rest is told at `functional.ctc_loss`.

    >>> import topograd as tg
    >>> x, y = tg.zeros(1, 1, 2), tg.tensor([[1]])
    >>> tg.nn.CTCLoss()(x.log_softmax(2), y, tg.tensor([1]), tg.tensor([1])).exp().item()
    2.0
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction=reduction)
        self.blank = blank
        self.zero_infinity = zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor,
        target_lengths: Tensor,
    ) -> Tensor:
        return F.ctc_loss(
            log_probs,
            targets,
            input_lengths,
            target_lengths,
            self.blank,
            self.reduction,
            self.zero_infinity,
        )
