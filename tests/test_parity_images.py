"""Layers and functions of images, norms of channels and embedding bags beside PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from test_parity_nn import array, compare, indices, label, pair, to_tg, values
from topograd import nn
from topograd.nn import functional as F

torch = pytest.importorskip("torch")

x2, x3, x4, x5 = values(4, 6), values(2, 4, 9), values(2, 4, 7, 6), values(2, 4, 3, 5, 4)
LAYERS: list[tuple[str, tuple[Any, ...], dict[str, Any], tuple[Any, ...]]] = [
    ("Unfold", (2,), {}, (x4,)),
    ("Unfold", ((3, 2),), {"dilation": (1, 2), "padding": (1, 2), "stride": (2, 1)}, (x4,)),
    ("Unfold", (2,), {}, (x4[0],)),
    ("Fold", ((7, 6), 2), {}, (values(2, 8, 30),)),
    ("Fold", ((7, 6), (3, 2)), {"dilation": (1, 2), "padding": 1, "stride": 2}, (values(6, 12),)),
    ("Upsample", (), {"scale_factor": 2}, (x3,)),
    ("Upsample", (5,), {"mode": "linear"}, (x3,)),
    ("Upsample", ((5, 9),), {"mode": "bilinear", "align_corners": True}, (x4,)),
    ("Upsample", (), {"scale_factor": (1.7, 0.6), "mode": "bilinear"}, (x4,)),
    ("Upsample", (), {"scale_factor": 1.5, "mode": "bicubic"}, (x4,)),
    ("Upsample", ((4, 9, 2),), {"mode": "trilinear"}, (x5,)),
    ("Upsample", (), {"scale_factor": 0.5, "mode": "trilinear", "align_corners": True}, (x5,)),
    ("UpsamplingNearest2d", (), {"scale_factor": 3}, (x4,)),
    ("UpsamplingBilinear2d", ((3, 8),), {}, (x4,)),
    ("PixelShuffle", (2,), {}, (x4,)),
    ("PixelShuffle", (2,), {}, (x4[0],)),
    ("PixelUnshuffle", (3,), {}, (values(2, 2, 6, 9),)),
    ("ChannelShuffle", (2,), {}, (x4,)),
    ("LocalResponseNorm", (3,), {"alpha": 0.5}, (x4,)),
    ("LocalResponseNorm", (4,), {"alpha": 0.3, "beta": 0.6, "k": 2.0}, (x3,)),
    ("InstanceNorm1d", (4,), {}, (x3,)),
    ("InstanceNorm1d", (4,), {"affine": True}, (x3[0],)),
    ("InstanceNorm2d", (4,), {"affine": True, "track_running_stats": True}, (x4,)),
    ("InstanceNorm2d", (4,), {"affine": True, "bias": False, "momentum": 0.4}, (x4,)),
    ("InstanceNorm3d", (4,), {"track_running_stats": True, "eps": 1e-2}, (x5,)),
    ("GroupNorm", (2, 4), {"eps": 1e-2}, (x5,)),
    ("GroupNorm", (2, 4), {"bias": False}, (x3,)),
    ("GroupNorm", (2, 6), {}, (x2,)),
    ("RMSNorm", ((7, 6),), {"elementwise_affine": False}, (x4,)),
    ("LayerNorm", (6,), {}, (x4,)),
    ("BatchNorm1d", (6,), {"momentum": None}, (x2,)),
    ("BatchNorm1d", (4,), {"affine": False}, (x3,)),
    ("BatchNorm2d", (4,), {"track_running_stats": False}, (x4,)),
    ("BatchNorm2d", (4,), {"bias": False}, (x4,)),
    ("BatchNorm3d", (4,), {}, (x5,)),
    ("ConstantPad1d", ((1, 2), 0.5), {}, (x3,)),
    ("ConstantPad2d", ((1, -2, 0, 3), -1.5), {}, (x4,)),
    ("ConstantPad3d", (1, 2.0), {}, (x5,)),
    ("ZeroPad1d", (2,), {}, (x3[0],)),
    ("ZeroPad2d", ((1, 2, 3, 4),), {}, (x4,)),
    ("ZeroPad3d", ((0, 1, -1, 0, 2, 0),), {}, (x5,)),
    ("ReflectionPad1d", ((3, 8),), {}, (x3,)),
    ("ReflectionPad2d", ((1, 2, 3, 4),), {}, (x4,)),
    ("ReflectionPad2d", (2,), {}, (x4[0],)),
    ("ReflectionPad3d", ((1, 2, 4, 3, 2, 1),), {}, (x5,)),
    ("ReplicationPad1d", ((3, 12),), {}, (x3[0],)),
    ("ReplicationPad2d", ((9, 2, -1, 4),), {}, (x4,)),
    ("ReplicationPad3d", (2,), {}, (x5,)),
    ("CircularPad1d", ((9, 3),), {}, (x3,)),
    ("CircularPad2d", ((1, 2, 3, 4),), {}, (x4,)),
    ("CircularPad2d", ((2, -1, -3, 2),), {}, (x4,)),
    ("CircularPad3d", ((1, 2, 0, 3, 2, 1),), {}, (x5[0],)),
    ("Flatten", (2, 3), {}, (x5,)),
    ("Unflatten", (-1, (2, 3)), {}, (x4,)),
    ("EmbeddingBag", (7, 3), {}, (indices(7, 4, 5),)),
    ("EmbeddingBag", (7, 3), {"mode": "sum", "padding_idx": -2}, (indices(7, 4, 5),)),
    ("EmbeddingBag", (7, 3), {"mode": "max"}, (indices(7, 4, 5),)),
    ("Embedding", (7, 3), {"padding_idx": -1, "norm_type": 1.0}, (indices(7, 4, 5),)),
]


@pytest.mark.parametrize(("name", "args", "kwargs", "inputs"), LAYERS, ids=label)
def test_layer_equals_pytorchs_in_both_modes(name, args, kwargs, inputs):
    ours, theirs = pair(name, args, kwargs)
    assert repr(ours) == repr(theirs)
    compare(ours, theirs, inputs)
    compare(ours.eval(), theirs.eval(), inputs)
    state = {key: torch.from_numpy(array(value)) for key, value in ours.state_dict().items()}
    theirs.load_state_dict(state)


def second_order(library: Any, module: Any, inputs: list[Any], weights: list[Any]) -> list[Any]:
    """The gradients of a product with the gradients, for inputs and parameters."""
    variables = [one for one in (*inputs, *module.parameters()) if one.requires_grad]
    output = module(*inputs)
    first = library.autograd.grad(
        (output * output * weights[0]).sum(), variables, create_graph=True
    )
    total = sum((gradient * gradient).sum() for gradient in first)
    found = library.autograd.grad(total, variables, allow_unused=True)
    pairs = zip(variables, found, strict=True)
    return [np.zeros(tuple(v.shape)) if g is None else array(g) for v, g in pairs]


@pytest.mark.parametrize(("name", "args", "kwargs", "inputs"), LAYERS, ids=label)
def test_second_order_equals_pytorchs(name, args, kwargs, inputs):
    ours, theirs = pair(name, args, kwargs)
    ours, theirs = ours.double(), theirs.double()
    their_inputs = [t.double() if t.is_floating_point() else t for t in inputs]
    our_inputs = [to_tg(t) for t in their_inputs]
    for one in (*their_inputs, *our_inputs):
        one.requires_grad_(one.is_floating_point())
    weights = values(*theirs(*their_inputs).shape).double()
    if name == "EmbeddingBag":
        pytest.skip("PyTorch has no second derivative here; the registry's tests check it")
    result = second_order(tg, ours, our_inputs, [to_tg(weights)])
    expected = second_order(torch, theirs, their_inputs, [weights])
    for own, their in zip(result, expected, strict=True):
        np.testing.assert_allclose(own, their, 1e-6, 1e-8)


def compare_functions(ours: Any, theirs: Any, inputs: list[Any], tolerance: float = 1e-5) -> None:
    """Values and gradients of two functions of the same tensors."""
    their_inputs = [t.clone().requires_grad_(t.is_floating_point()) for t in inputs]
    our_inputs = [to_tg(t) for t in inputs]
    for one in our_inputs:
        one.requires_grad_(one.is_floating_point())
    expected, result = theirs(*their_inputs), ours(*our_inputs)
    assert tuple(result.shape) == tuple(expected.shape)
    np.testing.assert_allclose(array(result), array(expected), tolerance, tolerance)
    weights = values(*expected.shape).to(expected.dtype)
    (expected * weights).sum().backward()
    (result * to_tg(weights)).sum().backward()
    for own, their in zip(our_inputs, their_inputs, strict=True):
        if their.grad is not None:
            np.testing.assert_allclose(array(own.grad), array(their.grad), tolerance, tolerance)


SIZES: list[dict[str, Any]] = [
    {"size": (5, 11)},
    {"size": 3},
    {"scale_factor": 2},
    {"scale_factor": (0.7, 1.9)},
    {"scale_factor": 2.3, "recompute_scale_factor": True},
]
MODES: list[dict[str, Any]] = [
    {"mode": "nearest"},
    {"mode": "nearest-exact"},
    {"mode": "area"},
    {"mode": "bilinear"},
    {"mode": "bilinear", "align_corners": True},
    {"mode": "bicubic"},
    {"mode": "bicubic", "align_corners": True},
    {"mode": "bilinear", "antialias": True},
    {"mode": "bicubic", "antialias": True},
    {"mode": "bilinear", "antialias": True, "align_corners": True},
]


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("last", [False, True], ids=["contiguous", "channels_last"])
def test_interpolate_equals_pytorchs(size, mode, last):
    image = values(2, 3, 8, 6)
    compare_functions(
        lambda x: F.interpolate(
            x.contiguous(memory_format=tg.channels_last) if last else x, **size, **mode
        ),
        lambda x: torch.nn.functional.interpolate(x, **size, **mode),
        [image],
    )


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "linear", "trilinear", "area"])
@pytest.mark.parametrize("size", [1, 4, 7])
def test_interpolate_of_signals_and_volumes_equals_pytorchs(mode, size):
    for x in (values(2, 3, 5), values(1, 2, 4, 3, 5)):
        if mode in ("linear", "trilinear") and x.ndim != {"linear": 3, "trilinear": 5}[mode]:
            continue
        compare_functions(
            lambda t: F.interpolate(t, size, mode=mode),
            lambda t: torch.nn.functional.interpolate(t, size, mode=mode),
            [x],
        )


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
def test_nearest_pixels_are_pytorchs_for_many_sizes_and_dtypes(mode):
    for n in range(1, 40, 3):
        row = torch.arange(n, dtype=torch.float32).view(1, 1, n)
        for m in range(1, 60, 2):
            expected = torch.nn.functional.interpolate(row, m, mode=mode)
            assert F.interpolate(to_tg(row), m, mode=mode).tolist() == expected.tolist()
    pixels = torch.arange(12, dtype=torch.uint8).view(1, 1, 3, 4)
    expected = torch.nn.functional.interpolate(pixels, (5, 2), mode=mode)
    assert F.interpolate(to_tg(pixels), (5, 2), mode=mode).tolist() == expected.tolist()


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("align", [True, False])
def test_grid_sample_equals_pytorchs(mode, padding, align):
    cases = [(values(2, 3, 5, 4), values(2, 6, 3, 2))]
    if mode != "bicubic":
        cases.append((values(2, 2, 3, 4, 2), values(2, 2, 3, 4, 3)))
    for x, grid in cases:
        compare_functions(
            lambda a, b: F.grid_sample(a, b, mode, padding, align),
            lambda a, b: torch.nn.functional.grid_sample(a, b, mode, padding, align),
            [x.double(), grid.double()],
            1e-9,
        )


def test_grid_sample_takes_any_coordinate():
    x = values(1, 1, 4, 4)
    odd = torch.tensor([float("nan"), float("inf"), -float("inf"), 1e30, -1e30, 3e9])
    grid = torch.stack([odd, odd.flip(0)], -1).view(1, 2, 3, 2)
    for mode in ("bilinear", "nearest", "bicubic"):
        for padding in ("zeros", "border", "reflection"):
            our_x, our_grid = to_tg(x).requires_grad_(), to_tg(grid).requires_grad_()
            result = F.grid_sample(our_x, our_grid, mode, padding, False)
            result.sum().backward()
            assert np.isfinite(array(result)).all()
            assert np.isfinite(array(our_x.grad)).all()


@pytest.mark.parametrize("align", [True, False])
@pytest.mark.parametrize("size", [(2, 1, 3, 5), (2, 2, 2, 3, 4)], ids=str)
def test_affine_grid_equals_pytorchs(align, size):
    compare_functions(
        lambda t: F.affine_grid(t, size, align_corners=align),
        lambda t: torch.nn.functional.affine_grid(t, size, align_corners=align),
        [values(2, len(size) - 2, len(size) - 1)],
    )


BAGS: list[dict[str, Any]] = [
    {"mode": "sum"},
    {"mode": "mean"},
    {"mode": "max"},
    {"mode": "mean", "padding_idx": 2},
    {"mode": "max", "padding_idx": -1},
    {"mode": "sum", "padding_idx": 0},
    {"mode": "sum", "include_last_offset": True},
]


@pytest.mark.parametrize("options", BAGS, ids=str)
def test_embedding_bag_equals_pytorchs(options):
    entries, table = torch.tensor([1, 2, 4, 0, 0, 2, 3, 2]), values(5, 3)
    offsets = torch.tensor([0, 2, 2, 5, 8][: 5 if "include_last_offset" in options else 4])
    factors = [values(8)] if options["mode"] == "sum" else []

    def call(library: Any) -> Any:
        def function(rows: Any, *weights: Any) -> Any:
            numbers = (entries, offsets) if library is torch else (to_tg(entries), to_tg(offsets))
            each = {"per_sample_weights": weights[0]} if weights else {}
            bag = library.nn.functional.embedding_bag
            return bag(numbers[0], rows, numbers[1], **options, **each)

        return function

    compare_functions(call(tg), call(torch), [table, *factors])


def test_frequencies_of_bags_are_those_of_the_embedding():
    """PyTorch divides by the counts of other rows here."""
    at, weights = to_tg(torch.tensor([[1, 2, 4, 0], [0, 2, 3, 2]])), to_tg(values(2, 3))
    gradients = []
    for bag in (True, False):
        rows = to_tg(values(5, 3)).requires_grad_()
        if bag:
            result = F.embedding_bag(at, rows, mode="sum", scale_grad_by_freq=True)
        else:
            result = F.embedding(at, rows, scale_grad_by_freq=True).sum(1)
        (result * weights).sum().backward()
        gradients.append(array(rows.grad))
    np.testing.assert_allclose(*gradients, 1e-5, 1e-6)


def test_cross_map_norm_is_local_response_norm_for_odd_sizes():
    """PyTorch's has the same values in windows of all channels, and another gradient."""
    x = to_tg(x4).requires_grad_()
    for size in (1, 3, 5):
        options = {"alpha": 0.5, "k": 0.7}
        expected = nn.LocalResponseNorm(size, **options)(x)
        result = nn.CrossMapLRN2d(size, **options)(x)
        np.testing.assert_allclose(array(result), array(expected), 1e-6)
    ours, theirs = pair("CrossMapLRN2d", (7,), {"alpha": 0.5})
    assert repr(ours) == repr(theirs)
    np.testing.assert_allclose(array(ours(x)), array(theirs(x4)), 1e-5)


