"""What an ONNX graph is put together with: nodes, constants, and sizes known at run time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import topograd as tg
from topograd.onnx.dimensions import (
    Affine,
    Dim,
    Product,
    Quotient,
    Real,
    Size,
    explain,
    explain_real,
)

__all__ = ["Builder", "Unsupported", "element_type"]

# The numbers of TensorProto.DataType.
_ELEMENT_TYPES = {
    tg.float32: 1,
    tg.uint8: 2,
    tg.int8: 3,
    tg.int16: 5,
    tg.int32: 6,
    tg.int64: 7,
    tg.bool: 9,
    tg.float16: 10,
    tg.float64: 11,
    tg.bfloat16: 16,
}


class Unsupported(Exception):
    """A call that has no counterpart in ONNX; the message says what of it."""


def element_type(dtype: tg.dtype) -> int:
    """The number that ONNX gives a dtype. Raises Unsupported for complex numbers.

    >>> import topograd as tg
    >>> from topograd.onnx.builder import element_type
    >>> element_type(tg.int64)
    7
    """
    if dtype not in _ELEMENT_TYPES:
        raise Unsupported(f"dtype {dtype}")
    return _ELEMENT_TYPES[dtype]


def shown_values(values: Sequence[float]) -> str:
    """The numbers of some runs, as text.

    >>> from topograd.onnx.builder import shown_values
    >>> shown_values((0.5, 0.25, 3))
    '0.5 / 0.25 / 3'
    """
    return " / ".join(f"{value:.6g}" for value in values[:5])


def _unexplained(values: Sequence[float]) -> str:
    return (
        f"the number {shown_values(values)} in runs with other sizes and values, which does not "
        "follow from the sizes of the inputs"
    )


class Builder:
    """An ONNX graph in the making.

    opset: the version of the operators that it may use.  scope: put before the names of nodes.
    """

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.scope = ""
        self.nodes: list[Any] = []
        self.initializers: dict[str, tg.Tensor] = {}
        self._taken: dict[str, int] = {}
        self._constants: dict[tuple[object, ...], str] = {}
        self._sources: dict[Dim, tuple[str, int]] = {}
        self._input_sizes: list[Dim] = []
        self._sizes: dict[Dim, str] = {}

    # ------------------------------------------------------------ names and nodes

    def name(self, wanted: str) -> str:
        """A name that nothing else has: `wanted`, or that with a number."""
        count = self._taken.get(wanted, 0)
        self._taken[wanted] = count + 1
        return self.name(f"{wanted}_{count}") if count else wanted

    def emits(self, op: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """Adds a node and returns the names of its outputs."""
        import onnx

        names = [self.name(op) if outputs == 1 else self.name(f"{op}_{k}") for k in range(outputs)]
        given = {key: one for key, one in attributes.items() if one is not None}
        label = self.name(f"{self.scope}/{op}")
        node = onnx.helper.make_node(op, list(inputs), names, name=label, **given)
        self.nodes.append(node)
        return names

    def emit(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node of one output. An absent input is ''; attributes that are None are left."""
        return self.emits(op, inputs, 1, **attributes)[0]

    # ------------------------------------------------------------ constants

    def initializer(self, value: tg.Tensor, name: str) -> str:
        """A tensor of the file under a name."""
        element_type(value.dtype)
        name = self.name(name)
        self.initializers[name] = value
        return name

    def constant(self, value: Any, dtype: tg.dtype) -> str:
        """A small constant; equal ones are the same."""
        tensor = tg.tensor(value, dtype=dtype)
        key = (str(dtype), tuple(tensor.shape), repr(tensor.tolist()))
        if key not in self._constants:
            self._constants[key] = self.initializer(tensor, "constant")
        return self._constants[key]

    def ints(self, values: Sequence[int]) -> str:
        """A list of int64 numbers."""
        return self.constant(list(values), tg.int64)

    # ------------------------------------------------------------ sizes

    def knows(self, name: str, shape: Sequence[Size], is_input: bool = False) -> None:
        """Tells that a value has these sizes, so that others can be taken from it."""
        for axis, size in enumerate(shape):
            if isinstance(size, Dim) and size not in self._sources:
                self._sources[size] = (name, axis)
                if is_input:
                    self._input_sizes.append(size)

    def size(self, wanted: Size) -> str:
        """An int64 tensor of one element that holds the size."""
        if not isinstance(wanted, Dim):
            return self.ints([wanted])
        if wanted not in self._sizes:
            self._sizes[wanted] = self._computed_size(wanted)
        return self._sizes[wanted]

    def can_say(self, wanted: Size) -> bool:
        """Whether `size` finds how a number follows from the sizes that are known."""
        if not isinstance(wanted, Dim) or wanted in self._sizes or wanted in self._sources:
            return True
        return explain(wanted, self._input_sizes) is not None

    def _computed_size(self, wanted: Dim) -> str:
        if wanted in self._sources:
            name, axis = self._sources[wanted]
            return self.emit("Shape", name, start=axis, end=axis + 1)
        found = explain(wanted, self._input_sizes)
        if found is None:
            raise Unsupported(_unexplained(wanted.values))
        if isinstance(found, Affine):
            scaled = self.emit("Mul", self.size(found.of), self.ints([found.factor]))
            return self.emit("Add", scaled, self.ints([found.offset]))
        if isinstance(found, Product):
            product = self.emit("Mul", self.size(found.of[0]), self.size(found.of[1]))
            return self.emit("Mul", product, self.ints([found.factor]))
        return self._quotient(found)

    def real(self, wanted: Real) -> str:
        """A float64 number that follows a size."""
        found = explain_real(wanted, self._input_sizes)
        if found is None:
            raise Unsupported(_unexplained(wanted.values))
        shifted = self.emit("Add", self.size(found.of), self.ints([found.offset]))
        number = self.emit("Squeeze", shifted, self.ints([0]))
        base = self.emit("Cast", number, to=element_type(tg.float64))
        power = self.emit("Pow", base, self.constant(found.exponent, tg.float64))
        return self.emit("Mul", power, self.constant(found.factor, tg.float64))

    def _quotient(self, found: Quotient) -> str:
        # Sizes plus the offset are not negative, so that division that cuts off is that of //.
        shifted = self.emit("Add", self.size(found.of), self.ints([found.offset]))
        return self.emit("Div", shifted, self.ints([found.divisor]))

    def shape(self, sizes: Sequence[Size]) -> str:
        """A list of int64 numbers, some of which are sizes at run time."""
        if not any(isinstance(size, Dim) for size in sizes):
            return self.ints([size for size in sizes if not isinstance(size, Dim)])
        if len(sizes) == 1:
            return self.size(sizes[0])
        return self.emit("Concat", *[self.size(size) for size in sizes], axis=0)

    def reshape(self, name: str, shape: Sequence[Size]) -> str:
        """A value in another shape; at most one unknown size is left to ONNX."""
        unknown = [size for size in shape if isinstance(size, Dim)]
        if len(unknown) == 1 and 0 not in shape:
            return self.emit(
                "Reshape", name, self.ints([-1 if isinstance(n, Dim) else n for n in shape])
            )
        return self.emit("Reshape", name, self.shape(shape), allowzero=int(0 in shape) or None)
