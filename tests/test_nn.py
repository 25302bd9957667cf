"""nn without PyTorch: registration, walking, state and hooks of a module."""

from __future__ import annotations

import copy
import gc
import weakref

import pytest

import topograd as tg
from topograd import nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.norm = nn.BatchNorm1d(4)
        self.last = nn.Linear(4, 2)
        self.scale = nn.Parameter(tg.ones(1))
        self.register_buffer("offset", tg.zeros(2))
        self.register_buffer("cache", tg.zeros(2), persistent=False)

    def forward(self, x):
        return self.last(self.norm(self.first(x)).tanh()) * self.scale + self.offset


KEYS = [
    "scale",
    "offset",
    "first.weight",
    "first.bias",
    "norm.weight",
    "norm.bias",
    "norm.running_mean",
    "norm.running_var",
    "norm.num_batches_tracked",
    "last.weight",
    "last.bias",
]


# Registration ----------------------------------------------------------------------------------


def test_assignment_registers_parameters_modules_and_buffers():
    net = Net()
    assert list(net._parameters) == ["scale"]
    assert list(net._modules) == ["first", "norm", "last"]
    assert list(net._buffers) == ["offset", "cache"]
    assert [name for name, _ in net.named_parameters()] == [
        "scale",
        "first.weight",
        "first.bias",
        "norm.weight",
        "norm.bias",
        "last.weight",
        "last.bias",
    ]


def test_attributes_are_plain_entries_of_the_instance():
    net = Net()
    assert not hasattr(nn.Module, "__getattr__")
    assert net.__dict__["first"] is net.first is net._modules["first"]
    assert net.first.__dict__["weight"] is net.first._parameters["weight"]


def test_registries_write_through_to_the_attributes():
    layer = nn.Linear(2, 2)
    new = nn.Parameter(tg.zeros(2, 2))
    layer._parameters["weight"] = new
    assert layer.weight is new
    del layer._parameters["bias"]
    assert not hasattr(layer, "bias")
    layer._parameters.update(bias=None)
    assert layer.bias is None
    assert layer._parameters.pop("bias") is None
    assert not hasattr(layer, "bias")
    layer._parameters.clear()
    assert not hasattr(layer, "weight")


def test_reassignment_moves_a_name_to_the_other_registry():
    module = nn.Module()
    module.thing = nn.Parameter(tg.ones(1))
    module.thing = nn.Identity()
    assert "thing" not in module._parameters
    assert "thing" in module._modules
    del module.thing
    assert not hasattr(module, "thing")
    assert not module._modules


def test_a_registered_name_takes_only_its_kind_or_none():
    net = Net()
    with pytest.raises(TypeError, match="cannot assign 'float' as parameter 'scale'"):
        net.scale = 2.0
    with pytest.raises(TypeError, match="cannot assign 'int' as child module 'first'"):
        net.first = 2
    with pytest.raises(TypeError, match="cannot assign 'int' as buffer 'offset'"):
        net.offset = 2
    net.offset = tg.ones(2)
    assert net._buffers["offset"].tolist() == [1.0, 1.0]
    net.scale = None
    assert net.scale is None
    assert "scale" in net._parameters
    assert "scale" not in dict(net.named_parameters())


def test_registration_refuses_bad_names_and_values():
    module = nn.Module()
    with pytest.raises(KeyError, match="contain"):
        module.register_parameter("a.b", None)
    with pytest.raises(KeyError, match="empty string"):
        module.register_module("", nn.Identity())
    with pytest.raises(TypeError, match="should be a string"):
        module.register_buffer(3, None)
    with pytest.raises(KeyError, match="already exists"):
        module.register_buffer("forward", tg.ones(1))
    with pytest.raises(TypeError, match="cannot register 'Tensor' as 'w'"):
        module.register_parameter("w", tg.ones(1))
    with pytest.raises(TypeError):
        module.add_module("m", 3)


