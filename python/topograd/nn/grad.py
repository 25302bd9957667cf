"""Gradients of convolutions as functions of their own; they can be differentiated again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn import functional as F

__all__ = [
    "conv1d_input",
    "conv1d_weight",
    "conv2d_input",
    "conv2d_weight",
    "conv3d_input",
    "conv3d_weight",
]


def _transposed(run: Callable[[Tensor], Tensor], size: Sequence[int], gradient: Tensor) -> Tensor:
    """The gradient of a linear function of a tensor of this size."""
    start = tg.zeros(tuple(size), dtype=gradient.dtype, requires_grad=True)
    recorded = tg.is_grad_enabled()
    with tg.enable_grad():
        output = run(start)
    return tg.autograd.grad(output, start, gradient, create_graph=recorded)[0]


def _functions(axes: int) -> tuple[Callable[..., Tensor], Callable[..., Tensor]]:
    conv: Callable[..., Tensor] = getattr(F, f"conv{axes}d")

    def of_input(
        input_size: Sequence[int],
        weight: Tensor,
        grad_output: Tensor,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        options = (None, stride, padding, dilation, groups)
        return _transposed(lambda x: conv(x, weight, *options), input_size, grad_output)

    def of_weight(
        input: Tensor,
        weight_size: Sequence[int],
        grad_output: Tensor,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Tensor:
        options = (None, stride, padding, dilation, groups)
        return _transposed(lambda w: conv(input, w, *options), weight_size, grad_output)

    of_input.__name__ = of_input.__qualname__ = f"conv{axes}d_input"
    of_weight.__name__ = of_weight.__qualname__ = f"conv{axes}d_weight"
    of_input.__doc__ = f"""The gradient of conv{axes}d with respect to its input.

    input_size: the shape of the input.  weight: (O, C / groups, K…).  grad_output: of the shape of
    the output.  The other arguments as in `conv{axes}d`.
    """
    of_weight.__doc__ = f"""The gradient of conv{axes}d with respect to its weight.

    input: (N, C, …).  weight_size: the shape of the weight.  grad_output: of the shape of the
    output.  The other arguments as in `conv{axes}d`.
    """
    return of_input, of_weight


conv1d_input, conv1d_weight = _functions(1)
conv2d_input, conv2d_weight = _functions(2)
conv3d_input, conv3d_weight = _functions(3)
