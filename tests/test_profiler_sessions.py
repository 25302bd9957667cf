"""`topograd.profiler` under PyTorch's names: sessions with a schedule, key averages, exports."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import topograd as tg
from topograd import nn


def step() -> None:
    """Train two linear layers for one step."""
    net = nn.Sequential(nn.Linear(8, 6), nn.ReLU(), nn.Linear(6, 3))
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1)
    loss = nn.functional.cross_entropy(net(tg.randn(5, 8)), tg.arange(5) % 3)
    loss.backward()
    optimizer.step()


def test_key_averages_have_pytorchs_columns(tmp_path: Path) -> None:
    from topograd.profiler import ProfilerActivity, profile, record_function

    with (
        profile(
            activities=[ProfilerActivity.CPU],
            record_shapes=True,
            profile_memory=True,
            with_stack=True,
            with_flops=True,
        ) as prof,
        record_function("whole step"),
    ):
        step()
    averages = prof.key_averages()
    rows = {row.key: row for row in averages}
    assert rows["linear_bias"].count == 2
    assert rows["linear_bias"].flops == (2 * 8 + 1) * 5 * 6 + (2 * 6 + 1) * 5 * 3
    assert rows["whole step"].cpu_time_total == pytest.approx(averages.self_cpu_time_total)
    assert rows["whole step"].cpu_memory_usage == sum(e.bytes for e in prof.events())
    assert averages.total_average().count == len(prof.events())
    table = averages.table(sort_by="self_cpu_time_total", row_limit=3)
    assert len(table.splitlines()) == 6
    assert "# of Calls" in table
    shaped = prof.key_averages(group_by_input_shape=True)
    assert sorted(row.input_shapes[0] for row in shaped if row.key == "linear_bias") == [
        (5, 6),
        (5, 8),
    ]
    assert "test_profiler_sessions.py" in prof.key_averages(group_by_stack_n=1).table()
    with pytest.raises(AttributeError):
        averages.table(sort_by="speed")
    prof.add_metadata("note", "first")
    prof.add_metadata_json("setting", '{"a": 1}')
    prof.export_chrome_trace(tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text())["setting"] == {"a": 1}
    prof.export_stacks(tmp_path / "stacks.txt")
    assert "linear_bias" in (tmp_path / "stacks.txt").read_text()


def test_the_schedule_chooses_steps_as_in_pytorch(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    for options in (
        {"wait": 1, "warmup": 1, "active": 2},
        {"wait": 0, "warmup": 1, "active": 1, "repeat": 2},
        {"wait": 2, "warmup": 1, "active": 3, "repeat": 2, "skip_first": 2},
        {"wait": 2, "warmup": 1, "active": 1, "skip_first": 1, "skip_first_wait": 1},
    ):
        own, other = tg.profiler.schedule(**options), torch.profiler.schedule(**options)
        assert [own(i).name for i in range(20)] == [other(i).name for i in range(20)]
    for bad in ({"wait": -1, "warmup": 0, "active": 1}, {"wait": 0, "warmup": 0, "active": 0}):
        with pytest.raises(ValueError, match="active at least 1"):
            tg.profiler.schedule(**bad)


def test_traces_are_ready_after_their_steps(tmp_path: Path) -> None:
    ready = []
    with tg.profiler.profile(
        schedule=tg.profiler.schedule(wait=1, warmup=1, active=2, repeat=2),
        on_trace_ready=lambda prof: ready.append(
            (prof.step_num, [event.name for event in prof.events()])
        ),
    ) as prof:
        for _ in range(10):
            tg.ones(1) + 1
            prof.step()
    assert [number for number, _ in ready] == [4, 8]
    assert ready[0][1] == ["ProfilerStep#2", "ones", "add", "ProfilerStep#3", "ones", "add"]
    handler = tg.profiler.tensorboard_trace_handler(str(tmp_path / "logs"), "w", use_gzip=True)
    with tg.profiler.profile(on_trace_ready=handler):
        tg.ones(1) + 1
    (written,) = (tmp_path / "logs").iterdir()
    assert written.name.startswith("w.")
    assert written.name.endswith(".pt.trace.json.gz")
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        tg.profiler.profile().key_averages()


def test_record_function_without_a_profile_does_nothing() -> None:
    @tg.profiler.record_function("inner")
    def work() -> int:
        return 3

    assert work() == 3
    block = tg.profiler.record_function("outer")
    block.__enter__()
    with tg.profile() as p:
        assert work() == 3
        block.__exit__()
        still = tg.profiler.record_function("still open")
        still.__enter__()
        tg.ones(1) + 1
    still.__exit__()
    assert [event.name for event in p.events] == ["inner", "still open", "ones", "add"]
    with pytest.raises(TypeError, match="name must be a string"):
        tg.profiler.record_function(3)  # type: ignore[arg-type]


def test_the_older_profiler_has_the_same_data(tmp_path: Path) -> None:
    older = tg.autograd.profiler
    with older.profile(record_shapes=True) as prof, older.record_function("train"):
        step()
    assert "train" in {row.key for row in prof.key_averages()}
    assert prof.total_average().count == len(prof.function_events)
    assert prof.self_cpu_time_total > 0
    assert "linear_bias" in prof.table(sort_by="cpu_time_total")
    prof.export_chrome_trace(tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text())["traceEvents"]
    with tg.autograd.profiler.profile(enabled=False) as off:
        step()
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        off.key_averages()


def test_a_program_of_pytorch_finds_the_profiler() -> None:
    program = """
import topograd
topograd.as_torch()
import torch
from torch.profiler import ProfilerActivity, profile, record_function, schedule
from torch.autograd.profiler import record_function as older
with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as prof, older("whole"):
    with record_function("part"):
        torch.mm(torch.ones(2, 3), torch.ones(3, 2))
print(len(prof.key_averages().table(sort_by="cpu_time_total", row_limit=10).splitlines()))
with torch.autograd.detect_anomaly():
    print(torch.is_anomaly_enabled())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["8", "True"], done.stderr
