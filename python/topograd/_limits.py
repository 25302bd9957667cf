"""finfo and iinfo: the numbers that a dtype can hold."""

from __future__ import annotations

from typing import Any

from topograd import _C

# dtype -> (bits of the exponent, bits of the fraction, digits that survive).
_FLOATS = {
    _C.float64: (11, 52, 15),
    _C.float32: (8, 23, 6),
    _C.float16: (5, 10, 3),
    _C.bfloat16: (8, 7, 2),
}
_PARTS = {_C.complex64: _C.float32, _C.complex128: _C.float64}
_INTEGERS = (_C.int8, _C.uint8, _C.int16, _C.int32, _C.int64)


class _Info:
    """What both have: equal where the dtype is."""

    bits: int
    dtype: str

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.dtype == getattr(other, "dtype", None)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.dtype))


class finfo(_Info):
    """The limits of a floating point dtype, or of the parts of a complex one.

    type: default get_default_dtype().  eps: the distance from 1 to the next number; max,
    min = -max; tiny = smallest_normal; resolution: 10**-digits; bits; dtype, as a string.  Raises
    TypeError for another dtype.

    >>> import topograd as tg
    >>> tg.finfo(tg.float32).eps, tg.finfo(tg.float16).max
    (1.1920928955078125e-07, 65504.0)
    """

    eps: float
    max: float
    min: float
    tiny: float
    smallest_normal: float
    resolution: float

    def __init__(self, type: _C.dtype | None = None) -> None:
        dtype: Any = _C.get_default_dtype() if type is None else type
        dtype = _PARTS.get(dtype, dtype) if isinstance(dtype, _C.dtype) else None
        if dtype not in _FLOATS:
            raise TypeError(f"finfo: expects a floating point dtype, got {type}; see iinfo")
        exponent, fraction, digits = _FLOATS[dtype]
        top = 2 ** (exponent - 1) - 1
        self.bits = 1 + exponent + fraction
        self.eps = 2.0**-fraction
        self.max = (2.0 - self.eps) * 2.0**top
        self.min = -self.max
        self.tiny = self.smallest_normal = 2.0 ** (1 - top)
        self.resolution = float(f"1e-{digits}")
        self.dtype = repr(dtype).rpartition(".")[2]

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.tiny:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


class iinfo(_Info):
    """The limits of an integer dtype: min, max, bits, dtype.  Raises TypeError for another dtype.

    >>> import topograd as tg
    >>> tg.iinfo(tg.int8)
    iinfo(min=-128, max=127, dtype=int8)
    """

    min: int
    max: int

    def __init__(self, type: _C.dtype) -> None:
        if not any(type is one for one in _INTEGERS):
            raise TypeError(f"iinfo: expects an integer dtype, got {type}; see finfo")
        self.bits = 8 * type.itemsize
        self.min = -(2 ** (self.bits - 1)) if type.is_signed else 0
        self.max = 2 ** (self.bits - type.is_signed) - 1
        self.dtype = repr(type).rpartition(".")[2]

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
