"""Logistic regression with labels -1 and +1, its loss written out in elementary operations.

L = ½ ‖w‖² - λ Σ log p(y | x), p = 1 / (1 + exp(-y w·x)), minimised by plain gradient descent on
two clouds of points. Prints the loss and the largest component of its gradient, which is zero at
the minimum, on the way, then the weights and the share of points on the right side.

Data: 200 generated points of two normal clouds around (-2, -2) and (2, 2).
Expected result: a share of at least 0.95 of the points on the right side.
The picture shows the loss, the gradient, and the points with the line on which p is one half.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd._C import Tensor
from topograd.examples._panels import Points, line_in
from topograd.examples._run import Run

POINTS = 200


def clouds(points: int) -> tuple[Tensor, Tensor]:
    """Return (points, 3) inputs, the last component 1 for the offset, and labels -1 and +1."""
    labels = tg.where(tg.arange(points) % 2 == 0, 1.0, -1.0)
    places = tg.randn(points, 2) + 2 * labels.unsqueeze(1)
    return tg.cat([places, tg.ones(points, 1)], dim=1), labels


def objective(w: Tensor, inputs: Tensor, labels: Tensor, strength: float) -> Tensor:
    """Return L for the weights `w`: (3,)."""
    probability = 1 / (1 + tg.exp(-labels * (inputs @ w)))
    return 0.5 * w.dot(w) - strength * probability.log().sum()


def main(argv: Sequence[str] | None = None) -> None:
    """Train and print what came of it."""
    run = Run("logistic_regression", __doc__, argv, steps=200, lr=0.02, strength=1.0)
    inputs, labels = clouds(POINTS)
    w = tg.zeros(3, requires_grad=True)
    for _ in run.steps(run.options.steps, "step"):
        loss = objective(w, inputs, labels, run.options.strength)
        (gradient,) = tg.autograd.grad(loss, w)
        run.record(loss=loss.item(), gradient=gradient.abs().max().item())
        with tg.no_grad():
            w -= run.options.lr * gradient
    right = ((inputs @ w.detach()).sign() == labels).float().mean().item()
    print(f"\nw = {[round(value, 4) for value in w.tolist()]}")
    kinds = {f"{label:+d}": inputs[labels == label][:, :2].tolist() for label in (-1, 1)}
    run.finish(
        "share on the right side",
        right,
        run.lines("Loss", "L", "loss", logarithmic=True),
        run.lines("Gradient", "largest component", "gradient", logarithmic=True),
        Points("Points by label", "x1", "x2", kinds, [line_in(kinds, *w.tolist())]),
    )


if __name__ == "__main__":
    main()
