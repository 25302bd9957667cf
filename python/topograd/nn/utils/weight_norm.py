"""The older form of weight normalization: by a hook, with names `weight_g` and `weight_v`."""

from __future__ import annotations

from typing import Any, TypeVar

import topograd as tg
from topograd._C import Tensor
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter

AnyModule = TypeVar("AnyModule", bound=Module)


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The p-norm over all dims but one, which are kept with size 1; over all if dim is -1.

    >>> import topograd as tg
    >>> from topograd.nn.utils.weight_norm import norm_except_dim
    >>> norm_except_dim(tg.tensor([[3.0, 4.0], [0.0, 2.0]]))
    tensor([[5.],
            [2.]])
    """
    if dim == -1:
        return v.norm(pow)
    others = [one for one in range(v.ndim) if one != dim]
    return v.norm(pow, dim=others, keepdim=True) if others else v.abs()


def unit(v: Tensor, eps: float) -> Tensor:
    """A vector divided by its 2-norm, or by eps if that is less."""
    return v / v.norm().clamp(min=eps)


class WeightNorm:
    """The hook before forward: w = v g / ‖v‖."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name = name
        self.dim = -1 if dim is None else dim

    def compute_weight(self, module: Any) -> Tensor:
        """The weight of its parts."""
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        result: Tensor = v * (g / norm_except_dim(v, 2, self.dim))
        return result

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))


def hook_named(module: Module, kind: type, name: str) -> tuple[int, Any] | None:
    """The key and the function of the pre-hook of this class that computes the weight `name`."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook.function, kind) and hook.function.name == name:  # type: ignore[attr-defined]
            return key, hook.function
    return None


def remove_hook(module: Module, key: int) -> None:
    """Takes a forward pre-hook away."""
    from topograd.nn.hooks import update_hooked

    hooks: Any = module._forward_pre_hooks
    del hooks[key]
    update_hooked(module)


def weight_norm(module: AnyModule, name: str = "weight", dim: int | None = 0) -> AnyModule:
    """Trains the size `weight_g` and the direction `weight_v` of a weight: w = g v / ‖v‖.

    dim: the dim that keeps its own sizes (default 0); None: one norm of all.  Deprecated in favour
    of `parametrizations.weight_norm`.  Returns the module.  Raises RuntimeError if the weight has
    such a hook already.  Source: Salimans and Kingma, 2016.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.weight_norm(tg.nn.Linear(3, 2))
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight_g', 'weight_v']
    """
    if hook_named(module, WeightNorm, name) is not None:
        raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    hook = WeightNorm(name, dim)
    weight = module.get_parameter(name)
    del module._parameters[name]
    size = norm_except_dim(weight.detach(), 2, hook.dim)
    module.register_parameter(name + "_g", Parameter(size))
    module.register_parameter(name + "_v", Parameter(weight.data))
    setattr(module, name, hook.compute_weight(module))
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Makes the present weight a parameter again.

    Returns the module.  Raises ValueError where there is no `weight_norm`.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.remove_weight_norm(tg.nn.utils.weight_norm(tg.nn.Linear(3, 2)))
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight']
    """
    found = hook_named(module, WeightNorm, name)
    if found is None:
        raise ValueError(f"weight_norm of '{name}' not found in {module}")
    key, hook = found
    with tg.no_grad():
        weight = hook.compute_weight(module)
    delattr(module, name)
    del module._parameters[name + "_g"], module._parameters[name + "_v"]
    module.register_parameter(name, Parameter(weight))
    remove_hook(module, key)
    return module
