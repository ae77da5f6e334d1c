"""The straight line through the last closes, by least squares over the bars' numbers."""

import math
from typing import NamedTuple

from jax.domain.indicators.exact_sum import plus, product
from jax.domain.strategy import BarValues, Indicator


class LineState(NamedTuple):
    """Exact sums of the window's closes, plain and each times its place (0 the oldest), and the bars seen."""

    total: float
    total_rest: float
    placed: float
    placed_rest: float
    seen: int


def _advance(state: LineState, close: float, leaving: float, length: int) -> LineState:
    total, total_rest, placed, placed_rest = state.total, state.total_rest, state.placed, state.placed_rest
    place = state.seen
    if state.seen >= length:
        # The oldest close had place 0; every other one moves down by one place.
        place = length - 1
        total, total_rest = plus(total, total_rest, -leaving)
        placed, placed_rest = plus(placed, placed_rest - total_rest, -total)
    total, total_rest = plus(total, total_rest, close)
    weighed, rest = product(float(place), close)
    placed, placed_rest = plus(placed, placed_rest + rest, weighed)
    return LineState(total, total_rest, placed, placed_rest, state.seen + 1)


def _slope(state: LineState, length: int) -> float:
    if length == 1:
        return 0.0
    count = float(length)
    placed, total = state.placed + state.placed_rest, state.total + state.total_rest
    return (12.0 * placed - 6.0 * (count - 1.0) * total) / (count * (count * count - 1.0))


def _value(state: LineState, length: int, ahead: float) -> float:
    """The line `ahead` bars after its window's last."""
    mean = (state.total + state.total_rest) / length
    return mean + _slope(state, length) * ((length - 1) / 2.0 + ahead)


def _slope_step(
    state: LineState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[LineState, float]:
    after = _advance(state, bar.close, lagged.close, arguments[0])
    return after, _slope(after, arguments[0]) if after.seen >= arguments[0] else math.nan


def _value_step(
    state: LineState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[LineState, float]:
    after = _advance(state, bar.close, lagged.close, arguments[0])
    return after, _value(after, arguments[0], 0.0) if after.seen >= arguments[0] else math.nan


def _trendline_step(
    state: LineState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[LineState, float]:
    value = _value(state, arguments[0], 1.0) if state.seen >= arguments[0] else math.nan
    return _advance(state, bar.close, lagged.close, arguments[0]), value


_EMPTY = LineState(0.0, 0.0, 0.0, 0.0, 0)


def regression_value(length: int) -> Indicator:
    """The line through the last `length` closes (>= 1) at the last of them, in price units; NaN before."""
    return Indicator("regression_value", (length,), length, _EMPTY, _value_step)


def regression_slope(length: int) -> Indicator:
    """Rise of the line through the last `length` closes (>= 1), in price units a bar; NaN before."""
    return Indicator("regression_slope", (length,), length, _EMPTY, _slope_step)


def trendline(length: int) -> Indicator:
    """The line through the `length` closes (>= 1) before this bar, carried on to this bar, in price units.

    This bar's own close has no part in it, so that the close can break it; NaN for the first `length` bars.
    """
    return Indicator("trendline", (length,), length, _EMPTY, _trendline_step)
