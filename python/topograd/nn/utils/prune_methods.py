"""The ways to choose what is pruned; each is a hook that computes the pruned parameter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.nn.utils.weight_norm import hook_named, remove_hook


class BasePruningMethod(ABC):
    """A way to choose what is pruned: the base of own ones.

    A subclass sets PRUNING_TYPE ("unstructured", "structured" or "global") and defines
    `compute_mask(t, default_mask)`, which returns the mask.
    """

    PRUNING_TYPE: str
    _tensor_name: str

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, of the shape of t: 0 where t is pruned, else what default_mask says."""

    @property
    def name(self) -> str:
        """The name of the parameter that is pruned."""
        return self._tensor_name

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module: Any) -> Tensor:
        """The pruned parameter."""
        name = self._tensor_name
        mask: Tensor = getattr(module, name + "_mask")
        original: Tensor = getattr(module, name + "_orig")
        return mask.to(original.dtype) * original

    @classmethod
    def apply(
        cls,
        module: Any,
        name: str,
        *args: Any,
        importance_scores: Tensor | None = None,
        **kwargs: Any,
    ) -> BasePruningMethod:
        """Prunes the parameter `name` of a module, on top of what is pruned already.

        args, kwargs: for the constructor.  importance_scores: what the choice is made by, instead
        of the parameter itself; of its shape.  Returns the hook.
        """
        found = hook_named(module, BasePruningMethod, name)
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        if found is not None:
            remove_hook(module, found[0])
            method = PruningContainer(found[1], method)
        original = getattr(module, name)
        if importance_scores is None:
            importance_scores = original
        elif importance_scores.shape != original.shape:
            raise ValueError(
                f"importance_scores should have the same shape as parameter {name} of {module}: "
                f"{tuple(original.shape)}, got {tuple(importance_scores.shape)}"
            )
        mask = tg.ones_like(original).detach()
        if found is None:
            original = module._parameters[name]
            del module._parameters[name]
            module.register_parameter(name + "_orig", original)
        else:
            mask = getattr(module, name + "_mask").clone()
        mask = method.compute_mask(importance_scores.detach(), mask)
        module.register_buffer(name + "_mask", mask)
        setattr(module, name, method.apply_mask(module))
        module.register_forward_pre_hook(method)
        return method

    def prune(
        self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None
    ) -> Tensor:
        """A pruned version of a tensor.

        default_mask: what was pruned before (default: nothing).  importance_scores: what the choice
        is made by (default: t).
        """
        if importance_scores is None:
            importance_scores = t
        elif importance_scores.shape != t.shape:
            raise ValueError(
                "importance_scores should have the same shape as tensor t: "
                f"{tuple(t.shape)}, got {tuple(importance_scores.shape)}"
            )
        default_mask = tg.ones_like(t) if default_mask is None else default_mask
        return t * self.compute_mask(importance_scores, default_mask)

    def remove(self, module: Any) -> None:
        """Makes the pruned value that of an ordinary parameter; the hook itself is not removed."""
        name = self._tensor_name
        pruned = self.apply_mask(module).detach()
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters[name + "_orig"]
        original.data = pruned
        del module._parameters[name + "_orig"]
        del module._buffers[name + "_mask"]
        setattr(module, name, original)


class PruningContainer(BasePruningMethod):
    """Several prunings of one parameter after each other; each looks at what is left.

    >>> import topograd as tg
    >>> layer = tg.nn.Linear(4, 1)
    >>> _ = tg.nn.utils.prune.l1_unstructured(layer, "weight", 2)
    >>> _ = tg.nn.utils.prune.l1_unstructured(layer, "weight", 1)
    >>> int((layer.weight == 0).sum())
    3
    """

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        single = not args or isinstance(args[0], BasePruningMethod)
        given = list(args if single else args[0])
        if given:
            self._tensor_name = given[0]._tensor_name
        for method in given:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Adds a pruning, of the same parameter, at the end."""
        if method is not None and not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is None:
            return
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                "Can only add pruning methods acting on the parameter named "
                f"'{self._tensor_name}' to PruningContainer {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += tuple(
            method._pruning_methods if isinstance(method, PruningContainer) else (method,)
        )

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Any:
        return iter(self._pruning_methods)

    def __getitem__(self, index: int) -> BasePruningMethod:
        return self._pruning_methods[index]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask of the last pruning, applied to what the mask of all before leaves."""
        method = self._pruning_methods[-1]
        mask = default_mask.to(t.dtype)
        if method.PRUNING_TYPE == "unstructured":
            remaining: Any = mask == 1
        elif method.PRUNING_TYPE == "structured":
            # Slices that are pruned altogether are out of the choice.
            dim = getattr(method, "dim", -1) % t.ndim
            others = [one for one in range(t.ndim) if one != dim]
            remaining = [slice(None)] * t.ndim
            remaining[dim] = mask.sum(others) != 0
            remaining = tuple(remaining)
        elif method.PRUNING_TYPE == "global":
            remaining = tuple([slice(None)] * t.ndim)
        else:
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        chosen = method.compute_mask(t[remaining], mask[remaining])
        new_mask = mask.clone()
        new_mask[remaining] = chosen.to(mask.dtype)
        return new_mask


