"""Padding: tensors made longer at their ends, or shorter."""

from __future__ import annotations

from typing import Any

from topograd._C import Tensor
from topograd.nn import functional as F
from topograd.nn.conv import tuple_of
from topograd.nn.module import Module


class _Pad(Module):
    """What all paddings have in common; `axes` and `mode` are the class's."""

    axes: int
    mode: str
    padding: tuple[int, ...]

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = tuple_of(padding, 2 * self.axes)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad1d(_ConstantPad):
    """A constant put in front of and behind the last axis.

    x: (…, L).  Returns (…, before + L + after).  padding: one number for both ends or (before,
    after); negative ones cut off.  value: what is put in.

    >>> import topograd as tg
    >>> tg.nn.ConstantPad1d((1, 2), 9.0)(tg.tensor([[1.0, 2.0]])).tolist()
    [[9.0, 1.0, 2.0, 9.0, 9.0]]
    """

    axes = 1


class ConstantPad2d(_ConstantPad):
    """A constant put around the last two axes.

    x: (…, H, W).  padding: one number for all sides or (left, right, top, bottom).

    >>> import topograd as tg
    >>> tg.nn.ConstantPad2d((1, 0, 0, 1), 9.0)(tg.tensor([[1.0, 2.0]])).tolist()
    [[9.0, 1.0, 2.0], [9.0, 9.0, 9.0]]
    """

    axes = 2


class ConstantPad3d(_ConstantPad):
    """A constant put around the last three axes.

    x: (…, D, H, W).  padding: one number for all sides or (left, right, top, bottom, front, back).

    >>> import topograd as tg
    >>> tuple(tg.nn.ConstantPad3d(1, 0.5)(tg.ones(2, 3, 4, 5)).shape)
    (2, 5, 6, 7)
    """

    axes = 3


class _ZeroPad(_ConstantPad):
    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class ZeroPad1d(_ZeroPad):
    """Zeros put in front of and behind the last axis: `ConstantPad1d` with the value 0.

    >>> import topograd as tg
    >>> tg.nn.ZeroPad1d(1)(tg.tensor([[1.0, 2.0]])).tolist()
    [[0.0, 1.0, 2.0, 0.0]]
    """

    axes = 1


class ZeroPad2d(_ZeroPad):
    """Zeros put around the last two axes: `ConstantPad2d` with the value 0.

    >>> import topograd as tg
    >>> tg.nn.ZeroPad2d((0, 1, 0, 0))(tg.tensor([[[1.0, 2.0]]])).tolist()
    [[[1.0, 2.0, 0.0]]]
    """

    axes = 2


class ZeroPad3d(_ZeroPad):
    """Zeros put around the last three axes: `ConstantPad3d` with the value 0.

    >>> import topograd as tg
    >>> tuple(tg.nn.ZeroPad3d(2)(tg.ones(1, 2, 2, 2)).shape)
    (1, 6, 6, 6)
    """

    axes = 3


class _ReflectionPad(_Pad):
    mode = "reflect"


class ReflectionPad1d(_ReflectionPad):
    """The last axis mirrored at its ends, without the ends themselves.

    x: (N, C, L) or (C, L).  padding: one number for both ends or (before, after), less than L;
    negative ones cut off.  Raises ValueError for more.

    >>> import topograd as tg
    >>> tg.nn.ReflectionPad1d(2)(tg.tensor([[1.0, 2.0, 3.0]])).tolist()
    [[3.0, 2.0, 1.0, 2.0, 3.0, 2.0, 1.0]]
    """

    axes = 1


class ReflectionPad2d(_ReflectionPad):
    """The last two axes mirrored at their ends, without the ends themselves.

    x: (N, C, H, W) or (C, H, W).  padding: one number or (left, right, top, bottom), each less than
    the axis.

    >>> import topograd as tg
    >>> tg.nn.ReflectionPad2d((1, 0, 0, 1))(tg.tensor([[[1.0, 2.0], [3.0, 4.0]]])).tolist()
    [[[2.0, 1.0, 2.0], [4.0, 3.0, 4.0], [2.0, 1.0, 2.0]]]
    """

    axes = 2


