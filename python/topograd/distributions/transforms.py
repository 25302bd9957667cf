"""Transforms of random variables: functions with inverses and Jacobian determinants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import topograd as tg
from topograd._C import Size, Tensor
from topograd.distributions import constraints
from topograd.distributions._transform import (
    ComposeTransform,
    IndependentTransform,
    InverseTransform,
    ReshapeTransform,
    Transform,
)
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import eps_of, sum_rightmost, tiny_of, vec_to_tril_matrix

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]

_InverseTransform = InverseTransform
Shape = Sequence[int]
identity_transform = ComposeTransform([])


class ExpTransform(Transform):
    """y = exp(x)."""

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = 1

    def _call(self, x: Tensor) -> Tensor:
        return x.exp()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return x


class PowerTransform(Transform):
    """y = x ** exponent for positive x; exponent: a number or a tensor, not 0."""

    domain = constraints.positive
    codomain = constraints.positive
    bijective = True

    def __init__(self, exponent: Tensor | float, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.exponent = tg.as_tensor(exponent)

    @property
    def sign(self) -> Any:
        return self.exponent.sign()

    def _call(self, x: Tensor) -> Tensor:
        return x.pow(self.exponent)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.pow(1 / self.exponent)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.exponent * y / x).abs().log()

    def forward_shape(self, shape: Shape) -> Size:
        return tg.broadcast_shapes(tuple(shape), self.exponent.shape)

    inverse_shape = forward_shape


class SigmoidTransform(Transform):
    """y = 1 / (1 + exp(-x)), kept away from 0 and 1 by what the dtype holds."""

    domain = constraints.real
    codomain = constraints.unit_interval
    bijective = True
    sign = 1

    def _call(self, x: Tensor) -> Tensor:
        return x.sigmoid().clamp(tiny_of(x.dtype), 1 - eps_of(x.dtype))

    def _inverse(self, y: Tensor) -> Tensor:
        inside = y.clamp(tiny_of(y.dtype), 1 - eps_of(y.dtype))
        return inside.log() - (-inside).log1p()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -tg.nn.functional.softplus(-x) - tg.nn.functional.softplus(x)


class SoftplusTransform(Transform):
    """y = log(1 + exp(x))."""

    domain = constraints.real
    codomain = constraints.positive
    bijective = True
    sign = 1

    def _call(self, x: Tensor) -> Tensor:
        return tg.nn.functional.softplus(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return (-y).expm1().neg().log() + y

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return -tg.nn.functional.softplus(-x)


class TanhTransform(Transform):
    """y = tanh(x).

    Use cache_size=1 when log_prob of samples is wanted: the inverse of numbers near 1 is inexact.
    """

    domain = constraints.real
    codomain = constraints.interval(-1.0, 1.0)
    bijective = True
    sign = 1

    def _call(self, x: Tensor) -> Tensor:
        return x.tanh()

    def _inverse(self, y: Tensor) -> Tensor:
        return y.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        # log(1 - tanh(x)²) without cancellation
        return 2 * (math.log(2) - x - tg.nn.functional.softplus(-2 * x))


class AbsTransform(Transform):
    """y = |x|; its inverse is the one of the positive branch."""

    domain = constraints.real
    codomain = constraints.positive

    def _call(self, x: Tensor) -> Tensor:
        return x.abs()

    def _inverse(self, y: Tensor) -> Tensor:
        return y


class AffineTransform(Transform):
    """y = loc + scale · x.

    loc, scale: numbers or tensors.  event_dim: how many trailing dims make one event (default 0).
    """

    bijective = True

    def __init__(
        self,
        loc: Tensor | float,
        scale: Tensor | float,
        event_dim: int = 0,
        cache_size: int = 0,
    ) -> None:
        super().__init__(cache_size)
        self.loc = loc
        self.scale = scale
        self._event_dim = event_dim

    @property
    def event_dim(self) -> int:
        return self._event_dim

    @constraints.dependent_property(is_discrete=False)
    def domain(self) -> Any:
        """Real events."""
        return _real_events(self._event_dim)

    @constraints.dependent_property(is_discrete=False)
    def codomain(self) -> Any:
        """Real events."""
        return _real_events(self._event_dim)

    @property
    def sign(self) -> Any:
        if isinstance(self.scale, Tensor):
            return self.scale.sign()
        return (self.scale > 0) - (self.scale < 0)

    def _call(self, x: Tensor) -> Tensor:
        return self.loc + self.scale * x

    def _inverse(self, y: Tensor) -> Tensor:
        return (y - self.loc) / self.scale

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        scale = tg.as_tensor(self.scale, dtype=x.dtype)
        return sum_rightmost(scale.abs().log().expand(x.shape), self._event_dim)

    def forward_shape(self, shape: Shape) -> Size:
        parts = [one.shape for one in (self.loc, self.scale) if isinstance(one, Tensor)]
        return tg.broadcast_shapes(tuple(shape), *parts)

    inverse_shape = forward_shape


def _real_events(count: int) -> Any:
    return constraints.independent(constraints.real, count) if count else constraints.real


class SoftmaxTransform(Transform):
    """y = softmax(x) over the last dim; its inverse is log(y), one of many."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _call(self, x: Tensor) -> Tensor:
        return x.softmax(-1)

    def _inverse(self, y: Tensor) -> Tensor:
        return y.log()

    def forward_shape(self, shape: Shape) -> Size:
        return _with_last(self, shape, 0)

    inverse_shape = forward_shape


def _with_last(transform: Transform, shape: Shape, more: int) -> Size:
    """The shape with its last dim that much longer."""
    if len(shape) < 1:
        raise ValueError(f"{type(transform).__name__}: expects at least one dim, got a number")
    return Size((*shape[:-1], shape[-1] + more))


