"""Optimizers without PyTorch."""

from __future__ import annotations

import copy
import math

import pytest

import topograd as tg
from topograd import optim


def leaf(*values: float):
    return tg.tensor(list(values), requires_grad=True)


def one_step(optimizer, *parameters, gradient=1.0):
    for parameter in parameters:
        parameter.grad = tg.full(parameter.shape, gradient)
    optimizer.step()


# Steps -----------------------------------------------------------------------------------------


def test_sgd_by_hand():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.5, weight_decay=0.2)
    velocity, expected = 0.0, 1.0
    for step in range(5):
        one_step(optimizer, w, gradient=2.0)
        gradient = 2.0 + 0.2 * expected
        velocity = gradient if step == 0 else 0.5 * velocity + gradient
        expected -= 0.1 * velocity
        assert w.item() == pytest.approx(expected, rel=1e-5)
    assert optimizer.state[w]["momentum_buffer"].item() == pytest.approx(velocity, rel=1e-5)


@pytest.mark.parametrize("decoupled", [False, True])
def test_adam_by_hand(decoupled):
    w = leaf(1.0)
    kind = optim.AdamW if decoupled else optim.Adam
    optimizer = kind([w], lr=0.1, betas=(0.8, 0.9), eps=1e-3, weight_decay=0.2)
    first = second = 0.0
    expected = 1.0
    for step in range(1, 6):
        one_step(optimizer, w, gradient=2.0)
        gradient = 2.0 if decoupled else 2.0 + 0.2 * expected
        expected *= 1 - 0.1 * 0.2 if decoupled else 1.0
        first = 0.8 * first + 0.2 * gradient
        second = 0.9 * second + 0.1 * gradient**2
        corrected = math.sqrt(second / (1 - 0.9**step)) + 1e-3
        expected -= 0.1 * first / (1 - 0.8**step) / corrected
        assert w.item() == pytest.approx(expected, rel=1e-5)
    assert optimizer.state[w]["step"].item() == 5


def test_parameters_without_gradient_are_left_alone():
    a, b = leaf(1.0), leaf(1.0)
    optimizer = optim.Adam([a, b], lr=0.5)
    one_step(optimizer, a)
    assert b.item() == 1.0
    assert b not in optimizer.state
    assert list(optimizer.state) == [a]
    optimizer.zero_grad()
    assert a.grad is None
    a.grad = tg.ones(1)
    optimizer.zero_grad(set_to_none=False)
    assert a.grad.item() == 0.0


def test_groups_have_settings_of_their_own():
    a, b = leaf(0.0), leaf(0.0)
    optimizer = optim.SGD([{"params": [a]}, {"params": b, "lr": 10.0}], lr=1.0)
    one_step(optimizer, a, b)
    assert (a.item(), b.item()) == (-1.0, -10.0)
    c = leaf(0.0)
    optimizer.add_param_group({"params": [c], "lr": 5.0})
    optimizer.param_groups[0]["lr"] = 2.0
    one_step(optimizer, a, b, c)
    assert (a.item(), b.item(), c.item()) == (-3.0, -20.0, -5.0)


def test_a_program_may_put_other_parameters_into_a_group():
    a, b = leaf(0.0), leaf(0.0)
    optimizer = optim.SGD([a], lr=1.0, momentum=0.5)
    one_step(optimizer, a)
    optimizer.param_groups[0]["params"].append(b)
    one_step(optimizer, a, b)
    assert (a.item(), b.item()) == (-2.5, -1.0)
    optimizer.param_groups[0]["params"] = [b]
    one_step(optimizer, a, b)
    assert (a.item(), b.item()) == (-2.5, -2.5)


def test_maximize_goes_uphill_and_a_closure_is_recorded():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=1.0, maximize=True)

    def closure():
        optimizer.zero_grad()
        loss = (w * 3).sum()
        loss.backward()
        return loss

    with tg.no_grad():
        assert optimizer.step(closure).item() == 3.0
    assert w.item() == 4.0


