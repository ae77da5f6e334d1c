"""Simple moving averages of close and of volume."""

import math
from typing import NamedTuple

from jax.domain.strategy import BarValues, Indicator


class SumState(NamedTuple):
    """Sum of the last values, and how many bars there were."""

    total: float
    seen: int


def _advance(state: SumState, value: float, leaving: float, length: int) -> tuple[SumState, float]:
    total = state.total + value if state.seen < length else state.total + value - leaving
    seen = state.seen + 1
    if seen < length:
        return SumState(total, seen), math.nan
    return SumState(total, seen), total / length


def _close_step(
    state: SumState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[SumState, float]:
    return _advance(state, bar.close, lagged.close, arguments[0])


def _volume_step(
    state: SumState, bar: BarValues, lagged: BarValues, arguments: tuple[int]
) -> tuple[SumState, float]:
    return _advance(state, bar.volume, lagged.volume, arguments[0])


def sma_close(length: int) -> Indicator:
    """Mean close of the last `length` bars (>= 1), in price units; NaN before that many."""
    return Indicator("sma_close", (length,), length, SumState(0.0, 0), _close_step)


def sma_volume(length: int) -> Indicator:
    """Mean volume of the last `length` bars (>= 1), in units; NaN before that many."""
    return Indicator("sma_volume", (length,), length, SumState(0.0, 0), _volume_step)
