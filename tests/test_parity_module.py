"""The module system beside PyTorch's: the same little programs run with both, and agree."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


def numbers(value: Any) -> Any:
    """Tensors of either library, nested, as lists of rounded numbers; modules as their class."""
    if isinstance(value, (torch.Tensor, tg.Tensor)):
        return np.round(np.array(value.detach().numpy(), dtype=np.float64), 4).tolist()
    if isinstance(value, (torch.nn.Module, nn.Module)):
        return type(value).__name__
    if isinstance(value, dict):
        return {key: numbers(one) for key, one in value.items() if key != "topograd.pending"}
    if isinstance(value, (tuple, list)):
        return [numbers(one) for one in value]
    return value


def filled(lib: Any, module: Any) -> Any:
    """The module with weights that both libraries share."""
    with lib.no_grad():
        for number, parameter in enumerate(module.parameters()):
            count = parameter.numel()
            values = np.cos(np.arange(count) + number).astype(np.float32)
            parameter.copy_(lib.from_numpy(values).reshape(parameter.shape))
    return module


def small(lib: Any) -> Any:
    parts = (lib.nn.Linear(3, 4), lib.nn.BatchNorm1d(4), lib.nn.Tanh(), lib.nn.Linear(4, 2))
    return filled(lib, lib.nn.Sequential(*parts))


def data(lib: Any, *shape: int) -> Any:
    count = int(np.prod(shape))
    return lib.from_numpy(np.sin(np.arange(count)).astype(np.float32)).reshape(shape)


# Hooks -----------------------------------------------------------------------------------------


def hooks_in_order(lib: Any) -> Any:
    """Global hooks first, prepended ones before, with kwargs where wanted."""
    everywhere = lib.nn.modules.module
    net, seen = small(lib), []

    def pre(tag: str) -> Any:
        return lambda module, args: seen.append((tag, module, args))

    def post(tag: str) -> Any:
        return lambda module, args, output: seen.append((tag, module, output))

    net[0].register_forward_pre_hook(pre("own pre"))
    net[0].register_forward_pre_hook(pre("first pre"), prepend=True)
    net[0].register_forward_hook(post("own post"))
    net[0].register_forward_hook(post("first post"), prepend=True)
    handles = [
        everywhere.register_module_forward_pre_hook(pre("all pre")),
        everywhere.register_module_forward_hook(post("all post")),
        everywhere.register_module_forward_hook(
            lambda module, args, kwargs, output: seen.append(("kwargs", kwargs)), with_kwargs=True
        ),
    ]
    net(data(lib, 2, 3))
    for handle in handles:
        handle.remove()
    count = len(seen)
    net[2](data(lib, 2, 4))
    return seen, len(seen) == count


def global_hooks_change_values(lib: Any) -> Any:
    everywhere = lib.nn.modules.module
    layer = lib.nn.Identity()
    pre = everywhere.register_module_forward_pre_hook(lambda module, args: (args[0] + 1,))
    with pre, everywhere.register_module_forward_hook(lambda module, args, output: output * 3):
        inside = layer(data(lib, 2))
    return inside, layer(data(lib, 2))


def backward_hooks(lib: Any) -> Any:
    everywhere = lib.nn.modules.module
    net, seen = small(lib), []
    x = data(lib, 3, 3).requires_grad_()
    net[0].register_full_backward_hook(lambda m, gi, go: seen.append(("own", m, gi, go)))
    net[3].register_full_backward_pre_hook(lambda m, go: (go[0] * 2,))
    net[3].register_full_backward_pre_hook(lambda m, go: seen.append(("last", go)), prepend=True)
    handles = [
        everywhere.register_module_full_backward_pre_hook(
            lambda m, go: seen.append(("all pre", m))
        ),
        everywhere.register_module_full_backward_hook(lambda m, gi, go: seen.append(("all", m))),
    ]
    net(x).pow(2).sum().backward()
    for handle in handles:
        handle.remove()
    return seen, x.grad, net[0].weight.grad


def old_and_new_backward_hooks(lib: Any) -> Any:
    layer = lib.nn.Linear(2, 2)
    layer.register_full_backward_hook(lambda *all: None)
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full"):
        layer.register_backward_hook(lambda *all: None)
    other = lib.nn.Linear(2, 2)
    other.register_backward_hook(lambda *all: None)
    with pytest.raises(RuntimeError, match="Cannot use both regular backward hooks and full"):
        other.register_full_backward_hook(lambda *all: None)
    return True


def always_called(lib: Any) -> Any:
    class Fails(lib.nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("no")

    module, seen = Fails(), []
    module.register_forward_hook(lambda m, a, o: seen.append(("always", o)), always_call=True)
    module.register_forward_hook(lambda m, a, o: seen.append(("not", o)))

    def raises(*all: Any) -> None:
        seen.append("raises")
        raise KeyError("late")

    module.register_forward_hook(raises, always_call=True)
    handle = lib.nn.modules.module.register_module_forward_hook(
        lambda m, a, o: seen.append("all"), always_call=True
    )
    with handle, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(ValueError, match="no"):
            module(data(lib, 1))
    return seen, len(warned)


def bad_pre_hook(lib: Any) -> Any:
    layer = lib.nn.Identity()
    layer.register_forward_pre_hook(lambda m, a, k: a, with_kwargs=True)
    with pytest.raises(RuntimeError, match="forward pre-hook must return None or a tuple of"):
        layer(data(lib, 1))
    return True


def registration_hooks(lib: Any) -> Any:
    everywhere, seen = lib.nn.modules.module, []
    handles = [
        everywhere.register_module_parameter_registration_hook(
            lambda m, name, p: seen.append(("parameter", name, p is None))
        ),
        everywhere.register_module_buffer_registration_hook(
            lambda m, name, b: seen.append(("buffer", name, b is None))
        ),
        everywhere.register_module_module_registration_hook(
            lambda m, name, sub: seen.append(("module", name, type(sub).__name__))
        ),
    ]
    try:
        lib.nn.Sequential(lib.nn.Linear(2, 2, bias=False), lib.nn.BatchNorm1d(2))
    finally:
        for handle in handles:
            handle.remove()
    lib.nn.Linear(2, 2)
    return seen


# State -----------------------------------------------------------------------------------------


def state_dict_hooks(lib: Any) -> Any:
    net, seen = small(lib), []
    net[0].register_state_dict_pre_hook(lambda m, prefix, keep: seen.append((m, prefix, keep)))
    net[0].register_state_dict_post_hook(
        lambda m, state, prefix, meta: seen.append((list(state), prefix, dict(meta)))
    )

    def rename(m: Any, state: Any, prefix: str, meta: Any) -> Any:
        state[prefix + "scale"] = state.pop(prefix + "weight")

    net[1]._register_state_dict_hook(rename)
    state = net.state_dict(prefix="net.", keep_vars=True)
    return seen, list(state), dict(state._metadata)


def load_hooks(lib: Any) -> Any:
    net, seen = small(lib), []
    state = small(lib).state_dict()

    def pre(m: Any, state: Any, prefix: str, meta: Any, strict: bool, *lists: Any) -> None:
        seen.append((m, prefix, sorted(state), strict, lists))
        state[prefix + "weight"] = state.pop(prefix + "w") * 2

    def private(state: Any, prefix: str, *rest: Any) -> None:
        seen.append(("private", prefix))

    def after(m: Any, keys: Any) -> None:
        seen.append(("after", m, list(keys.missing_keys), list(keys.unexpected_keys)))
        keys.missing_keys.clear()

    net[0].register_load_state_dict_pre_hook(pre)
    net[3]._register_load_state_dict_pre_hook(private)
    net[3].register_load_state_dict_post_hook(after)
    state["0.w"] = state.pop("0.weight")
    del state["3.bias"]
    result = net.load_state_dict(state)
    return seen, repr(result), net.state_dict()


def own_loading(lib: Any) -> Any:
    class Old(lib.nn.Linear):
        _version = 3

        def _load_from_state_dict(self, state, prefix, meta, *rest):
            if meta.get("version", 1) < 3:
                state[prefix + "weight"] = state.pop(prefix + "kernel").T
            super()._load_from_state_dict(state, prefix, meta, *rest)
            self.loaded = self.weight.sum().item()

        def _save_to_state_dict(self, destination, prefix, keep_vars):
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "more"] = lib.ones(1)

    layer = filled(lib, Old(2, 3))
    state = layer.state_dict()
    names, version = list(state), state._metadata[""]["version"]
    del state["more"]
    state["kernel"] = state.pop("weight").T * 2
    state._metadata[""]["version"] = 2
    fresh = lib.nn.Sequential(Old(2, 3))
    nested = type(state)((f"0.{key}", value) for key, value in state.items())
    nested._metadata = {"0": state._metadata[""]}
    result = fresh.load_state_dict(nested)
    return names, version, repr(result), round(fresh[0].loaded, 4), fresh[0].weight


def extra_state(lib: Any) -> Any:
    class Counter(lib.nn.Module):
        count = 1

        def get_extra_state(self) -> Any:
            return {"count": self.count}

        def set_extra_state(self, state: Any) -> None:
            self.count = state["count"]

    net = lib.nn.Sequential(Counter(), lib.nn.Tanh())
    net[0].count = 7
    other = lib.nn.Sequential(Counter(), lib.nn.Tanh())
    state = net.state_dict()
    other.load_state_dict(state)
    missing = other.load_state_dict({}, strict=False)
    unexpected = lib.nn.Sequential(lib.nn.Tanh()).load_state_dict(state, strict=False)
    return list(state), other[0].count, tuple(missing), tuple(unexpected)


def keys_of_strict_errors(lib: Any) -> Any:
    net = small(lib)
    state = net.state_dict()
    del state["0.weight"], state["1.running_mean"]
    state["0.other"] = lib.ones(1)
    state["9.weight"] = lib.ones(1)
    state["3.weight"] = lib.ones(1, 1)
    keys = net.load_state_dict({k: v for k, v in state.items() if k != "3.weight"}, strict=False)
    with pytest.raises(RuntimeError) as caught:
        net.load_state_dict(state)
    lines = str(caught.value).split("\n\t")
    heads = [line.partition(":")[0] for line in lines]
    return tuple(keys), heads, lines[0]


def assigned(lib: Any) -> Any:
    net = small(lib)
    net[0].weight.requires_grad_(False)
    state = {key: value.double() for key, value in net.state_dict().items()}
    state["3.weight"] = lib.nn.Parameter(state["3.weight"])
    net.load_state_dict(state, assign=True)
    kinds = [(name, str(p.dtype)[-7:], p.requires_grad) for name, p in net.named_parameters()]
    return kinds, net[3].weight is state["3.weight"]


def old_batch_norms(lib: Any) -> Any:
    norm = lib.nn.BatchNorm1d(2)
    state = norm.state_dict()
    del state["num_batches_tracked"]
    found = [repr(norm.load_state_dict(dict(state)))]  # without versions, as of an old file
    with pytest.raises(RuntimeError, match="Missing key"):
        norm.load_state_dict(state)
    return found


def scalars_of_old_files(lib: Any) -> Any:
    module = lib.nn.Module()
    module.register_buffer("count", lib.tensor(0.0))
    module.load_state_dict({"count": lib.tensor([5.0])})
    return module.count


def positional_state_dict(lib: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        destination: dict[str, Any] = {"x": 1}
        lib.nn.Linear(1, 1).state_dict(destination, "a.")
    return list(destination)


# Members ---------------------------------------------------------------------------------------


def buffers(lib: Any) -> Any:
    module = lib.nn.Module()
    module.kept = lib.nn.Buffer(lib.ones(2))
    module.lost = lib.nn.Buffer(lib.ones(2), persistent=False)
    before = (isinstance(module.kept, lib.nn.Buffer), list(module.state_dict()))
    module.kept = lib.nn.Buffer(lib.zeros(2), persistent=False)
    module.lost = lib.zeros(3)
    names = [name for name, _ in module.named_buffers()]
    return before, list(module.state_dict()), names, isinstance(lib.ones(1), lib.nn.Buffer)


def names_without_duplicates(lib: Any) -> Any:
    net = lib.nn.Module()
    net.a = lib.nn.Linear(2, 2)
    net.b = net.a
    net.register_buffer("x", lib.ones(1))
    net.register_buffer("y", net.x)
    found: list[Any] = []
    for unique in (True, False):
        for walk in (net.named_parameters, net.named_buffers, net.named_modules):
            found.append([name for name, _ in walk(prefix="p", remove_duplicate=unique)])
        found.append([name for name, _ in net.named_parameters(recurse=False)])
    return found


def submodules_set(lib: Any) -> Any:
    net = lib.nn.Sequential(lib.nn.Sequential(lib.nn.Tanh()))
    net.set_submodule("0.0", lib.nn.ReLU())
    net.set_submodule("0.new", lib.nn.Tanh())
    with pytest.raises(AttributeError):
        net.set_submodule("0.absent", lib.nn.Tanh(), strict=True)
    with pytest.raises(ValueError, match="without a target name"):
        net.set_submodule("", lib.nn.Tanh())
    with pytest.raises(ValueError, match="odule"):
        net.set_submodule("0.0", 3)
    with pytest.raises(AttributeError):
        net.set_submodule("7.0", lib.nn.Tanh())
    return repr(net)


def constructor_arguments(lib: Any) -> Any:
    class Loose(lib.nn.Module):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)

    texts = []
    for attempt in (lambda: Loose(3), lambda: Loose(size=3)):
        with pytest.raises(TypeError) as caught:
            attempt()
        texts.append(str(caught.value))

    class Mixin:
        def __init__(self, size: int) -> None:
            self.size = size

    class Both(lib.nn.Module, Mixin):
        call_super_init = True

    return texts, Both(size=4).size


def assignments_refused(lib: Any) -> Any:
    net, texts = small(lib), []
    cases = [
        lambda: setattr(net[0], "weight", lib.ones(1)),
        lambda: setattr(net, "0", 3),
        lambda: setattr(net[1], "running_mean", 3),
        lambda: net.register_parameter("a.b", None),
        lambda: net.register_buffer("", None),
        lambda: net.register_buffer("training", None),
        lambda: net.add_module("q", 3),
        lambda: delattr(net, "absent"),
    ]
    for case in cases:
        with pytest.raises((TypeError, KeyError, AttributeError)) as caught:
            case()
        texts.append(type(caught.value).__name__)
    return texts


def converted(lib: Any) -> Any:
    net = small(lib)
    kinds = []
    for change in ("half", "bfloat16", "double", "float"):
        getattr(net, change)()
        kinds.append(sorted({str(value.dtype).rpartition(".")[2] for value in net.buffers()}))
    net.to(lib.float64)
    empty = net.to_empty(device="cpu")
    kinds.append((empty is net, net[0].weight.dtype == lib.float64))
    net.requires_grad_(False)
    net.type(lib.float32)
    kinds.append(sorted({str(value.dtype).rpartition(".")[2] for value in net.buffers()}))
    conv = lib.nn.Conv2d(2, 3, 2).to(memory_format=lib.channels_last)
    kinds.append(conv.weight.is_contiguous(memory_format=lib.channels_last))
    net.share_memory()
    net.compile()
    return kinds


def copies(lib: Any) -> Any:
    net = small(lib)
    net.eval()
    net[0].register_buffer("extra", lib.ones(1), persistent=False)
    result = []
    unpickled = pickle.loads(pickle.dumps(net))  # noqa: S301
    for other in (copy.deepcopy(net), unpickled, copy.copy(net)):
        result.append((other(data(lib, 2, 3)), list(other.state_dict()), other.training))
        result.append(other[0].weight is net[0].weight)
    return result


def dir_of_sequential(lib: Any) -> Any:
    names = dir(lib.nn.Sequential(lib.nn.Linear(1, 1)))
    return "0" in names, "append" in names, "weight" in dir(lib.nn.Linear(1, 1))


SCENARIOS = [
    hooks_in_order,
    global_hooks_change_values,
    backward_hooks,
    old_and_new_backward_hooks,
    always_called,
    bad_pre_hook,
    registration_hooks,
    state_dict_hooks,
    load_hooks,
    own_loading,
    extra_state,
    keys_of_strict_errors,
    assigned,
    old_batch_norms,
    scalars_of_old_files,
    positional_state_dict,
    buffers,
    names_without_duplicates,
    submodules_set,
    constructor_arguments,
    assignments_refused,
    converted,
    copies,
    dir_of_sequential,
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.__name__)
def test_both_libraries_agree(scenario: Any) -> None:
    assert numbers(scenario(tg)) == numbers(scenario(torch))


def test_modules_have_everything_that_pytorchs_have() -> None:
    private = {"__getattr__", "_get_backward_hooks", "_get_backward_pre_hooks", "_slow_forward"}
    private |= {"_maybe_warn_non_full_backward_hook", "_replicate_for_data_parallel"}
    private |= {"__annotations__", "__weakref__"}
    assert set(dir(torch.nn.Module)) - set(dir(nn.Module)) - private == set()
