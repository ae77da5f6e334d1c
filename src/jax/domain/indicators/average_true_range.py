"""Average true range, after J. Welles Wilder, New Concepts in Technical Trading Systems (1978)."""

import math
from typing import NamedTuple

from jax.domain.indicators.wilder_average import wilder_average
from jax.domain.strategy import BarValues, Indicator


class RangeState(NamedTuple):
    """The average so far (a plain sum until warm), the close before, and how many true ranges there were."""

    average: float
    previous_close: float
    seen: int


def _step(
    state: RangeState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[RangeState, float]:
    length = arguments[0]
    seen = state.seen + 1
    if seen == 0:
        return RangeState(0.0, bar.close, seen), math.nan
    true_range = max(bar.high, state.previous_close) - min(bar.low, state.previous_close)
    average = wilder_average(state.average, true_range, length, seen)
    return RangeState(average, bar.close, seen), average if seen >= length else math.nan


def atr(length: int) -> Indicator:
    """Wilder's average of the true range over `length` bars (>= 1), in price units.

    The first bar has no close before it and gives no true range, so the value is NaN for the first
    `length` bars.
    """
    return Indicator("atr", (length,), 0, RangeState(0.0, 0.0, -1), _step)
