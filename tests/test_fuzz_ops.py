"""Hostile arguments for every op end in a result or in an exception that names the op.

The calls are those of fuzz.py, run in processes of their own: a crash, a hang or boundless memory
ends only such a process, and the test shows the call that did it. TOPOGRAD_FUZZ=10 makes ten times
as many calls; TOPOGRAD_FUZZ_SALT=text makes others.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import topograd as tg

WORKER = Path(__file__).with_name("fuzz.py")
ROUNDS = round(24 * float(os.environ.get("TOPOGRAD_FUZZ", "1")))
SALT = os.environ.get("TOPOGRAD_FUZZ_SALT", "")
PATIENCE = 60 + ROUNDS  # seconds that a process may take which makes one chunk's calls
OPS = [str(op) for op in tg.ops()]
CHUNKS = [OPS[start : start + 64] for start in range(0, len(OPS), 64)]
MOST_CRASHES = 40  # of one chunk, each of which costs a process

# What ended badly once: a call for each kind.
MENDED = [
    "tg.ones(1, requires_grad=True).view([1]*64).sum().backward()",
    "tg.ones(1).expand([1]*33)",
    "tg.ones(1).repeat([1]*33)",
    "tg.ones([1]*32).unsqueeze(0)",
    "tg.stack([tg.ones([1]*32)])",
    "F.elu(tg.ones(1), 10**400)",
    "tg.add(tg.ones(1), 10**400)",
    "F.gelu(tg.ones(1), approximate='\\ud800')",
    "tg._C.call('basic_index', tg.ones(3), (slice('a'),))",
    "tg._C.call('basic_index', tg.ones(3), 2**70)",
    "F.silu(tg.ones(4, requires_grad=True), True)",
    "F.relu6(tg.ones(1).expand(5), 1)",
    "F.selu(tg.ones(1).expand(5), True)",
    "tg._C.call('linear_bias', tg.arange(6.0), tg.ones(4,3), tg.ones(4))",
    "tg._C.call('linear_bias', tg.ones(2,3), tg.ones(4,3), tg.ones(9))",
    "tg._C.call('convolution_input', tg.ones(3), tg.ones(2,2,1), None, (1,2,4), 1, 0, 1, 1)",
    "tg._C.call('convolution_weight', tg.ones(1), tg.ones(1,2,4), (2,2,1), (1,), (0,), (1,), 1)",
    "tg.ones(0, dtype=tg.complex64).random_(0, 5)",
    "tg.ones(1).as_strided_scatter(tg.ones(1), (1,), (1,), 2**63-1)",
    "tg.ones(3).histc(bins=2**40)",
    "tg._C.call('cross_along', tg.ones(2,3), tg.ones(1,3), 2**31)",
    "tg._C.call('distances', tg.ones(3), x2=tg.ones(3), p=3.5, by_products=False)",
    "tg._C.call('distances', tg.ones(2,3), tg.ones(2,4), 2.0, True)",
    "tg._C.call('distinct', 1j, None, False, True, True)",
    "tg.mvlgamma(tg.ones(1), 2**31)",
    "tg.median(1j)",
    "tg.cummax(tg.ones(2, dtype=tg.complex64), 0)",
    "tg.logcumsumexp(1j, dim=0)",
    "tg.bucketize(1j, tg.ones(2))",
    "tg.sort(tg.zeros(0, dtype=tg.complex64))",
]


def start(arguments: list[str], journal: Path) -> tuple[int, list[dict[str, Any]], str]:
    """Run the worker; return its exit code (None: it hung), what it printed, and its errors."""
    command = [sys.executable, str(WORKER), "--journal", str(journal), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    except subprocess.TimeoutExpired as late:
        printed = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
        return -signal.SIGALRM, parsed(printed), "nothing more came"
    return done.returncode, parsed(done.stdout), done.stderr


def parsed(printed: str) -> list[dict[str, Any]]:
    """Return the JSON lines of an output, without one that was cut off."""
    whole = [line for line in printed.splitlines() if line.startswith("{") and line.endswith("}")]
    return [json.loads(line) for line in whole]


def end_of(code: int, errors: str) -> str:
    """Return how a process ended that did not finish."""
    if code in (-signal.SIGPROF, -signal.SIGALRM):
        return "HANGS"
    tail = " | ".join(errors.strip().splitlines()[-3:])
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return f"CRASHES with {name}: {tail}"


def findings_of(ops: list[str], folder: Path) -> tuple[list[str], int]:
    """Make all calls of the ops; return what is wrong, crashes first, and the number of calls."""
    journal = folder / "journal"
    crashes: list[str] = []
    wrong: list[str] = []
    calls = first = 0
    while len(crashes) < MOST_CRASHES:
        options = ["--rounds", str(ROUNDS), "--salt", SALT, "--first", str(first), "--ops", *ops]
        code, printed, errors = start(options, journal)
        wrong += [f"{entry['call']}\n    {entry['wrong']}" for entry in printed if "wrong" in entry]
        if code == 0:
            calls = first + printed[-1]["calls"]
            break
        last = json.loads(journal.read_text())
        crashes.append(f"{last['call']}\n    {end_of(code, errors)}")
        first = last["number"] + 1
    return crashes + wrong, calls


@pytest.mark.parametrize("ops", CHUNKS, ids=lambda ops: f"{ops[0]} to {ops[-1]}")
def test_hostile_arguments_end_in_exceptions_that_name_the_op(
    ops: list[str], tmp_path: Path
) -> None:
    findings, calls = findings_of(ops, tmp_path)
    shown = "\n".join(findings[:40])
    assert not findings, f"{len(findings)} calls of {calls} end badly:\n{shown}"
    assert calls >= len(ops) * ROUNDS


@pytest.mark.parametrize("call", MENDED)
def test_what_ended_badly_once_ends_well(call: str, tmp_path: Path) -> None:
    name = re.search(r"(?:call\('|F\.|\)\.|^tg\.)(?!ones|_C)(\w+)", call)
    assert name is not None
    options = ["--call", call, "--names", name[1]]
    code, printed, _ = start(options, tmp_path / "journal")
    assert (code, printed) == (0, [])


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("__import__('os').abort()", "CRASHES"),
        ("__import__('ctypes').string_at(0)", "CRASHES"),
        ("[None for _ in iter(int, 1)]", "HANGS"),
        ("tg.ones(2)", ""),
    ],
)
def test_a_process_that_does_not_finish_is_noticed(
    call: str, expected: str, tmp_path: Path
) -> None:
    code, printed, errors = start(["--call", call], tmp_path / "journal")
    assert (end_of(code, errors) if code else "").startswith(expected)
    assert json.loads((tmp_path / "journal").read_text())["call"] == call
    assert not printed


def test_errors_that_are_none_of_ours_are_findings(tmp_path: Path) -> None:
    for call in ("1 / 0", "undefined", "exit(3)"):
        code, printed, _ = start(["--call", call], tmp_path / "journal")
        assert code == 0
        assert "raises" in printed[0]["wrong"]


@pytest.mark.skipif("asan" in os.environ.get("LD_PRELOAD", ""), reason="no limit there")
def test_memory_is_bounded(tmp_path: Path) -> None:
    call = "(b := tg.ones(2**30), b.shape)[1]"
    code, printed, _ = start(["--call", call], tmp_path / "journal")
    assert (code, printed) == (0, [])
