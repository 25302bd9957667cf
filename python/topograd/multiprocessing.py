"""Python's multiprocessing, and `spawn`, as `torch.multiprocessing` has them.

Tensors that are sent to another process are copied.  Processes are started afresh ("spawn")
unless a context asks for something else.
"""

from __future__ import annotations

import multiprocessing as _base
from collections.abc import Callable
from multiprocessing import *  # noqa: F403
from multiprocessing import __all__ as _names
from typing import Any

__all__ = [*_names]
__all__ += [
    "ProcessContext",
    "get_all_sharing_strategies",
    "get_sharing_strategy",
    "set_sharing_strategy",
    "spawn",
    "start_processes",
]

_strategy = ["file_descriptor"]


class ProcessContext:
    """The processes that `spawn(join=False)` started."""

    def __init__(self, processes: list[Any]) -> None:
        self.processes = processes

    def pids(self) -> list[int]:
        """Their numbers."""
        return [process.pid for process in self.processes]

    def join(self, timeout: float | None = None) -> bool:
        """Waits for all of them; True when they are done.

        Raises RuntimeError, after ending the others, when one failed.
        """
        for process in self.processes:
            process.join(timeout)
        failed = [i for i, process in enumerate(self.processes) if process.exitcode]
        if failed:
            for process in self.processes:
                if process.is_alive():
                    process.terminate()
            code = self.processes[failed[0]].exitcode
            raise RuntimeError(f"spawn: process {failed[0]} ended with exit code {code}")
        return all(process.exitcode is not None for process in self.processes)


def start_processes(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """Starts nprocs processes that call fn(i, *args); waits for them, or returns their context."""
    context: Any = _base.get_context(start_method)
    processes = []
    for i in range(nprocs):
        process = context.Process(target=fn, args=(i, *args), daemon=daemon)
        process.start()
        processes.append(process)
    started = ProcessContext(processes)
    if not join:
        return started
    started.join()
    return None


def spawn(
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    nprocs: int = 1,
    join: bool = True,
    daemon: bool = False,
    start_method: str = "spawn",
) -> ProcessContext | None:
    """`start_processes` under the name that programs use."""
    return start_processes(fn, args, nprocs, join, daemon, start_method)


def get_all_sharing_strategies() -> set[str]:
    """The names that `set_sharing_strategy` takes; tensors are copied with each."""
    return {"file_descriptor", "file_system"}


def get_sharing_strategy() -> str:
    """The last setting."""
    return _strategy[0]


def set_sharing_strategy(new_strategy: str) -> None:
    """Accepted: tensors are copied."""
    if new_strategy not in get_all_sharing_strategies():
        raise ValueError(f"set_sharing_strategy: there is no strategy {new_strategy!r}")
    _strategy[0] = new_strategy
