"""Losses with the linear layers in front of them: for many classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.adapted_losses import LinearCrossEntropyOptions
from topograd.nn.containers import ModuleList, Sequential
from topograd.nn.linear import Linear
from topograd.nn.loss import _WeightedLoss
from topograd.nn.module import Module


class LinearCrossEntropyLoss(_WeightedLoss):
    """`CrossEntropyLoss` of a `Linear` layer, without all logits at once where they are many.

    loss = cross_entropy(x Wᵀ + b, target), with logits (N, C) or, for out_features (d1, …), (N, C,
    d1, …).  x: (N, in_features) or (in_features).  The rest is told at
    `functional.linear_cross_entropy`; ignore_index None stands for -100.

    linear: a `Linear` layer of num_classes · d1 ⋯ outputs, with its initial distribution.

    >>> import topograd as tg
    >>> loss = tg.nn.LinearCrossEntropyLoss(4, 3)
    >>> round(loss(tg.zeros(2, 4), tg.tensor([0, 2])).exp().item(), 4)
    3.0
    """

    def __init__(
        self,
        in_features: int,
        num_classes: int,
        *,
        out_features: tuple[int, ...] = (),
        bias: bool = False,
        device: Any = None,
        dtype: Any = None,
        reduction: str = "mean",
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        label_smoothing: float = 0.0,
        options: LinearCrossEntropyOptions | None = None,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.num_classes = num_classes
        self.out_features = tuple(out_features)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing
        self.options = options
        self.linear = Linear(
            in_features,
            num_classes * math.prod(self.out_features),
            bias=bias,
            device=device,
            dtype=dtype,
        )

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        matrix, bias = self.linear.weight, self.linear.bias
        shape = [self.num_classes, *self.out_features]
        return F.linear_cross_entropy(
            input,
            matrix.reshape([*shape, self.linear.in_features]) if self.out_features else matrix,
            target,
            linear_bias=bias.reshape(shape) if bias is not None and self.out_features else bias,
            weight=self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
            options=self.options,
        )

    def extra_repr(self) -> str:
        return (
            f"in_features={self.linear.in_features}, num_classes={self.num_classes}, "
            f"out_features={self.out_features}, bias={self.linear.bias is not None}, "
            f"reduction={self.reduction}, ignore_index={self.ignore_index}, "
            f"label_smoothing={self.label_smoothing}, options={self.options}"
        )


class AdaptiveResult(NamedTuple):
    """What AdaptiveLogSoftmaxWithLoss gives: the log-probabilities of the targets, and the loss.

    >>> from topograd.nn.class_heads import AdaptiveResult
    >>> AdaptiveResult._fields
    ('output', 'loss')
    """

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """An approximate softmax over very many classes, of which few are frequent, with its loss.

    Classes are numbered from the most to the least frequent.  The head tells those below cutoffs[0]
    and one cluster for each following range of cutoffs; the tail tells the classes of a cluster
    through a smaller layer, of in_features / div_valueⁱ features for cluster i = 1, 2, ….  Only the
    samples of a cluster run through its layers.

    input: (N, in_features) or (in_features).  target: (N) or (), in [0, n_classes).  Returns
    (output, loss): the log-probabilities of the targets, (N) or (), and their negative mean.
    Raises ValueError for cutoffs that do not increase from above 0 to below n_classes, RuntimeError
    for a target out of range or of another shape.

    head: `Linear`, with bias if head_bias.  tail: for each cluster two `Linear` layers without
    bias.  Their initial distributions are those of `Linear`.  Source: Grave et al., 2016.

    >>> import topograd as tg
    >>> layer = tg.nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[4, 10], div_value=2.0)
    >>> output, loss = layer(tg.randn(3, 8), tg.tensor([0, 7, 19]))
    >>> tuple(output.shape), tuple(layer.log_prob(tg.randn(3, 8)).shape)
    ((3,), (3, 20))
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        pairs = zip([0, *cutoffs], [*cutoffs, n_classes], strict=True)
        if any(int(cutoff) != cutoff for cutoff in cutoffs) or any(a >= b for a, b in pairs):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing "
                f"order, where each value is between 1 and n_classes-1, got {cutoffs}"
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = cutoffs[0]
        self.n_clusters = len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        options: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **options)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            width = int(in_features // (div_value ** (i + 1)))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(
                Sequential(
                    Linear(in_features, width, bias=False, **options),
                    Linear(width, size, bias=False, **options),
                )
            )

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        self.head.reset_parameters()
        for cluster in self.tail:
            for layer in cluster:
                layer.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> AdaptiveResult:
        input, target = self._as_batch(input_, target_)
        head = F.log_softmax(self.head(input), 1)
        # The place of each target in the head: its class, or that of its cluster.
        places = target
        output = tg.zeros_like(head[:, 0])
        for i, cluster in enumerate(self.tail):
            low, high = self.cutoffs[i], self.cutoffs[i + 1]
            inside = (target >= low) & (target < high)
            rows = inside.nonzero().squeeze(1)
            if rows.numel() == 0:
                continue
            places = places.masked_fill(inside, self.shortlist_size + i)
            scores = F.log_softmax(cluster(input.index_select(0, rows)), 1)
            local = scores.gather(1, (target.index_select(0, rows) - low).unsqueeze(1)).squeeze(1)
            output = output.index_copy(0, rows, local)
        output = output + head.gather(1, places.unsqueeze(1)).squeeze(1)
        loss = -output.mean()
        return AdaptiveResult(output.squeeze(0) if target_.ndim == 0 else output, loss)

    def _as_batch(self, input: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        if target.ndim not in (0, 1):
            raise RuntimeError(
                "AdaptiveLogSoftmaxWithLoss: 0D or 1D target tensor expected, multi-target not "
                f"supported, got shape {tuple(target.shape)}"
            )
        if input.ndim != target.ndim + 1 or (target.ndim and input.size(0) != target.size(0)):
            raise RuntimeError(
                f"AdaptiveLogSoftmaxWithLoss: input {tuple(input.shape)} and target "
                f"{tuple(target.shape)} should have the same size in the batch dimension"
            )
        if target.numel() and not 0 <= target.min().item() <= target.max().item() < self.n_classes:
            raise RuntimeError(
                f"AdaptiveLogSoftmaxWithLoss: target values should be in [0, {self.n_classes - 1}],"
                f" but values in range [{target.min().item()}, {target.max().item()}] were found"
            )
        return (input, target) if target.ndim else (input.unsqueeze(0), target.unsqueeze(0))

    def _full_log_prob(self, input: Tensor, head: Tensor) -> Tensor:
        scores = F.log_softmax(head, 1)
        parts = [scores[:, : self.shortlist_size]]
        for i, cluster in enumerate(self.tail):
            place = self.shortlist_size + i
            parts.append(F.log_softmax(cluster(input), 1) + scores[:, place : place + 1])
        return tg.cat(parts, 1)

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes: (N, n_classes) for (N, in_features)."""
        return self._full_log_prob(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each row: (N) for (N, in_features).

        The same as `log_prob(input).argmax(1)`, but the clusters run only for rows whose most
        probable place in the head is a cluster.
        """
        head = self.head(input)
        chosen: Tensor = head.argmax(1)
        rows = (chosen >= self.shortlist_size).nonzero().squeeze(1)
        if rows.numel() > 0:
            scores = self._full_log_prob(input.index_select(0, rows), head.index_select(0, rows))
            chosen = chosen.index_copy(0, rows, scores.argmax(1))
        return chosen
