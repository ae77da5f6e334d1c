"""The close breaks the straight line through the closes before it.

The line is the least-squares one through the last `length` closes before the bar, carried on to the bar. Buys
when the close rises above it by more than `threshold` average true ranges and sells when it falls below it by
as much. Stop at 2 ranges, targets at 3 and 5. Confidence 0.60; 0.15 more when the market's trend agrees, 0.10
more when the sector's does, 0.10 more when the volume is above its average. A decision is an event: it is
taken on the bar on which its condition becomes true.
"""

import math
from typing import NamedTuple

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.regression_line import trendline
from jax.domain.indicators.simple_moving_average import sma_volume
from jax.domain.strategies.parameter_limits import (
    first_problem,
    length_problem,
    multiple_problem,
    number_problem,
    targets_problem,
)
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, SELL, BarValues, Decision, Indicator, Strategy


class Params(NamedTuple):
    """Lengths in bars, that of the line at least 2; threshold, stop and targets in true ranges."""

    length: int = 50
    threshold: float = 1.0
    range_length: int = 14
    volume_length: int = 20
    stop: float = 2.0
    first_target: float = 3.0
    second_target: float = 5.0


class Inputs(NamedTuple):
    """The indicators' values on the bar."""

    line: float
    true_range: float
    volume: float


class State(NamedTuple):
    """The side to which the line was broken on the bar before."""

    side: int


REASONS = ("none", "broke the trendline upwards", "broke the trendline downwards")


def indicators(params: Params) -> tuple[Indicator, ...]:
    """In the order of Inputs."""
    return trendline(params.length), atr(params.range_length), sma_volume(params.volume_length)


def _confidence(side: int, bar: BarValues, inputs: Inputs) -> float:
    confidence = 0.60
    if bar.market_trend == side:
        confidence += 0.15
    if bar.sector_trend == side:
        confidence += 0.10
    if bar.volume > inputs.volume:
        confidence += 0.10
    return confidence


def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:
    """The new state and what to do at the close of `bar`; nothing while an indicator is not warm."""
    if math.isnan(inputs.line) or not (inputs.true_range > 0.0 and inputs.volume >= 0.0):
        return state, NO_DECISION
    side = NOTHING
    if bar.close > inputs.line + params.threshold * inputs.true_range:
        side = BUY
    elif bar.close < inputs.line - params.threshold * inputs.true_range:
        side = SELL
    if side == state.side:
        return state, NO_DECISION
    if side == NOTHING:
        return State(NOTHING), NO_DECISION
    size = side * inputs.true_range
    return State(side), Decision(
        side,
        _confidence(side, bar, inputs),
        bar.close,
        bar.close - params.stop * size,
        bar.close + params.first_target * size,
        bar.close + params.second_target * size,
        1 if side == BUY else 2,
    )


def check_params(params: Params) -> str:
    """What is wrong with the parameters; empty when nothing is."""
    problem = first_problem(
        length_problem("length", params.length),
        number_problem("threshold", params.threshold, 0.0, 100.0),
        length_problem("range_length", params.range_length),
        length_problem("volume_length", params.volume_length),
        multiple_problem("stop", params.stop),
        targets_problem(params.first_target, params.second_target),
    )
    if problem or params.length >= 2:
        return problem
    return f"needs length to be at least 2, since a line has two ends, not {params.length}"


STRATEGY = Strategy(
    name="trendline_break_v1",
    params=Params(),
    inputs=Inputs,
    indicators=indicators,
    initial_state=State(NOTHING),
    decide=decide,
    reasons=REASONS,
    check_params=check_params,
)
