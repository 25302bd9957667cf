"""Event files: read by TensorBoard's own reader, and by hand."""

from __future__ import annotations

import os
import struct
import threading
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import topograd as tg
from topograd import nn
from topograd.utils.tensorboard import SummaryWriter
from topograd.utils.tensorboard.png import encoded
from topograd.utils.tensorboard.records import crc32c, integer, message


def reader(folder: Path) -> Any:
    """Return TensorBoard's reader of a folder, which keeps everything."""
    module = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    kinds = "compressedHistograms images audio scalars histograms tensors".split()
    found = module.EventAccumulator(str(folder), size_guidance=dict.fromkeys(kinds, 0))
    return found.Reload()


def events(folder: Path) -> list[Any]:
    """Return all events of the only file of a folder, as TensorBoard's messages."""
    loading = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")
    (path,) = folder.glob("events.out.tfevents.*")
    return list(loading.LegacyEventFileLoader(str(path)).Load())


# ---------------------------------------------------------------- the format


def slow_crc(data: bytes) -> int:
    """Return the checksum bit by bit, highest bit first, on mirrored bytes."""
    value = 0xFFFFFFFF
    for byte in data:
        value ^= int(f"{byte:08b}"[::-1], 2) << 24
        for _ in range(8):
            value = (value << 1 ^ (0x1EDC6F41 if value >> 31 else 0)) & 0xFFFFFFFF
    return int(f"{value ^ 0xFFFFFFFF:032b}"[::-1], 2)


@given(st.binary(max_size=40))
def test_checksums_are_those_of_the_definition(data: bytes) -> None:
    assert crc32c(data) == slow_crc(data)


@pytest.mark.parametrize("size", [2**15 - 1, 2**15, 2**15 + 1, 40_001])
def test_checksums_of_long_data_are_those_of_its_parts(size: int) -> None:
    from topograd.utils.tensorboard.records import _advanced

    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data) == _advanced(0xFFFFFFFF, data) ^ 0xFFFFFFFF


def test_known_checksums() -> None:
    assert crc32c(b"\0" * 32) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_encoded_in_sevens(value: int) -> None:
    data = integer(5, value)
    assert data[0] == 5 << 3
    assert all(byte & 0x80 for byte in data[1:-1])
    assert data[-1] < 0x80
    decoded = sum((byte & 0x7F) << 7 * k for k, byte in enumerate(data[1:]))
    assert decoded == value % 2**64


def test_records_are_framed_with_masked_checksums(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        writer.add_text("t", "x" * 300, 1)
    (path,) = tmp_path.iterdir()
    data, count = path.read_bytes(), 0
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        body = data[12 : 12 + length]
        for part, at in ((data[:8], 8), (body, 12 + length)):
            rotated = crc32c(part) >> 15 | crc32c(part) << 17 & 0xFFFFFFFF
            assert struct.unpack("<I", data[at : at + 4])[0] == (rotated + 0xA282EAD8) % 2**32
        data, count = data[16 + length :], count + 1
    assert count == 2


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_images_are_png_files(channels: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, channels)).astype(np.uint8)
    data = encoded(pixels)
    assert struct.unpack(">II", data[16:24]) == (7, 5)
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(
            kind + body
        )
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    lines = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(5, 1 + 7 * channels)
    assert (lines[:, 0] == 0).all()
    assert (lines[:, 1:].reshape(5, 7, channels) == pixels).all()


# ---------------------------------------------------------------- numbers


def test_scalars_are_read_back(tmp_path: Path) -> None:
    values = [1.5, -2.0, float("inf"), 1e-30]
    with SummaryWriter(tmp_path) as writer:
        for step, value in enumerate(values):
            writer.add_scalar("loss/train", tg.tensor(value), tg.tensor(step))
        writer.add_scalar("negative", np.float64(3.0), -5, walltime=12.5)
        writer.add_scalar("half", tg.tensor([0.5]).bfloat16())
        writer.add_scalar("new", 2.5, 3, new_style=True)
        writer.add_scalar("double", 1 / 3, 4, double_precision=True)
    found = reader(tmp_path)
    read = found.Scalars("loss/train")
    assert [one.step for one in read] == [0, 1, 2, 3]
    assert [one.value for one in read] == [float(np.float32(value)) for value in values]
    (one,) = found.Scalars("negative")
    assert (one.step, one.wall_time, one.value) == (-5, 12.5, 3.0)
    assert found.Scalars("half")[0].value == 0.5
    assert found.Tensors("new")[0].tensor_proto.float_val[0] == 2.5
    assert found.Tensors("double")[0].tensor_proto.double_val[0] == 1 / 3


