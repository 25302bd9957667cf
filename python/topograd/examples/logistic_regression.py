"""Logistic regression with labels -1 and +1, its loss written out in elementary operations.

L = ½ ‖w‖² - λ Σ log p(y | x), p = 1 / (1 + exp(-y w·x)), minimised by plain gradient descent on
two clouds of points. Prints the loss and the largest component of its gradient, which is zero at
the minimum, on the way, then the weights and the share of points on the right side.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import topograd as tg
from topograd._C import Tensor


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
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("--steps", type=int, default=200, help="gradient steps (default: 200)")
    parser.add_argument("--lr", type=float, default=0.02, help="learning rate (default: 0.02)")
    parser.add_argument("--strength", type=float, default=1.0, help="λ (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")
    arguments = parser.parse_args(argv)
    tg.manual_seed(arguments.seed)
    inputs, labels = clouds(200)
    w = tg.zeros(3, requires_grad=True)
    for step in range(arguments.steps + 1):
        loss = objective(w, inputs, labels, arguments.strength)
        (gradient,) = tg.autograd.grad(loss, w)
        if step % max(1, arguments.steps // 10) == 0:
            largest = gradient.abs().max().item()
            print(f"step {step:4}  loss {loss.item():10.4f}  |gradient| {largest:.2e}")
        with tg.no_grad():
            w -= arguments.lr * gradient
    right = ((inputs @ w.detach()).sign() == labels).float().mean().item()
    print(f"w = {[round(value, 4) for value in w.tolist()]}, {100 * right:.1f} % on the right side")


if __name__ == "__main__":
    main()
