"""Messages between a loader and its worker processes: batches go as they lie in memory.

What is sent comes from a process that the loader has started itself.  The numbers of tensors and
arrays are written to the pipe from where they are, and read from it to where they stay.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any

import topograd as tg
from topograd._C import Tensor


def _tensor_of(array: Any, name: str, shape: tuple[int, ...], requires_grad: bool) -> Tensor:
    dtype = getattr(tg, name)
    if not array.flags.writeable:
        array = array.copy()
    tensor = tg.from_numpy(array)
    if tensor.dtype != dtype:
        tensor = tensor.view(dtype)
    tensor = tensor.reshape(shape)
    return tensor.requires_grad_() if requires_grad else tensor


def _parts_of(tensor: Tensor) -> tuple[Any, ...]:
    name = str(tensor.dtype).rpartition(".")[2]
    plain = tensor.detach().contiguous()
    flat = plain.reshape(-1)
    if tensor.dtype == tg.bfloat16:
        flat = flat.view(tg.int16)
    leaf = tensor.requires_grad and tensor.is_leaf
    return _tensor_of, (flat.numpy(), name, tuple(tensor.shape), leaf)


def send(connection: Connection, value: Any) -> None:
    """Sends any object that can be pickled."""
    body = io.BytesIO()
    buffers: list[memoryview] = []
    pickler = ForkingPickler(body, 5, True, lambda buffer: buffers.append(buffer.raw()))
    # Of this message only; elsewhere tensors are pickled as ever.
    pickler.dispatch_table = {**pickler.dispatch_table, Tensor: _parts_of}
    pickler.dump(value)
    connection.send([buffer.nbytes for buffer in buffers])
    connection.send_bytes(body.getbuffer())
    for buffer in buffers:
        if hasattr(os, "writev"):
            _write(connection.fileno(), buffer)
        else:
            connection.send_bytes(buffer)


def receive(connection: Connection) -> Any:
    """The next object; raises EOFError or OSError when the other side is gone."""
    sizes: Sequence[int] = connection.recv()
    body = connection.recv_bytes()
    buffers = []
    for size in sizes:
        memory = tg.empty(size, dtype=tg.uint8).numpy()  # aligned, and of the library's own cache
        if not hasattr(os, "readv"):
            connection.recv_bytes_into(memory)
        elif size:
            _read(connection.fileno(), memoryview(memory))
        buffers.append(memory)
    return ForkingPickler.loads(body, buffers=buffers)


def _write(descriptor: int, data: memoryview) -> None:
    while data.nbytes:
        data = data[os.write(descriptor, data) :]


def _read(descriptor: int, room: memoryview) -> None:
    while room.nbytes:
        count = os.readv(descriptor, [room])
        if count == 0:
            raise EOFError
        room = room[count:]
