"""The whole state of a training run in one file, and back: all of it or nothing."""

from __future__ import annotations

import copy
import os
import re
from collections.abc import Callable
from os import PathLike
from typing import Any

import topograd as tg

VERSION_KEY = "topograd.checkpoint"
VERSION = 1
_NUMBER = re.compile(r"\d+(?=\D*$)")


def save_checkpoint(
    f: str | PathLike[str], *, keep: int | None = None, random: bool = True, **parts: Any
) -> None:
    """Writes models, optimizers, schedulers, loaders and random states into one file.

    f: a path; the file appears whole or not at all, see `save`.  parts: by names of your choice,
    whatever belongs to the run.  Objects with `state_dict` and `load_state_dict` (modules,
    optimizers, schedulers, `GradScaler`, loaders, samplers), generators of topograd, NumPy and
    Python are saved as their state; other values, such as the number of the epoch, as they are.

    random: also the state of topograd's default generator, of Python's `random` and of
    `numpy.random`, so that a run that is resumed draws what the first would have drawn.

    keep: afterwards only so many files of this series stay: those in the same folder whose names
    differ from this one in their last number alone, the highest numbers.  Raises ValueError for a
    name without a number, or keep < 1; TypeError for a value that `save` can not write.

    >>> import os, tempfile
    >>> import topograd as tg
    >>> folder = tempfile.mkdtemp()
    >>> model = tg.nn.Linear(2, 1)
    >>> optimizer = tg.optim.Adam(model.parameters())
    >>> for step in (10, 20, 30):
    ...     path = os.path.join(folder, f"step-{step}.safetensors")
    ...     tg.save_checkpoint(path, keep=2, model=model, optimizer=optimizer, step=step)
    >>> sorted(os.listdir(folder))
    ['step-20.safetensors', 'step-30.safetensors']
    """
    if keep is not None:
        _check_series(f, keep)
    states: dict[str, Any] = {}
    values: dict[str, Any] = {}
    for name, part in parts.items():
        access = _access(part)
        if access is None:
            values[name] = part
        else:
            states[name] = access[0]()
    content: dict[str, Any] = {VERSION_KEY: VERSION, "states": states, "values": values}
    if random:
        content["random"] = {name: get() for name, (get, _) in random_generators().items()}
    tg.save(content, f)
    if keep is not None:
        _remove_old(os.fspath(f), keep)


def load_checkpoint(
    f: str | PathLike[str], *, map_location: Any = None, random: bool = True, **parts: Any
) -> dict[str, Any]:
    """Puts the states in a file of `save_checkpoint` into the objects that are given, by name.

    parts: the objects, under the names they were saved by; those that the file has and that are not
    given stay in the file.  random: also restore the states of the random generators.
    map_location: see `load`.  Returns the plain values of the file.

    Where anything fails — a name that is missing, shapes that do not fit — everything is as before,
    and the error is raised: states are copied first, which takes their memory once more.  Raises
    ValueError for a file of another kind, KeyError for a name that it does not have.

    >>> import os, tempfile
    >>> import topograd as tg
    >>> path = os.path.join(tempfile.mkdtemp(), "run.safetensors")
    >>> model, other = tg.nn.Linear(2, 1), tg.nn.Linear(2, 1)
    >>> tg.save_checkpoint(path, model=model, epoch=7)
    >>> tg.load_checkpoint(path, model=other)
    {'epoch': 7}
    >>> bool((other.weight == model.weight).all())
    True
    """
    content = tg.load(f, map_location)
    if not isinstance(content, dict) or content.get(VERSION_KEY) != VERSION:
        raise ValueError(
            f"load_checkpoint: '{os.fspath(f)}' is no file of save_checkpoint; use tg.load"
        )
    targets: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {}
    saved: dict[str, Any] = {}
    for name, part in parts.items():
        access = _access(part)
        if access is None:
            raise TypeError(
                f"load_checkpoint: '{name}' is a {type(part).__name__}, which has no state to "
                "load; plain values are returned"
            )
        if name not in content["states"]:
            raise KeyError(
                f"load_checkpoint: '{os.fspath(f)}' has no state of '{name}', it has "
                f"{', '.join(content['states']) or 'none'}"
            )
        targets[name], saved[name] = access, content["states"][name]
    if random:
        known = random_generators()
        for name, state in content.get("random", {}).items():
            targets[f"random.{name}"], saved[f"random.{name}"] = known[name], state
    _put_all(targets, saved)
    values: dict[str, Any] = content["values"]
    return values


