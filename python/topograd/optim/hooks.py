"""Hooks of an optimizer: functions called before and after each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from topograd.optim.optimizer import Optimizer

Hook = Callable[..., Any]
State = TypeVar("State")
NO_HOOKS: Mapping[int, Hook] = MappingProxyType({})
_keys = count()


class RemovableHandle:
    """What `register_step_*_hook` returns: `remove()` takes the hook away; a context manager too.

    >>> import topograd as tg
    >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)])
    >>> handle = optimizer.register_step_post_hook(lambda optimizer, args, kwargs: print("done"))
    >>> optimizer.step()
    done
    >>> handle.remove()
    >>> optimizer.step()
    """

    __slots__ = ("_hooks", "id")

    def __init__(self, hooks: dict[int, Hook]) -> None:
        self._hooks = hooks
        self.id = next(_keys)

    def remove(self) -> None:
        """Takes the hook away; a second call does nothing."""
        self._hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


KINDS = tuple(
    f"_{what}_{when}_hooks"
    for what in ("step", "state_dict", "load_state_dict")
    for when in ("pre", "post")
)


def register(optimizer: Optimizer, kind: str, hook: Hook, prepend: bool = False) -> RemovableHandle:
    """Adds a hook to a dictionary of the optimizer, which exists from the first hook on."""
    if not callable(hook):
        name = f"register{kind.removesuffix('s')}"
        raise TypeError(f"{name}: a hook must be callable, got {type(hook).__name__}")
    handle = RemovableHandle(optimizer.__dict__.setdefault(kind, {}))
    others = dict(handle._hooks) if prepend else {}
    for key in others:
        del handle._hooks[key]
    handle._hooks[handle.id] = hook
    handle._hooks.update(others)
    return handle


def changed_by(optimizer: Optimizer, kind: str, state: State) -> State:
    """What hooks of (optimizer, state) make of a state; those that return None leave it."""
    for hook in list(optimizer.__dict__.get(kind, NO_HOOKS).values()):
        changed = hook(optimizer, state)
        state = state if changed is None else changed
    return state


def call(optimizer: Optimizer, kind: str) -> None:
    """Calls hooks of (optimizer)."""
    for hook in list(optimizer.__dict__.get(kind, NO_HOOKS).values()):
        hook(optimizer)


def hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    """A class's `step` with the hooks of the optimizer around it."""

    @wraps(step)
    def run(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        self._opt_called = True
        before, after = self._step_pre_hooks, self._step_post_hooks
        # Where a subclass calls super().step(), the hooks are around the subclass's own.
        if not (before or after) or type(self).step is not run:
            return step(self, *args, **kwargs)
        given: tuple[Any, ...] = (self, *args)
        for hook in list(before.values()):
            changed = hook(self, given, kwargs)
            if changed is None:
                continue
            if not (isinstance(changed, tuple) and len(changed) == 2):
                raise RuntimeError(
                    f"{type(self).__name__}.step: a pre-hook must return None or a tuple of "
                    f"(new_args, new_kwargs), but got {changed}"
                )
            given, kwargs = changed
        result = step(*given, **kwargs)
        for hook in list(after.values()):
            hook(self, given, kwargs)
        return result

    return run
