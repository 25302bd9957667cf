"""What is recorded: context managers that are decorators too."""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import wraps
from types import TracebackType
from typing import Any, TypeVar

from topograd import _C

Function = TypeVar("Function", bound=Callable[..., Any])


class _Mode:
    """A switch that is set on entry and set back on every exit; also decorates functions."""

    __slots__ = ("_before",)

    def _switch(self) -> Any:
        raise NotImplementedError

    def _restore(self, before: Any) -> None:
        raise NotImplementedError

    def __enter__(self) -> None:
        self._before = self._switch()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._restore(self._before)

    def __call__(self, function: Function) -> Function:
        """The function with the switch set while it runs; a generator, while it is resumed."""
        from inspect import isgeneratorfunction

        def inside(*args: Any, **kwargs: Any) -> Any:
            return self._within(function, *args, **kwargs)

        def resumed_inside(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            generator: Generator[Any, Any, Any] = function(*args, **kwargs)
            try:
                response = self._within(next, generator)
                while True:
                    try:
                        request = yield response
                    except GeneratorExit:
                        self._within(generator.close)
                        raise
                    except BaseException as error:
                        response = self._within(generator.throw, error)
                    else:
                        response = self._within(generator.send, request)
            except StopIteration as end:
                return end.value

        around = resumed_inside if isgeneratorfunction(function) else inside
        return wraps(function)(around)  # type: ignore[return-value]

    def _within(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        before = self._switch()
        try:
            return function(*args, **kwargs)
        finally:
            self._restore(before)


class no_grad(_Mode):
    """Nothing is recorded inside; results do not require gradients.

    >>> import topograd as tg
    >>> w = tg.tensor(1.0, requires_grad=True)
    >>> with tg.no_grad():
    ...     (2 * w).requires_grad
    False
    """

    __slots__ = ()

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """Without parentheses it decorates: `@no_grad`."""
        self = super().__new__(cls)
        return self if function is None else self(function)

    def _switch(self) -> bool:
        return _C.set_recording(False, True)

    def _restore(self, before: Any) -> None:
        _C.set_recording(before)


class enable_grad(_Mode):
    """Recording is on inside, also within no_grad().

    >>> import topograd as tg
    >>> w = tg.tensor(1.0, requires_grad=True)
    >>> with tg.no_grad(), tg.enable_grad():
    ...     (2 * w).requires_grad
    True
    """

    __slots__ = ()

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        """Without parentheses it decorates: `@enable_grad`."""
        self = super().__new__(cls)
        return self if function is None else self(function)

    def _switch(self) -> bool:
        return _C.set_recording(True)

    def _restore(self, before: Any) -> None:
        _C.set_recording(before)


class set_grad_enabled(_Mode):
    """Recording on or off, from the call on; as a context manager, until its end.

    >>> import topograd as tg
    >>> with tg.set_grad_enabled(False):
    ...     tg.is_grad_enabled()
    False
    >>> tg.is_grad_enabled()
    True
    """

    __slots__ = ("_mode",)

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError(f"set_grad_enabled: expects True or False, got {type(mode).__name__}")
        self._mode = mode
        self._before = _C.set_recording(mode, True)

    def __enter__(self) -> None:
        _C.set_recording(self._mode, True)

    def __call__(self, function: Function) -> Function:
        """As a decorator it switches at each call only, not from its construction on."""
        _C.set_recording(self._before)
        return super().__call__(function)

    def _switch(self) -> bool:
        return _C.set_recording(self._mode, True)

    def _restore(self, before: Any) -> None:
        _C.set_recording(before)


class inference_mode(_Mode):
    """no_grad whose results can never be recorded, also not later.

    Using such a result in a recorded op raises RuntimeError.

    >>> import topograd as tg
    >>> with tg.inference_mode():
    ...     tg.is_inference_mode_enabled()
    True
    """

    __slots__ = ("_mode",)

    _mode: bool

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        """Without parentheses it decorates: `@inference_mode`."""
        self = super().__new__(cls)
        self._mode = mode if isinstance(mode, bool) else True
        return self(mode) if callable(mode) else self

    def _switch(self) -> tuple[bool, bool]:
        if not self._mode:
            return _C.is_grad_enabled(), _C.set_inference(False)
        return _C.set_recording(False, True), _C.set_inference(True)

    def _restore(self, before: Any) -> None:
        recording, inference = before
        _C.set_recording(recording)
        _C.set_inference(inference)


class strict_ieee(_Mode):
    """Inside, derivatives follow IEEE arithmetic to the letter: 0 * inf is NaN, as elsewhere.

    Outside, an exactly zero cotangent or tangent stays zero through an elementwise rule even where
    the partial derivative is infinite or NaN.

    >>> import topograd as tg
    >>> def gradient():
    ...     x = tg.tensor(0.0, requires_grad=True)
    ...     tg.where(x > 0, x.sqrt(), 0.0).backward()
    ...     return x.grad.item()
    >>> gradient()
    0.0
    >>> with tg.autograd.strict_ieee():
    ...     gradient()
    nan
    """

    __slots__ = ()

    def _switch(self) -> bool:
        return _C.set_strict_ieee(True)

    def _restore(self, before: Any) -> None:
        _C.set_strict_ieee(before)
