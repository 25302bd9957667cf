"""Ops written in Python: the same kind of record as the library's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar

from topograd import _C
from topograd._C import Tensor
from topograd._modes import no_grad


class FunctionCtx:
    """What `forward` leaves for `backward`: one per call, `ctx`.

    needs_input_grad: a bool per argument of forward.  saved_tensors: what `save_for_backward` got.
    Any other attribute may be set.
    """

    def __init__(self) -> None:
        self.needs_input_grad: tuple[bool, ...] = ()
        self.materialize_grads = True
        self._saved: tuple[Tensor | None, ...] = ()
        self._versions: tuple[int, ...] = ()
        self._inputs: tuple[Tensor, ...] = ()  # while a rule runs: with history, without data
        self._saved_inputs: dict[int, int] = {}  # as _saved_outputs; in a second run only
        self._saved_outputs: dict[int, int] = {}  # position among _saved: number of the output
        self._outputs: tuple[Tensor, ...] = ()  # while backward runs: with history, without data
        self._not_differentiable: tuple[Tensor, ...] = ()
        self._dirty: tuple[Tensor, ...] = ()
        self._function: type[Function] | None = None
        self._positions: tuple[int, ...] = ()
        self._count = 0

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keeps tensors; changing them in place before backward is an error that is noticed."""
        for one in tensors:
            if one is not None and not isinstance(one, Tensor):
                raise TypeError(
                    f"save_for_backward: expects tensors or None, got {type(one).__name__}; "
                    "set other values as attributes of ctx"
                )
        self._saved = tensors
        self._versions = tuple(0 if one is None else one._version for one in tensors)

    def save_for_forward(self, *tensors: Tensor | None) -> None:
        """Keeps tensors for jvp: the same as save_for_backward."""
        self.save_for_backward(*tensors)

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """What was saved; inputs and outputs come with their place in the graph."""
        name = self._function.__name__ if self._function is not None else "Function"
        for one, version in zip(self._saved, self._versions, strict=True):
            if one is not None and one._version != version:
                raise RuntimeError(
                    f"{name}: backward needs a saved tensor of shape {tuple(one.shape)}, but it "
                    f"was changed in place\n  saved at version {version}\n  is at version "
                    f"{one._version} now{_C.describe_change(one)}"
                )
        restored = list(self._saved)
        if self._outputs and _C.is_grad_enabled():
            for position, number in self._saved_outputs.items():
                value = restored[position]
                if value is not None:
                    restored[position] = _C.with_history(value, self._outputs[number])
        # What a checkpointed part computed again belongs in the graph of its first run.
        for position, number in self._saved_inputs.items():
            value = restored[position]
            if value is not None and self._inputs:
                restored[position] = (
                    _C.with_history(value, self._inputs[number])
                    if _C.is_grad_enabled()
                    else value.detach()
                )
        return tuple(restored)

    saved_variables = saved_tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """These outputs of forward do not require grad."""
        self._not_differentiable = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """These inputs were changed in place by forward."""
        self._dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros (default) or None for outputs without a gradient."""
        self.materialize_grads = value

    def _run_backward(
        self,
        gradients: tuple[Tensor | None, ...],
        outputs: tuple[Tensor, ...],
        inputs: tuple[Tensor, ...] = (),
    ) -> list[Tensor | None]:
        """Called by the engine: gradients of the tensor inputs, in order."""
        assert self._function is not None
        self._outputs, self._inputs = outputs, inputs
        try:
            result = self._function.backward(self, *gradients)
        finally:
            self._outputs = self._inputs = ()
        listed = result if isinstance(result, tuple) else (result,)
        name = self._function.__name__
        if len(listed) > self._count and all(one is None for one in listed[self._count :]):
            listed = listed[: self._count]
        if len(listed) != self._count:
            raise RuntimeError(
                f"{name}: backward returned {len(listed)} gradients for the {self._count} "
                f"arguments of forward"
            )
        for position, one in enumerate(listed):
            if one is not None and not isinstance(one, Tensor):
                raise TypeError(
                    f"{name}: backward must return tensors or None, got {type(one).__name__} at "
                    f"position {position}"
                )
            if one is not None and position not in self._positions:
                raise RuntimeError(
                    f"{name}: backward returned a gradient for argument {position}, which is no "
                    f"tensor"
                )
        return [listed[position] for position in self._positions]

    def _run_jvp(
        self, tangents: tuple[Tensor | None, ...], inputs: tuple[Tensor, ...] = ()
    ) -> list[Tensor | None]:
        """Called by forward mode: tangents of the outputs."""
        assert self._function is not None
        given: list[Tensor | None] = [None] * self._count
        for position, tangent in zip(self._positions, tangents, strict=True):
            given[position] = tangent
        self._inputs = inputs
        try:
            result = self._function.jvp(self, *given)
        finally:
            self._inputs = ()
        return list(result) if isinstance(result, tuple) else [result]


class Function:
    """Base of differentiable functions written in Python.

    forward(ctx, *args) computes, not recorded, and may call ctx.save_for_backward(...);
    backward(ctx, *gradients) gets one gradient per output and returns one per argument of forward
    (None for what is no tensor). jvp(ctx, *tangents), optional, gives forward mode. Call the
    function as `Name.apply(...)`. Source: the interface of PyTorch.

    >>> import topograd as tg
    >>> class Product(tg.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x, y):
    ...         ctx.save_for_backward(x, y)
    ...         return x * y
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         x, y = ctx.saved_tensors
    ...         return g * y, g * x
    >>> x = tg.tensor(2.0, requires_grad=True)
    >>> Product.apply(x, tg.tensor(5.0)).backward()
    >>> x.grad
    tensor(5.)
    """

    setup_context: ClassVar[Any] = None

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Computes the outputs. To be written by the user."""
        raise NotImplementedError("Function: forward is not defined")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        """Gradients of the arguments from those of the outputs. To be written by the user."""
        raise NotImplementedError("Function: backward is not defined")

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        """Tangents of the outputs from those of the arguments. To be written by the user."""
        raise NotImplementedError("Function: jvp is not defined, so there is no forward mode")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Calls forward and records the call when an argument requires grad."""
        ctx = FunctionCtx()
        ctx._function = cls
        ctx._count = len(args)
        ctx._positions = tuple(i for i, one in enumerate(args) if isinstance(one, Tensor))
        ctx.needs_input_grad = tuple(isinstance(one, Tensor) and one.requires_grad for one in args)
        recorded = _C.is_grad_enabled() and any(ctx.needs_input_grad)
        before = _C.set_recording(False)
        try:
            if cls.setup_context is not None:
                result = cls.forward(*args, **kwargs)
                cls.setup_context(ctx, args, result)
            else:
                result = cls.forward(ctx, *args, **kwargs)
        finally:
            _C.set_recording(before)
        if not recorded or _C.is_everything_recorded():  # then what forward calls is recorded
            return result
        recorded_result = _record(cls, ctx, args, result)
        if _noted:
            _note(cls, args, kwargs, recorded_result)
        return recorded_result


@dataclass(frozen=True)
class FunctionCall:
    """A recorded call of a user's Function, noted so that it can be made again."""

    function: type[Function]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: tuple[Tensor, ...]
    tracked: tuple[int, ...]  # which results of apply the outputs of the node are


