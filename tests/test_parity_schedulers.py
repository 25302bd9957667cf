"""Schedulers and averages of weights beside PyTorch: sequences, states, constructors, errors."""

from __future__ import annotations

import inspect
import json
import math
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn, optim

torch = pytest.importorskip("torch")

Case = tuple[str, tuple[Any, ...], dict[str, Any]]


def decay(epoch):
    return 0.95**epoch


CHAINABLE: list[Case] = [
    ("StepLR", (3,), {}),
    ("StepLR", (4,), {"gamma": 0.5}),
    ("MultiStepLR", ([2, 5, 5, 9],), {"gamma": 0.3}),
    ("ExponentialLR", (0.9,), {}),
    ("ConstantLR", (), {}),
    ("ConstantLR", (0.5, 3), {}),
    ("LinearLR", (), {}),
    ("LinearLR", (0.1, 0.7, 8), {}),
    ("PolynomialLR", (), {}),
    ("PolynomialLR", (12,), {"power": 2.0}),
    ("CosineAnnealingLR", (6,), {}),
    ("CosineAnnealingLR", (5,), {"eta_min": 0.01}),
    ("LambdaLR", (decay,), {}),
    ("MultiplicativeLR", (decay,), {}),
]
RESTARTS: list[Case] = [
    ("CosineAnnealingWarmRestarts", (4,), {}),
    ("CosineAnnealingWarmRestarts", (2,), {"T_mult": 2, "eta_min": 0.01}),
    ("CosineAnnealingWarmRestarts", (3,), {"T_mult": 3}),
]
CYCLES: list[Case] = [
    ("CyclicLR", (0.1, 0.5), {"step_size_up": 3}),
    ("CyclicLR", (0.1, [0.5, 0.8]), {"step_size_up": 3, "step_size_down": 5, "base_momentum": 0.5}),
    ("CyclicLR", ([0.1, 0.2], 0.5), {"step_size_up": 2, "mode": "triangular2"}),
    ("CyclicLR", (0.1, 0.5), {"step_size_up": 2, "mode": "exp_range", "gamma": 0.9}),
    ("CyclicLR", (0.1, 0.5), {"step_size_up": 2, "scale_fn": decay, "scale_mode": "iterations"}),
    ("CyclicLR", (0.1, 0.5), {"step_size_up": 2, "scale_fn": decay, "cycle_momentum": False}),
    ("OneCycleLR", (0.5, 30), {}),
    ("OneCycleLR", ([0.5, 0.7],), {"epochs": 5, "steps_per_epoch": 6, "anneal_strategy": "linear"}),
    ("OneCycleLR", (0.5, 30), {"three_phase": True, "pct_start": 0.4, "div_factor": 3.0}),
    ("OneCycleLR", (0.5, 30), {"cycle_momentum": False, "final_div_factor": 10.0}),
    ("OneCycleLR", (0.5, 30), {"base_momentum": [0.1, 0.2], "max_momentum": 0.3}),
    ("SWALR", (0.05,), {}),
    ("SWALR", ([0.05, 0.7],), {"anneal_epochs": 4, "anneal_strategy": "linear"}),
    ("SWALR", (0.05,), {"anneal_epochs": 0}),
]
ALL = CHAINABLE + RESTARTS + CYCLES


def case_id(value: Any) -> str:
    return str(value)[:40]


def new_optimizer(library: Any, kind: str = "SGD", **extra: Any) -> Any:
    groups = [
        {"params": [library.zeros(1, requires_grad=True)], "lr": 0.5, **extra},
        {"params": [library.zeros(1, requires_grad=True)], **extra},
    ]
    settings = {"momentum": 0.4} if kind == "SGD" else {}
    return getattr(library.optim, kind)(groups, lr=0.1, **settings)


def scheduler_of(library: Any, case: Case, optimizer: Any, **extra: Any) -> Any:
    name, args, kwargs = case
    kinds = library.optim.swa_utils if name == "SWALR" else library.optim.lr_scheduler
    return getattr(kinds, name)(optimizer, *args, **kwargs, **extra)


