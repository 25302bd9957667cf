"""Schedulers without PyTorch."""

from __future__ import annotations

import pytest

import topograd as tg
from topograd import optim
from topograd.optim import lr_scheduler


def leaf(*values: float):
    return tg.tensor(list(values), requires_grad=True)


def test_schedulers_work_together_on_one_optimizer():
    optimizer = optim.SGD([leaf(1.0)], lr=1.0)
    half = lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=2)
    decay = lr_scheduler.ExponentialLR(optimizer, gamma=0.1)
    rates = []
    for _ in range(3):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        half.step()
        decay.step()
    assert rates == pytest.approx([0.5, 0.05, 0.01])


def test_scheduler_state_continues_the_schedule():
    optimizer = optim.SGD([leaf(1.0)], lr=1.0)
    scheduler = lr_scheduler.MultiStepLR(optimizer, [2, 2, 4], gamma=0.5)
    for _ in range(3):
        optimizer.step()
        scheduler.step()
    state, groups = scheduler.state_dict(), optimizer.state_dict()
    assert "optimizer" not in state
    other_optimizer = optim.SGD([leaf(1.0)], lr=1.0)
    other = lr_scheduler.MultiStepLR(other_optimizer, [9], gamma=0.1)
    other.load_state_dict(state)
    other_optimizer.load_state_dict(groups)
    other_optimizer.step()
    other.step()
    scheduler.step()
    assert other.get_last_lr() == scheduler.get_last_lr() == [0.125]


def test_scheduler_errors():
    optimizer = optim.SGD([leaf(1.0)], lr=1.0)
    with pytest.raises(TypeError, match="is not an Optimizer"):
        lr_scheduler.StepLR(3, 1)
    with pytest.raises(KeyError, match="initial_lr"):
        lr_scheduler.StepLR(optimizer, 1, last_epoch=3)
    with pytest.raises(ValueError, match="Expected 1 lr_lambdas, but got 2"):
        lr_scheduler.LambdaLR(optimizer, [abs, abs])
    with pytest.raises(ValueError, match="between 0 and 1"):
        lr_scheduler.ConstantLR(optimizer, factor=2.0)
    with pytest.raises(ValueError, match="greater than 0"):
        lr_scheduler.LinearLR(optimizer, start_factor=0.0)
