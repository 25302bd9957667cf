"""The examples on which computation graphs are taught, sections 2 and 3: tensors and algorithms."""

from __future__ import annotations

import operator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topograd as tg

Array = Any
EXACT = {"rtol": 1e-13, "atol": 1e-13}
STEP = 1e-6


def leaf(value: Any, name: str = "") -> tg.Tensor:
    """Return a float64 input that wants a gradient."""
    tensor = tg.tensor(value, dtype=tg.float64, requires_grad=True)
    tensor.name = name
    return tensor


def constant(value: Any) -> tg.Tensor:
    return tg.tensor(value, dtype=tg.float64)


def close(actual: tg.Tensor, expected: Any, **tolerance: float) -> None:
    np.testing.assert_allclose(actual.detach().numpy(), expected, **(tolerance or EXACT))


# Tensors


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (2, 3, 4), (2, 1, 3, 2), (2, 1, 3, 1, 2)])
def test_a_tensor_has_any_number_of_dimensions(shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape, dtype=int), dtype=np.float64).reshape(shape)
    tensor = tg.tensor(values.tolist(), dtype=tg.float64)
    assert tensor.ndim == len(shape)
    assert tuple(tensor.shape) == shape
    assert tensor.numel() == values.size
    assert tensor.tolist() == values.tolist()


INDEXED = {
    "x[i]": ((5,), (3,)),
    "M[i, j]": ((3, 4), (1, 2)),
    "A[i, j, k]": ((2, 3, 4), (1, 0, 3)),
    "M[i, :]": ((3, 4), (2, slice(None))),
    "A[i, :, :]": ((2, 3, 4), (1, slice(None), slice(None))),
    "T[:, :, :, i]": ((2, 3, 2, 3), (slice(None), slice(None), slice(None), 1)),
}


@pytest.mark.parametrize("name", INDEXED)
def test_an_index_selects_and_sends_the_gradient_to_what_it_selected(
    name: str, rng: np.random.Generator
) -> None:
    shape, index = INDEXED[name]
    values = rng.normal(size=shape)
    tensor = leaf(values)
    selected = tensor[index]
    close(selected, values[index])
    selected.sum().backward()
    expected = np.zeros(shape)
    expected[index] = 1
    assert tensor.grad.tolist() == expected.tolist()


BINARY = {
    "add": (operator.add, lambda x, y: (1, 1)),
    "sub": (operator.sub, lambda x, y: (1, -1)),
    "mul": (operator.mul, lambda x, y: (y, x)),
    "div": (operator.truediv, lambda x, y: (1 / y, -x / y**2)),
    "pow": (operator.pow, lambda x, y: (y * x ** (y - 1), x**y * np.log(x))),
}


@pytest.mark.parametrize(
    "shapes",
    [((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3)), ((2, 1, 3), (5, 1))],
)
@pytest.mark.parametrize("name", BINARY)
def test_a_binary_operation_works_element_by_element_with_broadcasting(
    name: str, shapes: tuple[tuple[int, ...], tuple[int, ...]], rng: np.random.Generator
) -> None:
    apply, derivatives = BINARY[name]
    values = [rng.uniform(0.5, 2, size=shape) for shape in shapes]
    x, y = leaf(values[0]), leaf(values[1])
    result = apply(x, y)
    expected = apply(*values)
    close(result, expected)
    seed = rng.normal(size=expected.shape)
    result.backward(constant(seed))
    for tensor, slope, value in zip((x, y), derivatives(*values), values, strict=True):
        full = np.broadcast_to(seed * slope, expected.shape)
        # The gradient of a value that was used several times is the sum over its uses.
        lead = full.ndim - value.ndim
        full = full.sum(axis=tuple(range(lead)))
        kept = tuple(i for i, size in enumerate(value.shape) if size == 1)
        close(tensor.grad, full.sum(axis=kept, keepdims=True))


ELEMENTWISE = {
    "exp": (np.exp, np.exp),
    "log": (np.log, lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "sin": (np.sin, np.cos),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_function_works_element_by_element(name: str, rng: np.random.Generator) -> None:
    function, derivative = ELEMENTWISE[name]
    values = rng.uniform(0.2, 3, size=(2, 3, 4))
    x = leaf(values)
    result = getattr(tg, name)(x)
    close(result, function(values))
    result.sum().backward()
    close(x.grad, derivative(values))


def test_reshape_keeps_the_elements_and_their_gradients(rng: np.random.Generator) -> None:
    values, seed = rng.normal(size=(2, 6)), rng.normal(size=(3, 4))
    x = leaf(values)
    result = x.reshape(3, 4)
    close(result, values.reshape(3, 4))
    result.backward(constant(seed))
    close(x.grad, seed.reshape(2, 6))


def test_the_mode_n_product(rng: np.random.Generator) -> None:
    first, second = rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 5))
    expected = np.zeros((2, 5, 4))
    for n in range(3):
        expected += first[:, n, None, :] * second[None, n, :, None]
    seed = rng.normal(size=expected.shape)
    for product in (
        lambda a, b: tg.einsum("mnr,nk->mkr", a, b),
        lambda a, b: tg.tensordot(a, b, dims=([1], [0])).permute(0, 2, 1),
        lambda a, b: b.t() @ a,
    ):
        a, b = leaf(first), leaf(second)
        result = product(a, b)
        close(result, expected)
        result.backward(constant(seed))
        close(a.grad, np.tensordot(seed, second, ([1], [1])).transpose(0, 2, 1))
        close(b.grad, np.tensordot(first, seed, ([0, 2], [0, 2])))


