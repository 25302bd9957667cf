"""Checks of arguments that functions written in Python share; those of ops are done in C++."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from topograd._C import Tensor

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONAL = {"Tensor": False, "Tensor | None": True}


def takes_tensors(function: Function) -> Function:
    """Decorates: every argument annotated as Tensor (or Tensor | None) must be one.

    Raises TypeError, in the words of the ops, for another object.

    >>> from topograd._arguments import takes_tensors
    >>> @takes_tensors
    ... def double(input: Tensor):
    ...     return 2 * input
    >>> double("a")
    Traceback (most recent call last):
    TypeError: double: argument 'input' must be Tensor, got str
    """
    op = function.__name__
    annotations = function.__annotations__
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    tensors = [
        (place, name, _OPTIONAL[annotations[name]])
        for place, name in enumerate(names)
        if annotations.get(name) in _OPTIONAL
    ]

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        given = len(args)
        for place, name, optional in tensors:
            if place < given:
                value = args[place]
            elif name in kwargs:
                value = kwargs[name]
            else:
                continue  # a default, or missing: Python says so
            if not (isinstance(value, Tensor) or (optional and value is None)):
                kind = type(value).__name__
                raise TypeError(f"{op}: argument '{name}' must be Tensor, got {kind}")
        return function(*args, **kwargs)

    return checked  # type: ignore[return-value]