def test_a_subclass_in_python_keeps_state_of_its_own():
    class Counting(optim.Optimizer):
        def step(self, closure=None):
            for group in self.param_groups:
                for parameter in group["params"]:
                    self.state[parameter]["calls"] = self.state[parameter].get("calls", 0) + 1

    w = leaf(1.0)
    optimizer = Counting([w], {"lr": 1.0})
    optimizer.step()
    optimizer.step()
    other = Counting([w], {"lr": 2.0})
    other.load_state_dict(optimizer.state_dict())
    assert other.state[w]["calls"] == 2
    assert other.param_groups[0]["lr"] == 1.0
    with pytest.raises(NotImplementedError):
        optim.Optimizer([w], {}).step()


# Errors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        (optim.SGD, {"lr": -1.0}, "Invalid learning rate: -1.0"),
        (optim.SGD, {"lr": math.nan}, "Invalid learning rate: nan"),
        (optim.SGD, {"momentum": -0.1}, "Invalid momentum value: -0.1"),
        (optim.SGD, {"weight_decay": -0.1}, "Invalid weight_decay value: -0.1"),
        (optim.SGD, {"nesterov": True}, "Nesterov momentum requires a momentum"),
        (optim.SGD, {"differentiable": True}, "not supported"),
        (optim.Adam, {"lr": -1.0}, "Invalid learning rate: -1.0"),
        (optim.Adam, {"eps": -1.0}, "Invalid epsilon value: -1.0"),
        (optim.Adam, {"betas": (1.0, 0.9)}, "Invalid beta parameter at index 0: 1.0"),
        (optim.AdamW, {"betas": (0.9, -0.1)}, "Invalid beta parameter at index 1: -0.1"),
        (optim.AdamW, {"weight_decay": -1}, "Invalid weight_decay value: -1"),
    ],
)
def test_settings_out_of_range_are_refused(kind, settings, message):
    with pytest.raises(ValueError, match=message):
        kind([leaf(1.0)], **settings)


def test_wrong_parameters_are_refused():
    w = leaf(1.0)
    with pytest.raises(ValueError, match="empty parameter list"):
        optim.SGD([])
    with pytest.raises(TypeError, match="iterable of Tensors or dicts"):
        optim.SGD(w)
    with pytest.raises(TypeError, match="one of the params is float"):
        optim.SGD([3.0])
    with pytest.raises(TypeError, match="ordered collections"):
        optim.SGD([{"params": {w}}])
    with pytest.raises(ValueError, match="non-leaf"):
        optim.SGD([w * 2])
    with pytest.raises(ValueError, match="more than one parameter group"):
        optim.SGD([{"params": [w]}, {"params": [w]}])
    with pytest.raises(ValueError, match="didn't specify a value of required"):
        optim.Optimizer([w], {"lr": optim.optimizer.required})
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optimizer = optim.SGD([w, w], lr=1.0)
    one_step(optimizer, w)
    assert w.item() == 0.0


# State -----------------------------------------------------------------------------------------


def test_state_dict_continues_the_trajectory():
    def run(optimizer, w, steps):
        for step in range(steps):
            optimizer.zero_grad()
            ((w - step) ** 2).sum().backward()
            optimizer.step()

    whole = leaf(1.0, 2.0)
    run(optim.Adam([whole], lr=0.1, amsgrad=True), whole, 3)
    first = leaf(1.0, 2.0)
    optimizer = optim.Adam([first], lr=0.1, amsgrad=True)
    run(optimizer, first, 3)
    assert first.tolist() == whole.tolist()
    state = optimizer.state_dict()
    assert state["param_groups"][0]["params"] == [0]
    assert sorted(state["state"][0]) == ["exp_avg", "exp_avg_sq", "max_exp_avg_sq", "step"]
    second = tg.tensor(first.tolist(), requires_grad=True)
    other = optim.Adam([second], lr=7.0, amsgrad=True)
    other.load_state_dict(state)
    run(optimizer, first, 2)
    run(other, second, 2)
    assert second.tolist() == first.tolist()
    assert other.param_groups[0]["lr"] == 0.1


