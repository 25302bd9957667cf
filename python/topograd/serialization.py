"""save and load: tensors and plain containers of them in one safetensors file, never by pickle.

The tensors are the entries of the file, under their paths ("model.0.weight"), so that other
programs read them too; the containers around them stand as JSON in the file's metadata.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import OrderedDict
from os import PathLike, fspath
from typing import Any

from topograd import _C
from topograd._C import Tensor

STRUCTURE_KEY = "topograd.structure"
MAX_DEPTH = 100
SCALARS = (bool, int, float, str, type(None))
_KINDS: dict[str, type] = {"dict": dict, "ordered_dict": OrderedDict, "list": list, "tuple": tuple}
_PICKLE_STARTS = (b"PK\x03\x04", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def save(obj: Any, f: str | PathLike[str]) -> None:
    """Writes an object to a safetensors file; the file appears whole or not at all.

    obj: tensors, numbers, strings, bools, None, and dictionaries, lists and tuples of them, such as
    a `state_dict`.  Of a view only what it shows is stored; a tensor that occurs twice is stored
    once, and is one tensor again after loading.  Raises TypeError for another object, saying where
    it is.

    >>> import os, tempfile
    >>> import topograd as tg
    >>> path = os.path.join(tempfile.mkdtemp(), "model.safetensors")
    >>> tg.save({"model": tg.nn.Linear(2, 1).state_dict(), "epoch": 3}, path)
    >>> checkpoint = tg.load(path)
    >>> checkpoint["epoch"], list(checkpoint["model"])
    (3, ['weight', 'bias'])
    """
    path = _checked_path("save", f)
    import json

    writer = _Writer()
    structure = json.dumps(writer.encode(obj, "", 0), separators=(",", ":"))
    _C.save_safetensors(path, writer.tensors, {STRUCTURE_KEY: structure})


def load(f: str | PathLike[str], map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Reads what `save` wrote; of another program's safetensors file, a dictionary of its tensors.

    map_location: the device to put the tensors on (default: the CPU).  weights_only is accepted: no
    code from a file is ever run.  Raises OSError (FileNotFoundError, IsADirectoryError, …) where
    there is no file to read, RuntimeError for a pipe or a device, and RuntimeError or ValueError
    for a file that is not a safetensors file.

    >>> import os, tempfile
    >>> import topograd as tg
    >>> path = os.path.join(tempfile.mkdtemp(), "x.safetensors")
    >>> tg.save(tg.ones(2), path)
    >>> tg.load(path).tolist()
    [1.0, 1.0]
    """
    path = _checked_path("load", f)
    try:
        tensors, metadata = _C.load_safetensors(path)
    except (RuntimeError, ValueError) as error:
        # Only now: the length of a header, which comes first, can have these bytes too.
        if _first_bytes(path).startswith(_PICKLE_STARTS):
            raise RuntimeError(
                f"load: '{path}' looks like a file of torch.save, which holds a pickle; topograd "
                "reads safetensors only: convert it in PyTorch with safetensors.torch.save_file"
            ) from error
        raise
    if map_location is not None:
        tensors = {name: tensor.to(map_location) for name, tensor in tensors.items()}
    if STRUCTURE_KEY not in metadata:
        return tensors
    import json

    try:
        return _decode(json.loads(metadata[STRUCTURE_KEY]), tensors)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise RuntimeError(f"load: the structure in '{path}' is damaged: {error!r}") from error


def _checked_path(name: str, f: Any) -> str:
    if not isinstance(f, (str, PathLike)):
        raise TypeError(f"{name}: expected a path, got {type(f).__name__}")
    path = fspath(f)
    if not isinstance(path, str):
        raise TypeError(f"{name}: expected a path of str, got one of {type(path).__name__}")
    _check_text(name, "a path", path)
    return path


def _check_text(name: str, what: str, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}: expected {what} of valid Unicode, got {text!r}") from None


def _first_bytes(path: str) -> bytes:
    """The first bytes of a file that could not be loaded; raises OSError if there is no file."""
    if "\0" in path:
        return b""
    try:
        # Without O_NONBLOCK a pipe would wait here for somebody who writes.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise OSError(error.errno, f"load: {error.strerror}", path) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            reason = os.strerror(errno.EISDIR)
            raise OSError(errno.EISDIR, f"load: expected a file: {reason}", path)
        return os.read(descriptor, 4) if stat.S_ISREG(mode) else b""
    finally:
        os.close(descriptor)


class _Writer:
    """Collects the tensors of an object, and describes the rest as JSON values.

    A scalar describes itself; anything else is a list whose first element is its kind:
    ["tensor", name, requires_grad], ["list", […]], ["dict", [[key, value], …]].
    """

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._names: dict[Any, str] = {}

    def encode(self, value: Any, path: str, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError(
                f"save: containers are nested deeper than {MAX_DEPTH}, or one contains itself, "
                f"at '{path[:60]}…'"
            )
        if type(value) in SCALARS:
            return value
        if isinstance(value, Tensor):
            return ["tensor", self._store(value, path), value.requires_grad and value.is_leaf]
        if type(value) in (dict, OrderedDict):
            kind = "dict" if type(value) is dict else "ordered_dict"
            return [
                kind,
                [self._encode_item(key, item, path, depth) for key, item in value.items()],
            ]
        if type(value) is list or (isinstance(value, tuple) and not hasattr(value, "_fields")):
            kind = "list" if type(value) is list else "tuple"
            items = [
                self.encode(item, f"{path}.{position}" if path else str(position), depth + 1)
                for position, item in enumerate(value)
            ]
            return [kind, items]
        raise TypeError(
            "save: expected tensors, numbers, strings, None, and dicts, lists and tuples of them, "
            f"got {type(value).__name__} at '{path}'" + _advice(value)
        )

    def _encode_item(self, key: Any, item: Any, path: str, depth: int) -> list[Any]:
        if type(key) not in SCALARS:
            raise TypeError(f"save: expected a scalar as key, got {type(key).__name__} at '{path}'")
        if isinstance(key, str):
            _check_text("save", f"a key at '{path}'", key)
        return [key, self.encode(item, f"{path}.{key}" if path else str(key), depth + 1)]

    def _store(self, tensor: Tensor, path: str) -> str:
        # The same memory seen in the same way is the same tensor: detach() and state_dict() make
        # new handles of it.
        where = (str(tensor.dtype), str(tensor.device), tensor.data_ptr())
        view = (*where, tuple(tensor.shape), tuple(tensor.stride()))
        if tensor.numel() and view in self._names:
            return self._names[view]
        name = path or "tensor"
        number = 2
        while name in self.tensors or name == "__metadata__":
            name = f"{path or 'tensor'}#{number}"
            number += 1
        self._names[view] = name
        self.tensors[name] = tensor.detach()
        return name


def _advice(value: Any) -> str:
    return "; save its state_dict()" if hasattr(value, "state_dict") else ""


def _decode(node: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(node, list):
        return node
    kind, *content = node
    if kind == "tensor":
        name, requires_grad = content
        tensor = tensors[name]
        return tensor.requires_grad_() if requires_grad else tensor
    (items,) = content
    if kind in ("dict", "ordered_dict"):
        return _KINDS[kind]((key, _decode(item, tensors)) for key, item in items)
    return _KINDS[kind](_decode(item, tensors) for item in items)
