import math
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.indicators.bollinger_bands import (
    bollinger_deviation,
    bollinger_lower,
    bollinger_middle,
    bollinger_upper,
)
from jax.domain.strategy import BarValues
from tests.unit.indicators.bar_series import bar_series, same, values_of
from tests.unit.indicators.windows import over_windows


def mean(closes: Sequence[float]) -> float:
    return float(sum(map(Fraction, closes)) / len(closes))


def deviation(closes: Sequence[float]) -> float:
    """From the exact variance, added up afresh."""
    exact = list(map(Fraction, closes))
    middle = sum(exact) / len(exact)
    return math.sqrt(sum((close - middle) ** 2 for close in exact) / len(exact))


def bars_of(closes: Sequence[float]) -> list[BarValues]:
    return [BarValues(close, close, close, close, 0.0) for close in closes]


@given(bars=bar_series(), length=st.integers(1, 25))
def test_the_middle_is_the_mean_to_the_last_digit(bars: list[BarValues], length: int) -> None:
    wanted = over_windows([bar.close for bar in bars], length, mean)
    for mine, theirs in zip(values_of(bollinger_middle(length), bars), wanted, strict=True):
        assert (math.isnan(mine) and math.isnan(theirs)) or math.isclose(mine, theirs, rel_tol=3e-16)


@given(bars=bar_series(), length=st.integers(1, 25))
def test_the_deviation_is_that_of_the_whole_window(bars: list[BarValues], length: int) -> None:
    wanted = over_windows([bar.close for bar in bars], length, deviation)
    assert same(values_of(bollinger_deviation(length), bars), wanted)


@given(bars=bar_series(), length=st.integers(1, 25), width=st.floats(0.1, 5.0))
def test_the_bands_lie_so_many_deviations_from_the_middle(
    bars: list[BarValues], length: int, width: float
) -> None:
    middles = values_of(bollinger_middle(length), bars)
    deviations = values_of(bollinger_deviation(length), bars)
    both = list(zip(middles, deviations, strict=True))
    assert same(values_of(bollinger_upper(length, width), bars), [m + width * d for m, d in both])
    assert same(values_of(bollinger_lower(length, width), bars), [m - width * d for m, d in both])


@given(close=st.floats(0.01, 1e6), length=st.integers(1, 25))
def test_closes_that_are_all_the_same_have_no_deviation(close: float, length: int) -> None:
    assert values_of(bollinger_deviation(length), bars_of([close] * 60))[length - 1 :] == [0.0] * (
        61 - length
    )


def test_a_spike_leaves_no_trace() -> None:
    """Of the square of 1e6 plain floats round off more than the whole variance that is left."""
    closes = [10.0 + 0.01 * (number % 3) for number in range(200)]
    closes[100] = 1e6
    values = values_of(bollinger_deviation(20), bars_of(closes))
    assert max(values[100:120]) > 1e5
    assert math.isclose(values[-1], deviation(closes[-20:]), rel_tol=1e-9)


def test_a_long_series_leaves_no_trace() -> None:
    closes = [1000.0 + math.sin(float(number)) for number in range(30_000)]
    values = values_of(bollinger_deviation(20), bars_of(closes))
    assert math.isclose(values[-1], deviation(closes[-20:]), rel_tol=1e-13)
    middle = values_of(bollinger_middle(20), bars_of(closes))[-1]
    assert math.isclose(middle, mean(closes[-20:]), rel_tol=3e-16)
