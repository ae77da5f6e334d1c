"""Triple exponential moving average.

Patrick G. Mulloy, Smoothing Data with Faster Moving Averages, Technical Analysis of Stocks & Commodities
12:1 (1994).
"""

import math
from typing import NamedTuple

from jax.domain.indicators.exponential_moving_average import smoothed
from jax.domain.strategy import BarValues, Indicator


class TripleState(NamedTuple):
    """The average of closes, that of those averages, and that of these, and how many bars there were."""

    first: float
    second: float
    third: float
    seen: int


def _step(
    state: TripleState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[TripleState, float]:
    length = arguments[0]
    # Each average starts on the bar on which the one before it is warm.
    seen = state.seen + 1
    of_first = seen - (length - 1)
    of_second = of_first - (length - 1)
    first = smoothed(state.first, bar.close, length, seen)
    second = smoothed(state.second, first, length, of_first) if of_first >= 1 else 0.0
    third = smoothed(state.third, second, length, of_second) if of_second >= 1 else 0.0
    value = 3.0 * first - 3.0 * second + third if of_second >= length else math.nan
    return TripleState(first, second, third, seen), value


def tema_close(length: int) -> Indicator:
    """Three times the exponential mean of the close less three times the mean of that mean, plus the third.

    Over `length` bars (>= 1), in price units; NaN for the first 3 (length - 1) bars.
    """
    return Indicator("tema_close", (length,), 0, TripleState(0.0, 0.0, 0.0, 0), _step)
