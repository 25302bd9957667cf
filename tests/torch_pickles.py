"""Pickles and zip files written by hand, as hostile files are: for test_torch_files."""

from __future__ import annotations

import io
import struct
import zipfile


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def numbers(values):
    return b"(" + b"".join(map(number, values)) + b"t"


def named(module, name):
    return f"c{module}\n{name}\n".encode()


def called(module, name, *arguments):
    """The call of a name with arguments that are pickled already."""
    return named(module, name) + b"(" + b"".join(arguments) + b"tR"


def storage(count, key="0", kind="FloatStorage", where="cpu"):
    head = text("storage") + named("torch", kind) + text(key) + text(where)
    return b"(" + head + number(count) + b"tQ"


def tensor(count=6, offset=0, size=(2, 3), stride=(3, 1), **of_storage):
    hooks = called("collections", "OrderedDict")
    return called(
        "torch._utils",
        "_rebuild_tensor_v2",
        storage(count, **of_storage),
        number(offset),
        numbers(size),
        numbers(stride),
        b"\x89",
        hooks,
    )


def archive(pickle, storages=(b"\0" * 24,), method=zipfile.ZIP_STORED, **more):
    """A file of torch.save with this pickle, and these storages under their numbers."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        file.writestr("archive/data.pkl", b"\x80\x02" + pickle + b".")
        file.writestr("archive/version", "3\n")
        for number_, data in enumerate(storages):
            file.writestr(f"archive/data/{number_}", data)
        for name, data in more.items():
            file.writestr(f"archive/{name}", data)
    return buffer.getvalue()
