"""Whole programs as ONNX: names, free sizes, refusals, files, and ops that no layer has."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topograd as tg
from onnx_running import check, onnx, run, session_of
from topograd import nn
from topograd.onnx import OnnxExporterError, UnsupportedOperatorError
from topograd.onnx.dimensions import Affine, Dim, Product, Quotient, explain


def of(*shape: int) -> Callable[[int], tuple[Any, ...]]:
    """Return a maker of one normal input of the shape after the batch."""
    return lambda batch: (tg.randn(batch, *shape),)


# ---------------------------------------------------------------- names and files


class Net(nn.Module):
    """A network with a buffer, a frozen and a shared parameter."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(4, 4)
        self.second = nn.Linear(4, 4, bias=False)
        self.second.weight = self.first.weight
        self.norm = nn.BatchNorm1d(4)
        self.register_buffer("shift", tg.randn(4))
        self.first.bias.requires_grad_(False)

    def forward(self, x: Any, scale: float = 1.0) -> Any:
        return self.norm(self.second(self.first(x)) * scale + self.shift)


def test_parameters_and_buffers_keep_their_names() -> None:
    net = Net()
    net.norm.running_mean.copy_(tg.randn(4))
    exported = check(net, of(4))
    names = {one.name for one in exported.graph.initializer}
    assert {"first.weight", "first.bias", "shift", "norm.running_mean", "norm.running_var"} <= names
    assert "second.weight" not in names
    assert net.training
    assert not net.first.bias.requires_grad
    assert not net.shift.requires_grad
    assert exported.opset_import[0].version == 20
    assert any(node.name.startswith("Net.first/") for node in exported.graph.node)


def test_names_and_symbols_of_inputs_and_outputs() -> None:
    def program(x: Any, more: Any, flag: bool) -> Any:
        return {"sum": x + more["a"] if flag else x, "rest": [more["b"].sum(), x.repeat(2, 1)]}

    args = (tg.randn(2, 3), {"a": tg.randn(2, 3), "b": tg.randn(5)}, True)
    exported = tg.onnx.export(program, args)
    assert [one.name for one in exported.graph.input] == ["x", "more_a", "more_b"]
    assert [one.name for one in exported.graph.output] == ["output_0", "output_1", "output_2"]
    dims = [
        [d.dim_param or d.dim_value for d in one.type.tensor_type.shape.dim]
        for one in [*exported.graph.input, *exported.graph.output]
    ]
    assert dims == [["batch", 3], ["batch", 3], [5], ["batch", 3], [], ["2*batch", 3]]
    exported = tg.onnx.export(
        program,
        args,
        input_names=["left"],
        output_names=["total"],
        dynamic_axes={"left": {0: "n"}, "more_a": {0: "n"}, "total": {0: "n"}},
    )
    assert exported.graph.input[0].name == "left"
    assert exported.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "n"
    assert exported.graph.output[0].name == "total"
    fixed = tg.onnx.export(program, args, dynamic_axes={})
    assert fixed.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 2


def test_keywords_and_constants_are_arguments_too() -> None:
    exported = tg.onnx.export(Net(), (), kwargs={"x": tg.randn(2, 4), "scale": 2.0})
    assert [one.name for one in exported.graph.input] == ["x"]


def test_outputs_that_are_inputs_or_constants() -> None:
    exported = tg.onnx.export(lambda x: (x, tg.ones(2), x.detach() * 2, x), tg.zeros(3, 1))
    found = run(session_of(exported), [tg.full((4, 1), 5.0)])
    assert [one.tolist() for one in found] == [[[5.0]] * 4, [1.0, 1.0], [[10.0]] * 4, [[5.0]] * 4]


