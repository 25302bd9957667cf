"""The program's own text, for errors: the line of a call, and what to write there instead."""

from __future__ import annotations

import ast
import linecache
from types import CodeType

from topograd._C import Tensor

_LONGEST = 100  # characters of a line that an error shows
_WINDOW = 40  # lines of a statement that are looked at for its end

_NAMESPACES = frozenset("F functional init nn tg topograd torch".split())
# Layers and functions that change their input where they are told so.
_INPLACE = frozenset(
    """alpha_dropout celu dropout elu feature_alpha_dropout hardsigmoid hardswish hardtanh
    leaky_relu mish relu relu6 rrelu selu silu threshold""".split()
)


def line_number(code: CodeType, instruction: int) -> int:
    """The line of an instruction; below -1 it is a line itself, from before Python 3.11."""
    if instruction < -1:
        return -instruction - 1
    for start, end, line in code.co_lines():
        if start <= instruction < end and line is not None:
            return line
    return code.co_firstlineno


def line(code: CodeType, instruction: int) -> str:
    """The text of the line of a call without its indentation, "" where there is no file.

    >>> from topograd import _source
    >>> _source.line(_source.line.__code__, 0).startswith("def line")
    True
    """
    text = linecache.getline(code.co_filename, line_number(code, instruction)).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def advice(code: CodeType, instruction: int, op: str) -> str:
    """What to write instead of the change in place by `op`; "" where the text is not known."""
    statement = _statement(code.co_filename, line_number(code, instruction))
    if statement is not None:
        told = _advice_on(statement, op)
        if told:
            return told
    if op in _INPLACE:
        return f"let {op} not work in place (inplace=False), or call .clone() before"
    return ""


def _statement(file: str, number: int) -> ast.stmt | None:
    """The simple statement that begins at a line, or the last one above it that reaches it."""
    for first in range(number, max(0, number - _WINDOW), -1):
        start = linecache.getline(file, first)
        if not start.strip():
            continue
        parsed = _parsed(file, first, number)
        if parsed is not None:
            return parsed
    return None


def _parsed(file: str, first: int, number: int) -> ast.stmt | None:
    """The statement from line `first` on, if it is whole and reaches line `number`."""
    text = ""
    for at in range(first, first + _WINDOW):
        text += linecache.getline(file, at)
        if at < number:
            continue
        head = text.lstrip()
        if head.rstrip().endswith(":"):  # for x in y: the body does not matter
            head = head.rstrip() + " pass"
        try:
            body = ast.parse(head).body
        except (SyntaxError, ValueError):
            continue
        return body[0] if len(body) == 1 else None
    return None


def _advice_on(statement: ast.stmt, op: str) -> str:
    if isinstance(statement, ast.AugAssign) and not isinstance(statement.target, ast.Subscript):
        left, right = ast.unparse(statement.target), ast.unparse(statement.value)
        symbol = ast.unparse(statement).removeprefix(left).split("=")[0].strip()
        if not isinstance(statement.value, (ast.Name, ast.Constant, ast.Call, ast.Attribute)):
            right = f"({right})"
        return (
            f"write {left} = {left} {symbol} {right} instead of {ast.unparse(statement)}, "
            f"or change a copy ({left}.clone())"
        )
    targets = (
        statement.targets
        if isinstance(statement, ast.Assign)
        else [statement.target]
        if isinstance(statement, ast.AugAssign)
        else []
    )
    for target in targets:
        if isinstance(target, ast.Subscript):
            base = ast.unparse(target.value)
            return f"write into a copy: {base} = {base}.clone() before {ast.unparse(statement)}"
    for call in ast.walk(statement):
        if isinstance(call, ast.Call):
            told = _advice_on_call(call, statement, op)
            if told:
                return told
    return ""


def _advice_on_call(call: ast.Call, statement: ast.stmt, op: str) -> str:
    for keyword in call.keywords:
        if keyword.arg == "inplace" and not (
            isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        ):
            return f"leave inplace={ast.unparse(keyword.value)} away"
    function = call.func
    if not isinstance(function, ast.Attribute):
        return ""
    name = function.attr
    if name == "step":
        return f"call backward() before {ast.unparse(call)}, or compute the loss again after it"
    if not name.endswith("_") or name.startswith("__"):
        return ""
    owner, written = ast.unparse(function.value), ast.unparse(call)
    if name.rstrip("_") != op and not hasattr(Tensor, name):
        return ""
    if owner.rpartition(".")[2] in _NAMESPACES:  # relu_(x), written as a function
        changed = ast.unparse(call.args[0]) if call.args else "x"
        return f"change a copy: {changed} = {changed}.clone() before {written}"
    if not hasattr(Tensor, name[:-1]) or name[:-1] in ("copy", "fill", "zero"):
        return f"change a copy: {owner} = {owner}.clone() before {written}"
    arguments = written[len(owner) + 1 + len(name) :]
    new = f"{owner}.{name[:-1]}{arguments}"
    if isinstance(statement, ast.Expr) and statement.value is call:
        new = f"{owner} = {new}"
    return f"write {new} instead of {written}, or change a copy ({owner}.clone())"
