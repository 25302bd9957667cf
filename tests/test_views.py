"""Writing through views keeps values and histories right, also through views of views."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, tensor_of
from parity import attempt

ARRAY = np.arange(1.0, 25.0).reshape(2, 3, 4)
VIEWS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "row": (lambda t: t[1], lambda a: a[1]),
    "slice": (lambda t: t[:, 1:, ::2], lambda a: a[:, 1:, ::2]),
    "transposed": (lambda t: t.transpose(0, 2), lambda a: a.transpose(2, 1, 0)),
    "viewed": (lambda t: t.view(6, 4), lambda a: a.reshape(6, 4)),
    "narrow": (lambda t: t.narrow(1, 1, 2), lambda a: a[:, 1:3]),
    "diagonal": (
        lambda t: t.diagonal(0, 1, 2),
        lambda a: a.reshape(2, 12)[:, ::5],
    ),
    "view of view": (lambda t: t[1].t()[1:3], lambda a: a[1].T[1:3]),
    "view of view of view": (
        lambda t: t.permute(2, 0, 1)[1:].select(1, 0)[:, 1:],
        lambda a: a.transpose(2, 0, 1)[1:][:, 0][:, 1:],
    ),
    "part of a split": (lambda t: t.split(2, dim=2)[1], lambda a: a[:, :, 2:]),
    "element": (lambda t: t[1, 2, 3], lambda a: a[1, 2, 3:4].reshape(())),
}
WRITES: dict[str, Callable[[Any], Any]] = {
    "mul_": lambda view: view.mul_(3.0),
    "add_": lambda view: view.add_(1.0),
    "exp_": lambda view: view.mul_(0.1).exp_(),
    "zero_": lambda view: view.zero_(),
    "fill_": lambda view: view.fill_(2.0),
    "copy_": lambda view: view.copy_(tg.ones_like(view)),
    "pow_": lambda view: view.pow_(2),
}
NUMPY_WRITES: dict[str, Callable[[Any], Any]] = {
    "mul_": lambda view: view * 3.0,
    "add_": lambda view: view + 1.0,
    "exp_": lambda view: np.exp(view * 0.1),
    "zero_": lambda view: view * 0,
    "fill_": lambda view: view * 0 + 2.0,
    "copy_": lambda view: view * 0 + 1.0,
    "pow_": lambda view: view**2,
}
SLOPES: dict[str, Callable[[Any], Any]] = {
    "mul_": lambda view: view * 0 + 3.0,
    "add_": lambda view: view * 0 + 1.0,
    "exp_": lambda view: 0.1 * np.exp(view * 0.1),
    "zero_": lambda view: view * 0,
    "fill_": lambda view: view * 0,
    "copy_": lambda view: view * 0,
    "pow_": lambda view: 2 * view,
}
EVERY = pytest.mark.parametrize(("name", "write"), [(n, w) for n in VIEWS for w in WRITES])


@EVERY
def test_writing_through_a_view_writes_the_base(name: str, write: str) -> None:
    base, expected = tensor_of(ARRAY), ARRAY.copy()
    take, numpy_take = VIEWS[name]
    WRITES[write](take(base))
    numpy_take(expected)[...] = NUMPY_WRITES[write](numpy_take(expected))
    np.testing.assert_allclose(array_of(base), expected, rtol=1e-12)


@EVERY
def test_gradient_through_the_base_knows_what_the_view_wrote(name: str, write: str) -> None:
    leaf = tensor_of(ARRAY).requires_grad_()
    base = leaf * 1.0
    take, numpy_take = VIEWS[name]
    WRITES[write](take(base))
    weight = np.random.default_rng(5).standard_normal(ARRAY.shape)
    (base * tensor_of(weight)).sum().backward()
    slope = np.ones_like(ARRAY)
    numpy_take(slope)[...] = SLOPES[write](numpy_take(ARRAY.copy()))
    np.testing.assert_allclose(array_of(leaf.grad), weight * slope, rtol=1e-10, atol=1e-12)


@EVERY
def test_gradient_through_a_view_made_before_knows_what_the_base_wrote(
    name: str, write: str
) -> None:
    leaf = tensor_of(ARRAY).requires_grad_()
    base = leaf * 1.0
    take, numpy_take = VIEWS[name]
    view = take(base)
    WRITES[write](base)
    view.sum().backward()
    expected = np.zeros_like(ARRAY)
    numpy_take(expected)[...] = numpy_take(SLOPES[write](ARRAY.copy()))
    np.testing.assert_allclose(array_of(leaf.grad), expected, rtol=1e-10, atol=1e-12)


def test_two_views_see_each_others_writes_and_histories() -> None:
    leaf = tg.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True)
    base = leaf * 1.0
    left, right = base[:3], base[1:]
    left.mul_(10.0)
    right.add_(left * 1.0)
    right.sum().backward()
    assert base.tolist() == [10.0, 30.0, 50.0, 34.0]
    assert leaf.grad.tolist() == [10.0, 20.0, 20.0, 1.0]


def test_assigning_recorded_values_into_a_constant_base_gives_it_a_history() -> None:
    base = tg.zeros(3)
    source = tg.tensor(2.0, requires_grad=True)
    base[1] = source * 3
    assert base.requires_grad
    (base * tg.tensor([1.0, 10.0, 100.0])).sum().backward()
    assert source.grad.item() == 30.0


def test_view_of_a_leaf_that_requires_grad_cannot_be_written() -> None:
    leaf = tg.ones(3, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf"):
        leaf[0].mul_(2.0)
    with pytest.raises(RuntimeError, match="leaf"):
        leaf[0] = 1.0
    assert leaf.tolist() == [1.0, 1.0, 1.0]


def test_leaf_can_be_written_without_recording() -> None:
    leaf = tg.ones(3, requires_grad=True)
    with tg.no_grad():
        leaf[0] = 5.0
        leaf.mul_(2.0)
    assert leaf.tolist() == [10.0, 2.0, 2.0]
    assert leaf.is_leaf
    assert leaf.requires_grad


def test_writing_a_tensor_that_overlaps_itself_is_refused() -> None:
    with pytest.raises((ValueError, RuntimeError), match=r"overlap|expand|memory"):
        tg.zeros(1).expand(4).add_(1.0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda base: base[1:].copy_(base[:-1]), [0.0, 0.0, 1.0, 2.0, 3.0, 4.0]),
        (lambda base: base[1:].add_(base[:-1]), [0.0, 1.0, 3.0, 5.0, 7.0, 9.0]),
    ],
)
def test_overlapping_operands_are_read_before_they_are_written_or_refused(
    change: Callable[[Any], Any], expected: list[float]
) -> None:
    base = tg.arange(6.0)
    _, error = attempt(change, base)
    assert base.tolist() == (expected if error is None else [0.0, 1.0, 2.0, 3.0, 4.0, 5.0])


def test_detached_views_share_memory_and_version_but_no_history() -> None:
    leaf = tg.ones(2, requires_grad=True)
    inner = leaf * 2
    detached = inner.detach()
    detached.add_(1)
    assert inner.tolist() == [3.0, 3.0]
    assert inner._version == 1
    assert not detached.requires_grad


def test_a_shallow_copy_shares_the_memory_and_keeps_requires_grad() -> None:
    leaf = tg.ones(2, requires_grad=True)
    leaf.grad = tg.ones(2)
    parameter = tg.nn.Parameter(tg.ones(2))
    for original in (leaf, parameter, leaf * 2, tg.arange(2)):
        original.note = "kept"
        shallow = copy.copy(original)
        assert type(shallow) is type(original)
        assert shallow is not original
        assert shallow.data_ptr() == original.data_ptr()
        assert shallow.requires_grad is original.requires_grad
        assert shallow.is_leaf
        assert shallow.grad is None
        assert shallow.note == "kept"


def test_a_deep_copy_of_a_tensor_with_a_history_is_refused() -> None:
    leaf = tg.ones(3, requires_grad=True)
    for original in (leaf * 2, leaf[1:]):
        with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
            copy.deepcopy(original)
    leaf.grad = tg.ones(3)
    leaf.note = ["kept"]
    deep = copy.deepcopy(leaf)
    assert deep.requires_grad
    assert deep.grad.tolist() == [1.0, 1.0, 1.0]
    assert deep.grad.data_ptr() != leaf.grad.data_ptr()
    assert deep.note == ["kept"]
    assert deep.note is not leaf.note


def test_a_deep_copy_of_a_tensor_and_its_views_shares_memory_as_they_do() -> None:
    whole = tg.arange(6)
    copied = copy.deepcopy({"whole": whole, "part": whole[2:4], "matrix": whole.view(2, 3)})
    copied["part"].fill_(9)
    assert copied["whole"].tolist() == [0, 1, 9, 9, 4, 5]
    assert copied["matrix"].tolist() == [[0, 1, 9], [9, 4, 5]]
    assert whole.tolist() == [0, 1, 2, 3, 4, 5]
    turned = copy.deepcopy([whole, whole.view(2, 3).T])[1]
    assert turned.tolist() == [[0, 3], [1, 4], [2, 5]]
