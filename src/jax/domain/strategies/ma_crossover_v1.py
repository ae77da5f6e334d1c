"""Three moving averages in line.

Buys when fast > middle > slow and the price is above the fast one (stop: middle average less one average
true range; targets 3 and 5 ranges), sells in the mirrored case. While the averages are aligned upwards it
also buys a pullback, when the price is within -2 % to +1 % of the fast average (stop 1.5 ranges, targets 2
and 3.5 ranges). Confidence 0.65, of a pullback 0.55; 0.12 more when the market's trend agrees, 0.08 more when
the volume is above its average, and, but for a pullback, 0.10 more when the fast and the slow average are
over 5 % apart. A decision is an event: it is taken on the bar on which its condition becomes true, not on
every bar on which it still holds.
"""

from typing import NamedTuple

from jax.domain.indicators.average_true_range import atr
from jax.domain.indicators.simple_moving_average import sma_close, sma_volume
from jax.domain.strategies.parameter_limits import (
    first_problem,
    length_problem,
    multiple_problem,
    number_problem,
    targets_problem,
)
from jax.domain.strategy import BUY, NO_DECISION, SELL, BarValues, Decision, Indicator, Strategy


class Params(NamedTuple):
    """Lengths in bars, fast < middle < slow; stops and targets in true ranges; the pullback's two bounds,
    below and above the fast average, as fractions of it."""

    fast: int = 20
    middle: int = 50
    slow: int = 200
    range_length: int = 14
    volume_length: int = 20
    first_target: float = 3.0
    second_target: float = 5.0
    pullback_below: float = 0.02
    pullback_above: float = 0.01
    pullback_stop: float = 1.5
    pullback_first_target: float = 2.0
    pullback_second_target: float = 3.5


class Inputs(NamedTuple):
    """The indicators' values on the bar."""

    fast: float
    middle: float
    slow: float
    true_range: float
    volume: float


class State(NamedTuple):
    """Which conditions held on the bar before (0 or 1)."""

    was_up: int
    was_down: int
    was_pullback: int


REASONS = ("none", "averages aligned upwards", "averages aligned downwards", "pullback to the fast average")
_UP, _DOWN, _PULLBACK = 1, 2, 3


def indicators(params: Params) -> tuple[Indicator, ...]:
    """In the order of Inputs."""
    return (
        sma_close(params.fast),
        sma_close(params.middle),
        sma_close(params.slow),
        atr(params.range_length),
        sma_volume(params.volume_length),
    )


def _confidence(start: float, side: int, bar: BarValues, inputs: Inputs) -> float:
    confidence = start
    if bar.market_trend == side:
        confidence += 0.12
    if bar.volume > inputs.volume:
        confidence += 0.08
    return confidence


def _aligned(side: int, bar: BarValues, inputs: Inputs, params: Params) -> Decision:
    confidence = _confidence(0.65, side, bar, inputs)
    if abs(inputs.fast - inputs.slow) > 0.05 * inputs.slow:
        confidence += 0.10
    size = side * inputs.true_range
    return Decision(
        side,
        confidence,
        bar.close,
        inputs.middle - size,
        bar.close + params.first_target * size,
        bar.close + params.second_target * size,
        _UP if side == BUY else _DOWN,
    )


def _pulled_back(bar: BarValues, inputs: Inputs, params: Params) -> Decision:
    size = inputs.true_range
    return Decision(
        BUY,
        _confidence(0.55, BUY, bar, inputs),
        bar.close,
        bar.close - params.pullback_stop * size,
        bar.close + params.pullback_first_target * size,
        bar.close + params.pullback_second_target * size,
        _PULLBACK,
    )


def decide(state: State, bar: BarValues, inputs: Inputs, params: Params) -> tuple[State, Decision]:
    """The new state and what to do at the close of `bar`; nothing while an indicator is not warm."""
    if not (inputs.true_range > 0.0 and inputs.slow > 0.0 and inputs.volume >= 0.0):
        return state, NO_DECISION
    aligned_up = inputs.fast > inputs.middle and inputs.middle > inputs.slow
    aligned_down = inputs.fast < inputs.middle and inputs.middle < inputs.slow
    up = aligned_up and bar.close > inputs.fast
    down = aligned_down and bar.close < inputs.fast
    lowest = inputs.fast * (1.0 - params.pullback_below)
    highest = inputs.fast * (1.0 + params.pullback_above)
    pullback = aligned_up and bar.close >= lowest and bar.close <= highest
    after = State(int(up), int(down), int(pullback))
    if up and not state.was_up:
        return after, _aligned(BUY, bar, inputs, params)
    if down and not state.was_down:
        return after, _aligned(SELL, bar, inputs, params)
    if pullback and not state.was_pullback:
        return after, _pulled_back(bar, inputs, params)
    return after, NO_DECISION


def check_params(params: Params) -> str:
    """What is wrong with the parameters; empty when nothing is."""
    problem = first_problem(
        length_problem("fast", params.fast),
        length_problem("middle", params.middle),
        length_problem("slow", params.slow),
        length_problem("range_length", params.range_length),
        length_problem("volume_length", params.volume_length),
        targets_problem(params.first_target, params.second_target),
        number_problem("pullback_below", params.pullback_below, 0.0, 0.5),
        number_problem("pullback_above", params.pullback_above, 0.0, 0.5),
        multiple_problem("pullback_stop", params.pullback_stop),
        targets_problem(params.pullback_first_target, params.pullback_second_target, prefix="pullback_"),
    )
    if problem or params.fast < params.middle < params.slow:
        return problem
    return f"needs fast < middle < slow, not {params.fast}, {params.middle}, {params.slow}"


STRATEGY = Strategy(
    name="ma_crossover_v1",
    params=Params(),
    inputs=Inputs,
    indicators=indicators,
    initial_state=State(0, 0, 0),
    decide=decide,
    reasons=REASONS,
    check_params=check_params,
)
