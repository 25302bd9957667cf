"""How the running program calls a thing: the module path of a parameter, the name of a variable."""

from __future__ import annotations

import gc
from collections.abc import Iterable
from types import FrameType
from typing import Any

from topograd import _C
from topograd._C import Tensor


def parameter_path(p: Tensor) -> str:
    """'Net.enc.weight' for a parameter or buffer of a module that is alive, else "".

    >>> import topograd as tg
    >>> from topograd._holders import parameter_path
    >>> net = tg.nn.Sequential(tg.nn.Linear(2, 3))
    >>> parameter_path(net[0].bias)
    'Sequential.0.bias'
    """
    modules = [thing for thing in gc.get_objects() if issubclass(type(thing), _C.Module)]
    holder, name = _holder(modules, ("_parameters", "_buffers"), p)
    path, seen = name, set[int]()
    while holder is not None and id(holder) not in seen:
        seen.add(id(holder))
        outer, name = _holder(modules, ("_modules",), holder)
        if outer is None:
            return f"{type(holder).__name__}.{path}"
        path = f"{name}.{path}"
        holder = outer
    return path


def _holder(modules: list[Any], registries: Iterable[str], held: object) -> tuple[Any, str]:
    """The first module that has it in one of its registries, and under which name."""
    for module in modules:
        for registry in registries:
            for name, value in vars(module).get(registry, {}).items():
                if value is held:
                    return module, name
    return None, ""


def variable_of(things: list[Any], frame: FrameType | None) -> tuple[str, Any]:
    """The name of a variable, or of an attribute of `self`, that is one of the things; and which.

    Looked for in the functions that run, from `frame` outwards.  ("", None) where there is none.
    """
    while frame is not None:
        for name, value in [*frame.f_locals.items(), *frame.f_globals.items()]:
            if name.isidentifier() and any(value is thing for thing in things):
                return name, value
            if name != "self":
                continue
            for attribute, held in list(getattr(value, "__dict__", {}).items()):
                if any(held is thing for thing in things):
                    return f"self.{attribute}", held
        frame = frame.f_back
    return "", None
