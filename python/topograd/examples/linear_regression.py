"""Linear regression: mini-batch gradient descent finds the line behind noisy points.

Points y = 3 x1 - 2 x2 + 0.5 + noise; the loss is mean((X w + b - y)**2). Prints the loss after
every epoch, and the weights that were found beside those that made the data.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd.data import DataLoader, TensorDataset
from topograd.optim import SGD

WEIGHTS, BIAS, NOISE = [3.0, -2.0], 0.5, 0.1


def train(epochs: int, lr: float, points: int = 500) -> nn.Linear:
    """Return the linear layer that is fitted to newly drawn points."""
    inputs = tg.randn(points, len(WEIGHTS))
    targets = inputs @ tg.tensor(WEIGHTS) + BIAS + NOISE * tg.randn(points)
    loader = DataLoader(TensorDataset(inputs, targets), batch_size=50, shuffle=True)
    model = nn.Linear(len(WEIGHTS), 1)
    optimizer = SGD(model.parameters(), lr=lr)
    for epoch in range(1, epochs + 1):
        for batch, wanted in loader:
            loss = ((model(batch).squeeze(1) - wanted) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with tg.no_grad():
            total = ((model(inputs).squeeze(1) - targets) ** 2).mean().item()
        print(f"epoch {epoch:3}  mean squared error {total:.5f}")
    return model


def main(argv: Sequence[str] | None = None) -> None:
    """Train and print what was found."""
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("--epochs", type=int, default=10, help="passes over the data (default: 10)")
    parser.add_argument("--lr", type=float, default=0.1, help="learning rate (default: 0.1)")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    arguments = parser.parse_args(argv)
    tg.manual_seed(arguments.seed)
    model = train(arguments.epochs, arguments.lr)
    found = [value for parameter in model.parameters() for value in parameter.flatten().tolist()]
    print("found  " + "  ".join(f"{value:8.4f}" for value in found))
    print("true   " + "  ".join(f"{value:8.4f}" for value in [*WEIGHTS, BIAS]))


if __name__ == "__main__":
    main()