_noted: list[list[FunctionCall]] = []


@contextmanager
def function_calls() -> Iterator[list[FunctionCall]]:
    """Notes the calls of users' Functions that are recorded within the block.

    >>> import topograd as tg
    >>> from topograd.autograd.function import function_calls
    >>> double = tg.autograd.custom_op(lambda x: 2 * x, vjp=lambda g, y, x: 2 * g, name="double")
    >>> with function_calls() as calls:
    ...     y = double(tg.ones(1, requires_grad=True))
    >>> [call.function.__name__ for call in calls]
    ['double']
    """
    calls: list[FunctionCall] = []
    _noted.append(calls)
    try:
        yield calls
    finally:
        _noted[:] = [one for one in _noted if one is not calls]


def _note(cls: type[Function], args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
    listed = list(result) if isinstance(result, (tuple, list)) else [result]
    tracked = tuple(
        i for i, one in enumerate(listed) if isinstance(one, Tensor) and one.requires_grad
    )
    call = FunctionCall(cls, args, kwargs, tuple(listed[i] for i in tracked), tracked)
    for calls in _noted:
        calls.append(call)


def _record(cls: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], result: Any) -> Any:
    """Makes the outputs the results of one node."""
    listed = result if isinstance(result, (tuple, list)) else (result,)
    fixed = {id(one) for one in ctx._not_differentiable}
    tracked = [one for one in listed if isinstance(one, Tensor) and id(one) not in fixed]
    inputs = [args[i] for i in ctx._positions]
    outputs = _C.record_function(cls.__name__, inputs, tracked, list(ctx._dirty), ctx)
    by_identity = dict(zip(map(id, tracked), outputs, strict=True))
    # Saved outputs are kept without their node, so that no node owns itself through ctx. An input
    # that is also an output stays what it was; the output is another handle of it.
    numbers = {id(one): number for number, one in enumerate(outputs)}
    ctx._saved_outputs = {
        position: numbers[id(one)]
        for position, one in enumerate(ctx._saved)
        if isinstance(one, Tensor) and one.requires_grad and by_identity.get(id(one)) is one
    }
    if _C.in_second_run():
        places = {id(one): number for number, one in enumerate(inputs)}
        ctx._saved_inputs = {
            position: places[id(one)]
            for position, one in enumerate(ctx._saved)
            if isinstance(one, Tensor) and one.requires_grad and id(one) in places
        }
    ctx._saved = tuple(
        one.detach() if one is not None and position in ctx._saved_outputs else one
        for position, one in enumerate(ctx._saved)
    )
    final = tuple(by_identity.get(id(one), one) for one in listed)
    return final if isinstance(result, (tuple, list)) else final[0]


