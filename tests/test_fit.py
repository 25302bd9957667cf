"""tg.fit: what it computes, what it keeps and writes, how it goes on, what it shows."""

from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest

import topograd as tg
from topograd import nn, optim
from topograd.data import DataLoader, TensorDataset
from topograd.nn import functional as F
from topograd.training.history import History

X = np.random.default_rng(0).standard_normal((40, 3)).astype(np.float32)
Y = X @ np.array([[1.0], [-2.0], [0.5]], dtype=np.float32) + 0.25
LABELS = (Y[:, 0] > 0).astype(np.int64)


def regression(batch=8, shuffle=True, **options):
    dataset = TensorDataset(tg.from_numpy(X), tg.from_numpy(Y))
    return DataLoader(dataset, batch, shuffle=shuffle, **options)


def linear(rate=0.05, kind=optim.SGD, **options):
    model = nn.Linear(3, 1)
    return model, kind(model.parameters(), lr=rate, **options)


def quiet(model, loader, optimizer, epochs, loss=F.mse_loss, **options):
    return tg.fit(model, loss, loader, optimizer, epochs, show="none", **options)


def weights(model):
    return {name: tensor.tolist() for name, tensor in model.state_dict().items()}


def numpy_descent(weight, bias, epochs, batch, rate):
    """The same training by hand: full formulae of the gradient of a mean squared error."""
    losses = []
    for _ in range(epochs):
        total = 0.0
        for start in range(0, len(X), batch):
            x, y = X[start : start + batch].astype(np.float64), Y[start : start + batch]
            error = x @ weight.T + bias - y
            total += (error**2).sum()
            weight = weight - rate * 2 * (error * x).mean(0, keepdims=True)
            bias = bias - rate * 2 * error.mean(0)
        losses.append(total / len(X))
    return weight, bias, losses


# What it computes ------------------------------------------------------------------------------


def test_it_is_gradient_descent():
    model, optimizer = linear()
    start = [p.detach().numpy().astype(float) for p in (model.weight, model.bias)]
    history = quiet(model, regression(7, shuffle=False), optimizer, 4)
    weight, _, losses = numpy_descent(*start, 4, 7, 0.05)
    np.testing.assert_allclose(model.weight.detach().numpy(), weight, rtol=1e-5)
    np.testing.assert_allclose(history["loss"], losses, rtol=1e-5)
    assert history["epoch"] == [1, 2, 3, 4]


def test_validation_is_in_eval_mode_and_weighted_by_the_sizes_of_batches():
    model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
    optimizer = optim.SGD(model.parameters(), lr=0.0)
    data = TensorDataset(tg.from_numpy(X), tg.from_numpy(LABELS))
    history = quiet(
        model,
        DataLoader(data, 9),
        optimizer,
        2,
        F.cross_entropy,
        validation=DataLoader(data, 7),
        metrics={
            "accuracy": lambda out, y: (out.argmax(1) == y).float().mean(),
            "ones": lambda out, y: 1.0,
        },
    )
    with tg.no_grad():
        logits = model[0](tg.from_numpy(X))
    loss = F.cross_entropy(logits, tg.from_numpy(LABELS)).item()
    right = (logits.argmax(1).numpy() == LABELS).mean()
    assert history["val_loss"] == pytest.approx([loss] * 2, rel=1e-5)
    assert history["val_accuracy"] == pytest.approx([right] * 2)
    assert history["ones"] == history["val_ones"] == [1.0, 1.0]
    assert history["loss"][0] != pytest.approx(loss, rel=1e-5)
    assert model.training


def test_accuracy_by_name_for_classes_and_for_single_logits():
    data = TensorDataset(tg.from_numpy(X), tg.from_numpy(LABELS))
    model = nn.Linear(3, 2)
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    history = quiet(model, DataLoader(data, 8), optimizer, 30, F.cross_entropy, metrics="accuracy")
    assert history["accuracy"][-1] > 0.95
    data = TensorDataset(tg.from_numpy(X), tg.from_numpy(LABELS[:, None].astype(np.float32)))
    model, optimizer = linear(0.1, optim.Adam)
    loss = F.binary_cross_entropy_with_logits
    history = quiet(model, DataLoader(data, 8), optimizer, 30, loss, metrics=["accuracy"])
    assert history["accuracy"][-1] > 0.95


def test_layers_in_eval_mode_stay_so():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    model[1].eval()
    before = model[1].running_mean.tolist()
    optimizer = optim.SGD(model.parameters(), lr=0.01)
    quiet(model, regression(), optimizer, 2, validation=regression())
    assert [module.training for module in model] == [True, False, True]
    assert model[1].running_mean.tolist() == before


