"""Each example that learns reaches, in a short setting, a figure near the one that it states."""

from __future__ import annotations

import datetime
import importlib
import io
import os
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import topograd as tg
from topograd.examples import (
    _dates,
    _panels,
    _text,
    karate_club,
    policy_gradient,
    softmax_classifier,
)
from topograd.examples.__main__ import titles
from topograd.examples._run import Run
from topograd.nn import functional as F


class Case(NamedTuple):
    """A short setting, what its figure is at least or at most, and the shortest setting."""

    arguments: str
    least: float = float("-inf")
    most: float = float("inf")
    shortest: str = "--steps 2"
    panels: int = 3


CASES = {
    "char_attention": Case(
        "--steps 80 --length 20", most=2.4, shortest="--steps 2 --length 5", panels=1
    ),
    "char_lstm": Case(
        "--steps 60 --lr 0.01 --length 20", most=2.7, shortest="--steps 2 --length 5", panels=1
    ),
    "gan": Case("--steps 500", least=0.4),
    "gpt": Case(
        "--steps 60 --lr 0.005 --length 20", most=2.9, shortest="--steps 2 --length 5", panels=1
    ),
    "karate_club": Case("--steps 60", least=0.93),
    "linear_regression": Case("--epochs 4", most=0.02, shortest="--epochs 1"),
    "logistic_regression": Case("--steps 50", least=0.95),
    "multilayer_perceptron": Case("--epochs 10", least=0.95, shortest="--epochs 1"),
    "policy_gradient": Case("--steps 40 --batch-size 32", least=150, panels=2),
    "resnet": Case("--epochs 6", least=0.97, shortest="--epochs 1"),
    "seq2seq": Case("--steps 150", least=0.2),
    "softmax_classifier": Case("--epochs 20", least=0.94, shortest="--epochs 1"),
    "svm": Case("--steps 50", least=0.95, panels=2),
    "variational_autoencoder": Case("--epochs 15", most=26.0, shortest="--epochs 1"),
    "vision_transformer": Case("--epochs 4 --lr 0.002", least=0.3, shortest="--epochs 1"),
}
SOURCES = Path(tg.__file__).parent / "examples"
DOCUMENTATION = (Path(__file__).parent.parent / "docs" / "examples.md").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"


def run(name: str, arguments: str, capsys: pytest.CaptureFixture[str], picture: Path) -> str:
    """Run an example; return what it printed."""
    main = importlib.import_module(f"topograd.examples.{name}").main
    main([*arguments.split(), "--plot", str(picture)])
    return capsys.readouterr().out


def result(printed: str) -> float:
    found = re.search(r"^result: [a-z0-9 ]+ ([\d.]+)$", printed, re.MULTILINE)
    assert found is not None, printed
    return float(found[1])


def check_picture(text: str, panels: int) -> None:
    """Assert that a picture is an SVG document of its own, and drawn within itself."""
    root = ElementTree.fromstring(text)
    assert root.tag == f"{SVG}svg"
    assert "href" not in text
    titles = [e.text for e in root.iter(f"{SVG}text") if e.get("class") == "title"]
    assert len(titles) == panels
    assert all(titles)
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    for element in root.iter():
        assert all(0 <= float(element.get(name, 0)) <= width for name in ("x", "cx", "width"))
        assert all(-20 <= float(element.get(name, 0)) <= height for name in ("y", "cy", "height"))
        for x, y in re.findall(r"[ML]([^\sMLHVhvz]+) ([^\sMLHVhvz]+)", element.get("d", "")):
            assert 0 <= float(x) <= width, element.get("d")
            assert 0 <= float(y) <= height, element.get("d")


