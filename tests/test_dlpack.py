"""DLPack: who owns the memory, in every order of letting go, and capsules that are wrong."""

from __future__ import annotations

import ctypes
import gc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import _C

# ---------------------------------------------------------------- capsules made by hand


class DLDataType(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
    ]


class DLTensor(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("dtype", DLDataType),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    ]


Deleter = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class DLManagedTensor(ctypes.Structure):
    _fields_ = [
        ("dl_tensor", DLTensor),
        ("manager_ctx", ctypes.c_void_p),
        ("deleter", Deleter),
    ]


class DLManagedTensorVersioned(ctypes.Structure):
    _fields_ = [
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("manager_ctx", ctypes.c_void_p),
        ("deleter", Deleter),
        ("flags", ctypes.c_uint64),
        ("dl_tensor", DLTensor),
    ]


_new = ctypes.pythonapi.PyCapsule_New
_new.restype = ctypes.py_object
_new.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


class Lender:
    """A producer that counts how often its deleter is called."""

    def __init__(self, versioned: bool = False, **changes: Any) -> None:
        self.values = (ctypes.c_float * 8)(*range(8))
        self.shape = (ctypes.c_int64 * 2)(*changes.pop("shape", (2, 3)))
        self.strides = (ctypes.c_int64 * 2)(*changes.pop("strides", (3, 1)))
        self.calls = 0
        self.deleter = Deleter(self._count)
        self.managed = DLManagedTensorVersioned() if versioned else DLManagedTensor()
        self.managed.deleter = self.deleter
        if versioned:
            self.managed.major = changes.pop("major", 1)
            self.managed.flags = changes.pop("flags", 0)
        tensor = self.managed.dl_tensor
        tensor.data = ctypes.addressof(self.values)
        tensor.device_type, tensor.ndim = 1, 2
        tensor.dtype = DLDataType(2, 32, 1)
        tensor.shape = ctypes.cast(self.shape, ctypes.POINTER(ctypes.c_int64))
        tensor.strides = ctypes.cast(self.strides, ctypes.POINTER(ctypes.c_int64))
        for name, value in changes.items():
            setattr(tensor, name, value)
        self.name = b"dltensor_versioned" if versioned else b"dltensor"

    def _count(self, _: Any) -> None:
        self.calls += 1

    def capsule(self) -> Any:
        return _new(ctypes.addressof(self.managed), self.name, None)


@pytest.mark.parametrize("versioned", [False, True])
def test_the_deleter_is_called_once_when_the_last_tensor_goes(versioned: bool) -> None:
    lender = Lender(versioned)
    tensor = tg.from_dlpack(lender.capsule())
    assert tensor.tolist() == [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]
    part = tensor[1]
    tensor[1, 2] = 9.0
    assert lender.values[5] == 9.0
    del tensor
    gc.collect()
    assert lender.calls == 0
    assert part.tolist() == [3.0, 4.0, 9.0]
    del part
    gc.collect()
    assert lender.calls == 1


@pytest.mark.parametrize("versioned", [False, True])
def test_a_capsule_is_used_once(versioned: bool) -> None:
    lender = Lender(versioned)
    capsule = lender.capsule()
    tensor = tg.from_dlpack(capsule)
    assert "used_dltensor" in repr(capsule)
    with pytest.raises(TypeError, match="nobody has used"):
        tg.from_dlpack(capsule)
    del tensor
    gc.collect()
    assert lender.calls == 1


