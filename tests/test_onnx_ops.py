"""Ops that no layer has, exported and run by onnxruntime."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

import topograd as tg
from onnx_running import check
from topograd import nn

F = nn.functional


def of(*shape: int) -> Callable[[int], tuple[Any, ...]]:
    """Return a maker of one normal input of the shape after the batch."""
    return lambda batch: (tg.randn(batch, *shape),)


def positive(*shape: int) -> Callable[[int], tuple[Any, ...]]:
    """Return a maker of one input in [0.1, 0.9]."""
    return lambda batch: (tg.rand(batch, *shape) * 0.8 + 0.1,)


def pair(*shape: int) -> Callable[[int], tuple[Any, ...]]:
    """Return a maker of two normal inputs."""
    return lambda batch: (tg.randn(batch, *shape), tg.randn(batch, *shape))


UNARY = """neg abs sign square reciprocal sqrt rsqrt exp exp2 expm1 log log2 log10 log1p sigmoid erf
    erfc sin cos tan asin acos atan sinh cosh tanh asinh atanh floor ceil round trunc frac isnan
    isinf isfinite logit relu deg2rad positive""".split()


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_tensor(name: str) -> None:
    check(getattr(tg, name), positive(3, 4))


def test_acosh_and_functions_of_extreme_numbers() -> None:
    check(lambda x: (x + 1.5).acosh(), positive(3))
    odd = tg.tensor([[math.inf, -math.inf, math.nan, 0.0, 1e30]])
    check(lambda x: (x.isnan(), x.isinf(), x.isfinite()), lambda n: (odd.repeat(n, 1),))


BINARY: dict[str, Callable[..., Any]] = {
    "add with alpha": lambda a, b: tg.add(a, b, alpha=2.5),
    "sub of a number": lambda a, b: 3 - a + b,
    "quotients": lambda a, b: (a / b, a // b, a % b, tg.fmod(a, b)),
    "powers": lambda a, b: (a.abs() ** b, a**2, 2**b),
    "extremes": lambda a, b: (tg.maximum(a, b), tg.minimum(a, b), tg.fmax(a, b), tg.fmin(a, b)),
    "angles": lambda a, b: (tg.atan2(a, b), tg.hypot(a, b)),
    "logarithms": lambda a, b: (tg.logaddexp(a, b), tg.xlogy(a, b.abs())),
    "comparisons": lambda a, b: (a < b, a <= b, a > b, a >= b, a == b, a != b, a > 0),
    "logic": lambda a, b: (
        (a > 0) & (b > 0),
        (a > 0) | (b > 0),
        (a > 0) ^ (b > 0),
        ~(a > 0),
        tg.logical_and(a, b),
    ),
    "selection": lambda a, b: (
        tg.where(a > b, a, b),
        tg.where(a > 0, a, 0.0),
        a.masked_fill(b > 0, -1.0),
        tg.clamp(a, -0.5, 0.5),
        a.clamp(min=0),
        tg.clamp(a, min=b),
    ),
    "mixtures": lambda a, b: (
        tg.lerp(a, b, 0.3),
        tg.addcmul(a, a, b, value=0.5),
        tg.addcdiv(a, a, b.abs() + 1, value=2),
        tg.isclose(a, b, atol=0.5),
    ),
    "broadcasts": lambda a, b: (a.unsqueeze(1) + b.unsqueeze(2), a.sum(1, keepdim=True) * b),
    "dtypes": lambda a, b: (a.long(), (a > 0).float() + b, a.double() * b, (a > 0) + 1),
    "integers": lambda a, b: (
        (a * 9).long() // 4,
        (a * 9).long() % 4,
        (a * 9).int() + (b * 9).long(),
        (a * 9).long() & 5,
    ),
}


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_tensors(name: str) -> None:
    check(BINARY[name], pair(4))


SHAPES: dict[str, Callable[..., Any]] = {
    "reductions": lambda x: (
        x.sum(),
        x.sum(1),
        x.mean((1, 2), keepdim=True),
        x.prod(2),
        x.amax(1),
        x.amin((0, 2)),
        x.var(1),
        x.std(2, correction=0),
        x.var(),
        x.logsumexp(2),
        (x > 0).sum(1),
        (x > 0).any(1),
        (x > -9).all(),
        x.norm(dim=2),
        tg.count_nonzero(x, 1),
    ),
    "positions": lambda x: (
        *x.max(1),
        *x.min(2, keepdim=True),
        x.argmax(1),
        x.argmin(2, keepdim=True),
        x.argmax(),
        *x.topk(2, 1),
        *x.sort(2, descending=True),
        x.argsort(1),
    ),
    "scans": lambda x: (x.cumsum(1), x.cumsum(-1), (x > 0).cumsum(1)),
    "views": lambda x: (
        x.view(x.shape[0], -1),
        x.reshape(-1, 5),
        x.permute(2, 0, 1),
        x.transpose(1, 2),
        x.unsqueeze(1).squeeze(1),
        x.flatten(1),
        x.unflatten(1, (2, 2)),
        x.movedim(0, 2),
        x[None].expand(3, -1, -1, -1),
        x.T if x.dim() == 2 else x.mT,
    ),
    "rows and slices": lambda x: (
        x[0],
        x[-1],
        x[:, 1],
        x[:, -1],
        x[:, 1:3],
        x[:, ::2, 1],
        x[..., -2:],
        x[:, None, :, 0],
        x[1:],
        x.select(1, 2),
        x.narrow(2, 1, 3),
    ),
    "pieces": lambda x: (*x.split(2, 1), *x.chunk(2, 2), *x.unbind(1), *x.split([1, 3], 1)),
    "joins": lambda x: (
        tg.cat([x, x * 2], 0),
        tg.cat([x, x], -1),
        tg.stack([x, -x], 1),
        tg.hstack([x, x]),
    ),
    "orders": lambda x: (x.flip(1), x.flip((0, 2)), x.roll(1, 2), x.repeat(1, 2, 1), x.tile(2)),
    "triangles": lambda x: (x.tril(), x.triu(1), x.diagonal(dim1=1, dim2=2)),
    "windows": lambda x: (x.unfold(2, 3, 1), x.unfold(1, 2, 2)),
    "products": lambda x: (
        x @ x.mT,
        tg.einsum("bij,bkj->bik", x, x),
        tg.einsum("bij->bj", x),
        tg.tensordot(x, x, ([2], [2])),
        tg.outer(x[0, 0], x[0, 1]),
        x[:, 0] @ x[0].T,
        x[0] @ x[0, 0],
    ),
    "distances": lambda x: (tg.cdist(x, x + 1), tg.cdist(x, x + 1, p=1.0)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_reductions_and_joins(name: str) -> None:
    check(SHAPES[name], of(4, 5), batches=(3, 2, 5))


SPECIAL: dict[str, Callable[..., Any]] = {
    "signs": lambda a, b: (tg.copysign(a, b), tg.signbit(a), tg.heaviside(a, b)),
    "powers of two": lambda a, b: (tg.ldexp(a, b), tg.logaddexp2(a, b)),
    "shifts": lambda a, b: ((a * 9).long() << 2, (a * 9).long() >> 1),
    "infinities": lambda a, b: (tg.isposinf(a / 0), tg.isneginf(a / 0), (a / 0).nan_to_num()),
    "sinc": lambda a, b: (tg.sinc(a), tg.sinc(a * 0)),
    "products": lambda a, b: (tg.cross(a, b, dim=1), tg.vdot(a[0], b[0])),
    "sums": lambda a, b: (tg.nansum(tg.log(a), 1), tg.logcumsumexp(a, 1)),
    "search": lambda a, b: (
        tg.bucketize(a, tg.tensor([-1.0, 0.0, 1.0])),
        tg.bucketize(a, tg.tensor([-1.0, 0.0, 1.0]), right=True),
        tg.isin(a.round(), tg.tensor([0.0, 1.0])),
    ),
    "diagonals": lambda a, b: tg.diag_embed(a),
}


@pytest.mark.parametrize("name", SPECIAL)
def test_functions_put_together_from_others(name: str) -> None:
    check(lambda a, b: (SPECIAL[name](a, b), a + b), pair(3))


def test_masks_as_indices() -> None:
    def program(x: Any) -> Any:
        y = x.clone()
        y[x > 0] = 7.0
        y[x < -1] *= 2
        return y, x[x > 0].sum(), x[x.sum(1) > 0], tg.masked_select(x, x < 0), x.nonzero()

    check(program, of(4), batches=(3, 2, 6))


def test_reading_and_writing_at_positions() -> None:
    table = tg.randn(7, 5)

    def read(x: Any, at: Any) -> Any:
        rows = tg.arange(x.shape[0])
        return (
            x[rows, at],
            x[:, at],
            x[at],
            table[at],
            x.gather(1, at.unsqueeze(1)),
            x.index_select(1, at[:1]),
            tg.take_along_dim(x, at.unsqueeze(1), 1),
            F.one_hot(at, 5),
            F.embedding(at, table),
        )

    def make(batch: int) -> tuple[Any, ...]:
        return tg.randn(batch, 5), tg.randint(0, 2, (batch,))

    check(read, make, batches=(3, 2, 5))

    def write(x: Any, at: Any) -> Any:
        rows = tg.arange(x.shape[0])
        return (
            x.index_put((rows, at), tg.tensor(7.0)),
            x.index_put((rows, at), x[:, 0], accumulate=True),
            x.scatter(1, at.unsqueeze(1), 9.0),
            x.scatter_add(1, at.unsqueeze(1), x),
            x.index_add(1, at[:1], x[:, :1]),
            x.index_fill(1, at[:1], 3.0),
            x.index_copy(1, at[:1], x[:, 1:2]),
        )

    check(write, make, batches=(3, 2, 5))


def test_changes_in_place_and_through_views() -> None:
    def program(x: Any) -> Any:
        x = x.clone()
        x[:, 0] = 1.0
        x[:, 1:3] *= 2
        x[:, 3].add_(x[:, 4])
        x[0] = 0.5
        out = tg.zeros(x.shape[0], 2)
        out[:, 1] = x.sum(1)
        ones = tg.ones(6)
        ones.add_(x[0]).mul_(2)
        return x.relu_(), out, ones

    check(program, of(6), batches=(3, 2, 5))
    given = tg.ones(2, 3)
    tg.onnx.export(lambda x: x.add_(1), given)
    assert given.tolist() == [[1.0] * 3] * 2


def test_images_sampled_at_points() -> None:
    def program(x: Any, grid: Any) -> Any:
        return F.grid_sample(x, grid, align_corners=False), F.grid_sample(
            x, grid, mode="nearest", padding_mode="border", align_corners=True
        )

    check(program, lambda n: (tg.randn(n, 2, 5, 6), tg.rand(n, 3, 4, 2) * 2 - 1))
