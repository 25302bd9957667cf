"""How far a training is: when it stops, and the file from which it goes on."""

from __future__ import annotations

import os
from typing import Any

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.training.history import History, better
from topograd.training.steps import Means


class Progress:
    """What a checkpoint has besides the states of model, optimizer, scheduler and loader.

    history: the figures of whole epochs.  done, means: batches of the epoch, and their figures.
    best, best_value, waited: the best weights, their figure, and epochs since then.
    """

    def __init__(self, history: History, patience: int | None, min_delta: float) -> None:
        self.history = history
        self.patience, self.min_delta = patience, min_delta
        self.done, self.means = 0, Means()
        self.best: dict[str, Tensor] | None = None
        self.best_value: float | None = None
        self.waited = 0

    def end_epoch(self, row: dict[str, Any], model: nn.Module) -> None:
        """Takes the figures of an epoch, keeps the best weights, and decides whether to go on."""
        if self.history.monitor not in row:
            raise ValueError(
                f"fit: monitor: there is no figure {self.history.monitor!r}, only {', '.join(row)}"
            )
        self.history.rows.append(row)
        self.done, self.means = 0, Means()
        if self.patience is None:
            return
        value, greater, wanted = row[self.history.monitor], self.history.greater, self.best_value
        if wanted is not None:
            wanted += self.min_delta if greater else -self.min_delta
        if better(value, wanted, greater):
            self.best_value, self.waited = value, 0
            state = model.state_dict()
            self.best = {name: tensor.detach().clone() for name, tensor in state.items()}
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.history.stopped = (
                f"stopped after epoch {len(self.history)}: no better {self.history.monitor} for "
                f"{self.waited} epochs"
            )

    def state_dict(self) -> dict[str, Any]:
        """All of it."""
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


class _Part:
    """Something with a state that need not be able to take one back."""

    def __init__(self, owner: Any) -> None:
        self.state_dict = owner.state_dict
        self.load_state_dict = getattr(owner, "load_state_dict", lambda state: None)


class Checkpoint:
    """A file of `save_checkpoint`, written after epochs and after each `every` batches.

    path: None for no file.  parts: by name, whatever belongs to the training; what has no state is
    left out.
    """

    def __init__(self, path: Any, every: int | None, **parts: Any) -> None:
        self.path, self.every = path, every
        self.parts: dict[str, Any] = {
            name: _Part(part) for name, part in parts.items() if hasattr(part, "state_dict")
        }

    def save(self, done: int = 0) -> None:
        """Writes the file; amid an epoch, where so many batches are a multiple of `every`."""
        if self.path is not None and (not done or (self.every and done % self.every == 0)):
            tg.save_checkpoint(self.path, **self.parts)

    def load(self) -> None:
        """Goes back to where the file was written, if there is one, wholly or not at all."""
        if self.path is None or not os.path.exists(self.path):
            return
        try:
            tg.load_checkpoint(self.path, **self.parts)
        except (KeyError, ValueError, RuntimeError) as error:
            told = error.args[0] if isinstance(error, KeyError) else error
            raise ValueError(
                f"fit: can not resume from '{os.fspath(self.path)}': {told}"
            ) from error
