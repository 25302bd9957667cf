"""Functions with an argument of PyTorch's that chooses between ops: `inplace`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd._C import Tensor
from topograd.nn.native import native

__all__ = [
    "celu",
    "elu",
    "hardsigmoid",
    "hardswish",
    "hardtanh",
    "leaky_relu",
    "mish",
    "relu",
    "relu6",
    "rrelu_",
    "selu",
    "silu",
    "threshold",
]

_celu, _celu_ = native("celu"), native("celu_")
_elu, _elu_ = native("elu"), native("elu_")
_hardsigmoid = native("hardsigmoid")
_hardswish = native("hardswish")
_hardtanh, _hardtanh_ = native("hardtanh"), native("hardtanh_")
_leaky_relu, _leaky_relu_ = native("leaky_relu"), native("leaky_relu_")
_mish = native("mish")
_relu = native("relu")
_relu6 = native("relu6")
_rrelu = native("rrelu")
_selu, _selu_ = native("selu"), native("selu_")
_silu = native("silu")
_threshold, _threshold_ = native("threshold"), native("threshold_")


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


def _in_place(
    input: object, function: Callable[..., Any], changing: Callable[..., Any]
) -> Callable[..., Any]:
    """The op that writes over a tensor; what is none is left to `function`, which names itself."""
    return changing if isinstance(input, Tensor) else function


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
    function = _in_place(input, _elu, _elu_) if inplace else _elu
    result: Tensor = function(input, alpha)
    return result


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Continuously differentiable ELU: y = max(x, 0) + min(0, alpha (exp(x / alpha) - 1)).

    Raises ValueError if alpha is 0.  Source: Barron, 2017.

    >>> import topograd as tg
    >>> tg.nn.functional.celu(tg.tensor([0.0, 2.0])).tolist()
    [0.0, 2.0]
    """
    function = _in_place(input, _celu, _celu_) if inplace else _celu
    result: Tensor = function(input, alpha)
    return result


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Scaled ELU: y = s elu(x, a), with s and a such that mean 0 and variance 1 are kept.

    Source: Klambauer et al., 2017.

    >>> import topograd as tg
    >>> tg.nn.functional.selu(tg.tensor(0.0)).item()
    0.0
    """
    result: Tensor = (_in_place(input, _selu, _selu_) if inplace else _selu)(input)
    return result


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Small values replaced: y = x where x > threshold, value elsewhere.

    >>> import topograd as tg
    >>> tg.nn.functional.threshold(tg.tensor([0.5, 2.0]), 1.0, -1.0).tolist()
    [-1.0, 2.0]
    """
    function = _in_place(input, _threshold, _threshold_) if inplace else _threshold
    result: Tensor = function(input, threshold, value)
    return result


def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False
) -> Tensor:
    """`rrelu`, written over its input.

    >>> import topograd as tg
    >>> tg.nn.functional.rrelu_(tg.tensor([-8.0, 2.0]), 0.25, 0.75).tolist()
    [-4.0, 2.0]
    """
    result: Tensor = _rrelu(input, lower, upper, training, True)
    return result


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Leaky ReLU: y = x where x > 0, negative_slope x elsewhere.

    >>> import topograd as tg
    >>> tg.nn.functional.leaky_relu(tg.tensor([-2.0, 2.0]), 0.5).tolist()
    [-1.0, 2.0]
    """
    function = _in_place(input, _leaky_relu, _leaky_relu_) if inplace else _leaky_relu
    result: Tensor = function(input, negative_slope)
    return result


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """The identity between two bounds: y = min(max(x, min_val), max_val).

    >>> import topograd as tg
    >>> tg.nn.functional.hardtanh(tg.tensor([-2.0, 0.5, 2.0])).tolist()
    [-1.0, 0.5, 1.0]
    """
    function = _in_place(input, _hardtanh, _hardtanh_) if inplace else _hardtanh
    result: Tensor = function(input, min_val, max_val)
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
