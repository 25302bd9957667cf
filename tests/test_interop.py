"""NumPy, the buffer and array interfaces and DLPack: without a copy, both ways, safely."""

from __future__ import annotations

import gc
import operator
import sys
import weakref
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, kind_of
from parity import attempt

NUMPY_KINDS = ["float16", "float32", "float64", "int8", "uint8", "int16", "int32", "int64", "bool"]


@pytest.mark.parametrize("kind", NUMPY_KINDS)
def test_from_numpy_shares_memory_and_keeps_the_dtype(kind: str) -> None:
    array = np.array([[0, 1, 0], [1, 1, 0]]).astype(kind)
    tensor = tg.from_numpy(array)
    assert kind_of(tensor) == kind
    array[0, 0] = 1
    assert tensor[0, 0].item() == 1
    tensor[1, 2] = 1
    assert array[1, 2] == 1


@pytest.mark.parametrize("kind", NUMPY_KINDS)
def test_numpy_shares_memory_and_keeps_the_dtype(kind: str) -> None:
    tensor = tg.ones(2, 3).to(getattr(tg, kind))
    array = tensor.numpy()
    assert array.dtype == kind
    array[0, 1] = 0
    assert tensor[0, 1].item() == 0


def test_strides_survive_both_ways() -> None:
    array = np.arange(24.0).reshape(4, 6)
    for view in (array.T, array[::2, 1:], array[1:3].T[::3]):
        tensor = tg.from_numpy(view)
        assert np.array_equal(array_of(tensor), view)
        assert tensor.stride() == tuple(step // 8 for step in view.strides)
        assert tensor.numpy().strides == view.strides
    base = tg.arange(6.0).reshape(2, 3)
    assert np.shares_memory(base.t().numpy(), base.numpy())


def test_zero_dimensional_and_empty_arrays() -> None:
    assert tg.from_numpy(np.array(2.5)).item() == 2.5
    assert tg.tensor(3.0).numpy().shape == ()
    for shape in ((0,), (2, 0), (0, 3, 2)):
        tensor = tg.from_numpy(np.zeros(shape))
        assert tuple(tensor.shape) == shape
        assert tensor.numpy().shape == shape


def test_negative_strides_are_refused_or_copied() -> None:
    array = np.arange(5.0)
    tensor, error = attempt(tg.from_numpy, array[::-1])
    if error is None:
        assert tensor.tolist() == [4.0, 3.0, 2.0, 1.0, 0.0]
    else:
        assert isinstance(error, ValueError)
        assert "stride" in str(error)
    assert tg.tensor(array[::-1]).tolist() == [4.0, 3.0, 2.0, 1.0, 0.0]


def test_read_only_arrays_are_never_written() -> None:
    array = np.arange(4.0)
    array.flags.writeable = False
    tensor, error = attempt(tg.from_numpy, array)
    if error is None:
        attempt(tensor.add_, 1.0)
        attempt(tensor.__setitem__, 0, 9.0)
    assert array.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert tg.tensor(array).add_(1).tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    "array",
    [
        np.array(["a"]),
        np.array([object()]),
        np.array([1], ">i4"),
        np.array([1], np.uint64),
        np.array([(1, 2.0)], "i4,f8"),
        np.array(["2020-01-01"], "M8[D]"),
    ],
    ids=lambda array: str(array.dtype),
)
def test_dtypes_without_a_counterpart_are_type_errors(array: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="from_numpy"):
        tg.from_numpy(array)


@pytest.mark.parametrize("wrong", [[1.0], 3, None, "array", object()])
def test_from_numpy_takes_arrays_only(wrong: Any) -> None:
    with pytest.raises(TypeError, match="from_numpy"):
        tg.from_numpy(wrong)


def test_numpy_of_a_tensor_that_requires_grad_asks_for_detach() -> None:
    tensor = tg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match="detach"):
        tensor.numpy()
    assert tensor.detach().numpy().tolist() == [1.0, 1.0]
    assert np.asarray(tensor.detach()).tolist() == [1.0, 1.0]


def test_numpy_functions_take_tensors() -> None:
    tensor = tg.arange(6.0).reshape(2, 3)
    assert np.shares_memory(np.asarray(tensor), tensor.numpy())
    assert np.array(tensor, dtype=np.float64).dtype == np.float64
    assert np.sum(np.asarray(tensor)) == 15.0
    assert np.asarray(tg.tensor([1, 2]), dtype=np.int16).dtype == np.int16
    assert not np.shares_memory(np.array(tensor), tensor.numpy())


def test_array_interface_describes_the_memory() -> None:
    tensor = tg.arange(6.0).reshape(2, 3).t()
    interface = tensor.__array_interface__
    assert interface["shape"] == (3, 2)
    assert interface["data"][0] == tensor.data_ptr()


def test_arithmetic_with_arrays_on_either_side_gives_tensors() -> None:
    tensor, array = tg.ones(3), np.ones(3, np.float32)
    assert isinstance(tensor + array, tg.Tensor)
    assert (tensor + array).tolist() == [2.0, 2.0, 2.0]
    assert (tensor * np.float32(2.5)).tolist() == [2.5, 2.5, 2.5]


def test_array_lives_as_long_as_the_tensor() -> None:
    array = np.arange(100_000.0)
    reference = weakref.ref(array)
    tensor = tg.from_numpy(array)[10:20]
    del array
    gc.collect()
    assert tensor.tolist() == [float(i) for i in range(10, 20)]
    assert reference() is not None
    del tensor
    gc.collect()
    assert reference() is None


