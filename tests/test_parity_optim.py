"""Optimizers and schedulers beside PyTorch: trajectories, state, schedules."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import optim

torch = pytest.importorskip("torch")

STEPS = 20
OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "maximize": True}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "betas": (0.7, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True}),
    ("Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.3}),
]
SCHEDULERS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("StepLR", (3,), {}),
    ("StepLR", (4,), {"gamma": 0.5}),
    ("MultiStepLR", ([2, 5, 5, 9],), {"gamma": 0.3}),
    ("ExponentialLR", (0.9,), {}),
    ("ConstantLR", (), {}),
    ("ConstantLR", (0.5, 3), {}),
    ("LinearLR", (), {}),
    ("LinearLR", (0.1, 0.7, 8), {}),
    ("CosineAnnealingLR", (6,), {}),
    ("CosineAnnealingLR", (5,), {"eta_min": 0.01}),
    ("LambdaLR", (lambda epoch: 0.95**epoch,), {}),
]


def start() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(7)
    return generator.normal(size=(3, 4)), generator.normal(size=5)


def train(library: Any, optimizer: Any, parameters: list[Any], steps: range) -> list[np.ndarray]:
    """A loss whose curvature differs from element to element; the last parameter rests at times."""
    trace = []
    for step in steps:
        optimizer.zero_grad()
        a, b = parameters
        loss = ((a - 0.1 * step) ** 2).sum() + (a.sum() * 0.05) ** 2
        if step % 3:
            loss = loss + (b**4).sum()
        loss.backward()
        optimizer.step()
        trace.append(np.concatenate([p.detach().numpy().reshape(-1) for p in parameters]))
    return trace


def both(name: str, settings: dict[str, Any]) -> Any:
    for library, kinds in ((tg, optim), (torch, torch.optim)):
        parameters = [library.from_numpy(values.copy()).requires_grad_() for values in start()]
        yield library, parameters, getattr(kinds, name)(parameters, **settings)


@pytest.mark.parametrize(("name", "settings"), OPTIMIZERS, ids=str)
def test_trajectory_equals_pytorchs(name, settings):
    ours, theirs = (train(*run[:1], run[2], run[1], range(STEPS)) for run in both(name, settings))
    for step, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        np.testing.assert_allclose(our, their, rtol=1e-9, atol=1e-10, err_msg=f"step {step}")


@pytest.mark.parametrize(("name", "settings"), OPTIMIZERS, ids=str)
def test_state_is_exchanged_with_pytorch(name, settings):
    """Ten steps there, ten here, from the state dictionary, and the other way round."""
    (_, ours, our_optimizer), (_, theirs, their_optimizer) = both(name, settings)
    train(torch, their_optimizer, theirs, range(10))
    state = their_optimizer.state_dict()
    converted = {
        number: {key: tg.from_numpy(value.numpy().copy()) for key, value in entries.items()}
        for number, entries in state["state"].items()
    }
    our_optimizer.load_state_dict({"state": converted, "param_groups": state["param_groups"]})
    with tg.no_grad():
        for our, their in zip(ours, theirs, strict=True):
            our.copy_(tg.from_numpy(their.detach().numpy().copy()))
    our_trace = train(tg, our_optimizer, ours, range(10, 20))
    their_trace = train(torch, their_optimizer, theirs, range(10, 20))
    np.testing.assert_allclose(our_trace[-1], their_trace[-1], rtol=1e-9, atol=1e-10)
    back = our_optimizer.state_dict()
    state = their_optimizer.state_dict()
    assert back["param_groups"] == state["param_groups"]
    assert list(back["state"]) == list(state["state"])
    for number, entries in state["state"].items():
        assert sorted(back["state"][number]) == sorted(entries)
        for key, value in entries.items():
            our = back["state"][number][key]
            assert tuple(our.shape) == tuple(value.shape), key
            np.testing.assert_allclose(our.numpy(), value.numpy(), rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_constructors_take_pytorchs_arguments(name):
    def defaults(kind: Any) -> list[tuple[str, Any]]:
        parameters = inspect.signature(kind.__init__).parameters
        return [(key, parameter.default) for key, parameter in parameters.items()]

    assert defaults(getattr(optim, name)) == defaults(getattr(torch.optim, name))
    ours = getattr(optim, name)([tg.zeros(1, requires_grad=True)])
    theirs = getattr(torch.optim, name)([torch.zeros(1, requires_grad=True)])
    assert repr(ours) == repr(theirs)
    assert ours.state_dict() == theirs.state_dict()


def test_named_parameters_are_kept_in_the_groups():
    ours = optim.SGD([("w", tg.zeros(1, requires_grad=True))], lr=0.1)
    theirs = torch.optim.SGD([("w", torch.zeros(1, requires_grad=True))], lr=0.1)
    assert ours.state_dict() == theirs.state_dict()


@pytest.mark.parametrize(("name", "args", "kwargs"), SCHEDULERS, ids=lambda case: str(case)[:30])
def test_schedule_equals_pytorchs(name, args, kwargs):
    rates = []
    for library, kinds in ((tg, optim), (torch, torch.optim)):
        groups = [
            {"params": [library.zeros(1, requires_grad=True)], "lr": 0.5},
            {"params": [library.zeros(1, requires_grad=True)]},
        ]
        optimizer = kinds.SGD(groups, lr=0.1)
        scheduler = getattr(kinds.lr_scheduler, name)(optimizer, *args, **kwargs)
        trace = [scheduler.get_last_lr()]
        for _ in range(25):
            optimizer.step()
            scheduler.step()
            assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]
            trace.append(scheduler.get_last_lr())
        rates.append(trace)
    np.testing.assert_allclose(rates[0], rates[1], rtol=1e-12, atol=1e-15)


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize(("name", "args", "kwargs"), SCHEDULERS, ids=lambda case: str(case)[:30])
def test_closed_form_and_resuming_equal_pytorchs(name, args, kwargs):
    rates = []
    for library, kinds in ((tg, optim), (torch, torch.optim)):
        group = {"params": [library.zeros(1, requires_grad=True)], "initial_lr": 0.5}
        optimizer = kinds.SGD([group], lr=0.2)
        scheduler = getattr(kinds.lr_scheduler, name)(optimizer, *args, last_epoch=2, **kwargs)
        trace = [scheduler.get_last_lr()]
        for epoch in (None, 7, None, 1, 11):
            optimizer.step()
            scheduler.step() if epoch is None else scheduler.step(epoch)
            trace.append(scheduler.get_last_lr())
        rates.append(trace)
    np.testing.assert_allclose(rates[0], rates[1], rtol=1e-12, atol=1e-15)
