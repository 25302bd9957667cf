"""Optimizers beside PyTorch: trajectories, states, constructors, errors."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import topograd as tg
from optimizers import CASES, NAMES, as_numpy, both, state_to, train
from topograd import optim

torch = pytest.importorskip("torch")

STEPS = 20


def case_id(value: Any) -> str:
    return str(value)[:60]


def steps_of(name: str) -> int:
    return 6 if name == "LBFGS" else STEPS


@pytest.mark.parametrize(("name", "settings"), CASES, ids=case_id)
def test_trajectory_equals_pytorchs(name, settings):
    steps = range(steps_of(name))
    ours, theirs = (train(run[2], run[1], steps) for run in both(name, settings))
    for step, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        np.testing.assert_allclose(our, their, rtol=1e-8, atol=1e-9, err_msg=f"step {step}")


@pytest.mark.parametrize("line_search", [None, "strong_wolfe"])
def test_a_step_of_lbfgs_takes_pytorchs_way(line_search):
    """Twelve iterations through Rosenbrock's valley: every point at which the loss is asked."""
    ways = []
    for library in (tg, torch):
        w = library.tensor([-1.2, 1.0], dtype=library.float64, requires_grad=True)
        rate = 1.0 if line_search else 0.1
        optimizer = library.optim.LBFGS([w], rate, 12, line_search_fn=line_search)
        way = []

        def closure(w=w, way=way, optimizer=optimizer):
            way.append(w.tolist())
            optimizer.zero_grad()
            loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
            loss.backward()
            return loss

        optimizer.step(closure)
        ways.append([*way, w.tolist()])
    assert len(ways[0]) > 10
    np.testing.assert_allclose(*ways, rtol=1e-7)


@pytest.mark.parametrize(("name", "settings"), CASES, ids=case_id)
def test_float32_trajectory_is_pytorchs(name, settings):
    # In single precision the two part where a sign or a line search hangs on the last digits.
    steps = {"LBFGS": 1, "Rprop": 3}.get(name, STEPS)
    ours, theirs = (train(run[2], run[1], range(steps)) for run in both(name, settings, "float32"))
    np.testing.assert_allclose(ours[-1], theirs[-1], rtol=2e-3, atol=2e-4)


HALF = [case for case in CASES if case[0] not in ("LBFGS", "Rprop") and len(case[1]) <= 1]


@pytest.mark.parametrize(("name", "settings"), HALF, ids=case_id)
def test_bfloat16_parameters_follow_float32_ones(name, settings):
    """State stays in float32: nearer to the float32 trajectory than PyTorch's, or as near."""
    _, parameters, optimizer = next(both(name, settings, "float32"))
    exact = train(optimizer, parameters, range(8))[-1]
    ours, theirs = (
        np.abs(train(run[2], run[1], range(8))[-1] - exact).mean()
        for run in both(name, settings, "bfloat16")
    )
    assert ours <= 1.5 * theirs + 0.01
    _, parameters, optimizer = next(both(name, settings, "bfloat16"))
    train(optimizer, parameters, range(2))
    assert all(
        value.dtype == tg.float32 for value in optimizer.state.get(parameters[0], {}).values()
    )


COMPLEX = [case for case in CASES if case[0] not in ("LBFGS", "Adafactor") and len(case[1]) <= 1]


