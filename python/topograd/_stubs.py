"""Type stubs from the registry: `python -m topograd._stubs [--check] [FOLDER]`.

Writes, or compares with --check, below FOLDER (default: this package; give `python/topograd` in a
checkout that is not installed in editable mode):

- `_C.pyi`, the extension module: `_stub_base.pyi.txt`, kept by hand, and the ops that are methods;
- `__init__.pyi` and `nn/functional.pyi`: the ops in these namespaces, and what these modules take
  from others, as it is when the package runs.
"""

from __future__ import annotations

import argparse
import keyword
import pkgutil
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import topograd
from topograd import _C, _aliases

Record = Mapping[str, Any]

BASE = "_stub_base.pyi.txt"
WIDTH = 100
INDENT = "    "

TYPES = {
    "Tensor": "_Operand",
    "Tensor[]": "Sequence[Tensor]",
    "Tensor?[]": "Sequence[Tensor | None]",
    "int": "_int",
    "float": "_float",
    "Scalar": "_Number",
    "bool": "_bool",
    "str": "_str",
    "dtype": "_dtype",
    "int[]": "_int | Sequence[_int]",
    "float[]": "_float | Sequence[_float]",
    # The only objects of the world outside that ops take are random generators.
    "object": "Generator",
}
VARIADIC_TYPES = {"int[]": TYPES["int[]"], "Tensor[]": "Tensor | Sequence[Tensor]"}


class Form(NamedTuple):
    """One way to call an op: its parameters, its result as a type, its documentation."""

    parameters: Sequence[Record]
    result: str
    doc: str
    out: bool = False


def main() -> int:
    """Runs the command; 1 where --check finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m topograd._stubs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent)
    options = parser.parse_args()
    outdated = differing(options.folder)
    for name, text in outdated.items():
        if options.check:
            print(f"{options.folder / name} is not what the registry gives", file=sys.stderr)
        else:
            (options.folder / name).write_text(text, encoding="utf-8")
            print(f"wrote {options.folder / name}")
    return 1 if options.check and outdated else 0


def differing(folder: Path) -> dict[str, str]:
    """The text of every stub file below the folder that is missing or holds something else."""
    return {
        name: text
        for name, text in generate(folder).items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != text
    }


def generate(folder: Path) -> dict[str, str]:
    """The text of every stub file, by its path below the folder that has the hand-kept part."""
    from topograd.nn import functional

    ops = [op for op in _C.ops() if not op["hidden"]]
    return {
        "_C.pyi": core_stub((folder / BASE).read_text(encoding="utf-8"), ops),
        "__init__.pyi": namespace_stub(topograd, ops),
        "nn/functional.pyi": namespace_stub(functional, ops),
    }


# ---------------------------------------------------------------- files


def core_stub(base: str, ops: Sequence[Record]) -> str:
    """The stub of the extension module: the hand-kept part with classes and methods put in."""
    forms = method_forms(ops)
    methods = "\n".join(definition(name, forms[name], method=True) for name in sorted(forms))
    classes = "\n\n".join(sorted({result_class(op["result"]) for op in ops} - {""}))
    text = base.replace("{results}", classes)
    return text.replace("{methods}", textwrap.indent(methods.rstrip(), INDENT))


def namespace_stub(module: ModuleType, ops: Sequence[Record]) -> str:
    """The stub of a Python module whose names come from the registry and from other modules."""
    public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    origins = {name: origin_of(name, value) for name, value in public.items()}
    imports = {name: origin for name, origin in origins.items() if origin}
    forms = function_forms(public, ops)
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if not found.name.startswith("_") and found.name not in forms:
            imports.setdefault(found.name, module.__name__)
    exported = [
        f'"{name}"' for name in sorted({*imports, *forms}, key=lambda name: (name.casefold(), name))
    ]
    body = "\n".join(definition(name, forms[name]) for name in sorted(forms)).rstrip()
    constants = "".join(
        f"{name}: _{type(value).__name__}\n"
        for name, value in vars(module).items()
        if type(value) in (float, int, str) and (name in public or name == "__version__")
    )
    constants += "\n" if constants else ""
    for name in set(re.findall(r"\w+", body + constants)) & type_names(ops):
        imports.setdefault(name, _C.__name__)
    return (
        "# Generated: python -m topograd._stubs, from the names in the running module.\n"
        "# ruff: noqa: D205, D402, D403, I001, RUF022, RUF100\n"
        f'"""What `{module.__name__}` offers."""\n\n'
        "from collections.abc import Sequence\n"
        "from typing import overload\n\n"
        f"{import_lines(imports)}\n"
        f"{exploded('__all__ = [', exported, ']')}\n\n"
        f"{constants}{body}\n"
    )


def origin_of(name: str, value: object) -> str:
    """The module to import a name from; "" where it is an op of the registry, or not for users."""
    if vars(_C).get(name) is value:
        return _C.__name__
    module = str(getattr(value, "__module__", ""))
    is_ours = module.startswith("topograd.") and callable(value)
    return module if is_ours and getattr(sys.modules[module], name, None) is value else ""


def function_forms(names: Mapping[str, object], ops: Iterable[Record]) -> dict[str, list[Form]]:
    """The names that stand for ops of the registry, with all forms of the op."""
    registered = {**_C.functions, **_C.nn_functions}
    forms: dict[str, list[Form]] = {}
    for op in ops:
        if op["function_exists"]:
            in_place = registered.get(op["function"] + "_")
            for name, value in names.items():
                form = form_of(op)
                if value is registered[op["function"]]:
                    forms.setdefault(name, []).append(form)
                elif value is in_place and op["inplace"]:
                    doc = f"{form.doc.splitlines()[0]} In place."
                    forms.setdefault(name, []).append(form._replace(doc=doc))
    return forms


def type_names(ops: Iterable[Record]) -> set[str]:
    """The names of the extension module's stub that occur in the types of ops."""
    texts = [*TYPES.values(), "Tensor", *(result_type(op["result"]) for op in ops)]
    return {name for text in texts for name in re.findall(r"\w+", text)} - {
        "Sequence",
        "tuple",
        "None",
    }


