"""What a worker of a loader does, whether it is a thread or a process: fetch, and draw by seed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import topograd as tg
from topograd import _C
from topograd.data.collate import default_collate
from topograd.data.dataset import add_note, example, fetch, shortened
from topograd.data.gather import Table, table_of
from topograd.data.resume import has_state


class Plan(NamedTuple):
    """What the workers of a loader need to know."""

    dataset: Any
    collate_fn: Callable[[Any], Any]
    iterable: bool
    batched: bool
    batch_size: int | None
    drop_last: bool
    workers: int
    initialize: Callable[[int], None] | None


class Epoch(NamedTuple):
    """The start of a pass; an iterable dataset leaves out `skipped` batches, or takes a state."""

    number: int
    base_seed: int
    skipped: int = 0
    state: Any = None


class Job(NamedTuple):
    """A batch to make: its number in the pass, and which examples (None: the next ones)."""

    epoch: int
    number: int
    indices: Any


class Result(NamedTuple):
    """What came of a job: a batch, an error, or that the worker has no more examples."""

    epoch: int
    number: int
    worker: int
    kind: str  # "batch", "error", "end" or "gone"
    value: Any
    state: Any = None  # of an iterable dataset that has a state_dict


class Stopped(Exception):
    """A worker was told to stop amid a batch."""


class WorkerInfo:
    """Which worker this is: id, num_workers, seed, and its dataset.

    random and numpy are generators of Python's and NumPy's kind that start at the same place for a
    batch of the same number, whichever worker makes it.
    """

    def __init__(self, id: int, num_workers: int, seed: int, dataset: Any) -> None:
        self.id = id
        self.num_workers = num_workers
        self.seed = seed
        self.dataset = dataset
        self._start(seed)

    def _start(self, seed: int) -> None:
        self._batch_seed = seed
        self._random: random.Random | None = None
        self._numpy: Any = None

    @property
    def random(self) -> random.Random:
        """A generator of Python's kind of this worker's own."""
        if self._random is None:
            self._random = random.Random(self._batch_seed)
        return self._random

    @property
    def numpy(self) -> Any:
        """A generator of NumPy's kind of this worker's own."""
        if self._numpy is None:
            import numpy

            self._numpy = numpy.random.default_rng(self._batch_seed)
        return self._numpy

    def __repr__(self) -> str:
        return f"WorkerInfo(id={self.id}, num_workers={self.num_workers}, seed={self.seed})"


_here = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """Which worker of a loader calls this: id, num_workers, seed and dataset; None outside of one.

    An IterableDataset splits its examples by it; otherwise each worker gives all of them.  In a
    thread, dataset is a shallow copy, so that worker_init_fn may give it attributes of its own.

    >>> import topograd as tg
    >>> class Count(tg.data.IterableDataset):
    ...     def __iter__(self):
    ...         info = tg.data.get_worker_info()
    ...         return iter(range(6) if info is None else range(info.id, 6, info.num_workers))
    >>> [x.tolist() for x in tg.data.DataLoader(Count(), batch_size=2, num_workers=2)]
    [[0, 2], [1, 3], [4], [5]]
    """
    return getattr(_here, "info", None)


def mixed(base_seed: int, number: int) -> int:
    """A seed of 63 bits for each number, far from those of its neighbours.

    The mixing of splitmix64.  Source: Steele, Lea and Flood, 2014.
    """
    mask = 2**64 - 1
    z = (base_seed + (number + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return (z ^ (z >> 31)) >> 1


class _Source(NamedTuple):
    """A source of random numbers that belongs to the worker: how to start it, and where it is."""

    start: Callable[[int], Any]
    place: Callable[[], Any]


def sources_of_thread() -> list[_Source]:
    """Gives this thread a generator of its own; Python's and NumPy's belong to the process."""
    _C.set_thread_generator(tg.Generator())
    return [_Source(tg.manual_seed, lambda: tg.get_rng_state().tolist())]


def sources_of_process() -> list[_Source]:
    """The generators of topograd, Python and NumPy in a process of the worker's own."""
    import numpy

    def start_numpy(seed: int) -> None:
        numpy.random.seed([seed & 0xFFFFFFFF, seed >> 32])  # noqa: NPY002

    def place_numpy() -> Any:
        state: Any = numpy.random.get_state(legacy=True)  # noqa: NPY002
        return state[1].tolist(), state[2:]

    return [
        _Source(tg.manual_seed, lambda: tg.get_rng_state().tolist()),
        _Source(random.seed, random.getstate),
        _Source(start_numpy, place_numpy),
    ]


