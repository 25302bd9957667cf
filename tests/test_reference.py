"""The committed reference page of the ops is that of the registry, whole, and renders."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import topograd as tg
from helpers import base_name
from topograd import _reference

PAGE = Path(__file__).resolve().parent.parent / "docs" / "ops.md"
PUBLIC = [op for op in tg.ops() if not op.hidden]
COMMAND = "python -m topograd._reference docs/ops.md"


@pytest.fixture(scope="module")
def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    without_code = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    return [heading.replace("\\", "") for heading in found]


def test_the_committed_page_is_that_of_the_registry() -> None:
    current = _reference.is_current(PAGE, _reference.page())
    assert current, f"docs/ops.md differs from the registry: run `{COMMAND}` and commit"


def test_every_public_op_has_an_entry(text: str) -> None:
    missing = {base_name(op) for op in PUBLIC} - set(headings(text))
    assert not missing


def test_every_link_leads_to_a_heading_or_a_file(text: str) -> None:
    anchors = [_reference.anchor(heading) for heading in headings(text)]
    assert len(anchors) == len(set(anchors)), "two headings have the same anchor"
    for target in re.findall(r"(?<!\\)\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, f"nothing is at {target}"
        else:
            assert (PAGE.parent / target).is_file(), f"there is no {target}"


def test_code_is_fenced_and_prose_has_no_marks_of_its_own(text: str) -> None:
    fences = re.findall(r"^```.*$", text, re.MULTILINE)
    assert fences[::2] == ["```python"] * (len(fences) // 2)
    assert fences[1::2] == ["```"] * (len(fences) // 2)
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    body = prose.partition("\n### ")[2]
    facts = re.compile(r"^\*[^*\n]+\*$", re.MULTILINE)
    assert not re.findall(r"(?<!\\)[*`_<|~]", facts.sub("", body)), "an unescaped mark"


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        ("tg.exp(input: Tensor | number, *, out: Tensor | None = None) -> Tensor", "function"),
        ("x.exp() -> Tensor", "method"),
        ("x.exp_() -> Tensor", "in place"),
        ("dim: int, keepdim: bool = False) -> (values, indices)", "several results"),
        ("x.sum(dim: int | Sequence[int] | None = None, keepdim: bool = False, *,", "keyword-only"),
    ],
)  # fmt: skip
def test_signatures_are_shown_as_python_calls_them(text: str, signature: str, name: str) -> None:
    unwrapped = re.sub(r",\n\)", ")", text)
    unwrapped = re.sub(r"\(\n    ", "(", unwrapped)
    assert signature in re.sub(r",\n    ", ", ", unwrapped), name


def test_a_check_tells_that_the_page_is_outdated(tmp_path: Path) -> None:
    page = tmp_path / "ops.md"
    command = [sys.executable, "-m", "topograd._reference", str(page)]
    missing = subprocess.run([*command, "--check"], capture_output=True, text=True, check=False)
    assert missing.returncode == 1
    assert "is not what the registry gives" in missing.stderr
    subprocess.run(command, check=True, capture_output=True)
    assert subprocess.run([*command, "--check"], check=False).returncode == 0
