"""The examples that come with the package run, and print the figures that they state."""

from __future__ import annotations

import importlib
import os
import re
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import topograd as tg
from test_examples_learn import CASES
from topograd.examples.__main__ import main as list_examples
from topograd.examples.__main__ import titles
from topograd.examples._graphs import GRAPHS


def printed(capsys: pytest.CaptureFixture[str], name: str, *arguments: str) -> str:
    importlib.import_module(f"topograd.examples.{name}").main(arguments)
    return capsys.readouterr().out


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """The option that keeps the picture out of the current folder."""
    return f"--plot={tmp_path / 'picture.svg'}"


def recorded(text: str, name: str) -> list[float]:
    """Read what an example printed of a value while it learned."""
    found = re.findall(rf"^(?:step|epoch) .*   {name} (-?[\d.]+)", text, re.MULTILINE)
    return [float(number) for number in found]


def table(text: str) -> dict[str, list[str]]:
    """Read a printed table: each node's columns, by its name."""
    rows = [re.split(r"  +", line.strip()) for line in text.splitlines() if line.startswith("  ")]
    return {row[1]: row for row in rows[1:]}


def test_every_example_is_listed_and_tried(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(titles()) == {"worked", *CASES}
    assert all(title.endswith(".") for title in titles().values())
    list_examples([])
    listed = capsys.readouterr().out
    assert all(name in listed for name in titles())


def test_all_worked_examples_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "worked")
    assert all(f"{name}: {example.formula}" in text for name, example in GRAPHS.items())


@pytest.mark.parametrize("name", ["worked", *CASES])
def test_an_example_answers_help(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [name, "--help"])
    monkeypatch.delitem(sys.modules, f"topograd.examples.{name}", raising=False)
    with pytest.raises(SystemExit) as leaving:
        runpy.run_module(f"topograd.examples.{name}", run_name="__main__")
    assert leaving.value.code == 0
    assert "usage:" in capsys.readouterr().out


def test_the_worked_examples_print_the_published_numbers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = table(printed(capsys, "worked", "dag"))
    columns = {name: row[3:5] for name, row in rows.items()}
    assert columns == {
        "a": ["7", "27"],
        "b": ["3", "297"],
        "c": ["10", "27"],
        "d": ["27", "10"],
        "e": ["270", "1"],
    }
    assert sorted(rows["b"][6].split(" + ")) == ["27 from c", "270 from d"]
    columns = {name: row[3:5] for name, row in table(printed(capsys, "worked", "tree")).items()}
    assert columns["c"] == ["2", "10"]
    assert columns["e"] == ["20", "1"]


@pytest.mark.parametrize("name", GRAPHS)
def test_every_node_of_a_worked_example_has_a_name(name: str) -> None:
    inputs = GRAPHS[name].inputs()
    nodes: list[Any] = tg.graph(GRAPHS[name].build(*inputs)).nodes
    # Those of a derivative are made by autograd.
    own = [node for node in nodes if not node.where.endswith(" in derivative")]
    names = [node.name for node in own if node.op != "constant"]
    assert all(names)
    assert len(set(names)) == len(names)


def test_an_unknown_graph_is_a_bad_argument(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as leaving:
        printed(capsys, "worked", "castle")
    assert leaving.value.code == 2
    assert "there is no graph 'castle'" in capsys.readouterr().err


def test_linear_regression_finds_the_line(capsys: pytest.CaptureFixture[str], picture: str) -> None:
    text = printed(capsys, "linear_regression", picture)
    found = re.search(r"^found +(.*)$", text, re.MULTILINE)
    assert found is not None
    assert [float(number) for number in found[1].split()] == pytest.approx([3, -2, 0.5], abs=0.03)


def test_logistic_regression_reaches_a_minimum(
    capsys: pytest.CaptureFixture[str], picture: str
) -> None:
    text = printed(capsys, "logistic_regression", picture)
    assert recorded(text, "gradient")[-1] < 1e-3


def test_the_support_vector_machine_settles(
    capsys: pytest.CaptureFixture[str], picture: str
) -> None:
    objectives = recorded(printed(capsys, "svm", "--steps", "300", picture), "objective")
    assert objectives[-1] == pytest.approx(objectives[-2], rel=1e-3)


def test_the_character_model_learns(capsys: pytest.CaptureFixture[str], picture: str) -> None:
    text = printed(capsys, "char_attention", "--steps", "80", "--length", "40", picture)
    losses = recorded(text, "loss")
    assert losses[-1] < 2.3 < losses[0]
    assert "'Twas brillig, and the slithy toves\n" in text


@pytest.mark.parametrize(
    "command",
    [
        "topograd.examples",
        "topograd.examples.worked",
        "topograd.examples.multilayer_perceptron --epochs 40",
        "topograd info",
    ],
)
def test_a_command_whose_reader_has_gone_ends_without_words(command: str, tmp_path: Path) -> None:
    # The pipe is closed before anything is written to it.
    reads, writes = os.pipe()
    os.close(reads)
    process = subprocess.run(
        [sys.executable, "-m", *command.split()],
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=120,
        cwd=tmp_path,
    )
    os.close(writes)
    assert process.stderr == ""
    assert process.returncode == -signal.SIGPIPE
