"""Datasets: examples by index, or one after the other."""

from __future__ import annotations

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
    """The examples at `indices`, at once if the dataset knows how."""
    at_once = getattr(dataset, "__getitems__", None)
    if at_once is not None:
        return list(at_once(indices))
    return [dataset[index] for index in indices]
