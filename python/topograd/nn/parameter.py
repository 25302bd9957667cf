"""Parameter: a tensor that a module trains."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._C import Tensor


class Parameter(Tensor):
    """A tensor that is registered as a parameter when it is assigned to a module's attribute.

    data: the values, shared and not copied (default: an empty tensor).  requires_grad: default
    True. It is always a leaf: the history of `data` is dropped.  Raises TypeError if `data` is no
    tensor.

    >>> import topograd as tg
    >>> module = tg.nn.Module()
    >>> module.scale = tg.nn.Parameter(tg.ones(2))
    >>> [(name, p.requires_grad) for name, p in module.named_parameters()]
    [('scale', True)]
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        if data is None:
            data = tg.empty(0)
        elif not isinstance(data, Tensor):
            raise TypeError(f"Parameter: data must be a tensor, got {type(data).__name__}")
        parameter: Parameter = Tensor._make_subclass(cls, data.detach(), requires_grad)
        return parameter

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        if id(self) in memo:
            known: Parameter = memo[id(self)]
            return known
        copy = type(self)(self.data.clone(), self.requires_grad)
        copy.__dict__.update(self.__dict__)
        memo[id(self)] = copy
        return copy

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.data, self.requires_grad), self.__dict__ or None

    def __repr__(self) -> str:
        return "Parameter containing:\n" + super().__repr__()
