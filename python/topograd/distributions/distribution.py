"""The base of all distributions: shapes, validation, and what follows from other methods."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import topograd as tg
from topograd._C import Size, Tensor
from topograd.distributions import constraints
from topograd.distributions.utils import lazy_property

__all__ = ["Distribution"]

Self = TypeVar("Self", bound="Distribution")
Shape = Sequence[int]


class Distribution:
    """A family of random variables with given parameters.

    batch_shape: the shape of independent distributions in one object.  event_shape: the shape of
    one draw.  validate_args: whether parameters and values are checked (default True, unless Python
    runs with -O or `set_default_validate_args(False)` was called); an error is a ValueError that
    names the parameter and its constraint.  Subclasses write `sample` or `rsample`, `log_prob`,
    `entropy` and so on; `expand` needs no method of its own: it expands every tensor and every
    distribution among the attributes by their batch dims.  Source: the interface of PyTorch.

    >>> import topograd as tg
    >>> d = tg.distributions.Normal(tg.zeros(2, 1), tg.ones(3))
    >>> d.batch_shape, d.event_shape, d.sample((5,)).shape
    (topograd.Size([2, 3]), topograd.Size([]), topograd.Size([5, 2, 3]))
    """

    has_rsample: bool = False
    has_enumerate_support: bool = False
    arg_constraints: ClassVar[Any] = NotImplemented
    support: Any = NotImplemented
    _validate_args: bool = __debug__
    # Attributes with a batch shape of their own, or without one: not touched by expand.
    _not_expanded: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Whether distributions made from now on check their arguments."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: expects True or False, got {value!r}")
        Distribution._validate_args = value

    def __init__(
        self,
        batch_shape: Shape = (),
        event_shape: Shape = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape = Size(tuple(batch_shape))
        self._event_shape = Size(tuple(event_shape))
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._check_parameters()

    def _check_parameters(self) -> None:
        named = self.arg_constraints
        if named is NotImplemented:
            return
        for name, constraint in named.items():
            if self._is_derived(name) or constraints.is_dependent(constraint):
                continue  # computed from what is checked, or not known here
            value = getattr(self, name)
            valid = constraint.check(value)
            if not bool(valid.all()):
                raise ValueError(
                    f"{type(self).__name__}: Expected parameter {name} "
                    f"(Tensor of shape {tuple(value.shape)}) to satisfy the constraint "
                    f"{constraint!r}, but found invalid values:\n{value}"
                )

    def _is_derived(self, name: str) -> bool:
        """Whether an attribute is one that was not given and has not been read."""
        return name not in vars(self) and isinstance(getattr(type(self), name, None), lazy_property)

    @property
    def batch_shape(self) -> Size:
        """The shape of the independent distributions in this object."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw from one of them."""
        return self._event_shape

    @property
    def mean(self) -> Tensor:
        """The expectation, batch_shape + event_shape."""
        raise NotImplementedError(f"{type(self).__name__}: mean is not defined")

    @property
    def mode(self) -> Tensor:
        """The value of the largest density or probability."""
        raise NotImplementedError(f"{type(self).__name__}: mode is not defined")

    @property
    def variance(self) -> Tensor:
        """The variance, batch_shape + event_shape."""
        raise NotImplementedError(f"{type(self).__name__}: variance is not defined")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation, batch_shape + event_shape."""
        return self.variance.sqrt()

    def sample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws of shape sample_shape + batch_shape + event_shape, not differentiable."""
        with tg.no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Shape = ()) -> Tensor:
        """Draws that are differentiable functions of the parameters."""
        raise NotImplementedError(f"{type(self).__name__}: rsample is not defined")

    def sample_n(self, n: int) -> Tensor:
        """N draws: sample((n,))."""
        return self.sample((n,))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density or probability at a value, summed over the event dims."""
        raise NotImplementedError(f"{type(self).__name__}: log_prob is not defined")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of a draw up to a value."""
        raise NotImplementedError(f"{type(self).__name__}: cdf is not defined")

    def icdf(self, value: Tensor) -> Tensor:
        """The number whose cdf is the given probability."""
        raise NotImplementedError(f"{type(self).__name__}: icdf is not defined")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values of a finite support along a new first dim.

        expand: whether the batch dims are expanded, or have length 1.
        """
        raise NotImplementedError(f"{type(self).__name__}: enumerate_support is not defined")

    def entropy(self) -> Tensor:
        """The expectation of -log_prob, of shape batch_shape."""
        raise NotImplementedError(f"{type(self).__name__}: entropy is not defined")

    def perplexity(self) -> Tensor:
        """exp(entropy)."""
        return self.entropy().exp()

    def expand(self: Self, batch_shape: Shape, _instance: Any = None) -> Self:
        """The same distribution with a larger batch shape; tensors are views.

        Raises ShapeError when batch_shape does not extend the present one by broadcasting.
        """
        expanded: Self = copy.copy(self) if _instance is None else _instance
        vars(expanded).update(vars(self))
        shape, own = Size(self._sizes("batch_shape", batch_shape)), len(self._batch_shape)
        for name, value in vars(self).items():
            if name in self._not_expanded:
                continue
            if isinstance(value, Tensor):
                vars(expanded)[name] = value.expand((*shape, *value.shape[own:]))
            elif isinstance(value, Distribution):
                inner = value.batch_shape[own:]
                vars(expanded)[name] = value.expand((*shape, *inner))
        expanded._batch_shape = shape
        return expanded

    def _extended_shape(self, sample_shape: Shape = ()) -> Size:
        sizes = self._sizes("sample_shape", sample_shape)
        return Size((*sizes, *self._batch_shape, *self._event_shape))

    def _sizes(self, name: str, shape: Any) -> tuple[int, ...]:
        if isinstance(shape, (tuple, list)):
            return tuple(shape)
        raise TypeError(
            f"{type(self).__name__}: {name} must be a tuple of sizes, got {type(shape).__name__}"
        )

    def _validate_sample(self, value: Any) -> None:
        """Checks a value given to log_prob or cdf: type, shape, support."""
        kind = type(self).__name__
        if not isinstance(value, Tensor):
            raise ValueError(
                f"{kind}: The value argument to log_prob must be a Tensor, "
                f"got {type(value).__name__}"
            )
        events = len(self._event_shape)
        if value.dim() < events or tuple(value.shape[value.dim() - events :]) != self._event_shape:
            raise ValueError(
                f"{kind}: The right-most size of value must match event_shape: "
                f"{tuple(value.shape)} vs {tuple(self._event_shape)}"
            )
        whole = (*self._batch_shape, *self._event_shape)
        for given, own in zip(reversed(value.shape), reversed(whole), strict=False):
            if given not in (1, own) and own != 1:
                raise ValueError(
                    f"{kind}: Value is not broadcastable with batch_shape+event_shape: "
                    f"{tuple(value.shape)} vs {whole}"
                )
        support = self.support
        if support is NotImplemented:
            return
        if not bool(support.check(value).all()):
            raise ValueError(
                f"{kind}: Expected value argument (Tensor of shape {tuple(value.shape)}) to be "
                f"within the support ({support!r}) of the distribution {self!r}, but found "
                f"invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        named = {} if self.arg_constraints is NotImplemented else self.arg_constraints
        told = [(name, getattr(self, name)) for name in named if not self._is_derived(name)]
        return f"{type(self).__name__}({', '.join(f'{n}: {_told(v)}' for n, v in told)})"


def expect_distribution(kind: str, base: object) -> None:
    """Raises TypeError unless the base of a distribution is one."""
    if not isinstance(base, Distribution):
        raise TypeError(f"{kind}: expects a Distribution as its base, got {type(base).__name__}")


def _told(value: Any) -> str:
    if not isinstance(value, Tensor):
        return str(value)
    return str(value.item() if value.numel() == 1 else tuple(value.shape))
