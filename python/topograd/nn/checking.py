"""The gradients of a module's parameters, checked on copies in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from topograd import _C
from topograd._C import Tensor
from topograd._functions import fork_rng
from topograd.func import functional_call
from topograd.graph.checking import GradientTable, in_double, recorded_table
from topograd.graph.comparing import Tolerance

if TYPE_CHECKING:
    from topograd.nn.module import Module

__all__ = ["check_gradients"]


def _wide(value: Any) -> Any:
    """Tensors of real numbers in float64, also within tuples, lists and dicts."""
    if isinstance(value, Tensor):
        copy = value.detach().clone()
        if value.is_floating_point():
            return copy.double()
        return copy.to(_C.complex128) if value.is_complex() else copy
    if isinstance(value, dict):
        return {key: _wide(one) for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(_wide, value))
    if isinstance(value, (tuple, list)):
        return type(value)(map(_wide, value))
    return value


def _tensors(value: Any) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value] if value.is_floating_point() else []
    listed = value.values() if isinstance(value, dict) else value
    if not isinstance(value, (dict, tuple, list)):
        return []
    return [one for part in listed for one in _tensors(part)]


def check_gradients(
    module: Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    loss: Callable[[Any], Tensor] | None,
) -> GradientTable:
    """See `Module.check_gradients`."""
    parameters = {
        name: _wide(one).requires_grad_(one.requires_grad)
        for name, one in module.named_parameters()
        if one.is_floating_point()
    }
    if not any(one.requires_grad for one in parameters.values()):
        raise ValueError("check_gradients: no parameter requires grad")
    buffers = {name: _wide(one) for name, one in module.named_buffers()}
    given, named = _wide(args), _wide(kwargs)

    def outputs() -> list[Tensor]:
        result = functional_call(module, {**parameters, **buffers}, given, named)
        return _tensors(result if loss is None else loss(result))

    with fork_rng(), in_double():
        table = recorded_table(outputs, parameters, Tolerance(), elements=16)
    table.brief = True
    return table