def test_a_module_needs_its_init_and_its_forward():
    class Early(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(tg.ones(1))

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Early()
    with pytest.raises(NotImplementedError, match="is missing the required"):
        nn.Module()(tg.ones(1))


def test_a_module_is_freed_by_its_reference_count():
    gc.disable()
    try:
        net = Net()
        gone = weakref.ref(net)
        del net
        assert gone() is None
    finally:
        gc.enable()


def test_shared_parameters_and_modules_are_named_once():
    net = nn.Module()
    net.a = nn.Linear(2, 2)
    net.b = net.a
    net.c = nn.Linear(2, 2)
    net.c.weight = net.a.weight
    assert [n for n, _ in net.named_parameters()] == ["a.weight", "a.bias", "c.bias"]
    assert len(list(net.named_parameters(remove_duplicate=False))) == 6
    assert [n for n, _ in net.named_children()] == ["a", "c"]
    assert len(list(net.modules())) == 3


def test_paths_lead_to_members():
    net = nn.Sequential(nn.Sequential(nn.Linear(1, 1)), nn.BatchNorm1d(1))
    assert net.get_submodule("0.0") is net[0][0]
    assert net.get_submodule("") is net
    assert net.get_parameter("0.0.bias") is net[0][0].bias
    assert net.get_buffer("1.running_mean") is net[1].running_mean
    new = nn.Linear(1, 1)
    net.set_submodule("0.0", new)
    assert net[0][0] is new
    for get, path in (
        (net.get_submodule, "0.7"),
        (net.get_parameter, "0.0.x"),
        (net.get_buffer, "0.x"),
    ):
        with pytest.raises(AttributeError):
            get(path)


# Parameter -------------------------------------------------------------------------------------


def test_a_parameter_is_a_leaf_that_shares_its_data():
    data = tg.ones(2)
    parameter = nn.Parameter(data)
    assert isinstance(parameter, nn.Parameter)
    assert isinstance(parameter, tg.Tensor)
    assert not isinstance(data, nn.Parameter)
    assert parameter.requires_grad
    assert parameter.is_leaf
    data[0] = 5
    assert parameter.tolist() == [5.0, 1.0]
    assert not nn.Parameter(data, requires_grad=False).requires_grad
    assert nn.Parameter(parameter * 2).is_leaf
    assert not isinstance(parameter + 1, nn.Parameter)
    assert repr(parameter).startswith("Parameter containing:\n")
    with pytest.raises(TypeError, match="must be a tensor, got list"):
        nn.Parameter([1.0])


def test_deepcopy_keeps_kinds_sharing_and_independence():
    net = Net()
    net.again = net.first
    other = copy.deepcopy(net)
    assert other.again is other.first
    assert isinstance(other.first.weight, nn.Parameter)
    assert other._modules["first"] is other.first
    with tg.no_grad():
        other.first.weight.fill_(7.0)
    assert net.first.weight.tolist() != other.first.weight.tolist()
    assert list(other.state_dict()) == list(net.state_dict())
    other.first.weight = None  # the registries of the copy belong to the copy
    assert other.first._parameters["weight"] is None
    assert net.first.weight is not None


# Walking and changing --------------------------------------------------------------------------


def test_train_and_eval_reach_every_module():
    net = Net()
    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    net.train()
    assert all(module.training for module in net.modules())
    with pytest.raises(ValueError, match="boolean"):
        net.train(1)


def test_train_calls_an_overridden_train_of_a_child():
    class Frozen(nn.BatchNorm1d):
        def train(self, mode=True):
            return super().train(False)

    net = nn.Sequential(Frozen(2), nn.Dropout()).train()
    assert not net[0].training
    assert net[1].training


def test_apply_visits_children_first_in_order():
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU(), nn.Tanh()))
    seen = []
    assert net.apply(lambda module: seen.append(type(module).__name__)) is net
    assert seen == ["Linear", "ReLU", "Tanh", "Sequential", "Sequential"]


def test_to_casts_floating_members_and_their_gradients():
    net = Net()
    net(tg.ones(5, 3)).sum().backward()
    weight = net.first.weight
    assert net.to(tg.float64) is net
    assert net.first.weight is weight
    assert weight.dtype == tg.float64
    assert weight.grad.dtype == tg.float64
    assert net.norm.running_mean.dtype == tg.float64
    assert net.norm.num_batches_tracked.dtype == tg.int64
    assert net.float().scale.dtype == tg.float32
    assert net.to("cpu", tg.float16).scale.dtype == tg.float16
    assert net.to(tg.ones(1, dtype=tg.float64)).scale.dtype == tg.float64
    with pytest.raises(TypeError, match="floating-point"):
        net.to(tg.int64)


