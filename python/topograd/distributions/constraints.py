"""Sets of values: what a parameter must be in, and what a distribution gives.

A constraint is an object; the lower-case names of PyTorch are such objects (`positive`, `simplex`)
or the classes that make them (`interval(0, 1)`, `greater_than(2)`).

>>> import topograd as tg
>>> tg.distributions.constraints.positive.check(tg.tensor([-1.0, 2.0]))
tensor([False,  True])
>>> tg.distributions.constraints.interval(0, 1)
Interval(lower_bound=0, upper_bound=1)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.distributions.utils import eps_of

__all__ = [
    "Constraint",
    "MixtureSameFamilyConstraint",
    "boolean",
    "cat",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]

Bound = Tensor | float
"""A number or a tensor that broadcasts with the values."""


class Constraint:
    """A set of values.

    is_discrete: whether it is countable.  event_dim: how many trailing dims make one value.
    """

    is_discrete: Any = False
    event_dim: Any = 0

    def check(self, value: Tensor) -> Tensor:
        """For each value, whether it is in the set: bool, without the event dims."""
        raise NotImplementedError(f"{type(self).__name__}: check is not defined")

    def __repr__(self) -> str:
        bounds = ", ".join(f"{name}={bound}" for name, bound in vars(self).items())
        return f"{type(self).__name__}({bounds})"


class Dependent(Constraint):
    """A set that depends on the parameters of the distribution, so that it can not be checked."""

    def __init__(self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented):
        self._is_discrete = is_discrete
        self._event_dim = event_dim

    @property
    def is_discrete(self) -> bool:
        if self._is_discrete is NotImplemented:
            raise NotImplementedError("dependent: is_discrete is not determined statically")
        return bool(self._is_discrete)

    @property
    def event_dim(self) -> int:
        if self._event_dim is NotImplemented:
            raise NotImplementedError("dependent: event_dim is not determined statically")
        return int(self._event_dim)

    def __call__(
        self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented
    ) -> Dependent:
        """The same with what is known of it: `dependent(event_dim=1)`."""
        return Dependent(
            is_discrete=self._is_discrete if is_discrete is NotImplemented else is_discrete,
            event_dim=self._event_dim if event_dim is NotImplemented else event_dim,
        )

    def check(self, value: Tensor) -> Tensor:
        raise ValueError("dependent: cannot tell whether a value satisfies a dependent constraint")

    def __repr__(self) -> str:
        return "Dependent()"


class dependent_property(property, Dependent):
    """A property that gives a constraint; seen on the class, it is a dependent constraint."""

    def __init__(
        self,
        fn: Callable[[Any], Any] | None = None,
        *,
        is_discrete: Any = NotImplemented,
        event_dim: Any = NotImplemented,
    ) -> None:
        property.__init__(self, fn)
        Dependent.__init__(self, is_discrete=is_discrete, event_dim=event_dim)

    def __call__(self, fn: Callable[[Any], Any]) -> dependent_property:  # type: ignore[override]
        return dependent_property(fn, is_discrete=self._is_discrete, event_dim=self._event_dim)


class Independent(Constraint):
    """A set whose last `reinterpreted_batch_ndims` batch dims count as event dims too."""

    def __init__(self, base_constraint: Constraint, reinterpreted_batch_ndims: int) -> None:
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims

    @property
    def is_discrete(self) -> bool:
        return bool(self.base_constraint.is_discrete)

    @property
    def event_dim(self) -> int:
        return int(self.base_constraint.event_dim) + self.reinterpreted_batch_ndims

    def check(self, value: Tensor) -> Tensor:
        found = self.base_constraint.check(value)
        count = self.reinterpreted_batch_ndims
        if found.dim() < count:
            raise ValueError(
                f"independent: expected value of at least {self.event_dim} dims, got "
                f"shape {tuple(value.shape)}"
            )
        return found.flatten(found.dim() - count).all(-1) if count else found

    def __repr__(self) -> str:
        return f"Independent({self.base_constraint!r}, {self.reinterpreted_batch_ndims})"


class Boolean(Constraint):
    """0 and 1."""

    is_discrete = True

    def check(self, value: Tensor) -> Tensor:
        return (value == 0) | (value == 1)


class OneHot(Constraint):
    """Vectors of one 1 and zeros."""

    is_discrete = True
    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        return ((value == 0) | (value == 1)).all(-1) & (value.sum(-1) == 1)


class IntegerInterval(Constraint):
    """The whole numbers from lower_bound to upper_bound, both included."""

    is_discrete = True

    def __init__(self, lower_bound: Bound, upper_bound: Bound) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return _whole(value) & (value >= self.lower_bound) & (value <= self.upper_bound)


class IntegerGreaterThan(Constraint):
    """The whole numbers from lower_bound on."""

    is_discrete = True

    def __init__(self, lower_bound: Bound) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Tensor) -> Tensor:
        return _whole(value) & (value >= self.lower_bound)


class Real(Constraint):
    """All numbers, infinities included; not NaN."""

    def check(self, value: Tensor) -> Tensor:
        return value == value


class GreaterThan(Constraint):
    """The numbers above lower_bound."""

    def __init__(self, lower_bound: Bound) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Tensor) -> Tensor:
        return value > self.lower_bound


class GreaterThanEq(Constraint):
    """The numbers from lower_bound on."""

    def __init__(self, lower_bound: Bound) -> None:
        self.lower_bound = lower_bound

    def check(self, value: Tensor) -> Tensor:
        return value >= self.lower_bound


class LessThan(Constraint):
    """The numbers below upper_bound."""

    def __init__(self, upper_bound: Bound) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return value < self.upper_bound


class Interval(Constraint):
    """The numbers from lower_bound to upper_bound, both included."""

    def __init__(self, lower_bound: Bound, upper_bound: Bound) -> None:
        self.lower_bound = lower_bound
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return (value >= self.lower_bound) & (value <= self.upper_bound)


class HalfOpenInterval(Interval):
    """The numbers from lower_bound to upper_bound, without upper_bound."""

    def check(self, value: Tensor) -> Tensor:
        return (value >= self.lower_bound) & (value < self.upper_bound)


class Simplex(Constraint):
    """Vectors of numbers from 0 on that add up to 1, within 1e-6 or what the dtype tells apart."""

    event_dim = 1

    def check(self, value: Tensor) -> Tensor:
        slack = max(1e-6, 8 * eps_of(value.dtype)) if value.is_floating_point() else 1e-6
        return (value >= 0).all(-1) & ((value.sum(-1) - 1).abs() < slack)


class MultinomialCounts(Constraint):
    """Vectors of whole numbers from 0 on that add up to at most upper_bound."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: Bound) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Tensor) -> Tensor:
        return (_whole(value) & (value >= 0)).all(-1) & (value.sum(-1) <= self.upper_bound)


