"""`torch._utils`: lists of tensors as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import topograd as tg
from topograd._C import Tensor

__all__ = ["_flatten_dense_tensors", "_take_tensors", "_unflatten_dense_tensors"]


def _flatten_dense_tensors(tensors: Iterable[Tensor]) -> Tensor:
    """The elements of all tensors, of one dtype, joined.

    >>> import topograd as tg
    >>> from topograd._utils import _flatten_dense_tensors
    >>> _flatten_dense_tensors([tg.ones(1, 2), tg.zeros(1)])
    tensor([1., 1., 0.])
    """
    return tg.cat([one.contiguous().view(-1) for one in tensors])


def _unflatten_dense_tensors(flat: Tensor, tensors: Iterable[Tensor]) -> tuple[Tensor, ...]:
    """Views of a vector, shaped like the tensors, one after the other."""
    result, start = [], 0
    for one in tensors:
        result.append(flat.narrow(0, start, one.numel()).view(one.shape))
        start += one.numel()
    return tuple(result)


def _take_tensors(tensors: Iterable[Tensor], size_limit: int) -> Iterator[Sequence[Tensor]]:
    """Groups of tensors of one dtype whose bytes reach a limit, then what is left."""
    groups: dict[tg.dtype, list[Tensor]] = {}
    sizes: dict[tg.dtype, int] = {}
    for one in tensors:
        size = one.numel() * one.element_size()
        if groups.get(one.dtype) and sizes[one.dtype] + size > size_limit:
            yield groups.pop(one.dtype)
            sizes[one.dtype] = 0
        groups.setdefault(one.dtype, []).append(one)
        sizes[one.dtype] = sizes.get(one.dtype, 0) + size
    yield from groups.values()
