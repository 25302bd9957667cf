"""Random numbers: reproducible for any number of threads, and of the right distribution."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, assert_same_bits

Draw = Callable[[], Any]
functional = tg.nn.functional


def standard_gamma(shapes: Any) -> Any:
    """Return gamma numbers, which only distributions use."""
    return tg._C.call("standard_gamma", shapes)


DRAWS: dict[str, Draw] = {
    "rand": lambda: tg.rand(100_003),
    "randn": lambda: tg.randn(100_003),
    "rand float64": lambda: tg.rand(10_001, dtype=tg.float64),
    "randint": lambda: tg.randint(-5, 17, (100_003,)),
    "randperm": lambda: tg.randperm(50_001),
    "bernoulli": lambda: tg.bernoulli(tg.full((100_003,), 0.3)),
    "normal": lambda: tg.normal(2.0, 3.0, (100_003,)),
    "multinomial": lambda: tg.multinomial(tg.tensor([1.0, 2.0, 3.0]), 10_000, replacement=True),
    "dropout": lambda: functional.dropout(tg.ones(100_003), 0.4),
    "uniform_": lambda: tg.empty(100_003).uniform_(-2.0, 5.0),
    "normal_": lambda: tg.empty(100_003).normal_(1.0, 0.5),
    "exponential_": lambda: tg.empty(100_003).exponential_(2.0),
    "cauchy_": lambda: tg.empty(100_003).cauchy_(1.0, 2.0),
    "log_normal_": lambda: tg.empty(100_003).log_normal_(0.5, 0.75),
    "gamma": lambda: standard_gamma(tg.full((50_003,), 2.5)),
    "gamma below 1": lambda: standard_gamma(tg.full((50_003,), 0.3, dtype=tg.float64)),
    "geometric_": lambda: tg.empty(100_003).geometric_(0.2),
    "geometric_ integers": lambda: tg.empty(100_003, dtype=tg.int64).geometric_(0.7),
    "poisson": lambda: tg.poisson(tg.full((50_003,), 3.5)),
    "poisson by rejection": lambda: tg.poisson(tg.full((50_003,), 40.0)),
    "binomial": lambda: tg.binomial(tg.full((50_003,), 20.0), tg.tensor(0.3)),
    "binomial by rejection": lambda: tg.binomial(tg.full((50_003,), 60.0), tg.tensor(0.7)),
}
EVERY_DRAW = pytest.mark.parametrize("name", DRAWS)


def seeded(name: str, seed: int = 11) -> Any:
    """Return the numbers drawn after `manual_seed`."""
    tg.manual_seed(seed)
    return array_of(DRAWS[name]())


@EVERY_DRAW
def test_same_seed_gives_same_numbers_and_another_seed_others(name: str) -> None:
    assert_same_bits(seeded(name), seeded(name))
    assert not np.array_equal(seeded(name), seeded(name, seed=12))


@EVERY_DRAW
def test_numbers_do_not_depend_on_the_number_of_threads(name: str) -> None:
    results = []
    for threads in (1, 2, 7):
        tg.set_num_threads(threads)
        results.append(seeded(name))
    assert_same_bits(results[0], results[1])
    assert_same_bits(results[0], results[2])


@EVERY_DRAW
def test_successive_draws_differ(name: str) -> None:
    tg.manual_seed(5)
    assert not np.array_equal(array_of(DRAWS[name]()), array_of(DRAWS[name]()))


def kolmogorov_smirnov(sample: Any, distribution: Callable[[Any], Any]) -> float:
    """Return the p-value of the two-sided test, by Kolmogorov's asymptotic series."""
    ordered = np.sort(np.asarray(sample, np.float64))
    count = len(ordered)
    below = distribution(ordered)
    steps = np.arange(count + 1) / count
    distance = max(float(np.max(steps[1:] - below)), float(np.max(below - steps[:-1])))
    scaled = (math.sqrt(count) + 0.12 + 0.11 / math.sqrt(count)) * distance
    series = sum((-1) ** (k - 1) * math.exp(-2 * (k * scaled) ** 2) for k in range(1, 101))
    return min(max(2 * series, 0.0), 1.0)


