"""topograd.onnx.export."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, NamedTuple

import topograd as tg
from topograd.onnx.builder import Builder, Unsupported, element_type
from topograd.onnx.convert import Declared, UnsupportedOperatorError, convert
from topograd.onnx.dimensions import Dim, merged
from topograd.onnx.files import built, require_onnx, write
from topograd.onnx.probing import Trial, base_trials, bold_trials, far_trials, given_to
from topograd.onnx.recording import Differs, Program, Run, difference, record, together
from topograd.onnx.settling import Doubt, settle
from topograd.onnx.structure import (
    Axes,
    argument_names,
    first_axes,
    flattened,
    named_axes,
    replaced,
)

__all__ = ["OnnxExporterError", "export"]

OLDEST_OPSET, NEWEST_OPSET = 20, 23


class OnnxExporterError(RuntimeError):
    """The program can not be exported: it does not run, or does not do the same each time."""


class _Exporter(NamedTuple):
    """What is exported, and on which inputs."""

    model: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    names: list[str]
    tensors: list[tg.Tensor]
    opset: int
    unused: list[str]  # the names of inputs that no output of the last recording follows from

    def call(self, tensors: list[tg.Tensor]) -> list[tg.Tensor]:
        """Runs the model; the tensors of its result, in order."""
        given = iter(tensors)
        args = replaced(self.args, given)
        result = self.model(*args, **replaced(self.kwargs, given))
        found = [one for _, one in flattened(result, "output")]
        if not found:
            raise TypeError(f"onnx.export: the model returns no tensor but {type(result).__name__}")
        return found

    def kept(self) -> dict[str, tg.Tensor]:
        """Parameters and buffers under their names; those of no state_dict too."""
        if not isinstance(self.model, tg.nn.Module):
            return {}
        # A buffer that is changed in place while recording would be a leaf that must not be.
        training = any(module.training for module in self.model.modules())
        buffers = {} if training else dict(self.model.named_buffers())
        return {**dict(self.model.named_parameters()), **buffers}

    def program(
        self, axes: Sequence[Axes], growing: bool
    ) -> tuple[Program, list[list[int]], Callable[[Any], None]]:
        """The recorded program, the sizes of the axes in its runs, and a check of the model."""
        doubts: list[Doubt] = []
        trials = base_trials(axes, self.tensors, growing)
        runs = self._base_runs(axes, trials)
        for trial in bold_trials(axes, self.tensors, growing):
            # What a model does not take at all it does not do wrong either.
            for one in (trial, trial._replace(data="near")):
                run = self._attempt(axes, one)
                if run is not None:
                    runs.append(run)
                    trials.append(one)
                    break
        elements = sum(math.prod(one[0]) for node in runs[0].nodes for one in node.results if one)
        for series in far_trials(axes, self.tensors, growing, elements):
            for trial in series:
                run = self._attempt(axes, trial)
                if run is None:
                    break
                other_way = difference(runs[0], run)
                if other_way:  # which may lead to the same values
                    doubts.append(Doubt(given_to(trial, axes, self.tensors), other_way))
                    continue
                runs.append(run)
                trials.append(trial)
        sizes = [trial.sizes for trial in trials]
        return together(runs), sizes, lambda model: settle(model, self.call, doubts, runs[0])

    def _base_runs(self, axes: Sequence[Axes], trials: list[Trial]) -> list[Run]:
        try:
            return [self._run(axes, trial) for trial in trials]
        except Exception:  # the order of integers may matter, as it does for offsets
            trials[:] = [trial._replace(data="near") for trial in trials]
            return [self._run(axes, trial) for trial in trials]

    def _run(self, axes: Sequence[Axes], trial: Trial) -> Run:
        label = ", ".join(f"{one.name}={n}" for one, n in zip(axes, trial.sizes, strict=True))
        return record(self.call, given_to(trial, axes, self.tensors), self.kept(), label)

    def _attempt(self, axes: Sequence[Axes], trial: Trial) -> Run | None:
        with suppress(Exception):
            return self._run(axes, trial)
        return None

    def tell_unused(self) -> None:
        """Warns of inputs that change nothing: perhaps their values left the graph."""
        if self.unused:
            warnings.warn(
                f"onnx.export: no output follows from input {', '.join(map(repr, self.unused))};"
                " if it should, the model takes its values out of the graph (item(), numpy())",
                stacklevel=3,
            )

    def model_of(self, axes: Sequence[Axes], growing: bool, output_names: Sequence[str]) -> Any:
        """The finished ModelProto."""
        program, sizes, check = self.program(axes, growing)
        builder = Builder(self.opset)
        symbols: dict[Dim, str] = {}
        shapes = [list(tensor.shape) for tensor in self.tensors]
        free: list[list[Any]] = [list(shape) for shape in shapes]
        for number, one in enumerate(axes):
            size = merged(tuple(run[number] for run in sizes))
            if isinstance(size, Dim):
                symbols[size] = one.name
                for k, axis in one.places:
                    free[k][axis] = size
        inputs = [
            Declared(builder.name(name), tensor.dtype, tuple(shape))
            for name, tensor, shape in zip(self.names, self.tensors, free, strict=True)
        ]
        for declared in inputs:
            builder.knows(declared.name, declared.shape, is_input=True)
        names = _output_names(output_names, len(program.outputs))
        self.unused[:] = [
            name for name, step in zip(self.names, program.inputs, strict=True) if step is None
        ]
        outputs = convert(program, builder, inputs, [builder.name(name) for name in names])
        title = type(self.model).__name__ if isinstance(self.model, tg.nn.Module) else "graph"
        model = built(builder, inputs, outputs, symbols, title)
        check(model)
        return model


def _output_names(given: Sequence[str], count: int) -> list[str]:
    if len(given) > count:
        raise ValueError(
            f"onnx.export: output_names has {len(given)} names, the model returns {count} tensors"
        )
    default = ["output"] if count == 1 else [f"output_{k}" for k in range(count)]
    return [*given, *default[len(given) :]]


@contextmanager
def _in_mode(model: object, training: bool) -> Iterator[None]:
    """The model in training or evaluation for a while, each module as it was afterwards."""
    if not isinstance(model, tg.nn.Module):
        yield
        return
    before = [(module, module.training) for module in model.modules()]
    kept = [(one, one.detach().clone()) for one in model.buffers()] if training else []
    try:
        model.train(training)
        yield
    finally:
        for module, was in before:
            module.training = was
        with tg.no_grad():
            for buffer, value in kept:  # running statistics, which training moves
                buffer.copy_(value)


def _inputs(
    model: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    input_names: Sequence[str],
) -> tuple[list[str], list[tg.Tensor]]:
    called = model.forward if isinstance(model, tg.nn.Module) else model
    found = [
        pair
        for name, one in zip(argument_names(called, len(args)), args, strict=True)
        for pair in flattened(one, name)
    ]
    for name, one in kwargs.items():
        found += flattened(one, name)
    if len(input_names) > len(found):
        raise ValueError(
            f"onnx.export: input_names has {len(input_names)} names, the arguments have "
            f"{len(found)} tensors"
        )
    names = [*input_names, *(name for name, _ in found[len(input_names) :])]
    if len(set(names)) < len(names):
        raise ValueError(f"onnx.export: input names must differ, got {names}")
    _check_dtypes(names, [tensor for _, tensor in found])
    return names, [tensor for _, tensor in found]


def _check(
    model: object, f: object, opset_version: object, dynamic_axes: object, rest: Mapping[str, Any]
) -> None:
    require_onnx()
    if not callable(model):
        raise TypeError(f"onnx.export: expects a Module or a function, got {type(model).__name__}")
    if not (isinstance(opset_version, int) and OLDEST_OPSET <= opset_version <= NEWEST_OPSET):
        raise ValueError(
            f"onnx.export: opset_version must be in [{OLDEST_OPSET}, {NEWEST_OPSET}], got "
            f"{opset_version}"
        )
    if not (f is None or isinstance(f, (str, os.PathLike)) or hasattr(f, "write")):
        raise TypeError(f"onnx.export: f must be a path or a file, got {type(f).__name__}")
    if not (dynamic_axes is None or isinstance(dynamic_axes, Mapping)):
        raise TypeError(
            f"onnx.export: dynamic_axes must be a dict, got {type(dynamic_axes).__name__}"
        )
    _check_pytorchs(rest)


def _check_dtypes(names: Sequence[str], tensors: Sequence[tg.Tensor]) -> None:
    for name, tensor in zip(names, tensors, strict=True):
        try:
            element_type(tensor.dtype)
        except Unsupported:
            raise TypeError(
                f"onnx.export: ONNX has no operators for {tensor.dtype}, that of the input '{name}'"
            ) from None


def _check_pytorchs(given: Mapping[str, Any]) -> None:
    """Arguments of PyTorch's that ask for nothing, or for what is done anyway."""
    for name in given:
        if name not in ("export_params", "do_constant_folding", "dynamo", "verbose"):
            raise TypeError(f"onnx.export: has no argument '{name}'")
    if not given.get("export_params", True):
        raise ValueError("onnx.export: export_params=False: files without parameters are not made")


