"""The base of transforms, and those that are made of other transforms."""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from typing import Any

import topograd as tg
from topograd._C import Size, Tensor
from topograd.distributions import constraints
from topograd.distributions.utils import sum_rightmost

Shape = Sequence[int]


class Transform:
    """A function with an inverse and the logarithm of its Jacobian determinant.

    Subclasses write `_call`, `_inverse`, `log_abs_det_jacobian`, and the constraints `domain` and
    `codomain`; `bijective` tells whether the inverse is one, `sign` whether the function rises or
    falls: 1, -1.  cache_size=1 remembers the last pair, so that the inverse of a result is the very
    input, without rounding.  `t.inv` is the inverse transform.

    >>> import topograd as tg
    >>> t = tg.distributions.transforms.ExpTransform()
    >>> t(tg.tensor(0.0)), t.inv(tg.tensor(1.0))
    (tensor(1.), tensor(0.))
    """

    bijective: Any = False
    domain: Any
    codomain: Any

    def __init__(self, cache_size: int = 0) -> None:
        if cache_size not in (0, 1):
            raise ValueError(f"{type(self).__name__}: cache_size must be 0 or 1, got {cache_size}")
        self._cache_size = cache_size
        self._cached: tuple[Any, Any] = (None, None)
        self._weak_inverse: weakref.ref[Transform] | None = None

    @property
    def event_dim(self) -> int:
        """How many trailing dims are transformed together, where both sides have as many."""
        ends = int(self.domain.event_dim), int(self.codomain.event_dim)
        if ends[0] != ends[1]:
            raise ValueError(f"{type(self).__name__}: domain and codomain have event dims {ends}")
        return ends[0]

    @property
    def inv(self) -> Transform:
        """The inverse, whose inverse is this transform."""
        known = self._weak_inverse() if self._weak_inverse is not None else None
        if known is None:
            known = InverseTransform(self)
            self._weak_inverse = weakref.ref(known)
        return known

    @property
    def sign(self) -> Any:
        """1 for a rising function, -1 for a falling one."""
        raise NotImplementedError(f"{type(self).__name__}: sign is not defined")

    def with_cache(self, cache_size: int = 1) -> Transform:
        """This transform with another size of cache."""
        if cache_size == self._cache_size:
            return self
        import copy

        other = copy.copy(self)
        Transform.__init__(other, cache_size)
        return other

    def __call__(self, x: Tensor) -> Tensor:
        if self._cache_size and x is self._cached[0]:
            known: Tensor = self._cached[1]
            return known
        y = self._call(x)
        if self._cache_size:
            self._cached = x, y
        return y

    def _inv_call(self, y: Tensor) -> Tensor:
        if self._cache_size and y is self._cached[1]:
            known: Tensor = self._cached[0]
            return known
        x = self._inverse(y)
        if self._cache_size:
            self._cached = x, y
        return x

    def _call(self, x: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__}: the function is not defined")

    def _inverse(self, y: Tensor) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__}: the inverse is not defined")

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        """Log |det ∂y/∂x|, without the event dims."""
        raise NotImplementedError(f"{type(self).__name__}: log_abs_det_jacobian is not defined")

    def forward_shape(self, shape: Shape) -> Size:
        """The shape of the result for an input of that shape."""
        return Size(tuple(shape))

    def inverse_shape(self, shape: Shape) -> Size:
        """The shape of the input for a result of that shape."""
        return Size(tuple(shape))

    def _parameters(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return False
        mine, theirs = self._parameters(), other._parameters()
        return mine.keys() == theirs.keys() and all(
            _same(value, theirs[name]) for name, value in mine.items()
        )

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in self._parameters().items())
        return f"{type(self).__name__}({told})"


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        return a is b or bool(tg.as_tensor(a == b).all())
    return bool(a == b)


