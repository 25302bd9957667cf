"""Files survive what happens to programs: kills, full disks, permissions, files that shrink."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import stat
import struct
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import topograd as tg


def python(code, *arguments, **options):
    """Runs a program in a process of its own."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, **options)


def parts_left(folder):
    return [name for name in os.listdir(folder) if name.endswith(".part")]


@pytest.mark.parametrize("format", ["safetensors", "torch"])
def test_a_kill_while_saving_leaves_the_old_file_or_the_new_one(format, tmp_path):
    path = tmp_path / "model"
    tg.save({"x": tg.zeros(500_000), "n": 0}, path, format=format)
    code = f"""
        import sys, topograd as tg
        n = int(sys.argv[2])
        while True:
            n += 1
            tg.save({{"x": tg.full((500_000,), float(n)), "n": n}}, sys.argv[1], format={format!r})
            print(n, flush=True)
    """
    draw = random.Random(0)
    number = 0
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), path, str(number)],
            stdout=subprocess.PIPE,
            text=True,
        )
        with child:
            written = int(child.stdout.readline())
            time.sleep(draw.uniform(0, 0.02))
            child.kill()
            written = int((child.stdout.read().split() or [written])[-1])
        loaded = tg.load(path)
        number = loaded["n"]
        assert number >= written
        assert (loaded["x"] == number).all()


def test_a_full_disk_leaves_the_old_file_and_says_so(tmp_path):
    path = tmp_path / "model"
    tg.save({"x": tg.ones(3)}, path)
    before = path.read_bytes()
    code = """
        import resource, signal, sys, topograd as tg
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        big = tg.zeros(100_000)
        tg.save(1, sys.argv[1] + "warm")
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
        for format in ("safetensors", "torch", "npz"):
            try:
                tg.save({"x": big}, sys.argv[1], format=format)
            except RuntimeError as error:
                assert "save: can not write" in str(error) and "too large" in str(error), error
            else:
                raise AssertionError("it was written")
    """
    run = python(code, path)
    assert run.returncode == 0, run.stderr
    assert path.read_bytes() == before
    assert not parts_left(tmp_path)
    if os.path.exists("/dev/full"):
        with pytest.raises(RuntimeError, match=r"save: can not write '/dev/full': No space left"):
            tg.save(tg.ones(3), "/dev/full")


def test_a_save_that_fails_in_between_changes_nothing(tmp_path):
    path = tmp_path / "model"
    tg.save(1, path)
    for content in ([tg.ones(2), object()], {"a": {"b": [lambda: 1]}}):
        with pytest.raises(TypeError):
            tg.save(content, path)
    assert tg.load(path) == 1
    assert not parts_left(tmp_path)
    with pytest.raises(RuntimeError, match="can not write"):
        tg.save(1, tmp_path / "missing" / "x")
    with pytest.raises(RuntimeError, match="Is a directory"):
        tg.save(1, tmp_path)


def test_the_mode_follows_the_umask_and_that_of_an_existing_file_stays(tmp_path):
    path = tmp_path / "model"
    before = os.umask(0o027)
    try:
        tg.save(1, path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        tg.save(2, path, format="torch")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    assert tg.load(path) == 2


def test_links_stay_and_their_targets_are_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    link, target = tmp_path / "link", tmp_path / "folder" / "target"
    link.symlink_to(os.path.join("folder", "target"))
    tg.save(1, link)
    assert link.is_symlink()
    assert tg.load(target) == 1
    tg.save(2, link)
    assert tg.load(target) == 2
    assert not parts_left(tmp_path)
    assert not parts_left(tmp_path / "folder")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(RuntimeError, match="can not write"):
        tg.save(1, loop)


def test_a_pipe_is_written_and_stays_a_pipe(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()))
    reader.start()
    tg.save(tg.arange(4), pipe)
    reader.join()
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    copy = tmp_path / "copy"
    copy.write_bytes(received[0])
    assert tg.load(copy).tolist() == [0, 1, 2, 3]


