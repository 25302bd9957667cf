"""The page in a real browser: it steps through both passes and shows the tensors’ numbers.

A Chromium is taken from the environment variable CHROMIUM or from the PATH; without one the tests
are skipped.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import topograd as tg

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium: put one on the PATH or name it in CHROMIUM"
)


def played(page: str, script: str, folder: Path) -> Any:
    """What `result` is after the page has run the script."""
    told = f"<script>const result = []; {script}; document.title = JSON.stringify(result);</script>"
    file = folder / "page.html"
    file.write_text(page.replace("</body>", told + "</body>"), encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
            "--dump-dom",
            file.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r"<title>(\[.*?\])</title>", done.stdout, re.DOTALL)
    assert found, done.stdout[:2000] + done.stderr[-2000:]
    return json.loads(html.unescape(found[1]))


def test_the_page_plays_both_passes_and_shows_the_numbers_of_the_tensors(tmp_path: Path):
    a = tg.tensor(7.0, requires_grad=True)
    b = tg.tensor(3.0, requires_grad=True)
    c = a + b
    d = b**3
    e = c * d
    script = """
      const say = (button) => { byId(button).click(); result.push(byId("told").textContent); };
      byId("first").click();
      for (let i = 0; i < 10; i++) say("after");
      say("before");
      boxes.get(1).dispatchEvent(new MouseEvent("click"));
      result.push(byId("told").textContent);
      byId("search").value = "POW"; search();
      result.push(byId("found").textContent);
      result.push(boxes.get(3).classList.contains("match"));
      go(7); result.push(labels.filter((l) => !l.classList.contains("silent")).length);
    """
    told = played(e.graph().html(), script, tmp_path)
    e.backward()
    assert told[0].split() == ["forward:", "a", "is", "given", "(input)", "=", "7"]
    assert told[4] == f"forward: e = c · d\n  = {e.item():g}"
    assert "to c: local derivative 27" in told[5]
    assert f"backward: b has gradient {b.grad.item():g}" in told[8]
    assert "upstream × local = 27; contribution 2, sum so far 297" in told[7]
    assert told[10] == told[8]
    assert "gradient 297" in told[11]
    assert told[12:14] == ["1 found", True]
    assert told[14] == 3


def test_names_cannot_run_as_script(tmp_path: Path):
    a = tg.tensor(1.0, requires_grad=True)
    a.name = "</script><script>document.title='[9]'</script>"
    told = played((a * 2).graph().html(), "result.push(nodes[0].label)", tmp_path)
    assert told == [a.name]
