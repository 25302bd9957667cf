"""What the nodes of a graph are called: variables of the program, paths of parameters."""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from types import CodeType, FrameType
from typing import Any

from topograd._C import Tensor

__all__ = ["assigned", "variables"]

# Of a list or dict in a variable, as many entries are looked at.
MOST_ENTRIES = 100
# What notebooks keep of earlier cells.
_NOT_THE_USERS = {"In", "Out", "exit", "quit"}


def _is_module(value: Any) -> bool:
    """Whether it is an nn.Module, without importing nn: then there is none."""
    nn = sys.modules.get("topograd.nn")
    return nn is not None and issubclass(type(value), nn.Module)


def _is_parameter(value: Tensor) -> bool:
    nn = sys.modules.get("topograd.nn")
    return nn is not None and issubclass(type(value), nn.Parameter)


def _tensors_in(name: str, value: Any) -> Iterator[tuple[str, Tensor, bool]]:
    """(name, tensor, whether it is a parameter) of a variable: itself, its entries, its weights."""
    kind = type(value)
    if issubclass(kind, Tensor):
        yield name, value, _is_parameter(value)
    elif _is_module(value):
        for path, parameter in value.named_parameters():
            yield f"{name}.{path}", parameter, True
        for path, buffer in value.named_buffers():
            yield f"{name}.{path}", buffer, False
    elif kind in (list, tuple):
        for i, one in enumerate(value[:MOST_ENTRIES]):
            if issubclass(type(one), Tensor):
                yield f"{name}[{i}]", one, _is_parameter(one)
    elif kind is dict:
        for key, one in islice(value.items(), MOST_ENTRIES):
            if issubclass(type(one), Tensor):
                yield f"{name}[{key!r:.40}]", one, _is_parameter(one)


def variables(
    core: Any, frame: FrameType | None, models: Iterable[tuple[str, Any]] = ()
) -> tuple[dict[int, str], set[int]]:
    """Names for the nodes of a graph, and which are parameters of a module.

    core: the compiled part's graph.  frame: of the caller: its variables that hold tensors,
    modules, lists or dicts of tensors name their nodes; local ones go before global ones.
    models: (name, module) pairs that are looked at first.
    """
    names: dict[int, str] = {}
    parameters: set[int] = set()
    scopes: list[Iterable[tuple[str, Any]]] = [models]
    if frame is not None:
        scopes.append(list(frame.f_locals.items()))
        if frame.f_globals is not frame.f_locals:
            scopes.append(list(frame.f_globals.items()))
    for scope in scopes:
        for variable, value in scope:
            if variable.startswith("_") or variable in _NOT_THE_USERS:
                continue
            for name, tensor, is_parameter in _tensors_in(variable, value):
                index = core.find(tensor)
                if index < 0:
                    continue
                names.setdefault(index, name)
                if is_parameter:
                    parameters.add(index)
    return names, parameters


@lru_cache(maxsize=512)
def _instructions(code: CodeType) -> tuple[dict[int, int], list[dis.Instruction]]:
    listed = list(dis.get_instructions(code))
    return {one.offset: i for i, one in enumerate(listed)}, listed


@lru_cache(maxsize=4096)
def assigned(code: CodeType, offset: int) -> tuple[str, bool] | None:
    """The variable that the result of the instruction goes into, and whether it is one operation.

    None when the result is not assigned at once, or when the place is not known: before Python
    3.11 there are only lines.
    """
    if offset < 0:
        return None
    places, listed = _instructions(code)
    at = places.get(offset)
    if at is None or at + 1 >= len(listed):
        return None
    single = not listed[at].opname.startswith("CALL")
    after = listed[at + 1]
    if after.opname in ("STORE_NAME", "STORE_GLOBAL", "STORE_DEREF"):
        return str(after.argval), single
    if after.opname.startswith("STORE_FAST"):
        name = after.argval
        return str(name[0] if isinstance(name, tuple) else name), single
    loaded = after.opname.startswith(("LOAD_FAST", "LOAD_NAME", "LOAD_GLOBAL", "LOAD_DEREF"))
    if loaded and at + 2 < len(listed) and listed[at + 2].opname == "STORE_ATTR":
        return f"{after.argval}.{listed[at + 2].argval}", single
    return None
