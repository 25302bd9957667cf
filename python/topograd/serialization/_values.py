"""Kinds of Python values that files can hold besides tensors and plain containers.

Each kind is a pair of functions: the value as JSON (or as values that are encoded in turn), and
back. Reading checks everything: what a file says is believed nowhere.
"""

from __future__ import annotations

import base64
import math
import pathlib
import types
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import topograd as tg

# Where a defaultdict may get its missing values from.
FACTORIES: dict[str, Callable[[], Any]] = {
    factory.__name__: factory for factory in (bool, dict, float, int, list, set, str, tuple)
}
FACTORIES["OrderedDict"] = OrderedDict
DTYPES = {
    name: getattr(tg._C, name)
    for name in (
        "float32 float64 float16 bfloat16 int8 uint8 int16 int32 int64 bool complex64 complex128"
    ).split()
}
# Largest whole number that every reader of JSON takes as it is.
LARGEST_PLAIN = 2**63


def dtype_name(dtype: tg.dtype) -> str:
    """float32 -> "float32"."""
    return str(dtype).rpartition(".")[2]


def dtype_called(name: Any) -> tg.dtype:
    """The dtype of a text such as "float32"; raises ValueError for another text."""
    if not isinstance(name, str) or name not in DTYPES:
        raise ValueError(f"there is no dtype {name!r}")
    dtype: tg.dtype = DTYPES[name]
    return dtype


def encode_number(value: Any) -> Any:
    """An int or float in JSON that has the same value everywhere."""
    if isinstance(value, float) and not math.isfinite(value):
        return ["float", repr(value)]
    if type(value) is int and not -LARGEST_PLAIN <= value < LARGEST_PLAIN:
        return ["int", hex(value)]
    return value


def encode_simple(value: Any) -> Any:
    """A value without parts as ["kind", …]; None for one of another kind."""
    kind = type(value)
    if kind is bytes or kind is bytearray:
        return [kind.__name__, base64.b64encode(value).decode()]
    if kind is complex:
        return ["complex", encode_number(value.real), encode_number(value.imag)]
    if isinstance(value, tg.dtype):
        return ["dtype", dtype_name(value)]
    if isinstance(value, tg.device):
        return ["device", str(value)]
    if isinstance(value, tg.Size):
        return ["size", list(value)]
    if kind is range:
        return ["range", *map(encode_number, (value.start, value.stop, value.step))]
    if isinstance(value, pathlib.PurePath):
        return ["path", str(value)]
    return None


def _text(content: Any) -> bytes:
    if not isinstance(content, str):
        raise ValueError(f"expected base64, got {content!r:.40}")
    return base64.b64decode(content, validate=True)


def _whole(number: Any) -> int:
    if isinstance(number, list) and len(number) == 2 and number[0] == "int":
        return int(number[1], 16)
    if type(number) is not int:
        raise ValueError(f"expected a whole number, got {number!r:.40}")
    return number


def _real(number: Any) -> float:
    if isinstance(number, list) and len(number) == 2 and number[0] == "float":
        number = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[number[1]]
    if type(number) not in (int, float):
        raise ValueError(f"expected a number, got {number!r:.40}")
    return float(number)


SIMPLE: dict[str, Callable[..., Any]] = {
    "float": lambda text: _real(["float", text]),
    "int": lambda text: int(text, 16),
    "bytes": _text,
    "bytearray": lambda content: bytearray(_text(content)),
    "complex": lambda real, imaginary: complex(_real(real), _real(imaginary)),
    "dtype": dtype_called,
    "device": lambda name: tg.device(str(name)),
    "size": lambda sizes: tg.Size([_whole(n) for n in sizes]),
    "range": lambda *bounds: range(*map(_whole, bounds)),
    "path": lambda text: pathlib.Path(str(text)),
}

_SEQUENCES = {list: "list", tuple: "tuple", set: "set", frozenset: "frozenset", slice: "slice"}
_MAPPINGS: dict[Any, str] = {dict: "dict", OrderedDict: "ordered_dict", Counter: "counter"}


def parts(value: Any) -> tuple[list[Any], list[Any], bool] | None:
    """A container as (beginning of its node, its parts, whether they are key and value in turn).

    None for a value that is no container.
    """
    kind = type(value)
    if kind is OrderedDict and hasattr(value, "_metadata"):
        return ["state_dict"], [("_metadata", value._metadata), *value.items()], True
    if kind in _MAPPINGS:
        return [_MAPPINGS[kind]], list(value.items()), True
    if kind is defaultdict:
        factory = value.default_factory
        name = None if factory is None else factory.__name__
        if factory is not None and FACTORIES.get(str(name)) is not factory:
            return None
        return ["defaultdict", name], list(value.items()), True
    if kind is slice:
        return ["slice"], [value.start, value.stop, value.step], False
    if kind is deque:
        return ["deque", value.maxlen], list(value), False
    if kind in _SEQUENCES:
        return [_SEQUENCES[kind]], list(value), False
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return ["namedtuple", kind.__name__, list(value._fields)], list(value), False
    if (
        kind is types.SimpleNamespace
        or f"{kind.__module__}.{kind.__name__}" == "argparse.Namespace"
    ):
        return ["namespace", kind is not types.SimpleNamespace], list(vars(value).items()), True
    return None


def _default(factory: Any, items: list[Any]) -> Any:
    return defaultdict(None if factory is None else FACTORIES[factory], items)


def _deque(maxlen: Any, items: list[Any]) -> Any:
    return deque(items, None if maxlen is None else _whole(maxlen))


@lru_cache(maxsize=256)
def _named(name: str, fields: tuple[str, ...]) -> Any:
    # Names are checked by namedtuple: only identifiers that are no keywords.
    return namedtuple(name, fields)


def _namedtuple(name: Any, fields: Any, items: list[Any]) -> Any:
    if not isinstance(name, str) or not all(isinstance(field, str) for field in fields):
        raise ValueError(f"expected names, got {name!r:.40} and {fields!r:.40}")
    return _named(name, tuple(fields))(*items)


def _namespace(of_argparse: Any, items: list[Any]) -> Any:
    result: Any = types.SimpleNamespace()
    if of_argparse:
        import argparse

        result = argparse.Namespace()
    for key, value in items:
        if not isinstance(key, str):
            raise ValueError(f"expected the name of an attribute, got {key!r:.40}")
        vars(result)[key] = value
    return result


def _counter(items: list[Any]) -> Any:
    result: Counter[Any] = Counter()
    for key, count in items:
        result[key] = count
    return result


def _state_dict(items: list[Any]) -> OrderedDict[Any, Any]:
    """What `Module.state_dict` gives: it carries the versions of its modules."""
    (_, metadata), *entries = items
    result = OrderedDict(entries)
    result._metadata = metadata  # type: ignore[attr-defined]
    return result


# Called with what stands after the kind, the list of decoded parts last.
CONTAINERS: dict[str, Callable[..., Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "slice": lambda items: slice(*items),
    "dict": dict,
    "ordered_dict": OrderedDict,
    "state_dict": _state_dict,
    "counter": _counter,
    "defaultdict": _default,
    "deque": _deque,
    "namedtuple": _namedtuple,
    "namespace": _namespace,
}
MAPPINGS = {"dict", "ordered_dict", "state_dict", "counter", "defaultdict", "namespace"}
