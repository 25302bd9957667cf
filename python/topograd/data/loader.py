"""DataLoader: batches of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice, repeat
from typing import Any

from topograd.data.collate import default_collate, default_convert
from topograd.data.dataset import IterableDataset, fetch
from topograd.data.gather import gather_source
from topograd.data.prefetch import END, PrefetchSettings, prefetched
from topograd.data.sampler import BatchSampler, RandomSampler, SequentialSampler


class DataLoader:
    """An iterable over the batches of a dataset.

    batch_size: None gives single examples.  shuffle: a new random order at each iteration.
    sampler, batch_sampler: an order of one's own.  drop_last: leave out a last batch that is not
    full. collate_fn: makes a batch of a list of examples.  generator: the source of the random
    order. num_workers: how many threads fetch ahead (0: none), prefetch_factor batches each
    (default 2). pin_memory, timeout, multiprocessing_context, persistent_workers and in_order are
    accepted: workers are threads, and batches come in order.

    From a TensorDataset, or Subsets of one, a batch is gathered at once.  A batch has memory of its
    own and may be changed in place.  Raises ValueError for arguments that exclude each other.

    >>> import topograd as tg
    >>> dataset = tg.data.TensorDataset(tg.arange(5), tg.arange(5) * 10)
    >>> [y.tolist() for x, y in tg.data.DataLoader(dataset, batch_size=2)]
    [[0, 10], [20, 30], [40]]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        if num_workers < 0:
            raise ValueError(f"num_workers must not be negative, got {num_workers}")
        if timeout < 0:
            raise ValueError(f"timeout option should be non-negative, got {timeout}")
        if prefetch_factor is not None and (num_workers == 0 or prefetch_factor < 1):
            raise ValueError(
                "prefetch_factor must be positive and needs num_workers > 0, got "
                f"{prefetch_factor} with num_workers={num_workers}"
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.prefetch_factor = 2 if prefetch_factor is None else prefetch_factor
        self.worker_init_fn = worker_init_fn
        self.timeout = timeout
        self.pin_memory = pin_memory
        self.generator = generator
        self._iterable = isinstance(dataset, IterableDataset)
        self._choose_samplers(shuffle, sampler, batch_sampler)
        self.collate_fn: Callable[[Any], Any]
        if collate_fn is not None:
            self.collate_fn = collate_fn
        else:
            self.collate_fn = default_collate if self._batched else default_convert

    def _choose_samplers(
        self,
        shuffle: bool | None,
        sampler: Iterable[Any] | None,
        batch_sampler: Iterable[Any] | None,
    ) -> None:
        if self._iterable and (shuffle or sampler is not None or batch_sampler is not None):
            raise ValueError(
                "DataLoader with IterableDataset: expected no shuffle, sampler or batch_sampler"
            )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if self.batch_size != 1 or shuffle or sampler is not None or self.drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, "
                    "and drop_last"
                )
            self.batch_size = None
        elif self.batch_size is None and self.drop_last:
            raise ValueError("batch_size=None option disables auto-batching, drop_last needs it")
        if sampler is None and not self._iterable:
            if shuffle:
                sampler = RandomSampler(self.dataset, generator=self.generator)
            else:
                sampler = SequentialSampler(self.dataset)
        self.sampler: Any = sampler
        if batch_sampler is None and self.batch_size is not None:
            source: Any = range(0) if self._iterable else self.sampler
            batch_sampler = BatchSampler(source, self.batch_size, self.drop_last)
        self.batch_sampler = batch_sampler

    @property
    def _batched(self) -> bool:
        return self.batch_sampler is not None

    def __len__(self) -> int:
        """The number of batches; raises TypeError if the dataset or the sampler has no length."""
        if self._iterable:
            examples = len(self.dataset)
            if self.batch_size is None:
                return examples
            if self.drop_last:
                return examples // self.batch_size
            return -(-examples // self.batch_size)
        order: Any = self.batch_sampler if self._batched else self.sampler
        return len(order)

    def __iter__(self) -> Iterator[Any]:
        if self._iterable:
            batches = self._stream()
            if self.num_workers == 0:
                return batches
            # One thread: an iterator cannot be advanced by several.
            return prefetched(repeat(partial(next, batches, END)), 1, self._settings())
        if self.collate_fn is default_collate and self._batched:
            source = gather_source(self.dataset)
            if source is not None:
                return source.batches(self.batch_sampler)
        tasks = self._tasks()
        if self.num_workers == 0:
            return (task() for task in tasks)
        return prefetched(tasks, self.num_workers, self._settings())

    def _settings(self) -> PrefetchSettings:
        return PrefetchSettings(self.prefetch_factor, self.timeout or None, self.worker_init_fn)

    def _tasks(self) -> Iterator[Callable[[], Any]]:
        """One task for each batch of a dataset with indices."""
        if self.batch_sampler is None:
            for index in self.sampler:
                yield partial(self._example, index)
        else:
            for indices in self.batch_sampler:
                yield partial(self._batch, indices)

    def _example(self, index: Any) -> Any:
        return self.collate_fn(self.dataset[index])

    def _batch(self, indices: Iterable[Any]) -> Any:
        return self.collate_fn(fetch(self.dataset, list(indices)))

    def _stream(self) -> Iterator[Any]:
        """The batches of an iterable dataset."""
        examples = iter(self.dataset)
        if self.batch_size is None:
            yield from map(self.collate_fn, examples)
            return
        while batch := list(islice(examples, self.batch_size)):
            if self.drop_last and len(batch) < self.batch_size:
                return
            yield self.collate_fn(batch)