def test_tensor_lives_as_long_as_the_array() -> None:
    array = tg.arange(100_000.0).numpy()
    gc.collect()
    assert array[99_999] == 99_999.0
    view = (tg.arange(1000.0) * 2).numpy()[5:7]
    gc.collect()
    tg.zeros(1000)
    assert view.tolist() == [10.0, 12.0]


def test_a_buffer_stays_locked_while_a_tensor_uses_it() -> None:
    buffer = bytearray(16)
    tensor = tg.from_numpy(np.frombuffer(buffer, np.float32))
    with pytest.raises(BufferError):
        buffer.extend(b"more")
    tensor[0] = 1.0
    assert buffer[:4] == b"\x00\x00\x80?"
    del tensor
    gc.collect()
    buffer.extend(b"more")


def test_writing_through_numpy_is_seen_by_the_graph_as_a_new_value() -> None:
    array = np.ones(2)
    x = tg.from_numpy(array).requires_grad_()
    array[:] = 3.0
    (x * x).sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]


@pytest.mark.parametrize("kind", [kind for kind in NUMPY_KINDS if kind != "bool"])
def test_dlpack_to_and_from_numpy_shares_memory(kind: str) -> None:
    tensor = tg.ones(2, 3).to(getattr(tg, kind))
    array = np.from_dlpack(tensor)
    assert array.dtype == kind
    assert np.shares_memory(array, tensor.numpy())
    source = np.arange(6).astype(kind).reshape(2, 3).T
    back = tg.from_dlpack(source)
    assert kind_of(back) == kind
    source[0, 1] = 5
    assert back[0, 1].item() == 5


def test_dlpack_device_and_capsule() -> None:
    tensor = tg.ones(3)
    assert tuple(tensor.__dlpack_device__()) == (1, 0)
    capsule = tensor.__dlpack__()
    assert "dltensor" in repr(capsule)
    assert tg.from_dlpack(capsule).tolist() == [1.0, 1.0, 1.0]


def test_dlpack_capsule_that_nobody_takes_is_released() -> None:
    from topograd import _C

    gc.collect()
    before = _C.live_tensors()
    capsule = tg.ones(3).__dlpack__()
    del capsule
    gc.collect()
    assert _C.live_tensors() == before


def test_dlpack_of_a_tensor_that_requires_grad_is_refused() -> None:
    with pytest.raises((BufferError, TypeError, RuntimeError), match=r"detach|grad"):
        tg.ones(2, requires_grad=True).__dlpack__()


@pytest.mark.parametrize("wrong", [3, object(), None, "capsule"])
def test_dlpack_from_something_else_is_a_type_error(wrong: Any) -> None:
    with pytest.raises((TypeError, AttributeError), match="dlpack"):
        tg.from_dlpack(wrong)


def test_dlpack_to_and_from_torch_shares_memory() -> None:
    torch = pytest.importorskip("torch")
    own = tg.arange(6.0).reshape(2, 3)
    theirs = torch.from_dlpack(own.t())
    theirs[0, 1] = 9.0
    assert own[1, 0].item() == 9.0
    half = torch.ones(2, 2, dtype=torch.bfloat16)
    back = tg.from_dlpack(half)
    assert kind_of(back) == "bfloat16"
    half[0, 0] = 5.0
    assert back[0, 0].item() == 5.0


def test_numpy_is_not_imported_before_it_is_needed() -> None:
    import subprocess

    program = "import sys, topograd; print('numpy' in sys.modules, topograd.ones(2).sum().item())"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert finished.stdout.split() == ["False", "2.0"]


OPERATORS = "add sub mul truediv floordiv mod pow eq ne lt le gt ge matmul".split()


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_with_an_array_on_the_left_gives_a_recorded_tensor(name):
    function = getattr(operator, name)
    x = tg.tensor([3.0, 2.0], dtype=tg.float64, requires_grad=True)
    for left in (np.array([1.0, 2.0]), np.float64(2.0)):
        if name == "matmul" and left.ndim == 0:
            continue
        result = function(left, x)
        expected = function(tg.as_tensor(left), x)
        assert isinstance(result, tg.Tensor)
        assert (result.dtype, result.tolist()) == (expected.dtype, expected.tolist())
        assert result.requires_grad is expected.requires_grad


def test_other_ufuncs_compute_with_the_arrays_and_give_tensors():
    array, x = np.array([1.0, 5.0]), tg.tensor([3.0, 2.0], dtype=tg.float64)
    for result, expected in [
        (np.sin(x), np.sin(x.numpy())),
        (np.maximum(array, x), np.array([3.0, 5.0])),
        (np.isnan(x), np.array([False, False])),
        (np.add.reduce(x), np.array(5.0)),
        (np.add(array, x, dtype=np.float32), np.array([4.0, 7.0], np.float32)),
        (np.divmod(array, x)[1], np.array([1.0, 1.0])),
    ]:
        assert isinstance(result, tg.Tensor)
        assert result.numpy().dtype == expected.dtype
        assert result.tolist() == expected.tolist()
    with pytest.raises(RuntimeError, match="requires grad"):
        np.sin(x.clone().requires_grad_())


def test_a_ufunc_writes_to_an_array_but_not_to_a_tensor():
    array, x = np.zeros(2), tg.ones(2, dtype=tg.float64)
    assert np.add(array, x, out=array) is array
    array += x
    assert array.tolist() == [2.0, 2.0]
    for write in (lambda: np.add(array, array, out=x), lambda: np.add.at(x, [0], 1.0)):
        with pytest.raises(TypeError, match=r"numpy\.add: can not write to a Tensor"):
            write()
