"""Transformers beside PyTorch: two derivatives, masks, state, initial values, hostile input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn

torch = pytest.importorskip("torch")

from test_parity_multihead import FLOAT, compare, quiet  # noqa: E402  (needs torch)
from test_parity_nn import array, pair, to_tg, values  # noqa: E402

# Transformers -----------------------------------------------------------------------------------

LAYERS: list[dict[str, Any]] = [
    {},
    {"norm_first": True, "activation": "gelu", "batch_first": True},
    {"bias": False, "layer_norm_eps": 1e-3},
]
NO_DROPOUT = {"dim_feedforward": 12, "dropout": 0.0}


def transposed(inputs: list[Any], kwargs: dict[str, Any]) -> list[Any]:
    return [x.transpose(0, 1).contiguous() for x in inputs] if kwargs.get("batch_first") else inputs


def padding_of(batch: int, length: int) -> Any:
    padding = torch.zeros(batch, length, dtype=torch.bool)
    padding[0, -1] = True
    return padding


@pytest.mark.parametrize("kwargs", LAYERS, ids=str)
@pytest.mark.parametrize("masks", ["none", "all", "causal"])
def test_encoder_layer_equals_pytorchs(kwargs, masks):
    ours, theirs = pair("TransformerEncoderLayer", (8, 2), {**NO_DROPOUT, **kwargs})
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")
    inputs = transposed([values(5, 3, 8)], kwargs)
    later = torch.ones(5, 5).triu(1).bool()
    options: dict[str, Any] = {
        "none": {},
        "all": {"src_mask": values(5, 5), "src_key_padding_mask": padding_of(3, 5)},
        "causal": {"src_mask": later, "is_causal": True},
    }[masks]

    def call(module: Any, x: list[Any], to: Any) -> Any:
        return [module(*x, **{k: to(v) for k, v in options.items()})]

    with quiet():
        compare(ours.train(), theirs.train(), inputs, call)
        compare(ours.eval(), theirs.eval(), inputs, call)


@pytest.mark.parametrize("kwargs", LAYERS, ids=str)
@pytest.mark.parametrize("masks", ["none", "all", "causal"])
def test_decoder_layer_equals_pytorchs(kwargs, masks):
    ours, theirs = pair("TransformerDecoderLayer", (8, 2), {**NO_DROPOUT, **kwargs})
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")
    inputs = transposed([values(5, 3, 8), values(4, 3, 8)], kwargs)
    options: dict[str, Any] = {
        "none": {},
        "all": {
            "tgt_mask": values(5, 5), "memory_mask": values(5, 4),
            "tgt_key_padding_mask": padding_of(3, 5), "memory_key_padding_mask": padding_of(3, 4),
        },
        "causal": {
            "tgt_mask": torch.ones(5, 5).triu(1).bool(), "tgt_is_causal": True,
            "memory_mask": torch.ones(5, 4).triu(1).bool(), "memory_is_causal": True,
        },
    }[masks]  # fmt: skip

    def call(module: Any, x: list[Any], to: Any) -> Any:
        return [module(*x, **{k: to(v) for k, v in options.items()})]

    with quiet():
        compare(ours, theirs, inputs, call)


@pytest.mark.parametrize("kwargs", LAYERS, ids=str)
@pytest.mark.parametrize("batched", [True, False])
def test_whole_transformer_equals_pytorchs(kwargs, batched):
    sizes = {"num_encoder_layers": 2, "num_decoder_layers": 1, **NO_DROPOUT}
    with quiet():
        ours, theirs = pair("Transformer", (8, 2), {**sizes, **kwargs})
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")
    inputs = [values(5, 3, 8), values(4, 3, 8)] if batched else [values(5, 8), values(4, 8)]
    inputs = transposed(inputs, kwargs) if batched else inputs
    mask = torch.nn.Transformer.generate_square_subsequent_mask(4)

    def call(module: Any, x: list[Any], to: Any) -> Any:
        return [module(*x, tgt_mask=to(mask))]

    with quiet():
        compare(ours, theirs, inputs, call)


def test_stacks_find_causal_masks_and_take_pytorchs_state():
    with quiet():
        layers = [
            library.TransformerEncoderLayer(8, 2, 12, 0.0, activation=library.GELU())
            for library in (nn, torch.nn)
        ]
        ours = nn.TransformerEncoder(layers[0], 2, nn.LayerNorm(8), enable_nested_tensor=False)
        theirs = torch.nn.TransformerEncoder(layers[1], 2, torch.nn.LayerNorm(8), False)
    for a, b in zip(*[p.parameters() for p in ours.layers], strict=True):
        assert tg.equal(a, b)
        assert a is not b
    theirs.load_state_dict({k: torch.from_numpy(array(v)) for k, v in ours.state_dict().items()})
    x = values(5, 3, 8)
    for mask in (
        torch.nn.Transformer.generate_square_subsequent_mask(5),
        torch.ones(5, 5).triu(1).bool(),
        torch.ones(5, 5).triu(2).bool(),
        values(5, 5),
    ):
        with quiet():
            expected = theirs(x, mask)
        np.testing.assert_allclose(array(ours(to_tg(x), to_tg(mask))), array(expected), **FLOAT)
    trained = tg.zeros(5, 5).masked_fill(tg.ones(5, 5).triu(1).bool(), -math.inf).requires_grad_()
    ours(to_tg(x), trained).sum().backward()
    assert trained.grad is not None


def test_custom_parts_and_the_subsequent_mask():
    class Halves(nn.Module):
        def forward(self, src: Any, mask: Any, src_key_padding_mask: Any, is_causal: Any) -> Any:
            return src / 2

    model = nn.Transformer(8, 2, 1, 1, 12, custom_encoder=Halves())
    assert isinstance(model.encoder, Halves)
    assert tuple(model(tg.ones(5, 3, 8), tg.ones(4, 3, 8)).shape) == (4, 3, 8)
    own = nn.Transformer.generate_square_subsequent_mask(4, dtype=tg.float64)
    expected = torch.nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)
    np.testing.assert_array_equal(array(own), array(expected))
    assert own.dtype == tg.float64


def test_transformers_refuse_what_does_not_fit():
    model = nn.Transformer(8, 2, 1, 1, 12)
    for src, tgt in (
        (tg.ones(5, 3, 8), tg.ones(4, 2, 8)),
        (tg.ones(5, 3, 7), tg.ones(4, 3, 8)),
        (tg.ones(5, 3, 8), tg.ones(4, 8)),
        (tg.ones(8), tg.ones(8)),
    ):
        with pytest.raises(tg.ShapeError, match="Transformer: "):
            model(src, tgt)
    with pytest.raises(RuntimeError, match="activation must be"):
        nn.TransformerEncoderLayer(8, 2, activation="swish")
    with pytest.raises(ValueError, match="divisible by num_heads"):
        nn.TransformerDecoderLayer(8, 3)


def test_initial_values_of_attention_and_transformers_are_pytorchs():
    with quiet():
        ours, theirs = nn.Transformer(64, 2, 1, 1, 96), torch.nn.Transformer(64, 2, 1, 1, 96)
    for key, value in theirs.state_dict().items():
        own, expected = array(ours.state_dict()[key]), array(value)
        if expected.std() == 0:
            np.testing.assert_array_equal(own, expected)
        else:
            assert abs(own.std() / expected.std() - 1) < (0.06 if own.ndim > 1 else 0.4), key
    own = array(nn.MultiheadAttention(300, 2, add_bias_kv=True).bias_k)
    assert abs(own.std() / math.sqrt(2 / (300 + 300)) - 1) < 0.2
