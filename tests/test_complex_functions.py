"""Functions of complex numbers: values, edges, branch cuts, derivatives of all orders and modes."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from complex_numbers import INFINITY, KINDS, NAN, function, near, numbers
from helpers import Array, array_of

UNARY: dict[str, Callable[[Array], Array]] = {
    "positive": lambda z: z,
    "neg": lambda z: -z,
    "square": lambda z: z * z,
    "reciprocal": lambda z: 1 / z,
    "sqrt": np.sqrt,
    "rsqrt": lambda z: 1 / np.sqrt(z),
    "exp": np.exp,
    "log": np.log,
    "log2": lambda z: np.log(z) / np.log(2),
    "log10": np.log10,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "sinc": np.sinc,
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "abs": np.abs,
    "angle": np.angle,
    "conj": np.conj,
    "sgn": lambda z: z / np.abs(z),
    "real": np.real,
    "imag": np.imag,
    "sum": np.sum,
    "mean": np.mean,
    "prod": np.prod,
    "var": lambda z: np.var(z, ddof=1) if z.size > 1 else np.float64(np.nan),
    "std": lambda z: np.std(z, ddof=1) if z.size > 1 else np.float64(np.nan),
    "norm": lambda z: np.linalg.norm(z.ravel()),
    "view_as_real": lambda z: np.stack([z.real, z.imag], -1),
}
BINARY: dict[str, Callable[[Array, Array], Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "pow": np.power,
    "eq": np.equal,
    "ne": np.not_equal,
}
PREDICATES = {"eq", "ne"}


@KINDS
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (600,)])
@pytest.mark.parametrize("name", UNARY)
def test_unary_values_are_numpys(name: str, shape: tuple[int, ...], kind: str) -> None:
    z = numbers(shape, kind=kind)
    if name in ("mean", "var", "std") and z.size < 2:
        pytest.skip("NaN in both")
    if name == "prod" and z.size > 100:
        z = z / np.abs(z)
    near(function(name)(tg.from_numpy(z)), UNARY[name](z), kind)


@KINDS
@pytest.mark.parametrize("name", BINARY)
def test_binary_values_are_numpys(name: str, kind: str) -> None:
    a, b = numbers((3, 4), 1, kind), numbers((4,), 2, kind)
    near(function(name)(tg.from_numpy(a), tg.from_numpy(b)), BINARY[name](a, b), kind)
    turned = tg.from_numpy(np.ascontiguousarray(a.T)).t()
    near(function(name)(turned, tg.from_numpy(b)), BINARY[name](a, b), kind)


EDGES = [0.0, -0.0, 0.5, 1.0, -1.0, -2.0, 3e-9, 300.0, INFINITY, -INFINITY, NAN]


def parts_agree(own: Array, other: Array, tolerance: float) -> Array:
    """Tell for each number whether both parts are equal, NaN in both, or the numbers close."""

    def equal(a: Array, b: Array) -> Array:
        near: Array = np.abs(a - b) <= tolerance * np.abs(b)
        return (a == b) | (np.isnan(a) & np.isnan(b)) | near

    if not np.iscomplexobj(own):
        return equal(own, other)
    close: Array = np.abs(own - other) <= tolerance * np.abs(other)
    return (equal(own.real, other.real) & equal(own.imag, other.imag)) | close


EXTREME = {
    "sqrt": cmath.sqrt,
    "rsqrt": lambda z: 1 / cmath.sqrt(z),
    "log": cmath.log,
    "log2": lambda z: cmath.log(z) / math.log(2),
    "log10": cmath.log10,
    "log1p": lambda z: cmath.log(1 + z) if abs(z.real) > 1 or abs(z.imag) > 1 else z,
    "reciprocal": lambda z: 0.25 / (z * 0.25),
}


@KINDS
@pytest.mark.parametrize("name", EXTREME)
def test_where_the_size_of_a_number_overflows_or_vanishes(name: str, kind: str) -> None:
    """|z| of the first overflows though the parts do not; the last are subnormal."""
    ends = np.finfo(kind)
    huge, tiny = float(ends.max), float(ends.smallest_subnormal)
    greatest = [complex(a, b) for a in (huge, -huge / 2) for b in (huge, -huge * 0.75)]
    least = [complex(tiny, 0), complex(3 * tiny, 5 * tiny), complex(-tiny, tiny)]
    z = np.array(greatest + ([] if name == "reciprocal" else least)).astype(kind)
    result = array_of(function(name)(tg.from_numpy(z))).astype(complex)
    for number, own in zip(z.tolist(), result.tolist(), strict=True):
        # Python's numbers are doubles: in their range floats are ordinary numbers.
        right = EXTREME[name](number)
        tolerance = 1e-6 if kind == "complex64" else 1e-15
        if name == "reciprocal":  # which is subnormal itself
            tolerance *= 10
        assert cmath.isclose(own, right, rel_tol=tolerance), number


# Finite and right where NumPy and PyTorch give NaN, or exactly 0 where those do not.
BETTER_AT_EDGES = ("expm1", "sigmoid", "sinc")


@KINDS
@pytest.mark.parametrize(
    "name", [name for name in UNARY if name not in ("sum", "mean", "prod", "var", "std", "norm")]
)
def test_edges_and_branch_cuts_are_numpys_or_torchs(name: str, kind: str) -> None:
    torch = pytest.importorskip("torch")
    extreme = [1e-300, 1e300, -1e300] if kind == "complex128" else [1e-30, 1e30, -1e30]
    edges = [*EDGES, *extreme]
    z = np.array([complex(a, b) for a in edges for b in edges]).astype(kind)
    result = array_of(function(name)(tg.from_numpy(z)))
    # One at a time, because PyTorch's vectors treat infinities otherwise than its numbers.
    ones = [getattr(torch, name)(torch.from_numpy(z[i : i + 1])) for i in range(len(z))]
    theirs = np.concatenate([one.resolve_conj().numpy() for one in ones])
    with np.errstate(all="ignore"):
        numpys = np.asarray(UNARY[name](z))
        tolerance = 3e-6 if kind == "complex64" else 1e-14
        if name == "sinc":  # pi times 300 is not the multiple of pi that it should be
            tolerance *= 1e5
        agrees = parts_agree(result, theirs, tolerance) | parts_agree(result, numpys, tolerance)
    if name in BETTER_AT_EDGES:
        agrees |= ~np.isfinite(z.reshape(z.shape + (1,) * (agrees.ndim - 1))) | (
            np.abs(theirs) < 1e-7
        )
        agrees |= ~np.isfinite(theirs)
    assert agrees.all(), list(zip(z[~agrees][:9], result[~agrees], theirs[~agrees], strict=False))


def test_sizes_and_signs_neither_overflow_nor_vanish() -> None:
    for kind, great, small in (("complex64", 3e38, 1e-45), ("complex128", 1e308, 5e-324)):
        z = tg.tensor([complex(great, -great / 2), complex(-small, 0)], dtype=getattr(tg, kind))
        direction = (2 - 1j) / np.sqrt(5)
        np.testing.assert_allclose(array_of(z.sgn()), [direction, -1], 1e-6)
        wide = z.numpy().astype("complex256")
        np.testing.assert_allclose(array_of(z.abs()), np.abs(wide).astype(float), 1e-6)


DIFFERENTIABLE = [name for name in UNARY if name != "positive"]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_unary_derivatives_agree_with_central_differences(name: str) -> None:
    z = tg.from_numpy(numbers((2, 2), 3)).requires_grad_()
    assert tg.testing.gradcheck(function(name), z)
    assert tg.testing.gradgradcheck(function(name), z)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "pow"])
@pytest.mark.parametrize("real", [None, 0, 1])
def test_binary_derivatives_agree_with_central_differences(name: str, real: int | None) -> None:
    arrays = [numbers((2, 2), 4), numbers((2,), 5)]
    inputs = [
        tg.from_numpy(np.abs(one) if i == real else one).requires_grad_()
        for i, one in enumerate(arrays)
    ]
    assert tg.testing.gradcheck(function(name), inputs)
    assert tg.testing.gradgradcheck(function(name), inputs)


WITH_ZEROS = tg.tensor([1, 0, 1, 0, 1.0])

COMPOSED: dict[str, tuple[Callable[..., Any], list[Array]]] = {
    "matmul": (lambda a, b: a @ b, [numbers((2, 3), 6), numbers((3, 2), 7)]),
    "batched": (lambda a, b: a @ b, [numbers((2, 2, 3), 6), numbers((3,), 7)]),
    "einsum": (lambda a, b: tg.einsum("ij,kj->ik", a, b), [numbers((2, 3)), numbers((2, 3), 1)]),
    "complex": (lambda a, b: tg.complex(a, b) ** 2, [numbers(3).real, numbers(3).imag]),
    "polar": (tg.polar, [np.abs(numbers(3)), numbers(3).real]),
    "cumsum": (lambda z: tg.cumsum(z, 0), [numbers((3, 2))]),
    "cumprod": (lambda z: tg.cumprod(z, 0), [numbers((3, 2))]),
    "cumprod with zeros": (lambda z: tg.cumprod(z * WITH_ZEROS, 0), [numbers(5)]),
    "prod": (lambda z: tg.prod(z, 1), [numbers((2, 3))]),
    "prod with zeros": (lambda z: tg.prod(z * WITH_ZEROS), [numbers(5)]),
    "logsumexp": (lambda z: tg.logsumexp(z, 1), [numbers((2, 3))]),
    "logcumsumexp": (lambda z: tg.logcumsumexp(z, 0), [numbers((4, 2))]),
    "logaddexp": (tg.logaddexp, [numbers((2, 3)), numbers((2, 3), 1)]),
    "var": (lambda z: tg.var(z, 0, keepdim=True), [numbers((3, 2))]),
    "std": (lambda z: tg.std(z, 1, correction=0), [numbers((3, 2))]),
    "cov": (tg.cov, [numbers((2, 4))]),
    "corrcoef": (tg.corrcoef, [numbers((2, 4))]),
    "dist": (lambda a, b: tg.dist(a, b, 3), [numbers(3), numbers(3, 1)]),
    "renorm": (lambda z: tg.renorm(z, 2, 0, 0.5), [numbers((2, 3))]),
    "silu": (tg.nn.functional.silu, [numbers(3)]),
    "softsign": (tg.nn.functional.softsign, [numbers(3)]),
    "ldexp": (tg.ldexp, [numbers(3), numbers(3, 1)]),
    "square by power": (lambda z: z**2, [numbers(3)]),
    "cube": (lambda z: z**3, [numbers(3)]),
    "inverse square": (lambda z: z**-2, [numbers(3)]),
    "root by power": (lambda z: z**0.5, [numbers(3)]),
    "power of a number": (lambda z: (1 + 2j) ** z, [numbers(3)]),
    "linear": (
        tg.nn.functional.linear,
        [numbers((2, 3)), numbers((4, 3), 1), numbers(4, 2)],
    ),
    "kron": (tg.kron, [numbers((2, 2)), numbers((1, 2), 1)]),
    "outer": (tg.outer, [numbers(2), numbers(3, 1)]),
    "bmm": (tg.bmm, [numbers((2, 2, 3)), numbers((2, 3, 1), 1)]),
    "dot": (tg.dot, [numbers(3), numbers(3, 1)]),
    "conv1d": (
        lambda x, w, b: tg.nn.functional.conv1d(x, w, b, stride=2, padding=1, groups=2),
        [numbers((2, 2, 5)), numbers((2, 1, 3), 1), numbers(2, 2)],
    ),
    "conv2d": (
        lambda x, w: tg.nn.functional.conv2d(x, w, padding="same"),
        [numbers((1, 3, 3)), numbers((2, 1, 2, 2), 1)],
    ),
    "scatter_reduce": (
        lambda x, y: tg.scatter_reduce(x, 0, tg.tensor([0, 0, 1]), y, "prod"),
        [numbers(3), numbers(3, 1)],
    ),
    "index_reduce": (
        lambda x, y: tg.index_reduce(x, 0, tg.tensor([0, 0]), y, "prod"),
        [numbers((2, 2)), numbers((2, 2), 1)],
    ),
    "mean of contributions": (
        lambda x, y: tg.scatter_reduce(x, 0, tg.tensor([0, 0, 1]), y, "mean"),
        [numbers(3), numbers(3, 1)],
    ),
    "where": (lambda a, b: tg.where(a.real > 0, a, b), [numbers((2, 3)), numbers((3,), 1)]),
    "index": (lambda z: z[[0, 0, 1]].abs(), [numbers((2, 3))]),
    "gather": (lambda z: tg.gather(z, 0, tg.tensor([[0, 0, 1]])), [numbers((2, 3))]),
    "cat": (lambda a, b: tg.cat([a, b * 2j]), [numbers((2, 3)), numbers((1, 3), 1)]),
    "cast": (lambda x: x.to(tg.complex128) * (1 + 2j), [numbers((3,)).real]),
    "addcmul": (lambda a, b: tg.addcmul(a, a, b, value=2), [numbers(3), numbers(3, 1)]),
    "addcdiv": (lambda a, b: tg.addcdiv(a, a, b, value=2), [numbers(3), numbers(3, 1)]),
    "lerp": (lambda a, b: tg.lerp(a, b, 0.3), [numbers(3), numbers(3, 1)]),
    "alpha": (lambda a, b: tg.add(a, b, alpha=2 - 1j), [numbers(3), numbers(3, 1)]),
    "transposed": (lambda z: z.t().mT.conj() * z, [numbers((2, 3))]),
    "in place": (lambda a, b: (a * 1).mul_(b).add_(b), [numbers(3), numbers(3, 1)]),
    "through a part": (lambda z: _doubled_real(z * 1), [numbers(3)]),
}


def _doubled_real(z: Any) -> Any:
    z.real.mul_(2)
    return z * z


@pytest.mark.parametrize("name", COMPOSED)
def test_composed_derivatives_agree_with_central_differences(name: str) -> None:
    run, arrays = COMPOSED[name]
    inputs = [tg.from_numpy(np.array(one)).requires_grad_() for one in arrays]
    assert tg.testing.gradcheck(run, inputs)
    assert tg.testing.gradgradcheck(run, inputs)


def test_small_whole_powers_are_products() -> None:
    z = numbers(7)
    assert np.array_equal(
        (tg.from_numpy(z) ** 2).numpy(), (tg.from_numpy(z) * tg.from_numpy(z)).numpy()
    )
    near(tg.from_numpy(z) ** 3, z * z * z, "complex128")
    near(tg.from_numpy(z) ** -2, 1 / (z * z), "complex128")
    near(tg.from_numpy(z) ** tg.tensor(5), z**5, "complex128")
    assert (tg.tensor([2j]) ** 3).tolist() == [-8j]
    nothing = tg.tensor([0j])
    assert np.isnan((nothing**1j).numpy()).all()
    for power in (nothing**-1, nothing**-2, nothing**-0.5):
        assert power.real.item() == INFINITY
        assert np.isnan(power.imag.item())
    assert (nothing**0).tolist() == [1]
    assert (nothing ** (1 + 1j)).tolist() == [0]


def test_replaced_parts() -> None:
    z = tg.tensor([complex(NAN, 1), complex(2, INFINITY), complex(-INFINITY, NAN)])
    assert tg.nan_to_num(z, 7, 8, 9).tolist() == [7 + 1j, 2 + 8j, 9 + 7j]
    assert z.nan_to_num_(7, 8, 9).tolist() == [7 + 1j, 2 + 8j, 9 + 7j]


@pytest.mark.parametrize("dtype", [tg.complex64, tg.complex128])
def test_ldexp_of_complex_numbers_takes_a_broadcast_exponent(dtype: tg.dtype) -> None:
    x = tg.ones(4, 5, dtype=dtype) * (1 + 2j)
    assert tg.ldexp(x, tg.tensor(2)).tolist() == [[4 + 8j] * 5] * 4
    assert tg.ldexp(x, tg.arange(5))[0].tolist() == [(1 + 2j) * 2**n for n in range(5)]
