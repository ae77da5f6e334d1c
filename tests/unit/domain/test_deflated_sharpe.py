"""Sharpe ratios against luck: the numbers that were published, and what must hold for any."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats  # type: ignore[import-untyped]  # ships no types

from jax.domain.errors import InvalidValue
from jax.domain.overfitting import (
    ReturnMoments,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    moments_of,
    probabilistic_sharpe_ratio,
)

# The example of The Deflated Sharpe Ratio (2014): 2.5 a year over five years of 250 days, and 100 trials
# whose yearly Sharpe ratios have a variance of one half.
PUBLISHED = ReturnMoments(1250, 2.5 / math.sqrt(250), -3.0, 10.0)
VARIANCE = 0.5 / 250

shapes = st.builds(
    ReturnMoments,
    observations=st.integers(2, 10_000),
    sharpe=st.floats(-1.0, 1.0),
    skewness=st.floats(-1.0, 1.0),
    kurtosis=st.floats(2.5, 20.0),
)


def drawn(seed: int, count: int = 500) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(0.001, 0.02) + (0.05 if chance.random() < 0.02 else 0.0) for _ in range(count)]


def defined(value: float | None) -> float:
    assert value is not None
    return value


def test_the_published_example_of_the_deflated_sharpe_ratio() -> None:
    assert expected_maximum_sharpe(trials=100, variance=VARIANCE) == pytest.approx(0.1132, abs=5e-5)
    for trials, published in ((100, 0.9004), (46, 0.9505)):
        found = deflated_sharpe_ratio(PUBLISHED, trials=trials, variance=VARIANCE)
        assert found == pytest.approx(published, abs=5e-5)
    normal = replace(PUBLISHED, skewness=0.0, kurtosis=3.0)
    found = deflated_sharpe_ratio(normal, trials=88, variance=VARIANCE)
    assert found == pytest.approx(0.9505, abs=5e-5)


def test_the_published_example_of_the_probabilistic_sharpe_ratio() -> None:
    # The Sharpe Ratio Efficient Frontier (2012): 24 months at 0.458 a month.
    fund = ReturnMoments(24, 0.458, -2.448, 10.164)
    assert probabilistic_sharpe_ratio(fund) == pytest.approx(0.913, abs=5e-4)
    normal = replace(fund, skewness=0.0, kurtosis=3.0)
    assert probabilistic_sharpe_ratio(normal) == pytest.approx(0.982, abs=5e-4)


@pytest.mark.parametrize("trials", [10, 50, 100, 1_000])
def test_the_expected_maximum_is_near_that_of_normal_variables(trials: int) -> None:
    def weighted(x: float) -> float:
        return float(trials * x * stats.norm.pdf(x) * stats.norm.cdf(x) ** (trials - 1))

    exact, _ = integrate.quad(weighted, -10.0, 10.0)
    found = expected_maximum_sharpe(trials=trials, variance=1.0)
    assert found == pytest.approx(exact, rel=0.03)
    assert expected_maximum_sharpe(trials=trials, variance=4.0) == pytest.approx(2.0 * found)


@pytest.mark.parametrize("seed", range(5))
def test_the_moments_are_those_of_scipy(seed: int) -> None:
    returns = drawn(seed)
    found = moments_of(returns)
    assert found is not None
    assert found.observations == 500
    assert found.sharpe == pytest.approx(float(np.mean(returns) / np.std(returns, ddof=1)), rel=1e-12)
    assert found.skewness == pytest.approx(float(stats.skew(returns)), rel=1e-12)
    assert found.kurtosis == pytest.approx(float(stats.kurtosis(returns, fisher=False)), rel=1e-12)


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0], [0.1] * 7, [0.0, 5e-324], [0.0, 1e-100]])
def test_returns_that_do_not_vary_have_no_moments(returns: Sequence[float]) -> None:
    assert moments_of(returns) is None


@given(shapes, st.floats(-1.0, 1.0))
def test_the_probability_is_one_and_mirrored_returns_have_the_rest(
    shape: ReturnMoments, benchmark: float
) -> None:
    mirrored = replace(shape, sharpe=-shape.sharpe, skewness=-shape.skewness)
    found = defined(probabilistic_sharpe_ratio(shape, benchmark=benchmark))
    other = defined(probabilistic_sharpe_ratio(mirrored, benchmark=-benchmark))
    assert 0.0 <= found <= 1.0
    assert found + other == pytest.approx(1.0)


@given(shapes)
def test_a_sharpe_ratio_is_as_likely_above_itself_as_below(shape: ReturnMoments) -> None:
    assert probabilistic_sharpe_ratio(shape, benchmark=shape.sharpe) == 0.5


def test_more_observations_make_surer() -> None:
    sure = [
        defined(probabilistic_sharpe_ratio(replace(PUBLISHED, observations=count))) for count in (10, 20, 40)
    ]
    assert sure == sorted(set(sure))


@given(shapes, st.floats(1e-6, 0.1))
def test_the_deflated_sharpe_ratio_falls_with_the_trials(shape: ReturnMoments, variance: float) -> None:
    found = [
        defined(deflated_sharpe_ratio(shape, trials=trials, variance=variance))
        for trials in (1, 2, 3, 10, 1_000, 10**9)
    ]
    assert found == sorted(found, reverse=True)
    assert found[0] == probabilistic_sharpe_ratio(shape)


def test_the_deflated_sharpe_ratio_falls_with_the_variance_of_the_trials() -> None:
    found = [
        defined(deflated_sharpe_ratio(PUBLISHED, trials=10, variance=variance))
        for variance in (0, 1e-4, 1e-2)
    ]
    assert found == sorted(set(found), reverse=True)
    assert found[0] == probabilistic_sharpe_ratio(PUBLISHED)


def test_two_points_only_leave_no_variance_to_judge_by() -> None:
    # One return of 1 and one of 0 have, by the population, (kurtosis - 1)/4 SR^2 = 0 and no skew; a skew
    # that takes the whole variance away has no probability.
    assert probabilistic_sharpe_ratio(ReturnMoments(10, 1.0, 2.0, 5.0)) is None
    assert deflated_sharpe_ratio(ReturnMoments(10, 1.0, 2.0, 5.0), trials=3, variance=0.1) is None


@pytest.mark.parametrize(("trials", "variance"), [(0, 1.0), (-1, 1.0), (2, -0.1), (2, math.nan)])
def test_no_trials_or_no_variance_is_refused(trials: int, variance: float) -> None:
    with pytest.raises(InvalidValue, match="must be at least 1 of a variance >= 0"):
        expected_maximum_sharpe(trials=trials, variance=variance)
