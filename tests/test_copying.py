"""Pickles, copies and array interfaces of tensors, of all kinds of memory."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn


def pickled(value: Any, protocol: int | None = None) -> Any:
    """Return what is read from a pickle of the value."""
    return pickle.loads(pickle.dumps(value, protocol))  # noqa: S301


class Named(tg.Tensor):
    """A subclass of Tensor."""


class Scale(nn.Parameter):
    """A subclass of Parameter."""


KINDS = """float16 bfloat16 float32 float64 int8 uint8 int16 int32 int64 bool complex64
    complex128""".split()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", KINDS)
def test_every_dtype_and_layout_survives_a_pickle(kind: str, protocol: int) -> None:
    whole = tg.tensor([[0, 1, 2], [3, 4, 5]]).to(getattr(tg, kind))
    for x in (whole, whole.t(), whole[:, ::2], whole[0, 0], whole[:0], whole[:1].expand(4, 3)):
        other = pickled(x, protocol)
        assert (other.dtype, other.shape, other.tolist()) == (x.dtype, x.shape, x.tolist())
        assert type(other) is tg.Tensor


def test_tensors_over_the_same_elements_share_them_after_a_pickle() -> None:
    w = tg.randn(3, 4)
    first, turned, flat, again = pickled([w, w.t(), w.view(12), w])
    assert first is again
    first[0, 1] = 9.0
    assert turned[1, 0].item() == 9.0
    assert flat[1].item() == 9.0
    w[0, 0] = 5.0
    other = pickled(w)
    assert other[0, 0].item() == 5.0
    assert first[0, 0].item() != 5.0


def test_a_part_is_pickled_as_itself() -> None:
    assert len(pickle.dumps(tg.zeros(100_000)[:2])) < 1000
    whole, part = pickled([x := tg.arange(6.0), x[2:4]])
    whole[2] = 9.0
    assert part.tolist() == [2.0, 3.0]


def test_memory_that_is_reused_is_not_taken_for_the_old_one() -> None:
    texts = []
    for value in range(20):
        x = tg.full((7,), float(value))
        texts.append(pickle.dumps(x))
        del x
    assert [pickle.loads(one)[0].item() for one in texts] == list(range(20))  # noqa: S301


def test_class_name_and_attributes_survive() -> None:
    x = tg.Tensor._make_subclass(Named, tg.ones(2))
    x.unit, x.name = "m", "length"
    scale = Scale(tg.ones(3), requires_grad=False)
    scale.of = [1, 2]
    for other in (pickled(x), copy.copy(x), copy.deepcopy(x)):
        assert type(other) is Named
        assert (other.unit, other.name) == ("m", "length")
    for other in (pickled(scale), copy.copy(scale), copy.deepcopy(scale)):
        assert type(other) is Scale
        assert isinstance(other, nn.Parameter)
        assert (other.of, other.requires_grad) == ([1, 2], False)


def test_gradients_and_histories_in_pickles_and_copies_as_in_torch() -> None:
    torch = pytest.importorskip("torch")
    for library in (torch, tg):
        w = library.ones(2, requires_grad=True)
        (w * 3).sum().backward()
        assert pickled(w).grad is None
        assert pickled(w).requires_grad
        assert copy.deepcopy(w).grad.tolist() == [3.0, 3.0]
        made = w * 2
        other = pickled(made)
        assert (other.requires_grad, other.is_leaf) == (True, True)
        assert other.tolist() == [2.0, 2.0]
        with pytest.raises(RuntimeError, match="graph leaves"):
            copy.deepcopy(made)


def test_hooks_stay_behind() -> None:
    w = tg.ones(2, requires_grad=True)
    calls: list[int] = []
    w.register_hook(lambda g: calls.append(1))
    for other in (pickled(w), copy.deepcopy(w)):
        (other * 2).sum().backward()
    assert calls == []


def test_modules_keep_ties_modes_and_buffers() -> None:
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3)).eval()
    net[2].weight = net[0].weight
    net[0].weight.requires_grad_(False)
    for other in (pickled(net), copy.deepcopy(net)):
        assert other[2].weight is other[0].weight
        assert not other[0].weight.requires_grad
        assert not other[1].training
        x = tg.randn(4, 3)
        assert other(x).tolist() == net(x).tolist()
        other[0].bias.data.fill_(7.0)
        assert net[0].bias[0].item() != 7.0


def test_a_state_dict_and_its_module_share_after_one_pickle() -> None:
    net = nn.Linear(2, 2)
    other, state = pickled((net, net.state_dict()))
    state["weight"].fill_(3.0)
    assert other.weight.tolist() == [[3.0, 3.0], [3.0, 3.0]]


# ---------------------------------------------------------------- arrays of all kinds


def test_asarray_without_a_copy_where_one_is_needed_is_an_error() -> None:
    x = tg.arange(3)
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        assert np.shares_memory(np.asarray(x, copy=False), x.numpy())
        with pytest.raises(ValueError, match="copy"):
            np.asarray(x, dtype=np.float32, copy=False)
        assert not np.shares_memory(np.asarray(x, copy=True), x.numpy())
    assert np.asarray(x, dtype=np.float32).dtype == np.float32


def test_a_memoryview_locks_the_memory_and_shows_its_layout() -> None:
    x = tg.arange(6.0).reshape(2, 3)
    view = memoryview(x.t())
    assert (view.shape, view.strides, view.format) == ((3, 2), (4, 12), "f")
    view[2, 1] = 9.0
    assert x[1, 2].item() == 9.0
    del x
    assert view[2, 1] == 9.0
    with pytest.raises((TypeError, BufferError, ValueError), match="contiguous"):
        bytes(memoryview(tg.arange(6.0).reshape(2, 3).t()).cast("B"))
    assert bytes(memoryview(tg.tensor([1], dtype=tg.int32))) == b"\x01\0\0\0"


class Interface:
    """An object that tells of an array by __array_interface__ alone."""

    def __init__(self, array: Any) -> None:
        self.array = array
        self.__array_interface__ = array.__array_interface__


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.arange(6)[::-1],
        np.arange(6, dtype=">i4"),
        np.arange(6.0).reshape(2, 3).T[::2],
        np.array(2.5),
        np.zeros((0, 3)),
        np.frombuffer(b"\0" * 9, np.uint8)[1:].view(np.float64),
        np.array([True, False]),
        np.array([1 + 2j]),
        np.broadcast_to(np.float32(3), (2, 2)),
    ],
    ids=lambda array: f"{array.dtype} {array.shape} {array.strides}",
)
def test_arrays_of_all_layouts_become_tensors(array: Any) -> None:
    for source in (array, Interface(array)):
        for make in (tg.tensor, tg.as_tensor, tg.asarray):
            tensor = make(source)
            assert tensor.tolist() == array.tolist()
            assert str(tensor.dtype).endswith(array.dtype.newbyteorder("=").name)
    changed = tg.tensor(array)
    changed.zero_()
    assert array.tolist() == array.copy().tolist()


@pytest.mark.parametrize(
    "array",
    [
        np.array(["a", "b"]),
        np.array([object()]),
        np.array([(1, 2.0)], "i4,f8"),
        np.array(["2020-01-01"], "M8[D]"),
        np.array([1], np.uint64),
    ],
    ids=lambda array: str(array.dtype),
)
def test_arrays_without_a_dtype_of_ours_are_refused(array: Any) -> None:
    for make in (tg.tensor, tg.as_tensor, tg.asarray, tg.from_numpy):
        with pytest.raises(TypeError):
            make(array)


def test_memory_without_elements_can_not_be_reached_beyond() -> None:
    tensor = tg.from_numpy(np.zeros((0,)))
    with pytest.raises((ValueError, RuntimeError, IndexError)):
        tensor.as_strided((4,), (1,))


# ---------------------------------------------------------------- the safetensors package

SAFE_KINDS = "float16 float32 float64 int8 uint8 int16 int32 int64 bool".split()


@pytest.mark.parametrize("kind", [*SAFE_KINDS, "bfloat16"])
def test_safetensors_files_go_both_ways_with_torch(kind: str, tmp_path: Any) -> None:
    torch = pytest.importorskip("torch")
    files = pytest.importorskip("safetensors.torch")
    path = str(tmp_path / "a.safetensors")
    own = {"a": tg.tensor([[0, 1, 2], [3, 4, 5]]).to(getattr(tg, kind)), "e": tg.zeros(0, 2)}
    tg.save(own, path)
    theirs = files.load_file(path)
    assert theirs["a"].dtype == getattr(torch, kind)
    assert theirs["a"].tolist() == own["a"].tolist()
    assert tuple(theirs["e"].shape) == (0, 2)
    files.save_file(theirs, path, metadata={"format": "pt"})
    back = tg.load(path)
    assert back["a"].dtype == own["a"].dtype
    assert back["a"].tolist() == own["a"].tolist()


@pytest.mark.parametrize("kind", SAFE_KINDS)
def test_safetensors_files_go_both_ways_with_numpy(kind: str, tmp_path: Any) -> None:
    files = pytest.importorskip("safetensors.numpy")
    path = str(tmp_path / "a.safetensors")
    array = np.array([[0, 1], [1, 0]]).astype(kind)
    files.save_file({"x.y": array, "0-d": np.array(1).astype(kind)}, path)
    read = tg.load(path)
    assert read["x.y"].tolist() == array.tolist()
    assert tuple(read["0-d"].shape) == ()
    tg.save(read, path)
    again = files.load_file(path)
    assert again["x.y"].dtype == array.dtype
    assert np.array_equal(again["x.y"], array)
