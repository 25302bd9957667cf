"""A graph one node at a time: order, local rules, running sums, stops, rewinding, the tree."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd.graph.replay import Replay, derivative_kind, known_values
from topograd.graph.rules import FORMULAS, SENT


def leaf(name: str, value: Any) -> tg.Tensor:
    tensor = tg.tensor(value, dtype=tg.float64, requires_grad=True)
    tensor.name = name
    return tensor


def named(name: str, tensor: tg.Tensor) -> tg.Tensor:
    tensor.name = name
    return tensor


def dag() -> tg.Tensor:
    """Return e = (a + b) * b**3 at a = 7, b = 3, every node named."""
    a, b = leaf("a", 7.0), leaf("b", 3.0)
    return named("e", named("c", a + b) * named("d", b**3))


# ---------------------------------------------------------------- the backward pass


def test_the_backward_pass_of_the_dag_step_by_step() -> None:
    steps = {step.node.name: step for step in dag().backward_steps()}
    assert set(steps) == set("abcde")
    assert next(iter(steps)) == "e"
    assert steps["e"].gradient.item() == 1.0
    assert [(to.name, g.item()) for to, g in steps["e"].contributions] == [("c", 27.0), ("d", 10.0)]
    assert [one.local.item() for one in steps["e"].sent] == [27.0, 10.0]
    assert steps["e"].rules == ["de/dc = d", "de/dd = c"]
    assert steps["d"].rule == "dd/db = 3 * b**2"
    assert [(to.name, g.item()) for to, g in steps["d"].contributions] == [("b", 270.0)]
    assert [(to.name, g.item()) for to, g in steps["d"].sums] == [("b", 270.0)]
    assert [(to.name, g.item()) for to, g in steps["c"].sums] == [("a", 27.0), ("b", 297.0)]
    assert sorted(g.item() for _, g in steps["b"].arrived) == [27.0, 270.0]
    assert steps["b"].gradient.item() == 297.0
    assert steps["b"].sent == []


def test_a_step_is_written_as_on_a_blackboard() -> None:
    steps = dag().backward_steps()
    assert str(steps.run_to("d")).splitlines()[1:] == [
        "     de/dd = 10",
        "     dd/db = 3 * b**2 = 27    to b: 10 * 27 = 270",
    ]
    text = str(steps.run_to("b"))
    assert "b = leaf = 3" in text
    assert "de/db = 270 + 27 = 297" in text
    assert "sum there 297" in str(steps)


def test_every_node_gets_all_contributions_before_its_step() -> None:
    x = leaf("x", [0.3, -0.4])
    h = (x.sin() * x + x.exp()).tanh()
    loss = (h * h.detach() + h @ x).sum()
    steps = loss.backward_steps()
    seen: dict[int, Any] = {}
    for step in steps:
        if step.arrived:
            total = sum(g.numpy() for _, g in step.arrived)
            np.testing.assert_allclose(total, step.gradient.numpy(), rtol=1e-12)
            np.testing.assert_allclose(seen[step.node.index], step.gradient.numpy(), rtol=1e-12)
        for one in step.sent:
            seen[one.to.index] = one.sum.numpy()
    loss.backward()
    assert x.grad.tolist() == pytest.approx(seen[0].tolist())


def test_upstream_times_local_is_what_is_sent() -> None:
    x = leaf("x", [[0.3, 0.4], [0.5, 0.6]])
    row = leaf("row", [1.5, -0.5])
    loss = ((x * row).exp() / (row + 2) - x.maximum(row)).sum()
    checked = 0
    for step in loss.backward_steps():
        for one in step.sent:
            if one.local is None:
                continue
            product = (step.gradient * one.local).numpy()
            while product.ndim > len(one.to.shape):
                product = product.sum(0)
            np.testing.assert_allclose(product, one.contribution.numpy(), rtol=1e-12)
            checked += 1
    assert checked >= 8


def test_the_leaves_own_gradients_change_only_when_asked() -> None:
    a = leaf("a", 2.0)
    steps = (a * a).backward_steps()
    for _ in steps:
        pass
    assert a.grad is None
    steps.accumulate()
    assert a.grad.item() == 4.0
    steps.accumulate()
    assert a.grad.item() == 8.0


def test_a_seed_of_ones_own() -> None:
    x = leaf("x", [1.0, 2.0])
    steps = (x * 3).backward_steps(tg.tensor([10.0, 100.0], dtype=tg.float64))
    assert steps[-1].gradient.tolist() == [30.0, 300.0]
    with pytest.raises((ValueError, RuntimeError)):
        (x * 3).backward_steps()


def test_both_arguments_of_one_call_may_be_the_same_node() -> None:
    x = leaf("x", 3.0)
    step = named("y", x * x).backward_steps()[0]
    assert [one.sum.item() for one in step.sent] == [3.0, 6.0]


def test_ops_with_several_outputs_and_users_functions_can_be_stepped() -> None:
    class Twice(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x = leaf("x", [3.0, 1.0, 2.0])
    first, rest = Twice.apply(x).sort()[0].split([1, 2])
    steps = (first.sum() * 10 + rest.sum()).backward_steps()
    assert steps[len(steps) - 1].gradient.tolist() == [2.0, 20.0, 2.0]
    assert "Twice" in str(steps)
    assert "backward() of the user's Function" in steps.run_to("Twice").rule


def test_a_graph_that_can_not_be_computed_again_can_still_be_shown_and_stepped() -> None:
    square = tg.autograd.custom_op(
        lambda x: x * x, vjp=lambda g, y, x: 2 * g * x, name="user_square"
    )
    x = leaf("x", 3.0)
    graph = tg.graph((square(x + 1) * 2).exp().log())
    with pytest.raises(RuntimeError, match="Function"):
        graph.forward({"x": 2.0})
    assert "user_square" in str(graph)
    graph.backward()
    assert graph.node("x").grad.item() == pytest.approx(16.0)
    assert graph.backward_steps(tree=True).run_to("x").gradient.item() == pytest.approx(16.0)
    assert graph.forward_steps().run_to("add").value.item() == 4.0


def test_complex_and_empty_and_single_elements_are_written_down() -> None:
    z = tg.tensor([1 + 2j], requires_grad=True)
    assert "sum there" in str((z * z).abs().sum().backward_steps())
    empty = tg.ones(0, requires_grad=True)
    assert "empty (0,)" in str((empty * 2).sum().backward_steps())
    one = tg.ones(1, requires_grad=True)
    assert "broadcast" not in str((one * 2).sum().backward_steps())
    assert "broadcast" in str((one * tg.ones(3)).sum().backward_steps())


# ---------------------------------------------------------------- stops and rewinding


def test_iteration_stops_at_a_place_and_goes_on_from_there() -> None:
    steps = dag().backward_steps(until="d")
    assert [step.node.name for step in steps] == ["e", "d"]
    assert [step.node.name for step in steps] == ["c", "b", "a"]
    assert [step.node.name for step in steps] == []


@pytest.mark.parametrize("kind", ["name", "op", "tensor", "node", "function"])
def test_a_place_is_a_name_an_op_a_tensor_a_node_or_a_question(kind: str) -> None:
    a, b = leaf("a", 7.0), leaf("b", 3.0)
    c = named("c", a + b)
    steps = (c * b**3).backward_steps()
    place = {
        "name": "c",
        "op": "add",
        "tensor": c,
        "node": steps.graph.node("c"),
        "function": lambda step: step.gradient.item() == 27.0,
    }[kind]
    assert steps.run_to(place).node.name == "c"
    assert steps.current.node.name == "c"


def test_steps_go_back_and_start_again() -> None:
    steps = dag().backward_steps()
    first, second = next(steps), next(steps)
    assert steps.position == 2
    assert steps.back().number == first.number
    assert next(steps).number == second.number
    assert steps.back(5) is None
    assert steps.current is None
    assert [step.number for step in steps] == [1, 2, 3, 4, 5]
    steps.restart()
    assert [step.number for step in steps] == [1, 2, 3, 4, 5]
    assert steps[-1].number == len(steps) == 5
    onwards = [str(steps[i]) for i in range(5)]
    assert onwards == [str(steps[i]) for i in reversed(range(5))][::-1]


def test_what_is_not_there_is_an_error_that_says_what_is() -> None:
    steps = dag().backward_steps()
    with pytest.raises(LookupError, match=r"nowhere.*a, b, c.*add"):
        steps.run_to("nowhere")
    steps.run_to("d")
    with pytest.raises(LookupError, match="after"):
        steps.run_to("e")
    assert steps.position == 2
    with pytest.raises(TypeError, match="int"):
        steps.run_to(3)
    with pytest.raises(LookupError):
        dag().backward_steps(until="nowhere")
    with pytest.raises(IndexError):
        steps[5]
    with pytest.raises(ValueError, match="back"):
        steps.back(-1)


def test_a_released_graph_is_an_error_with_the_cure() -> None:
    e = dag()
    e.backward()
    with pytest.raises(RuntimeError, match="retain_graph"):
        e.backward_steps()
    kept = dag()
    kept.backward(retain_graph=True)
    assert kept.backward_steps()[0].gradient.item() == 1.0


# ---------------------------------------------------------------- the forward pass


def test_the_forward_pass_shows_what_goes_in_and_what_comes_out() -> None:
    steps = tg.graph(dag()).forward_steps({"a": 1.0})
    assert [step.value.item() for step in steps] == [1.0, 3.0, 4.0, 27.0, 108.0]
    assert str(steps[4]).startswith("5/5  e = c * d = 4 * 27 = 108")
    assert [(node.name, value.item()) for node, value in steps[2].inputs] == [("a", 1), ("b", 3)]
    assert [step.node.name for step in tg.graph(dag()).forward_steps(until="add")] == [
        "a",
        "b",
        "c",
    ]


def test_values_that_were_not_kept_are_computed_for_showing() -> None:
    x = leaf("x", 2.0)
    steps = tg.graph((x + 1) + (x - 1)).forward_steps()
    assert [step.value.item() for step in steps] == [2.0, 3.0, 1.0, 4.0]


# ---------------------------------------------------------------- the tree


def test_the_tree_algorithm_loses_a_path_of_the_dag() -> None:
    steps = dag().backward_steps(tree=True)
    (row,) = steps.tree.wrong
    assert (row.node.name, row.right.item(), row.overwritten.item()) == ("b", 297.0, 27.0 * 10)
    assert {r.node.name: r.visits for r in steps.tree.rows} == dict.fromkeys("acde", 1) | {"b": 2}
    assert "297" in str(steps.tree)
    assert "270" in str(steps.run_to("b"))


def test_sixty_doublings_would_take_exponentially_many_visits() -> None:
    x = leaf("x", 1.0)
    y = x
    for _ in range(60):
        y = y + y
    tree = y.backward_steps(tree=True).tree
    row = tree.rows[-1]
    assert row.visits == 2**60
    assert tree.total_visits == 2**61 - 1
    assert (row.right.item(), row.overwritten.item(), row.early.item()) == (2.0**60, 1.0, 2.0)


def walked(graph: Any, mode: str) -> tuple[dict[int, float], dict[int, int]]:
    """Recursion written plainly: gradients and visits of every node of a graph of + and *."""
    gradients: dict[int, float] = {}
    visits: dict[int, int] = {}

    def visit(node: Any, g: float) -> None:
        first = node.index not in visits
        visits[node.index] = visits.get(node.index, 0) + 1
        old = gradients.get(node.index, 0.0)
        gradients[node.index] = g if mode == "overwritten" else old + g
        if mode == "early" and not first:
            return
        values = [one.value.item() for one in node.inputs]
        for k, source in enumerate(node.inputs):
            visit(source, g * (values[1 - k] if node.op == "mul" else 1.0))

    visit(graph.outputs[0], 1.0)
    return gradients, visits


@pytest.mark.parametrize("seed", range(8))
def test_the_tree_columns_are_those_of_the_recursions_written_plainly(seed: int) -> None:
    draw = random.Random(seed)
    nodes = [leaf(f"x{i}", draw.uniform(0.5, 1.5)) for i in range(3)]
    for _ in range(10):
        a, b = draw.choice(nodes[-5:]), draw.choice(nodes[-5:])
        nodes.append(a * b if draw.random() < 0.5 else a + b)
    steps = nodes[-1].backward_steps(tree=True)
    overwritten, visits = walked(steps.graph, "overwritten")
    early, _ = walked(steps.graph, "early")
    every_path, _ = walked(steps.graph, "paths")
    for row in steps.tree.rows:
        at = row.node.index
        assert row.visits == visits[at]
        assert row.overwritten.item() == pytest.approx(overwritten[at])
        assert row.early.item() == pytest.approx(early[at])
        assert row.right.item() == pytest.approx(every_path[at])


def test_long_graphs_are_stepped_without_a_deep_stack() -> None:
    x = leaf("x", 1.0)
    y = x
    for _ in range(5_000):
        y = y * 1.0
    steps = y.backward_steps(tree=True)
    assert steps.run_to("x").gradient.item() == 1.0
    assert not steps.tree.wrong


# ---------------------------------------------------------------- rules and replay


@pytest.mark.parametrize("op", sorted(FORMULAS))
def test_every_formula_is_the_derivative(op: str) -> None:
    known = {name: getattr(math, name) for name in ("cos", "cosh", "log", "sin", "sinh", "sqrt")}
    known["sign"] = lambda value: math.copysign(1.0, value)
    two = len(FORMULAS[op]) == 2
    for first, second in ((0.4, 0.7), (0.8, 0.3)):
        x, other = leaf("x", first), leaf("other", second)
        y = named("y", getattr(tg, op)(*((x, other) if two else (x, 2.5) if op == "pow" else (x,))))
        step = y.backward_steps()[0]
        assert len(step.sent) == len(FORMULAS[op])
        for one, text in zip(step.sent, step.rules, strict=True):
            formula = text.partition(" = ")[2]
            expected = eval(formula, {**known, "x": first, "other": second, "y": y.item()})
            assert one.local.item() == pytest.approx(expected, rel=1e-9)


def test_rules_are_written_for_ops_that_exist() -> None:
    assert all(derivative_kind(op) not in ("function", "none") for op in {*FORMULAS, *SENT})


def test_every_op_of_the_registry_can_be_computed_again_from_its_node() -> None:
    """Values of a recorded call and of the call made again from Python are the same bits."""
    compared = 0
    for op in tg.ops():
        if op.derivative in ("none", "composite") or op.inplace_only:
            continue
        for args, kwargs in op.samples()[:1]:
            fresh = [
                one.detach().clone().requires_grad_()
                if isinstance(one, tg.Tensor) and one.dtype.is_floating_point
                else one
                for one in args
            ]
            result = op.function(*fresh, **kwargs)
            first = result[0] if isinstance(result, (tuple, list)) else result
            if not (isinstance(first, tg.Tensor) and first.requires_grad):
                continue
            replay = Replay(tg.graph(first))
            at = replay.graph.outputs[0].index
            if not replay.can(at):
                assert op.random
                continue
            again = replay.outputs(at, known_values(replay))
            np.testing.assert_array_equal(
                again[0].detach().numpy(), first.detach().numpy(), str(op)
            )
            compared += 1
    assert compared > 150
