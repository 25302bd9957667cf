"""Module, and the hooks of all modules at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd.nn.hooks import EVERYWHERE, Hook, RemovableHandle, register
from topograd.nn.module import Module
from topograd.nn.state import IncompatibleKeys

__all__ = [
    "IncompatibleKeys",
    "Module",
    "register_module_backward_hook",
    "register_module_buffer_registration_hook",
    "register_module_forward_hook",
    "register_module_forward_pre_hook",
    "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls `hook(module, args)` before the forward of every module, before the module's own hooks.

    What it returns, if not None, are the new args.

    >>> import topograd as tg
    >>> from topograd.nn.modules.module import register_module_forward_pre_hook
    >>> seen = []
    >>> with register_module_forward_pre_hook(lambda module, args: seen.append(module)):
    ...     _ = tg.nn.Sequential(tg.nn.Tanh())(tg.ones(1))
    >>> [type(module).__name__ for module in seen]
    ['Sequential', 'Tanh']
    """
    return register(EVERYWHERE, "_forward_pre_hooks", Hook(hook))


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Calls `hook(module, args, output)` after the forward of every module.

    Options as in `Module.register_forward_hook`.
    """
    return register(EVERYWHERE, "_forward_hooks", Hook(hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls `hook(module, grad_output)` before the backward pass of every module."""
    return register(EVERYWHERE, "_backward_pre_hooks", Hook(hook))


def register_module_full_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls `hook(module, grad_input, grad_output)` after the backward pass of every module."""
    return register(EVERYWHERE, "_backward_hooks", Hook(hook))


def register_module_backward_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """The old name of `register_module_full_backward_hook`, which is what it does."""
    return register_module_full_backward_hook(hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls `hook(module, name, parameter)` for each parameter that is registered.

    What it returns, if not None, is registered instead.
    """
    return register(EVERYWHERE, "_parameter_registration_hooks", Hook(hook))


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls `hook(module, name, buffer)` for each buffer that is registered."""
    return register(EVERYWHERE, "_buffer_registration_hooks", Hook(hook))


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Calls `hook(module, name, submodule)` for each submodule that is registered."""
    return register(EVERYWHERE, "_module_registration_hooks", Hook(hook))
