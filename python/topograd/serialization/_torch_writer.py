"""What `torch.load(weights_only=True)` accepts: a zip archive with a pickle of plain data.

The pickle is written instruction by instruction; equal content gives equal bytes.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict, deque
from collections.abc import Iterator
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.serialization._sharing import Place, contiguous_strides, placed
from topograd.serialization._sinks import Piece
from topograd.serialization._structure import MAX_DEPTH, advice, is_parameter
from topograd.serialization._torch_names import STORAGES
from topograd.serialization._values import dtype_name
from topograd.serialization._zip import pieces as zip_pieces

ROOT = "archive"
_STORAGE_OF = {dtype: name for name, dtype in STORAGES.items() if name != "UntypedStorage"}


def pieces(obj: Any) -> Iterator[Piece]:
    """What a file of this object consists of, in order."""
    tensors: list[Tensor] = []
    # Once to collect the tensors, whose places the pickle has to tell.
    _Pickle(tensors, None).document(obj)
    blocks, places = placed(tensors)
    for tensor, place in zip(tensors, places, strict=True):
        if blocks[place.block].dtype != tensor.dtype:
            raise RuntimeError(
                "save: tensors that view one memory as different dtypes can not be written in "
                f"PyTorch's format: {dtype_name(tensor.dtype)} of shape {tuple(tensor.shape)} "
                "among them; clone() one of them"
            )
    pickle = _Pickle([], (blocks, places)).document(obj)
    members: list[tuple[str, Piece]] = [
        (f"{ROOT}/data.pkl", pickle),
        (f"{ROOT}/.format_version", b"1"),
        (f"{ROOT}/.storage_alignment", b"64"),
        (f"{ROOT}/byteorder", b"little"),
    ]
    members += [(f"{ROOT}/data/{i}", block) for i, block in enumerate(blocks)]
    members.append((f"{ROOT}/version", b"3\n"))
    return zip_pieces(members)


class _Pickle:
    """Writes the instructions of protocol 2 that build an object.

    tensors: is filled with the tensors in order.  layout: their blocks and places, once known.
    """

    def __init__(
        self, tensors: list[Tensor], layout: tuple[list[Tensor], list[Place]] | None
    ) -> None:
        self._tensors = tensors
        self._layout = layout
        self._out = bytearray()
        self._memo: dict[int, int] = {}

    def document(self, obj: Any) -> bytes:
        """The whole pickle of an object."""
        self._out += b"\x80\x02"
        self._value(obj, "", 0)
        self._out += b"."
        return bytes(self._out)

    def _value(self, value: Any, path: str, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError(
                f"save: containers are nested deeper than {MAX_DEPTH}, or one contains itself, "
                f"at '{path[:60]}…'"
            )
        if isinstance(value, Tensor):
            self._tensor(value)
        elif not self._scalar(value) and not self._container(value, path, depth):
            kind = type(value).__name__
            raise TypeError(
                "save: expected tensors, numbers, strings, None, and dicts, lists, tuples and sets "
                f"of them for PyTorch's format, got {kind} at '{path}'" + advice(value)
            )

    def _scalar(self, value: Any) -> bool:
        kind = type(value)
        if kind.__module__ == "numpy" and hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
            # PyTorch reads no scalars of NumPy by default.
            value = value.item()
            kind = type(value)
        if value is None or kind is bool:
            self._out += {None: b"N", True: b"\x88", False: b"\x89"}[value]
        elif kind is int:
            self._int(value)
        elif kind is float:
            self._out += b"G" + struct.pack(">d", value)
        elif kind is str:
            data = value.encode("utf-8", "surrogatepass")
            self._out += b"X" + struct.pack("<I", len(data)) + data
        elif kind in (bytes, bytearray, complex):
            self._called(value)
        elif isinstance(value, tg.dtype):
            self._name("torch", dtype_name(value))
        elif isinstance(value, tg.device):
            self._name("torch", "device")
            self._arguments(value.type, *(() if value.index is None else (value.index,)))
        elif isinstance(value, tg.Size):
            self._name("torch", "Size")
            self._arguments(tuple(value))
        else:
            return False
        return True

    def _called(self, value: Any) -> None:
        if isinstance(value, complex):
            self._name("builtins", "complex")
            self._arguments(value.real, value.imag)
            return
        if isinstance(value, bytearray):
            self._name("builtins", "bytearray")
            self._arguments(value.decode("latin1"), "latin-1")
            return
        self._name("_codecs", "encode")
        self._arguments(value.decode("latin1"), "latin1")

    def _int(self, value: int) -> None:
        if 0 <= value < 256:
            self._out += b"K" + struct.pack("<B", value)
        elif -(2**31) <= value < 2**31:
            self._out += b"J" + struct.pack("<i", value)
        else:
            data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
            short = len(data) < 256
            self._out += (
                b"\x8a" + struct.pack("<B", len(data))
                if short
                else (b"\x8b" + struct.pack("<i", len(data)))
            )
            self._out += data

    def _name(self, module: str, name: str) -> None:
        self._out += f"c{module}\n{name}\n".encode()

    def _arguments(self, *values: Any) -> None:
        """The arguments of a call, and the call."""
        self._tuple(values, "", 0)
        self._out += b"R"

    def _tuple(self, values: Any, path: str, depth: int) -> None:
        self._out += b"("
        self._values(values, path, depth)
        self._out += b"t"

    def _values(self, values: Any, path: str, depth: int) -> None:
        for position, value in enumerate(values):
            self._value(value, f"{path}.{position}" if path else str(position), depth + 1)

    def _container(self, value: Any, path: str, depth: int) -> bool:
        kind = type(value)
        if kind is list or kind is deque:
            self._out += b"](" if value else b"]"
            self._values(value, path, depth)
            self._out += b"e" if value else b""
        elif isinstance(value, tuple):
            # Named tuples are classes of the program, which a file can not name.
            self._tuple(value, path, depth)
        elif kind in (set, frozenset):
            self._name("builtins", "set")
            self._out += b"("
            self._value(sorted(value, key=repr), path, depth)
            self._out += b"tR"
        elif kind in (dict, OrderedDict, Counter):
            self._mapping(value, path, depth)
        elif isinstance(value, dict) and kind.__module__ == "collections":
            self._mapping(dict(value), path, depth)
        else:
            return False
        return True

    def _mapping(self, value: Any, path: str, depth: int) -> None:
        if type(value) is OrderedDict:
            self._name("collections", "OrderedDict")
            self._arguments()
        elif type(value) is Counter:
            self._name("collections", "Counter")
            self._out += b"("
            self._mapping(dict(value), path, depth)
            self._out += b"tR"
            return
        else:
            self._out += b"}"
        if value:
            self._out += b"("
            for key, item in value.items():
                below = f"{path}.{key}" if path else str(key)
                if isinstance(key, tuple):
                    self._tuple(key, below, depth + 1)
                elif not self._scalar(key):
                    raise TypeError(
                        f"save: expected a scalar as key, got {type(key).__name__} at '{path}'"
                    )
                self._value(item, below, depth + 1)
            self._out += b"u"
        metadata = getattr(value, "_metadata", None)
        if metadata is not None:
            self._out += b"}"
            self._scalar("_metadata")
            self._value(metadata, f"{path}._metadata", depth + 1)
            self._out += b"sb"

    def _tensor(self, tensor: Tensor) -> None:
        if id(tensor) in self._memo:
            self._out += b"j" + struct.pack("<I", self._memo[id(tensor)])
            return
        number = len(self._memo)
        self._memo[id(tensor)] = number
        self._tensors.append(tensor)
        place, block = Place(0), tensor
        if self._layout is not None:
            place = self._layout[1][number]
            block = self._layout[0][place.block]
        requires_grad = tensor.requires_grad and tensor.is_leaf
        if is_parameter(tensor):
            self._name("torch._utils", "_rebuild_parameter")
            self._out += b"("
            self._plain_tensor(tensor, place, block, False)
            self._scalar(requires_grad)
            self._hooks()
            self._out += b"tR"
        else:
            self._plain_tensor(tensor, place, block, requires_grad)
        self._out += b"r" + struct.pack("<I", number)

    def _plain_tensor(
        self, tensor: Tensor, place: Place, block: Tensor, requires_grad: bool
    ) -> None:
        strides = place.strides
        if strides is None:
            strides = contiguous_strides(tensor.shape)
        self._name("torch._utils", "_rebuild_tensor_v2")
        self._out += b"(("
        self._scalar("storage")
        self._name("torch", _STORAGE_OF[dtype_name(tensor.dtype)])
        self._scalar(str(place.block))
        self._scalar("cpu")
        self._int(block.numel())
        self._out += b"tQ"
        self._int(place.offset // tensor.element_size())
        self._tuple(tensor.shape, "", 0)
        self._tuple(strides, "", 0)
        self._scalar(requires_grad)
        self._hooks()
        self._out += b"tR"

    def _hooks(self) -> None:
        self._name("collections", "OrderedDict")
        self._arguments()
