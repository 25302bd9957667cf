"""The state of a module: collected into a dictionary, checked, and loaded back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import topograd as tg
from topograd._C import Tensor
from topograd.nn.registry import Registry

if TYPE_CHECKING:
    from topograd.nn.module import Module

EXTRA_STATE = "_extra_state"
REGISTRIES = ("_parameters", "_buffers", "_modules")
LISTED_KEYS = 20


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict` returns: keys that were wanted and not given, and the opposite."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


def has_extra_state(module: Module) -> bool:
    """Whether a subclass has defined `get_extra_state`."""
    from topograd.nn.module import Module

    return type(module).get_extra_state is not Module.get_extra_state


def collect(module: Module, destination: Any, prefix: str, keep_vars: bool) -> dict[str, Any]:
    """Writes the state of `module` under `prefix` into `destination` (a new dictionary if None)."""
    result: dict[str, Any] = OrderedDict() if destination is None else destination
    for name, tensor in own_tensors(module).items():
        result[prefix + name] = tensor if keep_vars else tensor.detach()
    if has_extra_state(module):
        result[prefix + EXTRA_STATE] = module.get_extra_state()
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=result, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    return result


def own_tensors(module: Module) -> dict[str, Tensor]:
    """The parameters and persistent buffers of this module alone."""
    members: dict[str, Tensor | None] = dict(module._parameters)
    for name, buffer in module._buffers.items():
        if name not in module._non_persistent_buffers_set:
            members[name] = buffer
    return {name: tensor for name, tensor in members.items() if tensor is not None}


class _Target(NamedTuple):
    """One place that a loaded value goes to."""

    module: Module
    name: str
    value: Any


def load(
    module: Module, state_dict: Mapping[str, Any], strict: bool, assign: bool
) -> IncompatibleKeys:
    """Loads after everything has been checked, so that a failed load changes nothing."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict).__name__}")
    wanted: set[str] = set()
    missing: list[str] = []
    mismatches: list[str] = []
    tensors: list[_Target] = []
    extras: list[_Target] = []
    for path, owner in module.named_modules(remove_duplicate=False):
        start = path + "." if path else ""
        for name, present in own_tensors(owner).items():
            key = start + name
            wanted.add(key)
            if key not in state_dict:
                missing.append(key)
            elif problem := _mismatch(key, present, state_dict[key]):
                mismatches.append(problem)
            else:
                tensors.append(_Target(owner, name, state_dict[key]))
        if has_extra_state(owner):
            key = start + EXTRA_STATE
            wanted.add(key)
            if key in state_dict:
                extras.append(_Target(owner, EXTRA_STATE, state_dict[key]))
            else:
                missing.append(key)
    unexpected = [key for key in state_dict if key not in wanted]
    problems = list(mismatches)
    if strict:
        problems = _key_problems(missing, unexpected, wanted, state_dict) + problems
    if problems:
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__}:\n\t"
            + "\n\t".join(problems)
        )
    for target in tensors:
        _write(target, assign)
    for target in extras:
        target.module.set_extra_state(target.value)
    return IncompatibleKeys(missing, unexpected)


def _mismatch(key: str, present: Tensor, value: Any) -> str:
    if not isinstance(value, Tensor):
        return f'"{key}": expected a tensor, got {type(value).__name__}.'
    if value.shape != present.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {tuple(value.shape)} from "
            f"checkpoint, the shape in current model is {tuple(present.shape)}."
        )
    return ""


def _key_problems(
    missing: list[str], unexpected: list[str], wanted: set[str], given: Mapping[str, Any]
) -> list[str]:
    problems = []
    if unexpected:
        free = [key for key in wanted if key not in given]
        problems.append("Unexpected key(s) in state_dict: " + _listed(unexpected, free) + ".")
    if missing:
        problems.append("Missing key(s) in state_dict: " + _listed(missing, unexpected) + ".")
    return problems


def _listed(keys: list[str], candidates: list[str]) -> str:
    """The keys, quoted, the first ones with the candidate that is spelled most like them."""
    from difflib import get_close_matches

    listed = []
    for position, key in enumerate(keys):
        close = get_close_matches(key, candidates, n=1) if position < LISTED_KEYS else []
        listed.append(f'"{key}"' + (f' (closest: "{close[0]}")' if close else ""))
    return ", ".join(listed)


def _write(target: _Target, assign: bool) -> None:
    from topograd.nn.parameter import Parameter

    module, name, value = target
    present = module.__dict__[name]
    if not assign:
        with tg.no_grad():
            present.copy_(value)
    elif name in module._parameters:
        if not isinstance(value, Parameter):
            value = Parameter(value, requires_grad=present.requires_grad)
        module._parameters[name] = value
    else:
        module._buffers[name] = value


def to_pickle(module: Module) -> dict[str, Any]:
    """The attributes of a module, with the registries as plain dictionaries and nothing twice."""
    registered = {name for kind in REGISTRIES for name in module.__dict__[kind]}
    attributes = {name: value for name, value in module.__dict__.items() if name not in registered}
    for kind in REGISTRIES:
        attributes[kind] = dict(attributes[kind])
    return attributes


def from_pickle(module: Module, attributes: dict[str, Any]) -> None:
    """The inverse of `to_pickle`, on a module that has no attributes yet."""
    from topograd.nn.hooks import update_hooked

    attributes = dict(attributes)
    registered = {kind: attributes.pop(kind) for kind in REGISTRIES}
    module.__dict__.update(attributes)
    for kind, entries in registered.items():
        registry: Registry[Any] = Registry(module)
        module.__dict__[kind] = registry
        registry.update(entries)
    update_hooked(module)
