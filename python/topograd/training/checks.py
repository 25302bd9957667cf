"""What `fit` expects of its arguments; each error begins with "fit:", the argument, what came."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from topograd import nn


def check_model(model: Any, optimizer: Any, loss: Any) -> None:
    """A Module, and an optimizer of some of its parameters, or of those of the loss.

    loss: None where a step of the program's own is done, which may train what it likes.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"fit: model: expected a Module, got {_named(model)}")
    if isinstance(optimizer, type) or not callable(getattr(optimizer, "step", None)):
        raise TypeError(
            "fit: optimizer: expected an optimizer, such as SGD(model.parameters(), lr=0.1), got "
            f"{_named(optimizer)}"
        )
    groups = getattr(optimizer, "param_groups", None)
    if loss is None or groups is None:
        return
    parameters = list(model.parameters())
    parameters += loss.parameters() if isinstance(loss, nn.Module) else []
    if not parameters:
        raise ValueError(f"fit: model: {type(model).__name__} has no parameters to train")
    ours = {id(one) for one in parameters}
    trained = [one for group in groups for one in group["params"] if id(one) in ours]
    if not trained:
        raise ValueError(
            f"fit: optimizer: none of its parameters is one of the model, {type(model).__name__}"
        )
    if not any(one.requires_grad for one in trained):
        raise ValueError("fit: optimizer: none of the model's parameters in it requires a gradient")


def check_loaders(loader: Any, validation: Any) -> None:
    """Things that give batches; validation may be None."""
    for name, one in (("loader", loader), ("validation", validation)):
        if one is None and name == "validation":
            continue
        if not hasattr(one, "__iter__") and not hasattr(one, "__getitem__"):
            raise TypeError(f"fit: {name}: expected an iterable of batches, got {_named(one)}")


def check_calls(**functions: Any) -> None:
    """Functions, or None."""
    for name, function in functions.items():
        if function is not None and not callable(function):
            raise TypeError(f"fit: {name}: expected a function, got {_named(function)}")


def check_counts(epochs: Any, patience: Any, save_every: Any) -> None:
    """Whole numbers that are not negative."""
    if type(epochs) is not int or epochs < 0:
        raise ValueError(f"fit: epochs: expected a count, got {epochs!r}")
    if patience is not None and (type(patience) is not int or patience < 0):
        raise ValueError(f"fit: patience: expected a count of epochs or None, got {patience!r}")
    if save_every is not None and (type(save_every) is not int or save_every < 1):
        raise ValueError(
            f"fit: save_every: expected a count of batches of at least 1, got {save_every!r}"
        )


def check_numbers(min_delta: Any, **limits: Any) -> None:
    """min_delta, a number; limits above 0, or None."""
    if not isinstance(min_delta, (int, float)):
        raise TypeError(f"fit: min_delta: expected a number, got {_named(min_delta)}")
    for name, limit in limits.items():
        if limit is None:
            continue
        if not isinstance(limit, (int, float)):
            raise TypeError(f"fit: {name}: expected a number or None, got {_named(limit)}")
        if not limit > 0:
            raise ValueError(f"fit: {name}: expected a limit above 0 or None, got {limit!r}")


def check_schedule(scheduler: Any, schedule: Any) -> None:
    """Something with step(), advanced by epoch or by batch."""
    if schedule not in ("epoch", "batch"):
        raise ValueError(f"fit: schedule: expected 'epoch' or 'batch', got {schedule!r}")
    if scheduler is None:
        return
    if isinstance(scheduler, type) or not callable(getattr(scheduler, "step", None)):
        raise TypeError(
            "fit: scheduler: expected a scheduler, such as StepLR(optimizer, 10), got "
            f"{_named(scheduler)}"
        )


def check_checkpoint(checkpoint: Any, needed: bool) -> None:
    """A path in a folder that is there, so that no training is lost at the end of an epoch."""
    if checkpoint is None:
        if needed:
            raise ValueError("fit: resume and save_every need checkpoint, the path of a file")
        return
    if not isinstance(checkpoint, (str, os.PathLike)):
        raise TypeError(f"fit: checkpoint: expected a path, got {_named(checkpoint)}")
    path = os.fspath(checkpoint)
    folder = os.path.dirname(path) or type(path)()
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"fit: checkpoint: there is no folder {folder!r}")


def _named(value: Any) -> str:
    """What came: a short value as it is, a class or function by its name, else its type."""
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    if isinstance(value, str):
        return repr(value[:40])
    if isinstance(value, Callable):  # type: ignore[arg-type]
        return f"{type(value).__name__} {getattr(value, '__name__', '')}".rstrip()
    return type(value).__name__
