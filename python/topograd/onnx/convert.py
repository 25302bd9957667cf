"""A recorded program as an ONNX graph: every call by the rule of its op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

import topograd as tg
from topograd.onnx.builder import Builder, Unsupported, element_type
from topograd.onnx.call import Call, Operand
from topograd.onnx.dimensions import Dim, Size, merged
from topograd.onnx.recording import Program, Ref, Step
from topograd.onnx.rules import TABLE

__all__ = ["Declared", "UnsupportedOperatorError", "convert"]


class UnsupportedOperatorError(RuntimeError):
    """Calls that have no counterpart in ONNX. problems: one line each, with where they are."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"onnx.export: {len(self.problems)} calls can not be said in ONNX:{lines}")


class Declared(NamedTuple):
    """An input or output of the whole graph."""

    name: str
    dtype: tg.dtype
    shape: tuple[Size, ...]


def _same(values: Sequence[tg.Tensor]) -> bool:
    """Whether a constant had the same elements in all runs."""
    first = values[0]
    for one in values[1:]:
        if one.shape != first.shape:
            return False
        if one.data_ptr() == first.data_ptr() and one.stride() == first.stride():
            continue
        a, b = (x.float() if x.dtype == tg.bfloat16 else x for x in (first, one))
        if not np.array_equal(a.numpy(), b.numpy(), equal_nan=a.dtype.is_floating_point):
            return False
    return True


