"""Every shipped strategy and indicator compiles, and gives the bits of plain Python, with one type of state.

A field of a state that is an int on one path and a float on another would compile a second time, or not at
all.
"""

import struct
from collections.abc import Sequence
from typing import Any

import pytest

from jax.domain.indicators.bollinger_bands import bollinger_lower, bollinger_upper
from jax.domain.indicators.exponential_moving_average import ema_close
from jax.domain.indicators.moving_average_convergence import macd_histogram
from jax.domain.indicators.regression_line import regression_slope, regression_value
from jax.domain.strategy import BarValues, Indicator, Strategy
from tests.replay.decision_history import SHIPPED, read_bars
from tests.unit.strategies.nopython import compiled

_ALONE = (
    ema_close(20),
    macd_histogram(12, 26, 9),
    regression_value(14),
    regression_slope(14),
    bollinger_upper(20, 2.0),
    bollinger_lower(20, 2.0),
)
_USED = {(one.step, one.arguments): one for each in SHIPPED for one in each.indicators(each.params)}
INDICATORS = (*_ALONE, *_USED.values())
BARS = read_bars("walk_1")


def bits(value: Any) -> tuple[type, bytes] | tuple[Any, ...]:
    """Numbers as their bytes, beside their types; tuples part by part."""
    if isinstance(value, tuple):
        return tuple(bits(part) for part in value)
    return type(value), struct.pack("<q" if isinstance(value, int) else "<d", value)


def stepped(indicator: Indicator, step: Any, bars: Sequence[BarValues]) -> list[Any]:
    """State and value on each bar."""
    state, found = indicator.initial, []
    for row, bar in enumerate(bars):
        state, value = step(state, bar, bars[max(row - indicator.lag, 0)], indicator.arguments)
        found.append(bits((*state, value)))
    return found


def inputs_of(strategy: Strategy, bars: Sequence[BarValues]) -> list[Any]:
    columns = []
    for indicator in strategy.indicators(strategy.params):
        state, values = indicator.initial, []
        for row, bar in enumerate(bars):
            lagged = bars[max(row - indicator.lag, 0)]
            state, value = indicator.step(state, bar, lagged, indicator.arguments)
            values.append(value)
        columns.append(values)
    rows = zip(*columns, strict=True) if columns else ((),) * len(bars)
    return [strategy.inputs(*row) for row in rows]


def decided(strategy: Strategy, decide: Any, inputs: Sequence[Any]) -> list[Any]:
    """State and decision on each bar."""
    state, found = strategy.initial_state, []
    for bar, values in zip(BARS, inputs, strict=True):
        state, decision = decide(state, bar, values, strategy.params)
        found.append(bits((*state, *decision)))
    return found


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda one: f"{one.name}{one.arguments}")
def test_a_compiled_indicator_has_the_bits_of_the_plain_one(indicator: Indicator) -> None:
    step = compiled(indicator.step)
    assert stepped(indicator, step, BARS) == stepped(indicator, indicator.step, BARS)
    assert len(step.signatures) == 1


@pytest.mark.parametrize("strategy", SHIPPED, ids=lambda strategy: strategy.name)
def test_a_compiled_strategy_has_the_bits_of_the_plain_one(strategy: Strategy) -> None:
    decide, inputs = compiled(strategy.decide), inputs_of(strategy, BARS)
    plain = decided(strategy, strategy.decide, inputs)
    assert decided(strategy, decide, inputs) == plain
    assert len(decide.signatures) == 1
    assert len(set(plain)) > 1