def run(optimizer: Any, scheduler: Any, steps: int) -> list[list[float]]:
    trace = []
    for step in range(steps + 1):
        if step:
            optimizer.step()
            scheduler.step()
        rates = [group["lr"] for group in optimizer.param_groups]
        assert scheduler.get_last_lr() == rates
        momenta = [g.get("momentum", g.get("betas", (0,))) for g in optimizer.param_groups]
        trace.append([*rates, *(m[0] if isinstance(m, tuple) else m for m in momenta)])
    return trace


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("case", ALL, ids=case_id)
def test_sequence_equals_pytorchs(case, kind):
    ours, theirs = (
        run(optimizer, scheduler_of(library, case, optimizer), 29)
        for library, optimizer in (
            (tg, new_optimizer(tg, kind)),
            (torch, new_optimizer(torch, kind)),
        )
    )
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-14)


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("case", CHAINABLE + RESTARTS, ids=case_id)
def test_closed_form_and_resuming_equal_pytorchs(case):
    rates = []
    for library in (tg, torch):
        optimizer = new_optimizer(library, initial_lr=0.5)
        scheduler = scheduler_of(library, case, optimizer, last_epoch=2)
        trace = [scheduler.get_last_lr()]
        for epoch in (None, 7, None, 1, 11):
            optimizer.step()
            scheduler.step() if epoch is None else scheduler.step(epoch)
            trace.append(scheduler.get_last_lr())
        rates.append(trace)
    np.testing.assert_allclose(rates[0], rates[1], rtol=1e-12, atol=1e-15)


def test_warm_restarts_may_go_to_a_part_of_an_epoch():
    rates = []
    for library in (tg, torch):
        optimizer = new_optimizer(library)
        kinds = library.optim.lr_scheduler
        scheduler = kinds.CosineAnnealingWarmRestarts(optimizer, 2, 2)
        trace = []
        for epoch in (0.25, 1.5, 2.0, 5.75, 6.0, 13.9, None, None):
            scheduler.step(epoch)
            trace.append(scheduler.get_last_lr())
        rates.append(trace)
        with pytest.raises(ValueError, match="Expected non-negative epoch, but got -1"):
            scheduler.step(-1)
    np.testing.assert_allclose(rates[0], rates[1], rtol=1e-9)


# PyTorch cannot load its own state of a scheduler with a function.
@pytest.mark.parametrize("case", [c for c in ALL if "scale_fn" not in c[2]], ids=case_id)
def test_state_continues_the_schedule_also_from_and_in_pytorch(case):
    for source, target in ((tg, tg), (torch, tg), (tg, torch)):
        optimizer, other = new_optimizer(source), new_optimizer(target)
        scheduler = scheduler_of(source, case, optimizer)
        run(optimizer, scheduler, 7)
        again = scheduler_of(target, case, other)
        again.load_state_dict(scheduler.state_dict())
        for group, saved in zip(other.param_groups, optimizer.param_groups, strict=True):
            group.update({key: value for key, value in saved.items() if key != "params"})
        other._opt_called = True
        np.testing.assert_allclose(run(other, again, 9), run(optimizer, scheduler, 9), rtol=1e-12)


@pytest.mark.parametrize("case", ALL, ids=case_id)
def test_state_has_pytorchs_names_and_survives_being_text(case):
    ours, theirs = (scheduler_of(lib, case, new_optimizer(lib)) for lib in (tg, torch))
    assert set(ours.state_dict()) == set(theirs.state_dict())
    if "scale_fn" not in case[2]:
        ours.load_state_dict(json.loads(json.dumps(ours.state_dict())))
        ours.optimizer.step()
        ours.step()


def test_function_objects_are_kept_in_the_state():
    class Power:
        def __init__(self, base):
            self.base = base

        def __call__(self, epoch):
            return self.base**epoch

    for kind in (optim.lr_scheduler.LambdaLR, optim.lr_scheduler.MultiplicativeLR):
        saved = kind(new_optimizer(tg), [Power(0.5), decay]).state_dict()
        assert saved["lr_lambdas"] == [{"base": 0.5}, None]
        other = kind(new_optimizer(tg), [Power(0.1), decay])
        other.load_state_dict(saved)
        assert other.lr_lambdas[0](1) == 0.5
    cyclic = optim.lr_scheduler.CyclicLR(new_optimizer(tg), 0.1, 0.2, scale_fn=Power(0.5))
    other = optim.lr_scheduler.CyclicLR(new_optimizer(tg), 0.1, 0.2, scale_fn=Power(0.1))
    other.load_state_dict(cyclic.state_dict())
    assert other.scale_fn(1) == 0.5


def composed(library: Any, optimizer: Any, which: str) -> Any:
    kinds = library.optim.lr_scheduler
    warm = kinds.LinearLR(optimizer, 0.1, total_iters=4)
    cosine = kinds.CosineAnnealingLR(optimizer, 6)
    last = kinds.ExponentialLR(optimizer, 0.9)
    if which == "chained":
        return kinds.ChainedScheduler([warm, cosine, last])
    if which == "restarts first":
        restarts = kinds.CosineAnnealingWarmRestarts(optimizer, 3)
        return kinds.SequentialLR(optimizer, [restarts, last], [5])
    if which == "at once":
        return kinds.SequentialLR(optimizer, [warm, cosine, last], [0, 4])
    return kinds.SequentialLR(optimizer, [warm, cosine, last], [4, 9])


