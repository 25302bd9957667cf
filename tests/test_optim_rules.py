"""Update rules: by hand, their settings and state, hostile input, LBFGS and its line search."""

from __future__ import annotations

import copy
import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import _C, optim
from topograd.optim.line_search import Point, strong_wolfe

NAMES = [name for name in optim.__all__ if name[0].isupper() and name != "Optimizer"]
NATIVE = [name for name in NAMES if name != "LBFGS"]
COUNTING = [name for name in NATIVE if name not in ("SGD", "Muon")]


def make(name: str, *parameters: Any, **settings: Any) -> Any:
    return getattr(optim, name)(list(parameters), **settings)


def matrix(value: float = 1.0, dtype: Any = tg.float32) -> Any:
    return tg.full((2, 3), value, dtype=dtype, requires_grad=True)


def step(optimizer: Any, *gradients: Any) -> None:
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient

    optimizer.step(lambda: (tg.stack([p.sum() for p in parameters])).sum())


def test_rules_and_optimizers_belong_together():
    rules = {getattr(optim, name)._rule for name in NATIVE}
    assert rules == set(_C.update_rules())
    with pytest.raises(ValueError, match="no update rule 'newton'; there are adadelta, adafactor"):
        _C.OptimizerState([], "newton")


@pytest.mark.parametrize("name", NATIVE)
def test_defaults_of_a_rule_are_those_of_the_optimizer(name):
    """So that C++ programs and Python programs mean the same by "adam"."""
    optimizer = make(name, matrix())
    rule = _C.OptimizerState([], optimizer._rule).settings()
    settings = optimizer._settings(optimizer.param_groups[0])
    for key, default in rule.items():
        head, _, rest = key.partition("[")
        value = settings[head][int(rest[:-1])] if rest else settings[head]
        if name == "AdamW" and key in ("weight_decay", "decoupled_weight_decay"):
            continue
        assert float(value) == pytest.approx(default, nan_ok=True), key


@pytest.mark.parametrize("name", NATIVE)
def test_a_setting_that_is_no_number_or_missing_is_named(name):
    optimizer = make(name, matrix())
    group = optimizer.param_groups[0]
    group["lr"] = "fast"
    with pytest.raises(TypeError, match="setting 'lr' must be a number, got str"):
        step(optimizer, tg.ones(2, 3))
    del group["lr"]
    with pytest.raises(KeyError, match="the parameter group has no 'lr'"):
        step(optimizer, tg.ones(2, 3))


def test_parts_of_settings_are_checked():
    optimizer = make("Adam", matrix())
    optimizer.param_groups[0]["betas"] = (0.9,)
    with pytest.raises(TypeError, match=r"setting 'betas\[1\]' must be a number"):
        step(optimizer, tg.ones(2, 3))
    optimizer.param_groups[0]["betas"] = 0.9
    with pytest.raises(TypeError, match=r"setting 'betas\[0\]' must be a number, got float"):
        step(optimizer, tg.ones(2, 3))


@pytest.mark.parametrize("name", NATIVE)
def test_a_setting_that_steps_or_empties_the_group_does_no_harm(name):
    optimizer = make(name, matrix())

    class Rate:
        busy = False

        def __float__(self):
            if not Rate.busy:
                Rate.busy = True
                optimizer.step()
                optimizer.param_groups[0].clear()
            return 0.1

    optimizer.param_groups[0]["lr"] = Rate()
    optimizer.param_groups[0]["params"][0].grad = tg.ones(2, 3)
    with suppress(KeyError):
        optimizer.step()
    assert Rate.busy


@pytest.mark.parametrize("name", NATIVE)
def test_parameters_of_any_layout_and_dtype_are_stepped_alike(name):
    generator = np.random.default_rng(0)
    start, gradient = generator.normal(size=(4, 6)), generator.normal(size=(4, 6))
    expected = None
    for dtype in (tg.float64, tg.float32, tg.float16, tg.bfloat16):
        for layout in ("dense", "transposed", "strided"):
            w = tg.from_numpy(start.copy()).to(dtype)
            if layout == "transposed":
                w = w.t().contiguous().t()
            if layout == "strided":
                w = tg.stack([w, w], dim=2)[:, :, 0]
            w = w.detach().requires_grad_()
            optimizer = make(name, w)
            for _ in range(3):
                step(optimizer, tg.from_numpy(gradient.T.copy()).t().to(dtype))
            if expected is None:
                expected = w.tolist()
            rough = {tg.float16: 2e-2, tg.bfloat16: 1e-1}.get(dtype, 1e-4)
            np.testing.assert_allclose(w.tolist(), expected, rtol=rough, atol=rough)


