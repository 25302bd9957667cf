"""Collation: a list of examples becomes one batch."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import topograd as tg
from topograd._C import ShapeError, Tensor


def is_array(value: Any) -> bool:
    """Whether a value is a NumPy array or one of NumPy's numbers."""
    # By name: importing NumPy to ask whether something is its array would defeat its lazy import.
    return type(value).__module__ == "numpy" and hasattr(value, "dtype")


def _from_array(value: Any) -> Tensor:
    if value.dtype.kind in "SUOM":
        raise TypeError(f"default_collate: arrays of dtype {value.dtype} cannot become a tensor")
    return tg.as_tensor(value)


def _refilled(model: Mapping[Any, Any], values: dict[Any, Any]) -> Any:
    """Values in a mapping of the kind of `model`, or in a dict if it cannot be made of one."""
    if type(model) is dict:
        return values
    try:
        if isinstance(model, MutableMapping):
            made: Any = copy.copy(model)
            made.update(values)
            return made
        return type(model)(values)  # type: ignore[call-arg]
    except TypeError:
        return values


def default_convert(data: Any) -> Any:
    """One example, with its NumPy arrays as tensors; containers keep their kind, tuples are lists.

    >>> import numpy
    >>> import topograd as tg
    >>> tg.data.default_convert({"x": numpy.ones(2), "name": "a"})["x"].tolist()
    [1.0, 1.0]
    """
    if is_array(data):
        return _from_array(data) if data.dtype.kind not in "SUOM" else data
    if isinstance(data, Mapping):
        return _refilled(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, (list, tuple)):
        return [default_convert(value) for value in data]
    return data


def default_collate(batch: Sequence[Any]) -> Any:
    """Examples as one batch: tensors, arrays and numbers are stacked along a new first axis.

    Tuples, lists and dictionaries of them are collated entry by entry; strings stay as they are.
    Raises TypeError for other objects, ShapeError (a ValueError and a RuntimeError) if the examples
    differ in shape or in their number of entries, naming which ones and where, KeyError if one
    lacks a key, IndexError for an empty batch.

    >>> import topograd as tg
    >>> x, y = tg.data.default_collate([(tg.ones(2), 0), (tg.zeros(2), 1)])
    >>> x.tolist(), y.tolist()
    ([[1.0, 1.0], [0.0, 0.0]], [0, 1])
    """
    if len(batch) == 0:
        raise IndexError("default_collate: expected at least one example, got an empty batch")
    return _collate(batch, "")


def _collate(batch: Sequence[Any], place: str) -> Any:
    first = batch[0]
    if isinstance(first, Tensor) or is_array(first):
        return _stacked(batch, place)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, (float, complex, int)):
        dtype = tg.float64 if isinstance(first, float) else None
        try:
            return tg.tensor(list(batch), dtype=dtype)
        except (TypeError, ValueError) as error:
            raise _unlike(batch, place, [type(value).__name__ for value in batch]) from error
    if isinstance(first, Mapping):
        return _refilled(first, {key: _entry(batch, key, place) for key in first})
    if isinstance(first, Sequence):
        lengths = [
            f"{type(value).__name__} of length {len(value)}"
            if isinstance(value, Sequence)
            else type(value).__name__
            for value in batch
        ]
        if any(not isinstance(value, Sequence) or len(value) != len(first) for value in batch):
            raise _unlike(batch, place, lengths)
        entries = [
            _collate(entry, f"{place}[{position}]")
            for position, entry in enumerate(zip(*batch, strict=True))
        ]
        return type(first)(*entries) if hasattr(first, "_fields") else entries
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {type(first).__name__}{_where(place)}"
    )


def _entry(batch: Sequence[Any], key: Any, place: str) -> Any:
    values = []
    for position, example in enumerate(batch):
        try:
            values.append(example[key])
        except (KeyError, TypeError) as error:
            missing = KeyError(
                f"default_collate: example {position} of the batch has no {key!r}{_where(place)}"
            )
            raise _about(missing, [position]) from error
    return _collate(values, f"{place}[{key!r}]")


def _stacked(batch: Sequence[Any], place: str) -> Tensor:
    # Each kind as itself, so that one of another kind is named rather than stumbled over.
    parts = [_from_array(value) if is_array(value) else value for value in batch]
    if not all(isinstance(part, Tensor) for part in parts):
        raise _unlike(batch, place, [type(value).__name__ for value in batch])
    shape = parts[0].shape
    if any(part.shape != shape for part in parts):
        raise _unlike(batch, place, [f"shape {tuple(part.shape)}" for part in parts])
    return tg.stack(parts)


def _where(place: str) -> str:
    return f" at entry {place}" if place else ""


def _unlike(batch: Sequence[Any], place: str, kinds: list[str]) -> ShapeError:
    """The error about examples that differ: the first one, and the first that is unlike it."""
    other = next((i for i, kind in enumerate(kinds) if kind != kinds[0]), 0)
    error = ShapeError(
        f"default_collate: the examples of a batch differ{_where(place)}: example 0 has "
        f"{kinds[0]}, example {other} has {kinds[other]} (of {len(batch)} examples); give "
        "collate_fn a function that pads or groups them"
    )
    _about(error, [0, other])
    return error


def _about(error: Any, positions: list[int]) -> Any:
    """The error, knowing which examples of the batch it is about; the loader adds their indices."""
    error.positions = positions
    return error