class ReflectionPad3d(_ReflectionPad):
    """The last three axes mirrored at their ends, without the ends themselves.

    x: (N, C, D, H, W) or (C, D, H, W).  padding: one number or (left, right, top, bottom, front,
    back), each less than the axis.

    >>> import topograd as tg
    >>> tuple(tg.nn.ReflectionPad3d(1)(tg.ones(1, 2, 3, 4)).shape)
    (1, 4, 5, 6)
    """

    axes = 3


class _ReplicationPad(_Pad):
    mode = "replicate"


class ReplicationPad1d(_ReplicationPad):
    """The ends of the last axis repeated.

    x: (N, C, L) or (C, L).  padding: one number for both ends or (before, after); negative ones cut
    off.

    >>> import topograd as tg
    >>> tg.nn.ReplicationPad1d((1, 2))(tg.tensor([[1.0, 2.0]])).tolist()
    [[1.0, 1.0, 2.0, 2.0, 2.0]]
    """

    axes = 1


class ReplicationPad2d(_ReplicationPad):
    """The edges of the last two axes repeated.

    x: (N, C, H, W) or (C, H, W).  padding: one number or (left, right, top, bottom).

    >>> import topograd as tg
    >>> tg.nn.ReplicationPad2d((1, 0, 1, 0))(tg.tensor([[[1.0, 2.0]]])).tolist()
    [[[1.0, 1.0, 2.0], [1.0, 1.0, 2.0]]]
    """

    axes = 2


class ReplicationPad3d(_ReplicationPad):
    """The edges of the last three axes repeated.

    x: (N, C, D, H, W) or (C, D, H, W).  padding: one number or (left, right, top, bottom, front,
    back).

    >>> import topograd as tg
    >>> tuple(tg.nn.ReplicationPad3d((1, 1, 0, 0, 2, 2))(tg.ones(1, 2, 3, 4)).shape)
    (1, 6, 3, 6)
    """

    axes = 3


class _CircularPad(_Pad):
    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (self.axes + 1, self.axes + 2):
            raise ValueError(
                f"expected {self.axes + 1}D or {self.axes + 2}D input (got {input.ndim}D input)"
            )
        return super().forward(input)


class CircularPad1d(_CircularPad):
    """The last axis continued from its other end.

    x: (N, C, L) or (C, L).  padding: one number for both ends or (before, after), at most L;
    negative ones cut off.  Raises ValueError for more, and for another number of axes.

    >>> import topograd as tg
    >>> tg.nn.CircularPad1d((2, 1))(tg.tensor([[1.0, 2.0, 3.0]])).tolist()
    [[2.0, 3.0, 1.0, 2.0, 3.0, 1.0]]
    """

    axes = 1


class CircularPad2d(_CircularPad):
    """The last two axes continued from their other ends.

    x: (N, C, H, W) or (C, H, W).  padding: one number or (left, right, top, bottom), each at most
    the axis.

    >>> import topograd as tg
    >>> tg.nn.CircularPad2d((1, 0, 1, 0))(tg.tensor([[[1.0, 2.0], [3.0, 4.0]]])).tolist()
    [[[4.0, 3.0, 4.0], [2.0, 1.0, 2.0], [4.0, 3.0, 4.0]]]
    """

    axes = 2


class CircularPad3d(_CircularPad):
    """The last three axes continued from their other ends.

    x: (N, C, D, H, W) or (C, D, H, W).  padding: one number or (left, right, top, bottom, front,
    back), each at most the axis.

    >>> import topograd as tg
    >>> tuple(tg.nn.CircularPad3d(1)(tg.ones(1, 2, 3, 4)).shape)
    (1, 4, 5, 6)
    """

    axes = 3
