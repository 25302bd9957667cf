"""Python data as JSON values and the tensors it contains, and back.

A number, text, bool or None stands for itself; anything else is a list whose first element is its
kind: ["list", […]], ["dict", [[key, value], …]], ["dtype", "float32"]. Tensors are

- ["tensor", name, requires_grad]: an entry of the file as it is;
- ["view", name, requires_grad, dtype, shape, strides, offset]: a part of an entry that other
  tensors share, strides in elements, offset in bytes; also what has no dtype of its own in the
  format (complex128);
- ["parameter", node]: one of these as an nn.Parameter;
- ["array", dtype, shape, node] and ["scalar", dtype, base64]: of NumPy.
"""

from __future__ import annotations

import base64
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.serialization import _values
from topograd.serialization._sharing import Place, contiguous_strides, placed

MAX_DEPTH = 100
SCALARS = (bool, int, float, str, type(None))
METADATA_KEY = "__metadata__"


class Encoder:
    """Collects the tensors of an object while it describes the rest; then names what is stored."""

    def __init__(self) -> None:
        self._tensors: list[Tensor] = []
        self._paths: list[str] = []
        self._nodes: list[list[Any]] = []

    def encode(self, value: Any, path: str = "", depth: int = 0) -> Any:
        """The node of a value; those of tensors are complete after `blocks`."""
        if depth > MAX_DEPTH:
            raise ValueError(
                f"save: containers are nested deeper than {MAX_DEPTH}, or one contains itself, "
                f"at '{path[:60]}…'"
            )
        if type(value) in SCALARS:
            return _values.encode_number(value)
        if isinstance(value, Tensor):
            return self._tensor(value, path)
        simple = _values.encode_simple(value)
        if simple is not None:
            return simple
        container = _values.parts(value)
        if container is not None:
            return self._container(*container, path, depth)
        numpy = self._numpy(value, path)
        if numpy is not None:
            return numpy
        raise TypeError(
            "save: expected tensors, numbers, strings, None, and dicts, lists and tuples of them, "
            f"got {type(value).__name__} at '{path}'" + advice(value)
        )

    def _container(
        self, start: list[Any], items: list[Any], keyed: bool, path: str, depth: int
    ) -> list[Any]:
        nodes: list[Any] = []
        for position, item in enumerate(items):
            if not keyed:
                nodes.append(self.encode(item, _below(path, position), depth + 1))
                continue
            key, value = item
            key_node = self._key(key, path)
            nodes.append([key_node, self.encode(value, _below(path, key), depth + 1)])
        if start[0] in ("set", "frozenset"):
            # Their order is that of a run of the program; equal content gives equal bytes.
            nodes.sort(key=repr)
        return [*start, nodes]

    def _key(self, key: Any, path: str) -> Any:
        if isinstance(key, str):
            try:
                key.encode()
            except UnicodeEncodeError:
                raise ValueError(
                    f"save: expected a key at '{path}' of valid Unicode, got {key!r}"
                ) from None
        if type(key) in SCALARS:
            return _values.encode_number(key)
        if type(key) in (tuple, frozenset):
            kind = type(key).__name__
            return self._container([kind], [_key_part(part) for part in key], False, path, 0)
        node = _values.encode_simple(key)
        if node is None:
            raise TypeError(f"save: expected a scalar as key, got {type(key).__name__} at '{path}'")
        return node

    def _numpy(self, value: Any, path: str) -> Any:
        if type(value).__module__ != "numpy":
            return None
        import numpy as np

        if not isinstance(value, (np.ndarray, np.generic)):
            return None
        if value.dtype.hasobject or value.dtype.names is not None:
            raise TypeError(
                f"save: an array of {value.dtype} can not be stored, at '{path}'; convert it first"
            )
        little = value.dtype.newbyteorder("<")
        if isinstance(value, np.generic):
            return ["scalar", little.str, base64.b64encode(value.astype(little).tobytes()).decode()]
        # As bytes: every dtype of NumPy has them, also those that tensors lack.
        data = np.array(bytearray(value.astype(little, copy=False).tobytes()), np.uint8)
        node = self._tensor(tg.from_numpy(data), path)
        return ["array", little.str, list(value.shape), node]

    def _tensor(self, tensor: Tensor, path: str) -> list[Any]:
        node: list[Any] = [len(self._tensors), tensor.requires_grad and tensor.is_leaf]
        self._tensors.append(tensor)
        self._paths.append(path)
        self._nodes.append(node)
        return ["parameter", node] if is_parameter(tensor) else node

    def blocks(self) -> dict[str, Tensor]:
        """What is stored, by name; completes the nodes."""
        blocks, places = placed(self._tensors)
        names: list[str] = []
        stored: dict[str, Tensor] = {}
        for position, place in enumerate(places):
            if place.block == len(names):
                names.append(_free_name(self._paths[position] or "tensor", stored))
                block = blocks[place.block]
                stored[names[-1]] = (
                    tg.view_as_real(block) if block.dtype == tg.complex128 else block
                )
            tensor = self._tensors[position]
            self._nodes[position][:] = _tensor_node(
                names[place.block], place, tensor, self._nodes[position][1]
            )
        return stored


def _key_part(part: Any) -> Any:
    if type(part) not in (*SCALARS, bytes):
        raise TypeError(f"save: expected scalars in a key, got {type(part).__name__}")
    return part


