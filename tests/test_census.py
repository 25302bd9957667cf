"""The names and keyword arguments of real programs, counted in the census, work as in PyTorch.

`census/names.txt` has the names of the census (51 repositories), most used first: the number of
repositories, the name, and the keywords seen at call sites; those with "!" belong to something else
of the same name (PyTorch does not take them). `census/calls.txt` has calls that use the keywords.
"""

from __future__ import annotations

import ast
import importlib
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import topograd as tg

FOLDER = Path(__file__).parent / "census"
# How many of the most used names must be there, whatever they need.
MOST_USED = 400

# Names that PyTorch itself no longer has, or that are private to it.
NOT_IN_TORCH = {
    "nn._pair", "nn._BatchNorm", "nn._InstanceNorm", "nn._Loss", "nn.UninitializedTensorMixin",
    "nn.NonDynamicallyQuantizableLinear", "nn._global_parameter_registration_hooks",
    "nn._get_activation_fn", "nn._single", "nn._triple",
}  # fmt: skip
# What is not here, beyond the most used: no sparse, nested, quantized, traced tensors, and parts of
# other issues.
ABSENT = tuple(
    """torch.fx. torch.nested. torch.sparse torch.onnx. torch.distributions. torch.fft. torch.vmap
    torch.autograd.profiler_legacy torch.spmm torch.classes
    torch.serialization. torch.uint torch.qint torch.quint torch.float8 torch.complex32 torch.Future
    torch.futures. torch.SymInt torch.StorageBase torch.UntypedStorage torch.ByteStorage
    torch.from_file torch.symeig torch.triangular_solve torch.pca_lowrank torch.lu_unpack
    torch.expand_copy torch.torch. torch.utils.data.distributed torch.utils.data.get_worker_info
    torch.autograd.functional._ torch._C. nn.init._no_grad_uniform_ nn.utils._named optim.SparseAdam
    torch.linalg. Tensor.solve Tensor._make_wrapper_subclass
    Tensor.to_sparse Tensor.to_padded_tensor Tensor.storage Tensor.untyped_storage
    Tensor.as_subclass""".split()
)


# Called in test_serialization.py: the files of both libraries are not the same.
FILES = ("torch.load", "torch.save")


class Name(NamedTuple):
    """A line of the table."""

    repositories: int
    name: str
    keywords: tuple[str, ...]
    foreign: tuple[str, ...]


