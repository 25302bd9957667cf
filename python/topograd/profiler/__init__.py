"""Where time and memory of a program go: `topograd.profile()`, and PyTorch's names for it."""

from __future__ import annotations

from topograd.profiler.averages import EventList, FunctionEventAvg
from topograd.profiler.blocks import record_function
from topograd.profiler.events import Event
from topograd.profiler.memory import Memory, memory, memory_summary, reset_peak_memory
from topograd.profiler.native import Profile
from topograd.profiler.schedules import ProfilerAction, schedule, tensorboard_trace_handler
from topograd.profiler.sessions import ProfilerActivity, profile, supported_activities

__all__ = [
    "Event",
    "EventList",
    "FunctionEventAvg",
    "Memory",
    "Profile",
    "ProfilerAction",
    "ProfilerActivity",
    "memory",
    "memory_summary",
    "profile",
    "record_function",
    "reset_peak_memory",
    "schedule",
    "supported_activities",
    "tensorboard_trace_handler",
]