@pytest.mark.parametrize("name", CASES)
def test_a_short_run_reaches_its_figure_and_draws_it(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "picture.svg"
    printed = run(name, CASES[name].arguments, capsys, picture)
    assert CASES[name].least <= result(printed) <= CASES[name].most
    assert f"picture: {picture}" in printed
    check_picture(picture.read_text(encoding="utf-8"), CASES[name].panels)
    assert "\r" not in printed  # a log gets no half lines
    assert all(len(line) < 140 for line in printed.splitlines())


@pytest.mark.parametrize("name", CASES)
def test_the_same_seed_gives_the_same_figures_with_any_number_of_threads(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = []
    for number, more in enumerate(("--threads 1", "--threads 2", "--seed 1")):
        picture = tmp_path / f"{number}.svg"
        printed = run(name, f"{CASES[name].shortest} {more}", capsys, picture)
        outcomes.append((result(printed), picture.read_text(encoding="utf-8")))
    assert outcomes[0] == outcomes[1]
    assert outcomes[0][1] != outcomes[2][1]


@pytest.mark.parametrize("name", CASES)
def test_an_example_is_short_and_states_the_figure_that_the_documentation_tells(name: str) -> None:
    text = (SOURCES / f"{name}.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 150
    stated = re.search(
        r"^Expected result: an? .* of (at (least|most) [\d.]*\d)", text, re.MULTILINE
    )
    assert stated is not None
    assert f"| `{name}` |" in DOCUMENTATION
    (row,) = (line for line in DOCUMENTATION.splitlines() if line.startswith(f"| `{name}` |"))
    assert stated[1] in row
    figure = float(stated[1].split()[-1])
    bound = CASES[name].least if stated[2] == "least" else -CASES[name].most
    assert bound <= (figure if stated[2] == "least" else -figure)  # a short run is no better


def test_the_documentation_lists_every_example() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", DOCUMENTATION, re.MULTILINE)) == set(titles())


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ("--plot=curves.png", "does not end in .svg"),
        ("--plot=missing/curves.svg", "no file in an existing folder"),
        ("--epochs=0", "0 is not at least 1"),
        ("--lr=-1", "-1 is not a positive finite number"),
        ("--seed=-1", "-1 is not at least 0"),
        ("--threads=0", "0 is not at least 1"),
        ("--threads=1025", "1025 is not at most 1024"),
    ],
)
def test_a_bad_option_is_refused_before_anything_is_learned(
    option: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as leaving:
        softmax_classifier.main([option])
    assert leaving.value.code == 2
    streams = capsys.readouterr()
    assert told in streams.err
    assert "epoch" not in streams.out


def test_a_terminal_sees_a_bar_and_the_time_that_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    run = Run("name", "", ["--plot", str(tmp_path / "x.svg")], steps=20)
    for step in run.steps(20, "step"):
        run.record(loss=1.0 / step, other=2.0)
    lines = terminal.getvalue().replace("\n", "").split("\r")[1:]
    bar = r"\[=* *\]  step  %d/20   loss %.4f   \d+ s left *"
    kept = r"step %2d/20   loss %.4f   other 2\.0000   [\d.]+ s *"
    for step in range(1, 20):
        if step % 2 == 0:
            assert re.fullmatch(kept % (step, 1 / step), lines.pop(0))
        painted = lines.pop(0)
        assert re.fullmatch(bar.replace("step  %d", "step %2d") % (step, 1 / step), painted)
        assert len(painted.rstrip()) < 80
        assert painted.count("=") == 30 * step // 20
    assert re.fullmatch(kept % (20, 1 / 20), lines.pop())
    assert not lines


def test_a_console_without_greek_letters_gets_question_marks() -> None:
    command = [sys.executable, "-m", "topograd.examples.logistic_regression", "--help"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert "L = ? ?w?? - ? ? log p(y | x)" in done.stdout
    assert done.stderr == ""


def test_softmax_regression_has_the_cross_entropy_of_the_library() -> None:
    logits = 50 * tg.randn(7, 10)
    labels = tg.randint(0, 10, (7,))
    found = softmax_classifier.cross_entropy(logits, labels)
    assert found.item() == pytest.approx(F.cross_entropy(logits, labels).item(), rel=1e-5)


def test_the_cart_pole_obeys_the_laws_of_motion() -> None:
    """The accelerations solve the two equations of Lagrange for cart and rod, by another way."""
    states = tg.randn(50, 4) * tg.tensor([1.0, 1.0, 0.2, 1.0])
    right = tg.rand(50) < 0.5
    change = ((policy_gradient.moved(states, right) - states) / policy_gradient.TIME).numpy()
    m, length, g = policy_gradient.POLE, policy_gradient.HALF_LENGTH, policy_gradient.GRAVITY
    for state, pushed, found in zip(states.numpy(), right.numpy(), change, strict=True):
        _, speed, angle, turning = (float(value) for value in state)
        # Unknown: the cart's acceleration and the pole's angular one. A uniform rod of half length
        # l has the moment of inertia 4/3 m l² about its end.
        matrix = [
            [policy_gradient.CART + m, m * length * np.cos(angle)],
            [m * length * np.cos(angle), 4 / 3 * m * length**2],
        ]
        force = policy_gradient.FORCE if pushed else -policy_gradient.FORCE
        drive = [
            force + m * length * turning**2 * np.sin(angle),
            m * g * length * np.sin(angle),
        ]
        slide, swing = np.linalg.solve(matrix, drive)
        assert found == pytest.approx([speed, slide, turning, swing], abs=2e-3, rel=1e-4)


def test_the_advantages_are_discounted_sums_beyond_the_mean() -> None:
    alive = tg.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    found = policy_gradient.advantages(alive)
    d = policy_gradient.DISCOUNT
    raw = np.array([[1 + d + d * d, 1], [1 + d, 0], [1, 0]])
    raw -= raw.mean(axis=1, keepdims=True)
    mask = alive.numpy()
    assert found.numpy() == pytest.approx(raw / np.sqrt((mask * raw**2).sum() / mask.sum()))


def test_the_karate_club_is_zacharys() -> None:
    meetings = karate_club.meetings()
    degrees = """16 9 10 6 3 4 4 4 5 2 3 1 2 5 2 2 2 2 2 3 2 2 2 5 3 3 2 4 3 4 4 6 12 17"""
    assert meetings.sum(dim=1).tolist() == [float(degree) for degree in degrees.split()]
    assert meetings.sum().item() == 2 * 78
    assert tg.equal(meetings, meetings.T)
    assert meetings.trace().item() == 0
    sides = karate_club.sides()
    assert sides.sum().item() == 17
    assert (sides[karate_club.INSTRUCTOR - 1], sides[karate_club.PRESIDENT - 1]) == (0, 1)
    # 11 pairs met across the later split; a cut through a random half would meet about 40.
    across = sides.unsqueeze(0) != sides.unsqueeze(1)
    assert (meetings * across).sum().item() == 2 * 11


def test_dates_are_written_as_people_do_and_no_day_is_learned_and_tested() -> None:
    day = datetime.date(1987, 3, 3)
    assert _dates.spellings(day) == [
        "3 march 1987",
        "march 3, 1987",
        "3rd of march, 1987",
        "tue 3 mar 87",
        "tuesday, 3 mar. 1987",
        "03/03/1987",
        "3.3.87",
    ]
    days = [datetime.date(2001, 1, number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 22, 31)]
    suffixes = [_dates.spellings(day)[2].split()[0] for day in days]
    assert suffixes == "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 31st".split()
    generator = random.Random(0)
    learned, tested = (_dates.pairs(generator, 400, test=test)[1] for test in (False, True))
    assert not {tuple(row) for row in learned.tolist()} & {tuple(row) for row in tested.tolist()}


def test_the_text_is_split_without_overlap_and_read_back() -> None:
    text = _text.reference()
    assert len(text.training) > 200_000
    assert 0.08 < len(text.validation) / len(text.training) < 0.13
    start = text.decode(text.validation[:2000])
    assert start not in text.decode(text.training)
    assert tg.equal(text.encode(start), text.validation[:2000])
    inputs, targets = _text.windows(text.training, 5, 8)
    assert tg.equal(inputs[:, 1:], targets[:, :-1])


@pytest.mark.parametrize("values", [[], [0.0], [float("nan")], [1.0, float("inf"), 2.0], [-3e9, 7]])
def test_a_chart_takes_any_numbers(values: list[float]) -> None:
    for logarithmic in (False, True):
        steps = list(range(1, len(values) + 1))
        lines = _panels.Lines("A & B", "step", "<loss>", {"loss": (steps, values)}, logarithmic)
        check_picture(_panels.picture([lines]), 1)
        assert "loss" in lines.text()


def test_a_chart_has_round_ticks_around_its_values() -> None:
    scale = _panels.scale([0.13, 0.87])
    assert scale.ticks == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert (scale.place(scale.low), scale.place(scale.high)) == (0, 1)
    tight = _panels.scale([1, 60], tight=True)
    assert (tight.low, tight.high, tight.ticks) == (1, 60, [20, 40, 60])


def test_a_single_step_is_a_point_and_no_tick_stands_between_steps() -> None:
    one = _panels.Lines("Loss", "epoch", "nats", {"loss": ([1], [0.5])})
    assert one.svg().count('r="4"') == 2  # in the legend, and of the step
    assert 'class="line"' not in one.svg()
    for steps in ([1], [1, 2], [1, 2, 3]):
        lines = _panels.Lines("Loss", "epoch", "nats", {"loss": (steps, [1.0] * len(steps))})
        assert [tick for tick in lines._scales()[0].ticks if tick != int(tick)] == []


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ((1.0, 0.0, -1.0), ((1.0, 0.0), (1.0, 2.0))),
        ((0.0, 2.0, -1.0), ((0.0, 0.5), (4.0, 0.5))),
        ((1.0, 1.0, -1.0), ((0.0, 1.0), (1.0, 0.0))),
        ((1.0, 1.0, 9.0), ((0.0, 0.0), (0.0, 0.0))),  # outside of the box
    ],
)
def test_a_line_is_drawn_within_the_box_of_the_points(line: Any, ends: Any) -> None:
    assert _panels.line_in({"corners": [(0.0, 0.0), (4.0, 2.0)]}, *line) == ends
