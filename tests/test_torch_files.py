"""Files of torch.save: what they give, what is refused, and that nothing of them is ever run."""

from __future__ import annotations

import collections
import enum
import io
import pickle
import struct
import subprocess
import sys
import textwrap
import time
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import topograd as tg
from topograd import nn
from torch_pickles import archive, called, named, number, numbers, storage, tensor, text


def load(data, **options):
    return tg.load(io.BytesIO(data), **options)


def saved(obj):
    buffer = io.BytesIO()
    tg.save(obj, buffer, format="torch")
    return buffer.getvalue()


def refused(data, message):
    with pytest.raises(RuntimeError, match=f"load: can not read.*{message}") as caught:
        load(data)
    assert len(str(caught.value)) < 800


# ---------------------------------------------------------------- beside PyTorch


def torch_saved(torch, obj, **options):
    buffer = io.BytesIO()
    torch.save(obj, buffer, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_a_checkpoint_of_pytorch_gives_the_same_values(zipped, protocol):
    torch = pytest.importorskip("torch")
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.5)
    net(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    content = {
        "net": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "epoch": 3,
        "more": [1.5, None, True, (b"x", "y"), {1, 2}, 1j, 2**70, torch.Size([2, 3])],
        "kinds": [torch.bfloat16, torch.device("cuda:1")],
    }
    data = torch_saved(
        torch, content, _use_new_zipfile_serialization=zipped, pickle_protocol=protocol
    )
    loaded = load(data)
    for name, value in net.state_dict().items():
        assert loaded["net"][name].tolist() == value.tolist()
        assert str(loaded["net"][name].dtype).split(".")[1] == str(value.dtype).split(".")[1]
    assert loaded["net"]._metadata == net.state_dict()._metadata
    assert loaded["optimizer"]["param_groups"] == optimizer.state_dict()["param_groups"]
    moment = optimizer.state_dict()["state"][0]["exp_avg"]
    assert loaded["optimizer"]["state"][0]["exp_avg"].tolist() == moment.tolist()
    assert loaded["more"] == [1.5, None, True, (b"x", "y"), {1, 2}, 1j, 2**70, tg.Size([2, 3])]
    assert loaded["kinds"] == [tg.bfloat16, tg.device("cuda:1")]
    other = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
    other.load_state_dict(loaded["net"])
    tg.optim.Adam(other.parameters()).load_state_dict(loaded["optimizer"])


DTYPES = "float16 bfloat16 float32 float64 bool uint8 int8 int16 int32 int64 complex64 complex128"


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream"])
def test_every_dtype_and_layout_of_pytorch_is_read(zipped):
    torch = pytest.importorskip("torch")
    base = torch.arange(24)
    for name in DTYPES.split():
        x = base.to(getattr(torch, name)).view(2, 3, 4)
        content = [x, x.transpose(0, 2), x[1, :, 1], x[:0], x[1, 2, 3], x[:1].expand(5, 3, 4)]
        loaded = load(torch_saved(torch, content, _use_new_zipfile_serialization=zipped))
        for mine, theirs in zip(loaded, content, strict=True):
            assert mine.dtype == getattr(tg, name)
            assert mine.tolist() == theirs.tolist()
            assert mine.stride() == theirs.stride()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "stream"])
def test_shared_storages_stay_shared(zipped):
    torch = pytest.importorskip("torch")
    base = torch.arange(10.0)
    content = {"all": base, "part": base[4:6], "again": base, "p": torch.nn.Parameter(base[:2])}
    loaded = load(torch_saved(torch, content, _use_new_zipfile_serialization=zipped))
    assert loaded["all"] is loaded["again"]
    loaded["all"].fill_(7.0)
    assert loaded["part"].tolist() == [7.0, 7.0]
    assert isinstance(loaded["p"], nn.Parameter)
    assert loaded["p"].tolist() == [7.0, 7.0]


def test_what_pytorch_has_still_to_conjugate_or_negate_is_so_after_loading():
    torch = pytest.importorskip("torch")
    z = torch.tensor([1 + 2j, 3 - 4j])
    content = [z.conj(), torch._neg_view(z), z.conj()[1:], z]
    loaded = load(torch_saved(torch, content))
    assert [t.tolist() for t in loaded] == [t.tolist() for t in content]


def test_data_of_numpy_in_a_file_of_pytorch_is_read():
    torch = pytest.importorskip("torch")
    content = {
        "array": np.arange(6, dtype=np.int16).reshape(2, 3).T,
        "number": np.float64(2.5),
        "state": np.random.RandomState(3).get_state(),
    }
    for protocol in (2, 4, 5):
        loaded = load(torch_saved(torch, content, pickle_protocol=protocol))
        assert (loaded["array"] == content["array"]).all()
        assert loaded["array"].dtype == np.int16
        assert type(loaded["number"]) is np.float64
        assert loaded["number"] == 2.5
        assert (loaded["state"][1] == content["state"][1]).all()
    refused(torch_saved(torch, np.array([None])), "NumPy array")


