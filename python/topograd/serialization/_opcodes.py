"""The language of pickles as data: an interpreter that can build, and can not call.

A pickle is a program for a small stack machine, whose instructions can name any function and call
it. Here a name gives a `Known` from a list, or is an error, and a call is what that entry makes of
its arguments, which it checks. Everything else builds numbers, texts and containers from bytes of
the file, so that nothing grows beyond what the file holds.

Format: the comments of CPython's Lib/pickletools.py, and PEP 307, 3154 and 574.
"""

from __future__ import annotations

import struct
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import topograd as tg

MOST_KEY_PARTS = 1000
HIGHEST_PROTOCOL = 5


class Refused(Exception):
    """The file asks for something that is not on the list; the message says what to do."""


class Malformed(Exception):
    """No pickle that any program would write."""


@dataclass(frozen=True, eq=False)
class Known:
    """A name that files may use: what a call of it makes, and what sets the state of the result."""

    name: str
    call: Callable[..., Any] | None = None
    new: Callable[..., Any] | None = None


def checked_key(key: Any) -> Any:
    """The key, if looking it up ends soon: tuples may contain each other many times."""
    left, waiting = MOST_KEY_PARTS, [key]
    while waiting:
        part = waiting.pop()
        left -= 1
        if left < 0:
            raise Malformed("a key has too many parts")
        if isinstance(part, (tuple, frozenset)):
            waiting.extend(part)
        elif not isinstance(part, (str, int, float, complex, bytes, type(None))) and not (
            isinstance(part, (tg.dtype, tg.device))
        ):
            raise Malformed(f"{type(part).__name__} as key")
    return key


class Machine:
    """Runs one pickle.

    find: gives the `Known` of a module and a name, or raises Refused.  persistent: gives the object
    of a reference to outside of the pickle.  set_state: gives an object its state.
    encoding: of texts that Python 2 wrote.
    """

    def __init__(
        self,
        data: bytes | memoryview,
        find: Callable[[str, str], Any],
        persistent: Callable[[Any], Any],
        set_state: Callable[[Any, Any], None],
        encoding: str = "utf-8",
    ) -> None:
        self._data = memoryview(data)
        self._find = find
        self._persistent = persistent
        self._set_state = set_state
        self._encoding = encoding
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self.at = 0

    def run(self) -> Any:
        """The object. Afterwards `at` is the position behind the pickle."""
        while True:
            code = self._take(1)[0]
            if code == _STOP:
                if len(self._stack) != 1 or self._marks:
                    raise Malformed("the stack does not end with one object")
                return self._stack.pop()
            step = STEPS.get(code)
            if step is None:
                raise Refused(f"the instruction {bytes([code])!r} of a pickle is not read")
            step(self)

    # ------------------------------------------------------------ bytes

    def _take(self, count: int) -> memoryview:
        end = self.at + count
        if count < 0 or end > len(self._data):
            raise Malformed("it ends too early")
        piece = self._data[self.at : end]
        self.at = end
        return piece

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _line(self) -> str:
        end = self.at
        while end < len(self._data) and self._data[end] != 0x0A:
            end += 1
        text = bytes(self._take(end - self.at))
        self._take(1)
        return _decoded(text)

    # ------------------------------------------------------------ the stack

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def pop(self) -> Any:
        if not self._stack:
            raise Malformed("it takes from an empty stack")
        return self._stack.pop()

    def top(self) -> Any:
        if not self._stack:
            raise Malformed("it looks at an empty stack")
        return self._stack[-1]

    def mark(self) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def since_mark(self) -> list[Any]:
        if not self._marks:
            raise Malformed("a mark is missing")
        items = self._stack
        self._stack = self._marks.pop()
        return items

    # ------------------------------------------------------------ instructions

    def remember(self, place: int) -> None:
        self._memo[place] = self.top()

    def recall(self, place: int) -> None:
        if place not in self._memo:
            raise Malformed(f"it recalls {place}, which was not remembered")
        self.push(self._memo[place])

    def text(self, form: str) -> None:
        """A text that Python 2 wrote; bytes where it is asked for them."""
        data = bytes(self._take(self._number(form)))
        self.push(data if self._encoding == "bytes" else data.decode(self._encoding))

    def long(self, form: str) -> None:
        self.push(int.from_bytes(self._take(self._number(form)), "little", signed=True))

    def extend(self, items: list[Any]) -> None:
        target = self.top()
        if type(target) is not list:
            raise Malformed(f"it appends to {type(target).__name__}")
        target.extend(items)

    def update(self, items: list[Any]) -> None:
        target = self.top()
        if type(target) not in (dict, OrderedDict, defaultdict, Counter) or len(items) % 2:
            raise Malformed(f"it sets items of {type(target).__name__}")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[checked_key(key)] = value

    def add(self) -> None:
        items = self.since_mark()
        target = self.top()
        if type(target) is not set:
            raise Malformed(f"it adds to {type(target).__name__}")
        target.update(map(checked_key, items))

    def named(self, module: Any, name: Any) -> None:
        if not isinstance(module, str) or not isinstance(name, str):
            raise Malformed("a name is no text")
        self.push(self._find(module, name))

    def call(self) -> None:
        arguments, function = self.pop(), self.pop()
        if type(arguments) is not tuple or not isinstance(function, Known):
            raise Malformed("it calls what is no function")
        if function.call is None:
            raise Refused(f"a call of {function.name} is not read")
        self.push(function.call(*arguments))

    def make(self) -> None:
        arguments, kind = self.pop(), self.pop()
        if type(arguments) is not tuple or not isinstance(kind, Known):
            raise Malformed("it makes an object of what is no class")
        make = kind.new or kind.call
        if make is None:
            raise Refused(f"an object of {kind.name} is not read")
        self.push(make(*arguments))

    def state(self) -> None:
        state = self.pop()
        self._set_state(self.top(), state)

    def reference(self) -> None:
        self.push(self._persistent(self.pop()))


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise Malformed(f"a text is no UTF-8: {text!r:.60}") from None


