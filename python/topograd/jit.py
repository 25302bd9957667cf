"""`torch.jit` as Python sees it: script and trace give back what they get, which runs op by op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from topograd.nn import Module

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])

ScriptModule = Module
# In a program: `x: torch.jit.Final[int]`.
from typing import Final as Final  # noqa: E402

__all__ = [
    "Final",
    "ScriptModule",
    "annotate",
    "export",
    "fork",
    "freeze",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "load",
    "onednn_fusion_enabled",
    "optimize_for_inference",
    "optimized_execution",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "set_fusion_strategy",
    "trace",
    "trace_module",
    "unused",
    "wait",
]

_isinstance = isinstance


def script(obj: T, optimize: None = None, _frames_up: int = 0, *args: Any, **kwargs: Any) -> T:
    """The function, module or class itself, which goes on to run as Python.

    >>> import topograd as tg
    >>> @tg.jit.script
    ... def double(x):
    ...     return 2 * x
    >>> double(tg.ones(1))
    tensor([2.])
    """
    return obj


def trace(
    func: T,
    example_inputs: Any = None,
    optimize: None = None,
    check_trace: bool = True,
    check_inputs: Any = None,
    check_tolerance: float = 1e-05,
    strict: bool = True,
    **kwargs: Any,
) -> T:
    """The function or module itself, which goes on to run as Python, branches included.

    It is called once with example_inputs, as PyTorch would, so that what fails fails here.
    """
    if example_inputs is not None and callable(func):
        inputs = example_inputs if _isinstance(example_inputs, (tuple, list)) else (example_inputs,)
        func(*inputs)
    return func


def trace_module(mod: T, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> T:
    """The module itself."""
    return mod


def ignore(drop: Any = False, **kwargs: Any) -> Any:
    """The function itself; with or without parentheses."""
    return drop if callable(drop) else _itself


def unused(fn: Function) -> Function:
    """The function itself."""
    return fn


export = script_method = script_if_tracing = interface = unused


def _itself(function: Function) -> Function:
    return function


def is_scripting() -> bool:
    """False: Python runs."""
    return False


def is_tracing() -> bool:
    """False: Python runs."""
    return False


def annotate(the_type: Any, the_value: T) -> T:
    """The value."""
    return the_value


def isinstance(obj: object, target_type: Any) -> bool:
    """Python's isinstance, for classes that are not generic."""
    return _isinstance(obj, target_type)


def freeze(mod: T, preserved_attrs: Any = None, optimize_numerics: bool = True) -> T:
    """The module itself."""
    return mod


def optimize_for_inference(mod: T, other_methods: Any = None) -> T:
    """The module itself."""
    return mod


def set_fusion_strategy(strategy: Any) -> list[Any]:
    """Nothing is fused behind a program's back; []."""
    return []


def onednn_fusion_enabled() -> bool:
    """False."""
    return False


class optimized_execution:
    """A context that does nothing."""

    def __init__(self, should_optimize: bool) -> None:
        self.should_optimize = should_optimize

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: Any) -> None:
        return None


def fork(func: Callable[..., T], *args: Any, **kwargs: Any) -> _Done[T]:
    """Calls the function at once; `wait` gives its result."""
    return _Done(func(*args, **kwargs))


class _Done(list[T]):
    """A result that is there already."""

    def __init__(self, value: T) -> None:
        super().__init__([value])

    def wait(self) -> T:
        return self[0]


def wait(future: _Done[T]) -> T:
    """The result of `fork`."""
    return future.wait()


def save(m: Any, f: Any, _extra_files: Any = None) -> None:
    """Raises RuntimeError: there are no programs to save; `topograd.save` takes a state_dict."""
    raise RuntimeError("jit.save: a module runs as Python and is not saved; save its state_dict()")


def load(f: Any, map_location: Any = None, _extra_files: Any = None, **kwargs: Any) -> Any:
    """Raises RuntimeError: files of TorchScript hold programs, which are not run here."""
    raise RuntimeError(
        "jit.load: a TorchScript file holds a program, which topograd does not run; build the "
        "module in Python and load its state_dict"
    )