def test_files_and_file_objects(tmp_path: Path) -> None:
    net, x = nn.Linear(3, 2), tg.randn(4, 3)
    path = tmp_path / "net.onnx"
    assert tg.onnx.export(net, x, path) is None
    assert [one.name for one in tmp_path.iterdir()] == ["net.onnx"]
    (found,) = run(session_of(str(path)), [x])
    np.testing.assert_allclose(found, net(x).detach().numpy(), rtol=1e-5)
    file = io.BytesIO()
    tg.onnx.export(net, x, file)
    assert file.getvalue() == path.read_bytes()
    before = path.read_bytes()
    with pytest.raises(UnsupportedOperatorError):
        tg.onnx.export(lambda x: x.cumprod(0), x, path)
    assert path.read_bytes() == before


def test_tensors_in_a_file_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    net, x = nn.Sequential(nn.Linear(30, 20), nn.Tanh()), tg.randn(4, 30)
    path = tmp_path / "net.onnx"
    tg.onnx.export(net, x, path, external_data=True)
    assert {one.name for one in tmp_path.iterdir()} == {"net.onnx", "net.onnx.data"}
    assert path.stat().st_size < 2400
    (found,) = run(session_of(str(path)), [x])
    np.testing.assert_allclose(found, net(x).detach().numpy(), rtol=1e-5, atol=1e-6)
    # What is larger than a file may be goes there by itself, and nowhere else.
    monkeypatch.setattr("topograd.onnx.files.LARGEST", 1000)
    other = tmp_path / "other.onnx"
    tg.onnx.export(net, x, other)
    assert (tmp_path / "other.onnx.data").stat().st_size >= 2400
    onnx.checker.check_model(str(other), full_check=True)
    for f, options in ((None, {}), (io.BytesIO(), {}), (other, {"external_data": False})):
        with pytest.raises(ValueError, match="do not fit into one file"):
            tg.onnx.export(net, x, f, **options)


@pytest.mark.parametrize("version", [20, 21, 22, 23])
def test_versions_of_the_operators(version: int) -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    exported = check(net, of(1, 6, 6), opset_version=version)
    assert exported.opset_import[0].version == version


@pytest.mark.parametrize("dtype", [tg.float64, tg.float16])
def test_other_floating_dtypes(dtype: Any) -> None:
    net = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.LayerNorm(3)).to(dtype)
    tolerance = 1e-9 if dtype == tg.float64 else 5e-3
    check(net, lambda n: (tg.randn(n, 4).to(dtype),), tolerance=tolerance)


# ---------------------------------------------------------------- free sizes


def test_several_free_sizes() -> None:
    def program(x: Any, y: Any) -> Any:
        batch, time, width = x.shape
        mask = tg.ones(time, time).tril()
        scores = (x @ x.mT).masked_fill(mask == 0, -1e9).softmax(-1)
        positions = tg.arange(time).float() / 10
        merged = (scores @ x + positions[:, None]).reshape(batch * time, width)
        half = x[:, : time // 2] - (tg.eye(time) @ x).sum()
        return merged, half, tg.cat([x, y], 1).sum(1), tg.zeros(batch, time + 1) + x.mean()

    axes = {"x": {0: "batch", 1: "time"}, "y": {0: "batch", 1: "other"}}
    exported = tg.onnx.export(program, (tg.randn(2, 6, 4), tg.randn(2, 3, 4)), dynamic_axes=axes)
    session = session_of(exported)
    for batch, time, other in [(2, 6, 3), (1, 1, 1), (3, 8, 2), (4, 5, 7)]:
        args = tg.randn(batch, time, 4), tg.randn(batch, other, 4)
        for found, expected in zip(run(session, args), program(*args), strict=True):
            assert found.shape == tuple(expected.shape)
            np.testing.assert_allclose(found, expected.numpy(), rtol=1e-4, atol=1e-5)


def test_free_images_and_lengths_that_must_not_grow() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3, stride=2), nn.ReLU(), nn.Upsample(scale_factor=2))
    axes = {"input": {0: "n", 2: "h", 3: "w"}}
    exported = tg.onnx.export(net, tg.randn(1, 1, 8, 9), input_names=["input"], dynamic_axes=axes)
    session = session_of(exported)
    for shape in ((1, 1, 8, 9), (3, 1, 11, 7)):
        x = tg.randn(*shape)
        np.testing.assert_allclose(
            run(session, [x])[0], net(x).detach().numpy(), rtol=1e-4, atol=1e-5
        )
    table = nn.Embedding(5, 3)

    def limited(x: Any) -> Any:
        return x + table(tg.arange(x.shape[1]))

    exported = tg.onnx.export(limited, tg.randn(2, 5, 3), dynamic_axes={"x": {1: "time"}})
    x = tg.randn(2, 2, 3)
    np.testing.assert_allclose(
        run(session_of(exported), [x])[0], limited(x).detach().numpy(), rtol=1e-5
    )


