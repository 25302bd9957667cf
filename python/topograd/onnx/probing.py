"""On which inputs a program is recorded: other sizes and other values than those given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

import topograd as tg
from topograd.onnx.structure import Axes

__all__ = ["Trial", "base_trials", "bold_trials", "far_trials", "given_to"]

# Which multiple of its size an axis has in each run: no two change alike.
_MULTIPLES = ((1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 1, 2), (3, 2, 1))

# Sizes that a program may treat otherwise than small ones, and how many elements of results such a
# run may have: a small program is tried with all of them, a large one with none.
_FAR = (17, 37, 67, 131, 257, 521, 1031)
_AFFORDABLE = 2**22


class Trial(NamedTuple):
    """One run to be made: the size of each free axis, and how much its values differ.

    seed: which other values.  data: 'near' moves them a little, 'turned' also moves integers to
    other places, 'bold' takes other signs, truths and numbers.
    """

    sizes: list[int]
    seed: int
    data: str


def _size(one: Axes, tensors: Sequence[tg.Tensor]) -> int:
    number, axis = one.places[0]
    return tensors[number].shape[axis]


def base_trials(axes: Sequence[Axes], tensors: Sequence[tg.Tensor], growing: bool) -> list[Trial]:
    """The runs that have to succeed: three with other sizes, two where all sizes are fixed.

    growing: multiples of the sizes, else sizes below them.  1 is never among those that multiply:
    programs treat it differently, by broadcasting.
    """
    if not axes:
        return [Trial([], seed, "turned") for seed in (0, 1)]
    if len(axes) > len(_MULTIPLES):
        raise ValueError(f"onnx.export: up to {len(_MULTIPLES)} named axes, got {len(axes)}")
    sizes = []
    for one, multiples in zip(axes, _MULTIPLES, strict=False):
        size = _size(one, tensors)
        if growing:
            sizes.append([max(size, 2) * multiple for multiple in multiples])
        else:
            sizes.append([max(size - multiple + 1, 1) for multiple in multiples])
    return [Trial(list(each), k, "turned") for k, each in enumerate(zip(*sizes, strict=True))]


def _prime_above(bound: float) -> int:
    number = int(bound) + 1
    while any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number += 1
    return number


def bold_trials(axes: Sequence[Axes], tensors: Sequence[tg.Tensor], growing: bool) -> list[Trial]:
    """Runs with quite other values, and primes as sizes.

    What is counted in the values (how many are above zero, say) equals no size here, as it may by
    chance where the values are like those given.  Two do; where all sizes are fixed it takes more
    for a small count to be another one.
    """
    if not axes:
        return [Trial([], seed, "bold") for seed in range(3, 9)]
    first, second = [], []
    for k, one in enumerate(axes):
        size = _size(one, tensors)
        if growing:
            pair = [_prime_above(max(size, 2) * (by + 0.3 * k)) for by in (1.4, 2.3)]
        else:
            pair = [max((size * part) // 5, 1) for part in (3, 2)]
        first.append(pair[k % 2])
        second.append(pair[1 - k % 2])
    return [Trial(first, 3, "bold"), Trial(second, 4, "bold")]


def far_trials(
    axes: Sequence[Axes], tensors: Sequence[tg.Tensor], growing: bool, elements: int
) -> Iterator[list[Trial]]:
    """Runs that show a branch on a size: lists of them that end where one fails.

    One axis at a time is 1, then as large as can be afforded. elements: of all results of the first
    of the runs of `base_trials`.
    """
    base = base_trials(axes, tensors, growing)[0].sizes
    for k in range(len(axes)):
        yield [Trial([*base[:k], 1, *base[k + 1 :]], 5, "near")]
        if growing:
            sizes = [n for n in _FAR if n > base[k] and n * elements <= _AFFORDABLE * base[k]]
            yield [Trial([*base[:k], size, *base[k + 1 :]], 6, "near") for size in sizes]


def given_to(trial: Trial, axes: Sequence[Axes], tensors: Sequence[tg.Tensor]) -> list[tg.Tensor]:
    """The inputs of a run: those given in other sizes and with other elements."""
    wanted: dict[int, dict[int, int]] = {}
    for one, size in zip(axes, trial.sizes, strict=True):
        for k, axis in one.places:
            wanted.setdefault(k, {})[axis] = size
    made = _bold if trial.data == "bold" else _near
    return [made(tensor, wanted.get(k, {}), trial, k) for k, tensor in enumerate(tensors)]


def _near(tensor: tg.Tensor, sizes: Mapping[int, int], trial: Trial, number: int) -> tg.Tensor:
    """The elements repeated; floating ones are other ones too."""
    for axis, size in sizes.items():
        tensor = tensor.index_select(axis, tg.arange(size) % tensor.shape[axis])
    if tensor.dtype.is_floating_point:
        return tensor * (1 - 0.05 * trial.seed)
    movable = trial.data == "turned" and tensor.dtype != tg.bool
    if movable:
        return tensor.flatten().roll(trial.seed).reshape(tensor.shape)
    return tensor.clone()


def _bold(tensor: tg.Tensor, sizes: Mapping[int, int], trial: Trial, number: int) -> tg.Tensor:
    """Elements drawn anew: of any sign or truth, integers between 0 and those that were there."""
    draw = np.random.default_rng([trial.seed, number])
    for axis, size in sizes.items():
        at = draw.integers(0, tensor.shape[axis], size)
        tensor = tensor.index_select(axis, tg.tensor(at))
    shape = tuple(tensor.shape)
    if tensor.dtype == tg.bool:
        return tg.tensor(draw.random(shape) < 0.5)
    parts = tg.tensor(draw.random(shape), dtype=tg.float64)
    if tensor.dtype.is_floating_point:
        spread = max(float(tensor.double().std(correction=0)), 0.1) if tensor.numel() else 1.0
        signs = tg.tensor(draw.choice([-1.0, 1.0], shape), dtype=tg.float64)
        return (tensor.double() * signs + spread * (parts - 0.5)).to(tensor.dtype)
    steps = (parts * (tensor.double().abs() + 1)).floor()
    return (steps * tensor.double().sign()).to(tensor.dtype)
