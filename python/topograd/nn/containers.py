"""Containers: modules that hold modules or parameters in order or by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from operator import index
from typing import Any, NoReturn, TypeVar, overload
from warnings import warn

from topograd._C import Tensor
from topograd.nn.module import Module, indent
from topograd.nn.parameter import Parameter

Self = TypeVar("Self", bound="_ModuleSequence")


def _position(where: Any, length: int, container: Module) -> int:
    """`where` as an index from 0; raises IndexError outside of the container."""
    position = index(where)
    if not -length <= position < length:
        raise IndexError(
            f"{type(container).__name__}: index {position} is out of range for {length} entries"
        )
    return position % length


class _ModuleSequence(Module):
    """Modules named "0", "1", … — what Sequential and ModuleList have in common."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _name_at(self, where: Any) -> str:
        return list(self._modules)[_position(where, len(self), self)]

    def _from_items(self: Self, items: list[tuple[str, Any]]) -> Self:
        return type(self)(*[module for _, module in items])

    @overload
    def __getitem__(self, where: int) -> Any: ...
    @overload
    def __getitem__(self: Self, where: slice) -> Self: ...
    def __getitem__(self, where: int | slice) -> Any:
        if isinstance(where, slice):
            return self._from_items(list(self._modules.items())[where])
        return self._modules[self._name_at(where)]

    def __setitem__(self, where: int, module: Module) -> None:
        self._place(self._modules, self._name_at(where), module)

    def __delitem__(self, where: int | slice) -> None:
        names = list(self._modules)
        doomed = names[where] if isinstance(where, slice) else [self._name_at(where)]
        self._renumber([module for name, module in self._modules.items() if name not in doomed])

    def _renumber(self, modules: list[Any]) -> None:
        self._modules.clear()
        for position, module in enumerate(modules):
            self.register_module(str(position), module)

    def append(self: Self, module: Module) -> Self:
        """Adds a module at the end; returns the container."""
        self.register_module(str(len(self)), module)
        return self

    def extend(self: Self, modules: Iterable[Module]) -> Self:
        """Adds modules at the end; returns the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self: Self, index: int, module: Module) -> Self:
        """Puts a module before the one at `index`; returns the container."""
        if not isinstance(module, Module):
            raise TypeError(f"insert: expected a module, got {type(module).__name__}")
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def pop(self, key: int | slice) -> Any:
        """Takes the module at `key` out and returns it; those of a slice as a container."""
        module = self[key]
        del self[key]
        return module

    def __iadd__(self: Self, other: Iterable[Module]) -> Self:
        return self.extend(other)


class Container(Module):
    """A module whose children are given by name; deprecated, with a FutureWarning: use Module.

    >>> import warnings
    >>> import topograd as tg
    >>> with warnings.catch_warnings(action="ignore"):
    ...     list(dict(tg.nn.Container(first=tg.nn.Tanh()).named_children()))
    ['first']
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        warn("nn.Container is deprecated: use nn.Module", FutureWarning, stacklevel=2)
        for name, module in kwargs.items():
            self.add_module(name, module)


class Sequential(_ModuleSequence):
    """Modules called one after the other: y = f_n(… f_1(x)).

    Arguments: the modules, or one OrderedDict of names and modules.  Slices are Sequential too.

    >>> import topograd as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(4, 8), tg.nn.ReLU(), tg.nn.Linear(8, 2))
    >>> tuple(model(tg.ones(3, 4)).shape), len(model[:2])
    ((3, 2), 2)
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], dict):
            named = list(args[0].items())
        else:
            named = [(str(position), module) for position, module in enumerate(args)]
        for name, module in named:
            self.register_module(name, module)

    def _from_items(self, items: list[tuple[str, Any]]) -> Any:
        return type(self)(dict(items))

    def forward(self, input: Any) -> Any:
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input

    def __add__(self, other: Sequential) -> Sequential:
        if not isinstance(other, Sequential):
            raise ValueError(
                "add operator supports only objects of Sequential class, but "
                f"{type(other).__name__} is given."
            )
        return Sequential(*self, *other)

    def __mul__(self, times: int) -> Sequential:
        return Sequential(*(list(self) * _positive(times)))

    __rmul__ = __mul__

    def __imul__(self, times: int) -> Sequential:
        self.extend(list(self) * (_positive(times) - 1))
        return self


def _positive(times: int) -> int:
    if not isinstance(times, int):
        raise TypeError(f"unsupported operand type(s) for *: Sequential and {type(times).__name__}")
    if times <= 0:
        raise ValueError(f"Sequential: expected a positive factor, got {times}")
    return times


class ModuleList(_ModuleSequence):
    """A list whose modules are registered; it has no forward of its own.

    modules: what it holds at first (default: nothing).

    >>> import topograd as tg
    >>> layers = tg.nn.ModuleList([tg.nn.Linear(2, 2) for _ in range(3)])
    >>> len(layers), len(list(layers.parameters())), len(layers[1:])
    (3, 6, 2)
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self.extend(modules)

    def _from_items(self, items: list[tuple[str, Any]]) -> Any:
        return type(self)([module for _, module in items])

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __repr__(self) -> str:
        """Equal neighbours are written once: `(0-5): 6 x Linear(…)`."""
        if len(self) == 0:
            return f"{self._get_name()}()"
        runs: list[tuple[int, int, str]] = []
        for position, text in enumerate(repr(module) for module in self):
            if runs and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], position, text)
            else:
                runs.append((position, position, text))
        lines = [
            f"({first}): {indent(text, 2)}"
            if first == last
            else f"({first}-{last}): {last - first + 1} x {indent(text, 2)}"
            for first, last, text in runs
        ]
        return f"{self._get_name()}(\n  " + "\n  ".join(lines) + "\n)"