def test_the_matrix_product_is_the_mode_n_product_of_a_matrix(rng: np.random.Generator) -> None:
    first, second = rng.normal(size=(2, 3)), rng.normal(size=(3, 5))
    product = tg.einsum("mnr,nk->mkr", constant(first[:, :, None]), constant(second))
    close(product[:, :, 0], first @ second)


# Forward and backward pass


@pytest.fixture
def dag() -> tuple[tg.Tensor, tg.Tensor, tg.Tensor]:
    """The inputs a = 7, b = 3 and the last node of e = (a + b) * b**3, every node named."""
    a, b = leaf(7, "a"), leaf(3, "b")
    c, d = a + b, b**3
    e = c * d
    c.name, d.name, e.name = "c", "d", "e"
    return a, b, e


def nodes_by_name(graph: Any) -> dict[str, Any]:
    return {node.name: node for node in graph.nodes}


def test_a_recorded_graph_runs_again_with_other_inputs(dag: Any) -> None:
    graph = tg.graph(dag[-1])
    (result,) = graph.forward({"a": constant(1.0), "b": constant(-2.0)})
    assert result.item() == (1 - 2) * (-2) ** 3
    values = {name: node.value.item() for name, node in nodes_by_name(graph).items()}
    assert values == {"a": 1, "b": -2, "c": -1, "d": -8, "e": 8}
    graph.backward()
    gradients = {name: node.grad.item() for name, node in nodes_by_name(graph).items()}
    assert gradients == {"a": -8, "b": -8 + -1 * 3 * 4, "c": -8, "d": -1, "e": 1}


def test_one_graph_is_made_once_and_run_many_times(rng: np.random.Generator) -> None:
    w, x = leaf([[1.0, 2.0], [3.0, 4.0]], "w"), leaf([1.0, 1.0], "x")
    graph = tg.graph((w @ x).tanh().sum())
    for _ in range(3):
        weights, inputs = rng.normal(size=(2, 2)), rng.normal(size=2)
        (result,) = graph.forward({w: constant(weights), "x": constant(inputs)})
        close(result, np.tanh(weights @ inputs).sum())
        graph.backward()
        before = 1 - np.tanh(weights @ inputs) ** 2
        close(nodes_by_name(graph)["w"].grad, np.outer(before, inputs))


def test_the_replay_follows_the_values_through_relu() -> None:
    a, b, c = leaf(7, "a"), leaf(3, "b"), leaf(2, "c")
    graph = tg.graph((a + b.relu()) * c)
    assert graph.forward({"b": constant(-3.0)})[0].item() == 14
    graph.backward()
    assert [nodes_by_name(graph)[name].grad.item() for name in "abc"] == [2, 0, 7]
    assert graph.forward({"b": constant(3.0)})[0].item() == 20


def test_a_replay_leaves_the_recorded_tensors_alone() -> None:
    a, b = leaf(7, "a"), leaf(3, "b")
    y = a * b
    tg.graph(y).forward({"a": constant(1.0)})
    assert (a.item(), b.item(), y.item()) == (7, 3, 21)
    y.backward()
    assert (a.grad.item(), b.grad.item()) == (3, 7)


def test_the_backward_pass_starts_at_any_node() -> None:
    a, b = leaf(7), leaf(3)
    c, d = a + b, b**3
    goal = c * d
    assert [g.item() for g in tg.autograd.grad(c, [a, b], retain_graph=True)] == [1, 1]
    assert [g.item() for g in tg.autograd.grad(d, [b], retain_graph=True)] == [27]
    assert [g.item() for g in tg.autograd.grad(goal, [a, b])] == [27, 297]


def test_central_differences_agree_at_every_input_of_a_graph(dag: Any) -> None:
    graph = tg.graph(dag[-1])
    graph.backward()
    analytic = {node.name: node.grad.item() for node in graph.inputs}
    for name, value in {"a": 7.0, "b": 3.0}.items():
        above = graph.forward({name: constant(value + STEP)})[0].item()
        below = graph.forward({name: constant(value - STEP)})[0].item()
        graph.forward({name: constant(value)})
        assert (above - below) / (2 * STEP) == pytest.approx(analytic[name], rel=1e-8)


