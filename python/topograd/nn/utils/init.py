"""Modules without initial values."""

from __future__ import annotations

from inspect import signature
from typing import Any

import topograd as tg
from topograd.nn.module import Module


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """Makes a module whose parameters and buffers are not filled: for those that are loaded after.

    module_cls: a class whose constructor takes `device`.  args, kwargs: for the constructor. Raises
    RuntimeError for what is no class of modules, or does not take `device`.

    (The values of the constructor are drawn, and dropped; the state of the random generator is as
    if they were not.)

    >>> import topograd as tg
    >>> tuple(tg.nn.utils.skip_init(tg.nn.Linear, 2, 3).weight.shape)
    (3, 2)
    """
    if not (isinstance(module_cls, type) and issubclass(module_cls, Module)):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    device = kwargs.pop("device", "cpu")
    with tg.fork_rng():
        return module_cls(*args, **kwargs).to_empty(device=device)
