"""Checkpoints: activations of a part of a model are computed again instead of being kept.

What a part would save for the backward pass is left out; when the backward pass (or forward mode)
reaches the part, it is run once more, and its nodes take over what the second run saved. The graph
is the same as without, so gradients are bit for bit the same, of every order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import topograd as tg
from topograd import _C

__all__ = [
    "CheckpointError",
    "checkpoint",
    "checkpoint_sequential",
    "noop_context_fn",
    "set_checkpoint_debug_enabled",
    "set_checkpoint_early_stop",
]

ContextPair = tuple[AbstractContextManager[Any], AbstractContextManager[Any]]


class CheckpointError(RuntimeError):
    """The second run of a part did something else than the first."""


def noop_context_fn() -> ContextPair:
    """Two contexts that do nothing."""
    return nullcontext(), nullcontext()


@contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Accepted for programs that use it: the second run is always a whole one."""
    yield


@contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Accepted for programs that use it: errors always tell what differs."""
    yield


def checkpoint(
    function: Callable[..., Any],
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], ContextPair] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """Calls function(*args, **kwargs) without keeping what its backward pass needs.

    function: anything; it is called a second time when the backward pass gets there, and must then
    do the same.  preserve_rng_state: with the same random numbers (default True), so that dropout
    drops the same.  context_fn: gives two context managers, for the first and for the second run.
    use_reentrant: both values, and None, do the same here: gradients also for keyword arguments,
    for parameters alone, by `autograd.grad`, of second order, and in forward mode, none of which
    PyTorch has with True.  determinism_check: "default" or "none"; the ops, shapes and dtypes of
    the two runs are compared in any case.  debug, early_stop: accepted.  Checkpoints nest.

    Raises CheckpointError when the second run differs, RuntimeError when a parameter was changed in
    place in between.  Layers that update buffers in forward (batch norm) do so in both runs.
    Source: Chen et al., 2016.

    >>> import topograd as tg
    >>> from topograd.utils.checkpoint import checkpoint
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> checkpoint(lambda x: (x * x).exp(), x, use_reentrant=False).backward()
    >>> x.grad.item() == 4 * tg.tensor(4.0).exp().item()
    True
    """
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check must be 'default' or 'none', got {determinism_check!r}"
        )
    first, second = context_fn()
    if not tg.is_grad_enabled():
        with first:
            return function(*args, **kwargs)
    again = _SecondRun(function, args, kwargs, second, preserve_rng_state)
    segment = _C.Segment(again)
    segment.start(False)
    try:
        with first:
            result = function(*args, **kwargs)
        segment.finish()
        return result
    finally:
        segment.end()


class _SecondRun:
    """What is called when the values of a part are needed: autocast is as in the first run."""

    def __init__(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        context: AbstractContextManager[Any],
        preserve_rng_state: bool,
    ) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.context = context
        self.state = tg.get_rng_state() if preserve_rng_state else None
        self.autocast = _C.get_autocast()

    def __call__(self, segment: Any) -> None:
        with tg.fork_rng(enabled=self.state is not None), tg.enable_grad(), self.context:
            if self.state is not None:
                tg.set_rng_state(self.state)
            segment.start(True)
            before = _C.get_autocast()
            _C.set_autocast(self.autocast)
            try:
                self.function(*self.args, **self.kwargs)
                difference = segment.finish()
            finally:
                _C.set_autocast(before)
                segment.end()
        if difference:
            raise CheckpointError(
                f"checkpoint: {_name(self.function)} does not do the same when it is run again: "
                f"{difference}"
            )


def _name(function: Any) -> str:
    return getattr(function, "__qualname__", None) or type(function).__name__


def checkpoint_sequential(
    functions: Any,
    segments: int,
    input: Any,
    use_reentrant: bool | None = None,
    **kwargs: Any,
) -> Any:
    """Calls modules one after the other, in `segments` parts, all but the last checkpointed.

    functions: a Sequential or a list of functions of one argument.  kwargs: preserve_rng_state.
    Raises ValueError unless 1 ≤ segments ≤ the number of functions.

    >>> import topograd as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(2, 2), tg.nn.Tanh(), tg.nn.Linear(2, 1))
    >>> x = tg.ones(1, 2)
    >>> bool((tg.utils.checkpoint.checkpoint_sequential(model, 2, x) == model(x)).all())
    True
    """
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ", ".join(kwargs))
    steps = list(functions)
    if not 1 <= segments <= max(len(steps), 1):
        raise ValueError(f"checkpoint_sequential: {len(steps)} functions in {segments} segments")
    size = len(steps) // segments
    for number in range(segments - 1):
        part = _Chain(steps[number * size : (number + 1) * size])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _Chain(steps[(segments - 1) * size :])(input)


class _Chain:
    """Functions called one after the other."""

    def __init__(self, steps: Sequence[Callable[[Any], Any]]) -> None:
        self.steps = steps

    def __call__(self, value: Any) -> Any:
        for step in self.steps:
            value = step(value)
        return value