class Fetcher:
    """Makes batches of a dataset: of given indices, or of the next examples of an iterable one."""

    def __init__(self, plan: Plan, stopped: Callable[[], bool] | None = None) -> None:
        self._plan = plan
        self._stopped = stopped
        self._examples: Iterator[Any] | None = None
        self._table: Table | None = None
        if plan.batched and not plan.iterable and plan.collate_fn is default_collate:
            self._table = table_of(plan.dataset)

    def start(self, skipped: int, state: Any) -> None:
        """Begins a pass over an iterable dataset."""
        if not self._plan.iterable:
            return
        if state is not None:
            self._plan.dataset.load_state_dict(state)
        self._examples = iter(self._plan.dataset)
        wanted = skipped * (self._plan.batch_size or 1)
        for _ in islice(self._examples, wanted):
            pass

    def make(self, indices: Any) -> Any:
        """A batch; raises StopIteration when an iterable dataset has no more."""
        plan = self._plan
        if plan.iterable:
            return self._next()
        if not plan.batched:
            return plan.collate_fn(example(plan.dataset, indices))
        if self._table is not None:
            return self._table.batch(indices)
        wanted = list(indices)
        if self._stopped is None or hasattr(plan.dataset, "__getitems__"):
            examples = fetch(plan.dataset, wanted)
        else:
            examples = []
            for index in wanted:
                if self._stopped():
                    raise Stopped
                examples.append(example(plan.dataset, index))
        return self._collated(examples, wanted)

    def _next(self) -> Any:
        if self._examples is None:
            raise StopIteration
        if self._plan.batch_size is None:
            return self._plan.collate_fn(next(self._examples))
        batch = []
        for one in islice(self._examples, self._plan.batch_size):
            batch.append(one)
            if self._stopped is not None and self._stopped():
                raise Stopped
        if not batch or (self._plan.drop_last and len(batch) < self._plan.batch_size):
            raise StopIteration
        return self._collated(batch, None)

    def _collated(self, examples: list[Any], indices: list[Any] | None) -> Any:
        try:
            return self._plan.collate_fn(examples)
        except StopIteration as error:
            raise RuntimeError("DataLoader: collate_fn raised StopIteration") from error
        except Exception as error:
            if indices is not None:
                about = getattr(error, "positions", None)
                chosen = indices if about is None else [indices[i] for i in about]
                named = "dataset indices" if about is None else "those are dataset indices"
                add_note(error, f"{named} {shortened(chosen)}")
            raise


class Worker:
    """A worker's own state: its dataset, its random numbers, and what it was told last."""

    def __init__(
        self, plan: Plan, number: int, sources: list[_Source], stopped: Callable[[], bool] | None
    ) -> None:
        self._plan = plan
        self._number = number
        self._sources = sources
        self._seeded = sources  # those that are started anew for each batch
        self._stopped = stopped
        self._fetcher: Fetcher | None = None
        self._failure: BaseException | None = None
        self._base_seed = 0

    def start(self, epoch: Epoch) -> None:
        """Begins a pass; an error is kept for the first job."""
        self._base_seed, self._failure = epoch.base_seed, None
        try:
            seed = epoch.base_seed + self._number
            for place, source in enumerate(self._seeded, 1):
                source.start(mixed(mixed(epoch.base_seed, -2 - self._number), place))
            if self._fetcher is None:
                _here.info = WorkerInfo(self._number, self._plan.workers, seed, self._plan.dataset)
                self._initialize()
                self._fetcher = Fetcher(self._plan, self._stopped)
            _here.info.seed = seed
            _here.info._start(seed)
            self._fetcher.start(epoch.skipped, epoch.state)
        except BaseException as error:
            self._failure = error

    def _initialize(self) -> None:
        if self._plan.initialize is None:
            return
        before = [source.place() for source in self._sources]
        self._plan.initialize(self._number)
        # What worker_init_fn has seeded itself stays as it has seeded it.
        pairs = zip(self._sources, before, strict=True)
        self._seeded = [source for source, place in pairs if source.place() == place]

    def do(self, job: Job) -> Result:
        """Makes the batch of a job."""

        def result(kind: str, value: Any, state: Any = None) -> Result:
            return Result(job.epoch, job.number, self._number, kind, value, state)

        try:
            if self._failure is not None:
                try:
                    raise self._failure
                finally:  # this frame, which the error holds, does not hold the error
                    self._failure = None
            if self._fetcher is None:
                raise RuntimeError("DataLoader: this worker did not start, as its first error told")
            if not self._plan.iterable:
                self._seed(job.number)
            try:
                batch = self._fetcher.make(job.indices)
            except StopIteration:
                return result("end", None)
            keeps_state = self._plan.iterable and has_state(self._plan.dataset)
            return result("batch", batch, self._plan.dataset.state_dict() if keeps_state else None)
        except BaseException as error:
            return result("error", error)

    def _seed(self, number: int) -> None:
        seed = mixed(self._base_seed, number)
        for place, source in enumerate(self._seeded, 1):
            source.start(mixed(seed, place))  # so that none repeats what another one draws
        _here.info._start(seed)
