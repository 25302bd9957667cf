"""Copies and pickles of tensors."""

from __future__ import annotations

import builtins
from typing import Any
from weakref import WeakValueDictionary

from topograd import _C
from topograd._C import Tensor


def __copy__(self: Tensor) -> Tensor:
    """A leaf of the same class on the same memory, with the attributes but not the gradient."""
    copy = Tensor._make_subclass(type(self), self.detach(), self.requires_grad)
    copy.__dict__.update(self.__dict__)
    if self.name is not None:
        copy.name = self.name
    return copy


def __deepcopy__(self: Tensor, memo: dict[builtins.int, Any]) -> Tensor:
    """A copy of a leaf with its gradient and attributes.

    The copy of a contiguous part of a contiguous tensor that was copied before it, in the same call
    of deepcopy, is a view of that tensor's copy.  Raises RuntimeError for a tensor with a history.
    """
    if id(self) in memo:
        return memo[id(self)]  # type: ignore[no-any-return]
    if not self.is_leaf:
        raise RuntimeError(
            "Only Tensors created explicitly by the user (graph leaves) support the deepcopy "
            f"protocol, got one of shape {tuple(self.shape)} made by {self.grad_fn}: "
            "use detach() before, or clone()"
        )
    copy = Tensor._make_subclass(type(self), _copied_elements(self, memo), self.requires_grad)
    if self.grad is not None:
        copy.grad = self.grad.clone()
    if self.name is not None:
        copy.name = self.name
    memo[id(self)] = copy
    from copy import deepcopy

    copy.__dict__.update(deepcopy(self.__dict__, memo))
    return copy


def _copied_elements(x: Tensor, memo: dict[Any, Any]) -> Tensor:
    x = x.detach()
    if not x.is_contiguous():
        return x.clone()
    start, count = x.storage_offset(), x.numel()
    storage = ("storage", x.data_ptr() - start * x.element_size(), str(x.dtype))
    copies: list[tuple[builtins.int, Tensor]] = memo.setdefault(storage, [])
    for first, whole in copies:
        if first <= start and start + count <= first + whole.numel():
            return whole.narrow(0, start - first, count).view(x.shape)
    copy = x.clone()
    copies.append((start, copy.view(-1)))
    return copy


# ---------------------------------------------------------------- pickles


class Memory:
    """The elements that some tensors share, as a pickle holds them: once.

    A pickler keeps the objects that it has seen until it is done, so that two tensors over the same
    elements give it the same object.
    """

    __slots__ = ("__weakref__", "elements")

    def __init__(self, elements: Tensor) -> None:
        self.elements = elements

    def __reduce__(self) -> tuple[Any, ...]:
        x = self.elements
        values = x.float().numpy() if x.dtype == _C.bfloat16 else x.numpy()
        # A copy: a pickler that hands buffers over must not hand over memory that changes.
        return _memory, (values.copy(), repr(x.dtype).rpartition(".")[2])


def _memory(values: Any, name: str) -> Memory:
    return Memory(_C.tensor(values).to(getattr(_C, name)))


_memories: WeakValueDictionary[tuple[builtins.int, builtins.int, str], Memory] = (
    WeakValueDictionary()
)


def _is_dense(x: Tensor) -> builtins.bool:
    """Whether the elements fill their memory, in whatever order of the dims."""
    expected = 1
    for stride, size in sorted((t, n) for t, n in zip(x.stride(), x.shape, strict=True) if n != 1):
        if stride != expected:
            return False
        expected *= size
    return True


def _memory_of(x: Tensor) -> Memory:
    """The same object for tensors over the same elements, as long as somebody holds it."""
    flat = x.as_strided((x.numel(),), (1,))
    key = (x.data_ptr(), x.numel(), repr(x.dtype))
    known = _memories.get(key) if x.numel() else None
    if known is None:
        known = Memory(flat)
        _memories[key] = known
    return known


def rebuild(
    values: Any,
    name: str,
    requires_grad: builtins.bool,
    size: tuple[builtins.int, ...] | None = None,
    stride: tuple[builtins.int, ...] = (),
    cls: type[Tensor] = Tensor,
    label: str | None = None,
) -> Tensor:
    """A tensor from what a pickle holds of it.

    values: a Memory; an array in pickles of older versions, each of which is memory of its own.
    """
    if isinstance(values, Memory):
        result = values.elements
    else:
        result = _C.tensor(values).to(getattr(_C, name))
    if size is not None:
        result = result.as_strided(size, stride).detach()
    if cls is not Tensor:
        result = Tensor._make_subclass(cls, result, requires_grad)
    elif requires_grad:
        result.requires_grad_()
    if label is not None:
        result.name = label
    return result


def __reduce_ex__(self: Tensor, protocol: Any) -> tuple[Any, ...]:
    """For pickle: the elements in the order of their memory, without history, gradient and hooks.

    A tensor with a history comes back as a leaf that requires grad.  Tensors over the same elements
    share them again when they are in one pickle; a part of a larger tensor is written, and comes
    back, as memory of its own.
    """
    plain = self.detach()
    if not _is_dense(plain):
        plain = plain.clone()
    if not _is_dense(plain):
        plain = plain.contiguous()
    name = repr(self.dtype).rpartition(".")[2]
    layout = (tuple(self.shape), plain.stride())
    parts = (_memory_of(plain), name, self.requires_grad, *layout, type(self), self.name)
    return rebuild, parts, self.__dict__ or None
