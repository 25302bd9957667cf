"""Multi-head attention beside PyTorch: two derivatives, all arguments, hostile input."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import nn
from topograd.nn import functional as F

torch = pytest.importorskip("torch")

from test_parity_nn import array, pair, to_tg, values  # noqa: E402  (needs torch)

FLOAT = {"rtol": 3e-4, "atol": 3e-5}


def doubles(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + sum(shape)).standard_normal(shape)


def quiet() -> Any:
    """PyTorch warns of masks of two kinds and of layers that its fast path does not take."""
    return warnings.catch_warnings(action="ignore")


def gradients(library: Any, results: list[Any], leaves: list[Any]) -> list[Any]:
    """First gradients of a weighted sum, then those of the sum of their squares."""
    total = sum((r * library.arange(r.numel()).reshape(r.shape).cos()).sum() for r in results)
    first = library.autograd.grad(total, leaves, create_graph=True, allow_unused=True)
    used = [(leaf, g) for leaf, g in zip(leaves, first, strict=True) if g is not None]
    square = sum((g * g).sum() for _, g in used)
    second = library.autograd.grad(square, [leaf for leaf, _ in used], allow_unused=True)
    return [None if g is None else array(g) for g in (*first, *second)]


def compare(ours: Any, theirs: Any, inputs: list[Any], call: Any) -> None:
    """Results, first and second derivatives by inputs and parameters."""
    own_inputs = [to_tg(x).requires_grad_() for x in inputs]
    their_inputs = [x.clone().requires_grad_() for x in inputs]
    own = [r for r in call(ours, own_inputs, to_tg) if r is not None]
    with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
        expected = [r for r in call(theirs, their_inputs, lambda x: x) if r is not None]
        their_leaves = [*their_inputs, *theirs.parameters()]
        their_gradients = gradients(torch, expected, their_leaves)
    for a, b in zip(own, expected, strict=True):
        assert tuple(a.shape) == tuple(b.shape)
        np.testing.assert_allclose(array(a), array(b), **FLOAT)
    own_gradients = gradients(tg, own, [*own_inputs, *ours.parameters()])
    for a, b in zip(own_gradients, their_gradients, strict=True):
        size = 0.0 if b is None else float(np.abs(b).max())
        a, b = (np.zeros(()) if g is None else g for g in (a, b))
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4 * max(1.0, size))


MULTIHEAD: list[dict[str, Any]] = [
    {},
    {"batch_first": True, "bias": False},
    {"kdim": 6, "vdim": 10, "batch_first": True},
    {"add_bias_kv": True, "add_zero_attn": True},
]


@pytest.mark.parametrize("kwargs", MULTIHEAD, ids=str)
@pytest.mark.parametrize("need_weights", [True, False])
def test_multihead_attention_equals_pytorchs_twice_differentiated(kwargs, need_weights):
    ours, theirs = pair("MultiheadAttention", (8, 2), kwargs)
    shapes = [(4, 3, 8), (5, 3, kwargs.get("kdim", 8)), (5, 3, kwargs.get("vdim", 8))]
    inputs = [values(*shape) for shape in shapes]
    if kwargs.get("batch_first"):
        inputs = [x.transpose(0, 1).contiguous() for x in inputs]
    padding = torch.zeros(3, 5, dtype=torch.bool)
    padding[1, 3:] = True

    def call(module: Any, x: list[Any], to: Any) -> Any:
        return module(*x, key_padding_mask=to(padding), need_weights=need_weights,
                      attn_mask=to(values(4, 5)), average_attn_weights=False)  # fmt: skip

    with quiet():
        compare(ours.train(), theirs.train(), inputs, call)
        compare(ours.eval(), theirs.eval(), inputs, call)


@pytest.mark.parametrize("same", ["all", "key and value", "none"])
@pytest.mark.parametrize("batched", [True, False])
def test_attention_to_itself_or_to_a_memory(same, batched):
    ours, theirs = pair("MultiheadAttention", (8, 4), {})
    shape = (5, 2, 8) if batched else (5, 8)
    inputs = [values(*shape), values(*shape) * 0.5, values(*shape) * 2]

    def call(module: Any, x: list[Any], to: Any) -> Any:
        q, k, v = {"all": (x[0],) * 3, "key and value": (x[0], x[1], x[1]), "none": tuple(x)}[same]
        return module(q, k, v)

    compare(ours, theirs, inputs, call)


def function_arguments(**changes: Any) -> dict[str, Any]:
    arguments = {
        "query": values(4, 3, 8), "key": values(5, 3, 8), "value": values(5, 3, 8) * 0.5,
        "embed_dim_to_check": 8, "num_heads": 2, "in_proj_weight": values(24, 8),
        "in_proj_bias": values(24), "bias_k": None, "bias_v": None, "add_zero_attn": False,
        "dropout_p": 0.0, "out_proj_weight": values(8, 8), "out_proj_bias": values(8),
    }  # fmt: skip
    return {**arguments, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"training": False, "dropout_p": 0.7, "need_weights": False},
        {"in_proj_bias": None, "out_proj_bias": None},
        {"bias_k": values(1, 1, 8), "bias_v": values(1, 1, 8) * 2, "add_zero_attn": True},
        {"static_k": values(6, 7, 4), "static_v": values(6, 7, 4) * 2},
        {"static_k": values(6, 7, 4), "static_v": values(6, 7, 4), "add_zero_attn": True},
        {"use_separate_proj_weight": True, "q_proj_weight": values(8, 8), "in_proj_weight": None,
         "k_proj_weight": values(8, 6), "v_proj_weight": values(8, 7), "key": values(5, 3, 6),
         "value": values(5, 3, 7)},
        {"attn_mask": values(6, 4, 5), "average_attn_weights": False},
        {"attn_mask": torch.ones(4, 5).triu(1).bool(), "is_causal": True, "need_weights": False},
    ],
    ids=lambda changes: " ".join(changes) or "plain",
)  # fmt: skip
def test_multi_head_attention_forward_equals_pytorchs(changes):
    arguments = function_arguments(**changes)
    expected = torch.nn.functional.multi_head_attention_forward(**arguments)
    result = F.multi_head_attention_forward(**{k: to_tg(v) for k, v in arguments.items()})
    np.testing.assert_allclose(array(result[0]), array(expected[0]), **FLOAT)
    assert (result[1] is None) == (expected[1] is None)
    if expected[1] is not None:
        np.testing.assert_allclose(array(result[1]), array(expected[1]), **FLOAT)


def test_multihead_attention_where_a_query_sees_nothing():
    attention = nn.MultiheadAttention(4, 2)
    x = tg.tensor(doubles(3, 1, 4)).float().requires_grad_()
    mask = tg.tensor([[True] * 3, [False] * 3, [False] * 3])
    with_weights, weights = attention(x, x, x, attn_mask=mask)
    fast, _ = attention(x, x, x, attn_mask=mask, need_weights=False)
    assert weights[0, 0].tolist() == [0.0] * 3
    np.testing.assert_allclose(array(with_weights), array(fast), **FLOAT)
    with_weights.sum().backward()
    assert bool(tg.isfinite(x.grad).all())


def test_a_causal_hint_alone_hides_later_keys_also_with_appended_ones():
    attention = nn.MultiheadAttention(4, 2, add_bias_kv=True).eval()
    x = tg.tensor(doubles(3, 1, 4)).float()
    later = tg.ones(3, 3).triu(1).bool()
    expected, _ = attention(x, x, x, attn_mask=later)
    for need_weights in (True, False):
        own, _ = attention(x, x, x, is_causal=True, need_weights=need_weights)
        np.testing.assert_allclose(array(own), array(expected), **FLOAT)


def test_multihead_attention_refuses_what_does_not_fit():
    x = tg.ones(3, 2, 8)
    layer = nn.MultiheadAttention(8, 2)
    for arguments in (
        (x, x, tg.ones(4, 2, 8)),
        (x, tg.ones(3, 1, 8), tg.ones(3, 1, 8)),
        (x, tg.ones(3, 8), x),
        (tg.ones(8), tg.ones(8), tg.ones(8)),
        (x, x, tg.ones(3, 2, 7)),
        (x, x, x, tg.ones(3, 3).bool()),
        (x, x, x, None, False, tg.ones(2, 3).bool()),
    ):
        with pytest.raises(tg.ShapeError, match="MultiheadAttention: "):
            layer(*arguments)
    with pytest.raises(TypeError, match="must be bool or floating"):
        layer(x, x, x, attn_mask=tg.ones(3, 3, dtype=tg.int64))
    with pytest.raises((TypeError, AttributeError)):
        layer("a", "b", "c")
    for change, error in (
        ({"num_heads": 3}, ValueError),
        ({"in_proj_weight": None}, TypeError),
        ({"use_separate_proj_weight": True}, TypeError),
        ({"query": "a"}, TypeError),
        ({"static_k": values(5, 7, 4)}, tg.ShapeError),
        ({"bias_k": values(1, 1, 8)}, ValueError),
    ):
        arguments = {k: to_tg(v) for k, v in function_arguments(**change).items()}
        with pytest.raises(error, match="multi_head_attention_forward: "):
            F.multi_head_attention_forward(**arguments)
