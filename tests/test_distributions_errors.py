"""What distributions refuse, in which words, and what they accept at the edges."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import topograd as tg

D = tg.distributions
C = D.constraints

WRONG_PARAMETERS = [
    (lambda: D.Normal(0.0, tg.tensor([1.0, -1.0])), "scale", "GreaterThan(lower_bound=0.0)"),
    (lambda: D.Normal(math.nan, 1.0), "loc", "Real()"),
    (lambda: D.Exponential(0.0), "rate", "GreaterThan(lower_bound=0.0)"),
    (lambda: D.Gamma(-1.0, 1.0), "concentration", "GreaterThan(lower_bound=0.0)"),
    (lambda: D.Beta(1.0, -1.0), "concentration0", "GreaterThan(lower_bound=0.0)"),
    (lambda: D.Bernoulli(1.5), "probs", "Interval(lower_bound=0.0, upper_bound=1.0)"),
    (lambda: D.Bernoulli(logits=math.nan), "logits", "Real()"),
    (lambda: D.Categorical(tg.tensor([1.0, -0.5])), "probs", "Simplex()"),
    (lambda: D.Categorical(tg.zeros(2)), "probs", "Simplex()"),
    (lambda: D.Categorical(logits=tg.tensor([0.0, math.nan])), "logits", "Independent(Real(), 1)"),
    (lambda: D.Poisson(-1.0), "rate", "GreaterThanEq(lower_bound=0.0)"),
    (lambda: D.Dirichlet(tg.tensor([1.0, 0.0])), "concentration", "Independent(GreaterThan"),
    (lambda: D.Binomial(-1, probs=tg.tensor(0.5)), "total_count", "IntegerGreaterThan"),
    (lambda: D.Chi2(-1.0), "df", "GreaterThan(lower_bound=0.0)"),
    (lambda: D.StudentT(0.0), "df", "GreaterThan(lower_bound=0.0)"),
    (
        lambda: D.MultivariateNormal(tg.zeros(2), tg.tensor([[1.0, 2.0], [2.0, 1.0]])),
        "covariance_matrix",
        "PositiveDefinite()",
    ),
    (
        lambda: D.MultivariateNormal(tg.zeros(2), tg.tensor([[1.0, 0.5], [0.0, 1.0]])),
        "covariance_matrix",
        "PositiveDefinite()",
    ),
    (
        lambda: D.MultivariateNormal(tg.zeros(2), scale_tril=tg.ones(2, 2)),
        "scale_tril",
        "LowerCholesky()",
    ),
]


@pytest.mark.parametrize(("make", "name", "constraint"), WRONG_PARAMETERS)
def test_a_wrong_parameter_is_named_with_its_constraint(make, name, constraint):
    with pytest.raises(ValueError, match=f"Expected parameter {name} ") as caught:
        make()
    assert constraint in str(caught.value)
    assert "found invalid values" in str(caught.value)


WRONG_VALUES = [
    (D.Normal(0.0, 1.0), tg.tensor(math.nan), "Real()"),
    (D.Exponential(1.0), tg.tensor(-1.0), "GreaterThanEq"),
    (D.Bernoulli(0.5), tg.tensor(0.5), "Boolean()"),
    (D.Categorical(tg.ones(3)), tg.tensor(3), "IntegerInterval(lower_bound=0, upper_bound=2)"),
    (D.Categorical(tg.ones(3)), tg.tensor(-1), "IntegerInterval"),
    (D.Poisson(1.0), tg.tensor(1.5), "IntegerGreaterThan"),
    (D.Uniform(0.0, 1.0), tg.tensor(1.5), "Interval(lower_bound=0.0, upper_bound=1.0)"),
    (D.Dirichlet(tg.ones(2)), tg.tensor([0.5, 0.6]), "Simplex()"),
    (D.OneHotCategorical(tg.ones(2)), tg.tensor([1.0, 1.0]), "OneHot()"),
    (D.Multinomial(2, tg.ones(2)), tg.tensor([2.0, 1.0]), "MultinomialCounts(upper_bound=2)"),
    (D.LogNormal(0.0, 1.0), tg.tensor(-1.0), "GreaterThan"),
]


@pytest.mark.parametrize(("distribution", "value", "constraint"), WRONG_VALUES)
def test_a_value_outside_of_the_support_is_refused(distribution, value, constraint):
    with pytest.raises(ValueError, match="to be within the support") as caught:
        distribution.log_prob(value)
    assert constraint in str(caught.value)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=re.escape("match event_shape: (2,) vs (3,)")):
        D.MultivariateNormal(tg.zeros(3), tg.eye(3)).log_prob(tg.zeros(2))
    with pytest.raises(ValueError, match=re.escape("(4,) vs (3,)")):
        D.Normal(tg.zeros(3), 1.0).log_prob(tg.zeros(4))
    with pytest.raises(ValueError, match=re.escape("must be (…, 3, 3)")):
        D.MultivariateNormal(tg.zeros(3), tg.eye(2))
    with pytest.raises(ValueError, match="broadcast"):
        D.Normal(tg.zeros(3), tg.ones(4))
    with pytest.raises((ValueError, RuntimeError)):
        D.Normal(tg.zeros(3), 1.0).expand((4,))
    with pytest.raises(ValueError, match="must be a Tensor, got float"):
        D.Normal(0.0, 1.0).log_prob(0.5)
    for call in (D.Normal(0.0, 1.0).sample, D.Categorical(tg.ones(2)).sample, EMPTY[0].expand):
        with pytest.raises(TypeError, match="_shape must be a tuple of sizes, got int"):
            call(3)
    for make in (lambda: D.Independent(3, 1), lambda: D.TransformedDistribution(3, [])):
        with pytest.raises(TypeError, match="expects a Distribution as its base, got int"):
            make()
    with pytest.raises(ValueError, match="from 0 to the 1 batch dims"):
        D.Independent(D.Normal(tg.zeros(3), 1.0), 2)
    with pytest.raises(ValueError, match="last batch dim of the components must be 2"):
        D.MixtureSameFamily(D.Categorical(tg.ones(2)), D.Normal(tg.zeros(3), 1.0))


def test_parameters_that_come_together_or_not_at_all_are_refused():
    for make in (D.Bernoulli, D.Categorical, D.OneHotCategorical, D.Geometric):
        with pytest.raises(ValueError, match="one of probs and logits, got neither"):
            make()
        with pytest.raises(ValueError, match="one of probs and logits, got both"):
            make(probs=tg.ones(2) / 2, logits=tg.zeros(2))
    with pytest.raises(ValueError, match=r"must be specified, got none"):
        D.MultivariateNormal(tg.zeros(2))
    with pytest.raises(ValueError, match=r"got \['covariance_matrix', 'scale_tril'\]"):
        D.MultivariateNormal(tg.zeros(2), covariance_matrix=tg.eye(2), scale_tril=tg.eye(2))
    with pytest.raises(ValueError, match=r"Expected parameter low .* LessThan"):
        D.Uniform(1.0, tg.tensor([2.0, 1.0]))
    with pytest.raises(TypeError, match="expects numbers and tensors, got str"):
        D.Normal("a", 1.0)
    with pytest.raises(ValueError, match="at least 1-dimensional"):
        D.Categorical(tg.tensor(1.0))
    with pytest.raises(NotImplementedError, match="total_count must be one int"):
        D.Multinomial(-1, tg.ones(2))


def test_validation_can_be_left_out():
    loose = D.Normal(0.0, -1.0, validate_args=False)
    assert math.isnan(float(loose.log_prob(tg.tensor(math.nan))))
    assert float(D.Uniform(0.0, 1.0, validate_args=False).log_prob(tg.tensor(2.0))) == -math.inf
    try:
        D.Distribution.set_default_validate_args(False)
        D.Normal(0.0, -1.0)
        with pytest.raises(ValueError, match="scale"):
            D.Normal(0.0, -1.0, validate_args=True)
    finally:
        D.Distribution.set_default_validate_args(True)
    with pytest.raises(ValueError, match="expects True or False"):
        D.Distribution.set_default_validate_args("no")


def test_what_a_distribution_lacks_is_told_by_name():
    for call in ("rsample", "entropy", "enumerate_support"):
        with pytest.raises(NotImplementedError, match=f"Distribution: {call}"):
            getattr(D.Distribution(), call)()
    with pytest.raises(NotImplementedError, match="Poisson: entropy"):
        D.Poisson(1.0).entropy()
    with pytest.raises(NotImplementedError, match="Beta: cdf"):
        D.Beta(1.0, 1.0).cdf(tg.tensor(0.5))
    with pytest.raises(NotImplementedError, match="Normal and Categorical"):
        D.kl_divergence(D.Normal(0.0, 1.0), D.Categorical(tg.ones(2)))
    with pytest.raises(TypeError, match="expects distributions, got int"):
        D.kl_divergence(D.Normal(0.0, 1.0), 3)
    with pytest.raises(TypeError, match="subclasses of Distribution"):
        D.register_kl(int, D.Normal)


def test_a_distribution_of_the_user_needs_few_methods():
    class Coin(D.Distribution):
        arg_constraints = {"bias": C.unit_interval}  # noqa: RUF012
        support = C.boolean

        def __init__(self, bias, validate_args=None):
            (self.bias,) = D.utils.broadcast_all(bias)
            super().__init__(self.bias.shape, validate_args=validate_args)

        def sample(self, sample_shape=()):
            return tg.bernoulli(self.bias.expand(self._extended_shape(sample_shape)))

        def log_prob(self, value):
            self._validate_sample(value)
            return tg.where(value == 1, self.bias, 1 - self.bias).log()

    coins = D.Independent(Coin(tg.tensor([0.25, 0.5])), 1).expand((3,))
    assert coins.sample().shape == (3, 2)
    assert coins.log_prob(tg.ones(2)).tolist() == pytest.approx([math.log(0.125)] * 3)
    with pytest.raises(ValueError, match="Coin: Expected parameter bias"):
        Coin(2.0)
    assert repr(Coin(0.5)) == "Coin(bias: 0.5)"


def test_the_most_special_rule_for_a_divergence_wins_and_a_tie_is_told():
    class A(D.Normal):
        pass

    class B(A):
        pass

    D.register_kl(A, D.Normal)(lambda p, q: tg.tensor(1.0))
    D.register_kl(D.Normal, A)(lambda p, q: tg.tensor(2.0))
    a, b, normal = A(0.0, 1.0), B(0.0, 1.0), D.Normal(0.0, 1.0)
    assert float(D.kl_divergence(b, normal)) == 1.0
    assert float(D.kl_divergence(normal, b)) == 2.0
    assert float(D.kl_divergence(normal, normal)) == 0.0
    with pytest.warns(RuntimeWarning, match="ambiguous for B and A"):
        assert float(D.kl_divergence(b, a)) == 1.0


EMPTY = [
    D.Normal(tg.zeros(0), 1.0),
    D.Bernoulli(tg.zeros(0, 2)),
    D.Categorical(tg.ones(0, 3)),
    D.Gamma(tg.ones(0), 1.0),
    D.Dirichlet(tg.ones(0, 3)),
    D.MultivariateNormal(tg.zeros(0, 2), tg.eye(2)),
]


@pytest.mark.parametrize("distribution", EMPTY, ids=lambda d: type(d).__name__)
def test_empty_batches_are_fine(distribution):
    drawn = distribution.sample((2,))
    assert drawn.numel() == 0
    assert distribution.log_prob(drawn).shape == (2, *distribution.batch_shape)
    assert distribution.entropy().shape == distribution.batch_shape


def test_probabilities_of_0_and_1_have_finite_gradients():
    p = tg.tensor([0.0, 1.0], requires_grad=True)
    D.Bernoulli(p).log_prob(tg.tensor([0.0, 1.0])).sum().backward()
    assert bool(p.grad.isfinite().all())
    logits = tg.tensor([0.0, -math.inf], requires_grad=True)
    policy = D.Categorical(logits=logits, validate_args=False)
    assert policy.sample((50,)).tolist() == [0] * 50
    assert float(policy.entropy().detach()) == 0.0
    own = D.Categorical(tg.tensor([1.0, 0.0]))
    assert float(D.kl_divergence(D.Categorical(tg.tensor([0.5, 0.5])), own)) == math.inf
    assert float(D.kl_divergence(own, D.Categorical(tg.tensor([0.5, 0.5])))) == pytest.approx(
        math.log(2), abs=1e-6
    )


def test_constraints_tell_what_is_in_them():
    x = tg.tensor([-1.0, 0.0, 0.5, 1.0, 2.0, math.nan])
    for constraint, expected in (
        (C.real, [1, 1, 1, 1, 1, 0]),
        (C.positive, [0, 0, 1, 1, 1, 0]),
        (C.nonnegative, [0, 1, 1, 1, 1, 0]),
        (C.unit_interval, [0, 1, 1, 1, 0, 0]),
        (C.half_open_interval(0, 1), [0, 1, 1, 0, 0, 0]),
        (C.less_than(1), [1, 1, 1, 0, 0, 0]),
        (C.greater_than_eq(1), [0, 0, 0, 1, 1, 0]),
        (C.boolean, [0, 1, 0, 1, 0, 0]),
        (C.nonnegative_integer, [0, 1, 0, 1, 1, 0]),
        (C.positive_integer, [0, 0, 0, 1, 1, 0]),
        (C.integer_interval(0, 1), [0, 1, 0, 1, 0, 0]),
    ):
        assert constraint.check(x).int().tolist() == expected, constraint
    square = tg.tensor([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]])
    assert C.positive_definite.check(square).tolist() == [True, False]
    assert C.positive_semidefinite.check(tg.ones(2, 2)).tolist() is True
    assert C.symmetric.check(square.tril()).tolist() == [False, False]
    assert C.square.check(tg.zeros(3, 2)).tolist() is False
    assert C.lower_triangular.check(square.tril()).tolist() == [True, True]
    assert C.lower_cholesky.check(-square.tril()).tolist() == [False, False]
    assert C.corr_cholesky.check(tg.tensor([[1.0, 0.0], [0.6, 0.8]])).tolist() is True
    assert C.one_hot.check(tg.eye(2)).tolist() == [True, True]
    assert C.real_vector.check(x).tolist() is False
    assert C.cat([C.real, C.positive], 0, [2, 4]).check(x).int().tolist() == [1, 1, 1, 1, 1, 0]
    assert C.stack([C.real, C.positive]).check(x[:2]).tolist() == [True, False]
    assert C.is_dependent(D.Uniform.support)
    assert not C.is_dependent(D.Normal.support)
    with pytest.raises(ValueError, match="cannot tell"):
        C.dependent.check(x)


def test_triangles_are_packed_and_unpacked():
    for diag in (-1, 0, 1):
        n = 4
        count = len(np.tril_indices(n, diag)[0])
        vector = tg.arange(count).double()
        matrix = D.utils.vec_to_tril_matrix(vector, diag)
        assert matrix.shape == (n, n)
        np.testing.assert_array_equal(D.utils.tril_matrix_to_vec(matrix, diag), vector)
    with pytest.raises(ValueError, match="do not fill a triangle"):
        D.utils.vec_to_tril_matrix(tg.zeros(2))
    with pytest.raises(ValueError, match="diag must be in"):
        D.utils.tril_matrix_to_vec(tg.zeros(2, 2), 2)
