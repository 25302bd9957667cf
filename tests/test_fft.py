"""topograd.fft: values, gradients and errors, beside PyTorch's and by sums written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd.testing import gradcheck, gradgradcheck

ONE = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL = ("fftn", "ifftn", "rfftn", "irfftn")
TWO = ("fft2", "ifft2", "rfft2", "irfft2")
REAL_INPUT = ("rfft", "ihfft", "rfftn", "rfft2")
NORMS = (None, "backward", "forward", "ortho")


def numbers(name: str, *shape: int) -> np.ndarray:
    draw = np.random.default_rng(len(shape) + sum(shape))
    x = draw.normal(size=shape)
    return x if name in REAL_INPUT else x + 1j * draw.normal(size=shape)


def array(tensor: Any) -> np.ndarray:
    """Return what a tensor of PyTorch or ours holds."""
    return (tensor.resolve_conj() if tensor.is_complex() else tensor).numpy()


def test_the_sum_is_that_of_the_definition() -> None:
    for n in (1, 2, 3, 5, 8):
        x = numbers("fft", 3, n)
        powers = np.exp(-2j * np.pi * np.outer(np.arange(n), np.arange(n)) / n)
        np.testing.assert_allclose(tg.fft.fft(tg.tensor(x)).numpy(), x @ powers, atol=1e-12)
        back = x @ powers.conj() / n
        np.testing.assert_allclose(tg.fft.ifft(tg.tensor(x)).numpy(), back, atol=1e-12)


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("norm", NORMS)
def test_one_dim_is_as_in_pytorch(name: str, norm: str | None) -> None:
    torch = pytest.importorskip("torch")
    for shape, options in [
        ((6,), {}),
        ((4, 5), {"dim": 0}),
        ((4, 5), {"n": 3}),
        ((4, 5), {"n": 8, "dim": -2}),
        ((2, 3, 7), {"n": 5, "dim": 1}),
    ]:
        x = numbers(name, *shape)
        for dtype in (x.dtype, np.float32 if name in REAL_INPUT else np.complex64):
            ours = getattr(tg.fft, name)(tg.tensor(x.astype(dtype)), norm=norm, **options)
            theirs = getattr(torch.fft, name)(torch.tensor(x.astype(dtype)), norm=norm, **options)
            assert str(ours.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
            tolerance = 1e-10 if dtype == x.dtype else 1e-4
            np.testing.assert_allclose(ours.numpy(), array(theirs), tolerance, tolerance)


@pytest.mark.parametrize("name", SEVERAL + TWO)
@pytest.mark.parametrize("norm", NORMS)
def test_several_dims_are_as_in_pytorch(name: str, norm: str | None) -> None:
    torch = pytest.importorskip("torch")
    x = numbers(name, 3, 4, 6)
    cases: list[dict[str, Any]] = [{}, {"dim": (0, 2)}, {"s": (5, 4), "dim": (2, 1)}]
    if name in SEVERAL:
        cases += [{"s": (2, 8)}, {"s": (-1, 3), "dim": (0, 1)}, {"dim": 1}]
    for options in cases:
        ours = getattr(tg.fft, name)(tg.tensor(x), norm=norm, **options)
        theirs = getattr(torch.fft, name)(torch.tensor(x), norm=norm, **options)
        np.testing.assert_allclose(ours.numpy(), array(theirs), 1e-10, 1e-10)


@pytest.mark.parametrize("name", ONE + SEVERAL + TWO)
def test_gradients_are_those_of_pytorch(name: str) -> None:
    torch = pytest.importorskip("torch")
    shape = (4, 5)
    for x in (numbers(name, *shape), numbers("rfft", *shape)):
        for options in ({}, {"norm": "ortho"}):
            grads = []
            for lib in (tg, torch):
                leaf = lib.tensor(x, requires_grad=True)
                y = getattr(lib.fft, name)(leaf, **options)
                weights = np.arange(float(y.numel())).reshape(tuple(y.shape)) * (
                    1 + 0.5j if y.is_complex() else 1
                )
                lost = y * lib.tensor(weights)
                (lost.real if lost.is_complex() else lost).pow(2).sum().backward()
                grads.append(array(leaf.grad))
            np.testing.assert_allclose(grads[0], grads[1], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", ["rfft", "ihfft", "fft", "irfft"])
def test_gradients_of_every_order_and_in_both_modes(name: str) -> None:
    x = tg.tensor(numbers("rfft", 2, 4), requires_grad=True)

    def program(x: Any) -> Any:
        y = getattr(tg.fft, name)(x * x, n=5)
        return tg.view_as_real(y).sin() if y.is_complex() else y.sin()

    assert gradcheck(program, (x,))
    assert gradgradcheck(program, (x,))
    t = tg.tensor(numbers("rfft", 2, 4))
    value, tangent = tg.func.jvp(program, (x.detach(),), (t,))
    step = 1e-6
    far = program(x.detach() + step * t) - program(x.detach() - step * t)
    np.testing.assert_allclose(tangent.numpy(), (far / (2 * step)).numpy(), atol=1e-6)
    assert value.shape == tangent.shape


def test_what_goes_there_comes_back() -> None:
    x = tg.randn(3, 7, 4, dtype=tg.float64)
    np.testing.assert_allclose(tg.fft.irfft(tg.fft.rfft(x, dim=1), n=7, dim=1).numpy(), x.numpy())
    np.testing.assert_allclose(tg.fft.irfftn(tg.fft.rfftn(x), s=x.shape).numpy(), x.numpy())
    np.testing.assert_allclose(tg.fft.ifft2(tg.fft.fft2(x)).real.numpy(), x.numpy(), atol=1e-12)
    y = tg.fft.hfft(tg.fft.ihfft(x), n=4)
    np.testing.assert_allclose(y.numpy(), x.numpy(), atol=1e-12)
    out = tg.zeros(0, dtype=tg.complex128)
    assert tg.fft.fft(x, out=out) is out
    np.testing.assert_allclose(out.numpy(), np.fft.fft(x.numpy()))
    assert tg.fft.fft(tg.arange(4)).dtype == tg.complex64
    assert tg.fft.fft(tg.zeros(0, 4)).shape == (0, 4)


@pytest.mark.parametrize("n", [1, 2, 5, 8])
def test_frequencies_and_shifts(n: int) -> None:
    for ours, theirs in ((tg.fft.fftfreq, np.fft.fftfreq), (tg.fft.rfftfreq, np.fft.rfftfreq)):
        np.testing.assert_allclose(ours(n, 0.5).numpy(), theirs(n, 0.5), rtol=1e-6)
        assert ours(n, dtype=tg.float64, requires_grad=True).requires_grad
    x = np.arange(float(n * 3)).reshape(n, 3)
    for name in ("fftshift", "ifftshift"):
        for dim in (None, 0, (0, 1), -1):
            found = getattr(tg.fft, name)(tg.tensor(x), dim).numpy()
            np.testing.assert_array_equal(found, getattr(np.fft, name)(x, dim))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: tg.fft.fft(x, 0), RuntimeError, r"fft.fft: Invalid number of data points \(0\)"),
        (lambda x: tg.fft.fft(x[:, :0]), RuntimeError, "Invalid number of data points"),
        (lambda x: tg.fft.irfft(x[:, :1]), RuntimeError, "Invalid number of data points"),
        (lambda x: tg.fft.fft(x, dim=2), IndexError, "fft.fft: Dimension out of range, dim 2"),
        (lambda x: tg.fft.fft(x.sum()), IndexError, "Dimension out of range"),
        (lambda x: tg.fft.fft2(x[0]), IndexError, "fft.fftn: Dimension out of range"),
        (lambda x: tg.fft.fft(x, norm="a"), RuntimeError, "Invalid normalization mode: .* 'a'"),
        (lambda x: tg.fft.rfft(x.to(tg.complex64)), RuntimeError, "expects a real input"),
        (lambda x: tg.fft.fft(x.half()), RuntimeError, "fft.fft: expects float32, float64"),
        (lambda x: tg.fft.fftn(x, dim=(0, -2)), RuntimeError, "FFT dims must be unique"),
        (lambda x: tg.fft.fftn(x, s=(1, 1, 1)), RuntimeError, "Got shape with 3 values"),
        (lambda x: tg.fft.fftn(x, s=(1,), dim=(0, 1)), RuntimeError, "must have the same length"),
        (lambda x: tg.fft.rfftn(x, dim=()), RuntimeError, "at least one axis"),
        (lambda x: tg.fft.fft(3), TypeError, "fft"),
    ],
)
def test_misuse_is_told(call: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind, match=message):
        call(tg.ones(3, 4))


def test_an_export_lists_it_with_its_line() -> None:
    pytest.importorskip("onnx")

    def program(x: Any) -> Any:
        return tg.fft.rfft(x).abs()

    with pytest.raises(tg.onnx.UnsupportedOperatorError, match=r"fft.rfft at .*test_fft.py:\d+ in"):
        tg.onnx.export(program, tg.ones(2, 4))
