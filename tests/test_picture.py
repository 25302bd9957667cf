"""Pictures of graphs: what stands in them, that they are well formed, that they hold any name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import topograd as tg
from topograd.examples import _pictures as pictures
from topograd.examples._graphs import GRAPHS
from topograd.graph.tree import count_told
from topograd.picture.boxes import boxes_of
from topograd.picture.groups import LONGEST_LIST
from topograd.picture.layout import laid_out
from topograd.picture.scene import scene
from topograd.picture.values import cell

DOCS = Path(__file__).parent.parent / "docs"


def diamond() -> Any:
    a = tg.tensor(7.0, requires_grad=True)
    b = tg.tensor(3.0, requires_grad=True)
    c = a + b
    d = b**3
    e = c * d
    return e.graph()


def texts(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return ["".join(one.itertext()) for one in root.iter("{http://www.w3.org/2000/svg}text")]


def test_the_picture_shows_names_values_gradients_orders_and_contributions():
    shown = texts(diamond().svg())
    assert {"a", "b", "c = a + b", "d = b ^ 3", "e = c · d"} <= set(shown)
    assert {"value 7", "value 270", "grad 27", "grad 1"} <= set(shown)
    assert {"grad 297 = 270 + 27", "grad 297 = 27 + 270"} & set(shown)
    assert {"→ 1", "→ 5", "5 ←", "1 ←", "270", "27", "10"} <= set(shown)
    assert any("input" in one for one in shown)
    assert any("output" in one for one in shown)


def test_a_picture_is_the_same_each_time_and_leaves_grad_alone():
    x = tg.ones(3, requires_grad=True)
    y = (x * x).sum()
    assert y.graph().svg() == y.graph().svg()
    assert x.grad is None
    several = (x * 2).graph()
    first = several.svg()
    assert "those of the sum" in first
    assert several.svg() == first


def test_after_backward_the_picture_is_computed_again():
    a = tg.tensor(3.0, requires_grad=True)
    b = a * a
    b.backward()
    assert "grad 6 = 3 + 3" in texts(b.graph().svg())


@pytest.mark.parametrize("name", ["</script><b>", '"&<', "a\x00b\x1b", "x" * 500, "日本"])
def test_any_name_makes_a_well_formed_picture(name: str):
    a = tg.tensor(1.0, requires_grad=True)
    a.name = name
    graph = (a * 2).graph()
    ElementTree.fromstring(graph.svg())
    assert "</script><b>" not in graph.svg()
    assert "</script><b>" not in graph.html()
    graph.dot()


def test_modules_are_groups_and_weights_have_their_paths():
    model = tg.nn.Sequential(
        tg.nn.Linear(4, 3), tg.nn.ReLU(), tg.nn.Sequential(tg.nn.Linear(3, 2), tg.nn.Tanh())
    )
    read = scene(model.graph(tg.ones(5, 4)))
    names = {node.name for node in read.nodes if node.kind == "parameter"}
    assert names == {"0.weight", "0.bias", "2.0.weight", "2.0.bias"}
    assert {group.label for group in read.groups} >= {"Sequential", "0", "2"}


def test_each_step_of_a_recurrent_net_is_a_group():
    cell = tg.nn.RNNCell(3, 4)
    h = tg.zeros(1, 4)
    for _ in range(20):
        h = cell(tg.randn(1, 3), h)
    read = scene(h.sum().graph())
    steps = [group for group in read.groups if " of 20" in group.label]
    assert [group.label for group in steps] == [f"RNNCell {k + 1} of 20" for k in range(20)]
    calls = [[read.nodes[m].op for m in group.members if m >= 0] for group in steps]
    assert all(one[-3:] == calls[0][-3:] for one in calls)
    assert len({group.parent for group in steps}) == 1
    assert not read.open & {n for n, group in enumerate(read.groups) if group.kind == "step"}


class Thrice(tg.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.block = tg.nn.Sequential(tg.nn.Linear(3, 3), tg.nn.LayerNorm(3))

    def forward(self, x: Any) -> Any:
        for _ in range(3):
            x = self.block(x).tanh()
        return x


def test_what_a_module_repeats_may_hold_modules():
    read = scene(Thrice().graph(tg.randn(2, 3)))
    for number, group in enumerate(read.groups):
        for member in group.members:
            assert (
                read.nodes[member].group if member >= 0 else read.groups[-member].parent
            ) == number
    assert sum(" of 3" in group.label for group in read.groups) == 3
    count = len(read.groups)
    layout = laid_out(read, set(range(count)), [(b.width, b.height) for b in boxes_of(read)])
    assert len(layout.boxes) == len(read.nodes) + count - 1


def test_results_without_gradients_are_refused():
    with pytest.raises(RuntimeError, match="graph: the result of ReLU has no tensor"):
        tg.nn.ReLU().graph(tg.ones(2))


def test_a_long_chain_is_folded_and_nothing_overlaps():
    x = tg.ones(1, requires_grad=True)
    y = x
    for _ in range(5000):
        y = y * 1.001
    read = scene(y.graph())
    boxes = boxes_of(read)
    layout = laid_out(read, read.open, [(one.width, one.height) for one in boxes])
    seen = [box for item, box in layout.boxes.items() if item not in layout.frames]
    assert len(seen) <= 2 * LONGEST_LIST
    for i, (x0, y0, w0, h0) in enumerate(seen):
        for x1, y1, w1, h1 in seen[i + 1 :]:
            assert x0 + w0 <= x1 or x1 + w1 <= x0 or y0 + h0 <= y1 or y1 + h1 <= y0


def test_groups_that_fold_never_make_a_circle():
    cell_ = tg.nn.RNNCell(3, 4)
    h = tg.zeros(2, 4)
    for _ in range(6):
        h = cell_(tg.ones(2, 3), h)
    read = scene(h.sum().graph())
    for opened in ({0}, set(range(len(read.groups)))):
        boxes = [(one.width, one.height) for one in boxes_of(read)]
        layout = laid_out(read, opened, boxes, right=True)
        for link in layout.links:
            assert layout.boxes[link.source][0] < layout.boxes[link.target][0]


def test_values_small_and_large():
    assert cell(tg.tensor(2)) == "2"
    assert cell(tg.tensor([1.0, float("nan")])) == "[1, nan]"
    assert cell(tg.zeros(0)) == "empty"
    assert cell(tg.arange(100.0)) == ("49.5", "29.0115", "0", "99")


def test_a_page_shows_what_a_recursion_for_trees_gets_wrong():
    assert scene(diamond()).tree is None
    assert "As a tree" not in diamond().html()
    page = diamond().html(tree=True)
    assert "As a tree: 1 gradient would be wrong" in page
    assert "<tr><td>b<td>297<td><b>270 ✗</b>" in page
    assert "right is 297" in page
    x = tg.tensor(2.0, requires_grad=True)
    assert "As a tree: no gradients would be wrong" in (x.exp() + 1).graph().html(tree=True)


def test_paths_without_number_are_told_by_their_order_of_magnitude():
    assert count_told(2**60) == "1,152,921,504,606,846,976"
    assert count_told(2**100_000) == "about 10^30103"


def test_consumers_are_once_per_argument():
    a = tg.tensor(2.0, requires_grad=True)
    graph = (a * a + a).graph()
    assert [node.op for node in graph.nodes[0].consumers] == ["mul", "mul", "add"]


def test_dot_has_every_node_and_edge():
    lines = diamond().dot()
    assert len(re.findall(r"^ *n\d+ \[", lines, re.MULTILINE)) == 5
    assert len(re.findall(r"->", lines)) == 5


def test_a_graph_with_a_function_of_the_user_shows_all_values():
    class Twice(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: tg.Tensor) -> tg.Tensor:
            return gradient * 2

    x = tg.tensor(3.0, requires_grad=True)
    y = Twice.apply((x + 1) * x)
    shown = texts(y.graph().svg())
    assert {"value 4", "value 12", "value 24"} <= set(shown)
    assert any(one.startswith("grad 14") for one in shown)
    assert not any("?" in one for one in shown)


@pytest.mark.parametrize("name", GRAPHS)
def test_the_committed_pictures_of_the_worked_examples_are_those_that_are_drawn(name: str):
    committed = (DOCS / "pictures" / f"{name}.svg").read_text(encoding="utf-8")
    again = "run `python -m topograd.examples._pictures docs/pictures`"
    assert committed == pictures.picture(name), again


def test_the_page_of_the_pictures_shows_all_of_them_and_no_others(tmp_path: Path):
    committed = (DOCS / "pictures.md").read_text(encoding="utf-8")
    assert committed == pictures.page("pictures")
    assert {file.stem for file in (DOCS / "pictures").iterdir()} == set(GRAPHS)
    assert pictures.main([str(tmp_path / "pictures")]) == 0
    assert (tmp_path / "pictures.md").read_text(encoding="utf-8") == committed
    assert len(list((tmp_path / "pictures").iterdir())) == len(GRAPHS)
    assert pictures.main(["--help"]) == 2
