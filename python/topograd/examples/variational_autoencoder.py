"""A variational autoencoder finds two numbers that describe a scanned digit, and draws new ones.

The encoder gives for an image x a normal distribution q(z|x) over two hidden numbers z; the decoder
gives for each z the probability of ink in every pixel, p(x|z). Both learn to make the evidence
lower bound large, log p(x) >= E_q[log p(x|z)] - KL(q(z|x) || N(0, 1)): to draw the image again from
z, while what is known of z stays close to a standard normal distribution, so that z drawn from
that gives new digits. Drawing z = mean + deviation * noise lets the gradient pass to mean and
deviation (the reparametrisation; Kingma and Welling, 2014). The divergence of the normal
distributions has a closed form: KL = sum(mean^2 + deviation^2 - 1 - 2 log deviation) / 2.

Data: 1,438 scanned digits of 8x8 grey values to learn from, 359 others to test with; no labels.
Expected result: a test loss (the negative bound) of at most 24.5 nats per image.
The picture shows the loss, where the test images of each digit lie in the plane of z, and what the
decoder draws over that plane: along each axis, z goes through equal shares of the probability.
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.data import DataLoader, TensorDataset
from topograd.examples import _digits
from topograd.examples._panels import Images, Points
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import Adam
from topograd.optim.lr_scheduler import CosineAnnealingLR

PIXELS, LATENT, DRAWN = 64, 2, 10


class VariationalAutoencoder(nn.Module):
    """The encoder makes (N, 64) to mean and log deviation, (N, 4); the decoder (N, 2) to logits."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(PIXELS, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, 2 * LATENT),
        )
        self.decoder = nn.Sequential(
            nn.Linear(LATENT, hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, PIXELS),
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return, for each image, -log p(x|z) for one drawn z, and the divergence: each (N,)."""
        mean, log_deviation = self.encoder(x).chunk(2, dim=1)
        z = mean + log_deviation.exp() * tg.randn_like(mean)
        pixels = F.binary_cross_entropy_with_logits(self.decoder(z), x, reduction="none")
        divergence = (mean**2 + (2 * log_deviation).exp() - 1) / 2 - log_deviation
        return pixels.sum(dim=1), divergence.sum(dim=1)

    def place(self, x: Tensor) -> Tensor:
        """Return where images lie: the means of q(z|x), (N, 2)."""
        with tg.no_grad():
            mean: Tensor = self.encoder(x).chunk(2, dim=1)[0]
        return mean

    def draw(self, z: Tensor) -> Tensor:
        """Return the probability of ink in each pixel: (N, 2) to (N, 8, 8)."""
        with tg.no_grad():
            images: Tensor = tg.sigmoid(self.decoder(z)).reshape(-1, 8, 8)
        return images


def plane(count: int) -> Tensor:
    """Return count x count places, row by row from the top left, by equal shares of N(0, 1)."""
    shares = (tg.arange(count) + 0.5) / count
    along = 2**0.5 * tg.erfinv(2 * shares - 1)  # the quantiles of N(0, 1)
    return tg.stack([along.repeat(count), -along.repeat_interleave(count)], dim=1)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the test loss, draw."""
    settings = {"epochs": 150, "hidden": 256, "batch_size": 64, "lr": 2e-3}
    run = Run("variational_autoencoder", __doc__, argv, **settings)
    data = _digits.load()
    images, test_images = data.images.flatten(1), data.test_images.flatten(1)
    loader = DataLoader(TensorDataset(images), batch_size=run.options.batch_size, shuffle=True)
    model = VariationalAutoencoder(run.options.hidden)
    optimizer = Adam(model.parameters(), lr=run.options.lr)
    scheduler = CosineAnnealingLR(optimizer, T_max=run.options.epochs * len(loader))
    for _ in run.steps(run.options.epochs, "epoch"):
        total = 0.0
        for (batch,) in loader:
            pixels, divergence = model(batch)
            loss = (pixels + divergence).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item() * len(batch)
        with tg.no_grad():
            pixels, divergence = model(test_images.repeat(8, 1))  # eight z for each image
        test_loss = (pixels + divergence).mean().item()
        kept = divergence.mean().item()
        run.record(loss=total / len(images), test_loss=test_loss, divergence=kept)
    places = model.place(test_images)
    kinds = {str(d): places[data.test_labels == d].tolist() for d in range(10)}
    run.finish(
        "test loss",
        run.history["test_loss"][1][-1],
        run.lines("Negative evidence lower bound", "nats per image", "loss", "test_loss"),
        Points("Where test images lie, by digit", "z1", "z2", kinds),
        Images("What the decoder draws over the plane", model.draw(plane(DRAWN)).tolist(), DRAWN),
    )


if __name__ == "__main__":
    main()
