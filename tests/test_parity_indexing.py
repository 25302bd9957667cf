"""Indexing: random indices of every kind, read and written, against NumPy and PyTorch."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, tensor_of
from parity import attempt

Array = Any
Index = tuple[Any, ...]


def random_slice(size: int, rng: np.random.Generator) -> slice:
    """Return a slice with positive step whose ends may lie outside, be negative or be absent."""
    start, stop = (
        None if rng.random() < 0.3 else int(rng.integers(-size - 2, size + 3)) for _ in range(2)
    )
    return slice(start, stop, int(rng.integers(1, 4)) if rng.random() < 0.5 else None)


def random_index(shape: tuple[int, ...], rng: np.random.Generator) -> Index:
    """Return an index of integers, slices, None, Ellipsis, masks, arrays and lists for `shape`."""
    index: list[Any] = []
    axis, broadcast = 0, tuple(int(rng.integers(1, 4)) for _ in range(rng.integers(1, 3)))
    ellipsis_used = False
    while axis < len(shape):
        kind = rng.choice(["integer", "slice", "none", "ellipsis", "mask", "array", "list", "stop"])
        size = shape[axis]
        if kind == "none":
            index.append(None)
        elif kind == "ellipsis" and not ellipsis_used:
            ellipsis_used = True
            index.append(Ellipsis)
            axis += int(rng.integers(0, len(shape) - axis + 1))
        elif kind == "integer" and size:
            index.append(int(rng.integers(-size, size)))
            axis += 1
        elif kind == "mask" and axis + 1 < len(shape) and rng.random() < 0.3:
            index.append(rng.random(shape[axis : axis + 2]) < 0.5)
            axis += 2
        elif kind == "array" and size:
            index.append(
                rng.integers(-size, size, broadcast[int(rng.integers(0, len(broadcast))) :])
            )
            axis += 1
        elif kind == "list" and size:
            index.append([int(i) for i in rng.integers(-size, size, broadcast[-1])])
            axis += 1
        elif kind == "stop":
            break
        else:
            index.append(random_slice(size, rng))
            axis += 1
    return tuple(index)


def as_tensors(index: Index, library: Any) -> Index:
    """Return the index with its arrays as tensors."""
    return tuple(
        tensor_of(part, library=library) if isinstance(part, np.ndarray) else part for part in index
    )


def integers_first(array: Array, index: Index) -> tuple[Array, Index]:
    """Return a view of `array` with the integers of `index` applied, and the rest of the index.

    PyTorch selects integers before it looks where the arrays stand; NumPy counts them as arrays.
    """
    selecting: list[Any] = []
    for part in index:
        if isinstance(part, np.ndarray) and part.dtype == bool:
            selecting += [slice(None)] * part.ndim
        elif part is Ellipsis or isinstance(part, int):
            selecting.append(part)
        elif part is not None:
            selecting.append(slice(None))
    if Ellipsis not in [part for part in selecting if not isinstance(part, int)]:
        selecting.append(Ellipsis)
    return array[tuple(selecting)], tuple(p for p in index if not isinstance(p, int))


def read(array: Array, index: Index) -> Array:
    """Return what PyTorch's rules read."""
    view, rest = integers_first(array, index)
    return view[rest]


def write(array: Array, index: Index, value: Any) -> None:
    """Write by PyTorch's rules."""
    view, rest = integers_first(array, index)
    view[rest] = value


def random_case(seed: int) -> tuple[Array, Index]:
    """Return an array and an index that NumPy accepts for it."""
    rng = np.random.default_rng(seed)
    while True:
        shape = tuple(int(rng.choice([0, 1, 2, 3, 4, 5])) for _ in range(rng.integers(1, 5)))
        array = np.asarray(rng.standard_normal(shape))
        index = random_index(shape, rng)
        if attempt(array.__getitem__, index)[1] is None:
            return array, index


BLOCKS = pytest.mark.parametrize("block", range(10))


def cases_of(block: int) -> Any:
    """Yield (description, array, index) for the 60 cases of a block."""
    for seed in range(60 * block, 60 * block + 60):
        array, index = random_case(seed)
        yield f"seed {seed}: {array.shape}[{index}]", array, index


@BLOCKS
def test_reading_gives_numpys_elements(block: int) -> None:
    for description, array, index in cases_of(block):
        result = tensor_of(array)[as_tensors(index, tg)]
        assert array_of(result).shape == read(array, index).shape, description
        assert np.array_equal(array_of(result), read(array, index)), description


@BLOCKS
def test_reading_through_a_transposed_tensor_gives_numpys_elements(block: int) -> None:
    for description, array, index in cases_of(block):
        strided = tg.from_numpy(np.array(array, order="F"))
        assert np.array_equal(array_of(strided[as_tensors(index, tg)]), read(array, index)), (
            description
        )


@BLOCKS
def test_writing_a_number_gives_numpys_array(block: int) -> None:
    for description, array, index in cases_of(block):
        tensor = tensor_of(array)
        tensor[as_tensors(index, tg)] = 7.5
        write(array, index, 7.5)
        assert np.array_equal(array_of(tensor), array), description


