"""tg.fit: the training loop that most programs write, with what one wants to see and to keep."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TextIO

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.training import saving
from topograd.training.history import History, better
from topograd.training.logs import Log, logs_of
from topograd.training.show import Show
from topograd.training.steps import Means, Step, metrics_of, size_of


def fit(
    model: nn.Module,
    loss: Callable[..., Any] | None,
    loader: Iterable[Any],
    optimizer: Any,
    epochs: int = 1,
    *,
    validation: Iterable[Any] | None = None,
    metrics: Mapping[str, Callable[..., Any]] | Iterable[str] | None = None,
    step: Callable[[nn.Module, Any], Any] | None = None,
    scheduler: Any = None,
    schedule: str = "epoch",
    clip_norm: float | None = None,
    clip_value: float | None = None,
    monitor: str | None = None,
    greater: bool = False,
    patience: int | None = None,
    min_delta: float = 0.0,
    checkpoint: str | os.PathLike[str] | None = None,
    save_every: int | None = None,
    resume: bool = False,
    log: Any = None,
    show: str = "auto",
    stream: TextIO | None = None,
    on_epoch: Callable[[History], Any] | None = None,
) -> History:
    """Trains a model; returns the figures of each epoch, which print as a table."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"fit: model: expected a Module, got {type(model).__name__}")
    if type(epochs) is not int or epochs < 0:
        raise ValueError(f"fit: epochs: expected a count, got {epochs!r}")
    if schedule not in ("epoch", "batch"):
        raise ValueError(f"fit: schedule: expected 'epoch' or 'batch', got {schedule!r}")
    _check_limits(patience, clip_norm=clip_norm, clip_value=clip_value)
    if (resume or save_every is not None) and checkpoint is None:
        raise ValueError("fit: resume and save_every need checkpoint, the path of a file")
    history = History([], monitor or ("loss" if validation is None else "val_loss"), greater)
    work = Step(model, loss, step, metrics_of(metrics))
    training = Training(work, loader, optimizer, scheduler, history)
    training.clip = (clip_norm, clip_value)
    training.by_batch = schedule == "batch"
    training.patience, training.min_delta = patience, min_delta
    training.checkpoint, training.save_every = checkpoint, save_every
    if resume and checkpoint is not None:
        training.load(saving.read(checkpoint))
    display, logs = Show(show, stream, epochs), logs_of(log)
    modes = [(module, module.training) for module in model.modules()]
    if model.training:
        training.frozen = [module for module, trains in modes if not trains]
    try:
        training.run(epochs, validation, display, logs, on_epoch)
    finally:
        display.ends(history)
        for one in logs:
            one.close()
        for module, trains in modes:
            module.training = trains
    return history


def _check_limits(patience: Any, **clips: Any) -> None:
    if patience is not None and (type(patience) is not int or patience < 0):
        raise ValueError(f"fit: patience: expected a count of epochs or None, got {patience!r}")
    for name, limit in clips.items():
        if limit is not None and not limit > 0:
            raise ValueError(f"fit: {name}: expected a limit above 0 or None, got {limit!r}")


DETAILS = """
A batch of the loader is (inputs…, target): the loss is loss(model(*inputs), target); a batch
that is one tensor is its own target.  Layers in eval mode within a model in train mode stay so.
step(model, batch), given in place of loss=None, returns the loss, or (loss, output, target).
The loader may be any iterable, the optimizer any with a step(closure).

validation: a loader whose means are "val_loss" and so on, in eval mode.  metrics: "accuracy",
or functions (output, target) by name.  scheduler: advanced after each "epoch", or after each
"batch" with schedule="batch"; a ReduceLROnPlateau is told `monitor`.  clip_norm, clip_value:
limit the gradients before each step.

monitor: the figure that tells what is best, "val_loss" or else "loss" by default; greater=True
if more is better.  patience: stop after so many epochs without an improvement by more than
min_delta; the model then ends with its best weights, also after the last epoch.

checkpoint: a file that is replaced after each epoch, and after each save_every batches.
resume=True goes on from it if it is there, bit for bit as without the interruption, if the
loader is topograd's or gives the same batches each time.  log: a .csv file, a folder for
TensorBoard, an object with add_scalar, or a list of these.

show: a bar with the time left and a chart in a "terminal" or a "notebook"; by default where the
program runs; "none" for nothing.  A stream that is no terminal gets a line for each epoch.
on_epoch is called with the history after each epoch; what is true ends the training.

>>> import topograd as tg
>>> generator = tg.manual_seed(0)
>>> x = tg.linspace(-1, 1, 64).reshape(64, 1)
>>> loader = tg.data.DataLoader(tg.data.TensorDataset(x, 3 * x), batch_size=16, shuffle=True)
>>> model = tg.nn.Linear(1, 1)
>>> optimizer = tg.optim.SGD(model.parameters(), lr=0.2)
>>> history = tg.fit(model, tg.nn.functional.mse_loss, loader, optimizer, 20, show="none")
>>> history.best, round(model.weight.item(), 2)
(20, 3.0)
"""
fit.__doc__ = f"{fit.__doc__}\n{DETAILS}"


def _length(loader: Any) -> int | None:
    try:
        return len(loader)
    except TypeError:  # a stream
        return None


