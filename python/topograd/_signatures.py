"""Signatures of ops for `inspect`, `help` and editors, made from the registry when asked for."""

from __future__ import annotations

from functools import cache
from inspect import Parameter, Signature
from keyword import iskeyword
from typing import Any

from topograd import _C

ANNOTATIONS = {
    "Tensor": "Tensor",
    "Tensor[]": "Sequence[Tensor]",
    "Scalar": "int | float | bool",
    "int[]": "int | Sequence[int]",
    "float[]": "float | Sequence[float]",
    "object": "Generator",
}
NUMBERS = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}
CONSTANTS = {"None": None, "True": True, "False": False, **NUMBERS}


def signature(forms: list[str], method: bool, out: bool) -> Signature:
    """The signature of a function for ops of these full names.

    What its forms do not share stands as *args and **kwargs; the documentation tells each of them.

    >>> from topograd._signatures import signature
    >>> print(signature(["cat"], False, True))
    (tensors: 'Sequence[Tensor]', dim: 'int' = 0, *, out: 'Tensor | None' = None) -> 'Tensor'
    >>> print(signature(["view", "view.dtype"], True, False))
    (self, /, *args, **kwargs) -> 'Tensor'
    """
    records = [_records()[name] for name in forms]
    lists = [_parameters(record, method) for record in records]
    parameters = list(lists[0])
    if len(lists) > 1:
        shared = 0
        while all(len(one) > shared and one[shared] == lists[0][shared] for one in lists):
            shared += 1
        parameters = [p for p in lists[0][:shared] if p.kind is not Parameter.KEYWORD_ONLY]
        parameters = [p.replace(kind=Parameter.POSITIONAL_ONLY) for p in parameters]
        parameters += [
            Parameter("args", Parameter.VAR_POSITIONAL),
            Parameter("kwargs", Parameter.VAR_KEYWORD),
        ]
    elif out:
        parameters.append(
            Parameter("out", Parameter.KEYWORD_ONLY, default=None, annotation="Tensor | None")
        )
    return Signature(parameters, return_annotation=_result(records))


@cache
def _records() -> dict[str, dict[str, Any]]:
    return {record["name"]: record for record in _C.ops()}


def _parameters(record: dict[str, Any], method: bool) -> list[Parameter]:
    found = []
    # A name that Python reserves can only be given by its place, and so can those before it.
    reserved = [i for i, p in enumerate(record["parameters"]) if iskeyword(p["name"])]
    for place, p in enumerate(record["parameters"]):
        kind: Any = Parameter.POSITIONAL_OR_KEYWORD
        if reserved and place <= reserved[-1]:
            kind = Parameter.POSITIONAL_ONLY
        if p["keyword_only"]:
            kind = Parameter.KEYWORD_ONLY
        if p["variadic"]:
            kind = Parameter.VAR_POSITIONAL
        name = p["name"] + "_" * iskeyword(p["name"])
        if method and place == 0:
            found.append(Parameter("self", kind))
            continue
        default = Parameter.empty if p["default"] is None else _value(p["default"])
        found.append(Parameter(name, kind, default=default, annotation=_annotation(p)))
    return found


def _annotation(p: dict[str, Any]) -> str:
    type_name = p["type"].removesuffix("?")
    if p["variadic"]:
        return {"int[]": "int", "Tensor[]": "Tensor"}[type_name]
    text = ANNOTATIONS.get(type_name, type_name)
    return f"{text} | None" if p["type"].endswith("?") else text


def _value(text: str) -> Any:
    from ast import literal_eval

    return CONSTANTS[text] if text in CONSTANTS else literal_eval(text)


def _result(records: list[dict[str, Any]]) -> str:
    if any(record["result"] == "Tensor[]" or "(" in record["result"] for record in records):
        return "tuple[Tensor, ...]" if len(records) == 1 else "Tensor | tuple[Tensor, ...]"
    return "Tensor"
