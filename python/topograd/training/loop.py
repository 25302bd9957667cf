"""tg.fit: the training loop that most programs write, with what one wants to see and to keep."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, TextIO

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.training import checks
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
    checks.check_model(model, optimizer, own_loss=step is None)
    checks.check_loader("loader", loader)
    if validation is not None:
        checks.check_loader("validation", validation)
    checks.check_calls(loss=loss, step=step, on_epoch=on_epoch)
    checks.check_counts(epochs, patience, save_every)
    checks.check_numbers(min_delta, clip_norm=clip_norm, clip_value=clip_value)
    checks.check_schedule(scheduler, schedule)
    checks.check_checkpoint(checkpoint, needed=resume or save_every is not None)
    history = History([], monitor or ("loss" if validation is None else "val_loss"), greater)
    work = Step(model, loss, step, metrics_of(metrics))
    training = Training(work, loader, optimizer, scheduler, history)
    training.clip = (clip_norm, clip_value)
    training.by_batch = schedule == "batch"
    training.patience, training.min_delta = patience, min_delta
    training.checkpoint, training.save_every = checkpoint, save_every
    if resume and checkpoint is not None and os.path.exists(checkpoint):
        training.load(checkpoint)
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

checkpoint: a file that is replaced after each epoch, and after each save_every batches, as
`save_checkpoint` writes it: load_checkpoint(path, model=model) takes the weights out.
resume=True goes on from it if it is there, bit for bit as without the interruption, if the
loader is topograd's or gives the same batches each time.  log: a .csv file, a folder for
TensorBoard, an object with add_scalar, or a list of these.

show: a bar with the time left and a chart in a "terminal" or a "notebook"; by default where the
program runs; "none" for nothing.  A stream that is no terminal gets a line for each epoch.
on_epoch is called with the history after each epoch; what is true ends the training.

A loss that is infinite or NaN ends the training before the step that would spoil the weights,
with a RuntimeWarning that tells epoch and batch; so does history.stopped.  Other errors begin
with "fit:", the argument, and what came.

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


class NotFinite(Exception):
    """A loss that is infinite or no number."""


class Part:
    """Something with a state that need not be able to take one back."""

    def __init__(self, owner: Any) -> None:
        self.state_dict = owner.state_dict
        self.load_state_dict = getattr(owner, "load_state_dict", lambda state: None)


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
            if not self.epoch(display, validation):
                break
            for log in logs:
                log.write(self.history)
            if on_epoch is not None and on_epoch(self.history):
                self.history.stopped = "stopped by on_epoch"
            self.save()
        if self.patience is not None and self.best is not None:
            self.work.model.load_state_dict(self.best)

    def epoch(self, display: Show, validation: Any) -> bool:
        """Goes over the loader once, or over the rest of it; False where it gave up amid it."""
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
            try:
                figures = self.update(batch)
            except NotFinite as error:
                self.give_up(f"{error} at epoch {number}, batch {self.done + 1}")
                return False
            self.means.add(figures, size_of(batch))
            self.done += 1
            display.step(number, self.done, steps, figures["loss"], self.history)
            if self.save_every and self.done % self.save_every == 0:
                self.save()
        if self.done == 0:
            again = " (an iterator can be gone over only once)" if number > 1 else ""
            raise ValueError(f"fit: loader: expected batches, got none in epoch {number}{again}")
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
        return True

    def update(self, batch: Any) -> dict[str, float]:
        """One step of the optimizer; returns the figures of the batch."""
        figures: dict[str, float] = {}

        def closure() -> Tensor:
            self.optimizer.zero_grad()
            loss, measured = self.work.loss(batch)
            number = float(loss.item())
            if not figures and not math.isfinite(number):
                raise NotFinite(f"the loss is {number}")
            if not loss.requires_grad:
                raise ValueError(
                    "fit: the loss does not follow from anything that requires a gradient"
                )
            loss.backward()
            parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
            norm, value = self.clip
            if value is not None:
                nn.utils.clip_grad_value_(parameters, value)
            if norm is not None:
                nn.utils.clip_grad_norm_(parameters, norm)
            if not figures:  # of several evaluations, the first is at the weights before the step
                figures.update(loss=number, **measured())
            return loss

        self.optimizer.step(closure)
        if self.scheduler is not None and self.by_batch:
            self.scheduler.step()
        return figures

    def give_up(self, why: str) -> None:
        """Ends the training before the step that would have spoilt the weights."""
        self.history.stopped = f"stopped: {why}; the weights are those before this batch"
        warnings.warn(f"fit: {self.history.stopped}", RuntimeWarning, stacklevel=5)

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

    def parts(self) -> dict[str, Any]:
        """What a checkpoint consists of, as the arguments of `save_checkpoint`."""
        parts = {"model": self.work.model, "optimizer": self.optimizer, "fit": self}
        for name, part in (("scheduler", self.scheduler), ("loader", self.loader)):
            if hasattr(part, "state_dict"):
                parts[name] = Part(part)
        return parts

    def save(self) -> None:
        """Writes the checkpoint, if one is wanted."""
        if self.checkpoint is not None:
            tg.save_checkpoint(self.checkpoint, **self.parts())

    def load(self, checkpoint: str | os.PathLike[str]) -> None:
        """Goes back to where a checkpoint was written, wholly or not at all."""
        try:
            tg.load_checkpoint(checkpoint, **self.parts())
        except (KeyError, ValueError, RuntimeError) as error:
            told = error.args[0] if isinstance(error, KeyError) else error
            raise ValueError(
                f"fit: can not resume from '{os.fspath(checkpoint)}': {told}"
            ) from error

    def state_dict(self) -> dict[str, Any]:
        """How far the training is."""
        return {
            "rows": [dict(row) for row in self.history.rows],
            "stopped": self.history.stopped,
            "done": self.done,
            "means": self.means.state(),
            "best": self.best,
            "best_value": self.best_value,
            "waited": self.waited,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from there."""
        self.history.rows, self.history.stopped = list(state["rows"]), state["stopped"]
        self.done, self.means = state["done"], Means(*state["means"])
        self.best, self.best_value = state["best"], state["best_value"]
        self.waited = state["waited"]
