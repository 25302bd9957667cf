"""scaled_dot_product_attention beside PyTorch: values, gradients, layouts, threads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import topograd as tg
from oracles_nn import scaled_dot_product_attention as oracle
from topograd.nn import functional as F

torch = pytest.importorskip("torch")

from test_parity_nn import array  # noqa: E402  (needs torch)

DOUBLE = {"rtol": 1e-9, "atol": 1e-10}


def doubles(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed + sum(shape)).standard_normal(shape)


def masked(*shape: int) -> np.ndarray:
    """True for about two thirds, and for nothing in the first row."""
    mask = np.random.default_rng(sum(shape)).random(shape) < 0.66
    mask[..., 0, :] = False
    return mask


# scaled_dot_product_attention -------------------------------------------------------------------

# query, key, value shapes, then a mask's shape (or None) and options.
Case = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...] | None, dict]
CASES: list[Case] = [
    ((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6), None, {}),
    ((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6), (5, 7), {}),
    ((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6), (2, 1, 5, 7), {"scale": 0.3}),
    ((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6), (1, 3, 1, 7), {}),
    ((2, 3, 5, 4), (2, 3, 7, 4), (2, 3, 7, 6), None, {"is_causal": True}),
    ((2, 3, 7, 4), (2, 3, 5, 4), (2, 3, 5, 6), None, {"is_causal": True, "scale": 1.5}),
    ((3, 5, 4), (3, 5, 4), (3, 5, 4), (3, 5, 5), {}),
    ((3, 5, 4), (3, 5, 4), (3, 5, 4), None, {"is_causal": True}),
    ((2, 6, 5, 4), (2, 2, 7, 4), (2, 2, 7, 3), None, {"enable_gqa": True}),
    ((2, 6, 5, 4), (2, 2, 7, 4), (2, 2, 7, 3), (5, 7), {"enable_gqa": True}),
    # more than one block of queries and of keys, whole and cut by the diagonal
    ((1, 2, 300, 40), (1, 2, 150, 40), (1, 2, 150, 24), None, {}),
    ((1, 2, 300, 40), (1, 2, 300, 40), (1, 2, 300, 24), None, {"is_causal": True}),
    ((1, 2, 140, 33), (1, 2, 390, 33), (1, 2, 390, 35), None, {"is_causal": True}),
    ((1, 2, 390, 9), (1, 1, 140, 9), (1, 1, 140, 70), None,
     {"is_causal": True, "enable_gqa": True}),
    ((1, 2, 130, 16), (1, 2, 260, 16), (1, 2, 260, 16), (130, 260), {}),
]  # fmt: skip


def attend_in_ops(q: Any, k: Any, v: Any, mask: Any, options: dict[str, Any]) -> Any:
    """Attention written in matmul and softmax, the mask additive."""
    if options.get("enable_gqa"):
        times = q.shape[-3] // k.shape[-3]
        k, v = k.repeat_interleave(times, -3), v.repeat_interleave(times, -3)
    scores = q @ k.transpose(-2, -1) * options.get("scale", 1 / math.sqrt(q.shape[-1]))
    if options.get("is_causal"):
        scores = scores + tg.full(list(scores.shape[-2:]), -math.inf, dtype=q.dtype).triu(1)
    if mask is not None:
        scores = scores + mask
    return tg.softmax(scores, -1) @ v


@pytest.mark.parametrize("case", CASES, ids=str)
def test_attention_and_its_gradients_equal_softmax_of_products(case):
    q_shape, k_shape, v_shape, mask_shape, options = case
    arrays = [doubles(*shape, seed=i) for i, shape in enumerate((q_shape, k_shape, v_shape))]
    bias = None if mask_shape is None else doubles(*mask_shape, seed=9)
    results = []
    for function in (
        lambda *x: F.scaled_dot_product_attention(*x, **options),
        lambda *x: attend_in_ops(*x, options),
    ):
        inputs = [tg.tensor(a, requires_grad=True) for a in arrays]
        mask = None if bias is None else tg.tensor(bias, requires_grad=True)
        out = function(*inputs, mask)
        wanted = inputs if mask is None else [*inputs, mask]
        weights = tg.tensor(doubles(*out.shape, seed=5))
        results.append([out, *tg.autograd.grad((out * weights).sum(), wanted)])
    for own, expected in zip(*results, strict=True):
        np.testing.assert_allclose(array(own), array(expected), **DOUBLE)
    np.testing.assert_allclose(array(results[0][0]), oracle(*arrays, bias, **options), **DOUBLE)


@pytest.mark.parametrize("case", [c for c in CASES if c[0][-2] < 10], ids=str)
@pytest.mark.parametrize("boolean", [False, True])
def test_attention_equals_pytorchs_twice_differentiated(case, boolean):
    q_shape, k_shape, v_shape, mask_shape, options = case
    arrays = [doubles(*shape, seed=i) for i, shape in enumerate((q_shape, k_shape, v_shape))]
    mask = None
    if mask_shape is not None:
        mask = masked(*mask_shape) if boolean else doubles(*mask_shape, seed=9)
        if boolean and mask_shape[-2] == 1:
            mask[..., :2] = True
    found = []
    for library in (tg, torch):
        inputs = [library.from_numpy(a.copy()).requires_grad_() for a in arrays]
        bias = None if mask is None else library.from_numpy(mask)
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            out = library.nn.functional.scaled_dot_product_attention(*inputs, bias, **options)
            first = library.autograd.grad(out.square().sum(), inputs, create_graph=True)
            total = sum((g * g).sum() for g in first)
            second = library.autograd.grad(total, inputs)
        found.append([out, *first, *second])
    for own, expected in zip(*found, strict=True):
        np.testing.assert_allclose(array(own), array(expected), rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_attention_keeps_the_dtype_and_equals_pytorchs(kind):
    arrays = [doubles(1, 2, 20, 8, seed=i) for i in range(3)]
    found = []
    for library in (tg, torch):
        dtype = getattr(library, kind)
        inputs = [library.from_numpy(a.copy()).to(dtype).requires_grad_() for a in arrays]
        out = library.nn.functional.scaled_dot_product_attention(*inputs, is_causal=True)
        out.sum().backward()
        assert out.dtype == dtype
        found.append([out, *(x.grad for x in inputs)])
    error = {"float16": 4e-3, "bfloat16": 3e-2, "float32": 1e-5, "float64": 1e-12}[kind]
    for own, expected in zip(*found, strict=True):
        own, expected = own.to(tg.float64), expected.to(torch.float64)
        np.testing.assert_allclose(array(own), array(expected), rtol=error, atol=error)


@pytest.mark.parametrize("causal", [False, True])
def test_heads_split_off_a_row_need_no_copy_and_give_the_same(causal):
    """q, k, v as slices of (N, L, 3, H, D): the same numbers, and joined heads lie side by side."""
    packed = tg.tensor(doubles(2, 140, 3, 3, 16), requires_grad=True)
    parts = [packed[:, :, i].transpose(1, 2) for i in range(3)]
    out = F.scaled_dot_product_attention(*parts, is_causal=causal)
    assert out.transpose(1, 2).is_contiguous()
    dense = [part.detach().contiguous().requires_grad_() for part in parts]
    expected = F.scaled_dot_product_attention(*dense, is_causal=causal)
    assert tg.equal(out, expected)
    weights = tg.tensor(doubles(*out.shape))
    (out * weights).sum().backward()
    (expected * weights).sum().backward()
    together = tg.stack([x.grad.transpose(1, 2) for x in dense], 2)
    np.testing.assert_allclose(array(packed.grad), array(together), **DOUBLE)


@pytest.mark.parametrize("heads", [1, 3, 9])
@pytest.mark.parametrize("causal", [False, True])
def test_threads_do_not_change_a_bit_of_attention(heads, causal):
    inputs = [tg.tensor(doubles(1, heads, 520, 24, seed=i)).float() for i in range(3)]
    before = tg.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            tg.set_num_threads(threads)
            leaves = [x.clone().requires_grad_() for x in inputs]
            out = F.scaled_dot_product_attention(*leaves, is_causal=causal)
            out.square().sum().backward()
            found.append([out, *(x.grad for x in leaves)])
    finally:
        tg.set_num_threads(before)
    for other in found[1:]:
        assert all(tg.equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_rows_that_see_no_key_are_zero_and_lowest_masks_stay_finite():
    x = tg.tensor(doubles(1, 1, 3, 4), requires_grad=True)
    mask = tg.tensor([[False] * 3, [True, False, True], [True] * 3])
    out = F.scaled_dot_product_attention(x, x, x, mask)
    assert out[0, 0, 0].tolist() == [0.0] * 4
    out.sum().backward()
    assert bool(tg.isfinite(x.grad).all())
    # The lowest number instead of -inf: every key counts alike, as in PyTorch.
    lowest = tg.full([3, 3], -3.4028234663852886e38)
    out = F.scaled_dot_product_attention(x.detach().float(), *[x.detach().float()] * 2, lowest)
    np.testing.assert_allclose(
        array(out), np.broadcast_to(array(x.float()).mean(2, keepdims=True), out.shape), rtol=1e-5
    )


def test_large_scores_do_not_overflow():
    x = tg.tensor([[[200.0], [-200.0]]])
    out = F.scaled_dot_product_attention(x, x, x, scale=1.0)
    assert out.tolist() == [[[200.0], [-200.0]]]


def test_attention_without_keys_or_queries():
    assert F.scaled_dot_product_attention(
        tg.ones(1, 2, 3), tg.ones(1, 0, 3), tg.ones(1, 0, 4)
    ).tolist() == [[[0.0] * 4] * 2]
    q = tg.ones(1, 0, 3, requires_grad=True)
    k = tg.ones(1, 2, 3, requires_grad=True)
    out = F.scaled_dot_product_attention(q, k, k)
    out.sum().backward()
    assert tuple(out.shape) == (1, 0, 3)
    assert k.grad.tolist() == [[[0.0] * 3] * 2]


def test_dropout_of_attention_keeps_the_mean():
    tg.manual_seed(0)
    q, v = tg.zeros(1, 400, 4), tg.ones(1, 50, 1)
    out = F.scaled_dot_product_attention(q, tg.zeros(1, 50, 4), v, dropout_p=0.3)
    assert abs(out.mean().item() - 1) < 0.02
    assert out.std().item() > 0.05
    gone = F.scaled_dot_product_attention(q, tg.zeros(1, 50, 4), v, dropout_p=1.0)
    assert gone.abs().max().item() == 0.0


def test_the_choice_of_a_kernel_is_accepted():
    from topograd.nn.attention import SDPBackend, sdpa_kernel

    theirs = torch.nn.attention.SDPBackend
    assert {b.name: int(b) for b in SDPBackend} == {
        name: int(member) for name, member in theirs.__members__.items()
    }
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION], set_priority=True):
        pass
    with pytest.raises(TypeError, match="SDPBackend"), sdpa_kernel("math"):
        pass
    with pytest.raises(ValueError, match="at least one"), sdpa_kernel([]):
        pass
