"""Losses that are kept with their graphs are told of once; programs that do right are not."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import topograd as tg
from helpers import marked_line
from topograd import nn

SOURCE = Path(__file__).read_text().splitlines()
STEPS = 60
line_of = functools.partial(marked_line, __file__)


def warnings_of(program: Callable[[], Any]) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        program()
    return [one for one in caught if issubclass(one.category, tg.GraphLeakWarning)]


class Trainer:
    def __init__(self) -> None:
        self.net = nn.Linear(3, 1)
        self.x = tg.ones(4, 3)
        self.history: list[Any] = []

    def loss(self) -> Any:
        return (self.net(self.x) ** 2).mean()

    # ------------------------------------------------------------ wrong

    def adds_after(self) -> None:
        total = 0
        for _ in range(STEPS):
            loss = self.loss()
            loss.backward()
            total += loss  # adds_after

    def adds_before(self) -> None:
        total = tg.zeros(())
        for _ in range(STEPS):
            loss = self.loss()
            total = total + loss / 2  # adds_before
            loss.backward()

    def adds_what_is_scaled(self) -> None:
        total = 0
        for _ in range(STEPS):
            loss = self.loss()
            (loss * 8 / 2).backward()
            total += loss  # adds_what_is_scaled

    def appends(self) -> None:
        losses = []
        for _ in range(STEPS):
            loss = self.loss()
            loss.backward()  # appends
            losses.append(loss)

    def appends_to_itself(self) -> None:
        for _ in range(STEPS):
            loss = self.loss()
            loss.backward()  # appends_to_itself
            self.history.append(loss)

    # ------------------------------------------------------------ right

    def adds_numbers(self) -> None:
        total, other = 0.0, tg.zeros(())
        for _ in range(STEPS):
            loss = self.loss()
            loss.backward()
            total += loss.item()
            other += loss.detach()

    def accumulates(self) -> None:
        for _ in range(STEPS):
            for _ in range(8):
                (self.loss() / 8).backward()

    def sums_many_losses(self) -> None:
        for _ in range(STEPS):
            total = 0
            for _ in range(30):
                total = total + self.loss()
            total.backward()

    def works_off_a_list(self) -> None:
        for loss in [self.loss() for _ in range(STEPS)]:
            loss.backward()

    def works_off_a_list_scaled(self) -> None:
        for loss in [self.loss() for _ in range(STEPS)]:
            (loss / 4).backward()

    def goes_through_one_graph_again(self) -> None:
        loss = self.loss()
        for _ in range(STEPS):
            loss.backward(retain_graph=True)

    def runs_a_long_recurrence(self) -> None:
        cell = nn.RNNCell(3, 3)
        for _ in range(STEPS):
            h = tg.zeros(1, 3)
            for _ in range(40):
                h = cell(tg.ones(1, 3), h)
            h.sum().backward()

    def truncates_a_recurrence(self) -> None:
        cell = nn.RNNCell(3, 3)
        h = tg.zeros(1, 3)
        for _ in range(STEPS):
            h = cell(tg.ones(1, 3), h.detach())
            h.sum().backward()

    def keeps_the_best_and_the_last(self) -> None:
        best = last = None
        for _ in range(STEPS):
            loss = self.loss()
            loss.backward()
            if best is None or loss < best:
                best = loss
            last = loss
        assert last is not None

    def keeps_a_few(self) -> None:
        kept: list[Any] = []
        for _ in range(STEPS):
            loss = self.loss()
            loss.backward()
            kept = [*kept, loss][-10:]

    def learns_to_learn(self) -> None:
        w = tg.ones(3, requires_grad=True)
        fast, losses = w, []
        for _ in range(STEPS):
            loss = ((fast - 2) ** 2).sum()
            (slope,) = tg.autograd.grad(loss, fast, create_graph=True)
            fast = fast - 0.1 * slope
            losses.append(loss)
        sum(losses).backward()  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["adds_after", "adds_before", "adds_what_is_scaled"])
def test_a_sum_of_losses_is_told_once_with_its_line(name: str) -> None:
    (warning,) = warnings_of(getattr(Trainer(), name))
    assert (warning.filename, warning.lineno) == (__file__, line_of(name))
    message = str(warning.message)
    assert "the losses of the last 20 calls" in message
    assert SOURCE[line_of(name) - 1].strip() in message
    assert f"test_leaks.py:{line_of(name)} in {name} keeps them" in message
    assert "KB" in message
    assert "loss.item()" in message


@pytest.mark.parametrize(
    ("name", "kept"), [("appends", "losses"), ("appends_to_itself", "self.history")]
)
def test_a_list_of_losses_is_told_by_its_name(name: str, kept: str) -> None:
    (warning,) = warnings_of(getattr(Trainer(), name))
    assert (warning.filename, warning.lineno) == (__file__, line_of(name))
    assert f"the list '{kept}' keeps them" in str(warning.message)


def test_the_bytes_are_those_of_the_graphs() -> None:
    def program() -> None:
        net, losses = nn.Linear(1000, 10, bias=False), []
        for _ in range(STEPS):
            # Not let go of by backward(): the inputs of the loss are kept as values too.
            x = net(tg.ones(1, 1000)) * tg.ones(100, 10)
            loss = x.sum()
            loss.backward()
            losses.append(loss)

    (warning,) = warnings_of(program)
    held = str(warning.message).partition("each with its graph (")[2].partition(" KB")[0]
    # 20 graphs of a few nodes with their shapes; small constants (1000 numbers) stay in each.
    assert 20 * (1000 * 4 + 3 * 120) < float(held) * 1000 < 20 * (2 * 1000 * 4 + 8000)


@pytest.mark.parametrize(
    "name",
    """adds_numbers accumulates sums_many_losses works_off_a_list works_off_a_list_scaled
    goes_through_one_graph_again
    runs_a_long_recurrence truncates_a_recurrence keeps_the_best_and_the_last keeps_a_few
    learns_to_learn""".split(),
)
def test_who_does_right_is_left_alone(name: str) -> None:
    assert not warnings_of(getattr(Trainer(), name))


def test_as_an_error_it_stops_the_loop_with_gradients_in_place() -> None:
    trainer = Trainer()

    def program() -> None:
        total = 0
        for _ in range(STEPS):
            loss = trainer.loss()
            loss.backward()
            total += loss

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(tg.GraphLeakWarning):
            program()
    assert trainer.net.weight.grad is not None


def test_the_category_is_a_user_warning() -> None:
    assert issubclass(tg.GraphLeakWarning, UserWarning)
