"""Convolution and pooling layers beside PyTorch's, with every option; their errors and limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn
from topograd.nn import functional as F

torch = pytest.importorskip("torch")

from test_parity_nn import FLOAT, array, compare, label, pair, to_tg, values  # noqa: E402

x3, x4, x5 = values(2, 4, 9), values(2, 4, 7, 6), values(2, 4, 5, 4, 6)
positive = values(2, 3, 7, 6, low=0.2, high=2.0)

LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]] = [
    ("Conv1d", (4, 6, 4), {"padding": "same", "dilation": 3}, (x3,)),
    ("Conv1d", (4, 6, 4), {"padding": "same", "padding_mode": "replicate"}, (x3,)),
    ("Conv1d", (4, 6, 3), {"padding": 2, "padding_mode": "reflect", "stride": 2}, (x3[0],)),
    ("Conv2d", (4, 6, 2), {"padding": "same", "padding_mode": "circular"}, (x4,)),
    ("Conv2d", (4, 4, 3), {"groups": 4, "stride": 2, "padding": 1, "dilation": (1, 2)}, (x4,)),
    ("Conv2d", (4, 6, (1, 1)), {"stride": 2}, (x4[0],)),
    ("Conv3d", (4, 6, 3), {"padding": 1}, (x5,)),
    ("Conv3d", (4, 6, (2, 3, 1)), {"stride": (1, 2, 2), "bias": False}, (x5,)),
    ("Conv3d", (4, 8, (2, 2, 3)), {"padding": "same", "groups": 2}, (x5,)),
    ("Conv3d", (4, 6, 2), {"padding": (1, 0, 2), "dilation": (2, 1, 3)}, (x5[0],)),
    ("Conv3d", (4, 4, 3), {"padding": 1, "groups": 4}, (x5,)),
    ("Conv3d", (4, 6, 3), {"padding": "valid", "padding_mode": "circular"}, (x5,)),
    ("Conv3d", (4, 2, 3), {"padding": 1, "padding_mode": "replicate"}, (x5,)),
    ("ConvTranspose1d", (4, 6, 3), {}, (x3,)),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 3, "padding": 1, "output_padding": 2}, (x3[0],)),
    ("ConvTranspose1d", (4, 6, 2), {"dilation": 3, "output_padding": 2, "groups": 2}, (x3,)),
    ("ConvTranspose2d", (4, 6, 3), {"stride": 2, "padding": 1, "output_padding": 1}, (x4,)),
    ("ConvTranspose2d", (4, 6, 1), {"bias": False}, (x4,)),
    ("ConvTranspose2d", (4, 12, 1), {}, (x4,)),
    ("ConvTranspose2d", (4, 4, 4), {"stride": 2, "padding": 1, "groups": 4}, (x4,)),
    ("ConvTranspose2d", (4, 6, (1, 3)), {"stride": (3, 1), "dilation": (1, 2)}, (x4[0],)),
    ("ConvTranspose3d", (4, 6, 2), {"stride": 2}, (x5,)),
    (
        "ConvTranspose3d",
        (4, 6, 3),
        {"stride": (1, 2, 2), "padding": (0, 1, 1), "output_padding": (0, 1, 0), "groups": 2},
        (x5,),
    ),
    ("MaxPool1d", (3,), {"stride": 1, "padding": 1, "dilation": 2}, (x3,)),
    ("MaxPool2d", (2,), {"ceil_mode": True}, (x4[0],)),
    ("MaxPool3d", (2,), {}, (x5,)),
    ("MaxPool3d", ((3, 2, 2),), {"stride": (2, 1, 3), "padding": 1, "ceil_mode": True}, (x5,)),
    ("MaxPool3d", (2,), {"stride": 1, "dilation": (2, 1, 3)}, (x5[0],)),
    ("AvgPool1d", (3,), {"ceil_mode": True, "count_include_pad": False, "padding": 1}, (x3[0],)),
    ("AvgPool2d", ((2, 3),), {"stride": (1, 2), "padding": (1, 0)}, (x4[0],)),
    ("AvgPool3d", (2,), {}, (x5,)),
    ("AvgPool3d", (3,), {"stride": 2, "padding": 1, "count_include_pad": False}, (x5,)),
    ("AvgPool3d", (2,), {"ceil_mode": True, "divisor_override": 3}, (x5[0],)),
    ("LPPool1d", (2, 3), {}, (x3,)),
    ("LPPool1d", (1.5, 3), {"stride": 2}, (values(3, 9, low=0.2),)),
    ("LPPool2d", (2, 3), {"stride": 2, "ceil_mode": True}, (x4,)),
    ("LPPool2d", (3, (2, 3)), {}, (positive,)),
    ("LPPool3d", (2, 2), {"stride": (1, 2, 2)}, (x5,)),
    ("AdaptiveAvgPool1d", (5,), {}, (x3[0],)),
    ("AdaptiveAvgPool2d", ((3, 4),), {}, (x4,)),
    ("AdaptiveAvgPool3d", (1,), {}, (x5,)),
    ("AdaptiveAvgPool3d", ((3, None, 4),), {}, (x5,)),
    ("AdaptiveAvgPool3d", ((5, 2, 3),), {}, (x5[0],)),
    ("AdaptiveMaxPool1d", (4,), {}, (x3,)),
    ("AdaptiveMaxPool1d", (3,), {}, (x3[0],)),
    ("AdaptiveMaxPool2d", ((None, 4),), {}, (x4,)),
    ("AdaptiveMaxPool2d", (1,), {}, (x4,)),
    ("AdaptiveMaxPool3d", ((3, 2, 4),), {}, (x5,)),
    ("AdaptiveMaxPool3d", ((5, None, 3),), {}, (x5[0],)),
    (
        "FractionalMaxPool2d",
        (2,),
        {"output_ratio": (0.6, 0.7), "_random_samples": values(2, 4, 2, low=0, high=1)},
        (x4,),
    ),
    (
        "FractionalMaxPool2d",
        ((3, 2),),
        {"output_size": (3, 1), "_random_samples": values(1, 4, 2, low=0, high=1)},
        (x4[0],),
    ),
    (
        "FractionalMaxPool3d",
        ((2, 1, 3),),
        {"output_size": (3, 3, 2), "_random_samples": values(2, 4, 3, low=0, high=1)},
        (x5,),
    ),
]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("name", "args", "kwargs", "inputs"), LAYERS, ids=label)
def test_layer_equals_pytorchs_in_both_modes(name, args, kwargs, inputs):
    ours, theirs = pair(name, args, kwargs)
    assert repr(ours) == repr(theirs)
    compare(ours, theirs, inputs)
    compare(ours.eval(), theirs.eval(), inputs)
    theirs.load_state_dict({key: torch.tensor(array(v)) for key, v in ours.state_dict().items()})


def second_order(library: Any, layer: Any, x: Any, seed: Any, direction: Any) -> list[np.ndarray]:
    """Gradients of <gradient of <layer(x), seed>, direction> by x and the parameters."""
    x = x.clone().requires_grad_()
    leaves = [x, *layer.parameters()]
    (first,) = library.autograd.grad([(layer(x).square() * seed).sum()], [x], create_graph=True)
    found = library.autograd.grad([(first * direction).sum()], leaves, allow_unused=True)
    return [np.zeros(1) if g is None else array(g) for g in found]


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize(("name", "args", "kwargs", "inputs"), LAYERS, ids=label)
def test_second_derivatives_equal_pytorchs(name, args, kwargs, inputs):
    ours, theirs = pair(name, args, kwargs)
    (x,) = inputs
    with torch.no_grad():
        seed = values(*theirs(x).shape)
    direction = values(*x.shape, low=-1.0, high=1.0)
    expected = second_order(torch, theirs, x, seed, direction)
    given = second_order(tg, ours, to_tg(x), to_tg(seed), to_tg(direction))
    for our, their in zip(given, expected, strict=True):
        np.testing.assert_allclose(our, their, rtol=1e-3, atol=1e-3)


def test_transposed_layers_take_an_output_size():
    for name, x, sizes in (
        ("ConvTranspose1d", x3, ([17], [18], [2, 6, 17])),
        ("ConvTranspose2d", x4, ([13, 12], (14, 11), torch.Size([2, 6, 14, 12]))),
        ("ConvTranspose3d", x5[0], ([10, 8, 12], [6, 9, 7, 11])),
    ):
        ours, theirs = pair(name, (4, 6, 3), {"stride": 2, "padding": 1})
        for size in sizes:
            expected = theirs(x, output_size=list(size))
            np.testing.assert_allclose(array(ours(to_tg(x), size)), array(expected), **FLOAT)
        with pytest.raises(ValueError, match="output_size"):
            ours(to_tg(x), [40] * (x.ndim - 2 if name != "ConvTranspose3d" else 3))
        with pytest.raises(ValueError, match="output_size"):
            ours(to_tg(x), [1, 2, 3, 4, 5, 6])


POOLS = [
    ("1d", x3, (3,), {"stride": 2, "padding": 1}),
    ("2d", x4, ((2, 3),), {}),
    ("2d", x4[0], (2,), {"stride": 3}),
    ("3d", x5, (2,), {}),
]


@pytest.mark.parametrize(("axes", "x", "args", "kwargs"), POOLS, ids=label)
def test_unpooling_puts_back_what_pooling_took(axes, x, args, kwargs):
    pool = getattr(torch.nn, f"MaxPool{axes}")(*args, **kwargs, return_indices=True)
    pooled, at = pool(x)
    ours, theirs = pair(f"MaxUnpool{axes}", args, kwargs)
    assert repr(ours) == repr(theirs)
    spatial = list(x.shape[-int(axes[0]) :])
    for size in (x.shape, spatial):
        expected = theirs(pooled, at, output_size=spatial)
        found = ours(to_tg(pooled), to_tg(at), output_size=list(size))
        np.testing.assert_array_equal(array(found), array(expected))
    with pytest.raises(ValueError, match="output_size"):
        ours(to_tg(pooled), to_tg(at), output_size=[100] * int(axes[0]))
    with pytest.raises(ValueError, match="output_size"):
        ours(to_tg(pooled), to_tg(at), output_size=[1] * 7)
    with pytest.raises(IndexError, match=f"max_unpool{axes}"):
        ours(to_tg(pooled), to_tg(at) + 10**6, output_size=list(x.shape))
    with pytest.raises(ValueError, match=f"max_unpool{axes}"):
        ours(to_tg(pooled), to_tg(at)[..., :1], output_size=list(x.shape))


def test_positions_of_maxima_equal_pytorchs():
    tied = values(2, 3, 7, 6, 5).round()
    tied[0, 0, 2, 3, 1] = tied[0, 0, 2, 4, 0] = float("nan")
    tied[1, 1] = float("-inf")
    for axes, x, size in ((1, tied[:, :, :, 0, 0], 3), (2, tied[..., 0], (3, 4)), (3, tied, 3)):
        name = f"adaptive_max_pool{axes}d"
        expected, at = getattr(torch.nn.functional, name)(x, size, return_indices=True)
        result, positions = getattr(F, name)(to_tg(x), size, return_indices=True)
        np.testing.assert_array_equal(array(result), array(expected))
        np.testing.assert_array_equal(array(positions), array(at))
        again = getattr(F, f"{name}_with_indices")(to_tg(x), size)
        np.testing.assert_array_equal(array(again.indices), array(at))
    samples = values(2, 3, 3, low=0, high=1)
    for axes, x, size in ((2, tied[..., 0], (3, 4)), (3, tied, (4, 3, 3))):
        name = f"fractional_max_pool{axes}d"
        drawn = samples[..., :axes].contiguous()
        expected, at = getattr(torch.nn.functional, name)(
            x, 2, size, return_indices=True, _random_samples=drawn
        )
        result, positions = getattr(F, name)(
            to_tg(x), 2, size, return_indices=True, _random_samples=to_tg(drawn)
        )
        np.testing.assert_array_equal(array(result), array(expected))
        np.testing.assert_array_equal(array(positions), array(at))


def test_fractional_places_are_pytorchs_for_many_samples():
    generator = torch.Generator().manual_seed(3)
    x = torch.rand(4, 50, 23, 31, generator=generator)
    for dtype in (torch.float32, torch.float64):
        samples = torch.rand(4, 50, 2, dtype=dtype, generator=generator)
        expected = torch.nn.functional.fractional_max_pool2d(
            x.to(dtype), (2, 3), (11, 17), return_indices=True, _random_samples=samples
        )
        found = F.fractional_max_pool2d(
            to_tg(x.to(dtype)),
            (2, 3),
            (11, 17),
            return_indices=True,
            _random_samples=to_tg(samples),
        )
        np.testing.assert_array_equal(array(found[1]), array(expected[1]))


def test_fractional_places_are_drawn_and_repeat_with_the_seed():
    x = tg.rand(2, 3, 20, 20)
    layer = nn.FractionalMaxPool2d(2, output_ratio=0.6)
    tg.manual_seed(5)
    first, second = layer(x), layer(x)
    tg.manual_seed(5)
    assert layer(x).tolist() == first.tolist()
    assert second.tolist() != first.tolist()
    assert tuple(first.shape) == (2, 3, 12, 12)
    wild = tg.tensor([[[float("nan"), float("inf")], [-3.0, 1e30]]])
    found = F.fractional_max_pool2d(x[:1, :2], 2, 5, _random_samples=wild)
    assert tuple(found.shape) == (1, 2, 5, 5)


def test_depthwise_pointwise_and_large_layers_equal_pytorchs():
    cases = [
        ("Conv2d", (64, 64, 3), {"padding": 1, "groups": 64}, (2, 64, 19, 23)),
        ("Conv2d", (32, 64, 3), {"padding": 1, "stride": 2, "groups": 32}, (1, 32, 17, 33)),
        ("Conv2d", (64, 96, 1), {}, (3, 64, 14, 15)),
        ("Conv2d", (40, 70, 3), {"padding": 1}, (3, 40, 14, 14)),
        ("Conv2d", (3, 20, 7), {"padding": 3, "stride": 2}, (2, 3, 40, 36)),
        ("Conv3d", (16, 16, 3), {}, (3, 16, 12, 12, 12)),
        ("Conv2d", (24, 20, 3), {"padding": 1, "stride": 2}, (2, 24, 13, 15)),
        ("Conv2d", (20, 24, (2, 3)), {"dilation": (1, 2), "groups": 2}, (1, 20, 9, 27)),
        ("Conv1d", (30, 33, 5), {"padding": 2}, (2, 30, 300)),
        ("ConvTranspose2d", (40, 33, 4), {"stride": 2, "padding": 1}, (2, 40, 9, 12)),
        ("ConvTranspose2d", (48, 48, 4), {"stride": 2, "groups": 48}, (2, 48, 9, 12)),
    ]
    for name, args, kwargs, shape in cases:
        ours, theirs = pair(name, args, kwargs)
        compare(ours, theirs, (values(*shape, low=-1, high=1),), {"rtol": 1e-3, "atol": 1e-3})


ERRORS = {
    "groups": (lambda: nn.Conv3d(4, 6, 3, groups=3), "in_channels must be divisible"),
    "mode": (lambda: nn.ConvTranspose1d(4, 6, 3, padding_mode="circular"), "zeros"),
    "named": (lambda: nn.ConvTranspose1d(4, 6, 3, padding="same"), "padding must be numbers"),
    "two sizes": (lambda: nn.Conv3d(4, 6, (3, 3)), "expected a number or 3 numbers"),
    "same": (lambda: nn.Conv3d(4, 6, 3, padding="same", stride=2), "strided"),
    "ratio": (lambda: nn.FractionalMaxPool2d(2, output_ratio=1.5), "between 0 and 1"),
    "neither": (lambda: nn.FractionalMaxPool2d(2), "either output_size or output_ratio"),
    "both": (lambda: F.fractional_max_pool2d(tg.rand(1, 1, 4, 4), 2, 2, 0.5), "either"),
    "windows": (
        lambda: F.fractional_max_pool2d(tg.rand(1, 1, 4, 4), 3, 3),
        r"fractional_max_pool2d: \(3, 3\) windows of \(3, 3\) elements",
    ),
    "samples": (
        lambda: F.fractional_max_pool2d(tg.rand(1, 1, 4, 4), 2, 2, _random_samples=tg.rand(1, 2)),
        r"samples of shape \(N, C, 2\), got \(1, 2\)",
    ),
    "channels": (
        lambda: F.conv_transpose2d(tg.ones(1, 3, 4, 4), tg.ones(4, 2, 3, 3)),
        r"conv_transpose2d: channels do not fit: input \(1, 3, 4, 4\), weight \(4, 2, 3, 3\)",
    ),
    "bias": (
        lambda: F.conv_transpose1d(tg.ones(1, 2, 4), tg.ones(2, 3, 3), tg.ones(2)),
        r"bias of shape \(2,\) does not fit weight \(2, 3, 3\)",
    ),
    "output_padding": (
        lambda: F.conv_transpose1d(tg.ones(1, 2, 4), tg.ones(2, 3, 3), output_padding=1),
        "output_padding must be smaller than stride or dilation",
    ),
    "nothing left": (
        lambda: F.conv_transpose1d(tg.ones(1, 2, 1), tg.ones(2, 3, 3), padding=2),
        "nothing is left",
    ),
    "both ends": (
        lambda: F.conv1d(tg.ones(1, 2, 5), tg.ones(2, 2, 3), padding=(1, 0)),
        "conv1d: padding must be one number or 1 numbers",
    ),
    "pool ends": (
        lambda: F.max_pool1d(tg.ones(1, 2, 5), 2, padding=(1, 0)),
        "padding must be one number or 1 numbers",
    ),
    "norm": (lambda: F.lp_pool1d(tg.ones(1, 4), 0, 2), "lp_pool1d: norm_type must not be 0"),
    "adaptive": (lambda: F.adaptive_avg_pool2d(tg.ones(1, 4, 4), -1), "must not be negative"),
    "adaptive sizes": (
        lambda: F.adaptive_max_pool2d(tg.ones(1, 4, 4), (None, 2, 3)),
        "output_size must have 2 numbers",
    ),
    "empty": (lambda: F.adaptive_max_pool1d(tg.ones(2, 0), 2), "without empty dims"),
    "tbc": (lambda: F.conv_tbc(tg.ones(3, 2), tg.ones(1, 2, 2), tg.ones(2)), "conv_tbc: expects"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_tell_what_was_expected_and_what_came(name):
    call, message = ERRORS[name]
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_initial_values_have_pytorchs_bounds():
    for name in ("Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"):
        args = (24, 36, 3)
        ours, theirs = getattr(nn, name)(*args), getattr(torch.nn, name)(*args)
        for key, value in theirs.state_dict().items():
            our = array(ours.state_dict()[key])
            assert our.shape == tuple(value.shape)
            assert abs(our.std() / array(value).std() - 1) < 0.3
            assert abs(np.abs(our).max() / np.abs(array(value)).max() - 1) < 0.3


def test_power_pooling_has_no_gradient_where_a_sum_is_zero_and_takes_infinity():
    x = tg.tensor([[0.0, 0.0, 3.0, -4.0]], requires_grad=True)
    result = F.lp_pool1d(x, 2, 2)
    result.sum().backward()
    assert result.tolist() == [[0.0, 5.0]]
    np.testing.assert_allclose(array(x.grad), [[0.0, 0.0, 0.6, -0.8]], rtol=1e-6)
    assert F.lp_pool1d(x, float("inf"), 2).tolist() == [[0.0, 4.0]]


def test_functions_of_the_main_namespace_are_pytorchs():
    x = values(1, 2, 6)
    for name, args in (
        ("adaptive_max_pool1d", (4,)),
        ("max_pool1d_with_indices", (2,)),
        ("adaptive_avg_pool1d", (4,)),
        ("avg_pool1d", (2,)),
        ("max_pool1d", (2,)),
    ):
        expected, found = getattr(torch, name)(x, *args), getattr(tg, name)(to_tg(x), *args)
        pairs = (
            zip(found, expected, strict=True)
            if isinstance(expected, tuple)
            else [(found, expected)]
        )
        for our, their in pairs:
            np.testing.assert_allclose(array(our), array(their), **FLOAT)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_other_floating_dtypes_equal_pytorchs(dtype):
    theirs, ours = getattr(torch, dtype), getattr(tg, dtype)
    close = {"rtol": 2e-2, "atol": 2e-2}
    kernel = values(4, 3, 3, 3)
    calls = [
        lambda T, x, w: T.nn.functional.conv_transpose2d(x, w, stride=2),
        lambda T, x, w: T.nn.functional.adaptive_avg_pool2d(x, 3),
        lambda T, x, w: T.nn.functional.adaptive_max_pool2d(x, 3),
        lambda T, x, w: T.nn.functional.lp_pool2d(x, 2, 2),
        lambda T, x, w: T.nn.functional.conv2d(x, w.transpose(0, 1), padding="same"),
    ]
    for call in calls:
        expected = call(torch, x4.to(theirs), kernel.to(theirs))
        found = call(tg, to_tg(x4).to(ours), to_tg(kernel).to(ours))
        assert str(found.dtype).rpartition(".")[2] == dtype
        np.testing.assert_allclose(array(found.to(tg.float64)), array(expected.double()), **close)
