"""Distributions with parameters and values at which they are compared with PyTorch's."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

Array = Any


@dataclasses.dataclass(frozen=True)
class Case:
    """A distribution: its class, its parameters, and values of its support (or none: draws)."""

    name: str
    parameters: dict[str, Any]
    values: Array
    label: str = ""

    def __str__(self) -> str:
        return self.label or f"{self.name}-{'-'.join(self.parameters)}"

    def made(self, library: Any, requires_grad: bool = False) -> tuple[Any, dict[str, Any]]:
        """The distribution in a library, and its floating-point parameters by name."""
        given: dict[str, Any] = {}
        for name, value in self.parameters.items():
            made = library.from_numpy(value.copy()) if isinstance(value, np.ndarray) else value
            if requires_grad and isinstance(value, np.ndarray) and value.dtype.kind == "f":
                made.requires_grad_()
            given[name] = made
        leaves = {k: v for k, v in given.items() if hasattr(v, "requires_grad")}
        return getattr(library.distributions, self.name)(**given), leaves


_rng = np.random.default_rng(5)


def positive(*shape: int, low: float = 0.4, high: float = 3.0) -> Array:
    return _rng.uniform(low, high, shape)


def real(*shape: int) -> Array:
    return _rng.standard_normal(shape)


def unit(*shape: int) -> Array:
    return _rng.uniform(0.05, 0.95, shape)


def simplex(*shape: int) -> Array:
    raw = _rng.uniform(0.1, 1.0, shape)
    return raw / raw.sum(-1, keepdims=True)


def matrix(*shape: int) -> Array:
    """Positive-definite matrices."""
    root = _rng.standard_normal(shape)
    return root @ np.swapaxes(root, -1, -2) + np.eye(shape[-1])


def factor(*shape: int) -> Array:
    return np.linalg.cholesky(matrix(*shape))


def whole(*shape: int, high: int = 6) -> Array:
    return _rng.integers(0, high, shape).astype(np.float64)


def correlation(count: int, n: int) -> Array:
    """Factors of correlation matrices: lower triangular, rows of length 1."""
    lower = np.tril(_rng.standard_normal((count, n, n)))
    lower[:, range(n), range(n)] = np.abs(lower[:, range(n), range(n)]) + 0.3
    return lower / np.linalg.norm(lower, axis=-1, keepdims=True)


def counts(total: int, *shape: int) -> Array:
    """Vectors of whole numbers that add up to `total`."""
    chances = np.full(shape[-1], 1 / shape[-1])
    return _rng.multinomial(total, chances, shape[:-1]).astype(np.float64)


CONTINUOUS = [
    Case("Normal", {"loc": real(2, 1), "scale": positive(3)}, real(4, 2, 3)),
    Case("Normal", {"loc": 0.5, "scale": positive(3)}, real(3), "Normal-number"),
    Case("LogNormal", {"loc": real(3), "scale": positive(3)}, positive(2, 3)),
    Case("Laplace", {"loc": real(3), "scale": positive(2, 3)}, real(2, 3)),
    Case("Uniform", {"low": real(3), "high": 3 + positive(3)}, 2.5 + unit(4, 3)),
    Case("Exponential", {"rate": positive(3)}, positive(2, 3)),
    Case("Gamma", {"concentration": positive(3), "rate": positive(2, 1)}, positive(4, 2, 3)),
    Case("Chi2", {"df": positive(3)}, positive(3)),
    Case("Beta", {"concentration1": positive(3), "concentration0": positive(3)}, unit(2, 3)),
    Case("StudentT", {"df": 2.5 + positive(3), "loc": real(3), "scale": positive(3)}, real(2, 3)),
    Case("Dirichlet", {"concentration": positive(2, 4)}, simplex(3, 2, 4)),
    Case(
        "MultivariateNormal", {"loc": real(3), "covariance_matrix": matrix(2, 3, 3)}, real(4, 2, 3)
    ),
    Case("MultivariateNormal", {"loc": real(2, 3), "precision_matrix": matrix(3, 3)}, real(2, 3)),
    Case("MultivariateNormal", {"loc": real(3), "scale_tril": factor(3, 3)}, real(5, 3)),
    Case("Cauchy", {"loc": real(3), "scale": positive(3)}, real(2, 3)),
    Case("HalfCauchy", {"scale": positive(3)}, positive(2, 3)),
    Case("HalfNormal", {"scale": positive(3)}, positive(2, 3)),
    Case("Gumbel", {"loc": real(3), "scale": positive(3)}, real(2, 3)),
    Case("Weibull", {"scale": positive(3), "concentration": 1.1 + positive(3)}, positive(2, 3)),
    Case("Pareto", {"scale": positive(3), "alpha": 2.5 + positive(3)}, 3.1 + positive(2, 3)),
    Case("RelaxedBernoulli", {"temperature": np.array(0.7), "probs": unit(3)}, unit(2, 3)),
    Case("RelaxedBernoulli", {"temperature": np.array(0.7), "logits": real(3)}, unit(2, 3)),
    Case(
        "RelaxedOneHotCategorical",
        {"temperature": np.array(0.7), "probs": positive(2, 4)},
        simplex(2, 4),
    ),
    Case(
        "RelaxedOneHotCategorical", {"temperature": np.array(0.7), "logits": real(4)}, simplex(2, 4)
    ),
    Case("InverseGamma", {"concentration": 2.5 + positive(3), "rate": positive(3)}, positive(3)),
    Case("FisherSnedecor", {"df1": 2.5 + positive(3), "df2": 4.5 + positive(3)}, positive(2, 3)),
    Case(
        "Kumaraswamy",
        {"concentration1": 1.1 + positive(3), "concentration0": 1.1 + positive(3)},
        unit(2, 3),
    ),
    Case("LogisticNormal", {"loc": real(3), "scale": positive(3)}, simplex(2, 4)),
    Case("LKJCholesky", {"dim": 3, "concentration": positive(2)}, correlation(2, 3)),
    Case("LKJCholesky", {"dim": 2, "concentration": 0.7}, correlation(2, 2), "LKJCholesky-number"),
    Case(
        "Wishart",
        {"df": np.array([4.5, 7.0]), "covariance_matrix": matrix(3, 3)},
        matrix(4, 2, 3, 3),
    ),
    Case("Wishart", {"df": np.array(5.0), "precision_matrix": matrix(2, 3, 3)}, matrix(2, 3, 3)),
    Case("VonMises", {"loc": real(3), "concentration": np.array([0.01, 2.0, 50.0])}, real(2, 3)),
    Case("VonMises", {"loc": 0.3, "concentration": np.array(2.0)}, real(3), "VonMises-one"),
    Case("ContinuousBernoulli", {"probs": np.array([0.2, 0.7, 0.9])}, unit(2, 3)),
    Case("ContinuousBernoulli", {"logits": real(3)}, unit(2, 3)),
    Case(
        "GeneralizedPareto",
        {
            "loc": np.array([0.0, 0.5, -1.0, 1.0]),
            "scale": np.array([1.0, 2.0, 0.5, 1.5]),
            "concentration": np.array([0.2, -0.4, 0.1, 0.0]),
        },
        np.array([0.7, 1.5, -0.2, 3.0]),
    ),
    Case(
        "LowRankMultivariateNormal",
        {"loc": real(3), "cov_factor": real(2, 3, 2), "cov_diag": positive(3)},
        real(4, 2, 3),
    ),
]

DISCRETE = [
    Case("Bernoulli", {"probs": unit(3)}, whole(4, 3, high=2)),
    Case("Bernoulli", {"logits": real(2, 3)}, whole(2, 3, high=2)),
    Case("Categorical", {"probs": positive(2, 4)}, _rng.integers(0, 4, (3, 2))),
    Case("Categorical", {"logits": real(4)}, _rng.integers(0, 4, (5,))),
    Case("Multinomial", {"total_count": 5, "probs": positive(2, 3)}, counts(5, 4, 2, 3)),
    Case("Multinomial", {"total_count": 3, "logits": real(3)}, counts(3, 4, 3)),
    Case("OneHotCategorical", {"probs": positive(2, 3)}, counts(1, 4, 2, 3)),
    Case("OneHotCategoricalStraightThrough", {"logits": real(3)}, counts(1, 4, 3)),
    Case("Poisson", {"rate": positive(3)}, whole(4, 3)),
    Case("Geometric", {"probs": unit(3)}, whole(4, 3)),
    Case("Geometric", {"logits": real(3)}, whole(4, 3)),
    Case("Binomial", {"total_count": 6, "probs": unit(3)}, whole(4, 3)),
    Case("Binomial", {"total_count": 6, "logits": real(2, 1)}, whole(4, 2, 1)),
    Case("NegativeBinomial", {"total_count": 3.5, "probs": unit(3)}, whole(4, 3)),
    Case("NegativeBinomial", {"total_count": 3.5, "logits": real(3)}, whole(4, 3)),
]

CASES = [*CONTINUOUS, *DISCRETE]

# What PyTorch's has no derivative for, and ours has: compared with differences instead.
NO_DERIVATIVE = {("Gamma", "cdf"), ("Chi2", "cdf"), ("InverseGamma", "cdf")}
# What is not a number in PyTorch where it has a value, or has few digits.
NO_VALUE = {("Kumaraswamy", "mode"), ("VonMises", "variance"), ("VonMises", "stddev")}
# What PyTorch computes in float32 alone.
SINGLE_PRECISION = ("GeneralizedPareto",)

# Where PyTorch gives a divergence below 0.
WRONG_DIVERGENCE = ("Wishart",)

WITHOUT_MEAN = ("RelaxedBernoulli", "RelaxedOneHotCategorical", "LogisticNormal", "LKJCholesky")
