"""Paths that only larger tensors take, beside NumPy: short rows, strided copies, topk, nonzero."""

from __future__ import annotations

import numpy as np
import pytest

import topograd as tg

SHAPES = [
    ((700, 1), (700, 10)),
    ((700, 1), (1, 10)),
    ((90, 7, 1), (7, 5)),
    ((50, 3, 1), (50, 1, 3)),
    ((6, 40, 128), (40, 1)),
    ((6, 40, 129), (40, 1)),
    ((3, 1, 300), (1, 50, 1)),
    ((1200, 1, 1), (3, 3)),
    ((2, 3, 4, 5, 6), (3, 1, 5, 1)),
]


def numbers(shape: tuple[int, ...], dtype: str = "float32") -> np.ndarray:
    return np.random.default_rng(len(shape)).integers(-9, 9, shape).astype(dtype)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "complex128"])
@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_short_rows_that_repeat_are_added(
    left: tuple[int, ...], right: tuple[int, ...], dtype: str, threads: int
) -> None:
    before = tg.get_num_threads()
    tg.set_num_threads(threads)
    try:
        a, b = numbers(left, dtype), numbers(right, dtype)
        for x, y in ((a, b), (b, a), (a, numbers(right, "float32"))):
            result = (tg.tensor(x) + tg.tensor(y)).numpy()
            np.testing.assert_array_equal(result, (x + y).astype(result.dtype))
    finally:
        tg.set_num_threads(before)


@pytest.mark.parametrize("width", [1, 2, 3, 10, 64, 127, 128, 129, 200])
@pytest.mark.parametrize("dtype", ["float32", "bool", "int16", "float64"])
def test_parts_of_rows_are_read_and_written_in_place(width: int, dtype: str) -> None:
    whole = numbers((300, 260), dtype)
    expected = whole.copy()
    expected[:, 5 : 5 + width] = whole[:, 30 : 30 + width] ** 2
    x = tg.tensor(whole)
    x[:, 5 : 5 + width] = (tg.tensor(whole)[:, 30 : 30 + width] ** 2).to(x.dtype)
    np.testing.assert_array_equal(x.numpy(), expected)
    for source in (whole[:, ::2], whole[:, ::-3], whole[::2, 7 : 7 + width], whole.T):
        steps = tg.tensor(whole)
        taken = {
            whole[:, ::2].shape: steps[:, ::2],
            whole[:, ::-3].shape: steps.flip(1)[:, ::3],
            whole[::2, 7 : 7 + width].shape: steps[::2, 7 : 7 + width],
            whole.T.shape: steps.T,
        }[source.shape]
        np.testing.assert_array_equal((taken == 1).numpy(), source == 1)


def test_views_are_changed_in_place_a_row_at_a_time() -> None:
    whole = numbers((400, 3, 9))
    x = tg.tensor(whole)
    x[:, :, 2:5].add_(tg.tensor([[1.0], [2.0], [3.0]]))
    whole[:, :, 2:5] += np.array([[1.0], [2.0], [3.0]], dtype="float32")
    np.testing.assert_array_equal(x.numpy(), whole)
    x.permute(2, 0, 1)[1].mul_(tg.arange(3))
    whole.transpose(2, 0, 1)[1] *= np.arange(3, dtype="float32")
    np.testing.assert_array_equal(x.numpy(), whole)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8"])
def test_copies_between_layouts_keep_the_elements(dtype: str) -> None:
    rows = numbers((1, 70), dtype)
    target = tg.zeros(300, 70, dtype=getattr(tg, dtype))
    np.testing.assert_array_equal(
        target.copy_(tg.tensor(rows)).numpy(), np.broadcast_to(rows, (300, 70))
    )
    column = numbers((300, 1), "float32")
    np.testing.assert_array_equal(
        target.copy_(tg.tensor(column)).numpy(),
        tg.tensor(np.broadcast_to(column, (300, 70))).to(target.dtype).numpy(),
    )
    source = numbers((70, 300), dtype)
    np.testing.assert_array_equal(target.T.copy_(tg.tensor(source)).numpy(), source)
    np.testing.assert_array_equal(target.copy_(tg.tensor(source).T).numpy(), source.T)
    wide = tg.zeros(300, 200, dtype=target.dtype)
    wide[:, 3:73].copy_(target.flip(0))
    np.testing.assert_array_equal(wide.numpy()[:, 3:73], source.T[::-1])
    wide[:, 4:74].copy_(wide[:, 3:73])
    np.testing.assert_array_equal(wide.numpy()[:, 4:74], source.T[::-1])


