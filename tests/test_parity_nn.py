"""nn beside PyTorch: keys, text, defaults, outputs and gradients."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

torch = pytest.importorskip("torch")

FLOAT = {"rtol": 2e-4, "atol": 2e-5}


def array(tensor: Any) -> np.ndarray:
    return np.array(tensor.detach().numpy())


def to_tg(value: Any) -> Any:
    return tg.from_numpy(array(value)) if isinstance(value, torch.Tensor) else value


def values(*shape: int, low: float = -2.0, high: float = 2.0) -> Any:
    generator = np.random.default_rng(sum(shape) + len(shape))
    return torch.from_numpy(generator.uniform(low, high, shape).astype(np.float32))


def indices(high: int, *shape: int) -> Any:
    return torch.from_numpy(np.random.default_rng(len(shape)).integers(0, high, shape))


x4, x3, x2 = values(2, 4, 8, 6), values(2, 4, 9), values(5, 4)
LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]] = [
    ("Identity", (), {}, (x2,)),
    ("Linear", (4, 3), {}, (x2,)),
    ("Linear", (4, 3), {"bias": False}, (values(2, 3, 4),)),
    ("Bilinear", (4, 3, 2), {}, (x2, values(5, 3))),
    ("Flatten", (), {}, (x4,)),
    ("Unflatten", (1, (2, 2)), {}, (x2,)),
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1}, (x3,)),
    ("Conv1d", (4, 6, 4), {"padding": "same", "dilation": 2, "groups": 2}, (x3,)),
    ("Conv1d", (4, 6, 3), {"padding": 2, "padding_mode": "circular"}, (x3,)),
    ("Conv2d", (4, 6, 3), {}, (x4,)),
    ("Conv2d", (4, 6, (3, 2)), {"stride": (2, 1), "padding": (1, 0), "bias": False}, (x4,)),
    ("Conv2d", (4, 8, 3), {"padding": "same", "groups": 4}, (x4,)),
    ("Conv2d", (4, 6, (2, 4)), {"padding": "same", "dilation": (1, 1)}, (x4,)),
    ("Conv2d", (4, 6, 3), {"padding": "valid", "dilation": 2}, (x4,)),
    ("Conv2d", (4, 6, 3), {"padding": 1, "padding_mode": "reflect"}, (x4,)),
    ("Conv2d", (4, 6, 3), {"padding": (1, 2), "padding_mode": "replicate"}, (x4,)),
    ("ReLU", (), {}, (x2,)),
    ("ReLU", (True,), {}, (x2,)),
    ("ReLU6", (), {}, (x2 * 5,)),
    ("GELU", (), {}, (x2,)),
    ("GELU", ("tanh",), {}, (x2,)),
    ("Tanh", (), {}, (x2,)),
    ("Sigmoid", (), {}, (x2,)),
    ("LogSigmoid", (), {}, (x2 * 20,)),
    ("SiLU", (), {}, (x2,)),
    ("Mish", (), {}, (x2,)),
    ("SELU", (), {}, (x2,)),
    ("CELU", (2.0,), {}, (x2,)),
    ("CELU", (-1.5,), {}, (x2,)),
    ("ELU", (), {"alpha": 0.5}, (x2,)),
    ("LeakyReLU", (0.2,), {}, (x2,)),
    ("Hardtanh", (-0.5, 1.5), {}, (x2,)),
    ("Hardswish", (), {}, (x2 * 3,)),
    ("Hardsigmoid", (), {}, (x2 * 3,)),
    ("Softplus", (2.0, 5.0), {}, (x2 * 3,)),
    ("Softsign", (), {}, (x2,)),
    ("Tanhshrink", (), {}, (x2,)),
    ("Threshold", (0.5, -3.0), {}, (x2,)),
    ("PReLU", (4,), {}, (x4,)),
    ("PReLU", (), {}, (x2,)),
    ("GLU", (), {}, (x2,)),
    ("Softmax", (1,), {}, (x2,)),
    ("Softmin", (-1,), {}, (x2,)),
    ("LogSoftmax", (0,), {}, (x2,)),
    ("Softmax2d", (), {}, (x4,)),
    ("LayerNorm", (6,), {}, (x4,)),
    ("LayerNorm", ([8, 6],), {"bias": False, "eps": 1e-3}, (x4,)),
    ("LayerNorm", (6,), {"elementwise_affine": False}, (x4,)),
    ("RMSNorm", (6,), {}, (x4,)),
    ("RMSNorm", ([8, 6],), {"eps": 1e-4}, (x4,)),
    ("GroupNorm", (2, 4), {}, (x4,)),
    ("GroupNorm", (4, 4), {"affine": False}, (x3,)),
    ("BatchNorm1d", (4,), {}, (x2,)),
    ("BatchNorm1d", (4,), {"momentum": None}, (x3,)),
    ("BatchNorm2d", (4,), {"affine": False}, (x4,)),
    ("BatchNorm2d", (4,), {"track_running_stats": False}, (x4,)),
    ("BatchNorm3d", (4,), {"momentum": 0.5}, (values(2, 4, 2, 3, 2),)),
    ("Dropout", (0.0,), {}, (x2,)),
    ("Embedding", (7, 3), {}, (indices(7, 2, 5),)),
    ("Embedding", (7, 3), {"padding_idx": 2, "scale_grad_by_freq": True}, (indices(7, 20),)),
    ("MaxPool1d", (2,), {"ceil_mode": True}, (x3,)),
    ("MaxPool1d", (3,), {"stride": 1, "padding": 1, "dilation": 1}, (x3,)),
    ("MaxPool2d", (2,), {}, (x4,)),
    ("MaxPool2d", ((3, 2),), {"stride": (2, 1), "padding": 1}, (x4,)),
    ("AvgPool1d", (3,), {"stride": 2, "padding": 1}, (x3,)),
    ("AvgPool2d", (2,), {"count_include_pad": False, "padding": 1}, (x4,)),
    ("AvgPool2d", (3,), {"ceil_mode": True, "divisor_override": 2}, (x4,)),
    ("AdaptiveAvgPool1d", (4,), {}, (x3,)),
    ("AdaptiveAvgPool2d", (1,), {}, (x4,)),
    ("AdaptiveAvgPool2d", ((3, None),), {}, (x4,)),
    ("AdaptiveAvgPool2d", ((5, 4),), {}, (x4,)),
]
positive = values(5, 4, low=0.05, high=0.95)
LOSSES: list[tuple[str, dict[str, Any], tuple[Any, ...]]] = [
    ("CrossEntropyLoss", {}, (x2, indices(4, 5))),
    ("CrossEntropyLoss", {"label_smoothing": 0.2}, (x2, positive)),
    (
        "CrossEntropyLoss",
        {"weight": values(4, low=0.1), "ignore_index": 1},
        (x4, indices(4, 2, 8, 6)),
    ),
    ("NLLLoss", {"weight": values(4, low=0.1)}, (x2, indices(4, 5))),
    ("MSELoss", {}, (x2, positive)),
    ("L1Loss", {}, (x2, positive)),
    ("BCELoss", {"weight": values(4, low=0.1)}, (positive, values(5, 4, low=0, high=1))),
    ("BCEWithLogitsLoss", {"pos_weight": values(4, low=0.1)}, (x2 * 10, positive)),
    ("SmoothL1Loss", {"beta": 0.5}, (x2, positive)),
    ("HuberLoss", {"delta": 0.7}, (x2, positive)),
    ("KLDivLoss", {}, (x2, positive)),
    ("KLDivLoss", {"log_target": True}, (x2, -positive)),
]


def pair(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any]:
    """The module of both libraries, with the same state."""
    torch.manual_seed(0)
    theirs = getattr(torch.nn, name)(*args, **kwargs)
    ours = getattr(nn, name)(*args, **{key: to_tg(value) for key, value in kwargs.items()})
    assert list(ours.state_dict()) == list(theirs.state_dict())
    ours.load_state_dict({key: to_tg(value) for key, value in theirs.state_dict().items()})
    return ours, theirs


def compare(
    ours: Any, theirs: Any, inputs: tuple[Any, ...], close: dict[str, float] = FLOAT
) -> None:
    """Outputs, gradients of inputs and parameters, and buffers are the same."""
    their_inputs = [t.clone().requires_grad_(t.is_floating_point()) for t in inputs]
    our_inputs = [to_tg(t) for t in inputs]
    for tensor in our_inputs:
        tensor.requires_grad_(tensor.is_floating_point())
    # "+ 0": a leaf that requires a gradient may not be changed in place.
    expected = theirs(*[t + 0 if t.is_floating_point() else t for t in their_inputs])
    result = ours(*[t + 0 if t.is_floating_point() else t for t in our_inputs])
    assert tuple(result.shape) == tuple(expected.shape)
    np.testing.assert_allclose(array(result), array(expected), **close)
    if expected.requires_grad:
        weights = values(*expected.shape)
        (expected * weights).sum().backward()
        (result * to_tg(weights)).sum().backward()
        for our, their in zip(our_inputs, their_inputs, strict=True):
            if their.grad is not None:
                np.testing.assert_allclose(array(our.grad), array(their.grad), **close)
        for our, their in zip(ours.parameters(), theirs.parameters(), strict=True):
            np.testing.assert_allclose(array(our.grad), array(their.grad), **close)
    for our, their in zip(ours.buffers(), theirs.buffers(), strict=True):
        np.testing.assert_allclose(array(our), array(their), **close)


def label(case: Any) -> str:
    return str(case) if isinstance(case, str) else ""


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("name", "args", "kwargs", "inputs"), LAYERS, ids=label)
def test_layer_equals_pytorchs_in_both_modes(name, args, kwargs, inputs):
    ours, theirs = pair(name, args, kwargs)
    assert repr(ours) == repr(theirs)
    compare(ours, theirs, inputs)
    compare(ours.eval(), theirs.eval(), inputs)


@pytest.mark.filterwarnings("ignore:reduction. 'mean'")
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("name", "kwargs", "inputs"), LOSSES, ids=label)
def test_loss_equals_pytorchs(name, kwargs, inputs, reduction):
    ours, theirs = pair(name, (), {**kwargs, "reduction": reduction})
    assert repr(ours) == repr(theirs)
    compare(ours, theirs, inputs)


def test_kl_divergence_per_batch_and_the_deprecated_flags():
    ours, theirs = pair("KLDivLoss", (), {"reduction": "batchmean"})
    compare(ours, theirs, (x2, positive))
    for flags, reduction in (((False,), "sum"), ((None, False), "none"), ((True, True), "mean")):
        with pytest.warns(UserWarning, match="deprecated"):
            assert nn.MSELoss(*flags).reduction == reduction


ATTENTION: list[dict[str, Any]] = [
    {},
    {"batch_first": True, "bias": False},
    {"kdim": 6, "vdim": 10},
    {"add_bias_kv": True, "add_zero_attn": True},
    {"add_zero_attn": True, "batch_first": True},
]


@pytest.mark.parametrize("kwargs", ATTENTION, ids=str)
@pytest.mark.parametrize("need_weights", [True, False])
@pytest.mark.parametrize("masks", ["none", "bool", "float", "each head", "causal"])
def test_attention_equals_pytorchs(kwargs, need_weights, masks):
    ours, theirs = pair("MultiheadAttention", (8, 2), kwargs)
    length, source, batch = 4, 5, 3
    shapes = [(length, batch, 8)]
    shapes += [(source, batch, kwargs.get("kdim", 8)), (source, batch, kwargs.get("vdim", 8))]
    inputs = [values(*shape) for shape in shapes]
    if kwargs.get("batch_first"):
        inputs = [tensor.transpose(0, 1).contiguous() for tensor in inputs]
    padding = torch.zeros(batch, source, dtype=torch.bool)
    padding[1, 3:] = True
    options: dict[str, Any] = {
        "none": {},
        "bool": {"key_padding_mask": padding},
        "float": {"attn_mask": values(length, source)},
        "each head": {"attn_mask": torch.eye(length, source).bool().repeat(2 * batch, 1, 1)},
        "causal": {"attn_mask": torch.ones(length, source).triu(1).bool(), "is_causal": True},
    }[masks]
    options = {**options, "need_weights": need_weights}
    expected, expected_weights = theirs(*inputs, **options)
    if masks == "causal" and kwargs.get("add_zero_attn"):
        # Without weights PyTorch hides what is appended, with weights it does not.
        expected, expected_weights = theirs(*inputs, **{**options, "need_weights": True})
    result, weights = ours(
        *[to_tg(tensor) for tensor in inputs], **{key: to_tg(v) for key, v in options.items()}
    )
    np.testing.assert_allclose(array(result), array(expected), **FLOAT)
    if need_weights:
        np.testing.assert_allclose(array(weights), array(expected_weights), **FLOAT)
    else:
        assert weights is None


def test_self_attention_without_batch_and_per_head_weights():
    ours, theirs = pair("MultiheadAttention", (8, 2), {})
    x = values(5, 8)
    expected = theirs(x, x, x, average_attn_weights=False)
    our_x = to_tg(x)
    result = ours(our_x, our_x, our_x, average_attn_weights=False)
    for our, their in zip(result, expected, strict=True):
        assert tuple(our.shape) == tuple(their.shape)
        np.testing.assert_allclose(array(our), array(their), **FLOAT)


MODULES = sorted(n for n in nn.__all__ if n[0].isupper() and n not in ("Module", "Parameter"))
# Deprecated for years, and what is spelled differently for a reason.
NOT_COMPARED = {"min_value", "max_value", "size_average", "reduce", "_stacklevel", "tensor"}


def defaults(function: Any) -> list[tuple[str, Any]]:
    parameters = inspect.signature(function).parameters
    # A default may be a function, which is the other library's there: its name counts.
    return [
        (name, getattr(p.default, "__name__", p.default))
        for name, p in parameters.items()
        if name not in NOT_COMPARED
    ]


@pytest.mark.parametrize("name", MODULES)
def test_constructors_take_pytorchs_arguments(name):
    if "args" in inspect.signature(getattr(torch.nn, name).__init__).parameters:
        return  # theirs are named in its documentation alone
    assert defaults(getattr(nn, name).__init__) == defaults(getattr(torch.nn, name).__init__)


@pytest.mark.parametrize("module", ["functional", "init", "utils"])
def test_functions_take_pytorchs_arguments(module):
    ours, theirs = getattr(nn, module), getattr(torch.nn, module)
    compared = 0
    for name, function in vars(ours).items():
        if not inspect.isfunction(function) or not function.__module__.startswith("topograd.nn"):
            continue
        their = getattr(theirs, name, None)
        if inspect.isfunction(their) and "args" not in inspect.signature(their).parameters:
            assert defaults(function) == defaults(their), name
            compared += 1
    assert compared >= 6


def test_initial_values_have_pytorchs_bounds():
    for name, args in (("Linear", (300, 200)), ("Conv2d", (30, 20, 5)), ("Bilinear", (30, 20, 40))):
        ours, theirs = getattr(nn, name)(*args), getattr(torch.nn, name)(*args)
        for key, value in theirs.state_dict().items():
            our = array(ours.state_dict()[key])
            assert abs(our.std() / array(value).std() - 1) < 0.2
            assert abs(np.abs(our).max() / np.abs(array(value)).max() - 1) < 0.2
    ours, theirs = nn.MultiheadAttention(64, 2), torch.nn.MultiheadAttention(64, 2)
    bound = np.abs(array(theirs.in_proj_weight)).max()
    assert abs(np.abs(array(ours.in_proj_weight)).max() / bound - 1) < 0.05
    assert not array(ours.out_proj.bias).any()


def test_a_whole_model_exchanges_its_state_with_pytorch():
    def build(library: Any) -> Any:
        return library.Sequential(
            library.Conv2d(1, 4, 3, padding=1),
            library.BatchNorm2d(4),
            library.ReLU(),
            library.MaxPool2d(2),
            library.Flatten(),
            library.Linear(4 * 16, 3),
        )

    ours, theirs = build(nn), build(torch.nn)
    assert repr(ours) == repr(theirs)
    theirs.load_state_dict(
        {key: torch.from_numpy(array(value)) for key, value in ours.state_dict().items()}
    )
    compare(ours, theirs, (values(2, 1, 8, 8),))