@BLOCKS
def test_writing_a_tensor_gives_numpys_array_at_distinct_indices(block: int) -> None:
    """At repeated indices the order of writing is not defined: the values written are equal."""
    for description, array, index in cases_of(block):
        tensor = tensor_of(array)
        lengths = read(array, index).shape[-1:]
        value = np.arange(lengths[0], dtype=float) if lengths else np.array(3.0)
        if any(isinstance(part, (np.ndarray, list)) for part in index):
            value = np.full(lengths, 2.0)
        tensor[as_tensors(index, tg)] = tensor_of(value)
        write(array, index, value)
        assert np.array_equal(array_of(tensor), array), description


@BLOCKS
def test_gradient_of_reading_adds_up_at_repeated_indices(block: int) -> None:
    for description, array, index in cases_of(block):
        leaf = tensor_of(array).requires_grad_()
        selected = leaf[as_tensors(index, tg)]
        weight = np.arange(1.0, read(array, index).size + 1).reshape(read(array, index).shape)
        selected.backward(tensor_of(weight))
        expected = np.zeros(array.shape)
        view, rest = integers_first(expected, index)
        np.add.at(view, rest, weight)
        assert np.allclose(array_of(leaf.grad), expected), description


@BLOCKS
def test_gradient_of_writing_reaches_value_and_rest(block: int) -> None:
    for description, array, index in cases_of(block):
        touched = np.zeros(array.shape)
        view, rest = integers_first(touched, index)
        np.add.at(view, rest, 1)
        if touched.max(initial=0) > 1:
            continue  # which of two writes to one place is last is not defined
        leaf, value = tensor_of(array).requires_grad_(), tensor_of(np.array(2.0)).requires_grad_()
        written = leaf * 1.0
        written[as_tensors(index, tg)] = value
        written.sum().backward()
        assert np.allclose(array_of(leaf.grad), 1 - touched), description
        assert np.allclose(array_of(value.grad), touched.sum()), description


@BLOCKS
def test_shape_strides_and_sharing_are_torchs(block: int) -> None:
    torch = pytest.importorskip("torch")
    for description, array, index in cases_of(block):
        own, other = tensor_of(array), tensor_of(array, library=torch)
        result, expected = own[as_tensors(index, tg)], other[as_tensors(index, torch)]
        assert tuple(result.shape) == tuple(expected.shape), description
        advanced = any(isinstance(part, (np.ndarray, list)) for part in index)
        if result.numel() and not advanced:
            assert result.stride() == expected.stride(), description
            assert result.storage_offset() == expected.storage_offset(), description
            assert result.data_ptr() - own.data_ptr() == 8 * result.storage_offset()


def test_augmented_assignment_goes_through_the_index() -> None:
    tensor = tg.zeros(4)
    tensor[1:3] += 2
    tensor[tensor_of(np.array([0, 0, 3]))] += 1
    assert tensor.tolist() == [1, 2, 2, 1]


def test_negative_steps_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="step"):
        tg.zeros(4)[::-1]


@pytest.mark.parametrize("index", [5, -6, (0, 3), (slice(None), -4), ([0, 9],), (0, 0, 0)])
def test_indices_out_of_range_are_index_errors(index: Any) -> None:
    with pytest.raises(IndexError):
        tg.zeros(5, 3)[index]


@pytest.mark.parametrize("index", ["a", 1.5, object(), {}])
def test_indices_of_wrong_type_are_errors(index: Any) -> None:
    with pytest.raises((IndexError, TypeError)):
        tg.zeros(5, 3)[index]


def test_masks_must_have_the_axes_length() -> None:
    with pytest.raises(IndexError, match="mask"):
        tg.zeros(5, 3)[tensor_of(np.ones(4, bool))]


def test_writing_a_shape_that_does_not_broadcast_is_an_error_and_writes_nothing() -> None:
    tensor = tg.zeros(5, 3)
    with pytest.raises(tg.ShapeError):
        tensor[1:3] = tg.ones(4)
    assert tensor.sum().item() == 0


def test_every_element_can_be_reached_by_integers_alone() -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    tensor = tensor_of(array)
    for place in np.ndindex(array.shape):
        assert tensor[place].item() == array[place]
        assert tensor[place].shape == ()


def test_bytes_are_a_mask_and_warn() -> None:
    torch = pytest.importorskip("torch")
    results = []
    for library in (tg, torch):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            x, mask = library.arange(6.0).view(3, 2), library.tensor([1, 0, 1], dtype=library.uint8)
            picked = [x[mask].tolist(), x[mask[0]].tolist()]
            x[mask, 0] = library.tensor([7.0, 8.0])
            results.append((picked, x.tolist()))
        assert any("uint8" in str(one.message) for one in caught)
    assert results[0] == results[1]
    assert results[0][1] == [[7.0, 1.0], [2.0, 3.0], [8.0, 5.0]]