def test_what_is_no_data_is_refused_with_what_to_do():
    torch = pytest.importorskip("torch")
    refused(torch_saved(torch, torch.nn.Linear(1, 1)), r"whole module.*state_dict\(\)")
    refused(torch_saved(torch, {"f": textwrap.dedent}), "an object of textwrap.dedent")
    refused(torch_saved(torch, torch.zeros(2).to_sparse()), "_rebuild_sparse_tensor")
    refused(torch_saved(torch, torch.zeros(2, dtype=torch.uint16)), "topograd has nothing")


def test_weights_only_of_pytorch_reads_what_is_written():
    torch = pytest.importorskip("torch")
    base = tg.arange(24).float()
    content = {
        "state": nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4)).state_dict(),
        "views": [base.view(4, 6), base.view(4, 6).T, base[3:5], base[3:5]],
        "dtypes": [tg.arange(3).to(getattr(tg, name)) for name in DTYPES.split()],
        "plain": [
            0,
            255,
            256,
            -1,
            2**31,
            -(2**31),
            2**63,
            -(2**200),
            0.5,
            "ü\ud800",
            b"\xff",
            None,
        ],
        "kinds": [tg.float16, tg.device("cpu"), tg.Size([2]), 1j, {1}, (), [], {}, (1,)],
        "parameter": nn.Parameter(tg.ones(2)),
        "leaf": tg.ones(1, requires_grad=True),
        "empty": tg.zeros(0, 3),
        "number": np.float64(1.5),
        (1, "key"): {None: True},
    }
    for data in (saved(content), saved(content)):
        loaded = torch.load(io.BytesIO(data), weights_only=True)
    assert data == saved(content)
    for name, value in content["state"].items():
        assert loaded["state"][name].tolist() == value.tolist()
    assert loaded["state"]._metadata == content["state"]._metadata
    for mine, theirs in zip(content["views"], loaded["views"], strict=True):
        assert mine.tolist() == theirs.tolist()
        assert mine.stride() == theirs.stride()
    loaded["views"][0].zero_()
    assert loaded["views"][2].tolist() == [0, 0]
    for mine, theirs in zip(content["dtypes"], loaded["dtypes"], strict=True):
        assert str(mine.dtype).split(".")[1] == str(theirs.dtype).split(".")[1]
        assert mine.tolist() == theirs.tolist()
    assert loaded["plain"] == content["plain"]
    size = torch.Size([2])
    assert loaded["kinds"] == [torch.float16, torch.device("cpu"), size, 1j, {1}, (), [], {}, (1,)]
    assert isinstance(loaded["parameter"], torch.nn.Parameter)
    assert loaded["leaf"].requires_grad
    assert loaded["empty"].shape == (0, 3)
    assert loaded["number"] == 1.5
    assert loaded[(1, "key")] == {None: True}
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
    net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    net.load_state_dict(loaded["state"])


class Config:
    def __init__(self, lr):
        raise AssertionError("a file called this")


class Color(enum.Enum):
    RED = 1


Point = collections.namedtuple("Point", "x y")


def test_classes_that_the_program_allows_are_rebuilt_as_data():
    torch = pytest.importorskip("torch")
    config = object.__new__(Config)
    config.lr = 0.5
    data = torch_saved(torch, [config, Color.RED, Point(1, torch.ones(1))])
    refused(data, "add_safe_globals")
    with tg.serialization.safe_globals([Config, Color, Point, print]):
        loaded = load(data)
    assert type(loaded[0]) is Config
    assert vars(loaded[0]) == {"lr": 0.5}
    assert loaded[1] is Color.RED
    assert loaded[2].y.item() == 1.0
    refused(data, "add_safe_globals")
    assert tg.serialization.get_safe_globals() == []
    with tg.serialization.safe_globals([print]):
        refused(archive(called("builtins", "print", text("x"))), "an object of builtins.print")


# ---------------------------------------------------------------- without PyTorch

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
    | st.binary() | st.complex_numbers(allow_nan=False)
)  # fmt: skip
python_data = st.recursive(
    scalars | st.sets(scalars) | st.frozensets(scalars) | st.builds(bytearray, st.binary()),
    lambda inner: (
        st.lists(inner) | st.dictionaries(scalars, inner) | st.tuples(inner, inner)
        | st.builds(collections.OrderedDict, st.dictionaries(st.text(), inner))
        | st.builds(lambda x: [x, x], inner)
    ),
    max_leaves=20,
)  # fmt: skip


