"""One recorded call as the rules of conversion see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import topograd as tg
from topograd.onnx.builder import Builder, Unsupported, element_type, shown_values
from topograd.onnx.dimensions import Dim, Real, Size, of_run
from topograd.onnx.recording import Ref, Step

__all__ = ["Call", "Operand", "Rule", "Shape"]

Shape = tuple[Size, ...]


class Operand(NamedTuple):
    """A value of the ONNX graph."""

    name: str
    dtype: tg.dtype
    shape: Shape


class Call:
    """A recorded call to be converted: its arguments, its results, and means to add nodes.

    step: the call.  lookup: the value of an output of a step before.  steps: all of them.  needed:
    the numbers of the outputs that are used.  runs: how many there were.
    """

    def __init__(
        self,
        builder: Builder,
        step: Step,
        lookup: Callable[[Ref], Operand],
        steps: Sequence[Step],
        needed: set[int],
        runs: int,
    ) -> None:
        self.builder = builder
        self.step = step
        self.op = step.op
        self.needed = needed
        self.runs = runs
        self._lookup = lookup
        self._steps = steps

    # ------------------------------------------------------------ arguments

    def __getitem__(self, name: str) -> Any:
        value = self.step.arguments[name]
        if isinstance(value, Real):
            raise Unsupported(
                f"argument '{name}' that was {shown_values(value.values)} in the runs"
            )
        return value

    def integer(self, name: str) -> int:
        """An integer argument that must be the same in all runs."""
        value = self[name]
        if isinstance(value, Dim):
            raise Unsupported(f"argument '{name}' that follows the sizes of the inputs")
        return int(value)

    def integers(self, name: str) -> list[int]:
        """Integers that must be the same in all runs."""
        values = self.step.arguments[name]
        if any(not isinstance(value, int) for value in values):
            raise Unsupported(f"argument '{name}' that follows the sizes of the inputs")
        return [int(value) for value in values]

    def per_dim(self, name: str, dims: int) -> list[int]:
        """Integers of each of some dims; a single one is that of all."""
        values = self.integers(name)
        return values * dims if len(values) == 1 else values

    def has(self, name: str) -> bool:
        """Whether an optional argument is there."""
        return self.step.arguments[name] is not None

    def operand(self, name: str) -> Operand:
        """A tensor argument as it is."""
        return self.of(self.step.arguments[name])

    def of(self, value: Any) -> Operand:
        """What a Ref stands for; a number becomes a constant."""
        if isinstance(value, Ref):
            return self._lookup(value)
        if isinstance(value, Dim):
            size = self.builder.size(Dim(value.values))
            name = self.emit("Squeeze", size, self.ints([0]))
            if value.real:
                dtype = tg.get_default_dtype()
                return Operand(self.cast(name, tg.int64, dtype), dtype, ())
            return Operand(name, tg.int64, ())
        if isinstance(value, Real):
            dtype = tg.get_default_dtype()
            return Operand(self.cast(self.builder.real(value), tg.float64, dtype), dtype, ())
        if not isinstance(value, (bool, int, float)):
            raise Unsupported(f"an argument of type {type(value).__name__}")
        dtype = tg.tensor(value).dtype
        return Operand(self.builder.constant(value, dtype), dtype, ())

    def known(self, name: str) -> list[tg.Tensor] | None:
        """The elements of a tensor argument in each run, where they do not follow the inputs."""
        value = self.step.arguments[name]
        if not isinstance(value, Ref) or self._steps[value.step].op != "constant":
            return None
        found = [one for one in self._steps[value.step].values if one is not None]
        return found if len(found) == self.runs else None

    def maker(self, name: str) -> Step | None:
        """The call that made a tensor argument, if it was its first output."""
        return self.maker_of(self.step.arguments[name])

    def maker_of(self, value: Any, *ops: str) -> Step | None:
        """The call whose first output a value is, if it is one of these ops."""
        if not isinstance(value, Ref) or value.output:
            return None
        step = self._steps[value.step]
        return step if not ops or step.op in ops else None

    def x(self, name: str = "input", dtype: tg.dtype | None = None) -> str:
        """The name of a tensor argument, converted to a dtype where one is given."""
        return self.as_dtype(self.step.arguments[name], dtype)

    def as_dtype(self, value: Any, dtype: tg.dtype | None) -> str:
        """The name of a Ref or number, converted to a dtype where one is given."""
        if dtype is not None and isinstance(value, (bool, int, float)):
            return self.builder.constant(value, dtype)
        if dtype is not None and isinstance(value, Real):
            return self.cast(self.builder.real(value), tg.float64, dtype)
        operand = self.of(value)
        return operand.name if dtype is None else self.cast(operand.name, operand.dtype, dtype)

    def optional(self, name: str, dtype: tg.dtype | None = None) -> str:
        """The name of an optional tensor argument, '' where it is absent."""
        return self.x(name, dtype) if self.has(name) else ""

    def common(self, *names: str) -> tg.dtype:
        """The dtype that tensors and numbers are promoted to."""
        tensors, numbers = [], []
        for name in names:
            value = self.step.arguments[name]
            if isinstance(value, Ref):
                operand = self._lookup(value)
                tensors.append(tg.empty((1,) * len(operand.shape), dtype=operand.dtype))
            elif isinstance(value, Real):
                numbers.append(1.0)
            else:
                is_size = isinstance(value, Dim)
                numbers.append((1.0 if value.real else 1) if is_size else value)
        everything: list[Any] = [*tensors, *numbers]
        dtype = tg.result_type(everything[0], everything[-1])
        for one in everything[1:-1]:
            dtype = tg.promote_types(dtype, tg.result_type(one, one))
        return dtype

    # ------------------------------------------------------------ results

    def shape(self, output: int = 0) -> Shape:
        """The shape of a result."""
        result = self.step.results[output]
        return () if result is None else result[0]

    def dtype(self, output: int = 0) -> tg.dtype:
        """The dtype of a result."""
        result = self.step.results[output]
        return tg.float32 if result is None else result[1]

    @property
    def rank(self) -> int:
        """The number of dims of 'input'."""
        return len(self.operand("input").shape)

    def axis(self, name: str = "dim", of: str = "input") -> int:
        """An argument that counts dims, counted from the first."""
        dim = self.integer(name)
        return dim + len(self.operand(of).shape) if dim < 0 else dim

    def static(self, shape: Sequence[Size], what: str) -> list[int]:
        """Sizes that must be the same in all runs."""
        if any(isinstance(size, Dim) for size in shape):
            raise Unsupported(f"{what} of a size that follows the inputs")
        return [size for size in shape if not isinstance(size, Dim)]

    def in_run(self, shape: Sequence[Size], run: int) -> list[int]:
        """Sizes of one run."""
        return [of_run(size, run) for size in shape]

    # ------------------------------------------------------------ nodes

    def emit(self, op: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node of one output and returns its name."""
        return self.builder.emit(op, *inputs, **attributes)

    def emits(self, op: str, inputs: Sequence[str], outputs: int, **attributes: Any) -> list[str]:
        """Adds a node of several outputs and returns their names."""
        return self.builder.emits(op, inputs, outputs, **attributes)

    def cast(self, name: str, dtype: tg.dtype, to: tg.dtype) -> str:
        """A value in another dtype."""
        return name if dtype == to else self.emit("Cast", name, to=element_type(to))

    def number(self, value: Any, dtype: tg.dtype | None = None) -> str:
        """A constant of the result's dtype, or of another."""
        return self.builder.constant(value, dtype or self.dtype())

    def ints(self, values: Sequence[int]) -> str:
        """A list of int64 numbers."""
        return self.builder.ints(values)

    def reshape(self, name: str, shape: Sequence[Size]) -> str:
        """A value in another shape."""
        return self.builder.reshape(name, shape)

    def expand(self, name: str, shape: Sequence[Size]) -> str:
        """A value broadcast to a shape."""
        return self.emit("Expand", name, self.builder.shape(shape))

    def expand_to(self, name: str, shape: str) -> str:
        """A value broadcast to a shape that is a value itself."""
        return self.emit("Expand", name, shape)

    def transpose(self, name: str, order: Sequence[int]) -> str:
        """A value with its dims in another order."""
        if list(order) == list(range(len(order))):
            return name
        return self.emit("Transpose", name, perm=list(order))

    def slice(self, name: str, axis: int, start: Size, end: Size, step: int = 1) -> str:
        """A part of a value along an axis."""
        size = self.builder.size
        return self.emit(
            "Slice", name, size(start), size(end), self.ints([axis]), self.ints([step])
        )

    def reduced(self, op: str, name: str, axes: Sequence[int], keep: bool = True) -> str:
        """A reduction over axes."""
        return self.emit(op, name, self.ints(axes), keepdims=int(keep))


Rule = Callable[[Call], str | list[str]]
