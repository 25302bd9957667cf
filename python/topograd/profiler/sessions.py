"""PyTorch's `torch.profiler.profile` on the profile of this package."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from topograd.profiler.averages import EventList, averages
from topograd.profiler.blocks import record_function
from topograd.profiler.events import Event
from topograd.profiler.native import Profile
from topograd.profiler.schedules import ProfilerAction
from topograd.profiler.trace import write_trace

__all__ = ["ProfilerActivity", "profile", "supported_activities"]


class ProfilerActivity(enum.Enum):
    """What is profiled; only the CPU does anything here."""

    CPU = 0
    XPU = 1
    CUDA = 2
    MTIA = 3
    HPU = 4
    PrivateUse1 = 5


def supported_activities() -> set[ProfilerActivity]:
    """What `profile` can look at: the CPU."""
    return {ProfilerActivity.CPU}


def _always(_: int) -> ProfilerAction:
    return ProfilerAction.RECORD


class profile:  # PyTorch's name
    """A profile with PyTorch's arguments and methods; `topograd.profile` has the tables of its own.

    activities: accepted; the CPU is what there is.  schedule: step -> ProfilerAction, see
    `schedule`; then call `step()` after each step.  on_trace_ready: called with this object when a
    trace is complete.  record_shapes: note shapes.  profile_memory: follow memory.  with_stack:
    the line of each op can be had by `key_averages(group_by_stack_n=1)`; it is known in any case.
    with_flops: estimate the arithmetic of ops.  Other arguments are accepted.

    The thread that starts it is profiled.  Times are in µs, as in PyTorch.

    >>> import topograd as tg
    >>> from topograd.profiler import ProfilerActivity, profile, record_function
    >>> with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as prof:
    ...     with record_function("product"):
    ...         y = tg.ones(2, 3) @ tg.ones(3, 4)
    >>> [(row.key, row.count) for row in prof.key_averages()]
    [('product', 1), ('ones', 2), ('matmul', 1)]
    """

    def __init__(
        self,
        *,
        activities: Iterable[ProfilerActivity] | None = None,
        schedule: Callable[[int], ProfilerAction] | None = None,
        on_trace_ready: Callable[[profile], Any] | None = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        experimental_config: object = None,
        execution_trace_observer: object = None,
        acc_events: bool = False,
        use_cuda: bool | None = None,
        custom_trace_id_callback: object = None,
    ) -> None:
        self.activities = set(activities) if activities is not None else supported_activities()
        self.schedule = schedule if schedule is not None else _always
        self.on_trace_ready = on_trace_ready
        self.record_shapes = record_shapes
        self.profile_memory = profile_memory
        self.with_stack = with_stack
        self.with_flops = with_flops
        self.with_modules = with_modules
        self.step_num = 0
        self.current_action = ProfilerAction.NONE
        self._scheduled = schedule is not None
        self._profile: Profile | None = None
        self._block: record_function | None = None
        self._metadata: dict[str, Any] = {}

    # Running --------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._profile = Profile(
            memory=self.profile_memory, shapes=self.record_shapes or self.with_flops
        )
        self._profile.start()

    def _end(self) -> None:
        if self._profile is not None:
            self._profile.stop()

    def _ready(self) -> None:
        if self.on_trace_ready is not None:
            self.on_trace_ready(self)

    def _follow(self, action: ProfilerAction) -> None:
        """Goes on from the action of the last step to that of this one."""
        recording = (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        before, self.current_action = self.current_action, action
        if before == ProfilerAction.RECORD_AND_SAVE or (
            before in recording and action not in recording
        ):
            self._end()
            self._ready()
            before = ProfilerAction.NONE
        if action in recording and before not in recording:
            self._begin()

    def _open_block(self) -> None:
        self._block = record_function(f"ProfilerStep#{self.step_num}")
        self._block.__enter__()

    def _close_block(self) -> None:
        if self._block is not None:
            self._block.__exit__()
            self._block = None

    def start(self) -> None:
        """Begins with the action of the first step."""
        self._follow(self.schedule(self.step_num))
        if self._scheduled:
            self._open_block()

    def stop(self) -> None:
        """Ends; a trace that was being recorded is complete."""
        self._close_block()
        self._follow(ProfilerAction.NONE)

    def step(self) -> None:
        """The next step begins."""
        self._close_block()
        self.step_num += 1
        self._follow(self.schedule(self.step_num))
        self._open_block()

    def __enter__(self) -> profile:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Looking --------------------------------------------------------------------------------------

    @property
    def native(self) -> Profile:
        """The `topograd.Profile` behind it. Raises RuntimeError when nothing was recorded."""
        if self._profile is None:
            raise RuntimeError("profiler: nothing was recorded yet")
        return self._profile

    def events(self) -> list[Event]:
        """All events, in the order in which they began."""
        return self.native.events

    def key_averages(
        self,
        group_by_input_shape: bool = False,
        group_by_stack_n: int = 0,
        group_by_overload_name: bool = False,
    ) -> EventList:
        """The events added up by name, and by shapes of arguments or by line if asked."""
        native = self.native
        return averages(
            native.events, group_by_input_shape, group_by_stack_n, self.with_flops, native.duration
        )

    def export_chrome_trace(self, path: str | Path) -> None:
        """Writes the trace for Chrome or Perfetto; compressed for a name that ends in '.gz'."""
        native = self.native
        held = native.held if self.profile_memory else []
        write_trace(path, native.events, native.threads, held, self._metadata)

    def export_stacks(self, path: str | Path, metric: str = "self_cpu_time_total") -> None:
        """Writes 'module;line;op time' lines, for flame graphs. metric: self_cpu_time_total."""
        if metric not in ("self_cpu_time_total", "self_cuda_time_total"):
            raise ValueError(
                "export_stacks: metric must be 'self_cpu_time_total' or 'self_cuda_time_total', "
                f"got {metric!r}"
            )
        spent: dict[str, float] = {}
        for event in self.native.events:
            if event.kind in ("op", "backward"):
                parts = [part for part in (event.module, event.where) if part]
                line = ";".join([*parts, event.name]).replace(" ", "_")
                spent[line] = spent.get(line, 0.0) + event.self_time
        known = metric == "self_cpu_time_total"
        text = "".join(f"{line} {round(time) if known else 0}\n" for line, time in spent.items())
        Path(path).write_text(text, encoding="utf-8")

    def add_metadata(self, key: str, value: str) -> None:
        """Writes a text into the trace, under a key."""
        self._metadata[key] = str(value)

    def add_metadata_json(self, key: str, value: str) -> None:
        """Writes JSON into the trace, under a key. Raises ValueError for text that is none."""
        self._metadata[key] = json.loads(value)
