"""The hooks of a module that are called in the backward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import topograd as tg
from topograd._C import Tensor
from topograd.autograd import Function
from topograd.nn.hooks import hooks_of

if TYPE_CHECKING:
    from topograd.nn.module import Module

Gradients = tuple[Tensor | None, ...]


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


class BackwardHooks:
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
        for _, hook in hooks_of(self.module, "_backward_pre_hooks"):
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
        for _, hook in hooks_of(self.module, "_backward_hooks"):
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
