"""A recorded program as an ONNX graph: every call by the rule of its op."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

import topograd as tg
from topograd.onnx.builder import Builder, Unsupported
from topograd.onnx.call import Call, Operand
from topograd.onnx.dimensions import Size, merged
from topograd.onnx.following import Varying, following
from topograd.onnx.recording import Differs, Program, Ref, Step
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
        return self._held(values, shape, dtype, self.program.named.get(index, "constant"))

    def _held(
        self, values: Sequence[tg.Tensor], shape: tuple[Size, ...], dtype: tg.dtype, name: str
    ) -> Operand:
        """A tensor that no call made: of the file, or put together from sizes."""
        if _same(values):
            return Operand(self.builder.initializer(values[0], name), dtype, shape)
        return Operand(following(self.builder, values, shape, dtype), dtype, shape)

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
        except Varying as why:
            if not self.program.left:  # else it is told where its values come from
                self.problems.append(self._problem(step, why))
        except Unsupported as why:
            self.problems.append(self._problem(step, why))
        for output in needed:
            # What follows is converted too, so that all problems are told at once.
            name = names[output] if output < len(names) else "missing"
            self.values[Ref(index, output)] = Operand(name, call.dtype(output), call.shape(output))
            if name and name != "missing":
                self.builder.knows(name, call.shape(output))

    def _problem(self, step: Step, why: Unsupported) -> str:
        place = f" (in {step.module})" if step.module else ""
        reason = f": {why}" if str(why) else ""
        return f"{step.op} at {step.where or 'unknown'}{place}{reason}"

    def output(self, number: int, name: str) -> Declared:
        """Gives a result of the program its name."""
        self.builder.scope = ""
        made = self.program.outputs[number]
        if isinstance(made, Ref):
            operand = self.lookup(made)
        else:
            shapes = zip(*(one.shape for one in made), strict=True)
            shape = tuple(merged(sizes) for sizes in shapes)
            try:
                operand = self._held(made, shape, made[0].dtype, "constant")
            except Varying:
                raise Differs(
                    f"output {number} does not follow from the inputs by recorded calls, but was "
                    "another one in another run"
                ) from None
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
    converter.problems[:0] = [
        f"{one}: NumPy takes the values out of the graph" for one in program.left
    ]
    if converter.problems:
        raise UnsupportedOperatorError(converter.problems)
    try:
        return [converter.output(k, name) for k, name in enumerate(outputs)]
    except Unsupported as why:
        raise UnsupportedOperatorError([f"output: {why}"]) from None