def latest_checkpoint(f: str | PathLike[str]) -> str | None:
    """The file with the highest number of a series, or None where there is none yet.

    f: the path of one file of the series, which need not exist: what differs is the last number in
    the name.

    >>> import os, tempfile
    >>> import topograd as tg
    >>> folder = tempfile.mkdtemp()
    >>> series = os.path.join(folder, "step-0.safetensors")
    >>> tg.latest_checkpoint(series) is None
    True
    >>> tg.save_checkpoint(os.path.join(folder, "step-12.safetensors"), step=12)
    >>> os.path.basename(tg.latest_checkpoint(series))
    'step-12.safetensors'
    """
    files = _series(os.fspath(f))
    return files[-1][1] if files else None


Access = tuple[Callable[[], Any], Callable[[Any], Any]]


def _access(part: Any) -> Access | None:
    """How the state of an object is read and set; None for a plain value."""
    if isinstance(part, type):
        return None
    for get, put in (
        ("state_dict", "load_state_dict"),
        ("get_state", "set_state"),
        ("getstate", "setstate"),
    ):
        if hasattr(part, get) and hasattr(part, put):
            return getattr(part, get), getattr(part, put)
    bits = getattr(part, "bit_generator", None)
    if bits is not None:
        return lambda: bits.state, lambda state: setattr(bits, "state", state)
    return None


def random_generators() -> dict[str, Access]:
    """The random generators that are there without being asked for."""
    import random as python_random

    import numpy as np

    return {
        "topograd": (tg.get_rng_state, tg.set_rng_state),
        "python": (python_random.getstate, python_random.setstate),
        "numpy": (
            lambda: np.random.get_state(legacy=False),  # noqa: NPY002
            np.random.set_state,
        ),
    }


def _put_all(targets: dict[str, Access], saved: dict[str, Any]) -> None:
    """Sets all states, or none."""
    before = {name: copy.deepcopy(get()) for name, (get, _) in targets.items()}
    touched: list[str] = []
    try:
        for name, (_, put) in targets.items():
            touched.append(name)
            put(saved[name])
    except BaseException:
        for name in reversed(touched):
            targets[name][1](before[name])
        raise


def _check_series(f: Any, keep: Any) -> None:
    if not isinstance(f, (str, PathLike)):
        raise TypeError(f"save_checkpoint: keep needs a path, got {type(f).__name__}")
    if type(keep) is not int or keep < 1:
        raise ValueError(
            f"save_checkpoint: keep must be a number of files of at least 1, got {keep!r}"
        )
    if _NUMBER.search(os.path.basename(os.fspath(f))) is None:
        raise ValueError(
            f"save_checkpoint: keep={keep} needs a number in the file's name, such as step-{{n}}, "
            f"got '{os.fspath(f)}'"
        )


def _series(path: str) -> list[tuple[int, str]]:
    """The files whose names differ from the path in the last number alone, by that number."""
    folder, name = os.path.split(path)
    number = _NUMBER.search(name)
    if number is None:
        return [(0, path)] if os.path.isfile(path) else []
    before, after = re.escape(name[: number.start()]), re.escape(name[number.end() :])
    pattern = re.compile(f"{before}(\\d+){after}")
    found = []
    for other in os.listdir(folder or ".") if os.path.isdir(folder or ".") else ():
        match = pattern.fullmatch(other)
        if match and os.path.isfile(os.path.join(folder, other)):
            found.append((int(match[1]), os.path.join(folder, other)))
    return sorted(found)


def _remove_old(path: str, keep: int) -> None:
    files = [file for _, file in _series(path)]
    old = [file for file in files if file != path]
    for file in old[: max(len(files) - keep, 0)]:
        try:
            os.unlink(file)
        except FileNotFoundError:
            continue  # another process was quicker