def _push(value: Callable[[Machine], Any]) -> Callable[[Machine], None]:
    return lambda m: m.push(value(m))


def _counted(form: str) -> Callable[[Machine], bytes]:
    return lambda m: bytes(m._take(m._number(form)))


def _tuple(count: int) -> Callable[[Machine], None]:
    def step(m: Machine) -> None:
        items = [m.pop() for _ in range(count)]
        m.push(tuple(reversed(items)))

    return step


def _unicode(form: str) -> Callable[[Machine], None]:
    # Half a surrogate pair is a text of Python, and stands so in a pickle.
    return lambda m: m.push(bytes(m._take(m._number(form))).decode("utf-8", "surrogatepass"))


def _stack_global(m: Machine) -> None:
    name, module = m.pop(), m.pop()
    m.named(module, name)


def _protocol(m: Machine) -> None:
    number = m._number("<B")
    if number > HIGHEST_PROTOCOL:
        raise Refused(f"protocol {number} of pickles is not read")


def _dict(m: Machine) -> None:
    items = m.since_mark()
    m.push({})
    m.update(items)


def _frozenset(m: Machine) -> None:
    m.push(frozenset(map(checked_key, m.since_mark())))


def _append(m: Machine) -> None:
    item = m.pop()
    m.extend([item])


def _set_item(m: Machine) -> None:
    value, key = m.pop(), m.pop()
    m.update([key, value])


_STOP = ord(".")
STEPS: dict[int, Callable[[Machine], Any]] = {
    ord("("): Machine.mark,
    ord("0"): Machine.pop,
    ord("1"): Machine.since_mark,
    ord("2"): _push(Machine.top),
    ord("G"): _push(lambda m: m._number(">d")),
    ord("J"): _push(lambda m: m._number("<i")),
    ord("K"): _push(lambda m: m._number("<B")),
    ord("M"): _push(lambda m: m._number("<H")),
    ord("N"): _push(lambda m: None),
    0x88: _push(lambda m: True),
    0x89: _push(lambda m: False),
    0x8A: lambda m: m.long("<B"),
    0x8B: lambda m: m.long("<i"),
    ord("T"): lambda m: m.text("<i"),
    ord("U"): lambda m: m.text("<B"),
    ord("X"): _unicode("<I"),
    0x8C: _unicode("<B"),
    0x8D: _unicode("<Q"),
    ord("B"): _push(_counted("<I")),
    ord("C"): _push(_counted("<B")),
    0x8E: _push(_counted("<Q")),
    0x96: _push(lambda m: bytearray(m._take(m._number("<Q")))),
    ord("]"): _push(lambda m: []),
    ord("}"): _push(lambda m: {}),
    ord(")"): _push(lambda m: ()),
    0x8F: _push(lambda m: set()),
    ord("l"): _push(Machine.since_mark),
    ord("d"): _dict,
    ord("t"): _push(lambda m: tuple(m.since_mark())),
    0x85: _tuple(1),
    0x86: _tuple(2),
    0x87: _tuple(3),
    0x91: _frozenset,
    ord("a"): _append,
    ord("e"): lambda m: m.extend(m.since_mark()),
    ord("s"): _set_item,
    ord("u"): lambda m: m.update(m.since_mark()),
    0x90: Machine.add,
    ord("h"): lambda m: m.recall(m._number("<B")),
    ord("j"): lambda m: m.recall(m._number("<I")),
    ord("q"): lambda m: m.remember(m._number("<B")),
    ord("r"): lambda m: m.remember(m._number("<I")),
    0x94: lambda m: m.remember(len(m._memo)),
    ord("c"): lambda m: m.named(m._line(), m._line()),
    0x93: _stack_global,
    ord("R"): Machine.call,
    0x81: Machine.make,
    ord("b"): Machine.state,
    ord("Q"): Machine.reference,
    0x80: _protocol,
    0x95: lambda m: m._number("<Q"),
}
