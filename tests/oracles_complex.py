"""Complex numbers, by plain NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import Array


def view_as_real(input: Array) -> Array:
    return np.stack([input.real, input.imag], -1)


def view_as_complex(input: Array) -> Array:
    return input[..., 0] + 1j * input[..., 1]


def sgn(input: Array) -> Array:
    if np.iscomplexobj(input):
        return np.where(input == 0, 0, np.exp(1j * np.angle(input))).astype(input.dtype)
    return np.sign(input)


def complex_(real: Array, imag: Array) -> Array:
    return real + 1j * imag


def polar(abs: Array, angle: Array) -> Array:
    return abs * np.exp(1j * angle)


COMPLEX: dict[str, Callable[..., Any]] = {
    "view_as_real": view_as_real,
    "view_as_complex": view_as_complex,
    "real": lambda input: np.real(input),
    "imag": lambda input: np.imag(input),
    "conj": lambda input: np.conj(input),
    "resolve_conj": lambda input: input,
    "sgn": sgn,
    "angle": lambda input: np.angle(input),
    "complex": complex_,
    "polar": polar,
}
