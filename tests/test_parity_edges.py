"""At the edges (infinities, ties, integers, memory that could be shared) values, gradients and
refusals are PyTorch's. One line is one case; `T` is either library, `x` and `y` are leaves.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import topograd as tg

torch = pytest.importorskip("torch")

inf, nan = math.inf, math.nan

GRADIENTS = {
    "atan2 at the origin": (lambda T, x, y: T.atan2(x, y), [0.0, 1.0], [0.0, 2.0]),
    "logaddexp of inf": (lambda T, x, y: T.logaddexp(x, y), [inf, 1.0, 2.0], [1.0, inf, 2.0]),
    "remainder by -inf": (lambda T, x, y: T.remainder(x, y), [1.0, 5.0], [-inf, 3.0]),
    "lerp with a number": (lambda T, x, y: T.lerp(x, y, 0.3), [1.0, 2.0], [5.0, 7.0]),
    "pow with a number": (lambda T, x, y: x**2.7 + y, [1.3, 2.0], [5.0, 7.0]),
    "max with NaN": (lambda T, x, y: x.max() + y, [1.0, nan, 3.0], [0.0, 0.0, 0.0]),
    "bce at 0 and 1": (
        lambda T, x, y: T.nn.functional.binary_cross_entropy(x, y.detach(), reduction="none") + y,
        [0.0, 1.0, 0.0, 1.0, 0.3],
        [1.0, 0.0, 0.0, 1.0, 0.7],
    ),
    "take_along_dim from the end": (
        lambda T, x, y: T.take_along_dim(x, T.tensor([-1, 0, -2]), 0) + y,
        [1.0, 2.0, 3.0],
        [0.0, 0.0, 0.0],
    ),
    "sinc at 0": (lambda T, x, y: T.sinc(x) + y, [0.0, 0.25], [0.0, 0.0]),
    "i0 at 0": (lambda T, x, y: T.i0(x) + y, [0.0, 9.0, -2.0], [0.0, 0.0, 0.0]),
    "lgamma below 0": (lambda T, x, y: T.lgamma(x) + y, [-0.5, 3.5], [0.0, 0.0]),
    "erfinv at 1": (lambda T, x, y: T.erfinv(x) + y, [1.0, 0.5, 0.0], [0.0, 0.0, 0.0]),
    "logit beyond eps": (
        lambda T, x, y: T.logit(x, 0.25) + y,
        [0.0, 0.3, 0.25, 1.0],
        [0.0, 0.0, 0.0, 0.0],
    ),
    "nan_to_num": (
        lambda T, x, y: T.nan_to_num(x, 3.0, posinf=5.0) + y,
        [nan, inf, -inf, 1.5],
        [0.0, 0.0, 0.0, 0.0],
    ),
    "nextafter of equals": (lambda T, x, y: T.nextafter(x, y), [1.0, 2.0, 3.0], [2.0, 2.0, 1.0]),
    "cdist of equals": (
        lambda T, x, y: T.cdist(x[:, None], y[:, None]),
        [1.0, 2.0],
        [1.0, 5.0],
    ),
    "cdist of order 1": (
        lambda T, x, y: T.cdist(x[None], y[None], p=1.0),
        [1.0, 2.0, 4.0],
        [1.0, 5.0, 3.0],
    ),
    "cdist of order inf": (
        lambda T, x, y: T.cdist(x[None], y[None], p=inf),
        [1.0, 2.0, 4.0],
        [1.0, 5.0, 3.0],
    ),
    "cdist through a product": (
        lambda T, x, y: T.cdist(x.view(2, 2), y.view(2, 2), compute_mode="use_mm_for_euclid_dist"),
        [1.0, 2.0, 4.0, 3.0],
        [1.0, 5.0, 3.0, -2.0],
    ),
    "addr without its input": (
        lambda T, x, y: T.addr(T.full((2, 2), nan, dtype=T.float64), x, y, beta=0),
        [1.0, 2.0],
        [3.0, 4.0],
    ),
    "ldexp of a fraction": (lambda T, x, y: T.ldexp(x, y), [1.0, 3.0], [0.5, -2.0]),
}


# PyTorch has the 1e-12 of the denominator in single precision.
TOLERANCE = {"bce at 0 and 1": 1e-8}


@pytest.mark.parametrize("name", GRADIENTS)
def test_values_and_gradients_at_edges(name):
    function, *data = GRADIENTS[name]
    found = []
    for library in (tg, torch):
        leaves = [library.tensor(one, dtype=library.float64, requires_grad=True) for one in data]
        value = function(library, *leaves)
        value.sum().backward()
        found.append([np.array(t.tolist()) for t in (value, *(leaf.grad for leaf in leaves))])
    for ours, theirs in zip(*found, strict=True):
        # -3 times a third is not quite -1.
        zero = 1e-16 if name == "cdist of equals" else 0
        np.testing.assert_allclose(ours, theirs, rtol=TOLERANCE.get(name, 1e-13), atol=zero)


VALUES = {
    "sum of fractions as integers": lambda T: T.tensor([1.7, 2.7]).sum(dtype=T.int64),
    "isclose of bools": lambda T: T.isclose(T.tensor([True, False]), T.tensor([True, True])),
    "index_add of integers": lambda T: T.tensor([0, 5]).index_add(
        0, T.tensor([0]), T.tensor([4]), alpha=1.5
    ),
    "batch_norm of halves": lambda T: T.nn.functional.batch_norm(
        T.tensor([[1.0, 2.0]], dtype=T.float16), T.zeros(2), T.ones(2)
    ),
    "repeat_interleave with a size": lambda T: T.repeat_interleave(
        T.tensor([1, 2]), T.tensor([2, 1]), output_size=3
    ),
    "bernoulli of ones": lambda T: T.zeros(3).bernoulli_(T.ones(3)),
    "einsum of lists of numbers": lambda T: T.einsum(
        T.arange(6).reshape(2, 3), [0, 1], T.arange(12).reshape(3, 4), [1, 2], [0, 2]
    ),
    "einsum of lists without an output": lambda T: T.einsum(
        T.arange(6).reshape(2, 3), [3, 1], T.arange(3), [1]
    ),
    "einsum of lists with Ellipsis": lambda T: T.einsum(
        T.arange(12).reshape(2, 2, 3), [..., 51], T.arange(3), [51], [...]
    ),
    "round in place with decimals": lambda T: T.tensor([1.256, -3.14159]).round_(decimals=2),
    "round of halves": lambda T: T.tensor([1.256, 2.5], dtype=T.bfloat16).round(decimals=1),
    "hardtanh of integers": lambda T: T.nn.functional.hardtanh(T.arange(-3, 4), -1.7, 1.7),
    "addmm of integers": lambda T: T.addmm(
        T.ones(2, 2, dtype=T.int64),
        T.ones(2, 3, dtype=T.int64),
        T.ones(3, 2, dtype=T.int64),
        beta=2,
        alpha=1.5,
    ),
    "mean of windows of integers": lambda T: T.nn.functional.avg_pool2d(
        T.arange(-18, 18).reshape(1, 6, 6), 3, padding=1
    ),
    "convolution of integers": lambda T: T.nn.functional.conv2d(
        T.arange(32).reshape(1, 2, 4, 4), T.arange(-9, 9).reshape(1, 2, 3, 3), T.tensor([5])
    ),
    "clamp of bools by numbers": lambda T: T.tensor([True, False]).clamp(1, 3),
    "a bool to a number's power": lambda T: T.tensor([True, False]) ** True,
    "gcd of the least number": lambda T: T.gcd(T.tensor([-(2**63), 0, -4]), T.tensor([0, 0, 6])),
    "gcd of small integers": lambda T: T.gcd(
        T.tensor([-128, 12], dtype=T.int8), T.tensor([0, 18], dtype=T.uint8)
    ),
    "lcm that overflows": lambda T: T.lcm(T.tensor([2**62, -4, 0]), T.tensor([3, 6, 0])),
    "lgamma at poles": lambda T: T.lgamma(T.tensor([0.0, -0.0, -1.0, -3.0, inf, -inf, -1e20])),
    "lgamma of integers": lambda T: T.lgamma(T.tensor([0, 1, 2])),
    "digamma at 0": lambda T: T.digamma(T.tensor([0.0, -0.0, inf])),
    "polygamma at poles": lambda T: T.polygamma(2, T.tensor([0.0, -0.0, -1.0, -5.0])),
    "erfinv at 1": lambda T: T.erfinv(T.tensor([1.0, -1.0, 0.0, -0.0])),
    "logit at 0 and 1": lambda T: T.logit(T.tensor([0.0, 1.0, 0.5])),
    "logit with a great eps": lambda T: T.logit(T.tensor([0.5, 0.5]), 0.5),
    "sinc of integers": lambda T: T.sinc(T.tensor([0])),
    "isposinf of integers": lambda T: T.isposinf(T.tensor([1, 2])),
    "isneginf": lambda T: T.isneginf(T.tensor([-inf, inf, nan])),
    "heaviside of NaN": lambda T: T.heaviside(
        T.tensor([nan, 0.0, -0.0, 2.0, -inf]), T.tensor([0.5])
    ),
    "heaviside of bools": lambda T: T.heaviside(T.tensor([True, False]), T.tensor([False, True])),
    "ldexp of halves": lambda T: T.ldexp(T.ones(2, dtype=T.float16), T.tensor([1, 2])),
    "ldexp of integers": lambda T: T.ldexp(T.tensor([1, 3]), T.tensor([1, 2])),
    "logaddexp2 of infinities": lambda T: T.logaddexp2(
        T.tensor([inf, -inf, inf]), T.tensor([inf, -inf, -inf])
    ),
    "nextafter of float32": lambda T: T.nextafter(
        T.tensor([0.0, 0.0, 1.0, 1.0, inf, 3.4028235e38, -1.0]),
        T.tensor([1.0, -1.0, 2.0, 0.0, 0.0, inf, -1.0]),
    ),
    "nextafter of float16": lambda T: T.nextafter(
        T.tensor([0.0, 0.0, 1.0, 1.0, inf, 65504.0, 2**-14, 2**-14, 2**-24, -5e-6]).half(),
        T.tensor([1.0, -1.0, 2.0, 0.0, 0.0, inf, 1.0, 0.0, 0.0, -1.0]).half(),
    ),
    "nextafter of bfloat16": lambda T: T.nextafter(
        T.tensor([0.0, 0.0, 1.0, 1.0, inf, -2.0]).bfloat16(),
        T.tensor([1.0, -1.0, 2.0, 0.0, 0.0, -3.0]).bfloat16(),
    ),
    "nan_to_num of halves": lambda T: T.nan_to_num(T.tensor([nan, inf, -inf]).half(), posinf=1e10),
    "nan_to_num of bfloat16": lambda T: T.nan_to_num(T.tensor([nan, inf, -inf]).bfloat16()),
    "nan_to_num of integers": lambda T: T.nan_to_num(T.tensor([1, 2]), nan=5.0),
    "float_power of a number": lambda T: T.float_power(2, T.tensor([3])),
    "addr of bools": lambda T: T.addr(
        T.tensor([[True, False]]), T.tensor([True]), T.tensor([False, True])
    ),
    "addr of two dtypes": lambda T: T.addr(T.tensor([[1]]), T.tensor([2.0]), T.tensor([3.0])),
    "addbmm of an empty batch": lambda T: T.addbmm(T.tensor(1.0), T.ones(0, 2, 3), T.ones(0, 3, 2)),
    "addmv of nothing": lambda T: T.addmv(T.tensor([1.0, 2.0]), T.ones(2, 0), T.ones(0)),
    "cdist of width 0": lambda T: T.cdist(T.ones(2, 0), T.ones(3, 0)),
    "cdist of no rows": lambda T: T.cdist(T.ones(0, 4), T.ones(3, 4)),
    "cdist of batches": lambda T: T.cdist(T.ones(2, 1, 2, 3), T.zeros(5, 4, 3), p=0),
    "cross of integers": lambda T: T.cross(T.tensor([[1, 2, 3]]), T.tensor([[4, 5, 6]]), dim=1),
    "cross of empty": lambda T: T.cross(T.ones(0, 3), T.ones(0, 3), dim=-1),
    "inner with a number": lambda T: T.inner(T.ones(2, 3), T.tensor(2.0)),
    "kron of numbers": lambda T: T.kron(T.tensor(2), T.tensor([1.0, 2.0])),
    "mvlgamma of integers": lambda T: T.mvlgamma(T.tensor([1]), 1),
    "poisson of 0": lambda T: T.poisson(T.zeros(3)),
    "bernoulli with p": lambda T: T.bernoulli(T.zeros(2), 1.0),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_of_other_dtypes(name):
    ours, theirs = VALUES[name](tg), VALUES[name](torch)
    assert str(ours.dtype).rpartition(".")[2] == str(theirs.dtype).rpartition(".")[2]
    assert ours.tolist() == theirs.tolist()


COPIES = {
    "repeat once": lambda T, x: x.repeat(1, 1),
    "tile once": lambda T, x: T.tile(x, (1,)),
    "roll by nothing": lambda T, x: T.roll(x, 0),
    "roll once around": lambda T, x: T.roll(x, 3, 1),
    "pad by nothing": lambda T, x: T.nn.functional.pad(x, (0, 0), mode="reflect"),
    "pad by no zeros": lambda T, x: T.nn.functional.pad(x, (0, 0)),
}


@pytest.mark.parametrize("name", COPIES)
def test_what_copies_in_pytorch_copies_where_nothing_is_to_do(name):
    for library in (tg, torch):
        x = library.ones(2, 3)
        assert COPIES[name](library, x).data_ptr() != x.data_ptr()


REFUSED = {
    "division in place of integers": lambda T: T.tensor([3]).div_(2),
    "clamp in place of integers": lambda T: T.tensor([3]).clamp_(0.5),
    "clamp_min in place of integers": lambda T: T.tensor([3]).clamp_min_(1.5),
    "running sum in place in floats": lambda T: T.tensor([3]).cumsum_(0, dtype=T.float32),
    "negative tolerance": lambda T: T.isclose(T.ones(1), T.ones(1), rtol=-1.0),
    "uniform integers": lambda T: T.tensor([3]).uniform_(),
    "normal integers": lambda T: T.tensor([3]).normal_(),
    "a range beyond the dtype": lambda T: T.zeros(2, dtype=T.uint8).random_(0, 300),
    "bce of a target above 1": lambda T: T.nn.functional.binary_cross_entropy(
        T.tensor([0.5]), T.tensor([1.5])
    ),
    "index_select of many from one": lambda T: T.tensor(1.0).index_select(0, T.tensor([0, 0])),
    "index_add at a matrix": lambda T: T.zeros(3).index_add(0, T.tensor([[0]]), T.ones(1)),
    "fractional repeats": lambda T: T.repeat_interleave(T.ones(2), T.tensor([1.5, 2.0])),
    "a value for reflection": lambda T: T.nn.functional.pad(
        T.ones(1, 3), (1, 1), mode="reflect", value=1.0
    ),
    "a dim twice": lambda T: T.ones(1, 2).squeeze((0, 0)),
    "unflatten of a number": lambda T: T.tensor(1.0).unflatten(0, (1, 1)),
    "fill with a vector": lambda T: T.ones(2).fill_(T.tensor([1.0])),
    "addmm of a larger input": lambda T: T.addmm(T.ones(3, 2, 2), T.ones(2, 2), T.ones(2, 2)),
    "one minus a bool": lambda T: 1 - T.tensor([True]),
    "a float minus a bool": lambda T: T.ones(1) - T.tensor([True]),
    "minus a bool": lambda T: -T.tensor([True]),
    "not of a float": lambda T: ~T.ones(1),
    "integers to a negative power": lambda T: T.tensor([2]) ** -1,
    "gcd of fractions": lambda T: T.gcd(T.tensor([1.0]), T.tensor([2.0])),
    "lcm of bools": lambda T: T.lcm(T.tensor([True]), T.tensor([True])),
    "heaviside of two dtypes": lambda T: T.heaviside(T.tensor([1.0]), T.tensor([2])),
    "nextafter of integers": lambda T: T.nextafter(T.tensor([1]), T.tensor([2])),
    "a negative order": lambda T: T.polygamma(-1, T.ones(1)),
    "no dimension": lambda T: T.mvlgamma(T.ones(1), 0),
    "degrees in place of integers": lambda T: T.tensor([3]).rad2deg_(),
    "float_power in place of float32": lambda T: T.tensor([2.0]).float_power_(2),
    "cross of two": lambda T: T.cross(T.ones(2, 2), T.ones(2, 2)),
    "cross along two": lambda T: T.cross(T.ones(2, 3), T.ones(2, 3), dim=0),
    "cross of bools": lambda T: T.cross(T.ones(3) > 0, T.ones(3) > 0),
    "inner of two widths": lambda T: T.inner(T.ones(2), T.ones(3)),
    "vdot of two sizes": lambda T: T.vdot(T.ones(2), T.ones(3)),
    "vdot of matrices": lambda T: T.vdot(T.ones(2, 2), T.ones(2, 2)),
    "cdist of negative order": lambda T: T.cdist(T.ones(2, 3), T.ones(2, 3), p=-1.0),
    "cdist of vectors": lambda T: T.cdist(T.ones(3), T.ones(2, 3)),
    "cdist of integers": lambda T: T.cdist(
        T.ones(2, 3, dtype=T.int64), T.ones(2, 3, dtype=T.int64)
    ),
    "cdist in an unknown mode": lambda T: T.cdist(T.ones(2, 3), T.ones(2, 3), compute_mode="x"),
    "addr with a fraction of integers": lambda T: T.addr(
        T.tensor([[1]]), T.tensor([2]), T.tensor([3]), alpha=2.5
    ),
    "a scale of 0": lambda T: T.empty(2).cauchy_(0.0, 0.0),
    "a deviation of 0": lambda T: T.empty(2).log_normal_(1.0, 0.0),
    "a probability of 0": lambda T: T.empty(2).geometric_(0.0),
    "a negative rate": lambda T: T.poisson(T.tensor([-1.0])),
    "an integer mask of attention": lambda T: T.nn.functional.scaled_dot_product_attention(
        T.ones(1, 2, 4), T.ones(1, 2, 4), T.ones(1, 2, 4), T.ones(2, 2, dtype=T.int64)
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_pytorch_refuses_is_refused(name):
    for library in (torch, tg):
        with pytest.raises((RuntimeError, ValueError, TypeError, IndexError)):
            REFUSED[name](library)


RANGES = {"uint8": 256, "bool": 2, "float16": 2**11, "bfloat16": 2**8, "int16": 2**15}


@pytest.mark.parametrize("dtype", RANGES)
def test_random_fills_the_range_of_the_dtype(dtype):
    drawn = tg.empty(20_000, dtype=getattr(tg, dtype)).random_().to(tg.float64)
    assert drawn.min().item() >= 0
    assert drawn.max().item() < RANGES[dtype] or dtype.startswith(("float", "bfloat"))
    assert drawn.max().item() >= 0.98 * RANGES[dtype] - 1


CHANGES = {
    "remainder by a number": lambda T, x: (x.remainder(3.0), x),
    "fmod by a number": lambda T, x: (x.fmod(3.0), x),
    "lerp to a constant": lambda T, x: (x.lerp(T.ones(3), 0.3), x),
    "rsqrt": lambda T, x: (x.rsqrt(), x),
    "sum with a scaled product": lambda T, x: (x.addcmul(T.ones(3), T.ones(3)), x),
    "sum with a scaled quotient": lambda T, x: (x.addcdiv(T.ones(3), T.ones(3)), x),
    "bias of linear": lambda T, x: (
        T.nn.functional.linear(T.ones(2, 3), T.ones(3, 3), x),
        x,
    ),
    "exp": lambda T, x: (x.exp(), x),
    "square": lambda T, x: (x.square(), x),
    "product with itself": lambda T, x: (x * x, x),
    "sigmoid's result": lambda T, x: (lambda y: (y * 1, y))(x.sigmoid()),
    "a constant factor": lambda T, x: (lambda c: (x * c, c))(T.ones(3)),
    "a constant divisor": lambda T, x: (lambda c: (x / c, c))(T.ones(3)),
    "a constant summand": lambda T, x: (lambda c: (x + c, c))(T.ones(3)),
    "a constant matrix": lambda T, x: (lambda c: (c @ x, c))(T.ones(3, 3)),
    "a constant maximum": lambda T, x: (lambda c: (T.maximum(x, c), c))(T.zeros(3)),
    "a constant index": lambda T, x: (lambda c: (x.gather(0, c), c))(T.tensor([0, 2])),
    "a constant mask": lambda T, x: (lambda c: (x.masked_fill(c, 0), c))(T.tensor([True] * 3)),
}


@pytest.mark.parametrize("name", CHANGES)
def test_changes_in_place_before_the_backward_pass_are_errors_where_they_are_in_pytorch(name):
    """A gradient from changed values would be wrong, and one that needs none is no reason."""
    refused = []
    for library in (tg, torch):
        leaf = library.tensor([1.0, 2.0, 3.0], requires_grad=True)
        result, changed = CHANGES[name](library, leaf * 1.0)
        with library.no_grad():
            changed.logical_not_() if changed.dtype == library.bool else changed.mul_(0)
        try:
            result.sum().backward()
        except RuntimeError:
            refused.append(True)
        else:
            refused.append(False)
    assert refused[0] == refused[1]


SLOPES = ["relu", "relu6", "hardtanh", "hardswish", "hardsigmoid", "leaky_relu", "elu", "softplus"]


@pytest.mark.parametrize("name", SLOPES)
@pytest.mark.parametrize("recorded", [False, True])
def test_slopes_at_nan_and_corners_are_pytorchs(name, recorded):
    found = []
    for library in (tg, torch):
        x = library.tensor([nan, 0.0, 1.0, -1.0, 3.0, -3.0, 6.0], requires_grad=True)
        y = getattr(library.nn.functional, name)(x)
        found.append(library.autograd.grad(y.sum(), x, create_graph=recorded)[0].detach().numpy())
    np.testing.assert_allclose(*found, rtol=1e-6)


def test_what_an_op_makes_by_way_of_a_view_is_no_view():
    leaf = tg.ones(1, 2, requires_grad=True)
    picked = (leaf * 1.0)[..., [0]]
    picked *= 3
    picked.sum().backward()
    assert leaf.grad.tolist() == [[3.0, 0.0]]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: tg.graph(5),
        lambda: tg.graph((tg.ones(2, requires_grad=True) * 2).sum()).forward({5: 1.0}),
        lambda: tg.set_num_threads("a"),
        lambda: tg.manual_seed("a"),
        lambda: tg.set_rng_state(5),
        lambda: tg.set_default_dtype("a"),
        lambda: tg.Tensor(True, 2),
        lambda: tg.Size([1, "a"]),
        lambda: tg.ones(2).backward("a"),
        lambda: tg.set_grad_enabled("a"),
        lambda: tg.autograd.grad(5, 6),
        lambda: tg.ones(2).long(3),
        lambda: tg.einsum(tg.ones(2), "i"),
        lambda: tg.einsum(tg.ones(2), [0.5]),
    ],
)
def test_wrong_types_are_told_in_words_of_the_library(wrong):
    with pytest.raises(TypeError) as caught:
        wrong()
    text = str(caught.value)
    assert "incompatible" not in text
    assert "object is not" not in text
    assert "got" in text or "is str" in text
