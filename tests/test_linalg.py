"""linalg: values are NumPy's and PyTorch's, derivatives of first and second order are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd import linalg
from topograd.testing import gradcheck, gradgradcheck

RNG = np.random.default_rng(5)


def positive(a: tg.Tensor) -> tg.Tensor:
    return a @ a.mT + tg.eye(a.shape[-1], dtype=a.dtype)


def without_signs(parts: Any) -> tuple[tg.Tensor, ...]:
    """Vectors are defined up to a sign."""
    return tuple(part.abs() for part in parts)


CASES: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "inv": (linalg.inv, [(2, 3, 3)]),
    "solve": (linalg.solve, [(3, 3), (3, 2)]),
    "solve a vector": (linalg.solve, [(3, 3), (3,)]),
    "solve broadcast": (linalg.solve, [(3, 3), (2, 3, 2)]),
    "solve from the right": (lambda a, b: linalg.solve(a, b, left=False), [(3, 3), (2, 3)]),
    "solve_triangular": (lambda a, b: linalg.solve_triangular(a, b, upper=True), [(3, 3), (3, 2)]),
    "solve_triangular with ones": (
        lambda a, b: linalg.solve_triangular(a, b, upper=False, unitriangular=True),
        [(3, 3), (3, 2)],
    ),
    "det": (linalg.det, [(2, 3, 3)]),
    "slogdet": (lambda a: linalg.slogdet(a).logabsdet, [(3, 3)]),
    "logdet": (lambda a: linalg.logdet(positive(a)), [(3, 3)]),
    "cholesky": (lambda a: linalg.cholesky(positive(a)), [(2, 3, 3)]),
    "cholesky_solve": (
        lambda b, a: linalg.cholesky_solve(b, linalg.cholesky(positive(a))),
        [(3, 2), (3, 3)],
    ),
    "eigh": (lambda a: without_signs(linalg.eigh(positive(a))), [(3, 3)]),
    "svd of a tall matrix": (lambda a: without_signs(linalg.svd(a, False)), [(4, 3)]),
    "svd of a wide matrix": (lambda a: without_signs(linalg.svd(a, False)), [(2, 3)]),
    "qr": (lambda a: tuple(linalg.qr(a)), [(4, 3)]),
    "pinv": (linalg.pinv, [(4, 3)]),
    "matrix_power": (lambda a: linalg.matrix_power(a, -2), [(3, 3)]),
    "multi_dot": (lambda *m: linalg.multi_dot(m), [(2, 3), (3, 4), (4, 2)]),
    "norm nuc": (lambda a: linalg.norm(a, "nuc"), [(3, 2)]),
    "norm 2": (lambda a: linalg.norm(a, 2), [(3, 2)]),
    "norm 1": (lambda a: linalg.norm(a, 1), [(3, 2)]),
    "norm fro": (lambda a: linalg.norm(a, "fro"), [(3, 2)]),
    "vector_norm": (lambda a: linalg.vector_norm(a, 3, 1), [(3, 2)]),
    "vecdot": (linalg.vecdot, [(2, 3), (2, 3)]),
    "cross": (linalg.cross, [(2, 3), (2, 3)]),
}


@pytest.mark.parametrize("name", CASES)
def test_derivatives_are_those_of_differences_in_both_modes(name: str) -> None:
    function, shapes = CASES[name]
    inputs = []
    for shape in shapes:
        array = RNG.standard_normal(shape)
        # Away from singular matrices.
        array += 2 * np.eye(*shape[-2:]) if len(shape) > 1 else 0
        inputs.append(tg.tensor(array, requires_grad=True))
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
def test_values_are_pytorchs(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    a = RNG.standard_normal((2, 3, 3)) + 1j * RNG.standard_normal((2, 3, 3))
    a = (a if dtype == "complex128" else a.real).astype(dtype)
    b = RNG.standard_normal((2, 3, 2)).astype(dtype)

    def results(library: Any) -> list[Any]:
        la = library.linalg
        x, y = library.tensor(a), library.tensor(b)
        p = x @ x.mH + library.eye(3).to(x.dtype)
        return [
            la.inv(x), la.det(x), la.slogdet(x)[1], la.slogdet(x)[0], la.solve(x, y),
            la.cholesky(p), la.cholesky(p, upper=True), la.eigh(p)[0], la.eigvalsh(p),
            la.svd(x)[1], la.svdvals(y), la.pinv(y), la.qr(y)[1].abs(), la.matrix_rank(x),
            la.matrix_power(x, 3), la.matrix_power(x, 0), la.norm(x), la.norm(x, dim=1),
            la.norm(x[0], "fro"), la.norm(x[0], "nuc"), la.norm(x[0], 1), la.norm(x[0], -1),
            la.norm(x[0], float("inf")), la.norm(x[0], 2, keepdim=True), la.norm(x[0], -2),
            la.norm(x, 3, dim=2), la.norm(x, 1, dim=(0, 2), keepdim=True),
            la.vector_norm(x, 0), la.matrix_norm(x), la.vecdot(x, x), la.cross(x, x + 1),
            la.solve_triangular(x, y, upper=True), la.multi_dot([x[0], x[1], y[0]]),
            library.cholesky_solve(y, la.cholesky(p)), library.inverse(x), library.pinverse(y),
            library.logdet(p), library.cholesky_inverse(la.cholesky(p)), x.det(), x.inverse(),
        ]  # fmt: skip

    for place, (own, theirs) in enumerate(zip(results(tg), results(torch), strict=True)):
        assert str(own.dtype).rpartition(".")[2] == str(theirs.dtype).rpartition(".")[2], place
        tolerance = 1e-4 if dtype == "float32" else 1e-9
        np.testing.assert_allclose(
            own.numpy(), theirs.numpy(), rtol=tolerance, atol=tolerance, err_msg=str(place)
        )


def test_factors_multiply_to_the_matrix() -> None:
    x = tg.tensor(RNG.standard_normal((2, 4, 3)))
    for full in (True, False):
        u, s, vh = linalg.svd(x, full_matrices=full)
        product = (u[..., :3] * s.unsqueeze(-2)) @ vh
        np.testing.assert_allclose(product.numpy(), x.numpy(), atol=1e-12)
    u, s, v = tg.svd(x)
    np.testing.assert_allclose((u @ s.diag_embed() @ v.mH).numpy(), x.numpy(), atol=1e-12)
    for mode in ("reduced", "complete"):
        q, r = linalg.qr(x, mode)
        np.testing.assert_allclose((q @ r).numpy(), x.numpy(), atol=1e-12)
    assert linalg.qr(x, "r").Q.numel() == 0


def test_equal_eigenvalues_keep_the_gradient_of_the_values() -> None:
    x = tg.eye(3, dtype=tg.float64, requires_grad=True)
    linalg.eigvalsh(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), np.eye(3))


def test_what_does_not_exist_is_an_error() -> None:
    singular = tg.zeros(2, 2)
    for call in (
        lambda: linalg.inv(singular),
        lambda: linalg.solve(singular, tg.ones(2)),
        lambda: linalg.cholesky(-tg.eye(2)),
        lambda: linalg.svdvals(tg.full((2, 2), float("nan"))),
    ):
        with pytest.raises(linalg.LinAlgError, match=r"linalg\.\w+: .*\(2, 2\)"):
            call()
    for call in (
        lambda: linalg.inv(tg.ones(2, 3)),
        lambda: linalg.det(tg.ones(3)),
        lambda: linalg.solve(tg.eye(3), tg.ones(2)),
        lambda: linalg.solve(tg.eye(2).expand(2, 2, 2), tg.ones(3, 2, 1)),
    ):
        with pytest.raises(tg.ShapeError):
            call()
    with pytest.raises(tg.DTypeError):
        linalg.inv(tg.eye(2).long())
    with pytest.raises(tg.DTypeError):
        linalg.inv(tg.eye(2).half())
    with pytest.raises(RuntimeError, match="full_matrices"):
        linalg.svd(tg.ones(3, 2, requires_grad=True))
    with pytest.raises(RuntimeError, match="reduced"):
        linalg.qr(tg.ones(3, 2, requires_grad=True), "complete")
    for wrong in (lambda: linalg.norm(tg.ones(2, 2), "x"), lambda: linalg.eigh(tg.eye(2), "x")):
        with pytest.raises(ValueError, match="linalg"):
            wrong()


def test_empty_matrices_are_fine() -> None:
    assert tuple(linalg.inv(tg.ones(0, 3, 3)).shape) == (0, 3, 3)
    assert tuple(linalg.eigh(tg.ones(0, 0)).eigenvectors.shape) == (0, 0)
    assert linalg.det(tg.ones(0, 0)).item() == 1.0


def test_chains_are_multiplied_in_any_number():
    x = tg.ones(2, 2)
    assert tg.chain_matmul(x) is x
    assert tg.chain_matmul(x, x, x).tolist() == [[4.0, 4.0], [4.0, 4.0]]
    with pytest.raises(RuntimeError, match="two matrices"):
        linalg.multi_dot([x])


def test_results_are_written_where_asked() -> None:
    out = tg.empty(2, 2)
    assert linalg.inv(2 * tg.eye(2), out=out) is out
    assert out.tolist() == [[0.5, 0.0], [0.0, 0.5]]
