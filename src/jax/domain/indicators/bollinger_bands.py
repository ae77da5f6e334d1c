"""Bollinger bands: the mean of the last closes, and so many standard deviations above and below it.

John Bollinger, Bollinger on Bollinger Bands (2001): deviations of the whole window, divided by its length.
"""

import math
from typing import NamedTuple

from jax.domain.indicators.exact_sum import plus, product, settled
from jax.domain.strategy import BarValues, Indicator

# Closes whose spread is below their own last digit are all the same.
_NO_SPREAD = 1e-30


class WindowState(NamedTuple):
    """Exact sums of the window's closes and of their squares, and how many bars there were."""

    total: float
    total_rest: float
    squares: float
    squares_rest: float
    seen: int


def _advance(state: WindowState, close: float, leaving: float, length: int) -> WindowState:
    total, total_rest = plus(state.total, state.total_rest, close)
    square, rest = product(close, close)
    squares, squares_rest = plus(state.squares, state.squares_rest + rest, square)
    if state.seen >= length:
        total, total_rest = plus(total, total_rest, -leaving)
        square, rest = product(leaving, leaving)
        squares, squares_rest = plus(squares, squares_rest - rest, -square)
    return WindowState(total, total_rest, squares, squares_rest, state.seen + 1)


def _mean(state: WindowState, length: int) -> float:
    return (state.total + state.total_rest) / length


def _deviation(state: WindowState, length: int) -> float:
    """From n * sum of squares - square of the sum, whose leading digits cancel out."""
    count = float(length)
    scaled, scaled_rest = product(count, state.squares)
    total, total_rest = settled(state.total, state.total_rest)
    squared, squared_rest = product(total, total)
    rest = (scaled_rest + count * state.squares_rest) - (squared_rest + 2.0 * total * total_rest)
    spread = (scaled - squared) + rest
    if not (spread > _NO_SPREAD * scaled):
        return 0.0
    return math.sqrt(spread) / count


def _middle_step(
    state: WindowState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[WindowState, float]:
    after = _advance(state, bar.close, lagged.close, arguments[0])
    return after, _mean(after, arguments[0]) if after.seen >= arguments[0] else math.nan


def _deviation_step(
    state: WindowState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[WindowState, float]:
    after = _advance(state, bar.close, lagged.close, arguments[0])
    return after, _deviation(after, arguments[0]) if after.seen >= arguments[0] else math.nan


def _upper_step(
    state: WindowState, bar: BarValues, lagged: BarValues, arguments: tuple[int, float]
) -> tuple[WindowState, float]:
    length, width = arguments
    after = _advance(state, bar.close, lagged.close, length)
    if after.seen < length:
        return after, math.nan
    return after, _mean(after, length) + width * _deviation(after, length)


def _lower_step(
    state: WindowState, bar: BarValues, lagged: BarValues, arguments: tuple[int, float]
) -> tuple[WindowState, float]:
    length, width = arguments
    after = _advance(state, bar.close, lagged.close, length)
    if after.seen < length:
        return after, math.nan
    return after, _mean(after, length) - width * _deviation(after, length)


_EMPTY = WindowState(0.0, 0.0, 0.0, 0.0, 0)


def bollinger_middle(length: int) -> Indicator:
    """Mean of the last `length` closes (>= 1), in price units; NaN before that many."""
    return Indicator("bollinger_middle", (length,), length, _EMPTY, _middle_step)


def bollinger_deviation(length: int) -> Indicator:
    """Standard deviation of the last `length` closes (>= 1) around their mean, in price units; NaN before.

    0.0 where the closes differ by less than their last digit.
    """
    return Indicator("bollinger_deviation", (length,), length, _EMPTY, _deviation_step)


def bollinger_upper(length: int, width: float) -> Indicator:
    """bollinger_middle and `width` times bollinger_deviation above it."""
    return Indicator("bollinger_upper", (length, width), length, _EMPTY, _upper_step)


def bollinger_lower(length: int, width: float) -> Indicator:
    """bollinger_middle less `width` times bollinger_deviation."""
    return Indicator("bollinger_lower", (length, width), length, _EMPTY, _lower_step)
