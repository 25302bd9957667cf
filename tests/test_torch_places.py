"""Modules of PyTorch that programs import by their full names; compiled modules; Jacobians."""

from __future__ import annotations

import copy
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import _absent, _places, nn

# ---------------------------------------------------------------- modules by their full names

IMPORTS = """
import topograd
topograd.as_torch()
import torch
import torch.autograd.gradcheck
import torch.nn.parallel.data_parallel
from torch._utils import _flatten_dense_tensors, _take_tensors, _unflatten_dense_tensors
from torch.autograd.gradcheck import gradcheck, gradgradcheck
from torch.cuda.amp.autocast_mode import autocast
from torch.cuda.amp.grad_scaler import GradScaler
from torch.cuda.memory import empty_cache
from torch.cuda.random import manual_seed_all
from torch.functional import einsum, norm, split
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel.data_parallel import DataParallel, data_parallel
from torch.nn.parallel.distributed import DistributedDataParallel
from torch.optim.adamw import AdamW
from torch.utils.data._utils.collate import default_collate, default_convert
from torch.utils.model_zoo import load_url
assert GradScaler is torch.cuda.amp.GradScaler and AdamW is torch.optim.AdamW
assert DataParallel is torch.nn.DataParallel
x = torch.ones(2, dtype=torch.float64, requires_grad=True)
# PyTorch has functions under the names of these modules.
assert torch.autograd.gradcheck(torch.exp, (x,)) and gradcheck(torch.exp, (x,))
layer = torch.nn.Linear(2, 1).double()
assert torch.equal(torch.nn.parallel.data_parallel(layer, x), layer(x))
parts = [torch.ones(2, 2), torch.arange(3.0)]
flat = _flatten_dense_tensors(parts)
assert all(map(torch.equal, _unflatten_dense_tensors(flat, parts), parts))
assert [len(one) for one in _take_tensors(parts + parts, 30)] == [2, 2]
for name in ("sparse", "autograd.graph", "storage", "fx", "nn.quantized.modules"):
    try:
        __import__("torch." + name)
    except ModuleNotFoundError as error:
        assert "; nearest: " in str(error), error
    else:
        raise AssertionError(name)
print("done")
"""


