"""Samplers: in which order a loader takes the examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any, Generic, TypeVar

import topograd as tg
from topograd._C import Tensor

T = TypeVar("T", covariant=True)


def _check_count(num_samples: Any) -> None:
    if type(num_samples) is not int or num_samples <= 0:
        raise ValueError(
            f"num_samples should be a positive integer value, but got num_samples={num_samples!r}"
        )


class Sampler(Generic[T]):
    """The base class of samplers; a subclass defines `__iter__` and, if it can, `__len__`.

    >>> import topograd as tg
    >>> class Backwards(tg.data.Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> dataset = tg.data.TensorDataset(tg.arange(3))
    >>> [x.item() for (x,) in tg.data.DataLoader(dataset, sampler=Backwards())]
    [2, 1, 0]
    """

    def __init__(self, data_source: Sized | None = None) -> None:
        pass  # PyTorch's took the data set once; subclasses still hand it on

    def __iter__(self) -> Iterator[T]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__")


class SequentialSampler(Sampler[int]):
    """0, 1, …, len(data_source) - 1.

    >>> import topograd as tg
    >>> list(tg.data.SequentialSampler(range(3)))
    [0, 1, 2]
    """

    def __init__(self, data_source: Sized) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler[int]):
    """Indices at random: each once, or, with `replacement`, independent ones.

    num_samples: how many (default: as many as there are); without replacement and with more, one
    order follows the other.  Raises ValueError unless num_samples is positive.

    >>> import topograd as tg
    >>> sorted(tg.data.RandomSampler(range(3)))
    [0, 1, 2]
    """

    def __init__(
        self,
        data_source: Sized,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(
                f"replacement should be a boolean value, but got replacement={replacement!r}"
            )
        if num_samples is not None:
            _check_count(num_samples)
        self.data_source = data_source
        self.replacement = replacement
        self._num_samples = num_samples
        self.generator = generator

    @property
    def num_samples(self) -> int:
        """How many indices an iteration gives."""
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def order(self) -> Tensor:
        """The indices of one iteration, as a tensor."""
        size, wanted = len(self.data_source), self.num_samples
        if self.replacement:
            return tg.randint(0, size, (wanted,), generator=self.generator)
        rounds = -(-wanted // size) if size else 0
        orders = [tg.randperm(size, generator=self.generator) for _ in range(rounds)]
        if len(orders) == 1 and wanted == size:
            return orders[0]
        return tg.cat(orders).narrow(0, 0, wanted) if orders else tg.empty(0, dtype=tg.int64)

    def __iter__(self) -> Iterator[int]:
        indices: list[int] = self.order().tolist()
        return iter(indices)

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in random order.

    >>> import topograd as tg
    >>> sorted(tg.data.SubsetRandomSampler([4, 7]))
    [4, 7]
    """

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        self.indices = indices
        self.generator = generator

    def __iter__(self) -> Iterator[int]:
        order: list[int] = tg.randperm(len(self.indices), generator=self.generator).tolist()
        return (self.indices[position] for position in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices drawn with probabilities in proportion to `weights`.

    Raises ValueError unless num_samples is positive and the weights are one sequence.

    >>> import topograd as tg
    >>> list(tg.data.WeightedRandomSampler([0.0, 1.0], 3))
    [1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Any = None,
    ) -> None:
        _check_count(num_samples)
        if not isinstance(replacement, bool):
            raise ValueError(
                f"replacement should be a boolean value, but got replacement={replacement!r}"
            )
        self.weights = tg.as_tensor(weights, dtype=tg.float64)
        if self.weights.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape "
                f"{tuple(self.weights.shape)}"
            )
        self.num_samples = num_samples
        self.replacement = replacement
        self.generator = generator

    def order(self) -> Tensor:
        """The indices of one iteration, as a tensor."""
        return tg.multinomial(
            self.weights, self.num_samples, self.replacement, generator=self.generator
        )

    def __iter__(self) -> Iterator[int]:
        indices: list[int] = self.order().tolist()
        return iter(indices)

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
    """Lists of batch_size indices of another sampler; the last one is shorter, or dropped.

    Raises ValueError unless batch_size is a positive integer.

    >>> import topograd as tg
    >>> list(tg.data.BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, drop_last: bool) -> None:
        if type(batch_size) is not int or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler = sampler
        self.batch_size = batch_size
        self.drop_last = drop_last

    def __iter__(self) -> Iterator[list[int]]:
        # The sampler draws its order now, not when the first batch is asked for.
        return self._batches(iter(self.sampler))

    def _batches(self, indices: Iterator[Any]) -> Iterator[list[int]]:
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) < self.batch_size and self.drop_last:
                return
            yield batch

    def __len__(self) -> int:
        count = len(self.sampler)  # type: ignore[arg-type]
        return count // self.batch_size if self.drop_last else -(-count // self.batch_size)
