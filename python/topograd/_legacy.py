"""Tensor types by name, as PyTorch's oldest programs write them: FloatTensor and the like.

A type is not a class of tensors: it builds them, and isinstance asks for the dtype.
"""

from __future__ import annotations

from numbers import Integral
from typing import Any

from topograd import _C
from topograd._C import Tensor

# Name of the type -> name of the dtype, in PyTorch's order.
TYPES = {
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "HalfTensor": "float16",
    "BFloat16Tensor": "bfloat16",
    "ByteTensor": "uint8",
    "CharTensor": "int8",
    "ShortTensor": "int16",
    "IntTensor": "int32",
    "LongTensor": "int64",
    "BoolTensor": "bool",
    "ComplexFloatTensor": "complex64",
    "ComplexDoubleTensor": "complex128",
}


class TensorType(type):
    """The metaclass: how a tensor type is called, and what it says is an instance."""

    dtype: _C.dtype
    is_cuda: bool

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, Tensor) and not cls.is_cuda and instance.dtype == cls.dtype

    def __call__(cls, *args: Any, device: _C.device | str | None = None) -> Tensor:
        """A tensor of the dtype: of sizes (zeros), of data, or of nothing (empty)."""
        if cls.is_cuda:
            raise TypeError(
                f"type {_text(cls)} is not available: this topograd computes on the CPU, it was "
                "built without CUDA"
            )
        return made(cls.__name__, cls.dtype, args, device)

    def __repr__(cls) -> str:
        return f"<class '{_text(cls)}'>"


def made(name: str, dtype: _C.dtype, args: tuple[Any, ...], device: Any = None) -> Tensor:
    """What a tensor type, or Tensor.new, gives for its arguments.

    >>> import topograd as tg
    >>> from topograd._legacy import made
    >>> made("LongTensor", tg.int64, ([1, 2],)), made("LongTensor", tg.int64, (1, 2)).shape
    (tensor([1, 2]), topograd.Size([1, 2]))
    """
    if device is not None:
        _C.empty(0, device=device)  # says so where there is none
    if not args:
        return _C.empty(0, dtype=dtype)
    first = args[0]
    if isinstance(first, Integral) and not isinstance(first, bool):
        if not all(isinstance(one, Integral) for one in args):
            raise TypeError(f"{name}: sizes must be integers, got {args}")
        return _C.zeros(*map(int, args), dtype=dtype)
    if len(args) != 1:
        raise TypeError(f"{name}: expects sizes, or data as one argument, got {len(args)}")
    if isinstance(first, _C.Size):
        return _C.zeros(first, dtype=dtype)
    if isinstance(first, Tensor):
        if first.dtype != dtype:
            raise TypeError(f"{name}: expects a tensor of {dtype}, got {first.dtype}; use .to()")
        return first.detach()
    if isinstance(first, (float, bool, complex, str, bytes)) or not hasattr(first, "__len__"):
        raise TypeError(f"{name}: data must be a sequence, got {type(first).__name__}")
    return _C.tensor(first).to(dtype)


def _text(cls: TensorType) -> str:
    return f"{'torch.cuda' if cls.is_cuda else 'torch'}.{cls.__name__}"


def tensor_types(is_cuda: bool = False) -> dict[str, TensorType]:
    """All tensor types by name, for the CPU or for CUDA.

    >>> from topograd._legacy import tensor_types
    >>> tensor_types()["LongTensor"](2)
    tensor([0, 0])
    """
    return {
        name: TensorType(name, (), {"dtype": getattr(_C, dtype), "is_cuda": is_cuda})
        for name, dtype in TYPES.items()
    }


CPU_TYPES = tensor_types()
_NAME_OF_DTYPE = {kind: name for name, kind in TYPES.items()}


def type_name(dtype: _C.dtype) -> str:
    """PyTorch's name of the type of tensors with a dtype.

    >>> import topograd as tg
    >>> from topograd._legacy import type_name
    >>> type_name(tg.bool)
    'torch.BoolTensor'
    """
    return f"torch.{_NAME_OF_DTYPE[repr(dtype).rpartition('.')[2]]}"


def dtype_of(name: str, given: Any) -> _C.dtype:
    """The dtype that a dtype, a tensor type, or the name of one stands for.

    Raises ValueError for an unknown name, DeviceError for a type of another device.

    >>> from topograd._legacy import dtype_of
    >>> dtype_of("type", "torch.LongTensor")
    topograd.int64
    """
    if isinstance(given, _C.dtype):
        return given
    if given is Tensor:
        return _C.get_default_dtype()
    if isinstance(given, TensorType):
        given = _text(given)
    if isinstance(given, str):
        package, _, kind = given.rpartition(".")
        if package in ("torch", "topograd") and kind in TYPES:
            return getattr(_C, TYPES[kind])  # type: ignore[no-any-return]
        if package.startswith(("torch.", "topograd.")) and kind in TYPES:
            raise _C.DeviceError(f"{name}: '{given}' is not available: there is only the CPU")
        raise ValueError(f"{name}: invalid type: {given!r}")
    raise TypeError(f"{name}: expects a dtype or a tensor type, got {type(given).__name__}")
