"""Recorded histories: bars that went into strategies, and every decision that came out."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from jax.domain.strategies.buy_and_hold import STRATEGY as BUY_AND_HOLD
from jax.domain.strategies.ma_crossover_v1 import STRATEGY as MA_CROSSOVER
from jax.domain.strategies.macd_crossover_v1 import STRATEGY as MACD_CROSSOVER
from jax.domain.strategies.rsi_momentum_v1 import STRATEGY as RSI_MOMENTUM
from jax.domain.strategies.rsi_tema_bb_v1 import STRATEGY as RSI_TEMA_BB
from jax.domain.strategies.sma_crossover_v1 import STRATEGY as SMA_CROSSOVER
from jax.domain.strategies.trendline_break_v1 import STRATEGY as TRENDLINE_BREAK
from jax.domain.strategy import NOTHING, BarValues, Strategy
from jax.domain.strategy_runner import StrategyRunner

HISTORIES = Path(__file__).parent / "histories"
SHIPPED: tuple[Strategy, ...] = (
    BUY_AND_HOLD,
    MA_CROSSOVER,
    MACD_CROSSOVER,
    RSI_MOMENTUM,
    RSI_TEMA_BB,
    SMA_CROSSOVER,
    TRENDLINE_BREAK,
)
WALKS = ("walk_1", "walk_2", "walk_3")

# Bar number, action, confidence, entry, stop, first target, second target, reason: one a decision.
Decisions = tuple[tuple[float, ...], ...]


def read_bars(walk: str) -> tuple[BarValues, ...]:
    """The bars of one walk."""
    return tuple(BarValues(*bar) for bar in json.loads((HISTORIES / f"{walk}.json").read_text()))


def read_decisions(name: str) -> Mapping[str, Decisions]:
    """What was recorded under `name`, which is a strategy's, by walk."""
    document = json.loads((HISTORIES / f"{name}.json").read_text())
    return {walk: tuple(tuple(decision) for decision in document[walk]) for walk in document}


def replay(strategy: Strategy, bars: Sequence[BarValues]) -> Decisions:
    """Every decision but NOTHING, with the number of its bar."""
    runner = StrategyRunner(strategy, strategy.params)
    decided = ((number, *runner.on_bar(bar)) for number, bar in enumerate(bars))
    return tuple(decision for decision in decided if decision[1] != NOTHING)


def first_difference(expected: Decisions, actual: Decisions) -> str:
    """Where two histories part, in words; empty when they are equal to the last bit."""
    for position, (recorded, replayed) in enumerate(zip(expected, actual, strict=False)):
        if recorded != replayed:
            return f"decision {position}: recorded {recorded}, replayed {replayed}"
    if len(expected) != len(actual):
        return f"recorded {len(expected)} decisions, replayed {len(actual)}"
    return ""
