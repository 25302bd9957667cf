"""Worker processes and the program around them: kills, signals, forks, ends of the interpreter."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import time
from typing import ClassVar

import numpy as np
import pytest

import topograd as tg
from topograd.data import DataLoader, Dataset, IterableDataset, TensorDataset

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")

START = """
import os, signal, sys, threading, time
import topograd as tg
from topograd.data import DataLoader, Dataset, IterableDataset
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it

class Slow(Dataset):
    def __init__(self, seconds=0.0):
        self.seconds = seconds
    def __len__(self):
        return 1000
    def __getitem__(self, index):
        time.sleep(self.seconds)
        return os.getpid()

def loader(kind, dataset, **options):
    context = {"multiprocessing_context": "fork"} if kind == "process" else {}
    return DataLoader(dataset, 1, num_workers=2, **context, **options)
"""


def run_program(source, *arguments, timeout=30.0):
    """Run a Python program in a process of its own; it is over within the time."""
    return subprocess.run(
        [
            sys.executable,
            *"-W error -W ignore::DeprecationWarning -c".split(),
            START + textwrap.dedent(source),
            *arguments,
        ],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def quiet(finished, output):
    assert finished.returncode == 0, finished.stderr
    assert finished.stderr == ""
    assert finished.stdout.split() == output.split()


def gone(pid, seconds=10.0):
    """Whether a process ends in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().rpartition(")")[2].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


class Dies(Dataset):
    def __init__(self, how):
        self.how = how

    def __len__(self):
        return 40

    def __getitem__(self, index):
        if index == 13:
            if self.how == "exit":
                os._exit(3)
            os.kill(os.getpid(), getattr(signal, self.how))
        return index


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("exit", "gone with exit code 3"),
        ("SIGKILL", "killed by SIGKILL"),
        ("SIGTERM", "killed by SIGTERM"),
    ],
)
@pytest.mark.parametrize("in_order", [True, False])
def test_a_worker_that_dies_is_reported_and_nothing_hangs(how, message, in_order):
    loader = DataLoader(
        Dies(how), 2, num_workers=2, multiprocessing_context="fork", in_order=in_order
    )
    seen = []
    with pytest.raises(RuntimeError, match=f"process [01] .*{message}, exited unexpectedly "):
        seen.extend(x.tolist() for x in loader)
    if in_order:
        assert seen == [[n, n + 1] for n in range(0, 12, 2)]
    assert not multiprocessing.active_children()


def test_after_a_worker_has_died_its_batch_is_the_next_of_a_resumed_pass():
    loader = DataLoader(Dies("SIGKILL"), 2, num_workers=2, multiprocessing_context="fork")
    with pytest.raises(RuntimeError, match="killed by SIGKILL"):
        list(loader)
    state = loader.state_dict()
    whole = DataLoader(range(40), 2, num_workers=1)
    whole.load_state_dict(state)
    assert next(iter(whole)).tolist() == [12, 13]


def test_an_idle_worker_that_is_killed_is_reported():
    loader = DataLoader(
        TensorDataset(tg.arange(60)), 1, num_workers=2, multiprocessing_context="fork"
    )
    batches = iter(loader)
    next(batches)
    time.sleep(0.1)
    for child in multiprocessing.active_children():
        os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(RuntimeError, match="killed by SIGKILL, exited unexpectedly"):
        list(batches)
    assert len(list(loader)) == 60


def test_killed_persistent_workers_are_replaced_for_the_next_pass():
    loader = DataLoader(
        TensorDataset(tg.arange(6)),
        2,
        num_workers=2,
        multiprocessing_context="fork",
        persistent_workers=True,
    )
    assert len(list(loader)) == 3
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    assert [x.tolist() for (x,) in loader] == [[0, 1], [2, 3], [4, 5]]


class Everything(Dataset):
    """An example of every kind that a batch may hold."""

    values: ClassVar = {
        "float": tg.tensor([1.5, -2.0]),
        "half": tg.tensor([1.5], dtype=tg.bfloat16),
        "complex": tg.tensor([[1 + 2j]]),
        "bool": tg.tensor([True, False]),
        "none": tg.zeros(0, 3),
        "strided": tg.arange(6).reshape(2, 3).t(),
        "scalar": tg.tensor(7),
        "array": np.arange(4.0)[::-1],
        "text": "text",
        "large": tg.arange(200_000),
    }

    def __len__(self):
        return 3

    def __getitem__(self, index):
        return self.values


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_batches_of_every_kind_come_from_processes(method):
    if method == "spawn":  # the class has to be found by its name there
        sys.modules.setdefault(__name__, sys.modules[Everything.__module__])
    loader = DataLoader(Everything(), None, num_workers=1, multiprocessing_context=method)
    for batch in loader:
        for name, expected in Everything.values.items():
            got = batch[name]
            if isinstance(expected, tg.Tensor):
                assert got.dtype == expected.dtype
                assert got.shape == expected.shape
                assert tg.equal(got, expected)
            elif name == "array":
                np.testing.assert_array_equal(got.numpy(), expected)
            else:
                assert got == expected
        batch["large"].add_(1)  # memory of its own


