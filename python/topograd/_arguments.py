"""Checks of arguments that functions written in Python share; those of ops are done in C++."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from topograd._C import Tensor

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONAL = {"Tensor": False, "Tensor | None": True}
# NumPy's names, which PyTorch's functions and the ops take too.
_SECOND_NAMES = {"axis": "dim", "keepdims": "keepdim"}


def told_as(name: str, message: str) -> str:
    """A message with the name of the function that was called in front, instead of an inner one.

    >>> from topograd._arguments import told_as
    >>> told_as("unique", "distinct: not defined for complex tensors")
    'unique: not defined for complex tensors'
    >>> told_as("unique", "unique() missing 1 required positional argument: 'input'")
    "unique() missing 1 required positional argument: 'input'"
    """
    if message.startswith((f"{name}: ", f"{name}(")):
        return message
    inner, colon, rest = message.partition(": ")
    named = colon and inner.isidentifier() and inner == inner.lower()
    return f"{name}: {rest if named else message}"


def takes_tensors(function: Function) -> Function:
    """Decorates: every argument annotated as Tensor (or Tensor | None) must be one.

    Raises TypeError, in the words of the ops, for another object. Errors of the ops inside are told
    under the name of the function.

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

    known = function.__code__.co_varnames[
        : function.__code__.co_argcount + function.__code__.co_kwonlyargcount
    ]
    second = {other: name for other, name in _SECOND_NAMES.items() if name in known}

    @wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        given = len(args)
        if kwargs and not second.keys().isdisjoint(kwargs):
            kwargs = {second.get(name, name): value for name, value in kwargs.items()}
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
        try:
            return function(*args, **kwargs)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            error.args = (told_as(op, str(error)),)
            raise

    return checked  # type: ignore[return-value]
