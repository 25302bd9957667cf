"""The examples on which computation graphs are taught, section 1: value and gradient at every node.

The numbers are the published ones or closed formulas, computed here with NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import topograd as tg

Array = Any
EXACT = {"rtol": 1e-13, "atol": 1e-13}


def leaf(name: str, value: Any) -> tg.Tensor:
    """Return a named float64 input that wants a gradient."""
    tensor = tg.tensor(value, dtype=tg.float64, requires_grad=True)
    tensor.name = name
    return tensor


def leaves(**values: Any) -> list[tg.Tensor]:
    return [leaf(name, value) for name, value in values.items()]


def named(**tensors: tg.Tensor) -> tg.Tensor:
    """Name one tensor after its keyword and return it."""
    ((name, tensor),) = tensors.items()
    tensor.name = name
    return tensor


def nodes_by_name(graph: Any) -> dict[str, Any]:
    return {node.name: node for node in graph.nodes}


def contributions(node: Any) -> dict[str, Any]:
    """What came back along each outgoing edge, by the name of the node that used this one."""
    return {user.name: part.tolist() for user, part in node.contributions}


def constant(value: Any) -> tg.Tensor:
    return tg.tensor(value, dtype=tg.float64)


def close(actual: tg.Tensor, expected: Any, **tolerance: float) -> None:
    np.testing.assert_allclose(actual.detach().numpy(), expected, **(tolerance or EXACT))


def sum_and_product(a: tg.Tensor, b: tg.Tensor, c: tg.Tensor) -> tg.Tensor:
    return named(e=named(d=a + b) * c)


def with_a_power(a: tg.Tensor, b: tg.Tensor, c: tg.Tensor) -> tg.Tensor:
    return named(f=named(e=a + named(d=b**3)) * c)


def with_relu(a: tg.Tensor, b: tg.Tensor, c: tg.Tensor) -> tg.Tensor:
    return named(f=named(e=a + named(d=b.relu())) * c)


def two_paths_into_b(a: tg.Tensor, b: tg.Tensor) -> tg.Tensor:
    return named(e=named(c=a + b) * named(d=b**3))


# name of the row: (graph, its inputs, {node: (value, gradient of the last node)})
PUBLISHED: dict[str, tuple[Callable[..., tg.Tensor], str, dict[str, tuple[float, float]]]] = {
    "(a + b) * c": (
        sum_and_product,
        "abc",
        {"a": (7, 2), "b": (3, 2), "c": (2, 10), "d": (10, 2), "e": (20, 1)},
    ),
    "(a + b**3) * c": (
        with_a_power,
        "abc",
        {"a": (7, 2), "b": (3, 54), "c": (2, 34), "d": (27, 2), "e": (34, 2), "f": (68, 1)},
    ),
    "(a + relu(b)) * c, b = 3": (
        with_relu,
        "abc",
        {"a": (7, 2), "b": (3, 2), "c": (2, 10), "d": (3, 2), "e": (10, 2), "f": (20, 1)},
    ),
    "(a + relu(b)) * c, b = -3": (
        with_relu,
        "abc",
        {"a": (7, 2), "b": (-3, 0), "c": (2, 7), "d": (0, 2), "e": (7, 2), "f": (14, 1)},
    ),
    "(a + b) * b**3": (
        two_paths_into_b,
        "ab",
        {"a": (7, 27), "b": (3, 297), "c": (10, 27), "d": (27, 10), "e": (270, 1)},
    ),
}


@dataclass
class Row:
    """A published row at work: the inputs, the last node, what every node should show."""

    inputs: list[tg.Tensor]
    result: tg.Tensor
    expected: dict[str, tuple[float, float]]


def row(name: str) -> Row:
    build, names, expected = PUBLISHED[name]
    inputs = [leaf(name, expected[name][0]) for name in names]
    return Row(inputs, build(*inputs), expected)


@pytest.fixture(params=PUBLISHED, ids=str)
def published(request: pytest.FixtureRequest) -> Row:
    return row(request.param)


def test_the_graph_shows_value_and_gradient_of_every_node(published: Row) -> None:
    graph = tg.graph(published.result)
    graph.backward()
    shown = {node.name: (node.value.item(), node.grad.item()) for node in graph.nodes}
    assert shown == published.expected


def test_backward_leaves_the_same_gradients_on_leaves_and_retained_nodes() -> None:
    a, b = leaves(a=7, b=3)
    c, d = a + b, b**3
    e = c * d
    for inner in (c, d, e):
        inner.retain_grad()
    e.backward()
    assert [tensor.grad.item() for tensor in (a, b, c, d, e)] == [27, 297, 27, 10, 1]
    assert [tensor.is_leaf for tensor in (a, b, c, d, e)] == [True, True, False, False, False]


def test_gradients_at_inner_nodes_can_be_asked_for() -> None:
    a, b = leaves(a=7, b=3)
    c, d = a + b, b**3
    gradients = tg.autograd.grad(c * d, [a, b, c, d])
    assert [gradient.item() for gradient in gradients] == [27, 297, 27, 10]


def test_the_forward_order_is_topological_and_the_backward_order_its_reverse(
    published: Row,
) -> None:
    graph = tg.graph(published.result)
    graph.backward()
    count = len(published.expected)
    assert [node.index for node in graph.nodes] == list(range(count))
    assert all(part.index < node.index for node in graph.nodes for part in node.inputs)
    assert sorted(node.backward_index for node in graph.nodes) == list(range(count))
    for node in graph.nodes:
        assert all(node.backward_index < part.backward_index for part in node.inputs)


def test_the_graph_tells_inputs_from_outputs(published: Row) -> None:
    graph = tg.graph(published.result)
    assert [node.name for node in graph.outputs] == [published.result.name]
    inputs = {tensor.name for tensor in published.inputs}
    assert {node.name for node in graph.inputs} == inputs
    assert all(node.op and node.inputs for node in graph.nodes if node.name not in inputs)


def test_each_outgoing_edge_shows_what_came_back_along_it() -> None:
    dag = row("(a + b) * b**3")
    graph = tg.graph(dag.result)
    graph.backward()
    nodes = nodes_by_name(graph)
    assert contributions(nodes["b"]) == {"c": 27, "d": 270}
    assert contributions(nodes["a"]) == {"c": 27}
    assert contributions(nodes["c"]) == {"e": 27}
    assert contributions(nodes["d"]) == {"e": 10}
    assert contributions(nodes["e"]) == {}


def test_the_printed_graph_names_every_node(published: Row) -> None:
    text = str(tg.graph(published.result))
    words = set(text.split())
    assert set(published.expected) <= words, text


@pytest.mark.parametrize("at", [-2.5, -1.0, 0.3, 1.0, 4.0])
def test_one_over_a_square(at: float) -> None:
    x = leaf("x", at)
    z = named(z=x**2)
    y = 1 / z
    dz, dx = tg.autograd.grad(y, [z, x])
    close(dz, -1 / at**4)
    close(dx, -2 / at**3)


@pytest.mark.parametrize("at", [-2.5, -1.0, 0.3, 1.0, 4.0])
def test_two_paths_lead_into_x(at: float) -> None:
    x = leaf("x", at)
    z = named(z=x**2)
    y = named(y=x / z)
    graph = tg.graph(y)
    graph.backward()
    nodes = nodes_by_name(graph)
    close(nodes["z"].grad, -at / at**4)
    close(nodes["x"].grad, -1 / at**2)
    arrived = contributions(nodes["x"])
    close(constant(arrived["y"]), 1 / at**2)
    close(constant(arrived["z"]), -2 / at**2)


@pytest.mark.parametrize(("at1", "at2"), [(2.0, 5.0), (0.1, -3.0), (7.5, 0.0)])
def test_logarithm_product_and_sine(at1: float, at2: float) -> None:
    x1, x2 = leaves(x1=at1, x2=at2)
    f = x1.log() + x1 * x2 - x2.sin()
    f.backward()
    close(f, math.log(at1) + at1 * at2 - math.sin(at2))
    close(x1.grad, 1 / at1 + at2)
    close(x2.grad, at1 - math.cos(at2))


@pytest.mark.parametrize(("at1", "at2"), [(2.0, 5.0), (-0.1, -3.0), (7.5, 0.0)])
def test_product_and_sine_by_reverse_and_by_forward_mode(at1: float, at2: float) -> None:
    def f(x1: tg.Tensor, x2: tg.Tensor) -> tg.Tensor:
        return x1 * x2 + x2.sin()

    x1, x2 = leaves(x1=at1, x2=at2)
    expected = (at2, at1 + math.cos(at2))
    for gradient, value in zip(tg.autograd.grad(f(x1, x2), [x1, x2]), expected, strict=True):
        close(gradient, value)
    point = (x1.detach(), x2.detach())
    zero, one = tg.zeros((), dtype=tg.float64), tg.ones((), dtype=tg.float64)
    for direction, value in zip([(one, zero), (zero, one)], expected, strict=True):
        output, tangent = tg.func.jvp(f, point, direction)
        close(output, at1 * at2 + math.sin(at2))
        close(tangent, value)


def test_the_logistic_loss_of_one_example(rng: np.random.Generator) -> None:
    w, x = leaves(w=rng.normal(size=5), x=rng.normal(size=5))
    loss = -(1 / (1 + (-w.dot(x)).exp())).log()
    loss.backward()
    activation = 1 / (1 + np.exp(-np.dot(w.tolist(), x.tolist())))
    close(w.grad, -(1 - activation) * np.array(x.tolist()))


def test_the_mean_squared_error_of_a_linear_model(rng: np.random.Generator) -> None:
    inputs, weights, targets = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(size=6)
    x, w, y = leaves(X=inputs, w=weights, y=targets)
    loss = ((x @ w - y) ** 2).mean()
    loss.backward()
    close(w.grad, 2 / 6 * inputs.T @ (inputs @ weights - targets))
    close(y.grad, -2 / 6 * (inputs @ weights - targets))


@pytest.mark.parametrize(
    "form",
    [
        lambda x, a: x.dot(a @ x),
        lambda x, a: (x.outer(x) * a).sum(),
        lambda x, a: tg.einsum("i,ij,j->", x, a, x),
    ],
    ids=["vector times matrix times vector", "sum over elements", "einsum"],
)
def test_different_graphs_of_a_quadratic_form_agree(form: Any, rng: np.random.Generator) -> None:
    vector, matrix = rng.normal(size=4), rng.normal(size=(4, 4))
    x, a = leaves(x=vector, A=matrix)
    y = form(x, a)
    y.backward()
    close(y, vector @ matrix @ vector)
    close(x.grad, (matrix + matrix.T) @ vector)
    close(a.grad, np.outer(vector, vector))


class SumOfTerms(tg.autograd.Function):
    """A sum of any number of scalars as one node."""

    @staticmethod
    def forward(ctx: Any, *terms: tg.Tensor) -> tg.Tensor:
        ctx.count = len(terms)
        return tg.stack(terms).sum()

    @staticmethod
    def backward(ctx: Any, gradient: tg.Tensor) -> tuple[tg.Tensor, ...]:
        return (gradient,) * ctx.count


def test_a_sum_of_three_terms_can_be_one_node(rng: np.random.Generator) -> None:
    vector, matrix, slope = rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=3)
    x, a, b, c = leaves(x=vector, A=matrix, b=slope, c=0.5)
    y = named(y=SumOfTerms.apply(x.dot(a @ x), b.dot(x), c))
    graph = tg.graph(y)
    graph.backward()
    nodes = nodes_by_name(graph)
    assert len(nodes["y"].inputs) == 3
    close(nodes["y"].value, vector @ matrix @ vector + slope @ vector + 0.5)
    close(nodes["x"].grad, (matrix + matrix.T) @ vector + slope)
    close(nodes["b"].grad, vector)
    close(nodes["c"].grad, 1)
    assert contributions(nodes["c"]) == {"y": 1}


def test_the_five_gradients_of_a_network_of_two_layers(rng: np.random.Generator) -> None:
    shapes = {"x": (3,), "W": (4, 3), "b": (4,), "V": (2, 4), "a": (2,)}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    x, w, b, v, a = leaves(**values)
    h = (w @ x + b).tanh()
    y = v @ h + a
    seed = rng.normal(size=2)
    y.backward(constant(seed))
    hidden = np.tanh(values["W"] @ values["x"] + values["b"])
    before = (values["V"].T @ seed) * (1 - hidden**2)
    close(y, values["V"] @ hidden + values["a"])
    close(a.grad, seed)
    close(v.grad, np.outer(seed, hidden))
    close(b.grad, before)
    close(w.grad, np.outer(before, values["x"]))
    close(x.grad, values["W"].T @ before)


def test_the_softmax_classifier_written_out(rng: np.random.Generator) -> None:
    values = {"x": rng.normal(size=3), "W1": rng.normal(size=(5, 3)), "W2": rng.normal(size=(4, 5))}
    target = 2
    x, w1, w2 = leaves(**values)
    h1 = w1 @ x
    h2 = h1.relu()
    h3 = w2 @ h2
    s = h3.exp()
    loss = -(s[target] / s.sum()).log()
    d_h3, d_w2, d_w1 = tg.autograd.grad(loss, [h3, w2, w1])
    first = values["W1"] @ values["x"]
    logits = values["W2"] @ np.maximum(first, 0)
    expected = np.exp(logits) / np.exp(logits).sum() - np.eye(4)[target]
    close(d_h3, expected)
    close(d_w2, np.outer(expected, np.maximum(first, 0)))
    close(d_w1, np.outer((values["W2"].T @ expected) * (first > 0), values["x"]))


def test_the_recurrent_cell_with_its_seed_given_by_hand(rng: np.random.Generator) -> None:
    shapes = {"x": (1, 10), "prev_h": (1, 20), "W_x": (20, 10), "W_h": (20, 20)}
    values = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    x, prev_h, w_x, w_h = leaves(**values)
    next_h = (w_x @ x.t() + w_h @ prev_h.t()).tanh()
    next_h.backward(tg.ones_like(next_h))
    value = np.tanh(values["W_x"] @ values["x"].T + values["W_h"] @ values["prev_h"].T)
    before = 1 - value**2
    close(next_h, value)
    close(w_x.grad, before @ values["x"])
    close(w_h.grad, before @ values["prev_h"])
    close(x.grad, before.T @ values["W_x"])
    close(prev_h.grad, before.T @ values["W_h"])


@pytest.mark.parametrize("at", [0.25, 1.0, 3.0])
def test_a_cubic_minus_a_logarithm_twice_differentiated(at: float) -> None:
    x = leaf("x", at)
    y = named(y=named(cube=x**3) - named(log=x.log()))
    assert {node.name for node in tg.graph(y).nodes} == {"x", "cube", "log", "y"}
    (first,) = tg.autograd.grad(y, x, create_graph=True)
    (second,) = tg.autograd.grad(first, x)
    close(first, 3 * at**2 - 1 / at)
    close(second, 6 * at + 1 / at**2)


@pytest.mark.parametrize("at", [-3.0, 0.0, 0.7])
def test_the_sigmoid_written_out_twice_differentiated(at: float) -> None:
    x = leaf("x", at)
    y = 1 / (1 + (-x).exp())
    (first,) = tg.autograd.grad(y, x, create_graph=True)
    (second,) = tg.autograd.grad(first, x)
    value = 1 / (1 + math.exp(-at))
    close(first, value * (1 - value))
    close(second, value * (1 - value) * (1 - 2 * value))


@pytest.mark.parametrize(
    ("at", "hinge", "slope"), [(0.25, 0.75, -1), (3.0, 0.0, 0), (-2.0, 3.0, -1)]
)
def test_the_hinge_passes_or_stops_the_gradient(at: float, hinge: float, slope: float) -> None:
    w = leaf("w", [at, 0.0])
    x = constant([1.0, 2.0])
    loss = (1 - w.dot(x)).clamp(min=0)
    loss.backward()
    assert loss.item() == hinge
    assert w.grad.tolist() == [slope, 2 * slope]


def test_regularised_logistic_regression_reaches_its_minimum(rng: np.random.Generator) -> None:
    labels = np.where(np.arange(60) % 2 == 0, 1.0, -1.0)
    inputs = rng.normal(size=(60, 2)) * 0.5 + 2 * labels[:, None]
    x, y, strength = constant(inputs), constant(labels), 20.0
    w = leaf("w", [0.0, 0.0])
    for _ in range(2000):
        w.grad = None
        losses = -(1 / (1 + (-y * (x @ w)).exp())).log()
        (0.5 * w.dot(w) + strength * losses.sum()).backward()
        with tg.no_grad():
            w -= 0.02 * w.grad
    assert losses.mean().item() < 0.01
    weights = np.array(w.tolist())
    doubt = 1 / (1 + np.exp(labels * (inputs @ weights)))
    np.testing.assert_allclose(weights, strength * (doubt * labels) @ inputs, rtol=1e-6)


def test_the_support_vector_machine_finds_the_widest_margin() -> None:
    # ½ w·w is least at w = (½, 0): the points (±2, 0) stand on the margin, the others beyond it.
    x = constant([[2.0, 0.0], [-2.0, 0.0], [3.0, 1.0], [-3.0, -1.0]])
    y = constant([1.0, -1.0, 1.0, -1.0])
    w = leaf("w", [0.3, 0.8])
    for step in range(2000):
        w.grad = None
        objective = 0.5 * w.dot(w) + 10.0 * (1 - y * (x @ w)).clamp(min=0).sum()
        objective.backward()
        with tg.no_grad():
            w -= w.grad / (step + 10)
    close(w, [0.5, 0.0], atol=0.02, rtol=0)
    assert objective.item() < 0.6


def test_sixty_doublings_take_sixty_steps() -> None:
    start = x = leaf("x", 1.0)
    for _ in range(60):
        x = x + x
    graph = tg.graph(x)
    assert len(graph.nodes) == 61
    graph.backward()
    assert graph.inputs[0].grad.item() == 2**60
    x.backward()
    assert x.item() == 2**60
    assert start.grad.item() == 2**60
