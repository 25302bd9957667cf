"""The linear support vector machine, trained on its own objective by gradient descent.

min ½ w·w + C Σ max(0, 1 - y (w·x + b)) for two clouds of points with labels -1 and +1. Prints the
objective on the way; then the share of points on the right side, the width of the margin 2 / ‖w‖,
and how many points are support vectors (on or inside the margin): only those send a gradient back.

Data: 200 generated points of two normal clouds around (-2, -2) and (2, 2).
Expected result: a share of at least 0.95 of the points on the right side.
The picture shows the objective, and the points with the line and its margins: w·x + b = -1, 0, 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd._C import Tensor
from topograd.examples._panels import Points, line_in
from topograd.examples._run import Run
from topograd.optim import SGD
from topograd.optim.lr_scheduler import LambdaLR

POINTS = 200


def clouds(points: int) -> tuple[Tensor, Tensor]:
    """Return (points, 2) places and their labels -1 and +1."""
    labels = tg.where(tg.arange(points) % 2 == 0, 1.0, -1.0)
    return tg.randn(points, 2) + 2 * labels.unsqueeze(1), labels


def objective(w: Tensor, b: Tensor, inputs: Tensor, labels: Tensor, penalty: float) -> Tensor:
    """Return ½ w·w + C Σ max(0, 1 - y (w·x + b))."""
    margins = labels * (inputs @ w + b)
    return 0.5 * w.dot(w) + penalty * (1 - margins).clamp(min=0).sum()


def main(argv: Sequence[str] | None = None) -> None:
    """Train and print what came of it."""
    run = Run("svm", __doc__, argv, steps=500, lr=0.05, penalty=0.1)
    inputs, labels = clouds(POINTS)
    w = tg.zeros(2, requires_grad=True)
    b = tg.zeros((), requires_grad=True)
    optimizer = SGD([w, b], lr=run.options.lr)
    # The hinge has a kink: only a falling rate lets descent settle beside it.
    scheduler = LambdaLR(optimizer, lambda step: 1 / (1 + step / 20))
    for _ in run.steps(run.options.steps, "step"):
        loss = objective(w, b, inputs, labels, run.options.penalty)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        run.record(objective=loss.item())
    with tg.no_grad():
        margins = labels * (inputs @ w + b)
        width = 2 / w.norm().item()
    support = int((margins <= 1).sum().item())
    print(f"\nmargin {width:.3f}, {support} support vectors of {POINTS}")
    kinds = {f"{label:+d}": inputs[labels == label].tolist() for label in (-1, 1)}
    w1, w2 = w.tolist()
    links = [line_in(kinds, w1, w2, b.item() - side) for side in (-1, 0, 1)]
    run.finish(
        "share on the right side",
        (margins > 0).float().mean().item(),
        run.lines("Objective", "½ w·w + C Σ hinge", "objective", logarithmic=True),
        Points("Points by label, and the margins", "x1", "x2", kinds, links),
    )


if __name__ == "__main__":
    main()
