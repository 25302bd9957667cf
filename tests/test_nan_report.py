"""Values that are not finite: PyTorch's anomaly mode, and the report after the fact."""

from __future__ import annotations

from typing import Any

import pytest

import topograd as tg

INF, NAN = float("inf"), float("nan")


# ---------------------------------------------------------------- anomaly mode


def chain() -> Any:
    """Return a loss whose backward pass makes NaN of two infinities."""
    x = tg.tensor([0.0, 1.0], requires_grad=True) * 1
    return (x.sqrt() - x.sqrt()).sum()


def test_anomaly_mode_raises_for_nan_in_the_backward_pass_alone() -> None:
    loss = chain()
    with tg.autograd.detect_anomaly():
        assert tg.is_anomaly_enabled()
        tg.zeros(1).log()
        with pytest.raises(RuntimeError, match=r"mul.*returned nan values in its 0th output"):
            loss.backward()
    assert not tg.is_anomaly_enabled()
    chain().backward()
    with tg.autograd.detect_anomaly(check_nan=False):
        assert not tg.is_anomaly_check_nan_enabled()
        chain().backward()


def test_set_detect_anomaly_is_a_switch_and_a_context() -> None:
    tg.autograd.set_detect_anomaly(True)
    try:
        with pytest.raises(RuntimeError, match="returned nan values"):
            chain().backward()
        with tg.autograd.set_detect_anomaly(False):
            chain().backward()
        assert tg.is_anomaly_enabled()
    finally:
        tg.autograd.set_detect_anomaly(False)
    chain().backward()
    tg.set_anomaly_enabled(True)
    assert tg.is_anomaly_enabled()
    tg.set_anomaly_enabled(False)


def test_anomaly_mode_raises_where_pytorch_does() -> None:
    torch = pytest.importorskip("torch")
    messages = []
    for library in (tg, torch):
        x = library.tensor([0.0, 1.0], requires_grad=True) * 1
        loss = (x.sqrt() - x.sqrt()).sum()
        with pytest.raises(RuntimeError) as found, library.autograd.set_detect_anomaly(True):
            loss.backward()
        messages.append(str(found.value))
    assert all("returned nan values in its 0th output" in text for text in messages)
    assert "mul" in messages[0].lower()
    assert "Mul" in messages[1]


# ---------------------------------------------------------------- after the fact


def test_nan_report_finds_the_first_node_of_the_forward_pass() -> None:
    x = tg.tensor([1.0, 3.0], requires_grad=True)
    x.name = "x"
    loss = ((x - 1).log() * 2 + x).sum()
    report = loss.nan_report()
    assert report
    assert report.phase == "forward"
    assert report.node.op == "log"
    assert [one.low for one in report.inputs] == [0.0]
    assert report.results[0].inf == 1
    assert "log made the first value" in str(report)


def test_nan_report_finds_the_rule_of_the_backward_pass() -> None:
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    y = x * 1
    report = (y.sqrt() * 5 + y.square()).sum().nan_report()
    assert (report.phase, report.node.op) == ("backward", "sqrt")
    assert report.inputs[0].high == 5
    assert report.results[0].inf == 1


def test_nan_report_lets_masks_travel_and_names_bad_data() -> None:
    x = tg.ones(3, requires_grad=True)
    mask = tg.tensor([True, False, False])
    fine = (x.masked_fill(mask, -INF).softmax(0) * (x + tg.tensor([-INF, 0.0, 0.0])).exp()).sum()
    assert not fine.nan_report()
    assert "all values and gradients are finite" in str(fine.nan_report())
    data = tg.tensor([1.0, NAN, 2.0])
    report = (x * data).sum().nan_report()
    assert report.node.op == "constant"
    with tg.no_grad():
        x[0] = INF
    assert (x * 2).sum().nan_report().node.op == "leaf"


def test_nan_report_says_what_it_could_not_look_at() -> None:
    class Twice(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: tg.Tensor) -> tg.Tensor:
            return x * 2

        @staticmethod
        def backward(ctx: Any, gradient: tg.Tensor) -> tg.Tensor:
            return gradient * 2

    x = tg.tensor([0.0], requires_grad=True)
    report = Twice.apply(x + 1).sum().nan_report()
    assert not report
    assert not report.complete
    assert "user's Function" in str(report)
    assert Twice.apply(x.log()).sum().nan_report().node.op == "log"
    with pytest.raises(RuntimeError, match="nothing was recorded"):
        tg.ones(2).nan_report()


def test_nan_report_of_a_tensor_with_many_elements_and_a_complex_one() -> None:
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    assert x.sqrt().nan_report().phase == "backward"
    z = tg.tensor([1 + 1j, 0j], requires_grad=True)
    assert (1 / z).nan_report().node.op in ("true_divide", "reciprocal", "div")
