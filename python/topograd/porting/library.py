"""What topograd has: names, the keywords that they take, and the nearest to one that is missing."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import topograd
from topograd import _C, _absent, _places

# Where the last part of a missing name is looked for.
_NAMESPACES = (
    "topograd",
    "topograd.nn",
    "topograd.nn.functional",
    "topograd.nn.utils",
    "topograd.optim",
    "topograd.optim.lr_scheduler",
    "topograd.linalg",
    "topograd.special",
    "topograd.func",
    "topograd.autograd",
    "topograd.data",
    "topograd.testing",
)
# Words that are methods of arrays, texts, lists, dictionaries, files and sets: who is asked is not
# known, so nothing is said about them.
_COMMON = {name for kind in (str, bytes, list, tuple, dict, set, int, float, complex)
           for name in dir(kind)}  # fmt: skip


class Found(NamedTuple):
    """What a dotted name leads to: an object, or the first part of the name that is missing."""

    value: Any
    missing: str = ""


def find(name: str) -> Found:
    """Follows a name such as "torch.nn.Linear" through topograd.

    The attributes of a value that is neither a module nor a class are not looked at.

    >>> from topograd.porting.library import find
    >>> find("torch.nn.Linear").value.__name__, find("torch.fx.Graph").missing
    ('Linear', 'torch.fx')
    """
    value: Any = topograd
    parts = name.split(".")
    for place, part in enumerate(parts[1:], start=1):
        if not isinstance(value, (ModuleType, type)):
            break
        if part == "torch" and place == 1:
            continue
        try:
            value = getattr(value, part)
            continue
        except AttributeError:
            pass
        below = ".".join(parts[1 : place + 1])
        try:
            value = importlib.import_module(f"{getattr(value, '__name__', '')}.{part}")
        except ImportError:
            if below not in _places.PLACES:
                return Found(None, ".".join(parts[: place + 1]))
            value = _places.place(below)
    return Found(value)


def keywords_of(value: Any) -> frozenset[str] | None:
    """The names of the arguments that something takes; None where any is taken, or none is known.

    >>> import topograd as tg
    >>> from topograd.porting.library import keywords_of
    >>> sorted(keywords_of(tg.cat))
    ['axis', 'dim', 'out', 'tensors']
    """
    if type(value).__name__ in ("OpFunction", "OpMethod"):
        return _keywords_of_op(value.__name__, type(value).__name__ == "OpMethod")
    text = getattr(value, "__doc__", "") or ""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    parameters = signature.parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return _from_forms(getattr(value, "__name__", ""), text)
    names = {p.name for p in parameters if p.kind is not p.POSITIONAL_ONLY} - {"self"}
    return _with_second_names(names)


# NumPy's names of arguments, which ops take too.
_SECOND_NAMES = {"dim": "axis", "keepdim": "keepdims"}


@cache
def _keywords_of_op(name: str, method: bool) -> frozenset[str]:
    names: set[str] = set()
    for op in _C.ops():
        if op["function"] == name.removesuffix("_") or op["function"] == name:
            names |= {p["name"] for p in op["parameters"]}
            names |= {"out"} if op["out"] and not method else set()
    # Losses take the flags that were there before.
    names |= {"size_average", "reduce"} if "reduction" in names else set()
    return _with_second_names(names)


def _with_second_names(names: set[str]) -> frozenset[str]:
    return frozenset(names | {second for name, second in _SECOND_NAMES.items() if name in names})


def _from_forms(name: str, text: str) -> frozenset[str] | None:
    """The arguments in the forms that a factory's documentation begins with: zeros(size, …)."""
    forms = [line for line in text.splitlines() if name and line.startswith(f"{name}(")]
    if not forms or any("**" in form for form in forms):
        return None
    names: set[str] = set()
    for form in forms:
        inside = form[form.index("(") + 1 : form.rindex(")")]
        names |= {part.partition("=")[0].strip(" *") for part in inside.split(",")}
    return frozenset(names - {""})


def nearest(missing: str) -> str:
    """What to use for a name that is missing; "" where nothing is near.

    >>> from topograd.porting.library import nearest
    >>> nearest("torch.symeig"), nearest("torch.nn.Lineer")
    ('linalg.eigh', 'topograd.nn.Linear')
    """
    owner, _, last = missing.rpartition(".")
    if owner == "Tensor":
        if last in _absent.METHOD_ADVICE:
            return _absent.METHOD_ADVICE[last]
        return _elsewhere(last) or _close(last, dir(_C.Tensor), "Tensor")
    advice = _absent.hint(missing.partition(".")[2])
    if advice:
        return advice.removeprefix("; nearest: ")
    space = find(owner).value
    place = "topograd" + owner[len("torch") :]
    return _elsewhere(last) or _close(last, dir(space), place)


def _elsewhere(name: str) -> str:
    for space in _NAMESPACES:
        try:
            module = importlib.import_module(space)
        except ImportError:
            continue
        if hasattr(module, name):
            return f"{space}.{name}"
    return ""


def _close(name: str, names: Iterable[str], place: str) -> str:
    found = get_close_matches(name, [one for one in names if not one.startswith("_")], 1, 0.8)
    return f"{place}.{found[0]}" if found else ""


@cache
def tensor_names() -> frozenset[str]:
    """The public names of PyTorch's Tensor (2.13)."""
    from pathlib import Path

    text = Path(__file__).with_name("tensor_names.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


def is_common(name: str) -> bool:
    """Whether other objects of Python and NumPy have a method or an attribute of that name."""
    return name in _COMMON or name in _array_names()


@cache
def _array_names() -> frozenset[str]:
    import numpy as np

    return frozenset(dir(np.ndarray))


@cache
def all_keywords() -> frozenset[str]:
    """The names of all arguments of all ops."""
    return frozenset(p["name"] for op in _C.ops() for p in op["parameters"])
