"""Threads that go backwards through one graph: each gets the true gradient or a clean error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

import topograd as tg


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run all jobs in threads that start together; return their results or errors."""
    start = threading.Barrier(len(jobs))
    ends: list[Any] = [None] * len(jobs)

    def run(place: int) -> None:
        start.wait()
        try:
            ends[place] = jobs[place]()
        except Exception as error:
            ends[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def gradient_of(loss: Any, x: Any, *, retain_graph: bool = False) -> Callable[[], Any]:
    """Return a job that computes the gradient of a loss."""
    return lambda: tg.autograd.grad(loss, [x], retain_graph=retain_graph)[0]


def chain(x: Any, links: int) -> Any:
    """Return a long function of x; its nodes save inputs, outputs and nothing."""
    y = x
    for _ in range(links):
        y = (y * 0.5).tanh() + x * x
    return y


@pytest.mark.parametrize("shared", ["all", "trunk"])
@pytest.mark.parametrize("size", [3, 50_000])
def test_passes_without_retain_graph_are_right_or_refused(shared: str, size: int) -> None:
    points = tg.linspace(-1, 1, size)
    expected = None
    for _ in range(40 if size < 100 else 6):
        x = points.clone().requires_grad_()
        trunk = chain(x, 40)
        whole = trunk.sum()
        losses = [whole if shared == "all" else trunk.exp().log().sum() for _ in range(3)]
        jobs = [gradient_of(loss, x) for loss in losses]
        if expected is None:
            expected = tg.autograd.grad(chain(x, 40).sum(), [x])[0]
        ends = at_once(jobs)
        errors = [end for end in ends if isinstance(end, Exception)]
        assert all("second time" in str(error) for error in errors)
        assert len(errors) < len(ends)
        for end in ends:
            if not isinstance(end, Exception):
                assert tg.allclose(end, expected, rtol=1e-4, atol=1e-4)


def test_a_pass_that_retains_the_graph_beside_one_that_does_not() -> None:
    for _ in range(30):
        x = tg.linspace(-1, 1, 5, requires_grad=True)
        loss = chain(x, 30).sum()
        ends = at_once([gradient_of(loss, x, retain_graph=True), gradient_of(loss, x)])
        for end in ends:
            assert isinstance(end, tg.Tensor) or "second time" in str(end)