@given(python_data, st.integers(2, 5))
@settings(max_examples=150, deadline=None)
def test_any_data_that_python_pickles_is_read(value, protocol):
    pickled = pickle.dumps(value, protocol)
    loaded = load(archive(pickled.removeprefix(b"\x80\x02").removesuffix(b".")))
    assert loaded == value
    assert repr(loaded) == repr(value) or "{" in repr(value)  # sets have an order of their own


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "x.pt"
    x = tg.arange(6).float().view(2, 3)
    tg.save({"x": x, "y": x.T, "flag": tg.tensor([True]), "p": nn.Parameter(x[0].clone())}, path,
            format="torch")  # fmt: skip
    for mmap in (False, True):
        loaded = tg.load(path, mmap=mmap, weights_only=False, map_location=lambda s, where: s)
        assert loaded["x"].tolist() == x.tolist()
        loaded["x"][0, 1] = 9.0
        assert loaded["y"][1, 0].item() == 9.0
        assert loaded["flag"].tolist() == [True]
        assert loaded["p"].requires_grad


def test_what_pytorch_would_refuse_is_not_written():
    for obj, message in [
        ({"a": np.ones(2)}, "got ndarray at 'a'"),
        ([object()], "got object at '0'"),
        ({"net": nn.Linear(1, 1)}, r"got Linear at 'net'; save its state_dict\(\)"),
        ({tg.nn: 1}, "expected a scalar as key"),
    ]:
        with pytest.raises(TypeError, match=message):
            saved(obj)
    x = tg.ones(2)
    with pytest.raises(RuntimeError, match="different dtypes"):
        saved([x, x.view(tg.uint8)])


def test_a_file_by_hand_is_read():
    data = archive(tensor(), [struct.pack("<6f", *range(6))])
    assert load(data).tolist() == [[0, 1, 2], [3, 4, 5]]
    data = archive(tensor(), [struct.pack("<6f", *range(6))], zipfile.ZIP_DEFLATED)
    assert load(data).tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "options",
    [
        {"size": (2, 4)},
        {"stride": (4, 1)},
        {"offset": 1},
        {"offset": -1},
        {"size": (-1, 3)},
        {"stride": (-3, 1)},
        {"size": (2**40, 2**40), "stride": (0, 0)},
        {"size": (2**62, 2**62), "stride": (0, 0)},
        {"size": (2,), "stride": (3, 1)},
        {"size": (1,) * 40, "stride": (1,) * 40},
        {"offset": 2**62},
        {"count": 7},
        {"count": -1},
        {"count": 2**62},
        {"key": "1"},
        {"key": "../version"},
        {"kind": "DoubleStorage"},
    ],
    ids=repr,
)
def test_layouts_that_leave_the_storage_are_refused(options):
    refused(archive(tensor(**options)), "it is damaged")