def test_a_batch_that_is_not_free_is_told() -> None:
    weight = tg.randn(3, 3)
    with pytest.warns(UserWarning, match="first axis of the inputs is fixed"):
        exported = tg.onnx.export(lambda x: weight @ x, tg.randn(3, 2))
    assert exported.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tg.onnx.export(lambda x: weight @ x, tg.randn(3, 2), dynamic_axes={})
    with pytest.raises(tg.ShapeError):
        tg.onnx.export(lambda x: weight @ x, tg.randn(3, 2), dynamic_axes={"x": [0]})


def test_how_sizes_are_explained() -> None:
    n, t = Dim((2, 4, 6)), Dim((3, 9, 6))
    assert explain(Dim((7, 13, 19)), [n, t]) == Affine(n, 3, 1)
    assert explain(Dim((12, 72, 72)), [n, t]) == Product(2, (n, t))
    assert explain(Dim((1, 4, 3)), [n, t]) == Quotient(t, 2, 0)
    assert explain(Dim((5, 1, 9)), [n, t]) is None


# ---------------------------------------------------------------- refusals


def test_all_calls_without_a_counterpart_are_listed_with_their_lines() -> None:
    def program(x: Any) -> Any:
        first = tg.i0(x)
        second = tg.cumprod(first, 0)
        return tg.lgamma(second)

    line = program.__code__.co_firstlineno
    with pytest.raises(UnsupportedOperatorError) as caught:
        tg.onnx.export(program, tg.rand(3), dynamic_axes={})
    assert len(caught.value.problems) == 3
    for number, (op, problem) in enumerate(
        zip(["i0", "cumprod", "lgamma"], caught.value.problems, strict=True)
    ):
        assert problem.startswith(f"{op} at ")
        assert f"test_onnx.py:{line + number + 1} in program" in problem
        assert problem in str(caught.value)


def test_a_module_is_named_where_its_call_is_not_supported() -> None:
    class Odd(nn.Module):
        def forward(self, x: Any) -> Any:
            return x.lgamma()

    net = nn.Sequential(nn.Linear(2, 2), Odd())
    with pytest.raises(UnsupportedOperatorError, match=r"lgamma at .*in Sequential\.1"):
        tg.onnx.export(net, tg.randn(2, 2))


def test_values_that_left_the_graph_are_refused() -> None:
    axes: dict[str, Any] = {}
    with pytest.raises(UnsupportedOperatorError, match=r"mul at .*: the number 0.*not follow"):
        tg.onnx.export(lambda x: x * x.mean().item(), tg.rand(3), dynamic_axes=axes)
    with pytest.raises(OnnxExporterError, match="takes another way"):
        tg.onnx.export(
            lambda x: x + 1 if x.sum().item() > 2.9 else x * 2, tg.ones(3), dynamic_axes=axes
        )
    with pytest.raises(UnsupportedOperatorError, match="random numbers"):
        tg.onnx.export(lambda x: x + tg.rand(3), tg.rand(3), dynamic_axes=axes)
    with pytest.raises(UnsupportedOperatorError, match=r"numpy at .*test_onnx.py:\d+ in <lambda>"):
        tg.onnx.export(lambda x: tg.tensor(x.numpy()), tg.rand(3), dynamic_axes=axes)


