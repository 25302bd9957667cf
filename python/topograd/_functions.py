"""Functions that are thin compositions, or take arguments that the registry's parser does not."""

from __future__ import annotations

import builtins
import contextlib
import os.path
from collections.abc import Iterator, Sequence
from typing import Any

from topograd import _C
from topograd._arguments import takes_tensors
from topograd._C import Tensor

Number = builtins.float | builtins.int | builtins.bool


@takes_tensors
def as_tensor(data: Any, dtype: _C.dtype | None = None, device: Any = None) -> Tensor:
    """Data as a tensor, without a copy where it is one already or an array of a fitting dtype.

    >>> import topograd as tg
    >>> tg.as_tensor([1.0, 2.0])
    tensor([1., 2.])
    """
    if isinstance(data, Tensor):
        return data if dtype is None or data.dtype == dtype else data.to(dtype)
    if hasattr(data, "__array_interface__") and getattr(data, "ndim", 0) > 0:
        from topograd._interop import from_array

        view = from_array(data)
        return view if dtype is None else view.to(dtype)
    return _C.tensor(data, dtype=dtype)


@takes_tensors
def asarray(
    obj: Any,
    *,
    dtype: _C.dtype | None = None,
    device: Any = None,
    copy: builtins.bool | None = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """Obj as a tensor; copy=True always copies.

    >>> import topograd as tg
    >>> tg.asarray([1, 2])
    tensor([1, 2])
    """
    result = _C.tensor(obj, dtype=dtype) if copy else as_tensor(obj, dtype)
    return result.detach().requires_grad_(requires_grad) if requires_grad else result


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor over the memory of a NumPy array; changes are seen on both sides.

    A read-only array gives a tensor that refuses to be changed.  Raises TypeError for other objects
    and for dtypes without a counterpart, ValueError for negative strides.

    >>> import numpy as np
    >>> import topograd as tg
    >>> array = np.zeros(2)
    >>> tg.from_numpy(array).add_(1)
    tensor([1., 1.], dtype=topograd.float64)
    >>> array
    array([1., 1.])
    """
    if not hasattr(ndarray, "__array_interface__"):
        raise TypeError(f"from_numpy: expects a NumPy array, got {type(ndarray).__name__}")
    if ndarray.dtype.kind not in "biufc":
        raise TypeError(f"from_numpy: there is no dtype for arrays of {ndarray.dtype}")
    return _C.from_buffer(ndarray)


def from_dlpack(
    ext_tensor: Any, *, device: Any = None, copy: builtins.bool | None = None
) -> Tensor:
    """A tensor over the memory of another library's tensor, through DLPack.

    ext_tensor: an object with __dlpack__, or a capsule that nobody has used yet.  device: None or
    the CPU.  copy: True for memory of its own, else it is shared.  Read-only
    memory gives a tensor that refuses to be changed.  Raises TypeError for other objects and for
    dtypes that there are none of, BufferError or ValueError for memory that is not on the CPU, and
    ValueError for negative strides and memory that is not aligned.

    >>> import numpy as np
    >>> import topograd as tg
    >>> tg.from_dlpack(np.arange(3))
    tensor([0, 1, 2])
    """
    if device is not None and str(device).partition(":")[0] != "cpu":
        raise ValueError(f"from_dlpack: expects the CPU as device, got {device}")
    capsule = ext_tensor
    if hasattr(ext_tensor, "__dlpack__"):
        kind = (
            ext_tensor.__dlpack_device__() if hasattr(ext_tensor, "__dlpack_device__") else (1, 0)
        )
        if int(kind[0]) != 1:
            raise ValueError(f"from_dlpack: device type {int(kind[0])} is not the CPU")
        try:
            capsule = ext_tensor.__dlpack__(max_version=(1, 0))
        except TypeError:  # a producer from before version 1
            capsule = ext_tensor.__dlpack__()
    tensor = _C.from_dlpack_capsule(capsule)
    return tensor.clone() if copy else tensor


def is_tensor(obj: object) -> builtins.bool:
    """Whether obj is a tensor.

    >>> import topograd as tg
    >>> tg.is_tensor([1.0])
    False
    """
    return isinstance(obj, Tensor)


@takes_tensors
def is_floating_point(input: Tensor) -> builtins.bool:
    """Whether the dtype is a floating point one.

    >>> import topograd as tg
    >>> tg.is_floating_point(tg.ones(1))
    True
    """
    return input.dtype.is_floating_point


@takes_tensors
def is_complex(input: Tensor) -> builtins.bool:
    """Whether the dtype is a complex one.

    >>> import topograd as tg
    >>> tg.is_complex(tg.tensor([1j]))
    True
    """
    return input.dtype.is_complex


@takes_tensors
def numel(input: Tensor) -> builtins.int:
    """Number of elements.

    >>> import topograd as tg
    >>> tg.numel(tg.ones(2, 3))
    6
    """
    return input.numel()


@takes_tensors
def equal(input: Tensor, other: Tensor) -> builtins.bool:
    """Whether shape and all elements are equal.

    >>> import topograd as tg
    >>> tg.equal(tg.ones(2), tg.ones(2))
    True
    """
    return input.shape == other.shape and builtins.bool((input == other).all())


@takes_tensors
def allclose(
    input: Tensor,
    other: Tensor,
    rtol: builtins.float = 1e-05,
    atol: builtins.float = 1e-08,
    equal_nan: builtins.bool = False,
) -> builtins.bool:
    """Whether |input - other| <= atol + rtol * |other| everywhere.

    >>> import topograd as tg
    >>> tg.allclose(tg.ones(2), tg.ones(2) + 1e-9)
    True
    """
    return builtins.bool(_C.functions["isclose"](input, other, rtol, atol, equal_nan).all())


def _written_out(name: str, result: Tensor, out: Tensor) -> Tensor:
    if not isinstance(out, Tensor):
        raise TypeError(f"{name}: out must be a tensor, got {type(out).__name__}")
    if result.requires_grad:
        raise RuntimeError(
            f"{name}: out= does not record gradients; leave it away, or wrap the call in no_grad()"
        )
    if out.dtype != result.dtype:
        raise RuntimeError(f"{name}: expects out of dtype {result.dtype}, got {out.dtype}")
    written: Tensor = _C.functions["positive"](result, out=out)
    return written


@takes_tensors
def tensordot(
    a: Tensor,
    b: Tensor,
    dims: builtins.int | Sequence[Sequence[builtins.int]] | Tensor = 2,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Sum of products over pairs of dims: the free dims of a, then those of b.

    dims: how many last dims of a meet as many first dims of b, or two lists of dims.  out: takes
    the result, in the same dtype.  Raises ShapeError when paired sizes differ, RuntimeError for out
    of another dtype.

    >>> import topograd as tg
    >>> tg.tensordot(tg.ones(2, 3), tg.ones(3, 4), dims=1).shape
    topograd.Size([2, 4])
    """
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    first: Any
    second: Any
    if isinstance(dims, builtins.int):
        if not 0 <= dims <= min(a.dim(), b.dim()):
            raise _C.ShapeError(
                f"tensordot: dims={dims} is out of range for shapes {tuple(a.shape)} "
                f"and {tuple(b.shape)}"
            )
        first, second = list(range(a.dim() - dims, a.dim())), list(range(dims))
    else:
        first, second = ([one] if isinstance(one, builtins.int) else list(one) for one in dims)
    if out is None:
        result: Tensor = _C.call("tensordot_dims", a, b, first, second)
        return result
    return _written_out("tensordot", _C.call("tensordot_dims", a, b, first, second), out)


@takes_tensors
def norm(
    input: Tensor,
    p: builtins.float | str | None = "fro",
    dim: builtins.int | Sequence[builtins.int] | None = None,
    keepdim: builtins.bool = False,
    dtype: _C.dtype | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """(sum |x|**p)**(1 / p) over the given dims, or over all; p='fro' is 2, inf the greatest |x|.

    The gradient at 0 is 0.  Raises ValueError for p='nuc', which is a matrix norm.

    >>> import topograd as tg
    >>> tg.norm(tg.tensor([3.0, 4.0]))
    tensor(5.)
    """
    if isinstance(p, str) and p != "fro":
        raise ValueError(f"norm: p must be a number or 'fro', got '{p}'")
    order = 2.0 if p is None or isinstance(p, str) else builtins.float(p)
    source = input if dtype is None else input.to(dtype)
    sizes = source.abs() if source.is_complex() else source
    result: Tensor = _C.call("vector_norm", sizes, order, dim, keepdim)
    return result if out is None else _C.functions["positive"](result, out=out)


@takes_tensors
def promote_types(type1: _C.dtype, type2: _C.dtype) -> _C.dtype:
    """The smallest dtype that both can be converted to without loss of more than precision.

    >>> import topograd as tg
    >>> tg.promote_types(tg.int32, tg.float32)
    topograd.float32
    """
    both: Tensor = _C.empty(0, dtype=type1) + _C.empty(0, dtype=type2)
    return both.dtype


@takes_tensors
def can_cast(from_: _C.dtype, to: _C.dtype) -> builtins.bool:
    """Whether results of one dtype may be written into a tensor of the other: no fraction is lost.

    >>> import topograd as tg
    >>> tg.can_cast(tg.int64, tg.float32), tg.can_cast(tg.float32, tg.int64)
    (True, False)
    """
    for one in (from_, to):
        if not isinstance(one, _C.dtype):
            raise TypeError(f"can_cast: expects two dtypes, got {type(one).__name__}")

    def category(dtype: _C.dtype) -> builtins.int:
        return (dtype != _C.bool) + dtype.is_floating_point + 2 * dtype.is_complex

    return category(from_) <= category(to)


@takes_tensors
def result_type(tensor1: Tensor | Number, tensor2: Tensor | Number) -> _C.dtype:
    """The dtype of an arithmetic op on both.

    >>> import topograd as tg
    >>> tg.result_type(tg.ones(1, dtype=tg.int32), 2.5)
    topograd.float32
    """

    def small(value: Tensor | Number) -> Tensor | Number:
        return (
            value.detach().flatten()[:0] if isinstance(value, Tensor) and value.dim() > 0 else value
        )

    first, second = small(tensor1), small(tensor2)
    if isinstance(first, Tensor) or isinstance(second, Tensor):
        either: Tensor = _C.functions["maximum"](first, second)
        return either.dtype
    return as_tensor(first * second).dtype


@takes_tensors
def nonzero(input: Tensor, *, as_tuple: builtins.bool = False, out: Tensor | None = None) -> Any:
    """Positions of the elements that are not zero, in row-major order.

    Returns (count, dims) int64; as_tuple: one vector per dim, for use as an index.

    >>> import topograd as tg
    >>> tg.nonzero(tg.tensor([0, 3, 4]))
    tensor([[1],
            [2]])
    """
    found: Tensor = _C.functions["nonzero"](input, out=out)
    return tuple(one.clone() for one in found.unbind(1)) if as_tuple else found


@takes_tensors
def where(
    condition: Tensor, input: Any = None, other: Any = None, *, out: Tensor | None = None
) -> Any:
    """Input where condition holds, else other; with condition alone, the positions where it holds.

    All three broadcast; condition is bool.

    >>> import topograd as tg
    >>> tg.where(tg.tensor([True, False]), 1.0, 0.0)
    tensor([1., 0.])
    """
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    return _C.functions["where"](condition, input, other, out=out)


@takes_tensors
def normal(
    mean: Tensor | builtins.float = 0.0,
    std: Tensor | builtins.float = 1.0,
    size: Sequence[builtins.int] | None = None,
    *,
    generator: _C.Generator | None = None,
    **options: Any,
) -> Tensor:
    """Normal random numbers with the given means and standard deviations, which broadcast.

    size: the shape, when mean and std are numbers.  Raises ValueError for a negative std.

    >>> import topograd as tg
    >>> tg.normal(0.0, 1.0, size=(2, 3)).shape
    topograd.Size([2, 3])
    """
    if size is None:
        result: Tensor = _C.functions["normal"](mean, std, generator=generator)
        return result
    if isinstance(std, (builtins.int, builtins.float)) and std < 0:
        raise ValueError(f"normal: std must not be negative, got {std}")
    return _C.randn(*size, generator=generator, **options) * std + mean


# ---------------------------------------------------------------- random state


def manual_seed(seed: builtins.int) -> _C.Generator:
    """Starts the default random generator from a seed.

    >>> import topograd as tg
    >>> _ = tg.manual_seed(1)
    >>> a = tg.rand(2)
    >>> _ = tg.manual_seed(1)
    >>> tg.equal(a, tg.rand(2))
    True
    """
    return _C.current_generator().manual_seed(seed)


def seed() -> builtins.int:
    """Starts the default random generator from a number that the system picks, and returns it.

    >>> import topograd as tg
    >>> tg.seed() == tg.initial_seed()
    True
    """
    import secrets

    value = secrets.randbits(63)
    _C.current_generator().manual_seed(value)
    return value


def initial_seed() -> builtins.int:
    """The seed of the default random generator.

    >>> import topograd as tg
    >>> _ = tg.manual_seed(5)
    >>> tg.initial_seed()
    5
    """
    return _C.current_generator().initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default random generator: seed and position, as bytes.

    >>> import topograd as tg
    >>> tg.get_rng_state().dtype
    topograd.uint8
    """
    return _C.current_generator().get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Brings the default random generator back to a state.

    >>> import topograd as tg
    >>> state = tg.get_rng_state()
    >>> a = tg.rand(1)
    >>> tg.set_rng_state(state)
    >>> tg.equal(a, tg.rand(1))
    True
    """
    if not isinstance(new_state, Tensor):
        kind = type(new_state).__name__
        raise TypeError(f"set_rng_state: expects the tensor of get_rng_state(), got {kind}")
    if new_state.numel() not in (2, 16):
        shape = tuple(new_state.shape)
        raise _C.ShapeError(f"set_rng_state: expects what get_rng_state() gave, got shape {shape}")
    _C.current_generator().set_state(new_state)


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: builtins.bool = True) -> Iterator[None]:
    """Random numbers drawn inside do not change those drawn after.

    >>> import topograd as tg
    >>> state = tg.get_rng_state()
    >>> with tg.fork_rng():
    ...     _ = tg.rand(3)
    >>> tg.equal(state, tg.get_rng_state())
    True
    """
    state = get_rng_state()
    try:
        yield
    finally:
        if enabled:
            set_rng_state(state)


# ---------------------------------------------------------------- where the C++ side is


def _beside_extension(*parts: str) -> str:
    # In an editable install the binaries are not beside this file, but beside the extension.
    return os.path.join(os.path.dirname(os.path.realpath(_C.__file__)), *parts)


def get_cmake_dir() -> str:
    """The folder for CMake's topograd_DIR, so that `find_package(topograd)` finds the library.

    >>> import os
    >>> import topograd as tg
    >>> os.path.basename(tg.get_cmake_dir())
    'topograd'
    """
    return _beside_extension("share", "cmake", "topograd")


def get_include() -> str:
    """The folder of the C++ headers.

    >>> import os
    >>> import topograd as tg
    >>> os.path.basename(tg.get_include())
    'include'
    """
    return _beside_extension("include")
