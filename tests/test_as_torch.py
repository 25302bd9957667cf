"""`topograd.as_torch()` and `python -m topograd.as_torch`: import torch gives topograd."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import topograd as tg

PROGRAM = """
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.backends.cudnn as cudnn
from torch import Tensor, autograd
from torch.autograd import Function, Variable
from torch.cuda.amp import GradScaler
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.parameter import Parameter
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset

assert functional is F is nn.functional is torch.nn.functional
assert torch.__version__.startswith("2.") and int(torch.__version__.split(".")[1]) >= 0
cudnn.benchmark = True
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1)).to(device)
optimizer = optim.SGD(net.parameters(), lr=0.1)
scheduler = StepLR(optimizer, step_size=10)
x = torch.rand(32, 2)
loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=8, shuffle=True)
for epoch in range(20):
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = F.mse_loss(net(inputs), targets)
        loss.backward()
        optimizer.step()
    scheduler.step()
print(__name__, sys.argv[1:], loss.item() < 0.5)
"""


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_a_program_runs_with_its_arguments(program: Path) -> None:
    process = run("-m", "topograd.as_torch", str(program), "--epochs", "3")
    assert process.returncode == 0, process.stderr
    assert process.stdout.split() == ["__main__", "['--epochs',", "'3']", "True"]


def test_a_module_runs_by_name(program: Path) -> None:
    process = run("-m", "topograd.as_torch", "-m", "program", "a", cwd=program.parent)
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith("__main__ ['a']")


def test_a_program_finds_the_modules_beside_it(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("from torch.nn import Linear\nlayer = Linear(1, 1)\n")
    (tmp_path / "main.py").write_text("import helper\nprint(type(helper.layer).__module__)\n")
    process = run("-m", "topograd.as_torch", str(tmp_path / "main.py"))
    assert process.stdout.strip() == "topograd.nn.linear", process.stderr


def test_errors_and_exit_codes_of_the_program_come_through(tmp_path: Path) -> None:
    path = tmp_path / "fails.py"
    path.write_text("import sys\nsys.exit(7)\n")
    assert run("-m", "topograd.as_torch", str(path)).returncode == 7
    path.write_text("import torch.fx\n")
    process = run("-m", "topograd.as_torch", str(path))
    assert process.returncode == 1
    assert "topograd has no fx" in process.stderr
    assert run("-m", "topograd.as_torch").returncode == 2
    assert run("-m", "topograd.as_torch", "no_such_file.py").returncode == 2
    assert "usage" in run("-m", "topograd.as_torch", "--help").stdout


def without_pytorch() -> bool:
    present = sys.modules.get("torch")
    return present is None or isinstance(present, tg._alias._TorchModule)


CODE = """
import sys
import topograd as tg
with tg.as_torch() as torch:
    import torch.nn
    assert torch.nn is tg.nn and torch.Tensor is tg.Tensor
    with tg.as_torch():
        from torch.optim import SGD
    assert SGD is tg.optim.SGD
    assert "torch" in sys.modules
assert not [name for name in sys.modules if name.partition(".")[0] == "torch"]
assert torch.ones(1).item() == 1
alias = tg.as_torch()
import torch.utils.checkpoint
alias.undo()
alias.undo()
assert "torch" not in sys.modules
assert tg.nn.__spec__.name == "topograd.nn" and tg.nn.__name__ == "topograd.nn"
try:
    with tg.as_torch():
        raise KeyError
except KeyError:
    pass
assert "torch" not in sys.modules
import types
sys.modules["torch"] = types.ModuleType("torch")
try:
    tg.as_torch()
except RuntimeError as error:
    assert "PyTorch itself" in str(error)
else:
    raise AssertionError
print("done")
"""


def test_the_alias_is_undone_and_refuses_beside_pytorch() -> None:
    process = run("-c", CODE)
    assert process.stdout.strip() == "done", process.stderr


def test_a_star_import_gives_the_public_names() -> None:
    code = "import topograd as tg; tg.as_torch()\nfrom torch import *\nprint(zeros(1), _C)"
    process = run("-c", code)
    assert "name '_C' is not defined" in process.stderr


def test_importing_the_runner_leaves_the_function() -> None:
    importlib.import_module("topograd.as_torch")
    assert tg.as_torch is tg._alias.as_torch
    if without_pytorch():
        with tg.as_torch() as torch:
            assert torch.nn is tg.nn
