"""Several saves into one file object are loaded one after the other."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topograd as tg

FORMATS = ("safetensors", "torch")
RECORDS: list[Any] = [
    {"a": tg.ones(3), "n": 1},
    [],
    {"b": tg.arange(5), "text": "PK\x05\x06 and more"},
    tg.zeros(0),
    # Bytes within the data that look like the end of an archive.
    {"c": tg.tensor(list(b"PK\x05\x06" + bytes(18)) * 3, dtype=tg.uint8)},
]


def written(formats: tuple[str, ...]) -> bytes:
    file = io.BytesIO()
    for number, record in enumerate(RECORDS):
        tg.save(record, file, format=formats[number % len(formats)])
    return file.getvalue()


def same(a: Any, b: Any) -> bool:
    if isinstance(a, tg.Tensor):
        return a.dtype == b.dtype and tg.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("formats", [FORMATS[:1], FORMATS[1:], FORMATS])
@pytest.mark.parametrize("kind", ["memory", "file"])
def test_records_come_back_one_after_the_other(
    formats: tuple[str, ...], kind: str, tmp_path: Path
) -> None:
    data = written(formats)
    path = tmp_path / "x"
    path.write_bytes(b"some head" + data)
    with io.BytesIO(b"some head" + data) if kind == "memory" else path.open("rb") as file:
        file.seek(9)
        for record in RECORDS:
            assert same(tg.load(file), record)
        assert file.tell() == 9 + len(data)
        with pytest.raises((ValueError, RuntimeError)):
            tg.load(file)


def test_old_files_of_pytorch_come_one_after_the_other_too() -> None:
    torch = pytest.importorskip("torch")
    file = io.BytesIO()
    for number in range(3):
        torch.save({"x": torch.full((2,), number)}, file, _use_new_zipfile_serialization=False)
    tg.save({"x": tg.full((2,), 3)}, file)
    file.seek(0)
    for number in range(4):
        np.testing.assert_array_equal(tg.load(file)["x"].numpy(), [number] * 2)


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_no_record_may_not_follow_and_a_path_has_one(format: str, tmp_path: Path) -> None:
    file = io.BytesIO()
    tg.save(RECORDS[0], file, format=format)
    one = file.getvalue()
    for rest in (b"\0", b"PK", b"\xff" * 30, os.urandom(8) + b"x" * 20):
        with pytest.raises((ValueError, RuntimeError)):
            tg.load(io.BytesIO(one + rest))
    path = tmp_path / "x"
    path.write_bytes(one + one)
    with pytest.raises((ValueError, RuntimeError)):
        tg.load(path)
    # A second one that is cut off does not hide the first.
    cut = io.BytesIO(one + one[:-3])
    assert same(tg.load(cut), RECORDS[0])
    with pytest.raises((ValueError, RuntimeError)):
        tg.load(cut)
