"""What is done with a batch: the loss, the metrics, and their means over an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import topograd as tg
from topograd import nn
from topograd._C import Tensor

Metric = Callable[[Any, Any], Any]


def accuracy(output: Tensor, target: Tensor) -> Tensor:
    """The share of right answers: of logits along dim 1, or of one logit for each answer.

    >>> accuracy(tg.tensor([[2.0, 1.0], [0.0, 3.0]]), tg.tensor([0, 0])).item()
    0.5
    """
    if output.shape == target.shape:
        return ((output > 0) == (target > 0.5)).float().mean()
    return (output.argmax(dim=1) == target).float().mean()


def metrics_of(given: Mapping[str, Metric] | Iterable[str] | None) -> dict[str, Metric]:
    """The metrics that an argument stands for, by name."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        for name, metric in given.items():
            if not callable(metric):
                raise TypeError(
                    f"fit: metrics: expected a function as {name!r}, got {type(metric).__name__}"
                )
        return dict(given)
    if not isinstance(given, Iterable):
        raise TypeError(
            f"fit: metrics: expected 'accuracy' or functions by name, got {type(given).__name__}"
        )
    names = [given] if isinstance(given, str) else list(given)
    unknown = [name for name in names if name != "accuracy"]
    if unknown:
        raise ValueError(
            f"fit: metrics: expected 'accuracy' or functions by name, got {unknown[0]!r}"
        )
    return dict.fromkeys(names, accuracy)


def size_of(batch: Any) -> int:
    """How many examples a batch has: the first size of the first tensor in it."""
    if isinstance(batch, Mapping):
        batch = list(batch.values())
    while isinstance(batch, (list, tuple)) and batch:
        batch = batch[0]
    return batch.size(0) if isinstance(batch, Tensor) and batch.ndim else 1


class Means:
    """Means of figures over batches, weighted by their sizes."""

    def __init__(self, sums: dict[str, float] | None = None, count: int = 0) -> None:
        self._sums = dict(sums or {})
        self._count = count

    def add(self, figures: Mapping[str, float], size: int) -> None:
        """Counts the figures of a batch of `size` examples in."""
        for name, value in figures.items():
            self._sums[name] = self._sums.get(name, 0.0) + value * size
        self._count += size

    def values(self, prefix: str = "") -> dict[str, float]:
        """The means."""
        return {prefix + name: total / self._count for name, total in self._sums.items()}

    def state(self) -> list[Any]:
        """What makes the same means again."""
        return [dict(self._sums), self._count]


class Step:
    """The loss of a batch, by a loss function or by a step of the program's own."""

    def __init__(
        self,
        model: nn.Module,
        loss: Callable[..., Any] | None,
        step: Callable[[nn.Module, Any], Any] | None,
        metrics: dict[str, Metric],
    ) -> None:
        if (loss is None) == (step is None):
            raise ValueError("fit: expected either loss or step, and None for the other one")
        self.model = model
        self._loss = loss
        self._step = step
        self._metrics = metrics

    def loss(self, batch: Any) -> tuple[Tensor, Callable[[], dict[str, float]]]:
        """The loss, and a function that gives the metrics."""
        loss, output, target = self._result(batch)
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
            raise ValueError(f"fit: expected one number as loss, got {got}")

        def measured() -> dict[str, float]:
            with tg.no_grad():
                return {name: float(f(output, target)) for name, f in self._metrics.items()}

        return loss, measured

    def _result(self, batch: Any) -> tuple[Any, Any, Any]:
        if self._step is not None:
            result = self._step(self.model, batch)
            if isinstance(result, tuple):
                if len(result) != 3:
                    raise ValueError(
                        "fit: step: expected a loss or (loss, output, target), got a tuple of "
                        f"{len(result)}"
                    )
                return result
            if self._metrics:
                raise ValueError("fit: metrics need a step that returns (loss, output, target)")
            return result, None, None
        assert self._loss is not None
        if isinstance(batch, (list, tuple)) and len(batch) > 1:
            *inputs, target = batch
        elif isinstance(batch, (list, tuple)) and len(batch) == 1:
            inputs, target = list(batch), batch[0]
        elif isinstance(batch, Tensor):
            inputs, target = [batch], batch
        else:
            raise TypeError(
                "fit: loader: expected batches (inputs…, target) or tensors, got "
                f"{type(batch).__name__}; give fit a step(model, batch)"
            )
        output = self.model(*inputs)
        return self._loss(output, target), output, target

    def evaluate(self, loader: Iterable[Any]) -> dict[str, float]:
        """The means over a loader in eval mode, with "val_" before their names."""
        means, mode = Means(), self.model.training
        self.model.eval()
        try:
            with tg.no_grad():
                for batch in loader:
                    loss, measured = self.loss(batch)
                    means.add({"loss": float(loss.item()), **measured()}, size_of(batch))
        finally:
            self.model.train(mode)
        if not means.state()[1]:
            raise ValueError("fit: validation: expected batches, got none")
        return means.values("val_")
