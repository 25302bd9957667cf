"""Hostile calls of every op, as Python expressions: `python tests/fuzz.py --ops add max.dim`.

A call is made from the parameters of the op's record: one of its samples with arguments exchanged,
left out or given twice, or nothing but hostile arguments. It is a text, and running it is
evaluating it, so the text that a finding shows is its reproduction. The numbers are drawn from the
names of op and call alone: the same call is made on every machine and in every process.

Run as a program it makes calls in bounded memory, writes down each one before it runs it, for the
parent to read after a crash, and prints one JSON line per finding.
"""

from __future__ import annotations

import argparse
import json
import keyword
import os
import random
import re
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import topograd as tg

SECONDS = 2.0  # of processor time that one call may take
MEMORY = 2 * 2**30
NAMES = {"tg": tg, "F": tg.nn.functional, "np": np, "nan": float("nan"), "inf": float("inf")}
ALLOWED = (
    ValueError,
    TypeError,
    IndexError,
    RuntimeError,
    OverflowError,
    MemoryError,
    NotImplementedError,
)

# Sizes stay small where they are legal: everything between is more memory than there is.
INTEGERS = """
0 1 -1 2 7 -7 2**31 2**32+1 2**62 2**63-1 -2**63 2**63 2**64 2**70 -2**70 10**400 True None 1.5
nan '1' tg.tensor(2) tg.tensor([1,2]) [] [1] tg.float32 object()
""".split()
FLOATS = """
0.0 -0.0 -1.0 1e308 -1e308 5e-324 inf -inf nan 0 3 2**70 10**400 True None '1' 1j tg.tensor(2.0)
tg.tensor([1.0,2.0]) [1.0] np.float32(2) np.ones(2) object()
""".split()
SIZES = """
[] [0] [1] [-1] [2,3] [0,0] [-1,-1] [2**62] [2**62,2**62] [2**31,2**31] [2**32]*4 [-2**63]
[2**63-1] [2**63] [2**70] [1.5] ['a'] [None] [[1]] None 0 3 -3 2**62 -2**63 [0]*9 [1]*64 [1]*65
range(3) (1,) {1} 'ab' tg.Size([2**40,2**40]) tg.tensor([1,0]) [True,False] np.array([1])
[tg.tensor(1)] [-2**63,2**63-1] [3,-2**62] [2**62,0] [0,2**62] object()
""".split()
TEXTS = """
'' 'mean' 'no_such' 'mean\\0' '\\ud800' 'ü'*99 'a'*100000 3 None True [] b'mean' object()
""".split()
BOOLS = "True False None 0 2 -1 'yes' [] 1.0 nan tg.tensor(True) tg.ones(2) object()".split()
DTYPES = """
tg.float64 tg.float16 tg.bfloat16 tg.int8 tg.uint8 tg.bool tg.int64 None 'float32' float int 3
np.float32 object()
""".split()
TENSORS = """
tg.zeros(0) tg.zeros(0,3) tg.zeros(2,0,3) tg.zeros(3,0) tg.tensor(1.5) tg.tensor(2)
tg.ones(1,1,1,1,1,1,1) tg.ones(2,1,2,1,2,1,2) tg.zeros(0,1,0,1,2,1,0) tg.full((3,),nan)
tg.full((2,3),inf) tg.full((3,),-inf) tg.tensor([True,False]) tg.tensor([2**40,-1,7])
tg.tensor([-2**63,2**63-1]) tg.tensor([-1,-9]) tg.tensor(-1) tg.tensor(2**62)
tg.tensor([[0,99],[1,0]]) tg.ones(1).expand(5) tg.ones(1,1).expand(3,700) tg.arange(6.0)[::2]
tg.arange(6.0)[5:] tg.ones(3,3).t() tg.ones(2,3,dtype=tg.bfloat16) tg.ones(3,dtype=tg.float16)
tg.full((2,),255,dtype=tg.uint8) tg.full((3,),-128,dtype=tg.int8) tg.ones(2,3,dtype=tg.float64)
tg.ones(4,requires_grad=True) tg.ones(2,2,requires_grad=True)*2 tg.tensor([],dtype=tg.int64)
tg.tensor([],dtype=tg.bool) tg.ones(2,3,4,5) tg.ones(1,2,3,4,5) tg.zeros(5,0,dtype=tg.int64)
tg.tensor(1j) tg.tensor([1+2j,-1j,nan]) tg.ones(2,3,dtype=tg.complex128)
tg.zeros(0,2,dtype=tg.complex64) tg.tensor(nan) tg.tensor(False)
tg.ones(2,1025) tg.arange(5000.0) tg.tensor([3.4e38,-1e-45])
""".split()
NO_TENSORS = """
None 'text' [1,[2]] 3 -1.5 nan 2**70 1j object() {} b'' [tg.ones(2)] np.ones(2) True tg.float32
tg.Tensor
""".split()
LISTS = """
[] [None] [tg.ones(2),3] tg.ones(2) tg.tensor(1.0) [tg.ones(2)]*100 [tg.zeros(0),tg.ones(2,2)]
[tg.ones(2),tg.ones(3)] [[tg.ones(1)]] 'ab' None 3 (tg.ones(2),None)
[tg.tensor(1),tg.tensor(1.0)] {} [object()] tg.zeros(0) (tg.ones(1),)*2
[tg.ones(1,1,1,1,1,1,1),tg.ones(1)]
""".split()
INDICES = """
() (None,) (...,) (slice(None),) (slice(None,None,-1),) (2**62,) (-2**63,) (True,) (1.5,) ('a',)
tg.tensor([0]) (tg.tensor([5]),) (tg.tensor([-9]),) (None,tg.tensor([0])) (tg.tensor([2**62]),)
(tg.tensor([True]),) (tg.ones(2),) ((0,1),) (...,...) ((1,),)*70 [tg.tensor([0]),None] 3 None
(tg.tensor([],dtype=tg.int64),) (tg.tensor([0,1]),tg.tensor([0,1,2])) (slice(2**70,None),)
(slice('a'),) object() (object(),)
""".split()
OBJECTS = "None 3 'x' object() tg.Generator() tg.ones(1) []".split()

