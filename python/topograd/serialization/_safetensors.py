"""The own format: a safetensors file with the structure of the object in its metadata."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import topograd as tg
from topograd import _C
from topograd._C import Tensor
from topograd.serialization._location import Locate
from topograd.serialization._sinks import Piece
from topograd.serialization._sources import Source
from topograd.serialization._structure import METADATA_KEY, Decoder, Encoder

STRUCTURE_KEY = "topograd.structure"
LENGTH_BYTES = 8
# What reading a description that says nonsense can end in.
DAMAGE = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
)
MOST_HEADER_BYTES = 100_000_000  # that of the format's own library


def pieces(obj: Any) -> Iterator[Piece]:
    """What a file of this object consists of, in order."""
    encoder = Encoder()
    node = encoder.encode(obj)
    blocks = encoder.blocks()
    structure = json.dumps(node, separators=(",", ":"), allow_nan=False)
    header, names = _C.plan_safetensors(blocks, {STRUCTURE_KEY: structure})
    return iter([header, *(blocks[name] for name in names)])


def looks_like(source: Source, start: bytes) -> bool:
    """Whether a file begins with a length that is possible, and then a JSON object."""
    length = int.from_bytes(start[:LENGTH_BYTES], "little")
    return start[LENGTH_BYTES : LENGTH_BYTES + 1] == b"{" and length <= source.size - LENGTH_BYTES


def read(source: Source, locate: Locate) -> Any:
    """The object in a file; of another program's file, a dictionary of its tensors."""
    try:
        entries, metadata = _entries(source)
    except ValueError as error:
        raise ValueError(f"load: '{source.name}': {error}") from None
    entries = {name: _moved(tensor, locate) for name, tensor in entries.items()}
    structure = metadata.get(STRUCTURE_KEY)
    if structure is None:
        return entries
    try:
        return Decoder(entries).decode(json.loads(structure))
    except DAMAGE as error:
        raise RuntimeError(
            f"load: the structure in '{source.name}' is damaged: {error!r:.300}"
        ) from error


def _moved(tensor: Tensor, locate: Locate) -> Tensor:
    return locate(tensor.reshape(-1), "cpu").view(tensor.shape)


def _declared(text: bytes, available: int) -> int:
    """How many bytes of data a header describes, if that can be; else all that there are.

    The header is checked by who reads it; here, another record may follow its data.
    """
    try:
        header = json.loads(text)
        end = max((e["data_offsets"][1] for k, e in header.items() if k != METADATA_KEY), default=0)
        return end if type(end) is int and 0 <= end < available else available
    except DAMAGE:
        return available


def _entries(source: Source) -> tuple[dict[str, Tensor], dict[str, str]]:
    start = source.read(0, LENGTH_BYTES)
    if len(start) < LENGTH_BYTES:
        raise ValueError(
            f"not a safetensors file: it has {len(start)} bytes, fewer than the {LENGTH_BYTES} of "
            "a length"
        )
    length = int.from_bytes(start, "little")
    most = min(MOST_HEADER_BYTES, source.size - LENGTH_BYTES)
    if length > most:
        raise ValueError(
            f"not a safetensors file: its header would have {length} bytes, where {most} are "
            "possible"
        )
    text = source.read(LENGTH_BYTES, length)
    begin = LENGTH_BYTES + length
    data_bytes = source.size - begin
    if source.continues:
        declared = _declared(text, data_bytes)
        data_bytes = declared if source.ends_at(begin + declared) else data_bytes
    entries, metadata = _C.read_safetensors_header(text, data_bytes)
    tensors = {}
    for name, dtype, shape, at in entries:
        tensors[name] = source.tensor(begin + at, shape, dtype)
        if dtype == tg.bool:
            _C.check_booleans(name, tensors[name])
    return tensors, metadata