@pytest.mark.parametrize("which", ["chained", "sequential", "restarts first", "at once"])
def test_composed_schedulers_equal_pytorchs(which):
    traces = []
    for library in (tg, torch):
        optimizer = new_optimizer(library)
        scheduler = composed(library, optimizer, which)
        traces.append(run(optimizer, scheduler, 16))
        state = scheduler.state_dict()
        other = new_optimizer(library)
        again = composed(library, other, which)
        again.load_state_dict(state)
        for group, saved in zip(other.param_groups, optimizer.param_groups, strict=True):
            group["lr"] = saved["lr"]
        other._opt_called = True
        traces.append(run(other, again, 4))
    np.testing.assert_allclose(traces[0], traces[2], rtol=1e-10, atol=1e-15)
    np.testing.assert_allclose(traces[1], traces[3], rtol=1e-10, atol=1e-15)


def test_composed_schedulers_may_be_nested():
    """As if they stood in one row; PyTorch is an epoch ahead inside."""
    kinds = optim.lr_scheduler
    traces = []
    for nested in (False, True):
        optimizer = new_optimizer(tg)
        warm = kinds.LinearLR(optimizer, 0.1, total_iters=4)
        cosine = kinds.CosineAnnealingLR(optimizer, 6)
        both = [kinds.ExponentialLR(optimizer, 0.9), kinds.ConstantLR(optimizer, 0.5, 2)]
        last = kinds.ChainedScheduler(both)
        if nested:
            inner = kinds.SequentialLR(optimizer, [warm, cosine], [3])
            scheduler = kinds.SequentialLR(optimizer, [inner, last], [9])
        else:
            scheduler = kinds.SequentialLR(optimizer, [warm, cosine, last], [3, 9])
        traces.append(run(optimizer, scheduler, 14))
    assert traces[0] == traces[1]
    rates = [rates[0] for rates in traces[0]]
    assert rates[3] == 0.5
    assert rates[9:13] == pytest.approx([0.25, 0.25 * 0.9, 0.5 * 0.81, 0.5 * 0.729])


METRICS = [3.0, 2.0, 2.0, 1.9999, 2.1, 1.5, 1.5, 1.5, 1.5, 1.5, math.nan, 0.4, 0.4, 0.4, 0.4, 9.0]


@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize(
    "settings",
    [
        {"patience": 1},
        {"patience": 0, "cooldown": 2, "factor": 0.5},
        {"patience": 1, "min_lr": [0.3, 0.02], "threshold": 0.2},
        {"patience": 0, "factor": 0.9, "eps": 0.03},
    ],
)
def test_plateaus_equal_pytorchs(settings, mode, threshold_mode):
    traces = []
    for library in (tg, torch):
        optimizer = new_optimizer(library)
        kind = library.optim.lr_scheduler.ReduceLROnPlateau
        arguments = {**settings, "mode": mode, "threshold_mode": threshold_mode}
        scheduler = kind(optimizer, **arguments)
        trace = []
        for count, metric in enumerate(METRICS):
            scheduler.step(library.tensor(metric))
            trace.append([*scheduler.get_last_lr(), scheduler.best, scheduler.num_bad_epochs])
            if count == 6:
                state = scheduler.state_dict()
                scheduler = kind(optimizer, **arguments)
                scheduler.load_state_dict(state)
        traces.append(trace)
    np.testing.assert_allclose(traces[0], traces[1], rtol=1e-6)
    assert set(scheduler.state_dict()) == set(state)


@pytest.mark.parametrize("name", optim.lr_scheduler.__all__ + ["SWALR"])
def test_constructors_take_pytorchs_arguments(name):
    def defaults(library: Any) -> list[tuple[str, Any, Any]]:
        owner = library.optim.swa_utils if name == "SWALR" else library.optim.lr_scheduler
        parameters = inspect.signature(getattr(owner, name).__init__).parameters.values()
        return [(p.name, p.default, p.kind) for p in parameters]

    assert defaults(tg) == defaults(torch)


def test_every_scheduler_of_pytorch_is_there():
    assert set(torch.optim.lr_scheduler.__all__) <= set(optim.lr_scheduler.__all__)
    assert set(torch.optim.swa_utils.__all__) <= set(optim.swa_utils.__all__)


