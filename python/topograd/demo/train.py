"""Train a small convolutional network on the scanned digits and write what came of it.

`run` is the whole job; `network`, `split`, `train` and `evaluate` are its parts, for use elsewhere.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.data import DataLoader, TensorDataset
from topograd.datasets import digits
from topograd.demo.report import CLASSES, Epoch, Sample, Training, percent, render
from topograd.display.progress import Progress
from topograd.nn import functional as F
from topograd.optim import AdamW
from topograd.optim.lr_scheduler import CosineAnnealingLR

SIDE = 8
FULL_INK = 16
TEST_SHARE = 0.2
SPLIT_SEED = 0  # the same test images for every run, whatever its --seed


@dataclass(frozen=True)
class Settings:
    """What a run of the demo can vary."""

    epochs: int = 20
    batch_size: int = 64
    lr: float = 0.005
    seed: int = 0


def network() -> nn.Sequential:
    """Return the untrained network: (N, 1, 8, 8) images to (N, 10) logits, 26,090 parameters.

    >>> tuple(network()(tg.zeros(5, 1, 8, 8)).shape)
    (5, 10)
    """
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.25),
        nn.Linear(64 * (SIDE // 4) ** 2, CLASSES),
    )


def prepared(images: Tensor) -> Tensor:
    """Return (N, 8, 8) grey values from 0 to 16 as the network takes them: (N, 1, 8, 8), 0 to 1."""
    return images.float().unsqueeze(1) / FULL_INK


def split(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the indices of the training and of the test images: 80 % and 20 % of every digit.

    The split is the same on every machine and for every seed of the training.

    >>> training, test = split(digits()[1])
    >>> len(training), len(test)
    (1438, 359)
    """
    generator = random.Random(SPLIT_SEED)
    members: list[list[int]] = [[] for _ in range(CLASSES)]
    for index, label in enumerate(labels.tolist()):
        members[label].append(index)
    training: list[int] = []
    test: list[int] = []
    for indices in members:
        generator.shuffle(indices)
        tested = round(TEST_SHARE * len(indices))
        test += indices[:tested]
        training += indices[tested:]
    return tg.tensor(training), tg.tensor(test)


def shifted(images: Tensor) -> Tensor:
    """Move each of (N, 1, 8, 8) images to the left or right by one column, or leave it, at random.

    The scans were scaled to full height, so that only their place from left to right is chance.
    """
    columns = tg.randint(0, 3, (len(images), 1, 1, 1)) + tg.arange(SIDE)
    return F.pad(images, (1, 1)).take_along_dim(columns, dim=3)


def evaluate(model: nn.Module, images: Tensor, labels: Tensor) -> tuple[float, Tensor]:
    """Return the mean loss and the (N, 10) probabilities that the network gives to each digit."""
    model.eval()
    with tg.no_grad():
        logits = model(images)
        loss = F.cross_entropy(logits, labels).item()
    model.train()
    return loss, F.softmax(logits, dim=1)


def train(
    model: nn.Module,
    training: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
    settings: Settings,
    report_step: Callable[[int, int, int], None],
    report_epoch: Callable[[int, Epoch, float], None],
) -> list[Epoch]:
    """Train `model` in place; call back after every step and every epoch.

    `training` and `test` hold images as `prepared` returns them, and labels.  `report_step` gets
    the epoch (from 1), the step and the number of steps; `report_epoch` the epoch, its figures and
    its seconds.  AdamW, with a rate that falls to zero along half a cosine.
    """
    loader = DataLoader(TensorDataset(*training), batch_size=settings.batch_size, shuffle=True)
    optimizer = AdamW(model.parameters(), lr=settings.lr)
    scheduler = CosineAnnealingLR(optimizer, T_max=settings.epochs * len(loader))
    history = []
    for epoch in range(1, settings.epochs + 1):
        started = time.perf_counter()
        total_loss, right = 0.0, 0
        for step, (images, labels) in enumerate(loader, start=1):
            logits = model(shifted(images))
            loss = F.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            total_loss += loss.item() * len(labels)
            right += int((logits.argmax(dim=1) == labels).sum().item())
            report_step(epoch, step, len(loader))
        test_loss, probabilities = evaluate(model, *test)
        count = len(training[1])
        test_accuracy = (probabilities.argmax(dim=1) == test[1]).float().mean().item()
        history.append(Epoch(total_loss / count, right / count, test_loss, test_accuracy))
        report_epoch(epoch, history[-1], time.perf_counter() - started)
    return history