@pytest.mark.parametrize("bag", [False, True])
def test_max_norm_changes_the_table_as_pytorch_does(bag):
    name = "embedding_bag" if bag else "embedding"
    at, table = torch.tensor([[0, 2], [2, 1]]), values(4, 3) * 3
    ours, theirs = to_tg(table.clone()), table.clone()
    expected = getattr(torch.nn.functional, name)(at, theirs, max_norm=1.0, norm_type=1.5)
    result = getattr(F, name)(to_tg(at), ours, max_norm=1.0, norm_type=1.5)
    np.testing.assert_allclose(array(ours), array(theirs), 1e-5)
    np.testing.assert_allclose(array(result), array(expected), 1e-5)


def test_running_statistics_of_instance_norm_without_a_module():
    mean, var = values(4), values(4) ** 2 + 0.1
    ours = [to_tg(mean.clone()), to_tg(var.clone())]
    theirs = [mean.clone(), var.clone()]
    F.instance_norm(to_tg(x4), *ours, momentum=0.3)
    torch.nn.functional.instance_norm(x4, *theirs, momentum=0.3)
    for own, their in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(array(own), array(their), 1e-5)
    expected = torch.nn.functional.instance_norm(x4, *theirs, use_input_stats=False)
    result = F.instance_norm(to_tg(x4), *ours, use_input_stats=False)
    np.testing.assert_allclose(array(result), array(expected), 1e-4, 1e-5)


