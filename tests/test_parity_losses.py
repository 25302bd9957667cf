"""Losses, distances, shrinkages and dropouts of nn beside PyTorch's, with their options."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn
from topograd.nn import functional as F

torch = pytest.importorskip("torch")

CLOSE = {"rtol": 1e-9, "atol": 1e-11}


def array(tensor: Any) -> np.ndarray:
    plain = tensor.detach()
    return np.array(plain.numpy(force=True) if isinstance(plain, torch.Tensor) else plain.numpy())


def to_tg(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(to_tg(part) for part in value)
    return tg.from_numpy(array(value)) if isinstance(value, torch.Tensor) else value


def values(*shape: int, seed: int = 0) -> Any:
    return torch.from_numpy(np.random.default_rng((seed, *shape)).standard_normal(shape))


def positive(*shape: int, seed: int = 0) -> Any:
    return torch.from_numpy(np.random.default_rng((seed, *shape)).uniform(0.1, 0.9, shape))


def integers(high: int, *shape: int) -> Any:
    return torch.from_numpy(np.random.default_rng(shape).integers(0, high, shape))


def signs(*shape: int) -> Any:
    return integers(2, *shape).double() * 2 - 1


a, b, c = (values(5, 4, seed=seed) for seed in range(3))
labels = torch.tensor([[3, 0, -1, 1], [2, -1, 0, 0], [-1, 1, 2, 3], [0, 1, 2, 3], [1, 3, 0, -1]])
classes = integers(4, 5)
weights = positive(4)
steps, sizes = torch.tensor([6, 5, 6]), torch.tensor([3, 2, 0])
rows = torch.tensor([[1, 2, 2], [3, 1, 0], [0, 0, 0]])
log_probs = values(6, 3, 4).log_softmax(2)

# Name, options, inputs.
LOSSES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("CrossEntropyLoss", {"weight": weights, "label_smoothing": 0.3}, (a, classes)),
    ("CrossEntropyLoss", {"weight": weights}, (a, b.softmax(1))),
    ("CrossEntropyLoss", {"ignore_index": 2}, (values(2, 4, 3, 2), integers(4, 2, 3, 2))),
    ("CrossEntropyLoss", {}, (values(4), torch.tensor(2))),
    ("CrossEntropyLoss", {"label_smoothing": 0.2}, (values(2, 4, 3), values(2, 4, 3).softmax(1))),
    ("NLLLoss", {"ignore_index": 1}, (a, classes)),
    ("NLLLoss", {"weight": weights}, (values(2, 4, 3, 2), integers(4, 2, 3, 2))),
    ("NLLLoss", {}, (values(4), torch.tensor(2))),
    ("BCELoss", {"weight": weights}, (positive(5, 4), positive(5, 4, seed=1))),
    ("BCEWithLogitsLoss", {"pos_weight": weights, "weight": positive(5, 1)}, (a, positive(5, 4))),
    ("BCEWithLogitsLoss", {}, (a * 30, positive(5, 4))),
    ("MSELoss", {}, (a, b)),
    ("L1Loss", {}, (a, b)),
    ("SmoothL1Loss", {"beta": 0.4}, (a, b)),
    ("SmoothL1Loss", {"beta": 0.0}, (a, b)),
    ("HuberLoss", {"delta": 0.6}, (a, b)),
    ("KLDivLoss", {}, (a, positive(5, 4))),
    ("KLDivLoss", {"log_target": True}, (a, b)),
    ("PoissonNLLLoss", {}, (a, positive(5, 4) * 4)),
    ("PoissonNLLLoss", {"log_input": False, "full": True}, (positive(5, 4), positive(5, 4) * 4)),
    ("GaussianNLLLoss", {}, (a, b, positive(5, 4))),
    ("GaussianNLLLoss", {"full": True, "eps": 0.3}, (a, b, positive(5, 1))),
    ("GaussianNLLLoss", {}, (a, b, positive(5))),
    ("SoftMarginLoss", {}, (a * 20, signs(5, 4))),
    ("HingeEmbeddingLoss", {"margin": 0.7}, (a, signs(5, 4))),
    ("MarginRankingLoss", {"margin": 0.5}, (values(5), values(5, seed=1), signs(5))),
    ("CosineEmbeddingLoss", {"margin": 0.2}, (a, b, signs(5))),
    ("CosineEmbeddingLoss", {}, (values(4), values(4, seed=1), signs())),
    ("MultiMarginLoss", {}, (a, classes)),
    ("MultiMarginLoss", {"p": 2, "margin": 0.6, "weight": weights}, (a, classes)),
    ("MultiMarginLoss", {}, (values(4), torch.tensor(2))),
    ("MultiLabelMarginLoss", {}, (a, labels)),
    ("MultiLabelMarginLoss", {}, (a[0], labels[0])),
    ("MultiLabelSoftMarginLoss", {"weight": weights}, (a, positive(5, 4).round())),
    ("MultiLabelSoftMarginLoss", {}, (a[0], positive(4).round())),
    ("TripletMarginLoss", {"margin": 2.0}, (a, b, c)),
    ("TripletMarginLoss", {"p": 3.0, "swap": True, "margin": 3.0}, (a, b, c)),
    ("TripletMarginLoss", {}, (a[0], b[0], c[0])),
    ("TripletMarginWithDistanceLoss", {"swap": True, "margin": 2.0}, (a, b, c)),
    ("CTCLoss", {}, (log_probs, rows, steps, sizes)),
    ("CTCLoss", {}, (log_probs, torch.tensor([1, 2, 2, 3, 1]), steps, sizes)),
    ("CTCLoss", {"blank": 3}, (log_probs, rows.clamp(max=2), (6, 5, 6), (3, 2, 0))),
    ("CTCLoss", {}, (log_probs[:, 0], rows[0], steps[0], sizes[0])),
]


# By PyTorch: here all but the piecewise linear ones have derivatives of second order.
DIFFERENTIATED_ONCE = ("CTCLoss", "MultiMarginLoss", "MultiLabelMarginLoss")


def pair(name: str, kwargs: dict[str, Any], *args: Any) -> tuple[Any, Any]:
    """The module of both libraries, with the same state."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*args, **kwargs)
    ours = getattr(nn, name)(*args, **{key: to_tg(value) for key, value in kwargs.items()})
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({key: to_tg(value) for key, value in theirs.state_dict().items()})
    theirs.load_state_dict({k: torch.from_numpy(array(v)) for k, v in ours.state_dict().items()})
    assert repr(ours) == repr(theirs)
    return ours, theirs


