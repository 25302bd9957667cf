"""Tensors made from Python values, sizes and other tensors (see also test_parity_tensor.py)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, kind_of
from parity import attempt

KINDS = ["float64", "float32", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8"]


@pytest.mark.parametrize(
    ("data", "kind", "shape"),
    [
        (3, "int64", ()),
        (2.5, "float32", ()),
        (True, "bool", ()),
        ([], "float32", (0,)),
        ([[], []], "float32", (2, 0)),
        ([1, 2.0], "float32", (2,)),
        ([True, 2], "int64", (2,)),
        ([[[1]], [[2]]], "int64", (2, 1, 1)),
        ((1, (2)), "int64", (2,)),
        (range(4), "int64", (4,)),
        (np.float64(1.5), "float64", ()),
        (np.arange(3, dtype=np.int16), "int16", (3,)),
        ([np.int64(3), np.int64(4)], "int64", (2,)),
        ([np.ones(2), np.zeros(2)], "float64", (2, 2)),
    ],
)
def test_dtype_and_shape_follow_the_data(data: Any, kind: str, shape: tuple[int, ...]) -> None:
    tensor = tg.tensor(data)
    assert kind_of(tensor) == kind
    assert tuple(tensor.shape) == shape
    if shape and 0 not in shape:
        assert tensor.tolist() == np.asarray(list(data)).tolist()


def test_tensor_copies_and_as_tensor_shares() -> None:
    array = np.ones(3)
    copied, shared = tg.tensor(array), tg.as_tensor(array)
    array[0] = 5.0
    assert (copied[0].item(), shared[0].item()) == (1.0, 5.0)
    tensor = tg.ones(2)
    assert tg.as_tensor(tensor) is tensor
    assert tg.as_tensor(tensor, dtype=tg.float64).dtype == tg.float64


def test_tensors_inside_lists_are_read() -> None:
    assert tg.tensor([tg.tensor(1.0), tg.tensor(2.0)]).tolist() == [1.0, 2.0]
    assert tg.tensor([[tg.tensor(1)], [2]]).tolist() == [[1], [2]]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ([[1], [2, 3]], ValueError),
        ([1, [2]], (ValueError, TypeError)),
        (["text"], (TypeError, ValueError)),
        ("text", (TypeError, ValueError)),
        (None, TypeError),
        ([None], TypeError),
        (object(), TypeError),
        ({1: 2}, TypeError),
        ([2**70], (OverflowError, RuntimeError, ValueError)),
        ([{1}], TypeError),
    ],
)
def test_data_that_is_no_tensor_is_an_error_that_names_the_function(data: Any, error: Any) -> None:
    with pytest.raises(error, match="tensor"):
        tg.tensor(data)


def test_lists_that_contain_themselves_are_an_error() -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    with pytest.raises((ValueError, RecursionError, TypeError)):
        tg.tensor(endless)
    deep: Any = 1
    for _ in range(2000):
        deep = [deep]
    assert attempt(tg.tensor, deep)[1] is not None


def test_lists_that_change_while_they_are_read_do_not_crash() -> None:
    rows: list[Any] = [[1.0, 2.0] for _ in range(50)]

    class Clearing:
        def __float__(self) -> float:
            rows.clear()
            return 1.0

        __index__ = None

    rows[1][0] = Clearing()
    result, error = attempt(tg.tensor, rows)
    assert error is not None or result.numel() >= 0


@pytest.mark.parametrize("kind", KINDS)
def test_filled_tensors(kind: str) -> None:
    dtype = getattr(tg, kind)
    assert tg.zeros(2, 3, dtype=dtype).tolist() == [[0] * 3] * 2
    assert tg.ones((2,), dtype=dtype).tolist() == [1, 1]
    assert tg.full((2, 1), 3, dtype=dtype).tolist() == [[3], [3]]
    assert tg.empty(2, 3, dtype=dtype).dtype == dtype
    for made in (tg.zeros_like, tg.ones_like, tg.empty_like, tg.rand_like, tg.randn_like):
        template = tg.zeros(2, 3, dtype=dtype)
        result, error = attempt(made, template)
        if error is None:
            assert result.dtype == dtype
            assert result.shape == template.shape
        else:
            assert made in (tg.rand_like, tg.randn_like)


def test_arange_counts_like_python() -> None:
    assert tg.arange(5).tolist() == list(range(5))
    assert tg.arange(2, 11, 3).tolist() == list(range(2, 11, 3))
    assert tg.arange(5, -3, -2).tolist() == list(range(5, -3, -2))
    assert tg.arange(3.0).dtype == tg.float32
    assert len(tg.arange(0, 1, 0.1)) == 10
    assert tg.arange(2**40, 2**40 + 3).tolist() == [2**40, 2**40 + 1, 2**40 + 2]
    np.testing.assert_allclose(array_of(tg.arange(0, 2, 0.25)), np.arange(0, 2, 0.25))


def test_linspace_ends_exactly() -> None:
    for steps in (2, 3, 7, 100, 1001):
        values = array_of(tg.linspace(-1, 1, steps))
        assert (values[0], values[-1]) == (-1.0, 1.0)
        np.testing.assert_allclose(values, np.linspace(-1, 1, steps), atol=1e-6)
    assert tg.linspace(3, 9, 1).tolist() == [3.0]


def test_default_dtype_is_float32() -> None:
    assert tg.get_default_dtype() == tg.float32
    assert tg.zeros(1).dtype == tg.rand(1).dtype == tg.tensor(1.0).dtype == tg.float32


@pytest.mark.parametrize("size", [-1, (2, -3), 2.5, "3", None, (1, None), 2**62, (2**31, 2**31, 4)])
def test_bad_sizes_are_errors_that_name_the_function(size: Any) -> None:
    for name in ("zeros", "ones", "empty", "rand"):
        _, error = attempt(getattr(tg, name), size)
        assert isinstance(error, (ValueError, TypeError, RuntimeError, MemoryError, OverflowError))
        assert str(error).startswith(name)


def test_uninitialised_and_filled_memory_is_aligned() -> None:
    for size in (1, 3, 17, 1000, 100_003):
        assert tg.empty(size).data_ptr() % 64 == 0


def test_dtypes_are_objects_with_facts() -> None:
    assert tg.float is tg.float32
    assert tg.double is tg.float64
    assert tg.half is tg.float16
    assert tg.long is tg.int64
    assert tg.int is tg.int32
    assert isinstance(tg.float32, tg.dtype)
    assert tg.bfloat16.is_floating_point
    assert not tg.int8.is_floating_point
    assert [getattr(tg, kind).itemsize for kind in KINDS] == [8, 4, 2, 2, 8, 4, 2, 1, 1]
    assert tg.zeros(1).to("cpu").device == tg.device("cpu")


def test_special_values_survive() -> None:
    values = array_of(tg.tensor([math.inf, -math.inf, math.nan, -0.0]))
    assert np.isinf(values[:2]).all()
    assert np.isnan(values[2])
    assert np.signbit(values[3])


def test_half_precision_rounds_to_nearest_even() -> None:
    for kind, step in (("float16", 2.0**-10), ("bfloat16", 2.0**-7)):
        dtype = getattr(tg, kind)
        values = tg.tensor([1 + step / 2, 1 + 1.5 * step, 1 + 0.51 * step, 1e30]).to(dtype)
        expected = [1.0, 1 + 2 * step, 1 + step, math.inf if kind == "float16" else None]
        assert values[:3].float().tolist() == expected[:3]
        if expected[3] is not None:
            assert values[3].item() == expected[3]