POOLS: dict[str, list[str]] = {
    "Tensor": TENSORS * 2 + NO_TENSORS,
    "Tensor[]": LISTS,
    "int": INTEGERS,
    "float": FLOATS,
    "Scalar": FLOATS + INTEGERS,
    "bool": BOOLS,
    "str": TEXTS,
    "dtype": DTYPES,
    "int[]": SIZES,
    "float[]": SIZES + FLOATS,
    "Indices": INDICES,
    "object": OBJECTS,
}
# Pairs that look at the same memory; the first is what an op changes in place.
OVERLAPS = [
    ("b[1:]", "b[:-1]"),
    ("b[:-1]", "b[1:]"),
    ("b", "b"),
    ("b[::2]", "b[:4]"),
    ("b[0:1].expand(4)", "b[:4]"),
    ("b.reshape(2,4)", "b.reshape(4,2).t()"),
    ("b.reshape(2,4).t()", "b.reshape(4,2)"),
    ("b.unfold(0,3,1)", "b[:3]"),
    ("b[3:4]", "b"),
    ("b.view(8,1)", "b"),
]


def pool_of(kind: str) -> list[str]:
    """Return the hostile arguments for a type of the registry, such as "int[]?"."""
    base = kind.removesuffix("?").replace("Tensor?[]", "Tensor[]")
    return POOLS[base]


