"""What is installed: its size, what importing it brings in, each fact in one place."""

from __future__ import annotations

import importlib.metadata
import io
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import topograd as tg

ROOT = Path(__file__).resolve().parent.parent
# An editable installation keeps the compiled parts apart from the sources.
COMPILED = Path(tg._C.__file__).parent
PACKAGE = Path(tg.__file__).parent

TOP_LEVEL = {
    "CHANGELOG.md",
    "CMakeLists.txt",
    "CMakePresets.json",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "benchmarks",
    "cpp",
    "docs",
    "pyproject.toml",
    "python",
    "tests",
}


def python(*arguments: str) -> str:
    process = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_the_wheel_is_at_most_eight_megabytes():
    # Three copies of all kernels, one per instruction set, are most of it.
    files = {p for folder in (PACKAGE, COMPILED) for p in folder.rglob("*") if p.is_file()}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as wheel:
        for path in sorted(files):
            if "__pycache__" not in path.parts:
                wheel.write(path)
    assert archive.tell() <= 8 * 2**20


def test_importing_brings_in_neither_numpy_nor_torch_nor_what_is_slow():
    loaded = python("-c", "import sys, topograd; print(*sys.modules)").split()
    assert not {"numpy", "torch"} & set(loaded)
    # inspect (by way of dataclasses) would cost a fifth of the time an import may take.
    assert not {"dataclasses", "inspect"} & set(loaded)


def test_numpy_is_the_only_requirement():
    requirements = importlib.metadata.requires("topograd") or []
    names = [re.match(r"[\w.-]+", r).group() for r in requirements if "extra ==" not in r]
    assert names == ["numpy"]


def test_the_version_stands_in_one_place():
    header = (ROOT / "cpp" / "include" / "topograd" / "version.h").read_text()
    version = re.search(r'#define TOPOGRAD_VERSION "([^"]+)"', header).group(1)
    assert tg.__version__ == version
    assert importlib.metadata.version("topograd") == version
    config = Path(tg.get_cmake_dir()) / "topogradConfigVersion.cmake"
    assert f'set(PACKAGE_VERSION "{version}")' in config.read_text()
    typed_again = [
        str(path.relative_to(ROOT))
        for path in [ROOT / "pyproject.toml", ROOT / "CMakeLists.txt", *PACKAGE.rglob("*.py")]
        if f'"{version}"' in path.read_text()
    ]
    assert not typed_again


def test_the_command_line_names_the_cmake_package():
    folder = python("-m", "topograd", "--cmake-dir").strip()
    assert folder == tg.get_cmake_dir()
    assert (Path(folder) / "topogradConfig.cmake").is_file()
    assert (Path(folder) / "topogradTargets.cmake").is_file()


def test_the_public_headers_are_installed():
    sources = ROOT / "cpp" / "include" / "topograd"
    installed = Path(tg.get_include()) / "topograd"
    assert {p.name for p in installed.glob("*")} == {p.name for p in sources.glob("*")}


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()
    assert (PACKAGE / "_C.pyi").is_file()


@pytest.mark.skipif(
    sys.platform != "linux" or shutil.which("readelf") is None, reason="needs Linux and readelf"
)
def test_the_libraries_need_only_each_other_and_the_cpp_runtime():
    allowed = {"libtopograd.so", "libstdc++.so.6", "libm.so.6", "libgcc_s.so.1", "libc.so.6"}
    allowed |= {"libpthread.so.0", "libdl.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}
    for library in (Path(tg._C.__file__), *COMPILED.glob("lib/*.so")):
        dynamic = subprocess.run(
            ["readelf", "-d", library], capture_output=True, text=True, check=True
        ).stdout
        needed = set(re.findall(r"NEEDED.*\[(.+)\]", dynamic))
        sanitizers = {name for name in needed if re.match(r"lib[atu]bsan|lib[at]san", name)}
        assert needed - sanitizers <= allowed, library.name
        paths = re.findall(r"(?:RUNPATH|RPATH).*\[(.+)\]", dynamic)
        assert all(path.startswith("$ORIGIN") for path in paths), library.name


def test_the_top_level_holds_only_what_belongs_there():
    names = {p.name for p in ROOT.iterdir() if not p.name.startswith(".")}
    ignored = set(re.findall(r"^/([\w.-]+)/$", (ROOT / ".gitignore").read_text(), re.MULTILINE))
    assert not names - TOP_LEVEL - ignored
    assert not TOP_LEVEL - names
