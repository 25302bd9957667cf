"""All of a training in one file, so that it goes on as if it had never stopped."""

from __future__ import annotations

import os
from typing import Any

import topograd as tg
from topograd.serialization._training import random_generators

VERSION = 1


def random_states() -> dict[str, Any]:
    """The random states of topograd, Python and NumPy."""
    return {name: get() for name, (get, _) in random_generators().items()}


def set_random_states(states: dict[str, Any]) -> None:
    """Brings the random states back."""
    for name, (_, put) in random_generators().items():
        put(states[name])


def state_dict_of(thing: Any) -> Any:
    """The state of something that has one, else None."""
    return thing.state_dict() if hasattr(thing, "state_dict") else None


def write(path: str | os.PathLike[str], state: dict[str, Any]) -> None:
    """Writes a checkpoint; the file is whole at any time."""
    tg.save({"topograd.fit": VERSION, **state}, path)


def read(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """A checkpoint; None if there is no file.  Raises ValueError for a file of another kind."""
    if not os.path.exists(path):
        return None
    state = tg.load(path)
    if not isinstance(state, dict) or state.get("topograd.fit") != VERSION:
        raise ValueError(f"fit: '{os.fspath(path)}' is no checkpoint of fit")
    return state
