"""Linear regression: mini-batch gradient descent finds the line behind noisy points.

Points y = 3 x1 - 2 x2 + 0.5 + noise; the loss is mean((X w + b - y)**2). Prints the loss after
every epoch, and the weights that were found beside those that made the data.

Data: 500 generated points with normal noise of deviation 0.1.
Expected result: a mean squared error of at most 0.012; the variance of the noise is 0.01.
The picture shows the loss, the way of the weights, and what is found for each point.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd.data import DataLoader, TensorDataset
from topograd.examples._panels import Points
from topograd.examples._run import Run
from topograd.optim import SGD

WEIGHTS, BIAS, NOISE, POINTS = [3.0, -2.0], 0.5, 0.1, 500


def main(argv: Sequence[str] | None = None) -> None:
    """Train and print what was found."""
    run = Run("linear_regression", __doc__, argv, epochs=10, batch_size=50, lr=0.1)
    inputs = tg.randn(POINTS, len(WEIGHTS))
    targets = inputs @ tg.tensor(WEIGHTS) + BIAS + NOISE * tg.randn(POINTS)
    dataset = TensorDataset(inputs, targets)
    loader = DataLoader(dataset, batch_size=run.options.batch_size, shuffle=True)
    model = nn.Linear(len(WEIGHTS), 1)
    optimizer = SGD(model.parameters(), lr=run.options.lr)
    for _ in run.steps(run.options.epochs, "epoch"):
        for batch, wanted in loader:
            loss = ((model(batch).squeeze(1) - wanted) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with tg.no_grad():
            outputs = model(inputs).squeeze(1)
            error = ((outputs - targets) ** 2).mean().item()
        (w1, w2), (b,) = (parameter.flatten().tolist() for parameter in model.parameters())
        run.record(mean_squared_error=error, w1=w1, w2=w2, b=b)
    print("\nfound  " + "  ".join(f"{value:8.4f}" for value in (w1, w2, b)))
    print("true   " + "  ".join(f"{value:8.4f}" for value in [*WEIGHTS, BIAS]))
    pairs = list(zip(targets.tolist(), outputs.tolist(), strict=True))
    run.finish(
        "mean squared error",
        error,
        run.lines("Mean squared error", "loss", "mean_squared_error", logarithmic=True),
        run.lines("Weights", "value", "w1", "w2", "b"),
        Points("Points", "y", "what the line gives", {"point": pairs}),
    )


if __name__ == "__main__":
    main()