class Identity(BasePruningMethod):
    """Prunes nothing: the parameter gets a mask of ones."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask as it was."""
        return default_mask


def _expect_amount(amount: Any) -> None:
    if isinstance(amount, bool) or not isinstance(amount, (int, float)):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    whole = isinstance(amount, int) or float(amount).is_integer()
    if (whole and amount < 0) or (not whole and not 0.0 <= amount <= 1.0):
        raise ValueError(
            f"amount={amount} should either be a float in the range [0, 1] or a non-negative "
            "integer"
        )


def _number_of(amount: float, size: int) -> int:
    """How many of `size` an amount is: a number of them, or a fraction."""
    if isinstance(amount, int):
        if amount > size:
            raise ValueError(
                f"amount={amount} should be smaller than the number of parameters to prune={size}"
            )
        return amount
    return round(amount * size)


def _masked(mask: Tensor, positions: Tensor) -> Tensor:
    """The mask with zeros at these positions of its flattened form."""
    flat = mask.clone().reshape(-1)
    flat[positions] = 0
    return flat.view(mask.shape)


def _without_slices(mask: Tensor, dim: int, indices: Tensor) -> Tensor:
    """The mask with zeros in whole slices along dim."""
    keep = tg.ones(mask.shape[dim], dtype=mask.dtype)
    keep[indices] = 0
    shape = [1] * mask.ndim
    shape[dim] = -1
    return mask * keep.view(shape)


class _ByAmount(BasePruningMethod):
    """A pruning of a number, or a fraction, of entries or slices."""

    amount: float

    def __init__(self, amount: float) -> None:
        _expect_amount(amount)
        self.amount = amount


class RandomUnstructured(_ByAmount):
    """Prunes random entries; amount: how many, or which fraction (a float in [0, 1])."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Zeros at random positions."""
        number = _number_of(self.amount, t.numel())
        if number == 0:
            return default_mask.clone()
        return _masked(default_mask, tg.rand(t.numel()).topk(number).indices)


class L1Unstructured(_ByAmount):
    """Prunes the entries with the least |x|; amount: how many, or which fraction."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Zeros at the positions of the least entries."""
        number = _number_of(self.amount, t.numel())
        if number == 0:
            return default_mask.clone()
        return _masked(default_mask, t.abs().reshape(-1).topk(number, largest=False).indices)


class RandomStructured(_ByAmount):
    """Prunes random slices along dim; amount: how many, or which fraction."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Zeros in random slices."""
        _expect_structure(t, self.dim)
        size = t.shape[self.dim]
        number = _number_of(self.amount, size)
        if number == 0:
            return default_mask.clone()
        return _without_slices(default_mask, self.dim, tg.rand(size).topk(number).indices)


class LnStructured(_ByAmount):
    """Prunes the slices along dim with the least n-norm; amount: how many, or which fraction."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: float, n: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.n = n
        self.dim = dim

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """Zeros in the slices of least norm."""
        _expect_structure(t, self.dim)
        number = _number_of(self.amount, t.shape[self.dim])
        if number == 0:
            return default_mask.clone()
        others = [one for one in range(t.ndim) if one != self.dim % t.ndim]
        norms = t.norm(self.n, dim=others)
        lowest = norms.topk(number, largest=False).indices
        return _without_slices(default_mask, self.dim, lowest)


def _expect_structure(t: Tensor, dim: int) -> None:
    if t.ndim <= 1:
        raise ValueError(
            "Structured pruning can only be applied to multidimensional tensors. Found tensor of "
            f"shape {tuple(t.shape)} with {t.ndim} dims"
        )
    if not -t.ndim <= dim < t.ndim:
        raise IndexError(f"Invalid index {dim} for tensor of size {tuple(t.shape)}")


class CustomFromMask(BasePruningMethod):
    """Prunes where a given mask is 0."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Tensor) -> None:
        self.mask = mask

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The product of both masks."""
        if default_mask.shape != self.mask.shape:
            raise ValueError(
                f"mask: expected shape {tuple(default_mask.shape)}, got {tuple(self.mask.shape)}"
            )
        return default_mask * self.mask.to(default_mask.dtype)
