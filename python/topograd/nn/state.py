"""The state of a module: collected into a dictionary, checked, and loaded back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import topograd as tg
from topograd._C import Tensor
from topograd.nn.parameter import Parameter, is_lazy
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


def defines(module: Module, method: str) -> bool:
    """Whether a subclass has its own version of a method of Module."""
    from topograd.nn.module import Module

    return getattr(type(module), method) is not getattr(Module, method)


def own_tensors(module: Module) -> dict[str, Tensor]:
    """The parameters and persistent buffers of this module alone."""
    members: dict[str, Tensor | None] = dict(module._parameters)
    for name, buffer in module._buffers.items():
        if name not in module._non_persistent_buffers_set:
            members[name] = buffer
    return {name: tensor for name, tensor in members.items() if tensor is not None}


# Collecting ------------------------------------------------------------------------------------


def collect(module: Module, destination: Any, prefix: str, keep_vars: bool) -> dict[str, Any]:
    """Writes the state of `module` under `prefix` into `destination` (a new dictionary if None).

    A new one has the versions of the modules in its attribute `_metadata`.
    """
    result: Any = destination
    if result is None:
        result = OrderedDict()
        result._metadata = OrderedDict()
    local_metadata = {"version": module._version}
    if hasattr(result, "_metadata"):
        result._metadata[prefix[:-1]] = local_metadata
    for hook in list(module._state_dict_pre_hooks.values()):
        hook.function(module, prefix, keep_vars)
    module._save_to_state_dict(result, prefix, keep_vars)
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=result, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in list(module._state_dict_hooks.values()):
        replaced = hook.function(module, result, prefix, local_metadata)
        if replaced is not None:
            result = replaced
    return result  # type: ignore[no-any-return]


def save_own(module: Module, destination: Any, prefix: str, keep_vars: bool) -> None:
    """The state of this module alone."""
    for name, tensor in own_tensors(module).items():
        kept = keep_vars or is_lazy(tensor)
        destination[prefix + name] = tensor if kept else tensor.detach()
    if defines(module, "get_extra_state"):
        destination[prefix + EXTRA_STATE] = module.get_extra_state()


# Loading ---------------------------------------------------------------------------------------


class Loading:
    """One call of `load_state_dict`: what is wrong, and what remains to be written.

    Everything is checked before the first tensor is written, so that a failed load changes nothing;
    only a module whose class outside of this library has a `_load_from_state_dict` is written at
    once, as that may read what was loaded.
    """

    def __init__(self, assign: bool) -> None:
        self.assign = assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.problems: list[str] = []
        self.writes: list[Callable[[], None]] = []
        self.after: list[Module] = []

    def visit(self, module: Module, state: dict[str, Any], prefix: str, metadata: Any) -> None:
        """Checks a module and all below it; the state has only names that begin with prefix."""
        local: dict[str, Any] = dict((metadata or {}).get(prefix[:-1], {}))
        if self.assign:
            local["assign_to_params_buffers"] = True
        if type(module)._load_from_state_dict.__module__.startswith("topograd."):
            local[PENDING] = self.writes
        module._load_from_state_dict(
            state, prefix, local, True, self.missing, self.unexpected, self.problems
        )
        below: dict[str, dict[str, Any]] = {}
        for key, value in state.items():
            below.setdefault(key[len(prefix) :].partition(".")[0], {})[key] = value
        for name, child in module._modules.items():
            if child is not None:
                self.visit(child, below.get(name, {}), f"{prefix}{name}.", metadata)
        if module._load_state_dict_post_hooks:
            self.after.append(module)

    def refuse(self, module: Module, strict: bool, wanted: Mapping[str, Any], given: Any) -> None:
        """Raises RuntimeError with all problems listed, if there are any."""
        problems = list(self.problems)
        if strict:
            problems = _key_problems(self.missing, self.unexpected, wanted, given) + problems
        if problems:
            raise RuntimeError(
                f"Error(s) in loading state_dict for {type(module).__name__}:\n\t"
                + "\n\t".join(problems)
            )


PENDING = "topograd.pending"


def load(
    module: Module, state_dict: Mapping[str, Any], strict: bool, assign: bool
) -> IncompatibleKeys:
    """Loads after everything has been checked."""
    if not isinstance(state_dict, Mapping):
        raise TypeError(
            f"Expected state_dict to be dict-like, got {type(state_dict)} "
            f"({type(state_dict).__name__})."
        )
    metadata = getattr(state_dict, "_metadata", None)
    state: dict[str, Any] = OrderedDict(state_dict)  # hooks may change it
    loading = Loading(assign)
    loading.visit(module, state, "", metadata)
    wanted = module.state_dict(keep_vars=True) if loading.missing or loading.unexpected else {}
    keys = IncompatibleKeys(loading.missing, loading.unexpected)
    if not loading.after:
        loading.refuse(module, strict, wanted, state_dict)
    elif loading.problems:
        loading.refuse(module, False, wanted, state_dict)
    for write in loading.writes:
        write()
    for loaded in loading.after:
        for hook in list(loaded._load_state_dict_post_hooks.values()):
            if hook.function(loaded, keys) is not None:
                raise RuntimeError(
                    "a load_state_dict post-hook must return None and change incompatible_keys in "
                    "place"
                )
    loading.refuse(module, strict, wanted, state_dict)
    return keys


def load_own(
    module: Module,
    state_dict: dict[str, Any],
    prefix: str,
    local_metadata: dict[str, Any],
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
    strict: bool,
) -> None:
    """Checks the state of this module alone, and writes it or leaves that for the end."""
    pending: list[Callable[[], None]] | None = local_metadata.pop(PENDING, None)
    for hook in list(module._load_state_dict_pre_hooks.values()):
        arguments = (prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        hook.function(module, state_dict, *arguments)
    assign = local_metadata.get("assign_to_params_buffers", False)
    writes: list[Callable[[], None]] = []
    own = own_tensors(module)
    for name, present in own.items():
        key = prefix + name
        if key not in state_dict:
            if strict:
                missing_keys.append(key)
            continue
        value = state_dict[key]
        if problem := _mismatch(key, present, value):
            error_msgs.append(problem)
        else:
            writes.append(_Write(module, name, key, value, assign))
    extra = prefix + EXTRA_STATE
    if defines(module, "set_extra_state"):
        if extra in state_dict:
            value = state_dict[extra]
            writes.append(lambda: module.set_extra_state(value))
        elif strict:
            missing_keys.append(extra)
    elif strict and extra in state_dict:
        unexpected_keys.append(extra)
    if strict:
        unexpected_keys += _unexpected(module, state_dict, prefix, own)
    if pending is not None:
        pending += writes
        return
    for write in writes:
        write()


def _unexpected(
    module: Module, state_dict: dict[str, Any], prefix: str, own: dict[str, Tensor]
) -> list[str]:
    keys = []
    for key in state_dict:
        if key.startswith(prefix) and key != prefix + EXTRA_STATE:
            name, dot, _ = key[len(prefix) :].partition(".")
            if (module._modules.get(name) is None) if dot else (name not in own):
                keys.append(key)
    return keys


def _mismatch(key: str, present: Tensor, value: Any) -> str:
    if not isinstance(value, Tensor):
        kind = type(value).__name__
        return f'While copying the parameter named "{key}": expected a tensor, got {kind}.'
    if is_lazy(present) or is_lazy(value):
        if is_lazy(value) and not is_lazy(present):
            return f"{key} is uninitialized in the checkpoint, and not in the current model."
        return ""
    if value.shape != present.shape and not _is_old_scalar(present, value):
        return (
            f"size mismatch for {key}: copying a param with shape {tuple(value.shape)} from "
            f"checkpoint, the shape in current model is {tuple(present.shape)}."
        )
    return ""


def _is_old_scalar(present: Tensor, value: Tensor) -> bool:
    """Scalars of very old files have one axis."""
    return present.ndim == 0 and tuple(value.shape) == (1,)


class _Write:
    """Puts one loaded tensor in its place."""

    def __init__(self, module: Module, name: str, key: str, value: Tensor, assign: bool) -> None:
        self.module, self.name, self.key = module, name, key
        self.value, self.assign = value, assign

    def __call__(self) -> None:
        module, name, value = self.module, self.name, self.value
        present = (module._parameters if name in module._parameters else module._buffers)[name]
        assert present is not None
        if is_lazy(present) and is_lazy(value):
            return
        if _is_old_scalar(present, value):
            value = value[0]
        if not self.assign:
            with tg.no_grad():
                present.copy_(value)
        elif name in module._parameters:
            if isinstance(value, Parameter):
                value.requires_grad_(present.requires_grad)
            else:
                value = Parameter(value, requires_grad=present.requires_grad)
            module._parameters[name] = value
        else:
            module._buffers[name] = value


def _key_problems(
    missing: list[str], unexpected: list[str], wanted: Mapping[str, Any], given: Mapping[str, Any]
) -> list[str]:
    problems = []
    if missing:
        problems.append("Missing key(s) in state_dict: " + _listed(missing, unexpected) + ". ")
    if unexpected:
        free = [key for key in wanted if key not in given]
        problems.append("Unexpected key(s) in state_dict: " + _listed(unexpected, free) + ". ")
    return problems


def _listed(keys: list[str], candidates: list[str]) -> str:
    """The keys, quoted, the first ones with the candidate that is spelled most like them."""
    from difflib import get_close_matches

    listed = []
    for position, key in enumerate(keys):
        close = get_close_matches(key, candidates, n=1) if position < LISTED_KEYS else []
        listed.append(f'"{key}"' + (f' (closest: "{close[0]}")' if close else ""))
    return ", ".join(listed)


# Pickling --------------------------------------------------------------------------------------


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
        registry: Registry[Any] = Registry(module, kind)
        module.__dict__[kind] = registry
        registry.update(entries)
    update_hooked(module)
