"""Second names that PyTorch gives to ops: functions, methods and in-place forms alike."""

from __future__ import annotations

from typing import Any

from topograd import _C
from topograd._C import Tensor

ALIASES = {
    "absolute": "abs",
    "arccos": "acos",
    "arccosh": "acosh",
    "arcsin": "asin",
    "arcsinh": "asinh",
    "arctan": "atan",
    "arctan2": "atan2",
    "arctanh": "atanh",
    "clip": "clamp",
    "divide": "div",
    "fix": "trunc",
    "ger": "outer",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "multiply": "mul",
    "negative": "neg",
    "not_equal": "ne",
    "subtract": "sub",
}

# Where PyTorch has no function in place, only the method.
NO_FUNCTION = ("absolute_",)


def functions() -> dict[str, Any]:
    """The functions of the package under their second names, those in place included.

    >>> import topograd as tg
    >>> tg.multiply is tg.mul, tg.clip_ is tg.clamp_
    (True, True)
    """
    named = {**ALIASES, **{f"{alias}_": f"{name}_" for alias, name in ALIASES.items()}}
    return {
        alias: _C.functions[name]
        for alias, name in named.items()
        if name in _C.functions and alias not in NO_FUNCTION
    }


def install_methods() -> None:
    """Gives Tensor the methods of the same names."""
    for alias, name in ALIASES.items():
        for suffix in ("", "_"):
            method = vars(Tensor).get(name + suffix)
            if method is not None:
                setattr(Tensor, alias + suffix, method)
