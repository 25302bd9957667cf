"""Indexing: ten thousand random indices of every form, read, written, added to, differentiated.

NumPy is the oracle, PyTorch a second one where it is installed. An example of hypothesis is a seed
from which a block of cases is drawn: a case is quick, an example is not.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topograd as tg
from helpers import Array, array_of, tensor_of
from parity import attempt

Index = tuple[Any, ...]

EXAMPLES, CASES_EACH = 250, 40
BOUNDED = settings(max_examples=EXAMPLES, derandomize=True, deadline=None, database=None)
SEEDS = given(seed=st.integers(0, 2**32 - 1))
HAS_TORCH = importlib.util.find_spec("torch") is not None


class Case:
    """An array, an index into it as a program writes it, and what NumPy makes of it.

    PyTorch applies integers before it looks where the arrays stand, NumPy counts them as arrays:
    `view` has them applied, `rest` is the index without them.
    """

    def __init__(self, array: Array, parts: list[tuple[str, Any]]) -> None:
        self.array = array
        self.parts = parts
        self.view, self.rest = self.integers_first(array)

    def integers_first(self, array: Array) -> tuple[Array, Index]:
        """Return a view of `array` with the integers applied, and the rest of the index."""
        first: list[Any] = []
        for kind, part in self.parts:
            if kind == "mask":
                first += [slice(None)] * np.ndim(part)
            elif kind in ("integer", "ellipsis"):
                first.append(int(part) if kind == "integer" else part)
            elif kind in ("slice", "array"):
                first.append(slice(None))
        if Ellipsis not in [part for part in first if not isinstance(part, int)]:
            first.append(Ellipsis)
        # NumPy takes arrays around an Ellipsis for apart, PyTorch only if it stands for a dim.
        dropped = {"integer"} | ({"ellipsis"} if len(first) > array.ndim else set())
        return array[tuple(first)], tuple(
            np.asarray(part) if kind in ("array", "mask") else part
            for kind, part in self.parts
            if kind not in dropped
        )

    def index(self, library: Any) -> Any:
        """Return the index with its arrays as they were drawn, tensors being those of `library`."""

        def passed(kind: str, part: Any) -> Any:
            # PyTorch takes a mask that is not a tensor for one dim when it looks what an Ellipsis
            # stands for.
            if library is not tg and (kind == "mask" or isinstance(part, np.ndarray)):
                part = AsTensor(np.asarray(part))
            return tensor_of(part.array, library=library) if isinstance(part, AsTensor) else part

        given = tuple(passed(kind, part) for kind, part in self.parts)
        # Without a tuple PyTorch still takes a nested list for one.
        bare = library is tg and len(given) == 1 and not isinstance(given[0], tuple)
        return given[0] if bare else given

    @property
    def repeats(self) -> bool:
        """Whether an element is indexed more than once."""
        count = np.zeros(self.array.shape)
        view, rest = self.integers_first(count)
        np.add.at(view, rest, 1)
        return bool(count.max(initial=0) > 1)

    def __str__(self) -> str:
        return f"{self.array.shape}[{', '.join(f'{kind} {part!r}' for kind, part in self.parts)}]"


class AsTensor:
    """An array of an index that is passed as a tensor."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.ndim = array.ndim

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return np.array(self.array, dtype)

    def __int__(self) -> int:
        return int(self.array)

    def __repr__(self) -> str:
        return f"tensor {self.array.tolist()}"


def as_written(array: Array, rng: np.random.Generator) -> Any:
    """Return an array of an index as a tensor, a NumPy array, a list or a tuple."""
    form = rng.choice(["tensor", "numpy", "list", "tuple"])
    if form == "tensor":
        return AsTensor(array)
    # An empty list has no dtype of its own: [] is an index, [[]] is one of floats.
    if form == "numpy" or array.size == 0:
        return array
    return array.tolist() if form == "list" or array.ndim == 0 else tuple(array.tolist())


def draw_integer(size: int, rng: np.random.Generator) -> Any:
    """Return an integer index as a Python or NumPy number or as a 0-d tensor."""
    number = int(rng.integers(-size, size))
    forms: list[Callable[[], Any]] = [
        lambda: number,
        lambda: np.int64(number),
        lambda: np.int32(number),
        lambda: AsTensor(np.array(number)),
    ]
    return forms[int(rng.integers(0, len(forms)))]()


def draw_slice(size: int, rng: np.random.Generator) -> slice:
    """Return a slice of positive step whose ends may lie outside, be negative or be absent."""
    ends = [
        None if rng.random() < 0.3 else int(rng.integers(-size - 2, size + 3)) for _ in range(2)
    ]
    if rng.random() < 0.1:
        ends = [None if end is None else np.int64(end) for end in ends]
    return slice(*ends, int(rng.integers(1, 4)) if rng.random() < 0.5 else None)


