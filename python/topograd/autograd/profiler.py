"""PyTorch's older profiler, `torch.autograd.profiler`, on the same data as `topograd.profiler`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from topograd.profiler.averages import EventList, FunctionEventAvg
from topograd.profiler.blocks import record_function
from topograd.profiler.events import Event
from topograd.profiler.sessions import profile as _session

__all__ = ["EventList", "FunctionEventAvg", "profile", "record_function"]


class profile:  # PyTorch's name
    """A profile of a block; `topograd.profile` and `topograd.profiler.profile` are newer.

    enabled: with False nothing is noted.  record_shapes, with_flops, profile_memory, with_stack: as
    in `topograd.profiler.profile`.  Other arguments are accepted.

    >>> import topograd as tg
    >>> with tg.autograd.profiler.profile(record_shapes=True) as prof:
    ...     y = tg.ones(2).exp()
    >>> [row.key for row in prof.key_averages()]
    ['ones', 'exp']
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        experimental_config: object = None,
        acc_events: bool = False,
        custom_trace_id_callback: object = None,
    ) -> None:
        self.enabled = enabled
        self._session = _session(
            record_shapes=record_shapes,
            with_flops=with_flops,
            profile_memory=profile_memory,
            with_stack=with_stack,
        )

    def __enter__(self) -> profile:
        if self.enabled:
            self._session.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.enabled:
            self._session.stop()

    @property
    def function_events(self) -> list[Event]:
        """All events, in the order in which they began."""
        return self._session.events()

    def key_averages(
        self,
        group_by_input_shape: bool = False,
        group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:
        """The events added up by name. Raises RuntimeError when nothing was recorded."""
        return self._session.key_averages(group_by_input_shape, group_by_stack_n)

    def total_average(self) -> FunctionEventAvg:
        """All events as one row."""
        return self.key_averages().total_average()

    @property
    def self_cpu_time_total(self) -> float:
        """The self times of all events together, in µs."""
        return self.key_averages().self_cpu_time_total

    def table(self, *args: Any, **kwargs: Any) -> str:
        """The table of `key_averages()`, with its arguments."""
        return self.key_averages().table(*args, **kwargs)

    def export_chrome_trace(self, path: str | Path) -> None:
        """Writes the trace for Chrome or Perfetto."""
        self._session.export_chrome_trace(path)
