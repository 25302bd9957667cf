"""`python -m topograd.porting`: what a program uses that is not here, without running it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topograd as tg
from topograd.porting import Finding, check_file, check_source, library
from topograd.porting.__main__ import main


def lacking(source: str) -> list[tuple[int, str]]:
    return [(f.line, f.name) for f in check_source(source) if f.kind in ("missing", "keyword")]


def notes(source: str) -> set[str]:
    return {f.name for f in check_source(source) if f.kind == "different"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch\ntorch.zeros(2).sum(dim=0)", []),
        ("import torch\ntorch.symeig(x)", [(2, "torch.symeig")]),
        ("import torch as th\n\nth.fx.Tracer()", [(3, "torch.fx.Tracer")]),
        ("import torch.nn as nn\nnn.Nothing(3)", [(2, "torch.nn.Nothing")]),
        ("from torch import nn as n\nn.Nothing", [(2, "torch.nn.Nothing")]),
        ("from torch.nn import Linear as L\nL(1, 2, biased=1)", [(2, "torch.nn.Linear(biased=)")]),
        ("import torch\nF = torch.nn.functional\nF.nope(1)", [(3, "torch.nn.functional.nope")]),
        ("from torch.fx import Tracer", [(1, "torch.fx.Tracer")]),
        ("import torch.fx", [(1, "torch.fx")]),
        ("import torch\ntorch.cat([x], axes=1)", [(2, "torch.cat(axes=)")]),
        ("import torch\ntorch.zeros(2, dtipe=1)", [(2, "torch.zeros(dtipe=)")]),
        ("import torch\ntorch.cat([x], dim=1, out=y)", []),
        ("import torch\ntorch.std(x, axis=1)", []),
        ("import torch.nn.functional as F\nF.nll_loss(x, y, size_average=False)", []),
        ("import torch\nx.to_sparse()", [(2, "Tensor.to_sparse")]),
        ("import torch\n(x\n .sum()\n .to_sparse_csr())", [(4, "Tensor.to_sparse_csr")]),
        ("import torch\nself.to_sparse()", []),  # the program's own class
        ("x.to_sparse()", []),  # no torch here
        ("import torch\nx.norm(other=1)", [(2, "Tensor.norm(other=)")]),
        ("import torch\nx.norm(token_lens=1)", []),  # a word of no op: something else's method
        ("def f():\n    import torch\n    return torch.spmm", [(3, "torch.spmm")]),
        ("import torch\ntorch.float32.itemsize", []),
        ("import torch\ntorch.cuda.amp.autocast()", []),
        ("from torch import *", []),
        ("import topograd as torch\ntorch.spmm", [(2, "torch.spmm")]),
        ("import torch\ntorch = 3", []),
        ("from . import torch_like\ntorch_like.x", []),
        ("import torchvision", []),
        ("from torch.utils.model_zoo import load_url, nope", [(1, "torch.utils.model_zoo.nope")]),
        ("from torch.utils.data._utils.collate import default_collate", []),
        ("import torch.nn.parallel.data_parallel\nimport torch.functional", []),
        ("import torch\ntorch.nn.parallel.data_parallel(m, x), torch.fft.rfft(x)", []),
        ("import torch\ngetattr(torch, 'symeig')(x)", [(2, "torch.symeig")]),
        ("import torch.nn as nn\ngetattr(nn, 'Nope')", [(2, "torch.nn.Nope")]),
        ("from torch import nn\ngetattr(nn.init, 'nope_')", [(2, "torch.nn.init.nope_")]),
        ("import torch\ngetattr(torch, 'cat')([x], axes=1)", [(2, "torch.cat(axes=)")]),
        ("import torch\ngetattr(torch, 'symeig', None), hasattr(torch, 'fx')", []),
        ("import torch\ngetattr(torch, 'ones')(2), getattr(torch, name), getattr(a, 'b')", []),
        ("import torch\ngetattr(torch.ones(2), 'to_sparse')()", [(2, "Tensor.to_sparse")]),
        ("import torch\nx = f(y)\nx.igamma(y)", [(3, "Tensor.igamma")]),
        ("import torch\nself.x.igamma(y)\nself.igamma()", [(2, "Tensor.igamma")]),
        ("import importlib\nimportlib.import_module('torch.fx')", [(2, "torch.fx")]),
        ("__import__('torch.nn'), __import__('torchvision')", []),
        ("from torch import optim\noptim = optim.SGD([x])\noptim.stepp()", []),
        ("from torch import nn\ndef f(nn):\n    nn.nothing()", []),
        (
            "try:\n    from torch import spmm\nexcept ImportError:\n    spmm = None\nspmm()",
            [(2, "torch.spmm")],
        ),
        ("import torch\ntorch.backends.cudnn.benchmark = True\ntorch.backends.cudnn.fast = 1", []),
    ],
)
def test_what_lacks_is_found_with_its_line(source: str, expected: list[tuple[int, str]]) -> None:
    assert lacking(source) == expected


def test_what_differs_is_noted() -> None:
    source = (
        "import pickle\nimport torch, torchvision\nx = torch.ones(1).cuda()\n"
        "torch.save(x, 'x.pt')\n"
        "d = torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')\n"
        "torch.jit.script(f)\nfrom torch.utils.data import DataLoader\nDataLoader(d)\n"
    )
    assert {
        "pickle", "torchvision", "Tensor.cuda", "torch.save", "'cuda:0'", "torch.jit.script",
        "torch.cuda.is_available", "torch.utils.data.DataLoader",
    } == notes(source)  # fmt: skip
    assert notes("import pickle") == set()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("torch.symeig", "linalg.eigh"),
        ("torch.nn.Lineer", "topograd.nn.Linear"),
        ("torch.nn.functional.rellu", "topograd.nn.functional.relu"),
        ("torch.fx.Graph", "the recorded graph of a result: topograd.graph(y)"),
        ("torch.cross_entropy", "topograd.nn.functional.cross_entropy"),
        ("Tensor.to_sparse", "the dense tensor"),
        ("torch.zzzzzz", ""),
    ],
)
def test_the_nearest_is_named(name: str, nearest: str) -> None:
    assert library.nearest(name) == nearest


def test_advice_names_what_is_there() -> None:
    """What is told to use instead exists."""
    from topograd import _absent

    for advice in (*_absent.ADVICE.values(), *_absent.METHOD_ADVICE.values()):
        for word in advice.replace(",", " ").split():
            if word.startswith(("linalg.", "nn.", "autograd.")) and "NumPy" not in advice:
                name = word.partition("(")[0].strip(":;")
                assert not library.find(f"torch.{name}").missing, name
    assert not [name for name in _absent.ADVICE if name in vars(tg)]


# ---------------------------------------------------------------- files


def notebook(*cells: str) -> str:
    return json.dumps(
        {
            "cells": [
                {"cell_type": "markdown", "source": ["torch.symeig"]},
                *({"cell_type": "code", "source": cell.splitlines(True)} for cell in cells),
            ]
        }
    )


def test_notebooks_are_read_cell_by_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(
        notebook(
            "%matplotlib inline\nimport torch", "!pip install x\ntorch.spmm", "%%bash\nls | wc"
        )
    )
    found = [(f.line, f.name) for f in check_file(path)]
    assert found == [(5, "torch.spmm")]
    for wrong in ("{}", "[]", "no json", '{"cells": [3]}', "[" * 100_000):
        path.write_text(wrong)
        assert [f.kind for f in check_file(path)] == ["unread"]


def test_files_that_are_no_python_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    for content in (b"print 'python 2'\n", b"\xff\xfe\x00", b"x = \x00"):
        path.write_bytes(content)
        assert [f.kind for f in check_file(path)] == ["unread"]
    path.write_text("(" * 5000)
    assert [f.kind for f in check_file(path)] == ["unread"]


def test_folders_are_walked_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("b.py", "sub/a.py", ".hidden/c.py", "__pycache__/d.py", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("import torch\ntorch.spmm\n")
    assert main([str(tmp_path), "--no-notes"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [Path(line.partition(":")[0]).name for line in lines[:-1]] == ["b.py", "a.py"]
    assert lines[-1] == "2 files: 1 names lack"


def test_exit_codes_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.py"
    path.write_text("import torch\ntorch.save(torch.ones(1), 'x')\n")
    assert main([str(path)]) == 0
    assert "note: torch.save" in capsys.readouterr().out
    path.write_text("import torch\ntorch.spmm\n")
    assert main([str(path), "--json"]) == 1
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert report["files"] == 1
    (finding,) = report["findings"]
    assert Finding(**finding) == Finding(
        str(path), 2, "missing", "torch.spmm", "mm, on dense tensors"
    )
    path.write_text("import torch\ntorch.spmm(\n")
    assert main([str(path)]) == 2
    assert main([str(tmp_path / "nowhere")]) == 2
    assert "there is no file" in capsys.readouterr().err


def test_the_command_runs(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import torch\ntorch.vsplitt(torch.ones(2))\n")
    process = subprocess.run(
        [sys.executable, "-m", "topograd.porting", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stdout.splitlines()[0].endswith(
        "a.py:2: torch.vsplitt is not in topograd; nearest: topograd.vsplit"
    )


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.text(alphabet="torch.nF =()[]\n:,'1imporasdef", max_size=60))
def test_any_text_is_either_read_or_no_python(text: str) -> None:
    try:
        found = check_source("import torch\n" + text)
    except (SyntaxError, ValueError):
        return
    assert all(isinstance(one, Finding) and one.line >= 1 for one in found)


def test_deep_and_long_programs_end(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    for text in ("x" + ".y" * 5000, "f(" * 50 + ")" * 50, "[" * 150 + "]" * 150, "x = 1\n" * 20000):
        path.write_text("import torch\n" + text)
        assert {f.kind for f in check_file(path)} <= {"unread"}


def test_nothing_is_run(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(f"import torch\nopen({str(tmp_path / 'made')!r}, 'w')\n")
    assert main([str(path)]) == 0
    assert not (tmp_path / "made").exists()


def test_our_own_programs_lack_nothing() -> None:
    examples = Path(tg.__file__).parent / "examples"
    programs = Path(__file__).parent / "programs"
    files = [*sorted(examples.glob("*.py")), *sorted(programs.glob("*.py"))]
    assert len(files) > 5
    found = [f for file in files for f in check_file(file)]
    assert [str(f) for f in found if f.kind != "different"] == []


def test_the_names_of_tensor_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    public = {name for name in dir(torch.Tensor) if not name.startswith("_")}
    assert library.tensor_names() == public


PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_there_is_no_false_alarm_on_programs_that_run(path: Path) -> None:
    assert [str(one) for one in check_file(path) if one.kind != "different"] == []
