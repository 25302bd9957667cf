"""save and load: what comes back, what is refused, and what other programs see in the file."""

from __future__ import annotations

import json
import math
import os
import struct
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import topograd as tg
from topograd import nn, optim


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.safetensors"


def back(obj, path):
    tg.save(obj, path)
    return tg.load(path)


def header(path):
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + length]), len(data) - 8 - length


def test_a_state_dict_goes_around(path):
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    state = back(net.state_dict(), str(path))
    assert isinstance(state, OrderedDict)
    assert list(state) == list(net.state_dict())
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    other.load_state_dict(state)
    assert other[0].weight.tolist() == net[0].weight.tolist()
    assert other[1].num_batches_tracked.dtype == tg.int64


def test_a_whole_checkpoint_goes_around(path):
    net = nn.Linear(2, 1)
    optimizer = optim.Adam(net.parameters(), lr=0.1, betas=(0.8, 0.9))
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, [1, 3])
    net(tg.ones(4, 2)).sum().backward()
    optimizer.step()
    scheduler.step()
    checkpoint = {
        "model": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "scheduler": scheduler.state_dict(),
        "epoch": 3,
        "history": [0.5, (1, None, True, "text")],
        4: {"key of another kind": math.inf, None: -1, False: [], "": {}},
    }
    loaded = back(checkpoint, path)
    assert loaded["epoch"] == 3
    assert loaded["history"] == [0.5, (1, None, True, "text")]
    assert loaded[4] == checkpoint[4]
    assert loaded["scheduler"] == checkpoint["scheduler"]
    assert loaded["optimizer"]["param_groups"] == optimizer.state_dict()["param_groups"]
    assert loaded["optimizer"]["state"][0]["step"].item() == 1
    optimizer.load_state_dict(loaded["optimizer"])


def test_plain_values_go_around(path):
    assert back(tg.arange(3), path).tolist() == [0, 1, 2]
    assert back([], path) == []
    assert back(None, path) is None
    assert back("text", path) == "text"
    assert math.isnan(back(math.nan, path))
    assert back(tg.zeros(0, 3), path).shape == (0, 3)
    assert back(tg.tensor(2.5), path).item() == 2.5


DTYPES = "float16 bfloat16 float32 float64 bool uint8 int8 int16 int32 int64 complex64 complex128"


@pytest.mark.parametrize("dtype", DTYPES.split())
def test_every_dtype_goes_around(dtype, path):
    tensor = tg.tensor([[1, 0, 1]]).to(getattr(tg, dtype))
    loaded = back(tensor, path)
    assert loaded.dtype == tensor.dtype
    assert loaded.tolist() == tensor.tolist()


def test_a_view_is_stored_as_what_it_shows(path):
    large = tg.arange(10000).float()
    assert back({"view": large[10:12], "turned": large[:6].reshape(2, 3).T}, path)[
        "view"
    ].tolist() == [
        10.0,
        11.0,
    ]
    assert tg.load(path)["turned"].tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    assert header(path)[1] == 8 * 4


def test_a_shared_tensor_is_stored_once_and_shared_again(path):
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder = nn.Linear(4, 4, bias=False)
            self.decoder = nn.Linear(4, 4, bias=False)
            self.decoder.weight = self.encoder.weight

    loaded = back(Tied().state_dict(), path)
    assert header(path)[1] == 4 * 4 * 4
    assert loaded["encoder.weight"] is loaded["decoder.weight"]


def test_requires_grad_of_leaves_is_kept(path):
    w = tg.ones(2, requires_grad=True)
    loaded = back([w, w * 2, nn.Parameter(tg.zeros(1))], path)
    assert [tensor.requires_grad for tensor in loaded] == [True, False, True]


