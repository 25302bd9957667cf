"""A generative adversarial network learns to draw points from a ring of eight clouds.

The generator turns normal noise into points; the discriminator tells drawn points from real ones.
They play against each other (Goodfellow et al., 2014): the discriminator lowers
softplus(-D(real)) + softplus(D(drawn)), the generator lowers softplus(-D(drawn)). Left alone, the
play goes round in circles or the generator keeps to few of the clouds (mode collapse). The penalty
(weight / 2) * |grad D(real)|^2 lets the discriminator become flat where the generator is right, so
that the play comes to rest (Mescheder et al., 2018). It is a gradient inside of a loss: its own
gradient is of second order, which `create_graph=True` records. The points of the result come from
an exponential moving average of the generator's weights.

Data: points of eight normal clouds of deviation 0.1 in a ring of radius 2, drawn anew each step.
Expected result: a share of at least 0.8 of the points within three deviations of a cloud's centre
(of real points it is 0.989), and each of the eight clouds gets some.
The picture shows both losses, the quality, and the drawn points among real ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.examples._panels import Points
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import Adam
from topograd.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

CLOUDS, RADIUS, DEVIATION, NOISE, PENALTY = 8, 2.0, 0.1, 2, 0.02
TESTED, EVERY, BETAS = 2000, 25, (0.5, 0.99)


def centres() -> Tensor:
    """Return the centres of the clouds: (CLOUDS, 2)."""
    angles = 2 * math.pi * tg.arange(CLOUDS) / CLOUDS
    return RADIUS * tg.stack([angles.cos(), angles.sin()], dim=1)


def real_points(count: int) -> Tensor:
    """Draw from the clouds: (count, 2)."""
    return centres()[tg.randint(0, CLOUDS, (count,))] + DEVIATION * tg.randn(count, 2)


def network(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Return a perceptron with two hidden layers."""
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, hidden),
        nn.LeakyReLU(0.2),
        nn.Linear(hidden, outputs),
    )


def quality(points: Tensor) -> tuple[float, int]:
    """Return the share of points near a centre, and to how many clouds they belong.

    Near: within three deviations. A cloud counts if it has a fifth of its due of near points.
    """
    distances, nearest = tg.cdist(points, centres()).min(dim=1)
    near = distances <= 3 * DEVIATION
    counts = tg.bincount(nearest[near], minlength=CLOUDS)
    due = len(points) / CLOUDS
    return near.float().mean().item(), int((counts >= due / 5).sum().item())


def discriminator_loss(discriminator: nn.Module, real: Tensor, drawn: Tensor) -> Tensor:
    """Return the loss of telling real points from drawn ones, with the penalty."""
    real.requires_grad_()
    scores = discriminator(real)
    (slope,) = tg.autograd.grad(scores.sum(), real, create_graph=True)
    penalty = PENALTY / 2 * (slope**2).sum(dim=1).mean()
    return F.softplus(-scores).mean() + F.softplus(discriminator(drawn)).mean() + penalty


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the quality, draw."""
    run = Run("gan", __doc__, argv, steps=4000, hidden=128, batch_size=256, lr=2e-3)
    count = run.options.batch_size
    generator = network(NOISE, run.options.hidden, 2)
    discriminator = network(2, run.options.hidden, 1)
    average = AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(0.99))
    generator_steps = Adam(generator.parameters(), lr=run.options.lr, betas=BETAS)
    discriminator_steps = Adam(discriminator.parameters(), lr=run.options.lr, betas=BETAS)
    noise = tg.randn(TESTED, NOISE)  # the same at every test
    for step in run.steps(run.options.steps, "step"):
        with tg.no_grad():
            drawn = generator(tg.randn(count, NOISE))
        telling = discriminator_loss(discriminator, real_points(count), drawn)
        discriminator_steps.zero_grad()
        telling.backward()
        discriminator_steps.step()

        deceiving = F.softplus(-discriminator(generator(tg.randn(count, NOISE)))).mean()
        generator_steps.zero_grad()
        deceiving.backward()
        generator_steps.step()
        average.update_parameters(generator)

        if step % EVERY == 0 or step == run.options.steps:
            with tg.no_grad():
                points = average(noise)
            near, clouds = quality(points)
            run.record(discriminator=telling.item(), generator=deceiving.item(), near_a_cloud=near)
    print(f"\n{clouds} of {CLOUDS} clouds are covered")
    real = real_points(TESTED // 2).tolist()
    run.finish(
        "share of points near a cloud",
        near,
        run.lines("Losses", "nats", "discriminator", "generator"),
        run.lines("Points near a cloud", "share", "near_a_cloud"),
        Points("Points", "x", "y", {"real": real, "drawn": points[: TESTED // 2].tolist()}),
    )


if __name__ == "__main__":
    main()
