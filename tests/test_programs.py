"""Whole programs that say `import torch`: the same file under PyTorch and under topograd.

Weights and data are the same (see run_programs.py), so the losses are.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from run_programs import FOLDER, programs

FIRST = 20  # steps that are compared: later on a rounding may have changed a decision
NAMES = programs()


@functools.cache
def losses_of(library: str) -> dict[str, Any]:
    """What all programs lost under a library, each library in an interpreter of its own."""
    process = subprocess.run(
        [sys.executable, str(FOLDER.parent / "run_programs.py"), library],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.returncode == 0, process.stderr
    results: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
    return results


def losses(library: str, name: str) -> np.ndarray:
    found = losses_of(library)[name]
    assert not isinstance(found, str), found
    return np.array(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_program_learns(name):
    found = losses("topograd", name)
    assert len(found) >= FIRST
    assert np.isfinite(found).all()
    assert found[-5:].mean() < found[:5].mean()


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs PyTorch")
@pytest.mark.parametrize("name", NAMES)
def test_a_program_loses_the_same_under_pytorch(name):
    own, their = losses("topograd", name), losses("torch", name)
    np.testing.assert_allclose(own[:FIRST], their[:FIRST], rtol=1e-4, atol=1e-4)
    assert their[-5:].mean() < their[:5].mean()


@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_short_and_knows_only_torch(name):
    text = (FOLDER / f"{name}.py").read_text()
    assert text.startswith('"""')
    assert "import torch\n" in text
    assert "topograd" not in text
    assert len(text.splitlines()) <= 150


def test_there_are_fifteen_programs():
    assert len(NAMES) >= 15


@pytest.mark.parametrize("library", ["topograd", "torch"])
def test_libraries_are_not_mixed(library):
    if library == "torch" and importlib.util.find_spec("torch") is None:
        pytest.skip("needs PyTorch")
    code = (
        f"import {library}\n"
        f"{library}.as_torch() if {library == 'topograd'} else None\n"
        "import torch, torch.nn.functional as F, torch.utils.data\n"
        "from torch.optim.lr_scheduler import StepLR\n"
        "print(torch.Tensor.__module__.partition('.')[0], F.relu(torch.ones(1)).item())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=FOLDER.parent,
    ).stdout
    assert printed.split() == [library, "1.0"]
