"""Jacobians, Hessians and products with them, under the names of `torch.autograd.functional`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = Tensor | tuple[Tensor, ...]


def jacobian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The derivative of every output element with respect to every input element.

    inputs: a tensor or a tuple of them.  Returns, per output and per input, a tensor of shape
    (*output, *input); tuples where outputs or inputs are tuples, outputs outside.  create_graph:
    the result can be differentiated.  strict: RuntimeError where an output does not depend on an
    input, instead of zeros.  vectorize, strategy: accepted; rows are computed one after the other.

    >>> import topograd as tg
    >>> tg.autograd.functional.jacobian(lambda x: x * x, tg.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if strategy not in ("reverse-mode", "forward-mode"):
        raise ValueError(
            f"jacobian: expects strategy 'reverse-mode' or 'forward-mode', got {strategy}"
        )
    with tg.enable_grad():
        wanted, single = _leaves("jacobian", inputs, create_graph)
        outputs, single_output = _called("jacobian", func, wanted, strict)
        rows = [_jacobian_of(output, wanted, create_graph, strict) for output in outputs]
    results = [row[0] if single else row for row in rows]
    return results[0] if single_output else tuple(results)


def _jacobian_of(
    output: Tensor, inputs: tuple[Tensor, ...], create_graph: bool, strict: bool
) -> tuple[Tensor, ...]:
    rows: list[list[Tensor]] = [[] for _ in inputs]
    for element in output.reshape(-1):
        found = _gradients("jacobian", [element], inputs, None, create_graph, strict)
        for row, gradient in zip(rows, found, strict=True):
            row.append(gradient)
    shape = tuple(output.shape)
    return tuple(
        tg.stack(row).reshape(shape + tuple(x.shape)) if row else tg.zeros(shape + tuple(x.shape))
        for row, x in zip(rows, inputs, strict=True)
    )


def hessian(
    func: Callable[..., Any],
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The second derivatives of a function with one output element.

    Returns a tensor of shape (*input, *input); for a tuple of inputs a tuple of tuples.  Other
    arguments as in `jacobian`.

    >>> import topograd as tg
    >>> tg.autograd.functional.hessian(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    single = isinstance(inputs, Tensor)

    def gradient(*args: Tensor) -> Any:
        found = jacobian(func, args[0] if single else args, create_graph=True, strict=strict)
        shapes = [tuple(x.shape) for x in args]
        pieces = (found,) if single else found
        if any(
            isinstance(piece, tuple) or piece.numel() != x.numel()
            for piece, x in zip(pieces, args, strict=True)
        ):
            raise RuntimeError("hessian: expects a function with one output element")
        parts = tuple(p.reshape(s) for p, s in zip(pieces, shapes, strict=True))
        return parts[0] if single else parts

    return jacobian(gradient, inputs, create_graph, strict, vectorize)


def vjp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(outputs, v times the Jacobian): v has the shape of the outputs, and may be left out for one.

    >>> import topograd as tg
    >>> tg.autograd.functional.vjp(lambda x: x * x, tg.tensor([1.0, 2.0]), tg.ones(2))[1]
    tensor([2., 4.])
    """
    with tg.enable_grad():
        wanted, single = _leaves("vjp", inputs, create_graph)
        outputs, single_output = _called("vjp", func, wanted, strict)
        seeds = _vectors("vjp", v, outputs)
        found = _gradients("vjp", outputs, wanted, seeds, create_graph, strict)
    return _tidy(outputs, single_output, create_graph), found[0] if single else found


def jvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(outputs, the Jacobian times v): v has the shape of the inputs, and may be left out for one.

    Computed in forward mode.

    >>> import topograd as tg
    >>> tg.autograd.functional.jvp(lambda x: x * x, tg.tensor([1.0, 2.0]), tg.ones(2))[1]
    tensor([2., 4.])
    """
    with tg.enable_grad():
        wanted, _ = _leaves("jvp", inputs, create_graph)
        outputs, single_output = _called("jvp", func, wanted, strict)
        seeds = _vectors("jvp", v, wanted)
        found = tg._C.tangents(outputs, wanted, seeds, create_graph)
    tangents = tuple(
        tg.zeros_like(output) if tangent is None else tangent
        for output, tangent in zip(outputs, found, strict=True)
    )
    return (
        _tidy(outputs, single_output, create_graph),
        _tidy(tangents, single_output, create_graph),
    )


def vhp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(output, v times the Hessian) of a function with one output element.

    >>> import topograd as tg
    >>> tg.autograd.functional.vhp(lambda x: (x**3).sum(), tg.tensor([1.0, 2.0]), tg.ones(2))[1]
    tensor([ 6., 12.])
    """
    with tg.enable_grad():
        wanted, single = _leaves("vhp", inputs, create_graph)
        outputs, _ = _called("vhp", func, wanted, strict)
        if len(outputs) != 1 or outputs[0].numel() != 1:
            raise RuntimeError("vhp: expects a function with one output element")
        seeds = _vectors("vhp", v, wanted)
        first = _gradients("vhp", outputs, wanted, None, True, strict)
        pairs = [(g, s) for g, s in zip(first, seeds, strict=True) if g.requires_grad]
        if pairs:
            tracked, weights = [g for g, _ in pairs], [s for _, s in pairs]
            found = _gradients("vhp", tracked, wanted, weights, create_graph, strict)
        else:
            found = tuple(tg.zeros_like(x) for x in wanted)
    return _tidy(outputs, True, create_graph), found[0] if single else found


def hvp(
    func: Callable[..., Any],
    inputs: Any,
    v: Any = None,
    create_graph: bool = False,
    strict: bool = False,
) -> tuple[Any, Any]:
    """(output, the Hessian times v), which is `vhp`, as Hessians are symmetric."""
    return vhp(func, inputs, v, create_graph, strict)


# ---------------------------------------------------------------- parts


def _as_tuple(op: str, value: Any, what: str) -> tuple[tuple[Tensor, ...], bool]:
    single = isinstance(value, Tensor)
    values = (value,) if single else tuple(value) if isinstance(value, (tuple, list)) else None
    if values is None or not all(isinstance(one, Tensor) for one in values):
        raise TypeError(f"{op}: {what} must be a tensor or a tuple of tensors")
    return values, single


def _leaves(op: str, inputs: Any, keep: bool) -> tuple[tuple[Tensor, ...], bool]:
    """New tensors on the inputs that track gradients; still part of their graph if keep."""
    values, single = _as_tuple(op, inputs, "inputs")
    tracked = tuple(
        x.view_as(x) if keep and x.requires_grad else x.detach().requires_grad_() for x in values
    )
    return tracked, single


def _called(
    op: str, func: Callable[..., Any], inputs: tuple[Tensor, ...], strict: bool
) -> tuple[tuple[Tensor, ...], bool]:
    outputs, single = _as_tuple(op, func(*inputs), "the result of the function")
    if strict and not all(output.requires_grad for output in outputs):
        raise RuntimeError(f"{op}: an output does not depend on the inputs, with strict=True")
    return outputs, single


def _vectors(op: str, v: Any, like: Sequence[Tensor]) -> tuple[Tensor, ...]:
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(f"{op}: v may be left out for a single element only")
        return (tg.ones_like(like[0]),)
    vectors, _ = _as_tuple(op, v, "v")
    shapes = [tuple(x.shape) for x in like]
    if [tuple(x.shape) for x in vectors] != shapes:
        raise RuntimeError(
            f"{op}: v has shapes {[tuple(x.shape) for x in vectors]}, expects {shapes}"
        )
    return vectors


def _gradients(
    op: str,
    outputs: Sequence[Tensor],
    inputs: tuple[Tensor, ...],
    seeds: Sequence[Tensor] | None,
    create_graph: bool,
    strict: bool,
) -> tuple[Tensor, ...]:
    """The gradients of outputs that depend on something; zeros where there is no path."""
    weights = seeds if seeds is not None else [tg.ones_like(output) for output in outputs]
    pairs = [(o, w) for o, w in zip(outputs, weights, strict=True) if o.requires_grad]
    found: Sequence[Tensor | None] = [None] * len(inputs)
    if pairs:
        found = tg.autograd.grad(
            [o for o, _ in pairs],
            inputs,
            [w for _, w in pairs],
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
        )
    if strict and any(gradient is None for gradient in found):
        raise RuntimeError(f"{op}: an output does not depend on an input, with strict=True")
    return tuple(
        tg.zeros_like(x) if gradient is None else gradient
        for x, gradient in zip(inputs, found, strict=True)
    )


def _tidy(values: tuple[Tensor, ...], single: bool, keep: bool) -> Any:
    results = values if keep else tuple(value.detach() for value in values)
    return results[0] if single else results