NORMS = [
    ("BatchNorm2d", (4,)),
    ("GroupNorm", (2, 4)),
    ("InstanceNorm2d", (4,)),
    ("PixelShuffle", (2,)),
    ("ChannelShuffle", (2,)),
    ("ZeroPad2d", ((1, 2, 0, 3),)),
    ("ReflectionPad2d", (2,)),
    ("CircularPad2d", ((1, 2, 0, 3),)),
    ("Upsample", ((9, 4),)),
]


@pytest.mark.parametrize(("name", "args"), NORMS, ids=label)
def test_channels_last_gives_the_same_numbers_and_stays(name, args):
    ours, _ = pair(name, args, {})
    x = to_tg(x4).requires_grad_()
    plain = ours(x)
    weights = to_tg(values(*plain.shape))
    (plain * weights).sum().backward()
    last = to_tg(x4).contiguous(memory_format=tg.channels_last).requires_grad_()
    result = ours(last)
    assert result.is_contiguous(memory_format=tg.channels_last)
    np.testing.assert_allclose(array(result), array(plain), 1e-5, 1e-5)
    (result * weights).sum().backward()
    np.testing.assert_allclose(array(last.grad), array(x.grad), 1e-5, 1e-5)


def test_sync_batch_norm_is_batch_norm_in_one_process():
    net = nn.Sequential(nn.Conv2d(4, 3, 1), nn.Sequential(nn.BatchNorm2d(3), nn.ReLU()))
    expected = net(to_tg(x4))
    state = {key: array(value) for key, value in net.state_dict().items()}
    made = nn.SyncBatchNorm.convert_sync_batchnorm(net)
    assert isinstance(made[1][0], nn.SyncBatchNorm)
    assert list(made.state_dict()) == list(state)
    np.testing.assert_allclose(array(made(to_tg(x4))), array(expected), 1e-6)


