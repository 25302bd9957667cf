"""Files of torch.save: zip archives, and the single streams of PyTorch before 1.6.

Only data is read: see _opcodes.py for how, and _torch_names.py for what.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd.serialization._location import Locate
from topograd.serialization._opcodes import Known, Machine, Malformed, Refused
from topograd.serialization._sources import Source
from topograd.serialization._structure import check_layout
from topograd.serialization._torch_names import StorageKind, common_name, set_state
from topograd.serialization._values import dtype_name
from topograd.serialization._zip import Archive

OBJECT = "data.pkl"
MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
HEAD_BYTES = 4096  # more than magic number, version and description of the machine take
# Gives the elements of a storage: dtype, key, where it was, number of elements.
Fetch = Callable[[tg.dtype, str, str, int], Tensor]
DAMAGE = (
    AttributeError,
    IndexError,
    KeyError,
    Malformed,
    MemoryError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
)


def read_archive(
    source: Source, archive: Archive, locate: Locate, encoding: str, verify: bool
) -> Any:
    """The object in a zip file of torch.save."""
    root = next(name for name in archive.members if name.endswith(OBJECT))[: -len(OBJECT)]
    if f"{root}constants.pkl" in archive.members:
        raise _error(
            source,
            "it is a program of TorchScript; topograd runs no code from files. In PyTorch: "
            "torch.save(torch.jit.load(path).state_dict(), new_path)",
        )
    storages: dict[str, tuple[tg.dtype, Tensor]] = {}

    def fetch(dtype: tg.dtype, key: str, location: str, count: int) -> Tensor:
        if key not in storages:
            member = archive.members.get(f"{root}data/{key}")
            if member is None or member.size != count * dtype.itemsize:
                raise Malformed(f"the storage {key!r:.40} of {count} {dtype_name(dtype)}")
            flat = archive.tensor(member.name, dtype, verify)
            storages[key] = dtype, _checked(flat, locate, location)
        return _agreeing(storages[key], dtype, key, count)

    try:
        order = archive.members.get(f"{root}byteorder")
        if order is not None and archive.read(order.name) != b"little":
            raise Refused("its numbers are big-endian, which is not read")
        return _run(archive.read(root + OBJECT), fetch, encoding)[0]
    except (Refused, *DAMAGE) as error:
        raise _error(source, error) from error


def read_stream(source: Source, locate: Locate, encoding: str) -> Any:
    """The object in a file of torch.save before PyTorch 1.6, or of its old serialization.

    Four pickles — magic number, version, machine, the object — and the keys of the storages; then
    their elements.
    """
    data = memoryview(source.read(0, source.size))
    try:
        magic, at = _run(data[:HEAD_BYTES], _no_storage, encoding)
    except (Refused, *DAMAGE):
        magic, at = None, 0
    if type(magic) is not int or magic != MAGIC:
        raise _error(source, "it begins like a pickle, but not like one of torch.save")
    try:
        version, length = _run(data[at : at + HEAD_BYTES], _no_storage, encoding)
        at += length
        machine, length = _run(data[at : at + HEAD_BYTES], _no_storage, encoding)
        at += length
        if version != PROTOCOL:
            raise Refused("it is of a version of PyTorch's format that is not read")
        if not isinstance(machine, dict) or machine.get("little_endian") is not True:
            raise Refused("its numbers are big-endian, which is not read")
        return _run(data[at:], _stream_storages(source, data, at, locate, encoding), encoding)[0]
    except (Refused, *DAMAGE) as error:
        raise _error(source, error) from error


def _stream_storages(
    source: Source, data: memoryview, at: int, locate: Locate, encoding: str
) -> Fetch:
    """Finds the storages behind the pickle, whose sizes stand only in it: it is run twice."""
    kinds: dict[str, tuple[tg.dtype, str, int]] = {}

    def note(dtype: tg.dtype, key: str, location: str, count: int) -> Tensor:
        known = kinds.setdefault(key, (dtype, location, count))
        if known[2] * known[0].itemsize != count * dtype.itemsize:
            raise Malformed(f"the storage {key!r:.40} has two sizes")
        return tg.empty(0, dtype=dtype)

    _, length = _run(data[at:], note, encoding, only_storages=True)
    at += length
    keys, length = _run(data[at:], _no_storage, encoding)
    at += length
    if type(keys) is not list or sorted(map(str, keys)) != sorted(kinds):
        raise Malformed("the list of its storages")
    storages: dict[str, tuple[tg.dtype, Tensor]] = {}
    for key in keys:
        dtype, location, count = kinds[key]
        if int.from_bytes(data[at : at + 8], "little") != count:
            raise Malformed(f"the storage {key!r:.40} has another size")
        at += 8
        if at + count * dtype.itemsize > source.size:
            raise Malformed(f"the storage {key!r:.40} reaches beyond the file")
        flat = source.tensor(at, (count,), dtype)
        at += count * dtype.itemsize
        storages[key] = dtype, _checked(flat, locate, location)
    if not source.ends_at(at):
        raise Malformed("something follows its storages")

    def fetch(dtype: tg.dtype, key: str, location: str, count: int) -> Tensor:
        return _agreeing(storages[key], dtype, key, count)

    return fetch


def _no_storage(dtype: tg.dtype, key: str, location: str, count: int) -> Tensor:
    raise Malformed("a storage where none can be")


def _checked(flat: Tensor, locate: Locate, location: str) -> Tensor:
    if flat.dtype == tg.bool:
        _C.check_booleans("a storage", flat)
    return locate(flat, location)


def _agreeing(known: tuple[tg.dtype, Tensor], dtype: tg.dtype, key: str, count: int) -> Tensor:
    _, flat = known
    if flat.dtype != dtype:
        flat = flat.view(tg.uint8).view(dtype)
    if flat.numel() != count:
        raise Malformed(f"the storage {key!r:.40} has two sizes")
    return flat


def _run(
    data: bytes | memoryview, fetch: Fetch, encoding: str, only_storages: bool = False
) -> tuple[Any, int]:
    """The object of a pickle, and how many bytes the pickle has."""
    rebuild = _skipped if only_storages else _rebuilt
    calls = {
        "torch._utils._rebuild_tensor": rebuild,
        "torch._utils._rebuild_tensor_v2": rebuild,
        "torch._utils._rebuild_tensor_v3": rebuild if only_storages else _rebuilt_as,
    }

    def find(module: str, name: str) -> Any:
        full = f"{module}.{name}"
        return Known(full, calls[full]) if full in calls else common_name(module, name)

    def persistent(reference: Any) -> Tensor:
        if type(reference) is not tuple or len(reference) not in (5, 6):
            raise Malformed("a reference that is none of torch.save")
        what, kind, key, location, count, *view = reference
        if view and view[0] is not None:
            raise Refused("views of storages of PyTorch before 0.4 are not read")
        if what != "storage" or not isinstance(kind, StorageKind) or type(count) is not int:
            raise Malformed("a reference to what is no storage")
        if not isinstance(key, str) or not isinstance(location, str) or not 0 <= count < 2**60:
            raise Malformed("a reference to a storage")
        return fetch(kind.dtype, key, location, count)

    machine = Machine(data, find, persistent, set_state, encoding)
    return machine.run(), machine.at


def _skipped(*_: Any) -> Tensor:
    return tg.empty(0)


def _rebuilt(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    hooks: Any = None,
    marks: Any = None,
) -> Tensor:
    if not isinstance(storage, Tensor):
        raise Malformed("a tensor without storage")
    for numbers in (size, stride):
        if not isinstance(numbers, tuple) or not all(type(n) is int for n in numbers):
            raise Malformed("the layout of a tensor")
    if type(offset) is not int:
        raise Malformed("the offset of a tensor")
    itemsize = storage.element_size()
    check_layout(size, stride, offset * itemsize, storage.numel() * itemsize, itemsize)
    tensor = storage.as_strided(tuple(size), tuple(stride), offset)
    tensor = _with_marks(tensor, {} if marks is None else marks)
    return tensor.requires_grad_() if requires_grad is True else tensor


def _rebuilt_as(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any,
    hooks: Any,
    dtype: Any,
    marks: Any = None,
) -> Tensor:
    if not isinstance(storage, Tensor) or not isinstance(dtype, tg.dtype):
        raise Malformed("a tensor without storage or dtype")
    block = storage.view(tg.uint8).view(dtype)
    return _rebuilt(block, offset, size, stride, requires_grad, hooks, marks)


def _with_marks(tensor: Tensor, marks: Any) -> Tensor:
    """PyTorch can store a tensor as what has still to be conjugated or negated."""
    if type(marks) is not dict or not marks.keys() <= {"conj", "neg"}:
        raise Refused("it holds a tensor with marks of a kind that is not read")
    if marks.get("conj") is True:
        tensor = tg.conj(tensor)
    return -tensor if marks.get("neg") is True else tensor


def _error(source: Source, reason: object) -> RuntimeError:
    text = f"{reason}" if isinstance(reason, (str, Refused)) else f"it is damaged: {reason}"
    return RuntimeError(f"load: can not read '{source.name}': {text[:600]}")
