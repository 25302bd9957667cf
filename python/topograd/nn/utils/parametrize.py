"""Parameters and buffers that are computed from others: the parametrizations of a module.

`register_parametrization(layer, "weight", f)` makes `layer.weight` the value of f at
`layer.parametrizations.weight.original`, which is what is trained; f is a module.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn.containers import ModuleDict, ModuleList
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]

_cache_depth = 0
_cache: dict[tuple[int, str], Tensor] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Inside, each parametrized tensor is computed once, at its first use.

    What was computed is forgotten at the end, so no optimizer step must lie inside.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.parametrizations.weight_norm(tg.nn.Linear(2, 2))
    >>> with tg.nn.utils.parametrize.cached():
    ...     layer.weight is layer.weight
    True
    >>> layer.weight is layer.weight
    False
    """
    global _cache_depth
    _cache_depth += 1
    try:
        yield
    finally:
        _cache_depth -= 1
        if _cache_depth == 0:
            _cache.clear()


def _require(holds: bool, problem: str, error: type[Exception] = ValueError) -> None:
    if not holds:
        raise error(problem)


def _same_kind(what: str, value: Any, like: Tensor, shapes: bool = True) -> None:
    """Raises unless `value` is a tensor that can stand in the place of `like`."""
    if not isinstance(value, Tensor):
        raise ValueError(f"{what}: expected a tensor, got {type(value).__name__}")
    if value.dtype != like.dtype:
        raise ValueError(f"{what}: expected dtype {like.dtype}, got {value.dtype}")
    if shapes and value.shape != like.shape:
        raise ValueError(f"{what}: expected shape {tuple(like.shape)}, got {tuple(value.shape)}")


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, in order, and what they start from.

    original: the tensor that is trained; original0, original1, … where the right_inverse of a
    parametrization gives several.  unsafe: not to check shapes and dtypes.
    """

    original: Any
    unsafe: bool

    def __init__(
        self, modules: Sequence[Module], original: Tensor | Parameter, unsafe: bool = False
    ) -> None:
        _require(len(modules) > 0, "ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        start: Any = original
        with tg.no_grad(), suppress(NotImplementedError):  # which leaves the tensor as it is
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    start = module.right_inverse(start)
        if not isinstance(start, Tensor) and not isinstance(start, Sequence):
            raise ValueError(
                "right_inverse must return a tensor or a sequence of tensors, got "
                f"{type(start).__name__}"
            )
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if isinstance(start, Tensor) else len(start)
        if isinstance(start, Tensor):
            if original.dtype != start.dtype:
                raise ValueError(
                    f"right_inverse outputs a tensor of dtype {start.dtype}, and the original "
                    f"tensor has {original.dtype}: it must stay in place"
                )
            _hold(self, "original", original, start)
        else:
            for number, tensor in enumerate(start):
                _require(
                    isinstance(tensor, Tensor),
                    f"right_inverse: expected tensors, got {type(tensor).__name__} at {number}",
                )
                _hold(self, f"original{number}", original, tensor)
        if not unsafe:
            _same_kind("the parametrized tensor", self(), original)

    @property
    def originals(self) -> list[Tensor]:
        """What the parametrizations start from, as a list."""
        if self.is_tensor:
            return [self.original]
        return [getattr(self, f"original{number}") for number in range(self.ntensors)]

    def right_inverse(self, value: Tensor) -> None:
        """Sets the originals so that the parametrized tensor becomes `value`.

        Raises RuntimeError where a parametrization has no right_inverse.
        """
        with tg.no_grad():
            start: Any = value
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                start = module.right_inverse(start)
            values = [start] if self.is_tensor else list(start)
            _require(
                len(values) == self.ntensors,
                f"right_inverse: expected {self.ntensors} tensors, got {len(values)}",
            )
            for original, one in zip(self.originals, values, strict=True):
                _same_kind("right_inverse", one, original, shapes=False)
                original.data = one.clone()

    def forward(self) -> Tensor:
        """The parametrized tensor."""
        first, *rest = list(self)
        value: Tensor = first(*self.originals)
        for module in rest:
            value = module(value)
        return value


def _hold(owner: Module, name: str, like: Tensor, value: Tensor) -> None:
    """Registers `value` as `like` was: a parameter that keeps its identity where it can."""
    if not isinstance(like, Parameter):
        owner.register_buffer(name, value)
    elif name == "original":
        like.data = value
        owner.register_parameter(name, like)
    else:
        owner.register_parameter(name, Parameter(value, requires_grad=like.requires_grad))


class _Parametrized:
    """What the class of a parametrized module has besides its properties."""

    def __setattr__(self: Any, name: str, value: Any) -> None:
        if "parametrizations" in self.__dict__ and name in self.parametrizations:
            if isinstance(value, Parameter):
                value = value.detach()
            object.__setattr__(self, name, value)  # the property
        else:
            super().__setattr__(name, value)

    def __getstate__(self) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(). See "
            "tg.save and load_state_dict"
        )

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        plain = type_before_parametrizations(self)
        copy = plain.__new__(plain)
        memo[id(self)] = copy
        from topograd.nn import state

        state.from_pickle(copy, deepcopy(state.to_pickle(self), memo))
        _inject_class(copy)
        for name in copy.get_submodule("parametrizations")._modules:
            _inject_property(copy, name)
        return copy


def _inject_class(module: Module) -> None:
    """Gives a module a class of its own, for the properties."""
    kind = type(module)
    module.__class__ = type(f"Parametrized{kind.__name__}", (_Parametrized, kind), {})


def _inject_property(module: Any, name: str) -> None:
    def compute(self: Any) -> Tensor:
        parametrization = self.parametrizations[name]
        if _cache_depth == 0:
            value: Tensor = parametrization()
            return value
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = parametrization()
        return _cache[key]

    def assign(self: Any, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"cannot assign {type(value).__name__} to parametrized '{name}'")
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(compute, assign))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Makes a parameter or buffer the value of a module at another tensor, which is then trained.

    parametrization: a module whose forward takes the original tensor.  If it has a method
    `right_inverse`, that gives the original for a wanted value: at first, so that the value does
    not change, and on assignment; it may give several tensors, which forward then takes.  A second
    parametrization is applied to the value of the first.  unsafe: not to check that shape and dtype
    stay (default False).  Returns the module.  Raises ValueError for a name without parameter or
    buffer, or where shape or dtype change.

    >>> import topograd as tg
    >>> class Symmetric(tg.nn.Module):
    ...     def forward(self, x):
    ...         return x.triu() + x.triu(1).T
    >>> layer = tg.nn.Linear(3, 3)
    >>> _ = tg.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> bool((layer.weight == layer.weight.T).all()), [n for n, _ in layer.named_parameters()]
    (True, ['bias', 'parametrizations.weight.original'])
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        _append(module, tensor_name, parametrization, unsafe)
    elif tensor_name in module._parameters or tensor_name in module._buffers:
        original = getattr(module, tensor_name)
        _require(original is not None, f"register_parametrization: '{tensor_name}' is None")
        made = ParametrizationList([parametrization], original, unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _inject_class(module)
            setattr(module, "parametrizations", ModuleDict())  # noqa: B010
        module.get_submodule("parametrizations").register_module(tensor_name, made)
        _inject_property(module, tensor_name)
    else:
        raise ValueError(
            f"Module '{type(module).__name__}' does not have a parameter, a buffer, or a "
            f"parametrized element with name '{tensor_name}'"
        )
    return module


def _append(module: Any, name: str, parametrization: Any, unsafe: bool) -> None:
    """A further parametrization of a tensor that has one."""
    made = module.parametrizations[name]
    if not unsafe:
        value = getattr(module, name)
        result = parametrization(value)
        _same_kind("registering a parametrization may not change the tensor", result, value)
        if hasattr(parametrization, "right_inverse"):
            back = parametrization.right_inverse(result)
            _same_kind("right_inverse", back, value)
            made.right_inverse(back)
    made.append(parametrization)
    made.unsafe |= unsafe


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrizations, or one of the tensor with that name.

    >>> import topograd as tg
    >>> tg.nn.utils.parametrize.is_parametrized(tg.nn.Linear(2, 2))
    False
    """
    made = module._modules.get("parametrizations")
    if not isinstance(made, ModuleDict):
        return False
    return len(made) > 0 if tensor_name is None else tensor_name in made


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Makes a parametrized tensor an ordinary one again.

    leave_parametrized: with its present value (default), or with that of the original tensor, which
    must then be a single one.  A parameter stays one, and the same object where it can.  Returns
    the module.  Raises ValueError where there is no parametrization.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.parametrizations.weight_norm(tg.nn.Linear(2, 2))
    >>> _ = tg.nn.utils.parametrize.remove_parametrizations(layer, "weight")
    >>> type(layer).__name__, [name for name, _ in layer.named_parameters()]
    ('Linear', ['bias', 'weight'])
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"Module {type(module).__name__} does not have a parametrization on {tensor_name}"
        )
    made: Any = module.parametrizations[tensor_name]  # type: ignore[attr-defined]
    if not made.is_tensor and not leave_parametrized:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
            "parametrized in terms of a sequence of tensors."
        )
    value: Any = made.original if made.is_tensor else None
    is_parameter = isinstance(made.originals[0], Parameter)
    if leave_parametrized:
        with tg.no_grad():
            computed = getattr(module, tensor_name).detach().clone()
        if value is not None:
            value.data = computed
        else:
            trained = made.originals[0].requires_grad
            value = Parameter(computed, requires_grad=trained) if is_parameter else computed
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]  # type: ignore[attr-defined]
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type_before_parametrizations(module)
    if is_parameter:
        module.register_parameter(tensor_name, value)
    else:
        module.register_buffer(tensor_name, value)
    return module


