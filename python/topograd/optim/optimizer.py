"""Optimizer: the base class, which holds parameters in groups with settings of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from copy import deepcopy
from types import FunctionType
from typing import Any
from warnings import warn

import topograd as tg
from topograd._C import Tensor
from topograd.optim import hooks, loading
from topograd.optim.hooks import (
    register_optimizer_step_post_hook as register_optimizer_step_post_hook,
)
from topograd.optim.hooks import (
    register_optimizer_step_pre_hook as register_optimizer_step_pre_hook,
)
from topograd.optim.native_state import NativeState

# The default of a setting that every group must give.
required: Any = object()


class Optimizer:
    """The base class of all optimizers; a subclass defines `step`.

    params: parameters, or (name, parameter) pairs, or dictionaries, each a group with "params" and
    settings that go before the defaults.  defaults: the settings of a group that gives none.
    Raises ValueError for an empty list, for a parameter in two groups and for one with a history.

    >>> import topograd as tg
    >>> class SignDescent(tg.optim.Optimizer):
    ...     @tg.no_grad()
    ...     def step(self):
    ...         for group in self.param_groups:
    ...             for p in group["params"]:
    ...                 p.sub_(group["lr"] * p.grad.sign())
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> optimizer = SignDescent([w], {"lr": 0.5})
    >>> (3 * w).sum().backward()
    >>> optimizer.step()
    >>> w.tolist()
    [0.5]
    """

    param_groups: list[dict[str, Any]]
    state: MutableMapping[Any, Any]
    _essential: tuple[str, ...] = ("lr",)  # settings that every saved group must have
    _opt_called = False  # whether a step was made; schedulers ask
    _step_pre_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS
    _step_post_hooks: Mapping[int, hooks.Hook] = hooks.NO_HOOKS

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                "but got a Tensor"
            )
        self.defaults = defaults
        self.state = self._new_state()
        self.param_groups = []
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _new_state(self) -> MutableMapping[Tensor, Any]:
        return defaultdict(dict)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group: a dictionary with "params" and settings that go before the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        group = dict(param_group)
        _unpack_parameters(group)
        for name, default in self.defaults.items():
            if default is required and name not in group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    + name
                )
            group.setdefault(name, default)
        self._check_settings(group)
        present = {parameter for other in self.param_groups for parameter in other["params"]}
        if not present.isdisjoint(group["params"]):
            raise ValueError("some parameters appear in more than one parameter group")
        if self.param_groups and ("param_names" in group) != (
            "param_names" in self.param_groups[0]
        ):
            raise ValueError("all optimizer param groups should be with/without names")
        self.param_groups.append(group)

    def _check_settings(self, group: dict[str, Any]) -> None:
        """Raises ValueError for a setting that makes no sense; a subclass knows its own."""

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters, or fills them with zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if set_to_none:
                    parameter.grad = None
                elif parameter.grad is not None:
                    parameter.grad = parameter.grad.detach().zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Changes the parameters once; returns what `closure` (recomputes the loss) returns."""
        raise NotImplementedError(f"{type(self).__name__} defines no step")

    # State ----------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, in PyTorch's format, with parameters as numbers in order.

        >>> import topograd as tg
        >>> optimizer = tg.optim.SGD([tg.zeros(2, requires_grad=True)], lr=0.1)
        >>> optimizer.state_dict()["param_groups"][0]["params"]
        [0]
        """
        hooks.call(self, "_state_dict_pre_hooks")
        numbers: dict[Tensor, int] = {}
        packed = []
        for group in self.param_groups:
            for parameter in group["params"]:
                numbers.setdefault(parameter, len(numbers))
            settings = {key: value for key, value in group.items() if key != "params"}
            packed.append({**settings, "params": [numbers[p] for p in group["params"]]})
        keys: dict[Any, Any] = {key: key for key in self.state if isinstance(key, str)}
        keys.update(numbers)
        state = {keys[key]: entries for key, entries in self.state.items() if key in keys}
        whole: dict[str, Any] = {"state": state, "param_groups": packed}
        return hooks.changed_by(self, "_state_dict_post_hooks", whole)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over a `state_dict`; the tensors are copied.

        Raises ValueError or TypeError if its groups, names, shapes or dtypes do not fit, and then
        the optimizer is unchanged.  As in PyTorch, settings may be out of the range that the
        constructor takes.
        """
        state_dict = hooks.changed_by(self, "_load_state_dict_pre_hooks", state_dict)
        saved_groups = loading.checked_groups(state_dict, self.param_groups, self._essential)
        by_number = loading.numbered(saved_groups, self.param_groups)
        new_settings = [
            {
                key: deepcopy(value)
                for key, value in saved.items()
                if key not in ("params", "param_names")
            }
            for saved in saved_groups
        ]
        new_state = self._checked_state(state_dict["state"], by_number, new_settings)
        for group, settings in zip(self.param_groups, new_settings, strict=True):
            group.update(settings)
        for parameter in list(self.state):
            if parameter not in new_state:
                del self.state[parameter]
        self.state.update(new_state)
        hooks.call(self, "_load_state_dict_post_hooks")

    def _checked_state(
        self, state: Any, by_number: dict[Any, Tensor], settings: list[dict[str, Any]]
    ) -> dict[Any, Any]:
        """The saved state by parameter, copied; what is under a string is kept under it."""
        checked: dict[Any, Any] = {}
        for number, entries in state.items():
            if isinstance(number, str) and number not in by_number:
                checked[number] = deepcopy(entries)
            else:
                loading.check_number(number, by_number)
                parameter = by_number[number]
                checked[parameter] = loading.copied_entries(entries, parameter)
        return checked

    # Hooks ----------------------------------------------------------------------------------------

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if isinstance(cls.__dict__.get("step"), FunctionType):
            cls.step = hooks.hooked(cls.step)  # type: ignore[method-assign]

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> hooks.RemovableHandle:
        """Calls `hook(optimizer, args, kwargs)` before each step.

        What it returns, if not None, are the new (args, kwargs) of `step`.  args begins with the
        optimizer, as in PyTorch.

        >>> import topograd as tg
        >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)])
        >>> with optimizer.register_step_pre_hook(lambda *_: print("a step follows")):
        ...     optimizer.step()
        a step follows
        """
        return hooks.register(self, "_step_pre_hooks", hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> hooks.RemovableHandle:
        """Calls `hook(optimizer, args, kwargs)` after each step.

        >>> import topograd as tg
        >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)])
        >>> with optimizer.register_step_post_hook(lambda *_: print("a step was done")):
        ...     optimizer.step()
        a step was done
        """
        return hooks.register(self, "_step_post_hooks", hook)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(optimizer)` before each `state_dict`; with prepend, before other hooks."""
        return hooks.register(self, "_state_dict_pre_hooks", hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(optimizer, state_dict)` with each `state_dict`.

        What it returns, if not None, is the state dictionary.

        >>> import topograd as tg
        >>> optimizer = tg.optim.SGD([tg.zeros(1, requires_grad=True)])
        >>> _ = optimizer.register_state_dict_post_hook(lambda _, state: {**state, "note": "mine"})
        >>> optimizer.state_dict()["note"]
        'mine'
        """
        return hooks.register(self, "_state_dict_post_hooks", hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(optimizer, state_dict)` before a `state_dict` is taken over.

        What it returns, if not None, is taken over in its place.
        """
        return hooks.register(self, "_load_state_dict_pre_hooks", hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> hooks.RemovableHandle:
        """Calls `hook(optimizer)` after a `state_dict` was taken over."""
        return hooks.register(self, "_load_state_dict_post_hooks", hook, prepend)

    # Copies and text ------------------------------------------------------------------------------

    def __getstate__(self) -> dict[str, Any]:
        attributes = {**self.__dict__, "state": dict(self.state)}
        for kind in hooks.KINDS:  # a copy has none, as in PyTorch
            attributes.pop(kind, None)
        return attributes

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        entries = attributes["state"]
        self.__dict__.update(attributes)
        self.state = self._new_state()
        self.state.update(entries)

    def __repr__(self) -> str:
        lines = [type(self).__name__ + " ("]
        for position, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {position}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


class NativeOptimizer(Optimizer):
    """An optimizer whose step is one C++ call for each group, over all its parameters.

    A subclass names its update rule, which cpp/kernels/cpu/optimizer_rules.h or cpp/optim defines.
    """

    _rule: str
    state: NativeState

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if defaults.get("differentiable"):
            raise ValueError("differentiable=True is not supported: the step is not recorded")
        super().__init__(params, defaults)

    def _new_state(self) -> NativeState:
        return NativeState(type(self).__name__, self._rule)

    def _settings(self, group: dict[str, Any]) -> dict[str, Any]:
        """The rule's settings, under the names of the rule; what else is there is not read."""
        return group

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Changes every parameter that has a gradient; returns what `closure` returns, if given."""
        loss = None if closure is None else evaluate(closure)
        groups = self.param_groups
        for group, native in zip(groups, self.state.follow(groups), strict=True):
            native.step(self._settings(group))
        return loss

    def _checked_state(
        self, state: Any, by_number: dict[Any, Tensor], settings: list[dict[str, Any]]
    ) -> dict[Any, Any]:
        checked: dict[Any, Any] = {}
        group_of: dict[Tensor, dict[str, Any]] = {}
        for group, changes in zip(self.param_groups, settings, strict=True):
            changed = {**group, **changes}
            group_of.update((parameter, changed) for parameter in group["params"])
        self.state.follow(self.param_groups)
        for number, entries in state.items():
            loading.check_number(number, by_number)
            parameter = by_number[number]
            shapes, required = self.state.form(parameter, group_of[parameter])
            checked[parameter] = loading.native_entries(
                entries, parameter, number, shapes, required
            )
        return checked

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group: a dictionary with "params" and settings that go before the defaults."""
        super().add_param_group(param_group)
        self.state.add_group(self.param_groups[-1]["params"])

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters, or fills them with zeros."""
        for group in self.state.follow(self.param_groups):
            group.zero_grad(set_to_none)

    def __setstate__(self, attributes: dict[str, Any]) -> None:
        entries = attributes["state"]
        self.__dict__.update(attributes)
        self.state = self._new_state()
        for group in self.param_groups:
            self.state.add_group(group["params"])
        self.state.update(entries)


def evaluate(closure: Callable[[], Any]) -> Any:
    """What the closure returns, with recording on."""
    with tg.enable_grad():
        return closure()


def expect_nonnegative(group: dict[str, Any], *settings: tuple[str, str]) -> None:
    """Raises ValueError, in PyTorch's words, if one of (key, name) is negative.

    Also for a learning rate that is a tensor with more than one element.
    """
    for key, name in settings:
        value = group[key]
        if isinstance(value, Tensor) and value.numel() != 1:
            raise ValueError(f"Tensor {key} must be 1-element, got shape {tuple(value.shape)}")
        if not value >= 0.0:
            raise ValueError(f"Invalid {name}: {value}")


def expect_fractions(group: dict[str, Any], key: str, name: str) -> None:
    """Raises ValueError, in PyTorch's words, for a part of group[key] that is not in [0, 1)."""
    for index, value in enumerate(group[key]):
        if not 0.0 <= value < 1.0:
            raise ValueError(f"Invalid {name} at index {index}: {value}")


def given(arguments: dict[str, Any]) -> dict[str, Any]:
    """The settings among the arguments of a constructor: `given(locals())`."""
    return {
        name: value
        for name, value in arguments.items()
        if name not in ("self", "params", "__class__")
    }


def _unpack_parameters(group: dict[str, Any]) -> None:
    """Makes group["params"] a list of tensors, and group["param_names"] their names if given."""
    params = group["params"]
    if isinstance(params, (set, frozenset)):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering "
            "of tensors in sets will change between runs. Please use a list instead."
        )
    listed = [params] if isinstance(params, Tensor) else list(params)
    named = [item for item in listed if isinstance(item, tuple)]
    if named:
        if len(named) != len(listed):
            raise ValueError(
                "all optimizer params should be with/without names. Some param names are missing"
            )
        group["param_names"] = [name for name, _ in named]
        listed = [parameter for _, parameter in named]
    for parameter in listed:
        if not isinstance(parameter, Tensor):
            raise TypeError(
                "optimizer can only optimize Tensors, "
                f"but one of the params is {type(parameter).__name__}"
            )
        if not parameter.is_leaf:
            raise ValueError("can't optimize a non-leaf Tensor")
    unique = list(dict.fromkeys(listed))
    if len(unique) != len(listed):
        warn("optimizer contains a parameter group with duplicate parameters", stacklevel=5)
    group["params"] = unique
