"""Variable: what tensors were wrapped in before PyTorch 0.4; today a tensor is one."""

from __future__ import annotations

from typing import Any

from topograd._C import Tensor

__all__ = ["Variable"]


class _VariableMeta(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor)

    def __call__(
        cls, data: Any = None, requires_grad: bool = False, volatile: Any = None
    ) -> Tensor:
        if data is None:
            return Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable: data has to be a tensor, got {type(data).__name__}")
        # The same memory outside of the graph, as PyTorch's.
        return data.detach().requires_grad_(requires_grad)


class Variable(metaclass=_VariableMeta):
    """A tensor on the memory of data, outside of its graph; every tensor is an instance.

    requires_grad: whether gradients flow to it.  volatile: accepted, and means nothing since
    PyTorch 0.4; use `no_grad`.

    >>> import topograd as tg
    >>> x = tg.autograd.Variable(tg.ones(2), requires_grad=True)
    >>> isinstance(x, tg.autograd.Variable), x
    (True, tensor([1., 1.], requires_grad=True))
    """
