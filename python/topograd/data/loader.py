"""DataLoader: batches of a dataset."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import GenericAlias
from typing import Any

import topograd as tg
from topograd.data.collate import default_collate, default_convert
from topograd.data.dataset import IterableDataset
from topograd.data.gather import table_of
from topograd.data.iteration import (
    FetchedBatches,
    MemoryIterator,
    StreamIterator,
    WorkerIterator,
    Workers,
)
from topograd.data.resume import Progress, checked, generators_of, replayed, snapshot, state_of
from topograd.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from topograd.data.worker import Plan

FIXED = {"batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers"}


def _check(dataset: object, collate_fn: object) -> None:
    if not (hasattr(dataset, "__getitem__") or isinstance(dataset, Iterable)):
        raise TypeError(
            "DataLoader: dataset: expected a Dataset, a sequence or an IterableDataset, got "
            f"{type(dataset).__name__}"
        )
    if collate_fn is not None and not callable(collate_fn):
        raise TypeError(
            f"DataLoader: collate_fn: expected a function, got {type(collate_fn).__name__}"
        )


class DataLoader:
    """An iterable over the batches of a dataset.

    batch_size: None gives single examples.  shuffle: a new random order at each iteration.
    sampler, batch_sampler: an order of one's own.  drop_last: leave out a last batch that is not
    full.  collate_fn: makes a batch of a list of examples.  generator: the source of the random
    order and of the workers' seeds.

    num_workers: how many workers fetch ahead (0: none), prefetch_factor batches each (default 2).
    workers: "thread" (the default: they share the dataset's memory; good where the time goes into
    files, NumPy, topograd and other code that releases the interpreter's lock) or "process" (for
    datasets whose own Python code is slow; also chosen by multiprocessing_context, the name of a
    start method or a context).  timeout: how many seconds to wait for a batch.  worker_init_fn: is
    called in each worker first, with its number.  persistent_workers: keep them between passes.
    in_order: False gives batches as they are ready.  pin_memory is accepted, there is no device.

    From data in memory (a TensorDataset, a StackDataset of tensors, a Subset or ConcatDataset of
    these, a tensor) a batch is gathered at once, and workers are used only if worker_init_fn or a
    kind of worker is given.  A batch has memory of its own and may be changed in place.

    Seeds.  Each batch starts the random numbers of its worker anew, from a seed that depends on the
    pass and on the number of the batch: topograd's, in a process also those of `random` and
    `numpy.random`, in both those of `get_worker_info()`.  So a pass gives the same numbers for any
    number of workers from 1 on, and of either kind.  (In a thread, `random` and `numpy.random` are
    those of the whole program.)  What worker_init_fn seeds itself is left alone; an iterable
    dataset is seeded once for each pass and worker.  Without workers the program's own random
    numbers are drawn.  The order of the examples does not depend on the workers.

    An error of the dataset arrives as it was raised, with its traceback and a note that tells
    worker, batch and index; the next batch can still be asked for.  Raises ValueError for arguments
    that exclude each other, RuntimeError if a worker process dies or the timeout is over.

    >>> import topograd as tg
    >>> dataset = tg.data.TensorDataset(tg.arange(5), tg.arange(5) * 10)
    >>> [y.tolist() for x, y in tg.data.DataLoader(dataset, batch_size=2)]
    [[0, 10], [20, 30], [40]]
    """

    __class_getitem__: Any = classmethod(GenericAlias)

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
        workers: str | None = None,
    ) -> None:
        _check(dataset, collate_fn)
        self.dataset = dataset
        self.batch_size = batch_size
        self.drop_last = drop_last
        self.num_workers = num_workers
        self.prefetch_factor = 2 if prefetch_factor is None and num_workers else prefetch_factor
        self.worker_init_fn = worker_init_fn
        self.timeout = timeout
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.persistent_workers = persistent_workers
        self.in_order = in_order
        self.generator = generator
        self.iterable = isinstance(dataset, IterableDataset)
        self.worker_kind = workers or ("thread" if multiprocessing_context is None else "process")
        self._check_workers(prefetch_factor)
        self._kind_given = workers is not None or multiprocessing_context is not None
        self.multiprocessing_context = multiprocessing_context
        self._choose_samplers(shuffle, sampler, batch_sampler)
        self.collate_fn: Callable[[Any], Any]
        if collate_fn is not None:
            self.collate_fn = collate_fn
        else:
            self.collate_fn = default_collate if self._batched else default_convert
        self.reported_length: int | None = None
        self._progress: Progress | None = None
        self._resumed: dict[str, Any] | None = None
        self._kept: Workers | None = None  # persistent workers
        self._latest: weakref.ref[WorkerIterator] | None = None
        self._passes = 0
        self._complete = True

    def __setattr__(self, name: str, value: Any) -> None:
        if name in FIXED and "_complete" in self.__dict__:
            raise ValueError(
                f"{name} attribute should not be set after {type(self).__name__} is initialized"
            )
        super().__setattr__(name, value)

    def _check_workers(self, prefetch_factor: int | None) -> None:
        count = self.num_workers
        if type(count) is not int or count < 0:
            raise ValueError(f"num_workers must not be negative, got {count!r}")
        if self.timeout < 0:
            raise ValueError(f"timeout option should be non-negative, got {self.timeout}")
        if prefetch_factor is not None and (count == 0 or prefetch_factor < 1):
            raise ValueError(
                "prefetch_factor must be positive and needs num_workers > 0, got "
                f"{prefetch_factor} with num_workers={count}"
            )
        if self.persistent_workers and count == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if self.worker_kind not in ("thread", "process"):
            raise ValueError(f"workers should be 'thread' or 'process', got {self.worker_kind!r}")

    @property
    def multiprocessing_context(self) -> Any:
        """The context that worker processes are started by; None: Python's default one."""
        return self._context

    @multiprocessing_context.setter
    def multiprocessing_context(self, given: Any) -> None:
        if given is not None:
            import multiprocessing
            from multiprocessing.context import BaseContext

            if self.num_workers == 0:
                raise ValueError(
                    "multiprocessing_context can only be used with worker processes "
                    "(num_workers > 0)"
                )
            if self.worker_kind != "process":
                raise ValueError("multiprocessing_context excludes workers='thread'")
            if isinstance(given, str):
                methods = multiprocessing.get_all_start_methods()
                if given not in methods:
                    raise ValueError(
                        f"multiprocessing_context should be one of {methods}, got {given!r}"
                    )
                given = multiprocessing.get_context(given)
            if not isinstance(given, BaseContext):
                raise TypeError(
                    "multiprocessing_context should be the name of a start method or a "
                    f"multiprocessing context, got {given!r}"
                )
        self._context = given

    def _choose_samplers(
        self,
        shuffle: bool | None,
        sampler: Iterable[Any] | None,
        batch_sampler: Iterable[Any] | None,
    ) -> None:
        if self.iterable and (shuffle or sampler is not None or batch_sampler is not None):
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
        if sampler is None and not self.iterable:
            if shuffle:
                sampler = RandomSampler(self.dataset, generator=self.generator)
            else:
                sampler = SequentialSampler(self.dataset)
        self.sampler: Any = sampler
        if batch_sampler is None and self.batch_size is not None:
            source: Any = range(0) if self.iterable else self.sampler
            batch_sampler = BatchSampler(source, self.batch_size, self.drop_last)
        self.batch_sampler = batch_sampler

    @property
    def _batched(self) -> bool:
        return self.batch_sampler is not None

    def __len__(self) -> int:
        """The number of batches; raises TypeError if the dataset or the sampler has no length."""
        if not self.iterable:
            order: Any = self.batch_sampler if self._batched else self.sampler
            return len(order)
        batches = len(self.dataset)
        if self.batch_size is not None:
            whole, rest = divmod(batches, self.batch_size)
            batches = whole + (rest > 0 and not self.drop_last)
        self.reported_length = batches
        return batches

    def __iter__(self) -> Iterator[Any]:
        amid, self._resumed = self._resumed, None
        start = amid["start"] if amid is not None else snapshot(self)
        progress = self._progress = Progress(start, self.num_workers)
        if amid is not None:
            progress.number, progress.last = amid["number"], amid["last"]
            progress.ahead = set(amid["ahead"])
            progress.counts, progress.states = list(amid["counts"]), list(amid["states"])
        with replayed(self, start if amid is not None else None):
            # Always drawn, so that the order is the same for any number of workers.
            base_seed = int(tg.randint(0, 2**62, (), generator=self.generator).item())
            table = table_of(self.dataset) if self._gathers() else None
            if table is not None:
                batches = table.batches(self.batch_sampler, progress.number)
                return MemoryIterator(self, batches, progress)
            plan, order = self._plan(), None
            if not self.iterable:
                order = _begun(self.batch_sampler if self._batched else self.sampler, progress)
            if self.num_workers == 0:
                fetched = FetchedBatches(plan, order, progress.number, progress.states[0])
                kind = StreamIterator if self.iterable else MemoryIterator
                return kind(self, fetched, progress)
        iterator = WorkerIterator(self, order, progress)
        latest = self._latest() if self._latest is not None else None
        if latest is not None and self.persistent_workers:
            latest.give_up()
        self._latest = weakref.ref(iterator)
        self._passes += 1
        iterator.start(self._workers(plan), self._passes, base_seed)
        return iterator

    def _gathers(self) -> bool:
        """Whether a dataset in memory is read as a whole, without asking for its examples."""
        asked = self.num_workers > 0 and (self.worker_init_fn is not None or self._kind_given)
        plain = self._batched and self.collate_fn is default_collate
        return plain and not self.iterable and not asked

    def _plan(self) -> Plan:
        return Plan(
            self.dataset,
            self.collate_fn,
            self.iterable,
            self._batched,
            self.batch_size,
            self.drop_last,
            self.num_workers,
            self.worker_init_fn,
        )

    def _workers(self, plan: Plan) -> Workers:
        if self._kept is not None:
            if self._kept.usable and self._kept.count == self.num_workers:
                return self._kept
            self._kept.close()
        workers: Workers
        if self.worker_kind == "thread":
            from topograd.data.threads import ThreadWorkers

            workers = ThreadWorkers(plan)
        else:
            import multiprocessing

            from topograd.data.processes import ProcessWorkers

            workers = ProcessWorkers(plan, self._context or multiprocessing.get_context())
        if self.persistent_workers:
            self._kept = workers
        return workers

    def __getstate__(self) -> dict[str, Any]:
        """For copy and pickle: a copy has workers of its own, and begins a pass of its own."""
        return {**self.__dict__, "_kept": None, "_latest": None, "_progress": None}

    def __del__(self) -> None:
        kept = self.__dict__.get("_kept")
        if kept is not None:
            kept.close()

    def state_dict(self) -> dict[str, Any]:
        """Where the latest pass is, as data that `tg.save` takes; batches given out count as done.

        >>> import topograd as tg
        >>> dataset = tg.data.TensorDataset(tg.arange(6))
        >>> loader = tg.data.DataLoader(dataset, batch_size=2, shuffle=True)
        >>> batches = iter(loader)
        >>> first = next(batches)
        >>> state = loader.state_dict()
        >>> rest = [x.tolist() for (x,) in batches]
        >>> loader.load_state_dict(state)
        >>> [x.tolist() for (x,) in loader] == rest
        True
        """
        return state_of(self, self._progress, self._resumed)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Makes the next pass go on where the state was written.

        The batches are the same ones, shuffled or not, with any number of workers: the order is
        drawn again from the random state that the pass began with, which is part of the state; the
        program's own random state is left alone.  An iterable dataset takes the state of its own
        `load_state_dict`, or else leaves out the batches that were done.  A sampler of one's own is
        asked again for its whole order.  Raises ValueError for a state that does not fit.
        """
        self._resumed = checked(self, state_dict)
        self._progress = None
        for generator, place in zip(generators_of(self), state_dict["generators"], strict=True):
            generator.set_state(place)


def _begun(sampler: Any, progress: Progress) -> Iterator[Any]:
    """The rest of a sampler's order, its first entry drawn now, before random numbers move on."""
    order = iter(sampler)
    first = list(itertools.islice(order, progress.number, progress.number + 1))
    return itertools.chain(first, order)
