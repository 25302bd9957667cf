"""Schedulers of schedulers: one after the other, or all at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from topograd.optim.lr_scheduler.base import LRScheduler, set_rate
from topograd.optim.lr_scheduler.plateau import ReduceLROnPlateau
from topograd.optim.optimizer import Optimizer


class ComposedScheduler(LRScheduler):
    """A scheduler that consists of others on the same optimizer."""

    _schedulers: Sequence[LRScheduler]

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        """Keeps the schedulers, if they are fit for it."""
        name = type(self).__name__
        if not schedulers:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
        for position, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{name}: what is at index {position} has no `optimizer`.")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau`, whose `step` needs a metric, "
                    f"but got one at index {position}."
                )
            optimizer = scheduler.optimizer if optimizer is None else optimizer
            if optimizer is not scheduler.optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but the "
                    f"{type(scheduler).__name__} at index {position} has another."
                )
        assert optimizer is not None
        self.optimizer = optimizer
        self._schedulers = schedulers

    def _update_lr(self, epoch: int | None = None) -> None:
        """Begins, as a part of another scheduler."""
        _begin(self.optimizer)
        self._initial_step()

    def state_dict(self) -> dict[str, Any]:
        """All but the optimizer, with the states of the schedulers."""
        states = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a `state_dict`, also that of each scheduler."""
        super().load_state_dict({**state_dict, "_schedulers": self._schedulers})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


class SequentialLR(ComposedScheduler):
    """The first scheduler, from epoch milestones[0] on the second, and so on.

    Each begins at its epoch 0, also one that consists of schedulers (in PyTorch those inside a
    second `SequentialLR` are an epoch ahead).  Raises ValueError unless there is one milestone less
    than schedulers, all of the same optimizer.

    >>> import topograd as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> kinds = tg.optim.lr_scheduler
    >>> first = kinds.ConstantLR(optimizer, factor=0.5, total_iters=9)
    >>> then = kinds.ExponentialLR(optimizer, gamma=0.1)
    >>> scheduler = kinds.SequentialLR(optimizer, [first, then], milestones=[2])
    >>> rates = scheduler.get_last_lr()
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     rates += scheduler.get_last_lr()
    >>> rates
    [0.5, 0.5, 1.0, 0.1]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: list[LRScheduler],
        milestones: list[int],
        last_epoch: int = -1,
    ) -> None:
        self._take(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got {len(schedulers)} schedulers and "
                f"{len(milestones)} milestones"
            )
        self._milestones = milestones
        self.last_epoch = last_epoch
        # Making the schedulers has set the rates of all their first epochs: only one may.
        _begin(optimizer)
        _take_back(schedulers)
        self._initial_step()

    def _initial_step(self) -> None:
        self.last_epoch += 1
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Goes to the next epoch and sets the rates of all groups."""
        self.last_epoch += 1
        position = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[position]
        if position > 0 and self._milestones[position - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _begin(optimizer: Optimizer) -> None:
    """Puts all rates back to what they were before any scheduler."""
    for group in optimizer.param_groups:
        set_rate(group, group["initial_lr"])


def _take_back(schedulers: Sequence[LRScheduler]) -> None:
    """Puts schedulers, and those that they consist of, back by an epoch."""
    waiting = list(schedulers)
    while waiting:
        scheduler = waiting.pop()
        waiting += getattr(scheduler, "_schedulers", ())
        if not isinstance(scheduler, ChainedScheduler):
            scheduler.last_epoch -= 1


class ChainedScheduler(ComposedScheduler):
    """All schedulers at once: each changes the rate that the one before has set.

    optimizer: that of the schedulers, which None stands for.  Raises ValueError if they have not
    the same one.

    >>> import topograd as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> kinds = tg.optim.lr_scheduler
    >>> warm = kinds.ConstantLR(optimizer, factor=0.5, total_iters=2)
    >>> decay = kinds.ExponentialLR(optimizer, gamma=0.5)
    >>> scheduler = kinds.ChainedScheduler([warm, decay])
    >>> rates = scheduler.get_last_lr()
    >>> for _ in range(2):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     rates += scheduler.get_last_lr()
    >>> rates
    [0.5, 0.25, 0.25]
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._present()

    def _initial_step(self) -> None:
        for scheduler in self._schedulers:
            scheduler._initial_step()
        self._last_lr = self._present()

    def step(self) -> None:  # type: ignore[override]
        """Steps all schedulers."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._present()