def draw_parts(shape: tuple[int, ...], rng: np.random.Generator) -> list[tuple[str, Any]]:
    """Return an index for `shape` as (kind, part), with at most one Ellipsis."""
    parts: list[tuple[str, Any]] = []
    kinds = ["integer", "slice", "none", "ellipsis", "mask", "array", "stop"]
    basic = rng.random() < 0.3
    broadcast = tuple(int(size) for size in rng.integers(0 if rng.random() < 0.1 else 1, 4, 2))
    axis = 0
    while axis < len(shape):
        kind, size = str(rng.choice(kinds)), shape[axis]
        if kind == "none":
            parts.append((kind, None))
        elif kind == "ellipsis" and kind not in [one for one, _ in parts]:
            parts.append((kind, Ellipsis))
            axis += int(rng.integers(0, len(shape) - axis + 1))
        elif kind == "integer" and size:
            parts.append((kind, draw_integer(size, rng)))
            axis += 1
        elif kind == "mask" and not basic and rng.random() < 0.5:
            rank = int(rng.integers(0, min(2, len(shape) - axis) + 1))
            mask = rng.random(shape[axis : axis + rank]) < 0.6
            if mask.size == 0 and ("ellipsis", Ellipsis) in parts:
                break  # NumPy lets an empty mask pass at an axis of another length
            parts.append((kind, as_written(np.asarray(mask), rng)))
            axis += rank
        elif kind == "array" and not basic and size:
            lengths = broadcast[int(rng.integers(0, 3)) :]
            array = rng.integers(-size, size, lengths)
            if array.ndim == 0:
                parts.append(("integer", int(array)))
            else:
                parts.append((kind, as_written(array, rng)))
            axis += 1
        elif kind == "stop":
            break
        elif kind == "slice":
            parts.append((kind, draw_slice(size, rng)))
            axis += 1
    return parts


def draw_case(rng: np.random.Generator) -> Case:
    """Return a case that NumPy accepts."""
    while True:
        shape = tuple(int(n) for n in rng.choice([0, 1, 1, 2, 3, 4], int(rng.integers(0, 5))))
        array = np.asarray(rng.integers(-9, 10, shape).astype(float))
        parts = draw_parts(shape, rng)
        case, refused = attempt(Case, array, parts)
        if refused is None and attempt(case.view.__getitem__, case.rest)[1] is None and parts:
            return case


def cases(seed: int) -> Iterator[tuple[Case, np.random.Generator]]:
    """Yield the cases of a block."""
    rng = np.random.default_rng(seed)
    for _ in range(CASES_EACH):
        yield draw_case(rng), rng


def assert_equal(case: Case, actual: Any, expected: Array) -> None:
    """Compare a tensor with an array exactly: all numbers are small and whole."""
    own = array_of(actual)
    assert own.shape == expected.shape, f"{case}: shape {own.shape}, NumPy {expected.shape}"
    assert np.array_equal(own, expected), f"{case}: {own}, NumPy {expected}"


def check_reading(case: Case) -> Array:
    """Read through the index, from row-major and transposed memory."""
    expected = np.asarray(case.view[case.rest])
    assert_equal(case, tensor_of(case.array)[case.index(tg)], expected)
    turned = tg.from_numpy(np.array(case.array, order="F"))
    assert_equal(case, turned[case.index(tg)], expected)
    return expected


def check_writing(case: Case, value: Array) -> None:
    """Write through the index, and add; which of several values stays is not defined."""
    for own_value, numpy_value in ((7.0, 7.0), (tensor_of(value), value)):
        if np.ndim(numpy_value) and case.repeats:
            continue
        tensor, array = tensor_of(case.array), case.array.copy()
        tensor[case.index(tg)] = own_value
        view, rest = case.integers_first(array)
        view[rest] = numpy_value
        assert_equal(case, tensor, array)
        tensor[case.index(tg)] += own_value
        view[rest] += numpy_value
        assert_equal(case, tensor, array)
        tensor[case.index(tg)] *= 2
        view[rest] *= 2
        assert_equal(case, tensor, array)


def check_gradients(case: Case, weight: Array) -> None:
    """Gradients of reading add up where an element is read again; writing cuts them off."""
    leaf = tensor_of(case.array).requires_grad_()
    leaf[case.index(tg)].backward(tensor_of(weight))
    expected = np.zeros(case.array.shape)
    view, rest = case.integers_first(expected)
    np.add.at(view, rest, weight)
    assert_equal(case, leaf.grad, expected)
    if case.repeats:
        return
    leaf, value = tensor_of(case.array).requires_grad_(), tensor_of(weight).requires_grad_()
    inner = leaf * 1.0
    inner[case.index(tg)] = value
    weights = np.arange(1.0, case.array.size + 1).reshape(case.array.shape)
    inner.backward(tensor_of(weights))
    view, rest = case.integers_first(weights)
    assert_equal(case, value.grad, np.array(view[rest]))
    view[rest] = 0
    assert_equal(case, leaf.grad, weights)