def expected_places(x: np.ndarray, k: int, *, largest: bool) -> np.ndarray:
    # NaN is the greatest; a stable sort of negated ranks keeps the first of equals in front.
    ranks = np.unique(x, return_inverse=True, equal_nan=True)[1].reshape(x.shape)
    return np.argsort(-ranks if largest else ranks, axis=-1, kind="stable")[..., :k]


@pytest.mark.parametrize("largest", [True, False])
@pytest.mark.parametrize("k", [1, 2, 10, 130, 1000])
@pytest.mark.parametrize("kind", ["random", "rising", "falling", "equal", "few", "nan"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_topk_gives_what_a_stable_sort_puts_first(
    dtype: str, kind: str, k: int, *, largest: bool
) -> None:
    generator = np.random.default_rng(3)
    n = 200_000 if k < 1000 and kind != "equal" else 3000
    x = {
        "random": generator.standard_normal((1, n)) * 1e6,
        "rising": np.arange(n)[None],
        "falling": -np.arange(n)[None],
        "equal": np.ones((2, n)),
        "few": generator.integers(0, 4, (2, n)),
        "nan": np.where(generator.random((1, n)) < 0.001, np.nan, generator.random((1, n))),
    }[kind]
    if dtype == "int64":
        x = np.nan_to_num(x)
    x = x.astype(dtype)
    values, places = tg.topk(tg.tensor(x), k, largest=largest)
    np.testing.assert_array_equal(places.numpy(), expected_places(x, k, largest=largest))
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(x, places.numpy(), -1))
    again = tg.topk(tg.tensor(x).T, k, dim=0, largest=largest).indices
    assert tg.equal(again.T, places)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(150_000,), (400, 350), (7, 11, 2000), (70_000, 2), (3, 0)])
def test_nonzero_finds_all_flags_in_order(shape: tuple[int, ...], share: float) -> None:
    flags = np.random.default_rng(1).random(shape) < share
    np.testing.assert_array_equal(tg.nonzero(tg.tensor(flags)).numpy(), np.argwhere(flags))


PRODUCTS = [
    (316, 316, 316),
    (70, 400, 190),
    (5, 130, 300),
    (2, 9, 2),
    (300, 512, 70),
    (40, 1024, 99),
]


@pytest.mark.parametrize("sizes", PRODUCTS)
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "int64"])
def test_products_with_a_bias_are_the_same_for_every_number_of_threads(
    sizes: tuple[int, int, int], transposed: bool, dtype: str
) -> None:
    m, k, n = sizes
    a, b, row, matrix = numbers((m, k)), numbers((n, k) if transposed else (k, n)), *(
        numbers((n,)), numbers((m, n))
    )  # fmt: skip
    right = tg.tensor(b).t() if transposed else tg.tensor(b)
    # Small integers: exact in every dtype but for the last rounding to bfloat16.
    expected = a.astype(float) @ (b.T if transposed else b)
    kind = getattr(tg, dtype)
    before = tg.get_num_threads()
    try:
        for threads in (1, 2, 3):
            tg.set_num_threads(threads)
            for bias in (row, matrix, matrix[:1], matrix[:, :1]):
                given = [tg.tensor(bias), tg.tensor(a), right]
                result = tg.addmm(*[x.to(kind) for x in given])
                exact = tg.tensor(expected + bias).to(kind)
                assert tg.equal(result, exact) or dtype == "bfloat16"
                np.testing.assert_allclose(
                    result.double().numpy(), exact.double().numpy(), rtol=0.02, atol=2.0
                )
    finally:
        tg.set_num_threads(before)
