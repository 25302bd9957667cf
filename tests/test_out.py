"""`out=`: results written into tensors that the caller gives."""

from __future__ import annotations

from typing import Any

import pytest

import topograd as tg
from helpers import array_of, assert_same_bits, base_name, outputs, public_function, sample

OPS = pytest.mark.parametrize("op", [op for op in tg.ops() if op.out and not op.random], ids=str)


def call_with(op: Any, out: Any) -> Any:
    call = sample(op, 0)
    return public_function(base_name(op))(*call.args, **call.kwargs, out=out)


@OPS
def test_an_empty_out_is_resized_and_returned(op: Any) -> None:
    expected = outputs(sample(op, 0)())
    targets = [tg.empty(0, dtype=one.dtype) for one in expected]
    out = targets[0] if len(targets) == 1 else tuple(targets)
    returned = call_with(op, out)
    if len(targets) == 1:
        assert returned is targets[0]
    assert all(a is b for a, b in zip(outputs(returned), targets, strict=True))
    assert_same_bits(targets, expected)


@OPS
def test_an_out_of_the_right_shape_keeps_its_memory(op: Any) -> None:
    expected = outputs(sample(op, 0)())
    buffers = [tg.zeros((*one.shape, 2), dtype=one.dtype) for one in expected]
    targets = [buffer[..., 1] for buffer in buffers]
    versions = [target._version for target in targets]
    call_with(op, targets[0] if len(targets) == 1 else tuple(targets))
    assert_same_bits([buffer[..., 1] for buffer in buffers], expected)
    for buffer, target, version in zip(buffers, targets, versions, strict=True):
        assert not array_of(buffer[..., 0]).any()
        assert target._version > version


def test_out_may_be_an_argument() -> None:
    x = tg.tensor([1.0, 2.0, 3.0])
    assert tg.cumsum(x, 0, out=x) is x
    assert x.tolist() == [1.0, 3.0, 6.0]
    tg.mul(x[:2], x[1:], out=x[:2])
    assert x.tolist() == [3.0, 18.0, 6.0]


def test_out_none_is_no_out() -> None:
    assert tg.exp(tg.zeros(2), out=None).tolist() == [1.0, 1.0]


def test_integers_are_written_into_a_floating_out() -> None:
    out = tg.empty(2)
    tg.add(tg.tensor([1, 2]), 1, out=out)
    assert out.tolist() == [2.0, 3.0]


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: tg.add(x, x, out=tg.empty(2)), ValueError, r"add: .*\(3,\).*\(2,\)"),
        (lambda x: tg.exp(x, out=tg.empty(3, dtype=tg.int64)), RuntimeError, "exp: .*int64"),
        (lambda x: tg.exp(x, out=3), TypeError, "exp: out must be a tensor"),
        (lambda x: tg.exp(x, out=[3]), TypeError, "exp: out holds int"),
        (lambda x: tg.max(x, 0, out=x), ValueError, "max: has 2 results, out holds 1"),
        (lambda x: tg.exp(x, out=tg.empty(1).expand(3)), RuntimeError, "exp: .*share memory"),
        (lambda x: tg.exp(x.requires_grad_(), out=tg.empty(3)), RuntimeError, "exp: out= does not"),
        (lambda x: tg.exp(x, out=tg.empty(3, requires_grad=True)), RuntimeError, "exp: out= does"),
        (lambda x: x.exp(out=x), TypeError, "exp: has no argument 'out'"),
        (lambda x: tg.zeros(2, out=x), ValueError, r"zeros: .*\(2,\).*\(3,\)"),
        (lambda x: tg.zeros(3, out=x, dtype=tg.float64), TypeError, "zeros: .*float64.*float32"),
        (lambda x: tg.max(x, 0, out=(x[0], x[0])), RuntimeError, "max: two tensors of out share"),
    ],
)
def test_an_out_that_does_not_fit_is_named(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call(tg.rand(3))


def test_gradients_pass_by_an_out_under_no_grad() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    out = tg.empty(2)
    with tg.no_grad():
        tg.mul(x, 3, out=out)
    assert out.tolist() == [3.0, 6.0]
    assert not out.requires_grad


def test_a_saved_value_that_out_overwrote_is_an_error() -> None:
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x.exp()
    tg.add(tg.ones(2), 1, out=y.detach())
    with pytest.raises(RuntimeError, match="exp"):
        y.sum().backward()


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda out: tg.arange(3, out=out), [0.0, 1.0, 2.0]),
        (lambda out: tg.zeros(2, out=out), [0.0, 0.0]),
        (lambda out: tg.ones(2, out=out), [1.0, 1.0]),
        (lambda out: tg.full((2,), 5.0, out=out), [5.0, 5.0]),
        (lambda out: tg.linspace(0, 1, 3, out=out), [0.0, 0.5, 1.0]),
        (lambda out: tg.eye(2, out=out), [[1.0, 0.0], [0.0, 1.0]]),
    ],
)
def test_factories_write_into_out(make: Any, expected: Any) -> None:
    out = tg.empty(0)
    assert make(out) is out
    assert out.tolist() == expected
    twice = tg.empty(tg.tensor(expected).shape)
    make(twice)
    assert twice.tolist() == expected