@cache
def names() -> list[Name]:
    found = []
    for line in (FOLDER / "names.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            count, name, *keywords = line.split()
            own = tuple(k for k in keywords if not k.endswith("!"))
            foreign = tuple(k.removesuffix("!") for k in keywords if k.endswith("!"))
            found.append(Name(int(count), name, own, foreign))
    return found


def calls() -> list[str]:
    lines = (FOLDER / "calls.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def look_up(library: Any, name: str) -> Any:
    """The object that a name of the census stands for; raises AttributeError."""
    root, _, rest = name.partition(".")
    value: Any = {
        "torch": library,
        "nn": library.nn,
        "F": library.nn.functional,
        "optim": library.optim,
        "Tensor": library.Tensor,
        "Module": library.nn.Module,
        "Optimizer": library.optim.Optimizer,
    }[root]
    for part in rest.split(".") if rest else []:
        part = part.split("(")[0]
        if not hasattr(value, part) and isinstance(value, ModuleType):
            try:
                value = importlib.import_module(f"{value.__name__}.{part}")
            except ImportError as error:
                raise AttributeError(name) from error
        else:
            value = getattr(value, part)
    return value


def is_there(library: Any, name: str) -> bool:
    try:
        look_up(library, name)
    except AttributeError:
        return False
    return True


def test_the_most_used_names_are_there() -> None:
    missing = [n.name for n in names()[:MOST_USED] if not is_there(tg, n.name)]
    assert set(missing) <= NOT_IN_TORCH


def test_all_other_names_are_there_or_known_to_be_absent() -> None:
    missing = [n.name for n in names() if not is_there(tg, n.name)]
    unknown = [name for name in missing if name not in NOT_IN_TORCH and not name.startswith(ABSENT)]
    assert not unknown


# ---------------------------------------------------------------- calls


def inputs(library: Any) -> dict[str, Any]:
    """The names that the lines of calls.txt use, the same numbers for each library."""
    generator = np.random.default_rng(7)

    def floats(*shape: int) -> Any:
        return library.tensor(generator.random(shape).astype("float32") + 0.5)

    library.manual_seed(0)
    m = floats(3, 3)
    net = library.nn.Linear(3, 2)
    opt = library.optim.SGD(net.parameters(), lr=0.5)
    net(floats(2, 3)).sum().backward()
    x = floats(2, 3)
    return {
        "torch": library,
        "nn": library.nn,
        "F": library.nn.functional,
        "optim": library.optim,
        "np": np,
        "x": x,
        "m": m,
        "p": m @ m.T + library.eye(3),
        "v": floats(3),
        "i": library.tensor([2, 0, 1]),
        "b": x > 1,
        "img": floats(1, 4, 6, 6),
        "seq": floats(2, 5, 4),
        "net": net,
        "opt": opt,
    }


ROOTS = {"net": "Module", "opt": "Optimizer", "nn": "nn", "F": "F", "optim": "optim"}


def uses(line: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(name of the census, keywords) of every call in a line."""
    for node in ast.walk(ast.parse(line.removeprefix("~").strip())):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        text = ast.unparse(node.func)
        root = text.partition(".")[0]
        if root in ("torch", "nn", "F", "optim") and "(" not in text:
            name = text
        else:
            name = f"{ROOTS.get(root, 'Tensor')}.{node.func.attr}"
        keywords = tuple(k.arg for k in node.keywords if k.arg is not None)
        yield name, keywords


def run(library: Any, line: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(line.removeprefix("~").strip(), inputs(library))


def plain(value: Any, values: bool) -> Any:
    """A result as arrays and Python objects, for comparison."""
    if hasattr(value, "detach"):
        array = value.detach().double().numpy() if value.is_floating_point() else value.tolist()
        kind = str(value.dtype).rpartition(".")[2]
        return (kind, tuple(value.shape), value.requires_grad, array if values else None)
    if isinstance(value, (list, tuple)):
        return [plain(one, values) for one in value]
    if isinstance(value, dict):
        return {key: plain(one, values) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return plain(list(value.shape), values), value
    if value is None or isinstance(value, (bool, int, float, str, complex)):
        return value.replace("topograd", "torch") if isinstance(value, str) else value
    return type(value).__name__


def assert_same(own: Any, theirs: Any) -> None:
    if isinstance(own, dict):
        assert_same(list(own.items()), list(theirs.items()))
    elif isinstance(own, complex):
        assert own == pytest.approx(theirs, rel=1e-6)
    elif isinstance(own, np.ndarray):
        np.testing.assert_allclose(own, theirs, rtol=1e-5, atol=1e-6)
    elif isinstance(own, (list, tuple)):
        assert len(own) == len(theirs)
        for one, two in zip(own, theirs, strict=True):
            assert_same(one, two)
    elif isinstance(own, float):
        assert own == pytest.approx(theirs, rel=1e-6)
    else:
        assert own == theirs


@pytest.mark.parametrize("line", calls())
def test_a_call_with_its_keywords_works(line: str) -> None:
    run(tg, line)


@pytest.mark.parametrize("line", calls())
def test_a_call_gives_what_pytorch_gives(line: str) -> None:
    torch = pytest.importorskip("torch")
    values = not line.startswith("~")
    assert_same(plain(run(tg, line), values), plain(run(torch, line), values))


def test_every_keyword_of_the_census_is_called() -> None:
    called: dict[str, set[str]] = {}
    for line in calls():
        for name, keywords in uses(line):
            called.setdefault(name, set()).update(keywords)
    silent = [
        f"{n.name}({keyword}=)"
        for n in names()
        for keyword in n.keywords
        if keyword not in called.get(n.name, set()) and not n.name.startswith((*ABSENT, *FILES))
    ]
    assert not silent


def test_the_table_is_that_of_the_census() -> None:
    assert len(names()) > 1000
    first = [n.name for n in names()[:3]]
    assert first == ["Module.parameters", "nn.Module", "Tensor.backward"]
    assert SimpleNamespace(**names()[4]._asdict()).keywords[:2] == ("bias", "dtype")