BAD: list[Case] = [
    ("MultiplicativeLR", ([decay],), {}),
    ("LambdaLR", ([decay, decay, decay],), {}),
    ("CosineAnnealingWarmRestarts", (0,), {}),
    ("CosineAnnealingWarmRestarts", (2.5,), {}),
    ("CosineAnnealingWarmRestarts", (2, 0), {}),
    ("CyclicLR", (0.1, [0.5]), {}),
    ("CyclicLR", (0.1, 0.5), {"mode": "square"}),
    ("OneCycleLR", (0.5,), {}),
    ("OneCycleLR", (0.5, -1), {}),
    ("OneCycleLR", (0.5,), {"epochs": 0, "steps_per_epoch": 1}),
    ("OneCycleLR", (0.5, 9), {"pct_start": 1.5}),
    ("OneCycleLR", (0.5, 9), {"anneal_strategy": "square"}),
    ("ReduceLROnPlateau", (), {"factor": 1.0}),
    ("ReduceLROnPlateau", ("middle",), {}),
    ("ReduceLROnPlateau", (), {"threshold_mode": "both"}),
    ("ReduceLROnPlateau", (), {"min_lr": [0.1]}),
    ("SWALR", ([0.1],), {}),
    ("SWALR", (0.1,), {"anneal_strategy": "square"}),
    ("SWALR", (0.1,), {"anneal_epochs": -1}),
    ("SequentialLR", ([], []), {}),
]


@pytest.mark.parametrize("case", BAD, ids=case_id)
def test_settings_out_of_range_are_refused_as_by_pytorch(case):
    for library in (torch, tg):
        with pytest.raises(ValueError, match=r"."):
            scheduler_of(library, case, new_optimizer(library))
    with pytest.raises(TypeError, match="is not an Optimizer"):
        scheduler_of(tg, ("StepLR", (1,), {}), 3)


def test_schedulers_of_other_optimizers_and_steps_beyond_the_end_are_refused():
    kinds = optim.lr_scheduler
    one, two = new_optimizer(tg), new_optimizer(tg)
    first, second = kinds.StepLR(one, 1), kinds.StepLR(two, 1)
    plateau = kinds.ReduceLROnPlateau(one)
    with pytest.raises(ValueError, match="belong to the same optimizer"):
        kinds.ChainedScheduler([first, second])
    with pytest.raises(ValueError, match="does not support `ReduceLROnPlateau`"):
        kinds.SequentialLR(one, [first, plateau], [1])
    with pytest.raises(ValueError, match="2 schedulers and 2 milestones"):
        kinds.SequentialLR(one, [first, kinds.StepLR(one, 2)], [1, 2])
    with pytest.raises(TypeError, match="has no `optimizer`"):
        kinds.ChainedScheduler([first, 3])
    with pytest.raises(ValueError, match="must support momentum or beta1"):
        kinds.CyclicLR(optim.Adagrad([tg.zeros(1)]), 0.1, 0.2)
    last = kinds.OneCycleLR(one, 1.0, total_steps=2)
    one.step()
    last.step()
    last.step()
    with pytest.raises(ValueError, match="Tried to step 3 times"):
        last.step()
    one.add_param_group({"params": [tg.zeros(1)]})
    limited = kinds.ReduceLROnPlateau(two, min_lr=[0.1, 0.1], patience=0)
    two.add_param_group({"params": [tg.zeros(1)]})
    limited.step(1.0)
    with pytest.raises(RuntimeError, match="has 3 parameter groups, it had 2"):
        limited.step(1.0)


def test_wrong_order_and_old_arguments_warn_as_in_pytorch():
    for library in (tg, torch):
        optimizer = new_optimizer(library)
        scheduler = library.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
        with pytest.warns(UserWarning, match=r"lr_scheduler.step\(\)` before `optimizer.step"):
            scheduler.step()
        with pytest.warns(UserWarning, match="epoch parameter"):
            scheduler.step(5)
        with pytest.warns(UserWarning, match="please use `get_last_lr"):
            scheduler.get_lr()


# Averages of weights -----------------------------------------------------------------------------