def samples(images: Tensor, labels: Tensor, probabilities: Tensor) -> list[Sample]:
    """Return what the network reads in each of (N, 8, 8) images of grey values."""
    read = probabilities.argmax(dim=1).tolist()
    surest = probabilities.max(dim=1).values.tolist()
    rows = zip(images.tolist(), labels.tolist(), read, surest, strict=True)
    return [Sample(*row) for row in rows]


class Console:
    """Tells the progress of a training on a stream, as `train` calls back."""

    def __init__(self, settings: Settings, stream: TextIO) -> None:
        self._epochs = settings.epochs
        self._progress = Progress(stream)

    def step(self, epoch: int, step: int, steps: int) -> None:
        """Show how far the training is."""
        done, total = (epoch - 1) * steps + step, self._epochs * steps
        self._progress.show(done, total, f"epoch {epoch}/{self._epochs}, step {step}/{steps}")

    def epoch(self, number: int, epoch: Epoch, seconds: float) -> None:
        """Print the figures of a finished epoch."""
        self._progress.finish(
            f"epoch {number:{len(str(self._epochs))}}/{self._epochs}   loss {epoch.loss:.4f}   "
            f"accuracy {percent(epoch.accuracy):>8}   test loss {epoch.test_loss:.4f}   "
            f"test accuracy {percent(epoch.test_accuracy):>8}   {seconds:.2f} s"
        )


def run(settings: Settings, out: Path, stream: TextIO) -> Training:
    """Do the main job: train, print the progress to `stream`, write weights and report to `out`.

    `out` is an existing folder; `digits.safetensors` and `report.html` in it are replaced.  The
    same settings give the same weights on every run and for any number of threads.
    """
    images, labels = digits()
    training, test = split(labels)
    tg.manual_seed(settings.seed)
    model = network()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    versions = f"topograd {tg.__version__}, instruction set {tg._C.isa()}"
    print(f"{versions}, {tg.get_num_threads()} threads", file=stream)
    print(f"{len(training):,} digits to learn from, {len(test):,} to test with", file=stream)
    print(f"{parameters:,} parameters, {settings.epochs} epochs\n", file=stream)

    started = time.perf_counter()
    inputs = prepared(images)
    learned, tested = (inputs[training], labels[training]), (inputs[test], labels[test])
    console = Console(settings, stream)
    history = train(model, learned, tested, settings, console.step, console.epoch)
    seconds = time.perf_counter() - started

    result = Training(
        epochs=history,
        samples=samples(images[test], labels[test], evaluate(model, *tested)[1]),
        training_images=len(training),
        parameters=parameters,
        seconds=seconds,
        network=repr(model),
        settings=f"AdamW, {settings.epochs} epochs in batches of {settings.batch_size}, learning "
        f"rate {settings.lr:g} falling to zero along half a cosine, seed {settings.seed}.",
        versions=f"{versions}.",
    )
    weights, page = out / "digits.safetensors", out / "report.html"
    tg.save(model.state_dict(), weights)
    page.write_text(render(result), encoding="utf-8")
    wrong = f"{len(result.mistakes)} of {len(result.samples)} read wrongly"
    print(f"\ntest accuracy {percent(result.accuracy)} ({wrong}) in {seconds:.1f} s", file=stream)
    print(f"weights: {weights}\nreport:  {page}", file=stream)
    return result
