"""Whole training steps, and the loader that feeds them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from measure import Case, Library, Work

STEPS_COMPARED = 3


def numbers(seed: int, *shape: int) -> Any:
    """Return float32 standard normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def same_weights(library: Library, model: Any) -> Any:
    """Give a model weights that are the same for every library, of PyTorch's usual size."""
    with library.no_grad():
        for number, parameter in enumerate(model.parameters()):
            shape = tuple(parameter.shape)
            bound = 1 / np.sqrt(np.prod(shape[1:]) if len(shape) > 1 else shape[0])
            weights = np.random.default_rng(number).uniform(-bound, bound, shape)
            parameter.copy_(library.from_numpy(weights.astype(np.float32)))
    return model


def training_step(
    library: Library, model: Any, optimizer: Any, data: Any, target: Any, loss_function: Any
) -> Work:
    """Return a step that trains on; the first call does a few and returns their losses."""
    started = False

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_function(model(data), target)
        loss.backward()
        optimizer.step()
        return loss

    def run() -> Any:
        nonlocal started
        if started:
            return step()
        started = True
        return [step().item() for _ in range(STEPS_COMPARED)]

    return run


def perceptron(
    sizes: Sequence[int], batch: int, optimizer: str, rate: float
) -> Callable[[Library], Work]:
    """Return the builder of a training step of a multilayer perceptron with relu."""

    def build(library: Library) -> Work:
        layers: list[Any] = []
        for inputs, outputs in itertools.pairwise(sizes):
            layers += [library.nn.Linear(inputs, outputs), library.nn.ReLU()]
        model = same_weights(library, library.nn.Sequential(*layers[:-1]))
        data = library.from_numpy(numbers(1, batch, sizes[0]))
        target = library.from_numpy(np.arange(batch) % sizes[-1])
        chosen = getattr(library.optim, optimizer)(model.parameters(), lr=rate)
        loss = library.nn.CrossEntropyLoss()
        return training_step(library, model, chosen, data, target, loss)

    return build


def convolutional(library: Library) -> Work:
    """Return a training step of a small convolutional network on 28 × 28 images, batch 64."""
    nn = library.nn
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16 * 7 * 7, 10),
    )
    model = same_weights(library, model)
    data = library.from_numpy(numbers(1, 64, 1, 28, 28))
    target = library.from_numpy(np.arange(64) % 10)
    optimizer = library.optim.Adam(model.parameters(), lr=1e-3)
    return training_step(library, model, optimizer, data, target, nn.CrossEntropyLoss())


def lenet(library: Library) -> Work:
    """Return a training step of LeNet on 28 × 28 images, batch 64."""
    nn = library.nn
    model = nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )
    model = same_weights(library, model)
    data = library.from_numpy(numbers(1, 64, 1, 28, 28))
    target = library.from_numpy(np.arange(64) % 10)
    optimizer = library.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return training_step(library, model, optimizer, data, target, nn.CrossEntropyLoss())


def resnet(library: Library) -> Work:
    """Return a training step of a residual network (16, 32, 64 channels) on 32 × 32, batch 16."""
    nn, functional = library.nn, library.nn.functional
    widths, blocks = [(16, 16, 1), (16, 32, 2), (32, 64, 2)], []
    for first, second, stride in widths:
        convolutions = [
            nn.Conv2d(first, second, 3, stride, 1, bias=False),
            nn.BatchNorm2d(second),
            nn.Conv2d(second, second, 3, 1, 1, bias=False),
            nn.BatchNorm2d(second),
        ]
        shortcut = nn.Conv2d(first, second, 1, stride, bias=False) if stride > 1 else nn.Identity()
        blocks.append(nn.ModuleList([*convolutions, shortcut]))
    ends = nn.ModuleList([nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)])
    parts = same_weights(library, nn.ModuleList([*blocks, ends, nn.Linear(64, 10)]))

    def model(x: Any) -> Any:
        *body, (convolution, norm), readout = parts
        x = functional.relu(norm(convolution(x)))
        for first, norm1, second, norm2, shortcut in body:
            inner = functional.relu(norm1(first(x)))
            x = functional.relu(norm2(second(inner)) + shortcut(x))
        return readout(x.mean((2, 3)))

    data = library.from_numpy(numbers(1, 16, 3, 32, 32))
    target = library.from_numpy(np.arange(16) % 10)
    optimizer = library.optim.SGD(parts.parameters(), lr=0.05, momentum=0.9)
    return training_step(library, model, optimizer, data, target, nn.CrossEntropyLoss())


