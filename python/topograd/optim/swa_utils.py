"""Averages of a model's weights over its training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd.nn.batchnorm import _BatchNorm
from topograd.nn.module import Module
from topograd.optim.lr_scheduler.base import LRScheduler, is_integer, per_group
from topograd.optim.optimizer import Optimizer

__all__ = [
    "SWALR",
    "AveragedModel",
    "get_ema_avg_fn",
    "get_ema_multi_avg_fn",
    "get_swa_avg_fn",
    "get_swa_multi_avg_fn",
    "update_bn",
]

AverageFunction = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverageFunction = Callable[[list[Tensor], list[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> AverageFunction:
    """The exponential moving average: (average, value, n) -> decay average + (1 - decay) value.

    Raises ValueError for a decay that is not in [0, 1].

    >>> import topograd as tg
    >>> average = tg.optim.swa_utils.get_ema_avg_fn(0.75)
    >>> average(tg.tensor([1.0]), tg.tensor([5.0]), 1).tolist()
    [2.0]
    """
    _check_decay(decay)

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with tg.no_grad():
            return decay * ema_param + (1 - decay) * current_param

    return ema_update


def get_swa_avg_fn() -> AverageFunction:
    """The plain mean: (average of n, value, n) -> average of n + 1.

    >>> import topograd as tg
    >>> average = tg.optim.swa_utils.get_swa_avg_fn()
    >>> average(tg.tensor([1.0]), tg.tensor([5.0]), 1).tolist()
    [3.0]
    """

    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with tg.no_grad():
            share = 1.0 / (float(num_averaged) + 1.0)
            return averaged_param + (current_param - averaged_param) * share

    return swa_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverageFunction:
    """The exponential moving average of many tensors at once, in place, in one call.

    >>> import topograd as tg
    >>> update = tg.optim.swa_utils.get_ema_multi_avg_fn(0.75)
    >>> averages = [tg.tensor([1.0])]
    >>> update(averages, [tg.tensor([5.0])], 1)
    >>> averages[0].tolist()
    [2.0]
    """
    _check_decay(decay)

    def ema_update(ema_params: list[Tensor], current_params: list[Tensor], _: Any) -> None:
        _C.lerp_(ema_params, current_params, 1 - decay)

    return ema_update


def get_swa_multi_avg_fn() -> MultiAverageFunction:
    """The plain mean of many tensors at once, in place, in one call.

    >>> import topograd as tg
    >>> update = tg.optim.swa_utils.get_swa_multi_avg_fn()
    >>> averages = [tg.tensor([1.0])]
    >>> update(averages, [tg.tensor([5.0])], 1)
    >>> averages[0].tolist()
    [3.0]
    """

    def swa_update(averages: list[Tensor], current_params: list[Tensor], averaged: Any) -> None:
        _C.lerp_(averages, current_params, 1.0 / (float(averaged) + 1.0))

    return swa_update


def _check_decay(decay: float) -> None:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of the model's.

    model: is copied.  avg_fn: (average, value, n) -> the new average, for one parameter after the
    other; multi_avg_fn: for lists, in place; with neither, the plain mean.  `update_parameters`
    takes the model's present parameters into the averages; the first time it copies them.
    use_buffers: buffers are averaged too, else copied.

    Shapes and outputs are the model's.  Buffers: "n_averaged", the number of updates.  Parameters
    lie under "module.".  Raises ValueError if both functions are given.  Sources: Izmailov et al.,
    2018 (mean); Polyak and Juditsky, 1992 (exponential).

    >>> import topograd as tg
    >>> model = tg.nn.Linear(1, 1, bias=False)
    >>> average = tg.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = tg.nn.init.constant_(model.weight, value)
    ...     average.update_parameters(model)
    >>> average(tg.ones(1)).item()
    3.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: AverageFunction | None = None,
        multi_avg_fn: MultiAverageFunction | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tg.tensor(0, dtype=tg.int64))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged copy of the model makes of the arguments."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Takes the parameters of `model` into the averages.

        Raises ValueError if it has another number of them than the copy.
        """
        averages, values = self._averaged(self.module), self._averaged(model)
        if len(averages) != len(values):
            raise ValueError(
                f"update_parameters: the model has {len(values)} tensors, the copy {len(averages)}"
            )
        with tg.no_grad():
            if int(self.n_averaged) == 0:
                for average, value in zip(averages, values, strict=True):
                    average.copy_(value)
            elif self.avg_fn is not None:
                for average, value in zip(averages, values, strict=True):
                    average.copy_(self.avg_fn(average, value, self.n_averaged))
            else:
                self._update_together(averages, values)
            if not self.use_buffers:
                buffers = zip(self.module.buffers(), model.buffers(), strict=True)
                for own, other in buffers:
                    own.detach().copy_(other.detach())
            self.n_averaged += 1

    def _update_together(self, averages: list[Tensor], values: list[Tensor]) -> None:
        """One call for each dtype, as functions for lists expect."""
        update = self.multi_avg_fn or get_swa_multi_avg_fn()
        kinds = {x.dtype for x in chain(averages, values)}
        if len(kinds) == 1:
            update(averages, values, self.n_averaged)
            return
        for kind in kinds:
            places = [i for i, average in enumerate(averages) if average.dtype == kind]
            if places:
                same = [values[i].to(kind) for i in places]
                update([averages[i] for i in places], same, self.n_averaged)

    def _averaged(self, model: Module) -> list[Tensor]:
        tensors: Iterable[Tensor] = model.parameters()
        if self.use_buffers:
            tensors = chain(tensors, model.buffers())
        return [x.detach() for x in tensors]


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Computes the running statistics of all batch norms anew, for averaged weights.

    loader: gives batches, or tuples and lists that begin with one; each goes through the model once
    in training mode.  The mode and the momenta are as before afterwards, also after an error.

    >>> import topograd as tg
    >>> model = tg.nn.BatchNorm1d(1)
    >>> tg.optim.swa_utils.update_bn([tg.tensor([[1.0], [3.0]])], model)
    >>> model.running_mean.tolist()
    [2.0]
    """
    momenta = {m: m.momentum for m in model.modules() if isinstance(m, _BatchNorm)}
    if not momenta:
        return
    was_training = model.training
    model.train()
    try:
        for module in momenta:
            module.reset_running_stats()
            module.momentum = None
        with tg.no_grad():
            for batch in loader:
                first = batch[0] if isinstance(batch, (list, tuple)) else batch
                model(first if device is None else first.to(device))
    finally:
        for module, momentum in momenta.items():
            module.momentum = momentum
        model.train(was_training)


class SWALR(LRScheduler):
    """lr goes to swa_lr in anneal_epochs epochs and stays, while weights are averaged.

    swa_lr: a number, or one for each group.  anneal_strategy: "cos" or "linear"; from the rate at
    which it begins, also if another scheduler has set that.  Raises ValueError for another
    strategy, for anneal_epochs that is no integer >= 0, and for a list not as long as the groups.

    >>> import topograd as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)], lr=1.0)
    >>> scheduler = tg.optim.swa_utils.SWALR(optimizer, 0.5, 2, anneal_strategy="linear")
    >>> rates = scheduler.get_last_lr()
    >>> for _ in range(3):
    ...     optimizer.step()
    ...     scheduler.step()
    ...     rates += scheduler.get_last_lr()
    >>> rates
    [1.0, 0.75, 0.5, 0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float,
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not is_integer(anneal_epochs, 0):
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        rates = per_group("swa_lr", optimizer, swa_lr)
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        """The part of the way to swa_lr that is done after some steps."""
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[Any]:
        """The rates of all groups for the present step."""
        self._warn_outside_step()
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            goal, rate = group["swa_lr"], group["lr"]
            # Where the annealing began, from where it stands.
            start = goal if before == 1 else (rate - before * goal) / (1 - before)
            rates.append(goal * now + start * (1 - now))
        return rates