def normal_distribution(mean: float, deviation: float) -> Callable[[Any], Any]:
    """Return the cumulative distribution function of a normal variable."""
    error_function = np.vectorize(math.erf)
    return lambda x: 0.5 * (1 + error_function((x - mean) / (deviation * math.sqrt(2))))


def uniform_distribution(low: float, high: float) -> Callable[[Any], Any]:
    """Return the cumulative distribution function of a uniform variable."""
    return lambda x: np.clip((x - low) / (high - low), 0, 1)


def gamma_distribution(shape: float) -> Callable[[Any], Any]:
    """Return the cumulative distribution function of a gamma variable, by its power series."""

    def below(x: Any) -> Any:
        term = np.ones_like(x)
        total = np.ones_like(x)
        for n in range(1, 200):
            term = term * x / (shape + n)
            total = total + term
        return total * np.exp(shape * np.log(x) - x - math.lgamma(shape + 1))

    return below


CONTINUOUS: dict[str, Callable[[Any], Any]] = {
    "rand": uniform_distribution(0, 1),
    "rand float64": uniform_distribution(0, 1),
    "randn": normal_distribution(0, 1),
    "normal": normal_distribution(2, 3),
    "uniform_": uniform_distribution(-2, 5),
    "normal_": normal_distribution(1, 0.5),
    "exponential_": lambda x: -np.expm1(-2 * x),
    "cauchy_": lambda x: 0.5 + np.arctan((x - 1) / 2) / math.pi,
    "log_normal_": lambda x: normal_distribution(0.5, 0.75)(np.log(x)),
    "gamma": gamma_distribution(2.5),
    "gamma below 1": gamma_distribution(0.3),
}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_distributions_pass_kolmogorov_smirnov(name: str, seed: int) -> None:
    assert kolmogorov_smirnov(seeded(name, seed), CONTINUOUS[name]) > 1e-3


def test_kolmogorov_smirnov_itself_rejects_a_wrong_distribution() -> None:
    sample = np.random.default_rng(1).normal(0.05, 1, 100_000)
    assert kolmogorov_smirnov(sample, normal_distribution(0, 1)) < 1e-6
    assert kolmogorov_smirnov(sample - 0.05, normal_distribution(0, 1)) > 1e-3