MALFORMED: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "another device": ({"device_type": 2}, ValueError, "CPU"),
    "too many dims": ({"ndim": 1000}, ValueError, "1000 dims"),
    "negative dims": ({"ndim": -1}, ValueError, "dims"),
    "no shape": ({"shape_pointer": None}, ValueError, "dims"),
    "negative size": ({"shape": (2, -3)}, ValueError, "negative"),
    "huge size": ({"shape": (2**62, 4)}, ValueError, "more elements"),
    "overflowing size": ({"shape": (2**40, 2**40)}, ValueError, "more elements"),
    "negative stride": ({"strides": (3, -1)}, ValueError, "negative strides"),
    "huge stride": ({"strides": (2**60, 1)}, ValueError, "too far"),
    "no memory": ({"data": None}, ValueError, "no memory"),
    "misaligned": ({"byte_offset": 1}, ValueError, "aligned"),
    "vectors": ({"dtype": DLDataType(2, 32, 4)}, TypeError, "4 lanes"),
    "unknown type": ({"dtype": DLDataType(9, 32, 1)}, TypeError, "code 9"),
    "odd bits": ({"dtype": DLDataType(0, 4, 1)}, TypeError, "4 bits"),
    "uint64": ({"dtype": DLDataType(1, 64, 1)}, TypeError, "64 bits"),
}


@pytest.mark.parametrize("versioned", [False, True])
@pytest.mark.parametrize("name", MALFORMED)
def test_a_wrong_capsule_is_refused_and_given_back(name: str, versioned: bool) -> None:
    changes, kind, words = MALFORMED[name]
    pointer = changes.get("shape_pointer", ...)
    lender = Lender(versioned, **{k: v for k, v in changes.items() if k != "shape_pointer"})
    if pointer is None:
        lender.managed.dl_tensor.shape = None
    with pytest.raises(kind, match=words):
        tg.from_dlpack(lender.capsule())
    assert lender.calls == 1


def test_another_major_version_is_refused_and_given_back() -> None:
    lender = Lender(True, major=2)
    with pytest.raises(ValueError, match=r"version 2\.0"):
        tg.from_dlpack(lender.capsule())
    assert lender.calls == 1


def test_read_only_memory_gives_a_tensor_that_refuses_to_be_changed() -> None:
    lender = Lender(True, flags=1)
    tensor = tg.from_dlpack(lender.capsule())
    with pytest.raises(RuntimeError, match="read-only"):
        tensor.add_(1)
    assert list(lender.values)[:6] == [0, 1, 2, 3, 4, 5]
    assert (tensor + 1).tolist()[0] == [1.0, 2.0, 3.0]
    with pytest.raises(BufferError, match="read-only"):
        tensor.__dlpack__()
    assert not np.from_dlpack(tensor).flags.writeable


def test_a_missing_deleter_and_missing_strides_are_allowed() -> None:
    lender = Lender()
    lender.managed.deleter = Deleter()
    lender.managed.dl_tensor.strides = None
    assert tg.from_dlpack(lender.capsule()).tolist()[1] == [3.0, 4.0, 5.0]
    gc.collect()


def test_memory_without_elements_needs_no_address() -> None:
    lender = Lender(shape=(0, 3), data=None)
    tensor = tg.from_dlpack(lender.capsule())
    assert tuple(tensor.shape) == (0, 3)
    del tensor
    gc.collect()
    assert lender.calls == 1


def test_an_offset_in_bytes_is_followed() -> None:
    lender = Lender(byte_offset=8)
    assert tg.from_dlpack(lender.capsule()).tolist() == [[2.0, 3.0, 4.0], [5.0, 6.0, 7.0]]


# ---------------------------------------------------------------- what is lent


@pytest.fixture
def live() -> Iterator[Callable[[], int]]:
    """Count tensors that are alive beyond those at the start."""
    gc.collect()
    before = _C.live_tensors()

    def count() -> int:
        gc.collect()
        return _C.live_tensors() - before

    return count


@pytest.mark.parametrize("version", [None, (0, 8), (1, 0), (2, 3)])
def test_a_capsule_that_nobody_takes_is_released(version: Any, live: Callable[[], int]) -> None:
    capsule = tg.ones(3).__dlpack__(max_version=version)
    assert ("versioned" in repr(capsule)) == (version is not None and version[0] >= 1)
    assert live() >= 1
    del capsule
    assert live() == 0


