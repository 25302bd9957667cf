"""Tasks done ahead of time by threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

# What a task returns when there is nothing more.
END: Any = object()


class PrefetchSettings(NamedTuple):
    """How far ahead a thread works, how long to wait for a result, what a thread calls first."""

    factor: int
    timeout: float | None
    initialize: Callable[[int], None] | None


def prefetched(
    tasks: Iterator[Callable[[], Any]], workers: int, settings: PrefetchSettings
) -> Iterator[Any]:
    """The results of the tasks, in order, up to the first END; an error is raised in its turn."""
    from collections import deque
    from concurrent.futures import Future, ThreadPoolExecutor
    from itertools import count, islice

    numbers = count()

    def initialize() -> None:
        if settings.initialize is not None:
            settings.initialize(next(numbers))

    with ThreadPoolExecutor(workers, "topograd-loader", initialize) as pool:
        pending: deque[Future[Any]] = deque()
        try:
            for task in islice(tasks, workers * settings.factor):
                pending.append(pool.submit(task))
            while pending:
                result = pending.popleft().result(settings.timeout)
                if result is END:
                    return
                for task in islice(tasks, 1):
                    pending.append(pool.submit(task))
                yield result
        finally:
            for future in pending:  # the loop was left early
                future.cancel()