def export(
    model: Callable[..., Any],
    args: Any = (),
    f: str | os.PathLike[str] | BinaryIO | None = None,
    *,
    kwargs: Mapping[str, Any] | None = None,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    opset_version: int = OLDEST_OPSET,
    dynamic_axes: Mapping[str, Mapping[int, str] | Sequence[int]] | None = None,
    external_data: bool | None = None,
    training: bool = False,
    **pytorchs: Any,
) -> Any:
    """A model as ONNX, from the graph that is recorded while it runs on example arguments.

    model: a Module, or a function of tensors.  args: its positional arguments, a tuple or one
    tensor; kwargs: those by keyword.  Tensors in them, also within tuples, lists and dicts, are the
    inputs, under input_names or the names of the parameters; everything else is fixed.  Tensors in
    the result, nested likewise, are the outputs.  f: a path, a binary file, or None (default) to
    return the onnx.ModelProto.

    dynamic_axes: {input: {axis: name}} or {input: [axis, …]}, which sizes may vary.  Default: the
    first axis of every input whose size is that of the first one's, under the name 'batch', if the
    model runs with other sizes of it; a warning tells where it does not.  {} fixes all sizes.
    opset_version: 20 (default) to 23.  external_data: put the tensors into '<f>.data'; None
    (default) where they have more than 2 GiB.  training: False (default) exports in evaluation mode
    and leaves every module as it was.  export_params=True, do_constant_folding, dynamo and verbose
    are taken as PyTorch's and change nothing.

    The model is run several times, with other values and sizes (1, primes, and as large as costs
    little): comparing the runs finds numbers and tensors that follow the sizes, and a branch on a
    size if they take both sides of it.  Parameters and buffers keep their names.  Values that leave
    the graph are refused: numpy() by its line, item() where what follows is not the same in all
    runs; a warning names inputs that change nothing.  The package onnx checks what is written.

    Raises UnsupportedOperatorError, which lists every call that ONNX can not say with its line;
    OnnxExporterError where the model does not do the same in each run; ImportError without the
    package onnx.

    >>> import topograd as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(3, 2), tg.nn.ReLU())
    >>> tg.onnx.export(model, tg.ones(4, 3), "model.onnx")  # doctest: +SKIP
    """
    _check(model, f, opset_version, dynamic_axes, pytorchs)
    positional, keywords = args if isinstance(args, tuple) else (args,), dict(kwargs or {})
    names, tensors = _inputs(model, positional, keywords, input_names)
    exporter = _Exporter(model, positional, keywords, names, tensors, opset_version, [])
    try:
        with _in_mode(model, training), tg.inference_mode(False):
            if dynamic_axes is None:
                made = _with_free_batch(exporter, output_names)
            else:
                axes = named_axes(dynamic_axes, names, tensors, output_names)
                made = _with_axes(exporter, axes, output_names)
    except Differs as error:
        raise OnnxExporterError(f"onnx.export: {error}") from None
    exporter.tell_unused()
    write(made, f, external_data)
    return made if f is None else None


def _with_axes(exporter: _Exporter, axes: Sequence[Axes], output_names: Sequence[str]) -> Any:
    """With sizes that must be free: larger ones are tried first, then smaller ones."""
    try:
        return exporter.model_of(axes, True, output_names)
    except UnsupportedOperatorError:
        raise
    except Exception as error:
        if axes and not isinstance(error, Differs):
            with suppress(Exception):
                return exporter.model_of(axes, False, output_names)
        raise


def _with_free_batch(exporter: _Exporter, output_names: Sequence[str]) -> Any:
    """With a free first axis where the model allows that."""
    axes = first_axes(exporter.tensors)
    if not axes:
        return exporter.model_of([], True, output_names)
    try:
        return exporter.model_of(axes, True, output_names)
    except Exception as error:
        made = exporter.model_of([], True, output_names)
        warnings.warn(
            f"onnx.export: the first axis of the inputs is fixed, because the model does not allow "
            f"other sizes of it ({error}); give dynamic_axes to choose the axes",
            stacklevel=3,
        )
        return made
