"""Where the figures of a training are written: CSV files, TensorBoard, anything with add_scalar."""

from __future__ import annotations

import csv
import os
from typing import Any, Protocol

from topograd.training.history import History


class Log(Protocol):
    """What is told of each epoch."""

    def write(self, history: History) -> None:
        """Takes the figures up to now, the newest in the last row."""

    def close(self) -> None:
        """Ends the log."""


class CsvLog:
    """A CSV file with a row for each epoch; it is replaced as a whole, so that it is never torn."""

    def __init__(self, path: str) -> None:
        self._path = path
        open(path, "a").close()  # a path that cannot be written is told before the training

    def write(self, history: History) -> None:
        beside = f"{self._path}.{os.getpid()}.part"
        with open(beside, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, history.names, restval="")
            writer.writeheader()
            writer.writerows(history.rows)
        os.replace(beside, self._path)

    def close(self) -> None:
        pass


class ScalarLog:
    """Anything with add_scalar(tag, value, step); closed in the end if it was made here."""

    def __init__(self, writer: Any, owned: bool) -> None:
        self._writer = writer
        self._owned = owned

    def write(self, history: History) -> None:
        row = history.rows[-1]
        for name, value in row.items():
            if name != "epoch":
                self._writer.add_scalar(name, value, row["epoch"])
        flush = getattr(self._writer, "flush", None)
        if flush is not None:
            flush()

    def close(self) -> None:
        if self._owned:
            self._writer.close()


def logs_of(given: Any) -> list[Log]:
    """The logs that an argument stands for: None, a path, an object, or a list of them.

    A path that ends in .csv is a file; another one is a folder for TensorBoard.
    """
    if given is None:
        return []
    if isinstance(given, (list, tuple)):
        return [log for one in given for log in logs_of(one)]
    if isinstance(given, (str, os.PathLike)):
        path = os.fspath(given)
        if str(path).lower().endswith(".csv"):
            return [CsvLog(str(path))]
        import importlib

        tensorboard = importlib.import_module("topograd.utils.tensorboard")
        return [ScalarLog(tensorboard.SummaryWriter(str(path)), owned=True)]
    if callable(getattr(given, "add_scalar", None)):
        return [ScalarLog(given, owned=False)]
    raise TypeError(
        "fit: log: expected a path, an object with add_scalar(tag, value, step), or a list of "
        f"these, got {type(given).__name__}"
    )