BAD: list[tuple[Any, type[Exception], str]] = [
    (lambda: F.interpolate(tg.ones(1, 1, 3)), ValueError, "either size or scale_factor"),
    (lambda: F.interpolate(tg.ones(1, 1, 3), 2, 2.0), ValueError, "got both"),
    (lambda: F.interpolate(tg.ones(1, 1, 3), 2, mode="bilinear"), ValueError, "4 dims"),
    (lambda: F.interpolate(tg.ones(1, 1, 3), 2, align_corners=True), ValueError, "align_corners"),
    (lambda: F.interpolate(tg.ones(1, 1, 3), -2), ValueError, "positive"),
    (lambda: F.interpolate(tg.ones(1, 1, 3), 1 << 45), (ValueError, MemoryError), "interpolate"),
    (lambda: F.interpolate(tg.ones(1, 1, 3), scale_factor=float("nan")), ValueError, "nan"),
    (lambda: F.interpolate(tg.ones(1, 1, 0), 2), ValueError, "positive"),
    (lambda: F.interpolate(tg.ones(1, 1, 3), 2, mode="cubic"), ValueError, "mode must be"),
    (lambda: F.fold(tg.ones(1, 5, 4), (3, 3), 2), ValueError, "multiple"),
    (lambda: F.fold(tg.ones(1, 4, 5), (3, 3), 2), ValueError, "(1, 4, 4)"),
    (lambda: F.unfold(tg.ones(1, 1, 3, 3), 4), ValueError, "larger"),
    (lambda: F.unfold(tg.ones(1, 1, 3, 3), 0), ValueError, "unfold"),
    (lambda: F.grid_sample(tg.ones(1, 1, 2, 2), tg.ones(1, 2, 2, 3)), ValueError, "grid_sample"),
    (lambda: F.grid_sample(tg.ones(1, 1, 0, 2), tg.ones(1, 2, 2, 2)), ValueError, "no pixels"),
    (lambda: F.affine_grid(tg.ones(1, 2, 3), (2, 1, 3, 3)), ValueError, "theta"),
    (lambda: tg.pixel_shuffle(tg.ones(1, 3, 2, 2), 2), ValueError, "3 channels"),
    (lambda: tg.pixel_unshuffle(tg.ones(1, 3, 2), 0), ValueError, "positive"),
    (lambda: tg.channel_shuffle(tg.ones(1, 3, 2, 2), 2), ValueError, "2 groups"),
    (lambda: F.pad(tg.ones(1, 3), (3, 0), "reflect"), ValueError, "too much"),
    (lambda: F.pad(tg.ones(1, 3), (-2, -1), "circular"), ValueError, "pad"),
    (lambda: F.pad(tg.ones(1, 3), (-2, -2)), ValueError, "negative size"),
    (lambda: F.pad(tg.ones(1, 3), (1 << 62, 1 << 62)), (ValueError, MemoryError), "pad"),
    (lambda: F.group_norm(tg.ones(1, 3), 2), ValueError, "2 must divide the 3 channels"),
    (lambda: F.instance_norm(tg.ones(2, 3, 1)), ValueError, "more than one value"),
    (lambda: F.local_response_norm(tg.ones(2, 3), 2), ValueError, "3D"),
    (lambda: F.embedding(tg.tensor([0]), tg.ones(2, 2), sparse=True), ValueError, "sparse"),
    (lambda: nn.Embedding(2, 2, sparse=True), ValueError, "sparse"),
    (lambda: nn.EmbeddingBag(2, 2, sparse=True), ValueError, "sparse"),
    (lambda: F.embedding(tg.tensor([-1]), tg.ones(2, 2)), IndexError, "-1"),
    (lambda: F.embedding_bag(tg.tensor([[9]]), tg.ones(2, 2)), IndexError, "[0, 2)"),
    (lambda: F.embedding_bag(tg.tensor([1]), tg.ones(2, 2)), ValueError, "offsets"),
    (
        lambda: F.embedding_bag(tg.tensor([1, 0]), tg.ones(2, 2), tg.tensor([1])),
        ValueError,
        "begin with 0",
    ),
    (
        lambda: F.embedding_bag(tg.tensor([1, 0]), tg.ones(2, 2), tg.tensor([0, 3])),
        ValueError,
        "3 after 0",
    ),
    (lambda: nn.CircularPad1d(1)(tg.ones(1, 1, 2, 2)), ValueError, "expected 2D or 3D"),
    (lambda: nn.InstanceNorm2d(3, affine=True)(tg.ones(1, 2, 2, 2)), ValueError, "3 channels"),
    (lambda: F.one_hot(tg.tensor([3]), 2), ValueError, "one_hot"),
]


