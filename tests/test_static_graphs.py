"""Static graphs: built from placeholders without values, run, differentiated, saved, compared."""

from __future__ import annotations

import json
import random
import re
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest

import topograd as tg
from mutations import damaged
from topograd import nn
from topograd.graph import Graph
from topograd.nn import functional as F

CORNERS = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
RANDOM = np.random.default_rng(0)
XOR = [[0.0], [1.0], [1.0], [0.0]]


def network(hidden=8, seed=3):
    tg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(2, hidden), nn.Tanh(), nn.Linear(hidden, 1))
    for number, parameter in enumerate(model.parameters()):
        parameter.name = f"p{number}"
    return model


def xor_step(model):
    """(loss, gradient of each parameter) as one static graph."""
    x, y = tg.placeholder("x", (4, 2)), tg.placeholder("y", (4, 1))
    loss = F.mse_loss(model(x), y)
    return tg.graph(loss).gradients(loss, list(model.parameters()), value=True)


def eager_step(model, x, y):
    loss = F.mse_loss(model(x), y)
    return [loss, *tg.autograd.grad(loss, list(model.parameters()))]


# ------------------------------------------------------------------ building and running


def test_the_worked_example_runs_many_times_without_being_built_again():
    a, b = tg.placeholder("a"), tg.placeholder("b")
    g = tg.graph((a + b) * b)
    for x, y in [(7.0, 3.0), (0.0, -2.0), (1e3, 0.5)]:
        assert g.run({"a": x, "b": y}).item() == (x + y) * y
    slopes = g.gradients(None, [a, b])
    da, db = slopes.run({"a": 7.0, "b": 3.0})
    assert (da.item(), db.item()) == (3.0, 13.0)


def test_a_placeholder_has_a_shape_and_no_values():
    x = tg.placeholder("x", (2, 3), tg.float64)
    assert (x.name, tuple(x.shape), x.dtype) == ("x", (2, 3), tg.float64)
    assert "placeholder" in repr(x)
    assert "x" in repr(tg.graph(x * 2))


def test_a_huge_placeholder_takes_no_memory():
    x = tg.placeholder("x", (1 << 20, 1 << 20))
    assert tg.graph(x[0, :3] * 2).outputs[0].shape == (3,)


@pytest.mark.parametrize(
    "look",
    [
        lambda x: bool(x.sum() > 0),
        lambda x: x.sum().item(),
        lambda x: float(x.sum()),
        lambda x: int(x.sum()),
        lambda x: x.numpy(),
        lambda x: np.asarray(x),
        lambda x: x.tolist(),
        lambda x: x.detach(),
        lambda x: x.data,
        lambda x: x.data_ptr(),
        lambda x: memoryview(x),
        lambda x: x.requires_grad_(False),
        lambda x: x.detach_(),
        lambda x: x.add_(1),
        lambda x: (x * 2).relu_(),
        lambda x: tg.ones(3).copy_(x),
        lambda x: tg.add(x, 1, out=tg.ones(3)),
        lambda x: x.__setitem__(0, 1.0),
        lambda x: (x * x).sum().backward(),
        lambda x: tg.equal(x, x),
        lambda x: tg.tensor(x),
    ],
)
def test_python_can_not_look_at_values(look):
    x = tg.placeholder("x", (3,))
    with pytest.raises((RuntimeError, BufferError), match=r"placeholder|requires"):
        look(x)
    assert tg.graph(x * 2).run({"x": [1, 2, 3]}).tolist() == [2, 4, 6]


def test_no_grad_is_no_place_to_build_in():
    x = tg.placeholder("x", (3,))
    with tg.no_grad(), pytest.raises(RuntimeError, match="no_grad"):
        x * 2


def test_integers_and_comparisons_are_followed():
    ids, x = tg.placeholder("ids", (3,), tg.int64), tg.placeholder("x", (3,))
    g = tg.graph(tg.where((ids % 2 == 0) & (x > 0), x, -x).sum())
    given = {"ids": [0, 1, 2], "x": [1.0, 2.0, -5.0]}
    assert g.run(given).item() == 1 - 2 + 5
    assert g.gradients(None, x).run(given).tolist() == [1, -1, -1]


