"""Exponential families."""

from __future__ import annotations

from typing import Any

import topograd as tg
from topograd._C import Tensor
from topograd.distributions.distribution import Distribution
from topograd.distributions.utils import sum_rightmost

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """A base for densities exp(t(x) · θ - F(θ) + k(x)) of natural parameters θ.

    A subclass gives `_natural_params`, a tuple of tensors, `_log_normalizer(*θ)`, which is F, and
    `_mean_carrier_measure`, which is E k(x).  The entropy follows: F - θ · F'(θ) - E k(x).

    >>> import topograd as tg
    >>> class Exponential(tg.distributions.ExponentialFamily):
    ...     _mean_carrier_measure = 0.0
    ...
    ...     def __init__(self, rate):
    ...         self.rate = rate
    ...         super().__init__(rate.shape)
    ...
    ...     @property
    ...     def _natural_params(self):
    ...         return (-self.rate,)
    ...
    ...     def _log_normalizer(self, x):
    ...         return -(-x).log()
    >>> Exponential(tg.tensor(1.0)).entropy()
    tensor(1.)
    """

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise NotImplementedError(f"{type(self).__name__}: _natural_params is not defined")

    def _log_normalizer(self, *natural_params: Any) -> Tensor:
        raise NotImplementedError(f"{type(self).__name__}: _log_normalizer is not defined")

    @property
    def _mean_carrier_measure(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__}: _mean_carrier_measure is not defined")

    def entropy(self) -> Tensor:
        # The parameters stay in the graph, so that the entropy is differentiable.
        with tg.enable_grad():
            params = tuple(
                p if p.requires_grad else p.detach().requires_grad_() for p in self._natural_params
            )
            normalizer = self._log_normalizer(*params)
            slopes = tg.autograd.grad(normalizer.sum(), params, create_graph=True)
        result: Tensor = normalizer - self._mean_carrier_measure
        events = len(self._event_shape)
        for param, slope in zip(params, slopes, strict=True):
            product = param * slope
            result = result - sum_rightmost(product, events)
        if any(p.requires_grad for p in self._natural_params):
            return result
        return result.detach()
