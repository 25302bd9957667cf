"""tg.viz: what the figures say, what is written, and what the caller's matplotlib is left like."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import topograd as tg
from topograd import nn

matplotlib = pytest.importorskip("matplotlib")
IMAGE = pytest.importorskip("PIL.Image")


def model_with_gradients():
    model = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    tg.nn.functional.cross_entropy(model(tg.randn(16, 4)), tg.randint(0, 3, (16,))).backward()
    return model


def calls():
    """Every function with arguments that it takes."""
    labels = tg.arange(12) % 3
    return {
        "loss_curves": ({"loss": [3.0, 2.0, float("nan"), 1.0], "accuracy": [0.1, 0.5, 0.6, 0.7]},),
        "gradient_flow": (model_with_gradients(),),
        "weight_histograms": (model_with_gradients(),),
        "activation_histograms": (model_with_gradients(), tg.randn(8, 4)),
        "images": (tg.rand(6, 3, 8, 8),),
        "confusion_matrix": (labels, tg.randint(0, 3, (12,))),
        "attention_maps": (tg.rand(2, 4, 5, 5), list("abcde")),
        "decision_boundary": (nn.Linear(2, 3), tg.randn(12, 2), labels),
        "embeddings": (tg.randn(12, 6), labels),
    }


def test_every_function_is_tried():
    assert set(calls()) == set(tg.viz.__all__)


@pytest.mark.parametrize("name", tg.viz.__all__)
@pytest.mark.parametrize("dark", [False, True])
def test_png_and_svg_are_written_in_the_colours_of_the_page(name, dark, tmp_path):
    function = getattr(tg.viz, name)
    figure = function(*calls()[name], title="A Title", dark=dark, path=tmp_path / "a.png")
    assert isinstance(figure, matplotlib.figure.Figure)
    assert figure._suptitle.get_text() == "A Title"
    with IMAGE.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("L"))
    corner = pixels[0, 0]
    assert corner < 60 if dark else corner == 255
    # Something is drawn that can be told from the paper without colour.
    assert np.abs(pixels.astype(int) - int(corner)).max() > 120
    figure.savefig(tmp_path / "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert figure._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", tg.viz.__all__)
def test_a_path_of_another_kind_is_refused_before_anything_is_drawn(name, tmp_path):
    message = rf"{name}: path must end in \.png, \.svg, \.pdf, got '.*a\.docx'"
    with pytest.raises(ValueError, match=message):
        getattr(tg.viz, name)(*calls()[name], path=tmp_path / "a.docx")


def test_neither_pyplot_nor_the_backend_nor_settings_are_touched():
    program = """
import sys, matplotlib, topograd as tg
settings = dict(dict.items(matplotlib.rcParams))  # without asking for the backend: that sets it
tg.viz.loss_curves([2.0, 1.0])._repr_png_()
tg.viz.images(tg.rand(2, 1, 4, 4))._repr_png_()
assert "matplotlib.pyplot" not in sys.modules
assert dict(dict.items(matplotlib.rcParams)) == settings
"""
    subprocess.run([sys.executable, "-W", "error", "-c", program], check=True)


def test_without_matplotlib_the_error_says_what_to_install():
    program = """
import sys
sys.modules["matplotlib"] = None
import topograd as tg
try:
    tg.viz.loss_curves([1.0])
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )
    wanted = "tg.viz: needs matplotlib, which is not installed: pip install topograd[viz]"
    assert done.stdout.strip() == wanted


def test_curves_are_those_of_the_history_and_the_best_is_marked():
    history = {
        "loss": [4.0, 2.0, 1.0],
        "val_loss": [4.0, 1.5, 3.0],
        "val_accuracy": [0.1, 0.2, 0.3],
    }
    losses, others = tg.viz.loss_curves(history).axes
    train, validation = losses.lines[:2]
    assert list(train.get_ydata()) == history["loss"]
    assert list(validation.get_ydata()) == history["val_loss"]
    assert train.get_color() == validation.get_color()
    assert train.get_linestyle() != validation.get_linestyle()
    assert [text.get_text() for text in losses.texts] == ["best 1.5"]
    assert list(others.lines[0].get_ydata()) == history["val_accuracy"]


def test_histories_of_fit_and_lists_of_rows_are_taken():
    from topograd.training.history import History

    rows = [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]
    for history in (History(rows), rows, [0.5, 0.25], [tg.tensor(0.5), tg.tensor(0.25)]):
        (axes,) = tg.viz.loss_curves(history).axes
        assert list(axes.lines[0].get_ydata()) == [0.5, 0.25]


def test_smoothing_is_a_mean_without_a_bias():
    (axes,) = tg.viz.loss_curves([2.0, 2.0, 2.0], smooth=0.9).axes
    np.testing.assert_allclose(axes.lines[1].get_ydata(), 2.0)


def test_gradient_flow_shows_the_sizes_and_what_is_missing():
    model = model_with_gradients()
    model[3].bias.grad = None
    model[3].weight.grad = tg.zeros(3, 8)
    (axes,) = tg.viz.gradient_flow(model).axes
    first = np.abs(model[0].weight.grad.numpy())
    bar = axes.patches[0]
    np.testing.assert_allclose(bar.get_x() + bar.get_width(), first.mean(), rtol=1e-6)
    np.testing.assert_allclose(axes.lines[1].get_xdata()[0], first.max(), rtol=1e-6)
    assert [text.get_text() for text in axes.texts] == ["0", "no gradient"]


def test_activation_histograms_leave_the_model_as_it_was():
    model = model_with_gradients().train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = tg.get_rng_state()
    figure = tg.viz.activation_histograms(model, tg.randn(8, 4, generator=tg.Generator()))
    assert all(tg.equal(value, before[name]) for name, value in model.state_dict().items())
    assert tg.equal(state, tg.get_rng_state())
    assert not any(part.__dict__.get("_forward_hooks") for part in model.modules())
    zeros = [axes.get_title() for axes in figure.axes if "ReLU" in axes.get_title()]
    assert "zeros" in zeros[0]