def test_what_cannot_be_sent_is_an_error():
    class Generators(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return (x for x in ())

    loader = DataLoader(
        Generators(), None, num_workers=1, multiprocessing_context="fork", collate_fn=lambda x: x
    )
    with pytest.raises(TypeError, match="batch of type generator cannot be sent from a worker"):
        list(loader)


def test_an_exception_that_cannot_be_sent_arrives_as_text():
    class Odd(Exception):
        def __init__(self, first, second):
            super().__init__(f"{first} and {second}")

    class Failing(IterableDataset):
        def __iter__(self):
            raise Odd("this", "that")

    with pytest.raises(RuntimeError, match="Odd: this and that") as caught:
        list(DataLoader(Failing(), num_workers=1, multiprocessing_context="fork"))
    assert "raise Odd" in str(caught.value.__cause__)


def test_tensors_pass_through_a_pool_of_processes():
    with multiprocessing.get_context("fork").Pool(1) as pool:
        got = pool.map(tg.exp, [tg.zeros(2), tg.ones(1, requires_grad=True)])
    assert got[0].tolist() == [1.0, 1.0]
    assert got[1].item() == pytest.approx(np.e)


# The program around them -----------------------------------------------------------------------

ends = pytest.mark.parametrize("kind", ["thread", "process"])


@ends
def test_the_interpreter_ends_with_live_workers(kind):
    program = """
        kept = iter(loader(sys.argv[1], Slow(0.01)))
        persistent = loader(sys.argv[1], Slow(), persistent_workers=True)
        other = iter(persistent)
        next(kept), next(other)
        print("done")
    """
    quiet(run_program(program, kind), "done")


@ends
def test_an_exception_that_ends_the_program_does_not_wait_for_a_worker_that_hangs(kind):
    program = """
        batches = iter(loader(sys.argv[1], Slow(1000.0)))
        print("done", flush=True)
        raise SystemExit(0)
    """
    quiet(run_program(program, kind, timeout=20), "done")


@ends
def test_control_c_arrives_while_a_batch_is_waited_for(kind):
    program = """
        try:
            threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
            for _ in loader(sys.argv[1], Slow(1000.0)):
                pass
        except KeyboardInterrupt:
            print("interrupted", len([b for b in loader(sys.argv[1], range(6))]))
    """
    quiet(run_program(program, kind, timeout=20), "interrupted 6")


def test_control_c_for_all_processes_of_a_terminal_is_quiet():
    program = """
        try:
            batches = iter(loader("process", Slow(0.01)))
            print("ready", flush=True)
            for _ in batches: pass
        except KeyboardInterrupt:
            print("interrupted", flush=True)
    """
    with subprocess.Popen(
        [sys.executable, "-c", START + textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "ready\n"
        os.killpg(process.pid, signal.SIGINT)
        output, noise = process.communicate(timeout=20)
    assert (output, noise, process.returncode) == ("interrupted\n", "", 0)


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks into /proc")
def test_workers_end_when_the_program_is_killed():
    program = """
        import multiprocessing
        kept = [iter(loader("process", Slow(0.001))) for _ in range(2)]
        for batches in kept: next(batches)
        print(*(child.pid for child in multiprocessing.active_children()), flush=True)
        time.sleep(1000)
    """
    with subprocess.Popen(
        [sys.executable, "-c", START + textwrap.dedent(program)], stdout=subprocess.PIPE, text=True
    ) as process:
        workers = [int(pid) for pid in process.stdout.readline().split()]
        process.kill()
        process.wait(timeout=10)
    assert len(workers) == 4
    assert all(gone(pid) for pid in workers)


@ends
def test_a_fork_amid_a_pass_never_hangs(kind):
    program = """
        tg.set_num_threads(2)
        class Random(Slow):
            def __getitem__(self, index):
                return tg.rand(300, 300) @ tg.rand(300, 300)
        batches = iter(loader(sys.argv[1], Random()))
        for _ in range(10):
            next(batches)
            child = os.fork()
            if child == 0:
                try:
                    next(batches)
                except RuntimeError as error:
                    ok = "made in another process" in str(error)
                del batches
                ok = ok and len(list(DataLoader(range(9), 2, num_workers=2))) == 5
                (tg.ones(300, 300) @ tg.rand(300, 300)).sum()
                os._exit(0 if ok else 1)
            assert os.waitpid(child, 0)[1] == 0
        print("done", len(next(batches)))
    """
    quiet(run_program(program, kind, timeout=60), "done 1")


def test_the_end_of_a_forked_child_leaves_the_workers_of_its_parent_alone():
    program = """
        batches = iter(loader("process", Slow(0.001)))
        next(batches)
        child = os.fork()
        if child == 0:
            sys.exit(0)  # with all that the interpreter does at its end
        assert os.waitpid(child, 0)[1] == 0
        time.sleep(0.2)
        print(len(list(batches)))
    """
    quiet(run_program(program), "999")


def test_processes_start_after_use_of_the_thread_pool_and_beside_threads():
    program = """
        tg.set_num_threads(2)
        (tg.rand(500, 500) @ tg.rand(500, 500)).sum().item()
        beside = iter(loader("thread", Slow(0.001)))
        class Product(Slow):
            def __getitem__(self, index):
                return (tg.ones(400, 400) @ tg.ones(400, 400)).sum().item()
        for _ in range(4):
            batches = iter(loader("process", Product()))
            assert next(batches).item() == 400.0**3
            next(beside)
        print("done")
    """
    quiet(run_program(program, timeout=60), "done")


def test_a_process_that_hangs_is_ended_after_the_timeout():
    class Hanging(Dataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            signal.pause()

    with pytest.raises(
        RuntimeError, match=r"timed out after 0\.3 seconds, waiting for batch 0 of "
    ):
        list(DataLoader(Hanging(), num_workers=2, multiprocessing_context="fork", timeout=0.3))
    assert not multiprocessing.active_children()