def test_central_differences_agree_at_every_inner_node(dag: Any) -> None:
    functions = {
        "c": (lambda c: c * constant(27.0), 10.0),
        "d": (lambda d: constant(10.0) * d, 27.0),
        "e": (lambda e: e, 270.0),
    }
    graph = tg.graph(dag[-1])
    graph.backward()
    for name, (rest, value) in functions.items():
        numeric = (rest(constant(value + STEP)) - rest(constant(value - STEP))) / (2 * STEP)
        assert nodes_by_name(graph)[name].grad.item() == pytest.approx(numeric.item(), rel=1e-7)


def test_gradcheck_accepts_right_gradients_and_finds_wrong_ones() -> None:
    class WrongSine(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx: Any, g: tg.Tensor) -> tg.Tensor:
            (x,) = ctx.saved_tensors
            return g * x.sin()

    point = leaf([0.3, 1.2])
    assert tg.testing.gradcheck(lambda a, b: (a + b) * b**3, (leaf(7), leaf(3)))
    assert tg.testing.gradcheck(lambda x: x.sin(), (point,))
    with pytest.raises((AssertionError, RuntimeError)):
        tg.testing.gradcheck(WrongSine.apply, (point,))


def test_forward_mode_costs_one_run_per_input_direction(rng: np.random.Generator) -> None:
    runs = 0

    def f(x: tg.Tensor) -> tg.Tensor:
        nonlocal runs
        runs += 1
        return (x * x).sum()

    values = rng.normal(size=4)
    tangents = []
    for direction in np.eye(4):
        tangents.append(tg.func.jvp(f, (constant(values),), (constant(direction),))[1].item())
    assert runs == 4
    np.testing.assert_allclose(tangents, 2 * values, **EXACT)


# Patterns


def test_addition_distributes_the_gradient() -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (a + b).backward(constant([5.0, -6.0]))
    assert a.grad.tolist() == b.grad.tolist() == [5, -6]


def test_multiplication_switches_the_gradient() -> None:
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (a * b).backward(constant([5.0, -6.0]))
    assert a.grad.tolist() == [5 * 3, -6 * 4]
    assert b.grad.tolist() == [5 * 1, -6 * 2]


def test_maximum_routes_the_gradient_to_the_selected_input() -> None:
    a, b = leaf([1.0, 5.0]), leaf([3.0, 4.0])
    tg.maximum(a, b).backward(constant([7.0, -8.0]))
    assert a.grad.tolist() == [0, -8]
    assert b.grad.tolist() == [7, 0]
    x = leaf([[1.0, 9.0, 2.0], [6.0, 0.0, 3.0]])
    values, places = x.max(dim=1)
    values.backward(constant([7.0, -8.0]))
    assert places.tolist() == [1, 0]
    assert x.grad.tolist() == [[0, 7, 0], [-8, 0, 0]]


def test_relu_passes_or_stops_the_gradient() -> None:
    x = leaf([-2.0, 3.0])
    x.relu().backward(constant([5.0, 7.0]))
    assert x.grad.tolist() == [0, 7]


# Jacobians


def jacobian_by_rows(function: Any, point: tg.Tensor) -> Array:
    """Return the Jacobian, one row for each direction that is pulled back from the output."""
    output, pull_back = tg.func.vjp(function, point)
    seeds = np.eye(output.numel()).reshape(-1, *output.shape)
    rows = [pull_back(constant(seed))[0].flatten().tolist() for seed in seeds]
    return np.array(rows)


def jacobian_by_columns(function: Any, point: tg.Tensor) -> Array:
    """Return the Jacobian, one column for each direction that is pushed from the input."""
    directions = np.eye(point.numel()).reshape(-1, *point.shape)
    columns = [
        tg.func.jvp(function, (point,), (constant(direction),))[1].flatten().tolist()
        for direction in directions
    ]
    return np.array(columns).T


