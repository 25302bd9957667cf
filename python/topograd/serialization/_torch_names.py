"""The names that files of PyTorch may use, and what each of them makes here.

A name that is not on this list is refused; none of them is looked up in a module.
"""

from __future__ import annotations

import enum
import pathlib
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from functools import partial
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.serialization._numpy import array_from, plain_dtype
from topograd.serialization._opcodes import Known, Malformed, Refused, checked_key
from topograd.serialization._safe_globals import allowed_class, allowed_value, make_object
from topograd.serialization._structure import as_parameter
from topograd.serialization._values import DTYPES, FACTORIES

STORAGES = {
    "FloatStorage": "float32",
    "DoubleStorage": "float64",
    "HalfStorage": "float16",
    "BFloat16Storage": "bfloat16",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ShortStorage": "int16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "BoolStorage": "bool",
    "ComplexFloatStorage": "complex64",
    "ComplexDoubleStorage": "complex128",
    "UntypedStorage": "uint8",
}
NUMPY = (
    "numpy",
    "numpy.core.multiarray",
    "numpy._core.multiarray",
    "numpy.core.numeric",
    "numpy._core.numeric",
)
SAVE_STATE = (
    "topograd runs no code from files. Where the program that wrote it is trusted, save the state "
    "in PyTorch instead: torch.save(model.state_dict(), path), and load that"
)


class StorageKind:
    """torch.FloatStorage and the like, as a file names them."""

    def __init__(self, dtype: str) -> None:
        self.dtype = DTYPES[dtype]


def set_state(target: Any, state: Any) -> None:
    """What BUILD does: gives an object that is there its state. Everything is checked first."""
    if isinstance(target, OrderedDict):
        if type(state) is dict and "_metadata" in state:
            target._metadata = state["_metadata"]  # type: ignore[attr-defined]
    elif type(target).__name__ == "ndarray":
        if type(state) is not tuple or len(state) != 5:
            raise Malformed("the state of a NumPy array")
        _, shape, kind, fortran, data = state
        array = _array(data, kind, shape, fortran is True)
        target.__setstate__((1, shape, array.dtype, fortran is True, array.tobytes("A")))
    elif is_numpy_dtype(target):
        order = state[1] if type(state) is tuple and len(state) > 1 else None
        if order not in ("<", "|", "="):
            raise Refused("a big-endian array of NumPy is not read")
    elif isinstance(target, types.SimpleNamespace) or type(target).__name__ == "Namespace":
        if type(state) is not dict or not all(isinstance(key, str) for key in state):
            raise Malformed("the attributes of a namespace")
        vars(target).update(state)
    elif allowed_value(target) and type(state) is dict and all(isinstance(k, str) for k in state):
        vars(target).update(state)
    elif not isinstance(target, Tensor):
        # Attributes that a program gave to a tensor are left out.
        raise Malformed(f"a state for {type(target).__name__}")


def is_numpy_dtype(value: Any) -> bool:
    """Without importing NumPy for files that have nothing of it."""
    return any(
        kind.__name__ == "dtype" and kind.__module__ == "numpy" for kind in type(value).mro()
    )


def _numpy_dtype(descr: Any, *_: Any) -> Any:
    if not isinstance(descr, str):
        raise Malformed("a dtype of NumPy is no text")
    try:
        return plain_dtype(descr)
    except ValueError as error:
        raise Refused(f"a NumPy array: {error}") from None


def _numpy_array(*_: Any) -> Any:
    import numpy as np

    return np.empty(0, np.uint8)


def _array(data: Any, kind: Any, shape: Any, fortran: bool) -> Any:
    if isinstance(data, str):  # Python 2
        data = _latin1(data)
    if not is_numpy_dtype(kind) or not isinstance(data, (bytes, bytearray)):
        raise Malformed("a NumPy array")
    if type(shape) is not tuple or not all(type(n) is int for n in shape):
        raise Malformed("the shape of a NumPy array")
    return array_from(bytes(data), kind, shape, fortran)