def test_several_curves_are_runs_of_their_own(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalars("loss/both", {"train": step, "valid": tg.tensor(2.0 * step)}, step)
    for name, factor in (("train", 1), ("valid", 2)):
        read = reader(tmp_path / f"loss_both_{name}").Scalars("loss/both")
        assert [one.value for one in read] == [factor * step for step in range(3)]


@pytest.mark.parametrize("wrong", ["text", None, [1.0, 2.0], 1j, object()])
def test_what_is_no_number_is_refused(wrong: Any, tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path)
    with pytest.raises((TypeError, ValueError), match="add_scalar"):
        writer.add_scalar("x", wrong, 0)


def test_wrong_steps_and_tags_are_refused_and_names_stay_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with SummaryWriter(folder) as writer:
        with pytest.raises(ValueError, match="64 bits"):
            writer.add_scalar("x", 1.0, 2**63)
        with pytest.raises(TypeError, match="string as tag"):
            writer.add_scalar(3, 1.0, 1)
        writer.add_scalars("a", {"../../../out": 1.0}, 1)
    assert [one.name for one in tmp_path.iterdir()] == ["run"]


# ---------------------------------------------------------------- histograms


def test_histograms_are_read_back(tmp_path: Path) -> None:
    values = np.random.default_rng(0).standard_normal(500)
    with SummaryWriter(tmp_path) as writer:
        writer.add_histogram("default", tg.from_numpy(values), 1)
        writer.add_histogram("ten", values, 2, bins=10)
        writer.add_histogram("auto", values, 2, bins="auto")
        writer.add_histogram("few", values, 2, max_bins=7)
        writer.add_histogram("integers", np.array([1, 1, 2]), 3, bins=[0, 1.5, 2.5, 9])
        writer.add_histogram("same", tg.zeros(4), 3)
        writer.add_histogram_raw("raw", 0.0, 3.0, 3, 4.5, 7.0, [1.0, 3.0], [1, 2], 4)
    found = reader(tmp_path)
    for name in ("default", "ten", "auto", "few"):
        one = found.Histograms(name)[0].histogram_value
        assert (one.min, one.max, one.num) == (values.min(), values.max(), 500)
        assert one.sum == pytest.approx(values.sum())
        assert one.sum_squares == pytest.approx((values**2).sum())
        edges, counts = np.array(one.bucket_limit), np.array(one.bucket)
        assert counts.sum() == 500
        assert (np.diff(edges) > 0).all()
        below = [(values <= edge).sum() for edge in edges]
        assert np.abs(np.cumsum(counts) - below).max() <= 1
    assert len(found.Histograms("few")[0].histogram_value.bucket) <= 8
    one = found.Histograms("integers")[0].histogram_value
    assert list(zip(one.bucket_limit, one.bucket, strict=True)) == [(0, 0), (1.5, 2), (2.5, 1)]
    assert sum(found.Histograms("same")[0].histogram_value.bucket) == 4
    one = found.Histograms("raw")[0].histogram_value
    assert (one.sum, one.bucket_limit, one.bucket) == (4.5, [1.0, 3.0], [1.0, 2.0])


@pytest.mark.parametrize("wrong", [[], [float("nan")], [float("inf"), 1.0], ["a"]])
def test_what_has_no_histogram_is_refused(wrong: Any, tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path)
    with pytest.raises((TypeError, ValueError), match="add_histogram"):
        writer.add_histogram("x", np.array(wrong), 0)


# ---------------------------------------------------------------- images, sounds, texts


def decoded(one: Any) -> np.ndarray:
    """Return the pixels of an image of an event, read by Matplotlib."""
    import io

    image = pytest.importorskip("matplotlib.image")
    return (image.imread(io.BytesIO(one.encoded_image_string)) * 255).round().astype(np.uint8)


@pytest.mark.parametrize(
    ("shape", "layout"),
    [((3, 4, 5), "CHW"), ((4, 5, 3), "HWC"), ((4, 5), "HW"), ((5, 4), "WH"), ((4, 4, 5), "CHW")],
)
def test_images_are_read_back(shape: tuple[int, ...], layout: str, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("bytes", pixels, 1, dataformats=layout)
        writer.add_image("numbers", tg.from_numpy(pixels / 255), 1, dataformats=layout.lower())
    found = reader(tmp_path)
    placed = pixels.transpose([layout.index(one) for one in "HWC" if one in layout])
    for name in ("bytes", "numbers"):
        (one,) = found.Images(name)
        assert (one.height, one.width) == (4, 5)
        assert np.abs(decoded(one).astype(int) - placed).max() <= (name == "numbers")


def test_several_images_are_a_grid(tmp_path: Path) -> None:
    pixels = np.arange(10 * 6, dtype=np.uint8).reshape(10, 1, 2, 3)
    with SummaryWriter(tmp_path) as writer:
        writer.add_images("grid", pixels, 0)
    (one,) = reader(tmp_path).Images("grid")
    whole = decoded(one)
    assert whole.shape[:2] == (4, 24)
    assert (whole[:2, 9:12] == pixels[3, 0]).all()
    assert (whole[2:, 3:6] == pixels[9, 0]).all()
    assert (whole[2:, 6:] == 0).all()


@pytest.mark.parametrize(
    ("shape", "layout"), [((5, 4, 5), "CHW"), ((4, 5), "CHW"), ((4, 5), "HH"), ((0, 5), "HW")]
)
def test_wrong_images_are_refused(shape: tuple[int, ...], layout: str, tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match="add_image"):
        writer.add_image("x", np.zeros(shape), dataformats=layout)


def test_figures_texts_sounds_and_tensors_are_read_back(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure = pyplot.figure(figsize=(2, 1), dpi=50)
    with SummaryWriter(tmp_path) as writer:
        writer.add_figure("figure", figure, 2)
        writer.add_text("words", "Grüße, **bold**", 3)
        writer.add_audio("sound", np.sin(np.arange(800) / 10), 1, sample_rate=8000)
        writer.add_tensor("tensor", tg.arange(6).reshape(2, 3), 1)
    assert not pyplot.get_fignums()
    found = reader(tmp_path)
    assert (found.Images("figure")[0].width, found.Images("figure")[0].height) == (100, 50)
    read = found.Tensors("words/text_summary")[0]
    assert (read.step, read.tensor_proto.string_val[0].decode()) == (3, "Grüße, **bold**")
    assert found.SummaryMetadata("words/text_summary").plugin_data.plugin_name == "text"
    (sound,) = found.Audio("sound")
    assert (sound.sample_rate, sound.length_frames) == (8000.0, 800)
    assert sound.encoded_audio_string[:4] == b"RIFF"
    proto = found.Tensors("tensor")[0].tensor_proto
    assert list(proto.float_val) == [0, 1, 2, 3, 4, 5]
    assert [dim.size for dim in proto.tensor_shape.dim] == [2, 3]


# ---------------------------------------------------------------- graphs and experiments


class Net(nn.Module):
    """Indices, a mask, and layers of layers."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(5, 4)
        self.body = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.ReLU())

    def forward(self, ids: Any) -> Any:
        mask = (ids > 1).unsqueeze(-1)
        return self.body((self.table(ids) * mask).sum(1))


@pytest.mark.parametrize("training", [True, False])
def test_graphs_are_read_back(training: bool, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    net = Net().train(training)
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(net, tg.tensor([[1, 2], [3, 4]]), verbose=True)
    graph = GraphDef.FromString(reader(tmp_path).Graph().SerializeToString())
    nodes = {node.name: node for node in graph.node}
    assert len(nodes) == len(graph.node)
    assert all(one in nodes for node in graph.node for one in node.input)
    assert {"input/0", "output/0", "Net/body/0/weight"} <= set(nodes)
    (linear,) = [node for node in graph.node if node.op == "linear_bias"]
    assert linear.name == "Net/body/0/linear_bias"
    assert "Net/body/0/weight" in linear.input
    assert [dim.size for dim in linear.attr["_output_shapes"].list.shape[0].dim] == [2, 3]
    assert b"test_tensorboard.py" in nodes["Net/gt"].attr["attr"].s
    assert net.training is training
    assert not any(one.requires_grad for one in net.buffers())


def test_the_graph_of_a_model_that_asks_numpy_is_drawn_without_it(tmp_path: Path) -> None:
    def program(x: Any) -> Any:
        return x * 2 + tg.linalg.svdvals(x).sum() + float(x.numpy().sum())

    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(program, tg.ones(2, 2))
    (path,) = tmp_path.iterdir()
    assert b"mul" in path.read_bytes()


def test_settings_and_what_came_of_them(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.plugins.hparams import plugin_data_pb2

    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams(
            {"lr": 0.1, "layers": 2, "name": "adam", "nesterov": True},
            {"accuracy": tg.tensor(0.75)},
            hparam_domain_discrete={"name": ["adam", "sgd"]},
            run_name="first",
        )
        with pytest.raises(TypeError, match="add_hparams"):
            writer.add_hparams({"lr": [1]}, {})
    found = reader(tmp_path / "first")
    assert found.Scalars("accuracy")[0].value == 0.75
    parts = {}
    for event in events(tmp_path / "first"):
        for value in event.summary.value:
            if value.metadata.plugin_data.plugin_name == "hparams":
                parts[value.tag] = plugin_data_pb2.HParamsPluginData.FromString(
                    value.metadata.plugin_data.content
                )
    infos = parts["_hparams_/experiment"].experiment.hparam_infos
    assert [(one.name, one.type) for one in infos] == [
        ("lr", 3),
        ("layers", 3),
        ("name", 1),
        ("nesterov", 2),
    ]
    assert [one.string_value for one in infos[2].domain_discrete.values] == ["adam", "sgd"]
    assert parts["_hparams_/experiment"].experiment.metric_infos[0].name.tag == "accuracy"
    given_values = parts["_hparams_/session_start_info"].session_start_info.hparams
    assert given_values["lr"].number_value == 0.1
    assert given_values["nesterov"].bool_value is True
    assert parts["_hparams_/session_end_info"].session_end_info.status == 1


# ---------------------------------------------------------------- writing


def test_events_are_on_disk_after_a_flush_or_when_there_are_enough(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path, max_queue=3, filename_suffix=".mine")
    (path,) = tmp_path.iterdir()
    assert path.name.endswith(".mine")
    start = path.stat().st_size
    writer.add_scalar("x", 1.0, 0)
    assert path.stat().st_size == start
    writer.flush()
    assert path.stat().st_size > start
    for step in range(3):
        writer.add_scalar("x", 1.0, step)
    size = path.stat().st_size
    writer.flush()
    assert path.stat().st_size == size
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="closed"):
        writer.add_scalar("x", 1.0, 1)


def test_a_writer_that_is_forgotten_leaves_nothing_unwritten(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("x", 1.0, 0)
    del writer
    assert len(reader(tmp_path).Scalars("x")) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_does_not_write_what_waits_in_its_parent(tmp_path: Path) -> None:
    import warnings

    writer = SummaryWriter(tmp_path)
    writer.add_scalar("x", 1.0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python, of forks while there are threads
        child = os.fork()
    if child == 0:
        writer.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    writer.close()
    assert len(reader(tmp_path).Scalars("x")) == 1


def test_what_can_not_be_written_is_tried_again(tmp_path: Path) -> None:
    writer = SummaryWriter(tmp_path)
    (file,) = writer._files.values()
    pending = file._pending

    class Full:
        closed = False

        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    kept, pending.file = pending.file, Full()
    writer.add_scalar("x", 1.0, 0)
    with pytest.raises(OSError, match="No space"):
        writer.flush()
    pending.file = kept
    writer.close()
    assert len(reader(tmp_path).Scalars("x")) == 1


def test_purging_hides_what_a_crashed_run_wrote(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:
        for step in range(5):
            writer.add_scalar("x", 1.0, step, walltime=1.0 + step)
    with SummaryWriter(tmp_path, purge_step=3, filename_suffix=".resumed") as writer:
        writer.add_scalar("x", 2.0, 3)
    read = [(one.step, one.value) for one in reader(tmp_path).Scalars("x")]
    assert read == [(0, 1.0), (1, 1.0), (2, 1.0), (3, 2.0)]


def test_many_threads_may_write(tmp_path: Path) -> None:
    with SummaryWriter(tmp_path) as writer:

        def work(number: int) -> None:
            for step in range(50):
                writer.add_scalar(f"thread {number}", step, step)

        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    found = reader(tmp_path)
    for k in range(4):
        assert [one.value for one in found.Scalars(f"thread {k}")] == list(range(50))


def test_the_default_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="-first") as writer:
        assert Path(writer.get_logdir()).parts[0] == "runs"
        assert writer.log_dir.endswith("-first")
        assert Path(writer.log_dir).is_dir()


def test_neither_tensorboard_nor_numpy_is_imported_by_the_module() -> None:
    import subprocess
    import sys

    program = (
        "import sys, topograd.utils.tensorboard;"
        "print([m for m in ('tensorboard', 'numpy', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_empty_messages() -> None:
    assert message(3) == b"\x1a\0"
