"""Gradients: backward, grad, and ops written in Python."""

from __future__ import annotations

from collections.abc import Sequence

from topograd import _C
from topograd._C import Tensor
from topograd._modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    strict_ieee,
)
from topograd.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from topograd.autograd.function import Function, custom_op
from topograd.autograd.variable import Variable

__all__ = [
    "Function",
    "Variable",
    "backward",
    "custom_op",
    "detect_anomaly",
    "enable_grad",
    "functional",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
    "strict_ieee",
]


def backward(
    tensors: Tensor | Sequence[Tensor],
    grad_tensors: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Tensor | Sequence[Tensor] | None = None,
) -> None:
    """Adds the gradients of tensors to `.grad` of the leaves they were made from.

    grad_tensors: one seed per tensor, of its shape (default: 1, for tensors with one element).
    retain_graph: keep what was saved, for another pass (default: create_graph).  create_graph:
    record the backward pass itself.  inputs: only these get gradients.  Raises RuntimeError when a
    tensor does not require grad, or when the graph was released; ShapeError when a seed does not
    fit.

    >>> import topograd as tg
    >>> w = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> tg.autograd.backward([w.sum(), (w * w).sum()])
    >>> w.grad
    tensor([3., 5.])
    """
    _C.backward(tensors, grad_tensors, retain_graph, create_graph, inputs)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of the sum of outputs with respect to inputs; `.grad` is not touched.

    Arguments as in `backward`.  only_inputs: accepted, as in PyTorch, which knows True alone.
    is_grads_batched: NotImplementedError for True.  allow_unused: give None for an input that
    outputs do not depend on, instead of raising RuntimeError.  materialize_grads: give zeros
    for it.

    >>> import topograd as tg
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> (first,) = tg.autograd.grad(x**3, x, create_graph=True)
    >>> tg.autograd.grad(first, x)
    (tensor(18.),)
    """
    if allow_unused is False and materialize_grads:
        raise ValueError("grad: allow_unused=False and materialize_grads=True exclude each other")
    if is_grads_batched:
        raise NotImplementedError("grad: is_grads_batched is not supported; call grad in a loop")
    return _C.grad(
        outputs,
        inputs,
        grad_outputs,
        retain_graph,
        create_graph,
        bool(allow_unused),
        materialize_grads,
    )


# Imported when they are first named: they use the whole package.
_LAZY = {
    "functional": ("topograd.autograd.functional", None),
    "profiler": ("topograd.autograd.profiler", None),
    "gradcheck": ("topograd.testing", "gradcheck"),
    "gradgradcheck": ("topograd.testing", "gradgradcheck"),
}


def __getattr__(name: str) -> object:
    if name in _LAZY:
        from importlib import import_module

        module, member = _LAZY[name]
        found = import_module(module)
        return found if member is None else getattr(found, member)
    from topograd._absent import message

    raise AttributeError(message(name, "autograd"))
