"""The shipped strategies, each with lengths short enough to decide within a few dozen bars."""

from typing import Any

from jax.domain.strategies import (
    buy_and_hold,
    ma_crossover_v1,
    macd_crossover_v1,
    rsi_momentum_v1,
    rsi_tema_bb_v1,
    sma_crossover_v1,
    trendline_break_v1,
)
from jax.domain.strategy import Strategy

SHORT: tuple[tuple[Strategy, Any], ...] = (
    (buy_and_hold.STRATEGY, buy_and_hold.Params()),
    (ma_crossover_v1.STRATEGY, ma_crossover_v1.Params(2, 4, 7, 3, 3)),
    (macd_crossover_v1.STRATEGY, macd_crossover_v1.Params(2, 4, 3, 0.5, 3, 3)),
    (rsi_momentum_v1.STRATEGY, rsi_momentum_v1.Params(3, range_length=3, volume_length=3)),
    (rsi_tema_bb_v1.STRATEGY, rsi_tema_bb_v1.Params(2, 45.0, 55.0, 2, 4, 0.5, 3)),
    (sma_crossover_v1.STRATEGY, sma_crossover_v1.Params(2, 5)),
    (trendline_break_v1.STRATEGY, trendline_break_v1.Params(4, 0.2, 3, 3)),
)