def type_before_parametrizations(module: Module) -> type[Module]:
    """The class of a module, without regard to parametrizations.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.parametrizations.weight_norm(tg.nn.Linear(2, 2))
    >>> tg.nn.utils.parametrize.type_before_parametrizations(layer).__name__
    'Linear'
    """
    kind = type(module)
    return kind.__bases__[1] if _Parametrized in kind.__bases__ else kind


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Gives one module the parametrizations of another, with copies of the originals.

    tensor_name: of which tensor; default: of all.  Returns `to_module`.

    >>> import topograd as tg
    >>> a, b = tg.nn.Linear(2, 2), tg.nn.Linear(2, 2)
    >>> _ = tg.nn.utils.parametrizations.weight_norm(a)
    >>> _ = tg.nn.utils.parametrize.transfer_parametrizations_and_params(a, b)
    >>> bool((a.weight == b.weight).all())
    True
    """
    if not is_parametrized(from_module):
        return to_module
    source: Any = from_module
    names = list(source.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        if not is_parametrized(from_module, name):
            raise ValueError(f"'{name}' is not parametrized")
        made = source.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(source, name).detach().clone()))
        for parametrization in made:
            register_parametrization(to_module, name, deepcopy(parametrization), unsafe=made.unsafe)
        target: Any = to_module
        for to, original in zip(
            target.parametrizations[name].originals, made.originals, strict=True
        ):
            to.data = original.detach().clone()
    return to_module