def test_other_programs_see_the_tensors_under_their_paths(path):
    tg.save({"model": nn.Linear(2, 1).state_dict(), "steps": [tg.ones(1)]}, path)
    entries, _ = header(path)
    assert {"model.weight", "model.bias", "steps.0"} <= set(entries)
    tg.save({"a.b": tg.zeros(1), "a": {"b": tg.ones(1)}, "__metadata__": tg.ones(1) * 2}, path)
    loaded = tg.load(path)
    assert loaded["a.b"].item() == 0.0
    assert loaded["a"]["b"].item() == 1.0
    assert loaded["__metadata__"].item() == 2.0


def test_a_file_of_another_program_gives_its_tensors(path):
    data = struct.pack("<2f", 1.5, 2.5)
    text = json.dumps({"x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    assert tg.load(path)["x"].tolist() == [1.5, 2.5]


def test_what_cannot_be_saved_is_named(path):
    for obj, message in [
        ({"a": [object()]}, "got object at 'a.0'"),
        ({"net": nn.Linear(1, 1)}, r"got Linear at 'net'; save its state_dict\(\)"),
        ({tg.nn: 3}, "expected a scalar as key, got module"),
        ({(1, object()): 3}, "expected scalars in a key, got object"),
        ([np.array([None])], "an array of object can not be stored, at '0'"),
        ([lambda: 1], "got function at '0'"),
    ]:
        with pytest.raises(TypeError, match=message):
            tg.save(obj, path)
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="contains itself"):
        tg.save(endless, path)
    assert not path.exists()
    with pytest.raises(TypeError, match="expected a path or a file object, got int"):
        tg.save(1, 3)
    with pytest.raises(ValueError, match="format must be one of safetensors, torch, npz"):
        tg.save(1, path, format="pickle")


def test_foreign_and_damaged_files_are_refused(path):
    for start, message in [
        (b"PK\x03\x04", "not a whole zip file"),
        (b"\x80\x02", "not like one of torch.save"),
        (b"\x80\x02K\x05.", "not like one of torch.save"),
    ]:
        path.write_bytes(start + b"\0" * 100)
        with pytest.raises(RuntimeError, match=message):
            tg.load(path)
    path.write_bytes(b"garbage")
    with pytest.raises((RuntimeError, ValueError)):
        tg.load(path)
    text = json.dumps({"__metadata__": {"topograd.structure": '["tensor","x",false]'}}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text)
    with pytest.raises(RuntimeError, match="is damaged"):
        tg.load(path)
    with pytest.raises(FileNotFoundError):
        tg.load(path.with_name("missing"))


def test_map_location_moves_the_tensors(path):
    tg.save({"x": tg.ones(1)}, path)
    assert str(tg.load(path, map_location="cpu", weights_only=True)["x"].device) == "cpu"


def test_a_pipe_is_refused_at_once(tmp_path):
    pipe = str(tmp_path / "pipe")
    os.mkfifo(pipe)
    # In a process of its own: where the defect is, it waits for ever.
    code = f"import topograd; topograd.load({pipe!r})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "expected a regular file" in run.stderr


def test_what_is_no_file_is_an_error_that_names_load_and_the_path(path):
    with pytest.raises(FileNotFoundError, match=r"load: No such file.*missing"):
        tg.load(path.with_name("missing"))
    with pytest.raises(IsADirectoryError, match=f"load: expected a file.*{path.parent}"):
        tg.load(path.parent)
    with pytest.raises(RuntimeError, match=r"load.*'/dev/null': expected a regular file"):
        tg.load("/dev/null")
    with pytest.raises(ValueError, match=r"load.*zero byte"):
        tg.load("a\0b")


def test_text_that_is_no_unicode_is_refused_as_key_and_as_path(path):
    for obj in ({"\ud800": tg.ones(1)}, {"a": [{"\ud800": 1}]}):
        with pytest.raises(
            ValueError, match=r"save: expected a key at .* valid Unicode, got '.ud800'"
        ):
            tg.save(obj, path)
    assert not path.exists()
    assert back({"a": "\ud800"}, path) == {"a": "\ud800"}
    for call in (lambda: tg.save(1, "\ud800"), lambda: tg.load("\ud800")):
        with pytest.raises(ValueError, match="expected a path of valid Unicode"):
            call()
