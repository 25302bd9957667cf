"""NumPy oracles of the elementwise operations: one plain function per op, PyTorch's names."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

Array = Any
_erf = np.vectorize(math.erf, otypes=[np.float64])


def by_name(*functions: Callable[..., Any]) -> dict[str, Callable[..., Any]]:
    """Return functions by their own names, which are the ops'."""
    return {function.__name__: function for function in functions}


def erf(input: Array) -> Array:
    """Return the error function by the C library, in float64."""
    values = np.asarray(input, np.float64)
    return _erf(values) if values.size else values


def _floating(value: Array) -> Array:
    """Return an integer or boolean array as float64; leave floating arrays as they are."""
    array = np.asarray(value)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def add(input: Array, other: Array, *, alpha: float = 1) -> Array:
    return np.add(input, np.multiply(other, alpha) if alpha != 1 else other)


def sub(input: Array, other: Array, *, alpha: float = 1) -> Array:
    return np.subtract(input, np.multiply(other, alpha) if alpha != 1 else other)


def rsub(input: Array, other: Array, *, alpha: float = 1) -> Array:
    return sub(other, input, alpha=alpha)


def mul(input: Array, other: Array) -> Array:
    return np.multiply(input, other)


def div(input: Array, other: Array, *, rounding_mode: str | None = None) -> Array:
    if rounding_mode is None:
        return np.true_divide(input, other)
    if rounding_mode == "floor":
        return np.floor_divide(input, other)
    integral = np.result_type(input, other).kind in "iu"
    quotient = np.trunc(np.true_divide(input, other))
    return quotient.astype(np.result_type(input, other)) if integral else quotient


def floor_divide(input: Array, other: Array) -> Array:
    return np.floor_divide(input, other)


def remainder(input: Array, other: Array) -> Array:
    return np.remainder(input, other)


def pow(input: Array, exponent: Array) -> Array:
    return np.power(input, exponent)


def where(condition: Array, input: Array = 0, other: Array = 0) -> Array:
    return np.where(condition, input, other)


def clamp(input: Array, min: Array = None, max: Array = None) -> Array:
    result = np.asarray(input)
    if min is not None:
        result = np.maximum(result, min)
    return result if max is None else np.minimum(result, max)


def lerp(input: Array, end: Array, weight: Array) -> Array:
    return input + weight * (end - input)


def addcmul(input: Array, tensor1: Array, tensor2: Array, *, value: float = 1) -> Array:
    return input + value * tensor1 * tensor2


def addcdiv(input: Array, tensor1: Array, tensor2: Array, *, value: float = 1) -> Array:
    return input + value * tensor1 / tensor2


def nan_to_num(input: Array, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Array:
    return np.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)


def round(input: Array, *, decimals: int = 0) -> Array:
    return np.round(input, decimals)


def sign(input: Array) -> Array:
    """The sign of NaN is 0, as in PyTorch."""
    return np.where(np.isnan(input), 0, np.sign(input))


def rsqrt(input: Array) -> Array:
    return 1 / np.sqrt(_floating(input))


def reciprocal(input: Array) -> Array:
    return 1 / _floating(input)


def square(input: Array) -> Array:
    return np.multiply(input, input)


def sigmoid(input: Array) -> Array:
    return 1 / (1 + np.exp(-_floating(input)))


def logsigmoid(input: Array) -> Array:
    return -np.logaddexp(0, -_floating(input))


def relu(input: Array, inplace: bool = False) -> Array:
    return np.maximum(input, 0)


def relu6(input: Array, inplace: bool = False) -> Array:
    return np.clip(input, 0, 6)


def gelu(input: Array, approximate: str = "none") -> Array:
    x = _floating(input)
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + erf(x / math.sqrt(2)))


def softplus(input: Array, beta: float = 1, threshold: float = 20) -> Array:
    scaled = beta * _floating(input)
    return np.where(scaled > threshold, input, np.log1p(np.exp(np.minimum(scaled, 60))) / beta)


def silu(input: Array, inplace: bool = False) -> Array:
    return _floating(input) * sigmoid(input)


def mish(input: Array, inplace: bool = False) -> Array:
    wide = np.asarray(input, np.float64)  # NumPy gives halves for 8-bit integers
    return wide * np.tanh(np.logaddexp(0, wide))


def leaky_relu(input: Array, negative_slope: float = 0.01, inplace: bool = False) -> Array:
    return np.where(np.asarray(input) > 0, input, negative_slope * np.asarray(input))


def elu(
    input: Array,
    alpha: float = 1.0,
    scale: float = 1.0,
    input_scale: float = 1.0,
    inplace: bool = False,
) -> Array:
    x = _floating(input)
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) * input_scale))


def celu(input: Array, alpha: float = 1.0, inplace: bool = False) -> Array:
    x = _floating(input)
    return np.maximum(x, 0) + np.minimum(alpha * np.expm1(np.minimum(x, 0) / alpha), 0)


def selu(input: Array, inplace: bool = False) -> Array:
    return elu(input, alpha=1.6732632423543772, scale=1.0507009873554805)


