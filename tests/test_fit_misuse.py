"""tg.fit on what it can not train with: errors name the argument; losses that are no numbers."""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

import topograd as tg
from topograd import nn, optim
from topograd.nn import functional as F

X = tg.linspace(-1, 1, 12).reshape(12, 1)
LOADER = [(X[:6], 2 * X[:6]), (X[6:], 2 * X[6:])]


def fit(**options: Any) -> Any:
    model = options.pop("model", None) or nn.Linear(1, 1)
    given = {
        "loss": F.mse_loss,
        "loader": LOADER,
        "optimizer": optim.SGD(model.parameters(), lr=0.1) if list(model.parameters()) else None,
        "epochs": 1,
        "show": "none",
    }
    return tg.fit(model, **(given | options))


OTHER = optim.SGD([nn.Parameter(tg.ones(1))], lr=0.1)
FROZEN = nn.Linear(1, 1).requires_grad_(False)
CASES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"loader": 5}, TypeError, "loader: expected an iterable of batches, got 5"),
    ({"loader": None}, TypeError, "loader: expected an iterable of batches, got None"),
    ({"loader": iter(LOADER), "epochs": 2}, ValueError, "loader: expected batches, got none in ep"),
    ({"validation": 5}, TypeError, "validation: expected an iterable of batches, got 5"),
    ({"epochs": 1.5}, ValueError, "epochs: expected a count, got 1.5"),
    ({"epochs": True}, ValueError, "epochs: expected a count, got True"),
    ({"model": nn.ReLU(), "optimizer": OTHER}, ValueError, "model: ReLU has no parameters"),
    ({"optimizer": None}, TypeError, "optimizer: expected an optimizer, such as SGD("),
    ({"optimizer": optim.SGD}, TypeError, "lr=0.1), got the class SGD"),
    ({"optimizer": OTHER}, ValueError, "optimizer: none of its parameters is one of the model"),
    (
        {"model": FROZEN, "optimizer": optim.SGD(FROZEN.parameters(), lr=0.1)},
        ValueError,
        "optimizer: none of the model's parameters in it requires a gradient",
    ),
    ({"loss": "mse"}, TypeError, "loss: expected a function, got 'mse'"),
    ({"loss": None, "step": 5}, TypeError, "step: expected a function, got 5"),
    ({"on_epoch": 5}, TypeError, "on_epoch: expected a function, got 5"),
    ({"metrics": 5}, TypeError, "metrics: expected 'accuracy' or functions by name, got int"),
    ({"metrics": {"a": 5}}, TypeError, "metrics: expected a function as 'a', got int"),
    ({"scheduler": 5}, TypeError, "scheduler: expected a scheduler, such as StepLR("),
    ({"clip_norm": "a"}, TypeError, "clip_norm: expected a number or None, got 'a'"),
    ({"clip_value": 0}, ValueError, "clip_value: expected a limit above 0 or None, got 0"),
    ({"patience": 1, "min_delta": "x"}, TypeError, "min_delta: expected a number, got 'x'"),
    ({"checkpoint": "x", "save_every": 0}, ValueError, "save_every: expected a count of batches"),
    ({"checkpoint": 5}, TypeError, "checkpoint: expected a path, got 5"),
    ({"checkpoint": "/no/such/x"}, FileNotFoundError, "checkpoint: there is no folder '/no/such'"),
    (
        {"loss": None, "step": lambda model, batch: tg.ones(1)},
        ValueError,
        "the loss does not follow from anything that requires a gradient",
    ),
]


@pytest.mark.parametrize(("options", "kind", "message"), CASES, ids=[case[2] for case in CASES])
def test_an_error_names_the_argument_and_what_came(
    options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=re.escape(message)) as caught:
        fit(**options)
    assert str(caught.value).startswith("fit: ")
    with pytest.raises(TypeError, match="fit: model: expected a Module, got function"):
        tg.fit(lambda x: x, F.mse_loss, LOADER, OTHER)  # type: ignore[arg-type]


def test_what_is_trained_may_be_the_loss() -> None:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(tg.ones(1))

        def forward(self, output: Any, target: Any) -> Any:
            return (output * self.scale - target).square().mean()

    loss = Scaled()
    history = fit(model=FROZEN, loss=loss, optimizer=optim.SGD(loss.parameters(), lr=0.1), epochs=3)
    assert len(history) == 3
    assert loss.scale.item() != 1


# ---------------------------------------------------------------- losses that are no numbers


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.LBFGS])
def test_a_loss_that_is_no_number_ends_the_training_before_it_spoils_the_weights(
    bad: float, kind: Any, tmp_path: Path
) -> None:
    model = nn.Linear(1, 1)
    optimizer = kind(model.parameters(), lr=0.01)
    batches, path, log = 0, tmp_path / "run.ckpt", tmp_path / "run.csv"
    before: list[Any] = []

    def step(model: Any, batch: Any) -> Any:
        nonlocal batches
        x, y = batch
        loss = F.mse_loss(model(x), y)
        if x is spoilt:
            before.append(model.weight.detach().clone())
            return loss * bad
        batches += 1
        return loss

    spoilt = X[:6].clone()
    loader = [*LOADER, *LOADER]

    class Loader:
        rounds = 0

        def __iter__(self) -> Any:
            self.rounds += 1
            yield from loader
            if self.rounds == 2:
                yield spoilt, spoilt
            yield from loader

    with pytest.warns(RuntimeWarning, match=r"the loss is .* at epoch 2, batch 5") as told:
        history = fit(
            model=model, optimizer=optimizer, loss=None, step=step, loader=Loader(), epochs=9,
            checkpoint=path, log=log,
        )  # fmt: skip
    assert len(told) == 1
    assert len(history) == 1
    assert f"the loss is {bad}" in history.stopped
    assert str(history).endswith(history.stopped)
    assert tg.equal(model.weight, before[0])
    assert bool(model.weight.isfinite().all())
    assert len(log.read_text().splitlines()) == 2
    # The file is that of the last whole epoch, and goes on.
    again = nn.Linear(1, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        resumed = fit(
            model=again, optimizer=kind(again.parameters(), lr=0.01), epochs=2, checkpoint=path,
            resume=True,
        )  # fmt: skip
    assert len(resumed) == 2
    assert resumed.rows[0] == history.rows[0]


def test_a_checkpoint_of_fit_is_one_of_save_checkpoint(tmp_path: Path) -> None:
    model, path = nn.Linear(1, 1), tmp_path / "run.ckpt"
    fit(model=model, checkpoint=path)
    other = nn.Linear(1, 1)
    assert tg.load_checkpoint(path, random=False, model=other) == {}
    assert tg.equal(other.weight, model.weight)
    tg.save_checkpoint(path, model=model)
    with pytest.raises(ValueError, match=r"fit: can not resume from .*has no state of"):
        fit(model=model, checkpoint=path, resume=True)
    # What does not fit changes nothing.
    fit(model=model, checkpoint=path)
    wide = nn.Linear(1, 2)
    before = wide.weight.detach().clone()
    with pytest.raises(ValueError, match="fit: can not resume from"):
        tg.fit(
            wide, lambda o, y: o.sum(), LOADER, optim.SGD(wide.parameters(), lr=0.1), 2,
            checkpoint=path, resume=True, show="none",
        )  # fmt: skip
    assert tg.equal(wide.weight, before)
