"""An error inside a layer tells which layer it was, what came to it, and from where."""

from __future__ import annotations

import sys
import traceback
from types import SimpleNamespace
from typing import Any

import pytest

import topograd as tg
from topograd import nn
from topograd.nn import notes

pytestmark = pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions without notes")


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(6)
        self.fc = nn.Linear(8, 8)

    def forward(self, x: Any) -> Any:
        return self.fc(self.norm(x))


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), Block())

    def forward(self, x: Any) -> Any:
        return self.block(x)


def notes_of(call: Any) -> list[str]:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call()
    return getattr(caught.value, "__notes__", [])


def test_the_note_has_the_path_the_layer_the_shape_and_the_maker():
    net = Net()
    expected = (
        "in Net.block.2.fc (Linear 8 -> 8): input (2, 6) float32 made by Net.block.2.norm "
        "(layer_norm"
    )
    (note,) = notes_of(lambda: net(tg.ones(2, 4)))
    assert note.startswith(expected)
    with pytest.raises(tg.ShapeError) as caught:
        net(tg.ones(2, 4))
    text = "".join(traceback.format_exception(caught.value))
    assert expected in text
    assert str(caught.value).startswith("linear")


def test_without_recording_the_maker_is_not_known():
    with tg.no_grad():
        found = notes_of(lambda: Net()(tg.ones(2, 4)))
    assert found == ["in Net.block.2.fc (Linear 8 -> 8): input (2, 6) float32"]


def test_what_was_made_outside_of_all_layers_tells_its_line():
    made = tg.ones(2, 5, requires_grad=True) * 2
    (note,) = notes_of(lambda: Net()(made))
    assert note.startswith("in Net.block.0 (Linear 4 -> 6): input (2, 5) float32 made by mul at ")
    assert "test_nn_notes.py:" in note


def test_a_users_own_layer_is_told_like_the_others():
    class Scale(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(tg.ones(5))

        def forward(self, x: Any) -> Any:
            return x * self.scale

    net = nn.Sequential(nn.Linear(4, 6), Scale())
    (note,) = notes_of(lambda: net(tg.ones(2, 4)))
    assert note.startswith("in Sequential.1 (Scale): input (2, 6) float32 made by Sequential.0 (")


def test_only_the_innermost_layer_writes_one_also_with_hooks():
    net = Net()
    net.block[2].fc.register_forward_hook(lambda *all: None)
    net.block.register_forward_pre_hook(lambda *all: None)
    assert len(notes_of(lambda: net(tg.ones(2, 4)))) == 1
    assert notes_of(lambda: net(tg.ones(2, 5)))[0].startswith("in Net.block.0 (Linear 4 -> 6)")


def test_keywords_lists_and_settings_are_told():
    class Joins(nn.Module):
        def forward(self, parts: Any, *, scale: Any) -> Any:
            return tg.cat(parts) * scale

        def extra_repr(self) -> str:
            return "dim=0"

    parts = [tg.ones(2), tg.ones(2, 2)]
    (note,) = notes_of(lambda: Joins()(parts, scale=tg.ones(3, dtype=tg.float64)))
    assert note == (
        "in Joins (Joins(dim=0)): input [(2,) float32, (2, 2) float32], scale=(3,) float64"
    )


def test_an_error_that_is_caught_and_raised_as_another_gets_a_note_of_its_own():
    class Outer(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def forward(self, x: Any) -> Any:
            try:
                return self.inner(x)
            except tg.ShapeError as error:
                raise KeyError("other") from error

    (note,) = notes_of(lambda: Outer()(tg.ones(3)))
    assert note.startswith("in Outer (Outer)")


def test_what_is_no_error_gets_no_note():
    class Stops(nn.Module):
        def forward(self) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        Stops()()
    assert not hasattr(caught.value, "__notes__")


def test_a_note_that_can_not_be_written_hides_nothing():
    class Broken(nn.Module):
        def forward(self) -> Any:
            raise ValueError("the error")

        def extra_repr(self) -> str:
            raise RuntimeError("the note")

    with pytest.raises(ValueError, match="the error"):
        Broken()()


def test_before_notes_the_text_stands_behind_the_message():
    class Old:
        """An exception of Python 3.10."""

        def __init__(self, *args: Any) -> None:
            self.args = args

    error: Any = Old("message")
    notes.add_note(error, SimpleNamespace(extra_repr=lambda: ""), (), None)
    assert error.args[0].startswith("message\nin ")
    other: Any = Old(1, 2)
    notes.add_note(other, SimpleNamespace(extra_repr=lambda: ""), (), None)
    assert other.args == (1, 2)