# ---------------------------------------------------------------- mapped files


@pytest.mark.parametrize("format", ["safetensors", "torch"])
def test_a_mapped_file_gives_the_values_and_is_never_written(format, tmp_path):
    path = tmp_path / "model"
    x = tg.arange(10_000).float()
    obj = {"x": x, "part": x[5:9], "flag": tg.tensor([True]), "c": tg.ones(2, dtype=tg.complex128)}
    tg.save(obj, path, format=format)
    before = path.read_bytes()
    loaded = tg.load(path, mmap=True)
    for name, value in obj.items():
        assert (loaded[name] == value).all()
        assert loaded[name].dtype == value.dtype
    loaded["x"].zero_()
    assert loaded["part"].tolist() == [0] * 4
    assert loaded["c"]._version == 0, "tensors that share nothing share no version"
    assert path.read_bytes() == before
    assert (tg.load(path)["x"] == x).all()
    # Saving replaces the file; what is mapped stays what it was.
    again = tg.load(path, mmap=True)["x"]
    tg.save({"x": tg.zeros(10_000)}, path)
    assert (again == x).all()
    os.unlink(path)
    assert (again == x).all()


def test_a_mapped_file_takes_no_memory_before_it_is_read(tmp_path):
    path = tmp_path / "model"
    tg.save({"x": tg.zeros(8_000_000)}, path)
    code = """
        import resource, sys, topograd as tg
        tg.load(sys.argv[2], mmap=True)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        x = tg.load(sys.argv[1], mmap=True)["x"]
        assert x[-1].item() == 0
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert after - before < 8_000, (before, after)  # KiB; the file has 31,250
    """
    tg.save({"x": tg.zeros(10)}, tmp_path / "small")
    run = python(code, path, tmp_path / "small")
    assert run.returncode == 0, run.stderr


def test_elements_that_are_not_aligned_are_copied(tmp_path):
    path = tmp_path / "x"
    text = json.dumps({"x": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}}).encode()
    for spaces in range(8):
        header = text + b" " * spaces
        path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<2d", 1.5, 2.5))
        assert tg.load(path, mmap=True)["x"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("format", ["safetensors", "torch"])
def test_a_mapped_file_that_shrinks_is_an_exception_and_not_the_end(format, tmp_path):
    path = tmp_path / "model"
    tg.save({"x": tg.ones(100_000)}, path, format=format)
    code = """
        import os, sys, topograd as tg
        x = tg.load(sys.argv[1], mmap=True)["x"]
        assert x[0].item() == 1.0
        os.truncate(sys.argv[1], 4096)
        try:
            total = x.sum()
            for _ in range(100):
                pass
        except OSError as error:
            assert "became shorter" in str(error) and sys.argv[1] in str(error), error
        else:
            raise AssertionError("nobody was told")
        assert x.isnan()[5000:].all()
        x.fill_(2.0)
        assert x.sum().item() == 200_000.0
        os.truncate(sys.argv[1], 0)
        assert tg.ones(3).sum().item() == 3.0
        print("alive")
    """
    run = python(code, path)
    assert (run.returncode, run.stdout) == (0, "alive\n"), run.stderr


def test_other_causes_of_the_same_signal_still_end_the_process(tmp_path):
    path = tmp_path / "model"
    tg.save({"x": tg.ones(100_000)}, path)
    code = """
        import mmap, os, sys, topograd as tg
        x = tg.load(sys.argv[1], mmap=True)["x"]
        other = sys.argv[1] + "other"
        with open(other, "w+b") as file:
            file.truncate(100_000)
            view = mmap.mmap(file.fileno(), 100_000)
            file.truncate(0)
        print("before", flush=True)
        view[50_000]
        print("after")
    """
    run = python(code, path, preexec_fn=_without_core)
    assert (run.returncode, run.stdout) == (-signal.SIGBUS, "before\n"), run.stderr


def _without_core():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def test_the_mapping_ends_with_the_last_tensor(tmp_path):
    path = tmp_path / "model"
    tg.save({"x": tg.ones(100_000), "y": tg.ones(5)}, path)

    def mapped():
        with open("/proc/self/maps") as maps:
            return str(path) in maps.read()

    loaded = tg.load(path, mmap=True)
    x = loaded["x"][10:20]
    del loaded
    assert mapped()
    assert np.asarray(x).sum() == 10
    del x
    assert not mapped()


def test_hostile_mappings_are_refused(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"\0" * 100)
    file = tg._C.MappedFile(str(path))
    for begin, shape in [
        (-1, [1]),
        (97, [1]),
        (0, [26]),
        (0, [2**62]),
        (0, [-1]),
        (2**63 - 1, [1]),
    ]:
        with pytest.raises((ValueError, TypeError)):
            file.tensor(begin, shape, tg.float32)
    assert file.tensor(96, [1], tg.float32).tolist() == [0.0]
    assert file.read(90, 2**60) == b"\0" * 10
    with pytest.raises(ValueError, match="read"):
        file.read(101, 1)
    for kind, method in [(tg._C.MappedFile, "read"), (tg._C.FileWriter, "finish")]:
        with pytest.raises(TypeError):
            getattr(kind.__new__(kind), method)()
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="not a safetensors file"):
        tg.load(path, mmap=True)


