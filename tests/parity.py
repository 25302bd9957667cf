"""PyTorch as a second oracle: the function of the same name, and calls of both libraries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import arrays, is_floating, is_tensor, kind_of, mapped, outputs, tensor_of, tensors


def torch_function(name: str) -> Callable[..., Any] | None:
    """Return PyTorch's function of that name: of nn.functional, of torch, or a Tensor method."""
    import torch

    owners = (torch.nn.functional, torch, torch.Tensor)
    if name == "unfold":  # torch.nn.functional.unfold is quite another operation
        owners = (torch.Tensor,)
    for owner in owners:
        if callable(getattr(owner, name, None)):
            found: Callable[..., Any] = getattr(owner, name)
            return found
    return None


def to_torch(value: Any) -> Any:
    """Return nested tensors and dtypes of topograd as PyTorch's; the tensors are copies."""
    import torch

    def convert(leaf: Any) -> Any:
        if is_tensor(leaf):
            return tensor_of(arrays(leaf), kind_of(leaf), torch)
        if type(leaf).__name__ in ("dtype", "Kind"):
            return getattr(torch, kind_of(leaf))
        return leaf

    return mapped(convert, value)


def attempt(
    function: Callable[..., Any], *args: Any, **kwargs: Any
) -> tuple[Any, Exception | None]:
    """Return (result, None) or (None, exception)."""
    try:
        return function(*args, **kwargs), None
    except Exception as error:
        return None, error


def describe(result: Any) -> list[tuple[str, tuple[int, ...]]]:
    """Return dtype name and shape of each tensor of a result."""
    return [(kind_of(tensor), tuple(tensor.shape)) for tensor in outputs(result)]


def gradients(library: Any, result: Any, inputs: list[Any], weights: list[Any]) -> list[Any]:
    """Return the gradients of the weighted sum of the floating outputs, zeros where None."""
    pairs = [
        (output, tensor_of(weight, kind_of(output), library))
        for output, weight in zip(floating(result), weights, strict=True)
        if output.requires_grad
    ]
    if not pairs or not inputs:
        return [np.zeros(tuple(tensor.shape)) for tensor in inputs]
    found = library.autograd.grad(
        [output for output, _ in pairs],
        inputs,
        [weight for _, weight in pairs],
        allow_unused=True,
    )
    return [
        np.zeros(tuple(tensor.shape)) if gradient is None else arrays(gradient)
        for tensor, gradient in zip(inputs, found, strict=True)
    ]


def floating(result: Any) -> list[Any]:
    """Return the floating-point tensors of a result."""
    return [tensor for tensor in outputs(result) if is_floating(tensor)]


__all__ = [
    "attempt",
    "describe",
    "floating",
    "gradients",
    "tensors",
    "to_torch",
    "torch_function",
]