def text_of(value: Any) -> str:
    """Return an argument of a sample as an expression."""
    if isinstance(value, tg.Tensor):
        kind = str(value.dtype).rpartition(".")[2]
        if value.numel() == 0 or value.numel() > 4000:
            return f"tg.zeros({tuple(value.shape)}, dtype=tg.{kind})"
        values = str(value.tolist())
        short = re.sub(r"\d+\.\d+(?:e-?\d+)?", lambda found: f"{float(found[0]):.3g}", values)
        return f"tg.tensor({short}, dtype=tg.{kind})"
    if isinstance(value, (list, tuple)):
        inside = "".join(f"{text_of(part)}, " for part in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    if isinstance(value, tg.dtype):
        return f"tg.{str(value).rpartition('.')[2]}"
    return "None" if isinstance(value, tg.Generator) else repr(value)


def sample_texts(op: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, str]:
    """Return the arguments of a sample as expressions, by the names of the parameters."""
    names = [parameter["name"] for parameter in op.parameters]
    given = {**dict(zip(names, args, strict=False)), **kwargs}
    return {name: text_of(value) for name, value in given.items()}


class Caller:
    """One way to call an op: how the call is written around its arguments."""

    def __init__(self, op: Any, form: str) -> None:
        self.op = op
        self.form = form
        self.function = str(op).partition(".")[0]
        self.samples = [sample_texts(op, args, kwargs) for args, kwargs in op.samples()]

    def written(self, arguments: Sequence[str]) -> str:
        """Return the call of these arguments, which may be of the shape name=value."""
        if self.form == "hidden":
            return f"tg._C.call({', '.join([repr(str(self.op)), *arguments])})"
        if self.form == "function":
            owner = "F" if self.op.module == "nn.functional" else "tg"
            return f"{owner}.{self.function}({', '.join(arguments)})"
        name = in_place_name(self.function) if self.form == "in place" else self.function
        first = arguments[0] if arguments else "tg.ones(2, 3)"
        return f"({first}).{name}({', '.join(arguments[1:])})"

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which an error may call the op."""
        return (self.function, str(self.op))


def in_place_name(function: str) -> str:
    """Return the name of the method that changes its tensor."""
    name = function + "_"
    return name if hasattr(tg.Tensor, name) else function.removesuffix("_fill") + "_"


def callers(op: Any) -> list[Caller]:
    """Return every way to call an op of the registry."""
    if op.hidden:
        return [Caller(op, "hidden")]
    forms = ["function"] if op.function_exists else []
    forms += ["method"] if op.method and not op.inplace_only else []
    forms += ["in place"] if op.inplace else []
    return [Caller(op, form) for form in forms]


# --- Drawing calls -----------------------------------------------------------------------------


def draw(caller: Caller, number: int, salt: str = "") -> str:
    """Return the call of that number: the same for the same op, form and number."""
    numbers = random.Random(f"{salt}/{caller.op}/{caller.form}/{number}")
    if caller.form == "in place" and numbers.random() < 0.25:
        return overlapping(caller, numbers)
    kinds = {parameter["name"]: parameter["type"] for parameter in caller.op.parameters}
    if caller.samples and numbers.random() < 0.8:
        arguments = dict(numbers.choice(caller.samples))
        for name in numbers.choices(list(kinds), k=numbers.choice([1, 1, 1, 2])):
            arguments[name] = numbers.choice(pool_of(kinds[name]))
    else:
        arguments = {name: numbers.choice(pool_of(kind)) for name, kind in kinds.items()}
    first = next(iter(kinds), "")
    if caller.form in ("method", "in place") and not is_tensor(arguments.get(first, "")):
        arguments[first] = numbers.choice(TENSORS)
    if numbers.random() < 0.3:
        arguments = {name: tracked(argument) for name, argument in arguments.items()}
    return caller.written(mangled(caller, arguments, numbers))


def tracked(argument: str) -> str:
    """Return a floating tensor of a sample as an inner node of a graph, anything else as it is."""
    return re.sub(r"^(tg\.tensor\(.*dtype=tg\.float64)\)$", r"\1, requires_grad=True)*1", argument)


def is_tensor(text: str) -> bool:
    """Tell whether an expression of a pool or a sample is a tensor."""
    return text.startswith("tg.") and text not in NO_TENSORS


def mangled(caller: Caller, arguments: dict[str, str], numbers: random.Random) -> list[str]:
    """Return arguments as they are passed: some by name, some left out, doubled or unknown."""
    split = numbers.randint(1, max(1, len(arguments)))
    entries, by_place = [], []
    for place, parameter in enumerate(caller.op.parameters):
        name = parameter["name"]
        if name not in arguments:
            continue
        # A place is lost behind a gap, behind `*`, and where the draw says so.
        if place == len(by_place) < split and not parameter["keyword_only"]:
            by_place.append(name)
            entries.append(arguments[name])
        else:
            entries.append(named(name, arguments[name]))
    accident = numbers.random()
    if accident < 0.04:
        del entries[-1:]
    elif accident < 0.07 and by_place:
        entries.append(named(numbers.choice(by_place), "1"))
    elif accident < 0.10:
        entries.append(numbers.choice(["nonsense=1", "**{'\\ud800': 1}", "**{'': None}", "out=3"]))
    elif accident < 0.12:
        entries = [*entries[:1], *["1"] * numbers.choice([1, 5, 300])]
    return entries


def named(name: str, argument: str) -> str:
    """Return an argument that is passed by name, also where Python has a keyword of that name."""
    return f"**{{{name!r}: {argument}}}" if keyword.iskeyword(name) else f"{name}={argument}"


def overlapping(caller: Caller, numbers: random.Random) -> str:
    """Return an in-place call whose tensors lie in the same memory."""
    changed, other = numbers.choice(OVERLAPS)
    buffer = numbers.choice(
        ["tg.arange(8.0)", "tg.arange(8)", "tg.ones(8)*1.0", "tg.ones(8, requires_grad=True)*1"]
    )
    sample = numbers.choice(caller.samples) if caller.samples else {}
    arguments = [changed]
    for parameter in caller.op.parameters[1:]:
        if parameter["type"].startswith("Tensor"):
            argument = other
        elif parameter["name"] in sample and numbers.random() < 0.7:
            argument = sample[parameter["name"]]
        else:
            argument = numbers.choice(pool_of(parameter["type"]))
        by_name = parameter["keyword_only"]
        arguments.append(named(parameter["name"], argument) if by_name else argument)
    return f"(b := {buffer}, {caller.written(arguments)})[1]"


# --- Running them ------------------------------------------------------------------------------


def outputs(result: Any) -> Iterator[Any]:
    """Yield the tensors of a result."""
    for part in result if isinstance(result, (tuple, list)) else [result]:
        if isinstance(part, tg.Tensor):
            yield part


def verdict(call: str, names: Sequence[str]) -> str:
    """Run a call; return what is wrong with how it ended, "" where all is well.

    The gradient of a result is computed too, whose errors may name other ops.
    """
    try:
        result = eval(call, dict(NAMES))
    except ALLOWED as error:
        if isinstance(error, MemoryError) or any(name in str(error) for name in names):
            return ""
        return f"does not name the op: {type(error).__name__}: {str(error)[:200]}"
    except BaseException as error:
        return f"raises {type(error).__name__}: {str(error)[:200]}"
    try:
        for tensor in outputs(result):
            tensor.detach().clone()
            if tensor.requires_grad:
                tensor.sum().backward(create_graph=True)
    except ALLOWED:
        return ""
    except BaseException as error:
        return f"raises {type(error).__name__} backwards: {str(error)[:200]}"
    return ""


def limit() -> None:
    """Bound this process's memory; not under a sanitizer, whose shadow memory is larger."""
    if "asan" not in os.environ.get("LD_PRELOAD", "") and sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def calls_of(names: Sequence[str], rounds: int, salt: str) -> Iterator[tuple[Caller, str]]:
    """Yield the calls of the named ops, always in the same order."""
    chosen = {str(op): op for op in tg.ops()}
    for name in names:
        for caller in callers(chosen[name]):
            for number in range(rounds):
                yield caller, draw(caller, number, salt)


def main() -> None:
    """Run calls from the one numbered --first on; print findings, then the number of calls."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ops", nargs="+", default=[])
    parser.add_argument("--call", help="run this expression instead, in the same bounds")
    parser.add_argument("--names", nargs="+", default=[""], help="what its error must name")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--salt", default="")
    parser.add_argument("--journal", default=os.devnull, help="where each call is written first")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    journal = os.open(options.journal, os.O_WRONLY | os.O_CREAT)
    limit()
    if options.call:
        run(options.call, options.names, {"number": 0, "op": "", "call": options.call}, journal)
        return
    count = 0
    for number, (caller, call) in enumerate(calls_of(options.ops, options.rounds, options.salt)):
        if number >= options.first:
            run(call, caller.names, {"number": number, "op": str(caller.op), "call": call}, journal)
            count += 1
    print(json.dumps({"calls": count}), flush=True)


def run(call: str, names: Sequence[str], entry: dict[str, Any], journal: int) -> None:
    """Run one call in bounded time, written into the journal before; print what is wrong."""
    os.ftruncate(journal, 0)
    os.pwrite(journal, json.dumps(entry).encode(), 0)
    # Without a handler: a call that hangs in C++ never comes back to one.
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    wrong = verdict(call, names)
    signal.setitimer(signal.ITIMER_PROF, 0)
    if wrong:
        print(json.dumps({**entry, "wrong": wrong}), flush=True)


if __name__ == "__main__":
    main()
