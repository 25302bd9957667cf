"""Gradient checking for people: tables node by node that name the op and line to blame."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd.testing import GradcheckError, gradcheck, gradient_table


def inputs(*values: float) -> tg.Tensor:
    return tg.tensor(list(values), dtype=tg.float64, requires_grad=True)


def sine(backward_factor: float = 1.0, jvp_factor: float = 1.0, element: int | None = None) -> Any:
    """Return sin as a user's Function whose rules may be wrong, at one element or everywhere."""

    def factor(x: Any, value: float) -> Any:
        if element is None:
            return value
        factors = tg.ones_like(x)
        factors.view(-1)[element] = value
        return factors

    class Sine(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x.sin()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (x,) = ctx.saved_tensors
            return g * x.cos() * factor(x, backward_factor)

        @staticmethod
        def jvp(ctx: Any, t: Any) -> Any:
            (x,) = ctx.saved_tensors
            return t * x.cos() * factor(x, jvp_factor)

    return Sine.apply


# ---------------------------------------------------------------- the table


def test_the_three_columns_are_the_derivative_at_every_node() -> None:
    x = inputs(0.5, 2.0)
    table = gradient_table(lambda x: (x.sin() * 3).sum(), x, elements=2)
    assert table.ok
    assert bool(table)
    expected = {"leaf": 3 * np.cos([0.5, 2.0]), "sin": np.array([3.0, 3.0]), "mul": np.ones(2)}
    for row in table.rows[:3]:
        one = row.comparison
        for number in (one.analytic, one.numeric, one.forward):
            assert number == pytest.approx(expected[row.op][one.position[0]], rel=1e-6)
    assert [row.name for row in table.inputs] == ["x"]
    assert x.grad is None
    assert x.name is None


def test_single_precision_is_checked_in_double_by_itself() -> None:
    x = tg.tensor([0.5, 2.0], requires_grad=True)
    table = gradient_table(lambda x: (x * 1000).exp().log().sum() / 1000, x * 0.1)
    assert table.ok
    assert table["x"].node.dtype == tg.float64
    assert tg.get_default_dtype() == tg.float32


def test_the_table_prints_every_node_with_its_line() -> None:
    text = str(gradient_table(lambda x, y: (x @ y).tanh(), (inputs(0.5, 2.0), inputs(1.0, -1.0))))
    for word in ("analytic", "numeric", "forward mode", "worst at", "tanh", "all derivatives"):
        assert word in text
    assert "test_gradient_tables.py" in text


def line_of(function: Any, text: str) -> str:
    lines, start = inspect.getsourcelines(function)
    (number,) = [start + i for i, line in enumerate(lines) if text in line]
    return f"test_gradient_tables.py:{number}"


@pytest.mark.parametrize(
    ("backward_factor", "jvp_factor", "modes"),
    [(1.1, 1.0, {"backward"}), (1.0, 0.9, {"jvp"}), (1.1, 0.9, {"backward", "jvp"})],
)
def test_a_planted_wrong_rule_is_named_by_op_and_line(
    backward_factor: float, jvp_factor: float, modes: set[str]
) -> None:
    function = sine(backward_factor, jvp_factor)

    def model(x: Any, w: Any) -> Any:
        h = (w * x).tanh()
        k = function(h)
        return (k * x).exp().sum()

    table = gradient_table(model, (inputs(0.5, 2.0), inputs(0.3, -0.4)))
    assert not table.ok
    assert {rule.mode for rule in table.wrong_rules} == modes
    assert {rule.node.op for rule in table.wrong_rules} == {"Sine"}
    where = line_of(model, "k = function(h)")
    assert all(where in str(rule) for rule in table.wrong_rules)
    by_op = {row.op: row for row in table.rows if not row.is_input}
    assert set(by_op["tanh"].comparison.wrong) >= modes & {"backward"}
    assert by_op["exp"].ok
    assert by_op["Sine"].ok


@pytest.mark.parametrize("element", [0, 137, 299])
def test_one_wrong_element_of_many_is_found(element: int) -> None:
    function = sine(1.5, 1.0, element)
    x = tg.linspace(-1.0, 1.0, 300, dtype=tg.float64, requires_grad=True)
    table = gradient_table(lambda x: function(x).sum(), x)
    assert table["x"].comparison.position == (element,)
    assert [rule.comparison.position for rule in table.wrong_rules] == [(element,)]


def test_a_failing_gradcheck_carries_the_table() -> None:
    function = sine(1.1)
    x = inputs(0.5, 2.0)
    with pytest.raises(GradcheckError) as caught:
        tg.autograd.gradcheck(lambda x: function(x * 2).sum(), (x,))
    message = str(caught.value)
    assert "reverse mode disagrees" in message
    assert "analytic" in message
    assert "the backward rule of Sine" in message
    assert "test_gradient_tables.py" in message


def test_gradcheck_prints_the_table_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcheck(lambda x: x.exp(), (inputs(0.5),), table=True)
    assert "all derivatives agree" in capsys.readouterr().out
    assert gradcheck(sine(2.0), (inputs(0.5),), table=True, raise_exception=False) is False
    assert "DISAGREE" in capsys.readouterr().out


def test_gradcheck_takes_pytorchs_keywords() -> None:
    torch = pytest.importorskip("torch")
    ours = inspect.signature(tg.autograd.gradcheck).parameters
    for name, parameter in inspect.signature(torch.autograd.gradcheck).parameters.items():
        assert ours[name].kind == parameter.kind
        assert ours[name].default == parameter.default or name == "check_forward_ad"
    with pytest.raises(NotImplementedError, match="batched"):
        gradcheck(lambda x: x, (inputs(1.0),), check_batched_grad=True)


def test_functions_without_a_jvp_are_checked_in_reverse_mode() -> None:
    class Double(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, factor: float) -> Any:
            return x * factor

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2, None

    table = gradient_table(lambda x: Double.apply(x, 2.0).sin(), inputs(0.5, 1.0))
    assert table.ok
    assert table["x"].comparison.forward is None
    assert "no jvp" in str(table)


def test_kinks_raise_no_alarm() -> None:
    table = gradient_table(lambda x: x.relu().sum() + x.abs().sum(), inputs(0.0, -1.0, 1.0))
    assert table.ok, str(table)


def test_inputs_without_a_path_and_no_inputs_at_all() -> None:
    table = gradient_table(lambda x, y: x.exp(), (inputs(0.5), inputs(1.0)))
    assert table["y"].remark == "the result does not depend on it"
    with pytest.raises(ValueError, match="requires grad"):
        gradient_table(lambda x: x, tg.ones(2))
    with pytest.raises(ValueError, match="depends on no input"):
        gradient_table(lambda x: x.detach(), inputs(1.0))
    with pytest.raises(LookupError, match="nothing"):
        table["nothing"]


def test_random_and_complex_and_several_outputs() -> None:
    x = inputs(0.5, -0.4, 0.3)

    def function(x: Any) -> Any:
        noisy = tg.nn.functional.dropout(x, 0.5)
        z = tg.complex(noisy, x * 2)
        values, places = (x * 2).sort()
        return (z * z).abs(), values.exp(), places

    table = gradient_table(function, x)
    assert table.ok, str(table)


def test_long_graphs_are_checked_in_bounded_time() -> None:
    def function(x: Any) -> Any:
        for _ in range(400):
            x = x * 1.001
        return x

    table = gradient_table(function, inputs(*([0.5] * 20)))
    assert table.ok
    assert len(table.rows) <= 102


# ---------------------------------------------------------------- modules


def network(*middle: Any) -> Any:
    tg.manual_seed(0)
    return tg.nn.Sequential(tg.nn.Linear(3, 4), *middle, tg.nn.Linear(4, 2))


def test_a_modules_gradients_are_checked_and_nothing_is_changed() -> None:
    model = network(tg.nn.BatchNorm1d(4), tg.nn.Dropout(0.5), tg.nn.Tanh())
    model[0].bias.requires_grad_(False)
    model[4].weight.grad = tg.full((2, 4), 7.0)
    x = tg.rand(5, 3)
    before = {name: one.clone() for name, one in model.state_dict().items()}
    identities = {name: id(one) for name, one in model.named_parameters()}
    state = tg.get_rng_state()
    table = model.check_gradients(x, loss=lambda y: (y**2).mean())
    assert table.ok, str(table)
    assert tg.get_rng_state().tolist() == state.tolist()
    for name, one in model.state_dict().items():
        assert one.dtype == before[name].dtype
        assert one.tolist() == before[name].tolist(), name
    assert {name: id(one) for name, one in model.named_parameters()} == identities
    assert model[4].weight.grad.tolist() == [[7.0] * 4] * 2
    assert model[0].weight.grad is None
    assert model.training
    assert tg.get_default_dtype() == tg.float32
    assert table["0.bias"].remark == "frozen"
    assert [row.name for row in table.inputs] == [name for name, _ in model.named_parameters()]
    assert all(row.name in str(table) for row in table.inputs)


def test_a_wrong_rule_inside_a_module_is_named_by_line_and_module() -> None:
    function = sine(1.5)

    class Layer(tg.nn.Module):
        def forward(self, x: Any) -> Any:
            return function(x)

    model = network(Layer())
    table = model.check_gradients(tg.rand(5, 3))
    assert not table
    assert table["0.weight"].comparison.wrong == ("backward",)
    assert table["2.weight"].ok
    text = str(table)
    assert "WRONG: backward" in text
    assert line_of(Layer.forward, "return function(x)") in text
    assert "in Sequential.1" in text or ".1)" in text


@pytest.mark.parametrize(
    "make",
    [
        lambda: (tg.nn.LSTM(3, 4), (tg.rand(5, 2, 3),)),
        lambda: (tg.nn.TransformerEncoderLayer(8, 2, 16), (tg.rand(5, 2, 8),)),
        lambda: (tg.nn.Conv2d(2, 3, 3), (tg.rand(1, 2, 6, 6),)),
        lambda: (tg.nn.Embedding(5, 3), (tg.tensor([1, 4, 1]),)),
    ],
    ids=["lstm", "transformer", "conv", "embedding"],
)
def test_real_layers_pass(make: Any) -> None:
    tg.manual_seed(0)
    module, args = make()
    table = module.check_gradients(*args)
    assert table.ok, str(table)


def test_a_module_without_parameters_is_an_error() -> None:
    with pytest.raises(ValueError, match="no parameter"):
        tg.nn.ReLU().check_gradients(tg.ones(2))


def test_the_random_state_and_buffers_are_restored_after_an_error() -> None:
    class Failing(tg.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = tg.nn.Parameter(tg.ones(1))

        def forward(self, x: Any) -> Any:
            tg.rand(3)
            raise ArithmeticError("planted")

    model = Failing()
    state = tg.get_rng_state()
    with pytest.raises(ArithmeticError, match="planted"):
        model.check_gradients(tg.ones(1))
    assert tg.get_rng_state().tolist() == state.tolist()
    assert model.scale.dtype == tg.float32
    assert tg.get_default_dtype() == tg.float32
    assert math.isfinite(model.scale.item())
