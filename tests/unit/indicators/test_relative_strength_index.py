import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.indicators.relative_strength_index import rsi
from jax.domain.strategy import BarValues
from tests.unit.indicators.bar_series import bar_series, same, values_of


def averaged(values: Sequence[Fraction], length: int) -> list[Fraction]:
    """From the length-th value on: its mean, then each new one weighs 1/length."""
    average = sum(values[:length], Fraction(0)) / length
    found = [average]
    for value in values[length:]:
        average += (value - average) / length
        found.append(average)
    return found


def wilder(bars: Sequence[BarValues], length: int) -> list[float]:
    """100 - 100 / (1 + average rise / average fall), in exact fractions."""
    changes = [Fraction(now.close) - Fraction(before.close) for before, now in itertools.pairwise(bars)]
    if len(changes) < length:
        return [math.nan] * len(bars)
    rises = averaged([max(change, Fraction(0)) for change in changes], length)
    falls = averaged([max(-change, Fraction(0)) for change in changes], length)
    values = [
        50.0 if rise == fall == 0 else 100.0 if fall == 0 else float(100 - 100 / (1 + rise / fall))
        for rise, fall in zip(rises, falls, strict=True)
    ]
    return [math.nan] * length + values


def bars_of(closes: Sequence[float]) -> list[BarValues]:
    return [BarValues(close, close, close, close, 0.0) for close in closes]


@given(bars=bar_series(longest=40), length=st.integers(1, 20))
def test_it_is_wilders_relative_strength(bars: list[BarValues], length: int) -> None:
    assert same(values_of(rsi(length), bars), wilder(bars, length))


@given(bars=bar_series(), length=st.integers(1, 25))
def test_it_lies_from_zero_to_a_hundred(bars: list[BarValues], length: int) -> None:
    assert all(math.isnan(value) or 0.0 <= value <= 100.0 for value in values_of(rsi(length), bars))


def test_only_rises_give_a_hundred_and_only_falls_give_zero() -> None:
    assert values_of(rsi(2), bars_of([1.0, 2.0, 3.0, 4.0]))[2:] == [100.0, 100.0]
    assert values_of(rsi(2), bars_of([4.0, 3.0, 2.0, 1.0]))[2:] == [0.0, 0.0]


def test_a_close_that_never_moved_is_neither_strong_nor_weak() -> None:
    """TA-Lib answers 0 here, which would be oversold."""
    assert values_of(rsi(3), bars_of([7.0] * 6))[3:] == [50.0] * 3


def test_it_does_not_depend_on_the_unit_of_price() -> None:
    closes = [7.0, 8.0, 7.5, 9.0, 8.0, 8.5]
    small = values_of(rsi(2), bars_of([close * 1e-6 for close in closes]))
    assert same(small, values_of(rsi(2), bars_of(closes)))
