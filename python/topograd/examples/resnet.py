"""A residual network reads scanned digits with an accuracy of 99 %.

A residual block computes x + f(x), f being two convolutions with batch normalisation: the gradient
reaches every layer along the sum, unchanged, so that deep stacks can be trained (He et al., 2016).
The first block of a stage may halve the image and double the channels; then x is brought to the
new shape by a convolution of size 1. After the stages the mean over the places is taken, and a
linear layer gives the logits of the ten digits.

Every image is moved by up to one column, at random, each time it is learned from; AdamW decays the
weights, and its rate rises and falls within the run (one cycle). The accuracy that counts is that
of an exponential moving average of the weights, which lies in the middle of their last steps.

Data: 1,438 scanned digits of 8x8 grey values to learn from, 359 others to test with.
Expected result: a test accuracy of at least 0.99.
The picture shows the loss, the accuracy, and the test images that are read with the most doubt.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.data import DataLoader, TensorDataset
from topograd.demo.train import shifted
from topograd.examples import _digits
from topograd.examples._panels import Images, Panel
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import AdamW
from topograd.optim.lr_scheduler import OneCycleLR
from topograd.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

CHANNELS, SHOWN = (16, 32, 64), 10


class Block(nn.Module):
    """x + f(x), then ReLU: (N, inputs, H, W) to (N, outputs, H / stride, W / stride)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of the two ways."""
        return F.relu(self.shortcut(x) + self.change(x))


def network() -> nn.Sequential:
    """Return the untrained network: (N, 1, 8, 8) images to (N, 10) logits; 11 layers deep."""
    small, middle, large = CHANNELS
    return nn.Sequential(
        nn.Conv2d(1, small, 3, padding=1, bias=False),
        nn.BatchNorm2d(small),
        nn.ReLU(),
        Block(small, small, stride=1),
        Block(small, middle, stride=2),
        Block(middle, large, stride=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(large, 10),
    )


def doubtful(model: nn.Module, data: _digits.Digits) -> Panel:
    """Return a panel of the test images to whose digit the model gives the least probability."""
    with tg.no_grad():
        probabilities = F.softmax(model(data.test_images), dim=1)
    right = probabilities.gather(1, data.test_labels.unsqueeze(1)).squeeze(1)
    chosen = right.argsort()[:SHOWN]
    captions = [f"{data.test_labels[i].item()}: {100 * right[i].item():.0f} %" for i in chosen]
    images = data.test_images[chosen].squeeze(1).tolist()
    return Images("Most doubt: digit and its probability", images, 5, captions)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the test accuracy, show the doubtful images."""
    run = Run("resnet", __doc__, argv, epochs=20, batch_size=32, lr=4e-3)
    data = _digits.load()
    dataset = TensorDataset(data.images, data.labels)
    loader = DataLoader(dataset, batch_size=run.options.batch_size, shuffle=True)
    model = network()
    average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.98), use_buffers=True)
    optimizer = AdamW(model.parameters(), lr=run.options.lr, weight_decay=0.05)
    scheduler = OneCycleLR(optimizer, run.options.lr, run.options.epochs * len(loader))
    for _ in run.steps(run.options.epochs, "epoch"):
        total, right = 0.0, 0
        model.train()
        for images, labels in loader:
            logits = model(shifted(images))
            loss = F.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            average.update_parameters(model)
            total += loss.item() * len(labels)
            right += int((logits.argmax(dim=1) == labels).sum().item())
        average.eval()
        with tg.no_grad():
            test_loss = F.cross_entropy(average(data.test_images), data.test_labels).item()
        run.record(
            loss=total / len(dataset),
            test_loss=test_loss,
            accuracy=right / len(dataset),
            test_accuracy=_digits.accuracy(average, data.test_images, data.test_labels),
        )
    run.finish(
        "test accuracy",
        run.history["test_accuracy"][1][-1],
        run.lines("Cross-entropy", "nats per image", "loss", "test_loss", logarithmic=True),
        run.lines("Accuracy", "share read rightly", "accuracy", "test_accuracy"),
        doubtful(average, data),
    )


if __name__ == "__main__":
    main()
