"""A turn beyond the Bollinger bands: relative strength, triple exponential average and bands together.

Buys when the relative strength is below `oversold`, the close below the lower band and the triple average
above its value on the bar before; sells when the strength is above `overbought`, the close above the upper
band and the average falling. Stop at 2 average true ranges; the first target is the middle of the bands, the
second the band on the other side. Confidence 0.60; 0.15 more when the market's trend agrees, 0.10 more when
the sector's does. A decision is an event: it is taken on the bar on which its condition becomes true.
"""

import math
from typing import NamedTuple

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.bollinger_bands import bollinger_deviation, bollinger_middle
from jax.domain.indicators.relative_strength_index import rsi
from jax.domain.indicators.triple_exponential_average import tema_close
from jax.domain.strategies.parameter_limits import (
    first_problem,
    length_problem,
    multiple_problem,
    number_problem,
)
from jax.domain.strategy import BUY, NO_DECISION, NOTHING, SELL, BarValues, Decision, Indicator, Strategy


class Params(NamedTuple):
    """Lengths in bars, levels from 0 to 100, the bands' width in deviations, the stop in true ranges."""

    strength_length: int = 7
    oversold: float = 30.0
    overbought: float = 70.0
    average_length: int = 5
    band_length: int = 20
    band_width: float = 1.5
    range_length: int = 14
    stop: float = 2.0


class Inputs(NamedTuple):
    """The indicators' values on the bar; the bands lie `band_width` deviations from the middle."""

    strength: float
    average: float
    middle: float
    deviation: float
    true_range: float


class State(NamedTuple):
    """The side whose condition held on the bar before, and the average on it (NaN: not known)."""

    side: int
    average: float


REASONS = ("none", "turns up below the lower band", "turns down above the upper band")


def indicators(params: Params) -> tuple[Indicator, ...]:
    """In the order of Inputs."""
    return (
        rsi(params.strength_length),
        tema_close(params.average_length),
        bollinger_middle(params.band_length),
        bollinger_deviation(params.band_length),
        atr(params.range_length),
    )


def _confidence(side: int, bar: BarValues) -> float:
    confidence = 0.60
    if bar.market_trend == side:
        confidence += 0.15
    if bar.sector_trend == side:
        confidence += 0.10
    return confidence


def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:
    """The new state and what to do at the close of `bar`; nothing while an indicator is not warm."""
    if not inputs.true_range > 0.0:
        return State(state.side, inputs.average), NO_DECISION
    # What else is not warm compares as false: NaN is neither below nor above anything.
    width = params.band_width * inputs.deviation
    side = NOTHING
    if (
        inputs.strength < params.oversold
        and bar.close < inputs.middle - width
        and inputs.average > state.average
    ):
        side = BUY
    elif (
        inputs.strength > params.overbought
        and bar.close > inputs.middle + width
        and inputs.average < state.average
    ):
        side = SELL
    after = State(side, inputs.average)
    if side == state.side:
        return after, NO_DECISION
    if side == NOTHING:
        return after, NO_DECISION
    return after, Decision(
        side,
        _confidence(side, bar),
        bar.close,
        bar.close - params.stop * side * inputs.true_range,
        inputs.middle,
        inputs.middle + side * width,
        1 if side == BUY else 2,
    )


def check_params(params: Params) -> str:
    """What is wrong with the parameters; empty when nothing is."""
    problem = first_problem(
        length_problem("strength_length", params.strength_length),
        number_problem("oversold", params.oversold, 0.0, 100.0),
        number_problem("overbought", params.overbought, 0.0, 100.0),
        length_problem("average_length", params.average_length),
        length_problem("band_length", params.band_length),
        multiple_problem("band_width", params.band_width),
        length_problem("range_length", params.range_length),
        multiple_problem("stop", params.stop),
    )
    if problem or params.oversold <= params.overbought:
        return problem
    return f"needs oversold <= overbought, not {params.oversold!r}, {params.overbought!r}"


STRATEGY = Strategy(
    name="rsi_tema_bb_v1",
    params=Params(),
    inputs=Inputs,
    indicators=indicators,
    initial_state=State(NOTHING, math.nan),
    decide=decide,
    reasons=REASONS,
    check_params=check_params,
)
