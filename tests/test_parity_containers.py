"""Containers beside PyTorch's: the same little programs run with both, and agree."""

from __future__ import annotations

from typing import Any

import pytest

import topograd as tg
from test_parity_module import data, numbers, small
from topograd import nn

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


def sequentials(lib: Any) -> Any:
    make = [lib.nn.Tanh, lib.nn.ReLU, lib.nn.Sigmoid, lib.nn.GELU]
    net = lib.nn.Sequential(*(one() for one in make))
    found = [repr(net[1:3]), repr(net[-1]), repr(net[::2]), len(net)]
    net.insert(1, lib.nn.SiLU()).append(lib.nn.ELU()).extend([lib.nn.CELU()])
    found += [repr(net), repr(net.pop(0)), repr(net)]
    del net[-2:]
    net[0] = lib.nn.Mish()
    found += [repr(net), repr(net + lib.nn.Sequential(lib.nn.Tanh())), repr(net * 2)]
    net += lib.nn.Sequential(lib.nn.Softplus())
    net *= 2
    found += [repr(net)]
    for attempt, error in (
        (lambda: net + 3, ValueError),
        (lambda: net * 0, ValueError),
        (lambda: net * 1.5, TypeError),
        (lambda: net[99], IndexError),
        (lambda: net.append(3), TypeError),
    ):
        with pytest.raises(error):
            attempt()
    return found


def parameter_dicts(lib: Any) -> Any:
    one = lib.nn.ParameterDict({"a": lib.ones(1), "b": lib.zeros(2)})
    other = lib.nn.ParameterDict({"b": lib.ones(3), "c": lib.ones(1)})
    found = [list((one | other).keys()), list(one.copy().keys()), list(reversed(one))]
    found.append((one | other)["b"])
    one |= other
    found += [list(one.items()), one.popitem()[0], one.setdefault("d", lib.ones(1)), list(one)]
    found += [one.get("absent"), "a" in one, len(one), list(one.fromkeys(["x", "y"], 3).items())]
    with pytest.raises(RuntimeError, match="should not be called"):
        one(lib.ones(1))
    values = lib.nn.ParameterList([lib.ones(1), lib.zeros(2)])
    values += [lib.ones(3)]
    with pytest.raises(RuntimeError, match="should not be called"):
        values(lib.ones(1))
    return found, len(values), values[1:][0], [name for name, _ in values.named_parameters()]


def data_parallel(lib: Any) -> Any:
    model = lib.nn.DataParallel(small(lib).eval())
    return model(data(lib, 2, 3)), list(model.state_dict()), model.module


@pytest.mark.parametrize("scenario", [sequentials, parameter_dicts, data_parallel])
def test_both_libraries_agree(scenario: Any) -> None:
    assert numbers(scenario(tg)) == numbers(scenario(torch))


def test_containers_have_everything_that_pytorchs_have() -> None:
    for name in ("Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"):
        theirs = set(vars(getattr(torch.nn, name)))
        public = {one for one in theirs if not one.startswith("_") or one.startswith("__")}
        internal = {"__constants__", "__annotations__", "__static_attributes__", "__firstlineno__"}
        assert public - set(dir(getattr(nn, name))) - internal == set(), name


def prefix_taken_off(lib: Any) -> Any:
    state = lib.nn.DataParallel(small(lib)).state_dict()
    state["other"] = 1
    lib.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    utils = lib.nn.modules.utils
    tuples = [utils._pair(3), utils._triple((1, 2)), utils._reverse_repeat_tuple((1, 2), 2)]
    return list(state), sorted(state._metadata), tuples


def test_helpers_of_modules_are_pytorchs() -> None:
    assert numbers(prefix_taken_off(tg)) == numbers(prefix_taken_off(torch))
    from topograd.nn.modules.batchnorm import _BatchNorm
    from topograd.nn.modules.container import Sequential

    assert issubclass(nn.BatchNorm1d, _BatchNorm)
    assert Sequential is nn.Sequential
