"""Random numbers: reproducible for any number of threads, and of the right distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import topograd as tg
from helpers import array_of, assert_same_bits

Draw = Callable[[], Any]
functional = tg.nn.functional
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


CONTINUOUS: dict[str, Callable[[Any], Any]] = {
    "rand": uniform_distribution(0, 1),
    "rand float64": uniform_distribution(0, 1),
    "randn": normal_distribution(0, 1),
    "normal": normal_distribution(2, 3),
    "uniform_": uniform_distribution(-2, 5),
    "normal_": normal_distribution(1, 0.5),
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


def test_multinomial_follows_its_weights_and_can_draw_without_replacement() -> None:
    counts = np.bincount(seeded("multinomial"))
    assert chi_square_is_plausible(counts, np.array([1, 2, 3]) / 6 * 10_000)
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


def test_seeds_of_any_size_are_taken_and_wrong_types_refused() -> None:
    for seed in (0, 1, -1, 2**32, 2**63, 2**64 - 1):
        tg.manual_seed(seed)
    for wrong in ("seed", None, 1.5):
        with pytest.raises((TypeError, ValueError)):
            tg.manual_seed(wrong)