def test_the_consumer_may_outlive_the_producer_and_the_other_way(live: Callable[[], int]) -> None:
    tensor = tg.arange(4.0)
    array = np.from_dlpack(tensor)
    del tensor
    gc.collect()
    assert array.tolist() == [0.0, 1.0, 2.0, 3.0]
    del array
    assert live() == 0
    tensor = tg.arange(4.0)
    array = np.from_dlpack(tensor)
    del array
    gc.collect()
    assert tensor.tolist() == [0.0, 1.0, 2.0, 3.0]
    del tensor
    assert live() == 0


def test_numpy_arrays_live_as_long_as_their_tensors() -> None:
    array = np.arange(1000.0)
    reference = weakref.ref(array)
    tensor = tg.from_dlpack(array)[5:7]
    del array
    gc.collect()
    assert reference() is not None
    assert tensor.tolist() == [5.0, 6.0]
    del tensor
    gc.collect()
    assert reference() is None


def test_copies_and_devices() -> None:
    tensor = tg.arange(3.0)
    shared, own = np.from_dlpack(tensor), np.from_dlpack(tensor, copy=True)
    tensor[0] = 7.0
    assert shared[0] == 7.0
    assert own[0] == 0.0
    array = np.arange(3.0)
    tensor = tg.from_dlpack(array, copy=True)
    array[0] = 7.0
    assert tensor[0].item() == 0.0
    assert tg.from_dlpack(array, device="cpu", copy=False)[0].item() == 7.0
    with pytest.raises(ValueError, match="CPU"):
        tg.from_dlpack(array, device="cuda")
    with pytest.raises(BufferError, match="CPU"):
        tensor.__dlpack__(dl_device=(2, 0))
    with pytest.raises(BufferError, match="stream"):
        tensor.__dlpack__(stream=1)


def test_read_only_arrays_come_through_the_versioned_protocol() -> None:
    array = np.arange(3.0)
    array.flags.writeable = False
    try:
        tensor = tg.from_dlpack(array)
    except BufferError:  # NumPy before 2.1
        return
    with pytest.raises(RuntimeError, match="read-only"):
        tensor.zero_()
    assert array.tolist() == [0.0, 1.0, 2.0]


def test_arrays_that_can_not_be_seen_are_refused() -> None:
    with pytest.raises(ValueError, match="negative strides"):
        tg.from_dlpack(np.arange(3.0)[::-1])
    for array in (np.array([1], ">i4"), np.array(["a"]), np.array([object()])):
        with pytest.raises((BufferError, TypeError)):
            tg.from_dlpack(array)


KINDS = "float16 bfloat16 float32 float64 int8 uint8 int16 int32 int64 bool complex64".split()


@pytest.mark.parametrize("kind", KINDS)
def test_every_dtype_goes_to_torch_and_back(kind: str) -> None:
    torch = pytest.importorskip("torch")
    tensor = tg.tensor([[0, 1, 2], [3, 4, 5]]).to(getattr(tg, kind)).t()
    theirs = torch.from_dlpack(tensor)
    assert theirs.dtype == getattr(torch, kind)
    assert theirs.tolist() == tensor.tolist()
    assert theirs.data_ptr() == tensor.data_ptr()
    back = tg.from_dlpack(theirs)
    assert back.dtype == tensor.dtype
    assert back.stride() == tensor.stride()
    assert back.data_ptr() == tensor.data_ptr()


def test_torch_in_every_order_of_letting_go(live: Callable[[], int]) -> None:
    torch = pytest.importorskip("torch")
    own = tg.arange(3.0)
    theirs = torch.from_dlpack(own)
    back = tg.from_dlpack(theirs)
    del own, theirs
    assert back.tolist() == [0.0, 1.0, 2.0]
    again = torch.from_dlpack(back)
    del back
    assert again.tolist() == [0.0, 1.0, 2.0]
    del again
    assert live() == 0
    with pytest.raises((BufferError, RuntimeError)):
        tg.from_dlpack(torch.ones(2, requires_grad=True))
