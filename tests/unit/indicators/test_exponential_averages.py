"""The exponential averages in the words of their books, in exact fractions."""

import math
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.indicators.exponential_moving_average import ema_close
from jax.domain.indicators.moving_average_convergence import macd_histogram, macd_line, macd_signal
from jax.domain.indicators.triple_exponential_average import tema_close
from jax.domain.strategy import BarValues
from tests.unit.indicators.bar_series import bar_series, same, values_of

LENGTHS = st.integers(1, 8)


def ema(values: Sequence[Fraction], length: int) -> list[Fraction]:
    """From the length-th value on: starts as their mean, each later one weighs 2 / (length + 1)."""
    if len(values) < length:
        return []
    found = [sum(values[:length], Fraction(0)) / length]
    for value in values[length:]:
        found.append(found[-1] + Fraction(2, length + 1) * (value - found[-1]))
    return found


def closes_of(bars: Sequence[BarValues]) -> list[Fraction]:
    return [Fraction(bar.close) for bar in bars]


def at_the_end_of(bars: Sequence[BarValues], values: Sequence[Fraction]) -> list[float]:
    return [math.nan] * (len(bars) - len(values)) + list(map(float, values))


def line(closes: Sequence[Fraction], fast: int, slow: int) -> list[Fraction]:
    """Both averages are first there on the slow one's first bar."""
    slows, fasts = ema(closes, slow), ema(closes[slow - fast :], fast)
    return [one - other for one, other in zip(fasts, slows, strict=True)]


@given(bars=bar_series(), length=st.integers(1, 25))
def test_the_exponential_average_starts_as_a_mean_and_moves_by_its_weight(
    bars: list[BarValues], length: int
) -> None:
    assert same(values_of(ema_close(length), bars), at_the_end_of(bars, ema(closes_of(bars), length)))


@given(bars=bar_series(longest=40), length=LENGTHS)
def test_the_triple_average_is_three_times_the_first_less_the_second_plus_the_third(
    bars: list[BarValues], length: int
) -> None:
    first = ema(closes_of(bars), length)
    second = ema(first, length)
    third = ema(second, length)
    count = len(third)
    wanted = [
        3 * a - 3 * b + c
        for a, b, c in zip(first[len(first) - count :], second[len(second) - count :], third, strict=True)
    ]
    assert same(values_of(tema_close(length), bars), at_the_end_of(bars, wanted))


@given(bars=bar_series(longest=40), fast=LENGTHS, more=LENGTHS, signal=LENGTHS)
def test_the_line_is_the_fast_average_less_the_slow_one_and_the_signal_its_average(
    bars: list[BarValues], fast: int, more: int, signal: int
) -> None:
    lines = line(closes_of(bars), fast, fast + more)
    signals = ema(lines, signal)
    rests = [one - other for one, other in zip(lines[len(lines) - len(signals) :], signals, strict=True)]
    lengths = (fast, fast + more, signal)
    assert same(values_of(macd_line(fast, fast + more), bars), at_the_end_of(bars, lines))
    assert same(values_of(macd_signal(*lengths), bars), at_the_end_of(bars, signals))
    assert same(values_of(macd_histogram(*lengths), bars), at_the_end_of(bars, rests))


@given(bars=bar_series(longest=40), lengths=st.tuples(LENGTHS, LENGTHS, LENGTHS))
def test_the_histogram_is_the_line_less_the_signal_to_the_last_bit(
    bars: list[BarValues], lengths: tuple[int, int, int]
) -> None:
    """So that a strategy may take either."""
    fast, slow, signal = lengths[0], lengths[0] + lengths[1], lengths[2]
    lines, signals = values_of(macd_line(fast, slow), bars), values_of(macd_signal(fast, slow, signal), bars)
    for one, other, rest in zip(
        lines, signals, values_of(macd_histogram(fast, slow, signal), bars), strict=True
    ):
        assert one - other == rest or (math.isnan(other) and math.isnan(rest))
