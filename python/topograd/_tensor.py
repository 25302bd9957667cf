"""Methods of Tensor that are thin compositions; set on the type when the package is imported."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from topograd import _C, _aliases, _functions, _old_methods, _placing, _statistics
from topograd._arguments import takes_tensors
from topograd._C import Tensor
from topograd._copying import __copy__, __deepcopy__, __reduce_ex__
from topograd._copying import rebuild as _rebuild  # noqa: F401  # under this name in old pickles
from topograd._leaving import leaving

__all__: list[str] = []


def _method(function: Callable[..., Any], name: str | None = None) -> None:
    setattr(Tensor, name or function.__name__, function)


def to(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """This tensor with another dtype (or that of another tensor); itself if it has it already.

    to(dtype), to(device), to(device, dtype), to(other); copy=True always copies.  memory_format:
    preserve_format (default), or the order of dims in memory asked for.
    """
    copy = kwargs.pop("copy", False)
    kwargs.pop("non_blocking", None)
    layout = kwargs.pop("memory_format", None) or "preserve_format"
    wanted = kwargs.pop("dtype", None)
    place = kwargs.pop("device", None)
    other = kwargs.pop("other", None)
    if kwargs:
        raise TypeError(f"to: has no argument '{next(iter(kwargs))}'")
    for one in args:
        if isinstance(one, _C.dtype):
            wanted = one
        elif isinstance(one, Tensor):
            other = one
        elif isinstance(one, (str, _C.device)):
            place = one
        elif one is not None and not isinstance(one, builtins.bool):
            if isinstance(one, builtins.int):
                raise _C.DeviceError(f"to: there is no device number {one}, only the CPU")
            raise TypeError(f"to: expects a dtype, a device or a tensor, got {type(one).__name__}")
    if other is not None:
        wanted = other.dtype
    if place is not None and _C.device(place).type != "cpu":
        raise _C.DeviceError(
            f"to: device '{place}' is not available: topograd was built without CUDA"
        )
    cast = wanted is not None and wanted != self.dtype
    result: Tensor = _C.call("cast", self, wanted) if cast else self
    if copy and not cast:
        return self.clone(memory_format=layout)
    return result if layout == "preserve_format" else result.contiguous(memory_format=layout)


@takes_tensors
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """This tensor with the dtype of other."""
    return self.to(other.dtype)


def numpy(self: Tensor, *, force: builtins.bool = False) -> Any:
    """A NumPy array over the same memory.

    force: detach and copy where needed.  Raises RuntimeError for a tensor that requires grad,
    TypeError for bfloat16.
    """
    import numpy as np

    source = self.detach() if force else self
    if force and source.dtype == _C.bfloat16:
        source = source.float()
    return np.asarray(memoryview(leaving(source, "numpy")))  # type: ignore[arg-type]


def __array__(self: Tensor, dtype: Any = None, copy: builtins.bool | None = None) -> Any:
    """For numpy.asarray."""
    import numpy as np

    array = np.asarray(memoryview(leaving(self, "numpy")))  # type: ignore[arg-type]
    if copy:
        return np.array(array, dtype=dtype, copy=True)
    if dtype is None or array.dtype == dtype:
        return array
    if copy is False:
        raise ValueError(
            f"numpy: a tensor of {self.dtype} can not be seen as an array of {np.dtype(dtype)} "
            "without a copy"
        )
    return array.astype(dtype)


def __dlpack__(
    self: Tensor,
    *,
    stream: Any = None,
    max_version: tuple[builtins.int, builtins.int] | None = None,
    dl_device: tuple[builtins.int, builtins.int] | None = None,
    copy: builtins.bool | None = None,
) -> Any:
    """The memory of this tensor for another library, as a capsule of DLPack.

    stream: None, for there is no other on the CPU.  max_version: what the consumer speaks; from
    (1, 0) on the capsule can say that the memory is read-only.  dl_device: None or the CPU, (1, 0).
    copy: True for memory of its own.  Raises BufferError when the tensor requires grad, or looks at
    read-only memory and the consumer does not speak version 1.
    """
    if self.requires_grad:
        raise BufferError(
            f"__dlpack__: a tensor of shape {tuple(self.shape)} requires grad; use detach()"
        )
    if stream is not None:
        raise BufferError(f"__dlpack__: on the CPU expects stream=None, got {stream}")
    if dl_device is not None and tuple(dl_device) != (1, 0):
        raise BufferError(f"__dlpack__: expects the CPU, (1, 0), as dl_device, got {dl_device}")
    versioned = max_version is not None and max_version[0] >= 1
    return _C.to_dlpack(self.clone() if copy else self, versioned, bool(copy))


def __dlpack_device__(self: Tensor) -> tuple[builtins.int, builtins.int]:
    """Where the memory is: (kDLCPU, 0)."""
    return (1, 0)


def new_tensor(self: Tensor, data: Any, **options: Any) -> Tensor:
    """A new tensor of data with the dtype of this one."""
    options.setdefault("dtype", self.dtype)
    return _C.tensor(data, **options)


def _new(make: Callable[..., Tensor], name: str) -> None:
    def method(self: Tensor, *size: Any, **options: Any) -> Tensor:
        if options.get("dtype") is None:
            options["dtype"] = self.dtype
        return make(*size, **options)

    method.__name__ = name
    method.__doc__ = f"{make.__name__}(...) with the dtype of this tensor."
    _method(method, name)


@takes_tensors
def is_same_size(self: Tensor, other: Tensor) -> builtins.bool:
    """Whether the shapes are equal."""
    return self.shape == other.shape


def repr_html_of(self: Tensor) -> str:
    """For notebooks."""
    from topograd._format import repr_html

    return repr_html(self)


def __format__(self: Tensor, specification: str) -> str:
    """A tensor with one element is formatted as its number."""
    if self.dim() == 0:
        return format(self.item(), specification)
    return format(str(self), specification)


def zero_(self: Tensor) -> Tensor:
    """Fills this tensor with 0, in place."""
    return self.fill_(0)


def where(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    """This tensor where condition holds, else other."""
    result: Tensor = _C.functions["where"](condition, self, other)
    return result


def nonzero(self: Tensor, *, as_tuple: builtins.bool = False) -> Any:
    """Positions of the elements that are not zero: (count, dims), or one vector per dim."""
    return _functions.nonzero(self, as_tuple=as_tuple)


# NumPy's names of the binary operators -> those of the module `operator`.
_OPERATORS = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "truediv",
    "true_divide": "truediv",
    "floor_divide": "floordiv",
    "remainder": "mod",
    "power": "pow",
    "matmul": "matmul",
    "equal": "eq",
    "not_equal": "ne",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "bitwise_and": "and_",
    "bitwise_or": "or_",
    "bitwise_xor": "xor",
    "left_shift": "lshift",
    "right_shift": "rshift",
}


def __array_ufunc__(self: Tensor, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """Operators with a NumPy array on the left give a recorded tensor, as with one on the right.

    Other ufuncs compute with arrays, unrecorded, and give tensors too, or what `out` names.  They
    raise RuntimeError for a tensor that requires grad, TypeError for one as `out`.
    """
    import operator

    name = _OPERATORS.get(ufunc.__name__)
    if method == "__call__" and not kwargs and name is not None and len(inputs) == 2:
        first, second = (
            one if isinstance(one, Tensor) else _functions.as_tensor(one) for one in inputs
        )
        return getattr(operator, name)(first, second)
    written = (*kwargs.get("out", ()), *(inputs[:1] if method == "at" else ()))
    if any(isinstance(one, Tensor) for one in written):
        raise TypeError(f"numpy.{ufunc.__name__}: can not write to a Tensor, use its numpy()")
    arrays = [one.numpy() if isinstance(one, Tensor) else one for one in inputs]
    result = getattr(ufunc, method)(*arrays, **kwargs)
    if "out" in kwargs or result is None:
        return result
    return tuple(map(_wrapped, result)) if isinstance(result, tuple) else _wrapped(result)


def _wrapped(value: Any) -> Any:
    """An array or a scalar of NumPy as a tensor, if there is a dtype for it."""
    try:
        return _functions.as_tensor(value)
    except TypeError:
        return value


def _reshaped_in_place(name: str) -> None:
    """squeeze_ and the like: the tensor itself gets the new shape, unless it has a history."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if self.requires_grad and _C.is_grad_enabled():
            raise RuntimeError(
                f"{name}_: a tensor of shape {tuple(self.shape)} requires grad; use {name}()"
            )
        self.data = getattr(self.detach(), name)(*args, **kwargs)
        return self

    method.__name__ = f"{name}_"
    method.__doc__ = f"{name} in place: the tensor itself gets the new shape."
    _method(method, f"{name}_")