def derivatives(library: Any, module: Any, inputs: tuple[Any, ...], second: bool) -> list[Any]:
    """Output, gradients of inputs and parameters, and those of a sum of the gradients' squares."""
    floats = [x for x in inputs if hasattr(x, "dtype") and "float" in str(x.dtype)]
    if isinstance(module, library.nn.SoftMarginLoss):
        floats = floats[:1]  # PyTorch's target has no gradient
    for tensor in floats:
        tensor.requires_grad_()
    wanted = [*floats, *module.parameters()]
    output = module(*inputs)
    kept = [library.from_numpy(array(values(*output.shape)))] if output.ndim else None
    first = library.autograd.grad([output], wanted, kept, create_graph=second, allow_unused=True)
    found = [output, *first]
    if second:
        curvature = sum((g * g).sum() for g in first if g is not None)
        if curvature.requires_grad:
            found += library.autograd.grad([curvature], wanted, allow_unused=True)
        else:
            found += [None] * len(wanted)
    return found


def compare(ours: Any, theirs: Any, inputs: tuple[Any, ...], second: bool = True) -> None:
    """Nothing differs by more than rounding; where one library gives None, the other gives 0."""
    mine = [to_tg(x) for x in inputs]
    other = [x.clone() if isinstance(x, torch.Tensor) else x for x in inputs]
    pairs = zip(
        derivatives(tg, ours, tuple(mine), second),
        derivatives(torch, theirs, tuple(other), second),
        strict=True,
    )
    for own, their in pairs:
        if own is None or their is None:
            rest = their if own is None else own
            assert rest is None or not array(rest).any()
        else:
            assert own.shape == tuple(their.shape)
            np.testing.assert_allclose(array(own), array(their), **CLOSE)


class Behind:
    """CTC behind a log_softmax, where PyTorch's gradient is that of the formula."""

    def __init__(self, library: Any, loss: Any) -> None:
        self.log_softmax, self.loss = library.nn.functional.log_softmax, loss
        self.parameters = loss.parameters

    def __call__(self, x: Any, *args: Any) -> Any:
        return self.loss(self.log_softmax(x, -1), *args)


