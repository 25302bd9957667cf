"""Collation: a list of examples becomes one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor


def _is_array(value: Any) -> bool:
    # By name: importing NumPy to ask whether something is its array would defeat its lazy import.
    return type(value).__module__ == "numpy" and hasattr(value, "dtype")


def _from_array(value: Any) -> Tensor:
    if value.dtype.kind in "SUOM":
        raise TypeError(f"default_collate: arrays of dtype {value.dtype} cannot become a tensor")
    return tg.as_tensor(value)


def default_convert(data: Any) -> Any:
    """One example, with its NumPy arrays as tensors; containers keep their kind.

    >>> import numpy
    >>> import topograd as tg
    >>> tg.data.default_convert({"x": numpy.ones(2), "name": "a"})["x"].tolist()
    [1.0, 1.0]
    """
    if _is_array(data):
        return _from_array(data) if data.dtype.kind not in "SUOM" else data
    if isinstance(data, Mapping):
        return {key: default_convert(value) for key, value in data.items()}
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*(default_convert(value) for value in data))
    if isinstance(data, (list, tuple)):
        return [default_convert(value) for value in data]
    return data


def default_collate(batch: Sequence[Any]) -> Any:
    """Examples as one batch: tensors, arrays and numbers are stacked along a new first axis.

    Tuples, lists and dictionaries of them are collated entry by entry; strings become a list.
    Raises TypeError for other objects, ValueError if the examples differ in their number of
    entries, IndexError for an empty batch.

    >>> import topograd as tg
    >>> x, y = tg.data.default_collate([(tg.ones(2), 0), (tg.zeros(2), 1)])
    >>> x.tolist(), y.tolist()
    ([[1.0, 1.0], [0.0, 0.0]], [0, 1])
    """
    if len(batch) == 0:
        raise IndexError("default_collate: expected at least one example, got an empty batch")
    first = batch[0]
    if isinstance(first, Tensor):
        return tg.stack(list(batch))
    if _is_array(first):
        return tg.stack([_from_array(example) for example in batch])
    if isinstance(first, float):
        return tg.tensor(list(batch), dtype=tg.float64)
    if isinstance(first, (bool, int)):
        return tg.tensor(list(batch))
    if isinstance(first, (str, bytes)):
        return list(batch)
    if isinstance(first, Mapping):
        return {key: default_collate([example[key] for example in batch]) for key in first}
    if isinstance(first, Sequence):
        if any(len(example) != len(first) for example in batch):
            raise ValueError("default_collate: the examples of a batch differ in length")
        entries = [default_collate(entry) for entry in zip(*batch, strict=True)]
        return type(first)(*entries) if hasattr(first, "_fields") else entries
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {type(first).__name__}"
    )
