"""The iterators of a loader: over memory, in the calling thread, and with workers."""

from __future__ import annotations

import atexit
import os
import time
import warnings
import weakref
from collections.abc import Iterator
from itertools import count, islice
from typing import Any, Protocol

from topograd.data.dataset import add_note
from topograd.data.resume import Progress
from topograd.data.worker import Epoch, Fetcher, Job, Plan, Result, Stopped

WATCH_SECONDS = 1.0  # how often a wait for a result looks whether the workers are alive


class Workers(Protocol):
    """What threads and processes have in common."""

    count: int

    @property
    def usable(self) -> bool: ...
    def send(self, worker: int, message: Any) -> None: ...
    def receive(self, seconds: float) -> Result | None: ...
    def lost(self) -> Result | None: ...
    def describe(self, worker: int) -> str: ...
    def close(self) -> None: ...


_open: weakref.WeakSet[Any] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """At the end of the interpreter: workers that are still there are told to stop."""
    for workers in list(_open):
        workers.close()


class MemoryIterator:
    """Goes over batches that are made as they are asked for."""

    def __init__(self, loader: Any, batches: Iterator[Any], progress: Progress) -> None:
        self._loader = loader
        self._next = batches.__next__
        self._progress = progress

    def __iter__(self) -> MemoryIterator:
        return self

    def __next__(self) -> Any:
        self._progress.number += 1  # after an error too: the next call gives the next batch
        try:
            return self._next()
        except StopIteration:
            self._progress.number -= 1
            self._progress.finished = True
            raise

    def __len__(self) -> int:
        return len(self._loader)


class StreamIterator(MemoryIterator):
    """Goes over batches of an iterable dataset in the calling thread."""

    def __next__(self) -> Any:
        batch = super().__next__()
        warn_of_length(self._loader, self._progress.number)
        return batch


class FetchedBatches:
    """Batches fetched in the calling thread; after an error, it goes on with the next one."""

    def __init__(self, plan: Plan, order: Iterator[Any] | None, skipped: int, state: Any) -> None:
        self._fetcher = Fetcher(plan)
        self._fetcher.start(0 if state is not None else skipped, state)
        self._order = order

    def __iter__(self) -> FetchedBatches:
        return self

    def __next__(self) -> Any:
        return self._fetcher.make(None if self._order is None else next(self._order))