class _Converter:
    def __init__(self, program: Program, builder: Builder, inputs: Sequence[Declared]) -> None:
        self.program = program
        self.builder = builder
        self.values: dict[Ref, Operand] = {}
        self.problems: list[str] = []
        self.runs = max((len(step.values) for step in program.steps), default=1)
        for step, declared in zip(program.inputs, inputs, strict=True):
            if step is not None:
                self.values[Ref(step, 0)] = Operand(*declared)
        self.needed: dict[int, set[int]] = {}
        for one in program.outputs:
            self._use(one)
        for each in program.steps:
            for value in each.arguments.values():
                # A Ref is a tuple itself.
                for one in value if isinstance(value, list) else [value]:
                    self._use(one)

    def _use(self, value: object) -> None:
        if isinstance(value, Ref):
            self.needed.setdefault(value.step, set()).add(value.output)

    def lookup(self, ref: Ref) -> Operand:
        """The value of an output; a constant is made when it is first asked for."""
        if ref not in self.values:
            self.values[ref] = self._constant(self.program.steps[ref.step], ref.step)
        return self.values[ref]

    def _constant(self, step: Step, index: int) -> Operand:
        values = [one for one in step.values if one is not None]
        result = step.results[0]
        if result is None or len(values) != self.runs:
            raise Unsupported("a value that was not kept (from a checkpointed part?)")
        shape, dtype = result
        if _same(values):
            name = self.program.named.get(index, "constant")
            return Operand(self.builder.initializer(values[0], name), dtype, shape)
        return Operand(self._varying(values, shape, dtype), dtype, shape)

    def _varying(self, values: list[tg.Tensor], shape: tuple[Size, ...], dtype: tg.dtype) -> str:
        """A constant that follows the sizes of the inputs."""
        arrays = [one.double().numpy() for one in values]
        builder = self.builder
        firsts = {float(one.flat[0]) for one in arrays if one.size}
        if len(firsts) == 1 and all((one == one.flat[0]).all() for one in arrays if one.size):
            value = builder.constant(values[0].flatten()[0].item(), dtype)
            return builder.emit("Expand", value, builder.shape(shape))
        if any(isinstance(size, Dim) for size in shape):
            for pattern in (self._counted, self._triangle, self._diagonal):
                made = pattern(arrays, shape)
                if made is not None:
                    return builder.emit("Cast", made, to=element_type(dtype))
        raise Unsupported(
            "a tensor that was other elements in each run and was not made by recorded calls "
            "(random numbers, numpy(), item(), or a mask of another kind)"
        )

    def _counted(self, arrays: list[np.ndarray], shape: tuple[Size, ...]) -> str | None:
        """What counts along an axis, start + step * position, as arange gives it."""
        for axis, size in enumerate(shape):
            if not isinstance(size, Dim):
                continue
            lines = [np.moveaxis(one, axis, -1).reshape(-1, one.shape[axis]) for one in arrays]
            longest = max(lines, key=lambda line: line.shape[1])
            if longest.shape[1] < 2:
                continue
            start, step = float(longest[0, 0]), float(longest[0, 1] - longest[0, 0])
            if all(
                np.allclose(line, start + step * np.arange(line.shape[1]), 1e-6, 1e-7 * abs(step))
                for line in lines
            ):
                return self._range(start, step, axis, shape)
        return None

    def _range(self, start: float, step: float, axis: int, shape: tuple[Size, ...]) -> str:
        builder = self.builder
        count = builder.emit("Squeeze", builder.size(shape[axis]), builder.ints([0]))
        numbers = builder.emit(
            "Range", builder.constant(0, tg.int64), count, builder.constant(1, tg.int64)
        )
        real = builder.emit("Cast", numbers, to=element_type(tg.float64))
        scaled = builder.emit("Mul", real, builder.constant(step, tg.float64))
        line = builder.emit("Add", scaled, builder.constant(start, tg.float64))
        line = builder.reshape(line, [shape[axis] if k == axis else 1 for k in range(len(shape))])
        return builder.emit("Expand", line, builder.shape(shape))

    def _triangle(self, arrays: list[np.ndarray], shape: tuple[Size, ...]) -> str | None:
        """One number on and below a diagonal and another above, or the other way round."""
        if len(shape) < 2:
            return None
        largest = max(arrays, key=lambda one: one.shape[-2] * one.shape[-1])
        below, above = float(largest[..., -1, 0].flat[0]), float(largest[..., 0, -1].flat[0])
        for diagonal in (0, -1, 1):
            alike = [
                np.where(np.tri(one.shape[-2], one.shape[-1], diagonal) > 0, below, above)
                for one in arrays
            ]
            if all((one == two).all() for one, two in zip(arrays, alike, strict=True)):
                builder = self.builder
                yes = builder.constant(True, tg.bool)
                square = builder.emit("Expand", yes, builder.shape(shape[-2:]))
                k = builder.constant(diagonal, tg.int64)
                lower = builder.emit("Trilu", square, k, upper=0)
                numbers = [builder.constant(one, tg.float64) for one in (below, above)]
                plane = builder.emit("Where", lower, *numbers)
                return builder.emit("Expand", plane, builder.shape(shape))
        return None

    def _diagonal(self, arrays: list[np.ndarray], shape: tuple[Size, ...]) -> str | None:
        """One number on the diagonal and another beside it, as eye gives it."""
        if len(shape) < 2:
            return None
        largest = max(arrays, key=lambda one: one.shape[-2] * one.shape[-1])
        on, beside = float(largest[..., 0, 0].flat[0]), float(largest[..., 0, -1].flat[0])
        for one in arrays:
            if not (one == np.where(np.eye(*one.shape[-2:]) > 0, on, beside)).all():
                return None
        builder = self.builder
        rows, columns = (self._range(0.0, 1.0, axis, shape[-2:]) for axis in (0, 1))
        values = [builder.constant(value, tg.float64) for value in (on, beside)]
        plane = builder.emit("Where", builder.emit("Equal", rows, columns), *values)
        return builder.emit("Expand", plane, builder.shape(shape))

    # ------------------------------------------------------------ calls

    def step(self, index: int) -> None:
        """Converts one call, or notes why not."""
        step = self.program.steps[index]
        needed = self.needed.get(index, set())
        if step.op in ("leaf", "constant") or not needed:
            return
        self.builder.scope = step.module
        call = Call(self.builder, step, self.lookup, self.program.steps, needed, self.runs)
        names: list[str] = []
        try:
            rule = TABLE.get(step.op)
            if rule is None:
                raise Unsupported("")
            made = rule(call)
            names = [made] if isinstance(made, str) else made
            for output in sorted(needed):
                if output >= len(names) or not names[output]:
                    raise Unsupported(f"its output {output}")
        except Unsupported as why:
            place = f" (in {step.module})" if step.module else ""
            reason = f": {why}" if str(why) else ""
            self.problems.append(f"{step.op} at {step.where or 'unknown'}{place}{reason}")
        for output in needed:
            # What follows is converted too, so that all problems are told at once.
            name = names[output] if output < len(names) else "missing"
            self.values[Ref(index, output)] = Operand(name, call.dtype(output), call.shape(output))
            if name and name != "missing":
                self.builder.knows(name, call.shape(output))

    def output(self, number: int, name: str) -> Declared:
        """Gives a result of the program its name."""
        self.builder.scope = ""
        made = self.program.outputs[number]
        if isinstance(made, Ref):
            operand = self.lookup(made)
        else:
            shape = tuple(merged((size,)) for size in made.shape)
            operand = Operand(self.builder.initializer(made, "constant"), made.dtype, shape)
        self.builder.nodes.append(_identity(operand.name, name))
        return Declared(name, operand.dtype, operand.shape)


def _identity(source: str, name: str) -> object:
    import onnx

    return onnx.helper.make_node("Identity", [source], [name], name=f"/{name}")


def convert(
    program: Program, builder: Builder, inputs: Sequence[Declared], outputs: Sequence[str]
) -> list[Declared]:
    """Adds the calls of a program to a graph whose inputs are named; returns its outputs.

    Raises UnsupportedOperatorError that names all calls without a counterpart.
    """
    converter = _Converter(program, builder, inputs)
    for index in range(len(program.steps)):
        converter.step(index)
    if converter.problems:
        raise UnsupportedOperatorError(converter.problems)
    try:
        return [converter.output(k, name) for k, name in enumerate(outputs)]
    except Unsupported as why:
        raise UnsupportedOperatorError([f"output: {why}"]) from None
