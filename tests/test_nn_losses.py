"""Losses without PyTorch: shapes that do not fit, hostile arguments, chunks, CTC's derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import topograd as tg
from topograd import nn
from topograd.nn import functional as F

ELEMENTWISE = {
    name: getattr(F, name)
    for name in (
        "mse_loss l1_loss smooth_l1_loss huber_loss kl_div poisson_nll_loss soft_margin_loss "
        "hinge_embedding_loss binary_cross_entropy binary_cross_entropy_with_logits "
        "multilabel_soft_margin_loss"
    ).split()
}
ELEMENTWISE["gaussian_nll_loss"] = lambda x, t: F.gaussian_nll_loss(x, t, 1.0)
ELEMENTWISE["margin_ranking_loss"] = lambda x, t: F.margin_ranking_loss(x, x, t)


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("shapes", [((4, 1), (4,)), ((4,), (4, 1)), ((4, 3), (3,)), ((3,), ())])
def test_shapes_that_would_broadcast_are_refused_with_the_cure(name, shapes):
    x, target = (tg.full(shape, 0.5) for shape in shapes)
    with pytest.raises(tg.ShapeError, match=r"squeeze\(-1\)") as caught:
        ELEMENTWISE[name](x, target)
    assert str(caught.value).startswith(f"{name}: ")
    assert str(tuple(shapes[0])) in str(caught.value)
    assert str(tuple(shapes[1])) in str(caught.value)


x = tg.rand(3, 4)
MISTAKES = {
    "reduction": (ValueError, lambda: F.soft_margin_loss(x, x, reduction="average")),
    "p": (ValueError, lambda: F.multi_margin_loss(x, tg.tensor([0, 1, 2]), p=3)),
    "class": (IndexError, lambda: F.multi_margin_loss(x, tg.tensor([0, 1, 4]))),
    "negative class": (IndexError, lambda: F.multi_margin_loss(x, tg.tensor([0, 1, -1]))),
    "label": (IndexError, lambda: F.multilabel_margin_loss(x, tg.full((3, 4), 4, dtype=tg.int64))),
    "label below -1": (
        IndexError,
        lambda: F.multilabel_margin_loss(x, tg.full((3, 4), -2, dtype=tg.int64)),
    ),
    "nll class": (IndexError, lambda: F.nll_loss(x, tg.tensor([0, 1, 9]))),
    "weight": (
        tg.ShapeError,
        lambda: F.multi_margin_loss(x, tg.tensor([0, 1, 2]), weight=tg.ones(3)),
    ),
    "variance": (ValueError, lambda: F.gaussian_nll_loss(x, x, -x)),
    "variance shape": (tg.ShapeError, lambda: F.gaussian_nll_loss(x, x, tg.ones(2))),
    "beta": (ValueError, lambda: F.smooth_l1_loss(x, x, beta=-1.0)),
    "delta": (ValueError, lambda: F.huber_loss(x, x, delta=0.0)),
    "probability": (ValueError, lambda: F.binary_cross_entropy(x + 1, x)),
    "nan": (ValueError, lambda: F.binary_cross_entropy(x * float("nan"), x)),
    "target probability": (ValueError, lambda: F.binary_cross_entropy(x, x - 1)),
    "margin": (ValueError, lambda: F.triplet_margin_loss(x, x, x, margin=0.0)),
    "triplet": (tg.ShapeError, lambda: F.triplet_margin_loss(x, x, x[:1])),
    "cosine": (tg.ShapeError, lambda: F.cosine_embedding_loss(x, x, tg.ones(4))),
    "label dtype": (TypeError, lambda: F.multilabel_margin_loss(x, x)),
    "integers": (TypeError, lambda: F.soft_margin_loss(tg.ones(2, dtype=tg.int64),
                                                       tg.ones(2, dtype=tg.int64))),
    "softshrink": (ValueError, lambda: F.softshrink(x, -1.0)),
    "celu": (ValueError, lambda: F.celu(x, 0.0)),
    "rrelu": (ValueError, lambda: F.rrelu(x, 0.5, 0.25)),
    "gumbel": (ValueError, lambda: F.gumbel_softmax(x, tau=0.0)),
    "pdist": (tg.ShapeError, lambda: F.pdist(tg.ones(3))),
    "pdist order": (ValueError, lambda: F.pdist(x, -1.0)),
    "normalize": (IndexError, lambda: F.normalize(x, dim=2)),
    "chunk": (ValueError, lambda: F.linear_cross_entropy(
        x, tg.ones(5, 4), tg.tensor([0, 1, 2]),
        options=nn.LinearCrossEntropyOptions(batch_chunk_size=0))),
    "head": (tg.ShapeError, lambda: F.linear_cross_entropy(x, tg.ones(5, 3), tg.tensor([0, 1, 2]))),
    "head class": (IndexError, lambda: F.linear_cross_entropy(
        x, tg.ones(5, 4), tg.tensor([0, 1, 5]),
        options=nn.LinearCrossEntropyOptions(batch_chunk_size=2))),
    "module p": (ValueError, lambda: nn.MultiMarginLoss(p=3)),
    "module margin": (ValueError, lambda: nn.TripletMarginLoss(margin=-1.0)),
    "cutoffs": (ValueError, lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3, 3])),
    "cutoffs out of range": (ValueError, lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 9, [9])),
    "no cutoffs": (ValueError, lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 9, [])),
    "adaptive target": (RuntimeError, lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 9, [3])(
        x, tg.tensor([0, 1, 9]))),
    "dropout": (ValueError, lambda: nn.AlphaDropout(1.5)),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told(name):
    error, call = MISTAKES[name]
    with pytest.raises(error):
        call()


log_probs = tg.randn(4, 2, 3, dtype=tg.float64).log_softmax(2)
CTC_MISTAKES = {
    "input length": (ValueError, (log_probs, tg.ones(2, 2, dtype=tg.int64), (4, 5), (2, 2))),
    "target length": (ValueError, (log_probs, tg.ones(2, 2, dtype=tg.int64), (4, 4), (2, 3))),
    "negative length": (ValueError, (log_probs, tg.ones(2, 2, dtype=tg.int64), (4, -1), (2, 2))),
    "label": (IndexError, (log_probs, tg.full((2, 2), 3, dtype=tg.int64), (4, 4), (2, 2))),
    "number of lengths": (tg.ShapeError, (log_probs, tg.ones(2, 2, dtype=tg.int64), (4,), (2, 2))),
    "concatenated": (tg.ShapeError, (log_probs, tg.ones(3, dtype=tg.int64), (4, 4), (2, 2))),
    "blank": (ValueError, (log_probs, tg.ones(2, 2, dtype=tg.int64), (4, 4), (2, 2), 3)),
    "dtype": (TypeError, (log_probs, tg.ones(2, 2), (4, 4), (2, 2))),
    "dims": (tg.ShapeError, (tg.ones(3), tg.ones(2, dtype=tg.int64), (4,), (2,))),
}


@pytest.mark.parametrize("name", CTC_MISTAKES)
def test_mistakes_of_ctc_are_told(name):
    error, arguments = CTC_MISTAKES[name]
    with pytest.raises(error, match=r"^ctc_loss: "):
        F.ctc_loss(*arguments)


def test_ctc_is_differentiable_again():
    """Second derivatives against central differences of the gradient, skipped and equal labels."""
    targets, steps, sizes = tg.tensor([[1, 2, 2], [2, 1, 0]]), (6, 5), (3, 2)

    def gradient(point, create_graph=False):
        leaf = point.detach().requires_grad_()
        loss = F.ctc_loss(leaf.log_softmax(2), targets, steps, sizes, reduction="sum")
        return leaf, tg.autograd.grad(loss, leaf, create_graph=create_graph)[0]

    point, direction = (tg.randn(6, 2, 3, dtype=tg.float64) for _ in range(2))
    leaf, first = gradient(point, create_graph=True)
    np.testing.assert_allclose(first.detach().numpy(), gradient(point)[1].numpy(), atol=1e-12)
    (second,) = tg.autograd.grad((first * direction).sum(), leaf)
    for probe in (tg.randn(6, 2, 3, dtype=tg.float64) for _ in range(3)):
        ahead, behind = (gradient(point + h * probe)[1] for h in (1e-6, -1e-6))
        slope = ((ahead - behind) * direction).sum().item() / 2e-6
        assert abs(slope - (second * probe).sum().item()) < 1e-6


def test_linear_cross_entropy_holds_few_logits_and_gives_the_same():
    x, w = tg.randn(70, 5).requires_grad_(), tg.randn(9, 5).requires_grad_()
    bias, target = tg.randn(9).requires_grad_(), tg.randint(0, 9, (70,))
    whole = F.cross_entropy(F.linear(x, w, bias), target)
    parts = F.linear_cross_entropy(
        x,
        w,
        target,
        linear_bias=bias,
        options=nn.LinearCrossEntropyOptions(batch_chunk_size=16),
    )
    np.testing.assert_allclose(parts.item(), whole.item(), rtol=1e-6)
    for own, expected in zip(
        tg.autograd.grad(parts, [x, w, bias]), tg.autograd.grad(whole, [x, w, bias]), strict=True
    ):
        np.testing.assert_allclose(own.numpy(), expected.numpy(), rtol=1e-4, atol=1e-6)


def test_deprecated_flags_of_all_losses():
    for loss in (nn.SoftMarginLoss, nn.HingeEmbeddingLoss, nn.MultiMarginLoss, nn.PoissonNLLLoss):
        with pytest.warns(UserWarning, match="reduction='sum'"):
            assert loss(size_average=False).reduction == "sum"
        with pytest.warns(UserWarning, match="reduction='none'"):
            assert loss(reduce=False).reduction == "none"


def test_extreme_values_stay_finite():
    big = tg.tensor([1e30, -1e30, 80.0, -80.0])
    for loss in (F.soft_margin_loss(big, tg.tensor([1.0, -1.0, 1.0, -1.0])),
                 F.binary_cross_entropy_with_logits(big, tg.tensor([1.0, 0.0, 1.0, 0.0])),
                 F.cosine_similarity(big.unsqueeze(0), big.unsqueeze(0))):  # fmt: skip
        assert tg.isfinite(loss).all()