def chi_square_is_plausible(observed: Any, expected: Any) -> bool:
    """Tell whether counts fit expectations, by Wilson and Hilferty's normal approximation."""
    freedom = len(observed) - 1
    statistic = float(np.sum((observed - expected) ** 2 / expected))
    spread = 2 / (9 * freedom)
    return ((statistic / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread) < 4


def test_integers_are_evenly_spread_and_within_their_bounds() -> None:
    values = seeded("randint")
    assert (values.min(), values.max()) == (-5, 16)
    counts = np.bincount(values + 5)
    assert chi_square_is_plausible(counts, np.full(22, len(values) / 22))


def binomial_probability(count: int, probability: float) -> Callable[[int], float]:
    """Return the probability of a number of successes."""
    return lambda k: math.comb(count, k) * probability**k * (1 - probability) ** (count - k)


def poisson_probability(rate: float) -> Callable[[int], float]:
    """Return the probability of a number of events."""
    return lambda k: math.exp(k * math.log(rate) - rate - math.lgamma(k + 1))


DISCRETE: dict[str, tuple[Callable[[int], float], range]] = {
    "bernoulli": (lambda k: 0.3 if k else 0.7, range(2)),
    "geometric_": (lambda k: 0.2 * 0.8 ** (k - 1), range(1, 30)),
    "geometric_ integers": (lambda k: 0.7 * 0.3 ** (k - 1), range(1, 7)),
    "poisson": (poisson_probability(3.5), range(12)),
    "poisson by rejection": (poisson_probability(40.0), range(20, 62)),
    "binomial": (binomial_probability(20, 0.3), range(14)),
    "binomial by rejection": (binomial_probability(60, 0.7), range(30, 54)),
}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_distributions_pass_the_chi_square_test(name: str, seed: int) -> None:
    """The numbers of a range one by one, all others together."""
    probability, numbers = DISCRETE[name]
    values = seeded(name, seed)
    assert np.array_equal(values, np.floor(values))
    observed = [int(np.sum(values == k)) for k in numbers]
    expected = [len(values) * probability(k) for k in numbers]
    rest = len(values) - sum(expected)
    if rest > 1:
        observed.append(len(values) - sum(observed))
        expected.append(rest)
    assert chi_square_is_plausible(np.array(observed), np.array(expected))


@pytest.mark.parametrize("rate", [0.0, 9.9, 10.1, 1e3, 1e6, 1e9, 1e12, 1e30])
def test_poisson_numbers_have_mean_and_variance_of_their_rate(rate: float) -> None:
    tg.manual_seed(6)
    values = array_of(tg.poisson(tg.full((20_000,), rate, dtype=tg.float64)))
    assert abs(values.mean() - rate) <= 5 * math.sqrt(rate / 20_000) + 1e-12 * rate
    assert abs(values.var() - rate) <= 0.06 * rate or rate > 1e20


@pytest.mark.parametrize(
    ("count", "probability"), [(40, 0.5), (1e5, 1e-4), (1e9, 0.4), (1e12, 0.9)]
)
def test_binomial_numbers_have_their_mean_and_variance(count: float, probability: float) -> None:
    tg.manual_seed(7)
    counts = tg.full((20_000,), count, dtype=tg.float64)
    values = array_of(tg.binomial(counts, tg.full_like(counts, probability)))
    variance = count * probability * (1 - probability)
    assert abs(values.mean() - count * probability) <= 5 * math.sqrt(variance / 20_000)
    assert abs(values.var() - variance) <= 0.06 * variance
    assert values.min() >= 0
    assert values.max() <= count


def test_limits_of_discrete_distributions_are_exact_and_bad_parameters_are_refused() -> None:
    counts = tg.tensor([0.0, 7.0, 7.9])
    assert tg.binomial(counts, tg.tensor(1.0)).tolist() == [0.0, 7.0, 7.0]
    assert tg.binomial(counts, tg.tensor(0.0)).tolist() == [0.0] * 3
    assert tg.empty(4).geometric_(1.0).tolist() == [1.0] * 4
    assert tg.poisson(tg.zeros(0)).shape == (0,)
    nan, one = tg.tensor([math.nan]), tg.ones(1)
    wrong = [
        lambda: tg.poisson(-one),
        lambda: tg.poisson(nan),
        lambda: tg.poisson(tg.tensor([math.inf])),
        lambda: tg.poisson(tg.ones(1, dtype=tg.int64)),
        lambda: tg.binomial(-one, one),
        lambda: tg.binomial(one, 2 * one),
        lambda: tg.binomial(nan, one),
        lambda: tg.binomial(one, nan),
        lambda: tg.binomial(one, one.double()),
        lambda: tg.empty(1).geometric_(0.0),
        lambda: tg.empty(1).geometric_(math.nan),
        lambda: tg.empty(1).cauchy_(0.0, 0.0),
        lambda: tg.empty(1, dtype=tg.int64).cauchy_(),
        lambda: tg.empty(1).log_normal_(0.0, -1.0),
        lambda: standard_gamma(tg.zeros(1)),
    ]
    for call in wrong:
        with pytest.raises((TypeError, ValueError)):
            call()


def test_the_derivative_of_gamma_numbers_holds_their_probability() -> None:
    """The quantile by bisection of the distribution function, and its central difference."""

    def quantile(shape: float, probability: float) -> float:
        low, high = 1e-12, 10 * shape + 60
        for _ in range(200):
            middle = (low + high) / 2
            above = gamma_distribution(shape)(np.array(middle)) > probability
            low, high = (low, middle) if above else (middle, high)
        return low

    for shape in (0.2, 0.9, 1.0, 2.5, 7.0, 20.0):
        for probability in (0.02, 0.3, 0.7, 0.99):
            value = quantile(shape, probability)
            step = 1e-5 * shape
            slope = quantile(shape + step, probability) - quantile(shape - step, probability)
            own = tg._C.call("standard_gamma_slope", tg.tensor(shape), tg.tensor(value))
            assert own.item() == pytest.approx(slope / (2 * step), rel=1e-4)
    x = tg.full((3,), 2.0, requires_grad=True)
    standard_gamma(x).sum().backward()
    assert bool((x.grad > 0).all())


def test_the_three_formulas_of_the_gamma_derivative_meet() -> None:
    shapes = np.array([3.0, 50.0, 2999.0, 3001.0])
    near = shapes + 6 * np.sqrt(shapes) + 12
    around = np.concatenate([near - 1e-6, near + 1e-6])
    slopes = array_of(
        tg._C.call(
            "standard_gamma_slope",
            tg.tensor(np.tile(shapes, 2)),
            tg.tensor(around),
        )
    ).reshape(2, -1)
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-5)
    pair = tg.tensor([2999.9999, 3000.0001], dtype=tg.float64)
    for z in (-4.0, 0.0, 3.0):
        low, high = array_of(
            tg._C.call("standard_gamma_slope", pair, 3000 + z * math.sqrt(3000) + 0 * pair)
        )
        assert low == pytest.approx(high, rel=1e-6)


