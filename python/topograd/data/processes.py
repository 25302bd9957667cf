"""Workers that are processes: for datasets whose Python code would wait for the interpreter's lock.

Each worker has a pipe of its own and no lock is shared, so that one that is killed takes nothing
with it.  A thread of the loader's process reads all pipes as soon as something comes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import select
import signal
import threading
import time
import traceback
import warnings
import weakref
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from queue import Empty, SimpleQueue
from typing import Any

import topograd as tg
from topograd.data import messages
from topograd.data.worker import Epoch, Plan, Result, Worker, sources_of_process

GRACE_SECONDS = 0.5  # to end by themselves, before they are told to
JOIN_SECONDS = 2.0
LAST_WORDS_SECONDS = 5.0

# The ends of pipes that belong to this process, and its workers.
_ends: weakref.WeakSet[Connection] = weakref.WeakSet()
_workers: weakref.WeakSet[Any] = weakref.WeakSet()


def _disown() -> None:
    """In a child of fork(): the workers are not its own.

    Were their pipes open here, they would never learn that their loader is gone; and were they in
    Python's list of children, the end of this process would end them.
    """
    for end in list(_ends):
        end.close()
    _ends.clear()
    children = getattr(multiprocessing.process, "_children", None)
    if children is not None:
        children.difference_update(_workers)
    _workers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_disown)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Inside, Ctrl-C waits: a process that is being started has not learned to ignore it yet."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class WorkerTraceback(Exception):
    """Stands as the cause of an error that a worker process sent: its traceback there."""

    def __str__(self) -> str:
        return f'\n"""\n{self.args[0]}"""'


def work(plan: Plan, number: int, connection: Connection) -> None:
    """The life of a worker process: passes and jobs from its pipe, up to None or its end."""
    # Ctrl-C reaches all processes of a terminal; the loader's one answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    tg.set_num_threads(1)
    worker = Worker(plan, number, sources_of_process(), None)
    parent = multiprocessing.parent_process()
    sources: list[Any] = [connection, *([parent.sentinel] if parent is not None else [])]
    try:
        while connection in wait(sources):
            message = messages.receive(connection)
            if message is None:
                return
            if isinstance(message, Epoch):
                worker.start(message)
            else:
                _answer(connection, worker.do(message))
    except (EOFError, ConnectionError):
        return  # the loader is gone, and nobody waits for a word


def _answer(connection: Connection, result: Result) -> None:
    if result.kind != "error":
        try:
            messages.send(connection, result)
            return
        except (OSError, EOFError):
            raise
        except Exception as problem:  # what can not be pickled
            failure = TypeError(
                f"DataLoader: a batch of type {type(result.value).__name__} cannot be sent from a "
                f"worker process: {problem}"
            )
            failure.__cause__ = problem
            result = result._replace(kind="error", value=failure, state=None)
    error = result.value
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    messages.send(connection, result._replace(value=(_sendable(error), text)))


def _sendable(error: BaseException) -> BaseException:
    from multiprocessing.reduction import ForkingPickler

    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:  # whatever its own __reduce__ and __init__ make of it
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _with_cause(result: Result) -> Result:
    error, text = result.value
    error.__cause__ = WorkerTraceback(text)
    return result._replace(value=error)


def read(connections: dict[Any, int], results: SimpleQueue[Result]) -> None:
    """Puts what comes from the pipes into the queue, until every pipe has ended."""
    while connections:
        try:
            ready = wait(list(connections))
        except OSError:  # closed: the loader was collected, perhaps by this very thread
            return
        for connection in ready:
            assert isinstance(connection, Connection)
            worker = connections[connection]
            try:
                result = messages.receive(connection)
            except Exception as problem:
                # The pipe ended, perhaps amid a message; or what came cannot be rebuilt here.
                del connections[connection]
                ended = isinstance(problem, (EOFError, OSError))
                results.put(Result(-1, -1, worker, "gone", None if ended else problem))
                continue
            if result.kind == "error":
                result = _with_cause(result)
            results.put(result)
            del result  # a batch must not be kept alive by a thread that waits


class ProcessWorkers:
    """A loader's worker processes."""

    def __init__(self, plan: Plan, context: Any) -> None:
        self.count = plan.workers
        self._process = os.getpid()
        self._closed = False
        self.results: SimpleQueue[Result] = SimpleQueue()
        self._connections: list[Connection] = []
        self._workers: list[Any] = []
        self._reader: threading.Thread | None = None
        try:
            for number in range(plan.workers):
                self._start(plan, number, context)
        except BaseException:
            self.close()
            raise
        ends = dict(zip(self._connections, range(plan.workers), strict=True))
        self._reader = threading.Thread(
            target=read, args=(ends, self.results), name="topograd-loader-reader", daemon=True
        )
        self._reader.start()

    def _start(self, plan: Plan, number: int, context: Any) -> None:
        ours, theirs = context.Pipe()
        _ends.add(ours)
        self._connections.append(ours)
        worker = context.Process(
            target=work, args=(plan, number, theirs), name=f"topograd-loader-{number}", daemon=True
        )
        try:
            with _interrupts_held(), warnings.catch_warnings():
                # Python warns of threads at a fork; topograd's own are prepared for it.
                warnings.filterwarnings("ignore", message=".*multi-threaded", append=False)
                worker.start()
        finally:
            theirs.close()
        _workers.add(worker)
        self._workers.append(worker)

    @property
    def usable(self) -> bool:
        """Whether they are of this process, and none was told to stop or is gone."""
        if self._process != os.getpid() or self._closed:
            return False
        return all(worker.is_alive() for worker in self._workers)

    def send(self, worker: int, message: Any) -> None:
        """Sends a message to a worker; one that is gone is reported by receive()."""
        with contextlib.suppress(ConnectionError):
            messages.send(self._connections[worker], message)

    def receive(self, seconds: float) -> Result | None:
        """The next result; None if there is none within `seconds`."""
        try:
            return self.results.get(timeout=seconds)
        except Empty:
            return None

    def lost(self) -> Result | None:
        """The last word of a worker that is gone, if one is."""
        for number, worker in enumerate(self._workers):
            if not worker.is_alive() and self.results.empty():
                return Result(-1, -1, number, "gone", None)
        return None

    def describe(self, worker: int) -> str:
        """A worker, for messages: its number, its process, and how it ended if it did."""
        process = self._workers[worker]
        process.join(LAST_WORDS_SECONDS)
        code = process.exitcode
        text = f"worker process {worker} (pid {process.pid})"
        if code is None:
            return text
        if code < 0:
            return f"{text}, killed by {signal.Signals(-code).name},"
        return f"{text}, gone with exit code {code},"

    def close(self) -> None:
        """Ends the processes: they are asked, then terminated, then killed."""
        if self._process != os.getpid() or self._closed:
            return
        self._closed = True
        for number, connection in enumerate(self._connections[: len(self._workers)]):
            # One that has not read its messages for long might never make room for another.
            if select.select([], [connection], [], 0)[1]:
                self.send(number, None)
        self._join(GRACE_SECONDS)
        for force in ("terminate", "kill"):
            for worker in self._workers:
                if worker.is_alive():
                    getattr(worker, force)()
            self._join(JOIN_SECONDS)
        # The pipes have ended with their processes, and so the reader ends by itself.
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join(JOIN_SECONDS)
        for connection in self._connections:
            connection.close()
        for worker in self._workers:
            if not worker.is_alive():
                worker.close()

    def _join(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