@pytest.mark.parametrize(
    ("call", "kind", "text"), BAD, ids=lambda v: v if isinstance(v, str) else ""
)
def test_hostile_calls_are_refused_by_name(call, kind, text):
    with pytest.raises(kind) as caught:
        call()
    assert text in str(caught.value)


def test_one_hot_and_embedding_of_empty_input():
    expected = torch.nn.functional.one_hot(torch.tensor([[0, 2], [1, 0]]))
    assert F.one_hot(tg.tensor([[0, 2], [1, 0]])).tolist() == expected.tolist()
    assert tuple(F.embedding(tg.zeros(0, 2, dtype=tg.int64), tg.ones(3, 4)).shape) == (0, 2, 4)
    empty = F.embedding_bag(tg.zeros(0, dtype=tg.int64), tg.ones(3, 4), tg.tensor([0, 0]))
    assert empty.tolist() == [[0.0] * 4] * 2


@pytest.mark.parametrize("name", ["resample", "pad", "fold", "grid", "bags", "group", "rms"])
def test_gradients_are_the_same_bits_for_any_number_of_threads(name):
    rng = np.random.default_rng(1)

    def tensor(*shape: int) -> Any:
        return tg.from_numpy(rng.standard_normal(shape).astype("float32")).requires_grad_()

    inputs = {
        "resample": [tensor(2, 8, 40, 50)],
        "pad": [tensor(4, 4, 60, 70)],
        "fold": [tensor(2, 36, 50 * 60)],
        "grid": [tensor(2, 4, 40, 50), tensor(2, 60, 50, 2)],
        "bags": [tensor(300, 64)],
        "group": [tensor(8, 16, 30, 30), tensor(16)],
        "rms": [tensor(700, 200), tensor(200)],
    }[name]
    at = tg.from_numpy(rng.integers(0, 300, (500, 20)))
    call = {
        "resample": lambda x: F.interpolate(x, (70, 33), mode="bicubic"),
        "pad": lambda x: F.pad(x, (5, 9, 30, 2), "reflect"),
        "fold": lambda x: F.fold(x, (52, 62), 3),
        "grid": lambda x, grid: F.grid_sample(x, grid * 0.5, align_corners=False),
        "bags": lambda table: F.embedding_bag(at, table),
        "group": lambda x, weight: F.group_norm(x, 4, weight),
        "rms": lambda x, weight: F.rms_norm(x, [200], weight),
    }[name]
    found = []
    before = tg.get_num_threads()
    try:
        for threads in (1, 2, 5):
            tg.set_num_threads(threads)
            result = call(*inputs)
            result.square().sum().backward()
            found.append([array(result).tobytes(), *[array(x.grad).tobytes() for x in inputs]])
            for x in inputs:
                x.grad = None
    finally:
        tg.set_num_threads(before)
    assert found[0] == found[1] == found[2]