def test_bernoulli_and_dropout_have_their_probability() -> None:
    count = 100_003
    for values, probability in ((seeded("bernoulli"), 0.3), (seeded("dropout") > 0, 0.6)):
        ones = float(np.sum(values))
        deviation = math.sqrt(count * probability * (1 - probability))
        assert abs(ones - count * probability) < 5 * deviation


def test_dropout_scales_what_it_keeps_and_its_gradient() -> None:
    x = tg.ones(1000, requires_grad=True)
    result = functional.dropout(x, 0.25)
    assert {round(value, 4) for value in result.tolist()} == {0.0, 1.3333}
    result.sum().backward()
    assert x.grad.tolist() == result.tolist()
    assert functional.dropout(x, 1.0).sum().item() == 0.0
    assert functional.dropout(x, 0.9, training=False).tolist() == [1.0] * 1000
    for wrong in (-0.1, 1.1):
        with pytest.raises(ValueError, match="dropout"):
            functional.dropout(x, wrong)


def test_permutations_hold_every_number_once_and_are_fair() -> None:
    assert sorted(seeded("randperm").tolist()) == list(range(50_001))
    tg.manual_seed(2)
    first = np.bincount([int(tg.randperm(5)[0].item()) for _ in range(2000)], minlength=5)
    assert chi_square_is_plausible(first, np.full(5, 400.0))
    orders = [tuple(tg.randperm(4).tolist()) for _ in range(4800)]
    counts = np.array([orders.count(order) for order in itertools.permutations(range(4))])
    assert chi_square_is_plausible(counts, np.full(24, 200.0))


def test_multinomial_follows_its_weights_and_can_draw_without_replacement() -> None:
    counts = np.bincount(seeded("multinomial"))
    assert chi_square_is_plausible(counts, np.array([1, 2, 3]) / 6 * 10_000)
    tg.manual_seed(8)
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    table = tg.tensor(weights).expand(40_000, 4)
    pairs = array_of(tg.multinomial(table, 2)) @ np.array([4, 1])
    expected = np.array(
        [
            0 if i == j else weights[i] / 10 * weights[j] / (10 - weights[i])
            for i in range(4)
            for j in range(4)
        ]
    )
    observed = np.bincount(pairs, minlength=16)
    assert not observed[expected == 0].any()
    possible = expected > 0
    assert chi_square_is_plausible(observed[possible], 40_000 * expected[possible])
    rows = array_of(tg.multinomial(tg.ones(3, 8), 8))
    assert all(sorted(row.tolist()) == list(range(8)) for row in rows)
    assert (array_of(tg.multinomial(tg.tensor([0.0, 1.0, 0.0]), 20, replacement=True)) == 1).all()
    for bad in (tg.tensor([-1.0, 2.0]), tg.tensor([0.0, 0.0]), tg.tensor([math.nan, 1.0])):
        with pytest.raises((ValueError, RuntimeError), match="multinomial"):
            tg.multinomial(bad, 1)


