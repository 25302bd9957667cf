"""The profiler: what it sees, how it adds up, the trace, memory, and PyTorch's names for it."""

from __future__ import annotations

import gzip
import json
import os
import threading
import warnings
from pathlib import Path
from typing import Any

import pytest

import topograd as tg
from topograd import nn
from topograd.profiler.tables import bytes_text, time_text


class Net(nn.Module):
    """Two layers, one of them in a container."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(8, 6), nn.ReLU())
        self.head = nn.Linear(6, 3)

    def forward(self, x: tg.Tensor) -> tg.Tensor:
        return self.head(self.body(x))


def trainer() -> Any:
    """Return a function that makes a training step."""
    net = Net()
    optimizer = tg.optim.SGD(net.parameters(), lr=0.1)
    x, target = tg.randn(5, 8), tg.arange(5) % 3

    def step() -> None:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), target)
        loss.backward()
        optimizer.step()

    return step


def profiled(steps: int = 3, **options: Any) -> Any:
    """Return the profile of some training steps."""
    step = trainer()
    step()
    with tg.profile(**options) as p:
        for _ in range(steps):
            step()
    return p


# ---------------------------------------------------------------- events


def test_events_are_in_each_other_as_in_the_program() -> None:
    p = profiled(1)
    for event in p.events:
        assert event.end >= event.start >= 0
        assert event.self_time >= -1e-6
        if event.parent is not None:
            assert event.parent.start <= event.start
            assert event.end <= event.parent.end + 1e-6
    modules = [event.name for event in p.events if event.kind == "module"]
    assert modules == ["Net", "Net.body", "Net.body.0", "Net.body.1", "Net.head"]
    calls = [e for e in p.events if e.kind == "op" and e.name == "linear_bias"]
    assert [call.module for call in calls] == ["Net.body.0", "Net.head"]
    assert all("test_profile.py" in call.where for call in calls)
    (whole,) = [event for event in p.events if event.name == "backward"]
    rules = [event for event in p.events if event.kind == "backward"]
    assert [rule.name for rule in rules] == [
        "mean", "cross_entropy_rows", "linear_bias", "relu", "linear_bias"
    ]  # fmt: skip
    assert all(rule.parent is whole for rule in rules)
    assert [rule.module for rule in rules][2:] == ["Net.head", "Net.body.1", "Net.body.0"]
    phases = {event.name: event.phase for event in p.events if event.kind == "block"}
    assert phases == {"backward": "backward", "optimizer.step sgd": "optimizer"}


def test_times_add_up_and_lie_within_the_profile() -> None:
    p = profiled(3)
    top = sum(event.duration for event in p.events if event.parent is None)
    assert 0 < top <= p.duration
    assert sum(event.self_time for event in p.events) == pytest.approx(top)
    (model,) = [row for row in p.rows("module") if row.name == "Net"]
    inside = [event for event in p.events if event.module.startswith("Net")]
    assert model.total == pytest.approx(sum(event.self_time for event in inside))
    assert model.total == pytest.approx(model.forward + model.backward)
    assert model.calls == 3
    for by in ("op", "line"):
        computing = [event for event in p.events if event.kind in ("op", "backward")]
        rows = p.rows(by)
        assert sum(row.self for row in rows) == pytest.approx(
            sum(event.self_time for event in computing)
        )


def test_rows_count_calls_and_the_bytes_of_new_results() -> None:
    x = tg.ones(10, 4)
    with tg.profile() as p:
        for _ in range(5):
            (x * 2).t().reshape(40).add_(1)
        x @ x.t()
    rows = {row.name: row for row in p.rows()}
    assert (rows["mul"].calls, rows["mul"].bytes) == (5, 5 * 160)
    assert rows["add_"].bytes == 0
    assert rows["transpose" if "transpose" in rows else "t"].bytes == 0
    assert rows["matmul"].bytes == 400
    linear = {row.name: row.bytes for row in profiled(1).rows()}
    assert linear["linear"] == 0


def test_shapes_are_noted_on_request() -> None:
    p = profiled(1, shapes=True)
    call = next(event for event in p.events if event.name == "linear_bias")
    assert call.input_shapes == [(5, 8), (6, 8), (6,)]
    assert call.output_shapes == [(5, 6)]
    assert profiled(1).events[5].input_shapes == []


def test_the_limit_counts_what_is_missing() -> None:
    x = tg.ones(2)
    with tg.profile(limit=10) as p:
        for _ in range(25):
            x + 1
    assert len(p.events) == 10
    assert p.dropped == 15
    assert "15 events came after the limit" in p.table()
    for limit in (0, -1, 2**31):
        with pytest.raises(ValueError, match="limit"):
            tg.profile(limit=limit).start()
    with pytest.raises(TypeError, match="limit"):
        tg.profile(limit=2.5)  # type: ignore[arg-type]


def test_many_events_lie_in_many_chunks() -> None:
    x = tg.ones(2)
    with tg.profile() as p:
        for _ in range(9000):
            x + 1
    assert len(p.events) == 9000
    starts = [event.start for event in p.events]
    assert starts == sorted(starts)


def test_exceptions_end_events() -> None:
    class Fails(nn.Module):
        def forward(self, x: tg.Tensor) -> tg.Tensor:
            return x @ tg.ones(7, 7)

    with tg.profile() as p:
        with pytest.raises(RuntimeError):
            Fails()(tg.ones(2, 3))
        tg.ones(2) + 1
    failed, after = next(e for e in p.events if e.name == "matmul"), p.events[-1]
    assert failed.failed
    assert after.parent is None
    assert not after.failed


# ---------------------------------------------------------------- running


def test_a_profile_runs_once_at_a_time_in_a_thread() -> None:
    p = tg.profile()
    with pytest.raises(RuntimeError, match="not run yet"):
        p.table()
    assert repr(p) == "<profile, not run>"
    p.stop()
    with p:
        assert repr(p) == "<profile, running>"
        with pytest.raises(RuntimeError, match="running"):
            p.start()
        with pytest.raises(RuntimeError, match="one runs in this thread"):
            tg.profile().start()
        with pytest.raises(RuntimeError, match="still running"):
            p.events  # noqa: B018
        tg.ones(1) + 1
    assert [event.name for event in p.events] == ["ones", "add"]
    with p:
        tg.ones(1) * 2
    assert [event.name for event in p.events] == ["ones", "mul"]

    @tg.profile()
    def work() -> None:
        tg.ones(1) + 1

    work()


def test_other_threads_are_seen_where_they_ask() -> None:
    def work(ask: bool) -> None:
        if ask:
            with p.thread():
                x * 2
        else:
            x * 3

    x = tg.ones(3)
    with tg.profile() as p:
        x + 1
        for ask in (True, False):
            thread = threading.Thread(target=work, args=(ask,), name=f"worker {ask}")
            thread.start()
            thread.join()
    assert [(event.name, event.thread) for event in p.events] == [("add", 0), ("mul", 1)]
    assert p.threads == ["MainThread", "worker True"]
    assert p.events[1].start > p.events[0].end
    with pytest.raises(RuntimeError, match="running"), p.thread():
        pass


def test_a_profile_stopped_by_another_thread_goes_on() -> None:
    p = tg.profile()
    p.start()
    found: list[str] = []

    def other() -> None:
        try:
            p.stop()
        except RuntimeError as error:
            found.append(str(error))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    tg.ones(1)
    p.stop()
    assert "another thread" in found[0]
    assert [event.name for event in p.events] == ["ones"]


def test_profile_and_guard_work_together() -> None:
    with tg.profile() as p, tg.nan_guard():
        with pytest.raises(tg.NonFiniteError):
            tg.zeros(1).log()
        tg.ones(1) + 1
    assert [event.name for event in p.events] == ["zeros", "log", "ones", "add"]
    assert [event.failed for event in p.events] == [False] * 4
    assert all(event.parent is None for event in p.events)


def test_ending_a_profile_inside_of_a_module_ends_what_is_open() -> None:
    class Ends(nn.Module):
        def forward(self, x: tg.Tensor) -> tg.Tensor:
            p.stop()
            return x + 1

    p = tg.profile()
    p.start()
    Ends()(tg.ones(1))
    made, event = p.events
    assert (made.kind, made.name) == ("op", "ones")
    assert (event.kind, event.name) == ("module", "Ends")
    assert event.end <= p.duration + 1


# ---------------------------------------------------------------- tables and traces


@pytest.mark.parametrize("by", ["op", "module", "line", "block"])
def test_tables_are_aligned_and_sorted(by: str) -> None:
    p = profiled()
    lines = p.table(by, sort="total").splitlines()
    assert lines[0].split()[0] == by
    assert set(lines[1]) == {"-", " "}
    totals = [row.total for row in sorted(p.rows(by), key=lambda row: -row.total)]
    assert time_text(totals[0]) in lines[2]
    names = [row.name for row in p.rows(by)]
    assert sorted(names) == [line.split("  ")[0] for line in p.table(by, "name").splitlines()[2:-1]]
    assert len(p.table(by, limit=1).splitlines()) == (5 if len(names) > 1 else 4)


def test_unknown_columns_and_tables_are_refused() -> None:
    p = profiled(1)
    with pytest.raises(ValueError, match="'op', 'module', 'line' or 'block'"):
        p.table("ops")
    with pytest.raises(ValueError, match="sort must be one of name, calls"):
        p.table(sort="speed")


def test_lines_are_those_of_the_program() -> None:
    x = tg.ones(3, requires_grad=True)
    with tg.profile() as p:
        y = x * 2
        y.sum().backward()
    rows = {row.name.split(" in ")[0]: row for row in p.rows("line")}
    assert len(rows) == 2
    first, second = sorted(rows.values(), key=lambda row: int(row.name.split(":")[1].split()[0]))
    assert first.forward > 0
    assert first.backward > 0
    assert second.calls == 1


def test_the_trace_has_complete_events(tmp_path: Path) -> None:
    p = profiled(2, memory=True, shapes=True)
    for name in ("trace.json", "trace.json.gz"):
        p.trace(tmp_path / name)
    text = (tmp_path / "trace.json").read_text()
    assert gzip.decompress((tmp_path / "trace.json.gz").read_bytes()).decode() == text
    events = json.loads(text)["traceEvents"]
    complete = [event for event in events if event["ph"] == "X"]
    assert len(complete) == len(p.events)
    for event, source in zip(complete, p.events, strict=True):
        assert {"name", "cat", "pid", "tid", "ts", "dur", "args"} <= set(event)
        assert event["ts"] == pytest.approx(source.start, abs=1e-3)
        assert event["dur"] == pytest.approx(source.duration, abs=1e-3)
    assert any(event["args"].get("module") == "Net.body.0" for event in complete)
    assert any(event["name"] == "linear_bias.backward" for event in complete)
    assert [event["args"]["name"] for event in events if event["ph"] == "M"] == [
        "topograd",
        "MainThread",
    ]
    counters = [event["args"]["bytes"] for event in events if event["ph"] == "C"]
    assert min(counters) >= 0
    assert max(counters) > 0


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.5, "0.500 µs"), (12.3456, "12.3 µs"), (1.5e6, "1.50 s")]
)
def test_times_have_three_digits(value: float, text: str) -> None:
    assert time_text(value) == text
    assert bytes_text(3 << 20) == "3.0 MiB"


# ---------------------------------------------------------------- memory


def test_memory_is_followed_to_its_end() -> None:
    with tg.profile(memory=True) as p:
        kept = tg.ones(1000) * 2
        for _ in range(3):
            tg.ones(500) + 1
    sizes = sorted(
        (one.bytes, one.died is None, one.event.name if one.event else "") for one in p.held
    )
    assert (4000, True, "mul") in sizes
    assert sizes.count((2000, False, "add")) == 3
    assert (4000, False, "ones") in sizes
    at_end = sum(one.bytes for one in p.held if one.died is None)
    assert at_end == kept.numel() * 4
    assert "7.8 KiB" in p.memory_table("op").splitlines()[-1]
    assert "peak" in p.memory_table("line", "end")
    assert p.memory_table("module", limit=1)
    with pytest.raises(ValueError, match="'peak' or 'end'"):
        p.memory_table(at="now")
    with pytest.raises(ValueError, match="'op', 'module' or 'line'"):
        p.memory_table("block")


def test_the_peak_of_memory_is_that_of_what_is_alive() -> None:
    with tg.profile(memory=True) as p:
        a = tg.ones(100) * 2
        b = a * 2
        del a
        c = b * 2
        del b, c
    from topograd.profiler.held import peak

    live = most = 0
    changes = [(one.born, one.bytes) for one in p.held]
    changes += [(one.died, -one.bytes) for one in p.held if one.died is not None]
    for _, change in sorted(changes):
        live += change
        most = max(most, live)
    assert peak(p.held)[1] == most
    assert live == 0


def test_memory_is_followed_by_one_profile_only() -> None:
    failures: list[str] = []

    def other() -> None:
        try:
            tg.profile(memory=True).start()
        except RuntimeError as error:
            failures.append(str(error))

    with tg.profile(memory=True):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert "another profile" in failures[0]
    with tg.profile(memory=True) as p:
        pass
    assert p.held == []
    with tg.profile() as plain:
        pass
    with pytest.raises(RuntimeError, match="memory=True"):
        plain.memory_table()


def test_tensors_outlive_the_profile_that_saw_them() -> None:
    kept = []
    for _ in range(3):
        with tg.profile(memory=True) as p:
            kept.append(tg.ones(100) + 1)
        del p
    assert [x.sum().item() for x in kept] == [200.0] * 3
    del kept


def test_memory_tells_what_is_in_use() -> None:
    tg.reset_peak_memory()
    before = tg.memory()
    big = tg.zeros(1 << 20)
    during = tg.memory()
    assert during.in_use - before.in_use >= 4 << 20
    assert during.tensors == before.tensors + 1
    del big
    after = tg.memory()
    assert after.in_use == before.in_use
    assert after.peak >= during.in_use
    assert "MiB" in tg.memory_summary()


def test_new_tensors_and_the_ops_of_an_optimizer_have_their_lines() -> None:
    w = tg.randn(6, 4).requires_grad_()
    optimizer = tg.optim.Muon([w], lr=0.1)
    w.sum().backward()
    with tg.profile(memory=True) as p:
        made = tg.randn(100)
        optimizer.step()
    assert p.events[0].name == "randn"
    assert p.events[0].bytes == 400
    lines = [int(e.where.split(":")[-1].split()[0]) for e in p.events if e.kind == "op"]
    assert "test_profile.py" in p.events[0].where
    assert len(set(lines)) == 2
    (block,) = [event for event in p.events if event.kind == "block"]
    assert all(e.phase == "optimizer" for e in p.events if e.parent is block)
    assert "randn" in p.memory_table("op", "end")
    del made


def test_the_ops_of_a_users_rule_lie_in_it() -> None:
    class Twice(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: tg.Tensor) -> tg.Tensor:
            return gradient.exp()

    w = tg.ones(2, requires_grad=True)
    loss = Twice.apply(w).sum()
    with tg.profile() as p:
        loss.backward()
    (rule,) = [event for event in p.events if event.name == "Twice"]
    (inside,) = [event for event in p.events if event.name == "exp"]
    assert inside.parent is rule
    assert inside.phase == "backward"
    assert rule.kind == "backward"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_of_a_fork_can_go_on_while_memory_is_followed() -> None:
    with tg.profile(memory=True), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
        if child == 0:
            os._exit(0 if (tg.ones(50) + 1).sum().item() == 100 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_changes_of_memory_after_the_limit_are_told() -> None:
    with tg.profile(memory=True, limit=5) as p:
        for _ in range(10):
            tg.ones(3)
    assert "15 changes came after the limit" in p.memory_table()