def share_memory_(self: Tensor) -> Tensor:
    """Itself: threads share all memory."""
    return self


for _function in (
    to,
    type_as,
    numpy,
    __array__,
    __dlpack__,
    __format__,
    __dlpack_device__,
    __copy__,
    __deepcopy__,
    __reduce_ex__,
    new_tensor,
    is_same_size,
    where,
    nonzero,
    __array_ufunc__,
    zero_,
    share_memory_,
):
    _method(_function)
_old_methods.install_methods()
_method(repr_html_of, "_repr_html_")
_method(_statistics.var, "var")
_method(_statistics.std, "std")
_method(_functions.norm, "norm")
_method(_functions.equal, "equal")
_method(_functions.allclose, "allclose")
_method(_placing.unique, "unique")
_method(_placing.unique_consecutive, "unique_consecutive")
for _name in ("squeeze", "unsqueeze", "transpose", "t", "swapaxes", "swapdims", "as_strided"):
    _reshaped_in_place(_name)
_aliases.install_methods()


def _of_linalg(name: str) -> None:
    """A method that looks its function up when it is called: linalg is imported after Tensor."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        from topograd.linalg import classic

        return getattr(classic, name)(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = f"topograd.{name} of this tensor."
    _method(method, name)


for _name in """cholesky cholesky_inverse cholesky_solve det inverse logdet matrix_power pinverse qr
    slogdet svd""".split():
    _of_linalg(_name)
Tensor.__rdiv__ = Tensor.__rtruediv__  # type: ignore[attr-defined]
setattr(Tensor, "__array_interface__", property(lambda self: self.numpy().__array_interface__))  # noqa: B010
for _name in ("zeros", "ones", "empty", "full", "empty_strided"):
    _new(getattr(_C, _name), f"new_{_name}")
