"""Lazy layers, and uninitialized parameters and buffers, beside PyTorch."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

torch = pytest.importorskip("torch")

NAMES = sorted(name for name in nn.__all__ if name.startswith("Lazy"))
ARGUMENTS = {"Linear": (3,), "Conv": (4, 3), "Norm": ()}
SHAPES = {"1d": (2, 4, 7), "2d": (2, 4, 7, 6), "3d": (2, 4, 5, 6, 4)}


def pair(name: str) -> tuple[Any, Any, Any]:
    args = next(given for part, given in ARGUMENTS.items() if part in name)
    shape = next((shape for part, shape in SHAPES.items() if name.endswith(part)), (2, 4))
    x = np.sin(np.arange(np.prod(shape))).reshape(shape).astype(np.float32)
    return getattr(nn, name)(*args), getattr(torch.nn, name)(*args), x


def to_tg(state: Any) -> dict[str, Any]:
    return {key: tg.from_numpy(value.detach().numpy().copy()) for key, value in state.items()}


@pytest.mark.parametrize("name", NAMES)
def test_the_first_call_makes_an_ordinary_layer(name: str) -> None:
    ours, theirs, x = pair(name)
    assert list(ours._parameters) == list(theirs._parameters)
    assert list(ours._buffers) == list(theirs._buffers)
    assert ours.has_uninitialized_params()
    assert type(ours).__name__ == name
    first = theirs(torch.from_numpy(x))
    ours(tg.from_numpy(x))
    assert type(ours) is getattr(nn, name.removeprefix("Lazy"))
    assert repr(ours) == repr(theirs)
    assert not ours._forward_pre_hooks
    assert not ours._load_state_dict_pre_hooks
    assert type(ours.weight) is nn.Parameter
    for key, value in theirs.state_dict().items():
        assert tuple(ours.state_dict()[key].shape) == tuple(value.shape)
    if "Norm" not in name:
        ours.load_state_dict(to_tg(theirs.state_dict()))
        again = ours(tg.from_numpy(x))
        np.testing.assert_allclose(again.detach().numpy(), first.detach().numpy(), atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_a_loaded_state_gives_the_shapes(name: str) -> None:
    ours, theirs, x = pair(name)
    theirs(torch.from_numpy(x))
    state = to_tg(theirs.state_dict())
    assert repr(ours.load_state_dict(state)) == "<All keys matched successfully>"
    assert not ours.has_uninitialized_params()
    expected = theirs.eval()(torch.from_numpy(x)).detach().numpy()
    np.testing.assert_allclose(
        ours.eval()(tg.from_numpy(x)).detach().numpy(), expected, rtol=1e-4, atol=1e-5
    )
    assert type(ours) is getattr(nn, name.removeprefix("Lazy"))
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("name", NAMES)
def test_constructors_take_pytorchs_arguments(name: str) -> None:
    def arguments(kind: Any) -> Any:
        parameters = inspect.signature(kind.__init__).parameters
        return [(key, one.default, one.kind) for key, one in parameters.items()]

    assert arguments(getattr(nn, name)) == arguments(getattr(torch.nn, name))


@pytest.mark.parametrize("name", NAMES)
def test_options_are_kept(name: str) -> None:
    if "Norm" in name:
        bare = getattr(nn, name)(affine=False, track_running_stats=False)
        assert not list(bare.parameters())
        assert not list(bare.buffers())
        bare(tg.from_numpy(pair(name)[2]))
        assert getattr(nn, name)(bias=False).bias is None
        return
    args = next(given for part, given in ARGUMENTS.items() if part in name)
    layer = getattr(nn, name)(*args, bias=False, dtype=tg.float64)
    layer(tg.from_numpy(pair(name)[2].astype(np.float64)))
    assert layer.bias is None
    assert layer.weight.dtype == tg.float64


def test_a_lazy_model_can_be_copied_moved_saved_and_frozen_before_its_first_call() -> None:
    net = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    net.to(tg.float64)
    assert net[0].weight.dtype == tg.float64
    net.requires_grad_(False)
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):  # noqa: S301
        assert isinstance(other[0].weight, nn.UninitializedParameter)
        assert isinstance(other[1].running_mean, nn.UninitializedBuffer)
        other(tg.ones(2, 5, dtype=tg.float64))
        assert tuple(other[0].weight.shape) == (3, 5)
        assert other[0].weight.dtype == tg.float64
        assert not other[0].weight.requires_grad
    state = net.state_dict()
    assert isinstance(state["0.weight"], nn.UninitializedParameter)
    fresh = nn.Sequential(nn.LazyLinear(3), nn.LazyBatchNorm1d())
    fresh.load_state_dict(state)
    assert fresh[0].has_uninitialized_params()
    ready = nn.Sequential(nn.Linear(5, 3), nn.BatchNorm1d(3))
    with pytest.raises(RuntimeError, match=r"0\.weight is uninitialized in the checkpoint"):
        ready.load_state_dict(state)


def test_uninitialized_members_have_no_shape() -> None:
    for member in (nn.UninitializedParameter(), nn.UninitializedBuffer()):
        for ask in (lambda m=member: m.shape, lambda m=member: m.size(), member.numel):
            with pytest.raises(RuntimeError, match=r"Can't access the .* of an uninitialized"):
                ask()
        assert repr(member) == f"<{type(member).__name__}>"
        for compute in (
            lambda m=member: m + 1,
            lambda m=member: 2 * m,
            lambda m=member: m.exp(),
            lambda m=member: m.add_(1),
            lambda m=member: m[0],
            lambda m=member: nn.utils.parameters_to_vector([m]),
        ):
            with pytest.raises(ValueError, match="attempted to use an uninitialized parameter"):
                compute()
    parameter = nn.UninitializedParameter(requires_grad=False, dtype=tg.float64)
    parameter.materialize((2, 3))
    assert type(parameter) is nn.Parameter
    assert tuple(parameter.shape) == (2, 3)
    assert parameter.dtype == tg.float64
    assert not parameter.requires_grad
    assert parameter.grad is None
    buffer = nn.UninitializedBuffer(persistent=False)
    module = nn.Module()
    module.mean = buffer
    assert list(module._buffers) == ["mean"]
    assert not module.state_dict()
    buffer.materialize((4,), dtype=tg.int64)
    assert buffer.dtype == tg.int64
    assert type(buffer) is tg.Tensor


def test_own_lazy_modules_and_their_mistakes() -> None:
    class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.UninitializedParameter()

        def initialize_parameters(self, x: Any, *, power: int = 1) -> None:
            if power < 3:
                self.factor.materialize(x.shape[-1:])
                nn.init.constant_(self.factor, power)

        def forward(self, x: Any, *, power: int = 1) -> Any:
            return x * self.factor

    assert Scale()(tg.ones(1, 3), power=2).tolist() == [[2.0, 2.0, 2.0]]
    with pytest.raises(RuntimeError, match="has not been fully initialized"):
        Scale()(tg.ones(1), power=3)

    class Nothing(nn.modules.lazy.LazyModuleMixin, nn.Module):  # type: ignore[name-defined, misc]
        pass

    with pytest.raises(NotImplementedError, match="initialize_parameters is not implemented"):
        Nothing()(tg.ones(1))


def test_lazy_layers_refuse_what_can_not_be() -> None:
    with pytest.raises(RuntimeError, match=r"Expected 3D \(unbatched\) or 4D"):
        nn.LazyConv2d(4, 3)(tg.ones(4, 4))
    with pytest.raises(ValueError, match="in_channels must be divisible by groups"):
        nn.LazyConv1d(4, 3, groups=2)(tg.ones(2, 3, 8))
