"""Integers that follow the sizes of the inputs: found by comparing runs with different sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import NamedTuple

__all__ = [
    "Affine",
    "Dim",
    "Power",
    "Product",
    "Quotient",
    "Real",
    "Size",
    "explain",
    "explain_real",
    "merged",
    "of_run",
]


class Dim(NamedTuple):
    """A whole number that was another one in each run.

    >>> from topograd.onnx.dimensions import Dim
    >>> Dim((2, 4, 6)).values
    (2, 4, 6)
    """

    values: tuple[int, ...]
    real: bool = False  # whether the program had it as a float


class Real(NamedTuple):
    """A number that is no whole one and was another one in each run."""

    values: tuple[float, ...]


Size = int | Dim


class Affine(NamedTuple):
    """factor * of + offset."""

    of: Dim
    factor: int
    offset: int


class Quotient(NamedTuple):
    """(of + offset) // divisor."""

    of: Dim
    divisor: int
    offset: int


class Product(NamedTuple):
    """factor * (the product of the two)."""

    factor: int
    of: tuple[Dim, Dim]


def merged(values: tuple[int, ...]) -> Size:
    """The number itself where all runs agree, else a Dim.

    >>> from topograd.onnx.dimensions import merged
    >>> merged((3, 3)), merged((2, 4))
    (3, Dim(values=(2, 4), real=False))
    """
    return values[0] if len(set(values)) == 1 else Dim(values)


def of_run(size: Size, run: int) -> int:
    """The number of one run."""
    return size.values[run] if isinstance(size, Dim) else size


def _affine(wanted: Dim, known: Dim) -> Affine | None:
    pairs = list(zip(known.values, wanted.values, strict=True))
    first = pairs[0]
    other = next((pair for pair in pairs if pair[0] != first[0]), None)
    if other is None:
        return None
    factor = Fraction(other[1] - first[1], other[0] - first[0])
    offset = first[1] - factor * first[0]
    if factor.denominator != 1 or any(factor * a + offset != b for a, b in pairs):
        return None
    return Affine(known, int(factor), int(offset))


def _quotient(wanted: Dim, known: Dim) -> Quotient | None:
    for divisor in range(2, 65):
        for offset in (0, divisor - 1, *range(1 - divisor, 0)):
            if all(
                (a + offset) // divisor == b
                for a, b in zip(known.values, wanted.values, strict=True)
            ):
                return Quotient(known, divisor, offset)
    return None


def _product(wanted: Dim, known: tuple[Dim, Dim]) -> Product | None:
    units = [a * b for a, b in zip(known[0].values, known[1].values, strict=True)]
    if 0 in units or wanted.values[0] % units[0]:
        return None
    factor = wanted.values[0] // units[0]
    if [factor * unit for unit in units] != list(wanted.values):
        return None
    return Product(factor, known)


def _candidates(wanted: Dim, known: list[Dim]) -> Iterator[Affine | Quotient | Product | None]:
    for one in known:
        yield _affine(wanted, one)
    for pair in combinations_with_replacement(known, 2):
        yield _product(wanted, pair)
    for one in known:
        yield _quotient(wanted, one)


def explain(wanted: Dim, known: list[Dim]) -> Affine | Quotient | Product | None:
    """How `wanted` comes from the sizes `known`; None where that is not seen.

    >>> from topograd.onnx.dimensions import Dim, explain
    >>> explain(Dim((5, 9, 13)), [Dim((2, 4, 6))])
    Affine(of=Dim(values=(2, 4, 6), real=False), factor=2, offset=1)
    """
    return next((found for found in _candidates(wanted, known) if found is not None), None)


class Power(NamedTuple):
    """factor * (of + offset) ** exponent."""

    of: Dim
    factor: float
    offset: int
    exponent: float


def explain_real(wanted: Real, known: list[Dim]) -> Power | None:
    """How a number comes from a size, as 1 / n and 1 / sqrt(n) do; None where that is not seen.

    >>> from topograd.onnx.dimensions import Dim, Real, explain_real
    >>> explain_real(Real((1.5, 0.75, 0.5)), [Dim((2, 4, 6))])
    Power(of=Dim(values=(2, 4, 6), real=False), factor=3.0, offset=0, exponent=-1.0)
    """
    if not all(math.isfinite(value) for value in wanted.values):
        return None
    for one, offset in product(known, (0, -1, 1)):
        bases = [size + offset for size in one.values]
        if min(bases) < 1:
            continue
        for exponent in (-1.0, -0.5, 0.5, 1.0, -2.0, 2.0):
            factor = wanted.values[0] / bases[0] ** exponent
            if all(
                math.isclose(value, factor * base**exponent, rel_tol=1e-9)
                for value, base in zip(wanted.values, bases, strict=True)
            ):
                return Power(one, factor, offset, exponent)
    return None
