"""A multilayer perceptron reads scanned digits: layers, a loss, an optimizer, batches, epochs.

Between the pixels and the logits stand two hidden layers h = relu(W x + b). The ReLU bends what
would otherwise be one linear map (compare `softmax_classifier`); dropout, which silences every
hidden unit with probability 0.2 while it learns, keeps the network from relying on single units.
One pass over the training images in random batches is an epoch; each batch gives a loss, `backward`
its gradient for every weight, and Adam a step along it. The learning rate falls to zero along half
a cosine.

Data: 1,438 scanned digits of 8x8 grey values to learn from, 359 others to test with.
Expected result: a test accuracy of at least 0.97 (0.98 with the default seed).
The picture shows the loss, the accuracy, and test images that are read wrongly, if any are.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd.data import DataLoader, TensorDataset
from topograd.examples import _digits
from topograd.examples._panels import Images, Panel
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import Adam
from topograd.optim.lr_scheduler import CosineAnnealingLR

SHOWN = 10


def network(hidden: int) -> nn.Sequential:
    """Return the untrained network: (N, 1, 8, 8) images to (N, 10) logits."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, hidden),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(0.2),
        nn.Linear(hidden, 10),
    )


def mistakes(model: nn.Module, data: _digits.Digits) -> Panel:
    """Return a panel of the test images that are read wrongly: what each shows and is read as."""
    with tg.no_grad():
        read = model(data.test_images).argmax(dim=1)
    wrong = (read != data.test_labels).nonzero().flatten()[:SHOWN].tolist()
    captions = [f"{data.test_labels[i].item()} as {read[i].item()}" for i in wrong]
    if not wrong:  # a picture needs an image
        wrong, captions = [0], ["no mistake"]
    images = data.test_images[tg.tensor(wrong)].squeeze(1)
    return Images("Read wrongly", images.tolist(), 5, captions)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the test accuracy, show the mistakes."""
    run = Run("multilayer_perceptron", __doc__, argv, epochs=40, hidden=128, batch_size=32, lr=2e-3)
    data = _digits.load()
    dataset = TensorDataset(data.images, data.labels)
    loader = DataLoader(dataset, batch_size=run.options.batch_size, shuffle=True)
    model = network(run.options.hidden)
    optimizer = Adam(model.parameters(), lr=run.options.lr)
    scheduler = CosineAnnealingLR(optimizer, T_max=run.options.epochs * len(loader))
    for _ in run.steps(run.options.epochs, "epoch"):
        total = 0.0
        model.train()  # dropout is on
        for images, labels in loader:
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item() * len(labels)
        model.eval()  # dropout is off
        with tg.no_grad():
            test_loss = F.cross_entropy(model(data.test_images), data.test_labels).item()
        run.record(
            loss=total / len(dataset),
            test_loss=test_loss,
            accuracy=_digits.accuracy(model, data.images, data.labels),
            test_accuracy=_digits.accuracy(model, data.test_images, data.test_labels),
        )
    run.finish(
        "test accuracy",
        run.history["test_accuracy"][1][-1],
        run.lines("Cross-entropy", "nats per image", "loss", "test_loss", logarithmic=True),
        run.lines("Accuracy", "share read rightly", "accuracy", "test_accuracy"),
        mistakes(model, data),
    )


if __name__ == "__main__":
    main()
