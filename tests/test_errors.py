"""What a user reads after a mistake: the op, what it expects, what came, with shapes."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest

import topograd as tg

functional = tg.nn.functional


def zeros(*shape: int) -> Any:
    """Return float32 zeros."""
    return tg.zeros(shape)


def whole(*shape: int) -> Any:
    """Return int64 zeros."""
    return tg.zeros(shape, dtype=tg.int64)


ErrorType = type[Exception] | tuple[type[Exception], ...]
Mistake = tuple[str, Callable[[], Any], ErrorType, list[str]]
MISTAKES: list[Mistake] = [
    ("inner sizes", lambda: zeros(3, 4) @ zeros(5, 6), ValueError, ["matmul", "(3, 4)", "(5, 6)"]),
    ("broadcast", lambda: zeros(3) + zeros(4), ValueError, ["add", "(3,)", "(4,)"]),
    ("broadcast of three", lambda: tg.where(zeros(2) > 0, zeros(3), zeros(1)), ValueError,
     ["where", "(2,)", "(3,)"]),
    ("in-place growth", lambda: zeros(1).add_(zeros(4)), ValueError, ["add", "(1,)", "(4,)"]),
    ("reshape", lambda: zeros(2, 3).reshape(4, 2), ValueError, ["reshape", "(2, 3)", "(4, 2)"]),
    ("two unknowns", lambda: zeros(6).reshape(-1, -1), ValueError, ["reshape", "-1"]),
    ("dim", lambda: zeros(2, 3).sum(5), IndexError, ["sum", "5"]),
    ("negative dim", lambda: zeros(2, 3).sum(-3), IndexError, ["sum", "-3"]),
    ("dim twice", lambda: zeros(2, 3).sum((0, -2)), ValueError, ["sum", "0"]),
    ("empty max", lambda: zeros(0).max(), (ValueError, RuntimeError, IndexError), ["max"]),
    ("empty argmin", lambda: zeros(2, 0).argmin(1), (ValueError, IndexError), ["argmin", "(2, 0)"]),
    ("cat sizes", lambda: tg.cat([zeros(2, 3), zeros(2, 4)]), ValueError,
     ["cat", "(2, 3)", "(2, 4)"]),
    ("cat of nothing", lambda: tg.cat([]), ValueError, ["cat"]),
    ("stack sizes", lambda: tg.stack([zeros(2), zeros(3)]), ValueError, ["stack", "(2,)", "(3,)"]),
    ("split sections", lambda: zeros(5).split([2, 2]), ValueError, ["split", "5"]),
    ("narrow", lambda: zeros(5).narrow(0, 3, 4), (ValueError, IndexError), ["narrow", "4"]),
    ("expand", lambda: zeros(2, 3).expand(4, 3), ValueError, ["expand", "(2, 3)", "(4, 3)"]),
    ("permute", lambda: zeros(2, 3).permute(0, 0), ValueError, ["permute"]),
    ("bmm dims", lambda: tg.bmm(zeros(2, 3), zeros(2, 3)), ValueError, ["bmm", "(2, 3)"]),
    ("mm dims", lambda: tg.mm(zeros(2), zeros(2)), ValueError, ["mm", "(2,)"]),
    ("einsum letters", lambda: tg.einsum("ij,jk->il", zeros(2, 3), zeros(3, 4)), ValueError,
     ["einsum", "l"]),
    ("einsum sizes", lambda: tg.einsum("ij,jk", zeros(2, 3), zeros(4, 5)), ValueError,
     ["einsum", "j"]),
    ("gather index", lambda: zeros(2, 3).gather(1, whole(2, 1) + 3), IndexError, ["gather", "3"]),
    ("gather dtype", lambda: zeros(2, 3).gather(1, zeros(2, 1)), (TypeError, ValueError),
     ["gather", "float32"]),
    ("index_select", lambda: zeros(2).index_select(0, whole(1) + 2), IndexError,
     ["index_select", "2"]),
    ("one_hot", lambda: functional.one_hot(whole(2) - 1), (ValueError, IndexError), ["one_hot"]),
    ("embedding", lambda: functional.embedding(whole(2) + 7, zeros(5, 3)), IndexError,
     ["embedding", "7", "5"]),
    ("linear", lambda: functional.linear(zeros(2, 3), zeros(5, 4)), ValueError,
     ["linear", "(2, 3)", "(5, 4)"]),
    ("conv2d channels", lambda: functional.conv2d(zeros(1, 3, 8, 8), zeros(4, 2, 3, 3)),
     ValueError, ["conv2d", "(1, 3, 8, 8)", "(4, 2, 3, 3)"]),
    ("conv2d kernel", lambda: functional.conv2d(zeros(1, 1, 2, 2), zeros(1, 1, 3, 3)), ValueError,
     ["conv2d", "(1, 1, 2, 2)"]),
    ("conv2d stride", lambda: functional.conv2d(zeros(1, 1, 4, 4), zeros(1, 1, 2, 2), stride=0),
     ValueError, ["conv2d", "stride"]),
    ("pool kernel", lambda: functional.max_pool2d(zeros(1, 1, 4, 4), 0), ValueError,
     ["max_pool2d", "kernel"]),
    ("pool negative", lambda: functional.avg_pool2d(zeros(1, 1, 4, 4), -2), ValueError,
     ["avg_pool2d"]),
    ("layer_norm", lambda: functional.layer_norm(zeros(2, 3), (4,)), ValueError,
     ["layer_norm", "(2, 3)", "(4,)"]),
    ("batch_norm", lambda: functional.batch_norm(zeros(1, 3), None, None, training=True),
     ValueError, ["batch_norm", "(1, 3)"]),
    ("cross_entropy target", lambda: functional.cross_entropy(zeros(2, 3), whole(2) + 3),
     IndexError, ["cross_entropy", "3"]),
    ("cross_entropy shape", lambda: functional.cross_entropy(zeros(2, 3), whole(4)), ValueError,
     ["cross_entropy", "(2, 3)", "(4,)"]),
    ("cross_entropy reduction",
     lambda: functional.cross_entropy(zeros(2, 3), whole(2), reduction="average"), ValueError,
     ["cross_entropy", "average"]),
    ("mse_loss", lambda: functional.mse_loss(zeros(2, 3), zeros(4)), ValueError,
     ["mse_loss", "(2, 3)", "(4,)"]),
    ("attention", lambda: functional.scaled_dot_product_attention(
        zeros(2, 3, 4), zeros(2, 3, 5), zeros(2, 3, 4)), ValueError,
     ["scaled_dot_product_attention", "(2, 3, 4)", "(2, 3, 5)"]),
    ("pad", lambda: functional.pad(zeros(2), (1, 1, 1, 1)), ValueError, ["pad", "(2,)"]),
    ("pad mode", lambda: functional.pad(zeros(2), (1, 1), mode="mirror"), ValueError,
     ["pad", "mirror"]),
    ("topk", lambda: zeros(3).topk(4), (ValueError, IndexError), ["topk", "4", "3"]),
    ("integer division by zero", lambda: (whole(2) + 1) // whole(2),
     (ZeroDivisionError, RuntimeError, ValueError), ["zero"]),
    ("negative integer power", lambda: (whole(2) + 2) ** -1, (ValueError, RuntimeError), ["pow"]),
    ("float into bool indices", lambda: zeros(3)[zeros(3)], (IndexError, TypeError), ["index"]),
    ("bitwise on floats", lambda: zeros(2) & zeros(2), (TypeError, RuntimeError),
     ["bitwise_and", "float32"]),
    ("subtract booleans", lambda: (zeros(2) > 0) - (zeros(2) > 0), (TypeError, RuntimeError),
     ["sub", "bool"]),
    ("mean of integers", lambda: whole(2).mean(), (TypeError, RuntimeError), ["mean", "int64"]),
    ("in-place float into int", lambda: whole(2).add_(0.5), (TypeError, RuntimeError),
     ["add", "int64"]),
    ("string operand", lambda: zeros(2) + "a", TypeError, ["str"]),
    ("none operand", lambda: zeros(2) * None, TypeError, ["None"]),
    ("keyword", lambda: zeros(2).sum(axes=0), TypeError, ["sum", "axes"]),
    ("too many arguments", lambda: tg.exp(zeros(2), 1, 2, 3), TypeError, ["exp"]),
    ("dtype as text", lambda: zeros(2).to("float33"), (TypeError, ValueError, RuntimeError),
     ["float33"]),
    ("rms_norm of integers", lambda: functional.rms_norm(zeros(2).to(tg.uint8), [2]), TypeError,
     ["rms_norm", "floating point", "uint8"]),
    ("group_norm of integers", lambda: functional.group_norm(whole(2, 4), 2), TypeError,
     ["group_norm", "floating point", "int64"]),
    ("celu of 0", lambda: functional.celu(zeros(2), 0.0), ValueError, ["celu", "alpha", "got 0"]),
    ("trunc_normal_ of 0", lambda: tg.nn.init.trunc_normal_(zeros(2), std=0), ValueError,
     ["trunc_normal_", "std", "0"]),
    ("device", lambda: zeros(2).to("cuda:7"), (RuntimeError, ValueError), ["cuda"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "error", "parts"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_message_names_the_op_and_shows_what_came(
    call: Callable[[], Any], error: ErrorType, parts: list[str]
) -> None:
    with pytest.raises(error) as caught:
        call()
    message = str(caught.value)
    missing = [part for part in parts if part not in message]
    assert not missing, f"{missing} missing from: {message}"


# Functions written in Python, with one argument that should be a tensor and is none.
NO_TENSOR: dict[str, Callable[[Any], Any]] = {
    **{
        name: lambda x, name=name: getattr(functional, name)(x, inplace=True)
        for name in (
            "celu elu hardsigmoid hardswish hardtanh leaky_relu mish relu relu6 selu silu".split()
        )
    },
    **{
        name: lambda x, name=name: getattr(functional, name)(zeros(2, 4), x)
        for name in (
            "cosine_similarity huber_loss kl_div pairwise_distance prelu smooth_l1_loss".split()
        )
    },
    **{
        name: lambda x, name=name: getattr(tg.nn.init, name)(x)
        for name in "dirac_ eye_ kaiming_normal_ ones_ orthogonal_ trunc_normal_ uniform_".split()
    },
    "adaptive_avg_pool1d": lambda x: functional.adaptive_avg_pool1d(x, 2),
    "bilinear": lambda x: functional.bilinear(zeros(2), zeros(2), zeros(1, 2, 2), bias=x),
    "dropout1d": lambda x: functional.dropout1d(x),
    "dropout2d": lambda x: functional.dropout2d(input=x),
    "equal": lambda x: tg.equal(zeros(2), x),
    "glu": lambda x: functional.glu(x),
    "local_response_norm": lambda x: functional.local_response_norm(x, 2),
    "softmin": lambda x: functional.softmin(x),
    "tensordot": lambda x: tg.tensordot(zeros(2), x),
    "type_as": lambda x: zeros(2).type_as(x),
}


@pytest.mark.parametrize("op", NO_TENSOR)
def test_what_is_no_tensor_is_a_type_error_that_names_the_op_and_the_argument(op: str) -> None:
    for value in ("text", [1.0]):
        with pytest.raises(
            TypeError, match=rf"^{op}: argument '\w+' must be Tensor, got"
        ) as caught:
            NO_TENSOR[op](value)
        assert str(caught.value).endswith(f"got {type(value).__name__}")


def test_shape_error_is_a_value_error_and_a_runtime_error() -> None:
    assert issubclass(tg.ShapeError, ValueError)
    assert issubclass(tg.ShapeError, RuntimeError)
    for expected in (tg.ShapeError, ValueError, RuntimeError):
        with pytest.raises(expected):
            zeros(3) + zeros(4)


def test_an_error_about_a_value_is_a_value_error_and_a_runtime_error() -> None:
    assert issubclass(tg.ArgumentError, ValueError)
    assert issubclass(tg.ArgumentError, RuntimeError)
    for expected in (tg.ArgumentError, ValueError, RuntimeError):
        with pytest.raises(expected, match="p must not be negative, got -1"):
            tg.cdist(zeros(2, 2), zeros(2, 2), p=-1)


def test_unknown_keyword_suggests_the_right_one() -> None:
    with pytest.raises(TypeError, match="keepdim"):
        zeros(2).sum(0, keep_dim=True)


def test_backward_error_names_the_line_that_recorded_the_op() -> None:
    inner = tg.ones(2, requires_grad=True) * 1.0
    result = inner.sin()
    inner.add_(1)
    with pytest.raises(RuntimeError, match=r"test_errors\.py:\d+"):
        result.sum().backward()


def test_failed_calls_leave_no_trace_in_the_interpreter() -> None:
    for _ in range(100):
        try:
            zeros(3) + zeros(4)
        except ValueError as error:
            frames = traceback.extract_tb(error.__traceback__)
    assert len(frames) == 1
    assert tg.is_grad_enabled()


def test_messages_are_short() -> None:
    for _, call, error, _parts in MISTAKES:
        with pytest.raises(error) as caught:
            call()
        first_line = str(caught.value).splitlines()[0]
        assert len(first_line) < 300