def hardtanh(
    input: Array, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Array:
    return np.clip(input, min_val, max_val)


def hardsigmoid(input: Array, inplace: bool = False) -> Array:
    return np.clip(np.asarray(input) + 3, 0, 6) / 6


def hardswish(input: Array, inplace: bool = False) -> Array:
    return input * hardsigmoid(input)


def softsign(input: Array) -> Array:
    return input / (1 + np.abs(input))


def tanhshrink(input: Array) -> Array:
    return input - np.tanh(_floating(input))


def bitwise_not(input: Array) -> Array:
    return np.invert(input)


def atan2(input: Array, other: Array) -> Array:
    return np.arctan2(_floating(input), _floating(other))


def logaddexp(input: Array, other: Array) -> Array:
    return np.logaddexp(_floating(input), _floating(other))


def xlogy(input: Array, other: Array) -> Array:
    return np.where(input == 0, 0, input * np.log(_floating(other)))


def isclose(
    input: Array, other: Array, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Array:
    return np.isclose(input, other, rtol, atol, equal_nan)


def duplicate(input: Array, **_options: Any) -> Array:
    return np.array(input)


def copy(input: Array, src: Array, non_blocking: bool = False) -> Array:
    return np.broadcast_to(src, np.shape(input)).astype(np.asarray(input).dtype)


def fill(input: Array, value: Any) -> Array:
    return np.full_like(input, value)


def detach(input: Array) -> Array:
    return np.asarray(input)


def to(input: Array, dtype: Any = None, *_rest: Any, **_options: Any) -> Array:
    return np.asarray(input).astype(dtype) if dtype is not None else np.asarray(input)


def _unary(function: Callable[[Array], Array], floating: bool) -> Callable[[Array], Array]:
    """Return `function` with the parameter named `input`; integers become float64 if wanted."""

    def oracle(input: Array) -> Array:
        return function(_floating(input) if floating else np.asarray(input))

    return oracle


def _binary(function: Callable[[Array, Array], Array]) -> Callable[[Array, Array], Array]:
    """Return `function` with the parameters named `input` and `other`."""

    def oracle(input: Array, other: Array) -> Array:
        return function(input, other)

    return oracle


def cast_to(kind: str) -> Callable[[Array], Array]:
    """Return the oracle of a cast to NumPy's dtype of that name."""
    return _unary(lambda values: values.astype(kind), floating=False)


_CASTS = """float:float32 double:float64 half:float16 long:int64 int:int32 short:int16 char:int8
    byte:uint8 bool:bool""".split()
_FLOATING_UNARY = """exp expm1 exp2 log log1p log2 log10 sqrt sin cos tan asin:arcsin acos:arccos
    atan:arctan sinh cosh tanh asinh:arcsinh acosh:arccosh atanh:arctanh""".split()
_PLAIN_UNARY = """neg:negative abs:absolute floor ceil trunc isnan isinf isfinite positive
    logical_not signbit""".split()
_BINARY = """maximum minimum fmax fmin fmod hypot copysign
    eq:equal ne:not_equal lt:less le:less_equal gt:greater ge:greater_equal
    logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor
    bitwise_left_shift:left_shift bitwise_right_shift:right_shift""".split()


def _from_numpy(entry: str) -> tuple[str, Callable[..., Array]]:
    """Split "name:numpy_name" and return the name with NumPy's function."""
    name, _, numpy_name = entry.partition(":")
    return name, getattr(np, numpy_name or name)


POINTWISE: dict[str, Callable[..., Any]] = by_name(
    add, sub, rsub, mul, div, floor_divide, remainder, pow, where, clamp, lerp, addcmul,
    addcdiv, nan_to_num, round, sign, rsqrt, reciprocal, square, sigmoid, logsigmoid, relu,
    relu6, gelu, softplus, silu, mish, leaky_relu, elu, celu, selu, hardtanh, hardsigmoid,
    hardswish, softsign, tanhshrink, bitwise_not, isclose, erf, atan2, logaddexp,
    xlogy, copy, fill, detach, to
)  # fmt: skip
POINTWISE |= {name: _unary(function, True) for name, function in map(_from_numpy, _FLOATING_UNARY)}
POINTWISE |= {name: _unary(function, False) for name, function in map(_from_numpy, _PLAIN_UNARY)}
POINTWISE |= {name: _binary(function) for name, function in map(_from_numpy, _BINARY)}
POINTWISE |= {name: cast_to(kind) for name, _, kind in (e.partition(":") for e in _CASTS)}
POINTWISE |= {"clone": duplicate, "contiguous": duplicate}
POINTWISE |= {
    "erfc": lambda input: 1 - erf(input),
    "clamp_min": lambda input, min: np.maximum(input, min),
    "clamp_max": lambda input, max: np.minimum(input, max),
    "frac": lambda input: input - np.trunc(input),
    "true_divide": div,
    "multiply": mul,
    "subtract": sub,
    "divide": div,
}