def test_modules_of_pytorch_are_found_by_their_full_names() -> None:
    process = subprocess.run(
        [sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False
    )
    assert process.stdout == "done\n", process.stderr


@pytest.mark.parametrize("name", sorted(_places.PLACES))
def test_a_place_has_the_names_that_pytorch_has_there(name: str) -> None:
    _, names = _places.PLACES[name]
    module = _places.place(name)
    for one in names.split():
        assert hasattr(module, one.partition("=")[0]), one
    torch = pytest.importorskip("torch")
    theirs = pytest.importorskip(f"torch.{name}")
    unknown = [one for one in names.split() if not hasattr(theirs, one.partition("=")[0])]
    assert not unknown, (torch.__version__, unknown)


def test_what_is_absent_in_a_module_names_the_nearest() -> None:
    for owner, name in ((tg.func, "vmap"), (tg.autograd, "graph"), (tg, "sparse")):
        with pytest.raises(AttributeError, match=f"no attribute '{name}'; nearest: "):
            getattr(owner, name)
    for name in ("func.vmap", "autograd.graph", "sparse.mm", "stft"):
        assert _absent.hint(name).startswith("; nearest: ")
    assert _absent.hint("func.nothing") == ""


# ---------------------------------------------------------------- processes started afresh

PROGRAM = """
import sys
import torch
from torch.utils.data import DataLoader, Dataset

class Squares(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        assert torch.__version__.count("topograd")
        return torch.tensor(float(index)) ** 2

if __name__ == "__main__":
    loader = DataLoader(Squares(), batch_size=3, num_workers=2, multiprocessing_context=sys.argv[1])
    print([batch.tolist() for batch in loader])
"""


@pytest.mark.parametrize("kind", ["spawn", "forkserver"])
def test_processes_that_are_started_afresh_have_the_alias(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    # A torch that must not be imported, by whichever process.
    (tmp_path / "torch.py").write_text("raise ImportError('the wrong torch')\n")
    for command in (["-m", "topograd.as_torch", str(path)], ["-c", f"""
import runpy, topograd
topograd.as_torch()
if __name__ == "__main__":
    runpy.run_path({str(path)!r}, run_name="__main__")
"""]):  # fmt: skip
        process = subprocess.run(
            [sys.executable, *command, kind],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            env={**os.environ, "TOPOGRAD_NO_COLOR": "1"},
        )
        assert process.stdout == "[[0.0, 1.0, 4.0], [9.0, 16.0, 25.0]]\n", process.stderr


def test_what_a_forkserver_loads_does_nothing_elsewhere() -> None:
    code = "import sys, topograd._aliased; print('torch' in sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert process.stdout == "False\n", process.stderr


def test_the_alias_of_processes_ends_with_the_alias() -> None:
    code = (
        "import topograd, multiprocessing.spawn as spawn\n"
        "plain = spawn.get_command_line\n"
        "with topograd.as_torch():\n"
        "    with topograd.as_torch():\n"
        "        pass\n"
        "    assert 'as_torch' in str(spawn.get_command_line(pipe_handle=1))\n"
        "assert spawn.get_command_line is plain\n"
        "print('done')\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert process.stdout == "done\n", process.stderr


# ---------------------------------------------------------------- compiled modules


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 3)
        self.norm = nn.BatchNorm1d(3)
        self.calls = 0

    def forward(self, x: Any, *, scale: float = 1.0) -> Any:
        self.calls += 1
        return self.norm(self.layer(x)) * scale

    def width(self) -> int:
        return self.layer.out_features


def test_a_compiled_module_has_the_names_of_pytorchs() -> None:
    net = Net()
    compiled = tg.compile(net)
    assert isinstance(compiled, nn.Module)
    assert type(compiled) is tg._dynamo.OptimizedModule
    assert tg.compile(compiled) is compiled
    assert list(compiled.state_dict()) == [f"_orig_mod.{one}" for one in net.state_dict()]
    assert next(name for name, _ in compiled.named_parameters()) == "_orig_mod.layer.weight"
    assert list(compiled.parameters()) == list(net.parameters())
    other = tg.compile(Net())
    report = other.load_state_dict(compiled.state_dict())
    assert not report.missing_keys
    assert not report.unexpected_keys
    assert tg.equal(other._orig_mod.layer.weight, net.layer.weight)
    report = other.load_state_dict(net.state_dict(), strict=False)
    assert len(report.unexpected_keys) == 7
    assert "_orig_mod.layer.weight" in report.missing_keys
    with pytest.raises(RuntimeError, match="_orig_mod"):
        other.load_state_dict(net.state_dict())
    assert repr(compiled).startswith("OptimizedModule(\n  (_orig_mod): Net(\n")


def test_a_compiled_module_is_otherwise_the_module() -> None:
    net = Net()
    compiled = tg.compile(net, dynamic=True)
    x = tg.randn(4, 2)
    assert tg.equal(compiled(x, scale=2.0), net(x, scale=2.0))
    assert (compiled.calls, compiled.width(), net.calls) == (2, 3, 2)
    compiled.eval()
    assert not net.training
    assert not compiled.training
    assert not net.norm.training
    compiled.train()
    assert net.training
    compiled.calls = 7
    compiled.extra = nn.Parameter(tg.ones(1))
    assert net.calls == 7
    assert "_orig_mod.extra" in compiled.state_dict()
    del compiled.extra
    assert not hasattr(net, "extra")
    with pytest.raises(AttributeError, match="no_such"):
        compiled.no_such  # noqa: B018
    seen: list[str] = []
    net.register_forward_hook(lambda *_: seen.append("inner"))
    handle = compiled.register_forward_hook(lambda *_: seen.append("outer"))
    compiled(x)
    assert sorted(seen)[0] == "inner"
    handle.remove()
    assert compiled.to(tg.float64).layer.weight.dtype == tg.float64
    assert compiled.layer is net.layer
    assert len(tg.compile(nn.Sequential(nn.ReLU(), nn.Tanh()))) == 2
    assert bool(tg.compile(nn.ModuleList()))


def test_a_compiled_module_is_copied_pickled_and_trained() -> None:
    import pickle

    compiled = tg.compile(Net())
    twin = copy.deepcopy(compiled)
    assert type(twin) is type(compiled)
    assert twin.layer is not compiled.layer
    assert tg.equal(twin.layer.weight, compiled.layer.weight)
    again = pickle.loads(pickle.dumps(compiled))  # noqa: S301
    assert list(again.state_dict()) == list(compiled.state_dict())
    optimizer = tg.optim.SGD(compiled.parameters(), lr=0.1)
    before = compiled.layer.weight.detach().clone()
    compiled(tg.randn(4, 2)).square().sum().backward()
    optimizer.step()
    assert not tg.equal(before, compiled.layer.weight)
    file = io.BytesIO()
    tg.save(compiled.state_dict(), file)
    file.seek(0)
    twin.load_state_dict(tg.load(file))
    assert tg.equal(twin.layer.weight, compiled.layer.weight)


# ---------------------------------------------------------------- Jacobians


def pairs() -> list[tuple[Callable[..., Any], Callable[..., Any]]]:
    """Return functions of our library and the same of PyTorch's."""
    torch = pytest.importorskip("torch")

    def make(lib: Any) -> list[Callable[..., Any]]:
        return [
            lambda x, y: lib.sin(x) @ y,
            lambda x, y: (x * x).sum() * y.sum(),
            lambda x, y: {"a": x.exp(), "b": [y * x.sum(), x[0]]},
            lambda x, y: x.clone(),
        ]

    return list(zip(make(tg), make(torch), strict=True))


def leaves(tree: Any) -> list[np.ndarray]:
    if isinstance(tree, dict):
        return [one for value in tree.values() for one in leaves(value)]
    if isinstance(tree, (tuple, list)):
        return [one for value in tree for one in leaves(value)]
    return [tree.detach().numpy()]


@pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")
@pytest.mark.parametrize("kind", ["jacrev", "jacfwd", "hessian"])
@pytest.mark.parametrize("argnums", [0, 1, (0, 1), (1,)])
def test_jacobians_are_those_of_pytorch(kind: str, argnums: Any) -> None:
    torch = pytest.importorskip("torch")
    x, y = np.random.default_rng(0).normal(size=(2, 3)), np.arange(3.0)
    for ours, theirs in pairs():
        found = getattr(tg.func, kind)(ours, argnums)(tg.tensor(x), tg.tensor(y))
        wanted = getattr(torch.func, kind)(theirs, argnums)(torch.tensor(x), torch.tensor(y))
        assert str(type(found)) == str(type(wanted)).replace("torch", "topograd")
        one, two = leaves(found), leaves(wanted)
        assert [a.shape for a in one] == [b.shape for b in two]
        for a, b in zip(one, two, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_jacobians_carry_aux_and_gradients_and_check_argnums() -> None:
    x = tg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    for transform in (tg.func.jacrev, tg.func.jacfwd):
        matrix, aux = transform(lambda v: (v**3, "aux"), has_aux=True)(x)
        assert aux == "aux"
        (slope,) = tg.autograd.grad(matrix.sum(), x)
        np.testing.assert_allclose(slope.numpy(), 6 * x.detach().numpy(), rtol=1e-6)
        assert not transform(lambda v: v**2)(tg.ones(2)).requires_grad
        assert transform(lambda v: v[:0])(tg.ones(2)).shape == (0, 2)
        assert transform(lambda v: v.sum())(tg.ones(0)).shape == (0,)
        for wrong in (1, (0, 0), (), -2):
            with pytest.raises(ValueError, match="argnums"):
                transform(lambda v: v, wrong)(tg.ones(2))