@pytest.mark.parametrize("name", NATIVE)
def test_results_do_not_depend_on_the_number_of_threads(name):
    before = tg.get_num_threads()
    results = []
    try:
        for threads in (1, 2):
            tg.set_num_threads(threads)
            generator = tg.Generator().manual_seed(0)
            parameters = [
                tg.randn(shape, generator=generator).requires_grad_()
                for shape in ((300, 301), (7, 3), (1, 50_001))
            ]
            gradients = [tg.randn(p.shape, generator=generator) for p in parameters]
            optimizer = make(name, *parameters)
            step(optimizer, *gradients)
            step(optimizer, *gradients)
            results.append([p.detach().numpy().copy() for p in parameters])
    finally:
        tg.set_num_threads(before)
    for one, two in zip(*results, strict=True):
        assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize("name", NATIVE)
def test_a_not_a_number_stays_with_its_element(name):
    w = matrix()
    gradient = tg.ones(2, 3)
    gradient[0, 0] = math.nan
    optimizer = make(name, w)
    step(optimizer, gradient)
    assert math.isnan(w[0, 0].item())
    if name not in ("Adafactor", "Muon"):  # whose steps hang together
        assert bool(w[1].isfinite().all())


@pytest.mark.parametrize("name", [n for n in NAMES if n != "Muon"])
def test_numbers_and_nothing_are_parameters_too(name):
    number, nothing = tg.tensor(1.0, requires_grad=True), tg.zeros(0, 3, requires_grad=True)
    optimizer = make(name, number, nothing)
    step(optimizer, tg.tensor(0.5), tg.zeros(0, 3))
    step(optimizer, tg.tensor(0.5), tg.zeros(0, 3))
    assert number.item() < 1.0
    other = make(name, number, nothing)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert str(other.state_dict()) == str(optimizer.state_dict())


@pytest.mark.parametrize("name", NATIVE)
def test_read_only_parameters_are_refused(name):
    array = np.ones((2, 3), dtype=np.float32)
    array.flags.writeable = False
    frozen = tg.from_numpy(array)
    optimizer = make(name, frozen)
    frozen.grad = tg.ones(2, 3)
    with pytest.raises(RuntimeError, match="read-only"):
        optimizer.step()
    assert array.tolist() == [[1.0] * 3] * 2


@pytest.mark.parametrize("name", COUNTING)
def test_a_state_without_one_of_its_entries_is_refused(name):
    source, target = make(name, matrix()), make(name, matrix())
    step(source, tg.ones(2, 3))
    good = source.state_dict()
    for missing in good["state"][0]:
        bad = {**good, "state": {0: {k: v for k, v in good["state"][0].items() if k != missing}}}
        with pytest.raises(ValueError, match=f"'{missing}' of parameter 0 is missing"):
            target.load_state_dict(bad)
        for value, error in (
            (tg.ones(5, 5), (ValueError, TypeError)),
            ("text", TypeError),
            (tg.ones(2, 3, dtype=tg.int64), TypeError),
        ):
            entries = {**good["state"][0], missing: value}
            with pytest.raises(error, match=f"'{missing}' of parameter 0"):
                target.load_state_dict({**good, "state": {0: entries}})
    target.load_state_dict(good)
    assert str(target.state_dict()) == str(good)


@pytest.mark.parametrize("name", NATIVE)
def test_the_state_may_be_set_by_hand_but_must_fit(name):
    w = matrix()
    optimizer = make(name, w, **({"momentum": 0.9} if name == "SGD" else {}))
    step(optimizer, tg.ones(2, 3))
    entries = dict(optimizer.state[w])
    key = next(key for key in entries if entries[key].ndim > 0)
    with pytest.raises(ValueError, match=f"'{key}' of shape \\(7,\\)"):
        optimizer.state[w] = {**entries, key: tg.ones(7)}
    optimizer.state[w] = {**entries, key: tg.full(entries[key].shape, 0.25)}
    assert set(optimizer.state[w][key].reshape(-1).tolist()) == {0.25}
    for number in set(entries) & {"step", "eta", "mu", "mu_product"}:
        with pytest.raises(ValueError, match=f"'{number}' must be one number"):
            optimizer.state[w] = {**entries, number: tg.ones(2, 3)}


