"""Checkpoints: nothing is kept, and the gradients are bit for bit those of the plain run."""

from __future__ import annotations

import gc
import threading
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn
from topograd.utils.checkpoint import CheckpointError, checkpoint, checkpoint_sequential


class Block(nn.Module):
    """A part with a residual, dropout, a shared weight, an in-place op and an own Function."""

    def __init__(self, tied: nn.Parameter) -> None:
        super().__init__()
        self.first = nn.Linear(6, 6)
        self.norm = nn.LayerNorm(6)
        self.tied = tied

    def forward(self, x: Any, *, scale: Any = 1.0) -> Any:
        y = self.first(self.norm(x)).tanh()
        y = nn.functional.dropout(y, 0.3, self.training)
        y = (y @ self.tied) * scale
        y.add_(x)
        return Cube.apply(y).sin() + x[:, tg.tensor([5, 4, 3, 2, 1, 0])]


class Cube(tg.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x * x * g

    @staticmethod
    def jvp(ctx: Any, t: Any) -> Any:
        (x,) = ctx.saved_tensors
        return 3 * x * x * t


def plain(function: Any, *args: Any, **kwargs: Any) -> Any:
    kwargs.pop("use_reentrant", None)
    return function(*args, **kwargs)


def nested(function: Any, *args: Any, **kwargs: Any) -> Any:
    """A checkpoint within a checkpoint."""
    options = {"use_reentrant": kwargs.pop("use_reentrant", None)}
    return checkpoint(lambda *a: checkpoint(function, *a, **kwargs, **options), *args, **options)


def model() -> Any:
    tg.manual_seed(3)
    tied = nn.Parameter(tg.randn(6, 6) * 0.3)
    return tied, [Block(tied) for _ in range(3)], nn.Linear(6, 1)


def run(call: Any, order: int = 1, reentrant: bool = False) -> list[np.ndarray]:
    """Loss and gradients of a little model whose parts are run by `call`."""
    tied, blocks, head = model()
    x = tg.randn(4, 6, requires_grad=True)
    scale = tg.tensor(1.5, requires_grad=True)
    y = x * 2
    for block in blocks:
        y = call(block, y, scale=scale, use_reentrant=reentrant)
    loss = (head(y @ tied) ** 2).sum()
    after = tg.rand(1)
    inputs = [x, scale, tied, *(p for b in blocks for p in b.parameters() if p is not tied)]
    gradients = tg.autograd.grad(loss, inputs, create_graph=order == 2)
    found = [loss, after, *gradients]
    if order == 2:
        found += tg.autograd.grad(sum((g * g).sum() for g in gradients), inputs)
    return [np.array(one.detach().numpy()) for one in found]


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("reentrant", [True, False, None])
@pytest.mark.parametrize("call", [checkpoint, nested])
def test_gradients_are_bit_for_bit_those_of_the_plain_run(
    order: int, reentrant: Any, call: Any
) -> None:
    expected = run(plain, order)
    found = run(call, order, reentrant)
    assert all(np.array_equal(a, b) for a, b in zip(expected, found, strict=True))


def test_backward_into_leaves_and_a_second_backward() -> None:
    layer = nn.Linear(3, 3)
    x = tg.randn(2, 3)
    checkpoint(layer, x).tanh().sum().backward(retain_graph=False)
    expected = layer.weight.grad.clone()
    layer.zero_grad()
    y = checkpoint(lambda x: layer(x).tanh(), x).sum()
    y.backward(retain_graph=True)
    assert tg.equal(layer.weight.grad, expected)
    y.backward()
    assert tg.equal(layer.weight.grad, expected * 2)
    with pytest.raises(RuntimeError, match="backward through it a second time"):
        y.backward()


def test_forward_mode_goes_through() -> None:
    layer = nn.Linear(3, 3)

    def function(x: Any) -> Any:
        return layer(Cube.apply(x)).tanh().square()

    x, t = tg.randn(2, 3), tg.randn(2, 3)
    expected = tg.func.jvp(function, (x,), (t,))
    found = tg.func.jvp(lambda x: checkpoint(function, x), (x,), (t,))
    assert tg.equal(expected[1], found[1])
    assert tg.equal(
        tg.func.grad(lambda x: checkpoint(function, x).sum())(x),
        tg.func.grad(lambda x: function(x).sum())(x),
    )


def test_the_function_runs_once_more_and_only_when_needed() -> None:
    calls = []

    def function(x: Any) -> Any:
        calls.append(tg.is_grad_enabled())
        return (x * x).exp().sin()

    x = tg.ones(3, requires_grad=True)
    y = checkpoint(function, x)
    z = (y * 2).sum()
    assert calls == [True]
    z.backward()
    assert calls == [True, True]
    with tg.no_grad():
        assert not checkpoint(function, x).requires_grad
    assert calls == [True, True, False]
    checkpoint(function, tg.ones(3))
    assert len(calls) == 4


def test_the_graph_keeps_nothing_of_the_part() -> None:
    from topograd import _C

    def function(x: Any) -> Any:
        for _ in range(10):
            x = x.exp().sin()
        return x

    x = tg.randn(100000, requires_grad=True)
    gc.collect()

    def bytes_kept(call: Any) -> int:
        before = _C.memory_statistics()["in_use"]
        y = call(function, x)
        assert y.requires_grad
        return int(_C.memory_statistics()["in_use"] - before)

    # The output itself, and hollow nodes.
    assert bytes_kept(plain) > 8 * x.numel() * 4
    assert bytes_kept(checkpoint) < 2 * x.numel() * 4


def test_random_numbers_are_the_same_unless_that_is_not_wanted() -> None:
    def dropped(preserve: bool) -> tuple[Any, Any]:
        tg.manual_seed(1)
        x = tg.ones(1000, requires_grad=True)
        y = checkpoint(lambda x: nn.functional.dropout(x, 0.5) * x, x, preserve_rng_state=preserve)
        tg.rand(7)
        y.sum().backward()
        return y, x.grad

    y, gradient = dropped(True)
    assert tg.equal(gradient, y * 2)
    y, gradient = dropped(False)
    assert not tg.equal(gradient, y * 2)


def test_a_second_run_that_differs_is_an_error() -> None:
    state = {"count": 0}

    def other_op(x: Any) -> Any:
        state["count"] += 1
        return x.sin() if state["count"] % 2 else x.cos()

    def other_shape(x: Any) -> Any:
        state["count"] += 1
        return x.exp().expand(state["count"], 3).sum()

    def more(x: Any) -> Any:
        state["count"] += 1
        for _ in range(state["count"]):
            x = x.exp()
        return x

    x = tg.ones(3, requires_grad=True)
    for function, text in ((other_op, "was sin"), (other_shape, "shape"), (more, "recorded")):
        state["count"] = 0
        y = checkpoint(function, x)
        with pytest.raises(CheckpointError, match=f"does not do the same .*{text}"):
            y.sum().backward()
    with pytest.raises(ValueError, match="determinism_check"):
        checkpoint(more, x, determinism_check="other")


def test_a_parameter_changed_in_between_is_an_error() -> None:
    w = tg.ones(3, requires_grad=True)
    x = tg.ones(3, requires_grad=True)
    y = checkpoint(lambda x: w * x, x).sum()
    with tg.no_grad():
        w.mul_(2)
    with pytest.raises(RuntimeError, match="changed in place after the forward pass"):
        y.backward()


def test_errors_of_both_runs_come_through() -> None:
    state = {"fail": True}

    def function(x: Any) -> Any:
        if state["fail"]:
            raise KeyError("inside")
        return x.exp()

    x = tg.ones(2, requires_grad=True)
    with pytest.raises(KeyError, match="inside"):
        checkpoint(function, x)
    state["fail"] = False
    y = checkpoint(function, x).sum()
    state["fail"] = True
    with pytest.raises(KeyError, match="inside"):
        y.backward()
    assert x.exp().requires_grad  # recording is as before, and nothing belongs to the part


def test_contexts_for_both_runs() -> None:
    seen = []

    class Noted:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> None:
            seen.append(self.name)

        def __exit__(self, *error: object) -> None:
            seen.append(f"end of {self.name}")

    x = tg.ones(2, requires_grad=True)
    y = checkpoint(tg.exp, x, context_fn=lambda: (Noted("first"), Noted("second")))  # type: ignore[arg-type, return-value]
    y.sum().backward()
    assert seen == ["first", "end of first", "second", "end of second"]


def test_outputs_and_arguments_of_any_kind() -> None:
    def function(pair: Any, options: Any) -> Any:
        return {"a": pair[0].exp(), "b": [pair[1].sin(), options["text"], None]}

    x, z = tg.ones(2, requires_grad=True), tg.ones(2, requires_grad=True)
    result = checkpoint(function, (x, z), {"text": "t"})
    (result["a"] * result["b"][0]).sum().backward()
    expected = tg.ones(2).exp() * tg.ones(2).sin()
    assert tg.equal(x.grad, expected)
    assert result["b"][1:] == ["t", None]


@pytest.mark.parametrize("segments", [1, 2, 3, 5])
def test_sequential(segments: int) -> None:
    net = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 4))
    x = tg.randn(3, 4, requires_grad=True)
    expected = tg.autograd.grad(net(x).sum(), [x, *net.parameters()])
    found = tg.autograd.grad(
        checkpoint_sequential(net, segments, x, use_reentrant=False).sum(),
        [x, *net.parameters()],
    )
    assert all(tg.equal(a, b) for a, b in zip(expected, found, strict=True))
    with pytest.raises(ValueError, match="segments"):
        checkpoint_sequential(list(net), 9, x)
    with pytest.raises(ValueError, match="Unexpected keyword arguments"):
        checkpoint_sequential(net, 2, x, other=1)


