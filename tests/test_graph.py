"""The graph a person can see: order, values, gradients, contributions, and replay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, tensor_of


def leaf(value: float, name: str) -> Any:
    """Return a named float64 leaf that requires its gradient."""
    tensor = tg.tensor(value, dtype=tg.float64, requires_grad=True)
    tensor.name = name
    return tensor


def diamond() -> tuple[Any, Any, Any]:
    """Return a = 7, b = 3 and e = (a + b) * b**3, named as in the worked example."""
    a, b = leaf(7.0, "a"), leaf(3.0, "b")
    c = a + b
    c.name = "c"
    d = b**3
    d.name = "d"
    e = c * d
    e.name = "e"
    return a, b, e


def node_named(graph: Any, name: str) -> Any:
    """Return the node of that name."""
    (found,) = [node for node in graph.nodes if node.name == name]
    return found


def test_nodes_are_in_topological_order_with_inputs_before_their_consumers() -> None:
    graph = tg.graph(diamond()[2])
    place = {id(node): number for number, node in enumerate(graph.nodes)}
    for node in graph.nodes:
        for source in node.inputs:
            assert place[id(source)] < place[id(node)]
    assert {node.name for node in graph.inputs} == {"a", "b"}
    assert [node.name for node in graph.outputs] == ["e"]
    assert len(graph.nodes) == 5


def test_forward_and_backward_indices_are_orders() -> None:
    graph = tg.graph(diamond()[2])
    assert [node.index for node in graph.nodes] == list(range(5))
    graph.backward()
    order = sorted(graph.nodes, key=lambda node: node.backward_index)
    place = {id(node): number for number, node in enumerate(order)}
    assert order[0].name == "e"
    for node in graph.nodes:
        for source in node.inputs:
            assert place[id(source)] > place[id(node)]


def test_nodes_carry_op_shape_dtype_and_value() -> None:
    graph = tg.graph(diamond()[2])
    product = node_named(graph, "e")
    assert product.op == "mul"
    assert tuple(product.shape) == ()
    assert product.dtype == tg.float64
    values = {node.name: node.value.item() for node in graph.nodes}
    assert values == {"a": 7.0, "b": 3.0, "c": 10.0, "d": 27.0, "e": 270.0}


def test_backward_fills_the_gradient_of_every_node() -> None:
    graph = tg.graph(diamond()[2])
    assert node_named(graph, "d").grad is None
    graph.backward()
    gradients = {node.name: node.grad.item() for node in graph.nodes}
    assert gradients == {"a": 27.0, "b": 297.0, "c": 27.0, "d": 10.0, "e": 1.0}


def test_contributions_along_each_edge_add_up_to_the_gradient() -> None:
    graph = tg.graph(diamond()[2])
    graph.backward()
    b = node_named(graph, "b")
    found = {consumer.name: gradient.item() for consumer, gradient in b.contributions}
    assert found == {"c": 27.0, "d": 270.0}
    for node in graph.nodes:
        if node.contributions:
            total = sum(gradient.item() for _, gradient in node.contributions)
            assert total == node.grad.item()


def test_backward_takes_a_seed_and_may_be_repeated() -> None:
    graph = tg.graph(diamond()[2])
    graph.backward(tg.tensor(2.0, dtype=tg.float64))
    assert node_named(graph, "b").grad.item() == 594.0
    graph.backward()
    assert node_named(graph, "b").grad.item() == 297.0


def test_backward_of_the_graph_leaves_the_tensors_own_gradients_alone() -> None:
    a, b, e = diamond()
    tg.graph(e).backward()
    assert a.grad is None
    assert b.grad is None
    e.backward()
    assert b.grad.item() == 297.0


def test_forward_recomputes_by_name_and_by_tensor() -> None:
    a, _, e = diamond()
    graph = tg.graph(e)
    (result,) = graph.forward({"b": tg.tensor(2.0, dtype=tg.float64)})
    assert result.item() == (7 + 2) * 8
    (result,) = graph.forward({a: tg.tensor(1.0, dtype=tg.float64)})
    assert node_named(graph, "e").value.item() == result.item()
    assert e.item() == 270.0


def test_backward_after_forward_belongs_to_the_new_values() -> None:
    graph = tg.graph(diamond()[2])
    graph.forward({"a": tg.tensor(1.0, dtype=tg.float64), "b": tg.tensor(2.0, dtype=tg.float64)})
    graph.backward()
    gradients = {node.name: node.grad.item() for node in graph.nodes}
    assert gradients == {"a": 8.0, "b": 3 * 12.0 + 8.0, "c": 8.0, "d": 3.0, "e": 1.0}


def test_replay_equals_running_the_program_again(rng: np.random.Generator) -> None:
    def program(x: Any, weight: Any) -> Any:
        hidden = (x @ weight).tanh()
        return (hidden.softmax(-1) * hidden[:, :1]).sum(0).reshape(2, -1)

    values = [rng.standard_normal(shape) for shape in [(3, 4), (4, 6)]]
    tensors = [tensor_of(value).requires_grad_() for value in values]
    tensors[0].name = "x"
    graph = tg.graph(program(*tensors))
    for _ in range(3):
        fresh = tensor_of(rng.standard_normal((3, 4)))
        (replayed,) = graph.forward({"x": fresh})
        assert array_of(replayed).tobytes() == array_of(program(fresh, tensors[1])).tobytes()


def test_replay_of_random_ops_gives_the_same_numbers() -> None:
    x = tg.ones(100, requires_grad=True)
    x.name = "x"
    tg.manual_seed(3)
    noisy = tg.nn.functional.dropout(x, 0.5) * 2
    graph = tg.graph(noisy)
    (replayed,) = graph.forward({"x": tg.ones(100)})
    assert replayed.tolist() == noisy.tolist()
    (doubled,) = graph.forward({"x": tg.full((100,), 2.0)})
    assert doubled.tolist() == [2 * value for value in noisy.tolist()]


def test_replay_advances_no_random_state() -> None:
    x = tg.ones(10, requires_grad=True)
    graph = tg.graph(tg.nn.functional.dropout(x, 0.5))
    tg.manual_seed(1)
    expected = tg.rand(3).tolist()
    tg.manual_seed(1)
    graph.forward({})
    assert tg.rand(3).tolist() == expected


def test_unknown_names_and_wrong_shapes_are_errors_that_say_what_there_is() -> None:
    graph = tg.graph(diamond()[2])
    with pytest.raises((LookupError, ValueError), match="no_such_input"):
        graph.forward({"no_such_input": tg.tensor(1.0, dtype=tg.float64)})
    matrix = tg.ones(2, 3, requires_grad=True)
    matrix.name = "matrix"
    with pytest.raises(ValueError, match="matrix"):
        tg.graph(matrix @ tg.ones(3, 2)).forward({"matrix": tg.ones(5, 7)})


def test_two_nodes_of_one_name_are_ambiguous_only_when_asked_for() -> None:
    a, b = leaf(1.0, "twin"), leaf(2.0, "twin")
    graph = tg.graph(a * b)
    assert graph.forward({a: tg.tensor(5.0, dtype=tg.float64)})[0].item() == 10.0
    with pytest.raises((LookupError, ValueError), match="twin"):
        graph.forward({"twin": tg.tensor(5.0, dtype=tg.float64)})


def test_several_outputs_share_their_nodes() -> None:
    a, b = leaf(2.0, "a"), leaf(5.0, "b")
    shared = a * b
    graph = tg.graph(shared + a, shared * b)
    assert len(graph.outputs) == 2
    assert len(graph.nodes) == 5
    first, second = graph.forward({"a": tg.tensor(3.0, dtype=tg.float64)})
    assert (first.item(), second.item()) == (18.0, 75.0)


def test_ops_with_several_outputs_replay() -> None:
    x = tg.tensor([3.0, 1.0, 2.0], requires_grad=True)
    x.name = "x"
    values, _ = x.sort()
    first, rest = values.split([1, 2])
    graph = tg.graph(first.sum() * 10 + rest.sum())
    assert graph.forward({"x": tg.tensor([9.0, 7.0, 8.0])})[0].item() == 70.0 + 17.0
    graph.backward()


def test_table_is_readable() -> None:
    graph = tg.graph(diamond()[2])
    graph.backward()
    table = str(graph)
    lines = table.splitlines()
    assert len(lines) >= 6
    for text in ("mul", "add", "pow", "270", "297", "a", "b"):
        assert text in table
    assert max(map(len, lines)) <= 200


def test_graph_of_a_deep_chain_needs_no_deep_stack() -> None:
    x = tg.ones(1, requires_grad=True)
    y = x
    for _ in range(100_000):
        y = y * 1.0
    graph = tg.graph(y)
    assert len(graph.nodes) >= 100_001
    graph.backward()
    assert graph.inputs[0].grad.item() == 1.0


def test_graph_of_an_unrecorded_tensor_is_a_single_node_or_an_error() -> None:
    try:
        graph = tg.graph(tg.ones(2))
    except (ValueError, RuntimeError) as error:
        assert "graph" in str(error)  # noqa: PT017
    else:
        assert len(graph.nodes) == 1


def test_in_place_history_is_part_of_the_graph() -> None:
    x = leaf(2.0, "x")
    y = x * 3
    y.add_(1.0)
    y.mul_(x)
    graph = tg.graph(y)
    assert graph.forward({"x": tg.tensor(5.0, dtype=tg.float64)})[0].item() == 80.0
    graph.backward()
    assert node_named(graph, "x").grad.item() == 31.0


# ---------------------------------------------------------------- everything recorded


def test_everything_is_recorded_where_that_is_asked_for() -> None:
    from topograd.graph import everything_recorded

    ids = tg.tensor([3, 4, 5])
    with everything_recorded([ids]):
        with tg.no_grad():
            even = (ids % 2 == 0).detach()
        places = ids.long()[even].data.sum()
        graph = tg.graph(places)
    ops = [node.op for node in graph.nodes]
    wanted = "leaf remainder eq nonzero index sum".split()
    assert [op for op in ops if op in wanted] == wanted
    assert graph.nodes[0].shape == (3,)
    assert not ids.requires_grad
    assert not (ids + 1).requires_grad
    assert not tg._C.is_everything_recorded()


def test_what_was_there_before_a_change_in_place_is_kept_where_everything_is_recorded() -> None:
    from topograd.graph import everything_recorded

    x = tg.ones(3)
    with everything_recorded([x]):
        whole = tg.arange(6.0)
        whole[1:4].mul_(x + 1)
        counts = tg.zeros(3, dtype=tg.int64)
        counts.add_(x.long())
        graph = tg.graph(whole, counts)
    values = [node.value.tolist() for node in graph.nodes if node.op == "constant"]
    assert [0.0, 1.0, 2.0, 3.0, 4.0, 5.0] in values
    assert [0, 0, 0] in values
    assert whole.tolist() == [0.0, 2.0, 4.0, 6.0, 4.0, 5.0]


def test_an_error_ends_the_recording_of_everything() -> None:
    from topograd.graph import everything_recorded

    x = tg.tensor([1])
    with pytest.raises(ZeroDivisionError), everything_recorded([x]):
        _ = 1 / 0
    assert not x.requires_grad
    assert not tg._C.is_everything_recorded()
    with tg.no_grad():
        assert not tg.is_grad_enabled()