def import_lines(origins: Mapping[str, str]) -> str:
    """Import statements for names, by the module that each comes from."""
    text = ""
    for module in sorted(set(origins.values()), key=str.casefold):
        names = sorted(name for name, origin in origins.items() if origin == module)
        lines = "".join(f"{INDENT}{name},\n" for name in names)
        text += f"from {module} import (\n{lines})\n"
    return text


def method_forms(ops: Iterable[Record]) -> dict[str, list[Form]]:
    """The methods that the registry put into Tensor; others stand in the hand-kept part."""
    forms: dict[str, list[Form]] = {}

    def add(name: str, form: Form) -> None:
        if type(vars(_C.Tensor).get(name)).__name__ == "OpMethod":
            forms.setdefault(name, []).append(form)

    for op in ops:
        form = form_of(op)
        if op["method"] and not op["inplace_only"]:
            add(op["function"], form)
        if op["inplace"]:
            add(in_place_name(op), form._replace(doc=f"{form.doc.splitlines()[0]} In place."))
    for alias, name in _aliases.ALIASES.items():
        for suffix in ("", "_"):
            if name + suffix in forms:
                forms[alias + suffix] = forms[name + suffix]
    return forms


def in_place_name(op: Record) -> str:
    """The name of the method that writes over its tensor."""
    name: str = op["function"]
    # normal_ has a record of its own, beside that of the function normal.
    if not hasattr(_C.Tensor, name + "_"):
        name = name.removesuffix("_fill")
    return name + "_"


# ---------------------------------------------------------------- definitions


def form_of(op: Record) -> Form:
    """The form that a record of the registry describes."""
    return Form(op["parameters"], result_type(op["result"]), op["doc"], op["out"])