class ModuleDict(Module):
    """A dictionary whose modules are registered, in order of insertion; it has no forward.

    modules: a mapping, or pairs of name and module (default: nothing).

    >>> import topograd as tg
    >>> heads = tg.nn.ModuleDict({"mean": tg.nn.Linear(4, 1), "scale": tg.nn.Linear(4, 1)})
    >>> list(heads), "mean" in heads
    (['mean', 'scale'], True)
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.register_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def items(self) -> Any:
        """Pairs of name and module."""
        return self._modules.items()

    def clear(self) -> None:
        """Takes all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Takes the module at `key` out and returns it."""
        return self._modules.pop(key)

    def update(self, modules: Any) -> None:
        """Adds or replaces modules from a mapping or from pairs."""
        for key, module in dict(modules).items():
            self[key] = module


def _entry_repr(value: Any) -> str:
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    size = "x".join(str(length) for length in value.shape)
    return f"{kind} containing: [{value.dtype} of size {size}]"


class ParameterList(Module):
    """A list whose tensors are registered as parameters.

    values: what it holds at first; a plain tensor becomes a Parameter, other objects are kept as
    is.

    >>> import topograd as tg
    >>> weights = tg.nn.ParameterList([tg.ones(2), tg.ones(3)])
    >>> len(weights), [name for name, _ in weights.named_parameters()]
    (2, ['0', '1'])
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return iter([self[position] for position in range(len(self))])

    @overload
    def __getitem__(self, where: int) -> Any: ...
    @overload
    def __getitem__(self, where: slice) -> ParameterList: ...
    def __getitem__(self, where: int | slice) -> Any:
        if isinstance(where, slice):
            return type(self)(list(self)[where])
        return getattr(self, str(_position(where, len(self), self)))

    def __setitem__(self, where: int, value: Any) -> None:
        self._put(_position(where, len(self), self), value)

    def _put(self, position: int, value: Any) -> None:
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, str(position), value)

    def append(self, value: Any) -> ParameterList:
        """Adds a value at the end; returns the list."""
        self._put(self._size, value)
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Adds values at the end; returns the list."""
        for value in list(values):
            self.append(value)
        return self

    def pop(self, index: int = -1) -> Any:
        """Takes the value at `index` out and returns it."""
        values = list(self)
        value = values.pop(_position(index, len(self), self))
        for position in range(self._size):
            delattr(self, str(position))
        self._size = 0
        self.extend(values)
        return value

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError("ParameterList should not be called.")

    def extra_repr(self) -> str:
        return "\n".join(
            f"({position}): {_entry_repr(value)}" for position, value in enumerate(self)
        )

    def __repr__(self) -> str:
        return _indented_repr(self)


class ParameterDict(Module):
    """A dictionary whose tensors are registered as parameters, in order of insertion.

    parameters: a mapping, or pairs; a plain tensor becomes a Parameter, other objects are kept as
    is.

    >>> import topograd as tg
    >>> gains = tg.nn.ParameterDict({"left": tg.ones(2), "right": tg.ones(2)})
    >>> list(gains.keys()), len(list(gains.parameters()))
    (['left', 'right'], 2)
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"ParameterDict: expected a string as key, got {type(key).__name__}")
        if key not in self._keys and hasattr(self, key):
            raise KeyError(f"attribute '{key}' already exists")
        if isinstance(value, Tensor) and not isinstance(value, Parameter):
            value = Parameter(value)
        setattr(self, key, value)
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._keys.keys()

    def values(self) -> Iterable[Any]:
        """The parameters."""
        return [self[key] for key in self._keys]

    def items(self) -> Iterable[tuple[str, Any]]:
        """Pairs of name and parameter."""
        return [(key, self[key]) for key in self._keys]

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter at `key`, or `default`."""
        return self[key] if key in self._keys else default

    def pop(self, key: str) -> Any:
        """Takes the parameter at `key` out and returns it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Takes the last pair of name and parameter out and returns it."""
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter at `key`, which is `default` from now on if there was none."""
        if key not in self._keys:
            self[key] = default
        return self[key]

    def copy(self) -> ParameterDict:
        """A dictionary of its own with the same parameters."""
        return ParameterDict(dict(self.items()))

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dictionary with `default` under each of the keys."""
        return ParameterDict(dict.fromkeys(keys, default))

    def __reversed__(self) -> Iterator[str]:
        return reversed(list(self._keys))

    def __or__(self, other: ParameterDict) -> ParameterDict:
        result = self.copy()
        result.update(other)
        return result

    def __ror__(self, other: ParameterDict) -> ParameterDict:
        result = ParameterDict(other)
        result.update(self)
        return result

    def __ior__(self, other: ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError("ParameterDict should not be called.")

    def clear(self) -> None:
        """Takes all parameters out."""
        for key in list(self._keys):
            del self[key]

    def update(self, parameters: Any) -> None:
        """Adds or replaces parameters from a mapping (or another ParameterDict) or from pairs."""
        for key, value in dict(parameters).items():
            self[key] = value

    def extra_repr(self) -> str:
        return "\n".join(f"({key}): {_entry_repr(value)}" for key, value in self.items())

    def __repr__(self) -> str:
        return _indented_repr(self)


def _indented_repr(module: Module) -> str:
    """One entry per line, also when there is only one."""
    extra = module.extra_repr()
    return f"{module._get_name()}(\n  {indent(extra, 2)}\n)" if extra else module._get_name() + "()"
