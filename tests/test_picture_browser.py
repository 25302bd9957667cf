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
from topograd.picture.scene import scene
from topograd.picture.svg import svg

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


def transformer() -> Any:
    tg.manual_seed(0)
    model = tg.nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)
    return model.graph(tg.randn(3, 1, 8))


def recurrent() -> Any:
    tg.manual_seed(0)
    cell, head = tg.nn.RNNCell(3, 4), tg.nn.Linear(4, 2)
    h = tg.zeros(1, 4)
    for _ in range(20):
        h = cell(tg.randn(1, 3), h)
    return (head(h) ** 2).mean().graph()


@pytest.mark.parametrize("make", [transformer, recurrent])
def test_what_the_page_draws_is_what_python_draws(make: Any, tmp_path: Path):
    graph = make()
    read = scene(graph)
    groups = len(read.groups)
    assert groups > 2
    choices = [{0}, set(range(groups)), read.open, {0, *range(1, groups, 2)}]
    listed = [sorted(one) for one in choices]
    script = f"for (const one of {listed}) result.push(drawing(new Set(one)));"
    for opened, drawn in zip(choices, played(graph.html(), script, tmp_path), strict=True):
        assert drawn == svg(read, opened)


def test_groups_open_and_fold_by_clicks_and_the_search_reveals(tmp_path: Path):
    graph = transformer()
    read = scene(graph)
    inner = next(n for n in range(1, len(read.groups)) if read.groups[n].parent > 0)
    outer = read.groups[inner].parent
    node = next(one.index for one in read.nodes if one.group == inner and one.kind == "op")
    script = f"""
      const click = (one) => one.dispatchEvent(new MouseEvent("click"));
      const state = () => result.push([boxes.size, folded.size, boxes.has({node})]);
      byId("fold").click(); state();
      click(folded.get({outer})); state();
      const before = folded.get({inner}).getBoundingClientRect();
      click(folded.get({inner})); state();
      const after = folded.get({inner}).getBoundingClientRect();
      result.push(Math.hypot(before.left - after.left, before.top - after.top) < 1);
      click(folded.get({inner})); state();
      folded.get({inner}).dispatchEvent(new KeyboardEvent("keydown", {{ key: "Enter" }})); state();
      byId("open").click(); state();
      byId("fold").click();
      go({node + 1}); result.push(folded.get(standIn({node})).classList.contains("now"));
      byId("search").value = nodes[{node}].text; search();
      while (hits[hit] !== {node}) next(1);
      state();
      const box = boxes.get({node}).getBoundingClientRect(), view = main.getBoundingClientRect();
      result.push(Math.abs(box.left + box.right - view.left - view.right) < 4);
      result.push(boxes.get({node}).classList.contains("match"));
    """
    told = played(graph.html(), script, tmp_path)
    alone, one_open, both, stays, again, by_key, everything, now, found, centered, match = told
    assert alone[2] is one_open[2] is again[2] is False
    assert both[2] is by_key[2] is everything[2] is now is found[2] is True
    assert one_open == again
    assert both == by_key
    assert alone[0] < both[0] < everything[0] == len(read.nodes)
    assert everything[1] == len(read.groups) - 1
    assert stays is centered is match is True


def test_the_wheel_zooms_dragging_moves_and_fit_shows_all(tmp_path: Path):
    script = """
      const view = main.getBoundingClientRect();
      const at = { clientX: view.left + 100, clientY: view.top + 50, cancelable: true };
      const spot = () => [(100 - left) / scale, (50 - upper) / scale];
      const old = spot(), before = scale;
      main.dispatchEvent(new WheelEvent("wheel", { ...at, deltaY: -300 }));
      result.push(scale > before, Math.hypot(spot()[0] - old[0], spot()[1] - old[1]) < 1e-6);
      const from = [left, upper];
      main.dispatchEvent(new PointerEvent("pointerdown", at));
      const to = { clientX: at.clientX + 30, clientY: at.clientY + 7 };
      dispatchEvent(new PointerEvent("pointermove", to));
      const text = byId("told").textContent;
      boxes.get(0).dispatchEvent(new MouseEvent("click"));
      result.push(text === byId("told").textContent);
      dispatchEvent(new PointerEvent("pointerup"));
      result.push(Math.round(left - from[0]), Math.round(upper - from[1]));
      byId("fit").click();
      const picture = stage.getBoundingClientRect();
      result.push(picture.right <= view.right + 1 && picture.bottom <= view.bottom + 1);
    """
    told = played(transformer().html(), script, tmp_path)
    assert told == [True, True, True, 30, 7, True]
