"""The demo's report: one HTML page with inline pictures that needs no network and no script."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

from topograd.display import charts

MISTAKES_SHOWN = 40
CLASSES = 10


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training images gave: mean losses, accuracies from 0 to 1."""

    loss: float
    accuracy: float
    test_loss: float
    test_accuracy: float


@dataclass(frozen=True)
class Sample:
    """A test image (8 rows of 8 grey values), what it shows, and what the network reads."""

    image: Sequence[Sequence[int]]
    shown: int
    read: int
    probability: float  # that the network gives to `read`

    @property
    def right(self) -> bool:
        """Whether the network reads what is shown."""
        return self.shown == self.read


@dataclass(frozen=True)
class Training:
    """Everything the report tells."""

    epochs: Sequence[Epoch]
    samples: Sequence[Sample]
    training_images: int
    parameters: int
    seconds: float
    network: str
    settings: str
    versions: str

    @property
    def mistakes(self) -> list[Sample]:
        """The test images that are read wrongly, the surest mistakes first."""
        wrong = [sample for sample in self.samples if not sample.right]
        return sorted(wrong, key=lambda sample: -sample.probability)

    @property
    def accuracy(self) -> float:
        """The share of the test images that are read rightly."""
        return 1 - len(self.mistakes) / len(self.samples)


def percent(share: float) -> str:
    """Write a share of 1 with two decimals.

    >>> percent(0.99444)
    '99.44 %'
    """
    return f"{100 * share:.2f} %"


def render(training: Training) -> str:
    """Return the report as a self-contained HTML page."""
    style = resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>topograd demo: scanned digits, {percent(training.accuracy)}</title>
<style>
{style}</style>
</head>
<body>
<main>
{_headline(training)}
{_curves(training)}
{_digits(training)}
{_confusion(training)}
{_reproduce(training)}
</main>
<footer>
<p>Data: E. Alpaydin and C. Kaynak, <cite>Optical Recognition of Handwritten Digits</cite>, UCI
Machine Learning Repository, 1998, doi 10.24432/C50P49, CC BY 4.0.</p>
<p>Written by <code>topograd demo</code>. {escape(training.versions)}</p>
</footer>
</body>
</html>
"""


def _headline(training: Training) -> str:
    tested = len(training.samples)
    figures = (
        ("test accuracy", percent(training.accuracy)),
        ("read wrongly", f"{len(training.mistakes)} of {tested}"),
        ("training time", f"{training.seconds:.1f} s"),
        ("parameters", f"{training.parameters:,}"),
    )
    tiles = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in figures)
    return f"""<header>
<h1>Reading scanned digits</h1>
<p>A small convolutional network learned to read handwritten digits from
{training.training_images:,} images of 8×8 grey values. The figures below are for {tested:,} images
that it never saw while it learned.</p>
<dl class="figures">{tiles}</dl>
</header>"""


def _curves(training: Training) -> str:
    epochs = training.epochs
    losses = (
        charts.Series("training", "first", [epoch.loss for epoch in epochs]),
        charts.Series("test", "second", [epoch.test_loss for epoch in epochs]),
    )
    accuracies = (
        charts.Series("training", "first", [epoch.accuracy for epoch in epochs]),
        charts.Series("test", "second", [epoch.test_accuracy for epoch in epochs]),
    )
    loss_axis = charts.loss_axis([value for line in losses for value in line.values])
    axis = charts.accuracy_axis([value for line in accuracies for value in line.values])
    loss = charts.line_chart("Loss by epoch", loss_axis, losses, "{:.3g}".format)
    accuracy = charts.line_chart("Accuracy by epoch", axis, accuracies, percent)
    return f"""<section class="pair">
<figure><figcaption><h2>Loss</h2>{_legend(losses, "{:.3g}".format)}</figcaption>{loss}</figure>
<figure><figcaption><h2>Accuracy</h2>{_legend(accuracies, percent)}</figcaption>{accuracy}</figure>
</section>
<p class="note">Cross-entropy, on a logarithmic scale, and the share read rightly. The training
figures are taken while learning, with dropout and shifted images, which is why they can be worse
than the test figures.</p>"""


def _legend(series: Sequence[charts.Series], show: Callable[[float], str]) -> str:
    entries = "".join(
        f'<li class="{line.style}">{line.name} <b>{show(line.values[-1])}</b></li>'
        for line in series
    )
    return f'<ul class="legend">{entries}</ul>'


def _digits(training: Training) -> str:
    right = [sample for sample in training.samples if sample.right]
    typical = [
        next((sample for sample in right if sample.shown == shown), None)
        for shown in range(CLASSES)
    ]
    doubtful = sorted(right, key=lambda sample: sample.probability)[:CLASSES]
    mistakes = training.mistakes
    heading = f"All {len(mistakes)} mistakes" if len(mistakes) > 1 else "The one mistake"
    if len(mistakes) > MISTAKES_SHOWN:
        heading = f"{MISTAKES_SHOWN} of the {len(mistakes)} mistakes, the surest first"
    wrong = (
        _gallery(heading, mistakes[:MISTAKES_SHOWN])
        if mistakes
        else "<h3>No mistakes</h3><p>Every test image is read rightly.</p>"
    )
    return f"""<section>
<h2>Digits and what the network reads</h2>
<p class="note">Below each scan: what the network reads in it, and the probability it gives to
that.</p>
{wrong}
{_gallery("Read rightly, with the most doubt", doubtful)}
{_gallery("One of each", [sample for sample in typical if sample])}
</section>"""


def _gallery(heading: str, samples: Sequence[Sample]) -> str:
    if not samples:
        return ""
    return f"""<h3>{heading}</h3>
<ul class="gallery">{"".join(_card(sample) for sample in samples)}</ul>"""


def _card(sample: Sample) -> str:
    picture = charts.digit(sample.image, f"a scanned {sample.shown}")
    share = f"{100 * sample.probability:.0f} %"
    if sample.right:
        return f"<li>{picture}<b>{sample.read}</b> <small>{share}</small></li>"
    return (
        f'<li class="wrong">{picture}<b>{sample.read}</b> <small>{share}</small>'
        f'<small class="truth">is a {sample.shown}</small></li>'
    )


def _confusion(training: Training) -> str:
    counts = [[0] * CLASSES for _ in range(CLASSES)]
    for sample in training.samples:
        counts[sample.shown][sample.read] += 1
    return f"""<section>
<h2>Confusion matrix</h2>
{charts.confusion_matrix(counts)}
</section>"""


def _reproduce(training: Training) -> str:
    return f"""<section>
<h2>The network</h2>
<pre>{escape(training.network)}</pre>
<p>{escape(training.settings)}</p>
<h3>Use the weights</h3>
<pre>import topograd as tg
from topograd.datasets import digits
from topograd.demo.train import network, prepared

model = network().eval()
model.load_state_dict(tg.load("digits.safetensors"))
images, labels = digits()
with tg.no_grad():
    read = model(prepared(images)).argmax(dim=1)
print((read == labels).float().mean())</pre>
</section>"""
