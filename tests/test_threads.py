"""The same bits for any number of threads, and numbers of threads that are refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import arrays, assert_same_bits, tensor_of

functional = tg.nn.functional


def numbers(*shape: int) -> Any:
    """Return float32 numbers of very different sizes, so that the order of a sum shows."""
    rng = np.random.default_rng(1)
    return tensor_of((rng.standard_normal(shape) * 10.0 ** rng.integers(-3, 4, shape)), "float32")


def image(*shape: int) -> Any:
    """Return float32 standard normal numbers that require their gradient."""
    return tensor_of(np.random.default_rng(2).standard_normal(shape), "float32").requires_grad_()


def with_gradients(function: Callable[..., Any], *inputs: Any) -> list[Any]:
    """Return the result of a function with the gradients of its sum of squares."""
    result = function(*inputs)
    return [result.detach(), *tg.autograd.grad((result * result).sum(), list(inputs))]


def training() -> list[Any]:
    """Return the weights of a small convolutional network after a few steps."""
    tg.manual_seed(0)
    kernel, weight = image(8, 1, 3, 3), image(10, 8 * 13 * 13)
    data, target = numbers(32, 1, 28, 28).tanh(), tg.arange(32) % 10
    for _ in range(3):
        hidden = functional.max_pool2d(functional.conv2d(data, kernel).relu(), 2).flatten(1)
        loss = functional.cross_entropy(functional.dropout(hidden @ weight.t()), target)
        gradients = tg.autograd.grad(loss, [kernel, weight])
        with tg.no_grad():
            kernel.sub_(gradients[0] * 1e-3)
            weight.sub_(gradients[1] * 1e-3)
    return [kernel.detach(), weight.detach()]


WORK: dict[str, Callable[[], Any]] = {
    "sum": lambda: numbers(1_000_003).sum(),
    "sum of rows": lambda: numbers(300, 4001).sum(1),
    "sum of columns": lambda: numbers(4001, 300).sum(0),
    "mean and variance": lambda: [numbers(500_009).mean(), numbers(500_009).var()],
    "dot": lambda: numbers(300_001) @ numbers(300_001),
    "cumsum": lambda: numbers(7, 50_000).cumsum(1),
    "norm": lambda: numbers(400_001).norm(),
    "matmul": lambda: numbers(301, 500) @ numbers(500, 299),
    "skinny matmul": lambda: numbers(4, 20_000) @ numbers(20_000, 8),
    "tall matmul": lambda: numbers(20_000, 8) @ numbers(8, 4),
    "batched matmul": lambda: numbers(33, 40, 50) @ numbers(33, 50, 45),
    "matmul gradient": lambda: with_gradients(tg.matmul, image(257, 130), image(130, 190)),
    "softmax": lambda: with_gradients(lambda x: x.softmax(-1), image(700, 300)),
    "logsumexp": lambda: with_gradients(lambda x: x.logsumexp(0), image(3000, 50)),
    "layer_norm": lambda: with_gradients(
        lambda x, w, b: functional.layer_norm(x, (200,), w, b),
        image(900, 200),
        image(200),
        image(200),
    ),
    "batch_norm": lambda: with_gradients(
        lambda x, w, b: functional.batch_norm(x, None, None, w, b, training=True),
        image(16, 12, 20, 20),
        image(12),
        image(12),
    ),
    "conv2d": lambda: with_gradients(
        lambda x, w, b: functional.conv2d(x, w, b, padding=1),
        image(8, 6, 30, 30),
        image(12, 6, 3, 3),
        image(12),
    ),
    "depthwise conv2d": lambda: with_gradients(
        lambda x, w: functional.conv2d(x, w, padding=1, groups=16),
        image(4, 16, 30, 30),
        image(16, 1, 3, 3),
    ),
    "conv3d": lambda: with_gradients(
        lambda x, w, b: functional.conv3d(x, w, b, padding=(1, 0, 1)),
        image(3, 16, 12, 12, 12),
        image(16, 16, 3, 3, 3),
        image(16),
    ),
    "conv_transpose2d": lambda: with_gradients(
        lambda x, w, b: functional.conv_transpose2d(x, w, b, stride=2, padding=1),
        image(4, 24, 20, 20),
        image(24, 16, 3, 3),
        image(16),
    ),
    "pools with windows of their own": lambda: with_gradients(
        lambda x: functional.adaptive_max_pool2d(x, 17) + functional.adaptive_avg_pool2d(x, 17),
        image(8, 8, 41, 41),
    ),
    "pools": lambda: with_gradients(
        lambda x: functional.max_pool2d(x, 3, 2) + functional.avg_pool2d(x, 3, 2),
        image(8, 8, 41, 41),
    ),
    "cross_entropy": lambda: with_gradients(
        lambda x: functional.cross_entropy(x, tg.arange(2000) % 50), image(2000, 50)
    ),
    "attention": lambda: with_gradients(
        functional.scaled_dot_product_attention,
        image(2, 4, 130, 32),
        image(2, 4, 130, 32),
        image(2, 4, 130, 32),
    ),
    "embedding": lambda: with_gradients(
        lambda w: functional.embedding(tg.arange(30_000) % 97, w), image(97, 20)
    ),
    "gather of repeated rows": lambda: with_gradients(
        lambda x: x[tg.arange(40_000) % 31], image(31, 16)
    ),
    "scatter_add": lambda: numbers(50).scatter_add(0, tg.arange(60_000) % 50, numbers(60_000)),
    "broadcast gradient": lambda: with_gradients(tg.mul, image(3000, 100), image(100)),
    "gelu": lambda: with_gradients(functional.gelu, image(300_007)),
    "sort": lambda: numbers(37, 5000).sort(1),
    "training": training,
}


@pytest.mark.parametrize("name", WORK)
def test_same_bits_for_any_number_of_threads(name: str) -> None:
    results = []
    for threads in (1, 2, 7):
        tg.set_num_threads(threads)
        results.append(arrays(WORK[name]()))
    assert_same_bits(results[0], results[1])
    assert_same_bits(results[0], results[2])


OF_ONE_NUMBER = (
    "exp exp2 expm1 log log1p sin cos tan sinh cosh tanh erf erfc sigmoid lgamma digamma sqrt sinc"
)


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("name", [*OF_ONE_NUMBER.split(), "silu", "gelu", "softplus"])
def test_what_an_element_becomes_does_not_depend_on_its_neighbours(name: str, dtype: str) -> None:
    """Blocks with large angles or overflowing powers take other loops than blocks without."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal(4001) * np.where(rng.random(4001) < 1e-3, 1e3, 3)
    x[[5, 1200, 3900]] = np.nan, np.inf, 1e30
    if dtype == "complex64":
        x = np.stack([x, np.roll(x, 700)], -1).view(np.complex128)[:, 0]
    function = getattr(tg, name, None) or getattr(functional, name)
    try:
        whole = function(tensor_of(x, dtype))
    except tg.DTypeError:
        pytest.skip("not defined for complex numbers")
    for start in (1, 7, 512, 1300):
        part = function(tensor_of(x[start:], dtype))
        np.testing.assert_array_equal(arrays(whole)[start:], arrays(part))


