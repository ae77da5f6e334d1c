"""Relative strength at its extremes.

Buys when the relative strength falls below `oversold` and sells when it rises above `overbought`. Stop at 2
average true ranges, targets at 2 and 3. Confidence 0.60; 0.15 more when the market's trend agrees, 0.10 more
when the volume is above its average, 0.15 more when the strength is below `deep_oversold` or above
`deep_overbought`; at most 1. A decision is an event: it is taken on the bar on which its condition becomes
true.
"""

from typing import NamedTuple

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.relative_strength_index import rsi
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
    """Lengths in bars, levels of the relative strength from 0 to 100, stop and targets in true ranges."""

    length: int = 14
    oversold: float = 30.0
    overbought: float = 70.0
    deep_oversold: float = 20.0
    deep_overbought: float = 80.0
    range_length: int = 14
    volume_length: int = 20
    stop: float = 2.0
    first_target: float = 2.0
    second_target: float = 3.0


class Inputs(NamedTuple):
    """The indicators' values on the bar."""

    strength: float
    true_range: float
    volume: float


class State(NamedTuple):
    """The side whose condition held on the bar before."""

    side: int


REASONS = ("none", "relative strength is oversold", "relative strength is overbought")


def indicators(params: Params) -> tuple[Indicator, ...]:
    """In the order of Inputs."""
    return rsi(params.length), atr(params.range_length), sma_volume(params.volume_length)


def _confidence(side: int, bar: BarValues, inputs: Inputs, params: Params) -> float:
    confidence = 0.60
    if bar.market_trend == side:
        confidence += 0.15
    if bar.volume > inputs.volume:
        confidence += 0.10
    if inputs.strength < params.deep_oversold or inputs.strength > params.deep_overbought:
        confidence += 0.15
    return confidence


def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:
    """The new state and what to do at the close of `bar`; nothing while an indicator is not warm."""
    if not (inputs.strength >= 0.0 and inputs.true_range > 0.0 and inputs.volume >= 0.0):
        return state, NO_DECISION
    side = NOTHING
    if inputs.strength < params.oversold:
        side = BUY
    elif inputs.strength > params.overbought:
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
        length_problem("length", params.length),
        number_problem("oversold", params.oversold, 0.0, 100.0),
        number_problem("overbought", params.overbought, 0.0, 100.0),
        number_problem("deep_oversold", params.deep_oversold, 0.0, 100.0),
        number_problem("deep_overbought", params.deep_overbought, 0.0, 100.0),
        length_problem("range_length", params.range_length),
        length_problem("volume_length", params.volume_length),
        multiple_problem("stop", params.stop),
        targets_problem(params.first_target, params.second_target),
    )
    if problem or params.oversold <= params.overbought:
        return problem
    return f"needs oversold <= overbought, not {params.oversold!r}, {params.overbought!r}"


STRATEGY = Strategy(
    name="rsi_momentum_v1",
    params=Params(),
    inputs=Inputs,
    indicators=indicators,
    initial_state=State(NOTHING),
    decide=decide,
    reasons=REASONS,
    check_params=check_params,
)