@pytest.mark.filterwarnings("ignore:reduction. 'mean'")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(
    ("name", "kwargs", "inputs"), LOSSES, ids=lambda case: case if isinstance(case, str) else ""
)
def test_loss_equals_pytorchs_to_second_order(name, kwargs, inputs, reduction):
    ours, theirs = pair(name, {**kwargs, "reduction": reduction})
    if name == "CTCLoss":  # which PyTorch differentiates once
        ours, theirs = Behind(tg, ours), Behind(torch, theirs)
    compare(ours, theirs, inputs, second=name not in DIFFERENTIATED_ONCE)


def test_batch_mean_of_the_divergence():
    compare(*pair("KLDivLoss", {"reduction": "batchmean"}), (a, positive(5, 4)))


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_weight_of_each_element(name, reduction):
    expected = getattr(torch.nn.functional, name)(a, b, reduction=reduction, weight=positive(5, 4))
    result = getattr(F, name)(to_tg(a), to_tg(b), reduction=reduction, weight=to_tg(positive(5, 4)))
    np.testing.assert_allclose(array(result), array(expected), **CLOSE)


MODULES: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]] = [
    ("CosineSimilarity", (), {}, (a, b)),
    ("CosineSimilarity", (0, 1e-3), {}, (a, b)),
    ("PairwiseDistance", (), {}, (a, b)),
    ("PairwiseDistance", (1.0,), {"keepdim": True}, (a, b)),
    ("PairwiseDistance", (3.0, 1e-3), {}, (a[0], b[0])),
    ("Hardshrink", (), {}, (a,)),
    ("Hardshrink", (0.2,), {}, (a,)),
    ("Softshrink", (0.3,), {}, (a,)),
    ("RReLU", (0.1, 0.1 + 1e-16), {}, (a,)),
    ("PReLU", (4,), {"dtype": "float64"}, (a,)),
    ("PReLU", (), {"dtype": "float64"}, (values(2, 4, 3),)),
    ("GLU", (0,), {}, (values(4, 3),)),
    ("SELU", (), {}, (a,)),
    ("CELU", (0.75,), {}, (a,)),
    ("Threshold", (0.1, -2.0), {}, (a,)),
    ("AlphaDropout", (0.0,), {}, (a,)),
    ("FeatureAlphaDropout", (0.0,), {}, (a,)),
    ("Dropout3d", (0.0,), {}, (values(1, 2, 1, 2, 2),)),
    ("Bilinear", (4, 3, 2), {"dtype": "float64"}, (a, values(5, 3))),
]


@pytest.mark.parametrize(
    ("name", "args", "kwargs", "inputs"), MODULES, ids=lambda x: x if isinstance(x, str) else ""
)
def test_module_equals_pytorchs_in_both_modes(name, args, kwargs, inputs):
    torch.manual_seed(0)
    ours, theirs = (
        getattr(library.nn, name)(*args, **{k: getattr(library, v) if k == "dtype" else v
                                            for k, v in kwargs.items()})
        for library in (tg, torch)
    )  # fmt: skip
    assert repr(ours) == repr(theirs)
    ours.load_state_dict({key: to_tg(value) for key, value in theirs.state_dict().items()})
    compare(ours, theirs, inputs)
    compare(ours.eval(), theirs.eval(), inputs)


HEADS: list[tuple[dict[str, Any], tuple[Any, ...]]] = [
    ({}, (a, integers(3, 5))),
    ({"bias": True, "label_smoothing": 0.2, "ignore_index": 1}, (a, integers(3, 5))),
    ({"weight": positive(3)}, (values(4), torch.tensor(2))),
    ({"bias": True}, (a, values(5, 3).softmax(1))),
    ({"bias": True, "out_features": (2, 3)}, (a, integers(3, 5, 2, 3))),
]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("chunk", [None, 2])
@pytest.mark.parametrize(("kwargs", "inputs"), HEADS)
def test_linear_cross_entropy_equals_pytorchs_whatever_the_chunks(kwargs, inputs, chunk, reduction):
    options = None if chunk is None else nn.LinearCrossEntropyOptions(batch_chunk_size=chunk)
    theirs = torch.nn.LinearCrossEntropyLoss(
        4, 3, **kwargs, reduction=reduction, dtype=torch.float64
    )
    own = {key: to_tg(value) for key, value in kwargs.items()}
    ours = nn.LinearCrossEntropyLoss(4, 3, **own, reduction=reduction, dtype=tg.float64)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({key: to_tg(value) for key, value in theirs.state_dict().items()})
    ours.options = options
    compare(ours, theirs, inputs)