def test_loading_copies_the_state():
    a, b = leaf(1.0), leaf(1.0)
    source, target = optim.SGD([a], 0.1, 0.9), optim.SGD([b], 0.1, 0.9)
    one_step(source, a)
    target.load_state_dict(source.state_dict())
    one_step(target, b)
    assert source.state[a]["momentum_buffer"].item() == 1.0


def test_a_failed_load_leaves_the_optimizer_unchanged():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    one_step(optimizer, w)
    good = optimizer.state_dict()
    group = good["param_groups"][0]
    bad = [
        {"state": {}, "param_groups": [group, group]},
        {"state": {}, "param_groups": [{**group, "params": [0, 1]}]},
        {"state": {0: {"momentum_buffer": tg.ones(7)}}, "param_groups": [{**group, "lr": 5.0}]},
    ]
    messages = [
        "number of parameter groups",
        "size of optimizer's group",
        r"shape \(7,\)",
    ]
    for state, message in zip(bad, messages, strict=True):
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict(state)
    assert optimizer.param_groups[0]["lr"] == 0.1
    assert optimizer.state[w]["momentum_buffer"].item() == 1.0


def without(entries, name):
    return {key: value for key, value in entries.items() if key != name}


def saved(entries=None, settings=None, number=0):
    """A state of Adam with some entries and settings exchanged; None takes one out."""
    w = leaf(1.0, 2.0)
    optimizer = optim.Adam([w], lr=0.1)
    one_step(optimizer, w)
    state = optimizer.state_dict()
    (group,) = state["param_groups"]
    return {
        "state": {number: {**state["state"][0], **(entries or {})}},
        "param_groups": [{**group, **(settings or {})}],
    }


BAD_STATES = {
    "no dictionary": (lambda: [1], TypeError, "expected a dictionary, got list"),
    "no state": (lambda: {"param_groups": []}, ValueError, "has no 'state'"),
    "no groups": (lambda: {"state": {}}, ValueError, "has no 'param_groups'"),
    "no step": (
        lambda: {**saved(), "state": {0: without(saved()["state"][0], "step")}},
        ValueError,
        "'step' of parameter 0 is missing",
    ),
    "no exp_avg": (
        lambda: {**saved(), "state": {0: without(saved()["state"][0], "exp_avg")}},
        ValueError,
        "'exp_avg' of parameter 0 is missing",
    ),
    "None": (lambda: saved({"exp_avg": None}), ValueError, "'exp_avg' of parameter 0 is None"),
    "entries None": (lambda: {**saved(), "state": {0: None}}, TypeError, "got NoneType"),
    "integer": (
        lambda: saved({"exp_avg": tg.ones(2, dtype=tg.int64)}),
        TypeError,
        "'exp_avg' of parameter 0 must be a floating-point tensor, got topograd.int64",
    ),
    "shape": (lambda: saved({"exp_avg": tg.ones(3)}), ValueError, r"shape \(3,\).*shape \(2,\)"),
    "scalar": (lambda: saved({"exp_avg_sq": tg.tensor(1.0)}), ValueError, r"shape \(\)"),
    "step": (lambda: saved({"step": tg.ones(3)}), TypeError, "'step' .* must be a number"),
    "amsgrad": (lambda: saved(None, {"amsgrad": True}), ValueError, "'max_exp_avg_sq' .* missing"),
    "number": (lambda: saved(number=7), ValueError, "state for parameter 7, .* parameters \\[0\\]"),
    "no lr": (
        lambda: {**saved(), "param_groups": [without(saved()["param_groups"][0], "lr")]},
        ValueError,
        "group 0 has no 'lr'",
    ),
    "no params": (
        lambda: {**saved(), "param_groups": [without(saved()["param_groups"][0], "params")]},
        ValueError,
        "group 0 has no 'params'",
    ),
    "text": (lambda: saved(None, {"lr": "a"}), TypeError, "'lr' of .* 0 must be a number, got 'a'"),
    "betas": (lambda: saved(None, {"betas": 0.9}), TypeError, "'betas' .* must be 2 numbers"),
}


