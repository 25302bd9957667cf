"""Summaries of models and of what a graph keeps, against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

import topograd as tg
from topograd import nn
from topograd.profiler.flops import flops


def lenet() -> Any:
    """Return LeNet for 28 × 28 images."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.Tanh(), nn.AvgPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10)),
    )


def test_lenet_by_hand() -> None:
    # Per image. A convolution: outputs × (2 × taps + 1 for the bias); others: elements.
    batch = 3
    expected = {
        "0": (6 * 26, 6 * 28 * 28 * (2 * 25 + 1), (6, 28, 28)),
        "1": (0, 6 * 28 * 28, (6, 28, 28)),
        "2": (0, 6 * 28 * 28, (6, 14, 14)),
        "3": (16 * 151, 16 * 10 * 10 * (2 * 150 + 1), (16, 10, 10)),
        "4": (0, 16 * 10 * 10, (16, 10, 10)),
        "5": (0, 16 * 10 * 10, (16, 5, 5)),
        "6": (0, 0, (400,)),
        "7": (401 * 120, 120 * 801, (120,)),
        "8": (0, 120, (120,)),
        "9": (121 * 84, 84 * 241, (84,)),
        "10": (0, 84, (84,)),
        "11": (85 * 10, 10 * 169, (10,)),
    }
    net = lenet()
    table = tg.summary(net, tg.randn(batch, 1, 28, 28))
    assert [row.name for row in table] == ["", *expected]
    for name, (parameters, work, shape) in expected.items():
        row = table[name]
        assert (row.parameters, row.flops) == (parameters, batch * work), name
        assert row.output_shapes == [(batch, *shape)]
        size = batch * 4
        for count in shape:
            size *= count
        assert row.activations == (0 if name == "6" else size)
    assert table.total.parameters == 61_706 == sum(p.numel() for p in net.parameters())
    assert table.total.flops == batch * sum(work for _, work, _ in expected.values())
    # tanh keeps its results; the first linear layer keeps the flattened pooled maps.
    assert table.total.kept == batch * 4 * (6 * 784 + 1600 + 120 + 84 + 6 * 196 + 400)
    assert table.total.forward is not None
    assert table.total.forward > 0
    assert table.total.backward is not None
    assert table.total.backward > 0


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (lambda: nn.Linear(3, 5), (7, 3), 7 * 5 * (2 * 3 + 1)),
        (lambda: nn.Linear(3, 5, bias=False), (2, 7, 3), 2 * 7 * 5 * 2 * 3),
        (lambda: nn.Conv2d(4, 8, 3, groups=4), (2, 4, 6, 6), 2 * 8 * 16 * (2 * 1 * 9 + 1)),
        (lambda: nn.Conv2d(4, 8, 3, 2, 1, groups=2, bias=False), (1, 4, 6, 6), 8 * 9 * 2 * 2 * 9),
        (lambda: nn.Conv1d(2, 3, 4), (1, 2, 10), 3 * 7 * (2 * 8 + 1)),
        (lambda: nn.Conv3d(1, 2, 2), (1, 1, 3, 3, 3), 2 * 8 * (2 * 8 + 1)),
        (lambda: nn.ConvTranspose2d(4, 6, 3, 2), (1, 4, 5, 5), 4 * 25 * 2 * 6 * 9 + 6 * 11 * 11),
        (lambda: nn.LSTM(4, 8), (5, 3, 4), 2 * 5 * 3 * 32 * (4 + 8) + (5 * 3 + 1) * 32),
        (lambda: nn.RNN(4, 8), (5, 3, 4), 2 * 5 * 3 * 8 * (4 + 8) + (5 * 3 + 1) * 8),
        (lambda: nn.Embedding(9, 4), None, 0),
        (lambda: nn.LayerNorm(6), (3, 6), 18),
        (lambda: nn.GELU(), (3, 6), 18),
    ],
)  # fmt: skip
def test_layers_by_hand(layer: Any, shape: Any, expected: int) -> None:
    module = layer()
    given = tg.tensor([1, 2]) if shape is None else tg.randn(*shape, requires_grad=True)
    assert tg.summary(module, given, times=False).total.flops == expected


