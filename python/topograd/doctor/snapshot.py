"""The state of a training at first sight, to be put back."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import topograd as tg
from topograd._C import Tensor


class Snapshot:
    """Keeps what it is shown as it was then; `restore` puts it back."""

    def __init__(self) -> None:
        self._tensors: dict[int, tuple[Tensor, Tensor, Tensor | None, bool]] = {}
        self._modes: dict[int, tuple[Any, bool]] = {}
        self._optimizers: dict[int, tuple[Any, dict[str, Any]]] = {}
        self._random = tg.get_rng_state()

    def module(self, module: Any) -> None:
        """Keeps parameters, buffers and modes."""
        if id(module) in self._modes:
            return
        for part in module.modules():
            self._modes.setdefault(id(part), (part, part.training))
        for one in [*module.parameters(), *module.buffers()]:
            self.tensor(one)

    def tensor(self, one: Tensor) -> None:
        """Keeps values and gradient; a parameter that has no values yet stays as it becomes."""
        if id(one) in self._tensors or type(one).__name__.startswith("Uninitialized"):
            return
        gradient = one.grad if one.is_leaf else None
        kept = None if gradient is None else gradient.detach().clone()
        self._tensors[id(one)] = (one, one.detach().clone(), kept, one.requires_grad)

    def optimizer(self, optimizer: Any) -> None:
        """Keeps settings, state and parameters."""
        if id(optimizer) in self._optimizers:
            return
        self._optimizers[id(optimizer)] = (optimizer, deepcopy(optimizer.state_dict()))
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                self.tensor(parameter)

    def restore(self) -> None:
        """Puts everything back."""
        for one, values, gradient, _ in self._tensors.values():
            with tg.no_grad():
                if one.shape == values.shape:
                    one.detach().copy_(values)
            if one.is_leaf and one.requires_grad:
                one.grad = gradient
        for module, training in self._modes.values():
            module.training = training
        for optimizer, state in self._optimizers.values():
            optimizer.load_state_dict(state)
        tg.set_rng_state(self._random)
