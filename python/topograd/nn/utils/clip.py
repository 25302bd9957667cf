"""Clipping of gradients."""

from __future__ import annotations

from collections.abc import Iterable
from types import GeneratorType
from typing import Any
from warnings import warn

import topograd as tg
from topograd import _C
from topograd._C import Tensor


def _listed(op: str, tensors: Tensor | Iterable[Tensor]) -> list[Tensor]:
    if isinstance(tensors, Tensor):
        return [tensors]
    if not isinstance(tensors, Iterable):
        raise TypeError(f"{op}: expected tensors, got {type(tensors).__name__}")
    listed = list(tensors)
    for place, one in enumerate(listed):
        if not isinstance(one, Tensor):
            raise TypeError(f"{op}: expected tensors, got {type(one).__name__} at position {place}")
    return listed


def _number(op: str, name: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{op}: '{name}' must be a number, got {value!r}") from None


def _gradients(op: str, parameters: Tensor | Iterable[Tensor]) -> list[Tensor]:
    return [p.grad for p in _listed(op, parameters) if p.grad is not None]


def _scale(gradients: list[Tensor], max_norm: float, total_norm: Tensor) -> None:
    # Without a comparison in Python nothing waits for the norm; 1e-6 is PyTorch's.
    _C.scale_(gradients, (max_norm / (total_norm + 1e-6)).clamp(max=1.0))


def get_total_norm(
    tensors: Tensor | Iterable[Tensor],
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors taken as one vector; a tensor without axes.

    norm_type: the p of the p-norm, or math.inf.  Raises RuntimeError if the result is not finite
    and `error_if_nonfinite`.  `foreach` is accepted; there is one way only.

    >>> import topograd as tg
    >>> tg.nn.utils.get_total_norm([tg.tensor([3.0]), tg.tensor([4.0])]).item()
    5.0
    """
    op = "get_total_norm"
    norm = _C.total_norm(_listed(op, tensors), _number(op, "norm_type", norm_type))
    if error_if_nonfinite and not bool(norm.isfinite()):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            f"so it cannot be clipped: it is {norm.item()}"
        )
    return norm


def clip_grads_with_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    total_norm: Tensor,
    foreach: bool | None = None,
) -> None:
    """Scales all gradients by max_norm / total_norm where that is less than 1.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> (4 * w).sum().backward()
    >>> tg.nn.utils.clip_grads_with_norm_(w, 1.0, tg.tensor(4.0))
    >>> round(w.grad.item(), 4)
    1.0
    """
    op = "clip_grads_with_norm_"
    if not isinstance(total_norm, Tensor):
        kind = type(total_norm).__name__
        raise TypeError(f"{op}: argument 'total_norm' must be Tensor, got {kind}")
    _scale(_gradients(op, parameters), _number(op, "max_norm", max_norm), total_norm)


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scales all gradients so that their norm, as one vector, is at most max_norm.

    In place.  Returns the norm as it was.  Parameters without a gradient are left out.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> (4 * w).sum().backward()
    >>> tg.nn.utils.clip_grad_norm_([w], 1.0).item(), round(w.grad.item(), 4)
    (4.0, 1.0)
    """
    op = "clip_grad_norm_"
    limit, order = _number(op, "max_norm", max_norm), _number(op, "norm_type", norm_type)
    if isinstance(parameters, GeneratorType):
        parameters = list(parameters)
        if not parameters:
            warn(
                f"{op}: `parameters` is an empty generator, no gradient clipping will occur",
                stacklevel=2,
            )
    gradients = _gradients(op, parameters)
    if not gradients:
        return tg.tensor(0.0)
    total_norm = get_total_norm(gradients, order, error_if_nonfinite)
    _scale(gradients, limit, total_norm)
    return total_norm


def clip_grad_value_(
    parameters: Tensor | Iterable[Tensor], clip_value: float, foreach: bool | None = None
) -> None:
    """Limits every element of every gradient to [-clip_value, clip_value], in place.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0], requires_grad=True)
    >>> (4 * w).sum().backward()
    >>> tg.nn.utils.clip_grad_value_([w], 0.5)
    >>> w.grad.item()
    0.5
    """
    op = "clip_grad_value_"
    limit = _number(op, "clip_value", clip_value)
    _C.clip_(_gradients(op, parameters), limit)


def clip_grad_norm(
    parameters: Tensor | Iterable[Tensor],
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """An older name of `clip_grad_norm_`; warns."""
    warn(
        "`nn.utils.clip_grad_norm` is deprecated in favor of `nn.utils.clip_grad_norm_`",
        FutureWarning,
        stacklevel=2,
    )
    return clip_grad_norm_(parameters, max_norm, norm_type, error_if_nonfinite, foreach)
