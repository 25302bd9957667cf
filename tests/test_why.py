"""tg.why: each reason for a missing gradient, with its line, on functions and on real modules."""

from __future__ import annotations

from typing import Any

import pytest

import topograd as tg
from helpers import marked_line
from topograd import nn


def place_of(mark: str, function: str) -> str:
    return f"{__file__}:{marked_line(__file__, mark)} in {function}"


class Net(nn.Module):
    """An encoder whose path to the loss is cut, a decoder, and a layer that is not used."""

    def __init__(self) -> None:
        super().__init__()
        self.enc = nn.Linear(3, 4)
        self.dec = nn.Linear(4, 1)
        self.aux = nn.Linear(3, 1)

    def forward(self, x: Any) -> Any:
        h = self.enc(x)
        h = h.detach()  # cut in forward
        return self.dec(h).tanh()


def leaf(*values: float) -> Any:
    return tg.tensor(values or (1.0, 2.0), requires_grad=True)


def test_a_cut_is_told_with_line_and_distance() -> None:
    net = Net()
    loss = net(tg.ones(2, 3)).sum()
    loss.backward()
    for given in ((loss,), ()):
        reason = tg.why(net.enc.weight, *given)
        assert reason.kind == "cut"
        assert reason.where == place_of("cut in forward", "forward")
        assert reason.ops == 3  # linear, tanh, sum
        assert "Net.enc.weight: cut at" in reason
        assert "by .detach(), 3 ops from the loss" in reason
        assert repr(reason) == str(reason)


def test_the_rest_of_a_module() -> None:
    net = Net()
    loss = net(tg.ones(2, 3)).sum()
    loss.backward()
    assert tg.why(net.dec.bias, loss).kind == "has_gradient"
    unused = tg.why(net.aux.weight, loss)
    assert unused.kind == "unused"
    assert "never used" in unused
    told = str(tg.why(net, loss)).splitlines()
    assert [line.split()[0].rstrip(":") for line in told] == [
        "enc.weight", "enc.bias", "aux.weight", "aux.bias",
    ]  # fmt: skip
    assert tg.why(nn.Sequential(net.dec)) == "all parameters have gradients"


def test_when_the_loss_is_gone_the_notes_are_left() -> None:
    net = Net()

    def step() -> None:
        net(tg.ones(2, 3)).sum().backward()  # step

    step()
    reason = tg.why(net.enc.weight)
    assert reason.kind == "cut"
    assert reason.where == place_of("cut in forward", "forward")
    assert "probably" in reason
    w = leaf()
    (w * 2).sum()
    assert tg.why(w).kind == "no_backward"
    for _ in range(2):
        leaf().sum().backward()
        (w * 2).sum()  # in vain
    leaf().sum().backward()
    reason = tg.why(w)
    assert reason.kind == "lost"
    assert reason.where.startswith(place_of("in vain", ""))


@pytest.mark.parametrize(
    ("cut", "by"),
    [
        (lambda x: x.data, ".data"),
        (lambda x: x.long(), "cast"),
        (lambda x: x.argmax(), "argmax"),
        (lambda x: x > 0, "gt"),
        (lambda x: tg.tensor(x), "copies the values"),
        (lambda x: tg.tensor(x.sum().item()), "numbers"),
        (lambda x: x.detach().requires_grad_(), ".detach()"),
        (lambda x: nn.Parameter(x.detach()), ".detach()"),
    ],
)
def test_every_kind_of_cut(cut: Any, by: str) -> None:
    w, v = leaf(), leaf()
    loss = (cut(w * 3) * v).sum()
    loss.backward()
    reason = tg.why(w, loss)
    assert (reason.kind, reason.ops) in (("cut", 2), ("cut", 3))
    assert by in reason


def test_under_no_grad() -> None:
    w, v = leaf(), leaf()
    with tg.no_grad():  # no_grad
        h = w * 3
    loss = (h * v).sum()
    loss.backward()
    reason = tg.why(w, loss)
    assert reason.kind == "cut"
    assert "if it was used under the no_grad()" in reason
    assert reason.where.startswith(place_of("no_grad", ""))


def test_the_cut_after_the_use_is_told_not_one_before() -> None:
    w, v = leaf(), leaf()
    other = (leaf() * 2).detach()
    h = (w * 3).detach()  # the right one
    loss = (h * v + other).sum()
    loss.backward()
    assert tg.why(w, loss).where.startswith(place_of("the right one", ""))


def test_a_comparison_is_told_after_what_cuts_the_value_itself() -> None:
    w, v = leaf(), leaf()
    h = w * 3
    mask = h > 0  # mask
    loss = (h.detach() * (mask * v)).sum()
    loss.backward()
    reason = tg.why(w, loss)
    assert "by .detach()" in reason
    assert "also cut" in reason
    assert "gt, which has no derivative" in reason