class LowerTriangular(Constraint):
    """Square matrices with zeros above the diagonal."""

    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        return _every_entry(value.tril() == value)


class LowerCholesky(Constraint):
    """Lower triangular matrices with a positive diagonal."""

    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        diagonal = value.diagonal(dim1=-2, dim2=-1)
        return _every_entry(value.tril() == value) & (diagonal > 0).all(-1)


class CorrCholesky(LowerCholesky):
    """Lower triangular matrices with a positive diagonal and rows of length 1."""

    def check(self, value: Tensor) -> Tensor:
        slack = 1e-15 if value.dtype == tg.float64 else 1e-6
        length = value.detach().square().sum(-1).sqrt()
        rows = ((length - 1).abs() <= slack * value.shape[-1] * 10).all(-1)
        return super().check(value) & rows


class Square(Constraint):
    """Square matrices."""

    event_dim = 2

    def check(self, value: Tensor) -> Tensor:
        square = value.dim() >= 2 and value.shape[-1] == value.shape[-2]
        return tg.full(tuple(value.shape[:-2]), square, dtype=tg.bool)


class Symmetric(Square):
    """Square matrices that equal their transpose, within 1e-6."""

    def check(self, value: Tensor) -> Tensor:
        square = super().check(value)
        if not bool(square.all()):
            return square
        return _every_entry(tg.isclose(value, value.mT, atol=1e-6))


class PositiveSemidefinite(Symmetric):
    """Symmetric matrices without a negative eigenvalue, up to rounding."""

    def check(self, value: Tensor) -> Tensor:
        from topograd.distributions._matrices import least_eigenvalue

        symmetric = super().check(value)
        if not bool(symmetric.all()):
            return symmetric
        slack = value.shape[-1] * eps_of(value.dtype)
        return least_eigenvalue(value) >= -slack * value.abs().amax((-2, -1))