class WorkerIterator:
    """Gives jobs to workers ahead of time, and their batches in order (or as they come)."""

    def __init__(self, loader: Any, order: Iterator[Any] | None, progress: Progress) -> None:
        self._loader = loader
        self._progress = progress
        self._process = os.getpid()
        self._in_order: bool = loader.in_order
        self._order = order
        self._jobs: dict[int, int] = {}  # number of each job that is out -> its worker
        self._arrived: dict[int, Result] = {}
        self._active = [True] * loader.num_workers
        self._numbers = count(progress.number)
        self._done_before = set(progress.ahead)
        self._turn = progress.last + 1  # of the worker that gets the next job of an iterable one
        self._taken_over = False
        self._failed = False
        self.epoch = -1

    def start(self, workers: Workers, epoch: int, base_seed: int) -> None:
        """Begins the pass, with as many jobs as there is room for."""
        self._workers, self.epoch = workers, epoch
        _open.add(workers)
        progress = self._progress
        for worker in range(self._loader.num_workers):
            state = progress.states[worker]
            skipped = 0 if state is not None else progress.counts[worker]
            workers.send(worker, Epoch(epoch, base_seed, skipped, state))
        for _ in range(self._loader.num_workers * (self._loader.prefetch_factor or 2)):
            self._give_job()

    def __iter__(self) -> WorkerIterator:
        return self

    def __len__(self) -> int:
        return len(self._loader)

    def __next__(self) -> Any:
        if os.getpid() != self._process:
            raise RuntimeError(
                "DataLoader: this iterator was made in another process, before a fork; its workers "
                "are there. Make a new one with iter(loader)"
            )
        if self._taken_over:
            raise RuntimeError(
                "DataLoader: a newer iterator has taken over the persistent workers of this one"
            )
        while self._jobs or self._arrived:
            result = self._next_result()
            if result.kind == "end":
                self._active[result.worker] = False
                self._give_job()
                continue
            self._give_job()
            if result.kind != "gone":
                self._note(result)
            if result.kind == "batch":
                return result.value
            error = self._told(result)
            try:
                raise error
            finally:  # or else the error would hold this frame, and this frame the error
                del error, result
        self._progress.finished = not self._failed
        self.close()
        raise StopIteration

    def _note(self, result: Result) -> None:
        progress = self._progress
        if self._order is not None:
            progress.given(result.number)
        else:
            progress.number += 1
            warn_of_length(self._loader, progress.number)
            progress.counts[result.worker] += 1
            progress.last = result.worker
            progress.states[result.worker] = result.state

    def _next_result(self) -> Result:
        """The result whose turn it is; waits for it."""
        wanted = min([*self._jobs, *self._arrived])
        deadline = time.monotonic() + self._loader.timeout if self._loader.timeout else None
        while not (wanted in self._arrived if self._in_order else self._arrived):
            seconds = WATCH_SECONDS
            if deadline is not None:
                seconds = min(seconds, deadline - time.monotonic())
            result = self._workers.receive(seconds) if seconds > 0 else None
            if result is None and (result := self._workers.lost()) is None:
                if deadline is not None and time.monotonic() >= deadline:
                    raise self._late(wanted)
                continue
            self._arrive(result)
        if not self._in_order:
            wanted = next(iter(self._arrived))
        return self._arrived.pop(wanted)

    def _arrive(self, result: Result) -> None:
        if result.kind == "gone":
            self._bury(result)
        elif result.epoch == self.epoch and self._jobs.pop(result.number, None) is not None:
            self._arrived[result.number] = result

    def _bury(self, last_word: Result) -> None:
        """Of a worker that is gone: its first job brings the error, the others will not come."""
        active, self._active[last_word.worker] = self._active[last_word.worker], False
        lost = sorted(n for n, worker in self._jobs.items() if worker == last_word.worker)
        for place, number in enumerate(lost):
            del self._jobs[number]
            kind = "gone" if place == 0 else "end"
            self._arrived[number] = last_word._replace(number=number, kind=kind)
        if active and not lost and (self._order is None or list(islice(self._order, 1))):
            number = next(self._numbers)  # it had nothing to do, but what is next is missing
            self._arrived[number] = last_word._replace(number=number)

    def _give_job(self) -> None:
        """Gives the next job to the worker whose turn it is, if there is one."""
        if not any(self._active):
            return
        number = next(self._numbers)
        indices = None
        if self._order is not None:
            try:
                indices = next(self._order)
                while number in self._done_before:
                    indices, number = next(self._order), next(self._numbers)
            except StopIteration:
                return
            except Exception as error:  # of the sampler: it is raised in its turn
                self._order = iter(())
                self._arrived[number] = Result(self.epoch, number, -1, "error", error)
                return
        worker = self._choose(number)
        self._jobs[number] = worker
        self._workers.send(worker, Job(self.epoch, number, indices))

    def _choose(self, number: int) -> int:
        workers = len(self._active)
        if self._in_order and self._order is not None and all(self._active):
            return number % workers
        candidates = [(self._turn + k) % workers for k in range(workers)]
        candidates = [worker for worker in candidates if self._active[worker]]
        if not self._in_order:  # the one with the least to do
            loads = list(self._jobs.values())
            candidates.sort(key=loads.count)
        self._turn = candidates[0] + 1
        return candidates[0]

    def _told(self, result: Result) -> BaseException:
        """The error of a result, with a note on where it happened."""
        where = f"batch {result.number}"
        if result.kind == "gone":
            if result.value is None:
                who = self._workers.describe(result.worker)
                text = f"{who} exited unexpectedly before {where} was ready"
            else:
                text = f"what {self._name(result.worker)} sent can not be read: {result.value!r}"
            self._failed = True
            self.close()
            return RuntimeError(f"DataLoader: {text}")
        error: BaseException = result.value
        if result.worker < 0:
            return error
        if isinstance(error, Stopped):
            return RuntimeError("DataLoader: the workers of this iterator were stopped")
        name = self._name(result.worker)
        add_note(error, f"Caught {type(error).__name__} in DataLoader {name}, {where}.")
        return error

    def _name(self, worker: int) -> str:
        kind = "process" if self._loader.worker_kind == "process" else "thread"
        return f"worker {kind} {worker}"

    def _late(self, number: int) -> RuntimeError:
        worker = self._jobs.get(number)
        who = f" of {self._name(worker)}" if worker is not None else ""
        self._failed = True
        self.close()
        return RuntimeError(
            f"DataLoader timed out after {self._loader.timeout} seconds, waiting for batch "
            f"{number}{who}"
        )

    def give_up(self) -> None:
        """Leaves the workers to a newer iterator of the same loader."""
        self._taken_over = True
        self._jobs.clear()
        self._arrived.clear()

    def close(self) -> None:
        """Lets go of the workers: ends them, or leaves persistent ones to the loader."""
        self._jobs.clear()
        self._arrived.clear()
        self._active = [False] * len(self._active)
        workers = getattr(self, "_workers", None)
        kept = self._taken_over or (self._loader.persistent_workers and not self._failed)
        if workers is not None and not (kept and workers.usable):
            workers.close()

    def __del__(self) -> None:
        if getattr(self, "_workers", None) is not None and self._process == os.getpid():
            self.close()


def warn_of_length(loader: Any, fetched: int) -> None:
    """Warns of an iterable dataset with more batches than its length told, when it was asked."""
    if loader.reported_length is None or fetched != loader.reported_length + 1:
        return
    warnings.warn(
        f"Length of IterableDataset {type(loader.dataset).__name__} was reported to be "
        f"{loader.reported_length} batches, but {fetched} have been fetched. With workers, each "
        "one gives all examples, unless the dataset splits them by get_worker_info().",
        stacklevel=3,
    )