def test_other_batches_losses_and_optimizers():
    model = nn.Linear(3, 3)
    sgd = optim.SGD(model.parameters(), lr=0.1)
    images = DataLoader(TensorDataset(tg.from_numpy(X)), 8)  # each its own target
    assert quiet(model, images, sgd, 5)["loss"][-1] < 1.0
    assert quiet(model, [tg.from_numpy(X)], sgd, 1)["loss"][0] < 1.0

    def step(model, batch):
        output = model(batch["x"])
        return F.mse_loss(output, batch["y"]), output, batch["y"]

    model, optimizer = linear(1.0, optim.LBFGS, max_iter=20)
    batch = {"x": tg.from_numpy(X), "y": tg.from_numpy(Y)}
    far = {"far": lambda out, y: (out - y).abs().max()}
    history = quiet(model, [batch], optimizer, 3, None, step=step, metrics=far)
    assert history["far"][-1] < 1e-3
    assert quiet(model, [batch], optimizer, 1, None, step=lambda m, b: step(m, b)[0])["loss"]

    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(3, 1)

        def forward(self, a, b):
            return self.inner(a) + b

    two = Two()
    triples = [(tg.from_numpy(X), tg.zeros(40, 1), tg.from_numpy(Y))]
    assert len(quiet(two, triples, optim.SGD(two.parameters(), lr=0.1), 2)) == 2


def test_a_stream_without_a_length_is_trained_on():
    class Stream(tg.data.IterableDataset):
        def __iter__(self):
            return iter(zip(X, Y, strict=True))

    model, optimizer = linear()
    stream = io.StringIO()
    loader = DataLoader(Stream(), 8)
    history = tg.fit(model, F.mse_loss, loader, optimizer, 3, stream=stream)
    assert history["loss"][2] < history["loss"][0]
    assert len(stream.getvalue().splitlines()) == 3


@pytest.mark.parametrize("option", ["clip_norm", "clip_value"])
def test_gradients_are_clipped_before_the_step(option):
    model, optimizer = linear(1.0)
    before = model.weight.detach().clone()
    quiet(model, regression(40), optimizer, 1, **{option: 1e-3})
    change = (model.weight - before).abs().max().item()
    assert 0 < change <= 1e-3 * 1.01


def test_schedulers_by_epoch_by_batch_and_by_what_is_monitored():
    model, optimizer = linear(1e-3)
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    history = quiet(model, regression(), optimizer, 3, scheduler=scheduler)
    assert history["lr"] == pytest.approx([1e-3, 5e-4, 2.5e-4])
    model, optimizer = linear(1e-3)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 5, 0.1)
    quiet(model, regression(), optimizer, 2, scheduler=scheduler, schedule="batch")
    assert optimizer.param_groups[0]["lr"] == pytest.approx(1e-5)
    model, optimizer = linear(0.0)
    plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=0)
    optimizer.param_groups[0]["lr"] = 1e-9
    quiet(model, regression(), optimizer, 4, scheduler=plateau)
    assert plateau.num_bad_epochs + plateau.last_epoch > 0


# Stopping, and going on ------------------------------------------------------------------------


def test_early_stopping_restores_the_best_weights():
    model, _ = linear()
    seen, plan = [], [3.0, 1.0, 2.0, 2.5, 0.5]

    class Drift(optim.SGD):  # moves the weight to where the loss is as planned
        def step(self, closure=None):
            loss = closure()
            with tg.no_grad():
                model.weight.fill_(float(len(seen) + 1))
            seen.append(0)
            return loss

    values = iter(plan)
    history = quiet(
        model,
        regression(40),
        Drift(model.parameters(), lr=1.0),
        5,
        None,
        step=lambda m, batch: m(batch[0]).mean() * 0 + next(values),
        patience=2,
    )
    assert history["loss"] == plan[:4]
    assert history.best == 2
    assert "no better loss for 2 epochs" in history.stopped
    assert model.weight.tolist() == [[2.0, 2.0, 2.0]]


def test_on_epoch_may_stop_and_nan_is_never_better():
    model, optimizer = linear()
    history = quiet(model, regression(), optimizer, 9, on_epoch=lambda h: len(h) == 3)
    assert len(history) == 3
    assert history.stopped == "stopped by on_epoch"
    nan = History([{"loss": v} for v in (float("nan"), 2.0, 1.0, float("nan"))])
    assert nan.best == 3
    assert History([{"loss": float("nan")}]).best == 0
    assert History([{"a": 1.0}, {"a": 3.0}], "a", greater=True).best == 2