def characters(layer: str, hidden: int, batch: int) -> Callable[[Library], Work]:
    """Return the builder of a training step of a recurrent model of 64 characters, 32 steps."""

    def build(library: Library) -> Work:
        nn = library.nn
        embedding, readout = nn.Embedding(64, hidden), nn.Linear(hidden, 64)
        recurrent = getattr(nn, layer)(hidden, hidden)
        parts = same_weights(library, nn.ModuleList([embedding, recurrent, readout]))
        text = np.random.default_rng(0).integers(0, 64, (33, batch))
        data, target = (library.from_numpy(t.copy()) for t in (text[:-1], text[1:].ravel()))
        optimizer = library.optim.SGD(parts.parameters(), lr=0.1)

        def model(data: Any) -> Any:
            return readout(recurrent(embedding(data))[0]).flatten(0, 1)

        loss = nn.functional.cross_entropy
        return training_step(library, model, optimizer, data, target, loss)

    return build


def logistic_regression(library: Library) -> Work:
    """Return a step of logistic regression on 32 rows of 10 features, written without modules."""
    weight = library.from_numpy(numbers(0, 10, 1)).requires_grad_()
    bias = library.zeros(1, requires_grad=True)
    data = library.from_numpy(numbers(1, 32, 10))
    target = library.from_numpy((numbers(2, 32, 1) > 0).astype(np.float32))
    optimizer = library.optim.SGD([weight, bias], lr=0.1)
    loss = library.nn.functional.binary_cross_entropy_with_logits
    return training_step(library, lambda x: x @ weight + bias, optimizer, data, target, loss)


VOCABULARY = 256


