"""Which tensors look at the same memory, and what of that memory has to be written.

Tensors that share an element become parts of one stored block, so that they share it again after
loading. Tensors that look at different elements of one storage are stored apart, each as what it
shows. A block covers its tensors' elements from the first to the last; elements between them that
none of them shows are zero in the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import gcd
from typing import Any

import topograd as tg
from topograd._C import Tensor


@dataclass(frozen=True)
class Place:
    """Where a tensor is: in which block, from which byte on, with which strides.

    strides: in elements; None: the block is this tensor, row by row.
    """

    block: int
    offset: int = 0
    strides: tuple[int, ...] | None = None


@dataclass
class _Unit:
    """Tensors that look at the same elements in the same way."""

    tensor: Tensor
    members: list[int]
    begin: int
    end: int


@dataclass
class _Group:
    units: list[_Unit] = field(default_factory=list)


def placed(tensors: Sequence[Tensor]) -> tuple[list[Tensor], list[Place]]:
    """The blocks to be written, in the order of their first tensors, and each tensor's place."""
    places: list[Any] = [None] * len(tensors)
    blocks: list[Tensor] = []
    groups = [group for run in _runs(_units(tensors)) for group in _groups(run)]
    groups.sort(key=lambda group: min(unit.members[0] for unit in group.units))
    for group in groups:
        block = len(blocks)
        group.units.sort(key=lambda unit: unit.members[0])
        (unit, *others) = group.units
        if not others and not _repeats(unit.tensor):
            blocks.append(unit.tensor)
            for member in unit.members:
                places[member] = Place(block)
            continue
        blocks.append(_joined(group, block, places))
    return blocks, places


def _units(tensors: Sequence[Tensor]) -> list[_Unit]:
    """Tensors by what they look at; an empty one is like no other."""
    units: dict[Any, _Unit] = {}
    for position, given in enumerate(tensors):
        tensor = given.detach()
        key: Any = position
        begin = tensor.data_ptr() if tensor.numel() else 0
        if tensor.numel():
            layout = (tuple(tensor.shape), tuple(tensor.stride()))
            key = (str(tensor.device), str(tensor.dtype), begin, *layout)
        if key not in units:
            units[key] = _Unit(tensor, [], begin, begin + _span(tensor))
        units[key].members.append(position)
    return list(units.values())


def _span(tensor: Tensor) -> int:
    """Bytes from the first element to the end of the last."""
    if tensor.numel() == 0:
        return 0
    reach = sum((n - 1) * s for n, s in zip(tensor.shape, tensor.stride(), strict=True))
    return (reach + 1) * tensor.element_size()


def _runs(units: list[_Unit]) -> list[list[_Unit]]:
    """Units whose spans of memory touch each other."""
    runs: list[list[_Unit]] = []
    end, device = 0, None
    for unit in sorted(units, key=lambda u: (str(u.tensor.device), u.begin)):
        if unit.end > unit.begin and unit.begin < end and unit.tensor.device == device:
            runs[-1].append(unit)
        else:
            runs.append([unit])
            end, device = 0, unit.tensor.device
        end = max(end, unit.end)
    return runs


def _groups(run: list[_Unit]) -> list[_Group]:
    """Units that share elements, directly or through others; their spans touch already."""
    begin, end = run[0].begin, max(unit.end for unit in run)
    filling = any(
        u.begin == begin
        and u.end == end
        and u.tensor.numel() * u.tensor.element_size() == _span(u.tensor)
        and not _repeats(u.tensor)
        for u in run
    )
    if len(run) == 1 or filling:
        return [_Group(run)]
    import numpy as np

    sizes = [unit.tensor.element_size() for unit in run]
    grain = gcd(*sizes, *(unit.begin - begin for unit in run))
    owner = np.zeros((end - begin) // grain, np.uint16 if len(run) < 2**16 else np.uint32)
    parent = list(range(len(run) + 1))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for number, unit in enumerate(run, 1):
        seen = _grains_of_view(owner[(unit.begin - begin) // grain :], unit.tensor, grain)
        for other in np.unique(seen).tolist():
            if other:
                parent[root(other)] = root(number)
        seen[...] = number
    groups: dict[int, _Group] = {}
    for number, unit in enumerate(run, 1):
        groups.setdefault(root(number), _Group()).units.append(unit)
    return list(groups.values())


def _grains_of_view(marks: Any, tensor: Tensor, grain: int) -> Any:
    """Of an array with an element for each grain of memory, those under the tensor's elements."""
    import numpy as np

    grains = tensor.element_size() // grain
    strides = [s * grains * marks.itemsize for s in tensor.stride()]
    return np.lib.stride_tricks.as_strided(
        marks, (*tensor.shape, grains), (*strides, marks.itemsize), writeable=True
    )


def _repeats(tensor: Tensor) -> bool:
    """Whether two indices can refer to one element."""
    reach = 0
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size > 1:
            if stride <= reach:
                return tensor.numel() > 0
            reach += (size - 1) * stride
    return False


def _joined(group: _Group, block: int, places: list[Any]) -> Tensor:
    """A block with the elements of all tensors of a group, where they lie in memory."""
    import numpy as np

    begin = min(unit.begin for unit in group.units)
    # Elements of different sizes are aligned in the block as they are in memory.
    sizes = {unit.tensor.element_size() for unit in group.units}
    padding = next(
        (
            p
            for p in range(16)
            if all((u.begin - begin + p) % u.tensor.element_size() == 0 for u in group.units)
        ),
        0,
    )
    begin -= padding
    size = max(sizes)
    length = -(-(max(unit.end for unit in group.units) - begin) // size) * size
    data = np.zeros(length, np.uint8)
    for unit in group.units:
        target = _grains_of_view(data[unit.begin - begin :], unit.tensor, 1)
        target[...] = _element_bytes(unit.tensor)
        for member in unit.members:
            places[member] = Place(block, unit.begin - begin, tuple(unit.tensor.stride()))
    joined = tg.from_numpy(data)
    dtypes = {unit.tensor.dtype for unit in group.units}
    return joined.view(dtypes.pop()) if len(dtypes) == 1 else joined


def _element_bytes(tensor: Tensor) -> Any:
    """The tensor's elements as an array of bytes of shape (*tensor.shape, element size)."""
    import numpy as np

    flat = tensor.contiguous().reshape(-1).view(tg.uint8).numpy()
    return np.reshape(flat, (*tensor.shape, tensor.element_size()))


def contiguous_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides, in elements, of a row-major array."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))