@pytest.fixture(params=[jacobian_by_rows, jacobian_by_columns], ids=["vjp", "jvp"])
def jacobian(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_the_jacobian_of_scalars_is_the_derivative(jacobian: Any) -> None:
    assert jacobian(lambda x: x**3, constant(2.0)).tolist() == [[12]]


def test_the_jacobian_of_a_scalar_function_is_the_gradient(jacobian: Any) -> None:
    assert jacobian(lambda x: (x * x).sum(), constant([1.0, -2.0, 3.0])).tolist() == [[2, -4, 6]]


def test_the_jacobian_of_a_linear_map_is_its_matrix(
    jacobian: Any, rng: np.random.Generator
) -> None:
    w = rng.normal(size=(3, 4))
    np.testing.assert_allclose(
        jacobian(lambda h: constant(w) @ h, constant(rng.normal(size=4))), w, **EXACT
    )


def test_a_row_of_the_matrix_moves_one_output_only(jacobian: Any, rng: np.random.Generator) -> None:
    h = rng.normal(size=4)
    found = jacobian(lambda w: w @ constant(h), constant(rng.normal(size=(3, 4))))
    np.testing.assert_allclose(
        found.reshape(3, 3, 4), np.einsum("ij,k->ijk", np.eye(3), h), **EXACT
    )


def test_the_jacobian_of_relu_is_diagonal(jacobian: Any) -> None:
    found = jacobian(lambda x: x.relu(), constant([1.0, -2.0, 3.0]))
    assert found.tolist() == np.diag([1.0, 0.0, 1.0]).tolist()


# Control flow, own functions, training


def test_branches_and_loops_are_recorded_as_they_run() -> None:
    def f(x: tg.Tensor) -> tg.Tensor:
        y = x
        while y.item() < 100:
            y = y * y if y.item() > 2 else y + 1
        return y

    x = leaf(1.5)
    f(x).backward()  # 1.5 + 1 = 2.5, then squared until it passes 100
    steps, slope = 1.5, 1.0
    while steps < 100:
        slope, steps = (2 * steps * slope, steps * steps) if steps > 2 else (slope, steps + 1)
    close(x.grad, slope)


def test_nodes_are_added_after_a_backward_pass() -> None:
    x = leaf(3.0)
    y = x**2
    y.backward(retain_graph=True)
    assert x.grad.item() == 6
    z = y * x
    z.backward()
    assert x.grad.item() == 6 + 27
    x.grad = None
    (x * 2).backward()
    assert x.grad.item() == 2


class Product(tg.autograd.Function):
    """A user's own differentiable function."""

    @staticmethod
    def forward(ctx: Any, x: tg.Tensor, y: tg.Tensor) -> tg.Tensor:
        ctx.save_for_backward(x, y)
        return x * y

    @staticmethod
    def backward(ctx: Any, g: tg.Tensor) -> tuple[tg.Tensor, tg.Tensor]:
        x, y = ctx.saved_tensors
        return g * y, g * x


def test_a_users_own_function_takes_part_in_the_graph(rng: np.random.Generator) -> None:
    first, second = rng.normal(size=(2, 3)), rng.normal(size=(2, 3))
    x, y = leaf(first), leaf(second)
    (Product.apply(x, y) + x).sum().backward()
    close(x.grad, second + 1)
    close(y.grad, first)
    (gradient,) = tg.autograd.grad(Product.apply(x, x).sum(), x, create_graph=True)
    (twice,) = tg.autograd.grad(gradient.sum(), x)
    close(gradient, 2 * first)
    close(twice, np.full((2, 3), 2.0))
    assert tg.testing.gradcheck(Product.apply, (leaf(first), leaf(second)))


def batches(rng: np.random.Generator) -> list[tuple[Array, Array]]:
    inputs = rng.normal(size=(60, 2))
    targets = inputs @ np.array([3.0, -2.0]) + 0.5
    return [(inputs[i : i + 10], targets[i : i + 10]) for i in range(0, 60, 10)]


def descend(w: tg.Tensor, b: tg.Tensor, data: list[tuple[Array, Array]], epochs: int) -> float:
    """Run the training loop by hand and return the last loss."""
    loss = tg.zeros(())
    for _ in range(epochs):
        for inputs, targets in data:
            loss = ((constant(inputs) @ w + b - constant(targets)) ** 2).mean()
            loss.backward()
            with tg.no_grad():
                for parameter in (w, b):
                    parameter -= 0.1 * parameter.grad
                    parameter.grad = None
    return loss.item()


def test_the_training_loop_by_hand(rng: np.random.Generator) -> None:
    w, b = leaf([0.0, 0.0]), leaf(0.0)
    assert descend(w, b, batches(rng), epochs=40) < 1e-12
    close(w, [3, -2], rtol=1e-6)
    close(b, 0.5, rtol=1e-6)
    assert w.is_leaf
    assert w.requires_grad


def test_training_goes_on_from_saved_parameters(rng: np.random.Generator, tmp_path: Path) -> None:
    data = batches(rng)
    w, b = leaf([0.1, 0.2]), leaf(0.3)
    descend(w, b, data, epochs=1)
    tg.save({"w": w.detach(), "b": b.detach()}, tmp_path / "parameters.safetensors")
    descend(w, b, data, epochs=2)
    saved = tg.load(tmp_path / "parameters.safetensors")
    again = [saved[name].clone().requires_grad_() for name in ("w", "b")]
    descend(*again, data, epochs=2)
    assert [again[0].tolist(), again[1].item()] == [w.tolist(), b.item()]
