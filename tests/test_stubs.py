"""The committed type stubs are those that the registry gives, and leave out nothing."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import topograd as tg
from topograd import _stubs

FOLDER = Path(__file__).resolve().parent.parent / "python" / "topograd"
COMMAND = "python -m topograd._stubs python/topograd"
STUBS = ("_C.pyi", "__init__.pyi", "nn/functional.pyi")


def names_in(body: list[ast.stmt]) -> set[str]:
    names = set()
    for statement in body:
        if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            names.add(statement.name)
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            names.add(statement.target.id)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            names |= {alias.asname or alias.name for alias in statement.names}
    return names


def stub_of(name: str) -> list[ast.stmt]:
    return ast.parse((FOLDER / name).read_text(encoding="utf-8")).body


def public(names: object) -> set[str]:
    return {name for name in dir(names) if not name.startswith("_")}


def test_the_committed_stubs_are_those_of_the_registry():
    outdated = list(_stubs.differing(FOLDER))
    assert not outdated, f"{outdated} differ from the registry: run `{COMMAND}` and commit"


def test_the_stub_of_the_extension_has_every_name():
    missing = public(tg._C) - names_in(stub_of("_C.pyi"))
    assert not missing, f"add {missing} to {_stubs.BASE} and run `{COMMAND}`"


@pytest.mark.parametrize("name", "Tensor Node Graph Generator OptimizerState Size".split())
def test_the_stub_of_a_class_has_every_member(name):
    (found,) = (
        statement
        for statement in stub_of("_C.pyi")
        if isinstance(statement, ast.ClassDef) and statement.name == name
    )
    missing = public(getattr(tg._C, name)) - names_in(found.body) - public(tuple)
    assert not missing, f"add {missing} to {_stubs.BASE} and run `{COMMAND}`"


def test_the_stubs_of_the_namespaces_have_every_op():
    assert set(tg._C.functions) <= names_in(stub_of("__init__.pyi"))
    assert set(tg._C.nn_functions) <= names_in(stub_of("nn/functional.pyi"))


def test_a_check_names_the_file_that_is_outdated(tmp_path):
    (tmp_path / "nn").mkdir()
    for name in (*STUBS, _stubs.BASE):
        shutil.copy(FOLDER / name, tmp_path / name)
    command = [sys.executable, "-m", "topograd._stubs", str(tmp_path)]
    assert subprocess.run([*command, "--check"], check=False).returncode == 0
    with (tmp_path / "_C.pyi").open("a") as stub:
        stub.write("forgotten: int\n")
    checked = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "_C.pyi is not what the registry gives" in checked.stderr
    assert "__init__.pyi" not in checked.stderr
    subprocess.run(command, check=True, capture_output=True)
    assert subprocess.run([*command, "--check"], check=False).returncode == 0