@pytest.mark.parametrize(("name", "settings"), COMPLEX, ids=case_id)
def test_complex_parameters_are_stepped_as_pairs(name, settings):
    ours, theirs = (train(run[2], run[1], range(8)) for run in both(name, settings, "complex128"))
    np.testing.assert_allclose(ours[-1], theirs[-1], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize(("name", "settings"), CASES, ids=case_id)
def test_state_is_exchanged_with_pytorch(name, settings):
    """Half of the steps there, half here, from the state dictionary, and the other way round."""
    whole, half = steps_of(name), steps_of(name) // 2
    for source, target in ((1, 0), (0, 1)):
        runs = list(both(name, settings))
        _, old, old_optimizer = runs[source]
        library, new, new_optimizer = runs[target]
        train(old_optimizer, old, range(half))
        new_optimizer.load_state_dict(state_to(library, old_optimizer.state_dict()))
        with library.no_grad():
            for new_one, old_one in zip(new, old, strict=True):
                new_one.copy_(library.from_numpy(as_numpy(old_one)))
        expected = train(old_optimizer, old, range(half, whole))
        trace = train(new_optimizer, new, range(half, whole))
        np.testing.assert_allclose(trace[-1], expected[-1], rtol=1e-8, atol=1e-9)
        assert_same_state(*(run[2].state_dict() for run in runs))


def assert_same_state(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    assert ours["param_groups"] == theirs["param_groups"]
    assert list(ours["state"]) == list(theirs["state"])
    for number, entries in theirs["state"].items():
        entries.pop("al", None)  # scratch memory of PyTorch's LBFGS
        ours["state"][number].pop("al", None)
        assert sorted(ours["state"][number]) == sorted(entries)
        for key, value in entries.items():
            our = ours["state"][number][key]
            if isinstance(value, torch.Tensor) and value.ndim > 0:
                assert tuple(our.shape) == tuple(value.shape), key
                np.testing.assert_allclose(our.numpy(), value.numpy(), rtol=1e-5, atol=1e-6)
            elif not isinstance(value, list):
                assert float(our) == pytest.approx(float(value), rel=1e-6), key


@pytest.mark.parametrize("name", NAMES)
def test_constructors_take_pytorchs_arguments(name):
    def defaults(kind: Any) -> list[tuple[str, Any]]:
        parameters = inspect.signature(kind.__init__).parameters
        return [(key, parameter.default) for key, parameter in parameters.items()]

    def kinds(kind: Any) -> list[Any]:
        return [parameter.kind for parameter in inspect.signature(kind).parameters.values()]

    our_kind, their_kind = getattr(optim, name), getattr(torch.optim, name)
    assert defaults(our_kind) == defaults(their_kind)
    assert kinds(our_kind) == kinds(their_kind)
    ours = our_kind([tg.zeros(1, 2, requires_grad=True)])
    theirs = their_kind([torch.zeros(1, 2, requires_grad=True)])
    assert repr(ours) == repr(theirs)
    assert_same_state(ours.state_dict(), theirs.state_dict())


def test_every_optimizer_of_pytorch_is_there():
    theirs = {
        name
        for name, kind in vars(torch.optim).items()
        if inspect.isclass(kind) and issubclass(kind, torch.optim.Optimizer)
    }
    assert theirs - {"SparseAdam"} <= set(optim.__all__)


OUT_OF_RANGE: list[tuple[str, dict[str, Any]]] = [
    *((name, {"lr": -1.0}) for name in NAMES),
    *((name, {"lr": float("nan")}) for name in NAMES if name != "SGD"),
    *((name, {"weight_decay": -1.0}) for name in NAMES if name not in ("LBFGS", "Rprop")),
    *((n, {"betas": (1.0, 0.9)}) for n in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")),
    *((n, {"betas": (0.9, -0.1)}) for n in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam")),
    *((n, {"eps": -1e-9}) for n in ("Adam", "Adamax", "NAdam", "RAdam", "Adadelta", "Adagrad")),
    ("NAdam", {"momentum_decay": -1.0}),
    ("Adadelta", {"rho": 1.5}),
    ("Adagrad", {"lr_decay": -1.0}),
    ("Adagrad", {"initial_accumulator_value": -1.0}),
    ("RMSprop", {"alpha": -0.1}),
    ("RMSprop", {"momentum": -0.1}),
    ("Rprop", {"etas": (1.5, 1.2)}),
    ("Adafactor", {"beta2_decay": 0.1}),
    ("Adafactor", {"eps": (-1.0, 0.1)}),
    ("Adafactor", {"eps": (None, -0.1)}),
    ("Adafactor", {"d": 0.5}),
    ("Muon", {"momentum": -0.1}),
    ("Muon", {"adjust_lr_fn": "none"}),
]


@pytest.mark.parametrize(("name", "settings"), OUT_OF_RANGE, ids=case_id)
def test_settings_out_of_range_are_refused_in_pytorchs_words(name, settings):
    with pytest.raises(ValueError, match=r".") as theirs:
        getattr(torch.optim, name)([torch.zeros(2, 2)], **settings)
    with pytest.raises(ValueError, match=r".") as ours:
        getattr(optim, name)([tg.zeros(2, 2)], **settings)
    assert str(ours.value) == str(theirs.value)


def muon_by_numpy(w, gradients, lr, weight_decay, momentum, nesterov, factor):
    """The method in double precision, one step for each gradient."""
    a, b, c = 3.4445, -4.775, 2.0315
    m = np.zeros_like(w)
    for g in gradients:
        m = momentum * m + (1 - momentum) * g
        x = momentum * m + (1 - momentum) * g if nesterov else m
        u, s, v = np.linalg.svd(x / np.linalg.norm(x), full_matrices=False)
        for _ in range(5):
            s = a * s + b * s**3 + c * s**5
        w = w * (1 - lr * weight_decay) - lr * factor * (u * s) @ v
    return w


@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("adjust", [None, "match_rms_adamw"])
@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (2, 5)])
def test_muon_is_the_method_and_pytorchs_up_to_bfloat16(shape, adjust, nesterov):
    generator = np.random.default_rng(3)
    start, gradients = generator.normal(size=shape), generator.normal(size=(6, *shape))
    settings = {"lr": 0.02, "momentum": 0.8, "nesterov": nesterov, "adjust_lr_fn": adjust}
    results = []
    for library in (tg, torch):
        w = library.from_numpy(start.copy()).requires_grad_()
        optimizer = library.optim.Muon([w], **settings)
        for g in gradients:
            w.grad = library.from_numpy(g.copy())
            optimizer.step()
        results.append((w.detach().numpy(), optimizer.state_dict()))
    rows, columns = shape
    factor = max(1, rows / columns) ** 0.5 if adjust is None else 0.2 * max(shape) ** 0.5
    exact = muon_by_numpy(start, gradients, 0.02, 0.1, 0.8, nesterov, factor)
    np.testing.assert_allclose(results[0][0], exact, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(results[0][0], results[1][0], atol=0.01)
    assert_same_state(results[0][1], results[1][1])


@pytest.mark.parametrize("shape", [(70, 150), (140, 100), (130, 130)])
def test_muon_in_single_precision_is_nearer_to_the_method_than_pytorch(shape):
    """Also for directions that hardly occur, whose squares are below the precision."""
    generator = np.random.default_rng(4)
    u, _, v = np.linalg.svd(generator.normal(size=shape), full_matrices=False)
    gradient = (u * np.geomspace(1.0, 1e-5, min(shape))) @ v
    errors = []
    for library in (tg, torch):
        w = library.zeros(shape, requires_grad=True)
        w.grad = library.from_numpy(gradient.astype("float32"))
        library.optim.Muon([w], lr=1.0, momentum=0.0, weight_decay=0.0).step()
        factor = max(1, shape[0] / shape[1]) ** 0.5
        exact = muon_by_numpy(np.zeros(shape), [gradient], 1.0, 0.0, 0.0, True, factor)
        errors.append(np.abs(w.detach().numpy() - exact).max() / np.abs(exact).max())
    assert errors[0] < 2e-3 < errors[1]


def test_lr_and_betas_may_be_tensors():
    results = []
    for library in (tg, torch):
        w = library.ones(3, requires_grad=True)
        optimizer = library.optim.Adam([w], lr=library.tensor(0.25))
        w.grad = library.ones(3)
        scheduler = library.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
        optimizer.step()
        scheduler.step()
        optimizer.step()
        results.append([*w.tolist(), float(optimizer.param_groups[0]["lr"])])
        assert not isinstance(optimizer.param_groups[0]["lr"], float)
    assert results[0] == pytest.approx(results[1])
    with pytest.raises(ValueError, match="Tensor lr must be 1-element"):
        optim.RMSprop([tg.zeros(1)], lr=tg.ones(2))


def test_named_parameters_are_kept_in_the_groups():
    ours = optim.SGD([("w", tg.zeros(1, requires_grad=True))], lr=0.1)
    theirs = torch.optim.SGD([("w", torch.zeros(1, requires_grad=True))], lr=0.1)
    assert ours.state_dict() == theirs.state_dict()