@pytest.mark.parametrize("name", NAMES)
def test_copies_go_on_as_the_original(name):
    w = matrix()
    optimizer = make(name, w)
    step(optimizer, tg.ones(2, 3) * tg.arange(3.0))
    other = copy.deepcopy(optimizer)
    (copied,) = other.param_groups[0]["params"]
    step(optimizer, tg.arange(6.0).reshape(2, 3))
    step(other, tg.arange(6.0).reshape(2, 3))
    assert copied is not w
    assert copied.tolist() == w.tolist()


@pytest.mark.parametrize("dtype", [tg.float64, tg.float32, tg.bfloat16])
@pytest.mark.parametrize("name", [n for n in NAMES if n != "Muon"])
def test_a_number_of_any_precision_goes_on_from_its_state(name, dtype):
    w, other_w = (tg.tensor(1.0, dtype=dtype, requires_grad=True) for _ in range(2))
    optimizer, other = make(name, w), make(name, other_w)
    step(optimizer, tg.tensor(0.5, dtype=dtype))
    other.load_state_dict(optimizer.state_dict())
    with tg.no_grad():
        other_w.copy_(w)
    step(optimizer, tg.tensor(0.25, dtype=dtype))
    step(other, tg.tensor(0.25, dtype=dtype))
    assert other_w.item() == w.item()


def test_half_precision_state_survives_saving():
    w = matrix(dtype=tg.bfloat16)
    optimizer = make("Adam", w)
    step(optimizer, tg.full((2, 3), 0.3).to(tg.bfloat16))
    other = make("Adam", matrix(dtype=tg.bfloat16))
    other.load_state_dict(optimizer.state_dict())
    assert str(other.state_dict()) == str(optimizer.state_dict())
    assert optimizer.state[w]["exp_avg_sq"].dtype == tg.float32


def test_differentiable_steps_are_refused():
    for name in NATIVE:
        if name not in ("Adafactor", "Muon"):
            with pytest.raises(ValueError, match="differentiable=True is not supported"):
                make(name, matrix(), differentiable=True)


def test_muon_is_for_matrices():
    with pytest.raises(ValueError, match=r"only supports 2D parameters .* \(3,\)"):
        optim.Muon([tg.ones(3)])
    with pytest.raises(ValueError, match="ns_steps should be < 100"):
        make("Muon", matrix(), ns_steps=100)
    with pytest.raises(ValueError, match="exactly 3 values"):
        make("Muon", matrix(), ns_coefficients=(1.0, 2.0))
    optimizer = make("Muon", matrix())
    optimizer.param_groups[0]["ns_steps"] = 1000
    with pytest.raises(ValueError, match=r"ns_steps must be in \[0, 100\)"):
        step(optimizer, tg.ones(2, 3))


def test_complex_parameters_are_refused_where_they_make_no_sense():
    for name in ("Adafactor", "Muon"):
        optimizer = make(name, tg.ones(2, 3, dtype=tg.complex64))
        with pytest.raises(TypeError, match="parameter 0 has dtype complex64"):
            step(optimizer, tg.ones(2, 3, dtype=tg.complex64))


# LBFGS -------------------------------------------------------------------------------------------


def rosenbrock(w: Any) -> Any:
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def minimize(w: Any, loss: Any, steps: int, **settings: Any) -> list[float]:
    optimizer = optim.LBFGS([w], **settings)

    def closure():
        optimizer.zero_grad()
        value = loss(w)
        value.backward()
        return value

    return [optimizer.step(closure).item() for _ in range(steps)]


def test_lbfgs_finds_the_minimum_of_rosenbrocks_valley():
    w = tg.tensor([-1.5, 2.0], dtype=tg.float64, requires_grad=True)
    losses = minimize(w, rosenbrock, 6, line_search_fn="strong_wolfe", max_iter=20)
    assert w.tolist() == pytest.approx([1.0, 1.0], abs=1e-4)
    assert losses == sorted(losses, reverse=True)


