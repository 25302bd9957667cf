"""Probability distributions: draws, densities, entropies, divergences, under PyTorch's names.

>>> import topograd as tg
>>> generator = tg.manual_seed(0)
>>> policy = tg.distributions.Categorical(logits=tg.zeros(3))
>>> action = policy.sample()
>>> policy.log_prob(action)
tensor(-1.0986)
"""

from __future__ import annotations

from topograd.distributions import constraints, kl, transforms, utils
from topograd.distributions.bernoulli import Bernoulli
from topograd.distributions.beta import Beta
from topograd.distributions.binomial import Binomial
from topograd.distributions.categorical import Categorical
from topograd.distributions.cauchy import Cauchy
from topograd.distributions.chi2 import Chi2
from topograd.distributions.constraint_registry import biject_to, transform_to
from topograd.distributions.continuous_bernoulli import ContinuousBernoulli
from topograd.distributions.dirichlet import Dirichlet
from topograd.distributions.distribution import Distribution
from topograd.distributions.exp_family import ExponentialFamily
from topograd.distributions.exponential import Exponential
from topograd.distributions.fishersnedecor import FisherSnedecor
from topograd.distributions.gamma import Gamma
from topograd.distributions.generalized_pareto import GeneralizedPareto
from topograd.distributions.geometric import Geometric
from topograd.distributions.gumbel import Gumbel
from topograd.distributions.half_cauchy import HalfCauchy
from topograd.distributions.half_normal import HalfNormal
from topograd.distributions.independent import Independent
from topograd.distributions.inverse_gamma import InverseGamma
from topograd.distributions.kl import kl_divergence, register_kl
from topograd.distributions.kumaraswamy import Kumaraswamy
from topograd.distributions.laplace import Laplace
from topograd.distributions.lkj_cholesky import LKJCholesky
from topograd.distributions.log_normal import LogNormal
from topograd.distributions.logistic_normal import LogisticNormal
from topograd.distributions.lowrank_multivariate_normal import LowRankMultivariateNormal
from topograd.distributions.mixture_same_family import MixtureSameFamily
from topograd.distributions.multinomial import Multinomial
from topograd.distributions.multivariate_normal import MultivariateNormal
from topograd.distributions.negative_binomial import NegativeBinomial
from topograd.distributions.normal import Normal
from topograd.distributions.one_hot_categorical import (
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
)
from topograd.distributions.pareto import Pareto
from topograd.distributions.poisson import Poisson
from topograd.distributions.relaxed_bernoulli import RelaxedBernoulli
from topograd.distributions.relaxed_categorical import RelaxedOneHotCategorical
from topograd.distributions.studentT import StudentT
from topograd.distributions.transformed_distribution import TransformedDistribution
from topograd.distributions.transforms import (
    AbsTransform,
    AffineTransform,
    CatTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StackTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform,
)
from topograd.distributions.uniform import Uniform
from topograd.distributions.von_mises import VonMises
from topograd.distributions.weibull import Weibull
from topograd.distributions.wishart import Wishart

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "Bernoulli",
    "Beta",
    "Binomial",
    "CatTransform",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ComposeTransform",
    "ContinuousBernoulli",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "Dirichlet",
    "Distribution",
    "ExpTransform",
    "Exponential",
    "ExponentialFamily",
    "FisherSnedecor",
    "Gamma",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "IndependentTransform",
    "InverseGamma",
    "Kumaraswamy",
    "LKJCholesky",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "LowerCholeskyTransform",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "StudentT",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "Wishart",
    "biject_to",
    "constraints",
    "identity_transform",
    "kl",
    "kl_divergence",
    "register_kl",
    "transform_to",
    "transforms",
    "utils",
]
