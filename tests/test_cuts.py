"""A tensor without a history tells where it was cut off, and what to do about it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import marked_line, message_of

SOURCE = Path(__file__).read_text().splitlines()
line_of = functools.partial(marked_line, __file__)


def inner() -> Any:
    return tg.ones(3, requires_grad=True) * 2.0


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


def by_list(x: Any) -> Any:
    return tg.tensor([x[0], x[1] * 2])  # by_list


def by_float(x: Any) -> Any:
    number = float(x.sum())  # by_float
    return tg.tensor([number])


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
    by_list: "copies the values only",
    by_float: "numbers",
    by_freezing: "requires_grad_(False)",
}


@pytest.mark.parametrize("cut", CUTS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("deep", [False, True])
def test_backward_without_a_history_tells_where_it_was_cut(cut: Any, deep: bool) -> None:
    x = cut(inner())
    loss = (x.float() * 2).reshape(-1)[0] if deep else x.reshape(-1)[0]
    message = message_of(loss.backward)
    assert "tensor 0 of shape () does not require grad: its history was cut off at" in message
    assert f"test_cuts.py:{line_of(cut.__name__)} in {cut.__name__} by" in message
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


def test_what_is_written_over_forgets_its_cut() -> None:
    kept = inner().detach()
    kept.copy_(tg.zeros(3))
    assert tg._C.cut_of(kept) is None
    kept.copy_(inner().data)
    assert tg._C.cut_of(kept)["kind"] == "data"


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


def test_hooks_and_graphs_tell_the_cut() -> None:
    cut = inner().detach()  # for hooks
    for call in (lambda: cut.register_hook(print), cut.retain_grad, lambda: tg.graph(cut)):
        message = message_of(call)
        assert "does not require grad" in message
        assert f"{__file__}:{line_of('for hooks')} in" in message
