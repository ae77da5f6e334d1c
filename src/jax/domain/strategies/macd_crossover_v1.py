"""The convergence/divergence line crosses its signal.

Buys when the histogram rises above zero, which is the line above its signal, and sells when it falls below.
Stop at 2 average true ranges, targets at 2.5 and 4. Confidence 0.60; 0.15 more when the market's trend
agrees, 0.10 more when the sector's does, 0.10 more when the histogram is larger than `strong_histogram` in
size, 0.05 more when the volume is above its average. A decision is an event: it is taken on the bar on which
its condition becomes true.
"""

import math
from typing import NamedTuple

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.moving_average_convergence import macd_line, macd_signal
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
    """Lengths in bars, fast < slow; `strong_histogram` in price units; stop and targets in true ranges."""

    fast: int = 12
    slow: int = 26
    signal: int = 9
    strong_histogram: float = 0.5
    range_length: int = 14
    volume_length: int = 20
    stop: float = 2.0
    first_target: float = 2.5
    second_target: float = 4.0


class Inputs(NamedTuple):
    """The indicators' values on the bar; the histogram is the line less the signal."""

    line: float
    signal: float
    true_range: float
    volume: float


class State(NamedTuple):
    """The side whose condition held on the bar before."""

    side: int


REASONS = ("none", "MACD rose above its signal", "MACD fell below its signal")


def indicators(params: Params) -> tuple[Indicator, ...]:
    """In the order of Inputs."""
    return (
        macd_line(params.fast, params.slow),
        macd_signal(params.fast, params.slow, params.signal),
        atr(params.range_length),
        sma_volume(params.volume_length),
    )


def _confidence(side: int, bar: BarValues, inputs: Inputs, params: Params) -> float:
    confidence = 0.60
    if bar.market_trend == side:
        confidence += 0.15
    if bar.sector_trend == side:
        confidence += 0.10
    if abs(inputs.line - inputs.signal) > params.strong_histogram:
        confidence += 0.10
    if bar.volume > inputs.volume:
        confidence += 0.05
    return confidence


def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:
    """The new state and what to do at the close of `bar`; nothing while an indicator is not warm."""
    if math.isnan(inputs.signal) or not (inputs.true_range > 0.0 and inputs.volume >= 0.0):
        return state, NO_DECISION
    side = NOTHING
    if inputs.line > inputs.signal:
        side = BUY
    elif inputs.line < inputs.signal:
        side = SELL
    if side == state.side:
        return state, NO_DECISION
    if side == NOTHING:
        return State(NOTHING), NO_DECISION
    size = side * inputs.true_range
    return State(side), Decision(
        side,
        _confidence(side, bar, inputs, params),
        bar.close,
        bar.close - params.stop * size,
        bar.close + params.first_target * size,
        bar.close + params.second_target * size,
        1 if side == BUY else 2,
    )


def check_params(params: Params) -> str:
    """What is wrong with the parameters; empty when nothing is."""
    problem = first_problem(
        length_problem("fast", params.fast),
        length_problem("slow", params.slow),
        length_problem("signal", params.signal),
        number_problem("strong_histogram", params.strong_histogram, 0.0, 1e9),
        length_problem("range_length", params.range_length),
        length_problem("volume_length", params.volume_length),
        multiple_problem("stop", params.stop),
        targets_problem(params.first_target, params.second_target),
    )
    if problem or params.fast < params.slow:
        return problem
    return f"needs fast < slow, not {params.fast}, {params.slow}"


STRATEGY = Strategy(
    name="macd_crossover_v1",
    params=Params(),
    inputs=Inputs,
    indicators=indicators,
    initial_state=State(NOTHING),
    decide=decide,
    reasons=REASONS,
    check_params=check_params,
)