def _latin1(text: Any, encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1", "iso-8859-1"):
        raise Refused("a text in another encoding than latin1 is not read")
    try:
        return text.encode("latin1")
    except UnicodeEncodeError:
        raise Malformed("bytes that stand as a text, but are none") from None


def _scalar(kind: Any, data: Any) -> Any:
    return _array(data, kind, (), False)[()]


def _from_buffer(data: Any, kind: Any, shape: Any, order: Any = "C") -> Any:
    return _array(data, kind, shape, order == "F")


def _items(of: Any) -> list[Any]:
    """The argument of list(…), set(…) and the like: only what is a container already."""
    if type(of) not in (list, tuple, set, frozenset, dict, OrderedDict):
        raise Malformed(f"a container of {type(of).__name__}")
    return list(of)


def _ordered(items: Any = ()) -> OrderedDict[Any, Any]:
    result: OrderedDict[Any, Any] = OrderedDict()
    pairs = items.items() if isinstance(items, dict) else _items(items)
    for pair in pairs:
        if type(pair) not in (list, tuple) or len(pair) != 2:
            raise Malformed("an OrderedDict of what are no pairs")
        result[checked_key(pair[0])] = pair[1]
    return result


def _counter(items: Any = None) -> Counter[Any]:
    result: Counter[Any] = Counter()
    if items is not None:
        if type(items) is not dict:
            raise Malformed("a Counter of no dict")
        for key, count in items.items():
            result[key] = count
    return result


def _default(factory: Any = None, items: Any = ()) -> Any:
    made = FACTORIES.get(factory.name.rpartition(".")[2]) if isinstance(factory, Known) else None
    if factory is not None and made is None:
        raise Refused("a defaultdict with a function of the program")
    return defaultdict(made, _ordered(items))


def _deque(items: Any = (), maxlen: Any = None) -> Any:
    if maxlen is not None and (type(maxlen) is not int or maxlen < 0):
        raise Malformed("the length of a deque")
    return deque(_items(items), maxlen)


def _whole(*numbers: Any) -> tuple[int, ...]:
    if not all(type(n) is int for n in numbers):
        raise Malformed("whole numbers are expected")
    return numbers


def _complex(real: Any, imaginary: Any = 0.0) -> complex:
    if not isinstance(real, (int, float)) or not isinstance(imaginary, (int, float)):
        raise Malformed("a complex number")
    return complex(real, imaginary)


def _bytearray(data: Any = b"", encoding: Any = "latin1") -> bytearray:
    if isinstance(data, str):
        data = _latin1(data, encoding)
    if not isinstance(data, (bytes, bytearray)):
        raise Malformed("a bytearray")
    return bytearray(data)


def _path(*parts: Any) -> pathlib.Path:
    if not all(isinstance(part, str) for part in parts):
        raise Malformed("a path")
    return pathlib.Path(*parts)


def _device(kind: Any = "cpu", number: Any = None) -> tg.device:
    if not isinstance(kind, str) or not (number is None or type(number) is int):
        raise Malformed("a device")
    return tg.device(kind if number is None else f"{kind}:{number}")


def _size(sizes: Any) -> tg.Size:
    return tg.Size(_whole(*_items(sizes)))


def _parameter(data: Any, requires_grad: Any = True, *_: Any) -> Tensor:
    if not isinstance(data, Tensor):
        raise Malformed("a parameter of no tensor")
    floating = data.dtype.is_floating_point or data.dtype.is_complex
    return as_parameter(data, requires_grad is True and floating)


def _rebuild_from_type(function: Any, kind: Any, arguments: Any, _: Any) -> Any:
    if not isinstance(function, Known) or function.call is None or type(arguments) is not tuple:
        raise Malformed("a tensor of a type of its own")
    made = function.call(*arguments)
    if isinstance(kind, Known) and kind.name == "torch.nn.parameter.Parameter":
        return _parameter(made, made.requires_grad)
    return made


def _namespace() -> Any:
    import argparse

    return argparse.Namespace()


def _reconstructed(kind: Any, *_: Any) -> Any:
    """copyreg._reconstructor: an object without state."""
    if not isinstance(kind, Known) or kind.new is None:
        raise Refused("an object of a class of the program")
    return kind.new()


CALLS: dict[str, Callable[..., Any] | None] = {
    "collections.OrderedDict": _ordered,
    "collections.Counter": _counter,
    "collections.defaultdict": _default,
    "collections.deque": _deque,
    "_codecs.encode": _latin1,
    "builtins.list": lambda items=(): _items(items),
    "builtins.tuple": lambda items=(): tuple(_items(items)),
    "builtins.set": lambda items=(): set(map(checked_key, _items(items))),
    "builtins.frozenset": lambda items=(): frozenset(map(checked_key, _items(items))),
    "builtins.dict": lambda items=(): dict(_ordered(items)),
    "builtins.complex": _complex,
    "builtins.range": lambda *bounds: range(*_whole(*bounds)),
    "builtins.slice": lambda *bounds: slice(*bounds),
    "builtins.bytearray": _bytearray,
    "builtins.bytes": lambda data=b"": bytes(_bytearray(data)),
    "builtins.int": None,
    "builtins.float": None,
    "builtins.bool": None,
    "builtins.str": None,
    "builtins.object": None,
    "torch.Size": _size,
    "torch.device": _device,
    "torch.Tensor": None,
    "torch.nn.parameter.Parameter": _parameter,
    "torch.nn.parameter.Buffer": None,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._tensor._rebuild_from_type_v2": _rebuild_from_type,
    "copyreg._reconstructor": _reconstructed,
}
for _kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"):
    CALLS[f"pathlib.{_kind}"] = CALLS[f"pathlib._local.{_kind}"] = _path
for _module in NUMPY:
    CALLS[f"{_module}._reconstruct"] = _numpy_array
    CALLS[f"{_module}.scalar"] = _scalar
    CALLS[f"{_module}._frombuffer"] = _from_buffer
    CALLS[f"{_module}.dtype"] = _numpy_dtype
    CALLS[f"{_module}.ndarray"] = None
NEW = {
    "argparse.Namespace": _namespace,
    "types.SimpleNamespace": types.SimpleNamespace,
}
CALLS |= dict.fromkeys(NEW)


def common_name(module: str, name: str) -> Any:
    """What a name stands for that needs nothing of the file; raises Refused."""
    module = {"__builtin__": "builtins", "copy_reg": "copyreg"}.get(module, module)
    full = f"{module}.{name}"
    if full in CALLS:
        return Known(full, CALLS[full], NEW.get(full))
    if module in ("torch", "torch.storage", "torch.cuda") and name in STORAGES:
        return StorageKind(STORAGES[name])
    if module == "torch" and name in DTYPES:
        return DTYPES[name]
    allowed = allowed_class(full)
    if allowed is not None:
        make = partial(make_object, allowed)
        return Known(full, make if issubclass(allowed, enum.Enum) else None, make)
    if module == "torch" or full.startswith("torch._utils._rebuild"):
        raise Refused(f"it holds {full}, for which topograd has nothing")
    if module.startswith(("torch.nn.modules", "torch.jit")):
        raise Refused(f"it holds a whole module ({full}), not its state; {SAVE_STATE}")
    raise Refused(
        f"it holds an object of {full}, which only that code could rebuild; {SAVE_STATE}. A class "
        "whose objects are mere data can be allowed: topograd.serialization.add_safe_globals"
    )
