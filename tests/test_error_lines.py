"""The errors of a backward pass name the lines that led to them, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

functional = tg.nn.functional
SOURCE = Path(__file__).read_text().splitlines()


def line_of(mark: str) -> int:
    """The number of the line that ends with this comment."""
    (found,) = (i for i, line in enumerate(SOURCE, 1) if line.endswith(f"# {mark}"))
    return found


def message_of(call: Callable[[], Any]) -> str:
    with pytest.raises(RuntimeError) as caught:
        call()
    return str(caught.value)


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


# ---------------------------------------------------------------- does not require grad


def by_detach(x: Any) -> Any:
    return x.detach()  # by_detach


def by_data(x: Any) -> Any:
    return x.data  # by_data


def by_no_grad(x: Any) -> Any:
    with tg.no_grad():  # by_no_grad
        return x * 2


def by_inference_mode(x: Any) -> Any:
    with tg.inference_mode():  # by_inference_mode
        return x * 2


def by_switching_off(x: Any) -> Any:
    with tg.set_grad_enabled(False):
        return x * 2


def by_cast(x: Any) -> Any:
    return x.long()  # by_cast


def by_argmax(x: Any) -> Any:
    return x.argmax()  # by_argmax


def by_comparison(x: Any) -> Any:
    return x > 0  # by_comparison


def by_positions(x: Any) -> Any:
    return x.topk(2).indices  # by_positions


def by_item(x: Any) -> Any:
    number = x.sum().item()  # by_item
    return tg.tensor(number)


def by_numpy(x: Any) -> Any:
    array = x.detach().numpy()  # by_numpy
    return tg.from_numpy(array)


def by_tensor(x: Any) -> Any:
    return tg.tensor(x)  # by_tensor


def by_freezing(x: Any) -> Any:
    w = tg.ones(3, requires_grad=True)
    w.requires_grad_(False)  # by_freezing
    return w * 2


CUTS = {
    by_detach: ".detach()",
    by_data: ".data",
    by_no_grad: "no_grad()",
    by_inference_mode: "no_grad()",
    by_cast: "cast",
    by_argmax: "argmax",
    by_comparison: "gt",
    by_positions: "which has no derivative",
    by_item: "numbers",
    by_numpy: "arrays",
    by_tensor: "copies the values only",
    by_freezing: "requires_grad_(False)",
}


@pytest.mark.parametrize("cut", CUTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("deep", [False, True])
def test_backward_without_a_history_tells_where_it_was_cut(cut: Any, deep: bool) -> None:
    x = cut(inner())
    loss = (x.float() * 2).reshape(-1)[0] if deep else x.reshape(-1)[0]
    message = message_of(loss.backward)
    assert "tensor 0 of shape () does not require grad: its history was cut off at" in message
    assert f"test_error_lines.py:{line_of(cut.__name__)} in {cut.__name__} by" in message
    assert CUTS[cut] in message
    assert SOURCE[line_of(cut.__name__) - 1].strip() in message
    assert "\n  fix: " in message


def test_the_nearest_cut_is_the_one_that_is_told() -> None:
    x = inner().detach() * tg.ones(3)
    with tg.no_grad():
        y = x * 2
    assert "by .detach()" in message_of((y + 1).sum().backward)
    total = tg.zeros(())
    total += inner().detach().sum()
    assert "by .detach()" in message_of(total.backward)


def test_what_was_never_tracked_is_told_to_be_made_so() -> None:
    message = message_of(tg.ones(()).backward)
    assert "was not made from one that does" in message
    assert "requires_grad_()" in message
    message = message_of(lambda: tg.autograd.grad(inner().sum(), tg.ones(3)))
    assert message.startswith("grad: input 0 of shape (3,) does not require grad")


def test_values_that_came_back_changed_are_a_hint() -> None:
    def program() -> Any:
        array = np.tanh(inner().detach().numpy())  # came back
        return tg.from_numpy(array).sum().backward()

    message = message_of(program)
    assert "was not made from one that does" in message
    assert f"taken out of the graph last at {__file__}:{line_of('came back')} in program" in message


def test_modes_within_modes_tell_the_outer_line() -> None:
    x = tg.ones(3, requires_grad=True)
    with tg.no_grad():  # outer
        with tg.no_grad():
            pass
        y = x * 2
    assert f":{line_of('outer')} in" in message_of(y.sum().backward)
    with tg.no_grad(), tg.enable_grad():
        (x * 2).sum().backward()
    # What C++ does without recording belongs to no block of the program.
    tg.optim.SGD([x], lr=0.1).step()
    assert tg._C.cut_of(x * 2) is None


def test_a_cut_keeps_nothing_alive() -> None:
    def program() -> Any:
        return (tg.ones(1000, requires_grad=True) * 2).exp().detach()

    kept = program()
    before = tg._C.live_nodes()
    kept2 = program()
    assert tg._C.live_nodes() == before
    assert kept.shape == kept2.shape


def test_forgotten_cuts_are_told_to_be_forgotten() -> None:
    x = inner()
    kept = x.detach()
    for _ in range(tg._C.MOST_CUTS + 64):
        x.detach()
    assert "too long ago to tell where" in message_of(kept.sum().backward)


def test_the_notes_can_be_switched_off() -> None:
    tg._C.set_provenance(False)
    try:
        x = inner()
        y = x * x
        x += 1
        message = message_of(y.sum().backward)
    finally:
        tg._C.set_provenance(True)
    assert "changed in place" in message


def test_a_node_keeps_at_most_24_bytes_to_tell_its_line() -> None:
    node, notes = tg._C.NODE_BYTES
    assert notes <= 24
    assert node <= 128


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


def test_hooks_and_graphs_tell_the_cut() -> None:
    cut = inner().detach()  # for hooks
    for call in (lambda: cut.register_hook(print), cut.retain_grad, lambda: tg.graph(cut)):
        message = message_of(call)
        assert "does not require grad" in message
        assert f"{__file__}:{line_of('for hooks')} in" in message


def test_an_input_without_a_path_leads_to_why() -> None:
    x, y = inner(), inner()
    message = message_of(lambda: tg.autograd.grad(x.sum(), y))
    assert "was not used to compute the outputs" in message
    assert "why(input, output)" in message
