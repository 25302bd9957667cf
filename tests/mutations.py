"""Files with small damage, of every kind that `load` reads: for test_mutated_files.

A mutation is made from its kind and its number alone, so that what a failure names can be made
again: `python tests/mutations.py KIND NUMBER > file`.
"""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import topograd as tg
from torch_pickles import archive, called, named, number, numbers, tensor, text

INTERESTING = [
    0,
    1,
    2,
    0x7F,
    0x80,
    0xFF,
    ord("["),
    ord("{"),
    ord('"'),
    ord("("),
    ord("."),
    ord("-"),
]
WIDE = [0, 1, -1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, -(2**63), 2**40]


def _own() -> bytes:
    x = tg.arange(12).float().view(3, 4)
    obj = {
        "state": tg.nn.Linear(3, 2).state_dict(),
        "views": [x, x.T, x[1, 1:3], tg.ones(1).expand(5)],
        "kinds": [tg.arange(3).to(d) for d in (tg.bool, tg.complex128, tg.bfloat16, tg.int8)],
        "plain": [1, -2.5, None, True, "text", b"bytes", 1j, (1, 2), {3}, 2**70, float("nan")],
        "more": [tg.Size([1]), tg.float32, slice(1, 2), range(3), np.arange(3), np.float32(2)],
        (1, "key"): tg.nn.Parameter(tg.ones(2)),
    }
    return _saved(obj)


def _saved(obj: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    tg.save(obj, buffer, **options)
    return buffer.getvalue()


def _structure() -> bytes:
    """The JSON within the JSON of a file of our own."""
    data = _own()
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return str(header["__metadata__"]["topograd.structure"]).encode()


def _with_structure(structure: bytes) -> bytes:
    if "own" not in _seeds:
        _seeds["own"] = _own()
    data = _seeds["own"]
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    header["__metadata__"]["topograd.structure"] = structure.decode("latin1")
    text_ = json.dumps(header).encode()
    return struct.pack("<Q", len(text_)) + text_ + data[begin:]


def _foreign() -> bytes:
    entries = {"__metadata__": {"format": "pt", "note": "\u00fc"}}
    begin = 0
    for name, dtype, size, count in [("w", "F32", 4, 6), ("b", "I64", 8, 2), ("m", "BOOL", 1, 8)]:
        end = begin + size * count
        entries[name] = {"dtype": dtype, "shape": [2, count // 2], "data_offsets": [begin, end]}
        begin = end
    header = json.dumps(entries).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * begin


def _pickle() -> bytes:
    """What stands in data.pkl: every part of the language that is read."""
    array = called("numpy._core.multiarray", "_reconstruct", named("numpy", "ndarray"), b"K\0\x85",
                   b"C\1b")  # fmt: skip
    dtype = called("numpy", "dtype", text("f8"), b"\x89", b"\x88")
    state = b"(K\1" + numbers((2,)) + dtype + b"\x89C\x10" + b"\0" * 16 + b"tb"
    items = [
        tensor(), b"q\0", b"h\0", array + state, called("torch", "Size", numbers((1, 2))),
        called("torch", "device", text("cuda"), b"K\0"), named("torch", "float16"),
        called("_codecs", "encode", text("ab"), text("latin1")), b"G\x3f\xf0" + b"\0" * 6,
        b"\x8f(K\1K\2\x90", b"(K\1\x91", b"](K\1\x8a\x01\x05e", b"]K\1a", b"}K\1K\2s", b"K\1\x85",
        b"\x8c\x01a", b"C\x01a", b"M\1\1", b"J\1\1\1\1", b"U\1a", b"\x96\1" + b"\0" * 7 + b"a",
        called("torch._utils", "_rebuild_parameter", tensor(key="1"), b"\x88",
               called("collections", "OrderedDict")),
        called("collections", "OrderedDict") + b"(X\1\0\0\0aK\1u}X\x09\0\0\0_metadata}sb",
        called("collections", "Counter", b"}(X\1\0\0\0aK\1u"),
        named("argparse", "Namespace") + b")\x81}X\1\0\0\0aK\1sb",
        called("collections", "defaultdict", named("builtins", "list")), number(2**40),
    ]  # fmt: skip
    return b"](" + b"".join(i if i != b"q\0" else b"q\0" for i in items) + b"e"


STORAGES = (struct.pack("<6f", *range(6)), b"\0" * 24)


def _stream() -> bytes:
    """The format of PyTorch before 1.6."""
    heads = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."
    heads += b"\x80\x02}(" + text("little_endian") + b"\x88" + text("protocol_version") + b"M\1\1u."
    keys = b"\x80\x02](" + text("0") + text("1") + b"e."
    data = b"".join(struct.pack("<Q", 6) + s for s in STORAGES)
    return heads + b"\x80\x02" + _pickle() + b"." + keys + data


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.arange(6, dtype=np.int16).reshape(2, 3))
    return buffer.getvalue()


def _npz() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, a=np.zeros(300), b=np.array(["x"]), c=np.array(True))
    return buffer.getvalue()


def _in_npz(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.npy", data)
    return buffer.getvalue()


# Kind -> what is damaged, and what is made of it then: inside an archive the checksums are right.
KINDS: dict[str, tuple[Callable[[], bytes], Callable[[bytes], bytes]]] = {
    "own": (_own, bytes),
    "structure of our own": (_structure, _with_structure),
    "safetensors": (_foreign, bytes),
    "zip of PyTorch": (lambda: _saved(OrderedDict(a=tg.ones(3), b=[1]), format="torch"), bytes),
    "pickle of PyTorch": (_pickle, lambda data: archive(data, STORAGES)),
    "stream of PyTorch": (_stream, bytes),
    "npz": (_npz, bytes),
    "npy": (_npy, bytes),
    "npy in npz": (_npy, _in_npz),
}


def damaged(data: bytes, draw: random.Random) -> bytes:
    """The bytes with one to four small changes."""
    result = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        at = draw.randrange(len(result) + 1)
        change = draw.randrange(8)
        length = draw.choice((1, 1, 2, 4, 8, 30))
        if change == 0 and at < len(result):
            result[at] ^= 1 << draw.randrange(8)
        elif change == 1 and at < len(result):
            result[at] = draw.choice(INTERESTING)
        elif change == 2:
            del result[at : at + length]
        elif change == 3:
            result[at:at] = bytes(draw.choice(INTERESTING) for _ in range(length))
        elif change == 4:
            other = draw.randrange(len(result) + 1)
            result[at:at] = result[other : other + length]
        elif change == 5:
            wide = struct.pack("<q", draw.choice(WIDE))[: draw.choice((4, 8))]
            result[at : at + len(wide)] = wide
        elif change == 6 and at < len(result):
            result[at] = draw.randrange(256)
        elif change == 7 and draw.randrange(4) == 0:
            del result[at:]
    return bytes(result)


def mutation(kind: str, number_: int) -> bytes:
    """One damaged file."""
    make, pack = KINDS[kind]
    if kind not in _seeds:
        tg.manual_seed(0)
        _seeds[kind] = make()
    return pack(damaged(_seeds[kind], random.Random(f"{kind} {number_}")))


_seeds: dict[str, bytes] = {}


def tensors_in(value: Any) -> Iterator[Any]:
    """All tensors in nested containers; a container that is met again is not walked again."""
    waiting, seen = [value], set()
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, tg.Tensor):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one.values())
        elif isinstance(one, (list, tuple, set, frozenset)):
            waiting.extend(one)


if __name__ == "__main__":
    sys.stdout.buffer.write(mutation(sys.argv[1], int(sys.argv[2])))
