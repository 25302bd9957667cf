"""complex64 and complex128: values, derivatives of both orders and modes, dtypes, interop, text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import Array, array_of

KINDS = pytest.mark.parametrize("kind", ["complex64", "complex128"])
TOLERANCE = {"complex64": 1e-5, "complex128": 1e-13}

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


def numbers(shape: Any, seed: int = 0, kind: str = "complex128") -> Array:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(kind)


def function(name: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(tg, name)
    return found


def near(tensor: Any, expected: Array, kind: str) -> None:
    result = array_of(tensor)
    assert result.shape == np.shape(expected)
    np.testing.assert_allclose(result, expected, TOLERANCE[kind], TOLERANCE[kind])


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


INFINITY, NAN = float("inf"), float("nan")
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
def test_unary_forward_mode_agrees_with_central_differences(name: str) -> None:
    z, direction = numbers((2, 2), 3), numbers((2, 2), 13)
    step = 1e-6
    _, tangent = tg.func.jvp(function(name), (tg.from_numpy(z),), (tg.from_numpy(direction),))
    ahead, behind = (
        array_of(function(name)(tg.from_numpy(z + sign * step * direction))) for sign in (1, -1)
    )
    np.testing.assert_allclose(array_of(tangent), (ahead - behind) / (2 * step), 1e-7, 1e-8)


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


def test_matmul_is_numpys() -> None:
    a, b = numbers((5, 3, 7)), numbers((7, 4), 1)
    near(tg.from_numpy(a) @ tg.from_numpy(b), a @ b, "complex128")
    turned = tg.from_numpy(np.ascontiguousarray(b.T)).t()
    near(tg.from_numpy(a) @ turned, a @ b, "complex128")


def test_the_gradient_is_pytorchs_convention() -> None:
    """For a real loss L: dL/d(Re z) + i dL/d(Im z)."""
    z = tg.tensor([3 + 4j], requires_grad=True)
    (z.abs() ** 2).sum().backward()
    assert z.grad is not None
    assert z.grad.tolist() == [6 + 8j]


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("complex64", "float32", "complex64"),
        ("complex64", "float64", "complex128"),
        ("complex64", "int64", "complex64"),
        ("complex128", "float16", "complex128"),
        ("complex64", "complex128", "complex128"),
        ("complex64", "bool", "complex64"),
    ],
)
def test_promotion_is_pytorchs(a: str, b: str, expected: str) -> None:
    x, y = (tg.ones(2, dtype=getattr(tg, kind)) for kind in (a, b))
    assert str((x + y).dtype) == f"topograd.{expected}"
    assert str((y * x).dtype) == f"topograd.{expected}"


def test_written_numbers_are_weak() -> None:
    assert (tg.ones(2) * 1j).dtype == tg.complex64
    assert (tg.ones(2, dtype=tg.float64) * 1j).dtype == tg.complex128
    assert (tg.ones(2, dtype=tg.int64) + 1j).dtype == tg.complex64
    assert (tg.ones(2, dtype=tg.complex64) * 2.0).dtype == tg.complex64


def test_a_complex_result_does_not_fit_into_a_real_target() -> None:
    x = tg.ones(2)
    with pytest.raises(RuntimeError, match=r"complex64.*float32"):
        x.add_(1j)
    with pytest.raises(TypeError, match="does not fit"):
        x.fill_(1j)


@pytest.mark.parametrize(
    "call",
    [
        lambda z: z < z,
        lambda z: z.sort(),
        lambda z: z.max(),
        lambda z: z.floor(),
        lambda z: z // 2,
        lambda z: tg.nn.functional.relu(z),
        lambda z: tg.nn.functional.softmax(z, 0),
        lambda z: z.argmax(),
        lambda z: z.topk(1),
        lambda z: z.sign(),
        lambda z: z.mode(),
        lambda z: z.median(),
        lambda z: z.clamp(0),
        lambda z: z.unique(),
        lambda z: z.argsort(),
        lambda z: z.min(0),
        lambda z: z.cummax(0),
        lambda z: z.kthvalue(1),
        lambda z: z >= z,
        lambda z: z % 2,
        lambda z: z.abs_(),
        lambda z: tg.maximum(z, z),
        lambda z: tg.fmin(z, z),
        lambda z: tg.atan2(z, z),
        lambda z: tg.arange(2, dtype=z.dtype),
        lambda z: tg.arange(2j),
        lambda z: tg.linspace(0, 1j, 3, dtype=tg.float32),
        lambda z: tg.randint_like(z, 3),
        lambda z: tg.index_reduce(z, 0, tg.tensor([0]), z[:1], "amax"),
    ],
)
def test_what_complex_numbers_do_not_have_is_an_error(call: Any) -> None:
    with pytest.raises(tg.DTypeError, match=r"complex|bounds"):
        call(tg.tensor([1 + 2j, 3j]))


def test_a_complex_loss_needs_a_gradient() -> None:
    z = tg.tensor(1 + 2j, requires_grad=True)
    with pytest.raises(RuntimeError, match="complex"):
        (z * 2).backward()
    (z * 2j).backward(tg.tensor(1 + 0j))
    assert z.grad is not None
    assert z.grad.item() == -2j


def test_adjoints_are_conjugated() -> None:
    a = numbers((2, 3, 4))
    z = tg.from_numpy(a)
    assert np.array_equal(z.mH.numpy(), np.conj(a.swapaxes(1, 2)))
    assert np.array_equal(z.adjoint().numpy(), np.conj(a.swapaxes(1, 2)))
    assert np.array_equal(z[0].H.numpy(), np.conj(a[0].T))
    assert np.array_equal(z.mT.numpy(), a.swapaxes(1, 2))
    x = tg.ones(2, 3)
    assert x.H.data_ptr() == x.data_ptr()


def test_parts_are_views() -> None:
    z = tg.tensor([1 + 2j, 3 - 4j])
    z.real[0] = 9
    z.imag.mul_(10)
    assert z.tolist() == [9 + 20j, 3 - 40j]
    tg.view_as_real(z)[1, 0] = 0
    assert z[1].item() == -40j
    assert tg.view_as_complex(tg.view_as_real(z)).tolist() == z.tolist()
    x = tg.ones(2)
    assert x.real is x
    with pytest.raises(TypeError, match="imag"):
        _ = x.imag


@pytest.mark.parametrize(
    ("x", "kind"),
    [
        (tg.ones(3), ValueError),
        (tg.ones(2, dtype=tg.int64), TypeError),
        (tg.ones(2, 4)[:, ::2], ValueError),
        (tg.ones(3, 2).t(), ValueError),
        (tg.ones(5)[1:3], ValueError),
        (tg.tensor(1.0), ValueError),
    ],
)
def test_view_as_complex_refuses_what_does_not_fit(x: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="view_as_complex"):
        tg.view_as_complex(x)


@KINDS
def test_numpy_and_back_shares_memory(kind: str) -> None:
    array = numbers((2, 3), kind=kind)
    z = tg.from_numpy(array)
    assert str(z.dtype) == f"topograd.{kind}"
    z[0, 0] = 7 - 1j
    assert array[0, 0] == 7 - 1j
    back = z.numpy()
    assert back.dtype == array.dtype
    assert np.shares_memory(back, array)
    assert np.from_dlpack(z).dtype == array.dtype
    assert tg.from_dlpack(array).tolist() == array.tolist()
    assert np.asarray(z.t()).tolist() == array.T.tolist()


def test_python_numbers_come_and_go() -> None:
    z = tg.tensor([1, 2.5, 3j])
    assert z.dtype == tg.complex64
    assert tg.tensor(1j, dtype=tg.complex128).item() == 1j
    assert complex(tg.tensor(2.0)) == 2 + 0j
    assert float(tg.tensor(2 + 0j)) == 2.0
    assert bool(tg.tensor(1j))
    with pytest.raises(RuntimeError, match="imaginary"):
        float(tg.tensor(1j))
    with pytest.raises(TypeError, match="complex"):
        tg.tensor([1j], dtype=tg.float32)
    assert tg.full((2,), 1j).tolist() == [1j, 1j]
    assert tg.zeros(2, dtype=tg.complex64).fill_(2 + 1j).tolist() == [2 + 1j, 2 + 1j]


def test_casts_drop_or_add_the_imaginary_part() -> None:
    z = tg.tensor([1.5 + 2j, 0j])
    assert z.float().tolist() == [1.5, 0.0]
    assert z.to(tg.int32).tolist() == [1, 0]
    assert z.bool().tolist() == [True, False]
    assert tg.tensor([0.5]).cdouble().tolist() == [0.5 + 0j]
    assert tg.tensor([True]).cfloat().tolist() == [1 + 0j]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1 + 2j, 3 - 4j], "tensor([1.+2.j, 3.-4.j])"),
        ([0.5 + 0.25j], "tensor([0.5000+0.2500j])"),
        ([], "tensor([], dtype=topograd.complex64)"),
        ([complex(-0.0, -0.0)], "tensor([-0.-0.j])"),
        ([complex(1, -NAN)], "tensor([1.+nanj])"),
    ],
)
def test_text(values: list[complex], text: str) -> None:
    assert repr(tg.tensor(values, dtype=tg.complex64)) == text


def test_reductions_and_comparisons() -> None:
    z = tg.tensor([[1 + 1j, 0j], [2j, 3 + 0j]])
    assert z.sum(0).tolist() == [1 + 3j, 3 + 0j]
    assert z.sum().item() == 4 + 3j
    assert z.mean(1, keepdim=True).tolist() == [[0.5 + 0.5j], [1.5 + 1j]]
    assert z.count_nonzero().item() == 3
    assert z.any().item() is True
    assert z.all(1).tolist() == [False, True]
    assert tg.isclose(z, z + 1e-9).all()
    assert not tg.allclose(z, z + 0.1j)
    assert tg.equal(z, z.clone())


def test_spaced_numbers_may_be_complex() -> None:
    near(tg.linspace(1j, 2, 5), np.linspace(1j, 2, 5), "complex64")
    near(tg.linspace(0, 1, 3, dtype=tg.complex128), np.linspace(0, 1, 3) + 0j, "complex128")
    near(tg.logspace(0, 1j, 3, base=2), np.logspace(0, 1j, 3, base=2), "complex64")
    assert tg.linspace(0, 1j, 3).dtype == tg.complex64
    assert tg.logspace(0, 1, 2, dtype=tg.complex64).dtype == tg.complex64


@KINDS
def test_random_complex_numbers_have_independent_parts(kind: str) -> None:
    dtype = getattr(tg, kind)
    tg.manual_seed(3)
    uniform, normal = tg.rand(20000, dtype=dtype), tg.randn(20000, dtype=dtype)
    drawn = tg.normal(tg.full((20000,), 1 + 2j, dtype=dtype), 3.0)
    for z, mean, deviation in (
        (uniform, 0.5 + 0.5j, np.sqrt(1 / 6)),
        (normal, 0, 1),
        (drawn, 1 + 2j, 3),
        (tg.empty(20000, dtype=dtype).normal_(1, 2), 1, 2),
        (tg.empty(20000, dtype=dtype).uniform_(1, 2), 1.5 + 1.5j, np.sqrt(1 / 6)),
        (tg.randn_like(normal), 0, 1),
    ):
        assert z.dtype == dtype
        array = z.numpy()
        assert abs(array.mean() - mean) < 0.03 * deviation
        assert abs(array.std() - deviation) < 0.03 * deviation
        assert abs(np.corrcoef(array.real, array.imag)[0, 1]) < 0.03
    with pytest.raises(tg.DTypeError, match="std must be real"):
        tg.normal(tg.zeros(2), normal[:2])


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


def test_complex64_is_saved_and_loaded(tmp_path: Any) -> None:
    z = tg.tensor([1 + 2j, 3 - 4j])
    tg.save({"z": z}, tmp_path / "z.safetensors")
    assert tg.load(tmp_path / "z.safetensors")["z"].tolist() == z.tolist()
    with pytest.raises(TypeError, match="complex128"):
        tg.save({"z": z.cdouble()}, tmp_path / "wide.safetensors")


def test_pytorch_agrees() -> None:
    torch = pytest.importorskip("torch")
    a, b = numbers((3, 4), 8), numbers((3, 4), 9)

    def gradients(library: Any) -> list[Array]:
        x, y = (library.from_numpy(one.copy()).requires_grad_() for one in (a, b))
        z = (x * y.conj()).sin() / (x + 2j) - (x.abs() + y.angle()) ** (1 + 1j)
        loss = (z.real * z.imag).sum() + (z @ z.mT).abs().sum()
        loss.backward()
        return [x.grad.numpy(), y.grad.numpy()]

    for ours, theirs in zip(gradients(tg), gradients(torch), strict=True):
        np.testing.assert_allclose(ours, theirs, 1e-10)


def test_a_complex_number_is_not_assigned_to_a_real_element() -> None:
    x = tg.zeros(2)
    with pytest.raises(TypeError, match="index: the complex number"):
        x[0] = 1j


def test_norms_are_those_of_the_sizes() -> None:
    z = numbers((3, 4))
    assert tg.norm(tg.from_numpy(z)).item() == pytest.approx(np.linalg.norm(z))
    assert tg.testing.gradcheck(
        lambda z: tg.norm(z, 3, dim=0), tg.from_numpy(numbers((2, 3))).requires_grad_()
    )
