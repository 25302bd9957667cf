"""Datasets: examples by index, or one after the other."""

from __future__ import annotations

import contextlib
import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any, Generic, TypeVar

import topograd as tg
from topograd._C import Tensor

T = TypeVar("T", covariant=True)


class Dataset(Generic[T]):
    """The base class of datasets with `__getitem__`, and `__len__` where a sampler needs it.

    >>> import topograd as tg
    >>> class Squares(tg.data.Dataset):
    ...     def __len__(self):
    ...         return 4
    ...
    ...     def __getitem__(self, index):
    ...         return index, index**2
    >>> [pair[1].tolist() for pair in tg.data.DataLoader(Squares(), batch_size=2)]
    [[0, 1], [4, 9]]
    """

    def __getitem__(self, index: Any) -> T:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__")

    def __add__(self, other: Dataset[Any]) -> ConcatDataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T]):
    """The base class of datasets that are only iterated over; a subclass defines `__iter__`.

    >>> import topograd as tg
    >>> class Count(tg.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(5))
    >>> [batch.tolist() for batch in tg.data.DataLoader(Count(), batch_size=3)]
    [[0, 1, 2], [3, 4]]
    """

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__")

    def __add__(self, other: Dataset[Any]) -> ChainDataset[Any]:  # type: ignore[override]
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Example i is (tensors[0][i], tensors[1][i], …).

    The loader gathers a batch from the tensors at once.  Raises ValueError if their first sizes
    differ.

    >>> import topograd as tg
    >>> dataset = tg.data.TensorDataset(tg.ones(3, 2), tg.arange(3))
    >>> len(dataset), dataset[1][1].item()
    (3, 1)
    """

    tensors: tuple[Tensor, ...]

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("TensorDataset: expected at least one tensor")
        if any(tensor.ndim == 0 for tensor in tensors):
            raise ValueError("TensorDataset: a tensor without axes holds no examples")
        if len({tensor.size(0) for tensor in tensors}) > 1:
            raise ValueError(
                "TensorDataset: the first sizes differ, the tensors are "
                + ", ".join(str(tuple(tensor.shape)) for tensor in tensors)
            )
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    def __len__(self) -> int:
        return self.tensors[0].size(0)


class Subset(Dataset[T]):
    """The examples of a dataset at the given indices, in their order.

    >>> import topograd as tg
    >>> dataset = tg.data.TensorDataset(tg.arange(10))
    >>> tg.data.Subset(dataset, [3, 7])[1][0].item()
    7
    """

    dataset: Dataset[T]
    indices: Sequence[int]

    def __init__(self, dataset: Dataset[T], indices: Sequence[int]) -> None:
        self.dataset = dataset
        self.indices = indices

    def __getitem__(self, index: Any) -> T:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: list[int]) -> list[T]:
        return fetch(self.dataset, [self.indices[i] for i in indices])

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset[T]):
    """The examples of several datasets, one dataset after the other; also written `a + b`.

    Raises ValueError for an empty list and for an IterableDataset.

    >>> import topograd as tg
    >>> a, b = tg.data.TensorDataset(tg.arange(2)), tg.data.TensorDataset(tg.arange(3))
    >>> len(a + b), (a + b)[2][0].item()
    (5, 0)
    """

    datasets: list[Dataset[T]]
    cumulative_sizes: list[int]

    def __init__(self, datasets: Iterable[Dataset[T]]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise ValueError("ConcatDataset: expected at least one dataset")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise ValueError("ConcatDataset does not support IterableDataset; use ChainDataset")
        self.cumulative_sizes = list(accumulate(len(d) for d in self.datasets))  # type: ignore[arg-type]

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> T:
        position = index + len(self) if index < 0 else index
        if not 0 <= position < len(self):
            raise IndexError(
                f"ConcatDataset: index {index} is out of range for {len(self)} examples"
            )
        which = bisect_right(self.cumulative_sizes, position)
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][position - before]


class StackDataset(Dataset[Any]):
    """Example i is (datasets[0][i], datasets[1][i], …), or a dictionary of them if they are named.

    Raises ValueError for no dataset and for datasets of different lengths, or if some are named and
    others are not.

    >>> import topograd as tg
    >>> dataset = tg.data.StackDataset(image=tg.ones(3, 2), label=tg.arange(3))
    >>> len(dataset), dataset[1]["label"].item()
    (3, 1)
    """

    datasets: tuple[Any, ...] | dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if bool(args) == bool(kwargs):
            raise ValueError(
                "StackDataset: expected datasets that are all named or all not named, got "
                f"{len(args)} without a name and {len(kwargs)} with one"
            )
        self.datasets = args if args else kwargs
        lengths = [len(dataset) for dataset in self._all()]
        if len(set(lengths)) > 1:
            raise ValueError(f"StackDataset: the lengths of the datasets differ: {lengths}")
        self._length = lengths[0]

    def _all(self) -> list[Any]:
        datasets = self.datasets
        return list(datasets.values()) if isinstance(datasets, dict) else list(datasets)

    def _example(self, entries: Sequence[Any]) -> Any:
        if isinstance(self.datasets, dict):
            return dict(zip(self.datasets, entries, strict=True))
        return tuple(entries)

    def __getitem__(self, index: Any) -> Any:
        return self._example([dataset[index] for dataset in self._all()])

    def __getitems__(self, indices: list[Any]) -> list[Any]:
        columns = [fetch(dataset, indices) for dataset in self._all()]
        return [self._example(entries) for entries in zip(*columns, strict=True)]

    def __len__(self) -> int:
        return self._length


class ChainDataset(IterableDataset[T]):
    """The examples of several iterable datasets, one dataset after the other.

    >>> import topograd as tg
    >>> class Count(tg.data.IterableDataset):
    ...     def __iter__(self):
    ...         return iter(range(2))
    >>> list(tg.data.ChainDataset([Count(), Count()]))
    [0, 1, 0, 1]
    """

    def __init__(self, datasets: Iterable[Dataset[T]]) -> None:
        self.datasets = list(datasets)

    def __iter__(self) -> Iterator[T]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise TypeError(f"ChainDataset: {type(dataset).__name__} is no IterableDataset")
            yield from dataset

    def __len__(self) -> int:
        sized: list[Any] = self.datasets
        return sum(map(len, sized))


def random_split(
    dataset: Dataset[T], lengths: Sequence[float], generator: Any = None
) -> list[Subset[T]]:
    """Splits a dataset at random into subsets without common examples.

    lengths: the sizes, or fractions with sum 1; what the rounding down of fractions leaves over
    goes to the first subsets.  Raises ValueError if they do not add up to the dataset.

    >>> import topograd as tg
    >>> parts = tg.data.random_split(tg.data.TensorDataset(tg.arange(10)), [0.8, 0.2])
    >>> [len(part) for part in parts]
    [8, 2]
    """
    total = len(dataset)  # type: ignore[arg-type]
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        if any(not 0 <= fraction <= 1 for fraction in lengths):
            raise ValueError(f"random_split: a fraction is not between 0 and 1: {list(lengths)}")
        sizes = [math.floor(total * fraction) for fraction in lengths]
        for position in range(total - sum(sizes)):
            sizes[position % len(sizes)] += 1
    else:
        sizes = [int(length) for length in lengths]
    if sum(sizes) != total or any(size < 0 for size in sizes):
        raise ValueError(
            f"Sum of input lengths does not equal the length of the input dataset: "
            f"{list(lengths)} of {total}"
        )
    order = tg.randperm(total, generator=generator).tolist()
    ends = list(accumulate(sizes))
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def fetch(dataset: Any, indices: list[Any]) -> list[Any]:
    """The examples at `indices`, at once if the dataset knows how.

    Raises ValueError if the dataset gives another number of them; an error of the dataset gets a
    note that tells the index.
    """
    at_once = getattr(dataset, "__getitems__", None)
    if at_once is None:
        return [example(dataset, index) for index in indices]
    try:
        examples = list(at_once(indices))
    except Exception as error:
        if not hasattr(error, "dataset_index"):
            add_note(error, f"dataset indices {shortened(indices)}")
        raise
    if len(examples) != len(indices):
        raise ValueError(
            f"{type(dataset).__name__}.__getitems__: expected {len(indices)} examples for as many "
            f"indices, got {len(examples)}"
        )
    return examples


def example(dataset: Any, index: Any) -> Any:
    """The example at `index`; an error of the dataset gets a note that tells the index."""
    try:
        return dataset[index]
    except StopIteration as error:  # would end the loop over the loader without a word
        raise RuntimeError(
            f"{type(dataset).__name__}: example {index} raised StopIteration"
        ) from error
    except Exception as error:
        if not hasattr(error, "dataset_index"):  # the innermost dataset knows best
            with contextlib.suppress(AttributeError):
                error.dataset_index = index  # type: ignore[attr-defined]
            add_note(error, f"dataset index {index} of {type(dataset).__name__}{_size(dataset)}")
        raise


def _size(dataset: Any) -> str:
    try:
        return f", whose length is {len(dataset)}"
    except Exception:  # only the note is poorer without
        return ""


def add_note(error: BaseException, text: str) -> None:
    """Adds a line that is shown below an error's traceback (before Python 3.11: only kept)."""
    if hasattr(error, "add_note"):
        error.add_note(text)
    else:
        with contextlib.suppress(AttributeError):
            notes = [*getattr(error, "__notes__", ()), text]
            error.__notes__ = notes  # type: ignore[attr-defined]


def shortened(indices: Sequence[Any]) -> str:
    """Indices as text, the first eight of them."""
    shown = ", ".join(map(str, indices[:8]))
    return f"[{shown}, … {len(indices) - 8} more]" if len(indices) > 8 else f"[{shown}]"
