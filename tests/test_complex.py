"""complex64 and complex128: dtypes, interop, text, creation, views, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from complex_numbers import KINDS, NAN, near, numbers
from helpers import Array

SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((5, 3, 7), (7, 4)),
    ((1, 4), (4, 5)),
    ((3, 4), (4, 1)),
    ((3, 0), (0, 5)),
    ((0, 4), (4, 5)),
    ((2, 1, 3, 4), (3, 4, 5)),
    ((3, 4), (2, 4, 5)),
    ((4,), (4, 5)),
    ((3, 4), (4,)),
    ((0,), (0,)),
    ((40000,), (40000,)),
    ((70, 300), (300, 65)),
]


def laid_out(array: Array, layout: str) -> Any:
    """Return a tensor of the array: dense, transposed, or every second number of another."""
    if layout == "transposed" and array.ndim > 1:
        return tg.from_numpy(np.ascontiguousarray(array.swapaxes(-1, -2))).mT
    if layout == "spread":
        return tg.from_numpy(np.repeat(array, 2, -1))[..., ::2]
    return tg.from_numpy(array)


@pytest.mark.parametrize("layout", ["dense", "transposed", "spread"])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_products_are_numpys(shapes: tuple[tuple[int, ...], tuple[int, ...]], layout: str) -> None:
    a, b = (numbers(shape, seed) for seed, shape in enumerate(shapes))
    scale = max(1.0, float(a.shape[-1])) ** 0.5
    result = laid_out(a, layout) @ laid_out(b, layout) / scale
    near(result, a @ b / scale, "complex128")


@KINDS
def test_inner_products_are_numpys(kind: str) -> None:
    a, b = numbers(50001, 0, kind), numbers(50001, 1, kind)
    own = [tg.from_numpy(one) for one in (a, b)]
    wide = [one.astype("complex128") for one in (a, b)]
    near(tg.vdot(*own) / 250, (np.vdot(*wide) / 250).astype(kind), kind)
    near(tg.dot(*own) / 250, (np.dot(*wide) / 250).astype(kind), kind)
    near(tg.vdot(own[0][::3], own[1][::3]) / 250, np.vdot(a[::3], b[::3]) / 250, kind)
    inputs = [tg.from_numpy(numbers(3, seed)).requires_grad_() for seed in (2, 3)]
    assert tg.testing.gradcheck(tg.vdot, inputs)
    assert tg.testing.gradgradcheck(tg.vdot, inputs)


@pytest.mark.parametrize("name", ["complex", "polar"])
def test_results_do_not_lose_their_imaginary_parts(name: str) -> None:
    with pytest.raises(RuntimeError, match=f"{name}.*complex64"):
        getattr(tg, name)(tg.ones(2), tg.ones(2), out=tg.empty(2))


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


@pytest.mark.parametrize("dtype", [tg.complex64, tg.complex128])
def test_complex_numbers_are_saved_and_loaded(tmp_path: Any, dtype: tg.dtype) -> None:
    z = tg.tensor([1 + 2j, 3 - 4j], dtype=dtype)
    tg.save({"z": z}, tmp_path / "z.safetensors")
    loaded = tg.load(tmp_path / "z.safetensors")["z"]
    assert loaded.dtype == dtype
    assert loaded.tolist() == z.tolist()


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