def test_attention_and_a_transformer_layer_by_hand() -> None:
    batch, length, width, heads, hidden = 2, 5, 16, 2, 32
    rows = batch * length
    layer = nn.TransformerEncoderLayer(width, heads, hidden, dropout=0.0, batch_first=True)
    table = tg.summary(layer, tg.randn(batch, length, width), times=False)
    attended = 2 * batch * heads * length * length * 2 * (width // heads)
    products = 2 * rows * width * 3 * width + attended + 2 * rows * width * width
    biases = rows * 3 * width + rows * width
    inside = table["self_attn"].flops
    assert products + biases <= inside <= products + biases + 2 * 3 * rows * width
    assert table["linear1"].flops == rows * hidden * (2 * width + 1)
    assert table["linear2"].flops == rows * width * (2 * hidden + 1)
    assert table.total.parameters == sum(p.numel() for p in layer.parameters())
    assert flops("attention", [(1, 1, 3, 4), (1, 1, 7, 4), (1, 1, 7, 5)], [(1, 1, 3, 5)]) == 378


def test_products_are_those_that_pytorch_counts() -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    def model(library: Any) -> Any:
        layers = library.nn
        return layers.Sequential(
            *(layers.Conv2d(2, 4, 3, bias=False, stride=2), layers.Flatten()),
            *(layers.Linear(36, 6, bias=False), layers.Unflatten(1, (2, 3))),
            layers.ConvTranspose1d(2, 4, 2, bias=False),
        )

    with FlopCounterMode(display=False) as counter:
        model(torch)(torch.randn(3, 2, 8, 8))
    table = tg.summary(model(tg), tg.randn(3, 2, 8, 8), times=False)
    assert table.total.flops == counter.get_total_flops()


# ---------------------------------------------------------------- rows


class Shared(nn.Module):
    """One layer twice, a frozen one, and one that is never called."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)
        self.again = self.layer
        self.frozen = nn.Linear(4, 4).requires_grad_(False)
        self.unused = nn.Linear(2, 2)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.frozen(self.again(self.layer(x)))


def test_shared_frozen_and_unused_layers() -> None:
    net = Shared()
    loss = net(tg.ones(3, 4)).sum()
    table = net.summary(loss, times=False)
    assert [row.name for row in table] == ["", "layer", "frozen", "unused"]
    assert table["layer"].flops == 2 * 3 * 4 * 9
    assert table["unused"].flops == 0
    assert table["unused"].output_shapes == []
    assert table.total.parameters == 20 + 20 + 6
    assert table.total.trainable == 26
    assert table.outside.flops == 12
    assert "46 parameters, 20 of them frozen" in str(table)
    assert "(outside)" in str(table)


def test_a_model_inside_of_another_is_summarized_by_itself() -> None:
    class Wrapper(nn.Module):
        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return self.inner(x * 2) * 3

    inner = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    loss = Wrapper(inner)(tg.ones(1, 2)).sum()
    table = inner.summary(loss, times=False)
    assert table["0"].flops == 10
    assert table.total.flops == 12
    with pytest.raises(RuntimeError, match="computed by Linear"):
        nn.Linear(2, 2).summary(loss)


def test_the_text_has_a_line_for_each_module_and_levels() -> None:
    net = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), nn.Linear(2, 1))
    table = tg.summary(net, tg.ones(1, 2), times=False)
    lines = str(table).splitlines()
    assert [line.split()[0] for line in lines[2:-1]] == ["Sequential", "0", "0", "1", "1"]
    assert len(table.text(depth=1).splitlines()) == len(lines) - 2
    assert "forward" not in lines[0]
    assert "forward" in str(tg.summary(net, tg.ones(1, 2))).splitlines()[0]
    with pytest.raises(KeyError, match="no module is named 'x'"):
        table["x"]


def test_summary_refuses_what_it_can_not_summarize() -> None:
    with pytest.raises(TypeError, match=r"expects an nn\.Module, got int"):
        tg.summary(3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="gave no tensor"):
        tg.summary(nn.ReLU(), tg.ones(2))
    with tg.no_grad():
        assert tg.summary(nn.Linear(2, 2), tg.ones(1, 2)).total.flops == 10


def test_times_are_missing_where_the_graph_can_not_run_again() -> None:
    class Twice(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: tg.Tensor) -> tg.Tensor:
            return gradient * 2

    class Net(nn.Module):
        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return Twice.apply(x.exp())

    table = tg.summary(Net(), tg.ones(2, requires_grad=True))
    assert table.total.forward is None
    net = nn.Linear(2, 2)
    with tg.profile():
        assert net.summary(net(tg.ones(1, 2))).total.forward is None
    assert net.weight.grad is None


def test_output_shapes_are_of_what_leaves_a_module() -> None:
    net = nn.LSTM(4, 8, bidirectional=True)
    result, (state, _) = net(tg.randn(5, 3, 4))
    assert net.summary(result.sum(), times=False).total.output_shapes == [(5, 3, 16)]
    both = net.summary(result.sum(), state.sum(), times=False)
    assert both.total.output_shapes == [(5, 3, 16), (2, 3, 8)]


# ---------------------------------------------------------------- what is kept


def test_saved_values_by_hand() -> None:
    x = tg.ones(4, 3)
    w = tg.ones(3, 2, requires_grad=True)
    h = (x @ w).tanh()
    kept = tg.graph((h * h).sum()).saved()
    found = [(one.node.op, one.what, one.kind, one.bytes) for one in kept]
    assert found == [
        ("matmul", "input", "constant", 48),
        ("tanh", "result", "activation", 32),
        ("mul", "input", "activation", 0),
        ("mul", "other", "activation", 0),
    ]
    assert (kept.total, kept.activations) == (80, 32)
    assert kept[1].source is kept[1].node
    assert "test_summary.py" in kept[1].where
    assert "80 bytes, 32 of them activations" in str(kept)
    assert "shared" in str(kept)


def test_memory_of_parameters_is_told_apart() -> None:
    layer = nn.Linear(3, 2)
    x = tg.ones(4, 3, requires_grad=True)
    kept = tg.graph(layer(x).relu().sum()).saved()
    assert {one.what: one.kind for one in kept if one.node.op == "linear_bias"} == {
        "input": "parameter",
        "weight": "parameter",
    }
    assert kept.activations == 32


def test_nothing_is_kept_after_the_backward_pass() -> None:
    w = tg.ones(3, requires_grad=True)
    loss = w.exp().sum()
    graph = tg.graph(loss)
    assert graph.saved().activations == 12
    loss.backward(retain_graph=True)
    assert graph.saved().activations == 12
    loss.backward()
    assert graph.saved() == []
    assert "released" in str(graph.saved())


def test_checkpoints_keep_nothing_inside() -> None:
    from topograd.utils.checkpoint import checkpoint

    x = tg.ones(50, requires_grad=True)
    plain = tg.graph((x * 2).exp().exp().exp().sum()).saved().activations
    loss = checkpoint(lambda y: y.exp().exp().exp(), x * 2, use_reentrant=False).sum()
    assert plain == 600
    assert tg.graph(loss).saved().activations < plain
