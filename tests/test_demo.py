"""The command line and its main job: what it writes, what it prints, what it refuses."""

from __future__ import annotations

import html
import html.parser
import io
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd.datasets import digits
from topograd.demo import report
from topograd.demo.train import Settings, network, prepared, run, shifted, split, train
from topograd.display import charts
from topograd.display.progress import Progress

VOID = {"meta", "br", "hr", "img", "input", "link"}


def command(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "topograd", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


class Page(html.parser.HTMLParser):
    """Reads a page: its text, how often each tag stands there, tags that do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.count: dict[str, int] = {}
        self.problems: list[str] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()
        self.problems += [f"<{tag}> is not closed" for tag in self.open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "srcset", "xlink:href", "action", "data"}:
                self.problems.append(f"<{tag} {name}={value!r}> is a reference")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes another tag")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def check_page(page: str) -> Page:
    """Assert that a page is well formed and refers to nothing outside of itself."""
    read = Page(page)
    assert read.problems == []
    assert page.startswith("<!DOCTYPE html>")
    assert not {"script", "link", "iframe", "object", "embed"} & set(read.count)
    assert not re.search(r"@import|url\(|https?://", page)
    return read


@pytest.fixture(scope="module")
def short_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run `topograd demo --epochs 2` in an empty folder; its folder and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = command("demo", "--epochs", "2", folder=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return folder, done.stdout


def test_the_demo_writes_weights_and_a_report_and_says_where(short_run: Any) -> None:
    folder, printed = short_run
    out = folder / "topograd-demo"
    assert sorted(path.name for path in out.iterdir()) == ["digits.safetensors", "report.html"]
    assert str(Path("topograd-demo") / "digits.safetensors") in printed
    assert str(Path("topograd-demo") / "report.html") in printed


def test_the_demo_prints_one_line_for_each_epoch_when_no_terminal_looks(short_run: Any) -> None:
    printed = short_run[1]
    assert "\r" not in printed
    epochs = [line for line in printed.splitlines() if line.startswith("epoch ")]
    assert [line.split()[1] for line in epochs] == ["1/2", "2/2"]
    assert all("loss" in line and "test accuracy" in line for line in epochs)


def test_the_report_is_one_page_that_needs_nothing_else(short_run: Any) -> None:
    folder, printed = short_run
    page = check_page((folder / "topograd-demo" / "report.html").read_text(encoding="utf-8"))
    accuracy = re.search(r"test accuracy ([\d.]+ %) \((\d+) of 359", printed)
    assert accuracy is not None
    text = "".join(page.words)
    assert accuracy[1] in text
    assert page.count["table"] == 1
    assert page.count["svg"] == 2 + 10 + 10 + min(int(accuracy[2]), report.MISTAKES_SHOWN)


def test_the_written_weights_give_the_reported_accuracy(short_run: Any) -> None:
    folder, printed = short_run
    model = network().eval()
    model.load_state_dict(tg.load(folder / "topograd-demo" / "digits.safetensors"))
    images, labels = digits()
    _, test = split(labels)
    with tg.no_grad():
        read = model(prepared(images[test])).argmax(dim=1)
    wrong = int((read != labels[test]).sum().item())
    assert f"({wrong} of 359 read wrongly)" in printed


def test_the_program_in_the_report_runs(
    short_run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = short_run[0] / "topograd-demo"
    page = (out / "report.html").read_text(encoding="utf-8")
    program = re.search(r"<pre>(import topograd.*?)</pre>", page, re.DOTALL)
    assert program is not None
    monkeypatch.chdir(out)
    exec(html.unescape(program[1]), {})
    printed = re.search(r"0\.\d+", capsys.readouterr().out)
    assert printed is not None
    assert float(printed[0]) > 0.8


def test_the_default_run_reads_98_percent_of_the_test_images(tmp_path: Path) -> None:
    result = run(Settings(), tmp_path, io.StringIO())
    assert result.accuracy >= 0.98, result.epochs
    assert result.epochs[-1].test_accuracy == pytest.approx(result.accuracy)
    check_page((tmp_path / "report.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["demo", "--epochs", "0"],
        ["demo", "--epochs", "many"],
        ["demo", "--batch-size", "-1"],
        ["demo", "--lr", "nan"],
        ["demo", "--lr", "0"],
        ["demo", "--seed", "-1"],
        ["demo", "--seed", str(2**63)],
        ["demo", "--colour", "red"],
        ["info", "more"],
        ["--cmake-dir", "info"],
        ["--cmake-dir", "--include-dir"],
    ],
    ids=" ".join,
)
def test_bad_arguments_get_a_clear_error_and_exit_code_2(
    arguments: list[str], tmp_path: Path
) -> None:
    done = command(*arguments, folder=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert re.search(r"^topograd.*: error: ", done.stderr, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


def test_an_output_folder_that_cannot_be_made_is_a_bad_argument(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    done = command("demo", "--out", "taken", folder=tmp_path)
    assert done.returncode == 2
    assert "--out: cannot make taken" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["demo"], ["info"]], ids=str)
def test_every_command_answers_help(arguments: list[str]) -> None:
    done = command(*arguments, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: topograd")


def test_info_tells_version_instruction_set_threads_and_devices() -> None:
    done = command("info")
    assert done.returncode == 0, done.stderr
    rows = dict(re.split(r"  +", line, maxsplit=1) for line in done.stdout.splitlines())
    assert rows["version"] == tg.__version__
    assert rows["instruction set"] == tg._C.isa()
    assert int(rows["threads"]) >= 1
    assert rows["devices"] == "cpu"


def test_version_and_folders_are_printed() -> None:
    assert command("--version").stdout == f"topograd {tg.__version__}\n"
    assert command("--cmake-dir").stdout == f"{tg.get_cmake_dir()}\n"
    assert command("--include-dir").stdout == f"{tg.get_include()}\n"


def test_the_digits_are_those_of_the_source() -> None:
    images, labels = digits()
    assert (tuple(images.shape), images.dtype) == ((1797, 8, 8), tg.uint8)
    assert (tuple(labels.shape), labels.dtype) == ((1797,), tg.int64)
    assert (int(images.max().item()), int(images.min().item())) == (16, 0)
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert np.bincount(labels.numpy()).tolist() == counts
    assert images[0, 0].tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_the_split_takes_a_fifth_of_every_digit_and_never_changes() -> None:
    labels = digits()[1]
    training, test = split(labels)
    assert sorted(training.tolist() + test.tolist()) == list(range(1797))
    tested = np.bincount(labels[test].numpy())
    assert tested.tolist() == [36, 36, 35, 37, 36, 36, 36, 36, 35, 36]
    assert split(labels)[1].tolist() == test.tolist()


def test_shifted_images_move_by_at_most_one_column() -> None:
    image = tg.arange(64).reshape(1, 1, 8, 8).float() + 1
    seen = set()
    for moved in shifted(image.expand(50, 1, 8, 8)):
        rows = moved.tolist()[0]
        original = image.tolist()[0][0]
        candidates = {
            -1: [[*row[1:], 0] for row in original],
            0: original,
            1: [[0, *row[:-1]] for row in original],
        }
        seen |= {step for step, expected in candidates.items() if rows == expected}
    assert seen == {-1, 0, 1}


def test_the_same_seed_gives_the_same_weights_for_any_number_of_threads() -> None:
    images, labels = digits()
    chosen = split(labels)[0][:200]
    data = (prepared(images)[chosen], labels[chosen])
    found = []
    for threads in (1, 2):
        tg.set_num_threads(threads)
        tg.manual_seed(7)
        model = network()
        train(model, data, data, Settings(epochs=1), lambda *_: None, lambda *_: None)
        found.append({name: value.tolist() for name, value in model.state_dict().items()})
    assert found[0] == found[1]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_progress_bar_is_painted_over_in_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    progress = Progress(terminal)
    progress.show(1, 2, "a step")
    progress.finish("done")
    bar, line = terminal.getvalue().split("\r")[1:]
    assert bar == f"[{'=' * 15}{' ' * 15}]  a step"
    assert line.rstrip(" \n") == "done"
    assert len(line.rstrip("\n")) == len(bar)


def made_up(count: int, loss: float = 0.5, wrong: int = 0) -> report.Training:
    """Return what a training of `count` epochs might have given."""
    epochs = [report.Epoch(loss / (k + 1), 0.9, loss, 0.8) for k in range(count)]
    image = [[(row + column) % 17 for column in range(8)] for row in range(8)]
    samples = [report.Sample(image, k % 10, (k + (k < wrong)) % 10, 0.9) for k in range(100)]
    return report.Training(epochs, samples, 400, 1000, 1.0, "Net(<x>)", "settings", "versions")


@pytest.mark.parametrize(
    "training",
    [
        made_up(1),
        made_up(500),
        made_up(3, loss=float("nan")),
        made_up(3, loss=float("inf")),
        made_up(3, loss=0.0),
        made_up(2, wrong=1),
        made_up(2, wrong=100),
    ],
    ids=["one epoch", "many epochs", "nan", "infinite", "zero loss", "one mistake", "all wrong"],
)
def test_the_report_holds_whatever_came_of_the_training(training: report.Training) -> None:
    text = report.render(training)
    check_page(text)
    assert "Net(&lt;x&gt;)" in text
    for coordinates in re.findall(r'<path class="line \w+" d="([^"]+)"', text):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", coordinates)]
        assert all(0 <= x <= charts.WIDTH for x in numbers[::2])
        assert all(0 <= y <= charts.HEIGHT for y in numbers[1::2])