def test_sum_of_many_ones_is_exact() -> None:
    assert tg.ones(2**24 + 3).sum().item() == float(np.float32(2**24 + 3))
    assert tg.full((3_000_000,), 0.1).sum().item() == pytest.approx(300_000.0, rel=1e-6)


def test_variance_far_from_zero_is_accurate() -> None:
    values = np.random.default_rng(3).standard_normal(10_000) + 1e6
    expected = np.var(values.astype(np.float32).astype(np.float64), ddof=1)
    assert tensor_of(values, "float32").var().item() == pytest.approx(expected, rel=1e-3)


def test_number_of_threads_is_what_was_set() -> None:
    for threads in (1, 2, 5):
        tg.set_num_threads(threads)
        assert tg.get_num_threads() == threads


@pytest.mark.parametrize("wrong", [0, -1, 2**31, 2**40, -(2**63), 2**70, 1.5, "2", None])
def test_hostile_numbers_of_threads_are_refused(wrong: Any) -> None:
    before = tg.get_num_threads()
    with pytest.raises((ValueError, TypeError, RuntimeError, OverflowError)):
        tg.set_num_threads(wrong)
    assert tg.get_num_threads() == before


def test_changing_the_number_of_threads_during_work_in_another_thread_is_safe() -> None:
    import threading

    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            assert tg.ones(200_000).sum().item() == 200_000.0

    worker = threading.Thread(target=work)
    worker.start()
    for threads in [1, 3, 2, 4] * 10:
        tg.set_num_threads(threads)
        assert tg.ones(100_000).sum().item() == 100_000.0
    stop.set()
    worker.join()
