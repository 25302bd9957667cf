"""Guards against slow growth: instructions per call, counted by callgrind, against a baseline.

Counts do not depend on what else the machine does, so a rise of a tenth is a change of the program.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

BASELINE = Path(__file__).with_name("instructions.json")
ALLOWED_GROWTH = 0.10

_SETUP = """
import topograd as tg
tg.set_num_threads(1)
tg.manual_seed(0)
a, b = tg.ones(4, 4), tg.ones(4, 4)
x = tg.ones(4, 4, requires_grad=True)
vector = tg.ones(2000)
"""
_MODEL = """
from topograd import nn, optim
model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 4))
optimizer = optim.SGD(model.parameters(), lr=0.1)
data, target = tg.ones(8, 16), tg.zeros(8, dtype=tg.int64)
loss_function = nn.CrossEntropyLoss()
"""
_BACKWARD = """
    y = x
    for _ in range(10):
        y = y * 2.0
    y.sum().backward()
    x.grad = None
"""
_STEP = """
    optimizer.zero_grad()
    loss_function(model(data), target).backward()
    optimizer.step()
"""
# name: (statements before the loop, the loop's body, repetitions)
WORK: dict[str, tuple[str, str, int]] = {
    "add": ("", "a + b", 2000),
    "add, recorded": ("", "x + b", 2000),
    "sum with keywords": ("", "a.sum(dim=0, keepdim=True)", 2000),
    "matmul": ("", "a @ b", 1000),
    "exp of 2000": ("", "vector.exp()", 200),
    "ten ops and backward": ("", _BACKWARD, 100),
    "MLP step": (_MODEL, _STEP, 40),
}


def environment() -> str:
    """Return the name under which counts of this interpreter and machine are kept."""
    return f"{sys.implementation.cache_tag}-{platform.machine()}"


def settings() -> dict[str, str]:
    """Return the environment of the counted processes: no variation from run to run."""
    fixed = {"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    if platform.machine() == "x86_64":
        fixed["TOPOGRAD_ISA"] = "v3"  # valgrind knows no AVX-512
    return {**os.environ, **fixed}


def has_instruction_set() -> bool:
    """Tell whether this build holds that instruction set; one for this machine alone does not."""
    program = [sys.executable, "-c", "import topograd"]
    finished = subprocess.run(program, env=settings(), capture_output=True, check=False)
    return finished.returncode == 0


def counted(name: str, repetitions: int) -> int:
    """Return the instructions of a process that does one kind of work some number of times."""
    before, body, _ = WORK[name]
    program = f"{_SETUP}\n{before}\nfor _ in range(3 + {repetitions}):\n    {body.strip()}\n"
    with tempfile.TemporaryDirectory() as folder:
        finished = subprocess.run(
            [
                "valgrind",
                "--tool=callgrind",
                f"--callgrind-out-file={folder}/out",
                sys.executable,
                "-c",
                program,
            ],
            capture_output=True,
            text=True,
            check=True,
            env=settings(),
        )
    found = re.search(r"Collected : (\d+)", finished.stderr)
    if found is None:
        raise RuntimeError(f"callgrind printed no count:\n{finished.stderr}")
    return int(found[1])


def per_call(name: str) -> int:
    """Return the instructions of one repetition: a long run less a run of none."""
    repetitions = WORK[name][2]
    return (counted(name, repetitions) - counted(name, 0)) // repetitions


def check(update: bool = False) -> tuple[list[str], bool]:
    """Compare every count with the baseline; return lines to print and whether all are kept."""
    if shutil.which("valgrind") is None:
        return ["instruction counts: skipped, valgrind is not installed"], True
    if not has_instruction_set():
        return ["instruction counts: skipped, this build holds no x86-64-v3"], True
    known = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    baseline = known.get(environment(), {})
    if not baseline and not update:
        return [f"instruction counts: skipped, no baseline for {environment()}"], True
    counts = {name: per_call(name) for name in WORK}
    if update:
        known[environment()] = counts
        BASELINE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
        return [f"instruction counts: baseline of {environment()} written"], True
    lines, kept = ["instructions per call (callgrind)       now    baseline"], True
    for name, count in counts.items():
        allowed = baseline.get(name)
        grown = allowed is not None and count > allowed * (1 + ALLOWED_GROWTH)
        kept = kept and not grown
        lines.append(f"  {name:30} {count:10,}  {allowed or 0:10,}{'  GREW' if grown else ''}")
    return lines, kept
