"""What the tests of complex numbers share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import Array, array_of

INFINITY, NAN = float("inf"), float("nan")
KINDS = pytest.mark.parametrize("kind", ["complex64", "complex128"])
TOLERANCE = {"complex64": 1e-5, "complex128": 1e-13}


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
