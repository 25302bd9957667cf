"""Errors raised inside a layer tell which layer it was, and what came to it.

The note is added when an exception leaves the call of a module, so calls that go well pay nothing.
"""

from __future__ import annotations

from typing import Any

from topograd import _C
from topograd._C import Tensor

_NOTED = "__topograd_module__"  # set on an exception that has its note
_LONGEST = 60  # characters of the settings of a layer


def describe(module: Any) -> str:
    """A module in a few words: `Linear 8 -> 8`, `Conv2d 3 -> 16`, `Dropout(p=0.5, inplace=False)`.

    >>> import topograd as tg
    >>> from topograd.nn.notes import describe
    >>> describe(tg.nn.Linear(8, 2))
    'Linear 8 -> 2'
    """
    name = type(module).__name__
    for before, after in (("in_features", "out_features"), ("in_channels", "out_channels")):
        if hasattr(module, before) and hasattr(module, after):
            return f"{name} {getattr(module, before)} -> {getattr(module, after)}"
    extra = " ".join(module.extra_repr().split())
    if len(extra) > _LONGEST:
        extra = extra[:_LONGEST] + "…"
    return f"{name}({extra})" if extra else name


def _shape(value: Any) -> str:
    if isinstance(value, Tensor):
        dtype = str(value.dtype).rpartition(".")[2]
        return f"{tuple(value.shape)} {dtype}{_maker(value)}"
    if isinstance(value, (tuple, list)) and any(isinstance(one, Tensor) for one in value):
        return "[" + ", ".join(_shape(one) for one in value[:8]) + "]"
    return ""


def _maker(tensor: Tensor) -> str:
    """Which layer a recorded tensor comes from, or which line outside of all."""
    node: Any = tensor.grad_fn
    if node is None or node.name() == "leaf":
        return ""
    if not node.module:
        return f" made by {node.name()} at {node.where}" if node.where else ""
    return f" made by {node.module} ({node.name()})"


def note_of(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None) -> str:
    """The text of the note: path, layer, and shapes and makers of the tensors that came."""
    given = [_shape(value) for value in args]
    given += [f"{key}={text}" for key, value in (kwargs or {}).items() if (text := _shape(value))]
    came = ", ".join(text for text in given if text)
    return f"in {_C.module_path()} ({describe(module)})" + (f": input {came}" if came else "")


def add_note(
    error: Exception, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None
) -> None:
    """Called by the call of a module when `error` leaves it; the innermost module writes the note.

    Before Python 3.11 exceptions have no notes: there the text goes behind the message.
    """
    if getattr(error, _NOTED, None) is not None:
        return
    text = note_of(module, args, kwargs)
    setattr(error, _NOTED, _C.module_path())
    attach = getattr(error, "add_note", None)
    if attach is not None:
        attach(text)
    elif len(error.args) == 1 and isinstance(error.args[0], str) and type(error) is not KeyError:
        error.args = (f"{error.args[0]}\n{text}",)
