"""Functions of float32 against the C library in double, in units of the last place."""

from __future__ import annotations

import math

import numpy as np
import pytest

import topograd as tg

F = tg.nn.functional


def units_off(got: np.ndarray, exact: np.ndarray) -> float:
    """The greatest error in units of the last place of the right result."""
    rounded = exact.astype(np.float32)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(np.isfinite(got), finite)
    np.testing.assert_array_equal(got[~finite], rounded[~finite])
    units = np.maximum(np.spacing(np.abs(rounded[finite])), np.float32(2**-149))
    return float(np.max(np.abs(got[finite].astype(np.float64) - exact[finite]) / units))


def normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


FUNCTIONS = [
    # name, function, the same in double, ranges, the greatest error allowed
    ("erf", tg.erf, math.erf, [(-6, 6), (-0.1, 0.1)], 2.5),
    ("erfc", tg.erfc, math.erfc, [(-5, 5), (-0.01, 0.01), (0, 1), (5, 10.2)], 7.5),
    ("gelu", F.gelu, lambda x: x * normal_cdf(x), [(-5, 5), (-0.1, 0.1), (-13, -5)], 11.0),
    ("logit", tg.logit, lambda x: math.log(x / (1 - x)), [(0.01, 0.4), (0.57, 0.999)], 4.5),
    ("logit near 1/2", tg.logit, lambda x: math.log1p((2 * x - 1) / (1 - x)), [(0.4, 0.57)], 4.5),
    ("logit of little", tg.logit, math.log, [(1e-44, 1e-38), (1e-30, 1e-10)], 2.5),
    ("exp", tg.exp, math.exp, [(-87, 88), (-1, 1), (-103, -87)], 2.0),
    ("tanh", tg.tanh, math.tanh, [(-9, 9), (-0.01, 0.01)], 2.0),
]


@pytest.mark.parametrize(("name", "function", "exact", "ranges", "most"), FUNCTIONS)
def test_function_of_one_number(name, function, exact, ranges, most):
    numbers = np.random.default_rng(0)
    for low, high in ranges:
        x = numbers.uniform(low, high, 20_000).astype(np.float32)
        wanted = np.array([exact(float(value)) for value in x])
        assert units_off(function(tg.from_numpy(x)).numpy(), wanted) <= most, (low, high)


def test_angles():
    numbers = np.random.default_rng(1)
    for spread in (1, 30):
        y, x = (
            (numbers.normal(size=20_000) * 2.0 ** numbers.uniform(-spread, spread, 20_000)).astype(
                np.float32
            )
            for _ in range(2)
        )
        got = tg.atan2(tg.from_numpy(y), tg.from_numpy(x)).numpy()
        assert units_off(got, np.arctan2(y.astype(np.float64), x.astype(np.float64))) <= 2.5


def test_angles_at_the_ends():
    ends = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-45, 3e38], np.float32)
    y, x = (part.ravel() for part in np.meshgrid(ends, ends))
    got = tg.atan2(tg.from_numpy(y.copy()), tg.from_numpy(x.copy())).numpy()
    wanted = np.arctan2(y, x)
    np.testing.assert_allclose(got, wanted, rtol=3e-7)
    np.testing.assert_array_equal(np.signbit(got), np.signbit(wanted))