def test_open_sizes_take_any_number_and_stand_for_the_same_one():
    x, y = tg.placeholder("x", (None, None, 4)), tg.placeholder("y", (None,))
    n, t = x.shape[0], x.shape[1]
    g = tg.graph(x.reshape(n * t, 4).sum(1).view(n, t).sum(1) * y + n)
    for n, t in [(1, 1), (3, 5), (509, 2), (7, 0)]:
        a, b = RANDOM.random((n, t, 4)).astype("f"), RANDOM.random(n).astype("f")
        np.testing.assert_allclose(
            g.run({"x": a, "y": b}).numpy(), a.sum((1, 2)) * b + n, rtol=1e-5
        )
    with pytest.raises(ValueError, match="'y' has shape"):
        g.run({"x": np.zeros((3, 1, 4)), "y": [1.0, 2.0]})


def test_constants_of_an_open_size_follow_it_where_they_are_uniform():
    x = tg.placeholder("x", (None, 2))
    h = tg.zeros(x.shape[0], 2)
    assert tg.graph(x + h + 1).run({"x": [[1, 2]]}).tolist() == [[2, 3]]
    uneven = tg.graph(x + tg.arange(x.shape[0]).unsqueeze(1))
    with pytest.raises(ValueError, match="placeholder leaves open"):
        uneven.run({"x": [[1, 2]]})


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({}, ValueError, "placeholder 'x' .*is not given"),
        ({"x": [1, 2, 3], "z": 1}, ValueError, "no input is named 'z'; there are: x"),
        ({"x": [1, 2]}, ValueError, "'x' has shape"),
        ({"x": tg.ones(3, dtype=tg.float64)}, TypeError, "'x' has dtype float32"),
        ({"x": [1j, 2, 3]}, TypeError, "'x' has dtype"),
        ({"x": "text"}, TypeError, "'x' takes"),
        ({"x": None}, TypeError, "'x' takes"),
        ([1, 2], TypeError, "names and values"),
    ],
)
def test_values_that_do_not_fit_are_refused_by_name(given, error, message):
    g = tg.graph(tg.placeholder("x", (3,)) * 2)
    with pytest.raises(error, match=message):
        g.run(given)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((1, ()), TypeError),
        (("", ()), ValueError),
        (("x", (-1,)), ValueError),
        (("x", (1.5,)), TypeError),
        (("x", (True,)), TypeError),
        (("x", (None,) * 5), ValueError),
        (("x", (2,), "float32"), TypeError),
        (("x", (1 << 62, 1 << 62)), (ValueError, RuntimeError, MemoryError)),
    ],
)
def test_bad_placeholders_are_refused(arguments, error):
    with pytest.raises(error):
        tg.placeholder(*arguments)


def test_two_placeholders_of_one_name_are_refused_when_named():
    g = tg.graph(tg.placeholder("x") + tg.placeholder("x"))
    with pytest.raises(ValueError, match="more than one"):
        g.run({"x": 1.0})


def test_shapes_that_depend_on_values_are_refused():
    x = tg.placeholder("x", (3,))
    with pytest.raises(RuntimeError, match="placeholder"):
        x[x > 0]
    g = tg.graph(tg.nonzero(x) * 2)
    with pytest.raises(ValueError, match="depend on values"):
        g.run({"x": [1.0, 0.0, 2.0]})


def test_dropout_draws_anew_in_each_run_and_its_gradient_the_same():
    x = tg.placeholder("x", (1000,))
    g = tg.graph(F.dropout(x, 0.5)).gradients(None, x, value=True)
    tg.manual_seed(1)
    y, slope = g.run({"x": tg.ones(1000)})
    again, _ = g.run({"x": tg.ones(1000)})
    assert y.tolist() == slope.tolist()
    assert 300 < (y != 0).sum().item() < 700
    assert y.tolist() != again.tolist()
    tg.manual_seed(1)
    assert g.run({"x": tg.ones(1000)})[0].tolist() == y.tolist()


