"""nn.utils beside PyTorch's: parametrizations, norms of weights, fusion, stateless calls."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import topograd as tg
from test_parity_module import data, filled, numbers
from topograd import nn

torch = pytest.importorskip("torch")
pytest.importorskip("torch.nn.utils.prune")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


def close(ours: Any, theirs: Any, tolerance: float = 1e-5) -> None:
    np.testing.assert_allclose(
        np.array(ours.detach().numpy()), np.array(theirs.detach().numpy()), atol=tolerance
    )


def exchange(ours: Any, theirs: Any) -> None:
    """Gives ours the state of theirs, and theirs that of ours: the names are the same."""
    state = theirs.state_dict()
    assert list(ours.state_dict()) == list(state)
    copies = {key: tg.from_numpy(value.detach().numpy().copy()) for key, value in state.items()}
    ours.load_state_dict(copies)
    back = {key: torch.from_numpy(np.array(v.numpy())) for key, v in ours.state_dict().items()}
    theirs.load_state_dict(back)


def compare(
    ours: Any, theirs: Any, *shape: int, tolerance: float = 1e-5, second_order: bool = True
) -> None:
    """Outputs, gradients, and gradients of gradients."""
    results = []
    for lib, module in ((tg, ours), (torch, theirs)):
        x = data(lib, *shape).requires_grad_()
        y = module(x)
        inputs = [x, *module.parameters()]
        first = lib.autograd.grad((y * y).sum(), inputs, create_graph=True, allow_unused=True)
        second = []
        if second_order:
            square = sum((g * g).sum() for g in first if g is not None)
            second = lib.autograd.grad(square, inputs, allow_unused=True)
        results.append([y, *first, *second])
    for our, their in zip(*results, strict=True):
        assert (our is None) == (their is None)
        if our is not None:
            close(our, their, tolerance * max(1.0, their.detach().abs().max().item()))


LAYERS = [
    ("Linear", (3, 4), (5, 3)),
    ("Conv1d", (2, 3, 3), (2, 2, 6)),
    ("Conv2d", (2, 3, 2), (1, 2, 4, 4)),
]


@pytest.mark.parametrize(("name", "args", "shape"), LAYERS)
@pytest.mark.parametrize("dim", [0, 1, None])
@pytest.mark.parametrize("form", ["parametrizations", "legacy"])
def test_weight_norm(name: str, args: Any, shape: Any, dim: Any, form: str) -> None:
    if form == "legacy" or dim is not None:
        pair = []
        for lib in (tg, torch):
            owner = lib.nn.utils.parametrizations if form == "parametrizations" else lib.nn.utils
            layer = filled(lib, getattr(lib.nn, name)(*args))
            pair.append(owner.weight_norm(layer, dim=dim))
        exchange(*pair)
        # With a dim PyTorch's second derivatives are wrong: its own gradgradcheck says so.
        compare(*pair, *shape, second_order=dim is None)
        for lib, layer in zip((tg, torch), pair, strict=True):
            if form == "legacy":
                lib.nn.utils.remove_weight_norm(layer)
            else:
                lib.nn.utils.parametrize.remove_parametrizations(layer, "weight")
            assert type(layer).__name__ == name
        exchange(*pair)
        compare(*pair, *shape)


@pytest.mark.parametrize(("name", "args", "shape"), LAYERS)
@pytest.mark.parametrize("form", ["parametrizations", "legacy"])
@pytest.mark.parametrize("dim", [None, 1])
def test_spectral_norm(name: str, args: Any, shape: Any, form: str, dim: Any) -> None:
    pair = []
    for lib in (tg, torch):
        owner = lib.nn.utils.parametrizations if form == "parametrizations" else lib.nn.utils
        layer = filled(lib, getattr(lib.nn, name)(*args))
        pair.append(owner.spectral_norm(layer, n_power_iterations=2, dim=dim))
    exchange(*pair)
    for training in (True, False):
        for layer in pair:
            layer.train(training)
        compare(*pair, *shape)
    exchange(*pair)
    for _ in range(100):
        pair[0].train()(data(tg, *shape))
    rows = np.moveaxis(pair[0].weight.detach().numpy(), dim or 0, 0)
    sigma = np.linalg.svd(rows.reshape(rows.shape[0], -1))[1]
    assert abs(sigma.max() - 1) < 1e-2
    for lib, layer in zip((tg, torch), pair, strict=True):
        if form == "legacy":
            lib.nn.utils.remove_spectral_norm(layer)
        else:
            lib.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    assert list(pair[0].state_dict()) == list(pair[1].state_dict())


@pytest.mark.parametrize("form", ["parametrizations", "legacy"])
def test_hooks_of_norms_refuse_what_can_not_be(form: str) -> None:
    for lib in (tg, torch):
        owner = lib.nn.utils.parametrizations if form == "parametrizations" else lib.nn.utils
        with pytest.raises(ValueError, match="Expected n_power_iterations to be positive"):
            owner.spectral_norm(lib.nn.Linear(2, 2), n_power_iterations=0)
        if form == "legacy":
            with pytest.raises(RuntimeError, match="Cannot register two weight_norm hooks"):
                owner.weight_norm(owner.weight_norm(lib.nn.Linear(2, 2)))
            with pytest.raises(RuntimeError, match="Cannot register two spectral_norm hooks"):
                owner.spectral_norm(owner.spectral_norm(lib.nn.Linear(2, 2)))
            with pytest.raises(ValueError, match="weight_norm of 'weight' not found"):
                owner.remove_weight_norm(lib.nn.Linear(2, 2))
            with pytest.raises(ValueError, match="spectral_norm of 'weight' not found"):
                owner.remove_spectral_norm(lib.nn.Linear(2, 2))
        else:
            with pytest.raises(ValueError, match="has no parameter or buffer with name"):
                owner.spectral_norm(lib.nn.Linear(2, 2), "absent")
            with pytest.raises(IndexError, match="Dimension out of range"):
                owner.spectral_norm(lib.nn.Linear(2, 2), dim=2)


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_weight_norm_has_the_right_second_derivatives(dim: int) -> None:
    made = nn.utils.parametrizations._WeightNorm(dim)
    g = tg.from_numpy(np.arange(1.0, 4.0)).reshape(*{0: (3, 1), 1: (1, 3), -1: (3, 1)}[dim])
    v = tg.from_numpy(np.cos(np.arange(9.0)).reshape(3, 3))
    assert tg.testing.gradgradcheck(made, (g.requires_grad_(), v.requires_grad_()))


def test_states_of_the_older_weight_norm_load() -> None:
    old = nn.utils.weight_norm(filled(tg, nn.Linear(3, 2)))
    new = nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))
    new.load_state_dict(old.state_dict())
    close(new.weight, old.weight)


@pytest.mark.parametrize("size", [(4, 4), (3, 5), (5, 3)])
@pytest.mark.parametrize("kind", [None, "matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("trivial", [True, False])
def test_orthogonal(size: Any, kind: Any, trivial: bool) -> None:
    pair = []
    for lib in (tg, torch):
        layer = filled(lib, lib.nn.Linear(*size))
        lib.nn.init.orthogonal_(layer.weight)
        mapped = lib.nn.utils.parametrizations.orthogonal
        before = layer.weight.detach().clone()
        if not trivial and kind in ("matrix_exp", "cayley"):
            registered = mapped(layer, "weight", kind, use_trivialization=False)
            with pytest.raises(NotImplementedError, match="It is not possible to assign"):
                registered.weight = before
            w = registered.weight.detach().numpy()
            product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
            np.testing.assert_allclose(product, np.eye(min(w.shape)), atol=1e-5)
            continue
        if not trivial and kind is None and size == (4, 4):
            continue
        pair.append(mapped(layer, "weight", kind, use_trivialization=trivial))
        close(pair[-1].weight, torch.from_numpy(np.array(before.numpy())), 1e-5)
    if len(pair) == 2:
        exchange(*pair)
        with tg.no_grad(), torch.no_grad():
            for lib, layer in zip((tg, torch), pair, strict=True):
                original = layer.parametrizations.weight.original
                step = data(lib, *original.shape) * 0.3
                diagonal = lib.eye(*original.shape[-2:])
                original.add_(step * (1 - diagonal))
        compare(*pair, 2, size[0], tolerance=1e-4)
        w = pair[0].weight.detach().numpy()
        product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
        np.testing.assert_allclose(product, np.eye(min(w.shape)), atol=1e-5)


def test_orthogonal_takes_what_is_not_orthogonal_and_refuses_vectors() -> None:
    layer = nn.Linear(3, 3)
    nn.utils.parametrizations.orthogonal(layer)
    layer.weight = tg.tensor([[2.0, 0, 0], [0, 3.0, 0], [0, 0, 1.0]])
    close(layer.weight, torch.eye(3))
    with pytest.raises(ValueError, match="Expected a matrix or batch of matrices"):
        nn.utils.parametrizations.orthogonal(nn.Linear(3, 3), "bias")
    with pytest.raises(ValueError, match="orthogonal_map has to be one of"):
        nn.utils.parametrizations.orthogonal(nn.Linear(3, 3), "weight", "other")


def test_matrix_exp_and_inverse_are_accurate_and_have_all_derivatives() -> None:
    from topograd.nn.utils import orthogonal_maps

    generator = np.random.default_rng(0)
    for scale in (0.0, 0.1, 3.0, 40.0):
        a = generator.normal(size=(2, 4, 4)) * scale
        ours = orthogonal_maps.matrix_exp(tg.from_numpy(a)).numpy()
        theirs = torch.matrix_exp(torch.from_numpy(a)).numpy()
        np.testing.assert_allclose(
            ours, theirs, rtol=1e-9 * max(scale, 1), atol=1e-14 * np.abs(theirs).max()
        )
    x = tg.from_numpy(generator.normal(size=(3, 3)) + 3 * np.eye(3))
    for function in (orthogonal_maps.inverse, orthogonal_maps.by_cayley):
        assert tg.testing.gradcheck(function, (x.requires_grad_(),))
        assert tg.testing.gradgradcheck(function, (x,))
    start = (x.detach() * 0.1 + tg.eye(3, dtype=x.dtype)).requires_grad_()
    for function in (orthogonal_maps.by_reflections, orthogonal_maps.by_exponential):
        assert tg.testing.gradgradcheck(function, (start,))


# parametrize -----------------------------------------------------------------------------------


def parts(lib: Any) -> Any:
    class Symmetric(lib.nn.Module):
        def forward(self, x: Any) -> Any:
            return x.triu() + x.triu(1).mT

        def right_inverse(self, x: Any) -> Any:
            return x.triu()

    class Double(lib.nn.Module):
        def forward(self, x: Any) -> Any:
            return 2 * x

        def right_inverse(self, x: Any) -> Any:
            return x / 2

    class NoInverse(lib.nn.Module):
        def forward(self, x: Any) -> Any:
            return x + 1

    class Product(lib.nn.Module):
        def forward(self, a: Any, b: Any) -> Any:
            return a @ b

        def right_inverse(self, x: Any) -> Any:
            return x.clone(), lib.eye(x.shape[1])

    return Symmetric(), Double(), NoInverse(), Product()


def parametrized(lib: Any) -> Any:
    p = lib.nn.utils.parametrize
    symmetric, double, no_inverse, _ = parts(lib)
    layer = filled(lib, lib.nn.Linear(3, 3))
    bias = layer.bias
    found = [p.is_parametrized(layer), p.type_before_parametrizations(layer).__name__]
    p.register_parametrization(layer, "weight", symmetric)
    p.register_parametrization(layer, "weight", double)
    p.register_parametrization(layer, "bias", no_inverse)
    found += [type(layer).__name__, p.type_before_parametrizations(layer).__name__, repr(layer)]
    found += [p.is_parametrized(layer, "weight"), p.is_parametrized(layer, "absent")]
    found += [[n for n, _ in layer.named_parameters()], list(layer.state_dict()), layer.weight]
    found += [layer.parametrizations.bias.original is bias, layer.bias, layer(data(lib, 2, 3))]
    layer.weight = lib.ones(3, 3)
    found += [layer.weight, layer.parametrizations.weight.original]
    with pytest.raises(RuntimeError, match="does not implement right_inverse"):
        layer.bias = lib.ones(3)
    with p.cached():
        found.append(layer.weight is layer.weight)
    found.append(layer.weight is layer.weight)
    with pytest.raises(RuntimeError, match="Serialization of parametrized modules is only"):
        pickle.dumps(layer)
    twin = copy.deepcopy(layer)
    found += [twin.weight, type(twin).__name__]
    p.remove_parametrizations(layer, "bias", leave_parametrized=False)
    found += [layer.bias is bias, layer.bias, type(layer).__name__]
    p.remove_parametrizations(layer, "weight")
    found += [type(layer).__name__, layer.weight, repr(layer), hasattr(layer, "parametrizations")]
    found += [isinstance(layer.weight, lib.nn.Parameter)]
    return found


def several_originals(lib: Any) -> Any:
    p = lib.nn.utils.parametrize
    layer = filled(lib, lib.nn.Linear(3, 2))
    p.register_parametrization(layer, "weight", parts(lib)[3])
    found = [list(layer.state_dict()), layer.weight]
    with pytest.raises(ValueError, match="Cannot leave unparametrized"):
        p.remove_parametrizations(layer, "weight", leave_parametrized=False)
    other = filled(lib, lib.nn.Linear(3, 2))
    p.transfer_parametrizations_and_params(layer, other)
    found += [other.weight, list(other.state_dict())]
    p.remove_parametrizations(layer, "weight")
    return [*found, layer.weight, isinstance(layer.weight, lib.nn.Parameter)]


def of_buffers(lib: Any) -> Any:
    p = lib.nn.utils.parametrize
    norm = lib.nn.BatchNorm1d(3)
    p.register_parametrization(norm, "running_var", parts(lib)[2])
    found = [[name for name, _ in norm.named_buffers()], norm.running_var]
    p.remove_parametrizations(norm, "running_var")
    return [*found, norm.running_var, list(norm.state_dict())]


def refused(lib: Any) -> Any:
    p = lib.nn.utils.parametrize

    class Changes(lib.nn.Module):
        def forward(self, x: Any) -> Any:
            return x[:1]

    texts = []
    for attempt in (
        lambda: p.register_parametrization(lib.nn.Linear(2, 2), "absent", lib.nn.Identity()),
        lambda: p.register_parametrization(lib.nn.Linear(2, 2), "weight", Changes()),
        lambda: p.remove_parametrizations(lib.nn.Linear(2, 2), "weight"),
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            attempt()
        texts.append(type(caught.value).__name__)
    layer = lib.nn.Linear(2, 2)
    p.register_parametrization(layer, "weight", Changes(), unsafe=True)
    return texts, tuple(layer.weight.shape)


@pytest.mark.parametrize("scenario", [parametrized, several_originals, of_buffers, refused])
def test_parametrizations_are_pytorchs(scenario: Any) -> None:
    assert numbers(scenario(tg)) == numbers(scenario(torch))


def test_a_parameter_may_be_assigned_to_a_parametrized_name() -> None:
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    layer.weight = nn.Parameter(tg.ones(2, 2))
    close(layer.weight, torch.ones(2, 2))
    assert "weight" not in layer._parameters
    with pytest.raises(TypeError, match="cannot assign int to parametrized 'weight'"):
        layer.weight = 3


def test_removing_from_a_copy_leaves_the_original_as_it_was() -> None:
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))
    other = copy.deepcopy(layer)
    nn.utils.parametrize.remove_parametrizations(other, "weight")
    assert nn.utils.parametrize.is_parametrized(layer, "weight")
    assert tuple(layer.weight.shape) == (2, 2)


# Fusion and the rest ---------------------------------------------------------------------------


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_fusion_with_batch_norm(affine: bool, bias: bool) -> None:
    for name, args, shape, norm in (
        ("Conv1d", (2, 4, 3), (2, 2, 6), "BatchNorm1d"),
        ("Conv2d", (2, 4, 2), (2, 2, 4, 4), "BatchNorm2d"),
        ("Linear", (3, 4), (5, 3), "BatchNorm1d"),
    ):
        if name == "Linear" and not affine:
            continue  # PyTorch needs weights there
        fused = []
        for lib in (tg, torch):
            layer = filled(lib, getattr(lib.nn, name)(*args, bias=bias))
            bn = filled(lib, getattr(lib.nn, norm)(4, affine=affine))
            bn.running_mean.copy_(data(lib, 4))
            bn.running_var.copy_(data(lib, 4).abs() + 0.5)
            fuse = (
                lib.nn.utils.fuse_linear_bn_eval
                if name == "Linear"
                else (lib.nn.utils.fuse_conv_bn_eval)
            )
            with pytest.raises((ValueError, AssertionError), match=r"(?i)eval"):
                fuse(layer, bn)
            layer.eval()
            bn.eval()
            fused.append(fuse(layer, bn))
            close(fused[-1](data(lib, *shape)), bn(layer(data(lib, *shape))))
        exchange(*fused)
        assert repr(fused[0]) == repr(fused[1])


def stateless_calls(lib: Any) -> Any:
    net = lib.nn.Module()
    net.a = lib.nn.Linear(2, 2)
    net.b = lib.nn.Linear(2, 2)
    net.b.weight = net.a.weight
    net.forward = lambda x: net.b(net.a(x))
    filled(lib, net)
    call, x = lib.func.functional_call, data(lib, 1, 2)
    found = [call(net, {"a.weight": lib.ones(2, 2)}, x)]
    found.append(call(net, {"a.weight": lib.ones(2, 2)}, (x,), tie_weights=False))
    found.append(call(net, ({"a.bias": lib.ones(2)}, {"b.bias": lib.zeros(2)}), (x,)))
    every = {name: lib.ones(*p.shape) for name, p in net.named_parameters()}
    found.append(call(net, every, (), {"x": x}, strict=True))
    for attempt, error in (
        (lambda: call(net, {"a.weight": lib.ones(2, 2)}, x, strict=True), RuntimeError),
        (lambda: call(net, ({"a.bias": x}, {"a.bias": x}), x), ValueError),
        (
            lambda: call(net, {"a.weight": lib.ones(2, 2), "b.weight": lib.zeros(2, 2)}, x),
            ValueError,
        ),
    ):
        with pytest.raises(error):
            attempt()
    found.append(net(x))
    layer = lib.nn.utils.parametrizations.weight_norm(filled(lib, lib.nn.Linear(2, 2)))
    found.append(call(layer, {"parametrizations.weight.original0": lib.ones(2, 1)}, x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found.append(lib.nn.utils.stateless.functional_call(net, {"a.weight": lib.ones(2, 2)}, x))
    return found


def test_functional_calls_are_pytorchs() -> None:
    assert numbers(stateless_calls(tg)) == numbers(stateless_calls(torch))


def test_skip_init_draws_nothing_and_makes_the_shapes() -> None:
    tg.manual_seed(0)
    expected = tg.rand(1).item()
    tg.manual_seed(0)
    layer = nn.utils.skip_init(nn.Linear, 3, 2, dtype=tg.float64)
    assert tg.rand(1).item() == expected
    assert layer.weight.dtype == tg.float64
    for bad in (3, nn.ReLU):
        with pytest.raises(RuntimeError, match=r"Expected a Module|must support a 'device'"):
            nn.utils.skip_init(bad)


def test_weights_of_convolutions_are_laid_out() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Conv1d(3, 3, 2), nn.Sequential(nn.Conv2d(3, 1, 2)))
    before = [p.detach().clone() for p in net.parameters()]
    nn.utils.convert_conv2d_weight_memory_format(net, tg.channels_last)
    assert net[0].weight.is_contiguous(memory_format=tg.channels_last)
    assert not net[0].weight.is_contiguous()
    assert net[1].weight.is_contiguous()
    for old, new in zip(before, net.parameters(), strict=True):
        assert tg.equal(old, new.detach())
    nn.utils.convert_conv2d_weight_memory_format(net, tg.contiguous_format)
    assert net[0].weight.is_contiguous()


def test_factory_kwargs_are_pytorchs() -> None:
    for given in (
        None,
        {},
        {"device": 1, "dtype": 2},
        {"factory_kwargs": {"dtype": 3}, "device": 4},
    ):
        assert nn.factory_kwargs(given) == torch.nn.factory_kwargs(given)
    for bad in ({"other": 1}, {"dtype": 1, "factory_kwargs": {"dtype": 2}}):
        with pytest.raises(TypeError):
            nn.factory_kwargs(bad)


def test_utils_have_everything_that_pytorchs_have() -> None:
    others = {"rnn", "clip_grad", "clip_grad_norm", "convert_parameters"}
    theirs = {name for name in vars(torch.nn.utils) if not name.startswith("_")}
    assert theirs - set(dir(nn.utils)) - others == set()
    for name in ("parametrize", "parametrizations", "prune", "stateless"):
        module = getattr(torch.nn.utils, name)
        public = {
            key
            for key, value in vars(module).items()
            if not key.startswith("_") and getattr(value, "__module__", "") == module.__name__
        }
        assert public - set(dir(getattr(nn.utils, name))) == set(), name