LOADERS = {
    "memory": regression,
    "a generator": lambda: regression(generator=tg.Generator().manual_seed(5)),
    "threads": lambda: DataLoader(
        list(zip(X, Y, strict=True)), 8, shuffle=True, num_workers=2, persistent_workers=True
    ),
    "a list": lambda: [
        (tg.from_numpy(X[i : i + 8]), tg.from_numpy(Y[i : i + 8])) for i in range(0, 40, 8)
    ],
}


def whole(loader, path=None, **options):
    """A training with everything that has a state."""
    tg.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.3), nn.Linear(4, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, 40)
    validation = regression(16, shuffle=False)
    history = quiet(
        model,
        loader,
        optimizer,
        5,
        scheduler=scheduler,
        schedule="batch",
        validation=validation,
        patience=4,
        checkpoint=path,
        **options,
    )
    return history, weights(model), tg.rand(1).item()


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("name", LOADERS)
@pytest.mark.parametrize(("batches", "save_every"), [(12, None), (13, 3), (10, 5)])
def test_a_resumed_training_is_the_same_bit_for_bit(name, batches, save_every, tmp_path):
    expected = whole(LOADERS[name]())
    path = tmp_path / "run.ckpt"

    def cut(loader):
        """The loader, until so many batches are used up."""

        class Cut:
            left = batches

            def __len__(self):
                return len(loader)

            def __iter__(self):
                for batch in loader:
                    if self.left == 0:
                        raise Interrupted
                    type(self).left -= 1
                    yield batch

            def state_dict(self):
                return loader.state_dict()

        if not hasattr(loader, "state_dict"):
            del Cut.state_dict
        return Cut()

    with pytest.raises(Interrupted):
        whole(cut(LOADERS[name]()), path, save_every=save_every)
    assert path.exists()
    history, model, drawn = whole(LOADERS[name](), path, resume=True)
    assert history.rows == expected[0].rows
    assert (model, drawn) == expected[1:]
    again, model, _ = whole(LOADERS[name](), path, resume=True)
    assert again.rows == expected[0].rows, "a training that is over stays so"
    assert model == expected[1]


def test_resuming_without_a_file_starts_and_another_file_is_refused(tmp_path):
    model, optimizer = linear()
    path = tmp_path / "x"
    assert len(quiet(model, regression(), optimizer, 1, checkpoint=path, resume=True)) == 1
    assert len(quiet(model, regression(), optimizer, 3, checkpoint=path, resume=True)) == 3
    tg.save({"other": 1}, path)
    with pytest.raises(ValueError, match=r"fit: can not resume .*is no file of save_checkpoint"):
        quiet(model, regression(), optimizer, 1, checkpoint=path, resume=True)


# Logs ------------------------------------------------------------------------------------------


def test_the_csv_file_has_a_row_for_each_epoch(tmp_path):
    path = tmp_path / "run.csv"
    model, optimizer = linear()
    history = quiet(model, regression(), optimizer, 3, log=path, metrics={"one": lambda o, y: 1.0})
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["loss"]) for row in rows] == history["loss"]
    assert [row["one"] for row in rows] == ["1.0"] * 3
    assert [p.name for p in tmp_path.iterdir()] == ["run.csv"]
    with pytest.raises(OSError, match="No such file"):
        quiet(model, regression(), optimizer, 1, log=tmp_path / "none" / "run.csv")


def test_anything_with_add_scalar_is_told():
    class Writer:
        def __init__(self):
            self.told = []

        def add_scalar(self, tag, value, step):
            self.told.append((tag, value, step))

    writer = Writer()
    model, optimizer = linear()
    history = quiet(
        model, regression(), optimizer, 2, log=[writer], validation=regression(shuffle=False)
    )
    expected = [
        (name, history[name][epoch - 1], epoch) for epoch in (1, 2) for name in ("loss", "val_loss")
    ]
    assert writer.told == expected
    with pytest.raises(TypeError, match="expected a path, an object with add_scalar"):
        quiet(model, regression(), optimizer, 1, log=3)


def test_tensorboard_gets_its_events(tmp_path):
    pytest.importorskip("topograd.utils.tensorboard")
    model, optimizer = linear()
    quiet(model, regression(), optimizer, 2, log=tmp_path / "run")
    (events,) = (tmp_path / "run").iterdir()
    assert events.stat().st_size > 100


