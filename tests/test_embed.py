"""A C++ program builds against the installed package, in both ways the README names, and trains."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import topograd as tg

EXAMPLE = Path(__file__).resolve().parent.parent / "cpp" / "examples" / "train"
COMPILER = os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++")

pytestmark = [
    pytest.mark.skipif(COMPILER is None, reason="no C++ compiler is installed"),
    pytest.mark.skipif("LD_PRELOAD" in os.environ, reason="a sanitizer build is being tested"),
]


def run(*command: str | Path) -> str:
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def assert_it_trains(program: Path) -> None:
    losses = [float(loss) for loss in re.findall(r"loss ([\d.e+-]+)", run(program))]
    assert len(losses) >= 2
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.skipif(shutil.which("cmake") is None, reason="CMake is not installed")
def test_the_example_finds_the_package_with_cmake(tmp_path):
    package = f"-Dtopograd_DIR={tg.get_cmake_dir()}"
    run("cmake", "-S", EXAMPLE, "-B", tmp_path, package, f"-DCMAKE_CXX_COMPILER={COMPILER}")
    run("cmake", "--build", tmp_path)
    assert_it_trains(tmp_path / "train")


def test_the_example_builds_with_the_bare_compiler(tmp_path):
    include = Path(tg.get_include())
    libraries = include.parent / "lib"
    program = tmp_path / "train"
    search = [f"-I{include}", f"-L{libraries}", f"-Wl,-rpath,{libraries}"]
    run(COMPILER, "-std=c++20", "-O1", EXAMPLE / "main.cpp", *search, "-ltopograd", "-o", program)
    assert_it_trains(program)