def test_uniform_numbers_never_reach_one_and_use_all_their_bits() -> None:
    tg.manual_seed(0)
    values = array_of(tg.rand(2_000_000))
    assert values.min() >= 0.0
    assert values.max() < 1.0
    assert len(np.unique(values)) > 1_800_000


def test_neighbouring_numbers_and_streams_are_uncorrelated() -> None:
    first, second = seeded("randn", 1), seeded("randn", 2)
    bound = 5 / math.sqrt(len(first))
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < bound
    assert abs(np.corrcoef(first, second)[0, 1]) < bound


def test_a_generator_has_a_state_of_its_own() -> None:
    generator = tg.Generator().manual_seed(3)
    first = tg.rand(10, generator=generator)
    tg.manual_seed(99)
    again = tg.rand(10, generator=tg.Generator().manual_seed(3))
    assert first.tolist() == again.tolist()
    assert tg.rand(10, generator=generator).tolist() != first.tolist()


def test_state_can_be_saved_and_restored() -> None:
    tg.manual_seed(4)
    tg.rand(7)
    state = tg.get_rng_state()
    expected = tg.randn(5).tolist()
    tg.set_rng_state(state)
    assert tg.randn(5).tolist() == expected
    tg.set_rng_state(state.cpu().byte())  # as programs do
    assert tg.randn(5).tolist() == expected
    seed, position = state.view(tg.int64).tolist()
    tg.set_rng_state(tg.tensor([seed, position]))  # as the first version saved it
    assert tg.randn(5).tolist() == expected
    for wrong in (state[:8], tg.ones(3, dtype=tg.int64), state.float(), [1, 2], None):
        with pytest.raises((TypeError, tg.ShapeError)):
            tg.set_rng_state(wrong)
    assert tg.Generator().manual_seed(2**64 - 1).get_state().dtype == tg.uint8


def test_fork_rng_leaves_the_state_alone_and_is_where_pytorch_has_it() -> None:
    tg.random.manual_seed(9)
    assert tg.random.initial_seed() == 9
    state = tg.random.get_rng_state()
    with tg.random.fork_rng():
        tg.rand(3)
    assert tg.equal(tg.random.get_rng_state(), state)
    with tg.random.fork_rng(enabled=False):
        tg.rand(3)
    assert not tg.equal(tg.random.get_rng_state(), state)
    tg.random.set_rng_state(state)
    assert tg.equal(tg.random.get_rng_state(), state)


def test_seeds_of_any_size_are_taken_and_wrong_types_refused() -> None:
    for seed in (0, 1, -1, 2**32, 2**63, 2**64 - 1):
        tg.manual_seed(seed)
    for wrong in ("seed", None, 1.5):
        with pytest.raises((TypeError, ValueError)):
            tg.manual_seed(wrong)


def test_a_thread_with_a_generator_of_its_own_leaves_the_others_alone():
    drawn = {}

    def work(number):
        tg._C.set_thread_generator(tg.Generator())
        tg.manual_seed(number)
        drawn[number] = [tg.rand(3).tolist(), tg.randperm(5).tolist(), tg.get_rng_state().tolist()]

    tg.manual_seed(7)
    state = tg.get_rng_state().tolist()
    threads = [threading.Thread(target=work, args=(n,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tg.get_rng_state().tolist() == state
    for number in (1, 2):
        tg.manual_seed(number)
        expected = [tg.rand(3).tolist(), tg.randperm(5).tolist(), tg.get_rng_state().tolist()]
        assert drawn[number] == expected
    assert tg._C.current_generator() is tg.default_generator
