"""What a module holds: its registered parameters, buffers and submodules, and walks over them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from topograd import _C
from topograd._C import Tensor
from topograd.nn import registry, walk
from topograd.nn.hooks import EVERYWHERE
from topograd.nn.parameter import Buffer, Parameter
from topograd.nn.registry import Registry

if TYPE_CHECKING:
    from topograd.nn.module import Module

_set_attribute = _C.Module.__setattr__
_delete_attribute = _C.Module.__delattr__


class Members(_C.Module):
    """The part of `Module` that registers members and finds them."""

    training: bool
    call_super_init = False
    _parameters: Registry[Parameter | None]
    _buffers: Registry[Tensor | None]
    _modules: Registry[Module | None]
    _non_persistent_buffers_set: set[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            what = f"takes 1 positional argument but {len(args) + 1} were given"
            if kwargs:
                what = f"got an unexpected keyword argument '{next(iter(kwargs))}'"
            raise TypeError(f"{type(self).__name__}.__init__() {what}")
        attributes = self.__dict__
        attributes["training"] = True
        attributes["_parameters"] = Registry(self, "_parameters")
        attributes["_buffers"] = Registry(self, "_buffers")
        attributes["_modules"] = Registry(self, "_modules")
        attributes["_non_persistent_buffers_set"] = set()
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # Attributes and registration ---------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        attributes = self.__dict__
        if "_parameters" not in attributes:
            if isinstance(value, (Parameter, Members)):
                kind = "parameters" if isinstance(value, Parameter) else "module"
                raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
            _set_attribute(self, name, value)
        elif isinstance(value, Parameter):
            self._place(self._parameters, name, value)
        elif isinstance(value, Members):
            self._place(self._modules, name, value)
        elif name in self._parameters:
            registry.expect_none(name, value, "parameter", "topograd.nn.Parameter")
            self._parameters[name] = None
        elif name in self._modules:
            registry.expect_none(name, value, "child module", "topograd.nn.Module")
            self._modules[name] = None
        elif name in self._buffers or (isinstance(value, Tensor) and isinstance(value, Buffer)):
            self._set_buffer(name, value)
        else:
            _set_attribute(self, name, value)

    def _set_buffer(self, name: str, value: Any) -> None:
        if not isinstance(value, Tensor):
            registry.expect_none(name, value, "buffer", "topograd.Tensor")
        if name not in self._buffers:  # a Buffer, which says whether it is persistent
            self._place(self._buffers, name, value)
        else:
            self._buffers[name] = registry.told(self, "_buffers", name, value)
        if isinstance(value, Buffer):
            self._keep_buffer(name, cast("Any", value).persistent)

    def _keep_buffer(self, name: str, persistent: bool) -> None:
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

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
        if EVERYWHERE.__dict__:
            value = registry.told(self, members.kind, name, value)
        members[name] = value

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Registers a parameter (or None, for one that is absent) under `name`."""
        registry.expect_new(self, "_parameters", name, param, Parameter)
        if param is not None and param.grad_fn is not None:
            raise ValueError(
                f"cannot assign non-leaf Tensor to parameter '{name}': its history would be lost; "
                "store the leaf and compute the value in forward()"
            )
        if param is not None:
            param = registry.told(self, "_parameters", name, param)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Registers a tensor that is state but not trained; a persistent one is in `state_dict`."""
        registry.expect_new(self, "_buffers", name, tensor, Tensor)
        self._buffers[name] = registry.told(self, "_buffers", name, tensor)
        self._keep_buffer(name, persistent)

    def register_module(self, name: str, module: Module | None) -> None:
        """Registers a submodule (or None) under `name`; the same as `add_module`."""
        registry.expect_new(self, "_modules", name, module, Members)
        self._modules[name] = registry.told(self, "_modules", name, module)

    def add_module(self, name: str, module: Module | None) -> None:
        """Registers a submodule (or None) under `name`."""
        self.register_module(name, module)

    def get_submodule(self, target: str) -> Module:
        """The submodule at a dotted path, such as "encoder.0.linear"; "" is the module itself."""
        module = cast("Module", self)
        for name in target.split(".") if target else ():
            child = module._modules.get(name)
            if child is None:
                raise AttributeError(
                    f"{type(module).__name__} has no submodule `{name}` (looking for `{target}`)"
                )
            module = child
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts `module` in the place of the submodule at a dotted path.

        strict: only where there is a submodule already (default: a new one may be made in a module
        that exists).  Raises ValueError for an empty path or what is no module, AttributeError for
        a path that leads nowhere.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Members):
            raise ValueError(f"set_submodule: expected a module, got {type(module).__name__}")
        path, _, name = target.rpartition(".")
        if strict:
            self.get_submodule(target)
        parent = self.get_submodule(path)
        parent._place(parent._modules, name, module)

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
        return walk.parents_first(cast("Module", self), memo, prefix, remove_duplicate)

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
            else [(prefix, cast("Module", self))]
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