def test_lbfgs_with_infinite_and_undefined_losses_ends():
    for bad in (math.inf, math.nan):
        w = tg.tensor([1.0], requires_grad=True)
        minimize(w, lambda w, bad=bad: (w * bad).sum(), 2, line_search_fn="strong_wolfe")
        w = tg.tensor([1.0], requires_grad=True)
        minimize(w, lambda w: (w.log() + (w - 2) ** 2).sum(), 3, line_search_fn="strong_wolfe")


def test_lbfgs_errors():
    w = tg.tensor([1.0], requires_grad=True)
    with pytest.raises(ValueError, match="doesn't support per-parameter options"):
        optim.LBFGS([{"params": [w]}, {"params": [tg.ones(1)]}])
    with pytest.raises(ValueError, match="None or 'strong_wolfe', got 'wolfe'"):
        optim.LBFGS([w], line_search_fn="wolfe")
    with pytest.raises(ValueError, match="Invalid history_size: 0"):
        optim.LBFGS([w], history_size=0)
    with pytest.raises(TypeError, match="needs a closure"):
        optim.LBFGS([w]).step()
    with pytest.raises(ValueError, match="1 steps, but 0 changes and 1 curvatures"):
        _C.lbfgs_direction(w, [w], [], [1.0], 1.0)
    with pytest.raises(RuntimeError, match="dot"):
        _C.lbfgs_direction(w, [tg.ones(3)], [tg.ones(3)], [1.0], 1.0)


def test_lbfgs_direction_is_minus_the_inverse_hessian_times_the_gradient():
    """For a quadratic, n steps along the axes make the estimate exact."""
    generator = np.random.default_rng(0)
    root = generator.normal(size=(4, 4))
    hessian = root @ root.T + np.eye(4)
    # Conjugate directions by Gram-Schmidt: then each pair is fulfilled for good.
    steps: list[np.ndarray] = []
    for axis in np.eye(4):
        step = axis - sum(s * (s @ hessian @ axis) / (s @ hessian @ s) for s in steps)
        steps.append(step)
    changes = [hessian @ step for step in steps]
    gradient = generator.normal(size=4)
    direction = _C.lbfgs_direction(
        tg.from_numpy(gradient),
        [tg.from_numpy(s) for s in steps],
        [tg.from_numpy(c) for c in changes],
        [1.0 / (s @ c) for s, c in zip(steps, changes, strict=True)],
        1.0,
    )
    np.testing.assert_allclose(direction.numpy(), -np.linalg.solve(hessian, gradient), rtol=1e-9)


@pytest.mark.parametrize("first", [1e-3, 0.3, 1.0, 20.0, 1e4])
@pytest.mark.parametrize("shape", ["bowl", "wave", "wall"])
def test_line_search_fulfils_the_strong_wolfe_conditions(shape, first):
    def loss(t):
        if shape == "bowl":
            return (t - 2) ** 2
        return math.cos(t) + 0.1 * t if shape == "wave" else math.exp(t) - 3 * t

    def at(t):
        t = min(t, 300.0) if shape == "wall" else t  # exp would overflow
        h = 1e-6 * max(1.0, abs(t))
        return Point(t, loss(t), tg.zeros(1), (loss(t + h) - loss(t - h)) / (2 * h))

    calls = []

    def counted(t):
        calls.append(t)
        return at(t)

    start = at(1.0 if shape == "wave" else 0.0)._replace(t=0.0)
    shift = 1.0 if shape == "wave" else 0.0
    point, used = strong_wolfe(
        lambda t: counted(t + shift)._replace(t=t), start, first, 1.0, 1e-9, 40
    )
    assert used == len(calls)
    assert point.loss <= start.loss + 1e-4 * point.t * start.slope + 1e-9
    assert abs(point.slope) <= 0.9 * abs(start.slope) + 1e-4


def test_line_search_without_evaluations_left_gives_the_better_end():
    start = Point(0.0, 1.0, tg.zeros(1), -1.0)
    for loss, expected in ((2.0, 0.0), (0.5, 3.0)):
        end = Point(3.0, loss, tg.zeros(1), -1.0)
        point, used = strong_wolfe(lambda t, end=end: end, start, 3.0, 1.0, 1e-9, 0)
        assert (point.t, used) == (expected, 1)