@pytest.mark.parametrize(("state", "error", "message"), BAD_STATES.values(), ids=BAD_STATES)
def test_a_state_that_does_not_fit_is_refused_before_anything_changes(state, error, message):
    w = leaf(1.0, 2.0)
    optimizer = optim.Adam([w], lr=0.25)
    one_step(optimizer, w)
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(error, match=message):
        optimizer.load_state_dict(state())
    assert str(optimizer.state_dict()) == str(before)


def test_a_state_with_settings_that_only_a_scheduler_makes_is_loaded():
    optimizer = optim.Adam([leaf(1.0, 2.0)], lr=0.25)
    optimizer.load_state_dict(saved({"step": 5}, {"lr": -0.5}))
    assert optimizer.param_groups[0]["lr"] == -0.5
    (w,) = optimizer.param_groups[0]["params"]
    assert optimizer.state[w]["step"].item() == 5.0


def test_the_state_of_an_optimizer_in_python_may_have_any_form():
    class Own(optim.Optimizer):
        def step(self):
            (w,) = self.param_groups[0]["params"]
            self.state[w] = {"rows": tg.ones(3), "note": "text"}
            self.state["all"] = {"count": 1}

    first, second = (Own([leaf(1.0)], {"lr": 1.0}) for _ in range(2))
    first.step()
    second.load_state_dict(first.state_dict())
    (w,) = second.param_groups[0]["params"]
    assert second.state[w]["rows"].tolist() == [1.0] * 3
    assert second.state[w]["note"] == "text"
    assert second.state["all"] == {"count": 1}


def test_step_hooks_run_before_and_after_each_step_and_may_change_its_arguments():
    class Twice(optim.SGD):
        def step(self, closure=None):
            super().step()
            return super().step(closure)

    w = leaf(1.0)
    optimizer = Twice([w], lr=0.25)
    w.grad = tg.ones(1)
    calls = []

    def before(self, args, kwargs):
        calls.append(("before", self is optimizer, len(args), kwargs, w.item()))
        return args, {"closure": lambda: "loss"}

    handle = optimizer.register_step_pre_hook(before)
    after = optimizer.register_step_post_hook(
        lambda self, args, kwargs: calls.append(("after", list(kwargs), w.item()))
    )
    assert optimizer.step() == "loss"
    assert calls == [("before", True, 1, {}, 1.0), ("after", ["closure"], 0.5)]
    assert not copy.deepcopy(optimizer)._step_pre_hooks
    handle.remove()
    after.remove()
    assert optimizer.step() is None
    assert len(calls) == 2
    with (
        optimizer.register_step_pre_hook(lambda *_: 3),
        pytest.raises(RuntimeError, match=r"new_args, new_kwargs\), but got 3"),
    ):
        optimizer.step()
    with pytest.raises(TypeError, match="must be callable, got int"):
        optimizer.register_step_post_hook(3)


def test_hooks_of_all_optimizers_run_around_the_hooks_of_one():
    from topograd.optim.optimizer import (
        register_optimizer_step_post_hook,
        register_optimizer_step_pre_hook,
    )

    first, second = optim.SGD([leaf(1.0)]), optim.Adam([leaf(1.0)])
    calls = []
    handles = [
        register_optimizer_step_pre_hook(lambda o, a, k: calls.append(("pre", type(o).__name__))),
        register_optimizer_step_post_hook(lambda o, a, k: calls.append(("post", type(o).__name__))),
        first.register_step_pre_hook(lambda *_: calls.append("own pre")),
        first.register_step_post_hook(lambda *_: calls.append("own post")),
    ]
    first.step()
    second.step()
    assert calls == [
        *(("pre", "SGD"), "own pre", "own post", ("post", "SGD")),
        *(("pre", "Adam"), ("post", "Adam")),
    ]
    for handle in handles:
        handle.remove()
    first.step()
    assert len(calls) == 6
    with pytest.raises(TypeError, match=r"register_optimizer_step_pre_hook: .* got int"):
        register_optimizer_step_pre_hook(3)