class StickBreakingTransform(Transform):
    """n real numbers as n + 1 positive ones that add up to 1: each takes a share of what is left.

    The share is sigmoid(xᵢ - log(n - i)), so that zeros give equal parts.

    >>> import topograd as tg
    >>> tg.distributions.transforms.StickBreakingTransform()(tg.zeros(3))
    tensor([0.2500, 0.2500, 0.2500, 0.2500])
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _offset(self, x: Tensor) -> Tensor:
        n = x.shape[-1]
        return x - tg.arange(n, 0, -1, dtype=x.dtype).log()

    def _call(self, x: Tensor) -> Tensor:
        share = self._offset(x).sigmoid()
        left = (1 - share).cumprod(-1)
        one = left.new_ones((*left.shape[:-1], 1))
        return tg.cat([share, one], -1) * tg.cat([one, left], -1)

    def _inverse(self, y: Tensor) -> Tensor:
        head = y[..., :-1]
        n = head.shape[-1]
        left = (1 - head.cumsum(-1)).clamp(min=tiny_of(y.dtype))
        return head.log() - left.log() + tg.arange(n, 0, -1, dtype=y.dtype).log()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        offset = self._offset(x)
        return (-offset + tg.nn.functional.logsigmoid(offset) + y[..., :-1].log()).sum(-1)

    def forward_shape(self, shape: Shape) -> Size:
        return _with_last(self, shape, 1)

    def inverse_shape(self, shape: Shape) -> Size:
        return _with_last(self, shape, -1)


class LowerCholeskyTransform(Transform):
    """Square matrices as lower triangular ones, exp on the diagonal."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.lower_cholesky

    def _call(self, x: Tensor) -> Tensor:
        return x.tril(-1) + tg.diag_embed(x.diagonal(dim1=-2, dim2=-1).exp())

    def _inverse(self, y: Tensor) -> Tensor:
        return y.tril(-1) + tg.diag_embed(y.diagonal(dim1=-2, dim2=-1).log())


class PositiveDefiniteTransform(Transform):
    """Square matrices as positive-definite ones: L Lᵀ with L of LowerCholeskyTransform."""

    domain = constraints.independent(constraints.real, 2)
    codomain = constraints.positive_definite

    def _call(self, x: Tensor) -> Tensor:
        factor = LowerCholeskyTransform()(x)
        return factor @ factor.mT

    def _inverse(self, y: Tensor) -> Tensor:
        from topograd.distributions._matrices import cholesky

        return LowerCholeskyTransform().inv(cholesky(y))


class CorrCholeskyTransform(Transform):
    """n (n - 1) / 2 real numbers as the lower triangular factor of an n × n correlation matrix.

    tanh(x) are partial correlations; each row is filled so that its length is 1.  Source:
    Lewandowski, Kurowicka and Joe, 2009.
    """

    domain = constraints.real_vector
    codomain = constraints.corr_cholesky
    bijective = True

    def _call(self, x: Tensor) -> Tensor:
        eps = eps_of(x.dtype)
        partial = vec_to_tril_matrix(x.tanh().clamp(-1 + eps, 1 - eps), diag=-1)
        left = (1 - partial.square()).sqrt().cumprod(-1)
        before = tg.nn.functional.pad(left[..., :-1], [1, 0], value=1.0)
        return (partial + tg.eye(partial.shape[-1], dtype=x.dtype)) * before

    def _inverse(self, y: Tensor) -> Tensor:
        left = (1 - y.square().cumsum(-1)).clamp(min=0)
        before = tg.nn.functional.pad(left[..., :-1], [1, 0], value=1.0)
        n = y.shape[-1]
        rows, columns = tg.tril_indices(n, n, -1).unbind()
        partial = y[..., rows, columns] / before[..., rows, columns].sqrt()
        return partial.atanh()

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        n = y.shape[-1]
        left = 1 - y.square().cumsum(-1)
        rows, columns = tg.tril_indices(n, n, -2).unbind()
        lengths = 0.5 * left[..., rows, columns].log().sum(-1)
        tanh = 2 * (math.log(2) - x - tg.nn.functional.softplus(-2 * x))
        return lengths + tanh.sum(-1)

    def forward_shape(self, shape: Shape) -> Size:
        count = shape[-1] if len(shape) else 0
        n = round((1 + math.sqrt(1 + 8 * count)) / 2)
        if len(shape) < 1 or n * (n - 1) // 2 != count:
            raise ValueError(
                f"CorrCholeskyTransform: {count} numbers do not fill a strict lower triangle"
            )
        return Size((*shape[:-1], n, n))

    def inverse_shape(self, shape: Shape) -> Size:
        if len(shape) < 2 or shape[-1] != shape[-2]:
            raise ValueError(
                f"CorrCholeskyTransform: expects square matrices, got shape {tuple(shape)}"
            )
        return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


class CumulativeDistributionTransform(Transform):
    """y = cdf(x) of a distribution of one variable."""

    bijective = True
    codomain = constraints.unit_interval
    sign = 1

    def __init__(self, distribution: Distribution, cache_size: int = 0) -> None:
        super().__init__(cache_size)
        self.distribution = distribution

    @property
    def domain(self) -> Any:
        """The support of the distribution."""
        return self.distribution.support

    def _call(self, x: Tensor) -> Tensor:
        return self.distribution.cdf(x)

    def _inverse(self, y: Tensor) -> Tensor:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Tensor, y: Tensor) -> Tensor:
        return self.distribution.log_prob(x)


from topograd.distributions._transform_parts import (  # noqa: E402  (they are transforms)
    CatTransform,
    StackTransform,
)