def gpt(layers: int, width: int, length: int, batch: int) -> Callable[[Library], Work]:
    """Return the builder of a training step of a GPT with heads of 32 or 64 features, AdamW."""

    def build(library: Library) -> Work:
        nn, function = library.nn, library.nn.functional
        heads = width // (32 if width <= 128 else 64)

        class Block(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
                self.attend, self.join = nn.Linear(width, 3 * width), nn.Linear(width, width)
                self.widen, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

            def forward(self, x: Any) -> Any:
                packed = self.attend(self.norm1(x)).chunk(3, -1)
                q, k, v = (
                    part.reshape(batch, length, heads, width // heads).transpose(1, 2)
                    for part in packed
                )
                attended = function.scaled_dot_product_attention(q, k, v, is_causal=True)
                x = x + self.join(attended.transpose(1, 2).reshape(batch, length, width))
                return x + self.narrow(function.gelu(self.widen(self.norm2(x))))

        class Model(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.tokens = nn.Embedding(VOCABULARY, width)
                self.places = nn.Embedding(length, width)
                self.blocks = nn.Sequential(*[Block() for _ in range(layers)])
                self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, VOCABULARY)

            def forward(self, data: Any) -> Any:
                x = self.tokens(data) + self.places(library.arange(length))
                return self.head(self.norm(self.blocks(x))).reshape(-1, VOCABULARY)

        model = same_weights(library, Model())
        text = np.random.default_rng(3).integers(0, VOCABULARY, (batch, length + 1))
        data = library.from_numpy(np.ascontiguousarray(text[:, :-1]))
        target = library.from_numpy(np.ascontiguousarray(text[:, 1:]).reshape(-1))
        optimizer = library.optim.AdamW(model.parameters(), lr=1e-4)
        return training_step(library, model, optimizer, data, target, function.cross_entropy)

    return build


BATCHES, BATCH = 200, 256


def loader(kind: str) -> Callable[[Library], Work]:
    """Make passes over data in memory, 51,200 rows of one kind of data set."""

    def build(library: Library) -> Work:
        data = library.utils.data
        rows = BATCHES * BATCH
        features = library.from_numpy(numbers(0, rows, 20))
        labels = library.from_numpy(np.arange(rows) % 10)
        whole = data.TensorDataset(features, labels)
        halves = [
            data.TensorDataset(features[part], labels[part])
            for part in (slice(0, rows // 2), slice(rows // 2, rows))
        ]
        dataset = {
            "tensors": lambda: whole,
            "dictionary": lambda: data.StackDataset(x=features, y=labels),
            "subset": lambda: data.Subset(whole, np.random.default_rng(1).permutation(rows)),
            "joined": lambda: data.ConcatDataset(halves),
        }[kind]()
        batches = data.DataLoader(dataset, batch_size=BATCH, shuffle=True)

        def run() -> Any:
            return sum(1 for _ in batches)

        return run

    return build


CASES = [
    Case("logistic regression, 32×10", "training", logistic_regression, 0.35, tolerance=1e-3),
    Case(
        "MLP 64-32-10, batch 16, SGD",
        "training",
        perceptron((64, 32, 10), 16, "SGD", 0.01),
        0.3,
        tolerance=1e-3,
    ),
    Case(
        "MLP 64-32-10, batch 16, Adam",
        "training",
        perceptron((64, 32, 10), 16, "Adam", 1e-3),
        0.2,
        tolerance=1e-3,
    ),
    Case(
        "MLP 784-128-10, batch 32, SGD",
        "training",
        perceptron((784, 128, 10), 32, "SGD", 0.01),
        0.4,
        tolerance=1e-3,
    ),
    Case(
        "MLP 784-128-10, batch 32, Adam",
        "training",
        perceptron((784, 128, 10), 32, "Adam", 1e-3),
        0.33,
        tolerance=1e-3,
    ),
    Case(
        "MLP 784-1024-1024-10, batch 128, Adam",
        "training",
        perceptron((784, 1024, 1024, 10), 128, "Adam", 1e-4),
        0.45,
        tolerance=1e-3,
    ),
    Case("CNN 28×28, batch 64, Adam", "training", convolutional, 0.5, tolerance=1e-3),
    Case("LeNet 28×28, batch 64, SGD", "training", lenet, 0.6, tolerance=1e-3),
    Case("ResNet 32×32, batch 16, SGD", "training", resnet, 0.6, tolerance=1e-3),
    *(
        Case(
            f"{layer} T 32, hidden {hidden}, batch {batch}",
            "training",
            characters(layer, hidden, batch),
            bound if hidden > 16 else 0.4,
            tolerance=1e-3,
        )
        for layer, bound in (("RNN", 0.35), ("LSTM", 0.7), ("GRU", 0.25))
        for hidden, batch in ((16, 1), (16, 8), (128, 16), (128, 32))
    ),
    Case("GPT 4 layers, d 128, T 64, batch 16", "training", gpt(4, 128, 64, 16), 0.6, 1, 1e-3),
    Case("GPT 6 layers, d 384, T 256, batch 4", "training", gpt(6, 384, 256, 4), 0.6, 1, 1e-3),
    Case("data loader, a batch", "training", loader("tensors"), 0.03, units=BATCHES),
    Case("data loader, of a dictionary", "training", loader("dictionary"), 0.05, units=BATCHES),
    Case("data loader, of a subset", "training", loader("subset"), 0.05, units=BATCHES),
    Case("data loader, of joined data", "training", loader("joined"), 0.05, units=BATCHES),
]
