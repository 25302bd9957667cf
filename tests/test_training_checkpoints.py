"""save_checkpoint and load_checkpoint: the same bits after a kill, and all or nothing."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import topograd as tg
from topograd import nn, optim

TRAINING = """
    import os, random, signal, sys
    import numpy as np
    import topograd as tg
    from topograd import nn, optim

    folder, steps, kill_at = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    tg.manual_seed(1)
    random.seed(2)
    np.random.seed(3)
    net = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Dropout(0.3), nn.Linear(16, 1))
    optimizer = optim.Adam(net.parameters(), lr=0.01, weight_decay=0.01)
    scheduler = optim.lr_scheduler.OneCycleLR(optimizer, 0.1, total_steps=steps)
    own, rng = tg.Generator().manual_seed(5), np.random.default_rng(6)
    run = dict(model=net, optimizer=optimizer, scheduler=scheduler, own=own, rng=rng)
    series = os.path.join(folder, "step-0.safetensors")
    latest = tg.latest_checkpoint(series)
    start = tg.load_checkpoint(latest, **run)["step"] if latest else 0
    for step in range(start, steps):
        x = tg.randn(6, 8) + tg.randn(6, 8, generator=own) * random.random()
        x = x + float(np.random.rand()) + float(rng.random())
        loss = net(x).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        if (step + 1) % 5 == 0:
            path = os.path.join(folder, f"step-{step + 1}.safetensors")
            tg.save_checkpoint(path, keep=2, step=step + 1, **run)
        if step + 1 == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
"""


def train(folder, steps, kill_at=-1):
    command = [sys.executable, "-c", textwrap.dedent(TRAINING), folder, str(steps), str(kill_at)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert run.returncode == (-signal.SIGKILL if kill_at > 0 else 0), run.stderr


def test_a_run_that_was_killed_goes_on_with_the_same_bits(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    train(whole, 20)
    train(parts, 20, kill_at=8)
    train(parts, 20, kill_at=14)
    train(parts, 20)
    assert sorted(os.listdir(parts)) == ["step-15.safetensors", "step-20.safetensors"]
    digests = [
        hashlib.sha256((folder / "step-20.safetensors").read_bytes()).digest()
        for folder in (whole, parts)
    ]
    assert digests[0] == digests[1]


def parts_of_a_run():
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(tg.randn(5, 3)).sum().backward()
    optimizer.step()
    scheduler = optim.lr_scheduler.StepLR(optimizer, 2)
    return {"model": net, "optimizer": optimizer, "scheduler": scheduler}


def everything(parts):
    """What a restore could change, as bytes."""
    states = {name: part.state_dict() for name, part in parts.items()}
    numpy_state = np.random.get_state(legacy=False)  # noqa: NPY002
    buffer = io.BytesIO()
    tg.save([states, tg.get_rng_state(), random.getstate(), numpy_state], buffer)
    return buffer.getvalue()


def test_a_restore_that_fails_changes_nothing(tmp_path):
    path = tmp_path / "run"
    tg.save_checkpoint(path, epoch=1, **parts_of_a_run())
    parts = parts_of_a_run()
    before = everything(parts)

    class Stubborn:
        def state_dict(self):
            return {"n": 1}

        def load_state_dict(self, state):
            if state != {"n": 1}:
                raise ArithmeticError("never")

    with pytest.raises(KeyError, match="has no state of 'loader', it has model, optimizer, sched"):
        tg.load_checkpoint(path, **parts, loader=Stubborn())
    with pytest.raises(TypeError, match="'step' is a int, which has no state"):
        tg.load_checkpoint(path, **parts, step=0)
    assert everything(parts) == before
    content = tg.load(path)
    content["states"]["loader"] = {"n": 2}
    tg.save(content, path)
    with pytest.raises(ArithmeticError):
        tg.load_checkpoint(path, **parts, loader=Stubborn())
    assert everything(parts) == before
    content["random"]["python"] = (3, (1, 2), None)
    tg.save(content, path)
    with pytest.raises(ValueError, match="state vector"):
        tg.load_checkpoint(path, **parts)
    assert everything(parts) == before
    wrong = parts_of_a_run()
    wrong["model"] = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    before = everything(wrong)
    with pytest.raises(RuntimeError):
        tg.load_checkpoint(path, **dict(reversed(wrong.items())))
    assert everything(wrong) == before
    tg.save({"x": 1}, path)
    with pytest.raises(ValueError, match="is no file of save_checkpoint"):
        tg.load_checkpoint(path)


def drawn():
    """A number of each generator that everybody shares."""
    return tg.rand(1).item(), random.random(), np.random.rand()  # noqa: NPY002


def test_values_come_back_and_random_states_only_where_wanted(tmp_path):
    path = tmp_path / "run"
    tg.save_checkpoint(path, epoch=3, history=[0.5, (1, None)], best=tg.ones(2))
    values = [drawn(), drawn()]
    loaded = tg.load_checkpoint(path)
    assert loaded["epoch"] == 3
    assert loaded["history"] == [0.5, (1, None)]
    assert loaded["best"].tolist() == [1, 1]
    assert drawn() == values[0]
    tg.load_checkpoint(path, random=False)
    assert drawn() == values[1]
    tg.save_checkpoint(path, random=False)
    assert "random" not in tg.load(path)


def test_old_files_of_the_series_alone_are_removed(tmp_path):
    others = ["step-1.txt", "other-1.ckpt", "step-x.ckpt", "step-1.ckpt.bak", "run2-step-1.ckpt"]
    for name in others:
        (tmp_path / name).write_text("")
    (tmp_path / "step-7.ckpt").mkdir()
    for step in (9, 10, 11, 100):
        tg.save_checkpoint(tmp_path / f"step-{step}.ckpt", keep=3, step=step)
    kept = {"step-10.ckpt", "step-11.ckpt", "step-100.ckpt", "step-7.ckpt"}
    assert set(os.listdir(tmp_path)) == kept | set(others)
    assert tg.latest_checkpoint(tmp_path / "step-0.ckpt") == str(tmp_path / "step-100.ckpt")
    # One that is behind the others is kept all the same: somebody has just asked for it.
    tg.save_checkpoint(tmp_path / "step-5.ckpt", keep=1)
    assert {n for n in os.listdir(tmp_path) if n in kept or n == "step-5.ckpt"} == {
        "step-5.ckpt",
        "step-7.ckpt",
    }
    for keep, name in [(0, "step-1.ckpt"), (True, "step-1.ckpt"), (1, "last.ckpt")]:
        with pytest.raises(ValueError, match="save_checkpoint: keep"):
            tg.save_checkpoint(tmp_path / name, keep=keep)
    assert tg.latest_checkpoint(tmp_path / "missing" / "step-1.ckpt") is None
