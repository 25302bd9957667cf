"""The older form of spectral normalization: by a hook, with the names `weight_orig`, `weight_u`."""

from __future__ import annotations

from typing import Any, TypeVar

import topograd as tg
from topograd._C import Tensor
from topograd.nn.module import Module
from topograd.nn.parameter import Parameter
from topograd.nn.utils.weight_norm import hook_named, remove_hook, unit

AnyModule = TypeVar("AnyModule", bound=Module)


class SpectralNorm:
    """The hook before forward: w / σ(w), with a step of power iteration in training mode."""

    _version = 1

    def __init__(
        self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.name, self.dim, self.eps = name, dim, eps
        self.n_power_iterations = n_power_iterations

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight with `dim` as rows."""
        if self.dim != 0:
            weight = weight.movedim(self.dim, 0)
        return weight.reshape(weight.shape[0], -1)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Tensor:
        """The weight divided by its largest singular value."""
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u"), getattr(module, self.name + "_v")
        matrix = self.matrix(weight)
        if do_power_iteration:
            with tg.no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(unit(tg.mv(matrix.T, u), self.eps))
                    u.copy_(unit(tg.mv(matrix, v), self.eps))
        # Clones: the buffers change at the next call, maybe before this one's backward pass.
        sigma = tg.dot(u.clone(), tg.mv(matrix, v.clone()))
        result: Tensor = weight / sigma
        return result

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))


def spectral_norm(
    module: AnyModule,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> AnyModule:
    """Divides a weight by its largest singular value; trains `weight_orig`.

    Arguments as in `parametrizations.spectral_norm`, which replaces it.  The vectors of the power
    iteration are the buffers `weight_u`, `weight_v`, random at first.  Returns the module.  Raises
    RuntimeError if the weight has such a hook already.  Source: Miyato et al., 2018.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.spectral_norm(tg.nn.Linear(2, 2))
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if hook_named(module, SpectralNorm, name) is not None:
        raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    if dim is None:
        transposed = ("ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
        dim = 1 if any(kind.__name__ in transposed for kind in type(module).__mro__) else 0
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = module.get_parameter(name)
    with tg.no_grad():
        height, width = hook.matrix(weight).shape
        u, v = (unit(tg.randn(s, dtype=weight.dtype), eps) for s in (height, width))
    del module._parameters[name]
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.data)
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: AnyModule, name: str = "weight") -> AnyModule:
    """Makes the present weight a parameter again.

    Returns the module.  Raises ValueError where there is no `spectral_norm`.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.remove_spectral_norm(tg.nn.utils.spectral_norm(tg.nn.Linear(2, 2)))
    >>> list(layer.state_dict())
    ['bias', 'weight']
    """
    found = hook_named(module, SpectralNorm, name)
    if found is None:
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    key, hook = found
    with tg.no_grad():
        weight = hook.compute_weight(module, do_power_iteration=False)
    for member in (name, name + "_u", name + "_v", name + "_orig"):
        delattr(module, member)
    module.register_parameter(name, Parameter(weight))
    remove_hook(module, key)
    return module
