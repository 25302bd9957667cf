"""tg.fit: the training loop that most programs write, with what one wants to see and to keep."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, TextIO

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.training import checks
from topograd.training.history import History
from topograd.training.logs import Log, logs_of
from topograd.training.progress import Checkpoint, Progress
from topograd.training.show import Show
from topograd.training.steps import Step, metrics_of, size_of


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
    checks.check_model(model, optimizer, loss)
    checks.check_loaders(loader, validation)
    checks.check_calls(loss=loss, step=step, on_epoch=on_epoch)
    checks.check_counts(epochs, patience, save_every)
    checks.check_numbers(min_delta, clip_norm=clip_norm, clip_value=clip_value)
    checks.check_schedule(scheduler, schedule)
    checks.check_checkpoint(checkpoint, needed=resume or save_every is not None)
    history = History([], monitor or ("loss" if validation is None else "val_loss"), greater)
    progress = Progress(history, patience, min_delta)
    file = Checkpoint(
        checkpoint,
        save_every,
        model=model,
        optimizer=optimizer,
        scheduler=scheduler,
        loader=loader,
        fit=progress,
    )
    if resume:
        file.load()
    loop = Loop(Step(model, loss, step, metrics_of(metrics)), loader, optimizer, progress, file)
    loop.scheduler, loop.by_batch = scheduler, schedule == "batch"
    loop.clip_norm, loop.clip_value = clip_norm, clip_value
    display, logs = Show(show, stream, epochs), logs_of(log)
    with _modes_kept(model) as loop.frozen:
        try:
            loop.run(epochs, validation, display, logs, on_epoch)
        finally:
            display.ends(history)
            for one in logs:
                one.close()
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


@contextmanager
def _modes_kept(model: nn.Module) -> Iterator[list[nn.Module]]:
    """Gives what is in eval mode within a model in train mode; restores all modes in the end."""
    before = [(module, module.training) for module in model.modules()]
    try:
        yield [module for module, trains in before if model.training and not trains]
    finally:
        for module, trains in before:
            module.training = trains


class NotFinite(Exception):
    """A loss that is infinite or no number."""


class Loop:
    """Epochs over a loader: the losses of its batches, and the steps of an optimizer."""

    scheduler: Any = None
    by_batch = False
    clip_norm: float | None = None
    clip_value: float | None = None

    def __init__(
        self, work: Step, loader: Any, optimizer: Any, progress: Progress, file: Checkpoint
    ) -> None:
        self.work, self.loader, self.optimizer = work, loader, optimizer
        self.progress, self.file = progress, file
        self.frozen: list[nn.Module] = []  # what was in eval mode before, and stays in it

    def run(
        self,
        epochs: int,
        validation: Any,
        display: Show,
        logs: list[Log],
        on_epoch: Callable[[History], Any] | None,
    ) -> None:
        """All epochs that are left; the model then has its best weights, if these were kept."""
        history = self.progress.history
        while len(history) < epochs and not history.stopped:
            if not self.epoch(display, validation):
                break
            for log in logs:
                log.write(history)
            if on_epoch is not None and on_epoch(history):
                history.stopped = "stopped by on_epoch"
            self.file.save()
        if self.progress.patience is not None and self.progress.best is not None:
            self.work.model.load_state_dict(self.progress.best)

    def epoch(self, display: Show, validation: Any) -> bool:
        """Goes over the loader once, or over the rest of it; False where it gave up amid it."""
        at, history = self.progress, self.progress.history
        number = len(history) + 1
        display.epoch_starts()
        steps = _length(self.loader)
        for batch in self._batches(number):
            try:
                figures = self.update(batch)
            except NotFinite as error:
                where = f"{error} at epoch {number}, batch {at.done + 1}"
                history.stopped = f"stopped: {where}; the weights are those before this batch"
                warnings.warn(f"fit: {history.stopped}", RuntimeWarning, stacklevel=4)
                return False
            at.means.add(figures, size_of(batch))
            at.done += 1
            display.step(number, at.done, steps, figures["loss"], history)
            self.file.save(at.done)
        if at.done == 0:
            again = " (an iterator can be gone over only once)" if number > 1 else ""
            raise ValueError(f"fit: loader: expected batches, got none in epoch {number}{again}")
        row = {"epoch": number, **at.means.values()}
        if validation is not None:
            row |= self.work.evaluate(validation)
        if self.scheduler is not None:
            row["lr"] = self.optimizer.param_groups[0]["lr"]
        at.end_epoch(row, self.work.model)
        if self.scheduler is not None and not self.by_batch:
            told = isinstance(self.scheduler, tg.optim.lr_scheduler.ReduceLROnPlateau)
            self.scheduler.step(row[history.monitor]) if told else self.scheduler.step()
        display.epoch_ends(history)
        return True

    def _batches(self, number: int) -> Iterator[Any]:
        """The batches of an epoch that are left."""
        sampler: Any = getattr(self.loader, "sampler", None)
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(number - 1)
        self.work.model.train()
        for module in self.frozen:
            module.training = False
        batches: Iterator[Any] = iter(self.loader)
        if self.progress.done and not hasattr(self.loader, "load_state_dict"):
            return islice(batches, self.progress.done, None)
        return batches

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
            if self.clip_value is not None:
                nn.utils.clip_grad_value_(parameters, self.clip_value)
            if self.clip_norm is not None:
                nn.utils.clip_grad_norm_(parameters, self.clip_norm)
            if not figures:  # of several evaluations, the first is at the weights before the step
                figures.update(loss=number, **measured())
            return loss

        self.optimizer.step(closure)
        if self.scheduler is not None and self.by_batch:
            self.scheduler.step()
        return figures