def _below(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _free_name(path: str, taken: dict[str, Tensor]) -> str:
    name, number = path, 2
    while name in taken or name == METADATA_KEY:
        name = f"{path}#{number}"
        number += 1
    return name


def _tensor_node(name: str, place: Place, tensor: Tensor, requires_grad: bool) -> list[Any]:
    if place.strides is None and tensor.dtype != tg.complex128:
        return ["tensor", name, requires_grad]
    strides = place.strides
    if strides is None:
        strides = contiguous_strides(tensor.shape)
    dtype = _values.dtype_name(tensor.dtype)
    shape = list(tensor.shape)
    return ["view", name, requires_grad, dtype, shape, list(strides), place.offset]


def is_parameter(tensor: Tensor) -> bool:
    """Whether it is an nn.Parameter, of which this part of the package need not know."""
    return any(kind.__name__ == "Parameter" for kind in type(tensor).__mro__)


def as_parameter(tensor: Tensor, requires_grad: bool) -> Tensor:
    """An nn.Parameter over a tensor; the layers are imported by whoever loads one."""
    import importlib

    layers = importlib.import_module("topograd.nn.parameter")
    parameter: Tensor = layers.Parameter(tensor.detach(), requires_grad)
    return parameter


def advice(value: Any) -> str:
    """What to do with an object that can not be stored."""
    return "; save its state_dict()" if hasattr(value, "state_dict") else ""


class Decoder:
    """Builds the object again. Raises ValueError and the like for a damaged description."""

    def __init__(self, entries: dict[str, Tensor]) -> None:
        self._entries = entries
        self._made: dict[Any, Tensor] = {}

    def decode(self, node: Any, depth: int = 0) -> Any:
        """The value of a node."""
        if not isinstance(node, list):
            if isinstance(node, dict):
                raise ValueError("an object stands where a value is expected")
            return node
        if depth > 2 * MAX_DEPTH:
            raise ValueError("it is nested too deep")
        if not node or not isinstance(node[0], str):
            raise ValueError(f"expected a kind, got {node!r:.60}")
        kind, *content = node
        if kind in _values.SIMPLE:
            return _values.SIMPLE[kind](*content)
        if kind in _values.CONTAINERS:
            *start, nodes = content
            if not isinstance(nodes, list):
                raise ValueError(f"expected the parts of a {kind}, got {nodes!r:.40}")
            return _values.CONTAINERS[kind](*start, self._parts(kind, nodes, depth + 1))
        if kind in ("tensor", "view"):
            return self._tensor(node)
        if kind == "parameter":
            (inner,) = content
            return self._parameter(inner)
        if kind in ("array", "scalar"):
            return self._numpy(kind, *content)
        raise ValueError(f"there is no kind {kind!r:.40}")

    def _parts(self, kind: str, nodes: list[Any], depth: int) -> list[Any]:
        if kind not in _values.MAPPINGS:
            return [self.decode(node, depth) for node in nodes]
        return [(self.decode(key, depth), self.decode(value, depth)) for key, value in nodes]

    def _tensor(self, node: list[Any]) -> Tensor:
        key = repr(node)
        if key not in self._made:
            kind, name, requires_grad, *layout = node
            tensor = self._entries[name]
            tensor = view_of(tensor, *layout) if kind == "view" else tensor.detach()
            self._made[key] = tensor.requires_grad_() if requires_grad is True else tensor
        return self._made[key]

    def _parameter(self, node: Any) -> Tensor:
        key = repr(["parameter", node])
        if key not in self._made:
            self._made[key] = as_parameter(self._tensor(node), node[2] is True)
        return self._made[key]

    def _numpy(self, kind: str, descr: Any, *content: Any) -> Any:
        from topograd.serialization._numpy import array_from, plain_dtype

        dtype = plain_dtype(descr)
        if kind == "scalar":
            (text,) = content
            return array_from(base64.b64decode(text, validate=True), dtype, ())[()]
        shape, node = content
        _, name, *_ = node
        data = self._entries[name]
        return array_from(data.numpy().tobytes(), dtype, shape)


def view_of(block: Tensor, dtype: Any, shape: Any, strides: Any, offset: Any) -> Tensor:
    """A part of a stored block as a tensor; strides in elements, offset in bytes."""
    wanted = _values.dtype_called(dtype)
    flat = block.reshape(-1)
    size = wanted.itemsize
    if not isinstance(shape, list) or not isinstance(strides, list):
        raise ValueError("expected shape and strides")
    check_layout(shape, strides, offset, flat.numel() * flat.element_size(), size)
    if flat.dtype != wanted:
        whole = flat.view(tg.uint8)
        flat = whole[: whole.numel() // size * size].view(wanted)
    return flat.as_strided(tuple(shape), tuple(strides), offset // size)


def check_layout(shape: Any, strides: Any, offset: Any, available: int, itemsize: int) -> None:
    """Raises ValueError unless a layout stays within a block of bytes; offset is in bytes."""
    numbers = [*shape, *strides, offset]
    if len(shape) != len(strides) or len(shape) > 32:
        raise ValueError(f"{len(shape)} sizes and {len(strides)} strides do not fit together")
    if not all(type(n) is int and 0 <= n < 2**62 for n in numbers):
        # Without the numbers, whose digits can be as many as the file has bytes.
        raise ValueError("a size, stride or offset that no tensor can have")
    if offset % itemsize != 0:
        raise ValueError(f"offset {offset} is no multiple of {itemsize} bytes")
    count = 1
    for n in shape:
        count *= max(n, 1)
    reach = sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) + 1
    if count * itemsize >= 2**62:
        raise ValueError(f"shape {shape!r:.60} is too large")
    if 0 in shape:
        reach = 0
    if offset + reach * itemsize > available:
        raise ValueError(
            f"shape {shape} with strides {strides} from byte {offset} on does not lie within "
            f"{available} bytes"
        )