def test_requires_grad_and_zero_grad():
    net = Net()
    net(tg.ones(5, 3)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert float(net.first.weight.grad.abs().sum()) == 0.0
    net.zero_grad()
    assert net.first.weight.grad is None
    net.requires_grad_(False)
    assert not any(p.requires_grad for p in net.parameters())


# State -----------------------------------------------------------------------------------------


def test_state_dict_has_the_persistent_members_in_order():
    net = Net()
    state = net.state_dict()
    assert list(state) == KEYS
    assert not state["scale"].requires_grad
    assert net.state_dict(keep_vars=True)["scale"] is net.scale
    destination = {"before": 1}
    assert net.state_dict(destination=destination, prefix="net.") is destination
    assert list(destination) == ["before"] + ["net." + key for key in KEYS]


def test_load_state_dict_copies_in_place():
    a, b = Net(), Net()
    weight = a.first.weight
    result = a.load_state_dict(b.state_dict())
    assert repr(result) == "<All keys matched successfully>"
    assert result == ([], [])
    assert a.first.weight is weight
    assert weight.tolist() == b.first.weight.tolist()


def test_a_failed_load_lists_everything_and_changes_nothing():
    net = Net()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    state = {key: tg.full(value.shape, 9) for key, value in net.state_dict().items()}
    state["frist.weight"] = state.pop("first.weight")
    state["last.weight"] = tg.zeros(7, 7)
    state["last.bias"] = 3
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    message = str(caught.value)
    assert "Error(s) in loading state_dict for Net:" in message
    assert 'Missing key(s) in state_dict: "first.weight" (closest: "frist.weight")' in message
    assert 'Unexpected key(s) in state_dict: "frist.weight" (closest: "first.weight")' in message
    assert "size mismatch for last.weight" in message
    assert "(7, 7)" in message
    assert "(2, 4)" in message
    assert '"last.bias": expected a tensor, got int' in message
    for key, value in net.state_dict().items():
        assert value.tolist() == before[key].tolist()


def test_load_state_dict_not_strict_reports_the_keys():
    net = Net()
    state = net.state_dict()
    del state["scale"]
    state["extra"] = tg.ones(1)
    result = net.load_state_dict(state, strict=False)
    assert result.missing_keys == ["scale"]
    assert result.unexpected_keys == ["extra"]
    with pytest.raises(RuntimeError, match="size mismatch"):
        net.load_state_dict({"scale": tg.ones(2)}, strict=False)
    with pytest.raises(TypeError, match="dict-like"):
        net.load_state_dict([1])


def test_load_state_dict_assign_takes_the_tensors_themselves():
    net = Net()
    state = {key: value.clone() for key, value in Net().state_dict().items()}
    state["scale"] = tg.ones(1, dtype=tg.float64)
    net.load_state_dict(state, assign=True)
    assert net.scale.dtype == tg.float64
    assert isinstance(net.scale, nn.Parameter)
    state["offset"][0] = 3.0
    assert net.offset[0].item() == 3.0


def test_extra_state_travels_with_the_state_dict():
    class Counting(nn.Module):
        count = 0

        def get_extra_state(self):
            return {"count": self.count}

        def set_extra_state(self, state):
            self.count = state["count"]

    a, b = nn.Sequential(Counting()), nn.Sequential(Counting())
    a[0].count = 5
    assert list(a.state_dict()) == ["0._extra_state"]
    b.load_state_dict(a.state_dict())
    assert b[0].count == 5


# Hooks -----------------------------------------------------------------------------------------


def test_forward_hooks_see_and_replace_arguments_and_output():
    layer = nn.Identity()
    calls = []
    pre = layer.register_forward_pre_hook(lambda module, args: (args[0] + 1,))
    post = layer.register_forward_hook(lambda module, args, output: output * 10)
    layer.register_forward_hook(lambda *all: calls.append(all), prepend=True)
    assert layer(tg.tensor(1.0)).item() == 20.0
    assert calls[0][0] is layer
    assert calls[0][2].item() == 2.0
    pre.remove()
    post.remove()
    post.remove()
    assert layer(tg.tensor(1.0)).item() == 1.0


def test_the_call_takes_the_short_way_again_when_hooks_are_gone():
    layer = nn.Identity()
    assert not layer._hooked
    with layer.register_forward_hook(lambda *all: None):
        assert layer._hooked
    assert not layer._hooked


def test_hooks_with_keyword_arguments():
    class Add(nn.Module):
        def forward(self, x, *, y):
            return x + y

    module = Add()
    seen = []
    module.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"y": kwargs["y"] * 2}), with_kwargs=True
    )
    module.register_forward_hook(
        lambda module, args, kwargs, output: seen.append(kwargs["y"].item()), with_kwargs=True
    )
    assert module(tg.tensor(1.0), y=tg.tensor(3.0)).item() == 7.0
    assert seen == [6.0]


