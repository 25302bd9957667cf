"""The kernels exist once per instruction set: the right copy runs, and no copy replaces another."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import topograd as tg

ROOT = Path(__file__).resolve().parent.parent
COMPUTE = """
import json, topograd as tg
tg.manual_seed(7)
noise = tg.randn(1000)
a = tg.arange(35 * 53, dtype=tg.float32).reshape(35, 53) % 11 - 5
b = tg.arange(53 * 41, dtype=tg.float32).reshape(53, 41) % 7 - 3
x = tg.linspace(-6, 6, 1001)
print(json.dumps({
    "isa": tg._C.isa(),
    "random": tg.rand(1000).tolist() + noise.tolist(),
    "product": (a @ b).tolist(),
    "smooth": [f(x).tolist() for f in (tg.exp, tg.tanh, tg.sigmoid, tg.erf, tg.sin)],
}))
"""


def run_with(isa: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TOPOGRAD_ISA": isa}
    command = [sys.executable, "-c", COMPUTE]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def names() -> list[str]:
    """The instruction sets the library was built for, best first: its error message lists them."""
    listed = re.search(r"expected one of ([\w, ]+), got 'nonsense'", run_with("nonsense").stderr)
    return listed.group(1).split(", ")


@pytest.fixture(scope="module")
def results(names) -> dict[str, dict]:
    """What each instruction set that this processor has computes, best first."""
    computed = {}
    for isa in names:
        process = run_with(isa)
        if process.returncode == 0:
            computed[isa] = json.loads(process.stdout)
        else:
            assert f"this processor does not support {isa}" in process.stderr
    return computed


def test_the_forced_instruction_set_is_the_one_that_runs(results):
    assert results
    assert {isa: result["isa"] for isa, result in results.items()} == {isa: isa for isa in results}


def test_the_best_instruction_set_is_chosen(results):
    process = run_with("")
    assert json.loads(process.stdout)["isa"] == next(iter(results))


def test_an_unknown_instruction_set_is_an_error():
    process = run_with("nonsense")
    assert process.returncode != 0
    assert "TOPOGRAD_ISA: expected one of" in process.stderr
    assert "nonsense" in process.stderr


def test_random_numbers_have_the_same_bits_on_every_instruction_set(results):
    first = next(iter(results.values()))
    assert all(result["random"] == first["random"] for result in results.values())


def test_instruction_sets_agree(results):
    first = next(iter(results.values()))
    for result in results.values():
        assert result["product"] == first["product"]  # small integers: exact in any order
        for values, expected in zip(result["smooth"], first["smooth"], strict=True):
            assert values == pytest.approx(expected, rel=1e-6, abs=1e-7)


def object_files() -> list[tuple[str, Path]]:
    """(instruction set, object file) of every kernel in the release builds of this checkout."""
    sources = {p.name for p in (ROOT / "cpp" / "kernels" / "cpu").glob("*.cpp")}
    found = []
    for cache in ROOT.glob("build/*/CMakeCache.txt"):
        settings = dict(re.findall(r"^(\w+):\w+=(.*)$", cache.read_text(), re.MULTILINE))
        if settings.get("CMAKE_BUILD_TYPE") != "Release" or settings.get("TOPOGRAD_SANITIZE"):
            continue
        for path in cache.parent.glob("cpp/CMakeFiles/topograd_kernels_*.dir/kernels/cpu/*.o"):
            if path.name.removesuffix(".o") in sources:
                found.append((path.parts[-4].removesuffix(".dir").rpartition("_")[2], path))
    return found


@pytest.mark.skipif(shutil.which("nm") is None, reason="nm (binutils) is not installed")
def test_no_kernel_object_offers_code_to_the_other_instruction_sets():
    """See the hazard "one copy for everybody" in cpp/kernels/cpu/prelude.h."""
    objects = object_files()
    if not objects:
        pytest.skip("no object files: topograd was not built in this checkout (pip install .)")
    leaks = []
    for isa, path in objects:
        command = ["nm", "--defined-only", "--format=posix", path]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        own = f"8topograd7kernels{len(isa)}{isa}"
        for line in output.splitlines():
            symbol, kind = line.split()[:2]
            # DW.ref.*: a pointer to the exception personality, data and the same for all.
            if kind in "WVu" and own not in symbol and not symbol.startswith("DW.ref."):
                leaks.append(f"{path.parent.name}/{path.name} ({isa}): {symbol}")
    assert not leaks, "\n".join(leaks)


def test_the_instruction_set_is_named_by_info():
    process = subprocess.run(
        [sys.executable, "-m", "topograd", "info"], capture_output=True, text=True, check=True
    )
    assert tg._C.isa() in process.stdout