def check_against_torch(case: Case, expected: Array) -> None:
    """PyTorch reads the same and, for views, with the same strides and place."""
    import torch

    theirs, refused = attempt(tensor_of(case.array, library=torch).__getitem__, case.index(torch))
    if refused is not None:
        return
    own = tensor_of(case.array)[case.index(tg)]
    assert tuple(theirs.shape) == tuple(own.shape), f"{case}: PyTorch {tuple(theirs.shape)}"
    assert np.array_equal(theirs.numpy(), expected), f"{case}: PyTorch {theirs}"
    if own.numel() and not any(kind in ("mask", "array") for kind, _ in case.parts):
        assert own.stride() == theirs.stride(), f"{case}: PyTorch {theirs.stride()}"
        assert own.storage_offset() == theirs.storage_offset(), str(case)


@BOUNDED
@SEEDS
def test_random_indices_read_write_add_and_differentiate_as_numpy(seed: int) -> None:
    for case, rng in cases(seed):
        expected = check_reading(case)
        weight = rng.integers(1, 9, expected.shape).astype(float)
        check_writing(case, weight)
        check_gradients(case, weight)
        if HAS_TORCH:
            check_against_torch(case, expected)


def test_ten_thousand_cases_are_made() -> None:
    assert EXAMPLES * CASES_EACH >= 10_000


@settings(BOUNDED, max_examples=300)
@SEEDS
def test_changes_through_views_of_views_reach_the_base_and_its_history(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = tuple(int(n) for n in rng.integers(1, 5, 3))
    array = rng.integers(-9, 10, shape).astype(float)
    first = Case(array, [("slice", draw_slice(shape[0], rng)), ("none", None)])
    turned = first.view[first.rest].swapaxes(0, 2)
    second = draw_parts(turned.shape, rng)
    inner, refused = attempt(Case, turned, second)
    if refused is not None or attempt(inner.view.__getitem__, inner.rest)[1] is not None:
        return
    if not second or inner.repeats:
        return
    leaf = tensor_of(array).requires_grad_()
    base = leaf * 1.0
    seen = base[first.index(tg)].transpose(0, 2)
    seen[inner.index(tg)] *= 3
    factor = np.ones(shape)
    view, rest = inner.integers_first(
        factor[first.integers_first(factor)[1]].swapaxes(0, 2)  # a view as well
    )
    view[rest] = 3
    assert_equal(inner, base, array * factor)
    assert_equal(inner, seen, (array * factor)[first.rest].swapaxes(0, 2))
    base.sum().backward()
    assert_equal(inner, leaf.grad, factor)


WRITTEN = {
    "a bool": lambda T, x: x[True],
    "a false bool": lambda T, x: x[False],
    "a 0-d mask": lambda T, x: x[T.tensor(True)],
    "a false 0-d mask": lambda T, x: x[T.tensor(False)],
    "a bool and an index": lambda T, x: x[True, 0],
    "two bools": lambda T, x: x[True, True],
    "a bool between": lambda T, x: x[0, True, 1],
    "a nested list": lambda T, x: x[[[0, 1], [1, 0]],],
    "a nested tuple": lambda T, x: x[((0, 1), (1, 2))],
    "an empty list": lambda T, x: x[[]],
    "an empty tuple": lambda T, x: x[()],
    "a range": lambda T, x: x[range(2)],
    "a list of tensors": lambda T, x: x[[T.tensor(0), T.tensor(1)],],
    "a list of bools": lambda T, x: x[[True, False]],
    "two masks": lambda T, x: x[T.tensor([True, False]), T.tensor([True, False, True])],
    "masks of lists": lambda T, x: x[[True, False], [False, True, True]],
    "a mask and None": lambda T, x: x[T.tensor([True, False]), None],
    "arrays apart": lambda T, x: x[[0, 1], :, [2, 3]],
    "arrays apart around None": lambda T, x: x[[0, 1], None, [2, 2]],
    "an integer between arrays": lambda T, x: x[[0, 1], 1, [2, 3]],
    "a slice of tensors": lambda T, x: x[T.tensor(0) : T.tensor(2)],
    "an int32 index": lambda T, x: x[T.tensor([0, 1], dtype=T.int32)],
    "a 0-d index": lambda T, x: x[T.tensor(1)],
    "a numpy mask": lambda T, x: x[np.array([True, False])],
    "an ellipsis alone": lambda T, x: x[...],
    "an ellipsis of nothing": lambda T, x: x[0, ..., 1, 2],
    "two Nones": lambda T, x: x[None, ..., None],
}


@pytest.mark.parametrize("name", WRITTEN)
def test_indices_as_programs_write_them_read_as_torchs(name: str) -> None:
    torch = pytest.importorskip("torch")
    array = np.arange(24.0).reshape(2, 3, 4)
    own, expected = (WRITTEN[name](T, tensor_of(array, library=T)) for T in (tg, torch))
    assert tuple(own.shape) == tuple(expected.shape)
    assert own.tolist() == expected.tolist()


def test_a_number_of_numpy_is_that_number() -> None:
    x = tg.arange(6).reshape(2, 3)
    assert x[np.bool_(True)].tolist() == [x.tolist()]
    assert x[np.array(1), np.int8(2)].item() == 5
    assert x[np.array([1, 0]), np.array([[2], [0]])].tolist() == [[5, 2], [3, 0]]
    assert x[[[0, 1], [1, 0]]].tolist() == x.numpy()[np.array([[0, 1], [1, 0]])].tolist()
