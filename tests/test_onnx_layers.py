"""Every layer that ONNX can express, exported and run by onnxruntime with several batch sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import topograd as tg
from onnx_running import check
from topograd import nn

Case = tuple[Callable[[], Any], Callable[[int], tuple[Any, ...]]]


def of(*shape: int) -> Callable[[int], tuple[Any, ...]]:
    """Return a maker of one normal input of the shape after the batch."""
    return lambda batch: (tg.randn(batch, *shape),)


def ids(*shape: int, below: int = 10) -> Callable[[int], tuple[Any, ...]]:
    """Return a maker of one input of indices."""
    return lambda batch: (tg.randint(0, below, (batch, *shape)),)


ACTIVATIONS: list[Any] = [
    *[
        getattr(nn, name)()
        for name in """CELU ELU GELU Hardshrink Hardsigmoid Hardswish Hardtanh
       LeakyReLU LogSigmoid Mish PReLU ReLU ReLU6 RReLU SELU SiLU Sigmoid Softplus Softshrink
       Softsign Tanh Tanhshrink Identity""".split()
    ],
    nn.GELU(approximate="tanh"),
    nn.Threshold(0.1, 20.0),
    nn.Softplus(beta=2.0, threshold=1.0),
    nn.CELU(alpha=0.5),
    nn.ELU(alpha=2.0),
    nn.Hardtanh(-2.0, 0.5),
    nn.GLU(dim=1),
    nn.Softmax(dim=1),
    nn.Softmin(dim=-1),
    nn.LogSoftmax(dim=1),
    nn.PReLU(4),
]


@pytest.mark.parametrize("layer", ACTIVATIONS, ids=repr)
def test_activations(layer: Any) -> None:
    check(layer, of(4, 6))


LAYERS: dict[str, Case] = {
    "linear": (lambda: nn.Linear(5, 3), of(5)),
    "linear of sequences": (lambda: nn.Linear(5, 3), of(4, 5)),
    "linear without bias": (lambda: nn.Linear(5, 3, bias=False), of(4, 5)),
    "bilinear": (lambda: nn.Bilinear(3, 4, 2), lambda n: (tg.randn(n, 3), tg.randn(n, 4))),
    "flatten": (nn.Flatten, of(3, 4, 5)),
    "unflatten": (lambda: nn.Unflatten(1, (2, 3)), of(6, 4)),
    "embedding": (lambda: nn.Embedding(10, 4, padding_idx=0), ids(7)),
    "embedding bag": (lambda: nn.EmbeddingBag(10, 4, mode="sum"), ids(5)),
    "embedding bag of means": (lambda: nn.EmbeddingBag(10, 4), ids(5)),
    "embedding bag of maxima": (lambda: nn.EmbeddingBag(10, 4, mode="max"), ids(5)),
    "embedding bag with padding": (
        lambda: nn.EmbeddingBag(10, 4, padding_idx=2),
        ids(5, below=4),
    ),
    "embedding bag of maxima with padding": (
        lambda: nn.EmbeddingBag(10, 4, mode="max", padding_idx=2),
        ids(5, below=4),
    ),
    "upsample area": (lambda: nn.Upsample(size=(2, 3), mode="area"), of(2, 5, 6)),
    "conv1d": (lambda: nn.Conv1d(3, 4, 3, stride=2, padding=1, dilation=2), of(3, 16)),
    "conv2d": (lambda: nn.Conv2d(4, 6, (3, 2), padding=(1, 0), groups=2), of(4, 8, 9)),
    "conv2d same": (lambda: nn.Conv2d(2, 3, 4, padding="same"), of(2, 7, 8)),
    "conv2d circular": (
        lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="circular"),
        of(2, 6, 6),
    ),
    "conv2d reflecting": (
        lambda: nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"),
        of(2, 6, 6),
    ),
    "conv3d": (lambda: nn.Conv3d(2, 3, 2, bias=False), of(2, 4, 5, 6)),
    "conv transpose 1d": (lambda: nn.ConvTranspose1d(3, 4, 3, 2, 1, 1), of(3, 7)),
    "conv transpose 2d": (lambda: nn.ConvTranspose2d(4, 6, 3, 2, 1, groups=2), of(4, 5, 6)),
    "conv transpose 3d": (lambda: nn.ConvTranspose3d(2, 3, 2, dilation=2), of(2, 3, 3, 3)),
    "max pool 1d": (lambda: nn.MaxPool1d(3, 2, padding=1), of(2, 9)),
    "max pool 2d": (lambda: nn.MaxPool2d((2, 3), ceil_mode=True), of(2, 7, 8)),
    "max pool 3d": (lambda: nn.MaxPool3d(2, dilation=2, stride=1), of(2, 6, 6, 6)),
    "max pool positions": (lambda: nn.MaxPool2d(2, return_indices=True), of(2, 6, 8)),
    "avg pool 1d": (lambda: nn.AvgPool1d(3, 2, padding=1), of(2, 9)),
    "avg pool 2d": (lambda: nn.AvgPool2d(2, count_include_pad=False, padding=1), of(2, 7, 8)),
    "avg pool 2d ceil": (lambda: nn.AvgPool2d(3, 2, ceil_mode=True), of(2, 8, 8)),
    "avg pool 2d ceil with padding": (
        lambda: nn.AvgPool2d(3, 2, padding=1, ceil_mode=True),
        of(2, 8, 9),
    ),
    "max pool 2d ceil with padding": (
        lambda: nn.MaxPool2d(2, 2, padding=1, ceil_mode=True),
        of(2, 5, 6),
    ),
    "upsample smoothly": (
        lambda: lambda x: nn.functional.interpolate(x, (3, 2), mode="bicubic", antialias=True),
        of(2, 6, 7),
    ),
    "avg pool 2d divisor": (lambda: nn.AvgPool2d(2, divisor_override=3), of(2, 6, 8)),
    "avg pool 3d": (lambda: nn.AvgPool3d(2), of(2, 4, 4, 4)),
    "adaptive avg pool 1": (lambda: nn.AdaptiveAvgPool2d(1), of(2, 7, 8)),
    "adaptive avg pool": (lambda: nn.AdaptiveAvgPool2d((3, 5)), of(2, 7, 8)),
    "adaptive avg pool 1d": (lambda: nn.AdaptiveAvgPool1d(4), of(2, 7)),
    "adaptive avg pool 3d": (lambda: nn.AdaptiveAvgPool3d(2), of(2, 4, 5, 6)),
    "adaptive max pool 1": (lambda: nn.AdaptiveMaxPool2d(1), of(2, 7, 8)),
    "adaptive max pool": (lambda: nn.AdaptiveMaxPool2d((3, 2)), of(2, 7, 8)),
    "adaptive max pool 1d": (lambda: nn.AdaptiveMaxPool1d(4), of(2, 7)),
    "adaptive max pool 3d": (lambda: nn.AdaptiveMaxPool3d(2), of(2, 4, 5, 6)),
    "lp pool 1d": (lambda: nn.LPPool1d(2, 3), of(2, 9)),
    "lp pool 2d": (lambda: nn.LPPool2d(3, 2), of(2, 6, 6)),
    "batch norm 1d": (lambda: nn.BatchNorm1d(4), of(4)),
    "batch norm 2d": (lambda: nn.BatchNorm2d(3), of(3, 5, 5)),
    "batch norm 3d": (lambda: nn.BatchNorm3d(3, affine=False), of(3, 2, 3, 4)),
    "instance norm 1d": (lambda: nn.InstanceNorm1d(4, affine=True), of(4, 7)),
    "instance norm 2d": (lambda: nn.InstanceNorm2d(3), of(3, 5, 5)),
    "instance norm with statistics": (
        lambda: nn.InstanceNorm2d(3, track_running_stats=True),
        of(3, 5, 5),
    ),
    "layer norm": (lambda: nn.LayerNorm(6), of(4, 6)),
    "layer norm of two dims": (lambda: nn.LayerNorm((4, 6), elementwise_affine=False), of(4, 6)),
    "group norm": (lambda: nn.GroupNorm(2, 4), of(4, 5, 5)),
    "rms norm": (lambda: nn.RMSNorm(6), of(4, 6)),
    "local response norm": (lambda: nn.LocalResponseNorm(3), of(5, 4, 4)),
    "cross map norm": (lambda: nn.CrossMapLRN2d(3), of(5, 4, 4)),
    "dropout": (lambda: nn.Dropout(0.5), of(4)),
    "dropout 2d": (lambda: nn.Dropout2d(0.5), of(4, 3, 3)),
    "alpha dropout": (lambda: nn.AlphaDropout(0.5), of(4)),
    "constant pad 1d": (lambda: nn.ConstantPad1d((1, 2), 3.5), of(2, 5)),
    "constant pad that cuts": (lambda: nn.ConstantPad2d((-1, 2, 0, -2), 1.0), of(2, 5, 6)),
    "zero pad 3d": (lambda: nn.ZeroPad3d((1, 2, 0, 1, 2, 0)), of(2, 3, 4, 5)),
    "reflection pad 1d": (lambda: nn.ReflectionPad1d((2, 1)), of(2, 5)),
    "reflection pad 3d": (lambda: nn.ReflectionPad3d(1), of(2, 3, 4, 5)),
    "replication pad 2d": (lambda: nn.ReplicationPad2d((1, 2, 3, 0)), of(2, 4, 5)),
    "circular pad 2d": (lambda: nn.CircularPad2d((1, 2, 0, 1)), of(2, 4, 5)),
    "upsample nearest": (lambda: nn.Upsample(scale_factor=2), of(2, 3, 4)),
    "upsample to a size": (lambda: nn.Upsample(size=(5, 7)), of(2, 3, 4)),
    "upsample exact": (lambda: nn.Upsample(scale_factor=1.5, mode="nearest-exact"), of(2, 4, 6)),
    "upsample linear": (lambda: nn.Upsample(scale_factor=2.0, mode="linear"), of(2, 5)),
    "upsample bilinear": (lambda: nn.Upsample(size=(5, 9), mode="bilinear"), of(2, 3, 4)),
    "upsample corners": (lambda: nn.UpsamplingBilinear2d(scale_factor=2), of(2, 3, 4)),
    "upsample bicubic": (lambda: nn.Upsample(scale_factor=2, mode="bicubic"), of(2, 5, 6)),
    "upsample trilinear": (lambda: nn.Upsample(scale_factor=2, mode="trilinear"), of(1, 3, 4, 2)),
    "pixel shuffle": (lambda: nn.PixelShuffle(2), of(8, 3, 4)),
    "pixel unshuffle": (lambda: nn.PixelUnshuffle(2), of(2, 6, 4)),
    "channel shuffle": (lambda: nn.ChannelShuffle(2), of(4, 3, 3)),
    "unfold": (lambda: nn.Unfold((2, 3), padding=1, stride=2), of(3, 6, 7)),
    "fold": (lambda: nn.Fold((5, 6), (2, 3), padding=1, stride=2), of(12, 9)),
    "softmax 2d": (nn.Softmax2d, of(3, 4, 4)),
    "cosine similarity": (
        lambda: nn.CosineSimilarity(dim=1),
        lambda n: (tg.randn(n, 5), tg.randn(n, 5)),
    ),
    "pairwise distance": (
        lambda: nn.PairwiseDistance(),
        lambda n: (tg.randn(n, 5), tg.randn(n, 5)),
    ),
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers(name: str) -> None:
    make_layer, make_input = LAYERS[name]
    layer = make_layer()
    for key, buffer in layer.named_buffers() if isinstance(layer, nn.Module) else ():
        if buffer.dtype.is_floating_point:
            buffer.copy_(tg.rand(buffer.shape) + (0.5 if "var" in key else 0.0))
    check(layer, make_input)


def test_batch_norm_is_one_operator_and_a_look_alike_is_not() -> None:
    net = nn.BatchNorm2d(3)
    net.running_mean.copy_(tg.randn(3))
    net.weight.data.uniform_(0.5, 2.0)
    exported = check(net, of(3, 4, 4))
    assert [node.op_type for node in exported.graph.node] == ["BatchNormalization", "Identity"]
    exported = check(
        lambda x: tg.addcmul(x[:1].view(1, 3), x, x[1:].view(1, 3)), of(3), (2,), dynamic_axes={}
    )
    assert "BatchNormalization" not in [node.op_type for node in exported.graph.node]


def test_max_unpool() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)

        def forward(self, x: Any) -> Any:
            return self.unpool(*self.pool(x))

    check(Both(), of(2, 6, 8))


# ---------------------------------------------------------------- recurrent


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_recurrent_layers(kind: str, layers: int, bidirectional: bool, batch_first: bool) -> None:
    layer = getattr(nn, kind)(
        3, 4, num_layers=layers, bidirectional=bidirectional, batch_first=batch_first
    )

    def make(batch: int) -> tuple[Any, ...]:
        return (tg.randn(*((batch, 6) if batch_first else (6, batch)), 3),)

    axis = 0 if batch_first else 1
    check(layer, make, dynamic_axes={"input": {axis: "batch"}}, input_names=["input"])


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers_with_states_without_biases(kind: str) -> None:
    layer = getattr(nn, kind)(3, 4, bias=False, batch_first=True)

    def make(batch: int) -> tuple[Any, ...]:
        x, h = tg.randn(batch, 6, 3), tg.randn(1, batch, 4)
        return (x, (h, tg.randn(1, batch, 4)) if kind == "LSTM" else h)

    names = ["x", "h", "c"] if kind == "LSTM" else ["x", "h"]
    axes = {"x": {0: "batch", 1: "time"}, "h": {1: "batch"}, "c": {1: "batch"}}
    if kind != "LSTM":
        del axes["c"]
    check(layer, make, input_names=names, dynamic_axes=axes)


def test_relu_rnn_and_free_length() -> None:
    layer = nn.RNN(3, 4, nonlinearity="relu", bidirectional=True)
    exported = tg.onnx.export(
        layer, tg.randn(5, 2, 3), input_names=["x"], dynamic_axes={"x": {0: "time", 1: "batch"}}
    )
    from onnx_running import run, session_of

    session = session_of(exported)
    for time, batch in [(5, 2), (1, 1), (9, 4)]:
        x = tg.randn(time, batch, 3)
        for found, expected in zip(run(session, [x]), layer(x), strict=True):
            assert abs(found - expected.detach().numpy()).max() < 1e-5


@pytest.mark.parametrize("kind", ["RNNCell", "GRUCell", "LSTMCell"])
def test_recurrent_cells(kind: str) -> None:
    cell = getattr(nn, kind)(3, 4)
    check(cell, of(3))


# ---------------------------------------------------------------- attention


def test_multihead_attention() -> None:
    layer = nn.MultiheadAttention(8, 2, batch_first=True)
    check(layer, lambda n: (tg.randn(n, 5, 8), tg.randn(n, 7, 8), tg.randn(n, 7, 8)))
    without = lambda q, k, v: layer(q, k, v, need_weights=False)[0]  # noqa: E731
    check(without, lambda n: (tg.randn(n, 5, 8), tg.randn(n, 7, 8), tg.randn(n, 7, 8)))


def test_multihead_attention_with_masks() -> None:
    layer = nn.MultiheadAttention(8, 2, batch_first=True)

    def attend(x: Any, padding: Any) -> Any:
        mask = tg.ones(6, 6, dtype=tg.bool).triu(1)
        return layer(x, x, x, key_padding_mask=padding, attn_mask=mask, need_weights=False)[0]

    def make(batch: int) -> tuple[Any, ...]:
        padding = tg.zeros(batch, 6, dtype=tg.bool)
        padding[:, 4:] = True
        return tg.randn(batch, 6, 8), padding

    check(attend, make)


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_transformer_encoder(norm_first: bool, activation: str) -> None:
    one = nn.TransformerEncoderLayer(
        8, 2, 16, activation=activation, batch_first=True, norm_first=norm_first
    )
    check(nn.TransformerEncoder(one, 2, enable_nested_tensor=False), of(5, 8))


def test_transformer() -> None:
    model = nn.Transformer(8, 2, 1, 1, 16, batch_first=True)

    def translate(source: Any, target: Any) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(4)
        return model(source, target, tgt_mask=mask, tgt_is_causal=True)

    model.eval()
    check(translate, lambda n: (tg.randn(n, 6, 8), tg.randn(n, 4, 8)))


# ---------------------------------------------------------------- losses

LOSSES: dict[str, tuple[Any, Callable[[int], tuple[Any, ...]]]] = {
    "mse": (nn.MSELoss(), lambda n: (tg.randn(n, 3), tg.randn(n, 3))),
    "l1 sum": (nn.L1Loss(reduction="sum"), lambda n: (tg.randn(n, 3), tg.randn(n, 3))),
    "smooth l1": (nn.SmoothL1Loss(beta=0.5), lambda n: (tg.randn(n, 3), tg.randn(n, 3))),
    "huber": (nn.HuberLoss(delta=0.5), lambda n: (tg.randn(n, 3), tg.randn(n, 3))),
    "cross entropy": (nn.CrossEntropyLoss(), lambda n: (tg.randn(n, 5), tg.randint(0, 5, (n,)))),
    "cross entropy none": (
        nn.CrossEntropyLoss(reduction="none"),
        lambda n: (tg.randn(n, 5), tg.randint(0, 5, (n,))),
    ),
    "cross entropy with weights": (
        nn.CrossEntropyLoss(weight=tg.tensor([0.5, 1.0, 2.0, 0.1, 1.0]), label_smoothing=0.1),
        lambda n: (tg.randn(n, 5), tg.randint(0, 5, (n,))),
    ),
    "cross entropy of images": (
        nn.CrossEntropyLoss(ignore_index=1),
        lambda n: (tg.randn(n, 5, 3, 4), tg.randint(0, 5, (n, 3, 4))),
    ),
    "cross entropy of probabilities": (
        nn.CrossEntropyLoss(),
        lambda n: (tg.randn(n, 5), tg.randn(n, 5).softmax(1)),
    ),
    "nll with weights": (
        nn.NLLLoss(weight=tg.tensor([0.5, 1.0, 2.0]), reduction="sum"),
        lambda n: (tg.randn(n, 3).log_softmax(1), tg.randint(0, 3, (n,))),
    ),
    "multi margin": (nn.MultiMarginLoss(), lambda n: (tg.randn(n, 3), tg.randint(0, 3, (n,)))),
    "hinge": (
        nn.HingeEmbeddingLoss(),
        lambda n: (tg.randn(n, 3), tg.randn(n, 3).sign()),
    ),
    "nll": (
        nn.NLLLoss(),
        lambda n: (tg.randn(n, 5).log_softmax(1), tg.randint(0, 5, (n,))),
    ),
    "bce": (nn.BCELoss(), lambda n: (tg.rand(n, 3) * 0.9 + 0.05, tg.rand(n, 3))),
    "bce logits": (nn.BCEWithLogitsLoss(), lambda n: (tg.randn(n, 3), tg.rand(n, 3))),
    "gaussian": (
        nn.GaussianNLLLoss(),
        lambda n: (tg.randn(n, 3), tg.randn(n, 3), tg.rand(n, 3)),
    ),
    "kl": (
        nn.KLDivLoss(reduction="batchmean"),
        lambda n: (tg.randn(n, 3).log_softmax(1), tg.rand(n, 3)),
    ),
    "poisson": (nn.PoissonNLLLoss(), lambda n: (tg.randn(n, 3), tg.rand(n, 3))),
    "soft margin": (
        nn.SoftMarginLoss(),
        lambda n: (tg.randn(n, 3), tg.randn(n, 3).sign()),
    ),
    "margin ranking": (
        nn.MarginRankingLoss(0.2),
        lambda n: (tg.randn(n), tg.randn(n), tg.randn(n).sign()),
    ),
    "triplet": (
        nn.TripletMarginLoss(),
        lambda n: (tg.randn(n, 4), tg.randn(n, 4), tg.randn(n, 4)),
    ),
    "cosine embedding": (
        nn.CosineEmbeddingLoss(),
        lambda n: (tg.randn(n, 4), tg.randn(n, 4), tg.randn(n).sign()),
    ),
}


@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str) -> None:
    loss, make = LOSSES[name]
    check(loss, make, batches=(3, 2, 6))