def test_not_in_this_loss() -> None:
    w, v = leaf(), leaf()
    (w * 3).exp()  # not in the loss
    loss = v.sum()
    loss.backward()
    reason = tg.why(w, loss)
    assert reason.kind == "unused"
    assert "does not depend on its result" in reason
    assert reason.where.startswith(place_of("not in the loss", ""))
    for _ in range(2):
        loss = v.sum()
        loss.backward()
    assert "w was not used since" in tg.why(w, loss)


def test_no_gradient_was_asked_for() -> None:
    assert tg.why(tg.ones(2)).kind == "untracked"
    w = leaf()
    w.requires_grad_(False)  # frozen
    reason = tg.why(w)
    assert reason.kind == "untracked"
    assert reason.where.startswith(place_of("frozen", ""))
    cut = (leaf() * 2).detach()
    assert "its history was cut" in tg.why(cut)
    net = nn.Linear(2, 2).requires_grad_(False)
    assert tg.why(net.weight).startswith("Linear.weight does not require grad since")


def test_backward_was_not_called() -> None:
    w = leaf()
    loss = (w * 2).sum()
    reason = tg.why(w, loss)
    assert (reason.kind, reason.ops) == ("no_backward", 2)
    assert "backward() was not called on this loss" in reason


def test_an_inner_tensor_needs_retain_grad() -> None:
    h = leaf() * 2  # inner
    loss = h.sum()
    loss.backward()
    reason = tg.why(h, loss)
    assert reason.kind == "inner"
    assert "retain_grad()" in reason
    assert reason.where.startswith(place_of("inner", ""))
    h = leaf() * 2
    h.retain_grad()
    h.sum().backward()
    assert tg.why(h).kind == "has_gradient"


def test_left_out_by_inputs() -> None:
    w, v = leaf(), leaf()
    loss = (w * v).sum()
    loss.backward(inputs=[w])  # chosen
    for given in ((loss,), ()):
        reason = tg.why(v, *given)
        assert reason.kind == "left_out"
        assert reason.where.startswith(place_of("chosen", ""))


@pytest.mark.parametrize("way", ["attribute", "optimizer", "module"])
@pytest.mark.parametrize("to_none", [True, False])
def test_taken_away_by_zero_grad(way: str, to_none: bool) -> None:
    net = nn.Linear(2, 1)
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1)
    net(tg.ones(1, 2)).sum().backward()
    if way == "optimizer":
        optimizer.zero_grad(set_to_none=to_none)
    elif way == "module":
        net.zero_grad(set_to_none=to_none)
    elif to_none:
        net.weight.grad = None
    else:
        net.weight.grad.zero_()
    reason = tg.why(net.weight)
    assert reason.kind == "cleared"
    assert __file__ in reason.where
    assert "in test_taken_away_by_zero_grad" in reason.where


def test_a_dead_relu_and_a_product_with_zero() -> None:
    for call, op in (
        (lambda w: w.relu(), "relu"),
        (lambda w: w * tg.zeros(2), "mul"),
        (lambda w: w.clamp(5.0, 6.0), "clamp_between"),
        (lambda w: tg.where(w > 9, w, 0.0), "where"),
    ):
        w = leaf(-1.0, -2.0)
        loss = (call(w * 1) * 3).sum()
        loss.backward(retain_graph=True)
        reason = tg.why(w, loss)
        assert reason.kind == "zero"
        assert f": {op} at {__file__}" in reason
        assert "makes it so" in reason
    assert "tells which op" in tg.why(w)


def test_zero_is_found_after_the_graph_was_released() -> None:
    w = leaf(-1.0, -2.0)
    loss = (w.relu() * 3).sum()
    loss.backward()
    assert "relu at" in tg.why(w, loss)


def test_parts_that_cancel() -> None:
    w = leaf(1.0, 1.0)
    loss = (w * 2 - w * 2).sum()
    loss.backward(retain_graph=True)
    assert tg.why(w, loss).kind == "zero"


def test_the_loss_itself_has_no_history() -> None:
    w = leaf()
    loss = (w * 2).detach().sum()  # lossless
    reason = tg.why(w, loss)
    assert reason.kind == "cut"
    assert reason.where.startswith(place_of("lossless", ""))


def test_names_are_those_of_the_program() -> None:
    weights = leaf()
    assert tg.why(weights).startswith("weights ")
    weights.name = "W"
    assert tg.why(weights).startswith("W ")
    assert tg.why(leaf()).startswith("the tensor of shape (2,)")


def test_other_things_are_type_errors() -> None:
    for bad in (3, "w", None):
        with pytest.raises(TypeError, match="why: argument 'p' must be Tensor"):
            tg.why(bad)
    with pytest.raises(TypeError, match="why: argument 'loss' must be Tensor"):
        tg.why(leaf(), 3)


def test_a_deep_graph_is_no_trouble() -> None:
    w, v = leaf(), leaf()
    x = (w * 2).detach() * v
    for _ in range(20_000):
        x = x + 1
    loss = x.sum()
    loss.backward()
    assert tg.why(w, loss).ops == 20_002
