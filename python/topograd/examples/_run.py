"""What the examples share: their options, a progress line, and the end with figure and picture."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import topograd as tg
from topograd import _options
from topograd.display.progress import Progress
from topograd.examples._panels import Lines, Panel, picture

LINES = 10  # that stay of a training, besides the line that is painted over


class Run:
    """One run of an example.

    name: the module's.  documentation: its docstring, shown by --help.  argv: the arguments, None
    for those of the program.  settings: the options of this example with their defaults, whole
    numbers for counts and floats for rates; every example has --seed, --threads and --plot too.
    They are read, checked and set before anything else happens; `options` holds them.

    >>> run = Run("name", "An example.", ["--epochs", "2"], epochs=20, lr=0.1)
    >>> run.options.epochs, run.options.lr
    (2, 0.1)
    >>> for epoch in run.steps(run.options.epochs, "epoch"):
    ...     run.record(loss=1 / epoch)
    epoch 1/2   loss 1.0000   0.0 s
    epoch 2/2   loss 0.5000   0.0 s
    >>> run.history["loss"]
    ([1, 2], [1.0, 0.5])
    """

    def __init__(
        self, name: str, documentation: str | None, argv: Sequence[str] | None, **settings: float
    ) -> None:
        if argv is None:
            _options.end_quietly()
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A console that lacks a character, of a formula say, shows "?" and the run goes on.
            sys.stdout.reconfigure(errors="replace")
        parser = argparse.ArgumentParser(
            prog=f"python -m topograd.examples.{name}",
            description=documentation,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        for setting, default in settings.items():
            whole = isinstance(default, int)
            parser.add_argument(
                f"--{setting.replace('_', '-')}",
                type=_options.count if whole else _options.rate,
                default=default,
                metavar="N" if whole else "X",
                help=f"{MEANINGS[setting]} (default: {default})",
            )
        threads = tg.get_num_threads()
        parser.add_argument("--seed", type=_options.seed, default=0, metavar="N", help=SEED)
        parser.add_argument(
            "--threads", type=_options.threads, metavar="N", help=f"{THREADS} (default: {threads})"
        )
        parser.add_argument(
            "--plot",
            type=_picture_file,
            default=f"{name}.svg",
            metavar="FILE",
            help=f"{PLOT} (default: {name}.svg in the current folder)",
        )
        self.options = parser.parse_args(argv)
        if self.options.threads is not None:
            tg.set_num_threads(self.options.threads)
        tg.manual_seed(self.options.seed)
        # What was recorded, by name: the steps, and the values at them.
        self.history: dict[str, tuple[list[int], list[float]]] = {}
        self._latest: dict[str, float] = {}
        self._unit, self._step = "step", 0

    def steps(self, total: int, unit: str) -> Iterator[int]:
        """Yield 1 to `total` and paint how far that is, with what `record` was told."""
        self._unit = unit
        progress, started = Progress(sys.stdout), time.perf_counter()
        for step in range(1, total + 1):
            self._step = step
            yield step
            seconds = time.perf_counter() - started
            values = [f"   {n.replace('_', ' ')} {v:.4f}" for n, v in self._latest.items()]
            text = f"{unit} {step:{len(str(total))}}/{total}"
            if step * LINES // total > (step - 1) * LINES // total:
                progress.finish(f"{text}{''.join(values)}   {seconds:.1f} s")
            # Painted over a moment later: one value, so that the bar has room in 80 columns.
            left = seconds / step * (total - step)
            if step < total:
                progress.show(step, total, f"{text}{''.join(values[:1])}   {left:.0f} s left")

    def record(self, **values: float) -> None:
        """Keep values of the current step, for the progress line and for `lines`."""
        for name, value in values.items():
            steps, kept = self.history.setdefault(name, ([], []))
            steps.append(self._step)
            kept.append(value)
        self._latest.update(values)

    def lines(self, title: str, label: str, *names: str, logarithmic: bool = False) -> Lines:
        """Return the panel of the recorded values of these names over the steps."""
        series = {name.replace("_", " "): self.history[name] for name in names}
        return Lines(title, self._unit, label, series, logarithmic)

    def finish(self, figure: str, value: float, *panels: Panel, caption: str = "") -> None:
        """Print the panels as text and the `figure`, the result of this run; write the picture."""
        for panel in panels:
            print("\n" + panel.text())
        path: Path = self.options.plot
        path.write_text(picture(panels, caption), encoding="utf-8")
        print(f"\nresult: {figure} {value:.4f}\npicture: {path}")


def _picture_file(text: str) -> Path:
    """Read the path of a picture that can be written, so that no training is lost at its end."""
    path = Path(text)
    if path.suffix.lower() != ".svg":
        raise argparse.ArgumentTypeError(f"{text!r} does not end in .svg, the format of pictures")
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is no file in an existing folder")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be written")
    return path


SEED = "seed of all random numbers; the same seed gives the same figures (default: 0)"
THREADS = "threads to compute with"
PLOT = "SVG picture to write, replaced if it exists"
MEANINGS = {
    "batch_size": "examples in one step",
    "epochs": "passes over the training data",
    "hidden": "width of the hidden layers",
    "length": "characters to write at the end",
    "lr": "learning rate, the largest if it changes",
    "penalty": "C, the weight of points on the wrong side of their margin",
    "steps": "training steps",
    "strength": "λ, the weight of the points",
}