def test_a_graph_recorded_from_values_is_a_program_too():
    a = tg.tensor([1.0, 2.0], requires_grad=True)
    a.name = "a"
    g = tg.graph((a * a).sum())
    assert g.run().item() == 5
    assert g.run({"a": [3.0, 0.0]}).item() == 9
    assert g.run({a: [1.0, 1.0]}).item() == 2
    assert g.node(a).value.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                               nn.Linear(36, 3)), (1, 8, 8)),
        (lambda: nn.Sequential(nn.BatchNorm1d(5), nn.LayerNorm(5), nn.Linear(5, 2)).eval(), (5,)),
        (lambda: nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True), (6, 8)),
        (lambda: nn.LSTM(3, 4, batch_first=True), (6, 3)),
    ],
)  # fmt: skip
def test_modules_run_at_any_batch_as_they_do_eagerly(make, shape):
    tg.manual_seed(0)
    model = make()
    x = tg.placeholder("x", (None, *shape))
    out = model(x)
    g = tg.graph(out[0] if isinstance(out, tuple) else out)
    with pytest.raises(RuntimeError, match="size open"):
        g.gradients(None, x)
    for n in (1, 3):
        fixed = tg.placeholder("x", (n, *shape))
        out = model(fixed)
        slopes = tg.graph(out[0] if isinstance(out, tuple) else out).gradients(None, fixed)
        value = tg.randn(n, *shape, requires_grad=True)
        expected = model(value)
        expected = expected[0] if isinstance(expected, tuple) else expected
        np.testing.assert_allclose(
            g.run({"x": value}).numpy(), expected.detach().numpy(), rtol=1e-4, atol=1e-5
        )
        expected.sum().backward()
        np.testing.assert_allclose(
            slopes.run({"x": value}).numpy(), value.grad.numpy(), rtol=1e-3, atol=1e-5
        )


# ------------------------------------------------------------------ derivatives and training


def test_gradients_are_graphs_of_graphs():
    x = tg.placeholder("x", (3,))
    g = tg.graph((x**4).sum())
    first = g.gradients(None, "x")
    second = tg.graph(first._tensors[0].sum()).gradients(None, "x")
    value = np.array([1.0, -2.0, 0.5], "f")
    np.testing.assert_allclose(first.run({"x": value}).numpy(), 4 * value**3, rtol=1e-5)
    np.testing.assert_allclose(second.run({"x": value}).numpy(), 12 * value**2, rtol=1e-5)


def test_a_gradient_without_a_path_is_zeros():
    x, y = tg.placeholder("x", (1,)), tg.placeholder("y", (2,))
    g = tg.graph(x.sum()).gradients(None, [x, y])
    assert [one.tolist() for one in g.run({"x": [1.0], "y": [1.0, 2.0]})] == [[1], [0, 0]]


def test_a_static_graph_trains_as_the_eager_program_does():
    static, eager = network(), network()
    step = xor_step(static)
    x, y = tg.tensor(CORNERS), tg.tensor(XOR)
    losses = []
    for _ in range(1000):
        loss, *slopes = step.run({"x": x, "y": y})
        expected, *others = eager_step(eager, x, y)
        losses.append((loss.item(), expected.item()))
        with tg.no_grad():
            for model, by in ((static, slopes), (eager, others)):
                for parameter, slope in zip(model.parameters(), by, strict=True):
                    parameter -= 0.1 * slope
    ours, theirs = np.array(losses).T
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)
    assert ours[-1] < 0.01 < ours[0]


# ------------------------------------------------------------------ files


def test_a_saved_graph_is_the_same_graph(tmp_path):
    step = xor_step(network())
    step.save(tmp_path / "step.tg")
    loaded = Graph.load(tmp_path / "step.tg")
    assert step.diff(loaded) == []
    given = {"x": CORNERS, "y": XOR}
    for one, other in zip(step.run(given), loaded.run(given), strict=True):
        assert one.tolist() == other.tolist()
    again = loaded.gradients(loaded._tensors[0], ["p0", "x"]).run(given)
    assert np.allclose(again[0].numpy(), step.run(given)[1].numpy())
    loaded.save(tmp_path / "again.tg")
    assert (tmp_path / "again.tg").read_bytes() == (tmp_path / "step.tg").read_bytes()


