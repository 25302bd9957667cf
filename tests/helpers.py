"""What the tests share: NumPy in and out, memory layouts, calls of registry ops, comparison."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import topograd as tg
from topograd._coverage import CONSTANTS

Array = Any

FLOATING = ("float64", "float32", "float16", "bfloat16")
INTEGRAL = ("int64", "int32", "int16", "int8", "uint8")
CATALOGUED = (ValueError, TypeError, IndexError, RuntimeError)
# What the parts of complex numbers are.
REAL_KINDS = {"complex64": "float32", "complex128": "float64"}
# Relative error of a result that was computed in float64 and rounded once or a few times.
TOLERANCE = {"float64": 1e-11, "float32": 2e-5, "float16": 4e-3, "bfloat16": 3e-2}


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let an oracle divide by zero and average nothing without a warning."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


class Kind(str):
    """The name of a dtype among arguments that no library owns, such as `Kind("float64")`."""


def is_tensor(value: Any) -> bool:
    """Tell whether `value` is a tensor of topograd or of PyTorch."""
    return hasattr(value, "requires_grad") and hasattr(value, "stride")


def kind_of(value: Any) -> str:
    """Return the plain name of a tensor's or a library's dtype: "float32"."""
    return str(getattr(value, "dtype", value)).rpartition(".")[2]


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Apply `function` to every leaf of nested tuples, lists and dicts."""
    if isinstance(value, dict):
        return {key: mapped(function, part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(mapped(function, part) for part in value)
    if isinstance(value, list):
        return [mapped(function, part) for part in value]
    return function(value)


def leaves(value: Any) -> Iterator[Any]:
    """Yield the leaves of nested tuples, lists and dicts, from left to right."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def array_of(value: Any) -> Any:
    """Return a tensor as a NumPy array of its own, bfloat16 as float32; anything else as is."""
    if not is_tensor(value):
        return value
    value = value.detach()
    if kind_of(value) == "bfloat16":
        value = value.float()
    return np.array((value.resolve_conj() if value.is_complex() else value).numpy())


def arrays(value: Any) -> Any:
    """Return nested tensors and dtypes as NumPy arrays and NumPy dtypes."""

    def convert(leaf: Any) -> Any:
        if type(leaf).__name__ == "dtype" and not isinstance(leaf, np.dtype):
            return np.dtype("float32" if kind_of(leaf) == "bfloat16" else kind_of(leaf))
        return np.dtype(str(leaf)) if isinstance(leaf, Kind) else array_of(leaf)

    return mapped(convert, value)


def tensor_of(array: Array, kind: str | None = None, library: Any = tg) -> Any:
    """Return a contiguous tensor of `library` that owns a copy of `array`, in the dtype named."""
    own = np.array(array, order="C")
    if kind not in (None, "bfloat16"):
        with quiet():  # float16 turns large numbers into infinity
            own = own.astype(kind)
    tensor = library.from_numpy(own)
    return tensor.to(library.bfloat16) if kind == "bfloat16" else tensor


def tensors(value: Any, library: Any = tg) -> Any:
    """Return nested NumPy arrays and `Kind`s as tensors and dtypes of `library`."""

    def convert(leaf: Any) -> Any:
        if isinstance(leaf, Kind):
            return getattr(library, leaf)
        return tensor_of(leaf, library=library) if isinstance(leaf, np.ndarray) else leaf

    return mapped(convert, value)


def outputs(result: Any) -> list[Any]:
    """Return the tensors of a result, be it one tensor or a sequence of them."""
    return [leaf for leaf in leaves(result) if is_tensor(leaf)]


def is_floating(tensor: Any) -> bool:
    """Tell whether a tensor or an array holds floating-point numbers."""
    return kind_of(tensor) in FLOATING


# --- Memory layouts: each function returns a tensor with the values of `array` ------------------


def contiguous(array: Array) -> Any:
    """Return the values in row order, without gaps."""
    return tensor_of(array)


def transposed(array: Array) -> Any:
    """Return the values in column order: the first axis has stride 1."""
    return tg.from_numpy(np.array(array, order="F"))


def stepped(array: Array) -> Any:
    """Return every second element of a buffer, along the last axis."""
    if array.ndim == 0:
        return offset(array)
    buffer = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    buffer[..., ::2] = array
    return tg.from_numpy(buffer[..., ::2])


def offset(array: Array) -> Any:
    """Return a view that begins three elements into its buffer."""
    buffer = np.zeros(array.size + 3, array.dtype)
    buffer[3:] = array.reshape(-1)
    return tg.from_numpy(buffer)[3:].reshape(array.shape)


def inner(array: Array) -> Any:
    """Return the middle of a buffer that is larger by one at each side of each axis."""
    middle = (slice(1, -1),) * array.ndim
    buffer = np.zeros([size + 2 for size in array.shape], array.dtype)
    buffer[middle] = array
    return tg.from_numpy(buffer)[middle]


def expanded(array: Array) -> Any:
    """Return the first entry of the first axis repeated along it with stride 0."""
    if array.ndim == 0 or array.shape[0] == 0:
        return tensor_of(array)
    return tensor_of(array[:1]).expand(array.shape)


LAYOUTS: dict[str, Callable[[Array], Any]] = {
    function.__name__: function for function in (transposed, stepped, offset, inner)
}


# --- Calls of registry ops ---------------------------------------------------------------------

# The names of the parameters of what a user calls.
PARAMETERS = {str(op): tuple(parameter["name"] for parameter in op.parameters) for op in tg.ops()}


@dataclasses.dataclass(frozen=True)
class Call:
    """An op with its arguments: the tensors among them can be exchanged and the op called.

    `names` are the op's parameter names, to pass positional arguments by keyword.
    """

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    names: tuple[str, ...] = ()
    seed: int = 7

    def __call__(self) -> Any:
        """Return the result; random ops draw the same numbers at every call."""
        tg.manual_seed(self.seed)
        return self.function(*self.args, **self.kwargs)

    @property
    def tensors(self) -> list[Any]:
        """The tensors among the arguments, from left to right."""
        return [leaf for leaf in leaves((self.args, self.kwargs)) if is_tensor(leaf)]

    @property
    def arrays(self) -> list[Array]:
        """The tensors among the arguments as NumPy arrays."""
        return [array_of(tensor) for tensor in self.tensors]

    def with_tensors(self, replacements: Sequence[Any]) -> Call:
        """Return the same call with its tensors exchanged, from left to right."""
        remaining = iter(replacements)

        def exchange(leaf: Any) -> Any:
            return next(remaining) if is_tensor(leaf) else leaf

        args, kwargs = mapped(exchange, (self.args, self.kwargs))
        return dataclasses.replace(self, args=args, kwargs=kwargs)

    def copied(self) -> Call:
        """Return the same call on copies, so that an op that writes leaves the sample as it is."""
        return self.with_tensors([tensor.detach().clone() for tensor in self.tensors])

    def with_keywords(self) -> Call:
        """Return the call with what follows the leading tensors passed by keyword.

        PyTorch's losses and activations keep legacy parameters between the others.
        """
        leading = 0
        while leading < len(self.args) and (leading == 0 or is_tensor(self.args[leading])):
            leading += 1
        if len(self.names) < len(self.args):
            return self
        named = dict(zip(self.names[leading:], self.args[leading:], strict=False))
        return dataclasses.replace(self, args=self.args[:leading], kwargs={**named, **self.kwargs})

    def argument(self, name: str) -> Any:
        """Return the argument of a parameter, None where it was not given."""
        if name in self.kwargs:
            return self.kwargs[name]
        place = self.names.index(name) if name in self.names else len(self.args)
        return self.args[place] if place < len(self.args) else None

    def with_argument(self, name: str, value: Any) -> Call:
        """Return the call with the argument of a parameter exchanged."""
        place = self.names.index(name) if name in self.names else len(self.args)
        if name in self.kwargs or place >= len(self.args):
            return dataclasses.replace(self, kwargs={**self.kwargs, name: value})
        args = (*self.args[:place], value, *self.args[place + 1 :])
        return dataclasses.replace(self, args=args)

    def differentiable(self) -> list[int]:
        """Return the positions, among `tensors`, of those that the op may differentiate."""
        constant = CONSTANTS.get(self.name, set())
        names = PARAMETERS.get(self.name, ())
        named = [*zip(names, self.args, strict=False)] if constant else [*enumerate(self.args)]
        positions, count = [], 0
        for key, value in [*named, *self.kwargs.items()]:
            for leaf in leaves(value):
                if is_tensor(leaf):
                    if key not in constant and is_floating(leaf):
                        positions.append(count)
                    count += 1
        return positions

    def floating_outputs(self) -> list[Any]:
        """Return the floating-point tensors of the result."""
        results = outputs(self())[: DIFFERENTIABLE_OUTPUTS.get(self.name)]
        return [tensor for tensor in results if is_floating(tensor)]


# Outputs beyond these only carry along what the backward pass reads.
DIFFERENTIABLE_OUTPUTS = {op.name: op.differentiable_outputs for op in tg.ops()}

_calls: dict[str, list[Call]] = {}


def calls_of(op: Any) -> list[Call]:
    """Return the samples of a registry op as calls; they are asked for once and kept."""
    if str(op) not in _calls:
        names = tuple(parameter["name"] for parameter in op.parameters)
        calls = [
            Call(base_name(op), op.function, tuple(args), dict(kwargs), names)
            for args, kwargs in op.samples()
        ]
        functional = op.module == "nn.functional"
        _calls[str(op)] = [call.with_keywords() if functional else call for call in calls]
    return _calls[str(op)]


def samples(wanted: Callable[[Any, Call], bool] = lambda op, call: True) -> list[Any]:
    """Return (op, sample number), with readable test names, for every sample that is wanted."""
    return [
        pytest.param(op, number, id=f"{op}-{number}")
        for op in tg.ops()
        for number, call in enumerate(calls_of(op))
        if wanted(op, call)
    ]


def base_name(op: Any) -> str:
    """Return the name of the Python function: "max" for the variant "max.dim"."""
    return str(op).partition(".")[0]


def sample(op: Any, number: int) -> Call:
    """Return one sample as a call whose tensors are copies."""
    return calls_of(op)[number].copied()


def has_floating_input(op: Any, call: Call) -> bool:
    """Tell whether a tensor among the arguments holds floating-point numbers."""
    return any(is_floating(tensor) for tensor in call.tensors)


def is_differentiable(op: Any, call: Call) -> bool:
    """Tell whether there is a tensor to differentiate and the gradient is a derivative.

    An embedding with `padding_idx` gives that row no gradient by definition. Gamma numbers are
    drawn by rejection: their derivative is that of the quantile, tested in test_random.py.
    """
    by_definition = str(op) == "standard_gamma" or call.argument("padding_idx") is not None
    return bool(call.differentiable()) and not by_definition


def public_function(name: str) -> Callable[..., Any]:
    """Return what a user calls by that name: of `tg`, of nn.functional, or a method."""
    # nn.functional.unfold is quite another operation than the method.
    owners = (tg.Tensor,) if name == "unfold" else (tg, tg.nn.functional, tg.Tensor)
    for owner in owners:
        if callable(getattr(owner, name, None)):
            found: Callable[..., Any] = getattr(owner, name)
            return found
    raise AttributeError(f"{name}: neither a function nor a method")


# --- Comparison --------------------------------------------------------------------------------


def in_real_parts(value: Any) -> Array:
    """Return an array, complex numbers as pairs of real ones."""
    array = np.asarray(value)
    if array.dtype.kind != "c":
        return array
    return np.stack([array.real, array.imag], -1)


def assert_close(actual: Any, expected: Any, kind: str = "float64", factor: float = 1.0) -> None:
    """Compare nested results; `kind` names the dtype whose rounding is allowed `factor` times."""
    got = [in_real_parts(leaf) for leaf in leaves(arrays(actual)) if leaf is not None]
    want = [in_real_parts(leaf) for leaf in leaves(arrays(expected)) if leaf is not None]
    assert len(got) == len(want), f"{len(got)} results where {len(want)} are expected"
    tolerance = TOLERANCE.get(kind, 1e-6) * factor
    for own, other in zip(got, want, strict=True):
        assert own.shape == other.shape, f"shape {own.shape} where {other.shape} is expected"
        finite = np.abs(other[np.isfinite(other)]) if other.dtype.kind == "f" else np.abs([0.0])
        scale = min(float(finite.max(initial=1.0)), 1e4)
        np.testing.assert_allclose(
            own.astype(np.float64), other.astype(np.float64), tolerance, tolerance * scale
        )


def assert_same_bits(first: Any, second: Any) -> None:
    """Compare nested results bit by bit."""
    for own, other in zip(leaves(arrays(first)), leaves(arrays(second)), strict=True):
        assert np.asarray(own).tobytes() == np.asarray(other).tobytes()


def expected_of(call: Call, oracle: Callable[..., Any], values: Sequence[Array]) -> Any:
    """Return what the oracle says about a call whose tensors have these values."""
    remaining = iter(values)

    def convert(leaf: Any) -> Any:
        return next(remaining) if is_tensor(leaf) else arrays(leaf)

    args, kwargs = mapped(convert, (call.args, call.kwargs))
    with quiet():
        return oracle(*args, **kwargs)


def precision_of(result: Any) -> str:
    """Return the coarsest floating-point dtype of a result, "float64" if it has none."""
    kinds = {REAL_KINDS.get(kind_of(tensor), kind_of(tensor)) for tensor in outputs(result)}
    return next((kind for kind in reversed(FLOATING) if kind in kinds), "float64")


def assert_names_op(error: BaseException, op: Any) -> None:
    """Check that an error is of a catalogued type and that its text begins with the op's name."""
    assert isinstance(error, CATALOGUED), f"{type(error).__name__}: {error}"
    text = str(error)
    assert text.startswith((str(op), base_name(op), base_name(op) + "_")), (
        f"the message does not begin with the op's name: {text}"
    )


def marked_line(file: str, mark: str) -> int:
    """Return the number of the line of a test file that ends with this comment."""
    lines = Path(file).read_text().splitlines()
    (found,) = (i for i, line in enumerate(lines, 1) if line.endswith(f"# {mark}"))
    return found


def message_of(call: Callable[[], Any]) -> str:
    """Return the message of the RuntimeError that the call raises."""
    with pytest.raises(RuntimeError) as caught:
        call()
    return str(caught.value)