def test_the_confusion_matrix_counts():
    targets, scores = [0, 0, 1, 2], tg.tensor([[3.0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]])
    axes = tg.viz.confusion_matrix(targets, scores, names=["a", "b", "c"]).axes[0]
    words = [text.get_text() for text in axes.texts]
    assert words == ["1\n50%", "1\n50%", "0", "0", "1\n100%", "0", "0", "0", "1\n100%"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]


def test_images_are_scaled_as_asked():
    batch = tg.tensor([[[0.0, 5.0], [10.0, 20.0]], [[0.0, 1.0], [2.0, 4.0]]])
    together = [axes.images[0].get_array().max() for axes in tg.viz.images(batch).axes]
    assert together == [1.0, 0.2]
    each = [
        axes.images[0].get_array().max() for axes in tg.viz.images(batch, normalise="each").axes
    ]
    assert each == [1.0, 1.0]
    bytes_ = tg.viz.images(tg.full((1, 2, 2), 51, dtype=tg.uint8)).axes[0]
    np.testing.assert_allclose(bytes_.images[0].get_array(), 0.2)
    colour = tg.viz.images(tg.rand(3, 8, 6)).axes[0].images[0].get_array()
    assert colour.shape == (8, 6, 3)


def test_attention_maps_of_a_layer():
    layer = nn.MultiheadAttention(8, 2, batch_first=True)
    x = tg.randn(1, 5, 8)
    weights = layer(x, x, x, average_attn_weights=False)[1]
    figure = tg.viz.attention_maps(weights, list("abcde"))
    for head in range(2):
        shown = figure.axes[head].images[0].get_array()
        np.testing.assert_allclose(shown, weights[0, head].detach().numpy())


def test_a_decision_boundary_puts_the_mode_back_and_counts_what_is_right():
    model = nn.Sequential(nn.Linear(2, 1), nn.Dropout(0.5)).train()
    with tg.no_grad():
        model[0].weight.copy_(tg.tensor([[1.0, 0.0]]))
        model[0].bias.zero_()
    figure = tg.viz.decision_boundary(model, [[-1.0, 0], [1, 0], [2, 1], [3, 1]], [0, 1, 1, 0])
    assert model.training
    assert figure.axes[0].get_xlabel().startswith("75.0% of 4 points right")


def test_embeddings_keep_distances_of_a_plane():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(10, 2))
    turned = plane @ np.linalg.qr(rng.normal(size=(5, 5)))[0][:2]
    figure = tg.viz.embeddings(turned, texts=list("abcdefghij"))
    shown = figure.axes[0].collections[0].get_offsets()
    np.testing.assert_allclose(
        np.linalg.norm(shown[0] - shown[1]), np.linalg.norm(plane[0] - plane[1])
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tg.viz.loss_curves([]), "loss_curves: loss is empty"),
        (lambda: tg.viz.loss_curves({}), "loss_curves: history is empty"),
        (lambda: tg.viz.loss_curves([1.0], smooth=1), "smooth must be from 0 to below 1"),
        (lambda: tg.viz.gradient_flow(nn.Linear(2, 2)), "call backward"),
        (lambda: tg.viz.weight_histograms(nn.ReLU()), "there is nothing to show"),
        (lambda: tg.viz.images(tg.rand(2, 5, 4, 4)), r"1, 3 or 4 channels.*\(2, 5, 4, 4\)"),
        (lambda: tg.viz.images(tg.rand(2, 4, 4), titles=["a"]), "2 images, but 1 titles"),
        (lambda: tg.viz.images(tg.rand(4, 4), normalise="no"), "normalise must be"),
        (lambda: tg.viz.confusion_matrix([0, 1], [0]), "2 targets, but 1 predictions"),
        (lambda: tg.viz.confusion_matrix([0, -1], [0, 1]), "the numbers 0, 1, 2"),
        (lambda: tg.viz.confusion_matrix([0, 3000], [0, 1]), "at most 2000 classes"),
        (lambda: tg.viz.confusion_matrix([0, 1], [0, 1], names=["a"]), "2 classes, but 1 names"),
        (lambda: tg.viz.attention_maps(tg.rand(3)), r"weights must be \(L, S\)"),
        (lambda: tg.viz.attention_maps(tg.rand(3, 3), ["a"]), "3 tokens are needed, got 1"),
        (lambda: tg.viz.embeddings(tg.rand(3)), r"vectors must be \(N, D\)"),
        (lambda: tg.viz.embeddings(tg.rand(3, 2), [0]), "3 vectors, but 1 labels"),
        (lambda: tg.viz.embeddings(tg.tensor([[1.0, np.nan]])), "not finite"),
        (lambda: tg.viz.decision_boundary(nn.Linear(2, 2), tg.rand(3, 3), [0] * 3), "must be"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_told(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_what_is_no_number_is_a_type_error():
    with pytest.raises(TypeError, match="loss_curves: loss must be numbers, got list"):
        tg.viz.loss_curves(["a", "b"])
    with pytest.raises(TypeError, match="images: tensor must be numbers, got str"):
        tg.viz.images("picture")


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, 1e300, -1e-300])
def test_strange_numbers_are_drawn_without_a_warning(value):
    strange = np.full((4, 4), value)
    for figure in (
        tg.viz.loss_curves([value, value]),
        tg.viz.images(strange),
        tg.viz.weight_histograms({"w": strange}),
        tg.viz.attention_maps(strange),
    ):
        assert figure._repr_png_().startswith(b"\x89PNG")
