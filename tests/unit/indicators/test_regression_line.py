import math
from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from jax.domain.indicators.regression_line import regression_slope, regression_value, trendline
from jax.domain.strategy import BarValues
from tests.unit.indicators.bar_series import bar_series, same, values_of
from tests.unit.indicators.windows import over_windows


def line(closes: Sequence[float]) -> tuple[Fraction, Fraction]:
    """Value at the first close and slope, by the normal equations."""
    exact, places = list(map(Fraction, closes)), range(len(closes))
    middle, mean = Fraction(sum(places), len(exact)), sum(exact, Fraction(0)) / len(exact)
    spread = sum(((place - middle) ** 2 for place in places), Fraction(0))
    if not spread:
        return mean, Fraction(0)
    rise = sum(((n - middle) * close for n, close in zip(places, exact, strict=True)), Fraction(0))
    slope = rise / spread
    return mean - slope * middle, slope


def at_the_last(closes: Sequence[float]) -> float:
    start, slope = line(closes)
    return float(start + slope * (len(closes) - 1))


def one_bar_on(closes: Sequence[float]) -> float:
    start, slope = line(closes)
    return float(start + slope * len(closes))


def closes_of(bars: Sequence[BarValues]) -> list[float]:
    return [bar.close for bar in bars]


@given(bars=bar_series(), length=st.integers(1, 25))
def test_the_value_is_that_of_the_least_squares_line_at_its_last_close(
    bars: list[BarValues], length: int
) -> None:
    wanted = over_windows(closes_of(bars), length, at_the_last)
    assert same(values_of(regression_value(length), bars), wanted)


@given(bars=bar_series(), length=st.integers(1, 25))
def test_the_slope_is_that_of_the_least_squares_line(bars: list[BarValues], length: int) -> None:
    wanted = over_windows(closes_of(bars), length, lambda closes: float(line(closes)[1]))
    assert same(values_of(regression_slope(length), bars), wanted)


@given(bars=bar_series(), length=st.integers(1, 25))
def test_the_trendline_goes_on_from_the_closes_before(bars: list[BarValues], length: int) -> None:
    wanted = [math.nan, *over_windows(closes_of(bars), length, one_bar_on)[:-1]]
    assert same(values_of(trendline(length), bars), wanted)


@given(bars=bar_series(), close=st.floats(1.0, 1000.0), length=st.integers(1, 25))
def test_the_close_of_a_bar_does_not_move_the_trendline_that_it_may_break(
    bars: list[BarValues], close: float, length: int
) -> None:
    changed = [*bars[:-1], bars[-1]._replace(close=close)]
    before, after = (values_of(trendline(length), series)[-1] for series in (bars, changed))
    assert before == after or (math.isnan(before) and math.isnan(after))


def test_a_straight_line_is_found_as_it_is() -> None:
    bars = [BarValues(0.0, 0.0, 0.0, 3.0 + 0.5 * number, 0.0) for number in range(12)]
    assert values_of(regression_slope(5), bars)[4:] == [0.5] * 8
    assert values_of(regression_value(5), bars)[4:] == closes_of(bars)[4:]
    assert values_of(trendline(5), bars)[5:] == closes_of(bars)[5:]


def test_a_long_series_and_a_spike_in_it_leave_no_trace() -> None:
    closes = [1000.0 + 30.0 * math.sin(number / 7.0) for number in range(30_000)]
    closes[100] = 1e9
    bars = [BarValues(close, close, close, close, 0.0) for close in closes]
    assert math.isclose(values_of(regression_value(50), bars)[-1], at_the_last(closes[-50:]), rel_tol=1e-14)
    slope = float(line(closes[-50:])[1])
    assert math.isclose(values_of(regression_slope(50), bars)[-1], slope, rel_tol=1e-12)
    assert math.isclose(values_of(trendline(50), bars)[-1], one_bar_on(closes[-51:-1]), rel_tol=1e-14)
