"""PyTorch as a second oracle: the function of the same name, and calls of both libraries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from helpers import (
    FLOATING,
    REAL_KINDS,
    Call,
    arrays,
    assert_close,
    is_floating,
    is_tensor,
    kind_of,
    mapped,
    outputs,
    quiet,
    tensor_of,
    tensors,
)


def torch_function(name: str) -> Callable[..., Any] | None:
    """Return PyTorch's function of that name: of nn.functional, of torch, or a Tensor method."""
    import torch

    owners = (torch.nn.functional, torch, torch.Tensor)
    if name == "unfold":  # a method, and in nn.functional quite another operation
        return _unfold
    for owner in owners:
        if callable(getattr(owner, name, None)):
            found: Callable[..., Any] = getattr(owner, name)
            return found
    return None


def _unfold(*args: Any, **kwargs: Any) -> Any:
    import torch

    of_image = "kernel_size" in kwargs or (len(args) > 1 and not isinstance(args[1], int))
    return (torch.nn.functional.unfold if of_image else torch.Tensor.unfold)(*args, **kwargs)


def to_torch(value: Any) -> Any:
    """Return nested tensors and dtypes of topograd as PyTorch's; the tensors are copies."""
    import torch

    def convert(leaf: Any) -> Any:
        if is_tensor(leaf):
            return tensor_of(arrays(leaf), kind_of(leaf), torch)
        if type(leaf).__name__ in ("dtype", "Kind"):
            return getattr(torch, kind_of(leaf))
        if leaf in ("preserve_format", "contiguous_format", "channels_last", "channels_last_3d"):
            return getattr(torch, leaf)
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


def torch_call(call: Call) -> Call:
    """Return PyTorch's call for one of topograd's, by keywords if PyTorch takes those."""
    function = torch_function(call.name)
    assert function is not None
    plain, named = (
        Call(call.name, function, *to_torch((form.args, form.kwargs)))
        for form in (call, call.with_keywords())
    )
    with quiet():
        return named if attempt(named.copied())[1] is None else plain


# Where equal values lie in the order is not defined.
ORDER_IS_FREE = ("sort", "argsort", "topk")
# Which of equal values is picked is not defined.
PLACE_IS_FREE = ("median", "nanmedian", "kthvalue", "mode")


def assert_same_values(
    name: str, result: Any, expected: Any, factor: float, coarsest: str | None = None
) -> None:
    """Compare the tensors of two results, to the precision of each dtype or of `coarsest`."""
    pairs = list(zip(outputs(result), outputs(expected), strict=True))
    if name in ORDER_IS_FREE or (name in PLACE_IS_FREE and len(pairs) > 1):
        pairs = pairs[:-1]
    for own, their in pairs:
        kind = REAL_KINDS.get(kind_of(own), kind_of(own))
        if kind in FLOATING and coarsest is not None:
            kind = max(kind, coarsest, key=FLOATING.index)
        assert_close(own, their, kind if kind in FLOATING else "float64", factor)


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
    "ORDER_IS_FREE",
    "PLACE_IS_FREE",
    "assert_same_values",
    "attempt",
    "describe",
    "floating",
    "gradients",
    "tensors",
    "to_torch",
    "torch_call",
    "torch_function",
]
