"""Depth, ownership and processes: deep graphs, nothing left alive, threads, fork, interrupts."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, assert_same_bits, tensor_of
from topograd import _C


def run_program(source: str, timeout: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run a Python program in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(source)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def test_chain_of_a_million_ops_runs_forward_backward_and_is_released() -> None:
    x = tg.ones(1, requires_grad=True)
    result = x
    for _ in range(1_000_000):
        result = result + 0.0
    result.sum().backward()
    assert x.grad.tolist() == [1.0]
    alive = _C.live_tensors()
    del result
    assert _C.live_tensors() < alive


def test_deep_chain_works_on_a_small_stack() -> None:
    program = """
        import threading, topograd as tg
        def chain():
            x = tg.ones(1, requires_grad=True)
            y = x
            for _ in range(200_000):
                y = y * 1.0
            y.sum().backward(retain_graph=True)
            tg.graph(y)
            print(x.grad.item())
        threading.stack_size(256 * 1024)
        thread = threading.Thread(target=chain)
        thread.start()
        thread.join()
    """
    finished = run_program(program)
    assert (finished.returncode, finished.stdout.strip()) == (0, "1.0"), finished.stderr


def test_sixty_doublings_take_sixty_steps() -> None:
    x = tg.ones(1, dtype=tg.float64, requires_grad=True)
    result = x
    for _ in range(60):
        result = result + result
    result.sum().backward()
    assert result.item() == 2.0**60
    assert x.grad.item() == 2.0**60


def test_fan_in_of_many_thousands() -> None:
    x = tg.ones(1, requires_grad=True)
    total = tg.cat([x * float(i % 3) for i in range(20_000)]).sum()
    total.backward()
    assert x.grad.item() == sum(i % 3 for i in range(20_000))


def test_fan_out_of_many_thousands() -> None:
    x = tg.ones(1, dtype=tg.float64, requires_grad=True)
    inner, total = x * 1.0, tg.zeros(1, dtype=tg.float64)
    for _ in range(20_000):
        total = total + inner
    total.sum().backward()
    assert x.grad.item() == 20_000


def test_backward_with_create_graph_leaves_nothing_alive() -> None:
    gc.collect()
    before = _C.live_tensors()
    references = []
    for _ in range(100):
        weight = tg.ones(10, 10, requires_grad=True)
        ((weight @ weight).tanh() ** 2).sum().backward(create_graph=True)
        references.append(weakref.ref(weight))
        del weight
    assert all(reference() is None for reference in references), "without the garbage collector"
    assert _C.live_tensors() == before


def test_graphs_are_freed_by_reference_counts_alone() -> None:
    gc.collect()
    gc.disable()
    try:
        before = _C.live_tensors()
        x = tg.ones(3, requires_grad=True)
        for _ in range(100):
            y = (x.exp() * x.sigmoid()).softmax(0).sum()
            y.backward()
            x.grad = None
        del x, y
        assert _C.live_tensors() == before
    finally:
        gc.enable()


def test_training_does_not_grow() -> None:
    weight = tg.ones(8, 8, requires_grad=True)
    data = tg.ones(4, 8)

    def step() -> None:
        loss = ((data @ weight).relu() ** 2).mean()
        loss.backward()
        with tg.no_grad():
            weight.sub_(weight.grad * 1e-3)
        weight.grad = None

    for _ in range(10):
        step()
    before = _C.live_tensors()
    for _ in range(2000):
        step()
    assert _C.live_tensors() == before


def test_tensors_that_hold_themselves_are_collected() -> None:
    tensor = tg.ones(1, requires_grad=True) * 2
    tensor.myself = tensor
    reference = weakref.ref(tensor)
    del tensor
    gc.collect()
    assert reference() is None


def test_saved_values_are_freed_by_backward() -> None:
    def in_use() -> int:
        return int(_C.memory_statistics()["in_use"])

    x = tg.ones(1_000_000, requires_grad=True)
    before = in_use()
    result = x
    for _ in range(10):
        result = result.exp().tanh()
    loss = result.sum()
    del result
    recorded = in_use() - before
    assert recorded >= 20 * 4_000_000
    loss.backward()
    x.grad = None
    assert in_use() - before < recorded / 10


def train(seed: int, steps: int = 30) -> list[Any]:
    """Train a small network from its own seed and return its weights."""
    rng = np.random.default_rng(seed)
    weights = [tensor_of(rng.standard_normal(s) * 0.3).requires_grad_() for s in [(5, 16), (16, 1)]]
    x, y = tensor_of(rng.standard_normal((32, 5))), tensor_of(rng.standard_normal((32, 1)))
    for _ in range(steps):
        loss = (((x @ weights[0]).tanh() @ weights[1] - y) ** 2).mean()
        gradients = tg.autograd.grad(loss, weights)
        with tg.no_grad():
            for weight, gradient in zip(weights, gradients, strict=True):
                weight.sub_(gradient * 0.1)
    return [array_of(weight) for weight in weights]


def run_in_threads(functions: list[Any]) -> None:
    """Run functions at the same time and raise what any of them raised."""
    errors: list[BaseException] = []

    def guarded(function: Any) -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(function,)) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_independent_models_in_threads_give_the_serial_results() -> None:
    serial = [train(seed) for seed in range(6)]
    parallel: dict[int, list[Any]] = {}
    run_in_threads([lambda s=s: parallel.__setitem__(s, train(s)) for s in range(6)])
    for seed in range(6):
        assert_same_bits(parallel[seed], serial[seed])


def test_recording_modes_belong_to_their_thread() -> None:
    seen: list[bool] = []
    with tg.no_grad():
        run_in_threads([lambda: seen.append(tg.is_grad_enabled())])
    assert seen == [True]


def test_threads_that_share_a_parameter_lose_no_gradient() -> None:
    shared = tg.zeros(1000, requires_grad=True)

    def add() -> None:
        for _ in range(50):
            (shared * 1.0).sum().backward()

    run_in_threads([add] * 4)
    assert shared.grad.tolist() == [200.0] * 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_fork_after_use_of_the_thread_pool_works() -> None:
    program = """
        import os, sys, topograd as tg
        tg.set_num_threads(2)
        a = tg.ones(600, 600)
        expected = (a @ a).sum().item()
        for _ in range(20):
            child = os.fork()
            if child == 0:
                ok = (a @ a).sum().item() == expected and a.exp().sum().item() > 0
                os._exit(0 if ok else 1)
            _, status = os.waitpid(child, 0)
            assert status == 0, status
            assert (a @ a).sum().item() == expected
        print("done")
    """
    finished = run_program(program)
    assert finished.stdout.strip() == "done", finished.stderr


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_interrupt_arrives_during_training_and_the_state_stays_usable() -> None:
    program = """
        import os, signal, threading, topograd as tg
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
        x = tg.ones(64, 64, requires_grad=True)
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            while True:
                y = x
                for _ in range(20):
                    y = (y @ x).tanh()
                y.sum().backward()
                x.grad = None
        except KeyboardInterrupt:
            (x * 2).sum().backward()
            print(x.grad.sum().item())
    """
    finished = run_program(program, timeout=20)
    assert finished.stdout.strip() == str(2.0 * 64 * 64), finished.stderr


def test_exit_with_live_graphs_and_daemon_threads_is_quiet() -> None:
    program = """
        import threading, time, topograd as tg
        x = tg.ones(200, 200, requires_grad=True)
        kept = (x @ x).tanh().sum()
        kept.register_hook(lambda gradient: kept)
        def work():
            while True:
                (x @ x).sum().backward()
        threading.Thread(target=work, daemon=True).start()
        time.sleep(0.2)
    """
    finished = run_program(program)
    assert (finished.returncode, finished.stdout, finished.stderr) == (0, "", "")


def test_endless_reentry_ends_in_an_exception() -> None:
    program = """
        import topograd as tg
        x = tg.ones(1, requires_grad=True)
        def again(gradient):
            with tg.enable_grad():
                y = x * 1.0
                y.register_hook(again)
                y.sum().backward()
        y = x * 1.0
        y.register_hook(again)
        try:
            y.sum().backward()
        except RecursionError:
            print("RecursionError")
    """
    finished = run_program(program)
    assert (finished.returncode, finished.stdout.strip()) == (0, "RecursionError"), finished.stderr


def test_out_of_memory_is_a_memory_error_and_the_process_works_on() -> None:
    with pytest.raises((MemoryError, RuntimeError)):
        tg.zeros(2**45)
    assert tg.ones(2).sum().item() == 2.0


def test_signal_handlers_of_python_still_run() -> None:
    seen: list[int] = []
    previous = signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        x = tg.ones(1)
        for _ in range(10_000_000):
            x = x + 0
            if seen:
                break
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert seen == [signal.SIGALRM]