class PositiveDefinite(Symmetric):
    """Symmetric matrices whose eigenvalues are positive."""

    def check(self, value: Tensor) -> Tensor:
        from topograd.distributions._matrices import has_cholesky

        symmetric = super().check(value)
        if not bool(symmetric.all()):
            return symmetric
        return has_cholesky(value)


class _Parts(Constraint):
    """Constraints for the parts of a value along a dim."""

    def __init__(self, parts: Sequence[Constraint], dim: int) -> None:
        if not parts or not all(isinstance(part, Constraint) for part in parts):
            raise ValueError(f"{type(self).__name__}: expects constraints, got {parts}")
        self.cseq = list(parts)
        self.dim = dim

    @property
    def is_discrete(self) -> bool:
        return any(part.is_discrete for part in self.cseq)


class MixtureSameFamilyConstraint(Constraint):
    """What every component of a mixture allows, for values without the dim of the components."""

    def __init__(self, base_constraint: Constraint) -> None:
        self.base_constraint = base_constraint

    @property
    def is_discrete(self) -> bool:
        return bool(self.base_constraint.is_discrete)

    @property
    def event_dim(self) -> int:
        return int(self.base_constraint.event_dim)

    def check(self, value: Tensor) -> Tensor:
        return self.base_constraint.check(value.unsqueeze(-1 - self.event_dim)).all(-1)


class Cat(_Parts):
    """One constraint for each stretch of dim `dim`, of the given lengths (default: 1 each)."""

    def __init__(
        self, cseq: Sequence[Constraint], dim: int = 0, lengths: Sequence[int] | None = None
    ) -> None:
        super().__init__(cseq, dim)
        self.lengths = list(lengths) if lengths is not None else [1] * len(self.cseq)
        if len(self.lengths) != len(self.cseq):
            raise ValueError(
                f"cat: expects a length for each of {len(self.cseq)} constraints, got {lengths}"
            )

    @property
    def event_dim(self) -> int:
        return max(int(part.event_dim) for part in self.cseq)

    def check(self, value: Tensor) -> Tensor:
        parts = value.split(self.lengths, self.dim)
        return tg.cat(
            [one.check(part) for one, part in zip(self.cseq, parts, strict=True)], self.dim
        )


class Stack(_Parts):
    """One constraint for each index of dim `dim`."""

    def __init__(self, cseq: Sequence[Constraint], dim: int = 0) -> None:
        super().__init__(cseq, dim)

    @property
    def event_dim(self) -> int:
        dim = max(int(part.event_dim) for part in self.cseq)
        return dim + 1 if self.dim + dim < 0 else dim

    def check(self, value: Tensor) -> Tensor:
        if value.shape[self.dim] != len(self.cseq):
            raise ValueError(
                f"stack: expects {len(self.cseq)} parts in dim {self.dim}, got shape "
                f"{tuple(value.shape)}"
            )
        parts = value.unbind(self.dim)
        return tg.stack(
            [one.check(part) for one, part in zip(self.cseq, parts, strict=True)], self.dim
        )


def _whole(value: Tensor) -> Tensor:
    return value % 1 == 0


def _every_entry(found: Tensor) -> Tensor:
    """Whether all entries of each matrix are true."""
    return found.flatten(-2).all(-1)


def is_dependent(constraint: Any) -> bool:
    """Whether a constraint depends on the parameters of its distribution."""
    return isinstance(constraint, Dependent)


dependent = Dependent()
independent = Independent
boolean = Boolean()
one_hot = OneHot()
integer_interval = IntegerInterval
nonnegative_integer = IntegerGreaterThan(0)
positive_integer = IntegerGreaterThan(1)
real = Real()
real_vector = Independent(real, 1)
positive = GreaterThan(0.0)
nonnegative = GreaterThanEq(0.0)
greater_than = GreaterThan
greater_than_eq = GreaterThanEq
less_than = LessThan
multinomial = MultinomialCounts
interval = Interval
half_open_interval = HalfOpenInterval
unit_interval = Interval(0.0, 1.0)
simplex = Simplex()
lower_triangular = LowerTriangular()
lower_cholesky = LowerCholesky()
corr_cholesky = CorrCholesky()
square = Square()
symmetric = Symmetric()
positive_semidefinite = PositiveSemidefinite()
positive_definite = PositiveDefinite()
cat = Cat
stack = Stack
