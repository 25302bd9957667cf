"""Tensors print, measure themselves and share memory as PyTorch's do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import FLOATING, INTEGRAL, array_of, kind_of, outputs, tensor_of
from parity import attempt, describe

torch = pytest.importorskip("torch")

PREFIX = str(tg.float64).removesuffix("float64")
REPRESENTED: dict[str, Any] = {
    "whole numbers": np.array([[1.0, 2.0], [3.0, 4.0]], np.float32),
    "fractions": np.array([[0.1, -2.53], [30.25, 4.0]], np.float32),
    "thirds": np.arange(1, 7, dtype=np.float32) / 3,
    "scalar": np.array(3.5, np.float32),
    "whole scalar": np.array(3.0, np.float32),
    "large": np.array([1e9, 2.0], np.float32),
    "small": np.array([1e-6, 2.0], np.float32),
    "tiny scalar": np.array(1.5e-9, np.float32),
    "mixed range": np.array([1e-3, 1e4], np.float32),
    "not finite": np.array([np.nan, np.inf, -np.inf, 1.0], np.float32),
    "only not finite": np.array([np.nan, np.inf], np.float32),
    "negative zero": np.array([-0.0, 0.0], np.float32),
    "double": np.array([1.5, 2.25]),
    "half": np.array([1.5, 2.25], np.float16),
    "integers": np.array([[1, -20], [300, 4]]),
    "int scalar": np.array(7),
    "int32": np.array([1, 2], np.int32),
    "bytes": np.array([1, 255], np.uint8),
    "booleans": np.array([[True, False], [False, True]]),
    "bool scalar": np.array(True),
    "empty": np.zeros((0,), np.float32),
    "empty with axes": np.zeros((2, 0, 3), np.float32),
    "empty int": np.zeros((0, 2), np.int64),
    "three axes": np.arange(12.0, dtype=np.float32).reshape(2, 3, 2),
    "four axes": np.arange(16.0, dtype=np.float32).reshape(2, 2, 2, 2),
    "one long row": np.arange(60.0, dtype=np.float32),
    "wide": np.arange(45.0, dtype=np.float32).reshape(3, 15) * 1.5,
    "summarised": np.arange(2000.0, dtype=np.float32),
    "summarised matrix": np.arange(4000, dtype=np.int64).reshape(50, 80),
    "summarised cube": np.arange(8000.0, dtype=np.float32).reshape(20, 20, 20) / 7,
}


@pytest.mark.parametrize("name", REPRESENTED)
def test_repr_is_torchs(name: str) -> None:
    array = REPRESENTED[name]
    expected = repr(tensor_of(array, library=torch)).replace("torch.", PREFIX)
    assert repr(tensor_of(array)) == expected


def test_repr_of_a_recorded_tensor_says_so() -> None:
    leaf = tg.ones(2).requires_grad_()
    assert repr(leaf) == "tensor([1., 1.], requires_grad=True)"
    assert repr(leaf.detach()) == "tensor([1., 1.])"
    assert "grad_fn=<" in repr(leaf * 2)
    assert "mul" in repr(leaf * 2).lower()


def test_repr_shows_the_name() -> None:
    leaf = tg.ones(2)
    leaf.name = "weights"
    assert "weights" in repr(leaf)


def test_repr_html_is_html() -> None:
    assert "<" in tg.ones(2, 3)._repr_html_()


def test_random_tensors_print_as_torchs(rng: np.random.Generator) -> None:
    for _ in range(100):
        shape = tuple(int(rng.integers(0, 5)) for _ in range(rng.integers(0, 4)))
        scale = 10.0 ** rng.integers(-6, 7)
        array = np.asarray(rng.standard_normal(shape) * scale, np.float32)
        expected = repr(tensor_of(array, library=torch)).replace("torch.", PREFIX)
        assert repr(tensor_of(array)) == expected


def test_str_and_format_are_torchs() -> None:
    for value in (1.5, 3):
        own, other = tg.tensor(value), torch.tensor(value)
        assert f"{own}" == f"{other}"
        assert f"{own:6.2f}" == f"{other:6.2f}"
    assert str(tg.tensor([1.0])) == str(torch.tensor([1.0]))


CREATIONS: dict[str, Callable[[Any], Any]] = {
    "nested lists": lambda m: m.tensor([[1, 2], [3, 4]]),
    "floats": lambda m: m.tensor([1.0, 2]),
    "bools": lambda m: m.tensor([True, False]),
    "bool and int": lambda m: m.tensor([True, 2]),
    "number": lambda m: m.tensor(3),
    "empty list": lambda m: m.tensor([]),
    "empty rows": lambda m: m.tensor([[], []]),
    "tuple of lists": lambda m: m.tensor(([1], [2])),
    "dtype given": lambda m: m.tensor([1, 2], dtype=m.float16),
    "from NumPy float64": lambda m: m.tensor(np.ones(2)),
    "from NumPy int32": lambda m: m.as_tensor(np.ones(2, np.int32)),
    "list of NumPy scalars": lambda m: m.tensor([np.float32(1.5), np.float32(2)]),
    "zeros varargs": lambda m: m.zeros(2, 3),
    "zeros tuple": lambda m: m.zeros((2, 3), dtype=m.int8),
    "zeros list": lambda m: m.zeros([2]),
    "zeros nothing": lambda m: m.zeros(()),
    "ones": lambda m: m.ones(2, 0, 3),
    "full float": lambda m: m.full((2,), 1.5),
    "full int": lambda m: m.full((2,), 1),
    "full bool": lambda m: m.full((2,), True),
    "arange int": lambda m: m.arange(5),
    "arange float": lambda m: m.arange(5.0),
    "arange step": lambda m: m.arange(0, 1, 0.1),
    "arange down": lambda m: m.arange(5, 0, -2),
    "arange empty": lambda m: m.arange(0),
    "linspace": lambda m: m.linspace(-1, 1, 5),
    "linspace one": lambda m: m.linspace(2, 5, 1),
    "linspace none": lambda m: m.linspace(2, 5, 0),
    # Steps that binary fractions hold: ours are rounded once, PyTorch's at every step.
    "linspace long": lambda m: m.linspace(0, 1, 1025),
    "eye": lambda m: m.eye(3),
    "eye rectangle": lambda m: m.eye(2, 4, dtype=m.int64),
    "zeros_like": lambda m: m.zeros_like(m.ones(2, 3, dtype=m.int16)),
    "ones_like dtype": lambda m: m.ones_like(m.ones(2), dtype=m.bool),
    "full_like": lambda m: m.full_like(m.ones(2, 2), 3),
    "new_zeros": lambda m: m.ones(2, dtype=m.int32).new_zeros(3),
    "new_ones": lambda m: m.ones(2, dtype=m.float64).new_ones((3, 1)),
    "new_full": lambda m: m.ones(2).new_full((2,), 4),
    "new_tensor": lambda m: m.ones(2, dtype=m.float64).new_tensor([1, 2]),
    "requires_grad": lambda m: m.zeros(2, requires_grad=True),
    "tril": lambda m: m.ones(3, 3).tril(-1),
}


@pytest.mark.parametrize("name", CREATIONS)
def test_creation_is_torchs(name: str) -> None:
    own, other = CREATIONS[name](tg), CREATIONS[name](torch)
    assert describe(own) == describe(other)
    assert own.requires_grad == other.requires_grad
    assert np.array_equal(array_of(own), array_of(other))


@pytest.mark.parametrize(
    "create",
    [
        lambda m: m.tensor([[1], [2, 3]]),
        lambda m: m.tensor(["a"]),
        lambda m: m.tensor(None),
        lambda m: m.zeros(-1),
        lambda m: m.arange(0, 5, 0),
        lambda m: m.arange(0, 5, -1),
        lambda m: m.linspace(0, 1, -2),
        lambda m: m.eye(-1),
        lambda m: m.tensor([1], requires_grad=True),
        lambda m: m.tensor([2**70]),
        lambda m: m.zeros(2.5),
    ],
)
def test_creation_that_torch_refuses_is_refused(create: Callable[[Any], Any]) -> None:
    assert attempt(create, torch)[1] is not None
    assert isinstance(attempt(create, tg)[1], (ValueError, TypeError, RuntimeError, OverflowError))


VIEWS: dict[str, Callable[[Any], Any]] = {
    "transpose": lambda t: t.transpose(0, 2),
    "permute": lambda t: t.permute(2, 0, 1),
    "T": lambda t: t[0].T,
    "mT": lambda t: t.mT,
    "t": lambda t: t[0].t(),
    "movedim": lambda t: t.movedim(0, -1),
    "view": lambda t: t.view(6, 4),
    "view inferred": lambda t: t.view(-1),
    "reshape that can": lambda t: t.reshape(2, 12),
    "reshape of a transposed": lambda t: t.transpose(0, 1).reshape(-1),
    "reshape splits an axis": lambda t: t.transpose(0, 2).reshape(2, 2, 3, 2),
    "flatten": lambda t: t.flatten(1),
    "unflatten": lambda t: t.unflatten(2, (2, 2)),
    "unsqueeze": lambda t: t.unsqueeze(1),
    "unsqueeze last": lambda t: t.unsqueeze(-1),
    "squeeze": lambda t: t[:1].squeeze(),
    "squeeze dim": lambda t: t[:, :1].squeeze(1),
    "expand": lambda t: t[:, :1].expand(2, 5, 4),
    "expand front": lambda t: t[0].expand(7, 3, 4),
    "expand_as": lambda t: t[:1].expand_as(t),
    "broadcast_to": lambda t: t[0].broadcast_to(2, 3, 4),
    "narrow": lambda t: t.narrow(2, 1, 2),
    "select": lambda t: t.select(1, -1),
    "split": lambda t: t.split(2, dim=2),
    "split sizes": lambda t: t.split([1, 3], dim=-1),
    "chunk": lambda t: t.chunk(3, dim=2),
    "unbind": lambda t: t.unbind(1),
    "diagonal": lambda t: t.diagonal(0, 1, 2),
    "diagonal offset": lambda t: t.diagonal(offset=-1, dim1=2, dim2=0),
    "slice": lambda t: t[:, 1:, ::2],
    "detach": lambda t: t.detach(),
    "contiguous already": lambda t: t.contiguous(),
    "contiguous of a transposed": lambda t: t.transpose(0, 2).contiguous(),
    "clone": lambda t: t.clone(),
    "to same dtype": lambda t: t.to(t.dtype),
    "float of float64": lambda t: t.float(),
    "flip": lambda t: t.flip(0),
    "repeat": lambda t: t.repeat(1, 2, 1),
    "ravel": lambda t: t.ravel(),
    "view_as": lambda t: t.view_as(t),
    "sum of a transposed and a number": lambda t: t.transpose(0, 2) + 1,
    "product of two transposed": lambda t: t.permute(2, 0, 1) * t.permute(2, 0, 1),
    "sum of a transposed and a row-major": lambda t: t.transpose(1, 2) + t.reshape(2, 4, 3),
    "exp of a slice of a transposed": lambda t: t.transpose(0, 2)[:, ::2].exp(),
    "clone of a transposed": lambda t: t.transpose(0, 2).clone(),
    "clone of an expanded": lambda t: t[:, :1].expand(2, 5, 4).clone(),
    "float of a transposed": lambda t: t.transpose(0, 1).float(),
    "comparison of a transposed": lambda t: t.transpose(0, 1) > 3,
    "clamp of a transposed": lambda t: t.transpose(0, 1).clamp(1, 5),
    "broadcast with a transposed": lambda t: t[0].t() + t.transpose(1, 2)[:1, :, :1],
}


LIKE: dict[str, Callable[[Any, Any], Any]] = {
    "zeros_like": lambda m, t: m.zeros_like(t),
    "ones_like of another dtype": lambda m, t: m.ones_like(t, dtype=m.float32),
    "full_like": lambda m, t: m.full_like(t, 3),
    "rand_like": lambda m, t: m.rand_like(t),
    "empty_like": lambda m, t: m.empty_like(t),
    "empty_like row-major": lambda m, t: m.empty_like(t, memory_format=m.contiguous_format),
    "empty_like preserved": lambda m, t: m.empty_like(t, memory_format=m.preserve_format),
    "clone row-major": lambda m, t: t.clone(memory_format=m.contiguous_format),
    "contiguous": lambda m, t: t.contiguous(memory_format=m.contiguous_format),
    "to preserved": lambda m, t: t.to(m.float32, memory_format=m.preserve_format),
    "to row-major": lambda m, t: t.to(m.float32, memory_format=m.contiguous_format),
    "to copy": lambda m, t: t.to(t.dtype, copy=True),
}
IMAGES: dict[str, Callable[[Any, Any], Any]] = {
    "contiguous channels last": lambda m, t: t.contiguous(memory_format=m.channels_last),
    "clone channels last": lambda m, t: t.clone(memory_format=m.channels_last),
    "to channels last": lambda m, t: t.to(memory_format=m.channels_last),
    "to and dtype": lambda m, t: t.to(m.float32, memory_format=m.channels_last),
    "empty channels last": lambda m, t: m.empty(2, 3, 4, 5, memory_format=m.channels_last),
    "relu keeps it": lambda m, t: t.contiguous(memory_format=m.channels_last).relu() * 2,
}


@pytest.mark.parametrize("name", [*LIKE, *IMAGES])
def test_order_of_dims_in_memory_is_torchs(name: str) -> None:
    array = np.arange(120.0).reshape(2, 3, 4, 5)
    for turn in (lambda t: t, lambda t: t.permute(3, 1, 0, 2), lambda t: t[:, ::2].transpose(1, 3)):
        own, other = (
            (LIKE | IMAGES)[name](library, turn(tensor_of(array, library=library)))
            for library in (tg, torch)
        )
        assert describe(own) == describe(other)
        assert own.stride() == other.stride()
        for form in ("contiguous_format", "channels_last"):
            assert own.is_contiguous(memory_format=getattr(tg, form)) == other.is_contiguous(
                memory_format=getattr(torch, form)
            )
        if not name.startswith(("empty", "rand")):
            assert np.array_equal(array_of(own), array_of(other))


def test_memory_formats_that_do_not_fit_are_refused() -> None:
    with pytest.raises(tg.ShapeError, match="channels_last"):
        tg.zeros(2, 3).contiguous(memory_format=tg.channels_last)
    with pytest.raises(ValueError, match="preserve"):
        tg.zeros(2, 3).contiguous(memory_format=tg.preserve_format)
    with pytest.raises(ValueError, match="memory_format"):
        tg.zeros(2, 3).clone(memory_format="rows")


@pytest.mark.parametrize("name", VIEWS)
def test_views_and_strides_are_torchs(name: str) -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    own, other = tensor_of(array), tensor_of(array, library=torch)
    for mine, theirs in zip(outputs(VIEWS[name](own)), outputs(VIEWS[name](other)), strict=True):
        assert tuple(mine.shape) == tuple(theirs.shape)
        assert mine.stride() == theirs.stride()
        assert mine.storage_offset() == theirs.storage_offset()
        assert mine.is_contiguous() == theirs.is_contiguous()
        shared = theirs.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()
        writes_through(own, mine, shared)


def writes_through(base: Any, view: Any, expected: bool) -> None:
    """Check whether writing to the base shows in the other tensor."""
    before = view.clone()
    base.add_(1)
    changed = bool((before != view).any().item())
    base.sub_(1)
    assert changed == expected


def test_views_share_the_version_counter() -> None:
    base = tg.zeros(3, 4)
    view = base[1:].t()
    base.add_(1)
    assert view._version == base._version == 1
    view.mul_(2)
    assert base._version == 2


def test_view_refuses_what_needs_a_copy() -> None:
    with pytest.raises((ValueError, RuntimeError), match="view"):
        tg.zeros(3, 4).t().view(12)


MEASURES: dict[str, Callable[[Any], Any]] = {
    "size": lambda t: tuple(t.size()),
    "size of dim": lambda t: t.size(-1),
    "stride": lambda t: t.stride(),
    "stride of dim": lambda t: t.stride(0),
    "dim": lambda t: (t.dim(), t.ndim),
    "numel": lambda t: (t.numel(), t.nelement()),
    "element_size": lambda t: t.element_size(),
    "itemsize": lambda t: (t.itemsize, t.nbytes),
    "len": len,
    "is_contiguous": lambda t: (t.is_contiguous(), t.T.is_contiguous()),
    "tolist": lambda t: t.tolist(),
    "iteration": lambda t: [row.tolist() for row in t],
    "contains": lambda t: (2 in t, 99 in t),
    "unpacking": lambda t: [part.tolist() for part in (lambda a, b: (a, b))(*t)],
    "is_floating_point": lambda t: t.is_floating_point(),
    "is_leaf": lambda t: (t.is_leaf, t.requires_grad, t.grad_fn),
    "type names": lambda t: kind_of(t.double()),
    "shape arithmetic": lambda t: tuple(t.shape[1:] + (4,)),
    "numel of shape": lambda t: t.shape.numel(),
    "reversed": lambda t: [row.tolist() for row in reversed(t)],
}


@pytest.mark.parametrize("kind", ["float32", "float64", "int64", "uint8", "float16"])
@pytest.mark.parametrize("name", MEASURES)
def test_measures_are_torchs(name: str, kind: str) -> None:
    array = np.arange(6).reshape(2, 3)
    own, other = tensor_of(array, kind), tensor_of(array, kind, torch)
    assert MEASURES[name](own) == MEASURES[name](other)


@pytest.mark.parametrize("kind", [*FLOATING, *INTEGRAL, "bool"])
@pytest.mark.parametrize("target", [*FLOATING, *INTEGRAL, "bool"])
def test_casts_are_torchs(kind: str, target: str) -> None:
    array = np.array([0.0, 1.0, 2.0, 3.7, 100.2, 250.9])
    if kind not in ("uint8", "bool"):
        array = np.concatenate([array, [-1.0, -1.7]])
    if target == "uint8" and kind in FLOATING:
        array = np.abs(array)
    array = array.clip(-100, 100) if "int8" in (kind, target) else array
    own = tensor_of(array, kind).to(getattr(tg, target))
    other = tensor_of(array, kind, torch).to(getattr(torch, target))
    assert kind_of(own) == target
    assert np.array_equal(array_of(own), array_of(other))


def test_item_and_conversions_to_numbers() -> None:
    assert tg.tensor(2.5).item() == 2.5
    assert (int(tg.tensor(2.5)), float(tg.tensor(2)), bool(tg.tensor(0))) == (2, 2.0, False)
    assert tg.tensor([[7]]).item() == 7
    assert isinstance(tg.tensor(True).item(), bool)
    assert [10, 20, 30][tg.tensor(1)] == 20
    with pytest.raises((ValueError, RuntimeError), match="item"):
        tg.zeros(2).item()
    with pytest.raises((ValueError, RuntimeError)):
        bool(tg.zeros(2))


def test_hash_is_by_identity_and_equality_by_element() -> None:
    first, second = tg.ones(2), tg.ones(2)
    assert len({first, second, first}) == 2
    assert (first == second).tolist() == [True, True]
