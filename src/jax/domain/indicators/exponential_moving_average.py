"""Exponential moving average of the close, and the smoothing that other indicators are made of."""

import math
from typing import NamedTuple

from jax.domain.strategy import BarValues, Indicator


class AverageState(NamedTuple):
    """The average so far (a plain sum until warm), and how many bars there were."""

    average: float
    seen: int


def smoothed(average: float, value: float, length: int, seen: int) -> float:
    """The average with `value`, which is the `seen`-th (>= 1); a plain sum before there are `length`.

    It starts as the plain mean of the first `length` values; each later one weighs 2 / (length + 1).
    """
    if seen > length:
        return average + (value - average) * (2.0 / (length + 1))
    if seen < length:
        return average + value
    return (average + value) / length


def _step(
    state: AverageState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[AverageState, float]:
    length = arguments[0]
    seen = state.seen + 1
    average = smoothed(state.average, bar.close, length, seen)
    return AverageState(average, seen), average if seen >= length else math.nan


def ema_close(length: int) -> Indicator:
    """Exponential mean of the close over `length` bars (>= 1), in price units; NaN before that many."""
    return Indicator("ema_close", (length,), 0, AverageState(0.0, 0), _step)