@pytest.mark.parametrize("bias", [False, True])
def test_adaptive_softmax_equals_pytorchs(bias):
    ours, theirs = pair(
        "AdaptiveLogSoftmaxWithLoss", {"div_value": 2.0, "head_bias": bias}, 8, 20, [4, 10]
    )
    ours, theirs = ours.to(tg.float64), theirs.double()
    ours.load_state_dict({key: to_tg(value) for key, value in theirs.state_dict().items()})
    x, target = values(9, 8), torch.tensor([0, 19, 3, 4, 9, 10, 11, 2, 4])

    compare(Chosen(ours), Chosen(theirs), (x, target))
    np.testing.assert_allclose(array(ours(to_tg(x), to_tg(target)).output),
                               array(theirs(x, target).output), **CLOSE)  # fmt: skip
    np.testing.assert_allclose(array(ours.log_prob(to_tg(x))), array(theirs.log_prob(x)), **CLOSE)
    assert array(ours.predict(to_tg(x))).tolist() == theirs.predict(x).tolist()
    one = ours(to_tg(x[0]), to_tg(target[0]))
    np.testing.assert_allclose(array(one.output), array(theirs(x[0], target[0]).output), **CLOSE)
    assert one.output.shape == ()


class Chosen:
    """A module of which the loss counts alone."""

    def __init__(self, module: Any) -> None:
        self.module, self.parameters = module, module.parameters

    def __call__(self, *inputs: Any) -> Any:
        return self.module(*inputs).loss


NAMES = sorted({name for name, *_ in (*LOSSES, *MODULES)} | {
    "LinearCrossEntropyLoss", "AdaptiveLogSoftmaxWithLoss", "Dropout", "Dropout1d", "Dropout2d",
})  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_arguments_have_pytorchs_names_order_and_defaults(name):
    def told(library: Any) -> list[tuple[str, Any, Any]]:
        parameters = inspect.signature(getattr(library.nn, name)).parameters.values()
        return [(p.name, p.default, p.kind) for p in parameters]

    assert told(tg) == told(torch)


def test_nothing_of_pytorchs_lists_is_missing():
    from torch.nn.modules import activation, distance, dropout, loss

    lists = (activation.__all__, distance.__all__, dropout.__all__, loss.__all__)
    assert not [name for names in lists for name in names if not hasattr(nn, name)]


@pytest.mark.parametrize("name", "celu elu hardtanh leaky_relu relu selu".split())
def test_functions_that_write_over_their_input(name):
    x = values(7)
    expected = getattr(torch.nn.functional, name + "_")(x.clone())
    own = to_tg(x)
    result = getattr(F, name + "_")(own)
    assert result is own
    np.testing.assert_allclose(array(own), array(expected), **CLOSE)


def test_threshold_and_rrelu_write_over_their_input():
    x = to_tg(values(7))
    expected = torch.nn.functional.threshold(values(7), 0.1, 3.0)
    assert F.threshold_(x, 0.1, 3.0) is x
    np.testing.assert_allclose(array(x), array(expected))
    assert F.rrelu_(x, 0.1, 0.2) is x