def definition(name: str, forms: list[Form], *, method: bool = False) -> str:
    """A function with all its forms; a method has `self` in place of the first parameter.

    >>> from topograd._stubs import Form, definition
    >>> input = dict(name="input", type="Tensor", keyword_only=False, variadic=False, default=None)
    >>> definition("exp", [Form([input], "Tensor", "Exponential: e**x.")]).splitlines()[0]
    'def exp(input: _Operand) -> Tensor:'
    """
    lines = []
    for i, form in enumerate(forms):
        if len(forms) > 1:
            lines.append("@overload")
        entries = parameter_list(form, forms[:i], method=method)
        head = exploded(f"def {name}(", entries, f") -> {form.result}:")
        if any(other.parameters[0]["variadic"] for other in forms[i + 1 :]):
            # One tensor gives one, several give a tuple: types can not tell several from one.
            first, *rest = head.splitlines()
            head = "\n".join([f"{first}  # type: ignore[overload-overlap]", *rest])
        lines.append(f"{head}\n{textwrap.indent(docstring(form.doc), INDENT)}\n")
    return "\n".join(lines)


def parameter_list(form: Form, earlier: list[Form], *, method: bool) -> list[str]:
    """The parameters as Python writes them, with the marks for positional and keyword-only ones."""
    entries = ["self"] if method else []
    position_only, keyword_only = 0, False
    for i, parameter in enumerate(form.parameters[method:], start=method):
        name = parameter["name"]
        if parameter["keyword_only"] and not keyword_only:
            entries.append("*")
        keyword_only = keyword_only or parameter["keyword_only"] or parameter["variadic"]
        if keyword.iskeyword(name):
            # Python has no way to give it by name.
            name += "_"
            position_only = len(entries) + 1
        default = "" if parameter["default"] is None else f" = {literal(parameter['default'])}"
        star = "*" if parameter["variadic"] else ""
        entries.append(f"{star}{name}: {parameter_type(parameter, i, earlier)}{default}")
    if position_only:
        entries.insert(position_only, "/")
    if form.out and not method:
        several = form.result != "Tensor"
        entries += [] if keyword_only else ["*"]
        entries.append(f"out: {'Sequence[Tensor]' if several else 'Tensor'} | None = None")
    return entries


def parameter_type(parameter: Record, position: int, earlier: list[Form]) -> str:
    """What a parameter accepts; a number only if no earlier form takes the number."""
    written = parameter["type"]
    if parameter["variadic"]:
        return VARIADIC_TYPES[written]
    base = written.removesuffix("?")
    taken = any(
        position < len(form.parameters) and form.parameters[position]["type"].startswith("int")
        for form in earlier
    )
    text = "Tensor" if base == "Tensor" and taken else TYPES[base]
    return text + " | None" if written.endswith("?") else text


def literal(text: str) -> str:
    """A default of the registry as Python code, with the quotes that the style asks for."""
    return text.replace("'", '"')


def result_type(result: str) -> str:
    """The type of a result: "(Tensor values, Tensor indices)" is `_ValuesIndices`."""
    if result == "Tensor[]":
        return "tuple[Tensor, ...]"
    if result.startswith("("):
        return "_" + "".join(name.capitalize() for name in result_names(result))
    return result


def result_names(result: str) -> list[str]:
    """The names in "(Tensor values, Tensor indices)"."""
    return [item.split()[1] for item in result.strip("()").split(",")]


def result_class(result: str) -> str:
    """The named tuple of several named results, "" where there is one."""
    if not result.startswith("("):
        return ""
    fields = "\n".join(f"{INDENT}{name}: Tensor" for name in result_names(result))
    return f"class {result_type(result)}(NamedTuple):\n{fields}"


def exploded(start: str, entries: list[str], end: str) -> str:
    """A list on one line, or on one line for each entry if that is too long."""
    line = start + ", ".join(entries) + end
    # Methods are indented later on.
    if len(line) <= WIDTH - len(INDENT):
        return line
    return start + "\n" + "".join(f"{INDENT}{entry},\n" for entry in entries) + end


def docstring(doc: str) -> str:
    """The documentation up to its examples, between quotes, in lines that fit."""
    doc = doc.partition("\n>>> ")[0].rstrip()
    width = WIDTH - 2 * len(INDENT) - 2 * len('"""')
    lines = [line for one in doc.splitlines() for line in textwrap.wrap(one, width) or [""]]
    return '"""' + "\n".join(lines) + ('"""' if len(lines) == 1 else '\n"""')


if __name__ == "__main__":
    sys.exit(main())