def test_state_hooks_see_and_change_what_is_saved_and_loaded():
    calls = []
    optimizer = optim.SGD([leaf(1.0)], lr=0.25)
    optimizer.register_state_dict_pre_hook(lambda self: calls.append("save"))
    optimizer.register_state_dict_pre_hook(lambda self: calls.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda self, state: {**state, "note": 1})
    handle = optimizer.register_state_dict_post_hook(lambda self, state: calls.append(list(state)))
    state = optimizer.state_dict()
    assert calls == ["first", "save", ["state", "param_groups", "note"]]
    assert state["note"] == 1
    handle.remove()

    def halved(self, state):
        groups = [{**group, "lr": group["lr"] / 2} for group in state["param_groups"]]
        return {**state, "param_groups": groups}

    optimizer.register_load_state_dict_pre_hook(halved)
    optimizer.register_load_state_dict_post_hook(
        lambda self: calls.append(self.param_groups[0]["lr"])
    )
    optimizer.load_state_dict(state)
    assert calls[-1] == 0.125
    assert state["param_groups"][0]["lr"] == 0.25
    assert not any("hooks" in name for name in vars(copy.deepcopy(optimizer)))
    with pytest.raises(TypeError, match=r"register_load_state_dict_pre_hook: .* got int"):
        optimizer.register_load_state_dict_pre_hook(3)


def test_a_parameter_put_into_a_group_is_stepped_and_must_be_a_tensor():
    old, new = leaf(1.0), leaf(1.0)
    optimizer = optim.SGD([old], lr=0.5)
    optimizer.param_groups[0]["params"][0] = new
    old.grad, new.grad = tg.ones(1), tg.ones(1)
    optimizer.step()
    assert (old.item(), new.item()) == (1.0, 0.5)
    optimizer.param_groups[0]["params"][0] = "text"
    with pytest.raises(TypeError, match=r"SGD: param_groups\[0\]\['params'\]\[0\] must be Tensor"):
        optimizer.step()


def test_deepcopy_carries_state_and_settings():
    w = leaf(1.0)
    optimizer = optim.SGD([w], lr=0.1, momentum=0.9)
    one_step(optimizer, w)
    other = copy.deepcopy(optimizer)
    (copied,) = other.param_groups[0]["params"]
    assert copied is not w
    one_step(other, copied)
    assert optimizer.state[w]["momentum_buffer"].item() == 1.0
    assert other.state[copied]["momentum_buffer"].item() == pytest.approx(1.9)


def test_repr_lists_the_groups():
    text = repr(optim.SGD([leaf(1.0)], lr=0.1))
    assert text.startswith("SGD (\nParameter Group 0\n    dampening: 0\n")
    assert "    lr: 0.1\n" in text


def test_clipping_names_itself_and_what_it_expects():
    w = leaf(1.0)
    w.grad = tg.ones(1)
    utils = tg.nn.utils
    for call, error, message in [
        (
            lambda: utils.clip_grad_norm_(w, 1.0, "a"),
            ValueError,
            "norm_: 'norm_type' must be a num",
        ),
        (lambda: utils.clip_grad_norm_(w, None), TypeError, "norm_: 'max_norm' must be a number"),
        (
            lambda: utils.clip_grad_norm_([w, "a"], 1.0),
            TypeError,
            "norm_: expected tensors, got str",
        ),
        (lambda: utils.clip_grad_norm_(3, 1.0), TypeError, "norm_: expected tensors, got int"),
        (lambda: utils.clip_grad_value_(w, "a"), ValueError, "value_: 'clip_value' must be a"),
        (
            lambda: utils.get_total_norm([None]),
            TypeError,
            "get_total_norm: expected tensors, got N",
        ),
        (
            lambda: utils.clip_grads_with_norm_(w, 1.0, 2.0),
            TypeError,
            "'total_norm' must be Tensor",
        ),
    ]:
        with pytest.raises(error, match=message):
            call()
    assert w.grad.tolist() == [1.0]
    assert utils.clip_grad_norm_(w, 1.0, "inf").item() == 1.0
