"""Order statistics, histograms, differences and running sums at their edges are PyTorch's: NaN,
infinities, ties, no elements, other dtypes, refusals. One line is one call; `T` is either library.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

import topograd as tg
from helpers import arrays, assert_close, kind_of, outputs, quiet
from parity import attempt, describe

torch = pytest.importorskip("torch")

inf, nan = math.inf, math.nan

# Calls on T and a vector x = [3, nan, -inf, 1, inf, 1, nan, -0.0] of float64.
WITH_NAN = [
    "T.median(x)", "T.nanmedian(x)", "T.median(x, 0)", "T.nanmedian(x, 0, keepdim=True)",
    "x.median(dim=0)", "T.kthvalue(x, 1)", "T.kthvalue(x, 5)", "T.msort(x)", "T.aminmax(x)",
    "T.aminmax(x, dim=0, keepdim=True)", "T.cummax(x, 0)", "T.cummin(x, 0)", "T.quantile(x, 0.5)",
    "T.nanquantile(x, 0.5)",
    "T.nanquantile(x, T.tensor([0.0, 0.2, 0.4], dtype=T.float64), interpolation='nearest')",
    "T.nanquantile(x, T.tensor([0.3, 0.5], dtype=T.float64), dim=0, interpolation='lower')",
    "T.nansum(x)", "T.nansum(x[3:4], dtype=T.int64)", "T.nansum(x[:2], 0, True)",
    "T.nanmean(x[:2])", "T.nanmean(x)", "T.nansum(x[1:2])", "T.histc(x, 4, min=-2, max=4)",
    "T.histogram(x, 4, range=(-2.0, 4.0))",
    "T.histogram(x, T.tensor([-1.0, 0.0, 3.0], dtype=T.float64), density=True)",
    "T.logcumsumexp(x, 0)", "T.logcumsumexp(x[2:], 0)", "T.diff(x)", "T.cumprod(x, 0)", "T.max(x)",
    "T.min(x)", "T.max(x, 0)", "T.min(x, 0)", "T.amax(x)", "T.amin(x, 0)", "T.argmax(x)",
    "T.argmin(x)", "T.sort(x)[0]", "T.sort(x, descending=True)[0]", "T.topk(x, 3)[0]",
    "T.topk(x, 3, largest=False)[0]", "T.maximum(x, x.flip(0))", "T.any(x)", "T.all(x)",
    "T.any(x, dim=())", "T.all(x, dim=(), keepdim=True)", "T.std_mean(x[:1])", "T.var(x[3:6])",
    "T.dist(x, x)", "T.dist(x[3:5], x[5:6], inf)", "T.norm(x)", "T.norm(x[2:6], -inf)", "T.cov(x)",
    "T.corrcoef(x[3:4])", "T.trapezoid(x[3:])", "T.cumulative_trapezoid(x[3:])", "T.gradient(x)",
]  # fmt: skip


def both(call: str, **values) -> list:
    """Return what a call gives in either library."""
    found = []
    for library in (tg, torch):
        names = {
            name: library.tensor(value, dtype=library.float64) for name, value in values.items()
        }
        with quiet():
            found.append(eval(call, {"T": library, "inf": inf, "nan": nan, **names}))
    return found


def assert_same(ours, theirs) -> None:
    assert describe(ours) == describe(theirs)
    assert_close(outputs(ours), outputs(theirs), "float64", 10)


@pytest.mark.parametrize("call", WITH_NAN)
def test_nan_and_infinities_are_treated_as_in_pytorch(call):
    assert_same(*both(call, x=[3.0, nan, -inf, 1.0, inf, 1.0, nan, -0.0]))


OTHER_CALLS = [
    "T.median(T.tensor([1, 2, 3, 4]))", "T.median(T.tensor([]))", "T.median(T.tensor(3.0), 0)",
    "T.median(T.tensor([2.0, 1.0], dtype=T.float16))", "T.median(T.zeros(0, 3), 1)",
    "T.median(T.tensor([[2, 7, 9], [4, 1, 3]], dtype=T.uint8), -1, keepdim=True)",
    "T.nanmedian(T.tensor([nan, nan]))", "T.nanmedian(T.tensor([nan, nan]), 0)",
    "T.kthvalue(T.tensor(3.0), 1)", "T.kthvalue(T.tensor([5, 1, 3], dtype=T.int32), k=3, dim=0)",
    "T.mode(T.tensor([1.0, 2.0, 2.0, 1.0, 3.0]))", "T.mode(T.tensor(3.0))", "T.mode(T.zeros(0, 3))",
    "T.mode(T.tensor([True, False]))", "T.mode(T.tensor([[1, 1, 2, 2, 2, 1]]), 1, keepdim=True)",
    "T.msort(T.tensor(3.0))", "T.aminmax(T.tensor([[1, 2], [3, 4]]), keepdim=True)",
    "T.aminmax(T.tensor([[1, 2], [3, 4]], dtype=T.int8), dim=0)", "T.aminmax(T.tensor(2.0), dim=0)",
    "T.cummax(T.tensor([True, False, True]), 0)", "T.cummax(T.zeros(0, 2), 0)",
    "T.cummin(T.tensor([[3, 1], [1, 1], [2, 0]]), -2)", "T.cummax(T.tensor(3.0), 0)",
    "T.quantile(T.tensor(1.0), 0.5)", "T.quantile(T.tensor([1.0, 2.0]), 1)",
    "T.quantile(T.tensor([[1.0, 2.0], [3.0, nan]]), T.tensor([0.1, 0.9]), dim=1, keepdim=True)",
    "T.quantile(T.tensor([[1.0, 2.0], [3.0, 4.0]]), T.tensor([0.1, 0.9]), keepdim=True)",
    "T.quantile(T.tensor([1.0, 2.0]), T.tensor([]))",
    "T.quantile(T.arange(11.0), T.tensor([0.1, 0.3, 0.7]), interpolation='higher')",
    "T.quantile(T.arange(11.0), 0.7, interpolation='lower')",
    "T.quantile(T.arange(4.0), T.linspace(0, 1, 9), interpolation='nearest')",
    "T.quantile(T.tensor([[1.0, nan, 2.0], [3.0, 9.0, 4.0]]), T.linspace(0, 1, 9), dim=1)",
    "T.nanquantile(T.tensor([[1.0, nan, 2.0], [nan, nan, nan]]), T.linspace(0, 1, 9), dim=1)",
    "T.nanquantile(T.tensor([[1.0, nan, 2.0], [nan, nan, nan]]), T.linspace(0, 1, 3), dim=1)",
    "T.nansum(T.tensor([1, 2], dtype=T.int8))", "T.nansum(T.tensor([True, True]))",
    "T.nansum(T.tensor([nan, 2.0]), dtype=T.float64)",
    "T.nansum(T.tensor([1.7, 2.7]), dtype=T.int64)", "T.nanmean(T.tensor([nan]))",
    "T.nanmean(T.tensor([1.0, nan], dtype=T.float16))", "T.std_mean(T.tensor([1.0, 2.0]), False)",
    "T.var_mean(T.tensor([[1.0, 2.0]]), 1, True, True)", "T.tensor([1.0, 2.0]).std(unbiased=False)",
    "T.tensor([1.0, 2.0]).var(0, False)",
    "T.tensor([1.0, 2.0]).var(0, keepdim=True, unbiased=False)",
    "T.std(T.tensor([[1.0, 2.0]]), 1, True)", "T.std(T.tensor([1.0, 2.0]), False)",
    "T.bincount(T.tensor([], dtype=T.int64), minlength=3)", "T.bincount(T.tensor([1, 2, 2]))",
    "T.bincount(T.tensor([], dtype=T.int64), T.tensor([]))", "T.tensor([1, 1]).bincount()",
    "T.bincount(T.tensor([1, 1], dtype=T.uint8), T.tensor([1, 2]))",
    "T.bincount(T.tensor([1, 1]), T.tensor([1.0, 2.0]))",
    "T.bincount(T.tensor([1, 0]), T.tensor([1.0, 2.0], dtype=T.float16), minlength=4)",
    "T.histc(T.tensor([1.0, 1.0]), bins=3)", "T.histc(T.tensor([]), bins=3)",
    "T.histc(T.tensor([1.0, 2.0], dtype=T.float16), 4)", "T.tensor([1.0, 2.0]).histc(4, 0, 3)",
    "T.histogram(T.tensor([]), 3)", "T.histogram(T.tensor([1.0, 2.0]), 3, range=(1.0, 1.0))",
    "T.histogram(T.tensor([5.0]), 3, range=(0.0, 1.0), density=True)",
    "T.histogram(T.tensor([1.0, 2.0]), T.tensor([1.0, 0.0]))",
    ("T.histogram(T.tensor([1.0, 2.0, 1.0]), 4, range=(0.0, 3.0), weight=T.tensor([1.0, 2.0,"
     " 4.0]), density=True)"),
    "T.histogram(T.tensor([1.0, 2.0]), 3, range=[0, 1])", "T.histogram(T.arange(101.0) / 100, 10)",
    "T.histc(T.arange(101.0) / 100, 10)",
    "T.histc(T.arange(1001.0) / 201 - 3, 7, min=-1.1, max=1.7)",
    "T.histogram(T.arange(1001.0) / 201 - 3, 7, range=(-1.1, 1.7))", "T.cov(T.tensor(1.0))",
    "T.cov(T.tensor([[1, 2], [3, 5]]))", "T.cov(T.zeros(2, 0))", "T.cov(T.zeros(0, 2))",
    "T.cov(T.zeros(2, 1))", "T.corrcoef(T.tensor([[1, 2], [3, 4]]))",
    ("T.cov(T.tensor([[1, 2, 3], [3, 5, 1]]), fweights=T.tensor([1, 2, 3]),"
     " aweights=T.tensor([0.1, 0.2, 0.3]), correction=0)"),
    "T.cov(T.tensor([[1.0, 2.0, 3.0]]), fweights=T.tensor([1, 2, 3]))",
    "T.cov(T.tensor([1.0, 2.0, 4.0]), aweights=T.tensor([0.5, 0.25, 1.0]), correction=1)",
    "T.corrcoef(T.tensor([[1.0, 1.0], [1.0, 2.0]]))", "T.dist(T.tensor([]), T.tensor([]))",
    "T.dist(T.tensor([1.0]), T.tensor([1.0], dtype=T.float64))",
    "T.dist(T.tensor([1.0, 2.0]), T.tensor([3.0, 5.0]), 0)",
    "T.renorm(T.tensor([[1.0, 2.0], [3.0, 4.0]]), inf, 0, 2)",
    "T.renorm(T.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=T.float16), 2, -1, 2)",
    "T.tensor([[1.0, 2.0], [3.0, 4.0]]).renorm_(1, 0, 5)", "T.renorm(T.ones(2, 0, 3), 2, 0, 1)",
    "T.logcumsumexp(T.tensor([-inf, -inf, inf, inf]), 0)", "T.logcumsumexp(T.tensor(1.0), 0)",
    "T.logcumsumexp(T.zeros(0, 2), 0)", "T.logcumsumexp(T.tensor([1.0], dtype=T.float16), 0)",
    "T.diff(T.tensor([1, 4, 9]), 2)", "T.diff(T.tensor([True, False, False]))",
    "T.diff(T.tensor([1, 4]), 3)", "T.diff(T.tensor([1, 4]), 0)",
    "T.diff(T.tensor([1, 4]), prepend=T.tensor([0]), append=T.tensor([9, 9]))",
    "T.diff(T.tensor([1, 4]), prepend=T.tensor([0.5]))", "T.diff(T.tensor([4, 1], dtype=T.uint8))",
    "T.trapezoid(T.tensor([1, 2, 3]))", "T.trapezoid(T.tensor([1, 2, 3]), T.tensor([0, 1, 3]))",
    "T.trapezoid(T.tensor([[1.0, 2.0, 3.0]] * 2), T.tensor([0.0, 1.0]), dim=0)",
    "T.trapezoid(T.tensor([]))", "T.trapezoid(T.zeros(2, 0), dim=0)", "T.trapezoid(T.ones(1))",
    "T.trapezoid(T.tensor([1.0, 2.0]), T.tensor(3.0))", "T.trapz(T.ones(2), T.tensor([1.0, 3.0]))",
    "T.trapezoid(T.tensor([1, 2, 4], dtype=T.int32), dx=0.5)", "T.cumulative_trapezoid(T.ones(1))",
    "T.cumulative_trapezoid(T.tensor([]))", "T.cumulative_trapezoid(T.tensor([1, 2, 3]))",
    "T.trace(T.ones(2, 3))", "T.trace(T.ones(2, 3, dtype=T.int8))", "T.trace(T.ones(0, 3))",
    "T.gradient(T.tensor([1, 4, 9, 16]), spacing=2)", "T.gradient(T.tensor(1.0))",
    "T.gradient(T.arange(6.0).reshape(2, 3), spacing=[2.0, 1.0])",
    "T.gradient(T.arange(6.0).reshape(2, 3), dim=0, spacing=[2.0])",
    "T.gradient(T.tensor([1.0, 4.0, 9.0, 16.0]), spacing=(T.tensor([0.0, 1.0, 3.0, 4.0]),))",
    ("T.gradient(T.tensor([1.0, 4.0, 8.0, 16.0]), spacing=(T.tensor([0.0, 1.0, 3.0, 4.0]),),"
     " edge_order=2)"),
    "T.gradient(T.arange(12.0).reshape(3, 4) ** 2, dim=(-1, 0), edge_order=2)",
    "T.gradient(T.tensor([1.0, 4.0]))", "T.sum(T.zeros(2, 3), ())", "T.cumprod(T.ones(2, 0), 1)",
]  # fmt: skip


@pytest.mark.parametrize("call", OTHER_CALLS)
def test_values_dtypes_and_shapes_at_edges_are_pytorchs(call):
    ours, theirs = both(call)
    assert describe(ours) == describe(theirs)
    kinds = {kind_of(tensor) for tensor in outputs(theirs)} & {"float16", "float32"}
    assert_close(outputs(ours), outputs(theirs), min(kinds) if kinds else "float64")


# Calls on T and leaves x, y of float64.
GRADIENTS = {
    "T.median(x)": [1.0, 2.0, 2.0, 3.0, 2.0],
    "T.nanmedian(x)": [1.0, nan, 2.0, 3.0, 2.0],
    "T.median(x)  # of NaN": [1.0, nan, nan, 3.0],
    "T.median(x, 0)[0]": [3.0, 1.0, 2.0, 7.0],
    "T.aminmax(x)[1]": [1.0, 3.0, 3.0],
    "T.cummax(x, 0)[0]": [1.0, 3.0, 3.0, 2.0],
    "T.quantile(x, 0.3)": [4.0, 1.0, 8.0, 2.0],
    "T.nansum(x)": [1.0, nan, 3.0],
    "T.nanmean(x)": [1.0, nan, 3.0],
    "T.cumprod(x, 0)": [2.0, 0.0, 3.0, 0.0, 5.0],
    "T.prod(x)": [2.0, 0.0, 3.0, 0.0],
    "T.norm(x, 0.5)": [0.0, 1.0, 4.0],
    "T.norm(x, 0.5)  # at 0": [0.0, 0.0],
    "T.norm(x, 1.5)": [0.0, 1.0, -4.0],
    "T.norm(x, inf)": [4.0, 1.0, -4.0],
    "T.dist(x, x)": [1.0, 2.0],
    "T.dist(x, T.zeros(2, dtype=T.float64), 1)": [0.0, 2.0],
    "T.renorm(x.reshape(2, 2), 2, 0, 2)": [1.0, 0.5, 3.0, 4.0],
    "T.corrcoef(x.reshape(2, 3))": [1.0, 2.0, 5.0, 0.0, 1.0, 1.0],
    "T.logcumsumexp(x, 0)": [1000.0, -1000.0, 1000.0, 3.0],
    "T.trace(x.reshape(2, 3))": [1.0, 2.0, 5.0, 0.0, 1.0, 1.0],
    "T.gradient(x, edge_order=2)[0]": [1.0, 2.0, 5.0, 0.0],
    "T.diff(x, 2, append=x)": [1.0, 2.0, 5.0],
}


@pytest.mark.parametrize("call", GRADIENTS)
def test_gradients_at_edges_are_pytorchs(call):
    found = []
    for library in (tg, torch):
        x = library.tensor(GRADIENTS[call], dtype=library.float64, requires_grad=True)
        value = eval(call, {"T": library, "x": x, "inf": inf, "nan": nan})
        # Cotangents that tell the elements of the result apart.
        (value * library.arange(1.0, value.numel() + 1).reshape(value.shape)).sum().backward()
        found.append([np.array(t.tolist()) for t in (value, x.grad)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


REFUSED = [
    "T.median(T.zeros(0, 3), 0)", "T.kthvalue(T.ones(3), 0)", "T.kthvalue(T.ones(3), 4)",
    "T.kthvalue(T.zeros(0, 3), 1, 0)", "T.mode(T.zeros(0, 3), 0)", "T.aminmax(T.tensor([]))",
    "T.aminmax(T.zeros(0, 2), dim=0)", "T.quantile(T.ones(3), 1.5)", "T.quantile(T.ones(3), nan)",
    "T.quantile(T.tensor([1, 2, 3]), 0.5)", "T.quantile(T.tensor([]), 0.5)",
    "T.quantile(T.ones(2), T.tensor([[0.5]]))", "T.quantile(T.ones(2), [0.5])",
    "T.quantile(T.ones(2), 0.5, interpolation='x')", "T.nanmean(T.tensor([1, 2]))",
    "T.bincount(T.tensor([1.0, 2.0]))", "T.bincount(T.tensor([True]))", "T.bincount(T.tensor(1))",
    "T.bincount(T.tensor([1, -2]))", "T.bincount(T.tensor([1]), minlength=-1)",
    "T.bincount(T.tensor([[1]]))", "T.bincount(T.tensor([1, 1]), T.tensor([1.0]))",
    "T.bincount(T.tensor([2**62]))", "T.histc(T.tensor([1, 2, 1]), bins=4)",
    "T.histc(T.tensor([1.0, nan]), bins=2)", "T.histc(T.tensor([1.0, inf]), bins=2)",
    "T.histc(T.ones(1), bins=0)", "T.histc(T.ones(1), min=3, max=1)",
    "T.histc(T.ones(1), 4, nan, 2)", "T.histogram(T.tensor([1, 2]), 3)",
    "T.histogram(T.tensor([1.0, nan]), 3)", "T.histogram(T.ones(2), T.tensor([[1.0, 0.0]]))",
    "T.histogram(T.ones(2), T.tensor([1, 3]))", "T.histogram(T.ones(2), T.tensor([1.0]))",
    "T.histogram(T.ones(2), 0)", "T.histogram(T.ones(2), 3, range=(2.0, 1.0))",
    "T.histogram(T.ones(2), 3, weight=T.ones(1))",
    "T.histogram(T.ones(2), 3, weight=T.tensor([1, 2]))", "T.cov(T.zeros(2, 2, 2))",
    "T.cov(T.tensor([[True, False]]))", "T.cov(T.ones(1, 2), fweights=T.ones(2))",
    "T.cov(T.ones(1, 2), fweights=T.tensor([-1, 2]))",
    "T.cov(T.ones(1, 2), fweights=T.tensor([1]))",
    "T.cov(T.ones(1, 2), aweights=T.tensor([-1.0, 2.0]))", "T.dist(T.tensor([1]), T.tensor([3]))",
    "T.renorm(T.ones(2), 1, 0, 5)", "T.renorm(T.ones(2, 2), 0, 0, 5)",
    "T.renorm(T.ones(2, 2), 2, 0, -2)", "T.renorm(T.tensor([[1, 2], [3, 4]]), 2, 0, 2)",
    "T.diff(T.tensor(1.0))", "T.diff(T.ones(2), -1)", "T.diff(T.ones(2), prepend=T.tensor(0.0))",
    "T.diff(T.ones(1, 2), prepend=T.zeros(1))", "T.trapezoid(T.ones(2), T.ones(2), dx=0.5)",
    "T.trapezoid(T.ones(3, 2), T.ones(2), dim=0)", "T.trapezoid(T.tensor(1.0))",
    "T.trapezoid(T.tensor([True, True]))", "T.cumulative_trapezoid(T.tensor(1.0))",
    "T.trace(T.ones(3))", "T.gradient(T.ones(1))", "T.gradient(T.ones(4), edge_order=3)",
    "T.gradient(T.ones(4), spacing=T.arange(4.0))", "T.gradient(T.ones(3, 3), dim=(0, 0))",
    "T.gradient(T.ones(2, 3), dim=(0,), spacing=[2.0, 3.0])", "T.prod(T.ones(2, 3), (0, 1))",
]  # fmt: skip


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses_is_refused_with_the_ops_name(call):
    for library in (torch, tg):
        _, error = attempt(eval, call, {"T": library, "inf": inf, "nan": nan})
        assert isinstance(error, (RuntimeError, ValueError, TypeError, IndexError)), library
    assert str(error).startswith(call[2:].partition("(")[0]), error


@pytest.mark.parametrize("n", [65, 300, 5000, 70_000, 200_001])
@pytest.mark.parametrize("kind", ["float32", "float64", "int64", "float16"])
def test_selection_agrees_with_sorting_whatever_the_length(n, kind, rng):
    """Many equal elements, a wide range, and rows of all sizes that are done in another way."""
    for values in (rng.integers(-9, 9, n), rng.standard_normal(n) * 10.0 ** rng.integers(-9, 5, n)):
        x = tg.from_numpy(np.array(values, dtype=np.float64)).to(getattr(tg, kind))
        ordered, places = tg.sort(x, stable=True)
        for k in (1, 2, n // 3, n // 2, n):
            value, at = tg.kthvalue(x, k)
            assert value.item() == ordered[k - 1].item()
            first = arrays(places)[np.flatnonzero(arrays(ordered) == arrays(value))].min()
            assert at.item() == first
        assert tg.median(x).item() == ordered[(n - 1) // 2].item()


def test_quantiles_have_no_greatest_size():
    """PyTorch refuses more than 16 million elements."""
    x = tg.arange(17_000_001, dtype=tg.float32)
    assert tg.quantile(x, 0.25).item() == 4_250_000.0


def test_running_products_differentiate_in_linear_memory(rng):
    """The quadratic rule would need 80 gigabytes."""
    x = tg.from_numpy(rng.uniform(0.999, 1.001, 100_000)).requires_grad_()
    x.cumprod(0)[-1].backward()
    expected = x.detach().prod() / x.detach()
    assert_close(x.grad, expected, "float64", 10)


def test_running_products_with_an_infinity_have_finite_gradients_before_it():
    """PyTorch gives NaN everywhere."""
    x = tg.tensor([2.0, 3.0, inf, 5.0], requires_grad=True)
    x.cumprod(0)[:2].sum().backward()
    assert x.grad.tolist() == [4.0, 2.0, 0.0, 0.0]


def test_a_hundred_million_ones_add_up_exactly():
    """Float32 counts to 2**24 one by one; the blocked pairwise sum does not."""
    assert tg.ones(1).expand(100_000_000).sum().item() == 1e8
