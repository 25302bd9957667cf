"""A vision transformer reads scanned digits: an image is a sequence of patches.

The 8x8 image is cut into 16 patches of 2x2 pixels. Each becomes a vector by one linear map, and a
learned vector tells it its place; one more token, learned too, goes in front of them. In every
layer of the encoder each token looks at all others (self-attention) and passes through a small
network; what the first token has gathered at the end is classified (Dosovitskiy et al., 2021).
Nothing in it knows that neighbours belong together: that has to be learned from the data, which
is why it needs more epochs than a convolutional network of its size (compare `resnet`). As there,
every image is moved by up to one column each time that it is learned from.

Data: 1,438 scanned digits of 8x8 grey values to learn from, 359 others to test with.
Expected result: a test accuracy of at least 0.97.
The picture shows the loss, the accuracy, and where in some images the first token looks: the
attention that it pays to each patch, all layers of the encoder multiplied (attention rollout).
"""

from __future__ import annotations

from collections.abc import Sequence

import topograd as tg
from topograd import nn
from topograd._C import Tensor
from topograd.data import DataLoader, TensorDataset
from topograd.demo.train import shifted
from topograd.examples import _digits
from topograd.examples._panels import Images, Panel
from topograd.examples._run import Run
from topograd.nn import functional as F
from topograd.optim import AdamW
from topograd.optim.lr_scheduler import OneCycleLR

SIDE, PATCH, WIDTH, HEADS, LAYERS = 8, 2, 48, 4, 3
PATCHES = (SIDE // PATCH) ** 2


class Layer(nn.Module):
    """Self-attention and a two-layer network, each added to what comes in: (N, T, WIDTH)."""

    def __init__(self) -> None:
        super().__init__()
        self.before_attention = nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.network = nn.Sequential(
            nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 3 * WIDTH), nn.GELU(), nn.Linear(3 * WIDTH, WIDTH)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the tokens, and who looked where: (N, T, T), the mean over the heads."""
        normed = self.before_attention(x)
        attended, looks = self.attention(normed, normed, normed)
        x = x + attended
        return x + self.network(x), looks


class VisionTransformer(nn.Module):
    """(N, 1, 8, 8) images to (N, 10) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, WIDTH, PATCH, stride=PATCH)  # a linear map of each patch
        self.first = nn.Parameter(0.5 * tg.randn(1, 1, WIDTH))
        self.places = nn.Parameter(0.5 * tg.randn(1, PATCHES + 1, WIDTH))
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS)])
        self.head = nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 10))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits."""
        logits: Tensor = self.head(self.encode(images)[0][:, 0])
        return logits

    def encode(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the last layer's tokens, and how far each rests on each: (N, T, T)."""
        standard = (images - 0.3) / 0.4  # mean 0 and deviation 1, roughly
        tokens = self.patches(standard).flatten(2).transpose(1, 2)
        x = tg.cat([self.first.expand(len(images), -1, -1), tokens], dim=1) + self.places
        rollout = tg.eye(PATCHES + 1)
        for layer in self.layers:
            x, looks = layer(x)
            # Half of what a token becomes is attended, half is what it was.
            rollout = (looks.detach() + tg.eye(PATCHES + 1)) / 2 @ rollout
        return x, rollout


def attended(model: VisionTransformer, images: Tensor) -> Panel:
    """Return a panel of images, each above the attention that its patches get."""
    with tg.no_grad():
        looks = model.encode(images)[1][:, 0, 1:].reshape(-1, SIDE // PATCH, SIDE // PATCH)
    looks = looks / looks.amax(dim=(1, 2), keepdim=True)
    large = looks.repeat_interleave(PATCH, dim=1).repeat_interleave(PATCH, dim=2)
    pairs = tg.cat([images[:5, 0], large[:5], images[5:, 0], large[5:]])
    return Images("Digits, and where the model looks", pairs.tolist(), 5)


def main(argv: Sequence[str] | None = None) -> None:
    """Train, print the test accuracy, show the attention."""
    run = Run("vision_transformer", __doc__, argv, epochs=30, batch_size=32, lr=3e-3)
    data = _digits.load()
    dataset = TensorDataset(data.images, data.labels)
    loader = DataLoader(dataset, batch_size=run.options.batch_size, shuffle=True)
    model = VisionTransformer()
    optimizer = AdamW(model.parameters(), lr=run.options.lr, weight_decay=0.05)
    scheduler = OneCycleLR(optimizer, run.options.lr, run.options.epochs * len(loader))
    for _ in run.steps(run.options.epochs, "epoch"):
        total, right = 0.0, 0
        for images, labels in loader:
            logits = model(shifted(images))
            loss = F.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            total += loss.item() * len(labels)
            right += int((logits.argmax(dim=1) == labels).sum().item())
        with tg.no_grad():
            test_loss = F.cross_entropy(model(data.test_images), data.test_labels).item()
        run.record(
            loss=total / len(dataset),
            test_loss=test_loss,
            accuracy=right / len(dataset),
            test_accuracy=_digits.accuracy(model, data.test_images, data.test_labels),
        )
    shown = tg.stack([(data.test_labels == digit).nonzero()[0, 0] for digit in range(10)])
    run.finish(
        "test accuracy",
        run.history["test_accuracy"][1][-1],
        run.lines("Cross-entropy", "nats per image", "loss", "test_loss", logarithmic=True),
        run.lines("Accuracy", "share read rightly", "accuracy", "test_accuracy"),
        attended(model, data.test_images[shown]),
    )


if __name__ == "__main__":
    main()
