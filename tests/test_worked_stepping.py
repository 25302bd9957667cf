"""The taught examples played step by step: every sum is the product of what is written down."""

from __future__ import annotations

import bdb
import contextlib
import io
import math
import pdb
from typing import Any

import numpy as np
import pytest

import topograd as tg


def leaf(name: str, value: Any) -> tg.Tensor:
    tensor = tg.tensor(value, dtype=tg.float64, requires_grad=True)
    tensor.name = name
    return tensor


def named(name: str, tensor: tg.Tensor) -> tg.Tensor:
    tensor.name = name
    return tensor


def steps_of(result: tg.Tensor) -> dict[str, Any]:
    return {step.node.name: step for step in result.backward_steps()}


def test_a_product_of_a_sum() -> None:
    a, b, c = leaf("a", 7.0), leaf("b", 3.0), leaf("c", 2.0)
    steps = steps_of(named("e", named("d", a + b) * c))
    assert {name: step.gradient.item() for name, step in steps.items()} == {
        "a": 2.0,
        "b": 2.0,
        "c": 10.0,
        "d": 2.0,
        "e": 1.0,
    }
    assert steps["e"].rules == ["de/dd = c", "de/dc = d"]
    assert steps["d"].rules == ["dd/da = 1", "dd/db = 1"]


@pytest.mark.parametrize(("b", "passed"), [(3.0, 2.0), (-3.0, 0.0)])
def test_relu_passes_or_stops(b: float, passed: float) -> None:
    a, b_, c = leaf("a", 7.0), leaf("b", b), leaf("c", 2.0)
    steps = steps_of(named("f", named("e", a + named("d", b_.relu())) * c))
    assert steps["d"].gradient.item() == 2.0
    assert steps["d"].sent[0].local.item() == (1.0 if b > 0 else 0.0)
    assert steps["d"].rule == "dd/db = 1 if b > 0 else 0"
    assert steps["b"].gradient.item() == passed


@pytest.mark.parametrize("x", [2.0, -0.5])
def test_two_paths_into_x(x: float) -> None:
    x_ = leaf("x", x)
    z = named("z", x_**2)
    steps = steps_of(named("y", x_ / z))
    assert steps["y"].rules == ["dy/dx = 1 / z", "dy/dz = -x / z**2"]
    assert [one.local.item() for one in steps["y"].sent] == pytest.approx([1 / x**2, -1 / x**3])
    parts = sorted(g.item() for _, g in steps["x"].arrived)
    assert parts == pytest.approx(sorted([1 / x**2, -2 * x * x / x**4]))
    assert steps["x"].gradient.item() == pytest.approx(-1 / x**2)


def test_logarithm_product_and_sine() -> None:
    x1, x2 = leaf("x1", 2.0), leaf("x2", 5.0)
    log, product, sine = named("l", x1.log()), named("p", x1 * x2), named("s", x2.sin())
    steps = steps_of(named("f", log + product - sine))
    assert steps["l"].rule == "dl/dx1 = 1 / x1"
    assert steps["s"].rule == "ds/dx2 = cos(x2)"
    assert steps["s"].gradient.item() == -1.0
    assert steps["x1"].gradient.item() == pytest.approx(1 / 2.0 + 5.0)
    assert steps["x2"].gradient.item() == pytest.approx(2.0 - math.cos(5.0))


def test_a_network_of_two_layers(rng: np.random.Generator) -> None:
    w, v = leaf("W", rng.standard_normal((4, 3))), leaf("V", rng.standard_normal((2, 4)))
    x = tg.tensor(rng.standard_normal(3))
    h = named("h", (w @ x).tanh())
    y = named("y", v @ h)
    seed = tg.tensor([1.0, -2.0], dtype=tg.float64)
    steps = y.backward_steps(seed)
    found = {step.node.name: step.gradient.numpy() for step in steps if step.node.name}
    np.testing.assert_allclose(found["V"], np.outer(seed.numpy(), h.detach().numpy()))
    upstream = v.detach().numpy().T @ seed.numpy()
    np.testing.assert_allclose(found["h"], upstream)
    local = 1 - h.detach().numpy() ** 2
    tanh = steps.back(len(steps)) or steps.run_to("h")
    np.testing.assert_allclose(tanh.sent[0].local.numpy(), local)
    np.testing.assert_allclose(found["W"], np.outer(upstream * local, x.numpy()))


def test_maximum_routes_the_gradient_to_what_it_selected() -> None:
    a, b = leaf("a", 2.0), leaf("b", 5.0)
    (step, *_) = named("m", a.maximum(b)).backward_steps()
    assert [one.local.item() for one in step.sent] == [0.0, 1.0]
    assert step.rules == ["dm/da = 1 if a > b else 0", "dm/db = 1 if b > a else 0"]


def test_sixty_doublings_take_sixty_steps() -> None:
    x = leaf("x", 1.0)
    y = x
    for _ in range(60):
        y = y + y
    steps = y.backward_steps()
    assert len(steps) == 61
    assert [step.gradient.item() for step in steps] == [2.0**k for k in range(61)]


def test_stepping_shows_in_pdb() -> None:
    a, b = leaf("a", 7.0), leaf("b", 3.0)
    steps = named("e", named("c", a + b) * named("d", b**3)).backward_steps()
    commands = io.StringIO("p next(steps)\np steps.run_to('d')\np steps.back()\nquit\n")
    out = io.StringIO()
    debugger = pdb.Pdb(stdin=commands, stdout=out, nosigint=True, readrc=False)
    debugger.use_rawinput = False
    with contextlib.suppress(bdb.BdbQuit):
        debugger.run("steps.position", {"steps": steps})
    assert "dd/db = 3 * b**2 = 27    to b: 10 * 27 = 270" in out.getvalue()
    assert out.getvalue().count("1/5  e = c * d = 270") == 2
