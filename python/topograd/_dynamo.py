"""`torch._dynamo` for programs that set its switches; nothing is compiled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from topograd._settings import compile
from topograd.compiler import allow_in_graph, disable, is_compiling, reset

__all__ = [
    "allow_in_graph",
    "config",
    "disable",
    "graph_break",
    "is_compiling",
    "mark_dynamic",
    "mark_static",
    "optimize",
    "reset",
]

# Whatever a program sets can be read again.
config = SimpleNamespace(suppress_errors=False, cache_size_limit=8, verbose=False)


def optimize(backend: Any = "inductor", **kwargs: Any) -> Any:
    """A decorator that gives back the function."""
    return lambda function: compile(function)


def graph_break(msg: str = "") -> None:
    """Nothing."""


def mark_dynamic(t: Any, index: Any, **kwargs: Any) -> None:
    """Nothing: every size may change."""


def __getattr__(name: str) -> Any:
    if name == "OptimizedModule":
        from topograd.nn.compiled import OptimizedModule

        return OptimizedModule
    raise AttributeError(f"module 'topograd._dynamo' has no attribute '{name}'")


def mark_static(t: Any, index: Any = None) -> None:
    """Nothing."""