def models() -> list[tuple[Any, Any]]:
    made: list[tuple[Any, Any]] = []
    values = np.random.default_rng(1)
    weights = [values.normal(size=shape) for shape in ((4, 3), (4,), (4,), (4,))]
    for library in (tg, torch):
        model = library.nn.Sequential(library.nn.Linear(3, 4), library.nn.BatchNorm1d(4)).double()
        with library.no_grad():
            for parameter, value in zip(model.parameters(), weights, strict=True):
                parameter.copy_(library.from_numpy(value.copy()))
        made.append((library, model))
    return made


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("average", ["", "swa", "ema", "swa_multi", "ema_multi"])
def test_averaged_models_equal_pytorchs(average, use_buffers):
    states = []
    for library, model in models():
        utils = library.optim.swa_utils
        extra: dict[str, Any] = {}
        if average:
            kind = "multi_avg_fn" if average.endswith("multi") else "avg_fn"
            extra[kind] = getattr(utils, f"get_{average}_avg_fn")()
        if average == "ema_multi":
            extra[kind] = utils.get_ema_multi_avg_fn(decay=0.6)
        copy = utils.AveragedModel(model, use_buffers=use_buffers, **extra)
        optimizer = library.optim.SGD(model.parameters(), lr=0.1)
        inputs = library.from_numpy(np.random.default_rng(2).normal(size=(6, 3)))
        if use_buffers:  # PyTorch cannot average the count of batches
            model[1].num_batches_tracked = None
            copy.module[1].num_batches_tracked = None
            model[1].momentum = copy.module[1].momentum = 0.2
        for _ in range(4):
            optimizer.zero_grad()
            ((model(inputs) - 1) ** 2).mean().backward()
            optimizer.step()
            copy.update_parameters(model)
        if not use_buffers:
            utils.update_bn([(inputs, 1), (inputs + 1, 2)], copy)
        states.append({key: value.numpy() for key, value in copy.state_dict().items()})
        states.append(copy(inputs).detach().numpy())
        assert copy.training
        assert copy.module[1].momentum == (0.2 if use_buffers else 0.1)
    assert list(states[0]) == list(states[2])
    for key, value in states[2].items():
        np.testing.assert_allclose(states[0][key], value, rtol=1e-7, err_msg=key)
    np.testing.assert_allclose(states[1], states[3], rtol=1e-7)


def test_averaging_errors_and_integers():
    utils = optim.swa_utils
    for make in (utils.get_ema_avg_fn, utils.get_ema_multi_avg_fn):
        with pytest.raises(ValueError, match=r"Invalid decay value 1\.5"):
            make(1.5)
    model = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="Only one of avg_fn"):
        utils.AveragedModel(
            model, avg_fn=utils.get_swa_avg_fn(), multi_avg_fn=utils.get_swa_multi_avg_fn()
        )
    with pytest.raises(ValueError, match="the model has 1 tensors, the copy 2"):
        utils.AveragedModel(model).update_parameters(nn.Linear(2, 2, bias=False))
    counts = [tg.tensor([4, -4])]
    utils.get_ema_multi_avg_fn(0.5)(counts, [tg.tensor([7, -7])], 1)
    assert counts[0].tolist() == [5, -5]
    with pytest.raises(ValueError, match="1 averages, but 0 values"):
        utils.get_swa_multi_avg_fn()(counts, [], 1)

    def broken():
        yield tg.ones(2, 3)
        raise OSError("disk")

    norm = nn.BatchNorm1d(3).eval()
    with pytest.raises(OSError, match="disk"):
        utils.update_bn(broken(), norm)
    assert norm.momentum == 0.1
    assert not norm.training


# Clipping ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm_type", [1.0, 2.0, 3.5, math.inf])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_clipping_equals_pytorchs(dtype, norm_type):
    results = []
    for library in (tg, torch):
        generator = np.random.default_rng(5)
        parameters = [library.zeros(s, requires_grad=True) for s in ((3, 4), (5,), (2,))]
        parameters = [p.detach().to(getattr(library, dtype)) for p in parameters]
        for parameter in parameters[:2]:
            values = generator.normal(size=tuple(parameter.shape))
            parameter.grad = library.from_numpy(values).to(parameter.dtype)
        utils = library.nn.utils
        norm = utils.clip_grad_norm_(parameters, 1.5, norm_type)
        utils.clip_grad_value_(parameters, 0.4)
        with pytest.warns(FutureWarning, match="deprecated in favor"):
            utils.clip_grad_norm(parameters, 0.5, norm_type)
        with pytest.warns(UserWarning, match="empty generator"):
            assert utils.clip_grad_norm_((p for p in []), 1.0).item() == 0.0
        grads = [p.grad.double().numpy().reshape(-1) for p in parameters[:2]]
        results.append(np.concatenate([[norm.item()], *grads]))
    np.testing.assert_allclose(*results, rtol=0.02 if dtype == "bfloat16" else 1e-5)