def test_integers_that_left_the_graph_are_refused_and_lost_inputs_told() -> None:
    table = tg.randn(5, 2)
    with pytest.raises(OnnxExporterError, match="output 0 does not follow"):
        tg.onnx.export(lambda at: table[at[0].item()], tg.tensor([1, 2, 3]), dynamic_axes={})
    with pytest.warns(UserWarning, match="no output follows from input 'scale'"):
        exported = tg.onnx.export(lambda x, scale: x * 2, (tg.ones(2), tg.ones(2)), dynamic_axes={})
    assert [one.name for one in exported.graph.input] == ["x", "scale"]


def test_what_is_detached_or_under_no_grad_is_followed() -> None:
    def program(x: Any) -> Any:
        with tg.no_grad():
            scale = x.abs().amax(1, keepdim=True)
        return x / scale.detach() + x.data.sum(), (x.detach() > 0).long().sum()

    check(program, of(4))
    with tg.inference_mode():
        exported = tg.onnx.export(program, tg.ones(2, 4))
    assert len(exported.graph.output) == 2
    assert tg.is_grad_enabled()
    assert not tg._C.is_everything_recorded()


def test_a_function_of_the_user_is_what_its_forward_calls() -> None:
    class Double(tg.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.exp() * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    check(lambda x: Double.apply(x) + 1, of(3))


def test_wrong_arguments() -> None:
    net, x = nn.Linear(2, 2), tg.ones(1, 2)
    cases: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"opset_version": 11}, ValueError, "opset_version"),
        ({"input_names": ["a", "b"]}, ValueError, "input_names has 2"),
        ({"output_names": ["a", "b"]}, ValueError, "output_names has 2"),
        ({"dynamic_axes": {"y": [0]}}, ValueError, "names 'y'"),
        ({"dynamic_axes": {"input": [5]}}, ValueError, "axis 5"),
        ({"dynamic_axes": {"input": {0: "n", 1: "n"}}}, ValueError, "sizes"),
        ({"external_data": True, "f": io.BytesIO()}, ValueError, "needs a path"),
    ]
    for options, kind, words in cases:
        with pytest.raises(kind, match=words):
            tg.onnx.export(net, x, **options)
    for options, words in (({"f": 5}, "path or a file"), ({"dynamic_axes": 3}, "a dict")):
        with pytest.raises(TypeError, match=words):
            tg.onnx.export(net, x, **options)
    with pytest.raises(TypeError, match="Module or a function"):
        tg.onnx.export(3, x)
    with pytest.raises(TypeError, match="no tensor"):
        tg.onnx.export(lambda x: 3, x)


def test_a_failure_leaves_the_model_and_the_modes_as_they_were() -> None:
    class Failing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Dropout()
            self.register_buffer("count", tg.zeros(1, dtype=tg.int64))

        def forward(self, x: Any) -> Any:
            raise RuntimeError("in the model")

    net = Failing()
    net.inner.eval()
    with pytest.raises(RuntimeError, match="in the model"):
        tg.onnx.export(net, tg.ones(2, 2))
    assert net.training
    assert not net.inner.training
    assert not net.count.requires_grad
    assert not tg._C.is_everything_recorded()
    assert not (tg.ones(2, dtype=tg.int64) + 1).requires_grad


def test_an_export_in_training_leaves_the_statistics_as_they_were() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).eval()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    x = tg.randn(6, 3)
    exported = tg.onnx.export(net, x, training=True)
    assert not net.training
    assert all(tg.equal(value, before[key]) for key, value in net.state_dict().items())
    (found,) = run(session_of(exported), [x])
    np.testing.assert_allclose(found, net.train()(x).detach().numpy(), rtol=1e-4, atol=1e-5)
    with pytest.raises(UnsupportedOperatorError, match="dropout"):
        tg.onnx.export(nn.Dropout(), x, training=True)


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"topograd\[onnx\]"):
        tg.onnx.export(nn.Linear(2, 2), tg.ones(1, 2))
