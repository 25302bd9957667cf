"""The floor plan of the code, and its size, are tests: an upward edge fails with its name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CPP = ROOT / "cpp"
PYTHON = ROOT / "python" / "topograd"

# What each floor of the C++ side may include besides itself.
MAY_INCLUDE: dict[str, set[str]] = {
    "base": set(),
    "kernels": {"base"},
    "cuda": {"base", "kernels"},
    "tensor": {"base", "kernels"},
    "graph": {"base", "kernels", "tensor"},
    "ops": {"base", "kernels", "tensor", "graph"},
    "autograd": {"base", "kernels", "tensor", "graph", "ops"},
    "io": {"base", "kernels", "tensor", "graph", "ops", "autograd"},
    "optim": {"base", "kernels", "tensor", "graph", "ops", "autograd"},
}
EVERYTHING = {*MAY_INCLUDE, "public"}
MAY_INCLUDE |= {"public": set(MAY_INCLUDE), "bindings": EVERYTHING, "tests": EVERYTHING}
MAY_INCLUDE["examples"] = EVERYTHING

# The floor of a public header whose name is not that of a folder.
FLOOR_OF_HEADER = {
    "arg.h": "graph",
    "counted.h": "base",
    "device.h": "base",
    "dtype.h": "base",
    "error.h": "base",
    "export.h": "base",
    "graph.h": "autograd",
    "image_ops.h": "ops",
    "op.h": "graph",
    "shape.h": "base",
    "topograd.h": "public",
    "version.h": "base",
}

# Parts of the Python package that must not know of each other: importer -> imported. Programs are
# above everything: no other part may import them.
PROGRAMS = {"__main__", "demo", "examples"}
APPLICATIONS = {"data", "datasets", "display", "training", "viz"}
MUST_NOT_IMPORT: dict[str, set[str]] = {
    "optim": {"nn", *APPLICATIONS},
    "nn": {"optim", *APPLICATIONS},
    "func": {"nn", "optim", *APPLICATIONS},
    "autograd": {"nn", "optim", *APPLICATIONS},
    "linalg": {"nn", "optim", *APPLICATIONS},
    "serialization": {"nn", "optim", *APPLICATIONS},
    "distributions": {"optim", *APPLICATIONS},
    "data": {"nn", "optim", *APPLICATIONS - {"data"}},
    "display": {"nn", "optim", *APPLICATIONS - {"display"}},
}

# Where PyTorch has put a module among the optimizers: averages of a model's weights.
MAY_IMPORT_ALL = {"optim/swa_utils.py"}

LINES_PER_FILE = 500
LINES_PER_FUNCTION = 60


def cpp_sources() -> list[Path]:
    return sorted(p for p in CPP.rglob("*") if p.suffix in {".h", ".cpp", ".cu", ".cuh"})


def python_sources() -> list[Path]:
    folders = (PYTHON, ROOT / "tests", ROOT / "benchmarks")
    return sorted(p for folder in folders for p in folder.rglob("*.py"))


def floor_of(path: Path) -> str:
    parts = path.relative_to(CPP).parts
    if parts[0] != "include":
        return parts[0]
    header = parts[-1]
    return FLOOR_OF_HEADER.get(header, header.removesuffix(".h"))


def included_files(source: Path) -> Iterator[Path]:
    for name in re.findall(r'^\s*#\s*include\s*"([^"]+)"', source.read_text(), re.MULTILINE):
        for folder in (CPP, CPP / "include", source.parent):
            if (folder / name).is_file():
                yield (folder / name).resolve()
                break
        else:
            pytest.fail(f"{source.relative_to(ROOT)} includes {name!r}, which is nowhere")


def test_every_public_header_belongs_to_a_floor():
    headers = (CPP / "include" / "topograd").glob("*.h")
    homeless = [h.name for h in headers if floor_of(h) not in MAY_INCLUDE]
    assert not homeless, f"name the floor of {homeless} in FLOOR_OF_HEADER"


def test_cpp_floors_include_only_lower_floors():
    upward = []
    for source in cpp_sources():
        floor = floor_of(source)
        for target in included_files(source):
            if floor_of(target) not in {floor, *MAY_INCLUDE.get(floor, ())}:
                upward.append(f"{source.relative_to(CPP)} -> {target.relative_to(CPP)}")
    assert not upward, "\n".join(upward)


def test_public_headers_include_only_public_headers():
    public = CPP / "include"
    private = [
        f"{source.relative_to(public)} -> {target.relative_to(CPP)}"
        for source in sorted(public.rglob("*.h"))
        for target in included_files(source)
        if not target.is_relative_to(public)
    ]
    assert not private, "\n".join(private)


def test_only_the_kernels_include_files_compiled_per_instruction_set():
    folder = CPP / "kernels" / "cpu"
    outside = [
        f"{source.relative_to(CPP)} -> {target.relative_to(CPP)}"
        for source in cpp_sources()
        for target in included_files(source)
        if target.is_relative_to(folder) and not source.is_relative_to(folder)
    ]
    assert not outside, "\n".join(outside)


def test_only_the_bindings_know_python():
    knowing = [
        str(source.relative_to(CPP))
        for source in cpp_sources()
        if floor_of(source) != "bindings"
        and re.search(r"^\s*#\s*include\s*<(Python\.h|pybind11/)", source.read_text(), re.MULTILINE)
    ]
    assert not knowing, "\n".join(knowing)


def imported_modules(source: Path) -> Iterator[str]:
    """Absolute names of all that `source` imports, also in functions, not under TYPE_CHECKING."""
    package = ["topograd", *source.relative_to(PYTHON).with_suffix("").parts][:-1]
    tree = ast.parse(source.read_text())
    for block in ast.walk(tree):
        if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING"):
            block.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else []
            base = ".".join([*start, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str:
    """The part of the package that a dotted name lies in: topograd.nn.functional -> nn."""
    names = module.split(".")
    return names[1] if names[0] == "topograd" and len(names) > 1 else ""


def test_python_parts_import_only_what_they_may():
    forbidden = []
    for source in sorted(PYTHON.rglob("*.py")):
        part = source.relative_to(PYTHON).with_suffix("").parts[0]
        above = MUST_NOT_IMPORT.get(part, set()) | (set() if part in PROGRAMS else PROGRAMS)
        if source.relative_to(PYTHON).as_posix() in MAY_IMPORT_ALL:
            above = PROGRAMS
        for module in imported_modules(source):
            if part_of(module) in above:
                forbidden.append(f"{source.relative_to(PYTHON)} ({part}) -> {module}")
    assert not forbidden, "\n".join(forbidden)


def test_no_part_of_the_package_unpickles():
    importing = [
        str(source.relative_to(PYTHON))
        for source in sorted(PYTHON.rglob("*.py"))
        if {"pickle", "marshal", "shelve"} & {m.split(".")[0] for m in imported_modules(source)}
    ]
    assert not importing, "\n".join(importing)


def test_files_are_short():
    long = []
    for source in [*cpp_sources(), *python_sources()]:
        count = len(source.read_text().splitlines())
        if count > LINES_PER_FILE:
            long.append(f"{source.relative_to(ROOT)}: {count} lines, {LINES_PER_FILE} allowed")
    assert not long, "\n".join(long)


def test_python_functions_are_short():
    long = []
    for source in python_sources():
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                count = (node.end_lineno or node.lineno) - node.lineno + 1
                if count > LINES_PER_FUNCTION:
                    long.append(
                        f"{source.relative_to(ROOT)}:{node.lineno} {node.name}: {count} lines"
                    )
    assert not long, f"more than {LINES_PER_FUNCTION} lines:\n" + "\n".join(long)
