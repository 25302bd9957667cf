"""Hooks of a module: functions called before and after its forward and backward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import ref

import topograd as tg
from topograd._C import Tensor
from topograd.autograd import Function

if TYPE_CHECKING:
    from topograd.nn.module import Module

Gradients = tuple[Tensor | None, ...]
KINDS = ("_forward_pre_hooks", "_forward_hooks", "_backward_pre_hooks", "_backward_hooks")
NO_HOOKS: Mapping[int, Hook] = MappingProxyType({})
_keys = count()


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

    def __init__(self, module: Module, kind: str) -> None:
        self._module = ref(module)
        self._kind = kind
        self.id = next(_keys)

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


def update_hooked(module: Module) -> None:
    """Tells the C side of the call whether it must take the path through `call_with_hooks`."""
    module._hooked = any(getattr(module, kind) for kind in KINDS)


def register(module: Module, kind: str, hook: Hook, prepend: bool) -> RemovableHandle:
    """Adds a hook to one of the dictionaries of KINDS, which exists only from the first hook on."""
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


def call_with_hooks(module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Runs `module.forward` between its hooks."""
    pending_always = [key for key, hook in module._forward_hooks.items() if hook.always_call]
    output = None
    try:
        args, kwargs = _run_forward_pre_hooks(module, args, kwargs)
        backward = None
        if module._backward_hooks or module._backward_pre_hooks:
            backward = _BackwardHooks(module)
            args = backward.watch_inputs(args)
        output = module.forward(*args, **kwargs)
        for key, hook in list(module._forward_hooks.items()):
            if key in pending_always:
                pending_always.remove(key)
            output = _run_forward_hook(module, hook, args, kwargs, output)
        return output if backward is None else backward.watch_outputs(output)
    except Exception:
        # Hooks registered with always_call see the failed call too; the first error is the one
        # reported.
        for key in pending_always:
            if (late_hook := module._forward_hooks.get(key)) is not None:
                output = _run_forward_hook(module, late_hook, args, kwargs, output)
        raise


def _run_forward_pre_hooks(
    module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook in list(module._forward_pre_hooks.values()):
        if hook.with_kwargs:
            result = hook.function(module, args, kwargs)
            if result is None:
                continue
            if not (isinstance(result, tuple) and len(result) == 2):
                raise RuntimeError(
                    "forward pre-hook: with kwargs it must return None or a tuple "
                    f"of (new_args, new_kwargs), got {result!r}"
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


def _map_tensors(value: Any, replacements: Iterator[Tensor]) -> Any:
    """`value` (a tensor, or a tuple, list or dict of values) with its recorded tensors replaced."""
    if isinstance(value, Tensor):
        return next(replacements) if value.requires_grad else value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_map_tensors(item, replacements) for item in value))
    if isinstance(value, (tuple, list)):
        return type(value)(_map_tensors(item, replacements) for item in value)
    if isinstance(value, dict):
        return {key: _map_tensors(item, replacements) for key, item in value.items()}
    return value


def _tensors_in(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    items = value.values() if isinstance(value, dict) else value
    if isinstance(value, (tuple, list, dict)):
        return [tensor for item in items for tensor in _tensors_in(item)]
    return []


class _BackwardHooks:
    """The backward hooks of one call: an identity node on its inputs and one on its outputs.

    A node, and not a hook on each tensor, because a user's hook wants all gradients of the inputs
    at once, and only the contribution of this call when an input has other consumers.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.number_of_inputs = 0
        self.watched_inputs: list[int] = []
        self.grad_output: Gradients = ()

    def watch_inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        tensors = [value for value in args if isinstance(value, Tensor)]
        self.number_of_inputs = len(tensors)
        self.watched_inputs = [i for i, tensor in enumerate(tensors) if tensor.requires_grad]
        if not self.watched_inputs or not tg.is_grad_enabled():
            self.watched_inputs = []
            return args
        watched = _watch(self.inputs_done, [tensors[i] for i in self.watched_inputs])
        replacements = iter(watched)
        return tuple(
            next(replacements) if isinstance(value, Tensor) and value.requires_grad else value
            for value in args
        )

    def watch_outputs(self, output: Any) -> Any:
        tensors = _tensors_in(output)
        positions = [i for i, tensor in enumerate(tensors) if tensor.requires_grad]
        if not positions or not tg.is_grad_enabled():
            return output

        def outputs_done(gradients: Gradients) -> Gradients:
            full: list[Tensor | None] = [None] * len(tensors)
            for position, gradient in zip(positions, gradients, strict=True):
                full[position] = gradient
            result = self.run_pre_hooks(tuple(full))
            return tuple(result[position] for position in positions)

        watched = _watch(outputs_done, [tensors[i] for i in positions])
        return _map_tensors(output, iter(watched))

    def run_pre_hooks(self, grad_output: Gradients) -> Gradients:
        for hook in list(self.module._backward_pre_hooks.values()):
            result = hook.function(self.module, grad_output)
            grad_output = _replaced("backward pre-hook", grad_output, result)
        self.grad_output = grad_output
        if not self.watched_inputs:  # nothing will flow further back, so this is the last moment
            self.run_hooks((None,) * self.number_of_inputs)
        return grad_output

    def inputs_done(self, gradients: Gradients) -> Gradients:
        full: list[Tensor | None] = [None] * self.number_of_inputs
        for position, gradient in zip(self.watched_inputs, gradients, strict=True):
            full[position] = gradient
        result = self.run_hooks(tuple(full))
        return tuple(result[position] for position in self.watched_inputs)

    def run_hooks(self, grad_input: Gradients) -> Gradients:
        for hook in list(self.module._backward_hooks.values()):
            result = hook.function(self.module, grad_input, self.grad_output)
            grad_input = _replaced("backward hook", grad_input, result)
        self.grad_output = ()
        return grad_input


def _replaced(what: str, gradients: Gradients, result: Any) -> Gradients:
    if result is None:
        return gradients
    result = result if isinstance(result, tuple) else (result,)
    if len(result) != len(gradients):
        raise RuntimeError(f"{what}: expected {len(gradients)} gradients back, got {len(result)}")
    return tuple(result)


class _Watch(Function):
    """Identity on all tensors by one node, whose backward pass goes through a callback."""

    @staticmethod
    def forward(ctx: Any, callback: Callable[[Gradients], Gradients], *inputs: Tensor) -> Any:
        ctx.callback = callback
        return tuple(tensor.view(tensor.shape) for tensor in inputs)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor | None) -> Any:
        return (None, *ctx.callback(gradients))


def _watch(callback: Callable[[Gradients], Gradients], tensors: list[Tensor]) -> list[Tensor]:
    outputs = _Watch.apply(callback, *tensors)
    return [outputs] if isinstance(outputs, Tensor) else list(outputs)
