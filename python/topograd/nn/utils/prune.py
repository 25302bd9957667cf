"""Pruning: entries of a parameter are set to zero by a mask.

A pruned parameter `weight` is the product of a parameter `weight_orig`, which is trained, and a
buffer `weight_mask`, computed before each forward by a hook; `remove` makes it permanent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn.module import Module
from topograd.nn.utils.prune_methods import (
    BasePruningMethod,
    CustomFromMask,
    Identity,
    L1Unstructured,
    LnStructured,
    PruningContainer,
    RandomStructured,
    RandomUnstructured,
)
from topograd.nn.utils.weight_norm import hook_named, remove_hook

__all__ = [
    "BasePruningMethod",
    "CustomFromMask",
    "Identity",
    "L1Unstructured",
    "LnStructured",
    "PruningContainer",
    "RandomStructured",
    "RandomUnstructured",
    "custom_from_mask",
    "global_unstructured",
    "identity",
    "is_pruned",
    "l1_unstructured",
    "ln_structured",
    "random_structured",
    "random_unstructured",
    "remove",
]


def identity(module: Module, name: str) -> Module:
    """Gives a parameter a mask of ones; returns the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Module, name: str, amount: float) -> Module:
    """Prunes random entries of a parameter.

    amount: how many (int), or which fraction (float in [0, 1]).  Returns the module.  Raises
    ValueError for more than there are.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.prune.random_unstructured(tg.nn.Linear(4, 2), "weight", amount=3)
    >>> int((layer.weight == 0).sum()), list(layer.state_dict())
    (3, ['bias', 'weight_orig', 'weight_mask'])
    """
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(
    module: Module, name: str, amount: float, importance_scores: Tensor | None = None
) -> Module:
    """Prunes the entries of a parameter with the least absolute value.

    amount: as in `random_unstructured`.  importance_scores: what is compared instead.  Returns the
    module.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.prune.l1_unstructured(tg.nn.Linear(4, 2), "weight", amount=0.5)
    >>> int((layer.weight == 0).sum())
    4
    """
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Module, name: str, amount: float, dim: int) -> Module:
    """Prunes random slices of a parameter along dim; amount as in `random_unstructured`."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(
    module: Module,
    name: str,
    amount: float,
    n: Any,
    dim: int,
    importance_scores: Tensor | None = None,
) -> Module:
    """Prunes the slices of a parameter along dim with the least n-norm.

    amount: as in `random_unstructured`, of slices.  n: the order of the norm.

    >>> import topograd as tg
    >>> layer = tg.nn.Linear(2, 3)
    >>> _ = tg.nn.utils.prune.ln_structured(layer, "weight", amount=1, n=2, dim=0)
    >>> int((layer.weight == 0).all(1).sum())
    1
    """
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Module, name: str, mask: Tensor) -> Module:
    """Prunes a parameter where mask is 0; returns the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(
    parameters: Iterable[tuple[Module, str]],
    pruning_method: type[BasePruningMethod],
    importance_scores: dict[tuple[Module, str], Tensor] | None = None,
    **kwargs: Any,
) -> None:
    """Prunes several parameters as if they were one vector.

    parameters: pairs of module and name.  pruning_method: an unstructured one.  importance_scores:
    what is compared instead, by pair.  kwargs: for the method, as `amount`.  Raises TypeError for
    something else.

    >>> import topograd as tg
    >>> a, b = tg.nn.Linear(2, 2), tg.nn.Linear(2, 3)
    >>> prune = tg.nn.utils.prune
    >>> pairs = [(a, "weight"), (b, "weight")]
    >>> prune.global_unstructured(pairs, prune.L1Unstructured, amount=5)
    >>> int((a.weight == 0).sum() + (b.weight == 0).sum())
    5
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    if importance_scores is not None and not isinstance(importance_scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    scores = importance_scores or {}
    pairs = list(parameters)
    members = [(module, name, getattr(module, name)) for module, name in pairs]
    vector = tg.cat(
        [
            scores.get((module, name), tensor).detach().reshape(-1)
            for module, name, tensor in members
        ]
    )
    masks = [
        getattr(module, name + "_mask", tg.ones_like(tensor)) for module, name, tensor in members
    ]
    default = tg.cat([mask.detach().reshape(-1) for mask in masks])
    container = PruningContainer()
    container._tensor_name = "temp"
    method = pruning_method(**kwargs)
    method._tensor_name = "temp"
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(
            'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method '
            f"{pruning_method} of type {method.PRUNING_TYPE}"
        )
    container.add_pruning_method(method)
    mask = container.compute_mask(vector, default)
    start = 0
    for module, name, tensor in members:
        part = mask.narrow(0, start, tensor.numel())
        custom_from_mask(module, name, part.view(tensor.shape))
        start += tensor.numel()


def remove(module: Module, name: str) -> Module:
    """Makes the pruning of a parameter permanent: it is an ordinary one again, with its zeros.

    Raises ValueError where the parameter is not pruned.

    >>> import topograd as tg
    >>> layer = tg.nn.utils.prune.random_unstructured(tg.nn.Linear(4, 2), "weight", amount=3)
    >>> layer = tg.nn.utils.prune.remove(layer, "weight")
    >>> int((layer.weight == 0).sum()), list(layer.state_dict())
    (3, ['bias', 'weight'])
    """
    found = hook_named(module, BasePruningMethod, name)
    if found is None:
        raise ValueError(
            f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed"
        )
    key, hook = found
    hook.remove(module)
    remove_hook(module, key)
    return module


def is_pruned(module: Module) -> bool:
    """Whether a parameter of a module, or of a submodule, is pruned."""
    return any(
        isinstance(hook.function, BasePruningMethod)
        for one in module.modules()
        for hook in one._forward_pre_hooks.values()
    )
