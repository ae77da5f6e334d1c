import math
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.indicators.simple_moving_average import sma_close, sma_volume
from jax.domain.strategy import BarValues
from tests.unit.indicators.bar_series import bar_series, same, values_of


def means(values: Sequence[float], length: int) -> list[float]:
    """The mean of each window, added up afresh and exactly."""
    return [
        math.nan
        if row + 1 < length
        else float(sum(map(Fraction, values[row + 1 - length : row + 1])) / length)
        for row in range(len(values))
    ]


@given(bars=bar_series(), length=st.integers(1, 25))
def test_the_average_of_closes_is_the_mean_of_the_last_length_closes(
    bars: list[BarValues], length: int
) -> None:
    assert same(values_of(sma_close(length), bars), means([bar.close for bar in bars], length))


@given(bars=bar_series(), length=st.integers(1, 25))
def test_the_average_of_volumes_is_the_mean_of_the_last_length_volumes(
    bars: list[BarValues], length: int
) -> None:
    mine = values_of(sma_volume(length), bars)
    theirs = means([bar.volume for bar in bars], length)
    # What a running sum loses is of the size of the largest volume it ever held.
    assert all(
        (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-4)
        for a, b in zip(mine, theirs, strict=True)
    )


def test_an_average_over_one_bar_is_the_close_itself() -> None:
    bars = [BarValues(1.0, 3.0, 1.0, close, 0.0) for close in (2.0, 2.5, 1.5)]
    assert values_of(sma_close(1), bars) == [2.0, 2.5, 1.5]


def test_there_is_no_value_before_as_many_bars_as_the_average_is_long() -> None:
    bars = [BarValues(1.0, 3.0, 1.0, 2.0, 7.0)] * 4
    values = values_of(sma_close(3), bars)
    assert [math.isnan(value) for value in values] == [True, True, False, False]