def test_always_called_hooks_run_when_forward_raises():
    class Fails(nn.Module):
        def forward(self, x):
            raise KeyError("inside")

    module = Fails()
    seen = []
    module.register_forward_hook(lambda module, args, output: seen.append(output), always_call=True)
    module.register_forward_hook(lambda module, args, output: seen.append("not me"))
    with pytest.raises(KeyError, match="inside"):
        module(tg.ones(1))
    assert seen == [None]


def test_full_backward_hooks_see_and_replace_gradients():
    layer = nn.Linear(2, 1, bias=False)
    with tg.no_grad():
        layer.weight.copy_(tg.tensor([[2.0, 3.0]]))
    seen = []
    layer.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go)))
    x = tg.ones(1, 2, requires_grad=True)
    (layer(x) * 5 + x.sum()).sum().backward()
    grad_input, grad_output = seen[0]
    assert grad_output[0].tolist() == [[5.0]]
    assert grad_input[0].tolist() == [[10.0, 15.0]]  # the contribution of this call alone
    assert x.grad.tolist() == [[11.0, 16.0]]
    assert layer.weight.grad.tolist() == [[5.0, 5.0]]

    x.grad = None
    layer.register_full_backward_hook(lambda module, gi, go: (gi[0] * 0,))
    layer.register_full_backward_pre_hook(lambda module, go: (go[0] * 2,))
    (layer(x) * 5).sum().backward()
    assert seen[1][1][0].tolist() == [[10.0]]
    assert x.grad.tolist() == [[0.0, 0.0]]


def test_full_backward_hook_runs_when_no_input_needs_a_gradient():
    layer = nn.Linear(2, 1)
    seen = []
    layer.register_full_backward_hook(lambda module, gi, go: seen.append((gi, go[0].tolist())))
    layer(tg.ones(1, 2)).sum().backward()
    assert seen == [((None,), [[1.0]])]


def test_apply_visits_a_shared_module_once_and_before_its_parents():
    shared = nn.Linear(1, 1)
    net = nn.Sequential(shared, nn.Sequential(nn.Tanh(), shared))
    seen = []
    net.apply(lambda module: seen.append(type(module).__name__))
    assert seen == ["Linear", "Tanh", "Sequential", "Sequential"]


def test_a_module_that_contains_itself_does_not_loop_for_ever():
    net = nn.Module()
    net.layer = nn.Linear(1, 1)
    net.me = net
    seen = []
    net.apply(seen.append)
    assert seen == [net.layer, net]
    assert [path for path, _ in net.named_modules()] == ["", "layer"]
    assert net.to(tg.float64).layer.weight.dtype == tg.float64
    for call in (
        lambda: list(net.named_modules(remove_duplicate=False)),
        lambda: list(net.named_parameters(remove_duplicate=False)),
        lambda: net.load_state_dict({}, strict=False),
        net.state_dict,
        net.train,
        lambda: repr(net),
    ):
        with pytest.raises(RecursionError):
            call()
    assert copy.deepcopy(net).me is not net