def test_every_kind_of_argument_survives_a_file(tmp_path):
    x, n = tg.placeholder("x", (4, 6)), tg.placeholder("n", (4,), tg.int64)
    y = tg.cat([x[1:, None, ::2].reshape(-1), x.sum((0, 1), keepdim=True).view(-1), x[..., 1]])
    y = y.to(tg.float64) * 2.5 + F.gelu(y, approximate="tanh") + float("inf") * 0.0
    g = tg.graph(tg.where(y.isnan(), 1.0, y), x[n], tg.topk(x, 2)[1], x.to(tg.complex64) * 1j)
    g.save(tmp_path / "g.tg")
    loaded = Graph.load(tmp_path / "g.tg")
    given = {"x": RANDOM.random((4, 6)), "n": [3, 0, 0, 1]}
    for one, other in zip(g.run(given), loaded.run(given), strict=True):
        assert one.tolist() == other.tolist()


def test_a_function_of_the_user_can_not_be_saved(tmp_path):
    class Twice(tg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, g):
            return g * 2

    g = tg.graph(Twice.apply(tg.ones(2, requires_grad=True)))
    with pytest.raises(RuntimeError, match="can not be saved"):
        g.save(tmp_path / "g.tg")
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_refused(tmp_path):
    tg.save({"a": tg.ones(2)}, tmp_path / "other.tg")
    with pytest.raises(ValueError, match="holds tensors but no graph"):
        Graph.load(tmp_path / "other.tg")
    with pytest.raises(OSError, match="none"):
        Graph.load(tmp_path / "none.tg")


def rewritten(path: Path, change) -> None:
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header["__metadata__"]["topograd.graph"] = change(header["__metadata__"]["topograd.graph"])
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[begin:])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"op":"mul"', '"op":"system"'),
        ('"op":"mul"', '"op":"dropout"'),
        ('["tensor","0","0"]', '["tensor","1","0"]'),
        ('["tensor","0","0"]', '["tensor","9","0"]'),
        ('["tensor","0","0"]', '["tensor","0","1"]'),
        ('["tensor","0","0"]', '["tensor","-1","0"]'),
        ('["tensor","0","0"]', '["text","0"]'),
        ('["tensor","0","0"]', '["none"]'),
        ('["number","integer","2"]', '["number","integer","2e"]'),
        ('"shape":[3]', '"shape":[4611686018427387904,4611686018427387904]'),
        ('"version":1', '"version":2'),
        ('"dtype":"float32"', '"dtype":"float31"'),
    ],
)
def test_nonsense_in_a_file_is_refused(tmp_path, old, new):
    path = tmp_path / "g.tg"
    tg.graph(tg.placeholder("x", (3,)) * 2).save(path)

    def change(text):
        assert old in text
        return text.replace(old, new)

    rewritten(path, change)
    with pytest.raises(ValueError, match="damaged"):
        Graph.load(path)


def test_a_file_that_lies_about_shapes_is_found_out_when_it_runs(tmp_path):
    path = tmp_path / "g.tg"
    tg.graph((tg.placeholder("x", (3,)) * 2).sum()).save(path)
    rewritten(path, lambda text: text.replace('"shape":[]', '"shape":[7]'))
    with pytest.raises(ValueError, match="gives float32"):
        Graph.load(path).run({"x": [1, 2, 3]})


def test_mutated_files_give_clean_errors(tmp_path):
    path = tmp_path / "g.tg"
    xor_step(network(2)).save(path)
    data = path.read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    text = json.loads(data[8:begin])["__metadata__"]["topograd.graph"].encode()
    refused = 0
    for number in range(3000):
        draw = random.Random(number)
        if number % 3 == 0:
            path.write_bytes(damaged(data, draw))
        else:
            path.write_bytes(data)
            changed = damaged(text, draw).decode("latin1")
            rewritten(path, lambda _, changed=changed: changed)
        try:
            Graph.load(path).run({"x": CORNERS, "y": XOR})
        except (ValueError, TypeError, IndexError, RuntimeError, MemoryError, OSError):
            refused += 1
    assert refused > 1500