def custom_op(
    forward: Callable[..., Tensor],
    vjp: Callable[..., Sequence[Tensor | None] | Tensor | None],
    jvp: Callable[..., Tensor] | None = None,
    name: str | None = None,
) -> Callable[..., Tensor]:
    """An op from plain functions.

    forward(*args) -> output.  vjp(gradient, output, *args) -> one gradient per argument.
    jvp(tangents, output, *args) -> tangent of the output; tangents has None where there is none.
    Saves all arguments and the output.

    >>> import topograd as tg
    >>> square = tg.autograd.custom_op(lambda x: x * x, vjp=lambda g, y, x: 2 * g * x)
    >>> x = tg.tensor(3.0, requires_grad=True)
    >>> square(x).backward()
    >>> x.grad
    tensor(6.)
    """

    def run_forward(ctx: Any, *args: Any) -> Tensor:
        output = forward(*args)
        ctx.arguments = args
        ctx.save_for_backward(*(one for one in args if isinstance(one, Tensor)), output)
        return output

    def restored(ctx: Any) -> tuple[Tensor, list[Any]]:
        *saved, output = ctx.saved_tensors
        tensors = iter(saved)
        return output, [next(tensors) if isinstance(one, Tensor) else one for one in ctx.arguments]

    def run_backward(ctx: Any, gradient: Tensor) -> Any:
        output, args = restored(ctx)
        result = vjp(gradient, output, *args)
        return tuple(result) if isinstance(result, (tuple, list)) else result

    def run_jvp(ctx: Any, *tangents: Tensor | None) -> Tensor:
        if jvp is None:
            raise NotImplementedError(
                f"{cls.__name__}: jvp is not defined, so there is no forward mode"
            )
        output, args = restored(ctx)
        return jvp(tangents, output, *args)

    title = name or getattr(forward, "__name__", "custom_op").strip("<>")
    cls: Any = type(
        title,
        (Function,),
        {
            "forward": staticmethod(run_forward),
            "backward": staticmethod(run_backward),
            "jvp": staticmethod(run_jvp),
        },
    )
    applied: Callable[..., Tensor] = cls.apply
    return applied


class _Refusal(Function):
    """The identity of tensors that nothing may be differentiated through."""

    @staticmethod
    def forward(ctx: Any, message: str, *tensors: Tensor) -> Any:
        ctx.message = message
        return tuple(one.detach() for one in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise RuntimeError(ctx.message)


def _refusing(message: str, *values: Any) -> tuple[Any, ...]:
    """The values, floating-point tensors as ones that nothing may be differentiated through."""
    places = [
        place
        for place, one in enumerate(values)
        if isinstance(one, Tensor) and (one.is_floating_point() or one.is_complex())
    ]
    leaves = [values[place].detach().requires_grad_() for place in places]
    found = dict(zip(places, _Refusal.apply(message, *leaves), strict=True)) if places else {}
    return tuple(found.get(place, one) for place, one in enumerate(values))


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Marks a backward that can not be differentiated itself.

    Differentiating its results again, where they depend on gradients with a history, raises
    RuntimeError.
    """

    @wraps(backward)
    def inside(ctx: Any, *gradients: Any) -> Any:
        with no_grad():
            results = backward(ctx, *gradients)
        recorded = any(isinstance(one, Tensor) and one.requires_grad for one in gradients)
        if not (recorded and _C.is_grad_enabled()):
            return results
        message = (
            "trying to differentiate twice a function that was marked with once_differentiable"
        )
        refusing = _refusing(message, *(results if isinstance(results, tuple) else (results,)))
        return refusing if isinstance(results, tuple) else refusing[0]

    return inside
