"""Parameters, buffers, and their uninitialized forms, which get a shape at the first call."""

from __future__ import annotations

from typing import Any, NoReturn, TypeGuard

import topograd as tg
from topograd import _C
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


class _BufferKind(type(Tensor)):  # type: ignore[misc]
    """Makes `isinstance(x, Buffer)` true for tensors marked as buffers."""

    def __instancecheck__(cls, instance: Any) -> bool:
        if cls is not Buffer:
            return type.__instancecheck__(cls, instance)
        return isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_BufferKind):
    """A tensor that is registered as a buffer when it is assigned to a module's attribute.

    data: the values, shared (default: an empty tensor).  persistent: whether it is in `state_dict`
    (default True).  What is made is a plain tensor with a mark.

    >>> import topograd as tg
    >>> module = tg.nn.Module()
    >>> module.mean = tg.nn.Buffer(tg.zeros(2))
    >>> list(module.state_dict()), isinstance(module.mean, tg.nn.Buffer)
    (['mean'], True)
    """

    persistent: bool
    _is_buffer: bool

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Any:
        if data is None:
            data = tg.empty(0)
        elif not isinstance(data, Tensor):
            raise TypeError(f"Buffer: data must be a tensor, got {type(data).__name__}")
        buffer: Any = data.detach().requires_grad_(data.requires_grad)
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer


class UninitializedTensorMixin:
    """A tensor that has a dtype and no shape yet; `materialize` gives it one."""

    cls_to_become: type[Tensor] = Tensor

    def materialize(self: Any, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Gives memory, not filled, of this shape, and makes it an ordinary parameter or buffer.

        dtype: default the one that was given at the construction.
        """
        values = tg.empty(tuple(shape), device=device, dtype=dtype or self.dtype)
        self.__class__ = self.cls_to_become
        self.data = values

    def _unknown(self, what: str) -> NoReturn:
        raise RuntimeError(
            f"Can't access the {what} of an uninitialized parameter or buffer. Call `forward` once "
            "to initialize it; to load its state, let `load_state_dict` do the same"
        )

    @property
    def shape(self) -> Any:
        """Raises RuntimeError: there is none yet."""
        self._unknown("shape")

    def size(self, dim: int | None = None) -> Any:
        """Raises RuntimeError: there is none yet."""
        self._unknown("size")

    def numel(self) -> int:
        """Raises RuntimeError: there is none yet."""
        self._unknown("number of elements")

    def share_memory_(self) -> Any:
        """Raises RuntimeError: there is nothing to share yet."""
        self._unknown("memory")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


_NEED_NO_SHAPE = ("detach", "is_floating_point", "is_complex")
_OPERATORS = (
    "add sub mul truediv matmul pow radd rsub rmul rtruediv iadd isub imul itruediv "
    "neg getitem setitem len iter"
).split()


def _refuse_ops() -> None:
    """Methods and operators that compute raise; functions see an empty tensor."""

    def refusing(name: str) -> Any:
        def method(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
            raise ValueError(
                f"{name}: attempted to use an uninitialized parameter or buffer; it gets its shape "
                "and values in the first call of its module"
            )

        return method

    named = [end for name in _C.functions for end in (name, name + "_")]
    for name in (*named, *(f"__{operator}__" for operator in _OPERATORS)):
        known = hasattr(Tensor, name) and name not in UninitializedTensorMixin.__dict__
        if known and name not in _NEED_NO_SHAPE:
            setattr(UninitializedTensorMixin, name, refusing(name))


_refuse_ops()


class UninitializedParameter(UninitializedTensorMixin, Parameter):
    """A parameter whose shape follows from the first input of its module.

    Its dtype, device and `requires_grad` can be changed; anything that needs a shape raises
    RuntimeError. `materialize(shape)` makes it a Parameter.

    >>> import topograd as tg
    >>> weight = tg.nn.UninitializedParameter()
    >>> weight.materialize((2, 3))
    >>> type(weight).__name__, tuple(weight.shape)
    ('Parameter', (2, 3))
    """

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        data = tg.empty(0, device=device, dtype=dtype)
        return Tensor._make_subclass(cls, data, requires_grad)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, self.device, self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.requires_grad, None, self.dtype)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):
    """A buffer whose shape follows from the first input of its module.

    >>> import topograd as tg
    >>> mean = tg.nn.UninitializedBuffer()
    >>> mean.materialize((2,))
    >>> tuple(mean.shape)
    (2,)
    """

    persistent: bool
    _is_buffer: bool

    def __new__(
        cls,
        requires_grad: bool = False,
        device: Any = None,
        dtype: Any = None,
        persistent: bool = True,
    ) -> Any:
        buffer: Any = Tensor._make_subclass(
            cls, tg.empty(0, device=device, dtype=dtype), requires_grad
        )
        buffer.persistent = persistent
        buffer._is_buffer = True
        return buffer

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, None, self.dtype, self.persistent)
        return memo[id(self)]

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self), (self.requires_grad, None, self.dtype, self.persistent)


def is_lazy(value: Any) -> TypeGuard[UninitializedTensorMixin]:
    """Whether a parameter or buffer has no shape yet."""
    return isinstance(value, UninitializedTensorMixin)
