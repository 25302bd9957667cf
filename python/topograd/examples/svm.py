"""The linear support vector machine, trained on its own objective by gradient descent.

min ½ w·w + C Σ max(0, 1 - y (w·x + b)) for two clouds of points with labels -1 and +1. Prints the
objective on the way; then the share of points on the right side, the width of the margin 2 / ‖w‖,
and how many points are support vectors (on or inside the margin): only those send a gradient back.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import topograd as tg
from topograd._C import Tensor
from topograd.optim import SGD
from topograd.optim.lr_scheduler import LambdaLR


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
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("--steps", type=int, default=500, help="gradient steps (default: 500)")
    parser.add_argument("--lr", type=float, default=0.05, help="first rate (default: 0.05)")
    parser.add_argument("--penalty", type=float, default=0.1, help="C (default: 0.1)")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    arguments = parser.parse_args(argv)
    tg.manual_seed(arguments.seed)
    inputs, labels = clouds(200)
    w = tg.zeros(2, requires_grad=True)
    b = tg.zeros((), requires_grad=True)
    optimizer = SGD([w, b], lr=arguments.lr)
    # The hinge has a kink: only a falling rate lets descent settle beside it.
    scheduler = LambdaLR(optimizer, lambda step: 1 / (1 + step / 20))
    for step in range(arguments.steps + 1):
        loss = objective(w, b, inputs, labels, arguments.penalty)
        if step % max(1, arguments.steps // 10) == 0:
            print(f"step {step:4}  objective {loss.item():.5f}")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
    with tg.no_grad():
        margins = labels * (inputs @ w + b)
        width = 2 / w.norm().item()
    right = 100 * (margins > 0).float().mean().item()
    support = int((margins <= 1).sum().item())
    print(f"{right:.1f} % on the right side, margin {width:.3f}, {support} support vectors of 200")


if __name__ == "__main__":
    main()
