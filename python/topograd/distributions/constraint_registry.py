"""Transforms from unconstrained numbers to what a constraint allows.

`biject_to(constraint)` is one-to-one, for changes of variables with Jacobians;
`transform_to(constraint)` may be cheaper and need not be, for parameters that an optimizer moves
freely.

>>> import topograd as tg
>>> D = tg.distributions
>>> D.transform_to(D.constraints.positive)(tg.tensor(0.0))
tensor(1.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from topograd.distributions import constraints, transforms
from topograd.distributions.transforms import Transform

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]

Factory = Callable[[Any], Transform]


class ConstraintRegistry:
    """Transforms by the type of a constraint.

    `register(constraint, factory)` takes an object or a class of constraints, and a function of the
    constraint that makes the transform; without a factory it decorates one.  Calling the registry
    raises NotImplementedError for a constraint of an unknown type.
    """

    def __init__(self) -> None:
        self._registry: dict[type, Factory] = {}

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Adds a transform for a type of constraints."""
        if factory is None:
            return lambda given: self.register(constraint, given)
        kind = type(constraint) if isinstance(constraint, constraints.Constraint) else constraint
        if not (isinstance(kind, type) and issubclass(kind, constraints.Constraint)):
            raise TypeError(
                f"register: expects a constraint or a class of them, got {constraint!r}"
            )
        self._registry[kind] = factory
        return factory

    def __call__(self, constraint: Any) -> Transform:
        factory = self._registry.get(type(constraint))
        if factory is not None:
            return factory(constraint)
        raise NotImplementedError(
            f"no transform to {type(constraint).__name__} constraints is registered"
        )


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()
_both = (biject_to, transform_to)


def _in_both(*constraints_of_one_kind: Any) -> Callable[[Factory], Factory]:
    def decorate(factory: Factory) -> Factory:
        for registry in _both:
            for constraint in constraints_of_one_kind:
                registry.register(constraint, factory)
        return factory

    return decorate


@_in_both(constraints.real)
def _real(constraint: Any) -> Transform:
    return transforms.identity_transform


for _registry in _both:

    def _independent(constraint: Any, registry: ConstraintRegistry = _registry) -> Transform:
        return transforms.IndependentTransform(
            registry(constraint.base_constraint), constraint.reinterpreted_batch_ndims
        )

    _registry.register(constraints.independent, _independent)


@_in_both(constraints.positive, constraints.nonnegative)
def _greater_than(constraint: Any) -> Transform:
    bound = constraint.lower_bound
    if isinstance(bound, (int, float)) and bound == 0:
        return transforms.ExpTransform()
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(bound, 1)]
    )


@_in_both(constraints.less_than)
def _less_than(constraint: Any) -> Transform:
    return transforms.ComposeTransform(
        [transforms.ExpTransform(), transforms.AffineTransform(constraint.upper_bound, -1)]
    )


@_in_both(constraints.interval, constraints.half_open_interval)
def _interval(constraint: Any) -> Transform:
    low, high = constraint.lower_bound, constraint.upper_bound
    if all(isinstance(bound, (int, float)) for bound in (low, high)) and (low, high) == (0, 1):
        return transforms.SigmoidTransform()
    return transforms.ComposeTransform(
        [transforms.SigmoidTransform(), transforms.AffineTransform(low, high - low)]
    )


biject_to.register(constraints.simplex, lambda _: transforms.StickBreakingTransform())
transform_to.register(constraints.simplex, lambda _: transforms.SoftmaxTransform())
transform_to.register(constraints.lower_cholesky, lambda _: transforms.LowerCholeskyTransform())
for _definite in (constraints.positive_definite, constraints.positive_semidefinite):
    transform_to.register(_definite, lambda _: transforms.PositiveDefiniteTransform())


@_in_both(constraints.corr_cholesky)
def _corr_cholesky(constraint: Any) -> Transform:
    return transforms.CorrCholeskyTransform()


for _registry in _both:

    def _cat(constraint: Any, registry: ConstraintRegistry = _registry) -> Transform:
        parts = [registry(part) for part in constraint.cseq]
        return transforms.CatTransform(parts, constraint.dim, constraint.lengths)

    def _stack(constraint: Any, registry: ConstraintRegistry = _registry) -> Transform:
        return transforms.StackTransform(
            [registry(part) for part in constraint.cseq], constraint.dim
        )

    _registry.register(constraints.cat, _cat)
    _registry.register(constraints.stack, _stack)
