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
# Around every step of every optimizer.
_before_all: dict[int, Hook] = {}
_after_all: dict[int, Hook] = {}


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


def _check_callable(hook: Any, function: str) -> None:
    if not callable(hook):
        raise TypeError(f"{function}: a hook must be callable, got {type(hook).__name__}")


def _register_for_all(hooks: dict[int, Hook], hook: Hook, function: str) -> RemovableHandle:
    _check_callable(hook, function)
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    return handle


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Calls hook(optimizer, args, kwargs) before every step of every optimizer.

    The hook may return (args, kwargs) to change them, or None.  Returns a handle with `remove()`.
    """
    return _register_for_all(_before_all, hook, "register_optimizer_step_pre_hook")


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Calls hook(optimizer, args, kwargs) after every step of every optimizer.

    Returns a handle with `remove()`.

    >>> import topograd as tg
    >>> from topograd.optim.optimizer import register_optimizer_step_post_hook
    >>> names = []
    >>> handle = register_optimizer_step_post_hook(lambda o, *rest: names.append(type(o).__name__))
    >>> tg.optim.SGD([tg.zeros(1, requires_grad=True)]).step()
    >>> handle.remove()
    >>> names
    ['SGD']
    """
    return _register_for_all(_after_all, hook, "register_optimizer_step_post_hook")


def register(optimizer: Optimizer, kind: str, hook: Hook, prepend: bool = False) -> RemovableHandle:
    """Adds a hook to a dictionary of the optimizer, which exists from the first hook on."""
    _check_callable(hook, f"register{kind.removesuffix('s')}")
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
        any_hooks = before or after or _before_all or _after_all
        # Where a subclass calls super().step(), the hooks are around the subclass's own.
        if not any_hooks or type(self).step is not run:
            return step(self, *args, **kwargs)
        given: tuple[Any, ...] = (self, *args)
        for hook in [*_before_all.values(), *before.values()]:
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
        for hook in [*after.values(), *_after_all.values()]:
            hook(self, given, kwargs)
        return result

    return run
