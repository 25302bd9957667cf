"""Module: the base class of all layers and models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd.nn import hooks, registry, state, walk
from topograd.nn.parameter import Parameter
from topograd.nn.registry import Registry

Self = TypeVar("Self", bound="Module")
_set_attribute = _C.Module.__setattr__
_delete_attribute = _C.Module.__delattr__


def _forward_unimplemented(self: Module, *args: Any, **kwargs: Any) -> Any:
    """Computes the output of the module; every subclass defines it."""
    name = type(self).__name__
    raise NotImplementedError(f'Module [{name}] is missing the required "forward" function')


class Module(_C.Module):
    """A layer or a model: a function `forward` with parameters, buffers and submodules of its own.

    Assigning a `Parameter` or a `Module` to an attribute registers it under that name. Calling the
    module calls `forward`, with the hooks around it if there are any.

    >>> import topograd as tg
    >>> class Scale(tg.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.weight = tg.nn.Parameter(tg.tensor(3.0))
    ...
    ...     def forward(self, x):
    ...         return self.weight * x
    >>> Scale()(tg.tensor(2.0)).item()
    6.0
    """

    training: bool
    _parameters: Registry[Parameter | None]
    _buffers: Registry[Tensor | None]
    _modules: Registry[Module | None]
    _non_persistent_buffers_set: set[str]
    _forward_pre_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _forward_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _backward_pre_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _backward_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS

    forward: Callable[..., Any] = _forward_unimplemented

    def __init__(self) -> None:
        attributes = self.__dict__
        attributes["training"] = True
        attributes["_parameters"] = Registry(self)
        attributes["_buffers"] = Registry(self)
        attributes["_modules"] = Registry(self)
        attributes["_non_persistent_buffers_set"] = set()

    # Attributes and registration ---------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        attributes = self.__dict__
        if "_parameters" not in attributes:
            if isinstance(value, (Parameter, Module)):
                kind = "parameters" if isinstance(value, Parameter) else "modules"
                raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
            _set_attribute(self, name, value)
        elif isinstance(value, Parameter):
            self._place(self._parameters, name, value)
        elif isinstance(value, Module):
            self._place(self._modules, name, value)
        elif name in self._parameters:
            registry.expect_none(name, value, "parameter", "topograd.nn.Parameter")
            self._parameters[name] = None
        elif name in self._modules:
            registry.expect_none(name, value, "child module", "topograd.nn.Module")
            self._modules[name] = None
        elif name in self._buffers:
            if not isinstance(value, Tensor):
                registry.expect_none(name, value, "buffer", "topograd.Tensor")
            self._buffers[name] = value
        else:
            _set_attribute(self, name, value)

    def __delattr__(self, name: str) -> None:
        for members in (self._parameters, self._buffers, self._modules):
            if name in members:
                del members[name]
                self._non_persistent_buffers_set.discard(name)
                return
        _delete_attribute(self, name)

    def _place(self, members: Registry[Any], name: str, value: Any) -> None:
        """Puts `value` under `name` into one registry, and takes the name out of the others."""
        registry.expect_name(name)
        if name not in members:
            for other in (self._parameters, self._buffers, self._modules):
                other.pop(name, None)
            self._non_persistent_buffers_set.discard(name)
        members[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Registers a parameter (or None, for one that is absent) under `name`."""
        registry.expect_new(self, "_parameters", name, param, Parameter)
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"cannot assign non-leaf Tensor to parameter '{name}': its history would be lost; "
                "store the leaf and compute the value in forward()"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Registers a tensor that is state but not trained; a persistent one is in `state_dict`."""
        registry.expect_new(self, "_buffers", name, tensor, Tensor)
        self._buffers[name] = tensor
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def register_module(self, name: str, module: Module | None) -> None:
        """Registers a submodule (or None) under `name`; the same as `add_module`."""
        registry.expect_new(self, "_modules", name, module, Module)
        self._modules[name] = module

    def add_module(self, name: str, module: Module | None) -> None:
        """Registers a submodule (or None) under `name`."""
        self.register_module(name, module)

    def get_submodule(self, target: str) -> Module:
        """The submodule at a dotted path, such as "encoder.0.linear"; "" is the module itself."""
        module: Module = self
        for name in target.split(".") if target else ():
            child = module._modules.get(name)
            if child is None:
                raise AttributeError(
                    f"{type(module).__name__} has no submodule `{name}` (looking for `{target}`)"
                )
            module = child
        return module

    def set_submodule(self, target: str, module: Module) -> None:
        """Puts `module` in the place of the submodule at a dotted path."""
        path, _, name = target.rpartition(".")
        self.get_submodule(path)._place(self.get_submodule(path)._modules, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a dotted path, such as "encoder.0.weight"."""
        path, _, name = target.rpartition(".")
        parameter = self.get_submodule(path)._parameters.get(name)
        if parameter is None:
            raise AttributeError(f"{type(self).__name__} has no parameter `{target}`")
        return parameter

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a dotted path, such as "norm.running_mean"."""
        path, _, name = target.rpartition(".")
        buffer = self.get_submodule(path)._buffers.get(name)
        if buffer is None:
            raise AttributeError(f"{type(self).__name__} has no buffer `{target}`")
        return buffer

    # Walking ------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """All modules with their dotted paths, this one first, each before its children.

        Raises RecursionError if, without remove_duplicate, a module contains itself.
        """
        return walk.parents_first(self, memo, prefix, remove_duplicate)

    def modules(self) -> Iterator[Module]:
        """All modules, this one first, each before its children and once."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The direct submodules with their names, each once."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The direct submodules, each once."""
        for _, module in self.named_children():
            yield module

    def _named_members(
        self, registry_name: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, member in module.__dict__[registry_name].items():
                if member is None or id(member) in seen:
                    continue
                if remove_duplicate:
                    seen.add(id(member))
                yield f"{path}.{name}" if path else name, member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names; a shared one once, under its first name."""
        return self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, by default, of its submodules, each once."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers, persistent or not, with their dotted names."""
        return self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, by default, of its submodules, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    # Changing everything at once -----------------------------------------------------------------

    def apply(self: Self, fn: Callable[[Module], Any]) -> Self:
        """Calls `fn` on every submodule once, children before their parent, on this one last."""
        for module in walk.children_first(self):
            fn(module)
        return self

    def _apply(self: Self, fn: Callable[[Tensor], Tensor]) -> Self:
        """Replaces the data of every parameter, gradient and buffer by `fn` of it."""
        done: set[int] = set()
        for module in self.modules():
            for parameter in module._parameters.values():
                if parameter is None or id(parameter) in done:
                    continue
                done.add(id(parameter))
                # The gradient is taken off meanwhile: it must always fit the data in dtype and
                # device.
                gradient, parameter.grad = parameter.grad, None
                parameter.data = fn(parameter.data)
                if gradient is not None:
                    parameter.grad = fn(gradient)
            for name, buffer in module._buffers.items():
                if buffer is not None:
                    module._buffers[name] = fn(buffer)
        return self

    def to(self: Self, *args: Any, **kwargs: Any) -> Self:
        """Moves and casts: `to(device)`, `to(dtype)`, `to(device, dtype)`, `to(tensor)`.

        In place.  Only floating-point parameters and buffers are cast.

        >>> import topograd as tg
        >>> tg.nn.Linear(2, 2).to(tg.float64).weight.dtype == tg.float64
        True
        """
        device, dtype = _parse_to(*args, **kwargs)
        if dtype is not None and not dtype.is_floating_point:
            raise TypeError(f"nn.Module.to: expected a floating-point dtype, got {dtype}")

        def convert(tensor: Tensor) -> Tensor:
            if device is not None:
                tensor = tensor.to(device)
            return tensor.to(dtype) if dtype is not None and tensor.is_floating_point() else tensor

        return self._apply(convert)

    def type(self: Self, dst_type: Any) -> Self:
        """Casts all parameters and buffers, the integer ones too, to a dtype."""
        return self._apply(lambda tensor: tensor.to(dst_type))

    def float(self: Self) -> Self:
        """Casts floating-point parameters and buffers to float32."""
        return self.to(tg.float32)

    def double(self: Self) -> Self:
        """Casts floating-point parameters and buffers to float64."""
        return self.to(tg.float64)

    def half(self: Self) -> Self:
        """Casts floating-point parameters and buffers to float16."""
        return self.to(tg.float16)

    def bfloat16(self: Self) -> Self:
        """Casts floating-point parameters and buffers to bfloat16."""
        return self.to(tg.bfloat16)

    def cpu(self: Self) -> Self:
        """Moves all parameters and buffers to the CPU."""
        return self.to("cpu")

    def cuda(self: Self, device: Any = None) -> Self:
        """Moves all parameters and buffers to a CUDA device (default: the current one)."""
        return self.to("cuda" if device is None else device)

    def train(self: Self, mode: bool = True) -> Self:
        """Sets training mode here and in all submodules: dropout drops, batch norm learns."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self: Self) -> Self:
        """Sets evaluation mode: the same as `train(False)`."""
        return self.train(False)

    def requires_grad_(self: Self, requires_grad: bool = True) -> Self:
        """Freezes (False) or unfreezes (True) all parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters, or fills them with zeros."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = parameter.grad.detach().zero_()

    # State ----------------------------------------------------------------------------------------

    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """The parameters and persistent buffers by dotted name, in order of registration.

        The tensors share memory with the module; they are detached unless `keep_vars`.
        `destination`: a dictionary to fill instead of a new one.  `prefix` goes before every name.

        >>> import topograd as tg
        >>> list(tg.nn.Sequential(tg.nn.Linear(2, 3)).state_dict())
        ['0.weight', '0.bias']
        """
        return state.collect(self, destination, prefix, keep_vars)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> state.IncompatibleKeys:
        """Copies a state dictionary into the parameters and buffers; returns the keys that differ.

        strict: whether missing and unexpected keys are errors.  assign: put the given tensors in
        place of the present ones instead of copying.  Raises RuntimeError with all differences
        listed, and then the module is unchanged.

        >>> import topograd as tg
        >>> a, b = tg.nn.Linear(2, 3), tg.nn.Linear(2, 3)
        >>> a.load_state_dict(b.state_dict())
        <All keys matched successfully>
        """
        return state.load(self, state_dict, strict, assign)

    def get_extra_state(self) -> Any:
        """What a subclass wants in `state_dict` beside tensors; defined by the subclass."""
        raise NotImplementedError(f"{type(self).__name__} defines no extra state")

    def set_extra_state(self, state: Any) -> None:
        """Takes back what `get_extra_state` gave; defined by the subclass."""
        raise NotImplementedError(f"{type(self).__name__} defines no extra state")

    def __getstate__(self) -> dict[str, Any]:
        return state.to_pickle(self)

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        state.from_pickle(self, attributes)

    # Hooks ----------------------------------------------------------------------------------------

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(module, args)` before forward.

        What it returns, if not None, are the new args.
        With `with_kwargs` it is `hook(module, args, kwargs)` and returns both.
        """
        return hooks.register(self, "_forward_pre_hooks", hooks.Hook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> hooks.RemovableHandle:
        """Calls `hook(module, args, output)` after forward.

        What it returns, if not None, is the output.
        With `with_kwargs` it is `hook(module, args, kwargs, output)`.  With `always_call` it runs
        even if forward raised, with output None.
        """
        entry = hooks.Hook(hook, with_kwargs, always_call)
        return hooks.register(self, "_forward_hooks", entry, prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(module, grad_output)` before the backward pass of the module."""
        return hooks.register(self, "_backward_pre_hooks", hooks.Hook(hook), prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(module, grad_input, grad_output)` when the gradients of the inputs are known.

        What it returns, if not None, is used in place of grad_input.
        """
        return hooks.register(self, "_backward_hooks", hooks.Hook(hook), prepend)

    def _call_with_hooks(self, *args: Any, **kwargs: Any) -> Any:
        return hooks.call_with_hooks(self, args, kwargs)

    # Text -----------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the parentheses of `repr`; a subclass gives its settings."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + indent(repr(module), 2) for name, module in self._modules.items()
        ]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"


def indent(text: str, spaces: int) -> str:
    """`text` with every line but the first moved to the right."""
    return text.replace("\n", "\n" + " " * spaces)


def _parse_to(
    *args: Any,
    device: Any = None,
    dtype: Any = None,
    non_blocking: bool = False,
    memory_format: Any = None,
) -> tuple[Any, Any]:
    """The device and dtype (or None) among the arguments of `Module.to`."""
    for arg in args:
        if isinstance(arg, Tensor):
            device, dtype = arg.device, arg.dtype
        elif isinstance(arg, tg.dtype):
            dtype = arg
        elif not isinstance(arg, bool) and arg is not None:
            device = arg
    return device, dtype
