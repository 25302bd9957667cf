"""Hooks of a module: functions called before and after its forward and backward pass.

Those of one module are kept in dictionaries on the module, which exist from the first hook on;
those of all modules (`register_module_*`) in the same dictionaries on `EVERYWHERE`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from warnings import warn
from weakref import ref

from topograd import _C

if TYPE_CHECKING:
    from topograd.nn.module import Module

# The kinds that make the call of a module take the way through `call_with_hooks`.
KINDS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
NO_HOOKS: Mapping[int, Hook] = MappingProxyType({})
_keys = count()


class Everywhere:
    """What hooks of all modules are registered on."""

    _parameter_registration_hooks: Mapping[int, Hook] = NO_HOOKS
    _buffer_registration_hooks: Mapping[int, Hook] = NO_HOOKS
    _module_registration_hooks: Mapping[int, Hook] = NO_HOOKS

    @property
    def _hooked(self) -> bool:
        return any(self.__dict__.get(kind) for kind in KINDS)

    @_hooked.setter
    def _hooked(self, wanted: bool) -> None:
        _C.set_all_hooked(wanted)


EVERYWHERE = Everywhere()
Owner = Any
"""A module, or EVERYWHERE."""


class Hook(NamedTuple):
    """A registered function and how it wants to be called."""

    function: Callable[..., Any]
    with_kwargs: bool = False
    always_call: bool = False


class RemovableHandle:
    """What `register_*_hook` returns: `remove()` takes the hook away again; also a context manager.

    >>> import topograd as tg
    >>> layer = tg.nn.Identity()
    >>> with layer.register_forward_hook(lambda module, args, output: output + 1):
    ...     layer(tg.tensor(1.0)).item()
    2.0
    >>> layer(tg.tensor(1.0)).item()
    1.0
    """

    __slots__ = ("_kind", "_module", "id")

    def __init__(self, module: Owner, kind: str) -> None:
        self._module = ref(module)
        self._kind = kind
        self.id = next(_keys)

    @classmethod
    def _restore(cls, module: Owner, kind: str, key: int) -> RemovableHandle:
        handle = cls(module, kind)
        handle.id = key
        return handle

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy belongs to the copy of the module."""
        return RemovableHandle._restore, (self._module(), self._kind, self.id)

    def remove(self) -> None:
        """Takes the hook away; a second call does nothing."""
        module = self._module()
        if module is not None:
            hooks = module.__dict__.get(self._kind, {})
            hooks.pop(self.id, None)
            update_hooked(module)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception: object) -> None:
        self.remove()


def update_hooked(module: Owner) -> None:
    """Tells the C side of the call whether it must take the path through `call_with_hooks`."""
    module._hooked = any(module.__dict__.get(kind) for kind in KINDS)


def hooks_of(module: Module, kind: str) -> list[tuple[int, Hook]]:
    """The hooks of one kind in the order of their calls, with their keys: those of all first."""
    own = list(module.__dict__.get(kind, NO_HOOKS).items())
    every = EVERYWHERE.__dict__
    return [*every.get(kind, NO_HOOKS).items(), *own] if every else own


def register(module: Owner, kind: str, hook: Hook, prepend: bool = False) -> RemovableHandle:
    """Adds a hook to one of the dictionaries, which exists only from the first hook on."""
    if not callable(hook.function):
        raise TypeError(f"register_hook: a hook must be callable, got {type(hook.function)}")
    handle = RemovableHandle(module, kind)
    hooks: dict[int, Hook] = module.__dict__.setdefault(kind, {})
    if prepend:
        rest = dict(hooks)
        hooks.clear()
        hooks[handle.id] = hook
        hooks.update(rest)
    else:
        hooks[handle.id] = hook
    update_hooked(module)
    return handle


def expect_backward_kind(module: Module, full: bool) -> None:
    """Raises RuntimeError if a module would get backward hooks of the old and the new name."""
    if module._is_full_backward_hook is (not full):
        raise RuntimeError(
            "Cannot use both regular backward hooks and full backward hooks on a single Module. "
            "Please use only one of them."
        )
    module._is_full_backward_hook = full


class _Adapted:
    """A hook behind another interface; a class, so that modules with hooks can be pickled."""

    def __init__(self, hook: Callable[..., Any]) -> None:
        if not callable(hook):
            raise TypeError(f"register_hook: a hook must be callable, got {type(hook)}")
        self.hook = hook


class in_place(_Adapted):
    """A hook that must return None."""

    def __call__(self, *args: Any) -> None:
        if self.hook(*args) is not None:
            raise RuntimeError("state_dict post-hook must return None")


class without_module(_Adapted):
    """A hook that is called without the first argument, the module."""

    def __call__(self, module: Any, *args: Any) -> Any:
        return self.hook(*args)


def _has_backward_hooks(attributes: Mapping[str, Any]) -> bool:
    found = attributes.get("_backward_hooks") or attributes.get("_backward_pre_hooks")
    return bool(found)


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Runs `module.forward` between its hooks."""
    own, every = module.__dict__, EVERYWHERE.__dict__
    called: list[int] = []
    output = None
    try:
        if own.get("_forward_pre_hooks") or every.get("_forward_pre_hooks"):
            args, kwargs = _run_forward_pre_hooks(module, args, kwargs)
        backward = None
        if _has_backward_hooks(own) or (every and _has_backward_hooks(every)):
            from topograd.nn.backward_hooks import BackwardHooks

            backward = BackwardHooks(module)
            args = backward.watch_inputs(args)
        output = module.forward(*args, **kwargs)
        for key, hook in hooks_of(module, "_forward_hooks"):
            called.append(key)
            output = _run_forward_hook(module, hook, args, kwargs, output)
        return output if backward is None else backward.watch_outputs(output)
    except Exception:
        _run_always_called(module, args, kwargs, output, called)
        raise


def _run_always_called(
    module: Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any, called: list[int]
) -> None:
    """Hooks registered with always_call see the failed call too; its error is the one reported."""
    for key, hook in hooks_of(module, "_forward_hooks"):
        if hook.always_call and key not in called:
            try:
                output = _run_forward_hook(module, hook, args, kwargs, output)
            except Exception as error:
                warn(
                    f"a forward hook with always_call=True raised {error!r} after another "
                    "error, which is the one reported",
                    stacklevel=3,
                )


def _run_forward_pre_hooks(
    module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for _, hook in hooks_of(module, "_forward_pre_hooks"):
        if hook.with_kwargs:
            result = hook.function(module, args, kwargs)
            if result is None:
                continue
            if not (isinstance(result, tuple) and len(result) == 2):
                raise RuntimeError(
                    "forward pre-hook must return None or a tuple "
                    f"of (new_args, new_kwargs), but got {result!r}."
                )
            args, kwargs = result
        else:
            result = hook.function(module, args)
            if result is not None:
                args = result if isinstance(result, tuple) else (result,)
    return args, kwargs


def _run_forward_hook(
    module: Module, hook: Hook, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any
) -> Any:
    if hook.with_kwargs:
        result = hook.function(module, args, kwargs, output)
    else:
        result = hook.function(module, args, output)
    return output if result is None else result
