"""What errors read from the program's own text: the line of a change, and what to write instead."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import pytest

import topograd as tg
from topograd import _source


@pytest.mark.parametrize(
    ("text", "number", "op", "told"),
    [
        ("self.h -= a * b", 1, "sub", "write self.h = self.h - (a * b) instead of self.h -= a * b"),
        ("x **= 2", 1, "pow", "write x = x ** 2 instead of x **= 2"),
        ("z = f(x.add_(\n    1))", 1, "add", "write x.add(1) instead of x.add_(1)"),
        ("z = f(\n    x.add_(1))", 2, "add", "write x.add(1) instead of x.add_(1)"),
        ("x.copy_(y)", 1, "copy", "change a copy: x = x.clone() before x.copy_(y)"),
        ("for x in y.relu_():\n    pass", 1, "relu", "write y.relu() instead of y.relu_()"),
        ("a[i] = b[j] = 1", 1, "copy", "write into a copy: a = a.clone() before a[i] = b[j] = 1"),
        ("F.dropout(x, inplace=flag)", 1, "dropout", "leave inplace=flag away"),
        ("sgd.step()", 1, "add", "call backward() before sgd.step(), or compute the loss again"),
        ("tg.relu_(h)", 1, "relu", "change a copy: h = h.clone() before tg.relu_(h)"),
        ("nn.init.normal_(w, 0, 1)", 1, "normal", "change a copy: w = w.clone() before nn.init.n"),
        ("if x", 1, "add", ""),
        ("net(x)", 1, "add", ""),
        ("net(x)", 1, "silu", "let silu not work in place (inplace=False)"),
    ],
)
def test_advice_is_about_the_statement(
    tmp_path: Path, text: str, number: int, op: str, told: str
) -> None:
    file = tmp_path / "program.py"
    file.write_text(text + "\n")
    code = compile("0", str(file), "exec")
    assert isinstance(code, types.CodeType)
    advice = _source.advice(code, -number - 1, op)
    assert advice.startswith(told) if told else advice == ""


def test_hostile_sources_do_not_hide_the_error(tmp_path: Path) -> None:
    for content in (b"\xff\xfe\x00", b"(" * 5000 + b"\n", b"x += 1\n" * 3 + b"x" * 100_000):
        file = tmp_path / "program.py"
        file.write_bytes(content)
        space: dict[str, Any] = {}
        exec(
            compile("def f(x):\n    y = x * x\n    x.add_(1)\n    return y\n", str(file), "exec"),
            space,
        )
        x = tg.ones(3, requires_grad=True) * 2.0
        with pytest.raises(RuntimeError) as caught:
            space["f"](x).sum().backward()
        message = str(caught.value)
        assert "changed in place" in message
        assert len(message) < 2000


def test_the_examples_of_the_page_are_true() -> None:
    import doctest

    failed, run = doctest.testfile(
        str(Path(__file__).parent.parent / "docs" / "errors.md"),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert run > 15
    assert not failed