HOSTILE = {
    "system": called("os", "system", text("touch {mark}")),
    "posix": called("posix", "system", text("touch {mark}")),
    "eval": called("builtins", "eval", text("open('{mark}','w')")),
    "old eval": called("__builtin__", "eval", text("open('{mark}','w')")),
    "exec": called("builtins", "exec", text("open('{mark}','w')")),
    "getattr": called("builtins", "getattr", named("torch", "Size"), text("__class__")),
    "popen": called("subprocess", "Popen", text("touch {mark}")),
    "open": called("io", "open", text("{mark}"), text("w")),
    "import": called("importlib", "import_module", text("antigravity")),
    "loads": called("pickle", "loads", b"C\x01."),
    "hub": called("torch.hub", "load", text("a/b")),
    "storage": called("torch.storage", "_load_from_bytes", b"C\x01."),
    "dotted": b"X\x05\0\0\0torchX\x0b\0\0\0hub.os.path\x93.",
    "inst": b"(X\x04\0\0\0echoios\nsystem\n",
    "extension": b"\x82\x01",
    "default factory": called("collections", "defaultdict", named("os", "getcwd")),
    "reconstructor": called("copyreg", "_reconstructor", named("os", "_Environ"), b"N", b"N"),
    "make": named("builtins", "object") + b")\x81",
    "call of a dtype": named("torch", "float32") + b")R",
    "call of a text": text("x") + b")R",
    "namespace": named("argparse", "Namespace") + b")\x81K\x01b",
    "numpy object": called("numpy", "dtype", text("O8")),
    "numpy load": called("numpy", "load", text("{mark}")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_of_a_file_is_run(name, tmp_path):
    mark = tmp_path / "mark"
    before = set(sys.modules)
    pickle = HOSTILE[name].replace(b"{mark}", bytes(mark)[:6].ljust(6, b"x"))
    refused(archive(pickle), "")
    refused(b"\x80\x02" + pickle + b".", "")
    assert not list(tmp_path.iterdir())
    assert not {"antigravity", "torch.hub", "subprocess_hostile"} & (set(sys.modules) - before)


def test_loading_imports_no_pickle_and_calls_nothing_outside(tmp_path):
    path = tmp_path / "x.pt"
    path.write_bytes(archive(tensor()))
    bad = tmp_path / "bad.pt"
    bad.write_bytes(archive(HOSTILE["system"]))
    code = """
        import sys
        import topograd as tg
        watched = ("exec", "compile", "os.system", "subprocess.Popen", "pickle.find_class")
        tg.load(sys.argv[1])  # imports what it needs
        events = []
        sys.addaudithook(lambda event, _: events.append(event) if event in watched else None)
        tg.load(sys.argv[1])
        try:
            tg.load(sys.argv[2])
        except RuntimeError as error:
            assert "os.system" in str(error)
        else:
            raise AssertionError("it was read")
        assert not events, events
        assert "pickle" not in sys.modules
    """
    command = [sys.executable, "-c", textwrap.dedent(code), path, bad]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


BOMBS = {
    "bytearray": called("builtins", "bytearray", number(2**40)),
    "bytes": called("builtins", "bytes", number(2**40)),
    "list of a range": called("builtins", "list", called("builtins", "range", number(2**40))),
    "repeated tuples as key": b"}(K\x01" + b"2\x86" * 60 + b"K\x01u",
    "repeated tuples in a set": b"\x8f((K\x01t" + b"2\x86" * 60 + b"\x90",
    "repeated tuples as shape": called(
        "torch._utils", "_rebuild_tensor", storage(6), b"K\x01" + b"2\x86" * 60, b"))"
    ),
    "length of a text": b"\x8d" + b"\xff" * 7 + b"\x7f",
    "length of a number": b"\x8b\xff\xff\xff\x7f",
    "negative length": b"T\xff\xff\xff\xff",
    "shape of an array": called(
        "numpy._core.numeric",
        "_frombuffer",
        b"C\x01a",
        called("numpy", "dtype", text("f8")),
        numbers((2**40,)),
        text("C"),
    ),
    "texts of an array": called("numpy", "dtype", text("S999999999999")),
}


@pytest.mark.parametrize("name", BOMBS)
def test_small_files_neither_fill_the_memory_nor_take_for_ever(name):
    start = time.process_time()
    refused(archive(BOMBS[name]), "")
    assert time.process_time() - start < 5


def test_deep_and_endless_containers_end():
    assert load(archive(b"]q\0h\0a"))[0][0]  # a list that contains itself is data, and harmless
    deep = archive(b"]" * 200_000 + b"a" * 199_999)
    loaded = load(deep)
    for _ in range(100_000):
        loaded = loaded[0]
    del loaded
    for broken in (
        b"",
        b"0",
        b"a",
        b"t",
        b"h\x07",
        b"]]",
        b"(",
        b"K",
        b"N]a",
        b"}NNNu",
        b"R",
        b"b",
    ):
        refused(archive(broken), "")


def test_zip_files_that_lie_are_refused():
    data = archive(tensor())
    assert load(data).shape == (2, 3)
    at = data.index(b"archive/data/0") + len("archive/data/0")
    refused(data[:at] + b"\1" + data[at + 1 :], "checksum")
    refused(data + b"\0", "follows its end")
    refused(data[:-1], "")
    refused(data[: len(data) // 2], "end is missing")
    with pytest.warns(UserWarning, match="Duplicate name"):
        double = archive(tensor(), **{"data/0": b"\0" * 24})
    refused(double, "occurs twice")
    refused(archive(tensor(), byteorder=b"big"), "big-endian")
    refused(archive(tensor(), **{"constants.pkl": b"N."}), "TorchScript")
    refused(archive(tensor(kind="BoolStorage"), [b"\2" * 6]), "0 or 1")
    bomb = archive(tensor(count=2**23, size=(1,), stride=(1,)), [b"\0" * 2**25],
                   zipfile.ZIP_DEFLATED)  # fmt: skip
    refused(bomb, "would expand")


def test_members_that_overlap_are_refused():
    data = bytearray(archive(tensor(), [b"\0" * 24, b"\0" * 24]))
    # The second storage's entry in the directory is made to point at the first one's place.
    first, second = (data.rindex(b"archive/data/%d" % i) - 46 for i in (0, 1))
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    refused(bytes(data), "two descriptions")
    data[second + 46 + 13 : second + 46 + 14] = b"0"
    refused(bytes(data), "occurs twice")
