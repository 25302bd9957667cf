"""Functions with an argument of PyTorch's that chooses between ops: `inplace`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd._C import Tensor
from topograd.nn.native import native

__all__ = [
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "silu",
]

_elu = native("elu")
_hardsigmoid = native("hardsigmoid")
_hardswish = native("hardswish")
_hardtanh = native("hardtanh")
_leaky_relu = native("leaky_relu")
_mish = native("mish")
_relu = native("relu")
_relu6 = native("relu6")
_silu = native("silu")


def over(input: Tensor, function: Callable[..., Any], *args: Any) -> Tensor:
    """Writes `function(input, *args)` over `input`, and returns it."""
    if not isinstance(input, Tensor):
        return function(input, *args)  # raises, naming the op
    # The copy is what the backward pass reads: `input` itself no longer holds the argument then.
    return write_over(input, function(input.clone(), *args), function.__name__)


def write_over(input: Tensor, result: Tensor, name: str) -> Tensor:
    """Writes `result` over `input` and returns it; what `copy_` refuses is told under `name`."""
    try:
        return input.copy_(result)
    except RuntimeError as error:
        message = str(error).removeprefix("copy_: ")
        raise type(error)(f"{name}: {message}") from None


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Rectified linear unit: y = max(x, 0); the gradient at 0 is 0.

    >>> import topograd as tg
    >>> tg.nn.functional.relu(tg.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    in_place = inplace and isinstance(input, Tensor)
    result: Tensor = input.relu_() if in_place else _relu(input)
    return result


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Rectified linear unit with a ceiling: y = min(max(x, 0), 6).

    >>> import topograd as tg
    >>> tg.nn.functional.relu6(tg.tensor([-2.0, 3.0, 8.0])).tolist()
    [0.0, 3.0, 6.0]
    """
    result: Tensor = over(input, _relu6) if inplace else _relu6(input)
    return result


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Sigmoid linear unit, or swish: y = x / (1 + exp(-x)).

    >>> import topograd as tg
    >>> tg.nn.functional.silu(tg.tensor(0.0)).item()
    0.0
    """
    result: Tensor = over(input, _silu) if inplace else _silu(input)
    return result


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Mish: y = x tanh(softplus(x)).  Source: Misra, 2019.

    >>> import topograd as tg
    >>> tg.nn.functional.mish(tg.tensor(0.0)).item()
    0.0
    """
    result: Tensor = over(input, _mish) if inplace else _mish(input)
    return result


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Exponential linear unit: y = x where x > 0, alpha (exp(x) - 1) elsewhere.

    >>> import topograd as tg
    >>> tg.nn.functional.elu(tg.tensor([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    result: Tensor = over(input, _elu, alpha) if inplace else _elu(input, alpha)
    return result


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Leaky ReLU: y = x where x > 0, negative_slope x elsewhere.

    >>> import topograd as tg
    >>> tg.nn.functional.leaky_relu(tg.tensor([-2.0, 2.0]), 0.5).tolist()
    [-1.0, 2.0]
    """
    slope = negative_slope
    result: Tensor = over(input, _leaky_relu, slope) if inplace else _leaky_relu(input, slope)
    return result


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """The identity between two bounds: y = min(max(x, min_val), max_val).

    >>> import topograd as tg
    >>> tg.nn.functional.hardtanh(tg.tensor([-2.0, 0.5, 2.0])).tolist()
    [-1.0, 0.5, 1.0]
    """
    if inplace:
        return over(input, _hardtanh, min_val, max_val)
    result: Tensor = _hardtanh(input, min_val, max_val)
    return result


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """The sigmoid in three straight pieces: y = min(max(x + 3, 0), 6) / 6.

    >>> import topograd as tg
    >>> tg.nn.functional.hardsigmoid(tg.tensor([-4.0, 0.0, 4.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    result: Tensor = over(input, _hardsigmoid) if inplace else _hardsigmoid(input)
    return result


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Hard swish: y = x min(max(x + 3, 0), 6) / 6.  Source: Howard et al., 2019.

    >>> import topograd as tg
    >>> tg.nn.functional.hardswish(tg.tensor([0.0, 4.0])).tolist()
    [0.0, 4.0]
    """
    result: Tensor = over(input, _hardswish) if inplace else _hardswish(input)
    return result
