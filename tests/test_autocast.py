"""autocast on the CPU, and GradScaler: which op computes in what, and where gradients arrive."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import quiet
from topograd import nn
from topograd.nn import functional as F

BF16, F32 = "bfloat16", "float32"


def dtype_name(value: Any) -> str:
    return str(value.dtype).rpartition(".")[2]


# ---------------------------------------------------------------- which op computes in what

# Calls on float32 tensors (f 4x4, v 4, im 1x4x4x4, vol 1x4x4x4x4, i 4 integers) and on their
# bfloat16 forms (b, im_b, vol_b).
CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "linear": lambda t, a: t.nn.functional.linear(a.f, a.f, a.v),
    "matmul": lambda t, a: a.f @ a.f,
    "matmul with a vector": lambda t, a: a.f @ a.v,
    "method matmul": lambda t, a: a.f.matmul(a.f),
    "mm": lambda t, a: t.mm(a.f, a.f),
    "bmm": lambda t, a: t.bmm(a.im[0], a.im[0]),
    "baddbmm": lambda t, a: t.baddbmm(a.im[0], a.im[0], a.im[0]),
    "addmm": lambda t, a: t.addmm(a.f, a.f, a.f),
    "mixed matmul": lambda t, a: a.f @ a.b,
    "einsum": lambda t, a: t.einsum("ij,jk->ik", a.f, a.f),
    "einsum of one": lambda t, a: t.einsum("ij->i", a.f),
    "tensordot": lambda t, a: t.tensordot(a.f, a.f, 1),
    "mv": lambda t, a: t.mv(a.f, a.v),
    "dot": lambda t, a: t.dot(a.v, a.v),
    "outer": lambda t, a: t.outer(a.v, a.v),
    "addmv": lambda t, a: t.addmv(a.v, a.f, a.v),
    "addr": lambda t, a: t.addr(a.f, a.v, a.v),
    "kron": lambda t, a: t.kron(a.f, a.f),
    "cdist": lambda t, a: t.cdist(a.b, a.b),
    "conv1d": lambda t, a: t.nn.functional.conv1d(a.im[0], t.ones(2, 4, 3)),
    "conv2d": lambda t, a: t.nn.functional.conv2d(a.im, t.ones(2, 4, 3, 3)),
    "conv2d same": lambda t, a: t.nn.functional.conv2d(a.im, t.ones(2, 4, 3, 3), padding="same"),
    "conv3d": lambda t, a: t.nn.functional.conv3d(a.vol, t.ones(2, 4, 3, 3, 3)),
    "conv_transpose2d": lambda t, a: t.nn.functional.conv_transpose2d(a.im, t.ones(4, 2, 2, 2)),
    "attention": lambda t, a: t.nn.functional.scaled_dot_product_attention(a.im, a.im, a.im),
    "attention with mask": lambda t, a: t.nn.functional.scaled_dot_product_attention(
        a.im, a.im, a.im, attn_mask=t.zeros(4, 4)
    ),
    "prelu": lambda t, a: t.nn.PReLU()(a.f),
    "MultiheadAttention": lambda t, a: t.nn.MultiheadAttention(4, 2)(a.f, a.f, a.f)[0],
    "TransformerEncoderLayer": lambda t, a: t.nn.TransformerEncoderLayer(4, 2)(a.im[0]),
    "LSTM": lambda t, a: t.nn.LSTM(4, 4)(a.f)[0],
    "RNN": lambda t, a: t.nn.RNN(4, 4)(a.f)[0],
    "GRU": lambda t, a: t.nn.GRU(4, 4)(a.f)[0],
    "LSTMCell": lambda t, a: t.nn.LSTMCell(4, 4)(a.f)[0],
    "GRUCell": lambda t, a: t.nn.GRUCell(4, 4)(a.f),
    "layer_norm": lambda t, a: t.nn.LayerNorm(4)(a.b),
    "group_norm": lambda t, a: t.nn.GroupNorm(2, 4)(a.im_b),
    "batch_norm": lambda t, a: t.nn.BatchNorm2d(4)(a.im_b),
    "instance_norm": lambda t, a: t.nn.InstanceNorm2d(4, affine=True)(a.im_b),
    "rms_norm": lambda t, a: t.nn.RMSNorm(4)(a.b),
    "softmax": lambda t, a: a.b.softmax(0),
    "log_softmax": lambda t, a: a.b.log_softmax(0),
    "gelu": lambda t, a: t.nn.functional.gelu(a.b),
    "embedding": lambda t, a: t.nn.Embedding(5, 4)(a.i),
    "sum": lambda t, a: a.b.sum(),
    "mean": lambda t, a: a.b.mean(),
    "var": lambda t, a: a.b.var(),
    "norm": lambda t, a: a.b.norm(),
    "logsumexp": lambda t, a: a.b.logsumexp(0),
    "cumsum": lambda t, a: a.b.cumsum(0),
    "prod": lambda t, a: a.b.prod(),
    "quantile": lambda t, a: a.b.quantile(0.5),
    "trace": lambda t, a: a.b.trace(),
    "cross_entropy": lambda t, a: t.nn.functional.cross_entropy(a.b, a.i),
    "nll_loss": lambda t, a: t.nn.functional.nll_loss(a.b, a.i),
    "mse_loss": lambda t, a: t.nn.functional.mse_loss(a.b, a.f),
    "l1_loss": lambda t, a: t.nn.functional.l1_loss(a.b, a.b),
    "smooth_l1_loss": lambda t, a: t.nn.functional.smooth_l1_loss(a.b, a.b),
    "huber_loss": lambda t, a: t.nn.functional.huber_loss(a.b, a.b),
    "kl_div": lambda t, a: t.nn.functional.kl_div(a.b, a.b, reduction="sum"),
    "binary_cross_entropy": lambda t, a: t.nn.functional.binary_cross_entropy(
        a.b.sigmoid(), a.b.sigmoid()
    ),
    "binary_cross_entropy_with_logits": lambda t, a: (
        t.nn.functional.binary_cross_entropy_with_logits(a.b, a.b)
    ),
    "max_pool2d": lambda t, a: t.nn.functional.max_pool2d(a.im_b, 2),
    "avg_pool2d": lambda t, a: t.nn.functional.avg_pool2d(a.im_b, 2),
    "max_pool3d": lambda t, a: t.nn.functional.max_pool3d(a.vol_b, 2),
    "avg_pool3d": lambda t, a: t.nn.functional.avg_pool3d(a.vol_b, 2),
    "grid_sample": lambda t, a: t.nn.functional.grid_sample(
        a.im_b, t.zeros(1, 2, 2, 2).bfloat16(), align_corners=False
    ),
    "interpolate": lambda t, a: t.nn.functional.interpolate(a.im_b, scale_factor=2),
    "pad": lambda t, a: t.nn.functional.pad(a.im_b, (1, 1)),
    "add mixed": lambda t, a: a.f + a.b,
    "cat mixed": lambda t, a: t.cat([a.f, a.b]),
    "stack mixed": lambda t, a: t.stack([a.f, a.b]),
    "cat": lambda t, a: t.cat([a.b, a.b]),
    "double precision": lambda t, a: a.f.double() @ a.f.double(),
    "in place": lambda t, a: a.f.clone().add_(a.b),
}


class Inputs:
    """The tensors that CALLS use."""

    def __init__(self, library: Any) -> None:
        numbers = np.random.default_rng(3)

        def floats(*shape: int) -> Any:
            return library.tensor(numbers.random(shape).astype("float32"))

        self.f, self.v = floats(4, 4), floats(4)
        self.im, self.vol = floats(1, 4, 4, 4), floats(1, 4, 4, 4, 4)
        self.b, self.im_b, self.vol_b = (x.bfloat16() for x in (self.f, self.im, self.vol))
        self.i = library.tensor([0, 1, 2, 3])


@pytest.mark.parametrize("name", CALLS)
def test_an_op_gives_pytorchs_dtype_and_nearly_its_value(name: str) -> None:
    torch = pytest.importorskip("torch")
    results = []
    for library in (tg, torch):
        given = Inputs(library)
        library.manual_seed(0)
        with quiet(), library.autocast("cpu", dtype=library.bfloat16):
            results.append(CALLS[name](library, given))
    own, theirs = results
    assert dtype_name(own) == dtype_name(theirs)
    assert tuple(own.shape) == tuple(theirs.shape)
    layers = ("MultiheadAttention", "TransformerEncoderLayer", "embedding")
    if name not in layers and "RNN" not in name and "Cell" not in name and name not in (
        "LSTM", "GRU"
    ):  # fmt: skip
        np.testing.assert_allclose(
            own.detach().float().numpy(), theirs.detach().float().numpy(), rtol=0.02, atol=0.02
        )


@pytest.mark.parametrize(("name", "expected"), [("linear", BF16), ("mse_loss", F32), ("sum", BF16)])
def test_the_kinds_of_ops_without_pytorch(name: str, expected: str) -> None:
    with tg.autocast("cpu"):
        assert dtype_name(CALLS[name](tg, Inputs(tg))) == expected


def test_operators_methods_functions_and_modules_are_cast_alike() -> None:
    x, w = tg.ones(2, 3), tg.ones(3, 3)
    layer = nn.Linear(3, 3)
    with tg.autocast("cpu", dtype=tg.bfloat16):
        results = [x @ w, x.matmul(w), x.mm(w), tg.matmul(x, w), F.linear(x, w), layer(x)]
        assert {dtype_name(one) for one in results} == {BF16}
    assert dtype_name(x @ w) == F32


# ---------------------------------------------------------------- contexts


def test_contexts_nest_and_are_undone_by_errors() -> None:
    x = tg.ones(2, 2)
    with tg.autocast("cpu"):
        assert dtype_name(x @ x) == BF16
        with tg.autocast("cpu", enabled=False):
            assert dtype_name(x @ x) == F32
            with tg.autocast("cpu", dtype=tg.float16):
                assert dtype_name(x @ x) == "float16"
                assert tg.get_autocast_dtype("cpu") == tg.float16
        assert dtype_name(x @ x) == BF16
    with pytest.raises(ZeroDivisionError), tg.autocast("cpu"):
        raise ZeroDivisionError
    assert dtype_name(x @ x) == F32
    assert not tg.is_autocast_cpu_enabled()


def test_one_context_may_be_entered_again() -> None:
    context = tg.autocast("cpu")
    with context, context:
        pass
    assert not tg.is_autocast_enabled("cpu")
    with context:
        assert tg.is_autocast_enabled("cpu")


def test_it_decorates_functions_and_forward() -> None:
    @tg.autocast("cpu", dtype=tg.bfloat16)
    def product(x: tg.Tensor) -> tg.Tensor:
        return x @ x

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)

        @tg.amp.autocast("cpu")
        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return self.layer(x)

    assert dtype_name(product(tg.ones(2, 2))) == BF16
    assert dtype_name(Net()(tg.ones(1, 2))) == BF16
    assert dtype_name(tg.ones(2, 2) @ tg.ones(2, 2)) == F32


def test_other_devices_warn_and_do_nothing() -> None:
    with pytest.warns(UserWarning, match="no cuda device"), tg.autocast("cuda"):
        assert dtype_name(tg.ones(2, 2) @ tg.ones(2, 2)) == F32
    with pytest.warns(UserWarning, match="no cuda device"):
        tg.cuda.amp.autocast()
    with pytest.warns(UserWarning, match="float32"), tg.autocast("cpu", dtype=tg.float32):
        assert not tg.is_autocast_cpu_enabled()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with tg.autocast("cpu"), tg.autocast("cuda", enabled=False):
            assert tg.is_autocast_cpu_enabled()
    with pytest.raises(RuntimeError, match="device_type"):
        tg.autocast("toaster")
    with pytest.raises(ValueError, match="device_type"):
        tg.autocast(3)
    with pytest.raises(TypeError):
        tg.autocast("cpu", dtype="bfloat16")
    assert tg.get_autocast_gpu_dtype() == tg.float16


def test_switches_without_a_context() -> None:
    tg.set_autocast_enabled("cpu", True)
    try:
        assert tg.is_autocast_cpu_enabled()
    finally:
        tg.set_autocast_cpu_enabled(False)
    tg.set_autocast_dtype("cpu", tg.float16)
    try:
        with tg.autocast("cpu"):
            assert dtype_name(tg.ones(1, 1) @ tg.ones(1, 1)) == "float16"
    finally:
        tg.set_autocast_dtype("cpu", tg.bfloat16)
    with pytest.raises(tg.DeviceError):
        tg.set_autocast_enabled("cuda", True)
    with pytest.raises(TypeError):
        tg._C.set_autocast(3)


# ---------------------------------------------------------------- gradients


def test_gradients_arrive_in_float32_and_are_near_those_without() -> None:
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.standard_normal((8, 3, 6, 6)).astype("float32"))
    target = tg.tensor(rng.integers(0, 4, 8))
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, 4)
    )
    other = copy.deepcopy(model)
    with tg.autocast("cpu", dtype=tg.bfloat16):
        out = model(x)
        loss = F.cross_entropy(out, target)
    assert dtype_name(out) == BF16
    assert dtype_name(loss) == F32
    loss.backward()
    F.cross_entropy(other(x), target).backward()
    for one, two in zip(model.parameters(), other.parameters(), strict=True):
        assert dtype_name(one) == dtype_name(one.grad) == F32
        scale = two.grad.abs().max().item() + 1e-3
        assert (one.grad - two.grad).abs().max().item() <= 0.05 * scale + 1e-3


def test_a_parameter_used_twice_gets_the_sum() -> None:
    w = tg.ones(2, 2, requires_grad=True)
    x = tg.ones(2, 2)
    with tg.autocast("cpu"):
        y = (x @ w) + (x @ w)
    y.float().sum().backward()
    assert w.grad.tolist() == [[4.0, 4.0], [4.0, 4.0]]


def test_backward_inside_the_context_is_that_outside() -> None:
    gradients = []
    for inside in (True, False):
        w = tg.tensor([[1.01, 2.02], [3.03, 4.04]], requires_grad=True)
        with tg.autocast("cpu"):
            loss = ((tg.ones(2, 2) @ w) * (w * w)).sum()
            if inside:
                loss.backward()
        if not inside:
            loss.backward()
        gradients.append(w.grad.tolist())
    assert gradients[0] == gradients[1]


def test_checkpoint_runs_again_under_the_same_autocast() -> None:
    layer = nn.Linear(4, 4)
    x = tg.randn(2, 4)

    def part(x: tg.Tensor) -> tg.Tensor:
        return layer(layer(x).relu())

    gradients = []
    for run in (part, lambda x: tg.utils.checkpoint.checkpoint(part, x, use_reentrant=False)):
        layer.zero_grad()
        with tg.autocast("cpu"):
            loss = F.mse_loss(run(x), x)
        loss.backward()
        gradients.append(layer.weight.grad.tolist())
    assert gradients[0] == gradients[1]


def test_custom_functions_say_how_they_are_cast() -> None:
    seen: list[Any] = []

    class Square(tg.autograd.Function):
        @staticmethod
        @tg.amp.custom_fwd(device_type="cpu", cast_inputs=tg.float32)
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            seen.append((dtype_name(x), tg.is_autocast_enabled("cpu")))
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        @tg.amp.custom_bwd(device_type="cpu")
        def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
            seen.append(tg.is_autocast_enabled("cpu"))
            (x,) = ctx.saved_tensors
            return 2 * x * g

    class Plain(tg.autograd.Function):
        @staticmethod
        @tg.amp.custom_fwd(device_type="cpu")
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x @ x

        @staticmethod
        @tg.amp.custom_bwd(device_type="cpu")
        def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
            seen.append(tg.is_autocast_enabled("cpu"))
            return g.float()

    x = tg.ones(2, 2, requires_grad=True)
    with tg.autocast("cpu"):
        y = Square.apply(x.bfloat16())
        z = Plain.apply(x)
    (y.sum() + z.float().sum()).backward()
    assert (dtype_name(y), dtype_name(z)) == (F32, BF16)
    assert seen[0] == ("float32", False)
    assert sorted(seen[1:]) == [False, True]


def test_losses_fall_under_autocast() -> None:
    tg.manual_seed(0)
    x = tg.linspace(-1, 1, 64).reshape(64, 1)
    model = nn.Sequential(nn.Linear(1, 32), nn.Tanh(), nn.Linear(32, 1))
    optimizer = tg.optim.Adam(model.parameters(), lr=0.02)
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        with tg.autocast("cpu", dtype=tg.bfloat16):
            loss = F.mse_loss(model(x), x * x)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.01 < losses[0]


# ---------------------------------------------------------------- GradScaler


def scalers(**options: Any) -> list[tuple[Any, Any]]:
    """(library, scaler, parameter, optimizer) for topograd, and for PyTorch where installed."""
    libraries = [tg]
    try:
        import torch

        libraries.append(torch)
    except ImportError:
        pass
    return [(library, library.amp.GradScaler("cpu", **options)) for library in libraries]


def trace(library: Any, scaler: Any, overflows: list[bool]) -> list[Any]:
    """Scale, growth and the parameter after steps whose gradients overflow or not."""
    w = library.nn.Parameter(library.tensor([1.0, 2.0]))
    optimizer = library.optim.SGD([w], lr=0.1)
    history = []
    for overflow in overflows:
        optimizer.zero_grad()
        loss = (w * w).sum()
        scaler.scale(loss).backward()
        if overflow:
            w.grad[0] = float("inf")
        scaler.step(optimizer)
        scaler.update()
        history.append((scaler.get_scale(), scaler.state_dict()["_growth_tracker"], w.tolist()))
    return history


def test_scales_grow_and_shrink_as_pytorchs() -> None:
    overflows = [False, True, False, False, False, True, True, False, False]
    histories = [
        trace(library, scaler, overflows)
        for library, scaler in scalers(init_scale=64.0, growth_interval=2)
    ]
    assert histories[0][0][0] == 64.0
    assert histories[0][1][0] == 32.0
    for own, theirs in zip(histories[0], histories[-1], strict=True):
        assert own[:2] == theirs[:2]
        np.testing.assert_allclose(own[2], theirs[2], rtol=1e-6)


def test_unscaled_gradients_can_be_clipped() -> None:
    w = nn.Parameter(tg.tensor([3.0, 4.0]))
    optimizer = tg.optim.SGD([w], lr=1.0)
    scaler = tg.amp.GradScaler("cpu", init_scale=1024.0)
    scaler.scale((w * w).sum() / 2).backward()
    scaler.unscale_(optimizer)
    assert nn.utils.clip_grad_norm_([w], 1.0).item() == pytest.approx(5.0)
    scaler.step(optimizer)
    scaler.update()
    np.testing.assert_allclose(w.tolist(), [2.4, 3.2], rtol=1e-5)


def test_scale_takes_nested_outputs() -> None:
    scaler = tg.amp.GradScaler("cpu", init_scale=4.0)
    one, (two, three) = scaler.scale((tg.ones(1), [tg.ones(1), 2 * tg.ones(1)]))
    assert [one.item(), two.item(), three.item()] == [4.0, 4.0, 8.0]
    with pytest.raises(ValueError, match="tensor"):
        scaler.scale("text")


def test_steps_out_of_order_are_refused_as_in_pytorch() -> None:
    for library, scaler in scalers():
        w = library.nn.Parameter(library.ones(1))
        optimizer = library.optim.SGD([w], lr=0.1)
        with pytest.raises(AssertionError):
            scaler.scale(w.sum()) is None or scaler.update()
        with pytest.raises(AssertionError):
            scaler.step(optimizer)
        scaler = library.amp.GradScaler("cpu")
        scaler.scale(w.sum()).backward()
        scaler.unscale_(optimizer)
        with pytest.raises(RuntimeError):
            scaler.unscale_(optimizer)
        scaler.step(optimizer)
        with pytest.raises(RuntimeError):
            scaler.step(optimizer)
        with pytest.raises(RuntimeError):
            scaler.unscale_(optimizer)
        scaler.update()
        with pytest.raises(RuntimeError):
            scaler.step(optimizer, closure=lambda: 1.0)
        half = library.nn.Parameter(library.ones(1, dtype=library.float16))
        half.grad = library.ones(1, dtype=library.float16)
        with pytest.raises(ValueError, match="FP16"):
            scaler.unscale_(library.optim.SGD([half], lr=0.1))


def test_the_state_of_a_scaler_is_saved_and_loaded() -> None:
    first = tg.amp.GradScaler("cpu", init_scale=8.0, growth_interval=3)
    trace(tg, first, [False, False])
    state = first.state_dict()
    assert {k: v for k, v in state.items() if k == "scale"} == {"scale": 8.0}
    second = tg.amp.GradScaler("cpu")
    second.load_state_dict(state)
    assert second.state_dict() == state
    assert trace(tg, second, [False])[0][0] == 16.0
    with pytest.raises(RuntimeError, match="empty"):
        second.load_state_dict({})
    second.update(new_scale=2.0)
    assert second.get_scale() == 2.0
    for name in ("growth_factor", "backoff_factor", "growth_interval"):
        getattr(second, f"set_{name}")(7)
        assert getattr(second, f"get_{name}")() == 7


def test_a_disabled_scaler_passes_everything_through() -> None:
    with pytest.warns(UserWarning, match="no cuda device"):
        scaler = tg.cuda.amp.GradScaler()
    assert not scaler.is_enabled()
    w = nn.Parameter(tg.ones(1))
    optimizer = tg.optim.SGD([w], lr=0.5)
    loss = w.sum()
    assert scaler.scale(loss) is loss
    loss.backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert (w.item(), scaler.get_scale(), scaler.state_dict()) == (0.5, 1.0, {})
    scaler.load_state_dict({})
    for wrong in ({"growth_factor": 1.0}, {"backoff_factor": 1.0}):
        with pytest.raises(AssertionError):
            tg.amp.GradScaler("cpu", **wrong)