# What is shown ---------------------------------------------------------------------------------


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def screen(text):
    """The lines that a terminal shows after it was written to."""
    lines, row = [""], 0
    for part in re.findall(r"\x1b\[\d*A|\x1b\[J|\r|\n|[^\x1b\r\n]+", text):
        if part == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif part == "\x1b[J":
            lines = [*lines[:row], ""]
        elif part.startswith("\x1b"):
            row -= int(part[2:-1])
        elif part != "\r":
            lines[row] = part
    return lines


def test_a_log_file_gets_a_line_for_each_epoch():
    stream = io.StringIO()
    model, optimizer = linear()
    tg.fit(model, F.mse_loss, regression(), optimizer, 2, stream=stream)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert re.fullmatch(r"epoch 1/2   loss \S+   \S+ s", lines[0])


def test_a_terminal_shows_a_bar_then_lines_and_a_chart(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setitem(tg.training.show.SECONDS_BETWEEN, "terminal", 0.0)
    stream, during = Terminal(), []
    model, optimizer = linear()

    def look(history):
        during.append(screen(stream.getvalue()))

    tg.fit(model, F.mse_loss, regression(), optimizer, 12, stream=stream, on_epoch=look, metrics={})
    text = stream.getvalue()
    assert re.search(r"epoch 1/12 \[=+ +\] 1/5   \S+ s left   loss ", text)
    end = [line for line in screen(text) if line]
    assert sum(line.startswith("epoch") for line in end) == 12
    assert not any("left" in line for line in end)
    chart = [line for line in end if re.search("[\u2801-\u28ff]", line)]
    assert len(chart) >= 4
    assert all(len(line) < 80 for line in end)
    assert all(sum("left" in line for line in lines) == 0 for lines in during)


def test_a_notebook_gets_a_picture_that_is_replaced(monkeypatch):
    from topograd.training.show import SECONDS_BETWEEN, Show

    monkeypatch.setitem(SECONDS_BETWEEN, "notebook", 0.0)
    pages = []
    show = Show("notebook", None, 2, pages.append)
    history = History([])
    show.epoch_starts()
    for step, loss in enumerate((2.0, 1.0, 0.5), 1):
        show.step(1, step, 3, loss, history)
    assert pages[-1].count("<svg") == 1
    assert "epoch 1/2 [" in pages[-1]
    history.rows += [{"epoch": 1, "loss": -1.0, "val_loss": 2.0}, {"epoch": 2, "loss": -2.0}]
    show.epoch_ends(history)
    show.ends(history)
    assert pages[-1].count("<svg") == 1
    assert "<th>val_loss</th>" in pages[-1]


def test_the_history_prints_as_a_table():
    history = History([{"epoch": 1, "loss": 2.0}, {"epoch": 2, "loss": 0.123456, "x": 3.0}])
    assert str(history).splitlines() == [
        "epoch      loss  x",
        "    1         2   ",
        "    2  0.1235 *  3",
    ]
    assert np.isnan(history["x"][0])
    assert repr(history) == "History(2 epochs: epoch, loss, x)"
    assert "loss" in history
    assert [row["epoch"] for row in history] == [1, 2]
    assert history.chart().splitlines()[-1].strip() == "loss"
    with pytest.raises(KeyError, match="there is no 'y', only epoch, loss, x"):
        history["y"]


# Misuse ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": -1}, "epochs: expected a count, got -1"),
        ({"schedule": "week"}, "schedule: expected 'epoch' or 'batch', got 'week'"),
        ({"resume": True}, "need checkpoint"),
        ({"show": "loud"}, "show: expected one of"),
        ({"metrics": ["f1"]}, "metrics: expected 'accuracy' or functions by name, got 'f1'"),
        ({"monitor": "speed"}, "there is no figure 'speed', only epoch, loss"),
        ({"loss": None}, "either loss or step"),
        ({"loss": lambda out, y: out}, r"expected one number as loss, got shape \(8, 1\)"),
        ({"loss": lambda out, y: 3}, "expected one number as loss, got int"),
        ({"loader": []}, "loader: expected batches, got none"),
        ({"validation": []}, "validation: expected batches, got none"),
        ({"loader": [{"x": 1}]}, "got dict; give fit a step"),
    ],
    ids=str,
)
def test_misuse_is_told(options, message):
    model, optimizer = linear()
    arguments = {"loss": F.mse_loss, "loader": regression(), "epochs": 1, "show": "none"} | options
    with pytest.raises((ValueError, TypeError), match=message):
        tg.fit(model, optimizer=optimizer, **arguments)


def test_an_interruption_arrives_and_leaves_the_mode_of_the_model():
    model, optimizer = linear()
    model.eval()

    def step(model, batch):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tg.fit(model, None, regression(), optimizer, 1, step=step, show="none")
    assert not model.training