class InverseTransform(Transform):
    """The inverse of a transform: what `inv` gives."""

    def __init__(self, transform: Transform) -> None:
        super().__init__(transform._cache_size)
        self._inv = transform

    @property
    def domain(self) -> Any:
        """The codomain of the transform."""
        return self._inv.codomain

    @property
    def codomain(self) -> Any:
        """The domain of the transform."""
        return self._inv.domain

    @property
    def bijective(self) -> Any:
        """Whether the transform is."""
        return self._inv.bijective

    @property
    def sign(self) -> Any:
        return self._inv.sign

    @property
    def inv(self) -> Transform:
        return self._inv

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self._inv.with_cache(cache_size).inv

    def __call__(self, x: Tensor) -> Tensor:
        return self._inv._inv_call(x)

    def _inv_call(self, y: Tensor) -> Tensor:
        return self._inv(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -self._inv.log_abs_det_jacobian(y, x)

    def forward_shape(self, shape: Shape) -> Size:
        return self._inv.inverse_shape(shape)

    def inverse_shape(self, shape: Shape) -> Size:
        return self._inv.forward_shape(shape)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InverseTransform) and self._inv == other._inv

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"InverseTransform({self._inv!r})"


class ComposeTransform(Transform):
    """Transforms one after the other, the first one first.

    >>> import topograd as tg
    >>> T = tg.distributions.transforms
    >>> T.ComposeTransform([T.AffineTransform(1.0, 2.0), T.ExpTransform()])(tg.tensor(-0.5))
    tensor(1.)
    """

    def __init__(self, parts: Sequence[Transform], cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.parts = [part.with_cache(cache_size) for part in parts] if cache_size else list(parts)

    def _events(self) -> tuple[int, int]:
        """How many event dims go in and come out, when all parts see whole events."""
        if not self.parts:
            return 0, 0
        inside = int(self.parts[-1].codomain.event_dim)
        for part in reversed(self.parts):
            inside += int(part.domain.event_dim) - int(part.codomain.event_dim)
            inside = max(inside, int(part.domain.event_dim))
        outside = int(self.parts[0].domain.event_dim)
        for part in self.parts:
            outside += int(part.codomain.event_dim) - int(part.domain.event_dim)
            outside = max(outside, int(part.codomain.event_dim))
        return inside, outside

    @constraints.dependent_property
    def domain(self) -> Any:
        """That of the first part, for as many event dims as any part needs."""
        if not self.parts:
            return constraints.real
        return _with_events(self.parts[0].domain, self._events()[0])

    @constraints.dependent_property
    def codomain(self) -> Any:
        """That of the last part, for as many event dims as any part makes."""
        if not self.parts:
            return constraints.real
        return _with_events(self.parts[-1].codomain, self._events()[1])

    @property
    def bijective(self) -> bool:
        """Whether all parts are."""
        return all(part.bijective for part in self.parts)

    @property
    def sign(self) -> Any:
        return math.prod(part.sign for part in self.parts)

    @property
    def inv(self) -> Transform:
        known = self._weak_inverse() if self._weak_inverse is not None else None
        if known is None:
            known = ComposeTransform([part.inv for part in reversed(self.parts)])
            self._weak_inverse = weakref.ref(known)
            known._weak_inverse = weakref.ref(self)
        return known

    def with_cache(self, cache_size: int = 1) -> Transform:
        return self if cache_size == self._cache_size else ComposeTransform(self.parts, cache_size)

    def __call__(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x

    def _inv_call(self, y: Tensor) -> Tensor:
        for part in reversed(self.parts):
            y = part._inv_call(y)
        return y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        if not self.parts:
            return tg.zeros_like(x)
        values = [x]
        for part in self.parts[:-1]:
            values.append(part(values[-1]))
        values.append(y)
        events = int(self.domain.event_dim)
        total: Any = 0
        for part, before, after in zip(self.parts, values[:-1], values[1:], strict=True):
            own = int(part.domain.event_dim)
            total = total + sum_rightmost(part.log_abs_det_jacobian(before, after), events - own)
            events += int(part.codomain.event_dim) - own
        result: Tensor = total
        return result

    def forward_shape(self, shape: Shape) -> Size:
        for part in self.parts:
            shape = part.forward_shape(shape)
        return Size(tuple(shape))

    def inverse_shape(self, shape: Shape) -> Size:
        for part in reversed(self.parts):
            shape = part.inverse_shape(shape)
        return Size(tuple(shape))


def _with_events(constraint: Any, events: int) -> Any:
    missing = events - int(constraint.event_dim)
    return constraints.independent(constraint, missing) if missing > 0 else constraint


class IndependentTransform(Transform):
    """A transform whose last `reinterpreted_batch_ndims` batch dims count as event dims.

    >>> import topograd as tg
    >>> T = tg.distributions.transforms
    >>> x = tg.ones(2, 3)
    >>> T.IndependentTransform(T.ExpTransform(), 1).log_abs_det_jacobian(x, x.exp())
    tensor([3., 3.])
    """

    def __init__(
        self, base_transform: Transform, reinterpreted_batch_ndims: int, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size)
        self.base_transform = base_transform.with_cache(cache_size)
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @constraints.dependent_property
    def domain(self) -> Any:
        """That of the base, for whole events."""
        return constraints.independent(self.base_transform.domain, self.reinterpreted_batch_ndims)

    @constraints.dependent_property
    def codomain(self) -> Any:
        """That of the base, for whole events."""
        return constraints.independent(self.base_transform.codomain, self.reinterpreted_batch_ndims)

    @property
    def bijective(self) -> bool:
        """Whether the base is."""
        return bool(self.base_transform.bijective)

    @property
    def sign(self) -> Any:
        return self.base_transform.sign

    def with_cache(self, cache_size: int = 1) -> Transform:
        if cache_size == self._cache_size:
            return self
        return IndependentTransform(
            self.base_transform, self.reinterpreted_batch_ndims, cache_size=cache_size
        )

    def _call(self, x: Tensor) -> Tensor:
        self._check(x)
        return self.base_transform(x)

    def _inverse(self, y: Tensor) -> Tensor:
        self._check(y)
        return self.base_transform._inv_call(y)

    def _check(self, value: Tensor) -> None:
        if value.dim() < int(self.domain.event_dim):
            raise ValueError(
                f"IndependentTransform: expects at least {self.domain.event_dim} dims, got shape "
                f"{tuple(value.shape)}"
            )

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        inner = self.base_transform.log_abs_det_jacobian(x, y)
        return sum_rightmost(inner, self.reinterpreted_batch_ndims)

    def forward_shape(self, shape: Shape) -> Size:
        return self.base_transform.forward_shape(shape)

    def inverse_shape(self, shape: Shape) -> Size:
        return self.base_transform.inverse_shape(shape)


class ReshapeTransform(Transform):
    """Events of shape in_shape as events of shape out_shape, of as many elements.

    >>> import topograd as tg
    >>> T = tg.distributions.transforms
    >>> T.ReshapeTransform((4,), (2, 2))(tg.zeros(3, 4)).shape
    topograd.Size([3, 2, 2])
    """

    bijective = True

    def __init__(self, in_shape: Shape, out_shape: Shape, cache_size: int = 0) -> None:
        self.in_shape = Size(tuple(in_shape))
        self.out_shape = Size(tuple(out_shape))
        if self.in_shape.numel() != self.out_shape.numel():
            raise ValueError(
                "ReshapeTransform: in_shape and out_shape differ in size: "
                f"{tuple(in_shape)}, {tuple(out_shape)}"
            )
        super().__init__(cache_size)

    @constraints.dependent_property
    def domain(self) -> Any:
        """Events of shape in_shape."""
        return constraints.independent(constraints.real, len(self.in_shape))

    @constraints.dependent_property
    def codomain(self) -> Any:
        """Events of shape out_shape."""
        return constraints.independent(constraints.real, len(self.out_shape))

    def _batch(self, shape: Shape, event: Size) -> tuple[int, ...]:
        cut = len(shape) - len(event)
        if cut < 0 or tuple(shape[cut:]) != tuple(event):
            raise ValueError(
                f"ReshapeTransform: expects shapes that end in {tuple(event)}, got {tuple(shape)}"
            )
        return tuple(shape[:cut])

    def _call(self, x: Tensor) -> Tensor:
        return x.reshape(self.forward_shape(x.shape))

    def _inverse(self, y: Tensor) -> Tensor:
        return y.reshape(self.inverse_shape(y.shape))

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x.new_zeros(self._batch(x.shape, self.in_shape))

    def forward_shape(self, shape: Shape) -> Size:
        return Size((*self._batch(shape, self.in_shape), *self.out_shape))

    def inverse_shape(self, shape: Shape) -> Size:
        return Size((*self._batch(shape, self.out_shape), *self.in_shape))
