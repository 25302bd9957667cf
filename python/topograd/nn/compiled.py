"""What `compile` gives for a module: the module within another one, as PyTorch has it."""

from __future__ import annotations

from typing import Any

from topograd.nn.module import Module

_ORIGINAL = "_orig_mod"


class OptimizedModule(Module):
    """Calls the module that was compiled; all else is asked of it, too.

    The names in `state_dict` begin with "_orig_mod.", so that files of PyTorch's compiled models
    load and are written.  The original shares its parameters, and its own names stay.

    >>> import topograd as tg
    >>> model = tg.nn.Linear(2, 1)
    >>> compiled = tg.compile(model)
    >>> list(compiled.state_dict()), compiled.weight is model.weight
    (['_orig_mod.weight', '_orig_mod.bias'], True)
    """

    def __init__(self, module: Module) -> None:
        super().__init__()
        self._modules[_ORIGINAL] = module
        del self.__dict__["training"]  # which is that of the original

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Calls the original, with its hooks."""
        return self._modules[_ORIGINAL](*args, **kwargs)  # type: ignore[misc]

    def __getattr__(self, name: str) -> Any:
        modules = self.__dict__.get("_modules")
        if modules and _ORIGINAL in modules:
            original = modules[_ORIGINAL]
            return original if name == _ORIGINAL else getattr(original, name)
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        modules = self.__dict__.get("_modules")
        if name == _ORIGINAL or not modules or name.startswith("_") or name in self.__dict__:
            super().__setattr__(name, value)
        else:
            setattr(modules[_ORIGINAL], name, value)

    def __delattr__(self, name: str) -> None:
        if name in self.__dict__ or name == _ORIGINAL:
            super().__delattr__(name)
        else:
            delattr(self._modules[_ORIGINAL], name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._modules[_ORIGINAL])})

    def __len__(self) -> int:
        return len(self._modules[_ORIGINAL])  # type: ignore[arg-type]

    def __bool__(self) -> bool:
        return True