class Training:
    """A training amid its epochs; `state` is all of it."""

    clip: tuple[float | None, float | None] = (None, None)
    by_batch = False
    patience: int | None = None
    min_delta = 0.0
    checkpoint: str | os.PathLike[str] | None = None
    save_every: int | None = None

    def __init__(
        self, work: Step, loader: Any, optimizer: Any, scheduler: Any, history: History
    ) -> None:
        self.work, self.loader, self.optimizer, self.scheduler = work, loader, optimizer, scheduler
        self.history = history
        self.frozen: list[nn.Module] = []  # what was in eval mode before, and stays in it
        self.done = 0  # batches of the epoch
        self.means = Means()
        self.best: dict[str, Tensor] | None = None
        self.best_value: float | None = None
        self.waited = 0

    def run(
        self,
        epochs: int,
        validation: Any,
        display: Show,
        logs: list[Log],
        on_epoch: Callable[[History], Any] | None,
    ) -> None:
        """All epochs that are left."""
        while len(self.history) < epochs and not self.history.stopped:
            self.epoch(display, validation)
            for log in logs:
                log.write(self.history)
            if on_epoch is not None and on_epoch(self.history):
                self.history.stopped = "stopped by on_epoch"
            self.save()
        if self.patience is not None and self.best is not None:
            self.work.model.load_state_dict(self.best)

    def epoch(self, display: Show, validation: Any) -> None:
        """Goes over the loader once, or over the rest of it."""
        number = len(self.history) + 1
        sampler: Any = getattr(self.loader, "sampler", None)
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(number - 1)
        display.epoch_starts()
        self.work.model.train()
        for module in self.frozen:
            module.training = False
        steps = _length(self.loader)
        batches = iter(self.loader)
        if self.done and not hasattr(self.loader, "load_state_dict"):
            batches = islice(batches, self.done, None)
        for batch in batches:
            figures = self.update(batch)
            self.means.add(figures, size_of(batch))
            self.done += 1
            display.step(number, self.done, steps, figures["loss"], self.history)
            if self.save_every and self.done % self.save_every == 0:
                self.save()
        if self.done == 0:
            raise ValueError("fit: loader: expected batches, got none")
        row = {"epoch": number, **self.means.values()}
        if validation is not None:
            row |= self.work.evaluate(validation)
        if self.history.monitor not in row:
            raise ValueError(
                f"fit: monitor: there is no figure {self.history.monitor!r}, only {', '.join(row)}"
            )
        if self.scheduler is not None:
            row["lr"] = self.optimizer.param_groups[0]["lr"]
        self.history.rows.append(row)
        self.done, self.means = 0, Means()
        self.judge(row[self.history.monitor])
        display.epoch_ends(self.history)

    def update(self, batch: Any) -> dict[str, float]:
        """One step of the optimizer; returns the figures of the batch."""
        figures: dict[str, float] = {}

        def closure() -> Tensor:
            self.optimizer.zero_grad()
            loss, measured = self.work.loss(batch)
            loss.backward()
            parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
            norm, value = self.clip
            if value is not None:
                nn.utils.clip_grad_value_(parameters, value)
            if norm is not None:
                nn.utils.clip_grad_norm_(parameters, norm)
            if not figures:  # of several evaluations, the first is at the weights before the step
                figures.update(loss=float(loss.item()), **measured())
            return loss

        self.optimizer.step(closure)
        if self.scheduler is not None and self.by_batch:
            self.scheduler.step()
        return figures

    def judge(self, value: float) -> None:
        """Keeps the best weights, advances the scheduler, and decides whether to go on."""
        if self.scheduler is not None and not self.by_batch:
            told = isinstance(self.scheduler, tg.optim.lr_scheduler.ReduceLROnPlateau)
            self.scheduler.step(value) if told else self.scheduler.step()
        if self.patience is None:
            return
        greater = self.history.greater
        wanted = self.best_value
        if wanted is not None:
            wanted += self.min_delta if greater else -self.min_delta
        if better(value, wanted, greater):
            self.best_value, self.waited = value, 0
            state = self.work.model.state_dict()
            self.best = {name: tensor.detach().clone() for name, tensor in state.items()}
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.history.stopped = (
                f"stopped after epoch {len(self.history)}: no better {self.history.monitor} for "
                f"{self.waited} epochs"
            )

    def save(self) -> None:
        """Writes the checkpoint, if one is wanted."""
        if self.checkpoint is None:
            return
        state = {
            "model": self.work.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": saving.state_dict_of(self.scheduler),
            "loader": saving.state_dict_of(self.loader),
            "random": saving.random_states(),
            "rows": self.history.rows,
            "stopped": self.history.stopped,
            "done": self.done,
            "means": self.means.state(),
            "best": self.best,
            "best_value": self.best_value,
            "waited": self.waited,
        }
        saving.write(self.checkpoint, state)

    def load(self, state: dict[str, Any] | None) -> None:
        """Goes back to where a checkpoint was written."""
        if state is None:
            return
        self.work.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name in ("scheduler", "loader"):
            owner = getattr(self, name)
            if state[name] is not None and hasattr(owner, "load_state_dict"):
                owner.load_state_dict(state[name])
        saving.set_random_states(state["random"])
        self.history.rows, self.history.stopped = list(state["rows"]), state["stopped"]
        self.done, self.means = state["done"], Means(*state["means"])
        self.best, self.best_value = state["best"], state["best_value"]
        self.waited = state["waited"]