# ------------------------------------------------------------------ comparing


def test_equal_graphs_have_no_difference():
    assert xor_step(network()).diff(xor_step(network())) == []
    assert repr(xor_step(network()).diff(xor_step(network()))) == "no difference"


def test_differences_are_told_by_kind():
    x = tg.placeholder("x", (3,))
    base = tg.graph((x * 2).sum())
    assert [one.kind for one in base.diff(tg.graph((x * 2).exp().sum()))] == ["added", "changed"]
    assert [one.kind for one in tg.graph((x * 2).exp().sum()).diff(base)] == ["removed", "changed"]
    assert "other=2 -> other=3" in str(base.diff(tg.graph((x * 3).sum())))
    wider = tg.placeholder("x", (4,))
    assert "shape (3,) -> (4,)" in str(base.diff(tg.graph((wider * 2).sum())))
    constant = tg.graph(x * tg.tensor([1.0, 2.0, 3.0])).diff(
        tg.graph(x * tg.tensor([1.0, 2.0, 4.0]))
    )
    assert [one.kind for one in constant] == ["changed"]
    assert "value" in constant[0].detail
    with pytest.raises(TypeError, match="expects a graph"):
        base.diff("x")


# ------------------------------------------------------------------ from C++


COMPILER = shutil.which("c++") or shutil.which("g++")


@pytest.mark.skipif(COMPILER is None, reason="no C++ compiler is installed")
def test_a_cpp_program_trains_the_graph_that_python_saved(tmp_path):
    include = Path(tg.get_include())
    libraries = include.parent / "lib"
    source = Path(__file__).resolve().parent.parent / "cpp" / "examples" / "graph" / "main.cpp"
    program = tmp_path / "graph"
    search = [f"-I{include}", f"-L{libraries}", f"-Wl,-rpath,{libraries}"]
    build = [COMPILER, "-std=c++20", "-O1", source, *search, "-ltopograd", "-o", program]
    process = subprocess.run(build, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    model = network()
    step = xor_step(model)
    step.save(tmp_path / "step.tg")
    x, y = tg.tensor(CORNERS), tg.tensor(XOR)
    tg.save({"x": x, "y": y}, str(tmp_path / "step.tg.data"))
    output = subprocess.run(
        [program, tmp_path / "step.tg", "1000", "0.1"], capture_output=True, text=True, check=True
    ).stdout
    losses = [float(one) for one in re.findall(r"loss (\S+)", output)]
    for loss in losses:
        ours, *slopes = step.run({"x": x, "y": y})
        assert ours.item() == pytest.approx(loss, rel=1e-4)
        with tg.no_grad():
            for parameter, slope in zip(model.parameters(), slopes, strict=True):
                parameter -= 0.1 * slope
    assert len(losses) == 1000
    assert losses[-1] < 0.05


def test_what_needs_memory_or_values_of_a_placeholder_is_refused():
    x = tg.placeholder("memory", (4, 3))
    for refused in (
        lambda: x.as_strided((2, 2), (3, 1)),
        lambda: tg.as_strided(x * 2, (2,), (1,)),
        lambda: x.as_strided_scatter(tg.ones(2), (2,), (1,)),
    ):
        with pytest.raises(NotImplementedError, match="follows from a placeholder"):
            refused()
    report = x.nan_report()
    assert not report.complete
    assert "'memory' of shape (4, 3) is a placeholder without a value" in report.note
    with pytest.raises(ValueError, match="is a placeholder without a value"):
        tg.graph(x).forward()
    layer = tg.nn.Linear(3, 4)
    with pytest.raises(TypeError, match=r"data: .* follows from a placeholder"):
        layer.weight.data = x
    assert layer.weight.sum().isfinite()


def test_a_recording_that_was_not_finished_leaves_the_one_before():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    g = tg.graph((x.log() * 3).sum())
    core = g._core
    with pytest.raises(ValueError, match="has shape"):
        core.forward({0: tg.ones(3)})
    core.backward([None])
    np.testing.assert_allclose(core.vertex(0)["gradients"][0].numpy(), [3.0, 1.5])