def test_distances_of_all_pairs():
    for p in (0.0, 1.0, 2.0, 3.0, float("inf")):
        x = to_tg(a).requires_grad_()
        y = a.clone().requires_grad_()
        result, expected = F.pdist(x, p), torch.nn.functional.pdist(y, p)
        np.testing.assert_allclose(array(result), array(expected), **CLOSE)
        result.square().sum().backward()
        expected.square().sum().backward()
        np.testing.assert_allclose(array(x.grad), array(y.grad), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("shape", [(1, 40), (2, 16), (7, 33), (9, 700), (5, 4099), (130, 64)])
@pytest.mark.parametrize("p", [0.0, 1.0, 2.0, 2.5, float("inf")])
def test_distances_of_wide_rows(shape, p):
    y = torch.randn(*shape, dtype=torch.float64, requires_grad=True)
    x = to_tg(y.detach()).requires_grad_()
    result, expected = F.pdist(x, p), torch.nn.functional.pdist(y, p)
    np.testing.assert_allclose(array(result), array(expected), rtol=1e-9)
    half = F.pdist(x.detach().float(), p)
    np.testing.assert_allclose(array(half), array(expected), rtol=1e-4)
    (result * result).sum().backward()
    (expected * expected).sum().backward()
    np.testing.assert_allclose(array(x.grad), array(y.grad), rtol=1e-8, atol=1e-9)


FLAGS = [
    ("mse_loss", {"size_average": False}, "sum"),
    ("l1_loss", {"size_average": True}, "mean"),
    ("smooth_l1_loss", {"reduce": False}, "none"),
    ("mse_loss", {"size_average": False, "reduce": False}, "none"),
    ("soft_margin_loss", {"reduce": True}, "mean"),
    ("kl_div", {"size_average": False, "reduce": True}, "sum"),
]


@pytest.mark.parametrize(("name", "flags", "reduction"), FLAGS)
def test_flags_of_old_programs_are_reductions(name, flags, reduction):
    x, y = to_tg(values(3, 4)), to_tg(values(3, 4))
    loss = getattr(F, name)
    with pytest.warns(UserWarning, match=f"please use reduction='{reduction}' instead"):
        old = loss(x, y, **flags)
    np.testing.assert_array_equal(array(old), array(loss(x, y, reduction=reduction)))
    with pytest.raises(TypeError):
        loss(x, y, size_averages=False)
    with pytest.raises(TypeError, match="size_average"):
        F.relu(x, size_average=False)


def test_a_target_that_does_not_fit_is_infinite_and_has_no_gradient():
    x = values(2, 1, 3)
    for zero in (False, True):
        own = to_tg(x).requires_grad_()
        loss = F.ctc_loss(own.log_softmax(2), tg.tensor([[1, 1]]), (2,), (2,), zero_infinity=zero)
        assert loss.item() == (0.0 if zero else float("inf"))
        loss.backward()
        assert not array(own.grad).any()
        for create_graph in (False, True):
            (g,) = tg.autograd.grad(
                F.ctc_loss(own.log_softmax(2), tg.tensor([[1, 1]]), (2,), (2,)),
                own, create_graph=create_graph,
            )  # fmt: skip
            assert not array(g).any()


OLD_CALLS = {
    "mse_loss": (False,),
    "l1_loss": (None, False),
    "smooth_l1_loss": (True, True, "mean", 0.5),
    "binary_cross_entropy_with_logits": (None, False, None, "mean"),
    "soft_margin_loss": (None, None, "sum"),
    "poisson_nll_loss": (True, False, False, 1e-6),
    "kl_div": (None, None, "batchmean", True),
}


@pytest.mark.parametrize("name", OLD_CALLS)
@pytest.mark.filterwarnings("ignore:.*size_average and reduce.*", "ignore:reduction:")
def test_losses_take_the_old_flags_by_position(name):
    x, t = np.random.default_rng(0).random((2, 4, 3), dtype=np.float32)
    extra = OLD_CALLS[name]
    ours = getattr(F, name)(tg.tensor(x), tg.tensor(t), *extra)
    theirs = getattr(torch.nn.functional, name)(torch.tensor(x), torch.tensor(t), *extra)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)


@pytest.mark.filterwarnings("ignore:.*size_average and reduce.*")
def test_cross_entropy_takes_the_old_order_of_arguments():
    x = np.random.default_rng(0).random((4, 3), dtype=np.float32)
    for extra in ((None, False, -100, None), (None, None, 1, False, "mean", 0.1), (None, None, 1)):
        ours = F.cross_entropy(tg.tensor(x), tg.tensor([0, 1, 2, 1]), *extra)
        theirs = torch.nn.functional.cross_entropy(
            torch.tensor(x), torch.tensor([0, 1, 2, 1]), *extra
        )
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-5)
    with pytest.raises(TypeError, match="cross_entropy: takes at most 8 positional arguments"):
        F.cross_entropy(tg.tensor(x), tg.tensor([0, 1, 2, 1]), None, None, 1, None, "mean", 0.1, 3)
    with pytest.raises(TypeError, match="two values for argument 'size_average'"):
        F.mse_loss(tg.tensor(x), tg.tensor(x), False, size_average=True)


@pytest.mark.parametrize("create_graph", [False, True])
def test_ignored_targets_get_no_gradient_where_all_are_ignored(create_graph):
    x = tg.randn(3, 4, requires_grad=True)
    loss = F.cross_entropy(x, tg.tensor([-100, -100, -100]))
    assert loss.isnan()
    (gradient,) = tg.autograd.grad(loss, [x], create_graph=create_graph)
    assert not gradient.any()
