"""Relative strength index, after J. Welles Wilder, New Concepts in Technical Trading Systems (1978)."""

import math
from typing import NamedTuple

from jax.domain.indicators.wilder_average import wilder_average
from jax.domain.strategy import BarValues, Indicator


class StrengthState(NamedTuple):
    """Average rise and fall so far (plain sums until warm), the close before, how many changes there were."""

    rise: float
    fall: float
    previous_close: float
    seen: int


def _step(
    state: StrengthState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[StrengthState, float]:
    length = arguments[0]
    seen = state.seen + 1
    if seen == 0:
        return StrengthState(0.0, 0.0, bar.close, seen), math.nan
    change = bar.close - state.previous_close
    rise = wilder_average(state.rise, change if change > 0.0 else 0.0, length, seen)
    fall = wilder_average(state.fall, -change if change < 0.0 else 0.0, length, seen)
    value = math.nan
    if seen >= length:
        value = 100.0 * (rise / (rise + fall)) if rise + fall > 0.0 else 50.0
    return StrengthState(rise, fall, bar.close, seen), value


def rsi(length: int) -> Indicator:
    """Wilder's relative strength of the closes over `length` changes (>= 1), from 0.0 to 100.0.

    50.0 while the close has never moved: the book's quotient does not exist then, and neither side is the
    stronger. The first bar has no change, so the value is NaN for the first `length` bars.
    """
    return Indicator("rsi", (length,), 0, StrengthState(0.0, 0.0, 0.0, -1), _step)