def test_a_backward_pass_inside_a_part() -> None:
    def function(x: Any) -> Any:
        (inner,) = tg.autograd.grad((x**3).sum(), x, create_graph=True)
        return inner * x

    x = tg.randn(3, requires_grad=True)
    (expected,) = tg.autograd.grad(function(x).sum(), x)
    (found,) = tg.autograd.grad(checkpoint(function, x).sum(), x)
    assert tg.equal(expected, found)


def test_passes_of_several_threads_over_one_part() -> None:
    layer = nn.Linear(8, 8)
    x = tg.randn(4, 8, requires_grad=True)
    y = checkpoint(lambda x: layer(layer(x).tanh()).sin(), x).sum()
    (expected,) = tg.autograd.grad(y, x, retain_graph=True)
    y = checkpoint(lambda x: layer(layer(x).tanh()).sin(), x).sum()
    found: list[Any] = []

    def passes() -> None:
        found.append(tg.autograd.grad(y, x, retain_graph=True)[0])

    threads = [threading.Thread(target=passes) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(tg.equal(one, expected) for one in found)


def test_parts_leave_no_nodes_behind() -> None:
    from topograd import _C

    run(nested, 2)
    gc.collect()
    before = _C.live_nodes(), _C.live_tensors()
    for order in (1, 2):
        run(nested, order)
        run(checkpoint, order)
    x = tg.ones(2, requires_grad=True)
    y = checkpoint(tg.exp, x)  # never run again
    del x, y
    gc.collect()
    assert (_C.live_nodes(), _C.live_tensors()) == before


def test_gradients_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.checkpoint import checkpoint as theirs

    results = []
    for lib, call in ((tg, checkpoint), (torch, theirs)):
        layer = lib.nn.Linear(3, 3)
        with lib.no_grad():
            layer.weight.copy_(lib.linspace(-1, 1, 9).reshape(3, 3))
            layer.bias.zero_()
        x = lib.linspace(0, 1, 6).reshape(2, 3).requires_grad_()
        call(lambda x, layer=layer: layer(x).tanh(), x, use_reentrant=False).sum().backward()
        results.append([np.array(x.grad.numpy()), np.array(layer.weight.grad.numpy())])
    for ours, their in zip(*results, strict=True):
        np.testing.assert_allclose(ours, their, rtol=1e-5, atol=1e-6)


def test_a_cycle_through_a_part_is_collected() -> None:
    import weakref

    class Remembers(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 3)

        def part(self, x: Any) -> Any:
            return self.fc(x).tanh()

        def forward(self, x: Any) -> Any:
            self.last = checkpoint(self.part, x)
            return self.last.sum()

    model = Remembers()
    model(tg.ones(2, 3))
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_runs_of_segments_may_end_in_any_order_but_in_their_thread() -> None:
    from topograd import _C

    first, others = _C.Segment(lambda segment: None), [_C.Segment(lambda segment: None)]
    first.start(False)
    others[0].start(False)
    with pytest.raises(RuntimeError, match="running already"):
        first.start(False)
    failures: list[Exception] = []

    def end_elsewhere() -> None:
        try:
            others[0].end()
        except RuntimeError as error:
            failures.append(error)

    thread = threading.Thread(target=end_elsewhere)
    thread.start()
    thread.join()
    assert "another thread" in str(failures[0])
    first.end()
    x = tg.ones(2, requires_grad=True)
    y = x.exp()
    others.clear()
    z = (y * 2).sum()
    z.backward()
    assert tg.equal(x.grad, 2 * tg.ones(2).exp())
    with pytest.raises(RuntimeError, match="not running"):
        first.finish()
