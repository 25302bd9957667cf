"""Stacking, splitting, placing and searching at the edges give what PyTorch gives.

One line is one case; `T` is either library, `x` and `y` are leaves.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import topograd as tg
from helpers import kind_of, leaves, outputs, quiet

torch = pytest.importorskip("torch")

nan = math.nan
REFUSALS = (RuntimeError, ValueError, TypeError, IndexError)


def data(T, *shape, start=0.0):
    """Return start, start + 1, … in that shape, float64."""
    return (T.arange(math.prod(shape)).to(T.float64) + start).reshape(shape)


def described(result):
    """Return dtype, shape and values of each tensor of a result."""
    tensors = outputs(result) or list(leaves(result))
    return [
        (kind_of(t), tuple(t.shape), repr(t.tolist())) if hasattr(t, "shape") else t
        for t in tensors
    ]


VALUES = {
    "one position of a vector": lambda T: T.gather(data(T, 4), 0, T.tensor(2)),
    "scatter at one position": lambda T: T.scatter(data(T, 4), 0, T.tensor(-2 % 4), 5.0),
    "scatter_add at one position": lambda T: data(T, 4).scatter_add(
        0, T.tensor(2), T.tensor(5.0, dtype=T.float64)
    ),
    "unique of zeros and NaN": lambda T: T.unique(T.tensor([nan, 0.0, -0.0, nan]), sorted=True)
    .isnan(),
    "unique of bools": lambda T: T.unique(
        T.tensor([True, False, True]), return_inverse=True, return_counts=True
    ),
    "unique of bytes": lambda T: T.tensor([[3, 1], [3, 200]], dtype=T.uint8).unique(
        return_inverse=True, return_counts=True
    ),
    "unique of halves": lambda T: T.unique(T.tensor([1.5, -2.0, 1.5], dtype=T.float16)),
    "unique of one number": lambda T: T.unique(
        T.tensor(3), return_inverse=True, return_counts=True
    ),
    "unique of nothing": lambda T: T.unique(
        T.zeros(0), return_inverse=True, return_counts=True
    ),
    "unique of far integers": lambda T: T.unique(
        T.tensor([2**62, -(2**62), 2**62]), return_counts=True
    ),
    "unique rows": lambda T: T.unique(
        T.tensor([[2, 1], [1, 3], [2, 1]]), return_inverse=True, return_counts=True, dim=0
    ),
    "unique columns": lambda T: T.unique(
        T.tensor([[2, 1, 2], [1, 3, 1]]), return_inverse=True, dim=-1
    ),
    "unique of no rows": lambda T: T.unique(T.zeros(0, 3), dim=0),
    "runs": lambda T: T.unique_consecutive(
        T.tensor([1, 1, 2, 2, 1]), return_inverse=True, return_counts=True
    ),
    "runs of a matrix": lambda T: T.tensor([[1, 1], [2, 2]]).unique_consecutive(
        return_inverse=True
    ),
    "runs of rows": lambda T: T.unique_consecutive(
        T.tensor([[1, 2], [1, 2], [3, 4]]), return_counts=True, dim=0
    ),
    "search by number": lambda T: T.searchsorted(T.tensor([1, 3, 5]), 4),
    "search by fraction among integers": lambda T: T.searchsorted(
        T.tensor([1, 3, 5]), T.tensor([3.5, 3.0])
    ),
    "search in nothing": lambda T: T.searchsorted(T.zeros(0), T.ones(3)),
    "search for nothing": lambda T: T.searchsorted(T.ones(3), T.zeros(0, 2)),
    "search for NaN": lambda T: T.searchsorted(T.tensor([1.0, 2.0]), T.tensor([nan, 1.5])),
    "search by rows": lambda T: T.searchsorted(
        T.tensor([[1, 3, 5], [2, 4, 6]]), T.tensor([[3, 6], [3, 6]]), side="right", out_int32=True
    ),
    "search with a sorter": lambda T: T.searchsorted(
        T.tensor([5, 1, 3]), T.tensor([0, 3, 9]), sorter=T.tensor([1, 2, 0])
    ),
    "buckets": lambda T: T.bucketize(
        T.tensor([[1, 5, 9], [0, 3, 7]]), T.tensor([1, 3, 5, 7, 9]), right=True
    ),
    "a bucket for a number": lambda T: T.bucketize(3, T.tensor([1.0, 2.5, 4.0])),
    "isin of a number": lambda T: T.isin(3, T.tensor([1, 3])),
    "isin a number": lambda T: T.isin(T.tensor([1.0, 2.0]), 2, invert=True),
    "isin of halves and integers": lambda T: T.isin(
        T.tensor([1.0, 2.5], dtype=T.float16), T.tensor([1, 2])
    ),
    "isin nothing": lambda T: T.isin(T.tensor([1, 2]), T.tensor([], dtype=T.int64)),
    "isin among many": lambda T: T.isin(T.arange(5) * 2**40, T.arange(300) * 2**41),
    "argwhere of a number": lambda T: T.argwhere(T.tensor(2.0)),
    "static positions of a number": lambda T: T.nonzero_static(T.tensor(1.0), size=2),
    "positions of a shape": lambda T: T.unravel_index(T.tensor([[5, 0]]), (2, 1, 3)),
    "take from the end": lambda T: T.take(data(T, 2, 3), T.tensor([[-1, 0], [-6, 5]])),
    "take from a number": lambda T: T.take(T.tensor(3.0), T.tensor([0, -1])),
    "put repeatedly": lambda T: data(T, 2, 2).put_(
        T.tensor([0, -1, 0]), data(T, 3, start=5.0), accumulate=True
    ),
    "put integers": lambda T: T.zeros(3, dtype=T.int8).put(
        T.tensor([1, 1]), T.tensor([100, 100], dtype=T.int8), accumulate=True
    ),
    "fill at negative positions": lambda T: data(T, 3, 2).index_fill_(0, T.tensor([-1, 0]), 9),
    "fill integers with a fraction": lambda T: T.zeros(3, dtype=T.int64).index_fill(
        0, T.tensor([1]), 2.7
    ),
    "copy into strided columns": lambda T: data(T, 3, 4).t().index_copy_(
        1, T.tensor([2, 0]), data(T, 4, 2, start=50.0)
    ),
    "copy one number": lambda T: T.zeros(3).index_copy(0, T.tensor([1]), T.tensor(2.0)),
    "masked_scatter in place": lambda T: data(T, 2, 3).masked_scatter_(
        T.tensor([True, False, True]), data(T, 5, start=10.0)
    ),
    "mean of integers": lambda T: T.tensor([-7, 3]).scatter_reduce(
        0, T.tensor([0, 1, 1]), T.tensor([2, 5, 5]), "mean"
    ),
    "mean without self": lambda T: T.tensor([-7, 3]).scatter_reduce_(
        0, T.tensor([1, 1]), T.tensor([5, 4]), "mean", include_self=False
    ),
    "products of bytes": lambda T: T.full((2,), 3, dtype=T.uint8).scatter_reduce(
        0, T.tensor([0, 0]), T.full((2,), 20, dtype=T.uint8), "prod"
    ),
    "greatest with NaN": lambda T: T.zeros(3).scatter_reduce(
        0, T.tensor([0, 0, 1]), T.tensor([nan, 1.0, -1.0]), "amax"
    ),
    "least of halves": lambda T: T.ones(2, dtype=T.bfloat16).scatter_reduce(
        0, T.tensor([1, 1]), T.tensor([0.5, 2.0], dtype=T.bfloat16), "amin", include_self=False
    ),
    "nothing to scatter": lambda T: T.ones(2).scatter_reduce(
        0, T.zeros(0, dtype=T.int64), T.zeros(0), "amin", include_self=False
    ),
    "into a number": lambda T: T.tensor(2.0).scatter_reduce(
        0, T.tensor(0), T.tensor(5.0), "prod"
    ),
    "scatter and add a number": lambda T: T.ones(3).scatter_(0, T.tensor([0]), 2.0, reduce="add"),
    "scatter and multiply": lambda T: T.ones(3).scatter(
        0, T.tensor([0, 0]), T.tensor([2.0, 3.0]), reduce="multiply"
    ),
    "index_reduce of columns": lambda T: data(T, 2, 3).index_reduce_(
        1, T.tensor([2, 2]), data(T, 2, 2, start=3.0), "mean", include_self=False
    ),
    "index_reduce of integers": lambda T: T.tensor([5, -9]).index_reduce(
        0, T.tensor([1, 1]), T.tensor([2, -4]), "mean"
    ),
    "stacked numbers": lambda T: [
        f([T.tensor(1), T.tensor(2.5)]) for f in (T.hstack, T.vstack, T.dstack, T.column_stack)
    ],
    "at least": lambda T: [
        f(data(T, *shape))
        for f in (T.atleast_1d, T.atleast_2d, T.atleast_3d)
        for shape in ((), (2,), (2, 3), (2, 1, 2))
    ],
    "at least of a list": lambda T: T.atleast_2d([T.tensor(1), T.tensor([2.0])]),
    "blocks": lambda T: T.block_diag(T.tensor(1), T.tensor([[2.5]]), T.zeros(0), T.zeros(2, 0)),
    "a grid of three": lambda T: T.meshgrid(
        T.arange(2), T.arange(3), T.tensor(7), indexing="xy"
    ),
    "a grid from a list": lambda T: T.meshgrid([T.arange(2), T.arange(0)]),
    "a product with nothing": lambda T: T.cartesian_prod(T.arange(0), T.arange(2)),
    "combinations": lambda T: [
        T.combinations(T.arange(n), r, repeated)
        for n, r, repeated in itertools.product((0, 1, 4), (0, 1, 2, 3), (False, True))
    ],
    "shapes": lambda T: list(T.broadcast_shapes((2, 1), 3, (1, 1, 1))),
    "split at places": lambda T: [
        T.tensor_split(data(T, 7, 2), places) for places in ((1, 9), [3, 1], (-2,), [])
    ],
    "split in sections": lambda T: T.tensor_split(data(T, 2, 7), 3, dim=-1),
    "split more than there are": lambda T: T.tensor_split(T.arange(2), 4),
    "split by a tensor": lambda T: T.tensor_split(T.arange(5), T.tensor([3])),
    "split by a number in a tensor": lambda T: T.tensor_split(T.arange(5), T.tensor(2)),
    "hsplit, vsplit, dsplit": lambda T: [
        T.hsplit(data(T, 2, 4), [1]), T.vsplit(data(T, 4, 2), 2), T.dsplit(data(T, 1, 1, 4), (3,))
    ],
    "quarters": lambda T: [T.rot90(data(T, 2, 3), k, (1, 0)) for k in range(-5, 6)],
    "diagonals": lambda T: [
        T.diag_embed(data(T, 2, 2), k, a, b)
        for k, (a, b) in itertools.product((-2, 0, 1), ((0, 1), (2, 0), (-1, -3)))
    ],
    "a flat diagonal": lambda T: [T.diagflat(T.tensor(3.0), -1), T.diagflat(data(T, 2, 2), 1)],
    "strides": lambda T: [
        T.as_strided(data(T, 3, 4), (2, 2), (1, 2), 3),
        data(T, 12)[4:8].as_strided((3,), (2,), 0),
        data(T, 3, 4).t().as_strided((2, 0, 2), (5, 7, 1)),
        data(T, 3, 4)[1].as_strided((2, 2), (1, 1)),
    ],
    "strides in place": lambda T: data(T, 6).as_strided_((2, 2), (1, 3), 1),
    "axes in place": lambda T: data(T, 2, 3).swapaxes_(0, 1),
    "sums to size": lambda T: [
        T.ones(2, 3, dtype=T.int32).sum_to_size(3), data(T, 2, 3).sum_to_size((2, 1))
    ],
    "matrices turned": lambda T: [data(T, 2, 3).mH, data(T, 2, 3).H, T.adjoint(data(T, 2, 1, 3))],
    "parts written": lambda T: [
        T.slice_scatter(data(T, 6), T.zeros(2, dtype=T.int64), start=-4, end=4),
        T.select_scatter(data(T, 2, 3), T.zeros(2), -1, -2),
        T.diagonal_scatter(data(T, 3, 4), T.zeros(2), -1),
        T.as_strided_scatter(data(T, 2, 3), T.zeros(2), (2,), (4,), 1),
    ],
    "numbers filled": lambda T: [
        T.fill(data(T, 3).to(T.int64), 2.7), T.fill(T.ones(2), T.tensor(3))
    ],
    "logspace": lambda T: T.logspace(1, 3, 3, base=2, dtype=T.int64),
    "linspace between tensors": lambda T: T.linspace(T.tensor(0), T.tensor(3.0), 4),
    "numbers as tensors": lambda T: [T.scalar_tensor(3), T.scalar_tensor(True, dtype=T.bool)],
    "triangles": lambda T: [
        f(n, m, k, dtype=T.int32)
        for f in (T.tril_indices, T.triu_indices)
        for n, m, k in itertools.product((0, 1, 3, 4), (0, 1, 3, 5), (-9, -2, -1, 0, 1, 2, 9))
    ],
    "layouts": lambda T: [
        list(T.empty_strided((2, 3), (1, 4)).stride()),
        list(T.empty_permuted((2, 3, 5), (2, 0, 1)).stride()),
        list(T.ones(1).new_empty_strided((2, 0), (7, 7)).stride()),
    ],
    "in-place functions": lambda T: [
        T.exp_(T.zeros(2)), T.clamp_(data(T, 3), 1, 1), T.zero_(data(T, 2)), T.relu_(-data(T, 2)),
        T.fill_(data(T, 2), 3), T.index_put_(data(T, 3), (T.tensor([1]),), T.ones(()).double()),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", VALUES)
def test_values_are_torchs(name):
    with quiet():
        assert described(VALUES[name](tg)) == described(VALUES[name](torch))


GRADIENTS = {
    "as_strided over itself": lambda T, x, y: x.as_strided((4, 3), (1, 1)) * 2 + y[:3],
    "as_strided of a part": lambda T, x, y: x[2:].as_strided((2, 2), (2, 1), 1).cos() + y[0],
    "as_strided of an expanded one": lambda T, x, y: (
        x[:2].expand(3, 2).as_strided((2, 2), (1, 0)).exp() + y[0]
    ),
    "as_strided of as_strided": lambda T, x, y: (
        (x * 1).as_strided((2, 3), (3, 1)).as_strided((3, 2), (1, 2)).sin() * y[0]
    ),
    "greatest shared": lambda T, x, y: (
        x.round().scatter_reduce(0, T.tensor([0, 0, 1, 1, 2, 2]), y.round(), "amax") * T.arange(6)
    ),
    "least without self": lambda T, x, y: (
        x.scatter_reduce(0, T.tensor([0, 0, 1, 1, 2, 2]), y, "amin", include_self=False)
        * T.arange(6)
    ),
    "product with one zero": lambda T, x, y: x.scatter_reduce(
        0, T.tensor([0, 0, 1, 1, 2, 2]), y * T.tensor([0.0, 1, 1, 1, 1, 1]).to(y.dtype), "prod"
    ),
    "put over": lambda T, x, y: (x * 1).put_(T.tensor([0, 1, 2, -1, -2, 3]), y) * T.arange(6),
    "take repeatedly": lambda T, x, y: T.take(x * y, T.tensor([[0, 0], [-1, 0]])).exp(),
    "fill at positions": lambda T, x, y: (x * 1).index_fill(0, T.tensor([1, 4]), y[0]) * y,
    "one position of a vector": lambda T, x, y: T.gather(x * y, 0, T.tensor(3)) * y[1],
    "filled by a tensor": lambda T, x, y: (x * 1).fill_(y[2]) * x,
    "in place through as_strided": lambda T, x, y: through_a_view(T, x, y),
}


def through_a_view(T, x, y):
    """Return a tensor that was changed through a view by strides."""
    base = x * 1
    base.as_strided((3,), (2,)).mul_(y[:3])
    return base * y


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_are_torchs(name):
    found = []
    for library in (tg, torch):
        leaf_values = [0.5, -1.25, 2.0, 3.5, -0.75, 1.0], [1.5, 2.5, -0.5, 4.0, 0.25, -2.0]
        x, y = (library.tensor(v, dtype=library.float64, requires_grad=True) for v in leaf_values)
        value = GRADIENTS[name](library, x, y)
        value.sum().backward()
        grads = [[0.0] * 6 if leaf.grad is None else leaf.grad.tolist() for leaf in (x, y)]
        found.append([np.array(value.tolist()), *map(np.array, grads)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13)


def test_a_vector_scattered_to_one_position_has_a_gradient():
    """PyTorch raises: its gradient has the shape of the position."""
    y = tg.tensor([5.0, 6.0], requires_grad=True)
    tg.zeros(4).scatter(0, tg.tensor(3), y).sum().backward()
    assert y.grad.tolist() == [1.0, 0.0]


REFUSED = {
    "as_strided beyond memory": lambda T: T.ones(4).as_strided((3,), (2,)),
    "as_strided backwards": lambda T: T.ones(4).as_strided((2,), (-1,), 3),
    "as_strided without a stride": lambda T: T.ones(4).as_strided((2, 2), (1,)),
    "as_strided far away": lambda T: T.ones(4).as_strided((1,), (1,), 2**62),
    "as_strided very long": lambda T: T.ones(4).as_strided((2**40, 2**40), (0, 0)),
    "scatter_reduce by another name": lambda T: T.ones(2).scatter_reduce(
        0, T.tensor([0]), T.ones(1), "add"
    ),
    "scatter_reduce out of range": lambda T: T.ones(2).scatter_reduce(
        0, T.tensor([2]), T.ones(1), "amax"
    ),
    "scatter_reduce of another dtype": lambda T: T.ones(2).scatter_reduce(
        0, T.tensor([0]), T.ones(1, dtype=T.float64), "sum"
    ),
    "index_reduce by sum": lambda T: T.ones(2).index_reduce(0, T.tensor([0]), T.ones(1), "sum"),
    "index_copy from the end": lambda T: T.ones(2).index_copy(0, T.tensor([-1]), T.ones(1)),
    "index_fill out of range": lambda T: T.ones(2).index_fill(0, T.tensor([-3]), 1.0),
    "put of too much": lambda T: T.ones(3).put(T.tensor([0]), T.ones(2)),
    "take out of range": lambda T: T.take(T.ones(3), T.tensor([3])),
    "take from nothing": lambda T: T.take(T.ones(0), T.tensor([0])),
    "take by floats": lambda T: T.take(T.ones(3), T.tensor([0.0])),
    "too small a source": lambda T: T.ones(3).masked_scatter(T.ones(3).bool(), T.ones(2)),
    "a mask of integers": lambda T: T.ones(3).masked_scatter(T.ones(3).long(), T.ones(3)),
    "contradicting sides": lambda T: T.searchsorted(T.ones(2), T.ones(2), right=True, side="left"),
    "another side": lambda T: T.searchsorted(T.ones(2), T.ones(2), side="middle"),
    "sequences of other rows": lambda T: T.searchsorted(T.ones(2, 3), T.ones(3, 2)),
    "a number in sequences": lambda T: T.searchsorted(T.ones(2, 3), 1.0),
    "a sorter out of range": lambda T: T.searchsorted(
        T.ones(2), T.ones(2), sorter=T.tensor([0, 2])
    ),
    "boundaries of two dims": lambda T: T.bucketize(T.ones(2), T.ones(2, 2)),
    "unique of empty rows": lambda T: T.unique(T.zeros(3, 0), dim=0),
    "unique along no dim": lambda T: T.unique(T.tensor(1.0), dim=0),
    "a matrix on a grid": lambda T: T.meshgrid(T.ones(2, 2), T.ones(2), indexing="ij"),
    "a grid of two dtypes": lambda T: T.meshgrid(T.ones(2), T.arange(2), indexing="ij"),
    "another indexing": lambda T: T.meshgrid(T.ones(2), T.ones(2), indexing="yx"),
    "no sections": lambda T: T.tensor_split(T.ones(3), 0),
    "a number split": lambda T: T.tensor_split(T.tensor(1.0), 2),
    "unequal columns": lambda T: T.hsplit(T.ones(2, 3), 2),
    "rows of a vector": lambda T: T.vsplit(T.ones(4), 2),
    "a vector turned": lambda T: T.rot90(T.ones(3)),
    "turned in a line": lambda T: T.rot90(T.ones(2, 2), 1, (0, 0)),
    "a vector mirrored": lambda T: T.fliplr(T.ones(3)),
    "a diagonal in one dim": lambda T: T.diag_embed(T.ones(2), 0, 0, 0),
    "a size that is not summed to": lambda T: T.ones(2, 3).sum_to_size(2),
    "too short a slice": lambda T: T.slice_scatter(T.ones(5), T.ones(1), start=1, end=3),
    "a slice backwards": lambda T: T.slice_scatter(T.ones(5), T.ones(5), step=-1),
    "negative combinations": lambda T: T.combinations(T.ones(3), -1),
    "shapes that differ": lambda T: T.broadcast_shapes((2,), (3,)),
    "three-dimensional blocks": lambda T: T.block_diag(T.ones(1, 1, 1)),
    "a negative triangle": lambda T: T.tril_indices(-1, 2),
    "a layout with a dim twice": lambda T: T.empty_permuted((2, 3), (0, 0)),
    "an expanded tensor changed": lambda T: T.ones(1).as_strided((3,), (0,)).add_(1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_torch_refuses_is_refused(name):
    for library in (torch, tg):
        with pytest.raises(REFUSALS):
            REFUSED[name](library)


def test_functions_in_place_are_torchs():
    owned = {op.name.partition(".")[0] for op in tg.ops() if op.inplace}
    named = {name for name in owned if callable(getattr(torch, name + "_", None))}
    assert {name for name in owned if hasattr(tg, name + "_")} == named
    assert tg.exp_.__doc__.startswith("exp_")


def test_products_have_right_second_derivatives_with_many_zeros():
    """The Hessian of a product of four with two zeros has one pair that is not 0."""
    x = tg.tensor([2.0, 0.0, 0.0, 5.0], dtype=tg.float64, requires_grad=True)
    ones, at = tg.ones(1, dtype=tg.float64), tg.tensor([0, 0, 0, 0])
    product = ones.scatter_reduce(0, at, x, "prod").sum()
    (gradient,) = tg.autograd.grad(product, x, create_graph=True)
    rows = [tg.autograd.grad(one, x, retain_graph=True)[0].tolist() for one in gradient]
    expected = np.zeros((4, 4))
    expected[1, 2] = expected[2, 1] = 10
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
def test_contributions_give_the_same_bits_for_any_number_of_threads(reduce):
    generator = np.random.default_rng(5)
    x, source = (tg.tensor(generator.standard_normal(n)) for n in (50, 200_000))
    at = tg.tensor(generator.integers(0, 50, 200_000))
    found, threads = [], tg.get_num_threads()
    try:
        for count in (1, 2, 3, 8):
            tg.set_num_threads(count)
            found.append(x.scatter_reduce(0, at, source, reduce).tolist())
    finally:
        tg.set_num_threads(threads)
    assert found == found[:1] * 4
