"""LRScheduler: the base class, and what schedulers share."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any
from warnings import warn

import topograd as tg
from topograd._C import Tensor
from topograd.optim.optimizer import Optimizer


class LRScheduler:
    """The base class of all schedulers; a subclass defines `get_lr`.

    Making one sets the rates for epoch 0; each `step` goes to the next epoch, after the
    optimizer's. last_epoch: the epoch to go on from (default -1: from the start, and the rates of
    the groups are kept in them as "initial_lr").  A rate that is a tensor is changed in place.

    >>> import topograd as tg
    >>> class Halves(tg.optim.lr_scheduler.LRScheduler):
    ...     def get_lr(self):
    ...         return [base / (1 + self.last_epoch) for base in self.base_lrs]
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = Halves(optimizer)
    >>> optimizer.step()
    >>> scheduler.step()
    >>> scheduler.get_last_lr()
    [0.5]
    """

    optimizer: Optimizer
    last_epoch: int
    base_lrs: list[Any]
    _last_lr: list[Any]
    _is_initial = False
    _get_lr_called_within_step = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for position, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{position}] when "
                    "resuming an optimizer: load its state_dict, or start with last_epoch=-1"
                )
        self.base_lrs = [copied(group["initial_lr"]) for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def get_lr(self) -> list[Any]:
        """The rates of all groups for `last_epoch`; called by `step`."""
        raise NotImplementedError(f"{type(self).__name__} defines no get_lr")

    def get_last_lr(self) -> list[Any]:
        """The rates of all groups as the scheduler set them last."""
        return list(self._last_lr)

    def step(self, epoch: int | None = None) -> None:
        """Goes to the next epoch, or to a given one (deprecated), and sets the rates of all groups.

        Warns if the optimizer has not made a step before the first call.
        """
        if self._step_count == 1 and not self.optimizer._opt_called:
            warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`: call them in "
                "the other order, or the first value of the schedule is passed over",
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warn(
                "The epoch parameter of `scheduler.step()` is deprecated: call it without, once "
                "for each epoch, or make a scheduler with last_epoch",
                stacklevel=2,
            )
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        closed_form = None
        if epoch is None:
            self.last_epoch += 1
        else:
            self.last_epoch = epoch
            closed_form = getattr(self, "_get_closed_form_lr", None)
        self._set_rates(closed_form or self.get_lr)

    def _set_rates(self, compute: Callable[[], list[Any]]) -> None:
        self._get_lr_called_within_step = True
        try:
            rates = compute()
        finally:
            self._get_lr_called_within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            if type(group["lr"]) is float and type(rate) is float:
                group["lr"] = rate
            else:
                set_rate(group, rate)
        self._last_lr = self._present()

    def _present(self) -> list[Any]:
        rates = [group["lr"] for group in self.optimizer.param_groups]
        return [rate if type(rate) is float else copied(rate) for rate in rates]

    def _warn_outside_step(self) -> None:
        """For a `get_lr` that goes on from the present rates: what it gives is the next one."""
        if not self._get_lr_called_within_step:
            warn(
                "To get the last learning rate computed by the scheduler, please use "
                "`get_last_lr()`",
                stacklevel=3,
            )

    def state_dict(self) -> dict[str, Any]:
        """All that the scheduler knows but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a `state_dict`; entries that this scheduler does not have are left out."""
        for key in self.state_dict():
            if key in state_dict:
                self.__dict__[key] = state_dict[key]


class _LRScheduler(LRScheduler):
    """An older name of `LRScheduler`."""


def check_optimizer(optimizer: Any) -> None:
    """Raises TypeError for what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


def copied(rate: Any) -> Any:
    """The rate, as a tensor of its own if it is one."""
    return rate.detach().clone() if isinstance(rate, Tensor) else rate


def set_rate(group: dict[str, Any], rate: Any) -> None:
    """Sets the group's rate, in place if it is a tensor."""
    if isinstance(group["lr"], Tensor):
        with tg.no_grad():
            group["lr"].fill_(float(rate))
    else:
        group["lr"] = float(rate) if isinstance(rate, Tensor) else rate


def is_integer(value: Any, least: int) -> bool:
    """Whether it is an integer of at least `least`."""
    return isinstance(value, int) and value >= least


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A value for each group: those of a list, or the same for all."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [copied(value) for _ in range(groups)]
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. "
            f"{name} has {len(value)} values, param_groups has {groups}."
        )
    return [copied(one) for one in value]


def attributes_of(function: Any) -> dict[str, Any] | None:
    """What a state keeps of a function: the attributes of a callable object, nothing of others."""
    if isinstance(function, FunctionType) or not hasattr(function, "__dict__"):
        return None
    return dict(vars(function))
