"""Other series beside those that are traded: a benchmark's returns, the trends of a market and of sectors."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

from jax.domain.bar import Bar
from jax.domain.indicators.simple_moving_average import sma_close
from jax.domain.strategy_runner import bar_values
from jax.modules.backtest.bar_panel import microseconds
from jax.modules.backtest.kernel.arrays import Ints

TREND_LENGTH = 200


def trend_before(series: Sequence[Bar], starts: Ints) -> list[float]:
    """The trend of `series` (oldest first) as it stood at each of `starts` (microseconds since 1970).

    1.0 where the last close until then lay above the mean of the last 200, -1.0 where below, 0.0 where
    neither or where there are fewer.
    """
    ends = [microseconds(bar.end) for bar in series]
    trends = [0.0, *_trends(series)]
    return [trends[bisect_right(ends, start)] for start in starts.tolist()]


def benchmark_returns(series: Sequence[Bar], moments: Ints) -> list[float]:
    """The simple return of `series` from each of `moments` to the next; NaN until it has two closes."""
    ends = [microseconds(bar.end) for bar in series]
    closes = [math.nan, *(float(bar.close) for bar in series)]
    seen = [closes[bisect_right(ends, moment)] for moment in moments.tolist()]
    return [math.nan, *((later - earlier) / earlier for earlier, later in pairwise(seen))]


def compounded(initial: float, returns: Iterable[float]) -> list[float]:
    """What `initial` grows to; a return that is NaN changes nothing."""
    worth, value = [], initial
    for gain in returns:
        value = value if math.isnan(gain) else value + value * gain
        worth.append(value)
    return worth


def _trends(series: Sequence[Bar]) -> list[float]:
    mean = sma_close(TREND_LENGTH)
    state, found = mean.initial, []
    past = [bar_values(bar) for bar in series]
    for number, bar in enumerate(past):
        state, average = mean.step(state, bar, past[max(number - mean.lag, 0)], mean.arguments)
        found.append(float(bar.close > average) - float(bar.close < average))
    return found
