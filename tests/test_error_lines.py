"""The errors of a backward pass name the lines that led to them, and what to write instead."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import topograd as tg
from helpers import marked_line, message_of
from topograd import nn

functional = tg.nn.functional
SOURCE = Path(__file__).read_text().splitlines()


line_of = functools.partial(marked_line, __file__)


def inner() -> Any:
    return tg.ones(3, requires_grad=True) * 2.0


# ---------------------------------------------------------------- changes in place


def augmented() -> None:
    x = inner()
    y = x * x  # augmented: saved
    x += 1  # augmented: changed
    y.sum().backward()


def method() -> None:
    y = inner().exp()  # method: saved
    y.mul_(3.0)  # method: changed
    y.sum().backward()


def index() -> None:
    x = inner()
    y = x.sin()  # index: saved
    x[0] = 5.0  # index: changed
    y.sum().backward()


def added_at_an_index() -> None:
    x = inner()
    y = x.sin()  # added_at_an_index: saved
    x[1:] += 5.0  # added_at_an_index: changed
    y.sum().backward()


def view() -> None:
    x = inner()
    y = x * x  # view: saved
    part = x[1:]
    part.mul_(2)  # view: changed
    y.sum().backward()


def under_no_grad() -> None:
    x = inner()
    y = x * x  # under_no_grad: saved
    with tg.no_grad():
        x.add_(1)  # under_no_grad: changed
    y.sum().backward()


def out() -> None:
    x = inner()
    y = x * x  # out: saved
    with tg.no_grad():
        tg.add(tg.ones(3), 1, out=x)  # out: changed
    y.sum().backward()


def out_by_copying() -> None:
    x = inner()
    y = x * x  # out_by_copying: saved
    with tg.no_grad():
        tg.cumsum(tg.ones(3), 0, out=x)  # out_by_copying: changed
    y.sum().backward()


def out_of_a_factory() -> None:
    x = inner()
    y = x * x  # out_of_a_factory: saved
    with tg.no_grad():
        tg.zeros(3, out=x)  # out_of_a_factory: changed
    y.sum().backward()


def clipped() -> None:
    x = inner()
    y = x * x  # clipped: saved
    total = tg.ones(3, requires_grad=True)
    total.grad = x.detach()
    nn.utils.clip_grad_value_([total], 0.5)  # clipped: changed
    y.sum().backward()


def flag() -> None:
    y = inner().sigmoid()  # flag: saved
    functional.relu(y, inplace=True)  # flag: changed
    y.sum().backward()


def layer() -> None:
    act = nn.ReLU(inplace=True)
    y = inner().sigmoid()  # layer: saved
    act(y)  # layer: changed
    y.sum().backward()


def composed() -> None:
    x = inner()
    y = x * x  # composed: saved
    x.copysign_(tg.tensor(-1.0))  # composed: changed
    y.sum().backward()


def optimizer() -> None:
    w, v = (tg.ones(3, requires_grad=True) for _ in range(2))
    steps = tg.optim.Adam([w, v])
    loss = (w * v).sum()  # optimizer: saved
    loss.backward(retain_graph=True)
    steps.step()  # optimizer: changed
    loss.backward()


CHANGES = {
    augmented: "write x = x + 1 instead of x += 1, or change a copy (x.clone())",
    method: "write y = y.mul(3.0) instead of y.mul_(3.0), or change a copy (y.clone())",
    index: "write into a copy: x = x.clone() before x[0] = 5.0",
    added_at_an_index: "write into a copy: x = x.clone() before x[1:] += 5.0",
    view: "write part = part.mul(2) instead of part.mul_(2), or change a copy (part.clone())",
    under_no_grad: "write x = x.add(1) instead of x.add_(1), or change a copy (x.clone())",
    out: "leave out= away, or write into another tensor",
    out_by_copying: "leave out= away, or write into another tensor",
    out_of_a_factory: "leave out= away, or write into another tensor",
    clipped: "change a copy: write x = x + 1 instead of x += 1, or call .clone() before",
    flag: "leave inplace=True away",
    layer: "let relu not work in place (inplace=False), or call .clone() before",
    composed: "write x = x.copysign(tg.tensor(-1.0)) instead of x.copysign_(tg.tensor(-1.0)), or "
    "change a copy (x.clone())",
    optimizer: "call backward() before the optimizer's step, or compute the loss again after it",
}


@pytest.mark.parametrize("program", CHANGES, ids=lambda f: f.__name__)
def test_a_change_in_place_names_both_calls_and_the_fix(program: Callable[[], None]) -> None:
    first, saved, now, fix = message_of(program).splitlines()
    assert "but it was changed in place" in first
    name = program.__name__
    for told, mark in ((saved, "saved"), (now, "changed")):
        line = line_of(f"{name}: {mark}")
        assert f"test_error_lines.py:{line} in {name}" in told
        assert SOURCE[line - 1].strip()[:40] in told
    before, after = (int(re.search(r"version (\d+)", told).group(1)) for told in (saved, now))  # type: ignore[union-attr]
    assert after > before
    assert fix == f"  fix: {CHANGES[program]}"


def test_the_change_names_the_op_also_where_there_is_no_source() -> None:
    text = "def f(x):\n    y = x * x\n    x.add_(1)\n    return y\n"
    space: dict[str, Any] = {}
    exec(compile(text, "<nowhere>", "exec"), space)
    message = message_of(lambda: space["f"](inner()).sum().backward())
    assert "saved at version 0 by mul at <nowhere>:2 in f\n" in message
    assert "changed by add_ at <nowhere>:3 in f\n" in message
    assert "fix: change a copy" in message


def test_the_module_path_stands_with_the_line() -> None:
    class Block(nn.Module):
        def forward(self, x: Any) -> Any:
            y = x * x
            x += 1
            return y

    net = nn.Sequential(nn.Identity(), Block())
    assert ", in Sequential.1:  y = x * x" in message_of(lambda: net(inner()).sum().backward())


def test_the_name_of_a_tensor_is_told() -> None:
    x = inner()
    x.name = "hidden"
    y = x * x
    x += 1
    assert "(hidden) of shape (3,)" in message_of(lambda: y.sum().backward())


def test_writes_through_data_are_not_seen_as_in_pytorch() -> None:
    torch = pytest.importorskip("torch")
    grads = []
    for library in (tg, torch):
        leaf = library.ones(3, requires_grad=True)
        x = leaf * 2.0
        y = x * x
        x.data.add_(1)
        x.data[0] = 7.0
        x.data.view(-1)[1:].mul_(2.0)
        y.sum().backward()
        grads.append(leaf.grad.tolist())
    assert grads[0] == grads[1] == [28.0, 24.0, 24.0]


def test_what_was_saved_as_data_is_seen_to_change_as_in_pytorch() -> None:
    torch = pytest.importorskip("torch")
    for library in (tg, torch):
        for part in (lambda x: x, lambda x: x[:2]):
            weight = library.ones(3, requires_grad=True)
            constant = part(weight.data)
            y = part(weight) * constant
            constant.add_(1)
            with pytest.raises(RuntimeError, match="version 0"):
                y.sum().backward()


# ---------------------------------------------------------------- a second backward pass


def test_the_same_loss_twice() -> None:
    x = tg.ones(3, requires_grad=True)
    loss = (x * x).sum()
    loss.backward()  # twice: first
    message = message_of(loss.backward)
    assert "sum: backward through it a second time" in message
    assert f"released by the backward at {__file__}:{line_of('twice: first')}" in message
    assert message.endswith("fix: call backward with retain_graph=True the first time")


def test_two_losses_that_share_a_part() -> None:
    x = tg.ones(3, requires_grad=True)
    shared = (x * x).tanh()  # shared: part
    first, second = shared.sum(), (shared * 2).exp().sum()  # shared: losses
    first.backward()
    message = message_of(second.backward)
    assert message.startswith("tanh: ")
    assert f"recorded by tanh at {__file__}:{line_of('shared: part')} in" in message
    assert f"used by mul at {__file__}:{line_of('shared: losses')} in" in message
    assert "fix: two losses share it" in message


def test_a_state_that_is_carried_on_is_told_to_be_detached() -> None:
    class Recurrent(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.RNNCell(3, 3)

        def forward(self, x: Any, h: Any) -> Any:
            return self.cell(x, h)  # carried: cell

    net, h = Recurrent(), tg.zeros(1, 3)

    def step() -> Any:
        nonlocal h
        h = net(tg.ones(1, 3), h)
        (h * h).sum().backward()  # carried: backward

    step()
    message = message_of(step)
    assert (
        f"released by the backward at {__file__}:{line_of('carried: backward')} in step" in message
    )
    assert f"{__file__}:{line_of('carried: cell')} in forward, in Recurrent.cell" in message
    assert "computed after that backward" in message
    assert "h = h.detach()" in message
    h = h.detach()
    step()


# ---------------------------------------------------------------- what tells the same elsewhere


def test_a_users_function_tells_the_change_too() -> None:
    class Square(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return 2 * x * g

    def program() -> None:
        x = inner()
        y = Square.apply(x)
        x += 1  # in a function
        y.sum().backward()

    message = message_of(program)
    assert "Square: backward needs a saved tensor of shape (3,), but it was changed" in message
    assert (
        f"changed by add_ at {__file__}:{line_of('in a function')} in program:  x += 1" in message
    )
    assert "fix: write x = x + 1" in message


def test_forward_mode_tells_who_released_the_values() -> None:
    x = tg.ones(3, requires_grad=True)
    y = (x * x).sum()
    y.backward()  # released
    message = message_of(lambda: tg._C.tangents([y], [x], [tg.ones(3)], False))
    assert f"released by the backward at {__file__}:{line_of('released')}" in message


def test_an_input_without_a_path_leads_to_why() -> None:
    x, y = inner(), inner()
    message = message_of(lambda: tg.autograd.grad(x.sum(), y))
    assert "was not used to compute the outputs" in message
    assert "why(input, output)" in message
