import itertools
import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.indicators.average_true_range import atr
from jax.domain.strategy import BarValues
from tests.unit.indicators.bar_series import bar_series, same, values_of


def wilder(bars: Sequence[BarValues], length: int) -> list[float]:
    """The book's words: the greatest of three differences, averaged, then smoothed with 1/length."""
    ranges = [
        max(bar.high - bar.low, abs(bar.high - before.close), abs(bar.low - before.close))
        for before, bar in itertools.pairwise(bars)
    ]
    values = [math.nan] * min(length, len(bars))
    if len(ranges) >= length:
        average = math.fsum(ranges[:length]) / length
        values.append(average)
        for true_range in ranges[length:]:
            average += (true_range - average) / length
            values.append(average)
    return values


@given(bars=bar_series(), length=st.integers(1, 25))
def test_it_is_wilders_average_of_the_true_range(bars: list[BarValues], length: int) -> None:
    assert same(values_of(atr(length), bars), wilder(bars, length))


@given(bars=bar_series(), length=st.integers(1, 25))
def test_it_lies_between_zero_and_the_widest_true_range(bars: list[BarValues], length: int) -> None:
    widest = max(wilder(bars, 1)[1:], default=0.0)
    for value in values_of(atr(length), bars):
        assert math.isnan(value) or -1e-9 <= value <= widest * (1 + 1e-9)


def test_a_gap_counts_into_the_true_range() -> None:
    quiet, gapped = BarValues(10.0, 10.0, 10.0, 10.0, 0.0), BarValues(14.0, 15.0, 14.0, 15.0, 0.0)
    assert values_of(atr(1), [quiet, gapped])[1:] == [5.0]
