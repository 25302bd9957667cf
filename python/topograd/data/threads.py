"""Workers that are threads: they share the dataset's memory, and need no copies."""

from __future__ import annotations

import copy
import os
import threading
import time
from queue import Empty, SimpleQueue
from typing import Any

from topograd.data.dataset import Dataset
from topograd.data.worker import Epoch, Plan, Result, Worker, sources_of_thread

JOIN_SECONDS = 1.0


def work(
    plan: Plan,
    number: int,
    inbox: SimpleQueue[Any],
    results: SimpleQueue[Result],
    stop: threading.Event,
) -> None:
    """The life of a worker thread: passes and jobs from its inbox, up to None."""
    worker = Worker(plan, number, sources_of_thread(), stop.is_set)
    while (message := inbox.get()) is not None:
        if isinstance(message, Epoch):
            worker.start(message)
        else:
            results.put(worker.do(message))
        message = None  # a batch must not be kept alive by a thread that waits
        if stop.is_set():
            return


class ThreadWorkers:
    """A loader's worker threads."""

    def __init__(self, plan: Plan) -> None:
        self.count = plan.workers
        self._process = os.getpid()
        self.results: SimpleQueue[Result] = SimpleQueue()
        self._stop = threading.Event()
        self._inboxes: list[SimpleQueue[Any]] = [SimpleQueue() for _ in range(plan.workers)]
        self._threads = [
            threading.Thread(
                # They hold no reference to this object: when it goes, they are told to stop.
                target=work,
                args=(_own(plan), number, inbox, self.results, self._stop),
                name=f"topograd-loader-{number}",
                daemon=True,
            )
            for number, inbox in enumerate(self._inboxes)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def usable(self) -> bool:
        """Whether they are of this process, and not told to stop."""
        return self._process == os.getpid() and not self._stop.is_set()

    def send(self, worker: int, message: Any) -> None:
        """Puts a message into a worker's inbox."""
        self._inboxes[worker].put(message)

    def receive(self, seconds: float) -> Result | None:
        """The next result; None if there is none within `seconds`."""
        try:
            return self.results.get(timeout=seconds)
        except Empty:
            return None

    def lost(self) -> Result | None:
        """Of a worker that is gone, its last word; threads do not go by themselves."""
        return None

    def describe(self, worker: int) -> str:
        """A worker, for messages."""
        return f"worker thread {worker}"

    def close(self) -> None:
        """Stops the threads; one that is amid an example that does not end is left behind."""
        if not self.usable:
            return
        self._stop.set()
        for inbox in self._inboxes:
            inbox.put(None)
        deadline = time.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(max(0.0, deadline - time.monotonic()))


def _own(plan: Plan) -> Plan:
    """The plan with a shallow copy of the dataset: attributes of its own, the same data."""
    if not isinstance(plan.dataset, Dataset):
        return plan
    try:
        return plan._replace(dataset=copy.copy(plan.dataset))
    except Exception:  # a dataset that refuses to be copied is shared
        return plan