def test_a_writer_is_used_once(tmp_path):
    writer = tg._C.FileWriter(str(tmp_path / "x"))
    writer.write(b"abc")
    for data in (3, "text", None):
        with pytest.raises(TypeError):
            writer.write(data)
    assert not (tmp_path / "x").exists()
    writer.finish()
    for call in (writer.finish, lambda: writer.write(b"")):
        with pytest.raises(RuntimeError, match="closed"):
            call()
    assert (tmp_path / "x").read_bytes() == b"abc"
    tg._C.FileWriter(str(tmp_path / "y")).write(b"abc")
    assert os.listdir(tmp_path) == ["x"]


def test_what_a_killed_save_left_is_removed_by_a_later_one_in_that_folder(tmp_path):
    path = tmp_path / "model"
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    gone.wait()
    names = {
        "stale": f".topograd-{gone.pid}-0.part",
        "fresh": f".topograd-{gone.pid}-1.part",
        "running": f".topograd-{os.getpid()}-99.part",
        "other": ".topograd-x-0.part",
        "link": f".topograd-{gone.pid}-2.part",
    }
    for name in list(names)[:4]:
        (tmp_path / names[name]).write_bytes(b"half")
    (tmp_path / names["link"]).symlink_to(tmp_path / names["other"])
    long_ago = time.time() - 3600
    for name in ("stale", "running", "other", "link"):
        os.utime(tmp_path / names[name], (long_ago, long_ago), follow_symlinks=False)
    code = "import sys, topograd as tg; tg.save({'x': tg.ones(3)}, sys.argv[1])"
    assert python(code, path).returncode == 0
    assert sorted(os.listdir(tmp_path)) == sorted({*names.values(), "model"} - {names["stale"]})
    assert tg.load(path)["x"].tolist() == [1, 1, 1]


def test_a_save_that_is_killed_amid_its_writing_leaves_nothing_for_long(tmp_path):
    path = tmp_path / "model"
    code = """
        import os, signal, sys, topograd as tg
        from topograd.serialization import _sinks
        view = _sinks._view
        def killed(piece):
            if isinstance(piece, tg.Tensor):
                os.kill(os.getpid(), signal.SIGKILL)
            return view(piece)
        _sinks._view = killed
        tg.save({"x": tg.ones(1000)}, sys.argv[1])
    """
    assert python(code, path).returncode == -signal.SIGKILL
    (left,) = parts_left(tmp_path)
    long_ago = time.time() - 3600
    os.utime(tmp_path / left, (long_ago, long_ago))
    code = "import sys, topograd as tg; tg.save({'x': tg.ones(3)}, sys.argv[1])"
    assert python(code, path).returncode == 0
    assert os.listdir(tmp_path) == ["model"]
